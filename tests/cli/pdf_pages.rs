//! `torikomi inspect` on PDF pages that say more of themselves than their pixels do.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::Value;

use crate::torikomi;

const A4: (u32, u32) = (595, 842);
/// Half as wide and half as high: a page at 150 dpi passes on it for one at 300.
const A6: (u32, u32) = (298, 421);
const ONE_IMAGE: &str = "q W 0 0 H 0 0 cm /I0 Do Q";

/// A PDF of one page of this size in points; `W` and `H` in its content stand for that size, `/I0` and so on for images
/// of so many pixels, in colour and without loss.
fn pdf(size: (u32, u32), content: &str, images: &[(u32, u32)], page: &str) -> Vec<u8> {
    pdf_of(1, size, content, images, page)
}

/// The same page so many times.
fn pdf_of(pages: usize, size: (u32, u32), content: &str, images: &[(u32, u32)], page: &str) -> Vec<u8> {
    let content = content.replace('W', &size.0.to_string()).replace('H', &size.1.to_string());
    let names: String = (0..images.len()).map(|number| format!("/I{number} {} 0 R", number + 5)).collect();
    let resources = format!("<</XObject<<{names}>>/Font<</F<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>");
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        Vec::new(),
        format!(
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {} {}]/Contents 4 0 R/Resources{resources}{page}>>",
            size.0, size.1
        )
        .into_bytes(),
        stream("", content.as_bytes()),
    ];
    for (width, height) in images {
        let dict = format!(
            "/Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceRGB/BitsPerComponent 8/Filter/FlateDecode"
        );
        objects.push(stream(&dict, &written(*width, *height)));
    }
    // Readers take a page that is named twice for a mistake, so each is an object of its own.
    let others: Vec<usize> = (1..pages).map(|number| objects.len() + number).collect();
    objects.extend(vec![objects[2].clone(); others.len()]);
    let kids: String = std::iter::once(3).chain(others).map(|number| format!("{number} 0 R ")).collect();
    objects[1] = format!("<</Type/Pages/Kids[{kids}]/Count {pages}>>").into_bytes();
    let mut bytes = b"%PDF-1.7\n".to_vec();
    let mut offsets = Vec::new();
    for (number, object) in (1..).zip(&objects) {
        offsets.push(bytes.len());
        bytes.extend([format!("{number} 0 obj\n").as_bytes(), object, b"\nendobj\n"].concat());
    }
    let table = bytes.len();
    let entries: String = offsets.iter().map(|offset| format!("{offset:010} 00000 n \n")).collect();
    let count = objects.len() + 1;
    bytes.extend(
        format!("xref\n0 {count}\n0000000000 65535 f \n{entries}trailer\n<</Size {count}/Root 1 0 R>>\nstartxref\n{table}\n%%EOF\n")
            .bytes(),
    );
    bytes
}

/// Dark lines on light paper.
fn written(width: u32, height: u32) -> Vec<u8> {
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::fast());
    for row in 0..height {
        let level = if row % 40 < 4 { 30 } else { 240 };
        deflated.write_all(&vec![level; width as usize * 3]).unwrap();
    }
    deflated.finish().unwrap()
}

fn stream(dict: &str, data: &[u8]) -> Vec<u8> {
    [format!("<<{dict}/Length {}>>\nstream\n", data.len()).as_bytes(), data, b"\nendstream"].concat()
}

/// The exit status, and what is neither passed nor without meaning, as `check outcome`.
fn inspected(bytes: &[u8], options: &[&str]) -> (i32, Vec<String>) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("scan.pdf");
    std::fs::write(&file, bytes).unwrap();
    let args = ["inspect", file.to_str().unwrap(), "--profile", "consent", "--json"];
    let ran = torikomi(None, &[&args, options].concat());
    let findings = ran.json()["files"][0]["judgement"]["findings"].as_array().unwrap().clone();
    let bad = |finding: &&Value| !["passed", "not-applicable"].contains(&finding["outcome"].as_str().unwrap());
    let told =
        |finding: &Value| format!("{} {}", finding["check"].as_str().unwrap(), finding["outcome"].as_str().unwrap());
    (ran.status, findings.iter().filter(bad).map(told).collect())
}

