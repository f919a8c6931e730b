//! Everything that can be wrong with a settings file, in codes; the words are in the message catalogue.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something said of a place in a file. Line and column count from 1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Located<T> {
    pub file: String,
    pub line: u32,
    pub column: u32,
    #[serde(flatten)]
    pub what: T,
}

/// It keeps the file from being used.
pub type Problem = Located<Complaint>;

/// It is allowed, and worth knowing.
pub type Warning = Located<Caution>;

impl<T: fmt::Display> fmt::Display for Located<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.what)
    }
}

/// What a value is, in TOML's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    String,
    Integer,
    Number,
    Boolean,
    Date,
    List,
    Table,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::String => "a string",
            Self::Integer => "an integer",
            Self::Number => "a number",
            Self::Boolean => "true or false",
            Self::Date => "a date",
            Self::List => "a list",
            Self::Table => "a table",
        })
    }
}

/// Why a file is refused. Message ids are `setting-<code>`. `Display` is for logs; people read the catalogue's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Complaint {
    // -- any file --
    #[error("{bytes} bytes are more than {most}")]
    TooLong { bytes: u64, most: u64 },
    #[error("not UTF-8")]
    NotUtf8,
    #[error("{message}")]
    Syntax { message: String },
    #[error("{key} is not known here{}", suggestion.as_ref().map_or_else(String::new, |meant| format!(" ({meant}?)")))]
    UnknownKey { key: String, suggestion: Option<String> },
    #[error("{key} is missing")]
    MissingKey { key: String },
    #[error("{key} must be {expected}, not {found}")]
    WrongType { key: String, expected: Kind, found: Kind },
    #[error("{key}: {value:?} is not a {expected}")]
    BadValue { key: String, value: String, expected: String },
    #[error("{key}: {value:?} is none of {allowed}")]
    NotOneOf { key: String, value: String, allowed: String },
    #[error("{key}: {value} is not between {least} and {most}")]
    OutOfRange { key: String, value: String, least: String, most: String },
    #[error("{key} is empty")]
    Empty { key: String },
    #[error("{key}: {value:?} is there twice")]
    Repeated { key: String, value: String },
    #[error("format {found} is newer than {newest}, the newest this build reads")]
    NewerFormat { found: u32, newest: u32 },
    #[error("cannot be read: {message}")]
    CannotRead { message: String },

    // -- scan profiles --
    #[error("{key}: {found} is longer than {longest}, the longest that the guideline lets the hospital set")]
    WindowTooLong { key: String, found: String, longest: String },
    #[error("{key}: {found} cannot be counted from a date; business days can")]
    WindowNotInBusinessDays { key: String, found: String },
    #[error("{key} is needed in regime {regime}")]
    RegimeNeeds { key: String, regime: String },
    #[error("{key}: {value} is not for regime {regime}")]
    NotForRegime { key: String, value: String, regime: String },
    #[error("{key} says nothing without {other}")]
    Pointless { key: String, other: String },
    #[error("{key} and {other} contradict each other")]
    Contradiction { key: String, other: String },
    #[error("{key} needs {other}")]
    Needs { key: String, other: String },
    #[error(
        "{key} must stand on a line of its own, {written}, below {heading}, and nothing that looks like it elsewhere"
    )]
    NotInPlainSight { key: String, heading: String, written: String },
    #[error("{key}: what cannot be told is held or rejected, not {found}")]
    CannotTellTooMild { key: String, found: String },
    #[error("{key}: {found} is milder than {mildest}, the mildest allowed")]
    SeverityTooMild { key: String, found: String, mildest: String },
    #[error("profile {id} is also in {other_file}")]
    SameProfileTwice { id: String, other_file: String },

    // -- a home's settings --
    #[error("{key} is also, or lies within, or holds {other}; give each station a folder of its own")]
    SharedFolder { key: String, other: String },
    #[error("{key} is also, or lies within, or holds {other}; give each of them a folder of its own")]
    OneFolder { key: String, other: String },
    #[error(
        "{key} is, or lies within, or holds {folder}, where the home keeps its own files; give the station a folder apart from it"
    )]
    OwnFolder { key: String, folder: String },
    #[error("{key} is allowed only with mode = \"evaluation\"")]
    EvaluationOnly { key: String },

    // -- calendars --
    #[error("{key}: {value} ends before it begins")]
    HoursBackwards { key: String, value: String },
    #[error("{key}: {value} overlaps the hours before it")]
    HoursOverlap { key: String, value: String },
    #[error("{date} is both closed and open")]
    OpenAndClosed { date: String },
    #[error("{key}: {value} lies before {other}")]
    BeforeOther { key: String, value: String, other: String },
}

/// What a file's reader should know. Message ids are `caution-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Caution {
    #[error("{key}: one business day is the rule, {found} the most")]
    WindowBeyondPrinciple { key: String, found: String },
    #[error("{key} is a placeholder for evaluation")]
    PlaceholderClause { key: String },
    #[error("{key} has no effect while {other}")]
    NoEffect { key: String, other: String },
    #[error("{key} is not set, so nothing is asked of it")]
    NothingAsked { key: String },
    #[error("{date} lies outside the days that the calendar covers")]
    OutsideValidity { date: String },
}
