//! Runs stages on bounded threads. The ledger is the queue; this only claims rows in memory, tries again, and pauses.
//!
//! A stage is woken when the one before it commits, and looks by itself once a second, so a lost wake-up costs a second
//! and nothing else. A row that one thread works on is claimed and given to no other. A document that fails three times,
//! or crashes its stage three times, is the stage's to hold; a disk, store or authority that is away pauses the stage, and
//! its rows keep their state.

use std::collections::{BTreeMap, HashSet};
use std::hash::Hash;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Moment};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::Clock;
use crate::database::DatabaseError;
use crate::instant::Instant;
use crate::store::ObjectsProblem;

/// How long a stage waits for a wake-up before it looks by itself.
const LOOK: Duration = Duration::from_secs(1);

/// How long a stage pauses while something outside is away: at first, and at most. Each pause is twice the last.
#[derive(Clone, Copy, Debug)]
pub struct Pauses {
    pub first: Duration,
    pub longest: Duration,
}

impl Pauses {
    /// For what is at home: disk, database, store.
    pub const AT_HOME: Self = Self { first: Duration::from_secs(1), longest: Duration::from_secs(60) };
}

/// The writer itself tries a full disk again each second.
const TRIES: Pauses = Pauses { first: Duration::from_secs(1), longest: Duration::from_secs(1) };

/// The steps that run on threads of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StageName {
    Measuring,
    Identification,
    Inspection,
    Signing,
    Stamping,
    Filing,
}

impl StageName {
    pub const ALL: [Self; 6] =
        [Self::Measuring, Self::Identification, Self::Inspection, Self::Signing, Self::Stamping, Self::Filing];

    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Measuring => "measuring",
            Self::Identification => "identification",
            Self::Inspection => "inspection",
            Self::Signing => "signing",
            Self::Stamping => "stamping",
            Self::Filing => "filing",
        }
    }
}

/// What came of working on one row.
#[derive(Debug)]
pub enum Worked {
    /// The row moved on, waits for somebody, or waits for its time; these stages may have something to do now.
    Done(&'static [StageName]),
    /// A disk, store or authority is away. The row is as it was; the stage pauses.
    Away(Away),
}

/// What a stage waits for, with the system's own words. The catalogue has a sentence for each: `away-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Away {
    /// A folder or its disk: full, gone, not writable.
    Disk {
        problem: String,
    },
    Database {
        problem: String,
    },
    /// It is damaged: nothing goes on before a person has it made anew.
    DatabaseDamaged {
        problem: String,
    },
    /// The objects of filed records.
    Store {
        problem: String,
    },
    /// Where those are kept as a whole.
    Objects {
        objects: ObjectsProblem,
    },
    /// No time-stamping authority gave a stamp.
    Authority {
        problem: String,
        /// Whether asking again can help, with nothing changed.
        passing: bool,
    },
    /// The processes that decode.
    Workers {
        problem: String,
    },
    /// The stage itself crashed; its thread goes on.
    Crashed,
}

impl From<DatabaseError> for Away {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Corrupt(problem) => Self::DatabaseDamaged { problem },
            error => Self::Database { problem: error.to_string() },
        }
    }
}

/// A stage for rows known by `K`.
pub struct Stage<K> {
    pub name: StageName,
    pub threads: usize,
    pub pauses: Pauses,
    /// The rows to work on now, oldest first, at most so many.
    pub ready: Box<dyn Fn(u32) -> Result<Vec<K>, Away> + Send + Sync>,
    pub work: Box<dyn Fn(&K) -> Worked + Send + Sync>,
    /// Accounts for a row on which `work` crashed.
    pub crashed: Box<dyn Fn(&K) -> Worked + Send + Sync>,
}

/// The running stages.
pub struct Driver {
    shared: Arc<Shared>,
    threads: Vec<JoinHandle<()>>,
}

/// What the stages' threads and those who wake them share.
pub struct Shared {
    stop: AtomicBool,
    wakes: Mutex<BTreeMap<StageName, u64>>,
    woken: Condvar,
    paused: Mutex<BTreeMap<StageName, Pause>>,
    clock: Arc<Clock>,
    /// What keeps every stage from beginning anything, where something does.
    blocked: Box<dyn Fn() -> Option<Away> + Send + Sync>,
}

