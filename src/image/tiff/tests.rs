use std::io::Cursor;

use ::tiff::encoder::colortype::{Gray8, RGB8, RGB16};
use ::tiff::encoder::{Compression as Coding, Rational, TiffEncoder};
use ::tiff::tags::{ResolutionUnit, Tag};

use super::*;
use crate::image::tests::{measured, measured_within, page};
use crate::measurements::{Completeness, MissingPart};

/// A grey page of many deflated strips, light with a dark tenth.
pub(in crate::image) fn deflated(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let pixels: Vec<u8> = (0..width * height).map(|n| if n % 10 == 0 { 20 } else { 250 }).collect();
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap().with_compression(Coding::Deflate(Default::default()));
    let mut image = encoder.new_image::<Gray8>(width, height).unwrap();
    image.rows_per_strip(4).unwrap();
    image.resolution(ResolutionUnit::Inch, Rational { n: 300, d: 1 });
    image.write_data(&pixels).unwrap();
    bytes.into_inner()
}

/// A white Group 4 page: each row is one bit, "as the row above".
pub(in crate::image) fn fax(width: u32, height: u32) -> Vec<u8> {
    let mut data = vec![0xFF; height as usize / 8];
    if !height.is_multiple_of(8) {
        data.push(!(0xFF >> (height % 8)));
    }
    // The end-of-block mark on the next whole byte is allowed, and usual.
    Built::default()
        .long(256, width)
        .long(257, height)
        .short(258, 1)
        .short(259, 4)
        .short(262, 0)
        .short(277, 1)
        .long(278, height)
        .file(&[data])
}

/// A TIFF of chosen tags, directory first, strips behind it.
#[derive(Default, Clone)]
pub(super) struct Built {
    entries: Vec<(u16, u16, u32, [u8; 4])>,
    tiled: bool,
}

impl Built {
    pub(super) fn short(mut self, tag: u16, value: u16) -> Self {
        let [a, b] = value.to_le_bytes();
        self.entries.push((tag, 3, 1, [a, b, 0, 0]));
        self
    }

    pub(super) fn long(mut self, tag: u16, value: u32) -> Self {
        self.entries.push((tag, 4, 1, value.to_le_bytes()));
        self
    }

    fn shorts(mut self, tag: u16, values: [u16; 2]) -> Self {
        let [a, b] = values[0].to_le_bytes();
        let [c, d] = values[1].to_le_bytes();
        self.entries.push((tag, 3, 2, [a, b, c, d]));
        self
    }

    fn tiled(self) -> Self {
        Self { tiled: true, ..self }
    }

    pub(super) fn file(mut self, chunks: &[Vec<u8>]) -> Vec<u8> {
        let count = u32::try_from(chunks.len()).unwrap();
        let lists = 8 + 2 + 12 * (u32::try_from(self.entries.len()).unwrap() + 2) + 4;
        let mut at = if count == 1 { lists } else { lists + 8 * count };
        let mut offsets = Vec::new();
        for chunk in chunks {
            offsets.push(at);
            at += u32::try_from(chunk.len()).unwrap();
        }
        let lengths: Vec<u32> = chunks.iter().map(|chunk| u32::try_from(chunk.len()).unwrap()).collect();
        let (offset_tag, length_tag) = if self.tiled { (324, 325) } else { (273, 279) };
        if let ([offset], [length]) = (offsets.as_slice(), lengths.as_slice()) {
            self = self.long(offset_tag, *offset).long(length_tag, *length);
        } else {
            self.entries.push((offset_tag, 4, count, lists.to_le_bytes()));
            self.entries.push((length_tag, 4, count, (lists + 4 * count).to_le_bytes()));
        }
        self.entries.sort_by_key(|entry| entry.0);
        let mut bytes = b"II*\0\x08\0\0\0".to_vec();
        bytes.extend(u16::try_from(self.entries.len()).unwrap().to_le_bytes());
        for (tag, kind, count, value) in &self.entries {
            bytes.extend(tag.to_le_bytes());
            bytes.extend(kind.to_le_bytes());
            bytes.extend(count.to_le_bytes());
            bytes.extend(value);
        }
        bytes.extend([0; 4]);
        if count > 1 {
            offsets.iter().chain(&lengths).for_each(|n| bytes.extend(n.to_le_bytes()));
        }
        chunks.iter().for_each(|chunk| bytes.extend(chunk));
        bytes
    }
}

fn bitonal(width: u32, height: u32, compression: u16) -> Built {
    Built::default().long(256, width).long(257, height).short(258, 1).short(259, compression).short(262, 0)
}

fn grey(width: u32, height: u32) -> Built {
    Built::default().long(256, width).long(257, height).short(258, 8).short(259, 1).short(262, 1)
}

