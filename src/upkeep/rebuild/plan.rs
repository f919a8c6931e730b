//! From each entry of the journal to the steps that it stands for.

mod filed;

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::disk::Disk;
use super::steps::{Refused, Step};
use super::{NotRebuilt, RebuildError, RebuildReport};
use crate::clock::ClockProblem;
use crate::document::{DeliveryState, DocumentState, HoldReason, Part};
use crate::ids::{AttemptId, DeliveryId, Digest, DocumentId, Name};
use crate::intake::custody::CustodyCopy;
use crate::intake::line::files_of;
use crate::intake::names::Part as Side;
use crate::intake::source::SourceName;
use crate::journal::custody::{self, InCustody, TakenIn};
use crate::journal::disposal::Disposed;
use crate::journal::kept::KeptEntry;
use crate::journal::read::Private;
use crate::journal::{ENTRY_VERSION, Entry, Kind, doubts};
use crate::judgement::ProfileRef;
use crate::ledger::clock_state::Doubting;
use crate::ledger::profiles::ProfileState;
use crate::ledger::restoring::Delivered;
use crate::ledger::watched_files::{CALENDAR, KnownFile};
use crate::people::acts::{Act, Deed};
use crate::people::restoring::Found;
use crate::profile;

/// Follows the journal. Only what is open is kept, so that a journal of any length fits.
pub(super) struct Planner<'a> {
    disk: &'a Disk<'a>,
    /// Private parts that are no loss.
    disposed: Disposed,
    open: BTreeMap<DocumentId, Open>,
    /// When the deliveries came that are not taken yet. Their copies are adopted by the start of the line, with these times.
    in_custody: BTreeMap<DeliveryId, TakenIn>,
    /// The highest number of a delivery so far.
    arrived: u64,
    profiles: BTreeSet<(Name, u32)>,
    /// Attempts that came to nothing, whose files stay.
    missed: BTreeSet<AttemptId>,
    /// Those whose record is filed, however it is.
    filed: BTreeSet<AttemptId>,
    clock: Option<ClockProblem>,
    /// What a doubt about the clock concerns: all of it is gone through again, and what was told of is passed over.
    doubting: Option<Doubting>,
    /// How many documents ended otherwise than filed, and the first of them.
    unfiled: (u64, Option<DocumentId>),
    pub(super) report: RebuildReport,
}

/// A document that has not ended.
struct Open {
    station: Name,
    delivery: DeliveryId,
    /// Its copy in custody, by its number.
    copy: Option<u32>,
    /// That copy is another than the one that counted, with the same scans: what lies beside them may differ.
    is_other_copy: bool,
    /// The folder that was moved in whole.
    folder: Option<String>,
    /// Its scans, as they were delivered.
    scans: Vec<(String, Digest)>,
    /// The entry by which its copy came to count.
    came_at: u64,
    /// The entry that took it in.
    taken_at: u64,
    decisions: u64,
    source_changed: bool,
    /// A person said what it is, or had stopped it before a restore lost that. It counts no more, and without it the sources
    /// would be believed whom that person corrected.
    was_said: bool,
}

impl Open {
    /// What it waits for.
    fn held(&self) -> Option<HoldReason> {
        match self {
            Self { source_changed: true, .. } => Some(HoldReason::SourceChanged),
            Self { was_said: true, .. } | Self { is_other_copy: true, .. } => Some(HoldReason::AskedAnew),
            _ => None,
        }
    }
}

