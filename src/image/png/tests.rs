use ::png::{BitDepth, ColorType, Encoder, PixelDimensions, Unit};

use crate::image::Limits;
use crate::image::tests::{measured, measured_within, page};
use crate::measurements::{ColourModel, Completeness, Decoded, Limit, MissingPart};

/// A grey page at 300 dpi, light with a dark tenth.
pub(in crate::image) fn grey(width: u32, height: u32) -> Vec<u8> {
    let pixels: Vec<u8> = (0..width * height).map(|n| if n % 10 == 0 { 20 } else { 250 }).collect();
    encoded(width, height, ColorType::Grayscale, BitDepth::Eight, &pixels, |_| {})
}

fn encoded(
    width: u32,
    height: u32,
    colour: ColorType,
    depth: BitDepth,
    pixels: &[u8],
    change: impl FnOnce(&mut Encoder<'_, &mut Vec<u8>>),
) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, width, height);
    encoder.set_color(colour);
    encoder.set_depth(depth);
    encoder.set_pixel_dims(Some(PixelDimensions { xppu: 11811, yppu: 11811, unit: Unit::Meter }));
    change(&mut encoder);
    encoder.write_header().unwrap().write_image_data(pixels).unwrap();
    bytes
}

#[test]
fn depth_colour_and_tone_are_measured() {
    let grey = page(&grey(20, 10));
    assert_eq!((grey.width_px, grey.height_px), (20, 10));
    assert_eq!((grey.colour, grey.bits_per_sample, grey.samples_per_pixel), (ColourModel::Grey, 8, 1));
    assert_eq!(grey.declared_dpi.unwrap().x_milli, 299_999);
    assert_eq!((grey.tone.unwrap().paper_level, grey.tone.unwrap().dark_ppm), (250, 100_000));

    let bits = page(&encoded(16, 2, ColorType::Grayscale, BitDepth::One, &[0xFF, 0xFF, 0, 0xFF], |_| {}));
    assert_eq!((bits.colour, bits.bits_per_sample), (ColourModel::Bitonal, 1));
    assert_eq!(bits.tone.unwrap().black_ppm, 250_000);

    let deep = page(&encoded(1, 1, ColorType::Rgb, BitDepth::Sixteen, &[255, 255, 0, 0, 0, 0], |_| {}));
    assert_eq!((deep.colour, deep.bits_per_sample, deep.samples_per_pixel), (ColourModel::Colour, 16, 3));
    assert_eq!(deep.tone.unwrap().coloured_ppm, 1_000_000);

    let palette = encoded(2, 1, ColorType::Indexed, BitDepth::Eight, &[0, 1], |encoder| {
        encoder.set_palette(&[255, 0, 0, 255, 255, 255][..]);
    });
    let palette = page(&palette);
    assert_eq!((palette.colour, palette.tone.unwrap().coloured_ppm), (ColourModel::Palette, 500_000));
}

#[test]
fn what_is_transparent_is_white() {
    let clear = page(&encoded(2, 1, ColorType::Rgba, BitDepth::Eight, &[0, 0, 0, 0, 0, 0, 0, 255], |_| {}));
    assert_eq!(clear.samples_per_pixel, 3);
    assert_eq!((clear.tone.unwrap().white_ppm, clear.tone.unwrap().black_ppm), (500_000, 500_000));
}

#[test]
fn one_flipped_bit_anywhere_is_noticed() {
    let good = grey(30, 20);
    for at in 33..good.len() {
        let mut bad = good.clone();
        bad[at] ^= 4;
        let measurements = measured(&bad);
        let whole =
            measurements.completeness == Completeness::Complete && measurements.pages[0].decoded == Decoded::Whole;
        assert!(!whole, "bit flipped in byte {at}");
    }
}

#[test]
fn an_end_without_iend_is_named() {
    let good = grey(30, 20);
    let cut = measured(&good[..good.len() - 12]);
    let at_byte = good.len() as u64 - 12;
    assert_eq!(cut.completeness, Completeness::Incomplete { missing: MissingPart::EndMarker, at_byte });
}

#[test]
fn size_is_limited_before_decoding() {
    let bytes = grey(1000, 1000);
    let limits = Limits { pixels_per_page: 999_999, ..Limits::default() };
    let refused = Decoded::Refused { limit: Limit::PixelsPerPage };
    assert_eq!(measured_within(&bytes, &limits).pages[0].decoded, refused);
}

#[test]
fn further_frames_are_not_passed_over() {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 2, 2);
    encoder.set_color(ColorType::Grayscale);
    encoder.set_animated(2, 0).unwrap();
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&[0; 4]).unwrap();
    writer.write_image_data(&[255; 4]).unwrap();
    writer.finish().unwrap();
    assert_eq!(page(&bytes).decoded, Decoded::Unsupported { feature: "png-animation".to_owned() });
}
