//! What is filed leaves custody only once the store is seen to have it, and goes as soon as it has.

use std::fs;

use serde_json::{Value, json};
use torikomi::config::ObjectsTemplate;
use torikomi::control::Request;
use torikomi::database::DatabaseError;
use torikomi::ids::Digest;
use torikomi::store::{records, relative_path};

use crate::account::{filed, wait_for};
use crate::burst::deliver_consent;
use crate::hospital::{Foundation, Hospital, PATIENCE};
use crate::s3::S3;

/// The attempts and the copies in custody.
fn in_custody(hospital: &Hospital) -> (usize, usize) {
    let folders = |path| fs::read_dir(path).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_dir()).count();
    let custody = hospital.custody();
    // The folder of the attempts stands beside the copies.
    (folders(custody.join("attempts")), folders(custody) - 1)
}

/// What the status says of custody.
fn told(hospital: &Hospital) -> Vec<Value> {
    let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
    status["warnings"].as_array().unwrap().iter().filter(|warning| warning["code"] == "custody").cloned().collect()
}

#[test]
fn a_bucket_that_was_set_back_keeps_copy_and_attempt_in_custody_until_it_has_them_again() {
    let (s3, folder) = (S3::start(), tempfile::tempdir().unwrap());
    let objects = ObjectsTemplate {
        url: s3.url("hospital-a").parse().unwrap(),
        region: None,
        credentials_file: S3::key_file(folder.path()),
        tls_roots: None,
        retention_days: None,
    };
    let hospital = Hospital::founded(&Foundation { objects: Some(objects), ..Foundation::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let key = |object: &Digest| format!("hospital-a/{}", relative_path(object).display());
    // As while a backup looks at custody.
    let held = hospital.home.hold_custody().unwrap().unwrap();
    let sent = deliver_consent(&hospital, "one");
    let record = filed(&hospital, sent.keys().next().unwrap());
    assert_eq!(in_custody(&hospital), (1, 1));
    let members =
        hospital.database.read::<_, DatabaseError, _>(async |tx| records::members(tx, record.id, false).await);
    let signature =
        members.unwrap().into_iter().find(|member| member.name.ends_with("signature001.p7s")).unwrap().object;
    let scan = *sent.values().next().unwrap();
    let lost = [signature, scan].map(|object| (key(&object), s3.store().take_away(&key(&object))));
    drop(held);
    let found = wait_for(&hospital, "the finding", || told(&hospital).pop())["custody"].clone();
    assert_eq!((&found["code"], &found["object"]), (&json!("not-stored"), &json!(scan)), "{found:#}");
    assert_eq!(in_custody(&hospital), (1, 1));

    // The scan is there again: its copy goes. The attempt has what the record still lacks.
    let [(signature, its_bytes), (scan, bytes)] = lost;
    s3.store().put(&scan, &bytes);
    wait_for(&hospital, "the copy's leaving", || (in_custody(&hospital).1 == 0).then_some(()));
    wait_for(&hospital, "the end of the finding", || told(&hospital).is_empty().then_some(()));
    assert_eq!(in_custody(&hospital).0, 1);
    s3.store().put(&signature, &its_bytes);
    wait_for(&hospital, "the attempt's leaving", || (in_custody(&hospital).0 == 0).then_some(()));
    daemon.stop();
}
