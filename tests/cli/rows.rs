//! Commands that read: a home whose rows were written through the library.

use std::path::Path;

use torikomi::document::{DeliveryState, DocumentState, HoldReason, Part};
use torikomi::identity::{Claims, Identity, Patient, Source, Sourced};
use torikomi::ids::{DeliveryId, Digest, DocumentId, HomeId, Name, PersonId};
use torikomi::instant::Instant;
use torikomi::journal::append::Journal;
use torikomi::journal::{Draft, Kind, Subject};
use torikomi::judgement::{Finding, Judgement, Outcome, ProfileRef, Reason, ResolutionBasis, Severity};
use torikomi::ledger::profiles::{self, ProfileState};
use torikomi::ledger::{contents, deliveries, documents};
use torikomi::measurements::{Completeness, Format, Measurements};
use torikomi::profile::{PRESETS, lint};
use torikomi::store::records::{self, Member, Record};

use crate::home::TestHome;
use crate::program::{Ran, torikomi};
use crate::schema::demand;

pub const HELD: &str = "01939d6e-0000-7000-8000-000000000001";
pub const FILED: &str = "01939d6e-0000-7000-8000-000000000002";
pub const RECORD: &str = "01939d6e-0000-7000-8000-000000000003";
const DELIVERY: &str = "01939d6e-0000-7000-8000-000000000004";
pub const CUT: &str = "01939d6e-0000-7000-8000-000000000005";
pub const LINK: &str = "01939d6e-0000-7000-8000-00000000000e";
const PERSON: &str = "01939d6e-0000-7000-8000-000000000006";
const SESSION: &str = "01939d6e-0000-7000-8000-000000000007";

fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

/// One document on hold, one filed; a delivery that breaks off; a person with a session; a journal.
pub fn home() -> TestHome {
    let home = TestHome::new();
    let id = home.id;
    home.write(async move |tx| {
        let now = at("2026-11-20T00:30:00.000000Z");
        let station: Name = "er".parse().unwrap();
        let preset = PRESETS.iter().find(|preset| preset.file_name == "referral-letter.toml").unwrap();
        let (profile, _) = lint(preset.text.as_bytes(), preset.file_name).unwrap();
        let profile = profile.reference().clone();
        profiles::adopt(tx, &profile, preset.text.as_bytes(), ProfileState::InForce, 0).await?;
        person(tx, now).await?;
        let delivery: DeliveryId = DELIVERY.parse().unwrap();
        let content = Digest::of(b"content");
        deliveries::enter(tx, delivery, &station, "紹介状.tif".as_bytes(), now).await?;
        contents::enter(tx, &measurements(content), &Digest::of(b"measurements")).await?;
        let part = Part { delivery, content, first_page: 1, page_count: 2, delivered_name: "紹介状.tif".into() };
        for (document, state) in [(HELD, DocumentState::Review), (FILED, DocumentState::Filed)] {
            let document: DocumentId = document.parse().unwrap();
            documents::create(tx, document, &station, std::slice::from_ref(&part), now, now).await?;
            documents::set_identity(tx, document, &identity(), &Claims::default(), Some(&profile)).await?;
            let path =
                [DocumentState::Inspecting, DocumentState::Review, DocumentState::Signing, DocumentState::Filing];
            let mut from = DocumentState::Identifying;
            for to in path.into_iter().chain([DocumentState::Filed]) {
                if from == state {
                    break;
                }
                documents::move_on(tx, document, from, to, now).await?;
                from = to;
            }
        }
        let held: DocumentId = HELD.parse().unwrap();
        // Half an hour from both neighbours, so that the hours told do not change while the test runs.
        let overdue = jiff::SignedDuration::from_mins(-(2 * 1440 + 3 * 60 + 30));
        let due_at = Instant::from(jiff::Timestamp::now()).plus(overdue);
        documents::set_judgement(tx, held, &judgement(&profile), Some(due_at)).await?;
        documents::hold(tx, held, DocumentState::Review, HoldReason::Findings, None, now).await?;
        documents::assign(tx, held, PERSON.parse().unwrap(), now).await?;
        record(tx, &profile, now).await?;
        cut_delivery(tx, &station, now).await?;
        journal(tx, id, held, now).await
    });
    home
}

