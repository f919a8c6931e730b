//! `torikomi clock acknowledge`: somebody looked at the server's clock and found it right; what waited for that goes on.

use crate::cli::page::Tone;
use crate::cli::person::Person;
use crate::cli::queue::decision::Reason;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::control::facts::Noted;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let noted: Noted =
        desk.ask(&Request::AcknowledgeClock { by: args.by.prove(desk)?, reason: args.reason.given() })?;
    let words = &desk.words;
    desk.show(&noted, |page| {
        page.marked(Tone::Good, &words.say("clock-acknowledged"));
        page.small(&words.with("cli-journalled", &[("index", noted.journal_index.to_string().into())]));
    })?;
    Ok(Answer::Yes)
}
