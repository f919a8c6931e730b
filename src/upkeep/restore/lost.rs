//! What came after a backup: how much of the journal, by the newest checkpoint that can be found elsewhere; which records and
//! documents, by the journal of a newer generation.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::File;
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::keys::Stopped;
use super::offices::Ended;
use super::undone::Doubted;
use super::{Checkpoint, Config, Generation, Order, undone};
use crate::config::claim::{self, Claim};
use crate::database::{Database, DatabaseError};
use crate::evidence::tree::{Frontier, leaf_hash};
use crate::ids::{DeliveryId, Digest, DocumentId, PersonId, RecordId};
use crate::instant::Instant;
use crate::journal::anchor::{self, path_of};
use crate::journal::files::SEGMENT;
use crate::journal::read::edge_at;
use crate::journal::{Entry, Kind};
use crate::upkeep::backup::{Both, Trouble};
use crate::verification::Trust;
use crate::verification::journal::kept_checkpoints;

/// So often a home is not restored from one past.
const MOST_RESTORES: u32 = 10_000;

/// A record that was filed after the backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LostRecord {
    pub record: RecordId,
    pub document: Option<DocumentId>,
    pub filed_at: Instant,
    pub journal_index: u64,
    /// Its document was taken in before the backup: it is there, and goes on from where it was.
    pub document_is_there: bool,
}

/// A document that was taken in after the backup and not filed, by the newest that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LostDocument {
    pub document: DocumentId,
    pub taken_in_at: Instant,
    pub journal_index: u64,
    /// What ended it, where it had ended: custody had kept its copy.
    pub ended: Option<Kind>,
}

/// What was done after the backup about people, keys, profiles or personal text, or decided about a document that is there or a
/// delivery: it is undone until somebody does it again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LostAct {
    pub kind: Kind,
    pub person: Option<PersonId>,
    pub document: Option<DocumentId>,
    pub delivery: Option<DeliveryId>,
    pub at: Instant,
    pub journal_index: u64,
    /// The document would have gone on as if this had not been decided. It is held (`asked-anew`) until a person has looked.
    pub asked_anew: bool,
}

/// What is known to be lost.
#[derive(Default)]
pub(super) struct Lost {
    /// The newest checkpoint that speaks of more than the backup has.
    pub(super) newest: Option<Checkpoint>,
    pub(super) records: Vec<LostRecord>,
    pub(super) documents: Vec<LostDocument>,
    pub(super) acts: Vec<LostAct>,
    /// Documents that somebody stopped or corrected after the backup.
    pub(super) stopped: BTreeSet<DocumentId>,
    pub(super) keys: Stopped,
    pub(super) offices: Ended,
    /// What was found wrong with the clock after the backup, and concerned what was taken in before.
    pub(super) doubted: Option<Doubted>,
    pub(super) listed_up_to: u64,
    /// Epochs that are known of and that the backup does not know, in their order.
    pub(super) epochs: Vec<u32>,
    /// The copy of the checkpoints outside that could not be read, and so tells nothing.
    pub(super) unread_anchor: Option<String>,
    /// The hashes of the entries that are told of.
    seen: HashSet<Digest>,
}

impl Lost {
    /// One epoch's journal holds what came before it in another's.
    fn add(&mut self, told: Told) {
        let seen = &mut self.seen;
        let mut is_new = |hash: &Digest| seen.insert(*hash);
        let records = told.records.into_iter().filter(|(hash, _)| is_new(hash));
        self.records.extend(records.map(|(_, record)| record));
        let documents = told.documents.into_values().filter(|(hash, _)| is_new(hash));
        self.documents.extend(documents.map(|(_, document)| document));
        let acts = told.acts.into_iter().filter(|(hash, _)| is_new(hash));
        self.acts.extend(acts.flat_map(|(_, acts)| acts));
        self.stopped.extend(told.stopped);
        self.keys.add(told.keys);
        self.offices.add(told.offices);
        self.doubted = told.doubted.map(|doubted| doubted.with(self.doubted)).or(self.doubted);
    }
}

