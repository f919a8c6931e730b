//! Profiles that lint, and such as must not.

use super::*;
use crate::judgement::Reason;
use crate::toml_text::{Caution, Complaint};

/// A profile that is right in all, to be spoilt one line at a time.
const GOOD: &str = include_str!("../../profiles/referral-letter.toml");

fn read(text: &str) -> Result<(Profile, Vec<crate::toml_text::Warning>), Vec<crate::toml_text::Problem>> {
    lint(text.as_bytes(), "referral-letter.toml")
}

/// The problems of the good profile after one replacement, as `line: problem`.
fn spoilt(from: &str, to: &str) -> Vec<String> {
    assert!(GOOD.contains(from), "{from}");
    match read(&GOOD.replacen(from, to, 1)) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.iter().map(|problem| problem.what.to_string()).collect(),
    }
}

#[test]
fn every_preset_lints_and_names_itself_after_its_file() {
    for preset in PRESETS.iter().chain(DEMONSTRATION) {
        let (profile, warnings) = lint(preset.text.as_bytes(), preset.file_name)
            .unwrap_or_else(|problems| panic!("{}: {}", preset.file_name, problems[0]));
        assert_eq!(format!("{}.toml", profile.reference().id), preset.file_name);
        assert_eq!(profile.reference().digest, crate::ids::Digest::of(preset.text.as_bytes()));
        assert!(profile.clause_is_placeholder());
        assert!(warnings.iter().any(|w| matches!(w.what, Caution::PlaceholderClause { .. })), "{}", preset.file_name);
        assert!(preset.text.contains("# Provenance.") || preset.file_name.ends_with("-demo.toml"));
    }
}

#[test]
fn shipped_presets_confirm_each_and_the_demonstration_by_session() {
    let confirm = |preset: &Preset| lint(preset.text.as_bytes(), preset.file_name).unwrap().0.signing.confirm;
    assert!(PRESETS.iter().all(|preset| confirm(preset) == Confirm::Each));
    assert!(DEMONSTRATION.iter().all(|preset| matches!(confirm(preset), Confirm::Session { .. })));
}

#[test]
fn every_file_in_the_folder_is_shipped() {
    let files = |folder: &str| {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        let mut names: Vec<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter(|name| name.ends_with(".toml"))
            .collect();
        names.sort();
        names
    };
    let shipped = |presets: &[Preset]| {
        let mut names: Vec<String> = presets.iter().map(|preset| preset.file_name.to_owned()).collect();
        names.sort();
        names
    };
    assert_eq!(files("profiles"), shipped(PRESETS));
    assert_eq!(files("profiles/demo"), shipped(DEMONSTRATION));
}

