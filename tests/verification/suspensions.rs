//! What somebody did or signed while they were suspended counts for nothing, and what they did before stays good.

use jiff::SignedDuration;
use torikomi::ids::PersonId;
use torikomi::instant::Instant;
use torikomi::journal::{Draft, Kind, Subject};
use torikomi::people::Role;
use torikomi::people::acts::Deed;
use torikomi::verification::journal::{JournalFault, Sources, verify};
use torikomi::verification::{ActFault, Fault, Said, Step, StepResult, Verdict, verify_pack};

use crate::forgeries::{acts_at_fault, append, appointment};
use crate::hospital::{FILED_AT, FOUNDED_AT, Hospital, Recipe, SIGNED_AT, TAKEN_IN_AT, at};

const fn suspend(person: PersonId, from: Instant) -> Deed {
    Deed::Suspend { person, from }
}

/// What each step says of a record whose signer was suspended from a time on, by an entry that came after the filing.
fn suspended_from(from: Instant) -> Vec<StepResult> {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    append(&hospital, suspend(hospital.manager.person(), from), &[&hospital.admin], from);
    let proof = hospital.proof(&filed);
    verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap().steps
}

#[test]
fn what_was_signed_before_stays_good_and_what_was_signed_later_does_not() {
    let steps = suspended_from(at(FILED_AT));
    assert!(steps.iter().all(|step| step.verdict == Verdict::Passed), "{steps:#?}");
    // A signature says in which second it was made.
    let since = at(SIGNED_AT).cut_to_second();
    let steps = suspended_from(since);
    let said = Said::Fault(Fault::SignerSuspended { since });
    assert!(steps.iter().any(|step| step.step == Step::Journal && step.said == said), "{steps:#?}");
}

#[test]
fn no_act_counts_of_somebody_who_was_suspended_by_then() {
    let (hospital, now) = (Hospital::new(), at(TAKEN_IN_AT));
    let (admin, manager) = (&hospital.admin, &hospital.manager);
    let later = |minutes| now.plus(SignedDuration::from_mins(minutes));
    let filed = hospital.file(Recipe::default());
    let opened = |by: &PersonId| {
        Draft::by_person(
            Kind::DocumentSigned,
            *by,
            Subject { session: Some(filed.session), person: Some(*by), ..Subject::document(filed.document) },
        )
    };
    // Nobody suspends themselves, or for days gone by; and the manager suspends nobody.
    let own = append(&hospital, suspend(admin.person(), now), &[admin], now);
    let past = append(&hospital, suspend(manager.person(), later(-1)), &[admin], now);
    let role = append(&hospital, suspend(admin.person(), now), &[manager], now);
    let no_role = ActFault::ActRoleNotHeld { act: "suspend".into() };
    let before = [(own, ActFault::ActOutOfPlace), (past, ActFault::ActOutOfPlace), (role, no_role)];
    assert_eq!(acts_at_fault(&hospital), before);

    // By the entries' order, and not by the time that a forged act may state.
    append(&hospital, suspend(manager.person(), later(60)), &[admin], now);
    let founded = at(FOUNDED_AT);
    let seconded = append(&hospital, appointment(manager.person(), Role::Operator, now), &[admin, manager], now);
    let back_dated = append(&hospital, appointment(PersonId::new(), Role::Viewer, founded), &[admin, manager], founded);
    let signed = hospital.append(opened(&manager.person()), now).index;
    let resumed = append(&hospital, Deed::Resume { person: manager.person(), from: later(61) }, &[manager], now);
    let suspended = [seconded, back_dated, resumed].map(|index| (index, ActFault::ActSuspended));
    assert_eq!(acts_at_fault(&hospital), [before.to_vec(), suspended.to_vec()].concat());
    let files = hospital.folder.path().join("store/journal");
    let (database, trust) = (&hospital.database, &hospital.trust);
    let faults = verify(&Sources { database, files: &files, trust, against: None }, |_, _| ()).unwrap().faults;
    assert!(faults.contains(&JournalFault::SignedSuspended { index: signed }), "{faults:#?}");

    // Whom another has resume acts again.
    append(&hospital, Deed::Resume { person: manager.person(), from: later(61) }, &[admin], now);
    append(&hospital, appointment(PersonId::new(), Role::Viewer, later(62)), &[admin, manager], later(62));
    assert_eq!(acts_at_fault(&hospital).len(), 6);
}
