//! Whether the journal's files are the whole past: what a database that can still be read has beyond them is copied first,
//! and files that lack what they had, or are not that database's, are refused.

use std::path::Path;

use super::{OldDatabase, RebuildError};
use crate::config::Config;
use crate::config::home::Home;
use crate::database::owner::{self, OwnerError};
use crate::database::{Database, DatabaseError};
use crate::evidence::tree::Frontier;
use crate::ids::Digest;
use crate::journal::Entry;
use crate::journal::anchor::Anchor;
use crate::journal::epochs::{self, Epoch};
use crate::journal::files::{Files, FilesError};
use crate::journal::kept::{self, Kept, Promised};
use crate::journal::read::{self, Head};

/// Brings the journal's files up to the old database, in which nothing is changed. Answers what it was asked, and its head.
///
/// Where some of it is damaged, what can still be read counts: the tree says whether entries are the ones that were written.
pub(super) fn caught_up(
    path: &Path,
    home: &Home,
    config: &Config,
    folder: &Path,
    runtime: &tokio::runtime::Handle,
) -> Result<(OldDatabase, Option<Head>), RebuildError> {
    if !path.try_exists().map_err(|error| RebuildError::Io { path: path.to_owned(), error })? {
        return Ok((OldDatabase::None, None));
    }
    let database = match Database::open_read_only(path, runtime) {
        Ok(database) => database,
        Err(error) if is_damage(&error) => return Ok((OldDatabase::Unreadable, None)),
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
) -> Result<(OldDatabase, Option<Head>), RebuildError> {
    let (not_ours, unreadable) = (Ok((OldDatabase::NotOurs, None)), Ok((OldDatabase::Unreadable, None)));
    match database.is_blank() {
        Ok(false) => {}
        Ok(true) => return unreadable,
        Err(error) if is_damage(&error) => return unreadable,
        Err(error) => return Err(not_copied(path, &error)),
    }
    let (id, mode) = (home.id(), config.mode);
    match database.read(async |tx| owner::check(tx, id, mode).await) {
        Ok(()) => {}
        Err(OwnerError::Foreign { .. } | OwnerError::Unfinished | OwnerError::HalfRebuilt) => return not_ours,
        // Whose it is, its head will tell: the files are compared with it.
        Err(OwnerError::Database(error)) if is_damage(&error) => {}
        Err(OwnerError::Database(error)) => return Err(not_copied(path, &error)),
        Err(error @ OwnerError::ModeChanged { .. }) => return Err(error.into()),
    }
    let head = match database.read::<_, DatabaseError, _>(async |tx| read::head(tx).await) {
        Ok(Some(head)) => head,
        Ok(None) => return not_ours,
        Err(error) if is_damage(&error) => return unreadable,
        Err(error) => return Err(not_copied(path, &error)),
    };
    match Files::open(folder, database).and_then(|mut files| files.catch_up(database)) {
        // What of it cannot be copied is found out by how far the files reach then.
        Ok(()) | Err(FilesError::DatabaseIsOlder { .. }) => Ok((OldDatabase::Compared, Some(head))),
        Err(FilesError::Database(error)) if is_damage(&error) => Ok((OldDatabase::Compared, Some(head))),
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

/// Demands that the files hold what every checkpoint speaks of that lies in them or outside, and all that the old database had.
/// A stamped checkpoint may stay of what was lost in a restore; those are the ones that an epoch tells of.
pub(super) fn check_whole(
    folder: &Path,
    epochs: &Epochs,
    anchor: Option<&Anchor>,
    old: Option<(&Path, &Head)>,
) -> Result<(), RebuildError> {
    let io = |error| RebuildError::Io { path: folder.to_owned(), error };
    let mut promised = kept::promised(folder).map_err(io)?;
    if let Some(anchor) = anchor {
        promised.extend(outside(anchor)?);
    }
    promised.sort_by_key(|by| by.size);
    let broken = |by: &Promised, index: u64| {
        if anchor.is_some_and(|anchor| anchor.path() == by.by) {
            return RebuildError::AgainstAnchor { path: by.by.clone(), size: by.size };
        }
        RebuildError::JournalDamaged { index, in_database: old.is_some_and(|(_, head)| head.size > index) }
    };
    let mut kept = Kept::open(folder).map_err(io)?;
    let (mut edge, mut lost, mut against) = (Frontier::default(), Vec::new(), Vec::new());
    while let Some(entry) = kept.next_entry().map_err(io)? {
        lost.extend(epochs.opened_by(entry.index, || edge.root()));
        edge.append(&entry.bytes);
        let size = edge.size();
        let differs = |by: &&Promised| by.size == size && by.root.is_some_and(|root| root != edge.root());
        for by in promised.iter().filter(differs) {
            if !by.is_stamped {
                return Err(broken(
                    by,
                    against.first().map_or(entry.index, |by: &&Promised| by.size.saturating_sub(1)),
                ));
            }
            // Whether it is the stamp that is of another past, what the files say of themselves and the old database tell.
            if !is_lost(by, &lost) {
                against.push(by);
            }
        }
        if let Some((path, head)) = old
            && head.size == size
            && head.root != edge.root()
        {
            let forked = || RebuildError::Forked { path: path.to_owned(), size };
            return Err(against.first().map_or_else(forked, |by| broken(by, by.size.saturating_sub(1))));
        }
    }
    let in_files = edge.size();
    let (beyond, of_itself): (Vec<_>, Vec<_>) =
        promised.iter().filter(|by| by.size > in_files && !is_lost(by, &lost)).partition(|by| by.is_stamped);
    if let Some(by) = of_itself.first() {
        return Err(broken(by, against.first().map_or(in_files, |by| by.size.saturating_sub(1))));
    }
    if let Some((path, head)) = old
        && head.size > in_files
    {
        return Err(not_copied(path, &format!("it has {} entries, the files {in_files}", head.size)));
    }
    against.extend(beyond);
    match against.last() {
        Some(newest) => {
            let paths = against.iter().map(|by| by.by.clone()).collect();
            Err(RebuildError::AgainstStamped { paths, size: newest.size })
        }
        None => Ok(()),
    }
}

/// Whether it is a stamped checkpoint of what one of these epochs says was lost.
fn is_lost(by: &Promised, epochs: &[&Epoch]) -> bool {
    by.is_stamped && epochs.iter().any(|epoch| epoch.lost(by.size))
}

/// The epochs that the files say were opened, each with the number of its entry.
pub(super) struct Epochs(Vec<(u64, Epoch)>);

impl Epochs {
    pub(super) fn in_files(folder: &Path) -> Result<Self, RebuildError> {
        let io = |error| RebuildError::Io { path: folder.to_owned(), error };
        let (mut kept, mut opened) = (Kept::open(folder).map_err(io)?, Vec::new());
        while let Some(entry) = kept.next_entry().map_err(io)? {
            // What is no entry is found by whoever reads them for good.
            let epoch = serde_json::from_slice::<Entry>(&entry.bytes).ok().and_then(|entry| Epoch::of(&entry));
            opened.extend(epoch.map(|epoch| (entry.index, epoch)));
        }
        Ok(Self(opened))
    }

    /// The one that the files end in.
    pub(super) fn last(&self) -> u32 {
        self.0.last().map_or(epochs::FIRST, |(_, epoch)| epoch.epoch)
    }

    /// The one that an entry opens, where it is right about what stands before it.
    fn opened_by(&self, index: u64, root_before: impl FnOnce() -> Digest) -> Option<&Epoch> {
        let place = self.0.binary_search_by_key(&index, |(index, _)| *index).ok()?;
        let (before, [(_, epoch), ..]) = self.0.split_at_checked(place)? else { return None };
        let before = before.last().map_or(epochs::FIRST, |(_, epoch)| epoch.epoch);
        epoch.opens(index, before, root_before).then_some(epoch)
    }
}

/// What the copy of the checkpoints outside the home speaks of. Where its folder cannot be reached, nobody can tell.
fn outside(anchor: &Anchor) -> Result<Option<Promised>, RebuildError> {
    let io = |path: &Path| {
        let path = path.to_owned();
        |error| RebuildError::Io { path, error }
    };
    if let Some(folder) = anchor.path().parent() {
        folder.metadata().map_err(io(folder))?;
    }
    kept::last_note(anchor.path()).map_err(io(anchor.path()))
}
