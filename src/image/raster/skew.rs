//! How far the lines of a page are turned.
//!
//! Ink is projected along each of many angles, onto rows and onto columns; where the angle is that of the lines, the projection has
//! the sharpest steps. Print and forms are told to a tenth of a degree; of loose handwriting, photographs and pages with next to nothing on
//! them it cannot be told, which shows in how little the best angle stands out. A vertical page cannot be told from a horizontal one that
//! was turned by a quarter, so only the direction in which the lines run is given.

use super::Grey;
use crate::measurements::{LineDirection, Skew, SkewUnknown};

/// Ink that is projected; of more, so many cells drawn evenly. Of less the noise hides the lines of a page of small print.
const MOST_INK: usize = 40_000;
/// Of fewer cells no direction can be told.
const LEAST_INK: usize = 300;
/// Never ink above this share of the paper's level, in 255ths.
const LIGHTEST_INK: usize = 215;
/// What is outside of this share of the page is rim, in hundredths; and what one piece may have of the page's area.
const RIM_PERCENT: usize = 2;
const LARGEST_PERCENT: usize = 2;
/// Cells along the side of the squares whose brightest levels are the paper.
const PAPER_SQUARE: usize = 16;

/// The largest angle that is looked for, and the steps, in degrees.
const MOST_DEGREES: f64 = 10.0;
const STEPS: [f64; 3] = [0.5, 0.1, 0.02];
/// How much the best angle has to stand out from the middle one, and from the best that is not beside it.
const LEAST_PEAK: f64 = 6.0;
const LEAST_LEAD: f64 = 2.0;
const BESIDE_DEGREES: f64 = 1.5;

/// Looks how far the lines of a page are turned.
pub(in crate::image) fn skew(page: &Grey) -> Skew {
    let unknown = |reason| Skew::CannotTell { reason };
    let ink = ink(page);
    if ink.len() < LEAST_INK {
        return unknown(SkewUnknown::TooLittleInk);
    }
    // Half as fine is enough to find the angle roughly, and costs a quarter.
    let rough = page.halved();
    let rough_ink = self::ink(&rough);
    let [across, down] =
        [LineDirection::Across, LineDirection::Down].map(|lines| Search::of(&rough_ink, &rough, lines));
    let best = if across.sharpness >= down.sharpness { across } else { down };
    if best.peak < LEAST_PEAK || best.lead < LEAST_LEAD {
        return unknown(SkewUnknown::NoDirection);
    }
    if best.degrees.abs() > MOST_DEGREES - STEPS[0] {
        return unknown(SkewUnknown::TurnedTooFar);
    }
    let degrees = finest(&ink, page, best.lines, best.degrees);
    let permille = |ratio: f64| (ratio * 1000.0).round().clamp(0.0, f64::from(u32::MAX));
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped just before")]
    Skew::Seen {
        milli_degrees: (degrees * 100.0).round() as i32 * 10,
        lines: best.lines,
        peak_permille: permille(best.peak) as u32,
        lead_permille: permille(best.lead) as u32,
    }
}

/// The best angle in which lines may run, to a tenth of a degree.
struct Search {
    lines: LineDirection,
    degrees: f64,
    sharpness: f64,
    /// How often the best is the middle one of all angles, and the best that is not beside it.
    peak: f64,
    lead: f64,
}

impl Search {
    fn of(ink: &[(f64, f64)], page: &Grey, lines: LineDirection) -> Self {
        let [coarse, middle, _] = STEPS;
        let all = tried(ink, page, lines, around(0.0, MOST_DEGREES, coarse));
        let best = largest(&tried(ink, page, lines, around(largest(&all).0, coarse, middle)));
        let rival = all.iter().filter(|(angle, _)| (angle - best.0).abs() > BESIDE_DEGREES).map(|(_, sharp)| *sharp);
        let rival = rival.fold(0.0, f64::max);
        let mut sorted: Vec<f64> = all.iter().map(|(_, sharp)| *sharp).collect();
        sorted.sort_by(f64::total_cmp);
        let median = sorted.get(sorted.len() / 2).copied().unwrap_or_default();
        let ratio = |to: f64| if to > 0.0 { best.1 / to } else { 0.0 };
        Self { lines, degrees: best.0, sharpness: best.1, peak: ratio(median), lead: ratio(rival) }
    }
}

