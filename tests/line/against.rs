//! A record is held against checkpoints that left the home, by whoever asks the command line.

use std::path::Path;
use std::process::{Command, Output};

use sqlx::{AnyConnection, Connection as _};
use torikomi::ids::RecordId;
use torikomi::store::records::{self, Filter};

use crate::burst::{sample, variant_of_jpeg};
use crate::home::TestHome;
use crate::wait_for;

#[test]
fn a_record_is_held_against_what_left_the_home() {
    let home = TestHome::make();
    let outside = tempfile::tempdir().unwrap();
    home.set("[journal]", "anchor", &format!("\"{}\"", outside.path().display()));
    let file = |stem: &str| {
        let daemon = home.start();
        home.open_session(&daemon.line);
        home.deliver_consent(stem);
        // Bytes of its own: equal ones would be a further receipt.
        let scan = home.drop().join(format!("{stem}.jpg"));
        let bytes = variant_of_jpeg(&sample("consent.jpg"), stem);
        std::fs::write(scan, bytes).unwrap();
        let known = |line: &torikomi::pipeline::line::Line| {
            line.database.read(async |tx| records::list(tx, &Filter::default(), None, 10).await).unwrap()
        };
        let before = known(&daemon.line).len();
        let filed = wait_for(|| known(&daemon.line).get(before).map(|record| record.id));
        let kept = outside.path().join(format!("checkpoints-{}.txt", daemon.line.home.id()));
        (filed.unwrap_or_else(|| panic!("{stem} was not filed")), kept)
    };
    let (first, kept) = file("first");
    let then = outside.path().join("then.txt");
    std::fs::copy(&kept, &then).unwrap();
    let (second, _) = file("second");

    let anchor = |record: RecordId, against: &Path, status: i32| {
        let ran = verify(&home, record, &["--json", "--against", against.to_str().unwrap()]);
        let told: serde_json::Value = serde_json::from_slice(&ran.stdout).unwrap_or_else(|_| panic!("{ran:?}"));
        assert_eq!(ran.status.code(), Some(status), "{told:#}");
        let steps = told["items"][0]["report"]["steps"].as_array().unwrap();
        steps.iter().find(|step| step["step"] == "anchor").unwrap()["said"]["code"].clone()
    };
    assert_eq!(anchor(first, &then, 0), "anchored");
    assert_eq!(anchor(second, &then, 1), "not-anchored");
    assert_eq!(anchor(second, &kept, 0), "anchored");
    // Without one, people are told what that leaves open.
    for (lang, told) in [("ja", "外部に保管された節目とは照合していません"), ("en", "Not anchored")]
    {
        let said = |more: &[&str]| {
            let ran = verify(&home, first, &[&["--lang", lang][..], more].concat());
            assert_eq!(ran.status.code(), Some(0), "{ran:?}");
            String::from_utf8(ran.stdout).unwrap()
        };
        assert!(said(&[]).contains(told), "{}", said(&[]));
        let held = said(&["--against", kept.to_str().unwrap()]);
        assert!(!held.contains(told), "{held}");
    }
    let missing = verify(&home, first, &["--against", "/nowhere/kept.txt"]);
    assert_eq!(missing.status.code(), Some(2), "{missing:?}");

    // What the database says beside a record that nobody touched is told with its name.
    let database = home.root().join("store/torikomi.db");
    for (column, value) in [("patient_id", "9990003"), ("patient_name", "見本 太郎")] {
        let change = |value: &str| {
            home.block_on(async {
                let url = format!("sqlite://{}?mode=rw", database.display());
                let mut connection = AnyConnection::connect(&url).await.unwrap();
                let old = format!("SELECT {column} FROM record WHERE id = '{first}'");
                let old: String =
                    sqlx::query_scalar(sqlx::AssertSqlSafe(old)).fetch_one(&mut connection).await.unwrap();
                let sql = format!("UPDATE record SET {column} = '{value}' WHERE id = '{first}'");
                sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
                connection.close().await.unwrap();
                old
            })
        };
        let before = change(value);
        let ran = verify(&home, first, &["--lang", "en"]);
        let said = String::from_utf8(ran.stdout).unwrap();
        assert_eq!(ran.status.code(), Some(1), "{said}");
        assert!(said.contains(&format!("The index gives another {column} than the record")), "{said}");
        change(&before);
    }
    assert_eq!(verify(&home, first, &[]).status.code(), Some(0));
}

fn verify(home: &TestHome, record: RecordId, more: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_torikomi"))
        .args(["verify", &record.to_string(), "--accept-evaluation"])
        .args(more)
        .arg("--home")
        .arg(home.root())
        .output()
        .unwrap()
}
