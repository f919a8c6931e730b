//! `torikomi store check`: what a home holds, against everything that names it, beside a running line and without one.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use torikomi::config::home::Layout;
use torikomi::control::Request;
use torikomi::database::{Database, DatabaseError};
use torikomi::document::DeliveryState;
use torikomi::ids::{AttemptId, DeliveryId, Digest, RecordId};
use torikomi::ledger::deliveries::Delivery;
use torikomi::ledger::documents::Document;
use torikomi::store::{records, relative_path};

use crate::account::{
    all_deliveries, document_of, documents_of, every_file_has_one_delivery, filed, names, the_journal_is_whole,
    wait_for,
};
use crate::burst::{Sent, deliver, put, sample, variant_of_jpeg};
use crate::hospital::{Hospital, PATIENCE, Settings};
use crate::program::torikomi;
use crate::schema::demand;

/// What the command finds, each as its code and the thing it is about.
pub fn check(hospital: &Hospital) -> Vec<Value> {
    let ran = torikomi(Some(&hospital.root()), &["store", "check", "--json"]);
    let report = ran.json();
    demand("store-check", &report);
    let findings = report["findings"].as_array().unwrap().clone();
    assert_eq!(ran.status, i32::from(!findings.is_empty()), "{report:#}");
    assert_eq!(report["more_findings"], 0);
    findings
}

/// Demands one finding, of this code, and that each of its fields is as given.
fn one(hospital: &Hospital, code: &str, fields: &[(&str, String)]) {
    let found = check(hospital);
    assert_eq!(found.len(), 1, "{code}: {found:#?}");
    assert_eq!(found[0]["code"], code, "{found:#?}");
    for (field, value) in fields {
        let said = &found[0][*field];
        let said = said.as_str().map_or_else(|| said.to_string(), ToOwned::to_owned);
        assert_eq!(said, *value, "{field} of {found:#?}");
    }
}

/// Does something to a file and takes it back.
fn while_moved(path: &Path, test: impl FnOnce()) {
    let aside = path.ancestors().find(|above| above.join("torikomi.toml").exists()).unwrap().join("aside");
    fs::rename(path, &aside).unwrap();
    test();
    fs::rename(&aside, path).unwrap();
}

fn while_flipped(path: &Path, test: impl FnOnce()) {
    let whole = fs::read(path).unwrap();
    let mut flipped = whole.clone();
    let last = flipped.len() - 1;
    flipped[last] ^= 1;
    fs::write(path, flipped).unwrap();
    test();
    fs::write(path, whole).unwrap();
}

fn while_there(path: &Path, bytes: &[u8], test: impl FnOnce()) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
    test();
    fs::remove_file(path).unwrap();
}

pub fn sql(hospital: &Hospital, statement: String) {
    let path = Layout::new(&hospital.root()).database(&hospital.config);
    let database = Database::open(&path, false, hospital.runtime.handle(), || ()).unwrap();
    database
        .write::<_, DatabaseError, _>(async move |tx| {
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(tx).await?;
            Ok(())
        })
        .unwrap();
}

#[test]
fn what_a_home_holds_is_held_against_what_names_it() {
    let hospital = Hospital::found();
    assert_eq!(check(&hospital), Vec::<Value>::new(), "a new home");
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let mut sent = Vec::new();
    for prefix in ["one", "two", "three"] {
        sent.extend(deliver(&hospital, prefix));
    }
    put(&hospital.drop(), "bare.jpg", &variant_of_jpeg(&sample("consent.jpg"), "bare"));
    // Beside a line at work: what is just being taken in, signed and filed is no finding.
    let mut looked = 0;
    while !sent.iter().all(|sent| is_filed(&hospital, sent.keys().next().unwrap())) || looked < 2 {
        assert_eq!(check(&hospital), Vec::<Value>::new());
        looked += 1;
    }
    wait_for(&hospital, "the one that nobody speaks for", || document_of(&hospital, "bare.jpg")?.held);
    daemon.stop();
    assert_eq!(check(&hospital), Vec::<Value>::new());

    let record = filed(&hospital, "one-consent.jpg");
    let content = *sent.iter().find_map(|sent| sent.get("one-consent.jpg")).unwrap();
    objects(&hospital, content, record.id);
    custody(&hospital);
    second_copy(&hospital);
    rows(&hospital, record.id);
}

fn is_filed(hospital: &Hospital, name: &str) -> bool {
    document_of(hospital, name).is_some_and(|document| document.state == torikomi::document::DocumentState::Filed)
}

