//! Epochs: a journal that was restored from a backup is told as such, always.
//!
//! Their numbers grow; one that is left out was another restore's, which this journal does not come from.
//! Each entry that opens one must speak of the journal as it stands before it: how many entries, and the root over them. What it
//! says is lost is told. It proves nothing of why: whoever took entries out may say so of a backup that never was. So
//! a journal with an epoch is never *verified*, and a checkpoint that leads to nothing any more is a no, however well explained.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Faults, JournalFault};
use crate::ids::Digest;
use crate::instant::Instant;
use crate::journal::epochs::{self, Epoch};
use crate::journal::{Entry, Kind};

/// An epoch of the journal after its first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EpochReport {
    pub epoch: u32,
    /// The entry that opens it.
    pub index: u64,
    pub at: Instant,
    /// The generation of the backups that was restored, and of which moment that was.
    pub generation: u32,
    pub made_at: Instant,
    /// How many entries the journal is known to have had before the restore; none where nobody knows of more than were
    /// restored. What lies between `index` and that is lost.
    pub known_size: Option<u64>,
}

/// On the way through the journal.
#[derive(Default)]
pub(super) struct Epochs {
    found: Vec<(EpochReport, Epoch)>,
    /// Checkpoints from outside that an epoch explains: the journal no longer leads to them.
    unreachable: Vec<u64>,
}

impl Epochs {
    /// An entry, and the root over those before it.
    pub(super) fn entry(&mut self, entry: &Entry, root_before: impl FnOnce() -> Digest, faults: &mut Faults) {
        if entry.kind != Kind::EpochOpened {
            return;
        }
        let index = entry.index;
        let before = self.found.last().map_or(epochs::FIRST, |(_, epoch)| epoch.epoch);
        match Epoch::of(entry).filter(|epoch| epoch.opens(index, before, root_before)) {
            Some(epoch) => {
                let Epoch { epoch: number, generation, made_at, known, .. } = epoch;
                let known_size = known.map(|known| known.size);
                let report = EpochReport { epoch: number, index, at: entry.at, generation, made_at, known_size };
                self.found.push((report, epoch));
            }
            None => faults.say(JournalFault::EpochWrong { index }),
        }
    }

    /// Whether a checkpoint of so many entries, to which the journal does not lead, is one of before a restore.
    pub(super) fn explains(&mut self, size: u64) -> bool {
        let explained = self.lost(size);
        if explained {
            self.unreachable.push(size);
        }
        explained
    }

    /// The same of a stamped checkpoint of the home's own, which nobody brought to be compared.
    pub(super) fn lost(&self, size: u64) -> bool {
        self.found.iter().any(|(_, epoch)| epoch.lost(size))
    }

    pub(super) fn is_first(&self) -> bool {
        self.found.is_empty()
    }

    pub(super) fn report(self) -> (Vec<EpochReport>, Vec<u64>) {
        (self.found.into_iter().map(|(report, _)| report).collect(), self.unreachable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::HomeId;
    use crate::journal::Actor;
    use crate::journal::epochs::Known;

    /// One that was restored at six entries, of which nine are known.
    fn restored() -> Epoch {
        let (summary, root) = (Digest::of(b"summary"), Digest::of(b"six"));
        let made_at = "2026-11-20T01:00:00.000000Z".parse().unwrap();
        let known = Some(Known { size: 9, root: Digest::of(b"nine") });
        Epoch { epoch: 2, generation: 1, summary, made_at, size: 6, root, known }
    }

    fn read(index: u64, epoch: &Epoch, root: &Digest) -> (Epochs, Vec<JournalFault>) {
        let draft = epoch.draft();
        let entry = Entry {
            v: 1,
            home: HomeId::new(),
            index,
            at: epoch.made_at,
            kind: draft.kind,
            actor: Actor::System,
            subject: draft.subject,
            facts: draft.facts,
            private: None,
            act: None,
        };
        let (mut epochs, mut faults) = (Epochs::default(), Faults::default());
        epochs.entry(&entry, || *root, &mut faults);
        (epochs, faults.listed)
    }

    #[test]
    fn an_epoch_speaks_of_the_journal_before_it_or_is_a_fault() {
        let epoch = restored();
        let (epochs, faults) = read(6, &epoch, &epoch.root);
        assert_eq!((faults, epochs.is_first()), (vec![], false));
        let (epochs, faults) = read(6, &Epoch { epoch: 3, ..epoch.clone() }, &epoch.root);
        assert_eq!((faults, epochs.is_first()), (vec![], false), "the second was another restore's");
        let wrong = [
            (7, epoch.clone(), epoch.root),
            (6, epoch.clone(), Digest::of(b"another past")),
            (6, Epoch { epoch: 1, ..epoch.clone() }, epoch.root),
        ];
        for (index, epoch, root) in wrong {
            let (epochs, faults) = read(index, &epoch, &root);
            assert_eq!((faults, epochs.is_first()), (vec![JournalFault::EpochWrong { index }], true));
        }
    }

    #[test]
    fn it_explains_what_is_known_to_be_lost_and_nothing_else() {
        let epoch = restored();
        let explained = |epoch: &Epoch, size| read(6, epoch, &epoch.root).0.explains(size);
        assert_eq!([5, 6, 7, 9, 10].map(|size| explained(&epoch, size)), [false, false, true, true, false]);
        assert!(!explained(&Epoch { known: None, ..epoch }, 7), "of what nobody knows nothing is explained");
    }
}
