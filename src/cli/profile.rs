//! `torikomi profile`: what the hospital asks of each kind of document.

mod approve;
mod facts;
mod lint;
mod list;
mod show;

use clap::Subcommand;

use super::{Answer, Desk, Failure};

#[derive(Debug, Subcommand)]
pub enum Profile {
    List(list::Args),
    Show(show::Args),
    Lint(lint::Args),
    Approve(approve::Args),
}

pub(super) fn run(command: &Profile, desk: &Desk) -> Result<Answer, Failure> {
    match command {
        Profile::List(args) => list::run(args, desk),
        Profile::Show(args) => show::run(args, desk),
        Profile::Lint(args) => lint::run(args, desk),
        Profile::Approve(args) => approve::run(args, desk),
    }
}
