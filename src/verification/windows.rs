//! The windows, worked out again from the profile and the calendar that lie in the record.

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::CLOCK_SKEW;
use super::anchored::AtHand;
use super::finding::{Doubt, Fact, Fault, Objection, Outcome};
use super::record::Read;
use super::releases;
use crate::calendar::Span;
use crate::instant::Instant;
use crate::ledger::decisions::DecisionKind;
use crate::people::acts::{Act, Deed};
use crate::requirement::Regime;

/// Which deadline.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Deadline {
    Scan,
    Sign,
}

/// Judges scan, signature and stamp by their windows.
pub(super) fn windows(record: &Read, signed_at: Instant, timestamped_at: Option<Instant>, journal: &AtHand) -> Outcome {
    let clocks = &record.json.clocks;
    let station = &record.json.station;
    let window = &record.profile.window;
    let cannot_tell = |calendar| Doubt::DeadlineNotTold { calendar };

    // The scan: from the day the paper was made or received, to the instant at which it was complete here.
    let scan_by = match (clocks.obtained_on, window.scan_within_business_days) {
        (Some(day), Some(days)) => {
            Some(record.calendar.deadline(day, Span::BusinessDays { days }, station).map_err(cannot_tell)?)
        }
        // A profile with a window requires the date; `releases` sees to what it requires.
        _ => None,
    };
    if scan_by != clocks.scan_by {
        let (computed, said) = (scan_by, clocks.scan_by);
        return Err(Fault::DeadlineDiffers { deadline: Deadline::Scan, computed, said }.into());
    }
    if signed_at.plus(CLOCK_SKEW) < clocks.taken_in_at {
        return Err(Fault::SignedBeforeTakenIn { signed_at, taken_in_at: clocks.taken_in_at }.into());
    }
    stamp(record, signed_at, timestamped_at)?;

    let scanned_late = scan_by.filter(|scan_by| clocks.taken_in_at > *scan_by);
    if clocks.late.is_some() != releases::decided(record, DecisionKind::LateRelease) {
        return Err(Fault::LatenessNotReleased.into());
    }
    if let (Some(scan_by), None) = (scanned_late, &clocks.late) {
        return Err(Fault::ScannedLate { taken_in_at: clocks.taken_in_at, scan_by }.into());
    }
    // By a clock in doubt nobody can tell, so somebody was to be asked.
    let untold = clocks.at_intake.problem.as_ref().filter(|_| scan_by.is_some());
    if let (Some(problem), None) = (untold, &clocks.late) {
        let (taken_in_at, problem) = (clocks.taken_in_at, problem.clone());
        return Err(Fault::ScanTimeInDoubt { taken_in_at, problem }.into());
    }
    let first = time_to_sign(record, clocks.taken_in_at)?;
    let sign_by = match journal.releasing(record) {
        Ok(acts) => after_releases(record, first, &acts)?,
        // Without the acts it can be told where nothing had to be released.
        Err(_) if clocks.late.is_none() && clocks.sign_by == Some(first) && signed_at <= first => first,
        Err(doubt) => return Err(doubt.into()),
    };
    if clocks.sign_by != Some(sign_by) {
        let (computed, said) = (Some(sign_by), clocks.sign_by);
        return Err(Fault::DeadlineDiffers { deadline: Deadline::Sign, computed, said }.into());
    }
    if signed_at > sign_by {
        return Err(Fault::SignedLate { signed_at, sign_by }.into());
    }
    match &clocks.late {
        Some(reason) => Ok(Fact::LatenessReleased { reason: reason.clone() }),
        None => Ok(Fact::WindowsKept { scan_by, sign_by: Some(sign_by), timestamped_at }),
    }
}

