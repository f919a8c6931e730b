//! Where a record's bytes come from: a container, a folder into which one was unpacked, or the store.
//!
//! Whatever the source, a record is names and streams. Nothing is held in memory but what is known to be small.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;

use rustix::io::Errno;

use crate::durable::{Class, Failure, Folder};
use crate::evidence::container::{EntryName, MAXIMUM_ENTRIES, MEDIA_TYPE, ReadError, Reader};
use crate::evidence::manifest::{MANIFEST_PATH, SIGNATURE_PATH};
use crate::store::records::Member;
use crate::store::{Objects, StoreError};
use crate::system::open_regular;

/// A record's parts by name.
pub struct Parts<'a> {
    names: Vec<EntryName>,
    source: Source<'a>,
}

enum Source<'a> {
    Container(Box<Reader<File>>),
    Folder(Folder),
    Stored { objects: &'a Objects, members: Vec<Member> },
}

/// In which form a record lies before the verifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    Container,
    Folder,
    Stored,
}

/// Why a part cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    #[error(transparent)]
    Container(ReadError),
    #[error("{name:?} does not belong into a record")]
    Foreign { name: String },
    #[error("there is no {name}")]
    Missing { name: String },
    #[error("{name} is longer than {limit} bytes")]
    TooLong { name: String, limit: u64 },
    #[error("{name} cannot be read as it was stored")]
    Damaged { name: String },
    /// Disk, store or network failed; it says nothing about the record.
    #[error("{0}")]
    Environment(String),
}

impl<'a> Parts<'a> {
    /// The parts in a container file.
    ///
    /// # Errors
    /// When it is no canonical container, or cannot be read.
    pub fn container(path: &Path) -> Result<Self, PartsError> {
        let reader = Reader::open(open_regular(path).map_err(environment)?).map_err(read_error)?;
        let names = reader.entries().iter().map(|entry| entry.name.clone()).collect();
        Ok(Self { names, source: Source::Container(Box::new(reader)) })
    }

    /// The parts in a folder that holds exactly what unpacking a container gives.
    ///
    /// # Errors
    /// When something is there that does not belong, or cannot be read.
    pub fn folder(path: &Path) -> Result<Self, PartsError> {
        let folder = Folder::open(path).map_err(failure)?;
        let mut names = Vec::new();
        let mut has_type = false;
        for name in folder.names(MAXIMUM_ENTRIES + 2).map_err(failure)? {
            let shown = name.to_string_lossy().into_owned();
            match name.to_str() {
                Some("META-INF") => {
                    let inner = folder.open_folder("META-INF").map_err(|_| PartsError::Foreign { name: shown })?;
                    for name in inner.names(MAXIMUM_ENTRIES).map_err(failure)? {
                        names.push(entry_name(&format!("META-INF/{}", name.to_string_lossy()))?);
                    }
                }
                Some("mimetype") => has_type = true,
                _ => names.push(entry_name(&shown)?),
            }
        }
        if !has_type {
            return Err(PartsError::Missing { name: "mimetype".to_owned() });
        }
        let limit = MEDIA_TYPE.len() as u64;
        match folder.read("mimetype", limit) {
            Ok(bytes) if bytes == MEDIA_TYPE.as_bytes() => {}
            Ok(_) | Err(_) => return Err(PartsError::Foreign { name: "mimetype".to_owned() }),
        }
        Ok(Self { names, source: Source::Folder(folder) })
    }

    /// The parts of a record in the store: the newest generation of each.
    ///
    /// # Errors
    /// When the index names something that does not belong into a record.
    pub fn stored(objects: &'a Objects, members: Vec<Member>) -> Result<Self, PartsError> {
        let names = members.iter().map(|member| entry_name(&member.name)).collect::<Result<_, _>>()?;
        Ok(Self { names, source: Source::Stored { objects, members } })
    }

    #[must_use]
    pub fn form(&self) -> Form {
        match self.source {
            Source::Container(_) => Form::Container,
            Source::Folder(_) => Form::Folder,
            Source::Stored { .. } => Form::Stored,
        }
    }

