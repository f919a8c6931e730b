//! Japanese dates as people and scanners write them, read without guessing.
//!
//! A date that could mean two days, or a day that its era never had, is a problem and no date: the window of 9.2 is
//! counted from what is read here. Dates before 1873 are refused, because Japan counted them in another calendar.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// Reads one date. Accepted, in half or full width:
///
/// - `2026-11-20`, `2026/11/20`, `2026.11.20`, `20261120`, `2026年11月20日`;
/// - with an era: `R8.11.20`, `R08/11/20`, `r8-11-20`, `R081120`, `令和8年11月20日`, `令和元年5月1日`, `㋿8.11.20`.
pub fn parse(text: &str) -> Result<Date, DateProblem> {
    // The longest honest spelling is far shorter; whatever is longer is not worth folding.
    if text.len() > 100 {
        return Err(DateProblem::Unreadable);
    }
    let folded: String = text.nfkc().map(plain_hyphen).collect();
    let folded = folded.trim();
    match Era::strip(folded) {
        Some((era, rest)) => in_era(era, rest),
        None => western(folded),
    }
}

/// The date for people: `2026-11-20（令和8年）`.
#[must_use]
pub fn wareki(date: Date) -> String {
    match Era::of(date) {
        Some((era, 1)) => format!("{date}（{}元年）", era.kanji()),
        Some((era, year)) => format!("{date}（{}{year}年）", era.kanji()),
        None => date.to_string(),
    }
}

/// Why a text is no date. The text itself belongs to whoever asked, as it may be a patient's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum DateProblem {
    #[error("not a date in any accepted spelling")]
    Unreadable,
    /// `26.11.20` may be 2026, Heisei 26 or Shōwa 26.
    #[error("a year of two digits without an era may mean several years")]
    TwoDigitYear,
    #[error("the calendar has no such day")]
    NoSuchDay,
    /// 平成31年5月1日: the era had ended the day before.
    #[error("the era {} ended on {ended_on}", era.kanji())]
    EraEnded { era: Era, ended_on: Date },
    #[error("the era {} began on {began_on}", era.kanji())]
    EraNotBegun { era: Era, began_on: Date },
    /// Before 1873 (明治6年) Japan counted days by the old calendar (旧暦).
    #[error("before 1873 dates follow the old Japanese calendar")]
    OldCalendar,
}

/// The eras since 1868 (元号).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Era {
    Meiji,
    Taisho,
    Showa,
    Heisei,
    Reiwa,
}

impl Era {
    const LATEST_FIRST: [Self; 5] = [Self::Reiwa, Self::Heisei, Self::Showa, Self::Taisho, Self::Meiji];

    /// The era and the year within it. On the two days that had two eras (1912-07-30 and 1926-12-25) the newer counts.
    #[must_use]
    pub fn of(date: Date) -> Option<(Self, i16)> {
        let era = Self::LATEST_FIRST.into_iter().find(|era| date >= era.first_day())?;
        Some((era, date.year().saturating_sub(era.first_day().year()).saturating_add(1)))
    }

    #[must_use]
    pub const fn kanji(self) -> &'static str {
        match self {
            Self::Meiji => "明治",
            Self::Taisho => "大正",
            Self::Showa => "昭和",
            Self::Heisei => "平成",
            Self::Reiwa => "令和",
        }
    }

    const fn letter(self) -> char {
        match self {
            Self::Meiji => 'M',
            Self::Taisho => 'T',
            Self::Showa => 'S',
            Self::Heisei => 'H',
            Self::Reiwa => 'R',
        }
    }

    const fn first_day(self) -> Date {
        match self {
            Self::Meiji => Date::constant(1868, 1, 25),
            Self::Taisho => Date::constant(1912, 7, 30),
            Self::Showa => Date::constant(1926, 12, 25),
            Self::Heisei => Date::constant(1989, 1, 8),
            Self::Reiwa => Date::constant(2019, 5, 1),
        }
    }

    /// Meiji and Taishō share their last day with the first of the next era: the change took effect within the day.
    const fn last_day(self) -> Option<Date> {
        match self {
            Self::Meiji => Some(Date::constant(1912, 7, 30)),
            Self::Taisho => Some(Date::constant(1926, 12, 25)),
            Self::Showa => Some(Date::constant(1989, 1, 7)),
            Self::Heisei => Some(Date::constant(2019, 4, 30)),
            Self::Reiwa => None,
        }
    }

    /// The era that a text begins with, and what follows. A letter counts only before a digit or 元.
    fn strip(text: &str) -> Option<(Self, &str)> {
        Self::LATEST_FIRST.into_iter().find_map(|era| {
            if let Some(rest) = text.strip_prefix(era.kanji()) {
                return Some((era, rest));
            }
            let letter = era.letter();
            let rest = text.strip_prefix(letter).or_else(|| text.strip_prefix(letter.to_ascii_lowercase()))?;
            let next = rest.trim_start().chars().next()?;
            (next.is_ascii_digit() || next == '元').then_some((era, rest))
        })
    }
}

