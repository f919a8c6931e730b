//! What came after a backup: how much of the journal, by the newest checkpoint that can be found elsewhere; which records and
//! documents, by the journal of a newer generation.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufRead as _, BufReader, Read};
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Checkpoint, Config, Generation, Order};
use crate::database::{Database, DatabaseError};
use crate::evidence::tree::Frontier;
use crate::ids::{DocumentId, RecordId};
use crate::instant::Instant;
use crate::journal::anchor::path_of;
use crate::journal::read::edge_at;
use crate::journal::{Entry, Kind};
use crate::upkeep::backup::{Both, Trouble};
use crate::verification::Trust;
use crate::verification::journal::kept_checkpoints;

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

/// A document that was taken in after the backup, and was open by the newest that is known.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LostDocument {
    pub document: DocumentId,
    pub taken_in_at: Instant,
    pub journal_index: u64,
}

/// What is known to be lost.
#[derive(Default)]
pub(super) struct Lost {
    /// The newest checkpoint that speaks of more than the backup has.
    pub(super) newest: Option<Checkpoint>,
    pub(super) records: Vec<LostRecord>,
    pub(super) documents: Vec<LostDocument>,
    pub(super) listed_up_to: u64,
    /// The copy of the checkpoints outside that could not be read, and so tells nothing.
    pub(super) unread_anchor: Option<String>,
}

pub(super) fn look(
    order: &Order<'_>,
    config: &Config,
    root: &Path,
    restored: &Generation,
    epoch: u32,
    trust: &Trust,
    database: &Database,
) -> Result<Lost, Trouble> {
    let size = restored.journal_size;
    let mut checkpoints = kept_checkpoints(&restored.checkpoint, trust);
    if !checkpoints.iter().any(|found| (found.size, found.root) == (size, restored.journal_root)) {
        return Err(Trouble::Damaged { path: order.backup.generation_path(restored.generation).display().to_string() });
    }
    if let Some(notes) = order.against {
        let given = kept_checkpoints(notes, trust);
        if given.is_empty() {
            return Err(Trouble::NoCheckpoint);
        }
        checkpoints.extend(given);
    }
    let mut unread_anchor = None;
    if let Some(folder) = &config.journal.anchor {
        let folder = root.join(folder);
        let path = path_of(&folder, restored.home, epoch);
        match std::fs::read_to_string(&path) {
            Ok(notes) => checkpoints.extend(kept_checkpoints(&notes, trust)),
            // Nothing was copied there yet. A folder that is not there may be one that is not mounted.
            Err(error) if error.kind() == io::ErrorKind::NotFound && folder.is_dir() => {}
            Err(_) => unread_anchor = Some(path.display().to_string()),
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
    let mut lost = Lost { listed_up_to: size, unread_anchor, ..Lost::default() };
    let (numbers, _) = order.backup.numbers()?;
    for number in numbers.into_iter().rev().filter(|number| *number > restored.generation) {
        // One that cannot be read tells nothing; an older one may.
        let Ok((newer, _)) = order.backup.summary(number) else { continue };
        if newer.journal_size <= size {
            continue;
        }
        let edge = database.read::<_, DatabaseError, _>(async |tx| edge_at(tx, size).await)?;
        if let Ok(found) = entries_after(order, &newer, edge)
            && kept_checkpoints(&newer.checkpoint, trust)
                .iter()
                .any(|kept| (kept.size, kept.root) == (newer.journal_size, newer.journal_root))
        {
            checkpoints.extend(kept_checkpoints(&newer.checkpoint, trust));
            (lost.records, lost.documents) = told(&found);
            lost.listed_up_to = newer.journal_size;
            break;
        }
    }
    lost.newest = checkpoints.into_iter().filter(|kept| kept.size > size).max_by_key(|kept| kept.size);
    Ok(lost)
}

/// The entries that a newer generation has beyond the restored one, where its tree grew from that one's.
fn entries_after(order: &Order<'_>, newer: &Generation, mut edge: Frontier) -> Result<Vec<Entry>, Trouble> {
    let damaged = || Trouble::Damaged { path: order.backup.generation_path(newer.generation).display().to_string() };
    let both = Both { backup: order.backup, number: newer.generation, identities: order.identities };
    let mut segments = BTreeMap::new();
    both.each(|_, name, sealed| {
        if let Some(start) = segment_start(name) {
            segments.insert(start, sealed.path.clone());
        }
        Ok(())
    })?;
    let mut entries = Vec::new();
    for (start, path) in segments {
        order.identities.open(&path, |opened: &mut dyn Read| {
            for (index, line) in (start..).zip(BufReader::new(opened).split(b'\n')) {
                let line = line.map_err(|_| damaged())?;
                if index == edge.size() {
                    edge.append(&line);
                    entries.push(serde_json::from_slice(&line).map_err(|_| damaged())?);
                }
            }
            Ok(())
        })?;
    }
    if (edge.size(), edge.root()) == (newer.journal_size, newer.journal_root) { Ok(entries) } else { Err(damaged()) }
}

fn segment_start(name: &str) -> Option<u64> {
    name.strip_prefix("store/journal/entries-")?.strip_suffix(".jsonl")?.parse().ok()
}

/// What those entries say was filed, and what was taken in and did not end.
fn told(entries: &[Entry]) -> (Vec<LostRecord>, Vec<LostDocument>) {
    let mut documents: BTreeMap<DocumentId, LostDocument> = BTreeMap::new();
    let mut taken = BTreeSet::new();
    let mut records = Vec::new();
    for entry in entries {
        let (document, journal_index) = (entry.subject.document, entry.index);
        match entry.kind {
            Kind::DeliveryTaken => {
                if let Some(document) = document {
                    taken.insert(document);
                    documents.insert(document, LostDocument { document, taken_in_at: entry.at, journal_index });
                }
            }
            Kind::DocumentFiled => {
                if let Some(record) = entry.subject.record {
                    let document_is_there = document.is_some_and(|document| !taken.contains(&document));
                    let filed_at = entry.at;
                    records.push(LostRecord { record, document, filed_at, journal_index, document_is_there });
                }
                documents.retain(|id, _| Some(*id) != document);
            }
            Kind::DeliveryReceived | Kind::DocumentSentBack | Kind::DocumentDiscarded | Kind::DocumentSuperseded => {
                documents.retain(|id, _| Some(*id) != document);
            }
            _ => {}
        }
    }
    (records, documents.into_values().collect())
}
