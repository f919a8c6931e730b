//! Identification of one document: gathers what was said of it, settles what it is, and records that or why not.

mod beside;
mod equals;
mod scans;

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use unicode_normalization::UnicodeNormalization as _;

pub use beside::every_row_of;
use beside::{Doubt, Said, display, row_digest};
use equals::{Compared, Standing, in_order};
use scans::{Described, Scans};

use super::driver::{StageName, Worked};
use super::failures::{HeldDetail, StageError};
use super::line::{Adopted, Line};
use crate::database::{DatabaseError, Tx};
use crate::document::{DocumentState, HoldReason, Part};
use crate::identification::index::{Index, Row};
use crate::identification::{
    self, Asked, Beside, Facts, Flag, Identification, IdentityProblem, Sidecar, SidecarProblem, Stated, Statement,
    Template, resolve,
};
use crate::identity::table::Encoding;
use crate::identity::{Claims, Source};
use crate::ids::{DeliveryId, Digest, DocumentId, Name};
use crate::instant::Instant;
use crate::intake::custody::CustodyCopy;
use crate::intake::names::{Part as Side, first_number_left_out};
use crate::intake::source::SourceName;
use crate::journal::append::Journal;
use crate::journal::{Draft, Kind, Subject as About};
use crate::ledger::documents::{self, Document};
use crate::ledger::profiles::{self, ProfileState};
use crate::ledger::{deliveries, spoken, waiting};
use crate::people::{register, sessions};
use crate::profile::Fact;

/// Everything that was said of a document, and the bytes that said it.
struct Gathered {
    statements: Vec<Statement>,
    problems: Vec<IdentityProblem>,
    /// Beside what people saw it, and said all the same what it is.
    seen_beside: Vec<Beside>,
    /// The sidecars, and its own rows of a batch list, in the order in which they were delivered.
    sidecars: Vec<Said>,
    /// The delivery that this one may be a longer piece of.
    regrown_from: Option<DeliveryId>,
    /// Rows of a list in the drop folder that speak for it, by their digest.
    rows: Vec<Digest>,
    /// Those that may have been meant for an earlier scan, and do not speak.
    doubted_rows: Vec<Digest>,
    /// A number that the names of its files leave out.
    left_out: Option<u64>,
    /// The order of its files, where the sidecar gives one.
    files: Option<Vec<String>>,
    /// The scans that a source speaks for by name, where any does.
    spoken_for: Option<BTreeSet<SourceName>>,
}

/// What became of identification.
enum Settled {
    /// What it is, and how it stands to those that hold bytes of it.
    Identified {
        identified: Box<identification::Identified>,
        adopted: Arc<Adopted>,
        compared: Box<Compared>,
        standing: Standing,
    },
    Held(HoldReason, String),
}

/// What is said of a document, by whomever.
#[derive(Debug, Default)]
pub(crate) struct Claimed {
    /// By what came with it, and by people. As the list of patients writes them, where it can.
    pub(crate) patients: BTreeSet<String>,
    /// By what came with it.
    pub(crate) kinds_by_sources: BTreeSet<Name>,
}

impl Line {
    pub(super) fn identify(&self, id: DocumentId) -> Worked {
        self.attempted(id, StageName::Identification, DocumentState::Identifying, |document| {
            let gathered = self.gather(document)?;
            let outcome = self.settle(document, &gathered)?;
            self.commit_identity(document, gathered, outcome)
        })
    }

    /// What is said of a document that is not identified yet.
    pub(crate) fn claimed(&self, document: &Document) -> Result<Claimed, String> {
        let gathered = self.gather(document).map_err(|error| error.to_string())?;
        let mut claimed = Claimed::default();
        // What the station's settings say counts where nobody speaks; it says nothing of this document.
        for said in gathered.statements.into_iter().filter(|said| said.from != Source::Station) {
            let patient = said.facts.patient_id.map(|id| self.patients().normalise(&id).unwrap_or(id));
            claimed.patients.extend(patient);
            if said.from != Source::Person {
                claimed.kinds_by_sources.extend(said.facts.document_type);
            }
        }
        Ok(claimed)
    }

