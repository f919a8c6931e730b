//! Starts everything, serves the control socket, stops cleanly.

pub mod attempts;
pub mod claims;
pub mod clocks;
mod deadlines;
mod incidents;
pub mod open;
pub mod production;
mod reload;
pub mod requests;
pub mod server;
mod stamps;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Moment};

use crate::config::home::{HomeError, Lock};
use crate::control::facts::StationStatus;
use crate::database::DatabaseError;
use crate::durable::Folder;
use crate::identity::table::Encoding;
use crate::ids::Name;
use crate::intake::line::{Instruments, LineError, Station, Watching};
use crate::journal::Kind;
use crate::journal::anchor::{Anchor, AnchorError, AnchorProblem};
use crate::journal::files::{Files, FilesError, FilesProblem};
use crate::pipeline::driver::{Driver, StageName};
use crate::pipeline::line::Line;
use crate::pipeline::{self, every_row_of, listed_files};
use crate::system;
use claims::{ClaimError, Claims, Displaced};
use open::{OpenError, Opened};
use reload::{ReloadError, Watcher};
use requests::Hooks;

/// How often sessions are looked at for having ended, appointments for having begun, and the clock for having moved.
const SESSIONS_EVERY: Duration = Duration::from_secs(1);

/// How often deadlines are looked at.
const DEADLINES_EVERY: Duration = Duration::from_secs(10);

/// How often the store is asked again for what it lacked of what is filed, and memory is given back.
const LACKING_EVERY: Duration = Duration::from_secs(10);

/// How often the patient list and the calendar are looked at for having changed.
const FILES_EVERY: Duration = Duration::from_secs(2);