/// The angle next to this one at which all ink is sharpest.
fn finest(ink: &[(f64, f64)], page: &Grey, lines: LineDirection, near: f64) -> f64 {
    let [_, middle, fine] = STEPS;
    let near = largest(&tried(ink, page, lines, around(near, 3.0 * middle, middle))).0;
    let all = tried(ink, page, lines, around(near, middle, fine));
    vertex(&all, largest(&all).0, fine)
}

/// Angles on both sides of one, this far and in such steps.
fn around(centre: f64, reach: f64, step: f64) -> impl Iterator<Item = f64> {
    let count = (reach / step).round();
    std::iter::successors(Some(-count), move |n| Some(n + 1.0).filter(|n| *n <= count)).map(move |n| centre + n * step)
}

/// How sharp the lines are at each of these angles.
fn tried(ink: &[(f64, f64)], page: &Grey, lines: LineDirection, angles: impl Iterator<Item = f64>) -> Vec<(f64, f64)> {
    let mut bins = vec![0.0; 2 * (page.columns + page.rows) + 4];
    angles.map(|angle| (angle, sharpness(ink, page, lines, angle, &mut bins))).collect()
}

fn largest(all: &[(f64, f64)]) -> (f64, f64) {
    all.iter().copied().max_by(|a, b| a.1.total_cmp(&b.1)).unwrap_or_default()
}

/// The top of the parabola through the best angle and those beside it.
fn vertex(all: &[(f64, f64)], best: f64, step: f64) -> f64 {
    let at = all.iter().position(|(angle, _)| *angle == best);
    let Some([(_, before), (_, top), (_, after)]) =
        at.and_then(|at| all.get(at.checked_sub(1)?..at + 2)).and_then(|three| <&[_; 3]>::try_from(three).ok())
    else {
        return best;
    };
    let bend = before - 2.0 * top + after;
    if bend < 0.0 { best + step * (before - after) / (2.0 * bend) } else { best }
}

/// The sum of squared steps of the projection along an angle.
fn sharpness(ink: &[(f64, f64)], page: &Grey, lines: LineDirection, degrees: f64, bins: &mut [f64]) -> f64 {
    bins.fill(0.0);
    let (sin, cos) = degrees.to_radians().sin_cos();
    // What a turned page reaches to the left of nought.
    #[expect(clippy::cast_precision_loss, reason = "a page is narrower than 2^52 cells")]
    let shift = 1.0 + sin.abs() * page.columns.max(page.rows) as f64;
    let reach = bins.len();
    for (x, y) in ink {
        let at = shift
            + match lines {
                LineDirection::Across => y * cos - x * sin,
                LineDirection::Down => x * cos + y * sin,
            };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "never negative, by the shift")]
        let bin = at as usize;
        if let Some([low, high]) =
            bins.get_mut(bin..(bin + 2).min(reach)).and_then(|two| <&mut [f64; 2]>::try_from(two).ok())
        {
            let share = at.fract();
            *low += 1.0 - share;
            *high += share;
        }
    }
    bins.array_windows().map(|[a, b]| (b - a) * (b - a)).sum()
}

/// Numbers that are always the same (Knuth's MMIX): one page is measured alike each time.
struct Random(u64);

impl Random {
    /// From nought up to one.
    #[expect(clippy::cast_precision_loss, reason = "the 53 bits that are left have their place")]
    fn share(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 11) as f64 / (1_u64 << 53) as f64
    }
}

