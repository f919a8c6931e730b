//! JPEG 2000, as a JP2 file, a bare codestream, or inside a PDF.
//!
//! Size and number of tiles are read from the codestream's own header first: a page cut into tiles of one pixel makes
//! any decoder ask for gigabytes. The decoder (`hayro-jpeg2000`) is strict, and the end marker is ours to look for.
//!
//! Not decodable here: more than four components beside alpha, components of unequal depth.

use hayro_jpeg2000::{ColorSpace, DecodeSettings, DecoderContext, Image};

use super::exif::dpi;
use super::look::Look;
use super::source::{Source, array, find, u16_be, u32_be};
use super::{Found, Limits, Picture, page_without_image};
use crate::measurements::{
    ColourModel, Completeness, Compression, DeclaredDpi, Decoded, DpiSource, Limit, MissingPart, PageMeasurements,
};

/// Tiles of one picture: an A3 page at 600 dpi in tiles of 64 pixels has 17,000.
const MOST_TILES: u64 = 20_000;

pub(super) struct Seen {
    pub(super) picture: Picture,
    pub(super) compression: Compression,
}

pub(super) fn measure(source: &Source, limits: &Limits) -> Found {
    if source.length() > limits.held_bytes {
        return Found::refused(Limit::FileBytes);
    }
    let data = source.head(u64::MAX);
    let boxes = Boxes::walk(&data);
    let mut look = Look::new();
    let seen = decode(&data, limits, &mut look);
    let mut page = PageMeasurements {
        width_px: seen.picture.width,
        height_px: seen.picture.height,
        declared_dpi: boxes.dpi,
        colour: seen.picture.colour,
        bits_per_sample: seen.picture.bits,
        samples_per_pixel: seen.picture.samples,
        compression: vec![seen.compression],
        ..page_without_image(1, seen.picture.decoded)
    };
    let completeness = match boxes.end {
        Some(_) => Completeness::Complete,
        None => {
            page.decoded = match page.decoded {
                Decoded::Whole => Decoded::Damaged { rows: None },
                other => other,
            };
            Completeness::Incomplete { missing: boxes.missing, at_byte: source.length() }
        }
    };
    if page.decoded == Decoded::Whole {
        look.into_page(&mut page);
    }
    let trailing_bytes = boxes.end.map_or(0, |end| data.len().saturating_sub(end) as u64);
    Found { completeness, pages: vec![page], pdf: None, trailing_bytes }
}

/// Decodes a picture with or without boxes around it.
pub(super) fn decode(data: &[u8], limits: &Limits, look: &mut Look) -> Seen {
    let header = find(data, b"\xFF\x4F\xFF\x51", 0).and_then(|at| Header::read(data.get(at..)?));
    let compression = match header.as_ref().map(|header| header.reversible) {
        Some(true) => Compression::Jpeg2000Reversible,
        _ => Compression::Jpeg2000Irreversible,
    };
    let mut picture = Picture {
        width: 0,
        height: 0,
        colour: ColourModel::Unknown,
        bits: 8,
        samples: 1,
        jpeg: None,
        decoded: Decoded::Damaged { rows: None },
    };
    let Some(header) = header else { return Seen { picture, compression } };
    (picture.width, picture.height) = (header.width, header.height);
    picture.bits = header.bits.clamp(1, 32);
    let components = u64::from(header.components);
    // The decoder reckons in 32-bit numbers, and makes bytes of them at the end.
    let pixels = u64::from(header.width).saturating_mul(u64::from(header.height));
    let bytes = pixels.saturating_mul(components).saturating_mul(5);
    picture.decoded = if let Some(limit) = limits.refuses(header.width.into(), header.height.into(), bytes) {
        Decoded::Refused { limit }
    } else if header.tiles > MOST_TILES {
        Decoded::Refused { limit: Limit::Operations }
    } else if components > 5 {
        Decoded::Unsupported { feature: "jpeg-2000-components".to_owned() }
    } else {
        counted(data, &mut picture, look).unwrap_or(Decoded::Damaged { rows: None })
    };
    Seen { picture, compression }
}

