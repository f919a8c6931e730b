//! A person is suspended while the line works: it signs nothing more with their key, not even what it was signing just then,
//! what was signed before is filed, and a database that is made anew knows of it.

use serde_json::Value;
use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::ids::DocumentId;
use torikomi::people::register::Called;

use crate::account::{document_of, filed, quarantine, the_journal_is_whole, wait_for};
use crate::burst::deliver_consent;
use crate::hospital::{Hospital, PATIENCE, Settings, by};
use crate::program::torikomi;
use crate::proven::proven;
use crate::rebuilt::database;
use crate::store_check::{rebuild, sql};

fn waits(hospital: &Hospital, name: &str, state: DocumentState, held: Option<HoldReason>) -> DocumentId {
    wait_for(hospital, &format!("{name} in {state}"), || {
        document_of(hospital, &format!("{name}-consent.jpg"))
            .filter(|document| (document.state, document.held) == (state, held))
            .map(|document| document.id)
    })
}

/// What the list of people says of the clerk.
fn told(hospital: &Hospital, what: &str) -> Value {
    let list = torikomi(Some(&hospital.root()), &["operator", "list", "--json"]).json();
    let people = list["people"].as_array().unwrap();
    people.iter().find(|person| person["login"] == "clerk").unwrap()[what].clone()
}

fn state(hospital: &Hospital) -> Value {
    told(hospital, "state")
}

/// As a crash leaves a signature whose row was never written.
fn cut_off(hospital: &Hospital, document: DocumentId) {
    sql(
        hospital,
        format!(
            "DELETE FROM attempt WHERE document = '{document}';
             UPDATE document SET state = 'signing', due_at = NULL WHERE id = '{document}'"
        ),
    );
}

#[test]
fn nothing_more_is_signed_with_the_key_of_somebody_who_is_suspended() {
    let mut hospital = Hospital::found();
    let daemon = hospital.start();
    let department = Some("病歴室".to_owned());
    let called = Called { name: None, kana: None, occupation: None, department };
    hospital.ask(&Request::ChangePerson { by: by("admin"), login: "clerk".into(), called }, PATIENCE).unwrap();
    hospital.open_session().unwrap();
    deliver_consent(&hospital, "early");
    filed(&hospital, "early-consent.jpg");
    hospital.authority_goes_down();
    deliver_consent(&hospital, "signed");
    waits(&hospital, "signed", DocumentState::Stamping, None);
    deliver_consent(&hospital, "signing");
    let signing = waits(&hospital, "signing", DocumentState::Stamping, None);

    let reason = "架空の理由".to_owned();
    hospital.ask(&Request::Suspend { by: by("admin"), login: "clerk".into(), reason }, PATIENCE).unwrap();
    deliver_consent(&hospital, "late");
    waits(&hospital, "late", DocumentState::Signing, Some(HoldReason::NoSession));
    let refused = hospital.open_session().unwrap_err().to_string();
    assert!(refused.contains("Suspended"), "{refused}");
    assert_eq!(state(&hospital), "suspended");
    daemon.stop();

    cut_off(&hospital, signing);
    hospital.authority_comes_up();
    let daemon = hospital.start();
    waits(&hospital, "signing", DocumentState::Signing, Some(HoldReason::NoSession));
    assert_eq!(quarantine(&hospital).len(), 1);
    let record = proven(&hospital, &filed(&hospital, "signed-consent.jpg"));
    assert_eq!(record["signer"]["person"]["department"], "病歴室");
    daemon.stop();

    std::fs::write(database(&hospital), b"no database").unwrap();
    rebuild(&hospital);
    hospital.configure(&Settings::default());
    assert_eq!((state(&hospital), told(&hospital, "department")), ("suspended".into(), "病歴室".into()));
    let daemon = hospital.start();
    assert!(hospital.open_session().unwrap_err().to_string().contains("Suspended"));
    hospital.ask(&Request::Resume { by: by("admin"), login: "clerk".into() }, PATIENCE).unwrap();
    assert_eq!(state(&hospital), "active");
    let session = hospital.open_session().unwrap()["session"].as_str().unwrap().to_owned();
    for name in ["late", "signing"] {
        wait_for(&hospital, &format!("the filing of {name}"), || {
            hospital.confirm_what_waits();
            let found = document_of(&hospital, &format!("{name}-consent.jpg"))?;
            (found.state == DocumentState::Filed).then_some(())
        });
        proven(&hospital, &filed(&hospital, &format!("{name}-consent.jpg")));
    }
    // Whoever closes it is shown what was signed in it, and nothing else.
    let closed = torikomi(Some(&hospital.root()), &["session", "close", &session]);
    assert_eq!(closed.status, 0, "{}", closed.err);
    let ids = |name: &str| document_of(&hospital, &format!("{name}-consent.jpg")).unwrap().id.to_string();
    let shown = |name: &&str| closed.out.contains(&ids(name));
    let names = ["early", "signed", "late", "signing"];
    assert_eq!(names.iter().filter(|name| shown(name)).collect::<Vec<_>>(), [&"late", &"signing"], "{}", closed.out);
    daemon.stop();
    the_journal_is_whole(&hospital);
}
