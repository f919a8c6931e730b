//! The journal's files: a second copy of every entry, beside the database, for the day the database is lost.
//!
//! `store/journal/` holds segments of 100,000 entries (`entries-000000000000.jsonl`: exact bytes, one entry a line), their
//! private parts beside them (`private-000000000000.jsonl`), and `checkpoints.txt`, the signed head after each batch that was
//! copied. All are only ever appended to. What a crash or
//! a full disk cut short is cut off before anything is written after it, and what is missing is made up.

use std::io;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::grown::{Grown, Notes, whole_lines};
use super::kept::{entries_from, private_before, private_from, private_line};
use super::read::{entries, head};
use crate::database::{Database, DatabaseError};

/// Entries of one segment.
pub const SEGMENT: u64 = 100_000;

/// Read and written at a time.
const BATCH: u32 = 1000;

#[derive(Debug, thiserror::Error)]
pub enum FilesError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("the journal's files in {folder}: {source}")]
    Io { folder: PathBuf, source: io::Error },
    #[error(
        "the journal's files hold {in_files} entries, the database only {in_database}: it is older than they are; \
         restore a newer one or rebuild it from them"
    )]
    DatabaseIsOlder { in_files: u64, in_database: u64 },
}

/// Why the files are behind the database, for people. The catalogue has a sentence for each: `journal-files-<code>`; what the
/// system said is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum FilesProblem {
    Database,
    Unreachable {
        folder: String,
    },
    /// One of the files is shorter than it was written.
    Shortened {
        folder: String,
    },
    DatabaseIsOlder {
        in_files: u64,
        in_database: u64,
    },
}

impl From<&FilesError> for FilesProblem {
    fn from(error: &FilesError) -> Self {
        match error {
            FilesError::Database(_) => Self::Database,
            FilesError::Io { folder, source } if source.kind() == io::ErrorKind::InvalidData => {
                Self::Shortened { folder: folder.display().to_string() }
            }
            FilesError::Io { folder, .. } => Self::Unreachable { folder: folder.display().to_string() },
            FilesError::DatabaseIsOlder { in_files, in_database } => {
                Self::DatabaseIsOlder { in_files: *in_files, in_database: *in_database }
            }
        }
    }
}

/// The writing end of the files.
pub struct Files {
    folder: PathBuf,
    /// How many entries the files hold.
    written: u64,
    /// The last segment.
    segment: Grown,
    /// The private parts of its entries.
    private: Grown,
    checkpoints: Notes,
}

impl Files {
    /// Opens the files and finds out how far they reach. A last line or checkpoint that a crash cut short is cut off.
    ///
    /// # Errors
    /// When they cannot be read or mended.
    pub fn open(folder: &Path) -> Result<Self, FilesError> {
        let at = |source| FilesError::Io { folder: folder.to_owned(), source };
        std::fs::create_dir_all(folder).map_err(at)?;
        let mut start = 0;
        let (lines, segment) = loop {
            let (lines, segment) = Grown::open(&entries_from(folder, start), whole_lines).map_err(at)?;
            if lines < SEGMENT {
                break (lines, segment);
            }
            start += lines;
        };
        // Those of entries that are not there are written anew with them.
        let private = Grown::open(&private_from(folder, start), |file| private_before(file, start + lines));
        let ((), private) = private.map_err(at)?;
        let checkpoints = Notes::open(&folder.join("checkpoints.txt")).map_err(at)?;
        Ok(Self { folder: folder.to_owned(), written: start + lines, segment, private, checkpoints })
    }

    /// Copies what the database has beyond the files, makes it durable, then notes the checkpoint.
    ///
    /// # Errors
    /// When either cannot be read or written; what is missing is copied the next time.
    pub fn catch_up(&mut self, database: &Database) -> Result<(), FilesError> {
        let folder = self.folder.clone();
        let at = |source| FilesError::Io { folder: folder.clone(), source };
        let Some(head) = database.read(async |tx| head(tx).await)? else { return Ok(()) };
        if self.written > head.size {
            return Err(FilesError::DatabaseIsOlder { in_files: self.written, in_database: head.size });
        }
        while self.written < head.size {
            let start = self.written - self.written % SEGMENT;
            if self.written == start {
                self.segment = Grown::empty(&entries_from(&self.folder, start));
                self.private = Grown::empty(&private_from(&self.folder, start));
            }
            let room = u32::try_from((start + SEGMENT).min(head.size) - self.written).unwrap_or(BATCH).min(BATCH);
            let from = self.written;
            let batch = database.read(async |tx| entries(tx, from, room).await)?;
            let (mut lines, mut private) = (Vec::new(), Vec::new());
            for entry in &batch {
                lines.extend_from_slice(&entry.bytes);
                lines.push(b'\n');
                if let Some(part) = &entry.private {
                    private.extend(private_line(entry.index, part).map_err(io::Error::from).map_err(at)?);
                }
            }
            if batch.is_empty() {
                return Err(DatabaseError::Corrupt(format!("the journal has no entry {from}")).into());
            }
            // Before the entries: of an entry that is there, nothing is missing.
            if !private.is_empty() {
                self.private.append(&private).map_err(at)?;
            }
            self.segment.append(&lines).map_err(at)?;
            self.written += batch.len() as u64;
        }
        self.checkpoints.note(&head).map_err(at)
    }
}
