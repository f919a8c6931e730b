//! The ASiC-E container (ETSI EN 319 162-1): a ZIP file that is the same, byte for byte, whenever it is written from the
//! same entries.
//!
//! Nothing is compressed, every entry bears the date 1980-01-01, there are no extra fields, comments, data descriptors
//! or ZIP64 records, and `mimetype` comes first, so that file tools see at once what it is. The reader accepts only what
//! the writer can have written: it rebuilds every byte that is not an entry's content and compares.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::str::FromStr;

use crate::evidence::manifest::{InvalidWord, MANIFEST_PATH, MemberName, SIGNATURE_PATH};

/// The content of the first entry, `mimetype`.
pub const MEDIA_TYPE: &str = "application/vnd.etsi.asic-e+zip";

/// The most entries a container has, the first not counted: the manifest's members and what lies in `META-INF`.
pub const MAXIMUM_ENTRIES: usize = 10_100;

/// ZIP without ZIP64 counts bytes in 32 bits, and the last value is reserved.
const MAXIMUM_SIZE: u64 = u32::MAX as u64 - 1;

const FIRST_NAME: &str = "mimetype";
const LOCAL_HEADER: u32 = 0x0403_4b50;
const CENTRAL_HEADER: u32 = 0x0201_4b50;
const END_OF_CENTRAL_DIRECTORY: u32 = 0x0605_4b50;
const LOCAL_HEADER_SIZE: u64 = 30;
const CENTRAL_HEADER_SIZE: u64 = 46;
const END_SIZE: usize = 22;
/// 1980-01-01, the first day that ZIP can write, at 00:00.
const DATE: u16 = 0x0021;
/// ZIP 1.0: stored, no folders.
const VERSION: u16 = 10;

/// A file to be written: its size and CRC-32 stand before its bytes, so they must be known before (see [`crc32`]).
pub struct Entry<'a> {
    pub name: EntryName,
    pub size: u64,
    pub crc32: u32,
    pub content: &'a mut dyn Read,
}

impl<'a> Entry<'a> {
    /// An entry whose content is in memory.
    pub fn of(name: EntryName, content: &'a mut &[u8]) -> Self {
        Self { name, size: content.len() as u64, crc32: crc32fast::hash(content), content }
    }
}

/// The size and CRC-32 of a stream, for its [`Entry`].
///
/// # Errors
/// When it cannot be read to its end.
pub fn crc32(mut content: impl Read) -> io::Result<(u64, u32)> {
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        let count = content.read(&mut buffer)?;
        let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else {
            return Ok((size, hasher.finalize()));
        };
        hasher.update(read);
        size += count as u64;
    }
}

/// Writes a container with these entries, in this order, after `mimetype`.
///
/// # Errors
/// Before the first byte is written, when there are too many entries or bytes, or a name twice. Later, when a content
/// is not of the size and CRC-32 that were given, or reading or writing fails; what was written is then no container.
pub fn write(entries: Vec<Entry<'_>>, out: &mut impl Write) -> Result<(), WriteError> {
    let mut mimetype = MEDIA_TYPE.as_bytes();
    let mut headers =
        vec![Header { name: FIRST_NAME.to_owned(), size: mimetype.len() as u64, crc32: crc32fast::hash(mimetype) }];
    let mut contents: Vec<&mut dyn Read> = vec![&mut mimetype];
    for Entry { name, size, crc32, content } in entries {
        headers.push(Header { name: name.to_string(), size, crc32 });
        contents.push(content);
    }
    let layout = Layout::of(headers)?;

    for (placed, content) in layout.entries.iter().zip(contents) {
        out.write_all(&placed.header.local())?;
        copy_exactly(&placed.header, content, out)?;
    }
    out.write_all(&layout.directory())?;
    out.flush()?;
    Ok(())
}

/// Why no container was written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    #[error("a container of {bytes} bytes cannot be written: ZIP ends at 4 GiB")]
    TooLarge { bytes: u64 },
    #[error("a container of {entries} entries cannot be written: {MAXIMUM_ENTRIES} is the most")]
    TooMany { entries: usize },
    #[error("two entries are named {name}")]
    Twice { name: String },
    #[error("the content of {name} changed while it was read")]
    ContentChanged { name: String },
    #[error(transparent)]
    Io(#[from] io::Error),
}

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
    /// Reads the directory and demands that everything around the contents is what [`write`] writes.
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

/// Where a file may lie in a container: a member at the top, or one of the evidence files in `META-INF`.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EntryName {
    Member(MemberName),
    /// [`MANIFEST_PATH`].
    Manifest,
    /// [`SIGNATURE_PATH`].
    Signature,
}

impl fmt::Display for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Member(name) => name.as_str(),
            Self::Manifest => MANIFEST_PATH,
            Self::Signature => SIGNATURE_PATH,
        })
    }
}

impl fmt::Debug for EntryName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

