//! One home works with what lies outside it: the drop folders on shares, the copy of its checkpoints. A copy of the home bears the
//! same marks, so it is told apart by what both share: a file there says who works with it.
//!
//! Whoever starts locks that file, where the file system has locks, and writes a new name of its own into it and into its
//! database. A copy that runs at the same time finds it locked; one that runs in turn finds a name there that its own database
//! does not know. Each name goes into the database before it goes into the file, so that a crash between the two keeps nobody
//! out. A home that was restored from a backup is of a later epoch and takes over; the one of before is kept out from then on.
//!
//! What lies in the home is copied with it and tells nothing.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use rustix::io::Errno;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::config::Config;
use crate::config::claim::{self, Claim};
use crate::config::home::Home;
use crate::database::{Database, DatabaseError};
use crate::ids::HomeId;
use crate::intake::drop::DropFolder;
use crate::ledger::claims::{self, Known};
use crate::pipeline::line::Line;

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

/// What this process works with, until it is dropped.
pub struct Claims {
    held: Vec<Held>,
    /// Where the file cannot be read or written, which is told once. It is tried again: a share may come back for good later than
    /// its folder.
    unnoticed: BTreeSet<PathBuf>,
    home: HomeId,
    epoch: u32,
}

struct Held {
    path: PathBuf,
    file: File,
    /// Of a drop folder the name is compared; a copy of the checkpoints tells by itself which past it is of.
    is_drop: bool,
    holder: Uuid,
}

impl Claims {
    /// Looks whether any of it is somebody else's, and changes nothing.
    ///
    /// # Errors
    /// When another copy of the home works with it, or has since.
    pub fn look_first(home: &Home, config: &Config, epoch: u32, database: &Database) -> Result<(), ClaimError> {
        let claims = Self { held: Vec::new(), unnoticed: BTreeSet::new(), home: home.id(), epoch };
        for (path, is_drop) in places(home, config).into_iter().filter(|(path, _)| path.exists()) {
            let _ = claims.look(path, is_drop, database)?;
        }
        Ok(())
    }

    /// Claims what the settings name outside the home and can be reached. Everything is looked at before anything is written.
    ///
    /// # Errors
    /// When another copy of the home works with it, or has since.
    pub fn take(line: &Line, epoch: u32) -> Result<Self, ClaimError> {
        let mut claims = Self { held: Vec::new(), unnoticed: BTreeSet::new(), home: line.home.id(), epoch };
        // A database that was made anew knows of no name: what it finds in each folder at first, now or later, is taken for its own.
        let folders =
            line.config.stations.iter().map(|(name, station)| station.folder(line.home.layout().root(), name));
        let folders: Vec<PathBuf> = folders.map(|folder| claim::in_drop_folder(&folder)).collect();
        line.database.write(async move |tx| claims::begin(tx, &folders).await)?;
        claims.take_what_came(line)?;
        Ok(claims)
    }

    /// Claims what can be reached only now: a share that was away when the line started.
    ///
    /// # Errors
    /// As for [`Self::take`].
    pub fn take_what_came(&mut self, line: &Line) -> Result<(), ClaimError> {
        let mut looked_at = Vec::new();
        for (path, is_drop) in places(&line.home, &line.config) {
            if self.held.iter().all(|held| held.path != path) {
                looked_at.push((self.look(path.clone(), is_drop, &line.database)?, path));
            }
        }
        for (held, path) in looked_at {
            let written = match held {
                Ok(held) => self.write(&held, &line.database)?.map(|()| held),
                Err(error) => Err(error),
            };
            match written {
                Ok(held) => {
                    self.unnoticed.remove(&path);
                    self.held.push(held);
                }
                Err(error) => self.note(path, &error),
            }
        }
        Ok(())
    }

    fn note(&mut self, path: PathBuf, error: &io::Error) {
        let shown = path.display().to_string();
        if self.unnoticed.insert(path) {
            tracing::warn!(%error, "{shown} cannot be read or written: a copy of this home would not be noticed there");
        }
    }

