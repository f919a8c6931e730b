//! What somebody could write who has the journal's key, or colludes: acts that the line itself would refuse, and records
//! that say of themselves what the journal does not. Each is named.

use jiff::SignedDuration;
use serde_json::Value;
use torikomi::crypto::make::{KeyPair, Suite};
use torikomi::evidence::record::{RecordJson, Seen};
use torikomi::identity::Source;
use torikomi::ids::{Digest, DocumentId, PersonId, SessionId};
use torikomi::instant::Instant;
use torikomi::judgement::{Finding, Outcome, Reason, Severity};
use torikomi::people::acts::{Act, ActRules, Deed, PagesSeen, ReasonCode, RevocationReason, Signed};
use torikomi::people::appointments::Appointment;
use torikomi::people::certificates::Signer;
use torikomi::people::enrolment;
use torikomi::people::register::NewPerson;
use torikomi::people::{PeopleError, Role};
use torikomi::verification::journal::{JournalFault, Sources, verify};
use torikomi::verification::{ActFault, Fault, Said, Step, StepResult, Verdict, verify_pack};

use crate::hospital::{FOUNDED_AT, Hospital, Recipe, SIGNED_AT, TAKEN_IN_AT, at, confirm, found, the_state, validity};

/// Appends an act whoever may do it, and answers at which place.
fn append(hospital: &Hospital, deed: Deed, signers: &[&Signer], at: Instant) -> u64 {
    let act = Act::new(deed, signers[0].person(), at, hospital.home);
    let act = if let Some(second) = signers.get(1) { act.with_second(second.person()) } else { act };
    hospital.append(Signed::sign(act, signers).unwrap().into_draft(None), at).index
}

/// What the whole journal's verification says of the acts.
fn acts_at_fault(hospital: &Hospital) -> Vec<(u64, ActFault)> {
    let files = hospital.folder.path().join("store/journal");
    torikomi::journal::files::Files::open(&files).unwrap().catch_up(&hospital.database).unwrap();
    let (database, trust) = (&hospital.database, &hospital.trust);
    let report = verify(&Sources { database, files: &files, trust, against: None }, |_, _| ()).unwrap();
    let acts = report.faults.into_iter().filter_map(|fault| match fault {
        JournalFault::ActWrong { index, act_fault } => Some((index, act_fault)),
        _ => None,
    });
    acts.collect()
}

fn appointment(person: PersonId, role: Role, from: Instant) -> Deed {
    Deed::Appoint(Appointment { person, role, rank: 2, from, until: None })
}

#[test]
fn a_home_is_founded_once() {
    let hospital = Hospital::new();
    let (admin, now) = (&hospital.admin, at(TAKEN_IN_AT));
    let again = Deed::Genesis {
        root: Digest::of(hospital.ca.certificate()),
        timestamping: None,
        people: vec![admin.person(), admin.person()],
        appointments: vec![Appointment {
            person: admin.person(),
            role: Role::InformationManager,
            rank: 1,
            from: at(FOUNDED_AT),
            until: None,
        }],
        certificates: Vec::new(),
        profiles: Vec::new(),
    };
    let index = append(&hospital, again, &[admin, admin], now);
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActOutOfPlace)]);
}

#[test]
fn a_certificate_is_asked_for_by_its_own_key() {
    let hospital = Hospital::new();
    let now = at(TAKEN_IN_AT);
    let key = KeyPair::generate(Suite::Ed25519).unwrap();
    let file = "another.pem".to_owned();
    let person = &hospital.manager_person;
    let certificate = enrolment::issue(&hospital.ca, person, &key, "見本病院", file, validity(), now).unwrap();
    // The manager's old key signs; the new one, of which the manager may know nothing, does not.
    let deed = Deed::Enrol(certificate.issued());
    let index = append(&hospital, deed, &[&hospital.admin, &hospital.manager], now);
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActOutOfPlace)]);
}

