//! Whether the bytes of a document came before: as a further receipt of another, or under another patient.

use std::collections::BTreeSet;

use super::{composed, to_text, value};
use crate::database::{DatabaseError, Tx};
use crate::document::{DocumentState, HoldReason, Part};
use crate::identification::Beside;
use crate::identity::Identity;
use crate::ids::{Digest, DocumentId};
use crate::judgement::ProfileRef;
use crate::ledger::documents::{self, Document};
use crate::ledger::waiting;
use crate::pipeline::failures::StageError;

/// A document as it is compared with those that hold bytes of it.
pub(super) struct Compared {
    pub(super) document: Document,
    /// The order of its files, where the sidecar gives one.
    pub(super) files: Option<Vec<String>>,
    pub(super) seen_beside: Vec<Beside>,
    pub(super) identity: Identity,
    pub(super) profile: ProfileRef,
}

/// What the others say of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// A document of its own.
    ItsOwn,
    /// Equal bytes under equal circumstances: a further receipt of that document.
    Receipt(DocumentId),
    /// The same, while nobody knows yet what becomes of that document.
    WaitsFor(DocumentId),
    /// Beside another patient's a person says whose it is.
    Contradicts(Beside),
}

impl Compared {
    /// Equal bytes are a mere further receipt only when station, identity, profile and the order of the pages agree and the
    /// first was neither sent back nor discarded nor disposed of; under another patient they wait for a person, and so they do where nobody can tell any more under whom.
    pub(super) async fn with_others(&self, tx: &mut Tx) -> Result<Standing, StageError> {
        let document = &self.document;
        let ours = contents(&in_order(documents::parts(tx, document.id).await?, self.files.as_deref()));
        let Some(first) = ours.first() else { return Ok(Standing::ItsOwn) };
        for other in documents::of_content(tx, first, document.id).await? {
            let theirs = contents(&documents::parts(tx, other.id).await?);
            let is_equal = sorted(&theirs) == sorted(&ours);
            if !is_equal {
                continue;
            }
            let contradicts = match patient(&other.identity) {
                Some(theirs) => Some(theirs) != patient(&self.identity),
                // It may have been another's, and a person may have said so.
                None => other.identity_lost,
            };
            let earlier = other.id;
            let beside = match patient(&other.identity) {
                None => Beside::EqualBytesUntold { earlier },
                Some(_) => Beside::EqualBytes { earlier },
            };
            if contradicts && !self.seen_beside.contains(&beside) {
                return Ok(Standing::Contradicts(beside));
            }
            // Whoever saw both and says what this one is, is believed: it is none of the other's receipts.
            if theirs != ours || self.seen_beside.iter().any(|seen| seen.is_equal_to(earlier)) {
                continue;
            }
            let waits = waiting::waits_for(tx, earlier, document.id).await?;
            match (self.is_same_as(&other), other.state) {
                (true, DocumentState::Filed) => return Ok(Standing::Receipt(earlier)),
                // What becomes of the first decides about this one: nothing is a receipt of what may be sent back yet.
                // One that waits for this one itself is looked at once this one has ended.
                (true, state) if state.is_open() && !waits => return Ok(Standing::WaitsFor(earlier)),
                _ => {}
            }
        }
        Ok(Standing::ItsOwn)
    }

    fn is_same_as(&self, other: &Document) -> bool {
        let (ours, theirs) = (&self.identity, &other.identity);
        other.station == self.document.station
            && patient(theirs) == patient(ours)
            && value(theirs.document_type.as_ref()) == value(ours.document_type.as_ref())
            && value(theirs.obtained_on.as_ref()) == value(ours.obtained_on.as_ref())
            && other.profile.as_ref() == Some(&self.profile)
    }
}

impl Standing {
    /// What it is held with, where it is held.
    pub(super) fn hold(&self) -> Result<Option<(HoldReason, String)>, StageError> {
        let beside = match self {
            Self::ItsOwn | Self::Receipt(_) => return Ok(None),
            Self::WaitsFor(earlier) => &Beside::EqualBytesOpen { earlier: *earlier },
            Self::Contradicts(beside) => beside,
        };
        Ok(Some((HoldReason::EqualBytes, to_text(beside)?)))
    }
}

/// The parts in the order in which the sidecar lists their files, where it lists them all.
pub(super) fn in_order(parts: Vec<Part>, files: Option<&[String]>) -> Vec<Part> {
    let place = |file: &String| parts.iter().find(|part| composed(&part.delivered_name) == composed(file));
    let listed: Vec<Part> = files.unwrap_or_default().iter().filter_map(place).cloned().collect();
    let distinct: BTreeSet<_> = listed.iter().map(|part| &part.delivered_name).collect();
    if distinct.len() == parts.len() && listed.len() == parts.len() { listed } else { parts }
}

fn contents(parts: &[Part]) -> Vec<Digest> {
    parts.iter().map(|part| part.content).collect()
}

fn sorted(contents: &[Digest]) -> Vec<Digest> {
    let mut sorted = contents.to_vec();
    sorted.sort_unstable();
    sorted
}

fn patient(identity: &Identity) -> Option<&str> {
    identity.patient.as_ref().map(|patient| patient.value.id.as_str())
}
