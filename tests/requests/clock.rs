//! What signing waits for when time itself is in doubt: a clock that jumped, a calendar that ended.

use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use jiff::SignedDuration;
use sqlx::Row as _;
use torikomi::clock::ClockProblem;
use torikomi::config::Mode;
use torikomi::control::{Refusal, Request};
use torikomi::daemon::clocks;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::ids::{AttemptId, Digest, DocumentId, PersonId, SessionId};
use torikomi::instant::Instant;
use torikomi::journal::stamped::Stamped;
use torikomi::journal::{Draft, Kind, Subject};
use torikomi::ledger::attempts::{self, Attempt, AttemptState};
use torikomi::ledger::clock_state::{self, ClockState};
use torikomi::messages::Lang;
use torikomi::people::acts::Deed;
use torikomi::system::KernelClock;

use crate::bench::{ADMIN, Bench, KIND, MANAGER, because, person};

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

    // Nobody else's word counts, and what is done is signed.
    let acknowledge = |by| Request::AcknowledgeClock {
        by: person(by),
        shown: bench.clock_shown(),
        reason: because("system-failure"),
    };
    bench.done(acknowledge(ADMIN));
    let (entry, signed) = bench.last_act();
    assert_eq!(entry.kind, Kind::ClockAcknowledged);
    assert!(
        matches!(signed.act().deed, Deed::AcknowledgeClock { problem: Some(ClockProblem::Jumped { .. }), .. }),
        "{signed:?}"
    );
    assert!(bench.done(Request::Status)["clock_problem"].is_null());
    // It goes on to the next thing that it waits for.
    until_held(&bench, document, HoldReason::NoSession);
    driver.stop();
}

/// What has been set since is believed by nobody who has not seen it.
#[test]
fn a_clock_is_acknowledged_as_it_was_shown() {
    let bench = Bench::new();
    let clock = &bench.opened.line.clock;
    let acknowledge = |shown| Request::AcknowledgeClock { by: person(ADMIN), shown, reason: because("system-failure") };
    let believed = bench.clock_shown();
    clock.jump(SignedDuration::from_hours(1));
    assert_eq!(bench.refused(acknowledge(believed)), Refusal::ClockChangedSinceShown);
    let (jumped, problem) = (bench.clock_shown(), clock.problem());
    clock.jump(SignedDuration::from_mins(-30));
    assert_eq!(clock.problem(), problem, "the doubt is that of the first time");
    assert_eq!(bench.refused(acknowledge(jumped)), Refusal::ClockChangedSinceShown);
    assert!(clock.believed().is_err());
    bench.done(acknowledge(bench.clock_shown()));
    assert!(clock.believed().is_ok());
}

/// How often the journal says something of this kind.
fn entries(bench: &Bench, kind: Kind) -> usize {
    let line = &bench.opened.line;
    line.database.read(async |tx| torikomi::journal::read::of_kind(tx, kind).await).unwrap().len()
}

#[test]
fn a_doubt_about_the_clock_outlasts_a_restart() {
    let bench = Bench::new();
    clocks::recall(&bench.opened.line).unwrap();
    assert_eq!(bench.opened.line.clock.problem(), None);
    bench.opened.line.clock.jump(SignedDuration::from_hours(-1));
    clocks::Watch::default().look(&bench.opened.line).unwrap();
    assert_eq!(entries(&bench, Kind::ClockDoubted), 1);
    let bench = bench.reopened();
    clocks::recall(&bench.opened.line).unwrap();
    let problem = bench.done(Request::Status)["clock_problem"].clone();
    assert_eq!(problem["code"], "jumped", "{problem}");
    assert_eq!(entries(&bench, Kind::ClockDoubted), 1, "it is said once");
    bench.done(Request::AcknowledgeClock {
        by: person(ADMIN),
        shown: bench.clock_shown(),
        reason: because("system-failure"),
    });
    let bench = bench.reopened();
    clocks::recall(&bench.opened.line).unwrap();
    assert!(bench.done(Request::Status)["clock_problem"].is_null());
}

