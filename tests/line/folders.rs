//! Files that come together: no patient's page goes with another's.

use std::fs;
use std::path::{Path, PathBuf};

use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::identity::Claims;
use torikomi::ids::{Digest, DocumentId};
use torikomi::intake::line::CustodyFinding;
use torikomi::journal::Kind;
use torikomi::ledger::documents::{self, Document, Filter};
use torikomi::ledger::spoken;
use torikomi::paper::Paper;
use torikomi::people::acts::{Act, Deed};
use torikomi::pipeline::line::Line;
use torikomi::store::records;

use crate::account::filed;
use crate::burst::sample;
use crate::home::{TestHome, because, by};
use crate::hospital::{Foundation, Hospital, Settings, looked};
use crate::proven::{proven, proven_by};
use crate::wait_for;

const PAGES: [&str; 2] = ["referral-letter-p1.tif", "referral-letter-p2.tif"];

/// Moves a folder of two pages in, under these names, with what lies beside them.
fn deliver(home: &TestHome, names: [&str; 2], beside: &[(&str, String)]) {
    let staging = home.root().join("staging");
    fs::create_dir(&staging).unwrap();
    for (page, name) in PAGES.iter().zip(names) {
        fs::copy(format!("fixtures/samples/good/{page}"), staging.join(name)).unwrap();
    }
    for (name, text) in beside {
        fs::write(staging.join(name), text).unwrap();
    }
    fs::rename(&staging, home.drop().join("batch")).unwrap();
}

fn sidecar(home: &TestHome, patient: &str, more: &str) -> String {
    let day = home.today();
    format!(
        r#"{{"format":"torikomi-sidecar-v1","patient_id":"{patient}","document_type":"referral-letter-demo","obtained_on":"{day}"{more}}}"#
    )
}

fn settled(line: &Line) -> Document {
    let filter = Filter { ended: true, ..Filter::default() };
    let look = || line.database.read(async |tx| documents::list(tx, &filter, 10).await).unwrap().documents.pop();
    wait_for(|| look().filter(|document| document.held.is_some() || !document.state.is_open())).unwrap()
}

/// What is signed with a document: the bytes, in order.
fn sidecars(line: &Line, document: &Document) -> Vec<String> {
    let id = document.id;
    let found = line.database.read(async |tx| spoken::sidecars(tx, id).await).unwrap();
    found.iter().map(|one| String::from_utf8(line.objects.get(&one.object).unwrap()).unwrap()).collect()
}

fn detail(document: &Document) -> &str {
    document.held_detail.as_deref().unwrap_or_default()
}

