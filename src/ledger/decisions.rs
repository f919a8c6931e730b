//! The rows of decisions: which signed acts led a document here. The journal has the acts themselves.

use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::documents::{self, Document, from_json, to_json};
use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::evidence::record::Seen;
use crate::ids::{Digest, DocumentId, PersonId};
use crate::instant::Instant;

/// What a person decided about a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DecisionKind {
    /// Said whose it is, or of which kind. Everything decided before it was about another state.
    Identify,
    /// Accepted what a check held.
    Accept,
    /// Released what a check rejects.
    Exception,
    Confirm,
    LateRelease,
    SendBack,
    Discard,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub kind: DecisionKind,
    pub person: PersonId,
    /// The code of the reason, where the act has one.
    pub reason: Option<String>,
    pub journal_index: u64,
    /// SHA-256 of the journal entry.
    pub entry: Digest,
    pub at: Instant,
    /// Of a late release: from when the work was possible again.
    pub possible_again_at: Option<Instant>,
    /// The state that it was about, where the document is in another now.
    pub seen: Option<Box<Seen>>,
}

/// Enters a decision about a document in the state in which it is now.
pub async fn enter(tx: &mut Tx, document: DocumentId, decision: &Decision) -> Result<(), DatabaseError> {
    let seen = present(tx, document).await?;
    sqlx::query(
        "INSERT INTO decision (document, journal_index, kind, person, reason, entry_digest, decided_at, possible_again_at,
           seen)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
    )
    .bind(document.to_string())
    .bind(i64::try_from(decision.journal_index).map_err(unreadable("decision.journal_index"))?)
    .bind(documents::to_text(&decision.kind))
    .bind(decision.person.to_string())
    .bind(decision.reason.clone())
    .bind(decision.entry.to_string())
    .bind(decision.at.as_microseconds())
    .bind(decision.possible_again_at.map(Instant::as_microseconds))
    .bind(to_json("decision.seen", &seen)?)
    .execute(tx)
    .await?;
    Ok(())
}

/// The decisions about a document, in order.
pub async fn of_document(tx: &mut Tx, document: DocumentId) -> Result<Vec<Decision>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT journal_index, kind, person, reason, entry_digest, decided_at, possible_again_at, seen FROM decision
         WHERE document = $1 ORDER BY journal_index",
    )
    .bind(document.to_string())
    .fetch_all(&mut *tx)
    .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let present = present(tx, document).await?;
    rows.iter()
        .map(|row| {
            let text = |column: &'static str| row.try_get::<String, _>(column);
            let seen: Seen = from_json("decision.seen", &text("seen")?)?;
            Ok(Decision {
                seen: (seen != present).then(|| Box::new(seen)),
                kind: documents::from_text("decision.kind", &text("kind")?)?,
                person: text("person")?.parse().map_err(unreadable("decision.person"))?,
                reason: row.try_get("reason")?,
                journal_index: row
                    .try_get::<i64, _>("journal_index")?
                    .try_into()
                    .map_err(unreadable("decision.journal_index"))?,
                entry: text("entry_digest")?.parse().map_err(unreadable("decision.entry_digest"))?,
                at: instant("decision.decided_at", row.try_get("decided_at")?)?,
                possible_again_at: row
                    .try_get::<Option<i64>, _>("possible_again_at")?
                    .map(|at| instant("decision.possible_again_at", at))
                    .transpose()?,
            })
        })
        .collect()
}

/// The state in which a document is.
async fn present(tx: &mut Tx, id: DocumentId) -> Result<Seen, DatabaseError> {
    let document = documents::get(tx, id).await?;
    let document = document.ok_or_else(|| DatabaseError::Conflict(format!("there is no document {id}")))?;
    let parts = documents::parts(tx, id).await?;
    let Document { identity, claims, judgement, .. } = document;
    Ok(Seen { identity, claims, parts, judgement })
}
