//! Documents that wait for one another, and those that are still open.

use std::collections::BTreeSet;

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::documents::{self, COLUMNS, Document, WAITS_NO_MORE, read_row};
use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::document::{DocumentState, HoldReason};
use crate::ids::{DeliveryId, Digest, DocumentId, Name};
use crate::instant::Instant;

/// Lets a document wait until another one with the same bytes has ended, whichever way.
pub async fn wait_for(tx: &mut Tx, id: DocumentId, other: DocumentId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE document SET waits_for = $1 WHERE id = $2")
        .bind(other.to_string())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Whether a document waits for another one, by itself or through others.
pub async fn waits_for(tx: &mut Tx, id: DocumentId, other: DocumentId) -> Result<bool, DatabaseError> {
    let mut seen = BTreeSet::new();
    let mut next = id;
    while seen.insert(next) {
        let row = sqlx::query("SELECT waits_for FROM document WHERE id = $1").bind(next.to_string());
        let found = row.fetch_optional(&mut *tx).await?;
        let found = found.map(|row| row.try_get::<Option<String>, _>(0)).transpose()?.flatten();
        let Some(found) = found else { return Ok(false) };
        next = found.parse().map_err(unreadable("document.waits_for"))?;
        if next == other {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Whoever ends a document lets those go on that waited for its end, so no way of ending it can forget them.
pub(super) async fn resume_those_waiting_for(
    tx: &mut Tx,
    ended: DocumentId,
    now: Instant,
) -> Result<(), DatabaseError> {
    sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE document SET {WAITS_NO_MORE}, updated_at = $1 WHERE waits_for = $2 AND held = $3"
    )))
    .bind(now.as_microseconds())
    .bind(ended.to_string())
    .bind(HoldReason::EqualBytes.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// The open documents that were made of a delivery.
pub async fn open_of_delivery(tx: &mut Tx, delivery: DeliveryId) -> Result<Vec<Document>, DatabaseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM document WHERE state NOT IN ('filed', 'sent-back', 'discarded', 'disposed')
           AND id IN (SELECT document FROM document_part WHERE delivery = $1) ORDER BY created_at, id"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(delivery.to_string()).fetch_all(tx).await?;
    rows.iter().map(read_row).collect()
}

/// Which of these documents wait for nobody any more.
pub async fn settled_among(tx: &mut Tx, ids: &[DocumentId]) -> Result<BTreeSet<DocumentId>, DatabaseError> {
    let mut settled = BTreeSet::new();
    for id in ids {
        let row = sqlx::query("SELECT COUNT(*) FROM document WHERE id = $1 AND held IS NULL")
            .bind(id.to_string())
            .fetch_one(&mut *tx)
            .await?;
        if row.try_get::<i64, _>(0)? > 0 {
            settled.insert(*id);
        }
    }
    Ok(settled)
}

/// Whether a document is still where the stage took it up, and nobody held it meanwhile. Asked of the row alone, for it may
/// be one that cannot be read.
pub async fn is_in_hand(tx: &mut Tx, id: DocumentId, state: DocumentState) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT COUNT(*) FROM document WHERE id = $1 AND state = $2 AND held IS NULL")
        .bind(id.to_string())
        .bind(state.to_string())
        .fetch_one(tx)
        .await?;
    Ok(row.try_get::<i64, _>(0)? > 0)
}

/// The stage in front of which a document waits for `reason` has it again. Where no deadline could be told, that is the
/// inspection: the calendar that judged it says nothing else a second time, and the one of now may.
pub async fn try_again(
    tx: &mut Tx,
    id: DocumentId,
    state: DocumentState,
    reason: HoldReason,
    now: Instant,
) -> Result<(), DatabaseError> {
    match reason {
        HoldReason::NoDeadline => documents::move_on(tx, id, state, DocumentState::Inspecting, now).await,
        _ => documents::resume(tx, id, reason, now).await,
    }
}

/// What waits for a time that is still to come by our clock goes on, once it has come. Whether anything does.
pub async fn resume_when_it_is_time(tx: &mut Tx, now: Instant) -> Result<bool, DatabaseError> {
    let done = sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE document SET {WAITS_NO_MORE}, updated_at = $1 WHERE held = $2 AND (retry_at IS NULL OR retry_at <= $1)"
    )))
    .bind(now.as_microseconds())
    .bind(HoldReason::ClockAhead.to_string())
    .execute(tx)
    .await?;
    Ok(done.rows_affected() > 0)
}

