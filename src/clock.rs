//! The time now, and whether to believe it.
//!
//! Every time in a record comes from here or from an authority. The wall clock is compared with the clock that counts
//! from boot and cannot be set: when the two drift apart by more than the setting, somebody set the clock, and signing
//! holds until a person has looked (`acknowledge`).

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::instant::Instant;

/// Where the time comes from.
#[derive(Debug)]
pub struct Clock {
    source: Source,
    /// Wall minus boot time when the two were last believed, in microseconds.
    agreed: AtomicI64,
    most_drift: SignedDuration,
}

#[derive(Debug)]
enum Source {
    System,
    /// Evaluation only: the system's clock, moved.
    Moved(SignedDuration),
    /// Tests: stands still until it is set.
    Manual(AtomicI64),
}

/// The wall clock was set, or runs away. The catalogue has a sentence: `clock-jumped`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename = "jumped")]
#[error("the clock moved by {by_milliseconds} ms against the time since boot")]
pub struct Jumped {
    pub by_milliseconds: i64,
}

impl Clock {
    /// The system's clock, believed as it stands now.
    #[must_use]
    pub fn system(most_drift: SignedDuration) -> Self {
        Self::new(Source::System, most_drift)
    }

    /// For evaluation: the system's clock, moved by `offset`. Production refuses such a setting.
    #[must_use]
    pub fn moved(offset: SignedDuration, most_drift: SignedDuration) -> Self {
        Self::new(Source::Moved(offset), most_drift)
    }

    /// For tests: stands at `now` until it is set.
    #[must_use]
    pub fn manual(now: Instant) -> Self {
        Self::new(Source::Manual(AtomicI64::new(now.as_microseconds())), SignedDuration::from_secs(1))
    }

    fn new(source: Source, most_drift: SignedDuration) -> Self {
        let clock = Self { source, agreed: AtomicI64::new(0), most_drift };
        clock.acknowledge();
        clock
    }

    #[must_use]
    pub fn now(&self) -> Instant {
        match &self.source {
            Source::System => Timestamp::now().into(),
            Source::Moved(offset) => Instant::from(Timestamp::now()).plus(*offset),
            Source::Manual(now) => {
                Instant::from_microseconds(now.load(Ordering::SeqCst)).unwrap_or_else(|| Timestamp::now().into())
            }
        }
    }

    /// Sets a manual clock; others keep their own time.
    pub fn set(&self, now: Instant) {
        if let Source::Manual(at) = &self.source {
            at.store(now.as_microseconds(), Ordering::SeqCst);
        }
    }

    /// For tests: as if the wall clock had been moved by so much since somebody last looked.
    pub fn jump(&self, by: SignedDuration) {
        let by = i64::try_from(by.as_micros()).unwrap_or(i64::MAX);
        self.agreed.fetch_sub(by, Ordering::SeqCst);
    }

    /// The time now, where it may be written into evidence.
    ///
    /// # Errors
    /// When the wall clock moved against the time since boot by more than the setting.
    pub fn believed(&self) -> Result<Instant, Jumped> {
        let now = self.now();
        if matches!(self.source, Source::Manual(_)) {
            return Ok(now);
        }
        let difference = now.as_microseconds().saturating_sub(boot_microseconds());
        let moved = difference.saturating_sub(self.agreed.load(Ordering::SeqCst));
        let most = i64::try_from(self.most_drift.as_micros()).unwrap_or(i64::MAX);
        if moved.saturating_abs() > most { Err(Jumped { by_milliseconds: moved / 1000 }) } else { Ok(now) }
    }

    /// Believes the clock as it stands now: at start, and when a person has looked.
    pub fn acknowledge(&self) {
        let difference = self.now().as_microseconds().saturating_sub(boot_microseconds());
        self.agreed.store(difference, Ordering::SeqCst);
    }
}

/// Time since boot, sleep included, for measuring how long something lay still.
#[must_use]
pub fn since_boot() -> Duration {
    let at = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(at.tv_sec).unwrap_or(0), u32::try_from(at.tv_nsec).unwrap_or(0))
}

fn boot_microseconds() -> i64 {
    i64::try_from(since_boot().as_micros()).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_moved_is_not_believed_until_somebody_looked() {
        let clock = Clock::system(SignedDuration::from_secs(5));
        assert!(clock.believed().is_ok());
        // Setting the wall clock back by an hour looks like an agreement made an hour ahead.
        clock.jump(SignedDuration::from_hours(-1));
        let jumped = clock.believed().unwrap_err();
        assert!((jumped.by_milliseconds + 3_600_000).abs() < 1_000, "{jumped}");
        clock.acknowledge();
        assert!(clock.believed().is_ok());
    }

    #[test]
    fn a_moved_clock_runs() {
        let clock = Clock::moved(SignedDuration::from_hours(48), SignedDuration::from_secs(5));
        let ahead = clock.now().since(Timestamp::now().into());
        assert!(ahead > SignedDuration::from_hours(47) && ahead <= SignedDuration::from_hours(48));
        assert!(clock.believed().is_ok());
    }
}