impl FromStr for EntryName {
    type Err = InvalidWord;

    fn from_str(text: &str) -> Result<Self, InvalidWord> {
        match text {
            MANIFEST_PATH => Ok(Self::Manifest),
            SIGNATURE_PATH => Ok(Self::Signature),
            member => member.parse().map(Self::Member),
        }
    }
}

/// What a ZIP header says of an entry.
struct Header {
    name: String,
    size: u64,
    crc32: u32,
}

/// A header with its place.
struct Placed {
    header: Header,
    /// Where the local header begins.
    offset: u64,
}

/// The places of everything in a container whose headers are known.
struct Layout {
    entries: Vec<Placed>,
    directory_offset: u64,
    directory_size: u64,
}

impl Layout {
    fn of(headers: Vec<Header>) -> Result<Self, WriteError> {
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

    fn length(&self) -> u64 {
        self.directory_offset + self.directory_size + END_SIZE as u64
    }

    /// The central directory and its end record.
    fn directory(&self) -> Vec<u8> {
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
    fn content_offset(&self) -> u64 {
        self.offset + LOCAL_HEADER_SIZE + self.header.name.len() as u64
    }
}

impl Header {
    fn local(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        put32(&mut bytes, LOCAL_HEADER.into());
        self.common(&mut bytes);
        bytes.extend_from_slice(self.name.as_bytes());
        bytes
    }

    /// What the local and the central header have in common.
    fn common(&self, bytes: &mut Vec<u8>) {
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

/// Copies a content, and makes sure that it is the one announced.
fn copy_exactly(header: &Header, content: &mut dyn Read, out: &mut impl Write) -> Result<(), WriteError> {
    let mut hasher = crc32fast::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    let mut left = header.size;
    let changed = || WriteError::ContentChanged { name: header.name.clone() };
    loop {
        let count = match content.read(&mut buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            other => other?,
        };
        let read = buffer.get(..count).unwrap_or_default();
        if read.is_empty() {
            break;
        }
        left = left.checked_sub(count as u64).ok_or_else(changed)?;
        hasher.update(read);
        out.write_all(read)?;
    }
    if left == 0 && hasher.finalize() == header.crc32 { Ok(()) } else { Err(changed()) }
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    fn name(text: &str) -> EntryName {
        text.parse().unwrap()
    }

    fn container(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut contents: Vec<(&str, &[u8])> = entries.to_vec();
        let entries = contents.iter_mut().map(|(entry, content)| Entry::of(name(entry), content)).collect();
        let mut bytes = Vec::new();
        write(entries, &mut bytes).unwrap();
        bytes
    }

    fn sample() -> Vec<u8> {
        container(&[
            ("original-001.tif", b"II*\0 pixels"),
            ("record.json", b"{}"),
            ("empty.txt", b""),
            (MANIFEST_PATH, b"<manifest/>"),
            (SIGNATURE_PATH, b"signature"),
        ])
    }

    #[test]
    fn what_is_written_is_read() {
        let bytes = sample();
        // The place of the media type that EN 319 162-1 promises to file tools.
        assert_eq!(&bytes[30..38], b"mimetype");
        assert_eq!(&bytes[38..38 + MEDIA_TYPE.len()], MEDIA_TYPE.as_bytes());
        let mut reader = Reader::open(Cursor::new(&bytes)).unwrap();
        let listed: Vec<String> = reader.entries().iter().map(|entry| entry.name.to_string()).collect();
        assert_eq!(listed, ["original-001.tif", "record.json", "empty.txt", MANIFEST_PATH, SIGNATURE_PATH]);
        for entry in reader.entries().to_vec() {
            let content = reader.bytes(&entry.name, 100).unwrap();
            let start = usize::try_from(entry.offset).unwrap();
            assert_eq!(content, &bytes[start..start + content.len()]);
            assert_eq!(content.len() as u64, entry.size);
        }
        assert_eq!(reader.bytes(&EntryName::Signature, 9).unwrap(), b"signature");
        assert!(matches!(reader.bytes(&EntryName::Signature, 8), Err(ReadError::EntryTooLarge { .. })));
        assert!(matches!(reader.bytes(&name("profile.toml"), 9), Err(ReadError::Missing { .. })));
    }

    #[test]
    fn every_changed_bit_is_seen() {
        let bytes = sample();
        for position in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[position] ^= 1 << bit;
                let read = Reader::open(Cursor::new(&changed)).and_then(|mut reader| {
                    for entry in reader.entries().to_vec() {
                        reader.bytes(&entry.name, 100)?;
                    }
                    Ok(())
                });
                assert!(read.is_err(), "bit {bit} of byte {position}");
            }
        }
    }

    #[test]
    fn added_and_missing_bytes_are_seen() {
        let bytes = sample();
        for length in 0..bytes.len() {
            assert!(Reader::open(Cursor::new(&bytes[..length])).is_err(), "{length}");
        }
        assert!(Reader::open(Cursor::new([&bytes[..], b"\0"].concat())).is_err());
        assert!(Reader::open(Cursor::new([b"\0", &bytes[..]].concat())).is_err());
        // A gap between the last content and the directory, with an end record that allows for it.
        let layout = Layout::of(vec![Header {
            name: "mimetype".into(),
            size: 31,
            crc32: crc32fast::hash(MEDIA_TYPE.as_bytes()),
        }])
        .unwrap();
        let mut gap = [layout.entries[0].header.local().as_slice(), MEDIA_TYPE.as_bytes(), b"hidden"].concat();
        let shifted = Layout { directory_offset: layout.directory_offset + 6, ..layout };
        gap.extend(shifted.directory());
        assert!(matches!(Reader::open(Cursor::new(gap)), Err(ReadError::NotOurLayout { .. })));
    }

    /// A container around headers that the writer would refuse.
    fn forged(names: &[&str]) -> Vec<u8> {
        let headers = names.iter().map(|name| Header { name: (*name).to_owned(), size: 0, crc32: 0 });
        let first = Header { name: "mimetype".into(), size: 31, crc32: crc32fast::hash(MEDIA_TYPE.as_bytes()) };
        let mut bytes = Vec::new();
        let mut layout = Layout { entries: vec![], directory_offset: 0, directory_size: 0 };
        for header in std::iter::once(first).chain(headers) {
            layout.directory_size += CENTRAL_HEADER_SIZE + header.name.len() as u64;
            let offset = bytes.len() as u64;
            bytes.extend(header.local());
            if header.size > 0 {
                bytes.extend(MEDIA_TYPE.as_bytes());
            }
            layout.entries.push(Placed { header, offset });
        }
        layout.directory_offset = bytes.len() as u64;
        bytes.extend(layout.directory());
        bytes
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        assert!(Reader::open(Cursor::new(forged(&["record.json"]))).is_ok());
        for wrong in
            ["../record.json", "/etc/passwd", "a\\b", "META-INF/other.xml", "Record.json", "mimetype ", "", "救"]
        {
            let read = Reader::open(Cursor::new(forged(&[wrong])));
            assert!(matches!(read, Err(ReadError::Foreign { .. })), "{wrong}");
        }
        let twice = Reader::open(Cursor::new(forged(&["a", "b", "a"])));
        assert!(matches!(twice, Err(ReadError::Twice { name }) if name == "a"));
        let twice = Reader::open(Cursor::new(forged(&["mimetype"])));
        assert!(matches!(twice, Err(ReadError::Twice { .. })));
    }

    #[test]
    fn the_first_entry_says_what_it_is() {
        let mut layout = Vec::new();
        layout.extend(Layout::of(vec![]).unwrap().directory());
        assert!(matches!(Reader::open(Cursor::new(layout)), Err(ReadError::NotAContainer)));
        assert!(matches!(Reader::open(Cursor::new(b"PK")), Err(ReadError::NotAContainer)));
    }

    #[test]
    fn a_content_that_changed_is_no_content() {
        let mut out = Vec::new();
        for (size, crc32) in [(5, crc32fast::hash(b"abcd")), (3, crc32fast::hash(b"abcd")), (4, 0)] {
            let mut content: &[u8] = b"abcd";
            let entry = Entry { name: name("a"), size, crc32, content: &mut content };
            assert!(matches!(write(vec![entry], &mut out), Err(WriteError::ContentChanged { .. })), "{size}");
        }
        let (mut one, mut two): (&[u8], &[u8]) = (b"1", b"2");
        let twice = vec![Entry::of(name("a"), &mut one), Entry::of(name("a"), &mut two)];
        assert!(matches!(write(twice, &mut out), Err(WriteError::Twice { .. })));
    }

    #[test]
    fn four_gibibytes_are_refused_before_the_first_byte() {
        let mut out = Vec::new();
        for size in [MAXIMUM_SIZE, u64::MAX, MAXIMUM_SIZE - 100] {
            let entry = Entry { name: name("a"), size, crc32: 0, content: &mut io::empty() };
            assert!(matches!(write(vec![entry], &mut out), Err(WriteError::TooLarge { .. })), "{size}");
        }
        assert!(out.is_empty());
        let mut contents = [io::empty(); MAXIMUM_ENTRIES + 1];
        let many = contents.iter_mut().enumerate().map(|(n, content)| Entry {
            name: name(&format!("a{n}")),
            size: 0,
            crc32: 0,
            content,
        });
        assert!(matches!(write(many.collect(), &mut out), Err(WriteError::TooMany { .. })));
        assert!(out.is_empty());
    }

    #[test]
    fn a_stream_has_a_size_and_a_sum() {
        assert_eq!(crc32(&b"123456789"[..]).unwrap(), (9, 0xcbf4_3926));
        assert_eq!(crc32(io::empty()).unwrap(), (0, 0));
    }
}
