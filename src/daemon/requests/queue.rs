//! What the decisions about documents share: finding them, weighing them, and letting them go on.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::Requests;
use super::hand::Hand;
use crate::control::Refusal;
use crate::control::facts::Decided;
use crate::database::{DatabaseError, Tx};
use crate::document::{DocumentState, HoldReason};
use crate::ids::{DocumentId, Name};
use crate::journal::append::Appended;
use crate::journal::{Draft, Kind, Subject};
use crate::judgement::Judgement;
use crate::ledger::decisions;
use crate::ledger::document_may_move;
use crate::ledger::documents::{self, Document};
use crate::ledger::superseding;
use crate::patients::Patients;
use crate::pipeline::driver::StageName;
use crate::pipeline::line::{Adopted, Profiles};
use crate::review::{self, Need};

/// More documents than this are decided about in several requests: the one writer serves others in between.
const MOST_DOCUMENTS: usize = 1000;

/// The documents that a request names: some, not too many, each once.
pub(super) fn named<T: Copy + Ord>(documents: Vec<T>) -> Result<Vec<T>, Refusal> {
    if documents.is_empty() || documents.len() > MOST_DOCUMENTS {
        return Err(Refusal::DocumentsNamed { most: MOST_DOCUMENTS as u64 });
    }
    let mut seen = BTreeSet::new();
    Ok(documents.into_iter().filter(|document| seen.insert(*document)).collect())
}

pub(super) async fn find(tx: &mut Tx, id: DocumentId) -> Result<Document, Refusal> {
    documents::get(tx, id).await?.ok_or_else(|| Refusal::Unknown { what: id.to_string() })
}

/// The document is not where it would have to be.
pub(super) fn wrong_state(document: &Document) -> Refusal {
    Refusal::WrongState {
        state: document.state.to_string(),
        held: document.held.map(|held| held.to_string()).unwrap_or_default(),
    }
}

/// Whether its file was changed after it was taken: whoever says first what it is may then accept or confirm it.
pub(super) fn source_changed(document: &Document) -> bool {
    document.held == Some(HoldReason::SourceChanged)
}

/// Moves a document that a person ends.
pub(super) async fn end(tx: &mut Tx, document: &Document, to: DocumentState, hand: &Hand) -> Result<(), Refusal> {
    Ok(documents::move_on(tx, document.id, document.state, to, hand.now).await?)
}

/// A document whose place another is to take, and the patients whom anybody says it is of.
pub(super) struct Replaced {
    id: DocumentId,
    patients: BTreeSet<String>,
}

/// Lets `document`, which is `patient`'s, take the place of an earlier one that still waits for something or was sent back.
pub(super) async fn supersede(
    tx: &mut Tx,
    document: &Document,
    patient: Option<&str>,
    earlier: &Replaced,
    patients: &Patients,
) -> Result<(), Refusal> {
    let patient = patient.ok_or(Refusal::SupersedesUnidentified)?;
    let found = find(tx, earlier.id).await?;
    let settled = settled(tx, &found).await?;
    let mut theirs = settled.into_iter().chain(&earlier.patients).peekable();
    if theirs.peek().is_some() && !theirs.any(|theirs| patients.same(theirs, patient)) {
        return Err(Refusal::SupersedesAnothers { document: earlier.id });
    }
    if !superseding::may_be_superseded(&found) || !superseding::came_before(tx, found.id, document.id).await? {
        return Err(Refusal::NotSupersedable { document: earlier.id });
    }
    Ok(superseding::set(tx, document.id, Some(earlier.id)).await?)
}

/// Whose a document is, where that was settled and not undone. Of one that has ended nobody will say it anew.
async fn settled<'d>(tx: &mut Tx, document: &'d Document) -> Result<Option<&'d String>, DatabaseError> {
    let unsaid = document.state.is_open() && review::is_unsaid(&decisions::of_document(tx, document.id).await?);
    Ok(document.identity.patient.as_ref().filter(|_| !unsaid).map(|patient| &patient.value.id))
}

pub(super) fn check_may_move(document: &Document, to: DocumentState) -> Result<(), Refusal> {
    if document_may_move(document.state, to) { Ok(()) } else { Err(wrong_state(document)) }
}

/// A judged document, and what it still asks of people.
pub(super) struct Weighed {
    pub(super) adopted: Arc<Adopted>,
    pub(super) judgement: Judgement,
    pub(super) needs: Vec<Need>,
}

/// Weighs a document that was judged under the profile it has.
pub(super) async fn weigh(tx: &mut Tx, document: &Document, profiles: &Profiles) -> Result<Weighed, Refusal> {
    let adopted = document.profile.as_ref().and_then(|reference| profiles.exactly(reference));
    let (Some(judgement), Some(adopted)) = (&document.judgement, adopted) else { return Err(wrong_state(document)) };
    if judgement.profile != *adopted.profile.reference() {
        return Err(wrong_state(document));
    }
    let decided = decisions::of_document(tx, document.id).await?;
    let needs = review::needs(&document.identity, judgement, &adopted.profile, &decided);
    Ok(Weighed { adopted: Arc::clone(adopted), judgement: judgement.clone(), needs })
}

