//! A document as the database has it, and the parts of a page that tell of it.

use jiff::civil::Date;
use serde_json::Value;

use crate::cli::desk::ReadOnly;
use crate::cli::journal::entries;
use crate::cli::page::{Page, Tone};
use crate::cli::{Desk, Failure, Words};
use crate::control::facts::{DeliveryRow, DeliveryShown, DocumentFacts, DocumentRow, DocumentShown, Proposal, Whose};
use crate::daemon::requests::shown;
use crate::database::{DatabaseError, Tx, unreadable};
use crate::document::{DocumentState, HoldReason};
use crate::identification::Flag;
use crate::identity::Source;
use crate::ids::{DeliveryId, DocumentId};
use crate::journal::read;
use crate::judgement::Severity;
use crate::ledger::deliveries::{self, Delivery};
use crate::ledger::documents::{self, Document};
use crate::ledger::{profiles, superseding};
use crate::people::register;
use crate::profile::lint;

/// A document with its history.
pub(super) fn shown(database: &ReadOnly, id: DocumentId) -> Result<DocumentShown, Failure> {
    shown_if_there(database, id)?.ok_or_else(|| Failure::NotFound { what: id.to_string() })
}

/// [`shown`], where there is such a document.
pub(super) fn shown_if_there(database: &ReadOnly, id: DocumentId) -> Result<Option<DocumentShown>, Failure> {
    database.read(async |tx| {
        let Some(document) = documents::get(tx, id).await? else { return Ok(None) };
        let supersedes = document.supersedes;
        let proposals = if document.state.is_open() && supersedes.is_none() {
            superseding::proposals(tx, &document).await?
        } else {
            Vec::new()
        };
        let proposals = proposals.into_iter().map(|(found, likeness)| Proposal {
            document: found.id,
            state: found.state,
            held: found.held,
            taken_in_at: found.taken_in_at,
            likeness,
        });
        let proposals = proposals.collect();
        let document = of_document(tx, document).await?;
        let profile = match &document.profile {
            Some(profile) => profiles::get(tx, &profile.id, profile.version).await?,
            None => None,
        };
        let clause = profile.and_then(|version| lint(&version.bytes, "").ok()).map(|(profile, _)| profile.clause);
        let stored = read::story_of_document(tx, id).await?;
        let history = entries::of(tx, stored, true).await?;
        Ok(Some(DocumentShown { document, clause, supersedes, proposals, history, pages: None }))
    })
}

/// Documents as they stand, all at one moment.
pub(super) fn documents(database: &ReadOnly, ids: &[DocumentId]) -> Result<Vec<DocumentFacts>, Failure> {
    let found = database.read(async |tx| {
        let mut found = Vec::new();
        for id in ids {
            match documents::get(tx, *id).await? {
                Some(document) => found.push(of_document(tx, document).await?),
                None => return Ok(Err(id)),
            }
        }
        Ok(Ok(found))
    })?;
    found.map_err(|id| Failure::NotFound { what: id.to_string() })
}

pub(super) async fn of_document(tx: &mut Tx, document: Document) -> Result<DocumentFacts, DatabaseError> {
    let parts = documents::parts(tx, document.id).await?;
    let shown = shown::of_document(&document, &parts)?;
    let assigned_to = match document.assigned_to {
        Some(id) => register::get(tx, id).await?.map(|person| person.login.to_string()),
        None => None,
    };
    Ok(DocumentFacts {
        document: document.id,
        station: document.station,
        state: document.state,
        held: document.held,
        held_detail: document.held_detail.as_deref().map(value),
        identity: document.identity,
        claims: document.claims,
        flags: serde_json::from_str(&document.flags).map_err(unreadable("document.flags"))?,
        profile: document.profile,
        judgement: document.judgement,
        parts,
        taken_in_at: document.taken_in_at,
        due_at: document.due_at,
        assigned_to,
        shown,
    })
}

/// A document as a list has it; with `whose`, by what people find it too.
pub(super) fn row(document: DocumentFacts, whose: bool) -> DocumentRow {
    let identity = document.identity;
    let whose = whose.then(|| {
        let (patient_id, patient_name) = identity.patient.map(|patient| (patient.value.id, patient.value.name)).unzip();
        let files = document.parts.iter().map(|part| part.delivered_name.clone()).collect();
        Whose { patient_id, patient_name, files }
    });
    let findings = document.judgement.map(|judgement| judgement.findings).unwrap_or_default();
    let mut checks: Vec<_> =
        findings.into_iter().filter(|found| found.severity > Severity::Pass).map(|found| found.check).collect();
    checks.dedup();
    DocumentRow {
        document: document.document,
        station: document.station,
        state: document.state,
        held: document.held,
        document_type: identity.document_type.map(|kind| kind.value),
        obtained_on: identity.obtained_on.map(|date| date.value),
        pages: document.parts.iter().map(|part| part.page_count).fold(0, u32::saturating_add),
        profile: document.profile,
        checks,
        taken_in_at: document.taken_in_at,
        due_at: document.due_at,
        assigned_to: document.assigned_to,
        whose,
    }
}

