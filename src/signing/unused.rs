//! An attempt that comes to nothing: its files are kept, and another begins.

use crate::database::{DatabaseError, Tx};
use crate::document::DocumentState;
use crate::instant::Instant;
use crate::journal::append::Journal;
use crate::journal::{Draft, Kind, Subject};
use crate::ledger::attempts::{self, Attempt, AttemptState};
use crate::ledger::documents;

/// Why a signature is not used.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Unused {
    /// The window for the stamp passed.
    WindowOver,
    /// Its certificate counts no more from then on, and nothing proves that it was made before.
    SignerRevoked { since: Instant },
}

/// Sends the document back to be signed anew.
pub(crate) async fn give_up(
    tx: &mut Tx,
    journal: &Journal,
    attempt: &Attempt,
    from: DocumentState,
    why: Unused,
    now: Instant,
) -> Result<(), DatabaseError> {
    attempts::set_state(tx, attempt.id, attempt.state, AttemptState::Missed, None).await?;
    documents::carry_on(tx, attempt.document, from, DocumentState::Signing, now).await?;
    let kind = match why {
        Unused::WindowOver => Kind::StampMissed,
        Unused::SignerRevoked { .. } => Kind::SignerRevoked,
    };
    let entry = Draft::by_system(kind, Subject::document(attempt.document))
        .fact("attempt", attempt.id)
        .fact("manifest", attempt.manifest);
    let entry = match why {
        Unused::WindowOver => entry.fact("due_at", attempt.stamp_due_at),
        Unused::SignerRevoked { since } => entry.fact("since", since),
    };
    journal.append(tx, entry, now).await?;
    Ok(())
}
