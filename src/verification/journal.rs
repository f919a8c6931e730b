//! The whole journal: every entry, node and checkpoint, the second copy in files, and what must agree with it.
//!
//! The tree is worked out again from the entries' bytes. What is wrong is located: a changed, missing, inserted or
//! misplaced entry by its number, a difference between database and files by the copy that differs, a shortened journal
//! by the checkpoint that promised more. Without a checkpoint kept elsewhere, all of this shows only that the journal
//! agrees with itself: whoever holds its key could have written it anew.

mod both_ways;
mod copies;
mod epochs;
mod fault;
mod places;
mod register;
pub(super) mod stamps;

use std::collections::HashMap;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::finding::{ActFault, Objection};
use super::names::Names;
use super::people::{People, Unrooted};
use super::{Trust, Unverifiable, anchored};
use crate::database::{Database, DatabaseError};
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::tree::{Frontier, leaf_hash};
use crate::ids::Digest;
use crate::instant::Instant;
use crate::journal::disposal::Disposed;
use crate::journal::read::{self, Head, Stored};
use crate::journal::{ENTRY_VERSION, Entry, commitment};
use crate::people::acts::{self, Deed, DisposalReason};
use crate::people::certificates;
use both_ways::{BothWays, Moment};
use copies::{Checkpoints, Lines};
pub use epochs::EpochReport;
use epochs::Epochs;
pub use fault::{JournalFault, JudgedBy};
use places::Places;
use stamps::{Judged, Reached, Stamps};
pub use stamps::{StampedUpTo, StampsReport, UnbelievedStamp};

/// Read at a time.
const BATCH: u32 = 1000;
/// No more faults than these are listed; the rest are counted.
const MOST_FAULTS: usize = 100;

/// What came of verifying a journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JournalReport {
    pub verdict: JournalVerdict,
    /// How many entries the database holds.
    pub entries: u64,
    /// The root over them, worked out from their bytes.
    pub root: Digest,
    /// How many entries the files hold.
    pub entries_in_files: u64,
    /// How many of the files' checkpoints were compared.
    pub checkpoints_in_files: u64,
    /// Private texts that are gone; their commitments stand.
    pub erased: u64,
    /// The acts by which private texts were erased, in the order of the journal.
    pub disposals: Vec<Disposal>,
    /// The size of the checkpoint from outside that the journal grew from.
    pub anchored_at: Option<u64>,
    /// How many entries came after that, or all of them where there is none: nothing outside vouches for these.
    pub not_anchored: u64,
    /// The time-stamp of the checkpoint from outside, where it came with one.
    pub anchor_stamped: Option<StampedUpTo>,
    /// The home's own stamped checkpoints.
    pub stamps: StampsReport,
    /// The epochs after the first: the home was restored from a backup that often.
    pub epochs: Vec<EpochReport>,
    /// The sizes of checkpoints from outside to which the journal no longer leads, because it was restored from before them.
    pub unreachable: Vec<u64>,
    /// What is wrong, in the order of the journal.
    pub faults: Vec<JournalFault>,
    /// How many more there are.
    pub more_faults: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JournalVerdict {
    /// It grew from the checkpoint that was given from outside, and agrees with itself.
    Verified,
    /// It agrees with itself, and nothing outside says more.
    Consistent,
    /// It agrees with itself, and says that it was restored from a backup: it has lost what came after that.
    Restored,
    Failed,
}

/// An act of two people that erased private texts, and counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Disposal {
    /// Its entry.
    pub index: u64,
    pub at: Instant,
    pub reason: DisposalReason,
    /// The entries whose private texts it erased.
    pub entries: Vec<u64>,
}

/// A journal, and what lies beside it.
pub struct Sources<'a> {
    pub database: &'a Database,
    /// `store/journal/`, the second copy.
    pub files: &'a Path,
    pub trust: &'a Trust,
    pub against: Option<Against<'a>>,
}

