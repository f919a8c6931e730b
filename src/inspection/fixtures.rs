//! A document that passes everything, for tests to spoil one fact at a time.

use jiff::civil::date;

use super::{Page, Subject, SubjectPart};
use crate::calendar::{Calendar, DEFAULT_CALENDAR};
use crate::identity::{Claims, Identity, Source, Sourced};
use crate::ids::{Digest, Name};
use crate::instant::Instant;
use crate::judgement::Outcome;
use crate::measurements::{
    ColourModel, Completeness, Compression, DeclaredDpi, Decoded, DpiSource, Drawing, Format, MEASUREMENTS_VERSION,
    Measurements, PageKind, PageMeasurements, PdfEncryption, PdfFacts, PlacedImage, Tone,
};
use crate::paper::Paper;
use crate::profile::{Profile, lint};

/// The referral letter's preset, with these replacements.
pub(super) fn profile(settings: &[(&str, &str)]) -> Profile {
    let mut text = include_str!("../../profiles/referral-letter.toml").to_owned();
    for (from, to) in settings {
        assert!(text.contains(from), "no {from:?} in the preset");
        text = text.replacen(from, to, 1);
    }
    match lint(text.as_bytes(), "test.toml") {
        Ok((profile, _)) => profile,
        Err(problems) => panic!("{problems:?}"),
    }
}

pub(super) fn dpi(dpi: u32) -> DeclaredDpi {
    let milli = u64::from(dpi) * 1000;
    DeclaredDpi { x_milli: milli, y_milli: milli, found_in: DpiSource::TiffTags }
}

/// A4 at 300 dpi in colour, compressed without loss.
pub(super) fn a4_page() -> PageMeasurements {
    PageMeasurements {
        number: 1,
        kind: PageKind::Scan,
        width_px: 2480,
        height_px: 3508,
        orientation: 1,
        declared_dpi: Some(dpi(300)),
        placed_size: None,
        page_size: None,
        colour: ColourModel::Colour,
        bits_per_sample: 8,
        samples_per_pixel: 3,
        compression: vec![Compression::Deflate],
        jpeg: None,
        decoded: Decoded::Whole,
        tone: Some(Tone { paper_level: 250, dark_ppm: 40_000, black_ppm: 100, white_ppm: 1000, coloured_ppm: 500 }),
        appearance: None,
        images: Vec::new(),
        covered_ppm: None,
        drawing: None,
    }
}

pub(super) fn tiff(pages: Vec<PageMeasurements>) -> Measurements {
    Measurements {
        version: MEASUREMENTS_VERSION,
        content: Digest::of(b"content"),
        byte_length: 1_000_000,
        format: Format::Tiff,
        completeness: Completeness::Complete,
        pages,
        pdf: None,
        trailing_bytes: 0,
    }
}

/// What a PDF has that was read through and holds nothing but its pages.
pub(super) fn plain_pdf() -> PdfFacts {
    PdfFacts {
        revisions: 1,
        encryption: Some(PdfEncryption::None),
        scripts: Some(false),
        launch_actions: Some(false),
        embedded_files: Some(0),
        signatures: Some(0),
        repaired: Some(false),
        hidden_text_pages: Some(0),
    }
}

/// A PDF of one page with one image that fills it.
pub(super) fn pdf(facts: PdfFacts) -> Measurements {
    let image = PlacedImage {
        width_px: 2480,
        height_px: 3508,
        placed: Paper::A4.size(),
        stencil: false,
        mask: false,
        colour: ColourModel::Colour,
        bits_per_sample: 8,
        compression: vec![Compression::Deflate],
        jpeg: None,
        coverage_permille: 1000,
    };
    let page = PageMeasurements {
        placed_size: Some(Paper::A4.size()),
        page_size: Some(Paper::A4.size()),
        declared_dpi: None,
        images: vec![image],
        covered_ppm: Some(1_000_000),
        drawing: Some(Drawing::default()),
        ..a4_page()
    };
    Measurements { format: Format::Pdf, pdf: Some(facts), ..tiff(vec![page]) }
}

/// What a check says of one TIFF page.
pub(super) fn of_page(
    run: fn(&Page<'_>, &Profile) -> Outcome,
    measured: &PageMeasurements,
    settings: &[(&str, &str)],
) -> Outcome {
    let claims = Claims::default();
    run(&Page { number: 1, format: Format::Tiff, measured, claims: &claims }, &profile(settings))
}

/// What a check says of the first page of a PDF.
pub(super) fn of_pdf_page(
    run: fn(&Page<'_>, &Profile) -> Outcome,
    measured: &PageMeasurements,
    settings: &[(&str, &str)],
) -> Outcome {
    let claims = Claims::default();
    run(&Page { number: 1, format: Format::Pdf, measured, claims: &claims }, &profile(settings))
}

/// Everything a [`Subject`] borrows.
pub(super) struct Case {
    pub measurements: Vec<Measurements>,
    pub claims: Claims,
    pub identity: Identity,
    pub taken_in_at: Instant,
    pub clock_problem: Option<&'static str>,
    pub station: Name,
    pub calendar: Calendar,
}

/// One good page, obtained on Thursday 19 November 2026, scanned and taken in the next afternoon.
pub(super) fn case() -> Case {
    Case {
        measurements: vec![tiff(vec![a4_page()])],
        claims: Claims::default(),
        identity: Identity {
            obtained_on: Some(Sourced { value: date(2026, 11, 19), from: Source::Sidecar }),
            scanned_at: Some(Sourced { value: tokyo("2026-11-20T14:00"), from: Source::Sidecar }),
            ..Identity::default()
        },
        taken_in_at: tokyo("2026-11-20T14:05"),
        clock_problem: None,
        station: "ward-3".parse().unwrap(),
        calendar: Calendar::parse(DEFAULT_CALENDAR.as_bytes(), "calendar.toml").unwrap().0,
    }
}

impl Case {
    /// All pages of all files.
    pub(super) fn subject(&self) -> Subject<'_> {
        let whole = |measurements| SubjectPart { measurements, first_page: 1, page_count: pages_of(measurements) };
        Subject {
            parts: self.measurements.iter().map(whole).collect(),
            claims: &self.claims,
            identity: &self.identity,
            taken_in_at: self.taken_in_at,
            clock_problem: self.clock_problem,
            station: &self.station,
            calendar: &self.calendar,
        }
    }
}

fn pages_of(measurements: &Measurements) -> u32 {
    u32::try_from(measurements.pages.len()).unwrap()
}

/// Wall-clock time in Tokyo.
pub(super) fn tokyo(text: &str) -> Instant {
    let civil: jiff::civil::DateTime = text.parse().unwrap();
    civil.to_zoned(jiff::tz::Offset::from_hours(9).unwrap().to_time_zone()).unwrap().timestamp().into()
}
