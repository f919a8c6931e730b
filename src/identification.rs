//! Whose a document is, and of which kind.
//!
//! Sidecar, file name, station, batch and person each make *statements*. [`resolve::resolve`] makes one identity of
//! them, or says why a person must decide. What two sources say differently is never settled here.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::identity::{Claims, Source};
use crate::ids::Name;
use crate::instant::Instant;

pub mod index;
mod json;
pub mod resolve;
mod set_aside;
pub mod sidecar;
pub mod template;

pub use resolve::{Asked, Flag, Identification, Identified, IdentityProblem, document_type, resolve};
pub use set_aside::{Beside, Stated};
pub use sidecar::{Sidecar, SidecarProblem};
pub use template::{Template, TemplateProblem};

/// What one source says of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Statement {
    pub from: Source,
    #[serde(flatten)]
    pub facts: Facts,
}

/// Any of the things that can be said of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
pub struct Facts {
    /// As written; the master's rules give it its one spelling.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub patient_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_type: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub obtained_on: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_date: Option<Date>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scanned_at: Option<Instant>,
    /// `scanned_at` was written without an offset and read in the station's time zone.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub zone_assumed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub operator: Option<String>,
    /// The station that the source believes it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub station: Option<Name>,
    pub claims: Claims,
}
