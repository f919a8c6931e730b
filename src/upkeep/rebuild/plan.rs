//! From each entry of the journal to the steps that it stands for.

mod filed;

use std::collections::{BTreeMap, BTreeSet};

use serde::de::DeserializeOwned;

use super::disk::Disk;
use super::steps::Step;
use super::{NotRebuilt, RebuildError, RebuildReport};
use crate::clock::ClockProblem;
use crate::document::{DeliveryState, DocumentState, HoldReason, Part};
use crate::ids::{AttemptId, DeliveryId, Digest, DocumentId, Name};
use crate::intake::custody::CustodyCopy;
use crate::intake::line::files_of;
use crate::intake::names::Part as Side;
use crate::journal::kept::KeptEntry;
use crate::journal::read::Private;
use crate::journal::{ENTRY_VERSION, Entry, Kind, commitment};
use crate::judgement::ProfileRef;
use crate::ledger::profiles::ProfileState;
use crate::ledger::restoring::Delivered;
use crate::ledger::watched_files::KnownFile;
use crate::people::acts::{Act, Deed};
use crate::people::restoring::Found;
use crate::profile;

/// Follows the journal. Only what is open is kept, so that a journal of any length fits.
pub(super) struct Planner<'a> {
    disk: &'a Disk<'a>,
    open: BTreeMap<DocumentId, Open>,
    profiles: BTreeSet<(Name, u32)>,
    /// Attempts that came to nothing, whose files stay.
    missed: BTreeSet<AttemptId>,
    clock: Option<ClockProblem>,
    report: RebuildReport,
}

/// A document that has not ended.
struct Open {
    station: Name,
    delivery: DeliveryId,
    in_custody: bool,
    /// The entry that took it in.
    taken_at: u64,
    decisions: u64,
    source_changed: bool,
    /// A person said what it is. It counts no more, and without it the sources would be believed whom that person corrected.
    was_said: bool,
}

impl Open {
    /// What it waits for.
    fn held(&self) -> Option<HoldReason> {
        match self {
            Self { source_changed: true, .. } => Some(HoldReason::SourceChanged),
            Self { was_said: true, .. } => Some(HoldReason::AskedAnew),
            _ => None,
        }
    }
}

impl<'a> Planner<'a> {
    pub(super) fn new(disk: &'a Disk<'a>) -> Self {
        let (open, profiles, missed) = (BTreeMap::new(), BTreeSet::new(), BTreeSet::new());
        let report = RebuildReport::default();
        Self { disk, open, profiles, missed, clock: None, report }
    }

    pub(super) fn not_rebuilt(&mut self, lost: Vec<NotRebuilt>) {
        self.report.not_rebuilt.extend(lost);
    }

    pub(super) fn into_report(self) -> RebuildReport {
        self.report
    }

