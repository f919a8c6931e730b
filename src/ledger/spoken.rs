//! What was said of a name, and for which scan: scanners use names again, and a statement speaks for one scan only.

use sqlx::Row as _;

use super::deliveries::Released;
use crate::database::{DatabaseError, Tx, unreadable};
use crate::ids::{DeliveryId, Digest, DocumentId, Name};

/// The newest delivery before another that has a scan under the same stem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnderStem {
    pub delivery: DeliveryId,
    pub released: Released,
    /// A sidecar came with it.
    pub with_sidecar: bool,
    /// That sidecar may have been meant for an earlier one.
    pub in_doubt: bool,
    /// A document of it was identified with that sidecar.
    pub agreed: bool,
}

impl UnderStem {
    /// Whether its own sidecar is known and out of the way, so that another one under the name cannot be meant for it.
    #[must_use]
    pub fn is_spoken_for(&self) -> bool {
        // Gone or removed, it stands there no more; changed or left in place, what stands there may still be its own.
        let removed = matches!(self.released, Released::Yes | Released::Gone);
        self.with_sidecar && removed && (!self.in_doubt || self.agreed)
    }
}

/// The newest delivery of a station before `before` that has a scan under this stem.
pub async fn newest_under_stem(
    tx: &mut Tx,
    station: &Name,
    stem: &[u8],
    before: DeliveryId,
) -> Result<Option<UnderStem>, DatabaseError> {
    // Ids are in the order of time, so the index alone finds the newest.
    let row = sqlx::query(
        "SELECT d.id, d.source_released, d.sidecar_doubt,
           (SELECT COUNT(*) FROM delivery_file s WHERE s.delivery = d.id AND s.role = 'sidecar') AS sidecars,
           (SELECT COUNT(*) FROM document o WHERE o.sidecar IS NOT NULL AND o.list_digest IS NULL
              AND o.id IN (SELECT document FROM document_part WHERE delivery = d.id)) AS agreed
         FROM delivery_file f JOIN delivery d ON d.id = f.delivery
         WHERE f.stem = $1 AND f.role = 'scan' AND d.station = $2 AND f.delivery < $3
         ORDER BY f.delivery DESC LIMIT 1",
    )
    .bind(stem.to_vec())
    .bind(station.to_string())
    .bind(before.to_string())
    .fetch_optional(tx)
    .await?;
    let Some(row) = row else { return Ok(None) };
    let released = row.try_get::<String, _>("source_released")?;
    Ok(Some(UnderStem {
        delivery: row.try_get::<String, _>("id")?.parse().map_err(unreadable("delivery.id"))?,
        released: super::documents::from_text("delivery.source_released", &released)?,
        with_sidecar: row.try_get::<i64, _>("sidecars")? > 0,
        in_doubt: row.try_get::<Option<String>, _>("sidecar_doubt")?.is_some(),
        agreed: row.try_get::<i64, _>("agreed")? > 0,
    }))
}

/// Whether a document of this delivery was identified with its sidecar, and not with a row of a list alone.
pub async fn is_agreed(tx: &mut Tx, delivery: DeliveryId) -> Result<bool, DatabaseError> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM document WHERE sidecar IS NOT NULL AND list_digest IS NULL
           AND id IN (SELECT document FROM document_part WHERE delivery = $1)",
    )
    .bind(delivery.to_string())
    .fetch_one(tx)
    .await?;
    Ok(row.try_get::<i64, _>(0)? > 0)
}

/// The document for which a row of a list has spoken at this station.
pub async fn row_used_for(tx: &mut Tx, station: &Name, row: &Digest) -> Result<Option<DocumentId>, DatabaseError> {
    let found = sqlx::query("SELECT document FROM used_row WHERE station = $1 AND row = $2")
        .bind(station.to_string())
        .bind(row.to_string())
        .fetch_optional(tx)
        .await?;
    let Some(found) = found else { return Ok(None) };
    Ok(Some(found.try_get::<String, _>("document")?.parse().map_err(unreadable("used_row.document"))?))
}

/// Records that a row has spoken for a document. The first one counts.
pub async fn use_row(tx: &mut Tx, station: &Name, row: &Digest, document: DocumentId) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO used_row (station, row, document) VALUES ($1, $2, $3) ON CONFLICT (station, row) DO NOTHING",
    )
    .bind(station.to_string())
    .bind(row.to_string())
    .bind(document.to_string())
    .execute(tx)
    .await?;
    Ok(())
}
