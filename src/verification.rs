//! Proves a filed record from its bytes.
//!
//! With what made the record it shares rules and layouts alone: what a deadline is and what a profile asks (`calendar`,
//! `profile`), how evidence lies (`evidence`), what an act, an appointment and an attestation say (`people::{acts,
//! appointments, sessions}`); and, at home, the readers of journal, store, register and ledger. All of these are tested on
//! fixed samples and by outside tools. It writes nothing. Whether a record may be signed, by whom, and by when is worked out
//! here by code of its own. Bytes are read strictly: there is one way to write a container, a
//! manifest, a `record.json`, a journal entry, and what is written otherwise is refused. Trust anchors come from the
//! caller and never from what is to be verified.
//!
//! Every step says what it found, or the first thing that is wrong and where. A step that could not be taken is
//! *indeterminate*, and so is the whole.

mod act_fault;
mod adopted;
mod anchored;
mod at_home;
mod attempts;
mod content;
mod finding;
pub mod index;
pub mod journal;
mod names;
mod once;
mod outside;
mod parts;
mod people;
mod record;
mod releases;
mod session;
mod signature;
mod state;
mod trust;
mod windows;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use at_home::AtHome;
pub use attempts::Attempts;
pub use finding::{ActFault, Deadline, Doubt, Fact, Fault, Said, Step, StepResult, Verdict};
pub use outside::{Growth, Outside};
pub use parts::{Form, Parts, PartsError};
pub use trust::{AuthorityTrust, Trust, TrustError};

use crate::crypto::check::SignedManifest;
use crate::evidence::container::EntryName;
use crate::evidence::proof::Proof;
use crate::ids::{Digest, DocumentId};
use crate::instant::Instant;
use crate::journal::read::Private;
use crate::store::records::{Member, Record};
use content::Members;
use finding::{Objection, Outcome};
use record::Read;

/// What there is to verify a record by.
pub struct Evidence<'a> {
    pub parts: Parts<'a>,
    /// The journal's entries about it.
    pub proof: Option<ProofSource>,
    /// What the store's index says of it, where it is in a store.
    pub row: Option<IndexRow>,
    /// What its home's journal says of the attempts at its signature, up to the filing; a pack does not say it.
    pub attempts: Option<Attempts>,
    /// How its journal goes on from what was kept outside.
    pub growth: Growth,
    /// The private parts of the entries that say what people are called, by entry. They stay in their home.
    pub naming: BTreeMap<u64, Private>,
}

/// A proof, or why there is none that could be read.
pub enum ProofSource {
    Read(Box<Proof>),
    /// Of a newer format.
    Newer(u32),
    Unreadable(String),
}

/// A record's rows in the index.
pub struct IndexRow {
    pub record: Record,
    pub members: Vec<Member>,
}

/// What came of verifying a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Report {
    pub verdict: Verdict,
    /// How far the evidence goes, where the signature holds.
    pub state: Option<EvidenceState>,
    /// Somebody of an evaluation authority signed or stamped: nobody outside vouches for it.
    pub evaluation: bool,
    /// SHA-256 of the manifest.
    pub record: Option<Digest>,
    pub document: Option<DocumentId>,
    pub version: Option<u32>,
    pub signed_at: Option<Instant>,
    pub timestamped_at: Option<Instant>,
    pub steps: Vec<StepResult>,
}

/// How far a record's evidence goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EvidenceState {
    /// Nothing but the signer's word says when.
    Signed,
    /// 長期検証情報は未完: what long-term verification needs (revocation lists, renewals) is not there yet.
    Stamped,
}

/// The disk, the store or the database failed: nothing was found out about the record.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unverifiable(pub String);

/// How far the signer's clock, the authority's and ours may lie apart: the most that a home's settings allow.
const CLOCK_SKEW: jiff::SignedDuration = jiff::SignedDuration::from_mins(5);

/// Where a container's proof lies: `x.asice` has `x.proof.json`.
#[must_use]
pub fn proof_beside(container: &Path) -> PathBuf {
    container.with_extension("proof.json")
}

