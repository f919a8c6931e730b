//! `torikomi queue accept`: releases findings, where the profile allows it.

use super::decision::{Reason, Shown, decide};
use crate::cli::person::{Person, SecondPerson};
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::ids::DocumentId;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "DOCUMENT")]
    document: DocumentId,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    second: SecondPerson,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let document = args.shown.document(desk, args.document)?;
    let request = Request::Accept {
        by: args.by.prove(desk)?,
        second: args.second.prove(desk)?,
        document,
        reason: args.reason.given(),
        // Here a person attests to have seen the pages; only the console shows them itself.
        pages_shown: false,
    };
    decide(desk, &request, "queue-accepted")
}
