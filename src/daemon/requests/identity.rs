//! A person states whose a document is, of which kind, from which date.

use jiff::civil::Date;

use super::hand::{Signers, Why};
use super::queue::{Done, find, wrong_state};
use super::{Peer, Requests, state};
use crate::control::facts::Decided;
use crate::control::{Credentials, ReasonGiven, Refusal};
use crate::database::{Tx, unreadable};
use crate::document::DocumentState;
use crate::identification::{Facts, Statement};
use crate::identity::Source;
use crate::ids::{DocumentId, Name};
use crate::instant::Instant;
use crate::ledger::decisions::DecisionKind;
use crate::ledger::documents::{self, Document};
use crate::people::acts::Deed;
use crate::pipeline::driver::StageName;
use crate::pipeline::line::Profiles;

/// What is stated; what is absent stays as it is.
pub(super) struct Stated {
    pub(super) patient_id: Option<String>,
    pub(super) document_type: Option<Name>,
    pub(super) obtained_on: Option<Date>,
}

impl Requests {
    pub(super) fn identify(
        &self,
        by: &Credentials,
        id: DocumentId,
        stated: Stated,
        reason: &ReasonGiven,
        peer: Peer,
    ) -> Result<Decided, Refusal> {
        let (mut why, _) = Why::read(reason)?;
        let profiles = self.line.profiles();
        let statement = self.statement(stated, &profiles)?;
        let hand = self.hand(peer);
        let today = self.line.calendar().calendar.day_of(hand.now);
        if let Some(day) = statement.facts.obtained_on.filter(|day| *day > today) {
            return Err(Refusal::DayToCome { day });
        }
        why.stated = Some(serde_json::to_value(&statement).map_err(unreadable("document.stated"))?);
        let signers = Signers::from(self.prove(by, hand.now)?);
        let done = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let document = find(tx, id).await?;
            check_state(&document)?;
            let deed = Deed::Identify {
                document: id,
                state_digest: state::of(tx, &document).await?,
                weaker_profile: asks_less(&document, statement.facts.document_type.as_ref(), &profiles),
            };
            let appended = hand.decide(tx, id, DecisionKind::Identify, deed, &signers, &why).await?;
            state_anew(tx, &document, statement, hand.now).await?;
            Ok(Done::one(&document, appended))
        })?;
        self.decided(done, &[StageName::Identification])
    }

    fn statement(&self, stated: Stated, profiles: &Profiles) -> Result<Statement, Refusal> {
        let Stated { patient_id, document_type, obtained_on } = stated;
        if patient_id.is_none() && document_type.is_none() && obtained_on.is_none() {
            return Err(Refusal::NothingStated);
        }
        if let Some(text) = &patient_id {
            self.line
                .patients()
                .normalise(text)
                .map_err(|patient_id| Refusal::MalformedPatientId { text: text.clone(), patient_id })?;
        }
        if let Some(kind) = &document_type
            && profiles.in_force(kind).is_none()
        {
            return Err(Refusal::Unknown { what: kind.to_string() });
        }
        let facts = Facts { patient_id, document_type, obtained_on, ..Facts::default() };
        Ok(Statement { from: Source::Person, facts })
    }
}

/// While a stage has it in hand nobody can say what was seen; signed, it is too late.
fn check_state(document: &Document) -> Result<(), Refusal> {
    match (document.state, document.held) {
        (DocumentState::Identifying, Some(_)) | (DocumentState::Review | DocumentState::AwaitingConfirmation, _) => {
            Ok(())
        }
        _ => Err(wrong_state(document)),
    }
}

/// Whether the kind that is stated selects a profile that asks for less than the present one. Where none is known yet, one
/// that no delivery may choose is one that asks for less.
fn asks_less(document: &Document, kind: Option<&Name>, profiles: &Profiles) -> bool {
    let Some(new) = kind.and_then(|kind| profiles.in_force(kind)) else { return false };
    match document.profile.as_ref().and_then(|present| profiles.exactly(present)) {
        Some(present) => new.profile.asks_less_than(&present.profile),
        None => new.profile.is_chosen_by_people_only(),
    }
}

async fn state_anew(tx: &mut Tx, document: &Document, statement: Statement, now: Instant) -> Result<(), Refusal> {
    let mut stated: Vec<Statement> = documents::from_json("document.stated", &document.stated)?;
    stated.push(statement);
    documents::set_stated(tx, document.id, &documents::to_json("document.stated", &stated)?).await?;
    match (document.state, document.held) {
        (DocumentState::Identifying, Some(held)) => documents::resume(tx, document.id, held, now).await?,
        (from, _) => documents::move_on(tx, document.id, from, DocumentState::Identifying, now).await?,
    }
    Ok(())
}
