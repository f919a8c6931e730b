//! A file that was taken whole and then goes on growing: what comes of it is one document, or a person says otherwise.

use std::fs;

use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ids::Digest;
use torikomi::ledger::deliveries;
use torikomi::ledger::documents::{self, Document, Filter};
use torikomi::pipeline::line::Line;
use torikomi::store::records;

use crate::home::{TestHome, because, by};
use crate::hospital::looked;
use crate::wait_for;

const NAME: &str = "care-plan.pdf";

#[test]
fn a_file_that_grows_into_a_longer_whole_one_is_held_until_a_person_says_what_it_is() {
    let home = TestHome::make();
    home.set("[station.front-desk]", "source_release", "\"filed\"");
    let daemon = home.start();
    let line = &daemon.line;
    let short = fs::read("fixtures/samples/good/care-plan.pdf").unwrap();
    let long = updated(&short);
    fs::write(home.drop().join("care-plan.json"), sidecar(&home)).unwrap();
    fs::write(home.drop().join(NAME), &short).unwrap();
    let first =
        wait_for(|| all(line).pop().filter(|document| document.held.is_some())).expect("the short one is taken");
    // Nobody is there to sign it, so its source still stands; the scanner goes on writing to it.
    assert_eq!((first.state, first.held), (DocumentState::Signing, Some(HoldReason::NoSession)), "{first:?}");
    append(&home, &long[short.len()..]);

    let held = wait_for(|| all(line).into_iter().find(|document| document.id != first.id && document.held.is_some()));
    let held = held.expect("the long one is taken as a document of its own");
    assert_eq!((held.state, held.held), (DocumentState::Identifying, Some(HoldReason::SourceChanged)), "{held:?}");
    // The piece waits as well: it must not be filed before somebody knows of the longer one.
    assert_eq!(state_of(line, &first), (DocumentState::Signing, Some(HoldReason::SourceChanged)));
    let earlier = deliveries_of(line, &first);
    let detail: serde_json::Value = serde_json::from_str(held.held_detail.as_deref().unwrap()).unwrap();
    assert_eq!(detail, serde_json::json!({ "code": "regrown", "earlier": earlier }));

    // The person looks at both: the first is a piece of the second.
    let requests = home.requests(line);
    requests(Request::Discard {
        by: by("sekinin"),
        document: looked(&line.database, first.id),
        reason: because("not-a-record"),
    });
    home.open_session(line);
    assert_eq!(all(line).len(), 2);
    assert!(filed(line).is_empty(), "a session alone files neither the piece nor the one in question");
    assert_eq!(state_of(line, &held), (DocumentState::Identifying, Some(HoldReason::SourceChanged)));
    requests(Request::Identify {
        by: by("sekinin"),
        document: looked(&line.database, held.id),
        facts: Box::new(Facts {
            patient_id: Some("9990001".into()),
            document_type: Some("care-plan-demo".parse().unwrap()),
            obtained_on: Some(home.today().parse().unwrap()),
            ..Facts::default()
        }),
        supersedes: None,
        reason: because("wrong-patient"),
    });
    // It came while no session was open, so the session does not sign it unasked.
    let waits = wait_for(|| (state_of(line, &held).0 == DocumentState::AwaitingConfirmation).then_some(()));
    assert!(waits.is_some(), "{:#?}", all(line));
    requests(Request::Confirm {
        by: by("sekinin"),
        document: looked(&line.database, held.id),
        pages_shown: true,
        supersedes: None,
    });
    let record = wait_for(|| filed(line).pop());
    let record = record.unwrap_or_else(|| panic!("the long one is filed: {:#?} {:?}", all(line), line.shared.paused()));
    assert_eq!(record.document, held.id);
    assert!(wait_for(|| (!home.listing().iter().any(|name| name == NAME)).then_some(())).is_some());
    assert_eq!(filed(line).len(), 1);

    // Both are kept byte for byte: one in the store, the other in custody until it is disposed of.
    let stored = line.objects.get(&Digest::of(&long)).unwrap();
    assert!(stored == long, "the store holds other bytes");
    let row = line.database.read(async |tx| deliveries::get(tx, earlier.parse().unwrap()).await).unwrap().unwrap();
    let copy = home.root().join("custody").join(format!("{}.{:03}", row.id, row.copy)).join("content-001");
    assert!(fs::read(copy).unwrap() == short, "custody holds other bytes");
    assert_eq!(state_of(line, &first).0, DocumentState::Discarded);
    home.the_journal_is_whole();
}

fn all(line: &Line) -> Vec<Document> {
    let filter = Filter { ended: true, ..Filter::default() };
    line.database.read(async |tx| documents::list(tx, &filter, 10).await).unwrap().documents
}

fn state_of(line: &Line, document: &Document) -> (DocumentState, Option<HoldReason>) {
    let now = all(line).into_iter().find(|other| other.id == document.id).unwrap();
    (now.state, now.held)
}

fn deliveries_of(line: &Line, document: &Document) -> String {
    let parts = line.database.read(async |tx| documents::parts(tx, document.id).await).unwrap();
    parts[0].delivery.to_string()
}

fn filed(line: &Line) -> Vec<records::Record> {
    line.database.read(async |tx| records::list(tx, &records::Filter::default(), None, 10).await).unwrap()
}

fn append(home: &TestHome, more: &[u8]) {
    use std::io::Write as _;
    fs::OpenOptions::new().append(true).open(home.drop().join(NAME)).unwrap().write_all(more).unwrap();
}

fn sidecar(home: &TestHome) -> String {
    format!(
        r#"{{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"care-plan-demo",
           "obtained_on":"{}","paper":"A4","expected_pages":3}}"#,
        home.today()
    )
}

/// The same PDF with an incremental update: longer, whole, and beginning with every byte of the shorter one.
fn updated(short: &[u8]) -> Vec<u8> {
    let tail = String::from_utf8_lossy(&short[short.len() - 200..]).into_owned();
    let number = |after: &str| {
        let rest = &tail[tail.rfind(after).unwrap() + after.len()..];
        rest.trim_start().split(|c: char| !c.is_ascii_digit()).next().unwrap().parse::<usize>().unwrap()
    };
    let (size, before) = (number("/Size"), number("startxref"));
    let mut long = short.to_vec();
    let object = long.len();
    long.extend_from_slice(format!("{size} 0 obj\n(kaitei)\nendobj\n").as_bytes());
    let table = long.len();
    long.extend_from_slice(
        format!(
            "xref\n{size} 1\n{object:010} 00000 n \ntrailer\n<< /Size {} /Root 1 0 R /Prev {before} >>\nstartxref\n{table}\n%%EOF\n",
            size + 1
        )
        .as_bytes(),
    );
    long
}
