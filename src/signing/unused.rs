//! An attempt that comes to nothing: its files are kept, and another begins.

use crate::database::{DatabaseError, Tx};
use crate::document::DocumentState;
use crate::ids::DocumentId;
use crate::instant::Instant;
use crate::journal::append::Journal;
use crate::journal::{Draft, Kind, Subject};
use crate::ledger::attempts::{self, Attempt, AttemptState};
use crate::ledger::{decisions, documents};
use crate::people::entitlement;
use crate::profile::Profile;
use crate::review;

/// What of an attempt did not count any more when the signature was proven.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Void {
    /// The signer's certificate counts no more from then on, and nothing proves that the signature was made before.
    SignerRevoked { since: Instant },
    /// The signer's certificate had ended by then, or had not begun.
    SignerNotValid { not_before: Instant, not_after: Instant, proven_at: Instant },
    /// A decision that it names was made with a key that was not its owner's any more.
    DecisionRevoked { index: u64, undone_by: u64 },
}

/// Sends a document whose window for the stamp passed back to be signed anew.
pub(crate) async fn window_over(
    tx: &mut Tx,
    journal: &Journal,
    attempt: &Attempt,
    now: Instant,
) -> Result<(), DatabaseError> {
    documents::carry_on(tx, attempt.document, DocumentState::Stamping, DocumentState::Signing, now).await?;
    let entry = entry(Kind::StampMissed, attempt).fact("due_at", attempt.stamp_due_at);
    give_up(tx, journal, attempt, entry, now).await
}

/// Sends a document whose signature a person gives up, and which waits in `from` for that, back to be signed anew.
pub(crate) async fn spoiled(
    tx: &mut Tx,
    journal: &Journal,
    (attempt, why): (&Attempt, Spoiled),
    from: DocumentState,
    now: Instant,
) -> Result<(), DatabaseError> {
    let kind = match why {
        Spoiled::Damaged => Kind::AttemptDamaged,
        Spoiled::Ahead => Kind::AttemptAhead,
    };
    documents::carry_on(tx, attempt.document, from, DocumentState::Signing, now).await?;
    give_up(tx, journal, attempt, entry(kind, attempt).fact("was", attempt.state), now).await
}

/// Gives up the signature of a document of which it is known now that the clock of its intake was in doubt; `entry` says so.
pub(crate) async fn doubted(
    tx: &mut Tx,
    journal: &Journal,
    document: DocumentId,
    entry: Draft,
    now: Instant,
) -> Result<(), DatabaseError> {
    let attempts = attempts::of_document(tx, document).await?;
    let is_counted_on = |attempt: &&Attempt| matches!(attempt.state, AttemptState::Signed | AttemptState::Stamped);
    match attempts.last().filter(is_counted_on) {
        Some(attempt) => {
            let entry = entry.fact("attempt", attempt.id).fact("manifest", attempt.manifest);
            give_up(tx, journal, attempt, entry, now).await
        }
        None => journal.append(tx, entry, now).await.map(drop),
    }
}

/// Why a person gives up a signature that no waiting helps, or none that is worth it.
#[derive(Clone, Copy, Debug)]
pub enum Spoiled {
    /// Its files in custody are not what was signed any more.
    Damaged,
    /// The clock ran ahead: it bears a time that is still to come.
    Ahead,
}

/// Sends a document that was to be filed back to whoever has to do something about it now.
pub(crate) async fn voided(
    tx: &mut Tx,
    journal: &Journal,
    attempt: &Attempt,
    profile: &Profile,
    what: Void,
    now: Instant,
) -> Result<(), DatabaseError> {
    let id = attempt.document;
    let document = documents::get(tx, id).await?;
    let unjudged = || DatabaseError::Conflict(format!("document {id} is to be filed and was never judged"));
    let document = document.ok_or_else(unjudged)?;
    let judgement = document.judgement.as_ref().ok_or_else(unjudged)?;
    let decided = decisions::of_document(tx, id).await?;
    let needs = review::needs(&document.identity, judgement, profile, &decided);
    let (to, held) = match review::confirmed_by(&decided).filter(|_| needs.is_empty()) {
        // Nobody else signs what this person confirmed.
        Some(person) if !entitlement::can_sign(tx, person, &profile.signing, now).await? => {
            (DocumentState::AwaitingConfirmation, None)
        }
        _ => review::route(&needs),
    };
    documents::carry_on(tx, id, DocumentState::Filing, to, now).await?;
    if let Some(reason) = held {
        let detail = serde_json::json!({ "code": "needs", "needs": needs });
        let detail = documents::to_json("document.held_detail", &detail)?;
        documents::hold(tx, id, to, reason, Some(&detail), now).await?;
    }
    let entry = match what {
        Void::SignerRevoked { since } => entry(Kind::SignerRevoked, attempt).fact("since", since),
        Void::SignerNotValid { not_before, not_after, proven_at } => entry(Kind::SignerNotValid, attempt)
            .fact("not_before", not_before)
            .fact("not_after", not_after)
            .fact("proven_at", proven_at),
        Void::DecisionRevoked { index, undone_by } => {
            entry(Kind::DecisionRevoked, attempt).fact("decision", index).fact("revocation", undone_by)
        }
    };
    give_up(tx, journal, attempt, entry.fact("goes_to", to).fact("held", held), now).await
}

fn entry(kind: Kind, attempt: &Attempt) -> Draft {
    Draft::by_system(kind, Subject::document(attempt.document))
        .fact("attempt", attempt.id)
        .fact("manifest", attempt.manifest)
}

async fn give_up(
    tx: &mut Tx,
    journal: &Journal,
    attempt: &Attempt,
    entry: Draft,
    now: Instant,
) -> Result<(), DatabaseError> {
    attempts::set_state(tx, attempt.id, attempt.state, AttemptState::Missed, None).await?;
    journal.append(tx, entry, now).await?;
    Ok(())
}
