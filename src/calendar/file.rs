//! Reading `calendar.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};

use super::{Calendar, Clock, Hours, Rota};
use crate::ids::{Digest, Name};
use crate::toml_text::{Caution, Complaint, Problem, Reading, Spot, Table, Warning};

/// What `init` writes: Japan's published holidays, Saturdays, Sundays and the turn of the year closed.
pub const DEFAULT_CALENDAR: &str = include_str!("default.toml");

/// The newest `calendar_format` that this build reads.
pub const NEWEST_FORMAT: u32 = 1;

const WEEKDAYS: [(&str, i8); 7] =
    [("monday", 1), ("tuesday", 2), ("wednesday", 3), ("thursday", 4), ("friday", 5), ("saturday", 6), ("sunday", 7)];

impl Calendar {
    /// Reads a `calendar.toml`; `file` is the name its problems are told under.
    ///
    /// # Errors
    /// All that is wrong with it.
    pub fn parse(bytes: &[u8], file: &str) -> Result<(Self, Vec<Warning>), Vec<Problem>> {
        Reading::of(bytes, file, |reading, root| read(reading, root, Digest::of(bytes)))
    }
}

fn read(reading: &Reading<'_>, mut root: Table<'_, '_>, digest: Digest) -> Option<Calendar> {
    if let Some(format) = root.integer("calendar_format", 1, u32::MAX)
        && format.value > NEWEST_FORMAT
    {
        let newer = Complaint::NewerFormat { found: format.value, newest: NEWEST_FORMAT };
        reading.complain(&format.at, newer);
        return None;
    }
    let zone = root.parsed::<Zone>("time_zone", "time-zone");
    let valid_from = root.parsed::<Date>("valid_from", "date");
    let valid_until = root.parsed::<Date>("valid_until", "date");
    let warn_days = root.optional_integer("warn_days", 0, 366).map_or(60, |spot| spot.value);
    if let (Some(from), Some(until)) = (&valid_from, &valid_until)
        && until.value < from.value
    {
        let value = until.value.to_string();
        let complaint = Complaint::BeforeOther { key: "valid_until".into(), value, other: "valid_from".into() };
        reading.complain(&until.at, complaint);
    }

    let closed_yearly: BTreeSet<(i8, i8)> = root
        .optional_parsed_list::<MonthDay>("closed_yearly", "month-day")
        .map(|list| list.value.into_iter().map(|day| (day.value.0, day.value.1)).collect())
        .unwrap_or_default();
    let holidays = named_dates(reading, root.table("holidays"));
    let own = named_dates(reading, root.table("closed"));
    let open = named_dates(reading, root.table("open"));
    // A holiday may be worked, that is what `open` is for. The hospital's own two lists must agree.
    let own_dates: BTreeSet<Date> = own.iter().map(|closed| closed.value.0).collect();
    for opened in open.iter().filter(|opened| own_dates.contains(&opened.value.0)) {
        reading.complain(&opened.at, Complaint::OpenAndClosed { date: opened.value.0.to_string() });
    }
    let closed: Vec<_> = holidays.into_iter().chain(own).collect();
    for Spot { value: (date, _), at } in closed.iter().chain(&open) {
        let before = valid_from.as_ref().is_some_and(|from| *date < from.value);
        let after = valid_until.as_ref().is_some_and(|until| *date > until.value);
        if before || after {
            reading.warn(at, Caution::OutsideValidity { date: date.to_string() });
        }
    }
    let closed_dates: BTreeMap<Date, String> = closed.into_iter().map(|spot| spot.value).collect();
    let open_dates: BTreeSet<Date> = open.into_iter().map(|spot| spot.value.0).collect();

    let default = Rota {
        always_open: false,
        closed_weekdays: [6, 7].into(),
        day_ends: Clock::MIDNIGHT_AFTER,
        staffed: Arc::default(),
        half_weekdays: BTreeSet::new(),
        half_dates: Arc::default(),
        half_staffed: Arc::default(),
    };
    let hospital = rota(reading, root.table("hours"), &default);
    let mut stations = BTreeMap::new();
    let mut station_tables = root.table("stations");
    for key in station_tables.keys() {
        let table = station_tables.table(&key.value);
        let rota = rota(reading, table, &hospital);
        match key.value.parse::<Name>() {
            Ok(name) => {
                stations.insert(name, rota);
            }
            Err(_) => {
                let complaint =
                    Complaint::BadValue { key: "stations".into(), value: key.value, expected: "name".into() };
                reading.complain(&key.at, complaint);
            }
        }
    }
    station_tables.finish();
    root.finish();
    Some(Calendar {
        digest,
        zone: zone?.value.0,
        valid_from: valid_from?.value,
        valid_until: valid_until?.value,
        warn_days,
        closed_dates,
        closed_yearly,
        open_dates,
        hospital,
        stations,
    })
}

/// A table whose keys are dates and whose values are their names.
fn named_dates(reading: &Reading<'_>, mut table: Table<'_, '_>) -> Vec<Spot<(Date, String)>> {
    let mut dates = Vec::new();
    for key in table.keys() {
        let name = table.text(&key.value);
        match (iso_date(&key.value), name) {
            (Some(date), Some(name)) => dates.push(Spot { value: (date, name.value), at: key.at }),
            (None, _) => {
                let expected = "date".to_owned();
                let complaint = Complaint::BadValue { key: table.name_of(&key.value), value: key.value, expected };
                reading.complain(&key.at, complaint);
            }
            (Some(_), None) => {}
        }
    }
    table.finish();
    dates
}

