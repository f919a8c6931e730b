//! Offices and sessions whose end must leave a way on, and must not reach back to before what was signed in them.

use std::collections::BTreeSet;

use super::super::appointments::{Appointment, Changing};
use super::*;
use crate::database::DatabaseError;
use crate::ids::AttemptId;
use crate::ledger::attempts::{self, Attempt, AttemptState};
use crate::ledger::documents;

/// Enters a signature that was made in a session at a time, under a manager.
fn signed(hospital: &Hospital, session: SessionId, [signer, manager]: [PersonId; 2], signed_at: Instant) -> AttemptId {
    let document = DocumentId::new();
    let digest = Digest::of(b"");
    let attempt = Attempt {
        id: AttemptId::new(),
        document,
        state: AttemptState::Signed,
        record: digest,
        manifest: digest,
        signer,
        manager,
        session,
        signed_at,
        timestamped_at: None,
        stamp_due_at: None,
    };
    let (station, id) = ("front-desk".parse().unwrap(), attempt.id);
    hospital
        .database
        .write::<_, DatabaseError, _>(async move |tx| {
            documents::create(tx, document, &station, &[], signed_at, signed_at).await?;
            attempts::enter(tx, &attempt).await
        })
        .unwrap();
    id
}

fn end(hospital: &Hospital, admin: &Signer, whose: PersonId, role: Role, ends: Instant) -> Result<(), PeopleError> {
    hospital.act(&[admin], Deed::EndAppointment { person: whose, role, ends })
}

#[test]
fn whoever_is_left_can_appoint_others() {
    for (mut hospital, admin, manager) in Hospital::founded() {
        let office = Role::InformationManager;
        // The only one beside the administrator, now or some day; and the only administrator, by whose own act ever.
        for ends in [later(1), later(24 * 365 * 10)] {
            assert_eq!(refusal(end(&hospital, &admin, manager.person(), office, ends)), Refused::NobodyLeft);
            assert_eq!(refusal(end(&hospital, &admin, admin.person(), Role::Admin, ends)), Refused::NobodyLeft);
        }
        // Somebody whose office ends of itself is no successor: the day would come on which nobody is left.
        let successor = hospital.operator([&admin, &manager], "mihon-dairi");
        let (person, now) = (successor.person(), hospital.now);
        let appoint = |until| Deed::Appoint(Appointment { person, role: office, rank: 2, from: now, until });
        hospital.act(&[&admin, &manager], appoint(Some(later(100)))).unwrap();
        assert_eq!(refusal(end(&hospital, &admin, manager.person(), office, later(1))), Refused::NobodyLeft);
        end(&hospital, &admin, person, office, later(2)).unwrap();
        hospital.now = later(3);
        let again = Appointment { person, role: office, rank: 2, from: later(3), until: None };
        hospital.act(&[&admin, &manager], Deed::Appoint(again)).unwrap();
        end(&hospital, &admin, manager.person(), office, later(4)).unwrap();
        // An operator is in nobody's way, and the successor is the last in turn.
        end(&hospital, &admin, person, Role::Operator, later(4)).unwrap();
        assert_eq!(refusal(end(&hospital, &admin, person, office, later(5))), Refused::NobodyLeft);
    }
}

