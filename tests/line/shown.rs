//! A decision is about what the person was shown. Each command here has shown it and waits for the passphrase, which comes
//! through a pipe, while a second command makes another thing of what is decided about.

use std::io::{ErrorKind, Write as _};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use torikomi::config::home::Home;
use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::ids::DocumentId;
use torikomi::ledger::decisions::{self, DecisionKind};
use torikomi::ledger::documents::{self, Document};

use crate::account::{document_of, filed, the_journal_is_whole, wait_for};
use crate::burst::{put, sample, variant_of_jpeg};
use crate::hospital::{Hospital, PATIENCE, by};
use crate::proven::proven;

/// A command that has shown what it is about, and whose passphrase is still to come.
struct Begun {
    child: Child,
    pipe: std::fs::File,
    _folder: tempfile::TempDir,
}

fn torikomi(hospital: &Hospital, login: &str, words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_torikomi"));
    command.args(words).args(["--as", login, "--lang", "en", "--home"]).arg(hospital.root());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs until the command opens the pipe from which it reads the passphrase.
fn begin(hospital: &Hospital, login: &str, words: &[&str]) -> Begun {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passphrase");
    let (kind, mode) = (rustix::fs::FileType::Fifo, rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR);
    rustix::fs::mknodat(rustix::fs::CWD, &path, kind, mode, 0).unwrap();
    let mut child = torikomi(hospital, login, words).arg("--passphrase-file").arg(&path).spawn().unwrap();
    let pipe = wait_for(hospital, "a reader of the passphrase", || {
        assert!(child.try_wait().unwrap().is_none(), "{words:?} asks for no passphrase");
        // Without waiting: nobody reads yet (ENXIO), or somebody does.
        let flags = rustix::fs::OFlags::WRONLY | rustix::fs::OFlags::NONBLOCK;
        rustix::fs::open(&path, flags, rustix::fs::Mode::empty()).ok()
    });
    Begun { child, pipe: pipe.into(), _folder: folder }
}

impl Begun {
    /// Gives the passphrase, and waits until the command has ended: status, and what it wrote for people.
    fn go_on(mut self) -> (i32, String) {
        match writeln!(self.pipe, "{}", by("").passphrase.expose()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => panic!("{error}"),
            _ => drop(self.pipe),
        }
        said(&self.child.wait_with_output().unwrap())
    }
}

fn said(output: &Output) -> (i32, String) {
    let text = [output.stderr.as_slice(), &output.stdout].concat();
    (output.status.code().unwrap(), String::from_utf8(text).unwrap())
}

/// The same with a passphrase that lies ready.
fn run(hospital: &Hospital, login: &str, words: &[&str]) -> (i32, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("passphrase");
    std::fs::write(&path, by("").passphrase.expose()).unwrap();
    said(&torikomi(hospital, login, words).arg("--passphrase-file").arg(&path).output().unwrap())
}

fn deliver(hospital: &Hospital, name: &str, patient: &str, pages: u32, obtained_on: &str) {
    let sidecar = format!(
        r#"{{"format":"torikomi-sidecar-v1","patient_id":"{patient}","document_type":"consent-demo",
            "obtained_on":"{obtained_on}","paper":"A4","expected_pages":{pages}}}"#
    );
    put(&hospital.drop(), &format!("{name}.json"), sidecar.as_bytes());
    put(&hospital.drop(), &format!("{name}.jpg"), &variant_of_jpeg(&sample("consent.jpg"), name));
}

/// Waits until a document stands there as `patient`'s.
fn stands(hospital: &Hospital, name: &str, patient: &str, state: DocumentState, held: Option<HoldReason>) -> Document {
    wait_for(hospital, &format!("{name} as {patient}'s in {state}"), || {
        document_of(hospital, &format!("{name}.jpg")).filter(|document| {
            let theirs = document.identity.patient.as_ref().is_some_and(|found| found.value.id == patient);
            theirs && (document.state, document.held) == (state, held)
        })
    })
}

