//! Deliveries whose completeness is in doubt: taken as they are, or refused.

use super::hand::{Hand, Signers, Why};
use super::{Peer, Requests, shown};
use crate::control::facts::Decided;
use crate::control::{Credentials, ReasonGiven, Refusal};
use crate::database::Tx;
use crate::document::{DeliveryProblem, DeliveryState};
use crate::ids::{DeliveryId, Digest};
use crate::intake::custody::CustodyCopy;
use crate::journal::append::Appended;
use crate::ledger::deliveries::{self, Delivery};
use crate::ledger::delivery_may_move;
use crate::people::acts::{self, Deed};
use crate::pipeline::driver::StageName;

impl Requests {
    pub(super) fn decide_delivery(
        &self,
        by: &Credentials,
        (id, shown): (DeliveryId, Digest),
        take: bool,
        reason: &ReasonGiven,
        peer: Peer,
    ) -> Result<Decided, Refusal> {
        let (why, reason) = Why::read(reason)?;
        let hand = self.hand(peer);
        let signers = Signers::from(self.prove(by, hand.now)?);
        let delivery = self.line.database.read::<_, Refusal, _>(async |tx| find(tx, id).await)?;
        check_shown(&delivery, shown)?;
        let to = if take { DeliveryState::Taken } else { DeliveryState::Refused };
        // What was not found wanting is not in doubt, and goes its way by itself.
        if !delivery_may_move(delivery.state, to) || (take && delivery.state == DeliveryState::InCustody) {
            return Err(wrong_state(&delivery));
        }
        let deed =
            if take { Deed::TakeAsIs { delivery: id, reason } } else { Deed::RefuseDelivery { delivery: id, reason } };
        let decided = if take {
            self.take(&delivery, deed, signers, why, hand)?
        } else {
            let seen = delivery.clone();
            let appended = self.line.database.write::<_, Refusal, _>(async move |tx| {
                let appended = enter(tx, &seen, deed, &signers, &why, &hand).await?;
                deliveries::move_on(tx, id, seen.state, to, seen.problem.as_deref(), hand.now).await?;
                Ok(appended)
            })?;
            Decided { documents: Vec::new(), journal_index: appended.index, entry: appended.entry }
        };
        self.line.shared.wake(&[StageName::Identification]);
        (self.hooks.wake_intake)(&delivery.station);
        Ok(decided)
    }

    /// Whoever mended the disk, or put the copy back, has it measured once more.
    pub(super) fn retry_delivery(&self, by: &Credentials, id: DeliveryId, peer: Peer) -> Result<Decided, Refusal> {
        let hand = self.hand(peer);
        let signers = Signers::from(self.prove(by, hand.now)?);
        let (station, appended) = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let delivery = find(tx, id).await?;
            let to = DeliveryState::InCustody;
            let not_measured = delivery.problem.as_deref().is_some_and(|problem| {
                matches!(serde_json::from_str(problem), Ok(DeliveryProblem::NotMeasured { .. }))
            });
            if !not_measured || !delivery_may_move(delivery.state, to) {
                return Err(wrong_state(&delivery));
            }
            let appended = hand.act(tx, Deed::RetryDelivery { delivery: id }, &signers, None).await?;
            deliveries::move_on(tx, id, delivery.state, to, None, hand.now).await?;
            deliveries::measure_again(tx, id).await?;
            Ok((delivery.station, appended))
        })?;
        self.line.shared.wake(&[StageName::Measuring]);
        (self.hooks.wake_intake)(&station);
        Ok(Decided { documents: Vec::new(), journal_index: appended.index, entry: appended.entry })
    }

    fn take(&self, delivery: &Delivery, deed: Deed, by: Signers, why: Why, hand: Hand) -> Result<Decided, Refusal> {
        // Measuring takes long, and whoever may not decide is to be told before.
        let signed = hand.sign(deed.clone(), &by, why.private()?.as_ref())?;
        let (rules, now) = (&hand.rules, hand.now);
        self.line.database.read::<_, Refusal, _>(async |tx| Ok(acts::admit(tx, &signed, rules, now).await?))?;
        let copy = CustodyCopy::open(&self.line.custody, delivery.id, delivery.copy)
            .map_err(|error| Refusal::Environment { problem: error.to_string() })?;
        let seen = delivery.clone();
        let (document, appended) = self
            .line
            .measuring()
            .take_anyway(delivery, &copy, async move |tx| enter(tx, &seen, deed, &by, &why, &hand).await)?;
        Ok(Decided { documents: vec![document], journal_index: appended.index, entry: appended.entry })
    }
}

async fn find(tx: &mut Tx, id: DeliveryId) -> Result<Delivery, Refusal> {
    deliveries::get(tx, id).await?.ok_or_else(|| Refusal::Unknown { what: id.to_string() })
}

/// Enters the act, if the delivery is still what the person was shown: its source may have grown.
async fn enter(
    tx: &mut Tx,
    seen: &Delivery,
    deed: Deed,
    signers: &Signers,
    why: &Why,
    hand: &Hand,
) -> Result<Appended, Refusal> {
    let now = find(tx, seen.id).await?;
    check_shown(&now, shown::of_delivery(seen)?)?;
    hand.act(tx, deed, signers, why.private()?).await
}

fn check_shown(delivery: &Delivery, shown: Digest) -> Result<(), Refusal> {
    if shown::of_delivery(delivery)? == shown {
        return Ok(());
    }
    Err(Refusal::DeliveryChangedSinceShown { delivery: delivery.id, state: delivery.state.to_string() })
}

fn wrong_state(delivery: &Delivery) -> Refusal {
    Refusal::WrongState { state: delivery.state.to_string(), held: String::new() }
}
