//! An authority that fails: nothing is lost, nothing is filed unstamped, and in the end everything is filed.

use std::net::TcpListener;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jiff::SignedDuration;
use sqlx::{AnyConnection, Connection as _};
use torikomi::control::{ReasonGiven, Request};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ids::{DocumentId, Name};
use torikomi::instant::Instant;
use torikomi::journal::{Kind, read};
use torikomi::ledger::attempts::{self, AttemptState};
use torikomi::ledger::documents::Document;
use torikomi::people::acts::RevocationReason;
use torikomi::store::Objects;
use torikomi::verification::{AtHome, Fault, Said, Step, Trust, Verdict};

use crate::account::{document_of, documents_of, every_file_has_one_delivery, filed, the_journal_is_whole, wait_for};
use crate::burst::{Sent, deliver_consent};
use crate::hospital::{Hospital, PATIENCE, Settings, by};
use crate::proven::proven;
use crate::tsa::Tsa;

/// What an authority can do wrong, what the status then says of it, and whether it passes by itself.
const FAULTS: [(&[&str], &str, bool); 5] = [
    (&["--wrong-nonce"], "answers another request", false),
    (&["--refuse"], "refuse", false),
    (&["--garbage"], "text/html", false),
    (&["--delay", "4"], "timeout", true),
    (&["--http-status", "503"], "503", true),
];

#[test]
fn while_the_authority_fails_documents_wait_and_none_is_filed_unstamped() {
    let folder = tempfile::tempdir().unwrap();
    let mut hospital = Hospital::found();
    let mut authority = Tsa::start(folder.path());
    hospital.configure(&Settings { authority: Some(authority.settings()), ..Settings::default() });
    authority.stop();
    let daemon = hospital.start();
    hospital.open_session().unwrap();

    let mut sent: Vec<Sent> = vec![deliver_consent(&hospital, "nobody")];
    waits_because(&hospital, "connection refused", true);
    for (number, (faults, told, passing)) in FAULTS.iter().enumerate() {
        authority.serve(faults);
        sent.push(deliver_consent(&hospital, &format!("fault{number}")));
        waits_because(&hospital, told, *passing);
    }
    let stamping = wait_for(&hospital, "the last of them", || {
        let waiting = documents_of(&hospital).into_iter().filter(|(found, _)| found.state == DocumentState::Stamping);
        Some(waiting.collect::<Vec<_>>()).filter(|waiting| waiting.len() == sent.len())
    });
    // An outage is no failure of theirs.
    assert!(stamping.iter().all(|(document, _)| document.held.is_none() && document.failures == 0));

    let mended = hospital.now();
    authority.serve(&[]);
    for names in &sent {
        let record = filed(&hospital, names.keys().next().unwrap());
        proven(&hospital, &record);
        let stamped_at = record.timestamped_at.unwrap();
        assert!(stamped_at.plus(SignedDuration::from_secs(1)) > Instant::from(mended), "{stamped_at}");
        // The settings say to ask again every second, however long it lasted.
        let waited = record.filed_at.since(mended.into());
        assert!(waited < SignedDuration::from_secs(8), "{waited:?}");
    }
    assert_eq!(why_stamping_pauses(&hospital), None, "it goes on");
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
}

#[test]
fn what_was_signed_by_a_key_that_was_revoked_before_the_stamp_is_signed_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut hospital = Hospital::found();
    let mut authority = Tsa::start(folder.path());
    hospital.configure(&Settings { authority: Some(authority.settings()), ..Settings::default() });
    authority.stop();
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let sent = [deliver_consent(&hospital, "revoked")];
    let name = sent[0].keys().next().unwrap();
    let waiting = wait_for(&hospital, "the signature", || {
        document_of(&hospital, name).filter(|document| document.state == DocumentState::Stamping)
    });
    let revoke = Request::Revoke {
        by: by("admin"),
        second: Some(by("manager")),
        login: "clerk".into(),
        why: RevocationReason::KeyCompromised,
        since: None,
    };
    hospital.ask(&revoke, PATIENCE).unwrap();
    let_a_second_begin(&hospital);
    authority.serve(&[]);
    wait_for(&hospital, "the next signature", || {
        document_of(&hospital, name)
            .filter(|document| (document.state, document.held) == (DocumentState::Signing, Some(HoldReason::NoSession)))
    });
    let station = "front-desk".parse().unwrap();
    hospital
        .ask(&Request::OpenSession { by: by("manager"), station, attested: true, obtained_on: None }, PATIENCE)
        .unwrap();
    let record = wait_for(&hospital, "the record", || {
        let waits = document_of(&hospital, name).unwrap();
        if waits.state == DocumentState::AwaitingConfirmation {
            let (by, document) = (by("manager"), hospital.looked(waits.id));
            hospital.ask(&Request::Confirm { by, document, pages_shown: true, supersedes: None }, PATIENCE).unwrap();
        }
        (waits.state == DocumentState::Filed).then(|| filed(&hospital, name))
    });
    // The verifier believes it, and so does whoever has OpenSSL alone.
    let signed = proven(&hospital, &record);
    assert_eq!(signed["signer"]["person"]["login"], "manager", "{signed}");
    daemon.stop();
    let tried = hospital.database.read(async |tx| attempts::of_document(tx, waiting.id).await).unwrap();
    let states: Vec<_> = tried.iter().map(|attempt| attempt.state).collect();
    assert_eq!(states, [AttemptState::Missed, AttemptState::Filed]);
    the_journal_is_whole(&hospital);
}

