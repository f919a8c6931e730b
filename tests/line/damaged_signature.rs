//! A signature whose files in custody were damaged: no trying again helps, and every document has a way out.

use std::collections::BTreeSet;
use std::fs;

use serde_json::json;
use sqlx::{AnyConnection, Connection as _};
use torikomi::control::client::ClientError;
use torikomi::control::{Refusal, Request};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::ids::DocumentId;
use torikomi::journal::{Kind, read};
use torikomi::ledger::attempts::{self, AttemptState};
use torikomi::signing::ATTEMPTS;

use crate::account::{document_of, filed, the_journal_is_whole, wait_for};
use crate::backup::{self, Medium};
use crate::burst::deliver_consent;
use crate::home::because;
use crate::hospital::{Hospital, PATIENCE, Settings, by};
use crate::proven::proven;
use crate::store_check::check;

#[test]
fn what_is_damaged_is_signed_anew_or_sent_back() {
    let mut hospital = Hospital::found();
    // Nobody answers there.
    let nobody = "url = \"http://127.0.0.1:9/\"\nretry = \"1s\"\nretry_most = \"1s\"\n";
    hospital.configure(&Settings { authority: Some(nobody.into()), ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let names = ["anew", "back", "late"].map(|prefix| deliver_consent(&hospital, prefix).into_keys().next().unwrap());
    let [anew, back, late] = names.each_ref().map(|name| {
        wait_for(&hospital, "the signature", || {
            document_of(&hospital, name).filter(|document| document.state == DocumentState::Stamping)
        })
        .id
    });
    daemon.stop();
    for document in [anew, back, late] {
        let attempt = attempts_of(&hospital, document).pop().unwrap().0;
        let manifest = hospital.custody().join(ATTEMPTS).join(attempt.to_string()).join("manifest.xml");
        let mut bytes = fs::read(&manifest).unwrap();
        bytes[200] ^= 1;
        fs::write(manifest, bytes).unwrap();
    }
    window_is_over(&hospital, late);

    hospital.configure(&Settings::default());
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    // Past its window nobody asks for the files.
    proven(&hospital, &filed(&hospital, &names[2]));
    assert_eq!(states(&hospital, late), [AttemptState::Missed, AttemptState::Filed]);
    assert_eq!(told(&hospital, late, Kind::StampMissed), 1);
    for name in &names[..2] {
        wait_for(&hospital, "the third failure", || {
            document_of(&hospital, name).filter(|document| document.held == Some(HoldReason::StageFailed))
        });
    }
    let retry = |login| Request::Retry { by: by(login), documents: vec![hospital.looked(anew)] };
    let send_back =
        |login| Request::SendBack { by: by(login), documents: vec![hospital.looked(back)], reason: because("rescan") };
    for request in [retry("clerk"), send_back("clerk")] {
        let refused = hospital.ask(&request, PATIENCE).unwrap_err();
        assert!(matches!(refused, ClientError::Refused(Refusal::RoleNeeded { .. })), "{refused}");
    }
    hospital.ask(&retry("manager"), PATIENCE).unwrap();
    let record = filed(&hospital, &names[0]);
    let signed = proven(&hospital, &record);
    assert_eq!(signed["missed_attempts"].as_array().unwrap().len(), 1, "{signed}");
    assert_eq!(states(&hospital, anew), [AttemptState::Missed, AttemptState::Filed]);
    assert_eq!(told(&hospital, anew, Kind::AttemptDamaged), 1);
    // What was signed first is kept as it is.
    let kept = hospital.custody().join(ATTEMPTS).join(attempts_of(&hospital, anew)[0].0.to_string());
    assert!(kept.join("signature.p7s").exists());

    hospital.ask(&send_back("manager"), PATIENCE).unwrap();
    assert_eq!(document_of(&hospital, &names[1]).unwrap().state, DocumentState::SentBack);
    daemon.stop();
    the_journal_is_whole(&hospital);
    // What was given up because of it, or with its document, is told of no more: the journal has that.
    let found = check(&hospital);
    let told: BTreeSet<_> = found.iter().map(|found| (found["code"].as_str(), found["attempt"].as_str())).collect();
    let first = attempts_of(&hospital, late)[0].0.to_string();
    assert_eq!(told, BTreeSet::from([(Some("attempt-damaged"), Some(first.as_str()))]));
    fs::remove_dir_all(kept).unwrap();
    assert_eq!(check(&hospital), found);
    // Nor does it keep a backup from being a good one.
    let medium = Medium::of(&hospital);
    let report = backup::run(&hospital, &medium, &["--new"]).json();
    assert_eq!(report["missing"], json!([format!("custody/attempts/{first}/manifest.xml")]), "{report:#}");
}

fn attempts_of(hospital: &Hospital, document: DocumentId) -> Vec<(torikomi::ids::AttemptId, AttemptState)> {
    let found = hospital.database.read(async |tx| attempts::of_document(tx, document).await).unwrap();
    found.into_iter().map(|attempt| (attempt.id, attempt.state)).collect()
}

fn states(hospital: &Hospital, document: DocumentId) -> Vec<AttemptState> {
    attempts_of(hospital, document).into_iter().map(|(_, state)| state).collect()
}

/// How often the journal says so of a document.
fn told(hospital: &Hospital, document: DocumentId, kind: Kind) -> usize {
    let stored = hospital.database.read(async |tx| read::of_document(tx, document).await).unwrap();
    stored.iter().filter(|stored| stored.entry().unwrap().kind == kind).count()
}

fn window_is_over(hospital: &Hospital, document: DocumentId) {
    let database = hospital.home.layout().database(&hospital.config);
    hospital.runtime.block_on(async {
        let mut connection = AnyConnection::connect(&format!("sqlite://{}?mode=rw", database.display())).await.unwrap();
        let sql = "UPDATE attempt SET stamp_due_at = signed_at WHERE document = $1";
        sqlx::query(sql).bind(document.to_string()).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    });
}
