//! What people had decided after a backup: its restore undoes that, says so, and lets nothing go on that somebody had stopped.

use std::fs;

use serde_json::{Value, json};
use torikomi::control::Request;
use torikomi::document::{DeliveryState, DocumentState, HoldReason};
use torikomi::ids::DocumentId;
use torikomi::ledger::attempts::{self, AttemptState};
use torikomi::ledger::deliveries;
use torikomi::signing::ATTEMPTS;

use crate::account::{document_of, filed, names, wait_for};
use crate::backup::{Medium, back_up};
use crate::burst::{deliver_consent, put, sample};
use crate::home::because;
use crate::hospital::{Hospital, PATIENCE, Settings, by, looked_at_delivery};
use crate::proven::proven;
use crate::rebuilt_beside::{confirmable, identify, lose, whole};
use crate::restored::{bring_back, told_of};

/// Other settings, which seal for the same key.
fn configure(hospital: &mut Hospital, settings: &Settings) {
    let file = hospital.root().join("torikomi.toml");
    let before = fs::read_to_string(&file).unwrap();
    let recipients = before.lines().find(|line| line.starts_with("recipients = "));
    let recipients = recipients.unwrap_or("# recipients = []").to_owned();
    hospital.configure(settings);
    let after = fs::read_to_string(&file).unwrap();
    fs::write(&file, after.replace("# recipients = []", &recipients)).unwrap();
}

/// What came of a file, once it waits for a session.
fn waiting(hospital: &Hospital, prefix: &str) -> DocumentId {
    deliver_consent(hospital, prefix);
    wait_for(hospital, "what waits for a session", || {
        let found = document_of(hospital, &format!("{prefix}-consent.jpg"))?;
        (found.held == Some(HoldReason::NoSession)).then_some(found.id)
    })
}

fn send_back(hospital: &Hospital, document: DocumentId) {
    let documents = vec![hospital.looked(document)];
    hospital
        .ask(&Request::SendBack { by: by("manager"), documents, reason: because("wrong-patient") }, PATIENCE)
        .unwrap();
}

fn stands(hospital: &Hospital, prefix: &str) -> (DocumentState, Option<HoldReason>) {
    let found = document_of(hospital, &format!("{prefix}-consent.jpg")).unwrap();
    (found.state, found.held)
}

