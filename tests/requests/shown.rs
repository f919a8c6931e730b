//! Each decision brings along what the person was shown, and nothing else is decided about.

use torikomi::control::{Refusal, Request};
use torikomi::daemon::requests::shown;
use torikomi::document::{DeliveryState, DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::judgement::Severity;
use torikomi::ledger::deliveries;

use crate::bench::{Bench, KIND, MANAGER, STATION, because, identity, person};

#[test]
fn a_decision_counts_for_what_was_shown_and_for_nothing_else() {
    let bench = Bench::new();
    let stale = |refused: Refusal| matches!(refused, Refusal::ChangedSinceShown { .. });
    let [held, awaiting, late] = [0, 1, 2].map(|_| bench.judged(KIND, &[("blank_page", Severity::Hold)]));
    bench.put(awaiting, DocumentState::AwaitingConfirmation);
    let failed = bench.fresh();
    bench.hold(failed, HoldReason::StageFailed);
    let all = || {
        let [held, awaiting, late, failed] = [held, awaiting, late, failed].map(|id| bench.looked(id));
        let (by, reason, facts) = (|| person(MANAGER), || because("other"), Box::<Facts>::default);
        let mut stated = facts();
        stated.patient_id = Some("9990002".into());
        [
            Request::Identify { by: by(), document: held, facts: stated, supersedes: None, reason: reason() },
            Request::Accept { by: by(), second: None, document: held, reason: reason(), pages_shown: true },
            Request::SendBack { by: by(), documents: vec![late, held], reason: reason() },
            Request::Confirm { by: by(), document: awaiting, pages_shown: true, supersedes: None },
            Request::ReleaseLate {
                by: by(),
                documents: vec![late],
                reason: because("system-failure"),
                possible_again_at: bench.now(),
            },
            Request::Retry { by: by(), documents: vec![failed] },
            Request::Discard { by: by(), document: held, reason: reason() },
        ]
    };
    let everything = [held, awaiting, late, failed];
    let write = |sql: &'static str, value: String| {
        bench.write(async move |tx| {
            for id in everything {
                sqlx::query(sql).bind(value.clone()).bind(id.to_string()).execute(&mut *tx).await?;
            }
            Ok(())
        });
    };
    // Whatever of it becomes another: what it waits for, what it is to replace, whose it is, by when it is due.
    let patient = |name: &str| {
        let mut named = identity();
        named.patient.as_mut().unwrap().value.name = name.into();
        serde_json::to_string(&named).unwrap()
    };
    let detail = r#"{"code":"identity","problems":[]}"#;
    for (sql, value) in [
        ("UPDATE document SET held_detail = $1 WHERE id = $2", detail.to_owned()),
        ("UPDATE document SET supersedes = $1 WHERE id = $2", bench.fresh().to_string()),
        ("UPDATE document SET identity = $1 WHERE id = $2", patient("見本 太郎")),
        ("UPDATE document SET flags = $1 WHERE id = $2", r#"[{"code":"temporary-patient"}]"#.to_owned()),
        ("UPDATE document SET due_at = CAST($1 AS BIGINT) WHERE id = $2", "1795000000000000".to_owned()),
    ] {
        let requests = all();
        write(sql, value);
        for request in requests {
            let asked = format!("{request:?}");
            assert!(stale(bench.refused(request)), "{sql}: {asked}");
        }
    }
    // Looked at as it is now, it is decided about.
    let [.., discard] = all();
    bench.done(discard);
    assert_eq!(bench.document(held).state, DocumentState::Discarded);
}

#[test]
fn a_delivery_is_decided_about_as_it_was_shown() {
    let bench = Bench::new();
    let (delivery, now) = (torikomi::ids::DeliveryId::new(), bench.now());
    bench.write(async move |tx| {
        deliveries::enter(tx, delivery, &STATION.parse().unwrap(), b"scan.tif", now).await?;
        deliveries::move_on(tx, delivery, DeliveryState::Arriving, DeliveryState::InCustody, None, now).await?;
        deliveries::move_on(tx, delivery, DeliveryState::InCustody, DeliveryState::Incomplete, None, now).await
    });
    let found = || bench.opened.line.database.read(async |tx| deliveries::get(tx, delivery).await).unwrap().unwrap();
    let shown = shown::of_delivery(&found()).unwrap();
    // It grew, and was copied once more.
    bench.write(async move |tx| {
        sqlx::query("UPDATE delivery SET copy = copy + 1").execute(tx).await?;
        Ok(())
    });
    let decide =
        |take| Request::DecideDelivery { by: person(MANAGER), delivery, shown, take, reason: because("other") };
    for take in [true, false] {
        let state = "incomplete".to_owned();
        assert_eq!(bench.refused(decide(take)), Refusal::DeliveryChangedSinceShown { delivery, state });
    }
}
