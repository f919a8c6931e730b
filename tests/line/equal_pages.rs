//! Pages that came before, in another order or among others: filed once, and never with another patient's.

use std::fs;

use serde_json::{Value, json};
use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ledger::documents::{self, Document};
use torikomi::pipeline::line::Line;

use crate::home::{TestHome, because, by};
use crate::hospital::looked;
use crate::reused::{all, picture};
use crate::wait_for;

/// Moves a folder in: its scans, and a sidecar that lists them in this order. Answers its document once that waits.
pub fn deliver(home: &TestHome, line: &Line, patient: &str, scans: &[(&str, Vec<u8>)], order: &[&str]) -> Document {
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

pub fn detail(document: &Document) -> Value {
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

#[test]
fn a_page_of_another_patient_enters_no_folder() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    let back = || ("z.png", white());
    let hers = [("p.jpg", picture(1)), ("q.jpg", picture(2)), back()];
    let hanako = deliver(&home, line, "9990001", &hers, &["p.jpg", "q.jpg", "z.png"]);
    went_on(&hanako);
    // In another document of hers it is her own, and a blank back is everybody's.
    went_on(&deliver(&home, line, "9990001", &[("q.jpg", picture(2)), ("r.jpg", picture(3))], &["q.jpg", "r.jpg"]));
    went_on(&deliver(&home, line, "9990002", &[("s.jpg", picture(4)), back()], &["s.jpg", "z.png"]));
    // Taro's page, and one of hers behind it; and hers alone.
    let scans = [("a.jpg", picture(5)), ("p.jpg", picture(1))];
    let mixed = deliver(&home, line, "9990002", &scans, &["a.jpg", "p.jpg"]);
    let alone = deliver(&home, line, "9990003", &[("p.jpg", picture(1))], &["p.jpg"]);
    for (document, number) in [(&mixed, 2), (&alone, 1)] {
        let beside = json!({ "code": "equal-page", "earlier": hanako.id, "number": number });
        assert_eq!((document.held, detail(document)), (Some(HoldReason::EqualBytes), beside), "{document:#?}");
    }

    // A person who has looked at both is believed.
    home.requests(line)(Request::Identify {
        by: by("sekinin"),
        document: looked(&line.database, mixed.id),
        facts: Box::new(Facts {
            patient_id: Some("9990002".into()),
            document_type: Some("referral-letter-demo".parse().unwrap()),
            obtained_on: Some(home.today().parse().unwrap()),
            ..Facts::default()
        }),
        supersedes: None,
        reason: because("wrong-patient"),
    });
    let now = || line.database.read(async |tx| documents::get(tx, mixed.id).await).unwrap().unwrap();
    let went_on = wait_for(|| Some(now()).filter(|now| now.state != DocumentState::Identifying));
    assert!(went_on.is_some(), "{:#?}", now());
    home.the_journal_is_whole();
}

/// A page on which every pixel is white: of a kind that two patients' blank backs are byte for byte.
fn white() -> Vec<u8> {
    let mut bytes = Vec::new();
    let (width, height) = (1240, 1754);
    let mut encoder = png::Encoder::new(&mut bytes, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::One);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(&vec![0xff; width.div_ceil(8) as usize * height as usize]).unwrap();
    writer.finish().unwrap();
    bytes
}
