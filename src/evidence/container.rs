//! The ASiC-E container (ETSI EN 319 162-1): a ZIP file that is the same, byte for byte, whenever it is written from the
//! same entries.
//!
//! Nothing is compressed, every entry bears the date 1980-01-01, there are no extra fields, comments, data descriptors
//! or ZIP64 records, and `mimetype` comes first, so that file tools see at once what it is. The reader accepts only what
//! the writer can have written: it rebuilds every byte that is not an entry's content and compares.

mod layout;
mod read;

use std::fmt;
use std::io::{self, Read, Write};
use std::str::FromStr;

pub use self::read::{ReadEntry, ReadError, Reader};

use self::layout::{FIRST_NAME, Header, Layout};
use crate::evidence::manifest::{InvalidWord, MANIFEST_PATH, MemberName, SIGNATURE_PATH};

/// The content of the first entry, `mimetype`.
pub const MEDIA_TYPE: &str = "application/vnd.etsi.asic-e+zip";

/// The most entries a container has, the first not counted: the manifest's members and what lies in `META-INF`.
pub const MAXIMUM_ENTRIES: usize = 10_100;

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

/// An entry whose content somebody will write: its size and CRC-32 are known before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    pub name: EntryName,
    pub size: u64,
    pub crc32: u32,
}

/// As [`write()`], for contents that are pushed: `fill` is asked for each entry in turn and writes its content.
///
/// # Errors
/// As [`write()`]; and when `fill` fails.
pub fn write_filled<E: From<WriteError>>(
    entries: &[Announced],
    out: &mut impl Write,
    mut fill: impl FnMut(&EntryName, &mut dyn Write) -> Result<(), E>,
) -> Result<(), E> {
    let mimetype = MEDIA_TYPE.as_bytes();
    let first = Header { name: FIRST_NAME.to_owned(), size: mimetype.len() as u64, crc32: crc32fast::hash(mimetype) };
    let headers =
        entries.iter().map(|entry| Header { name: entry.name.to_string(), size: entry.size, crc32: entry.crc32 });
    let layout = Layout::of(std::iter::once(first).chain(headers).collect())?;
    let names = std::iter::once(None).chain(entries.iter().map(|entry| Some(&entry.name)));
    for (placed, name) in layout.entries.iter().zip(names) {
        out.write_all(&placed.header.local()).map_err(WriteError::from)?;
        let mut exact = Exact {
            header: &placed.header,
            out: &mut *out,
            left: placed.header.size,
            hasher: crc32fast::Hasher::new(),
        };
        match name {
            None => exact.write_all(mimetype).map_err(WriteError::from)?,
            Some(name) => fill(name, &mut exact)?,
        }
        exact.finish()?;
    }
    out.write_all(&layout.directory()).and_then(|()| out.flush()).map_err(WriteError::from)?;
    Ok(())
}

/// Passes on a content, and makes sure that it is the one announced.
struct Exact<'a, W> {
    header: &'a Header,
    out: &'a mut W,
    left: u64,
    hasher: crc32fast::Hasher,
}

impl<W: Write> Write for Exact<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.left = self
            .left
            .checked_sub(bytes.len() as u64)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "longer than announced"))?;
        self.out.write_all(bytes)?;
        self.hasher.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

impl<W> Exact<'_, W> {
    fn finish(self) -> Result<(), WriteError> {
        if self.left == 0 && self.hasher.finalize() == self.header.crc32 {
            Ok(())
        } else {
            Err(WriteError::ContentChanged { name: self.header.name.clone() })
        }
    }
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

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::layout::{CENTRAL_HEADER_SIZE, END_SIZE, MAXIMUM_SIZE, Placed};
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
        // A whole container, and behind it a second directory that says the same.
        let end = bytes.len() - END_SIZE;
        let place = u32::from_le_bytes(bytes[end + 16..end + 20].try_into().unwrap()) as usize;
        let mut twice = [&bytes[..], &bytes[place..]].concat();
        let end = twice.len() - END_SIZE;
        twice[end + 16..end + 20].copy_from_slice(&u32::try_from(bytes.len()).unwrap().to_le_bytes());
        let read = Reader::open(Cursor::new(twice));
        assert!(matches!(read, Err(ReadError::NotOurLayout { at }) if at == bytes.len() as u64));
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
    fn pushed_contents_make_the_same_container() {
        let bytes = sample();
        let mut reader = Reader::open(Cursor::new(&bytes)).unwrap();
        let announced: Vec<Announced> = reader
            .entries()
            .iter()
            .map(|entry| Announced { name: entry.name.clone(), size: entry.size, crc32: entry.crc32 })
            .collect();
        let mut again = Vec::new();
        write_filled(&announced, &mut again, |name, out| {
            let content = reader.bytes(name, 100).unwrap();
            out.write_all(&content).map_err(WriteError::from)
        })
        .unwrap();
        assert_eq!(again, bytes);
        for content in [&b"abc"[..], b"abcde", b"abcx"] {
            let announced = [Announced { name: name("a"), size: 4, crc32: crc32fast::hash(b"abcd") }];
            let written =
                write_filled(&announced, &mut Vec::new(), |_, out| out.write_all(content).map_err(WriteError::from));
            assert!(written.is_err(), "{content:?}");
        }
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
