//! Whether the journal's files are the whole past: what a database that can still be read has beyond them is copied first,
//! and files that lack what they had, or are not that database's, are refused.

use std::path::Path;

use super::RebuildError;
use crate::config::Config;
use crate::config::home::Home;
use crate::database::owner::{self, OwnerError};
use crate::database::{Database, DatabaseError};
use crate::evidence::tree::Frontier;
use crate::journal::files::{Files, FilesError};
use crate::journal::kept::{self, Kept};
use crate::journal::read::{self, Head};

/// Brings the journal's files up to the old database. Answers its head; none where there is no database, or none of this
/// home's that can be read.
pub(super) fn caught_up(
    path: &Path,
    home: &Home,
    config: &Config,
    folder: &Path,
    runtime: &tokio::runtime::Handle,
) -> Result<Option<Head>, RebuildError> {
    if !path.try_exists().map_err(|error| RebuildError::Io { path: path.to_owned(), error })? {
        return Ok(None);
    }
    let database = match Database::open(path, false, runtime, || ()) {
        Ok(database) => database,
        Err(error) if is_damage(&error) => return Ok(None),
        Err(error) => return Err(not_copied(path, &error)),
    };
    let head = copy(&database, path, home, config, folder);
    database.close();
    head
}

fn copy(
    database: &Database,
    path: &Path,
    home: &Home,
    config: &Config,
    folder: &Path,
) -> Result<Option<Head>, RebuildError> {
    let (id, mode) = (home.id(), config.mode);
    match database.read(async |tx| owner::check(tx, id, mode).await) {
        Ok(()) => {}
        // It has nothing of this home's.
        Err(OwnerError::Foreign { .. } | OwnerError::Unfinished) => return Ok(None),
        Err(OwnerError::Database(error)) if is_damage(&error) => return Ok(None),
        Err(OwnerError::Database(error)) => return Err(not_copied(path, &error)),
        Err(error @ OwnerError::ModeChanged { .. }) => return Err(error.into()),
    }
    let head = match database.read::<_, DatabaseError, _>(async |tx| read::head(tx).await) {
        Ok(Some(head)) => head,
        Ok(None) => return Ok(None),
        Err(error) if is_damage(&error) => return Ok(None),
        Err(error) => return Err(not_copied(path, &error)),
    };
    match Files::open(folder, database).and_then(|mut files| files.catch_up(database)) {
        // What of it cannot be copied is found out by how far the files reach then.
        Ok(()) | Err(FilesError::DatabaseIsOlder { .. }) => Ok(Some(head)),
        Err(FilesError::Database(error)) if is_damage(&error) => Ok(Some(head)),
        Err(FilesError::Forked { size, .. }) => Err(RebuildError::Forked { path: path.to_owned(), size }),
        Err(error) => Err(not_copied(path, &error)),
    }
}

/// Whether it is the database's contents that cannot be read, and not the way to it.
fn is_damage(error: &DatabaseError) -> bool {
    matches!(error, DatabaseError::Corrupt(_) | DatabaseError::Unreadable(_))
}

fn not_copied(path: &Path, problem: &dyn std::fmt::Display) -> RebuildError {
    RebuildError::NotCopied { path: path.to_owned(), problem: problem.to_string() }
}

/// Demands that the files hold what their own last checkpoint speaks of, and all that the old database had.
pub(super) fn check_whole(folder: &Path, old: Option<(&Path, &Head)>) -> Result<(), RebuildError> {
    let io = |error| RebuildError::Io { path: folder.to_owned(), error };
    let noted = kept::noted(folder).map_err(io)?;
    let mut kept = Kept::open(folder).map_err(io)?;
    let mut edge = Frontier::default();
    while let Some(entry) = kept.next_entry().map_err(io)? {
        edge.append(&entry.bytes);
        let size = edge.size();
        if noted.is_some_and(|(noted, root)| noted == size && root != edge.root()) {
            return Err(RebuildError::JournalDamaged { index: entry.index });
        }
        if let Some((path, head)) = old
            && head.size == size
            && head.root != edge.root()
        {
            return Err(RebuildError::Forked { path: path.to_owned(), size });
        }
    }
    let in_files = edge.size();
    if noted.is_some_and(|(noted, _)| noted > in_files) {
        return Err(RebuildError::JournalDamaged { index: in_files });
    }
    match old {
        Some((path, head)) if head.size > in_files => {
            let problem = format!("it has {} entries, the files {in_files}", head.size);
            Err(not_copied(path, &problem))
        }
        _ => Ok(()),
    }
}
