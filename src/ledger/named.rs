//! Which objects of the store the ledger names, and which it will yet name.

use std::collections::BTreeSet;

use sqlx::Row as _;

use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::ids::Digest;
use crate::instant::Instant;

/// The measurements and the sidecars whose digests begin with a byte.
pub async fn on_shelf(tx: &mut Tx, shelf: u8) -> Result<BTreeSet<Digest>, DatabaseError> {
    let (from, until) = Digest::texts_from(shelf);
    let rows = sqlx::query(
        "SELECT measurements AS object FROM content WHERE measurements >= $1 AND measurements < $2
         UNION SELECT object FROM document_sidecar WHERE object >= $1 AND object < $2",
    )
    .bind(from)
    .bind(until)
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| row.try_get::<String, _>("object")?.parse().map_err(unreadable("content.measurements")))
        .collect()
}

/// The calendars by which documents were judged, and the one in use. There are a few a year.
pub async fn calendars(tx: &mut Tx) -> Result<BTreeSet<Digest>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT DISTINCT calendar AS digest FROM document WHERE calendar IS NOT NULL
         UNION SELECT digest FROM watched_file WHERE name = 'calendar'",
    )
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| row.try_get::<String, _>("digest")?.parse().map_err(unreadable("document.calendar")))
        .collect()
}

/// Whether an object is what was delivered, or what an attempt to sign made: filing may have stored it and not have come to
/// its end.
pub async fn may_be_filed(tx: &mut Tx, object: &Digest) -> Result<bool, DatabaseError> {
    for query in [
        "SELECT 1 FROM delivery_file WHERE content = $1 LIMIT 1",
        "SELECT 1 FROM attempt WHERE (record = $1 OR manifest = $1) AND state <> 'filed' LIMIT 1",
    ] {
        if sqlx::query(query).bind(object.to_string()).fetch_optional(&mut *tx).await?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Since when the oldest thing has been in hand of a stage that stores objects before it names them; none where no such
/// stage has anything to do.
pub async fn in_hand_since(tx: &mut Tx) -> Result<Option<Instant>, DatabaseError> {
    let row = sqlx::query(
        "SELECT MIN(since) AS since FROM (
           SELECT MIN(updated_at) AS since FROM delivery WHERE state = 'in-custody' AND measured_copy < copy
           UNION ALL SELECT MIN(updated_at) FROM document WHERE state IN ('identifying', 'filing') AND held IS NULL
         ) AS in_hand",
    )
    .fetch_one(tx)
    .await?;
    row.try_get::<Option<i64>, _>("since")?.map(|at| instant("updated_at", at)).transpose()
}
