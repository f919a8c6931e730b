//! One image of a PDF: its filters, its colours, and whether all of it is there.

use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;

use hayro_ccitt::EncodingMode;
use hayro_interpret::hayro_syntax::object::{Array, Dict, Name, Object, ObjectIdentifier, Stream};

use super::filters::{Filter, unfilter};
use crate::image::fax::Fax;
use crate::image::jpeg::{self, Colours, Inks};
use crate::image::look::{Look, ToneCounter};
use crate::image::{Limits, Picture, jbig2, jpeg2000};
use crate::measurements::{Appearance, ColourModel, Compression, Decoded};

/// Images remembered, because letterheads are drawn on every page.
const MOST_REMEMBERED: usize = 64;

/// The images of one file.
pub(super) struct Pictures {
    pub(super) limits: Limits,
    seen: HashMap<ObjectIdentifier, Rc<Seen>>,
    placed: u32,
}

/// One image, decoded once.
pub(super) struct Seen {
    pub(super) picture: Picture,
    pub(super) compression: Vec<Compression>,
    pub(super) stencil: bool,
    pub(super) tone: ToneCounter,
    pub(super) appearance: Option<Appearance>,
}

impl Pictures {
    pub(super) fn new(limits: Limits) -> Self {
        Self { limits, seen: HashMap::new(), placed: 0 }
    }

    /// Whether one more image may be placed.
    pub(super) fn one_more(&mut self) -> bool {
        self.placed += 1;
        self.placed <= self.limits.images
    }

    /// Decodes an image, or remembers it. `colours` counts the pixels of one that needs the interpreter's colours; `is_page` is
    /// whether it covers enough of the page to speak for it.
    pub(super) fn see(&mut self, stream: &Stream<'_>, is_page: bool, colours: impl FnOnce(&mut Look)) -> Rc<Seen> {
        let id = stream.dict().obj_id();
        if let Some(seen) = id.and_then(|id| self.seen.get(&id)) {
            return Rc::clone(seen);
        }
        let seen = Rc::new(look(stream, &self.limits, is_page, colours));
        if let Some(id) = id {
            if self.seen.len() >= MOST_REMEMBERED {
                self.seen.clear();
            }
            self.seen.insert(id, Rc::clone(&seen));
        }
        seen
    }
}

/// What the image's dictionary says.
struct Described {
    width: u32,
    height: u32,
    bits: u8,
    model: ColourModel,
    components: Option<u8>,
    stencil: bool,
    /// A `/Decode` that turns light into dark.
    inverted: bool,
}

fn look(stream: &Stream<'_>, limits: &Limits, is_page: bool, colours: impl FnOnce(&mut Look)) -> Seen {
    let described = Described::of(stream.dict());
    let filters = Filter::chain(stream.dict());
    let mut look = if is_page { Look::new() } else { Look::at_a_piece() };
    let mut compression: Vec<_> = filters.iter().map(|(filter, _)| filter.compression()).collect();
    if compression.is_empty() {
        compression.push(Compression::None);
    }
    let mut picture = Picture {
        width: described.width,
        height: described.height,
        colour: described.model,
        bits: described.bits,
        samples: described.components.unwrap_or(1),
        jpeg: None,
        decoded: Decoded::Damaged { rows: None },
    };
    picture.decoded = match decode(stream, &described, &filters, limits, &mut picture, &mut compression, &mut look) {
        Ok(Colour::Counted) => Decoded::Whole,
        Ok(Colour::Wanted) => {
            look.begin(described.width, described.height);
            colours(&mut look);
            Decoded::Whole
        }
        Err(decoded) => decoded,
    };
    let (tone, appearance) = look.finish();
    let appearance = appearance.filter(|_| picture.decoded == Decoded::Whole);
    Seen { picture, compression, stencil: described.stencil, tone, appearance }
}

/// Whether the pixels were counted while decoding.
enum Colour {
    Counted,
    Wanted,
}

