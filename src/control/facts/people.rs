//! What is told of people.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::PersonId;
use crate::instant::Instant;

/// `torikomi operator list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PeopleList {
    pub people: Vec<PersonFacts>,
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
    /// When the next in rank acts for them as information manager.
    pub absences: Vec<AbsenceFacts>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AbsenceFacts {
    pub from: Instant,
    pub until: Option<Instant>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct AppointmentFacts {
    pub role: String,
    pub rank: u32,
    pub from: Instant,
    pub until: Option<Instant>,
}
