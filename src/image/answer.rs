//! A worker's answer, read as a stranger's: whoever takes over a decoder writes what he likes here.

use super::Limits;
use super::exif::MOST_DPI_MILLI;
use crate::measurements::{
    Appearance, Completeness, Decoded, Fault, MEASUREMENTS_VERSION, Measurements, PageMeasurements, PlacedImage,
    SizeUm, Skew, Tone,
};

/// Longer than any name of a feature.
const MOST_FEATURE_BYTES: usize = 48;
/// Filters around one picture.
const MOST_FILTERS: usize = 16;
/// A kilometre: larger than any page, small enough to reckon with.
const MOST_MICROMETRES: u64 = 1_000_000_000;

/// The measurements, if they are such as this build's worker could have written of a content this long.
pub(super) fn read(bytes: &[u8], byte_length: u64, limits: &Limits) -> Option<Measurements> {
    let measurements: Measurements = serde_json::from_slice(bytes).ok()?;
    plausible(&measurements, byte_length, limits).then_some(measurements)
}

fn plausible(measurements: &Measurements, byte_length: u64, limits: &Limits) -> bool {
    let Measurements { version, byte_length: length, completeness, pages, trailing_bytes, pdf, .. } = measurements;
    let images: usize = pages.iter().map(|page| page.images.len()).sum();
    *version == MEASUREMENTS_VERSION
        && *length == byte_length
        && *trailing_bytes <= byte_length
        && match completeness {
            Completeness::Complete => true,
            Completeness::Incomplete { at_byte, .. } => *at_byte <= byte_length,
            Completeness::Unknown { fault } => own_fault(fault),
        }
        // One more than allowed stands for those beyond the limit.
        && pages.len() as u64 <= u64::from(limits.pages) + 1
        && images as u64 <= u64::from(limits.images)
        && (1..).zip(pages).all(|(number, page)| page.number == number && page_plausible(page))
        && pdf.as_ref().and_then(|pdf| pdf.hidden_text_pages).is_none_or(|hidden| u64::from(hidden) <= pages.len() as u64)
}

fn page_plausible(page: &PageMeasurements) -> bool {
    let dpi = |milli: u64| (1..=MOST_DPI_MILLI).contains(&milli);
    (1..=8).contains(&page.orientation)
        && (1..=32).contains(&page.bits_per_sample)
        && page.samples_per_pixel >= 1
        && page.compression.len() <= MOST_FILTERS
        && page.declared_dpi.is_none_or(|declared| dpi(declared.x_milli) && dpi(declared.y_milli))
        && page.placed_size.is_none_or(size_plausible)
        && page.page_size.is_none_or(size_plausible)
        && page.jpeg.is_none_or(|jpeg| (1..=100).contains(&jpeg.nearest_quality))
        && page.tone.is_none_or(tone_plausible)
        && page.appearance.is_none_or(appearance_plausible)
        && page.images.iter().all(image_plausible)
        && match &page.decoded {
            Decoded::Whole => page.width_px > 0 && page.height_px > 0,
            // This becomes part of a message for people.
            Decoded::Unsupported { feature } => {
                feature.len() <= MOST_FEATURE_BYTES
                    && feature.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            }
            Decoded::Failed { fault } => own_fault(fault),
            Decoded::Damaged { .. } | Decoded::Refused { .. } | Decoded::NoImage => true,
        }
}

/// The faults that a worker can find in itself; the others are for its parent to find.
fn own_fault(fault: &Fault) -> bool {
    match fault {
        Fault::UnknownFormat
        | Fault::UnsupportedFormat
        | Fault::Panicked
        | Fault::LimitReached { .. }
        | Fault::Encrypted => true,
        Fault::TimedOut { .. }
        | Fault::OutOfMemory
        | Fault::Killed { .. }
        | Fault::Exited { .. }
        | Fault::BadAnswer => false,
    }
}

fn tone_plausible(tone: Tone) -> bool {
    [tone.dark_ppm, tone.black_ppm, tone.white_ppm, tone.coloured_ppm].iter().all(|ppm| *ppm <= 1_000_000)
}

fn appearance_plausible(appearance: Appearance) -> bool {
    let angle = match appearance.skew {
        Skew::Seen { milli_degrees, .. } => milli_degrees.unsigned_abs(),
        Skew::CannotTell { .. } => 0,
    };
    appearance.cell_px > 0 && angle <= 10_000
}

fn size_plausible(size: SizeUm) -> bool {
    size.width_um <= MOST_MICROMETRES && size.height_um <= MOST_MICROMETRES
}

fn image_plausible(image: &PlacedImage) -> bool {
    size_plausible(image.placed)
        && (1..=32).contains(&image.bits_per_sample)
        && image.compression.len() <= MOST_FILTERS
        && image.coverage_permille <= 1000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::Digest;
    use crate::image::{page_without_image, unmeasured};
    use crate::measurements::PageKind;

    /// What a worker may answer of ten bytes, changed by one thing.
    fn accepted(change: impl FnOnce(&mut Measurements)) -> bool {
        let mut measurements = unmeasured(Digest::of(b""), 10, Fault::UnknownFormat);
        measurements.pages.push(page_without_image(1, Decoded::NoImage));
        change(&mut measurements);
        read(&serde_json::to_vec(&measurements).unwrap(), 10, &Limits::default()).is_some()
    }

    #[test]
    fn only_what_a_worker_could_have_measured_is_believed() {
        assert!(accepted(|_| {}));
        assert!(accepted(|m| m.pages[0].kind = PageKind::Drawn));
        assert!(!accepted(|m| m.version = 2));
        assert!(!accepted(|m| m.byte_length = 11));
        assert!(!accepted(|m| m.trailing_bytes = 11));
        assert!(!accepted(|m| m.completeness = Completeness::Unknown { fault: Fault::OutOfMemory }));
        assert!(!accepted(|m| m.pages[0].number = 2));
        assert!(!accepted(|m| m.pages[0].orientation = 0));
        assert!(!accepted(|m| m.pages[0].decoded = Decoded::Whole));
        assert!(!accepted(|m| m.pages = (1..=502).map(|n| page_without_image(n, Decoded::NoImage)).collect()));
        let feature = |text: &str| text.to_owned();
        assert!(accepted(|m| m.pages[0].decoded = Decoded::Unsupported { feature: feature("tiff-old-jpeg") }));
        assert!(!accepted(|m| m.pages[0].decoded = Decoded::Unsupported { feature: feature("<b>") }));
    }

    #[test]
    fn what_is_not_an_answer_is_none() {
        for bytes in [&b""[..], b"{}", b"null", b"[", &[b'['; 100_000]] {
            assert!(read(bytes, 0, &Limits::default()).is_none());
        }
    }
}
