//! Records before the verifier: good ones pass, and whatever is changed is named by the step that saw it.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

#[path = "../support/hospital.rs"]
mod hospital;

mod anchors;
mod calendars;
mod ceremony;
mod endings;
#[path = "../support/foreign.rs"]
mod foreign;
mod forgeries;
mod hostile;
mod independence;
mod insider;
mod journal;
mod journal_files;
mod keys;
mod names;
mod packs;
mod profiles;
mod revocations;
mod stamped;
mod stored;
mod suspensions;
mod tricks;
mod trust;
mod windows;
mod words;