/// What was kept outside the home.
#[derive(Clone, Copy, Debug)]
pub struct Against<'a> {
    /// Checkpoints: a signed note, or several.
    pub notes: &'a str,
    /// A time-stamp token over all of these bytes, where there is one.
    pub token: Option<&'a [u8]>,
}

impl Against<'_> {
    /// One by one; what holds no note at all is told as one that cannot be read.
    pub(super) fn notes(&self) -> Vec<String> {
        let notes = copies::notes(self.notes);
        if notes.is_empty() { vec![String::new()] } else { notes }
    }
}

impl<'a> From<&'a str> for Against<'a> {
    fn from(notes: &'a str) -> Self {
        Self { notes, token: None }
    }
}

/// Verifies the whole journal. `progress` is told how many entries are done, of how many.
///
/// # Errors
/// When disk or database fail, so that nothing can be said.
pub fn verify(sources: &Sources<'_>, mut progress: impl FnMut(u64, u64)) -> Result<JournalReport, Unverifiable> {
    let moment = sources.database.read(async |tx| Moment::read(tx).await)?;
    let mut walk = Walk::new(sources, moment)?;
    let size = walk.moment.head.as_ref().map_or(0, |head| head.size);
    let mut from = 0;
    loop {
        // Two people may have something erased meanwhile, so who did is read with each batch.
        let (batch, disposed) = sources.database.read::<_, DatabaseError, _>(async |tx| {
            Ok((read::entries(tx, from, BATCH).await?, Disposed::read(tx).await?))
        })?;
        walk.moment.disposed = disposed;
        let Some(last) = batch.last().map(|stored| stored.index) else { break };
        walk.nodes(from, last)?;
        for stored in &batch {
            walk.entry(stored)?;
        }
        // The writer may go on meanwhile; what came after the head that was read belongs to the next run.
        from = last.saturating_add(1);
        progress(from.min(size), size);
        if from >= size && walk.moment.head.is_some() {
            break;
        }
    }
    walk.finish()
}

/// What is known on the way from the first entry to the last.
struct Walk<'a> {
    sources: &'a Sources<'a>,
    /// What the database said before the first entry was read.
    moment: Moment,
    /// An entry was changed, moved or taken out: roots and nodes from there on differ because of it.
    broken: bool,
    frontier: Frontier,
    places: Places,
    lines: Lines,
    /// How many lines the files held before they were read.
    promised: u64,
    checkpoints: Checkpoints,
    /// The checkpoints from outside that were not reached yet, the one of the smallest size last.
    against: Vec<Checkpoint>,
    /// The newest of them, and the token over all of them, where it counts.
    anchor_stamped: Option<StampedUpTo>,
    stamps: Stamps,
    epochs: Epochs,
    /// The stored nodes that the entries at hand complete.
    stored_nodes: HashMap<(u8, u64), Digest>,
    people: People,
    both_ways: BothWays,
    names: Names,
    home: Option<crate::ids::HomeId>,
    entries: u64,
    erased: u64,
    disposals: Vec<Disposal>,
    anchored_at: Option<u64>,
    root_at_head: Option<Digest>,
    faults: Faults,
}

/// The first faults, and how many more.
#[derive(Default)]
pub(super) struct Faults {
    listed: Vec<JournalFault>,
    more: u64,
}

impl Faults {
    pub(super) fn say(&mut self, fault: JournalFault) {
        if self.listed.len() < MOST_FAULTS {
            self.listed.push(fault);
        } else {
            self.more = self.more.saturating_add(1);
        }
    }
}

