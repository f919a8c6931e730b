//! The windows of the scan, the signature and the stamp, and what releases a lateness.

use torikomi::evidence::record::RecordJson;
use torikomi::ids::DocumentId;
use torikomi::people::acts::{Deed, PagesSeen, ReasonCode};
use torikomi::verification::{Deadline, Doubt, Fact, Fault, Said, Step, Verdict, verify_pack};

use crate::forgeries::append;
use crate::hospital::{FOUNDED_AT, Hospital, Recipe, SCAN_BY, SIGN_BY, at, confirm, the_state};
use crate::packs::{fault, report};
use crate::revocations::{releases_after_revoking, substitute};

#[test]
fn windows_are_worked_out_anew() {
    let judge = |recipe| fault(&report(recipe));
    let later = |r: &mut RecordJson| r.clocks.scan_by = Some(at("2026-11-25T15:00:00.000000Z"));
    let (computed, said) = (Some(at(SCAN_BY)), Some(at("2026-11-25T15:00:00.000000Z")));
    let expected = Fault::DeadlineDiffers { deadline: Deadline::Scan, computed, said };
    assert_eq!(judge(Recipe { record: later, ..Recipe::default() }), (Step::Windows, expected));
    let none = |r: &mut RecordJson| r.clocks.sign_by = None;
    let expected = Fault::DeadlineDiffers { deadline: Deadline::Sign, computed: Some(at(SIGN_BY)), said: None };
    assert_eq!(judge(Recipe { record: none, ..Recipe::default() }), (Step::Windows, expected));
    let longer = |r: &mut RecordJson| r.clocks.stamp_within_seconds = Some(7200);
    let expected = Fault::StampWindowDiffers { computed: Some(3600), said: Some(7200) };
    assert_eq!(judge(Recipe { record: longer, ..Recipe::default() }), (Step::Windows, expected));

    let stamped_at = at("2026-11-20T06:10:02.000000Z");
    let recipe = Recipe { stamped_at: Some(stamped_at), filed_at: stamped_at, ..Recipe::default() };
    let stamp_by = at("2026-11-20T06:10:00.000000Z");
    assert_eq!(judge(recipe), (Step::Windows, Fault::StampedLate { timestamped_at: stamped_at, stamp_by }));

    let late = at("2026-11-24T04:20:01.000000Z");
    let recipe = Recipe { signed_at: late, stamped_at: Some(late), filed_at: late, ..Recipe::default() };
    let expected = Fault::SignedLate { signed_at: late, sign_by: at(SIGN_BY) };
    assert_eq!(judge(recipe), (Step::Windows, expected));
}

/// Taken in on Wednesday; the window ended with Tuesday.
fn late_recipe() -> Recipe {
    let taken_in_at = at("2026-11-25T00:30:00.000000Z");
    let signed_at = at("2026-11-25T00:31:00.000000Z");
    Recipe { taken_in_at, signed_at, stamped_at: Some(signed_at), filed_at: signed_at, ..Recipe::default() }
}

fn late_clocks(record: &mut RecordJson) {
    // Eight staffed hours from 09:30 on Wednesday: until 17:15, and 15 minutes of Thursday.
    record.clocks.sign_by = Some(at("2026-11-25T23:45:00.000000Z"));
}

fn released(record: &mut RecordJson) {
    late_clocks(record);
    record.clocks.late = Some("system-failure".into());
}

/// On Wednesday morning it was possible again.
fn late_release(document: DocumentId, reason: ReasonCode) -> Deed {
    possible_again(document, reason, "2026-11-25T00:00:00.000000Z")
}

fn possible_again(document: DocumentId, reason: ReasonCode, possible_again_at: &str) -> Deed {
    let (documents, state_digest) = (vec![document], the_state());
    Deed::LateRelease { documents, state_digest, reason, possible_again_at: at(possible_again_at), incident: None }
}

