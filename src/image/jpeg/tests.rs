use super::*;
use crate::image::tests::{measured, measured_within, page};

/// A grey JPEG at 300 dpi, quality 50 exactly, its blocks light and dark in turn. Coded here, because the smallest
/// encoder is shorter than its dependency and every marker stays in sight.
pub(in crate::image) fn grey(width: u16, height: u16) -> Vec<u8> {
    encoded(width, height, 1, 0, &[])
}

fn encoded(width: u16, height: u16, components: u8, restart: u16, before_frame: &[u8]) -> Vec<u8> {
    let mut bytes = b"\xFF\xD8\xFF\xE0\x00\x10JFIF\x00\x01\x01\x01\x01\x2C\x01\x2C\x00\x00".to_vec();
    let mut quantisation = vec![0];
    quantisation.extend([16, 11, 12, 14, 12, 10, 16, 14, 13, 14, 18, 17, 16, 19, 24, 40, 26, 24, 22, 22, 24, 49, 35]);
    quantisation.extend([37, 29, 40, 58, 51, 61, 60, 57, 51, 56, 55, 64, 72, 92, 78, 64, 68, 87, 69, 55, 56, 80, 109]);
    quantisation.extend([81, 87, 95, 98, 103, 104, 103, 62, 77, 113, 121, 112, 100, 120, 92, 101, 103, 99]);
    segment(&mut bytes, 0xDB, &quantisation);
    bytes.extend_from_slice(before_frame);
    let (w, h) = (width.to_be_bytes(), height.to_be_bytes());
    let mut frame = vec![8, h[0], h[1], w[0], w[1], components];
    (1..=components).for_each(|id| frame.extend([id, 0x11, 0]));
    segment(&mut bytes, 0xC0, &frame);
    // Sizes 0 to 11 in codes of 4 bits; and one AC code, 0, for the end of the block.
    let mut dc = vec![0, 0, 0, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    dc.extend(0..12);
    segment(&mut bytes, 0xC4, &dc);
    let mut ac = vec![0x10, 1];
    ac.extend([0; 15]);
    ac.push(0);
    segment(&mut bytes, 0xC4, &ac);
    if restart > 0 {
        segment(&mut bytes, 0xDD, &restart.to_be_bytes());
    }
    let mut scan = vec![components];
    (1..=components).for_each(|id| scan.extend([id, 0]));
    scan.extend([0, 63, 0]);
    segment(&mut bytes, 0xDA, &scan);
    let mut bits = Bits::default();
    let blocks = width.div_ceil(8) * height.div_ceil(8);
    let mut restarts = 0;
    let mut light = false;
    for n in 0..blocks {
        let fresh = n == 0 || (restart > 0 && n % restart == 0);
        if fresh && n > 0 {
            bits.flush(&mut bytes);
            bytes.extend([0xFF, 0xD0 + restarts % 8]);
            restarts += 1;
        }
        for component in 0..components {
            // Light and dark are 60 steps above and below the middle: 6 bits, the sign as the first.
            let value: i32 = match (component, fresh, light) {
                (0, true, _) => 60,
                (0, false, true) => -120,
                (0, false, false) => 120,
                _ => 0,
            };
            let size = 32 - value.unsigned_abs().leading_zeros();
            bits.push(size, 4);
            let low = if value < 0 { value - 1 } else { value };
            bits.push(low.cast_unsigned() & ((1 << size) - 1), size);
            bits.push(0, 1);
        }
        light = fresh || !light;
        bits.drain(&mut bytes);
    }
    bits.flush(&mut bytes);
    bytes.extend([0xFF, 0xD9]);
    bytes
}

fn segment(bytes: &mut Vec<u8>, marker: u8, body: &[u8]) {
    bytes.extend([0xFF, marker]);
    bytes.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
    bytes.extend_from_slice(body);
}

#[derive(Default)]
struct Bits {
    held: u64,
    count: u32,
}

impl Bits {
    fn push(&mut self, value: u32, number: u32) {
        self.held = self.held << number | u64::from(value);
        self.count += number;
        assert!(self.count <= 64);
    }

    fn drain(&mut self, bytes: &mut Vec<u8>) {
        while self.count >= 8 {
            self.count -= 8;
            let byte = u8::try_from(self.held >> self.count & 0xFF).unwrap();
            bytes.push(byte);
            if byte == 0xFF {
                bytes.push(0);
            }
        }
        self.held &= (1 << self.count) - 1;
    }

    fn flush(&mut self, bytes: &mut Vec<u8>) {
        let missing = (8 - self.count % 8) % 8;
        self.push((1 << missing) - 1, missing);
        self.drain(bytes);
    }
}

#[test]
fn size_quality_and_tone_are_measured() {
    let page = page(&grey(64, 40));
    assert_eq!((page.width_px, page.height_px, page.colour), (64, 40, ColourModel::Grey));
    assert_eq!(page.jpeg, Some(JpegFacts { nearest_quality: 50, exact: true, progressive: false }));
    assert_eq!((page.declared_dpi.unwrap().x_milli, page.orientation), (300_000, 1));
    let tone = page.tone.unwrap();
    assert!(tone.paper_level > 200 && tone.dark_ppm == 500_000, "{tone:?}");
}

#[test]
fn colour_without_colour_is_grey_in_tone() {
    let page = page(&encoded(64, 40, 3, 0, &[]));
    assert_eq!((page.colour, page.samples_per_pixel, page.decoded), (ColourModel::Colour, 3, Decoded::Whole));
    assert_eq!(page.tone.unwrap().coloured_ppm, 0);
}

#[test]
fn exif_turns_the_page() {
    // One directory with one entry: orientation 6.
    let block = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let mut exif = Vec::new();
    segment(&mut exif, 0xE1, block);
    assert_eq!(page(&encoded(8, 8, 1, 0, &exif)).orientation, 6);
}

#[test]
fn what_follows_the_end_is_counted() {
    let mut bytes = grey(8, 8);
    bytes.extend(b"junk");
    let measurements = measured(&bytes);
    assert_eq!((measurements.completeness, measurements.trailing_bytes), (Completeness::Complete, 4));
}

#[test]
fn missing_data_behind_a_proper_end_is_damage() {
    for restart in [0, 4] {
        let good = encoded(160, 160, 1, restart, &[]);
        assert_eq!(page(&good).decoded, Decoded::Whole, "restart {restart}");
        let scan = good.windows(2).position(|two| two == [0xFF, 0xDA]).unwrap() + 10;
        // Cut and closed, a hole of zeros, and data twice over: decoders fill in and skip, and say nothing.
        for cut in (scan + 40..good.len() - 8).step_by(11) {
            let closed = [&good[..cut], b"\xFF\xD9"].concat();
            assert_ne!(page(&closed).decoded, Decoded::Whole, "restart {restart}, closed at {cut}");
            let mut holed = good.clone();
            holed[cut - 40..cut].fill(0);
            assert_ne!(page(&holed).decoded, Decoded::Whole, "restart {restart}, hole before {cut}");
        }
        let twice = [&good[..good.len() - 2], &good[scan..]].concat();
        assert_ne!(page(&twice).decoded, Decoded::Whole, "restart {restart}, twice");
    }
}

#[test]
fn filling_before_the_end_is_let_pass() {
    let good = grey(64, 64);
    let padded = [&good[..good.len() - 2], b"\0\0\xFF\xFF\xFF\xD9"].concat();
    assert_eq!(page(&padded).decoded, Decoded::Whole);
}

#[test]
fn size_and_scans_are_limited_before_decoding() {
    let mut huge = grey(64, 64);
    let frame = huge.windows(2).position(|two| two == [0xFF, 0xC0]).unwrap();
    huge[frame + 5..frame + 9].fill(0xFF);
    assert_eq!(page(&huge).decoded, Decoded::Refused { limit: Limit::PixelsPerPage });

    let good = grey(64, 64);
    let scan = good.windows(2).position(|two| two == [0xFF, 0xDA]).unwrap();
    let many = [&good[..good.len() - 2], &good[scan..good.len() - 2].repeat(200), b"\xFF\xD9"].concat();
    assert_eq!(page(&many).decoded, Decoded::Refused { limit: Limit::Operations });

    let small = Limits { held_bytes: 100, ..Limits::default() };
    assert_eq!(measured_within(&good, &small).pages[0].decoded, Decoded::Refused { limit: Limit::FileBytes });
}

#[test]
fn other_processes_are_not_damage() {
    for (marker, feature) in [(0xC3, "jpeg-lossless"), (0xC9, "jpeg-arithmetic"), (0xC5, "jpeg-hierarchical")] {
        let mut bytes = grey(64, 64);
        let frame = bytes.windows(2).position(|two| two == [0xFF, 0xC0]).unwrap();
        bytes[frame + 1] = marker;
        assert_eq!(page(&bytes).decoded, Decoded::Unsupported { feature: feature.to_owned() });
    }
    let mut twelve = grey(64, 64);
    let frame = twelve.windows(2).position(|two| two == [0xFF, 0xC0]).unwrap();
    twelve[frame + 4] = 12;
    assert_eq!(page(&twelve).decoded, Decoded::Unsupported { feature: "jpeg-12-bit".to_owned() });
}
