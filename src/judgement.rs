//! What a check says of a page or document, and what the profile makes of it.
//!
//! An outcome is a fact in codes and numbers. Severity belongs to the profile, words to the message catalogue.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{Digest, Name};

/// What one check found on one page, or on the whole document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", content = "reason", rename_all = "kebab-case")]
pub enum Outcome {
    Passed,
    NotApplicable,
    /// It could not be told. Never the same as passed.
    Indeterminate(Reason),
    Failed(Reason),
}

/// What becomes of a document because of an outcome, from harmless to grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Goes on as if nothing had been found.
    Pass,
    /// Goes on; the finding stays on the record.
    Warn,
    /// Waits for a person, who may accept it.
    Hold,
    /// Goes back to the scanner; a person may accept it only where the profile allows exceptions.
    Reject,
}

/// One check's worst outcome, with the page it was seen on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The check's name, as `check explain` takes it.
    pub check: String,
    #[serde(flatten)]
    pub outcome: Outcome,
    pub severity: Severity,
    /// The page within the document, from 1. Absent where the whole document is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// Every check's findings on one document under one exact profile version. Signed with the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    pub profile: ProfileRef,
    /// In the order of the list of checks; a check appears once for each page it failed or could not judge, else once.
    pub findings: Vec<Finding>,
    /// The gravest severity among the findings.
    pub severity: Severity,
}

/// One exact version of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ProfileRef {
    pub id: Name,
    pub version: u32,
    /// Of the profile's file, byte for byte.
    pub digest: Digest,
}

/// Why a check failed or could not tell. The catalogue has a sentence for each code; the fields fill its blanks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Reason {
    /// The check itself crashed.
    CheckCrashed,
}
