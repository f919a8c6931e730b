//! What a station reads in `_status/` of documents that wait for a person.

use torikomi::control::{Credentials, ReasonGiven, Request, Secret, client};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::ids::DocumentId;
use torikomi::ledger::documents::{self, Filter};
use torikomi::pipeline::line::Line;

use crate::home::{PASSPHRASE, TestHome};
use crate::hospital::looked;
use crate::wait_for;

/// The notes that stand there now.
fn notes(home: &TestHome) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(home.drop().join("_status")) else { return Vec::new() };
    let mut notes: Vec<String> =
        entries.filter_map(|entry| std::fs::read_to_string(entry.unwrap().path()).ok()).collect();
    notes.sort();
    notes
}

#[test]
fn what_waits_for_a_person_has_a_note_until_it_is_settled() {
    let home = TestHome::make();
    let mut daemon = home.start();
    daemon.serve_requests(|| ()).unwrap();
    let scan = |name: &str, patient: &str, kind: &str| {
        std::fs::copy("fixtures/samples/good/consent.jpg", home.drop().join(format!("{name}.jpg"))).unwrap();
        let patient = if patient.is_empty() { String::new() } else { format!(r#""patient_id":"{patient}","#) };
        let sidecar = format!(
            r#"{{"format":"torikomi-sidecar-v1",{patient}"document_type":"{kind}","obtained_on":"{}"}}"#,
            home.today()
        );
        std::fs::write(home.drop().join(format!("{name}.json")), sidecar).unwrap();
    };
    let cases = [
        ("a", "", "consent-demo", HoldReason::Identity, "患者・書類の種別・日付のどれか", "is not known"),
        ("b", "9990777", "consent-demo", HoldReason::UnknownPatient, "患者マスターにない", "not in the patient master"),
        ("c", "9990001", "no-such-kind", HoldReason::NoProfile, "プロファイルが", "has no profile"),
    ];
    for (name, patient, kind, reason, ja, en) in cases {
        scan(name, patient, kind);
        let held = wait_for(|| {
            let rows = daemon
                .line
                .database
                .read(async |tx| documents::list(tx, &Filter::default(), 10).await)
                .unwrap()
                .documents;
            rows.into_iter().find(|document| document.held == Some(reason))
        });
        let document = held.unwrap_or_else(|| panic!("{name} is not held for {reason}")).id;
        let about = |notes: Vec<String>| notes.into_iter().find(|note| note.contains(&document.to_string()));
        let note = wait_for(|| about(notes(&home))).unwrap_or_else(|| panic!("{name} has no note"));
        assert!(note.contains(ja) && note.contains(en) && note.contains("torikomi queue"), "{note}");
        assert!(!note.contains("999") && !note.contains("花子"), "{note}");
        discard(&home, &daemon.line, document);
        assert_eq!(wait_for(|| about(notes(&home)).is_none().then_some(())), Some(()), "the note of {name} stays");
        let ended = daemon.line.database.read(async |tx| documents::get(tx, document).await).unwrap().unwrap();
        assert_eq!(ended.state, DocumentState::Discarded);
    }

    // The line was killed between what it held and the note that says so.
    scan("d", "", "consent-demo");
    let note = wait_for(|| notes(&home).pop()).expect("d has no note");
    drop(daemon);
    home.sql("DELETE FROM station_note");
    for entry in std::fs::read_dir(home.drop().join("_status")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let daemon = home.start();
    assert_eq!(wait_for(|| notes(&home).pop()), Some(note));
    drop(daemon);
    home.the_journal_is_whole();
}

fn discard(home: &TestHome, line: &Line, document: DocumentId) {
    let by = Credentials { login: "sekinin".into(), passphrase: Secret::new(PASSPHRASE.into()) };
    let reason = ReasonGiven { code: "not-a-record".parse().unwrap(), text: None };
    let document = looked(&line.database, document);
    let socket = home.root().join("run/control.sock");
    client::ask(&socket, &Request::Discard { by, document, reason }).unwrap();
}
