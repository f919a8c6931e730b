//! A station's drop folder, held open: whether it is ours and reachable, and what lies in it.
//!
//! Invariant: a folder without our marker is *unreachable*, never *empty*. A mount that vanished leaves an empty folder
//! behind, and so does a mistyped path; neither may look like a station with nothing to do.
//!
//! Everything below is opened from the held descriptor, beneath it, through no symbolic link and onto no other mount
//! ([`system::open_beneath`]).

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};
use std::os::unix::fs::{FileTypeExt as _, MetadataExt as _};
use std::path::{Path, PathBuf};

use rustix::fs::{Dir, OFlags};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::names::{self, NameKind};
use super::source::{SourceName, SourceStat};
use crate::config::home::Home;
use crate::durable::{Class, Failure, Folder};
use crate::ids::{HomeId, Name};
use crate::system::{self, Lease};

/// The file that says whose drop folder this is.
pub const MARKER: &str = ".torikomi-drop";

const MARKER_FORMAT: u32 = 1;
const MARKER_LIMIT: u64 = 4096;

/// A drop folder that was reachable and ours when it was opened; [`DropFolder::check`] asks again.
#[derive(Debug)]
pub struct DropFolder {
    folder: Folder,
    home: HomeId,
    station: Name,
    /// Of the folder itself, to see when its path comes to lead elsewhere.
    identity: (u64, u64),
    on_network: bool,
}

impl DropFolder {
    /// Opens the folder of a station that is used for the first time, and writes the marker. A marker of another home
    /// or station is kept, and refuses.
    ///
    /// Never for a station that has been used before: that one is opened with [`DropFolder::open`], or a vanished
    /// mount would be given a marker of its own.
    pub fn establish(path: &Path, home: HomeId, station: &Name) -> Result<Self, Unreachable> {
        let folder = Folder::open(path).map_err(Unreachable::of)?;
        let marker = Marker { format: MARKER_FORMAT, home, station: station.clone() };
        let bytes = serde_json_canonicalizer::to_vec(&marker).map_err(|e| Unreachable::of_io(path, e.into()))?;
        match folder.create_or_same(MARKER, &bytes) {
            Ok(_) => {}
            Err(failure) if failure.class() == Class::Exists => {}
            Err(failure) => return Err(Unreachable::of(failure)),
        }
        Self::hold(folder, home, station)
    }

    /// Whether the folder of a station is there and ours. `init` and a restore mark it as the home's; one that the settings named
    /// later bears its station's marker alone.
    #[must_use]
    pub fn is_ours(path: &Path, home: &Home, station: &Name) -> bool {
        home.check_drop_folder(path).is_ok() || Self::open(path, home.id(), station).is_ok()
    }

    /// Opens the folder of a station and verifies that it bears our marker.
    pub fn open(path: &Path, home: HomeId, station: &Name) -> Result<Self, Unreachable> {
        Self::hold(Folder::open(path).map_err(Unreachable::of)?, home, station)
    }

    fn hold(folder: Folder, home: HomeId, station: &Name) -> Result<Self, Unreachable> {
        let trouble = |error| Unreachable::of_io(folder.path(), error);
        let metadata = descriptor_metadata(&folder).map_err(trouble)?;
        let on_network = system::is_on_network(&folder).map_err(trouble)?;
        let drop =
            Self { identity: (metadata.dev(), metadata.ino()), on_network, home, station: station.clone(), folder };
        drop.check_marker()?;
        Ok(drop)
    }

    /// Whether the folder's path still leads to it, and it still bears our marker. To be asked before each sweep.
    pub fn check(&self) -> Result<(), Unreachable> {
        let path = self.folder.path();
        let metadata = std::fs::metadata(path).map_err(|error| Unreachable::of_io(path, error))?;
        if (metadata.dev(), metadata.ino()) != self.identity {
            return Err(Unreachable::Replaced { path: path.to_owned() });
        }
        self.check_marker()
    }