/// First year that a date may have: from 1873 on Japan used the Gregorian calendar.
const FIRST_GREGORIAN_YEAR: i16 = 1873;

fn in_era(era: Era, rest: &str) -> Result<Date, DateProblem> {
    let rest = without_spaces(rest);
    let (year, month, day) = match split(&rest) {
        Some(parts) => parts,
        // R081120, as claims and older systems write it.
        None if rest.len() == 6 && all_digits(&rest) => fixed(&rest, 2).ok_or(DateProblem::Unreadable)?,
        None => return Err(DateProblem::Unreadable),
    };
    let year_in_era = if year == "元" { 1 } else { number(year, 2).ok_or(DateProblem::Unreadable)? };
    if year_in_era == 0 {
        return Err(DateProblem::NoSuchDay);
    }
    let date = day_of(era.first_day().year().saturating_add(year_in_era).saturating_sub(1), month, day)?;
    if date < era.first_day() {
        return Err(DateProblem::EraNotBegun { era, began_on: era.first_day() });
    }
    match era.last_day() {
        Some(ended_on) if date > ended_on => Err(DateProblem::EraEnded { era, ended_on }),
        _ => Ok(date),
    }
}

fn western(text: &str) -> Result<Date, DateProblem> {
    let text = if text.contains('年') { without_spaces(text) } else { text.to_owned() };
    let (year, month, day) = match split(&text) {
        Some(parts) => parts,
        None if all_digits(&text) && text.len() == 8 => fixed(&text, 4).ok_or(DateProblem::Unreadable)?,
        None if all_digits(&text) && text.len() == 6 => return Err(DateProblem::TwoDigitYear),
        None => return Err(DateProblem::Unreadable),
    };
    match (year.len(), number(year, 4)) {
        (4, Some(year)) => day_of(year, month, day),
        (1 | 2, Some(_)) if number(month, 2).is_some() && number(day, 2).is_some() => Err(DateProblem::TwoDigitYear),
        _ => Err(DateProblem::Unreadable),
    }
}

fn day_of(year: i16, month: &str, day: &str) -> Result<Date, DateProblem> {
    let month = number(month, 2).ok_or(DateProblem::Unreadable)?;
    let day = number(day, 2).ok_or(DateProblem::Unreadable)?;
    if year < FIRST_GREGORIAN_YEAR {
        return Err(DateProblem::OldCalendar);
    }
    let (Ok(month), Ok(day)) = (i8::try_from(month), i8::try_from(day)) else {
        return Err(DateProblem::NoSuchDay);
    };
    Date::new(year, month, day).map_err(|_| DateProblem::NoSuchDay)
}

/// Year, month and day where one kind of separator stands between them.
fn split(text: &str) -> Option<(&str, &str, &str)> {
    if let Some((year, rest)) = text.split_once('年') {
        let (month, rest) = rest.split_once('月')?;
        return Some((year, month, rest.strip_suffix('日')?));
    }
    ['-', '/', '.'].into_iter().find_map(|separator| {
        let mut parts = text.split(separator);
        match (parts.next(), parts.next(), parts.next(), parts.next()) {
            (Some(year), Some(month), Some(day), None) => Some((year, month, day)),
            _ => None,
        }
    })
}

/// Digits run together: the year in `year_width` of them, then two for the month and two for the day.
fn fixed(digits: &str, year_width: usize) -> Option<(&str, &str, &str)> {
    let (year, rest) = digits.split_at_checked(year_width)?;
    let (month, day) = rest.split_at_checked(2)?;
    Some((year, month, day))
}

fn number(digits: &str, at_most: usize) -> Option<i16> {
    if digits.len() <= at_most && all_digits(digits) { digits.parse().ok() } else { None }
}

