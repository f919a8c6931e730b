//! `torikomi queue confirm`: the responsible person confirms and signs (確定・署名).
//!
//! One document at a time: what is about to be signed is shown before the passphrase is asked for.

use super::decision::{Shown, decide};
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
    #[arg(long, value_name = "DOCUMENT")]
    supersedes: Option<DocumentId>,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let document = args.shown.document(desk, args.document)?;
    let by = args.by.prove(desk)?;
    let request = Request::Confirm { by, document, pages_shown: false, supersedes: args.supersedes };
    decide(desk, &request, "queue-confirmed")
}
