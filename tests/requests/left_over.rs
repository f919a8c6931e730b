//! What a clock that was set back, or an act in between, leaves where nobody looks for it.

use jiff::SignedDuration;
use torikomi::control::{Refusal, Request};
use torikomi::daemon::attempts::look_after_unentered;
use torikomi::document::DocumentState;
use torikomi::identification::Facts;
use torikomi::ids::{AttemptId, DocumentId};
use torikomi::journal::{Kind, read};
use torikomi::ledger::superseding::{self, Likeness};
use torikomi::signing::ATTEMPTS;

use crate::bench::{Bench, KIND, MANAGER, because, person};

/// Which of two came first is what the journal says, not the clock.
#[test]
fn a_rescan_replaces_what_came_before_the_clock_was_set_back() {
    let bench = Bench::new();
    let (first, rescan) = (bench.judged(KIND, &[]), bench.judged(KIND, &[]));
    let yesterday = bench.now().plus(SignedDuration::from_hours(-24)).as_microseconds();
    bench.write(async move |tx| {
        sqlx::query("UPDATE document SET created_at = $1 WHERE id = $2")
            .bind(yesterday)
            .bind(rescan.to_string())
            .execute(tx)
            .await?;
        Ok(())
    });
    for document in [first, rescan] {
        bench.put(document, DocumentState::Review);
    }
    let proposed = |document| {
        let found = bench.document(document);
        let found = bench.opened.line.database.read(async |tx| superseding::proposals(tx, &found).await).unwrap();
        found.into_iter().map(|(found, likeness)| (found.id, likeness)).collect::<Vec<_>>()
    };
    assert_eq!((proposed(first), proposed(rescan)), (vec![], vec![(first, Likeness::SameIdentity)]));
    let instead = |document: DocumentId, of| Request::Identify {
        by: person(MANAGER),
        document: bench.looked(document),
        facts: Box::new(Facts { patient_id: Some("9990001".into()), ..Facts::default() }),
        supersedes: Some(of),
        reason: because("rescan"),
    };
    for of in [rescan, first] {
        assert_eq!(bench.refused(instead(first, of)), Refusal::NotSupersedable { document: of });
    }
    bench.done(instead(rescan, first));
    assert_eq!(bench.document(rescan).supersedes, Some(first));
}

/// A person ended the document while its signature was being entered.
#[test]
fn a_signature_whose_document_was_ended_is_set_aside_without_a_restart() {
    let bench = Bench::new();
    let line = &bench.opened.line;
    let (ended, waits) = (bench.judged(KIND, &[]), bench.judged(KIND, &[]));
    let attempts = line.custody.make_folder(ATTEMPTS).unwrap();
    for document in [ended, waits] {
        let attempt = AttemptId::new();
        attempts.draft().unwrap().place(&attempt.to_string()).unwrap();
        line.unentered.lock().unwrap().insert(document, attempt);
    }
    bench.done(Request::SendBack {
        by: person(MANAGER),
        documents: vec![bench.looked(ended)],
        reason: because("rescan"),
    });
    look_after_unentered(line).unwrap();
    let set_aside = line.database.read(async |tx| read::of_kind(tx, Kind::AttemptQuarantined).await).unwrap();
    assert_eq!(set_aside.len(), 1);
    // The other one is the stage's, which takes its document up again.
    let left: Vec<_> = line.all_unentered();
    assert_eq!(left.iter().map(|(document, _)| *document).collect::<Vec<_>>(), [waits]);
    assert_eq!(attempts.names(10).unwrap(), [left[0].1.to_string().as_str()]);
}
