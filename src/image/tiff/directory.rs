//! The chain of directories: where each page's tags stand, whether all they point at is inside the file, and whether
//! the chain comes to an end.

use std::collections::{BTreeMap, BTreeSet};

use super::super::source::{Source, array};
use super::super::{Limits, stopped_by};
use crate::measurements::{Completeness, Limit, MissingPart};

/// Values read for one tag. A page of four billion one-byte strips is nobody's scan.
const MOST_VALUES: u64 = 4_000_000;
/// Entries of one directory; cameras write under a hundred.
const MOST_ENTRIES: u64 = 4096;

pub(super) mod tag {
    pub const WIDTH: u16 = 256;
    pub const LENGTH: u16 = 257;
    pub const BITS_PER_SAMPLE: u16 = 258;
    pub const COMPRESSION: u16 = 259;
    pub const PHOTOMETRIC: u16 = 262;
    pub const FILL_ORDER: u16 = 266;
    pub const STRIP_OFFSETS: u16 = 273;
    pub const ORIENTATION: u16 = 274;
    pub const SAMPLES_PER_PIXEL: u16 = 277;
    pub const ROWS_PER_STRIP: u16 = 278;
    pub const STRIP_BYTE_COUNTS: u16 = 279;
    pub const X_RESOLUTION: u16 = 282;
    pub const Y_RESOLUTION: u16 = 283;
    pub const PLANAR_CONFIGURATION: u16 = 284;
    pub const T4_OPTIONS: u16 = 292;
    pub const RESOLUTION_UNIT: u16 = 296;
    pub const PREDICTOR: u16 = 317;
    pub const COLOUR_MAP: u16 = 320;
    pub const TILE_WIDTH: u16 = 322;
    pub const TILE_LENGTH: u16 = 323;
    pub const TILE_OFFSETS: u16 = 324;
    pub const TILE_BYTE_COUNTS: u16 = 325;
    pub const SUB_DIRECTORIES: u16 = 330;
    pub const EXTRA_SAMPLES: u16 = 338;
    pub const SAMPLE_FORMAT: u16 = 339;
    pub const JPEG_TABLES: u16 = 347;
    pub const OLD_JPEG_OFFSET: u16 = 513;
    pub const OLD_JPEG_LENGTH: u16 = 514;
    pub const YCBCR_SUBSAMPLING: u16 = 530;
    pub const EXIF_DIRECTORY: u16 = 34665;
    pub const GPS_DIRECTORY: u16 = 34853;
}

pub(super) struct Chain {
    pub(super) directories: Vec<Directory>,
    pub(super) completeness: Completeness,
    /// There are more pages than the limit allows.
    pub(super) too_long: bool,
    /// Just after the last byte that anything points at.
    pub(super) end: u64,
}

impl Chain {
    pub(super) fn walk(source: &Source, limits: &Limits) -> Self {
        let mut chain = Self { directories: Vec::new(), completeness: Completeness::Complete, too_long: false, end: 8 };
        if let Err(completeness) = chain.follow(source, limits) {
            chain.completeness = completeness;
        }
        chain
    }

    /// Follows the chain to its end; `Err` is what stands in the way of calling the file complete.
    fn follow(&mut self, source: &Source, limits: &Limits) -> Result<(), Completeness> {
        let missing = |missing, at_byte| Completeness::Incomplete { missing, at_byte };
        let reader = Reader::new(source).ok_or_else(|| missing(MissingPart::Header, source.length()))?;
        let mut pointer = if reader.big { 8 } else { 4 };
        let mut seen = BTreeSet::new();
        let mut verdict = Ok(());
        loop {
            let next = reader.offset(pointer).ok_or_else(|| missing(MissingPart::Directory, source.length()))?;
            if next == 0 && !seen.is_empty() {
                return verdict;
            }
            // No directory at all (a writer that patches the header last), or a loop, which has no end.
            if next == 0 || !seen.insert(next) {
                return Err(missing(MissingPart::Directory, pointer));
            }
            if seen.len() > usize::try_from(limits.pages).unwrap_or(usize::MAX) {
                self.too_long = true;
                return Err(stopped_by(Limit::Pages));
            }
            if next > source.length() {
                return Err(missing(MissingPart::Directory, pointer));
            }
            let Some((directory, after)) = reader.directory(next) else {
                return Err(missing(MissingPart::Directory, source.length()));
            };
            self.reach(after.saturating_add(if reader.big { 8 } else { 4 }));
            let outside = self.claim(source, &reader, &directory, 0);
            self.directories.push(directory);
            // The first gap is the one to report, yet every page is listed.
            verdict = verdict.and(outside.map_err(|part| missing(part, source.length())));
            pointer = after;
        }
    }

