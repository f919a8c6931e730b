//! The page as it is looked at as a whole: a grey picture of some half a million cells, each the mean of a square of pixels.
//!
//! Decoders put pixels where they belong while they stream past, in rows, strips, tiles or passes; no page is held for it at its
//! full size. What is not put there is white, and a page of which any pixel is missing is not looked at.

mod skew;

pub(super) use self::skew::skew;

/// A4 at 300 dpi is looked at in squares of four by four, 75 to the inch: the skew of a page is told no better by finer ones.
const MOST_CELLS: u64 = 700_000;

/// Sums of darkness, while pixels come.
#[derive(Clone, Default)]
pub(super) struct Raster {
    /// Of the page, in pixels.
    width: u32,
    height: u32,
    /// Pixels along the side of a cell; nought where nothing is looked at.
    side: u32,
    columns: usize,
    darkness: Vec<u32>,
    place: Place,
    /// Pixels that were put within the page.
    put: u64,
}

/// Where the pixels that come next lie.
#[derive(Clone, Copy, Default)]
struct Place {
    left: u32,
    top: u32,
    width: u32,
    /// From one pixel of a row to the next.
    step: u32,
    /// Pixels that have come since.
    at: u64,
}

/// A page as it was seen, in cells of equal size.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Grey {
    pub(super) columns: usize,
    pub(super) rows: usize,
    /// From 0, black, to 255.
    pub(super) levels: Vec<u8>,
}

impl Raster {
    /// Begins a page of this size. To be called once its size is known to be within the limits.
    pub(super) fn begin(&mut self, width: u32, height: u32) {
        if width == 0 || height == 0 {
            return;
        }
        let cells = |side: u32| u64::from(width.div_ceil(side)) * u64::from(height.div_ceil(side));
        let Some(side) = (1..=u32::MAX).find(|side| cells(*side) <= MOST_CELLS) else { return };
        let (columns, rows) = (width.div_ceil(side), height.div_ceil(side));
        let (Ok(columns), Ok(cells)) = (usize::try_from(columns), usize::try_from(cells(side))) else { return };
        debug_assert!(columns as u64 * u64::from(rows) == cells as u64);
        *self = Self { width, height, side, columns, darkness: vec![0; cells], place: Place::default(), put: 0 };
        self.place(0, 0, width);
    }

    /// What comes next are rows of this width, from here on.
    pub(super) fn place(&mut self, left: u32, top: u32, width: u32) {
        self.place = Place { left, top, width, step: 1, at: 0 };
    }

    /// What comes next is one row, whose pixels lie so far apart.
    pub(super) fn spread(&mut self, left: u32, top: u32, step: u32) {
        self.place = Place { left, top, width: u32::MAX, step, at: 0 };
    }

    /// One byte a pixel, 0 black.
    pub(super) fn levels(&mut self, mut levels: &[u8]) {
        if self.side == 0 {
            return;
        }
        while let Some((x, y, left)) = self.next() {
            let Some((row, rest)) = levels.split_at_checked(left.min(levels.len())).filter(|(row, _)| !row.is_empty())
            else {
                return;
            };
            match self.place.step {
                1 => self.row(x, y, row),
                step => {
                    for (n, level) in (0_u32..).zip(row) {
                        self.row(x.saturating_add(step.saturating_mul(n)), y, &[*level]);
                    }
                }
            }
            self.place.at += row.len() as u64;
            levels = rest;
        }
    }

    /// Packed bits, the highest first; `black` is the bit of black pixels.
    pub(super) fn bits(&mut self, row: &[u8], pixels: usize, black: bool) {
        if self.side == 0 {
            return;
        }
        let Some((x, y, _)) = self.next() else { return };
        for (n, byte) in (0_u32..).zip(row) {
            let mut ink = if black { *byte } else { !*byte };
            let from = n.saturating_mul(8);
            while ink != 0 {
                let bit = ink.leading_zeros();
                ink &= !(0x80_u8 >> bit);
                if (from + bit) as usize >= pixels {
                    break;
                }
                self.ink(x.saturating_add(from + bit), y, 1);
            }
        }
        self.came(x, y, pixels as u64);
    }

