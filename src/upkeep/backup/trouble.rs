//! Why a backup could not be made, read or brought back.

use std::io;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use crate::config::home::{HomeError, HomeTrouble};
use crate::database::DatabaseError;
use crate::durable::{Class, Failure};
use crate::store::StoreError;
use crate::toml_text::Problem;

/// The catalogue has a sentence for each code: `backup-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[error("{self:?}")]
pub enum Trouble {
    // -- who asks must ask otherwise --
    /// The settings name nobody for whom a backup could be sealed.
    NoRecipients,
    /// The folder bears no marker: it is no backup, or what it lies on is not mounted.
    NotABackup {
        path: String,
    },
    OtherHome {
        path: String,
        found: String,
        expected: String,
    },
    /// It lies in the home, or the home in it.
    Inside {
        path: String,
    },
    NoGeneration {
        path: String,
        generation: u32,
    },
    /// A backup that holds no generation yet.
    Empty {
        path: String,
    },
    /// A newer version made it.
    Newer {
        path: String,
    },
    IdentityFile {
        path: String,
        problem: String,
    },
    /// None of the secret keys opens it.
    WrongKey {
        path: String,
    },
    /// A home is restored into an empty folder.
    NotEmpty {
        path: String,
    },
    /// What is given with `--against` holds no checkpoint of this journal.
    NoCheckpoint,
    /// A name that a list of files cannot hold.
    BadName {
        path: String,
    },
    // -- the answer is no --
    /// What lies there is not what was written.
    Damaged {
        path: String,
    },
    Missing {
        path: String,
    },
    /// A checkpoint that was kept elsewhere is of another past than the backup.
    AnotherPast {
        size: u64,
    },
    // -- the machine --
    Busy {
        path: String,
    },
    DiskFull {
        path: String,
    },
    /// A file changed while it was read.
    Changed {
        path: String,
    },
    /// The journal's files speak of entries to which the database does not lead: it is an older one, or another.
    OtherDatabase {
        in_files: u64,
        in_database: u64,
    },
    /// The journal's files lack entries that the database has.
    JournalBehind {
        in_files: u64,
        in_database: u64,
    },
    Disk {
        path: String,
        problem: String,
    },
    Home {
        troubles: Vec<HomeTrouble>,
    },
    /// The settings in the backup.
    Settings {
        problems: Vec<Problem>,
    },
    Database {
        problem: String,
    },
    Objects {
        problem: String,
    },
}

impl Trouble {
    /// 1 the answer is no, 2 it is to be asked otherwise, 3 the machine failed.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::NoRecipients
            | Self::NotABackup { .. }
            | Self::OtherHome { .. }
            | Self::Inside { .. }
            | Self::NoGeneration { .. }
            | Self::Empty { .. }
            | Self::Newer { .. }
            | Self::IdentityFile { .. }
            | Self::WrongKey { .. }
            | Self::NotEmpty { .. }
            | Self::NoCheckpoint
            | Self::Settings { .. }
            | Self::BadName { .. } => 2,
            Self::Damaged { .. } | Self::Missing { .. } | Self::AnotherPast { .. } | Self::OtherDatabase { .. } => 1,
            Self::Busy { .. }
            | Self::DiskFull { .. }
            | Self::Changed { .. }
            | Self::JournalBehind { .. }
            | Self::Disk { .. }
            | Self::Home { .. }
            | Self::Database { .. }
            | Self::Objects { .. } => 3,
        }
    }

    /// What the system said of a file.
    pub(in crate::upkeep) fn io(path: &Path, error: &io::Error) -> Self {
        let path = path.display().to_string();
        match (Class::of(error), error.kind()) {
            (Class::DiskFull, _) => Self::DiskFull { path },
            (_, io::ErrorKind::NotFound) => Self::Missing { path },
            _ => Self::Disk { path, problem: error.to_string() },
        }
    }
}

impl From<Failure> for Trouble {
    fn from(failure: Failure) -> Self {
        let path = failure.path().display().to_string();
        match failure.class() {
            Class::DiskFull => Self::DiskFull { path },
            _ => Self::Disk { path, problem: failure.to_string() },
        }
    }
}

impl From<HomeError> for Trouble {
    fn from(error: HomeError) -> Self {
        Self::Home { troubles: error.troubles() }
    }
}

impl From<DatabaseError> for Trouble {
    fn from(error: DatabaseError) -> Self {
        Self::Database { problem: error.to_string() }
    }
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Objects { problem: error.to_string() }
    }
}