    fn gather(&self, document: &Document) -> Result<Gathered, StageError> {
        let id = document.id;
        let (parts, delivery, session) = self.database.read::<_, StageError, _>(async |tx| {
            let parts = documents::parts(tx, id).await?;
            let delivery = match parts.first() {
                Some(part) => deliveries::get(tx, part.delivery).await?,
                None => None,
            };
            let session = match delivery.as_ref().and_then(|delivery| delivery.session) {
                Some(session) => sessions::get(tx, session).await?,
                None => None,
            };
            Ok((parts, delivery, session))
        })?;
        let delivery = delivery.ok_or_else(|| StageError::Document("it has no delivery".into()))?;
        let copy = CustodyCopy::open(&self.custody, delivery.id, delivery.copy)?;
        let names: Vec<String> = parts.iter().map(|part| part.delivered_name.clone()).collect();
        let mut gathered = Gathered {
            statements: Vec::new(),
            problems: Vec::new(),
            seen_beside: Vec::new(),
            sidecars: Vec::new(),
            regrown_from: delivery.regrown_from,
            rows: Vec::new(),
            doubted_rows: Vec::new(),
            left_out: first_number_left_out(&names.iter().map(String::as_str).collect::<Vec<_>>()),
            files: None,
            spoken_for: None,
        };
        if copy.manifest().contested {
            gathered.contested();
        }
        let station = self.config.stations.get(&document.station);
        let encoding = station.map_or(Encoding::Utf8, |station| station.index_encoding);
        let stated: Vec<Stated> =
            serde_json::from_str(&document.stated).map_err(|error| StageError::Document(error.to_string()))?;
        let doubt = delivery.sidecar_doubt.map(|earlier| Doubt { earlier, stated: &stated });
        self.read_sidecars(document, &copy, &names, encoding, doubt.as_ref(), &mut gathered)?;
        let scans = Scans::of(copy.manifest());
        if let Some(template) = station.and_then(|station| station.file_name.as_deref()) {
            let template: Template = template
                .parse()
                .map_err(|error| StageError::Document(format!("the station's file-name template: {error}")))?;
            for (number, name) in names.iter().enumerate() {
                match template.read(OsStr::new(name)) {
                    Ok(Some(facts)) => {
                        gathered.speak_for(scans.named(name));
                        gathered.speak(Source::Filename, facts, number == 0);
                    }
                    Ok(None) => {}
                    Err(problem) => gathered.problems.push(problem),
                }
            }
        }
        gathered.ask_for_the_others(&scans, &parts);
        if let Some(day) = session.and_then(|session| session.obtained_on) {
            let facts = Facts { obtained_on: Some(day), ..Facts::default() };
            gathered.statements.push(Statement { from: Source::Batch, facts });
        }
        for Stated { statement, set_aside, beside } in stated {
            gathered.problems.retain(|problem| !set_aside.contains(problem));
            gathered.seen_beside.extend(beside);
            gathered.statements.push(statement);
        }
        if let Some(station) = station {
            // What the station's settings say counts where nobody else speaks.
            let said = |speaks: fn(&Facts) -> bool| gathered.statements.iter().any(|said| speaks(&said.facts));
            let facts = Facts {
                document_type: station.document_type.clone().filter(|_| !said(|facts| facts.document_type.is_some())),
                claims: Claims {
                    paper: station.paper.filter(|_| !said(|facts| facts.claims.paper.is_some())),
                    scanner: station.scanner().filter(|_| !said(|facts| facts.claims.scanner.is_some())),
                    ..Claims::default()
                },
                ..Facts::default()
            };
            if facts != Facts::default() {
                gathered.statements.push(Statement { from: Source::Station, facts });
            }
        }
        Ok(gathered)
    }

