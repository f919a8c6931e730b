//! Which signature of a document counts, as the journal of its home says: the newest that was entered, unless it was given up.

use std::collections::BTreeSet;

use super::finding::Fault;
use crate::ids::{AttemptId, Digest};
use crate::journal::{Entry, Kind};

/// The attempts at one document that is not filed yet.
#[derive(Default)]
pub struct Attempts {
    counts: Option<Signed>,
    /// What was given up does not come back, however often it is entered.
    given_up: BTreeSet<AttemptId>,
    /// The newest entry by which a person said whose the document is, or what.
    identified: Option<u64>,
}

/// What the entries of a signature and of its filing both say of it.
#[derive(PartialEq, Eq)]
struct Signed {
    attempt: AttemptId,
    manifest: Digest,
    certificate: Digest,
}

impl Attempts {
    /// Learns what an entry about the document says of them.
    pub(super) fn learn(&mut self, entry: &Entry) {
        match entry.kind {
            Kind::DocumentSigned => {
                let signed = Signed::of(entry, "manifest");
                if signed != self.counts {
                    self.give_up();
                }
                self.counts = signed.filter(|signed| !self.given_up.contains(&signed.attempt));
            }
            Kind::DocumentIdentified => {
                self.identified = Some(entry.index);
                self.give_up();
            }
            Kind::StampMissed
            | Kind::AttemptDamaged
            | Kind::AttemptAhead
            | Kind::SignerRevoked
            | Kind::SignerNotValid
            | Kind::DecisionRevoked
            | Kind::IntakeDoubted => self.give_up(),
            // A restore gives up what was signed before somebody stopped it; other holds leave the signature as it is.
            Kind::DocumentHeld if entry.facts.contains_key("attempt") => self.give_up(),
            _ => {}
        }
    }

    fn give_up(&mut self) {
        self.given_up.extend(self.counts.take().map(|signed| signed.attempt));
    }

    /// Whether an entry files the signature that counts.
    pub(super) fn are_filed_by(&self, entry: &Entry) -> bool {
        self.counts.is_some() && self.counts == Signed::of(entry, "record_digest")
    }

    /// What is wrong with the filing of a record that was signed when the journal had `signed_after` entries. A signature that was
    /// never entered may be entered by somebody later, and does not know what a person said meanwhile.
    pub(super) fn against(&self, filed: &Entry, signed_after: u64) -> Option<Fault> {
        match self.identified.filter(|index| *index >= signed_after) {
            Some(index) => Some(Fault::IdentifiedSince { index }),
            None => (!self.are_filed_by(filed)).then_some(Fault::FiledWithoutSignature { index: filed.index }),
        }
    }
}

impl Signed {
    fn of(entry: &Entry, manifest: &str) -> Option<Self> {
        let fact = |name: &str| entry.facts.get(name)?.as_str();
        Some(Self {
            attempt: fact("attempt")?.parse().ok()?,
            manifest: fact(manifest)?.parse().ok()?,
            certificate: fact("certificate")?.parse().ok()?,
        })
    }
}
