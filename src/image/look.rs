//! What is looked at while pixels stream past: how light each is, and where it lies. No page is held for it at its full size.

use super::raster::{Raster, skew};
use crate::measurements::{Appearance, PageMeasurements, Tone};

/// Channels further apart than this make a pixel a coloured one.
const COLOURED: u8 = 40;
/// Below this share of the paper's level a pixel is dark, in hundredths.
const DARK_PERCENT: u64 = 75;
/// Pixels worked on together, so that the parts of the work that vectorise stay in the first-level cache.
const BLOCK: usize = 1024;

/// Takes pixels as decoders have them. Where they lie matters for the picture of the page alone, so what does not say is counted all
/// the same.
pub(super) struct Look {
    tone: ToneCounter,
    raster: Raster,
    is_page: bool,
}

impl Look {
    pub(super) fn new() -> Self {
        Self { tone: ToneCounter::new(), raster: Raster::default(), is_page: true }
    }

    /// One that counts, and does not look at what it sees as a page: a page may be drawn of thousands of small pictures.
    pub(super) fn at_a_piece() -> Self {
        Self { is_page: false, ..Self::new() }
    }

    /// Begins a picture of this size, which the limits allow.
    pub(super) fn begin(&mut self, width: u32, height: u32) {
        if self.is_page {
            self.raster.begin(width, height);
        }
    }

    /// What comes next are rows of this width, from this pixel on.
    pub(super) fn place(&mut self, left: u32, top: u32, width: u32) {
        self.raster.place(left, top, width);
    }

    /// One byte a pixel, 0 black.
    pub(super) fn grey(&mut self, row: &[u8]) {
        self.tone.levels(row);
        self.raster.levels(row);
    }

    /// Three bytes a pixel.
    pub(super) fn rgb(&mut self, row: &[u8]) {
        let mut luma = [0; BLOCK];
        for block in row.chunks(BLOCK * 3) {
            let (pixels, _) = block.as_chunks::<3>();
            let mut coloured = 0_u32;
            for (level, [r, g, b]) in luma.iter_mut().zip(pixels) {
                let sum = 77 * u16::from(*r) + 150 * u16::from(*g) + 29 * u16::from(*b);
                [*level, _] = sum.to_be_bytes();
                coloured += u32::from(*r.max(g).max(b) - *r.min(g).min(b) > COLOURED);
            }
            self.tone.coloured += u64::from(coloured);
            self.grey(luma.get(..pixels.len()).unwrap_or_default());
        }
    }

    /// Three bytes a pixel: luma, and blue and red beside it (ITU-T T.871).
    pub(super) fn ycbcr(&mut self, row: &[u8]) {
        let mut lumas = [0; BLOCK];
        for block in row.chunks(BLOCK * 3) {
            let (pixels, _) = block.as_chunks::<3>();
            let mut coloured = 0_u32;
            for (level, [luma, blue, red]) in lumas.iter_mut().zip(pixels) {
                *level = *luma;
                let chroma = usize::from(u16::from_be_bytes([*blue, *red]));
                coloured += u32::from(COLOURED_CHROMAS.get(chroma).copied().unwrap_or(false));
            }
            self.tone.coloured += u64::from(coloured);
            self.grey(lumas.get(..pixels.len()).unwrap_or_default());
        }
    }

    /// Four bytes a pixel: amounts of ink, 255 the most.
    pub(super) fn cmyk(&mut self, row: &[u8]) {
        let mut rgb = [0; BLOCK * 3];
        for block in row.chunks(BLOCK * 4) {
            let (inks, _) = block.as_chunks::<4>();
            for (out, [c, m, y, k]) in rgb.as_chunks_mut::<3>().0.iter_mut().zip(inks) {
                *out = [c, m, y].map(|ink| multiply(255 - ink, 255 - k));
            }
            self.rgb(rgb.get(..inks.len() * 3).unwrap_or_default());
        }
    }

    /// Packed bits, the highest first; `one` is the level that a set bit stands for, black or white, and an unset one is its opposite.
    pub(super) fn bits(&mut self, row: &[u8], pixels: usize, one: u8) {
        self.tone.bits(row, pixels, one);
        self.raster.bits(row, pixels, one == 0);
    }

