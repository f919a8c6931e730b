//! Incidents: what failed for a while, from when to when, as the journal tells it.
//!
//! Two entries say it, one when an incident is opened and one when it is closed. They are the only record of it, so a database
//! that is made anew from the journal's files has them again.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Draft, Entry, Kind, Subject, read};
use crate::database::{DatabaseError, Tx};
use crate::ids::{IncidentId, Name};
use crate::instant::Instant;

/// What failed. The catalogue has a sentence for each: `incident-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Cause {
    /// A time-stamping authority of the settings gave no stamp that counts.
    Authority {
        name: Name,
    },
    /// The clock was not believed.
    Clock,
    /// A folder or its disk.
    Disk,
    Database,
    /// The objects of filed records.
    Store,
    /// The processes that decode.
    Workers,
    /// Checkpoints could not be copied out of the home.
    Anchor,
}

/// Something that failed for a while.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Incident {
    pub incident: IncidentId,
    pub cause: Cause,
    /// The first failure.
    pub since: Instant,
    /// The first success after it; absent while it lasts.
    pub until: Option<Instant>,
}

/// The entry that opens an incident.
#[must_use]
pub fn opened(id: IncidentId, cause: &Cause, since: Instant) -> Draft {
    Draft::by_system(Kind::IncidentOpened, Subject::default())
        .fact("incident", id)
        .fact("cause", cause)
        .fact("since", since)
}

/// The entry that closes it. It says anew when the incident began: the clock may have been set since it was opened.
#[must_use]
pub fn closed(id: IncidentId, since: Instant, until: Instant) -> Draft {
    Draft::by_system(Kind::IncidentClosed, Subject::default())
        .fact("incident", id)
        .fact("since", since)
        .fact("until", until)
}

/// Every incident, in the order in which they were opened.
///
/// # Errors
/// When the database fails.
pub async fn list(tx: &mut Tx) -> Result<Vec<Incident>, DatabaseError> {
    let mut found: Vec<Incident> = Vec::new();
    for stored in read::of_incidents(tx).await? {
        let entry = stored.entry()?;
        let Some(incident) = fact(&entry, "incident") else { continue };
        let Some(since) = fact(&entry, "since") else { continue };
        match (entry.kind, fact(&entry, "cause"), fact(&entry, "until")) {
            (Kind::IncidentOpened, Some(cause), _) => found.push(Incident { incident, cause, since, until: None }),
            (Kind::IncidentClosed, _, Some(until)) => {
                if let Some(known) = found.iter_mut().find(|known| known.incident == incident) {
                    (known.since, known.until) = (since, Some(until));
                }
            }
            _ => {}
        }
    }
    Ok(found)
}

/// One of them.
///
/// # Errors
/// When the database fails.
pub async fn get(tx: &mut Tx, id: IncidentId) -> Result<Option<Incident>, DatabaseError> {
    Ok(list(tx).await?.into_iter().find(|found| found.incident == id))
}

fn fact<T: serde::de::DeserializeOwned>(entry: &Entry, name: &str) -> Option<T> {
    serde_json::from_value(entry.facts.get(name)?.clone()).ok()
}
