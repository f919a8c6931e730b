//! A change about people: what the journal is to say, and the rows that follow from it.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Role;
use super::acts::{Private, SignedAct};
use super::appointments::{self, Appointment};
use super::certificates::{self, Certificate};
use super::register::{self, Person};
use super::sessions::{self, Attestation, CloseReason, SessionRow};
use crate::database::{DatabaseError, Tx};
use crate::ids::{DeliveryId, DocumentId, PersonId, RecordId, SessionId};
use crate::instant::Instant;

/// What the journal is to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryDraft {
    pub body: EntryBody,
    pub private: Option<Private>,
    pub about: About,
}

/// What an entry says: somebody's signed act, or a fact that this program observed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum EntryBody {
    Act(Box<SignedAct>),
    Fact(Fact),
}

/// A fact about people that nobody signs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "fact", rename_all = "kebab-case")]
pub enum Fact {
    SessionClosed { session: SessionId, person: PersonId, reason: CloseReason, signed: u32, at: Instant },
}

/// What an entry is about, for history and for verification both ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct About {
    pub document: Option<DocumentId>,
    pub delivery: Option<DeliveryId>,
    pub record: Option<RecordId>,
    pub person: Option<PersonId>,
}

/// An entry for the journal and the rows that follow from it. They are committed together or not at all.
#[derive(Clone, Debug)]
#[must_use = "a change is nothing until its entry is appended and it is applied"]
pub struct Change {
    pub entry: EntryDraft,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
pub(super) enum Row {
    Person(Person),
    Certificate(Certificate),
    Appointment(Appointment),
    AppointmentEnds { person: PersonId, role: Role, at: Instant },
    SessionOpens(SessionRow),
    SessionAttested { session: SessionId, attestation: Attestation },
    SessionCloses { session: SessionId, at: Instant, reason: CloseReason },
}

impl Change {
    pub(super) const fn new(entry: EntryDraft, rows: Vec<Row>) -> Self {
        Self { entry, rows }
    }

    /// Writes the rows. `journal_index` is where the entry stands.
    ///
    /// # Errors
    /// When the database fails, or a row is not as the change expects.
    pub async fn apply(&self, tx: &mut Tx, journal_index: i64) -> Result<(), DatabaseError> {
        for row in &self.rows {
            match row {
                Row::Person(person) => register::insert(tx, person).await?,
                Row::Certificate(certificate) => certificates::insert(tx, certificate, journal_index).await?,
                Row::Appointment(appointment) => appointments::insert(tx, appointment, journal_index).await?,
                Row::AppointmentEnds { person, role, at } => {
                    if appointments::end(tx, *person, *role, *at).await? == 0 {
                        return Err(DatabaseError::Conflict(format!("nobody's appointment as {role} to end")));
                    }
                }
                Row::SessionOpens(session) => sessions::insert(tx, session).await?,
                Row::SessionAttested { session, attestation } => {
                    sessions::set_attestation(tx, *session, attestation).await?;
                }
                Row::SessionCloses { session, at, reason } => sessions::set_closed(tx, *session, *at, *reason).await?,
            }
        }
        Ok(())
    }
}

impl EntryDraft {
    /// A signed act about a person.
    pub(super) fn act(signed: SignedAct, private: Option<Private>, person: PersonId) -> Self {
        let about = About { person: Some(person), ..About::default() };
        Self { body: EntryBody::Act(Box::new(signed)), private, about }
    }

    /// A fact about a person.
    pub(super) fn fact(fact: Fact, person: PersonId) -> Self {
        let about = About { person: Some(person), ..About::default() };
        Self { body: EntryBody::Fact(fact), private: None, about }
    }

    /// The entry's kind, as its JSON says it.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match &self.body {
            EntryBody::Act(signed) => signed.act.deed.name(),
            EntryBody::Fact(Fact::SessionClosed { .. }) => "session-closed",
        }
    }
}
