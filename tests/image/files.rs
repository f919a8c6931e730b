//! Files made to hurt, byte by byte. Each is small; what it asks for is not.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use torikomi::measurements::{Decoded, Limit};

/// Named files, and what must be found on the last page of each.
pub fn refused() -> Vec<(&'static str, Vec<u8>, Decoded)> {
    let refused = |limit| Decoded::Refused { limit };
    vec![
        ("JPEG of 65500 × 65500", jpeg(0xC0, 65_500, 65_500, 1), refused(Limit::PixelsPerPage)),
        ("progressive JPEG of 65500 × 65500", jpeg(0xC2, 65_500, 65_500, 1), refused(Limit::PixelsPerPage)),
        ("JPEG of a thousand scans", jpeg(0xC2, 100, 100, 1000), refused(Limit::Operations)),
        ("TIFF of 65535 × 65535 in six bytes", tiff(65_535, 65_535, &[0; 6]), refused(Limit::PixelsPerPage)),
        ("TIFF four thousand million pixels wide", tiff(u32::MAX, 1, &[0; 6]), refused(Limit::PixelsPerPage)),
        ("TIFF of a hundred thousand directories", many_directories(100_000), refused(Limit::Pages)),
        ("PNG of 2147483647 × 2147483647", png(0x7FFF_FFFF, 0x7FFF_FFFF, &[]), refused(Limit::PixelsPerPage)),
        ("PNG of 1.6 thousand million pixels", png(40_000, 40_000, &[]), refused(Limit::PixelsPerPage)),
        ("JPEG 2000 in tiles of one pixel", jpeg_2000(1240, 1754, 1, 1), refused(Limit::Operations)),
        ("JPEG 2000 of 60000 × 60000", jpeg_2000(60_000, 60_000, 60_000, 60_000), refused(Limit::PixelsPerPage)),
        ("JBIG2 of 60000 × 60000", jbig2_in_pdf(60_000, 60_000), refused(Limit::PixelsPerPage)),
        ("forms that draw each other ten times over", laughs(10), refused(Limit::Operations)),
        ("PDF of 600 pages", many_pages(600), refused(Limit::Pages)),
    ]
}

/// Files that must not pass for whole.
pub fn broken() -> Vec<(&'static str, Vec<u8>)> {
    let good = tiff(64, 16, &[0xFF; 2]);
    let pointer = 10 + 12 * usize::from(good[8]);
    let with = |at: usize, value: u32| {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        bytes
    };
    let strip_length = good.windows(2).position(|tag| tag == [0x17, 1]).unwrap() + 8;
    let mut holed = vec![0xFF; 200];
    holed[50..150].fill(0);
    vec![
        ("TIFF whose directories run in a circle", with(pointer, 8)),
        ("TIFF whose next directory lies beyond the end", with(pointer, 1 << 30)),
        ("TIFF with a strip of 2 GB", with(strip_length, 2_000_000_000)),
        ("Group 4 with a hole of zeros", tiff(64, 1600, &holed)),
        ("JPEG without data", jpeg(0xC0, 100, 100, 1)),
        ("PNG without data", png(10, 10, &[])),
        ("JPEG 2000 without data", jpeg_2000(100, 100, 100, 100)),
        ("JBIG2 without data behind its region", jbig2_in_pdf(64, 64)),
        (
            "PDF whose page is its own parent's parent",
            pdf(&["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R]/Count 1>>"]),
        ),
        ("PDF of nothing", b"%PDF-1.7\n%%EOF\n".to_vec()),
    ]
}