fn rota(reading: &Reading<'_>, mut table: Table<'_, '_>, otherwise: &Rota) -> Rota {
    let always_open = table.optional_bool("always_open");
    if let Some(always) = &always_open
        && always.value
        && let Some(other) = table.keys().into_iter().find(|key| key.value != "day_ends")
    {
        let complaint =
            Complaint::Contradiction { key: table.name_of("always_open"), other: table.name_of(&other.value) };
        reading.complain(&always.at, complaint);
    }
    let weekdays = |table: &mut Table<'_, '_>, key: &str| {
        table
            .optional_choices(key, &WEEKDAYS)
            .map(|list| list.value.into_iter().map(|day| day.value).collect::<BTreeSet<i8>>())
    };
    let rota = Rota {
        always_open: always_open.is_some_and(|spot| spot.value),
        closed_weekdays: weekdays(&mut table, "closed_weekdays").unwrap_or_else(|| otherwise.closed_weekdays.clone()),
        day_ends: day_ends(&mut table).unwrap_or(otherwise.day_ends),
        staffed: hours(reading, &mut table, "staffed").unwrap_or_else(|| Arc::clone(&otherwise.staffed)),
        half_weekdays: weekdays(&mut table, "half_weekdays").unwrap_or_else(|| otherwise.half_weekdays.clone()),
        half_dates: table
            .optional_parsed_list::<IsoDate>("half_dates", "date")
            .map(|list| Arc::new(list.value.into_iter().map(|date| date.value.0).collect()))
            .unwrap_or_else(|| Arc::clone(&otherwise.half_dates)),
        half_staffed: hours(reading, &mut table, "half_staffed").unwrap_or_else(|| Arc::clone(&otherwise.half_staffed)),
    };
    // Told once, where it was left out: not again for each station that keeps the hospital's hours.
    if rota.lacks_half_hours() && !otherwise.lacks_half_hours() {
        let complaint = Complaint::MissingKey { key: table.name_of("half_staffed") };
        reading.complain(table.at(), complaint);
    }
    table.finish();
    rota
}

/// No later than 24:00: a day that ended after midnight would lengthen the window past what the guideline allows.
fn day_ends(table: &mut Table<'_, '_>) -> Option<Clock> {
    table.optional_parsed::<DayEnd>("day_ends", "time-of-day").map(|spot| spot.value.0)
}

fn hours(reading: &Reading<'_>, table: &mut Table<'_, '_>, key: &str) -> Option<Arc<[Hours]>> {
    let list = table.optional_parsed_list::<WrittenHours>(key, "hours")?;
    let mut hours: Vec<Hours> = Vec::new();
    for Spot { value: WrittenHours(written), at } in list.value {
        let value = format!("{}-{}", written.from, written.until);
        if written.until <= written.from {
            reading.complain(&at, Complaint::HoursBackwards { key: table.name_of(key), value });
        } else if hours.last().is_some_and(|before| written.from < before.until) {
            reading.complain(&at, Complaint::HoursOverlap { key: table.name_of(key), value });
        } else {
            hours.push(written);
        }
    }
    Some(hours.into())
}

struct Zone(TimeZone);

impl FromStr for Zone {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text {
            // Japan has kept one offset since 1951; so the commonest zone needs no tables from the machine, and a
            // verifier elsewhere cannot have others.
            "Asia/Tokyo" => Offset::from_hours(9).map(|offset| Self(offset.to_time_zone())).map_err(drop),
            _ => TimeZone::get(text).map(Self).map_err(drop),
        }
    }
}

struct MonthDay(i8, i8);

impl FromStr for MonthDay {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        // A leap year, so that 02-29 is a day.
        let date = iso_date(&format!("2024-{text}")).ok_or(())?;
        Ok(Self(date.month(), date.day()))
    }
}

struct IsoDate(Date);

impl FromStr for IsoDate {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        iso_date(text).map(Self).ok_or(())
    }
}

/// YYYY-MM-DD and no other form.
fn iso_date(text: &str) -> Option<Date> {
    text.parse::<Date>().ok().filter(|date| date.to_string() == text)
}

/// HH:MM up to 24:00.
impl FromStr for Clock {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (hour, minute) = text.split_once(':').ok_or(())?;
        let two = |part: &str| part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit());
        if !two(hour) || !two(minute) {
            return Err(());
        }
        let (hour, minute): (u16, u16) = (hour.parse().map_err(drop)?, minute.parse().map_err(drop)?);
        let clock = Self(hour * 60 + minute);
        if minute < 60 && clock <= Self::MIDNIGHT_AFTER { Ok(clock) } else { Err(()) }
    }
}

impl std::fmt::Display for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:02}:{:02}", self.0 / 60, self.0 % 60)
    }
}

struct DayEnd(Clock);

impl FromStr for DayEnd {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        text.parse().ok().filter(|clock| *clock > Clock(0)).map(Self).ok_or(())
    }
}

struct WrittenHours(Hours);

impl FromStr for WrittenHours {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (from, until) = text.split_once('-').ok_or(())?;
        Ok(Self(Hours { from: from.parse()?, until: until.parse()? }))
    }
}
