//! `torikomi session`: a person unlocks the own key for a station, and locks it again.

mod attest;
mod close;
mod list;
mod open;

use clap::Subcommand;

use super::{Answer, Desk, Failure};

#[derive(Debug, Subcommand)]
pub enum Session {
    Open(open::Args),
    Attest(attest::Args),
    Close(close::Args),
    List(list::Args),
}

pub(super) fn run(command: &Session, desk: &Desk) -> Result<Answer, Failure> {
    match command {
        Session::Open(args) => open::run(args, desk),
        Session::Attest(args) => attest::run(args, desk),
        Session::Close(args) => close::run(args, desk),
        Session::List(args) => list::run(args, desk),
    }
}
