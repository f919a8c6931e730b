//! Whether the coded data of a sequential JPEG is exactly as long as its picture.
//!
//! Decoders fill in what is missing and skip what is left over: a page whose middle was never written (zeros where data
//! should be), or that was cut and closed with an end marker, comes out of them as a good page with grey or shifted
//! areas. Huffman codes have no checksum, but they have to end with the last block, right before a marker. So the codes
//! are walked without computing a pixel, at about half the cost of decoding.

use super::header::{Component, Header, next_marker};
use crate::image::source::u16_be;

/// Bytes of filling that are let pass before a marker: some encoders round their data up to words.
const PADDING: usize = 3;

/// False where blocks are missing, left over, or coded by no known code. Only for `Process::Sequential`.
pub(super) fn fills_the_picture(data: &[u8], header: &Header) -> bool {
    let mut walk = Walk { data, header, dc: Default::default(), ac: Default::default(), restart: 0 };
    walk.all_scans().unwrap_or(false)
}

struct Walk<'a> {
    data: &'a [u8],
    header: &'a Header,
    dc: [Option<Box<Codes>>; 4],
    ac: [Option<Box<Codes>>; 4],
    restart: usize,
}

/// One component in one scan.
struct Part<'a> {
    dc: &'a Codes,
    ac: &'a Codes,
    /// Blocks in each unit of the scan.
    blocks: usize,
}

impl Walk<'_> {
    /// `None` where something is not as it must be.
    fn all_scans(&mut self) -> Option<bool> {
        let mut seen = vec![false; self.header.components.len()];
        let mut at = 2;
        loop {
            let (marker, after) = next_marker(self.data, at)?;
            at = after;
            match marker {
                0xD9 => return Some(seen.iter().all(|seen| *seen)),
                0x01 | 0xD0..=0xD8 => continue,
                _ => {}
            }
            let length = usize::from(u16_be(self.data, at)?);
            let segment = self.data.get(at + 2..at + length)?;
            match marker {
                0xC4 => self.tables(segment)?,
                0xDD => self.restart = usize::from(u16_be(segment, 0)?),
                _ => {}
            }
            at += length;
            if marker == 0xDA {
                at = self.scan(segment, at, &mut seen)?;
            }
        }
    }

    fn tables(&mut self, mut segment: &[u8]) -> Option<()> {
        while let Some((&head, rest)) = segment.split_first() {
            let (counts, rest) = rest.split_at_checked(16)?;
            let total = counts.iter().map(|n| usize::from(*n)).sum();
            let (symbols, rest) = rest.split_at_checked(total)?;
            segment = rest;
            let kind = if head >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *kind.get_mut(usize::from(head & 15))? = Some(Box::new(Codes::new(counts, symbols)?));
        }
        Some(())
    }

    /// Walks one scan and returns where its closing marker stands.
    fn scan(&self, segment: &[u8], at: usize, seen: &mut [bool]) -> Option<usize> {
        let header = self.header;
        let wide = header.components.iter().map(|c| usize::from(c.across)).max()?.max(1);
        let high = header.components.iter().map(|c| usize::from(c.down)).max()?.max(1);
        let (width, height) = (usize::from(header.width), usize::from(header.height));
        let (selectors, _) = segment.get(1..)?.as_chunks::<2>();
        let selectors = selectors.get(..usize::from(*segment.first()?))?;
        let mut parts = Vec::new();
        let mut units = width.div_ceil(8 * wide) * height.div_ceil(8 * high);
        for [id, tables] in selectors {
            let place = header.components.iter().position(|component| component.id == *id)?;
            *seen.get_mut(place)? = true;
            let Component { across, down, .. } = *header.components.get(place)?;
            let (across, down) = (usize::from(across), usize::from(down));
            let alone = selectors.len() == 1;
            if alone {
                units = (width * across).div_ceil(wide).div_ceil(8) * (height * down).div_ceil(high).div_ceil(8);
            }
            parts.push(Part {
                dc: self.dc.get(usize::from(tables >> 4))?.as_deref()?,
                ac: self.ac.get(usize::from(tables & 15))?.as_deref()?,
                blocks: if alone { 1 } else { across * down },
            });
        }
        let mut bits = Bits { data: self.data, at, held: 0, count: 0, invented: 0 };
        let mut restarts = 0_u8;
        for unit in 0..units {
            if self.restart > 0 && unit > 0 && unit.is_multiple_of(self.restart) {
                let (marker, after) = bits.marker()?;
                if marker != 0xD0 + restarts % 8 {
                    return None;
                }
                restarts = restarts.wrapping_add(1);
                bits = Bits { data: self.data, at: after, held: 0, count: 0, invented: 0 };
            }
            for part in &parts {
                for _ in 0..part.blocks {
                    block(&mut bits, part)?;
                }
            }
        }
        let (_, after) = bits.marker()?;
        Some(after - 2)
    }
}

/// Walks one block of 64 coefficients.
#[inline]
fn block(bits: &mut Bits<'_>, part: &Part<'_>) -> Option<()> {
    bits.take(part.dc, false)?;
    let mut place = 1;
    while place < 64 {
        place += bits.take(part.ac, true)?;
    }
    // A run may not lead out of its block. That more bits were taken than there are is noticed at the closing marker,
    // or here where the data ended long ago.
    ((place == 64 || place >= END_OF_BLOCK) && bits.invented <= 512).then_some(())
}

/// Added to a coefficient's place by the symbol that ends a block.
const END_OF_BLOCK: u32 = 128;
/// Bits looked up at once.
const AHEAD: u32 = 10;

