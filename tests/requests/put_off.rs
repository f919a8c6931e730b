//! What was put off until a time by a clock that has been set since: its time would not come for years.

use jiff::SignedDuration;
use sqlx::Row as _;
use torikomi::control::{Refusal, Request};
use torikomi::daemon::clocks::{self, Watch};
use torikomi::database::{DatabaseError, Tx};
use torikomi::document::DocumentState;
use torikomi::ids::{DeliveryId, DocumentId};
use torikomi::ledger::deliveries;

use crate::bench::{ADMIN, Bench, KIND, MANAGER, STATION, because, person};
use crate::people::OPERATOR;
use crate::revocations::employ;

/// A document and a delivery in custody that failed once while the clock was a year ahead.
struct PutOff {
    document: DocumentId,
    delivery: DeliveryId,
}

impl PutOff {
    fn at(bench: &Bench) -> Self {
        let (document, delivery) = (bench.judged(KIND, &[]), DeliveryId::new());
        let now = bench.now();
        bench.write(async move |tx| {
            deliveries::enter(tx, delivery, &STATION.parse().unwrap(), b"next.tif", now).await?;
            deliveries::set_custody(tx, delivery, 1, &[], now, None).await?;
            let (arriving, in_custody) =
                (torikomi::document::DeliveryState::Arriving, torikomi::document::DeliveryState::InCustody);
            deliveries::move_on(tx, delivery, arriving, in_custody, None, now).await
        });
        let put_off = Self { document, delivery };
        put_off.again(bench);
        put_off
    }

    fn again(&self, bench: &Bench) {
        let (document, delivery) = (self.document.to_string(), self.delivery.to_string());
        let next_year = bench.now().plus(SignedDuration::from_hours(24 * 365)).as_microseconds();
        bench.write(async move |tx| {
            for (table, id) in [("document", document), ("delivery", delivery)] {
                let sql = format!("UPDATE {table} SET retry_at = {next_year}, failures = 1 WHERE id = $1");
                sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).execute(&mut *tx).await?;
            }
            Ok(())
        });
        assert_eq!(self.waits(bench), [true, true]);
    }

    /// Whether each of the two still waits for its time.
    fn waits(&self, bench: &Bench) -> [bool; 2] {
        let (document, delivery) = (self.document.to_string(), self.delivery.to_string());
        let query = async move |tx: &mut Tx| {
            let mut waits = Vec::new();
            for (table, id) in [("document", document), ("delivery", delivery)] {
                let sql = format!("SELECT retry_at FROM {table} WHERE id = $1");
                let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).fetch_one(&mut *tx).await?;
                waits.push(row.try_get::<Option<i64>, _>(0)?.is_some());
            }
            Ok::<_, DatabaseError>(waits)
        };
        bench.opened.line.database.read(query).unwrap().try_into().unwrap()
    }
}

#[test]
fn it_has_its_turn_whenever_the_clock_was_set() {
    let bench = Bench::new();
    let line = &bench.opened.line;
    let put_off = PutOff::at(&bench);
    clocks::recall(line).unwrap();
    assert_eq!(put_off.waits(&bench), [false, false], "the next start");

    let mut watch = Watch::default();
    watch.look(line).unwrap();
    put_off.again(&bench);
    watch.look(line).unwrap();
    assert_eq!(put_off.waits(&bench), [true, true], "nobody has set anything");
    line.clock.jump(SignedDuration::from_hours(24 * 365));
    watch.look(line).unwrap();
    assert_eq!(put_off.waits(&bench), [false, false], "it was set ahead");
    put_off.again(&bench);
    // It is as much in doubt as before.
    line.clock.jump(SignedDuration::from_hours(-24 * 365));
    watch.look(line).unwrap();
    assert_eq!(put_off.waits(&bench), [false, false], "it was set back");

    put_off.again(&bench);
    bench.done(Request::AcknowledgeClock { by: person(ADMIN), reason: because("system-failure") });
    assert_eq!(put_off.waits(&bench), [false, false], "somebody looked at it");
}

#[test]
fn the_manager_ends_what_waits_in_a_stage_for_a_time_to_come() {
    let bench = Bench::new();
    employ(&bench);
    let put_off = PutOff::at(&bench);
    let (waits, in_hand) = (put_off.document, bench.judged(KIND, &[]));
    for document in [waits, in_hand] {
        bench.put(document, DocumentState::Filing);
    }
    let send_back = |by: &str, document| Request::SendBack {
        by: person(by),
        documents: vec![bench.looked(document)],
        reason: because("rescan"),
    };
    let discard =
        |document| Request::Discard { by: person(MANAGER), document: bench.looked(document), reason: because("other") };
    for request in [send_back(MANAGER, in_hand), discard(in_hand)] {
        assert!(matches!(bench.refused(request), Refusal::WrongState { .. }), "a stage has it in hand");
    }
    assert!(matches!(bench.refused(send_back(OPERATOR, waits)), Refusal::RoleNeeded { .. }));
    bench.done(send_back(MANAGER, waits));
    assert_eq!(bench.document(waits).state, DocumentState::SentBack);

    let put_off = PutOff::at(&bench);
    bench.put(put_off.document, DocumentState::Inspecting);
    bench.done(discard(put_off.document));
    assert_eq!(bench.document(put_off.document).state, DocumentState::Discarded);
}
