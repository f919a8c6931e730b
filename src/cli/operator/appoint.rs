//! `torikomi operator appoint`: gives a person a role for a time.

use super::change;
use crate::cli::choice;
use crate::cli::person::{Person, SecondPerson};
use crate::cli::words::clock_time;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::ids::Name;
use crate::instant::Instant;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "LOGIN")]
    login: String,
    #[arg(long, value_name = "ROLE", value_parser = choice::role)]
    role: Name,
    #[arg(long, value_name = "N", default_value_t = 1)]
    rank: u32,
    #[arg(long, value_name = "TIME", value_parser = clock_time)]
    from: Option<Instant>,
    #[arg(long, value_name = "TIME", value_parser = clock_time)]
    until: Option<Instant>,
    #[command(flatten)]
    by: Person,
    #[command(flatten)]
    second: SecondPerson,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let request = Request::Appoint {
        by: args.by.prove(desk)?,
        second: args.second.prove(desk)?,
        login: args.login.clone(),
        role: args.role.clone(),
        rank: args.rank,
        from: args.from,
        until: args.until,
    };
    change(desk, &request, "operator-appointed", &args.login)
}
