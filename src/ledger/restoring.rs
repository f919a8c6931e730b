//! Rows made anew from what lies on the disk, when the database was lost. They are written as they must have stood: no
//! move is made, and none is asked for.

use super::contents;
use super::deliveries::{self, DeliveryFile, Released};
use super::documents::{insert_parts, to_json, to_text};
use sqlx::Row as _;

use crate::database::{DatabaseError, Tx, unreadable};
use crate::document::{DeliveryState, DocumentState, HoldReason, Part};
use crate::evidence::record::RecordJson;
use crate::ids::{DeliveryId, DocumentId, Name, SessionId};
use crate::instant::Instant;

/// A delivery as journal and custody tell of it.
#[derive(Clone, Debug)]
pub struct Delivered {
    pub id: DeliveryId,
    pub arrival: u64,
    pub station: Name,
    pub state: DeliveryState,
    pub source_name: Vec<u8>,
    pub first_seen_at: Instant,
    /// The copy that counts, and its files; none where it is in custody no more.
    pub copy: Option<(u32, Vec<DeliveryFile>)>,
    pub taken_in_at: Instant,
    pub session: Option<SessionId>,
    pub regrown_from: Option<DeliveryId>,
    pub sidecar_doubt: Option<DeliveryId>,
}

/// Enters a delivery.
pub async fn delivery(tx: &mut Tx, made: &Delivered) -> Result<(), DatabaseError> {
    deliveries::enter_again(tx, made.id, made.arrival, &made.station, &made.source_name, made.first_seen_at).await?;
    let copy = match &made.copy {
        None => 0,
        Some((copy, files)) => {
            deliveries::set_custody(tx, made.id, *copy, files, made.taken_in_at, made.session).await?;
            *copy
        }
    };
    // Of one that is in custody no more its record tells, or nobody.
    let released = if copy == 0 { Released::Changed } else { Released::No };
    sqlx::query(
        "UPDATE delivery SET state = $1, measured_copy = copy, taken_in_at = $2, session = $3, regrown_from = $4,
           sidecar_doubt = $5, source_released = $6 WHERE id = $7",
    )
    .bind(made.state.to_string())
    .bind(made.taken_in_at.as_microseconds())
    .bind(made.session.map(|id| id.to_string()))
    .bind(made.regrown_from.map(|id| id.to_string()))
    .bind(made.sidecar_doubt.map(|id| id.to_string()))
    .bind(to_text(&released))
    .bind(made.id.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// The files of a delivery that is in custody no more, as its record tells of them, and what became of their sources.
pub async fn files(
    tx: &mut Tx,
    id: DeliveryId,
    files: &[DeliveryFile],
    released: Released,
    now: Instant,
) -> Result<(), DatabaseError> {
    if !deliveries::files(tx, id).await?.is_empty() || deliveries::get(tx, id).await?.is_none() {
        return Ok(());
    }
    deliveries::insert_files(tx, id, files).await?;
    deliveries::set_released(tx, id, released, now).await
}

/// Ends a document.
pub async fn end(tx: &mut Tx, id: DocumentId, state: DocumentState, at: Instant) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE document SET state = $1, held = NULL, held_detail = NULL, updated_at = $2 WHERE id = $3")
        .bind(state.to_string())
        .bind(at.as_microseconds())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Holds an open document, or lets it go on.
pub async fn hold(tx: &mut Tx, id: DocumentId, held: Option<HoldReason>) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE document SET held = $1 WHERE id = $2")
        .bind(held.map(|held| held.to_string()))
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Has an open document begin anew with identification, where a person says everything of it: what they had said or decided is
/// lost, and what it was known to be before that must not go on by itself.
pub async fn ask_anew(tx: &mut Tx, id: DocumentId, now: Instant) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE document SET state = $1, held = $2, held_detail = NULL, waits_for = NULL, failures = 0, retry_at = NULL,
           revision = revision + 1, updated_at = $3 WHERE id = $4",
    )
    .bind(DocumentState::Identifying.to_string())
    .bind(HoldReason::AskedAnew.to_string())
    .bind(now.as_microseconds())
    .bind(id.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// Notes that nobody can tell any more what a document was known to be: what is compared with it must not take that for
/// nothing known.
pub async fn forget_identity(tx: &mut Tx, id: DocumentId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE document SET identity_lost = 1 WHERE id = $1").bind(id.to_string()).execute(tx).await?;
    Ok(())
}

/// Makes of a document what its record says of it, and ends it as filed.
pub async fn filed(tx: &mut Tx, record: &RecordJson, parts: &[Part], at: Instant) -> Result<(), DatabaseError> {
    let id = record.document;
    end(tx, id, DocumentState::Filed, at).await?;
    sqlx::query(
        "UPDATE document SET document_type = $1, profile_id = $2, profile_version = $3, profile_digest = $4,
           patient_id = $5, obtained_on = $6, salt = $7, identity = $8, claims = $9, judgement = $10, calendar = $11,
           supersedes = $12, identity_lost = 0 WHERE id = $13",
    )
    .bind(record.identity.document_type.as_ref().map(|kind| kind.value.to_string()))
    .bind(record.profile.id.to_string())
    .bind(i64::from(record.profile.version))
    .bind(record.profile.digest.to_string())
    .bind(record.identity.patient.as_ref().map(|patient| patient.value.id.clone()))
    .bind(record.clocks.obtained_on.map(|day| day.to_string()))
    .bind(record.salt.to_string())
    .bind(to_json("document.identity", &record.identity)?)
    .bind(to_json("document.claims", &record.claims)?)
    .bind(to_json("document.judgement", &record.judgement)?)
    .bind(record.calendar.to_string())
    .bind(record.supersedes.map(|id| id.to_string()))
    .bind(id.to_string())
    .execute(&mut *tx)
    .await?;
    sqlx::query("DELETE FROM document_part WHERE document = $1").bind(id.to_string()).execute(&mut *tx).await?;
    let mut known = Vec::new();
    for part in parts {
        // What nobody measured or delivered any more has been told of.
        if contents::measurements(tx, &part.content).await?.is_some()
            && deliveries::get(tx, part.delivery).await?.is_some()
        {
            known.push(part.clone());
        }
    }
    insert_parts(tx, id, &known).await
}

/// Counts a document that a session has signed.
pub async fn count_signed(tx: &mut Tx, session: SessionId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE session SET signed = signed + 1 WHERE id = $1").bind(session.to_string()).execute(tx).await?;
    Ok(())
}

/// Whether nothing has been entered yet.
pub async fn is_empty(tx: &mut Tx) -> Result<bool, DatabaseError> {
    let count: i64 = sqlx::query("SELECT COUNT(*) FROM journal_entry").fetch_one(tx).await?.try_get(0)?;
    Ok(u64::try_from(count).map_err(unreadable("journal_entry"))? == 0)
}
