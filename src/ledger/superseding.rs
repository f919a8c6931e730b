//! Which document takes the place of which: what a rescan may replace, and that a person said so.
//!
//! Likeness only proposes. The link is set by a person's act, and the document that is replaced ends when the one that
//! replaces it is filed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::documents::{COLUMNS, Document, read_row};
use crate::database::{DatabaseError, Tx};
use crate::document::DocumentState;
use crate::identity::Identity;
use crate::ids::DocumentId;

/// More are not proposed: whoever has so many alike looks at the queue.
const MOST_PROPOSED: i64 = 10;

/// Why one document may take the place of another. The message `likeness-<code>` has the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Likeness {
    /// Patient, kind and date are the same.
    SameIdentity,
    /// A file of the same name came from the same station.
    SameName,
}

/// Whether a document in this state can be replaced: it was rejected, or waits for a person, or was sent back.
#[must_use]
pub fn may_be_superseded(document: &Document) -> bool {
    match document.state {
        DocumentState::Review | DocumentState::SentBack => true,
        DocumentState::Identifying => document.held.is_some(),
        _ => false,
    }
}

/// Documents that are said to take the place of `document` and can still be stated anew.
pub async fn replacing(tx: &mut Tx, document: DocumentId) -> Result<Vec<Document>, DatabaseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM document WHERE supersedes = $1 AND state IN ('identifying', 'inspecting', 'review', 'awaiting-confirmation')"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(document.to_string()).fetch_all(tx).await?;
    rows.iter().map(read_row).collect()
}

/// Earlier documents that `document` may replace, newest first. What was replaced already is none of them.
pub async fn proposals(tx: &mut Tx, document: &Document) -> Result<Vec<(Document, Likeness)>, DatabaseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM document
         WHERE id <> $1 AND {FIRST_ENTRY} < (SELECT MIN(idx) FROM journal_entry WHERE document = $1) AND (state IN ('review', 'sent-back') OR (state = 'identifying' AND held IS NOT NULL))
           AND ((patient_id = $2 AND document_type = $3 AND obtained_on = $4)
             OR (station = $5 AND state <> 'sent-back' AND id IN (SELECT document FROM document_part WHERE delivered_name IN
                   (SELECT delivered_name FROM document_part WHERE document = $1))))
           AND NOT EXISTS (SELECT 1 FROM document AS newer WHERE newer.supersedes = document.id AND newer.state = 'filed')
         ORDER BY {FIRST_ENTRY} DESC LIMIT $6"
    );
    let identity = &document.identity;
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(document.id.to_string())
        .bind(identity.patient.as_ref().map(|patient| patient.value.id.clone()))
        .bind(identity.document_type.as_ref().map(|kind| kind.value.to_string()))
        .bind(identity.obtained_on.as_ref().map(|day| day.value.to_string()))
        .bind(document.station.to_string())
        .bind(MOST_PROPOSED)
        .fetch_all(tx)
        .await?;
    let like = |found: Document| {
        let likeness = if same(&found.identity, identity) { Likeness::SameIdentity } else { Likeness::SameName };
        (found, likeness)
    };
    rows.iter().map(|row| read_row(row).map(like)).collect()
}

/// The number of the first entry about a document of the row, which took it in: the order in which documents came, whatever the
/// clock said.
const FIRST_ENTRY: &str = "(SELECT MIN(idx) FROM journal_entry WHERE journal_entry.document = document.id)";

/// Whether a document was taken in before another one.
pub async fn came_before(tx: &mut Tx, earlier: DocumentId, later: DocumentId) -> Result<bool, DatabaseError> {
    let row = sqlx::query(
        "SELECT COUNT(*) FROM (SELECT MIN(idx) AS one FROM journal_entry WHERE document = $1) AS a,
           (SELECT MIN(idx) AS other FROM journal_entry WHERE document = $2) AS b WHERE a.one < b.other",
    )
    .bind(earlier.to_string())
    .bind(later.to_string())
    .fetch_one(tx)
    .await?;
    Ok(row.try_get::<i64, _>(0)? > 0)
}

/// Records that a person lets `id` take the place of `earlier`, or of none.
pub async fn set(tx: &mut Tx, id: DocumentId, earlier: Option<DocumentId>) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE document SET supersedes = $1 WHERE id = $2")
        .bind(earlier.map(|earlier| earlier.to_string()))
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

fn same(one: &Identity, other: &Identity) -> bool {
    let facts = |identity: &Identity| {
        let patient = identity.patient.as_ref().map(|patient| patient.value.id.clone());
        let kind = identity.document_type.as_ref().map(|kind| kind.value.clone());
        (patient, kind, identity.obtained_on.as_ref().map(|day| day.value))
    };
    facts(one) == facts(other)
}