/// Revokes the clerk's key: two others from an earlier time, or one alone from now on.
fn revoke_the_clerk(hospital: &Hospital, since: Option<Instant>, why: RevocationReason) {
    let second = since.map(|_| by("manager"));
    let request = Request::Revoke { by: by("admin"), second, login: "clerk".into(), why, since };
    hospital.ask(&request, PATIENCE).unwrap();
}

/// The stamps of this authority are in whole seconds: one from the same second would be from before.
fn let_a_second_begin(hospital: &Hospital) {
    let revoked = hospital.now().as_second();
    wait_for(hospital, "the next second", || (hospital.now().as_second() > revoked).then_some(()));
}

fn confirm(hospital: &Hospital, login: &str, document: DocumentId) {
    let document = hospital.looked(document);
    let request = Request::Confirm { by: by(login), document, pages_shown: true, supersedes: None };
    hospital.ask(&request, PATIENCE).unwrap();
}

fn waits_in(hospital: &Hospital, name: &str, state: DocumentState, held: Option<HoldReason>) -> Document {
    wait_for(hospital, &format!("{name} in {state}, held by {held:?}"), || {
        document_of(hospital, name).filter(|document| (document.state, document.held) == (state, held))
    })
}

#[test]
fn what_was_confirmed_with_a_stolen_key_is_confirmed_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut hospital = Hospital::found();
    let mut authority = Tsa::start(folder.path());
    hospital.configure(&Settings { authority: Some(authority.settings()), ..Settings::default() });
    authority.stop();
    let daemon = hospital.start();
    let sent = [deliver_consent(&hospital, "stolen")];
    let name = sent[0].keys().next().unwrap();
    waits_in(&hospital, name, DocumentState::Signing, Some(HoldReason::NoSession));
    // Whoever stole the key opens a session with it, confirms, and signs.
    let stolen = Instant::from(hospital.now());
    hospital.open_session().unwrap();
    let document = waits_in(&hospital, name, DocumentState::AwaitingConfirmation, None).id;
    confirm(&hospital, "clerk", document);
    waits_in(&hospital, name, DocumentState::Stamping, None);
    revoke_the_clerk(&hospital, Some(stolen), RevocationReason::KeyCompromised);
    authority.serve(&[]);
    waits_in(&hospital, name, DocumentState::Signing, Some(HoldReason::NoSession));

    // With the new key the clerk signs nothing that only the old one has confirmed.
    hospital.enrol_the_clerk();
    hospital.open_session().unwrap();
    waits_in(&hospital, name, DocumentState::AwaitingConfirmation, None);
    confirm(&hospital, "clerk", document);
    let record = wait_for(&hospital, "the record", || {
        let waits = document_of(&hospital, name).unwrap();
        (waits.state == DocumentState::Filed).then(|| filed(&hospital, name))
    });
    let signed = proven(&hospital, &record);
    assert_eq!(signed["decisions"].as_array().unwrap().len(), 1, "{signed}");
    daemon.stop();
    the_journal_is_whole(&hospital);
}

