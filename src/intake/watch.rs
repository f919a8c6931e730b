//! Says when to sweep which drop folder.
//!
//! Events are mere wake-ups, never the source of truth: they overflow, a folder that is moved in gives one for itself and
//! none for what lies in it, and network shares give none at all. So every folder is swept from time to time in any case,
//! and where there are no events, more often.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Moment};

use notify::event::{AccessKind, AccessMode, ModifyKind};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};

use super::names::{self, NameKind};
use crate::ids::Name;

/// How often folders are swept without being asked to.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// Where events are to be had.
    pub sweep_every: Duration,
    /// Where they are not.
    pub poll_every: Duration,
}

impl Default for Rhythm {
    fn default() -> Self {
        Self { sweep_every: Duration::from_secs(60), poll_every: Duration::from_secs(3) }
    }
}

/// Watches the drop folders of all stations. One thread calls [`Watch::wait`]; others ring the [`Bell`].
pub struct Watch {
    bell: Bell,
    /// Where events come from; `None` where the system gives none at all.
    events: Option<RecommendedWatcher>,
    folders: Arc<Mutex<BTreeMap<PathBuf, Name>>>,
    timetable: Timetable,
}

/// How a station's folder is watched. Shown with the station.
#[derive(Debug)]
pub enum Mode {
    /// By events, and swept in a slow rhythm besides.
    Events,
    /// Swept in a quick rhythm: other machines write there without our kernel's knowing, or the settings ask for it.
    Polling,
    /// Swept in a quick rhythm, since the system refused events: its limits (`fs.inotify.max_user_watches`,
    /// `max_user_instances`) are used up.
    PollingForced(notify::Error),
}

/// Why [`Watch::wait`] returned.
#[derive(Debug, PartialEq, Eq)]
pub enum Woken {
    /// These folders are to be swept: something happened there, or it is time.
    Sweep(BTreeSet<Name>),
    /// The moment that was asked for has come.
    Moment,
    Stop,
}

impl Watch {
    #[must_use]
    pub fn new(rhythm: Rhythm) -> Self {
        let bell = Bell::default();
        let folders = Arc::new(Mutex::new(BTreeMap::new()));
        let handler = {
            let (bell, folders) = (bell.clone(), Arc::clone(&folders));
            move |event: notify::Result<Event>| bell.pass_on(&event, &locked(&folders))
        };
        // Without it every folder is polled: `add` says so.
        let events = notify::recommended_watcher(handler).ok();
        Self { bell, events, folders, timetable: Timetable { rhythm, next: BTreeMap::new() } }
    }

    /// Watches a station's folder, and has it swept at once. Called again for a folder that vanished and is back.
    pub fn add(&mut self, station: &Name, folder: &Path, is_polled: bool) -> io::Result<Mode> {
        let folder = std::path::absolute(folder)?;
        self.remove(station);
        let mode = match &mut self.events {
            _ if is_polled => Mode::Polling,
            None => Mode::PollingForced(notify::Error::generic("this system offers no events")),
            Some(events) => {
                locked(&self.folders).insert(folder.clone(), station.clone());
                match events.watch(&folder, RecursiveMode::NonRecursive) {
                    Ok(()) => Mode::Events,
                    Err(error) => Mode::PollingForced(error),
                }
            }
        };
        self.timetable.add(station, matches!(mode, Mode::Events));
        self.bell.ring(station);
        Ok(mode)
    }

    /// Stops watching a station's folder.
    pub fn remove(&mut self, station: &Name) {
        self.timetable.next.remove(station);
        let mut gone = Vec::new();
        // The lock must be free again before `unwatch`, which waits for the thread that passes events on.
        locked(&self.folders).retain(|path, of| {
            let stays = of != station;
            if !stays {
                gone.push(path.clone());
            }
            stays
        });
        if let Some(events) = &mut self.events {
            for path in gone {
                // It fails where the folder, and with it the watch, is gone already.
                let _ = events.unwatch(&path);
            }
        }
    }

    /// For other threads.
    #[must_use]
    pub fn bell(&self) -> Bell {
        self.bell.clone()
    }