#[test]
fn what_this_build_does_not_carry_is_shut() {
    let missing = |name: &str| {
        let preset = PRESETS.iter().find(|preset| preset.file_name == name).unwrap();
        let profile = lint(preset.text.as_bytes(), name).unwrap().0;
        profile.carried().err().unwrap_or_default().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(missing("mhlw-general.toml"), [""; 0]);
    assert_eq!(missing("consent.toml"), [""; 0]);
    assert_eq!(missing("rx-dispensed.toml"), ["regime 9.4", "page.both_sides"]);
    assert_eq!(missing("ecg-paper.toml"), [""; 0]);
    assert_eq!(missing("film.toml"), ["format.accept: dicom"]);
    assert_eq!(missing("nta-general.toml"), ["identity.required without patient_id"]);
    let with = |from: &str, to: &str| {
        let text = GOOD.replacen(from, to, 1);
        read(&text).unwrap().0.carried().unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    assert_eq!(with("\"batch\"]", "\"barcode\"]"), ["identity.sources: barcode"]);
    assert_eq!(with("policy = \"each\"", "policy = \"batch\""), ["timestamp.policy: batch"]);
    assert_eq!(with("[severity]", "[severity]\nenlarged = \"hold\""), ["severity.enlarged"]);
    assert_eq!(with("regime = \"9.2\"", "regime = \"9.3\""), ["regime 9.3"]);
}

#[test]
fn windows_that_the_guideline_does_not_allow_are_refused() {
    assert_eq!(
        spoilt("\"1 business day\"", "\"3 business days\""),
        [
            "window.scan_within: 3 business days is longer than 2 business days, the longest that the guideline lets the \
          hospital set"
        ]
    );
    assert_eq!(
        spoilt("\"1 business day\"", "\"24h\""),
        ["window.scan_within: 24h cannot be counted from a date; business days can"]
    );
    assert_eq!(spoilt("scan_within = \"1 business day\"\n", ""), ["window.scan_within is needed in regime 9.2"]);
    assert_eq!(spoilt("from = \"received\"\n", ""), ["window.from is needed in regime 9.2"]);
    let (profile, warnings) = read(&GOOD.replace("\"1 business day\"", "\"2 business days\"")).unwrap();
    assert_eq!(profile.window.scan_within_business_days, Some(2));
    assert!(warnings.iter().any(|w| matches!(w.what, Caution::WindowBeyondPrinciple { .. })));
}

#[test]
fn what_is_missing_or_unknown_is_told() {
    assert_eq!(spoilt("clause = ", "claus = "), ["clause is missing", "claus is not known here (clause?)"]);
    let blank = GOOD.lines().find(|line| line.starts_with("clause")).unwrap();
    assert_eq!(spoilt(blank, "clause = \" \""), ["clause is empty"]);
    assert_eq!(
        spoilt("minimum_dpi = 300", "minimum_dpi = 3"),
        ["resolution.minimum_dpi: 3 is not between 50 and 4800"]
    );
    assert_eq!(spoilt("blank_page =", "blank_pages ="), ["severity.blank_pages is not known here (blank_page?)"]);
    assert_eq!(spoilt("\"obtained_on\"", "\"scanned_at\""), ["identity.required: obtained_on is needed in regime 9.2"]);
    assert_eq!(
        spoilt("profile_format = 1", "profile_format = 2"),
        ["format 2 is newer than 1, the newest this build reads"]
    );
    assert_eq!(spoilt("paper = [\"A4\", \"B5\"]", "paper = [\"A4\", \"A4\"]"), ["page.paper: \"A4\" is there twice"]);
}

/// Whoever verifies with nothing but a shell reads lines, and must not read that no stamp is needed where one is.
#[test]
fn the_policy_stands_where_a_shell_finds_it() {
    let wrong = "timestamp.policy must stand on a line of its own, policy = \"each\", below [timestamp], and nothing that looks \
                 like it elsewhere";
    let clause = GOOD.lines().find(|line| line.starts_with("clause")).unwrap();
    for (from, to) in [
        ("policy = \"each\"", "policy = 'each'"),
        ("policy = \"each\"", "  policy = \"each\""),
        ("policy = \"each\"", "\"policy\" = \"each\""),
        ("policy = \"each\"", "policy\t= \"each\""),
        ("[timestamp]", "  [timestamp]"),
        ("[timestamp]", "[ timestamp ]"),
        (clause, "clause = \"\"\"\n[timestamp]\npolicy = \"none\"\n\"\"\""),
    ] {
        assert_eq!(spoilt(from, to), [wrong], "{to}");
    }
    assert_eq!(spoilt("policy = \"each\"", "policy   =\"each\" # 一件ごと"), [""; 0]);
}

#[test]
fn contradictions_are_told() {
    assert_eq!(
        spoilt("lossy = \"allowed\"", "lossy = \"never\""),
        ["compression.minimum_jpeg_quality and compression.lossy = \"never\" contradict each other"]
    );
    assert_eq!(
        spoilt("policy = \"each\"", "policy = \"none\""),
        [
            "window.timestamp_within and timestamp.policy = \"none\" contradict each other",
            "timestamp.policy: none is not for regime 9.2",
        ]
    );
    assert_eq!(
        spoilt("confirm = \"each\"", "confirm = \"session\""),
        ["signing.confirm = \"session\" needs signing.auto_confirm_clause"]
    );
    assert_eq!(spoilt("paper = [\"A4\", \"B5\"]\n", ""), ["resolution.minimum_dpi needs page.paper"]);
    assert_eq!(
        spoilt("[page]\n", "[page]\npadded_to_bed = true\n"),
        ["page.padded_to_bed and resolution.trust_declared contradict each other"]
    );
    assert_eq!(
        spoilt("minimum_dpi = 300", "minimum_dpi = 300\nminimum_dpi_colour = 400"),
        ["resolution.minimum_dpi_colour and resolution.minimum_dpi contradict each other"]
    );
}

#[test]
fn what_cannot_be_told_always_reaches_a_person() {
    assert_eq!(
        spoilt("cannot_tell = \"hold\"", "cannot_tell = \"warn\""),
        ["severity.blank_page: what cannot be told is held or rejected, not warn"]
    );
    assert_eq!(
        spoilt("[severity]", "[severity]\nscan_window_exceeded = \"pass\""),
        ["severity.scan_window_exceeded: pass is milder than hold, the mildest allowed"]
    );
    let profile = read(GOOD).unwrap().0;
    let cannot_tell = Outcome::Indeterminate(Reason::CheckCrashed);
    for known in KNOWN_OUTCOMES {
        assert_eq!(profile.severity(known.name, &cannot_tell), Severity::Hold);
        assert!(known.mildest <= known.default, "{}", known.name);
    }
    assert_eq!(profile.severity("never_heard_of", &Outcome::Failed(Reason::CheckCrashed)), Severity::Hold);
}

#[test]
fn severities_come_from_the_profile_and_else_from_the_defaults() {
    let profile = read(&GOOD.replace("[severity]", "[severity]\ntrailing_bytes = \"reject\"")).unwrap().0;
    let failed = Outcome::Failed(Reason::CheckCrashed);
    assert_eq!(profile.severity("trailing_bytes", &failed), Severity::Reject);
    assert_eq!(profile.severity("page_damaged", &failed), Severity::Reject);
    assert_eq!(profile.severity("blank_page", &failed), Severity::Warn);
    assert_eq!(profile.severity("page_damaged", &Outcome::Passed), Severity::Pass);
}

#[test]
fn paper_kept_may_do_without_stamp_and_window() {
    let preset = PRESETS.iter().find(|preset| preset.file_name == "mhlw-printed-9-5.toml").unwrap();
    let profile = lint(preset.text.as_bytes(), preset.file_name).unwrap().0;
    assert_eq!(profile.timestamp.policy, TimestampPolicy::None);
    assert_eq!(profile.window.timestamp_within, None);
    assert_eq!(profile.window.scan_within_business_days, None);
    assert!(profile.carried().is_ok());
}

#[test]
fn all_problems_come_at_once() {
    let problems = lint(b"id = 'X'\nversion = 0\n[format]\naccept = ['bmp']\n", "x.toml").unwrap_err();
    assert!(problems.len() > 15, "{problems:?}");
    assert!(problems.iter().any(|p| (p.line, p.column) == (4, 11) && matches!(p.what, Complaint::NotOneOf { .. })));
}