fn measurements(content: Digest) -> Measurements {
    Measurements {
        version: 1,
        content,
        byte_length: 7,
        format: Format::Tiff,
        completeness: Completeness::Complete,
        pages: Vec::new(),
        pdf: None,
        trailing_bytes: 0,
    }
}

fn identity() -> Identity {
    let patient = Patient {
        id: "0009990001".into(),
        name: "架空 花子".into(),
        kana: Some("カクウ ハナコ".into()),
        birth_date: Some("1950-04-01".parse().unwrap()),
        sex: None,
    };
    Identity {
        patient: Some(Sourced { value: patient, from: Source::Sidecar }),
        document_type: Some(Sourced { value: "referral-letter".parse().unwrap(), from: Source::Station }),
        obtained_on: Some(Sourced { value: "2026-11-20".parse().unwrap(), from: Source::Person }),
        ..Identity::default()
    }
}

fn judgement(profile: &ProfileRef) -> Judgement {
    let below = Reason::ResolutionBelow { found_milli_dpi: 150_000, minimum_dpi: 300, basis: ResolutionBasis::Paper };
    let finding = |check: &str, outcome, severity, page| Finding { check: check.into(), outcome, severity, page };
    let findings = vec![
        finding("page_damaged", Outcome::Passed, Severity::Pass, None),
        finding("resolution_below_minimum", Outcome::Failed(below), Severity::Hold, Some(2)),
    ];
    Judgement { profile: profile.clone(), findings, severity: Severity::Hold }
}

type Rows = Result<(), torikomi::database::DatabaseError>;
type Tx = torikomi::database::Tx;

async fn person(tx: &mut Tx, now: Instant) -> Rows {
    sqlx::query(
        "INSERT INTO person (id, login, name, kana, occupation, department, state, created_at)
         VALUES ($1, 'mihon', '見本 太郎', NULL, '事務', '医事課', 'active', $2)",
    )
    .bind(PERSON)
    .bind(now.as_microseconds())
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO appointment (person, role, rank, valid_from, valid_until, journal_index)
         VALUES ($1, 'operator', 1, $2, NULL, 0), ($1, 'information_manager', 2, $2, NULL, 0)",
    )
    .bind(PERSON)
    .bind(now.as_microseconds())
    .execute(&mut *tx)
    .await?;
    sqlx::query(
        "INSERT INTO session (id, person, station, opened_at, expires_at, most, signed)
         VALUES ($1, $2, 'er', $3, $3, 200, 3)",
    )
    .bind(SESSION)
    .bind(PERSON)
    .bind(now.as_microseconds())
    .execute(tx)
    .await?;
    Ok(())
}

async fn record(tx: &mut Tx, profile: &ProfileRef, now: Instant) -> Rows {
    let record = Record {
        id: RECORD.parse().unwrap(),
        digest: Digest::of(b"manifest"),
        document: FILED.parse().unwrap(),
        version: 1,
        previous: None,
        station: "er".parse().unwrap(),
        document_type: "referral-letter".parse().unwrap(),
        profile_id: profile.id.clone(),
        profile_version: profile.version,
        patient_id: "0009990001".into(),
        patient_name: "架空 花子".into(),
        obtained_on: Some("2026-11-20".into()),
        page_count: 2,
        operator: Some("mihon".into()),
        signer: PERSON.parse::<PersonId>().unwrap(),
        taken_in_at: now,
        signed_at: now,
        timestamped_at: Some(now),
        filed_at: now,
        journal_index: 2,
    };
    let member = Member {
        name: "original-001.tif".into(),
        generation: 1,
        object: Digest::of(b"content"),
        byte_length: 7,
        media_type: "image/tiff".into(),
    };
    records::insert(tx, &record, &[member]).await
}

