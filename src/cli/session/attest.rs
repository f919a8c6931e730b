//! `torikomi session attest`: vouches for the batch of the own open session.

use crate::cli::page::Tone;
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::control::facts::BatchAttested;
use crate::ids::SessionId;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "SESSION")]
    session: SessionId,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let request = Request::AttestBatch { by: args.by.prove(desk)?, session: args.session };
    let attested: BatchAttested = desk.ask(&request)?;
    let words = &desk.words;
    desk.show(&attested, |page| {
        // In full, so that nobody attests what they have not read.
        page.marked(Tone::Good, &words.say("session-attested"));
        if attested.resumed > 0 {
            page.line(&words.with("session-resumed", &[("count", attested.resumed.into())]));
        }
    })?;
    Ok(Answer::Yes)
}
