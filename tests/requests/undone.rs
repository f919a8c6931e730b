//! What a revocation undid, and what is asked again of the people for whom documents wait.

use serde_json::json;
use torikomi::control::{Refusal, Request};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ids::DocumentId;
use torikomi::journal::{Kind, read};
use torikomi::judgement::Severity;

use crate::bench::{ADMIN, Bench, KIND, MANAGER, because, person};
use crate::people::OPERATOR;
use crate::revocations::{employ, move_back, revoke_since};

fn identify(bench: &Bench, by: &str, document: DocumentId, facts: Facts, supersedes: Option<DocumentId>) -> Request {
    let document = bench.looked(document);
    Request::Identify { by: person(by), document, facts: Box::new(facts), supersedes, reason: because("other") }
}

fn confirm(bench: &Bench, by: &str, document: DocumentId) -> Request {
    let document = bench.looked(document);
    Request::Confirm { by: person(by), document, pages_shown: true, supersedes: None }
}

fn accept(bench: &Bench, document: DocumentId) -> Request {
    let document = bench.looked(document);
    Request::Accept { by: person(MANAGER), second: None, document, reason: because("as-on-paper"), pages_shown: true }
}

fn day() -> Facts {
    Facts { obtained_on: Some("2026-11-03".parse().unwrap()), ..Facts::default() }
}

fn patient(id: &str) -> Facts {
    Facts { patient_id: Some(id.into()), ..Facts::default() }
}

fn employed() -> Bench {
    let bench = Bench::new();
    employ(&bench);
    move_back(&bench, OPERATOR, jiff::SignedDuration::from_hours(1));
    bench
}

#[test]
fn what_waits_for_people_asks_them_for_what_was_undone() {
    let bench = employed();
    let blank = [("blank_page", Severity::Hold)];
    let [found, late, confirmed] = [&blank[..], &[], &[]].map(|found| bench.judged(KIND, found));
    let waiting = bench.judged(KIND, &[]);
    let stolen = bench.now();
    bench.put(waiting, DocumentState::AwaitingConfirmation);
    for document in [found, waiting] {
        let state = bench.document(document).state;
        bench.done(identify(&bench, OPERATOR, document, day(), None));
        bench.put(document, state);
    }
    bench.hold(found, HoldReason::Findings);
    for document in [late, confirmed] {
        bench.put(document, DocumentState::AwaitingConfirmation);
        bench.done(confirm(&bench, OPERATOR, document));
    }
    bench.hold(confirmed, HoldReason::NoSession);
    bench.put(late, DocumentState::Review);
    bench.hold(late, HoldReason::Late);
    let before = held_entries(&bench).len();

    bench.done(revoke_since(OPERATOR, ADMIN, Some(MANAGER), stolen));
    let asked = [(found, json!(["identity", "accept"])), (waiting, json!(["identity"]))];
    for (document, needs) in &asked {
        let document = bench.document(*document);
        assert_eq!((document.state, document.held), (DocumentState::Review, Some(HoldReason::Identity)));
        let detail: serde_json::Value = serde_json::from_str(document.held_detail.as_deref().unwrap()).unwrap();
        assert_eq!(detail, json!({ "code": "needs", "needs": needs }));
    }
    let mut entries = held_entries(&bench).split_off(before);
    entries.sort();
    let mut expected = vec![found, waiting];
    expected.sort();
    assert_eq!(entries, expected);
    // Nobody confirms what would only come back.
    assert_eq!(bench.refused(accept(&bench, found)), Refusal::NotReleasable);
    assert!(
        matches!(bench.refused(confirm(&bench, MANAGER, waiting)), Refusal::WrongState { state, .. } if state == "review")
    );
    // Signed too late it is all the same, and what waited for whoever confirmed it waits for them no more.
    assert_eq!(bench.document(late).held, Some(HoldReason::Late));
    assert_eq!(bench.document(confirmed).held, None);
}

/// The documents that the journal says were held, in order.
fn held_entries(bench: &Bench) -> Vec<DocumentId> {
    let entries = bench.opened.line.database.read(async |tx| read::of_kind(tx, Kind::DocumentHeld).await).unwrap();
    entries.iter().map(|stored| stored.entry().unwrap().subject.document.unwrap()).collect()
}

#[test]
fn nothing_is_replaced_by_the_word_of_whoever_had_the_key() {
    let bench = employed();
    let reject = [("page_damaged", Severity::Reject)];
    let [earlier, stated, newer] = [0, 1, 2].map(|_| bench.judged(KIND, &reject));
    let stolen = bench.now();
    bench.done(identify(&bench, OPERATOR, stated, patient("9990001"), None));
    bench.put(stated, DocumentState::Review);
    bench.done(identify(&bench, MANAGER, newer, patient("9990001"), Some(stated)));
    bench.put(newer, DocumentState::Review);
    bench.done(revoke_since(OPERATOR, ADMIN, Some(MANAGER), stolen));

    // Whose it is was said by nobody who may, so it takes no other's place, and no other takes its own unseen.
    assert_eq!(bench.refused(identify(&bench, MANAGER, stated, day(), None)), Refusal::SupersedesUnidentified);
    bench.done(identify(&bench, MANAGER, newer, patient("9990001"), None));
    assert_eq!(bench.refused(identify(&bench, MANAGER, stated, day(), Some(earlier))), Refusal::SupersedesUnidentified);
    let another = bench.refused(identify(&bench, MANAGER, stated, patient("9990002"), Some(earlier)));
    assert_eq!(another, Refusal::SupersedesAnothers { document: earlier });
    bench.done(identify(&bench, MANAGER, stated, patient("9990001"), Some(earlier)));
    assert_eq!(bench.document(stated).supersedes, Some(earlier));
}

/// A stolen key is worth nothing more, whatever stands in one row.
#[test]
fn what_cannot_be_read_keeps_no_key_in_force() {
    let bench = employed();
    let [broken, other] = [0, 1].map(|_| bench.judged(KIND, &[("blank_page", Severity::Hold)]));
    bench.done(accept(&bench, broken));
    bench.put(broken, DocumentState::AwaitingConfirmation);
    let stolen = bench.now();
    bench.done(identify(&bench, OPERATOR, broken, day(), None));
    for document in [broken, other] {
        bench.put(document, DocumentState::AwaitingConfirmation);
        bench.done(confirm(&bench, OPERATOR, document));
    }
    let set = |identity: String| {
        bench.write(async move |tx| {
            let query = sqlx::query("UPDATE document SET identity = $1 WHERE id = $2");
            query.bind(identity).bind(broken.to_string()).execute(tx).await?;
            Ok(())
        });
    };
    let readable = serde_json::to_string(&bench.document(broken).identity).unwrap();
    set("{".into());
    bench.done(revoke_since(OPERATOR, ADMIN, Some(MANAGER), stolen));
    assert!(bench.decisions(other).iter().all(|decision| decision.undone_by.is_some()));
    let told = bench.done(Request::Status)["warnings"].clone();
    assert!(told.as_array().unwrap().iter().any(|told| told["document"] == broken.to_string()), "{told}");
    // Mended by hand, it asks for everything anew.
    set(readable);
    assert_eq!(bench.document(broken).stated, "[]");
    let decided = bench.decisions(broken);
    assert_eq!(decided.len(), 3);
    assert!(decided.iter().all(|decision| decision.undone_by.is_some()), "{decided:?}");
}
