//! `torikomi journal dispose`: personal text is gone from every byte of the home, and every proof stands all the same.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use torikomi::control::{ReasonGiven, Request};
use torikomi::document::DocumentState;

use crate::account::{document_of, filed, wait_for};
use crate::backup::{Medium, back_up};
use crate::burst::deliver_consent;
use crate::hospital::{Daemon, Hospital, PATIENCE, by};
use crate::program::{Ran, torikomi};
use crate::rebuilt::Kept;
use crate::schema::demand;
use crate::store_check::{check, rebuild};

/// What a clerk should never have written into a remark.
pub const CANARY: &str = "kanaria 無音子 9997531";

/// The files below a folder in whose bytes the canary is.
fn holding(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            holding(&path, found);
        } else if let Ok(bytes) = fs::read(&path)
            && bytes.windows(7).any(|window| window == &CANARY.as_bytes()[..7])
        {
            found.push(path.file_name().unwrap().to_string_lossy().into_owned());
        }
    }
}

pub fn held(root: &Path) -> Vec<String> {
    let mut found = Vec::new();
    holding(root, &mut found);
    found
}

pub fn dispose(hospital: &Hospital, words: &[&str], people: [&str; 2]) -> Ran {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passphrase");
    fs::write(&path, by("").passphrase.expose()).unwrap();
    let file = path.to_str().unwrap();
    let [first, second] = people;
    let proofs = ["--as", first, "--passphrase-file", file, "--second", second, "--second-passphrase-file", file];
    let args = [&["journal", "dispose", "--reason", "entered-in-error", "--json"], words, &proofs[..]].concat();
    torikomi(Some(&hospital.root()), &args)
}

fn code(ran: &Ran) -> (i32, Value) {
    (ran.status, ran.json()["problem"].clone())
}

/// The journal as the command judges it: its verdict, and what was disposed of.
pub fn journal(root: &Path) -> (Value, Value) {
    let ran = torikomi(Some(root), &["journal", "verify", "--json"]);
    demand("journal-verify", &ran.json());
    assert_eq!((ran.status, &ran.json()["faults"]), (0, &json!([])), "{:#}", ran.json());
    (ran.json()["verdict"].clone(), ran.json()["disposals"].clone())
}

pub fn all_hold(root: &Path) {
    let ran = torikomi(Some(root), &["verify", "--all", "--accept-evaluation"]);
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
}

#[test]
fn what_two_people_dispose_of_is_gone_and_every_proof_stands() {
    let hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    deliver_consent(&hospital, "good");
    filed(&hospital, "good-consent.jpg");
    let (index, document) = send_back(&hospital, daemon);
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let before = Kept::journal(&hospital);
    assert!(!held(&hospital.root()).is_empty(), "the search finds what is there");

    let entry = index.to_string();
    let refused = |words: &[&str], people: [&str; 2]| code(&dispose(&hospital, words, people));
    assert_eq!(refused(&[&entry], ["manager", "manager"]).1["code"], "second-person-needed");
    assert_eq!(refused(&[&entry], ["clerk", "admin"]).0, 1, "an operator disposes of nothing");
    assert_eq!(refused(&["0"], ["manager", "admin"]).1["disposal"], "people");
    assert_eq!(refused(&["99999"], ["manager", "admin"]).1["code"], "unknown");
    assert!(!held(&hospital.root()).is_empty());

    let done = dispose(&hospital, &[&entry], ["manager", "admin"]);
    demand("journal-dispose", &done.json());
    assert_eq!((done.status, &done.json()["gone"]), (0, &true.into()), "{}{}", done.out, done.err);
    let by_entry = done.json()["journal_index"].clone();
    assert_eq!(held(&hospital.root()), [] as [&str; 0]);
    assert_eq!(refused(&[&entry], ["manager", "admin"]).1["disposal"], "erased");
    // What was asked of a document is asked of all that is left about it.
    let half_made = hospital.home.layout().store(&hospital.config).join("torikomi.db.rebuilt");
    fs::write(&half_made, b"a database that a rebuild left").unwrap();
    let rest = dispose(&hospital, &["--document", &document], ["manager", "admin"]);
    assert_eq!((rest.status, &rest.json()["gone"]), (1, &false.into()), "{}{}", rest.out, rest.err);
    fs::remove_file(&half_made).unwrap();
    assert_eq!(refused(&["--document", &document], ["manager", "admin"]).1["code"], "nothing-to-erase");

    let stands = |root: &Path, verdict: &str| {
        let (found, disposals) = journal(root);
        assert_eq!((&found, &disposals[0]["index"]), (&verdict.into(), &by_entry), "{disposals:#}");
        assert_eq!(disposals[0]["entries"], json!([index]));
        let told = torikomi(Some(root), &["journal", "verify", "--lang", "en"]).out;
        assert!(told.contains(&format!("were erased by entry {by_entry} (")), "{told}");
        all_hold(root);
    };
    stands(&hospital.root(), "consistent");
    let made = back_up(&hospital, &medium, &["--new"]);
    assert_eq!(made["missing"], json!([]));
    daemon.stop();
    assert_eq!(check(&hospital), Vec::<Value>::new());

    // Files of before, which somebody puts back, are told of, and bring nothing back.
    let now = Kept::journal(&hospital);
    let private = |kept: &Kept| {
        let found = kept.0.iter().find(|(path, _)| path.ends_with("private-000000000000.jsonl"));
        found.map(|(path, bytes)| (path.clone(), bytes.clone())).unwrap()
    };
    let (path, bytes) = private(&before);
    fs::write(&path, bytes).unwrap();
    let found = check(&hospital);
    assert_eq!((&found[0]["code"], &found[0]["count"]), (&"parts-not-erased".into(), &2.into()), "{found:#?}");
    let report = rebuild(&hospital);
    let lost = report["not_rebuilt"].as_array().unwrap();
    assert!(!lost.iter().any(|lost| lost["code"] == "private-part"), "{report:#}");
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    daemon.stop();
    assert_eq!(fs::read(&path).unwrap(), private(&now).1);
    stands(&hospital.root(), "consistent");

    let (from, key, place) = (medium.shown(), medium.key(), tempfile::tempdir().unwrap());
    let home = place.path().join("home");
    let ran = torikomi(Some(&home), &["store", "restore", "--from", &from, "--identity", &key, "--json"]);
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    assert_eq!(held(&home), [] as [&str; 0]);
    stands(&home, "restored");
}

/// A document that waits is sent back, with a remark that names somebody; answers its entry and its document.
pub fn send_back(hospital: &Hospital, daemon: Daemon) -> (u64, String) {
    // In a session that is opened later it waits to be confirmed.
    daemon.stop();
    let daemon = hospital.start();
    deliver_consent(hospital, "wrong");
    let document = wait_for(hospital, "what waits", || {
        document_of(hospital, "wrong-consent.jpg").filter(|document| document.held.is_some())
    });
    let reason = ReasonGiven { code: "rescan".parse().unwrap(), text: Some(CANARY.into()) };
    let documents = vec![hospital.looked(document.id)];
    let decided = hospital.ask(&Request::SendBack { by: by("clerk"), documents, reason }, PATIENCE).unwrap();
    let ended = document_of(hospital, "wrong-consent.jpg").unwrap();
    assert_eq!(ended.state, DocumentState::SentBack);
    daemon.stop();
    (decided["journal_index"].as_u64().unwrap(), document.id.to_string())
}
