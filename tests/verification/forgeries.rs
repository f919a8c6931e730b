//! What somebody could write who has the journal's key, or colludes: acts that the line itself would refuse, and records
//! that say of themselves what the journal does not. Each is named.

use serde_json::Value;
use torikomi::crypto::make::{KeyPair, Suite};
use torikomi::evidence::record::RecordJson;
use torikomi::ids::{Digest, DocumentId, PersonId};
use torikomi::instant::Instant;
use torikomi::judgement::{Finding, Outcome, Reason, Severity};
use torikomi::people::Role;
use torikomi::people::acts::{Act, Deed, PagesSeen, ReasonCode, Signed};
use torikomi::people::appointments::Appointment;
use torikomi::people::certificates::Signer;
use torikomi::people::enrolment;
use torikomi::verification::journal::{JournalFault, Sources, verify};
use torikomi::verification::{ActFault, Fault, Said, Step, Verdict, verify_pack};

use crate::hospital::{FOUNDED_AT, Hospital, Recipe, TAKEN_IN_AT, at, confirm, validity};

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
fn nobody_appoints_themselves_or_for_days_gone_by() {
    let now = at(TAKEN_IN_AT);
    let hospital = Hospital::new();
    let (admin, manager) = (&hospital.admin, &hospital.manager);
    let index = append(&hospital, appointment(manager.person(), Role::Admin, now), &[admin, manager], now);
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActOutOfPlace)]);

    let hospital = Hospital::new();
    let (admin, manager) = (&hospital.admin, &hospital.manager);
    let index = append(&hospital, appointment(PersonId::new(), Role::Operator, at(FOUNDED_AT)), &[admin, manager], now);
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActOutOfPlace)]);
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

fn accept(document: DocumentId) -> Deed {
    let (state_digest, reason) = (Digest::of(b"state"), ReasonCode::AsOnPaper);
    Deed::Accept { document, state_digest, reason, pages: PagesSeen::Attested }
}

/// A finding that held the document.
fn held(record: &mut RecordJson) {
    record.judgement.findings = vec![Finding {
        check: "page_damaged".into(),
        outcome: Outcome::Indeterminate(Reason::CheckCrashed),
        severity: Severity::Hold,
        page: Some(1),
    }];
    record.judgement.severity = Severity::Hold;
}
