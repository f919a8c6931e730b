use std::io::Write as _;

use crate::image::Limits;
use crate::image::jpeg;
use crate::image::tests::{measured, measured_within};
use crate::measurements::{
    ColourModel, Completeness, Compression, Decoded, Limit, MissingPart, PageKind, PdfEncryption, SizeUm,
};

/// A PDF of numbered objects, 1 the catalogue, with a sound table.
pub(super) fn file(objects: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(objects) {
        offsets.push(bytes.len());
        writeln!(bytes, "{number} 0 obj").unwrap();
        bytes.extend(object);
        bytes.extend(b"\nendobj\n");
    }
    let table = bytes.len();
    writeln!(bytes, "xref\n0 {}\n0000000000 65535 f ", objects.len() + 1).unwrap();
    offsets.iter().for_each(|offset| writeln!(bytes, "{offset:010} 00000 n ").unwrap());
    writeln!(bytes, "trailer\n<</Size {}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF", objects.len() + 1).unwrap();
    bytes
}

pub(super) fn stream(dict: &str, data: &[u8]) -> Vec<u8> {
    let mut bytes = format!("<<{dict}/Length {}>>\nstream\n", data.len()).into_bytes();
    bytes.extend(data);
    bytes.extend(b"\nendstream");
    bytes
}

/// One page of 72 × 144 points; `page` adds to its dictionary, the objects follow from number 5.
pub(super) fn one_page(content: &str, page: &str, resources: &str, more: &[Vec<u8>]) -> Vec<u8> {
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
        format!("<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 144]/Contents 4 0 R/Resources<<{resources}>>{page}>>")
            .into_bytes(),
        stream("", content.as_bytes()),
    ];
    objects.extend_from_slice(more);
    file(&objects)
}

/// A page that one JPEG covers.
pub(in crate::image) fn with_jpeg(jpeg: &[u8], width: u32, height: u32) -> Vec<u8> {
    let image = stream(&jpeg_dict(width, height), jpeg);
    one_page("q 72 0 0 144 0 0 cm /I Do Q", "", "/XObject<</I 5 0 R>>", &[image])
}

fn jpeg_dict(width: u32, height: u32) -> String {
    format!(
        "/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/DCTDecode"
    )
}

const INCH: SizeUm = SizeUm { width_um: 25_400, height_um: 50_800 };

#[test]
fn a_scan_is_measured_where_it_is_drawn() {
    let measurements = measured(&with_jpeg(&jpeg::tests::grey(40, 80), 40, 80));
    let page = &measurements.pages[0];
    assert_eq!((page.kind, page.decoded.clone()), (PageKind::Scan, Decoded::Whole));
    assert_eq!((page.width_px, page.height_px, page.colour), (40, 80, ColourModel::Grey));
    assert_eq!((page.placed_size, page.page_size, page.orientation), (Some(INCH), Some(INCH), 1));
    assert_eq!(page.compression, [Compression::Jpeg]);
    assert_eq!(page.jpeg.unwrap().nearest_quality, 50);
    assert_eq!(page.images.len(), 1);
    assert_eq!(page.images[0].coverage_permille, 1000);
    assert!(page.tone.is_some() && page.appearance.is_some());
    let facts = measurements.pdf.unwrap();
    assert_eq!((facts.repaired, facts.revisions, facts.encryption), (Some(false), 1, Some(PdfEncryption::None)));
}

#[test]
fn unit_rotation_and_crop_are_reckoned_with() {
    let image = stream(&jpeg_dict(40, 80), &jpeg::tests::grey(40, 80));
    let page = |page: &str| {
        let bytes = one_page("q 72 0 0 144 0 0 cm /I Do Q", page, "/XObject<</I 5 0 R>>", std::slice::from_ref(&image));
        measured(&bytes).pages.remove(0)
    };
    let doubled = SizeUm { width_um: 50_800, height_um: 101_600 };
    assert_eq!((page("/UserUnit 2").placed_size, page("/UserUnit 2").page_size), (Some(doubled), Some(doubled)));
    let turned = page("/Rotate 90");
    assert_eq!((turned.orientation, turned.placed_size), (6, Some(INCH)));
    assert_eq!(turned.page_size, Some(SizeUm { width_um: 50_800, height_um: 25_400 }));
    assert_eq!(page("/Rotate -90").orientation, 8);
    let cropped = page("/CropBox[0 0 36 144]");
    assert_eq!(cropped.page_size.unwrap().width_um, 12_700);
    assert_eq!((cropped.placed_size, cropped.images[0].coverage_permille), (Some(INCH), 1000));
}