#[test]
fn nobody_has_two_keys_in_force() {
    let hospital = Hospital::new();
    let now = at(TAKEN_IN_AT);
    let key = KeyPair::generate(Suite::Ed25519).unwrap();
    let person = &hospital.manager_person;
    let certificate =
        enrolment::issue(&hospital.ca, person, &key, "見本病院", "another.pem".to_owned(), validity(), now).unwrap();
    hospital.register(&certificate);
    let deed = Deed::Enrol(certificate.issued());
    let another = Signer::new(person, certificate, key).unwrap();
    let index = append(&hospital, deed.clone(), &[&hospital.admin, &another], now);
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActOutOfPlace)]);
    // Once its owner has ended the first, it is in order.
    append(&hospital, revocation(&hospital, now), &[&hospital.manager], now);
    append(&hospital, deed, &[&hospital.admin, &another], now);
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActOutOfPlace)]);
}

/// The end of the manager's key.
fn revocation(hospital: &Hospital, since: Instant) -> Deed {
    let (person, certificate) = (hospital.manager.person(), hospital.manager.certificate().fingerprint);
    Deed::Revoke { person, certificate, since, why: RevocationReason::KeyCompromised }
}

/// A second administrator.
fn third(hospital: &Hospital, now: Instant) -> Signer {
    let rules =
        ActRules { home: hospital.home, clock_skew: SignedDuration::ZERO, second_person_after: SignedDuration::ZERO };
    let new = NewPerson {
        login: "mihon-hanako".into(),
        name: "見本 花子".into(),
        kana: None,
        occupation: "事務員".into(),
        department: "医事課".into(),
    };
    let (admin, manager) = (&hospital.admin, &hospital.manager);
    let person = new.into_person(Some(admin.person()), now).unwrap();
    let key = KeyPair::generate(Suite::Ed25519).unwrap();
    let file = "mihon-hanako.pem".to_owned();
    let certificate = enrolment::issue(&hospital.ca, &person, &key, "見本病院", file, validity(), now).unwrap();
    let third = Signer::new(&person, certificate.clone(), key).unwrap();
    let (act, private) = enrolment::add_person_act(&person, admin, now, hospital.home).unwrap();
    let added = Signed::sign(act, &[admin]).unwrap();
    let act = Act::new(Deed::Enrol(certificate.issued()), admin.person(), now, hospital.home);
    let enrolled = Signed::sign(act.with_second(third.person()), &[admin, &third]).unwrap();
    let deed = appointment(third.person(), Role::Admin, now);
    let act = Act::new(deed, admin.person(), now, hospital.home).with_second(manager.person());
    let appointed = Signed::sign(act, &[admin, manager]).unwrap();
    let journal = std::sync::Arc::clone(&hospital.journal);
    let done = hospital.database.write::<_, PeopleError, _>(async move |tx| {
        let change = enrolment::add_person(tx, added, person, private, &rules, now).await?;
        let appended = journal.append(tx, change.entry.clone(), now).await?;
        change.apply(tx, appended.index).await?;
        let change = enrolment::enrol(tx, enrolled, certificate, &rules, now).await?;
        let appended = journal.append(tx, change.entry.clone(), now).await?;
        change.apply(tx, appended.index).await?;
        let change = enrolment::appoint(tx, appointed, &rules, now).await?;
        let appended = journal.append(tx, change.entry.clone(), now).await?;
        Ok(change.apply(tx, appended.index).await?)
    });
    done.unwrap();
    third
}