impl<'a> Walk<'a> {
    fn new(sources: &'a Sources<'a>, moment: Moment) -> Result<Self, Unverifiable> {
        let mut faults = Faults::default();
        let against = against(sources, &mut faults);
        let anchor_stamped = anchor_stamp(sources, &against, &mut faults);
        Ok(Self {
            sources,
            moment,
            broken: false,
            promised: copies::promised(sources.files, &sources.trust.journals)?,
            frontier: Frontier::default(),
            places: Places::default(),
            lines: Lines::open(sources.files)?,
            checkpoints: Checkpoints::open(sources.files)?,
            against,
            anchor_stamped,
            stamps: Stamps::open(sources.files)?,
            epochs: Epochs::default(),
            stored_nodes: HashMap::new(),
            people: People::default(),
            both_ways: BothWays::default(),
            names: Names::default(),
            home: None,
            entries: 0,
            erased: 0,
            disposals: Vec::new(),
            anchored_at: None,
            root_at_head: None,
            faults,
        })
    }

    /// Fetches the stored nodes that the entries from `from` to `last` complete.
    fn nodes(&mut self, from: u64, last: u64) -> Result<(), Unverifiable> {
        let nodes = self.sources.database.read(async |tx| read::nodes_completed(tx, from, last).await)?;
        self.stored_nodes = nodes;
        Ok(())
    }

    fn entry(&mut self, stored: &Stored) -> Result<(), Unverifiable> {
        let size = self.moment.head.as_ref().map_or(u64::MAX, |head| head.size);
        if stored.index >= size {
            return Ok(());
        }
        if let Some(missing) = self.places.row(stored.index) {
            self.faults.say(missing);
            self.broken = true;
        }
        let entry = anchored::parse(&stored.bytes);
        if let Some(entry) = &entry {
            let frontier = &self.frontier;
            self.epochs.entry(entry, || frontier.root(), &mut self.faults);
        }
        // An entry that stands elsewhere than it says is no changed entry: what was done is told from all of them.
        let misplaced = entry.as_ref().is_some_and(|entry| entry.index != stored.index);
        self.broken |= misplaced;
        self.tree(stored, misplaced)?;
        self.entries += 1;
        self.compare_roots()?;
        if let Some(entry) = &entry {
            self.stamps.entry(entry, &mut self.faults);
        }
        self.reach_stamps(entry.as_ref())?;
        let Some(entry) = entry else {
            self.faults.say(JournalFault::EntryUnreadable { index: stored.index });
            return Ok(());
        };
        self.agrees(stored, &entry);
        self.private(stored, &entry);
        self.names.learn(&entry, stored.private.as_ref());
        self.act(&entry)?;
        self.both_ways.entry(self.sources.database, &entry, &mut self.people, &mut self.faults)
    }

    /// The entry's place in the tree, against the stored nodes and the second copy.
    fn tree(&mut self, stored: &Stored, misplaced: bool) -> Result<(), Unverifiable> {
        let index = stored.index;
        let line = self.lines.at(index)?;
        let completed = self.frontier.append(&stored.bytes);
        let leaf = Some(leaf_hash(&stored.bytes));
        let kept = self.stored_nodes.get(&(0, index)).copied();
        let in_file = line.as_ref().map(|line| leaf_hash(line));
        let fault = match (leaf == kept, in_file.map(|in_file| (Some(in_file) == leaf, Some(in_file) == kept))) {
            (true, None | Some((true, _))) => None,
            (true, Some((false, _))) => Some(JournalFault::FileEntryChanged { index }),
            (false, Some((true, _))) => Some(node_fault(0, index, kept.is_some())),
            (false, None | Some((false, true))) => Some(JournalFault::EntryChanged { index }),
            (false, Some((false, false))) => Some(JournalFault::EntryDisputed { index }),
        };
        let of_entry = leaf != kept;
        if let Some(fault) = fault.filter(|_| !misplaced) {
            self.faults.say(fault);
        }
        self.broken |= of_entry;
        // Above an entry that was changed or moved every node differs: nothing more can be told from them.
        if !self.broken {
            for node in completed.iter().skip(1) {
                let found = self.stored_nodes.get(&(node.level, node.index));
                if found != Some(&node.hash) {
                    self.faults.say(node_fault(node.level, node.index, found.is_some()));
                }
            }
        }
        Ok(())
    }