/// Where there is ink, but for the rim and what is too large to be writing: at most so much, drawn evenly.
#[expect(clippy::cast_precision_loss, reason = "a page is narrower than 2^52 cells")]
fn ink(page: &Grey) -> Vec<(f64, f64)> {
    let mask = mask(page);
    let pieces = Pieces::of(&mask, page.columns);
    let largest = page.columns * page.rows * LARGEST_PERCENT / 100;
    let (rim_x, rim_y) = (page.columns * RIM_PERCENT / 100, page.rows * RIM_PERCENT / 100);
    let mut ink = Vec::new();
    for (n, run) in pieces.runs.iter().enumerate() {
        let inside = run.row >= rim_y && run.row + rim_y < page.rows;
        if inside && pieces.size(n) <= largest {
            let (from, to) = (run.from.max(rim_x), run.to.min(page.columns.saturating_sub(rim_x)));
            ink.extend((from..to).map(|column| (column, run.row)));
        }
    }
    let total = ink.len();
    let mut random = Random(0x2545_F491_4F6C_DD1D);
    // Evenly, and in no step that the page itself could have.
    ink.retain(|_| total <= MOST_INK || random.share() * (total as f64) < MOST_INK as f64);
    // Anywhere within its cell: rows of whole cells would be the sharpest lines of all.
    ink.into_iter().map(|(x, y)| (x as f64 + random.share(), y as f64 + random.share())).collect()
}

/// Which cells are darker than the paper around them, by as much as divides this page best.
fn mask(page: &Grey) -> Vec<bool> {
    let paper = Paper::of(page);
    let mut levels = Vec::with_capacity(page.levels.len());
    for (y, row) in page.levels.chunks_exact(page.columns.max(1)).enumerate() {
        levels.extend(row.iter().enumerate().map(|(x, level)| {
            let share = usize::from(*level) * 255 / usize::from(paper.at(x, y).max(1));
            u8::try_from(share).unwrap_or(255)
        }));
    }
    let limit = otsu(&levels).min(LIGHTEST_INK);
    levels.iter().map(|level| usize::from(*level) < limit).collect()
}

/// The level of the paper, by squares: the brightest of each and of those around it.
struct Paper {
    columns: usize,
    levels: Vec<u8>,
}

impl Paper {
    fn of(page: &Grey) -> Self {
        let columns = page.columns.div_ceil(PAPER_SQUARE);
        let mut brightest = vec![0_u8; columns * page.rows.div_ceil(PAPER_SQUARE)];
        for (y, row) in page.levels.chunks_exact(page.columns.max(1)).enumerate() {
            let squares = brightest.get_mut(y / PAPER_SQUARE * columns..).unwrap_or_default();
            for (square, cells) in squares.iter_mut().zip(row.chunks(PAPER_SQUARE)) {
                *square = cells.iter().copied().fold(*square, u8::max);
            }
        }
        let rows = brightest.len() / columns.max(1);
        let around = |at: usize, most: usize| at.saturating_sub(1)..(at + 2).min(most);
        let mut levels = Vec::with_capacity(brightest.len());
        for y in 0..rows {
            for x in 0..columns {
                let near = around(y, rows).flat_map(|row| around(x, columns).map(move |column| row * columns + column));
                levels.push(near.filter_map(|at| brightest.get(at)).copied().max().unwrap_or(255));
            }
        }
        Self { columns, levels }
    }

    fn at(&self, x: usize, y: usize) -> u8 {
        self.levels.get(y / PAPER_SQUARE * self.columns + x / PAPER_SQUARE).copied().unwrap_or(255)
    }
}

