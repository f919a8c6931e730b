//! Puts what was sealed back where the settings want it. Until the home's marker is written it is no home, and what was begun is
//! taken away again unless it came to its end.

use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Component, Path, PathBuf};

use super::Order;
use crate::config::home::{Layout, MARKER};
use crate::config::{Config, ConfigError};
use crate::durable::Folder;
use crate::ids::Digest;
use crate::store::{Objects, StoreError};
use crate::upkeep::backup::{Both, CUSTODY, STORE, SealedFile, Trouble, pour};

const SETTINGS: &str = "torikomi.toml";

/// In the list's part of the store.
const IN_OBJECTS: &str = "objects/";

pub(super) struct Placing<'a> {
    order: &'a Order<'a>,
    root: PathBuf,
    /// Folders that were empty before, and hold what was begun.
    begun: Vec<PathBuf>,
    finished: bool,
    /// The home's marker, which comes last.
    marker: Option<Vec<u8>>,
}

impl Drop for Placing<'_> {
    fn drop(&mut self) {
        if self.finished {
            return;
        }
        for folder in &self.begun {
            let Ok(entries) = std::fs::read_dir(folder) else { continue };
            for path in entries.flatten().map(|entry| entry.path()) {
                // What cannot be taken away is seen by whoever tries again: the folder is not empty.
                let _ = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            }
        }
    }
}

impl<'a> Placing<'a> {
    /// Demands an empty folder, and makes one where there is none.
    pub(super) fn begin(order: &'a Order<'a>) -> Result<Self, Trouble> {
        make_folder(order.to)?;
        let root = std::fs::canonicalize(order.to).map_err(|error| Trouble::io(order.to, &error))?;
        if root.starts_with(order.backup.path()) || order.backup.path().starts_with(&root) {
            return Err(Trouble::Inside { path: order.backup.path().display().to_string() });
        }
        let mut placing = Self { order, root, begun: Vec::new(), finished: false, marker: None };
        placing.claim(placing.root.clone())?;
        Ok(placing)
    }

    fn claim(&mut self, folder: PathBuf) -> Result<(), Trouble> {
        let mut entries = std::fs::read_dir(&folder).map_err(|error| Trouble::io(&folder, &error))?;
        if entries.next().is_some() {
            return Err(Trouble::NotEmpty { path: folder.display().to_string() });
        }
        self.begun.push(folder);
        Ok(())
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// The settings come first: they say where store and custody lie.
    pub(super) fn settings(&mut self, number: u32) -> Result<Config, Trouble> {
        let order = self.order;
        let both = Both { backup: order.backup, number, identities: order.identities };
        let mut found = false;
        if let Some(given) = order.settings {
            Folder::open(&self.root)?.create_new(SETTINGS, given.as_bytes())?;
            return self.settled();
        }
        both.each(|plain, name, sealed| {
            if name == SETTINGS {
                self.write(&self.root.join(SETTINGS), plain, sealed)?;
                found = true;
            }
            Ok(())
        })?;
        if !found {
            return Err(Trouble::Damaged { path: order.backup.generation_path(number).display().to_string() });
        }
        self.settled()
    }

    /// What the settings say that lie in the home now.
    fn settled(&mut self) -> Result<Config, Trouble> {
        let settings = Layout::new(&self.root).settings();
        let config = Config::load(&settings).map_err(|error| match error {
            ConfigError::Unreadable { file, error } => Trouble::io(&file, &error),
            ConfigError::Faulty(problems) => Trouble::Settings { problems },
        })?;
        for folder in [Layout::new(&self.root).store(&config), Layout::new(&self.root).custody(&config)] {
            make_folder(&folder)?;
            if !folder.starts_with(&self.root) {
                self.claim(folder)?;
            }
        }
        Ok(config)
    }

    pub(super) fn everything(
        &mut self,
        number: u32,
        config: &Config,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), Trouble> {
        let order = self.order;
        let both = Both { backup: order.backup, number, identities: order.identities };
        let layout = Layout::new(&self.root);
        let (store, custody) = (layout.store(config), layout.custody(config));
        let (mut marker, mut done) = (None, 0_u64);
        let in_bucket = config.objects.url.is_some();
        let mut bucket = None;
        // Its key is one of the files, which come before the objects.
        let open_bucket = || Objects::found(layout, order.backup.home, config, order.runtime);
        both.each(|plain, name, sealed| {
            done = done.saturating_add(1);
            progress(done);
            let path = match (name.split_once('/'), name) {
                _ if !is_plain(name) => return Err(Trouble::BadName { path: name.to_owned() }),
                (Some((STORE, below)), _) if in_bucket && below.starts_with(IN_OBJECTS) => {
                    let bucket = match &mut bucket {
                        Some(bucket) => bucket,
                        none => none.insert(open_bucket()?),
                    };
                    return put(order, bucket, plain, sealed);
                }
                (Some((STORE, below)), _) => store.join(below),
                (Some((CUSTODY, below)), _) => custody.join(below),
                (None, SETTINGS) => return Ok(()),
                (None, MARKER) => {
                    marker = Some(read(order, plain, sealed)?);
                    return Ok(());
                }
                _ => self.root.join(name),
            };
            self.write(&path, plain, sealed)
        })?;
        if in_bucket && bucket.is_none() {
            open_bucket()?;
        }
        self.marker = marker;
        Ok(())
    }

    fn write(&self, path: &Path, plain: Digest, sealed: &SealedFile) -> Result<(), Trouble> {
        let failed = |error: &io::Error| Trouble::io(path, error);
        if let Some(folder) = path.parent() {
            make_folder(folder)?;
        }
        let mut options = OpenOptions::new();
        let mut file = options.write(true).create_new(true).mode(0o600).open(path).map_err(|error| failed(&error))?;
        let mut written = Ok(());
        let poured = open(self.order, sealed, |opened| {
            let mut to = Told { file: &mut file, failure: &mut written };
            pour(opened, &mut to, |_| damaged(sealed))
        });
        written.map_err(|error: io::Error| failed(&error))?;
        if poured? == plain { Ok(()) } else { Err(damaged(sealed)) }
    }

    /// Makes everything durable, then marks it as what it is.
    pub(super) fn finish(mut self) -> Result<(), Trouble> {
        let marker = self.marker.take();
        let bytes = marker.ok_or_else(|| Trouble::Missing { path: self.root.join(MARKER).display().to_string() })?;
        for folder in &self.begun {
            let open = File::open(folder).map_err(|error| Trouble::io(folder, &error))?;
            rustix::fs::syncfs(&open).map_err(|error| Trouble::io(folder, &error.into()))?;
        }
        Folder::open(&self.root)?.create_new(MARKER, &bytes)?;
        self.finished = true;
        Ok(())
    }
}

/// The way into a file, which keeps what the disk said.
struct Told<'a> {
    file: &'a mut File,
    failure: &'a mut io::Result<()>,
}

