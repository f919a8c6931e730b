//! Whoever opened the home's own authority alone, or with somebody who is nobody's second, has made a key that signs nothing.

use jiff::SignedDuration;
use torikomi::config::Mode;
use torikomi::crypto::make::{KeyPair, Suite};
use torikomi::ids::PersonId;
use torikomi::instant::Instant;
use torikomi::people::acts::{Act, ActRules, Deed, RevocationReason, Signed};
use torikomi::people::certificates::Signer;
use torikomi::people::register::{NewPerson, Person};
use torikomi::people::{PeopleError, Role, enrolment};
use torikomi::verification::{ActFault, Fault, Said, Step, Verdict, verify_pack};

use crate::forgeries::{acts_at_fault, append, appointment};
use crate::hospital::{FOUNDED_AT, Hospital, Recipe, TAKEN_IN_AT, at, validity};
use crate::revocations::third;

fn hours(hours: i64) -> Instant {
    at(TAKEN_IN_AT).plus(SignedDuration::from_hours(hours))
}

fn revoked(hospital: &Hospital, whose: &Signer, by: &Signer, since: Instant) -> u64 {
    let (person, certificate) = (whose.person(), whose.certificate().fingerprint);
    let deed = Deed::Revoke { person, certificate, since, why: RevocationReason::KeyLost };
    append(hospital, deed, &[by], since)
}

/// A key that the home's own authority certified for somebody, and the entry by which these had it done.
fn enrolled(hospital: &Hospital, person: &Person, beside: &[&Signer], now: Instant) -> (u64, Signer) {
    let key = KeyPair::generate(Suite::Ed25519).unwrap();
    let certificate = enrolment::issue(&hospital.ca, person, &key, "見本病院", validity(), now).unwrap();
    hospital.register(&certificate);
    let deed = Deed::Enrol(certificate.issued());
    let own = Signer::new(person, certificate, key).unwrap();
    let signers = [beside, &[&own]].concat();
    (append(hospital, deed, &signers, now), own)
}

/// Somebody with an account, and no key yet.
fn added(hospital: &Hospital, now: Instant) -> Person {
    let rules = ActRules {
        home: hospital.home,
        mode: Mode::Evaluation,
        clock_skew: SignedDuration::ZERO,
        second_person_after: SignedDuration::ZERO,
    };
    let new = NewPerson {
        login: "mihon-jiro".into(),
        name: "見本 次郎".into(),
        kana: None,
        occupation: "事務員".into(),
        department: "医事課".into(),
    };
    let person = new.into_person(Some(hospital.admin.person()), now).unwrap();
    let (act, private) = enrolment::add_person_act(&person, &hospital.admin, now, hospital.home).unwrap();
    let signed = Signed::sign(act, &[&hospital.admin]).unwrap();
    let (journal, entered) = (std::sync::Arc::clone(&hospital.journal), person.clone());
    let done = hospital.database.write::<_, PeopleError, _>(async move |tx| {
        let change = enrolment::add_person(tx, signed, entered, private, &rules, now).await?;
        let appended = journal.append(tx, change.entry.clone(), now).await?;
        Ok(change.apply(tx, appended.index).await?)
    });
    done.unwrap();
    person
}

/// With the passphrase of the authority and their own, but nobody beside them.
#[test]
fn an_administrator_alone_issues_no_certificate_that_counts() {
    let (hospital, now) = (Hospital::new(), at(TAKEN_IN_AT));
    let (admin, manager) = (&hospital.admin, &hospital.manager);
    let person = added(&hospital, now);
    let (alone, own) = enrolled(&hospital, &person, &[admin], now);
    // What the key signs is nobody's.
    let certificate = own.certificate().fingerprint;
    let appointed = append(&hospital, appointment(person.id, Role::Admin, now), &[admin, manager], now);
    let used = append(&hospital, Deed::AddPerson { person: PersonId::new() }, &[&own], now);
    let missing = (alone, ActFault::ActWitnessMissing);
    let unknown = (used, ActFault::ActCertificateUnknown { certificate });
    assert_eq!(acts_at_fault(&hospital), [missing.clone(), unknown.clone()]);
    // The same two signatures with a witness between them count.
    enrolled(&hospital, &person, &[admin, manager], now);
    assert_eq!(acts_at_fault(&hospital), [missing, unknown]);
    assert!(appointed < used);
}

