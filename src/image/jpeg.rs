//! JPEG: as a file, inside a TIFF strip, inside a PDF stream.
//!
//! The headers are walked first, so that size, number of scans and quantisation tables are known before a decoder sees a
//! byte. The decoder (`zune-jpeg`, strict) refuses data that runs out; the end marker is ours to look for. Both would
//! pass a hole of zeros in the middle of the data, so the Huffman codes of sequential files are counted as well
//! (`entropy`): they must fill the picture exactly.
//!
//! Not decodable here: lossless (process 14), arithmetic coding, 12 bits a sample, hierarchical, height by DNL,
//! other than 1, 3 or 4 components. A picture whose scans are all present and wrong in themselves is only noticed in
//! sequential files; a progressive one is judged by the decoder alone.

mod entropy;
mod header;
mod quality;

use std::borrow::Cow;

use zune_jpeg::JpegDecoder;
use zune_jpeg::errors::DecodeErrors;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

pub(super) use header::{Header, Process};

use super::look::Look;
use super::source::Source;
use super::{Found, Limits, Picture, exif};
use crate::measurements::{
    ColourModel, Completeness, Compression, Decoded, DpiSource, JpegFacts, Limit, MissingPart, PageKind,
    PageMeasurements,
};

/// Scans of one picture. Progressive encoders write about ten; a thousand make a small file cost minutes.
const MOST_SCANS: u32 = 100;

/// How the four inks of a CMYK picture are stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inks {
    /// 255 is the most ink.
    Plain,
    /// 255 is no ink, as Adobe's programs write it.
    Inverted,
}

/// What the container says about the colours, where it has a say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Colours {
    /// The JPEG's own markers decide.
    Own,
    /// Three components are red, green and blue, whatever the markers say.
    Rgb,
    /// Three components are a luma and two chromas.
    YCbCr,
}

/// Measures a JPEG file.
pub(super) fn measure(source: &Source, limits: &Limits) -> Found {
    if source.length() > limits.held_bytes {
        return Found::refused(Limit::FileBytes);
    }
    let data = source.head(u64::MAX);
    let header = Header::of(&data);
    let completeness = match header.end {
        Some(_) => Completeness::Complete,
        None => Completeness::Incomplete { missing: header.missing(), at_byte: source.length() },
    };
    let mut look = Look::new();
    look.begin(u32::from(header.width), u32::from(header.height));
    let inks = if header.adobe.is_some() { Inks::Inverted } else { Inks::Plain };
    let picture = decode(&data, &header, Colours::Own, inks, limits, &mut look);
    let tags = header.exif.clone().and_then(|range| data.get(range)).map(exif::read).unwrap_or_default();
    let mut page = PageMeasurements {
        number: 1,
        kind: PageKind::Scan,
        width_px: picture.width,
        height_px: picture.height,
        orientation: tags.orientation.unwrap_or(1),
        declared_dpi: header.jfif_dpi().or_else(|| tags.dpi(DpiSource::Exif)),
        placed_size: None,
        page_size: None,
        colour: picture.colour,
        bits_per_sample: picture.bits,
        samples_per_pixel: picture.samples,
        compression: vec![header.compression()],
        jpeg: picture.jpeg,
        tone: None,
        appearance: None,
        decoded: picture.decoded,
        images: Vec::new(),
        covered_ppm: None,
        drawing: None,
    };
    if page.decoded == Decoded::Whole {
        look.into_page(&mut page);
    }
    let trailing = header.end.map_or(0, |end| (data.len() - end.min(data.len())) as u64);
    Found { completeness, pages: vec![page], pdf: None, trailing_bytes: trailing }
}

/// Decodes one JPEG and counts its pixels.
pub(super) fn decode(
    data: &[u8],
    header: &Header,
    colours: Colours,
    inks: Inks,
    limits: &Limits,
    look: &mut Look,
) -> Picture {
    let mut picture = describe(header);
    picture.decoded = refusal(header, limits).unwrap_or_else(|| match pixels(data, header, colours, inks, look) {
        Ok(()) => Decoded::Whole,
        Err(decoded) => decoded,
    });
    picture
}

/// What the headers alone tell.
fn describe(header: &Header) -> Picture {
    Picture {
        width: u32::from(header.width),
        height: u32::from(header.height),
        colour: match header.components.len() {
            0 => ColourModel::Unknown,
            1 => ColourModel::Grey,
            3 => ColourModel::Colour,
            4 => ColourModel::Cmyk,
            _ => ColourModel::Other,
        },
        bits: header.precision.clamp(1, 32),
        samples: u8::try_from(header.components.len()).unwrap_or(u8::MAX).max(1),
        jpeg: header.tables().map(|(luma, chroma)| {
            let (nearest_quality, exact) = quality::nearest(luma, chroma);
            JpegFacts { nearest_quality, exact, progressive: header.process == Some(Process::Progressive) }
        }),
        decoded: Decoded::Damaged { rows: None },
    }
}

