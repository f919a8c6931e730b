//! Connects drop folders, custody, ledger and journal: what comes to rest is entered, copied, and its source let go.
//!
//! One thread for each station. A share that hangs holds up its own station and no other, a large delivery is copied
//! while others arrive elsewhere, and each station copies one delivery at a time. What stations share is little: the gate
//! that shuts when our own disk is full, and the question whether one file stands in two of their folders.
//!
//! A station works in *turns*. A turn looks at everything anew and does what is due; nothing but waiting times is kept from
//! turn to turn that the ledger does not hold as well. So a crash between any two steps is the same as a restart, and
//! events are mere reasons to take a turn early. For one delivery the steps are, each durable before the next:
//!
//! | step | on disk | in the ledger |
//! |---|---|---|
//! | it has come to rest | the source | – |
//! | entered | the source | `arriving` |
//! | copied | the source, `custody/<id>.001/` | `arriving` |
//! | taken into custody | the same | `in-custody`, its files; `taken_in_at`, which is the time of the journal's entry |
//! | measured (a later stage) | the same | `taken`, or still `in-custody` with what is missing |
//! | its source changed and came to rest again | the source, both copies | `in-custody`, next copy number; the older copy goes |
//! | patience ran out | the source, the copy | `incomplete` or `completeness-unknown`; both stay |
//! | source released | the copy | `source_released` |
//!
//! After a crash [`Line::open`] looks at custody: an entered delivery without a copy is copied again, a copy that the
//! ledger does not know is adopted from its own description (it is taken in then), an older copy that was replaced goes. Whatever cannot be
//! explained stays and is told by [`Line::custody_findings`].
//!
//! **Which source is known.** A file is known by station, name, inode, size and times, against the deliveries whose source
//! was not released; the device's number changes with each mount, so where anything else moved the bytes are read. A known file that changed is the same delivery while that one is not taken, and a delivery of
//! its own afterwards. Another inode under a known name always is a delivery of its own: a name is never an identity.
//!
//! **Regrown.** A program that writes page by page may go on after we found its file complete. Where a sweep or a release finds
//! that a taken source was changed in place, its open document is held at once, in whatever state it is. What then
//! rests there names the earlier delivery in `regrown_from`; so does, within the patience limit, what begins with the
//! earlier content, or stands in place of a source whose document is still open. Identification holds it: a person
//! says whether the two are one.
//!
//! **Late sidecars and rows.** A sidecar that may have been meant for the scan before, under the same stem, names that
//! delivery in `sidecar_doubt`, and identification holds its scan; so does a list whose row may have been. Where a scan was
//! written over by another one, what was copied with the first is in doubt under the delivery's own name.

mod clearing;
mod copying;
mod gate;
mod known;
mod lists;
mod looking;
mod notes;
mod recovery;
mod releasing;
mod station;
mod telling;

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Moment};

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::drop::{DropFolder, Unreachable};
use super::rest::Patience;
use super::watch::{Bell, Mode, Rhythm, Watch, Woken};
use crate::clock::Clock;
use crate::config;
use crate::config::station::SourceRelease;
use crate::database::{Database, DatabaseError};
use crate::document::HoldReason;
use crate::durable::{Class, Failure, Folder};
use crate::ids::{DeliveryId, Digest, DocumentId, HomeId, Name, SessionId};
use crate::instant::Instant;
use crate::journal::append::Journal;
use crate::ledger::documents::Document;
use crate::store::StoreError;

pub use clearing::{Cleared, Waiting};
pub use copying::{files_of, stem_of};
pub use gate::{Blocked, Paused};
pub use recovery::CustodyFinding;

use gate::Gate;
use station::AtStation;