    /// A run of pixels of one level in the row that is being written.
    pub(super) fn run(&mut self, black: bool, length: u32) {
        if self.side == 0 || length == 0 {
            return;
        }
        let Some((x, y, _)) = self.next() else { return };
        if black {
            self.ink(x, y, length);
        }
        self.came(x, y, length.into());
    }

    /// Pixels along the side of a cell.
    pub(super) fn cell_px(&self) -> u32 {
        self.side
    }

    /// What was put there, unless any of it is missing.
    pub(super) fn finish(self) -> Option<Grey> {
        if self.side == 0 || self.put != u64::from(self.width) * u64::from(self.height) {
            return None;
        }
        let rows = self.darkness.len() / self.columns.max(1);
        let span = |cell: usize, whole: u32| {
            let from = u32::try_from(cell).unwrap_or(u32::MAX).saturating_mul(self.side);
            self.side.min(whole.saturating_sub(from)).max(1)
        };
        let widths: Vec<u32> = (0..self.columns).map(|column| span(column, self.width)).collect();
        let mut levels = Vec::with_capacity(self.darkness.len());
        for (row, darkness) in self.darkness.chunks_exact(self.columns.max(1)).enumerate() {
            let height = span(row, self.height);
            let mean = |(darkness, width): (&u32, &u32)| {
                let area = width * height;
                255 - u8::try_from((darkness + area / 2) / area).unwrap_or(255)
            };
            levels.extend(darkness.iter().zip(&widths).map(mean));
        }
        Some(Grey { columns: self.columns, rows, levels })
    }

    /// Where the next pixel lies, and how many more stand in its row.
    fn next(&self) -> Option<(u32, u32, usize)> {
        let width = u64::from(self.place.width);
        let (row, column) = (self.place.at.checked_div(width)?, self.place.at.checked_rem(width)?);
        let x = self.place.left.checked_add(u32::try_from(column).ok()?.checked_mul(self.place.step)?)?;
        let y = self.place.top.checked_add(u32::try_from(row).ok()?)?;
        Some((x, y, usize::try_from(width - column).ok()?))
    }

    /// Pixels of a row of the page; those beyond its edge are passed over.
    fn row(&mut self, x: u32, y: u32, levels: &[u8]) {
        let visible = if y < self.height { self.width.saturating_sub(x) as usize } else { 0 };
        let Some(mut levels) = levels.get(..visible.min(levels.len())).filter(|levels| !levels.is_empty()) else {
            return;
        };
        self.put += levels.len() as u64;
        let side = self.side as usize;
        let start = (y / self.side) as usize * self.columns + (x / self.side) as usize;
        let mut cells = self.darkness.get_mut(start..).unwrap_or_default().iter_mut();
        // The first cell may have begun before.
        let begun = x as usize % side;
        if begun > 0
            && let Some((first, rest)) = levels.split_at_checked((side - begun).min(levels.len()))
            && let Some(cell) = cells.next()
        {
            *cell += darkness(first);
            levels = rest;
        }
        match side {
            1 => cells.zip(levels).for_each(|(cell, level)| *cell += 255 - u32::from(*level)),
            2 => squares::<2>(cells, levels),
            4 => squares::<4>(cells, levels),
            _ => cells.zip(levels.chunks(side)).for_each(|(cell, levels)| *cell += darkness(levels)),
        }
    }

