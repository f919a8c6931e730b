//! Authorities that are away, for a moment or for a day: the next one stamps, what happened is entered as an incident, what it
//! made late is released by naming that, and whose time ends soon is told before it is over.

use jiff::SignedDuration;
use serde_json::Value;
use torikomi::clock::ClockProblem;
use torikomi::control::client::ClientError;
use torikomi::control::{Refusal, Request};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::ids::IncidentId;
use torikomi::instant::Instant;
use torikomi::journal::{Kind, read};
use torikomi::ledger::attempts;
use torikomi::ledger::documents::Document;
use torikomi::people::acts::{Deed, Signed};
use torikomi::store::Objects;
use torikomi::store::records::Record;
use torikomi::verification::{AtHome, Fact, Said, Trust};

use crate::account::{document_of, every_file_has_one_delivery, filed, the_journal_is_whole, wait_for};
use crate::burst::{Sent, deliver_consent};
use crate::hospital::{Foundation, Hospital, PATIENCE, Settings, by};
use crate::program::torikomi;
use crate::proven::proven;
use crate::scripted::{Behaviour, Scripted};

/// Nobody answers there.
const NOBODY: &str = "url = \"http://127.0.0.1:9/\"\nretry = \"1s\"\nretry_most = \"1s\"\n";

/// Both authorities in the settings, in this order; the home's own name for the first is `evaluation`.
fn both(folder: &std::path::Path, first: &Scripted, second: &Scripted) -> String {
    let table = |authority: &Scripted, order: u32| {
        let root = authority.write_root(folder, &format!("roots-{order}.pem"));
        format!(
            "url = \"{}\"\norder = {order}\nroots = \"{}\"\ntimeout = \"1s\"\nretry = \"1s\"\nretry_most = \"1s\"\n",
            authority.url(),
            root.display()
        )
    };
    format!("{}[authority.second]\n{}", table(first, 1), table(second, 2))
}

fn name_of(sent: &Sent) -> &String {
    sent.keys().next().unwrap()
}

/// Whose stamp a record bears, as `verify` says.
fn stamped_by(hospital: &Hospital, record: &Record) -> String {
    let objects = hospital.home.layout().store(&hospital.config).join("objects");
    let objects = Objects::open(&objects, hospital.runtime.handle()).unwrap();
    let trust = Trust::of_home(hospital.home.layout(), &hospital.config).unwrap();
    let report = AtHome::new(&hospital.database, &objects).verify(record.id, &trust, true).unwrap().unwrap();
    let authority = report.steps.iter().find_map(|step| match &step.said {
        Said::Fact(Fact::TimestampCounts { authority, .. }) => Some(authority.clone()),
        _ => None,
    });
    authority.unwrap()
}

fn incidents(hospital: &Hospital, more: &[&str]) -> Vec<Value> {
    let ran = torikomi(Some(&hospital.root()), &[&["incident", "list", "--json"], more].concat());
    assert_eq!(ran.status, 0, "{ran:?}");
    ran.json()["incidents"].as_array().unwrap().clone()
}

fn status(hospital: &Hospital) -> Value {
    hospital.ask(&Request::Status, PATIENCE).unwrap()
}

