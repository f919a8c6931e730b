//! A doubt about the clock that was found after something had been taken in by it: the entries that say so, and what was known of
//! the clock at an intake by the newest word of it.

use serde::Serialize;

use super::{Draft, Entry, Kind, Subject};
use crate::evidence::record::ClockKnown;

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
