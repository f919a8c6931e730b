//! What a revocation undoes: decisions that were made with the key when it was not its owner's any more.
//!
//! A decision counts where it is asked what a document still needs, and that asks the ledger's rows. So they are marked in the
//! transaction that revokes, and what followed from them (a statement of whose it is, the document to be replaced) is taken
//! back for what is not filed yet.

use std::collections::BTreeMap;

use super::acts::Act;
use crate::database::{DatabaseError, Tx};
use crate::ids::{Digest, DocumentId};
use crate::instant::Instant;
use crate::journal::read;
use crate::ledger::{decisions, superseding};

/// Undoes what was decided with the keys of certificates, with each from its time on. `by` is where the entry stands that says
/// so. Answers the open documents that this concerns.
///
/// # Errors
/// When the database fails.
pub async fn undo(tx: &mut Tx, revoked: &BTreeMap<Digest, Instant>, by: u64) -> Result<Vec<DocumentId>, DatabaseError> {
    let open = decisions::undo(tx, revoked, by).await?;
    for document in &open {
        let earlier = match superseded_by_what_stands(tx, *document).await {
            // As with an act that cannot be read.
            Err(DatabaseError::Unreadable(_)) => None,
            earlier => earlier?,
        };
        superseding::set(tx, *document, earlier).await?;
    }
    Ok(open)
}

/// The document that is to be replaced by the last word of those that stand.
async fn superseded_by_what_stands(tx: &mut Tx, document: DocumentId) -> Result<Option<DocumentId>, DatabaseError> {
    let mut earlier = None;
    for decision in decisions::of_document(tx, document).await? {
        if decision.undone_by.is_some() {
            continue;
        }
        let entries = read::entries(tx, decision.journal_index, 1).await?;
        let entry = entries.first().filter(|stored| stored.index == decision.journal_index);
        let act = entry.and_then(|stored| stored.entry().ok()?.act).and_then(|act| Act::parse(&act.text).ok());
        // Without its act nobody knows what it says, and a link that no act says would be denied.
        earlier = act.map_or(earlier, |act| act.deed.supersedes(earlier));
    }
    Ok(earlier)
}
