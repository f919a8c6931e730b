//! `torikomi queue list`: what waits, with the least time left first.

use super::facts;
use crate::calendar::Calendar;
use crate::cli::choice;
use crate::cli::page::{Page, Table, Tone};
use crate::cli::person::Onlooker;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Viewed;
use crate::control::deadlines::{ends_soon, what_to_do};
use crate::control::facts::{DeliveryRow, DocumentRow, Queue, RefusedDeliveries};
use crate::database::DatabaseError;
use crate::document::{DeliveryState, DocumentState};
use crate::ids::{DocumentId, Name};
use crate::ledger::documents::UnreadableDocument;
use crate::ledger::{deliveries, documents};

/// So many of what was refused are listed.
const REFUSED: u32 = 20;

#[derive(Debug, clap::Args)]
#[command(mut_arg("as", |who| who.requires("patients")))]
pub struct Args {
    #[arg(long, value_name = "STATION")]
    station: Option<Name>,
    #[arg(long, value_name = "STATE", value_parser = choice::state)]
    state: Option<DocumentState>,
    #[arg(long)]
    held: bool,
    #[arg(long)]
    ended: bool,
    #[arg(long, value_name = "N", default_value_t = 100)]
    most: u16,
    /// A list says whose nothing is, unless somebody wants to know, who is then entered for each of what is shown.
    #[arg(long)]
    patients: bool,
    #[command(flatten)]
    by: Onlooker,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let filter = documents::Filter {
        station: args.station.clone(),
        // Who asks for an ended state means the ended ones.
        ended: args.ended || args.state.is_some_and(|state| !state.is_open()),
        state: args.state,
        held: args.held,
    };
    let (most, now) = (u32::from(args.most), desk.now());
    let mut queue = desk.database()?.read(async |tx| {
        let listed = documents::list(tx, &filter, most.saturating_add(1)).await?;
        let (mut rows, mut unreadable) = (Vec::new(), listed.unreadable);
        for document in listed.documents {
            let id = document.id.to_string();
            match facts::of_document(tx, document).await {
                Ok(facts) => rows.push(facts::row(facts, args.patients)),
                Err(DatabaseError::Unreadable(problem)) => {
                    unreadable.push(UnreadableDocument { document: id, problem });
                }
                Err(error) => return Err(error),
            }
        }
        let mut waiting = Vec::new();
        for state in [DeliveryState::Incomplete, DeliveryState::CompletenessUnknown] {
            let found = deliveries::in_state(tx, state).await?;
            waiting.extend(found.into_iter().map(|delivery| facts::of_delivery(delivery, args.patients)));
        }
        let (count, last) = deliveries::refused(tx, args.station.as_ref(), now, REFUSED).await?;
        let last = last.into_iter().map(|delivery| facts::of_delivery(delivery, args.patients)).collect();
        let refused = RefusedDeliveries { count, last };
        Ok(Queue { documents: rows, raised: Vec::new(), unreadable, deliveries: waiting, refused, more: false })
    })?;
    queue.more = queue.documents.len() > usize::from(args.most);
    queue.documents.truncate(usize::from(args.most));
    queue.raised = raised(desk, &queue.documents)?;
    queue.deliveries.retain(|delivery| args.station.as_ref().is_none_or(|station| *station == delivery.station));
    let looked = looked_at(&queue);
    if args.patients && !looked.is_empty() {
        args.by.enter(desk, looked)?;
    }
    desk.show(&queue, |page| show(desk, page, &queue))?;
    Ok(Answer::Yes)
}

/// Everything in the list that may say whose it is.
fn looked_at(queue: &Queue) -> Vec<Viewed> {
    let documents = queue.documents.iter().map(|row| Viewed::Document(row.document));
    let deliveries = queue.deliveries.iter().chain(&queue.refused.last);
    documents.chain(deliveries.map(|row| Viewed::Delivery(row.delivery))).collect()
}

/// Those whose time ends soon. By a calendar that cannot be read nobody can tell; the status says what is wrong with it.
fn raised(desk: &Desk, documents: &[DocumentRow]) -> Result<Vec<DocumentId>, Failure> {
    let (home, config) = desk.settings()?;
    let Ok(bytes) = std::fs::read(home.layout().calendar()) else { return Ok(Vec::new()) };
    let Ok((calendar, _)) = Calendar::parse(&bytes, "calendar.toml") else { return Ok(Vec::new()) };
    let now = desk.now();
    let soon = |document: &&DocumentRow| {
        let due = document.due_at;
        due.is_some_and(|due| ends_soon(&calendar, &config.watch, (&document.station, document.state), due, now))
    };
    Ok(documents.iter().filter(soon).map(|document| document.document).collect())
}

