//! Stamped checkpoints of what was lost in a restore, and of what nothing says was lost.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use torikomi::journal::stamped;

use crate::backup::{Medium, back_up};
use crate::hospital::Hospital;
use crate::program::torikomi;
use crate::rebuilt::{Kept, journal};
use crate::schema::demand;

/// The home's signed checkpoints, each with how many entries it speaks of.
fn notes(hospital: &Hospital) -> Vec<(u64, String)> {
    let text = fs::read_to_string(journal(hospital).join("checkpoints.txt")).unwrap();
    let parts: Vec<&str> = text.trim_end().split("\n\n").collect();
    let notes = parts.chunks(2).map(|parts| parts.join("\n\n") + "\n");
    notes.map(|note| (note.lines().nth(1).unwrap().parse().unwrap(), note)).collect()
}

/// Puts a checkpoint where the stamped ones lie.
fn stamp(root: &Path, (size, note): &(u64, String)) -> PathBuf {
    let folder = root.join("store/journal/stamped");
    fs::create_dir_all(&folder).unwrap();
    let [name, token] = stamped::names(*size);
    fs::write(folder.join(token), b"what an authority answered").unwrap();
    fs::write(folder.join(&name), note).unwrap();
    folder.join(name)
}

fn take_away(checkpoint: &Path) {
    fs::remove_file(checkpoint).unwrap();
    fs::remove_file(checkpoint.with_extension("tst")).unwrap();
}

fn verify(root: &Path) -> Value {
    let ran = torikomi(Some(root), &["journal", "verify", "--json"]);
    demand("journal-verify", &ran.json());
    assert_eq!(ran.status, i32::from(ran.json()["faults"] != json!([])), "{}", ran.out);
    ran.json()
}

fn rebuilds(root: &Path) {
    let ran = torikomi(Some(root), &["store", "check", "--rebuild", "--json"]);
    assert!(ran.json()["check"].is_object(), "{}{}", ran.out, ran.err);
}

fn refused(root: &Path, checkpoint: &Path, size: u64) {
    let ran = torikomi(Some(root), &["store", "check", "--rebuild", "--json"]);
    let said = &ran.json()["problem"];
    assert_eq!((ran.status, &said["code"], &said["size"]), (3, &"against-stamped".into(), &size.into()), "{said:#}");
    assert_eq!(said["paths"], json!([checkpoint.display().to_string()]));
    for (lang, word) in [("ja", "証拠として"), ("en", "as evidence")] {
        let told = torikomi(Some(root), &["store", "check", "--rebuild", "--lang", lang]).err;
        assert!(told.contains(word) && told.contains("/stamped/checkpoint-"), "{told}");
    }
}

#[test]
fn a_stamped_checkpoint_of_what_a_restore_lost_is_no_reason_to_refuse_and_any_other_is() {
    let hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    // Each makes the journal longer by its own entry.
    back_up(&hospital, &medium, &["--new"]);
    let (early_journal, early_database) = (Kept::journal(&hospital), Kept::database(&hospital));
    let early = notes(&hospital).pop().unwrap().0;
    for _ in 0..2 {
        back_up(&hospital, &medium, &[]);
    }
    let place = tempfile::tempdir().unwrap();
    let kept = place.path().join("checkpoints.txt");
    fs::copy(journal(&hospital).join("checkpoints.txt"), &kept).unwrap();
    back_up(&hospital, &medium, &[]);
    let all = notes(&hospital);
    let of = |size: u64| all.iter().find(|(found, _)| *found == size).unwrap();

    let home = place.path().join("home");
    let (from, key, against) = (medium.shown(), medium.key(), kept.display().to_string());
    let asked = ["--from", &from, "--identity", &key, "--generation", "1", "--against", &against, "--json"];
    let ran = torikomi(Some(&home), &[&["store", "restore"], &asked[..]].concat());
    let (first, last) = (ran.json()["lost_entries"]["first"].clone(), ran.json()["lost_entries"]["last"].clone());
    assert_eq!((ran.status, first, last), (0, (early - 1).into(), (early + 1).into()), "{}{}", ran.out, ran.err);

    // As many entries as the journal has again, and more than it has.
    for size in [early, early + 2] {
        stamp(&home, of(size));
    }
    let report = verify(&home);
    assert_eq!((&report["verdict"], &report["faults"]), (&"restored".into(), &json!([])), "{report:#}");
    assert_eq!(report["stamps"]["of_lost"], json!([early, early + 2]));
    let told = torikomi(Some(&home), &["journal", "verify", "--lang", "en"]).out;
    assert!(told.contains(&format!("stamped checkpoint of {} entries", early + 2)), "{told}");
    rebuilds(&home);
    // What nobody knew of when it was restored is explained by nothing.
    let beyond = stamp(&home, of(early + 3));
    assert_eq!(verify(&home)["faults"][0]["code"], "truncated");
    refused(&home, &beyond, early + 3);
    take_away(&beyond);
    rebuilds(&home);

    // An older past that somebody put in place and went on with says of nothing that it was lost.
    let root = hospital.root();
    early_journal.put_back();
    early_database.put_back();
    let checkpoint = stamp(&root, of(early + 1));
    refused(&root, &checkpoint, early + 1);
    for _ in 0..2 {
        back_up(&hospital, &medium, &[]);
    }
    assert_eq!(verify(&root)["faults"][0]["code"], "stamped-checkpoint-differs");
    refused(&root, &checkpoint, early + 1);
    take_away(&checkpoint);
    rebuilds(&root);
}