    /// The steps of an entry; none where it is not the entry that belongs there.
    pub(super) fn entry(&mut self, kept: KeptEntry, steps: &mut Vec<Step>) -> Result<Option<()>, RebuildError> {
        let KeptEntry { index, bytes, private } = kept;
        let entry = serde_json::from_slice::<Entry>(&bytes).ok();
        let entry = entry.filter(|it| it.index == index && it.home == self.disk.home() && it.v <= ENTRY_VERSION);
        let Some(entry) = entry else { return Ok(None) };
        let private = self.private(&entry, private);
        let text = private.as_ref().map(|private| private.text.clone());
        steps.push(Step::Entry { entry: Box::new(entry.clone()), bytes, private });
        let act = entry.act.as_ref().and_then(|act| Act::parse(&act.text).ok());
        match entry.kind {
            Kind::HomeFounded
            | Kind::PersonEnrolled
            | Kind::CertificateIssued
            | Kind::CertificateRevoked
            | Kind::Appointed
            | Kind::SessionOpened
            | Kind::SessionClosed
            | Kind::BatchAttested => self.people(&entry, act.as_ref(), text, steps)?,
            Kind::ProfileAdopted => {
                if let Some(Deed::ApproveProfile { profile }) = act.map(|act| act.deed) {
                    self.profile(profile, index, steps)?;
                }
            }
            Kind::FileAdopted => {
                let known = fact(&entry, "digest").zip(fact(&entry, "entries"));
                if let (Some(name), Some((digest, entries))) = (fact(&entry, "file"), known) {
                    steps.push(Step::Watched { name, known: KnownFile { digest, entries } });
                }
            }
            Kind::ClockDoubted => self.clock = fact(&entry, "problem"),
            Kind::ClockAcknowledged => self.clock = None,
            Kind::DeliveryTaken => return self.taken(&entry, text.as_deref(), steps),
            Kind::DeliveryDecided => {
                if let Some(Deed::RefuseDelivery { delivery, .. }) = act.map(|act| act.deed) {
                    self.refused(delivery, &entry, steps)?;
                }
            }
            Kind::DocumentHeld => {
                let open = entry.subject.document.and_then(|id| Some((id, self.open.get_mut(&id)?)));
                if let Some((document, open)) = open
                    && fact(&entry, "reason") == Some(HoldReason::SourceChanged)
                {
                    open.source_changed = true;
                    steps.push(Step::Hold { document, held: open.held() });
                }
            }
            Kind::DocumentIdentified
            | Kind::DocumentAccepted
            | Kind::DocumentConfirmed
            | Kind::LateReleased
            | Kind::DocumentRetried
            | Kind::DocumentAssigned => self.decided(&entry, act.as_ref(), steps),
            Kind::DocumentSigned => steps.extend(entry.subject.session.map(Step::Signed)),
            Kind::StampMissed | Kind::AttemptDamaged | Kind::SignerRevoked | Kind::DecisionRevoked => {
                if let Some(attempt) = fact(&entry, "attempt") {
                    let row = self.disk.missed(attempt)?;
                    // Damaged files may tell nothing of it; it has been given up all the same.
                    if row.is_some() || entry.kind == Kind::AttemptDamaged {
                        self.missed.insert(attempt);
                    }
                    steps.extend(row.map(|row| Step::Attempt(Box::new(row))));
                }
            }
            Kind::DocumentFiled => self.filed(&entry, steps)?,
            Kind::DocumentSentBack | Kind::DocumentSuperseded => {
                self.ended(&entry, act.as_ref(), DocumentState::SentBack, steps)?;
            }
            Kind::DocumentDiscarded => self.ended(&entry, act.as_ref(), DocumentState::Discarded, steps)?,
            Kind::DeliveryReceived => {
                let delivery = entry.subject.document.and_then(|id| self.open.get(&id)).map(|open| open.delivery);
                self.ended(&entry, act.as_ref(), DocumentState::Discarded, steps)?;
                if let Some((delivery, first)) = delivery.zip(fact(&entry, "receipt_of")) {
                    steps.push(Step::ReceiptOf { delivery, first });
                }
            }
            _ => {}
        }
        Ok(Some(()))
    }

    /// What remains to be said once the last entry is there.
    pub(super) fn finish(&mut self) -> Result<Vec<Step>, RebuildError> {
        let mut steps = Vec::new();
        // That nothing keeps the clock right each process asks for itself, and no entry ends it.
        let doubt = self.clock.filter(|problem| *problem != ClockProblem::Unsynchronised);
        if doubt.is_some() {
            steps.push(Step::Clock(doubt));
        }
        // What no entry brought into force is a draft.
        for bytes in self.disk.profiles() {
            let Ok((found, _)) = profile::lint(bytes, "profile.toml") else { continue };
            let reference = found.reference().clone();
            if self.profiles.insert((reference.id.clone(), reference.version)) {
                let (bytes, state) = (bytes.clone(), ProfileState::Draft);
                steps.push(Step::Profile { reference, bytes, state, journal_index: 0 });
            }
        }
        // After those of what has ended: a row that spoke for a record is not another's because that was taken in meanwhile.
        let mut open: Vec<_> = self.open.iter().collect();
        open.sort_by_key(|(_, open)| open.taken_at);
        for (document, open) in open {
            self.spoken(*document, open, &mut steps);
        }
        let lost = &mut self.report.not_rebuilt;
        for (document, open) in &self.open {
            if !open.in_custody {
                lost.push(NotRebuilt::Copy { document: *document });
            }
            if open.decisions > 0 {
                lost.push(NotRebuilt::Decisions { document: *document, count: open.decisions });
            }
        }
        let unfiled = self.disk.attempts().difference(&self.missed);
        lost.extend(unfiled.map(|attempt| NotRebuilt::Signature { attempt: *attempt }));
        self.report.open_documents = self.open.len() as u64;
        Ok(steps)
    }

