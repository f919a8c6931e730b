//! A copy of the checkpoints outside the home: against it a journal that was shortened or written anew is told.

use std::io;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::grown::Notes;
use super::read::head;
use crate::database::{Database, DatabaseError};
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
         was put back"
    )]
    Truncated { path: PathBuf, promised: u64, found: u64 },
}

/// Why the newest checkpoint is not in the copy, for people. The catalogue has a sentence for each: `anchor-<code>`; what
/// the system said is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum AnchorProblem {
    Database,
    Unreachable { path: String },
    Inside { folder: String },
    Truncated { path: String, promised: u64, found: u64 },
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
        }
    }
}

/// The writing end of the copy.
pub struct Anchor {
    folder: PathBuf,
    home: PathBuf,
    path: PathBuf,
    /// Absent until the file was read, and after it could not be written: it may be another by then.
    notes: Option<Notes>,
}

impl Anchor {
    /// The copy in `folder` for the home `id` at `home`. Several homes may share a folder: each has its own file.
    #[must_use]
    pub fn new(folder: &Path, home: &Path, id: HomeId) -> Self {
        let path = folder.join(format!("checkpoints-{id}.txt"));
        Self { folder: folder.to_owned(), home: home.to_owned(), path, notes: None }
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
            Some(notes) => notes,
            None => {
                let (folder, home) = (self.folder.canonicalize().map_err(at)?, self.home.canonicalize().map_err(at)?);
                if folder.starts_with(home) {
                    return Err(AnchorError::Inside { folder });
                }
                Notes::open(&self.path).map_err(at)?
            }
        };
        if let Some(promised) = notes.noted().filter(|noted| *noted > head.size) {
            return Err(AnchorError::Truncated { path: self.path.clone(), promised, found: head.size });
        }
        notes.note(&head).map_err(at)?;
        self.notes = Some(notes);
        Ok(())
    }
}