fn decided(hospital: &Hospital, id: DocumentId) -> Vec<DecisionKind> {
    let found = hospital.database.read(async |tx| decisions::of_document(tx, id).await).unwrap();
    found.into_iter().map(|decision| decision.kind).collect()
}

fn state_of(hospital: &Hospital, id: DocumentId) -> DocumentState {
    hospital.database.read(async |tx| documents::get(tx, id).await).unwrap().unwrap().state
}

#[test]
fn what_became_another_patients_after_it_was_shown_is_not_decided_about() {
    let waiting = DocumentState::AwaitingConfirmation;
    let hospital = Hospital::found();
    let daemon = hospital.start();
    let today = hospital.today().0;
    let both = [("one", "9990001"), ("two", "9990003")];
    for (name, patient) in both {
        deliver(&hospital, name, patient, 1, &today);
        stands(&hospital, name, patient, DocumentState::Signing, Some(HoldReason::NoSession));
    }
    hospital.open_session().unwrap();
    let [one, two] = both.map(|(name, patient)| stands(&hospital, name, patient, waiting, None).id);
    let [id, other] = [one, two].map(|id| id.to_string());
    let shown = || -> String {
        let home = hospital.root();
        let words = ["queue", "show", &id, "--json", "--home", home.to_str().unwrap()];
        let output = Command::new(env!("CARGO_BIN_EXE_torikomi")).args(words).output().unwrap();
        serde_json::from_slice::<Value>(&output.stdout).unwrap()["shown"].as_str().unwrap().to_owned()
    };
    let first = shown();

    let commands: [&[&str]; 6] = [
        &["queue", "confirm", &id],
        // What was looked at long before is no more than what was looked at a moment before.
        &["queue", "confirm", &id, "--shown", &first],
        &["queue", "reject", &id, "--reason", "rescan"],
        &["queue", "reject", &other, &id, "--reason", "rescan"],
        &["queue", "discard", &id, "--reason", "not-a-record"],
        &["queue", "identify", &id, "--obtained-on", &today, "--reason", "wrong-date"],
    ];
    let patients = [("9990001", "架空 花子"), ("9990002", "見本 太郎")];
    for (round, words) in commands.into_iter().enumerate() {
        let (before, after) = (patients[round % 2], patients[(round + 1) % 2]);
        let begun = begin(&hospital, "manager", words);
        let change = ["queue", "identify", &id, "--patient-id", after.0, "--reason", "wrong-patient"];
        let (status, told) = run(&hospital, "clerk", &change);
        assert_eq!(status, 0, "{told}");
        stands(&hospital, "one", after.0, waiting, None);
        let (status, told) = begun.go_on();
        assert_eq!(status, 1, "{words:?}: {told}");
        assert!(told.contains(&format!("Document {id} has changed since it was shown")), "{words:?}: {told}");
        let showed = |(id, name): (&str, &str)| told.contains(&format!("{id} {name}"));
        // Whoever names what they saw is not shown anything.
        assert_eq!(showed(before), !words.contains(&"--shown"), "{words:?} showed: {told}");
        assert!(!showed(after), "{words:?} showed: {told}");
        stands(&hospital, "one", after.0, waiting, None);
        assert_eq!(state_of(&hospital, two), waiting, "one of two that changed ends neither");
        assert!(decided(&hospital, one).iter().all(|kind| *kind == DecisionKind::Identify));
        assert_eq!(decided(&hospital, one).len(), round + 1);
    }

    // As they are now, both are confirmed: one in one step, the other as it was looked at before.
    let (status, told) = run(&hospital, "clerk", &["queue", "confirm", &id, "--shown", &shown()]);
    assert_eq!(status, 0, "{told}");
    let (status, told) = begin(&hospital, "clerk", &["queue", "confirm", &other]).go_on();
    assert_eq!((status, told.contains("9990003 髙﨑 例子")), (0, true), "{told}");
    for (name, patient) in both {
        let record = filed(&hospital, &format!("{name}.jpg"));
        assert_eq!(record.patient_id, patient);
        proven(&hospital, &record);
    }
    daemon.stop();
    the_journal_is_whole(&hospital);
}

