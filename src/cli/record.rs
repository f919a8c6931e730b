//! `torikomi record`: what is filed.

mod export;
mod history;
mod list;
mod show;

use clap::Subcommand;

use super::{Answer, Desk, Failure};

#[derive(Debug, Subcommand)]
pub enum Record {
    List(list::Args),
    Show(show::Args),
    History(history::Args),
    Export(export::Args),
}

pub(super) fn run(command: &Record, desk: &Desk) -> Result<Answer, Failure> {
    match command {
        Record::List(args) => list::run(args, desk),
        Record::Show(args) => show::run(args, desk),
        Record::History(args) => history::run(args, desk),
        Record::Export(args) => export::run(args, desk),
    }
}
