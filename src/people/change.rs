//! A change about people: what the journal is to say, and the rows that follow from it.

use std::collections::BTreeMap;

use super::Role;
use super::appointments::{self, Appointment};
use super::away::{self, Away, Why};
use super::certificates::{self, Certificate};
use super::register::{self, Person, PersonState};
use super::sessions::{self, Attestation, CloseReason, SessionRow};
use super::undoing;
use crate::database::{DatabaseError, Tx, unreadable};
use crate::ids::{Digest, PersonId, SessionId};
use crate::instant::Instant;
use crate::journal::Draft;

/// An entry for the journal and the rows that follow from it. They are committed together or not at all.
#[derive(Debug)]
#[must_use = "a change is nothing until its entry is appended and it is applied"]
pub struct Change {
    pub entry: Draft,
    rows: Vec<Row>,
}

#[derive(Clone, Debug)]
pub(super) enum Row {
    Person(Person),
    /// What an account's owner is called by now.
    Renamed(Person),
    Certificate(Certificate),
    CertificateRevoked {
        certificate: Digest,
        since: Instant,
        stopped_by: Option<PersonId>,
    },
    Appointment(Appointment),
    AppointmentEnds {
        person: PersonId,
        role: Role,
        at: Instant,
    },
    Away(Away),
    Back {
        person: PersonId,
        why: Why,
        at: Instant,
    },
    SessionOpens(SessionRow),
    SessionAttested {
        session: SessionId,
        attestation: Attestation,
    },
    SessionCloses {
        session: SessionId,
        at: Instant,
        reason: CloseReason,
    },
}

impl Change {
    pub(super) fn new(entry: Draft, rows: Vec<Row>) -> Self {
        Self { entry, rows }
    }

    /// Writes the rows. `journal_index` is where the entry stands.
    ///
    /// # Errors
    /// When the database fails, or a row is not as the change expects.
    pub async fn apply(&self, tx: &mut Tx, journal_index: u64) -> Result<(), DatabaseError> {
        let entry = journal_index;
        let journal_index = i64::try_from(journal_index).map_err(unreadable("journal_index"))?;
        for row in &self.rows {
            match row {
                Row::Person(person) => register::insert(tx, person).await?,
                Row::Renamed(person) => register::rename(tx, person).await?,
                Row::Certificate(certificate) => certificates::insert(tx, certificate, journal_index).await?,
                Row::CertificateRevoked { certificate, since, stopped_by } => {
                    certificates::revoke(tx, *certificate, *since, *stopped_by).await?;
                    undoing::undo(tx, &BTreeMap::from([(*certificate, *since)]), entry).await?;
                }
                Row::Appointment(appointment) => appointments::insert(tx, appointment, journal_index).await?,
                Row::AppointmentEnds { person, role, at } => {
                    if !appointments::end(tx, *person, *role, *at).await? {
                        return Err(DatabaseError::Conflict(format!("nobody's appointment as {role} to end")));
                    }
                }
                Row::Away(away) => {
                    away::insert(tx, away, journal_index).await?;
                    if away.why == Why::Suspended {
                        register::set_state(tx, away.person, PersonState::Suspended).await?;
                    }
                }
                Row::Back { person, why, at } => {
                    away::end(tx, *person, *why, *at).await?;
                    if *why == Why::Suspended {
                        register::set_state(tx, *person, PersonState::Active).await?;
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
