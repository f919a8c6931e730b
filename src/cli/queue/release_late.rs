//! `torikomi queue release-late`: files late documents as 9.2, for an unavoidable reason.

use super::decision::{Shown, decide};
use crate::cli::choice;
use crate::cli::person::Person;
use crate::cli::words::clock_time;
use crate::cli::{Answer, Desk, Failure};
use crate::control::{ReasonGiven, Request};
use crate::ids::{DocumentId, IncidentId, Name};
use crate::instant::Instant;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(id = "document", value_name = "DOCUMENT", required = true)]
    documents: Vec<DocumentId>,
    #[command(flatten)]
    shown: Shown,
    #[arg(long, value_name = "INCIDENT", conflicts_with_all = ["reason", "text", "possible_again_at"])]
    incident: Option<IncidentId>,
    #[arg(long, value_name = "CODE", value_parser = choice::reason, required_unless_present = "incident")]
    reason: Option<Name>,
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    #[arg(long, value_name = "TIME", value_parser = clock_time, required_unless_present = "incident")]
    possible_again_at: Option<Instant>,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let documents = args.shown.documents(desk, &args.documents)?;
    let request = match (args.incident, &args.reason, args.possible_again_at) {
        (None, Some(code), Some(possible_again_at)) => Request::ReleaseLate {
            by: args.by.prove(desk)?,
            documents,
            reason: ReasonGiven { code: code.clone(), text: args.text.clone() },
            possible_again_at,
        },
        (Some(incident), ..) => Request::ReleaseAfterIncident { by: args.by.prove(desk)?, documents, incident },
        // Unreachable: whoever names no incident is asked for both.
        (None, ..) => return Err(Failure::NotFound { what: "--incident".to_owned() }),
    };
    decide(desk, &request, "queue-released")
}
