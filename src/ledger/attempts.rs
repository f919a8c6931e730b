//! The rows of attempts: each try to sign and stamp a document. An unused signature is kept.

use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::document::DocumentState;
use crate::ids::{AttemptId, Digest, DocumentId, PersonId, SessionId};
use crate::instant::Instant;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum AttemptState {
    Signed,
    Stamped,
    Filed,
    /// The window for the stamp passed, or it came to nothing for another reason.
    Missed,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attempt {
    pub id: AttemptId,
    pub document: DocumentId,
    pub state: AttemptState,
    /// SHA-256 of `record.json`.
    pub record: Digest,
    /// SHA-256 of the manifest: the record digest, should this attempt be filed.
    pub manifest: Digest,
    pub signer: PersonId,
    /// The information manager whom its record names.
    pub manager: PersonId,
    pub session: SessionId,
    pub signed_at: Instant,
    pub timestamped_at: Option<Instant>,
    /// The end of the window for the stamp.
    pub stamp_due_at: Option<Instant>,
}

pub async fn enter(tx: &mut Tx, attempt: &Attempt) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO attempt (id, document, number, state, record, manifest, signer, manager, session, signed_at,
           timestamped_at, stamp_due_at)
         VALUES ($1, $2, (SELECT COALESCE(MAX(number), 0) + 1 FROM attempt WHERE document = $2), $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(attempt.id.to_string())
    .bind(attempt.document.to_string())
    .bind(super::documents::to_text(&attempt.state))
    .bind(attempt.record.to_string())
    .bind(attempt.manifest.to_string())
    .bind(attempt.signer.to_string())
    .bind(attempt.manager.to_string())
    .bind(attempt.session.to_string())
    .bind(attempt.signed_at.as_microseconds())
    .bind(attempt.timestamped_at.map(Instant::as_microseconds))
    .bind(attempt.stamp_due_at.map(Instant::as_microseconds))
    .execute(tx)
    .await?;
    Ok(())
}

/// Moves an attempt on; `timestamped_at` is kept where it is known already.
pub async fn set_state(
    tx: &mut Tx,
    id: AttemptId,
    from: AttemptState,
    to: AttemptState,
    timestamped_at: Option<Instant>,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE attempt SET state = $1, timestamped_at = COALESCE($2, timestamped_at) WHERE id = $3 AND state = $4",
    )
    .bind(super::documents::to_text(&to))
    .bind(timestamped_at.map(Instant::as_microseconds))
    .bind(id.to_string())
    .bind(super::documents::to_text(&from))
    .execute(tx)
    .await?;
    super::deliveries::one_row(done.rows_affected(), || {
        format!("attempt {id} is not {}", super::documents::to_text(&from))
    })
}

pub async fn get(tx: &mut Tx, id: AttemptId) -> Result<Option<Attempt>, DatabaseError> {
    let row = sqlx::query(
        "SELECT id, document, state, record, manifest, signer, manager, session, signed_at, timestamped_at, stamp_due_at
         FROM attempt WHERE id = $1",
    )
    .bind(id.to_string())
    .fetch_optional(tx)
    .await?;
    row.as_ref().map(read_row).transpose()
}

/// The attempts for a document, in order.
pub async fn of_document(tx: &mut Tx, document: DocumentId) -> Result<Vec<Attempt>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, document, state, record, manifest, signer, manager, session, signed_at, timestamped_at, stamp_due_at
         FROM attempt WHERE document = $1 ORDER BY number",
    )
    .bind(document.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter().map(read_row).collect()
}

/// The documents that were signed in a session, in order.
pub async fn documents_signed_in(tx: &mut Tx, session: SessionId) -> Result<Vec<DocumentId>, DatabaseError> {
    let rows = sqlx::query("SELECT document FROM attempt WHERE session = $1 ORDER BY signed_at, id")
        .bind(session.to_string())
        .fetch_all(tx)
        .await?;
    rows.iter()
        .map(|row| row.try_get::<String, _>("document")?.parse().map_err(unreadable("attempt.document")))
        .collect()
}

/// The documents with a signature of a certificate's key that is not filed, and of which nothing proves that it was made before
/// `since`.
pub async fn documents_not_proven_before(
    tx: &mut Tx,
    certificate: Digest,
    since: Instant,
) -> Result<Vec<DocumentId>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT DISTINCT document FROM attempt WHERE state IN ('signed', 'stamped')
           AND (timestamped_at IS NULL OR timestamped_at >= $1)
           AND session IN (SELECT id FROM session WHERE certificate = $2) ORDER BY document",
    )
    .bind(since.as_microseconds())
    .bind(certificate.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| row.try_get::<String, _>("document")?.parse().map_err(unreadable("attempt.document")))
        .collect()
}

/// When the newest signature of a session was made.
pub async fn newest_signature(tx: &mut Tx, session: SessionId) -> Result<Option<Instant>, DatabaseError> {
    let row = sqlx::query("SELECT MAX(signed_at) AS at FROM attempt WHERE session = $1")
        .bind(session.to_string())
        .fetch_one(tx)
        .await?;
    row.try_get::<Option<i64>, _>("at")?.map(|at| instant("attempt.signed_at", at)).transpose()
}

/// The signatures from `at` on that a record is made of, or may be: those that were given up prove nothing to anybody, and
/// those for a document that was sent back or discarded never will.
pub async fn signed_from(tx: &mut Tx, at: Instant) -> Result<Vec<Attempt>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, document, state, record, manifest, signer, manager, session, signed_at, timestamped_at, stamp_due_at
         FROM attempt WHERE signed_at >= $1 AND state <> 'missed' ORDER BY signed_at, id",
    )
    .bind(at.as_microseconds())
    .fetch_all(&mut *tx)
    .await?;
    let mut counting = Vec::new();
    for row in &rows {
        let attempt = read_row(row)?;
        let document = super::standing::state(tx, attempt.document).await?;
        if attempt.state == AttemptState::Filed || document.is_some_and(DocumentState::is_open) {
            counting.push(attempt);
        }
    }
    Ok(counting)
}

/// The attempts whose files are still in custody.
pub async fn not_filed(tx: &mut Tx) -> Result<Vec<AttemptId>, DatabaseError> {
    let rows = sqlx::query("SELECT id FROM attempt WHERE state <> 'filed' ORDER BY id").fetch_all(tx).await?;
    rows.iter().map(|row| row.try_get::<String, _>("id")?.parse().map_err(unreadable("attempt.id"))).collect()
}

fn read_row(row: &sqlx::any::AnyRow) -> Result<Attempt, DatabaseError> {
    let text = |column: &'static str| row.try_get::<String, _>(column);
    let moment =
        |column: &'static str| row.try_get::<Option<i64>, _>(column)?.map(|at| instant(column, at)).transpose();
    Ok(Attempt {
        id: text("id")?.parse().map_err(unreadable("attempt.id"))?,
        document: text("document")?.parse().map_err(unreadable("attempt.document"))?,
        state: super::documents::from_text("attempt.state", &text("state")?)?,
        record: text("record")?.parse().map_err(unreadable("attempt.record"))?,
        manifest: text("manifest")?.parse().map_err(unreadable("attempt.manifest"))?,
        signer: text("signer")?.parse().map_err(unreadable("attempt.signer"))?,
        manager: text("manager")?.parse().map_err(unreadable("attempt.manager"))?,
        session: text("session")?.parse().map_err(unreadable("attempt.session"))?,
        signed_at: instant("attempt.signed_at", row.try_get("signed_at")?)?,
        timestamped_at: moment("timestamped_at")?,
        stamp_due_at: moment("stamp_due_at")?,
    })
}
