//! `torikomi store restore`: what was backed up is there again and goes on, and what came after is told exactly.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};
use sqlx::{AnyConnection, Connection as _};
use torikomi::config::ObjectsTemplate;
use torikomi::database::DatabaseError;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::journal::read;
use torikomi::store::records::{self, Filter};
use torikomi::store::relative_path;

use crate::account::{document_of, filed, names, wait_for};
use crate::backup::{self, Medium, back_up};
use crate::burst::{deliver, deliver_consent};
use crate::hospital::{Foundation, Hospital, Settings};
use crate::postgres;
use crate::program::{Ran, torikomi};
use crate::s3::S3;
use crate::schema::demand;

fn run(medium: &Medium, to: &Path, more: &[&str]) -> Ran {
    let (from, key) = (medium.shown(), medium.key());
    let words = [&["store", "restore", "--from", &from, "--identity", &key, "--json"], more].concat();
    torikomi(Some(to), &words)
}

pub fn restore(medium: &Medium, to: &Path, more: &[&str]) -> Value {
    let ran = run(medium, to, more);
    let report = ran.json();
    demand("store-restore", &report);
    assert_eq!((ran.status, &report["check"]["findings"]), (0, &json!([])), "{report:#}{}", ran.err);
    report
}

/// Takes the home away and brings its first generation back in its place. Answers where the lost home lies, and the report.
pub fn bring_back(hospital: &Hospital, medium: &Medium) -> (tempfile::TempDir, Value) {
    let place = tempfile::tempdir().unwrap();
    assert!(Command::new("mv").arg(hospital.root()).arg(place.path()).status().unwrap().success());
    let report = restore(medium, &hospital.root(), &["--generation", "1"]);
    (place, report)
}

/// What people are told of the first generation's restore to this place.
pub fn told_of(medium: &Medium, to: &Path, lang: &str) -> Ran {
    let (from, key) = (medium.shown(), medium.key());
    let words = ["store", "restore", "--from", &from, "--identity", &key, "--generation", "1", "--lang", lang];
    torikomi(Some(to), &words)
}

fn size(hospital: &Hospital) -> u64 {
    hospital.database.read(async |tx| read::head(tx).await).unwrap().unwrap().size
}

/// The journal as the command judges it, and its exit status.
pub fn journal(root: &Path, more: &[&str]) -> (i32, Value) {
    let ran = torikomi(Some(root), &[&["journal", "verify", "--json"], more].concat());
    demand("journal-verify", &ran.json());
    (ran.status, ran.json())
}

/// Every record verifies; answers how many there are.
fn verified(root: &Path) -> usize {
    let ran = torikomi(Some(root), &["verify", "--all", "--accept-evaluation", "--json"]);
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    let listed = torikomi(Some(root), &["record", "list", "--json"]).json();
    listed["records"].as_array().unwrap().len()
}