    fn check_marker(&self) -> Result<(), Unreachable> {
        let path = || self.folder.path().to_owned();
        let bytes = match self.folder.read(MARKER, MARKER_LIMIT) {
            Ok(bytes) => bytes,
            Err(failure) => {
                let gone = failure.class() == Class::Gone;
                let error = failure.into_io();
                // A share that answers with errors has not said that the marker is missing.
                let missing = gone && !is_folder_trouble(&error);
                return Err(if missing {
                    Unreachable::NoMarker { path: path() }
                } else {
                    Unreachable::of_io(&path(), error)
                });
            }
        };
        let marker: Marker =
            serde_json::from_slice(&bytes).map_err(|_| Unreachable::MarkerUnreadable { path: path() })?;
        if marker.format != MARKER_FORMAT {
            return Err(Unreachable::MarkerUnreadable { path: path() });
        }
        if marker.home != self.home || marker.station != self.station {
            return Err(Unreachable::Foreign { path: path(), home: marker.home, station: marker.station });
        }
        Ok(())
    }

    #[must_use]
    pub fn station(&self) -> &Name {
        &self.station
    }

    #[must_use]
    pub fn folder(&self) -> &Folder {
        &self.folder
    }

    /// The device that it lies on: a file on another one cannot stand here.
    #[must_use]
    pub fn device(&self) -> u64 {
        self.identity.0
    }

    /// Whether other machines write here without our kernel's knowing: no events, no leases; it is swept instead.
    #[must_use]
    pub fn is_on_network(&self) -> bool {
        self.on_network
    }

    /// Opens a regular file for reading, without waiting for anybody.
    pub fn open_file(&self, name: &SourceName) -> Result<SourceFile, SourceTrouble> {
        // Looked at first, so that a device or a FIFO is never opened.
        self.look(name)?;
        let file =
            system::open_beneath(self, name.as_path(), OFlags::RDONLY).map(File::from).map_err(SourceTrouble::of)?;
        let metadata = file.metadata().map_err(SourceTrouble::of)?;
        if !metadata.is_file() {
            return Err(SourceTrouble::NotAFile);
        }
        Ok(SourceFile { stat: SourceStat::of(&metadata), file })
    }

    /// What `stat` says of the regular file that bears the name just now.
    pub fn look(&self, name: &SourceName) -> Result<SourceStat, SourceTrouble> {
        let metadata = self.metadata(name).map_err(SourceTrouble::of)?;
        if metadata.is_file() { Ok(SourceStat::of(&metadata)) } else { Err(SourceTrouble::NotAFile) }
    }

    fn metadata(&self, name: &SourceName) -> io::Result<std::fs::Metadata> {
        File::from(system::open_beneath(self, name.as_path(), OFlags::PATH)?).metadata()
    }

    /// Everything in the folder that could be, could become, or prevents a delivery.
    pub fn sweep(&self, limits: &Limits) -> Result<Sweep, Unreachable> {
        self.check()?;
        let failed = |error: io::Error| Unreachable::of_io(self.folder.path(), error);
        let (entries, cut_short) =
            list(Dir::read_from(self).map_err(|e| failed(e.into()))?, limits.names).map_err(failed)?;
        let mut sweep = Sweep { cut_short, ..Sweep::default() };
        for entry in entries {
            let kind = names::kind_of(&entry);
            let Some(name) = SourceName::new(entry) else { continue };
            match (kind, self.inspect(&name).map_err(failed)?) {
                (NameKind::Ours | NameKind::Litter, _) | (_, Thing::Gone) => {}
                (NameKind::Temporary, Thing::File(stat) | Thing::Folder(stat)) => {
                    sweep.temporary.push(Found { name, stat });
                }
                (_, Thing::Refused(kind)) => sweep.refused.push(Refusal { name, kind }),
                (NameKind::Candidate, Thing::File(stat)) => sweep.files.push(Found { name, stat }),
                (NameKind::Candidate, Thing::Folder(stat)) => {
                    sweep.folders.push(self.walk(name, stat, limits).map_err(failed)?);
                }
            }
        }
        Ok(sweep)
    }