/// A document whose deadline is still to come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due {
    pub document: DocumentId,
    pub station: Name,
    pub state: DocumentState,
    pub held: Option<HoldReason>,
    pub due_at: Instant,
}

/// The open documents that have time left, those with the least of it first.
pub async fn due(tx: &mut Tx, now: Instant, most: u32) -> Result<Vec<Due>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, station, state, held, due_at FROM document
         WHERE due_at > $1 AND state NOT IN ('filed', 'sent-back', 'discarded', 'disposed')
         ORDER BY due_at, created_at, id LIMIT $2",
    )
    .bind(now.as_microseconds())
    .bind(i64::from(most))
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| {
            let held: Option<String> = row.try_get("held")?;
            Ok(Due {
                document: document_id(row)?,
                station: row.try_get::<String, _>("station")?.parse().map_err(unreadable("document.station"))?,
                state: row.try_get::<String, _>("state")?.parse().map_err(unreadable("document.state"))?,
                held: held.map(|held| held.parse()).transpose().map_err(unreadable("document.held"))?,
                due_at: instant("document.due_at", row.try_get("due_at")?)?,
            })
        })
        .collect()
}

/// Whether any document waits for this reason.
pub async fn any(tx: &mut Tx, reason: HoldReason) -> Result<bool, DatabaseError> {
    let found = sqlx::query("SELECT id FROM document WHERE held = $1 LIMIT 1")
        .bind(reason.to_string())
        .fetch_optional(tx)
        .await?;
    Ok(found.is_some())
}

/// How many deliveries were copied later than now, by a clock that ran ahead, and are looked at only then; and when the last
/// of them is.
pub async fn copied_ahead(tx: &mut Tx, now: Instant) -> Result<Option<(u64, Instant)>, DatabaseError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS deliveries, MAX(taken_in_at) AS until FROM delivery
         WHERE state = 'in-custody' AND measured_copy < copy AND taken_in_at > $1",
    )
    .bind(now.as_microseconds())
    .fetch_one(tx)
    .await?;
    let count = row.try_get::<i64, _>("deliveries")?.try_into().map_err(unreadable("delivery count"))?;
    let until: Option<i64> = row.try_get("until")?;
    Ok(until.map(|until| instant("delivery.taken_in_at", until)).transpose()?.map(|until| (count, until)))
}

/// The documents that wait for this reason, with what they are held with.
pub async fn held_for(tx: &mut Tx, reason: HoldReason) -> Result<Vec<(DocumentId, Option<String>)>, DatabaseError> {
    let rows = sqlx::query("SELECT id, held_detail FROM document WHERE held = $1 ORDER BY id")
        .bind(reason.to_string())
        .fetch_all(tx)
        .await?;
    rows.iter().map(|row| Ok((document_id(row)?, row.try_get("held_detail")?))).collect()
}

/// The documents that wait for a person and were judged by another calendar than this one.
pub async fn judged_by_another(tx: &mut Tx, calendar: Digest) -> Result<Vec<DocumentId>, DatabaseError> {
    let rows = sqlx::query("SELECT id FROM document WHERE held IS NOT NULL AND calendar <> $1")
        .bind(calendar.to_string())
        .fetch_all(tx)
        .await?;
    rows.iter().map(document_id).collect()
}

fn document_id(row: &AnyRow) -> Result<DocumentId, DatabaseError> {
    row.try_get::<String, _>("id")?.parse().map_err(unreadable("document.id"))
}
