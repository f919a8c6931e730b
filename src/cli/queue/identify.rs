//! `torikomi queue identify`: a person states whose a document is, of which kind, from which date, and what else its sources
//! contradict each other about.

use jiff::civil::Date;

use super::decision::{Reason, Shown, decide};
use crate::cli::choice;
use crate::cli::person::Person;
use crate::cli::words::clock_time;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::identification::Facts;
use crate::identity::{Claims, Scanner, dates};
use crate::ids::{DocumentId, Name};
use crate::instant::Instant;
use crate::paper::Paper;

#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("what").required(true).multiple(true).args([
    "patient_id", "document_type", "obtained_on", "document_date", "scanned_at", "operator", "station", "paper",
    "expected_pages", "double_feed", "dispensed", "scanner", "remarks", "supersedes",
])))]
// The usual one lists every way to state something.
#[command(
    override_usage = "torikomi queue identify [OPTIONS] --patient-id <ID>… --reason <CODE> --as <LOGIN> <DOCUMENT>"
)]
pub struct Args {
    #[arg(value_name = "DOCUMENT")]
    document: DocumentId,
    #[arg(long, value_name = "ID")]
    patient_id: Option<String>,
    #[arg(long, value_name = "KIND")]
    document_type: Option<Name>,
    #[arg(long, value_name = "DATE", value_parser = dates::parse)]
    obtained_on: Option<Date>,
    #[arg(long, value_name = "DATE", value_parser = dates::parse)]
    document_date: Option<Date>,
    #[arg(long, value_name = "TIME", value_parser = clock_time)]
    scanned_at: Option<Instant>,
    #[arg(long, value_name = "LOGIN")]
    operator: Option<String>,
    #[arg(long, value_name = "NAME")]
    station: Option<Name>,
    #[arg(long, value_name = "PAPER", value_parser = choice::paper)]
    paper: Option<Paper>,
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    expected_pages: Option<u32>,
    #[arg(long, value_name = "true|false")]
    double_feed: Option<bool>,
    #[arg(long, value_name = "true|false")]
    dispensed: Option<bool>,
    #[arg(long, value_name = "JSON", value_parser = scanner)]
    scanner: Option<Scanner>,
    #[arg(long, value_name = "TEXT")]
    remarks: Option<String>,
    #[arg(long, value_name = "DOCUMENT")]
    supersedes: Option<DocumentId>,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let facts = Facts {
        patient_id: args.patient_id.clone(),
        document_type: args.document_type.clone(),
        obtained_on: args.obtained_on,
        document_date: args.document_date,
        scanned_at: args.scanned_at,
        zone_assumed: false,
        operator: args.operator.clone(),
        station: args.station.clone(),
        claims: Claims {
            paper: args.paper,
            expected_pages: args.expected_pages,
            double_feed: args.double_feed,
            dispensed: args.dispensed,
            scanner: args.scanner.clone(),
            remarks: args.remarks.clone(),
        },
    };
    let document = args.shown.document(desk, args.document)?;
    let request = Request::Identify {
        by: args.by.prove(desk)?,
        document,
        facts: Box::new(facts),
        supersedes: args.supersedes,
        reason: args.reason.given(),
    };
    decide(desk, &request, "queue-identified")
}

/// A scanner as sidecars write it, and as a conflict shows it.
fn scanner(text: &str) -> Result<Scanner, serde_json::Error> {
    serde_json::from_str(text)
}
