//! The rows of decisions: which signed acts led a document here. The journal has the acts themselves.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::documents::{self, Document, from_json, to_json};
use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::document::HoldReason;
use crate::evidence::record::Seen;
use crate::ids::{Digest, DocumentId, PersonId};
use crate::instant::Instant;
use crate::judgement::{LATENESS, Severity};

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
    /// The certificate whose key signed the act.
    pub certificate: Digest,
    /// That of the second person, where one signed too.
    pub second_certificate: Option<Digest>,
    /// The state that it was about, where the document is in another now.
    pub seen: Option<Box<Seen>>,
    /// The entry that undid it, of a revocation or of a restore that lost one: one of its keys was revoked from before it was made.
    pub undone_by: Option<u64>,
}

/// Enters a decision about a document in the state in which it is now.
pub async fn enter(tx: &mut Tx, document: DocumentId, decision: &Decision) -> Result<(), DatabaseError> {
    let seen = present(tx, document).await?;
    sqlx::query(
        "INSERT INTO decision (document, journal_index, kind, person, reason, entry_digest, decided_at, possible_again_at,
           seen, certificate, second_certificate)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
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
    .bind(decision.certificate.to_string())
    .bind(decision.second_certificate.map(|certificate| certificate.to_string()))
    .execute(tx)
    .await?;
    Ok(())
}

/// The decisions about a document, in order.
pub async fn of_document(tx: &mut Tx, document: DocumentId) -> Result<Vec<Decision>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT journal_index, kind, person, reason, entry_digest, decided_at, possible_again_at, seen, certificate,
           second_certificate, undone_by
         FROM decision WHERE document = $1 ORDER BY journal_index",
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
                journal_index: place("decision.journal_index", row.try_get("journal_index")?)?,
                entry: text("entry_digest")?.parse().map_err(unreadable("decision.entry_digest"))?,
                at: instant("decision.decided_at", row.try_get("decided_at")?)?,
                possible_again_at: row
                    .try_get::<Option<i64>, _>("possible_again_at")?
                    .map(|at| instant("decision.possible_again_at", at))
                    .transpose()?,
                certificate: text("certificate")?.parse().map_err(unreadable("decision.certificate"))?,
                second_certificate: row
                    .try_get::<Option<String>, _>("second_certificate")?
                    .map(|certificate| certificate.parse())
                    .transpose()
                    .map_err(unreadable("decision.second_certificate"))?,
                undone_by: row
                    .try_get::<Option<i64>, _>("undone_by")?
                    .map(|index| place("decision.undone_by", index))
                    .transpose()?,
            })
        })
        .collect()
}

/// When a certificate's key was last used for a decision.
pub async fn newest_with(tx: &mut Tx, certificate: Digest) -> Result<Option<Instant>, DatabaseError> {
    let row =
        sqlx::query("SELECT MAX(decided_at) AS at FROM decision WHERE certificate = $1 OR second_certificate = $1")
            .bind(certificate.to_string())
            .fetch_one(tx)
            .await?;
    row.try_get::<Option<i64>, _>("at")?.map(|at| instant("decision.decided_at", at)).transpose()
}