    /// What lies in one delivered folder now; `None` where no folder bears the name.
    pub fn look_into(&self, name: &SourceName, limits: &Limits) -> Result<Option<FoundFolder>, Unreachable> {
        let failed = |error: io::Error| Unreachable::of_io(self.folder.path(), error);
        match self.inspect(name).map_err(failed)? {
            Thing::Folder(stat) => self.walk(name.clone(), stat, limits).map(Some).map_err(failed),
            _ => Ok(None),
        }
    }

    /// A folder inside the drop folder is one delivery: everything below it, however deep, or nothing.
    fn walk(&self, name: SourceName, stat: SourceStat, limits: &Limits) -> io::Result<FoundFolder> {
        let mut found = FoundFolder {
            name: name.clone(),
            stat,
            members: Vec::new(),
            folders: Vec::new(),
            temporary: Vec::new(),
            refused: Vec::new(),
            has_litter: false,
        };
        let mut left = limits.members;
        let mut waiting = vec![(name, 1_u32)];
        while let Some((folder, depth)) = waiting.pop() {
            let entries = system::open_beneath(self, folder.as_path(), OFlags::RDONLY | OFlags::DIRECTORY)
                .and_then(|descriptor| list(Dir::new(descriptor)?, left));
            let entries = match entries {
                Ok((entries, false)) => entries,
                Ok((_, true)) => {
                    found.refused.push(Refusal { name: folder, kind: RefusalKind::TooMany { limit: limits.members } });
                    return Ok(found);
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) if is_folder_trouble(&error) => return Err(error),
                Err(error) => {
                    found.refused.push(Refusal { name: folder, kind: RefusalKind::of(&error) });
                    continue;
                }
            };
            left = left.saturating_sub(entries.len());
            for entry in entries {
                let kind = names::kind_of(&entry);
                let Some(name) = folder.join(&entry) else {
                    found
                        .refused
                        .push(Refusal { name: folder.clone(), kind: RefusalKind::TooDeep { limit: limits.depth } });
                    continue;
                };
                match (kind, self.inspect(&name)?) {
                    (_, Thing::Gone) => {}
                    (NameKind::Litter, _) => found.has_litter = true,
                    // Our own names mean something in the drop folder itself alone; here they are hidden files.
                    (NameKind::Temporary | NameKind::Ours, Thing::File(stat) | Thing::Folder(stat)) => {
                        found.temporary.push(Found { name, stat });
                    }
                    (_, Thing::Refused(kind)) => found.refused.push(Refusal { name, kind }),
                    (NameKind::Candidate, Thing::File(stat)) => found.members.push(Found { name, stat }),
                    (NameKind::Candidate, Thing::Folder(stat)) => {
                        if depth < limits.depth {
                            waiting.push((name.clone(), depth + 1));
                        } else {
                            let kind = RefusalKind::TooDeep { limit: limits.depth };
                            found.refused.push(Refusal { name: name.clone(), kind });
                        }
                        found.folders.push(Found { name, stat });
                    }
                }
            }
        }
        // The order of the pages, where nothing else says it.
        found.members.sort_by(|a, b| names::in_reading_order(a.name.as_bytes(), b.name.as_bytes()));
        found.folders.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(found)
    }

