//! `torikomi queue take`: takes a delivery as it is although its completeness is in doubt.

use super::decision::{Reason, Shown, decide};
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::ids::DeliveryId;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "DELIVERY")]
    delivery: DeliveryId,
    #[command(flatten)]
    shown: Shown,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let shown = args.shown.delivery(desk, args.delivery)?;
    let request = Request::DecideDelivery {
        by: args.by.prove(desk)?,
        delivery: args.delivery,
        shown,
        take: true,
        reason: args.reason.given(),
    };
    decide(desk, &request, "queue-taken")
}
