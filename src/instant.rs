//! A point in time: UTC, whole microseconds, one spelling.

use std::fmt;
use std::str::FromStr;

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, Zoned};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A point in time. Written RFC 3339 in UTC with six decimals and `Z`; kept as microseconds since 1970 in tables.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(Timestamp);

impl Instant {
    /// The instant `microseconds` after 1970-01-01T00:00:00Z, where that lies within the years −9999 to 9999.
    #[must_use]
    pub fn from_microseconds(microseconds: i64) -> Option<Self> {
        Timestamp::from_microsecond(microseconds).ok().map(Self)
    }

    #[must_use]
    pub fn as_microseconds(self) -> i64 {
        self.0.as_microsecond()
    }

    #[must_use]
    pub fn as_seconds(self) -> i64 {
        self.0.as_second()
    }

    /// The beginning of the second in which this lies: certificates and signatures know no fractions.
    #[must_use]
    pub fn cut_to_second(self) -> Self {
        let microseconds = self.as_microseconds();
        Self::from_microseconds(microseconds - microseconds.rem_euclid(1_000_000)).unwrap_or(self)
    }

    /// The same point on a wall clock.
    #[must_use]
    pub fn in_zone(self, zone: &TimeZone) -> Zoned {
        self.0.to_zoned(zone.clone())
    }

    /// The instant `duration` later, or the last that can be written.
    #[must_use]
    pub fn plus(self, duration: SignedDuration) -> Self {
        Self::from(self.0.checked_add(duration).unwrap_or(if duration.is_negative() {
            Timestamp::MIN
        } else {
            Timestamp::MAX
        }))
    }

    /// How long from `earlier` to this; negative where `earlier` is the later one.
    #[must_use]
    pub fn since(self, earlier: Self) -> SignedDuration {
        self.0.duration_since(earlier.0)
    }

    #[must_use]
    pub fn timestamp(self) -> Timestamp {
        self.0
    }
}

impl From<Timestamp> for Instant {
    fn from(timestamp: Timestamp) -> Self {
        // Cutting to microseconds cannot leave the range that jiff can hold.
        Self(Timestamp::from_microsecond(timestamp.as_microsecond()).unwrap_or(Timestamp::MIN))
    }
}

impl fmt::Display for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.6}", self.0)
    }
}

impl fmt::Debug for Instant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0:?} is not an instant in the form 2026-11-20T09:30:00.000000Z")]
pub struct InvalidInstant(String);

impl FromStr for Instant {
    type Err = InvalidInstant;

    fn from_str(text: &str) -> Result<Self, InvalidInstant> {
        let instant = text.parse::<Timestamp>().map(Self::from);
        match instant {
            Ok(instant) if instant.to_string() == text => Ok(instant),
            _ => Err(InvalidInstant(text.to_owned())),
        }
    }
}

impl Serialize for Instant {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Instant {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

impl JsonSchema for Instant {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Instant".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "description": "RFC 3339, UTC, six decimals",
            "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\\.[0-9]{6}Z$"
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_with_six_decimals() {
        let instant = Instant::from_microseconds(1_795_000_000_000_001).unwrap();
        let text = instant.to_string();
        assert!(text.ends_with(".000001Z"), "{text}");
        assert_eq!(text.parse::<Instant>().unwrap(), instant);
        for wrong in ["2026-11-20T09:30:00Z", "2026-11-20T09:30:00.000000+00:00", "2026-11-20 09:30:00.000000Z"] {
            assert!(wrong.parse::<Instant>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn far_dates_are_no_trouble() {
        for text in ["2038-01-19T03:14:08.000000Z", "2049-12-31T23:59:59.999999Z", "2050-01-01T00:00:00.000000Z"] {
            assert_eq!(text.parse::<Instant>().unwrap().to_string(), text);
        }
    }
}
