//! A home whose database is on a PostgreSQL server and whose objects are on an S3 server.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};
use torikomi::config::ObjectsTemplate;
use torikomi::control::Request;
use torikomi::ids::Digest;
use torikomi::store::relative_path;

use crate::account::{every_document_has_one_record, see_filed, the_journal_is_whole, wait_for};
use crate::burst::deliver_consent;
use crate::hospital::{Foundation, Hospital, PATIENCE};
use crate::postgres;
use crate::program::torikomi;
use crate::s3::{Fault, S3};
use crate::store_check::{check, rebuild};

const PREFIX: &str = "hospital-a";

#[test]
fn the_line_runs_on_two_servers_and_waits_for_the_objects_while_they_are_away() {
    let (s3, folder) = (S3::start(), tempfile::tempdir().unwrap());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let objects = ObjectsTemplate {
        url: s3.url(PREFIX).parse().unwrap(),
        region: None,
        credentials_file: S3::key_file(folder.path()),
        tls_roots: None,
        retention_days: Some(3650),
    };
    let hospital = Hospital::founded(&Foundation {
        database: Some(postgres::empty_database(runtime.handle())),
        objects: Some(objects),
        ..Foundation::default()
    });
    let store = hospital.home.layout().store(&hospital.config);
    assert!(!store.join("objects").exists(), "no folder beside it");
    assert_eq!(check(&hospital), Vec::<Value>::new(), "a new home");
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let mut sent = vec![deliver_consent(&hospital, "before")];
    see_filed(&hospital, sent[0].keys().next().unwrap());

    // The server goes. What comes meanwhile is taken into custody and waits, and nobody has to do anything.
    s3.stop();
    sent.push(deliver_consent(&hospital, "meanwhile"));
    let status = wait_for(&hospital, "the pause", || {
        let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
        status["paused"].as_array().is_some_and(|paused| !paused.is_empty()).then_some(status)
    });
    let why = &status["paused"][0]["why"];
    assert_eq!((&why["code"], &why["objects"]["code"]), (&json!("objects"), &json!("away")), "{status:#}");
    assert_eq!(status["warnings"], json!([]));
    let verified = torikomi(Some(&hospital.root()), &["verify", "--all", "--json"]);
    assert_eq!(verified.status, 3, "{}", verified.err);
    let looked = torikomi(Some(&hospital.root()), &["store", "check", "--json"]);
    assert_eq!((looked.status, &looked.json()["problem"]["code"]), (3, &json!("objects")));
    s3.come_back();
    see_filed(&hospital, sent[1].keys().next().unwrap());
    assert_eq!(hospital.ask(&Request::Status, PATIENCE).unwrap()["paused"], json!([]));

    // It answers, and answers are lost, cut off or refused: in whatever order, each scan is filed once.
    for (fault, times) in [(Fault::Unavailable, 4), (Fault::Torn, 2), (Fault::Denied, 1)] {
        let prefix = format!("{fault:?}").to_lowercase();
        sent.push(deliver_consent(&hospital, &prefix));
        s3.store().fails(fault, times);
        see_filed(&hospital, sent.last().unwrap().keys().next().unwrap());
    }
    daemon.stop();
    the_journal_is_whole(&hospital);
    every_document_has_one_record(&hospital, &sent);
    for content in sent.iter().flat_map(|sent| sent.values()) {
        let key = in_the_bucket(content);
        assert!(s3.store().locked_until(&key).is_some(), "{key} could be deleted");
    }
    findings(&hospital, &s3, sent[0].values().next().unwrap());

    // A key that others can read.
    let key = &hospital.config.objects.credentials_file;
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o640)).unwrap();
    let refused = torikomi(Some(&hospital.root()), &["serve", "--json"]);
    assert_eq!(refused.json()["problem"]["troubles"][0]["path"], json!(key), "{}", refused.err);
    std::fs::set_permissions(key, std::fs::Permissions::from_mode(0o600)).unwrap();

    // Settings that no longer say where the objects are.
    let settings = hospital.home.layout().settings();
    let text = std::fs::read_to_string(&settings).unwrap();
    for (from, to, code) in [
        (s3.url(PREFIX), s3.url("hospital-b"), "unmarked"),
        (format!("url = \"{}\"", s3.url(PREFIX)), String::new(), "no-folder"),
    ] {
        let changed = text.replace(&from, &to).replace("retention_days = 3650", "");
        std::fs::write(&settings, changed).unwrap();
        let refused = torikomi(Some(&hospital.root()), &["serve", "--json"]);
        assert_eq!((refused.status, &refused.json()["problem"]["objects"]["code"]), (2, &json!(code)));
    }
    std::fs::write(&settings, text.replace("retention_days = 3650", "")).unwrap();

    // A server that keeps no locks does for whoever does not ask for any, and the status says so.
    s3.store().locks = crate::s3::Locks::Unknown;
    let daemon = hospital.start();
    let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
    assert_eq!(status["warnings"], json!([{ "code": "objects-not-locked", "place": s3.url(PREFIX) }]));
    daemon.stop();

    // The database is made anew from what lies there.
    let text = text.replace("retention_days = 3650", "");
    let url = hospital.config.store.database.clone().unwrap();
    std::fs::write(&settings, text.replace(&url, &postgres::empty_database(runtime.handle()))).unwrap();
    let report = rebuild(&hospital);
    assert_eq!(report["records"], sent.len(), "{report:#}");
    assert_eq!((&report["not_rebuilt"], &report["check"]["findings"]), (&json!([]), &json!([])));
}

