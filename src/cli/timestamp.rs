//! `torikomi timestamp`: the evaluation time-stamping authority.

mod serve;

use clap::Subcommand;

use super::{Answer, Desk, Failure};

#[derive(Debug, Subcommand)]
pub enum Timestamp {
    Serve(serve::Args),
}

pub(super) fn run(command: &Timestamp, desk: &Desk) -> Result<Answer, Failure> {
    match command {
        Timestamp::Serve(args) => serve::run(args, desk),
    }
}
