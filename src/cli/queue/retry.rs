//! `torikomi queue retry`: lets documents that failed, or a delivery that could not be measured, be tried again.

use super::decision::decide;
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::ids::{DeliveryId, DocumentId};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(id = "document", value_name = "DOCUMENT", required_unless_present = "delivery")]
    documents: Vec<DocumentId>,
    #[arg(long, value_name = "DELIVERY", conflicts_with = "document")]
    delivery: Option<DeliveryId>,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let by = args.by.prove(desk)?;
    match args.delivery {
        Some(delivery) => decide(desk, &Request::RetryDelivery { by, delivery }, "queue-retried-delivery"),
        None => decide(desk, &Request::Retry { by, documents: args.documents.clone() }, "queue-retried"),
    }
}
