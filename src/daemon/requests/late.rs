//! Releasing what came late for an unavoidable reason (9.2-C1(1), our reading).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::hand::{Signers, Why};
use super::queue::{Done, Weighed, find, go_on, named, source_changed, weigh, wrong_state};
use super::{Peer, Requests, shown};
use crate::calendar::{Calendar, CannotTell, Span, Start};
use crate::control::facts::Decided;
use crate::control::{Credentials, LookedAt, ReasonGiven, Refusal};
use crate::database::DatabaseError;
use crate::document::{DocumentState, HoldReason};
use crate::ids::{Digest, DocumentId, IncidentId};
use crate::instant::Instant;
use crate::journal::incidents::{self, Cause, Incident};
use crate::ledger::decisions::{self, DecisionKind};
use crate::ledger::documents::{self, Document};
use crate::people::acts::{Deed, ReasonCode};
use crate::pipeline::driver::StageName;
use crate::pipeline::line::CalendarFile;
use crate::review::{self, Need};

/// Why what is late may be filed all the same.
struct Release {
    why: Why,
    reason: ReasonCode,
    possible_again_at: Instant,
    incident: Option<Incident>,
}

impl Requests {
    pub(super) fn release_late(
        &self,
        by: &Credentials,
        documents: Vec<LookedAt>,
        reason: &ReasonGiven,
        possible_again_at: Instant,
        peer: Peer,
    ) -> Result<Decided, Refusal> {
        let (why, reason) = Why::read(reason)?;
        self.release(by, documents, Release { why, reason, possible_again_at, incident: None }, peer)
    }

    /// The journal says what failed and until when; the manager says that this is why.
    pub(super) fn release_after_incident(
        &self,
        by: &Credentials,
        documents: Vec<LookedAt>,
        id: IncidentId,
        peer: Peer,
    ) -> Result<Decided, Refusal> {
        let found = self.line.database.read::<_, DatabaseError, _>(async |tx| incidents::get(tx, id).await)?;
        let incident = found.ok_or_else(|| Refusal::Unknown { what: id.to_string() })?;
        let possible_again_at = incident.until.ok_or(Refusal::IncidentLasts { incident: id })?;
        let reason = reason_of(&incident.cause);
        let why = Why::of(reason);
        self.release(by, documents, Release { why, reason, possible_again_at, incident: Some(incident) }, peer)
    }

    fn release(
        &self,
        by: &Credentials,
        documents: Vec<LookedAt>,
        release: Release,
        peer: Peer,
    ) -> Result<Decided, Refusal> {
        let possible_again_at = release.possible_again_at;
        if !release.reason.is_unavoidable() {
            return Err(Refusal::ReasonNotAllowed { reason: release.reason.to_string() });
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
                if let Some(incident) = &release.incident {
                    in_its_time(&document, incident, calendar)?;
                }
                let deed = Deed::LateRelease {
                    documents: vec![id],
                    state_digest: document.state_digest(),
                    reason: release.reason,
                    possible_again_at,
                    incident: release.incident.as_ref().map(|incident| incident.incident),
                };
                let appended = hand.decide(tx, id, DecisionKind::LateRelease, deed, &signers, &release.why).await?;
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

fn reason_of(cause: &Cause) -> ReasonCode {
    match cause {
        Cause::Authority { .. } => ReasonCode::AuthorityOutage,
        Cause::Clock | Cause::Disk | Cause::Database | Cause::Store | Cause::Workers | Cause::Anchor => {
            ReasonCode::SystemFailure
        }
    }
}

/// Refuses an incident that was over before the paper was there, or began when the document's time had passed.
fn in_its_time(document: &Document, incident: &Incident, calendar: &Calendar) -> Result<(), Refusal> {
    let received = document.identity.obtained_on.as_ref().map(|date| date.value);
    let was_over = incident.until.is_some_and(|until| match received {
        Some(day) => calendar.day_of(until) < day,
        None => until < document.taken_in_at,
    });
    if was_over || document.due_at.is_some_and(|due| due < incident.since) {
        return Err(Refusal::IncidentAtOtherTime { incident: incident.incident, document: document.id });
    }
    Ok(())
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
