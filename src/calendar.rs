//! Business days, staffed hours, and the deadlines that follow from them.
//!
//! A calendar is a file of the hospital's (`calendar.toml`): which days are closed, when each station is staffed, and
//! until when all of this is known. Beyond that day a deadline is *cannot tell*, never a guess. Writer and verifier share
//! this module, so the tests below hold fixed dates.

mod file;
mod span;

pub use file::{DEFAULT_CALENDAR, NEWEST_FORMAT};
pub use span::{InvalidSpan, Span};

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::{Date, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{Digest, Name};
use crate::instant::Instant;

/// One exact `calendar.toml`, read.
#[derive(Clone, Debug)]
pub struct Calendar {
    digest: Digest,
    zone: TimeZone,
    valid_from: Date,
    valid_until: Date,
    warn_days: u32,
    /// Published holidays and the hospital's own closed days, by date.
    closed_dates: BTreeMap<Date, String>,
    /// Month and day closed in every year.
    closed_yearly: BTreeSet<(i8, i8)>,
    /// Open although the rules above would close them.
    open_dates: BTreeSet<Date>,
    hospital: Rota,
    stations: BTreeMap<Name, Rota>,
}

/// When one station, or the hospital where a station has no rota of its own, is open.
#[derive(Clone, Debug)]
struct Rota {
    always_open: bool,
    closed_weekdays: BTreeSet<i8>,
    /// When an open day is over, for "n business days".
    day_ends: Clock,
    // Shared with the stations that say nothing of it: how many of these there are, a stranger's file says.
    staffed: Arc<[Hours]>,
    half_weekdays: BTreeSet<i8>,
    half_dates: Arc<BTreeSet<Date>>,
    half_staffed: Arc<[Hours]>,
}

/// Minutes after midnight, up to 24:00.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Clock(u16);

/// Staffed from, until.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Hours {
    from: Clock,
    until: Clock,
}

/// Where a deadline counts from: a day where only the day is known, else an instant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Day(Date),
    Instant(Instant),
}

/// Why a deadline cannot be told. Message ids are `calendar-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum CannotTell {
    /// The administrator must enter the next year's holidays.
    #[error("the calendar ends on {valid_until}")]
    BeyondCalendar { valid_until: Date },
    #[error("the calendar begins on {valid_from}")]
    BeforeCalendar { valid_from: Date },
    /// Hours cannot be counted from a day; the profile must say business days.
    #[error("{span} cannot be counted from a day")]
    TimeOfDayUnknown { span: Span },
    #[error("no staffed hours at station {station}")]
    NeverStaffed { station: String },
    #[error("outside the years that can be written")]
    OutOfRange,
}

/// How long a calendar still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Expiry {
    Far,
    /// Time to enter the next year's holidays.
    Near {
        valid_until: Date,
        days_left: u32,
    },
    /// Deadlines are *cannot tell*.
    Past {
        valid_until: Date,
    },
}

impl Calendar {
    /// When a clock that starts at `from` and runs for `span` at `station` stops.
    ///
    /// Business days end at `day_ends` of the nth open day after the first. Staffed hours count only while the station
    /// is staffed. A station without a rota of its own keeps the hospital's.
    ///
    /// # Errors
    /// Where the calendar does not reach, or hours are asked of a bare day.
    pub fn deadline(&self, from: impl Into<Start>, span: Span, station: &Name) -> Result<Instant, CannotTell> {
        let from = from.into();
        match (span, from) {
            (Span::Elapsed { minutes }, Start::Instant(instant)) => {
                Ok(instant.plus(SignedDuration::from_mins(i64::from(minutes))))
            }
            (Span::StaffedMinutes { minutes }, Start::Instant(instant)) => self.staffed(instant, minutes, station),
            (Span::BusinessDays { days }, _) => {
                let day = match from {
                    Start::Day(day) => day,
                    Start::Instant(instant) => self.day_of(instant),
                };
                self.business_days(day, days, station)
            }
            (_, Start::Day(_)) => Err(CannotTell::TimeOfDayUnknown { span }),
        }
    }

    /// Whether `day` is a business day at `station`; half days are.
    ///
    /// # Errors
    /// Where the calendar does not reach.
    pub fn is_open(&self, day: Date, station: &Name) -> Result<bool, CannotTell> {
        let rota = self.rota(station);
        if rota.always_open {
            return Ok(true);
        }
        if day < self.valid_from {
            return Err(CannotTell::BeforeCalendar { valid_from: self.valid_from });
        }
        if day > self.valid_until {
            return Err(CannotTell::BeyondCalendar { valid_until: self.valid_until });
        }
        Ok(self.open_dates.contains(&day)
            || !(rota.closed_weekdays.contains(&weekday(day))
                || self.closed_dates.contains_key(&day)
                || self.closed_yearly.contains(&(day.month(), day.day()))))
    }