fn objects(hospital: &Hospital, content: Digest, record: RecordId) {
    let objects = hospital.home.layout().store(&hospital.config).join("objects");
    let path = |digest: &Digest| objects.join(relative_path(digest));
    let object = ("object", content.to_string());
    let of_record = ("records", format!("[\"{record}\"]"));
    while_flipped(&path(&content), || one(hospital, "object-damaged", &[object.clone(), of_record.clone()]));
    while_moved(&path(&content), || one(hospital, "object-missing", &[object, of_record]));
    let measurements = documents_of(hospital).into_iter().find(|(_, names)| names.contains_key("bare.jpg")).unwrap().1;
    let bare = measurements["bare.jpg"];
    let measurements =
        hospital.database.read(async |tx| torikomi::ledger::contents::measurements(tx, &bare).await).unwrap().unwrap();
    let named = ("named", "document".to_owned());
    while_moved(&path(&measurements), || one(hospital, "object-missing", &[named]));

    let nobodys = Digest::of(b"nobody's");
    let object = ("object", nobodys.to_string());
    while_there(&path(&nobodys), b"nobody's", || one(hospital, "object-orphan", &[object]));
    // A stage that has a document in hand may name it in a moment.
    let held = "UPDATE document SET held = $ WHERE state = 'identifying'";
    sql(hospital, held.replace('$', "NULL"));
    while_there(&path(&nobodys), b"nobody's", || assert_eq!(check(hospital), Vec::<Value>::new()));
    sql(hospital, held.replace('$', "'identity'"));
    let half = path(&content).with_file_name(format!("{}#1", content.hex()));
    while_there(&half, b"half", || one(hospital, "temporary-left", &[]));
    while_there(&objects.join("ab/note.txt"), b"?", || one(hospital, "stranger-in-store", &[]));
    while_there(&objects.join("note.txt"), b"?", || one(hospital, "stranger-in-store", &[]));
}

fn custody(hospital: &Hospital) {
    let custody = hospital.custody();
    let copies = names(&custody);
    let name = copies.iter().find(|name| name.ends_with(".001")).unwrap();
    let delivery = ("delivery", name.trim_end_matches(".001").to_owned());
    let copy = custody.join(name);
    let member = copy.join("content-001");
    let file = ("file", "content-001".to_owned());
    while_flipped(&member, || one(hospital, "copy-damaged", &[delivery.clone(), file]));
    while_moved(&copy, || one(hospital, "copy-missing", std::slice::from_ref(&delivery)));

    // A copy that says of itself whose it is, and that the ledger does not know.
    let stranger = DeliveryId::new().to_string();
    let orphan = custody.join(format!("{stranger}.001"));
    fs::create_dir(&orphan).unwrap();
    fs::copy(&member, orphan.join("content-001")).unwrap();
    let said = fs::read_to_string(copy.join("delivery.json")).unwrap().replace(&delivery.1, &stranger);
    fs::write(orphan.join("delivery.json"), said).unwrap();
    one(hospital, "copy-orphan", &[("delivery", stranger)]);
    fs::remove_dir_all(&orphan).unwrap();

    // One whose record is filed is on its way out, and no finding: a line was stopped before it took it away.
    let leaving =
        |row: &Delivery| row.state == DeliveryState::Taken && !custody.join(format!("{}.001", row.id)).exists();
    let filed = all_deliveries(hospital).into_iter().find(leaving).unwrap().id.to_string();
    let copied = custody.join(format!("{filed}.001"));
    fs::create_dir(&copied).unwrap();
    let said = fs::read_to_string(copy.join("delivery.json")).unwrap().replace(&delivery.1, &filed);
    fs::write(copied.join("delivery.json"), said).unwrap();
    assert_eq!(check(hospital), Vec::<Value>::new());
    fs::remove_dir_all(&copied).unwrap();

    let attempt = AttemptId::new();
    let orphan: PathBuf = custody.join("attempts").join(attempt.to_string());
    fs::create_dir_all(&orphan).unwrap();
    one(hospital, "attempt-orphan", &[("attempt", attempt.to_string())]);
    fs::remove_dir(&orphan).unwrap();
    while_there(&custody.join("quarantine/what"), b"?", || one(hospital, "stranger-in-custody", &[]));
    while_there(&custody.join("what"), b"?", || one(hospital, "stranger-in-custody", &[]));
    while_there(&custody.join(".torikomi-tmp-0"), b"?", || one(hospital, "temporary-left", &[]));
}

