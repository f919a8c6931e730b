//! JBIG2 data as it stands in a PDF. Segments are walked first: for the size that the decoder will ask for, and for
//! whether letters are drawn from a dictionary of symbols, which may have swapped one for another.
//!
//! Not decodable here: what the decoder refuses in strict mode counts as damage, an extension it does not know included.

use hayro_jbig2::{DecodeSettings, Decoder, Globals, Page};

use super::Limits;
use super::look::Look;
use super::source::u32_be;
use crate::measurements::{Compression, Decoded, Limit};

/// Segments of one picture.
const MOST_SEGMENTS: usize = 65_536;

pub(super) struct Seen {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) compression: Compression,
    pub(super) decoded: Decoded,
}

/// Decodes one embedded picture; `black` is the level of its black pixels.
pub(super) fn decode(data: &[u8], globals: Option<&[u8]>, limits: &Limits, black: u8, look: &mut Look) -> Seen {
    let mut segments = Segments::default();
    let walked = segments.walk(globals.unwrap_or_default()).and_then(|()| segments.walk(data));
    let compression = if segments.symbols { Compression::Jbig2Symbol } else { Compression::Jbig2 };
    let (width, height) = segments.page.unwrap_or((0, 0));
    let largest = segments.largest.max(u64::from(width) * u64::from(height));
    let decoded = if let Some(limit) = limits.refuses(largest, 1, largest / 8) {
        Decoded::Refused { limit }
    } else if segments.number > MOST_SEGMENTS {
        Decoded::Refused { limit: Limit::Operations }
    } else if walked.is_none() || width == 0 || height == 0 {
        Decoded::Damaged { rows: None }
    } else {
        look.begin(width, height);
        match pixels(data, globals, black, look) {
            Some(()) => Decoded::Whole,
            None => Decoded::Damaged { rows: None },
        }
    };
    Seen { width, height, compression, decoded }
}

fn pixels(data: &[u8], globals: Option<&[u8]>, black: u8, look: &mut Look) -> Option<()> {
    let settings = DecodeSettings { strict: true };
    let globals = globals.map(|globals| Globals::new(globals, &settings)).transpose().ok()?;
    let page = Page::new_embedded(data, globals.as_ref(), &settings).ok()?;
    let mut runs = Runs { black, look, run: (false, 0) };
    page.decode(&mut runs).ok()?;
    runs.end();
    Some(())
}

/// Pixels come one by one, or eight by eight, and mostly many alike.
struct Runs<'a> {
    /// The level of black pixels.
    black: u8,
    look: &'a mut Look,
    run: (bool, u32),
}

impl Runs<'_> {
    fn go_on(&mut self, black: bool, pixels: u32) {
        if self.run.0 != black {
            self.end();
            self.run.0 = black;
        }
        self.run.1 = self.run.1.saturating_add(pixels);
    }

    fn end(&mut self) {
        let (black, length) = std::mem::take(&mut self.run);
        self.look.run(if black { self.black } else { !self.black }, length);
    }
}

impl Decoder for Runs<'_> {
    fn push_pixel(&mut self, black: bool) {
        self.go_on(black, 1);
    }

    fn push_pixel_chunk(&mut self, black: bool, chunks: u32) {
        self.go_on(black, chunks.saturating_mul(8));
    }

    fn next_line(&mut self) {
        self.end();
    }
}

#[derive(Default)]
struct Segments {
    page: Option<(u32, u32)>,
    /// Pixels of the largest region.
    largest: u64,
    symbols: bool,
    number: usize,
}