#[test]
fn one_person_alone_undoes_nothing() {
    let now = at(TAKEN_IN_AT);
    let a_moment_ago = now.plus(SignedDuration::from_micros(-1));
    let judge = |since: Instant, signers: fn(&Hospital) -> Vec<&Signer>| {
        let hospital = Hospital::new();
        let index = append(&hospital, revocation(&hospital, since), &signers(&hospital), now);
        let faults = acts_at_fault(&hospital);
        assert!(faults.iter().all(|fault| *fault == (index, ActFault::ActOutOfPlace)), "{faults:?}");
        faults.is_empty()
    };
    // From now on, one is enough, be it the owner or somebody else who may.
    assert!(judge(now, |hospital| vec![&hospital.manager]));
    assert!(judge(now, |hospital| vec![&hospital.admin]));
    assert!(!judge(a_moment_ago, |hospital| vec![&hospital.manager]));
    assert!(!judge(a_moment_ago, |hospital| vec![&hospital.admin]));
    // The one whose key it is does not stand in for a second person.
    assert!(!judge(now, |hospital| vec![&hospital.admin, &hospital.manager]));
    assert!(!judge(now, |hospital| vec![&hospital.manager, &hospital.admin]));
}

#[test]
fn two_others_revoke_from_earlier_than_one_did() {
    let (founded, stolen) = (at(FOUNDED_AT), at("2026-11-10T00:00:00.000000Z"));
    let (noticed, now) = (at("2026-11-19T00:00:00.000000Z"), at(TAKEN_IN_AT));
    let hospital = Hospital::new();
    let third = third(&hospital, founded);
    let filed = hospital.file(Recipe::default());
    append(&hospital, revocation(&hospital, now), &[&hospital.manager], now);
    append(&hospital, revocation(&hospital, stolen), &[&hospital.admin, &third], now);
    // Said once more, from later: it was from earlier all the same.
    append(&hospital, revocation(&hospital, noticed), &[&hospital.admin, &third], now);
    assert_eq!(acts_at_fault(&hospital), []);
    let proof = hospital.proof(&filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    let said = Said::Fault(Fault::SignerRevoked { since: stolen });
    assert!(report.steps.iter().any(|step| step.step == Step::Journal && step.said == said), "{report:#?}");
}

#[test]
fn whoever_stopped_a_key_alone_does_not_have_the_next_one_made() {
    let now = at(TAKEN_IN_AT);
    let judge = |others: bool| {
        let hospital = Hospital::new();
        if others {
            third(&hospital, at(FOUNDED_AT));
        }
        append(&hospital, revocation(&hospital, now), &[&hospital.admin], now);
        let key = KeyPair::generate(Suite::Ed25519).unwrap();
        let (person, file) = (&hospital.manager_person, "another.pem".to_owned());
        let later = now.plus(SignedDuration::from_secs(1));
        let certificate = enrolment::issue(&hospital.ca, person, &key, "見本病院", file, validity(), later).unwrap();
        hospital.register(&certificate);
        let deed = Deed::Enrol(certificate.issued());
        let another = Signer::new(person, certificate, key).unwrap();
        let index = append(&hospital, deed, &[&hospital.admin, &another], later);
        let faults = acts_at_fault(&hospital);
        assert!(faults.iter().all(|fault| *fault == (index, ActFault::ActOutOfPlace)), "{faults:?}");
        faults.is_empty()
    };
    // One person could else take another's place; where nobody else is left, it has to be.
    assert!(!judge(true));
    assert!(judge(false));
}

/// What each step says of a record whose signer's key two others revoked afterwards.
fn revoked_by_two(since: Instant) -> Vec<StepResult> {
    let hospital = Hospital::new();
    let third = third(&hospital, at(FOUNDED_AT));
    let filed = hospital.file(Recipe::default());
    let later = at("2026-11-20T09:00:00.000000Z");
    append(&hospital, revocation(&hospital, since), &[&hospital.admin, &third], later);
    let proof = hospital.proof(&filed);
    verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap().steps
}

#[test]
fn what_was_stamped_before_a_revocation_stays_good() {
    let steps = revoked_by_two(at("2026-11-20T05:10:01.000000Z"));
    assert!(steps.iter().all(|step| step.verdict == Verdict::Passed), "{steps:#?}");
    let since = at("2026-11-20T05:10:00.500000Z");
    let steps = revoked_by_two(since);
    let said = Said::Fault(Fault::SignerRevoked { since });
    assert!(steps.iter().any(|step| step.step == Step::Journal && step.said == said), "{steps:#?}");
    // The decision was made before, and stays.
    let releases = steps.iter().find(|step| step.step == Step::Releases).unwrap();
    assert_eq!(releases.verdict, Verdict::Passed, "{releases:?}");
}

#[test]
fn a_decision_with_a_key_that_was_revoked_by_then_is_named() {
    let since = at(FOUNDED_AT);
    let steps = revoked_by_two(since);
    let releases = steps.iter().find(|step| step.step == Step::Releases).unwrap();
    let named = |said: &Said| matches!(said, Said::Fault(Fault::DecisionRevoked { since: from, .. }) if *from == since);
    assert!(named(&releases.said), "{releases:?}");
}

#[test]
fn nobody_alone_undoes_what_they_signed_long_ago() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let (since, later) = (at(SIGNED_AT), at("2026-11-20T09:00:00.000000Z"));
    let index = append(&hospital, revocation(&hospital, since), &[&hospital.manager], later);
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActOutOfPlace)]);
    let proof = hospital.proof(&filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    let revoked = |said: &Said| matches!(said, Said::Fault(Fault::SignerRevoked { .. }));
    assert!(!report.steps.iter().any(|step| revoked(&step.said)), "{report:#?}");
}

