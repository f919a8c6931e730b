//! `torikomi queue show`: everything about one document.

use std::path::PathBuf;

use super::{facts, pages};
use crate::cli::findings;
use crate::cli::journal::entries::{self, Detail};
use crate::cli::page::{Page, Tone};
use crate::cli::person::Onlooker;
use crate::cli::{Answer, Desk, Failure, Words};
use crate::control::Viewed;
use crate::control::facts::{DocumentFacts, DocumentShown};
use crate::ids::DocumentId;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "DOCUMENT")]
    document: DocumentId,
    #[arg(long, value_name = "DIR")]
    to: Option<PathBuf>,
    #[command(flatten)]
    by: Onlooker,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let database = desk.database()?;
    let mut shown = facts::shown(&database, args.document)?;
    let planned = args.to.as_deref().map(|folder| pages::plan(&database, &shown.document, folder)).transpose()?;
    args.by.enter(desk, Viewed::Document(args.document))?;
    shown.pages = planned.map(|planned| planned.write(desk, &shown.document)).transpose()?;
    desk.show(&shown, |page| {
        document(desk, page, &shown);
        if !shown.history.is_empty() {
            page.heading(&desk.words.say("queue-history"));
            entries::lines(desk, page, &shown.history, Detail::Worded);
        }
        if let Some(written) = &shown.pages {
            let count = written.files.len().into();
            let folder = written.folder.as_str().into();
            page.heading(&desk.words.say("pages-unconfirmed"));
            page.marked(Tone::Warning, &desk.words.with("pages-written", &[("folder", folder), ("count", count)]));
        }
    })?;
    Ok(Answer::Yes)
}

/// All that a decision about it rests on.
pub(super) fn document(desk: &Desk, page: &mut Page, shown: &DocumentShown) {
    let words = &desk.words;
    let document = &shown.document;
    page.marked(facts::tone(document), &facts::standing(words, document));
    if let Some(reason) = document.held {
        page.below(&words.hold(reason));
    }
    if let Some(detail) = &document.held_detail {
        words.details(detail).iter().for_each(|said| page.below(said));
        if let Some(error) = Words::raw_error(detail) {
            page.small(error);
        }
    }
    if let Some(reason) = document.held {
        page.below(&words.say(&format!("todo-{reason}")));
    }
    page.small(&document.document.to_string());
    page.small(&words.with("queue-shown", &[("digest", document.shown.to_string().into())]));

    page.heading(&words.say("queue-identity"));
    facts::identity(desk, page, document);

    if let Some(judgement) = &document.judgement {
        page.heading(&words.say("queue-findings"));
        findings::lines(words, page, judgement, shown.clause.as_deref());
    }

    facts::proposals(words, page, &shown.proposals);

    page.heading(&words.say("queue-times"));
    times(desk, page, document, shown);
}

fn times(desk: &Desk, page: &mut Page, document: &DocumentFacts, shown: &DocumentShown) {
    let words = &desk.words;
    let due = document.due_at.filter(|_| document.state.is_open()).map(|due| {
        let left = words.time_left(due.since(desk.now()));
        words.with("cli-due", &[("time", words.time(due).into()), ("left", left.into())])
    });
    page.pairs(&[
        (words.say("column-station"), Some(document.station.to_string())),
        (words.say("column-taken-in"), Some(words.time(document.taken_in_at))),
        (words.say("column-due"), due),
        (words.say("column-assigned"), document.assigned_to.clone()),
        (words.say("column-supersedes"), shown.supersedes.map(|id| id.to_string())),
    ]);
}
