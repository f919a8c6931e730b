//! Filed records and their objects: append, read, list. Nothing is ever rewritten.
//!
//! An object's key is the SHA-256 of its plaintext, so storing the same bytes twice is storing them once, and a reader
//! can tell whether it got what was stored. Objects are durable before a transaction names them. They lie in a folder, or
//! in a bucket of an S3 server, under the same names.

mod bucket;
mod problem;
pub mod records;
mod shelves;

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use futures_util::StreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt as _, PutMode, PutMultipartOptions, PutOptions, PutPayload};

use crate::config::Config;
use crate::config::home::{Home, Layout};
use crate::ids::{Digest, Digester, HomeId};
use bucket::Bucket;
pub use problem::ObjectsProblem;
pub use shelves::{Place, SHELVES, Shelf};

/// Bigger objects are written, and those in a bucket read, in pieces of this size, so that no object has to fit in memory.
const PIECE: usize = 8 * 1024 * 1024;

/// So often an object is tried that somebody else is storing at the same moment.
const TRIES: u32 = 3;

#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error(
        "the disk that holds the store is full: free some space, or files where `df -i` shows that none is left; filing resumes by itself"
    )]
    DiskFull,
    #[error("the store holds no object {0}")]
    Missing(Digest),
    #[error("the object {expected} has other bytes than it was stored with (they hash to {found})")]
    Damaged { expected: Digest, found: Digest },
    #[error("the bytes to be stored as {expected} hash to {found}")]
    NotWhatWasSaid { expected: Digest, found: Digest },
    #[error("the object store cannot be reached: {0}")]
    Unreachable(#[source] object_store::Error),
    /// The store as a whole, be it folder or server.
    #[error("{0}")]
    Unusable(ObjectsProblem),
    #[error("reading or writing beside the store: {0}")]
    Io(#[from] std::io::Error),
}

impl From<object_store::Error> for StoreError {
    fn from(error: object_store::Error) -> Self {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(&error);
        while let Some(current) = cause {
            if let Some(io) = current.downcast_ref::<std::io::Error>()
                && matches!(io.kind(), std::io::ErrorKind::StorageFull | std::io::ErrorKind::QuotaExceeded)
            {
                return Self::DiskFull;
            }
            cause = current.source();
        }
        Self::Unreachable(error)
    }
}

/// A store of objects. Its functions block, and must not be called on a thread that drives an async runtime.
pub struct Objects {
    engine: Engine,
    runtime: tokio::runtime::Handle,
}

enum Engine {
    Folder {
        engine: LocalFileSystem,
        folder: PathBuf,
        /// What could not be flushed may be there all the same, and flushing it again could lie: it is stored anew.
        unsure: Mutex<BTreeSet<Digest>>,
    },
    Bucket(Box<Bucket>),
}

impl Objects {
    /// Opens a folder of objects, and makes it where there is none yet.
    ///
    /// # Errors
    /// When the folder cannot be opened.
    pub fn open(folder: &Path, runtime: &tokio::runtime::Handle) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)?;
        // Without `with_fsync` the local engine would answer before anything is durable.
        let engine = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        let engine = Engine::Folder { engine, folder: folder.to_owned(), unsure: Mutex::default() };
        Ok(Self { engine, runtime: runtime.clone() })
    }

    /// A home's objects, where the settings say and where the home was made with them.
    ///
    /// # Errors
    /// When they are not there, or cannot be reached.
    pub fn at_home(home: &Home, config: &Config, runtime: &tokio::runtime::Handle) -> Result<Self, StoreError> {
        let layout = home.layout();
        let objects = match Bucket::of(layout, config)? {
            Some(bucket) => Self { engine: Engine::Bucket(Box::new(bucket)), runtime: runtime.clone() },
            None => {
                let folder = folder_of(layout, config);
                if !folder.is_dir() {
                    return Err(ObjectsProblem::NoFolder { path: folder.display().to_string() }.into());
                }
                Self::open(&folder, runtime)?
            }
        };
        objects.check_ours(home.id())?;
        Ok(objects)
    }

    /// The same for whoever will write: a server is asked first whether it keeps its word.
    ///
    /// # Errors
    /// As for [`Self::at_home`], and when it does not.
    pub fn proven(home: &Home, config: &Config, runtime: &tokio::runtime::Handle) -> Result<Self, StoreError> {
        let mut objects = Self::at_home(home, config, runtime)?;
        if let Engine::Bucket(bucket) = &mut objects.engine {
            bucket.prove()?;
        }
        Ok(objects)
    }

    /// The objects of a home that is being made.
    ///
    /// # Errors
    /// When there are some already, or the store cannot be used.
    pub fn found(
        layout: Layout<'_>,
        id: HomeId,
        config: &Config,
        runtime: &tokio::runtime::Handle,
    ) -> Result<Self, StoreError> {
        match Bucket::of(layout, config)? {
            None => Self::open(&folder_of(layout, config), runtime),
            Some(mut bucket) => {
                bucket.prove()?;
                runtime.block_on(bucket.mark(id))?;
                Ok(Self { engine: Engine::Bucket(Box::new(bucket)), runtime: runtime.clone() })
            }
        }
    }

    /// Whether what is there now is still this home's. Of a folder its store's marker tells.
    ///
    /// # Errors
    /// When it is not, or cannot be reached.
    pub fn check_ours(&self, id: HomeId) -> Result<(), StoreError> {
        match &self.engine {
            Engine::Folder { .. } => Ok(()),
            Engine::Bucket(bucket) => self.runtime.block_on(bucket.check_marker(id)),
        }
    }

    /// The server, where it would let anybody who has the key delete objects.
    #[must_use]
    pub fn cannot_lock(&self) -> Option<String> {
        match &self.engine {
            Engine::Folder { .. } => None,
            Engine::Bucket(bucket) => bucket.cannot_lock(),
        }
    }

    /// Stores bytes and returns once they are durable. Bytes that are there already are compared, not written.
    ///
    /// # Errors
    /// When the disk is full or away, or what is stored under this digest is damaged.
    pub fn put(&self, bytes: &[u8]) -> Result<Digest, StoreError> {
        let digest = Digest::of(bytes);
        self.put_piece(digest, bytes)?;
        Ok(digest)
    }

    /// Stores what `source` yields, which must hash to `expected`, and returns once it is durable.
    ///
    /// # Errors
    /// As for [`Self::put`], and when the bytes are not those expected; then nothing is stored.
    pub fn put_stream(&self, expected: Digest, length: u64, mut source: impl Read) -> Result<(), StoreError> {
        if usize::try_from(length).is_ok_and(|length| length <= PIECE) {
            let mut bytes = Vec::new();
            source.take(PIECE as u64 + 1).read_to_end(&mut bytes)?;
            let found = Digest::of(&bytes);
            if found != expected {
                return Err(StoreError::NotWhatWasSaid { expected, found });
            }
            return self.put_piece(expected, &bytes);
        }
        let options = PutMultipartOptions { extensions: self.engine.asked_of_each(), ..PutMultipartOptions::default() };
        let begun = self.runtime.block_on(self.engine.store().put_multipart_opts(&key(&expected), options));
        let mut upload = begun.map_err(|error| self.engine.failed(error))?;
        let mut digester = Digester::default();
        let outcome = loop {
            let mut piece = Vec::with_capacity(PIECE);
            if let Err(error) = source.by_ref().take(PIECE as u64).read_to_end(&mut piece) {
                break Err(error.into());
            }
            if piece.is_empty() {
                let found = digester.finish();
                break if found == expected { Ok(()) } else { Err(StoreError::NotWhatWasSaid { expected, found }) };
            }
            digester.update(&piece);
            if let Err(error) = self.runtime.block_on(upload.put_part(piece.into())) {
                break Err(self.engine.failed(error));
            }
        };
        let outcome = match outcome {
            Ok(()) => self.runtime.block_on(upload.complete()).map(drop),
            Err(error) => {
                // What was staged is of no use; the error that matters is the one above.
                let _ = self.runtime.block_on(upload.abort());
                return Err(error);
            }
        };
        match outcome {
            Ok(()) => match &self.engine {
                Engine::Folder { .. } => Ok(()),
                // What was asked for where the upload began, not every server heeds.
                Engine::Bucket(bucket) => bucket.keep(&key(&expected)),
            },
            Err(error) => {
                let _ = self.runtime.block_on(upload.abort());
                match &self.engine {
                    // Here it is no refusal, because a folder takes it whatever was there: nothing says that it is durable.
                    Engine::Folder { .. } => Err(error.into()),
                    // It was there already; or it is now, and what the server said of it was lost on the way.
                    Engine::Bucket(bucket) => match self.compare(&expected) {
                        Err(StoreError::Missing(_)) => Err(bucket.failed(&error)),
                        outcome => outcome,
                    },
                }
            }
        }
    }

    /// The bytes of an object, compared with its digest. Meant for what is known to be small.
    ///
    /// # Errors
    /// When it is missing, damaged or out of reach.
    pub fn get(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let mut bytes = Vec::new();
        self.copy_to(digest, &mut bytes)?;
        Ok(bytes)
    }

    /// Writes an object's bytes to `sink` and compares them with its digest at the end: on an error, what was written
    /// must not be used.
    ///
    /// # Errors
    /// When it is missing, damaged or out of reach, or `sink` fails.
    pub fn copy_to(&self, digest: &Digest, sink: &mut dyn Write) -> Result<u64, StoreError> {
        let mut digester = Digester::default();
        let mut length = 0_u64;
        let mut take = |piece: &[u8]| -> Result<(), StoreError> {
            digester.update(piece);
            sink.write_all(piece)?;
            length = length.saturating_add(piece.len() as u64);
            Ok(())
        };
        self.runtime.block_on(async {
            match &self.engine {
                Engine::Folder { engine, .. } => {
                    let found = match engine.get(&key(digest)).await {
                        Ok(found) => found,
                        Err(object_store::Error::NotFound { .. }) => return Err(StoreError::Missing(*digest)),
                        Err(error) => return Err(error.into()),
                    };
                    let mut stream = found.into_stream();
                    while let Some(piece) = stream.next().await {
                        take(&piece?)?;
                    }
                    Ok(())
                }
                Engine::Bucket(bucket) => bucket.read(&key(digest), digest, &mut take).await,
            }
        })?;
        let found = digester.finish();
        if found == *digest { Ok(length) } else { Err(StoreError::Damaged { expected: *digest, found }) }
    }

    /// Reads an object back and compares it with its digest. Answers its length.
    ///
    /// # Errors
    /// When it is missing, damaged or out of reach.
    pub fn check(&self, digest: &Digest) -> Result<u64, StoreError> {
        self.copy_to(digest, &mut std::io::sink())
    }

    fn put_piece(&self, digest: Digest, bytes: &[u8]) -> Result<(), StoreError> {
        let payload = PutPayload::from(bytes.to_vec());
        let mut tries = TRIES;
        loop {
            let mode = if self.engine.is_unsure(&digest) { PutMode::Overwrite } else { PutMode::Create };
            let options = PutOptions { extensions: self.engine.asked_of_each(), ..PutOptions::from(mode) };
            match self.runtime.block_on(self.engine.store().put_opts(&key(&digest), payload.clone(), options)) {
                Ok(_) => {
                    self.engine.set_sure(&digest);
                    return Ok(());
                }
                // Somebody stored the same bytes before. That they still are those bytes is worth a look.
                Err(error @ object_store::Error::AlreadyExists { .. }) => match self.compare(&digest) {
                    // A server also says so while another upload of them is on its way, which may come to nothing.
                    Err(StoreError::Missing(_)) if tries > 1 => tries -= 1,
                    Err(StoreError::Missing(_)) => return Err(self.engine.failed(error)),
                    outcome => return outcome,
                },
                Err(error) => {
                    self.engine.set_unsure(digest);
                    return Err(self.engine.failed(error));
                }
            }
        }
    }

    /// What was there already has to be what it should be, and as durable as if it had been stored now.
    fn compare(&self, digest: &Digest) -> Result<(), StoreError> {
        self.check(digest)?;
        match &self.engine {
            Engine::Folder { folder, .. } => make_durable(folder, digest),
            Engine::Bucket(bucket) => bucket.keep(&key(digest)),
        }
    }
}

