//! Whether the journal's files are the whole past, where the old database is damaged in part, and where it cannot say so.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::FileExt as _;

use sqlx::{AnyConnection, Connection as _, Row as _};
use torikomi::control::Request;
use torikomi::journal::read;
use torikomi::people::{PeopleError, certificates, register};
use torikomi::store::relative_path;

use crate::home::because;
use crate::hospital::{Hospital, PATIENCE, Settings, by};
use crate::program::torikomi;
use crate::rebuilt::{Kept, database, journal, refused};
use crate::store_check::rebuild;

/// The line runs for a while, and the journal grows.
fn grow(hospital: &Hospital) {
    let daemon = hospital.start();
    let request =
        Request::AcknowledgeClock { by: by("manager"), shown: hospital.clock_shown(), reason: because("other") };
    hospital.ask(&request, PATIENCE).unwrap();
    daemon.stop();
}

fn entries(hospital: &Hospital) -> u64 {
    hospital.database.read(async |tx| read::head(tx).await).unwrap().unwrap().size
}

/// Writes over the page at which a table or an index begins, beside whoever has the database open.
pub fn damage(hospital: &Hospital, name: &str) {
    let path = database(hospital);
    let (root, size) = hospital.runtime.block_on(async {
        let mut connection = AnyConnection::connect(&format!("sqlite://{}?mode=rw", path.display())).await.unwrap();
        // All of it is in the file itself, once nobody else is in the midst of reading.
        let busy = async |connection: &mut AnyConnection| {
            let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(connection).await.unwrap();
            row.get::<i64, _>(0) != 0
        };
        while busy(&mut connection).await {}
        let root = sqlx::query("SELECT rootpage FROM sqlite_master WHERE name = $1").bind(name.to_owned());
        let root: i64 = root.fetch_one(&mut connection).await.unwrap().get(0);
        let size: i64 = sqlx::query("PRAGMA page_size").fetch_one(&mut connection).await.unwrap().get(0);
        connection.close().await.unwrap();
        (u64::try_from(root).unwrap(), u64::try_from(size).unwrap())
    });
    let file = fs::OpenOptions::new().write(true).open(&path).unwrap();
    file.write_all_at(&vec![0x5a; usize::try_from(size).unwrap()], (root - 1) * size).unwrap();
}

#[test]
fn a_database_that_is_damaged_in_part_is_asked_for_what_it_still_has() {
    let mut hospital = Hospital::found();
    grow(&hospital);
    let early = Kept::journal(&hospital);
    grow(&hospital);
    let (all, whole) = (entries(&hospital), Kept::database(&hospital));

    // Where nobody needs the damaged part, what the files lack is copied to them.
    early.put_back();
    damage(&hospital, "record_by_signer");
    let report = rebuild(&hospital);
    assert_eq!((&report["journal_entries"], &report["old_database"]), (&all.into(), &"compared".into()), "{report:#}");

    // Where the entries are damaged themselves, its head tells that there were more. It is left as it is.
    early.put_back();
    whole.put_back();
    damage(&hospital, "journal_entry");
    let before = Kept::database(&hospital).0;
    refused(&hospital, "database-not-copied");
    assert_eq!(Kept::database(&hospital).0[&database(&hospital)], before[&database(&hospital)]);

    // Where the files are damaged and the database is not, it has what they lack.
    whole.put_back();
    hospital.configure(&Settings::default());
    let path = journal(&hospital).join("entries-000000000000.jsonl");
    let text = fs::read_to_string(&path).unwrap();
    fs::write(&path, text.replacen("\"kind\":\"", "\"kind\":\"x", 1)).unwrap();
    assert!(refused(&hospital, "journal-files-damaged")["index"].as_u64().unwrap() < all);
    for name in ["entries-000000000000.jsonl", "private-000000000000.jsonl", "checkpoints.txt"] {
        fs::rename(journal(&hospital).join(name), hospital.root().join(name)).unwrap();
    }
    let report = rebuild(&hospital);
    assert_eq!((&report["journal_entries"], &report["not_rebuilt"]), (&all.into(), &serde_json::json!([])));
    no_key_is_saved_over_that_of_a_lost_certificate(&mut hospital);
}

