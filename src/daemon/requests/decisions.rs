//! Sending back, discarding, assigning, trying again.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::hand::{Hand, Signers, Why};
use super::queue::{Done, check_may_move, end, find, named, source_changed, wrong_state};
use super::records::check_role;
use super::{Peer, Requests, shown};
use crate::control::facts::Decided;
use crate::control::{Credentials, LookedAt, ReasonGiven, Refusal};
use crate::daemon::reload::asks_for_a_deadline;
use crate::database::Tx;
use crate::document::{DocumentState, HoldReason};
use crate::ids::DocumentId;
use crate::journal::append::{Appended, Journal};
use crate::ledger::attempts::Attempt;
use crate::ledger::decisions::DecisionKind;
use crate::ledger::documents::{self, Document};
use crate::ledger::waiting;
use crate::people::acts::Deed;
use crate::people::{Role, appointments, register};
use crate::pipeline::driver::StageName;
use crate::signing::unused::{self, Spoiled};

/// Every stage that a resumed document may wait for.
pub(super) const STAGES: &[StageName] =
    &[StageName::Identification, StageName::Inspection, StageName::Signing, StageName::Stamping, StageName::Filing];

impl Requests {
    pub(super) fn send_back(
        &self,
        by: &Credentials,
        documents: Vec<LookedAt>,
        reason: &ReasonGiven,
        peer: Peer,
    ) -> Result<Decided, Refusal> {
        let (why, code) = Why::read(reason)?;
        let documents = named(documents)?;
        let hand = self.hand(peer);
        let signers = Signers::from(self.prove(by, hand.now)?);
        let done = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let mut done = Done::none();
            for looked in documents {
                let document = shown::find(tx, looked).await?;
                let id = document.id;
                check_may_move(&document, DocumentState::SentBack)?;
                may_send_back(tx, &document, &signers, &hand).await?;
                let state_digest = document.state_digest();
                let deed = Deed::SendBack { documents: vec![id], state_digest, reason: code };
                let appended = hand.decide(tx, id, DecisionKind::SendBack, deed, &signers, &why).await?;
                end(tx, &document, DocumentState::SentBack, &hand).await?;
                done.add(&document, appended);
            }
            Ok(done)
        })?;
        self.decided(done, &[])
    }

    pub(super) fn discard(
        &self,
        by: &Credentials,
        looked: LookedAt,
        reason: &ReasonGiven,
        peer: Peer,
    ) -> Result<Decided, Refusal> {
        let (why, code) = Why::read(reason)?;
        let hand = self.hand(peer);
        let signers = Signers::from(self.prove(by, hand.now)?);
        let done = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let document = shown::find(tx, looked).await?;
            let id = document.id;
            check_may_move(&document, DocumentState::Discarded)?;
            if is_stages_own(&document) && document.held.is_none() {
                return Err(wrong_state(&document));
            }
            let state_digest = document.state_digest();
            let deed = Deed::Discard { document: id, state_digest, reason: code };
            let appended = hand.decide(tx, id, DecisionKind::Discard, deed, &signers, &why).await?;
            end(tx, &document, DocumentState::Discarded, &hand).await?;
            Ok(Done::one(&document, appended))
        })?;
        self.decided(done, &[])
    }

    pub(super) fn assign(
        &self,
        by: &Credentials,
        documents: Vec<DocumentId>,
        to: &str,
        peer: Peer,
    ) -> Result<Decided, Refusal> {
        let documents = named(documents)?;
        let hand = self.hand(peer);
        let signers = Signers::from(self.prove(by, hand.now)?);
        let to = to.to_owned();
        let done = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let to = register::active(tx, &to).await?.id;
            let mut done = Done::none();
            for id in documents {
                let document = find(tx, id).await?;
                if !document.state.is_open() {
                    return Err(wrong_state(&document));
                }
                let appended = hand.act(tx, Deed::Assign { documents: vec![id], to }, &signers, None).await?;
                documents::assign(tx, id, Some(to), hand.now).await?;
                done.add(&document, appended);
            }
            Ok(done)
        })?;
        self.decided(done, &[])
    }

    pub(super) fn retry(&self, by: &Credentials, documents: Vec<LookedAt>, peer: Peer) -> Result<Decided, Refusal> {
        let documents = named(documents)?;
        let hand = self.hand(peer);
        let signers = Signers::from(self.prove(by, hand.now)?);
        let mut spoiled = BTreeMap::new();
        for LookedAt { document, .. } in &documents {
            let attempt = self.line.spoiled_attempt(*document).map_err(|problem| Refusal::Environment { problem })?;
            spoiled.extend(attempt.map(|attempt| (*document, attempt)));
        }
        let journal = Arc::clone(&self.line.journal);
        let done = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let mut done = Done::none();
            let several = documents.len() > 1;
            for looked in documents {
                let document = shown::find(tx, looked).await?;
                if source_changed(&document) {
                    may_release_changed(tx, &document, several, &signers, &hand).await?;
                }
                let appended = match spoiled.get(&document.id) {
                    None => try_again(tx, &document, &signers, &hand).await?,
                    Some(attempt) => sign_anew(tx, &journal, &document, attempt, &signers, &hand).await?,
                };
                done.add(&document, appended);
            }
            Ok(done)
        })?;
        self.decided(done, STAGES)
    }
}

