//! A copy of the checkpoints outside the home, the stamped ones too: against it a journal that was shortened or written anew
//! is told.

use std::io;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::epochs::FIRST;
use super::grown::{Noted, Notes};
use super::read::{Head, edge_at, head};
use super::stamped;
use crate::database::{Database, DatabaseError, unreadable};
use crate::durable::{Failure, Folder};
use crate::ids::HomeId;

#[derive(Debug, thiserror::Error)]
pub enum AnchorError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(
        "the checkpoints cannot be copied to {path} ({source}): see that the folder of journal.anchor is there and can \
         be written"
    )]
    Io { path: PathBuf, source: io::Error },
    #[error("journal.anchor ({folder}) lies in the home, where a checkpoint proves nothing: name a folder outside")]
    Inside { folder: PathBuf },
    #[error(
        "{path} has a checkpoint of {promised} entries, the journal only {found}: it was shortened, or an older one \
         was put back; keep that file, and name another folder in journal.anchor once it is known what happened"
    )]
    Truncated { path: PathBuf, promised: u64, found: u64 },
    #[error(
        "{path} has a checkpoint of {size} entries of another past than the journal's: an older one was put back and \
         went on, or it was written anew; keep that file, and name another folder in journal.anchor once it is known \
         what happened"
    )]
    Forked { path: PathBuf, size: u64 },
    #[error(
        "{path} had a checkpoint of {promised} entries and ends at {found} now: put the file back or mount its disk, \
         or name another folder in journal.anchor, where the copy begins anew"
    )]
    Shortened { path: PathBuf, promised: u64, found: u64 },
}

impl From<Failure> for AnchorError {
    fn from(failure: Failure) -> Self {
        Self::Io { path: failure.path().to_owned(), source: failure.into_io() }
    }
}

/// Why the newest checkpoint is not in the copy, for people. The catalogue has a sentence for each: `anchor-<code>`; what
/// the system said is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum AnchorProblem {
    Database,
    Unreachable {
        path: String,
    },
    Inside {
        folder: String,
    },
    /// The journal is shorter than the copy.
    Truncated {
        path: String,
        promised: u64,
        found: u64,
    },
    /// The copy's last checkpoint is not of this journal's past.
    Forked {
        path: String,
        size: u64,
    },
    /// The copy is shorter than it was, or gone.
    Shortened {
        path: String,
        promised: u64,
        found: u64,
    },
}

impl From<&AnchorError> for AnchorProblem {
    fn from(error: &AnchorError) -> Self {
        let text = |path: &Path| path.display().to_string();
        match error {
            AnchorError::Database(_) => Self::Database,
            AnchorError::Io { path, .. } => Self::Unreachable { path: text(path) },
            AnchorError::Inside { folder } => Self::Inside { folder: text(folder) },
            AnchorError::Truncated { path, promised, found } => {
                Self::Truncated { path: text(path), promised: *promised, found: *found }
            }
            AnchorError::Forked { path, size } => Self::Forked { path: text(path), size: *size },
            AnchorError::Shortened { path, promised, found } => {
                Self::Shortened { path: text(path), promised: *promised, found: *found }
            }
        }
    }
}

/// Where the copy of a home's checkpoints lies, of one of its epochs.
#[must_use]
pub fn path_of(folder: &Path, id: HomeId, epoch: u32) -> PathBuf {
    folder.join(format!("{}.txt", of_epoch("checkpoints", id, epoch)))
}

/// Of which epochs of a home a folder holds copies.
///
/// # Errors
/// When it cannot be listed.
pub fn epochs_in(folder: &Path, id: HomeId) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let name = entry?.file_name();
        let Some(name) = name.to_str().and_then(|name| name.strip_suffix(".txt")) else { continue };
        match name.strip_prefix(&of_epoch("checkpoints", id, FIRST)) {
            Some("") => found.push(FIRST),
            Some(later) => found.extend(later.strip_prefix("-epoch-").and_then(|number| number.parse::<u32>().ok())),
            None => {}
        }
    }
    Ok(found)
}

fn of_epoch(what: &str, id: HomeId, epoch: u32) -> String {
    match epoch {
        FIRST => format!("{what}-{id}"),
        later => format!("{what}-{id}-epoch-{later}"),
    }
}

/// Two a day, for centuries.
const MOST_STAMPED: usize = 200_000;
/// A checkpoint, or a token with a long chain.
const LONGEST_STAMPED: u64 = 1 << 20;

/// The writing end of the copy.
pub struct Anchor {
    id: HomeId,
    epoch: u32,
    folder: PathBuf,
    home: PathBuf,
    path: PathBuf,
    /// Absent until the file was read, and after it could not be written or is not all there: it may be another by then.
    notes: Option<Notes>,
}

/// How far the copy reached when it was last written. The database remembers it, so that a copy that was cut or taken away
/// is missed whenever the line looks again; only in another place does one begin anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Reached {
    path: String,
    size: u64,
}

const REACHED: &str = "anchored";