    /// The private part, where it is the one that the entry commits to.
    fn private(&mut self, entry: &Entry, private: Option<Private>) -> Option<Private> {
        let committed = entry.private?;
        let kept = private.filter(|private| {
            let salt: Option<&[u8; 32]> = private.salt.as_slice().try_into().ok();
            salt.map(|salt| commitment(salt, &private.text)) == Some(committed)
        });
        if kept.is_none() {
            self.report.not_rebuilt.push(NotRebuilt::PrivatePart { journal_index: entry.index });
        }
        kept
    }

    fn people(
        &mut self,
        entry: &Entry,
        act: Option<&Act>,
        private: Option<String>,
        steps: &mut Vec<Step>,
    ) -> Result<(), RebuildError> {
        let (issued, profiles) = match act.map(|act| &act.deed) {
            Some(Deed::Genesis { certificates, profiles, .. }) => (certificates.clone(), profiles.clone()),
            Some(Deed::Enrol(issued)) => (vec![issued.clone()], Vec::new()),
            _ => (Vec::new(), Vec::new()),
        };
        let mut certificates = Vec::new();
        for issued in issued {
            let certificate = issued.certificate;
            certificates.push(Found { certificate, der: self.disk.object(&certificate)? });
        }
        steps.push(Step::People { entry: Box::new(entry.clone()), private, certificates });
        for profile in profiles {
            self.profile(profile, entry.index, steps)?;
        }
        Ok(())
    }

    fn profile(&mut self, it: ProfileRef, journal_index: u64, steps: &mut Vec<Step>) -> Result<(), RebuildError> {
        match self.disk.profile(&it.digest)? {
            Some(bytes) => {
                self.profiles.insert((it.id.clone(), it.version));
                steps.push(Step::Profile { reference: it, bytes, state: ProfileState::InForce, journal_index });
            }
            None => {
                let lost = NotRebuilt::Profile { id: it.id, version: it.version, digest: it.digest };
                self.report.not_rebuilt.push(lost);
            }
        }
        Ok(())
    }

    /// A delivery became a document.
    fn taken(&mut self, it: &Entry, private: Option<&str>, steps: &mut Vec<Step>) -> Result<Option<()>, RebuildError> {
        let (Some(id), Some(document)) = (it.subject.delivery, it.subject.document) else { return Ok(None) };
        let (Some(station), Some(taken_in_at)) = (fact::<Name>(it, "station"), fact(it, "taken_in_at")) else {
            return Ok(None);
        };
        let contents: Vec<Digest> = fact(it, "contents").unwrap_or_default();
        let copy = self.disk.copy_of(id, &contents);
        let said: Option<serde_json::Value> = private.and_then(|text| serde_json::from_str(text).ok());
        let delivered_as =
            said.and_then(|said| Some(said.get("delivered_as")?.as_str()?.to_owned())).unwrap_or_default();
        let manifest = copy.as_ref().map(CustodyCopy::manifest);
        steps.push(Step::Delivery(Box::new(Delivered {
            id,
            station: station.clone(),
            state: DeliveryState::Taken,
            source_name: manifest.map_or_else(|| delivered_as.clone().into_bytes(), |it| it.name.as_bytes().to_vec()),
            first_seen_at: manifest.map_or(taken_in_at, |it| it.begun_at),
            copy: manifest.and_then(|it| Some((it.copy, files_of(it).ok()?))),
            taken_in_at,
            session: fact(it, "session"),
            regrown_from: fact(it, "continues"),
            sidecar_doubt: fact(it, "doubted_beside"),
        })));
        let names: Vec<String> = match manifest {
            Some(it) => scans(it).map(|member| member.name.bare().to_string_lossy().into_owned()).collect(),
            None => vec![delivered_as],
        };
        let objects: Vec<Digest> = fact(it, "measurements").unwrap_or_default();
        let mut parts = Vec::new();
        for (place, content) in contents.iter().enumerate() {
            let object = objects.get(place);
            let measurements = object.map(|object| self.disk.measurements(object)).transpose()?.flatten();
            let measurements = measurements.filter(|measurements| measurements.content == *content);
            let (Some(measurements), Some(object)) = (measurements, object) else {
                self.report.not_rebuilt.push(NotRebuilt::Document { document });
                // With some of its scans it would look whole, and be filed without the others: it gets none, and waits.
                parts.clear();
                break;
            };
            parts.push(Part {
                delivery: id,
                content: *content,
                first_page: 1,
                page_count: u32::try_from(measurements.pages.len()).unwrap_or(u32::MAX),
                delivered_name: names.get(place).cloned().unwrap_or_default(),
            });
            steps.push(Step::Content { measurements: Box::new(measurements), object: *object });
        }
        steps.push(Step::Document { id: document, station: station.clone(), parts, taken_in_at, at: it.at });
        let in_custody = copy.is_some();
        let open = Open {
            station,
            delivery: id,
            in_custody,
            taken_at: it.index,
            decisions: 0,
            source_changed: false,
            was_said: false,
        };
        self.open.insert(document, open);
        Ok(Some(()))
    }

