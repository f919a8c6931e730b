//! What the journal says of a backup: which generation, of how many entries, and when.

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::{Draft, Entry, Kind, Subject, read};
use crate::database::{DatabaseError, Tx};
use crate::ids::Digest;
use crate::instant::Instant;

/// A generation, as its entry names it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BackedUp {
    pub generation: u32,
    /// SHA-256 of its `generation.json`.
    pub summary: Digest,
    /// So many entries of the journal are in it.
    pub size: u64,
    /// The root over them.
    pub root: Digest,
    /// Of this moment is what it holds.
    pub made_at: Instant,
}

impl BackedUp {
    /// What an entry says of a backup; nothing where it is of another kind, or cannot be read.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        let facts = serde_json::Value::Object(entry.facts.clone());
        (entry.kind == Kind::HomeBackedUp).then(|| serde_json::from_value(facts).ok())?
    }

    #[must_use]
    pub fn draft(&self) -> Draft {
        Draft::by_system(Kind::HomeBackedUp, Subject::default())
            .fact("generation", self.generation)
            .fact("summary", self.summary)
            .fact("size", self.size)
            .fact("root", self.root)
            .fact("made_at", self.made_at)
    }

    /// How old it is.
    #[must_use]
    pub fn age(&self, now: Instant) -> SignedDuration {
        now.since(self.made_at)
    }
}

/// The newest generation that the journal knows of.
///
/// # Errors
/// When the database fails.
pub async fn newest(tx: &mut Tx) -> Result<Option<BackedUp>, DatabaseError> {
    let found = read::newest_of_kind(tx, Kind::HomeBackedUp).await?;
    Ok(found.map(|stored| stored.entry()).transpose()?.and_then(|entry| BackedUp::of(&entry)))
}