#[test]
fn lateness_is_released_by_the_decision_that_the_record_names() {
    let judge = |recipe| fault(&report(recipe));
    let taken_in_at = at("2026-11-25T00:30:00.000000Z");
    let expected = Fault::ScannedLate { taken_in_at, scan_by: at(SCAN_BY) };
    assert_eq!(judge(Recipe { record: late_clocks, ..late_recipe() }), (Step::Windows, expected));
    // Only said, by nobody decided.
    assert_eq!(judge(Recipe { record: released, ..late_recipe() }), (Step::Windows, Fault::LatenessNotReleased));

    let decided: fn(_) -> Vec<Deed> =
        |document| vec![late_release(document, ReasonCode::SystemFailure), confirm(document)];
    let good = report(Recipe { record: released, decisions: decided, ..late_recipe() });
    assert_eq!(good.verdict, Verdict::Passed, "{good:#?}");

    // The act gives another reason than the record.
    let other: fn(_) -> Vec<Deed> = |document| vec![late_release(document, ReasonCode::Disaster), confirm(document)];
    let recipe = Recipe { record: released, decisions: other, ..late_recipe() };
    assert_eq!(judge(recipe), (Step::Windows, Fault::LatenessNotReleased));
    // 9.2 takes only what could not be avoided.
    let own: fn(_) -> Vec<Deed> = |document| vec![late_release(document, ReasonCode::OwnDelay), confirm(document)];
    let avoidable = |record: &mut RecordJson| {
        late_clocks(record);
        record.clocks.late = Some("own-delay".into());
    };
    let recipe = Recipe { record: avoidable, decisions: own, ..late_recipe() };
    assert_eq!(judge(recipe), (Step::Windows, Fault::LatenessAvoidable { reason: "own-delay".into() }));
}

#[test]
fn what_came_in_by_a_clock_in_doubt_is_released_by_somebody() {
    fn in_doubt(record: &mut RecordJson) {
        record.clocks.at_intake.problem = Some("behind".into());
    }
    fn released_in_doubt(record: &mut RecordJson) {
        in_doubt(record);
        record.clocks.late = Some("system-failure".into());
    }
    // As the entry of the copy says too.
    let in_custody: fn(&mut torikomi::journal::Draft) = |draft| {
        let clock = serde_json::json!({"synchronised": true, "estimated_error_us": 800, "problem": "behind"});
        draft.facts.insert("clock".into(), clock);
    };
    let taken_in_at = at(crate::hospital::TAKEN_IN_AT);
    let doubt = Fault::ScanTimeInDoubt { taken_in_at, problem: "behind".into() };
    let unasked = Recipe { record: in_doubt, in_custody, ..Recipe::default() };
    assert_eq!(fault(&report(unasked)), (Step::Windows, doubt));
    let decided: fn(_) -> Vec<Deed> = |document| {
        let again = "2026-11-20T05:00:00.000000Z";
        vec![possible_again(document, ReasonCode::SystemFailure, again), confirm(document)]
    };
    let good = report(Recipe { record: released_in_doubt, in_custody, decisions: decided, ..Recipe::default() });
    assert_eq!(good.verdict, Verdict::Passed, "{good:#?}");
}

