//! Keys that take the place of others before these end, and offices that leave somebody to fill the next.

use jiff::SignedDuration;
use torikomi::control::{Credentials, Refusal, Request, Secret};
use torikomi::daemon::requests::shown;
use torikomi::document::DeliveryState;
use torikomi::ids::DeliveryId;
use torikomi::journal::{Kind, read};
use torikomi::ledger::deliveries;
use torikomi::messages::Lang;
use torikomi::people::Refused;
use torikomi::people::acts::{Deed, RevocationReason};

use crate::bench::{ADMIN, Bench, MANAGER, STATION, because, passphrase, person, witness};
use crate::people::{OPERATOR, enrol, open};
use crate::revocations::{employ, held};

const RENEWED: &str = "別の合言葉-2026-秋の日";

fn renew(bench: &Bench, by: &str, present: &str) -> Request {
    let own = Credentials { login: OPERATOR.into(), passphrase: Secret::new(RENEWED.into()) };
    let (witness, certified) = (witness(by, OPERATOR), bench.certified(OPERATOR, &own.passphrase));
    let present = Some(Secret::new(present.into()));
    Request::Enrol { by: person(by), witness, person: own, present, certified }
}

#[test]
fn a_key_is_renewed_while_it_is_in_force_with_its_own_passphrase() {
    let bench = Bench::new();
    employ(&bench);
    bench.done(open(OPERATOR));
    // Whoever has the authority's passphrase and not the person's makes no other key of theirs.
    assert_eq!(bench.refused(enrol(&bench, ADMIN)), Refusal::from(Refused::KeyInForce { login: OPERATOR.into() }));
    assert!(matches!(bench.refused(renew(&bench, ADMIN, RENEWED)), Refusal::People { .. } | Refusal::NotProven { .. }));
    assert!(bench.opened.line.sessions.at_station(&STATION.parse().unwrap()).is_some(), "nothing was ended");
    std::thread::sleep(std::time::Duration::from_secs(1));
    bench.done(renew(&bench, ADMIN, &passphrase(OPERATOR)));
    let [new, old] = held(&bench, OPERATOR).try_into().unwrap();
    assert!(new.revoked_at.is_none() && old.revoked_at.is_some_and(|at| at <= bench.now()));
    // Its owner ended the old one, and two signed for the new one, in this order.
    let entries = bench.opened.line.database.read(async |tx| read::entries(tx, 0, 1000).await).unwrap();
    let entries: Vec<_> = entries.iter().map(|stored| stored.entry().unwrap()).collect();
    let [.., ended, closed, issued] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(
        [ended.kind, closed.kind, issued.kind],
        [Kind::CertificateRevoked, Kind::SessionClosed, Kind::CertificateIssued]
    );
    assert_eq!(new.issued_at, issued.at, "the register counts from when the entry does");
    let act = torikomi::people::acts::Act::parse(&ended.act.as_ref().unwrap().text).unwrap();
    assert!(matches!(act.deed, Deed::Revoke { why: RevocationReason::Renewal, .. }) && act.by == old.person, "{act:?}");
    assert!(bench.opened.line.sessions.at_station(&STATION.parse().unwrap()).is_none(), "the old key is wiped");
    assert!(matches!(bench.refused(open(OPERATOR)), Refusal::People { .. } | Refusal::NotProven { .. }));
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let by = Credentials { login: OPERATOR.into(), passphrase: Secret::new(RENEWED.into()) };
    let station = STATION.parse().unwrap();
    bench.done(Request::OpenSession { by, station, attested: true, obtained_on: None });

    bench.the_journal_counts();
}

