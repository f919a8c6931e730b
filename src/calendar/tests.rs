//! Fixed dates: writer and verifier share this module, so these are what keeps both honest.

use jiff::civil::date;

use super::*;
use crate::toml_text::{Complaint, Problem};

fn station() -> Name {
    "ward-3".parse().unwrap()
}

fn default_calendar() -> Calendar {
    Calendar::parse(DEFAULT_CALENDAR.as_bytes(), "calendar.toml").unwrap().0
}

/// A calendar that closes only weekends, with these lines under `[hours]`.
fn calendar(hours: &str) -> Calendar {
    let text = format!(
        "calendar_format = 1\ntime_zone = 'Asia/Tokyo'\nvalid_from = '2024-01-01'\nvalid_until = '2060-12-31'\n\
         [hours]\n{hours}\n"
    );
    Calendar::parse(text.as_bytes(), "calendar.toml").unwrap().0
}

/// Wall-clock time in Tokyo.
fn tokyo(text: &str) -> Instant {
    let civil: jiff::civil::DateTime = text.parse().unwrap();
    civil.to_zoned(jiff::tz::Offset::from_hours(9).unwrap().to_time_zone()).unwrap().timestamp().into()
}

fn check(calendar: &Calendar, from: impl Into<Start>, span: &str, expected: &str) {
    let deadline = calendar.deadline(from, span.parse().unwrap(), &station()).unwrap();
    assert_eq!(deadline, tokyo(expected), "{span}: {}", deadline.in_zone(calendar.zone()));
}

#[test]
fn one_business_day_ends_at_the_end_of_the_next_open_day() {
    let calendar = default_calendar();
    // Thursday to Friday.
    check(&calendar, date(2026, 11, 19), "1 business day", "2026-11-21T00:00");
    // Friday 23:10 before a long weekend: Saturday, Sunday, Labour Thanksgiving Day, so Tuesday.
    check(&calendar, tokyo("2026-11-20T23:10"), "1 business day", "2026-11-25T00:00");
    check(&calendar, date(2026, 11, 20), "2 business days", "2026-11-26T00:00");
    // A Saturday counts from itself and is no business day.
    check(&calendar, date(2026, 11, 21), "1 business day", "2026-11-25T00:00");
}

#[test]
fn the_turn_of_the_year_is_closed() {
    let calendar = default_calendar();
    // Monday 28 December 2026; 29 December to 3 January closed, 2 and 3 January a weekend anyway.
    check(&calendar, date(2026, 12, 28), "1 business day", "2027-01-05T00:00");
    check(&calendar, date(2026, 12, 28), "2 business days", "2027-01-06T00:00");
}

#[test]
fn citizens_and_substitute_holidays_are_closed() {
    let calendar = default_calendar();
    // 21 to 23 September 2026: Aged Day, citizens' holiday, equinox.
    check(&calendar, date(2026, 9, 18), "1 business day", "2026-09-25T00:00");
    // Golden Week 2026: 3 May is a Sunday, so 6 May is the substitute.
    check(&calendar, date(2026, 5, 1), "1 business day", "2026-05-08T00:00");
    assert_eq!(calendar.name_of(date(2026, 9, 22)), Some("休日（国民の休日）"));
}

#[test]
fn a_day_may_end_earlier_and_never_later() {
    let calendar = calendar("day_ends = '22:00'");
    check(&calendar, date(2026, 11, 19), "1 business day", "2026-11-20T22:00");
    let text = DEFAULT_CALENDAR.replace("\"24:00\"", "\"26:00\"");
    let problems = Calendar::parse(text.as_bytes(), "calendar.toml").unwrap_err();
    assert!(
        matches!(&problems[..], [Problem { what: Complaint::BadValue { key, .. }, .. }] if key == "hours.day_ends")
    );
}

#[test]
fn leap_days_and_2038_are_ordinary() {
    let calendar = calendar("");
    check(&calendar, date(2028, 2, 28), "1 business day", "2028-03-01T00:00");
    check(&calendar, date(2028, 2, 29), "1 business day", "2028-03-02T00:00");
    check(&calendar, date(2027, 2, 26), "1 business day", "2027-03-02T00:00");
    check(&calendar, date(2038, 1, 18), "1 business day", "2038-01-20T00:00");
    check(&calendar, tokyo("2038-01-19T12:00"), "12h", "2038-01-20T00:00");
    check(&calendar, date(2049, 12, 31), "1 business day", "2050-01-04T00:00");
}

