//! Whose a document is, of which kind, from which dates; and where each of these came from.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::Name;
use crate::instant::Instant;
use crate::paper::Paper;

pub mod dates;
pub mod table;

/// What can be stated of a document, by the name that sidecars, profiles and messages share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    PatientId,
    DocumentType,
    ObtainedOn,
    DocumentDate,
    ScannedAt,
    Operator,
    Station,
    Paper,
    ExpectedPages,
    DoubleFeed,
    Dispensed,
    Scanner,
    Remarks,
}

/// Where a statement about a document came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// The JSON file or CSV row delivered beside the scan.
    Sidecar,
    /// The station's template for file names.
    Filename,
    /// What the station's settings say of everything it delivers.
    Station,
    /// What the operator attested when opening the batch.
    Batch,
    /// A code on the page.
    Barcode,
    /// A person's act.
    Person,
    /// The patient master (名寄せ, names and birth dates).
    Master,
}

/// A value and where it came from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sourced<T> {
    pub value: T,
    pub from: Source,
}

/// A patient as the master held it on the day of filing; never rewritten later.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Patient {
    /// Text: leading zeros count.
    pub id: String,
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kana: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub birth_date: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sex: Option<Sex>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Sex {
    Male,
    Female,
    Other,
    Unknown,
}

/// Everything known of a document's identity. Each fact has one source; what two sources say differently is a conflict,
/// not an identity.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Identity {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient: Option<Sourced<Patient>>,
    /// The kind of document, which selects the profile (書類種別).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_type: Option<Sourced<Name>>,
    /// The date the hospital made or received the paper (入手日・作成日). Not the date printed on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obtained_on: Option<Sourced<Date>>,
    /// The date printed on the paper.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document_date: Option<Sourced<Date>>,
    /// The scanner's claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanned_at: Option<Sourced<Instant>>,
    /// Who scanned, as a login name of the people register (実施者).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<Sourced<String>>,
}

/// What the delivery says of the paper, to be compared with what was measured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Claims {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_pages: Option<u32>,
    /// What the scanner's ultrasonic or length sensor said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub double_feed: Option<bool>,
    /// A dispensed prescription is marked so (調剤済み, 9.4-C1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dispensed: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanner: Option<Scanner>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub remarks: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub struct Scanner {
    pub make: String,
    pub model: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub serial: Option<String>,
}
