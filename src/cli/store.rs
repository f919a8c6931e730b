//! `torikomi store`: what a home holds, as a whole.

mod backup;
mod check;
mod restore;

use clap::Subcommand;

use super::{Answer, Desk, Failure};

#[derive(Debug, Subcommand)]
pub enum Store {
    Check(check::Args),
    Backup(backup::Args),
    Restore(restore::Args),
}

pub(super) fn run(command: &Store, desk: &Desk) -> Result<Answer, Failure> {
    match command {
        Store::Check(args) => check::run(args, desk),
        Store::Backup(args) => backup::run(args, desk),
        Store::Restore(args) => restore::run(args, desk),
    }
}
