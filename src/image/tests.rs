use proptest::prelude::*;

use super::source::tests::file_of;
use super::*;
use crate::measurements::DpiSource;

pub(super) fn measured(bytes: &[u8]) -> Measurements {
    measured_within(bytes, &Limits::default())
}

pub(super) fn measured_within(bytes: &[u8], limits: &Limits) -> Measurements {
    measure(file_of(bytes), limits).unwrap()
}

/// The only page of a file that has one.
pub(super) fn page(bytes: &[u8]) -> PageMeasurements {
    let mut pages = measured(bytes).pages;
    assert_eq!(pages.len(), 1);
    pages.remove(0)
}

#[test]
fn nothing_and_next_to_nothing_lack_a_header() {
    for bytes in [&b""[..], b"I", b"II*\0\x08\0\0", b"%PDF-1.", b"\xFF\xD8\xFF"] {
        let measurements = measured(bytes);
        let at_byte = bytes.len() as u64;
        assert_eq!(
            measurements.completeness,
            Completeness::Incomplete { missing: MissingPart::Header, at_byte },
            "{bytes:?}"
        );
        assert!(measurements.pages.is_empty());
    }
}

#[test]
fn formats_are_told_by_their_first_bytes() {
    let mut dicom = vec![0; 128];
    dicom.extend(b"DICM");
    assert_eq!(format(&dicom), Format::Dicom);
    assert_eq!(measured(&dicom).completeness, Completeness::Unknown { fault: Fault::UnsupportedFormat });
    assert_eq!(format(b"MM\0+\0\x08\0\0"), Format::Tiff);
    assert_eq!(format(b"rubbish before %PDF-1.4"), Format::Pdf);
    assert_eq!(format(b"\xFF\x4F\xFF\x51"), Format::Jpeg2000);
    let zeros = measured(&[0; 4096]);
    assert_eq!(zeros.format, Format::Unknown);
    assert_eq!(zeros.completeness, Completeness::Unknown { fault: Fault::UnknownFormat });
}

#[test]
fn a_file_beyond_the_limit_is_refused_by_name() {
    let bytes = png::tests::grey(4, 4);
    let measurements = measured_within(&bytes, &Limits { file_bytes: 20, ..Limits::default() });
    assert_eq!(measurements.pages[0].decoded, Decoded::Refused { limit: Limit::FileBytes });
    assert_eq!(measurements.completeness, stopped_by(Limit::FileBytes));
}

#[test]
fn the_digest_is_of_the_whole_content() {
    let mut bytes = png::tests::grey(4, 4);
    bytes.extend(b"trailing");
    let measurements = measured(&bytes);
    assert_eq!(measurements.content, Digest::of(&bytes));
    assert_eq!((measurements.byte_length, measurements.trailing_bytes), (bytes.len() as u64, 8));
}

/// One good file of each kind, for tests that break them.
fn samples() -> Vec<(&'static str, Vec<u8>)> {
    vec![
        ("png", png::tests::grey(40, 30)),
        ("jpeg", jpeg::tests::grey(40, 30)),
        ("tiff", tiff::tests::deflated(40, 30)),
        ("g4", tiff::tests::fax(64, 20)),
        ("pdf", pdf::tests::with_jpeg(&jpeg::tests::grey(40, 30), 40, 30)),
    ]
}

#[test]
fn the_samples_are_whole() {
    for (name, bytes) in samples() {
        let measurements = measured(&bytes);
        assert_eq!(measurements.completeness, Completeness::Complete, "{name}");
        assert_eq!(measurements.pages.len(), 1, "{name}");
        assert_eq!(measurements.pages[0].decoded, Decoded::Whole, "{name}");
        assert!(measurements.pages[0].tone.is_some(), "{name}");
        assert_eq!(measurements.trailing_bytes, 0, "{name}");
    }
}

#[test]
fn a_file_that_breaks_off_is_never_complete() {
    for (name, bytes) in samples() {
        // What stands after the end mark of a PDF is only a line end.
        let least = if name == "pdf" { bytes.trim_ascii_end().len() } else { bytes.len() };
        for cut in 0..least {
            let measurements = measured(&bytes[..cut]);
            assert_ne!(measurements.completeness, Completeness::Complete, "{name} cut at {cut}");
        }
    }
}

#[test]
fn a_tail_of_zeros_is_not_a_whole_page() {
    for (name, bytes) in samples() {
        for keep in (8..bytes.len().saturating_sub(16)).step_by(7) {
            let mut holed = bytes[..keep].to_vec();
            holed.resize(bytes.len(), 0);
            // Some formats end with zeros of their own.
            if holed == bytes {
                continue;
            }
            let measurements = measured(&holed);
            let whole = measurements.completeness == Completeness::Complete
                && !measurements.pages.is_empty()
                && measurements.pages.iter().all(|page| page.decoded == Decoded::Whole);
            assert!(!whole, "{name} zeros from {keep}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever is changed, there is an answer, and nothing larger than the limits is decoded for it.
    #[test]
    fn broken_files_are_measured_without_panic(
        which in 0..5_usize,
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..12),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let (_, mut bytes) = samples().swap_remove(which);
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let limits = Limits {
            pages: 20, pixels_per_page: 1_000_000, decoded_bytes: 8 << 20, operations: 10_000, images: 100,
            ..Limits::default()
        };
        let measurements = measured_within(&bytes, &limits);
        prop_assert!(measurements.pages.len() <= 21);
        let panicked = Completeness::Unknown { fault: Fault::Panicked };
        prop_assert_ne!(&measurements.completeness, &panicked);
        // Our own check of a worker's answer accepts what our own worker says.
        let json = serde_json_canonicalizer::to_vec(&measurements).unwrap();
        prop_assert!(answer::read(&json, bytes.len() as u64, &limits).is_some(), "{}", String::from_utf8_lossy(&json));
    }
}

#[test]
fn resolutions_name_their_source() {
    assert_eq!(page(&jpeg::tests::grey(8, 8)).declared_dpi.unwrap().found_in, DpiSource::JfifDensity);
    assert_eq!(page(&png::tests::grey(8, 8)).declared_dpi.unwrap().found_in, DpiSource::PngPhys);
    assert_eq!(page(&tiff::tests::deflated(8, 8)).declared_dpi.unwrap().found_in, DpiSource::TiffTags);
}
