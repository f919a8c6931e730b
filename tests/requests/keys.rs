//! Keys and offices that nobody alone takes over, that nobody loses for good, and that begin when they say.

use jiff::SignedDuration;
use torikomi::clock::ClockProblem;
use torikomi::control::{Refusal, Request};
use torikomi::instant::Instant;
use torikomi::messages::Lang;
use torikomi::people::acts::{Deed, RevocationReason};
use torikomi::people::{Refused, Role, appointments};

use crate::bench::{ADMIN, Bench, MANAGER, because, person};
use crate::people::{OPERATOR, add, appoint, enrol, enrol_login, open};
use crate::revocations::{employ, held, revoke};

#[test]
fn the_last_key_with_which_another_can_be_made_stays() {
    let bench = Bench::new();
    // One of the two has lost it, which is what the other is there for.
    bench.done(revoke(ADMIN, MANAGER, None));
    for why in [RevocationReason::Left, RevocationReason::KeyCompromised, RevocationReason::Renewal] {
        let mut last = revoke(MANAGER, MANAGER, None);
        if let Request::Revoke { why: said, .. } = &mut last {
            *said = why;
        }
        assert_eq!(bench.refused(last), Refusal::from(Refused::LastKey));
    }
    bench.done(enrol_login(&bench, MANAGER, ADMIN));
    bench.done(revoke(MANAGER, MANAGER, None));
    bench.the_journal_counts();
}

#[test]
fn a_key_that_ended_by_itself_is_not_replaced_by_one_person() {
    let bench = Bench::new();
    employ(&bench);
    ends_at(&bench, OPERATOR, bench.now().plus(SignedDuration::from_hours(-1)));
    let ended = Refusal::from(Refused::EndedByItself { login: OPERATOR.into() });
    for by in [ADMIN, MANAGER] {
        assert_eq!(bench.refused(enrol_login(&bench, by, OPERATOR)), ended);
    }
    bench.done(revoke(OPERATOR, MANAGER, None));
    let by_the_same = bench.refused(enrol_login(&bench, MANAGER, OPERATOR));
    assert_eq!(by_the_same, Refusal::from(Refused::StoppedByYou { login: OPERATOR.into() }));
    bench.done(enrol(&bench, ADMIN));
    bench.done(open(OPERATOR));

    // Of the two who could, the other is all there is.
    ends_at(&bench, MANAGER, bench.now().plus(SignedDuration::from_hours(-1)));
    bench.done(enrol_login(&bench, ADMIN, MANAGER));
}

/// As if a person's key ended then, of itself.
fn ends_at(bench: &Bench, login: &'static str, ends: Instant) {
    let ends = ends.as_microseconds();
    bench.write(async move |tx| {
        let sql = format!(
            "UPDATE certificate SET not_before = 0, not_after = {ends}
             WHERE person = (SELECT id FROM person WHERE login = '{login}')"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(tx).await?;
        Ok(())
    });
}

#[test]
fn nobody_gets_a_key_or_an_office_while_the_clock_is_in_doubt() {
    let bench = Bench::new();
    let in_doubt = |request| {
        let refusal = bench.refused(request);
        assert!(matches!(refusal, Refusal::ClockInDoubt { clock: ClockProblem::Jumped { .. } }), "{refusal:?}");
        let said = Lang::ALL.map(|lang| torikomi::cli::Words::new(lang).refusal(&refusal)).join("\n");
        assert_eq!(said.matches("torikomi clock acknowledge").count(), 2, "{said}");
    };
    let year = SignedDuration::from_hours(24 * 365);
    let acknowledge = || {
        bench.done(Request::AcknowledgeClock {
            by: person(ADMIN),
            shown: bench.clock_shown(),
            reason: because("system-failure"),
        })
    };
    let add = |_: &Bench| add(ADMIN);
    let enrol = |bench: &Bench| enrol(bench, ADMIN);
    for wanted in [&add as &dyn Fn(&Bench) -> Request, &enrol] {
        bench.opened.line.clock.jump(year);
        in_doubt(wanted(&bench));
        acknowledge();
        bench.done(wanted(&bench));
    }
    bench.opened.line.clock.jump(year);
    in_doubt(appoint(Some(MANAGER)));
    // A key that somebody else may have is ended all the same.
    bench.done(revoke(OPERATOR, OPERATOR, None));
}

/// It was made before anybody noticed that the clock was a year ahead.
#[test]
fn a_key_that_has_yet_to_begin_is_one_and_can_be_revoked() {
    let bench = Bench::new();
    employ(&bench);
    let year = 365 * 24 * 3600 * 1_000_000_i64;
    bench.write(async move |tx| {
        let sql = format!(
            "UPDATE certificate SET not_before = not_before + {year}, not_after = not_after + {year}, issued_at = issued_at + {year}
             WHERE person = (SELECT id FROM person WHERE login = '{OPERATOR}')"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(tx).await?;
        Ok(())
    });
    let to_come = held(&bench, OPERATOR)[0].clone();
    assert!(to_come.not_before > bench.now());
    let refused = bench.refused(enrol(&bench, ADMIN));
    assert_eq!(refused, Refusal::from(Refused::KeyInForce { login: OPERATOR.into() }));
    bench.done(revoke(OPERATOR, MANAGER, None));
    let [revoked] = <[_; 1]>::try_from(held(&bench, OPERATOR)).unwrap();
    assert_eq!(revoked.revoked_at, Some(to_come.not_before), "it counts at no time");
    bench.done(enrol(&bench, ADMIN));
    bench.done(open(OPERATOR));
    let [new, old] = <[_; 2]>::try_from(held(&bench, OPERATOR)).unwrap();
    assert!(new.issued_at < old.issued_at && old.fingerprint == to_come.fingerprint, "in the order of the entries");
}

#[test]
fn whoever_holds_no_office_ends_the_own_key() {
    let bench = Bench::new();
    bench.done(add(ADMIN));
    bench.done(enrol(&bench, ADMIN));
    let roles = Refusal::RoleNeeded { role: "admin, information_manager".into() };
    assert_eq!(bench.refused(revoke(MANAGER, OPERATOR, None)), roles);
    bench.done(revoke(OPERATOR, OPERATOR, None));
    bench.the_journal_counts();
}

#[test]
fn an_office_that_ended_does_not_come_back() {
    let bench = Bench::new();
    employ(&bench);
    let days = |days: i64| bench.now().plus(SignedDuration::from_hours(24 * days));
    let end = |ends| Request::EndAppointment {
        by: person(ADMIN),
        login: OPERATOR.into(),
        role: "operator".parse().unwrap(),
        ends,
    };
    bench.done(end(Some(days(30))));
    let mut again = appoint(Some(MANAGER));
    if let Request::Appoint { from, .. } = &mut again {
        *from = Some(days(60));
    }
    bench.done(again);
    let operator = held(&bench, OPERATOR)[0].person;
    let roles = |at: Instant| {
        let held = async move |tx: &mut torikomi::database::Tx| appointments::roles(tx, operator, at).await;
        bench.opened.line.database.read(held).unwrap()
    };
    assert_eq!([roles(days(1)), roles(days(90))], [[Role::Operator].into(), [Role::Operator].into()]);
    bench.done(end(None));
    let (_, signed) = bench.last_act();
    assert!(matches!(signed.act().deed, Deed::EndAppointment { .. }));
    assert_eq!([roles(days(1)), roles(days(90))], [[].into(), [].into()]);
    bench.the_journal_counts();
}
