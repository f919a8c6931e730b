//! Bytes to measurements, in a worker process, within limits.
//!
//! [`Workers`] is what the rest of the line uses: it hands a content's read-only descriptor to a worker process of this
//! same binary and gets [`Measurements`] back, which it treats as foreign too. [`measure`] is what the worker does, and
//! nothing but the worker and tests calls it: decoders can be made to abort, overflow the stack or eat gigabytes.
//!
//! Every page is really decoded, and every answer names one of five things that must not be mixed up: whole, damaged,
//! not decodable here, refused by a limit, failed. What each decoder cannot do stands at the head of its file.
//!
//! | format | structure | pixels |
//! |---|---|---|
//! | TIFF | own walk of the directories | own reading of strips and tiles; `flate2`, `weezl`, `hayro-ccitt`, `zune-jpeg` |
//! | JPEG | own walk of the markers, own count of the Huffman codes | `zune-jpeg`, strict |
//! | PNG | own walk of the chunks | `png` |
//! | PDF | `hayro-syntax`, `hayro-interpret` | the decoders above, `hayro-jbig2`, `hayro-jpeg2000` |
//! | JPEG 2000 | own walk of the boxes | `hayro-jpeg2000`, strict |
//! | DICOM | recognised, not read yet | – |

mod answer;
mod exif;
mod fax;
mod jbig2;
mod jpeg;
mod jpeg2000;
mod pdf;
mod png;
mod sandbox;
mod source;
mod tiff;
mod look;
mod raster;
pub mod worker;
mod workers;

use std::fs::File;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

use self::source::Source;
use crate::ids::Digest;
use crate::measurements::{
    ColourModel, Completeness, Decoded, Fault, Format, JpegFacts, Limit, MEASUREMENTS_VERSION, Measurements,
    MissingPart, PageKind, PageMeasurements, PdfFacts,
};

pub use self::sandbox::Sandbox;
pub use self::tiff::as_it_was as tiff_as_it_was;
pub use self::workers::{WorkerError, Workers};

/// What a content may ask for. Checked before anything is decoded; what no number here can stop, the worker's own caps
/// on memory and time do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Longest file: 2 GiB.
    pub file_bytes: u64,
    /// Longest file of a format that has to be in memory as a whole (JPEG, JPEG 2000, PDF): 512 MiB.
    pub held_bytes: u64,
    /// Pages of one file: 500. Those beyond are one last page, refused.
    pub pages: u32,
    /// Width times height of one page or image: 200 million, an A3 page at 1200 dpi is 279 million, at 1000 dpi 193.
    pub pixels_per_page: u64,
    /// What one decoded page may take: 1 GiB.
    pub decoded_bytes: u64,
    /// Depth of a PDF's objects: 64.
    pub nesting: u32,
    /// Drawing steps on one PDF page: one million. A page of dense vector graphics has some ten thousand.
    pub operations: u64,
    /// Images drawn in one PDF: 20,000. Some scanning programs cut each page into strips.
    pub images: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            file_bytes: 2 << 30,
            held_bytes: 512 << 20,
            pages: 500,
            pixels_per_page: 200_000_000,
            decoded_bytes: 1 << 30,
            nesting: 64,
            operations: 1_000_000,
            images: 20_000,
        }
    }
}

impl Limits {
    /// The limit that a picture of this size stands against, if any.
    fn refuses(&self, width: u64, height: u64, decoded_bytes: u64) -> Option<Limit> {
        if width.saturating_mul(height) > self.pixels_per_page {
            Some(Limit::PixelsPerPage)
        } else if decoded_bytes > self.decoded_bytes {
            Some(Limit::DecodedBytes)
        } else {
            None
        }
    }
}

/// Measures one content. `Err` is the disk's failure, never the document's.
///
/// # Errors
/// When the content cannot be read from the disk.
pub fn measure(file: File, limits: &Limits) -> io::Result<Measurements> {
    measure_source(&Source::new(file)?, limits)
}

fn measure_source(source: &Source, limits: &Limits) -> io::Result<Measurements> {
    let content = source.digest()?;
    let format = format(&source.head(1024));
    // Whatever a decoder breaks inside itself is its own and dropped with it.
    let found = catch_unwind(AssertUnwindSafe(|| found(source, format, limits)))
        .unwrap_or_else(|_| Found::unknown(Fault::Panicked));
    if let Some(error) = source.take_error() {
        return Err(error);
    }
    Ok(Measurements {
        version: MEASUREMENTS_VERSION,
        content,
        byte_length: source.length(),
        format,
        completeness: found.completeness,
        pages: found.pages,
        pdf: found.pdf,
        trailing_bytes: found.trailing_bytes,
    })
}