/// How long a folder that cannot be reached, or a ledger that does not answer, is left alone before it is tried again.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// Intake, at every station.
pub struct Line {
    shared: Arc<Shared>,
    stations: BTreeMap<Name, Arc<Mutex<AtStation>>>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

/// One station, as its settings have it.
#[derive(Clone, Debug)]
pub struct Station {
    pub name: Name,
    pub folder: PathBuf,
    pub patience: Patience,
    /// How long a document that came alone waits for its sidecar. The quiet time counts.
    pub sidecar_wait: Duration,
    pub rhythm: Rhythm,
    pub watch: config::station::Watch,
    pub source_release: SourceRelease,
}

impl Station {
    #[must_use]
    pub fn from_settings(home: &Path, name: &Name, settings: &config::Station) -> Self {
        let quiet = settings.quiet_time.as_std();
        let sweep = settings.sweep.as_std();
        Self {
            name: name.clone(),
            folder: settings.folder(home, name),
            patience: Patience {
                quiet,
                quiet_when_weaker: quiet.saturating_add(settings.lease_unknown_wait.as_std()),
                limit: settings.patience.as_std(),
            },
            sidecar_wait: settings.sidecar_wait.as_std(),
            rhythm: Rhythm { sweep_every: sweep, poll_every: sweep },
            watch: settings.watch,
            source_release: settings.source_release,
        }
    }

