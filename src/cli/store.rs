//! `torikomi store`: what a home holds, as a whole.

mod check;

use clap::Subcommand;

use super::{Answer, Desk, Failure};

#[derive(Debug, Subcommand)]
pub enum Store {
    Check(check::Args),
}

pub(super) fn run(command: &Store, desk: &Desk) -> Result<Answer, Failure> {
    match command {
        Store::Check(args) => check::run(args, desk),
    }
}
