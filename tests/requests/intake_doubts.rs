//! What a doubt about the clock makes of what was taken in before it was found.

use std::sync::Arc;

use jiff::SignedDuration;
use torikomi::clock::ClockProblem;
use torikomi::daemon::clocks;
use torikomi::document::{DeliveryState, DocumentState, HoldReason};
use torikomi::ids::{DeliveryId, Digest, DocumentId};
use torikomi::journal::custody::InCustody;
use torikomi::journal::{Draft, Entry, Kind, Subject, read};
use torikomi::ledger::clock_state::{self, ClockState, Doubting};
use torikomi::ledger::deliveries;

use crate::bench::{Bench, KIND, STATION};

fn look(bench: &Bench, watch: &mut clocks::Watch) {
    taken(bench);
    watch.look(&bench.opened.line).unwrap();
}

/// What the bench put where it wants it was taken, as its documents say.
fn taken(bench: &Bench) {
    bench.write(async |tx| {
        sqlx::query("UPDATE delivery SET state = 'taken' WHERE state = 'arriving'").execute(tx).await?;
        Ok(())
    });
}

fn jump(bench: &Bench, hours: i64) {
    bench.opened.line.clock.jump(SignedDuration::from_hours(hours));
}

/// The entries that doubt an intake.
fn doubts(bench: &Bench) -> Vec<Entry> {
    let found = bench.opened.line.database.read(async |tx| read::of_kind(tx, Kind::IntakeDoubted).await).unwrap();
    found.iter().map(|stored| stored.entry().unwrap()).collect()
}

fn doubted(bench: &Bench) -> Vec<DocumentId> {
    let mut documents: Vec<_> = doubts(bench).iter().filter_map(|entry| entry.subject.document).collect();
    documents.sort();
    documents
}

fn known(bench: &Bench, document: DocumentId) -> Option<String> {
    let known = bench.opened.line.database.read(async |tx| read::clock_at_intake(tx, document).await);
    known.unwrap().unwrap().problem
}

/// A delivery in custody that nobody has measured yet.
fn in_custody(bench: &Bench) -> DeliveryId {
    let (id, now, line) = (DeliveryId::new(), bench.now(), &bench.opened.line);
    let said = InCustody {
        station: STATION.parse().unwrap(),
        copy: 1,
        contents: vec![Digest::of(b"a scan")],
        clock: line.clock.known(),
        session: None,
    };
    let journal = Arc::clone(&line.journal);
    bench.write(async move |tx| {
        deliveries::enter(tx, id, &STATION.parse().unwrap(), b"scan.tif", now).await?;
        deliveries::set_custody(tx, id, 1, &[], now, None).await?;
        deliveries::move_on(tx, id, DeliveryState::Arriving, DeliveryState::InCustody, None, now).await?;
        journal.append(tx, said.entry(id), now).await.map(drop)
    });
    id
}

#[test]
fn what_was_taken_in_before_a_step_is_doubted_where_nothing_had_shown_the_clock_to_be_right() {
    let bench = Bench::new();
    let mut watch = clocks::Watch::default();
    look(&bench, &mut watch);
    let (signing, identifying, ended, other) =
        (bench.judged(KIND, &[]), bench.fresh(), bench.judged(KIND, &[]), bench.judged(KIND, &[]));
    bench.put(ended, DocumentState::SentBack);
    bench.hold(signing, HoldReason::NoSession);
    bench.hold(other, HoldReason::SourceChanged);
    let waiting = in_custody(&bench);
    jump(&bench, -1);
    // By now the entry itself says so.
    let later = bench.fresh();
    look(&bench, &mut watch);
    let mut all = vec![signing, identifying, other];
    all.sort();
    assert_eq!(doubted(&bench), all);
    let of_none: Vec<_> = doubts(&bench).iter().filter(|entry| entry.subject.document.is_none()).cloned().collect();
    assert_eq!(of_none.iter().map(|entry| entry.subject.delivery).collect::<Vec<_>>(), [Some(waiting)]);
    let standing = |id| (bench.document(id).state, bench.document(id).held);
    assert_eq!(standing(signing), (DocumentState::Inspecting, None));
    assert_eq!(standing(other), (DocumentState::Inspecting, Some(HoldReason::SourceChanged)));
    assert_eq!(standing(identifying), (DocumentState::Identifying, None));
    assert_eq!(standing(ended).0, DocumentState::SentBack);
    for document in [signing, identifying, other, later] {
        assert_eq!(known(&bench, document).as_deref(), Some("jumped"));
    }
    assert_eq!(known(&bench, ended), None);

    // Whoever has been asked is asked once.
    bench.put(signing, DocumentState::Review);
    bench.opened.line.clock.believe(torikomi::clock::since_boot_offset(), None);
    look(&bench, &mut watch);
    jump(&bench, 2);
    look(&bench, &mut watch);
    assert_eq!((doubts(&bench).len(), standing(signing).0), (4, DocumentState::Review));
}

#[test]
fn once_a_stamp_agreed_a_step_says_nothing_of_what_came_before_it() {
    let bench = Bench::new();
    let mut watch = clocks::Watch::default();
    look(&bench, &mut watch);
    let before = bench.judged(KIND, &[]);
    bench.opened.line.clock.agrees();
    let after = bench.judged(KIND, &[]);
    look(&bench, &mut watch);
    jump(&bench, -1);
    look(&bench, &mut watch);
    assert_eq!(doubts(&bench), []);
    for document in [before, after] {
        assert_eq!((bench.document(document).state, known(&bench, document)), (DocumentState::Signing, None));
    }
    // It outlasts the process; on a machine that has started anew it says no more of what comes from then on.
    let bench = bench.reopened();
    clocks::recall(&bench.opened.line).unwrap();
    assert_eq!(doubts(&bench), []);
}