    /// Notes every range that a directory points at, and says what part of it lies outside the file.
    fn claim(
        &mut self,
        source: &Source,
        reader: &Reader<'_>,
        directory: &Directory,
        depth: u32,
    ) -> Result<(), MissingPart> {
        for field in directory.fields.values() {
            let length = field.byte_length().ok_or(MissingPart::Directory)?;
            let end = field.at.checked_add(length).ok_or(MissingPart::Directory)?;
            if end > source.length() {
                return Err(MissingPart::Directory);
            }
            self.reach(end);
        }
        for (tag, thumbnail) in
            [(tag::SUB_DIRECTORIES, true), (tag::EXIF_DIRECTORY, false), (tag::GPS_DIRECTORY, false)]
        {
            for offset in directory.numbers(source, tag, 64).unwrap_or_default() {
                let (inner, after) = reader.directory(offset).ok_or(MissingPart::Directory)?;
                self.reach(after.saturating_add(4));
                // Pictures within pictures within pictures are not looked for.
                if depth < 4 && (thumbnail || inner.fields.len() < 1024) {
                    self.claim(source, reader, &inner, depth + 1)?;
                }
            }
        }
        if depth == 0 && directory.chunks(source).is_none() && !directory.has(tag::OLD_JPEG_OFFSET) {
            return Err(MissingPart::ImageData);
        }
        for (offset, length) in directory.chunks(source).unwrap_or_default() {
            let end = offset.checked_add(length).ok_or(MissingPart::ImageData)?;
            // A strip at nought, or of no bytes, is one that the writer had not come to.
            if offset == 0 || length == 0 || end > source.length() {
                return Err(MissingPart::ImageData);
            }
            self.reach(end);
        }
        if let Some(offset) = directory.number(source, tag::OLD_JPEG_OFFSET) {
            let length = directory.number(source, tag::OLD_JPEG_LENGTH).unwrap_or(0);
            let end = offset.checked_add(length).ok_or(MissingPart::ImageData)?;
            if end > source.length() {
                return Err(MissingPart::ImageData);
            }
            self.reach(end);
        }
        Ok(())
    }

    fn reach(&mut self, end: u64) {
        self.end = self.end.max(end);
    }
}

/// The tags of one page.
pub(super) struct Directory {
    fields: BTreeMap<u16, Field>,
    pub(super) big_endian: bool,
}

#[derive(Clone, Copy)]
struct Field {
    kind: u16,
    count: u64,
    /// Where the value stands: in the entry itself or elsewhere.
    at: u64,
}

impl Field {
    fn size(self) -> Option<u64> {
        Some(match self.kind {
            1 | 2 | 6 | 7 => 1,
            3 | 8 => 2,
            4 | 9 | 11 | 13 => 4,
            5 | 10 | 12 | 16..=18 => 8,
            _ => return None,
        })
    }

    /// Of an unknown type nothing can be said, so nothing is.
    fn byte_length(self) -> Option<u64> {
        self.size().unwrap_or(0).checked_mul(self.count)
    }
}

impl Directory {
    pub(super) fn has(&self, tag: u16) -> bool {
        self.fields.contains_key(&tag)
    }

    pub(super) fn count(&self, tag: u16) -> u64 {
        self.fields.get(&tag).map_or(0, |field| field.count)
    }

    /// The raw bytes of a tag's value.
    pub(super) fn bytes(&self, source: &Source, tag: u16, most: u64) -> Option<Vec<u8>> {
        let field = self.fields.get(&tag)?;
        let length = field.byte_length().filter(|length| *length <= most)?;
        source.at(field.at, length)
    }

    /// The unsigned numbers of a tag, if there are at most `most`.
    pub(super) fn numbers(&self, source: &Source, tag: u16, most: u64) -> Option<Vec<u64>> {
        let field = self.fields.get(&tag).filter(|field| field.count <= most)?;
        let size = usize::try_from(field.size()?).ok()?;
        let bytes = source.at(field.at, field.byte_length()?)?;
        if !matches!(field.kind, 1 | 3 | 4 | 13 | 16 | 18) {
            return None;
        }
        Some(bytes.chunks_exact(size).map(|value| unsigned(value, self.big_endian)).collect())
    }

