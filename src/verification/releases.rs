//! Whatever a check held or rejected, and whatever the profile wants confirmed, must have been released by a person; and
//! the journal's entries must be those that the record names.

use super::anchored::{AtHand, Proven};
use super::finding::{Doubt, Fact, Fault, Objection, Outcome};
use super::record::Read;
use super::state;
use crate::evidence::record::DecisionRef;
use crate::ids::Digest;
use crate::judgement::{IMPOSSIBLE_DATE, LATENESS, Outcome as Found, Severity};
use crate::ledger::decisions::DecisionKind;
use crate::people::acts::{Act, Deed};
use crate::people::sessions::Attested;
use crate::profile::{Confirm, Exceptions, Fact as Required, KNOWN_OUTCOMES};

/// Judges the decisions.
pub(super) fn releases(record: &Read, journal: &AtHand) -> Outcome {
    identity(record)?;
    needed(record)?;
    // No exception releases what this build cannot do, and it cannot judge whether another build did.
    if let Err(not_carried) = record.profile.carried() {
        return Err(Doubt::ProfileNotCarried { not_carried }.into());
    }
    let named = &record.json.decisions;
    if named.is_empty() {
        return match record.json.supersedes {
            None => Ok(Fact::NothingToRelease),
            Some(document) => Err(Fault::SupersedesUnsigned { document }.into()),
        };
    }
    let decisions = named.len() as u64;
    if !named.is_sorted_by(|earlier, later| earlier.journal_index < later.journal_index) {
        return Err(Fault::OtherDecision { index: named.first().map_or(0, |first| first.journal_index) }.into());
    }
    let AtHand::Proven(proven) = journal else { return Err(Doubt::ReleasesNotAtHand { decisions }.into()) };
    let mut supersedes = None;
    for decision in named {
        let index = decision.journal_index;
        let Some(entry) = proven.decision(index) else { return Err(Doubt::ReleasesNotAtHand { decisions }.into()) };
        if entry.digest != decision.entry {
            return Err(Fault::OtherDecision { index }.into());
        }
        let act = match &entry.act {
            Ok(act) => act,
            Err(fault) => return Err(Fault::ActWrong { index, act_fault: fault.clone() }.into()),
        };
        if act.by != decision.person || act.deed.name() != decision.kind || !concerns(act, record) {
            return Err(Fault::OtherDecision { index }.into());
        }
        if state_digest(&act.deed) != state::digest(&record.json, decision).as_ref() {
            return Err(Fault::OtherState { index }.into());
        }
        if let Some(since) = proven.undone(entry).filter(|_| rests_on(record, decision, proven)) {
            return Err(Fault::DecisionRevoked { index, since }.into());
        }
        supersedes = act.deed.supersedes(supersedes);
    }
    // Likeness only proposes: what a record replaces, a person said.
    match (record.json.supersedes, supersedes) {
        (said, signed) if said == signed => Ok(Fact::ReleasesProven { decisions }),
        (Some(document), _) | (None, Some(document)) => Err(Fault::SupersedesUnsigned { document }.into()),
        (None, None) => Ok(Fact::ReleasesProven { decisions }),
    }
}

/// Whether a record would not have been signed so without a decision: one that says whose it is, that says what it replaces, or
/// that counts and in whose place no other stands.
fn rests_on(record: &Read, decision: &DecisionRef, proven: &Proven) -> bool {
    let act = |decision: &DecisionRef| proven.decision(decision.journal_index);
    let stands = |other: &&DecisionRef| act(other).is_some_and(|other| proven.undone(other).is_none());
    let replaces = act(decision)
        .and_then(|decided| decided.act.as_ref().ok())
        .is_some_and(|act| act.deed.supersedes(None).is_some());
    let counts = current(record).any(|counting| counting.journal_index == decision.journal_index);
    let alone = if is(decision, DecisionKind::Confirm) {
        // Whoever signs is whoever confirmed last.
        !confirmed_by_signer(record, current(record).filter(stands))
    } else {
        let same = |other: &DecisionRef| {
            other.kind == decision.kind && is_of_the_scan(record, other) == is_of_the_scan(record, decision)
        };
        !current(record).filter(stands).any(same)
    };
    is(decision, DecisionKind::Identify) || replaces || (counts && alone)
}

/// Whether a decision of this kind was made about the document as it was signed.
pub(super) fn decided(record: &Read, kind: DecisionKind) -> bool {
    current(record).any(|decision| is(decision, kind))
}

/// The decisions by which something of the document as it was signed was released.
pub(super) fn releasing(record: &Read) -> impl Iterator<Item = &DecisionRef> {
    let kinds = [DecisionKind::Accept, DecisionKind::Exception, DecisionKind::LateRelease];
    current(record).filter(move |decision| kinds.iter().any(|kind| is(decision, *kind)))
}

/// Whether whoever signed it confirmed it before.
pub(super) fn confirmed(record: &Read) -> bool {
    confirmed_by_signer(record, current(record))
}

fn confirmed_by_signer<'r>(record: &Read, decisions: impl Iterator<Item = &'r DecisionRef>) -> bool {
    let last = decisions.filter(|decision| is(decision, DecisionKind::Confirm)).last();
    last.is_some_and(|confirm| confirm.person == record.json.signer.person.id)
}

