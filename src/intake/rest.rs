//! Decides when what lies in a drop folder has stopped changing.
//!
//! At rest means all of: every member is there as a regular file; nobody has one open for writing; sizes, times and inodes
//! stood still over the station's quiet time; and again nobody has one open for writing. Where the file system cannot be
//! asked about writers, the wait is longer and the answer is marked as weaker.
//!
//! At rest does not mean complete. A killed upload looks exactly like a finished one; only the format of the bytes can
//! tell, and it is asked later, of the copy in custody.
//!
//! The watchlist is a plain state machine: it is fed with what was seen and with the time, and opens nothing itself. It
//! is kept in memory alone, since after a restart waiting anew is harmless. Its time is monotonic, because a wall clock that
//! is set must neither end a wait early nor prolong it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant as Moment};

use super::companions::Bundle;
use super::drop::{DropFolder, SourceTrouble};
use super::source::{SourceName, SourceStat};
use crate::system::Lease;

/// How long a station's files have to stand still.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Over this time nothing may change.
    pub quiet: Duration,
    /// The same where nobody can be asked for writers.
    pub quiet_when_weaker: Duration,
    /// What has not come to rest after this time is reported.
    pub limit: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            quiet: Duration::from_secs(3),
            quiet_when_weaker: Duration::from_secs(30),
            limit: Duration::from_secs(600),
        }
    }
}

/// One look at everything that would make one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sighting {
    pub members: Vec<(SourceName, SourceStat)>,
    pub writers: Writers,
}

/// Whether anybody has a member open for writing: the worst answer of all members.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Writers {
    None,
    /// At least one member could not be asked about, and none is known to be held.
    Unknown,
    /// Somebody writes, or something is there that says so (a temporary name, a member that cannot be opened now).
    Some,
}

impl Sighting {
    /// Looks at every member of a bundle as it is now.
    #[must_use]
    pub fn of(bundle: &Bundle, drop: &DropFolder) -> Self {
        let mut sighting = Self { members: Vec::new(), writers: Writers::None };
        for member in bundle.members() {
            match drop.open_file(&member.name) {
                Ok(source) => sighting.add(&member.name, source.stat, source.lease()),
                Err(SourceTrouble::Gone) => sighting.writers = Writers::Some,
                Err(SourceTrouble::Busy | SourceTrouble::NotAFile | SourceTrouble::Unreadable(_)) => {
                    sighting.add(&member.name, member.stat, Lease::Held);
                }
            }
        }
        if bundle.unfinished || !bundle.missing.is_empty() || bundle.documents.is_empty() {
            sighting.writers = Writers::Some;
        }
        sighting
    }

    fn add(&mut self, name: &SourceName, stat: SourceStat, lease: Lease) {
        self.members.push((name.clone(), stat));
        self.writers = self.writers.max(match lease {
            Lease::Free => Writers::None,
            Lease::CannotAsk => Writers::Unknown,
            Lease::Held => Writers::Some,
        });
    }
}

/// What is to be done with something that was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rest {
    Moving {
        /// When to look again, if no event comes before.
        look_again: Moment,
        /// It has been moving for longer than the patience limit.
        overdue: bool,
    },
    AtRest {
        /// Nobody could be asked for writers: the station shows "weaker completeness".
        weaker: bool,
    },
}

/// What one station's drop folder holds that is not known to be at rest.
#[derive(Debug)]
pub struct Watchlist {
    patience: Patience,
    watched: BTreeMap<SourceName, Watched>,
}

#[derive(Debug)]
struct Watched {
    first_seen: Moment,
    /// Since when `sighting` is unchanged and without writers.
    quiet_since: Moment,
    sighting: Sighting,
}

impl Watchlist {
    #[must_use]
    pub fn new(patience: Patience) -> Self {
        Self { patience, watched: BTreeMap::new() }
    }