#[test]
fn a_home_is_brought_back_and_what_came_after_is_told_exactly() {
    let mut hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let file = |hospital: &Hospital, prefix: &str| {
        for document in deliver(hospital, prefix) {
            filed(hospital, document.keys().next().unwrap());
        }
    };
    file(&hospital, "one");
    let first = back_up(&hospital, &medium, &["--new"])["generation"].clone();
    file(&hospital, "two");
    daemon.stop();
    let daemon = hospital.start();
    deliver_consent(&hospital, "waiting");
    wait_for(&hospital, "what waits for a session", || {
        let found = document_of(&hospital, "waiting-consent.jpg")?;
        (found.held == Some(HoldReason::NoSession)).then_some(found)
    });
    let waiting = document_of(&hospital, "waiting-consent.jpg").unwrap().id.to_string();
    let second = back_up(&hospital, &medium, &[])["generation"].clone();
    // One more that no generation knows of.
    hospital.open_session().unwrap();
    file(&hospital, "three");
    daemon.stop();
    let all = size(&hospital);
    let place = tempfile::tempdir().unwrap();
    let kept = place.path().join("checkpoints.txt");
    fs::copy(hospital.home.layout().store(&hospital.config).join("journal/checkpoints.txt"), &kept).unwrap();
    let kept = kept.display().to_string();
    let of_size = |generation: &Value| generation["journal_size"].as_u64().unwrap();
    let (early, late) = (of_size(&first), of_size(&second));

    // The older one: the newer tells what was filed since, and the checkpoint how much more there was.
    let older = place.path().join("older");
    let report = restore(&medium, &older, &["--generation", "1", "--against", &kept]);
    assert_eq!((&report["epoch"], &report["journal_index"]), (&2.into(), &early.into()));
    assert_eq!(report["lost_entries"], json!({ "first": early, "last": all - 1, "count": all - early }));
    assert_eq!(report["listed_up_to"], late);
    let since = hospital.database.read(async |tx| records::list(tx, &Filter::default(), None, 100).await).unwrap();
    let mut since: Vec<_> = since.iter().filter(|record| (early..late).contains(&record.journal_index)).collect();
    since.sort_by_key(|record| record.journal_index);
    assert_eq!(since.len(), 2);
    let lost = report["lost_records"].as_array().unwrap();
    let ids: Vec<_> = lost.iter().map(|lost| lost["record"].as_str().unwrap().to_owned()).collect();
    assert_eq!(ids, since.iter().map(|record| record.id.to_string()).collect::<Vec<_>>(), "{report:#}");
    assert_eq!(report["lost_documents"][0]["document"], waiting.as_str(), "{report:#}");
    assert_eq!(report["lost_documents"].as_array().unwrap().len(), 1, "{report:#}");
    assert_eq!(verified(&older), 2);
    let (status, judged) = journal(&older, &[]);
    assert_eq!((status, &judged["verdict"]), (0, &"restored".into()), "{judged:#}");
    assert_eq!((&judged["epochs"][0]["index"], &judged["epochs"][0]["known_size"]), (&early.into(), &all.into()));
    let (status, judged) = journal(&older, &["--against", &kept]);
    assert_eq!((status, &judged["verdict"], &judged["faults"]), (1, &"restored".into(), &json!([])), "{judged:#}");
    assert!(judged["unreachable"].as_array().unwrap().contains(&all.into()), "{judged:#}");
    let told = torikomi(Some(&older), &["journal", "verify"]).out;
    assert!(
        told.contains(&format!("The entries {early} to {} that had stood there before are lost", all - 1)),
        "{told}"
    );
    for lang in ["ja", "en"] {
        let again = run(&medium, &place.path().join(lang), &["--generation", "1", "--lang", lang]);
        assert_eq!(again.status, 0, "{}", again.err);
    }

    // The newest, in the old one's place.
    let old = place.path().join("old");
    fs::create_dir(&old).unwrap();
    assert!(Command::new("mv").arg(hospital.root()).arg(&old).status().unwrap().success());
    let report = restore(&medium, &hospital.root(), &[]);
    assert_eq!((&report["lost_entries"], &report["lost_records"]), (&Value::Null, &json!([])), "{report:#}");
    assert_eq!(verified(&hospital.root()), 4);
    hospital.configure(&Settings::default());
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    wait_for(&hospital, "what had waited", || {
        hospital.confirm_what_waits();
        let found = document_of(&hospital, "waiting-consent.jpg")?;
        (found.state == DocumentState::Filed && found.id.to_string() == waiting).then_some(())
    });
    file(&hospital, "four");
    daemon.stop();
    assert_eq!(verified(&hospital.root()), 7);
    let (status, judged) = journal(&hospital.root(), &[]);
    assert_eq!((status, &judged["verdict"], &judged["faults"]), (0, &"restored".into(), &json!([])), "{judged:#}");
    assert_eq!(judged["entries"], judged["entries_in_files"]);

    // Its own backups lead to a third epoch.
    let medium = Medium::of(&hospital);
    back_up(&hospital, &medium, &["--new"]);
    let third = place.path().join("third");
    assert_eq!(restore(&medium, &third, &[])["epoch"], 3);
    let (_, judged) = journal(&third, &[]);
    assert_eq!(judged["epochs"].as_array().unwrap().len(), 2, "{judged:#}");
    // Once it has gone on, another restore of the same past is not of the same number, and says what it gives up.
    let made = torikomi(Some(&third), &["store", "backup", "--to", &medium.shown(), "--json"]);
    assert_eq!((made.status, &made.json()["generation"]["epoch"]), (0, &3.into()), "{}", made.err);
    let size = made.json()["generation"]["journal_size"].as_u64().unwrap();
    let fourth = place.path().join("fourth");
    let report = restore(&medium, &fourth, &["--generation", "1"]);
    assert_eq!((&report["epoch"], &report["given_up"]), (&4.into(), &json!([3])), "{report:#}");
    assert_eq!((&report["lost_entries"]["last"], &report["listed_up_to"]), (&json!(size - 1), &size.into()));
    let (status, judged) = journal(&fourth, &[]);
    let epochs: Vec<_> = judged["epochs"].as_array().unwrap().iter().map(|epoch| epoch["epoch"].clone()).collect();
    assert_eq!((status, epochs, &judged["faults"]), (0, vec![2.into(), 4.into()], &json!([])), "{judged:#}");
}

