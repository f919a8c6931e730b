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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::{DocumentId, HomeId, RecordId};
    use crate::instant::Instant;
    use crate::journal::{Draft, ENTRY_VERSION, Subject};

    fn entry(index: u64, draft: Draft) -> Entry {
        Entry {
            v: ENTRY_VERSION,
            home: HomeId::new(),
            index,
            at: Instant::from_microseconds(0).unwrap(),
            kind: draft.kind,
            actor: draft.actor,
            subject: draft.subject,
            facts: draft.facts,
            private: None,
            act: None,
        }
    }

    /// A record that was signed when the journal had five entries knows those before entry 5, and not that one.
    #[test]
    fn what_a_person_said_in_the_first_entry_after_the_checkpoint_was_said_since() {
        let (document, attempt) = (DocumentId::new(), AttemptId::new());
        let of = |kind: Kind| Draft::by_system(kind, Subject::document(document));
        let signed = |kind: Kind, manifest: &str| {
            let digest = Digest::of(b"signed");
            of(kind).fact("attempt", attempt).fact(manifest, digest).fact("certificate", digest)
        };
        let mut attempts = Attempts::default();
        attempts.learn(&entry(5, of(Kind::DocumentIdentified)));
        attempts.learn(&entry(6, signed(Kind::DocumentSigned, "manifest")));
        let mut filed = entry(7, signed(Kind::DocumentFiled, "record_digest"));
        filed.subject.record = Some(RecordId::new());
        assert!(matches!(attempts.against(&filed, 5), Some(Fault::IdentifiedSince { index: 5 })));
        assert!(attempts.against(&filed, 6).is_none());
    }
}