#[test]
fn a_file_that_nothing_speaks_for_holds_the_whole_folder() {
    let home = TestHome::make();
    let daemon = home.start();
    deliver(&home, ["a.tif", "b.tif"], &[("a.json", sidecar(&home, "9990001", ""))]);
    let document = settled(&daemon.line);
    assert_eq!((document.state, document.held), (DocumentState::Identifying, Some(HoldReason::Identity)));
    assert!(detail(&document).contains(r#"{"code":"unspoken","file":"b.tif"}"#), "{document:?}");

    // A person who has looked at both says whose they are.
    let id: DocumentId = document.id;
    home.requests(&daemon.line)(Request::Identify {
        by: by("sekinin"),
        document: looked(&daemon.line.database, id),
        facts: Box::new(Facts {
            patient_id: Some("9990001".into()),
            document_type: Some("referral-letter-demo".parse().unwrap()),
            obtained_on: Some(home.today().parse().unwrap()),
            ..Facts::default()
        }),
        supersedes: None,
        reason: because("wrong-patient"),
    });
    let on = wait_for(|| {
        let now = daemon.line.database.read(async |tx| documents::get(tx, id).await).unwrap().unwrap();
        (now.state != DocumentState::Identifying).then_some(now)
    });
    assert_eq!(on.unwrap().identity.patient.unwrap().value.id, "9990001");
}

/// One name in two folders, or under two endings, is two scans: what speaks of the one says nothing of the other.
#[test]
fn a_sidecar_speaks_for_the_one_scan_beside_it() {
    let home = TestHome::make();
    let daemon = home.start();
    let unspoken = r#"{"code":"unspoken","file":"scan.tif"}"#;
    let cases: [(&[&str], &str, &str); 4] = [
        (&["a/scan.tif", "b/scan.tif"], "a/scan.json", unspoken),
        // It fits none by its stem, and speaks for the folder it lies in.
        (&["a/scan.tif", "b/scan.tif"], "a/visit.json", unspoken),
        (&["scan.tif", "scan.pdf"], "scan.json", r#"{"code":"contested"}"#),
        (&["a/\u{30ac}.tif", "b/\u{30ac}.tif"], "a/\u{30ab}\u{3099}.json", "\u{30ac}.tif"),
    ];
    for (number, (names, beside, problem)) in (1..).zip(cases) {
        let staging = home.root().join("staging");
        for (page, name) in PAGES.iter().zip(names) {
            let path = staging.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let mut bytes = fs::read(format!("fixtures/samples/good/{page}")).unwrap();
            bytes.push(number);
            fs::write(path, bytes).unwrap();
        }
        fs::write(staging.join(beside), sidecar(&home, "9990001", "")).unwrap();
        fs::rename(&staging, home.drop().join(format!("batch-{number}"))).unwrap();
        let all = || {
            let filter = Filter { ended: true, ..Filter::default() };
            daemon.line.database.read(async |tx| documents::list(tx, &filter, 20).await).unwrap().documents
        };
        let newest = || {
            let mut found = all();
            found.sort_by_key(|document| (document.created_at, document.id));
            found.pop().filter(|document| found.len() + 1 == usize::from(number) && document.held.is_some())
        };
        let held = wait_for(newest).unwrap_or_else(|| panic!("{names:?} is not held: {:#?}", all()));
        assert_eq!((held.state, held.held), (DocumentState::Identifying, Some(HoldReason::Identity)), "{held:?}");
        assert!(detail(&held).contains(problem), "{names:?}: {held:?}");
    }
}

#[test]
fn a_folder_whose_sidecar_names_its_files_is_one_document() {
    let home = TestHome::make();
    let daemon = home.start();
    let beside = [("whole.json", sidecar(&home, "9990001", r#","files":["b.tif","a.tif"]"#))];
    deliver(&home, ["a.tif", "b.tif"], &beside);
    let document = settled(&daemon.line);
    assert_ne!(document.state, DocumentState::Identifying, "{document:?}");
    let id = document.id;
    let parts = daemon.line.database.read(async |tx| documents::parts(tx, id).await).unwrap();
    let names: Vec<_> = parts.iter().map(|part| part.delivered_name.as_str()).collect();
    assert_eq!(names, ["b.tif", "a.tif"]);
}

/// Two pages of one letter can be the same bytes: a blank back, a form's cover. Each has its place in the record.
#[test]
fn equal_pages_of_one_document_are_two_files_of_its_record() {
    let mut hospital = Hospital::founded(&Foundation::default());
    hospital.configure(&Settings::default());
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let staging = hospital.root().join("staging");
    fs::create_dir(&staging).unwrap();
    for name in ["a.jpg", "b.jpg"] {
        fs::write(staging.join(name), sample("consent.jpg")).unwrap();
    }
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap()).date();
    let sidecar = format!(
        r#"{{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"consent-demo",
            "obtained_on":"{today}","paper":"A4","expected_pages":2,"files":["a.jpg","b.jpg"]}}"#
    );
    fs::write(staging.join("whole.json"), sidecar).unwrap();
    fs::rename(&staging, hospital.drop().join("batch")).unwrap();
    let record = proven(&hospital, &filed(&hospital, "a.jpg"));
    let names: Vec<_> = record["files"].as_array().unwrap().iter().map(|file| &file["delivered_name"]).collect();
    assert_eq!(names, ["a.jpg", "b.jpg"]);
    assert_eq!(record["files"][0]["digest"], record["files"][1]["digest"]);
    daemon.stop();
}

#[test]
fn two_patients_in_the_names_of_one_folder_are_a_conflict() {
    let home = TestHome::make();
    home.set("[station.front-desk]", "file_name", "\"{patient_id}_{document_type}_{obtained_on}_{*}\"");
    let daemon = home.start();
    let name = |patient: &str, page: u8| format!("{patient}_referral-letter-demo_{}_{page}.tif", home.today());
    deliver(&home, [&name("9990001", 1), &name("9990002", 2)], &[]);
    let document = settled(&daemon.line);
    assert_eq!((document.state, document.held), (DocumentState::Identifying, Some(HoldReason::Conflict)));
}

/// Each of them was delivered, and what agrees is signed too.
#[test]
fn every_sidecar_and_the_row_are_in_the_record() {
    let mut hospital = Hospital::founded(&Foundation::default());
    hospital.configure(&Settings::default());
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let staging = hospital.root().join("staging");
    fs::create_dir(&staging).unwrap();
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap()).date();
    let said = |space: &str| {
        format!(
            r#"{{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"consent-demo",{space}
                "obtained_on":"{today}","paper":"A4","expected_pages":2}}"#
        )
    };
    let row = |file: &str| format!("{file},9990001,consent-demo,{today}\n");
    let list = format!("file,patient_id,document_type,obtained_on\n{}{}", row("a.jpg"), row("b.jpg"));
    // The same words in other bytes.
    for (name, space) in [("a", " "), ("b", "\n")] {
        fs::write(staging.join(format!("{name}.jpg")), sample("consent.jpg")).unwrap();
        fs::write(staging.join(format!("{name}.json")), said(space)).unwrap();
    }
    fs::write(staging.join("index.csv"), &list).unwrap();
    fs::rename(&staging, hospital.drop().join("batch")).unwrap();
    let filed = filed(&hospital, "a.jpg");
    let record = proven(&hospital, &filed);
    let expected = serde_json::json!([
        { "name": "sidecar-001.json", "delivered_name": "a.json" },
        { "name": "sidecar-002.json", "delivered_name": "b.json" },
        { "name": "index-row-003.csv", "delivered_name": "index.csv", "list": Digest::of(list.as_bytes()) },
    ]);
    assert_eq!(record["sidecars"], expected);
    let members = hospital.database.read(async |tx| records::members(tx, filed.id, false).await).unwrap();
    let object = |name: &str| members.iter().find(|member| member.name == name).unwrap().object;
    assert_eq!(object("sidecar-001.json"), Digest::of(said(" ").as_bytes()));
    assert_eq!(object("sidecar-002.json"), Digest::of(said("\n").as_bytes()));
    assert_eq!(object("index-row-003.csv"), Digest::of(list.trim_end().as_bytes()));
    // So nothing of it has to stay anywhere else.
    assert!(wait_for(|| kept(&hospital.root()).is_empty().then_some(())).is_some());
    daemon.stop();
}