fn decode(
    stream: &Stream<'_>,
    described: &Described,
    filters: &[(Filter, Dict<'_>)],
    limits: &Limits,
    picture: &mut Picture,
    compression: &mut [Compression],
    look: &mut Look,
) -> Result<Colour, Decoded> {
    let (width, height) = (u64::from(described.width), u64::from(described.height));
    let samples = u64::from(described.components.unwrap_or(4));
    // The samples as stored, and three bytes a pixel for the colours made of them.
    let bytes = width.saturating_mul(height).saturating_mul(samples.max(1) * u64::from(described.bits.div_ceil(8)) + 3);
    if let Some(limit) = limits.refuses(width, height, bytes) {
        return Err(Decoded::Refused { limit });
    }
    if width == 0 || height == 0 {
        return Err(Decoded::Damaged { rows: None });
    }
    let raw = stream.raw_data();
    let (last, before) = match filters.split_last() {
        Some((last, before)) if last.0.is_picture() => (Some(last), before),
        _ => (None, filters),
    };
    let expected = if last.is_some() { None } else { described.stored_bytes(filters) };
    let most = expected.map_or(limits.decoded_bytes, |bytes| bytes.saturating_add(64 * 1024));
    let mut data: Cow<'_, [u8]> = raw;
    for (filter, parameters) in before {
        data = Cow::Owned(unfilter(*filter, parameters, &data, most.min(limits.decoded_bytes))?);
    }
    let Some((filter, parameters)) = last else {
        return match expected {
            // The colour space is the interpreter's business; what can be checked is that every sample is there.
            Some(expected) if data.len() as u64 >= expected => Ok(Colour::Wanted),
            Some(_) => Err(Decoded::Damaged { rows: None }),
            // Nobody can say how many samples should be there; readers fill up with nought what is missing.
            None => Err(Decoded::Unsupported { feature: "pdf-colour-space".to_owned() }),
        };
    };
    let black = if described.inverted { 255 } else { 0 };
    match filter {
        Filter::Jpeg => {
            let header = jpeg::Header::of(&data);
            if header.width > 0
                && (u32::from(header.width), u32::from(header.height)) != (picture.width, picture.height)
            {
                // The stream knows best how many pixels there are; the dictionary may even be a trap.
                picture.width = u32::from(header.width);
                picture.height = u32::from(header.height);
            }
            let inks = if described.inverted { Inks::Inverted } else { Inks::Plain };
            let colours = match parameters.get::<i32>(b"ColorTransform") {
                Some(0) => Colours::Rgb,
                Some(_) if header.adobe.is_none() => Colours::YCbCr,
                _ => Colours::Own,
            };
            look.begin(picture.width, picture.height);
            let seen = jpeg::decode(&data, &header, colours, inks, limits, look);
            picture.jpeg = seen.jpeg;
            if let Some(name) = compression.last_mut() {
                *name = header.compression();
            }
            if described.components.is_none() {
                (picture.colour, picture.samples) = (seen.colour, seen.samples);
            }
            picture.bits = seen.bits;
            counted(seen.decoded)
        }
        Filter::Fax => {
            let number = |key: &[u8]| parameters.get::<i32>(key);
            let flag = |key: &[u8], default| parameters.get::<bool>(key).unwrap_or(default);
            let columns = number(b"Columns").map_or(1728, |n| u32::try_from(n).unwrap_or(0));
            if columns == 0 || limits.refuses(u64::from(columns), height, 0).is_some() {
                return Err(Decoded::Damaged { rows: None });
            }
            let mode = match number(b"K").unwrap_or(0) {
                ..0 => EncodingMode::Group4,
                0 => EncodingMode::Group3_1D,
                1.. => EncodingMode::Group3_2D,
            };
            if let Some(name) = compression.last_mut() {
                *name = if mode == EncodingMode::Group4 { Compression::CcittG4 } else { Compression::CcittG3 };
            }
            let fax = Fax {
                columns,
                rows: described.height,
                mode,
                end_of_line: flag(b"EndOfLine", false),
                rows_are_byte_aligned: flag(b"EncodedByteAlign", false),
                end_of_block: flag(b"EndOfBlock", true),
                used_columns: columns.min(described.width),
                used_rows: described.height,
                black: if flag(b"BlackIs1", false) { !black } else { black },
            };
            look.begin(fax.used_columns, fax.used_rows);
            fax.count(&data, look).map(|()| Colour::Counted).map_err(|rows| Decoded::Damaged { rows: Some(rows) })
        }
        Filter::Jbig2 => {
            let globals = parameters.get::<Stream<'_>>(b"JBIG2Globals").and_then(|globals| globals.decoded_data().ok());
            let seen = jbig2::decode(&data, globals.as_deref(), limits, black, look);
            if let Some(name) = compression.last_mut() {
                *name = seen.compression;
            }
            (picture.width, picture.height) = (seen.width.max(1), seen.height.max(1));
            counted(seen.decoded)
        }
        Filter::Jpeg2000 => {
            let seen = jpeg2000::decode(&data, limits, look);
            if let Some(name) = compression.last_mut() {
                *name = seen.compression;
            }
            let inner = seen.picture;
            if inner.width > 0 {
                (picture.width, picture.height, picture.bits) = (inner.width, inner.height, inner.bits);
            }
            if described.components.is_none() {
                (picture.colour, picture.samples) = (inner.colour, inner.samples);
            }
            counted(inner.decoded)
        }
        _ => Err(Decoded::Unsupported { feature: "pdf-filter".to_owned() }),
    }
}

fn counted(decoded: Decoded) -> Result<Colour, Decoded> {
    if decoded == Decoded::Whole { Ok(Colour::Counted) } else { Err(decoded) }
}

impl Described {
    fn of(dict: &Dict<'_>) -> Self {
        let number = |short: &[u8], long: &[u8]| dict.get::<u32>(short).or_else(|| dict.get::<u32>(long));
        let stencil = dict.get::<bool>(b"IM").or_else(|| dict.get::<bool>(b"ImageMask")).unwrap_or(false);
        let space = dict.get::<Object<'_>>(b"CS").or_else(|| dict.get::<Object<'_>>(b"ColorSpace"));
        let bits = number(b"BPC", b"BitsPerComponent").unwrap_or(if stencil { 1 } else { 8 });
        let (mut model, mut components) = match space {
            Some(space) => space_of(space),
            None => (ColourModel::Unknown, None),
        };
        if stencil {
            (model, components) = (ColourModel::Grey, Some(1));
        }
        if model == ColourModel::Grey && bits == 1 {
            model = ColourModel::Bitonal;
        }
        let decode = dict.get::<Array<'_>>(b"D").or_else(|| dict.get::<Array<'_>>(b"Decode"));
        let mut limits = decode.iter().flat_map(Array::iter::<f32>);
        Self {
            width: number(b"W", b"Width").unwrap_or(0),
            height: number(b"H", b"Height").unwrap_or(0),
            bits: u8::try_from(bits).unwrap_or(32).clamp(1, 32),
            model,
            components,
            stencil,
            inverted: limits.next().zip(limits.next()).is_some_and(|(from, to)| from > to),
        }
    }

    /// How many bytes the samples take before any predictor is undone; unknown where the colour space is.
    fn stored_bytes(&self, filters: &[(Filter, Dict<'_>)]) -> Option<u64> {
        let row = |columns: u32, samples: u64, bits: u64| {
            u64::from(columns).saturating_mul(samples).saturating_mul(bits).div_ceil(8)
        };
        let samples = row(self.width, u64::from(self.components?), u64::from(self.bits));
        let samples = samples.saturating_mul(u64::from(self.height));
        // PNG's predictors put a byte in front of each row, and say themselves how long a row is.
        let predicted = filters.last().filter(|(filter, parameters)| {
            matches!(filter, Filter::Flate | Filter::Lzw)
                && parameters.get::<i32>(b"Predictor").is_some_and(|predictor| predictor >= 10)
        });
        let Some((_, parameters)) = predicted else { return Some(samples) };
        let number = |key: &[u8], default| parameters.get::<u32>(key).unwrap_or(default);
        let row = row(number(b"Columns", 1), number(b"Colors", 1).into(), number(b"BitsPerComponent", 8).into());
        let rows = if row == 0 { return None } else { samples.div_ceil(row) };
        Some(samples.saturating_add(rows))
    }
}

/// The model of a colour space, and how many samples a pixel has in it.
fn space_of(space: Object<'_>) -> (ColourModel, Option<u8>) {
    let (name, array) = match space {
        Object::Name(name) => (name, None),
        Object::Array(array) => match array.iter::<Object<'_>>().next() {
            Some(Object::Name(name)) => (name, Some(array)),
            _ => return (ColourModel::Other, None),
        },
        _ => return (ColourModel::Other, None),
    };
    let name: &[u8] = &name;
    match (name, array) {
        (b"DeviceGray" | b"G" | b"CalGray", _) => (ColourModel::Grey, Some(1)),
        (b"DeviceRGB" | b"RGB" | b"CalRGB", _) => (ColourModel::Colour, Some(3)),
        (b"DeviceCMYK" | b"CMYK", _) => (ColourModel::Cmyk, Some(4)),
        (b"Indexed" | b"I", _) => (ColourModel::Palette, Some(1)),
        (b"Lab", _) => (ColourModel::Other, Some(3)),
        (b"Separation", _) => (ColourModel::Other, Some(1)),
        (b"DeviceN", Some(array)) => {
            let names = array.iter::<Object<'_>>().nth(1).and_then(Object::into_array);
            let count = names.map(|names| names.iter::<Name<'_>>().count()).and_then(|n| u8::try_from(n).ok());
            (ColourModel::Other, count)
        }
        (b"ICCBased", Some(array)) => {
            let profile = array.iter::<Object<'_>>().nth(1).and_then(Object::into_stream);
            match profile.and_then(|profile| profile.dict().get::<u32>(b"N")) {
                Some(1) => (ColourModel::Grey, Some(1)),
                Some(3) => (ColourModel::Colour, Some(3)),
                Some(4) => (ColourModel::Cmyk, Some(4)),
                _ => (ColourModel::Other, None),
            }
        }
        // Named in the page's resources: the interpreter finds it.
        _ => (ColourModel::Other, None),
    }
}
