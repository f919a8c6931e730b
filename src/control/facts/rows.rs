//! Rows of lists: they say where each thing stands, and whose it is only to somebody who was entered in the journal first.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{DeliveryState, DocumentState, HoldReason};
use crate::ids::{DeliveryId, Digest, DocumentId, Name, RecordId};
use crate::instant::Instant;
use crate::judgement::ProfileRef;
use crate::store::records::Record;

/// A delivery as a list has it. The name under which it was delivered may be a patient's, so that is shown to nobody who was
/// not entered in the journal first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryRow {
    pub delivery: DeliveryId,
    pub station: Name,
    pub state: DeliveryState,
    /// Only where it was asked for, and the look entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    pub first_seen_at: Instant,
    /// JSON with a code.
    pub problem: Option<serde_json::Value>,
}

/// `torikomi queue show` of a delivery.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryShown {
    #[serde(flatten)]
    pub delivery: DeliveryRow,
    /// The digest of what is shown here: a decision names it, and counts for just that.
    pub shown: Digest,
}

/// What could not be taken in at all (a link, a device, a file in two stations) and still stands in a drop folder, or went
/// within the last day before it could be copied.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RefusedDeliveries {
    pub count: u64,
    /// The newest of them first.
    pub last: Vec<DeliveryRow>,
}

/// A document as a list has it: where it stands and what it waits for. Whose it is, is shown to nobody who was not entered
/// in the journal first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentRow {
    pub document: DocumentId,
    pub station: Name,
    pub state: DocumentState,
    pub held: Option<HoldReason>,
    pub document_type: Option<Name>,
    pub obtained_on: Option<Date>,
    pub pages: u32,
    pub profile: Option<ProfileRef>,
    /// The checks that did not pass it, each once.
    pub checks: Vec<String>,
    pub taken_in_at: Instant,
    pub due_at: Option<Instant>,
    pub assigned_to: Option<String>,
    /// Only where it was asked for, and the look entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub whose: Option<Whose>,
}

/// By what people find a document: its patient, as far as known, and the names under which it was delivered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Whose {
    pub patient_id: Option<String>,
    pub patient_name: Option<String>,
    pub files: Vec<String>,
}

/// A record as a list has it. Whose it is, is shown to nobody who was not entered in the journal first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordRow {
    pub id: RecordId,
    /// SHA-256 of its manifest.
    pub digest: Digest,
    pub document: DocumentId,
    pub version: u32,
    pub station: Name,
    pub document_type: Name,
    pub profile_id: Name,
    pub profile_version: u32,
    pub obtained_on: Option<String>,
    pub page_count: u32,
    pub taken_in_at: Instant,
    pub signed_at: Instant,
    pub timestamped_at: Option<Instant>,
    pub filed_at: Instant,
    /// As filed; only where one patient's records were asked for, and the look entered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub patient_name: Option<String>,
}

impl RecordRow {
    /// A record, with its patient where `whose` says so.
    #[must_use]
    pub fn of(record: Record, whose: bool) -> Self {
        Self {
            id: record.id,
            digest: record.digest,
            document: record.document,
            version: record.version,
            station: record.station,
            document_type: record.document_type,
            profile_id: record.profile_id,
            profile_version: record.profile_version,
            obtained_on: record.obtained_on,
            page_count: record.page_count,
            taken_in_at: record.taken_in_at,
            signed_at: record.signed_at,
            timestamped_at: record.timestamped_at,
            filed_at: record.filed_at,
            patient_id: Some(record.patient_id).filter(|_| whose),
            patient_name: Some(record.patient_name).filter(|_| whose),
        }
    }
}
