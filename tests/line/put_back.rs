//! A database that is not the one that the home's other files belong to: nothing is changed until the right one is back.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use sqlx::{AnyConnection, Connection as _};
use torikomi::control::Request;
use torikomi::database::DatabaseError;
use torikomi::document::DocumentState;
use torikomi::journal::read;
use torikomi::signing::ATTEMPTS;

use crate::account::{document_of, filed, names, quarantine, the_journal_is_whole, wait_for};
use crate::burst::deliver_consent;
use crate::home::because;
use crate::hospital::{Hospital, PATIENCE, Settings, by};
use crate::proven::proven;

/// Nobody answers there.
const NOBODY: &str = "url = \"http://127.0.0.1:9/\"\nretry = \"1s\"\nretry_most = \"1s\"\n";

#[test]
fn an_older_database_is_refused_before_anything_is_changed() {
    let mut hospital = Hospital::found();
    let kept = tempfile::tempdir().unwrap();
    let older = backup(&hospital, &kept.path().join("older.db"));
    hospital.configure(&Settings { authority: Some(NOBODY.into()), ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let sent = deliver_consent(&hospital, "signed");
    let name = sent.keys().next().unwrap();
    wait_for(&hospital, "its signature", || {
        document_of(&hospital, name).filter(|document| document.state == DocumentState::Stamping)
    });
    daemon.stop();
    let newer = backup(&hospital, &kept.path().join("newer.db"));
    let attempts = names(&hospital.custody().join(ATTEMPTS));
    assert_eq!(attempts.len(), 1);
    let copy = second_copy(&hospital);

    put_back(&mut hospital, &older);
    let entries = size(&hospital);
    for _ in 0..5 {
        refused(&hospital, "an older database was put back");
        assert_eq!(names(&hospital.custody().join(ATTEMPTS)), attempts);
        assert_eq!(quarantine(&hospital), [] as [&str; 0]);
        assert_eq!(size(&hospital), entries, "each start would bring it nearer to what it is held against");
        assert_eq!(second_copy(&hospital), copy);
    }

    put_back(&mut hospital, &newer);
    let daemon = hospital.start();
    proven(&hospital, &filed(&hospital, name));
    daemon.stop();
    the_journal_is_whole(&hospital);
}

#[test]
fn a_database_of_another_past_is_refused_however_far_it_grows() {
    let mut hospital = Hospital::found();
    let kept = tempfile::tempdir().unwrap();
    let then = backup(&hospital, &kept.path().join("then.db"));
    let go_on = |hospital: &Hospital, times: usize| {
        let daemon = hospital.start();
        for _ in 0..times {
            let request = Request::AcknowledgeClock {
                by: by("manager"),
                shown: hospital.clock_shown(),
                reason: because("other"),
            };
            hospital.ask(&request, PATIENCE).unwrap();
        }
        daemon.stop();
    };
    go_on(&hospital, 1);
    let right = backup(&hospital, &kept.path().join("right.db"));
    let (copy, entries) = (second_copy(&hospital), size(&hospital));
    // The same again from the same beginning, and beyond, without the files.
    let folder = journal(&hospital);
    let aside = kept.path().join("journal");
    for more in [0, 3] {
        run(Command::new("mv").arg(&folder).arg(&aside));
        put_back(&mut hospital, &then);
        go_on(&hospital, 1 + more);
        fs::remove_dir_all(&folder).unwrap();
        run(Command::new("mv").arg(&aside).arg(&folder));
        assert_eq!(size(&hospital), entries + more as u64);
        let grown = size(&hospital);
        refused(&hospital, "are not those of the database");
        assert_eq!((second_copy(&hospital), size(&hospital)), (copy.clone(), grown));
    }
    put_back(&mut hospital, &right);
    go_on(&hospital, 1);
    the_journal_is_whole(&hospital);
}

/// It does not start, says why, and names the way on.
fn refused(hospital: &Hospital, why: &str) {
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_torikomi"))
        .args(["serve", "--lang", "en", "--home"])
        .arg(hospital.root())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while daemon.try_wait().unwrap().is_none() && begun.elapsed() < PATIENCE {
        std::thread::sleep(Duration::from_millis(20));
    }
    // One that runs is ended all the same.
    daemon.kill().unwrap();
    let said = daemon.wait_with_output().unwrap();
    assert_eq!(said.status.code(), Some(3), "{said:?}");
    let said = String::from_utf8_lossy(&said.stderr).into_owned();
    assert!(said.contains(why) && said.contains("nothing in the home was changed"), "{said}");
}

/// One file with all that the database holds now.
pub fn backup(hospital: &Hospital, to: &Path) -> PathBuf {
    let database = hospital.home.layout().database(&hospital.config);
    hospital.runtime.block_on(async {
        let mut connection = AnyConnection::connect(&format!("sqlite://{}?mode=rw", database.display())).await.unwrap();
        let copied = sqlx::query("VACUUM INTO $1").bind(to.display().to_string()).execute(&mut connection).await;
        copied.unwrap();
        connection.close().await.unwrap();
    });
    to.to_owned()
}

pub fn put_back(hospital: &mut Hospital, from: &Path) {
    let database = hospital.home.layout().database(&hospital.config);
    for beside in ["-wal", "-shm"] {
        let _ = fs::remove_file(format!("{}{beside}", database.display()));
    }
    fs::remove_file(&database).unwrap();
    fs::copy(from, &database).unwrap();
    // Its readers look at the new one.
    hospital.configure(&Settings::default());
}

fn journal(hospital: &Hospital) -> PathBuf {
    hospital.home.layout().store(&hospital.config).join("journal")
}

/// The journal's files and the stamped checkpoints below them, byte for byte.
fn second_copy(hospital: &Hospital) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![journal(hospital)];
    while let Some(folder) = folders.pop() {
        for name in names(&folder) {
            let path = folder.join(name);
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.clone(), fs::read(path).unwrap());
            }
        }
    }
    files
}

fn size(hospital: &Hospital) -> u64 {
    hospital.database.read::<_, DatabaseError, _>(async |tx| read::head(tx).await).unwrap().unwrap().size
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}
