//! What is remembered of the clock, so that a doubt about it outlasts the process that saw it.

use sqlx::Row as _;

use super::documents::{from_json, to_json};
use crate::clock::ClockProblem;
use crate::database::{DatabaseError, Tx, instant};
use crate::instant::Instant;

/// What the last process knew.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ClockState {
    /// Of which boot the agreement is.
    pub boot: Option<String>,
    /// What wall and boot time were held to be apart, in microseconds.
    pub agreement: i64,
    /// What a person has yet to look at.
    pub problem: Option<ClockProblem>,
    /// When the clock was last known to be right.
    pub right: Option<KnownRight>,
    /// What was taken in and has yet to be doubted.
    pub doubting: Option<Doubting>,
}

/// That a stamp agreed with the clock, or a person looked at it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct KnownRight {
    /// In this boot,
    pub boot: Option<String>,
    /// while wall and boot time were held to be so far apart,
    pub agreement: i64,
    /// and when the journal had so many entries.
    pub size: u64,
}

/// The entries of copies from `next` on and before `end` are gone through. Which doubt concerns each its entry tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Doubting {
    pub next: u64,
    pub end: u64,
}

impl Doubting {
    /// Itself, and what is left of an earlier one.
    #[must_use]
    pub fn with(self, earlier: Option<Self>) -> Self {
        Self { next: earlier.map_or(self.next, |earlier| earlier.next.min(self.next)), ..self }
    }
}

impl ClockState {
    /// From which entry of the journal on the time of an intake is in doubt, now that this is found to be wrong with the clock;
    /// none where all of it still counts.
    ///
    /// As long as wall and boot time agree, a stamp that agreed once has shown all of that time to be right: where somebody set
    /// the wall clock then, only what came afterwards is wrong, which each entry says itself, and where stamps disagree later,
    /// it is the authority that has changed. Where no stamp agreed since the two began to agree, the clock may have been wrong
    /// all along, and set right just now.
    #[must_use]
    pub fn doubted_since(&self, found: ClockProblem) -> Option<u64> {
        let since = self.right.as_ref().map_or(0, |right| right.size);
        let is_shown = self.right.as_ref().is_some_and(|right| {
            right.boot.is_some() && (&right.boot, right.agreement) == (&self.boot, self.agreement)
        });
        match found {
            ClockProblem::Unsynchronised => None,
            ClockProblem::Jumped { .. } | ClockProblem::Behind { .. } | ClockProblem::AtOdds { .. } => {
                (!is_shown).then_some(since)
            }
        }
    }
}

const KEY: &str = "clock";

pub async fn get(tx: &mut Tx) -> Result<Option<ClockState>, DatabaseError> {
    let row = sqlx::query("SELECT value FROM meta WHERE key = $1").bind(KEY).fetch_optional(tx).await?;
    row.map(|row| from_json("meta.clock", &row.try_get::<String, _>("value")?)).transpose()
}

pub async fn set(tx: &mut Tx, state: &ClockState) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value")
        .bind(KEY)
        .bind(to_json("meta.clock", state)?)
        .execute(tx)
        .await?;
    Ok(())
}

/// The latest time that an authority stamped here: ours cannot be earlier.
pub async fn last_stamp(tx: &mut Tx) -> Result<Option<Instant>, DatabaseError> {
    let row = sqlx::query("SELECT MAX(timestamped_at) AS at FROM attempt WHERE timestamped_at IS NOT NULL")
        .fetch_one(tx)
        .await?;
    row.try_get::<Option<i64>, _>("at")?.map(|at| instant("attempt.timestamped_at", at)).transpose()
}