/// Whether a decision releases the lateness of the scan: the first late release does, where the scan had to be released; any
/// other is about the signature.
fn is_of_the_scan(record: &Read, decision: &DecisionRef) -> bool {
    let first = current(record).find(|decision| is(decision, DecisionKind::LateRelease));
    record.json.clocks.scan_is_to_be_released()
        && first.is_some_and(|first| first.journal_index == decision.journal_index)
}

/// The decisions that count: about the very state that was signed, since somebody last said whose it is.
fn current(record: &Read) -> impl Iterator<Item = &DecisionRef> {
    let decisions = &record.json.decisions;
    let from = decisions.iter().rposition(|decision| is(decision, DecisionKind::Identify)).unwrap_or(0);
    decisions.iter().skip(from).filter(|decision| decision.seen.is_none())
}

fn is(decision: &DecisionRef, kind: DecisionKind) -> bool {
    serde_json::to_value(kind).is_ok_and(|word| word.as_str() == Some(&decision.kind))
}

/// No exception releases an identity.
fn identity(record: &Read) -> Result<(), Objection> {
    let identity = &record.json.identity;
    let known = |fact: Required| match fact {
        Required::PatientId => identity.patient.is_some(),
        Required::DocumentType => identity.document_type.is_some(),
        Required::ObtainedOn => identity.obtained_on.is_some(),
        Required::DocumentDate => identity.document_date.is_some(),
        Required::ScannedAt => identity.scanned_at.is_some(),
        Required::Operator => identity.operator.is_some(),
    };
    match record.profile.identity.required.iter().find(|fact| !known(**fact)) {
        Some(fact) => Err(Fault::IdentityIncomplete { field: fact.name().to_owned() }.into()),
        None => Ok(()),
    }
}

/// What the findings and the profile ask of a person was done.
fn needed(record: &Read) -> Result<(), Objection> {
    let judgement = &record.json.judgement;
    let gravest = judgement.findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Pass);
    let check = |check: &str| check.to_owned();
    if gravest != judgement.severity {
        return Err(Fault::SeverityDiffers { check: check("*") }.into());
    }
    // What no finding is of was not looked for.
    let judged = |check: &str| judgement.findings.iter().any(|finding| finding.check == check);
    if let Some(known) = KNOWN_OUTCOMES.iter().find(|known| known.built && !judged(known.name)) {
        return Err(Fault::CheckMissing { check: check(known.name) }.into());
    }
    // Asked once, and not for each finding: there may be many of both.
    let excepted = decided(record, DecisionKind::Exception);
    let accepted = excepted || decided(record, DecisionKind::Accept);
    let released_late = decided(record, DecisionKind::LateRelease);
    for finding in &judgement.findings {
        if let Some(page) = finding.page.filter(|page| *page == 0 || *page > record.json.page_count) {
            return Err(Fault::FindingMisplaced { check: check(&finding.check), page }.into());
        }
        if record.profile.severity(&finding.check, &finding.outcome) != finding.severity {
            return Err(Fault::SeverityDiffers { check: check(&finding.check) }.into());
        }
        let failed = matches!(finding.outcome, Found::Failed(_));
        let released = match finding.severity {
            Severity::Pass | Severity::Warn => true,
            // Another date would have answered it, and nothing else.
            _ if finding.check == IMPOSSIBLE_DATE && failed => return Err(Fault::DateImpossible.into()),
            _ if finding.check == LATENESS => released_late,
            Severity::Hold => accepted,
            Severity::Reject if excepted && record.profile.review.exceptions == Exceptions::Never => {
                return Err(Fault::ExceptionNotAllowed { check: check(&finding.check) }.into());
            }
            Severity::Reject => excepted,
        };
        if !released {
            return Err(Fault::NotReleased { check: check(&finding.check) }.into());
        }
    }
    let json = &record.json;
    // A session signs by itself only what passed, was released by nobody, and has no other operator.
    let by_hand = record.profile.signing.confirm == Confirm::Each
        || gravest > Severity::Warn
        || releasing(record).next().is_some()
        || json.operator.as_ref().is_some_and(|operator| operator.id != json.signer.person.id);
    if by_hand && !confirmed(record) {
        return Err(Fault::NotConfirmed.into());
    }
    let attested = json.attestation.as_ref().is_some_and(|attestation| {
        Attested::ALL.iter().all(|what| {
            serde_json::to_value(what).is_ok_and(|what| attestation.attested.iter().any(|said| what == said.as_str()))
        })
    });
    if attested { Ok(()) } else { Err(Fault::NotAttested.into()) }
}

/// The state that an act is about.
const fn state_digest(deed: &Deed) -> Option<&Digest> {
    match deed {
        Deed::Identify { state_digest, .. }
        | Deed::Accept { state_digest, .. }
        | Deed::Exception { state_digest, .. }
        | Deed::Confirm { state_digest, .. }
        | Deed::Discard { state_digest, .. }
        | Deed::LateRelease { state_digest, .. }
        | Deed::SendBack { state_digest, .. } => Some(state_digest),
        _ => None,
    }
}

/// Whether an act is about this document.
pub(super) fn concerns(act: &Act, record: &Read) -> bool {
    let this = &record.json.document;
    match &act.deed {
        Deed::Identify { document, .. }
        | Deed::Accept { document, .. }
        | Deed::Exception { document, .. }
        | Deed::Confirm { document, .. }
        | Deed::Discard { document, .. } => document == this,
        Deed::LateRelease { documents, .. } | Deed::SendBack { documents, .. } => documents.contains(this),
        _ => false,
    }
}
