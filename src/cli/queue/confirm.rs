//! `torikomi queue confirm`: the responsible person confirms and signs (確定・署名).
//!
//! One document at a time: what is about to be signed is shown before the passphrase is asked for.

use std::io::IsTerminal as _;

use super::decision::decide;
use super::facts;
use crate::cli::page::Page;
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::ids::DocumentId;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "DOCUMENT")]
    document: DocumentId,
    #[arg(long, value_name = "DOCUMENT")]
    supersedes: Option<DocumentId>,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
        let shown = facts::shown(&desk.database()?, args.document)?;
        let mut page = Page::new(false);
        facts::identity(desk, &mut page, &shown.document);
        facts::proposals(&desk.words, &mut page, &shown.proposals);
        eprint!("{}", page.into_text());
    }
    let (document, supersedes) = (args.document, args.supersedes);
    let request = Request::Confirm { by: args.by.prove(desk)?, document, pages_shown: false, supersedes };
    decide(desk, &request, "queue-confirmed")
}
