//! Decisions about documents.

use torikomi::calendar::CannotTell;
use torikomi::control::{Refusal, Request};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::identity::Claims;
use torikomi::ids::{DocumentId, Salt};
use torikomi::journal::Kind;
use torikomi::judgement::{LATENESS, Outcome, Reason, Severity};
use torikomi::ledger::decisions::DecisionKind;
use torikomi::ledger::documents::{self, Document};
use torikomi::patients::{Patients, Settings};
use torikomi::people::acts::{Deed, PagesSeen, ReasonCode};

use crate::bench::{ADMIN, Bench, KIND, MANAGER, STATION, because, identity, person};

fn identify(bench: &Bench, document: DocumentId, patient: Option<&str>, kind: Option<&str>) -> Request {
    Request::Identify {
        by: person(MANAGER),
        document: bench.looked(document),
        facts: Box::new(Facts {
            patient_id: patient.map(ToOwned::to_owned),
            document_type: kind.map(|kind| kind.parse().unwrap()),
            ..Facts::default()
        }),
        supersedes: None,
        reason: because("wrong-patient"),
    }
}

#[test]
fn findings_are_accepted_where_they_may_be() {
    let bench = Bench::new();
    let accept = |document| Request::Accept {
        by: person(MANAGER),
        second: None,
        document: bench.looked(document),
        reason: because("as-on-paper"),
        pages_shown: false,
    };
    let held = bench.judged(KIND, &[("blank_page", Severity::Hold)]);
    assert_eq!(bench.document(held).held, Some(HoldReason::Findings));
    let parts = bench.opened.line.database.read(async |tx| documents::parts(tx, held).await).unwrap();
    let of = |document| torikomi::daemon::requests::state::digest(&document, &parts).unwrap();
    let digest = of(bench.document(held));
    // Whoever guesses the patient cannot try it out on the journal.
    let guessed = Document { salt: Salt::random().unwrap(), ..bench.document(held) };
    assert_ne!(of(guessed), digest);
    let answer = bench.done(accept(held));
    let (entry, signed) = bench.last_act();
    assert_eq!((entry.kind, entry.subject.document), (Kind::DocumentAccepted, Some(held)));
    assert_eq!(answer["journal_index"], entry.index);
    let (reason, pages) = (ReasonCode::AsOnPaper, PagesSeen::Attested);
    assert_eq!(signed.act().deed, Deed::Accept { document: held, state_digest: digest, reason, pages });
    assert!(entry.private.is_some() && !signed.signatures().is_empty());
    let decisions = bench.decisions(held);
    assert_eq!((decisions[0].kind, decisions[0].journal_index), (DecisionKind::Accept, entry.index));
    let after = bench.document(held);
    assert_eq!((after.state, after.held), (DocumentState::Signing, None));

    let rejected = bench.judged(KIND, &[("page_damaged", Severity::Reject)]);
    bench.done(accept(rejected));
    assert_eq!(bench.decisions(rejected)[0].kind, DecisionKind::Exception);

    let strict = bench.judged("strict-letter", &[("page_damaged", Severity::Reject)]);
    assert_eq!(bench.refused(accept(strict)), Refusal::NoException { check: "page_damaged".into() });
    let late = bench.judged(KIND, &[(LATENESS, Severity::Hold)]);
    assert_eq!(bench.refused(accept(late)), Refusal::NotReleasable);
    assert!(matches!(bench.refused(accept(held)), Refusal::WrongState { state, .. } if state == "signing"));
    let again = bench.judged(KIND, &[("blank_page", Severity::Hold)]);
    let by_admin = Request::Accept {
        by: person(ADMIN),
        second: None,
        document: bench.looked(again),
        reason: because("as-on-paper"),
        pages_shown: true,
    };
    assert!(matches!(bench.refused(by_admin), Refusal::RoleNeeded { role } if role == "information_manager"));
}

