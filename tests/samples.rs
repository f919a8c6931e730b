//! The sample scans: every file is accounted for, and what is expected of it is said in the words of the code.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails so")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use torikomi::document::{DeliveryState, DocumentState, HoldReason};
use torikomi::identification::Sidecar;
use torikomi::profile::{DEMONSTRATION, KNOWN_OUTCOMES};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    sample: Vec<Sample>,
}

/// One entry of `fixtures/samples/expected.toml`; `fixtures/README.md` explains the fields.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    name: String,
    files: Vec<String>,
    sidecar: Option<String>,
    profile: Option<String>,
    delivery: DeliveryState,
    document: Option<DocumentState>,
    hold: Option<HoldReason>,
    #[serde(default)]
    findings: Vec<String>,
    what: String,
}

#[test]
fn every_file_is_expected_and_every_expectation_has_its_file() {
    let (folder, expected) = samples();
    let mut named = BTreeSet::new();
    for sample in &expected.sample {
        for file in sample.files.iter().chain(&sample.sidecar) {
            assert!(named.insert(file.clone()), "{file} is named twice");
        }
    }
    let mut present = BTreeSet::new();
    let mut bytes = 0;
    for part in ["good", "bad"] {
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let entry = entry.unwrap();
            bytes += entry.metadata().unwrap().len();
            present.insert(format!("{part}/{}", entry.file_name().to_str().unwrap()));
        }
    }
    assert_eq!(named, present);
    assert!(bytes <= 6_000_000, "{bytes} bytes weigh on every clone");
}

#[test]
fn expectations_name_what_exists() {
    for Sample { name, profile, delivery, document, hold, findings, what, .. } in samples().1.sample {
        if let Some(profile) = profile {
            let file = format!("{profile}.toml");
            assert!(DEMONSTRATION.iter().any(|preset| preset.file_name == file), "{name}: no profile {profile}");
        }
        for finding in findings {
            assert!(KNOWN_OUTCOMES.iter().any(|known| known.name == finding), "{name}: no check {finding}");
        }
        assert_eq!(document.is_some(), delivery == DeliveryState::Taken, "{name}: only what is taken is a document");
        assert_eq!(hold.is_some(), document.is_some_and(DocumentState::is_open), "{name}: what is open is held");
        assert!(!what.is_empty(), "{name}");
    }
}

/// What is wrong with a bad sample is not its sidecar's spelling.
#[test]
fn every_sidecar_can_be_read() {
    let (folder, expected) = samples();
    for sidecar in expected.sample.iter().filter_map(|sample| sample.sidecar.as_ref()) {
        let text = fs::read_to_string(folder.join(sidecar)).unwrap();
        let text = text.replace("@TODAY@", "2026-11-20").replace("@NOW@", "2026-11-20T09:30:00+09:00");
        let facts = Sidecar::parse(text.as_bytes()).and_then(|sidecar| sidecar.facts(None));
        assert!(facts.is_ok(), "{sidecar}: {facts:?}");
    }
}

#[test]
fn patients_are_plainly_invented() {
    let text = fs::read_to_string(samples().0.join("patients.csv")).unwrap();
    for line in text.lines().skip(1) {
        let id: u32 = line.split(',').next().unwrap().parse().unwrap();
        assert!((9_990_001..=9_999_999).contains(&id), "{line}");
    }
}

fn samples() -> (PathBuf, Expected) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/samples");
    let text = fs::read_to_string(folder.join("expected.toml")).unwrap();
    (folder, toml::from_str(&text).unwrap_or_else(|error| panic!("{error}")))
}
