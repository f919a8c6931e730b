//! Suspended people: nothing is done or signed by them from the moment on, and all of it is there again afterwards.

use torikomi::control::{Refusal, Request};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::journal::{Kind, read};
use torikomi::people::acts::{Deed, RevocationReason};
use torikomi::people::{PeopleError, Refused, Role, appointments, register, sessions};

use crate::bench::{ADMIN, Bench, KIND, MANAGER, STATION, because, person};
use crate::people::{OPERATOR, open};
use crate::revocations::{employ, revoke};

fn suspend(login: &str, by: &str) -> Request {
    Request::Suspend { by: person(by), login: login.into(), reason: "架空の理由".into() }
}

fn resume(login: &str, by: &str) -> Request {
    Request::Resume { by: person(by), login: login.into() }
}

fn roles(bench: &Bench, login: &str) -> Vec<Role> {
    let now = bench.now();
    let found = bench.opened.line.database.read::<_, PeopleError, _>(async |tx| {
        let person = register::named(tx, login).await?.id;
        Ok(appointments::roles(tx, person, now).await?)
    });
    found.unwrap().into_iter().collect()
}

#[test]
fn from_the_entry_on_a_suspended_person_does_nothing() {
    let bench = Bench::new();
    employ(&bench);
    let station = STATION.parse().unwrap();
    let session = bench.done(open(OPERATOR))["session"].as_str().unwrap().parse().unwrap();
    // What they confirmed is theirs alone to sign.
    let waiting = bench.judged(KIND, &[]);
    bench.put(waiting, DocumentState::AwaitingConfirmation);
    let document = bench.looked(waiting);
    bench.done(Request::Confirm { by: person(OPERATOR), document, pages_shown: true, supersedes: None });
    bench.hold(waiting, HoldReason::NoSession);

    let suspended = Refusal::Suspended { login: OPERATOR.into() };
    assert!(matches!(bench.refused(suspend(OPERATOR, MANAGER)), Refusal::RoleNeeded { .. }));
    assert_eq!(bench.refused(suspend(ADMIN, ADMIN)), Refusal::from(Refused::OwnSuspension));
    let mut unsaid = suspend(OPERATOR, ADMIN);
    if let Request::Suspend { reason, .. } = &mut unsaid {
        *reason = " ".into();
    }
    assert_eq!(bench.refused(unsaid), Refusal::NoReason);
    let not_suspended = Refusal::from(Refused::NotSuspended { login: OPERATOR.into() });
    assert_eq!(bench.refused(resume(OPERATOR, ADMIN)), not_suspended);
    assert!(bench.opened.line.sessions.at_station(&station).is_some(), "a refusal ends nobody's session");

    bench.done(suspend(OPERATOR, ADMIN));
    let (entry, signed) = bench.last_act();
    assert_eq!((entry.kind, signed.signatures().len()), (Kind::PersonSuspended, 1));
    assert!(!serde_json::to_string(&entry).unwrap().contains("架空"), "why is personal");
    assert!(bench.opened.line.sessions.at_station(&station).is_none(), "the key is wiped");
    let row = bench.opened.line.database.read(async |tx| sessions::get(tx, session).await).unwrap().unwrap();
    assert_eq!(row.closed.unwrap().1, sessions::CloseReason::Suspended);
    assert_eq!(bench.document(waiting).held, None, "somebody else is asked for");

    assert_eq!(bench.refused(open(OPERATOR)), suspended);
    assert_eq!(bench.refused(revoke(OPERATOR, OPERATOR, None)), suspended);
    let retry = Request::Retry { by: person(OPERATOR), documents: vec![bench.looked(waiting)] };
    assert_eq!(bench.refused(retry), suspended);
    assert_eq!(bench.refused(suspend(OPERATOR, ADMIN)), suspended);
    let assign = Request::Assign { by: person(MANAGER), documents: vec![waiting], to: OPERATOR.into() };
    assert_eq!(bench.refused(assign), suspended);
    std::thread::sleep(std::time::Duration::from_secs(2));
    assert_eq!(roles(&bench, OPERATOR), []);

    bench.done(resume(OPERATOR, ADMIN));
    assert_eq!(bench.last_act().0.kind, Kind::PersonResumed);
    assert_eq!(roles(&bench, OPERATOR), [Role::Operator]);
    bench.done(open(OPERATOR));
    bench.the_journal_counts();
}

