//! `torikomi profile approve`: brings a profile file's present version into force.

use crate::cli::operator::change;
use crate::cli::person::{Person, SecondPerson};
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::ids::Name;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "PROFILE")]
    profile: Name,
    #[command(flatten)]
    by: Person,
    #[command(flatten)]
    second: SecondPerson,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let request = Request::ApproveProfile {
        by: args.by.prove(desk)?,
        second: args.second.prove(desk)?,
        profile: args.profile.clone(),
    };
    change(desk, &request, "profile-approved", args.profile.as_str())
}
