//! Several copies of one delivery in custody: only the one that counts is the one that a backup has to have.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use torikomi::document::{DeliveryState, HoldReason};
use torikomi::intake::custody::folder_name;
use torikomi::ledger::deliveries::{self, Delivery};

use crate::account::{document_of, wait_for};
use crate::backup::{self, Medium, back_up};
use crate::burst::{consent, put};
use crate::hospital::Hospital;
use crate::schema::demand;

/// A scan that breaks off, once its copy was found to.
fn cut(hospital: &Hospital, prefix: &str) -> Delivery {
    let [(sidecar, said), (name, scan)] = consent(hospital, prefix);
    put(&hospital.drop(), &sidecar, &said);
    fs::write(hospital.drop().join(&name), &scan[..scan.len() / 2]).unwrap();
    wait_for(hospital, "what breaks off", || {
        let found =
            hospital.database.read(async |tx| deliveries::in_state(tx, DeliveryState::InCustody).await).unwrap();
        found.into_iter().find(|row| row.source_display == name && row.problem.is_some())
    })
}

#[test]
fn another_copy_of_what_was_taken_is_not_as_good_as_the_one_that_counts() {
    let hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    let daemon = hospital.start();
    let grown = cut(&hospital, "grown");
    let (custody, place) = (hospital.custody(), tempfile::tempdir().unwrap());
    let [first, second] = [1, 2].map(|copy| custody.join(folder_name(grown.id, copy)));
    let older = place.path().join("older");
    assert!(Command::new("cp").arg("-a").arg(&first).arg(&older).status().unwrap().success());
    let [_, (name, scan)] = consent(&hospital, "grown");
    fs::write(hospital.drop().join(&name), scan).unwrap();
    wait_for(&hospital, "the whole of it", || {
        (document_of(&hospital, &name)?.held == Some(HoldReason::NoSession)).then_some(())
    });
    let open = cut(&hospital, "open");
    daemon.stop();
    assert!(second.is_dir() && !first.exists());
    back_up(&hospital, &medium, &["--new", "--keep", "1"]);

    // A crash came before the older copy was cleared, and then the newer one is lost: that one an older generation has.
    fs::rename(&older, &first).unwrap();
    fs::rename(&second, place.path().join("newer")).unwrap();
    let ran = backup::run(&hospital, &medium, &["--keep", "1"]);
    let report = ran.json();
    demand("store-backup", &report);
    let missing = json!([format!("custody/{}", folder_name(grown.id, 2))]);
    assert_eq!((ran.status, &report["missing"], &report["removed"]), (1, &missing, &json!([])), "{report:#}");
    fs::rename(place.path().join("newer"), &second).unwrap();

    // Of what is not taken yet a newer copy counts as soon as the line starts; the crash came before its row.
    let [first, second] = [1, 2].map(|copy| custody.join(folder_name(open.id, copy)));
    fs::rename(&first, &second).unwrap();
    let described = second.join("delivery.json");
    let mut said: Value = serde_json::from_slice(&fs::read(&described).unwrap()).unwrap();
    assert_eq!(said["copy"], 1);
    said["copy"] = 2.into();
    fs::write(&described, serde_json_canonicalizer::to_vec(&said).unwrap()).unwrap();
    assert_eq!(back_up(&hospital, &medium, &["--keep", "1"])["missing"], json!([]));
}