fn all_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn without_spaces(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// Hyphens that compatibility folding leaves apart: hyphen and minus sign.
fn plain_hyphen(c: char) -> char {
    if matches!(c, '\u{2010}' | '\u{2212}') { '-' } else { c }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn every_accepted_spelling_means_the_same_day() {
        for text in [
            "2026-11-20",
            "20261120",
            "2026/11/20",
            "2026.11.20",
            "2026年11月20日",
            " 2026年 11月 20日 ",
            "R8.11.20",
            "R08.11.20",
            "r8/11/20",
            "R8-11-20",
            "R081120",
            "令和8年11月20日",
            "令和 8年11月20日",
            "令和8.11.20",
            "㋿8.11.20",
            "２０２６年１１月２０日",
            "Ｒ８．１１．２０",
            "２０２６／１１／２０",
            "2026−11−20",
        ] {
            assert_eq!(parse(text), Ok(date(2026, 11, 20)), "{text}");
        }
        assert_eq!(parse("2026-1-5"), Ok(date(2026, 1, 5)));
        assert_eq!(parse("令和元年5月1日"), Ok(date(2019, 5, 1)));
        assert_eq!(parse("R元.5.1"), Ok(date(2019, 5, 1)));
        assert_eq!(parse("S64.1.7"), Ok(date(1989, 1, 7)));
    }

    #[test]
    fn an_era_has_its_first_and_last_day() {
        use DateProblem::{EraEnded, EraNotBegun};
        let ended = |era: Era, ended_on| Err(EraEnded { era, ended_on });
        let not_begun = |era: Era, began_on| Err(EraNotBegun { era, began_on });
        for (text, expected) in [
            ("平成31年4月30日", Ok(date(2019, 4, 30))),
            ("平成31年5月1日", ended(Era::Heisei, date(2019, 4, 30))),
            ("令和元年4月30日", not_begun(Era::Reiwa, date(2019, 5, 1))),
            ("昭和64年1月7日", Ok(date(1989, 1, 7))),
            ("昭和64年1月8日", ended(Era::Showa, date(1989, 1, 7))),
            ("平成元年1月7日", not_begun(Era::Heisei, date(1989, 1, 8))),
            ("大正15年12月25日", Ok(date(1926, 12, 25))),
            ("昭和元年12月25日", Ok(date(1926, 12, 25))),
            ("大正15年12月26日", ended(Era::Taisho, date(1926, 12, 25))),
            ("明治45年7月30日", Ok(date(1912, 7, 30))),
            ("大正元年7月29日", not_begun(Era::Taisho, date(1912, 7, 30))),
            ("明治6年1月1日", Ok(date(1873, 1, 1))),
            ("明治5年12月2日", Err(DateProblem::OldCalendar)),
            ("明治5年2月30日", Err(DateProblem::OldCalendar)),
        ] {
            assert_eq!(parse(text), expected, "{text}");
        }
    }

    #[test]
    fn what_could_mean_two_days_is_no_date() {
        for text in ["26.11.20", "26/11/20", "26-11-20", "8.11.20", "261120", "26年11月20日", "２６．１１．２０"]
        {
            assert_eq!(parse(text), Err(DateProblem::TwoDigitYear), "{text}");
        }
        for text in ["2026-02-29", "2026-13-01", "20261301", "2026-11-00", "R8.2.30", "R0.1.1", "00000000"] {
            assert!(matches!(parse(text), Err(DateProblem::NoSuchDay | DateProblem::OldCalendar)), "{text}");
        }
        for text in [
            "",
            "today",
            "2026",
            "2026-11",
            "2026-11/20",
            "2026-11-20-1",
            "2026年11月20",
            "20 26-11-20",
            "Q8.11.20",
            "RR8.11.20",
            "5081120",
            "2026-11-20 09:30",
            "+2026-11-20",
            "2026-+1-20",
            "R100.1.1",
            "元年5月1日",
            "126.11.20",
            "Report",
        ] {
            assert_eq!(parse(text), Err(DateProblem::Unreadable), "{text}");
        }
    }

    #[test]
    fn people_see_both_calendars() {
        assert_eq!(wareki(date(2026, 11, 20)), "2026-11-20（令和8年）");
        assert_eq!(wareki(date(2019, 5, 1)), "2019-05-01（令和元年）");
        assert_eq!(wareki(date(2019, 4, 30)), "2019-04-30（平成31年）");
        assert_eq!(wareki(date(1912, 7, 30)), "1912-07-30（大正元年）");
        assert_eq!(wareki(date(1850, 1, 1)), "1850-01-01");
    }

    proptest! {
        #[test]
        fn no_text_ends_the_process(text in "\\PC{0,40}") {
            let _ = parse(&text);
        }

        #[test]
        fn texts_like_dates_do_not_either(text in "[RHSTM令和平成元年月日0-9０-９./-]{0,20}") {
            if let Ok(date) = parse(&text) {
                prop_assert!(date.year() >= FIRST_GREGORIAN_YEAR);
            }
        }

        #[test]
        fn each_day_reads_back_from_each_spelling(days in 0..100_000_i64) {
            let day = date(1873, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
            let (y, m, d) = (day.year(), day.month(), day.day());
            prop_assert_eq!(parse(&day.to_string()), Ok(day));
            prop_assert_eq!(parse(&format!("{y:04}{m:02}{d:02}")), Ok(day));
            let (era, year) = Era::of(day).unwrap();
            if year < 100 {
                prop_assert_eq!(parse(&format!("{}{year}.{m}.{d}", era.letter())), Ok(day));
                prop_assert_eq!(parse(&format!("{}{year:02}{m:02}{d:02}", era.letter())), Ok(day));
                prop_assert_eq!(parse(&format!("{}{year}年{m}月{d}日", era.kanji())), Ok(day));
            }
        }
    }
}