#[test]
fn the_second_stamps_while_the_first_fails_and_the_first_again_when_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let [first, second] = ["First", "Second"].map(Scripted::start);
    let mut hospital = Hospital::found();
    let authority = Some(both(folder.path(), &first, &second));
    hospital.configure(&Settings { authority, watch: "incident_after = \"1s\"\n", ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let mut sent = Vec::new();
    let mut becomes = |hospital: &Hospital, name: &str, by_whom: &str| {
        sent.push(deliver_consent(hospital, name));
        let record = filed(hospital, name_of(sent.last().unwrap()));
        let stamped_by = stamped_by(hospital, &record);
        assert!(stamped_by.starts_with(by_whom), "{name}: {stamped_by}");
        proven(hospital, &record);
    };
    becomes(&hospital, "before", "First");
    assert_eq!(incidents(&hospital, &[]), Vec::<Value>::new());
    // Neither where it points to, nor what it said before, nor what it says of something else, nor without end is a stamp of
    // this; and one whose quota is used up gives none.
    let faults = [
        Behaviour::Redirects,
        Behaviour::Replays,
        Behaviour::OtherImprint,
        Behaviour::EndlessBody,
        Behaviour::QuotaUsedUp,
    ];
    for (number, fault) in faults.into_iter().enumerate() {
        first.does(fault);
        becomes(&hospital, &format!("fault{number}"), "Second");
    }
    let open = wait_for(&hospital, "the incident", || {
        Some(status(&hospital)["incidents"][0].clone()).filter(Value::is_object)
    });
    assert_eq!(open["cause"], serde_json::json!({ "code": "authority", "name": "evaluation" }), "{open}");
    assert_eq!(incidents(&hospital, &["--open"]), std::slice::from_ref(&open));
    for (lang, told) in [("ja", "時刻認証局 evaluation"), ("en", "time-stamping authority evaluation")] {
        let said = torikomi(Some(&hospital.root()), &["status", "--lang", lang]);
        assert!(said.out.contains(told), "{}", said.out);
    }
    // It is asked again, and one failure among good answers is no incident.
    for (behaviour, name, by_whom) in [
        (Behaviour::Stamps, "back", "First"),
        (Behaviour::HangsUp, "once", "Second"),
        (Behaviour::Stamps, "again", "First"),
    ] {
        first.does(behaviour);
        becomes(&hospital, name, by_whom);
    }
    wait_for(&hospital, "its end", || status(&hospital)["incidents"].as_array().unwrap().is_empty().then_some(()));
    assert_eq!(incidents(&hospital, &["--open"]), Vec::<Value>::new());
    let [closed] = incidents(&hospital, &[]).try_into().unwrap();
    assert_eq!(closed["incident"], open["incident"]);
    let at = |key: &str| closed[key].as_str().unwrap().parse::<Instant>().unwrap();
    assert!(at("since").plus(SignedDuration::from_secs(1)) < at("until"), "{closed}");
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
}

fn held(hospital: &Hospital, name: &str, state: DocumentState, reason: Option<HoldReason>) -> Document {
    wait_for(hospital, &format!("{name} in {state}, held by {reason:?}"), || {
        document_of(hospital, name).filter(|document| (document.state, document.held) == (state, reason))
    })
}

#[test]
fn what_an_authority_that_was_down_for_a_day_made_late_is_released_by_naming_the_incident() {
    let profile = &[("sign_within = \"8 staffed hours\"", "sign_within = \"12h\"")];
    let mut hospital = Hospital::founded(&Foundation { profile, ..Foundation::default() });
    let watch = "incident_after = \"1s\"\nstamping_ends = \"2h\"\nsigning_ends = \"13h\"\n";
    let nobody = Settings { authority: Some(NOBODY.into()), watch, ..Settings::default() };
    hospital.configure(&nobody);
    let daemon = hospital.start();
    // Nobody has a session open, and twelve hours are less than thirteen.
    let sent = [deliver_consent(&hospital, "unsigned"), deliver_consent(&hospital, "unstamped")];
    for names in &sent {
        held(&hospital, name_of(names), DocumentState::Signing, Some(HoldReason::NoSession));
    }
    let raised = status(&hospital)["raised"].clone();
    assert_eq!((&raised[0]["state"], &raised[0]["held"]), (&"signing".into(), &"no-session".into()), "{raised}");
    assert_eq!(raised[0]["documents"], 2, "{raised}");
    let opened = hospital.open_session().unwrap();
    let late = held(&hospital, name_of(&sent[1]), DocumentState::AwaitingConfirmation, None).id;
    let unsigned = held(&hospital, name_of(&sent[0]), DocumentState::AwaitingConfirmation, None).id;
    let (document, pages_shown, supersedes) = (hospital.looked(late), true, None);
    hospital.ask(&Request::Confirm { by: by("clerk"), document, pages_shown, supersedes }, PATIENCE).unwrap();
    held(&hospital, name_of(&sent[1]), DocumentState::Stamping, None);
    let open = wait_for(&hospital, "the incident", || {
        Some(status(&hospital)["incidents"][0].clone()).filter(Value::is_object)
    });
    // Before its time is over it is told of: with what to do, and for which document.
    let told = status(&hospital)["raised"].clone();
    let states: Vec<_> = told.as_array().unwrap().iter().map(|raised| raised["state"].as_str().unwrap()).collect();
    assert_eq!(states, ["stamping", "awaiting-confirmation"], "{told}");
    let queue = torikomi(Some(&hospital.root()), &["queue", "list", "--json"]).json();
    assert_eq!(queue["raised"], serde_json::json!([late, unsigned]), "{queue}");
    for (lang, words) in [("ja", "期限が近い"), ("en", "nds soon")] {
        for command in [&["status"][..], &["queue", "list"]] {
            let said = torikomi(Some(&hospital.root()), &[command, &["--lang", lang]].concat());
            assert!(said.out.contains(words), "{}", said.out);
        }
    }
    wait_for(&hospital, "the line in the log", || {
        let log = std::fs::read_to_string(hospital.log()).unwrap();
        let raised = format!("The time of document {late} ends at");
        log.lines().any(|line| line.contains(&raised) && line.contains("No time-stamping authority")).then_some(())
    });
    let session = opened["session"].as_str().unwrap().parse().unwrap();
    hospital.ask(&Request::CloseSession { session }, PATIENCE).unwrap();
    daemon.stop();

    // A day later it is still away.
    let later = Instant::from(hospital.now()).plus(SignedDuration::from_hours(25));
    hospital.configure(&Settings { starts_at: Some(later), ..nobody });
    let daemon = hospital.start();
    held(&hospital, name_of(&sent[1]), DocumentState::Review, Some(HoldReason::Late));
    let incident: IncidentId = open["incident"].as_str().unwrap().parse().unwrap();
    let release = |hospital: &Hospital, incident, document| {
        let documents = vec![hospital.looked(document)];
        hospital.ask(&Request::ReleaseAfterIncident { by: by("manager"), documents, incident }, PATIENCE)
    };
    let refused = release(&hospital, incident, late).unwrap_err();
    assert!(matches!(refused, ClientError::Refused(Refusal::IncidentLasts { .. })), "{refused}");
    daemon.stop();

    // Back, and asked at once: the day's checkpoint of the journal is to be stamped.
    let starts_at = Some(later.plus(SignedDuration::from_mins(1)));
    hospital.configure(&Settings { starts_at, watch, ..Settings::default() });
    let daemon = hospital.start();
    wait_for(&hospital, "its end", || {
        (incidents(&hospital, &[]).iter().all(|incident| !incident["until"].is_null())).then_some(())
    });
    let unknown = release(&hospital, IncidentId::new(), late).unwrap_err();
    assert!(matches!(unknown, ClientError::Refused(Refusal::Unknown { .. })), "{unknown}");
    // What came in after it was not made late by it.
    let until: Instant = incidents(&hospital, &[])[0]["until"].as_str().unwrap().parse().unwrap();
    assert!(until > later, "{until}");
    release(&hospital, incident, late).unwrap();
    hospital.open_session().unwrap();
    wait_for(&hospital, "the record", || {
        hospital.confirm_what_waits();
        document_of(&hospital, name_of(&sent[1])).filter(|document| document.state == DocumentState::Filed)
    });
    let record = filed(&hospital, name_of(&sent[1]));
    let signed = proven(&hospital, &record);
    assert_eq!(signed["clocks"]["late"], "authority-outage", "{signed}");
    assert_eq!(signed["missed_attempts"].as_array().unwrap().len(), 1, "{signed}");
    let released = hospital.database.read(async |tx| read::of_kind(tx, Kind::LateReleased).await).unwrap();
    let act = Signed::read(released[0].entry().unwrap().act.unwrap()).unwrap();
    let named = matches!(&act.act().deed, Deed::LateRelease { incident: Some(found), possible_again_at, .. }
        if *found == incident && *possible_again_at == until);
    assert!(named, "{act:?}");
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
}

/// Which of the two clocks is wrong nobody can tell, so nothing more is signed by ours.
#[test]
fn while_the_only_authority_states_another_time_nothing_is_signed() {
    let folder = tempfile::tempdir().unwrap();
    let only = Scripted::start("Only");
    let root = only.write_root(folder.path(), "roots.pem");
    let mut hospital = Hospital::found();
    let authority = format!(
        "url = \"{}\"\nroots = \"{}\"\ntimeout = \"1s\"\nretry = \"1s\"\nretry_most = \"1s\"\n",
        only.url(),
        root.display()
    );
    hospital.configure(&Settings { authority: Some(authority), ..Settings::default() });
    only.does(Behaviour::HangsUp);
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let mut sent = vec![deliver_consent(&hospital, "stamping")];
    held(&hospital, name_of(&sent[0]), DocumentState::Stamping, None);
    let problem = || status(&hospital)["clock_problem"].clone();
    for hours in [2, -2] {
        only.does(Behaviour::Off(SignedDuration::from_hours(hours)));
        let found = wait_for(&hospital, "the doubt", || Some(problem()).filter(|found| found["code"] == "at-odds"));
        let ahead = found["by_milliseconds"].as_i64().unwrap();
        assert!((ahead + hours * 3_600_000).abs() < 10_000, "{found}");
        wait_for(&hospital, "what the stage waits for", || {
            let why = status(&hospital)["paused"][0]["why"]["problem"].clone();
            why.as_str().is_some_and(|why| why.starts_with("evaluation: its clock")).then_some(())
        });
        sent.push(deliver_consent(&hospital, &format!("off{hours}")));
        let name = name_of(sent.last().unwrap());
        // Whether it came in time is the manager's to say; by such a clock it is not signed even then.
        let late = held(&hospital, name, DocumentState::Review, Some(HoldReason::Late));
        hospital.release_late(late.id);
        let waits = held(&hospital, name, DocumentState::Signing, Some(HoldReason::Clock));
        let detail: ClockProblem = serde_json::from_str(&waits.held_detail.unwrap()).unwrap();
        assert_eq!(detail, serde_json::from_value(found).unwrap());
        only.does(Behaviour::Stamps);
        // It ends by itself, and what waited for it is confirmed, as all that the manager released, signed and filed.
        held(&hospital, name, DocumentState::AwaitingConfirmation, None);
        hospital.confirm_what_waits();
        proven(&hospital, &filed(&hospital, name));
        assert_eq!(problem(), Value::Null);
        only.does(Behaviour::HangsUp);
        sent.push(deliver_consent(&hospital, &format!("again{hours}")));
        held(&hospital, name_of(sent.last().unwrap()), DocumentState::Stamping, None);
    }
    only.does(Behaviour::Stamps);
    for names in &sent {
        let record = filed(&hospital, name_of(names));
        let tried = hospital.database.read(async |tx| attempts::of_document(tx, record.document).await).unwrap();
        assert_eq!(tried.len(), 1, "nothing was signed twice");
    }
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
}
