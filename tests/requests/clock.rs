//! What signing waits for when time itself is in doubt: a clock that jumped, a calendar that ended.

use std::time::{Duration, Instant as Moment};

use jiff::SignedDuration;
use torikomi::control::Request;
use torikomi::document::HoldReason;
use torikomi::ids::DocumentId;
use torikomi::instant::Instant;
use torikomi::journal::Kind;
use torikomi::messages::Lang;

use crate::bench::{ADMIN, Bench, KIND, because, person};

/// Waits until a stage holds the document for this reason.
fn until_held(bench: &Bench, document: DocumentId, reason: HoldReason) {
    let limit = Moment::now() + Duration::from_secs(60);
    while bench.document(document).held != Some(reason) {
        assert!(Moment::now() < limit, "it is not held for {reason}: {:?}", bench.document(document));
        std::thread::yield_now();
    }
}

/// What people read of the detail that a hold has.
fn told(bench: &Bench, document: DocumentId) -> String {
    let detail = bench.document(document).held_detail.unwrap();
    let detail = serde_json::from_str(&detail).unwrap();
    Lang::ALL.map(|lang| torikomi::cli::Words::new(lang).details(&detail).join(" ")).join("\n")
}

#[test]
fn a_clock_that_jumped_holds_signing_until_somebody_looked() {
    let bench = Bench::new();
    let document = bench.judged(KIND, &[]);
    bench.opened.line.clock.jump(SignedDuration::from_hours(-1));
    let driver = torikomi::pipeline::start(&bench.opened.line, 1).unwrap();
    until_held(&bench, document, HoldReason::Clock);
    let said = told(&bench, document);
    assert_eq!(said.matches("torikomi clock acknowledge").count(), 2, "{said}");
    let problem = bench.done(Request::Status)["clock_problem"].clone();
    assert_eq!(problem["code"], "jumped");
    assert!((problem["by_milliseconds"].as_i64().unwrap() + 3_600_000).abs() < 60_000, "{problem}");

    bench.done(Request::AcknowledgeClock { by: person(ADMIN), reason: because("system-failure") });
    assert!(bench.done(Request::Status)["clock_problem"].is_null());
    // It goes on to the next thing that it waits for.
    until_held(&bench, document, HoldReason::NoSession);
    driver.stop();
    let entries = bench.opened.line.database.read(async |tx| torikomi::journal::read::entries(tx, 0, 1000).await);
    let entries = entries.unwrap();
    assert!(entries.iter().any(|stored| stored.entry().unwrap().kind == Kind::ClockAcknowledged));
}

#[test]
fn a_deadline_that_cannot_be_told_is_no_lateness() {
    let bench = Bench::new();
    let document = bench.judged(KIND, &[]);
    let beyond: Instant = "2090-01-04T01:00:00.000000Z".parse().unwrap();
    bench.write(async move |tx| {
        sqlx::query("UPDATE document SET taken_in_at = $1 WHERE id = $2")
            .bind(beyond.as_microseconds())
            .bind(document.to_string())
            .execute(tx)
            .await?;
        Ok(())
    });
    let driver = torikomi::pipeline::start(&bench.opened.line, 1).unwrap();
    until_held(&bench, document, HoldReason::NoDeadline);
    driver.stop();
    let said = told(&bench, document);
    assert!(said.contains("暦が") && said.contains("the calendar ends on"), "{said}");
    // Who mended the calendar has it tried again.
    bench.done(Request::Retry { by: person(ADMIN), documents: vec![document] });
    assert_eq!(bench.document(document).held, None);
}