    /// Black pixels of a row of the page; those beyond its edge are passed over.
    fn ink(&mut self, x: u32, y: u32, length: u32) {
        let end = x.saturating_add(length).min(self.width);
        if y >= self.height || x >= end {
            return;
        }
        let start = (y / self.side) as usize * self.columns;
        let (first, last) = (x / self.side, (end - 1) / self.side);
        let cells = self.darkness.get_mut(start + first as usize..=start + last as usize).unwrap_or_default();
        for (column, cell) in (first..).zip(cells) {
            let (from, to) = (column * self.side, column.saturating_add(1).saturating_mul(self.side));
            *cell += 255 * (to.min(end) - from.max(x));
        }
    }

    /// So many pixels of the row were put, whatever their level.
    fn came(&mut self, x: u32, y: u32, pixels: u64) {
        if y < self.height {
            self.put += pixels.min(self.width.saturating_sub(x).into());
        }
        self.place.at += pixels;
    }
}

/// The usual sides, known to the compiler.
fn squares<'a, const SIDE: usize>(mut cells: impl Iterator<Item = &'a mut u32>, levels: &[u8]) {
    let (whole, rest) = levels.as_chunks::<SIDE>();
    // In this order: the other way round a cell would be taken for a square that does not come.
    whole.iter().zip(cells.by_ref()).for_each(|(levels, cell)| *cell += darkness(levels));
    if let Some(cell) = cells.next() {
        *cell += darkness(rest);
    }
}

fn darkness(levels: &[u8]) -> u32 {
    levels.iter().map(|level| 255 - u32::from(*level)).sum()
}

