//! PNG: chunks walked first, pixels decoded row by row by the `png` crate, checksums of every chunk checked.
//!
//! Not decodable here: the further frames of an animated PNG, which would be pages that nobody sees.

use std::io::BufReader;

use png::{DecodeOptions, Decoder, DecodingError, Transformations};

use super::exif::dpi;
use super::look::Look;
use super::source::{Source, array, u32_be};
use super::{Found, Limits};
use crate::measurements::{
    ColourModel, Completeness, Compression, Decoded, DpiSource, Limit, MissingPart, PageKind, PageMeasurements,
};

/// Chunks of one file. An encoder that writes small image chunks makes some thousands.
const MOST_CHUNKS: u32 = 1_000_000;

pub(super) fn measure(source: &Source, limits: &Limits) -> Found {
    let chunks = walk(source);
    let mut page = chunks.page();
    let samples = u64::from(page.samples_per_pixel.max(1)) + u64::from(chunks.alpha);
    let row = (u64::from(page.width_px) * samples * u64::from(page.bits_per_sample)).div_ceil(8);
    let mut look = Look::new();
    page.decoded = if chunks.header.is_none() {
        Decoded::Damaged { rows: None }
    } else if let Some(limit) = limits.refuses(u64::from(page.width_px), u64::from(page.height_px), row) {
        Decoded::Refused { limit }
    } else if chunks.animated {
        Decoded::Unsupported { feature: "png-animation".to_owned() }
    } else if chunks.number >= MOST_CHUNKS {
        Decoded::Refused { limit: Limit::Operations }
    } else {
        pixels(source, limits, &mut look)
    };
    if page.decoded == Decoded::Whole {
        look.into_page(&mut page);
    }
    let trailing = chunks.end.map_or(0, |end| source.length().saturating_sub(end));
    Found { completeness: chunks.completeness, pages: vec![page], pdf: None, trailing_bytes: trailing }
}

fn pixels(source: &Source, limits: &Limits, look: &mut Look) -> Decoded {
    let mut options = DecodeOptions::default();
    options.set_skip_ancillary_crc_failures(false);
    options.set_ignore_adler32(false);
    options.set_ignore_text_chunk(true);
    options.set_ignore_iccp_chunk(true);
    let mut decoder = Decoder::new_with_options(BufReader::with_capacity(64 * 1024, source.clone()), options);
    decoder.set_limits(png::Limits { bytes: usize::try_from(limits.decoded_bytes).unwrap_or(usize::MAX) });
    decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
    let mut rows = 0;
    match every_row(decoder, &mut rows, look) {
        Ok(()) => Decoded::Whole,
        Err(DecodingError::LimitsExceeded) => Decoded::Refused { limit: Limit::DecodedBytes },
        Err(_) => Decoded::Damaged { rows: Some(rows) },
    }
}

fn every_row(decoder: Decoder<BufReader<Source>>, rows: &mut u32, look: &mut Look) -> Result<(), DecodingError> {
    let mut reader = decoder.read_info()?;
    let samples = reader.output_color_type().0.samples();
    let mut flat = Vec::new();
    let (width, height, interlaced) = (reader.info().width, reader.info().height, reader.info().interlaced);
    look.begin(width, height);
    // An interlaced picture comes in seven passes, in which every pixel appears once.
    let mut spread = adam7(width, height);
    while let Some(row) = reader.next_interlaced_row()? {
        if interlaced && let Some((left, top, step)) = spread.next() {
            look.spread(left, top, step);
        }
        match samples {
            1 => look.grey(row.data()),
            3 => look.rgb(row.data()),
            2 => {
                flat.clear();
                flat.extend(row.data().as_chunks().0.iter().map(|[grey, alpha]| on_white(*grey, *alpha)));
                look.grey(&flat);
            }
            _ => {
                flat.clear();
                let pixels = row.data().as_chunks().0.iter();
                flat.extend(pixels.flat_map(|[r, g, b, alpha]| [r, g, b].map(|level| on_white(*level, *alpha))));
                look.rgb(&flat);
            }
        }
        *rows = if interlaced { 0 } else { rows.saturating_add(1) };
    }
    reader.finish()
}

/// Where each row of an interlaced picture begins, in the order in which they come, and how far its pixels lie apart.
fn adam7(width: u32, height: u32) -> impl Iterator<Item = (u32, u32, u32)> {
    let passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)];
    let within = passes.into_iter().filter(move |(left, ..)| *left < width);
    within.flat_map(move |(left, top, across, down)| (top..height).step_by(down).map(move |y| (left, y, across)))
}

