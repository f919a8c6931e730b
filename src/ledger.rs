//! Where each delivery and document is, and the queue of every stage.
//!
//! The ledger is the queue: a stage asks for rows in its state, works, and moves them on in the same transaction that
//! records what it did. Which moves exist stands in the two tables below and nowhere else. A document that waits for
//! somebody keeps its state and carries a reason beside it.

pub mod attempts;
pub mod claims;
pub mod clock_state;
pub mod contents;
pub mod decisions;
pub mod deliveries;
pub mod documents;
pub mod named;
pub mod restoring;
pub mod spoken;
pub mod standing;
pub mod stations;
pub mod superseding;
pub mod profiles;
pub mod waiting;
pub mod watched_files;

#[cfg(test)]
mod tests;

use crate::document::{DeliveryState, DocumentState};

use DeliveryState as De;
use DocumentState as Do;

/// Every move a delivery can make.
pub const DELIVERY_MOVES: &[(DeliveryState, DeliveryState)] = &[
    // A private, durable copy exists.
    (De::Arriving, De::InCustody),
    // No regular file, gone before it could be copied, or refused by a person.
    (De::Arriving, De::Refused),
    // The worker found it complete.
    (De::InCustody, De::Taken),
    // Patience has run out.
    (De::InCustody, De::Incomplete),
    (De::InCustody, De::CompletenessUnknown),
    (De::InCustody, De::Refused),
    // The source has changed since and was copied again.
    (De::Incomplete, De::InCustody),
    (De::CompletenessUnknown, De::InCustody),
    // A person takes it as it is, or refuses it.
    (De::Incomplete, De::Taken),
    (De::Incomplete, De::Refused),
    (De::CompletenessUnknown, De::Taken),
    (De::CompletenessUnknown, De::Refused),
];

/// Every move a document can make.
pub const DOCUMENT_MOVES: &[(DocumentState, DocumentState)] = &[
    (Do::Identifying, Do::Inspecting),
    (Do::Identifying, Do::SentBack),
    (Do::Identifying, Do::Discarded),
    // Something failed, could not be told, or came late.
    (Do::Inspecting, Do::Review),
    // Nothing to review; the profile asks for a person's confirmation.
    (Do::Inspecting, Do::AwaitingConfirmation),
    // Nothing to review; the profile lets an open session sign.
    (Do::Inspecting, Do::Signing),
    // Its source changed meanwhile, and a person says what it is.
    (Do::Inspecting, Do::Identifying),
    // A person's decision; a changed kind or identity is inspected again.
    (Do::Review, Do::Identifying),
    (Do::Review, Do::Inspecting),
    (Do::Review, Do::AwaitingConfirmation),
    (Do::Review, Do::Signing),
    (Do::Review, Do::SentBack),
    (Do::Review, Do::Discarded),
    (Do::AwaitingConfirmation, Do::Identifying),
    (Do::AwaitingConfirmation, Do::Review),
    (Do::AwaitingConfirmation, Do::Signing),
    (Do::AwaitingConfirmation, Do::SentBack),
    (Do::AwaitingConfirmation, Do::Discarded),
    (Do::Signing, Do::Stamping),
    // The profile asks for no time-stamp (9.5 only).
    (Do::Signing, Do::Filing),
    // The window for the signature passed while it waited.
    (Do::Signing, Do::Review),
    // No deadline could be told by the calendar that judged it: judged anew, by the calendar of then.
    (Do::Signing, Do::Inspecting),
    // The clock by which it was taken in was found to be wrong: judged anew.
    (Do::AwaitingConfirmation, Do::Inspecting),
    (Do::Stamping, Do::Inspecting),
    (Do::Filing, Do::Inspecting),
    // The session that is open may not sign it unasked.
    (Do::Signing, Do::AwaitingConfirmation),
    (Do::Signing, Do::SentBack),
    (Do::Signing, Do::Discarded),
    (Do::Stamping, Do::Filing),
    // The window for the stamp passed, or the signature's files are damaged: signed anew.
    (Do::Stamping, Do::Signing),
    (Do::Filing, Do::Filed),
    // A person ends what turned out to be a piece of a file that grew.
    (Do::Inspecting, Do::Discarded),
    (Do::Stamping, Do::Discarded),
    (Do::Filing, Do::Discarded),
    // The manager ends what failed there again and again.
    (Do::Inspecting, Do::SentBack),
    (Do::Stamping, Do::SentBack),
    (Do::Filing, Do::SentBack),
    // The signer's certificate, or that behind a decision, was revoked from before, or the files are damaged: signed or
    // decided anew.
    (Do::Filing, Do::Signing),
    (Do::Filing, Do::Review),
    (Do::Filing, Do::AwaitingConfirmation),
    // Lawful disposal, long after.
    (Do::Filed, Do::Disposed),
    (Do::SentBack, Do::Disposed),
    (Do::Discarded, Do::Disposed),
];

/// Whether a delivery may go from one state to the other.
#[must_use]
pub fn delivery_may_move(from: DeliveryState, to: DeliveryState) -> bool {
    DELIVERY_MOVES.contains(&(from, to))
}

/// Whether a document may go from one state to the other.
#[must_use]
pub fn document_may_move(from: DocumentState, to: DocumentState) -> bool {
    DOCUMENT_MOVES.contains(&(from, to))
}
