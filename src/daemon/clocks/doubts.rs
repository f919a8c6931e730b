//! What was taken in by a clock that was found to be wrong later: each intake gets an entry that says so, and what is open of it is
//! judged anew, so that a person says whether it came in time.

use std::sync::Arc;

use crate::database::{DatabaseError, Tx};
use crate::document::{DeliveryState, DocumentState};
use crate::instant::Instant;
use crate::journal::append::Journal;
use crate::journal::custody::{self, InCustody};
use crate::journal::doubts::{self, Doubt};
use crate::journal::{Kind, Subject, read};
use crate::ledger::clock_state::{self, Doubting};
use crate::ledger::{deliveries, documents};
use crate::pipeline::driver::StageName;
use crate::pipeline::line::Line;
use crate::signing::unused;

/// So many copies are gone through in one transaction: thousands may wait, and others want to write too.
const PAGE: u32 = 50;

/// Goes through all that a doubt concerns. What a crash leaves of it the next process goes on with.
pub(super) fn enter(line: &Line) -> Result<(), DatabaseError> {
    loop {
        let (journal, now) = (Arc::clone(&line.journal), line.clock.now());
        let more = line.database.write::<_, DatabaseError, _>(async move |tx| {
            let Some(mut state) = clock_state::get(tx).await? else { return Ok(None) };
            let Some(doubting) = state.doubting else { return Ok(None) };
            let range = (doubting.next, doubting.end);
            let copies = read::of_kind_between(tx, Kind::DeliveryInCustody, range, PAGE).await?;
            let concerned = doubts::concerned(tx).await?;
            for (copy, by) in copies.iter().filter_map(|copy| Some((copy, concerned.of(copy.index)?))) {
                doubt(tx, &journal, copy, by, now).await?;
            }
            let last = copies.last().map(|last| last.index.saturating_add(1));
            state.doubting = last.map(|next| Doubting { next, ..doubting });
            clock_state::set(tx, &state).await?;
            Ok(last)
        })?;
        if more.is_none() {
            return Ok(());
        }
        line.shared.wake(&[StageName::Inspection]);
    }
}

async fn doubt(
    tx: &mut Tx,
    journal: &Journal,
    copy: &read::Stored,
    by: &Doubt,
    now: Instant,
) -> Result<(), DatabaseError> {
    // One that cannot be read is the journal's affair, which its verification tells.
    let Ok(copy) = copy.entry() else { return Ok(()) };
    let (Some(id), Some(said)) = (copy.subject.delivery, InCustody::of(&copy)) else { return Ok(()) };
    // One that was in doubt at once has been told of; one that was replaced is of no document.
    if said.clock.problem.is_some() || custody::newest(tx, id).await?.is_none_or(|newest| newest.index != copy.index) {
        return Ok(());
    }
    // A ledger that was made anew has rows of what was taken or refused; those of copies that wait the start of the line makes.
    let state = deliveries::get(tx, id).await?.map_or(DeliveryState::InCustody, |delivery| delivery.state);
    match state {
        DeliveryState::InCustody | DeliveryState::Incomplete | DeliveryState::CompletenessUnknown => {
            let told = read::of_delivery_alone(tx, id).await?;
            let told = told.iter().filter_map(|stored| stored.entry().ok()).filter(|entry| entry.index > copy.index);
            if !told.collect::<Vec<_>>().iter().any(|entry| doubts::problem(entry).is_some()) {
                let entry = doubts::entry(Subject::delivery(id), by);
                journal.append(tx, entry, now).await?;
            }
        }
        DeliveryState::Taken => {
            for (document, state) in documents::open_of(tx, id).await? {
                let known = read::clock_at_intake(tx, document).await?;
                if known.is_some_and(|known| known.problem.is_some()) {
                    continue;
                }
                let subject = Subject { document: Some(document), ..Subject::delivery(id) };
                let entry = doubts::entry(subject, by);
                match state {
                    // It bears what was known before.
                    DocumentState::Stamping | DocumentState::Filing => {
                        unused::doubted(tx, journal, document, entry, now).await?;
                    }
                    _ => drop(journal.append(tx, entry, now).await?),
                }
                documents::inspect_again(tx, document, state, now).await?;
            }
        }
        DeliveryState::Arriving | DeliveryState::Refused => {}
    }
    Ok(())
}
