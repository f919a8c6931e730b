//! Substitutes of the information manager: they act while nobody before them in rank does, and no longer.

use torikomi::control::{Refusal, Request};
use torikomi::journal::Kind;
use torikomi::people::Refused;

use crate::bench::{ADMIN, Bench, KIND, MANAGER, person};
use crate::people::{OPERATOR, appoint};
use crate::revocations::employ;

fn absent(by: &str, login: &str, ends: bool) -> Request {
    Request::Absent { by: person(by), login: login.into(), from: None, until: None, ends }
}

#[test]
fn a_substitute_acts_while_the_holder_does_not() {
    let bench = Bench::new();
    employ(&bench);
    let mut second_in_rank = appoint(Some(MANAGER));
    if let Request::Appoint { role, rank, .. } = &mut second_in_rank {
        (*role, *rank) = ("information-manager".parse().unwrap(), 2);
    }
    bench.done(second_in_rank);
    let document = bench.judged(KIND, &[]);
    // What only the manager does.
    let assign = |by: &str| Request::Assign { by: person(by), documents: vec![document], to: MANAGER.into() };
    let is_for_the_other = |by: &str| matches!(bench.refused(assign(by)), Refusal::RoleNeeded { .. });
    let answers = || bench.done(Request::Status)["information_manager"].as_str().unwrap().to_owned();
    bench.done(assign(MANAGER));
    assert!(is_for_the_other(OPERATOR));
    assert_eq!(answers(), "見本 情報");

    // By their own word or an administrator's, of who is a manager at all, and not for days gone by.
    assert!(matches!(bench.refused(absent(OPERATOR, MANAGER, false)), Refusal::RoleNeeded { .. }));
    assert_eq!(bench.refused(absent(ADMIN, ADMIN, false)), Refusal::from(Refused::NoManager));
    let mut begun = absent(ADMIN, MANAGER, false);
    if let Request::Absent { from, .. } = &mut begun {
        *from = Some(bench.now().plus(jiff::SignedDuration::from_hours(-1)));
    }
    assert!(matches!(bench.refused(begun), Refusal::BegunInPast { .. }));
    bench.done(absent(MANAGER, MANAGER, false));
    assert_eq!(bench.last_act().0.kind, Kind::ManagerAbsent);
    bench.done(assign(OPERATOR));
    assert!(is_for_the_other(MANAGER));
    assert_eq!(answers(), "見本 太郎");

    bench.done(absent(ADMIN, MANAGER, true));
    assert_eq!(bench.last_act().0.kind, Kind::ManagerBack);
    assert!(is_for_the_other(OPERATOR));
    bench.done(assign(MANAGER));

    // A holder who is suspended is not there either; and where nobody is left, nobody answers.
    let reason = "架空の理由".to_owned();
    bench.done(Request::Suspend { by: person(ADMIN), login: MANAGER.into(), reason });
    std::thread::sleep(std::time::Duration::from_secs(2));
    bench.done(assign_to_self(document));
    bench.done(absent(OPERATOR, OPERATOR, false));
    assert!(bench.done(Request::Status)["information_manager"].is_null());
    bench.the_journal_counts();
}

fn assign_to_self(document: torikomi::ids::DocumentId) -> Request {
    Request::Assign { by: person(OPERATOR), documents: vec![document], to: OPERATOR.into() }
}

/// A gap in an office is told thirty days before it comes, and how long it lasts.
#[test]
fn a_gap_in_an_office_is_told_before_it_comes() {
    let bench = Bench::new();
    employ(&bench);
    let days = |days: i64| bench.now().plus(jiff::SignedDuration::from_hours(24 * days));
    let day_of = |at| bench.opened.line.calendar().calendar.day_of(at).to_string();
    let gaps = || {
        let status = bench.done(Request::Status);
        let told = status["warnings"].as_array().unwrap().iter().filter(|warning| warning["code"] == "gap");
        told.map(|warning| {
            let said = |field: &str| warning[field].as_str().map(ToOwned::to_owned);
            (said("role").unwrap(), said("from").unwrap(), said("until"))
        })
        .collect::<Vec<_>>()
    };
    let appoint = |role: &str, from| Request::Appoint {
        by: person(ADMIN),
        second: Some(person(MANAGER)),
        login: OPERATOR.into(),
        role: role.parse().unwrap(),
        rank: 2,
        from,
        until: None,
    };
    let role = "information-manager";
    let end =
        |ends| Request::EndAppointment { by: person(ADMIN), login: MANAGER.into(), role: role.parse().unwrap(), ends };
    bench.done(appoint("admin", None));
    assert_eq!(gaps(), []);
    let (far, near) = (days(40), days(10));
    bench.done(end(Some(far)));
    assert_eq!(gaps(), [], "beyond thirty days");
    bench.done(end(Some(near)));
    assert_eq!(gaps(), [("information_manager".into(), day_of(near), None)]);
    bench.done(appoint(role, Some(far)));
    assert_eq!(gaps(), [("information_manager".into(), day_of(near), Some(day_of(far)))]);
    // The substitute is there meanwhile.
    bench.done(Request::EndAppointment {
        by: person(ADMIN),
        login: OPERATOR.into(),
        role: role.parse().unwrap(),
        ends: None,
    });
    bench.done(appoint(role, None));
    assert_eq!(gaps(), []);
    // No act ends the last administrator's office; a home that came to it otherwise is told.
    let ends = near.as_microseconds();
    bench.write(async move |tx| {
        let sql = format!("UPDATE appointment SET valid_until = {ends} WHERE role = 'admin'");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(tx).await?;
        Ok(())
    });
    assert_eq!(gaps(), [("admin".into(), day_of(near), None)]);
}
