//! One home works with what lies outside it: the drop folders on shares, the copy of its checkpoints. A copy of the home bears the
//! same marks, so it is told apart by what both share: a file there says who works with it.
//!
//! Whoever starts locks that file, where the file system has locks, and writes a new name of its own into it and into its
//! database. A copy that runs at the same time finds it locked; one that runs in turn finds a name there that its own database
//! does not know. Each name goes into the database before it goes into the file, so that a crash between the two keeps nobody
//! out. A home that was restored from a backup is of a later epoch and takes over; the one of before is kept out from then on.
//!
//! A share may be away when the line starts. So each station asks whose its folder is before it looks at what lies there, and again
//! before it lets sources go; the daemon asks for all of them from time to time, for a station with nothing to do asks seldom.
//!
//! What lies in the home is copied with it and tells nothing.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Moment};

use rustix::fs::FlockOperation;
use rustix::io::Errno;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::config::Config;
use crate::config::claim::{self, Claim};
use crate::config::home::Home;
use crate::database::{Database, DatabaseError};
use crate::ids::Name;
use crate::intake::drop::DropFolder;
use crate::ledger::claims::{self, Known};
use crate::pipeline::line::Line;

/// A claim that could not be written is tried again after this time.
const WRITE_AGAIN: Duration = Duration::from_secs(60);

/// Why a home must not work with what another one works with. The catalogue has a sentence for each: `claim-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum ClaimProblem {
    #[error("{path} is locked by a copy of this home that works with it just now")]
    Working { path: String },
    #[error("{path} says that another copy of this home has worked with it since this one did")]
    Taken { path: String },
    #[error("{path} says that this home was restored from a backup: that one is of epoch {epoch}, this one of {ours}")]
    Superseded { path: String, epoch: u32, ours: u32 },
}

