//! `torikomi journal`: who did what and when.

mod dispose;
pub(super) mod entries;
mod show;
mod verify;

use clap::Subcommand;

use super::{Answer, Desk, Failure};

#[derive(Debug, Subcommand)]
pub enum Journal {
    Show(show::Args),
    Verify(verify::Args),
    Dispose(dispose::Args),
}

pub(super) fn run(command: &Journal, desk: &Desk) -> Result<Answer, Failure> {
    match command {
        Journal::Show(args) => show::run(args, desk),
        Journal::Verify(args) => verify::run(args, desk),
        Journal::Dispose(args) => dispose::run(args, desk),
    }
}