/// What is kept of a content whose worker gave no answer: no pages, and the fault by name.
#[must_use]
pub fn unmeasured(content: Digest, byte_length: u64, fault: Fault) -> Measurements {
    Measurements {
        version: MEASUREMENTS_VERSION,
        content,
        byte_length,
        format: Format::Unknown,
        completeness: Completeness::Unknown { fault },
        pages: Vec::new(),
        pdf: None,
        trailing_bytes: 0,
    }
}

fn found(source: &Source, format: Format, limits: &Limits) -> Found {
    // The shortest of all headers, TIFF's, has eight bytes.
    if source.length() < 8 {
        let completeness = Completeness::Incomplete { missing: MissingPart::Header, at_byte: source.length() };
        return Found { completeness, pages: Vec::new(), pdf: None, trailing_bytes: 0 };
    }
    if source.length() > limits.file_bytes {
        return Found::refused(Limit::FileBytes);
    }
    match format {
        Format::Tiff => tiff::measure(source, limits),
        Format::Jpeg => jpeg::measure(source, limits),
        Format::Png => png::measure(source, limits),
        Format::Pdf => pdf::measure(source, limits),
        Format::Jpeg2000 => jpeg2000::measure(source, limits),
        Format::Dicom => Found::unknown(Fault::UnsupportedFormat),
        Format::Unknown => Found::unknown(Fault::UnknownFormat),
    }
}

/// By content alone: a name says what somebody thought it was.
fn format(head: &[u8]) -> Format {
    let starts = |magic: &[u8]| head.starts_with(magic);
    if starts(b"II*\0") || starts(b"MM\0*") || starts(b"II+\0") || starts(b"MM\0+") {
        Format::Tiff
    } else if starts(b"\xFF\xD8\xFF") {
        Format::Jpeg
    } else if starts(b"\x89PNG\r\n\x1A\n") {
        Format::Png
    } else if starts(b"\0\0\0\x0CjP  \r\n\x87\n") || starts(b"\xFF\x4F\xFF\x51") {
        Format::Jpeg2000
    } else if head.get(128..).is_some_and(|rest| rest.starts_with(b"DICM")) {
        Format::Dicom
    } else if source::find(head, b"%PDF-", 0).is_some() {
        // Readers have always accepted a header anywhere in the first kilobyte.
        Format::Pdf
    } else {
        Format::Unknown
    }
}

/// What one format's reader found.
struct Found {
    completeness: Completeness,
    pages: Vec<PageMeasurements>,
    pdf: Option<PdfFacts>,
    trailing_bytes: u64,
}

impl Found {
    fn unknown(fault: Fault) -> Self {
        Self { completeness: Completeness::Unknown { fault }, pages: Vec::new(), pdf: None, trailing_bytes: 0 }
    }

    /// A file that no page of was looked at.
    fn refused(limit: Limit) -> Self {
        Self {
            pages: vec![page_without_image(1, Decoded::Refused { limit })],
            ..Self::unknown(Fault::LimitReached { limit })
        }
    }
}

fn stopped_by(limit: Limit) -> Completeness {
    Completeness::Unknown { fault: Fault::LimitReached { limit } }
}

/// A page of which only the outcome is known.
fn page_without_image(number: u32, decoded: Decoded) -> PageMeasurements {
    PageMeasurements {
        number,
        kind: PageKind::Scan,
        width_px: 0,
        height_px: 0,
        orientation: 1,
        declared_dpi: None,
        placed_size: None,
        page_size: None,
        colour: ColourModel::Unknown,
        bits_per_sample: 1,
        samples_per_pixel: 1,
        compression: Vec::new(),
        jpeg: None,
        decoded,
        tone: None,
        appearance: None,
        images: Vec::new(),
        covered_ppm: None,
        drawing: None,
    }
}

/// One coded picture, wherever it was found.
#[derive(Clone, Debug)]
struct Picture {
    width: u32,
    height: u32,
    colour: ColourModel,
    bits: u8,
    samples: u8,
    jpeg: Option<JpegFacts>,
    decoded: Decoded,
}

#[cfg(test)]
mod tests;