#[test]
fn forms_inline_images_and_turned_images_are_found() {
    let image = stream(&jpeg_dict(40, 80), &jpeg::tests::grey(40, 80));
    let form = stream(
        "/Type/XObject/Subtype/Form/BBox[0 0 1 1]/Matrix[.5 0 0 .5 0 0]/Resources<</XObject<</I 5 0 R>>>>",
        b"/I Do",
    );
    let bytes = one_page("q 72 0 0 144 0 0 cm /F Do Q", "", "/XObject<</F 6 0 R>>", &[image.clone(), form]);
    let half = measured(&bytes).pages.remove(0);
    assert_eq!(half.placed_size, Some(SizeUm { width_um: 12_700, height_um: 25_400 }));
    assert_eq!((half.images[0].coverage_permille, half.kind), (250, PageKind::Drawn));
    assert!(half.tone.is_some() && half.appearance.is_none(), "a piece speaks for no page");

    let inline = one_page("q 72 0 0 144 0 0 cm BI /W 8 /H 2 /BPC 1 /CS /G /F /AHx ID F0FF> EI Q", "", "", &[]);
    let inline = measured(&inline).pages.remove(0);
    assert_eq!((inline.width_px, inline.height_px, inline.colour), (8, 2, ColourModel::Bitonal));
    assert_eq!((inline.decoded, inline.compression), (Decoded::Whole, vec![Compression::Ascii]));
    assert_eq!(inline.tone.unwrap().black_ppm, 250_000);

    // Lying on its side: its own width runs up the page.
    let turned = one_page("q 0 144 -72 0 72 0 cm /I Do Q", "", "/XObject<</I 5 0 R>>", &[image]);
    let turned = measured(&turned).pages.remove(0);
    assert_eq!(turned.placed_size, Some(SizeUm { width_um: 50_800, height_um: 25_400 }));
    assert_eq!(turned.images[0].coverage_permille, 1000);
}

#[test]
fn pages_without_a_scan_say_so() {
    let font = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>";
    let text = measured(&one_page("BT /F 12 Tf 10 50 Td (text) Tj ET", "", font, &[])).pages.remove(0);
    assert_eq!((text.kind, text.decoded), (PageKind::Drawn, Decoded::NoImage));
    let empty = measured(&one_page("", "", "", &[])).pages.remove(0);
    assert_eq!((empty.kind, empty.decoded), (PageKind::Empty, Decoded::NoImage));
    let hidden = measured(&one_page("BT /F 12 Tf 3 Tr 10 50 Td (text) Tj ET", "", font, &[]));
    assert_eq!((hidden.pdf.unwrap().hidden_text_pages, hidden.pages[0].kind), (Some(1), PageKind::Empty));
}

#[test]
fn text_under_an_image_is_hidden() {
    let font = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>/XObject<</I 5 0 R>>";
    let image = stream(&jpeg_dict(40, 80), &jpeg::tests::grey(40, 80));
    let text = "BT /F 12 Tf 10 50 Td (text) Tj ET";
    let scan = "q 72 0 0 144 0 0 cm /I Do Q";
    let hidden = |content: &str| {
        measured(&one_page(content, "", font, std::slice::from_ref(&image))).pdf.unwrap().hidden_text_pages
    };
    assert_eq!(hidden(&format!("{text} {scan}")), Some(1));
    assert_eq!(hidden(&format!("{scan} {text}")), Some(0));
}

