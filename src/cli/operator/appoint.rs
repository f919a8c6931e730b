//! `torikomi operator appoint`: gives a person a role for a time, or ends that.

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
    /// What was given ends: now, or with `--until` then.
    #[arg(long, conflicts_with_all = ["rank", "from", "second"])]
    end: bool,
    #[command(flatten)]
    by: Person,
    #[command(flatten)]
    second: SecondPerson,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    if args.end {
        let (login, role) = (args.login.clone(), args.role.clone());
        let request = Request::EndAppointment { by: args.by.prove(desk)?, login, role, ends: args.until };
        return change(desk, &request, "operator-appointment-ended", &args.login);
    }
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