#[test]
fn nothing_of_a_backup_that_is_not_whole_is_left_behind() {
    let hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    back_up(&hospital, &medium, &["--new"]);
    let place = tempfile::tempdir().unwrap();
    let to = place.path().join("home");
    let refused = |more: &[&str], status: i32, code: &str| {
        let ran = run(&medium, &to, more);
        let said = ran.json();
        assert_eq!((ran.status, &said["problem"]["backup"]["code"]), (status, &code.into()), "{said:#}");
        said["problem"]["backup"]["path"].as_str().unwrap_or_default().to_owned()
    };
    let sealed = medium.sealed(&fs::read(hospital.root().join("keys/journal.pem")).unwrap());
    let whole = fs::read(&sealed).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    for bytes in [&flipped[..], &whole[..whole.len() / 2], b""] {
        fs::write(&sealed, bytes).unwrap();
        assert_eq!(refused(&[], 1, "damaged"), sealed.display().to_string());
        assert_eq!(names(&to), [] as [&str; 0]);
    }
    fs::remove_file(&sealed).unwrap();
    assert_eq!(refused(&[], 1, "missing"), sealed.display().to_string());
    fs::write(&sealed, &whole).unwrap();
    // Sealed for the same key, and another file: a list that names it is not the one that was written.
    let list = medium.path().join("generations/000001/files.age");
    let listed = fs::read(&list).unwrap();
    fs::copy(&sealed, &list).unwrap();
    refused(&[], 1, "damaged");
    fs::write(&list, listed).unwrap();
    refused(&["--generation", "2"], 2, "no-generation");
    let empty = place.path().join("notes.txt");
    fs::write(&empty, "nothing\n").unwrap();
    refused(&["--against", &empty.display().to_string()], 2, "no-checkpoint");
    assert_eq!(names(&to), [] as [&str; 0]);
    fs::write(to.join("something"), "of somebody's").unwrap();
    refused(&[], 2, "not-empty");
    assert_eq!(names(&to), ["something"]);
    fs::remove_file(to.join("something")).unwrap();
    restore(&medium, &to, &[]);
    refused(&[], 2, "not-empty");
}

#[test]
fn a_copy_of_the_checkpoints_that_cannot_be_read_is_told_of() {
    let place = tempfile::tempdir().unwrap();
    let outside = place.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let anchor: &str = format!("[journal]\nanchor = \"{}\"\n", outside.display()).leak();
    let settings = vec![("[journal]\n", anchor)].leak();
    let hospital = Hospital::founded(&Foundation { settings, ..Foundation::default() });
    let medium = Medium::of(&hospital);
    back_up(&hospital, &medium, &["--new"]);
    let copy = outside.join(format!("checkpoints-{}.txt", hospital.home.id()));
    assert_eq!(restore(&medium, &place.path().join("read"), &[])["unread_anchor"], Value::Null);
    fs::rename(&outside, place.path().join("not mounted")).unwrap();
    let told = restore(&medium, &place.path().join("unread"), &[]);
    assert_eq!(told["unread_anchor"], copy.display().to_string());
}

