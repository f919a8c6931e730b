//! Orientation and resolution from EXIF, and the arithmetic of resolutions for every format.

use exif::{In, Tag, Value};

use crate::measurements::{DeclaredDpi, DpiSource};

/// The fields of an EXIF block that say how to look at the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tags {
    pub(super) orientation: Option<u8>,
    resolution: Option<[(u64, u64); 2]>,
    per_centimetre: bool,
}

impl Tags {
    pub(super) fn dpi(&self, found_in: DpiSource) -> Option<DeclaredDpi> {
        let [x, y] = self.resolution?;
        dpi(x, y, if self.per_centimetre { (254, 100) } else { (1, 1) }, found_in)
    }
}

/// Reads what can be read; a broken block costs only its own fields.
pub(super) fn read(block: &[u8]) -> Tags {
    let mut reader = exif::Reader::new();
    let parsed = match reader.continue_on_error(true).read_raw(block.to_vec()) {
        Ok(parsed) => parsed,
        Err(error) => match error.distill_partial_result(|_| {}) {
            Ok(parsed) => parsed,
            Err(_) => return Tags::default(),
        },
    };
    let number = |tag: Tag| parsed.get_field(tag, In::PRIMARY)?.value.get_uint(0);
    let rational = |tag: Tag| match &parsed.get_field(tag, In::PRIMARY)?.value {
        Value::Rational(values) => values.first().map(|r| (u64::from(r.num), u64::from(r.denom))),
        _ => None,
    };
    Tags {
        orientation: number(Tag::Orientation).and_then(|n| u8::try_from(n).ok()).filter(|n| (1..=8).contains(n)),
        resolution: rational(Tag::XResolution).zip(rational(Tag::YResolution)).map(|(x, y)| [x, y]),
        per_centimetre: number(Tag::ResolutionUnit) == Some(3),
    }
}

/// Beyond a million dots per inch all resolutions are equally absurd. In thousandths.
pub(super) const MOST_DPI_MILLI: u64 = 1_000_000_000;

/// A resolution from two fractions, times `per_inch` (also a fraction). Absent where it is zero or no number.
pub(super) fn dpi(x: (u64, u64), y: (u64, u64), per_inch: (u64, u64), found_in: DpiSource) -> Option<DeclaredDpi> {
    let milli = |(numerator, denominator): (u64, u64)| {
        let top = u128::from(numerator) * 1000 * u128::from(per_inch.0);
        let bottom = u128::from(denominator) * u128::from(per_inch.1);
        let rounded = (top + bottom / 2).checked_div(bottom)?;
        Some(u64::try_from(rounded).unwrap_or(u64::MAX).min(MOST_DPI_MILLI)).filter(|milli| *milli > 0)
    };
    Some(DeclaredDpi { x_milli: milli(x)?, y_milli: milli(y)?, found_in })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_resolution_is_rounded_and_never_zero() {
        let metre = dpi((11811, 1), (11811, 1), (254, 10_000), DpiSource::PngPhys).unwrap();
        assert_eq!((metre.x_milli, metre.y_milli), (299_999, 299_999));
        let centimetre = dpi((118, 1), (11811, 100), (254, 100), DpiSource::TiffTags).unwrap();
        assert_eq!((centimetre.x_milli, centimetre.y_milli), (299_720, 299_999));
        assert_eq!(dpi((0, 1), (300, 1), (1, 1), DpiSource::Exif), None);
        assert_eq!(dpi((300, 0), (300, 1), (1, 1), DpiSource::Exif), None);
        let absurd = dpi((u64::MAX, 1), (u64::MAX, 1), (254, 100), DpiSource::Exif).unwrap();
        assert_eq!(absurd.x_milli, MOST_DPI_MILLI);
    }

    #[test]
    fn rubbish_says_nothing() {
        assert_eq!(read(b""), Tags::default());
        assert_eq!(read(b"MM\0*\0\0\0\x08\0\xFF"), Tags::default());
    }
}