    /// A run of black or of white pixels within a row.
    pub(super) fn run(&mut self, level: u8, length: u32) {
        self.tone.pixels(level, length.into());
        self.raster.run(level == 0, length);
    }

    /// One row, whose pixels lie so far apart.
    pub(super) fn spread(&mut self, left: u32, top: u32, step: u32) {
        self.raster.spread(left, top, step);
    }

    /// How light the page was, and how it looks.
    pub(super) fn into_page(self, page: &mut PageMeasurements) {
        let (tone, appearance) = self.finish();
        (page.tone, page.appearance) = (tone.finish(), appearance);
    }

    /// How light it was, for whoever puts several pictures together; and how it looks, where every pixel was placed.
    pub(super) fn finish(self) -> (ToneCounter, Option<Appearance>) {
        let cell_px = self.raster.cell_px();
        let appearance = self.raster.finish().map(|page| Appearance { cell_px, skew: skew(&page) });
        (self.tone, appearance)
    }
}

/// Grey levels, counted. Their order does not matter.
pub(super) struct ToneCounter {
    /// Four tables taken in turn: neighbouring pixels are mostly equal, and one table would make each wait for the last.
    levels: [[u64; 256]; 4],
    coloured: u64,
}

impl ToneCounter {
    pub(super) fn new() -> Self {
        Self { levels: [[0; 256]; 4], coloured: 0 }
    }

    fn levels(&mut self, row: &[u8]) {
        let [a, b, c, d] = &mut self.levels;
        let (quads, rest) = row.as_chunks::<4>();
        for [w, x, y, z] in quads {
            count(a, *w);
            count(b, *x);
            count(c, *y);
            count(d, *z);
        }
        for level in rest {
            count(a, *level);
        }
    }

    fn bits(&mut self, row: &[u8], pixels: usize, one: u8) {
        let (whole, rest) = row.split_at(row.len().min(pixels / 8));
        let mut set: u64 = whole.iter().map(|byte| u64::from(byte.count_ones())).sum();
        if let (Some(byte), used @ 1..) = (rest.first(), pixels % 8) {
            set += u64::from((byte >> (8 - used)).count_ones());
        }
        self.pixels(one, set);
        self.pixels(!one, (pixels as u64).saturating_sub(set));
    }

    /// `number` pixels of one level.
    fn pixels(&mut self, level: u8, number: u64) {
        let [table, ..] = &mut self.levels;
        if let Some(n) = table.get_mut(usize::from(level)) {
            *n = n.saturating_add(number);
        }
    }

    /// Adds what another has counted.
    pub(super) fn add(&mut self, other: &Self) {
        for (table, more) in self.levels.iter_mut().zip(&other.levels) {
            for (n, m) in table.iter_mut().zip(more) {
                *n = n.saturating_add(*m);
            }
        }
        self.coloured = self.coloured.saturating_add(other.coloured);
    }

    /// Absent where no pixel was seen.
    pub(super) fn finish(&self) -> Option<Tone> {
        let mut levels = [0_u64; 256];
        for table in &self.levels {
            for (sum, n) in levels.iter_mut().zip(table) {
                *sum += n;
            }
        }
        let total: u64 = levels.iter().sum();
        if total == 0 {
            return None;
        }
        let paper_level = paper(&levels, total);
        let dark = levels
            .iter()
            .zip(0_u64..)
            .filter(|(_, level)| level * 100 < u64::from(paper_level) * DARK_PERCENT)
            .map(|(n, _)| n)
            .sum();
        Some(Tone {
            paper_level,
            dark_ppm: ppm(dark, total),
            black_ppm: ppm(levels.first().copied().unwrap_or(0), total),
            white_ppm: ppm(levels.last().copied().unwrap_or(0), total),
            coloured_ppm: ppm(self.coloured, total),
        })
    }
}

fn count(table: &mut [u64; 256], level: u8) {
    if let Some(n) = table.get_mut(usize::from(level)) {
        *n += 1;
    }
}

