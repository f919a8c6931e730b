//! What the journal says of a backup: which generation, of how many entries, when, and whether all of the home is in it.

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
    /// How much the home should have had and did not have: a generation without it brings no whole home back.
    pub missing: u64,
}

/// The generations that count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Backups {
    /// The newest that lacks nothing.
    pub good: Option<BackedUp>,
    /// The newest of all, where it lacks something.
    pub lacking: Option<BackedUp>,
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
            .fact("missing", self.missing)
    }

    /// How old it is; none where the clock was set back to before it was made, for then nobody can tell.
    #[must_use]
    pub fn age(&self, now: Instant) -> Option<SignedDuration> {
        Some(now.since(self.made_at)).filter(|age| !age.is_negative())
    }
}

impl Backups {
    /// As the journal knows them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read(tx: &mut Tx) -> Result<Self, DatabaseError> {
        let (mut backups, mut end) = (Self::default(), u64::MAX);
        while let Some(stored) = read::newest_of_kind_before(tx, Kind::HomeBackedUp, end).await? {
            end = stored.index;
            // One that says nothing that can be read is none to count on.
            let Some(found) = BackedUp::of(&stored.entry()?) else { continue };
            if found.missing == 0 {
                backups.good = Some(found);
                break;
            }
            backups.lacking.get_or_insert(found);
        }
        Ok(backups)
    }
}
