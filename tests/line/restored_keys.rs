//! A key was revoked, and somebody suspended, after a backup: in the home that is restored neither signs, and nothing that rests on
//! the stolen key goes on, though nobody has revoked it again yet.

use std::fs;

use serde_json::{Value, json};
use torikomi::config::home::Layout;
use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ids::{AttemptId, DocumentId};
use torikomi::instant::Instant;
use torikomi::journal::{Kind, read};
use torikomi::ledger::attempts::{self, AttemptState};
use torikomi::ledger::decisions;
use torikomi::ledger::documents::Document;
use torikomi::people::acts::RevocationReason;
use torikomi::signing::ATTEMPTS;

use crate::account::{document_of, filed, names, quarantine, wait_for};
use crate::backup::{Medium, back_up};
use crate::burst::deliver_consent;
use crate::home::because;
use crate::hospital::{Hospital, PATIENCE, Settings, by, log_on};
use crate::proven::proven;
use crate::rebuilt::{Kept, database};
use crate::rebuilt_beside::{lose, whole};
use crate::restored::{bring_back, journal, told_of};
use crate::store_check::sql;

fn standing(hospital: &Hospital, prefix: &str, stands: impl Fn(&Document) -> bool) -> DocumentId {
    wait_for(hospital, &format!("{prefix}, as it is to stand"), || {
        document_of(hospital, &format!("{prefix}-consent.jpg")).filter(|found| stands(found)).map(|found| found.id)
    })
}

fn identify(hospital: &Hospital, login: &str, document: DocumentId, facts: Facts) {
    let (by, document, reason) = (by(login), hospital.looked(document), because("wrong-patient"));
    let request = Request::Identify { by, document, facts: Box::new(facts), supersedes: None, reason };
    hospital.ask(&request, PATIENCE).unwrap();
}

fn revoke_the_clerk(hospital: &Hospital, since: Instant) {
    let (why, second) = (RevocationReason::KeyCompromised, Some(by("manager")));
    let request = Request::Revoke { by: by("admin"), second, login: "clerk".into(), why, since: Some(since) };
    hospital.ask(&request, PATIENCE).unwrap();
}

/// The manager signs what is the clerk's, too.
fn filed_by_the_manager(hospital: &Hospital, prefix: &str) {
    wait_for(hospital, &format!("the record of {prefix}"), || {
        let found = document_of(hospital, &format!("{prefix}-consent.jpg")).unwrap();
        if found.state == DocumentState::AwaitingConfirmation {
            let (by, document) = (by("manager"), hospital.looked(found.id));
            let _ = hospital.ask(&Request::Confirm { by, document, pages_shown: true, supersedes: None }, PATIENCE);
        }
        (found.state == DocumentState::Filed).then_some(())
    });
}