#[test]
fn what_somebody_stopped_after_the_backup_does_not_go_on_by_itself() {
    let mut hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    // Nobody answers there, so one is signed and waits for its stamp.
    let nobody = "url = \"http://127.0.0.1:9/\"\nretry = \"1s\"\nretry_most = \"1s\"\n";
    configure(&mut hospital, &Settings { authority: Some(nobody.into()), ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    deliver_consent(&hospital, "signed");
    let signed = wait_for(&hospital, "the signature", || {
        let found = document_of(&hospital, "signed-consent.jpg")?;
        (found.state == DocumentState::Stamping).then_some(found.id)
    });
    daemon.stop();
    let daemon = hospital.start();
    let [wrong, said, kept] = ["wrong", "said", "kept"].map(|prefix| waiting(&hospital, prefix));
    let whole_scan = sample("consent.jpg");
    put(&hospital.drop(), "cut.jpg", &whole_scan[..whole_scan.len() / 2]);
    let cut = wait_for(&hospital, "what breaks off", || {
        let found =
            hospital.database.read(async |tx| deliveries::in_state(tx, DeliveryState::InCustody).await).unwrap();
        found.into_iter().find(|row| row.source_display == "cut.jpg" && row.problem.is_some())
    });
    daemon.stop();
    back_up(&hospital, &medium, &["--new"]);

    // Afterwards the manager stops two of them, and one that came since; one turns out to be another patient's; one is a yes.
    let attempt = hospital.database.read(async |tx| attempts::of_document(tx, signed).await).unwrap().remove(0);
    let manifest = hospital.custody().join(ATTEMPTS).join(attempt.id.to_string()).join("manifest.xml");
    let mut bytes = fs::read(&manifest).unwrap();
    bytes[200] ^= 1;
    fs::write(&manifest, bytes).unwrap();
    configure(&mut hospital, &Settings::default());
    let daemon = hospital.start();
    let later = waiting(&hospital, "later");
    wait_for(&hospital, "the third failure", || {
        (stands(&hospital, "signed").1 == Some(HoldReason::StageFailed)).then_some(())
    });
    [wrong, signed, later].into_iter().for_each(|document| send_back(&hospital, document));
    let shown = looked_at_delivery(&hospital.database, cut.id);
    let refuse =
        Request::DecideDelivery { by: by("manager"), delivery: cut.id, shown, take: false, reason: because("other") };
    hospital.ask(&refuse, PATIENCE).unwrap();
    hospital.open_session().unwrap();
    [said, kept].into_iter().for_each(|document| confirmable(&hospital, document, "9990001"));
    identify(&hospital, said, whole(&hospital, "9990002"));
    let confirm =
        Request::Confirm { by: by("clerk"), document: hospital.looked(kept), pages_shown: true, supersedes: None };
    hospital.ask(&confirm, PATIENCE).unwrap();
    let record = filed(&hospital, "kept-consent.jpg");
    daemon.stop();
    back_up(&hospital, &medium, &[]);

    let (place, report) = bring_back(&hospital, &medium);
    let about = |acts: &str, of: &str| -> Vec<(String, Value, Value)> {
        let acts = report[acts].as_array().unwrap().iter().filter(|act| !act[of].is_null());
        acts.map(|act| {
            (act["kind"].as_str().unwrap_or_default().to_owned(), act[of].clone(), act["asked_anew"].clone())
        })
        .collect()
    };
    let act = |kind: &str, document: DocumentId, asked: bool| (kind.to_owned(), json!(document), json!(asked));
    let expected = [
        act("document-sent-back", wrong, true),
        act("document-sent-back", signed, true),
        act("document-identified", said, true),
        act("document-confirmed", kept, false),
    ];
    assert_eq!(about("lost_acts", "document"), expected, "{report:#}");
    assert_eq!(about("lost_acts", "delivery"), [("delivery-decided".into(), json!(cut.id), json!(false))]);
    let lost = &report["lost_documents"];
    assert_eq!((&lost[0]["document"], &lost[0]["ended"]), (&json!(later), &"document-sent-back".into()), "{report:#}");
    assert_eq!(lost.as_array().unwrap().len(), 1);
    assert_eq!(report["lost_records"][0]["record"], json!(record.id));
    for (lang, says) in [("ja", "保留になっています"), ("en", "send it back or discard it again")] {
        let told = told_of(&medium, &place.path().join(lang), lang);
        let line = told.out.lines().find(|line| line.contains(&wrong.to_string()));
        assert!(line.is_some_and(|line| line.contains(says)), "{}{}", told.out, told.err);
    }

    hospital.configure(&Settings::default());
    let all_wait = |hospital: &Hospital| {
        let stood = ["wrong", "signed", "said"].map(|prefix| stands(hospital, prefix));
        assert_eq!(stood, [(DocumentState::Identifying, Some(HoldReason::AskedAnew)); 3]);
        let tried = hospital.database.read(async |tx| attempts::of_document(tx, signed).await).unwrap();
        assert_eq!(
            tried.iter().map(|one| (one.id, one.state)).collect::<Vec<_>>(),
            [(attempt.id, AttemptState::Missed)]
        );
    };
    all_wait(&hospital);
    // So it is in a database that is made anew from the restored home's journal.
    assert_eq!(lose(&mut hospital), json!([]));
    all_wait(&hospital);
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    wait_for(&hospital, "the one that nobody stopped", || {
        hospital.confirm_what_waits();
        (stands(&hospital, "kept").0 == DocumentState::Filed).then_some(())
    });
    all_wait(&hospital);
    // Whoever looks decides anew.
    send_back(&hospital, wrong);
    for (document, patient, name) in [(said, "9990002", "said-consent.jpg"), (signed, "9990001", "signed-consent.jpg")]
    {
        identify(&hospital, document, whole(&hospital, patient));
        wait_for(&hospital, "what was said anew", || {
            hospital.confirm_what_waits();
            document_of(&hospital, name).filter(|document| document.state == DocumentState::Filed)
        });
        assert_eq!(filed(&hospital, name).patient_id, patient);
    }
    assert_eq!(stands(&hospital, "wrong").0, DocumentState::SentBack);
    let evidence = proven(&hospital, &filed(&hospital, "signed-consent.jpg"));
    assert_eq!(evidence["missed_attempts"], json!([attempt.manifest]));
    daemon.stop();
    assert!(names(&hospital.custody().join(ATTEMPTS)).contains(&attempt.id.to_string()), "it is kept");
}