impl<'a> Planner<'a> {
    pub(super) fn new(disk: &'a Disk<'a>, disposed: Disposed) -> Self {
        Self {
            disk,
            disposed,
            open: BTreeMap::new(),
            in_custody: BTreeMap::new(),
            arrived: 0,
            profiles: BTreeSet::new(),
            missed: BTreeSet::new(),
            filed: BTreeSet::new(),
            clock: None,
            doubting: None,
            unfiled: (0, None),
            report: RebuildReport::default(),
        }
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
            | Kind::PersonChanged
            | Kind::CertificateIssued
            | Kind::CertificateRevoked
            | Kind::Appointed
            | Kind::PersonSuspended
            | Kind::PersonResumed
            | Kind::ManagerAbsent
            | Kind::ManagerBack
            | Kind::SessionOpened
            | Kind::SessionClosed
            | Kind::BatchAttested => self.people(&entry, act.as_ref(), text, steps)?,
            Kind::ProfileAdopted => {
                if let Some(Deed::ApproveProfile { profile }) = act.map(|act| act.deed) {
                    self.profile(profile, index, steps)?;
                }
            }
            Kind::FileAdopted | Kind::CalendarAdopted => {
                let known = fact(&entry, "digest").zip(fact(&entry, "entries"));
                if let (Some(name), Some((digest, entries))) = (fact(&entry, "file"), known) {
                    steps.push(Step::Watched { name, known: KnownFile { digest, entries } });
                }
            }
            Kind::ClockDoubted => {
                self.clock = fact(&entry, "problem");
                let found = doubts::since(&entry).map(|next| Doubting { next, end: index });
                self.doubting = found.map(|found| found.with(self.doubting)).or(self.doubting);
            }
            Kind::ClockAcknowledged => self.clock = None,
            Kind::DeliveryInCustody => {
                let said = entry.subject.delivery.zip(InCustody::of(&entry));
                let Some((delivery, said)) = said else { return Ok(None) };
                let arrival = self.disk.newest_copy(delivery).map_or(0, |copy| copy.manifest().arrival);
                self.arrived = self.arrived.max(arrival);
                self.in_custody.insert(delivery, TakenIn { index, at: entry.at, said });
            }
            Kind::DeliveryTaken => return self.taken(&entry, text.as_deref(), steps),
            Kind::DeliveryRefused => return Ok(self.never_copied(&entry, text.as_deref(), steps)),
            Kind::DeliveryDecided => {
                if let Some(Deed::RefuseDelivery { delivery, .. }) = act.map(|act| act.deed) {
                    self.refused(delivery, &entry, steps)?;
                }
            }
            Kind::DocumentHeld => {
                let open = entry.subject.document.and_then(|id| Some((id, self.open.get_mut(&id)?)));
                let reason = fact(&entry, "reason").filter(|reason: &HoldReason| reason.asks_for_all());
                if let Some(((document, open), reason)) = open.zip(reason) {
                    open.source_changed |= reason == HoldReason::SourceChanged;
                    open.was_said |= reason == HoldReason::AskedAnew;
                    steps.push(Step::Hold { document, held: open.held() });
                }
                // A restore gives up what was signed before somebody stopped it.
                self.given_up(&entry, steps)?;
            }
            Kind::DocumentIdentified
            | Kind::DocumentAccepted
            | Kind::DocumentConfirmed
            | Kind::LateReleased
            | Kind::DocumentRetried
            | Kind::DocumentAssigned
            | Kind::DocumentReassigned => self.decided(&entry, act.as_ref(), steps),
            Kind::DocumentSigned => steps.extend(entry.subject.session.map(Step::Signed)),
            Kind::StampMissed
            | Kind::AttemptDamaged
            | Kind::AttemptAhead
            | Kind::SignerRevoked
            | Kind::SignerNotValid
            | Kind::DecisionRevoked
            | Kind::IntakeDoubted => self.given_up(&entry, steps)?,
            Kind::DocumentFiled => self.filed(&entry, steps)?,
            Kind::DocumentSentBack | Kind::DocumentSuperseded => {
                self.unfiled(&entry, act.as_ref(), DocumentState::SentBack, steps);
            }
            Kind::DocumentDiscarded => self.unfiled(&entry, act.as_ref(), DocumentState::Discarded, steps),
            Kind::DeliveryReceived => {
                let delivery = entry.subject.document.and_then(|id| self.open.get(&id)).map(|open| open.delivery);
                // It is the same as the first one, which is looked at for itself.
                self.end(&entry, act.as_ref(), DocumentState::Discarded, steps);
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
        let doubting = self.still_doubting();
        if doubt.is_some() || doubting.is_some() {
            steps.push(Step::Clock(doubt, doubting));
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
        for (document, open) in &self.open {
            if open.copy.is_none() {
                self.report.lack([NotRebuilt::Copy { document: *document }]);
            }
            if open.is_other_copy {
                self.report.lack([NotRebuilt::VeryCopy { document: *document }]);
            }
            if open.decisions > 0 {
                self.report.lack([NotRebuilt::Decisions { document: *document, count: open.decisions }]);
            }
        }
        // Of one whose copy is there the start of the line makes a row.
        let lost = self.in_custody.keys().filter(|id| self.disk.newest_copy(**id).is_none());
        self.report.lack(lost.map(|delivery| NotRebuilt::Delivery { delivery: *delivery }));
        if let (count, Some(first)) = self.unfiled {
            self.report.lack([NotRebuilt::Identities { count, first }]);
        }
        let unfiled = self.disk.attempts().iter().filter(|id| !self.missed.contains(id) && !self.filed.contains(id));
        self.report.lack(unfiled.map(|attempt| NotRebuilt::Signature { attempt: *attempt }));
        self.report.open_documents = self.open.len() as u64;
        Ok(steps)
    }

    /// What has ended no doubt concerns any more: without this the start would go through every copy of the home's life.
    fn still_doubting(&self) -> Option<Doubting> {
        let open = self.open.values().map(|open| open.came_at);
        let first = open.chain(self.in_custody.values().map(|taken_in| taken_in.index)).min()?;
        let doubting = self.doubting.map(|found| Doubting { next: found.next.max(first), ..found });
        doubting.filter(|found| found.next < found.end)
    }

    /// The private part, where it is the one that the entry commits to.
    fn private(&mut self, entry: &Entry, private: Option<Private>) -> Option<Private> {
        entry.private?;
        // By an act it was erased, and whatever somebody put in its place does not come back.
        if self.disposed.by(entry).is_some() {
            return None;
        }
        let kept = private.filter(|private| private.is_of(entry));
        if kept.is_none() {
            self.report.lack([NotRebuilt::PrivatePart { journal_index: entry.index }]);
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
        for certificate in issued.iter().flat_map(|issued| std::iter::once(&issued.certificate).chain(&issued.issuers))
        {
            let certificate = *certificate;
            certificates.push(Found { certificate, der: self.disk.object(&certificate)? });
        }
        steps.push(Step::People { entry: Box::new(entry.clone()), private, certificates });
        for profile in profiles {
            self.profile(profile, entry.index, steps)?;
        }
        if let Some(Deed::Genesis { calendar, .. }) = act.map(|act| &act.deed) {
            let known = KnownFile { digest: *calendar, entries: 0 };
            steps.push(Step::Watched { name: CALENDAR.to_owned(), known });
        }
        Ok(())
    }

    fn profile(&mut self, it: ProfileRef, journal_index: u64, steps: &mut Vec<Step>) -> Result<(), RebuildError> {
        // Whatever lies in profiles/ now under this number: it is not what came into force.
        self.profiles.insert((it.id.clone(), it.version));
        match self.disk.profile(&it.digest)? {
            Some(bytes) => {
                steps.push(Step::Profile { reference: it, bytes, state: ProfileState::InForce, journal_index });
            }
            None => {
                steps.push(Step::Retire(it.id.clone()));
                self.report.lack([NotRebuilt::Profile { id: it.id, version: it.version, digest: it.digest }]);
            }
        }
        Ok(())
    }

    /// A delivery became a document.
    fn taken(&mut self, it: &Entry, private: Option<&str>, steps: &mut Vec<Step>) -> Result<Option<()>, RebuildError> {
        let (Some(id), Some(document)) = (it.subject.delivery, it.subject.document) else { return Ok(None) };
        let taken_in = self.in_custody.remove(&id).filter(|taken_in| custody::named(it) == Some(taken_in.index));
        let (Some(taken_in), Some(station), Some(arrival), Some(is_folder)) =
            (taken_in, fact::<Name>(it, "station"), fact(it, "arrival"), fact::<bool>(it, "is_folder"))
        else {
            return Ok(None);
        };
        self.arrived = self.arrived.max(arrival);
        let taken_in_at = taken_in.at;
        let contents: Vec<Digest> = fact(it, "contents").unwrap_or_default();
        let very = self.disk.very_copy(id, taken_in.said.copy, &contents);
        let is_very = very.is_some();
        // Beside the same scans another copy may have another sidecar: it keeps the scans, and a person says what they are.
        let copy = very.or_else(|| self.disk.copy_of(id, &contents));
        let said: Said = private.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        let manifest = copy.as_ref().map(CustodyCopy::manifest);
        steps.push(Step::Delivery(Box::new(Delivered {
            id,
            arrival,
            station: station.clone(),
            state: DeliveryState::Taken,
            source_name: manifest
                .map_or_else(|| said.delivered_as.clone().into_bytes(), |it| it.name.as_bytes().to_vec()),
            first_seen_at: manifest.map_or(taken_in_at, |it| it.begun_at),
            copy: manifest.and_then(|it| Some((it.copy, files_of(it).ok()?))),
            taken_in_at,
            session: taken_in.said.session,
            regrown_from: fact(it, "continues"),
            sidecar_doubt: fact(it, "doubted_beside"),
        })));
        let names: Vec<String> = match manifest {
            Some(it) => scans(it).map(|member| member.name.bare().to_string_lossy().into_owned()).collect(),
            None if said.files.is_empty() && !is_folder => vec![said.delivered_as.clone()],
            None => said.files,
        };
        // One whose name is lost must not come to stand for what lies in the drop folder itself.
        let folder = Some(said.delivered_as).filter(|_| is_folder);
        let folder = folder.map(|name| if name.is_empty() { id.to_string() } else { name });
        let objects: Vec<Digest> = fact(it, "measurements").unwrap_or_default();
        let mut parts = Vec::new();
        for (place, content) in contents.iter().enumerate() {
            let object = objects.get(place);
            let measurements = object.map(|object| self.disk.measurements(object)).transpose()?.flatten();
            let measurements = measurements.filter(|measurements| measurements.content == *content);
            let (Some(measurements), Some(object)) = (measurements, object) else {
                self.report.lack([NotRebuilt::Document { document }]);
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
        let open = Open {
            station,
            delivery: id,
            copy: manifest.map(|manifest| manifest.copy),
            is_other_copy: copy.is_some() && !is_very,
            folder,
            scans: names.into_iter().zip(contents).collect(),
            came_at: taken_in.index,
            taken_at: it.index,
            decisions: 0,
            source_changed: false,
            was_said: false,
        };
        steps.extend(open.held().map(|held| Step::Hold { document, held: Some(held) }));
        self.open.insert(document, open);
        Ok(Some(()))
    }

    /// The line refused it before it was copied. What was meant for it may stand there still, so it is one before the next scan of
    /// its name.
    fn never_copied(&mut self, it: &Entry, private: Option<&str>, steps: &mut Vec<Step>) -> Option<()> {
        let (delivery, station) = it.subject.delivery.zip(fact::<Name>(it, "station"))?;
        // After all that came so far, where nothing tells: then it is the one that is asked about.
        let arrival = fact(it, "arrival").unwrap_or_else(|| self.arrived.saturating_add(1));
        self.arrived = self.arrived.max(arrival);
        let said = private.and_then(|text| serde_json::from_str::<Said>(text).ok());
        match said.and_then(|said| SourceName::new(said.delivered_as.into())) {
            Some(name) => {
                let problem = it.facts.get("problem").map(ToString::to_string);
                let refused = Refused { delivery, arrival, station, name, problem, at: it.at };
                steps.push(Step::NeverCopied(Box::new(refused)));
            }
            None => self.report.lack([NotRebuilt::RefusedName { delivery }]),
        }
        Some(())
    }

    /// A person refused it; its copy stays.
    fn refused(&mut self, id: DeliveryId, entry: &Entry, steps: &mut Vec<Step>) -> Result<(), RebuildError> {
        let taken_in = self.in_custody.remove(&id);
        let counted = taken_in.and_then(|taken_in| {
            let copy = self.disk.very_copy(id, taken_in.said.copy, &taken_in.said.contents)?;
            Some((taken_in, copy))
        });
        // What still stands under its name is taken in anew then, so a person has to hear of it.
        let Some((taken_in, copy)) = counted else {
            self.report.lack([NotRebuilt::Delivery { delivery: id }]);
            return Ok(());
        };
        let manifest = copy.manifest();
        let files =
            files_of(manifest).map_err(|_| RebuildError::JournalDamaged { index: entry.index, in_database: false })?;
        steps.push(Step::Delivery(Box::new(Delivered {
            id,
            arrival: manifest.arrival,
            station: manifest.station.clone(),
            state: DeliveryState::Refused,
            source_name: manifest.name.as_bytes().to_vec(),
            first_seen_at: manifest.begun_at,
            copy: Some((manifest.copy, files)),
            taken_in_at: taken_in.at,
            session: taken_in.said.session,
            regrown_from: None,
            sidecar_doubt: None,
        })));
        Ok(())
    }

    /// An attempt that came to nothing, where the entry names one; its files stay.
    fn given_up(&mut self, entry: &Entry, steps: &mut Vec<Step>) -> Result<(), RebuildError> {
        let Some(attempt) = fact(entry, "attempt") else { return Ok(()) };
        let row = self.disk.missed(attempt)?;
        // Damaged files may tell nothing of it; it has been given up all the same.
        if row.is_some() || entry.kind == Kind::AttemptDamaged {
            self.missed.insert(attempt);
        } else if !self.disk.attempts().contains(&attempt) {
            self.report.lack([NotRebuilt::MissedSignature { attempt }]);
        }
        steps.extend(row.map(|row| Step::Attempt(Box::new(row))));
        Ok(())
    }

    fn decided(&mut self, entry: &Entry, act: Option<&Act>, steps: &mut Vec<Step>) {
        for document in about(entry, act) {
            let Some(open) = self.open.get_mut(&document) else { continue };
            match act.map(|act| &act.deed) {
                Some(Deed::Assign { to, .. }) => {
                    steps.push(Step::Assigned { document, person: Some(*to), at: entry.at });
                    continue;
                }
                None if entry.kind == Kind::DocumentReassigned => {
                    steps.push(Step::Assigned { document, person: fact(entry, "to"), at: entry.at });
                    continue;
                }
                // Whoever has a changed source's document go on has looked.
                Some(Deed::Retry { .. }) => open.source_changed = false,
                Some(Deed::Identify { .. }) => {
                    open.decisions = open.decisions.saturating_add(1);
                    (open.source_changed, open.was_said) = (false, true);
                    steps.push(Step::Forget(document));
                }
                _ => open.decisions = open.decisions.saturating_add(1),
            }
            steps.push(Step::Hold { document, held: open.held() });
        }
    }

    /// What was sent back or discarded. What it had been known to be stands nowhere, for no act names it.
    fn unfiled(&mut self, entry: &Entry, act: Option<&Act>, state: DocumentState, steps: &mut Vec<Step>) {
        for document in self.end(entry, act, state, steps) {
            steps.push(Step::Forget(document));
            let (count, first) = self.unfiled;
            self.unfiled = (count.saturating_add(1), first.or(Some(document)));
        }
    }

    fn end(
        &mut self,
        entry: &Entry,
        act: Option<&Act>,
        state: DocumentState,
        steps: &mut Vec<Step>,
    ) -> Vec<DocumentId> {
        let ended = about(entry, act);
        for document in &ended {
            steps.push(Step::End { document: *document, state, at: entry.at });
            if let Some(open) = self.open.remove(document) {
                self.beside(*document, &open, entry.at, steps);
            }
        }
        ended
    }
}

/// The private part of the entry by which a delivery was taken.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Said {
    delivered_as: String,
    files: Vec<String>,
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
