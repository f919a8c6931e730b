//! A clock that was ahead and is set right: what comes then comes later, whatever the ids say that are made by it.

use std::fs;

use torikomi::database::{Database, DatabaseError};
use torikomi::document::HoldReason;
use torikomi::ids::DeliveryId;
use torikomi::ledger::deliveries;
use torikomi::ledger::documents::Document;
use torikomi::pipeline::line::Line;

use crate::home::TestHome;
use crate::program::torikomi;
use crate::reused::{all, delivery_of, list, picture, problem, scan, settled, sidecar, standing};
use crate::wait_for;

/// What is entered while the clock is so far ahead gets an id like this.
const AHEAD: [&str; 2] = ["ffffffff-ffff-7fff-bfff-fffffffffffe", "ffffffff-ffff-7fff-bfff-ffffffffffff"];

#[test]
fn what_comes_late_for_a_scan_of_a_clock_that_was_ahead_speaks_for_no_other() {
    let home = TestHome::make();
    home.set("[station.front-desk]", "sidecar_wait", "\"0s\"");
    // A crash came right after the two were entered, so that they are taken in under these ids.
    let names = ["scan.jpg", "list.jpg"];
    let path = home.root().join("store/torikomi.db");
    let handle = home.block_on(async { tokio::runtime::Handle::current() });
    let database = Database::open(&path, false, &handle, || ()).unwrap();
    let now = jiff::Timestamp::now().into();
    let enter = database.write::<_, DatabaseError, _>(async move |tx| {
        for (id, name) in AHEAD.iter().zip(names) {
            let (id, station) = (id.parse().unwrap(), "front-desk".parse().unwrap());
            deliveries::enter(tx, id, &station, name.as_bytes(), now).await?;
        }
        Ok(())
    });
    enter.unwrap();
    database.close();
    for (number, name) in (1_u8..).zip(names) {
        fs::write(home.drop().join(name), picture(number)).unwrap();
    }
    let daemon = home.start();
    let line = &daemon.line;
    for number in [1, 2] {
        assert_eq!(settled(line, number).held, Some(HoldReason::Identity));
    }
    let gone = || names.iter().all(|name| !standing(&home, name)).then_some(());
    assert!(wait_for(gone).is_some(), "{:?}", home.listing());
    drop(daemon);

    // The clock is right again. What was meant for the two comes now, and then the next patient's scans under their names.
    let daemon = home.start();
    let line = &daemon.line;
    fs::write(home.drop().join("scan.json"), sidecar(&home, "9990001")).unwrap();
    scan(&home, "scan.jpg", 3);
    assert_eq!(problem(&settled(line, 3), "late-sidecar")["earlier"], AHEAD[0]);
    fs::write(home.drop().join("index.csv"), list(&home, &[("list.jpg", "9990001")])).unwrap();
    scan(&home, "list.jpg", 4);
    assert_eq!(problem(&settled(line, 4), "late-row")["earlier"], AHEAD[1]);
    // And of two that came since, the newer is the one before the next.
    let fourth = delivery_of(line, &settled(line, 4));
    fs::write(home.drop().join("index.csv"), list(&home, &[("list.jpg", "9990002")])).unwrap();
    scan(&home, "list.jpg", 5);
    assert_eq!(problem(&settled(line, 5), "late-row")["earlier"], fourth);

    // A ledger that is made anew has them in the same order.
    let order = arrivals(line);
    assert_eq!(order.iter().map(|(_, arrival)| *arrival).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    drop(daemon);
    let ran = torikomi(Some(&home.root()), &["store", "check", "--rebuild", "--json"]);
    assert!(ran.json()["journal_entries"].is_number(), "{}{}", ran.out, ran.err);
    let daemon = home.start();
    assert_eq!(arrivals(&daemon.line), order);
}

/// Every delivery that became a document, with its number.
fn arrivals(line: &Line) -> Vec<(DeliveryId, u64)> {
    let delivery = |document: Document| -> DeliveryId { delivery_of(line, &document).parse().unwrap() };
    let found = all(line).into_iter().map(|document| {
        let id = delivery(document);
        let row = line.database.read(async |tx| deliveries::get(tx, id).await).unwrap().unwrap();
        (id, row.arrival)
    });
    let mut found: Vec<_> = found.collect();
    found.sort_by_key(|(_, arrival)| *arrival);
    found
}