#[test]
fn the_first_two_keys_do_not_end_on_one_day_and_their_end_is_told_before() {
    let bench = Bench::new();
    let ends = |login: &str| held(&bench, login)[0].not_after;
    let apart = ends(ADMIN).since(ends(MANAGER));
    assert!(apart > SignedDuration::from_hours(24 * 70) && apart < SignedDuration::from_hours(24 * 80), "{apart:?}");
    let told = || {
        let warnings = bench.done(Request::Status)["warnings"].clone();
        let warnings = warnings.as_array().unwrap().clone();
        warnings.into_iter().filter(|warning| warning["code"] == "certificate").collect::<Vec<_>>()
    };
    assert!(told().is_empty());
    let sooner = |days: i64| {
        let ends = bench.now().plus(SignedDuration::from_hours(24 * days)).as_microseconds();
        bench.write(async move |tx| {
            let sql = format!(
                "UPDATE certificate SET not_before = 0, not_after = {ends} WHERE person = (SELECT id FROM person WHERE login = '{MANAGER}')"
            );
            sqlx::query(sqlx::AssertSqlSafe(sql)).execute(tx).await?;
            Ok(())
        });
    };
    sooner(61);
    assert!(told().is_empty());
    for days in [59, -1] {
        sooner(days);
        let told = told();
        assert_eq!((told.len(), &told[0]["login"]), (1, &MANAGER.into()), "{told:?}");
        let warning = serde_json::from_value(told[0].clone()).unwrap();
        let said = Lang::ALL.map(|lang| torikomi::cli::Words::new(lang).warning(&warning)).join("\n");
        assert_eq!(said.matches(&format!("torikomi operator enrol {MANAGER} --renew")).count(), 2, "{said}");
    }
}

#[test]
fn the_last_who_could_appoint_others_stays_in_office() {
    let bench = Bench::new();
    let end = |login: &str, role: &str, ends| Request::EndAppointment {
        by: person(ADMIN),
        login: login.into(),
        role: role.parse().unwrap(),
        ends,
    };
    let next_year = Some(bench.now().plus(SignedDuration::from_hours(24 * 365)));
    for ends in [None, next_year] {
        let nobody = Refusal::from(Refused::NobodyLeft);
        assert_eq!(bench.refused(end(MANAGER, "information-manager", ends)), nobody);
        assert_eq!(bench.refused(end(ADMIN, "admin", ends)), nobody);
    }
    employ(&bench);
    let appoint = |from| Request::Appoint {
        by: person(ADMIN),
        second: Some(person(MANAGER)),
        login: OPERATOR.into(),
        role: "information-manager".parse().unwrap(),
        rank: 2,
        from,
        until: None,
    };
    // What lies ahead is taken back at once.
    bench.done(appoint(next_year));
    bench.done(end(OPERATOR, "information-manager", None));
    assert!(matches!(bench.refused(end(OPERATOR, "information-manager", None)), Refusal::NotAppointed { .. }));
    bench.done(appoint(next_year));
    bench.done(end(MANAGER, "information-manager", next_year));
}

/// What was copied by a clock that was set back since is entered when the clock has come there again.
#[test]
fn a_delivery_is_not_taken_before_it_was_copied() {
    let bench = Bench::new();
    let ahead = bench.now().plus(SignedDuration::from_mins(10));
    let delivery = DeliveryId::new();
    let now = bench.now();
    bench.write(async move |tx| {
        deliveries::enter(tx, delivery, &STATION.parse().unwrap(), b"scan.tif", now).await?;
        deliveries::set_custody(tx, delivery, 1, &[], ahead, None).await?;
        let states = [DeliveryState::Arriving, DeliveryState::InCustody, DeliveryState::Incomplete];
        for states in states.windows(2) {
            deliveries::move_on(tx, delivery, states[0], states[1], None, now).await?;
        }
        Ok(())
    });
    bench.keep(delivery, ahead);
    let found = bench.opened.line.database.read(async |tx| deliveries::get(tx, delivery).await).unwrap().unwrap();
    let (by, shown) = (person(MANAGER), shown::of_delivery(&found).unwrap());
    let take = Request::DecideDelivery { by, delivery, shown, take: true, reason: because("as-on-paper") };
    let refused = bench.refused(take);
    let Refusal::Environment { problem } = &refused else { panic!("{refused:?}") };
    assert!(problem.contains("the clock was set back"), "{problem}");
}