/// What names another patient enters no record of this one; and it was delivered, so it does not cease to exist.
#[test]
fn a_sidecar_of_another_patient_stays_in_custody_and_the_status_says_so() {
    let home = TestHome::make();
    let mut daemon = home.start();
    let line = std::sync::Arc::clone(&daemon.line);
    let sidecar = |patient: &str, more: &str| {
        let day = home.today();
        format!(
            r#"{{"format":"torikomi-sidecar-v1","patient_id":"{patient}","document_type":"consent-demo",
                "obtained_on":"{day}","paper":"A4"{more}}}"#
        )
    };
    let (own, other) = (sidecar("9990001", ""), sidecar("9990002", r#","files":["p.jpg"]"#));
    fs::write(home.drop().join("p.json"), &own).unwrap();
    fs::write(home.drop().join("q.json"), &other).unwrap();
    fs::copy("fixtures/samples/good/consent.jpg", home.drop().join("p.part")).unwrap();
    fs::rename(home.drop().join("p.part"), home.drop().join("p.jpg")).unwrap();
    let document = settled(&line);
    assert_eq!(document.held, Some(HoldReason::Conflict), "{document:?}");
    assert!(detail(&document).contains("contested"), "{document:?}");
    let requests = home.requests(&line);
    let facts = Box::new(Facts {
        patient_id: Some("9990001".into()),
        document_type: Some("consent-demo".parse().unwrap()),
        obtained_on: Some(home.today().parse().unwrap()),
        ..Facts::default()
    });
    let (id, reason) = (document.id, because("wrong-patient"));
    let asked = looked(&line.database, id);
    requests(Request::Identify { by: by("sekinin"), document: asked, facts, supersedes: None, reason });
    let station = "front-desk".parse().unwrap();
    requests(Request::OpenSession { by: by("sekinin"), station, attested: true, obtained_on: None });
    let now = || line.database.read(async |tx| documents::get(tx, id).await).unwrap().unwrap();
    assert!(wait_for(|| (now().state == DocumentState::AwaitingConfirmation).then_some(())).is_some(), "{:?}", now());
    assert_eq!(sidecars(&line, &document), [own]);
    let document = looked(&line.database, id);
    requests(Request::Confirm { by: by("sekinin"), document, pages_shown: true, supersedes: None });
    let filed = wait_for(|| {
        line.database.read(async |tx| records::list(tx, &records::Filter::default(), None, 10).await).unwrap().pop()
    });
    proven_by(&line.home, &line.config, &line.database, &line.objects, &filed.unwrap());

    daemon.serve_requests(|| ()).unwrap();
    let warned = || {
        let status = torikomi::control::client::ask(&home.root().join("run/control.sock"), &Request::Status).unwrap();
        let told = status["warnings"].as_array().unwrap().iter().find(|told| told["code"] == "kept-sidecars").cloned();
        told.map(|told| told["count"].clone())
    };
    assert_eq!(wait_for(warned), Some(serde_json::json!(1)));
    let [kept] = kept(&home.root()).try_into().unwrap();
    let holds = |folder: &Path| {
        let files = fs::read_dir(folder).unwrap().map(|entry| fs::read(entry.unwrap().path()).unwrap());
        files.into_iter().any(|bytes| bytes == other.as_bytes())
    };
    assert!(holds(&kept));
    drop(daemon);
    // It is missed where somebody takes it away, as nothing else holds those bytes.
    let daemon = home.start();
    let findings = |daemon: &torikomi::daemon::Daemon| daemon.line.intake.get().unwrap().custody_findings().to_vec();
    assert_eq!((findings(&daemon), holds(&kept)), (Vec::new(), true));
    drop(daemon);
    fs::remove_dir_all(&kept).unwrap();
    let daemon = home.start();
    assert!(
        matches!(findings(&daemon).as_slice(), [CustodyFinding::Missing { copy: 1, .. }]),
        "{:?}",
        findings(&daemon)
    );
}

/// A row of what did not come is in no record either, and the folder's list is the last of it.
#[test]
fn a_list_with_a_row_of_a_file_that_is_not_there_is_left_out_of_the_record() {
    for (more, left_out) in [("c.tif", true), ("", false)] {
        let home = TestHome::make();
        let daemon = home.start();
        let row = |file: &str| format!("{file},9990001,referral-letter-demo,{}\n", home.today());
        let own = format!("file,patient_id,document_type,obtained_on\n{}{}", row("a.tif"), row("b.tif"));
        let absent = if left_out { row(more) } else { String::new() };
        deliver(&home, ["a.tif", "b.tif"], &[("index.csv", own.clone() + &absent)]);
        let document = settled(&daemon.line);
        let id = document.id;
        if left_out {
            assert!(detail(&document).contains("listed-but-absent"), "{document:?}");
            home.requests(&daemon.line)(Request::Identify {
                by: by("sekinin"),
                document: looked(&daemon.line.database, id),
                facts: Box::new(Facts {
                    patient_id: Some("9990001".into()),
                    document_type: Some("referral-letter-demo".parse().unwrap()),
                    obtained_on: Some(home.today().parse().unwrap()),
                    ..Facts::default()
                }),
                supersedes: None,
                reason: because("wrong-patient"),
            });
        }
        let found = wait_for(|| {
            let now = daemon.line.database.read(async |tx| documents::get(tx, id).await).unwrap().unwrap();
            (now.state != DocumentState::Identifying).then_some(now)
        });
        assert_eq!(sidecars(&daemon.line, &found.unwrap()), [own.trim_end()]);
        let found = daemon.line.database.read::<_, torikomi::database::DatabaseError, _>(async |tx| {
            let parts = documents::parts(tx, id).await?;
            spoken::is_left_out(tx, parts[0].delivery).await
        });
        assert_eq!(found.unwrap(), left_out);
    }
}

/// The copies in custody.
fn kept(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join("custody")).unwrap().map(|entry| entry.unwrap());
    let is_copy = |name: &str| !name.starts_with('.') && name != "attempts" && name != "quarantine";
    entries.filter(|entry| is_copy(&entry.file_name().to_string_lossy())).map(|entry| entry.path()).collect()
}

