//! Paper sizes by their names. B sizes are JIS P 0138, not ISO: B5 is 182 × 257 mm.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::measurements::SizeUm;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Paper {
    A3,
    A4,
    A5,
    A6,
    B4,
    B5,
    B6,
    /// 100 × 148 mm.
    #[serde(rename = "postcard")]
    Postcard,
    /// ISO/IEC 7810 ID-1, an insurance or patient card.
    #[serde(rename = "card")]
    Card,
}

impl Paper {
    pub const ALL: [Self; 9] =
        [Self::A3, Self::A4, Self::A5, Self::A6, Self::B4, Self::B5, Self::B6, Self::Postcard, Self::Card];

    /// Upright.
    #[must_use]
    pub const fn size(self) -> SizeUm {
        let (width_um, height_um) = match self {
            Self::A3 => (297_000, 420_000),
            Self::A4 => (210_000, 297_000),
            Self::A5 => (148_000, 210_000),
            Self::A6 => (105_000, 148_000),
            Self::B4 => (257_000, 364_000),
            Self::B5 => (182_000, 257_000),
            Self::B6 => (128_000, 182_000),
            Self::Postcard => (100_000, 148_000),
            Self::Card => (85_600, 53_980),
        };
        SizeUm { width_um, height_um }
    }
}

impl fmt::Display for Paper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::A3 => "A3",
            Self::A4 => "A4",
            Self::A5 => "A5",
            Self::A6 => "A6",
            Self::B4 => "B4",
            Self::B5 => "B5",
            Self::B6 => "B6",
            Self::Postcard => "postcard",
            Self::Card => "card",
        })
    }
}
