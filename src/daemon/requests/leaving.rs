//! Somebody leaves: offices, key and sessions end in one transaction, and whatever was theirs to do is the manager's.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::hand::{Hand, Signers};
use super::people::{Revocation, close_sessions_of, noted};
use super::{Peer, Requests, queue};
use crate::control::facts::Noted;
use crate::control::{Credentials, Refusal};
use crate::database::Tx;
use crate::document::HoldReason;
use crate::ids::PersonId;
use crate::instant::Instant;
use crate::journal::append::Appended;
use crate::journal::{Draft, Kind, Subject};
use crate::ledger::{decisions, documents};
use crate::people::acts::{Deed, RevocationReason};
use crate::people::appointments::{self, Changing};
use crate::people::enrolment::{self, Next};
use crate::people::sessions::CloseReason;
use crate::people::{PeopleError, Refused, Role, certificates, register};
use crate::pipeline::driver::StageName;

impl Requests {
    /// Each office ends by an act of its own and the key by another, as they would one by one: whatever stands against one of
    /// them stands against all.
    pub(super) fn retire(&self, by: &Credentials, login: &str, peer: Peer) -> Result<Noted, Refusal> {
        let hand = self.hand(peer);
        let signers = Signers::from(self.prove(by, hand.now)?);
        let login = login.to_owned();
        let person =
            self.line.database.read::<_, PeopleError, _>(async |tx| Ok(register::named(tx, &login).await?.id))?;
        let (line, profiles) = (Arc::clone(&self.line), self.line.profiles());
        let (appended, ends) = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let hand = hand.at(line.clock.now());
            let (offices, ends) = end_offices(tx, person, &signers, &hand).await?;
            let key = end_key(tx, person, &login, &signers, &hand).await?;
            let last = key.or(offices).ok_or(Refused::LeftAlready { login })?;
            if key.is_some() {
                // Nothing is refused any more, and nothing more is signed with it.
                line.sessions.close_all_of(person);
                close_sessions_of(tx, person, CloseReason::Revoked, &hand).await?;
                queue::ask_anew(tx, last.index, &profiles, &hand).await?;
                decisions::resume_those_of(tx, person, HoldReason::NoSession, hand.now).await?;
            }
            reassign(tx, person, ends, &hand).await?;
            Ok((last, ends))
        })?;
        // A session that was being opened meanwhile.
        self.line.sessions.close_all_of(person);
        self.wait_for(ends);
        self.line.shared.wake(&[StageName::Signing]);
        Ok(noted(appended))
    }
}

/// Ends all that a person is appointed to, now or to come. Answers the last of the entries, and when the last office ends.
async fn end_offices(
    tx: &mut Tx,
    person: PersonId,
    signers: &Signers,
    hand: &Hand,
) -> Result<(Option<Appended>, Instant), Refusal> {
    let held = appointments::list(tx, hand.now).await?.into_iter().filter(|held| held.person == person);
    let roles: BTreeSet<Role> = held.map(|held| held.role).collect();
    let (mut last, mut ended) = (None, hand.now);
    for role in roles {
        let ends = appointments::soonest(tx, Changing::Ends { person, role }, hand.now).await?;
        let signed = hand.sign(Deed::EndAppointment { person, role, ends }, signers, None)?;
        let change = enrolment::appoint(tx, signed, &hand.rules, hand.now).await?;
        last = Some(hand.apply(tx, &change).await?);
        ended = ended.max(ends);
    }
    Ok((last, ended))
}

/// Revokes the key that a person has, where they have one.
async fn end_key(
    tx: &mut Tx,
    person: PersonId,
    login: &str,
    signers: &Signers,
    hand: &Hand,
) -> Result<Option<Appended>, Refusal> {
    if !certificates::of_person(tx, person).await?.iter().any(|held| held.is_unspent(hand.now)) {
        return Ok(None);
    }
    let wanted = Revocation { login: login.to_owned(), why: RevocationReason::Left, since: None, next: Next::Open };
    let (_, change) = wanted.act(tx, signers, hand).await?;
    Ok(Some(hand.apply(tx, &change).await?))
}

/// Whatever is assigned to a person is the manager's who is there when they are not; where nobody is, it is nobody's.
async fn reassign(tx: &mut Tx, person: PersonId, at: Instant, hand: &Hand) -> Result<(), Refusal> {
    let manager = appointments::information_manager(tx, at).await?.map(|held| held.person);
    for id in documents::assigned_to(tx, person).await? {
        documents::assign(tx, id, manager, hand.now).await?;
        let entry = Draft::by_system(Kind::DocumentReassigned, Subject::document(id)).fact("to", manager);
        hand.note(tx, entry).await?;
    }
    Ok(())
}
