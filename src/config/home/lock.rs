//! That only one process works in a home, and with what its settings name outside it; and that custody stays as it is while a
//! backup looks at it.
//!
//! A copy of a home has a lock of its own in its own `run/`. What the two share, where store or custody lie outside, is the
//! marker there, so that is locked too. A copy that works in turn with this home is told by a name that each start leaves there
//! and in its own `run/`; a database in the store is shared as well, and could not tell.

use std::fs::{File, OpenOptions};
use std::io::{Read as _, Seek as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::FlockOperation;
use rustix::io::Errno;
use uuid::Uuid;

use super::{Home, HomeError, MARKER, at, writing};
use crate::config::Config;
use crate::config::claim::NAME as CLAIM;
use crate::durable::{Class, Failure, Folder};

const LONGEST_CLAIM: u64 = 256;

/// Held as long as this process works in the home. The kernel gives it up with the process, however that ends.
#[derive(Debug)]
pub struct Lock {
    _files: Vec<File>,
    outside: Vec<Outside>,
}

/// A store or custody that lies outside the home.
#[derive(Debug)]
struct Outside {
    folder: PathBuf,
    /// Where the home keeps the names that it left there, or was about to.
    ours: String,
    found: Option<String>,
}

impl Home {
    /// Keeps every other process out, of store and custody too, until the lock is dropped.
    pub fn lock(&self, config: &Config) -> Result<Lock, HomeError> {
        let path = self.layout().lock();
        Folder::open(&self.root)?.make_folder("run")?;
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(&path)
            .map_err(writing(&path))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => {
                let mut process = String::new();
                // Only for the message; the lock itself is what counts.
                let _ = file.take(32).read_to_string(&mut process);
                return Err(HomeError::Locked { lock: path, process: process.trim().to_owned() });
            }
            Err(error) => return Err(at(&path)(error.into())),
        }
        let write = |file: &mut File| {
            file.set_len(0)?;
            file.rewind()?;
            writeln!(file, "{}", std::process::id())
        };
        write(&mut file).map_err(at(&path))?;
        let layout = self.layout();
        let (mut files, mut outside) = (vec![file], Vec::new());
        for (folder, ours) in [(layout.store(config), "store.claim"), (layout.custody(config), "custody.claim")] {
            files.push(self.lock_marker(&folder)?);
            if !folder.canonicalize().map_err(at(&folder))?.starts_with(&self.root) {
                outside.push(self.look_outside(folder, ours)?);
            }
        }
        Ok(Lock { _files: files, outside })
    }

    /// Leaves a new name in a store or custody outside the home, for whoever works there with a copy of it. Whoever calls this
    /// works there from now on: one that was refused must not keep the right one out.
    pub fn claim_outside(&self, lock: &Lock) {
        for outside in &lock.outside {
            // A full disk is no reason not to start.
            if let Err(failure) = self.leave_name(outside) {
                let shown = outside.folder.display();
                tracing::warn!(%failure, "{shown} takes no name: a copy of this home would not be noticed there");
            }
        }
    }

    fn leave_name(&self, Outside { folder, ours, found }: &Outside) -> Result<(), Failure> {
        let name = format!("{}\n", Uuid::now_v7());
        let run = Folder::open(&self.layout().run())?;
        // First among our own: a crash between the two keeps nobody out.
        run.replace(ours, [found.as_deref().unwrap_or_default(), &name].concat().as_bytes())?;
        Folder::open(folder)?.replace(CLAIM, name.as_bytes())?;
        run.replace(ours, name.as_bytes()).map(drop)
    }

    /// What stands there must be a name that this home left, where it knows of any.
    fn look_outside(&self, folder: PathBuf, ours: &str) -> Result<Outside, HomeError> {
        let found = read(&Folder::open(&folder)?, CLAIM)?;
        let known = read(&Folder::open(&self.layout().run())?, ours)?;
        match (&found, known) {
            (Some(found), Some(known)) if !known.contains(found.as_str()) => {
                Err(HomeError::TakenOver(folder.join(CLAIM)))
            }
            _ => Ok(Outside { folder, ours: ours.to_owned(), found }),
        }
    }

    fn lock_marker(&self, folder: &Path) -> Result<File, HomeError> {
        self.check_marker(folder)?;
        let path = folder.join(MARKER);
        // A share of NFS locks only what is open for writing.
        let file = OpenOptions::new().read(true).write(true).open(&path).map_err(writing(&path))?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(HomeError::InUse(folder.to_owned())),
            // Not every share has locks.
            Err(error) => {
                let shown = folder.display();
                tracing::warn!(%error, "{shown} cannot be locked: a copy of this home would not be kept out of it");
            }
        }
        Ok(file)
    }

    /// Keeps what is filed in custody while a backup looks at it. One backup at a time.
    pub fn hold_custody(&self) -> Result<Option<Lock>, HomeError> {
        Folder::open(&self.root)?.make_folder("run")?;
        self.backup_lock(FlockOperation::NonBlockingLockExclusive)
    }

    /// Whether what is filed may leave custody now; no backup begins to look at it before the lock is dropped.
    pub fn release_custody(&self) -> Result<Option<Lock>, HomeError> {
        self.backup_lock(FlockOperation::NonBlockingLockShared)
    }

    fn backup_lock(&self, operation: FlockOperation) -> Result<Option<Lock>, HomeError> {
        let path = self.layout().run().join("backup.lock");
        let file = OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path);
        let file = file.map_err(writing(&path))?;
        match rustix::fs::flock(&file, operation) {
            Ok(()) => Ok(Some(Lock { _files: vec![file], outside: Vec::new() })),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(at(&path)(error.into())),
        }
    }
}

