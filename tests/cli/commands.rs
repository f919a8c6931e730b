//! Commands that need neither home nor daemon, and what is said where a home is needed and not there.

use std::path::{Path, PathBuf};

use serde_json::Value;
use torikomi::inspection::CHECKS;

use crate::home::TestHome;
use crate::schema::demand;
use crate::torikomi;

fn fixture(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fixtures/samples").join(name);
    path.to_str().unwrap().to_owned()
}

fn profile(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("profiles").join(name);
    path.to_str().unwrap().to_owned()
}

#[test]
fn every_check_is_listed_and_explained() {
    let ran = torikomi(None, &["check", "list", "--json"]);
    demand("check-list", &ran.json());
    assert_eq!(ran.json()["checks"].as_array().unwrap().len(), CHECKS.len());
    for (lang, heading) in [("ja", "どうするか"), ("en", "What to do")] {
        let list = torikomi(None, &["check", "list", "--lang", lang]);
        for check in CHECKS {
            assert!(list.out.contains(check.name), "{}", check.name);
            let ran = torikomi(None, &["check", "explain", check.name, "--lang", lang]);
            assert_eq!(ran.status, 0);
            assert!(ran.out.contains(heading) && !ran.out.contains("##"), "{}", ran.out);
        }
    }
    demand("check-explain", &torikomi(None, &["check", "explain", "blank_page", "--json"]).json());
    assert_eq!(torikomi(None, &["check", "explain", "no_such_check"]).status, 1);
}

#[test]
fn a_good_profile_passes_lint_and_a_bad_one_is_told_line_by_line() {
    let good = torikomi(None, &["profile", "lint", &profile("referral-letter.toml"), &profile("consent.toml")]);
    assert_eq!((good.status, good.err.as_str()), (0, ""));
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("bad.toml");
    let text = std::fs::read_to_string(profile("referral-letter.toml")).unwrap();
    std::fs::write(&file, text.replace("[window]", "[window]\nscan_wihtin = \"1 business day\"")).unwrap();
    let args = ["profile", "lint", file.to_str().unwrap(), &profile("consent.toml")];
    let bad = torikomi(None, &args);
    assert_eq!(bad.status, 1);
    assert!(bad.out.contains("✕") && bad.out.contains("✓"), "{}", bad.out);
    let json = torikomi(None, &[&args[..], &["--json"]].concat());
    assert_eq!(json.status, 1);
    demand("profile-lint", &json.json());
    assert_eq!(json.json()["files"][0]["problems"][0]["code"], "unknown-key");
    assert!(json.json()["files"][0]["problems"][0]["line"].as_u64().unwrap() > 1);
    // 9.4 is not carried: it lints, and says that nothing will be filed under it.
    let shut = torikomi(None, &["profile", "lint", &profile("rx-dispensed.toml"), "--json"]);
    assert_eq!(shut.status, 0);
    assert_ne!(shut.json()["files"][0]["not_carried"], serde_json::json!([]));
    let absent = torikomi(None, &["profile", "lint", "/nonexistent.toml"]);
    assert_eq!((absent.status, absent.err.contains("/nonexistent.toml")), (2, true));
}

#[test]
fn files_are_judged_without_being_filed() {
    let good = fixture("good/consent.jpg");
    let coarse = fixture("bad/resolution-150-dpi.jpg");
    let ran = torikomi(None, &["inspect", &good, "--profile", "referral-letter", "--paper", "A4", "--json"]);
    demand("inspect", &ran.json());
    assert_eq!(ran.status, 0, "{}", ran.out);
    let ran = torikomi(
        None,
        &["inspect", &good, &coarse, "--profile", &profile("referral-letter.toml"), "--paper", "A4", "--json"],
    );
    assert_eq!(ran.status, 1);
    let found = ran.json();
    let failed = |finding: &&Value| finding["outcome"] == "failed";
    let file = |at: usize| found["files"][at]["judgement"]["findings"].as_array().unwrap().clone();
    assert!(!file(0).iter().any(|finding| failed(&finding)));
    assert!(file(1).iter().any(|finding| finding["check"] == "resolution_below_minimum" && failed(&finding)));
    let people = torikomi(None, &["inspect", &coarse, "--profile", "referral-letter", "--paper", "A4", "--lang", "ja"]);
    assert!(
        people.out.contains("resolution_below_minimum") && people.out.contains("referral-letter 第 1 版"),
        "{}",
        people.out
    );
    // The date of receipt brings its checks back.
    let late = torikomi(
        None,
        &["inspect", &good, "--profile", "referral-letter", "--paper", "A4", "--obtained-on", "2026-01-05", "--json"],
    );
    let findings = late.json()["files"][0]["judgement"]["findings"].clone();
    assert!(
        findings
            .as_array()
            .unwrap()
            .iter()
            .any(|f| f["check"] == "scan_window_exceeded" && f["outcome"] != "not-applicable")
    );
    for (args, status) in [
        (["inspect", "/nonexistent.tif", "--profile", "referral-letter"], 2),
        (["inspect", good.as_str(), "--profile", "no-such-profile"], 2),
        (["inspect", good.as_str(), "--profile", "/nonexistent.toml"], 2),
        (["inspect", "/dev/null", "--profile", "referral-letter"], 2),
    ] {
        assert_eq!(torikomi(None, &args).status, status, "{args:?}");
    }

    // What cannot be looked at keeps none of the others from it: a FIFO into which nobody writes, a file that is not there.
    let folder = tempfile::tempdir().unwrap();
    let fifo = folder.path().join("fifo").display().to_string();
    assert!(std::process::Command::new("mkfifo").arg(&fifo).status().unwrap().success());
    let absent = folder.path().join("absent.tif").display().to_string();
    let some = ["inspect", &fifo, &good, &absent, "--profile", "referral-letter", "--paper", "A4"];
    let ran = torikomi(None, &[&some[..], &["--json"]].concat());
    demand("inspect", &ran.json());
    let found = ran.json();
    assert_eq!((ran.status, &found["files"][0]["file"]), (2, &Value::from(good.as_str())));
    assert_eq!(found["unread"].as_array().unwrap().len(), 2, "{found:#}");
    let people = torikomi(None, &[&some[..], &["--lang", "ja"]].concat());
    assert!(people.out.contains("通常のファイルではありません") && people.out.contains(&good), "{}", people.out);
}