    /// The names of all parts; those of a container in its order.
    #[must_use]
    pub fn names(&self) -> &[EntryName] {
        &self.names
    }

    /// Streams a part into `sink`, and answers how long it was. On an error, what was written must not be used.
    ///
    /// # Errors
    /// When it is not there, damaged, or cannot be read.
    pub fn copy_to(&mut self, name: &EntryName, sink: &mut dyn Write) -> Result<u64, PartsError> {
        let missing = || PartsError::Missing { name: name.to_string() };
        let length = match &mut self.source {
            Source::Container(reader) => {
                let mut content = reader.content(name).map_err(read_error)?;
                io::copy(&mut content, sink)
            }
            Source::Folder(folder) => io::copy(&mut open_below(folder, name)?, sink),
            Source::Stored { objects, members } => {
                let wanted = name.to_string();
                let member = members.iter().find(|member| member.name == wanted).ok_or_else(missing)?;
                return objects.copy_to(&member.object, sink).map_err(|error| match error {
                    StoreError::Missing(_) => missing(),
                    StoreError::Damaged { .. } => PartsError::Damaged { name: wanted },
                    other => PartsError::Environment(other.to_string()),
                });
            }
        };
        length.map_err(|error| match error.kind() {
            // What a container's own sums deny.
            io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => PartsError::Damaged { name: name.to_string() },
            _ => environment(error),
        })
    }

    /// The whole of a part that must not be longer than `limit` bytes.
    ///
    /// # Errors
    /// When it is longer, not there, damaged, or cannot be read.
    pub fn bytes(&mut self, name: &EntryName, limit: u64) -> Result<Vec<u8>, PartsError> {
        let mut bounded = Bounded { bytes: Vec::new(), limit, over: false };
        let copied = self.copy_to(name, &mut bounded);
        if bounded.over {
            return Err(PartsError::TooLong { name: name.to_string(), limit });
        }
        copied?;
        Ok(bounded.bytes)
    }
}

/// Memory up to a limit.
struct Bounded {
    bytes: Vec<u8>,
    limit: u64,
    over: bool,
}

impl Write for Bounded {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if (self.bytes.len() as u64).saturating_add(bytes.len() as u64) > self.limit {
            self.over = true;
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A part below a folder, never through a link.
fn open_below(folder: &Folder, name: &EntryName) -> Result<impl Read + use<>, PartsError> {
    let opened = match name {
        EntryName::Member(name) => folder.open_file(name.as_str()),
        EntryName::Manifest => inner(folder, MANIFEST_PATH),
        EntryName::Signature => inner(folder, SIGNATURE_PATH),
    };
    opened.map_err(|error| match error.class() {
        Class::Gone => PartsError::Missing { name: name.to_string() },
        Class::Other => match error.into_io() {
            // A link or a folder where a file should be.
            error
                if error.kind() == io::ErrorKind::InvalidInput
                    || error.raw_os_error() == Some(Errno::LOOP.raw_os_error()) =>
            {
                PartsError::Foreign { name: name.to_string() }
            }
            error => environment(error),
        },
        _ => failure(error),
    })
}

fn inner(folder: &Folder, path: &str) -> Result<File, Failure> {
    let name = path.rsplit('/').next().unwrap_or(path);
    folder.open_folder("META-INF")?.open_file(name)
}

fn entry_name(name: &str) -> Result<EntryName, PartsError> {
    name.parse().map_err(|_| PartsError::Foreign { name: name.to_owned() })
}

fn read_error(error: ReadError) -> PartsError {
    match error {
        ReadError::Io(error) => environment(error),
        ReadError::Missing { name } => PartsError::Missing { name },
        other => PartsError::Container(other),
    }
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn failure(failure: Failure) -> PartsError {
    PartsError::Environment(failure.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "it is given to map_err")]
fn environment(error: impl ToString) -> PartsError {
    PartsError::Environment(error.to_string())
}