#[test]
fn encoders_and_measurements_agree() {
    let levels: Vec<u8> = (0..30 * 20 * 3).map(|n| u8::try_from(n % 251).unwrap()).collect();
    let mut tones = Vec::new();
    for coding in [Coding::Uncompressed, Coding::Lzw, Coding::Deflate(Default::default()), Coding::Packbits] {
        let mut bytes = Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut bytes).unwrap().with_compression(coding);
        encoder.write_image::<RGB8>(30, 20, &levels).unwrap();
        let page = page(&bytes.into_inner());
        assert_eq!((page.width_px, page.height_px), (30, 20));
        assert_eq!((page.colour, page.bits_per_sample, page.samples_per_pixel), (ColourModel::Colour, 8, 3));
        assert_eq!(page.decoded, Decoded::Whole);
        tones.push(page.tone.unwrap());
    }
    assert!(tones.iter().all(|tone| *tone == tones[0]), "{tones:?}");

    let deep: Vec<u16> = levels.iter().map(|level| u16::from(*level) << 8).collect();
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new_big(&mut bytes).unwrap();
    let mut image = encoder.new_image::<RGB16>(30, 20).unwrap();
    image.encoder().write_tag(Tag::Orientation, 8_u16).unwrap();
    image.write_data(&deep).unwrap();
    let page = page(&bytes.into_inner());
    assert_eq!((page.bits_per_sample, page.orientation, page.tone), (16, 8, Some(tones[0])));
}

#[test]
fn black_and_white_follow_the_photometric_tag() {
    let bits = || vec![vec![0xF0, 0x00]];
    let white_is_zero = page(&bitonal(8, 2, 1).file(&bits()));
    assert_eq!((white_is_zero.colour, white_is_zero.tone.unwrap().black_ppm), (ColourModel::Bitonal, 250_000));
    let mut black_is_zero = bitonal(8, 2, 1);
    black_is_zero.entries.last_mut().unwrap().3 = [1, 0, 0, 0];
    assert_eq!(page(&black_is_zero.file(&bits())).tone.unwrap().black_ppm, 750_000);
    // Group 4: a white row, in both readings.
    assert_eq!(page(&fax(64, 20)).tone.unwrap().white_ppm, 1_000_000);
    let mut negative = fax(64, 20);
    let at = negative.windows(2).position(|tag| tag == [6, 1]).unwrap();
    negative[at + 8] = 1;
    assert_eq!(page(&negative).tone.unwrap().black_ppm, 1_000_000);
}

#[test]
fn fill_order_turns_the_bits() {
    let plain = bitonal(8, 1, 1).file(&[vec![0b1110_0000]]);
    let turned = bitonal(8, 1, 1).short(266, 2).file(&[vec![0b0000_0111]]);
    assert_eq!(page(&plain).tone, page(&turned).tone);
    let fax = bitonal(8, 3, 4).file(&[vec![0b1110_0000]]);
    let turned = bitonal(8, 3, 4).short(266, 2).file(&[vec![0b0000_0111]]);
    assert_eq!(page(&fax).decoded, Decoded::Whole);
    assert_eq!(page(&turned).decoded, Decoded::Whole);
}

#[test]
fn every_plane_is_read() {
    let planar = Built::default()
        .long(256, 2)
        .long(257, 2)
        .short(258, 8)
        .short(259, 1)
        .short(262, 2)
        .short(277, 3)
        .short(284, 2)
        .short(278, 2);
    let whole = planar.clone().file(&[vec![255; 4], vec![0; 4], vec![0; 4]]);
    assert_eq!(page(&whole).tone.unwrap().coloured_ppm, 1_000_000);
    // The first plane alone would be a picture, too.
    let first_alone = planar.file(&[vec![255; 4]]);
    assert!(matches!(page(&first_alone).decoded, Decoded::Damaged { .. }));
}

#[test]
fn a_palette_gives_its_colours() {
    let mut bytes =
        Built::default().long(256, 4).long(257, 1).short(258, 1).short(259, 1).short(262, 3).file(&[vec![0b1100_0000]]);
    // The colour map goes behind everything: reds, greens, blues; 0 is white, 1 is red.
    let map: Vec<u8> =
        [0xFFFF_u16, 0xFFFF, 0xFFFF, 0, 0xFFFF, 0].iter().flat_map(|level| level.to_le_bytes()).collect();
    let at = u32::try_from(bytes.len()).unwrap();
    bytes.extend(map);
    let count = bytes[8];
    bytes[8] = count + 1;
    // One more entry moves what follows the directory by twelve bytes.
    let end = 10 + 12 * usize::from(count);
    let mut entry = vec![0x40, 1, 3, 0, 6, 0, 0, 0];
    entry.extend((at + 12).to_le_bytes());
    bytes.splice(end..end, entry);
    let offset = bytes.windows(2).position(|tag| tag == [0x11, 1]).unwrap() + 8;
    bytes[offset] += 12;
    let page = page(&bytes);
    assert_eq!((page.colour, page.decoded), (ColourModel::Palette, Decoded::Whole));
    assert_eq!((page.tone.unwrap().coloured_ppm, page.tone.unwrap().white_ppm), (500_000, 500_000));
}

