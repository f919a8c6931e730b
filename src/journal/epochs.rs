//! Epochs: a home that was restored from a backup goes on in a new one, and its journal says so for ever.
//!
//! What was entered after the backup is lost, and the entries that now stand in its place are others. The first entry after the
//! backup's last names the backup, and the newest checkpoint of before that anybody had kept elsewhere; so whoever holds
//! such a checkpoint sees why the journal does not lead to it, and what is gone.

use serde::{Deserialize, Serialize};

use super::{Draft, Entry, Kind, Subject, read};
use crate::database::{DatabaseError, Tx};
use crate::ids::Digest;
use crate::instant::Instant;

/// The epoch of a home that was never restored.
pub const FIRST: u32 = 1;

/// An epoch, as the entry that opens it has it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Epoch {
    pub epoch: u32,
    /// Which generation of the backups was restored.
    pub generation: u32,
    /// SHA-256 of its `generation.json`.
    pub summary: Digest,
    /// Of this moment is what it held.
    pub made_at: Instant,
    /// So many entries the journal had in it, and this root over them.
    pub size: u64,
    pub root: Digest,
    /// The newest checkpoint of before that is known from elsewhere, where it speaks of more.
    pub known: Option<Known>,
}

/// A checkpoint that the journal no longer leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    pub size: u64,
    pub root: Digest,
}

impl Epoch {
    /// What an entry says of an epoch; nothing where it is of another kind, or cannot be read.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        let facts = serde_json::Value::Object(entry.facts.clone());
        (entry.kind == Kind::EpochOpened).then(|| serde_json::from_value(facts).ok())?
    }

    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft::by_system(Kind::EpochOpened, Subject::default())
            .fact("epoch", self.epoch)
            .fact("generation", self.generation)
            .fact("summary", self.summary)
            .fact("made_at", self.made_at)
            .fact("size", self.size)
            .fact("root", self.root)
            .fact("known", self.known)
    }

    /// Whether it speaks of the journal as it stands where it is opened, and comes after the epoch of before.
    #[must_use]
    pub fn opens(&self, index: u64, before: u32, root_before: impl FnOnce() -> Digest) -> bool {
        self.size == index && self.epoch > before && self.root == root_before()
    }

    /// Whether a checkpoint of so many entries is one of before the restore, to which nothing leads any more.
    #[must_use]
    pub fn lost(&self, size: u64) -> bool {
        self.size < size && self.known.is_some_and(|known| size <= known.size)
    }
}

/// In which epoch the journal is.
///
/// # Errors
/// When the database fails.
pub async fn current(tx: &mut Tx) -> Result<u32, DatabaseError> {
    Ok(newest(tx).await?.map_or(FIRST, |opened| opened.epoch))
}

/// The newest epoch that the journal knows of; none where it is the first.
///
/// # Errors
/// When the database fails.
pub async fn newest(tx: &mut Tx) -> Result<Option<Epoch>, DatabaseError> {
    let found = read::newest_of_kind(tx, Kind::EpochOpened).await?;
    let Some(entry) = found.map(|stored| stored.entry()).transpose()? else { return Ok(None) };
    let unreadable = || DatabaseError::Unreadable(format!("the epoch that entry {} opens", entry.index));
    Epoch::of(&entry).map(Some).ok_or_else(unreadable)
}
