//! `torikomi operator`: people, their keys and what they are appointed to.

mod absent;
mod add;
mod appoint;
mod enrol;
mod import;
mod list;
mod rename;
mod resume;
mod retire;
mod revoke;
mod suspend;

use clap::Subcommand;

use super::page::Tone;
use super::{Answer, Desk, Failure};
use crate::control::Request;
use crate::control::facts::Noted;

#[derive(Debug, Subcommand)]
pub enum Operator {
    List(list::Args),
    Add(add::Args),
    Change(rename::Args),
    Enrol(enrol::Args),
    Import(import::Args),
    Revoke(revoke::Args),
    Appoint(appoint::Args),
    Retire(retire::Args),
    Absent(absent::Args),
    Suspend(suspend::Args),
    Resume(resume::Args),
}

pub(super) fn run(command: &Operator, desk: &Desk) -> Result<Answer, Failure> {
    match command {
        Operator::List(args) => list::run(args, desk),
        Operator::Add(args) => add::run(args, desk),
        Operator::Change(args) => rename::run(args, desk),
        Operator::Enrol(args) => enrol::run(args, desk),
        Operator::Import(args) => import::run(args, desk),
        Operator::Revoke(args) => revoke::run(args, desk),
        Operator::Appoint(args) => appoint::run(args, desk),
        Operator::Retire(args) => retire::run(args, desk),
        Operator::Absent(args) => absent::run(args, desk),
        Operator::Suspend(args) => suspend::run(args, desk),
        Operator::Resume(args) => resume::run(args, desk),
    }
}

/// Asks the daemon and shows what was done, as the sentence `said` about `whom`.
pub(super) fn change(desk: &Desk, request: &Request, said: &str, whom: &str) -> Result<Answer, Failure> {
    let noted: Noted = desk.ask(request)?;
    desk.show(&noted, |page| {
        page.marked(Tone::Good, &desk.words.with(said, &[("whom", whom.into())]));
        let index = noted.journal_index.to_string();
        page.small(&desk.words.with("cli-journalled", &[("index", index.into())]));
    })?;
    Ok(Answer::Yes)
}
