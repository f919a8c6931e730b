//! `torikomi clock acknowledge`: somebody looked at the server's clock and found it right; what waited for that goes on.

use crate::cli::page::{Page, Tone};
use crate::cli::person::Person;
use crate::cli::queue::decision::Reason;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::control::facts::{Noted, Status};
use crate::ids::Digest;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long, value_name = "DIGEST")]
    shown: Option<Digest>,
    #[command(flatten)]
    reason: Reason,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let shown = match args.shown {
        Some(shown) => shown,
        None => look(desk)?,
    };
    let request = Request::AcknowledgeClock { by: args.by.prove(desk)?, shown, reason: args.reason.given() };
    let noted: Noted = desk.ask(&request)?;
    let words = &desk.words;
    desk.show(&noted, |page| {
        page.marked(Tone::Good, &words.say("clock-acknowledged"));
        page.small(&words.with("cli-journalled", &[("index", noted.journal_index.to_string().into())]));
    })?;
    Ok(Answer::Yes)
}

/// Shows the clock as it is now, before the passphrase is asked for. Not on the output, which is for what was done.
fn look(desk: &Desk) -> Result<Digest, Failure> {
    let status: Status = desk.ask(&Request::Status)?;
    let words = &desk.words;
    let mut page = Page::new(false);
    page.line(&words.with("clock-shown", &[("time", words.exact_time(status.now).into())]));
    if let Some(problem) = &status.clock_problem {
        page.marked(Tone::Bad, &words.coded("clock", problem));
    }
    eprint!("{}", page.into_text());
    Ok(status.clock_shown)
}
