//! Nobody approves with an account that they made themselves: a forged journal in which somebody did is denied.

use jiff::SignedDuration;
use torikomi::crypto::make::{KeyPair, Suite};
use torikomi::ids::PersonId;
use torikomi::people::Role;
use torikomi::people::acts::{Deed, RevocationReason};
use torikomi::people::certificates::Signer;
use torikomi::people::{enrolment, register};
use torikomi::verification::ActFault;

use crate::forgeries::{acts_at_fault, append, appointment};
use crate::hospital::{FOUNDED_AT, Hospital, TAKEN_IN_AT, at, validity};
use crate::revocations::third;

#[test]
fn an_approval_by_somebody_whom_the_first_has_just_made_does_not_count() {
    let (hospital, now) = (Hospital::new(), at(TAKEN_IN_AT));
    let hours = |hours| now.plus(SignedDuration::from_hours(hours));
    let (admin, manager) = (&hospital.admin, &hospital.manager);
    let puppet = third(&hospital, hours(-1));
    let appoint =
        |signers: &[&Signer], at| append(&hospital, appointment(PersonId::new(), Role::Operator, at), signers, at);
    let approved = appoint(&[admin, &puppet], now);
    let not_independent = |index| (index, ActFault::ActNotIndependent);
    assert_eq!(acts_at_fault(&hospital), [not_independent(approved)]);
    // With another beside them it counts, and after a day the verifier cannot know better.
    appoint(&[admin, manager], now);
    appoint(&[&puppet, manager], now);
    appoint(&[admin, &puppet], hours(24));
    assert_eq!(acts_at_fault(&hospital), [not_independent(approved)]);
}

#[test]
fn nor_does_one_with_a_key_that_the_first_has_just_had_made() {
    let (hospital, now) = (Hospital::new(), at(TAKEN_IN_AT));
    let (admin, hour_ago) = (&hospital.admin, now.plus(SignedDuration::from_hours(-1)));
    let known = third(&hospital, at(FOUNDED_AT));
    let appoint =
        |second: &Signer, at| append(&hospital, appointment(PersonId::new(), Role::Operator, at), &[admin, second], at);
    appoint(&known, hour_ago);
    assert_eq!(acts_at_fault(&hospital), []);
    let (person, certificate, why) = (known.person(), known.certificate().fingerprint, RevocationReason::KeyLost);
    append(&hospital, Deed::Revoke { person, certificate, since: hour_ago, why }, &[&known], hour_ago);
    let person = hospital.database.read(async |tx| register::get(tx, person).await).unwrap().unwrap();
    let key = KeyPair::generate(Suite::Ed25519).unwrap();
    let certificate = enrolment::issue(&hospital.ca, &person, &key, "見本病院", validity(), hour_ago).unwrap();
    hospital.register(&certificate);
    let deed = Deed::Enrol(certificate.issued());
    let renewed = Signer::new(&person, certificate, key).unwrap();
    append(&hospital, deed, &[admin, &hospital.manager, &renewed], hour_ago);
    let index = appoint(&renewed, now);
    assert_eq!(acts_at_fault(&hospital), [(index, ActFault::ActNotIndependent)]);
}

/// A substitute decides nothing as manager while the holder is there.
#[test]
fn a_substitute_is_no_manager_while_the_holder_is_there() {
    let (hospital, now) = (Hospital::new(), at(TAKEN_IN_AT));
    let later = |minutes| now.plus(SignedDuration::from_mins(minutes));
    let substitute = third(&hospital, at(FOUNDED_AT));
    let (admin, manager, role) = (&hospital.admin, &hospital.manager, Role::InformationManager);
    append(&hospital, appointment(substitute.person(), role, now), &[admin, manager], now);
    let end = Deed::EndAppointment { person: substitute.person(), role: Role::Admin, ends: now };
    append(&hospital, end, &[admin], now);
    let second_in_rank =
        |at| append(&hospital, appointment(PersonId::new(), Role::Viewer, at), &[admin, &substitute], at);
    let early = second_in_rank(later(1));
    let not_held = (early, ActFault::ActRoleNotHeld { act: "appoint".into() });
    assert_eq!(acts_at_fault(&hospital), std::slice::from_ref(&not_held));
    // Nobody says of another that they are absent who is no administrator, and for no time gone by.
    let absent = |from, until| Deed::Absent { person: manager.person(), from, until };
    let by_the_next = append(&hospital, absent(later(2), None), &[&substitute], later(2));
    let past = append(&hospital, absent(later(1), None), &[manager], later(2));
    append(&hospital, absent(later(3), Some(later(5))), &[manager], later(3));
    second_in_rank(later(4));
    let back = second_in_rank(later(6));
    let expected = [
        not_held,
        (by_the_next, ActFault::ActRoleNotHeld { act: "absent".into() }),
        (past, ActFault::ActOutOfPlace),
        (back, ActFault::ActRoleNotHeld { act: "appoint".into() }),
    ];
    assert_eq!(acts_at_fault(&hospital), expected);
}
