//! The stamped checkpoints: an authority of time vouches for what the journal held, and when.
//!
//! Each stamp is one over the checkpoint's own bytes, by an authority that the caller believes in; the checkpoint is one of
//! this journal; what it covers was entered before it, and what came after it says no earlier time. The entries of the stamps
//! tell which of them must be there.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::{CLOCK_SKEW, Trust, Unverifiable, anchored};
use super::epochs::Epochs;
use super::{Faults, JournalFault};
use crate::crypto::check::{self, Certificate, StampInfo};
use crate::evidence::checkpoint::Checkpoint;
use crate::ids::Digest;
use crate::instant::Instant;
use crate::journal::custody::InCustody;
use crate::journal::stamped::{self, Stamped};
use crate::journal::{Entry, Kind};
use crate::system::open_regular;

/// A token with a long chain has some kilobytes.
const LONGEST_FILE: u64 = 1 << 20;

/// Up to where an authority vouches for the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StampedUpTo {
    /// So many entries were in the journal
    pub size: u64,
    /// by then.
    pub at: Instant,
    /// It is an evaluation authority: nobody outside vouches for it.
    pub evaluation: bool,
}

/// What came of the home's stamped checkpoints.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StampsReport {
    /// The newest that counts.
    pub newest: Option<StampedUpTo>,
    /// How many count.
    pub counting: u64,
    /// How many nobody could judge, for want of an authority to believe in.
    pub unjudged: u64,
    pub unbelieved: Vec<UnbelievedStamp>,
    /// The sizes of those that speak of what was lost in a restore: the journal says so, and no longer leads to them.
    pub of_lost: Vec<u64>,
}

/// A stamp that is right in itself, by an authority that the caller does not believe in: it counts for nothing. Where the
/// hospital changed its authority, the roots of the earlier one have to be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct UnbelievedStamp {
    pub size: u64,
    pub detail: String,
}

/// What came of judging a token.
pub(in crate::verification) enum Judged {
    Counts(StampInfo),
    /// The caller believes in no authority at all.
    NobodyToJudge,
    /// Right in itself, and by none of those that the caller believes in.
    Unbelieved(String),
    Wrong(String),
}

pub(in crate::verification) fn judge(token: &[u8], stamped: &[u8], trust: &Trust) -> Judged {
    let claim = match check::timestamp_claim(token, stamped) {
        Ok(claim) => claim,
        Err(error) => return Judged::Wrong(error.to_string()),
    };
    match trust.judge_stamp(token, stamped, &claim) {
        Ok((info, _)) => Judged::Counts(info),
        Err(None) => Judged::NobodyToJudge,
        Err(Some(error)) => Judged::Unbelieved(error.to_string()),
    }
}

pub(super) fn up_to(size: u64, info: &StampInfo) -> StampedUpTo {
    StampedUpTo { size, at: info.gen_time, evaluation: info.path.certificates.iter().any(Certificate::is_evaluation) }
}

/// What lies in `store/journal/stamped/`, on the way through the journal.
pub(super) struct Stamps {
    folder: PathBuf,
    /// The sizes that were not reached yet, the smallest last.
    ahead: Vec<u64>,
    found: BTreeMap<u64, Found>,
    /// The newest that counts.
    newest: Option<StampedUpTo>,
    /// The newest whose own entry was reached: what stands behind that was entered after the stamp.
    entered: Option<(u64, Instant)>,
    /// The journal says that its clock was in doubt; what it says of the time is no promise then.
    clock_in_doubt: bool,
    counting: u64,
    unjudged: u64,
    unbelieved: Vec<UnbelievedStamp>,
    of_lost: Vec<u64>,
    differs: bool,
}

/// The two files of one, and the time that counts.
struct Found {
    checkpoint: Option<Digest>,
    token: Option<Digest>,
    stamped_at: Option<Instant>,
}

/// The journal at a size: its root, and its last entry.
pub(super) struct Reached<'a> {
    pub(super) size: u64,
    pub(super) root: &'a dyn Fn() -> Digest,
    pub(super) last: Option<&'a Entry>,
    /// An entry before it was changed, so that every root differs.
    pub(super) broken: bool,
}

