//! What is remembered of a station: that its drop folder was set up, and the notes that stand in it.

use std::collections::BTreeMap;

use sqlx::Row as _;

use crate::database::{DatabaseError, Tx};
use crate::ids::Name;
use crate::instant::Instant;

/// Whether the station's drop folder was ever set up. From then on a folder without our marker is unreachable, never new.
pub async fn is_established(tx: &mut Tx, station: &Name) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT value FROM meta WHERE key = $1").bind(key(station)).fetch_optional(tx).await?;
    Ok(row.is_some())
}

pub async fn set_established(tx: &mut Tx, station: &Name, at: Instant) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING")
        .bind(key(station))
        .bind(at.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// The notes of a station: the file's name by the matter it is about.
pub async fn notes(tx: &mut Tx, station: &Name) -> Result<BTreeMap<String, String>, DatabaseError> {
    let rows = sqlx::query("SELECT matter, note FROM station_note WHERE station = $1")
        .bind(station.to_string())
        .fetch_all(tx)
        .await?;
    rows.iter().map(|row| Ok((row.try_get("matter")?, row.try_get("note")?))).collect()
}

pub async fn set_note(tx: &mut Tx, station: &Name, matter: &str, note: &str) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO station_note (station, matter, note) VALUES ($1, $2, $3)
         ON CONFLICT (station, matter) DO UPDATE SET note = excluded.note",
    )
    .bind(station.to_string())
    .bind(matter.to_owned())
    .bind(note.to_owned())
    .execute(tx)
    .await?;
    Ok(())
}

pub async fn forget_note(tx: &mut Tx, station: &Name, matter: &str) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM station_note WHERE station = $1 AND matter = $2")
        .bind(station.to_string())
        .bind(matter.to_owned())
        .execute(tx)
        .await?;
    Ok(())
}

fn key(station: &Name) -> String {
    format!("station.{station}.established")
}