#[test]
fn a_clock_that_was_set_while_nothing_ran_is_seen_at_the_start() {
    let bench = Bench::new();
    // What the last process believed of the two clocks differs from how they stand.
    let agreement = bench.opened.line.clock.agreement() - 3_600_000_000;
    let state = ClockState { boot: torikomi::clock::boot(), agreement, problem: None, right: None, doubting: None };
    bench.write(async move |tx| Ok(clock_state::set(tx, &state).await?));
    clocks::recall(&bench.opened.line).unwrap();
    let problem = bench.opened.line.clock.problem();
    assert!(matches!(problem, Some(ClockProblem::Jumped { by_milliseconds: 3_590_000.. })), "{problem:?}");
}

#[test]
fn a_clock_behind_the_journal_holds_signing() {
    let bench = Bench::new();
    let (line, ahead) = (&bench.opened.line, SignedDuration::from_mins(10));
    let (journal, later) = (Arc::clone(&line.journal), line.clock.now().plus(ahead));
    bench.write(async move |tx| {
        let entry = Draft::by_system(Kind::DaemonStopped, Subject::default());
        journal.append(tx, entry, later).await?;
        Ok(())
    });
    clocks::recall(line).unwrap();
    let problem = bench.done(Request::Status)["clock_problem"].clone();
    assert_eq!(problem["code"], "behind", "{problem}");
    assert!(line.clock.believed().is_err());
}

/// What came in by it would be dated before the stamp for ever; what a clock that ran ahead has dated by itself is no reason.
#[test]
fn a_clock_behind_a_stamp_is_not_acknowledged() {
    let acknowledge = |bench: &Bench| Request::AcknowledgeClock {
        by: person(ADMIN),
        shown: bench.clock_shown(),
        reason: because("system-failure"),
    };
    let enter = |bench: &Bench, kind: Kind, minutes: i64| {
        let line = &bench.opened.line;
        let (journal, later) = (Arc::clone(&line.journal), line.clock.now().plus(SignedDuration::from_mins(minutes)));
        let stamped = Stamped {
            size: 1,
            checkpoint: Digest::of(b"checkpoint"),
            token: Digest::of(b"token"),
            stamped_at: later,
            authority: "built-in".parse().unwrap(),
        };
        let mut entry = Draft::by_system(kind, Subject::default());
        if kind == Kind::CheckpointStamped {
            entry.facts = serde_json::to_value(stamped).unwrap().as_object().unwrap().clone();
        }
        bench.write(async move |tx| journal.append(tx, entry, later).await.map(drop));
        later
    };
    let bench = Bench::new();
    enter(&bench, Kind::DaemonStopped, 10);
    clocks::recall(&bench.opened.line).unwrap();
    assert_eq!(bench.done(Request::Status)["clock_problem"]["code"], "behind");
    bench.done(acknowledge(&bench));
    assert_eq!(bench.opened.line.clock.problem(), None);

    let stamped_at = enter(&bench, Kind::CheckpointStamped, 10);
    bench.opened.line.clock.jump(SignedDuration::from_hours(-1));
    let before = entries(&bench, Kind::ClockAcknowledged);
    assert_eq!(bench.refused(acknowledge(&bench)), Refusal::ClockBehindStamp { stamped_at });
    assert_eq!(entries(&bench, Kind::ClockAcknowledged), before);
    assert!(bench.opened.line.clock.believed().is_err());
    // A newer one that it does not lie behind says that it is right again.
    enter(&bench, Kind::CheckpointStamped, -1);
    bench.done(acknowledge(&bench));

    // The same of a stamp over a signature.
    let later = bench.now().plus(SignedDuration::from_mins(10));
    let document = bench.judged(KIND, &[]);
    bench.write(async move |tx| {
        let signed = Attempt {
            id: AttemptId::new(),
            document,
            state: AttemptState::Missed,
            record: Digest::of(b"record"),
            manifest: Digest::of(b"manifest"),
            signer: PersonId::new(),
            manager: PersonId::new(),
            session: SessionId::new(),
            signed_at: later,
            timestamped_at: Some(later),
            stamp_due_at: None,
        };
        attempts::enter(tx, &signed).await
    });
    assert_eq!(bench.refused(acknowledge(&bench)), Refusal::ClockBehindStamp { stamped_at: later });
}