/// What a symbol of the AC kind does to the place: run and zero coefficients, or the end of the block.
fn advance(symbol: u8) -> u32 {
    match (symbol >> 4, symbol & 15) {
        (15, 0) => 16,
        (_, 0) => END_OF_BLOCK,
        (run, _) => u32::from(run) + 1,
    }
}

/// Huffman codes of one table, short ones by a look-up.
struct Codes {
    /// By the next bits: how many belong to the code and the value behind it, and how far an AC symbol advances; 0 for
    /// a code that is longer.
    short: [(u8, u8); 1 << AHEAD],
    /// For each length: one more than the last code, left-aligned in 16 bits, and what to add for the symbol's place.
    long: [(u32, i32); 17],
    symbols: Vec<u8>,
}

impl Codes {
    fn new(counts: &[u8], symbols: &[u8]) -> Option<Self> {
        let mut codes = Self { short: [(0, 0); 1 << AHEAD], long: [(0, 0); 17], symbols: symbols.to_vec() };
        let mut code = 0_u32;
        let mut place = 0_u32;
        for (length, count) in (1_u32..).zip(counts) {
            let count = u32::from(*count);
            if code + count > 1 << length {
                return None;
            }
            let first = (code, place);
            for _ in 0..count {
                if length <= AHEAD {
                    let symbol = *symbols.get(usize::try_from(place).ok()?)?;
                    let from = usize::try_from(code << (AHEAD - length)).ok()?;
                    let room = codes.short.get_mut(from..from + (1 << (AHEAD - length)))?;
                    let taken = u8::try_from(length).ok()? + (symbol & 15);
                    room.fill((taken, u8::try_from(advance(symbol)).ok()?));
                }
                code += 1;
                place += 1;
            }
            if count > 0 {
                *codes.long.get_mut(usize::try_from(length).ok()?)? =
                    (code << (16 - length), i32::try_from(first.1).ok()? - i32::try_from(first.0).ok()?);
            }
            code <<= 1;
        }
        Some(codes)
    }
}

struct Bits<'a> {
    data: &'a [u8],
    at: usize,
    /// Bits not yet taken, from the top.
    held: u64,
    count: u32,
    /// Zero bits put behind the end of the data, so that looking ahead needs no special case.
    invented: u32,
}

impl Bits<'_> {
    /// Takes a code and the value bits behind it, and says how far it advances. A DC symbol is nothing but a size.
    #[inline]
    fn take(&mut self, codes: &Codes, ac: bool) -> Option<u32> {
        // A code has 16 bits at most, and so has a value.
        if self.count < 32 {
            self.fill();
        }
        let ahead = usize::try_from(self.held >> (64 - AHEAD)).ok()?;
        let (taken, advance) = *codes.short.get(ahead)?;
        if taken > 0 {
            self.skip(u32::from(taken));
            return Some(u32::from(advance));
        }
        self.take_long(codes, ac)
    }

    #[cold]
    fn take_long(&mut self, codes: &Codes, ac: bool) -> Option<u32> {
        let ahead = u32::try_from(self.held >> 48).ok()?;
        let (length, (_, offset)) = (AHEAD + 1..)
            .zip(codes.long.get(usize::try_from(AHEAD).ok()? + 1..)?)
            .find(|(_, (beyond, _))| ahead < *beyond)?;
        let place = i32::try_from(ahead >> (16 - length)).ok()?.checked_add(*offset)?;
        let symbol = *codes.symbols.get(usize::try_from(place).ok()?)?;
        self.skip(length + u32::from(symbol & 15));
        Some(if ac { advance(symbol) } else { 0 })
    }

    #[inline]
    fn skip(&mut self, number: u32) {
        self.held <<= number;
        self.count = self.count.saturating_sub(number);
    }

    fn fill(&mut self) {
        // Eight bytes without FF among them are taken as they are.
        if let Some(next) = self.data.get(self.at..).and_then(|rest| rest.first_chunk::<8>()) {
            let next = u64::from_be_bytes(*next);
            let free = (64 - self.count) / 8;
            let any_ff = next & (!next).wrapping_sub(0x0101_0101_0101_0101) & 0x8080_8080_8080_8080;
            if any_ff == 0 && free < 8 {
                self.held |= next >> (64 - 8 * free) << (64 - 8 * free - self.count);
                self.at += usize::try_from(free).unwrap_or(0);
                self.count += 8 * free;
                return;
            }
        }
        while self.count <= 56 {
            let byte = match (self.data.get(self.at), self.data.get(self.at + 1)) {
                (Some(0xFF), Some(0x00)) => {
                    self.at += 2;
                    0xFF
                }
                (Some(0xFF) | None, _) => {
                    self.invented = self.invented.saturating_add(8);
                    0
                }
                (Some(byte), _) => {
                    self.at += 1;
                    *byte
                }
            };
            self.held |= u64::from(byte) << (56 - self.count);
            self.count += 8;
        }
    }

    /// The marker that closes the data, if every bit up to it was taken and none beyond.
    fn marker(&self) -> Option<(u8, usize)> {
        let left = self.count.checked_sub(self.invented)?;
        let (marker, after) = next_marker(self.data, self.at)?;
        // The two bytes of the marker, and FF filling before it, are no data.
        let unread = self.data.get(self.at..after - 2)?.iter().filter(|byte| **byte != 0xFF).count();
        (usize::try_from(left).ok()? / 8 + unread <= PADDING).then_some((marker, after))
    }
}