#[test]
fn what_somebody_confirmed_who_signs_no_more_is_confirmed_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let mut hospital = Hospital::found();
    let mut authority = Tsa::start(folder.path());
    hospital.configure(&Settings { authority: Some(authority.settings()), ..Settings::default() });
    authority.stop();
    let daemon = hospital.start();
    // One was signed and waits for its stamp, one waits for the signature.
    let sent = [deliver_consent(&hospital, "signed"), deliver_consent(&hospital, "unsigned")];
    let names: Vec<_> = sent.iter().map(|names| names.keys().next().unwrap()).collect();
    for name in &names {
        waits_in(&hospital, name, DocumentState::Signing, Some(HoldReason::NoSession));
    }
    let opened = hospital.open_session().unwrap();
    let [signed, unsigned] =
        [0, 1].map(|place| waits_in(&hospital, names[place], DocumentState::AwaitingConfirmation, None).id);
    confirm(&hospital, "clerk", signed);
    waits_in(&hospital, names[0], DocumentState::Stamping, None);
    let session = opened["session"].as_str().unwrap().parse().unwrap();
    hospital.ask(&Request::CloseSession { session }, PATIENCE).unwrap();
    confirm(&hospital, "clerk", unsigned);
    waits_in(&hospital, names[1], DocumentState::Signing, Some(HoldReason::NoSession));

    revoke_the_clerk(&hospital, None, RevocationReason::Left);
    waits_in(&hospital, names[1], DocumentState::AwaitingConfirmation, None);
    let_a_second_begin(&hospital);
    authority.serve(&[]);
    waits_in(&hospital, names[0], DocumentState::AwaitingConfirmation, None);
    let station = "front-desk".parse().unwrap();
    hospital
        .ask(&Request::OpenSession { by: by("manager"), station, attested: true, obtained_on: None }, PATIENCE)
        .unwrap();
    for (name, document) in names.iter().zip([signed, unsigned]) {
        confirm(&hospital, "manager", document);
        let record = wait_for(&hospital, "the record", || {
            let waits = document_of(&hospital, name).unwrap();
            (waits.state == DocumentState::Filed).then(|| filed(&hospital, name))
        });
        // What the clerk said was said with a key of their own, and stays beside it.
        let proven = proven(&hospital, &record);
        assert_eq!(proven["decisions"].as_array().unwrap().len(), 2, "{proven}");
    }
    daemon.stop();
    let lapsed = hospital.database.read(async |tx| read::of_kind(tx, Kind::ConfirmationLapsed).await).unwrap();
    assert_eq!(lapsed.len(), 1);
    the_journal_is_whole(&hospital);
}

#[test]
fn a_record_that_rests_on_a_stolen_key_is_named_and_none_is_filed() {
    let folder = tempfile::tempdir().unwrap();
    let mut hospital = Hospital::found();
    let mut authority = Tsa::start(folder.path());
    hospital.configure(&Settings { authority: Some(authority.settings()), ..Settings::default() });
    let daemon = hospital.start();
    let sent = [deliver_consent(&hospital, "filed"), deliver_consent(&hospital, "open")];
    let names: Vec<_> = sent.iter().map(|names| names.keys().next().unwrap()).collect();
    for name in &names {
        waits_in(&hospital, name, DocumentState::Signing, Some(HoldReason::NoSession));
    }
    let station: Name = "front-desk".parse().unwrap();
    let (by_manager, obtained_on) = (by("manager"), None);
    hospital.ask(&Request::OpenSession { by: by_manager, station, attested: true, obtained_on }, PATIENCE).unwrap();
    // The delivery names the clerk, and the manager stands in.
    let (confirmable, held) = (DocumentState::AwaitingConfirmation, Some(HoldReason::OtherOperator));
    let documents = [0, 1].map(|place| waits_in(&hospital, names[place], confirmable, held).id);
    // The clerk's key says of both whose they are; the manager confirms and signs.
    let stolen = Instant::from(hospital.now());
    for (name, document) in names.iter().zip(documents) {
        let day = hospital.today().0.parse().unwrap();
        let facts = Box::new(Facts { obtained_on: Some(day), ..Facts::default() });
        let reason = ReasonGiven { code: "other".parse().unwrap(), text: None };
        let (by, document) = (by("clerk"), hospital.looked(document));
        hospital.ask(&Request::Identify { by, document, facts, supersedes: None, reason }, PATIENCE).unwrap();
        waits_in(&hospital, name, confirmable, held);
    }
    confirm(&hospital, "manager", documents[0]);
    let record = wait_for(&hospital, "the record", || {
        let waits = document_of(&hospital, names[0]).unwrap();
        (waits.state == DocumentState::Filed).then(|| filed(&hospital, names[0]))
    });
    proven(&hospital, &record);
    authority.stop();
    confirm(&hospital, "manager", documents[1]);
    waits_in(&hospital, names[1], DocumentState::Stamping, None);

    revoke_the_clerk(&hospital, Some(stolen), RevocationReason::KeyCompromised);
    authority.serve(&[]);
    // The signature is the manager's, and in order; but whose it is, somebody else has said.
    waits_in(&hospital, names[1], DocumentState::Review, Some(HoldReason::Identity));
    let objects =
        Objects::open(&hospital.home.layout().store(&hospital.config).join("objects"), hospital.runtime.handle());
    let objects = objects.unwrap();
    let trust = Trust::of_home(hospital.home.layout(), &hospital.config).unwrap();
    let report = AtHome::new(&hospital.database, &objects).verify(record.id, &trust, true).unwrap().unwrap();
    let wrong: Vec<_> = report.steps.iter().filter(|step| step.verdict != Verdict::Passed).collect();
    let [step] = wrong.as_slice() else { panic!("{wrong:?}") };
    let named = matches!(step.said, Said::Fault(Fault::DecisionRevoked { since, .. }) if since == stolen);
    assert!(step.step == Step::Releases && named, "{step:?}");
    daemon.stop();
    the_journal_is_whole(&hospital);
}

