//! What lies among the objects, shelf by shelf. A shelf is what bears digests that begin with one byte, so whoever looks
//! through a store of any size holds a 256th of its digests at a time.

use std::io;
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use jiff::SignedDuration;
use object_store::path::Path as Key;
use object_store::{ObjectMeta, ObjectStoreExt as _};

use super::{Engine, Objects, StoreError, key, relative_path};
use crate::ids::Digest;
use crate::instant::Instant;

/// Every shelf, by the byte with which its digests begin.
pub const SHELVES: std::ops::RangeInclusive<u8> = 0..=u8::MAX;

/// A server's clock may be as far from ours as it lets a request's time be from its own.
const SERVERS_CLOCK: SignedDuration = SignedDuration::from_mins(15);

/// Where something lies, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    File(PathBuf),
    /// On a server.
    Address(String),
}

/// What lies on a shelf.
#[derive(Debug, Default)]
pub struct Shelf {
    /// In order.
    pub objects: Vec<Digest>,
    /// What an engine had begun to write when it was stopped. A server keeps such pieces out of sight.
    pub unfinished: Vec<PathBuf>,
    /// What bears no object's name.
    pub strangers: Vec<Place>,
}

impl Objects {
    /// Looks through a shelf. One that was never used is empty.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub fn shelf(&self, first: u8) -> Result<Shelf, StoreError> {
        let mut shelf = Shelf::default();
        match &self.engine {
            Engine::Folder { folder, .. } => {
                for path in entries(&folder.join(format!("{first:02x}")))? {
                    let name = path.file_name().and_then(|name| name.to_str());
                    match name.map(|name| (named(name), name.split_once('#'))) {
                        Some((Some(digest), _)) if path == folder.join(relative_path(&digest)) => {
                            shelf.objects.push(digest);
                        }
                        Some((None, Some((begun, _)))) if named(begun).is_some() => shelf.unfinished.push(path),
                        _ => shelf.strangers.push(Place::File(path)),
                    }
                }
            }
            Engine::Bucket(bucket) => {
                let prefix = Key::from(format!("{first:02x}"));
                let listed = self.runtime.block_on(bucket.store().list(Some(&prefix)).try_collect::<Vec<_>>());
                for found in listed.map_err(|error| bucket.failed(&error))? {
                    match found.location.filename().and_then(named) {
                        Some(digest) if found.location == key(&digest) => shelf.objects.push(digest),
                        _ => shelf.strangers.push(Place::Address(bucket.address(&found.location))),
                    }
                }
            }
        }
        shelf.objects.sort_unstable();
        Ok(shelf)
    }

    /// What lies beside the shelves.
    ///
    /// # Errors
    /// When it cannot be listed.
    pub fn beside_the_shelves(&self) -> Result<Vec<Place>, StoreError> {
        let is_shelf = |name: &str| SHELVES.map(|first| format!("{first:02x}")).any(|shelf| shelf == name);
        match &self.engine {
            Engine::Folder { folder, .. } => {
                let mut found = entries(folder)?;
                found.retain(|path| !path.file_name().and_then(|name| name.to_str()).is_some_and(is_shelf));
                Ok(found.into_iter().map(Place::File).collect())
            }
            Engine::Bucket(bucket) => {
                let listed = self.runtime.block_on(bucket.store().list_with_delimiter(None));
                let listed = listed.map_err(|error| bucket.failed(&error))?;
                let folders = listed.common_prefixes.into_iter().filter(|key| !is_shelf(key.as_ref()));
                let all = folders.chain(listed.objects.into_iter().map(|found| found.location));
                let strangers = all.filter(|key| !bucket.is_own(key));
                Ok(strangers.map(|key| Place::Address(bucket.address(&key))).collect())
            }
        }
    }

    /// Where an object lies, or would.
    #[must_use]
    pub fn place(&self, digest: &Digest) -> Place {
        match &self.engine {
            Engine::Folder { folder, .. } => Place::File(folder.join(relative_path(digest))),
            Engine::Bucket(bucket) => Place::Address(bucket.address(&key(digest))),
        }
    }

    /// How long an object is, by its name alone; none where it is not there.
    ///
    /// # Errors
    /// When that cannot be told.
    pub fn length(&self, digest: &Digest) -> Result<Option<u64>, StoreError> {
        Ok(self.told_of(digest)?.map(|told| told.size))
    }

    /// When an object was written, where it is there. Of one on a server, the latest that it may have been by our clock.
    ///
    /// # Errors
    /// When that cannot be told.
    pub fn stored_at(&self, digest: &Digest) -> Result<Option<Instant>, StoreError> {
        let told = self.told_of(digest)?;
        let at = told.and_then(|told| Instant::from_microseconds(told.last_modified.timestamp_micros()));
        Ok(match &self.engine {
            Engine::Folder { .. } => at,
            Engine::Bucket(_) => at.map(|at| at.plus(SERVERS_CLOCK)),
        })
    }

    fn told_of(&self, digest: &Digest) -> Result<Option<ObjectMeta>, StoreError> {
        match self.runtime.block_on(self.engine.store().head(&key(digest))) {
            Ok(told) => Ok(Some(told)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(self.engine.failed(error)),
        }
    }
}

/// The digest that an object's name is.
fn named(text: &str) -> Option<Digest> {
    format!("sha256:{text}").parse().ok()
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    match std::fs::read_dir(folder) {
        Ok(entries) => entries.map(|entry| Ok(entry?.path())).collect(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error),
    }
}