    /// The patience limit, for sums with instants.
    fn limit(&self) -> SignedDuration {
        // Longer than can be written is as good as for ever.
        SignedDuration::try_from(self.patience.limit).unwrap_or(SignedDuration::from_hours(1_000_000))
    }
}

/// What intake works with.
pub struct Instruments {
    pub home: HomeId,
    /// `custody/` of the home. Nobody else writes there.
    pub custody: Folder,
    pub database: Arc<Database>,
    pub journal: Arc<Journal>,
    pub clock: Arc<Clock>,
    /// The wall clock that the stations' people read.
    pub zone: TimeZone,
    /// The longest delivery, in bytes.
    pub largest: u64,
    /// The session that is open at a station now.
    pub session_at: SessionAt,
    /// The bare names that a sidecar's bytes list; `None` where it cannot be read or lists none.
    pub listed: Listed,
    /// The rows of a station's batch list, as they are remembered; `None` where it cannot be read as one.
    pub rows: Rows,
    /// How long an object of the store is; `None` where there is none.
    pub stored: Stored,
    /// Why custody or the store is not where it should be just now: a mount that vanished leaves an empty folder behind.
    pub away: AwayNow,
    /// Whether a station's folder is this home's to work with: a copy of the home bears the same marks. What keeps it from being so.
    pub ours: Ours,
    /// Called when something new is in custody. It must not block.
    pub wake_measuring: Wake,
}

pub type SessionAt = Box<dyn Fn(&Name) -> Option<SessionId> + Send + Sync>;
pub type Listed = Box<dyn Fn(&[u8]) -> Option<Vec<OsString>> + Send + Sync>;
pub type Rows = Box<dyn Fn(&Name, &[u8]) -> Option<Vec<Digest>> + Send + Sync>;
pub type Stored = Box<dyn Fn(&Digest) -> Result<Option<u64>, StoreError> + Send + Sync>;
pub type AwayNow = Box<dyn Fn() -> Option<String> + Send + Sync>;
pub type Ours = Box<dyn Fn(&Name) -> Result<(), String> + Send + Sync>;
pub type Wake = Box<dyn Fn() + Send + Sync>;

#[derive(Debug, thiserror::Error)]
pub enum LineError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Custody cannot be looked at: somebody looks at the disk.
    #[error(transparent)]
    Disk(#[from] Failure),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("a description cannot be written: {0}")]
    Encoding(#[from] serde_json::Error),
    #[error("there is no station {0} in the settings")]
    NoStation(Name),
    #[error("the thread of station {station} cannot be started: {source}")]
    NoThread { station: Name, source: std::io::Error },
}

impl Line {
    /// Opens intake over a home whose lock is held, and first settles what a crash left in custody.
    ///
    /// # Errors
    /// When ledger or custody cannot be read.
    pub fn open(instruments: Instruments, stations: Vec<Station>) -> Result<Self, LineError> {
        let recovered = recovery::recover(&instruments, &stations)?;
        let reports = stations.iter().map(|station| (station.name.clone(), StationReport::new(station))).collect();
        let shared = Arc::new(Shared {
            instruments,
            gate: Gate::default(),
            reports: Mutex::new(reports),
            places: Mutex::default(),
            asked: Mutex::default(),
            bells: Mutex::default(),
            copies: recovered.highest,
            lost: Mutex::new(recovered.lost),
            filed: Mutex::new(recovered.filed.into()),
            findings: Mutex::new(recovered.findings),
            stop: AtomicBool::new(false),
        });
        let at_station = |station: Station| {
            (station.name.clone(), Arc::new(Mutex::new(AtStation::new(station, Arc::clone(&shared)))))
        };
        let stations = stations.into_iter().map(at_station).collect();
        (shared.instruments.wake_measuring)();
        Ok(Self { shared, stations, threads: Mutex::default() })
    }

    /// Starts a thread for each station.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn run(&self) -> Result<(), LineError> {
        for (name, at_station) in &self.stations {
            let watch = Watch::new(locked(at_station).rhythm());
            locked(&self.shared.bells).insert(name.clone(), watch.bell());
            let (shared, at_station) = (Arc::clone(&self.shared), Arc::clone(at_station));
            let thread = std::thread::Builder::new()
                .name(format!("intake {name}"))
                .spawn(move || take_turns(&shared, &at_station, watch))
                .map_err(|source| LineError::NoThread { station: name.clone(), source })?;
            locked(&self.threads).push(thread);
        }
        Ok(())
    }

    /// Ends every station's thread, between two deliveries, and waits for them. It can be called twice.
    pub fn stop(&self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        for bell in locked(&self.shared.bells).values() {
            bell.stop();
        }
        let threads = std::mem::take(&mut *locked(&self.threads));
        for thread in threads {
            if thread.join().is_err() {
                tracing::error!("A thread of intake crashed; its deliveries are taken up at the next start");
            }
        }
    }

    /// One turn of a station, as its thread takes them: for whoever drives intake by hand.
    ///
    /// # Errors
    /// When the ledger fails. Whatever was begun is resumed by a later turn.
    pub fn turn(&self, station: &Name, now: Moment) -> Result<Turn, LineError> {
        let at_station = self.stations.get(station).ok_or_else(|| LineError::NoStation(station.clone()))?;
        locked(at_station).turn(now)
    }

    /// Has a station take a turn soon: a delivery of it was measured, filed or decided upon.
    pub fn wake(&self, station: &Name) {
        self.shared.wake(station);
    }

    /// How each station is.
    #[must_use]
    pub fn stations(&self) -> Vec<StationReport> {
        locked(&self.shared.reports).values().cloned().collect()
    }

    /// Since when and why nothing is copied at any station, where that is so.
    #[must_use]
    pub fn paused(&self) -> Option<Paused> {
        self.shared.gate.paused()
    }

    /// What stands in custody, or is missing there, and could not be explained. What was copied again since is
    /// missing no more.
    #[must_use]
    pub fn custody_findings(&self) -> Vec<CustodyFinding> {
        let lost = locked(&self.shared.lost);
        let stands = |finding: &&CustodyFinding| match finding {
            CustodyFinding::Missing { delivery, .. } => lost.contains(delivery),
            _ => true,
        };
        locked(&self.shared.findings).iter().filter(stands).cloned().collect()
    }

    /// Has a note written in the station's drop folder, in place of an older one about the same document. It bears no
    /// patient data; [`Line::clear_note`] removes it, after a restart, too.
    pub fn note(&self, station: &Name, about: DocumentId, text: &str) {
        self.ask(station, about, Some(text.to_owned()));
    }

    /// Has the note about a document removed: its matter is resolved.
    pub fn clear_note(&self, station: &Name, about: DocumentId) {
        self.ask(station, about, None);
    }

    /// Has the station told that a document waits: which, why, and what to do. What the sources said stays in the ledger,
    /// for it may name a patient.
    pub fn note_hold(&self, document: &Document, reason: HoldReason) {
        self.shared.ask_for_hold_note(document, reason);
        self.shared.wake(&document.station);
    }

    fn ask(&self, station: &Name, about: DocumentId, text: Option<String>) {
        self.shared.ask_for_note(station, about, text);
        self.shared.wake(station);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.stop();
    }
}

/// What a turn asks of whoever takes it.
#[derive(Debug, Default)]
pub struct Turn {
    /// When to take the next one, if no event comes before.
    pub next: Option<Moment>,
    /// The folder was reached, for the first time or again: it is to be watched from now on.
    reached: Option<Reached>,
    /// The folder cannot be reached.
    lost: bool,
}

#[derive(Debug)]
struct Reached {
    path: PathBuf,
    on_network: bool,
}

/// The thread of one station.
fn take_turns(shared: &Shared, at_station: &Mutex<AtStation>, mut watch: Watch) {
    let (name, how) = locked(at_station).name_and_watch();
    let mut next = Some(Moment::now());
    while watch.wait(next) != Woken::Stop {
        let now = Moment::now();
        if let Some(trouble) = shared.instruments.database.trouble() {
            // Nothing is looked at whose outcome could not be recorded.
            let disk_full = matches!(trouble, DatabaseError::DiskFull);
            let (at, error) = match trouble {
                DatabaseError::Corrupt(what) => (Blocked::DatabaseDamaged, what),
                trouble => (Blocked::Database, trouble.to_string()),
            };
            let paused = Paused { since: shared.now(), at, disk_full, error };
            shared.gate.shut(paused, 0, now);
            next = Some(now + TRY_AGAIN);
            continue;
        }
        let turn = std::panic::catch_unwind(AssertUnwindSafe(|| locked(at_station).turn(now)));
        let Ok(turn) = turn else {
            begin_anew(shared, at_station, &name);
            watch.remove(&name);
            next = Some(now + TRY_AGAIN);
            continue;
        };
        next = match turn {
            Ok(turn) => {
                if turn.lost {
                    watch.remove(&name);
                }
                if let Some(Reached { path, on_network }) = turn.reached {
                    let is_polled = match how {
                        config::station::Watch::Auto => on_network,
                        config::station::Watch::Poll => true,
                        config::station::Watch::Events => false,
                    };
                    let watching = match watch.add(&name, &path, is_polled) {
                        Ok(Mode::Events) => Watching::Events,
                        Ok(Mode::Polling) => Watching::Polling { forced_by: None },
                        Ok(Mode::PollingForced(error)) => Watching::Polling { forced_by: Some(error.to_string()) },
                        Err(error) => Watching::Polling { forced_by: Some(error.to_string()) },
                    };
                    shared.report(&name, |report| report.watching = watching);
                }
                turn.next
            }
            Err(error) => {
                tracing::error!(station = %name, %error, "Intake at {name} waits for the ledger: {error}");
                shared
                    .report(&name, |report| report.problem = Some(StationProblem::Ledger { error: error.to_string() }));
                Some(now + TRY_AGAIN)
            }
        };
    }
}

/// What a panic leaves of a station is not believed, and the station begins anew.
fn begin_anew(shared: &Shared, at_station: &Mutex<AtStation>, name: &Name) {
    tracing::error!(station = %name, "Intake at {name} panicked and begins anew");
    locked(at_station).begin_anew();
    shared.report(name, |report| report.problem = Some(StationProblem::Crashed));
}

/// What the stations' threads and their callers share.
struct Shared {
    instruments: Instruments,
    gate: Gate,
    reports: Mutex<BTreeMap<Name, StationReport>>,
    /// The drop folders that are reached, for the question whether one file stands in several.
    places: Mutex<BTreeMap<Name, Arc<DropFolder>>>,
    /// Notes that others want written or removed.
    asked: Mutex<BTreeMap<Name, BTreeMap<String, Option<String>>>>,
    bells: Mutex<BTreeMap<Name, Bell>>,
    /// The highest copy number that stood in custody at start, where the ledger does not count on it.
    copies: BTreeMap<DeliveryId, u32>,
    /// Deliveries whose copy was not in custody at start.
    lost: Mutex<BTreeSet<DeliveryId>>,
    /// Deliveries that are filed, as far as is known, and whose copies are still to be cleared.
    filed: Mutex<Waiting<DeliveryId>>,
    findings: Mutex<Vec<CustodyFinding>>,
    stop: AtomicBool,
}

impl Shared {
    fn report(&self, station: &Name, change: impl FnOnce(&mut StationReport)) {
        if let Some(report) = locked(&self.reports).get_mut(station) {
            change(report);
        }
    }