/// Files that are only strange: the worker must come to an answer.
pub fn odd() -> Vec<(&'static str, Vec<u8>)> {
    let page = |media: &str, content: &str| format!("<</Type/Page/Parent 2 0 R/MediaBox[{media}]/Contents {content}>>");
    let around = |page: &str, content: &str| {
        pdf(&["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", page, content])
    };
    let nested = format!("{}{}", "[".repeat(200_000), "]".repeat(200_000));
    let saved = "q ".repeat(5_000_000);
    let saved = format!("<</Length {}>>\nstream\n{saved}\nendstream", saved.len());
    let own_length = "<</Length 4 0 R>>\nstream\nq Q\nendstream";
    let text = [b"key\0\0".as_slice(), &deflated(&mut std::iter::repeat_n(&[b'x'; 1 << 20][..], 300))].concat();
    vec![
        ("a page of 350 metres", around(&page("0 0 1000000 1000000", "4 0 R"), "<</Length 0>>\nstream\n\nendstream")),
        ("arrays 200,000 deep", around(&page("0 0 72 72", "4 0 R"), &nested)),
        ("five million saved states", around(&page("0 0 72 72", "4 0 R"), &saved)),
        ("a form that draws itself without end", pdf_page("/F Do", &[form("/F Do /F Do", 5)])),
        ("a stream that is as long as itself", around(&page("0 0 72 72", "4 0 R"), own_length)),
        ("a page without numbers for its size", around(&page("a b c d", "4 0 R"), "null")),
        ("a table that is its own predecessor", own_predecessor()),
        ("PNG with 300 MB of text", png(1, 1, &[(*b"zTXt", text)])),
        (
            "TIFF of 200 MB in one pixel",
            tiff_deflated(1, 1, &deflated(&mut std::iter::repeat_n(&[0; 1 << 20][..], 200))),
        ),
        ("PDF image of 200 MB in one pixel", image_bomb(200)),
    ]
}

/// Files that are met by nothing but the cap on memory.
pub fn memory_bombs() -> Vec<(&'static str, Vec<u8>)> {
    let spaces = deflated(&mut std::iter::repeat_n(&[b' '; 1 << 20][..], 600));
    let twice = deflated(&mut std::iter::once(&spaces[..]));
    let content = |filter: &str, data: &[u8]| {
        pdf_bytes(&[
            b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Contents 4 0 R>>".to_vec(),
            stream(&format!("/Filter{filter}"), data),
        ])
    };
    vec![
        ("drawing instructions of 600 MB", content("/FlateDecode", &spaces)),
        ("drawing instructions packed twice", content("[/FlateDecode/FlateDecode]", &twice)),
        ("objects in a stream of 600 MB", packed_objects(600)),
    ]
}

/// Files of a format that is not taken in, with lies that its readers are known to believe.
pub fn dicom() -> Vec<(&'static str, Vec<u8>)> {
    let with = |elements: &[u8]| [&[0; 128], &b"DICM"[..], elements].concat();
    let sequence = b"\x40\x00\x75\xA0\xFF\xFF\xFF\xFF\xFE\xFF\x00\xE0\xFF\xFF\xFF\xFF";
    vec![
        ("DICOM with an element of 4 GB", with(b"\xE0\x7F\x10\x00OW\0\0\xF0\xFF\xFF\xFF")),
        ("DICOM with an element of 2 GB", with(b"\xE0\x7F\x10\x00OW\0\0\xF0\xFF\xFF\x7F")),
        ("DICOM of 100,000 sequences in each other", with(&sequence.repeat(100_000))),
    ]
}

/// Files that keep a worker busy within its memory.
pub fn endless() -> Vec<(&'static str, Vec<u8>)> {
    let nothing = b"n ".repeat(1 << 19);
    let steps = deflated(&mut std::iter::repeat_n(&nothing[..], 500));
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Contents 4 0 R>>".to_vec(),
        stream("/Filter/FlateDecode", &steps),
    ];
    vec![("260 million steps that draw nothing", pdf_bytes(&objects))]
}

/// One page that one good inline image covers.
pub fn good_jpeg_pdf() -> Vec<u8> {
    pdf_page("q 72 0 0 72 0 0 cm BI /W 8 /H 8 /BPC 1 /CS /G /F /AHx ID FF00FF00FF00FF00> EI Q", &[])
}

