//! A person states whose a document is, of which kind, from which date, and what else its sources disagree about.

use std::collections::BTreeSet;

use super::hand::{Signers, Why};
use super::queue::{Done, find, supersede, wrong_state};
use super::{Peer, Requests, shown};
use crate::control::facts::Decided;
use crate::control::{Credentials, LookedAt, ReasonGiven, Refusal};
use crate::database::{Tx, unreadable};
use crate::document::{DocumentState, HoldReason};
use crate::identification::{Beside, Facts, IdentityProblem, Stated};
use crate::ids::{DocumentId, Name};
use crate::instant::Instant;
use crate::ledger::decisions::{self, DecisionKind};
use crate::ledger::documents::{self, Document};
use crate::ledger::superseding;
use crate::patients::Patients;
use crate::people::acts::{Deed, SetAside};
use crate::people::register;
use crate::pipeline::driver::StageName;
use crate::pipeline::line::Profiles;
use crate::review;

impl Requests {
    pub(super) fn identify(
        &self,
        by: &Credentials,
        looked: LookedAt,
        facts: Facts,
        supersedes: Option<DocumentId>,
        reason: &ReasonGiven,
        peer: Peer,
    ) -> Result<Decided, Refusal> {
        let (mut why, reason) = Why::read(reason)?;
        let profiles = self.line.profiles();
        self.check(&facts, &profiles)?;
        if facts == Facts::default() && supersedes.is_none() {
            return Err(Refusal::NothingStated);
        }
        let hand = self.hand(peer);
        let today = self.line.calendar().calendar.day_of(hand.now);
        if let Some(day) = facts.obtained_on.filter(|day| *day > today) {
            return Err(Refusal::DayToCome { day });
        }
        let signers = Signers::from(self.prove(by, hand.now)?);
        let document = self.line.database.read::<_, Refusal, _>(async |tx| find(tx, looked.document).await)?;
        check_state(&document)?;
        let claimed = match document.profile {
            Some(_) => BTreeSet::new(),
            None => {
                let claimed = self.line.claimed(&document).map_err(|problem| Refusal::Environment { problem })?;
                claimed.kinds_by_sources
            }
        };
        let replaced = supersedes.map(|earlier| self.replaced(earlier)).transpose()?;
        let patients = self.line.patients();
        let named = facts.patient_id.as_ref().map(|text| patients.normalise(text).ok());
        let done = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let document = shown::find(tx, looked).await?;
            let id = document.id;
            check_state(&document)?;
            check_against(tx, &document, &facts).await?;
            if document.held.is_some_and(HoldReason::asks_for_all) && !facts.say_whose_and_what() {
                return Err(Refusal::StatedInPart { document: id });
            }
            let unsaid = review::is_unsaid(&decisions::of_document(tx, id).await?);
            let known = document.identity.patient.as_ref().filter(|_| !unsaid).map(|known| &known.value.id);
            let patient = named.unwrap_or_else(|| known.cloned());
            check_replacing(tx, &document, patient.as_deref(), unsaid, &patients).await?;
            // Whoever says anew what it is says anew what it replaces.
            match &replaced {
                Some(earlier) => supersede(tx, &document, patient.as_deref(), earlier, &patients).await?,
                None => superseding::set(tx, id, None).await?,
            }
            let before: Vec<Stated> = documents::from_json("document.stated", &document.stated)?;
            let stated = Stated::by_person(facts, &faults(&document), beside(&document), &before);
            why.stated = Some(serde_json::to_value(&stated).map_err(unreadable("document.stated"))?);
            let codes = stated.set_aside.iter().map(IdentityProblem::code);
            let codes = codes.chain(stated.beside.map(|beside| (beside.code(), None)));
            let deed = Deed::Identify {
                document: id,
                state_digest: document.state_digest(),
                reason,
                weaker_profile: asks_less(
                    &document,
                    stated.statement.facts.document_type.as_ref(),
                    &claimed,
                    &profiles,
                ),
                set_aside: codes.map(|(fault, field)| SetAside { fault: fault.to_owned(), field }).collect(),
                supersedes,
            };
            let appended = hand.decide(tx, id, DecisionKind::Identify, deed, &signers, &why).await?;
            state_anew(tx, &document, before, stated, hand.now).await?;
            Ok(Done::one(&document, appended))
        })?;
        self.decided(done, &[StageName::Identification])
    }

    fn check(&self, facts: &Facts, profiles: &Profiles) -> Result<(), Refusal> {
        if let Some(text) = &facts.patient_id {
            self.line
                .patients()
                .normalise(text)
                .map_err(|patient_id| Refusal::MalformedPatientId { text: text.clone(), patient_id })?;
        }
        if let Some(kind) = facts.document_type.as_ref().filter(|kind| profiles.in_force(kind).is_none()) {
            return Err(Refusal::Unknown { what: kind.to_string() });
        }
        Ok(())
    }
}

