//! Intake from the drop folder to the ledger: real folders, a real database, and a measuring that the tests play.
//!
//! A turn of a station is taken by hand, at a moment that the test chooses, so nothing here waits for time to pass. A
//! crash is what it leaves behind: the line is dropped, the state between two steps is put in place with the same
//! functions that make it, and a new line is opened over it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that unwraps fails where it should"
)]

mod arrivals;
mod crashes;
mod known;
#[path = "../../src/durable/testing.rs"]
mod mounts;
mod notes;
mod threads;
mod trouble;
mod world;
