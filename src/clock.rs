//! The time now, and whether to believe it.
//!
//! Every time in a record comes from here or from an authority. Several things are compared with the wall clock. The clock
//! that counts from boot and cannot be set: when the two drift apart by more than the setting, somebody set the clock.
//! What was written before, in the journal and in stamps: nothing of it can be later than now; and each stamp that comes says
//! what time it is. And what the kernel knows: whether something keeps its clock right at all. A clock in doubt holds signing,
//! and a doubt stays, over restarts too, until a person has looked (`believe`).

use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rustix::time::{ClockId, clock_gettime};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::evidence::record::ClockKnown;
use crate::instant::Instant;
use crate::system::{self, KernelClock};

/// Where the time comes from.
#[derive(Debug)]
pub struct Clock {
    source: Source,
    /// Wall minus boot time when the two were last believed, in microseconds.
    agreed: AtomicI64,
    most_drift: SignedDuration,
    /// Whether an unsynchronised clock is only told, or holds signing too.
    must_be_synchronised: bool,
    /// What a person has to look at before the time is believed again.
    doubt: Mutex<Option<ClockProblem>>,
    /// What the authorities say of it.
    odds: Mutex<Odds>,
    /// How often a stamp agreed.
    agreed_stamps: AtomicU64,
    /// How often the wall clock was set, and how far it had drifted when that was seen last.
    stepped: Mutex<Stepped>,
    /// Tests: what the kernel is taken to say.
    kernel: Mutex<Option<KernelClock>>,
}

/// How far the authorities' time lies from ours, in milliseconds, where that is too far.
#[derive(Debug, Default)]
struct Odds {
    /// What the last stamps said, until one agrees.
    said: Option<i64>,
    /// What a person who looked found to be the authority's fault.
    looked_at: Option<i64>,
}

#[derive(Debug, Default)]
struct Stepped {
    drift: i64,
    steps: u64,
}

#[derive(Debug)]
enum Source {
    System,
    /// Evaluation only: the system's clock, moved.
    Moved(SignedDuration),
    /// Tests: stands still until it is set.
    Manual(AtomicI64),
}

/// The time by both clocks, for whoever counts how long something lasted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// By the wall clock; none while it is in doubt, for then it tells of nothing how long ago it was.
    pub wall: Option<Instant>,
    /// By the clock that nobody can set.
    pub since_boot: Duration,
}

impl Reading {
    /// Now, where the wall clock says `believed` and is believed.
    #[must_use]
    pub fn at(believed: Instant) -> Self {
        Self { wall: Some(believed), since_boot: since_boot() }
    }
}

/// Why the time is not believed. The catalogue has a sentence for each: `clock-<code>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum ClockProblem {
    /// The wall clock was set, or runs away.
    #[error("the clock moved by {by_milliseconds} ms against the time since boot")]
    Jumped { by_milliseconds: i64 },
    /// The journal or a stamp has a time that is still to come.
    #[error("what was written last is {by_milliseconds} ms later than the clock")]
    Behind { by_milliseconds: i64 },
    /// The kernel knows of nothing that keeps its clock right. Ends by itself.
    #[error("the kernel does not say that its clock is synchronised")]
    Unsynchronised,
    /// The stamps that came say another time, and none agrees. Ends by itself when one does, or when a person has looked.
    #[error("the clock is {by_milliseconds} ms ahead of the time that the authorities state")]
    AtOdds { by_milliseconds: i64 },
}

