//! `torikomi queue identify`: a person states whose a document is, of which kind, from which date.

use super::decision::Reason;
use super::decision::decide;
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::identity::dates;
use crate::ids::{DocumentId, Name};
use jiff::civil::Date;

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true).args(["patient_id", "document_type", "obtained_on"])))]
pub struct Args {
    #[arg(value_name = "DOCUMENT")]
    document: DocumentId,
    #[arg(long, value_name = "ID")]
    patient_id: Option<String>,
    #[arg(long, value_name = "KIND")]
    document_type: Option<Name>,
    #[arg(long, value_name = "DATE", value_parser = dates::parse)]
    obtained_on: Option<Date>,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let request = Request::Identify {
        by: args.by.prove(desk)?,
        document: args.document,
        patient_id: args.patient_id.clone(),
        document_type: args.document_type.clone(),
        obtained_on: args.obtained_on,
        reason: args.reason.given(),
    };
    decide(desk, &request, "queue-identified")
}