/// Undoes what was decided with the keys of certificates, with each from its time on; `by` is the entry that says so. Answers the
/// open documents that this concerns.
///
/// What was said of them in a decision that is undone is said no more: `document.stated` has one statement for each
/// [`DecisionKind::Identify`] that stands, in their order. Where a document cannot be read, nobody can tell what follows: of that
/// one everything is undone and unsaid. No key stays in force for it.
pub async fn undo(tx: &mut Tx, revoked: &BTreeMap<Digest, Instant>, by: u64) -> Result<Vec<DocumentId>, DatabaseError> {
    let entry = i64::try_from(by).map_err(unreadable("decision.undone_by"))?;
    for (certificate, since) in revoked {
        sqlx::query(
            "UPDATE decision SET undone_by = $1 WHERE undone_by IS NULL AND decided_at >= $2
                 AND (certificate = $3 OR second_certificate = $3)",
        )
        .bind(entry)
        .bind(since.as_microseconds())
        .bind(certificate.to_string())
        .execute(&mut *tx)
        .await?;
    }
    let mut open = Vec::new();
    for id in undone_in(tx, by).await? {
        match follow(tx, id, by, entry).await {
            Ok(true) => open.push(id),
            Ok(false) => {}
            Err(DatabaseError::Unreadable(problem)) => {
                tracing::error!(document.id = %id, problem, "Document {id} cannot be read: everything decided about it is undone");
                undo_all(tx, id, entry).await?;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(open)
}

/// What else is undone of a document, and unsaid, where it is open still.
async fn follow(tx: &mut Tx, id: DocumentId, by: u64, entry: i64) -> Result<bool, DatabaseError> {
    let Some(document) = documents::get(tx, id).await?.filter(|document| document.state.is_open()) else {
        return Ok(false);
    };
    let decided = of_document(tx, id).await?;
    let is_undone = |decision: &&Decision| decision.undone_by == Some(by);
    let before: Vec<_> = decided.into_iter().filter(|one| one.undone_by.is_none() || is_undone(&one)).collect();
    for release in released_beside(&document, &before, is_undone) {
        sqlx::query("UPDATE decision SET undone_by = $1 WHERE document = $2 AND journal_index = $3")
            .bind(entry)
            .bind(id.to_string())
            .bind(i64::try_from(release).map_err(unreadable("decision.journal_index"))?)
            .execute(&mut *tx)
            .await?;
    }
    unsay(tx, &document, before.iter(), is_undone).await?;
    Ok(true)
}

async fn undo_all(tx: &mut Tx, id: DocumentId, entry: i64) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE decision SET undone_by = $1 WHERE undone_by IS NULL AND document = $2")
        .bind(entry)
        .bind(id.to_string())
        .execute(&mut *tx)
        .await?;
    sqlx::query(
        "UPDATE document SET stated = '[]', supersedes = NULL WHERE id = $1
             AND state NOT IN ('filed', 'sent-back', 'discarded', 'disposed')",
    )
    .bind(id.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// The documents about which something was undone by what was entered at `by`.
pub async fn undone_in(tx: &mut Tx, by: u64) -> Result<Vec<DocumentId>, DatabaseError> {
    let rows = sqlx::query("SELECT DISTINCT document FROM decision WHERE undone_by = $1 ORDER BY document")
        .bind(i64::try_from(by).map_err(unreadable("decision.undone_by"))?)
        .fetch_all(tx)
        .await?;
    // A row of no document says nothing of any.
    let named = |row: &sqlx::any::AnyRow| row.try_get::<String, _>("document").ok()?.parse().ok();
    Ok(rows.iter().filter_map(named).collect())
}

/// The releases of the signature of a late scan, where the release of the scan itself is undone. The first release of a late
/// scan is about the scan and any other about the signature, so one that stayed would be taken to be about the scan.
fn released_beside(document: &Document, before: &[Decision], is_undone: impl Fn(&&Decision) -> bool) -> Vec<u64> {
    let findings = document.judgement.iter().flat_map(|judgement| &judgement.findings);
    let scanned_late = findings.into_iter().any(|found| found.check == LATENESS && found.severity >= Severity::Hold);
    let from = before.iter().rposition(|decision| decision.kind == DecisionKind::Identify).unwrap_or(0);
    let mut releases = before
        .iter()
        .skip(from)
        .filter(|decision| decision.kind == DecisionKind::LateRelease && decision.seen.is_none());
    match releases.next() {
        Some(of_the_scan) if scanned_late && is_undone(&of_the_scan) => {
            releases.map(|decision| decision.journal_index).collect()
        }
        _ => Vec::new(),
    }
}

/// Takes the statements that came with some of the decisions out of a document.
async fn unsay<'d>(
    tx: &mut Tx,
    document: &Document,
    standing: impl Iterator<Item = &'d Decision>,
    is_undone: impl Fn(&&Decision) -> bool,
) -> Result<(), DatabaseError> {
    let said: Vec<serde_json::Value> = from_json("document.stated", &document.stated)?;
    let mut identified = standing.filter(|decision| decision.kind == DecisionKind::Identify);
    let left: Vec<_> =
        said.into_iter().filter(|_| !identified.next().is_some_and(|decision| is_undone(&decision))).collect();
    documents::set_stated(tx, document.id, &to_json("document.stated", &left)?).await
}

/// Ends the waiting for `reason` of the documents about which a person decided something.
pub async fn resume_those_of(
    tx: &mut Tx,
    person: PersonId,
    reason: HoldReason,
    now: Instant,
) -> Result<(), DatabaseError> {
    let rows = sqlx::query(
        "SELECT id FROM document WHERE held = $1 AND id IN (SELECT document FROM decision WHERE person = $2) ORDER BY id",
    )
    .bind(reason.to_string())
    .bind(person.to_string())
    .fetch_all(&mut *tx)
    .await?;
    for row in rows {
        let id = row.try_get::<String, _>("id")?.parse().map_err(unreadable("document.id"))?;
        documents::resume(tx, id, reason, now).await?;
    }
    Ok(())
}

fn place(column: &'static str, index: i64) -> Result<u64, DatabaseError> {
    index.try_into().map_err(unreadable(column))
}

/// The state in which a document is.
async fn present(tx: &mut Tx, id: DocumentId) -> Result<Seen, DatabaseError> {
    let document = documents::get(tx, id).await?;
    let document = document.ok_or_else(|| DatabaseError::Conflict(format!("there is no document {id}")))?;
    let parts = documents::parts(tx, id).await?;
    let Document { identity, claims, judgement, .. } = document;
    Ok(Seen { identity, claims, parts, judgement })
}
