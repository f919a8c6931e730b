//! What a database that is made anew must not do: lose what only the old one had, believe files that lack something, or take
//! what is left of a document for the whole.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use torikomi::config::home::Layout;
use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ledger::{contents, documents};
use torikomi::store::relative_path;

use crate::account::{document_of, filed, wait_for};
use crate::burst::{deliver_consent, deliver_larger};
use crate::home::because;
use crate::hospital::{Hospital, PATIENCE, Settings, by};
use crate::program::torikomi;
use crate::store_check::{check, rebuild, sql};

pub fn database(hospital: &Hospital) -> PathBuf {
    Layout::new(&hospital.root()).database(&hospital.config)
}

pub fn journal(hospital: &Hospital) -> PathBuf {
    hospital.home.layout().store(&hospital.config).join("journal")
}

/// The journal's files and the database with what lies beside it, as they are now.
pub struct Kept(pub BTreeMap<PathBuf, Vec<u8>>);

impl Kept {
    pub fn journal(hospital: &Hospital) -> Self {
        let files = fs::read_dir(journal(hospital)).unwrap().map(|entry| entry.unwrap().path());
        Self(files.filter(|path| path.is_file()).map(|path| (path.clone(), fs::read(path).unwrap())).collect())
    }

    pub fn database(hospital: &Hospital) -> Self {
        let path = database(hospital);
        let paths = ["", "-wal"].map(|ending| PathBuf::from(format!("{}{ending}", path.display())));
        Self(paths.into_iter().filter_map(|path| Some((path.clone(), fs::read(path).ok()?))).collect())
    }

    pub fn put_back(&self) {
        for path in self.0.keys() {
            for ending in ["-wal", "-shm"] {
                let _ = fs::remove_file(format!("{}{ending}", path.display()));
            }
        }
        for (path, bytes) in &self.0 {
            fs::write(path, bytes).unwrap();
        }
    }
}

/// Demands that nothing is made anew, for this reason.
pub fn refused(hospital: &Hospital, code: &str) -> Value {
    let ran = torikomi(Some(&hospital.root()), &["store", "check", "--rebuild", "--json"]);
    assert_eq!(ran.status, 3, "{}{}", ran.out, ran.err);
    let said = ran.json();
    assert_eq!(said["problem"]["code"], code, "{said:#}");
    said["problem"].clone()
}

fn cut_last_line(path: &Path) {
    let whole = fs::read_to_string(path).unwrap();
    let last = whole.trim_end().rfind('\n').unwrap();
    fs::write(path, &whole[..=last]).unwrap();
}

#[test]
fn what_only_the_old_database_has_is_kept_and_files_that_lack_something_are_refused() {
    let mut hospital = Hospital::found();
    let line = |hospital: &Hospital, prefix: &str| {
        let daemon = hospital.start();
        hospital.open_session().unwrap();
        deliver_consent(hospital, prefix);
        let record = filed(hospital, &format!("{prefix}-consent.jpg"));
        daemon.stop();
        record
    };
    line(&hospital, "one");
    let (early_journal, early_database) = (Kept::journal(&hospital), Kept::database(&hospital));
    let second = line(&hospital, "two");
    let whole = Kept::journal(&hospital);
    let entries = |hospital: &Hospital| {
        let head = hospital.database.read(async |tx| torikomi::journal::read::head(tx).await).unwrap();
        head.unwrap().size
    };
    let all = entries(&hospital);

    // The files are those of before, as a backup of them is; the index lacks what the check says to make it anew for.
    early_journal.put_back();
    let (id, members) = (second.id, "DELETE FROM record_member WHERE record");
    sql(&hospital, format!("{members} = '{id}'; DELETE FROM record WHERE id = '{id}'"));
    let report = rebuild(&hospital);
    assert_eq!((&report["journal_entries"], &report["records"]), (&all.into(), &2.into()), "{report:#}");
    assert_eq!((&report["not_rebuilt"], &report["old_database"]), (&serde_json::json!([]), &"compared".into()));
    hospital.configure(&Settings::default());
    assert_eq!((entries(&hospital), filed(&hospital, "two-consent.jpg").id), (all, id));
    assert_eq!(check(&hospital), Vec::<Value>::new());

    // An older database has nothing that the files lack.
    early_database.put_back();
    assert_eq!(rebuild(&hospital)["journal_entries"], all);

    // One that went on from there has.
    early_database.put_back();
    early_journal.put_back();
    hospital.configure(&Settings::default());
    line(&hospital, "other");
    whole.put_back();
    let before = Kept::database(&hospital).0;
    refused(&hospital, "database-forked");
    assert_eq!(Kept::database(&hospital).0[&database(&hospital)], before[&database(&hospital)]);

    // Without a database the files have to be whole by their own word.
    fs::write(database(&hospital), b"no database").unwrap();
    let last = journal(&hospital).join("entries-000000000000.jsonl");
    cut_last_line(&last);
    assert_eq!(refused(&hospital, "journal-damaged")["index"], all - 1);
    fs::remove_file(&last).unwrap();
    assert_eq!(refused(&hospital, "journal-damaged")["index"], 0);
    assert_eq!(fs::read(database(&hospital)).unwrap(), b"no database");
    whole.put_back();
    let report = rebuild(&hospital);
    assert_eq!((&report["journal_entries"], &report["old_database"]), (&all.into(), &"unreadable".into()));
}

