//! The home's own authority is opened by two, and never by one person alone.

use torikomi::control::ceremony::{self, Certified, Planned};
use torikomi::control::{Credentials, Refusal, Request, Secret};
use torikomi::messages::Lang;
use torikomi::people::Refused;
use torikomi::people::acts::Deed;
use torikomi::people::importing::Unfit;

use crate::bench::{ADMIN, AUTHORITY, Bench, MANAGER, passphrase, person};
use crate::people::{OPERATOR, add, enrol, open};
use crate::revocations::{employ, held, revoke};

const ANOTHER: &str = "mihon-jiro";
const RENEWED: &str = "別の合言葉-2026-秋の日";

fn enrol_with(bench: &Bench, by: &str, witness: Option<&str>, login: &str) -> Request {
    let (own, witness) = (person(login), witness.map(person));
    let certified = bench.certified(login, &own.passphrase);
    Request::Enrol { by: person(by), witness, person: own, present: None, certified }
}

fn renew_with(bench: &Bench, by: &str, witness: Option<&str>, login: &str) -> Request {
    let own = Credentials { login: login.into(), passphrase: Secret::new(RENEWED.into()) };
    let (witness, certified) = (witness.map(person), bench.certified(login, &own.passphrase));
    let present = Some(Secret::new(passphrase(login)));
    Request::Enrol { by: person(by), witness, person: own, present, certified }
}

/// The same, before anybody has typed anything.
fn plan(by: &str, witness: Option<&str>, login: &str) -> Request {
    Request::PlanCertificate { by: by.into(), witness: witness.map(str::to_owned), login: login.into(), renew: false }
}

fn needed(who: &[&str]) -> Refusal {
    Refusal::from(Refused::WitnessNeeded { who: who.iter().map(|login| (*login).to_owned()).collect() })
}

/// Adds somebody else than the operator.
fn add_another(bench: &Bench) {
    let mut another = add(ADMIN);
    if let Request::AddPerson { login, .. } = &mut another {
        *login = ANOTHER.into();
    }
    bench.done(another);
}

fn appoint_admin(bench: &Bench) {
    bench.done(Request::Appoint {
        by: person(ADMIN),
        second: Some(person(MANAGER)),
        login: OPERATOR.into(),
        role: "admin".parse().unwrap(),
        rank: 1,
        from: None,
        until: None,
    });
}

#[test]
fn whoever_has_the_authoritys_passphrase_makes_nobodys_key_alone() {
    let bench = Bench::new();
    bench.done(add(ADMIN));
    let refused = bench.refused(enrol_with(&bench, ADMIN, None, OPERATOR));
    assert_eq!(refused, needed(&[MANAGER]));
    let said = Lang::ALL.map(|lang| torikomi::cli::Words::new(lang).refusal(&refused)).join("\n");
    assert_eq!((said.matches("--witness").count(), said.matches(MANAGER).count()), (2, 2), "{said}");
    // Nobody is two people.
    assert_eq!(bench.refused(plan(ADMIN, Some(ADMIN), OPERATOR)), needed(&[MANAGER]));
    assert_eq!(bench.refused(plan(MANAGER, None, OPERATOR)), needed(&[ADMIN]));

    bench.done(enrol_with(&bench, ADMIN, Some(MANAGER), OPERATOR));
    let (_, signed) = bench.last_act();
    assert!(matches!(signed.act().deed, Deed::Enrol(_)));
    let whose = [ADMIN, MANAGER, OPERATOR].map(|login| held(&bench, login)[0].person);
    assert_eq!(
        (signed.act().by, signed.act().witness, signed.act().second),
        (whose[0], Some(whose[1]), Some(whose[2]))
    );
    assert!(signed.signatures().iter().map(|signature| signature.by).eq(whose));

    // In no office, one stands by for nobody.
    add_another(&bench);
    assert_eq!(bench.refused(enrol_with(&bench, ADMIN, Some(OPERATOR), ANOTHER)), needed(&[MANAGER]));
    assert_eq!(bench.refused(plan(MANAGER, Some(OPERATOR), ANOTHER)), needed(&[ADMIN]));
    let mut unproven = enrol_with(&bench, ADMIN, Some(MANAGER), ANOTHER);
    if let Request::Enrol { witness: Some(witness), .. } = &mut unproven {
        witness.passphrase = Secret::new("違う合言葉-2026-冬".into());
    }
    assert_eq!(bench.refused(unproven), Refusal::NotProven { login: MANAGER.into() });
    bench.the_journal_counts();
}

