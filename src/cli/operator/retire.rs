//! `torikomi operator retire`: somebody leaves, and what was theirs to do is the manager's.

use super::change;
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "LOGIN")]
    login: String,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let request = Request::Retire { by: args.by.prove(desk)?, login: args.login.clone() };
    change(desk, &request, "operator-retired", &args.login)
}