#[test]
fn what_shows_beside_a_scan_is_told() {
    let font = "/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>/XObject<</I 5 0 R/M 6 0 R>>/ExtGState<</H<</ca .5>>/X<</BM/Multiply>>>>";
    let image = stream(&jpeg_dict(40, 80), &jpeg::tests::grey(40, 80));
    let mask = "/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 8";
    let masked =
        stream("/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8/SMask 7 0 R", &[9; 4]);
    let objects = [image, masked, stream(mask, &[255; 64])];
    let drawing = |content: &str| {
        let drawing = measured(&one_page(content, "", font, &objects)).pages[0].drawing.unwrap();
        (drawing.text, drawing.lines)
    };
    let scan = "q 72 0 0 144 0 0 cm /I Do Q";
    let text = "BT /F 12 Tf 10 50 Td (text) Tj ET";
    let white = "1 g 10 10 20 20 re f";
    assert_eq!(drawing(scan), (false, false));
    assert_eq!(drawing(&format!("{scan} {text}")), (true, false));
    assert_eq!(drawing(&format!("{scan} {white}")), (false, true));
    // Letters that a program read and nobody sees.
    assert_eq!(drawing(&format!("{scan} BT /F 12 Tf 3 Tr 10 50 Td (text) Tj ET")), (false, false));
    // A page painted white before the image goes on it, and text under it.
    assert_eq!(drawing(&format!("{white} {text} {scan}")), (false, false));
    // Through these images it is seen all the same.
    for through in
        ["q 72 0 0 144 0 0 cm /M Do Q", "q /H gs 72 0 0 144 0 0 cm /I Do Q", "q /X gs 72 0 0 144 0 0 cm /I Do Q"]
    {
        assert_eq!(drawing(&format!("{white} {text} {through}")), (true, true), "{through}");
    }
    assert_eq!(drawing(&format!("{white} q 0 0 36 144 re W n 72 0 0 144 0 0 cm /I Do Q")), (false, true));
    assert_eq!(drawing(&format!("{scan} 100 10 20 20 re f 1 0 0 1 200 0 cm {white}")), (false, false));
}

#[test]
fn annotations_that_a_viewer_shows_are_told() {
    let image = stream(&jpeg_dict(40, 80), &jpeg::tests::grey(40, 80));
    let shown = |annotation: &str| {
        let page = format!("/Annots[<</Type/Annot/Rect[1 1 20 20]{annotation}>>]");
        let scan = "q 72 0 0 144 0 0 cm /I Do Q";
        let bytes = one_page(scan, &page, "/XObject<</I 5 0 R>>", std::slice::from_ref(&image));
        measured(&bytes).pages[0].drawing.unwrap().annotations
    };
    assert!(shown("/Subtype/Stamp"));
    assert!(shown("/Subtype/FreeText/F 4"));
    assert!(!shown("/Subtype/Link"));
    assert!(!shown("/Subtype/Stamp/F 2") && !shown("/Subtype/Stamp/F 32"));
    assert!(!shown("/Subtype/Widget/Rect[0 0 0 0]"));
}

#[test]
fn images_that_overlap_cover_once() {
    let image = stream(&jpeg_dict(40, 80), &jpeg::tests::grey(40, 80));
    let covered = |content: &str| {
        let bytes = one_page(content, "", "/XObject<</I 5 0 R>>", std::slice::from_ref(&image));
        let page = measured(&bytes).pages.remove(0);
        (page.covered_ppm.unwrap(), page.kind)
    };
    assert_eq!(covered("q 72 0 0 144 0 0 cm /I Do Q"), (1_000_000, PageKind::Scan));
    let half = "q 36 0 0 144 0 0 cm /I Do Q";
    assert_eq!(covered(half), (500_000, PageKind::Scan));
    assert_eq!(covered(&format!("{half} {half}")), (500_000, PageKind::Scan));
    let third = "q 72 0 0 36 0 0 cm /I Do Q";
    assert_eq!(covered(&format!("{third} {third} {third}")), (250_000, PageKind::Drawn));
    assert_eq!(covered(&format!("{half} q 36 0 0 144 36 0 cm /I Do Q")), (1_000_000, PageKind::Scan));
    // What a clip leaves of an image, and half of a square that stands on its corner.
    assert_eq!(covered("q 0 0 72 36 re W n 72 0 0 144 0 0 cm /I Do Q"), (250_000, PageKind::Drawn));
    let (ppm, _) = covered("q 36 36 -36 36 36 36 cm /I Do Q");
    assert!((248_000..252_000).contains(&ppm), "{ppm}");
}