#[test]
fn what_has_not_begun_is_taken_back() {
    for (hospital, admin, manager) in Hospital::founded() {
        let (role, begins) = (Role::InformationManager, later(24 * 30));
        let person = hospital.operator([&admin, &manager], "mihon-dairi").person();
        let appoint = |rank| Deed::Appoint(Appointment { person, role, rank, from: begins, until: None });
        hospital.act(&[&admin, &manager], appoint(2)).unwrap();
        // Until then nobody would be there to appoint anybody.
        assert_eq!(refusal(end(&hospital, &admin, manager.person(), role, later(1))), Refused::NobodyLeft);
        end(&hospital, &admin, person, role, later(1)).unwrap();
        let known = hospital.database.read(async move |tx| appointments::list(tx, later(0)).await).unwrap();
        assert!(!known.iter().any(|held| (held.person, held.role) == (person, role)), "{known:?}");
        let held = |at: Instant| {
            let held = hospital.database.read(async move |tx| appointments::list(tx, at).await).unwrap();
            let theirs = held.into_iter().filter(|held| held.person == person && held.holds_at(at));
            theirs.map(|held| held.role).collect::<BTreeSet<_>>()
        };
        assert_eq!(held(later(24 * 40)), [Role::Operator].into());
        // The same time is free again, and the rank too.
        hospital.act(&[&admin, &manager], appoint(3)).unwrap();
        assert_eq!(held(later(24 * 40)), [Role::Operator, role].into());
        // In the office, and not acting in it: the holder is there.
        let acts = async move |tx: &mut _| appointments::roles(tx, person, later(24 * 40)).await;
        assert_eq!(hospital.database.read(acts).unwrap(), [Role::Operator].into());
        // What runs ends; what was taken back stays so.
        end(&hospital, &admin, person, role, later(24 * 31)).unwrap();
        assert_eq!(held(later(24 * 30)), [Role::Operator, role].into());
    }
}

#[test]
fn an_office_ends_after_what_was_signed_in_it_by_whatever_clock() {
    for (mut hospital, admin, manager) in Hospital::founded() {
        let operator = hospital.operator([&admin, &manager], "mihon-taro");
        let another = hospital.operator([&admin, &manager], "mihon-jiro").person();
        let row = hospital.open(&operator, "front-desk", &Attested::ALL).unwrap();
        let (person, role, office) = (operator.person(), Role::Operator, Role::InformationManager);
        let attempt = signed(&hospital, row.id, [person, manager.person()], later(2));
        // The clock was set back by an hour.
        hospital.now = later(1);
        let soonest =
            |changing| hospital.database.read(async |tx| appointments::soonest(tx, changing, later(1)).await).unwrap();
        let ends = Changing::Ends { person, role };
        let bound = soonest(ends);
        assert!(bound > later(2), "{bound}");
        let moment_before = bound.plus(SignedDuration::from_secs(-1));
        assert_eq!(refusal(end(&hospital, &admin, person, role, moment_before)), Refused::BackwardsAppointment);

        // Bound is whoever signed, whoever answered for it, and what puts another in charge of it; and nobody else.
        let begins = |role, rank, until| Changing::Begins { person: another, role, rank, until };
        let at_once = appointments::earliest(later(1));
        let before_it = Some(later(2).plus(SignedDuration::from_secs(-1)));
        for (changing, is_bound) in [
            (Changing::Ends { person: manager.person(), role: office }, true),
            (Changing::Ends { person: another, role }, false),
            (Changing::Ends { person: admin.person(), role: Role::Admin }, false),
            (begins(role, 1, None), false),
            (begins(office, 2, None), false),
            (begins(office, 0, before_it), false),
            (begins(office, 0, None), true),
        ] {
            let expected = if is_bound { bound } else { at_once };
            assert_eq!(soonest(changing), expected, "{changing:?}");
        }
        end(&hospital, &admin, another, role, at_once).unwrap();
        // What was given up binds nobody.
        let give_up = async move |tx: &mut _| {
            attempts::set_state(tx, attempt, AttemptState::Signed, AttemptState::Missed, None).await
        };
        hospital.database.write::<_, DatabaseError, _>(give_up).unwrap();
        assert_eq!(soonest(ends), at_once);
        end(&hospital, &admin, person, role, at_once).unwrap();
    }
}