#[test]
fn staffed_hours_count_only_while_staffed() {
    let calendar = calendar("staffed = ['08:30-12:00', '13:00-17:30']");
    check(&calendar, tokyo("2026-11-19T09:00"), "3 staffed hours", "2026-11-19T12:00");
    check(&calendar, tokyo("2026-11-19T09:00"), "4 staffed hours", "2026-11-19T14:00");
    // 30 minutes on Friday evening, the rest on Monday.
    check(&calendar, tokyo("2026-11-20T17:00"), "8 staffed hours", "2026-11-23T17:00");
    check(&calendar, tokyo("2026-11-20T23:10"), "1 staffed hour", "2026-11-23T09:30");
    check(&calendar, tokyo("2026-11-20T17:00"), "12h", "2026-11-21T05:00");
}

#[test]
fn half_days_are_business_days_with_hours_of_their_own() {
    let calendar = calendar(
        "closed_weekdays = ['sunday']\nstaffed = ['08:30-17:30']\nhalf_weekdays = ['saturday']\n\
         half_staffed = ['08:30-12:30']",
    );
    check(&calendar, date(2026, 11, 20), "1 business day", "2026-11-22T00:00");
    check(&calendar, tokyo("2026-11-21T09:00"), "5 staffed hours", "2026-11-23T10:00");
}

#[test]
fn an_emergency_desk_never_closes() {
    let text = DEFAULT_CALENDAR.replace("[stations]", "[stations.emergency]\nalways_open = true");
    let calendar = Calendar::parse(text.as_bytes(), "calendar.toml").unwrap().0;
    let desk = "emergency".parse().unwrap();
    let one_day = "1 business day".parse().unwrap();
    let deadline = calendar.deadline(tokyo("2026-12-31T23:10"), one_day, &desk).unwrap();
    assert_eq!(deadline, tokyo("2027-01-02T00:00"));
    let staffed = calendar.deadline(tokyo("2026-12-31T23:10"), "8 staffed hours".parse().unwrap(), &desk).unwrap();
    assert_eq!(staffed, tokyo("2027-01-01T07:10"));
    // It needs no holidays, so the calendar's end does not matter to it.
    assert!(calendar.deadline(date(2031, 1, 1), one_day, &desk).is_ok());
}

#[test]
fn where_the_calendar_does_not_reach_it_cannot_tell() {
    let calendar = default_calendar();
    let told = |from: Date, span: &str| calendar.deadline(from, span.parse().unwrap(), &station());
    let beyond = Err(CannotTell::BeyondCalendar { valid_until: date(2027, 12, 31) });
    assert_eq!(told(date(2027, 12, 28), "1 business day"), beyond);
    assert!(told(date(2027, 12, 27), "1 business day").is_ok());
    let before = Err(CannotTell::BeforeCalendar { valid_from: date(2024, 1, 1) });
    assert_eq!(told(date(2019, 5, 1), "1 business day"), before);
    assert!(matches!(told(date(2026, 5, 1), "12h"), Err(CannotTell::TimeOfDayUnknown { .. })));
    let unstaffed = tests::calendar("");
    let result = unstaffed.deadline(tokyo("2026-11-20T17:00"), "1 staffed hour".parse().unwrap(), &station());
    assert!(matches!(result, Err(CannotTell::NeverStaffed { .. })));
}

#[test]
fn the_last_day_still_counts() {
    let text = DEFAULT_CALENDAR.replace("2027-12-31", "2026-11-20");
    let calendar = Calendar::parse(text.as_bytes(), "calendar.toml").unwrap().0;
    check(&calendar, date(2026, 11, 19), "1 business day", "2026-11-21T00:00");
    let beyond = calendar.deadline(date(2026, 11, 20), "1 business day".parse().unwrap(), &station());
    assert!(matches!(beyond, Err(CannotTell::BeyondCalendar { .. })));
    // The first day, too.
    let text = DEFAULT_CALENDAR.replace("2024-01-01\"\nvalid_until", "2026-11-19\"\nvalid_until");
    let calendar = Calendar::parse(text.as_bytes(), "calendar.toml").unwrap().0;
    check(&calendar, date(2026, 11, 19), "1 business day", "2026-11-21T00:00");
    let before = calendar.deadline(date(2026, 11, 18), "1 business day".parse().unwrap(), &station());
    assert!(matches!(before, Err(CannotTell::BeforeCalendar { .. })));
}

#[test]
fn the_warning_comes_sixty_days_before() {
    let calendar = default_calendar();
    let valid_until = date(2027, 12, 31);
    assert_eq!(calendar.expiry(date(2027, 11, 1)), Expiry::Near { valid_until, days_left: 60 });
    assert_eq!(calendar.expiry(date(2027, 10, 31)), Expiry::Far);
    assert_eq!(calendar.expiry(valid_until), Expiry::Near { valid_until, days_left: 0 });
    assert_eq!(calendar.expiry(date(2028, 1, 1)), Expiry::Past { valid_until });
}