    /// Waits for something to do: an event, the time of a sweep, or `until`, when something that was seen may have come to
    /// rest. What happened while nobody waited is not lost.
    pub fn wait(&mut self, until: Option<Moment>) -> Woken {
        let mut state = locked(&self.bell.0.state);
        loop {
            if state.stop {
                return Woken::Stop;
            }
            let now = Moment::now();
            let rung = std::mem::take(&mut state.rung);
            let all = std::mem::take(&mut state.all);
            let due = self.timetable.take(now, rung, all);
            if !due.is_empty() {
                return Woken::Sweep(due);
            }
            if until.is_some_and(|until| until <= now) {
                return Woken::Moment;
            }
            state = match self.timetable.next_sweep().into_iter().chain(until).min() {
                Some(next) => {
                    let wait = next.saturating_duration_since(now);
                    self.bell.0.rung.wait_timeout(state, wait).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.bell.0.rung.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }
}

/// Asks for sweeps. A station that is rung for many times before anybody looks is swept once.
#[derive(Clone, Default)]
pub struct Bell(Arc<Belfry>);

#[derive(Default)]
struct Belfry {
    state: Mutex<Rung>,
    rung: Condvar,
}

#[derive(Default)]
struct Rung {
    rung: BTreeSet<Name>,
    all: bool,
    stop: bool,
}

impl Bell {
    pub fn ring(&self, station: &Name) {
        locked(&self.0.state).rung.insert(station.clone());
        self.0.rung.notify_all();
    }

    pub fn ring_for_all(&self) {
        locked(&self.0.state).all = true;
        self.0.rung.notify_all();
    }

    /// Ends the waiting for good.
    pub fn stop(&self) {
        locked(&self.0.state).stop = true;
        self.0.rung.notify_all();
    }

    fn pass_on(&self, event: &notify::Result<Event>, folders: &BTreeMap<PathBuf, Name>) {
        match concerns(event, folders) {
            Concerned::All => self.ring_for_all(),
            Concerned::Stations(stations) => stations.into_iter().for_each(|station| self.ring(station)),
        }
    }
}

#[derive(Debug, PartialEq, Eq)]
enum Concerned<'a> {
    All,
    Stations(BTreeSet<&'a Name>),
}

/// Whose folder an event asks to be swept.
fn concerns<'a>(event: &notify::Result<Event>, folders: &'a BTreeMap<PathBuf, Name>) -> Concerned<'a> {
    // After an overflow, or an error, nobody knows what was missed.
    let Ok(event) = event else { return Concerned::All };
    if event.need_rescan() {
        return Concerned::All;
    }
    let matters = match event.kind {
        // Only the close after a write. Our own looking opens and closes files, too.
        EventKind::Access(kind) => kind == AccessKind::Close(AccessMode::Write),
        // A writer at work; it will close, and who waits for the file looks again anyway.
        EventKind::Modify(ModifyKind::Data(_)) => false,
        _ => true,
    };
    let stations = event.paths.iter().filter(|_| matters).filter_map(|path| {
        let of_folder = folders.get(path);
        let ours = || path.file_name().is_some_and(|name| names::kind_of(name) == NameKind::Ours);
        of_folder.or_else(|| if ours() { None } else { folders.get(path.parent()?) })
    });
    Concerned::Stations(stations.collect())
}

/// When each folder is swept next, if nothing happens before.
struct Timetable {
    rhythm: Rhythm,
    next: BTreeMap<Name, Turn>,
}

struct Turn {
    has_events: bool,
    /// `None`: it was never swept, and is rung for.
    at: Option<Moment>,
}

impl Timetable {
    fn add(&mut self, station: &Name, has_events: bool) {
        self.next.insert(station.clone(), Turn { has_events, at: None });
    }