    fn read_sidecars(
        &self,
        document: &Document,
        copy: &CustodyCopy,
        names: &[String],
        encoding: Encoding,
        doubt: Option<&Doubt<'_>>,
        gathered: &mut Gathered,
    ) -> Result<(), StageError> {
        let present: Vec<&OsStr> = names.iter().map(OsStr::new).collect();
        let manifest = copy.manifest();
        let scans = Scans::of(manifest);
        let read = |member| -> Result<Vec<u8>, StageError> {
            let mut bytes = Vec::new();
            let file = copy.open_member(member)?;
            std::io::Read::read_to_end(&mut std::io::Read::take(file, 8 * 1024 * 1024), &mut bytes)
                .map_err(|error| StageError::Either(format!("{}: {error}", member.file)))?;
            Ok(bytes)
        };
        let calendar = self.calendar();
        let zone = calendar.calendar.zone();
        for member in manifest.members.iter().filter(|member| member.part == Side::Sidecar) {
            let bytes = read(member)?;
            let sidecar = Sidecar::parse(&bytes);
            if let Some(doubt) = doubt
                && !doubt.is_settled_by(&self.patients(), &sidecar, zone)
            {
                // What may be another patient's enters neither the statements nor the record.
                let (file, earlier) = (display(member), doubt.earlier);
                gathered.problems.push(IdentityProblem::LateSidecar { file, earlier });
                continue;
            }
            let patients = sidecar.as_ref().ok().map(|sidecar| sidecar.patient_id.iter().cloned().collect());
            let facts = sidecar.and_then(|sidecar| {
                if let Some(files) = &sidecar.files {
                    gathered.files = Some(files.clone());
                    let missing = identification::sidecar::compare_files(files.iter().map(String::as_str), &present);
                    gathered.problems.extend(missing.into_iter().map(|sidecar| IdentityProblem::Sidecar { sidecar }));
                    gathered.speak_for(files.iter().flat_map(|file| scans.named(file)));
                } else {
                    match scans.described_by(&member.name) {
                        Described::All => {}
                        Described::These(own) => gathered.speak_for(own),
                        Described::OneOf(own) => {
                            gathered.contested();
                            gathered.speak_for(own);
                        }
                    }
                }
                sidecar.facts(Some(zone))
            });
            gathered.add(facts);
            let delivered_name = display(member);
            gathered.sidecars.push(Said { bytes, delivered_name, list: None, whole: true, patients });
        }
        for member in manifest.members.iter().filter(|member| member.part == Side::Index) {
            let bytes = read(member)?;
            match Index::parse(&bytes, encoding) {
                Err(sidecar) => gathered.problems.push(IdentityProblem::Sidecar { sidecar }),
                Ok(index) => {
                    if manifest.is_folder {
                        let differs = index.compare(&present).into_iter();
                        gathered.problems.extend(differs.map(|sidecar| IdentityProblem::Sidecar { sidecar }));
                    }
                    let mut own = index.heading_bytes().to_vec();
                    let mut patients = Some(BTreeSet::new());
                    let is_here = |row: &Row| names.iter().any(|name| index.row(name) == Some(row));
                    let mut whole = !manifest.is_folder || index.rows().iter().all(is_here);
                    let mut spoke = false;
                    for name in names {
                        let Some(row) = index.row(name) else { continue };
                        // A folder's list is its own; one in the drop folder is there for the next scan too.
                        let digest = Some(row_digest(name, index.row_bytes(row))).filter(|_| !manifest.is_folder);
                        if let Some(digest) = &digest
                            && let Some(earlier) = self.used_before(document, digest)?
                        {
                            gathered.problems.push(IdentityProblem::RowUsed { file: name.clone(), earlier });
                            continue;
                        }
                        if let Some(doubt) = doubt
                            && !doubt.is_settled_by(&self.patients(), &row.sidecar, zone)
                        {
                            let (file, earlier) = (name.clone(), doubt.earlier);
                            gathered.problems.push(IdentityProblem::LateRow { file, earlier });
                            gathered.doubted_rows.extend(digest);
                            whole = false;
                            continue;
                        }
                        gathered.rows.extend(digest);
                        own.extend([b"\n", index.row_bytes(row)].concat());
                        match (&row.sidecar, &mut patients) {
                            (Ok(sidecar), Some(patients)) => patients.extend(sidecar.patient_id.clone()),
                            _ => patients = None,
                        }
                        let is_first = !std::mem::replace(&mut spoke, true);
                        match row.sidecar.clone().and_then(|sidecar| sidecar.facts(Some(zone))) {
                            Ok(facts) => {
                                gathered.speak_for(scans.named(name));
                                gathered.speak(Source::Sidecar, facts, is_first);
                            }
                            Err(sidecar) => gathered.problems.push(IdentityProblem::Sidecar { sidecar }),
                        }
                    }
                    if spoke {
                        let (delivered_name, list) = (display(member), Some(index.digest()));
                        gathered.sidecars.push(Said { bytes: own, delivered_name, list, whole, patients });
                    }
                }
            }
        }
        Ok(())
    }