#[test]
fn a_home_with_its_database_on_a_server_is_brought_back_from_the_journals_files() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let url = postgres::empty_database(runtime.handle());
    // A copy of the checkpoints outside knows of more than the backup: that is told, and is no reason to refuse.
    let outside = tempfile::tempdir().unwrap();
    let anchor: &str = format!("[journal]\nanchor = \"{}\"\n", outside.path().display()).leak();
    let hospital = Hospital::founded(&Foundation {
        database: Some(url.clone()),
        settings: vec![("[journal]\n", anchor)].leak(),
        ..Foundation::default()
    });
    let medium = Medium::of(&hospital);
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    for document in deliver(&hospital, "one") {
        filed(&hospital, document.keys().next().unwrap());
    }
    let made = back_up(&hospital, &medium, &["--new"]);
    assert_eq!(made["generation"]["database"], false, "{made:#}");
    daemon.stop();
    let (early, all) = (made["generation"]["journal_size"].as_u64().unwrap(), size(&hospital));
    drop(hospital);
    let place = tempfile::tempdir().unwrap();
    let to = place.path().join("home");
    // What stands on the server is not replaced.
    let refused = run(&medium, &to, &[]);
    assert_eq!((refused.status, &refused.json()["problem"]["code"]), (2, &"database-not-empty".into()));
    assert_eq!(names(&to), [] as [&str; 0]);
    let (place_of_it, options) = url.split_once('?').unwrap();
    let (server, name) = place_of_it.rsplit_once('/').unwrap();
    runtime.block_on(async {
        let mut admin = AnyConnection::connect(&format!("{server}/postgres?{options}")).await.unwrap();
        for asked in [
            format!("SELECT CAST(pg_terminate_backend(pid) AS TEXT) FROM pg_stat_activity WHERE datname = '{name}'"),
            format!("ALTER DATABASE {name} RENAME TO old_{name}"),
            format!("CREATE DATABASE {name}"),
        ] {
            sqlx::raw_sql(sqlx::AssertSqlSafe(asked)).execute(&mut admin).await.unwrap();
        }
    });
    let report = restore(&medium, &to, &[]);
    assert_eq!((&report["epoch"], &report["not_rebuilt"]), (&2.into(), &json!([])), "{report:#}");
    assert_eq!(report["lost_entries"], json!({ "first": early, "last": all - 1, "count": all - early }));
    assert_eq!(verified(&to), 2);
    let (status, judged) = journal(&to, &[]);
    assert_eq!((status, &judged["verdict"]), (0, &"restored".into()), "{judged:#}");
}