#[test]
fn what_does_not_belong_in_a_scan_is_found() {
    let facts = |catalogue: &str, more: &[&str]| {
        let mut objects = vec![
            format!("<</Type/Catalog/Pages 2 0 R{catalogue}>>").into_bytes(),
            b"<</Type/Pages/Kids[3 0 R]/Count 1>>".to_vec(),
            b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 144]>>".to_vec(),
        ];
        objects.extend(more.iter().map(|object| object.as_bytes().to_vec()));
        measured(&file(&objects)).pdf.unwrap()
    };
    let clean = facts("", &[]);
    assert_eq!((clean.scripts, clean.launch_actions), (Some(false), Some(false)));
    assert_eq!((clean.embedded_files, clean.signatures), (Some(0), Some(0)));
    assert_eq!(facts("/OpenAction<</S/JavaScript/JS(x)>>", &[]).scripts, Some(true));
    assert_eq!(facts("", &["<</Names<</JavaScript 9 0 R>>>>"]).scripts, Some(true));
    assert_eq!(facts("", &["<</Type/Annot/A<</S/Launch/F(x)>>>>"]).launch_actions, Some(true));
    let opening = facts("/OpenAction 4 0 R", &["<</S/URI/URI(http://example.invalid/)>>"]);
    assert_eq!(opening.launch_actions, Some(true));
    let link = facts("", &["<</Type/Annot/A<</S/URI/URI(http://example.invalid/)>>>>"]);
    assert_eq!(link.launch_actions, Some(false));
    assert_eq!(facts("", &["<</Type/Filespec/F(a.txt)/EF<</F 5 0 R>>>>", "<<>>"]).embedded_files, Some(1));
    assert_eq!(facts("", &["<</Type/Sig/ByteRange[0 1 2 3]/Contents<00>>>"]).signatures, Some(1));
}

#[test]
fn what_was_not_read_is_not_told() {
    let objects = |third: &[u8]| {
        measured(&one_page("", "", "", &[b"<</S/JavaScript/JS(x)>>".to_vec(), third.to_vec()])).pdf.unwrap()
    };
    let read = objects(b"<<>>");
    assert_eq!((read.scripts, read.embedded_files), (Some(true), Some(0)));
    // A dictionary that does not end, and one nested too deep to be looked at: what was seen is told, and only that.
    for hides in [&b"<</EF)"[..], &[b"[".repeat(80), b"]".repeat(80)].concat()] {
        let unread = objects(hides);
        assert_eq!((unread.scripts, unread.launch_actions), (Some(true), None));
        assert_eq!((unread.embedded_files, unread.signatures), (None, None));
    }
    let nothing = measured(b"%PDF-1.4\nnothing\n%%EOF\n").pdf.unwrap();
    assert_eq!((nothing.encryption, nothing.repaired, nothing.scripts), (None, None, None));
    assert_eq!((nothing.embedded_files, nothing.signatures, nothing.hidden_text_pages), (None, None, None));
}