    /// The stations whose turn it is, rung for or not; each has its next turn from now on.
    fn take(&mut self, now: Moment, rung: BTreeSet<Name>, all: bool) -> BTreeSet<Name> {
        let mut due = BTreeSet::new();
        for (station, turn) in &mut self.next {
            if all || rung.contains(station) || turn.at.is_some_and(|at| at <= now) {
                let rhythm = if turn.has_events { self.rhythm.sweep_every } else { self.rhythm.poll_every };
                turn.at = Some(now + rhythm);
                due.insert(station.clone());
            }
        }
        due
    }

    fn next_sweep(&self) -> Option<Moment> {
        self.next.values().filter_map(|turn| turn.at).min()
    }
}

/// A thread that panicked while it held one of these locks left nothing half-changed: each change is a single step.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use notify::event::{CreateKind, DataChange, Flag, MetadataKind, RenameMode};

    use super::*;

    fn name(text: &str) -> Name {
        text.parse().unwrap()
    }

    fn stations(names: &[&str]) -> BTreeSet<Name> {
        names.iter().map(|text| name(text)).collect()
    }

    #[test]
    fn which_events_ask_for_a_sweep() {
        let folders = BTreeMap::from([("/d/a".into(), name("a")), ("/d/b".into(), name("b"))]);
        let told = |kind: EventKind, path: &str| match concerns(&Ok(Event::new(kind).add_path(path.into())), &folders) {
            Concerned::All => "all".to_owned(),
            Concerned::Stations(stations) => stations.iter().map(|name| name.as_str()).collect(),
        };
        let create = EventKind::Create(CreateKind::File);
        assert_eq!(told(create, "/d/a/scan.tif"), "a");
        assert_eq!(told(create, "/d/b/scan.tif.part"), "b");
        assert_eq!(told(create, "/d/c/scan.tif"), "");
        assert_eq!(told(create, "/d/a/_status"), "");
        assert_eq!(told(create, "/d/a/.torikomi-release"), "");
        assert_eq!(told(EventKind::Access(AccessKind::Close(AccessMode::Write)), "/d/a/scan.tif"), "a");
        assert_eq!(told(EventKind::Modify(ModifyKind::Name(RenameMode::To)), "/d/a/scan.tif"), "a");
        assert_eq!(told(EventKind::Modify(ModifyKind::Metadata(MetadataKind::Any)), "/d/a/scan.tif"), "a");
        assert_eq!(told(EventKind::Remove(notify::event::RemoveKind::Folder), "/d/b"), "b");
        // Our own looking must not wake us again.
        assert_eq!(told(EventKind::Access(AccessKind::Open(AccessMode::Any)), "/d/a/scan.tif"), "");
        assert_eq!(told(EventKind::Access(AccessKind::Close(AccessMode::Read)), "/d/a/scan.tif"), "");
        assert_eq!(told(EventKind::Modify(ModifyKind::Data(DataChange::Any)), "/d/a/scan.tif"), "");
        let overflow = Event::new(EventKind::Other).set_flag(Flag::Rescan);
        assert_eq!(concerns(&Ok(overflow), &folders), Concerned::All);
        assert_eq!(concerns(&Err(notify::Error::generic("lost")), &folders), Concerned::All);
    }

    #[test]
    fn folders_are_swept_without_any_event() {
        let rhythm = Rhythm { sweep_every: Duration::from_secs(60), poll_every: Duration::from_secs(3) };
        let mut timetable = Timetable { rhythm, next: BTreeMap::new() };
        timetable.add(&name("local"), true);
        timetable.add(&name("share"), false);
        let start = Moment::now();
        let mut at = |seconds: u64, rung: &[&str], all: bool| {
            timetable.take(start + Duration::from_secs(seconds), stations(rung), all)
        };
        assert_eq!(at(0, &["local", "share", "unknown"], false), stations(&["local", "share"]));
        assert_eq!(at(2, &[], false), stations(&[]));
        assert_eq!(at(3, &[], false), stations(&["share"]));
        assert_eq!(at(5, &["local"], false), stations(&["local"]));
        assert_eq!(at(5, &[], true), stations(&["local", "share"]));
        assert_eq!(at(64, &[], false), stations(&["share"]));
        assert_eq!(at(65, &[], false), stations(&["local"]));
        assert_eq!(timetable.next_sweep(), Some(start + Duration::from_secs(67)));
    }