    /// The other document for which a row of a list has spoken already.
    fn used_before(&self, document: &Document, row: &Digest) -> Result<Option<DocumentId>, StageError> {
        let used = self
            .database
            .read::<_, DatabaseError, _>(async |tx| spoken::row_used_for(tx, &document.station, row).await)?;
        Ok(used.filter(|earlier| *earlier != document.id))
    }

    fn settle(&self, document: &Document, gathered: &Gathered) -> Result<Settled, StageError> {
        // Never filed in pieces: a person says what the longer one is.
        let regrown = gathered.regrown_from.map(|earlier| Beside::Regrown { earlier });
        if let Some(regrown) = regrown.filter(|regrown| !gathered.seen_beside.contains(regrown)) {
            return Ok(Settled::Held(HoldReason::SourceChanged, to_text(&regrown)?));
        }
        let mut problems = gathered.problems.clone();
        let kind = match identification::document_type(&gathered.statements) {
            Ok(kind) => kind,
            Err(problem) => {
                problems.push(problem);
                None
            }
        };
        let adopted = kind.as_ref().and_then(|kind| {
            let admitted = self.config.stations.get(&document.station)?.profiles.contains(&kind.value);
            let adopted = self.profiles().in_force(&kind.value).cloned()?;
            let by_person = kind.from == Source::Person;
            (admitted && (by_person || !adopted.profile.is_chosen_by_people_only())).then_some(adopted)
        });
        if let (Some(kind), None) = (&kind, &adopted)
            && problems.is_empty()
        {
            let detail = to_text(&HeldDetail::NoProfile { document_type: &kind.value })?;
            return Ok(Settled::Held(HoldReason::NoProfile, detail));
        }
        let (required, sources) = match &adopted {
            Some(adopted) => (adopted.profile.identity.required.clone(), adopted.profile.identity.sources.clone()),
            None => (vec![Fact::PatientId, Fact::DocumentType, Fact::ObtainedOn], Vec::new()),
        };
        let required: Vec<_> = required.iter().map(|fact| field_of(*fact)).collect();
        let patients = self.patients();
        let people = if gathered.statements.iter().any(|said| said.facts.operator.is_some()) {
            self.database.read::<_, StageError, _>(async |tx| Ok(register::list(tx).await?))?
        } else {
            Vec::new()
        };
        let asked = Asked {
            station: &document.station,
            patients: &patients,
            people: &people.iter().map(|person| person.login.to_string()).collect(),
            required: &required,
            sources: &sources,
        };
        match resolve(&gathered.statements, &asked) {
            Identification::Held(found) => problems.extend(found),
            Identification::Identified(identified) if problems.is_empty() => {
                let Some(adopted) = adopted else {
                    return Err(StageError::Document("identified without a profile".into()));
                };
                return self.compare_with_others(document, gathered, identified, adopted);
            }
            Identification::Identified(_) => {}
        }
        let reason = if problems.iter().any(|problem| matches!(problem, IdentityProblem::UnknownPatient { .. })) {
            HoldReason::UnknownPatient
        } else if problems
            .iter()
            .any(|problem| matches!(problem, IdentityProblem::Conflict { .. } | IdentityProblem::WrongStation { .. }))
        {
            HoldReason::Conflict
        } else {
            HoldReason::Identity
        };
        Ok(Settled::Held(reason, to_text(&HeldDetail::Identity { problems: &problems })?))
    }

    fn compare_with_others(
        &self,
        document: &Document,
        gathered: &Gathered,
        identified: Box<identification::Identified>,
        adopted: Arc<Adopted>,
    ) -> Result<Settled, StageError> {
        let compared = Compared {
            document: document.clone(),
            files: gathered.files.clone(),
            seen_beside: gathered.seen_beside.clone(),
            identity: identified.identity().clone(),
            profile: adopted.profile.reference().clone(),
            blank: self.blank_contents(document.id)?,
        };
        let standing = self.database.read::<_, StageError, _>(async |tx| compared.with_others(tx).await)?;
        Ok(Settled::Identified { identified, adopted, compared: Box::new(compared), standing })
    }

