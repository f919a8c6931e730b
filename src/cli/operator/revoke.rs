//! `torikomi operator revoke`: a person's key counts no more, because its owner or somebody else says so, or from
//! before, because two others do.

use super::change;
use crate::cli::choice;
use crate::cli::person::{Person, SecondPerson};
use crate::cli::words::clock_time;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::instant::Instant;
use crate::people::acts::RevocationReason;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "LOGIN")]
    login: String,
    #[arg(long, value_name = "REASON", value_parser = choice::revocation)]
    why: RevocationReason,
    #[arg(long, value_name = "TIME", value_parser = clock_time)]
    since: Option<Instant>,
    #[command(flatten)]
    by: Person,
    #[command(flatten)]
    second: SecondPerson,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let request = Request::Revoke {
        by: args.by.prove(desk)?,
        second: args.second.prove(desk)?,
        login: args.login.clone(),
        why: args.why,
        since: args.since,
    };
    change(desk, &request, "operator-revoked", &args.login)
}
