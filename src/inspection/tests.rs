//! The list as a whole, and what becomes of outcomes.

use std::collections::BTreeSet;

use jiff::civil::date;

use super::fixtures::{a4_page, case, profile, tiff};
use super::*;
use crate::measurements::{Decoded, Measurements};
use crate::profile::KNOWN_OUTCOMES;
use crate::requirement::{self, Regime};

const HEADINGS: [&str; 4] = ["## What it looks for", "## Why it matters", "## What to do", "## What it cannot see"];
const HEADINGS_JA: [&str; 4] = ["## 何を見るか", "## なぜ大切か", "## どうするか", "## 何は見られないか"];

#[test]
fn every_check_is_documented_cites_a_requirement_and_has_a_file() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/inspection/checks");
    let files: BTreeSet<String> =
        std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    let listed: BTreeSet<String> = CHECKS.iter().map(|check| format!("{}.rs", check.name)).collect();
    assert_eq!(files, listed);
    assert_eq!(listed.len(), CHECKS.len(), "a check is listed twice");
    let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(names, checks::MODULES);
    for check in CHECKS {
        assert!(!check.requirements.is_empty(), "{}", check.name);
        for cited in check.requirements {
            assert!(requirement::find(cited.id).is_some(), "{}: {}", check.name, cited.id);
        }
        for (text, headings) in [(check.explanation, HEADINGS), (check.explanation_ja, HEADINGS_JA)] {
            let found: Vec<&str> = text.lines().map(str::trim).filter(|line| line.starts_with("## ")).collect();
            assert_eq!(found, headings, "{}", check.name);
            let empty = text.split("## ").skip(1).any(|part| part.lines().skip(1).all(|line| line.trim().is_empty()));
            assert!(!empty, "{}: a heading without text", check.name);
        }
    }
}

#[test]
fn every_check_has_a_name_for_people() {
    for check in CHECKS {
        let id = format!("check-{}", check.name.replace('_', "-"));
        for lang in crate::messages::Lang::ALL {
            assert!(crate::messages::find(lang, &id, &[]).is_some(), "{id}");
        }
    }
}

#[test]
fn the_profile_knows_the_checks_in_their_order() {
    let known: Vec<&str> = KNOWN_OUTCOMES.iter().filter(|known| known.built).map(|known| known.name).collect();
    let names: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(known, names);
}

#[test]
fn every_regime_has_its_checks() {
    let day = date(2026, 11, 20);
    for regime in Regime::ALL {
        let idle: Vec<&str> =
            CHECKS.iter().filter(|check| !check.applies(regime, day)).map(|check| check.name).collect();
        let expected: &[&str] =
            if regime == Regime::DispensedPrescription { &[] } else { &["prescription_not_dispensed"] };
        assert_eq!(idle, expected, "{regime}");
    }
}

#[test]
fn a_good_document_passes() {
    let case = case();
    let profile = profile(&[]);
    let judgement = inspect(&case.subject(), &profile);
    let bad: Vec<&Finding> = judgement.findings.iter().filter(|found| found.severity != Severity::Pass).collect();
    assert!(bad.is_empty(), "{bad:?}");
    assert_eq!(judgement.severity, Severity::Pass);
    assert_eq!(judgement.profile, *profile.reference());
    let order: Vec<&str> = judgement.findings.iter().map(|found| found.check.as_str()).collect();
    let listed: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
    assert_eq!(order, listed);
}

#[test]
fn a_scan_without_pages_never_passes() {
    for measurements in [Vec::new(), vec![tiff(Vec::new())]] {
        let mut case = case();
        case.measurements = measurements;
        let judgement = inspect(&case.subject(), &profile(&[]));
        assert!(judgement.severity >= Severity::Hold);
        for check in CHECKS.iter().filter(|check| matches!(check.run, Run::EachPage(_))) {
            let found = judgement.findings.iter().find(|found| found.check == check.name).unwrap();
            assert_eq!(found.outcome, Outcome::Indeterminate(Reason::NoPages), "{}", check.name);
        }
    }
}

#[test]
fn pages_are_numbered_through_the_document() {
    let damaged = PageMeasurements { decoded: Decoded::Damaged { rows: None }, ..a4_page() };
    let mut case = case();
    case.measurements =
        vec![tiff(vec![a4_page(), a4_page()]), tiff(vec![a4_page(), damaged.clone(), a4_page(), damaged])];
    let mut subject = case.subject();
    // Of the second file only its second to fourth page.
    subject.parts[1].first_page = 2;
    subject.parts[1].page_count = 3;
    let judgement = inspect(&subject, &profile(&[]));
    let pages: Vec<Option<u32>> =
        judgement.findings.iter().filter(|found| found.check == "page_damaged").map(|found| found.page).collect();
    assert_eq!(pages, [Some(3), Some(5)]);
    assert_eq!(judgement.severity, Severity::Reject);
}