#[derive(Debug, thiserror::Error)]
pub enum ClaimError {
    #[error(transparent)]
    Refused(#[from] ClaimProblem),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// Why a station must not work with its folder.
#[derive(Debug, thiserror::Error)]
pub enum NotOurs {
    #[error(transparent)]
    Claim(#[from] ClaimError),
    #[error("it cannot be asked whose it is")]
    Away,
    /// Nothing new is claimed then.
    #[error("{0}")]
    Displaced(String),
}

/// What another copy of this home was found to work with, by the file that says so, and why nothing may be done then: their
/// journals would part.
#[derive(Debug, Default)]
pub struct Displaced(Mutex<BTreeMap<PathBuf, String>>);

impl Displaced {
    #[must_use]
    pub fn why(&self) -> Option<String> {
        locked(&self.0).values().next().cloned()
    }

    fn set(&self, claim: &Path, problem: &ClaimProblem) {
        if locked(&self.0).insert(claim.to_owned(), problem.to_string()).is_none() {
            tracing::error!("Nothing is done any more: {problem}");
        }
    }

    fn lift(&self, claim: &Path) {
        let mut places = locked(&self.0);
        if places.remove(claim).is_some() && places.is_empty() {
            tracing::info!("Nobody else works with what is this home's; work goes on");
        }
    }
}

/// What this process works with outside the home, until it is dropped.
pub struct Claims {
    asking: Asking,
    database: Arc<Database>,
    displaced: Arc<Displaced>,
    /// Each with a lock of its own, so that a share that hangs keeps only those waiting who ask for it.
    places: Vec<(Place, Mutex<Standing>)>,
}

/// Who asks.
struct Asking {
    home: Home,
    epoch: u32,
}

/// What the settings name and may lie outside the home.
struct Place {
    /// Of a drop folder the name in the claim is compared; a copy of the checkpoints tells by itself which past it is of.
    station: Option<Name>,
    folder: PathBuf,
    claim: PathBuf,
}

#[derive(Default)]
struct Standing {
    held: Option<Held>,
    /// The file cannot be read or written, which is told once. It is tried again: a share may come back for good later than its
    /// folder.
    is_noted: bool,
    /// The file takes no bytes. Each try is noted in the database first, so none is made before this.
    write_again: Option<Moment>,
}

/// A claim of ours, and the open file by which it is locked.
struct Held {
    file: File,
    holder: Uuid,
}

impl Claims {
    /// Looks whether any of it is somebody else's, and changes nothing.
    ///
    /// # Errors
    /// When another copy of the home works with it, or has since.
    pub fn look_first(home: &Home, config: &Config, epoch: u32, database: &Database) -> Result<(), ClaimError> {
        let asking = Asking { home: home.clone(), epoch };
        for place in places(home, config).iter().filter(|place| place.is_shared(home)) {
            if place.is_reached(home) && place.claim.exists() {
                let _ = asking.look(place, database)?;
            }
        }
        Ok(())
    }

    /// Claims what the settings name outside the home and can be reached. Everything is looked at before anything is written.
    ///
    /// # Errors
    /// When another copy of the home works with it, or has since.
    pub fn take(line: &Line, epoch: u32, displaced: Arc<Displaced>) -> Result<Self, ClaimError> {
        let places = places(&line.home, &line.config);
        // A database that was made anew knows of no name: what it finds in each folder at first, now or later, is taken for its own.
        let folders = places.iter().filter(|place| place.station.is_some()).map(|place| place.claim.clone());
        let folders: Vec<PathBuf> = folders.collect();
        line.database.write(async move |tx| claims::begin(tx, &folders).await)?;
        let claims = Self {
            asking: Asking { home: line.home.clone(), epoch },
            database: Arc::clone(&line.database),
            displaced,
            places: places.into_iter().map(|place| (place, Mutex::default())).collect(),
        };
        let mut looked_at = Vec::new();
        for (place, standing) in &claims.places {
            if place.is_shared(&line.home) && place.is_reached(&line.home) {
                looked_at.push((place, standing, claims.asking.look(place, &line.database)?));
            }
        }
        for (place, standing, looked) in looked_at {
            claims.write(place, &mut locked(standing), looked)?;
        }
        Ok(claims)
    }

    /// Asks whether a station's folder is this home's to work with, and claims it where that was not done yet.
    ///
    /// # Errors
    /// Where it is another's, or nobody can tell just now.
    pub fn ask_for(&self, station: &Name) -> Result<(), NotOurs> {
        let mut of_it = self.places.iter().filter(|(place, _)| place.station.as_ref() == Some(station));
        of_it.try_for_each(|(place, standing)| self.ask(place, standing))
    }

    /// Asks the same of everything.
    pub fn ask_for_all(&self) {
        for (place, standing) in &self.places {
            if let Err(NotOurs::Claim(ClaimError::Database(error))) = self.ask(place, standing) {
                tracing::warn!(%error, "What can be reached again could not be claimed; it is tried again");
            }
        }
    }

    /// What cannot be reached says nothing: what was found there last stands.
    fn ask(&self, place: &Place, standing: &Mutex<Standing>) -> Result<(), NotOurs> {
        let mut standing = locked(standing);
        if !place.is_shared(&self.asking.home) {
            return Ok(());
        }
        if !place.is_reached(&self.asking.home) {
            return Err(NotOurs::Away);
        }
        let asked = self.find_out(place, &mut standing);
        match &asked {
            Ok(Answer::Ours) => self.displaced.lift(&place.claim),
            Err(NotOurs::Claim(ClaimError::Refused(problem))) => self.displaced.set(&place.claim, problem),
            Ok(Answer::Silent) | Err(_) => {}
        }
        asked.map(|_| ())
    }

    fn find_out(&self, place: &Place, standing: &mut Standing) -> Result<Answer, NotOurs> {
        if let Some(held) = &standing.held {
            if let Some(answer) = self.asking.compare(place, held).map_err(ClaimError::from)? {
                return Ok(answer);
            }
            // A person took it away, and whoever comes first has it.
            standing.held = None;
        }
        let looked = self.asking.look(place, &self.database)?;
        if looked.is_ok() {
            self.displaced.lift(&place.claim);
        }
        match self.displaced.why() {
            Some(why) => Err(NotOurs::Displaced(why)),
            None => Ok(self.write(place, standing, looked).map_err(ClaimError::from)?),
        }
    }

    /// Writes our name into the file. Where the place takes none, the work goes on.
    fn write(&self, place: &Place, standing: &mut Standing, looked: io::Result<Held>) -> Result<Answer, DatabaseError> {
        if looked.is_ok() && standing.write_again.is_some_and(|again| Moment::now() < again) {
            return Ok(Answer::Silent);
        }
        let written = match looked {
            Ok(held) => {
                let put = self.put(place, &held)?;
                standing.write_again = put.is_err().then(|| Moment::now() + WRITE_AGAIN);
                put.map(|()| held)
            }
            Err(error) => Err(error),
        };
        match written {
            Ok(held) => {
                *standing = Standing { held: Some(held), ..Standing::default() };
                Ok(Answer::Ours)
            }
            Err(error) => {
                if !std::mem::replace(&mut standing.is_noted, true) {
                    let shown = place.claim.display();
                    tracing::warn!(%error, "{shown} cannot be read or written: a copy of this home would not be noticed there");
                }
                Ok(Answer::Silent)
            }
        }
    }

    fn put(&self, place: &Place, held: &Held) -> Result<io::Result<()>, DatabaseError> {
        let before = known(&self.database, &place.claim)?.and_then(|known| known.now);
        remember(&self.database, &place.claim, Known { now: before, next: Some(held.holder) })?;
        let claim = Claim { home: self.asking.home.id(), epoch: self.asking.epoch, holder: held.holder };
        let put = |mut file: &File| -> io::Result<()> {
            let mut bytes = serde_json_canonicalizer::to_vec(&claim)?;
            bytes.push(b'\n');
            file.rewind()?;
            file.write_all(&bytes)?;
            file.set_len(bytes.len() as u64)?;
            file.sync_all()
        };
        if let Err(error) = put(&held.file) {
            return Ok(Err(error));
        }
        remember(&self.database, &place.claim, Known { now: Some(held.holder), next: None })?;
        Ok(Ok(()))
    }
}

/// What the file says, where it is nobody else's.
#[derive(Clone, Copy)]
enum Answer {
    Ours,
    /// It cannot be read or written.
    Silent,
}

impl Asking {
    /// Opens and locks a file, and demands that nobody else's claim stands there. The inner error where the place takes no file
    /// just now: the station says so itself.
    fn look(&self, place: &Place, database: &Database) -> Result<io::Result<Held>, ClaimError> {
        let path = || place.claim.display().to_string();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let opened = claim::open(&place.claim, &mut options);
        // Not every share has locks; the names tell all the same.
        if let Ok(file) = &opened
            && rustix::fs::flock(file, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK)
        {
            return Err(ClaimProblem::Working { path: path() }.into());
        }
        // Where nothing can be written, what stands there tells all the same.
        let read = match &opened {
            Ok(file) => Claim::read(file),
            Err(_) => claim::open(&place.claim, File::options().read(true)).and_then(|file| Claim::read(&file)),
        };
        if let Ok(Some(found)) = &read {
            self.demand_no_later(place, found)?;
            let of_ours = found.home == self.home.id() && found.epoch == self.epoch && place.station.is_some();
            // The settings may name the same folder by another path than before.
            let is_first = known(database, &place.claim)?.is_some_and(|known| known == Known::default());
            if of_ours && !is_first && database.read(async |tx| claims::is_anothers(tx, found.holder).await)? {
                return Err(ClaimProblem::Taken { path: path() }.into());
            }
        }
        Ok(opened.and_then(|file| read.map(|_| Held { file, holder: Uuid::now_v7() })))
    }

    /// Whether a claim of ours still stands; none where the file is gone.
    fn compare(&self, place: &Place, held: &Held) -> Result<Option<Answer>, ClaimProblem> {
        let found = match claim::open(&place.claim, File::options().read(true)) {
            Ok(file) => Claim::read(&file),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => Err(error),
        };
        let Ok(Some(found)) = found else { return Ok(Some(Answer::Silent)) };
        self.demand_no_later(place, &found)?;
        if place.station.is_some() && found.holder != held.holder {
            return Err(ClaimProblem::Taken { path: place.claim.display().to_string() });
        }
        Ok(Some(Answer::Ours))
    }

    fn demand_no_later(&self, place: &Place, found: &Claim) -> Result<(), ClaimProblem> {
        if found.home == self.home.id() && found.epoch > self.epoch {
            let path = place.claim.display().to_string();
            return Err(ClaimProblem::Superseded { path, epoch: found.epoch, ours: self.epoch });
        }
        Ok(())
    }
}

impl Place {
    /// What lies in the home is copied with it.
    fn is_shared(&self, home: &Home) -> bool {
        !self.folder.canonicalize().is_ok_and(|folder| folder.starts_with(home.layout().root()))
    }

    fn is_reached(&self, home: &Home) -> bool {
        match &self.station {
            Some(station) => DropFolder::is_ours(&self.folder, home, station),
            None => self.folder.is_dir(),
        }
    }
}

fn places(home: &Home, config: &Config) -> Vec<Place> {
    let root = home.layout().root();
    let drops = config.stations.iter().map(|(name, settings)| {
        let folder = settings.folder(root, name);
        Place { station: Some(name.clone()), claim: claim::in_drop_folder(&folder), folder }
    });
    let checkpoints = config.journal.anchor.iter().map(|folder| {
        let folder = root.join(folder);
        Place { station: None, claim: claim::beside_checkpoints(&folder, home.id()), folder }
    });
    drops.chain(checkpoints).collect()
}

fn known(database: &Database, path: &Path) -> Result<Option<Known>, DatabaseError> {
    database.read(async |tx| claims::known(tx, path).await)
}

fn remember(database: &Database, path: &Path, known: Known) -> Result<(), DatabaseError> {
    let path = path.to_owned();
    database.write(async move |tx| claims::remember(tx, &path, known).await)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