fn show(desk: &Desk, page: &mut Page, queue: &Queue) {
    let words = &desk.words;
    if queue.documents.is_empty() && queue.unreadable.is_empty() && queue.deliveries.is_empty() {
        page.line(&words.say("queue-empty"));
    }
    if !queue.documents.is_empty() {
        documents_table(desk, page, &queue.documents);
    }
    for document in queue.documents.iter().filter(|document| queue.raised.contains(&document.document)) {
        let to_do = what_to_do(words.lang(), document.state, document.held);
        let blanks = [("document", document.document.to_string().into()), ("to_do", to_do.into())];
        page.marked(Tone::Warning, &words.with("queue-raised", &blanks));
    }
    for UnreadableDocument { document, problem } in &queue.unreadable {
        let blanks = [("document", document.as_str().into()), ("problem", problem.as_str().into())];
        page.marked(Tone::Bad, &words.with("document-unreadable", &blanks));
    }
    if queue.more {
        page.line(&words.say("queue-more"));
    }
    if !queue.deliveries.is_empty() {
        page.heading(&words.say("queue-deliveries"));
        deliveries_table(desk, page, &queue.deliveries);
    }
    refused(desk, page, &queue.refused);
}

/// Documents, one to a row.
pub(super) fn documents_table(desk: &Desk, page: &mut Page, documents: &[DocumentRow]) {
    let whose = documents.iter().any(|document| document.whose.is_some());
    let columns = ["time-left", "state", "patient", "kind", "obtained", "pages", "station", "document"];
    let columns = columns.into_iter().filter(|column| whose || *column != "patient");
    let mut table = Table::new(columns.map(|column| desk.words.say(&format!("column-{column}"))).collect());
    for document in documents {
        table.row(Some(facts::tone(document.state, document.held)), row(desk, document));
    }
    page.table(&table);
}

/// What could not be taken in at all: how many, and the newest of them.
pub(in crate::cli) fn refused(desk: &Desk, page: &mut Page, refused: &RefusedDeliveries) {
    if refused.count > 0 {
        page.heading(&desk.words.with("queue-refused-deliveries", &[("count", refused.count.into())]));
        deliveries_table(desk, page, &refused.last);
    }
}

/// Deliveries that wait for a person.
pub(in crate::cli) fn deliveries_table(desk: &Desk, page: &mut Page, waiting: &[DeliveryRow]) {
    let words = &desk.words;
    let named = waiting.iter().any(|delivery| delivery.name.is_some());
    let columns = ["since", "state", "file", "station", "delivery"].into_iter();
    let columns = columns.filter(|column| named || *column != "file");
    let mut table = Table::new(columns.map(|column| words.say(&format!("column-{column}"))).collect());
    for delivery in waiting {
        let state = words.word("delivery-state", &delivery.state.to_string());
        let since = words.time(delivery.first_seen_at);
        let (station, id) = (delivery.station.to_string(), delivery.delivery.to_string());
        let cells = [since, state].into_iter().chain(delivery.name.clone()).chain([station, id]);
        table.row(Some(Tone::Warning), cells.collect());
    }
    page.table(&table);
    for delivery in waiting {
        if let Some(problem) = &delivery.problem {
            page.small(&delivery.delivery.to_string());
            words.details(problem).iter().for_each(|said| page.below(said));
        }
    }
}

fn row(desk: &Desk, document: &DocumentRow) -> Vec<String> {
    let words = &desk.words;
    let unknown = || words.say("unknown");
    let left = document.due_at.filter(|_| document.state.is_open()).map(|due| words.time_left(due.since(desk.now())));
    let patient = document.whose.as_ref().map(|whose| match (&whose.patient_id, &whose.patient_name) {
        (Some(id), Some(name)) => format!("{id} {name}"),
        _ => unknown(),
    });
    [left.unwrap_or_default(), words.standing(document.state, document.held)]
        .into_iter()
        .chain(patient)
        .chain([
            document.document_type.as_ref().map_or_else(unknown, ToString::to_string),
            document.obtained_on.map_or_else(unknown, |date| words.date(date)),
            document.pages.to_string(),
            document.station.to_string(),
            document.document.to_string(),
        ])
        .collect()
}