fn counted(data: &[u8], picture: &mut Picture, look: &mut Look) -> Option<Decoded> {
    let settings = DecodeSettings { resolve_palette_indices: true, strict: true, target_resolution: None };
    let image = Image::new(data, &settings).ok()?;
    let (model, samples) = match image.color_space() {
        ColorSpace::Gray | ColorSpace::Icc { num_channels: 1, .. } => (ColourModel::Grey, 1),
        ColorSpace::RGB | ColorSpace::Icc { num_channels: 3, .. } => (ColourModel::Colour, 3),
        ColorSpace::CMYK | ColorSpace::Icc { num_channels: 4, .. } => (ColourModel::Cmyk, 4),
        other => (ColourModel::Other, other.num_channels()),
    };
    let model = if model == ColourModel::Grey && picture.bits == 1 { ColourModel::Bitonal } else { model };
    (picture.colour, picture.samples) = (model, samples.max(1));
    let stride = usize::from(samples) + usize::from(image.has_alpha());
    let mut context = DecoderContext::default();
    let decoded = image.decode(&mut context).ok()?;
    let mut pixels = decoded.data_u8();
    if stride == 0 || (pixels.len() as u64) < u64::from(picture.width) * u64::from(picture.height) * stride as u64 {
        return None;
    }
    if image.has_alpha() {
        let wanted = usize::from(samples);
        pixels = pixels.chunks_exact(stride).flat_map(|pixel| pixel.iter().take(wanted).copied()).collect();
    }
    look.begin(picture.width, picture.height);
    match model {
        ColourModel::Bitonal | ColourModel::Grey => look.grey(&pixels),
        ColourModel::Colour => look.rgb(&pixels),
        ColourModel::Cmyk => look.cmyk(&pixels),
        _ => {}
    }
    Some(Decoded::Whole)
}

/// What the codestream's first markers say (ITU-T T.800, A.5 and A.6).
struct Header {
    width: u32,
    height: u32,
    tiles: u64,
    components: u16,
    bits: u8,
    reversible: bool,
}

impl Header {
    fn read(data: &[u8]) -> Option<Self> {
        let size = data.get(4..)?;
        let number = |at: usize| u32_be(size, at);
        let (right, bottom, left, top) = (number(4)?, number(8)?, number(12)?, number(16)?);
        let (tile_width, tile_height) = (number(20)?.max(1), number(24)?.max(1));
        let (first_x, first_y) = (number(28)?, number(32)?);
        let components = u16_be(size, 36)?;
        let bits = (*size.get(38)? & 0x7F).saturating_add(1);
        let across = right.saturating_sub(first_x).div_ceil(tile_width);
        let down = bottom.saturating_sub(first_y).div_ceil(tile_height);
        Some(Self {
            width: right.saturating_sub(left),
            height: bottom.saturating_sub(top),
            tiles: u64::from(across) * u64::from(down),
            components,
            bits,
            reversible: Self::transform(data, 4 + usize::from(u16_be(size, 0)?)) == Some(1),
        })
    }

    /// The wavelet of the first coding-style marker: 1 is the reversible one.
    fn transform(data: &[u8], mut at: usize) -> Option<u8> {
        loop {
            let marker = u16_be(data, at)?;
            match marker {
                0xFF52 => return data.get(at + 13).copied(),
                // The first tile begins.
                0xFF90 => return None,
                _ => at = at.checked_add(2)?.checked_add(usize::from(u16_be(data, at + 2)?))?,
            }
        }
    }
}

/// What lies around the codestream.
struct Boxes {
    dpi: Option<DeclaredDpi>,
    missing: MissingPart,
    /// Just after the end of the picture.
    end: Option<usize>,
}

impl Boxes {
    fn walk(data: &[u8]) -> Self {
        let mut boxes = Self { dpi: None, missing: MissingPart::EndMarker, end: None };
        if data.starts_with(b"\xFF\x4F") {
            // Whether anything follows a bare codestream cannot be told without decoding it: it ends with the file.
            boxes.end = data.ends_with(b"\xFF\xD9").then_some(data.len());
            return boxes;
        }
        let mut at = 0;
        while let Some((kind, body, after)) = next_box(data, at) {
            let Some(body) = body else {
                boxes.missing = if &kind == b"jp2c" { MissingPart::ImageData } else { MissingPart::Header };
                return boxes;
            };
            match &kind {
                b"jp2h" => boxes.dpi = resolution(body),
                b"jp2c" => {
                    boxes.end = body.ends_with(b"\xFF\xD9").then_some(after);
                    return boxes;
                }
                _ => {}
            }
            at = after;
        }
        boxes.missing = MissingPart::ImageData;
        boxes
    }
}