    fn commit_identity(
        &self,
        document: &Document,
        gathered: Gathered,
        settled: Settled,
    ) -> Result<&'static [StageName], StageError> {
        let patient = match &settled {
            Settled::Identified { identified, standing: Standing::ItsOwn, .. } => {
                identified.identity().patient.as_ref()
            }
            _ => None,
        };
        let patients = self.patients();
        let mut sidecars = Vec::new();
        for said in gathered.sidecars.iter().filter(|said| said.may_be_signed(patient.map(|it| &it.value), &patients)) {
            let object = self.objects.put(&said.bytes)?;
            let (delivered_name, list, whole) = (said.delivered_name.clone(), said.list, said.whole);
            sidecars.push(spoken::Sidecar { object, delivered_name, list, whole });
        }
        let (id, now, journal) = (document.id, self.clock.now(), Arc::clone(&self.journal));
        let (files, rows, station) = (gathered.files, gathered.rows, document.station.clone());
        // A row that a person did not agree with is done with too, once they have said whose the scan is.
        let done_with = if patient.is_some() { gathered.doubted_rows } else { Vec::new() };
        let (left_out, seen) = (gathered.left_out, document.clone());
        let is_receipt = matches!(settled, Settled::Identified { standing: Standing::Receipt(_), .. });
        let held = self.database.write::<_, StageError, _>(async move |tx| {
            documents::still(tx, &seen).await?;
            for row in &rows {
                // Looked at anew, where it spoke for another one in the meantime.
                if spoken::row_used_for(tx, &station, row).await?.is_some_and(|other| other != id) {
                    return Ok(None);
                }
            }
            if let Settled::Identified { compared, standing, .. } = &settled
                && compared.with_others(tx).await? != *standing
            {
                // So it is where one of the others was identified or ended in the meantime.
                return Ok(None);
            }
            if let Settled::Identified { adopted, .. } = &settled {
                let reference = adopted.profile.reference();
                let known = profiles::get(tx, &reference.id, reference.version).await?;
                if !known.is_some_and(|known| known.state == ProfileState::InForce) {
                    let replaced = format!("profile {} was replaced while document {id} was identified", reference.id);
                    return Err(DatabaseError::Conflict(replaced).into());
                }
            }
            spoken::set_sidecars(tx, id, &sidecars).await?;
            for row in rows.iter().chain(&done_with) {
                spoken::use_row(tx, &station, row, id).await?;
            }
            let (identified, adopted, standing) = match settled {
                Settled::Held(reason, detail) => {
                    hold_at_identification(tx, &journal, id, reason, &detail, now).await?;
                    return Ok(Some(reason));
                }
                Settled::Identified { identified, adopted, standing, .. } => (identified, adopted, standing),
            };
            if let Some((reason, detail)) = standing.hold()? {
                hold_at_identification(tx, &journal, id, reason, &detail, now).await?;
                if let Standing::WaitsFor(first) = standing {
                    waiting::wait_for(tx, id, first).await?;
                }
                return Ok(Some(reason));
            }
            if let Standing::Receipt(first) = standing {
                documents::carry_on(tx, id, DocumentState::Identifying, DocumentState::Discarded, now).await?;
                let parts = documents::parts(tx, id).await?;
                let first_parts = documents::parts(tx, first).await?;
                if let (Some(part), Some(first_part)) = (parts.first(), first_parts.first()) {
                    deliveries::set_receipt_of(tx, part.delivery, first_part.delivery).await?;
                }
                let entry = Draft::by_system(Kind::DeliveryReceived, About::document(id)).fact("receipt_of", first);
                journal.append(tx, entry, now).await?;
                return Ok(None);
            }
            if let Some(files) = &files {
                reorder(tx, id, files).await?;
            }
            let reference = adopted.profile.reference();
            documents::set_identity(tx, id, identified.identity(), identified.claims(), Some(reference)).await?;
            let left_out = left_out.map(|number| Flag::NumberLeftOut { number });
            let flags: Vec<Flag> = identified.flags().iter().cloned().chain(left_out).collect();
            documents::set_flags(tx, id, &documents::to_json("document.flags", &flags)?).await?;
            documents::carry_on(tx, id, DocumentState::Identifying, DocumentState::Inspecting, now).await?;
            Ok(None)
        })?;
        match (held, self.intake.get()) {
            (Some(reason), _) => self.note_hold(document, reason),
            // The store holds the first one's bytes, which are its own.
            (None, _) if is_receipt => self.clear_custody(id),
            (None, Some(intake)) => intake.clear_note(&document.station, id),
            (None, None) => {}
        }
        Ok(&[StageName::Inspection])
    }
}

