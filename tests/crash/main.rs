//! The daemon is killed in the middle of its work, at each state and at odd moments, and loses nothing.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

#[path = "../support/account.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod account;
mod attempts;
#[path = "../support/burst.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod burst;
#[path = "../support/served.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod hospital;
mod injected;
#[allow(dead_code, reason = "others use what is not used here")]
#[path = "../../src/durable/testing.rs"]
mod mounts;
mod order;
#[path = "../support/program.rs"]
#[allow(dead_code, reason = "others use what is not used here")]
mod program;
mod random;
mod set_aside;
mod troubled;
mod walk;

use std::time::{Duration, Instant};

use account::{Moment, settle};
use burst::{deliver, deliver_larger};
use hospital::Hospital;
use torikomi::document::{DeliveryState, DocumentState};

#[test]
fn killed_at_each_state_nothing_is_lost_and_nothing_doubled() {
    let moments = [
        Moment::Delivery(DeliveryState::Arriving),
        Moment::Delivery(DeliveryState::InCustody),
        Moment::Document(DocumentState::Identifying),
        Moment::Document(DocumentState::Inspecting),
        Moment::Document(DocumentState::Signing),
        Moment::Document(DocumentState::Stamping),
        Moment::Document(DocumentState::Filing),
        Moment::Document(DocumentState::Filed),
    ];
    let hospital = Hospital::found();
    let mut sent = Vec::new();
    for (number, moment) in moments.into_iter().enumerate() {
        // A state may pass between two looks; then the next burst shows it.
        let caught = (0..5).any(|again| {
            let daemon = hospital.start();
            hospital.open_session().unwrap();
            let prefix = format!("k{number}{again}");
            let burst = deliver(&hospital, &prefix);
            let caught = moment.comes(&hospital, &prefix, &burst);
            daemon.kill();
            sent.extend(burst);
            caught
        });
        assert!(caught, "{moment:?} was never seen");
    }
    settle(&hospital, &sent);
    assert_eq!(account::quarantine(&hospital), [] as [&str; 0]);
}

#[test]
fn killed_at_odd_moments_nothing_is_lost_and_nothing_doubled() {
    let hospital = Hospital::found();
    let mut sent = deliver_larger(&hospital, "first");
    for milliseconds in [40, 150, 400, 700, 1100, 1500, 1900, 2300, 2800, 3500] {
        let begun = Instant::now();
        let daemon = hospital.start();
        std::thread::scope(|scope| {
            // The clerk tries while the daemon lives, or dies under the request.
            scope.spawn(|| hospital.try_to_open_session(Duration::from_millis(milliseconds)));
            sent.extend(deliver(&hospital, &format!("m{milliseconds}")));
            std::thread::sleep(Duration::from_millis(milliseconds).saturating_sub(begun.elapsed()));
            daemon.kill();
        });
    }
    settle(&hospital, &sent);
    assert_eq!(account::quarantine(&hospital), [] as [&str; 0]);
}
