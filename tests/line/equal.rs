//! The same bytes, delivered again while nobody knows yet what becomes of the first.

use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::identity::Claims;
use torikomi::journal::{Kind, read};
use torikomi::ledger::documents::{self, Document, Filter};
use torikomi::paper::Paper;
use torikomi::pipeline::line::Line;

use crate::home::{TestHome, because, by};
use crate::hospital::looked;
use crate::wait_for;

#[test]
fn a_further_receipt_waits_until_the_first_is_filed() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    let [first, second] = twice(&home, line);
    assert_eq!((second.state, second.held), (DocumentState::Identifying, Some(HoldReason::EqualBytes)), "{second:?}");
    let detail: serde_json::Value = serde_json::from_str(second.held_detail.as_deref().unwrap()).unwrap();
    assert_eq!(detail, serde_json::json!({ "code": "equal-bytes-open", "earlier": first.id }));
    assert_eq!(first.held, Some(HoldReason::NoSession));

    let requests = home.requests(line);
    let station = "front-desk".parse().unwrap();
    requests(Request::OpenSession { by: by("sekinin"), station, attested: true, obtained_on: None });
    let confirms = || (get(line, &first).state == DocumentState::AwaitingConfirmation).then_some(());
    assert!(wait_for(confirms).is_some(), "{:#?}", get(line, &first));
    requests(Request::Confirm {
        by: by("sekinin"),
        document: looked(&line.database, first.id),
        pages_shown: true,
        supersedes: None,
    });
    let filed = wait_for(|| (get(line, &first).state == DocumentState::Filed).then_some(()));
    assert!(filed.is_some(), "{:#?}", get(line, &first));
    let received = wait_for(|| (get(line, &second).state == DocumentState::Discarded).then_some(()));
    assert!(received.is_some(), "the second is a mere receipt now: {:#?}", get(line, &second));
    // The store has its bytes, and its copy goes as that of the first did.
    let copies = || {
        let names = std::fs::read_dir(home.root().join("custody")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
        names.filter(|name| name.contains(".0")).collect::<Vec<_>>()
    };
    assert!(wait_for(|| copies().is_empty().then_some(())).is_some(), "{:?}", copies());
    home.the_journal_is_whole();
    drop(requests);
    drop(daemon);
    for _ in 0..2 {
        let daemon = home.start();
        assert_eq!(daemon.line.intake.get().unwrap().custody_findings(), []);
    }
}

#[test]
fn what_came_again_goes_on_when_the_first_is_sent_back() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    let [first, second] = twice(&home, line);
    let requests = home.requests(line);
    requests(Request::SendBack {
        by: by("sekinin"),
        documents: vec![looked(&line.database, first.id)],
        reason: because("rescan"),
    });
    assert_eq!(get(line, &first).state, DocumentState::SentBack);
    let goes_on = wait_for(|| (get(line, &second).held == Some(HoldReason::NoSession)).then_some(()));
    assert!(goes_on.is_some(), "the page is in no open document: {:#?}", get(line, &second));
    assert_eq!(get(line, &second).state, DocumentState::Signing);
    home.the_journal_is_whole();
}

#[test]
fn a_person_who_says_that_it_is_another_is_believed() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    let [_, second] = twice(&home, line);
    let identify = |facts: Facts| {
        home.requests(line)(Request::Identify {
            by: by("sekinin"),
            document: looked(&line.database, second.id),
            facts: Box::new(facts),
            supersedes: None,
            reason: because("wrong-patient"),
        });
    };
    // A word about its paper is no word about the other document.
    let told = || journal_of(line, &second).iter().filter(|kind| **kind == Kind::DocumentHeld).count();
    identify(Facts { claims: Claims { paper: Some(Paper::A4), ..Claims::default() }, ..Facts::default() });
    assert!(wait_for(|| (told() == 2).then_some(())).is_some(), "{:#?}", get(line, &second));
    assert_eq!(get(line, &second).held, Some(HoldReason::EqualBytes));
    // Nor is it one's own patient: both are shown, under two patients, and only then is it so.
    let of = |patient: &str| Facts {
        patient_id: Some(patient.into()),
        document_type: Some("consent-demo".parse().unwrap()),
        obtained_on: Some(home.today().parse().unwrap()),
        ..Facts::default()
    };
    identify(of("9990002"));
    let detail = || serde_json::from_str::<serde_json::Value>(get(line, &second).held_detail?.as_str()).ok();
    let contradicts = wait_for(|| detail().filter(|detail| detail["code"] == "equal-bytes"));
    assert!(contradicts.is_some(), "{:#?}", get(line, &second));
    identify(of("9990001"));
    let goes_on = wait_for(|| (get(line, &second).held == Some(HoldReason::NoSession)).then_some(()));
    assert!(goes_on.is_some(), "{:#?}", get(line, &second));
}

