//! Pages that came before, in another order: filed once, and never under another patient.

use std::fs;

use serde_json::{Value, json};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::ledger::documents::Document;
use torikomi::pipeline::line::Line;

use crate::home::TestHome;
use crate::reused::{all, picture};
use crate::wait_for;

/// Moves a folder in: its scans, and a sidecar that lists them in this order. Answers its document once that waits.
fn deliver(home: &TestHome, line: &Line, patient: &str, scans: &[(&str, Vec<u8>)], order: &[&str]) -> Document {
    let before = all(line).len();
    let staging = home.root().join("staging");
    fs::create_dir(&staging).unwrap();
    for (name, bytes) in scans {
        fs::write(staging.join(name), bytes).unwrap();
    }
    let said = json!({
        "format": "torikomi-sidecar-v1", "patient_id": patient, "document_type": "referral-letter-demo",
        "obtained_on": home.today(), "files": order,
    });
    fs::write(staging.join("whole.json"), said.to_string()).unwrap();
    fs::rename(&staging, home.drop().join(format!("batch-{before}"))).unwrap();
    let waits = |document: &Document| document.held.is_some() || !document.state.is_open();
    let found = wait_for(|| all(line).get(before).cloned().filter(waits));
    found.unwrap_or_else(|| panic!("{:#?}", all(line)))
}

fn detail(document: &Document) -> Value {
    serde_json::from_str(document.held_detail.as_deref().unwrap_or("null")).unwrap()
}

fn went_on(document: &Document) {
    assert!(document.state != DocumentState::Identifying, "{document:#?}");
}

#[test]
fn pages_that_a_sidecar_puts_in_order_are_known_again() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    let scans = [("a.jpg", picture(1)), ("b.jpg", picture(2))];
    let first = deliver(&home, line, "9990001", &scans, &["b.jpg", "a.jpg"]);
    went_on(&first);
    // The same again is a further receipt, and waits for the first.
    let again = deliver(&home, line, "9990001", &scans, &["b.jpg", "a.jpg"]);
    assert_eq!((again.held, detail(&again)), held("equal-bytes-open", &first), "{again:#?}");
    // For another patient it is a question, in whichever order.
    for order in [["b.jpg", "a.jpg"], ["a.jpg", "b.jpg"]] {
        let anothers = deliver(&home, line, "9990002", &scans, &order);
        assert_eq!((anothers.held, detail(&anothers)), held("equal-bytes", &first), "{anothers:#?}");
    }
    home.the_journal_is_whole();
}

fn held(code: &str, earlier: &Document) -> (Option<HoldReason>, Value) {
    (Some(HoldReason::EqualBytes), json!({ "code": code, "earlier": earlier.id }))
}