async fn cut_delivery(tx: &mut Tx, station: &Name, now: Instant) -> Rows {
    let cut: DeliveryId = CUT.parse().unwrap();
    deliveries::enter(tx, cut, station, b"cut \x1b[2J.tif", now).await?;
    deliveries::move_on(tx, cut, DeliveryState::Arriving, DeliveryState::InCustody, None, now).await?;
    let problem = r#"{"at_byte":7,"code":"incomplete","file":1,"missing":"image-data"}"#;
    deliveries::move_on(tx, cut, DeliveryState::InCustody, DeliveryState::Incomplete, Some(problem), now).await?;
    let link: DeliveryId = LINK.parse().unwrap();
    deliveries::enter(tx, link, station, b"link.tif", now).await?;
    let problem = r#"{"code":"symbolic-link"}"#;
    deliveries::move_on(tx, link, DeliveryState::Arriving, DeliveryState::Refused, Some(problem), now).await
}

async fn journal(tx: &mut Tx, home: HomeId, held: DocumentId, now: Instant) -> Rows {
    let key = torikomi::crypto::make::KeyPair::generate(torikomi::crypto::make::Suite::Ed25519).unwrap();
    let journal = Journal::new(home, "torikomi.test/journal".parse().unwrap(), key);
    journal.append(tx, Draft::by_system(Kind::DaemonStarted, Subject::default()), now).await?;
    let held_for = Draft::by_system(Kind::DocumentHeld, Subject::document(held)).fact("reason", "findings");
    journal.append(tx, held_for, now).await?;
    let subject = Subject { document: Some(FILED.parse().unwrap()), ..Subject::default() };
    let filed = Draft::by_person(Kind::DocumentFiled, PERSON.parse().unwrap(), subject);
    journal.append(tx, filed.private(serde_json::json!({ "text": "架空" })), now).await?;
    let session = Subject { session: Some(SESSION.parse().unwrap()), ..Subject::default() };
    let closed = Draft::by_system(Kind::SessionClosed, session).fact("reason", "log-off").fact("peer_uid", 1001);
    journal.append(tx, closed, now).await?;
    Ok(())
}

fn both(home: &TestHome, args: &[&str]) -> String {
    let mut told = String::new();
    for lang in ["ja", "en"] {
        let ran = torikomi(Some(home.path()), &[args, &["--lang", lang]].concat());
        assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{args:?}");
        told.push_str(&format!("$ torikomi {} --lang {lang}\n{}\n", args.join(" "), without_deadline(&ran.out)));
    }
    told
}

/// When the deadline was depends on the day of the test; how long ago it is does not.
fn without_deadline(text: &str) -> String {
    let told = |line: &str| line.trim_start().starts_with("期限 ") || line.trim_start().starts_with("due ");
    let hidden = |when: &str| when.replace(|c: char| c.is_ascii_digit(), "N");
    text.lines()
        .map(|line| match line.split_once("sha256:") {
            // Salted, and with the deadline in it.
            Some((what, _)) if ["表示内容：", "as shown: "].contains(&what.trim_start()) => {
                format!("{what}sha256:…")
            }
            _ => line.to_owned(),
        })
        .map(|line| match line.split_once(['（', '(']) {
            Some((when, _)) if told(&line) => line.replacen(when, &hidden(when), 1),
            _ => line,
        })
        .collect::<Vec<_>>()
        .join("\n")
}

fn json(home: &TestHome, schema: &str, args: &[&str]) -> serde_json::Value {
    let ran: Ran = torikomi(Some(home.path()), &[args, &["--json"]].concat());
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{args:?}");
    demand(schema, &ran.json());
    ran.json()
}

#[test]
fn people_read_what_there_is() {
    let home = home();
    home.enters_everything();
    insta::assert_snapshot!("queue-list", both(&home, &["queue", "list"]));
    insta::assert_snapshot!("queue-list-patients", both(&home, &["queue", "list", "--patients"]));
    insta::assert_snapshot!("queue-show-delivery", both(&home, &["queue", "show", CUT]));
    insta::assert_snapshot!("queue-show", both(&home, &["queue", "show", HELD]));
    insta::assert_snapshot!("record-list", both(&home, &["record", "list"]));
    insta::assert_snapshot!("record-show", both(&home, &["record", "show", RECORD]));
    insta::assert_snapshot!("record-history", both(&home, &["record", "history", RECORD]));
    insta::assert_snapshot!("journal-show", both(&home, &["journal", "show"]));
    insta::assert_snapshot!("session-list", both(&home, &["session", "list"]));
    insta::assert_snapshot!("operator-list", both(&home, &["operator", "list"]));
    insta::assert_snapshot!("profile-list", both(&home, &["profile", "list"]));
}

