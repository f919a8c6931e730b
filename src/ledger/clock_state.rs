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
