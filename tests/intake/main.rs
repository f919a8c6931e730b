//! Intake from the drop folder to the ledger: real folders, a real database, and a measuring that the tests play.
//!
//! A turn of a station is taken by hand, at a moment that the test chooses, so nothing here waits for time to pass. A
//! crash is what it leaves behind: the line is dropped, the state between two steps is put in place with the same
//! functions that make it, and a new line is opened over it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

mod arrivals;
mod crashes;
mod kept;
mod known;
#[allow(dead_code, reason = "others use what is not used here")]
#[path = "../../src/durable/testing.rs"]
mod mounts;
mod notes;
mod threads;
mod trouble;
mod world;
