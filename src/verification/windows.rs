//! The windows, worked out again from the profile and the calendar that lie in the record.

use jiff::SignedDuration;

use super::CLOCK_SKEW;
use super::anchored::AtHand;
use super::finding::{Deadline, Doubt, Fact, Fault, Objection, Outcome};
use super::record::Read;
use super::releases;
use crate::calendar::Span;
use crate::instant::Instant;
use crate::ledger::decisions::DecisionKind;
use crate::people::acts::{Act, Deed, ReasonCode};
use crate::requirement::Regime;

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
    let sign_by = record.calendar.deadline(clocks.taken_in_at, window.sign_within, station).map_err(cannot_tell)?;
    if clocks.sign_by != Some(sign_by) {
        let (computed, said) = (Some(sign_by), clocks.sign_by);
        return Err(Fault::DeadlineDiffers { deadline: Deadline::Sign, computed, said }.into());
    }
    if signed_at.plus(CLOCK_SKEW) < clocks.taken_in_at {
        return Err(Fault::SignedBeforeTakenIn { signed_at, taken_in_at: clocks.taken_in_at }.into());
    }
    stamp(record, signed_at, timestamped_at)?;

    let released = releases::decided(record, DecisionKind::LateRelease);
    if clocks.late.is_some() && !released {
        return Err(Fault::LatenessNotReleased.into());
    }
    if let Some(scan_by) = scan_by.filter(|scan_by| clocks.taken_in_at > *scan_by) {
        return match &clocks.late {
            Some(reason) => lateness(record, reason, journal),
            None => Err(Fault::ScannedLate { taken_in_at: clocks.taken_in_at, scan_by }.into()),
        };
    }
    // A house rule: whoever accepts what was found after the time to sign has passed accepts that it waited. When that
    // was, only the act itself tells.
    let knowingly = |act: &Act| matches!(act.deed, Deed::Accept { .. } | Deed::Exception { .. }) && act.at > sign_by;
    if signed_at > sign_by && !released && !journal.decided(record).into_iter().any(knowingly) {
        return Err(Fault::SignedLate { signed_at, sign_by }.into());
    }
    Ok(Fact::WindowsKept { scan_by, sign_by: Some(sign_by), timestamped_at })
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

/// A late scan that somebody released: at each visit (9.2), only for what could not be avoided.
fn lateness(record: &Read, reason: &str, journal: &AtHand) -> Outcome {
    let said: Result<ReasonCode, _> = reason.parse();
    let unavoidable = said.as_ref().is_ok_and(|reason| reason.is_unavoidable());
    if record.profile.regime == Regime::EachVisit && !unavoidable {
        return Err(Fault::LatenessAvoidable { reason: reason.to_owned() }.into());
    }
    // Where the act itself is at hand, it must give that reason.
    let mut acted = journal.decided(record).into_iter().filter_map(|act| match act.deed {
        Deed::LateRelease { reason, .. } => Some(reason),
        _ => None,
    });
    if acted.next_back().is_some_and(|acted| said.ok() != Some(acted)) {
        return Err(Fault::LatenessNotReleased.into());
    }
    Ok(Fact::LatenessReleased { reason: reason.to_owned() })
}
