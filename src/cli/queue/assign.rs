//! `torikomi queue assign`: gives documents to a person.

use super::decision::decide;
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::ids::DocumentId;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(id = "document", value_name = "DOCUMENT", required = true)]
    documents: Vec<DocumentId>,
    #[arg(long, value_name = "LOGIN")]
    to: String,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let request = Request::Assign { by: args.by.prove(desk)?, documents: args.documents.clone(), to: args.to.clone() };
    decide(desk, &request, "queue-assigned")
}
