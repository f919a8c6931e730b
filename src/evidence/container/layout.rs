//! Where everything lies in a container, and the headers' bytes.

use std::collections::BTreeSet;

use super::{MAXIMUM_ENTRIES, WriteError};

/// ZIP without ZIP64 counts bytes in 32 bits, and the last value is reserved.
pub const MAXIMUM_SIZE: u64 = u32::MAX as u64 - 1;

pub const FIRST_NAME: &str = "mimetype";
const LOCAL_HEADER: u32 = 0x0403_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
pub const END_OF_CENTRAL_DIRECTORY: u32 = 0x0605_4b50;
const LOCAL_HEADER_SIZE: u64 = 30;
pub const CENTRAL_HEADER_SIZE: u64 = 46;
pub const END_SIZE: usize = 22;
/// 1980-01-01, the first day that ZIP can write, at 00:00.
const DATE: u16 = 0x0021;
/// ZIP 1.0: stored, no folders.
const VERSION: u16 = 10;

/// What a ZIP header says of an entry.
pub struct Header {
    pub name: String,
    pub size: u64,
    pub crc32: u32,
}

/// A header with its place.
pub struct Placed {
    pub header: Header,
    /// Where the local header begins.
    pub offset: u64,
}

/// The places of everything in a container whose headers are known.
pub struct Layout {
    pub entries: Vec<Placed>,
    pub directory_offset: u64,
    pub directory_size: u64,
}

impl Layout {
    pub fn of(headers: Vec<Header>) -> Result<Self, WriteError> {
        // `mimetype` is not counted.
        if headers.len() > MAXIMUM_ENTRIES + 1 {
            return Err(WriteError::TooMany { entries: headers.len() - 1 });
        }
        let mut names = BTreeSet::new();
        let mut entries = Vec::with_capacity(headers.len());
        let (mut offset, mut directory_size) = (0_u64, 0_u64);
        for header in headers {
            if !names.insert(header.name.clone()) {
                return Err(WriteError::Twice { name: header.name });
            }
            let place = offset;
            // Names are short, so only the foreign size can be large.
            offset = (offset + LOCAL_HEADER_SIZE + header.name.len() as u64).saturating_add(header.size);
            directory_size += CENTRAL_HEADER_SIZE + header.name.len() as u64;
            if offset.saturating_add(directory_size) > MAXIMUM_SIZE {
                return Err(WriteError::TooLarge { bytes: offset.saturating_add(directory_size) });
            }
            entries.push(Placed { header, offset: place });
        }
        Ok(Self { entries, directory_offset: offset, directory_size })
    }

    pub fn length(&self) -> u64 {
        self.directory_offset + self.directory_size + END_SIZE as u64
    }

    /// The central directory and its end record.
    pub fn directory(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        for placed in &self.entries {
            put32(&mut bytes, CENTRAL_HEADER.into());
            put16(&mut bytes, VERSION); // made by: MS-DOS, so no permissions
            placed.header.common(&mut bytes);
            put16(&mut bytes, 0); // comment
            put16(&mut bytes, 0); // disk
            put16(&mut bytes, 0); // internal attributes
            put32(&mut bytes, 0); // external attributes
            put32(&mut bytes, placed.offset);
            bytes.extend_from_slice(placed.header.name.as_bytes());
        }
        let count = u16::try_from(self.entries.len()).unwrap_or(u16::MAX); // at most MAXIMUM_ENTRIES + 1
        put32(&mut bytes, END_OF_CENTRAL_DIRECTORY.into());
        put16(&mut bytes, 0); // this disk
        put16(&mut bytes, 0); // the directory's disk
        put16(&mut bytes, count);
        put16(&mut bytes, count);
        put32(&mut bytes, self.directory_size);
        put32(&mut bytes, self.directory_offset);
        put16(&mut bytes, 0); // comment
        bytes
    }
}

impl Placed {
    pub fn content_offset(&self) -> u64 {
        self.offset + LOCAL_HEADER_SIZE + self.header.name.len() as u64
    }
}

impl Header {
    pub fn local(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put32(&mut bytes, LOCAL_HEADER.into());
        self.common(&mut bytes);
        bytes.extend_from_slice(self.name.as_bytes());
        bytes
    }

    /// What the local and the central header have in common.
    pub fn common(&self, bytes: &mut Vec<u8>) {
        put16(bytes, VERSION);
        put16(bytes, 0); // flags
        put16(bytes, 0); // stored
        put16(bytes, 0); // time
        put16(bytes, DATE);
        put32(bytes, self.crc32.into());
        put32(bytes, self.size);
        put32(bytes, self.size);
        put16(bytes, u16::try_from(self.name.len()).unwrap_or(u16::MAX)); // names are short
        put16(bytes, 0); // extra fields
    }
}

fn put16(bytes: &mut Vec<u8>, value: u16) {
    bytes.extend_from_slice(&value.to_le_bytes());
}

/// Writes a value that [`Layout::of`] has bounded.
fn put32(bytes: &mut Vec<u8>, value: u64) {
    bytes.extend_from_slice(&u32::try_from(value).unwrap_or(u32::MAX).to_le_bytes());
}