/// By when it was to be signed, after all that people released; and whether the second clock of each late release was kept.
///
/// A house rule: a release gives the time to sign once more, from when the work was possible again, and where that is over too
/// when the release is made, from the release itself. Who accepts what was found while there is time accepts no delay.
fn after_releases(record: &Read, first: Instant, acts: &[&Act]) -> Result<Instant, Objection> {
    let clocks = &record.json.clocks;
    let mut sign_by = first;
    let mut late = clocks.late.as_deref();
    // The first late release of such a scan is about the scan; any other is about the signature.
    let mut of_the_scan = clocks.scan_is_to_be_released();
    for act in acts {
        if let Deed::LateRelease { reason, possible_again_at, .. } = &act.deed {
            if late.take().is_some_and(|said| said.parse() != Ok(*reason)) {
                return Err(Fault::LatenessNotReleased.into());
            }
            if record.profile.regime == Regime::EachVisit && !reason.is_unavoidable() {
                return Err(Fault::LatenessAvoidable { reason: reason.to_string() }.into());
            }
            second_clock(record, act.at, *possible_again_at, std::mem::take(&mut of_the_scan))?;
            sign_by = sign_by.max(time_to_sign(record, *possible_again_at)?);
        }
        if act.at > sign_by {
            sign_by = time_to_sign(record, act.at)?;
        }
    }
    // The record names a late release, and its act does not count.
    if late.is_some() || of_the_scan { Err(Fault::LatenessNotReleased.into()) } else { Ok(sign_by) }
}

/// From when the work was possible again, the same window ran once more, and was kept.
fn second_clock(
    record: &Read,
    released_at: Instant,
    possible_again_at: Instant,
    of_the_scan: bool,
) -> Result<(), Objection> {
    let (calendar, taken_in_at) = (&record.calendar, record.json.clocks.taken_in_at);
    let (at, deadline) = match record.profile.window.scan_within_business_days.filter(|_| of_the_scan) {
        Some(days) => {
            let day = calendar.day_of(possible_again_at);
            if day > calendar.day_of(taken_in_at) {
                return Err(Fault::SecondClockAhead { possible_again_at, at: taken_in_at }.into());
            }
            let deadline = calendar.deadline(day, Span::BusinessDays { days }, &record.json.station);
            (taken_in_at, deadline.map_err(|calendar| Doubt::DeadlineNotTold { calendar })?)
        }
        None => (released_at, time_to_sign(record, possible_again_at)?),
    };
    if possible_again_at > released_at {
        return Err(Fault::SecondClockAhead { possible_again_at, at: released_at }.into());
    }
    if at > deadline { Err(Fault::SecondClockOver { at, deadline }.into()) } else { Ok(()) }
}

/// The end of the time to sign that runs from `start`.
fn time_to_sign(record: &Read, start: Instant) -> Result<Instant, Objection> {
    let span = record.profile.window.sign_within;
    let until = record.calendar.deadline(start, span, &record.json.station);
    Ok(until.map_err(|calendar| Doubt::DeadlineNotTold { calendar })?)
}

/// The stamp may not come late: a missed window means signing anew.
fn stamp(record: &Read, signed_at: Instant, timestamped_at: Option<Instant>) -> Result<(), Objection> {
    let said = record.json.clocks.stamp_within_seconds;
    let Some(span) = record.profile.window.timestamp_within else {
        return match said {
            None => Ok(()),
            Some(_) => Err(Fault::StampWindowDiffers { computed: None, said }.into()),
        };
    };
    let due = record.calendar.deadline(signed_at, span, &record.json.station);
    let due = due.map_err(|calendar| Doubt::DeadlineNotTold { calendar })?;
    let seconds = u64::try_from(due.since(signed_at).as_secs()).unwrap_or(0);
    // The signature's own time is in whole seconds, and what is signed was written a moment before.
    let slack = u64::try_from(CLOCK_SKEW.as_secs()).unwrap_or(0);
    let agrees = match span {
        Span::Elapsed { .. } => said == Some(seconds),
        _ => said.is_some_and(|said| said.abs_diff(seconds) <= slack),
    };
    if !agrees {
        return Err(Fault::StampWindowDiffers { computed: Some(seconds), said }.into());
    }
    // Within the second that the signature's time leaves open.
    let stamp_by = due.plus(SignedDuration::from_secs(1));
    match timestamped_at {
        Some(timestamped_at) if timestamped_at > stamp_by => {
            Err(Fault::StampedLate { timestamped_at, stamp_by: due }.into())
        }
        _ => Ok(()),
    }
}