#[test]
fn a_person_says_whose_a_document_is() {
    let bench = Bench::new();
    let document = bench.fresh();
    assert!(matches!(bench.refused(identify(&bench, document, Some("9990001"), None)), Refusal::WrongState { .. }));
    bench.hold(document, HoldReason::Identity);
    bench.done(identify(&bench, document, Some("9990001"), Some(KIND)));
    let after = bench.document(document);
    assert_eq!((after.state, after.held), (DocumentState::Identifying, None));
    assert!(after.stated.contains("9990001") && after.stated.contains("person"));
    let (entry, signed) = bench.last_act();
    assert_eq!(entry.kind, Kind::DocumentIdentified);
    assert!(!serde_json::to_string(&entry).unwrap().contains("9990001"), "no patient data in an entry");
    assert!(matches!(signed.act().deed, Deed::Identify { weaker_profile: false, .. }));

    // What was judged goes back to be identified; to ask for less is the manager's, and the act says so.
    let judged = bench.judged("strict-letter", &[("blank_page", Severity::Hold)]);
    bench.done(identify(&bench, judged, None, Some(KIND)));
    assert_eq!(bench.document(judged).state, DocumentState::Identifying);
    assert!(matches!(bench.last_act().1.act().deed, Deed::Identify { weaker_profile: true, .. }));

    let held = bench.judged(KIND, &[("blank_page", Severity::Hold)]);
    assert!(matches!(bench.refused(identify(&bench, held, Some("架空"), None)), Refusal::MalformedPatientId { .. }));
    assert!(matches!(bench.refused(identify(&bench, held, None, None)), Refusal::NothingStated));
    let mut whim = identify(&bench, held, Some("9990001"), None);
    if let Request::Identify { reason, .. } = &mut whim {
        *reason = because("whim");
    }
    assert_eq!(bench.refused(whim), Refusal::UnknownReason { reason: "whim".into() });
    let day = "2099-01-05".parse().unwrap();
    let mut tomorrow = identify(&bench, held, Some("9990001"), None);
    if let Request::Identify { facts, .. } = &mut tomorrow {
        facts.obtained_on = Some(day);
    }
    assert_eq!(bench.refused(tomorrow), Refusal::DayToCome { day });
    assert!(matches!(bench.refused(identify(&bench, held, None, Some("no-such"))), Refusal::Unknown { .. }));
    let with = |facts: Facts| {
        let (by, document, facts) = (person(MANAGER), bench.looked(held), Box::new(facts));
        Request::Identify { by, document, facts, supersedes: None, reason: because("wrong-kind") }
    };
    let elsewhere = Facts { station: Some("er".parse().unwrap()), ..Facts::default() };
    assert_eq!(bench.refused(with(elsewhere)), Refusal::OtherStation { station: STATION.parse().unwrap() });
    let nobody = Facts { operator: Some("nobody".into()), ..Facts::default() };
    assert_eq!(bench.refused(with(nobody)), Refusal::Unknown { what: "nobody".into() });
}

