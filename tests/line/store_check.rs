//! `torikomi store check`: what a home holds, against everything that names it, beside a running line and without one.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use torikomi::config::home::Layout;
use torikomi::database::{Database, DatabaseError};
use torikomi::ids::{AttemptId, DeliveryId, Digest, RecordId};
use torikomi::store::relative_path;

use crate::account::{document_of, documents_of, filed, names, wait_for};
use crate::burst::{deliver, put, sample, variant_of_jpeg};
use crate::hospital::Hospital;
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

    let attempt = AttemptId::new();
    let orphan: PathBuf = custody.join("attempts").join(attempt.to_string());
    fs::create_dir_all(&orphan).unwrap();
    one(hospital, "attempt-orphan", &[("attempt", attempt.to_string())]);
    fs::remove_dir(&orphan).unwrap();
    while_there(&custody.join("quarantine/what"), b"?", || one(hospital, "stranger-in-custody", &[]));
    while_there(&custody.join("what"), b"?", || one(hospital, "stranger-in-custody", &[]));
    while_there(&custody.join(".torikomi-tmp-0"), b"?", || one(hospital, "temporary-left", &[]));
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