/// A stage that waits for something outside: all its threads, so that nobody outside is asked more often than the
/// settings say.
struct Pause {
    since: Instant,
    why: Away,
    until: Moment,
    /// How long this pause is; the next will be twice as long.
    length: Duration,
}

impl Shared {
    /// `blocked` is asked before each row is taken up.
    #[must_use]
    pub fn new(clock: Arc<Clock>, blocked: impl Fn() -> Option<Away> + Send + Sync + 'static) -> Self {
        Self {
            blocked: Box::new(blocked),
            stop: AtomicBool::new(false),
            wakes: Mutex::new(BTreeMap::new()),
            woken: Condvar::new(),
            paused: Mutex::new(BTreeMap::new()),
            clock,
        }
    }

    pub fn wake(&self, stages: &[StageName]) {
        let mut wakes = lock(&self.wakes);
        for &stage in stages {
            *wakes.entry(stage).or_default() += 1;
        }
        drop(wakes);
        self.woken.notify_all();
    }

    /// The stages that wait for something outside, since when, and for what.
    #[must_use]
    pub fn paused(&self) -> Vec<(StageName, Instant, Away)> {
        lock(&self.paused).iter().map(|(&name, pause)| (name, pause.since, pause.why.clone())).collect()
    }

    #[must_use]
    pub fn stopping(&self) -> bool {
        self.stop.load(Ordering::SeqCst)
    }

    /// Waits for a wake-up of `stage` later than `seen`, for `longest` at most. Answers the count to pass next time.
    fn wait(&self, stage: StageName, seen: u64, longest: Duration) -> u64 {
        let wakes = lock(&self.wakes);
        let count = |wakes: &BTreeMap<StageName, u64>| wakes.get(&stage).copied().unwrap_or_default();
        let (wakes, _) = self
            .woken
            .wait_timeout_while(wakes, longest, |wakes| count(wakes) == seen && !self.stopping())
            .unwrap_or_else(PoisonError::into_inner);
        count(&wakes)
    }

    fn pause(&self, stage: StageName, why: Away, pauses: Pauses) {
        let (since, now) = (self.clock.now(), Moment::now());
        let mut paused = lock(&self.paused);
        match paused.get_mut(&stage) {
            None => {
                tracing::warn!(stage = stage.as_str(), ?why, "Stage {} pauses", stage.as_str());
                let length = pauses.first;
                paused.insert(stage, Pause { since, why, until: now + length, length });
            }
            Some(pause) => {
                pause.why = why;
                // Another thread that failed in the same round has begun this pause already.
                if now >= pause.until {
                    pause.length = (pause.length * 2).min(pauses.longest);
                    pause.until = now + pause.length;
                }
            }
        }
    }

    /// How long the stage still pauses.
    fn left(&self, stage: StageName) -> Option<Duration> {
        let left = lock(&self.paused).get(&stage)?.until.saturating_duration_since(Moment::now());
        (!left.is_zero()).then_some(left)
    }

    fn resume(&self, stage: StageName) {
        if lock(&self.paused).remove(&stage).is_some() {
            tracing::info!(stage = stage.as_str(), "Stage {} goes on", stage.as_str());
        }
    }
}

impl Driver {
    #[must_use]
    pub fn new(shared: Arc<Shared>) -> Self {
        Self { shared, threads: Vec::new() }
    }

    /// Starts the threads of a stage.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn run<K: Clone + Eq + Hash + Send + 'static>(&mut self, stage: Stage<K>) -> std::io::Result<()> {
        let stage = Arc::new(stage);
        let claims = Arc::new(Claims(Mutex::new(HashSet::new())));
        for number in 0..stage.threads.max(1) {
            let (shared, stage, claims) = (Arc::clone(&self.shared), Arc::clone(&stage), Arc::clone(&claims));
            let thread = std::thread::Builder::new()
                .name(format!("{}-{number}", stage.name.as_str()))
                .spawn(move || drive(&shared, &stage, &claims))?;
            self.threads.push(thread);
        }
        Ok(())
    }

    /// Asks every stage to stop after the row in hand, and waits for them.
    pub fn stop(self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.shared.woken.notify_all();
        for thread in self.threads {
            // A thread that panicked has been logged; the others still end in order.
            let _ = thread.join();
        }
    }
}