/// A small file's text; none where it is not there, or a crash left nothing in it.
fn read(folder: &Folder, name: &str) -> Result<Option<String>, HomeError> {
    match folder.read(name, LONGEST_CLAIM) {
        Ok(bytes) => Ok(String::from_utf8(bytes).ok().filter(|text| !text.is_empty())),
        Err(failure) if failure.class() == Class::Gone => Ok(None),
        Err(failure) => Err(failure.into()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::super::tests::home;
    use super::*;

    #[test]
    fn a_second_process_is_kept_out() {
        let folder = tempfile::tempdir().unwrap();
        let (home, config) = home(folder.path());
        let lock = home.lock(&config).unwrap();
        // A lock belongs to the open file, so a second one in this process is as foreign as one elsewhere.
        let refused = home.lock(&config).unwrap_err();
        assert!(matches!(&refused, HomeError::Locked { process, .. } if *process == std::process::id().to_string()));
        drop(lock);
        home.lock(&config).unwrap();
    }

    #[test]
    fn a_crash_between_two_names_keeps_nobody_out() {
        let folder = tempfile::tempdir().unwrap();
        let (home, config) = home(folder.path());
        let (inside, outside) = (folder.path().join("store"), tempfile::tempdir().unwrap());
        fs::remove_dir_all(&inside).unwrap();
        std::os::unix::fs::symlink(outside.path(), &inside).unwrap();
        home.mark(outside.path()).unwrap();
        let start = || home.lock(&config).map(|lock| home.claim_outside(&lock));
        start().unwrap();
        let (ours, theirs) = (folder.path().join("run/store.claim"), outside.path().join(CLAIM));
        let before = fs::read_to_string(&theirs).unwrap();
        assert_eq!(fs::read_to_string(&ours).unwrap(), before);
        for (known, left) in [(format!("{before}next\n"), before.clone()), (format!("{before}next\n"), "next\n".into())]
        {
            fs::write(&ours, known).unwrap();
            fs::write(&theirs, left).unwrap();
            start().unwrap();
        }
        fs::write(&theirs, "another's\n").unwrap();
        assert!(matches!(start(), Err(HomeError::TakenOver(path)) if path.ends_with(CLAIM)));
        fs::remove_file(&theirs).unwrap();
        start().unwrap();
    }

    #[test]
    fn a_copy_is_kept_out_of_what_both_share() {
        for shared in ["store", "custody"] {
            let folder = tempfile::tempdir().unwrap();
            let (home, config) = home(folder.path());
            let copy = tempfile::tempdir().unwrap();
            let other = Home { root: copy.path().to_owned(), id: home.id() };
            for inside in ["store", "custody"] {
                if inside == shared {
                    std::os::unix::fs::symlink(folder.path().join(inside), copy.path().join(inside)).unwrap();
                } else {
                    fs::create_dir(copy.path().join(inside)).unwrap();
                    home.mark(&copy.path().join(inside)).unwrap();
                }
            }
            let lock = home.lock(&config).unwrap();
            let refused = other.lock(&config).unwrap_err();
            assert!(matches!(&refused, HomeError::InUse(path) if path.ends_with(shared)), "{refused}");
            drop(lock);
            drop(other.lock(&config).unwrap());
            home.lock(&config).unwrap();
        }
    }
}