#[test]
fn nothing_is_released_that_appeared_after_the_look() {
    let review = DocumentState::Review;
    let hospital = Hospital::found();
    let daemon = hospital.start();
    let today = hospital.today().0;
    deliver(&hospital, "short", "9990001", 2, &today);
    deliver(&hospital, "late", "9990001", 1, "2026-01-20");
    let short = stands(&hospital, "short", "9990001", review, Some(HoldReason::Findings)).id.to_string();
    let late = stands(&hospital, "late", "9990001", review, Some(HoldReason::Late)).id.to_string();
    let now = hospital.now().to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
    let now = now.strftime("%Y-%m-%dT%H:%M").to_string();
    let release = ["queue", "release-late", &late, "--reason", "system-failure", "--possible-again-at", &now];
    let accept = ["queue", "accept", &short, "--reason", "as-on-paper"];
    let change = |words: &[&str]| {
        let (status, told) = run(&hospital, "clerk", &[words, &["--reason", "wrong-date"]].concat());
        assert_eq!(status, 0, "{told}");
    };
    for (name, id, words, other) in [
        ("short", &short, &accept[..], ["--expected-pages", "3"]),
        ("late", &late, &release[..], ["--obtained-on", "2026-02-10"]),
    ] {
        let before = document_of(&hospital, &format!("{name}.jpg")).unwrap();
        let begun = begin(&hospital, "manager", words);
        change(&[&["queue", "identify", id][..], &other].concat());
        wait_for(&hospital, "the second judgement", || {
            let now = document_of(&hospital, &format!("{name}.jpg")).unwrap();
            (now.state == review && now.judgement != before.judgement && now.held == before.held).then_some(())
        });
        let (status, told) = begun.go_on();
        assert_eq!((status, told.contains("has changed since it was shown")), (1, true), "{told}");
        let now = document_of(&hospital, &format!("{name}.jpg")).unwrap();
        assert_eq!((now.state, now.held), (review, before.held));
    }
    // What is shown now is released.
    for words in [&accept[..], &release] {
        let (status, told) = begin(&hospital, "manager", words).go_on();
        assert_eq!(status, 0, "{told}");
    }
    daemon.stop();
    the_journal_is_whole(&hospital);
}

#[test]
fn a_profile_that_was_rewritten_after_it_was_shown_is_not_approved() {
    let hospital = Hospital::found();
    let daemon = hospital.start();
    let folder = Home::open(&hospital.root()).unwrap().layout().profiles();
    let file = folder.join("consent-demo.toml");
    let text = std::fs::read_to_string(&file).unwrap().replace("version = 1\n", "version = 2\n");
    let strict = text.replace("minimum_dpi = 300", "minimum_dpi = 350");
    assert_ne!(text, strict);
    std::fs::write(&file, &strict).unwrap();
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    let secret = folder.join("../manager's");
    std::fs::write(&secret, by("").passphrase.expose()).unwrap();
    let secret = secret.to_str().unwrap();
    let words = ["profile", "approve", "consent-demo", "--second", "manager", "--second-passphrase-file", secret];
    let begun = begin(&hospital, "admin", &words);
    std::fs::write(&file, text.replace("minimum_dpi = 300", "minimum_dpi = 150")).unwrap();
    let (status, told) = begun.go_on();
    assert_eq!((status, told.contains("is another than was shown to you")), (1, true), "{told}");
    assert!(told.contains("minimum_dpi = 350") && !told.contains("minimum_dpi = 150"), "{told}");
    std::fs::write(&file, &strict).unwrap();
    let (status, told) = begin(&hospital, "admin", &words).go_on();
    assert_eq!(status, 0, "{told}");
    daemon.stop();
}