#[test]
fn broken_images_make_a_page_broken() {
    let good = jpeg::tests::grey(40, 80);
    let damaged = |bytes: &[u8]| measured(bytes).pages.remove(0).decoded;
    assert_eq!(damaged(&with_jpeg(&good[..good.len() - 30], 40, 80)), Decoded::Damaged { rows: None });
    // Too few samples, which readers fill up with nought.
    let raw = |bytes: usize| {
        let dict = "/Subtype/Image/Width 10/Height 10/ColorSpace/DeviceRGB/BitsPerComponent 8";
        one_page("72 0 0 144 0 0 cm /I Do", "", "/XObject<</I 5 0 R>>", &[stream(dict, &vec![200; bytes])])
    };
    assert_eq!(damaged(&raw(300)), Decoded::Whole);
    assert_eq!(damaged(&raw(299)), Decoded::Damaged { rows: None });
    // In a colour space nobody has named, how many samples there should be is not known.
    let unknown = |bytes: usize| {
        let dict = "/Subtype/Image/Width 10/Height 10/ColorSpace/NotNamed/BitsPerComponent 8";
        one_page("72 0 0 144 0 0 cm /I Do", "", "/XObject<</I 5 0 R>>", &[stream(dict, &vec![200; bytes])])
    };
    let not_told = Decoded::Unsupported { feature: "pdf-colour-space".to_owned() };
    assert_eq!((damaged(&unknown(300)), damaged(&unknown(5))), (not_told.clone(), not_told));
    // The predictor says how long its rows are.
    let predicted = |bytes: usize| {
        let mut deflated = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        deflated.write_all(&vec![0; bytes]).unwrap();
        let dict = "/Subtype/Image/Width 10/Height 10/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode\
                    /DecodeParms<</Predictor 15/Columns 5/Colors 3>>";
        let data = deflated.finish().unwrap();
        one_page("72 0 0 144 0 0 cm /I Do", "", "/XObject<</I 5 0 R>>", &[stream(dict, &data)])
    };
    assert_eq!((damaged(&predicted(320)), damaged(&predicted(319))), (Decoded::Whole, Decoded::Damaged { rows: None }));
    // An image that is named and not there.
    let gone = one_page("72 0 0 144 0 0 cm /I Do", "", "/XObject<</I 9 0 R>>", &[]);
    assert_eq!(damaged(&gone), Decoded::Damaged { rows: None });
    let unknown = one_page(
        "72 0 0 144 0 0 cm /I Do",
        "",
        "/XObject<</I 5 0 R>>",
        &[stream("/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Filter/NewDecode", b"x")],
    );
    assert_eq!(damaged(&unknown), Decoded::Unsupported { feature: "pdf-filter".to_owned() });
}

#[test]
fn masks_belong_to_their_image_and_are_decoded() {
    let image = |mask: &str| format!("/Subtype/Image/Width 2/Height 2/ColorSpace/DeviceGray/BitsPerComponent 8{mask}");
    let mask = "/Subtype/Image/Width 8/Height 8/ColorSpace/DeviceGray/BitsPerComponent 1";
    let bytes = |mask_data: &[u8]| {
        let objects = [stream(&image("/SMask 6 0 R"), &[9; 4]), stream(mask, mask_data)];
        one_page("72 0 0 144 0 0 cm /I Do", "", "/XObject<</I 5 0 R>>", &objects)
    };
    let page = measured(&bytes(&[0; 8])).pages.remove(0);
    assert_eq!(page.images.len(), 2);
    assert_eq!((page.images[1].width_px, page.images[1].bits_per_sample), (8, 1));
    assert_eq!((page.width_px, page.decoded), (2, Decoded::Whole));
    assert_eq!(measured(&bytes(&[0; 7])).pages[0].decoded, Decoded::Damaged { rows: None });
}

#[test]
fn the_background_is_the_page_and_the_stencil_is_listed() {
    let objects = [
        stream("/Subtype/Image/Width 2/Height 4/ColorSpace/DeviceGray/BitsPerComponent 8", &[200; 8]),
        stream("/Subtype/Image/Width 16/Height 8/ImageMask true/BitsPerComponent 1", &[0xFF; 16]),
    ];
    let content = "q 72 0 0 144 0 0 cm /A Do Q q 72 0 0 144 0 0 cm /B Do Q";
    let page = measured(&one_page(content, "", "/XObject<</A 5 0 R/B 6 0 R>>", &objects)).pages.remove(0);
    assert_eq!((page.width_px, page.colour), (2, ColourModel::Grey));
    assert!(page.images[1].stencil && !page.images[0].stencil);
    assert_eq!(page.images[1].width_px, 16);
}

#[test]
fn pages_that_are_announced_and_missing_are_not_passed_over() {
    let objects = [
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        b"<</Type/Pages/Kids[3 0 R 9 0 R]/Count 2>>".to_vec(),
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 72 144]>>".to_vec(),
    ];
    let measurements = measured(&file(&objects));
    assert_eq!(measurements.pages.len(), 2);
    assert_eq!(measurements.pages[1].decoded, Decoded::Damaged { rows: None });
}

