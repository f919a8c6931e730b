//! Has the newest checkpoint time-stamped once a day, keeps what came of it, and enters that in the journal.

use std::sync::Arc;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::append::Journal;
use super::read::{self, Head};
use super::stamped::{Stamped, names};
use super::{Draft, Kind, Subject};
use crate::authority::{Authorities, NoStamp};
use crate::clock::Clock;
use crate::database::{Database, DatabaseError, Tx};
use crate::durable::{Class, Failure, Folder};
use crate::ids::{Digest, Name};
use crate::instant::Instant;

/// A token with a long chain has some kilobytes.
const LONGEST_TOKEN: u64 = 1 << 20;

/// Why the day's checkpoint bears no stamp yet, for people. The catalogue has a sentence for each: `checkpoint-stamp-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum StampProblem {
    /// The settings name none.
    NoAuthority,
    /// What each of them answered.
    Authority {
        problem: String,
    },
    Unreachable {
        path: String,
    },
    Database,
}

#[derive(Debug, thiserror::Error)]
pub enum StampedError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("a stamped checkpoint cannot be kept: {0}")]
    Files(#[from] Failure),
    #[error("no authority is named in the settings that could stamp the checkpoint")]
    NoAuthority,
    #[error("{0}")]
    Refused(String),
}

impl From<&StampedError> for StampProblem {
    fn from(error: &StampedError) -> Self {
        match error {
            StampedError::Database(_) => Self::Database,
            StampedError::Files(failure) => Self::Unreachable { path: failure.path().display().to_string() },
            StampedError::NoAuthority => Self::NoAuthority,
            StampedError::Refused(problem) => Self::Authority { problem: problem.clone() },
        }
    }
}

/// The newest stamped checkpoint that the journal knows of.
///
/// # Errors
/// When the database fails.
pub async fn newest(tx: &mut Tx) -> Result<Option<Stamped>, DatabaseError> {
    let found = read::newest_of_kind(tx, Kind::CheckpointStamped).await?;
    Ok(found.map(|stored| stored.entry()).transpose()?.and_then(|entry| Stamped::of(&entry)))
}

/// Whether a stamp is due: none is of this day, and something was entered since that is not the last stamp's own entry.
#[must_use]
pub fn due(head: &Head, newest: Option<&Stamped>, today: Date, day_of: impl Fn(Instant) -> Date) -> bool {
    match newest {
        None => head.size > 0,
        Some(newest) => day_of(newest.stamped_at) < today && head.size > newest.size.saturating_add(1),
    }
}

/// How a checkpoint gets its stamp.
pub struct Stamping<'a> {
    pub database: &'a Database,
    pub journal: &'a Arc<Journal>,
    /// `store/journal/stamped/`.
    pub folder: &'a Folder,
    pub clock: &'a Clock,
    pub authorities: &'a Authorities,
}

impl Stamping<'_> {
    /// Has this head stamped, keeps both files, and enters them in the journal.
    ///
    /// # Errors
    /// When there is no good stamp, or it cannot be kept; it is tried again.
    pub fn stamp(&self, head: &Head) -> Result<Stamped, StampedError> {
        let note = head.checkpoint.as_bytes();
        let [note_name, token_name] = names(head.size);
        let (token, stamped_at, authority) = match self.kept(&token_name, note)? {
            Some(kept) => kept,
            None => self.ask(note)?,
        };
        self.folder.create_or_same(&note_name, note)?;
        // No entry names a token of this size: what lies there is this one, or nobody's.
        self.folder.replace(&token_name, &token)?;
        let (checkpoint, token) = (Digest::of(note), Digest::of(&token));
        let stamped = Stamped { size: head.size, checkpoint, token, stamped_at, authority };
        let (journal, now, said) = (Arc::clone(self.journal), self.clock.now(), stamped.clone());
        self.database.write::<_, DatabaseError, _>(async move |tx| {
            let entry = Draft::by_system(Kind::CheckpointStamped, Subject::default())
                .fact("size", said.size)
                .fact("checkpoint", said.checkpoint)
                .fact("token", said.token)
                .fact("stamped_at", said.stamped_at)
                .fact("authority", said.authority);
            journal.append(tx, entry, now).await
        })?;
        Ok(stamped)
    }

    /// A good token that an earlier run kept and could not enter.
    fn kept(&self, name: &str, note: &[u8]) -> Result<Option<(Vec<u8>, Instant, Name)>, StampedError> {
        let token = match self.folder.read(name, LONGEST_TOKEN) {
            Ok(token) => token,
            Err(failure) if failure.class() == Class::Gone => return Ok(None),
            Err(failure) => return Err(failure.into()),
        };
        let judged = self.authorities.judge(&token, note);
        Ok(judged.map(|(name, at)| (token, at, name)))
    }

    fn ask(&self, note: &[u8]) -> Result<(Vec<u8>, Instant, Name), StampedError> {
        if self.authorities.is_empty() {
            return Err(StampedError::NoAuthority);
        }
        match self.authorities.stamp(self.clock, note, self.clock.now(), || false) {
            Ok((name, stamp)) => Ok((stamp.token, stamp.info.gen_time, name)),
            Err(NoStamp { problem, .. }) => Err(StampedError::Refused(problem)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Instant {
        text.parse().unwrap()
    }

    /// Of a checkpoint of ten entries, stamped on the first of December in Tokyo; its own entry may be the eleventh.
    #[test]
    fn a_stamp_is_due_once_a_day_where_something_was_entered_since() {
        let newest = Stamped {
            size: 10,
            checkpoint: Digest::of(b"checkpoint"),
            token: Digest::of(b"token"),
            stamped_at: at("2026-11-30T15:00:00.000000Z"),
            authority: "built-in".parse().unwrap(),
        };
        let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
        let day_of = |instant: Instant| instant.in_zone(&zone).date();
        let due = |size: u64, newest: Option<&Stamped>, today: &str| {
            let head = Head { size, root: Digest::of(b"root"), checkpoint: String::new() };
            due(&head, newest, today.parse().unwrap(), day_of)
        };
        assert!(!due(0, None, "2026-12-01") && due(1, None, "2026-12-01"));
        assert!(!due(20, Some(&newest), "2026-12-01"), "the day has its stamp");
        assert!(due(20, Some(&newest), "2026-12-02") && due(20, Some(&newest), "2027-01-05"));
        assert!(!due(11, Some(&newest), "2026-12-02"), "nothing but the stamp's own entry came since");
        assert!(due(12, Some(&newest), "2026-12-02"));
        assert!(!due(20, Some(&newest), "2026-11-30"), "a clock that went back makes no day new");
    }
}