impl Grey {
    /// Half as wide and as high.
    fn halved(&self) -> Self {
        let (columns, rows) = (self.columns / 2, self.rows / 2);
        let mut levels = Vec::with_capacity(columns * rows);
        let mut lines = self.levels.chunks_exact(self.columns.max(1));
        while let Some((upper, lower)) = lines.next().zip(lines.next()) {
            let (upper, _) = upper.as_chunks::<2>();
            let (lower, _) = lower.as_chunks::<2>();
            levels.extend(upper.iter().zip(lower).map(|([a, b], [c, d])| {
                let sum = u16::from(*a) + u16::from(*b) + u16::from(*c) + u16::from(*d);
                u8::try_from((sum + 2) / 4).unwrap_or(255)
            }));
        }
        Self { columns, rows, levels }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of random pixels, put as `put` does it, is the page that is put row by row.
    fn page(width: u32, height: u32) -> Vec<u8> {
        let mut random = fastrand::Rng::with_seed(u64::from(width) << 32 | u64::from(height));
        (0..width * height).map(|_| random.u8(..)).collect()
    }

    fn whole(width: u32, height: u32, pixels: &[u8]) -> Grey {
        let mut raster = Raster::default();
        raster.begin(width, height);
        raster.levels(pixels);
        raster.finish().unwrap()
    }

    #[test]
    fn a_cell_is_the_mean_of_its_pixels() {
        let mut raster = Raster { side: 3, columns: 2, width: 5, height: 4, darkness: vec![0; 4], ..Raster::default() };
        raster.place(0, 0, 5);
        raster.levels(&[
            0, 30, 60, 90, 120, //
            0, 30, 60, 90, 120, //
            0, 30, 60, 90, 120, //
            200, 200, 203, 7, 9,
        ]);
        assert_eq!(raster.finish().unwrap(), Grey { columns: 2, rows: 2, levels: vec![30, 105, 201, 8] });
    }

    #[test]
    fn of_every_side_what_is_left_of_a_row_is_its_last_cell() {
        for (side, width, height) in [(1, 9, 3), (2, 9, 5), (3, 10, 5), (4, 11, 9), (4, 12, 8), (5, 11, 11)] {
            let pixels = page(width, height);
            let columns = width.div_ceil(side) as usize;
            let darkness = vec![0; columns * height.div_ceil(side) as usize];
            let mut raster = Raster { side, columns, width, height, darkness, ..Raster::default() };
            raster.place(0, 0, width);
            raster.levels(&pixels);
            let squares =
                (0..height).step_by(side as usize).flat_map(|y| (0..width).step_by(side as usize).map(move |x| (x, y)));
            let means: Vec<u8> = squares
                .map(|(x, y)| {
                    let (right, lower) = ((x + side).min(width), (y + side).min(height));
                    let all: Vec<u32> = (y..lower)
                        .flat_map(|y| (x..right).map(move |x| (y * width + x) as usize))
                        .map(|at| 255 - u32::from(pixels[at]))
                        .collect();
                    let area = u32::try_from(all.len()).unwrap();
                    255 - u8::try_from((all.iter().sum::<u32>() + area / 2) / area).unwrap()
                })
                .collect();
            assert_eq!(raster.finish().unwrap().levels, means, "{side} of {width} × {height}");
        }
    }

    #[test]
    fn strips_tiles_and_pieces_of_rows_make_the_same_page() {
        for (width, height) in [(7, 5), (1301, 901), (3000, 1000), (2481, 3001)] {
            let pixels = page(width, height);
            let expected = whole(width, height, &pixels);
            let at = |x: u32, y: u32| pixels[(y * width + x) as usize];
            // Pieces of odd lengths.
            let mut raster = Raster::default();
            raster.begin(width, height);
            pixels.chunks(1001).for_each(|piece| raster.levels(piece));
            assert_eq!(raster.finish().unwrap(), expected);
            // Tiles that hang over the edges.
            let mut raster = Raster::default();
            raster.begin(width, height);
            for (top, left) in (0..height).step_by(256).flat_map(|y| (0..width).step_by(256).map(move |x| (y, x))) {
                raster.place(left, top, 256);
                for y in top..top + 256 {
                    let tile: Vec<u8> =
                        (left..left + 256).map(|x| if x < width && y < height { at(x, y) } else { 9 }).collect();
                    raster.levels(&tile);
                }
            }
            assert_eq!(raster.finish().unwrap(), expected);
        }
    }

    #[test]
    fn bits_and_runs_are_pixels_too() {
        let (width, height) = (1501, 1700);
        let black: Vec<bool> = page(width, height).iter().map(|level| *level < 40).collect();
        let levels: Vec<u8> = black.iter().map(|black| if *black { 0 } else { 255 }).collect();
        let expected = whole(width, height, &levels);
        for ones_are_black in [true, false] {
            let (mut bits, mut runs) = (Raster::default(), Raster::default());
            bits.begin(width, height);
            runs.begin(width, height);
            for row in black.chunks(width as usize) {
                let mut packed: Vec<u8> = row
                    .chunks(8)
                    .map(|eight| {
                        (0..)
                            .zip(eight)
                            .fold(0, |byte, (n, black)| byte | u8::from(*black == ones_are_black) << (7 - n))
                    })
                    .collect();
                // What lies beyond the row says nothing.
                *packed.last_mut().unwrap() |= 7;
                bits.bits(&packed, row.len(), ones_are_black);
                row.chunk_by(|a, b| a == b).for_each(|run| runs.run(run[0], u32::try_from(run.len()).unwrap()));
            }
            assert_eq!(bits.finish().unwrap(), expected);
            assert_eq!(runs.finish().unwrap(), expected);
        }
    }

    #[test]
    fn a_page_that_is_not_all_there_is_not_looked_at() {
        let mut raster = Raster::default();
        raster.begin(10, 10);
        raster.levels(&[255; 99]);
        assert_eq!(raster.clone().finish(), None);
        raster.levels(&[255; 1]);
        assert!(raster.finish().is_some());
        assert_eq!(Raster::default().finish(), None);
    }

    #[test]
    fn a_large_page_takes_no_more_than_a_small_one() {
        for (width, height, side) in
            [(2480, 3508, 4), (1240, 1754, 2), (620, 877, 1), (14_000, 14_000, 17), (200_000_000, 1, 286)]
        {
            let mut raster = Raster::default();
            raster.begin(width, height);
            assert_eq!(raster.side, side, "{width} × {height}");
        }
    }
}