#[test]
fn a_good_page_passes() {
    assert_eq!(inspected(&pdf(A4, ONE_IMAGE, &[(2480, 3508)], ""), &[]), (0, vec![]));
    assert_eq!(inspected(&pdf(A4, ONE_IMAGE, &[(2480, 3508)], ""), &["--paper", "A4"]), (0, vec![]));
    // As programs that read letters leave it: the text is there and nobody sees it.
    let read = format!("{ONE_IMAGE} BT 3 Tr /F 12 Tf 50 50 Td (consent) Tj ET");
    assert_eq!(inspected(&pdf(A4, &read, &[(2480, 3508)], ""), &[]), (0, vec![]));
}

#[test]
fn a_page_that_says_it_is_smaller_is_not_finer() {
    let coarse = (1, vec!["resolution_below_minimum failed".to_owned()]);
    assert_eq!(inspected(&pdf(A4, ONE_IMAGE, &[(1240, 1754)], ""), &[]), coarse);
    let half = pdf(A6, ONE_IMAGE, &[(1240, 1754)], "");
    let expected =
        ["paper_not_accepted failed", "resolution_below_minimum indeterminate", "resolution_absurd indeterminate"];
    assert_eq!(inspected(&half, &[]), (1, expected.map(String::from).to_vec()));
    // A paper that the delivery names, and the profile does not take, changes nothing.
    assert_eq!(inspected(&half, &["--paper", "A6"]), (1, expected.map(String::from).to_vec()));
}

#[test]
fn every_image_of_a_page_is_judged() {
    let halves = "q W 0 0 421 0 421 cm /I0 Do Q q W 0 0 421 0 0 cm /I1 Do Q";
    let (status, found) = inspected(&pdf(A4, halves, &[(2480, 1754), (2480, 1754)], ""), &[]);
    // Strips or layers: that is for a person to see, and all that is.
    assert_eq!((status, found), (1, vec!["page_in_layers indeterminate".to_owned()]));
    let (_, found) = inspected(&pdf(A4, halves, &[(2480, 1754), (1240, 877)], ""), &[]);
    assert_eq!(found, ["resolution_below_minimum failed", "page_in_layers indeterminate"]);
    // An image on part of the page, and nothing beside it.
    let (_, found) = inspected(&pdf(A4, "q W 0 0 600 0 0 cm /I0 Do Q", &[(2480, 2500)], ""), &[]);
    assert_eq!(found, ["page_partly_bare failed"]);
}

#[test]
fn what_a_program_drew_over_a_scan_is_found() {
    let over =
        |content: &str, page: &str| inspected(&pdf(A4, &format!("{ONE_IMAGE} {content}"), &[(2480, 3508)], page), &[]);
    let found = (1, vec!["page_drawn_over failed".to_owned()]);
    assert_eq!(over("BT /F 12 Tf 50 50 Td (agreed) Tj ET", ""), found);
    assert_eq!(over("1 g 50 50 200 20 re f", ""), found);
    assert_eq!(over("", "/Annots[<</Type/Annot/Subtype/Stamp/Rect[50 50 200 90]>>]"), found);
    assert_eq!(over("", "/Annots[<</Type/Annot/Subtype/Link/Rect[50 50 200 90]>>]"), (0, vec![]));
    // A page painted white before the scan goes on it is nothing that shows.
    let under = format!("1 g 0 0 W H re f {ONE_IMAGE}");
    assert_eq!(inspected(&pdf(A4, &under, &[(2480, 3508)], ""), &[]), (0, vec![]));
}

#[test]
fn more_pages_than_are_read_are_one_finding() {
    let pages = |count| inspected(&pdf_of(count, A4, ONE_IMAGE, &[(2480, 3508)], ""), &[]);
    assert_eq!(pages(50), (0, vec![]));
    let found = (1, vec!["page_limit_exceeded failed".to_owned()]);
    assert_eq!(pages(51), found);
    assert_eq!(pages(501), found);
}
