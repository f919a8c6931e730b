//! A home whose database is on a PostgreSQL server.

use std::process::Command;

use sqlx::{AnyConnection, Connection as _};
use torikomi::control::Request;
use torikomi::database::{Address, Database, DatabaseError, ServerUrl};

use crate::account::{document_of, see_filed, settle, the_journal_is_whole, wait_for};
use crate::burst::deliver_consent;
use crate::hospital::{Foundation, Hospital, PATIENCE};
use crate::postgres;
use crate::program::torikomi;
use crate::store_check::{check, rebuild};

#[test]
fn the_line_runs_on_a_server_and_waits_for_it_while_it_is_away() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = postgres::empty_database(runtime.handle());
    let hospital = Hospital::founded(&Foundation { database: Some(url.clone()), ..Foundation::default() });
    assert!(!hospital.home.layout().database(&hospital.config).exists(), "no file beside it");
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let mut sent = vec![deliver_consent(&hospital, "before")];
    see_filed(&hospital, sent[0].keys().next().unwrap());

    // Whoever else would write to it, from wherever, is kept out.
    let clone = Address::Server(ServerUrl::new(url.clone()));
    let second = Database::open(&clone, false, runtime.handle(), || ()).err();
    assert!(matches!(second, Some(DatabaseError::Unreachable(_))), "{second:?}");

    // The server lets nobody in, and throws out whoever is.
    let (server, name) = url.split_once("/t").unwrap();
    let (name, options) = name.split_once('?').unwrap();
    let postgres = format!("{server}/postgres?{options}");
    let order = |statement: String| {
        runtime.block_on(async {
            let mut admin = AnyConnection::connect(&postgres).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut admin).await.unwrap();
        });
    };
    order(format!("ALTER DATABASE t{name} ALLOW_CONNECTIONS false"));
    order(format!("SELECT pg_terminate_backend(pid) IS NULL FROM pg_stat_activity WHERE datname = 't{name}'"));
    sent.push(deliver_consent(&hospital, "meanwhile"));
    let away = wait_for(&hospital, "the trouble", || {
        hospital.ask(&Request::Status, PATIENCE).err().map(|error| error.to_string())
    });
    assert!(away.contains("reach"), "{away}");
    std::thread::sleep(std::time::Duration::from_secs(3));
    order(format!("ALTER DATABASE t{name} ALLOW_CONNECTIONS true"));
    see_filed(&hospital, sent[1].keys().next().unwrap());
    let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
    assert_eq!(status["paused"], serde_json::json!([]));

    sent.push(deliver_consent(&hospital, "killed"));
    let name = sent[2].keys().next().unwrap().clone();
    wait_for(&hospital, "its document", || document_of(&hospital, &name));
    daemon.kill();
    settle(&hospital, &sent);
    the_journal_is_whole(&hospital);
    assert_eq!(check(&hospital), Vec::<serde_json::Value>::new());

    // A database that others keep is not replaced: it is made anew in an empty one.
    let refused = torikomi(Some(&hospital.root()), &["store", "check", "--rebuild", "--json"]);
    assert_eq!((refused.status, &refused.json()["problem"]["code"]), (2, &"database-not-empty".into()));
    let settings = hospital.home.layout().settings();
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace(&url, &postgres::empty_database(runtime.handle()))).unwrap();
    let report = rebuild(&hospital);
    assert_eq!((&report["records"], &report["old_database"]), (&3.into(), &"on-server".into()), "{report:#}");
    assert_eq!(
        (&report["not_rebuilt"], &report["check"]["findings"]),
        (&serde_json::json!([]), &serde_json::json!([]))
    );
}

#[test]
fn a_database_that_does_not_fit_is_refused_and_one_of_another_home_too() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = postgres::empty_database(runtime.handle());
    let (server, name) = url.split_once("/t").unwrap();
    let (name, options) = name.split_once('?').unwrap();
    let latin = format!("{server}/latin{name}?{options}");
    runtime.block_on(async {
        let mut admin = AnyConnection::connect(&url).await.unwrap();
        let make = format!("CREATE DATABASE latin{name} TEMPLATE template0 ENCODING 'LATIN1'");
        sqlx::raw_sql(sqlx::AssertSqlSafe(make)).execute(&mut admin).await.unwrap();
    });
    let folder = tempfile::tempdir().unwrap();
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "Nagai-Aikotoba-2026!\n").unwrap();
    let init = |home: &str, url: &str| {
        let secret = secret.display();
        let output = Command::new(env!("CARGO_BIN_EXE_torikomi"))
            .args(["init", "--lang", "en", "--administrator", "kanri,見本 管理,事務員,医事課"])
            .args(["--manager", "sekinin,見本 責任,医師,診療部", "--database", url])
            .args(["--passphrase-file", &format!("kanri={secret}"), "--passphrase-file", &format!("sekinin={secret}")])
            .arg("--ca-passphrase-file")
            .arg(secret.to_string())
            .arg(folder.path().join(home))
            .output()
            .unwrap();
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    };
    let (status, told) = init("latin", &latin);
    // Before anything is written: the server itself would complain of the first Japanese name only.
    assert!(status == 3 && told.contains("server_encoding: LATIN1"), "{status} {told}");
    let (status, told) = init("nowhere", "postgresql://intake@localhost/none?host=/nonexistent");
    assert!(status == 3 && told.contains("reach"), "{status} {told}");
    let (status, told) = init("open", "postgresql://intake:secret@localhost/none");
    assert!(status != 0 && told.contains("database_password_file") && !told.contains("secret@"), "{status} {told}");
    assert_eq!(init("first", &url).0, 0);
    let (status, told) = init("second", &url);
    assert!(status == 3 && told.contains("another home"), "{status} {told}");
}