    /// A person refused it; its copy stays.
    fn refused(&mut self, id: DeliveryId, entry: &Entry, steps: &mut Vec<Step>) -> Result<(), RebuildError> {
        let Some(copy) = self.disk.newest_copy(id) else { return Ok(()) };
        let manifest = copy.manifest();
        let files = files_of(manifest).map_err(|_| RebuildError::JournalDamaged { index: entry.index })?;
        steps.push(Step::Delivery(Box::new(Delivered {
            id,
            station: manifest.station.clone(),
            state: DeliveryState::Refused,
            source_name: manifest.name.as_bytes().to_vec(),
            first_seen_at: manifest.begun_at,
            copy: Some((manifest.copy, files)),
            taken_in_at: manifest.copied_at,
            session: None,
            regrown_from: None,
            sidecar_doubt: None,
        })));
        Ok(())
    }

    fn decided(&mut self, entry: &Entry, act: Option<&Act>, steps: &mut Vec<Step>) {
        for document in about(entry, act) {
            let Some(open) = self.open.get_mut(&document) else { continue };
            match act.map(|act| &act.deed) {
                Some(Deed::Assign { to, .. }) => {
                    steps.push(Step::Assigned { document, person: *to, at: entry.at });
                    continue;
                }
                // Whoever has a changed source's document go on has looked.
                Some(Deed::Retry { .. }) => open.source_changed = false,
                Some(Deed::Identify { .. }) => {
                    open.decisions = open.decisions.saturating_add(1);
                    (open.source_changed, open.was_said) = (false, true);
                }
                _ => open.decisions = open.decisions.saturating_add(1),
            }
            steps.push(Step::Hold { document, held: open.held() });
        }
    }

    fn ended(
        &mut self,
        entry: &Entry,
        act: Option<&Act>,
        state: DocumentState,
        steps: &mut Vec<Step>,
    ) -> Result<(), RebuildError> {
        for document in about(entry, act) {
            steps.push(Step::End { document, state, at: entry.at });
            let Some(open) = self.open.remove(&document) else { continue };
            self.spoken(document, &open, steps);
        }
        Ok(())
    }
}

fn scans(manifest: &crate::intake::custody::Manifest) -> impl Iterator<Item = &crate::intake::custody::Member> {
    manifest.members.iter().filter(|member| member.part == Side::Document)
}

/// The documents that an entry is about: its own, or those of its act.
fn about(entry: &Entry, act: Option<&Act>) -> Vec<DocumentId> {
    if let Some(document) = entry.subject.document {
        return vec![document];
    }
    match act.map(|act| &act.deed) {
        Some(
            Deed::SendBack { documents, .. }
            | Deed::LateRelease { documents, .. }
            | Deed::Assign { documents, .. }
            | Deed::Retry { documents },
        ) => documents.clone(),
        _ => Vec::new(),
    }
}

fn fact<T: DeserializeOwned>(entry: &Entry, name: &str) -> Option<T> {
    serde_json::from_value(entry.facts.get(name)?.clone()).ok()
}