impl ClockProblem {
    /// Whether it stays until a person has looked, whatever else comes.
    #[must_use]
    pub const fn waits_for_a_person(self) -> bool {
        match self {
            Self::Jumped { .. } | Self::Behind { .. } => true,
            Self::Unsynchronised | Self::AtOdds { .. } => false,
        }
    }
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
        let clock = Self {
            source,
            agreed: AtomicI64::new(0),
            most_drift,
            must_be_synchronised: false,
            doubt: Mutex::new(None),
            odds: Mutex::default(),
            agreed_stamps: AtomicU64::new(0),
            stepped: Mutex::default(),
            kernel: Mutex::new(None),
        };
        clock.agree(since_boot_offset());
        clock
    }

    /// The same clock, not believed while the kernel does not say that it is synchronised.
    #[must_use]
    pub fn synchronised_only(mut self) -> Self {
        self.must_be_synchronised = true;
        self
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

    /// For tests: as if the kernel said this of its clock.
    pub fn pretend(&self, kernel: KernelClock) {
        *self.kernel.lock().unwrap_or_else(PoisonError::into_inner) = Some(kernel);
    }

    /// The time now, where it may be written into evidence.
    ///
    /// # Errors
    /// With what is in doubt.
    pub fn believed(&self) -> Result<Instant, ClockProblem> {
        self.problem().map_or_else(|| Ok(self.now()), Err)
    }

    /// The time now by both clocks.
    #[must_use]
    pub fn read(&self) -> Reading {
        Reading { wall: self.believed().ok(), since_boot: since_boot() }
    }

    /// What is in doubt about the clock. A jump stays in doubt, even when the clock is set back.
    pub fn problem(&self) -> Option<ClockProblem> {
        if matches!(self.source, Source::Manual(_)) {
            return None;
        }
        let mut doubt = self.doubted();
        let moved = self.drift();
        if doubt.is_none() && self.is_step(moved) {
            *doubt = Some(ClockProblem::Jumped { by_milliseconds: moved / 1000 });
        }
        let unsynchronised = || self.must_be_synchronised && !self.kernel().is_some_and(|kernel| kernel.synchronised);
        let at_odds = || self.odds().said.map(|by_milliseconds| ClockProblem::AtOdds { by_milliseconds });
        doubt.or_else(|| unsynchronised().then_some(ClockProblem::Unsynchronised)).or_else(at_odds)
    }

    /// The stamps that came say another time than the clock, which is ahead of theirs by so much, and none agrees. Once a person
    /// has looked, the same difference says no more: it is the authority's.
    pub fn at_odds(&self, by: SignedDuration) {
        let milliseconds = |of: SignedDuration| i64::try_from(of.as_millis()).unwrap_or(i64::MAX);
        let (by, most) = (milliseconds(by), milliseconds(self.most_drift));
        let mut odds = self.odds();
        if odds.looked_at.is_none_or(|known| by.saturating_sub(known).saturating_abs() > most) {
            odds.said.get_or_insert(by);
        }
    }

    /// A stamp says the same time as the clock. An authority that a person found to be wrong stays so.
    pub fn agrees(&self) {
        self.odds().said = None;
        // One that was just set may be right by now; that it was so before the stamp does not show.
        if self.problem().is_none_or(|problem| problem == ClockProblem::Unsynchronised) {
            self.agreed_stamps.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// How many stamps have agreed since this process began, and shown that the time was right for as long as wall and boot
    /// time had agreed.
    #[must_use]
    pub fn agreed_stamps(&self) -> u64 {
        self.agreed_stamps.load(Ordering::SeqCst)
    }

    /// What is known of the clock, for the record of whatever is timed by it.
    #[must_use]
    pub fn known(&self) -> ClockKnown {
        let kernel = self.kernel();
        let by_the_kernel = matches!(self.source, Source::System);
        ClockKnown {
            // A clock that was moved is kept right by nobody.
            synchronised: if by_the_kernel { kernel.map(|kernel| kernel.synchronised) } else { Some(false) },
            estimated_error_us: kernel.filter(|_| by_the_kernel).map(|kernel| kernel.estimated_error_us),
            problem: self.problem().and_then(|problem| {
                let problem = serde_json::to_value(problem).ok()?;
                problem.get("code")?.as_str().map(str::to_owned)
            }),
        }
    }

    /// Believes the clock as it stood when a person looked and saw `problem`: one that was set since is in doubt again at once.
    /// What the authorities say stands behind every other doubt, and shows only now where that was what the person saw.
    pub fn believe(&self, agreement: i64, problem: Option<ClockProblem>) {
        let mut doubt = self.doubted();
        self.agreed.store(agreement, Ordering::SeqCst);
        *doubt = None;
        if let Some(ClockProblem::AtOdds { by_milliseconds }) = problem {
            *self.odds() = Odds { said: None, looked_at: Some(by_milliseconds) };
        }
    }

    /// How often the wall clock was seen to be set since this process began: a doubt stays the same, however often it is set.
    pub fn steps(&self) -> u64 {
        let mut seen = self.stepped.lock().unwrap_or_else(PoisonError::into_inner);
        let drift = self.drift();
        if self.is_step(drift.saturating_sub(seen.drift)) {
            *seen = Stepped { drift, steps: seen.steps.saturating_add(1) };
        }
        seen.steps
    }

    /// How far the two have drifted apart since they were last believed, in microseconds.
    fn drift(&self) -> i64 {
        since_boot_offset().saturating_sub(self.agreed.load(Ordering::SeqCst))
    }

    /// Whether a drift that differs by so much is a step.
    fn is_step(&self, microseconds: i64) -> bool {
        let most = i64::try_from(self.most_drift.as_micros()).unwrap_or(i64::MAX);
        microseconds.saturating_abs() > most
    }

    /// What wall and boot time are held to be apart, in microseconds.
    #[must_use]
    pub fn agreement(&self) -> i64 {
        self.agreed.load(Ordering::SeqCst)
    }

    /// Goes on from what an earlier process of the same boot believed.
    pub fn agree(&self, agreement: i64) {
        self.agreed.store(agreement, Ordering::SeqCst);
    }

    /// Puts the clock in doubt until a person has looked, or whatever else ends such a doubt has come.
    pub fn doubt(&self, problem: ClockProblem) {
        match problem {
            ClockProblem::AtOdds { by_milliseconds } => {
                self.odds().said.get_or_insert(by_milliseconds);
            }
            // That it can ask the kernel.
            ClockProblem::Unsynchronised => {}
            ClockProblem::Jumped { .. } | ClockProblem::Behind { .. } => {
                self.doubted().get_or_insert(problem);
            }
        }
    }

    /// The instant to wait for before anything is written that follows what was done at `last`, where the clock lies behind
    /// that by more than the setting: it was set back, and whoever verifies would find the two in the wrong order.
    #[must_use]
    pub fn waits_for(&self, last: Instant) -> Option<Instant> {
        self.behind(last).map(|_| last)
    }

    /// Whether something written at `last` is later than the clock, by more than the setting.
    #[must_use]
    pub fn behind(&self, last: Instant) -> Option<ClockProblem> {
        let ahead = last.since(self.now());
        let by_milliseconds = i64::try_from(ahead.as_millis()).unwrap_or(i64::MAX);
        (ahead > self.most_drift).then_some(ClockProblem::Behind { by_milliseconds })
    }

    fn kernel(&self) -> Option<KernelClock> {
        self.kernel.lock().unwrap_or_else(PoisonError::into_inner).or_else(system::kernel_clock)
    }

    fn odds(&self) -> MutexGuard<'_, Odds> {
        self.odds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn doubted(&self) -> MutexGuard<'_, Option<ClockProblem>> {
        self.doubt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Which boot of the machine this is, where the kernel says: times since boot compare within one only.
#[must_use]
pub fn boot() -> Option<String> {
    std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok().map(|id| id.trim().to_owned())
}

/// Time since boot, sleep included, for measuring how long something lay still.
#[must_use]
pub fn since_boot() -> Duration {
    let at = clock_gettime(ClockId::Boottime);
    Duration::new(u64::try_from(at.tv_sec).unwrap_or(0), u32::try_from(at.tv_nsec).unwrap_or(0))
}

/// Wall minus boot time, in microseconds. Both run at the rate that the kernel keeps, so only a step changes it.
#[must_use]
pub fn since_boot_offset() -> i64 {
    let boot = i64::try_from(since_boot().as_micros()).unwrap_or(i64::MAX);
    Instant::from(Timestamp::now()).as_microseconds().saturating_sub(boot)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As if somebody looked at the clock as it stands now.
    fn acknowledge(clock: &Clock) {
        clock.believe(since_boot_offset(), clock.problem());
    }

    #[test]
    fn a_clock_that_moved_is_not_believed_until_somebody_looked() {
        let clock = Clock::system(SignedDuration::from_secs(5));
        assert!(clock.believed().is_ok());
        // Setting the wall clock back by an hour looks like an agreement made an hour ahead.
        clock.jump(SignedDuration::from_hours(-1));
        let jumped = clock.believed().unwrap_err();
        let ClockProblem::Jumped { by_milliseconds } = jumped else { panic!("{jumped}") };
        assert!((by_milliseconds + 3_600_000).abs() < 1_000, "{jumped}");
        // Set right again, it has been wrong all the same.
        clock.jump(SignedDuration::from_hours(1));
        assert_eq!(clock.believed(), Err(jumped));
        acknowledge(&clock);
        assert!(clock.believed().is_ok());
    }

    #[test]
    fn where_it_must_be_synchronised_the_kernel_says_so() {
        let kernel = |synchronised| KernelClock { synchronised, estimated_error_us: 700 };
        let lenient = Clock::system(SignedDuration::from_secs(5));
        let strict = Clock::system(SignedDuration::from_secs(5)).synchronised_only();
        for clock in [&lenient, &strict] {
            clock.pretend(kernel(false));
            assert_eq!(clock.known().synchronised, Some(false));
        }
        assert!(lenient.believed().is_ok());
        assert_eq!(strict.believed(), Err(ClockProblem::Unsynchronised));
        acknowledge(&strict);
        assert_eq!(strict.believed(), Err(ClockProblem::Unsynchronised), "a person's word keeps no clock right");
        strict.pretend(kernel(true));
        assert!(strict.believed().is_ok());
        assert_eq!((strict.known().synchronised, strict.known().estimated_error_us), (Some(true), Some(700)));
    }

    #[test]
    fn a_clock_at_odds_with_every_stamp_is_not_believed_until_one_agrees_or_somebody_looked() {
        let clock = Clock::system(SignedDuration::from_secs(5));
        let hours = SignedDuration::from_hours;
        clock.at_odds(hours(2));
        // The first that was seen stays what is told.
        clock.at_odds(hours(3));
        assert_eq!(clock.believed(), Err(ClockProblem::AtOdds { by_milliseconds: 7_200_000 }));
        clock.agrees();
        assert!(clock.believed().is_ok());
        clock.at_odds(hours(-2));
        acknowledge(&clock);
        assert!(clock.believed().is_ok());
        // A person has found that authority to be wrong, and not every difference to be right.
        clock.at_odds(hours(-2) + SignedDuration::from_secs(4));
        assert!(clock.believed().is_ok());
        // That another agrees makes it no less wrong.
        clock.agrees();
        clock.at_odds(hours(-2));
        assert!(clock.believed().is_ok());
        clock.at_odds(hours(1));
        assert_eq!(clock.believed(), Err(ClockProblem::AtOdds { by_milliseconds: 3_600_000 }));
        // A jump is told before it, and a stamp that agrees ends no jump, nor does it show anything of before.
        let agreed = clock.agreed_stamps();
        clock.jump(hours(1));
        clock.agrees();
        assert_eq!(clock.agreed_stamps(), agreed);
        assert!(matches!(clock.believed(), Err(ClockProblem::Jumped { .. })));
        // Whoever saw the jump has said nothing of what the authorities say.
        clock.doubt(ClockProblem::AtOdds { by_milliseconds: 1 });
        acknowledge(&clock);
        assert_eq!(clock.believed(), Err(ClockProblem::AtOdds { by_milliseconds: 1 }));
        acknowledge(&clock);
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
