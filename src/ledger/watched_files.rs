//! The files of the home that are read again when they change: which one was in use last.

use sqlx::Row as _;

use crate::database::{DatabaseError, Tx, unreadable};
use crate::ids::Digest;

/// What the calendar is called here, and in the entries that say that another one is in use.
pub const CALENDAR: &str = "calendar";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownFile {
    pub digest: Digest,
    /// How many patients a list had: one that was cut off while nobody looked is told by it.
    pub entries: u64,
}

pub async fn get(tx: &mut Tx, name: &str) -> Result<Option<KnownFile>, DatabaseError> {
    let row = sqlx::query("SELECT digest, entries FROM watched_file WHERE name = $1")
        .bind(name.to_owned())
        .fetch_optional(tx)
        .await?;
    row.map(|row| {
        let digest = row.try_get::<String, _>("digest")?.parse().map_err(unreadable("watched_file.digest"))?;
        let entries = row.try_get::<i64, _>("entries")?.try_into().map_err(unreadable("watched_file.entries"))?;
        Ok(KnownFile { digest, entries })
    })
    .transpose()
}

pub async fn set(tx: &mut Tx, name: &str, known: KnownFile) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO watched_file (name, digest, entries) VALUES ($1, $2, $3)
         ON CONFLICT (name) DO UPDATE SET digest = $2, entries = $3",
    )
    .bind(name.to_owned())
    .bind(known.digest.to_string())
    .bind(i64::try_from(known.entries).unwrap_or(i64::MAX))
    .execute(tx)
    .await?;
    Ok(())
}