#[test]
fn the_founders_renew_each_others_keys_and_go_on() {
    let bench = Bench::new();
    let mut plan_renewal = plan(ADMIN, Some(MANAGER), MANAGER);
    if let Request::PlanCertificate { renew, .. } = &mut plan_renewal {
        *renew = true;
    }
    let alone = Refused::OwnerIsTheSecond { login: MANAGER.into() };
    assert_eq!(bench.refused(plan_renewal), Refusal::from(alone));
    std::thread::sleep(std::time::Duration::from_secs(1));
    bench.done(renew_with(&bench, ADMIN, None, MANAGER));
    assert_eq!(bench.last_act().1.signatures().len(), 2);
    bench.done(add(ADMIN));
    // The administrator had a hand in that key; but not the other way round.
    let manager = || Credentials { login: MANAGER.into(), passphrase: Secret::new(RENEWED.into()) };
    let mut by_the_one_who_renewed = enrol_with(&bench, ADMIN, Some(MANAGER), OPERATOR);
    if let Request::Enrol { witness, .. } = &mut by_the_one_who_renewed {
        *witness = Some(manager());
    }
    let refused = bench.refused(by_the_one_who_renewed);
    assert!(
        matches!(&refused, Refusal::People { refused: Refused::SecondPersonTooNew { login, .. } } if login == MANAGER),
        "{refused:?}"
    );
    assert_eq!(bench.refused(plan(ADMIN, None, OPERATOR)), Refusal::from(Refused::NobodyToWitness));
    let mut the_other_way_round = enrol_with(&bench, MANAGER, Some(ADMIN), OPERATOR);
    if let Request::Enrol { by, .. } = &mut the_other_way_round {
        *by = manager();
    }
    bench.done(the_other_way_round);
    // A third who only scans is nobody who could stand by.
    let mut back = renew_with(&bench, MANAGER, None, ADMIN);
    if let Request::Enrol { by, .. } = &mut back {
        *by = manager();
    }
    bench.done(back);
    bench.the_journal_counts();
}

#[test]
fn nobody_becomes_one_of_the_last_two_by_taking_others_away() {
    let bench = Bench::new();
    employ(&bench);
    appoint_admin(&bench);
    bench.done(revoke(MANAGER, ADMIN, None));
    let alone = || bench.refused(plan(ADMIN, None, MANAGER));
    // Whoever stopped a key has the next one made with nobody beside them as little as with another.
    let by_the_third = bench.refused(plan(OPERATOR, None, MANAGER));
    assert_eq!(by_the_third, needed(&[ADMIN]));
    let stopped = Refusal::from(Refused::StoppedByYou { login: MANAGER.into() });
    assert_eq!(alone(), stopped);

    let suspend =
        |login: &str| Request::Suspend { by: person(ADMIN), login: login.into(), reason: "架空の理由".into() };
    bench.done(suspend(OPERATOR));
    let nobody = Refusal::from(Refused::NobodyToWitness);
    assert_eq!(alone(), nobody, "suspended");
    bench.done(Request::Resume { by: person(ADMIN), login: OPERATOR.into() });
    bench.done(revoke(OPERATOR, ADMIN, None));
    assert_eq!(alone(), nobody, "without a key");
    let role = "admin".parse().unwrap();
    bench.done(Request::EndAppointment { by: person(ADMIN), login: OPERATOR.into(), role, ends: None });
    assert_eq!(alone(), nobody, "out of office");
    // Nor is anybody the second who holds no office themselves.
    assert_eq!(bench.refused(plan(ADMIN, None, OPERATOR)), nobody);
    assert_eq!(bench.refused(enrol_with(&bench, ADMIN, None, MANAGER)), nobody, "whoever has typed it all the same");

    // A day later the home has two people, and goes on.
    let third = held(&bench, OPERATOR)[0].person;
    let day = 25 * 3600 * 1_000_000_i64;
    bench.write(async move |tx| {
        for sql in [
            format!("UPDATE appointment SET valid_until = valid_until - {day} WHERE person = '{third}'"),
            format!("UPDATE appointment SET valid_from = valid_from - {day} WHERE person = '{third}'"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await?;
        }
        Ok(())
    });
    bench.done(enrol_with(&bench, ADMIN, None, MANAGER));
    bench.done(open(MANAGER));
}

#[test]
fn a_substitute_stands_by_while_the_manager_is_away() {
    let bench = Bench::new();
    bench.done(add(ADMIN));
    bench.done(enrol(&bench, ADMIN));
    bench.done(Request::Appoint {
        by: person(ADMIN),
        second: Some(person(MANAGER)),
        login: OPERATOR.into(),
        role: "information-manager".parse().unwrap(),
        rank: 2,
        from: None,
        until: None,
    });
    // Long ago, as far as anybody's independence goes.
    bench.write(async |tx| {
        let year = 365 * 24 * 3600 * 1_000_000_i64;
        for sql in [
            format!("UPDATE person SET created_at = created_at - {year}"),
            format!("UPDATE certificate SET issued_at = issued_at - {year}"),
        ] {
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut *tx).await?;
        }
        Ok(())
    });
    add_another(&bench);
    assert_eq!(bench.refused(plan(ADMIN, Some(OPERATOR), ANOTHER)), needed(&[MANAGER]));
    bench.done(Request::Absent { by: person(MANAGER), login: MANAGER.into(), from: None, until: None, ends: false });
    assert_eq!(bench.refused(plan(ADMIN, Some(MANAGER), ANOTHER)), needed(&[OPERATOR]));
    bench.done(enrol_with(&bench, ADMIN, Some(OPERATOR), ANOTHER));
}