/// The level that divides these best into two groups (Otsu 1979).
fn otsu(levels: &[u8]) -> usize {
    let mut counts = [0_u32; 256];
    for level in levels {
        if let Some(count) = counts.get_mut(usize::from(*level)) {
            *count += 1;
        }
    }
    let weighed = || (0_u32..).zip(counts).map(|(level, count)| (f64::from(level), f64::from(count)));
    let (total, sum) = weighed().fold((0.0, 0.0), |(total, sum), (level, count)| (total + count, sum + level * count));
    let (mut below, mut sum_below, mut best) = (0.0, 0.0, (0.0, 0));
    for (at, (level, count)) in (1..).zip(weighed()) {
        below += count;
        sum_below += level * count;
        let above = total - below;
        if below > 0.0 && above > 0.0 {
            let apart = sum_below / below - (sum - sum_below) / above;
            let between = below * above * apart * apart;
            if between > best.0 {
                best = (between, at);
            }
        }
    }
    best.1
}

/// Cells in a row that belong together.
struct Run {
    row: usize,
    from: usize,
    to: usize,
}

/// Runs that touch one another, corners included, are one piece.
struct Pieces {
    runs: Vec<Run>,
    /// Of each run one that belongs to the same piece, and how many cells that has.
    parents: Vec<usize>,
    sizes: Vec<usize>,
}

impl Pieces {
    fn of(mask: &[bool], columns: usize) -> Self {
        let mut pieces = Self { runs: Vec::new(), parents: Vec::new(), sizes: Vec::new() };
        let mut above = 0..0;
        for (row, cells) in mask.chunks_exact(columns.max(1)).enumerate() {
            let begun = pieces.runs.len();
            let mut from = 0;
            for same in cells.chunk_by(|a, b| a == b) {
                let to = from + same.len();
                if same.first() == Some(&true) {
                    pieces.parents.push(pieces.runs.len());
                    pieces.sizes.push(to - from);
                    pieces.runs.push(Run { row, from, to });
                }
                from = to;
            }
            let mut upper = above.start;
            for lower in begun..pieces.runs.len() {
                while pieces.is_left_of(upper, lower) && upper < above.end {
                    upper += 1;
                }
                let mut touching = upper;
                while touching < above.end && pieces.touches(touching, lower) {
                    pieces.join(touching, lower);
                    touching += 1;
                }
            }
            above = begun..pieces.runs.len();
        }
        pieces
    }

    fn is_left_of(&self, one: usize, other: usize) -> bool {
        self.runs.get(one).zip(self.runs.get(other)).is_some_and(|(one, other)| one.to < other.from)
    }

    fn touches(&self, one: usize, other: usize) -> bool {
        self.runs
            .get(one)
            .zip(self.runs.get(other))
            .is_some_and(|(one, other)| one.from <= other.to && other.from <= one.to)
    }