/// Whether each pair of chromas makes a coloured pixel. How far the channels lie apart follows from them alone, but for
/// what is cut off at black and white.
#[expect(clippy::indexing_slicing, reason = "reckoned by the compiler, which would not pass a wrong index")]
static COLOURED_CHROMAS: [bool; 1 << 16] = {
    let mut table = [false; 1 << 16];
    let mut pair = 0;
    // Counted beside `pair`, so that no number has to change its width.
    let (mut blue, mut red) = (-128, -128);
    while pair < table.len() {
        // In thousandths of a level.
        let channels = [1402 * red, -344 * blue - 714 * red, 1772 * blue];
        let (mut most, mut least) = (channels[0], channels[0]);
        let mut n = 1;
        while n < 3 {
            most = if channels[n] > most { channels[n] } else { most };
            least = if channels[n] < least { channels[n] } else { least };
            n += 1;
        }
        table[pair] = most - least > COLOURED as i32 * 1000;
        pair += 1;
        red += 1;
        if red == 128 {
            red = -128;
            blue += 1;
        }
    }
    table
};

fn multiply(a: u8, b: u8) -> u8 {
    let product = u16::from(a) * u16::from(b) + 128;
    let [high, _] = (product + (product >> 8)).to_be_bytes();
    high
}

/// The commonest level of the brighter half. A page that has next to nothing there (under one pixel in a thousand) is
/// dark throughout: then it is the commonest level of all.
fn paper(levels: &[u64; 256], total: u64) -> u8 {
    let commonest = |from: u8| {
        (from..=255).rev().max_by_key(|level| levels.get(usize::from(*level)).copied().unwrap_or(0)).unwrap_or(255)
    };
    let bright: u64 = levels.iter().skip(128).sum();
    if bright.saturating_mul(1000) >= total { commonest(128) } else { commonest(0) }
}

fn ppm(part: u64, total: u64) -> u32 {
    let share = u128::from(part) * 1_000_000 / u128::from(total.max(1));
    u32::try_from(share).unwrap_or(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tone(count: impl FnOnce(&mut Look)) -> Tone {
        let mut look = Look::new();
        count(&mut look);
        look.finish().0.finish().unwrap()
    }

    #[test]
    fn paper_and_ink_are_told_apart() {
        let seen = tone(|t| {
            t.tone.pixels(240, 900_000);
            t.tone.pixels(30, 99_999);
            t.tone.pixels(0, 1);
        });
        let expected = Tone { paper_level: 240, dark_ppm: 100_000, black_ppm: 1, white_ppm: 0, coloured_ppm: 0 };
        assert_eq!(seen, expected);
    }

    #[test]
    fn a_page_that_is_dark_throughout_has_dark_paper() {
        assert_eq!(tone(|t| t.tone.pixels(60, 5000)).paper_level, 60);
        assert_eq!(tone(|t| t.tone.pixels(60, 5000)).dark_ppm, 0);
        // Mostly black with a white tenth: the white is the paper, the rest is ink.
        let negative = tone(|t| {
            t.tone.pixels(0, 900);
            t.tone.pixels(255, 100);
        });
        assert_eq!((negative.paper_level, negative.dark_ppm), (255, 900_000));
    }

    #[test]
    fn white_stays_white_and_black_black_in_every_model() {
        let seen = tone(|t| {
            t.rgb(&[255, 255, 255, 0, 0, 0]);
            t.cmyk(&[0, 0, 0, 0, 0, 0, 0, 255]);
            t.bits(&[0b1010_0000], 4, 255);
            t.grey(&[255, 0, 255, 0, 255, 0]);
        });
        assert_eq!((seen.white_ppm, seen.black_ppm), (500_000, 500_000));
        assert_eq!(seen.coloured_ppm, 0);
    }

    #[test]
    fn a_stamp_is_coloured_and_a_cast_is_not() {
        assert_eq!(tone(|t| t.rgb(&[200, 40, 40, 230, 220, 200])).coloured_ppm, 500_000);
        // The same red and the same yellowish paper.
        assert_eq!(tone(|t| t.ycbcr(&[88, 101, 208, 221, 116, 134])).coloured_ppm, 500_000);
    }

    #[test]
    fn bits_beyond_the_row_are_not_counted() {
        let seen = tone(|t| t.bits(&[0xFF, 0xFF], 9, 0));
        assert_eq!((seen.black_ppm, seen.white_ppm), (1_000_000, 0));
        let mut none = Look::new();
        none.bits(&[], 0, 0);
        assert_eq!(none.finish().0.finish(), None);
    }
}