    pub(super) fn number(&self, source: &Source, tag: u16) -> Option<u64> {
        self.numbers(source, tag, 1024)?.first().copied()
    }

    pub(super) fn rational(&self, source: &Source, tag: u16) -> Option<(u64, u64)> {
        let field = self.fields.get(&tag).filter(|field| field.kind == 5 && field.count >= 1)?;
        let bytes = source.at(field.at, 8)?;
        let (numerator, denominator) = bytes.split_at_checked(4)?;
        Some((unsigned(numerator, self.big_endian), unsigned(denominator, self.big_endian)))
    }

    /// Offset and length of each strip or tile, in order. A missing list of lengths can be made up for where there is
    /// one strip: it goes to the end of the file at most.
    pub(super) fn chunks(&self, source: &Source) -> Option<Vec<(u64, u64)>> {
        let tiled = self.has(tag::TILE_OFFSETS);
        let (offsets, lengths) = if tiled {
            (tag::TILE_OFFSETS, tag::TILE_BYTE_COUNTS)
        } else {
            (tag::STRIP_OFFSETS, tag::STRIP_BYTE_COUNTS)
        };
        let offsets = self.numbers(source, offsets, MOST_VALUES)?;
        let lengths = match self.numbers(source, lengths, MOST_VALUES) {
            Some(lengths) => lengths,
            None => match offsets.as_slice() {
                [offset] if !self.has(lengths) => vec![source.length().saturating_sub(*offset)],
                _ => return None,
            },
        };
        if offsets.is_empty() || offsets.len() != lengths.len() {
            return None;
        }
        Some(offsets.into_iter().zip(lengths).collect())
    }
}

fn unsigned(bytes: &[u8], big_endian: bool) -> u64 {
    let push = |number: u64, byte: &u8| (number << 8) | u64::from(*byte);
    if big_endian { bytes.iter().fold(0, push) } else { bytes.iter().rev().fold(0, push) }
}

/// Knows the byte order and the width of offsets.
pub(super) struct Reader<'a> {
    source: &'a Source,
    big_endian: bool,
    pub(super) big: bool,
}

impl<'a> Reader<'a> {
    pub(super) fn new(source: &'a Source) -> Option<Self> {
        let head = source.at(0, 8)?;
        let order: [u8; 2] = array(&head, 0)?;
        let big_endian = &order == b"MM";
        let big = unsigned(head.get(2..4)?, big_endian) == 43;
        if big && source.length() < 16 {
            return None;
        }
        Some(Self { source, big_endian, big })
    }

    pub(super) fn offset(&self, at: u64) -> Option<u64> {
        let bytes = self.source.at(at, if self.big { 8 } else { 4 })?;
        Some(unsigned(&bytes, self.big_endian))
    }

    /// The directory at an offset, and where the pointer to the next one stands.
    pub(super) fn directory(&self, at: u64) -> Option<(Directory, u64)> {
        let (count_size, entry_size) = if self.big { (8, 20) } else { (2, 12) };
        let count = unsigned(&self.source.at(at, count_size)?, self.big_endian);
        if count > MOST_ENTRIES {
            return None;
        }
        let start = at.checked_add(count_size)?;
        let length = count.checked_mul(entry_size)?;
        let bytes = self.source.at(start, length)?;
        let number = |bytes: &[u8], from: usize, to: usize| {
            bytes.get(from..to).map_or(0, |bytes| unsigned(bytes, self.big_endian))
        };
        let mut fields = BTreeMap::new();
        let width = if self.big { 8 } else { 4 };
        for (n, entry) in (0_u64..).zip(bytes.chunks_exact(usize::try_from(entry_size).ok()?)) {
            // An entry of noughts was never written: the writer had made room for it and come no further.
            if entry.iter().all(|byte| *byte == 0) {
                return None;
            }
            let tag = u16::try_from(number(entry, 0, 2)).ok()?;
            let kind = u16::try_from(number(entry, 2, 4)).ok()?;
            let count = number(entry, 4, 4 + width);
            let mut field = Field { kind, count, at: start + n * entry_size + 4 + width as u64 };
            if field.byte_length().is_none_or(|length| length > width as u64) {
                field.at = number(entry, 4 + width, 4 + 2 * width);
            }
            // Of a tag that stands twice the first counts, as everywhere.
            fields.entry(tag).or_insert(field);
        }
        Some((Directory { fields, big_endian: self.big_endian }, start + length))
    }
}
