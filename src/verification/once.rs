//! That an act stands in the journal once: a signature says what somebody did, and not how often.
//!
//! Whoever can write entries could else do again what a person did once: an appointment that was ended would hold anew. Acts
//! about documents are remembered only as long as these are open, so that a journal of any length fits; about one that has
//! ended there is none any more.

use std::collections::BTreeMap;

use super::finding::ActFault;
use crate::ids::{Digest, DocumentId};
use crate::people::acts::Deed;

/// The acts that counted so far, and where each stands.
#[derive(Clone, Default)]
pub(super) struct Once {
    others: BTreeMap<Digest, u64>,
    of_documents: BTreeMap<DocumentId, BTreeMap<Digest, u64>>,
}

impl Once {
    /// Notes that an act that counts stands in the entry `index`.
    pub(super) fn enter(&mut self, text: &str, deed: &Deed, index: u64) -> Result<(), ActFault> {
        let act = Digest::of(text.as_bytes());
        let mut first = true;
        let mut note = |acts: &mut BTreeMap<Digest, u64>| first &= *acts.entry(act).or_insert(index) == index;
        match deed.documents() {
            [] => note(&mut self.others),
            documents => documents.iter().for_each(|document| note(self.of_documents.entry(*document).or_default())),
        }
        if first { Ok(()) } else { Err(ActFault::ActRepeated) }
    }

    /// A document has ended.
    pub(super) fn forget(&mut self, document: DocumentId) {
        self.of_documents.remove(&document);
    }
}