impl Segments {
    /// Walks the segment headers (ITU-T T.88, 7.2).
    fn walk(&mut self, mut data: &[u8]) -> Option<()> {
        while !data.is_empty() && self.number <= MOST_SEGMENTS {
            self.number += 1;
            let number = u32_be(data, 0)?;
            let flags = *data.get(4)?;
            let count = *data.get(5)? >> 5;
            // Up to four referred-to segments are counted in three bits, more in a long form with a bit for each.
            let (references, mut at) = if count == 7 {
                let references = usize::try_from(u32_be(data, 5)? & 0x1FFF_FFFF).ok()?;
                (references, 9 + (references + 1).div_ceil(8))
            } else {
                (usize::from(count), 6)
            };
            let size = if number <= 256 {
                1
            } else if number <= 65_536 {
                2
            } else {
                4
            };
            at = at.checked_add(references.checked_mul(size)?)?;
            at = at.checked_add(if flags & 0x40 == 0 { 1 } else { 4 })?;
            let length = u32_be(data, at)?;
            let body = data.get(at + 4..)?;
            match flags & 63 {
                0 | 4 | 6 | 7 => self.symbols = true,
                48 => self.page = self.page.or(Some((u32_be(body, 0)?, u32_be(body, 4)?))),
                _ => {}
            }
            if matches!(flags & 63, 4 | 6 | 7 | 20 | 22 | 23 | 36 | 38 | 39 | 40 | 42 | 43) {
                let (width, height) = (u32_be(body, 0)?, u32_be(body, 4)?);
                self.largest = self.largest.max(u64::from(width) * u64::from(height));
                // A page of unknown height ends with its last stripe, so at least with this region.
                if let Some((_, page @ u32::MAX)) = &mut self.page {
                    *page = height;
                }
            }
            // Only a generic region may leave its length open, and then nothing may follow that matters here.
            if length == u32::MAX {
                return Some(());
            }
            data = body.get(usize::try_from(length).ok()?..)?;
        }
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A segment of a kind, on page 1.
    fn segment(number: u8, kind: u8, body: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 0, number, kind, 0, 1];
        bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        bytes.extend(body);
        bytes
    }

    fn page(width: u32, height: u32) -> Vec<u8> {
        let mut body = [width.to_be_bytes(), height.to_be_bytes()].concat();
        body.extend([0; 11]);
        segment(0, 48, &body)
    }

    fn seen(data: &[u8]) -> Seen {
        decode(data, None, &Limits::default(), 0, &mut Look::new())
    }

    /// A generic region in fax coding: rows that are all "as the row above", the first of them white.
    fn white_region(width: u32, height: u32) -> Vec<u8> {
        let mut body = [width.to_be_bytes(), height.to_be_bytes(), [0; 4], [0; 4]].concat();
        body.extend([0, 1]);
        body.extend(vec![0xFF; height as usize / 8]);
        body.extend([0x00, 0x10, 0x01]);
        segment(1, 38, &body)
    }

    #[test]
    fn a_page_is_counted_in_the_levels_asked_for() {
        let data = [page(64, 32), white_region(64, 32), segment(2, 49, &[])].concat();
        for (black, white_ppm) in [(0, 1_000_000), (255, 0)] {
            let mut look = Look::new();
            let seen = decode(&data, None, &Limits::default(), black, &mut look);
            assert_eq!((seen.width, seen.height, seen.decoded), (64, 32, Decoded::Whole));
            assert_eq!(look.finish().0.finish().unwrap().white_ppm, white_ppm);
        }
    }

    #[test]
    fn a_huge_page_or_region_is_refused_unseen() {
        let refused = Decoded::Refused { limit: Limit::PixelsPerPage };
        assert_eq!(seen(&page(60_000, 60_000)).decoded, refused);
        let mut region = [60_000_u32.to_be_bytes(), 60_000_u32.to_be_bytes()].concat();
        region.extend([0; 10]);
        assert_eq!(seen(&[page(8, 8), segment(1, 38, &region)].concat()).decoded, refused);
    }

    #[test]
    fn symbols_are_named() {
        assert_eq!(seen(&page(8, 8)).compression, Compression::Jbig2);
        assert_eq!(seen(&[page(8, 8), segment(1, 0, &[0; 20])].concat()).compression, Compression::Jbig2Symbol);
    }

    #[test]
    fn a_segment_that_breaks_off_is_damage() {
        let whole = page(64, 32);
        for cut in 0..whole.len() {
            assert_eq!(seen(&whole[..cut]).decoded, Decoded::Damaged { rows: None }, "{cut}");
        }
    }
}
