//! A scan that was refused before it was copied is one before the next, in a ledger that was made anew too: whoever took it away may
//! have left its sidecar.

use std::fs;

use serde_json::json;
use torikomi::document::{DeliveryState, DocumentState, HoldReason};
use torikomi::journal::kept::last_note;
use torikomi::journal::read::head;
use torikomi::ledger::deliveries::{self, Delivery, Released};

use crate::account::wait_for;
use crate::burst::{consent, put};
use crate::hospital::{Hospital, Settings};
use crate::rebuilt_beside::{detail, lose, settled};

#[test]
fn what_was_meant_for_a_refused_scan_speaks_for_no_later_one_in_a_ledger_made_anew() {
    let mut hospital = Hospital::found();
    hospital.configure(&Settings { image: "most_bytes = \"2 MiB\"\n", ..Settings::default() });
    let daemon = hospital.start();
    let [(sidecar, said), (scan, picture)] = consent(&hospital, "scan");
    put(&hospital.drop(), &sidecar, &said);
    put(&hospital.drop(), &scan, &vec![7; 3 << 20]);
    let before = wait_for(&hospital, "what is too long", || refused(&hospital, Released::No));
    fs::remove_file(hospital.drop().join(&scan)).unwrap();
    wait_for(&hospital, "what is gone", || refused(&hospital, Released::Gone));
    let notes = hospital.home.layout().store(&hospital.config).join("journal/checkpoints.txt");
    wait_for(&hospital, "the journal's files", || {
        let size = hospital.database.read(async |tx| head(tx).await).unwrap().unwrap().size;
        last_note(&notes).unwrap().filter(|noted| noted.size == size).map(drop)
    });
    daemon.kill();

    assert_eq!(lose(&mut hospital), json!([]));
    let again = refused(&hospital, Released::Gone).unwrap();
    assert_eq!(
        (again.id, again.arrival, again.source_name, again.problem),
        (before.id, before.arrival, before.source_name, before.problem)
    );
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    // The next patient's, and their own sidecar is late.
    put(&hospital.drop(), &scan, &picture);
    let next = settled(&hospital, &scan);
    assert_eq!((next.state, next.held), (DocumentState::Identifying, Some(HoldReason::Identity)), "{next:?}");
    let detail = detail(&next);
    let late = detail["problems"].as_array().unwrap().iter().find(|problem| problem["code"] == "late-sidecar");
    assert_eq!(late.map(|late| &late["earlier"]), Some(&json!(before.id)), "{detail}");
    daemon.stop();
}

#[test]
fn a_refused_scan_whose_name_is_lost_is_told() {
    let mut hospital = Hospital::found();
    hospital.configure(&Settings { image: "most_bytes = \"2 MiB\"\n", ..Settings::default() });
    let daemon = hospital.start();
    put(&hospital.drop(), "scan.jpg", &vec![7; 3 << 20]);
    let refused = wait_for(&hospital, "what is too long", || refused(&hospital, Released::No));
    let journal = hospital.home.layout().store(&hospital.config).join("journal");
    wait_for(&hospital, "the journal's files", || {
        let size = hospital.database.read(async |tx| head(tx).await).unwrap().unwrap().size;
        last_note(&journal.join("checkpoints.txt")).unwrap().filter(|noted| noted.size == size).map(drop)
    });
    daemon.kill();
    for file in fs::read_dir(&journal).unwrap().map(|file| file.unwrap().path()) {
        if file.file_name().unwrap().to_string_lossy().starts_with("private-") {
            let text = fs::read_to_string(&file).unwrap();
            let kept: String =
                text.lines().filter(|line| !line.contains("scan.jpg")).map(|line| format!("{line}\n")).collect();
            assert!(kept.len() < text.len());
            fs::write(&file, kept).unwrap();
        }
    }
    let told = lose(&mut hospital);
    let codes: Vec<_> = told.as_array().unwrap().iter().map(|lost| lost["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["private-part", "refused-name"], "{told:#}");
    assert_eq!(told[1]["delivery"], json!(refused.id));
}

fn refused(hospital: &Hospital, released: Released) -> Option<Delivery> {
    let found = hospital.database.read(async |tx| deliveries::in_state(tx, DeliveryState::Refused).await).unwrap();
    found.into_iter().find(|row| row.released == released)
}
