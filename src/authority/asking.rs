//! Several authorities, in the order of the hospital's preference: the next is asked where one gives no stamp.
//!
//! One that failed a moment ago is asked last until its pause is over, so that documents do not each wait for an authority that
//! is away while another answers. It is asked first again as soon as its pause is over.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant as Moment};

use jiff::SignedDuration;

use super::{Authority, Stamp};
use crate::clock::Clock;
use crate::ids::Name;
use crate::instant::Instant;

/// How long an authority is asked last after a failure: at first, and at most. Each pause is twice the last.
#[derive(Clone, Copy, Debug)]
pub struct Rests {
    pub first: Duration,
    pub longest: Duration,
}

/// The authorities of a home.
#[derive(Debug)]
pub struct Authorities {
    all: Vec<Asked>,
    /// How far an authority's clock and ours may lie apart.
    most_skew: SignedDuration,
}

#[derive(Debug)]
struct Asked {
    name: Name,
    authority: Authority,
    rests: Rests,
    health: Mutex<Health>,
}

/// How an authority has answered lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Nobody has asked it yet.
    #[default]
    Unasked,
    /// Its last answer was a good stamp; since when it has answered so.
    Good {
        since: Instant,
    },
    Failing(Failing),
}

/// An authority that gives no stamp.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failing {
    /// The first failure, by our clock.
    pub since: Instant,
    /// How long lies between the first failure and the last.
    pub lasted: Duration,
    /// When the first failure was, by a clock that nobody sets.
    pub first: Moment,
    asked_last_until: Moment,
    rest: Duration,
}

/// Why nobody gave a stamp, for people: what each authority answered, by its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoStamp {
    pub problem: String,
    /// Whether asking again, with nothing changed, can help.
    pub passing: bool,
}

impl Authorities {
    /// In the order in which they are to be asked.
    #[must_use]
    pub fn new(all: Vec<(Name, Authority, Rests)>, most_skew: SignedDuration) -> Self {
        let asked = |(name, authority, rests)| Asked { name, authority, rests, health: Mutex::default() };
        Self { all: all.into_iter().map(asked).collect(), most_skew }
    }

    /// Asks one after the other for a stamp over these bytes, until one gives it at a time that fits our clock, or `enough`
    /// says that nobody wants it any more. Nothing can be stamped before it was there, at `made_at`.
    ///
    /// # Errors
    /// With what each of them answered.
    pub fn stamp(
        &self,
        clock: &Clock,
        stamped: &[u8],
        made_at: Instant,
        enough: impl Fn() -> bool,
    ) -> Result<(Name, Stamp), NoStamp> {
        let (mut refusals, mut passing, mut odds) = (Vec::new(), false, None);
        for asked in self.in_order() {
            if enough() {
                break;
            }
            let before = clock.now();
            match asked.authority.stamp(stamped) {
                Ok(stamp) => {
                    let (at, now) = (stamp.info.gen_time, clock.now());
                    let apart = self.apart(at, before, now);
                    if apart.is_none() && at.plus(self.most_skew) >= made_at {
                        asked.answered_well(now);
                        clock.agrees();
                        return Ok((asked.name.clone(), stamp));
                    }
                    odds = odds.or(apart);
                    asked.failed(now);
                    refusals.push(format!("{}: its clock ({at}) and ours lie too far apart", asked.name));
                }
                Err(error) => {
                    asked.failed(clock.now());
                    passing |= error.can_retry();
                    refusals.push(format!("{}: {error}", asked.name));
                }
            }
        }
        // Which of the two clocks is wrong nobody can tell from here; another authority would have told.
        if let Some(odds) = odds {
            clock.at_odds(odds);
        }
        Err(NoStamp { problem: refusals.join("; "), passing })
    }

    /// The authority, by its name, that a token over these bytes is of, and when that stamped them.
    #[must_use]
    pub fn judge(&self, token: &[u8], stamped: &[u8]) -> Option<(Name, Instant)> {
        self.all.iter().find_map(|asked| {
            asked.authority.judge(token, stamped).ok().map(|info| (asked.name.clone(), info.gen_time))
        })
    }

    /// How each has answered lately, in the order of the settings.
    #[must_use]
    pub fn health(&self) -> Vec<(Name, Health)> {
        self.all.iter().map(|asked| (asked.name.clone(), *asked.health())).collect()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// Those that failed just now come last; else the order stays.
    fn in_order(&self) -> Vec<&Asked> {
        let now = Moment::now();
        let mut order: Vec<&Asked> = self.all.iter().collect();
        order.sort_by_key(|asked| asked.health().rests_at(now));
        order
    }

    /// How far our clock is ahead of a stamp that came between two looks at it, where that is more than it may be.
    fn apart(&self, at: Instant, before: Instant, after: Instant) -> Option<SignedDuration> {
        if at.plus(self.most_skew) < before {
            Some(before.since(at))
        } else if after.plus(self.most_skew) < at {
            Some(after.since(at))
        } else {
            None
        }
    }
}

impl Asked {
    fn health(&self) -> MutexGuard<'_, Health> {
        self.health.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn answered_well(&self, now: Instant) {
        let mut health = self.health();
        if !matches!(*health, Health::Good { .. }) {
            *health = Health::Good { since: now };
        }
    }

    fn failed(&self, at: Instant) {
        let now = Moment::now();
        let mut health = self.health();
        *health = Health::Failing(match *health {
            Health::Failing(known) => {
                // Others that asked at the same time have begun this pause already.
                let rest = if now < known.asked_last_until { known.rest } else { known.rest.saturating_mul(2) };
                let rest = rest.min(self.rests.longest);
                Failing { lasted: now - known.first, asked_last_until: now + rest, rest, ..known }
            }
            Health::Unasked | Health::Good { .. } => {
                let rest = self.rests.first;
                Failing { since: at, lasted: Duration::ZERO, first: now, asked_last_until: now + rest, rest }
            }
        });
    }
}

impl Health {
    fn rests_at(self, now: Moment) -> bool {
        matches!(self, Self::Failing(failing) if now < failing.asked_last_until)
    }
}
