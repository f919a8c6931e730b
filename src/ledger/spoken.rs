//! What was said of a name, and for which scan: scanners use names again, and a statement speaks for one scan only.

use std::collections::BTreeSet;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::deliveries::{self, DeliveryFile, Released, Role};
use crate::database::{DatabaseError, Tx, unreadable};
use crate::ids::{DeliveryId, Digest, DocumentId, Name};

/// The newest delivery before another that has a scan under the same stem, or was refused under it before it was copied.
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
    /// A document of it was identified with its row of a list.
    pub with_row: bool,
    /// It was refused before it was copied: what stands alone under its stem did not come too late for it.
    pub is_refused: bool,
}

impl UnderStem {
    /// Whether its own sidecar is known and out of the way, so that another one under the name cannot be meant for it.
    #[must_use]
    pub fn is_spoken_for(&self) -> bool {
        // Gone or removed, it stands there no more; changed or left in place, what stands there may still be its own.
        let removed = matches!(self.released, Released::Yes | Released::Gone);
        self.with_sidecar && removed && (!self.in_doubt || self.agreed)
    }

    /// Whether a row of a list that was not used yet cannot be meant for it. Its own, if it had one, never speaks again.
    #[must_use]
    pub fn needs_no_row(&self) -> bool {
        self.with_row || self.is_spoken_for()
    }
}

/// Keeps under which stem a delivery was refused before it was copied.
pub async fn refused_under(tx: &mut Tx, delivery: DeliveryId, stem: &[u8]) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE delivery SET refused_stem = $1 WHERE id = $2")
        .bind(stem.to_vec())
        .bind(delivery.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// The newest delivery of a station that has a scan under this stem, or was refused under it: of those before another, or of all.
pub async fn newest_under_stem(
    tx: &mut Tx,
    station: &Name,
    stem: &[u8],
    before: Option<DeliveryId>,
) -> Result<Option<UnderStem>, DatabaseError> {
    // By their numbers: a clock that is set right gives the next one an id of an earlier time. Two with one number, which a
    // ledger that was put together again may have, are each before the other: a doubt too many asks a person.
    let copied = sqlx::query(
        "SELECT d.id, d.arrival, d.source_released, d.sidecar_doubt,
           (SELECT COUNT(*) FROM delivery_file s WHERE s.delivery = d.id AND s.role = 'sidecar') AS sidecars,
           (SELECT COUNT(*) FROM document_sidecar s WHERE s.list IS NULL
              AND s.document IN (SELECT document FROM document_part WHERE delivery = d.id)) AS agreed,
           (SELECT COUNT(*) FROM document_sidecar s WHERE s.list IS NOT NULL
              AND s.document IN (SELECT document FROM document_part WHERE delivery = d.id)) AS rows_agreed
         FROM delivery_file f JOIN delivery d ON d.id = f.delivery
         WHERE f.stem = $1 AND f.role = 'scan' AND d.station = $2 AND (CAST($3 AS TEXT) IS NULL OR
             f.delivery <> $3 AND f.arrival <= (SELECT arrival FROM delivery WHERE id = $3))
         ORDER BY f.arrival DESC LIMIT 1",
    )
    .bind(stem.to_vec())
    .bind(station.to_string())
    .bind(before.map(|before| before.to_string()))
    .fetch_optional(&mut *tx)
    .await?;
    // Nothing that spoke for it was ever taken.
    let refused = sqlx::query(
        "SELECT id, arrival, source_released, sidecar_doubt, 0 AS sidecars, 0 AS agreed, 0 AS rows_agreed FROM delivery
         WHERE station = $1 AND refused_stem = $2 AND (CAST($3 AS TEXT) IS NULL OR
             id <> $3 AND arrival <= (SELECT arrival FROM delivery WHERE id = $3))
         ORDER BY arrival DESC LIMIT 1",
    )
    .bind(station.to_string())
    .bind(stem.to_vec())
    .bind(before.map(|before| before.to_string()))
    .fetch_optional(tx)
    .await?;
    let is_refused = match (&copied, &refused) {
        (Some(copied), Some(refused)) => {
            copied.try_get::<i64, _>("arrival")? <= refused.try_get::<i64, _>("arrival")?
        }
        (None, Some(_)) => true,
        (_, None) => false,
    };
    let Some(row) = (if is_refused { refused } else { copied }) else { return Ok(None) };
    let released = row.try_get::<String, _>("source_released")?;
    Ok(Some(UnderStem {
        delivery: row.try_get::<String, _>("id")?.parse().map_err(unreadable("delivery.id"))?,
        released: super::documents::from_text("delivery.source_released", &released)?,
        with_sidecar: row.try_get::<i64, _>("sidecars")? > 0,
        in_doubt: row.try_get::<Option<String>, _>("sidecar_doubt")?.is_some(),
        agreed: row.try_get::<i64, _>("agreed")? > 0,
        with_row: row.try_get::<i64, _>("rows_agreed")? > 0,
        is_refused,
    }))
}

/// Whether something that came beside the scans of a filed delivery is in none of its records: a sidecar, a folder's own
/// list, or a row of the drop folder's that was of one of these scans. Its copy in custody is the last of it. A further
/// receipt is compared with the records of the first.
pub async fn is_left_out(tx: &mut Tx, delivery: DeliveryId) -> Result<bool, DatabaseError> {
    let rows = sqlx::query(
        "SELECT COALESCE(s.list, s.object) AS signed FROM document_sidecar s WHERE s.whole = 1 AND s.document IN (
           SELECT document FROM document_part WHERE delivery = (SELECT COALESCE(receipt_of, id) FROM delivery WHERE id = $1))",
    )
    .bind(delivery.to_string())
    .fetch_all(&mut *tx)
    .await?;
    let signed = rows.iter().map(|row| row.try_get("signed")).collect::<Result<BTreeSet<String>, _>>()?;
    let used = sqlx::query(
        "SELECT COUNT(*) FROM used_row WHERE document IN (SELECT document FROM document_part WHERE delivery = $1)",
    )
    .bind(delivery.to_string())
    .fetch_one(&mut *tx)
    .await?;
    let has_row = used.try_get::<i64, _>(0)? > 0;
    let counts = |file: &DeliveryFile| match file.role {
        Role::Scan => false,
        Role::Sidecar => true,
        Role::Index => has_row || file.source_name.contains(&b'/'),
    };
    let files = deliveries::files(tx, delivery).await?;
    Ok(files.iter().any(|file| counts(file) && !signed.contains(&file.content.to_string())))
}

