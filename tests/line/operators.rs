//! Who scanned: what a delivery names is compared with who is in session, and the record names a person who exists.

use serde_json::json;
use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ids::SessionId;
use torikomi::ledger::documents::Document;

use crate::account::{document_of, filed, the_journal_is_whole, wait_for};
use crate::burst::{put, sample, variant_of_jpeg};
use crate::home::because;
use crate::hospital::{Foundation, Hospital, PATIENCE, by};
use crate::proven::proven;

fn deliver(hospital: &Hospital, name: &str, operator: &str) {
    let (today, _) = hospital.today();
    let sidecar = format!(
        r#"{{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"consent-demo",
            "obtained_on":"{today}","paper":"A4","expected_pages":1,"operator":"{operator}"}}"#
    );
    put(&hospital.drop(), &format!("{name}.json"), sidecar.as_bytes());
    put(&hospital.drop(), &format!("{name}.jpg"), &variant_of_jpeg(&sample("consent.jpg"), name));
}

fn held(hospital: &Hospital, name: &str, state: DocumentState, reason: HoldReason) -> Document {
    wait_for(hospital, &format!("the hold of {name}"), || {
        document_of(hospital, &format!("{name}.jpg"))
            .filter(|document| (document.state, document.held) == (state, Some(reason)))
    })
}

fn open(hospital: &Hospital, login: &str) -> SessionId {
    let station = "front-desk".parse().unwrap();
    let request = Request::OpenSession { by: by(login), station, attested: true, obtained_on: None };
    let opened = hospital.ask(&request, PATIENCE).unwrap();
    opened["session"].as_str().unwrap().parse().unwrap()
}

fn confirm(hospital: &Hospital, login: &str, document: &Document) -> Result<serde_json::Value, String> {
    let document = hospital.looked(document.id);
    let request = Request::Confirm { by: by(login), document, pages_shown: true, supersedes: None };
    hospital.ask(&request, PATIENCE).map_err(|error| error.to_string())
}

#[test]
fn an_operator_whom_nobody_knows_is_asked_about() {
    let hospital = Hospital::found();
    let daemon = hospital.start();
    open(&hospital, "clerk");
    deliver(&hospital, "own", "clerk");
    deliver(&hospital, "ghost", "ghost");
    assert_eq!(proven(&hospital, &filed(&hospital, "own.jpg"))["operator"]["login"], "clerk");
    let ghost = held(&hospital, "ghost", DocumentState::Identifying, HoldReason::Identity);
    let detail: serde_json::Value = serde_json::from_str(ghost.held_detail.as_deref().unwrap()).unwrap();
    assert_eq!(detail["problems"], json!([{ "code": "unknown-operator", "from": "sidecar", "operator": "ghost" }]));

    let facts = Box::new(Facts { operator: Some("clerk".into()), ..Facts::default() });
    let (document, reason) = (hospital.looked(ghost.id), because("other"));
    let request = Request::Identify { by: by("clerk"), document, facts, supersedes: None, reason };
    hospital.ask(&request, PATIENCE).unwrap();
    let record = proven(&hospital, &filed(&hospital, "ghost.jpg"));
    assert_eq!(record["operator"]["login"], "clerk");
    assert_eq!(record["identity_flags"], json!(["overridden"]));
    daemon.stop();
    the_journal_is_whole(&hospital);
}