impl Gathered {
    /// What a source says of one of its files. When it was scanned differs from page to page; the first page's counts.
    fn speak(&mut self, from: Source, mut facts: Facts, is_first: bool) {
        if !is_first {
            facts.scanned_at = None;
        }
        self.statements.push(Statement { from, facts });
    }

    /// A source speaks for these by name, and for no others.
    fn speak_for<'n>(&mut self, scans: impl IntoIterator<Item = &'n SourceName>) {
        self.spoken_for.get_or_insert_default().extend(scans.into_iter().cloned());
    }

    fn contested(&mut self) {
        if !self.problems.contains(&IdentityProblem::Contested) {
            self.problems.push(IdentityProblem::Contested);
        }
    }

    /// Where some files are spoken for by name, the others may be anybody's.
    fn ask_for_the_others(&mut self, scans: &Scans<'_>, parts: &[Part]) {
        let Some(spoken_for) = &self.spoken_for else { return };
        let others = parts.iter().filter(|part| !scans.is_spoken_for(part, spoken_for));
        self.problems.extend(others.map(|part| IdentityProblem::Unspoken { file: part.delivered_name.clone() }));
    }

    fn add(&mut self, facts: Result<Facts, SidecarProblem>) {
        match facts {
            Ok(facts) => self.statements.push(Statement { from: Source::Sidecar, facts }),
            Err(sidecar) => self.problems.push(IdentityProblem::Sidecar { sidecar }),
        }
    }
}

async fn hold_at_identification(
    tx: &mut Tx,
    journal: &Journal,
    id: DocumentId,
    reason: HoldReason,
    detail: &str,
    now: Instant,
) -> Result<(), StageError> {
    documents::hold(tx, id, DocumentState::Identifying, reason, Some(detail), now).await?;
    let entry = Draft::by_system(Kind::DocumentHeld, About::document(id)).fact("reason", reason);
    journal.append(tx, entry, now).await?;
    Ok(())
}

/// Puts the parts of a document into the order in which its sidecar lists them.
async fn reorder(tx: &mut Tx, id: DocumentId, files: &[String]) -> Result<(), DatabaseError> {
    let parts = documents::parts(tx, id).await?;
    let ordered = in_order(parts.clone(), Some(files));
    if ordered == parts { Ok(()) } else { documents::set_parts(tx, id, &ordered).await }
}

/// A name as one spelling: some systems deliver names composed (NFC), some decomposed (NFD).
fn composed(name: &str) -> String {
    name.nfc().collect()
}

fn value<T: PartialEq>(sourced: Option<&crate::identity::Sourced<T>>) -> Option<&T> {
    sourced.map(|sourced| &sourced.value)
}

fn to_text(detail: &impl serde::Serialize) -> Result<String, StageError> {
    serde_json_canonicalizer::to_string(detail).map_err(|error| StageError::Document(error.to_string()))
}

fn field_of(fact: Fact) -> crate::identity::Field {
    use crate::identity::Field;
    match fact {
        Fact::PatientId => Field::PatientId,
        Fact::DocumentType => Field::DocumentType,
        Fact::ObtainedOn => Field::ObtainedOn,
        Fact::DocumentDate => Field::DocumentDate,
        Fact::ScannedAt => Field::ScannedAt,
        Fact::Operator => Field::Operator,
    }
}

/// The rows of a list that speak of files, as they are remembered. What is no list has none.
#[must_use]
pub fn rows_of(list: &[u8], encoding: Encoding, names: &[String]) -> Vec<Digest> {
    let Ok(index) = Index::parse(list, encoding) else { return Vec::new() };
    let digest = |name: &String| Some(row_digest(name, index.row_bytes(index.row(name)?)));
    names.iter().filter_map(digest).collect()
}

/// The bare names that a sidecar lists; intake groups files by them.
#[must_use]
pub fn listed_files(sidecar: &[u8]) -> Option<Vec<OsString>> {
    Some(Sidecar::parse(sidecar).ok()?.files?.into_iter().map(OsString::from).collect())
}