impl Anchor {
    /// The copy in `folder` for the home `id` at `home`. Several homes may share a folder: each has its own file, and each
    /// epoch of one. What an earlier epoch promised stays as it is.
    #[must_use]
    pub fn new(folder: &Path, home: &Path, id: HomeId, epoch: u32) -> Self {
        let path = path_of(folder, id, epoch);
        Self { id, epoch, folder: folder.to_owned(), home: home.to_owned(), path, notes: None }
    }

    /// Where the checkpoints are.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Appends the newest checkpoint, unless it is there, and returns once it is durable.
    ///
    /// The folder is not made: where a disk is not mounted, it would be one on the home's own.
    ///
    /// # Errors
    /// When it cannot be read or written; it is written the next time.
    pub fn catch_up(&mut self, database: &Database) -> Result<(), AnchorError> {
        let Some(head) = database.read(async |tx| head(tx).await)? else { return Ok(()) };
        let at = |source| AnchorError::Io { path: self.path.clone(), source };
        let mut notes = match self.notes.take() {
            Some(notes) if notes.stand().map_err(at)? => notes,
            _ => self.open(database)?,
        };
        // A server's database may be put back under a running line too.
        self.fits(database, &notes, &head)?;
        notes.cut_back().map_err(at)?;
        let before = notes.noted();
        notes.note(&head).map_err(at)?;
        if notes.noted() != before {
            self.remember(database, head.size)?;
        }
        self.notes = Some(notes);
        Ok(())
    }

    /// Copies the stamped checkpoints that are not there yet, each with its token, to `stamped-<home>/` beside the others.
    /// Comes after [`Self::catch_up`], which sees that the folder is one outside.
    ///
    /// # Errors
    /// When they cannot be read or written; what is missing is copied the next time.
    pub fn copy_stamped(&self, from: &Folder) -> Result<(), AnchorError> {
        let to = Folder::open(&self.folder)?.make_folder(&of_epoch(stamped::FOLDER, self.id, self.epoch))?;
        // Sorted by name.
        let there = to.names(MOST_STAMPED)?;
        let missing = from.names(MOST_STAMPED)?.into_iter().filter(|name| there.binary_search(name).is_err());
        for name in missing.filter_map(|name| name.into_string().ok()) {
            if stamped::size_of(&name).is_some() {
                to.create_or_same(&name, &from.read(&name, LONGEST_STAMPED)?)?;
            }
        }
        Ok(())
    }

    fn open(&self, database: &Database) -> Result<Notes, AnchorError> {
        let path = self.path.clone();
        let at = |source| AnchorError::Io { path: self.path.clone(), source };
        let (folder, home) = (self.folder.canonicalize().map_err(at)?, self.home.canonicalize().map_err(at)?);
        if folder.starts_with(home) {
            return Err(AnchorError::Inside { folder });
        }
        let notes = Notes::open(&self.path).map_err(at)?;
        let found = notes.noted().map_or(0, |noted| noted.size);
        if let Some(promised) = self.reached(database)?.filter(|reached| *reached > found) {
            return Err(AnchorError::Shortened { path, promised, found });
        }
        Ok(notes)
    }

    /// A copy that is not what this journal wrote there stays as it is, however far the journal grows.
    fn fits(&self, database: &Database, notes: &Notes, now: &Head) -> Result<(), AnchorError> {
        let Some(Noted { size, root }) = notes.noted().filter(|noted| (noted.size, noted.root) != (now.size, now.root))
        else {
            return Ok(());
        };
        let path = self.path.clone();
        if size > now.size {
            return Err(AnchorError::Truncated { path, promised: size, found: now.size });
        }
        if database.read(async |tx| edge_at(tx, size).await)?.root() != root {
            return Err(AnchorError::Forked { path, size });
        }
        Ok(())
    }

    /// How far the copy reached here when it was last written.
    fn reached(&self, database: &Database) -> Result<Option<u64>, DatabaseError> {
        let row = database.read::<_, DatabaseError, _>(async |tx| {
            Ok(sqlx::query("SELECT value FROM meta WHERE key = $1").bind(REACHED).fetch_optional(tx).await?)
        })?;
        let Some(row) = row else { return Ok(None) };
        let reached = serde_json::from_str::<Reached>(&row.try_get::<String, _>("value")?);
        let reached = reached.map_err(unreadable("meta.anchored"))?;
        Ok(Some(reached.size).filter(|_| reached.path == self.path.display().to_string()))
    }

    fn remember(&self, database: &Database, size: u64) -> Result<(), DatabaseError> {
        let reached = Reached { path: self.path.display().to_string(), size };
        let reached = serde_json_canonicalizer::to_string(&reached).map_err(unreadable("meta.anchored"))?;
        database.write(async move |tx| {
            let sql = "INSERT INTO meta (key, value) VALUES ($1, $2)
                       ON CONFLICT (key) DO UPDATE SET value = excluded.value";
            sqlx::query(sql).bind(REACHED).bind(reached).execute(tx).await?;
            Ok(())
        })
    }
}
