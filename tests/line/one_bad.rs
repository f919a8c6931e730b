//! One document whose files are gone or damaged is held by itself; the others pass, and it goes on once it is mended.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use sqlx::{AnyConnection, Connection as _};
use torikomi::config::home::MARKER;
use torikomi::control::Request;
use torikomi::document::{DeliveryProblem, DeliveryState, DocumentState, HoldReason};
use torikomi::ids::Digest;
use torikomi::intake::custody::folder_name;
use torikomi::ledger::documents::Document;
use torikomi::ledger::{attempts, contents, deliveries, documents};
use torikomi::signing::ATTEMPTS;
use torikomi::store::relative_path;

use crate::account::{document_of, filed, settle, wait_for};
use crate::burst::{Sent, deliver_consent, put};
use crate::files::endless;
use crate::hospital::{Hospital, PATIENCE, Settings, by};
use crate::proven::proven;
use crate::tsa::Tsa;

#[test]
fn what_one_document_lacks_holds_it_and_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let mut hospital = Hospital::found();
    let mut authority = Tsa::start(folder.path());
    hospital.configure(&Settings { authority: Some(authority.settings()), ..Settings::default() });
    authority.stop();
    let daemon = hospital.start();

    // Each lacks something else, which a later stage asks for.
    let sent: Vec<Sent> =
        ["measured", "signed", "scanned", "whole"].iter().map(|name| deliver_consent(&hospital, name)).collect();
    let names: Vec<String> = sent.iter().map(|names| names.keys().next().unwrap().clone()).collect();
    for name in &names {
        waits_for(&hospital, name, DocumentState::Signing, Some(HoldReason::NoSession));
    }
    let measurements = away(objects(&hospital).join(relative_path(&measurements_of(&hospital, &names[0]))));
    hospital.open_session().unwrap();
    for name in &names {
        waits_for(&hospital, name, DocumentState::AwaitingConfirmation, None);
    }
    hospital.confirm_what_waits();
    waits_for(&hospital, &names[0], DocumentState::Signing, Some(HoldReason::StageFailed));
    for name in &names[1..] {
        waits_for(&hospital, name, DocumentState::Stamping, None);
    }
    let attempt = away(hospital.custody().join(ATTEMPTS).join(attempt_of(&hospital, &names[1])));
    let scan = away(custody_of(&hospital, &names[2]).join("content-001"));
    authority.serve(&[]);

    proven(&hospital, &filed(&hospital, &names[3]));
    waits_for(&hospital, &names[1], DocumentState::Stamping, Some(HoldReason::StageFailed));
    waits_for(&hospital, &names[2], DocumentState::Filing, Some(HoldReason::StageFailed));
    let later = deliver_consent(&hospital, "later");
    proven(&hospital, &filed(&hospital, later.keys().next().unwrap()));
    assert_eq!(paused(&hospital), serde_json::json!([]));

    // Brought back, each goes on from where it was held.
    for (gone, from) in [&measurements, &attempt, &scan] {
        fs::rename(gone, from).unwrap();
    }
    let held = names[..3].iter().map(|name| hospital.looked(document_of(&hospital, name).unwrap().id)).collect();
    hospital.ask(&Request::Retry { by: by("clerk"), documents: held }, PATIENCE).unwrap();
    daemon.stop();
    let mut sent = sent;
    sent.push(later);
    settle(&hospital, &sent);
}

#[test]
fn a_row_that_cannot_be_read_is_told_of_and_the_others_pass() {
    let hospital = Hospital::found();
    let daemon = hospital.start();
    let bad = deliver_consent(&hospital, "bad");
    let bad = bad.keys().next().unwrap();
    waits_for(&hospital, bad, DocumentState::Signing, Some(HoldReason::NoSession));
    let id = document_of(&hospital, bad).unwrap().id.to_string();
    let path = hospital.home.layout().database(&hospital.config);
    hospital.runtime.block_on(async {
        let mut database = AnyConnection::connect(&format!("sqlite://{}?mode=rw", path.display())).await.unwrap();
        let damage = sqlx::query("UPDATE document SET identity = '{' WHERE id = $1").bind(&id);
        damage.execute(&mut database).await.unwrap();
    });

    hospital.open_session().unwrap();
    let other = deliver_consent(&hospital, "other");
    proven(&hospital, &filed(&hospital, other.keys().next().unwrap()));
    let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
    let told = status["warnings"].as_array().unwrap().iter().find(|warning| warning["code"] == "unreadable");
    assert_eq!(told.unwrap()["document"], id.as_str());
    daemon.stop();
}