fn drive<K: Clone + Eq + Hash>(shared: &Shared, stage: &Stage<K>, claims: &Claims<K>) {
    let mut seen = 0;
    while !shared.stopping() {
        if let Some(left) = shared.left(stage.name) {
            wait_out(shared, left);
            continue;
        }
        if let Some(why) = (shared.blocked)() {
            shared.pause(stage.name, why, TRIES);
            continue;
        }
        let mut empty = false;
        let mut ready = |most| (stage.ready)(most).inspect(|rows| empty = rows.is_empty());
        let most = u32::try_from(stage.threads.saturating_mul(2)).unwrap_or(u32::MAX).saturating_add(1);
        let worked = match claims.claim_first(|| ready(most)) {
            Err(why) => Some(Worked::Away(why)),
            Ok(claim) => claim.map(|claim| {
                // A crash must not end the thread. It is the row's failure like any other; where even that cannot be
                // recorded, the pause keeps the stage from spinning.
                let caught =
                    |step: &dyn Fn(&K) -> Worked| std::panic::catch_unwind(AssertUnwindSafe(|| step(&claim.row))).ok();
                caught(&stage.work).or_else(|| caught(&stage.crashed)).unwrap_or(Worked::Away(Away::Crashed))
            }),
        };
        match worked {
            Some(Worked::Done(wake)) => {
                shared.resume(stage.name);
                shared.wake(wake);
            }
            Some(Worked::Away(why)) => {
                shared.pause(stage.name, why, stage.pauses);
                seen = shared.wait(stage.name, u64::MAX, Duration::ZERO);
            }
            None => {
                // What it paused for is gone with the row, or was the database itself.
                if empty {
                    shared.resume(stage.name);
                }
                seen = shared.wait(stage.name, seen, LOOK);
            }
        }
    }
}

/// Sleeps without missing the stop.
fn wait_out(shared: &Shared, pause: Duration) {
    let wakes = lock(&shared.wakes);
    drop(shared.woken.wait_timeout_while(wakes, pause, |_| !shared.stopping()).unwrap_or_else(PoisonError::into_inner));
}

/// The rows that some thread of this stage has in hand.
struct Claims<K>(Mutex<HashSet<K>>);

/// One row in hand; given back when dropped.
struct Claim<'a, K: Eq + Hash> {
    claims: &'a Claims<K>,
    row: K,
}

impl<K: Clone + Eq + Hash> Claims<K> {
    /// Claims the first of the rows that nobody has in hand. Rows are read under the lock: a row whose work has just
    /// been committed and given back cannot come out of a list that is older than the commit.
    fn claim_first(&self, ready: impl FnOnce() -> Result<Vec<K>, Away>) -> Result<Option<Claim<'_, K>>, Away> {
        let mut claimed = lock(&self.0);
        let row = ready()?.into_iter().find(|row| !claimed.contains(row));
        Ok(row.map(|row| {
            claimed.insert(row.clone());
            Claim { claims: self, row }
        }))
    }
}

impl<K: Eq + Hash> Drop for Claim<'_, K> {
    fn drop(&mut self) {
        lock(&self.claims.0).remove(&self.row);
    }
}

