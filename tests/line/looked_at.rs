//! A document that is not filed yet can be looked at: its pages as they were delivered, and nothing that makes them look like
//! a record.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use torikomi::document::{DocumentState, HoldReason};
use torikomi::journal::{Entry, Kind, read};
use torikomi::ledger::documents::{self, Document};

use crate::account::{document_of, filed, names, the_journal_is_whole, wait_for};
use crate::burst::{deliver_consent, deliver_larger};
use crate::hospital::{Hospital, Settings, by};
use crate::program::{Ran, torikomi};
use crate::schema::demand;

#[test]
fn pages_are_shown_as_they_were_delivered_to_whoever_is_entered_as_looking() {
    let mut hospital = Hospital::found();
    let daemon = hospital.start();
    let sent = deliver_larger(&hospital, "larger");
    let letter = waiting(&hospital, sent[0].keys().next().unwrap());
    let plan = waiting(&hospital, sent[1].keys().next().unwrap());
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("letter");

    let ran = look(&hospital, &letter, &folder);
    assert_eq!(ran.status, 0, "{}", ran.err);
    demand("queue-show", &ran.json());
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o7777, 0o700);
    let pages = ran.json()["pages"].clone();
    let mut written = names(&folder);
    written.sort();
    assert_eq!(written, ["original-001.tif", "original-002.tif", "未確定-unconfirmed.txt"]);
    for file in pages["files"].as_array().unwrap() {
        let (name, delivered) = (file["name"].as_str().unwrap(), file["delivered_name"].as_str().unwrap());
        let sample = delivered.strip_prefix("larger-").unwrap();
        let good = Path::new("fixtures/samples/good").join(sample);
        assert!(fs::read(folder.join(name)).unwrap() == fs::read(good).unwrap(), "{name} is not {delivered}");
    }
    let sheet = fs::read_to_string(folder.join(pages["sheet"].as_str().unwrap())).unwrap();
    for said in ["【未確定】", "UNCONFIRMED", &letter.id.to_string()] {
        assert!(sheet.contains(said), "{sheet}");
    }
    let entry = last_entry(&hospital);
    assert_eq!((entry.kind, entry.subject.document), (Kind::DocumentViewed, Some(letter.id)));
    assert!(entry.subject.person.is_some());

    // Nothing is written over, and what was not shown is not entered as seen.
    let before = fs::read_dir(&folder).unwrap().count();
    let again = look(&hospital, &plan, &folder);
    assert_eq!((again.status, &again.json()["problem"]["code"]), (2, &"file-exists".into()), "{}", again.err);
    assert_eq!(fs::read_dir(&folder).unwrap().count(), before);
    assert_eq!(last_entry(&hospital), entry);

    // A copy that is not what was taken in is not shown as if it were.
    let copy = custody_file(&hospital, &plan);
    let whole = fs::read(&copy).unwrap();
    let mut rotten = whole.clone();
    rotten[1000] ^= 1;
    fs::write(&copy, &rotten).unwrap();
    let folder = outside.path().join("rotten");
    let refused = look(&hospital, &plan, &folder);
    assert!(refused.status == 3 && refused.out.contains("custody"), "{}{}", refused.out, refused.err);
    assert_eq!(names(&folder), ["未確定-unconfirmed.txt"]);
    fs::write(&copy, &whole).unwrap();

    // Where nobody enters who looks, nothing is shown.
    daemon.stop();
    let folder = outside.path().join("nobody");
    let refused = look(&hospital, &plan, &folder);
    assert_eq!((refused.status, &refused.json()["problem"]["code"]), (3, &"not-shown".into()), "{}", refused.err);
    assert!(!folder.exists());

    // The same where sources stay until their record is filed, and from then on the record has the pages.
    hospital.configure(&Settings { station: "source_release = \"filed\"\n", ..Settings::default() });
    let daemon = hospital.start();
    let sent = deliver_consent(&hospital, "kept");
    let name = sent.keys().next().unwrap();
    let consent = waiting(&hospital, name);
    let folder = outside.path().join("kept");
    assert_eq!(look(&hospital, &consent, &folder).status, 0);
    assert_eq!(fs::read(folder.join("original-001.jpg")).unwrap(), fs::read(hospital.drop().join(name)).unwrap());
    hospital.open_session().unwrap();
    wait_for(&hospital, "what is to be confirmed", || {
        document_of(&hospital, name).filter(|document| document.state == DocumentState::AwaitingConfirmation)
    });
    hospital.confirm_what_waits();
    filed(&hospital, name);
    let before = last_entry(&hospital);
    let refused = look(&hospital, &consent, &outside.path().join("filed"));
    assert_eq!((refused.status, &refused.json()["problem"]["code"]), (1, &"not-in-custody".into()), "{}", refused.err);
    assert!(refused.err.contains("record export"), "{}", refused.err);
    assert_ne!(last_entry(&hospital).kind, Kind::DocumentViewed, "{before:?}");
    daemon.stop();
    the_journal_is_whole(&hospital);
}

fn look(hospital: &Hospital, document: &Document, folder: &Path) -> Ran {
    let secret = hospital.root().with_file_name("passphrase");
    fs::write(&secret, by("clerk").passphrase.expose()).unwrap();
    let words = ["queue", "show", &document.id.to_string(), "--to", folder.to_str().unwrap()];
    let who = ["--as", "clerk", "--passphrase-file", secret.to_str().unwrap(), "--json"];
    torikomi(Some(&hospital.root()), &[&words[..], &who].concat())
}

/// The document that a file became, once it waits for a session.
fn waiting(hospital: &Hospital, name: &str) -> Document {
    wait_for(hospital, "what waits for a session", || {
        document_of(hospital, name).filter(|document| document.held == Some(HoldReason::NoSession))
    })
}

fn custody_file(hospital: &Hospital, document: &Document) -> PathBuf {
    let part = hospital.database.read(async |tx| documents::parts(tx, document.id).await).unwrap().remove(0);
    let folder = hospital.custody().join(format!("{}.001", part.delivery));
    let files = names(&folder).into_iter().map(|name| folder.join(name));
    let found = files.into_iter().find(|file| torikomi::ids::Digest::of(&fs::read(file).unwrap()) == part.content);
    found.unwrap()
}

fn last_entry(hospital: &Hospital) -> Entry {
    let size = hospital.database.read(async |tx| read::head(tx).await).unwrap().unwrap().size;
    let last = hospital.database.read(async |tx| read::entries(tx, size - 1, 1).await).unwrap();
    last[0].entry().unwrap()
}
