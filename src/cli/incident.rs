//! `torikomi incident`: what failed for a while.

mod list;

use clap::Subcommand;

use super::{Answer, Desk, Failure};

#[derive(Debug, Subcommand)]
pub enum Incident {
    List(list::Args),
}

pub(super) fn run(command: &Incident, desk: &Desk) -> Result<Answer, Failure> {
    match command {
        Incident::List(args) => list::run(args, desk),
    }
}