#[test]
fn a_file_is_named_by_its_first_page() {
    let mut case = case();
    case.measurements =
        vec![tiff(vec![a4_page(), a4_page()]), Measurements { trailing_bytes: 9, ..tiff(vec![a4_page()]) }];
    let judgement = inspect(&case.subject(), &profile(&[]));
    let found = judgement.findings.iter().find(|found| found.check == "trailing_bytes").unwrap();
    assert_eq!((found.page, found.severity), (Some(3), Severity::Warn));
}

static CRASHES: Check = Check {
    name: "crashes",
    requirements: &[requirement::HOUSE_RULE],
    run: Run::EachPage(|_, _| panic!("a check's own mistake")),
    explanation: "",
    explanation_ja: "",
};

#[test]
fn a_check_that_crashes_could_not_tell() {
    let judgement = judge(&[&CRASHES], &case().subject(), &profile(&[]));
    assert_eq!(judgement.findings[0].outcome, Outcome::Indeterminate(Reason::CheckCrashed));
    assert_eq!(judgement.severity, Severity::Hold);
}

#[test]
fn the_profile_sets_the_severity() {
    let mut case = case();
    case.measurements = vec![Measurements { trailing_bytes: 9, ..tiff(vec![a4_page()]) }];
    let severity = |settings: &[(&str, &str)]| inspect(&case.subject(), &profile(settings)).severity;
    assert_eq!(severity(&[]), Severity::Warn);
    assert_eq!(severity(&[("[severity]", "[severity]\ntrailing_bytes = \"reject\"")]), Severity::Reject);
    assert_eq!(severity(&[("[severity]", "[severity]\ntrailing_bytes = \"pass\"")]), Severity::Pass);
}

#[test]
fn a_tax_paper_is_judged_and_claims_no_guideline() {
    let resolution = Check::find("resolution_below_minimum").unwrap();
    let cited: Vec<&str> = resolution.cited(Regime::Tax, date(2026, 11, 20)).map(|cited| cited.id).collect();
    assert_eq!(cited, ["tax-2"]);
}

/// `docs/checks.md` is drawn from the list. `BLESS=1 cargo test --lib inspection` writes it anew.
#[test]
fn the_documentation_is_drawn_from_the_list() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/checks.md");
    let drawn = documentation();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(&path, &drawn).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(written == drawn, "docs/checks.md is not up to date: BLESS=1 cargo test --lib inspection");
}

fn documentation() -> String {
    use std::fmt::Write as _;

    let mut text = String::from(
        "# Checks\n\n\
         <!-- Drawn from the list of checks. Do not edit: BLESS=1 cargo test --lib inspection -->\n\n\
         What Torikomi looks for on each scan, in the order of the report. Thresholds stand in the hospital's profiles,\n\
         never here. An outcome is *passed*, *failed*, *cannot tell* or *does not apply*; what becomes of a failure is the\n\
         profile's `[severity]`, by default the one given below. What cannot be told is held unless the profile rejects it.\n",
    );
    for check in CHECKS {
        let default = KNOWN_OUTCOMES.iter().find(|known| known.name == check.name).unwrap();
        let looks_at = match check.run {
            Run::EachFile(_) => "each file",
            Run::EachPage(_) => "each page",
            Run::Document(_) => "the document",
        };
        let cited: Vec<String> = check.requirements.iter().map(ToString::to_string).collect();
        let severity = |severity: Severity| serde_json::to_value(severity).unwrap().as_str().unwrap().to_owned();
        let _ = write!(
            text,
            "\n## `{}`\n\nLooks at {looks_at}. By default a failure is `{}`; the mildest a profile may set is `{}`.\n\
             Answers to: {}.\n\n",
            check.name,
            severity(default.default),
            severity(default.mildest),
            cited.join("; "),
        );
        for explanation in [check.explanation, check.explanation_ja] {
            for section in explanation.split("## ").skip(1) {
                let mut lines = section.lines().map(str::trim).filter(|line| !line.is_empty());
                let heading = lines.next().unwrap();
                let _ = write!(text, "**{heading}**\n{}\n\n", lines.collect::<Vec<_>>().join("\n"));
            }
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}