#[test]
fn inspect_keeps_to_the_limits_of_the_home() {
    let home = TestHome::new();
    home.write(async |_| Ok(()));
    let large = home.path().join("large.jpg");
    let mut bytes = std::fs::read(fixture("good/consent.jpg")).unwrap();
    bytes.resize(bytes.len() + (1 << 20), 0);
    std::fs::write(&large, bytes).unwrap();
    let large = large.display().to_string();
    let inspect = || torikomi(Some(home.path()), &["inspect", &large, "--profile", "referral-letter", "--json"]);
    assert!(!inspect().out.contains("file-bytes"));
    let settings = home.path().join("torikomi.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("most_bytes")).collect();
    let text = kept.join("\n").replace("[image]\n", "[image]\nmost_bytes = \"1 MiB\"\n");
    std::fs::write(&settings, text).unwrap();
    let ran = inspect();
    assert!(ran.out.contains("file-bytes"), "{}{}", ran.out, ran.err);
}

#[test]
fn inspect_speaks_of_every_check_in_both_languages() {
    let (good, coarse) = (fixture("good/consent.jpg"), fixture("bad/resolution-150-dpi.jpg"));
    for (file, status) in [(&good, 0), (&coarse, 1)] {
        for (lang, passed, not_applicable) in
            [("ja", "合格した検査：", "当てはまらない検査："), ("en", "Passed: ", "Does not apply: ")]
        {
            let args = ["inspect", file, "--profile", "consent", "--lang", lang];
            let ran = torikomi(None, &args);
            assert_eq!(ran.status, status, "{}", ran.out);
            assert!(ran.out.contains(passed) && ran.out.contains(not_applicable), "{}", ran.out);
            // A long line is broken between two words.
            let words: Vec<&str> = ran.out.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
            for check in CHECKS {
                assert_eq!(words.iter().filter(|word| **word == check.name).count(), 1, "{} {}", check.name, ran.out);
            }
        }
        let json = torikomi(None, &["inspect", file, "--profile", "consent", "--json"]).json();
        let file = &json["files"][0];
        let mut named: Vec<&str> = file["not_judged"].as_array().unwrap().iter().map(|c| c.as_str().unwrap()).collect();
        named.extend(file["judgement"]["findings"].as_array().unwrap().iter().map(|f| f["check"].as_str().unwrap()));
        named.sort_unstable();
        let mut all: Vec<&str> = CHECKS.iter().map(|check| check.name).collect();
        all.sort_unstable();
        assert_eq!(named, all);
    }
    // What this build cannot look for is said, whatever was found.
    let ran = torikomi(None, &["inspect", &good, "--profile", "film", "--paper", "A4", "--lang", "en"]);
    assert!(ran.out.contains("format.accept: dicom"), "{}", ran.out);
    let json = torikomi(None, &["inspect", &good, "--profile", "film", "--json"]).json();
    demand("inspect", &json);
    assert_eq!(json["not_carried"][0]["setting"], "format.accept: dicom");
}

#[test]
fn a_home_that_is_not_there_is_told_with_its_own_status() {
    let status = |home: Option<&Path>| {
        let ran = torikomi(home, &["queue", "list"]);
        (ran.status, ran.err.clone())
    };
    let (code, told) = status(None);
    assert_eq!((code, told.contains("--home")), (2, true), "{told}");
    let (code, told) = status(Some(Path::new("/nonexistent")));
    assert_eq!((code, told.contains("/nonexistent")), (2, true), "{told}");
    let empty = tempfile::tempdir().unwrap();
    assert_eq!(status(Some(empty.path())).0, 2);

    let home = TestHome::new();
    let (code, told) = status(Some(home.path()));
    assert_eq!((code, told.contains("torikomi.db")), (3, true), "{told}");
    std::fs::write(
        home.path().join("store/torikomi.db"),
        "not a database, but long enough to be read as one".repeat(99),
    )
    .unwrap();
    assert_eq!(status(Some(home.path())).0, 3);
    std::fs::write(home.path().join("torikomi.toml"), "mode = \"evaluation\"\n").unwrap();
    assert_eq!(status(Some(home.path())).0, 2);
}
