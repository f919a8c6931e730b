//! Releasing what came late for an unavoidable reason (9.2-C1(1), our reading).

use super::hand::{Signers, Why};
use super::queue::{Done, Weighed, find, go_on, named, source_changed, weigh, wrong_state};
use super::{Peer, Requests, state};
use crate::calendar::{Calendar, Span, Start};
use crate::control::facts::Decided;
use crate::control::{Credentials, ReasonGiven, Refusal};
use crate::document::{DocumentState, HoldReason};
use crate::ids::DocumentId;
use crate::instant::Instant;
use crate::ledger::decisions::DecisionKind;
use crate::ledger::documents::Document;
use crate::people::acts::Deed;
use crate::pipeline::driver::StageName;
use crate::review::Need;

impl Requests {
    pub(super) fn release_late(
        &self,
        by: &Credentials,
        documents: Vec<DocumentId>,
        reason: &ReasonGiven,
        possible_again_at: Instant,
        peer: Peer,
    ) -> Result<Decided, Refusal> {
        let (why, code) = Why::read(reason)?;
        if !code.is_unavoidable() {
            return Err(Refusal::ReasonNotAllowed { reason: reason.code.to_string() });
        }
        let documents = named(documents)?;
        let hand = self.hand(peer);
        if possible_again_at > hand.now {
            return Err(Refusal::NotPossibleYet { possible_again_at });
        }
        let signers = Signers::from(self.prove(by, hand.now)?);
        let (profiles, line) = (self.line.profiles(), std::sync::Arc::clone(&self.line));
        let done = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let mut done = Done::none();
            for id in documents {
                let document = find(tx, id).await?;
                if document.state != DocumentState::Review || source_changed(&document) {
                    return Err(wrong_state(&document));
                }
                let weighed = weigh(tx, &document, &profiles).await?;
                second_clock(&document, &weighed, &line.calendar().calendar, possible_again_at, hand.now)?;
                let deed = Deed::LateRelease {
                    documents: vec![id],
                    state_digest: state::of(tx, &document).await?,
                    reason: code,
                    possible_again_at: Some(possible_again_at),
                    incident: None,
                };
                let appended = hand.decide(tx, id, DecisionKind::LateRelease, deed, &signers, &why).await?;
                go_on(tx, &document, &profiles, &hand).await?;
                done.add(&document, appended);
            }
            Ok(done)
        })?;
        self.decided(done, &[StageName::Signing])
    }
}

/// From when the work was possible again, the same window runs once more, and is kept.
fn second_clock(
    document: &Document,
    weighed: &Weighed,
    calendar: &Calendar,
    possible_again_at: Instant,
    now: Instant,
) -> Result<(), Refusal> {
    let window = &weighed.adopted.profile.window;
    let (start, span, at) = if weighed.needs.contains(&Need::LateRelease) {
        // A date that nobody knows is not late; it is to be stated.
        let Some(days) = window.scan_within_business_days.filter(|_| document.identity.obtained_on.is_some()) else {
            return Err(Refusal::NotReleasable);
        };
        let day = calendar.day_of(possible_again_at);
        if day > calendar.day_of(document.taken_in_at) {
            return Err(Refusal::TakenInBefore { taken_in_at: document.taken_in_at });
        }
        (Start::Day(day), Span::BusinessDays { days }, document.taken_in_at)
    } else if document.held == Some(HoldReason::Late) {
        // Scanned in time, and not signed in time.
        (Start::Instant(possible_again_at), window.sign_within, now)
    } else {
        return Err(wrong_state(document));
    };
    let deadline =
        calendar.deadline(start, span, &document.station).map_err(|calendar| Refusal::DeadlineNotTold { calendar })?;
    if at > deadline { Err(Refusal::SecondClockOver { deadline: deadline.to_string() }) } else { Ok(()) }
}
