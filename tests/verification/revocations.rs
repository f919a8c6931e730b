//! What an end of a key changes for what was signed and decided with it, and for the key that comes after it.

use std::sync::Arc;

use jiff::SignedDuration;
use torikomi::config::Mode;
use torikomi::crypto::make::{KeyPair, Suite, Validity};
use torikomi::instant::Instant;
use torikomi::people::acts::{Act, ActRules, Deed, RevocationReason, Signed};
use torikomi::people::certificates::Signer;
use torikomi::people::enrolment;
use torikomi::people::register::{self, NewPerson};
use torikomi::people::{PeopleError, Role};
use torikomi::verification::{ActFault, Fault, Said, Step, StepResult, Verdict, verify_pack};

use crate::forgeries::{acts_at_fault, append, appointment};
use crate::hospital::{FOUNDED_AT, Filed, Hospital, Recipe, SIGNED_AT, TAKEN_IN_AT, at, confirm, validity};

#[test]
fn nobody_has_two_keys_in_force() {
    let hospital = Hospital::new();
    let now = at(TAKEN_IN_AT);
    let key = KeyPair::generate(Suite::Ed25519).unwrap();
    let person = &hospital.manager_person;
    let certificate = enrolment::issue(&hospital.ca, person, &key, "見本病院", validity(), now).unwrap();
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

/// A key that ended of itself is replaced by two others, of whom one revokes it; and one that has yet to begin is one.
#[test]
fn nobody_alone_replaces_a_key_that_ended_and_nobody_one_that_will_begin() {
    let (founded, now) = (at(FOUNDED_AT), at(TAKEN_IN_AT));
    let days = |days: i64| now.plus(SignedDuration::from_hours(24 * days));
    let judge = |valid: [Instant; 2], enrolled_at: Instant, stopped: bool| {
        let hospital = Hospital::new();
        let member = third(&hospital, founded);
        let person = hospital.database.read(async |tx| register::get(tx, member.person()).await).unwrap().unwrap();
        append(&hospital, revocation_of(&member, founded), &[&member], founded);
        let enrol = |validity, at| {
            let key = KeyPair::generate(Suite::Ed25519).unwrap();
            let certificate = enrolment::issue(&hospital.ca, &person, &key, "見本病院", validity, at).unwrap();
            hospital.register(&certificate);
            let deed = Deed::Enrol(certificate.issued());
            let signer = Signer::new(&person, certificate, key).unwrap();
            (append(&hospital, deed, &[&hospital.admin, &hospital.manager, &signer], at), signer)
        };
        let [not_before, not_after] = valid;
        let (_, first) = enrol(Validity { not_before, not_after }, enrolled_at);
        if stopped {
            append(&hospital, revocation_of(&first, now), &[&hospital.manager], now);
        }
        let (index, _) = enrol(validity(), now);
        let faults = acts_at_fault(&hospital);
        assert!(faults.iter().all(|fault| *fault == (index, ActFault::ActOutOfPlace)), "{faults:?}");
        faults.is_empty()
    };
    let ended = [founded, days(-1)];
    assert!(!judge(ended, founded, false));
    assert!(judge(ended, founded, true));
    // The clock was thirty days ahead.
    let to_come = [days(30), days(60)];
    assert!(!judge(to_come, days(30), false));
}

/// The end of somebody's key.
fn revocation_of(whose: &Signer, since: Instant) -> Deed {
    let (person, certificate) = (whose.person(), whose.certificate().fingerprint);
    Deed::Revoke { person, certificate, since, why: RevocationReason::KeyLost }
}

/// The end of the manager's key.
fn revocation(hospital: &Hospital, since: Instant) -> Deed {
    let (person, certificate) = (hospital.manager.person(), hospital.manager.certificate().fingerprint);
    Deed::Revoke { person, certificate, since, why: RevocationReason::KeyCompromised }
}

/// A second administrator.
pub(crate) fn third(hospital: &Hospital, now: Instant) -> Signer {
    let rules = ActRules {
        home: hospital.home,
        mode: Mode::Evaluation,
        clock_skew: SignedDuration::ZERO,
        second_person_after: SignedDuration::ZERO,
    };
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
    let certificate = enrolment::issue(&hospital.ca, &person, &key, "見本病院", validity(), now).unwrap();
    let third = Signer::new(&person, certificate.clone(), key).unwrap();
    let (act, private) = enrolment::add_person_act(&person, admin, now, hospital.home).unwrap();
    let added = Signed::sign(act, &[admin]).unwrap();
    let act = Act::new(Deed::Enrol(certificate.issued()), admin.person(), now, hospital.home);
    let act = act.with_witness(manager.person()).with_second(third.person());
    let enrolled = Signed::sign(act, &[admin, manager, &third]).unwrap();
    let deed = appointment(third.person(), Role::Admin, now);
    let act = Act::new(deed, admin.person(), now, hospital.home).with_second(manager.person());
    let appointed = Signed::sign(act, &[admin, manager]).unwrap();
    let journal = Arc::clone(&hospital.journal);
    let done = hospital.database.write::<_, PeopleError, _>(async move |tx| {
        let change = enrolment::add_person(tx, added, person, private, &rules, now).await?;
        let appended = journal.append(tx, change.entry.clone(), now).await?;
        change.apply(tx, appended.index).await?;
        let change = enrolment::enrol(tx, enrolled, certificate, None, &rules, now).await?;
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
        let person = &hospital.manager_person;
        let later = now.plus(SignedDuration::from_secs(1));
        let certificate = enrolment::issue(&hospital.ca, person, &key, "見本病院", validity(), later).unwrap();
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

/// Somebody who confirms as an operator, decides what the manager may while that one is absent, and whom the two founders can
/// revoke.
pub(crate) fn substitute(hospital: &Hospital) -> Arc<Signer> {
    let founded = at(FOUNDED_AT);
    let substitute = third(hospital, founded);
    for role in [Role::InformationManager, Role::Operator] {
        let deed = appointment(substitute.person(), role, founded);
        append(hospital, deed, &[&hospital.admin, &hospital.manager], founded);
    }
    Arc::new(substitute)
}

/// What is said of the releases of a record, after two others revoked a key from before everything.
pub(crate) fn releases_after_revoking(hospital: &Hospital, filed: &Filed, whose: &Signer, by: [&Signer; 2]) -> Said {
    let (person, certificate, since) = (whose.person(), whose.certificate().fingerprint, at(FOUNDED_AT));
    let deed = Deed::Revoke { person, certificate, since, why: RevocationReason::KeyCompromised };
    append(hospital, deed, &by, at("2026-11-28T00:00:00.000000Z"));
    let proof = hospital.proof(filed);
    let report = verify_pack(&hospital.pack(&filed.entries, Some(&proof)), &hospital.trust, true).unwrap();
    report.steps.into_iter().find(|step| step.step == Step::Releases).unwrap().said
}

#[test]
fn another_confirmation_does_not_stand_in_for_the_signers() {
    let hospital = Hospital::new();
    let substitute = substitute(&hospital);
    // The substitute confirmed, and then a thief with the signer's key.
    let decisions: fn(_) -> Vec<Deed> = |document| vec![confirm(document), confirm(document)];
    let filed = hospital.file(Recipe { decisions, decided_by: vec![Arc::clone(&substitute)], ..Recipe::default() });
    let others = [&hospital.admin, &*substitute];
    let said = releases_after_revoking(&hospital, &filed, &hospital.manager, others);
    assert!(matches!(said, Said::Fault(Fault::DecisionRevoked { .. })), "{said:?}");
}

#[test]
fn what_another_confirmed_with_a_key_that_was_not_theirs_does_not_matter_where_the_signer_did() {
    let hospital = Hospital::new();
    let substitute = substitute(&hospital);
    let decisions: fn(_) -> Vec<Deed> = |document| vec![confirm(document), confirm(document)];
    let filed = hospital.file(Recipe { decisions, decided_by: vec![Arc::clone(&substitute)], ..Recipe::default() });
    let others = [&hospital.admin, &hospital.manager];
    let said = releases_after_revoking(&hospital, &filed, &substitute, others);
    assert!(matches!(said, Said::Fact(_)), "{said:?}");
}

/// An authority's clock ran ahead, and the key ends after what it stamped.
#[test]
fn from_now_on_may_lie_far_ahead_and_the_key_is_replaced_all_the_same() {
    let (hospital, now) = (Hospital::new(), at(TAKEN_IN_AT));
    let ahead = now.plus(SignedDuration::from_hours(3));
    append(&hospital, revocation(&hospital, ahead), &[&hospital.manager], now);
    let key = KeyPair::generate(Suite::Ed25519).unwrap();
    let person = &hospital.manager_person;
    let certificate = enrolment::issue(&hospital.ca, person, &key, "見本病院", validity(), now).unwrap();
    hospital.register(&certificate);
    let deed = Deed::Enrol(certificate.issued());
    let another = Signer::new(person, certificate, key).unwrap();
    append(&hospital, deed, &[&hospital.admin, &another], now);
    assert_eq!(acts_at_fault(&hospital), []);
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