#[test]
fn the_second_clock_of_a_late_scan_is_worked_out_anew() {
    let taken_in_at = at("2026-11-25T00:30:00.000000Z");
    // Possible again on Friday, it was to be scanned by the end of Tuesday.
    let on_friday: fn(_) -> Vec<Deed> = |document| {
        let friday = "2026-11-20T14:00:00.000000Z";
        vec![possible_again(document, ReasonCode::SystemFailure, friday), confirm(document)]
    };
    let found = fault(&report(Recipe { record: released, decisions: on_friday, ..late_recipe() }));
    let over = Fault::SecondClockOver { at: taken_in_at, deadline: at(SCAN_BY) };
    assert_eq!(found, (Step::Windows, over));
    // On Tuesday, by the end of Wednesday; nothing is given for the signature, for which there is longer.
    let on_tuesday: fn(_) -> Vec<Deed> = |document| {
        let tuesday = "2026-11-24T14:00:00.000000Z";
        vec![possible_again(document, ReasonCode::SystemFailure, tuesday), confirm(document)]
    };
    let good = report(Recipe { record: released, decisions: on_tuesday, ..late_recipe() });
    assert_eq!(good.verdict, Verdict::Passed, "{good:#?}");
    // What was done before it was possible was possible all along.
    let ahead = |decisions: fn(DocumentId) -> Vec<Deed>, possible_again_at| {
        let found = fault(&report(Recipe { record: released, decisions, ..late_recipe() }));
        let possible_again_at = at(possible_again_at);
        assert_eq!(found, (Step::Windows, Fault::SecondClockAhead { possible_again_at, at: taken_in_at }));
    };
    let on_thursday: fn(_) -> Vec<Deed> =
        |document| vec![possible_again(document, ReasonCode::SystemFailure, "2026-11-25T15:00:00.000000Z")];
    ahead(on_thursday, "2026-11-25T15:00:00.000000Z");
    // Nor is anything released before it was possible.
    let a_moment_later: fn(_) -> Vec<Deed> =
        |document| vec![possible_again(document, ReasonCode::SystemFailure, "2026-11-25T00:30:00.000001Z")];
    ahead(a_moment_later, "2026-11-25T00:30:00.000001Z");
}

/// Taken in on Friday, and signed on the Friday after: three days after its time, which ended with Tuesday noon.
fn signed_a_week_later() -> Recipe {
    let signed_at = at("2026-11-27T02:00:00.000000Z");
    let decided_at = Some(at("2026-11-27T01:00:00.000000Z"));
    Recipe { signed_at, stamped_at: Some(signed_at), filed_at: signed_at, decided_at, ..Recipe::default() }
}

/// Possible again on Thursday at 14:05: eight staffed hours end on Friday at 13:20.
fn on_thursday(document: DocumentId) -> Vec<Deed> {
    let thursday = "2026-11-26T05:05:00.000000Z";
    vec![possible_again(document, ReasonCode::AuthorityOutage, thursday), confirm(document)]
}

fn by_friday(record: &mut RecordJson) {
    record.clocks.late = Some("authority-outage".into());
    record.clocks.sign_by = Some(at("2026-11-27T04:20:00.000000Z"));
}

#[test]
fn a_late_release_gives_the_time_to_sign_once_and_not_for_ever() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe { record: by_friday, decisions: on_thursday, ..signed_a_week_later() });
    let proof = hospital.proof(&filed);
    let good = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    assert_eq!(good.verdict, Verdict::Passed, "{good:#?}");
    assert!(
        good.steps.iter().any(|step| matches!(&step.said, Said::Fact(Fact::LatenessReleased { .. }))),
        "late is never silent: {good:#?}"
    );
    // Without the journal nobody can say from when it was possible again.
    let alone = verify_pack(&hospital.pack(&filed.entries, None), &hospital.trust, true).unwrap();
    let windows = alone.steps.iter().find(|step| step.step == Step::Windows).unwrap();
    assert_eq!(windows.said, Said::Doubt(Doubt::ReleasesNotAtHand { decisions: 1 }));

    let judge = |recipe| fault(&report(recipe));
    // Signed after that time too: in three months, on the strength of the same release.
    let late = at("2026-11-27T04:20:01.000000Z");
    let recipe = Recipe { record: by_friday, decisions: on_thursday, ..signed_a_week_later() };
    let recipe = Recipe { signed_at: late, stamped_at: Some(late), filed_at: late, ..recipe };
    let sign_by = at("2026-11-27T04:20:00.000000Z");
    assert_eq!(judge(recipe), (Step::Windows, Fault::SignedLate { signed_at: late, sign_by }));
    // The record says by when it was to be signed, and says it as it is.
    let first = |record: &mut RecordJson| record.clocks.late = Some("authority-outage".into());
    let recipe = Recipe { record: first, decisions: on_thursday, ..signed_a_week_later() };
    let (computed, said) = (Some(sign_by), Some(at(SIGN_BY)));
    let expected = Fault::DeadlineDiffers { deadline: Deadline::Sign, computed, said };
    assert_eq!(judge(recipe), (Step::Windows, expected));
    // Released only when the second clock had run out as well.
    let on_tuesday: fn(_) -> Vec<Deed> = |document| {
        let tuesday = "2026-11-24T05:05:00.000000Z";
        vec![possible_again(document, ReasonCode::AuthorityOutage, tuesday), confirm(document)]
    };
    let recipe = Recipe { record: by_friday, decisions: on_tuesday, ..signed_a_week_later() };
    let (at_release, deadline) = (at("2026-11-27T01:00:00.000000Z"), at("2026-11-25T04:20:00.000000Z"));
    assert_eq!(judge(recipe), (Step::Windows, Fault::SecondClockOver { at: at_release, deadline }));
    // Whoever accepts a finding that late gives the time once more too, and no longer.
    let accepted: fn(_) -> Vec<Deed> = |document| {
        let (state_digest, reason) = (the_state(), ReasonCode::AsOnPaper);
        vec![Deed::Accept { document, state_digest, reason, pages: PagesSeen::Attested }, confirm(document)]
    };
    let from_there = |record: &mut RecordJson| record.clocks.sign_by = Some(at("2026-11-30T00:15:00.000000Z"));
    let recipe = || Recipe { record: from_there, decisions: accepted, ..signed_a_week_later() };
    let good = report(recipe());
    assert_eq!(good.verdict, Verdict::Passed, "{good:#?}");
    let late = at("2026-11-30T00:15:01.000000Z");
    let recipe = Recipe { signed_at: late, stamped_at: Some(late), filed_at: late, ..recipe() };
    let sign_by = at("2026-11-30T00:15:00.000000Z");
    assert_eq!(judge(recipe), (Step::Windows, Fault::SignedLate { signed_at: late, sign_by }));
}