#[test]
fn what_names_another_operator_is_held_until_the_right_person_confirms_it() {
    let hospital = Hospital::found();
    let daemon = hospital.start();
    let clerks = open(&hospital, "clerk");
    deliver(&hospital, "absent", "admin");
    deliver(&hospital, "present", "manager");
    let mut waiting = Vec::new();
    for (name, operator) in [("absent", "admin"), ("present", "manager")] {
        let document = held(&hospital, name, DocumentState::AwaitingConfirmation, HoldReason::OtherOperator);
        assert_eq!(
            document.held_detail,
            Some(format!(r#"{{"code":"other-operator","operator":"{operator}","signed_by":"either"}}"#)),
            "{name}"
        );
        // Not by whoever happens to be in session, however often they try.
        let refused = confirm(&hospital, "clerk", &document).unwrap_err();
        assert!(refused.contains("NotTheirs") && refused.contains(operator), "{refused}");
        waiting.push(document);
    }
    // The manager in the place of the absent one; and the one who is named.
    for document in &waiting {
        confirm(&hospital, "manager", document).unwrap();
    }
    for name in ["absent", "present"] {
        held(&hospital, name, DocumentState::Signing, HoldReason::NoSession);
    }
    hospital.ask(&Request::CloseSession { session: clerks }, PATIENCE).unwrap();
    open(&hospital, "manager");
    for (name, operator) in [("absent.jpg", "admin"), ("present.jpg", "manager")] {
        let record = proven(&hospital, &filed(&hospital, name));
        assert_eq!(record["operator"]["login"], operator, "{name}");
        assert_eq!(record["signer"]["person"]["login"], "manager", "{name}");
        assert_eq!(record["signer"]["capacity"], "information_manager", "{name}");
    }
    daemon.stop();
    the_journal_is_whole(&hospital);
}

#[test]
fn what_somebody_confirmed_who_does_not_come_is_confirmed_by_another() {
    let hospital = Hospital::found();
    let daemon = hospital.start();
    deliver(&hospital, "left", "clerk");
    held(&hospital, "left", DocumentState::Signing, HoldReason::NoSession);
    // Nothing of it was delivered in a session, so a person confirms it.
    let managers = open(&hospital, "manager");
    let document = held(&hospital, "left", DocumentState::AwaitingConfirmation, HoldReason::OtherOperator);
    hospital.ask(&Request::CloseSession { session: managers }, PATIENCE).unwrap();
    confirm(&hospital, "manager", &document).unwrap();
    held(&hospital, "left", DocumentState::Signing, HoldReason::NoSession);
    // The clerk is back before the manager is.
    open(&hospital, "clerk");
    let waits = || document_of(&hospital, "left.jpg").unwrap().held_detail;
    wait_for(&hospital, "the reason", || waits().filter(|detail| detail.contains("confirmed-by-another")));
    confirm(&hospital, "clerk", &document).unwrap();
    let record = proven(&hospital, &filed(&hospital, "left.jpg"));
    assert_eq!(
        (&record["operator"]["login"], &record["signer"]["person"]["login"]),
        (&json!("clerk"), &json!("clerk"))
    );
    assert_eq!(record["signer"]["capacity"], "operator");
    daemon.stop();
    the_journal_is_whole(&hospital);
}

#[test]
fn nobody_confirms_what_the_profile_does_not_let_them_sign() {
    let profile = &[("by = [\"operator\", \"information_manager\"]", "by = [\"information_manager\"]")];
    let hospital = Hospital::founded(&Foundation { profile, ..Foundation::default() });
    let daemon = hospital.start();
    // The clerk scanned it, and is named; by this profile the manager alone signs.
    deliver(&hospital, "theirs", "clerk");
    held(&hospital, "theirs", DocumentState::Signing, HoldReason::NoSession);
    open(&hospital, "manager");
    let document = held(&hospital, "theirs", DocumentState::AwaitingConfirmation, HoldReason::OtherOperator);
    let detail = document.held_detail.as_deref().unwrap();
    assert!(detail.contains(r#""signed_by":"information-manager""#), "{detail}");
    let refused = confirm(&hospital, "clerk", &document).unwrap_err();
    assert!(refused.contains("NotEntitled") && refused.contains("InformationManager"), "{refused}");
    confirm(&hospital, "manager", &document).unwrap();
    let record = proven(&hospital, &filed(&hospital, "theirs.jpg"));
    assert_eq!(
        (&record["operator"]["login"], &record["signer"]["person"]["login"]),
        (&json!("clerk"), &json!("manager"))
    );
    daemon.stop();
    the_journal_is_whole(&hospital);
}
