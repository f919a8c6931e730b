//! `torikomi queue reject`: sends documents back to the scanner.

use super::decision::{Reason, Shown, decide};
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::ids::DocumentId;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(id = "document", value_name = "DOCUMENT", required = true)]
    documents: Vec<DocumentId>,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let documents = args.shown.documents(desk, &args.documents)?;
    let request = Request::SendBack { by: args.by.prove(desk)?, documents, reason: args.reason.given() };
    decide(desk, &request, "queue-sent-back")
}