#[test]
fn what_was_changed_after_it_was_taken_goes_on_by_the_word_of_whoever_looked() {
    let bench = Bench::new();
    let looked = |documents: Vec<DocumentId>| documents.into_iter().map(|id| bench.looked(id)).collect();
    let retry = |by: &str, documents| Request::Retry { by: person(by), documents: looked(documents) };
    let fresh = bench.fresh();
    bench.hold(fresh, HoldReason::SourceChanged);
    let refused = bench.refused(retry(MANAGER, vec![fresh]));
    assert!(matches!(refused, Refusal::WrongState { .. }), "whose it is has to be said: {refused:?}");
    // A word about something else is no such word, wherever it stands.
    let delivery = torikomi::ids::DeliveryId::new();
    let judged = bench.judged(KIND, &[("blank_page", Severity::Hold)]);
    let (now, detail) = (bench.now(), format!(r#"{{"code":"source-grew","delivery":"{delivery}"}}"#));
    bench.write(async move |tx| {
        let (state, reason) = (DocumentState::Review, HoldReason::SourceChanged);
        documents::hold(tx, judged, state, reason, Some(&detail), now).await
    });
    assert_eq!(
        bench.refused(identify(&bench, judged, Some("9990001"), None)),
        Refusal::StatedInPart { document: judged }
    );
    let mut whole = identify(&bench, judged, Some("9990001"), Some(KIND));
    if let Request::Identify { facts, .. } = &mut whole {
        facts.obtained_on = Some("2026-01-05".parse().unwrap());
    }
    bench.done(whole);
    assert_eq!(bench.document(judged).state, DocumentState::Identifying);
    let (_, signed) = bench.last_act();
    assert!(matches!(&signed.act().deed, Deed::Identify { set_aside, .. } if set_aside[0].fault == "source-grew"));
    let signing = |bench: &Bench| {
        let id = bench.fresh();
        bench.put(id, DocumentState::Signing);
        bench.hold(id, HoldReason::SourceChanged);
        id
    };
    let [one, other] = [signing(&bench), signing(&bench)];
    assert_eq!(bench.refused(retry(MANAGER, vec![one, other])), Refusal::LookedAtSingly { document: one });
    assert!(matches!(bench.refused(retry(ADMIN, vec![one])), Refusal::RoleNeeded { .. }));
    bench.done(retry(MANAGER, vec![one]));
    assert_eq!(bench.document(one).held, None);
    assert_eq!(bench.document(other).held, Some(HoldReason::SourceChanged));
    // A piece that has come further can still be ended, and nothing else that a stage has in hand.
    let discard = |id| {
        let document = bench.looked(id);
        Request::Discard { by: person(MANAGER), document, reason: because("not-a-record") }
    };
    let [piece, usual] = [bench.fresh(), bench.fresh()];
    for id in [piece, usual] {
        bench.put(id, DocumentState::Stamping);
    }
    bench.hold(piece, HoldReason::SourceChanged);
    assert!(matches!(bench.refused(discard(usual)), Refusal::WrongState { .. }));
    bench.done(discard(piece));
    assert_eq!(bench.document(piece).state, DocumentState::Discarded);
}

#[test]
fn what_a_document_supersedes_is_part_of_the_act() {
    let bench = Bench::new();
    let reject = bench.judged(KIND, &[("page_damaged", Severity::Reject)]);
    let rescan = bench.judged(KIND, &[("blank_page", Severity::Hold)]);
    let supersede = |document, earlier| Request::Identify {
        by: person(MANAGER),
        document: bench.looked(document),
        facts: Box::default(),
        supersedes: Some(earlier),
        reason: because("rescan"),
    };
    assert_eq!(bench.refused(supersede(reject, rescan)), Refusal::NotSupersedable { document: rescan });
    assert_eq!(bench.refused(supersede(rescan, rescan)), Refusal::NotSupersedable { document: rescan });
    let open = bench.judged(KIND, &[]);
    assert_eq!(
        bench.refused(supersede(bench.judged(KIND, &[("blank_page", Severity::Hold)]), open)),
        Refusal::NotSupersedable { document: open }
    );
    // One patient's page takes no other's place.
    let mut another = supersede(rescan, reject);
    if let Request::Identify { facts, .. } = &mut another {
        facts.patient_id = Some("9990002".into());
    }
    assert_eq!(bench.refused(another), Refusal::SupersedesAnothers { document: reject });
    let fresh = bench.fresh();
    bench.hold(fresh, HoldReason::Identity);
    assert_eq!(bench.refused(supersede(fresh, reject)), Refusal::SupersedesUnidentified);
    bench.done(supersede(rescan, reject));
    let (_, signed) = bench.last_act();
    assert_eq!(signed.act().deed.supersedes(None), Some(reject));
    assert_eq!(bench.document(rescan).supersedes, Some(reject));
    assert_eq!(bench.document(reject).state, DocumentState::Review, "it waits until the rescan is filed");
}

#[test]
fn what_a_document_supersedes_can_be_taken_back() {
    let bench = Bench::new();
    let [reject, rescan] = [0, 1].map(|_| bench.judged(KIND, &[("page_damaged", Severity::Reject)]));
    let state = |document, patient: &str, earlier| {
        let mut request = identify(&bench, document, Some(patient), None);
        if let Request::Identify { supersedes, .. } = &mut request {
            *supersedes = earlier;
        }
        request
    };
    let waits = |document| {
        bench.put(document, DocumentState::Review);
        bench.document(document).supersedes
    };
    bench.done(state(rescan, "9990001", Some(reject)));
    assert_eq!(waits(rescan), Some(reject));
    // The reject turns out to be Taro's, but Hanako's rescan would end it.
    let another = Refusal::SupersededByAnothers { document: rescan };
    assert_eq!(bench.refused(state(reject, "9990002", None)), another);
    bench.done(state(rescan, "9990001", None));
    assert_eq!(waits(rescan), None, "what it is was said anew, and with it that it replaces nothing");
    let (_, signed) = bench.last_act();
    assert_eq!(signed.act().deed.supersedes(Some(reject)), None);
    bench.done(state(reject, "9990002", None));
}

#[test]
fn a_patient_who_was_merged_is_the_same_one() {
    let bench = Bench::new();
    let [reject, rescan] = [0, 1].map(|_| bench.judged(KIND, &[("page_damaged", Severity::Reject)]));
    let under = |document, id: &'static str| {
        bench.write(async move |tx| {
            let mut identity = identity();
            identity.patient.as_mut().unwrap().value.id = id.into();
            documents::set_identity(tx, document, &identity, &Default::default(), None).await
        });
    };
    let patients = std::path::Path::new("fixtures/samples/patients.csv");
    bench.opened.line.set_patients(Patients::load(patients, &Settings::default(), None).unwrap());
    let supersede = || {
        let kind = Facts { document_type: Some(KIND.parse().unwrap()), ..Facts::default() };
        let (by, facts) = (person(MANAGER), Box::new(kind));
        Request::Identify {
            by,
            document: bench.looked(rescan),
            facts,
            supersedes: Some(reject),
            reason: because("rescan"),
        }
    };
    under(reject, "9990007");
    under(rescan, "9990003");
    assert_eq!(bench.refused(supersede()), Refusal::SupersedesAnothers { document: reject });
    under(rescan, "9990002");
    bench.done(supersede());
    assert_eq!(bench.document(rescan).supersedes, Some(reject));
}

#[test]
fn documents_are_sent_back_together_or_not_at_all() {
    let bench = Bench::new();
    let looked = |documents: Vec<DocumentId>| documents.into_iter().map(|id| bench.looked(id)).collect();
    let send_back = |ids| {
        let documents = looked(ids);
        Request::SendBack { by: person(MANAGER), documents, reason: because("rescan") }
    };
    let both = [bench.judged(KIND, &[("page_damaged", Severity::Reject)]), bench.judged(KIND, &[])];
    bench.done(send_back(both.to_vec()));
    for document in both {
        assert_eq!(bench.document(document).state, DocumentState::SentBack);
        assert_eq!(bench.decisions(document)[0].kind, DecisionKind::SendBack);
    }
    let (entry, signed) = bench.last_act();
    assert_eq!((entry.kind, entry.subject.document), (Kind::DocumentSentBack, Some(both[1])));
    assert!(matches!(&signed.act().deed, Deed::SendBack { documents, .. } if *documents == [both[1]]));
    // One that cannot be sent back keeps the others where they are.
    let open = bench.judged(KIND, &[("blank_page", Severity::Hold)]);
    assert!(matches!(bench.refused(send_back(vec![open, both[0]])), Refusal::WrongState { .. }));
    assert!(matches!(bench.refused(send_back(Vec::new())), Refusal::DocumentsNamed { .. }));
}

#[test]
fn what_is_no_document_is_discarded_by_the_manager() {
    let bench = Bench::new();
    let document = bench.judged(KIND, &[("blank_page", Severity::Hold)]);
    let discard = |who: &str| {
        let document = bench.looked(document);
        Request::Discard { by: person(who), document, reason: because("not-a-record") }
    };
    assert!(matches!(bench.refused(discard(ADMIN)), Refusal::RoleNeeded { .. }));
    bench.done(discard(MANAGER));
    assert_eq!(bench.document(document).state, DocumentState::Discarded);
    assert_eq!(bench.last_act().0.kind, Kind::DocumentDiscarded);
    assert!(matches!(bench.refused(discard(MANAGER)), Refusal::WrongState { .. }));
}

#[test]
fn a_document_is_confirmed_where_it_waits_for_that() {
    let bench = Bench::new();
    let document = bench.judged(KIND, &[]);
    let confirm = || {
        let document = bench.looked(document);
        Request::Confirm { by: person(MANAGER), document, pages_shown: false, supersedes: None }
    };
    assert!(matches!(bench.refused(confirm()), Refusal::WrongState { state, .. } if state == "signing"));
    let now = bench.now();
    bench.write(async move |tx| {
        let to = DocumentState::AwaitingConfirmation;
        documents::move_on(tx, document, DocumentState::Signing, to, now).await
    });
    bench.done(confirm());
    assert_eq!(bench.document(document).state, DocumentState::Signing);
    assert_eq!(bench.decisions(document)[0].kind, DecisionKind::Confirm);
    assert_eq!(bench.last_act().0.kind, Kind::DocumentConfirmed);
}

#[test]
fn lateness_is_released_for_what_was_unavoidable_and_in_time_by_the_second_clock() {
    let bench = Bench::new();
    let late = bench.judged(KIND, &[(LATENESS, Severity::Hold)]);
    let release = |reason: &str, possible_again_at| Request::ReleaseLate {
        by: person(MANAGER),
        documents: vec![bench.looked(late)],
        reason: because(reason),
        possible_again_at,
    };
    let now = bench.now();
    let ago = |days: i64| now.plus(jiff::SignedDuration::from_hours(-24 * days));
    let own = bench.refused(release("own-delay", now));
    assert_eq!(own, Refusal::ReasonNotAllowed { reason: "own-delay".into() });
    assert!(matches!(bench.refused(release("disaster", ago(-1))), Refusal::NotPossibleYet { .. }));
    assert!(matches!(bench.refused(release("disaster", ago(30))), Refusal::SecondClockOver { .. }));
    bench.done(release("system-failure", now));
    assert_eq!(bench.document(late).state, DocumentState::Signing);
    let (entry, signed) = bench.last_act();
    assert_eq!(entry.kind, Kind::LateReleased);
    assert!(matches!(signed.act().deed, Deed::LateRelease { possible_again_at, .. } if possible_again_at == now));
}

#[test]
fn a_release_says_by_when_it_is_to_be_signed() {
    let bench = Bench::new();
    let waits = bench.judged(KIND, &[]);
    let (now, ago) = (bench.now(), |days: i64| bench.now().plus(jiff::SignedDuration::from_hours(-24 * days)));
    let taken_in_at = ago(60);
    bench.write(async move |tx| {
        sqlx::query("UPDATE document SET taken_in_at = $1, state = 'review', held = 'late' WHERE id = $2")
            .bind(taken_in_at.as_microseconds())
            .bind(waits.to_string())
            .execute(tx)
            .await?;
        Ok(())
    });
    let release = |possible_again_at| Request::ReleaseLate {
        by: person(MANAGER),
        documents: vec![bench.looked(waits)],
        reason: because("authority-outage"),
        possible_again_at,
    };
    assert!(matches!(bench.refused(release(ago(30))), Refusal::SecondClockOver { .. }));
    bench.done(release(now));
    let (released, calendar) = (bench.document(waits), bench.opened.line.calendar());
    assert_eq!(released.state, DocumentState::Signing);
    let span = bench.profile(KIND).window.sign_within;
    assert_eq!(released.due_at, calendar.calendar.deadline(now, span, &released.station).ok());
    assert_eq!(bench.decisions(waits)[0].possible_again_at, Some(now));
}

#[test]
fn a_release_counts_by_the_calendar_that_judged() {
    let bench = Bench::new();
    let late = bench.judged(KIND, &[(LATENESS, Severity::Hold)]);
    // A calendar that ended before anybody could have worked again.
    let line = &bench.opened.line;
    let text = String::from_utf8(line.calendar().bytes.clone()).unwrap();
    let ended = text.replace("valid_until = \"2027-12-31\"", "valid_until = \"2024-12-31\"");
    assert_ne!(ended, text);
    let digest = line.objects.put(ended.as_bytes()).unwrap();
    bench.write(async move |tx| documents::set_calendar(tx, late, &digest).await);
    let possible_again_at = bench.now();
    let release = || Request::ReleaseLate {
        by: person(MANAGER),
        documents: vec![bench.looked(late)],
        reason: because("system-failure"),
        possible_again_at,
    };
    let refused = bench.refused(release());
    assert!(matches!(refused, Refusal::DeadlineNotTold { .. }), "{refused:?}");
    let digest = line.objects.put(text.as_bytes()).unwrap();
    bench.write(async move |tx| documents::set_calendar(tx, late, &digest).await);
    bench.done(release());
}

/// Where nobody can tell whether it came late, nobody can release a lateness: the record would never verify.
#[test]
fn a_lateness_that_no_calendar_tells_is_judged_anew_and_not_released() {
    let bench = Bench::new();
    let [early, told] = [0, 1].map(|_| bench.judged(KIND, &[(LATENESS, Severity::Hold)]));
    let mut identity = identity();
    identity.obtained_on.as_mut().unwrap().value = "2019-12-27".parse().unwrap();
    let calendar = CannotTell::BeforeCalendar { valid_from: "2024-01-01".parse().unwrap() };
    let mut judgement = bench.document(early).judgement.unwrap();
    judgement.findings[0].outcome = Outcome::Indeterminate(Reason::DeadlineNotTold { calendar: calendar.clone() });
    bench.write(async move |tx| {
        documents::set_identity(tx, early, &identity, &Claims::default(), Some(&judgement.profile)).await?;
        documents::set_judgement(tx, early, &judgement, None).await
    });
    let release = |document| Request::ReleaseLate {
        by: person(MANAGER),
        documents: vec![bench.looked(document)],
        reason: because("system-failure"),
        possible_again_at: bench.now(),
    };
    assert_eq!(bench.refused(release(early)), Refusal::DeadlineNotTold { calendar });
    // Whoever looks after the calendar has it judged by what they wrote; where a deadline was told, that tells nothing new.
    let retry = |document| Request::Retry { by: person(ADMIN), documents: vec![bench.looked(document)] };
    assert!(matches!(bench.refused(retry(told)), Refusal::WrongState { .. }));
    bench.done(retry(early));
    let after = bench.document(early);
    assert_eq!((after.state, after.held), (DocumentState::Inspecting, None));
    assert_eq!(bench.last_act().0.kind, Kind::DocumentRetried);
    // Its file was changed meanwhile: then whose and what it is has to be said.
    bench.put(early, DocumentState::Review);
    bench.hold(early, HoldReason::SourceChanged);
    let by_manager = Request::Retry { by: person(MANAGER), documents: vec![bench.looked(early)] };
    assert!(matches!(bench.refused(by_manager), Refusal::WrongState { .. }));
    bench.done(release(told));
}

#[test]
fn what_is_accepted_after_its_time_is_due_by_the_time_that_the_acceptance_gives() {
    let bench = Bench::new();
    let [old, fresh] = [0, 1].map(|_| bench.judged(KIND, &[("blank_page", Severity::Hold)]));
    let taken_in_at = bench.now().plus(jiff::SignedDuration::from_hours(-24 * 60));
    bench.write(async move |tx| {
        sqlx::query("UPDATE document SET taken_in_at = $1, due_at = $1 WHERE id = $2")
            .bind(taken_in_at.as_microseconds())
            .bind(old.to_string())
            .execute(tx)
            .await?;
        Ok(())
    });
    let (calendar, span) = (bench.opened.line.calendar(), bench.profile(KIND).window.sign_within);
    for document in [old, fresh] {
        let reason = because("as-on-paper");
        let document = bench.looked(document);
        bench.done(Request::Accept { by: person(MANAGER), second: None, document, reason, pages_shown: true });
    }
    let due = |document: &Document, from| calendar.calendar.deadline(from, span, &document.station).unwrap();
    let accepted = bench.document(old);
    assert_eq!(accepted.due_at, Some(due(&accepted, bench.decisions(old)[0].at)));
    let accepted = bench.document(fresh);
    assert_eq!(accepted.due_at, Some(due(&accepted, accepted.taken_in_at)));
}

#[test]
fn what_failed_is_tried_again_and_what_waits_for_a_decision_is_not() {
    let bench = Bench::new();
    let failed = bench.judged(KIND, &[]);
    bench.hold(failed, HoldReason::StageFailed);
    let retry = |document| Request::Retry { by: person(ADMIN), documents: vec![bench.looked(document)] };
    bench.done(retry(failed));
    assert_eq!(bench.document(failed).held, None);
    assert_eq!(bench.last_act().0.kind, Kind::DocumentRetried);
    assert!(matches!(bench.refused(retry(failed)), Refusal::WrongState { .. }));
    let waits = bench.judged(KIND, &[("blank_page", Severity::Hold)]);
    assert!(matches!(bench.refused(retry(waits)), Refusal::WrongState { .. }));
}

/// Where a stage alone moves a document on, it is nobody else's while the stage has it in hand, and has a way out after that.
#[test]
fn what_failed_in_a_stages_hands_can_be_ended() {
    let bench = Bench::new();
    for state in [DocumentState::Inspecting, DocumentState::Stamping, DocumentState::Filing] {
        let [back, gone] = [0, 1].map(|_| bench.judged(KIND, &[]));
        let send_back =
            |who| Request::SendBack { by: person(who), documents: vec![bench.looked(back)], reason: because("rescan") };
        let discard =
            || Request::Discard { by: person(MANAGER), document: bench.looked(gone), reason: because("duplicate") };
        for document in [back, gone] {
            bench.put(document, state);
        }
        assert!(matches!(bench.refused(send_back(MANAGER)), Refusal::WrongState { .. }));
        assert!(matches!(bench.refused(discard()), Refusal::WrongState { .. }));
        for document in [back, gone] {
            bench.hold(document, HoldReason::StageFailed);
        }
        assert!(matches!(bench.refused(send_back(ADMIN)), Refusal::RoleNeeded { .. }));
        bench.done(send_back(MANAGER));
        bench.done(discard());
        let ended = [back, gone].map(|document| bench.document(document).state);
        assert_eq!(ended, [DocumentState::SentBack, DocumentState::Discarded], "{state}");
    }
}

#[test]
fn a_document_is_assigned_to_somebody_there_is() {
    let bench = Bench::new();
    let document = bench.judged(KIND, &[("blank_page", Severity::Hold)]);
    let assign = |to: &str| Request::Assign { by: person(MANAGER), documents: vec![document], to: to.into() };
    assert_eq!(bench.refused(assign("nobody")), Refusal::Unknown { what: "nobody".into() });
    bench.done(assign(ADMIN));
    assert!(bench.document(document).assigned_to.is_some());
    assert_eq!(bench.last_act().0.kind, Kind::DocumentAssigned);
}

#[test]
fn a_delivery_in_doubt_is_refused_by_a_person() {
    use torikomi::daemon::requests::shown;
    use torikomi::document::DeliveryState;
    use torikomi::ledger::deliveries;
    let bench = Bench::new();
    let (delivery, now) = (torikomi::ids::DeliveryId::new(), bench.now());
    bench.write(async move |tx| {
        deliveries::enter(tx, delivery, &STATION.parse().unwrap(), b"scan.tif", now).await?;
        deliveries::move_on(tx, delivery, DeliveryState::Arriving, DeliveryState::InCustody, None, now).await?;
        deliveries::move_on(tx, delivery, DeliveryState::InCustody, DeliveryState::Incomplete, None, now).await
    });
    let found = || bench.opened.line.database.read(async |tx| deliveries::get(tx, delivery).await).unwrap().unwrap();
    let decide = |who: &str, take| {
        let (by, shown) = (person(who), shown::of_delivery(&found()).unwrap());
        Request::DecideDelivery { by, delivery, shown, take, reason: because("not-a-record") }
    };
    // Its copy in custody is gone: nothing is decided about what nobody can read.
    assert!(matches!(bench.refused(decide(MANAGER, true)), Refusal::Environment { .. }));
    assert!(matches!(bench.refused(decide(ADMIN, false)), Refusal::RoleNeeded { .. }));
    bench.done(decide(MANAGER, false));
    assert_eq!(found().state, DeliveryState::Refused);
    assert_eq!(bench.last_act().0.kind, Kind::DeliveryDecided);
    assert!(matches!(bench.refused(decide(MANAGER, true)), Refusal::WrongState { .. }));
}

/// A stage may look for a session, be overtaken by somebody who opens one and wakes all who wait, and only then hold.
#[test]
fn what_is_held_for_a_session_that_was_opened_meanwhile_goes_on_by_itself() {
    let bench = Bench::new();
    let open = Request::OpenSession {
        by: person(MANAGER),
        station: STATION.parse().unwrap(),
        attested: true,
        obtained_on: None,
    };
    let opened = bench.done(open);
    let line = &bench.opened.line;
    let held = |id| bench.document(id).held;
    let all: Vec<_> = (0..20).map(|_| bench.judged(KIND, &[])).collect();
    for id in &all {
        line.wait_for(&bench.document(*id), HoldReason::NoSession, None, None).unwrap();
        assert_eq!(held(*id), None, "nobody would wake it");
    }
    // What the session that is open may not sign waits for the next.
    let session = opened["session"].as_str().unwrap().parse().ok();
    line.wait_for(&bench.document(all[0]), HoldReason::NoSession, None, session).unwrap();
    assert_eq!(held(all[0]), Some(HoldReason::NoSession));
    line.wait_for(&bench.document(all[1]), HoldReason::NoInformationManager, None, session).unwrap();
    line.wait_for(&bench.document(all[2]), HoldReason::Clock, None, session).unwrap();
    assert_eq!((held(all[1]), held(all[2])), (None, None));
}

/// The same of whoever vouches for the batch of the session that is open.
#[test]
fn what_is_held_for_want_of_an_attestation_that_was_given_meanwhile_goes_on_by_itself() {
    let bench = Bench::new();
    let station = STATION.parse().unwrap();
    let open = Request::OpenSession { by: person(MANAGER), station, attested: false, obtained_on: None };
    let session = bench.done(open)["session"].as_str().unwrap().parse().unwrap();
    let [one, other] = [0, 1].map(|_| bench.judged(KIND, &[]));
    let line = &bench.opened.line;
    let hold = |id| line.wait_for(&bench.document(id), HoldReason::NoAttestation, None, Some(session)).unwrap();
    hold(one);
    assert_eq!(bench.document(one).held, Some(HoldReason::NoAttestation), "nobody has attested anything yet");
    bench.done(Request::AttestBatch { by: person(MANAGER), session });
    hold(other);
    assert_eq!([one, other].map(|id| bench.document(id).held), [None, None], "nobody would wake it");
}