#[test]
fn nobody_appoints_themselves_or_for_days_gone_by() {
    let now = at(TAKEN_IN_AT);
    let hospital = Hospital::new();
    let (admin, manager) = (&hospital.admin, &hospital.manager);
    let index = append(&hospital, appointment(manager.person(), Role::Admin, now), &[admin, manager], now);
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActOutOfPlace)]);

    let hospital = Hospital::new();
    let (admin, manager) = (&hospital.admin, &hospital.manager);
    let index = append(&hospital, appointment(PersonId::new(), Role::Operator, at(FOUNDED_AT)), &[admin, manager], now);
    // Not for a moment gone by either; and nobody takes from what was signed in office that it was.
    let moment_ago = now.plus(SignedDuration::from_micros(-1));
    let begun = append(&hospital, appointment(PersonId::new(), Role::Viewer, moment_ago), &[admin, manager], now);
    let (person, role) = (manager.person(), Role::InformationManager);
    let end = Deed::EndAppointment { person, role, ends: moment_ago };
    let ended = append(&hospital, end, &[admin], now);
    let expected = [index, begun, ended].map(|index| (index, ActFault::ActOutOfPlace));
    assert_eq!(acts_at_fault(&hospital), expected);
}

#[test]
fn nothing_is_learned_from_an_act_that_does_not_count() {
    let hospital = Hospital::new();
    let now = at(TAKEN_IN_AT);
    let (admin, manager) = (&hospital.admin, &hospital.manager);
    // The manager, who may not, makes an administrator of himself, and acts as one.
    let first = append(&hospital, appointment(manager.person(), Role::Admin, now), &[manager, admin], now);
    let then = append(&hospital, Deed::AddPerson { person: PersonId::new() }, &[manager], now);
    let not_held = |act: &str| ActFault::ActRoleNotHeld { act: act.into() };
    assert_eq!(acts_at_fault(&hospital), [(first, not_held("appoint")), (then, not_held("add-person"))]);
}

