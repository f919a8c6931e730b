//! The folder of a home's backups, on other media: what lies where, and who works in it.
//!
//! ```text
//! torikomi-backup            whose backups these are
//! files/<plain>-<sealed>.age       settings, keys, database, journal, custody: each content once
//! objects/ab/<plain>-<sealed>.age  the store's objects: each once
//! generations/000001/        what belonged to the home at one moment
//!   generation.json          when, how many entries of the journal, how much; digests of the other three
//!   files.age                sealed: a line for each file, as `sha256sum` has it (digest, two blanks, path)
//!   files.sha256             the same for the sealed files themselves, from this folder
//!   objects.sha256           and for the sealed objects
//! ```
//!
//! A sealed file's name says the SHA-256 of what is in it and its own, so that one which is there needs no writing, and
//! whether it is whole can be told without a secret. A generation appears whole, by one rename; what bears a temporary name
//! belongs to none.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use rustix::io::Errno;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::trouble::Trouble;
use crate::config::home::Home;
use crate::durable::{Class, Folder, TEMPORARY, Written};
use crate::ids::{Digest, HomeId};
use crate::instant::Instant;

pub const MARKER: &str = "torikomi-backup";
const MARKER_FORMAT: &str = "torikomi-backup-v1";

pub(in crate::upkeep) const FILES: &str = "files";
pub(in crate::upkeep) const OBJECTS: &str = "objects";
const GENERATIONS: &str = "generations";

pub(super) const SUMMARY: &str = "generation.json";
pub(in crate::upkeep) const LIST: &str = "files.age";
pub(in crate::upkeep) const SEALED_FILES: &str = "files.sha256";
pub(in crate::upkeep) const SEALED_OBJECTS: &str = "objects.sha256";

/// The version this build writes.
pub const GENERATION_FORMAT: u32 = 1;

const LONGEST_SUMMARY: u64 = 1 << 20;
const MOST_NAMES: usize = 4_000_000;

/// What a generation holds. Nobody needs a secret to read this, and there is none in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Generation {
    pub format: u32,
    pub home: HomeId,
    pub generation: u32,
    /// Of this moment is what it holds.
    pub made_at: Instant,
    /// The program that made it.
    pub version: String,
    /// Whether the database is in it. One on a server is not: it is made anew from the journal's files.
    pub database: bool,
    /// The journal's epoch: another for each restore.
    pub epoch: u32,
    /// How many entries of the journal are in it.
    pub journal_size: u64,
    /// The root over them.
    pub journal_root: Digest,
    /// The signed checkpoint that says so, as C2SP writes it.
    pub checkpoint: String,
    pub files: u64,
    pub objects: u64,
    /// The generation's other files, and their digests.
    pub lists: BTreeMap<String, Digest>,
}

/// A folder of backups that is open, and locked for whoever writes there.
pub struct BackupFolder {
    pub(in crate::upkeep) folder: Folder,
    pub home: HomeId,
    _lock: File,
}

/// Which lock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Alone.
    Write,
    /// Beside others who read.
    Read,
}

