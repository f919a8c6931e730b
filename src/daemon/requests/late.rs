//! Releasing what came late for an unavoidable reason (9.2-C1(1), our reading).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::civil::Date;

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
                    let received = document.identity.obtained_on.as_ref().map(|date| date.value);
                    if !can_be_why(incident, received, document.taken_in_at, document.due_at, calendar) {
                        return Err(Refusal::IncidentAtOtherTime { incident: incident.incident, document: id });
                    }
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

/// Whether an incident can have made something late: it was not over before the paper was there, and began while there was time.
fn can_be_why(
    incident: &Incident,
    received: Option<Date>,
    taken_in_at: Instant,
    due_at: Option<Instant>,
    calendar: &Calendar,
) -> bool {
    let was_over = incident.until.is_some_and(|until| match received {
        Some(day) => calendar.day_of(until) < day,
        None => until < taken_in_at,
    });
    !was_over && due_at.is_none_or(|due| incident.since <= due)
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::DEFAULT_CALENDAR;

    #[test]
    fn an_incident_is_why_only_where_it_fell_into_the_documents_time() {
        let (calendar, _) = Calendar::parse(DEFAULT_CALENDAR.as_bytes(), "calendar.toml").unwrap();
        let at = |text: &str| format!("2026-11-{text}:00.000000Z").parse::<Instant>().unwrap();
        let why = |since, until, received: Option<&str>, due| {
            let (incident, cause) = (IncidentId::new(), Cause::Clock);
            let incident = Incident { incident, cause, since: at(since), until: Some(at(until)) };
            let received = received.map(|day| day.parse().unwrap());
            can_be_why(&incident, received, at("24T02:00"), Some(at(due)), &calendar)
        };
        // Received on the 24th, taken in at 11:00 in Tokyo, due at 17:00.
        let (day, due) = (Some("2026-11-24"), "24T08:00");
        assert!(why("24T03:00", "25T03:00", day, due));
        assert!(why("20T03:00", "24T01:00", day, due), "it lasted into that morning");
        assert!(why("24T08:00", "24T09:00", day, due), "it began at the last moment");
        assert!(!why("20T03:00", "23T14:59", day, due), "it was over the day before");
        assert!(!why("24T08:01", "25T03:00", day, due), "the time had passed");
        // Where nobody knows when the paper came, the intake counts.
        assert!(why("20T03:00", "24T02:00", None, due) && !why("20T03:00", "24T01:59", None, due));
    }
}