/// Whether the document is where a stage alone moves it on; while nothing holds it there, the stage has it in hand.
fn is_stages_own(document: &Document) -> bool {
    matches!(document.state, DocumentState::Inspecting | DocumentState::Stamping | DocumentState::Filing)
}

/// What a stage can do nothing with, or may be signed already, is the information manager's to send back.
async fn may_send_back(tx: &mut Tx, document: &Document, signers: &Signers, hand: &Hand) -> Result<(), Refusal> {
    if !is_stages_own(document) {
        return Ok(());
    }
    if !has_a_hopeless_signature(document) {
        return Err(wrong_state(document));
    }
    only_the_manager(tx, signers, hand).await
}

async fn only_the_manager(tx: &mut Tx, signers: &Signers, hand: &Hand) -> Result<(), Refusal> {
    let held = appointments::roles(tx, signers.first.person(), hand.now).await?;
    check_role(&[Role::InformationManager], |role| held.contains(role))
}

/// Whether a stage has failed on it again and again, or it bears a time that is still to come.
fn has_a_hopeless_signature(document: &Document) -> bool {
    matches!(document.held, Some(HoldReason::StageFailed | HoldReason::ClockAhead))
}

/// A signature that is damaged or bears a time that is still to come is kept, and another one is made.
async fn sign_anew(
    tx: &mut Tx,
    journal: &Journal,
    document: &Document,
    (attempt, why): &(Attempt, Spoiled),
    signers: &Signers,
    hand: &Hand,
) -> Result<Appended, Refusal> {
    let is_signed = matches!(document.state, DocumentState::Stamping | DocumentState::Filing);
    if !is_signed || !has_a_hopeless_signature(document) {
        return Err(wrong_state(document));
    }
    only_the_manager(tx, signers, hand).await?;
    let appended = hand.act(tx, Deed::Retry { documents: vec![document.id] }, signers, None).await?;
    unused::spoiled(tx, journal, (attempt, *why), document.state, hand.now).await?;
    Ok(appended)
}

/// What was changed after it was taken goes on by the word of whoever looked at it: before anybody judged it with what it is
/// (`queue identify`), later alone, and by those who may confirm it.
async fn may_release_changed(
    tx: &mut Tx,
    document: &Document,
    several: bool,
    signers: &Signers,
    hand: &Hand,
) -> Result<(), Refusal> {
    if matches!(document.state, DocumentState::Identifying | DocumentState::Inspecting) {
        return Err(wrong_state(document));
    }
    if several {
        return Err(Refusal::LookedAtSingly { document: document.id });
    }
    let held = appointments::roles(tx, signers.first.person(), hand.now).await?;
    check_role(&[Role::Operator, Role::InformationManager], |role| held.contains(role))
}

/// A document that waits in front of a stage goes through it again. What waits for a decision is not helped by that, unless it
/// waits because a calendar could tell no deadline: that is judged anew.
async fn try_again(tx: &mut Tx, document: &Document, signers: &Signers, hand: &Hand) -> Result<Appended, Refusal> {
    use DocumentState::{Filing, Identifying, Inspecting, Review, Signing, Stamping};
    let Some(held) = document.held else { return Err(wrong_state(document)) };
    // Without what a person had said it would be taken for what its sources say.
    if held == HoldReason::AskedAnew {
        return Err(wrong_state(document));
    }
    let is_untold = document.state == Review && !source_changed(document) && asks_for_a_deadline(document);
    if !is_untold && !matches!(document.state, Identifying | Inspecting | Signing | Stamping | Filing) {
        return Err(wrong_state(document));
    }
    let appended = hand.act(tx, Deed::Retry { documents: vec![document.id] }, signers, None).await?;
    if is_untold {
        documents::move_on(tx, document.id, Review, Inspecting, hand.now).await?;
    } else {
        waiting::try_again(tx, document.id, document.state, held, hand.now).await?;
    }
    Ok(appended)
}
