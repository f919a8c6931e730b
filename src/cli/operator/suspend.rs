//! `torikomi operator suspend`: a person proves nobody and signs nothing any more, until they resume.

use super::change;
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "LOGIN")]
    login: String,
    /// Free words, and none of the codes by which documents are decided about.
    #[arg(long = "reason", value_name = "TEXT")]
    why: String,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let (login, reason) = (args.login.clone(), args.why.clone());
    let request = Request::Suspend { by: args.by.prove(desk)?, login, reason };
    change(desk, &request, "operator-was-suspended", &args.login)
}
