//! `torikomi session close`: wipes the key and shows what was signed with it.

use crate::cli::page::Tone;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::control::facts::Closed;
use crate::ids::SessionId;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "SESSION")]
    session: SessionId,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let closed: Closed = desk.ask(&Request::CloseSession { session: args.session })?;
    let words = &desk.words;
    desk.show(&closed, |page| {
        page.marked(Tone::Good, &words.with("session-closed", &[("count", closed.signed.len().into())]));
        for document in &closed.signed {
            page.below(&document.to_string());
        }
        if closed.waiting > 0 {
            page.marked(Tone::Warning, &words.with("session-waiting", &[("count", closed.waiting.into())]));
        }
    })?;
    Ok(Answer::Yes)
}