/// The first thing that is wrong with what a recipe makes.
fn fault(recipe: Recipe) -> (Step, Fault) {
    let hospital = Hospital::new();
    let filed = hospital.file(recipe);
    let proof = hospital.proof(&filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    assert_eq!(report.verdict, Verdict::Failed, "{report:#?}");
    let step = report.first_objection().unwrap();
    let Said::Fault(fault) = &step.said else { panic!("{report:#?}") };
    (step.step, fault.clone())
}

#[test]
fn the_intake_was_when_the_journal_says_and_of_what_it_says() {
    let earlier = |facts: &mut serde_json::Map<String, Value>| {
        facts["taken_in_at"] = "2026-11-20T05:06:00.000000Z".into();
    };
    let found = fault(Recipe { taken: earlier, ..Recipe::default() });
    assert!(
        matches!(&found, (Step::Journal, Fault::EntryDiffers { field, .. }) if field == "taken_in_at"),
        "{found:?}"
    );
    let other = |facts: &mut serde_json::Map<String, Value>| {
        facts["contents"] = vec![Digest::of(b"another scan").to_string()].into();
    };
    let found = fault(Recipe { taken: other, ..Recipe::default() });
    assert!(matches!(&found, (Step::Journal, Fault::EntryDiffers { field, .. }) if field == "contents"), "{found:?}");
}

#[test]
fn a_profile_that_was_never_approved_judges_nothing() {
    let lenient = Recipe::default().profile.replace("minimum_dpi = 300", "minimum_dpi = 50");
    assert_ne!(lenient, Recipe::default().profile);
    let found = fault(Recipe { profile: lenient.clone(), adopted: false, ..Recipe::default() });
    assert!(matches!(found, (Step::Journal, Fault::ProfileNotAdopted { .. })), "{found:?}");
    // Approved, it does.
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe { profile: lenient, ..Recipe::default() });
    let proof = hospital.proof(&filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{report:#?}");
}

#[test]
fn a_batch_without_attestation_is_not_signed_for() {
    let none = |record: &mut RecordJson| record.attestation = None;
    assert_eq!(fault(Recipe { record: none, ..Recipe::default() }), (Step::Releases, Fault::NotAttested));
    let half = |record: &mut RecordJson| drop(record.attestation.as_mut().unwrap().attested.pop());
    assert_eq!(fault(Recipe { record: half, ..Recipe::default() }), (Step::Releases, Fault::NotAttested));
}

#[test]
fn a_session_signs_alone_only_what_passed_and_is_its_own() {
    let by_session = || include_str!("../../profiles/demo/referral-letter-demo.toml").to_owned();
    let unasked = |_: DocumentId| Vec::new();
    let others = |record: &mut RecordJson| {
        let mut operator = record.signer.person.clone();
        operator.id = PersonId::new();
        record.operator = Some(operator);
    };
    let recipe = Recipe { profile: by_session(), decisions: unasked, record: others, ..Recipe::default() };
    assert_eq!(fault(recipe), (Step::Releases, Fault::NotConfirmed));

    let released = |document: DocumentId| vec![accept(document)];
    let recipe = Recipe { profile: by_session(), decisions: released, record: held, ..Recipe::default() };
    assert_eq!(fault(recipe), (Step::Releases, Fault::NotConfirmed));
}

#[test]
fn who_accepts_in_time_accepts_no_delay() {
    let late = at("2026-11-24T04:20:01.000000Z");
    let recipe = Recipe {
        signed_at: late,
        stamped_at: Some(late),
        filed_at: late,
        record: held,
        decisions: |document| vec![accept(document), confirm(document)],
        ..Recipe::default()
    };
    let expected = Fault::SignedLate { signed_at: late, sign_by: at(crate::hospital::SIGN_BY) };
    assert_eq!(fault(recipe), (Step::Windows, expected));
}

#[test]
fn decisions_stand_in_the_order_in_which_they_were_made() {
    let turned = |record: &mut RecordJson| record.decisions.reverse();
    let recipe =
        Recipe { record: turned, decisions: |document| vec![accept(document), confirm(document)], ..Recipe::default() };
    let found = fault(recipe);
    assert!(matches!(found, (Step::Releases, Fault::OtherDecision { .. })), "{found:?}");
}

#[test]
fn a_decision_is_about_the_state_that_was_signed() {
    let of_another = |document| {
        let (state_digest, pages) = (Digest::of(b"another patient's"), PagesSeen::Attested);
        vec![Deed::Confirm { document, state_digest, pages, supersedes: None }]
    };
    let found = fault(Recipe { decisions: of_another, ..Recipe::default() });
    assert!(matches!(found, (Step::Releases, Fault::OtherState { .. })), "{found:?}");

    // One that says itself that it was about another state is proven, and releases nothing.
    let earlier = |record: &mut RecordJson| {
        let (mut identity, claims) = (record.identity.clone(), record.claims.clone());
        identity.patient = None;
        let seen = Seen { identity, claims, parts: Vec::new(), judgement: None };
        record.decisions[0].seen = Some(Box::new(seen));
    };
    assert_eq!(fault(Recipe { record: earlier, ..Recipe::default() }), (Step::Releases, Fault::NotConfirmed));
    let recipe = |decisions: fn(DocumentId) -> Vec<Deed>| Recipe { decisions, record: earlier, ..Recipe::default() };
    let hospital = Hospital::new();
    let filed = hospital.file(recipe(|document| {
        vec![
            Deed::Identify {
                document,
                state_digest: the_state(),
                reason: ReasonCode::WrongPatient,
                weaker_profile: false,
                set_aside: Vec::new(),
                supersedes: None,
            },
            confirm(document),
        ]
    }));
    let proof = hospital.proof(&filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{report:#?}");
    // And what it says is proven too.
    let found = fault(recipe(|document| {
        let state_digest = Digest::of(b"something else");
        vec![
            Deed::Identify {
                document,
                state_digest,
                reason: ReasonCode::WrongPatient,
                weaker_profile: false,
                set_aside: Vec::new(),
                supersedes: None,
            },
            confirm(document),
        ]
    }));
    assert!(matches!(found, (Step::Releases, Fault::OtherState { .. })), "{found:?}");
}

#[test]
fn every_check_has_said_something() {
    let without = |record: &mut RecordJson| {
        record.judgement.findings.retain(|finding| finding.check != "blank_page");
    };
    let expected = Fault::CheckMissing { check: "blank_page".into() };
    assert_eq!(fault(Recipe { record: without, ..Recipe::default() }), (Step::Releases, expected));
    let beyond = |record: &mut RecordJson| record.judgement.findings[0].page = Some(3);
    let expected = Fault::FindingMisplaced { check: "format_not_accepted".into(), page: 3 };
    assert_eq!(fault(Recipe { record: beyond, ..Recipe::default() }), (Step::Releases, expected));
}

#[test]
fn the_session_was_open_and_the_signers_own() {
    let found = fault(Recipe { record: |record| record.signer.session = SessionId::new(), ..Recipe::default() });
    assert!(matches!(found, (Step::Session, Fault::SessionNotOpened { .. })), "{found:?}");

    let over = at("2026-11-20T05:09:59.000000Z");
    let closed = fault(Recipe { closed_at: Some(over), ..Recipe::default() });
    assert!(
        matches!(&closed, (Step::Session, Fault::SignedOutsideSession { until, .. }) if *until == over),
        "{closed:?}"
    );
    let expired = |deed: &mut Deed| {
        let Deed::OpenSession { expires, .. } = deed else { unreachable!() };
        *expires = at("2026-11-20T05:09:59.000000Z");
    };
    let found = fault(Recipe { opened: expired, ..Recipe::default() });
    assert!(matches!(found, (Step::Session, Fault::SignedOutsideSession { .. })), "{found:?}");

    let elsewhere = |deed: &mut Deed| {
        let Deed::OpenSession { station, .. } = deed else { unreachable!() };
        *station = "byoto-2".parse().unwrap();
    };
    let found = fault(Recipe { opened: elsewhere, ..Recipe::default() });
    assert!(matches!(&found, (Step::Session, Fault::SessionDiffers { field, .. }) if field == "station"), "{found:?}");
    // The administrator can open none.
    let found = fault(Recipe { opened_by: |hospital| &hospital.admin, ..Recipe::default() });
    let role = ActFault::ActRoleNotHeld { act: "open-session".into() };
    assert!(matches!(&found, (Step::Session, Fault::ActWrong { act_fault, .. }) if *act_fault == role), "{found:?}");
    let goes_on = |deed: &mut Deed| {
        let Deed::OpenSession { continues, .. } = deed else { unreachable!() };
        *continues = Some(SessionId::new());
    };
    let found = fault(Recipe { opened: goes_on, ..Recipe::default() });
    assert!(matches!(found, (Step::Session, Fault::SessionNotOpened { .. })), "{found:?}");
}

#[test]
fn the_attestation_is_that_of_the_batch() {
    let not_proven = (Step::Session, Fault::AttestationNotProven);
    // Whoever opened the session attested nothing, whatever the record says.
    let silent = |deed: &mut Deed| {
        let Deed::OpenSession { attested, .. } = deed else { unreachable!() };
        attested.clear();
    };
    assert_eq!(fault(Recipe { opened: silent, ..Recipe::default() }), not_proven);
    let of_another = |record: &mut RecordJson| record.attestation.as_mut().unwrap().session = SessionId::new();
    assert_eq!(fault(Recipe { record: of_another, ..Recipe::default() }), not_proven);
    let later = |record: &mut RecordJson| record.attestation.as_mut().unwrap().at = at(TAKEN_IN_AT);
    assert_eq!(fault(Recipe { record: later, ..Recipe::default() }), not_proven);
    let by_another = |record: &mut RecordJson| record.attestation.as_mut().unwrap().by = PersonId::new();
    assert_eq!(fault(Recipe { record: by_another, ..Recipe::default() }), not_proven);
}

#[test]
fn what_the_session_says_holds_for_what_was_delivered_in_it() {
    let received = |record: &mut RecordJson| record.identity.obtained_on.as_mut().unwrap().from = Source::Batch;
    let found = fault(Recipe { record: received, ..Recipe::default() });
    assert!(
        matches!(&found, (Step::Session, Fault::EntryDiffers { field, .. }) if field == "obtained_on"),
        "{found:?}"
    );
    let stated = |deed: &mut Deed| {
        let Deed::OpenSession { obtained_on, .. } = deed else { unreachable!() };
        *obtained_on = Some("2026-11-20".parse().unwrap());
    };
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe { record: received, opened: stated, ..Recipe::default() });
    let proof = hospital.proof(&filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{report:#?}");

    // Delivered while no session was open, it is not signed by one alone.
    let recipe = Recipe {
        profile: include_str!("../../profiles/demo/referral-letter-demo.toml").to_owned(),
        decisions: |_| Vec::new(),
        taken: |facts| drop(facts.remove("session")),
        ..Recipe::default()
    };
    assert_eq!(fault(recipe), (Step::Session, Fault::NotConfirmed));

    let operator = |record: &mut RecordJson| {
        let mut operator = record.signer.person.clone();
        operator.id = PersonId::new();
        record.operator = Some(operator);
    };
    assert_eq!(fault(Recipe { record: operator, ..Recipe::default() }), (Step::Session, Fault::OperatorDiffers));
}

fn accept(document: DocumentId) -> Deed {
    let (state_digest, reason) = (the_state(), ReasonCode::AsOnPaper);
    Deed::Accept { document, state_digest, reason, pages: PagesSeen::Attested }
}

/// A finding that held the document.
fn held(record: &mut RecordJson) {
    record.judgement.findings = found(Finding {
        check: "page_damaged".into(),
        outcome: Outcome::Indeterminate(Reason::CheckCrashed),
        severity: Severity::Hold,
        page: Some(1),
    });
    record.judgement.severity = Severity::Hold;
}
