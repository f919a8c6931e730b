//! `store check --rebuild`: index and ledger made anew from what lies on the disk, when the database is lost or damaged.
//!
//! The journal's files are the thread. Each entry is entered again, byte for byte, and what it stands for beside it: people,
//! sessions, profiles from their acts; records from their own `record.json`; documents from the entry that took them in, the
//! measurements and the copy in custody. What was not taken in yet is left to the line, whose start looks through custody
//! anyway; so are signatures that were not filed. Open documents begin anew with identification, under the names that the
//! journal knows them by, and whatever people had decided about them is asked again: a decision counts only for a state that
//! can be shown.
//!
//! It works in a database of its own, which takes the old one's place when it is whole. The old one is kept aside. Where it can
//! still be read, what its journal has beyond the files is copied to them first; where that cannot be done, or the files lack
//! what they had, nothing is made.

mod disk;
mod past;
mod plan;
mod steps;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::check::StoreReport;
use crate::config::Config;
use crate::config::home::{Home, HomeError};
use crate::database::owner::{self, OwnerError};
use crate::database::{Address, Database, DatabaseError};
use crate::durable::{Failure, Folder};
use crate::ids::{AttemptId, DeliveryId, Digest, DocumentId, Name, PersonId};
use crate::instant::Instant;
use crate::journal::anchor::Anchor;
use crate::journal::append::Journal;
use crate::journal::disposal::Disposed;
use crate::journal::kept::Kept;
use crate::keyring::{Keyring, KeyringError};
use crate::ledger::restoring;
use crate::store::{Objects, StoreError};
use disk::Disk;
use plan::Planner;

/// Entries that are entered in one transaction.
const BATCH: usize = 200;

/// No more than this is listed of what could not be made anew; the rest is counted.
const MOST_NOT_REBUILT: usize = 200;

/// What came of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RebuildReport {
    /// Entries of the journal that were entered again.
    pub journal_entries: u64,
    pub records: u64,
    /// Documents that go on, from identification.
    pub open_documents: u64,
    pub old_database: OldDatabase,
    /// Where the old database lies now.
    pub kept_aside: Vec<String>,
    /// What could not be made anew, because it is nowhere on the disk.
    pub not_rebuilt: Vec<NotRebuilt>,
    /// How much more of that there is.
    pub more_not_rebuilt: u64,
    /// The home as it is now; none where it could not be looked through.
    pub check: Option<StoreReport>,
}

/// Whether the old database was asked for what the journal's files lack. The catalogue has a sentence for each that was not:
/// `store-old-database-<code>`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum OldDatabase {
    /// There was none.
    #[default]
    None,
    /// All that it had is in the files now.
    Compared,
    /// Not even the head of its journal can be read.
    Unreadable,
    /// It was another home's, or was never finished.
    NotOurs,
    /// The settings name the new one.
    OnServer,
}

impl RebuildReport {
    fn lack(&mut self, lost: impl IntoIterator<Item = NotRebuilt>) {
        for lost in lost {
            if self.not_rebuilt.len() < MOST_NOT_REBUILT {
                self.not_rebuilt.push(lost);
            } else {
                self.more_not_rebuilt = self.more_not_rebuilt.saturating_add(1);
            }
        }
    }
}

/// One thing that could not be made anew. The catalogue has a sentence for each, with what follows from it:
/// `not-rebuilt-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum NotRebuilt {
    /// The private part of an entry, or one that is not what the entry commits to.
    PrivatePart {
        journal_index: u64,
    },
    /// Who somebody is.
    Person {
        person: PersonId,
    },
    Certificate {
        person: PersonId,
        certificate: Digest,
    },
    Profile {
        id: Name,
        version: u32,
        digest: Digest,
    },
    /// The index row of a record whose own parts cannot be read.
    Record {
        journal_index: u64,
        object: Digest,
    },
    /// A document whose measurements cannot be read, or that cannot be told from its entry.
    Document {
        document: DocumentId,
    },
    /// A delivery that was never taken, because it was not whole or a person refused it, and whose copy is not in custody.
    Delivery {
        delivery: DeliveryId,
    },
    /// The name of a delivery that was refused before it was copied. A sidecar that was meant for it may stand there still.
    RefusedName {
        delivery: DeliveryId,
    },
    /// An open document whose copy is not in custody.
    Copy {
        document: DocumentId,
    },
    /// The copy that counted of an open document. Another with the same scans is there, and a person says what they are.
    VeryCopy {
        document: DocumentId,
    },
    /// What people had decided about an open document; they are asked again.
    Decisions {
        document: DocumentId,
        count: u64,
    },
    /// What documents had been known to be that were sent back or discarded: it stood in the ledger alone.
    Identities {
        count: u64,
        first: DocumentId,
    },
    /// A signature that came to nothing, and whose files are gone.
    MissedSignature {
        attempt: AttemptId,
    },
    /// The row of a signature that was not filed. Its files are set aside, and the document is signed anew.
    Signature {
        attempt: AttemptId,
    },
}