impl Engine {
    fn store(&self) -> &dyn ObjectStore {
        match self {
            Self::Folder { engine, .. } => engine,
            Self::Bucket(bucket) => bucket.store(),
        }
    }

    fn unsure(&self) -> Option<MutexGuard<'_, BTreeSet<Digest>>> {
        match self {
            Self::Folder { unsure, .. } => Some(unsure.lock().unwrap_or_else(PoisonError::into_inner)),
            Self::Bucket(_) => None,
        }
    }

    fn is_unsure(&self, digest: &Digest) -> bool {
        self.unsure().is_some_and(|unsure| unsure.contains(digest))
    }

    fn set_unsure(&self, digest: Digest) {
        self.unsure().map(|mut unsure| unsure.insert(digest));
    }

    fn set_sure(&self, digest: &Digest) {
        self.unsure().map(|mut unsure| unsure.remove(digest));
    }

    /// What goes along with each request that stores something.
    fn asked_of_each(&self) -> ureq::http::Extensions {
        match self {
            Self::Folder { .. } => ureq::http::Extensions::new(),
            Self::Bucket(bucket) => bucket.asked_of_each(),
        }
    }

    fn failed(&self, error: object_store::Error) -> StoreError {
        match self {
            Self::Folder { .. } => error.into(),
            Self::Bucket(bucket) => bucket.failed(&error),
        }
    }
}

/// Whoever stored it first may have been stopped between its name and the flush of the folder.
fn make_durable(folder: &Path, digest: &Digest) -> Result<(), StoreError> {
    let path = folder.join(relative_path(digest));
    for place in path.ancestors().take_while(|place| place.starts_with(folder)) {
        std::fs::File::open(place)?.sync_all()?;
    }
    Ok(())
}

/// Where a home's objects lie that are in no bucket.
fn folder_of(layout: Layout<'_>, config: &Config) -> PathBuf {
    layout.store(config).join("objects")
}

/// `ab/abcdef…`: few enough entries in one folder for any file system.
fn key(digest: &Digest) -> Key {
    let hex = digest.hex();
    let first = hex.get(..2).unwrap_or_default().to_owned();
    Key::from_iter([first, hex])
}

/// Where an object lies below the folder of objects, for people with ordinary tools.
#[must_use]
pub fn relative_path(digest: &Digest) -> PathBuf {
    PathBuf::from(key(digest).as_ref())
}

#[cfg(test)]
mod tests;
