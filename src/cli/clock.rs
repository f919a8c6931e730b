//! `torikomi clock`: a person believes the clock again after it jumped.

mod acknowledge;

use clap::Subcommand;

use super::{Answer, Desk, Failure};

#[derive(Debug, Subcommand)]
pub enum Clock {
    Acknowledge(acknowledge::Args),
}

pub(super) fn run(command: &Clock, desk: &Desk) -> Result<Answer, Failure> {
    match command {
        Clock::Acknowledge(args) => acknowledge::run(args, desk),
    }
}