/// Why nothing was made anew.
#[derive(Debug, thiserror::Error)]
pub enum RebuildError {
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Owner(#[from] OwnerError),
    #[error(transparent)]
    Disk(#[from] Failure),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Keys(#[from] KeyringError),
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: std::io::Error },
    /// A line of the journal's files is not the entry that belongs there, or is not there any more.
    #[error("the journal's files are damaged at entry {index}, or before it")]
    JournalDamaged { index: u64, in_database: bool },
    /// The copy of the checkpoints outside the home speaks of entries that the files lack, or of others.
    #[error("the journal's files are not those of which {} has a checkpoint of {size} entries", .path.display())]
    AgainstAnchor { path: PathBuf, size: u64 },
    /// Stamped checkpoints beside the files speak of entries that they lack, or of others, and no epoch tells why.
    #[error("the journal's files are not those of which there are stamped checkpoints, up to {size} entries")]
    AgainstStamped { paths: Vec<PathBuf>, size: u64 },
    /// What the old database has beyond the journal's files would be lost.
    #[error("what {} has beyond the journal's files cannot be copied to them: {problem}", .path.display())]
    NotCopied { path: PathBuf, problem: String },
    /// The old database went on from another past than the journal's files, and which of them is right is for people.
    #[error("the first {size} entries of {} are not those of the journal's files", .path.display())]
    Forked { path: PathBuf, size: u64 },
    /// A newer build worked in this home.
    #[error("the measurements {object} are of version {found}: use a newer torikomi")]
    NewerMeasurements { object: Digest, found: u64 },
    /// There is no journal to go by.
    #[error("{} holds no journal", .folder.display())]
    NoJournal { folder: PathBuf },
    /// A database on a server is not replaced: the settings have to name an empty one.
    #[error("the database that the settings name is not empty")]
    NotEmpty,
}

/// Makes the database of a home anew. Whoever calls this holds the home's lock.
///
/// # Errors
/// When it cannot be done; the old database is as it was.
pub fn rebuild(
    home: &Home,
    config: &Config,
    runtime: &tokio::runtime::Handle,
    now: Instant,
    progress: &mut dyn FnMut(u64),
) -> Result<RebuildReport, RebuildError> {
    home.check_markers(config)?;
    let layout = home.layout();
    let place = Address::at_home(layout, config).map_err(|error| RebuildError::Io {
        path: config.store.database_password_file.clone().unwrap_or_default(),
        error,
    })?;
    let folder = layout.store(config).join("journal");
    let (asked, head) = match &place {
        Address::File(path) => past::caught_up(path, home, config, &folder, runtime)?,
        Address::Server(_) => (OldDatabase::OnServer, None),
    };
    let old = match &place {
        Address::File(path) => head.as_ref().map(|head| (path.as_path(), head)),
        Address::Server(_) => None,
    };
    let epochs = past::Epochs::in_files(&folder)?;
    // What an earlier epoch promised is lost, as the journal says.
    let anchor = config.journal.anchor.as_ref();
    let anchor = anchor.map(|to| Anchor::new(&layout.root().join(to), layout.root(), home.id(), epochs.last()));
    past::check_whole(&folder, &epochs, anchor.as_ref(), old)?;
    let (address, made) = match &place {
        Address::File(path) => {
            let made = path.with_file_name("torikomi.db.rebuilt");
            // One that was broken off is of no use.
            remove_with_its_log(&made)?;
            (Address::File(made.clone()), Some((path.clone(), made)))
        }
        Address::Server(_) => (place, None),
    };
    let database = Database::open(&address, true, runtime, || ())?;
    if !database.read(async |tx| restoring::is_empty(tx).await)? {
        return Err(RebuildError::NotEmpty);
    }
    let (id, mode) = (home.id(), config.mode);
    database.write(async move |tx| owner::rebuilding(tx, id).await)?;
    let objects = Objects::at_home(home, config, runtime)?;
    let keys = Keyring::open(layout, config, home.id())?;
    let journal = Arc::new(Journal::new(home.id(), keys.origin, keys.journal));
    let disk = Disk::look(home, config, &objects)?;
    let mut report = fill(&disk, &database, &journal, &folder, progress)?;
    report.old_database = asked;
    let stations = disk.stations();
    database.write::<_, OwnerError, _>(async move |tx| {
        for station in &stations {
            crate::ledger::stations::set_established(tx, station, now).await?;
        }
        // A database without an owner is one that was never finished.
        owner::record(tx, id, mode).await
    })?;
    database.close();
    if let Some((path, made)) = made {
        let log = beside(&made, "-wal");
        if std::fs::metadata(&log).is_ok_and(|found| found.len() > 0) {
            let error = std::io::Error::other("the new database was not closed whole; run the command again");
            return Err(RebuildError::Io { path: log, error });
        }
        report.kept_aside = exchange(&path, &made, now)?;
    }
    Ok(report)
}

fn fill(
    disk: &Disk<'_>,
    database: &Database,
    journal: &Arc<Journal>,
    folder: &Path,
    progress: &mut dyn FnMut(u64),
) -> Result<RebuildReport, RebuildError> {
    let io = |error| RebuildError::Io { path: folder.to_owned(), error };
    let mut kept = Kept::open(folder).map_err(io)?;
    let mut planner = Planner::new(disk, Disposed::in_files(folder).map_err(io)?);
    let mut entries = 0;
    loop {
        let mut steps = Vec::new();
        while steps.len() < BATCH
            && let Some(entry) = kept.next_entry().map_err(io)?
        {
            let index = entry.index;
            planner.entry(entry, &mut steps)?.ok_or(RebuildError::JournalDamaged { index, in_database: false })?;
            entries = index.saturating_add(1);
        }
        if steps.is_empty() {
            break;
        }
        planner.report.lack(steps::take(database, journal, steps)?);
        progress(entries);
    }
    if entries == 0 {
        return Err(RebuildError::NoJournal { folder: folder.to_owned() });
    }
    let last = planner.finish()?;
    planner.report.lack(steps::take(database, journal, last)?);
    let mut report = planner.report;
    report.journal_entries = entries;
    Ok(report)
}

/// Puts the new database in the old one's place. The old one, with what SQLite keeps beside it, is kept under another name.
fn exchange(path: &Path, made: &Path, now: Instant) -> Result<Vec<String>, RebuildError> {
    let folder = path.parent().unwrap_or(path);
    // To the microsecond: one that was kept before is never replaced, whatever became of the clock since.
    let stamp: String = now.to_string().chars().filter(char::is_ascii_digit).collect();
    let mut kept = Vec::new();
    // The log first: a database without it is whole as of its last checkpoint, a log without its database is nothing.
    for ending in ["-wal", "-shm", ""] {
        let (old, aside) = (beside(path, ending), beside(path, &format!(".kept-{stamp}{ending}")));
        if old.exists() {
            std::fs::rename(&old, &aside).map_err(|error| RebuildError::Io { path: old, error })?;
            kept.push(aside.display().to_string());
        }
    }
    std::fs::rename(made, path).map_err(|error| RebuildError::Io { path: made.to_owned(), error })?;
    Folder::open(folder)?.sync()?;
    Ok(kept)
}

fn remove_with_its_log(path: &Path) -> Result<(), RebuildError> {
    for ending in ["-wal", "-shm", ""] {
        let path = beside(path, ending);
        match std::fs::remove_file(&path) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(RebuildError::Io { path, error }),
            _ => {}
        }
    }
    Ok(())
}

fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}
