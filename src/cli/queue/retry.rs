//! `torikomi queue retry`: lets documents that failed, or a delivery that could not be measured, be tried again.

use super::decision::{Shown, decide};
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::ids::{DeliveryId, DocumentId};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(id = "document", value_name = "DOCUMENT", required_unless_present = "delivery")]
    documents: Vec<DocumentId>,
    #[arg(long, value_name = "DELIVERY", conflicts_with_all = ["document", "shown"])]
    delivery: Option<DeliveryId>,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    if let Some(delivery) = args.delivery {
        let request = Request::RetryDelivery { by: args.by.prove(desk)?, delivery };
        return decide(desk, &request, "queue-retried-delivery");
    }
    let documents = args.shown.documents(desk, &args.documents)?;
    decide(desk, &Request::Retry { by: args.by.prove(desk)?, documents }, "queue-retried")
}