/// Asks anew what the document needs after a decision, and moves it there.
pub(super) async fn go_on(tx: &mut Tx, document: &Document, profiles: &Profiles, hand: &Hand) -> Result<(), Refusal> {
    let Weighed { needs, .. } = weigh(tx, document, profiles).await?;
    let (to, held) = review::route(&needs);
    if to != document.state {
        documents::move_on(tx, document.id, document.state, to, hand.now).await?;
    }
    if let Some(reason) = held {
        hold(tx, document.id, to, reason, &needs, hand).await?;
    }
    Ok(())
}

/// What waits for people asks them for what a revocation, entered at `by`, has undone. Whatever a stage has in hand or in
/// front of it is asked there.
pub(super) async fn ask_anew(tx: &mut Tx, by: u64, profiles: &Profiles, hand: &Hand) -> Result<(), Refusal> {
    use DocumentState::{AwaitingConfirmation, Review, Signing};
    for id in decisions::undone_in(tx, by).await? {
        let document = match readable(tx, id).await {
            Ok(Some(document)) => document,
            // It asks nobody anything; the status tells of it, and no key stays in force for that.
            Ok(None) | Err(DatabaseError::Unreadable(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        match (document.state, document.held) {
            // Whoever says what it is now says all of it.
            (_, Some(HoldReason::SourceChanged)) => {}
            (Review | AwaitingConfirmation, _) => {
                let needs = match weigh(tx, &document, profiles).await {
                    Ok(weighed) => weighed.needs,
                    // Judged under a profile that is not known any more, it waits as it did: no key stays in force for that.
                    Err(Refusal::WrongState { .. }) => continue,
                    Err(refusal) => return Err(refusal),
                };
                // A signature that came too late is for the manager all the same, though no need says so.
                if let (Review, Some(_)) = review::route(&needs) {
                    go_on(tx, &document, profiles, hand).await?;
                }
            }
            (Signing, Some(HoldReason::NoSession)) => {
                documents::resume(tx, id, HoldReason::NoSession, hand.now).await?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// A document whose row can be read, with all that was decided about it.
async fn readable(tx: &mut Tx, id: DocumentId) -> Result<Option<Document>, DatabaseError> {
    decisions::of_document(tx, id).await?;
    documents::get(tx, id).await
}

async fn hold(
    tx: &mut Tx,
    id: DocumentId,
    state: DocumentState,
    reason: HoldReason,
    needs: &[Need],
    hand: &Hand,
) -> Result<(), Refusal> {
    let detail = documents::to_json("document.held_detail", &serde_json::json!({ "code": "needs", "needs": needs }))?;
    documents::hold(tx, id, state, reason, Some(&detail), hand.now).await?;
    let entry = Draft::by_system(Kind::DocumentHeld, Subject::document(id)).fact("reason", reason);
    hand.note(tx, entry).await?;
    Ok(())
}

/// What was decided, and at which stations intake has something to do with it.
pub(super) struct Done {
    documents: Vec<DocumentId>,
    stations: BTreeSet<Name>,
    last: Option<Appended>,
}

impl Done {
    pub(super) fn none() -> Self {
        Self { documents: Vec::new(), stations: BTreeSet::new(), last: None }
    }

    pub(super) fn add(&mut self, document: &Document, appended: Appended) {
        self.documents.push(document.id);
        self.stations.insert(document.station.clone());
        self.last = Some(appended);
    }

    pub(super) fn one(document: &Document, appended: Appended) -> Self {
        let mut done = Self::none();
        done.add(document, appended);
        done
    }
}

impl Requests {
    /// Looks at the document whose place another is to take. Where nobody has settled whose it is, its sources speak.
    pub(super) fn replaced(&self, id: DocumentId) -> Result<Replaced, Refusal> {
        let (found, is_settled) = self.line.database.read::<_, Refusal, _>(async |tx| {
            let found = find(tx, id).await?;
            let is_settled = settled(tx, &found).await?.is_some();
            Ok((found, is_settled))
        })?;
        let patients = if !is_settled && found.state.is_open() {
            self.line.claimed(&found).map_err(|problem| Refusal::Environment { problem })?.patients
        } else {
            BTreeSet::new()
        };
        Ok(Replaced { id, patients })
    }

    /// Wakes whoever has something to do now, and answers.
    pub(super) fn decided(&self, done: Done, stages: &[StageName]) -> Result<Decided, Refusal> {
        self.line.shared.wake(stages);
        // What ended or moved may leave its note or its source behind.
        for station in &done.stations {
            (self.hooks.wake_intake)(station);
        }
        if let Some(intake) = self.line.intake.get() {
            // What was asked of the station is settled, unless a stage holds it for something new already.
            for id in &done.documents {
                let found = self.line.database.read(async |tx| documents::get(tx, *id).await)?;
                if let Some(document) = found.filter(|document| document.held.is_none() || !document.state.is_open()) {
                    intake.clear_note(&document.station, *id);
                }
            }
        }
        let last = done.last.ok_or_else(|| DatabaseError::Conflict("nothing was decided".into()))?;
        Ok(Decided { documents: done.documents, journal_index: last.index, entry: last.entry })
    }
}