/// Verifies a pack: a container file with `<record>.proof.json` beside it, or the folder of an unpacked export.
///
/// # Errors
/// When the disk fails, so that nothing can be said.
pub fn verify_pack(path: &Path, trust: &Trust, accept_evaluation: bool) -> Result<Report, Unverifiable> {
    let (parts, proof) = if path.is_dir() {
        // An unpacked export, or the bare parts.
        let inner = path.join("record");
        let parts = if inner.is_dir() { Parts::folder(&inner) } else { Parts::folder(path) };
        (parts, path.join("journal").join("proof.json"))
    } else {
        (Parts::container(path), proof_beside(path))
    };
    let proof = anchored::read_file(&proof)?;
    match parts {
        Ok(parts) => {
            let (growth, naming) = (Growth::NotAtHand, BTreeMap::new());
            let evidence = Evidence { parts, proof, row: None, attempts: None, growth, naming };
            verify(evidence, trust, accept_evaluation)
        }
        Err(error) => without_parts(error, trust, false),
    }
}

/// Verifies a record.
///
/// # Errors
/// When disk, store or database fail, so that nothing can be said.
pub fn verify(evidence: Evidence<'_>, trust: &Trust, accept_evaluation: bool) -> Result<Report, Unverifiable> {
    let Evidence { mut parts, proof, row, attempts, growth, naming } = evidence;
    let not_reached = |because| Err(Objection::Doubt(Doubt::NotReached { because }));
    let mut report = Report::empty();

    let manifest = content::manifest(&mut parts)?;
    report.record = manifest.as_ref().ok().map(|manifest| manifest.digest);
    report.say(Step::Container, content::container(&parts, manifest.as_ref().ok()));
    let members = match &manifest {
        Ok(manifest) => Some(content::members(&mut parts, manifest)?),
        Err(_) => None,
    };
    let outcome = match &manifest {
        Ok(manifest) => Ok(Fact::ManifestCanonical { members: manifest.members.len() as u64, digest: manifest.digest }),
        Err(fault) => Err(fault.clone().into()),
    };
    report.say(Step::Manifest, outcome);
    report.say(Step::Content, members.as_ref().map_or_else(|| not_reached(Step::Manifest), Members::outcome));

    let read = match (&manifest, &members) {
        (Ok(manifest), Some(members)) if members.can_read_record() => {
            Some(record::read(&mut parts, manifest, members)?)
        }
        _ => None,
    };
    let record: Option<&Read> = read.as_ref().and_then(|read| read.as_ref().ok());
    if let Some(record) = record {
        report.document = Some(record.json.document);
        report.version = Some(record.json.version);
    }
    report.say(
        Step::Record,
        match &read {
            None => not_reached(Step::Content),
            Some(Ok(record)) => Ok(record.fact()),
            Some(Err(objection)) => Err(objection.clone()),
        },
    );

    let signed = match &manifest {
        Ok(manifest) => Some(signature::signature(&mut parts, &manifest.bytes)?),
        Err(_) => None,
    };
    report.say(
        Step::Signature,
        match &signed {
            None => not_reached(Step::Manifest),
            Some(Ok((signed, _))) => Ok(signature::fact(signed)),
            Some(Err(fault)) => Err(fault.clone().into()),
        },
    );
    let signed: Option<(&SignedManifest, &Digest)> =
        signed.as_ref().and_then(|signed| signed.as_ref().ok()).map(|(signed, digest)| (signed, digest));
    let Some((signed, signature_digest)) = signed else {
        for step in [Step::Timestamp, Step::Signer, Step::Windows, Step::Releases, Step::Session, Step::Journal] {
            report.say(step, not_reached(Step::Signature));
        }
        for step in beyond(trust, row.is_some()) {
            report.say(step, not_reached(Step::Signature));
        }
        return Ok(report.finish());
    };
    report.signed_at = Some(signed.signing_time);

    let stamp = signature::timestamp(signed, record.map(|record| &record.profile), trust);
    report.timestamped_at = stamp.time;
    report.state = Some(if stamp.time.is_some() { EvidenceState::Stamped } else { EvidenceState::Signed });
    report.say(Step::Timestamp, stamp.outcome.clone());
    let signer = signature::signer(signed, record, &stamp, trust, accept_evaluation);
    report.evaluation = signer.evaluation || stamp.evaluation;
    report.say(Step::Signer, signer.outcome);

    let journal = anchored::journal(proof, trust);
    let Some(record) = record else {
        for step in [Step::Windows, Step::Releases, Step::Session, Step::Journal] {
            report.say(step, not_reached(Step::Record));
        }
        for step in beyond(trust, row.is_some()) {
            report.say(step, not_reached(Step::Record));
        }
        return Ok(report.finish());
    };
    report.say(Step::Windows, windows::windows(record, signed.signing_time, stamp.time, &journal));
    report.say(Step::Releases, releases::releases(record, &journal));
    report.say(Step::Session, session::session(record, signed.signing_time, &journal));
    let filed = match (&manifest, &members) {
        (Ok(manifest), Some(_)) => anchored::Filed {
            record,
            manifest,
            signature: *signature_digest,
            signed_at: signed.signing_time,
            timestamped_at: stamp.time,
        },
        // A record was read, so both are there.
        _ => return Ok(report.finish()),
    };
    report.say(Step::Journal, anchored::outcome(&journal, &filed, attempts.as_ref()));
    if let Some(outside) = &trust.outside {
        let named = &record.json.journal_checkpoint;
        report.say(Step::Anchor, outside::outcome(outside, &journal, &growth, named));
    }
    if let Some(row) = row {
        let agrees = index::index(&row, &filed, &journal);
        let otherwise = journal.named_otherwise(&record.json, &naming);
        report.say(Step::Index, agrees.and_then(|fact| otherwise.map_or(Ok(fact), |fault| Err(fault.into()))));
    }
    Ok(report.finish())
}