#[test]
fn stamps_that_disagree_leave_in_doubt_what_came_before_any_agreed() {
    let bench = Bench::new();
    let mut watch = clocks::Watch::default();
    look(&bench, &mut watch);
    // Thousands could wait as well: they are gone through by pages.
    let mut waiting: Vec<_> = (0..60).map(|_| bench.judged(KIND, &[])).collect();
    bench.opened.line.clock.at_odds(SignedDuration::from_hours(2));
    look(&bench, &mut watch);
    waiting.sort();
    assert_eq!(doubted(&bench), waiting);

    // Where one had agreed, it is the authority that says something else now.
    let bench = Bench::new();
    let mut watch = clocks::Watch::default();
    let before = bench.judged(KIND, &[]);
    bench.opened.line.clock.agrees();
    look(&bench, &mut watch);
    let after = bench.judged(KIND, &[]);
    bench.opened.line.clock.at_odds(SignedDuration::from_hours(2));
    look(&bench, &mut watch);
    assert_eq!(doubted(&bench), []);
    for document in [before, after] {
        assert_eq!(bench.document(document).state, DocumentState::Signing);
    }
}

#[test]
fn what_a_crash_left_of_a_doubt_is_gone_through_at_the_start() {
    let bench = Bench::new();
    clocks::recall(&bench.opened.line).unwrap();
    let document = bench.judged(KIND, &[]);
    taken(&bench);
    let problem = pending(&bench);
    let bench = bench.reopened();
    clocks::recall(&bench.opened.line).unwrap();
    assert_eq!(doubted(&bench), [document]);
    let kept = bench.opened.line.database.read(async |tx| clock_state::get(tx).await).unwrap().unwrap();
    assert_eq!((kept.problem, kept.doubting), (Some(problem), None));
}

/// A doubt that was entered, and of which nothing has been gone through.
fn pending(bench: &Bench) -> ClockProblem {
    let problem = ClockProblem::Jumped { by_milliseconds: 3_600_000 };
    let (boot, agreement) = (torikomi::clock::boot(), bench.opened.line.clock.agreement());
    let (journal, now) = (Arc::clone(&bench.opened.line.journal), bench.opened.line.clock.now());
    bench.write(async move |tx| {
        let found = Draft::by_system(Kind::ClockDoubted, Subject::default()).fact("problem", problem);
        let end = journal.append(tx, found.fact("doubts_since", 0), now).await?.index;
        let doubting = Some(Doubting { next: 0, end });
        clock_state::set(tx, &ClockState { boot, agreement, problem: Some(problem), right: None, doubting }).await
    });
    problem
}

/// Every delivery is as nobody reads it, or as it should be.
fn set(bench: &Bench, state: &'static str) {
    bench.write(async move |tx| {
        sqlx::query("UPDATE delivery SET state = $1").bind(state).execute(tx).await?;
        Ok(())
    });
}

/// It keeps waiting what the doubt concerns, and nothing else.
#[test]
fn a_row_that_cannot_be_read_refuses_no_start_while_a_doubt_is_pending() {
    let bench = Bench::new();
    clocks::recall(&bench.opened.line).unwrap();
    let document = bench.judged(KIND, &[]);
    pending(&bench);
    set(&bench, "nonsense");
    let bench = bench.reopened();
    clocks::recall(&bench.opened.line).unwrap();
    assert_eq!(doubted(&bench), []);
    let kept = bench.opened.line.database.read(async |tx| clock_state::get(tx).await).unwrap().unwrap();
    assert!(kept.doubting.is_some(), "it is still to be gone through");
    assert!(bench.opened.line.clock.believed().is_err());
    set(&bench, "taken");
    clocks::Watch::default().look(&bench.opened.line).unwrap();
    assert_eq!(doubted(&bench), [document]);
}

/// What cannot be gone through keeps no later doubt out of the journal: it is told, and tried again.
#[test]
fn a_row_that_cannot_be_read_keeps_no_later_doubt_from_being_entered() {
    let bench = Bench::new();
    let mut watch = clocks::Watch::default();
    look(&bench, &mut watch);
    let document = bench.judged(KIND, &[]);
    taken(&bench);
    set(&bench, "nonsense");
    let doubted_clock = || {
        let found = bench.opened.line.database.read(async |tx| read::of_kind(tx, Kind::ClockDoubted).await);
        found.unwrap().len()
    };
    jump(&bench, -1);
    watch.look(&bench.opened.line).unwrap_err();
    assert_eq!(doubted_clock(), 1);
    bench.opened.line.clock.believe(torikomi::clock::since_boot_offset(), None);
    watch.look(&bench.opened.line).unwrap_err();
    jump(&bench, 2);
    watch.look(&bench.opened.line).unwrap_err();
    assert_eq!((doubted_clock(), doubted(&bench)), (2, Vec::new()));
    set(&bench, "taken");
    watch.look(&bench.opened.line).unwrap();
    assert_eq!((doubted_clock(), doubted(&bench)), (2, vec![document]));
}