/// Somebody has looked, and the clock was right to be set back: what was taken before waits until it is that time again.
#[test]
fn nothing_is_signed_earlier_than_it_was_taken() {
    let bench = Bench::new();
    let document = bench.judged(KIND, &[]);
    let set = |taken_in_at: Instant| {
        bench.write(async move |tx| {
            let query = sqlx::query("UPDATE document SET taken_in_at = $1, retry_at = NULL WHERE id = $2");
            query.bind(taken_in_at.as_microseconds()).bind(document.to_string()).execute(tx).await?;
            Ok(())
        });
    };
    let (taken, ahead) = (bench.now(), bench.now().plus(SignedDuration::from_mins(10)));
    set(ahead);
    bench.done(crate::people::open(MANAGER));
    let driver = torikomi::pipeline::start(&bench.opened.line, 1).unwrap();
    let until = |what: &dyn Fn() -> bool| {
        let limit = Moment::now() + Duration::from_secs(60);
        while !what() {
            assert!(Moment::now() < limit, "{:?}", bench.document(document));
            std::thread::yield_now();
        }
    };
    let postponed = || {
        let query = async move |tx: &mut torikomi::database::Tx| {
            let row = sqlx::query("SELECT retry_at FROM document WHERE id = $1").bind(document.to_string());
            Ok::<_, torikomi::database::DatabaseError>(row.fetch_one(tx).await?.try_get::<Option<i64>, _>(0)?)
        };
        bench.opened.line.database.read(query).unwrap()
    };
    until(&|| postponed() == Some(ahead.as_microseconds()));
    let waiting = bench.document(document);
    assert_eq!((waiting.state, waiting.held), (DocumentState::Signing, Some(HoldReason::ClockAhead)));
    // Nothing but that time lets it go on by itself.
    clocks::resume_when_it_is_time(&bench.opened.line).unwrap();
    assert_eq!(bench.document(document).held, Some(HoldReason::ClockAhead));
    set(taken);
    clocks::resume_when_it_is_time(&bench.opened.line).unwrap();
    // It came in no session, so somebody confirms it.
    until(&|| bench.document(document).state == DocumentState::AwaitingConfirmation);
    driver.stop();
}

#[test]
fn in_production_nothing_is_signed_by_a_clock_that_nothing_keeps_right() {
    let bench = Bench::with_settings(Mode::Production, |_| ()).unwrap();
    let line = &bench.opened.line;
    let kernel = |synchronised| KernelClock { synchronised, estimated_error_us: 900 };
    line.clock.pretend(kernel(false));
    clocks::recall(line).unwrap();
    let status = bench.done(Request::Status);
    assert_eq!(status["clock_problem"]["code"], "unsynchronised", "{status}");
    assert_eq!(status["clock"]["synchronised"], false);
    line.clock.pretend(kernel(true));
    let status = bench.done(Request::Status);
    assert!(status["clock_problem"].is_null(), "{status}");
    assert_eq!(status["clock"]["estimated_error_us"], 900);

    // For evaluation it is told, and holds nothing.
    let bench = Bench::new();
    bench.opened.line.clock.pretend(kernel(false));
    let status = bench.done(Request::Status);
    assert!(status["clock_problem"].is_null() && status["clock"]["synchronised"] == false, "{status}");
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
    // Whoever tries again has it judged anew: by the calendar that it was judged by nothing changes.
    bench.done(Request::Retry { by: person(ADMIN), documents: vec![bench.looked(document)] });
    let document = bench.document(document);
    assert_eq!((document.state, document.held), (DocumentState::Inspecting, None));
}