/// Why a picture is not handed to the decoder, if it is not.
fn refusal(header: &Header, limits: &Limits) -> Option<Decoded> {
    let unsupported = |feature: &str| Some(Decoded::Unsupported { feature: feature.to_owned() });
    let process = header.process?;
    if let Some(limit) = limits.refuses(u64::from(header.width), u64::from(header.height), header.bytes_to_decode()) {
        return Some(Decoded::Refused { limit });
    }
    if header.scans > MOST_SCANS {
        return Some(Decoded::Refused { limit: Limit::Operations });
    }
    match process {
        Process::Lossless => return unsupported("jpeg-lossless"),
        Process::Arithmetic => return unsupported("jpeg-arithmetic"),
        Process::Hierarchical => return unsupported("jpeg-hierarchical"),
        Process::Sequential | Process::Progressive => {}
    }
    if header.precision != 8 {
        return unsupported("jpeg-12-bit");
    }
    if header.height == 0 {
        return unsupported("jpeg-dnl");
    }
    if !matches!(header.components.len(), 1 | 3 | 4) {
        return unsupported("jpeg-components");
    }
    None
}

fn pixels(data: &[u8], header: &Header, colours: Colours, inks: Inks, look: &mut Look) -> Result<(), Decoded> {
    let damaged = Decoded::Damaged { rows: None };
    // Without an end marker the picture is not whole, however well the decoder does.
    let Some(end) = header.end else { return Err(damaged) };
    let data = data.get(..end).unwrap_or(data);
    if header.process == Some(Process::Sequential) && !entropy::fills_the_picture(data, header) {
        return Err(damaged);
    }
    let data = coloured_as(data, header, colours);
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(usize::from(header.width))
        .set_max_height(usize::from(header.height));
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*data), options);
    decoder.decode_headers().map_err(|error| answer(&error))?;
    let stored = decoder.input_colorspace().unwrap_or(ColorSpace::Unknown);
    let wanted = match stored {
        // Luma is all that brightness needs, and the chromas tell colour: turning them into red, green and blue first
        // would cost as much again as counting.
        ColorSpace::Luma | ColorSpace::YCbCr | ColorSpace::CMYK | ColorSpace::YCCK => stored,
        _ => ColorSpace::RGB,
    };
    decoder.set_options(options.jpeg_set_out_colorspace(wanted));
    let mut decoded = decoder.decode().map_err(|error| answer(&error))?;
    let samples = wanted.num_components();
    if decoded.len() != usize::from(header.width) * usize::from(header.height) * samples {
        return Err(damaged);
    }
    match wanted {
        ColorSpace::Luma => look.grey(&decoded),
        ColorSpace::YCbCr => look.ycbcr(&decoded),
        ColorSpace::CMYK => {
            if inks == Inks::Inverted {
                decoded.iter_mut().for_each(|ink| *ink = 255 - *ink);
            }
            look.cmyk(&decoded);
        }
        // Only wholeness is known of a YCCK picture, not how bright it is.
        ColorSpace::YCCK => {}
        _ => look.rgb(&decoded),
    }
    Ok(())
}

/// The decoder takes the colours from the markers. Where the container knows better, an Adobe marker that says so is put
/// in front of the others.
fn coloured_as<'a>(data: &'a [u8], header: &Header, colours: Colours) -> Cow<'a, [u8]> {
    let transform = match colours {
        Colours::Rgb => 0,
        Colours::YCbCr => 1,
        Colours::Own => return Cow::Borrowed(data),
    };
    if header.components.len() != 3 || header.adobe == Some(transform) {
        return Cow::Borrowed(data);
    }
    let (start, rest) = data.split_at(data.len().min(2));
    let mut told = Vec::with_capacity(data.len() + 16);
    told.extend_from_slice(start);
    told.extend_from_slice(b"\xFF\xEE\x00\x0EAdobe\x00\x64\x00\x00\x00\x00");
    told.push(transform);
    told.extend_from_slice(rest);
    Cow::Owned(told)
}

fn answer(error: &DecodeErrors) -> Decoded {
    match error {
        DecodeErrors::Unsupported(_) => Decoded::Unsupported { feature: "jpeg-variant".to_owned() },
        DecodeErrors::LargeDimensions(_) => Decoded::Refused { limit: Limit::PixelsPerPage },
        _ => Decoded::Damaged { rows: None },
    }
}

impl Header {
    pub(super) fn compression(&self) -> Compression {
        if self.process == Some(Process::Lossless) { Compression::JpegLossless } else { Compression::Jpeg }
    }

    /// A file that breaks off before its first scan has no image data; later, only the end is known to be missing.
    fn missing(&self) -> MissingPart {
        if self.process.is_none() {
            MissingPart::Header
        } else if self.scans == 0 {
            MissingPart::ImageData
        } else {
            MissingPart::EndMarker
        }
    }

    /// What the decoder will ask for: the pixels, and for a progressive picture two bytes for each coefficient.
    fn bytes_to_decode(&self) -> u64 {
        let samples = u64::from(self.width) * u64::from(self.height) * self.components.len().max(1) as u64;
        if self.process == Some(Process::Progressive) { samples.saturating_mul(3) } else { samples }
    }
}

#[cfg(test)]
pub(super) mod tests;
