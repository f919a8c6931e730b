//! Who looked at what, what leaves the house, and the clock that somebody looked at.

use std::sync::Arc;

use super::hand::{Signers, Why, text};
use super::people::noted;
use super::{Peer, Requests, shown};
use crate::clock;
use crate::control::facts::{Exported, Noted};
use crate::control::{Credentials, EXPORT_REASONS, MOST_VIEWED, ReasonGiven, Refusal, Viewed};
use crate::database::{DatabaseError, Tx};
use crate::document::HoldReason;
use crate::ids::{Digest, RecordId};
use crate::journal::backups::BackedUp;
use crate::journal::{Actor, Draft, Kind, Subject, read, stamping};
use crate::ledger::clock_state::{self, ClockState, KnownRight};
use crate::ledger::{deliveries, documents};
use crate::people::acts::Deed;
use crate::people::{Role, appointments};
use crate::pipeline::driver::StageName;
use crate::store::records;

/// Who may hand a record out.
const EXPORTERS: &[Role] = &[Role::InformationManager, Role::Auditor];

impl Requests {
    /// Who may read the home's files may look, and the machine's accounts say who that is: a role is asked of nobody, or
    /// whoever lacks it would look without a name.
    pub(super) fn view(&self, by: Option<&Credentials>, what: Vec<Viewed>, peer: Peer) -> Result<Noted, Refusal> {
        let hand = self.hand(peer);
        let person = by.map(|by| self.prove(by, hand.now)).transpose()?.map(|signer| signer.person());
        if what.is_empty() || what.len() > MOST_VIEWED {
            return Err(Refusal::DocumentsNamed { most: MOST_VIEWED as u64 });
        }
        let appended = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let together = what.len();
            let mut last = None;
            for what in what {
                let entry = viewing(tx, what).await?;
                // Whoever was shown a line among many saw less than whoever was shown that one.
                let entry = if together > 1 { entry.fact("together", together) } else { entry };
                let actor = person.map_or(Actor::System, Actor::Person);
                let subject = Subject { person, ..entry.subject };
                last = Some(hand.append(tx, Draft { actor, subject, ..entry }).await?);
            }
            last.ok_or(Refusal::DocumentsNamed { most: MOST_VIEWED as u64 })
        })?;
        Ok(noted(appended))
    }

    /// Whoever may ask at this socket may read the home's files, and so back them up.
    pub(super) fn note_backup(&self, backed_up: &BackedUp, peer: Peer) -> Result<Noted, Refusal> {
        let (hand, entry) = (self.hand(peer), backed_up.draft());
        let appended = self.line.database.write::<_, Refusal, _>(async move |tx| hand.append(tx, entry).await)?;
        Ok(noted(appended))
    }

    pub(super) fn export(
        &self,
        by: &Credentials,
        id: RecordId,
        reason: &ReasonGiven,
        peer: Peer,
    ) -> Result<Exported, Refusal> {
        // The code stands in clear in the journal, so it is one of a list; what else is said of it stays private.
        let code = reason.code.to_string();
        if !EXPORT_REASONS.contains(&code.as_str()) {
            return Err(Refusal::UnknownReason { reason: code });
        }
        let remark = text(reason);
        let hand = self.hand(peer);
        let person = self.prove(by, hand.now)?.person();
        let appended = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let held = appointments::roles(tx, person, hand.now).await?;
            check_role(EXPORTERS, |role| held.contains(role))?;
            let found = records::get(tx, id).await?.ok_or_else(|| Refusal::Unknown { what: id.to_string() })?;
            let subject = Subject { record: Some(id), person: Some(person), ..Subject::document(found.document) };
            let entry = Draft::by_person(Kind::RecordExported, person, subject)
                .fact("reason", code)
                .fact("record_digest", found.digest);
            let entry = match remark {
                Some(remark) => entry.private(serde_json::json!({ "remark": remark })),
                None => entry,
            };
            hand.append(tx, entry).await
        })?;
        Ok(Exported { record: id, journal_index: appended.index })
    }

    pub(super) fn acknowledge_clock(
        &self,
        by: &Credentials,
        shown: Digest,
        reason: &ReasonGiven,
        peer: Peer,
    ) -> Result<Noted, Refusal> {
        let (why, reason) = Why::read(reason)?;
        let hand = self.hand(peer);
        let signers = Signers::from(self.prove(by, hand.now)?);
        let (agreement, problem) = (clock::since_boot_offset(), self.line.clock.problem());
        if shown::of_clock(&self.line.clock)? != shown {
            return Err(Refusal::ClockChangedSinceShown);
        }
        let (deed, line) = (Deed::AcknowledgeClock { problem, reason }, Arc::clone(&self.line));
        let appended = self.line.database.write::<_, Refusal, _>(async move |tx| {
            // What comes in from here on promises its time, and would stand before what an authority has stamped. Behind mere
            // entries it may lie, for a clock that ran ahead has dated them.
            let of_journal = stamping::newest(tx).await?.map(|newest| newest.stamped_at);
            let stamped = of_journal.into_iter().chain(clock_state::last_stamp(tx).await?).max();
            if let Some(stamped_at) = stamped.filter(|stamped| line.clock.behind(*stamped).is_some()) {
                return Err(Refusal::ClockBehindStamp { stamped_at });
            }
            let appended = hand.act(tx, deed, &signers, why.private()?).await?;
            let doubting = clock_state::get(tx).await?.and_then(|kept| kept.doubting);
            // Whoever looked vouches for what comes from here on, as a stamp would.
            let right = Some(KnownRight { boot: clock::boot(), agreement, size: appended.index });
            clock_state::set(tx, &ClockState { boot: clock::boot(), agreement, problem: None, right, doubting })
                .await?;
            Ok(appended)
        })?;
        self.line.clock.believe(agreement, problem);
        // Another doubt may stand behind the one that was looked at, and what waits goes on waiting for that.
        if self.line.clock.problem().is_some() {
            return Ok(noted(appended));
        }
        // Only now: what goes on must find a clock that is believed.
        let now = self.line.clock.now();
        self.line.database.write::<_, DatabaseError, _>(async move |tx| {
            documents::resume_all(tx, None, HoldReason::Clock, now).await
        })?;
        self.line.shared.wake(&[StageName::Signing, StageName::Stamping]);
        Ok(noted(appended))
    }
}

