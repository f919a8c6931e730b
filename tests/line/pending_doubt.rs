//! A doubt about the clock goes through its copies page by page. What it has not reached yet is neither signed nor filed beside it.

use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use torikomi::clock::ClockProblem;
use torikomi::control::Request;
use torikomi::daemon::clocks;
use torikomi::database::{DatabaseError, Tx};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::instant::Instant;
use torikomi::journal::{Draft, Kind, Subject};
use torikomi::keyring;
use torikomi::ledger::attempts::{self, Attempt, AttemptState};
use torikomi::ledger::clock_state::{self, Doubting};
use torikomi::ledger::documents::{self, Document};
use torikomi::pipeline::line::Line;
use torikomi::signing::adoption::QUARANTINE;

use crate::home::{TestHome, by};
use crate::hospital::looked;

/// A doubt about all that came until now, of which nothing has been gone through.
fn doubt(line: &Line) {
    let (journal, now) = (Arc::clone(&line.journal), line.clock.now());
    let problem = ClockProblem::Jumped { by_milliseconds: 3_600_000 };
    let enter = async move |tx: &mut Tx| {
        let found = Draft::by_system(Kind::ClockDoubted, Subject::default()).fact("problem", problem);
        let end = journal.append(tx, found.fact("doubts_since", 0), now).await?.index;
        let mut state = clock_state::get(tx).await?.unwrap();
        state.doubting = Some(Doubting { next: 0, end });
        clock_state::set(tx, &state).await
    };
    line.database.write::<_, DatabaseError, _>(enter).unwrap();
}

fn the_document(line: &Line) -> Option<(Document, Vec<Attempt>)> {
    let found = line.database.read::<_, DatabaseError, _>(async |tx| {
        let listed = documents::list(tx, &documents::Filter::default(), 1).await?;
        let Some(document) = listed.documents.into_iter().next() else { return Ok(None) };
        let tried = attempts::of_document(tx, document.id).await?;
        Ok(Some((document, tried)))
    });
    found.unwrap()
}

fn wait_for(line: &Line, what: &str, seen: impl Fn(&Document, &[Attempt]) -> bool) {
    let begun = Moment::now();
    while !the_document(line).is_some_and(|(document, tried)| seen(&document, &tried)) {
        assert!(begun.elapsed().as_secs() < 60, "{what} did not come: {:?}", the_document(line));
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn what_a_doubt_has_yet_to_reach_is_not_signed() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    home.deliver_consent("waits");
    wait_for(line, "the wait for a session", |document, _| document.held == Some(HoldReason::NoSession));
    let (ask, station) = (home.requests(line), "front-desk".parse().unwrap());
    ask(Request::OpenSession { by: by("sekinin"), station, attested: true, obtained_on: None });
    // It came in no session.
    wait_for(line, "the question", |document, _| document.state == DocumentState::AwaitingConfirmation);
    doubt(line);
    let document = looked(&line.database, the_document(line).unwrap().0.id);
    ask(Request::Confirm { by: by("sekinin"), document, pages_shown: true, supersedes: None });
    // More tries than a document may fail: it waits, and no signature is made for nothing.
    let begun = Moment::now();
    while begun.elapsed() < Duration::from_secs(10) {
        let (document, tried) = the_document(line).unwrap();
        assert_eq!((document.state, document.held, tried), (DocumentState::Signing, None, Vec::new()));
        std::thread::sleep(Duration::from_millis(50));
    }
    let quarantine = home.root().join("custody").join(QUARANTINE);
    assert_eq!(std::fs::read_dir(quarantine).map_or(0, Iterator::count), 0);
    clocks::Watch::default().look(line).unwrap();
    wait_for(line, "the person's look", |document, _| document.held == Some(HoldReason::Late));
}

#[test]
fn what_a_doubt_has_yet_to_reach_is_not_filed() {
    let home = TestHome::make();
    let settings = std::fs::read_to_string(home.root().join("torikomi.toml")).unwrap();
    let url = settings.lines().find(|line| line.starts_with("url = ")).unwrap();
    let address = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let later = settings.replace(url, &format!("url = \"http://{address}/\"\nretry = \"1s\"\nretry_most = \"1s\""));
    std::fs::write(home.root().join("torikomi.toml"), later).unwrap();
    let daemon = home.start();
    let line = &daemon.line;
    home.open_session(line);
    home.deliver_consent("waits");
    wait_for(line, "the signature", |document, _| document.state == DocumentState::Stamping);
    doubt(line);
    let authority = keyring::timestamping(line.home.layout()).unwrap();
    home.block_on(async {
        let listener = tokio::net::TcpListener::bind(address).await.unwrap();
        let now = || Instant::from(jiff::Timestamp::now());
        tokio::spawn(torikomi::authority::serve::serve(listener, authority, now, std::future::pending()));
    });
    // The stamp that comes now agrees with the clock, and the watch keeps that: what is left of the doubt is gone through.
    wait_for(line, "the person's look", |document, _| document.state == DocumentState::Review);
    let (document, tried) = the_document(line).unwrap();
    let states: Vec<_> = tried.iter().map(|attempt| attempt.state).collect();
    assert_eq!((document.held, states), (Some(HoldReason::Late), vec![AttemptState::Missed]));
    drop(daemon);
    home.the_journal_is_whole();
}