    /// Takes note of what was seen under a name at a moment. The answer holds for that moment: who does not act on
    /// [`Rest::AtRest`] at once looks again and asks again.
    pub fn observe(&mut self, name: &SourceName, sighting: Sighting, now: Moment) -> Rest {
        let patience = self.patience;
        let watched = self.watched.entry(name.clone()).or_insert_with(|| Watched {
            first_seen: now,
            quiet_since: now,
            sighting: sighting.clone(),
        });
        if watched.sighting != sighting || sighting.writers == Writers::Some {
            watched.quiet_since = now;
        }
        let weaker = sighting.writers == Writers::Unknown;
        let wait = if weaker { patience.quiet_when_weaker } else { patience.quiet };
        watched.sighting = sighting;
        let look_again = watched.quiet_since + wait;
        if now >= look_again && watched.sighting.writers != Writers::Some {
            return Rest::AtRest { weaker };
        }
        let overdue = now.saturating_duration_since(watched.first_seen) > patience.limit;
        Rest::Moving { look_again, overdue }
    }

    /// Since when a name has been seen without a gap.
    #[must_use]
    pub fn first_seen(&self, name: &SourceName) -> Option<Moment> {
        self.watched.get(name).map(|watched| watched.first_seen)
    }

    /// Forgets a name: it was taken, or begins anew.
    pub fn forget(&mut self, name: &SourceName) {
        self.watched.remove(name);
    }

    /// Forgets every name that the last sweep did not find, and returns these: renamed, or taken away by somebody.
    pub fn keep_only(&mut self, present: &BTreeSet<SourceName>) -> Vec<SourceName> {
        self.watched.extract_if(.., |name, _| !present.contains(name)).map(|(name, _)| name).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File, OpenOptions};
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::ids::HomeId;
    use crate::intake::companions::{bundle_of, companions};
    use crate::intake::drop::Limits;

    /// A real folder, watched with a clock that the test moves.
    struct Place {
        folder: tempfile::TempDir,
        drop: DropFolder,
        list: Watchlist,
        start: Moment,
        /// When the next of what moved in the last sweep may be at rest.
        next_look: Option<Moment>,
    }

    impl Place {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let drop = DropFolder::establish(folder.path(), HomeId::new(), &"er-1".parse().unwrap()).unwrap();
            Self { folder, drop, list: Watchlist::new(Patience::default()), start: Moment::now(), next_look: None }
        }

        fn path(&self, name: &str) -> std::path::PathBuf {
            self.folder.path().join(name)
        }

        /// As [`Self::while_written`], where everything that was written is closed.
        fn at(&mut self, seconds: u64) -> String {
            let mut folders = vec![self.folder.path().to_owned()];
            while let Some(folder) = folders.pop() {
                for entry in fs::read_dir(folder).unwrap() {
                    let entry = entry.unwrap();
                    match entry.file_type().unwrap() {
                        kind if kind.is_dir() => folders.push(entry.path()),
                        _ => crate::system::wait_until_closed(&entry.path()),
                    }
                }
            }
            self.while_written(seconds)
        }

