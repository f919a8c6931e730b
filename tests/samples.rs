//! The sample scans: every file is accounted for, and measuring and inspection find in each what is wrong with it.

#![allow(clippy::unwrap_used, clippy::panic, clippy::cast_possible_truncation, reason = "a test fails so")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use torikomi::calendar::Calendar;
use torikomi::document::{DeliveryState, DocumentState, HoldReason};
use torikomi::identification::{Facts, Sidecar};
use torikomi::identity::{Identity, Source, Sourced};
use torikomi::image::{Limits, measure};
use torikomi::inspection::{Subject, SubjectPart, inspect};
use torikomi::judgement::{Judgement, Outcome, Severity};
use torikomi::measurements::{Completeness, Measurements};
use torikomi::profile::{DEMONSTRATION, KNOWN_OUTCOMES, Profile, lint};

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

#[test]
fn only_what_is_whole_is_taken() {
    let (folder, expected) = samples();
    for sample in &expected.sample {
        for measured in measurements(&folder, sample) {
            let delivery = match measured.completeness {
                Completeness::Complete => DeliveryState::Taken,
                Completeness::Incomplete { .. } => DeliveryState::Incomplete,
                Completeness::Unknown { .. } => DeliveryState::CompletenessUnknown,
            };
            assert_eq!(delivery, sample.delivery, "{}: {:?}", sample.name, measured.completeness);
        }
    }
}

#[test]
fn inspection_finds_what_is_wrong_and_nothing_else() {
    let (folder, expected) = samples();
    let mut wrong = Vec::new();
    for sample in &expected.sample {
        let (Some(document), Some(profile)) = (sample.document, &sample.profile) else { continue };
        let judgement = judge(&measurements(&folder, sample), statement(&folder, sample), &demonstration(profile));
        let hold = hold(&judgement);
        let found = judgement.findings.iter().filter(|finding| !is_good(&finding.outcome));
        let found: BTreeSet<&str> = found.map(|finding| finding.check.as_str()).collect();
        let expected: BTreeSet<&str> = sample.findings.iter().map(String::as_str).collect();
        if hold != sample.hold || found != expected || hold.is_some() != (document == DocumentState::Review) {
            wrong.push(format!("{}: {hold:?} {found:?}, not {:?} {expected:?}", sample.name, sample.hold));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What is wrong with a bad sample is not its sidecar's spelling.
#[test]
fn every_sidecar_can_be_read() {
    let (folder, expected) = samples();
    assert!(expected.sample.iter().filter(|sample| statement(&folder, sample).is_some()).count() > 20);
}

#[test]
fn patients_are_plainly_invented() {
    let text = fs::read_to_string(samples().0.join("patients.csv")).unwrap();
    for line in text.lines().skip(1) {
        let id: u32 = line.split(',').next().unwrap().parse().unwrap();
        assert!((9_990_001..=9_999_999).contains(&id), "{line}");
    }
}

fn measurements(folder: &Path, sample: &Sample) -> Vec<Measurements> {
    let measured = |file| measure(fs::File::open(folder.join(file)).unwrap(), &Limits::default()).unwrap();
    sample.files.iter().map(measured).collect()
}

/// What the sidecar says, delivered on a Friday morning.
fn statement(folder: &Path, sample: &Sample) -> Option<Facts> {
    let text = fs::read_to_string(folder.join(sample.sidecar.as_ref()?)).unwrap();
    let text = text.replace("@TODAY@", "2026-11-20").replace("@NOW@", "2026-11-20T09:30:00+09:00");
    let facts = Sidecar::parse(text.as_bytes()).and_then(|sidecar| sidecar.facts(None));
    Some(facts.unwrap_or_else(|problem| panic!("{}: {problem:?}", sample.name)))
}

fn demonstration(id: &str) -> Profile {
    let file = format!("{id}.toml");
    let preset = DEMONSTRATION.iter().find(|preset| preset.file_name == file).unwrap();
    lint(preset.text.as_bytes(), preset.file_name).unwrap().0
}

fn judge(contents: &[Measurements], statement: Option<Facts>, profile: &Profile) -> Judgement {
    let statement = statement.unwrap_or_default();
    let part = |measurements| SubjectPart { measurements, first_page: 1, page_count: measurements.pages.len() as u32 };
    let calendar = Calendar::parse(include_bytes!("../src/calendar/default.toml"), "default.toml").unwrap().0;
    let identity = Identity {
        obtained_on: statement.obtained_on.map(|value| Sourced { value, from: Source::Sidecar }),
        scanned_at: statement.scanned_at.map(|value| Sourced { value, from: Source::Sidecar }),
        ..Identity::default()
    };
    let subject = Subject {
        parts: contents.iter().map(part).collect(),
        claims: &statement.claims,
        identity: &identity,
        taken_in_at: "2026-11-20T00:45:00.000000Z".parse().unwrap(),
        clock_problem: None,
        station: &"front-desk".parse().unwrap(),
        calendar: &calendar,
    };
    inspect(&subject, profile)
}

/// Why a document with this judgement waits for a person.
fn hold(judgement: &Judgement) -> Option<HoldReason> {
    let late =
        |severity| judgement.findings.iter().any(|f| f.check == "scan_window_exceeded" && f.severity == severity);
    match judgement.severity {
        Severity::Pass | Severity::Warn => None,
        severity if late(severity) => Some(HoldReason::Late),
        Severity::Hold => Some(HoldReason::Findings),
        Severity::Reject => Some(HoldReason::Rejected),
    }
}

fn is_good(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Passed | Outcome::NotApplicable)
}

fn samples() -> (PathBuf, Expected) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/samples");
    let text = fs::read_to_string(folder.join("expected.toml")).unwrap();
    (folder, toml::from_str(&text).unwrap_or_else(|error| panic!("{error}")))
}
