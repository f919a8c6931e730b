//! Watches what the line needs, and enters in the journal what fails for a while: opened once that has lasted, closed at the
//! first success. What comes and goes within the time of the settings is no incident.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant as Moment};

use jiff::SignedDuration;

use crate::authority::Health;
use crate::database::DatabaseError;
use crate::ids::IncidentId;
use crate::instant::Instant;
use crate::journal::Draft;
use crate::journal::incidents::{self, Cause, Incident};
use crate::pipeline::driver::Away;
use crate::pipeline::line::Line;

/// Clocks that nobody sets do not differ by so much.
const SET: SignedDuration = SignedDuration::from_mins(1);

/// What was seen, from one look to the next.
#[derive(Default)]
pub struct Watch {
    recalled: bool,
    troubles: BTreeMap<Cause, Trouble>,
    open: BTreeMap<Cause, Incident>,
}

/// Something that fails, or did until just now.
struct Trouble {
    since: Instant,
    first: Moment,
    lasted: Duration,
    ended: Option<Instant>,
}

/// How something is, as far as anybody knows.
enum Seen {
    /// It works; since when, where that is known.
    Works(Option<Instant>),
    /// It has been failing, as was seen at this look.
    Fails,
    /// It has failed, from when and for how long; nobody has asked since.
    Failed {
        since: Instant,
        first: Moment,
        lasted: Duration,
    },
    Unknown,
}

impl Watch {
    /// Looks once, and enters what has begun or ended.
    ///
    /// # Errors
    /// When the database fails; the next look tries again.
    pub fn look(&mut self, line: &Line) -> Result<(), DatabaseError> {
        if !self.recalled {
            let known = line.database.read::<_, DatabaseError, _>(async |tx| incidents::list(tx).await)?;
            let open = known.into_iter().filter(|incident| incident.until.is_none());
            self.open = open.map(|incident| (incident.cause.clone(), incident)).collect();
            self.recalled = true;
            self.tell(line);
        }
        let now = line.clock.now();
        let seen = look_around(line);
        let gone: Vec<Cause> = self.open.keys().filter(|cause| !seen.contains_key(cause)).cloned().collect();
        // All of it is noted before anything is entered, for the database may be what fails.
        for (cause, seen) in &seen {
            self.note(cause, seen, now);
        }
        for (cause, seen) in seen {
            self.enter(line, &cause, seen, now)?;
        }
        // What the settings name no more neither fails nor works.
        for cause in gone {
            self.close(line, &cause, now)?;
        }
        Ok(())
    }

    fn note(&mut self, cause: &Cause, seen: &Seen, now: Instant) {
        match seen {
            Seen::Fails => {
                let begin = || Trouble { since: now, first: Moment::now(), lasted: Duration::ZERO, ended: None };
                let trouble = self.troubles.entry(cause.clone()).or_insert_with(begin);
                trouble.lasted = trouble.first.elapsed();
                trouble.ended = None;
            }
            Seen::Failed { since, first, lasted } => {
                let trouble = Trouble { since: *since, first: *first, lasted: *lasted, ended: None };
                self.troubles.insert(cause.clone(), trouble);
            }
            Seen::Works(since) => {
                if let Some(trouble) = self.troubles.get_mut(cause) {
                    trouble.ended.get_or_insert(since.unwrap_or(now));
                }
            }
            Seen::Unknown => {}
        }
    }

    /// An entry that could not be written is written at a later look, with the times that were seen.
    fn enter(&mut self, line: &Line, cause: &Cause, seen: Seen, now: Instant) -> Result<(), DatabaseError> {
        let lasting = |trouble: &&Trouble| trouble.lasted >= line.config.watch.incident_after.as_std();
        if let Some(since) = self.troubles.get(cause).filter(lasting).map(|trouble| trouble.since)
            && !self.open.contains_key(cause)
        {
            let incident = Incident { incident: IncidentId::new(), cause: cause.clone(), since, until: None };
            write(line, incidents::opened(incident.incident, cause, since))?;
            tracing::error!(?cause, %since, "Incident {} is opened", incident.incident);
            self.open.insert(cause.clone(), incident);
            self.tell(line);
        }
        if let Seen::Works(since) = seen {
            let ended = self.troubles.get(cause).and_then(|trouble| trouble.ended);
            self.close(line, cause, ended.or(since).unwrap_or(now))?;
            self.troubles.remove(cause);
        }
        Ok(())
    }

    fn close(&mut self, line: &Line, cause: &Cause, until: Instant) -> Result<(), DatabaseError> {
        let Some(incident) = self.open.get(cause) else { return Ok(()) };
        // Where the clock was set meanwhile, the time since boot tells when it began; what an earlier process saw stays as it was.
        let seen = self.troubles.get(cause).filter(|trouble| trouble.since == incident.since);
        let began = seen.map(|trouble| before(line.clock.now(), trouble.first.elapsed()));
        let set = |began: &Instant| began.since(incident.since).abs() > SET;
        let since = began.filter(set).unwrap_or(incident.since).min(until);
        write(line, incidents::closed(incident.incident, since, until))?;
        tracing::warn!(?cause, %until, "Incident {} is closed: it works again", incident.incident);
        self.open.remove(cause);
        self.tell(line);
        Ok(())
    }

    /// Keeps what lasts for the status.
    fn tell(&self, line: &Line) {
        *line.incidents.lock().unwrap_or_else(PoisonError::into_inner) = self.open.values().cloned().collect();
    }
}

fn before(now: Instant, elapsed: Duration) -> Instant {
    now.plus(-SignedDuration::try_from(elapsed).unwrap_or(SignedDuration::MAX))
}

fn write(line: &Line, entry: Draft) -> Result<(), DatabaseError> {
    let (journal, now) = (Arc::clone(&line.journal), line.clock.now());
    line.database.write::<_, DatabaseError, _>(async move |tx| journal.append(tx, entry, now).await.map(|_| ()))
}

/// Everything that is watched, and how it is.
fn look_around(line: &Line) -> BTreeMap<Cause, Seen> {
    let mut seen = BTreeMap::new();
    for (name, health) in line.authorities.health() {
        let health = match health {
            Health::Unasked => Seen::Unknown,
            Health::Good { since } => Seen::Works(Some(since)),
            Health::Failing(failing) => {
                Seen::Failed { since: failing.since, first: failing.first, lasted: failing.lasted }
            }
        };
        seen.insert(Cause::Authority { name }, health);
    }
    let works = |well| if well { Seen::Works(None) } else { Seen::Fails };
    seen.insert(Cause::Clock, works(line.clock.problem().is_none()));
    for cause in [Cause::Disk, Cause::Database, Cause::Store, Cause::Workers] {
        seen.insert(cause, Seen::Works(None));
    }
    for (_, _, why) in line.shared.paused() {
        let cause = match why {
            Away::Disk { .. } => Cause::Disk,
            Away::Database { .. } | Away::DatabaseDamaged { .. } => Cause::Database,
            Away::Store { .. } | Away::Objects { .. } => Cause::Store,
            Away::Workers { .. } => Cause::Workers,
            // Each authority answers for itself; of a crash the log tells.
            Away::Authority { .. } | Away::Crashed => continue,
        };
        seen.insert(cause, Seen::Fails);
    }
    if line.config.journal.anchor.is_some() {
        let copied = line.anchor_copied.lock().unwrap_or_else(PoisonError::into_inner);
        seen.insert(Cause::Anchor, copied.map_or(Seen::Unknown, works));
    }
    seen
}