        /// Sweeps as if `seconds` had passed since the start; one letter per bundle: **m**oving, **o**verdue,
        /// at **r**est, **w**eaker.
        fn while_written(&mut self, seconds: u64) -> String {
            let now = self.start + Duration::from_secs(seconds);
            let sweep = self.drop.sweep(&Limits::default()).unwrap();
            let folders = sweep.folders.iter().map(bundle_of);
            let bundles: Vec<Bundle> = companions(&sweep.files, |_| None).bundles.into_iter().chain(folders).collect();
            let mut told = String::new();
            self.next_look = None;
            for bundle in &bundles {
                let rest = self.list.observe(&bundle.name, Sighting::of(bundle, &self.drop), now);
                if let Rest::Moving { look_again, .. } = rest {
                    self.next_look = self.next_look.into_iter().chain([look_again]).min();
                }
                told.push(match rest {
                    Rest::Moving { overdue: false, .. } => 'm',
                    Rest::Moving { overdue: true, .. } => 'o',
                    Rest::AtRest { weaker: false } => 'r',
                    Rest::AtRest { weaker: true } => 'w',
                });
            }
            told
        }
    }

    fn append(path: &Path, bytes: &[u8]) {
        OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
    }

    #[test]
    fn a_finished_file_comes_to_rest_after_the_quiet_time() {
        let mut place = Place::new();
        fs::write(place.path("scan.tif"), "whole").unwrap();
        assert_eq!(place.at(0), "m");
        assert_eq!(place.next_look, Some(place.start + Duration::from_secs(3)));
        assert_eq!(place.at(2), "m");
        assert_eq!(place.at(3), "r");
    }

    #[test]
    fn a_slow_writer_is_waited_for_however_long_it_pauses() {
        let mut place = Place::new();
        let mut writer = File::create(place.path("scan.tif")).unwrap();
        writer.write_all(b"half").unwrap();
        for seconds in [0, 3, 60, 599] {
            assert_eq!(place.while_written(seconds), "m", "at {seconds}");
            let next = place.start + Duration::from_secs(seconds + 3);
            assert_eq!(place.next_look, Some(next), "never a moment that has passed");
        }
        assert_eq!(place.while_written(601), "o");
        writer.write_all(b"whole").unwrap();
        drop(writer);
        assert_eq!(place.at(602), "o");
        assert_eq!(place.at(605), "r");
    }

    #[test]
    fn a_preallocated_file_is_not_at_rest_while_it_is_filled() {
        let mut place = Place::new();
        let writer = File::create(place.path("scan.tif")).unwrap();
        writer.set_len(1_000_000).unwrap();
        assert_eq!(place.while_written(0), "m");
        assert_eq!(place.while_written(4), "m");
        // Killed: it now looks like any finished file. At rest is not complete.
        drop(writer);
        assert_eq!(place.at(5), "m");
        assert_eq!(place.at(8), "r");
    }

    #[test]
    fn a_killed_writer_looks_like_a_finished_one() {
        let mut place = Place::new();
        let mut writer = Command::new("sh")
            .args(["-c", "exec 3>scan.tif; printf half >&3; echo ready; read -r forever"])
            .current_dir(place.folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(writer.stdout.take().unwrap()).read_line(&mut ready).unwrap();
        assert_eq!(place.while_written(0), "m");
        assert_eq!(place.while_written(60), "m");
        writer.kill().unwrap();
        writer.wait().unwrap();
        assert_eq!(place.at(61), "m");
        assert_eq!(place.at(64), "r");
    }

    #[test]
    fn each_round_of_open_append_close_starts_the_wait_anew() {
        let mut place = Place::new();
        fs::write(place.path("scan.tif"), "page 1").unwrap();
        assert_eq!(place.at(0), "m");
        for round in 1..5 {
            append(&place.path("scan.tif"), b"next page");
            assert_eq!(place.at(round * 2), "m", "round {round}");
        }
        assert_eq!(place.at(10), "m");
        assert_eq!(place.at(11), "r");
    }

    #[test]
    fn same_size_and_time_but_another_file_starts_the_wait_anew() {
        let mut place = Place::new();
        fs::write(place.path("scan.tif"), "one").unwrap();
        assert_eq!(place.at(0), "m");
        let old = fs::metadata(place.path("scan.tif")).unwrap().modified().unwrap();
        fs::write(place.path("new.part"), "two").unwrap();
        OpenOptions::new().write(true).open(place.path("new.part")).unwrap().set_modified(old).unwrap();
        fs::rename(place.path("new.part"), place.path("scan.tif")).unwrap();
        assert_eq!(place.at(3), "m");
        assert_eq!(place.at(6), "r");
    }

    #[test]
    fn an_old_modification_time_shortens_nothing() {
        let mut place = Place::new();
        let file = File::create(place.path("scan.tif")).unwrap();
        file.set_modified(std::time::UNIX_EPOCH).unwrap();
        drop(file);
        assert_eq!(place.at(0), "m");
        assert_eq!(place.at(2), "m");
        assert_eq!(place.at(3), "r");
    }

    #[test]
    fn a_file_renamed_in_and_a_hard_link_are_found_without_any_close() {
        let mut place = Place::new();
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("a"), "x").unwrap();
        fs::rename(outside.path().join("a"), place.path("renamed.tif")).unwrap();
        fs::write(outside.path().join("b"), "x").unwrap();
        fs::hard_link(outside.path().join("b"), place.path("linked.tif")).unwrap();
        assert_eq!(place.at(0), "mm");
        assert_eq!(place.at(3), "rr");
        // Whoever writes through the other name is seen as well.
        let _writer = OpenOptions::new().append(true).open(outside.path().join("b")).unwrap();
        assert_eq!(place.while_written(4), "mr");
    }

    #[test]
    fn a_sidecar_that_comes_later_starts_the_wait_anew() {
        let mut place = Place::new();
        fs::write(place.path("scan.tif"), "x").unwrap();
        assert_eq!(place.at(0), "m");
        fs::write(place.path("scan.json"), "{}").unwrap();
        assert_eq!(place.at(2), "m");
        assert_eq!(place.at(4), "m");
        assert_eq!(place.at(5), "r");
    }

    #[test]
    fn a_folder_rests_when_everything_in_it_does() {
        let mut place = Place::new();
        fs::create_dir(place.path("batch")).unwrap();
        fs::write(place.path("batch/p1.tif"), "x").unwrap();
        assert_eq!(place.at(0), "m");
        fs::write(place.path("batch/p2.tif"), "x").unwrap();
        assert_eq!(place.at(2), "m");
        fs::write(place.path("batch/p3.tif.part"), "x").unwrap();
        assert_eq!(place.at(10), "m");
        fs::rename(place.path("batch/p3.tif.part"), place.path("batch/p3.tif")).unwrap();
        assert_eq!(place.at(11), "m");
        assert_eq!(place.at(14), "r");
    }

    #[test]
    fn an_empty_folder_never_rests() {
        let mut place = Place::new();
        fs::create_dir(place.path("batch")).unwrap();
        assert_eq!(place.at(0), "m");
        assert_eq!(place.at(601), "o");
    }

    #[test]
    fn where_nobody_can_be_asked_the_wait_is_longer_and_the_answer_weaker() {
        let mut list = Watchlist::new(Patience::default());
        let name = SourceName::new("scan.tif".into()).unwrap();
        let start = Moment::now();
        let mut at = |seconds: u64, writers: Writers| {
            list.observe(&name, Sighting { members: Vec::new(), writers }, start + Duration::from_secs(seconds))
        };
        at(0, Writers::Unknown);
        assert!(matches!(at(3, Writers::Unknown), Rest::Moving { .. }));
        assert_eq!(at(30, Writers::Unknown), Rest::AtRest { weaker: true });
        // The answer changes with what can be asked.
        assert!(matches!(at(31, Writers::None), Rest::Moving { .. }));
        assert_eq!(at(34, Writers::None), Rest::AtRest { weaker: false });
    }

    #[test]
    fn what_is_gone_is_forgotten() {
        let mut place = Place::new();
        fs::write(place.path("scan.tif"), "x").unwrap();
        place.at(0);
        let name = SourceName::new("scan.tif".into()).unwrap();
        assert!(place.list.keep_only(&BTreeSet::from([name.clone()])).is_empty());
        assert_eq!(place.list.keep_only(&BTreeSet::new()), std::slice::from_ref(&name));
        assert_eq!(place.list.first_seen(&name), None);
    }
}