impl Stamps {
    pub(super) fn open(files: &Path) -> Result<Self, Unverifiable> {
        let folder = files.join(stamped::FOLDER);
        let mut ahead: Vec<u64> = match std::fs::read_dir(&folder) {
            Ok(entries) => {
                let names = entries.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
                names.iter().filter_map(|name| stamped::size_of(name.to_str()?)).collect()
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(Unverifiable(format!("{}: {error}", folder.display()))),
        };
        ahead.sort_unstable_by(|one, other| other.cmp(one));
        ahead.dedup();
        Ok(Self {
            folder,
            ahead,
            found: BTreeMap::new(),
            newest: None,
            entered: None,
            clock_in_doubt: false,
            counting: 0,
            unjudged: 0,
            unbelieved: Vec::new(),
            of_lost: Vec::new(),
            differs: false,
        })
    }

    /// The time of an entry that a stamp is held against, unless its clock was doubted. A copy says so of itself: that the journal
    /// doubts its clock somewhere before is an entry that nobody signs, and excuses no intake that does not. Of other kinds an
    /// entry may come from a start, or from a watch, before which the clock had gone wrong.
    fn promised_at(&self, entry: &Entry) -> Option<Instant> {
        let promises = match entry.kind {
            Kind::DeliveryInCustody => InCustody::of(entry).is_none_or(|said| said.clock.problem.is_none()),
            Kind::DeliveryTaken | Kind::DocumentFiled => !self.clock_in_doubt,
            _ => false,
        };
        Some(entry.at).filter(|_| promises)
    }

    /// Judges those that speak of this size.
    pub(super) fn reach(
        &mut self,
        journal: &Reached<'_>,
        epochs: &Epochs,
        trust: &Trust,
        faults: &mut Faults,
    ) -> Result<(), Unverifiable> {
        let last_at = journal.last.and_then(|entry| self.promised_at(entry));
        while let Some(size) = self.ahead.pop_if(|size| *size <= journal.size) {
            let [note, token] = stamped::names(size).map(|name| self.read(&name));
            let (note, token) = (note?, token?);
            let mut found = Found {
                checkpoint: note.as_deref().map(Digest::of),
                token: token.as_deref().map(Digest::of),
                stamped_at: None,
            };
            let of_this =
                note.as_ref().map(|note| size == journal.size && self.is_of_this_journal(note, journal, trust));
            // An entry of this journal that names a stamp of that size means another one, and misses it.
            let is_lost = || signed(note.as_deref()?, trust).filter(|found| found.size == size && epochs.lost(size));
            if of_this == Some(false) && is_lost().is_some() {
                self.of_lost.push(size);
                continue;
            }
            // Where one of the two is missing, its entry says so; without one, a crash came between the two.
            if let (Some(note), Some(token), Some(of_this)) = (note, token, of_this) {
                // Once an entry differs, so does every root: the first says enough.
                let told = journal.broken && self.differs;
                if !(of_this || told) {
                    self.differs = true;
                    faults.say(JournalFault::StampedCheckpointDiffers { size });
                }
                match judge(&token, &note, trust) {
                    Judged::NobodyToJudge => self.unjudged += 1,
                    Judged::Unbelieved(detail) => self.unbelieved.push(UnbelievedStamp { size, detail }),
                    Judged::Wrong(detail) => faults.say(JournalFault::StampWrong { size, detail }),
                    Judged::Counts(info) => {
                        found.stamped_at = Some(info.gen_time);
                        if in_order(size, info.gen_time, self.newest.as_ref(), last_at, faults) && of_this {
                            self.counting += 1;
                            self.newest = Some(up_to(size, &info));
                        }
                    }
                }
            }
            self.found.insert(size, found);
        }
        Ok(())
    }

    /// Without a key nothing can be said of whose it is; the token is judged all the same.
    fn is_of_this_journal(&self, note: &[u8], journal: &Reached<'_>, trust: &Trust) -> bool {
        if trust.journals.is_empty() {
            return true;
        }
        signed(note, trust).is_some_and(|found| found.size == journal.size && found.root == (journal.root)())
    }

    /// What an entry says of a stamp, or of a time before one.
    pub(super) fn entry(&mut self, entry: &Entry, faults: &mut Faults) {
        match entry.kind {
            Kind::CheckpointStamped => self.stamped(entry, faults),
            Kind::ClockDoubted => {
                let problem = entry.facts.get("problem").and_then(|problem| problem.get("code")?.as_str());
                // These two end by themselves, and no entry says so.
                self.clock_in_doubt |= !matches!(problem, Some("unsynchronised" | "at-odds"));
            }
            Kind::ClockAcknowledged => self.clock_in_doubt = false,
            _ => {}
        }
        if let (Some(at), Some((size, stamped_at))) = (self.promised_at(entry), self.entered)
            && at.plus(CLOCK_SKEW) < stamped_at
        {
            faults.say(JournalFault::EntryBackDated { index: entry.index, at, size, stamped_at });
        }
    }

    fn stamped(&mut self, entry: &Entry, faults: &mut Faults) {
        let index = entry.index;
        let Some(said) = Stamped::of(entry).filter(|said| said.size <= index) else {
            return faults.say(JournalFault::StampDiffers { index, size: 0 });
        };
        let size = said.size;
        let Some((found, (checkpoint, token))) =
            self.found.get(&size).and_then(|found| Some((found, found.checkpoint.zip(found.token)?)))
        else {
            return faults.say(JournalFault::StampMissing { index, size });
        };
        let same_time = found.stamped_at.is_none_or(|at| at == said.stamped_at);
        if checkpoint != said.checkpoint || token != said.token || !same_time {
            return faults.say(JournalFault::StampDiffers { index, size });
        }
        if let Some(at) = found.stamped_at {
            self.entered = Some((size, at));
        }
    }

    /// Those that speak of more than there is.
    pub(super) fn finish(
        &mut self,
        size: u64,
        epochs: &Epochs,
        trust: &Trust,
        faults: &mut Faults,
    ) -> Result<(), Unverifiable> {
        for promised in self.ahead.iter().rev().filter(|promised| **promised > size) {
            let [name, _] = stamped::names(*promised);
            // One that nobody known signed promises nothing.
            let Some(found) = self.read(&name)?.and_then(|note| signed(&note, trust)) else { continue };
            if found.size == *promised && epochs.lost(*promised) {
                self.of_lost.push(*promised);
            } else {
                faults.say(JournalFault::Truncated { promised: *promised, found: size });
            }
        }
        Ok(())
    }

    pub(super) fn report(self) -> StampsReport {
        let Self { newest, counting, unjudged, unbelieved, of_lost, .. } = self;
        StampsReport { newest, counting, unjudged, unbelieved, of_lost }
    }

    fn read(&self, name: &str) -> Result<Option<Vec<u8>>, Unverifiable> {
        let path = self.folder.join(name);
        let mut bytes = Vec::new();
        match open_regular(&path).and_then(|file| file.take(LONGEST_FILE).read_to_end(&mut bytes)) {
            Ok(_) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(Unverifiable(format!("{}: {error}", path.display()))),
        }
    }
}

/// What a checkpoint says that a journal signed which the caller knows.
fn signed(note: &[u8], trust: &Trust) -> Option<Checkpoint> {
    let note = std::str::from_utf8(note).ok()?;
    anchored::signed_by(note, &trust.journals).ok().map(|(_, checkpoint)| checkpoint)
}

/// A stamp comes after what it covers, and after the stamps before it.
fn in_order(
    size: u64,
    stamped_at: Instant,
    before: Option<&StampedUpTo>,
    last_at: Option<Instant>,
    faults: &mut Faults,
) -> bool {
    if let Some(at) = last_at.filter(|at| stamped_at.plus(CLOCK_SKEW) < *at) {
        faults.say(JournalFault::StampBeforeEntry { size, stamped_at, index: size.saturating_sub(1), at });
        return false;
    }
    if let Some(before) = before.filter(|before| stamped_at.plus(CLOCK_SKEW) < before.at) {
        let (earlier, earlier_at) = (before.size, before.at);
        faults.say(JournalFault::StampsOutOfOrder { size, stamped_at, earlier, earlier_at });
        return false;
    }
    true
}
