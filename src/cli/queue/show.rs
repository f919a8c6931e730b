//! `torikomi queue show`: everything about one document, or about a delivery that became none.

use super::{facts, list};
use crate::cli::findings;
use crate::cli::journal::entries::{self, Detail};
use crate::cli::page::Page;
use crate::cli::person::Onlooker;
use crate::cli::{Answer, Desk, Failure, Words};
use crate::control::Viewed;
use crate::control::facts::{DeliveryShown, DocumentFacts, DocumentShown, QueueShown};
use crate::ids::{DeliveryId, DocumentId};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "DOCUMENT|DELIVERY")]
    document: DocumentId,
    #[command(flatten)]
    by: Onlooker,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let database = desk.database()?;
    let (shown, looked) = match facts::shown_if_there(&database, args.document)? {
        Some(shown) => (QueueShown::Document(Box::new(shown)), Viewed::Document(args.document)),
        None => {
            // What is no document may be a delivery: both have ids of one form.
            let not_found = || Failure::NotFound { what: args.document.to_string() };
            let id: DeliveryId = args.document.to_string().parse().map_err(|_| not_found())?;
            (QueueShown::Delivery(facts::delivery(&database, id)?), Viewed::Delivery(id))
        }
    };
    args.by.enter(desk, vec![looked])?;
    desk.show(&shown, |page| match &shown {
        QueueShown::Document(shown) => {
            document(desk, page, shown);
            if !shown.history.is_empty() {
                page.heading(&desk.words.say("queue-history"));
                entries::lines(desk, page, &shown.history, Detail::Worded);
            }
        }
        QueueShown::Delivery(shown) => delivery(desk, page, shown),
    })?;
    Ok(Answer::Yes)
}

/// All that a decision about a delivery rests on.
fn delivery(desk: &Desk, page: &mut Page, shown: &DeliveryShown) {
    list::deliveries_table(desk, page, std::slice::from_ref(&shown.delivery));
    page.small(&desk.words.with("queue-shown", &[("digest", shown.shown.to_string().into())]));
}

/// All that a decision about it rests on.
pub(super) fn document(desk: &Desk, page: &mut Page, shown: &DocumentShown) {
    let words = &desk.words;
    let document = &shown.document;
    page.marked(facts::tone(document.state, document.held), &words.standing(document.state, document.held));
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