#[test]
fn two_whose_dates_were_mixed_up_do_not_wait_for_each_other() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    let today: jiff::civil::Date = home.today().parse().unwrap();
    let yesterday = today.yesterday().unwrap();
    home.deliver_consent("first");
    let waiting = |number: usize| wait_for(|| all(line).get(number).cloned().filter(settled)).unwrap();
    let first = waiting(0);
    home.deliver_consent_on("9990001", "second", &yesterday.to_string());
    let second = waiting(1);
    let requests = home.requests(line);
    let station = "front-desk".parse().unwrap();
    requests(Request::OpenSession { by: by("sekinin"), station, attested: true, obtained_on: None });
    let stands = |document: &Document, state, held| {
        let found = wait_for(|| Some(get(line, document)).filter(|now| (now.state, now.held) == (state, held)));
        found.unwrap_or_else(|| panic!("{state} {held:?}: {:#?}", get(line, document)));
    };
    for document in [&first, &second] {
        stands(document, DocumentState::AwaitingConfirmation, None);
    }
    let redate = |document: &Document, day| {
        let facts = Box::new(Facts { obtained_on: Some(day), ..Facts::default() });
        let (by, reason) = (by("sekinin"), because("wrong-date"));
        let document = looked(&line.database, document.id);
        requests(Request::Identify { by, document, facts, supersedes: None, reason });
    };
    redate(&first, yesterday);
    stands(&first, DocumentState::Identifying, Some(HoldReason::EqualBytes));
    redate(&second, today);
    stands(&second, DocumentState::AwaitingConfirmation, None);
    requests(Request::Confirm {
        by: by("sekinin"),
        document: looked(&line.database, second.id),
        pages_shown: true,
        supersedes: None,
    });
    stands(&second, DocumentState::Filed, None);
    stands(&first, DocumentState::AwaitingConfirmation, None);
}

/// One file, delivered under two names: the documents, oldest first, once both wait.
fn twice(home: &TestHome, line: &Line) -> [Document; 2] {
    home.deliver_consent("first");
    let waiting = |number: usize| {
        let found = wait_for(|| all(line).get(number).cloned().filter(settled));
        found.unwrap_or_else(|| panic!("number {number} does not wait: {:#?}", all(line)))
    };
    let first = waiting(0);
    home.deliver_consent("second");
    let second = waiting(1);
    [first, second]
}

fn settled(document: &Document) -> bool {
    document.held.is_some() || !document.state.is_open()
}

fn all(line: &Line) -> Vec<Document> {
    let filter = Filter { ended: true, ..Filter::default() };
    let mut all = line.database.read(async |tx| documents::list(tx, &filter, 20).await).unwrap().documents;
    all.sort_by_key(|document| (document.created_at, document.id));
    all
}

fn journal_of(line: &Line, document: &Document) -> Vec<Kind> {
    let stored = line.database.read(async |tx| read::of_document(tx, document.id).await).unwrap();
    stored.iter().map(|stored| stored.entry().unwrap().kind).collect()
}

fn get(line: &Line, document: &Document) -> Document {
    line.database.read(async |tx| documents::get(tx, document.id).await).unwrap().unwrap()
}