    /// The root at this size, where somebody promised one.
    fn compare_roots(&mut self) -> Result<(), Unverifiable> {
        let size = self.frontier.size();
        if self.moment.head.as_ref().is_some_and(|head| head.size == size) {
            self.root_at_head = Some(self.frontier.root());
        }
        while let Some(against) = self.against.pop_if(|against| against.size <= size) {
            if against.root == self.frontier.root() {
                self.anchored_at = Some(size);
            } else if !self.epochs.explains(against.size) {
                self.faults.say(JournalFault::AnotherPast { size });
            }
        }
        let frontier = &self.frontier;
        self.checkpoints.reach(size, || frontier.root(), &self.sources.trust.journals, self.broken, &mut self.faults)
    }

    fn reach_stamps(&mut self, last: Option<&Entry>) -> Result<(), Unverifiable> {
        let frontier = &self.frontier;
        let journal = Reached { size: frontier.size(), root: &|| frontier.root(), last, broken: self.broken };
        self.stamps.reach(&journal, &self.epochs, self.sources.trust, &mut self.faults)
    }

    fn agrees(&mut self, stored: &Stored, entry: &Entry) {
        let index = stored.index;
        // Whoever looks for entries goes by these columns, and no hash covers them.
        if let Some(column) = stored.lookup.difference(entry) {
            self.faults.say(JournalFault::LookupDiffers { index, column: column.to_owned() });
        }
        if entry.v > ENTRY_VERSION {
            self.faults.say(JournalFault::NewerEntry { index, found: entry.v });
        }
        if *self.home.get_or_insert(entry.home) != entry.home {
            self.faults.say(JournalFault::EntryOfAnotherHome { index });
        }
        self.places.says(index, entry.index);
    }

    fn private(&mut self, stored: &Stored, entry: &Entry) {
        let index = stored.index;
        let erased_by = self.moment.disposed.by(entry);
        let Some(private) = &stored.private else {
            // One that no act disposed of was taken away, and every proof stands all the same. An act that does not count is told
            // of when its entry comes.
            if entry.private.is_some() {
                self.erased += 1;
                if erased_by.is_none() {
                    self.faults.say(JournalFault::PrivateMissing { index });
                }
            }
            return;
        };
        if let Some(by) = erased_by {
            return self.faults.say(JournalFault::PrivateNotErased { index, by });
        }
        let Some(committed) = entry.private else {
            return self.faults.say(JournalFault::PrivateUnexpected { index });
        };
        let salt: Option<&[u8; 32]> = private.salt.as_slice().try_into().ok();
        if salt.map(|salt| commitment(salt, &private.text)) != Some(committed) {
            return self.faults.say(JournalFault::PrivateDiffers { index });
        }
        // An act commits to its own private part, which lies inside.
        let act = entry.act.as_ref().and_then(|act| acts::Act::parse(&act.text).ok());
        if let Some(committed) = act.and_then(|act| act.private) {
            let inner = serde_json::from_str::<acts::Private>(&private.text).ok();
            if inner.map(|inner| inner.commitment()) != Some(committed) {
                self.faults.say(JournalFault::ActWrong { index, act_fault: ActFault::ActPrivateDiffers });
            }
        }
    }

    fn act(&mut self, entry: &Entry) -> Result<(), Unverifiable> {
        for signature in entry.act.iter().flat_map(|act| &act.signatures) {
            if !self.people.has_bytes_of(&signature.certificate) {
                let fingerprint = signature.certificate;
                let found = self.sources.database.read(async |tx| certificates::get(tx, fingerprint).await)?;
                if let Some(certificate) = found {
                    for der in std::iter::once(&certificate.der).chain(&certificate.issuers) {
                        self.people.bring(der);
                    }
                }
            }
        }
        let anchors = Some(&self.sources.trust.signers).filter(|anchors| !anchors.certificates().is_empty());
        match self.people.read(entry, anchors) {
            Err(act_fault) => self.faults.say(JournalFault::ActWrong { index: entry.index, act_fault }),
            Ok(Some(acts::Act { deed: Deed::DisposePrivateParts { entries, reason }, .. })) => {
                let entries = entries.iter().map(|erased| erased.index).collect();
                self.disposals.push(Disposal { index: entry.index, at: entry.at, reason, entries });
            }
            Ok(_) => {}
        }
        Ok(())
    }

