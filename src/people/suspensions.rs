//! Suspended people: their accounts and offices rest until an administrator has them resume.
//!
//! From its entry on a suspended person proves nobody and signs nothing. Their offices rest from the second on that the act
//! states, because a signature says in which second it was made; what was signed before stays good. A suspension is never
//! changed, only ended, so that who acted on a day long past can always be told.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::acts::{self, ActRules, Deed, Private, Signed};
use super::appointments::{self, Changing};
use super::change::{Change, Row};
use super::register::{self, Person, PersonState};
use super::succession;
use super::{PeopleError, Refused};
use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::ids::PersonId;
use crate::instant::Instant;

/// A time in which a person's offices rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Suspension {
    pub person: PersonId,
    pub from: Instant,
    /// The first instant at which they act again; none while no act says so.
    pub until: Option<Instant>,
}

impl Suspension {
    #[must_use]
    pub fn holds_at(&self, at: Instant) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// Ends what suspends a person at `at`; one that has yet to begin by then rests nothing.
pub fn end_at(suspensions: &mut [Suspension], person: PersonId, at: Instant) {
    for open in suspensions.iter_mut().filter(|open| open.person == person && open.until.is_none()) {
        open.until = Some(open.from.max(at));
    }
}

/// Suspends somebody, or has them resume.
///
/// # Errors
/// When the act is not admitted, is about the one who acts, or changes nothing; or when nobody would be left who could have
/// anybody resume.
pub async fn change(
    tx: &mut Tx,
    signed: Signed,
    private: Option<Private>,
    rules: &ActRules,
    now: Instant,
) -> Result<Change, PeopleError> {
    acts::admit(tx, &signed, rules, now).await?;
    let (Deed::Suspend { person, from } | Deed::Resume { person, from }) = signed.act().deed else {
        return Err(Refused::MalformedAct.into());
    };
    let Some(Person { login, state, .. }) = register::get(tx, person).await? else {
        return Err(Refused::UnknownPerson { login: person.to_string() }.into());
    };
    if person == signed.act().by {
        return Err(Refused::OwnSuspension.into());
    }
    let login = login.to_string();
    let (changing, row) = match (&signed.act().deed, state) {
        (Deed::Suspend { .. }, PersonState::Active) => {
            succession::check_suspension(tx, person, now).await?;
            (Changing::Rests { person }, Row::Suspended { person, from })
        }
        (Deed::Suspend { .. }, PersonState::Suspended) => return Err(Refused::Suspended { login }.into()),
        (_, PersonState::Suspended) => (Changing::Resumes { person }, Row::Resumed { person, at: from }),
        (_, PersonState::Active) => return Err(Refused::NotSuspended { login }.into()),
    };
    // What was signed in office stays so: offices do not rest before the entry is there that says so.
    if from < appointments::soonest(tx, changing, now).await? {
        return Err(Refused::BackwardsAppointment.into());
    }
    Ok(Change::new(signed.into_draft(private), vec![row]))
}

/// Every suspension that has not ended by `since`.
pub async fn list(tx: &mut Tx, since: Instant) -> Result<Vec<Suspension>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT person, valid_from, valid_until FROM suspension
         WHERE valid_until IS NULL OR valid_until > $1 ORDER BY valid_from, journal_index",
    )
    .bind(since.as_microseconds())
    .fetch_all(tx)
    .await?;
    rows.iter().map(read_row).collect()
}

pub(super) async fn insert(
    tx: &mut Tx,
    person: PersonId,
    from: Instant,
    journal_index: i64,
) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO suspension (person, valid_from, valid_until, journal_index) VALUES ($1, $2, NULL, $3)")
        .bind(person.to_string())
        .bind(from.as_microseconds())
        .bind(journal_index)
        .execute(&mut *tx)
        .await?;
    register::set_state(tx, person, PersonState::Suspended).await
}

/// Ends what suspends a person, as [`end_at`].
pub(super) async fn end(tx: &mut Tx, person: PersonId, at: Instant) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE suspension SET valid_until = CASE WHEN valid_from > $1 THEN valid_from ELSE $1 END
         WHERE person = $2 AND valid_until IS NULL",
    )
    .bind(at.as_microseconds())
    .bind(person.to_string())
    .execute(&mut *tx)
    .await?;
    register::set_state(tx, person, PersonState::Active).await
}

fn read_row(row: &AnyRow) -> Result<Suspension, DatabaseError> {
    Ok(Suspension {
        person: row.try_get::<String, _>("person")?.parse().map_err(unreadable("suspension.person"))?,
        from: instant("suspension.valid_from", row.try_get("valid_from")?)?,
        until: row
            .try_get::<Option<i64>, _>("valid_until")?
            .map(|until| instant("suspension.valid_until", until))
            .transpose()?,
    })
}