/// A delivery as it stands.
pub(super) fn delivery(database: &ReadOnly, id: DeliveryId) -> Result<DeliveryShown, Failure> {
    let found = database.read(async |tx| {
        let Some(delivery) = deliveries::get(tx, id).await? else { return Ok(None) };
        let shown = shown::of_delivery(&delivery)?;
        Ok(Some(DeliveryShown { delivery: of_delivery(delivery, true), shown }))
    })?;
    found.ok_or_else(|| Failure::NotFound { what: id.to_string() })
}

/// A delivery as a list has it; with `named`, under its name too.
pub(super) fn of_delivery(delivery: Delivery, named: bool) -> DeliveryRow {
    DeliveryRow {
        delivery: delivery.id,
        station: delivery.station,
        state: delivery.state,
        name: Some(delivery.source_display).filter(|_| named),
        first_seen_at: delivery.first_seen_at,
        problem: delivery.problem.as_deref().map(value),
    }
}

/// What a column says in JSON; what it says otherwise is text.
fn value(json: &str) -> Value {
    serde_json::from_str(json).unwrap_or_else(|_| Value::String(json.to_owned()))
}

/// How grave it is where a document stands.
pub(in crate::cli) fn tone(state: DocumentState, held: Option<HoldReason>) -> Tone {
    use DocumentState as State;
    match (held, state) {
        (Some(HoldReason::Rejected | HoldReason::Late), _) | (None, State::SentBack) => Tone::Bad,
        (Some(_), _) | (None, State::Review | State::AwaitingConfirmation) => Tone::Warning,
        (None, State::Filed | State::Disposed) => Tone::Good,
        (None, _) => Tone::Waiting,
    }
}

/// Whose a document is, of which kind, from which dates, and where each of these came from.
pub(super) fn identity(desk: &Desk, page: &mut Page, document: &DocumentFacts) {
    let words = &desk.words;
    let identity = &document.identity;
    let from = |value: String, source: Source| {
        let source = words.word("source", &spelling(&source));
        words.with("cli-value-from", &[("value", value.into()), ("source", source.into())])
    };
    let date = |date: &crate::identity::Sourced<Date>| from(words.date(date.value), date.from);
    let unknown = || Some(words.say("unknown"));
    let patient = identity.patient.as_ref();
    let pages: u32 = document.parts.iter().map(|part| part.page_count).fold(0, u32::saturating_add);
    page.pairs(&[
        (
            words.say("column-patient"),
            patient.map(|p| from(format!("{} {}", p.value.id, p.value.name), p.from)).or_else(unknown),
        ),
        (words.say("column-kana"), patient.and_then(|p| p.value.kana.clone())),
        (words.say("column-birth-date"), patient.and_then(|p| p.value.birth_date).map(|date| words.date(date))),
        (
            words.say("column-kind"),
            identity.document_type.as_ref().map(|kind| from(kind.value.to_string(), kind.from)).or_else(unknown),
        ),
        (words.say("column-obtained"), identity.obtained_on.as_ref().map(date).or_else(unknown)),
        (words.say("column-document-date"), identity.document_date.as_ref().map(date)),
        (words.say("column-scanned-at"), identity.scanned_at.as_ref().map(|at| from(words.time(at.value), at.from))),
        (words.say("column-operator"), identity.operator.as_ref().map(|who| from(who.value.clone(), who.from))),
        (words.say("column-pages"), Some(pages.to_string())),
        (words.say("column-file"), Some(files(document)).filter(|files| !files.is_empty())),
    ]);
    flags(words, page, &document.flags);
}

/// What it may be a rescan of.
pub(super) fn proposals(words: &Words, page: &mut Page, proposals: &[Proposal]) {
    if proposals.is_empty() {
        return;
    }
    page.heading(&words.say("queue-proposals"));
    for proposal in proposals {
        let standing = words.standing(proposal.state, proposal.held);
        page.below(&words.with(
            "queue-proposal",
            &[
                ("document", proposal.document.to_string().into()),
                ("standing", standing.into()),
                ("taken_in", words.time(proposal.taken_in_at).into()),
                ("likeness", words.word("likeness", &spelling(&proposal.likeness)).into()),
            ],
        ));
    }
    page.small(&words.say("queue-proposal-how"));
}

/// What of an identity does not stand in the way but belongs before a person's eyes.
pub(in crate::cli) fn flags(words: &Words, page: &mut Page, flags: &[Flag]) {
    for flag in flags {
        page.below(&words.coded("flag", flag));
    }
}

fn files(document: &DocumentFacts) -> String {
    let names: Vec<_> = document.parts.iter().map(|part| part.delivered_name.as_str()).collect();
    names.join(", ")
}

/// The kebab-case spelling that JSON and the catalogue share.
fn spelling(code: &impl serde::Serialize) -> String {
    serde_json::to_value(code).ok().and_then(|value| value.as_str().map(ToOwned::to_owned)).unwrap_or_default()
}
