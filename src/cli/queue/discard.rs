//! `torikomi queue discard`: ends a document that is none; its bytes stay in custody.

use super::decision::{Reason, Shown, decide};
use crate::cli::person::Person;
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
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let document = args.shown.document(desk, args.document)?;
    let request = Request::Discard { by: args.by.prove(desk)?, document, reason: args.reason.given() };
    decide(desk, &request, "queue-discarded")
}
