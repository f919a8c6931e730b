//! `torikomi queue release-late`: files late documents as 9.2, for an unavoidable reason.

use super::decision::{Reason, Shown, decide};
use crate::cli::person::Person;
use crate::cli::words::clock_time;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::ids::DocumentId;
use crate::instant::Instant;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(id = "document", value_name = "DOCUMENT", required = true)]
    documents: Vec<DocumentId>,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    reason: Reason,
    #[arg(long, value_name = "TIME", value_parser = clock_time)]
    possible_again_at: Instant,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let documents = args.shown.documents(desk, &args.documents)?;
    let request = Request::ReleaseLate {
        by: args.by.prove(desk)?,
        documents,
        reason: args.reason.given(),
        possible_again_at: args.possible_again_at,
    };
    decide(desk, &request, "queue-released")
}
