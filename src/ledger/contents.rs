//! The rows of contents: bytes, by digest, and what was measured in them.

use sqlx::Row as _;

use crate::database::{DatabaseError, Tx, unreadable};
use crate::ids::Digest;
use crate::measurements::{Format, Measurements};

/// Enters a content and the object that holds its measurements. Measured again, the newer measurements count.
pub async fn enter(tx: &mut Tx, measurements: &Measurements, object: &Digest) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO content (digest, byte_length, format, page_count, measurements) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (digest) DO UPDATE SET format = excluded.format, page_count = excluded.page_count,
           measurements = excluded.measurements",
    )
    .bind(measurements.content.to_string())
    .bind(i64::try_from(measurements.byte_length).map_err(unreadable("content.byte_length"))?)
    .bind(super::documents::to_text(&measurements.format))
    .bind(i64::try_from(measurements.pages.len()).map_err(unreadable("content.page_count"))?)
    .bind(object.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// The object that holds a content's measurements.
pub async fn measurements(tx: &mut Tx, content: &Digest) -> Result<Option<Digest>, DatabaseError> {
    let row = sqlx::query("SELECT measurements FROM content WHERE digest = $1")
        .bind(content.to_string())
        .fetch_optional(tx)
        .await?;
    row.map(|row| row.try_get::<String, _>("measurements")?.parse().map_err(unreadable("content.measurements")))
        .transpose()
}

/// What a content is, as it was measured.
pub async fn format(tx: &mut Tx, content: &Digest) -> Result<Option<Format>, DatabaseError> {
    let row = sqlx::query("SELECT format FROM content WHERE digest = $1").bind(content.to_string());
    let row = row.fetch_optional(tx).await?;
    row.map(|row| super::documents::from_text("content.format", &row.try_get::<String, _>("format")?)).transpose()
}