#[test]
fn what_lacks_because_its_whole_folder_is_away_pauses_the_stages_and_holds_nobody() {
    let hospital = Hospital::found();
    let daemon = hospital.start();
    let sent = deliver_consent(&hospital, "waits");
    let name = sent.keys().next().unwrap();
    waits_for(&hospital, name, DocumentState::Signing, Some(HoldReason::NoSession));
    let scan = away(custody_of(&hospital, name).join("content-001"));
    let marker = away(hospital.custody().join(MARKER));
    hospital.open_session().unwrap();
    wait_for(&hospital, "the pause", || {
        let paused = paused(&hospital);
        paused.as_array().unwrap().iter().find(|paused| paused["stage"] == "signing").map(|_| ())
    });
    // Longer than three failures would take.
    std::thread::sleep(std::time::Duration::from_secs(8));
    let waits = document_of(&hospital, name).unwrap();
    assert_eq!((waits.state, waits.held), (DocumentState::Signing, None), "{:?}", waits.held_detail);
    for (gone, from) in [marker, scan] {
        fs::rename(gone, from).unwrap();
    }
    waits_for(&hospital, name, DocumentState::AwaitingConfirmation, None);
    hospital.confirm_what_waits();
    proven(&hospital, &filed(&hospital, name));
    daemon.stop();
    settle(&hospital, &[sent]);
}

#[test]
fn a_copy_that_is_damaged_before_it_was_measured_waits_for_a_person_and_the_others_pass() {
    let mut hospital = Hospital::found();
    let (image, station) = ("timeout = \"20s\"\n", "patience = \"3s\"\n");
    hospital.configure(&Settings { image, station, ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    // A worker is busy with it for long enough that its bytes can change before the second try.
    put(&hospital.drop(), "damaged.pdf", &endless().remove(0).1);
    let worker = wait_for(&hospital, "a worker", || daemon.worker());
    let delivery = wait_for(&hospital, "the copy", || {
        let rows = hospital.database.read(async |tx| deliveries::in_state(tx, DeliveryState::InCustody).await).unwrap();
        rows.into_iter().find(|row| row.source_display == "damaged.pdf")
    });
    let copy = hospital.custody().join(folder_name(delivery.id, delivery.copy)).join("content-001");
    fs::OpenOptions::new().write(true).open(copy).unwrap().write_at(b"#", 100).unwrap();
    daemon.kill_worker(worker);

    let other = deliver_consent(&hospital, "other");
    proven(&hospital, &filed(&hospital, other.keys().next().unwrap()));
    let told = wait_for(&hospital, "what a person finds", || {
        let state = DeliveryState::CompletenessUnknown;
        let rows = hospital.database.read(async |tx| deliveries::in_state(tx, state).await).unwrap();
        rows.into_iter().find(|row| row.id == delivery.id)
    });
    let problem: DeliveryProblem = serde_json::from_str(&told.problem.unwrap()).unwrap();
    assert!(matches!(problem, DeliveryProblem::NotMeasured { .. }), "{problem:?}");
    assert_eq!(paused(&hospital), serde_json::json!([]));
    daemon.stop();
}

fn waits_for(hospital: &Hospital, name: &str, state: DocumentState, held: Option<HoldReason>) -> Document {
    wait_for(hospital, &format!("{name} at {state} {held:?}"), || {
        document_of(hospital, name).filter(|found| (found.state, found.held) == (state, held))
    })
}

/// Puts it where nobody looks. Answers where it is, and where it was.
fn away(path: PathBuf) -> (PathBuf, PathBuf) {
    let gone = path.with_file_name(format!(".{}-gone", path.file_name().unwrap().to_string_lossy()));
    fs::rename(&path, &gone).unwrap();
    (gone, path)
}

fn paused(hospital: &Hospital) -> serde_json::Value {
    hospital.ask(&Request::Status, PATIENCE).unwrap()["paused"].clone()
}

fn objects(hospital: &Hospital) -> PathBuf {
    hospital.home.layout().store(&hospital.config).join("objects")
}

fn measurements_of(hospital: &Hospital, name: &str) -> Digest {
    let id = document_of(hospital, name).unwrap().id;
    let found = hospital.database.read::<_, torikomi::database::DatabaseError, _>(async |tx| {
        let part = documents::parts(tx, id).await?.remove(0);
        contents::measurements(tx, &part.content).await
    });
    found.unwrap().unwrap()
}

fn attempt_of(hospital: &Hospital, name: &str) -> String {
    let id = document_of(hospital, name).unwrap().id;
    hospital.database.read(async |tx| attempts::of_document(tx, id).await).unwrap().remove(0).id.to_string()
}

fn custody_of(hospital: &Hospital, name: &str) -> PathBuf {
    let id = document_of(hospital, name).unwrap().id;
    let found = hospital.database.read::<_, torikomi::database::DatabaseError, _>(async |tx| {
        let part = documents::parts(tx, id).await?.remove(0);
        deliveries::get(tx, part.delivery).await
    });
    let delivery = found.unwrap().unwrap();
    hospital.custody().join(folder_name(delivery.id, delivery.copy))
}