fn no_key_is_saved_over_that_of_a_lost_certificate(hospital: &mut Hospital) {
    hospital.configure(&Settings::default());
    let held = hospital.database.read::<_, PeopleError, _>(async |tx| {
        let clerk = register::active(tx, "clerk").await?;
        Ok(certificates::of_person(tx, clerk.id).await?)
    });
    let held = held.unwrap().remove(0);
    let objects = hospital.home.layout().store(&hospital.config).join("objects");
    let (object, aside) = (objects.join(relative_path(&held.fingerprint)), hospital.root().join("aside"));
    fs::rename(&object, &aside).unwrap();
    let keys = || {
        let files = fs::read_dir(hospital.home.layout().people_keys()).unwrap().map(|file| file.unwrap().path());
        files.map(|path| (path.clone(), fs::read(path).unwrap())).collect::<BTreeMap<_, _>>()
    };
    let before = keys();
    let lost = serde_json::json!([{ "code": "certificate", "person": held.person, "certificate": held.fingerprint }]);
    assert_eq!(rebuild(hospital)["not_rebuilt"], lost);
    let daemon = hospital.start();
    hospital.enrol_the_clerk();
    daemon.stop();
    let after = keys();
    assert_eq!((after.len(), before.iter().all(|(path, key)| after.get(path) == Some(key))), (before.len() + 1, true));
    fs::rename(&aside, &object).unwrap();
    assert_eq!(rebuild(hospital)["not_rebuilt"], serde_json::json!([]));
    hospital.configure(&Settings::default());
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    daemon.stop();
}

#[test]
fn files_that_were_put_back_together_are_told_by_what_speaks_of_more() {
    let mut hospital = Hospital::found();
    let outside = tempfile::tempdir().unwrap();
    let anchored = |hospital: &Hospital| {
        let text = fs::read_to_string(hospital.home.layout().settings()).unwrap();
        let line = format!("[journal]\nanchor = \"{}\"\n", outside.path().display());
        fs::write(hospital.home.layout().settings(), text.replace("[journal]\n", &line)).unwrap();
    };
    let early = Kept::journal(&hospital);
    anchored(&hospital);
    grow(&hospital);
    let (all, whole) = (entries(&hospital), Kept::journal(&hospital));
    fs::write(database(&hospital), b"no database").unwrap();

    // Shorter, and whole by their own word.
    early.put_back();
    let promised = refused(&hospital, "against-anchor")["size"].as_u64().unwrap();
    assert!(promised <= all, "{promised}");
    // As long, and another past.
    whole.put_back();
    let copy = outside.path().join(format!("checkpoints-{}.txt", hospital.home.id()));
    let notes = fs::read_to_string(&copy).unwrap();
    fs::write(&copy, of_another_past(&notes)).unwrap();
    assert_eq!(refused(&hospital, "against-anchor")["size"], promised);
    // Where the copy cannot be reached nobody can tell.
    fs::rename(outside.path(), outside.path().with_extension("away")).unwrap();
    let away = torikomi(Some(&hospital.root()), &["store", "check", "--rebuild", "--json"]);
    assert_eq!((away.status, &away.json()["problem"]["code"]), (2, &"file-missing".into()), "{}", away.out);
    fs::rename(outside.path().with_extension("away"), outside.path()).unwrap();
    fs::write(&copy, &notes).unwrap();

    // The stamped checkpoints beside the files speak of them too.
    let stamped = journal(&hospital).join("stamped");
    fs::create_dir_all(&stamped).unwrap();
    let name = |size: u64| stamped.join(format!("checkpoint-{size:012}.txt"));
    let lines: Vec<&str> = notes.trim_end().split("\n\n").collect();
    let note = lines[lines.len() - 2..].join("\n\n") + "\n";
    for (path, text, size) in
        [(name(all + 1), note.clone(), all + 1), (name(promised), of_another_past(&note), promised)]
    {
        fs::write(&path, text).unwrap();
        let said = refused(&hospital, "against-stamped");
        assert_eq!((&said["size"], &said["paths"]), (&size.into(), &serde_json::json!([path.display().to_string()])));
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(rebuild(&hospital)["journal_entries"], all);
    hospital.configure(&Settings::default());
}

/// The same notes with another root in the last of them.
fn of_another_past(notes: &str) -> String {
    let lines: Vec<&str> = notes.lines().collect();
    // Origin, size, root, an empty line, the signature.
    let root = lines.iter().rposition(|line| line.len() == 44 && line.ends_with('=')).unwrap();
    let other = format!("{}=", "A".repeat(43));
    let lines: Vec<&str> = lines.iter().enumerate().map(|(at, line)| if at == root { &other } else { *line }).collect();
    lines.join("\n") + "\n\n"
}