#[test]
fn of_what_was_decided_or_measured_and_is_gone_nothing_is_guessed() {
    let mut hospital = Hospital::found();
    let daemon = hospital.start();
    // Nobody signs: they are to be confirmed later.
    let larger = deliver_larger(&hospital, "two").remove(0);
    deliver_consent(&hospital, "said");
    let names = larger.keys().cloned().collect::<Vec<_>>();
    for name in [names[0].as_str(), "said-consent.jpg"] {
        wait_for(&hospital, "what waits for a session", || {
            let found = document_of(&hospital, name)?;
            (found.held == Some(HoldReason::NoSession)).then_some(())
        });
    }
    hospital.open_session().unwrap();
    let waiting = |hospital: &Hospital, patient: &str| {
        wait_for(hospital, "what is to be confirmed", || {
            let found = document_of(hospital, "said-consent.jpg")?;
            let theirs = found.identity.patient.as_ref().is_some_and(|known| known.value.id == patient);
            (theirs && found.state == DocumentState::AwaitingConfirmation).then_some(found)
        })
    };
    let document = waiting(&hospital, "9990001");
    let identify = |hospital: &Hospital, facts: Facts| {
        let request = Request::Identify {
            by: by("clerk"),
            document: hospital.looked(document.id),
            facts: Box::new(facts),
            supersedes: None,
            reason: because("wrong-patient"),
        };
        hospital.ask(&request, PATIENCE)
    };
    // The sidecar named another patient.
    let theirs = Facts { patient_id: Some("9990002".into()), ..Facts::default() };
    identify(&hospital, theirs.clone()).unwrap();
    waiting(&hospital, "9990002");
    daemon.stop();

    // One of the two scans of the other document has no measurements any more.
    let content = larger[&names[1]];
    let measured = hospital.database.read(async |tx| contents::measurements(tx, &content).await).unwrap().unwrap();
    let objects = hospital.home.layout().store(&hospital.config).join("objects");
    fs::remove_file(objects.join(relative_path(&measured))).unwrap();
    let two = document_of(&hospital, &names[0]).unwrap().id;
    fs::write(database(&hospital), b"no database").unwrap();
    let told = rebuild(&hospital)["not_rebuilt"].clone();
    let expected = serde_json::json!([
        { "code": "document", "document": two },
        { "code": "decisions", "document": document.id, "count": 1 },
    ]);
    assert_eq!(told, expected);
    hospital.configure(&Settings::default());

    let daemon = hospital.start();
    hospital.open_session().unwrap();
    wait_for(&hospital, "the document without its scans", || {
        let found = hospital.database.read(async |tx| documents::get(tx, two).await).unwrap()?;
        found.held.map(|_| ())
    });
    assert!(hospital.database.read(async |tx| documents::parts(tx, two).await).unwrap().is_empty());
    let found = document_of(&hospital, "said-consent.jpg").unwrap();
    assert_eq!((found.state, found.held), (DocumentState::Identifying, Some(HoldReason::AskedAnew)));
    // Neither another try nor a part of what it is lets the sidecar speak for the rest.
    let retry = Request::Retry { by: by("clerk"), documents: vec![hospital.looked(document.id)] };
    assert!(hospital.ask(&retry, PATIENCE).is_err());
    let kind = Facts { document_type: Some("consent-demo".parse().unwrap()), ..Facts::default() };
    assert!(identify(&hospital, kind.clone()).is_err());
    assert!(identify(&hospital, theirs.clone()).is_err());
    let day = Some(hospital.today().0.parse().unwrap());
    identify(&hospital, Facts { obtained_on: day, ..Facts { patient_id: theirs.patient_id, ..kind } }).unwrap();
    wait_for(&hospital, "its filing", || {
        hospital.confirm_what_waits();
        let found = document_of(&hospital, "said-consent.jpg")?;
        (found.state == DocumentState::Filed).then_some(())
    });
    assert_eq!(filed(&hospital, "said-consent.jpg").patient_id, "9990002");
    // Both scans lie in custody still.
    let copies = fs::read_dir(hospital.custody()).unwrap().map(|entry| entry.unwrap().path());
    assert!(copies.into_iter().any(|copy| copy.join("content-002").exists()), "the scans of {two}");
    daemon.stop();
}