#[test]
fn a_server_that_overwrites_gets_no_home() {
    let (s3, folder) = (S3::start(), tempfile::tempdir().unwrap());
    s3.store().heeds_conditions = false;
    let key = S3::key_file(folder.path()).display().to_string();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "Nagai-Aikotoba-2026!\n").unwrap();
    let secret = secret.display();
    let init = |lang: &str, url: &str| {
        let home = folder.path().join("home").display().to_string();
        let files = ["kanri", "sekinin"].map(|login| format!("{login}={secret}"));
        let mut args = vec!["init", "--lang", lang, "--administrator", "kanri,見本 管理,事務員,医事課"];
        args.extend([
            "--manager",
            "sekinin,見本 責任,医師,診療部",
            "--objects",
            url,
            "--objects-credentials-file",
            &key,
        ]);
        let authority = secret.to_string();
        args.extend([
            "--ca-passphrase-file",
            &authority,
            "--passphrase-file",
            &files[0],
            "--passphrase-file",
            &files[1],
        ]);
        args.extend(["--objects-retention-days", "30", &home]);
        torikomi(None, &args)
    };
    let refused = init("ja", &s3.url(PREFIX));
    assert!(refused.status == 2 && refused.err.contains("上書きします"), "{} {}", refused.status, refused.err);
    assert!(!folder.path().join("home/.torikomi-home").exists());
    let refused = init("en", "http://s3.example.jp/torikomi");
    assert!(refused.status == 2 && refused.err.contains("this machine alone"), "{} {}", refused.status, refused.err);
    s3.store().heeds_conditions = true;
    let made = init("en", &s3.url(PREFIX));
    assert_eq!(made.status, 0, "{}", made.err);
    let home = folder.path().join("home");
    assert!(!home.join("store/objects").exists());
    assert_eq!(torikomi(Some(&home), &["store", "check"]).status, 0);
}

/// What is wrong on the server is found as on a disk.
fn findings(hospital: &Hospital, s3: &S3, content: &Digest) {
    assert_eq!(check(hospital), Vec::<Value>::new());
    let key = in_the_bucket(content);
    let whole = s3.store().take_away(&key);
    let one = |code: &str, path: &str| {
        let found = check(hospital);
        assert_eq!(found.len(), 1, "{code}: {found:#?}");
        assert_eq!((&found[0]["code"], &found[0]["path"]), (&json!(code), &json!(path)));
    };
    let shown = |key: &str| s3.url(key);
    one("object-missing", &shown(&key));
    let mut flipped = whole.to_vec();
    *flipped.last_mut().unwrap() ^= 1;
    s3.store().put(&key, &flipped);
    one("object-damaged", &shown(&key));
    s3.store().put(&key, &whole);
    let orphan = in_the_bucket(&Digest::of(b"nobody's"));
    s3.store().put(&orphan, b"nobody's");
    one("object-orphan", &shown(&orphan));
    s3.store().take_away(&orphan);
    let stranger = format!("{PREFIX}/stranger");
    s3.store().put(&stranger, b"x");
    one("stranger-in-store", &shown(&stranger));
    s3.store().take_away(&stranger);
    assert_eq!(check(hospital), Vec::<Value>::new());
}

fn in_the_bucket(digest: &Digest) -> String {
    format!("{PREFIX}/{}", relative_path(digest).display())
}
