//! A doubt about the clock that was found after something had been taken in by it: the entries that say so, and what was known of
//! the clock at an intake by the newest word of it.

use serde::Serialize;

use super::{Draft, Entry, Kind, Subject, custody, read};
use crate::clock::ClockProblem;
use crate::database::{DatabaseError, Tx};
use crate::evidence::record::ClockKnown;
use crate::ids::DocumentId;
use crate::ledger::clock_state;

/// The entry that the clock is in doubt, and of what it concerns: the copies that came in from that entry of the journal on.
#[must_use]
pub fn clock_doubted(problem: ClockProblem, since: Option<u64>) -> Draft {
    Draft::by_system(Kind::ClockDoubted, Subject::default()).fact("problem", problem).fact("doubts_since", since)
}

/// From which entry on such an entry doubts copies.
#[must_use]
pub fn since(entry: &Entry) -> Option<u64> {
    entry.facts.get("doubts_since").filter(|_| entry.kind == Kind::ClockDoubted)?.as_u64()
}

/// The entry that a document's, or a delivery's, time of intake is in doubt after all; `by` is the entry of the finding.
#[must_use]
pub fn entry(subject: Subject, problem: impl Serialize, by: u64) -> Draft {
    Draft::by_system(Kind::IntakeDoubted, subject).fact("problem", problem).fact("by", by)
}

/// The code of the problem that such an entry names.
#[must_use]
pub fn problem(entry: &Entry) -> Option<&str> {
    entry.facts.get("problem").filter(|_| entry.kind == Kind::IntakeDoubted)?.get("code")?.as_str()
}

/// What is known of the clock at an intake: what the entry of the copy said of it, and the last of the doubts that came later.
#[must_use]
pub fn newest_word<'e>(at_intake: ClockKnown, doubts: impl IntoIterator<Item = &'e Entry>) -> ClockKnown {
    match doubts.into_iter().filter_map(problem).last() {
        Some(code) => ClockKnown { problem: Some(code.to_owned()), ..at_intake },
        None => at_intake,
    }
}

/// Which copies are in doubt, of those that are gone through. Where several doubts are gone through at once, there may be such
/// between them as none of them concerns.
pub struct Concerned {
    /// From which entry on, and before which.
    doubts: Vec<(u64, u64)>,
}

impl Concerned {
    #[must_use]
    pub fn holds(&self, copy: u64) -> bool {
        self.doubts.iter().any(|(since, by)| (*since..*by).contains(&copy))
    }
}

/// # Errors
/// When the database fails.
pub async fn concerned(tx: &mut Tx) -> Result<Concerned, DatabaseError> {
    let mut doubts = Vec::new();
    for stored in read::of_kind(tx, Kind::ClockDoubted).await? {
        let Ok(entry) = stored.entry() else { continue };
        doubts.extend(since(&entry).map(|since| (since, entry.index)));
    }
    Ok(Concerned { doubts })
}

/// Refuses what would be signed or filed of a document whose intake a doubt concerns and has not been gone through yet: it would be
/// past when its turn comes.
///
/// # Errors
/// Then, and when the database fails.
pub async fn none_is_pending(tx: &mut Tx, document: DocumentId, at_intake: &ClockKnown) -> Result<(), DatabaseError> {
    if is_pending(tx, document, at_intake).await? {
        return Err(DatabaseError::Conflict(format!(
            "the clock by which document {document} was taken in is in doubt"
        )));
    }
    Ok(())
}

/// Whether a doubt concerns a document's intake and has not been gone through yet.
pub async fn is_pending(tx: &mut Tx, document: DocumentId, at_intake: &ClockKnown) -> Result<bool, DatabaseError> {
    if at_intake.problem.is_some() {
        return Ok(false);
    }
    let Some(doubting) = clock_state::get(tx).await?.and_then(|state| state.doubting) else { return Ok(false) };
    let entries = read::of_document(tx, document).await?;
    let taken = entries.iter().filter_map(|stored| stored.entry().ok()).find(|entry| entry.kind == Kind::DeliveryTaken);
    let copy = taken.as_ref().and_then(custody::named);
    let waits = copy.is_some_and(|copy| (doubting.next..doubting.end).contains(&copy));
    Ok(waits && concerned(tx).await?.holds(copy.unwrap_or_default()))
}