    fn finish(mut self) -> Result<JournalReport, Unverifiable> {
        // What was done to the order of entries explains the rest, so it comes first.
        self.faults.listed.splice(0..0, self.places.judge().into_iter().take(MOST_FAULTS));
        self.judge_head();
        let entries_in_files = self.lines.count_rest()?;
        for name in self.lines.unreached() {
            self.faults.say(JournalFault::FileUnreadable { name });
        }
        if entries_in_files < self.promised {
            self.faults.say(JournalFault::FilesShortened { promised: self.promised, found: entries_in_files });
        }
        let now = self.judge_end()?;
        if entries_in_files > now {
            let (in_files, in_database) = (entries_in_files, now);
            self.faults.say(JournalFault::DatabaseShortened { in_files, in_database });
        }
        self.checkpoints.finish(now, &mut self.faults)?;
        self.stamps.finish(now, &self.epochs, self.sources.trust, &mut self.faults)?;
        // The files' checkpoints may be newer than the head that was read first; those from outside were there before.
        let size = self.moment.head.as_ref().map_or(0, |head| head.size);
        self.against.retain(|against| !self.epochs.explains(against.size));
        if let Some(against) = self.against.first() {
            self.faults.say(JournalFault::Truncated { promised: against.size, found: size });
        }
        // A journal is verified by whoever knows all of its roots.
        if self.sources.trust.signers.certificates().is_empty() {
            self.faults.say(JournalFault::RootsNotAtHand);
        }
        if let Some(Unrooted { index, certificate, .. }) = self.people.unrooted() {
            let act_fault = ActFault::ActCertificateUntrusted { certificate };
            self.faults.say(JournalFault::ActWrong { index, act_fault });
        }
        self.moment.register.compare(&self.names, &self.people, &mut self.faults);
        self.both_ways.finish(self.sources.database, &self.moment, &self.people, &mut self.faults)?;
        let verdict = match (self.faults.listed.is_empty(), self.anchored_at) {
            (false, _) => JournalVerdict::Failed,
            (true, _) if !self.epochs.is_first() => JournalVerdict::Restored,
            (true, Some(_)) => JournalVerdict::Verified,
            (true, None) => JournalVerdict::Consistent,
        };
        let (epochs, unreachable) = self.epochs.report();
        Ok(JournalReport {
            verdict,
            entries: self.entries,
            root: self.frontier.root(),
            entries_in_files,
            checkpoints_in_files: self.checkpoints.compared(),
            erased: self.erased,
            disposals: self.disposals,
            anchored_at: self.anchored_at,
            not_anchored: self.entries.saturating_sub(self.anchored_at.unwrap_or(0)),
            anchor_stamped: self.anchor_stamped,
            stamps: self.stamps.report(),
            epochs,
            unreachable,
            faults: self.faults.listed,
            more_faults: self.faults.more,
        })
    }

    /// The head against the entries, and the checkpoint against both.
    fn judge_head(&mut self) {
        let Some(head) = &self.moment.head else {
            if self.entries > 0 {
                self.faults.say(JournalFault::HeadMissing);
            }
            return;
        };
        if head.size != self.frontier.size() {
            let (head, entries) = (head.size, self.frontier.size());
            self.faults.say(JournalFault::HeadDiffers { head, entries });
        } else if Some(head.root) != self.root_at_head {
            self.faults.say(JournalFault::HeadRootDiffers);
        }
        let journals = &self.sources.trust.journals;
        if !journals.is_empty() {
            match anchored::signed_by(&head.checkpoint, journals) {
                Ok((_, checkpoint)) if checkpoint.size == head.size && checkpoint.root == head.root => {}
                Ok(_) => self.faults.say(JournalFault::HeadRootDiffers),
                Err(objection) => self.faults.say(JournalFault::CheckpointWrong { detail: told(&objection) }),
            }
        }
    }