/// What entries say that is told of, each with the hash of its entry. Of a journal of any length no more is held.
#[derive(Clone, Default)]
struct Told {
    /// What was filed.
    records: Vec<(Digest, LostRecord)>,
    /// What was taken in and not filed.
    documents: BTreeMap<DocumentId, (Digest, LostDocument)>,
    acts: Vec<(Digest, Vec<LostAct>)>,
    stopped: BTreeSet<DocumentId>,
    keys: Stopped,
    offices: Ended,
    /// The last doubt about the clock that concerned what was taken in before it, and from which entry on all of them did.
    doubted: Option<Doubted>,
    taken: BTreeSet<DocumentId>,
    /// When the deliveries came that are not taken yet.
    in_custody: BTreeMap<DeliveryId, Instant>,
}

impl Told {
    fn entry(&mut self, entry: &Entry, hash: Digest) {
        let (document, journal_index) = (entry.subject.document, entry.index);
        let acts = undone::acts(entry, &self.taken);
        if !acts.is_empty() {
            self.acts.push((hash, acts));
        }
        self.stopped.extend(undone::stopped(entry));
        self.keys.entry(entry);
        self.offices.entry(entry);
        self.doubted = Doubted::of(entry).map(|doubted| doubted.with(self.doubted)).or(self.doubted);
        match entry.kind {
            Kind::DeliveryInCustody => {
                self.in_custody.extend(entry.subject.delivery.map(|delivery| (delivery, entry.at)));
            }
            Kind::DeliveryTaken => {
                if let Some(document) = document {
                    self.taken.insert(document);
                    // Where its copy is older than what was lost, it came in at some time before.
                    let copied = entry.subject.delivery.and_then(|delivery| self.in_custody.remove(&delivery));
                    let (taken_in_at, ended) = (copied.unwrap_or(entry.at), None);
                    let lost = LostDocument { document, taken_in_at, journal_index, ended };
                    self.documents.insert(document, (hash, lost));
                }
            }
            Kind::DocumentFiled => {
                if let Some(record) = entry.subject.record {
                    let document_is_there = document.is_some_and(|document| !self.taken.contains(&document));
                    let filed_at = entry.at;
                    let lost = LostRecord { record, document, filed_at, journal_index, document_is_there };
                    self.records.push((hash, lost));
                }
                self.end(document);
            }
            // The first receipt of the same bytes is told of, or is there.
            Kind::DeliveryReceived => self.end(document),
            Kind::DocumentSentBack | Kind::DocumentDiscarded | Kind::DocumentSuperseded => {
                for document in undone::documents(entry) {
                    if let Some((_, ended)) = self.documents.get_mut(&document) {
                        ended.ended = Some(entry.kind);
                    }
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, document: Option<DocumentId>) {
        if let Some(document) = document {
            self.documents.remove(&document);
        }
    }
}

/// The checkpoints that are given.
pub(super) fn given(order: &Order<'_>, trust: &Trust) -> Result<Vec<Checkpoint>, Trouble> {
    let Some(notes) = order.against else { return Ok(Vec::new()) };
    let given = kept_checkpoints(notes, trust);
    if given.is_empty() { Err(Trouble::NoCheckpoint) } else { Ok(given) }
}

/// What was restored, as far as it can be looked at.
pub(super) struct Restored<'a> {
    pub(super) order: &'a Order<'a>,
    pub(super) config: &'a Config,
    pub(super) root: &'a Path,
    pub(super) restored: &'a Generation,
    pub(super) epoch: u32,
    pub(super) trust: &'a Trust,
    pub(super) database: &'a Database,
}

pub(super) fn look(of: &Restored<'_>, given: Vec<Checkpoint>) -> Result<Lost, Trouble> {
    let Restored { order, config, root, restored, epoch, trust, database } = of;
    let (size, epoch) = (restored.journal_size, *epoch);
    let mut checkpoints = kept_checkpoints(&restored.checkpoint, trust);
    if !checkpoints.iter().any(|found| (found.size, found.root) == (size, restored.journal_root)) {
        return Err(Trouble::Damaged { path: order.backup.generation_path(restored.generation).display().to_string() });
    }
    checkpoints.extend(given);
    let epochs = later_epochs(of);
    let mut unread_anchor = None;
    // What was promised in epochs of other restores, of which the backup need not be the past.
    let mut beyond = Vec::new();
    if let Some(folder) = &config.journal.anchor {
        let folder = root.join(folder);
        for number in std::iter::once(epoch).chain(epochs.iter().copied()) {
            let path = path_of(&folder, restored.home, number);
            match std::fs::read_to_string(&path) {
                Ok(notes) if number == epoch => checkpoints.extend(kept_checkpoints(&notes, trust)),
                Ok(notes) => beyond.extend(kept_checkpoints(&notes, trust)),
                // Nothing was copied there yet. A folder that is not there may be one that is not mounted.
                Err(error) if error.kind() == io::ErrorKind::NotFound && folder.is_dir() => {}
                Err(_) => {
                    unread_anchor.get_or_insert_with(|| path.display().to_string());
                }
            }
        }
    }
    // What others kept of the time before must be of the same past, or the backup is not of this journal.
    for kept in checkpoints.iter().filter(|kept| kept.size <= size) {
        let kept_size = kept.size;
        let edge = database.read::<_, DatabaseError, _>(async |tx| edge_at(tx, kept_size).await)?;
        if edge.root() != kept.root {
            return Err(Trouble::AnotherPast { size: kept.size });
        }
    }
    checkpoints.extend(beyond);
    let mut lost = Lost { listed_up_to: size, epochs, unread_anchor, ..Lost::default() };
    let mut listed = BTreeMap::new();
    let (numbers, _) = order.backup.numbers()?;
    for number in numbers.into_iter().rev().filter(|number| *number > restored.generation) {
        // One that cannot be read tells nothing; an older one may.
        let Ok((newer, _)) = order.backup.summary(number) else { continue };
        if newer.journal_size <= size || listed.contains_key(&newer.epoch) {
            continue;
        }
        let edge = database.read::<_, DatabaseError, _>(async |tx| edge_at(tx, size).await)?;
        if let Ok(told) = told_after(order, &newer, edge)
            && kept_checkpoints(&newer.checkpoint, trust)
                .iter()
                .any(|kept| (kept.size, kept.root) == (newer.journal_size, newer.journal_root))
        {
            checkpoints.extend(kept_checkpoints(&newer.checkpoint, trust));
            lost.add(told);
            listed.insert(newer.epoch, newer.journal_size);
        }
    }
    // Of several, up to where each of them was told.
    lost.listed_up_to = listed.into_values().min().unwrap_or(size);
    lost.newest = checkpoints.into_iter().filter(|kept| kept.size > size).max_by_key(|kept| kept.size);
    Ok(lost)
}

/// The epochs after the backup's that are known of. What cannot be read tells of none: the start looks at it again.
fn later_epochs(of: &Restored<'_>) -> Vec<u32> {
    let Restored { order, config, root, epoch, .. } = of;
    let id = of.restored.home;
    let (numbers, _) = order.backup.numbers().unwrap_or_default();
    let generations = numbers.into_iter().filter_map(|number| order.backup.summary(number).ok());
    let mut found: BTreeSet<u32> = generations.map(|(generation, _)| generation.epoch).collect();
    let stations = config.stations.iter().map(|(name, station)| claim::in_drop_folder(&station.folder(root, name)));
    let mut claims: Vec<_> = stations.collect();
    if let Some(folder) = config.journal.anchor.as_ref().map(|folder| root.join(folder)) {
        found.extend(anchor::epochs_in(&folder, id).unwrap_or_default());
        claims.push(claim::beside_checkpoints(&folder, id));
    }
    let claims = claims
        .iter()
        .filter_map(|path| Claim::read(&claim::open(path, File::options().read(true)).ok()?).ok().flatten());
    found.extend(claims.filter(|claim| claim.home == id).map(|claim| claim.epoch));
    // Scanners may write to their folders: what nobody can have restored so often is no epoch.
    found.into_iter().filter(|known| known > epoch && known.saturating_sub(*epoch) < MOST_RESTORES).collect()
}

/// What a newer generation tells beyond the restored one, where its tree grew from that one's.
fn told_after(order: &Order<'_>, newer: &Generation, mut edge: Frontier) -> Result<Told, Trouble> {
    let damaged = || Trouble::Damaged { path: order.backup.generation_path(newer.generation).display().to_string() };
    let both = Both { backup: order.backup, number: newer.generation, identities: order.identities };
    let mut segments = BTreeMap::new();
    both.each(|_, name, sealed| {
        if let Some(start) = segment_start(name) {
            segments.insert(start, sealed.path.clone());
        }
        Ok(())
    })?;
    let mut told = Told::default();
    for (start, path) in segments {
        if start.saturating_add(SEGMENT) <= edge.size() {
            continue;
        }
        order.identities.open(&path, |opened: &mut dyn Read| {
            for (index, line) in (start..).zip(BufReader::new(opened).split(b'\n')) {
                let line = line.map_err(|_| damaged())?;
                if index == edge.size() {
                    edge.append(&line);
                    let entry = serde_json::from_slice(&line).map_err(|_| damaged())?;
                    told.entry(&entry, leaf_hash(&line));
                }
            }
            Ok(())
        })?;
    }
    if (edge.size(), edge.root()) == (newer.journal_size, newer.journal_root) { Ok(told) } else { Err(damaged()) }
}

fn segment_start(name: &str) -> Option<u64> {
    name.strip_prefix("store/journal/entries-")?.strip_suffix(".jsonl")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::HomeId;
    use crate::journal::{Actor, Draft, Subject};

    fn entry(index: u64, kind: Kind, subject: Subject) -> (Entry, Digest) {
        let draft = Draft::by_system(kind, subject);
        let at = Instant::from_microseconds(i64::try_from(index).unwrap()).unwrap();
        let (facts, home) = (draft.facts, HomeId::new());
        let entry =
            Entry { v: 1, home, index, at, kind, actor: Actor::System, subject, facts, private: None, act: None };
        (entry, Digest::of(&index.to_be_bytes()))
    }

    #[test]
    fn of_a_long_journal_only_what_is_told_of_is_held() {
        let mut told = Told::default();
        let (first, second, earlier) = (DocumentId::new(), DocumentId::new(), DocumentId::new());
        let record = |document| Subject { record: Some(RecordId::new()), ..Subject::document(document) };
        let mut tell = |index, kind, subject| {
            let (entry, hash) = entry(index, kind, subject);
            told.entry(&entry, hash);
        };
        for index in 0..10_000 {
            tell(index, Kind::DocumentHeld, Subject::document(first));
        }
        tell(10_000, Kind::DeliveryTaken, Subject::document(first));
        tell(10_001, Kind::DeliveryTaken, Subject::document(second));
        tell(10_002, Kind::DocumentFiled, record(first));
        tell(10_003, Kind::DocumentFiled, record(earlier));
        tell(10_004, Kind::PersonSuspended, Subject::default());
        let held = |told: &Told| (told.records.len(), told.documents.len(), told.acts.len(), told.taken.len());
        assert_eq!(held(&told), (2, 1, 1, 2));
        assert_eq!(told.records.iter().map(|(_, lost)| lost.document_is_there).collect::<Vec<_>>(), [false, true]);

        // Another epoch's journal begins with the same entries, and they are told of once.
        let mut lost = Lost::default();
        let again = told.clone();
        lost.add(told);
        lost.add(again);
        assert_eq!((lost.records.len(), lost.documents.len(), lost.acts.len()), (2, 1, 1));
        assert_eq!(lost.documents[0].document, second);
    }
}