/// The same with a title.
pub fn titled_pdf(title: &str) -> Vec<u8> {
    let bytes = good_jpeg_pdf();
    let at = bytes.windows(5).rposition(|word| word == b"/Root").unwrap();
    [&bytes[..at], format!("/Info<</Title({title})>>").as_bytes(), &bytes[at..]].concat()
}

/// A small page that names somebody in each tag that has room for it: name, description, maker, software, artist, computer.
pub fn tagged_tiff(text: &str) -> Vec<u8> {
    let good = tiff(64, 16, &[0xFF; 2]);
    let count = usize::from(good[8]);
    let (entries, rest) = (&good[10..10 + 12 * count], &good[10 + 12 * count..]);
    let texts = [269_u16, 270, 271, 305, 315, 316];
    let grown = u32::try_from(12 * texts.len()).unwrap();
    let length = u32::try_from(text.len() + 1).unwrap();
    let at = u32::try_from(good.len()).unwrap() + grown;
    let mut tags: Vec<(u16, Vec<u8>)> = entries
        .chunks(12)
        .map(|entry| {
            let tag = u16::from_le_bytes([entry[0], entry[1]]);
            let value = u32::from_le_bytes(entry[8..12].try_into().unwrap());
            // The strip lies behind the directory.
            let value = if tag == 273 { value + grown } else { value };
            (tag, [&entry[..8], &value.to_le_bytes()].concat())
        })
        .collect();
    for tag in texts {
        tags.push((tag, [&tag.to_le_bytes()[..], &[2, 0], &length.to_le_bytes(), &at.to_le_bytes()].concat()));
    }
    tags.sort_by_key(|(tag, _)| *tag);
    let mut bytes = good[..8].to_vec();
    bytes.extend(u16::try_from(tags.len()).unwrap().to_le_bytes());
    tags.iter().for_each(|(_, entry)| bytes.extend(entry));
    bytes.extend(rest);
    bytes.extend(text.bytes());
    bytes.push(0);
    bytes
}

fn deflated(parts: &mut dyn Iterator<Item = &[u8]>) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    parts.for_each(|part| encoder.write_all(part).unwrap());
    encoder.finish().unwrap()
}

fn jpeg(frame: u8, width: u16, height: u16, scans: usize) -> Vec<u8> {
    let mut bytes = b"\xFF\xD8\xFF\xDB\x00\x43\x00".to_vec();
    bytes.extend([1; 64]);
    bytes.extend([0xFF, frame, 0, 11, 8]);
    bytes.extend(height.to_be_bytes());
    bytes.extend(width.to_be_bytes());
    bytes.extend([1, 1, 0x11, 0]);
    for table in [0x00, 0x10] {
        bytes.extend([0xFF, 0xC4, 0, 20, table, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]);
    }
    for _ in 0..scans {
        bytes.extend([0xFF, 0xDA, 0, 8, 1, 1, 0, 0, if frame == 0xC2 { 0 } else { 63 }, 0, 0x55]);
    }
    bytes.extend([0xFF, 0xD9]);
    bytes
}

fn tiff(width: u32, height: u32, strip: &[u8]) -> Vec<u8> {
    tiff_of(&[(256, width), (257, height), (258, 1), (259, 4), (262, 0), (277, 1), (278, height)], strip)
}

fn tiff_deflated(width: u32, height: u32, strip: &[u8]) -> Vec<u8> {
    tiff_of(&[(256, width), (257, height), (258, 8), (259, 8), (262, 1), (277, 1), (278, height)], strip)
}

fn tiff_of(tags: &[(u16, u32)], strip: &[u8]) -> Vec<u8> {
    let count = tags.len() + 2;
    let data = u32::try_from(8 + 2 + 12 * count + 4).unwrap();
    let mut tags = tags.to_vec();
    tags.extend([(273, data), (279, u32::try_from(strip.len()).unwrap())]);
    tags.sort_unstable();
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    bytes.extend(u16::try_from(count).unwrap().to_le_bytes());
    for (tag, value) in tags {
        bytes.extend(tag.to_le_bytes());
        bytes.extend([4, 0, 1, 0, 0, 0]);
        bytes.extend(value.to_le_bytes());
    }
    bytes.extend([0; 4]);
    bytes.extend(strip);
    bytes
}

