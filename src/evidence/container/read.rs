//! The strict reader of containers.

use std::io::{self, Read, Seek, SeekFrom};

use super::layout::{CENTRAL_HEADER_SIZE, END_OF_CENTRAL_DIRECTORY, END_SIZE, FIRST_NAME, Header, Layout};
use super::{EntryName, MAXIMUM_ENTRIES, MEDIA_TYPE, WriteError};

/// A container opened for reading. What is not an entry's content has been compared with what the writer would write.
pub struct Reader<R> {
    source: R,
    entries: Vec<ReadEntry>,
}

/// An entry of a container that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadEntry {
    pub name: EntryName,
    /// Where its content begins, in bytes from the container's start.
    pub offset: u64,
    /// How many bytes it has.
    pub size: u64,
    pub crc32: u32,
}

impl<R: Read + Seek> Reader<R> {
    /// Reads the directory and demands that everything around the contents is what [`write`](super::write) writes.
    ///
    /// # Errors
    /// When it is not, with what is wrong; or when the source cannot be read.
    pub fn open(mut source: R) -> Result<Self, ReadError> {
        let length = source.seek(SeekFrom::End(0))?;
        let headers = read_directory(&mut source, length)?;
        let layout = Layout::of(headers).map_err(|error| match error {
            WriteError::TooLarge { .. } => ReadError::NotOurLayout { at: 0 },
            WriteError::TooMany { entries } => ReadError::TooMany { entries },
            WriteError::Twice { name } => ReadError::Twice { name },
            WriteError::ContentChanged { .. } => ReadError::Foreign { name: FIRST_NAME.to_owned() },
            WriteError::Io(error) => ReadError::Io(error),
        })?;

        // Rebuild each header, and the directory, and compare.
        for placed in &layout.entries {
            expect(&mut source, placed.offset, &placed.header.local())?;
        }
        expect(&mut source, layout.directory_offset, &layout.directory())?;
        if layout.length() != length {
            return Err(ReadError::NotOurLayout { at: layout.length() });
        }
        let Some((first, rest)) = layout.entries.split_first() else { return Err(ReadError::NotAContainer) };
        if first.header.name != FIRST_NAME || first.header.size != MEDIA_TYPE.len() as u64 {
            return Err(ReadError::NotAContainer);
        }
        expect(&mut source, first.content_offset(), MEDIA_TYPE.as_bytes()).map_err(|_| ReadError::NotAContainer)?;

        let entries = rest
            .iter()
            .map(|placed| {
                let Header { name, size, crc32 } = &placed.header;
                let name = name.parse().map_err(|_| ReadError::Foreign { name: name.clone() })?;
                Ok(ReadEntry { name, offset: placed.content_offset(), size: *size, crc32: *crc32 })
            })
            .collect::<Result<_, ReadError>>()?;
        Ok(Self { source, entries })
    }

    /// The entries in their order, without `mimetype`.
    #[must_use]
    pub fn entries(&self) -> &[ReadEntry] {
        &self.entries
    }

