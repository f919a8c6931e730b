//! Answers what is asked over the control socket: a handler for each request.
//!
//! Each follows one order. The person proves who they are by unlocking the own key; what is decided about must still be what
//! they were shown; the act says what is decided about which state and is signed; one transaction admits the act, changes the
//! ledger, enters the decision and appends the journal's entry with the signed act. A refusal rolls all of it back. Then the
//! stages that have something to do are woken.
//!
//! What is asked of several documents at once is decided about each: one act and one entry a document, all of them in
//! one transaction.

mod ceremony;
mod decisions;
mod deliveries;
mod disposal;
mod hand;
mod identity;
mod imported;
mod late;
mod leaving;
mod people;
pub mod profiles;
mod proof;
mod queue;
mod records;
mod refusals;
mod release;
mod sessions;
pub mod shown;
pub mod state;
mod status;
mod suspensions;

use std::sync::{Arc, Mutex};

use serde::Serialize;
use serde_json::Value;

use crate::control::facts::StationStatus;
use crate::control::{Refusal, Request};
use crate::ids::Name;
use crate::instant::Instant;
use crate::pipeline::line::Line;

pub(super) use disposal::scrub;
pub use people::resume_under_manager;
pub use sessions::{close_ended, close_left_open};

/// The process at the other end of the socket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    pub uid: u32,
    pub pid: i32,
}

/// What the daemon does besides the line, as requests need it.
pub struct Hooks {
    /// How each station is; the sessions are filled in here.
    pub stations: Box<dyn Fn() -> Vec<StationStatus> + Send + Sync>,
    /// Has a station look at its deliveries soon.
    pub wake_intake: Box<dyn Fn(&Name) + Send + Sync>,
    /// Ends the daemon as a signal would.
    pub stop: Box<dyn Fn() + Send + Sync>,
}

/// What answers requests.
pub struct Requests {
    line: Arc<Line>,
    hooks: Arc<Hooks>,
    proofs: proof::Proofs,
    /// One enrolment at a time: two of one person would choose the same name for the key's file.
    enrolling: Mutex<()>,
    running_since: Instant,
}

impl Requests {
    #[must_use]
    pub fn new(line: Arc<Line>, hooks: Arc<Hooks>) -> Self {
        let running_since = line.clock.now();
        Self { line, hooks, proofs: proof::Proofs::default(), enrolling: Mutex::new(()), running_since }
    }

    /// Does what is asked, and answers with its facts.
    ///
    /// # Errors
    /// When it is refused; nothing has changed then.
    pub fn answer(&self, request: Request, peer: Peer) -> Result<Value, Refusal> {
        match request {
            Request::Status => facts(self.status()?),
            Request::Identify { by, document, facts: stated, supersedes, reason } => {
                facts(self.identify(&by, document, *stated, supersedes, &reason, peer)?)
            }
            Request::Accept { by, second, document, reason, pages_shown } => {
                facts(self.accept(&by, second.as_ref(), document, &reason, pages_shown, peer)?)
            }
            Request::SendBack { by, documents, reason } => facts(self.send_back(&by, documents, &reason, peer)?),
            Request::Confirm { by, document, pages_shown, supersedes } => {
                facts(self.confirm(&by, document, pages_shown, supersedes, peer)?)
            }
            Request::ReleaseLate { by, documents, reason, possible_again_at } => {
                facts(self.release_late(&by, documents, &reason, possible_again_at, peer)?)
            }
            Request::ReleaseAfterIncident { by, documents, incident } => {
                facts(self.release_after_incident(&by, documents, incident, peer)?)
            }
            Request::Assign { by, documents, to } => facts(self.assign(&by, documents, &to, peer)?),
            Request::Retry { by, documents } => facts(self.retry(&by, documents, peer)?),
            Request::RetryDelivery { by, delivery } => facts(self.retry_delivery(&by, delivery, peer)?),
            Request::Discard { by, document, reason } => facts(self.discard(&by, document, &reason, peer)?),
            Request::DecideDelivery { by, delivery, shown, take, reason } => {
                facts(self.decide_delivery(&by, (delivery, shown), take, &reason, peer)?)
            }
            Request::ApproveProfile { by, second, profile, shown } => {
                facts(self.approve_profile(&by, second.as_ref(), &profile, shown, peer)?)
            }
            Request::AddPerson { by, login, name, kana, occupation, department } => {
                let new = crate::people::register::NewPerson { login, name, kana, occupation, department };
                facts(self.add_person(&by, new, peer)?)
            }
            Request::ChangePerson { by, login, called } => facts(self.rename(&by, &login, called, peer)?),
            Request::PlanCertificate { by, witness, login, renew } => {
                facts(self.plan_certificate(&by, witness.as_deref(), &login, renew)?)
            }
            Request::Enrol { by, witness, person, present, certified } => {
                facts(self.enrol((&by, witness.as_ref()), &person, present, &certified, peer)?)
            }
            Request::RequestCertificate { by, person } => facts(self.request_certificate(&by, &person)?),
            Request::Import { by, person, present, certificates, named } => {
                facts(self.import(&by, &person, present, &certificates, named.as_deref(), peer)?)
            }
            Request::Revoke { by, second, login, why, since } => {
                facts(self.revoke(&by, second.as_ref(), &login, why, since, peer)?)
            }
            Request::Appoint { by, second, login, role, rank, from, until } => {
                let wanted = people::Wanted { login, role, rank, from, until };
                facts(self.appoint(&by, second.as_ref(), &wanted, peer)?)
            }
            Request::EndAppointment { by, login, role, ends } => {
                facts(self.end_appointment(&by, &login, &role, ends, peer)?)
            }
            Request::Suspend { by, login, reason } => facts(self.suspend(&by, &login, &reason, peer)?),
            Request::Resume { by, login } => facts(self.resume(&by, &login, peer)?),
            Request::Retire { by, login } => facts(self.retire(&by, &login, peer)?),
            Request::Absent { by, login, from, until, ends } => {
                let wanted = suspensions::Absence { login, from, until, ends };
                facts(self.absent(&by, &wanted, peer)?)
            }
            Request::OpenSession { by, station, attested, obtained_on } => {
                facts(self.open_session(&by, &station, attested, obtained_on, peer)?)
            }
            Request::AttestBatch { by, session } => facts(self.attest_batch(&by, session, peer)?),
            Request::CloseSession { session } => facts(self.close_session(session, peer)?),
            Request::View { by, what } => facts(self.view(by.as_ref(), what, peer)?),
            Request::Export { by, record, reason } => facts(self.export(&by, record, &reason, peer)?),
            Request::DisposePrivateParts { by, second, parts, reason } => {
                facts(self.dispose_private_parts(&by, second.as_ref(), parts, reason, peer)?)
            }
            Request::NoteBackup { backed_up } => facts(self.note_backup(&backed_up, peer)?),
            Request::AcknowledgeClock { by, shown, reason } => {
                facts(self.acknowledge_clock(&by, shown, &reason, peer)?)
            }
            Request::Stop => {
                tracing::info!(peer.uid = peer.uid, peer.pid = peer.pid, "Asked to stop over the control socket");
                (self.hooks.stop)();
                Ok(Value::Object(serde_json::Map::new()))
            }
        }
    }
}

fn facts(facts: impl Serialize) -> Result<Value, Refusal> {
    serde_json::to_value(facts).map_err(|error| Refusal::Environment { problem: error.to_string() })
}
