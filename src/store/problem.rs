//! Why objects cannot be stored or read at all, in codes.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::StoreError;
use crate::messages::{Lang, say_code};

/// What is wrong with where objects are kept. The catalogue has a sentence for each, with who must act: `objects-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum ObjectsProblem {
    // -- it may pass --
    /// No answer, or that the server is in trouble.
    Away { place: String, problem: String },
    /// The server knows neither key nor bucket, or lets the key do too little.
    Refused { place: String, problem: String },
    /// The server cannot prove who it is.
    Untrusted { place: String, problem: String },
    // -- settings or store have to be changed --
    /// The file with the key cannot be read.
    NoKey { path: String, problem: String },
    /// There is no folder of objects.
    NoFolder { path: String },
    /// The bucket carries no marker of this home.
    Unmarked { place: String },
    /// It carries another home's.
    Foreign { place: String, found: String },
    /// A new home is not made where something is.
    NotEmpty { place: String },
    /// The server overwrites what should be stored only where nothing is.
    Overwrites { place: String },
    /// The server does not keep what the settings want kept.
    NotLocked { place: String },
}

impl ObjectsProblem {
    /// Whether it may be over in a while, with the settings as they are.
    #[must_use]
    pub const fn may_pass(&self) -> bool {
        matches!(self, Self::Away { .. } | Self::Refused { .. } | Self::Untrusted { .. })
    }
}

impl fmt::Display for ObjectsProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&say_code(Lang::En, "objects", self))
    }
}

impl From<ObjectsProblem> for StoreError {
    fn from(problem: ObjectsProblem) -> Self {
        Self::Unusable(problem)
    }
}