    /// The content of an entry, as a stream that fails at its end when the CRC-32 does not agree.
    ///
    /// # Errors
    /// When there is no such entry, or the source cannot be positioned.
    pub fn content(&mut self, name: &EntryName) -> Result<impl Read + '_, ReadError> {
        let entry = self.entries.iter().find(|entry| entry.name == *name);
        let entry = entry.ok_or_else(|| ReadError::Missing { name: name.to_string() })?;
        self.source.seek(SeekFrom::Start(entry.offset))?;
        Ok(Checked {
            source: Read::take(&mut self.source, entry.size),
            hasher: crc32fast::Hasher::new(),
            expected: entry.crc32,
        })
    }

    /// The whole content of an entry that must not be larger than `limit` bytes.
    ///
    /// # Errors
    /// When there is no such entry, it is larger, damaged, or cannot be read.
    pub fn bytes(&mut self, name: &EntryName, limit: u64) -> Result<Vec<u8>, ReadError> {
        let size = self.entries.iter().find(|entry| entry.name == *name).map(|entry| entry.size);
        if size.is_some_and(|size| size > limit) {
            return Err(ReadError::EntryTooLarge { name: name.to_string(), limit });
        }
        let mut bytes = Vec::new();
        self.content(name)?.read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

/// Why something is not a container of ours.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error("this is not an ASiC-E container")]
    NotAContainer,
    #[error("at byte {at} the container is not as it must be written: it was changed or made by another program")]
    NotOurLayout { at: u64 },
    #[error("{entries} entries are more than {MAXIMUM_ENTRIES}")]
    TooMany { entries: usize },
    #[error("two entries are named {name}")]
    Twice { name: String },
    #[error("an entry named {name:?} does not belong into a record")]
    Foreign { name: String },
    #[error("there is no entry named {name}")]
    Missing { name: String },
    #[error("{name} is larger than {limit} bytes")]
    EntryTooLarge { name: String, limit: u64 },
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// What the central directory says; nothing of it is believed before the bytes are compared.
fn read_directory(source: &mut (impl Read + Seek), length: u64) -> Result<Vec<Header>, ReadError> {
    let end_offset = length.checked_sub(END_SIZE as u64).ok_or(ReadError::NotAContainer)?;
    let mut end = [0; END_SIZE];
    source.seek(SeekFrom::Start(end_offset))?;
    source.read_exact(&mut end)?;
    let mut end = Fields(&end);
    let signature = end.u32();
    let _disks = end.u32();
    let (_, count) = (end.u16(), end.u16());
    let (size, offset) = (end.u32(), end.u32());
    let (Some(END_OF_CENTRAL_DIRECTORY), Some(count), Some(size), Some(offset)) = (signature, count, size, offset)
    else {
        return Err(ReadError::NotAContainer);
    };
    if usize::from(count) > MAXIMUM_ENTRIES + 1 {
        return Err(ReadError::TooMany { entries: usize::from(count) - 1 });
    }
    // A directory longer than its entries can be is nonsense that need not be read.
    let longest = u64::from(count) * (CENTRAL_HEADER_SIZE + 128);
    if u64::from(offset) + u64::from(size) != end_offset || u64::from(size) > longest {
        return Err(ReadError::NotOurLayout { at: end_offset });
    }
    source.seek(SeekFrom::Start(offset.into()))?;
    let mut directory = vec![0; usize::try_from(size).map_err(|_| ReadError::NotAContainer)?];
    source.read_exact(&mut directory)?;
    let mut fields = Fields(&directory);
    (0..count).map(|_| central_header(&mut fields).ok_or(ReadError::NotOurLayout { at: offset.into() })).collect()
}

fn central_header(fields: &mut Fields<'_>) -> Option<Header> {
    fields.take(16)?; // signature, versions, flags, method, time, date: compared later
    let crc32 = fields.u32()?;
    let size = fields.u32()?.into();
    fields.take(4)?; // the uncompressed size
    let name_length = fields.u16()?.into();
    fields.take(16)?; // extra and comment lengths, disk, attributes, offset
    let name = std::str::from_utf8(fields.take(name_length)?).ok()?.to_owned();
    Some(Header { name, size, crc32 })
}

/// Little-endian fields of a header.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        Some(u16::from_le_bytes(self.take(2)?.try_into().ok()?))
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.take(4)?.try_into().ok()?))
    }
}

/// Demands these bytes at this place.
fn expect(source: &mut (impl Read + Seek), offset: u64, expected: &[u8]) -> Result<(), ReadError> {
    let mut found = vec![0; expected.len()];
    source.seek(SeekFrom::Start(offset))?;
    let different = match source.read_exact(&mut found) {
        Ok(()) => found.iter().zip(expected).position(|(found, expected)| found != expected),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Some(0),
        Err(error) => return Err(error.into()),
    };
    match different {
        None => Ok(()),
        Some(position) => Err(ReadError::NotOurLayout { at: offset + position as u64 }),
    }
}

/// A content that is checked at its end.
struct Checked<S> {
    source: io::Take<S>,
    hasher: crc32fast::Hasher,
    expected: u32,
}

impl<S: Read> Read for Checked<S> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.hasher.update(buffer.get(..count).unwrap_or_default());
        let ended = count == 0 && !buffer.is_empty();
        if ended && self.source.limit() > 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        if ended && self.hasher.clone().finalize() != self.expected {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "the content does not agree with its CRC-32"));
        }
        Ok(count)
    }
}