    /// What bears the name. An error means that the folder as a whole cannot be asked.
    fn inspect(&self, name: &SourceName) -> io::Result<Thing> {
        let metadata = match self.metadata(name) {
            Ok(metadata) => metadata,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Thing::Gone),
            Err(error) if is_folder_trouble(&error) => return Err(error),
            Err(error) => return Ok(Thing::Refused(RefusalKind::of(&error))),
        };
        let kind = metadata.file_type();
        Ok(if kind.is_file() {
            Thing::File(SourceStat::of(&metadata))
        } else if kind.is_dir() {
            Thing::Folder(SourceStat::of(&metadata))
        } else if kind.is_symlink() {
            Thing::Refused(RefusalKind::SymbolicLink)
        } else if kind.is_fifo() {
            Thing::Refused(RefusalKind::Fifo)
        } else if kind.is_socket() {
            Thing::Refused(RefusalKind::Socket)
        } else {
            Thing::Refused(RefusalKind::Device)
        })
    }
}

impl AsFd for DropFolder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.folder.as_fd()
    }
}

enum Thing {
    File(SourceStat),
    Folder(SourceStat),
    Refused(RefusalKind),
    /// Taken away between listing and looking.
    Gone,
}

/// Names in a fixed order, and whether there were more than `limit`.
fn list(folder: Dir, limit: usize) -> io::Result<(Vec<OsString>, bool)> {
    let mut names = Vec::new();
    let mut more = false;
    for entry in folder {
        let name = OsStr::from_bytes(entry?.file_name().to_bytes()).to_owned().into_vec();
        if name == b"." || name == b".." {
            continue;
        }
        if names.len() == limit {
            more = true;
            break;
        }
        names.push(OsString::from_vec(name));
    }
    names.sort();
    Ok((names, more))
}

fn descriptor_metadata(folder: &Folder) -> io::Result<std::fs::Metadata> {
    File::from(folder.as_fd().try_clone_to_owned()?).metadata()
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marker {
    format: u32,
    home: HomeId,
    station: Name,
}

/// How much one sweep looks at. A folder beyond a limit is refused whole, never taken in part.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Names directly in the drop folder; those beyond it wait for a later sweep.
    pub names: usize,
    /// Names below one delivered folder.
    pub members: usize,
    /// Folders inside each other, the delivered one counted.
    pub depth: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self { names: 100_000, members: 10_000, depth: 8 }
    }
}

/// What one sweep found, sorted by name.
#[derive(Debug, Default)]
pub struct Sweep {
    /// Regular files directly in the drop folder; [`companions`](super::companions) pairs them with their sidecars.
    pub files: Vec<Found>,
    pub folders: Vec<FoundFolder>,
    /// Names of unfinished or hidden files: only to be reported when they outlast the patience limit.
    pub temporary: Vec<Found>,
    /// What cannot be taken, each by its kind. It is found again by every sweep until it is gone.
    pub refused: Vec<Refusal>,
    /// There were more names than the limit allows to look at.
    pub cut_short: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    pub name: SourceName,
    pub stat: SourceStat,
}

/// A folder that was moved or copied in: one delivery.
#[derive(Clone, Debug)]
pub struct FoundFolder {
    pub name: SourceName,
    pub stat: SourceStat,
    /// Every regular file below it.
    pub members: Vec<Found>,
    /// Every folder below it: their times move when names come or go.
    pub folders: Vec<Found>,
    /// While one of these is there the folder is not finished.
    pub temporary: Vec<Found>,
    /// While one of these is there the folder is not taken: part of it would be lost in silence.
    pub refused: Vec<Refusal>,
    /// Something stands in it that systems leave everywhere.
    pub has_litter: bool,
}

impl FoundFolder {
    /// Whether anything stands in it but folders and litter.
    #[must_use]
    pub fn is_occupied(&self) -> bool {
        !(self.members.is_empty() && self.temporary.is_empty() && self.refused.is_empty())
    }
}

/// Something that cannot be taken, and why. The name is not part of any log line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub name: SourceName,
    pub kind: RefusalKind,
}

/// Why something in a drop folder cannot be taken. One message each: `intake-<code>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum RefusalKind {
    SymbolicLink,
    Fifo,
    Socket,
    Device,
    /// A mount point inside the drop folder.
    OtherFileSystem,
    TooDeep {
        limit: u32,
    },
    TooMany {
        limit: usize,
    },
    /// The service may not read it, or the disk cannot.
    Unreadable,
}

