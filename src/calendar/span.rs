//! How long something may take, as profiles write it.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `"90m"` or `"12h"` by the clock on the wall; `"8 staffed hours"` while the station is staffed; `"1 business day"` to
/// the end of the next open day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Span {
    Elapsed { minutes: u32 },
    StaffedMinutes { minutes: u32 },
    BusinessDays { days: u32 },
}

/// The longest that a number in a span may be, so that sums stay far from any limit.
const MOST: u32 = 9999;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a duration such as 12h, 90m, 8 staffed hours or 1 business day")]
pub struct InvalidSpan(String);

impl FromStr for Span {
    type Err = InvalidSpan;

    fn from_str(text: &str) -> Result<Self, InvalidSpan> {
        let invalid = || InvalidSpan(text.to_owned());
        let digits = text.bytes().take_while(u8::is_ascii_digit).count();
        let (number, unit) = text.split_at_checked(digits).ok_or_else(invalid)?;
        let number: u32 = number.parse().ok().filter(|n| (1..=MOST).contains(n)).ok_or_else(invalid)?;
        match unit {
            "m" => Ok(Self::Elapsed { minutes: number }),
            "h" => Ok(Self::Elapsed { minutes: number * 60 }),
            " staffed minute" | " staffed minutes" => Ok(Self::StaffedMinutes { minutes: number }),
            " staffed hour" | " staffed hours" => Ok(Self::StaffedMinutes { minutes: number * 60 }),
            " business day" | " business days" => Ok(Self::BusinessDays { days: number }),
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |n: u32| if n == 1 { "" } else { "s" };
        match *self {
            Self::Elapsed { minutes } if minutes % 60 == 0 => write!(f, "{}h", minutes / 60),
            Self::Elapsed { minutes } => write!(f, "{minutes}m"),
            Self::StaffedMinutes { minutes } if minutes % 60 == 0 => {
                let hours = minutes / 60;
                write!(f, "{hours} staffed hour{}", plural(hours))
            }
            Self::StaffedMinutes { minutes } => write!(f, "{minutes} staffed minute{}", plural(minutes)),
            Self::BusinessDays { days } => write!(f, "{days} business day{}", plural(days)),
        }
    }
}

impl Serialize for Span {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Span {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Span {
    fn schema_name() -> Cow<'static, str> {
        "Span".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[1-9][0-9]*(m|h| staffed (minute|hour)s?| business days?)$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_one_spelling_and_read_it_back() {
        for (text, written) in [
            ("12h", "12h"),
            ("90m", "90m"),
            ("120m", "2h"),
            ("8 staffed hours", "8 staffed hours"),
            ("1 staffed hours", "1 staffed hour"),
            ("45 staffed minutes", "45 staffed minutes"),
            ("1 business day", "1 business day"),
            ("2 business days", "2 business days"),
        ] {
            let span: Span = text.parse().unwrap();
            assert_eq!(span.to_string(), written);
            assert_eq!(written.parse::<Span>().unwrap(), span);
        }
    }

    #[test]
    fn anything_else_is_no_span() {
        for text in ["", "h", "0h", "1", "1 h", "-1h", "1.5h", "1d", "1 day", "99999h", "1 business  day", "１h", "日"]
        {
            assert!(text.parse::<Span>().is_err(), "{text:?}");
        }
    }
}
