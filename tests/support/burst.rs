//! What is delivered: samples under names of their own, each of other bytes, so that each makes a document.

use std::collections::BTreeMap;
use std::path::Path;

use torikomi::ids::Digest;

use crate::hospital::Hospital;

/// One document's files, by name, and what they held.
pub type Sent = BTreeMap<String, Digest>;

/// Delivers samples whose names begin with `prefix`.
pub fn deliver(hospital: &Hospital, prefix: &str) -> Vec<Sent> {
    let report = variant_of_png(&sample("検査報告書-0001.png"), prefix);
    vec![
        send(hospital, prefix, "検査報告書-0001.json", vec![("検査報告書-0001.png", report)]),
        deliver_consent(hospital, prefix),
    ]
}

/// One document of one page.
pub fn deliver_consent(hospital: &Hospital, prefix: &str) -> Sent {
    let consent = variant_of_jpeg(&sample("consent.jpg"), prefix);
    send(hospital, prefix, "consent.json", vec![("consent.jpg", consent)])
}

/// One document of two files, and one of three pages.
pub fn deliver_larger(hospital: &Hospital, prefix: &str) -> Vec<Sent> {
    let pages = ["referral-letter-p1.tif", "referral-letter-p2.tif"].map(|name| (name, sample(name)));
    vec![
        send(hospital, prefix, "referral-letter-two-files.json", pages.to_vec()),
        send(hospital, prefix, "care-plan.json", vec![("care-plan.pdf", sample("care-plan.pdf"))]),
    ]
}

/// What makes one document of one page, undelivered: its sidecar and its scan, by name.
pub fn consent(hospital: &Hospital, prefix: &str) -> [(String, Vec<u8>); 2] {
    let text = spoken_for(hospital, prefix, "consent.json", &["consent.jpg"]);
    let scan = variant_of_jpeg(&sample("consent.jpg"), prefix);
    [(format!("{prefix}-consent.json"), text.into_bytes()), (format!("{prefix}-consent.jpg"), scan)]
}

/// A sample's sidecar for files whose names begin with `prefix`, as of today.
fn spoken_for(hospital: &Hospital, prefix: &str, sidecar: &str, files: &[&str]) -> String {
    let (today, now) = hospital.today();
    let text = String::from_utf8(sample(sidecar)).unwrap().replace("@TODAY@", &today).replace("@NOW@", &now);
    files.iter().fold(text, |text, name| text.replace(name, &format!("{prefix}-{name}")))
}

/// As a scanner does it: the sidecar first, each file under another name until it is whole.
fn send(hospital: &Hospital, prefix: &str, sidecar: &str, files: Vec<(&str, Vec<u8>)>) -> Sent {
    let named: Vec<&str> = files.iter().map(|(name, _)| *name).collect();
    let text = spoken_for(hospital, prefix, sidecar, &named);
    put(&hospital.drop(), &format!("{prefix}-{sidecar}"), text.as_bytes());
    files
        .into_iter()
        .map(|(name, bytes)| {
            let name = format!("{prefix}-{name}");
            put(&hospital.drop(), &name, &bytes);
            (name, Digest::of(&bytes))
        })
        .collect()
}

pub fn put(drop: &Path, name: &str, bytes: &[u8]) {
    let part = drop.join(format!("{name}.part"));
    std::fs::write(&part, bytes).unwrap();
    std::fs::rename(part, drop.join(name)).unwrap();
}

pub fn sample(name: &str) -> Vec<u8> {
    std::fs::read(Path::new("fixtures/samples/good").join(name)).unwrap()
}

/// The same picture with a text chunk (PNG, third edition, 11.3.3.2) behind the header.
fn variant_of_png(png: &[u8], text: &str) -> Vec<u8> {
    const HEADER: usize = 8 + 25;
    let mut body = b"tEXtComment\0".to_vec();
    body.extend(text.bytes());
    let mut bytes = png[..HEADER].to_vec();
    bytes.extend((u32::try_from(body.len()).unwrap() - 4).to_be_bytes());
    bytes.extend(&body);
    bytes.extend(crc32fast::hash(&body).to_be_bytes());
    bytes.extend(&png[HEADER..]);
    bytes
}

/// The same picture with a comment segment (ITU-T T.81, B.2.4.5) behind JFIF's own.
pub fn variant_of_jpeg(jpeg: &[u8], text: &str) -> Vec<u8> {
    const HEADER: usize = 2 + 18;
    let mut bytes = jpeg[..HEADER].to_vec();
    bytes.extend([0xff, 0xfe]);
    bytes.extend((u16::try_from(text.len()).unwrap() + 2).to_be_bytes());
    bytes.extend(text.bytes());
    bytes.extend(&jpeg[HEADER..]);
    bytes
}