#[test]
fn the_hospitals_own_lists_must_agree() {
    let text = DEFAULT_CALENDAR
        .replace("# \"2026-06-01\" =", "\"2026-06-01\" =")
        .replace("# \"2026-02-11\" =", "\"2026-06-01\" =");
    let problems = Calendar::parse(text.as_bytes(), "calendar.toml").unwrap_err();
    assert!(matches!(&problems[..], [Problem { what: Complaint::OpenAndClosed { .. }, .. }]), "{problems:?}");
    // A holiday may be worked.
    let text = DEFAULT_CALENDAR.replace("# \"2026-02-11\" =", "\"2026-02-11\" =");
    let calendar = Calendar::parse(text.as_bytes(), "calendar.toml").unwrap().0;
    check(&calendar, date(2026, 2, 10), "1 business day", "2026-02-12T00:00");
}

#[test]
fn problems_are_told_with_their_place() {
    let text = "calendar_format = 1\ntime_zone = 'Asia/Tokio'\nvalid_from = '2024-01-01'\nvalid_until = '2023-12-31'\n\
                [hours]\nstaffed = ['13:00-17:00', '08:30-12:00', '9-10']\nhalf_weekdays = ['saturday']\n\
                [holidays]\n'2024-02-30' = 'x'\n[stations.Er]\nalways_open = true\nstaffed = []\n";
    let problems = Calendar::parse(text.as_bytes(), "calendar.toml").unwrap_err();
    let told: Vec<(u32, String)> = problems.into_iter().map(|p| (p.line, p.what.to_string())).collect();
    assert_eq!(
        told,
        [
            (2, "time_zone: \"Asia/Tokio\" is not a time-zone".to_owned()),
            (4, "valid_until: 2023-12-31 lies before valid_from".to_owned()),
            (5, "hours.half_staffed is missing".to_owned()),
            (6, "hours.staffed: 08:30-12:00 overlaps the hours before it".to_owned()),
            (6, "hours.staffed: \"9-10\" is not a hours".to_owned()),
            (9, "holidays.2024-02-30: \"2024-02-30\" is not a date".to_owned()),
            (10, "stations: \"Er\" is not a name".to_owned()),
            (11, "stations.Er.always_open and stations.Er.staffed contradict each other".to_owned()),
        ]
    );
}

/// The holidays that the Act itself gives for a year, worked out without the list.
fn holidays_by_the_act(year: i16) -> BTreeMap<Date, &'static str> {
    let monday = |month: i8, nth: i8| date(year, month, 1).nth_weekday_of_month(nth, Weekday::Monday).unwrap();
    let since_1980 = i32::from(year) - 1980;
    // The usual approximation for 1980 to 2099, in millionths of a day.
    let equinox = |base: i32| i8::try_from((base + 242_194 * since_1980) / 1_000_000 - since_1980 / 4).unwrap();
    let mut days: BTreeMap<Date, &str> = [
        (date(year, 1, 1), "元日"),
        (monday(1, 2), "成人の日"),
        (date(year, 2, 11), "建国記念の日"),
        (date(year, 2, 23), "天皇誕生日"),
        (date(year, 3, equinox(20_843_100)), "春分の日"),
        (date(year, 4, 29), "昭和の日"),
        (date(year, 5, 3), "憲法記念日"),
        (date(year, 5, 4), "みどりの日"),
        (date(year, 5, 5), "こどもの日"),
        (monday(7, 3), "海の日"),
        (date(year, 8, 11), "山の日"),
        (monday(9, 3), "敬老の日"),
        (date(year, 9, equinox(23_248_800)), "秋分の日"),
        (monday(10, 2), "スポーツの日"),
        (date(year, 11, 3), "文化の日"),
        (date(year, 11, 23), "勤労感謝の日"),
    ]
    .into();
    // Article 3(2): a holiday on a Sunday moves to the next day that is none. Article 3(3): a day between two is one.
    for sunday in days.keys().copied().filter(|d| d.weekday() == Weekday::Sunday).collect::<Vec<_>>() {
        let mut day = sunday;
        while days.contains_key(&day) {
            day = day.tomorrow().unwrap();
        }
        days.insert(day, "休日（振替休日）");
    }
    for day in days.keys().copied().collect::<Vec<_>>() {
        let (next, after) = (day.tomorrow().unwrap(), day.tomorrow().unwrap().tomorrow().unwrap());
        if !days.contains_key(&next) && days.get(&after).is_some_and(|n| !n.starts_with("休日")) {
            days.entry(next).or_insert("休日（国民の休日）");
        }
    }
    days
}

#[test]
fn the_listed_holidays_are_those_of_the_act() {
    let calendar = default_calendar();
    for year in 2024..=2028 {
        let listed: BTreeMap<Date, &str> = calendar
            .closed_dates
            .range(date(year, 1, 1)..=date(year, 12, 31))
            .map(|(day, name)| (*day, name.as_str()))
            .collect();
        assert_eq!(listed, holidays_by_the_act(year), "{year}");
    }
}