#[test]
fn a_late_scan_may_be_signed_late_for_another_reason() {
    // Scanned on Wednesday after a failure, and then the authority was away until Friday morning.
    let both: fn(_) -> Vec<Deed> = |document| {
        let friday = "2026-11-27T00:30:00.000000Z";
        let again = possible_again(document, ReasonCode::AuthorityOutage, friday);
        vec![late_release(document, ReasonCode::SystemFailure), again, confirm(document)]
    };
    let record = |record: &mut RecordJson| {
        record.clocks.late = Some("system-failure".into());
        // The scan was released only on Friday at 10:00: from there until 17:15, and 45 minutes of Monday.
        record.clocks.sign_by = Some(at("2026-11-30T00:15:00.000000Z"));
    };
    let recipe = || {
        let late = late_recipe();
        Recipe { taken_in_at: late.taken_in_at, record, decisions: both, ..signed_a_week_later() }
    };
    let good = report(recipe());
    assert_eq!(good.verdict, Verdict::Passed, "{good:#?}");
    // What was said of the signature says nothing of the scan, once the release of that counts no more.
    let hospital = Hospital::new();
    let substitute = substitute(&hospital);
    // Who stands in for the manager a second long.
    let until = recipe().decided_at;
    let from = until.unwrap().plus(jiff::SignedDuration::from_secs(-1));
    let absent = Deed::Absent { person: hospital.manager.person(), from, until };
    append(&hospital, absent, &[&hospital.admin], at(FOUNDED_AT));
    let filed = hospital.file(Recipe { decided_by: vec![std::sync::Arc::clone(&substitute)], ..recipe() });
    let by = [&hospital.admin, &hospital.manager];
    let said = releases_after_revoking(&hospital, &filed, &substitute, by);
    assert!(matches!(said, Said::Fault(Fault::DecisionRevoked { .. })), "{said:?}");
    // Each of them had to be unavoidable.
    let own: fn(_) -> Vec<Deed> = |document| {
        let again = possible_again(document, ReasonCode::OwnDelay, "2026-11-27T00:30:00.000000Z");
        vec![late_release(document, ReasonCode::SystemFailure), again, confirm(document)]
    };
    let found = fault(&report(Recipe { decisions: own, ..recipe() }));
    assert_eq!(found, (Step::Windows, Fault::LatenessAvoidable { reason: "own-delay".into() }));
}