#[test]
fn a_table_that_lies_is_repaired_and_told() {
    let good = with_jpeg(&jpeg::tests::grey(40, 80), 40, 80);
    let at = good.windows(9).rposition(|word| word == b"startxref").unwrap();
    let lying = [&good[..at], b"startxref\n0\n%%EOF\n"].concat();
    let measurements = measured(&lying);
    assert_eq!(measurements.completeness, Completeness::Complete);
    assert_eq!(measurements.pdf.unwrap().repaired, Some(true));
    assert_eq!(measurements.pages[0].decoded, Decoded::Whole);
}

#[test]
fn a_revision_that_breaks_off_is_incomplete() {
    let mut bytes = with_jpeg(&jpeg::tests::grey(40, 80), 40, 80);
    bytes.extend(b"9 0 obj\n<</Le");
    let at_byte = bytes.len() as u64;
    assert_eq!(measured(&bytes).completeness, Completeness::Incomplete { missing: MissingPart::EndMarker, at_byte });
}

#[test]
fn work_is_limited() {
    let few = Limits { operations: 100, images: 3, ..Limits::default() };
    let refused = Decoded::Refused { limit: Limit::Operations };
    let steps = "0 0 1 1 re f ".repeat(200);
    assert_eq!(measured_within(&one_page(&steps, "", "", &[]), &few).pages[0].decoded, refused);
    let image = stream(&jpeg_dict(40, 80), &jpeg::tests::grey(40, 80));
    let images = |n: usize| {
        let bytes = one_page(&"/I Do ".repeat(n), "", "/XObject<</I 5 0 R>>", std::slice::from_ref(&image));
        measured_within(&bytes, &few).pages.remove(0)
    };
    assert_eq!((images(3).decoded, images(3).images.len()), (Decoded::Whole, 3));
    assert_eq!((images(4).decoded, images(4).images.len()), (refused, 3));
    // A form that draws itself twice, thirty deep.
    let forms: Vec<_> = (5..35)
        .map(|n| {
            let dict = format!("/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</F {} 0 R>>>>", n + 1);
            stream(&dict, b"/F Do /F Do")
        })
        .chain([stream("/Subtype/Form/BBox[0 0 9 9]", b"0 0 1 1 re f")])
        .collect();
    let laughs = one_page("/F Do", "", "/XObject<</F 5 0 R>>", &forms);
    let refused = Decoded::Refused { limit: Limit::Operations };
    assert_eq!(measured_within(&laughs, &few).pages[0].decoded, refused);
}

#[test]
fn nesting_is_limited() {
    let deep = |depth: usize| {
        let array = [b"[".repeat(depth), b"]".repeat(depth)].concat();
        measured(&one_page("", "", "", &[array])).pages.remove(0).decoded
    };
    assert_eq!(deep(40), Decoded::NoImage);
    assert_eq!(deep(80), Decoded::Refused { limit: Limit::Nesting });
}

#[test]
fn a_huge_image_is_refused_by_its_dictionary_or_its_data() {
    let refused = Decoded::Refused { limit: Limit::PixelsPerPage };
    let dict = "/Subtype/Image/Width 60000/Height 60000/ColorSpace/DeviceGray/BitsPerComponent 8";
    let bytes = one_page("/I Do", "", "/XObject<</I 5 0 R>>", &[stream(dict, b"")]);
    assert_eq!(measured(&bytes).pages[0].decoded, refused);
    let mut jpeg = jpeg::tests::grey(40, 80);
    let frame = jpeg.windows(2).position(|two| two == [0xFF, 0xC0]).unwrap();
    jpeg[frame + 5..frame + 9].fill(0xFF);
    assert_eq!(measured(&with_jpeg(&jpeg, 40, 80)).pages[0].decoded, refused);
}

#[test]
fn a_file_that_is_no_pdf_inside_has_a_damaged_page() {
    let measurements = measured(b"%PDF-1.4\nnothing\n%%EOF\n");
    assert_eq!(measurements.completeness, Completeness::Complete);
    assert_eq!(measurements.pages[0].decoded, Decoded::Damaged { rows: None });
}
