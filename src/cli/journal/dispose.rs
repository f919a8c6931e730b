//! `torikomi journal dispose`: erases private parts of entries, by the act of two people.

use crate::cli::choice;
use crate::cli::page::Tone;
use crate::cli::person::{Person, SecondPerson};
use crate::cli::{Answer, Desk, Failure};
use crate::control::facts::PartsDisposed;
use crate::control::{PartsOf, Request};
use crate::ids::DocumentId;
use crate::people::acts::DisposalReason;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "INDEX", required_unless_present = "document")]
    entries: Vec<u64>,
    #[arg(long, value_name = "DOCUMENT", conflicts_with = "entries")]
    document: Option<DocumentId>,
    #[arg(long, value_name = "CODE", value_parser = choice::disposal)]
    reason: DisposalReason,
    #[command(flatten)]
    by: Person,
    #[command(flatten)]
    second: SecondPerson,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let request = Request::DisposePrivateParts {
        by: args.by.prove(desk)?,
        second: args.second.prove(desk)?,
        parts: args.document.map_or_else(|| PartsOf::Entries(args.entries.clone()), PartsOf::Document),
        reason: args.reason,
    };
    let disposed: PartsDisposed = desk.ask(&request)?;
    desk.show(&disposed, |page| {
        let words = &desk.words;
        page.marked(Tone::Good, &words.with("journal-disposed", &[("count", disposed.entries.len().into())]));
        let entries: Vec<_> = disposed.entries.iter().map(ToString::to_string).collect();
        page.below(&entries.join(", "));
        if !disposed.gone {
            page.marked(Tone::Warning, &words.say("journal-disposed-not-gone"));
        }
        let index = disposed.journal_index.to_string();
        page.small(&words.with("cli-journalled", &[("index", index.into())]));
    })?;
    Ok(if disposed.gone { Answer::Yes } else { Answer::No })
}
