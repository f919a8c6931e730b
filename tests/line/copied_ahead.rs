//! What a clock that ran ahead copied waits until it is that time, and somebody is told.

use std::fs;

use torikomi::control::Request;
use torikomi::database::Tx;
use torikomi::document::DeliveryState;
use torikomi::ledger::deliveries;

use crate::home::TestHome;
use crate::wait_for;

#[test]
fn a_delivery_that_was_copied_by_a_clock_that_ran_ahead_is_told_of() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    let requests = home.requests(line);
    let warned = || {
        let status = requests(Request::Status);
        let warnings = status["warnings"].as_array().unwrap();
        warnings.iter().find(|warning| warning["code"] == "copied-ahead").cloned()
    };
    // One that is in custody and still waits for its rest.
    let whole = fs::read("fixtures/samples/good/consent.jpg").unwrap();
    fs::write(home.drop().join("scan.jpg"), &whole[..whole.len() / 2]).unwrap();
    let found = wait_for(|| {
        let rows = line.database.read(async |tx| deliveries::in_state(tx, DeliveryState::InCustody).await).unwrap();
        rows.into_iter().find(|row| row.measured_copy == row.copy)
    });
    assert!(found.is_some() && warned().is_none());
    // As a line leaves it that ended before it had measured, and whose clock was put right since.
    let until = line.clock.now().plus(jiff::SignedDuration::from_hours(2));
    let at = until.as_microseconds();
    let ahead = async move |tx: &mut Tx| {
        let sql = "UPDATE delivery SET measured_copy = 0, taken_in_at = $1";
        sqlx::query(sql).bind(at).execute(tx).await?;
        Ok::<_, torikomi::database::DatabaseError>(())
    };
    line.database.write(ahead).unwrap();
    let told = warned().expect("it waits in silence");
    assert_eq!((&told["count"], told["until"].as_str()), (&1.into(), Some(until.to_string().as_str())));
}
