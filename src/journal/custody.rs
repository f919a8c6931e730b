//! When a copy in custody came to count: the entry by which a delivery was taken in.
//!
//! The window for a scan ends with this entry's own time, which is therefore nobody's to choose afterwards: it stands among the
//! leaves of the tree from the transaction on that made the copy count. Row and description of a copy say the same, and prove nothing.

use serde::{Deserialize, Serialize};

use super::read::{self, Stored};
use super::{Draft, Entry, Kind, Subject};
use crate::database::{DatabaseError, Tx};
use crate::evidence::record::ClockKnown;
use crate::ids::{DeliveryId, Digest, Name, SessionId};
use crate::instant::Instant;

/// What the entry says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct InCustody {
    pub station: Name,
    /// Which copy of the delivery it is.
    pub copy: u32,
    /// The digests of its scans, in their order. What came beside them may be short enough to be guessed.
    pub contents: Vec<Digest>,
    /// What was known of the clock that the entry's time is from.
    pub clock: ClockKnown,
    /// The session that was open at the station.
    pub session: Option<SessionId>,
}

impl InCustody {
    /// What an entry says of a copy; nothing where it is of another kind, or cannot be read.
    #[must_use]
    pub fn of(entry: &Entry) -> Option<Self> {
        let facts = serde_json::Value::Object(entry.facts.clone());
        (entry.kind == Kind::DeliveryInCustody).then(|| serde_json::from_value(facts).ok())?
    }

    /// The entry that says so of a delivery.
    #[must_use]
    pub fn entry(&self, delivery: DeliveryId) -> Draft {
        Draft::by_system(Kind::DeliveryInCustody, Subject::delivery(delivery))
            .fact("station", &self.station)
            .fact("copy", self.copy)
            .fact("contents", &self.contents)
            .fact("clock", &self.clock)
            .fact("session", self.session)
    }
}

/// When a delivery was taken in, and by which entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenIn {
    pub index: u64,
    pub at: Instant,
    pub said: InCustody,
}

/// By which entry the copy of a delivery counts that was made last; none where no copy does.
///
/// # Errors
/// When the database fails, or an entry is not what it was found as.
pub async fn newest(tx: &mut Tx, delivery: DeliveryId) -> Result<Option<TakenIn>, DatabaseError> {
    let stored = read::of_delivery_alone(tx, delivery).await?;
    Ok(stored.iter().rev().find_map(taken_in))
}

/// The index that the entry of the taking names.
#[must_use]
pub fn named(taken: &Entry) -> Option<u64> {
    taken.facts.get("in_custody")?.as_u64()
}

fn taken_in(stored: &Stored) -> Option<TakenIn> {
    let entry = stored.entry().ok()?;
    let said = InCustody::of(&entry)?;
    Some(TakenIn { index: entry.index, at: entry.at, said })
}
