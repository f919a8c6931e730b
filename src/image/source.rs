//! The content as the decoders see it: read by position, never beyond what it was when it was opened.

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Take};
use std::os::unix::fs::FileExt as _;
use std::rc::Rc;

use crate::ids::{Digest, Digester};

/// An open content. Clones have a reading position of their own, because every read names its offset: the descriptor's
/// own position belongs to whoever opened it.
#[derive(Clone)]
pub(super) struct Source {
    bytes: Rc<Bytes>,
    position: u64,
}

struct Bytes {
    file: File,
    length: u64,
    /// The first error of the disk itself. A decoder would report it as damage, and blame the document for the disk.
    broken: RefCell<Option<io::Error>>,
}

impl Source {
    pub(super) fn new(file: File) -> io::Result<Self> {
        let length = file.metadata()?.len();
        Ok(Self { bytes: Rc::new(Bytes { file, length, broken: RefCell::new(None) }), position: 0 })
    }

    pub(super) fn length(&self) -> u64 {
        self.bytes.length
    }

    /// The disk's own error, if there was one.
    pub(super) fn take_error(&self) -> Option<io::Error> {
        self.bytes.broken.borrow_mut().take()
    }

    /// `length` bytes from `offset`, or nothing where the content does not have them all.
    pub(super) fn at(&self, offset: u64, length: u64) -> Option<Vec<u8>> {
        if offset.checked_add(length)? > self.length() {
            return None;
        }
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        self.range(offset, length).read_exact(&mut bytes).ok()?;
        Some(bytes)
    }

    /// As many bytes from the start as there are, up to `most`.
    pub(super) fn head(&self, most: u64) -> Vec<u8> {
        self.at(0, most.min(self.length())).unwrap_or_default()
    }

    /// A buffered reader over one range.
    pub(super) fn range(&self, offset: u64, length: u64) -> BufReader<Take<Self>> {
        let reader = Self { bytes: Rc::clone(&self.bytes), position: offset }.take(length);
        BufReader::with_capacity(64 * 1024, reader)
    }

    pub(super) fn digest(&self) -> io::Result<Digest> {
        let mut digester = Digester::default();
        let mut block = vec![0; 1024 * 1024];
        let mut reader = Self { bytes: Rc::clone(&self.bytes), position: 0 };
        loop {
            match reader.read(&mut block)? {
                0 => return Ok(digester.finish()),
                n => digester.update(block.get(..n).unwrap_or_default()),
            }
        }
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let left = self.bytes.length.saturating_sub(self.position);
        let most = usize::try_from(left).unwrap_or(usize::MAX).min(buffer.len());
        let Some(wanted) = buffer.get_mut(..most) else { return Ok(0) };
        if wanted.is_empty() {
            return Ok(0);
        }
        match self.bytes.file.read_at(wanted, self.position) {
            Ok(n) => {
                self.position = self.position.saturating_add(n as u64);
                Ok(n)
            }
            Err(error) => {
                let copy = io::Error::from(error.kind());
                self.bytes.broken.borrow_mut().get_or_insert(error);
                Err(copy)
            }
        }
    }
}

impl Seek for Source {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(offset) => Some(offset),
            SeekFrom::Current(by) => self.position.checked_add_signed(by),
            SeekFrom::End(by) => self.bytes.length.checked_add_signed(by),
        };
        self.position = position.ok_or(io::ErrorKind::InvalidInput)?;
        Ok(self.position)
    }
}

/// Reads of numbers that are absent, not a panic, where the bytes end.
pub(super) fn array<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
    bytes.get(at..at.checked_add(N)?)?.try_into().ok()
}

pub(super) fn u16_be(bytes: &[u8], at: usize) -> Option<u16> {
    array(bytes, at).map(u16::from_be_bytes)
}

pub(super) fn u32_be(bytes: &[u8], at: usize) -> Option<u32> {
    array(bytes, at).map(u32::from_be_bytes)
}

/// Where `needle` first stands in `bytes` at or after `from`.
pub(super) fn find(bytes: &[u8], needle: &[u8], from: usize) -> Option<usize> {
    let first = *needle.first()?;
    let mut at = from;
    loop {
        at += bytes.get(at..)?.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(needle) {
            return Some(at);
        }
        at += 1;
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::io::Write as _;

    use super::*;

    /// A content from bytes, on an unnamed file.
    pub(in crate::image) fn file_of(bytes: &[u8]) -> File {
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(bytes).unwrap();
        file
    }

    #[test]
    fn ranges_end_with_the_content() {
        let source = Source::new(file_of(b"0123456789")).unwrap();
        assert_eq!(source.at(8, 2).unwrap(), b"89");
        assert_eq!(source.at(8, 3), None);
        assert_eq!(source.at(u64::MAX, 2), None);
        assert_eq!(source.head(4), b"0123");
        assert_eq!(source.digest().unwrap(), Digest::of(b"0123456789"));
    }

    #[test]
    fn a_needle_is_found_from_where_the_search_begins() {
        assert_eq!(find(b"aabaab", b"ab", 0), Some(1));
        assert_eq!(find(b"aabaab", b"ab", 2), Some(4));
        assert_eq!(find(b"aabaab", b"abc", 0), None);
        assert_eq!(find(b"", b"a", 3), None);
    }
}
