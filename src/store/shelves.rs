//! What lies in the folder of objects, shelf by shelf. A shelf is the folder of the digests that begin with one byte, so
//! whoever looks through a store of any size holds a 256th of its digests at a time.

use std::io;
use std::path::{Path, PathBuf};

use super::{Objects, relative_path};
use crate::ids::Digest;
use crate::instant::Instant;

/// Every shelf, by the byte with which its digests begin.
pub const SHELVES: std::ops::RangeInclusive<u8> = 0..=u8::MAX;

/// What lies on a shelf.
#[derive(Debug, Default)]
pub struct Shelf {
    /// In order.
    pub objects: Vec<Digest>,
    /// What an engine had begun to write when it was stopped.
    pub unfinished: Vec<PathBuf>,
    /// What bears no object's name.
    pub strangers: Vec<PathBuf>,
}

impl Objects {
    /// Looks through a shelf. One that was never used is empty.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn shelf(&self, first: u8) -> io::Result<Shelf> {
        let folder = self.folder.join(format!("{first:02x}"));
        let mut shelf = Shelf::default();
        for path in entries(&folder)? {
            let name = path.file_name().and_then(|name| name.to_str());
            let named = |text: &str| format!("sha256:{text}").parse::<Digest>().ok();
            match name.map(|name| (named(name), name.split_once('#'))) {
                Some((Some(digest), _)) if path == self.path(&digest) => shelf.objects.push(digest),
                Some((None, Some((begun, _)))) if named(begun).is_some() => shelf.unfinished.push(path),
                _ => shelf.strangers.push(path),
            }
        }
        shelf.objects.sort_unstable();
        Ok(shelf)
    }

    /// What lies beside the shelves.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn beside_the_shelves(&self) -> io::Result<Vec<PathBuf>> {
        let mut found = entries(&self.folder)?;
        found.retain(|path| !SHELVES.map(|first| self.folder.join(format!("{first:02x}"))).any(|shelf| shelf == *path));
        Ok(found)
    }

    /// The folder of objects.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where an object lies, or would.
    #[must_use]
    pub fn path(&self, digest: &Digest) -> PathBuf {
        self.folder.join(relative_path(digest))
    }

    /// When an object was written, where it is there.
    #[must_use]
    pub fn stored_at(&self, digest: &Digest) -> Option<Instant> {
        written_at(&self.path(digest))
    }
}

/// When a file was written last, where it is there.
fn written_at(path: &Path) -> Option<Instant> {
    let at = std::fs::symlink_metadata(path).ok()?.modified().ok()?;
    jiff::Timestamp::try_from(at).ok().map(Instant::from)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
