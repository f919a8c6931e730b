//! Lengths of time and sizes as settings write them: `"3s"`, `"10min"`, `"8h"`; `"512MiB"`.

use std::fmt;
use std::str::FromStr;

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// A length of time that has passed on a clock, in one unit. Deadlines in business days are the profiles' affair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Interval {
    milliseconds: u64,
}

/// Longest unit first. An interval is written in the longest one that leaves nothing over.
const UNITS: [(&str, u64); 5] = [("days", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1000), ("ms", 1)];

/// Nothing here is meant to last longer than a century.
const LONGEST: u64 = 36_525 * 86_400_000;

impl Interval {
    #[must_use]
    pub const fn from_seconds(seconds: u32) -> Self {
        Self { milliseconds: seconds as u64 * 1000 }
    }

    #[must_use]
    pub const fn from_minutes(minutes: u32) -> Self {
        Self { milliseconds: minutes as u64 * 60_000 }
    }

    #[must_use]
    pub const fn from_hours(hours: u32) -> Self {
        Self { milliseconds: hours as u64 * 3_600_000 }
    }

    #[must_use]
    pub const fn from_days(days: u32) -> Self {
        Self { milliseconds: days as u64 * 86_400_000 }
    }

    /// For timers.
    #[must_use]
    pub const fn as_std(self) -> std::time::Duration {
        std::time::Duration::from_millis(self.milliseconds)
    }

    /// For sums with instants.
    #[must_use]
    pub fn as_signed(self) -> SignedDuration {
        // Never more than `LONGEST` or `u32::MAX` days, which an `i64` of milliseconds holds.
        SignedDuration::from_millis(i64::try_from(self.milliseconds).unwrap_or(i64::MAX))
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.milliseconds == 0 {
            return f.write_str("0s");
        }
        match UNITS.iter().find(|(_, length)| self.milliseconds.is_multiple_of(*length)) {
            Some((unit, length)) => write!(f, "{}{unit}", self.milliseconds / length),
            // Unreachable while the last unit is 1.
            None => write!(f, "{}ms", self.milliseconds),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a length of time: write a whole number and a unit (ms, s, min, h, days), as in \"10min\"")]
pub struct InvalidInterval(String);

impl FromStr for Interval {
    type Err = InvalidInterval;

    fn from_str(text: &str) -> Result<Self, InvalidInterval> {
        let invalid = || InvalidInterval(text.to_owned());
        let (number, unit) = split(text).ok_or_else(invalid)?;
        let unit = if unit == "day" { "days" } else { unit };
        let (_, length) = UNITS.iter().find(|(name, _)| *name == unit).ok_or_else(invalid)?;
        match number.checked_mul(*length) {
            Some(milliseconds) if milliseconds <= LONGEST => Ok(Self { milliseconds }),
            _ => Err(invalid()),
        }
    }
}

/// A number of bytes, with binary units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Size {
    bytes: u64,
}

const SIZES: [(&str, u64); 4] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10), ("B", 1)];

impl Size {
    #[must_use]
    pub const fn from_mebibytes(mebibytes: u32) -> Self {
        Self { bytes: (mebibytes as u64) << 20 }
    }

    #[must_use]
    pub const fn as_bytes(self) -> u64 {
        self.bytes
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match SIZES.iter().find(|(_, length)| self.bytes > 0 && self.bytes.is_multiple_of(*length)) {
            Some((unit, length)) => write!(f, "{}{unit}", self.bytes / length),
            None => write!(f, "{}B", self.bytes),
        }
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not a size: write a whole number and a unit (B, KiB, MiB, GiB), as in \"512MiB\"")]
pub struct InvalidSize(String);

impl FromStr for Size {
    type Err = InvalidSize;

    fn from_str(text: &str) -> Result<Self, InvalidSize> {
        let invalid = || InvalidSize(text.to_owned());
        let (number, unit) = split(text).ok_or_else(invalid)?;
        let (_, length) = SIZES.iter().find(|(name, _)| *name == unit).ok_or_else(invalid)?;
        number.checked_mul(*length).map(|bytes| Self { bytes }).ok_or_else(invalid)
    }
}

/// The whole number in front and the unit behind it, with or without a space between.
fn split(text: &str) -> Option<(u64, &str)> {
    let end = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, unit.strip_prefix(' ').unwrap_or(unit)))
}

macro_rules! serde_as_text {
    ($($name:ty),+) => {
        $(
            impl Serialize for $name {
                fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.collect_str(self)
                }
            }

            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
                }
            }
        )+
    };
}

serde_as_text!(Interval, Size);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_read_and_write() {
        for (text, milliseconds) in [("3s", 3000), ("10min", 600_000), ("8h", 28_800_000), ("150ms", 150), ("0s", 0)] {
            let interval = text.parse::<Interval>().unwrap();
            assert_eq!(interval.milliseconds, milliseconds);
            assert_eq!(interval.to_string(), text);
        }
        assert_eq!("90 s".parse::<Interval>().unwrap().to_string(), "90s");
        assert_eq!("1 day".parse::<Interval>().unwrap(), Interval::from_hours(24));
        assert_eq!("60min".parse::<Interval>().unwrap().to_string(), "1h");
    }

    #[test]
    fn what_is_no_interval_is_refused() {
        for wrong in ["", "3", "s", "-3s", "3.5s", "3 weeks", "3S", "1 business day", "99999999999999999999s", "3  s"] {
            assert!(wrong.parse::<Interval>().is_err(), "{wrong}");
        }
        assert!("36525days".parse::<Interval>().is_ok());
        assert!("36526days".parse::<Interval>().is_err());
    }

    #[test]
    fn sizes_read_and_write() {
        for text in ["512MiB", "2GiB", "1B", "0B", "1536KiB"] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), text);
        }
        assert_eq!("1024KiB".parse::<Size>().unwrap(), Size::from_mebibytes(1));
        for wrong in ["512", "512MB", "-1B", "99999999999999GiB", "MiB"] {
            assert!(wrong.parse::<Size>().is_err(), "{wrong}");
        }
    }
}
