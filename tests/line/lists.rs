//! The patient list and the calendar change while the line runs, and while it does not.

use std::fs;

use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::journal::{Entry, Kind, read};
use torikomi::ledger::documents::{self, Document, Filter};
use torikomi::pipeline::line::Line;
use torikomi::store::records;

use crate::home::{TestHome, by};
use crate::hospital::looked;
use crate::{proven, wait_for};

#[test]
fn a_newer_patient_list_is_read_and_one_that_shrank_is_refused() {
    let home = TestHome::make();
    let list = home.root().join("patients.csv");
    let whole = fs::read_to_string(&list).unwrap();
    let without_hanako: String = whole.split_inclusive('\n').filter(|line| !line.starts_with("9990001")).collect();
    fs::write(&list, &without_hanako).unwrap();
    let daemon = home.start();
    home.deliver_consent("consent");
    let held = wait_for(|| only(&daemon.line).filter(|document| document.held.is_some())).unwrap();
    assert_eq!(held.held, Some(HoldReason::UnknownPatient));

    fs::write(&list, &whole).unwrap();
    let known = wait_for(|| only(&daemon.line).filter(|document| document.state == DocumentState::Signing));
    assert!(known.is_some(), "{:?}", only(&daemon.line));
    assert!(daemon.line.faults().is_empty());

    // Cut off while the line runs: the old list stays.
    fs::write(&list, &without_hanako).unwrap();
    let told = wait_for(|| warnings(&home, &daemon.line).into_iter().find(|told| told.contains("patients")));
    assert!(told.as_ref().is_some_and(|told| told.contains("shrank")), "{told:?}");
    assert!(daemon.line.patients().find("9990001").is_some());
    // The entry comes a moment after the status.
    let refused = wait_for(|| entries(&daemon.line, Kind::FileRefused).into_iter().next()).unwrap();
    assert_eq!(refused.facts["code"], "shrank");
    drop(daemon);

    // It is still cut off at the next start, when nobody in memory knows the old one: the line takes scans in, and holds.
    let daemon = home.start();
    home.deliver_consent("again");
    let held = wait_for(|| newest(&daemon.line).filter(|document| document.held.is_some())).unwrap();
    assert_eq!(held.held, Some(HoldReason::UnknownPatient), "{held:?}");
    assert!(warnings(&home, &daemon.line).iter().any(|told| told.contains("no-patients")));
    fs::write(&list, &whole).unwrap();
    let state = |id| all(&daemon.line).into_iter().find(|document| document.id == id).unwrap();
    assert!(wait_for(|| (state(held.id).held != Some(HoldReason::UnknownPatient)).then_some(())).is_some());
    assert!(warnings(&home, &daemon.line).iter().all(|told| !told.contains("patients")));
}

#[test]
fn what_was_judged_by_an_earlier_calendar_is_filed_with_that_calendar() {
    let home = TestHome::make();
    let path = home.root().join("calendar.toml");
    let before = fs::read_to_string(&path).unwrap();
    let daemon = home.start();
    let line = &daemon.line;
    home.deliver_consent("consent");
    let judged = wait_for(|| only(line).filter(|document| document.held == Some(HoldReason::NoSession))).unwrap();

    fs::write(&path, "valid_from = 3\n").unwrap();
    let told =
        wait_for(|| warnings(&home, line).into_iter().find(|told| told.contains(r#""fault":{"code":"calendar""#)));
    assert!(told.is_some(), "a faulty calendar is told of");
    assert_eq!(line.calendar().bytes, before.as_bytes(), "and the one of before stays");

    let after = format!("{before}\n# Another one.\n");
    fs::write(&path, &after).unwrap();
    assert!(wait_for(|| (line.calendar().bytes == after.as_bytes()).then_some(())).is_some());
    assert!(warnings(&home, line).iter().all(|told| !told.contains(r#""fault":{"code":"calendar""#)));

    let requests = home.requests(line);
    let station = "front-desk".parse().unwrap();
    requests(Request::OpenSession { by: by("sekinin"), station, attested: true, obtained_on: None });
    assert!(wait_for(|| only(line).filter(|now| now.state == DocumentState::AwaitingConfirmation)).is_some());
    requests(Request::Confirm {
        by: by("sekinin"),
        document: looked(&line.database, judged.id),
        pages_shown: true,
        supersedes: None,
    });
    let filed = wait_for(|| {
        line.database.read(async |tx| records::list(tx, &records::Filter::default(), None, 10).await).unwrap().pop()
    });
    let filed = filed.unwrap_or_else(|| panic!("{:#?} {:?}", only(line), line.shared.paused()));
    let members = line.database.read(async |tx| records::members(tx, filed.id, false).await).unwrap();
    let calendar = members.iter().find(|member| member.name == "calendar.toml").unwrap();
    assert_eq!(line.objects.get(&calendar.object).unwrap(), before.as_bytes());
    proven::proven_by(&line.home, &line.config, &line.database, &line.objects, &filed);
}

fn warnings(home: &TestHome, line: &std::sync::Arc<Line>) -> Vec<String> {
    let status = home.requests(line)(Request::Status);
    status["warnings"].as_array().unwrap().iter().map(ToString::to_string).collect()
}

fn all(line: &Line) -> Vec<Document> {
    let filter = Filter { ended: true, ..Filter::default() };
    line.database.read(async |tx| documents::list(tx, &filter, 10).await).unwrap().documents
}

fn only(line: &Line) -> Option<Document> {
    all(line).pop()
}

fn newest(line: &Line) -> Option<Document> {
    let mut all = all(line);
    all.sort_by_key(|document| document.created_at);
    all.pop().filter(|_| all.len() == 1)
}

fn entries(line: &Line, kind: Kind) -> Vec<Entry> {
    let stored = line.database.read(async |tx| read::entries(tx, 0, 1000).await).unwrap();
    stored.iter().map(|stored| stored.entry().unwrap()).filter(|entry| entry.kind == kind).collect()
}