#[test]
fn what_rests_on_a_key_that_was_revoked_after_the_backup_does_not_go_on_and_nobody_signs_with_it() {
    let mut hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    let daemon = hospital.start();
    // The manager stands in for the clerk, whom the deliveries name.
    hospital.ask(&log_on("manager"), PATIENCE).unwrap();
    let [said, own] = ["said", "own"].map(|prefix| {
        deliver_consent(&hospital, prefix);
        standing(&hospital, prefix, |found| found.held == Some(HoldReason::OtherOperator))
    });
    // From here on it is a thief who uses the clerk's key.
    let stolen = Instant::from(hospital.now());
    identify(&hospital, "clerk", said, whole(&hospital, "9990002"));
    standing(&hospital, "said", |found| {
        let theirs = found.identity.patient.as_ref().is_some_and(|known| known.value.id == "9990002");
        theirs && found.state != DocumentState::Identifying
    });
    daemon.stop();
    hospital.authority_goes_down();
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    deliver_consent(&hospital, "signed");
    let signed = standing(&hospital, "signed", |found| found.state == DocumentState::Stamping);
    daemon.stop();
    back_up(&hospital, &medium, &["--new"]);

    let daemon = hospital.start();
    revoke_the_clerk(&hospital, stolen);
    let suspend =
        |login: &str| Request::Suspend { by: by("admin"), login: login.into(), reason: "架空の理由".into() };
    hospital.ask(&suspend("manager"), PATIENCE).unwrap();
    daemon.stop();
    back_up(&hospital, &medium, &[]);

    let (place, report) = bring_back(&hospital, &medium);
    let keys: Vec<(Value, Value)> = report["stopped_keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| (key["login"].clone(), key["revoked_from"].clone()))
        .collect();
    assert_eq!(keys, [(json!("clerk"), json!(stolen)), (json!("manager"), json!(null))], "{report:#}");
    let mut resting = [said, signed];
    resting.sort_by_key(ToString::to_string);
    assert_eq!(report["resting_on_them"], json!(resting), "{report:#}");
    for (lang, says) in [("ja", "もう一度失効"), ("en", "revoke it again")] {
        let told = told_of(&medium, &place.path().join(lang), lang);
        let since = stolen.to_string();
        let line = told.out.lines().find(|line| line.contains("clerk") && line.contains(&since));
        assert!(line.is_some_and(|line| line.contains(says)), "{}{}", told.out, told.err);
        assert!(told.out.contains(&said.to_string()), "{}{}", told.out, told.err);
    }

    hospital.configure(&Settings::default());
    let both_wait = |hospital: &Hospital| {
        for (prefix, document) in [("said", said), ("signed", signed)] {
            let found = document_of(hospital, &format!("{prefix}-consent.jpg")).unwrap();
            let stands = (found.id, found.state, found.held);
            assert_eq!(stands, (document, DocumentState::Identifying, Some(HoldReason::AskedAnew)), "{prefix}");
        }
        let tried = hospital.database.read(async |tx| attempts::of_document(tx, signed).await).unwrap();
        assert_eq!(tried.iter().map(|attempt| attempt.state).collect::<Vec<_>>(), [AttemptState::Missed]);
    };
    both_wait(&hospital);
    let decided = hospital.database.read(async |tx| decisions::of_document(tx, said).await).unwrap();
    assert!(matches!(&decided[..], [identified] if identified.undone_by.is_some()), "{decided:?}");
    // So it is in a database that is made anew before the first start.
    let kept = Kept::database(&hospital);
    assert_eq!(lose(&mut hospital), json!([{ "code": "decisions", "document": said, "count": 1 }]));
    both_wait(&hospital);
    // A file of its own: this process still has the other one open.
    fs::remove_file(database(&hospital)).unwrap();
    kept.put_back();
    hospital.configure(&Settings::default());

    hospital.authority_comes_up();
    let daemon = hospital.start();
    for login in ["clerk", "manager"] {
        let refused = hospital.ask(&log_on(login), PATIENCE).unwrap_err().to_string();
        assert!(refused.contains("KeySetAside"), "{refused}");
    }
    // Whoever keeps the home believes the manager.
    let keys = Layout::new(&hospital.root()).people_keys();
    let aside = report["stopped_keys"][1]["set_aside"].as_str().unwrap();
    let name = aside.strip_suffix(".aside").unwrap();
    assert!(name.starts_with(&keys.display().to_string()), "{aside}");
    fs::rename(aside, name).unwrap();
    hospital.ask(&log_on("manager"), PATIENCE).unwrap();
    filed_by_the_manager(&hospital, "own");
    assert_eq!(document_of(&hospital, "own-consent.jpg").unwrap().id, own);
    both_wait(&hospital);
    for (prefix, document) in [("said", said), ("signed", signed)] {
        identify(&hospital, "manager", document, whole(&hospital, "9990001"));
        filed_by_the_manager(&hospital, prefix);
    }
    // The key is revoked again only now, and no record rests on it.
    revoke_the_clerk(&hospital, stolen);
    for prefix in ["own", "said", "signed"] {
        let record = filed(&hospital, &format!("{prefix}-consent.jpg"));
        assert_eq!(record.patient_id, "9990001");
        proven(&hospital, &record);
    }
    daemon.stop();
    let (status, judged) = journal(&hospital.root(), &[]);
    assert_eq!((status, &judged["verdict"], &judged["faults"]), (0, &json!("restored"), &json!([])), "{judged:#}");
}

/// A backup copies custody after its database: a signature may lie there that no row names, by a key that was revoked since.
#[test]
fn a_signature_that_the_database_of_the_backup_lacks_is_set_aside() {
    let mut hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    hospital.authority_goes_down();
    let stolen = Instant::from(hospital.now());
    // As it is between the signature and its row.
    let no_row = "CREATE TRIGGER no_row BEFORE INSERT ON attempt BEGIN SELECT RAISE(ABORT, 'not now'); END";
    sql(&hospital, no_row.into());
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    deliver_consent(&hospital, "signed");
    let attempts_there = || {
        let folders = names(&hospital.custody().join(ATTEMPTS)).into_iter();
        folders.filter_map(|name| name.parse::<AttemptId>().ok()).collect::<Vec<_>>()
    };
    wait_for(&hospital, "the signature", || (!attempts_there().is_empty()).then_some(()));
    daemon.kill();
    let [left] = attempts_there()[..] else { panic!("{:?}", attempts_there()) };
    sql(&hospital, "DROP TRIGGER no_row".into());
    let document = document_of(&hospital, "signed-consent.jpg").unwrap().id;
    back_up(&hospital, &medium, &["--new"]);
    let daemon = hospital.start();
    revoke_the_clerk(&hospital, stolen);
    daemon.stop();
    back_up(&hospital, &medium, &[]);

    let _lost = bring_back(&hospital, &medium);
    hospital.configure(&Settings::default());
    hospital.authority_comes_up();
    let daemon = hospital.start();
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    let tried = hospital.database.read(async |tx| attempts::of_document(tx, document).await).unwrap();
    assert_eq!(tried, []);
    let told = hospital.database.read(async |tx| read::of_kind(tx, Kind::AttemptQuarantined).await).unwrap();
    let [told] = &told[..] else { panic!("{told:?}") };
    let facts = told.entry().unwrap().facts;
    assert_eq!((&facts["attempt"], &facts["reason"]), (&json!(left), &json!("no-row")));
    assert_eq!(quarantine(&hospital), [facts["quarantined_as"].as_str().unwrap()]);
    daemon.stop();
    let (status, judged) = journal(&hospital.root(), &[]);
    assert_eq!((status, &judged["verdict"], &judged["faults"]), (0, &json!("restored"), &json!([])), "{judged:#}");
}
