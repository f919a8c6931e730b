//! Backups with `--keep`: what is damaged, or of another past, pushes out nothing that is whole.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use torikomi::document::HoldReason;

use crate::account::{document_of, filed, names, wait_for};
use crate::backup::{self, Medium, back_up};
use crate::burst::deliver_consent;
use crate::hospital::Hospital;
use crate::program::torikomi;
use crate::schema::demand;

fn with_a_flipped_byte(hospital: &Hospital, medium: &Medium, file: &Path) -> Vec<String> {
    let flip = || {
        let mut bytes = fs::read(file).unwrap();
        bytes[200] ^= 1;
        fs::write(file, bytes).unwrap();
    };
    flip();
    let missing = what_is_missing(hospital, medium);
    flip();
    missing
}

/// Backs up once. What the report says is missing.
fn what_is_missing(hospital: &Hospital, medium: &Medium) -> Vec<String> {
    let ran = backup::run(hospital, medium, &["--keep", "1"]);
    let report = ran.json();
    demand("store-backup", &report);
    assert_eq!((ran.status, &report["removed"]), (1, &json!([])), "{report:#}{}", ran.err);
    report["missing"].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

fn numbers(medium: &Medium) -> Vec<u64> {
    let listed = medium.list();
    listed["generations"].as_array().unwrap().iter().map(|one| one["generation"].as_u64().unwrap()).collect()
}

fn databases(store: &Path) -> Vec<PathBuf> {
    names(store).iter().filter(|name| name.starts_with("torikomi.db")).map(|name| store.join(name)).collect()
}

/// By another process: whoever opens a database and closes it takes the locks of its own process off it.
fn copy(files: &[PathBuf], to: &Path) {
    assert!(Command::new("cp").args(files).arg(to).status().unwrap().success());
}

#[test]
fn what_is_damaged_or_of_another_past_pushes_out_nothing_that_is_whole() {
    let hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    let store = hospital.home.layout().store(&hospital.config);
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    filed(&hospital, deliver_consent(&hospital, "one").keys().next().unwrap());
    daemon.stop();
    back_up(&hospital, &medium, &["--new"]);
    let place = tempfile::tempdir().unwrap();
    let older = place.path().join("older");
    fs::create_dir(&older).unwrap();
    copy(&databases(&store), &older);
    let daemon = hospital.start();
    deliver_consent(&hospital, "waiting");
    wait_for(&hospital, "what waits for a session", || {
        let found = document_of(&hospital, "waiting-consent.jpg")?;
        (found.held == Some(HoldReason::NoSession)).then_some(())
    });
    daemon.stop();
    back_up(&hospital, &medium, &[]);

    // The only copy of a page rots, and then the journal's files.
    let custody = hospital.home.layout().custody(&hospital.config);
    let copies: Vec<_> =
        names(&custody).into_iter().filter(|name| custody.join(name).join("content-001").exists()).collect();
    let page = custody.join(&copies[0]).join("content-001");
    assert_eq!(with_a_flipped_byte(&hospital, &medium, &page), [format!("custody/{}/content-001", copies[0])]);
    let described = custody.join(&copies[0]).join("delivery.json");
    assert!(!with_a_flipped_byte(&hospital, &medium, &described).is_empty());
    let entries = store.join("journal/entries-000000000000.jsonl");
    assert_eq!(with_a_flipped_byte(&hospital, &medium, &entries), ["store/journal/entries-*.jsonl"]);
    // Or they are gone.
    let delivery = copies[0].split_once('.').unwrap().0;
    let aside = place.path().join("page");
    fs::rename(&page, &aside).unwrap();
    assert_eq!(what_is_missing(&hospital, &medium), [format!("custody/{delivery}.001")]);
    fs::rename(&aside, &page).unwrap();
    let lines = fs::read(&entries).unwrap();
    fs::write(&entries, &lines[..=lines.iter().position(|byte| *byte == b'\n').unwrap()]).unwrap();
    assert_eq!(what_is_missing(&hospital, &medium), ["store/journal/entries-*.jsonl"]);
    assert!(fs::read(&entries).unwrap().starts_with(&lines), "whoever enters the backup makes the files up");
    assert_eq!(numbers(&medium), [1, 2, 3, 4, 5, 6, 7]);
    medium.check(2);

    // An older database is put in the newer one's place.
    let (newer, aside) = (databases(&store), place.path().join("newer"));
    fs::create_dir(&aside).unwrap();
    newer.iter().for_each(|file| fs::rename(file, aside.join(file.file_name().unwrap())).unwrap());
    copy(&databases(&older), &store);
    for lang in ["ja", "en"] {
        let ran = backup::run(&hospital, &medium, &["--keep", "1", "--lang", lang]);
        assert_eq!(
            (ran.status, &ran.json()["problem"]["backup"]["code"]),
            (1, &"other-database".into()),
            "{}",
            ran.out
        );
    }
    assert_eq!(numbers(&medium), [1, 2, 3, 4, 5, 6, 7]);
    databases(&store).iter().for_each(|file| fs::remove_file(file).unwrap());
    newer.iter().for_each(|file| fs::rename(aside.join(file.file_name().unwrap()), file).unwrap());

    // A home that was restored from the first generation has lost what the others hold.
    let (restored, from, key) = (place.path().join("restored"), medium.shown(), medium.key());
    let restore = ["store", "restore", "--from", &from, "--identity", &key, "--generation", "1"];
    assert_eq!(torikomi(Some(&restored), &restore).status, 0);
    let keep = |more: &[&str]| -> Value {
        let ran = torikomi(Some(&restored), &[&["store", "backup", "--to", &from, "--json"], more].concat());
        demand("store-backup", &ran.json());
        assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
        ran.json()
    };
    let report = keep(&["--keep", "1"]);
    assert_eq!((&report["apart"], &report["removed"]), (&json!([2, 3, 4, 5, 6, 7]), &json!([1])), "{report:#}");
    let report = keep(&["--keep", "1"]);
    assert_eq!((&report["apart"], &report["removed"]), (&json!([2, 3, 4, 5, 6, 7]), &json!([8])), "{report:#}");
    assert_eq!(numbers(&medium), [2, 3, 4, 5, 6, 7, 9]);
    medium.check(2);
    medium.check(9);
    // Once it is not sure what one that stays names, nothing goes.
    fs::remove_file(medium.path().join("generations/000002/files.sha256")).unwrap();
    let ran = torikomi(Some(&restored), &["store", "backup", "--to", &from, "--keep", "1", "--json"]);
    let report = ran.json();
    assert_eq!((ran.status, &report["removed"], &report["not_pruned"]["code"]), (1, &json!([]), &"missing".into()));
}