#[test]
fn what_missed_its_window_for_the_stamp_is_signed_anew() {
    let folder = tempfile::tempdir().unwrap();
    let mut hospital = Hospital::found();
    let mut authority = Tsa::start(folder.path());
    let usual = Settings { authority: Some(authority.settings()), ..Settings::default() };
    hospital.configure(&usual);
    authority.stop();
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let sent = [deliver_consent(&hospital, "late")];
    let name = sent[0].keys().next().unwrap();
    let waiting = wait_for(&hospital, "the signature", || {
        document_of(&hospital, name).filter(|document| document.state == DocumentState::Stamping)
    });
    daemon.kill();

    // The window is an hour. The authority comes back, with its clock as ours, when it is over.
    let later = Instant::from(hospital.now()).plus(SignedDuration::from_mins(61));
    authority.serve(&["--offset-hours", "1.01666667"]);
    hospital.configure(&Settings { starts_at: Some(later), ..usual });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let record = filed(&hospital, name);
    let signed = proven(&hospital, &record);
    daemon.stop();

    assert!(record.signed_at >= later, "{}", record.signed_at);
    let tried = hospital.database.read(async |tx| attempts::of_document(tx, waiting.id).await).unwrap();
    let states: Vec<_> = tried.iter().map(|attempt| attempt.state).collect();
    assert_eq!(states, [AttemptState::Missed, AttemptState::Filed]);
    assert_eq!(signed["missed_attempts"], serde_json::json!([tried[0].manifest]));
    assert_eq!(signed["attempt"], serde_json::json!(tried[1].id));
    // The signature that was not used is kept.
    let kept = hospital.custody().join(torikomi::signing::ATTEMPTS).join(tried[0].id.to_string());
    assert!(kept.join("signature.p7s").is_file() && !kept.join("stamped.p7s").exists());
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
}