    /// Events come from the kernel when they come, so these tests wait for them, and fail after a very long time.
    fn quiet() -> Watch {
        let hour = Duration::from_secs(3600);
        Watch::new(Rhythm { sweep_every: hour, poll_every: hour })
    }

    #[test]
    fn files_and_folders_that_arrive_wake() {
        let arrivals: [fn(&Path, &Path); 4] = [
            |_, inside| fs::write(inside.join("scan.tif"), "x").unwrap(),
            |outside, inside| fs::rename(outside.join("file"), inside.join("scan.tif")).unwrap(),
            |outside, inside| fs::hard_link(outside.join("file"), inside.join("scan.tif")).unwrap(),
            |outside, inside| fs::rename(outside.join("batch"), inside.join("batch")).unwrap(),
        ];
        for arrive in arrivals {
            let (inside, outside) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
            fs::write(outside.path().join("file"), "x").unwrap();
            fs::create_dir(outside.path().join("batch")).unwrap();
            let mut watch = quiet();
            assert!(matches!(watch.add(&name("er-1"), inside.path(), false).unwrap(), Mode::Events));
            assert_eq!(watch.wait(None), Woken::Sweep(stations(&["er-1"])), "swept once at first");
            arrive(outside.path(), inside.path());
            let long = Moment::now() + Duration::from_secs(60);
            assert_eq!(watch.wait(Some(long)), Woken::Sweep(stations(&["er-1"])));
        }
    }

    #[test]
    fn a_folder_that_came_back_is_watched_again() {
        let above = tempfile::tempdir().unwrap();
        let folder = above.path().join("drop");
        fs::create_dir(&folder).unwrap();
        let mut watch = quiet();
        watch.add(&name("er-1"), &folder, false).unwrap();
        watch.wait(None);
        fs::remove_dir(&folder).unwrap();
        assert_eq!(watch.wait(None), Woken::Sweep(stations(&["er-1"])), "its going is an event");
        assert!(matches!(watch.add(&name("er-1"), &folder, false).unwrap(), Mode::PollingForced(_)));
        fs::create_dir(&folder).unwrap();
        assert!(matches!(watch.add(&name("er-1"), &folder, false).unwrap(), Mode::Events));
        watch.wait(None);
        fs::write(folder.join("scan.tif"), "x").unwrap();
        assert_eq!(watch.wait(Some(Moment::now() + Duration::from_secs(60))), Woken::Sweep(stations(&["er-1"])));
    }

    #[test]
    fn a_folder_that_is_polled_is_swept_without_events() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch =
            Watch::new(Rhythm { sweep_every: Duration::from_secs(3600), poll_every: Duration::from_millis(1) });
        assert!(matches!(watch.add(&name("share"), folder.path(), true).unwrap(), Mode::Polling));
        for _ in 0..3 {
            assert_eq!(watch.wait(None), Woken::Sweep(stations(&["share"])));
        }
        watch.remove(&name("share"));
        watch.bell().ring(&name("share"));
        assert_eq!(watch.wait(Some(Moment::now())), Woken::Moment);
    }

    #[test]
    fn many_rings_are_one_sweep_and_none_is_lost() {
        let folder = tempfile::tempdir().unwrap();
        let mut watch = quiet();
        for station in ["a", "b"] {
            watch.add(&name(station), folder.path(), true).unwrap();
        }
        let bell = watch.bell();
        for _ in 0..100 {
            bell.ring(&name("a"));
        }
        assert_eq!(watch.wait(None), Woken::Sweep(stations(&["a", "b"])));
        assert_eq!(watch.wait(Some(Moment::now())), Woken::Moment);
        bell.ring_for_all();
        assert_eq!(watch.wait(None), Woken::Sweep(stations(&["a", "b"])));
        let other = std::thread::spawn({
            let bell = bell.clone();
            move || bell.stop()
        });
        assert_eq!(watch.wait(None), Woken::Stop);
        other.join().unwrap();
    }
}