/// The report where there are no parts to look at.
fn without_parts(error: PartsError, trust: &Trust, in_store: bool) -> Result<Report, Unverifiable> {
    let mut report = Report::empty();
    report.say(Step::Container, Err(content::fault_of(error)?.into()));
    let rest = [
        Step::Manifest,
        Step::Content,
        Step::Record,
        Step::Signature,
        Step::Timestamp,
        Step::Signer,
        Step::Windows,
        Step::Releases,
        Step::Session,
        Step::Journal,
    ];
    for step in rest.into_iter().chain(beyond(trust, in_store)) {
        report.say(step, Err(Doubt::NotReached { because: Step::Container }.into()));
    }
    Ok(report.finish())
}

/// The steps that are taken only where there is something to take them with: a checkpoint from outside, an index.
fn beyond(trust: &Trust, in_store: bool) -> impl Iterator<Item = Step> {
    let anchor = trust.outside.is_some().then_some(Step::Anchor);
    anchor.into_iter().chain(in_store.then_some(Step::Index))
}

impl Report {
    fn empty() -> Self {
        Self {
            verdict: Verdict::Indeterminate,
            state: None,
            evaluation: false,
            record: None,
            document: None,
            version: None,
            signed_at: None,
            timestamped_at: None,
            steps: Vec::new(),
        }
    }

    fn say(&mut self, step: Step, outcome: Outcome) {
        self.steps.push(StepResult::new(step, outcome));
    }

    /// The whole is as good as its worst step.
    fn finish(mut self) -> Self {
        self.verdict = self.steps.iter().map(|step| step.verdict).max().unwrap_or(Verdict::Indeterminate);
        if self.steps.iter().any(|step| step.step == Step::Signature && step.verdict == Verdict::Failed) {
            self.state = None;
        }
        self
    }

    /// The first step that failed, or else the first that could not be told.
    #[must_use]
    pub fn first_objection(&self) -> Option<&StepResult> {
        let worst = |verdict| self.steps.iter().find(|step| step.verdict == verdict);
        worst(Verdict::Failed).or_else(|| worst(Verdict::Indeterminate))
    }
}

/// A member's name that is always one.
fn member_name(name: &str) -> Option<EntryName> {
    name.parse().ok()
}