impl io::Write for Told<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.file.write(bytes).map_err(|error| {
            let told = io::Error::from(error.kind());
            *self.failure = Err(error);
            told
        })
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The bytes of a small file.
pub(super) fn read(order: &Order<'_>, plain: Digest, sealed: &SealedFile) -> Result<Vec<u8>, Trouble> {
    let mut bytes = Vec::new();
    let poured = open(order, sealed, |opened| pour(opened, &mut bytes, |_| damaged(sealed)))?;
    if poured == plain { Ok(bytes) } else { Err(damaged(sealed)) }
}

/// Puts an object into a bucket. It stays there whatever comes later: what bears its name is what it is.
fn put(order: &Order<'_>, bucket: &Objects, plain: Digest, sealed: &SealedFile) -> Result<(), Trouble> {
    // Sealed it is longer, by little.
    let length = sealed.path.metadata().map_err(|error| Trouble::io(&sealed.path, &error))?.len();
    order.identities.open(&sealed.path, |opened| match bucket.put_stream(plain, length, opened) {
        Err(StoreError::NotWhatWasSaid { .. } | StoreError::Io(_)) => Err(damaged(sealed)),
        outcome => Ok(outcome?),
    })
}

/// Opens a sealed file that is what its name says, and answers the digest of what `take` read in it.
fn open(
    order: &Order<'_>,
    sealed: &SealedFile,
    take: impl FnOnce(&mut dyn io::Read) -> Result<crate::durable::Written, Trouble>,
) -> Result<Digest, Trouble> {
    Ok(order.identities.open(&sealed.path, take)?.digest)
}

fn damaged(sealed: &SealedFile) -> Trouble {
    Trouble::Damaged { path: sealed.path.display().to_string() }
}

/// Lies below, and nowhere else.
fn is_plain(name: &str) -> bool {
    !name.is_empty() && Path::new(name).components().all(|part| matches!(part, Component::Normal(_)))
}

fn make_folder(folder: &Path) -> Result<(), Trouble> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(|error| Trouble::io(folder, &error))
}
