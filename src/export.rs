//! A record and its proof, for somebody outside.
//!
//! One file, the ASiC-E container, with `<record>.proof.json` beside it; or the same unpacked, with certificates,
//! token, journal entry and a script, so that `unzip`, `openssl` and a POSIX shell are enough to verify everything.
//! Names of what is written come from us and never from the record's data; nothing is ever overwritten.

mod unpacked;

use std::fs::DirBuilder;
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use crate::crypto::check::{self, ManifestError, SignatureError};
use crate::durable::{Class, Failure, Folder, Sink};
use crate::evidence::container::{Announced, EntryName, WriteError, write_filled};
use crate::evidence::proof::Proof;
use crate::ids::RecordId;
use crate::verification::{Parts, PartsError, Trust};

/// What is exported.
pub struct Export<'a> {
    pub record: RecordId,
    pub parts: Parts<'a>,
    pub proof: Proof,
    /// What the exporting home believes in. It goes along as a claim, to be compared with what is published elsewhere.
    pub claimed: &'a Trust,
}

#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    #[error("{} is there already: name another place, or move it away", .0.display())]
    Exists(PathBuf),
    #[error(transparent)]
    Disk(Failure),
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("the record cannot be read: {0}")]
    Parts(#[from] PartsError),
    #[error("the record's manifest cannot be read: {0}")]
    Manifest(#[from] ManifestError),
    #[error("the record's signature cannot be read: {0}")]
    Signature(#[from] SignatureError),
    #[error("the container cannot be written: {0}")]
    Container(#[from] WriteError),
    #[error("the proof cannot be written: {0}")]
    Encoding(#[from] serde_json::Error),
}

impl From<Failure> for ExportError {
    fn from(failure: Failure) -> Self {
        match failure.class() {
            Class::Exists => Self::Exists(failure.path().to_owned()),
            _ => Self::Disk(failure),
        }
    }
}

/// No manifest and no signature is longer.
const LONGEST_MANIFEST: u64 = 8 << 20;
const LONGEST_SIGNATURE: u64 = 1 << 20;

/// The names of a record's container and of the proof beside it, in a folder that has neither.
///
/// # Errors
/// When one of them is there already, or the folder is not.
pub fn free_names(record: RecordId, folder: &Path) -> Result<[String; 2], ExportError> {
    folder.metadata().map_err(|error| ExportError::Io { path: folder.to_owned(), error })?;
    let names = [format!("{record}.asice"), format!("{record}.proof.json")];
    match names.iter().map(|name| folder.join(name)).find(|path| path.symlink_metadata().is_ok()) {
        Some(path) => Err(ExportError::Exists(path)),
        None => Ok(names),
    }
}

impl Export<'_> {
    /// Writes `<record>.asice` and `<record>.proof.json` into a folder that exists, and answers where the first lies.
    ///
    /// # Errors
    /// When one of them is there already, the disk fails, or the record cannot be read.
    pub fn container(&mut self, folder: &Path) -> Result<PathBuf, ExportError> {
        let target = Folder::open(folder)?;
        let order = self.order()?;
        let mut announced = Vec::new();
        for name in order {
            let mut sum = Summing::default();
            let size = self.parts.copy_to(&name, &mut sum)?;
            announced.push(Announced { name, size, crc32: sum.0.finalize() });
        }
        let proof = self.proof_bytes()?;
        let [container, beside] = free_names(self.record, folder)?;
        let parts = &mut self.parts;
        target.create_new_from::<ExportError>(&container, |sink| {
            write_filled(&announced, &mut Pouring(sink), |name, out| {
                parts.copy_to(name, out)?;
                Ok::<_, ExportError>(())
            })
        })?;
        // The proof last: where it lies, the container is whole.
        target.create_new(&beside, &proof)?;
        Ok(folder.join(container))
    }

    /// Writes everything unpacked into a new folder.
    ///
    /// # Errors
    /// When the folder is there already, the disk fails, or the record cannot be read.
    pub fn unpacked(&mut self, folder: &Path) -> Result<(), ExportError> {
        match DirBuilder::new().mode(0o700).create(folder) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
                return Err(ExportError::Exists(folder.to_owned()));
            }
            Err(error) => return Err(ExportError::Io { path: folder.to_owned(), error }),
        }
        unpacked::write(self, &Folder::open(folder)?)
    }

    /// The parts in the container's order: as the manifest lists them, then the manifest and the signature.
    fn order(&mut self) -> Result<Vec<EntryName>, ExportError> {
        let manifest = self.parts.bytes(&EntryName::Manifest, LONGEST_MANIFEST)?;
        let members = check::manifest(&manifest)?.into_iter().map(|member| EntryName::Member(member.name));
        Ok(members.chain([EntryName::Manifest, EntryName::Signature]).collect())
    }

    fn proof_bytes(&self) -> Result<Vec<u8>, ExportError> {
        let mut bytes = serde_json_canonicalizer::to_vec(&self.proof)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// A sink that keeps nothing but the sum.
#[derive(Default)]
struct Summing(crc32fast::Hasher);

impl Write for Summing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A durable file, as standard streams are written.
struct Pouring<'a>(&'a mut Sink);

impl Write for Pouring<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(Failure::into_io)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