impl BackupFolder {
    /// Opens a folder that bears the marker.
    ///
    /// # Errors
    /// When it bears none, is another home's, or somebody else works in it.
    pub fn open(path: &Path, work: Work) -> Result<Self, Trouble> {
        let shown = || path.display().to_string();
        let folder = match Folder::open(path) {
            Ok(folder) => folder,
            Err(failure) if failure.class() == Class::Gone => return Err(Trouble::NotABackup { path: shown() }),
            Err(failure) => return Err(failure.into()),
        };
        let marker = path.join(MARKER);
        // Over a network a lock that keeps all others out is given only to whoever may write.
        let lock = match OpenOptions::new().read(true).write(work == Work::Write).open(&marker) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(Trouble::NotABackup { path: shown() });
            }
            Err(error) => return Err(Trouble::io(&marker, &error)),
        };
        let operation = match work {
            Work::Write => FlockOperation::NonBlockingLockExclusive,
            Work::Read => FlockOperation::NonBlockingLockShared,
        };
        match rustix::fs::flock(&lock, operation) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(Trouble::Busy { path: shown() }),
            Err(error) => return Err(Trouble::io(path, &error.into())),
        }
        let mut text = String::new();
        (&lock).take(256).read_to_string(&mut text).map_err(|error| Trouble::io(&marker, &error))?;
        let mut lines = text.lines();
        match (lines.next(), lines.next().map(str::parse)) {
            (Some(MARKER_FORMAT), Some(Ok(home))) => Ok(Self { folder, home, _lock: lock }),
            (Some(_), Some(Ok::<HomeId, _>(_))) => Err(Trouble::Newer { path: shown() }),
            _ => Err(Trouble::NotABackup { path: shown() }),
        }
    }

    /// Opens the folder for a home's next generation. One that bears no marker, or is not there, is begun only where that was
    /// asked for: an empty folder is what a mount leaves behind that has gone.
    ///
    /// # Errors
    /// As [`Self::open`]; and when home and folder lie within each other, where one disk would take both.
    pub fn open_for(path: &Path, home: &Home, begin: bool) -> Result<Self, Trouble> {
        if begin {
            match std::fs::create_dir(path) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => {
                    let path = path.display().to_string();
                    return Err(Trouble::Disk { path, problem: error.to_string() });
                }
            }
        }
        let real = std::fs::canonicalize(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => Trouble::NotABackup { path: path.display().to_string() },
            _ => Trouble::io(path, &error),
        })?;
        let root = home.layout().root();
        if real.starts_with(root) || root.starts_with(&real) {
            return Err(Trouble::Inside { path: path.display().to_string() });
        }
        let opened = match Self::open(path, Work::Write) {
            Err(Trouble::NotABackup { .. }) if begin => {
                let text = format!("{MARKER_FORMAT}\n{}\n", home.id());
                // Without replacing it could not be named on every kind of medium; there is none to replace.
                Folder::open(path)?.replace(MARKER, text.as_bytes())?;
                Self::open(path, Work::Write)?
            }
            other => other?,
        };
        if opened.home != home.id() {
            let (path, found) = (path.display().to_string(), opened.home.to_string());
            return Err(Trouble::OtherHome { path, found, expected: home.id().to_string() });
        }
        Ok(opened)
    }

    pub(in crate::upkeep) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// The generations, the oldest first, and how many were broken off.
    pub(in crate::upkeep) fn numbers(&self) -> Result<(Vec<u32>, u64), Trouble> {
        let names = match self.folder.open_folder(GENERATIONS) {
            Ok(folder) => folder.names(MOST_NAMES)?,
            Err(failure) if failure.class() == Class::Gone => Vec::new(),
            Err(failure) => return Err(failure.into()),
        };
        let names = names.iter().filter_map(|name| name.to_str());
        let unfinished = names.clone().filter(|name| name.starts_with(TEMPORARY)).count();
        let numbers = names.filter_map(|name| name.parse().ok().filter(|number| generation_name(*number) == name));
        Ok((numbers.collect(), unfinished as u64))
    }

    /// A generation by its number, or the newest.
    pub(in crate::upkeep) fn number(&self, wanted: Option<u32>) -> Result<u32, Trouble> {
        let (numbers, _) = self.numbers()?;
        let path = || self.path().display().to_string();
        match (wanted, numbers.last()) {
            (Some(wanted), _) if numbers.contains(&wanted) => Ok(wanted),
            (Some(generation), _) => Err(Trouble::NoGeneration { path: path(), generation }),
            (None, Some(newest)) => Ok(*newest),
            (None, None) => Err(Trouble::Empty { path: path() }),
        }
    }

    pub(in crate::upkeep) fn generation_path(&self, number: u32) -> PathBuf {
        self.path().join(GENERATIONS).join(generation_name(number))
    }

    pub(super) fn generations(&self) -> Result<Folder, Trouble> {
        Ok(self.folder.make_folder(GENERATIONS)?)
    }

    /// What a generation says of itself, and the digest of that.
    pub(in crate::upkeep) fn summary(&self, number: u32) -> Result<(Generation, Digest), Trouble> {
        let path = self.generation_path(number).join(SUMMARY);
        let shown = || path.display().to_string();
        let mut bytes = Vec::new();
        let file = crate::system::open_regular(&path).map_err(|error| Trouble::io(&path, &error))?;
        file.take(LONGEST_SUMMARY).read_to_end(&mut bytes).map_err(|error| Trouble::io(&path, &error))?;
        let version: Version = serde_json::from_slice(&bytes).map_err(|_| Trouble::Damaged { path: shown() })?;
        if version.format > GENERATION_FORMAT {
            return Err(Trouble::Newer { path: shown() });
        }
        let found: Generation = serde_json::from_slice(&bytes).map_err(|_| Trouble::Damaged { path: shown() })?;
        if found.generation != number {
            return Err(Trouble::Damaged { path: shown() });
        }
        Ok((found, Digest::of(&bytes)))
    }
}

#[derive(Deserialize)]
struct Version {
    format: u32,
}

pub(super) fn generation_name(number: u32) -> String {
    format!("{number:06}")
}

/// What is sealed already, by the digest of what is in it.
pub(super) struct Shelf {
    pub folder: Folder,
    names: BTreeMap<Digest, String>,
}

impl Shelf {
    /// Whoever opens one works here alone: what was broken off is cleared.
    pub(super) fn open(folder: Folder) -> Result<Self, Trouble> {
        let mut names = BTreeMap::new();
        let mut leftovers = false;
        for name in folder.names(MOST_NAMES)? {
            let Some(name) = name.to_str() else { continue };
            leftovers |= name.starts_with(TEMPORARY);
            if let Some((plain, _)) = parse_sealed_name(name) {
                names.insert(plain, name.to_owned());
            }
        }
        if leftovers {
            folder.clear_leftovers()?;
        }
        Ok(Self { folder, names })
    }

    pub(super) fn name(&self, plain: &Digest) -> Option<&String> {
        self.names.get(plain)
    }

    pub(super) fn add(&mut self, plain: Digest, name: String) {
        self.names.insert(plain, name);
    }
}

pub(super) fn sealed_name(plain: &Digest, sealed: &Written) -> String {
    format!("{}-{}.age", plain.hex(), sealed.digest.hex())
}

/// What is in a sealed file, and what it is itself, by its name.
pub(in crate::upkeep) fn parse_sealed_name(name: &str) -> Option<(Digest, Digest)> {
    let (plain, sealed) = name.strip_suffix(".age")?.split_once('-')?;
    let digest = |hex: &str| format!("sha256:{hex}").parse().ok();
    Some((digest(plain)?, digest(sealed)?))
}

/// A line as `sha256sum` has it.
pub(super) fn list_line(digest: &Digest, path: &str) -> String {
    format!("{}  {path}\n", digest.hex())
}

/// The digest and the path of such a line.
pub(in crate::upkeep) fn parse_list_line(line: &str) -> Option<(Digest, &str)> {
    let (hex, path) = line.split_once("  ")?;
    Some((format!("sha256:{hex}").parse().ok()?, path))
}

/// Whether two paths lie on one file system.
pub(super) fn on_one_file_system(one: &Path, other: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt as _;
    Ok(std::fs::metadata(one)?.dev() == std::fs::metadata(other)?.dev())
}