/// The entry of a look at what there is.
async fn viewing(tx: &mut Tx, what: Viewed) -> Result<Draft, Refusal> {
    let unknown = |what: String| Refusal::Unknown { what };
    match what {
        Viewed::Document(id) => {
            documents::get(tx, id).await?.ok_or_else(|| unknown(id.to_string()))?;
            Ok(Draft::by_system(Kind::DocumentViewed, Subject::document(id)))
        }
        Viewed::Record(id) => {
            let found = records::get(tx, id).await?.ok_or_else(|| unknown(id.to_string()))?;
            let subject = Subject { record: Some(id), ..Subject::document(found.document) };
            Ok(Draft::by_system(Kind::RecordViewed, subject).fact("record_digest", found.digest))
        }
        Viewed::Delivery(id) => {
            deliveries::get(tx, id).await?.ok_or_else(|| unknown(id.to_string()))?;
            Ok(Draft::by_system(Kind::DeliveryViewed, Subject::delivery(id)))
        }
        Viewed::PatientsRecords(patient_id) => Ok(Draft::by_system(Kind::RecordsSearched, Subject::default())
            .private(serde_json::json!({ "patient_id": patient_id }))),
        Viewed::PrivateParts(entries) => {
            if entries.len() > MOST_VIEWED {
                return Err(Refusal::DocumentsNamed { most: MOST_VIEWED as u64 });
            }
            let size = read::head(tx).await?.map_or(0, |head| head.size);
            if let Some(beyond) = entries.iter().find(|index| **index >= size) {
                return Err(unknown(beyond.to_string()));
            }
            Ok(Draft::by_system(Kind::PrivatePartsViewed, Subject::default()).fact("entries", entries))
        }
    }
}

pub(super) fn check_role(needed: &[Role], holds: impl Fn(&Role) -> bool) -> Result<(), Refusal> {
    if needed.iter().any(holds) {
        return Ok(());
    }
    let role = needed.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ");
    Err(Refusal::RoleNeeded { role })
}