fn second_copy(hospital: &Hospital) {
    let journal = hospital.home.layout().store(&hospital.config).join("journal");
    let private = journal.join("private-000000000000.jsonl");
    let whole = fs::read_to_string(&private).unwrap();
    let (first, rest) = whole.split_once('\n').unwrap();
    let first: Value = serde_json::from_str(first).unwrap();
    fs::write(&private, rest).unwrap();
    one(hospital, "parts-not-kept", &[("count", "1".to_owned()), ("first", first["index"].to_string())]);
    fs::write(&private, &whole).unwrap();
    let parts = whole.lines().count().to_string();
    while_moved(&private, || one(hospital, "parts-not-kept", &[("count", parts)]));
    // Another word in one, and in its place: the start writes what the entry commits to.
    let first_index = first["index"].to_string();
    fs::write(&private, whole.replacen("見本", "別人", 1)).unwrap();
    one(hospital, "parts-not-kept", &[("count", "1".to_owned()), ("first", first_index)]);
    let daemon = hospital.start();
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    daemon.stop();
    assert!(fs::read_to_string(&private).unwrap().starts_with(&whole));
    while_there(&journal.join("stamped/.torikomi-tmp-0"), b"?", || one(hospital, "temporary-left", &[]));
}

fn rows(hospital: &Hospital, record: RecordId) {
    let of_record = ("record", record.to_string());
    let patient = ("field", "patient_id".to_owned());
    sql(hospital, format!("UPDATE record SET patient_id = patient_id || '0' WHERE id = '{record}'"));
    one(hospital, "row-differs", &[of_record.clone(), patient]);
    let back =
        format!("UPDATE record SET patient_id = SUBSTR(patient_id, 1, LENGTH(patient_id) - 1) WHERE id = '{record}'");
    sql(hospital, back);
    assert_eq!(check(hospital), Vec::<Value>::new());

    // Another record of the same bytes, as if it had been filed.
    let extra = RecordId::new();
    sql(
        hospital,
        format!(
            "CREATE TEMPORARY TABLE extra AS SELECT * FROM record WHERE id = '{record}';
             UPDATE extra SET id = '{extra}', version = 2, digest = '{}';
             INSERT INTO record SELECT * FROM extra;
             INSERT INTO record_member SELECT '{extra}', name, generation, object, media_type FROM record_member
               WHERE record = '{record}';",
            Digest::of(b"another")
        ),
    );
    let found = check(hospital);
    let codes: Vec<_> = found.iter().map(|found| found["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["row-differs", "row-unvouched"], "{found:#?}");
    assert!(found.iter().all(|found| found["record"] == extra.to_string().as_str()), "{found:#?}");
    sql(
        hospital,
        format!("DELETE FROM record_member WHERE record = '{extra}'; DELETE FROM record WHERE id = '{extra}'"),
    );

    sql(
        hospital,
        format!("DELETE FROM record_member WHERE record = '{record}'; DELETE FROM record WHERE id = '{record}'"),
    );
    one(hospital, "row-lost", &[of_record]);
    for (lang, rebuild) in [("ja", "索引を作り直します"), ("en", "makes the index anew")] {
        let told = torikomi(Some(&hospital.root()), &["store", "check", "--lang", lang]);
        assert_eq!(told.status, 1);
        assert!(told.out.contains(rebuild) && told.out.contains(&record.to_string()), "{}", told.out);
    }
}

/// Makes the database anew. Answers what the command says.
pub fn rebuild(hospital: &Hospital) -> Value {
    let ran = torikomi(Some(&hospital.root()), &["store", "check", "--rebuild", "--json"]);
    let report = ran.json();
    assert!(report["check"].is_object(), "{report:#}{}", ran.err);
    demand("store-rebuild", &report);
    let told = !report["not_rebuilt"].as_array().unwrap().is_empty();
    let found = !report["check"]["findings"].as_array().unwrap().is_empty();
    assert_eq!(ran.status, i32::from(told || found), "{report:#}");
    report
}

#[test]
fn a_database_that_is_lost_is_made_anew_from_what_lies_beside_it() {
    let mut hospital = Hospital::found();
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let mut sent = deliver(&hospital, "filed");
    let row = format!("listed.jpg,9990001,consent-demo,{},A4\n", hospital.today().0);
    put(&hospital.drop(), "index.csv", format!("file,patient_id,document_type,obtained_on,paper\n{row}").as_bytes());
    sent.push(deliver_listed(&hospital, "first"));
    for document in &sent {
        filed(&hospital, document.keys().next().unwrap());
    }
    let refused = torikomi(Some(&hospital.root()), &["store", "check", "--rebuild"]);
    assert_eq!(refused.status, 3, "beside a running daemon: {}", refused.err);
    daemon.stop();
    // Taken in while nobody signs.
    let daemon = hospital.start();
    sent.extend(deliver(&hospital, "waiting"));
    wait_for(&hospital, "what waits", || {
        let waits = |document: &Document| document.judgement.is_some();
        let waiting = ["waiting-consent.jpg", "waiting-検査報告書-0001.png"];
        waiting.iter().all(|name| document_of(&hospital, name).as_ref().is_some_and(waits)).then_some(())
    });
    daemon.stop();
    let before = ids(&hospital);

    let database = Layout::new(&hospital.root()).database(&hospital.config);
    fs::write(&database, b"no database").unwrap();
    assert_eq!(torikomi(Some(&hospital.root()), &["store", "check"]).status, 3);
    let report = rebuild(&hospital);
    assert_eq!(report["not_rebuilt"], serde_json::json!([]), "{report:#}");
    assert_eq!(report["check"]["findings"], serde_json::json!([]), "{report:#}");
    assert_eq!((&report["records"], &report["open_documents"]), (&3.into(), &2.into()), "{report:#}");
    let aside = report["kept_aside"].as_array().unwrap().iter().map(|path| path.as_str().unwrap());
    let aside: Vec<_> = aside.map(|path| fs::read(path).unwrap()).collect();
    assert!(aside.contains(&b"no database".to_vec()), "the old one is kept");
    hospital.configure(&Settings::default());
    assert_eq!(ids(&hospital), before);
    for verifies in [&["verify", "--all", "--accept-evaluation"][..], &["journal", "verify"]] {
        let ran = torikomi(Some(&hospital.root()), verifies);
        assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    }

    let daemon = hospital.start();
    hospital.open_session().unwrap();
    for document in &sent {
        wait_for(&hospital, "everything filed", || {
            hospital.confirm_what_waits();
            is_filed(&hospital, document.keys().next().unwrap()).then_some(())
        });
    }
    every_file_has_one_delivery(&hospital, &sent);
    // The row that spoke for one scan before speaks for no other that bears its name.
    deliver_listed(&hospital, "second");
    let second = wait_for(&hospital, "the second under the name", || {
        let named = |(document, names): (Document, Sent)| Some(document).filter(|_| names.contains_key("listed.jpg"));
        documents_of(&hospital).into_iter().filter_map(named).find(|document| document.held.is_some())
    });
    assert!(second.held_detail.as_ref().unwrap().contains("row-used"), "{second:?}");
    daemon.stop();
    the_journal_is_whole(&hospital);
    assert_eq!(check(&hospital), Vec::<Value>::new());
    what_is_gone_is_told(&mut hospital);
}

/// A scan of its own bytes, under the name that the list has.
fn deliver_listed(hospital: &Hospital, text: &str) -> Sent {
    let scan = variant_of_jpeg(&sample("consent.jpg"), text);
    put(&hospital.drop(), "listed.jpg", &scan);
    [("listed.jpg".to_owned(), Digest::of(&scan))].into()
}

/// A record whose own description is gone, and people whose names are: each is named, and comes back with its bytes.
fn what_is_gone_is_told(hospital: &mut Hospital) {
    let record = filed(hospital, "filed-consent.jpg");
    let id = record.id;
    let members = hospital.database.read(async |tx| records::members(tx, id, false).await).unwrap();
    let json = members.iter().find(|member| member.name == "record.json").unwrap().object;
    let path = hospital.home.layout().store(&hospital.config).join("objects").join(relative_path(&json));
    while_moved(&path, || {
        let told = rebuild(hospital)["not_rebuilt"].clone();
        let expected = serde_json::json!([{
            "code": "record", "journal_index": record.journal_index, "object": record.digest
        }]);
        assert_eq!(told, expected);
    });
    let private = hospital.home.layout().store(&hospital.config).join("journal/private-000000000000.jsonl");
    while_moved(&private, || {
        // One that can be read still has them.
        fs::write(hospital.home.layout().database(&hospital.config), b"no database").unwrap();
        let told = rebuild(hospital)["not_rebuilt"].clone();
        let codes: std::collections::BTreeSet<_> =
            told.as_array().unwrap().iter().map(|told| told["code"].as_str().unwrap()).collect();
        assert!(codes.contains("person") && codes.contains("private-part"), "{told:#}");
    });
    let report = rebuild(hospital);
    assert_eq!((&report["not_rebuilt"], &report["records"]), (&serde_json::json!([]), &5.into()), "{report:#}");
}

/// Every document by its id, with its state where it has ended, and the names and bytes of its parts.
fn ids(hospital: &Hospital) -> Vec<(String, bool, std::collections::BTreeMap<String, Digest>)> {
    let mut all: Vec<_> = documents_of(hospital)
        .into_iter()
        .map(|(document, names)| (document.id.to_string(), document.state.is_open(), names))
        .collect();
    all.sort();
    all
}
