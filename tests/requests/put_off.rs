//! What was put off until a time by a clock that has been set back since: its time would not come for years.

use jiff::SignedDuration;
use torikomi::database::DatabaseError;
use torikomi::document::DeliveryState;
use torikomi::ids::DeliveryId;
use torikomi::ledger::{deliveries, documents};

use crate::bench::{Bench, KIND, STATION};

#[test]
fn what_seems_to_be_put_off_for_years_has_its_turn() {
    let bench = Bench::new();
    let (document, delivery, now) = (bench.judged(KIND, &[]), DeliveryId::new(), bench.now());
    let state = bench.document(document).state;
    bench.write(async move |tx| {
        deliveries::enter(tx, delivery, &STATION.parse().unwrap(), b"next.tif", now).await?;
        deliveries::set_custody(tx, delivery, 1, &[], now, None).await?;
        deliveries::move_on(tx, delivery, DeliveryState::Arriving, DeliveryState::InCustody, None, now).await
    });
    for (by, is_ready) in [(SignedDuration::from_secs(50), false), (SignedDuration::from_hours(24 * 365), true)] {
        let until = now.plus(by).as_microseconds();
        bench.write(async move |tx| {
            for (table, id) in [("document", document.to_string()), ("delivery", delivery.to_string())] {
                let sql = format!("UPDATE {table} SET retry_at = {until}, failures = 1 WHERE id = $1");
                sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id).execute(&mut *tx).await?;
            }
            Ok(())
        });
        let ready = bench.opened.line.database.read::<_, DatabaseError, _>(async |tx| {
            let documents = documents::ready(tx, state, now, 10).await?;
            let deliveries = deliveries::to_measure(tx, now, 10).await?;
            Ok([documents.contains(&document), deliveries.iter().any(|found| found.id == delivery)])
        });
        assert_eq!(ready.unwrap(), [is_ready; 2], "{by:#}");
    }
}
