//! The database takes no changes for a while: nothing is signed twice for that, and nothing is lost.

use sqlx::{AnyConnection, Connection as _};
use torikomi::control::Request;
use torikomi::document::DocumentState;
use torikomi::ids::DocumentId;
use torikomi::ledger::attempts;
use torikomi::ledger::documents::{self, Document, Filter};
use torikomi::pipeline::line::Line;

use crate::home::{TestHome, by};
use crate::hospital::looked;
use crate::wait_for;

#[test]
fn a_signature_whose_row_could_not_be_written_is_entered_when_it_can_be() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    home.deliver_consent("consent");
    wait_for(|| only(line).filter(|document| document.held.is_some())).expect("it waits for a session");
    let requests = home.requests(line);
    requests(Request::OpenSession {
        by: by("sekinin"),
        station: "front-desk".parse().unwrap(),
        attested: true,
        obtained_on: None,
    });
    let document = wait_for(|| only(line).filter(|document| document.state == DocumentState::AwaitingConfirmation));
    let id = document.expect("delivered without a session, it is confirmed by hand").id;
    let mut lock = None;
    // Signing takes some milliseconds longer than the lock; where it was quicker, this test has shown nothing.
    requests(Request::Confirm {
        by: by("sekinin"),
        document: looked(&line.database, id),
        pages_shown: true,
        supersedes: None,
    });
    home.block_on(async {
        let path = home.root().join("store/torikomi.db");
        let mut connection = AnyConnection::connect(&format!("sqlite://{}?mode=rw", path.display())).await.unwrap();
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await.unwrap();
        lock = Some(connection);
    });
    assert_eq!(rows(line, id), 0, "the lock came too late");
    assert!(wait_for(|| (!line.shared.paused().is_empty()).then_some(())).is_some(), "signing pauses");
    let made = home.attempts();
    assert_eq!(made.len(), 1);
    home.block_on(async { lock.take().unwrap().close().await.unwrap() });
    assert!(wait_for(|| (rows(line, id) == 1).then_some(())).is_some(), "{:?}", line.shared.paused());
    let entered = line.database.read(async |tx| attempts::of_document(tx, id).await).unwrap().remove(0);
    assert_eq!([entered.id.to_string()], made.as_slice(), "it was signed again");
    let filed = wait_for(|| only(line).filter(|document| document.state == DocumentState::Filed));
    assert!(filed.is_some(), "{:?}", only(line));
    assert!(wait_for(|| home.attempts().is_empty().then_some(())).is_some());
    assert!(wait_for(|| line.shared.paused().is_empty().then_some(())).is_some(), "{:?}", line.shared.paused());
}

fn only(line: &Line) -> Option<Document> {
    let filter = Filter { ended: true, ..Filter::default() };
    line.database.read(async |tx| documents::list(tx, &filter, 10).await).unwrap().documents.pop()
}

fn rows(line: &Line, id: DocumentId) -> usize {
    line.database.read(async |tx| attempts::of_document(tx, id).await).unwrap().len()
}