/// The objects of what came beside the scans of a delivery and is signed with its documents, or with the first one's whose
/// further receipt it is.
pub async fn signed_beside(tx: &mut Tx, delivery: DeliveryId) -> Result<Vec<Digest>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT object FROM document_sidecar WHERE document IN (
           SELECT document FROM document_part WHERE delivery = (SELECT COALESCE(receipt_of, id) FROM delivery WHERE id = $1))",
    )
    .bind(delivery.to_string())
    .fetch_all(tx)
    .await?;
    let object = |row: &AnyRow| row.try_get::<String, _>("object");
    rows.iter().map(|row| object(row)?.parse().map_err(unreadable("document_sidecar.object"))).collect()
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

/// What came beside a document's files and is signed with it: a sidecar, or its own rows of a batch list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sidecar {
    /// The object that holds its bytes.
    pub object: Digest,
    /// The bare name of the sidecar or the list.
    pub delivered_name: String,
    /// The list's digest, where it is rows of one.
    pub list: Option<Digest>,
    /// No row that came with this delivery is missing in it.
    pub whole: bool,
}

/// What is signed with a document, in order.
pub async fn sidecars(tx: &mut Tx, document: DocumentId) -> Result<Vec<Sidecar>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT object, delivered_name, list, whole FROM document_sidecar WHERE document = $1 ORDER BY ordinal",
    )
    .bind(document.to_string())
    .fetch_all(tx)
    .await?;
    let list = |row: &AnyRow| row.try_get::<Option<String>, _>("list");
    rows.iter()
        .map(|row| {
            Ok(Sidecar {
                object: row.try_get::<String, _>("object")?.parse().map_err(unreadable("document_sidecar.object"))?,
                delivered_name: row.try_get("delivered_name")?,
                list: list(row)?
                    .map(|digest| digest.parse())
                    .transpose()
                    .map_err(unreadable("document_sidecar.list"))?,
                whole: row.try_get::<i64, _>("whole")? == 1,
            })
        })
        .collect()
}

/// Replaces what is signed with a document: one that spoke before and does not now may be another patient's.
pub async fn set_sidecars(tx: &mut Tx, document: DocumentId, sidecars: &[Sidecar]) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM document_sidecar WHERE document = $1")
        .bind(document.to_string())
        .execute(&mut *tx)
        .await?;
    for (ordinal, sidecar) in (0_i64..).zip(sidecars) {
        sqlx::query(
            "INSERT INTO document_sidecar (document, ordinal, object, delivered_name, list, whole)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(document.to_string())
        .bind(ordinal)
        .bind(sidecar.object.to_string())
        .bind(sidecar.delivered_name.clone())
        .bind(sidecar.list.map(|digest| digest.to_string()))
        .bind(i64::from(sidecar.whole))
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}