    /// What lies beyond the head as it is now, which a writer may have moved on; answers how far it reaches.
    fn judge_end(&mut self) -> Result<u64, Unverifiable> {
        let (size, entries, nodes) = self.sources.database.read::<_, DatabaseError, _>(async |tx| {
            let Some(Head { size, .. }) = read::head(tx).await? else { return Ok((0, 0, 0)) };
            Ok((size, read::entries_beyond(tx, size).await?, read::nodes_beyond(tx, size).await?))
        })?;
        if entries > 0 {
            self.faults.say(JournalFault::HeadDiffers { head: size, entries: size.saturating_add(entries) });
        }
        if nodes > 0 {
            self.faults.say(JournalFault::NodesExtra { count: nodes });
        }
        Ok(size)
    }
}

fn node_fault(level: u8, index: u64, there: bool) -> JournalFault {
    if there { JournalFault::NodeChanged { level, index } } else { JournalFault::NodeMissing { level, index } }
}

/// The notes of the text from outside, the one of the smallest size last. A checkpoint of nothing promises nothing.
fn against(sources: &Sources<'_>, faults: &mut Faults) -> Vec<Checkpoint> {
    let Some(against) = sources.against else { return Vec::new() };
    let mut found = Vec::new();
    for note in against.notes() {
        match anchored::signed_by(&note, &sources.trust.journals) {
            Ok((_, checkpoint)) => found.push(checkpoint),
            Err(Objection::Doubt(_)) => {
                let origin = note.lines().next().unwrap_or_default().chars().take(200).collect();
                faults.say(JournalFault::AgainstOtherJournal { origin });
            }
            Err(objection) => faults.say(JournalFault::AgainstUnreadable { detail: told(&objection) }),
        }
    }
    found.retain(|checkpoint| checkpoint.size > 0);
    found.sort_by_key(|checkpoint| std::cmp::Reverse(checkpoint.size));
    found
}

/// The checkpoints in a text that a journal signed which the caller knows.
#[must_use]
pub fn kept_checkpoints(notes: &str, trust: &Trust) -> Vec<Checkpoint> {
    let signed = copies::notes(notes).into_iter().filter_map(|note| anchored::signed_by(&note, &trust.journals).ok());
    signed.map(|(_, checkpoint)| checkpoint).collect()
}

/// Judges the token over what was kept outside, where it came with one.
fn anchor_stamp(sources: &Sources<'_>, checkpoints: &[Checkpoint], faults: &mut Faults) -> Option<StampedUpTo> {
    let Some(Against { notes, token: Some(token) }) = sources.against else { return None };
    match stamps::judge(token, notes.as_bytes(), sources.trust) {
        Judged::Counts(info) => checkpoints.first().map(|newest| stamps::up_to(newest.size, &info)),
        Judged::NobodyToJudge => None,
        // Whoever names a stamp wants to know that it counts.
        Judged::Unbelieved(detail) | Judged::Wrong(detail) => {
            faults.say(JournalFault::AgainstStampWrong { detail });
            None
        }
    }
}

fn told(objection: &Objection) -> String {
    match objection {
        Objection::Fault(super::Fault::CheckpointWrong { detail }) => detail.clone(),
        Objection::Doubt(super::Doubt::OtherJournal { origin }) => origin.clone(),
        other => format!("{other:?}"),
    }
}

impl From<std::io::Error> for Unverifiable {
    fn from(error: std::io::Error) -> Self {
        Self(error.to_string())
    }
}

/// A query that the database answers with what cannot be read says something of the journal, not of the disk.
pub(super) fn readable<T>(answer: Result<T, DatabaseError>) -> Result<Option<T>, Unverifiable> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(DatabaseError::Unreadable(_)) => Ok(None),
        Err(error) => Err(error.into()),
    }
}
