//! Watches the clock: what put it in doubt is entered in the journal and stays, over restarts too, until a person has
//! looked; what was taken in since it was last known to be right is doubted with it; what waited for it goes on when it is
//! believed again.

mod doubts;

use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use crate::clock::{self, ClockProblem};
use crate::database::DatabaseError;
use crate::document::HoldReason;
use crate::journal::doubts::clock_doubted;
use crate::journal::read::{self, Head};
use crate::ledger::clock_state::{self, ClockState, Doubting, KnownRight};
use crate::ledger::{documents, waiting};
use crate::pipeline::driver::StageName;
use crate::pipeline::line::Line;

/// At the start: what an earlier process believed and doubted, and what the journal and the stamps say of the time.
///
/// # Errors
/// When that cannot be read.
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
    // The watch looks again every second; until a doubt has been gone through, nothing that it concerns is signed or filed. One row
    // that cannot be read keeps no other document waiting.
    if let Err(error) = Watch::default().look(line) {
        tracing::error!(%error, "What is known of the clock could not be entered; it is tried again");
    }
    Ok(())
}

/// How long it may take until it is kept that stamps agree. What it costs to lose it is a person's look.
const KEPT_EVERY: Duration = Duration::from_mins(1);

/// What was seen of the clock last.
#[derive(Default)]
pub struct Watch {
    seen: Option<Option<ClockProblem>>,
    /// How often it had been set by then.
    steps: Option<u64>,
    /// How many stamps had agreed with it by then, and what the newest of them showed.
    agreed_stamps: u64,
    right: Option<KnownRight>,
    /// When that was kept last, and for which agreement of wall and boot time.
    kept: Option<(Moment, i64)>,
    /// Whether all that a doubt concerns has been gone through.
    doubted: bool,
}

impl Watch {
    /// Looks at the clock, and enters what has changed.
    ///
    /// # Errors
    /// When the database fails; the next look tries again. What was seen is entered all the same, where that can be done.
    pub fn look(&mut self, line: &Line) -> Result<(), DatabaseError> {
        self.see_stamps(line)?;
        // What is left of an earlier doubt first, of an earlier process or of a restore. One row that cannot be read keeps no later
        // doubt out of the journal.
        let left = self.go_through(line);
        let (problem, steps) = (line.clock.problem(), Some(line.clock.steps()));
        let is_kept =
            |right: &KnownRight| self.kept.is_some_and(|(at, of)| at.elapsed() < KEPT_EVERY && of == right.agreement);
        let keeps = self.right.as_ref().is_some_and(|right| !is_kept(right));
        if self.seen == Some(problem) && self.steps == steps && !keeps {
            // A doubt that came and went between two looks may have held somebody all the same.
            let waits = problem.is_none()
                && line.database.read::<_, DatabaseError, _>(async |tx| waiting::any(tx, HoldReason::Clock).await)?;
            if !waits {
                return left;
            }
        }
        let (now, journal, right) = (line.clock.now(), Arc::clone(&line.journal), self.right.clone());
        let mut state = state(line);
        let pending = line.database.write::<_, DatabaseError, _>(async move |tx| {
            let mut before =
                clock_state::get(tx).await?.unwrap_or_else(|| ClockState { problem: None, ..state.clone() });
            before.right = right.or(before.right);
            (state.right, state.doubting) = (before.right.clone(), before.doubting);
            match problem {
                // It was entered by the process that saw it first.
                Some(problem) if before.problem == Some(problem) => {}
                Some(problem) => {
                    let since = before.doubted_since(problem);
                    let end = journal.append(tx, clock_doubted(problem, since), now).await?.index;
                    let found = since.map(|next| Doubting { next, end }.with(before.doubting));
                    // What is left of an earlier one is gone through all the same.
                    state.doubting = found.or(before.doubting);
                }
                None => drop(documents::resume_all(tx, None, HoldReason::Clock, now).await?),
            }
            clock_state::set(tx, &state).await?;
            Ok(state.doubting.is_some())
        })?;
        // An earlier try may have been durable, and its answer lost.
        self.doubted &= !pending;
        if let Some(right) = self.right.take() {
            self.kept = Some((Moment::now(), right.agreement));
        }
        if let Some(problem) = problem.filter(|problem| self.seen != Some(Some(*problem))) {
            tracing::error!(%problem, "The clock is not believed: nothing is signed");
        }
        if problem.is_none() {
            line.shared.wake(&[StageName::Signing, StageName::Stamping]);
        }
        (self.seen, self.steps) = (Some(problem), steps);
        self.go_through(line)
    }

    fn go_through(&mut self, line: &Line) -> Result<(), DatabaseError> {
        if !self.doubted {
            doubts::enter(line)?;
            self.doubted = true;
        }
        Ok(())
    }

    /// Remembers where the journal stood, if a stamp has agreed with the clock since the last look.
    fn see_stamps(&mut self, line: &Line) -> Result<(), DatabaseError> {
        let agreed = line.clock.agreed_stamps();
        if agreed == self.agreed_stamps {
            return Ok(());
        }
        let size =
            line.database.read::<_, DatabaseError, _>(async |tx| read::head(tx).await)?.map_or(0, |head| head.size);
        self.right = Some(KnownRight { boot: clock::boot(), agreement: line.clock.agreement(), size });
        self.agreed_stamps = agreed;
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
    ClockState { boot: clock::boot(), agreement: line.clock.agreement(), problem, right: None, doubting: None }
}
