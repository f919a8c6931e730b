//! What records are judged by: the version of a profile, and the calendar, that the hospital had in force. Whoever writes in the
//! database puts others there, and the line works by them; no record is verified by them.

use serde_json::Value;
use torikomi::config::home::Layout;
use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::ids::Digest;
use torikomi::store::Objects;
use torikomi::store::records::Record;

use crate::account::{document_of, filed, wait_for};
use crate::burst::{deliver, deliver_consent};
use crate::hospital::{Hospital, PATIENCE, by};
use crate::program::torikomi;
use crate::proven::proven;
use crate::store_check::sql;

/// Waits until a scan is judged, and somebody has to open a session.
fn waits(hospital: &Hospital, name: &str) {
    wait_for(hospital, name, || {
        let document = document_of(hospital, name)?;
        (document.state == DocumentState::Signing && document.held == Some(HoldReason::NoSession)).then_some(())
    });
}

fn approve(hospital: &Hospital, profile: &str) {
    let shown = Digest::of(profile.as_bytes());
    std::fs::write(hospital.root().join("profiles/consent-demo.toml"), profile).unwrap();
    let (first, second) = (by("admin"), Some(by("manager")));
    let request = Request::ApproveProfile { by: first, second, profile: "consent-demo".parse().unwrap(), shown };
    hospital.ask(&request, PATIENCE).unwrap();
}

/// The clerk opens a session, and confirms what came before it.
fn confirmed(hospital: &Hospital, names: &[&str]) -> Vec<Record> {
    hospital.open_session().unwrap();
    let mut records = Vec::new();
    for name in names {
        let document = wait_for(hospital, name, || {
            hospital.confirm_what_waits();
            document_of(hospital, name).filter(|document| document.state == DocumentState::Filed)
        });
        let found = hospital.database.read(async |tx| torikomi::store::records::of_document(tx, document.id).await);
        records.extend(found.unwrap());
    }
    records
}

/// What is said of a record's journal step.
fn verified(hospital: &Hospital, record: &Record) -> Value {
    let id = record.id.to_string();
    let ran = torikomi(Some(&hospital.root()), &["verify", &id, "--accept-evaluation", "--json"]);
    assert_eq!(ran.status, 1, "{}{}", ran.out, ran.err);
    let report = ran.json();
    let steps = report["items"][0]["report"]["steps"].as_array().unwrap_or_else(|| panic!("{report:#}")).clone();
    steps.iter().find(|step| step["step"] == "journal").unwrap()["said"].clone()
}

#[test]
fn nothing_is_proven_by_a_profile_or_a_calendar_that_somebody_slipped_in() {
    let hospital = Hospital::found();
    let daemon = hospital.start();
    let first = std::fs::read_to_string(hospital.root().join("profiles/consent-demo.toml")).unwrap();
    let second = first.replace("version = 1\n", "version = 2\n");
    assert_ne!(first, second);
    // What waits when the next version and the next calendar come keeps to those that judged it.
    deliver_consent(&hospital, "waited");
    waits(&hospital, "waited-consent.jpg");
    approve(&hospital, &second);
    let calendar = hospital.home.layout().calendar();
    let text = std::fs::read_to_string(&calendar).unwrap();
    std::fs::write(&calendar, format!("{text}\n# Another.\n")).unwrap();
    let adopted = |digest: Digest| {
        let sql = format!("SELECT 1 FROM watched_file WHERE name = 'calendar' AND digest = '{digest}'");
        let found = hospital.database.read::<_, torikomi::database::DatabaseError, _>(async |tx| {
            Ok(sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_optional(tx).await?.is_some())
        });
        found.unwrap().then_some(())
    };
    wait_for(&hospital, "the next calendar", || adopted(Digest::of(format!("{text}\n# Another.\n").as_bytes())));
    deliver_consent(&hospital, "fresh");
    waits(&hospital, "fresh-consent.jpg");
    for record in confirmed(&hospital, &["waited-consent.jpg", "fresh-consent.jpg"]) {
        proven(&hospital, &record);
    }
    daemon.stop();

    // The first version is put back, and after the judgement a calendar of nobody's.
    let swap = |from: &str, to: &str, version: u32| {
        format!(
            "UPDATE profile_version SET state = '{to}' WHERE id = 'consent-demo' AND version = {version} AND state = '{from}';"
        )
    };
    sql(&hospital, swap("in-force", "retired", 2) + &swap("retired", "in-force", 1));
    let daemon = hospital.start();
    let sent = deliver(&hospital, "late");
    assert_eq!(sent.len(), 2);
    for name in ["late-consent.jpg", "late-検査報告書-0001.png"] {
        waits(&hospital, name);
    }
    daemon.stop();
    let objects = Layout::new(&hospital.root()).store(&hospital.config).join("objects");
    let objects = Objects::open(&objects, hospital.runtime.handle()).unwrap();
    let nobodys = objects.put(format!("{text}\n# Nobody's.\n").as_bytes()).unwrap();
    let report = document_of(&hospital, "late-検査報告書-0001.png").unwrap().id;
    sql(&hospital, format!("UPDATE document SET calendar = '{nobodys}' WHERE id = '{report}'"));

    let daemon = hospital.start();
    let [by_profile, by_calendar]: [Record; 2] =
        confirmed(&hospital, &["late-consent.jpg", "late-検査報告書-0001.png"]).try_into().unwrap();
    assert_eq!(verified(&hospital, &by_profile)["code"], "profile-replaced");
    let said = verified(&hospital, &by_calendar);
    assert_eq!((&said["code"], &said["calendar"]), (&"calendar-not-adopted".into(), &nobodys.to_string().into()));
    let ran = torikomi(Some(&hospital.root()), &["journal", "verify", "--json"]);
    let faults = ran.json()["faults"].as_array().unwrap().clone();
    let codes: Vec<&str> = faults.iter().map(|fault| fault["code"].as_str().unwrap()).collect();
    let judged = "judged-by-none-in-force";
    assert_eq!(codes, [judged, judged, "profile-state-differs", "profile-state-differs"], "{faults:#?}");
    filed(&hospital, "late-consent.jpg");
    daemon.stop();
}
