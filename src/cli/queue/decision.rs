//! What the decisions of the queue share: the reason that is given, and how the answer is shown.

use crate::cli::choice;
use crate::cli::page::{Page, Tone};
use crate::cli::{Answer, Desk, Failure};
use crate::control::facts::Decided;
use crate::control::{ReasonGiven, Request};
use crate::ids::Name;

/// Why a person decides so: a code, and words where the code is not enough. Both go into the journal.
#[derive(Debug, clap::Args)]
pub struct Reason {
    #[arg(id = "reason", long = "reason", value_name = "CODE", value_parser = choice::reason)]
    code: Name,
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
}

impl Reason {
    pub(in crate::cli) fn given(&self) -> ReasonGiven {
        ReasonGiven { code: self.code.clone(), text: self.text.clone() }
    }
}

/// Asks the daemon and shows what was done, as the sentence `said`.
pub(super) fn decide(desk: &Desk, request: &Request, said: &str) -> Result<Answer, Failure> {
    let decided: Decided = desk.ask(request)?;
    desk.show(&decided, |page| show(desk, page, &decided, said))?;
    Ok(Answer::Yes)
}

fn show(desk: &Desk, page: &mut Page, decided: &Decided, said: &str) {
    page.marked(Tone::Good, &desk.words.with(said, &[("count", decided.documents.len().into())]));
    for document in &decided.documents {
        page.below(&document.to_string());
    }
    let index = decided.journal_index.to_string();
    page.small(&desk.words.with("cli-journalled", &[("index", index.into())]));
}