#[test]
fn tiles_over_the_edge_count_only_what_is_page() {
    let tiled = |compression| {
        let built = if compression == 1 { grey(10, 10) } else { bitonal(20, 10, compression) };
        built.long(322, 16).long(323, 16).tiled()
    };
    // The part beyond the edge is black.
    let mut tile = vec![0; 256];
    (0..10).for_each(|row| tile[row * 16..row * 16 + 10].fill(255));
    assert_eq!(page(&tiled(1).file(&[tile])).tone.unwrap().white_ppm, 1_000_000);
    let white = vec![0xFF, 0xFF];
    assert_eq!(page(&tiled(4).file(&[white.clone(), white])).tone.unwrap().white_ppm, 1_000_000);
}

#[test]
fn a_chain_must_end() {
    let good = fax(64, 20);
    assert_eq!(measured(&good).completeness, Completeness::Complete);
    let pointer = 10 + 12 * u64::from(good[8]);
    let missing = |at_byte| Completeness::Incomplete { missing: MissingPart::Directory, at_byte };
    let with_next = |next: u32| {
        let mut bytes = good.clone();
        let at = usize::try_from(pointer).unwrap();
        bytes[at..at + 4].copy_from_slice(&next.to_le_bytes());
        measured(&bytes)
    };
    assert_eq!(with_next(8).completeness, missing(pointer), "a loop");
    assert_eq!(with_next(1 << 30).completeness, missing(pointer), "beyond the end");
    // The page itself is there and is listed.
    assert_eq!(with_next(8).pages.len(), 1);
    let mut patched_last = good.clone();
    patched_last[4..8].fill(0);
    assert_eq!(measured(&patched_last).completeness, missing(4));
}

#[test]
fn strips_must_lie_in_the_file() {
    let one = grey(10, 10).file(&[vec![200; 100]]);
    let cut = measured(&one[..one.len() - 1]);
    let missing = MissingPart::ImageData;
    assert_eq!(cut.completeness, Completeness::Incomplete { missing, at_byte: one.len() as u64 - 1 });
    assert_eq!(cut.pages.len(), 1);
    // A strip that was never written, and fewer strips than rows.
    let unwritten = grey(10, 10).long(278, 5).file(&[vec![200; 50], vec![]]);
    assert!(matches!(
        measured(&unwritten).completeness,
        Completeness::Incomplete { missing: MissingPart::ImageData, .. }
    ));
    let too_few = grey(10, 10).long(278, 2).file(&[vec![200; 20], vec![200; 20]]);
    assert!(matches!(page(&too_few).decoded, Decoded::Damaged { .. }));
}

#[test]
fn rows_before_the_damage_are_told() {
    let short = bitonal(8, 8, 4).file(&[vec![0b1110_0000, 0, 0, 0, 0, 0]]);
    assert_eq!(page(&short).decoded, Decoded::Damaged { rows: Some(3) });
    let strips = grey(10, 4).long(278, 2).file(&[vec![200; 20], vec![200; 15]]);
    assert_eq!(page(&strips).decoded, Decoded::Damaged { rows: Some(3) });
}

#[test]
fn limits_hold_before_decoding() {
    let huge = bitonal(65_535, 65_535, 4).file(&[vec![0; 6]]);
    assert_eq!(page(&huge).decoded, Decoded::Refused { limit: Limit::PixelsPerPage });
    let wide = bitonal(u32::MAX, 1, 4).file(&[vec![0; 6]]);
    assert_eq!(page(&wide).decoded, Decoded::Refused { limit: Limit::PixelsPerPage });
    let limits = Limits { pages: 2, ..Limits::default() };
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes).unwrap();
    (0..4).for_each(|_| encoder.write_image::<Gray8>(1, 1, &[7]).unwrap());
    let many = measured_within(&bytes.into_inner(), &limits);
    assert_eq!(many.pages.len(), 3);
    assert_eq!(many.pages[2].decoded, Decoded::Refused { limit: Limit::Pages });
    assert_eq!(many.completeness, crate::image::stopped_by(Limit::Pages));
}

#[test]
fn what_cannot_be_decoded_is_not_called_damaged() {
    for (compression, feature) in
        [(6, "tiff-old-jpeg"), (50_000, "tiff-compression-50000"), (34_661, "tiff-compression-34661")]
    {
        let bytes = bitonal(8, 8, compression).file(&[vec![1, 2, 3, 4]]);
        assert_eq!(page(&bytes).decoded, Decoded::Unsupported { feature: feature.to_owned() });
        assert_eq!(measured(&bytes).completeness, Completeness::Complete);
    }
    let odd = grey(8, 8).shorts(258, [8, 4]).file(&[vec![0; 64]]);
    let _ = page(&odd);
}

#[test]
fn a_bomb_yields_no_more_than_its_page() {
    use std::io::Write as _;
    let mut bomb = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    bomb.write_all(&vec![255; 20 << 20]).unwrap();
    let mut built = grey(10, 10);
    built.entries[3].3 = [8, 0, 0, 0];
    let page = page(&built.file(&[bomb.finish().unwrap()]));
    assert_eq!((page.decoded, page.tone.unwrap().white_ppm), (Decoded::Whole, 1_000_000));
}
