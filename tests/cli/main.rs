//! The command line from outside: the real program, its words, its JSON and its exit statuses.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that unwraps fails where it should"
)]

mod catalogue;
mod commands;
mod daemon;
mod faulty;
mod help;
mod home;
mod looks;
mod pdf_pages;
#[path = "../support/program.rs"]
mod program;
mod rows;
#[path = "../support/schema.rs"]
mod schema;
mod schemas;
mod timestamp;

use program::torikomi;
