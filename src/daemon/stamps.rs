//! Has the journal's newest checkpoint time-stamped once a day, as long as the line runs; at the start, where it was missed.

use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Moment};

use super::{Bell, survive};
use crate::database::DatabaseError;
use crate::durable::{Failure, Folder};
use crate::journal::read::{self, Head};
use crate::journal::stamped::{self, Stamped};
use crate::journal::stamping::{StampProblem, StampedError, Stamping, due, newest};
use crate::pipeline::driver::Pauses;
use crate::pipeline::line::Line;

/// How long nobody looks whether another day has begun.
const LOOK: Duration = Duration::from_secs(10);

/// What is known of the stamps, from one look to the next.
struct Watch<F> {
    line: Arc<Line>,
    pauses: Pauses,
    newest: Option<Stamped>,
    /// Whether the journal was asked for the newest, which only this thread changes from then on.
    recalled: bool,
    /// After a failure: when the next try comes, and how long the wait was.
    next: Option<(Moment, Duration)>,
    /// Told of each stamp.
    stamped: F,
}

/// `store/journal/stamped/`, made where it is not there.
pub(super) fn folder(line: &Line) -> Result<Folder, Failure> {
    Folder::open(&line.home.layout().store(&line.config).join("journal"))?.make_folder(stamped::FOLDER)
}

/// Starts the thread, which looks after each ring of the bell. `stamped` is called after each stamp.
pub(super) fn watch(
    line: &Arc<Line>,
    bell: &Arc<Bell>,
    stamped: impl Fn() + Send + 'static,
) -> std::io::Result<JoinHandle<()>> {
    let (line, bell) = (Arc::clone(line), Arc::clone(bell));
    std::thread::Builder::new().name("checkpoint stamps".into()).spawn(move || {
        let pauses = crate::pipeline::between_requests(&line);
        let mut watch = Watch { line, pauses, newest: None, recalled: false, next: None, stamped };
        let mut seen = 0;
        while !bell.stopping() {
            survive("checkpoint stamps", || watch.look());
            let wait = watch.next.map_or(LOOK, |(next, _)| next.saturating_duration_since(Moment::now()).min(LOOK));
            seen = bell.wait(seen, wait);
        }
    })
}

impl<F: Fn()> Watch<F> {
    fn look(&mut self) {
        if self.next.is_some_and(|(next, _)| Moment::now() < next) {
            return;
        }
        match self.stamp_what_is_due() {
            Ok(()) => {
                self.next = None;
                self.note(None);
            }
            Err(error) => {
                let wait = self.next.map_or(self.pauses.first, |(_, wait)| (wait * 2).min(self.pauses.longest));
                self.next = Some((Moment::now() + wait, wait));
                self.note(Some(&error));
            }
        }
    }

    fn stamp_what_is_due(&mut self) -> Result<(), StampedError> {
        let line = &self.line;
        if !self.recalled {
            self.newest = line.database.read(async |tx| newest(tx).await)?;
            self.recalled = true;
        }
        let calendar = &line.calendar().calendar;
        let today = calendar.day_of(line.clock.now());
        // The day has its stamp: nothing to ask the database for.
        if self.newest.as_ref().is_some_and(|newest| calendar.day_of(newest.stamped_at) >= today) {
            return Ok(());
        }
        let head: Option<Head> = line.database.read::<_, DatabaseError, _>(async |tx| read::head(tx).await)?;
        let is_due = |head: &Head| due(head, self.newest.as_ref(), today, |at| calendar.day_of(at));
        let Some(head) = head.filter(is_due) else { return Ok(()) };
        let stamping = Stamping {
            database: &line.database,
            journal: &line.journal,
            folder: &folder(line)?,
            clock: &line.clock,
            authorities: &line.authorities,
        };
        let stamped = stamping.stamp(&head)?;
        tracing::info!(entries = stamped.size, at = %stamped.stamped_at, "A checkpoint of the journal was time-stamped");
        self.newest = Some(stamped);
        (self.stamped)();
        Ok(())
    }

    /// Keeps why there is no stamp for the status, and logs it when it changes.
    fn note(&self, error: Option<&StampedError>) {
        let problem = error.map(StampProblem::from);
        let mut known = self.line.stamp_problem.lock().unwrap_or_else(PoisonError::into_inner);
        if *known != problem {
            match error {
                Some(error) => tracing::warn!(%error, "The day's checkpoint is not time-stamped; it is tried again"),
                None => tracing::info!("The day's checkpoint is time-stamped again"),
            }
            *known = problem;
        }
    }
}
