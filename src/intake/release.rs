//! Removes a source once its delivery no longer needs it, and nothing but that source.
//!
//! A name is never an identity: between the copy and now a scanner may have used the name again. So a source is first moved,
//! without replacing anything, into a private folder of the same drop folder. There nobody else finds it; it is compared with
//! custody (inode, size, time, writers, digest), and only then unlinked. What differs goes back, without replacing, and is a
//! new arrival.
//!
//! A crash in between leaves the file in the private folder under a name that says whose it is; [`leftovers`] finds it and
//! [`settle`] ends what was begun. At every instant the bytes are in the drop folder, in the private folder, or known to be
//! in custody.
//!
//! A sidecar goes whenever it equals the copy in custody, even where its document was exchanged meanwhile. Left behind, it
//! would speak for the next file under that name; a document without its sidecar is merely held.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags};
use uuid::Uuid;

use super::custody::Member;
use super::drop::{DropFolder, Limits, SourceTrouble, Unreachable};
use super::names;
use super::source::{SourceName, SourceStat};
use crate::durable::{self, Class, Folder};
use crate::ids::DeliveryId;
use crate::system::{self, Lease, Moved};

/// The private folder inside each drop folder.
pub const RELEASE: &str = ".torikomi-release";

/// Makes the private folder while there is room: on a full disk nothing could be released that would make some.
pub fn prepare(drop: &DropFolder) {
    // Without it every release says why.
    let _ = private_folder(drop);
}

/// What became of a source.
#[derive(Debug)]
pub enum ReleaseOutcome {
    /// It equalled the copy in custody and is gone, durably.
    Removed,
    /// Somebody else removed or renamed it. That is noted and changes nothing.
    AlreadyGone,
    /// Under its name stands something else than what was taken: a new arrival. It bears this name now. `same_file`: it
    /// is the file that was taken, with other bytes.
    Different { now_at: SourceName, same_file: bool },
    /// It stays where it is: to be remembered by inode and digest, not to be taken again, and tried again later. The
    /// administrator gives the right to remove.
    CannotRemove(io::Error),
    /// It stands in the private folder and can be neither compared, removed nor put back just now. [`leftovers`] finds it.
    Stranded(io::Error),
}

/// Releases members of a delivery whose copy in custody (or in the store) is durable. The outcomes are in the order of
/// `members`. It can be run twice.
pub fn release(
    drop: &DropFolder,
    delivery: DeliveryId,
    members: &[Member],
) -> Result<Vec<ReleaseOutcome>, Unreachable> {
    drop.check()?;
    let private = match private_folder(drop) {
        Ok(private) => private,
        Err(error) => {
            let error = |_| ReleaseOutcome::CannotRemove(clone(&error));
            return Ok(members.iter().map(error).collect());
        }
    };
    let mut outcomes: Vec<_> = members.iter().map(|member| release_one(drop, &private, delivery, member)).collect();
    let names = members.iter().map(|member| &member.name);
    if let Err(error) = make_durable(drop, &private, names) {
        // Whether the removals will survive a power cut is not known; after one, the leftovers tell.
        for outcome in &mut outcomes {
            if matches!(outcome, ReleaseOutcome::Removed) {
                *outcome = ReleaseOutcome::Stranded(clone(&error));
            }
        }
    }
    Ok(outcomes)
}

/// Syncs the folders that names were moved out of, each once, and the private one.
fn make_durable<'a>(
    drop: &DropFolder,
    private: &Folder,
    names: impl Iterator<Item = &'a SourceName>,
) -> io::Result<()> {
    let mut synced = BTreeSet::new();
    for name in names {
        if synced.insert(name.folder()) {
            match folder_of(drop, name) {
                Ok(folder) => rustix::fs::fsync(&folder)?,
                // It was taken away, and its names with it.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
            }
        }
    }
    rustix::fs::fsync(private).map_err(io::Error::from)
}

fn release_one(drop: &DropFolder, private: &Folder, delivery: DeliveryId, member: &Member) -> ReleaseOutcome {
    let standing = match drop.look(&member.name) {
        Ok(standing) => standing,
        Err(SourceTrouble::Gone) => return ReleaseOutcome::AlreadyGone,
        Err(SourceTrouble::NotAFile) => {
            return ReleaseOutcome::Different { now_at: member.name.clone(), same_file: false };
        }
        Err(SourceTrouble::Busy) => return ReleaseOutcome::CannotRemove(io::ErrorKind::ResourceBusy.into()),
        Err(SourceTrouble::Unreadable(error)) => return ReleaseOutcome::CannotRemove(error),
    };
    // What plainly differs is not even touched. What looks the same is compared where nobody can exchange it.
    if !standing.same_bytes(&member.source) {
        let same_file = standing.same_file(&member.source);
        return ReleaseOutcome::Different { now_at: member.name.clone(), same_file };
    }
    let leftover = Leftover::of(delivery, &member.file);
    match claim(drop, private, &leftover, &member.name) {
        Ok(true) => settle_in(drop, private, &leftover, Some(member)),
        Ok(false) => ReleaseOutcome::AlreadyGone,
        Err(error) => ReleaseOutcome::CannotRemove(error),
    }
}

