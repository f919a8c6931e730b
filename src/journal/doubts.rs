//! A doubt about the clock that was found after something had been taken in by it: the entries that say so, and what was known of
//! the clock at an intake by the newest word of it.

use serde_json::Value;

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

/// The entry that a document's, or a delivery's, time of intake is in doubt after all.
#[must_use]
pub fn entry(subject: Subject, doubt: &Doubt) -> Draft {
    Draft::by_system(Kind::IntakeDoubted, subject).fact("problem", &doubt.problem).fact("by", doubt.by)
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
pub struct Concerned(Vec<Doubt>);

/// What the entry of a doubt says.
pub struct Doubt {
    since: u64,
    /// Its own number: it concerns what came before.
    pub by: u64,
    pub problem: Value,
}

impl Concerned {
    /// The newest doubt that concerns a copy.
    #[must_use]
    pub fn of(&self, copy: u64) -> Option<&Doubt> {
        self.0.iter().rfind(|doubt| (doubt.since..doubt.by).contains(&copy))
    }
}

/// # Errors
/// When the database fails.
pub async fn concerned(tx: &mut Tx) -> Result<Concerned, DatabaseError> {
    let mut doubts = Vec::new();
    for stored in read::of_kind(tx, Kind::ClockDoubted).await? {
        let Ok(entry) = stored.entry() else { continue };
        let problem = entry.facts.get("problem").cloned().unwrap_or_default();
        doubts.extend(since(&entry).map(|since| Doubt { since, by: entry.index, problem }));
    }
    Ok(Concerned(doubts))
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
    Ok(waits && concerned(tx).await?.of(copy.unwrap_or_default()).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_is_doubted_by_the_newest_finding_that_concerns_it() {
        let doubt = |since, by| Doubt { since, by, problem: Value::from(by) };
        let concerned = Concerned(vec![doubt(2, 5), doubt(3, 8), doubt(20, 30)]);
        let by = |copy| concerned.of(copy).map(|doubt| doubt.by);
        assert_eq!([1, 2, 4, 7, 8, 25, 30].map(by), [None, Some(5), Some(8), Some(8), None, Some(30), None]);
    }
}
