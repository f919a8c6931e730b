//! The quality a JPEG was last saved at, from its quantisation tables.
//!
//! The Independent JPEG Group's encoder scales the two example tables of ITU-T T.81 annex K by a number from 1 to 100,
//! and most programs copy it. The nearest of those hundred pairs is reported; only where both tables are equal is it the
//! number that somebody set.

/// A quantisation table in the order of the file (zigzag), and whether it was written with 8 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Table {
    pub(super) steps: [u16; 64],
    pub(super) eight_bits: bool,
}

/// The quality whose tables lie nearest, and whether they are exactly those.
pub(super) fn nearest(luma: &Table, chroma: Option<&Table>) -> (u8, bool) {
    let distance = |quality: u8| {
        let chroma = chroma.map_or(0, |table| apart(table, &CHROMA, quality));
        apart(luma, &LUMA, quality) + chroma
    };
    // Of equal distances the higher quality: from 98 on, tables begin to coincide only in single steps.
    let best = (1..=100).rev().min_by_key(|quality| distance(*quality)).unwrap_or(1);
    (best, distance(best) == 0)
}

fn apart(table: &Table, base: &[u16; 64], quality: u8) -> u64 {
    let most = if table.eight_bits { 255 } else { 32767 };
    let scale = if quality < 50 { 5000 / u32::from(quality.max(1)) } else { 200 - 2 * u32::from(quality.min(100)) };
    table
        .steps
        .iter()
        .zip(ZIGZAG)
        .map(|(step, place)| {
            let base = base.get(place).copied().unwrap_or(1);
            let expected = ((u32::from(base) * scale + 50) / 100).clamp(1, most);
            u64::from(expected.abs_diff(u32::from(*step)))
        })
        .sum()
}

/// Where the nth value of a table in file order stands in the square.
pub(super) const ZIGZAG: [usize; 64] = [
    0, 1, 8, 16, 9, 2, 3, 10, 17, 24, 32, 25, 18, 11, 4, 5, 12, 19, 26, 33, 40, 48, 41, 34, 27, 20, 13, 6, 7, 14, 21,
    28, 35, 42, 49, 56, 57, 50, 43, 36, 29, 22, 15, 23, 30, 37, 44, 51, 58, 59, 52, 45, 38, 31, 39, 46, 53, 60, 61, 54,
    47, 55, 62, 63,
];

/// ITU-T T.81, table K.1.
const LUMA: [u16; 64] = [
    16, 11, 10, 16, 24, 40, 51, 61, 12, 12, 14, 19, 26, 58, 60, 55, 14, 13, 16, 24, 40, 57, 69, 56, 14, 17, 22, 29, 51,
    87, 80, 62, 18, 22, 37, 56, 68, 109, 103, 77, 24, 35, 55, 64, 81, 104, 113, 92, 49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
];

/// ITU-T T.81, table K.2.
const CHROMA: [u16; 64] = [
    17, 18, 24, 47, 99, 99, 99, 99, 18, 21, 26, 66, 99, 99, 99, 99, 24, 26, 56, 99, 99, 99, 99, 99, 47, 66, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99,
];

#[cfg(test)]
mod tests {
    use super::*;

    fn table(base: &[u16; 64], quality: u32, eight_bits: bool) -> Table {
        let most = if eight_bits { 255 } else { 32767 };
        let scale = if quality < 50 { 5000 / quality } else { 200 - 2 * quality };
        let steps =
            ZIGZAG.map(|place| u16::try_from(((u32::from(base[place]) * scale + 50) / 100).clamp(1, most)).unwrap());
        Table { steps, eight_bits }
    }

    #[test]
    fn every_quality_of_the_reference_encoder_is_found_exactly() {
        for eight_bits in [true, false] {
            for quality in 1..=100_u8 {
                let luma = table(&LUMA, quality.into(), eight_bits);
                let chroma = table(&CHROMA, quality.into(), eight_bits);
                let (found, exact) = nearest(&luma, Some(&chroma));
                assert!(exact, "{quality}");
                // At the lowest qualities 8-bit tables are full of 255 and several qualities share them.
                assert!(found == quality || (eight_bits && quality < 3), "{quality}: {found}");
            }
        }
    }

    #[test]
    fn foreign_tables_are_near_and_not_exact() {
        let mut luma = table(&LUMA, 80, true);
        luma.steps[0] += 3;
        let (found, exact) = nearest(&luma, Some(&table(&CHROMA, 80, true)));
        assert_eq!((found, exact), (80, false));
    }
}