    /// Something in custody that a person has to look at. It is told once.
    fn found(&self, finding: CustodyFinding) {
        let mut findings = locked(&self.findings);
        if !findings.contains(&finding) {
            tracing::error!(?finding, "Custody and ledger do not agree: {finding:?}");
            findings.push(finding);
        }
    }

    /// What a person need not look at any more.
    fn lift(&self, is_over: impl Fn(&CustodyFinding) -> bool) {
        locked(&self.findings).retain(|finding| {
            let over = is_over(finding);
            if over {
                tracing::info!(?finding, "Custody and ledger agree again: {finding:?}");
            }
            !over
        });
    }

    fn wake(&self, station: &Name) {
        if let Some(bell) = locked(&self.bells).get(station) {
            bell.ring(station);
        }
    }

    fn now(&self) -> Instant {
        self.instruments.clock.now()
    }

    fn stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    fn ask_for_note(&self, station: &Name, about: DocumentId, text: Option<String>) {
        let mut asked = locked(&self.asked);
        asked.entry(station.clone()).or_default().insert(notes::matter_of_document(about), text);
    }

    fn ask_for_hold_note(&self, document: &Document, reason: HoldReason) {
        let text = notes::about_held(document, reason, &self.instruments.zone);
        self.ask_for_note(&document.station, document.id, Some(text));
    }
}

/// How a station is, for `status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StationReport {
    pub station: Name,
    pub folder: PathBuf,
    pub watching: Watching,
    /// Somebody should do something about the folder.
    pub problem: Option<StationProblem>,
    /// For something taken in lately nobody could be asked whether it was still being written.
    pub weaker_completeness: bool,
    /// Files that have borne a temporary name for longer than the patience limit.
    pub unfinished_files: u64,
    /// Sidecars that came after their scan was taken in without them.
    pub late_sidecars: u64,
    /// Other sidecars that have stood without a scan for longer than the patience limit.
    pub lone_sidecars: u64,
    /// Filed deliveries whose copy stays in custody, because something that came beside the scans is in no record.
    pub kept_sidecars: u64,
    /// Batch lists of which a row has waited for its scan for longer than the patience limit, or that cannot be read.
    pub waiting_lists: u64,
    /// What has not come to rest for longer than the patience limit, so that it is no delivery yet.
    pub restless: u64,
}

