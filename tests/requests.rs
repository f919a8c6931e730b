//! Each request of the control socket: one that is done and one that is refused, with what stands in ledger and journal
//! afterwards.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

#[path = "requests/absences.rs"]
mod absences;
#[path = "requests/bench.rs"]
mod bench;
#[path = "requests/ceremony.rs"]
mod ceremony;
#[path = "requests/clock.rs"]
mod clock;
#[path = "requests/documents.rs"]
mod documents;
#[path = "support/foreign.rs"]
mod foreign;
#[path = "requests/imported.rs"]
mod imported;
#[path = "requests/intake_doubts.rs"]
mod intake_doubts;
#[path = "requests/journal.rs"]
mod journal;
#[path = "requests/keys.rs"]
mod keys;
#[path = "requests/leaving.rs"]
mod leaving;
#[path = "requests/left_over.rs"]
mod left_over;
#[path = "requests/other_keys.rs"]
mod other_keys;
#[path = "requests/people.rs"]
mod people;
#[path = "requests/profiles.rs"]
mod profiles;
#[path = "requests/production.rs"]
mod production;
#[path = "requests/put_off.rs"]
mod put_off;
#[path = "requests/renewals.rs"]
mod renewals;
#[path = "requests/revocations.rs"]
mod revocations;
#[path = "requests/shown.rs"]
mod shown;
#[path = "requests/socket.rs"]
mod socket;
#[path = "requests/suspensions.rs"]
mod suspensions;
#[path = "requests/undone.rs"]
mod undone;
#[path = "requests/viewings.rs"]
mod viewings;
