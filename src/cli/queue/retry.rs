//! `torikomi queue retry`: lets documents that failed be tried again.

use super::decision::decide;
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::ids::DocumentId;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(id = "document", value_name = "DOCUMENT", required = true)]
    documents: Vec<DocumentId>,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let request = Request::Retry { by: args.by.prove(desk)?, documents: args.documents.clone() };
    decide(desk, &request, "queue-retried")
}
