//! `torikomi queue`: what waits, and the decisions about it.

mod accept;
mod assign;
mod confirm;
pub(super) mod decision;
mod discard;
pub(super) mod facts;
mod identify;
pub(super) mod list;
mod pages;
mod refuse;
mod reject;
mod release_late;
mod retry;
mod show;
mod take;

use clap::Subcommand;

use super::{Answer, Desk, Failure};

/// In the order in which a document meets them.
#[derive(Debug, Subcommand)]
pub enum Queue {
    List(list::Args),
    Show(show::Args),
    Identify(Box<identify::Args>),
    Accept(accept::Args),
    Reject(reject::Args),
    Confirm(confirm::Args),
    ReleaseLate(release_late::Args),
    Assign(assign::Args),
    Retry(retry::Args),
    Discard(discard::Args),
    Take(take::Args),
    Refuse(refuse::Args),
}

pub(super) fn run(command: &Queue, desk: &Desk) -> Result<Answer, Failure> {
    match command {
        Queue::List(args) => list::run(args, desk),
        Queue::Show(args) => show::run(args, desk),
        Queue::Identify(args) => identify::run(args, desk),
        Queue::Accept(args) => accept::run(args, desk),
        Queue::Reject(args) => reject::run(args, desk),
        Queue::Confirm(args) => confirm::run(args, desk),
        Queue::ReleaseLate(args) => release_late::run(args, desk),
        Queue::Assign(args) => assign::run(args, desk),
        Queue::Retry(args) => retry::run(args, desk),
        Queue::Discard(args) => discard::run(args, desk),
        Queue::Take(args) => take::run(args, desk),
        Queue::Refuse(args) => refuse::run(args, desk),
    }
}