    fn root(&self, mut run: usize) -> usize {
        while let Some(parent) = self.parents.get(run).filter(|parent| **parent != run) {
            run = *parent;
        }
        run
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.root(one), self.root(other));
        let size = |pieces: &Self, run: usize| pieces.sizes.get(run).copied().unwrap_or_default();
        // The smaller one joins the larger, so that no way to a root is long.
        let (small, large) = if size(self, one) < size(self, other) { (one, other) } else { (other, one) };
        if small == large {
            return;
        }
        let sum = size(self, small) + size(self, large);
        if let Some(parent) = self.parents.get_mut(small) {
            *parent = large;
        }
        if let Some(size) = self.sizes.get_mut(large) {
            *size = sum;
        }
    }

    /// How many cells the piece of a run has.
    fn size(&self, run: usize) -> usize {
        self.sizes.get(self.root(run)).copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A page of A4 at 75 dpi: what `dark` says of a point of the page before it was turned, in cells from its middle; four points a
    /// cell.
    fn page(degrees: f64, dark: impl Fn(f64, f64) -> bool) -> Grey {
        let (columns, rows) = (620_usize, 877_usize);
        let (sin, cos) = degrees.to_radians().sin_cos();
        let mut levels = Vec::new();
        for (y, x) in (0..rows).flat_map(|y| (0..columns).map(move |x| (y, x))) {
            let points = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)].into_iter().filter(|(dx, dy)| {
                let (x, y) = (x as f64 + dx - columns as f64 / 2.0, y as f64 + dy - rows as f64 / 2.0);
                dark(x * cos + y * sin, y * cos - x * sin)
            });
            levels.push(240 - 50 * u8::try_from(points.count()).unwrap());
        }
        Grey { columns, rows, levels }
    }

    /// One of a hundred, drawn for a place.
    fn drawn(x: f64, y: f64) -> u64 {
        let mut random = fastrand::Rng::with_seed(x.to_bits() ^ y.to_bits().rotate_left(32));
        random.u64(..100)
    }

    /// Lines of letters, fifteen cells apart; each line begins elsewhere, and each letter has its own width.
    fn text(x: f64, y: f64) -> bool {
        if x.abs() > 240.0 || y.abs() > 360.0 || y.rem_euclid(15.0) > 6.0 {
            return false;
        }
        let line = (y / 15.0).floor();
        let along = x + drawn(7.0, line) as f64 / 10.0;
        let letter = drawn((along / 5.0).floor(), line);
        letter > 12 && along.rem_euclid(5.0) < 1.0 + letter as f64 / 33.0
    }

    fn degrees(skew: Skew) -> (f64, LineDirection) {
        match skew {
            Skew::Seen { milli_degrees, lines, .. } => (f64::from(milli_degrees) / 1000.0, lines),
            Skew::CannotTell { reason } => panic!("{reason:?}"),
        }
    }

    #[test]
    fn lines_of_letters_are_told_to_a_tenth_of_a_degree() {
        for turned in [-8.3, -2.0, -0.47, -0.1, 0.0, 0.05, 0.33, 1.0, 4.71, 9.2] {
            let (seen, lines) = degrees(skew(&page(turned, text)));
            assert!((seen - turned).abs() < 0.1, "{turned}° is seen as {seen}°");
            assert_eq!(lines, LineDirection::Across);
            let (seen, lines) = degrees(skew(&page(turned, |x, y| text(y, x))));
            assert!((seen - turned).abs() < 0.1, "{turned}° is seen as {seen}°");
            assert_eq!(lines, LineDirection::Down);
        }
    }

    #[test]
    fn the_rim_and_large_dark_areas_are_no_lines() {
        // A black border that lies straight, and a picture, beside lines that do not.
        let mut page = page(1.5, text);
        for (y, row) in page.levels.chunks_exact_mut(620).enumerate() {
            row[..8].fill(0);
            if (500..700).contains(&y) {
                row[300..520].fill(30);
            }
        }
        let (seen, _) = degrees(skew(&page));
        assert!((seen - 1.5).abs() < 0.1, "{seen}");
    }

    #[test]
    fn what_has_no_lines_is_not_told() {
        assert_eq!(skew(&page(0.0, |_, _| false)), Skew::CannotTell { reason: SkewUnknown::TooLittleInk });
        let mut speckled = page(0.0, |_, _| false);
        for (cell, level) in speckled.levels.iter_mut().enumerate() {
            if drawn(cell as f64, 1.0) < 6 {
                *level = 20;
            }
        }
        assert_eq!(skew(&speckled), Skew::CannotTell { reason: SkewUnknown::NoDirection });
        let rings = |x: f64, y: f64| x.hypot(y).rem_euclid(20.0) < 2.0 && x.hypot(y) < 280.0;
        assert_eq!(skew(&page(0.0, rings)), Skew::CannotTell { reason: SkewUnknown::NoDirection });
        let turned_far = skew(&page(20.0, text));
        assert!(matches!(turned_far, Skew::CannotTell { .. }), "{turned_far:?}");
    }

    #[test]
    fn an_empty_or_narrow_page_is_nothing_to_go_by() {
        for (columns, rows) in [(0, 0), (1, 1), (700_000, 1), (1, 300), (3, 2)] {
            let page = Grey { columns, rows, levels: vec![0; columns * rows] };
            assert!(matches!(skew(&page), Skew::CannotTell { .. }));
        }
    }
}
