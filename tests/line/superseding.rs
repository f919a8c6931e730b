//! A rescan takes the place of what was rejected: proposed by likeness, said by a person, done when it is filed.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::journal::{Kind, read};
use torikomi::ledger::documents::Document;

use crate::account::{document_of, filed, the_journal_is_whole, wait_for};
use crate::burst::{deliver_consent, put};
use crate::hospital::{Hospital, PATIENCE, by};
use crate::proven::proven;

#[test]
fn a_rescan_that_a_person_says_supersedes_the_reject_ends_it_when_it_is_filed() {
    let hospital = Hospital::found();
    let daemon = hospital.start();
    let (today, _) = hospital.today();
    let sidecar = format!(
        r#"{{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"consent-demo","obtained_on":"{today}","paper":"A4"}}"#
    );
    put(&hospital.drop(), "coarse.json", sidecar.as_bytes());
    put(&hospital.drop(), "coarse.jpg", &fs::read("fixtures/samples/bad/resolution-150-dpi.jpg").unwrap());
    let reject = at(&hospital, "coarse.jpg", DocumentState::Review, Some(HoldReason::Rejected));
    // Whose this one is nobody has settled, but its sidecar says that it is somebody else's.
    put(&hospital.drop(), "unknown.json", sidecar.replace("9990001", "9990099").as_bytes());
    put(&hospital.drop(), "unknown.jpg", &fs::read("fixtures/samples/good/consent.jpg").unwrap());
    let unknown = at(&hospital, "unknown.jpg", DocumentState::Identifying, Some(HoldReason::UnknownPatient));
    let other = deliver_consent(&hospital, "other");
    let rescan = deliver_consent(&hospital, "again");
    let name = rescan.keys().next().unwrap();
    at(&hospital, name, DocumentState::Signing, Some(HoldReason::NoSession));
    hospital.open_session().unwrap();
    let rescan = at(&hospital, name, DocumentState::AwaitingConfirmation, None);
    let other = at(&hospital, other.keys().next().unwrap(), DocumentState::AwaitingConfirmation, None);

    let shown = told(&hospital, &["queue", "show", &rescan.id.to_string()]);
    let proposals = shown["proposals"].as_array().unwrap();
    assert_eq!(proposals.len(), 1, "{proposals:?}");
    assert_eq!(proposals[0]["document"], json!(reject.id));
    assert_eq!(proposals[0]["likeness"], "same-identity");
    assert_eq!(shown["supersedes"], Value::Null);

    // Only what came before and waits, or was sent back, can be replaced.
    let confirm = |document: &Document, supersedes| {
        let (by, document, pages_shown) = (by("clerk"), hospital.looked(document.id), true);
        hospital.ask(&Request::Confirm { by, document, pages_shown, supersedes }, PATIENCE)
    };
    for none in [rescan.id, other.id] {
        let refused = confirm(&rescan, Some(none)).unwrap_err().to_string();
        assert!(refused.contains("NotSupersedable"), "{refused}");
    }
    let refused = confirm(&rescan, Some(unknown.id)).unwrap_err().to_string();
    assert!(refused.contains("SupersedesAnothers"), "{refused}");
    // Likeness alone ends nothing.
    confirm(&other, None).unwrap();
    filed(&hospital, document_name(&hospital, &other).as_str());
    assert_eq!(document_of(&hospital, "coarse.jpg").unwrap().state, DocumentState::Review);

    confirm(&rescan, Some(reject.id)).unwrap();
    let record = filed(&hospital, name);
    assert_eq!(proven(&hospital, &record)["supersedes"], json!(reject.id));
    let ended = at(&hospital, "coarse.jpg", DocumentState::SentBack, None);
    assert_eq!(ended.id, reject.id);
    let entries = hospital.database.read(async |tx| read::of_document(tx, reject.id).await).unwrap();
    let last = entries.last().unwrap().entry().unwrap();
    assert_eq!((last.kind, last.facts["superseded_by"].clone()), (Kind::DocumentSuperseded, json!(rescan.id)));

    let id = record.id.to_string();
    assert_eq!(told(&hospital, &["record", "show", &id])["supersedes"], json!(reject.id));
    let history = told(&hospital, &["record", "history", &id]);
    assert_eq!(history["supersedes"], json!(reject.id));
    // Who looked before stands in it, and nothing of what they saw.
    let viewed = |kind: &str, facts: Value| {
        let entries = history["entries"].as_array().unwrap().iter();
        let found: Vec<_> = entries.filter(|entry| entry["entry"]["kind"] == kind).collect();
        assert_eq!(found.len(), 1, "{found:#?}");
        let entry = &found[0]["entry"];
        assert_eq!((&entry["actor"], &entry["private"]), (&json!("system"), &Value::Null), "{entry:#}");
        let mut said = entry["facts"].clone();
        said.as_object_mut().unwrap().remove("peer_pid").unwrap();
        assert_eq!(said, facts);
    };
    let uid = rustix::process::getuid().as_raw();
    viewed("document-viewed", json!({ "peer_uid": uid }));
    viewed("record-viewed", json!({ "peer_uid": uid, "record_digest": record.digest }));
    // Its own history ends with that; a later one like it has nothing left to replace.
    let later = deliver_consent(&hospital, "later");
    let later = wait_for(&hospital, "the later one", || document_of(&hospital, later.keys().next().unwrap()));
    assert_eq!(told(&hospital, &["queue", "show", &later.id.to_string()])["proposals"], json!([]));
    daemon.stop();
    the_journal_is_whole(&hospital);
}

fn at(hospital: &Hospital, name: &str, state: DocumentState, held: Option<HoldReason>) -> Document {
    wait_for(hospital, &format!("{name} at {state} {held:?}"), || {
        document_of(hospital, name).filter(|found| (found.state, found.held) == (state, held))
    })
}

fn document_name(hospital: &Hospital, document: &Document) -> String {
    let all = crate::account::documents_of(hospital);
    let (_, names) = all.iter().find(|(found, _)| found.id == document.id).unwrap();
    names.keys().next().unwrap().clone()
}

/// What the command prints as JSON.
fn told(hospital: &Hospital, args: &[&str]) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_torikomi"))
        .args(args)
        .arg("--json")
        .arg("--home")
        .arg(hospital.root())
        .output();
    let output = output.unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}