#[test]
fn a_witness_is_in_office_and_somebody_else_and_independent() {
    let now = at(TAKEN_IN_AT);
    let judge = |made: Instant, beside: for<'a> fn(&'a Signer, &'a Signer) -> Vec<&'a Signer>, in_office: bool| {
        let hospital = Hospital::new();
        let third = third(&hospital, made);
        if !in_office {
            let end = Deed::EndAppointment { person: third.person(), role: Role::Admin, ends: hours(-1) };
            append(&hospital, end, &[&hospital.admin], hours(-1));
        }
        revoked(&hospital, &hospital.manager, &hospital.manager, now);
        let (index, _) = enrolled(&hospital, &hospital.manager_person, &beside(&hospital.admin, &third), now);
        let faults = acts_at_fault(&hospital);
        assert!(faults.iter().all(|(at, _)| *at == index), "{faults:?}");
        faults.into_iter().map(|(_, fault)| fault).next()
    };
    let founded = at(FOUNDED_AT);
    assert_eq!(judge(founded, |admin, third| vec![admin, third], true), None);
    assert_eq!(judge(founded, |admin, third| vec![third, admin], true), None);
    assert_eq!(judge(founded, |admin, _| vec![admin], true), Some(ActFault::ActWitnessMissing));
    assert_eq!(judge(founded, |admin, _| vec![admin, admin], true), Some(ActFault::ActOutOfPlace));
    // The administrator made the third's account and key within the day.
    assert_eq!(judge(hours(-23), |admin, third| vec![admin, third], true), Some(ActFault::ActNotIndependent));
    assert_eq!(judge(hours(-24), |admin, third| vec![admin, third], true), None);
    assert_eq!(judge(hours(-23), |admin, third| vec![third, admin], true), None);
    let not_held = ActFault::ActRoleNotHeld { act: "enrol".into() };
    assert_eq!(judge(founded, |admin, third| vec![admin, third], false), Some(not_held));
}

/// As the writer has it, to the hour.
#[test]
fn the_owner_is_the_second_only_where_nobody_else_was_there_for_a_day() {
    let now = at(TAKEN_IN_AT);
    let judge = |taken_away: fn(&Hospital, &Signer, Instant), since: i64| {
        let hospital = Hospital::new();
        let third = third(&hospital, at(FOUNDED_AT));
        taken_away(&hospital, &third, hours(since));
        revoked(&hospital, &hospital.manager, &hospital.manager, now);
        let (index, _) = enrolled(&hospital, &hospital.manager_person, &[&hospital.admin], now);
        match &acts_at_fault(&hospital)[..] {
            [] => true,
            [(at, ActFault::ActWitnessMissing)] if *at == index => false,
            faults => panic!("{faults:?}"),
        }
    };
    let out_of_office = |hospital: &Hospital, third: &Signer, ends| {
        let end = Deed::EndAppointment { person: third.person(), role: Role::Admin, ends };
        append(hospital, end, &[&hospital.admin], ends);
    };
    let without_a_key = |hospital: &Hospital, third: &Signer, since| {
        revoked(hospital, third, &hospital.admin, since);
    };
    let suspended = |hospital: &Hospital, third: &Signer, from| {
        append(hospital, Deed::Suspend { person: third.person(), from }, &[&hospital.admin], from);
    };
    assert_eq!([-1, -24, -25].map(|since| judge(out_of_office, since)), [false, true, true]);
    assert_eq!([-1, -24, -25].map(|since| judge(without_a_key, since)), [false, false, true]);
    assert_eq!([-1, -25].map(|since| judge(suspended, since)), [false, false]);
}

/// A record and its proof, without the rest of the journal, say it too.
#[test]
fn what_is_signed_with_a_key_that_one_person_had_made_does_not_verify() {
    let judge = |witnessed: bool| {
        let mut hospital = Hospital::new();
        let third = third(&hospital, at(FOUNDED_AT));
        let then = at(FOUNDED_AT).plus(SignedDuration::from_hours(48));
        revoked(&hospital, &hospital.manager, &hospital.manager, then);
        let beside: &[&Signer] = if witnessed { &[&hospital.admin, &third] } else { &[&hospital.admin] };
        let (index, own) = enrolled(&hospital, &hospital.manager_person, beside, then);
        hospital.manager = own;
        let filed = hospital.file(Recipe::default());
        let proof = hospital.proof(&filed);
        let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
        let missing = Said::Fault(Fault::ActWrong { index, act_fault: ActFault::ActWitnessMissing });
        (report.verdict, report.steps.iter().any(|step| step.step == Step::Journal && step.said == missing))
    };
    assert_eq!(judge(true), (Verdict::Passed, false));
    assert_eq!(judge(false), (Verdict::Failed, true));
}

#[test]
fn nothing_else_has_a_witness() {
    let (hospital, now) = (Hospital::new(), at(TAKEN_IN_AT));
    let (admin, manager) = (&hospital.admin, &hospital.manager);
    let act = Act::new(Deed::AddPerson { person: PersonId::new() }, admin.person(), now, hospital.home);
    let act = act.with_witness(manager.person());
    let index = hospital.append(Signed::sign(act, &[admin, manager]).unwrap().into_draft(None), now).index;
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActSigners)]);
}