    /// The day an instant falls on, on the hospital's wall clock.
    #[must_use]
    pub fn day_of(&self, instant: Instant) -> Date {
        instant.in_zone(&self.zone).date()
    }

    /// Whether it is time to enter the next year's holidays.
    #[must_use]
    pub fn expiry(&self, today: Date) -> Expiry {
        let valid_until = self.valid_until;
        let left = days_between(today, valid_until);
        match u32::try_from(left) {
            Err(_) => Expiry::Past { valid_until },
            Ok(days_left) if days_left <= self.warn_days => Expiry::Near { valid_until, days_left },
            Ok(_) => Expiry::Far,
        }
    }

    /// Of the file, byte for byte.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    #[must_use]
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    #[must_use]
    pub fn valid_until(&self) -> Date {
        self.valid_until
    }

    /// What a closed date is called, where it has a name.
    #[must_use]
    pub fn name_of(&self, day: Date) -> Option<&str> {
        self.closed_dates.get(&day).map(String::as_str)
    }

    fn business_days(&self, day: Date, days: u32, station: &Name) -> Result<Instant, CannotTell> {
        let rota = self.rota(station);
        let mut day = day;
        let mut left = days;
        if left > 0 && !rota.always_open && day < self.valid_from {
            return Err(CannotTell::BeforeCalendar { valid_from: self.valid_from });
        }
        while left > 0 {
            day = day.tomorrow().map_err(|_| CannotTell::OutOfRange)?;
            if self.is_open(day, station)? {
                left -= 1;
            }
        }
        self.at(day, rota.day_ends)
    }

    fn staffed(&self, from: Instant, minutes: u32, station: &Name) -> Result<Instant, CannotTell> {
        let rota = self.rota(station);
        if rota.never_staffed() {
            return Err(CannotTell::NeverStaffed { station: station.to_string() });
        }
        let mut left = SignedDuration::from_mins(i64::from(minutes));
        let mut day = self.day_of(from);
        loop {
            if self.is_open(day, station)? {
                for hours in rota.hours_on(day) {
                    let opens = self.at(day, hours.from)?.max(from);
                    let closes = self.at(day, hours.until)?;
                    let here = closes.since(opens);
                    if here.is_negative() {
                        continue;
                    }
                    if left <= here {
                        return Ok(opens.plus(left));
                    }
                    left -= here;
                }
            }
            day = day.tomorrow().map_err(|_| CannotTell::OutOfRange)?;
        }
    }

    fn rota(&self, station: &Name) -> &Rota {
        self.stations.get(station).unwrap_or(&self.hospital)
    }

    fn at(&self, day: Date, clock: Clock) -> Result<Instant, CannotTell> {
        let (day, minutes) = match clock {
            Clock::MIDNIGHT_AFTER => (day.tomorrow().map_err(|_| CannotTell::OutOfRange)?, 0),
            Clock(minutes) => (day, minutes),
        };
        let hour = i8::try_from(minutes / 60).map_err(|_| CannotTell::OutOfRange)?;
        let minute = i8::try_from(minutes % 60).map_err(|_| CannotTell::OutOfRange)?;
        let time = Time::new(hour, minute, 0, 0).map_err(|_| CannotTell::OutOfRange)?;
        let instant: Timestamp =
            day.to_datetime(time).to_zoned(self.zone.clone()).map_err(|_| CannotTell::OutOfRange)?.timestamp();
        Ok(instant.into())
    }
}

impl Rota {
    fn hours_on(&self, day: Date) -> &[Hours] {
        let half = self.half_weekdays.contains(&weekday(day)) || self.half_dates.contains(&day);
        if self.always_open {
            Hours::ALL_DAY
        } else if half {
            &self.half_staffed
        } else {
            &self.staffed
        }
    }

    fn never_staffed(&self) -> bool {
        !self.always_open && self.staffed.is_empty() && self.half_staffed.is_empty()
    }

    fn lacks_half_hours(&self) -> bool {
        !(self.half_weekdays.is_empty() && self.half_dates.is_empty()) && self.half_staffed.is_empty()
    }
}

impl Clock {
    const MIDNIGHT_AFTER: Self = Self(24 * 60);
}

impl Hours {
    const ALL_DAY: &[Self] = &[Self { from: Clock(0), until: Clock::MIDNIGHT_AFTER }];
}

impl From<Date> for Start {
    fn from(day: Date) -> Self {
        Self::Day(day)
    }
}

impl From<Instant> for Start {
    fn from(instant: Instant) -> Self {
        Self::Instant(instant)
    }
}

/// Monday is 1.
fn weekday(day: Date) -> i8 {
    Weekday::to_monday_one_offset(day.weekday())
}

fn days_between(from: Date, until: Date) -> i64 {
    until.duration_since(from).as_hours() / 24
}

#[cfg(test)]
mod tests;