/// Four threads stamp, and together they ask as often as the settings say.
#[test]
fn an_authority_that_is_away_is_asked_as_often_as_the_settings_say() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    std::thread::spawn(move || {
        for _connection in listener.incoming() {
            count.fetch_add(1, Ordering::SeqCst);
        }
    });
    let mut hospital = Hospital::found();
    let authority = format!("url = \"http://127.0.0.1:{port}/\"\nretry = \"2s\"\nretry_most = \"4s\"\n");
    hospital.configure(&Settings { authority: Some(authority), ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    deliver_consent(&hospital, "alone");
    wait_for(&hospital, "the first try", || (asked.load(Ordering::SeqCst) > 0).then_some(()));
    // After 2, 6, 10 and 14 seconds it is asked again.
    std::thread::sleep(std::time::Duration::from_secs(13));
    let asked = asked.load(Ordering::SeqCst);
    assert!((3..=5).contains(&asked), "asked {asked} times");
    daemon.stop();
}

/// However it came there: a signature without the stamp that the profile asks for is not filed.
#[test]
fn what_lacks_the_stamp_that_its_profile_asks_for_is_not_filed() {
    let folder = tempfile::tempdir().unwrap();
    let mut hospital = Hospital::found();
    let mut authority = Tsa::start(folder.path());
    hospital.configure(&Settings { authority: Some(authority.settings()), ..Settings::default() });
    authority.stop();
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let sent = deliver_consent(&hospital, "unstamped");
    let name = sent.keys().next().unwrap();
    let waits = |state, held| {
        wait_for(&hospital, &format!("{name} at {state}"), || {
            document_of(&hospital, name).filter(|found| (found.state, found.held) == (state, held))
        })
    };
    let document = waits(DocumentState::Stamping, None);
    daemon.stop();
    let move_past = |from: DocumentState, to: DocumentState| {
        let path = hospital.home.layout().database(&hospital.config);
        hospital.runtime.block_on(async {
            let mut database = AnyConnection::connect(&format!("sqlite://{}?mode=rw", path.display())).await.unwrap();
            sqlx::query("UPDATE document SET state = $1, held = NULL, failures = 0 WHERE id = $2 AND state = $3")
                .bind(to.to_string())
                .bind(document.id.to_string())
                .bind(from.to_string())
                .execute(&mut database)
                .await
                .unwrap();
            database.close().await.unwrap();
        });
    };
    move_past(DocumentState::Stamping, DocumentState::Filing);
    let daemon = hospital.start();
    let held = waits(DocumentState::Filing, Some(HoldReason::StageFailed));
    assert!(held.held_detail.unwrap().contains("the profile asks for a time-stamp, and there is none"));
    daemon.stop();

    // Put back, it is stamped and filed after all.
    move_past(DocumentState::Filing, DocumentState::Stamping);
    authority.serve(&[]);
    let daemon = hospital.start();
    proven(&hospital, &filed(&hospital, name));
    daemon.stop();
}

#[test]
fn an_authority_behind_tls_is_trusted_by_the_roots_of_the_settings_alone() {
    let folder = tempfile::tempdir().unwrap();
    let mut hospital = Hospital::found();
    let mut authority = Tsa::start(folder.path());
    authority.serve(&["--tls"]);
    let plain = authority.settings().replace("http://", "https://");
    hospital.configure(&Settings { authority: Some(plain.clone()), ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let sent = deliver_consent(&hospital, "tls");
    waits_because(&hospital, "not trusted", false);
    daemon.stop();

    let roots = format!("{plain}tls_roots = \"{}\"\n", folder.path().join("tls-roots.pem").display());
    hospital.configure(&Settings { authority: Some(roots), ..Settings::default() });
    let daemon = hospital.start();
    proven(&hospital, &filed(&hospital, sent.keys().next().unwrap()));
    daemon.stop();
}

#[test]
fn the_policy_that_the_settings_name_is_asked_for() {
    const GIVEN: &str = "1.3.6.1.4.1.55555.1.1";
    let folder = tempfile::tempdir().unwrap();
    let mut hospital = Hospital::found();
    let authority = Tsa::start(folder.path());
    let asking = |policy: &str| {
        let listed = format!("policies = [\"{GIVEN}\", \"1.3.6.1.4.1.55555.9\"]\nrequest_policy = \"{policy}\"");
        let settings = authority.settings().replace(&format!("policies = [\"{GIVEN}\"]"), &listed);
        Settings { authority: Some(settings), ..Settings::default() }
    };
    hospital.configure(&asking("1.3.6.1.4.1.55555.9"));
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let sent = deliver_consent(&hospital, "policy");
    waits_because(&hospital, "unacceptedpolicy", false);
    daemon.stop();
    hospital.configure(&asking(GIVEN));
    let daemon = hospital.start();
    proven(&hospital, &filed(&hospital, sent.keys().next().unwrap()));
    daemon.stop();
}

/// Waits until the status says that stamping pauses because of this.
fn waits_because(hospital: &Hospital, told: &str, passing: bool) {
    let why = wait_for(hospital, &format!("the pause ({told})"), || {
        let why = why_stamping_pauses(hospital)?;
        why["problem"].as_str().unwrap().to_lowercase().contains(told).then_some(why)
    });
    assert_eq!(why["passing"], passing, "{why}");
    assert!(documents_of(hospital).iter().all(|(document, _)| document.state != DocumentState::Filed));
}

fn why_stamping_pauses(hospital: &Hospital) -> Option<serde_json::Value> {
    let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
    let paused = status["paused"].as_array().unwrap();
    let stamping = paused.iter().find(|paused| paused["stage"] == "stamping")?;
    Some(stamping["why"].clone())
}
