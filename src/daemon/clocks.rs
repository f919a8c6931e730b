//! Watches the clock: what put it in doubt is entered in the journal and stays, over restarts too, until a person has
//! looked; what waited for it goes on when it is believed again.

use std::sync::Arc;

use crate::clock::{self, ClockProblem};
use crate::database::DatabaseError;
use crate::document::HoldReason;
use crate::journal::read::{self, Head};
use crate::journal::{Draft, Kind, Subject};
use crate::ledger::clock_state::{self, ClockState};
use crate::ledger::{documents, waiting};
use crate::pipeline::driver::StageName;
use crate::pipeline::line::Line;

/// At the start: what an earlier process believed and doubted, and what the journal and the stamps say of the time.
///
/// # Errors
/// When the database fails.
pub fn recall(line: &Line) -> Result<(), DatabaseError> {
    let (kept, last_entry, last_stamp) = line.database.read::<_, DatabaseError, _>(async |tx| {
        let last_entry = match read::head(tx).await? {
            Some(Head { size, .. }) => read::entries(tx, size.saturating_sub(1), 1).await?.pop(),
            None => None,
        };
        Ok((clock_state::get(tx).await?, last_entry, clock_state::last_stamp(tx).await?))
    })?;
    if let Some(kept) = kept {
        // Of another boot, the two clocks compare no more: only what was written before tells.
        if kept.boot.is_some() && kept.boot == clock::boot() {
            line.clock.agree(kept.agreement);
        }
        if let Some(problem) = kept.problem {
            line.clock.doubt(problem);
        }
    }
    // An entry that cannot be read is the journal's affair, which its verification tells.
    let last =
        last_entry.and_then(|stored| stored.entry().ok()).map(|entry| entry.at).into_iter().chain(last_stamp).max();
    if let Some(problem) = last.and_then(|last| line.clock.behind(last)) {
        line.clock.doubt(problem);
    }
    Watch::default().look(line)
}

/// What was seen of the clock last.
#[derive(Default)]
pub struct Watch {
    seen: Option<Option<ClockProblem>>,
    /// How often it had been set by then.
    steps: Option<u64>,
}

impl Watch {
    /// Looks at the clock, and enters what has changed.
    ///
    /// # Errors
    /// When the database fails; the next look tries again.
    pub fn look(&mut self, line: &Line) -> Result<(), DatabaseError> {
        let (problem, steps) = (line.clock.problem(), Some(line.clock.steps()));
        if self.seen == Some(problem) && self.steps == steps {
            // A doubt that came and went between two looks may have held somebody all the same.
            let waits = problem.is_none()
                && line.database.read::<_, DatabaseError, _>(async |tx| waiting::any(tx, HoldReason::Clock).await)?;
            if !waits {
                return Ok(());
            }
        }
        let (now, journal) = (line.clock.now(), Arc::clone(&line.journal));
        let state = state(line);
        line.database.write::<_, DatabaseError, _>(async move |tx| {
            let before = clock_state::get(tx).await?.and_then(|kept| kept.problem);
            clock_state::set(tx, &state).await?;
            match problem {
                // It was entered by the process that saw it first.
                Some(problem) if before == Some(problem) => {}
                Some(problem) => {
                    let entry = Draft::by_system(Kind::ClockDoubted, Subject::default()).fact("problem", problem);
                    journal.append(tx, entry, now).await?;
                }
                None => drop(documents::resume_all(tx, None, HoldReason::Clock, now).await?),
            }
            Ok(())
        })?;
        if let Some(problem) = problem.filter(|problem| self.seen != Some(Some(*problem))) {
            tracing::error!(%problem, "The clock is not believed: nothing is signed");
        }
        if problem.is_none() {
            line.shared.wake(&[StageName::Signing, StageName::Stamping]);
        }
        (self.seen, self.steps) = (Some(problem), steps);
        Ok(())
    }
}

/// What was taken in, signed or stamped by a clock that ran ahead goes on when it is that time. To be called every few seconds.
///
/// # Errors
/// When the database fails; the next look tries again.
pub fn resume_when_it_is_time(line: &Line) -> Result<(), DatabaseError> {
    let now = line.clock.now();
    let waits = line.database.read::<_, DatabaseError, _>(async |tx| waiting::any(tx, HoldReason::ClockAhead).await)?;
    if waits
        && line.database.write::<_, DatabaseError, _>(async move |tx| waiting::resume_when_it_is_time(tx, now).await)?
    {
        line.shared.wake(&[StageName::Signing, StageName::Stamping, StageName::Filing]);
    }
    Ok(())
}

/// What the next process is told. That nothing keeps the clock right it can ask itself.
fn state(line: &Line) -> ClockState {
    let problem = line.clock.problem().filter(|problem| *problem != ClockProblem::Unsynchronised);
    ClockState { boot: clock::boot(), agreement: line.clock.agreement(), problem }
}
