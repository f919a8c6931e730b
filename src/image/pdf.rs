//! PDF: what is drawn on each page and how large, every page image really decoded.
//!
//! Page images are found by following the drawing instructions (`hayro-interpret`), because only they say at what size
//! an image lands on the page. The images themselves are decoded by the strict readers of this module (`picture`), not
//! by the lenient ones of the interpreter, which fill in what is missing. Only the colours of uncompressed and deflated
//! images are left to it.
//!
//! Of `%%EOF`: a file that has it, and nothing that looks like a broken-off revision behind it, is complete, even where
//! its cross-reference table is wrong and had to be rebuilt; some scanning programs write no other kind.
//!
//! Not decodable here: images with a filter nobody has named, encryption that is neither RC4 nor AES. Of a clip the box
//! around it counts. Nothing is said of text that is hidden in other ways than by its rendering mode
//! or under an image. Annotations are not drawn; a page that a viewer would show some on says so.

mod canvas;
mod facts;
mod filters;
mod picture;

use std::panic::{AssertUnwindSafe, catch_unwind};

use hayro_interpret::hayro_syntax::object::Stream;
use hayro_interpret::hayro_syntax::page::{Page, Rotation};
use hayro_interpret::hayro_syntax::{DecryptionError, LoadPdfError, Pdf};
use hayro_interpret::kurbo::{Affine, Rect};
use hayro_interpret::{Context, InterpreterCache, InterpreterSettings, interpret_page};

use self::canvas::{Canvas, Stop, size};
use self::facts::Reach;
use self::picture::Pictures;
use super::source::Source;
use super::{Found, Limits, page_without_image};
use crate::measurements::{
    Completeness, Decoded, Drawing, Fault, Limit, MissingPart, PageKind, PageMeasurements, PdfEncryption, PdfFacts,
};

/// Images that cover this much of a page, in millionths, make it a scan.
const SCAN_PPM: u32 = 500_000;

pub(super) fn measure(source: &Source, limits: &Limits) -> Found {
    if source.length() > limits.held_bytes {
        return Found::refused(Limit::FileBytes);
    }
    let data = source.head(u64::MAX);
    let ending = facts::ending(&data);
    let completeness = if ending.complete {
        Completeness::Complete
    } else {
        Completeness::Incomplete { missing: MissingPart::EndMarker, at_byte: source.length() }
    };
    let mut pdf = PdfFacts {
        revisions: ending.revisions,
        encryption: None,
        scripts: None,
        launch_actions: None,
        embedded_files: None,
        signatures: None,
        repaired: None,
        hidden_text_pages: None,
    };
    let repaired = !facts::table_is_sound(&data);
    let encrypted = facts::mentions_encryption(&data);
    let opened = catch_unwind(AssertUnwindSafe(|| Pdf::new(data)));
    let pages = match opened {
        Ok(Ok(opened)) => {
            pdf.encryption = Some(if encrypted { PdfEncryption::EmptyPassword } else { PdfEncryption::None });
            pdf.repaired = Some(repaired);
            let reach = facts::look_through(&opened, limits, &mut pdf);
            let mut pages = pages(&opened, limits, &mut pdf);
            if reach == Reach::TooDeep {
                // What lies deeper was not looked at, so no page can be called whole.
                for page in &mut pages {
                    page.decoded = Decoded::Refused { limit: Limit::Nesting };
                }
            }
            pages
        }
        Ok(Err(error)) => {
            let decoded = match error {
                LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
                    pdf.encryption = Some(PdfEncryption::Password);
                    Decoded::Failed { fault: Fault::Encrypted }
                }
                LoadPdfError::Decryption(_) => {
                    pdf.encryption = Some(PdfEncryption::Password);
                    Decoded::Unsupported { feature: "pdf-encryption".to_owned() }
                }
                LoadPdfError::Invalid => Decoded::Damaged { rows: None },
            };
            vec![page_without_image(1, decoded)]
        }
        Err(_) => vec![page_without_image(1, Decoded::Failed { fault: Fault::Panicked })],
    };
    Found { completeness, pages, pdf: Some(pdf), trailing_bytes: ending.trailing_bytes }
}

