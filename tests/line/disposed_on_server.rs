//! `journal dispose` where the database is on a PostgreSQL server: the text leaves the server's files too, and what is exported
//! afterwards holds as before.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;
use sqlx::{AnyConnection, Connection as _, Row as _};
use torikomi::control::Request;

use crate::account::{document_of, filed, wait_for};
use crate::burst::deliver_consent;
use crate::disposal::{CANARY, all_hold, dispose, held, journal};
use crate::hospital::{Foundation, Hospital, PATIENCE, by};
use crate::postgres;
use crate::program::torikomi;

/// Exports a record, with a word on why, and answers where.
fn export(hospital: &Hospital, place: &Path, name: &str, record: &str, text: &str) -> PathBuf {
    let (to, secret) = (place.join(name), place.join("passphrase"));
    fs::write(&secret, by("").passphrase.expose()).unwrap();
    let (unpacked, file) = (to.display().to_string(), secret.display().to_string());
    let words = ["record", "export", record, "--unpacked", &unpacked, "--as", "manager", "--passphrase-file", &file];
    let why = ["--reason", "audit", "--text", text];
    let ran = torikomi(Some(&hospital.root()), &[&words[..], &why].concat());
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    to
}

#[test]
fn what_is_disposed_of_leaves_a_servers_files_once_nobody_reads_it_any_more() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = postgres::empty_database(runtime.handle());
    let hospital = Hospital::founded(&Foundation { database: Some(url.clone()), ..Foundation::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    deliver_consent(&hospital, "good");
    let record = filed(&hospital, "good-consent.jpg");
    daemon.stop();
    let daemon = hospital.start();
    deliver_consent(&hospital, "open");
    let open = wait_for(&hospital, "what waits", || {
        document_of(&hospital, "open-consent.jpg").filter(|document| document.held.is_some())
    });
    let place = tempfile::tempdir().unwrap();
    let id = record.id.to_string();
    export(&hospital, place.path(), "before", &id, CANARY);

    // All that the server keeps in files is there, the planner's notes on the columns too.
    let data = Path::new(url.split_once("host=").unwrap().1).join("data/base");
    let on_disk = || {
        runtime.block_on(async {
            let mut server = AnyConnection::connect(&url).await.unwrap();
            for asked in ["ANALYZE journal_private", "CHECKPOINT"] {
                sqlx::raw_sql(asked).execute(&mut server).await.unwrap();
            }
        });
        held(&data)
    };
    assert!(!on_disk().is_empty(), "the search finds what is there");
    let text = open.id.to_string();
    let refused = dispose(&hospital, &["--document", &text], ["manager", "admin"]);
    assert_eq!((refused.status, &refused.json()["problem"]["disposal"]), (1, &json!("open")), "{}", refused.out);

    // Somebody reads on and on in a state of before, and would still see it.
    let mut reader = runtime.block_on(async {
        let mut reader = AnyConnection::connect(&url).await.unwrap();
        sqlx::raw_sql("BEGIN ISOLATION LEVEL REPEATABLE READ").execute(&mut reader).await.unwrap();
        let row = sqlx::query("SELECT COUNT(*) FROM meta").fetch_one(&mut reader).await.unwrap();
        assert!(row.get::<i64, _>(0) > 0);
        reader
    });
    let document = document_of(&hospital, "good-consent.jpg").unwrap().id.to_string();
    let done = dispose(&hospital, &["--document", &document], ["manager", "admin"]);
    assert_eq!((done.status, &done.json()["gone"]), (1, &json!(false)), "{}{}", done.out, done.err);
    assert!(!on_disk().is_empty(), "and it is as the command says");
    runtime.block_on(async {
        sqlx::raw_sql("COMMIT").execute(&mut reader).await.unwrap();
        reader.close().await.unwrap();
    });
    daemon.stop();
    let daemon = hospital.start();
    // The line answers only after it has cleared what was left.
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    let after = export(&hospital, place.path(), "after", &id, "監査のため");
    assert_eq!(on_disk(), [] as [&str; 0]);
    assert_eq!(held(&hospital.root()), [] as [&str; 0]);

    // What is exported now verifies, and has nothing of it.
    let folder = after.display().to_string();
    let ran = torikomi(Some(&hospital.root()), &["verify", &folder, "--accept-evaluation"]);
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    assert_eq!(held(&after), [] as [&str; 0]);
    assert_eq!(journal(&hospital.root()).0, "consistent");
    all_hold(&hospital.root());
    daemon.stop();
}
