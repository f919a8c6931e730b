//! The gate before custody: shut for every station while our own disk, or that of the database, takes nothing; opened
//! again by itself.

use std::sync::Mutex;
use std::time::{Duration, Instant as Moment};

use serde::{Deserialize, Serialize};

use super::locked;
use crate::database::Database;
use crate::durable::{Failure, Folder};
use crate::instant::Instant;

const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// A copy needs somewhat more than its bytes: blocks that are not filled, its description, folders.
const BESIDES: u64 = 64 * 1024;

#[derive(Default)]
pub(super) struct Gate(Mutex<Option<Shut>>);

struct Shut {
    paused: Paused,
    /// Bytes that the delivery needed at which it shut.
    needed: u64,
    pause: Duration,
    probe_at: Moment,
}

/// Since when nothing is copied into custody, and what the system said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Paused {
    pub since: Instant,
    pub at: Blocked,
    /// Made room, it goes on by itself; otherwise somebody looks at the disk.
    pub disk_full: bool,
    pub error: String,
}

/// What takes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Blocked {
    /// The disk of custody or of the store, or either is not there.
    Disk,
    Database,
    /// It is damaged, and nothing goes on by itself.
    DatabaseDamaged,
}

impl Gate {
    pub(super) fn paused(&self) -> Option<Paused> {
        locked(&self.0).as_ref().map(|shut| shut.paused.clone())
    }

    /// Shuts the gate for everybody, until as many bytes can be written.
    pub(super) fn shut(&self, paused: Paused, needed: u64, now: Moment) {
        let mut gate = locked(&self.0);
        if gate.is_none() {
            tracing::error!(error = %paused.error, "Intake pauses at every station: {}", paused.error);
            *gate = Some(Shut { paused, needed, pause: FIRST_PAUSE, probe_at: now + FIRST_PAUSE });
        }
    }

    /// Whether something may be copied now; else when to ask again. Who asks after the pause tries the disk.
    pub(super) fn pass(&self, custody: &Folder, database: &Database, now: Moment) -> Result<(), Moment> {
        let mut gate = locked(&self.0);
        let Some(shut) = gate.as_mut() else { return Ok(()) };
        if now < shut.probe_at {
            return Err(shut.probe_at);
        }
        if database.trouble().is_none() && has_room(custody, shut.needed) && trial(custody).is_ok() {
            tracing::info!("Intake goes on");
            *gate = None;
            return Ok(());
        }
        shut.pause = shut.pause.saturating_mul(2).min(LONGEST_PAUSE);
        shut.probe_at = now + shut.pause;
        Err(shut.probe_at)
    }
}

/// Whether so many bytes would fit. A file system that gives no numbers is taken at its word when it is written to.
fn has_room(custody: &Folder, needed: u64) -> bool {
    let Ok(found) = rustix::fs::fstatvfs(custody) else { return true };
    found.f_blocks == 0 || found.f_bavail.saturating_mul(found.f_frsize) >= needed.saturating_add(BESIDES)
}

/// A quota does not show in the free space, and a disk may refuse for other reasons: so something is really written.
fn trial(custody: &Folder) -> Result<(), Failure> {
    let draft = custody.draft()?;
    draft.write("trial", |sink| sink.write(&[0; 4096]))?;
    Ok(())
}
