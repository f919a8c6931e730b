//! Raises documents whose time to be signed or stamped ends soon, in the log and for the status.

use std::collections::{BTreeMap, BTreeSet};

use crate::control::deadlines::{ends_soon, what_to_do};
use crate::control::facts::Raised;
use crate::database::DatabaseError;
use crate::ids::DocumentId;
use crate::instant::Instant;
use crate::ledger::waiting::{self, Due};
use crate::messages::Lang;
use crate::pipeline::line::Line;

/// So many are looked at, those with the least time left first: whoever has more to sign knows it.
const MOST: u32 = 1000;

/// What has been raised in the log.
#[derive(Default)]
pub(super) struct Watch {
    raised: BTreeSet<(Instant, DocumentId)>,
}

impl Watch {
    /// Looks once. To be called every few seconds.
    ///
    /// # Errors
    /// When the database fails; the next look tries again.
    pub(super) fn look(&mut self, line: &Line) -> Result<(), DatabaseError> {
        let now = line.clock.now();
        for due in soon(line, now)? {
            if self.raised.insert((due.due_at, due.document)) {
                let (document, station, state, due_at) = (due.document, due.station, due.state, due.due_at);
                let to_do = what_to_do(Lang::En, state, due.held);
                tracing::warn!(document.id = %document, %station, %state, %due_at, "The time of document {document} ends at {due_at}. {to_do}");
            }
        }
        // What is over, or comes no more, is not asked about again.
        self.raised.retain(|(due_at, _)| *due_at > now);
        Ok(())
    }
}

/// The documents whose time ends soon, those of one state and reason together.
pub(super) fn raised(line: &Line, now: Instant) -> Result<Vec<Raised>, DatabaseError> {
    let mut found: BTreeMap<String, Raised> = BTreeMap::new();
    for Due { state, held, due_at, .. } in soon(line, now)? {
        let first = || Raised { state, held, documents: 0, due_at };
        found.entry(format!("{state} {held:?}")).or_insert_with(first).documents += 1;
    }
    let mut found: Vec<Raised> = found.into_values().collect();
    found.sort_by_key(|raised| raised.due_at);
    Ok(found)
}

fn soon(line: &Line, now: Instant) -> Result<Vec<Due>, DatabaseError> {
    let mut due = line.database.read::<_, DatabaseError, _>(async |tx| waiting::due(tx, now, MOST).await)?;
    let (calendar, watch) = (line.calendar(), &line.config.watch);
    due.retain(|due| ends_soon(&calendar.calendar, watch, (&due.station, due.state), due.due_at, now));
    Ok(due)
}
