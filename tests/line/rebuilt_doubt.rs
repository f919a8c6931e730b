//! A database that was made anew goes through what a doubt about the clock may still concern, and not through the home's life.

use std::sync::Arc;

use torikomi::clock::ClockProblem;
use torikomi::database::{Database, DatabaseError, Tx};
use torikomi::evidence::record::ClockKnown;
use torikomi::ids::{DeliveryId, Digest, DocumentId};
use torikomi::journal::custody::InCustody;
use torikomi::journal::{Draft, Kind, Subject};
use torikomi::ledger::clock_state::{self, Doubting};
use torikomi::pipeline::line::Line;

use crate::home::TestHome;
use crate::program::torikomi;

/// Enters something, and answers its index.
fn append(line: &Line, draft: Draft) -> u64 {
    let (journal, now) = (Arc::clone(&line.journal), line.clock.now());
    let append = async move |tx: &mut Tx| journal.append(tx, draft, now).await;
    line.database.write::<_, DatabaseError, _>(append).unwrap().index
}

/// A copy that came to count.
fn came(line: &Line, delivery: DeliveryId) -> u64 {
    let contents = vec![Digest::of(b"a scan")];
    let station = "front-desk".parse().unwrap();
    let said = InCustody { station, copy: 1, contents, clock: ClockKnown::default(), session: None };
    append(line, said.entry(delivery))
}

/// A document that was taken, by the entry of its copy.
fn taken(line: &Line, document: DocumentId) -> u64 {
    let delivery = DeliveryId::new();
    let index = came(line, delivery);
    let subject = Subject { delivery: Some(delivery), ..Subject::document(document) };
    let taken = Draft::by_system(Kind::DeliveryTaken, subject)
        .fact("station", "front-desk")
        .fact("arrival", 1)
        .fact("in_custody", index)
        .fact("copy", 1)
        .fact("is_folder", false)
        .fact("contents", [Digest::of(b"a scan")])
        .fact("measurements", [Digest::of(b"measured")]);
    append(line, taken);
    index
}

/// What the next start would go through, where this was entered; and the entry of the doubt.
fn left(enter: impl Fn(&Line)) -> (Option<Doubting>, u64) {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    let ended = DocumentId::new();
    taken(line, ended);
    append(line, Draft::by_system(Kind::DocumentDiscarded, Subject::document(ended)));
    enter(line);
    let problem = ClockProblem::Jumped { by_milliseconds: 3_600_000 };
    let doubted = Draft::by_system(Kind::ClockDoubted, Subject::default()).fact("problem", problem);
    let by = append(line, doubted.fact("doubts_since", 0));
    // By now its own entry says so.
    came(line, DeliveryId::new());
    drop(daemon);
    let ran = torikomi(Some(&home.root()), &["store", "check", "--rebuild", "--json"]);
    assert!(ran.json()["journal_entries"].is_u64(), "{}{}", ran.out, ran.err);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let made = Database::open_read_only(&home.root().join("store/torikomi.db"), runtime.handle()).unwrap();
    let state = made.read::<_, DatabaseError, _>(async |tx| clock_state::get(tx).await).unwrap();
    made.close();
    (state.unwrap().doubting, by)
}

#[test]
fn what_has_ended_is_not_gone_through_once_more() {
    assert_eq!(left(|_| ()).0, None, "nothing that came before the doubt is open");
    let waiting = std::cell::Cell::new(0);
    let (found, by) = left(|line| waiting.set(taken(line, DocumentId::new())));
    let found = found.unwrap();
    assert_eq!((found.next, found.end), (waiting.get(), by));
    // One that nobody has measured yet.
    let (found, _) = left(|line| waiting.set(came(line, DeliveryId::new())));
    assert_eq!(found.unwrap().next, waiting.get());
}