#[test]
fn where_the_manager_is_suspended_nobody_answers_for_the_scans_until_they_resume() {
    let bench = Bench::new();
    bench.done(suspend(MANAGER, ADMIN));
    std::thread::sleep(std::time::Duration::from_secs(2));
    let gap = |status: &serde_json::Value| {
        status["warnings"].as_array().unwrap().iter().filter(|warning| warning["code"] == "gap").count()
    };
    let status = bench.done(Request::Status);
    assert_eq!((&status["information_manager"], gap(&status)), (&serde_json::Value::Null, 1), "{status:#}");
    // Their key can be ended all the same, as of somebody who has left.
    let mut ended = revoke(MANAGER, ADMIN, None);
    if let Request::Revoke { why, .. } = &mut ended {
        *why = RevocationReason::Left;
    }
    bench.done(ended);
    bench.done(resume(MANAGER, ADMIN));
    let status = bench.done(Request::Status);
    assert_eq!((gap(&status), roles(&bench, MANAGER)), (0, vec![Role::InformationManager]), "{status:#}");
    bench.the_journal_counts();
}

#[test]
fn an_administrator_who_stays_is_left() {
    let bench = Bench::new();
    employ(&bench);
    let appoint = |days: Option<i64>| Request::Appoint {
        by: person(ADMIN),
        second: Some(person(MANAGER)),
        login: OPERATOR.into(),
        role: "admin".parse().unwrap(),
        rank: 1,
        from: None,
        until: days.map(|days| bench.now().plus(jiff::SignedDuration::from_hours(24 * days))),
    };
    // The other administrator's office ends of itself, and then nobody could have anybody resume.
    bench.done(appoint(Some(3)));
    assert_eq!(bench.refused(suspend(ADMIN, OPERATOR)), Refusal::from(Refused::LastAdministrator));
    let end = Request::EndAppointment {
        by: person(ADMIN),
        login: OPERATOR.into(),
        role: "admin".parse().unwrap(),
        ends: None,
    };
    bench.done(end);
    bench.done(appoint(None));
    bench.done(suspend(ADMIN, OPERATOR));
    // Now the one who is left stays.
    let retry = Request::Retry { by: person(ADMIN), documents: Vec::new() };
    assert!(matches!(bench.refused(retry), Refusal::DocumentsNamed { .. }));
    assert_eq!(bench.refused(resume(ADMIN, ADMIN)), Refusal::Suspended { login: ADMIN.into() });
    let leave = Request::EndAppointment {
        by: person(OPERATOR),
        login: OPERATOR.into(),
        role: "admin".parse().unwrap(),
        ends: None,
    };
    assert_eq!(bench.refused(leave), Refusal::from(Refused::NobodyLeft));
    bench.done(resume(ADMIN, OPERATOR));
    let shown = bench.clock_shown();
    bench.done(Request::AcknowledgeClock { by: person(ADMIN), shown, reason: because("other") });
    let entries = bench.opened.line.database.read(async |tx| read::entries(tx, 0, 1000).await).unwrap();
    let acts =
        entries.iter().filter_map(|stored| torikomi::people::acts::Act::parse(&stored.entry().ok()?.act?.text).ok());
    let about_admin = |deed: &Deed| matches!(deed, Deed::Suspend { .. } | Deed::Resume { .. });
    assert_eq!(acts.filter(|act| about_admin(&act.deed)).count(), 2);
    bench.the_journal_counts();
}
