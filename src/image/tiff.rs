//! TIFF and BigTIFF, both byte orders.
//!
//! The chain of directories is walked by our own code (`directory`), because decoders step over a chain that leads out
//! of the file without a word, and lose pages that way. Strips and tiles are read one by one and row by row (`pixels`):
//! general TIFF decoders know neither palettes, nor separate planes, nor fax data in its older forms, all of which
//! scanners write.
//!
//! Not decodable here, and reported so: old-style JPEG (compression 6), the old LZW of the 1980s, JPEG 2000, WebP,
//! Zstandard, LERC, JBIG, `ThunderScan`, NeXT and SGI log encodings; the floating-point predictor; YCbCr that is
//! subsampled without JPEG; samples of unequal or unusual size; CIE and ICC Lab are decoded and not judged for tone.

mod directory;
mod grown;
mod pixels;

use self::directory::{Chain, Directory, tag};
pub use self::grown::as_it_was;
use super::exif::dpi;
use super::look::Look;
use super::source::Source;
use super::{Found, Limits, page_without_image};
use crate::measurements::{
    ColourModel, Compression, DeclaredDpi, Decoded, DpiSource, JpegFacts, Limit, PageKind, PageMeasurements,
};

pub(super) fn measure(source: &Source, limits: &Limits) -> Found {
    let chain = Chain::walk(source, limits);
    let mut pages: Vec<_> = (1..).zip(&chain.directories).map(|(n, dir)| page(source, dir, n, limits)).collect();
    if chain.too_long {
        let number = u32::try_from(pages.len()).unwrap_or(u32::MAX).saturating_add(1);
        pages.push(page_without_image(number, Decoded::Refused { limit: Limit::Pages }));
    }
    let trailing_bytes = source.length().saturating_sub(chain.end);
    Found { completeness: chain.completeness, pages, pdf: None, trailing_bytes }
}

fn page(source: &Source, directory: &Directory, number: u32, limits: &Limits) -> PageMeasurements {
    let layout = Layout::of(source, directory);
    let mut page = PageMeasurements {
        width_px: layout.width,
        height_px: layout.height,
        orientation: layout.orientation,
        declared_dpi: layout.dpi,
        colour: layout.colour(),
        bits_per_sample: u8::try_from(layout.bits).unwrap_or(32).clamp(1, 32),
        samples_per_pixel: layout.photometric_samples(),
        compression: vec![layout.compression_name()],
        ..page_without_image(number, Decoded::Damaged { rows: None })
    };
    page.kind = PageKind::Scan;
    let mut look = Look::new();
    let seen = pixels::decode(source, directory, &layout, limits, &mut look);
    page.jpeg = seen.jpeg;
    page.decoded = seen.decoded;
    if page.decoded == Decoded::Whole && seen.toned {
        look.into_page(&mut page);
    }
    page
}

/// What decoding a page came to.
struct Seen {
    decoded: Decoded,
    jpeg: Option<JpegFacts>,
    /// Whether the counted levels mean brightness.
    toned: bool,
}

/// The tags that say how the samples lie.
struct Layout {
    width: u32,
    height: u32,
    compression: u64,
    photometric: Option<u64>,
    /// Bits of every sample; 0 where they differ.
    bits: u64,
    samples: u64,
    /// Samples beyond those of the picture, such as alpha.
    extra: u64,
    planar: bool,
    fill_order_reversed: bool,
    predictor: u64,
    float: bool,
    big_endian: bool,
    orientation: u8,
    dpi: Option<DeclaredDpi>,
}

impl Layout {
    fn of(source: &Source, directory: &Directory) -> Self {
        let one = |tag| directory.number(source, tag);
        let bits = directory.numbers(source, tag::BITS_PER_SAMPLE, 64).filter(|bits| !bits.is_empty());
        let bits = bits.unwrap_or_else(|| vec![1]);
        let first = bits.first().copied().unwrap_or(1);
        let size = |tag| one(tag).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        Self {
            width: size(tag::WIDTH),
            height: size(tag::LENGTH),
            compression: one(tag::COMPRESSION).unwrap_or(1),
            photometric: one(tag::PHOTOMETRIC),
            bits: if bits.iter().all(|n| *n == first) { first } else { 0 },
            samples: one(tag::SAMPLES_PER_PIXEL).unwrap_or(1),
            extra: directory.count(tag::EXTRA_SAMPLES),
            planar: one(tag::PLANAR_CONFIGURATION) == Some(2),
            fill_order_reversed: one(tag::FILL_ORDER) == Some(2),
            predictor: one(tag::PREDICTOR).unwrap_or(1),
            float: one(tag::SAMPLE_FORMAT).is_some_and(|format| format != 1 && format != 4),
            big_endian: directory.big_endian,
            orientation: one(tag::ORIENTATION)
                .and_then(|n| u8::try_from(n).ok())
                .filter(|n| (1..=8).contains(n))
                .unwrap_or(1),
            dpi: Self::resolution(source, directory),
        }
    }

    fn resolution(source: &Source, directory: &Directory) -> Option<DeclaredDpi> {
        let x = directory.rational(source, tag::X_RESOLUTION)?;
        let y = directory.rational(source, tag::Y_RESOLUTION)?;
        let per_inch = match directory.number(source, tag::RESOLUTION_UNIT) {
            Some(3) => (254, 100),
            // 1 says that the numbers are only a shape; absent means inches.
            Some(1) => return None,
            _ => (1, 1),
        };
        dpi(x, y, per_inch, DpiSource::TiffTags)
    }

    fn photometric_samples(&self) -> u8 {
        let samples = match self.photometric {
            Some(0 | 1 | 3 | 4) => 1,
            Some(2 | 6 | 8 | 9 | 10) => 3,
            _ => self.samples.saturating_sub(self.extra).max(1),
        };
        u8::try_from(samples.min(self.samples.max(1))).unwrap_or(u8::MAX)
    }

    fn colour(&self) -> ColourModel {
        match self.photometric {
            Some(0 | 1) if self.bits == 1 && self.samples == 1 => ColourModel::Bitonal,
            Some(0 | 1) => ColourModel::Grey,
            Some(2 | 6) => ColourModel::Colour,
            Some(3) => ColourModel::Palette,
            Some(4) => ColourModel::Bitonal,
            Some(5) if self.samples.saturating_sub(self.extra) == 4 => ColourModel::Cmyk,
            // Fax programs leave the tag out.
            None if self.bits == 1 && self.samples == 1 => ColourModel::Bitonal,
            None => ColourModel::Unknown,
            Some(_) => ColourModel::Other,
        }
    }

    fn compression_name(&self) -> Compression {
        match self.compression {
            1 => Compression::None,
            2 => Compression::CcittRle,
            3 => Compression::CcittG3,
            4 => Compression::CcittG4,
            5 => Compression::Lzw,
            6 => Compression::OldJpeg,
            7 => Compression::Jpeg,
            8 | 32946 => Compression::Deflate,
            32773 => Compression::Packbits,
            _ => Compression::Other,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