impl StationReport {
    fn new(station: &Station) -> Self {
        Self {
            station: station.name.clone(),
            folder: station.folder.clone(),
            watching: Watching::NotYet,
            problem: None,
            weaker_completeness: false,
            unfinished_files: 0,
            late_sidecars: 0,
            lone_sidecars: 0,
            kept_sidecars: 0,
            waiting_lists: 0,
            restless: 0,
        }
    }
}

/// How a drop folder is watched.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Watching {
    /// It was not looked at yet, or is driven by hand.
    NotYet,
    Events,
    /// It is swept; `forced_by` says what refused the events where these were wanted.
    Polling {
        forced_by: Option<String>,
    },
    /// Nothing can be taken from it; it is tried again for ever.
    Unreachable,
}

/// What is wrong with a drop folder. One message each: `station-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum StationProblem {
    Gone,
    NoMarker,
    MarkerUnreadable,
    Foreign {
        home: HomeId,
        station: Name,
    },
    Replaced,
    /// A copy of this home works with it, or nobody can tell.
    Anothers {
        error: String,
    },
    Unusable {
        error: String,
    },
    /// Scans are taken in, but their sources cannot be removed.
    ReadOnly,
    /// A delivery was taken and its copy is no longer in custody, nor all of it in the store: the source is the last of it and stays.
    CopyMissing,
    /// For one delivery the store could not be asked, again and again: its source stays.
    StoreSilent {
        error: String,
    },
    /// More names than are looked at in one sweep.
    TooManyNames,
    /// The station's thread panicked; it began anew by itself.
    Crashed,
    /// The ledger does not answer.
    Ledger {
        error: String,
    },
}

impl From<&Unreachable> for StationProblem {
    fn from(unreachable: &Unreachable) -> Self {
        match unreachable {
            Unreachable::Gone { .. } => Self::Gone,
            Unreachable::NoMarker { .. } => Self::NoMarker,
            Unreachable::MarkerUnreadable { .. } => Self::MarkerUnreadable,
            Unreachable::Foreign { home, station, .. } => Self::Foreign { home: *home, station: station.clone() },
            Unreachable::Replaced { .. } => Self::Replaced,
            Unreachable::Anothers { problem, .. } => Self::Anothers { error: problem.clone() },
            Unreachable::Unusable { source, .. } if Class::of(source) == Class::ReadOnly => Self::ReadOnly,
            Unreachable::Unusable { source, .. } => Self::Unusable { error: source.to_string() },
        }
    }
}

/// A thread that panicked while it held a lock ends with it; the ledger holds the truth, and the next turn looks anew.
fn locked<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
