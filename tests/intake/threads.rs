//! The same with threads and events, as the daemon runs it. Nothing is measured: it ends, or fails after a long time.

use std::fs;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant as Moment};

use torikomi::document::DeliveryState;
use torikomi::ids::DeliveryId;
use torikomi::intake::line::Watching;
use torikomi::ledger::deliveries;

use crate::world::{World, name};

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let end = Moment::now() + Duration::from_secs(120);
    while !done() {
        assert!(Moment::now() < end, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn stations_run_on_threads_of_their_own() {
    let mut world = World::new();
    world.add_station("ward-2");
    for station in &mut world.stations {
        station.patience.quiet = Duration::from_millis(50);
        // Nothing but events may be the reason that something is seen.
        station.rhythm.sweep_every = Duration::from_secs(3600);
    }
    let line = world.open();
    line.run().unwrap();
    wait_until("watching", || line.stations().iter().all(|report| report.watching == Watching::Events));
    world.put("scan.tif", b"one");
    fs::write(world.stations[1].folder.join("scan.tif"), b"two").unwrap();
    wait_until("custody", || world.ledger() == ["scan.tif: in-custody 1 no", "scan.tif: in-custody 1 no"]);
    for row in world.deliveries() {
        world.measured_complete(row.id);
        line.wake(&row.station);
    }
    wait_until("release", || world.ledger() == ["scan.tif: taken 1 yes", "scan.tif: taken 1 yes"]);

    let (folder, away) = (world.stations[0].folder.clone(), world.folder.path().join("away"));
    fs::rename(&folder, &away).unwrap();
    wait_until("loss", || line.stations()[0].watching == Watching::Unreachable);
    fs::rename(&away, &folder).unwrap();
    line.wake(&name("er-1"));
    wait_until("return", || line.stations()[0].watching == Watching::Events);
    world.put("later.tif", b"three");
    wait_until("custody", || world.ledger().len() == 3);
    line.stop();
    world.put("after.tif", b"four");
    assert_eq!(world.deliveries().len(), 3);
}

/// Nobody knows what bears the first number in custody, so the copy that was durable before the panic bears the second.
#[test]
fn a_copy_that_a_panic_left_is_found_behind_numbers_that_are_taken() {
    let mut world = World::new();
    world.er_1().patience.quiet = Duration::from_millis(50);
    let panicked = AtomicBool::new(false);
    let line = world.open_with(Box::new(move |_| {
        assert!(panicked.swap(true, Ordering::SeqCst), "what nobody thought of");
        None
    }));
    let (id, now) = (DeliveryId::new(), world.now());
    world.write(async move |tx| deliveries::enter(tx, id, &name("er-1"), b"scan.tif", now).await);
    let stranger = world.custody.join(format!("{id}.001"));
    fs::create_dir(&stranger).unwrap();
    fs::write(stranger.join("what"), b"nobody knows").unwrap();
    world.put("scan.tif", b"one");
    line.run().unwrap();
    wait_until("custody", || world.only().state == DeliveryState::InCustody);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 2 no"]);
    assert_eq!(world.custody(), ["001 ", "002 one"]);
    line.stop();
}

#[test]
fn a_station_whose_thread_panics_says_so_and_goes_on() {
    let mut world = World::new();
    world.er_1().patience.quiet = Duration::from_millis(50);
    let (told, hears) = mpsc::channel();
    let panicked = AtomicBool::new(false);
    let session = world.session;
    let line = world.open_with(Box::new(move |_| {
        if !panicked.swap(true, Ordering::SeqCst) {
            // Until the test has looked.
            let _ = told.send(());
            panic!("what nobody thought of");
        }
        Some(session)
    }));
    let line = Arc::new(line);
    line.run().unwrap();
    world.put("scan.tif", b"one");
    hears.recv_timeout(Duration::from_secs(60)).unwrap();
    wait_until("the report", || {
        let problem = serde_json::to_value(&line.stations()[0].problem).unwrap();
        problem["code"] == "crashed"
    });
    wait_until("custody", || world.ledger() == ["scan.tif: in-custody 1 no"]);
    wait_until("the report of a station that is well", || line.stations()[0].problem.is_none());
    line.stop();
}
