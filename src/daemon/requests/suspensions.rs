//! Suspending people, having them resume; and managers who are absent.

use std::sync::Arc;

use super::hand::{Hand, Signers, private};
use super::people::{close_sessions_of, noted, resume_under_manager};
use super::{Peer, Requests};
use crate::control::facts::Noted;
use crate::control::{Credentials, Refusal};
use crate::database::Tx;
use crate::document::HoldReason;
use crate::ids::PersonId;
use crate::instant::Instant;
use crate::ledger::decisions;
use crate::people::acts::{Deed, Private};
use crate::people::appointments::{self, Changing};
use crate::people::away::Why;
use crate::people::sessions::CloseReason;
use crate::people::{Change, absences, register, suspensions};
use crate::pipeline::driver::StageName;

/// An absence that is asked for, or its end.
pub(super) struct Absence {
    pub(super) login: String,
    pub(super) from: Option<Instant>,
    pub(super) until: Option<Instant>,
    pub(super) ends: bool,
}

impl Requests {
    /// The person's keys are wiped first: whatever else fails, nothing more is signed with them.
    pub(super) fn suspend(&self, by: &Credentials, login: &str, reason: &str, peer: Peer) -> Result<Noted, Refusal> {
        // By a clock in doubt too: somebody may have to be stopped at once.
        let hand = self.hand(peer);
        let signers = Signers::from(self.prove(by, hand.now)?);
        let why = Some(reason.trim()).filter(|reason| !reason.is_empty()).ok_or(Refusal::NoReason)?;
        let said = private(Some(why), None)?;
        let login = login.to_owned();
        // Asked before the keys are wiped, so that a refusal ends nobody's session.
        let (person, _) = self
            .line
            .database
            .read::<_, Refusal, _>(async |tx| rest(tx, &login, said.clone(), &signers, &hand).await)?;
        self.line.sessions.close_all_of(person);
        let clock = Arc::clone(&self.line.clock);
        let appended = self.line.database.write::<_, Refusal, _>(async move |tx| {
            // Now that nothing is signed with them any more.
            let hand = hand.at(clock.now());
            let (person, change) = rest(tx, &login, said, &signers, &hand).await?;
            let appended = hand.apply(tx, &change).await?;
            close_sessions_of(tx, person, CloseReason::Suspended, &hand).await?;
            // What only this person could have signed asks for somebody else.
            decisions::resume_those_of(tx, person, HoldReason::NoSession, hand.now).await?;
            Ok(appended)
        })?;
        // A session that was being opened meanwhile.
        self.line.sessions.close_all_of(person);
        self.line.shared.wake(&[StageName::Signing]);
        Ok(noted(appended))
    }

    pub(super) fn resume(&self, by: &Credentials, login: &str, peer: Peer) -> Result<Noted, Refusal> {
        let hand = self.hand_by_believed_clock(peer)?;
        let signers = Signers::from(self.prove(by, hand.now)?);
        let (login, clock) = (login.to_owned(), Arc::clone(&self.line.clock));
        let (appended, from) = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let hand = hand.at(clock.now());
            let person = register::named(tx, &login).await?.id;
            let from = appointments::soonest(tx, Changing::Returns { person, why: Why::Suspended }, hand.now).await?;
            let signed = hand.sign(Deed::Resume { person, from }, &signers, None)?;
            let change = suspensions::change(tx, signed, None, &hand.rules, hand.now).await?;
            Ok((hand.apply(tx, &change).await?, from))
        })?;
        self.wait_for(from);
        resume_under_manager(&self.line)?;
        Ok(noted(appended))
    }

    /// An information manager is absent for a time, from now on or later; or is back, now or at `until`.
    pub(super) fn absent(&self, by: &Credentials, wanted: &Absence, peer: Peer) -> Result<Noted, Refusal> {
        let hand = self.hand_by_believed_clock(peer)?;
        let signers = Signers::from(self.prove(by, hand.now)?);
        let Absence { ref login, from, until, ends } = *wanted;
        let (login, clock) = (login.clone(), Arc::clone(&self.line.clock));
        let until = until.map(appointments::whole_second_from);
        let asked_for = if ends { until } else { from.map(appointments::whole_second_from) };
        let (appended, from) = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let hand = hand.at(clock.now());
            let person = register::named(tx, &login).await?.id;
            let changing =
                if ends { Changing::Returns { person, why: Why::Absent } } else { Changing::Absent { person } };
            let earliest = appointments::soonest(tx, changing, hand.now).await?;
            let from = asked_for.unwrap_or(earliest);
            if from < earliest {
                return Err(Refusal::BegunInPast { from });
            }
            let deed = if ends { Deed::Back { person, from } } else { Deed::Absent { person, from, until } };
            let signed = hand.sign(deed, &signers, None)?;
            let change = absences::change(tx, signed, &hand.rules, hand.now).await?;
            Ok((hand.apply(tx, &change).await?, from))
        })?;
        if asked_for.is_none() {
            self.wait_for(from);
        }
        resume_under_manager(&self.line)?;
        Ok(noted(appended))
    }
}

/// Whom a suspension is about, and what it changes.
async fn rest(
    tx: &mut Tx,
    login: &str,
    said: Option<Private>,
    signers: &Signers,
    hand: &Hand,
) -> Result<(PersonId, Change), Refusal> {
    let person = register::named(tx, login).await?.id;
    let from = appointments::soonest(tx, Changing::Suspended { person }, hand.now).await?;
    let signed = hand.sign(Deed::Suspend { person, from }, signers, said.as_ref())?;
    Ok((person, suspensions::change(tx, signed, said, &hand.rules, hand.now).await?))
}