/// Moves what bears the name into the private folder. False: nothing bears it.
fn claim(drop: &DropFolder, private: &Folder, leftover: &Leftover, name: &SourceName) -> io::Result<bool> {
    let folder = match folder_of(drop, name) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
        folder => folder?,
    };
    let (from, to) = (Path::new(name.bare()), Path::new(&leftover.private_name));
    let moved = match system::move_without_replacing(&folder, from, private, to) {
        // In the private folder only we write, and this name is used for this member alone.
        Ok(Moved::NotOffered) if !exists(private, to) => {
            rustix::fs::renameat(&folder, from, private, to).map(|()| Moved::Moved).map_err(io::Error::from)
        }
        moved => moved,
    };
    match moved {
        // Not made durable yet: if this move is lost in a power cut, the source simply stands where it stood.
        Ok(Moved::Moved) => Ok(true),
        // An earlier release of this member was cut short; it has to be settled first.
        Ok(Moved::NameTaken | Moved::NotOffered) => Err(io::ErrorKind::AlreadyExists.into()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// What stands in the private folder after a crash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    private_name: OsString,
    /// The delivery and the member's name in custody, where the name is one of ours.
    pub of: Option<(DeliveryId, String)>,
}

impl Leftover {
    fn of(delivery: DeliveryId, file: &str) -> Self {
        Self { private_name: format!("{delivery}.{file}").into(), of: Some((delivery, file.to_owned())) }
    }

    fn parse(private_name: OsString) -> Self {
        let of = private_name
            .to_str()
            .and_then(|name| name.split_once('.'))
            .and_then(|(delivery, file)| Some((delivery.parse().ok()?, file.to_owned())));
        Self { private_name, of }
    }
}

/// Releases that were begun and not ended. To be asked at every start, and settled before anything is released.
pub fn leftovers(drop: &DropFolder) -> Result<Vec<Leftover>, Unreachable> {
    drop.check()?;
    let names = match drop.folder().open_folder(RELEASE) {
        Ok(private) => private.names(1_000_000),
        Err(failure) if failure.class() == Class::Gone => return Ok(Vec::new()),
        Err(failure) => Err(failure),
    };
    Ok(names.map_err(Unreachable::of)?.into_iter().map(Leftover::parse).collect())
}

/// Ends a release that a crash cut short: removes the file if it is the member's, else puts it back. `member` is what the
/// ledger or custody knows of it; without that the file is put back as a new arrival.
pub fn settle(drop: &DropFolder, leftover: &Leftover, member: Option<&Member>) -> Result<ReleaseOutcome, Unreachable> {
    drop.check()?;
    let outcome = match private_folder(drop) {
        Ok(private) => {
            let outcome = settle_in(drop, &private, leftover, member);
            match private.sync() {
                Ok(()) => outcome,
                Err(failure) => ReleaseOutcome::Stranded(failure.into_io()),
            }
        }
        Err(error) => ReleaseOutcome::Stranded(error),
    };
    Ok(outcome)
}

fn settle_in(drop: &DropFolder, private: &Folder, leftover: &Leftover, member: Option<&Member>) -> ReleaseOutcome {
    let name = member.map(|member| member.name.clone());
    match member.map_or(Ok(false), |member| is_the_copied_one(private, leftover, member)) {
        Ok(true) => match rustix::fs::unlinkat(private, leftover.private_name.as_os_str(), AtFlags::empty()) {
            Ok(()) => ReleaseOutcome::Removed,
            Err(error) => match put_back(drop, private, leftover, name) {
                Ok(_) => ReleaseOutcome::CannotRemove(error.into()),
                Err(error) => ReleaseOutcome::Stranded(error),
            },
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => ReleaseOutcome::AlreadyGone,
        // What cannot be compared is not known to be the same.
        Ok(false) | Err(_) => {
            let same_file = member.is_some_and(|member| is_the_copied_file(private, leftover, member));
            match put_back(drop, private, leftover, name) {
                Ok(now_at) => ReleaseOutcome::Different { now_at, same_file },
                Err(error) => ReleaseOutcome::Stranded(error),
            }
        }
    }
}

/// Whether the moved file is, byte for byte, the one that custody was copied from, and nobody is writing to it.
fn is_the_copied_one(private: &Folder, leftover: &Leftover, member: &Member) -> io::Result<bool> {
    let mut file = File::from(system::open_beneath(private, Path::new(&leftover.private_name), OFlags::RDONLY)?);
    let resting = |file: &File| -> io::Result<bool> {
        let metadata = file.metadata()?;
        let same = metadata.is_file() && SourceStat::of(&metadata).same_bytes(&member.source);
        Ok(same && system::lease(file) != Lease::Held)
    };
    if !resting(&file)? {
        return Ok(false);
    }
    let found = durable::digest_of(&mut file)?;
    Ok((found.digest, found.size) == (member.digest, member.size) && resting(&file)?)
}

/// Whether it is the file that custody was copied from, with whatever bytes.
fn is_the_copied_file(private: &Folder, leftover: &Leftover, member: &Member) -> bool {
    let opened = system::open_beneath(private, Path::new(&leftover.private_name), OFlags::PATH);
    let metadata = opened.and_then(|descriptor| File::from(descriptor).metadata());
    metadata.is_ok_and(|metadata| metadata.is_file() && SourceStat::of(&metadata).same_file(&member.source))
}

/// Moves a file out of the private folder again, under its own name, or a fresh one where that is taken or unknown.
fn put_back(
    drop: &DropFolder,
    private: &Folder,
    leftover: &Leftover,
    name: Option<SourceName>,
) -> io::Result<SourceName> {
    let from = Path::new(&leftover.private_name);
    let unknown = || SourceName::new(OsStr::new("returned").to_owned()).ok_or(io::ErrorKind::InvalidInput);
    let mut name = name.map_or_else(unknown, Ok)?;
    // Its folder may have been taken away meanwhile; then it returns to the drop folder itself.
    let folder = match folder_of(drop, &name) {
        Ok(folder) => folder,
        Err(_) => {
            name = SourceName::new(name.bare().to_owned()).ok_or(io::ErrorKind::InvalidInput)?;
            folder_of(drop, &name)?
        }
    };
    for _ in 0..10 {
        let to = Path::new(name.bare());
        let mut moved = system::move_without_replacing(private, from, &folder, to)?;
        if moved == Moved::NotOffered {
            moved = system::link_then_unlink(private, from, &folder, to)?;
        }
        if moved == Moved::Moved {
            rustix::fs::fsync(&folder)?;
            return Ok(name);
        }
        name = fresh_name(&name)?;
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

/// `scan.tif` → `scan.returned-0b5e….tif`: still an arrival of the same kind, and never somebody else's name.
fn fresh_name(taken: &SourceName) -> io::Result<SourceName> {
    let stem = names::stem(taken.bare());
    let extension = taken.bare().as_bytes().get(stem.len()..).unwrap_or_default();
    let mark = format!(".returned-{}", Uuid::now_v7().simple());
    // 255 bytes is the longest name; what is cut off is only the old name's end.
    let room = 255_usize.saturating_sub(mark.len() + extension.len());
    let stem = stem.get(..room.min(stem.len())).unwrap_or_default();
    let bare = OsString::from_vec([stem, mark.as_bytes(), extension].concat());
    let name = match taken.folder() {
        Some(folder) => folder.join(&bare),
        None => SourceName::new(bare),
    };
    name.ok_or_else(|| io::ErrorKind::InvalidFilename.into())
}

/// Removes what a released folder delivery leaves behind: its folders, where they are empty. A folder in which anything
/// stands, a new arrival or litter, stays. True: nothing of it is left.
pub fn remove_emptied_folders(drop: &DropFolder, folder: &SourceName) -> Result<bool, Unreachable> {
    drop.check()?;
    let Some(found) = drop.look_into(folder, &Limits::default())? else { return Ok(true) };
    if found.is_occupied() {
        return Ok(false);
    }
    // Inner folders come after the outer ones they lie in.
    let folders = found.folders.iter().rev().map(|folder| &folder.name).chain([&found.name]);
    for name in folders {
        let removed = folder_of(drop, name).and_then(|folder| {
            rustix::fs::unlinkat(&folder, name.bare(), AtFlags::REMOVEDIR)?;
            Ok(rustix::fs::fsync(&folder)?)
        });
        if removed.is_err() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// The private folder, made where it is missing. It must be ours alone, or somebody could exchange what is compared there.
fn private_folder(drop: &DropFolder) -> io::Result<Folder> {
    let folder = match drop.folder().open_folder(RELEASE) {
        Err(failure) if failure.class() == Class::Gone => drop.folder().make_folder(RELEASE),
        folder => folder,
    };
    let folder = folder.map_err(durable::Failure::into_io)?;
    let metadata = File::from(folder.as_fd().try_clone_to_owned()?).metadata()?;
    // Network shares often show one owner and one mode for everything.
    if !drop.is_on_network() {
        if metadata.uid() != rustix::process::geteuid().as_raw() {
            return Err(io::ErrorKind::PermissionDenied.into());
        }
        if metadata.mode() & 0o077 != 0 {
            rustix::fs::fchmod(&folder, Mode::RWXU)?;
        }
    }
    Ok(folder)
}

/// The folder that a name lies in, opened beneath the drop folder.
fn folder_of(drop: &DropFolder, name: &SourceName) -> io::Result<OwnedFd> {
    match name.folder() {
        Some(folder) => system::open_beneath(drop, folder.as_path(), OFlags::RDONLY | OFlags::DIRECTORY),
        None => drop.as_fd().try_clone_to_owned(),
    }
}

fn exists(folder: &Folder, name: &Path) -> bool {
    !matches!(rustix::fs::statat(folder, name, AtFlags::SYMLINK_NOFOLLOW), Err(rustix::io::Errno::NOENT))
}

/// The same word of the system, for each of several members.
fn clone(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| error.kind().into(), io::Error::from_raw_os_error)
}

#[cfg(test)]
mod tests;