/// What depends on the document and the register.
async fn check_against(tx: &mut Tx, document: &Document, facts: &Facts) -> Result<(), Refusal> {
    if facts.station.as_ref().is_some_and(|station| *station != document.station) {
        return Err(Refusal::OtherStation { station: document.station.clone() });
    }
    if let Some(operator) = &facts.operator
        && !register::list(tx).await?.iter().any(|person| person.login.as_str() == operator)
    {
        return Err(Refusal::Unknown { what: operator.clone() });
    }
    Ok(())
}

/// Nobody becomes another patient's while a document of the present one is said to take its place: that one would end it.
/// Whose it was said to be with a key that was not theirs any more is nobody's word, so then it has to be named.
async fn check_replacing(
    tx: &mut Tx,
    document: &Document,
    patient: Option<&str>,
    unsaid: bool,
    patients: &Patients,
) -> Result<(), Refusal> {
    for newer in superseding::replacing(tx, document.id).await? {
        if patient.is_none() && unsaid {
            return Err(Refusal::SupersedesUnidentified);
        }
        let theirs = newer.identity.patient.as_ref().map(|theirs| theirs.value.id.as_str());
        if theirs.zip(patient).is_some_and(|(theirs, patient)| !patients.same(theirs, patient)) {
            return Err(Refusal::SupersededByAnothers { document: newer.id });
        }
    }
    Ok(())
}

/// The faults with which the document is held, as `queue show` shows them.
fn faults(document: &Document) -> Vec<IdentityProblem> {
    #[derive(serde::Deserialize)]
    struct Detail {
        problems: Vec<IdentityProblem>,
    }
    // Held for another reason, the detail has none.
    let detail = document.held_detail.as_deref().and_then(|detail| serde_json::from_str::<Detail>(detail).ok());
    detail.map(|detail| detail.problems).unwrap_or_default()
}

/// Beside what the document is held, as `queue show` shows it.
fn beside(document: &Document) -> Option<Beside> {
    document.held_detail.as_deref().and_then(|detail| serde_json::from_str(detail).ok())
}

/// While a stage has it in hand nobody can say what was seen; signed, it is too late.
fn check_state(document: &Document) -> Result<(), Refusal> {
    match (document.state, document.held) {
        (DocumentState::Identifying, Some(_))
        | (DocumentState::Inspecting, Some(HoldReason::SourceChanged))
        | (DocumentState::Review | DocumentState::AwaitingConfirmation, _) => Ok(()),
        _ => Err(wrong_state(document)),
    }
}

/// Whether the kind that is stated selects a profile that asks for less than the present one. Where none is known yet, than
/// those of the kinds that what came with the document says; and one that no delivery may choose asks for less always.
fn asks_less(document: &Document, kind: Option<&Name>, claimed: &BTreeSet<Name>, profiles: &Profiles) -> bool {
    let Some(new) = kind.and_then(|kind| profiles.in_force(kind)) else { return false };
    match document.profile.as_ref().and_then(|present| profiles.exactly(present)) {
        Some(present) => new.profile.asks_less_than(&present.profile),
        None => {
            let mut claimed = claimed.iter().filter_map(|kind| profiles.in_force(kind));
            new.profile.is_chosen_by_people_only()
                || claimed.any(|claimed| new.profile.asks_less_than(&claimed.profile))
        }
    }
}

async fn state_anew(
    tx: &mut Tx,
    document: &Document,
    mut before: Vec<Stated>,
    stated: Stated,
    now: Instant,
) -> Result<(), Refusal> {
    before.push(stated);
    documents::set_stated(tx, document.id, &documents::to_json("document.stated", &before)?).await?;
    match (document.state, document.held) {
        (DocumentState::Identifying, Some(held)) => documents::resume(tx, document.id, held, now).await?,
        (from, _) => documents::move_on(tx, document.id, from, DocumentState::Identifying, now).await?,
    }
    Ok(())
}