type NextBox<'a> = ([u8; 4], Option<&'a [u8]>, usize);

/// Kind, content (none where it leads out of the data) and end of the box at an offset.
fn next_box(data: &[u8], at: usize) -> Option<NextBox<'_>> {
    let length = u32_be(data, at)?;
    let kind = array(data, at + 4)?;
    let (header, end) = match length {
        0 => (8, data.len()),
        1 => (16, at.checked_add(usize::try_from(u64::from_be_bytes(array(data, at + 8)?)).ok()?)?),
        length => (8, at.checked_add(usize::try_from(length).ok()?)?),
    };
    if end < at + header {
        return None;
    }
    Some((kind, data.get(at + header..end), end))
}

/// The capture resolution, or the display resolution where there is no other: pixels per metre as a fraction and a
/// power of ten.
fn resolution(header: &[u8]) -> Option<DeclaredDpi> {
    let mut at = 0;
    while let Some((kind, body, after)) = next_box(header, at) {
        if let (b"res ", Some(body)) = (&kind, body) {
            let (_, values, _) = next_box(body, 0)?;
            let values = values?;
            let side = |n: usize, exponent: usize| {
                let (top, bottom) = (u64::from(u16_be(values, n)?), u64::from(u16_be(values, n + 2)?));
                let power = i8::from_be_bytes([*values.get(exponent)?]);
                let scale = 10_u64.checked_pow(u32::from(power.unsigned_abs()))?;
                if power < 0 {
                    Some((top, bottom.checked_mul(scale)?))
                } else {
                    Some((top.checked_mul(scale)?, bottom))
                }
            };
            return dpi(side(4, 9)?, side(0, 8)?, (254, 10_000), DpiSource::Jp2Resolution);
        }
        at = after;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A codestream of headers alone, of one grey component.
    fn headers(size: u32, tile: u32, wavelet: u8) -> Vec<u8> {
        let mut bytes = b"\xFF\x4F\xFF\x51\x00\x29\x00\x00".to_vec();
        [size, size, 0, 0, tile, tile, 0, 0].iter().for_each(|number| bytes.extend(number.to_be_bytes()));
        bytes.extend([0, 1, 7, 1, 1]);
        // A comment before the coding style.
        bytes.extend(b"\xFF\x64\x00\x05\x00\x01x\xFF\x52\x00\x0C\x00\x00\x00\x01\x00\x00\x04\x04\x00");
        bytes.push(wavelet);
        bytes.extend(b"\xFF\x5C\x00\x04\x40\x40\xFF\xD9");
        bytes
    }

    fn seen(bytes: &[u8]) -> Seen {
        decode(bytes, &Limits::default(), &mut Look::new())
    }

    #[test]
    fn the_wavelet_tells_what_is_lossy() {
        assert_eq!(seen(&headers(8, 8, 1)).compression, Compression::Jpeg2000Reversible);
        assert_eq!(seen(&headers(8, 8, 0)).compression, Compression::Jpeg2000Irreversible);
    }

    #[test]
    fn pixels_and_tiles_are_limited_before_decoding() {
        assert_eq!(seen(&headers(60_000, 60_000, 1)).picture.decoded, Decoded::Refused { limit: Limit::PixelsPerPage });
        assert_eq!(seen(&headers(1000, 1, 1)).picture.decoded, Decoded::Refused { limit: Limit::Operations });
        assert_eq!(seen(&headers(8, 8, 1)).picture.decoded, Decoded::Damaged { rows: None });
    }

    #[test]
    fn the_resolution_box_counts_pixels_per_metre() {
        let boxed = |kind: &[u8; 4], body: &[u8]| {
            [&u32::try_from(body.len() + 8).unwrap().to_be_bytes()[..], kind, body].concat()
        };
        // 11811 down and 11810 across, times ten to the nought.
        let values = [0x2E, 0x23, 0, 1, 0x2E, 0x22, 0, 1, 0, 0];
        let found = resolution(&boxed(b"res ", &boxed(b"resc", &values))).unwrap();
        assert_eq!((found.x_milli, found.y_milli), (299_974, 299_999));
        assert_eq!(found.found_in, DpiSource::Jp2Resolution);
        assert_eq!(resolution(&boxed(b"res ", &values)), None);
    }
}
