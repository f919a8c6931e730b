//! The rows of decisions: which signed acts led a document here. The journal has the acts themselves.

use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use crate::database::{DatabaseError, Tx, instant, unreadable};
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
}

pub async fn enter(tx: &mut Tx, document: DocumentId, decision: &Decision) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO decision (document, journal_index, kind, person, reason, entry_digest, decided_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
    )
    .bind(document.to_string())
    .bind(i64::try_from(decision.journal_index).map_err(unreadable("decision.journal_index"))?)
    .bind(super::documents::to_text(&decision.kind))
    .bind(decision.person.to_string())
    .bind(decision.reason.clone())
    .bind(decision.entry.to_string())
    .bind(decision.at.as_microseconds())
    .execute(tx)
    .await?;
    Ok(())
}

/// The decisions about a document, in order.
pub async fn of_document(tx: &mut Tx, document: DocumentId) -> Result<Vec<Decision>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT journal_index, kind, person, reason, entry_digest, decided_at FROM decision
         WHERE document = $1 ORDER BY journal_index",
    )
    .bind(document.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| {
            let text = |column: &'static str| row.try_get::<String, _>(column);
            Ok(Decision {
                kind: super::documents::from_text("decision.kind", &text("kind")?)?,
                person: text("person")?.parse().map_err(unreadable("decision.person"))?,
                reason: row.try_get("reason")?,
                journal_index: row
                    .try_get::<i64, _>("journal_index")?
                    .try_into()
                    .map_err(unreadable("decision.journal_index"))?,
                entry: text("entry_digest")?.parse().map_err(unreadable("decision.entry_digest"))?,
                at: instant("decision.decided_at", row.try_get("decided_at")?)?,
            })
        })
        .collect()
}