#[derive(Debug, thiserror::Error)]
pub enum DaemonError {
    #[error(transparent)]
    Open(#[from] OpenError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Intake(#[from] LineError),
    #[error("attempts in custody: {0}")]
    Attempts(#[from] attempts::LeftError),
    #[error(transparent)]
    Reload(#[from] ReloadError),
    #[error(transparent)]
    Journal(#[from] FilesError),
    #[error(transparent)]
    Claim(#[from] ClaimError),
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error("the system gives no thread, socket or signal handler: {0}")]
    System(#[from] std::io::Error),
}

/// A running line. Dropping it stops everything in order.
pub struct Daemon {
    pub line: Arc<Line>,
    driver: Option<Driver>,
    bell: Arc<Bell>,
    threads: Vec<JoinHandle<()>>,
    /// The thread that has checkpoints stamped. It ends before the last entry is written, so that none comes after that.
    stamps: Option<(JoinHandle<()>, Arc<Bell>)>,
    /// The control socket's thread, and how it is told to end.
    control: Option<(JoinHandle<()>, Arc<AtomicBool>)>,
    _lock: Lock,
}

/// Wakes the threads that copy the journal and look at sessions, and ends them.
#[derive(Default)]
struct Bell {
    committed: Mutex<u64>,
    rung: Condvar,
    stop: AtomicBool,
}

impl Bell {
    fn ring(&self) {
        *self.committed.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.rung.notify_all();
    }

    /// Waits for a commit later than `seen`, or for `longest`.
    fn wait(&self, seen: u64, longest: Duration) -> u64 {
        let committed = self.committed.lock().unwrap_or_else(PoisonError::into_inner);
        let (committed, _) = self
            .rung
            .wait_timeout_while(committed, longest, |count| *count == seen && !self.stopping())
            .unwrap_or_else(PoisonError::into_inner);
        *committed
    }

    fn end(&self) {
        self.stop.store(true, Ordering::SeqCst);
        self.ring();
    }

    fn stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }
}

/// Starts the line of the home at `root`. `binary` is this program, which workers are made of.
///
/// # Errors
/// With the first thing that keeps it from starting; nothing was taken in then.
pub fn start(root: &Path, runtime: &tokio::runtime::Handle, binary: &Path) -> Result<Daemon, DaemonError> {
    let (bell, stamp_bell) = (Arc::new(Bell::default()), Arc::new(Bell::default()));
    let ringing = [Arc::clone(&bell), Arc::clone(&stamp_bell)];
    let ring = move || ringing.iter().for_each(|bell| bell.ring());
    let Opened { line, lock, stands_in_for, files, epoch, displaced, .. } = open::open(root, runtime, binary, ring)?;
    // Before anything is moved or entered: to an older database, what it does not know would be left over from a crash.
    let mut files = files.open(&line.database)?;
    files.catch_up(&line.database)?;
    let claims = Arc::new(Claims::take(&line, epoch, Arc::clone(&displaced))?);
    line.home.claim_outside(&lock);
    if !requests::scrub(&line.database).unwrap_or(false) {
        tracing::warn!(
            "What was erased of private parts may still lie in the database's files; the next start tries again"
        );
    }
    // Whatever is entered from here on bears this clock's time.
    clocks::recall(&line)?;
    // What was signed just before a crash was signed in a session that was open then, so its entry comes first.
    attempts::clear_left_over(&line)?;
    // A session's key died with the process that held it; its row must not look open.
    requests::close_left_open(&line)?;
    line.note(Kind::DaemonStarted, |draft| {
        draft.fact("version", env!("CARGO_PKG_VERSION")).fact("build", line.build).fact("sandbox", line.sandbox)
    })?;
    let watcher = Watcher::start(&line, stands_in_for)?;
    let intake = crate::intake::line::Line::open(intake_instruments(&line, &claims, displaced)?, stations(&line))?;
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let workers = line.config.image.workers.map_or(cores, |workers| usize::try_from(workers).unwrap_or(cores));
    intake.run()?;
    // The stages come up after intake is known to them, so that no source waits for a wake-up that nobody heard.
    let _ = line.intake.set(Arc::new(intake));
    line.clear_what_is_filed();
    let driver = pipeline::start(&line, workers)?;
    let anchor = line.config.journal.anchor.as_ref();
    let root = line.home.layout().root();
    let anchor = anchor.map(|folder| Anchor::new(&root.join(folder), root, line.home.id(), epoch));
    // What an earlier run stamped and did not copy is found at once.
    let fresh = Arc::new(AtomicBool::new(true));
    let threads = vec![
        copy_journal(&line, &bell, files, anchor, &fresh)?,
        watch_sessions(&line, &bell)?,
        watch_files(&line, &bell, watcher, claims)?,
    ];
    let to_copy = Arc::clone(&bell);
    let thread = stamps::watch(&line, &stamp_bell, move || {
        fresh.store(true, Ordering::SeqCst);
        to_copy.ring();
    })?;
    let stamps = Some((thread, stamp_bell));
    Ok(Daemon { line, driver: Some(driver), bell, threads, stamps, control: None, _lock: lock })
}

impl Daemon {
    /// Answers requests on the home's control socket from now on; `on_stop` is called when one asks for the end.
    ///
    /// # Errors
    /// When the socket cannot be bound.
    pub fn serve_requests(&mut self, on_stop: impl Fn() + Send + Sync + 'static) -> std::io::Result<()> {
        let stop = Arc::new(AtomicBool::new(false));
        let (reporting, waking) = (Arc::clone(&self.line), Arc::clone(&self.line));
        let hooks = Hooks {
            stations: Box::new(move || station_statuses(&reporting)),
            wake_intake: Box::new(move |station| waking.wake_intake(station)),
            stop: Box::new(on_stop),
        };
        let thread = server::serve(Arc::clone(&self.line), socket(&self.line), Arc::clone(&stop), Arc::new(hooks))?;
        self.control = Some((thread, stop));
        Ok(())
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        if let Some((thread, stop)) = self.control.take() {
            stop.store(true, Ordering::SeqCst);
            // A thread that panicked has been logged.
            let _ = thread.join();
        }
        if let Some(intake) = self.line.intake.get() {
            intake.stop();
        }
        if let Some(driver) = self.driver.take() {
            driver.stop();
        }
        if let Some((thread, bell)) = self.stamps.take() {
            bell.end();
            // A thread that panicked has been logged.
            let _ = thread.join();
        }
        if let Err(error) = self.line.note(Kind::DaemonStopped, |draft| draft) {
            tracing::warn!(%error, "The journal could not be told that the line stops");
        }
        self.bell.end();
        for thread in self.threads.drain(..) {
            // A thread that panicked has been logged.
            let _ = thread.join();
        }
    }
}

fn station_statuses(line: &Line) -> Vec<StationStatus> {
    let reports = line.intake.get().map(|intake| intake.stations()).unwrap_or_default();
    reports
        .into_iter()
        .map(|report| StationStatus {
            station: report.station,
            folder: report.folder.display().to_string(),
            watching: match report.watching {
                Watching::NotYet => "starting".to_owned(),
                Watching::Events => "events".to_owned(),
                Watching::Polling { .. } => "polling".to_owned(),
                Watching::Unreachable => "unreachable".to_owned(),
            },
            problem: report.problem,
            weaker_completeness: report.weaker_completeness,
            unfinished_files: report.unfinished_files,
            late_sidecars: report.late_sidecars,
            lone_sidecars: report.lone_sidecars,
            kept_sidecars: report.kept_sidecars,
            waiting_lists: report.waiting_lists,
            restless: report.restless,
            session: None,
        })
        .collect()
}

fn stations(line: &Line) -> Vec<Station> {
    let root = line.home.layout().root();
    line.config.stations.iter().map(|(name, settings)| Station::from_settings(root, name, settings)).collect()
}

fn intake_instruments(
    line: &Arc<Line>,
    claims: &Arc<Claims>,
    displaced: Arc<Displaced>,
) -> Result<Instruments, DaemonError> {
    let (sessions, clock) = (Arc::clone(&line.sessions), Arc::clone(&line.clock));
    let (shared, away) = (Arc::clone(&line.shared), line.home.watched(&line.config));
    // Whoever still looks at the line when it has ended must not keep the folders from the next one.
    let (claims, objects) = (Arc::downgrade(claims), Arc::clone(&line.objects));
    let encodings = line.config.stations.iter().map(|(name, station)| (name.clone(), station.index_encoding));
    let encodings: BTreeMap<Name, Encoding> = encodings.collect();
    Ok(Instruments {
        home: line.home.id(),
        custody: Folder::open(&line.home.layout().custody(&line.config)).map_err(OpenError::from)?,
        database: Arc::clone(&line.database),
        journal: Arc::clone(&line.journal),
        clock: Arc::clone(&line.clock),
        zone: line.calendar().calendar.zone().clone(),
        largest: line.config.image.most_bytes.as_bytes(),
        // By a clock that was set back nothing is delivered in a session that is still to be opened.
        session_at: Box::new(move |station| {
            sessions.at_station(station).filter(|facts| facts.opened_at <= clock.now()).map(|facts| facts.id)
        }),
        listed: Box::new(listed_files),
        stored: Box::new(move |object| objects.length(object)),
        rows: Box::new(move |station, list| every_row_of(list, *encodings.get(station)?)),
        away: Box::new(move || away.away().or_else(|| displaced.why())),
        ours: Box::new(move |station| match claims.upgrade() {
            Some(claims) => claims.ask_for(station).map_err(|why| why.to_string()),
            None => Err("the line has ended".to_owned()),
        }),
        wake_measuring: Box::new(move || shared.wake(&[StageName::Measuring])),
    })
}

/// One round of a thread that nobody else would notice the end of: a crash costs the round, and the next one comes.
fn survive(what: &str, round: impl FnOnce()) {
    if std::panic::catch_unwind(AssertUnwindSafe(round)).is_err() {
        tracing::error!("A round of \"{what}\" crashed; the next one is tried");
    }
}

/// Copies the journal's entries into its files after each commit, and its checkpoint to where the settings want it.
fn copy_journal(
    line: &Arc<Line>,
    bell: &Arc<Bell>,
    mut files: Files,
    mut anchor: Option<Anchor>,
    fresh: &Arc<AtomicBool>,
) -> std::io::Result<JoinHandle<()>> {
    let (line, bell, fresh) = (Arc::clone(line), Arc::clone(bell), Arc::clone(fresh));
    std::thread::Builder::new().name("journal files".into()).spawn(move || {
        let mut seen = 0;
        loop {
            let last = bell.stopping();
            survive("journal files", || {
                note_files(&line, files.catch_up(&line.database));
            });
            survive("anchor", || {
                if let Some(anchor) = &mut anchor {
                    let copied = anchor.catch_up(&line.database).and_then(|()| copy_stamped(&line, anchor, &fresh));
                    note_anchor(&line, copied);
                }
            });
            if last {
                return;
            }
            seen = bell.wait(seen, Duration::from_secs(10));
        }
    })
}

/// Copies the stamped checkpoints beside the others, where there is one that is not there yet.
fn copy_stamped(line: &Line, anchor: &Anchor, fresh: &AtomicBool) -> Result<(), AnchorError> {
    if !fresh.swap(false, Ordering::SeqCst) {
        return Ok(());
    }
    let copied = stamps::folder(line).map_err(AnchorError::from).and_then(|from| anchor.copy_stamped(&from));
    copied.inspect_err(|_| fresh.store(true, Ordering::SeqCst))
}

/// Reads the patient list and the calendar anew when they change, and sees whether another copy of the home took over.
fn watch_files(
    line: &Arc<Line>,
    bell: &Arc<Bell>,
    mut watcher: Watcher,
    claims: Arc<Claims>,
) -> std::io::Result<JoinHandle<()>> {
    let (line, bell) = (Arc::clone(line), Arc::clone(bell));
    std::thread::Builder::new().name("watched files".into()).spawn(move || {
        let (mut looked, mut asked) = (Moment::now(), Moment::now());
        while !bell.stopping() {
            if asked.elapsed() >= LACKING_EVERY {
                line.look_again_for_what_is_filed();
                system::give_back_memory();
                asked = Moment::now();
            }
            if looked.elapsed() >= FILES_EVERY {
                survive("watched files", || {
                    if let Err(error) = watcher.look(&line) {
                        tracing::error!(%error, "A changed patient list or calendar could not be taken over; it is tried again");
                    }
                });
                survive("claims", || claims.ask_for_all());
                looked = Moment::now();
            }
            survive("custody", || line.clear_what_is_filed());
            std::thread::sleep(SESSIONS_EVERY.min(FILES_EVERY));
        }
    })
}

/// Keeps why the journal's files fall behind for the status, and logs it when it changes. They are tried again.
fn note_files(line: &Line, copied: Result<(), FilesError>) {
    let error = copied.err();
    let problem = error.as_ref().map(FilesProblem::from);
    let mut known = line.files_problem.lock().unwrap_or_else(PoisonError::into_inner);
    if *known != problem {
        match &error {
            Some(error) => tracing::error!(%error, "The journal's files fall behind; they are tried again"),
            None => tracing::info!("The journal's files have caught up"),
        }
        *known = problem;
    }
}

/// Keeps why a checkpoint could not be copied for the status, and logs it when it changes. It is tried again.
fn note_anchor(line: &Line, copied: Result<(), AnchorError>) {
    let error = copied.err();
    let problem = error.as_ref().map(AnchorProblem::from);
    *line.anchor_copied.lock().unwrap_or_else(PoisonError::into_inner) = Some(problem.is_none());
    let mut known = line.anchor_problem.lock().unwrap_or_else(PoisonError::into_inner);
    if *known != problem {
        match &error {
            Some(error) => tracing::warn!(%error, "A checkpoint is not copied out of the home; it is tried again"),
            None => tracing::info!("Checkpoints are copied out of the home again"),
        }
        *known = problem;
    }
}

/// Watches what no stage and no request looks after: sessions reach a cap, appointments begin, the clock moves, a signature is
/// left over.
fn watch_sessions(line: &Arc<Line>, bell: &Arc<Bell>) -> std::io::Result<JoinHandle<()>> {
    let (line, bell) = (Arc::clone(line), Arc::clone(bell));
    std::thread::Builder::new().name("sessions".into()).spawn(move || {
        let (mut watch, mut incidents) = (clocks::Watch::default(), incidents::Watch::default());
        let (mut deadlines, mut looked) = (deadlines::Watch::default(), None::<Moment>);
        while !bell.stopping() {
            survive("sessions", || {
                if let Err(error) = requests::close_ended(&line) {
                    tracing::error!(%error, "A session ended and its row could not be closed; its key is gone");
                }
            });
            survive("attempts", || {
                if let Err(error) = attempts::look_after_unentered(&line) {
                    tracing::error!(%error, "A signature whose document was ended could not be set aside; it is tried again");
                }
            });
            survive("appointments", || {
                if let Err(error) = requests::resume_under_manager(&line) {
                    tracing::error!(%error, "What waited for an information manager could not go on; it is tried again");
                }
            });
            survive("clock", || {
                if let Err(error) = watch.look(&line) {
                    tracing::error!(%error, "What is known of the clock could not be entered; it is tried again");
                }
            });
            survive("incidents", || {
                if let Err(error) = incidents.look(&line) {
                    tracing::error!(%error, "What fails or works again could not be entered; it is tried again");
                }
            });
            if looked.is_none_or(|looked| looked.elapsed() >= DEADLINES_EVERY) {
                survive("deadlines", || {
                    if let Err(error) = deadlines.look(&line) {
                        tracing::error!(%error, "Nobody can say whose time ends soon; it is tried again");
                    }
                });
                looked = Some(Moment::now());
            }
            survive("time to come", || {
                if let Err(error) = clocks::resume_when_it_is_time(&line) {
                    tracing::error!(%error, "What waited for its time could not go on; it is tried again");
                }
            });
            std::thread::sleep(SESSIONS_EVERY);
        }
    })
}

/// Where a daemon listens for requests.
#[must_use]
pub fn socket(line: &Line) -> PathBuf {
    line.home.layout().control_socket()
}
