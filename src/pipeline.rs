//! The only place that knows the order of the stages; resumes it.

pub mod driver;
pub mod line;
mod clearing;
mod failures;
mod stages;
mod identify;

use std::sync::Arc;

use driver::{Driver, Pauses, Stage, StageName};
use failures::StageError;
use line::Line;

use crate::database::DatabaseError;
use crate::document::DocumentState;
use crate::ids::{DeliveryId, DocumentId};
use crate::ledger::{deliveries, documents};

pub use identify::{every_row_of, listed_files, rows_of};

/// What a stage does with one document.
type Step = fn(&Line, DocumentId) -> driver::Worked;

/// Starts every stage of the line. Rows that an earlier run left behind are simply there.
///
/// # Errors
/// When the system gives no thread.
pub fn start(line: &Arc<Line>, cores: usize) -> std::io::Result<Driver> {
    let mut driver = Driver::new(Arc::clone(&line.shared));
    let (ready, work, crashed) = (Arc::clone(line), Arc::clone(line), Arc::clone(line));
    driver.run(Stage {
        name: StageName::Measuring,
        threads: cores,
        pauses: Pauses::AT_HOME,
        ready: Box::new(move |most| ready.to_measure(most).map_err(Into::into)),
        work: Box::new(move |id: &DeliveryId| work.measure(*id)),
        crashed: Box::new(move |id| crashed.delivery_failed(*id, StageError::crashed())),
    })?;
    let stages: [(StageName, DocumentState, usize, Step); 5] = [
        (StageName::Identification, DocumentState::Identifying, 1, Line::identify),
        (StageName::Inspection, DocumentState::Inspecting, 1, Line::inspect),
        (StageName::Signing, DocumentState::Signing, 1, Line::sign),
        (StageName::Stamping, DocumentState::Stamping, 4, Line::stamp),
        (StageName::Filing, DocumentState::Filing, 2, Line::file),
    ];
    for (name, state, threads, step) in stages {
        let (ready, work, crashed) = (Arc::clone(line), Arc::clone(line), Arc::clone(line));
        driver.run(Stage {
            name,
            threads,
            pauses: if name == StageName::Stamping { between_requests(line) } else { Pauses::AT_HOME },
            ready: Box::new(move |most| ready.ready_in(state, most).map_err(Into::into)),
            work: Box::new(move |id: &DocumentId| step(&work, *id)),
            crashed: Box::new(move |id| crashed.failed(*id, name, state, StageError::crashed())),
        })?;
    }
    Ok(driver)
}

/// How long to wait between two rounds of the authorities, as the most eager of their settings says.
pub(crate) fn between_requests(line: &Line) -> Pauses {
    let authorities = line.config.authorities.values();
    let eager = authorities.map(|authority| (authority.retry, authority.retry_most)).min();
    eager.map_or(Pauses::AT_HOME, |(first, longest)| Pauses { first: first.as_std(), longest: longest.as_std() })
}

impl Line {
    fn to_measure(&self, most: u32) -> Result<Vec<DeliveryId>, DatabaseError> {
        let now = self.clock.now();
        let rows = self.database.read(async |tx| deliveries::to_measure(tx, now, most).await)?;
        Ok(rows.into_iter().map(|row| row.id).collect())
    }

    fn ready_in(&self, state: DocumentState, most: u32) -> Result<Vec<DocumentId>, DatabaseError> {
        let now = self.clock.now();
        self.database.read(async |tx| documents::ready(tx, state, now, most).await)
    }
}
