//! What a person was shown, as a digest that the request of a decision brings along: whatever has changed since is decided
//! about by nobody who has not seen it.
//!
//! It covers more than the digest in the signed act (`state`): also what the document waits for, for an act may set just
//! that aside, and what it is to replace.

use std::ops::Deref;

use serde::Serialize;

use super::{queue, state};
use crate::clock::{Clock, ClockProblem};
use crate::control::{LookedAt, Refusal};
use crate::database::{DatabaseError, Tx, unreadable};
use crate::document::{DeliveryState, DocumentState, HoldReason, Part};
use crate::ids::{DeliveryId, Digest, DocumentId};
use crate::instant::Instant;
use crate::judgement::ProfileRef;
use crate::ledger::deliveries::Delivery;
use crate::ledger::documents::{self, Document};

/// Of a document: all that `queue show` says of it but who works on it, and its history.
#[derive(Serialize)]
struct Shown<'a> {
    /// Salted, so that this digest can be typed and logged.
    state_digest: Digest,
    state: DocumentState,
    held: Option<HoldReason>,
    held_detail: Option<&'a str>,
    flags: &'a str,
    profile: Option<&'a ProfileRef>,
    calendar: Option<Digest>,
    due_at: Option<Instant>,
    supersedes: Option<DocumentId>,
}

/// Of a delivery: what it is, and which copy of it is in doubt for what.
#[derive(Serialize)]
struct ShownDelivery<'a> {
    delivery: DeliveryId,
    state: DeliveryState,
    copy: u32,
    problem: Option<&'a str>,
}

/// Of the clock: what is in doubt about it, and how often it was set since the daemon began, for the doubt stays that of the
/// first time.
#[derive(Serialize)]
struct ShownClock {
    problem: Option<ClockProblem>,
    steps: u64,
}

/// The digest of what is shown of a document.
///
/// # Errors
/// Never for what the ledger holds: all of it can be written as JSON.
pub fn of_document(document: &Document, parts: &[Part]) -> Result<Digest, DatabaseError> {
    digest(&Shown {
        state_digest: state::digest(document, parts)?,
        state: document.state,
        held: document.held,
        held_detail: document.held_detail.as_deref(),
        flags: &document.flags,
        profile: document.profile.as_ref(),
        calendar: document.calendar,
        due_at: document.due_at,
        supersedes: document.supersedes,
    })
}

/// The digest of what is shown of a delivery.
///
/// # Errors
/// Never for what the ledger holds: all of it can be written as JSON.
pub fn of_delivery(delivery: &Delivery) -> Result<Digest, DatabaseError> {
    let Delivery { id, state, copy, problem, .. } = delivery;
    digest(&ShownDelivery { delivery: *id, state: *state, copy: *copy, problem: problem.as_deref() })
}

/// The digest of what is shown of the clock.
///
/// # Errors
/// Never: all of it can be written as JSON.
pub fn of_clock(clock: &Clock) -> Result<Digest, DatabaseError> {
    digest(&ShownClock { problem: clock.problem(), steps: clock.steps() })
}

fn digest(shown: &impl Serialize) -> Result<Digest, DatabaseError> {
    serde_json_canonicalizer::to_vec(shown).map(|bytes| Digest::of(&bytes)).map_err(unreadable("shown"))
}

/// A document that is just what the person who decides was shown.
pub(super) struct AsShown {
    document: Document,
    state_digest: Digest,
}

impl AsShown {
    /// What the act is about. There is no other way to it than to have compared what was shown.
    pub(super) const fn state_digest(&self) -> Digest {
        self.state_digest
    }
}

impl Deref for AsShown {
    type Target = Document;

    fn deref(&self) -> &Document {
        &self.document
    }
}

/// Finds a document, in the transaction that decides about it, and demands that it is as it was shown.
pub(super) async fn find(tx: &mut Tx, looked: LookedAt) -> Result<AsShown, Refusal> {
    let document = queue::find(tx, looked.document).await?;
    let parts = documents::parts(tx, document.id).await?;
    if of_document(&document, &parts)? != looked.shown {
        return Err(Refusal::ChangedSinceShown {
            document: document.id,
            state: document.state.to_string(),
            held: document.held.map(|held| held.to_string()).unwrap_or_default(),
        });
    }
    Ok(AsShown { state_digest: state::digest(&document, &parts)?, document })
}