fn pages(pdf: &Pdf, limits: &Limits, facts: &mut PdfFacts) -> Vec<PageMeasurements> {
    let cache = InterpreterCache::new();
    let mut pictures = Pictures::new(*limits);
    let most = usize::try_from(limits.pages).unwrap_or(usize::MAX);
    let mut measured = Vec::new();
    let mut hidden = 0;
    for (number, page) in (1..).zip(pdf.pages().iter().take(most)) {
        let (page, hidden_text) = measure_page(pdf, page, number, &cache, &mut pictures);
        hidden += u32::from(hidden_text);
        measured.push(page);
    }
    facts.hidden_text_pages = Some(hidden);
    let number = u32::try_from(measured.len()).unwrap_or(u32::MAX).saturating_add(1);
    let announced = facts::announced_pages(pdf).unwrap_or(0);
    if pdf.pages().len() > most {
        measured.push(page_without_image(number, Decoded::Refused { limit: Limit::Pages }));
    } else if measured.is_empty() || u64::from(announced) > measured.len() as u64 {
        // Stands for those that the page tree announces and that were not found.
        measured.push(page_without_image(number, Decoded::Damaged { rows: None }));
    }
    measured
}

/// One page, and whether it carries text that nobody sees.
fn measure_page<'a>(
    pdf: &'a Pdf,
    page: &Page<'a>,
    number: u32,
    cache: &InterpreterCache<'a>,
    pictures: &mut Pictures,
) -> (PageMeasurements, bool) {
    let unit = page.raw().get::<f32>(b"UserUnit").map(f64::from).filter(|unit| *unit > 0.0).unwrap_or(1.0);
    let (width, height) = page.base_dimensions();
    let (width, height) = (f64::from(width), f64::from(height));
    let crop = page.intersected_crop_box();
    let visible = Rect::new(crop.x0, crop.y0, crop.x0 + width, crop.y0 + height);
    let mut canvas = Canvas::new(visible, unit, pictures);
    let drawn = catch_unwind(AssertUnwindSafe(|| {
        let settings = InterpreterSettings::default();
        let mut context = Context::new(Affine::IDENTITY, visible, cache, pdf.xref(), settings);
        interpret_page(page, &mut context, &mut canvas);
    }));
    let stopped = match drawn {
        Ok(()) => None,
        Err(reason) => Some(match reason.downcast_ref::<Stop>() {
            Some(Stop(limit)) => Decoded::Refused { limit: *limit },
            None => Decoded::Failed { fault: Fault::Panicked },
        }),
    };
    let (orientation, turned) = match page.rotation() {
        Rotation::None => (1, false),
        Rotation::Horizontal => (6, true),
        Rotation::Flipped => (3, false),
        Rotation::FlippedHorizontal => (8, true),
    };
    let seen = canvas.finish();
    // The interpreter passes over an object that is not there; the page may have been nothing but that image.
    let objects = &page.resources().x_objects;
    let gone = objects.keys().any(|name| objects.get::<Stream<'_>>(&*name).is_none());
    let annotations = facts::shows_annotations(page.raw());
    let drawing = Drawing { annotations, ..seen.drawing };
    let to_its_end = stopped.is_none();
    let decoded = match stopped {
        Some(stopped) => stopped,
        None if gone => Decoded::Damaged { rows: None },
        None => seen.decoded,
    };
    let mut measured = PageMeasurements {
        kind: if seen.covered_ppm >= SCAN_PPM {
            PageKind::Scan
        } else if seen.anything_drawn {
            PageKind::Drawn
        } else {
            PageKind::Empty
        },
        orientation,
        page_size: Some(if turned { size(height, width, unit) } else { size(width, height, unit) }),
        images: seen.images,
        covered_ppm: Some(seen.covered_ppm).filter(|_| to_its_end),
        drawing: Some(drawing).filter(|_| to_its_end),
        ..page_without_image(number, decoded)
    };
    if let Some(main) = seen.main {
        measured.width_px = main.width_px;
        measured.height_px = main.height_px;
        measured.placed_size = Some(main.placed);
        measured.colour = main.colour;
        measured.bits_per_sample = main.bits_per_sample;
        measured.samples_per_pixel = seen.samples;
        measured.compression = main.compression;
        measured.jpeg = seen.jpeg;
    }
    if measured.decoded == Decoded::Whole {
        (measured.tone, measured.appearance) = (seen.tone, seen.appearance);
    }
    (measured, seen.hidden_text)
}

#[cfg(test)]
pub(super) mod tests;