/// A poisoned lock only says that another thread panicked; sets and maps here are never half changed.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use super::*;

    fn shared() -> Arc<Shared> {
        Arc::new(Shared::new(Arc::new(Clock::manual(Instant::from_microseconds(0).unwrap())), || None))
    }

    #[test]
    fn every_row_is_worked_on_once_by_one_thread() {
        let shared = shared();
        let rows = Arc::new(Mutex::new((0..200_u32).collect::<Vec<_>>()));
        let worked = Arc::new(Mutex::new(Vec::new()));
        let done = Arc::new(AtomicUsize::new(0));
        let mut driver = Driver::new(Arc::clone(&shared));
        let (queue, out, count) = (Arc::clone(&rows), Arc::clone(&worked), Arc::clone(&done));
        let remaining = Arc::clone(&rows);
        driver
            .run(Stage {
                name: StageName::Filing,
                threads: 4,
                pauses: Pauses::AT_HOME,
                ready: Box::new(move |most| Ok(lock(&queue).iter().take(most as usize).copied().collect())),
                work: Box::new(move |row| {
                    lock(&out).push(*row);
                    lock(&remaining).retain(|other| other != row);
                    count.fetch_add(1, Ordering::SeqCst);
                    Worked::Done(&[])
                }),
                crashed: Box::new(|_| unreachable!()),
            })
            .unwrap();
        while !lock(&rows).is_empty() {
            std::thread::yield_now();
        }
        driver.stop();
        let mut worked = lock(&worked).clone();
        worked.sort_unstable();
        assert_eq!(worked, (0..200).collect::<Vec<_>>());
        assert_eq!(done.load(Ordering::SeqCst), 200);
    }

    #[test]
    fn a_stage_pauses_while_something_is_away_and_goes_on_by_itself() {
        let shared = shared();
        let tries = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&tries);
        let mut driver = Driver::new(Arc::clone(&shared));
        driver
            .run(Stage {
                name: StageName::Stamping,
                threads: 1,
                pauses: Pauses::AT_HOME,
                ready: Box::new(|_| Ok(vec![1])),
                work: Box::new(move |_: &i32| {
                    if counted.fetch_add(1, Ordering::SeqCst) == 0 {
                        Worked::Away(Away::Authority { problem: "no answer".into(), passing: true })
                    } else {
                        Worked::Done(&[])
                    }
                }),
                crashed: Box::new(|_| unreachable!()),
            })
            .unwrap();
        while shared.paused().is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(shared.paused()[0].0, StageName::Stamping);
        while tries.load(Ordering::SeqCst) < 2 {
            std::thread::yield_now();
        }
        driver.stop();
        assert!(shared.paused().is_empty());
    }

    #[test]
    fn a_crash_is_the_failure_of_its_row_and_the_others_go_on() {
        let shared = shared();
        let rows = Arc::new(Mutex::new(vec![1, 2, 3]));
        let (queue, done, held) = (Arc::clone(&rows), Arc::clone(&rows), Arc::clone(&rows));
        let crashed = Arc::new(Mutex::new(Vec::new()));
        let told = Arc::clone(&crashed);
        let mut driver = Driver::new(Arc::clone(&shared));
        driver
            .run(Stage {
                name: StageName::Inspection,
                threads: 1,
                pauses: Pauses { first: Duration::from_secs(3600), longest: Duration::from_secs(3600) },
                ready: Box::new(move |_| Ok(lock(&queue).clone())),
                work: Box::new(move |row| {
                    assert_ne!(*row, 1, "a fault that only this row shows");
                    lock(&done).retain(|other| other != row);
                    Worked::Done(&[])
                }),
                crashed: Box::new(move |row| {
                    lock(&told).push(*row);
                    lock(&held).retain(|other| other != row);
                    Worked::Done(&[])
                }),
            })
            .unwrap();
        while !lock(&rows).is_empty() {
            assert!(shared.paused().is_empty(), "{:?}", shared.paused());
            std::thread::yield_now();
        }
        driver.stop();
        assert_eq!(*lock(&crashed), [1]);
    }

    #[test]
    fn while_something_keeps_the_whole_line_nothing_is_taken_up() {
        let blocked = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&blocked);
        let clock = Arc::new(Clock::manual(Instant::from_microseconds(0).unwrap()));
        let full = || Away::Database { problem: "the disk is full".to_owned() };
        let why = move || asked.load(Ordering::SeqCst).then(full);
        let shared = Arc::new(Shared::new(clock, why));
        let (worked, still_blocked) = (Arc::new(AtomicUsize::new(0)), Arc::clone(&blocked));
        let mut driver = Driver::new(Arc::clone(&shared));
        let (left, count) = (Arc::clone(&worked), Arc::clone(&worked));
        driver
            .run(Stage {
                name: StageName::Signing,
                threads: 1,
                pauses: Pauses::AT_HOME,
                ready: Box::new(move |_| Ok(if left.load(Ordering::SeqCst) == 0 { vec![1] } else { Vec::new() })),
                work: Box::new(move |_: &i32| {
                    assert!(!still_blocked.load(Ordering::SeqCst), "a signature whose row could not be written");
                    count.fetch_add(1, Ordering::SeqCst);
                    Worked::Done(&[])
                }),
                crashed: Box::new(|_| unreachable!()),
            })
            .unwrap();
        while shared.paused().is_empty() {
            std::thread::yield_now();
        }
        assert_eq!(worked.load(Ordering::SeqCst), 0);
        blocked.store(false, Ordering::SeqCst);
        while worked.load(Ordering::SeqCst) == 0 || !shared.paused().is_empty() {
            std::thread::yield_now();
        }
        driver.stop();
    }
}