#[test]
fn a_list_that_leaves_a_file_out_holds_the_folder_and_keeps_its_rows_apart() {
    let home = TestHome::make();
    let daemon = home.start();
    let day = home.today();
    let list = format!("file,patient_id,document_type,obtained_on\na.tif,9990001,referral-letter-demo,{day}\n");
    deliver(&home, ["a.tif", "b.tif"], &[("index.csv", list)]);
    let document = settled(&daemon.line);
    assert_eq!((document.state, document.held), (DocumentState::Identifying, Some(HoldReason::Identity)));
    assert!(detail(&document).contains("unspoken"), "{document:?}");
    let expected = format!("file,patient_id,document_type,obtained_on\na.tif,9990001,referral-letter-demo,{day}");
    assert_eq!(sidecars(&daemon.line, &document), [expected]);
}

/// The bytes were filed under one patient. Whoever types another is shown that first.
#[test]
fn equal_bytes_under_another_patient_are_shown_even_to_who_states_it_by_hand() {
    let home = TestHome::make();
    let daemon = home.start();
    home.deliver_consent_of("9990001", "first");
    let first = settled(&daemon.line);
    fs::copy("fixtures/samples/good/consent.jpg", home.drop().join("again.jpg")).unwrap();
    let again = || {
        let filter = Filter { ended: true, ..Filter::default() };
        let all = daemon.line.database.read(async |tx| documents::list(tx, &filter, 10).await).unwrap().documents;
        all.into_iter().find(|document| document.id != first.id && document.held.is_some())
    };
    let held = wait_for(again).unwrap();
    assert_eq!(held.held, Some(HoldReason::Identity));
    let state = || {
        home.requests(&daemon.line)(Request::Identify {
            by: by("sekinin"),
            document: looked(&daemon.line.database, held.id),
            facts: Box::new(Facts {
                patient_id: Some("9990002".into()),
                document_type: Some("consent-demo".parse().unwrap()),
                obtained_on: Some(home.today().parse().unwrap()),
                ..Facts::default()
            }),
            supersedes: None,
            reason: because("wrong-patient"),
        })
    };
    state();
    assert!(wait_for(|| again().filter(|now| now.held == Some(HoldReason::EqualBytes))).is_some());
    // Knowing that, the person says it again.
    state();
    let entries = wait_for(|| {
        let id = held.id;
        let now = daemon.line.database.read(async |tx| documents::get(tx, id).await).unwrap().unwrap();
        (now.state != DocumentState::Identifying).then_some(now)
    });
    assert_eq!(entries.unwrap().identity.patient.unwrap().value.id, "9990002");
    let told =
        daemon.line.database.read(async |tx| torikomi::journal::read::of_kind(tx, Kind::DocumentIdentified).await);
    assert_eq!(told.unwrap().len(), 2);
}

