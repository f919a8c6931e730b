//! Releasing what came late for an unavoidable reason (9.2-C1(1), our reading).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::hand::{Signers, Why};
use super::queue::{Done, Weighed, find, go_on, named, source_changed, weigh, wrong_state};
use super::{Peer, Requests, shown};
use crate::calendar::{Calendar, CannotTell, Span, Start};
use crate::control::facts::Decided;
use crate::control::{Credentials, LookedAt, ReasonGiven, Refusal};
use crate::document::{DocumentState, HoldReason};
use crate::ids::{Digest, DocumentId};
use crate::instant::Instant;
use crate::ledger::decisions::{self, DecisionKind};
use crate::ledger::documents::{self, Document};
use crate::people::acts::Deed;
use crate::pipeline::driver::StageName;
use crate::pipeline::line::CalendarFile;
use crate::review::{self, Need};

impl Requests {
    pub(super) fn release_late(
        &self,
        by: &Credentials,
        documents: Vec<LookedAt>,
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
        let ids: Vec<DocumentId> = documents.iter().map(|looked| looked.document).collect();
        let (profiles, calendars) = (self.line.profiles(), self.calendars_of(&ids)?);
        let done = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let mut done = Done::none();
            for looked in documents {
                let document = shown::find(tx, looked).await?;
                let id = document.id;
                if document.state != DocumentState::Review || source_changed(&document) {
                    return Err(wrong_state(&document));
                }
                let weighed = weigh(tx, &document, &profiles).await?;
                // Judged anew since the calendars were read, it is another document than was weighed.
                let Some(calendar) = calendars.get(&document.calendar) else { return Err(wrong_state(&document)) };
                let calendar = &calendar.calendar;
                second_clock(&document, &weighed, calendar, possible_again_at, hand.now)?;
                let deed = Deed::LateRelease {
                    documents: vec![id],
                    state_digest: document.state_digest(),
                    reason: code,
                    possible_again_at,
                    incident: None,
                };
                let appended = hand.decide(tx, id, DecisionKind::LateRelease, deed, &signers, &why).await?;
                let decided = decisions::of_document(tx, id).await?;
                let sign_by = review::sign_by(&document, &weighed.adopted.profile, calendar, &decided);
                documents::set_due(tx, id, Some(sign_by.map_err(not_told)?)).await?;
                go_on(tx, &document, &profiles, &hand).await?;
                done.add(&document, appended);
            }
            Ok(done)
        })?;
        self.decided(done, &[StageName::Signing])
    }

    /// The calendars by which these documents were judged, and which they keep to.
    pub(super) fn calendars_of(
        &self,
        documents: &[DocumentId],
    ) -> Result<BTreeMap<Option<Digest>, Arc<CalendarFile>>, Refusal> {
        let judged_by = self.line.database.read::<_, Refusal, _>(async |tx| {
            let mut judged_by = BTreeSet::new();
            for id in documents {
                judged_by.insert(find(tx, *id).await?.calendar);
            }
            Ok(judged_by)
        })?;
        let calendar = |digest: Option<Digest>| match self.line.calendar_that_judged(digest.as_ref()) {
            Ok(calendar) => Ok((digest, calendar)),
            Err(problem) => Err(Refusal::Environment { problem }),
        };
        judged_by.into_iter().map(calendar).collect()
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
        let obtained_on = document.identity.obtained_on.as_ref().map(|date| date.value);
        let Some((day, days)) = obtained_on.zip(window.scan_within_business_days) else {
            return Err(Refusal::NotReleasable);
        };
        let span = Span::BusinessDays { days };
        // Nor is one from which the calendar cannot count: nobody could ever tell what was released.
        calendar.deadline(day, span, &document.station).map_err(not_told)?;
        let day = calendar.day_of(possible_again_at);
        if day > calendar.day_of(document.taken_in_at) {
            return Err(Refusal::TakenInBefore { taken_in_at: document.taken_in_at });
        }
        (Start::Day(day), span, document.taken_in_at)
    } else if document.held == Some(HoldReason::Late) {
        // Scanned in time, and not signed in time.
        (Start::Instant(possible_again_at), window.sign_within, now)
    } else {
        return Err(wrong_state(document));
    };
    let deadline = calendar.deadline(start, span, &document.station).map_err(not_told)?;
    if at > deadline { Err(Refusal::SecondClockOver { deadline: deadline.to_string() }) } else { Ok(()) }
}

fn not_told(calendar: CannotTell) -> Refusal {
    Refusal::DeadlineNotTold { calendar }
}