#[test]
fn programs_read_what_the_schemas_describe() {
    let home = home();
    home.enters_everything();
    let queue = json(&home, "queue-list", &["queue", "list"]);
    assert_eq!(queue["documents"][0]["document"], HELD);
    assert_eq!(queue["documents"].as_array().unwrap().len(), 1);
    assert_eq!(queue["documents"][0]["assigned_to"], "mihon");
    assert_eq!(queue["deliveries"][0]["problem"]["code"], "incomplete");
    let all = json(&home, "queue-list", &["queue", "list", "--ended", "--most", "1"]);
    assert_eq!((all["documents"].as_array().unwrap().len(), &all["more"]), (1, &true.into()));
    assert_eq!(queue["documents"][0]["checks"], serde_json::json!(["resolution_below_minimum"]));
    assert!(queue["documents"][0].get("whose").is_none() && queue["deliveries"][0].get("name").is_none(), "{queue:#}");
    let named = json(&home, "queue-list", &["queue", "list", "--patients"]);
    assert_eq!(named["documents"][0]["whose"]["files"], serde_json::json!(["紹介状.tif"]));
    assert_eq!(named["refused"]["last"][0]["name"], "link.tif");
    let delivery = json(&home, "queue-show", &["queue", "show", CUT]);
    assert_eq!((&delivery["delivery"], &delivery["problem"]["code"]), (&CUT.into(), &"incomplete".into()));
    assert!(delivery["shown"].is_string());
    let filed = json(&home, "queue-list", &["queue", "list", "--state", "filed"]);
    assert_eq!(filed["documents"][0]["document"], FILED);
    let elsewhere = json(&home, "queue-list", &["queue", "list", "--station", "front-desk"]);
    assert_eq!((&elsewhere["documents"], &elsewhere["deliveries"]), (&serde_json::json!([]), &serde_json::json!([])));
    let shown = json(&home, "queue-show", &["queue", "show", HELD]);
    assert_eq!(shown["history"][0]["entry"]["kind"], "document-held");
    assert!(shown["clause"].is_string());
    let records = json(&home, "record-list", &["record", "list", "--from", "2026-11-20", "--until", "2026-11-20"]);
    assert_eq!((&records["records"][0]["id"], records["records"][0].get("patient_id")), (&RECORD.into(), None));
    let none = json(&home, "record-list", &["record", "list", "--until", "2026-11-19"]);
    assert_eq!(none["records"], serde_json::json!([]));
    assert_eq!(json(&home, "record-list", &["record", "list", "--after", RECORD])["records"], serde_json::json!([]));
    json(&home, "record-show", &["record", "show", RECORD]);
    let history = json(&home, "record-history", &["record", "history", RECORD]);
    assert_eq!(
        (&history["entries"][0]["login"], &history["entries"][0]["private"]["text"]),
        (&"mihon".into(), &"架空".into())
    );
    assert_eq!(
        json(&home, "journal-show", &["journal", "show", "--from", "1", "--most", "1"])["entries"][0]["entry"]["index"],
        1
    );
    assert_eq!(
        json(&home, "journal-show", &["journal", "show", "--document", FILED])["entries"].as_array().unwrap().len(),
        1
    );
    let private = json(&home, "journal-show", &["journal", "show", "--private"]);
    assert_eq!(private["entries"][2]["private"]["text"], "架空");
    let bare = json(&home, "journal-show", &["journal", "show"]);
    assert_eq!(bare["entries"][2]["private"], serde_json::Value::Null);
    assert_eq!(json(&home, "session-list", &["session", "list"])["sessions"][0]["login"], "mihon");
    assert_eq!(json(&home, "operator-list", &["operator", "list"])["people"][0]["has_key"], false);
    json(&home, "profile-list", &["profile", "list"]);
    assert_eq!(json(&home, "profile-show", &["profile", "show", "referral-letter"])["state"], "in-force");
}

