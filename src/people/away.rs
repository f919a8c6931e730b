//! Times in which somebody does not act: suspended, or an information manager who is said to be absent.
//!
//! They are never changed, only ended, so that who acted on a day long past can always be told.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::ids::PersonId;
use crate::instant::Instant;

/// Why somebody does not act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Why {
    /// All that the person holds rests.
    Suspended,
    /// The next in rank acts as information manager.
    Absent,
}

impl Why {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Suspended => "suspended",
            Self::Absent => "absent",
        }
    }
}

/// A time in which a person does not act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Away {
    pub person: PersonId,
    pub why: Why,
    pub from: Instant,
    /// The first instant at which they act again; none while no end is set.
    pub until: Option<Instant>,
}

impl Away {
    #[must_use]
    pub fn holds_at(&self, at: Instant) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// Ends at `at` what keeps a person away for this reason, and takes back what lies ahead of that.
pub fn end_at(all: &mut [Away], person: PersonId, why: Why, at: Instant) {
    for away in all.iter_mut().filter(|away| away.person == person && away.why == why) {
        let end = away.from.max(at);
        if away.until.is_none_or(|until| end < until) {
            away.until = Some(end);
        }
    }
}

/// Every time that has not ended by `since` and was not taken back.
pub async fn list(tx: &mut Tx, since: Instant) -> Result<Vec<Away>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT person, why, valid_from, valid_until FROM away
         WHERE valid_until IS NULL OR (valid_until > $1 AND valid_until > valid_from)
         ORDER BY valid_from, journal_index",
    )
    .bind(since.as_microseconds())
    .fetch_all(tx)
    .await?;
    rows.iter().map(read_row).collect()
}

pub(super) async fn insert(tx: &mut Tx, away: &Away, journal_index: i64) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO away (person, why, valid_from, valid_until, journal_index) VALUES ($1, $2, $3, $4, $5)")
        .bind(away.person.to_string())
        .bind(away.why.as_str())
        .bind(away.from.as_microseconds())
        .bind(away.until.map(Instant::as_microseconds))
        .bind(journal_index)
        .execute(tx)
        .await?;
    Ok(())
}

/// As [`end_at`].
pub(super) async fn end(tx: &mut Tx, person: PersonId, why: Why, at: Instant) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE away SET valid_until = CASE WHEN valid_from > $1 THEN valid_from ELSE $1 END
         WHERE person = $2 AND why = $3 AND (valid_until IS NULL OR (valid_until > $1 AND valid_until > valid_from))",
    )
    .bind(at.as_microseconds())
    .bind(person.to_string())
    .bind(why.as_str())
    .execute(tx)
    .await?;
    Ok(())
}

fn read_row(row: &AnyRow) -> Result<Away, DatabaseError> {
    let why: String = row.try_get("why")?;
    Ok(Away {
        person: row.try_get::<String, _>("person")?.parse().map_err(unreadable("away.person"))?,
        why: match why.as_str() {
            "suspended" => Why::Suspended,
            "absent" => Why::Absent,
            other => return Err(unreadable("away.why")(other)),
        },
        from: instant("away.valid_from", row.try_get("valid_from")?)?,
        until: row
            .try_get::<Option<i64>, _>("valid_until")?
            .map(|until| instant("away.valid_until", until))
            .transpose()?,
    })
}
