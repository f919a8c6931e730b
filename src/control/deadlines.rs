//! Which documents' time to be signed or stamped ends soon, and what is to be done about it while it can be.

use crate::calendar::Calendar;
use crate::config::watch::Watch;
use crate::document::{DocumentState, HoldReason};
use crate::ids::Name;
use crate::instant::Instant;
use crate::messages::{self, Lang};

/// Whether a deadline comes soon enough to be raised, and has not passed. The time that is left is counted as windows are: while
/// the station is at work, where the settings say so.
#[must_use]
pub fn ends_soon(
    calendar: &Calendar,
    watch: &Watch,
    (station, state): (&Name, DocumentState),
    due_at: Instant,
    now: Instant,
) -> bool {
    let span = if state == DocumentState::Stamping { watch.stamping_ends } else { watch.signing_ends };
    // How much time is left beyond the calendar nobody can tell, so it is raised.
    state.is_open() && now < due_at && calendar.deadline(now, span, station).map_or(true, |reach| due_at <= reach)
}

/// What somebody does about a document that waits so.
#[must_use]
pub fn what_to_do(lang: Lang, state: DocumentState, held: Option<HoldReason>) -> String {
    match held {
        Some(reason) => messages::say(lang, &format!("todo-{reason}"), &[]),
        None => messages::say(lang, &format!("deadline-do-{state}"), &[]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::{DEFAULT_CALENDAR, Span};

    fn tokyo(text: &str) -> Instant {
        let civil: jiff::civil::DateTime = text.parse().unwrap();
        civil.to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap()).unwrap().timestamp().into()
    }

    #[test]
    fn the_time_that_is_left_is_counted_as_windows_are() {
        let (calendar, _) = Calendar::parse(DEFAULT_CALENDAR.as_bytes(), "calendar.toml").unwrap();
        let station = "front-desk".parse().unwrap();
        let watch = Watch { signing_ends: Span::StaffedMinutes { minutes: 120 }, ..Watch::default() };
        let soon = |state, now, due| ends_soon(&calendar, &watch, (&station, state), tokyo(due), tokyo(now));
        // Staffed from 8:30 to 17:15; Monday the 23rd is a holiday. Due at ten on Tuesday, an hour and a half into the day.
        let due = "2026-11-24T10:00";
        for (now, expected) in [
            ("2026-11-20T16:44", false),
            ("2026-11-20T16:45", true),
            ("2026-11-22T03:00", true),
            ("2026-11-24T09:59", true),
            ("2026-11-24T10:00", false),
            ("2026-11-24T11:00", false),
        ] {
            assert_eq!(soon(DocumentState::Signing, now, due), expected, "{now}");
            assert!(!soon(DocumentState::Filed, now, due));
        }
        // A stamp comes at night too.
        assert!(!soon(DocumentState::Stamping, "2026-11-24T09:29", due));
        assert!(soon(DocumentState::Stamping, "2026-11-24T09:30", due));
        // Beyond the calendar nobody can tell.
        assert!(soon(DocumentState::Signing, "2028-01-05T09:00", "2028-02-01T09:00"));
    }

    #[test]
    fn every_open_state_says_what_to_do() {
        use DocumentState::{AwaitingConfirmation, Filing, Identifying, Inspecting, Review, Signing, Stamping};
        for state in [Identifying, Inspecting, Review, AwaitingConfirmation, Signing, Stamping, Filing] {
            for lang in Lang::ALL {
                assert!(messages::find(lang, &format!("deadline-do-{state}"), &[]).is_some(), "{state}");
            }
        }
    }
}