#[test]
fn a_session_ends_after_what_was_signed_in_it_by_whatever_clock() {
    for (mut hospital, admin, manager) in Hospital::founded() {
        let operator = hospital.operator([&admin, &manager], "mihon-taro");
        hospital.now = later(1);
        let first = hospital.open(&operator, "front-desk", &Attested::ALL).unwrap();
        let second = hospital.open(&operator, "ward-2", &Attested::ALL).unwrap();
        signed(&hospital, first.id, [operator.person(), manager.person()], later(2));
        hospital.now = later(0);
        let closed = |id| {
            let row = hospital.database.read(async move |tx| sessions::get(tx, id).await).unwrap().unwrap();
            row.closed.unwrap().0
        };
        hospital.close(&first, CloseReason::LogOff).unwrap();
        hospital.close(&second, CloseReason::LogOff).unwrap();
        // After its signature; and where there is none, after it was opened.
        assert_eq!((closed(first.id), closed(second.id)), (later(2), later(1)));
        let entry = hospital.database.read(async |tx| entries(tx, 0, 100).await).unwrap().pop().unwrap();
        let entry = entry.entry().unwrap();
        assert_eq!((entry.kind, entry.at), (Kind::SessionClosed, later(0)));
        assert_eq!(entry.facts["closed_at"], later(1).to_string());
        // What has yet to end by this clock is nothing to go on with.
        assert_eq!(hospital.plan(&operator, "ward-2").unwrap().continues, None);
    }
}

#[test]
fn a_session_that_begins_later_than_the_clock_is_ended() {
    for (mut hospital, admin, manager) in Hospital::founded() {
        let operator = hospital.operator([&admin, &manager], "mihon-taro");
        hospital.now = later(1);
        let row = hospital.open(&operator, "front-desk", &Attested::ALL).unwrap();
        let sessions = Sessions::default();
        sessions.admit(&row, Vec::new(), operator, &caps(), BOOTED);
        let facts = sessions.facts(row.id).unwrap();
        assert_eq!(facts.since(), later(1));
        let attested = SessionFacts {
            attestation: facts.attestation.clone().map(|said| sessions::Attestation { at: later(3), ..said }),
            ..facts
        };
        assert_eq!(attested.since(), later(3));
        let before = |seconds: i64| Reading {
            wall: Some(later(1).plus(SignedDuration::from_secs(-seconds))),
            since_boot: BOOTED,
        };
        // Of a clock in doubt nobody knows whether it will be right to have been set back.
        assert_eq!(sessions.expire(Reading { wall: None, since_boot: BOOTED }), []);
        // A little is waited for.
        assert_eq!(sessions.expire(before(5)), []);
        assert_eq!(sessions.expire(before(6)), [(row.id, CloseReason::SetBack)]);
    }
}

#[test]
fn whoever_comes_next_in_rank_acts_while_another_is_away() {
    for (hospital, admin, manager) in Hospital::founded() {
        let substitute = hospital.operator([&admin, &manager], "mihon-dairi");
        let (office, person) = (Role::InformationManager, manager.person());
        let appoint = Appointment { person: substitute.person(), role: office, rank: 2, from: later(0), until: None };
        hospital.act(&[&admin, &manager], Deed::Appoint(appoint)).unwrap();
        let acts = |at| {
            let found = hospital.database.read(async move |tx| appointments::information_manager(tx, at).await);
            found.unwrap().unwrap().person
        };
        let acting = |hours: [i64; 3]| hours.map(|hour| acts(later(hour)) == person);
        hospital.act(&[&manager], Deed::Absent { person, from: later(1), until: Some(later(3)) }).unwrap();
        assert_eq!(acting([0, 2, 3]), [true, false, true]);
        hospital.act(&[&admin], Deed::Back { person, from: later(2) }).unwrap();
        assert_eq!(acting([0, 1, 2]), [true, false, true]);
        hospital.act(&[&admin], Deed::Suspend { person, from: later(4) }).unwrap();
        // Nothing is admitted of theirs from now on, whenever their offices rest.
        let act = Deed::Absent { person, from: later(1), until: None };
        assert!(matches!(refusal(hospital.act(&[&manager], act)), Refused::Suspended { .. }));
        assert_eq!(acting([3, 4, 5]), [true, false, false]);
        hospital.act(&[&admin], Deed::Resume { person, from: later(6) }).unwrap();
        assert_eq!(acting([3, 5, 6]), [true, false, true]);
        // One that was taken back before it began rests nothing.
        hospital.act(&[&admin], Deed::Suspend { person, from: later(9) }).unwrap();
        hospital.act(&[&admin], Deed::Resume { person, from: later(8) }).unwrap();
        assert_eq!(acting([8, 9, 10]), [true, true, true]);
    }
}
