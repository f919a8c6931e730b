//! `torikomi operator absent`: an information manager is away for a time, and the next in rank acts; or is back.

use super::change;
use crate::cli::person::Person;
use crate::cli::words::clock_time;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::instant::Instant;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "LOGIN")]
    login: String,
    #[arg(long, value_name = "TIME", value_parser = clock_time)]
    from: Option<Instant>,
    #[arg(long, value_name = "TIME", value_parser = clock_time)]
    until: Option<Instant>,
    /// What was said ends: now, or with `--until` then.
    #[arg(long, conflicts_with = "from")]
    end: bool,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let Args { ref login, from, until, end: ends, .. } = *args;
    let request = Request::Absent { by: args.by.prove(desk)?, login: login.clone(), from, until, ends };
    change(desk, &request, if ends { "operator-back" } else { "operator-absent" }, login)
}