/// A transparent pixel shows the paper behind it.
fn on_white(level: u8, alpha: u8) -> u8 {
    let mixed = (u32::from(level) * u32::from(alpha) + 255 * u32::from(255 - alpha)) / 255;
    u8::try_from(mixed).unwrap_or(255)
}

/// What the chunks say before any is decoded.
struct Chunks {
    header: Option<[u8; 13]>,
    physical: Option<[u8; 9]>,
    orientation: Option<u8>,
    animated: bool,
    alpha: bool,
    number: u32,
    completeness: Completeness,
    end: Option<u64>,
}

fn walk(source: &Source) -> Chunks {
    let mut chunks = Chunks {
        header: None,
        physical: None,
        orientation: None,
        animated: false,
        alpha: false,
        number: 0,
        completeness: Completeness::Incomplete { missing: MissingPart::EndMarker, at_byte: source.length() },
        end: None,
    };
    let missing = |missing| Completeness::Incomplete { missing, at_byte: source.length() };
    let mut at = 8_u64;
    while at < source.length() {
        let Some(head) = source.at(at, 8) else { return chunks };
        let (Some(length), Some(kind)) = (u32_be(&head, 0), array::<4>(&head, 4)) else { return chunks };
        let after = at.saturating_add(12).saturating_add(u64::from(length));
        if after > source.length() {
            let image = matches!(&kind, b"IDAT" | b"PLTE" | b"fdAT");
            let part = if &kind == b"IHDR" { MissingPart::Header } else { MissingPart::ImageData };
            chunks.completeness = missing(if image || &kind == b"IHDR" { part } else { MissingPart::EndMarker });
            return chunks;
        }
        let content = |most: u64| source.at(at + 8, u64::from(length).min(most)).unwrap_or_default();
        match &kind {
            b"IHDR" => chunks.header = chunks.header.or(array(&content(13), 0)),
            b"pHYs" => chunks.physical = array(&content(9), 0),
            b"eXIf" => chunks.orientation = super::exif::read(&content(1 << 20)).orientation,
            b"acTL" => chunks.animated = u32_be(&content(8), 0).is_some_and(|frames| frames > 1),
            b"IEND" => {
                chunks.completeness = Completeness::Complete;
                chunks.end = Some(after);
                break;
            }
            _ => {}
        }
        at = after;
        chunks.number += 1;
        if chunks.number >= MOST_CHUNKS {
            chunks.completeness = super::stopped_by(Limit::Operations);
            break;
        }
    }
    chunks.alpha = matches!(chunks.header, Some([.., 4 | 6, _, _, _]));
    chunks
}

impl Chunks {
    fn page(&self) -> PageMeasurements {
        let header = self.header.unwrap_or_default();
        let [.., bits, kind, _, _, _] = header;
        let colour = match (self.header, kind, bits) {
            (None, ..) => ColourModel::Unknown,
            (_, 0, 1) => ColourModel::Bitonal,
            (_, 0 | 4, _) => ColourModel::Grey,
            (_, 2 | 6, _) => ColourModel::Colour,
            (_, 3, _) => ColourModel::Palette,
            _ => ColourModel::Other,
        };
        PageMeasurements {
            number: 1,
            kind: PageKind::Scan,
            width_px: u32_be(&header, 0).unwrap_or(0),
            height_px: u32_be(&header, 4).unwrap_or(0),
            orientation: self.orientation.unwrap_or(1),
            declared_dpi: self.physical.and_then(|physical| {
                let metres = physical.last() == Some(&1);
                let (x, y) = (u32_be(&physical, 0)?, u32_be(&physical, 4)?);
                metres.then(|| dpi((x.into(), 1), (y.into(), 1), (254, 10_000), DpiSource::PngPhys))?
            }),
            placed_size: None,
            page_size: None,
            colour,
            bits_per_sample: bits.clamp(1, 32),
            samples_per_pixel: if colour == ColourModel::Colour { 3 } else { 1 },
            compression: vec![Compression::Deflate],
            jpeg: None,
            decoded: Decoded::Damaged { rows: None },
            tone: None,
            appearance: None,
            images: Vec::new(),
            covered_ppm: None,
            drawing: None,
        }
    }
}

#[cfg(test)]
pub(super) mod tests;
