//! What commands print with `--json`: the shapes, whose schemas lie in `docs/json/`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::{DeliveryState, DocumentState, HoldReason, Part};
use crate::identity::{Claims, Identity};
use crate::ids::{DeliveryId, Digest, DocumentId, HomeId, IncidentId, Name, PersonId, RecordId, SessionId};
use crate::instant::Instant;
use crate::judgement::{Judgement, ProfileRef};
use crate::ledger::documents::Count;

/// `torikomi status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    pub home: HomeId,
    pub mode: String,
    pub version: String,
    pub running_since: Instant,
    pub now: Instant,
    /// `required` or `best-effort`.
    pub sandbox: String,
    /// Absent while the clock is believed.
    pub clock_problem: Option<String>,
    pub information_manager: Option<String>,
    pub stations: Vec<StationStatus>,
    pub documents: Vec<Count>,
    pub deliveries_waiting: Vec<DeliveryStatus>,
    pub records: i64,
    pub journal_size: u64,
    /// Stages that wait for a disk, an authority or a store, and why.
    pub paused: Vec<Paused>,
    pub incidents: Vec<IncidentStatus>,
    /// The next deadlines, nearest first.
    pub deadlines: Vec<Deadline>,
    /// What an administrator should know: a calendar that ends, a gap in appointments, weaker completeness.
    pub warnings: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StationStatus {
    pub station: Name,
    pub folder: String,
    /// `events`, `polling` or `unreachable`.
    pub watching: String,
    pub problem: Option<String>,
    pub session: Option<SessionStatus>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionStatus {
    pub session: SessionId,
    pub station: Name,
    pub person: PersonId,
    pub login: String,
    pub opened_at: Instant,
    pub expires_at: Instant,
    pub signed: u32,
    pub most: u32,
    pub attested: bool,
    pub closed_at: Option<Instant>,
    pub close_reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeliveryStatus {
    pub delivery: DeliveryId,
    pub station: Name,
    pub state: DeliveryState,
    pub name: String,
    pub first_seen_at: Instant,
    /// JSON with a code.
    pub problem: Option<serde_json::Value>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Paused {
    pub stage: String,
    pub since: Instant,
    pub why: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentStatus {
    pub incident: IncidentId,
    pub kind: String,
    pub opened_at: Instant,
    pub documents: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deadline {
    pub document: DocumentId,
    pub station: Name,
    pub state: DocumentState,
    pub due_at: Instant,
    /// Negative once it has passed.
    pub seconds_left: i64,
}

/// A row of `torikomi queue list`, and, with the rest filled, `queue show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentFacts {
    pub document: DocumentId,
    pub station: Name,
    pub state: DocumentState,
    pub held: Option<HoldReason>,
    /// JSON with a code.
    pub held_detail: Option<serde_json::Value>,
    pub identity: Identity,
    pub claims: Claims,
    pub profile: Option<ProfileRef>,
    pub judgement: Option<Judgement>,
    pub parts: Vec<Part>,
    pub taken_in_at: Instant,
    pub due_at: Option<Instant>,
    pub assigned_to: Option<String>,
}

/// What a decision answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    pub documents: Vec<DocumentId>,
    pub journal_index: u64,
    /// SHA-256 of the journal entry.
    pub entry: Digest,
}

/// What opening a session answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Opened {
    pub session: SessionId,
    pub expires_at: Instant,
    pub most: u32,
    /// Documents that waited for it and go on.
    pub resumed: u64,
}

/// What an export is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exported {
    pub record: RecordId,
    pub journal_index: u64,
}

/// A person and what they are appointed to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PersonFacts {
    pub person: PersonId,
    pub login: String,
    pub name: String,
    pub occupation: String,
    pub department: String,
    pub state: String,
    pub has_key: bool,
    pub certificate_until: Option<Instant>,
    pub appointments: Vec<AppointmentFacts>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppointmentFacts {
    pub role: String,
    pub rank: u32,
    pub from: Instant,
    pub until: Option<Instant>,
}