    /// Opens and locks a file, and demands that nobody else's claim stands there. The inner error where the place takes no file
    /// just now: the station says so itself.
    fn look(&self, path: PathBuf, is_drop: bool, database: &Database) -> Result<io::Result<Held>, ClaimError> {
        let shown = path.display().to_string();
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let file = match claim::open(&path, &mut options) {
            Ok(file) => file,
            Err(error) => return Ok(Err(error)),
        };
        // Not every share has locks; the names tell all the same.
        if rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK) {
            return Err(ClaimProblem::Working { path: shown }.into());
        }
        let found = match Claim::read(&file) {
            Ok(found) => found,
            Err(error) => return Ok(Err(error)),
        };
        if let Some(found) = found {
            if found.home == self.home && found.epoch > self.epoch {
                let (epoch, ours) = (found.epoch, self.epoch);
                return Err(ClaimProblem::Superseded { path: shown, epoch, ours }.into());
            }
            let of_ours = found.home == self.home && found.epoch == self.epoch && is_drop;
            // The settings may name the same folder by another path than before.
            let is_first = known(database, &path)?.is_some_and(|known| known == Known::default());
            if of_ours && !is_first && database.read(async |tx| claims::is_anothers(tx, found.holder).await)? {
                return Err(ClaimProblem::Taken { path: shown }.into());
            }
        }
        Ok(Ok(Held { path, file, is_drop, holder: Uuid::now_v7() }))
    }

    /// Writes our name into the file. Where it takes none, the work goes on, as where it cannot be opened.
    fn write(&self, held: &Held, database: &Database) -> Result<io::Result<()>, ClaimError> {
        let before = known(database, &held.path)?.and_then(|known| known.now);
        remember(database, &held.path, Known { now: before, next: Some(held.holder) })?;
        let claim = Claim { home: self.home, epoch: self.epoch, holder: held.holder };
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
        remember(database, &held.path, Known { now: Some(held.holder), next: None })?;
        Ok(Ok(()))
    }

    /// Whether somebody else has claimed one of them meanwhile. What cannot be read says nothing.
    #[must_use]
    pub fn lost(&self) -> Option<ClaimProblem> {
        self.held.iter().find_map(|held| {
            let path = held.path.display().to_string();
            let found = claim::open(&held.path, File::options().read(true))
                .and_then(|file| Claim::read(&file))
                .ok()
                .flatten()?;
            if found.home == self.home && found.epoch > self.epoch {
                return Some(ClaimProblem::Superseded { path, epoch: found.epoch, ours: self.epoch });
            }
            (held.is_drop && found.holder != held.holder).then_some(ClaimProblem::Taken { path })
        })
    }
}

/// What the settings name outside the home and can be reached, and whether it is a drop folder.
fn places(home: &Home, config: &Config) -> Vec<(PathBuf, bool)> {
    let root = home.layout().root();
    let mut places: Vec<(PathBuf, bool)> = Vec::new();
    for (name, station) in &config.stations {
        let folder = station.folder(root, name);
        if DropFolder::is_ours(&folder, home, name) {
            places.push((claim::in_drop_folder(&folder), true));
        }
    }
    let anchor = config.journal.anchor.as_ref().map(|folder| root.join(folder));
    if let Some(folder) = anchor.filter(|folder| folder.is_dir()) {
        places.push((claim::beside_checkpoints(&folder, home.id()), false));
    }
    places.retain(|(path, _)| !lies_in(path, root));
    places
}

fn lies_in(path: &Path, root: &Path) -> bool {
    let folder = path.parent().unwrap_or(path);
    folder.canonicalize().is_ok_and(|folder| folder.starts_with(root))
}

fn known(database: &Database, path: &Path) -> Result<Option<Known>, DatabaseError> {
    database.read(async |tx| claims::known(tx, path).await)
}

fn remember(database: &Database, path: &Path, known: Known) -> Result<(), DatabaseError> {
    let path = path.to_owned();
    database.write(async move |tx| claims::remember(tx, &path, known).await)
}