/// Whatever the sources disagree about, a person can settle; and the act says what they set aside.
#[test]
fn what_sources_say_of_station_and_paper_a_person_settles_and_the_act_says_so() {
    let home = TestHome::make();
    let daemon = home.start();
    let day = home.today();
    let row = |file: &str| format!("{file},9990001,referral-letter-demo,{day},A4,表\n");
    let list = format!("file,patient_id,document_type,obtained_on,paper,remarks\n{}{}", row("a.tif"), row("b.tif"));
    let whole = sidecar(&home, "9990001", r#","files":["a.tif","b.tif"],"station":"er","paper":"B5","remarks":"裏""#);
    deliver(&home, ["a.tif", "b.tif"], &[("index.csv", list), ("whole.json", whole)]);
    let document = settled(&daemon.line);
    assert_eq!((document.state, document.held), (DocumentState::Identifying, Some(HoldReason::Conflict)));
    let state = |facts: Facts| {
        let (by, facts, reason) = (by("sekinin"), Box::new(facts), because("wrong-kind"));
        let document = looked(&daemon.line.database, document.id);
        home.requests(&daemon.line)(Request::Identify { by, document, facts, supersedes: None, reason })
    };
    // Whoever answers one question is asked the others.
    state(Facts { station: Some("front-desk".parse().unwrap()), ..Facts::default() });
    let still = settled(&daemon.line);
    assert_eq!(still.held, Some(HoldReason::Conflict));
    assert!(!detail(&still).contains("wrong-station"), "{still:?}");
    let claims = Claims { paper: Some(Paper::A4), remarks: Some("表".into()), ..Claims::default() };
    state(Facts { claims, ..Facts::default() });
    let on = wait_for(|| {
        let id = document.id;
        let now = daemon.line.database.read(async |tx| documents::get(tx, id).await).unwrap().unwrap();
        (now.state != DocumentState::Identifying).then_some(now)
    });
    let on = on.unwrap_or_else(|| panic!("{:?}", settled(&daemon.line)));
    assert_eq!(on.claims.paper, Some(Paper::A4));
    let set_aside: Vec<_> = acts(&daemon.line).into_iter().flat_map(faults).collect();
    assert_eq!(set_aside, ["wrong-station station", "conflict paper", "conflict remarks"]);
}

/// Whoever says patient, kind and date needs no source, and sets aside what they were shown of the sources' faults.
#[test]
fn what_a_person_was_shown_is_in_their_act_and_what_not_still_holds() {
    let home = TestHome::make();
    let daemon = home.start();
    deliver(&home, ["a.tif", "b.tif"], &[("a.json", sidecar(&home, "9990001", ""))]);
    let document = settled(&daemon.line);
    assert_eq!(document.held, Some(HoldReason::Identity));
    // As if it waited for another reason, and nobody had been shown that the second file is unspoken for.
    let (id, now) = (document.id, daemon.line.clock.now());
    let hold = async move |tx: &mut torikomi::database::Tx| {
        documents::hold(tx, id, DocumentState::Identifying, HoldReason::EqualBytes, None, now).await
    };
    daemon.line.database.write::<_, torikomi::database::DatabaseError, _>(hold).unwrap();
    let state = || {
        let facts = Facts {
            patient_id: Some("9990001".into()),
            document_type: Some("referral-letter-demo".parse().unwrap()),
            obtained_on: Some(home.today().parse().unwrap()),
            ..Facts::default()
        };
        let (by, facts, reason) = (by("sekinin"), Box::new(facts), because("wrong-patient"));
        let document = looked(&daemon.line.database, id);
        home.requests(&daemon.line)(Request::Identify { by, document, facts, supersedes: None, reason })
    };
    state();
    let asked = settled(&daemon.line);
    assert_eq!((asked.state, asked.held), (DocumentState::Identifying, Some(HoldReason::Identity)));
    assert!(detail(&asked).contains(r#"{"code":"unspoken","file":"b.tif"}"#), "{asked:?}");
    state();
    let on = wait_for(|| {
        let now = daemon.line.database.read(async |tx| documents::get(tx, id).await).unwrap().unwrap();
        (now.state != DocumentState::Identifying).then_some(now)
    });
    assert!(on.is_some(), "{:?}", settled(&daemon.line));
    let told: Vec<Vec<String>> = acts(&daemon.line).into_iter().map(faults).collect();
    assert_eq!(told, [Vec::new(), vec!["unspoken".to_owned()]]);
}

fn acts(line: &Line) -> Vec<Deed> {
    let entries = line.database.read(async |tx| torikomi::journal::read::of_kind(tx, Kind::DocumentIdentified).await);
    let entries = entries.unwrap().into_iter().map(|stored| stored.entry().unwrap());
    entries.map(|entry| Act::parse(&entry.act.unwrap().text).unwrap().deed).collect()
}

fn faults(deed: Deed) -> Vec<String> {
    let Deed::Identify { set_aside, .. } = deed else { panic!("{deed:?}") };
    let word = |field| serde_json::to_value(field).unwrap().as_str().unwrap().to_owned();
    set_aside
        .into_iter()
        .map(|set_aside| match set_aside.field {
            Some(field) => format!("{} {}", set_aside.fault, word(field)),
            None => set_aside.fault,
        })
        .collect()
}