#[test]
fn a_home_with_its_objects_on_a_server_is_brought_back_into_its_bucket_or_another() {
    let (s3, place) = (S3::start(), tempfile::tempdir().unwrap());
    let objects = ObjectsTemplate {
        url: s3.url("hospital-a").parse().unwrap(),
        region: None,
        credentials_file: S3::key_file(place.path()),
        tls_roots: None,
        retention_days: None,
    };
    let key = objects.credentials_file.clone();
    let hospital = Hospital::founded(&Foundation { objects: Some(objects), ..Foundation::default() });
    let medium = Medium::of(&hospital);
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    filed(&hospital, deliver_consent(&hospital, "one").keys().next().unwrap());
    daemon.stop();
    let made = back_up(&hospital, &medium, &["--new"]);
    assert_eq!(made["outside"], json!([key.display().to_string()]), "{made:#}");
    let keys = s3.store().keys();
    let below = |prefix: &str| keys.iter().filter_map(|key| key.strip_prefix(prefix).map(str::to_owned)).collect();
    let all: Vec<String> = below("hospital-a/");
    assert_eq!(all.len(), keys.len());

    // The bucket is gone with the home.
    let settings = fs::read_to_string(hospital.root().join("torikomi.toml")).unwrap();
    drop(hospital);
    keys.iter().for_each(|key| drop(s3.store().take_away(key)));
    restore(&medium, &place.path().join("bare"), &[]);
    assert_eq!(s3.store().keys(), keys);
    assert_eq!(verified(&place.path().join("bare")), 1);
    assert!(!place.path().join("bare/store/objects").exists());
    // It has outlived the home: nothing is stored twice, and one that is not what was stored is told.
    let stored = s3.store().stored;
    restore(&medium, &place.path().join("beside"), &[]);
    assert_eq!(verified(&place.path().join("beside")), 1);
    assert_eq!(s3.store().stored, stored + 1, "what tries the server out, and nothing else");
    let other = keys.iter().find(|key| key.rsplit('/').next().is_some_and(|name| name.len() == 64)).unwrap();
    let whole = s3.store().take_away(other);
    s3.store().put(other, b"another object");
    let refused = run(&medium, &place.path().join("changed"), &[]);
    assert_eq!((refused.status, &refused.json()["problem"]["backup"]["code"]), (3, &"objects".into()));
    assert_eq!(names(&place.path().join("changed")), [] as [&str; 0]);
    s3.store().take_away(other);
    s3.store().put(other, &whole);

    // Elsewhere, as settings say that are given.
    let moved = place.path().join("moved.toml");
    fs::write(&moved, settings.replace("/hospital-a", "/elsewhere")).unwrap();
    let moved = moved.display().to_string();
    s3.store().put("elsewhere/of-somebody", b"not ours");
    let refused = run(&medium, &place.path().join("moved"), &["--settings", &moved]);
    assert_eq!((refused.status, &refused.json()["problem"]["backup"]["code"]), (3, &"objects".into()));
    s3.store().take_away("elsewhere/of-somebody");
    restore(&medium, &place.path().join("moved"), &["--settings", &moved]);
    let elsewhere: Vec<_> = all.iter().map(|key| format!("elsewhere/{key}")).collect();
    assert_eq!(s3.store().keys(), [elsewhere, keys.clone()].concat());
    assert_eq!(verified(&place.path().join("moved")), 1);
    // And without the key nothing is put anywhere.
    fs::remove_file(&key).unwrap();
    let refused = run(&medium, &place.path().join("keyless"), &[]);
    assert_eq!((refused.status, &refused.json()["problem"]["backup"]["code"]), (3, &"objects".into()));
    assert_eq!(names(&place.path().join("keyless")), [] as [&str; 0]);
}

#[test]
fn an_object_that_the_home_has_lost_comes_back_from_the_medium() {
    let hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    filed(&hospital, deliver_consent(&hospital, "one").keys().next().unwrap());
    daemon.stop();
    let first = back_up(&hospital, &medium, &["--new"])["generation"].clone();
    let objects = hospital.home.layout().store(&hospital.config).join("objects");
    let members = hospital.database.read::<_, DatabaseError, _>(async |tx| {
        let record = records::list(tx, &Filter::default(), None, 1).await?.remove(0);
        records::members(tx, record.id, false).await
    });
    let lost = relative_path(&members.unwrap()[0].object);
    fs::remove_file(objects.join(&lost)).unwrap();
    let ran = backup::run(&hospital, &medium, &["--keep", "1"]);
    let report = ran.json();
    assert_eq!((ran.status, &report["removed"]), (1, &json!([])), "{report:#}{}", ran.err);
    assert_eq!(report["missing"], json!([format!("store/objects/{}", lost.display())]));
    assert_eq!(report["generation"]["objects"], first["objects"]);
    let place = tempfile::tempdir().unwrap();
    restore(&medium, &place.path().join("home"), &[]);
    assert!(place.path().join("home/store/objects").join(&lost).is_file());
}
