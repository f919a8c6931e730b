//! Judgement, check by check: what was measured, against what the profile asks.
//!
//! Invariant: a check never opens a file, asks a clock or knows a threshold. It reads words and answers with an
//! [`Outcome`]; the profile makes a severity of it, the message catalogue a sentence.

mod checks;
mod effective;
#[cfg(test)]
mod fixtures;

pub use checks::{CHECKS, Check, Run};

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::calendar::Calendar;
use crate::identity::{Claims, Identity};
use crate::ids::Name;
use crate::instant::Instant;
use crate::judgement::{Finding, Judgement, Outcome, Reason, Severity};
use crate::measurements::{Decoded, Format, Limit, Measurements, PageKind, PageMeasurements};
use crate::profile::Profile;

/// One document, as far as it is judged.
#[derive(Clone, Debug)]
pub struct Subject<'a> {
    /// Its page ranges, in order.
    pub parts: Vec<SubjectPart<'a>>,
    pub claims: &'a Claims,
    pub identity: &'a Identity,
    /// When the custody copy was complete, by our checked clock.
    pub taken_in_at: Instant,
    /// What was in doubt about that clock then.
    pub clock_problem: Option<&'a str>,
    pub station: &'a Name,
    pub calendar: &'a Calendar,
}

/// A run of pages of one content.
#[derive(Clone, Copy, Debug)]
pub struct SubjectPart<'a> {
    pub measurements: &'a Measurements,
    /// From 1.
    pub first_page: u32,
    pub page_count: u32,
}

/// One measured page within its document.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// Within the document, from 1.
    pub number: u32,
    /// Of its file.
    pub format: Format,
    pub measured: &'a PageMeasurements,
    pub claims: &'a Claims,
}

/// Judges a document under a profile: every check of the list, in its order.
#[must_use]
pub fn inspect(subject: &Subject<'_>, profile: &Profile) -> Judgement {
    judge(CHECKS, subject, profile)
}

fn judge(checks: &[&Check], subject: &Subject<'_>, profile: &Profile) -> Judgement {
    let day = subject.calendar.day_of(subject.taken_in_at);
    let mut findings = Vec::new();
    for check in checks {
        let seen = if check.applies(profile.regime, day) {
            run(check, subject, profile)
        } else {
            vec![(None, Outcome::NotApplicable)]
        };
        findings.extend(seen.into_iter().map(|(page, outcome)| Finding {
            check: check.name.to_owned(),
            severity: profile.severity(check.name, &outcome),
            outcome,
            page,
        }));
    }
    let severity = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Pass);
    Judgement { profile: profile.reference().clone(), findings, severity }
}

/// What a check says of each page it failed or could not judge; where there is none, what it says of the whole.
fn run(check: &Check, subject: &Subject<'_>, profile: &Profile) -> Vec<(Option<u32>, Outcome)> {
    let outcomes: Vec<(Option<u32>, Outcome)> = match check.run {
        Run::Document(run) => vec![(None, guarded(|| run(subject, profile)))],
        Run::EachFile(run) => {
            let first_pages = subject.first_pages();
            let outcome = |part: &SubjectPart<'_>| guarded(|| run(part.measurements, profile));
            subject.parts.iter().zip(first_pages).map(|(part, page)| (Some(page), outcome(part))).collect()
        }
        Run::EachPage(run) => {
            subject.pages().iter().map(|page| (Some(page.number), guarded(|| run(page, profile)))).collect()
        }
    };
    if outcomes.is_empty() {
        // A scan without pages has shown nothing; it has not passed.
        return vec![(None, Outcome::Indeterminate(Reason::NoPages))];
    }
    let passed = outcomes.iter().any(|(_, outcome)| *outcome == Outcome::Passed);
    let found: Vec<_> = outcomes
        .into_iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Failed(_) | Outcome::Indeterminate(_)))
        .collect();
    match (found.is_empty(), passed) {
        (false, _) => found,
        (true, true) => vec![(None, Outcome::Passed)],
        (true, false) => vec![(None, Outcome::NotApplicable)],
    }
}

/// A check that crashes could not tell.
fn guarded(run: impl FnOnce() -> Outcome) -> Outcome {
    // It only reads, so whatever it leaves behind is as it was.
    catch_unwind(AssertUnwindSafe(run)).unwrap_or(Outcome::Indeterminate(Reason::CheckCrashed))
}

impl<'a> Subject<'a> {
    /// The pages that were measured, numbered through the document. A page that a part names and nobody measured leaves
    /// its number out; `page_not_measured` says so. What stands for the pages beyond the limit is no page, and
    /// `page_limit_exceeded` speaks of it alone.
    #[must_use]
    pub fn pages(&self) -> Vec<Page<'a>> {
        let mut pages = Vec::new();
        for (part, first) in self.parts.iter().zip(self.first_pages()) {
            let skipped = usize::try_from(part.first_page.saturating_sub(1)).unwrap_or(usize::MAX);
            let count = usize::try_from(part.page_count).unwrap_or(usize::MAX);
            let measured = part.measurements.pages.iter().skip(skipped).take(count).filter(|page| !is_beyond(page));
            pages.extend((first..).zip(measured).map(|(number, measured)| Page {
                number,
                format: part.measurements.format,
                measured,
                claims: self.claims,
            }));
        }
        pages
    }

    /// How many pages were read of a document of which a file has more than are read.
    #[must_use]
    pub fn read_of_too_many(&self) -> Option<u32> {
        let beyond = self.parts.iter().any(|part| part.measurements.pages.last().is_some_and(is_beyond));
        beyond.then(|| u32::try_from(self.pages().len()).unwrap_or(u32::MAX))
    }

    /// Pages the document has by its parts.
    #[must_use]
    pub fn page_count(&self) -> u32 {
        self.parts.iter().fold(0, |sum, part| sum.saturating_add(part.page_count))
    }

    /// The number, within the document, of each part's first page.
    fn first_pages(&self) -> Vec<u32> {
        let mut next: u32 = 1;
        self.parts
            .iter()
            .map(|part| {
                let first = next;
                next = next.saturating_add(part.page_count);
                first
            })
            .collect()
    }
}

fn is_beyond(page: &PageMeasurements) -> bool {
    page.decoded == Decoded::Refused { limit: Limit::Pages }
}

impl Page<'_> {
    /// Whether it is a picture of paper. Pages that are none are `page_not_scanned`'s, and no other check's.
    #[must_use]
    pub fn is_scan(&self) -> bool {
        self.measured.kind == PageKind::Scan
    }
}

#[cfg(test)]
mod tests;