#[test]
fn a_row_that_cannot_be_read_hides_no_other() {
    let home = home();
    home.write(async |tx| {
        sqlx::query("UPDATE document SET identity = '{' WHERE id = $1").bind(FILED).execute(tx).await?;
        Ok(())
    });
    let queue = json(&home, "queue-list", &["queue", "list", "--ended"]);
    assert_eq!(queue["documents"][0]["document"], HELD);
    assert_eq!(
        (queue["unreadable"].as_array().unwrap().len(), &queue["unreadable"][0]["document"]),
        (1, &FILED.into())
    );
    let told = torikomi(Some(home.path()), &["queue", "list", "--ended"]);
    assert!(told.out.contains(&format!("Document {FILED} cannot be read")), "{}", told.out);
}

#[test]
fn what_is_not_there_is_said_so() {
    let home = home();
    for args in [
        ["queue", "show", RECORD],
        ["record", "show", HELD],
        ["record", "history", HELD],
        ["profile", "show", "no-such-profile"],
    ] {
        let ran = torikomi(Some(home.path()), &args);
        assert_eq!((ran.status, ran.out.as_str()), (1, ""), "{args:?}");
        assert!(ran.err.contains(args[2]), "{}", ran.err);
    }
}

#[test]
fn what_cannot_be_looked_at_keeps_no_other_from_it() {
    let home = home();
    let ran = torikomi(Some(home.path()), &["verify", "no-such.asice", RECORD, HELD, "--json"]);
    demand("verify", &ran.json());
    let told = ran.json();
    assert_eq!((&told["unread"][0]["what"], &told["unread"][1]["what"]), (&"no-such.asice".into(), &HELD.into()));
    assert_eq!((&told["items"][0]["what"], &told["verdict"]), (&RECORD.into(), &"failed".into()));
    assert_eq!(ran.status, 2, "the gravest of what could not be done: {told:#}");
    let people = torikomi(Some(home.path()), &["verify", "no-such.asice", RECORD]);
    assert!(people.out.contains("1 could not be looked at"), "{}", people.out);
}

/// The journal would tell of an export that was not made.
#[test]
fn an_export_that_cannot_be_made_is_refused_before_it_is_noted() {
    let home = home();
    let export = |to: &Path| {
        let to = to.display().to_string();
        torikomi(Some(home.path()), &["record", "export", RECORD, "--to", &to, "--as", "mihon", "--reason", "audit"])
    };
    let folder = tempfile::tempdir().unwrap();
    let there = folder.path().join(format!("{RECORD}.proof.json"));
    std::fs::write(&there, "").unwrap();
    for (to, named) in [(folder.path(), there.as_path()), (Path::new("/nonexistent"), Path::new("/nonexistent"))] {
        let ran = export(to);
        assert_eq!(ran.status, 2, "{}", ran.err);
        assert!(ran.err.contains(&named.display().to_string()), "neither a passphrase nor a daemon: {}", ran.err);
    }
}

#[test]
fn an_empty_home_says_what_its_emptiness_means() {
    let home = TestHome::new();
    home.write(async |_| Ok(()));
    let mut told = String::new();
    for args in [["queue", "list"], ["record", "list"], ["journal", "show"], ["session", "list"], ["operator", "list"]]
    {
        told.push_str(&both(&home, &args));
    }
    insta::assert_snapshot!(told);
}

#[test]
fn a_merged_patient_is_found_under_each_id() {
    let home = home();
    home.enters_everything();
    // The record was filed under 0009990001, which goes on under 0009990002 since.
    let list = "id,name,merged_into\n0009990001,架空 花子,0009990002\n0009990002,架空 花子,\n0009990003,見本 太郎,\n";
    std::fs::write(home.path().join("patients.csv"), list).unwrap();
    for (id, found) in [("0009990001", 1), ("0009990002", 1), ("0009990003", 0), ("0009990009", 0)] {
        let ran = torikomi(Some(home.path()), &["record", "list", "--patient-id", id, "--json"]);
        assert_eq!(ran.status, 0, "{}", ran.err);
        assert_eq!(ran.json()["records"].as_array().unwrap().len(), found, "{id}");
    }
    let ran = torikomi(Some(home.path()), &["record", "list", "--patient-id", "架空"]);
    assert_eq!((ran.status, ran.err.contains("cannot be a patient id")), (2, true), "{}", ran.err);
}