/// The daemon enters what it would have told beforehand, and nothing else.
#[test]
fn what_was_issued_is_what_was_shown() {
    let bench = Bench::new();
    bench.done(add(ADMIN));
    let told: Planned = serde_json::from_value(bench.done(plan(ADMIN, Some(MANAGER), OPERATOR))).unwrap();
    let known = bench.planned(OPERATOR);
    assert_eq!(Planned { not_before: known.not_before, not_after: known.not_after, ..told }, known);
    // Who may not is told before anybody has typed anything.
    assert_eq!(bench.refused(plan(ADMIN, None, OPERATOR)), needed(&[MANAGER]));
    assert_eq!(bench.refused(plan(MANAGER, Some(OPERATOR), OPERATOR)), needed(&[ADMIN]));
    assert!(matches!(bench.refused(plan(OPERATOR, Some(MANAGER), ADMIN)), Refusal::RoleNeeded { .. }));
    let in_force = Refusal::from(Refused::KeyInForce { login: MANAGER.into() });
    assert_eq!(bench.refused(plan(ADMIN, None, MANAGER)), in_force);

    let (own, authority) = (person(OPERATOR), Secret::new(AUTHORITY.into()));
    let bring = |certified: Certified| {
        let witness = Some(person(MANAGER));
        bench.refused(Request::Enrol { by: person(ADMIN), witness, person: own.clone(), present: None, certified })
    };
    let unfit = |unfit| Refusal::from(Refused::UnfitCertificate { login: OPERATOR.into(), unfit });
    let good = bench.certified(OPERATOR, &own.passphrase);
    let mut planned = bench.planned(OPERATOR);
    planned.name = "見本 次郎".into();
    let another = ceremony::hold(bench.opened.line.home.layout(), &planned, &own.passphrase, &authority).unwrap();
    assert_eq!(bring(another.clone()), unfit(Unfit::NotAsPlanned));
    // The key of one, and the certificate of another.
    let mixed =
        Certified { key: bench.certified(OPERATOR, &own.passphrase).key, ..bench.certified(OPERATOR, &own.passphrase) };
    assert!(matches!(bring(mixed), Refusal::People { refused: Refused::KeyUnusable { .. } }));
    let (not_theirs, witness) = (Secret::new(RENEWED.into()), Some(person(MANAGER)));
    let not_theirs = Credentials { login: OPERATOR.into(), passphrase: not_theirs };
    let certified = good.clone();
    let enrol = Request::Enrol { by: person(ADMIN), witness, person: not_theirs, present: None, certified };
    assert_eq!(bench.refused(enrol), Refusal::NotProven { login: OPERATOR.into() });
    let weak = Secret::new("abc".into());
    let (certified, witness) = (good, Some(person(MANAGER)));
    let person_with_weak = Credentials { login: OPERATOR.into(), passphrase: weak };
    let weakly = Request::Enrol { by: person(ADMIN), witness, person: person_with_weak, present: None, certified };
    assert!(matches!(bench.refused(weakly), Refusal::People { refused: Refused::WeakPassphrase { .. } }));
}