fn many_directories(count: u32) -> Vec<u8> {
    let mut bytes = b"II*\0\x08\0\0\0".to_vec();
    for n in 1..=count {
        // One tag: the width.
        bytes.extend([1, 0, 0, 1, 4, 0, 1, 0, 0, 0, 1, 0, 0, 0]);
        let next = if n == count { 0 } else { 8 + 18 * n };
        bytes.extend(next.to_le_bytes());
    }
    bytes
}

fn png(width: u32, height: u32, more: &[([u8; 4], Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"\x89PNG\r\n\x1A\n".to_vec();
    let mut chunk = |kind: &[u8; 4], body: &[u8]| {
        bytes.extend(u32::try_from(body.len()).unwrap().to_be_bytes());
        let start = bytes.len();
        bytes.extend(kind);
        bytes.extend(body);
        let mut check = flate2::Crc::new();
        check.update(&bytes[start..]);
        bytes.extend(check.sum().to_be_bytes());
    };
    let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
    header.extend([8, 0, 0, 0, 0]);
    chunk(b"IHDR", &header);
    more.iter().for_each(|(kind, body)| chunk(kind, body));
    if width == 1 {
        chunk(b"IDAT", &deflated(&mut std::iter::once(&[0, 200][..])));
    }
    chunk(b"IEND", &[]);
    bytes
}

/// A codestream of headers alone.
fn jpeg_2000(width: u32, height: u32, tile_width: u32, tile_height: u32) -> Vec<u8> {
    let mut bytes = b"\xFF\x4F\xFF\x51\x00\x29\x00\x00".to_vec();
    for number in [width, height, 0, 0, tile_width, tile_height, 0, 0] {
        bytes.extend(number.to_be_bytes());
    }
    bytes.extend([0, 1, 7, 1, 1]);
    bytes.extend(b"\xFF\x52\x00\x0C\x00\x00\x00\x01\x00\x00\x04\x04\x00\x01");
    bytes.extend(b"\xFF\x5C\x00\x04\x40\x40\xFF\xD9");
    bytes
}

fn jbig2_in_pdf(width: u32, height: u32) -> Vec<u8> {
    let mut data = vec![0, 0, 0, 0, 48, 0, 1, 0, 0, 0, 19];
    data.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    data.extend([0; 11]);
    // A generic region that promises more than it holds.
    data.extend([0, 0, 0, 1, 38, 0, 1, 0, 0, 0, 30]);
    let dict = "/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 1/Filter/JBIG2Decode";
    pdf_page("q 72 0 0 72 0 0 cm /F Do Q", &[stream(dict, &data)])
}

fn image_bomb(megabytes: usize) -> Vec<u8> {
    let data = deflated(&mut std::iter::repeat_n(&[0; 1 << 20][..], megabytes));
    let dict = "/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/FlateDecode";
    pdf_page("q 72 0 0 72 0 0 cm /F Do Q", &[stream(dict, &data)])
}

/// A document whose objects lie in one stream, behind a cross-reference stream, as PDF 1.5 has it.
fn packed_objects(megabytes: usize) -> Vec<u8> {
    let objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>",
    ];
    let (mut table, mut at) = (String::new(), 0);
    for (number, object) in (1..).zip(objects) {
        table.push_str(&format!("{number} {at} "));
        at += object.len() + 1;
    }
    let head = format!("{table}{} ", objects.join(" "));
    let blanks = vec![b' '; 1 << 20];
    let data = deflated(&mut std::iter::once(head.as_bytes()).chain(std::iter::repeat_n(&blanks[..], megabytes)));
    let mut bytes = b"%PDF-1.5\n".to_vec();
    let packed = bytes.len();
    bytes.extend(b"4 0 obj\n");
    bytes.extend(stream(&format!("/Type/ObjStm/N 3/First {}/Filter/FlateDecode", table.len()), &data));
    bytes.extend(b"\nendobj\n");
    let own = bytes.len();
    let offset = |at: usize| u32::try_from(at).unwrap().to_be_bytes();
    let mut rows = [&[0][..], &offset(0), &[0]].concat();
    for number in 0..3 {
        rows.extend([&[2][..], &offset(4), &[number]].concat());
    }
    rows.extend([&[1][..], &offset(packed), &[0], &[1], &offset(own), &[0]].concat());
    bytes.extend(b"5 0 obj\n");
    bytes.extend(stream("/Type/XRef/Size 6/W[1 4 1]/Root 1 0 R", &rows));
    bytes.extend(format!("\nendobj\nstartxref\n{own}\n%%EOF\n").bytes());
    bytes
}

fn form(content: &str, inner: usize) -> Vec<u8> {
    let dict = format!("/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F {inner} 0 R>>>>");
    stream(&dict, content.as_bytes())
}

/// Each form draws the next ten times.
fn laughs(depth: usize) -> Vec<u8> {
    let mut forms: Vec<_> = (0..depth).map(|n| form(&"/F Do ".repeat(10), 6 + n)).collect();
    forms.push(stream("/Subtype/Form/BBox[0 0 9 9]", b""));
    pdf_page("/F Do", &forms)
}

fn many_pages(count: usize) -> Vec<u8> {
    let kids: String = (3..count + 3).map(|n| format!("{n} 0 R ")).collect();
    let mut objects =
        vec!["<</Type/Catalog/Pages 2 0 R>>".to_owned(), format!("<</Type/Pages/Kids[{kids}]/Count {count}>>")];
    objects.extend((0..count).map(|_| "<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]>>".to_owned()));
    pdf(&objects.iter().map(String::as_str).collect::<Vec<_>>())
}

fn own_predecessor() -> Vec<u8> {
    let bytes = pdf(&["<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[]/Count 0>>"]);
    let table = bytes.windows(4).rposition(|word| word == b"xref").unwrap();
    let table = bytes[..table].windows(5).rposition(|word| word == b"\nxref").map_or(0, |at| at + 1);
    String::from_utf8(bytes).unwrap().replace("/Root", &format!("/Prev {table}/Root")).into_bytes()
}

/// One square page; the objects follow from number 5, the first is `/F`.
fn pdf_page(content: &str, more: &[Vec<u8>]) -> Vec<u8> {
    let resources = if more.is_empty() { "" } else { "/Resources<</XObject<</F 5 0 R>>>>" };
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 72]/Contents 4 0 R{resources}>>").into_bytes(),
        stream("", content.as_bytes()),
    ];
    objects.extend_from_slice(more);
    pdf_bytes(&objects)
}

fn stream(dict: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = format!("<<{dict}/Length {}>>\nstream\n", data.len()).into_bytes();
    bytes.extend(data);
    bytes.extend(b"\nendstream");
    bytes
}

fn pdf(objects: &[&str]) -> Vec<u8> {
    pdf_bytes(&objects.iter().map(|object| object.as_bytes().to_vec()).collect::<Vec<_>>())
}

/// Objects from number 1 on, the first the catalogue, with a sound table.
fn pdf_bytes(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(objects) {
        offsets.push(bytes.len());
        bytes.extend(format!("{number} 0 obj\n").bytes());
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let table = bytes.len();
    bytes.extend(format!("xref\n0 {}\n0000000000 65535 f \n", objects.len() + 1).bytes());
    offsets.iter().for_each(|offset| bytes.extend(format!("{offset:010} 00000 n \n").bytes()));
    let size = objects.len() + 1;
    bytes.extend(format!("trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n").bytes());
    bytes
}