impl RefusalKind {
    fn of(error: &io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::EXDEV) => Self::OtherFileSystem,
            Some(libc::ELOOP) => Self::SymbolicLink,
            _ => Self::Unreadable,
        }
    }
}

/// Whether an error speaks of the disk, the share or its server rather than of one name. A server that was restarted answers
/// so about every name, and about none of them says whether it is there.
#[must_use]
pub fn is_folder_trouble(error: &io::Error) -> bool {
    matches!(
        error.raw_os_error(),
        Some(
            libc::EIO
                | libc::ESTALE
                | libc::ENODEV
                | libc::ENXIO
                | libc::ENOTCONN
                | libc::ECONNRESET
                | libc::ECONNABORTED
                | libc::ETIMEDOUT
                | libc::EHOSTDOWN
                | libc::EHOSTUNREACH
                | libc::ENETUNREACH
                | libc::EREMOTEIO
                | libc::ESHUTDOWN
        )
    )
}

/// A source file, open for reading, and what `stat` said of it then.
#[derive(Debug)]
pub struct SourceFile {
    pub file: File,
    pub stat: SourceStat,
}

impl SourceFile {
    /// Whether anybody has it open for writing.
    #[must_use]
    pub fn lease(&self) -> Lease {
        system::lease(&self.file)
    }
}

/// Why a source cannot be opened just now.
#[derive(Debug, thiserror::Error)]
pub enum SourceTrouble {
    /// Renamed, removed, or its folder is.
    #[error("the source is no longer there")]
    Gone,
    /// Somebody holds it in a way that would make us wait.
    #[error("the source is in use by another program")]
    Busy,
    #[error("the source is no regular file")]
    NotAFile,
    /// To be tried again; an administrator gives the right to read it, or looks at the disk.
    #[error("the source cannot be read: {0}")]
    Unreadable(io::Error),
}

impl SourceTrouble {
    pub(super) fn of(error: io::Error) -> Self {
        match error.raw_os_error() {
            Some(libc::ENOENT) => Self::Gone,
            Some(libc::EWOULDBLOCK | libc::EBUSY | libc::ETXTBSY) => Self::Busy,
            Some(libc::ELOOP | libc::ENOTDIR | libc::EXDEV) => Self::NotAFile,
            _ => Self::Unreadable(error),
        }
    }
}

/// A drop folder from which nothing can be taken now. It is reported, and tried again; nothing is concluded from it.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    #[error("the drop folder {} is not there ({source}); is the share mounted?", path.display())]
    Gone { path: PathBuf, source: io::Error },
    #[error("{} bears no {MARKER}: this is not the drop folder that was set up; is the share mounted?", path.display())]
    NoMarker { path: PathBuf },
    #[error("{MARKER} in {} cannot be understood: it was altered, or a newer version wrote it", path.display())]
    MarkerUnreadable { path: PathBuf },
    #[error("{} is the drop folder of station {station} of home {home}; two may not share one", path.display())]
    Foreign { path: PathBuf, home: HomeId, station: Name },
    #[error("{} has become another folder; it must be opened anew", path.display())]
    Replaced { path: PathBuf },
    /// A copy of this home works with it, or may.
    #[error("{} is not known to be for this home alone: {problem}", path.display())]
    Anothers { path: PathBuf, problem: String },
    #[error("the drop folder {} cannot be used: {source}", path.display())]
    Unusable { path: PathBuf, source: io::Error },
}

impl Unreachable {
    pub(super) fn of(failure: Failure) -> Self {
        let path = failure.path().to_owned();
        Self::of_io(&path, failure.into_io())
    }

    fn of_io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        let gone = Class::of(&source) == Class::Gone && !is_folder_trouble(&source);
        if gone { Self::Gone { path, source } } else { Self::Unusable { path, source } }
    }
}

#[cfg(test)]
mod tests;
