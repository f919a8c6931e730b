//! The sample scans that the demonstration shows, and what should become of each.

use serde::Deserialize;

use crate::document::{DeliveryState, DocumentState, HoldReason};

/// What `fixtures/samples/expected.toml` says of one sample.
#[derive(Clone, Debug, Deserialize)]
pub struct Sample {
    pub name: String,
    pub files: Vec<String>,
    pub sidecar: Option<String>,
    pub delivery: DeliveryState,
    pub document: Option<DocumentState>,
    pub hold: Option<HoldReason>,
    /// The checks that do not pass, in their order.
    #[serde(default)]
    pub findings: Vec<String>,
}

#[derive(Deserialize)]
struct Expected {
    sample: Vec<Sample>,
}

macro_rules! files {
    ($($name:literal,)+) => {
        &[$(($name, include_bytes!(concat!("../../../fixtures/samples/", $name)))),+]
    };
}

/// Every file, by its path below `fixtures/samples`.
static FILES: &[(&str, &[u8])] = files![
    "good/admission-plan.json",
    "good/admission-plan.pdf",
    "good/care-plan.json",
    "good/care-plan.pdf",
    "good/consent.jpg",
    "good/consent.json",
    "good/ecg.json",
    "good/ecg.tif",
    "good/referral-letter-p1.tif",
    "good/referral-letter-p2.tif",
    "good/referral-letter-two-files.json",
    "good/referral-letter.json",
    "good/referral-letter.tif",
    "good/検査報告書-0001.json",
    "good/検査報告書-0001.png",
    "bad/bitonal-consent.json",
    "bad/bitonal-consent.tif",
    "bad/blank-page.json",
    "bad/blank-page.tif",
    "bad/double-feed.json",
    "bad/double-feed.tif",
    "bad/dpi-tag-1.json",
    "bad/dpi-tag-1.tif",
    "bad/dpi-tag-9600.json",
    "bad/dpi-tag-9600.tif",
    "bad/dpi-tag-missing.json",
    "bad/dpi-tag-missing.tif",
    "bad/empty-file.pdf",
    "bad/encrypted-pdf.json",
    "bad/encrypted-pdf.pdf",
    "bad/late.json",
    "bad/late.tif",
    "bad/no-date.json",
    "bad/no-date.tif",
    "bad/not-an-image.json",
    "bad/not-an-image.tif",
    "bad/page-missing.json",
    "bad/page-missing.tif",
    "bad/resolution-150-dpi.jpg",
    "bad/resolution-150-dpi.json",
    "bad/scan0001.tif",
    "bad/scanned-before-it-came.json",
    "bad/scanned-before-it-came.tif",
    "bad/scripted-pdf.json",
    "bad/scripted-pdf.pdf",
    "bad/truncated-jpeg.jpg",
    "bad/truncated-jpeg.json",
    "bad/truncated-tiff.json",
    "bad/truncated-tiff.tif",
    "bad/unknown-patient.json",
    "bad/unknown-patient.tif",
    "bad/wrong-extension.json",
    "bad/wrong-extension.tif",
];

pub static PATIENTS: &str = include_str!("../../../fixtures/samples/patients.csv");

/// The samples whose files are all in the program, in the order of the list. One is left out that asks for a file-name
/// template, which the demonstration's station has not.
///
/// # Errors
/// When the list cannot be read.
pub fn all() -> Result<Vec<Sample>, toml::de::Error> {
    let expected: Expected = toml::from_str(include_str!("../../../fixtures/samples/expected.toml"))?;
    let is_here = |sample: &Sample| sample.files.iter().chain(&sample.sidecar).all(|file| bytes(file).is_some());
    Ok(expected.sample.into_iter().filter(is_here).collect())
}

#[must_use]
pub fn bytes(path: &str) -> Option<&'static [u8]> {
    FILES.iter().find(|(name, _)| *name == path).map(|(_, bytes)| *bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_but_the_one_with_a_template_are_shown() {
        let shown = all().unwrap();
        assert_eq!(shown.len(), 27);
        assert!(shown.iter().all(|sample| sample.name != "contradicts-its-name"));
    }
}
