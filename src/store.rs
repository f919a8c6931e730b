//! Filed records and their objects: append, read, list. Nothing is ever rewritten.
//!
//! An object's key is the SHA-256 of its plaintext, so storing the same bytes twice is storing them once, and a reader
//! can tell whether it got what was stored. Objects are durable before a transaction names them.

pub mod records;
mod shelves;

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use futures_util::StreamExt as _;
use object_store::local::LocalFileSystem;
use object_store::path::Path as Key;
use object_store::{ObjectStore as _, ObjectStoreExt as _, PutMode, PutOptions, PutPayload};

use crate::ids::{Digest, Digester};
pub use shelves::{SHELVES, Shelf};

/// Bigger objects are written in pieces of this size, so that no object has to fit in memory.
const PIECE: usize = 8 * 1024 * 1024;

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
    engine: LocalFileSystem,
    runtime: tokio::runtime::Handle,
    folder: PathBuf,
}

impl Objects {
    /// Opens the folder of objects, and makes it in a store that has none yet.
    ///
    /// # Errors
    /// When the folder cannot be opened.
    pub fn open(folder: &Path, runtime: &tokio::runtime::Handle) -> Result<Self, StoreError> {
        std::fs::create_dir_all(folder)?;
        // Without `with_fsync` the local engine would answer before anything is durable.
        let engine = LocalFileSystem::new_with_prefix(folder)?.with_fsync(true);
        Ok(Self { engine, runtime: runtime.clone(), folder: folder.to_owned() })
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
        let mut upload = self.runtime.block_on(self.engine.put_multipart(&key(&expected)))?;
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
                break Err(error.into());
            }
        };
        match outcome {
            Ok(()) => {
                self.runtime.block_on(upload.complete())?;
                Ok(())
            }
            Err(error) => {
                // What was staged is of no use; the error that matters is the one above.
                let _ = self.runtime.block_on(upload.abort());
                Err(error)
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
        self.runtime.block_on(async {
            let found = match self.engine.get(&key(digest)).await {
                Ok(found) => found,
                Err(object_store::Error::NotFound { .. }) => return Err(StoreError::Missing(*digest)),
                Err(error) => return Err(error.into()),
            };
            let mut digester = Digester::default();
            let mut length = 0_u64;
            let mut stream = found.into_stream();
            while let Some(piece) = stream.next().await {
                let piece = piece?;
                digester.update(&piece);
                sink.write_all(&piece)?;
                length = length.saturating_add(piece.len() as u64);
            }
            let found = digester.finish();
            if found == *digest { Ok(length) } else { Err(StoreError::Damaged { expected: *digest, found }) }
        })
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
        let options = PutOptions::from(PutMode::Create);
        match self.runtime.block_on(self.engine.put_opts(&key(&digest), payload, options)) {
            Ok(_) => Ok(()),
            // Somebody stored the same bytes before. That they still are those bytes is worth a look.
            Err(object_store::Error::AlreadyExists { .. }) => {
                self.check(&digest)?;
                self.make_durable(&digest)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Whoever stored it first may have been stopped between its name and the flush of the folder.
    fn make_durable(&self, digest: &Digest) -> Result<(), StoreError> {
        let path = self.folder.join(relative_path(digest));
        for place in path.ancestors().take_while(|place| place.starts_with(&self.folder)) {
            std::fs::File::open(place)?.sync_all()?;
        }
        Ok(())
    }
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
mod tests {
    use super::*;

    fn objects() -> (tempfile::TempDir, tokio::runtime::Runtime, Objects) {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let objects = Objects::open(folder.path(), runtime.handle()).unwrap();
        (folder, runtime, objects)
    }

    #[test]
    fn what_was_put_is_got() {
        let (_folder, _runtime, objects) = objects();
        let digest = objects.put(b"abc").unwrap();
        assert_eq!(digest, Digest::of(b"abc"));
        assert_eq!(objects.put(b"abc").unwrap(), digest);
        assert_eq!(objects.get(&digest).unwrap(), b"abc");
        assert!(matches!(objects.get(&Digest::of(b"other")), Err(StoreError::Missing(_))));
    }

    #[test]
    fn a_flipped_byte_is_noticed() {
        let (folder, _runtime, objects) = objects();
        let digest = objects.put(b"abc").unwrap();
        std::fs::write(folder.path().join(relative_path(&digest)), b"abd").unwrap();
        assert!(matches!(objects.get(&digest), Err(StoreError::Damaged { .. })));
        assert!(matches!(objects.put(b"abc"), Err(StoreError::Damaged { .. })));
    }

    #[test]
    fn a_stream_is_stored_only_under_its_own_digest() {
        let (folder, _runtime, objects) = objects();
        for length in [10, PIECE, PIECE + 1, 2 * PIECE + 5] {
            let bytes: Vec<u8> = (0..length).map(|i| u8::try_from(i % 251).unwrap()).collect();
            let digest = Digest::of(&bytes);
            objects.put_stream(digest, length as u64, &bytes[..]).unwrap();
            assert_eq!(objects.check(&digest).unwrap(), length as u64);
            let wrong = Digest::of(b"something else");
            assert!(matches!(
                objects.put_stream(wrong, length as u64, &bytes[..]),
                Err(StoreError::NotWhatWasSaid { .. })
            ));
            assert!(!folder.path().join(relative_path(&wrong)).exists());
        }
    }
}
