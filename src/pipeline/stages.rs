//! What each stage does with one row: asks its instruments, works, and says what may go on.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::sync::Arc;

use super::driver::{Away, StageName, Worked};
use super::line::{Adopted, Line};
use crate::database::{DatabaseError, Tx};
use crate::document::{DocumentState, HoldReason};
use crate::filing::{Filing, FilingError};
use crate::identification::index::Index;
use crate::identification::{
    self, Asked, Facts, Identification, IdentityProblem, Sidecar, SidecarProblem, Statement, Template, resolve,
};
use crate::identity::table::Encoding;
use crate::identity::{Claims, Source};
use crate::ids::{DeliveryId, Digest, DocumentId, Name};
use crate::image::WorkerError;
use crate::inspection::{Subject, SubjectPart, inspect};
use crate::instant::Instant;
use crate::intake::custody::CustodyCopy;
use crate::intake::names::Part as Side;
use crate::journal::{Draft, Kind, Subject as About};
use crate::judgement::{Judgement, Outcome, Severity};
use crate::ledger::attempts::{self, AttemptState};
use crate::ledger::documents::{self, Document};
use crate::ledger::{contents, decisions, deliveries};
use crate::measurements::Measurements;
use crate::measuring::{Measured, Measuring, MeasuringError};
use crate::messages::{Lang, say, say_code};
use crate::people::sessions;
use crate::profile::Fact;
use crate::requirement::Regime;
use crate::review::{self, NotAccepted};
use crate::signing::stamping::{self, Stamping};
use crate::signing::{self, Signing, SigningError};

/// A document that fails so often in one stage is held.
const MOST_FAILURES: i64 = 3;

/// How long after a failure the next try comes.
const RETRY: jiff::SignedDuration = jiff::SignedDuration::from_secs(2);

/// What a document is held with when its identity is not settled: every problem, not only the first.
#[derive(serde::Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
enum HeldDetail<'a> {
    Identity {
        problems: &'a [IdentityProblem],
    },
    NoProfile {
        document_type: &'a Name,
    },
    EqualBytes {
        earlier: DocumentId,
    },
    /// Its source went on growing after an earlier delivery of it was taken.
    Regrown {
        earlier: DeliveryId,
    },
    StageFailed {
        stage: &'static str,
        error: String,
    },
}

impl Line {
    pub(super) fn measure(&self, id: DeliveryId) -> Worked {
        let done = (|| -> Result<Measured, MeasuringError> {
            let delivery = self
                .database
                .read(async |tx| deliveries::get(tx, id).await)?
                .ok_or_else(|| DatabaseError::Conflict(format!("there is no delivery {id}")))?;
            let copy = CustodyCopy::open(&self.custody, id, delivery.copy)?;
            self.measuring().measure(&delivery, &copy)
        })();
        match done {
            Ok(Measured::Taken(document)) => {
                tracing::info!(delivery.id = %id, document.id = %document, "Took delivery {id} as document {document}");
                self.wake_station_of(id);
                Worked::Done(&[StageName::Identification])
            }
            Ok(Measured::Waits) => {
                self.wake_station_of(id);
                Worked::Done(&[])
            }
            Err(error) => {
                if let Some(away) = away(&error) {
                    return Worked::Away(away);
                }
                tracing::error!(delivery.id = %id, %error, "Measuring delivery {id} failed");
                let retry_at = self.clock.now().plus(RETRY);
                let counted = self
                    .database
                    .write::<_, DatabaseError, _>(async move |tx| deliveries::set_failure(tx, id, retry_at).await);
                counted.map_or_else(|error| Worked::Away(error.into()), |()| Worked::Done(&[]))
            }
        }
    }

    fn wake_station_of(&self, id: DeliveryId) {
        // Where the ledger does not answer, the next sweep comes by itself.
        if let Ok(Some(delivery)) = self.database.read(async |tx| deliveries::get(tx, id).await) {
            self.wake_intake(&delivery.station);
        }
    }

    /// The stage that measures, with this line's instruments.
    #[must_use]
    pub fn measuring(&self) -> Measuring<'_> {
        Measuring {
            workers: &self.workers,
            objects: &self.objects,
            database: &self.database,
            journal: &self.journal,
            clock: &self.clock,
            quiet: &self.quiet,
        }
    }

    pub(super) fn identify(&self, id: DocumentId) -> Worked {
        self.attempted(id, StageName::Identification, DocumentState::Identifying, |document| {
            let gathered = self.gather(document)?;
            let outcome = self.settle(document, &gathered)?;
            self.commit_identity(document, gathered, outcome)
        })
    }

    pub(super) fn inspect(&self, id: DocumentId) -> Worked {
        self.attempted(id, StageName::Inspection, DocumentState::Inspecting, |document| {
            let adopted = self.profile_of(document)?;
            let judgement = self.judge(document, &adopted)?;
            self.commit_judgement(document, &adopted, judgement)
        })
    }

    pub(super) fn sign(&self, id: DocumentId) -> Worked {
        self.attempted(id, StageName::Signing, DocumentState::Signing, |document| {
            let adopted = self.profile_of(document)?;
            let accepted = self.database.read(async |tx| {
                Ok::<_, StageError>(review::recall(tx, document, &adopted.profile).await)
            })?;
            let now = self.clock.now();
            let accepted = match accepted {
                Ok(accepted) => accepted,
                Err(NotAccepted::Needs(needs)) => {
                    let (state, reason) = review::route(&needs);
                    self.move_and_hold(document, state, reason, None, now)?;
                    return Ok(&[] as &'static [StageName]);
                }
                Err(NotAccepted::Database(error)) => return Err(error.into()),
                Err(error @ NotAccepted::NotJudged) => return Err(StageError::Document(error.to_string())),
            };
            let anonymous =
                self.config.stations.get(&document.station).is_some_and(|station| station.anonymous_writing);
            match self.signing().sign(&accepted, &adopted.profile, anonymous)? {
                signing::Outcome::Signed(attempt) => {
                    tracing::info!(document.id = %document.id, attempt.id = %attempt, "Signed document {}", document.id);
                    return Ok(&[StageName::Stamping, StageName::Filing]);
                }
                signing::Outcome::Waits { reason, detail } => {
                    self.hold(document, DocumentState::Signing, reason, detail, now)?;
                }
                signing::Outcome::Confirm => {
                    self.move_and_hold(document, DocumentState::AwaitingConfirmation, None, None, now)?;
                }
                signing::Outcome::Late => {
                    self.move_and_hold(document, DocumentState::Review, Some(HoldReason::Late), None, now)?;
                }
            }
            Ok(&[])
        })
    }

    fn signing(&self) -> Signing<'_> {
        Signing {
            database: &self.database,
            journal: &self.journal,
            objects: &self.objects,
            sessions: &self.sessions,
            custody: &self.custody,
            clock: &self.clock,
            calendar: &self.calendar.calendar,
            home: self.home.id(),
            mode: self.config.mode.as_str(),
            sandbox: self.sandbox,
            build: self.build,
            chain: &self.chain,
        }
    }

    pub(super) fn stamp(&self, id: DocumentId) -> Worked {
        let stage = Stamping {
            database: &self.database,
            journal: &self.journal,
            custody: &self.custody,
            clock: &self.clock,
            authorities: &self.authorities,
            most_skew: self.config.clock.max_offset.as_signed(),
        };
        match stage.stamp(id) {
            Ok(stamping::Outcome::Stamped(_)) => Worked::Done(&[StageName::Filing]),
            Ok(stamping::Outcome::Missed) => Worked::Done(&[StageName::Signing]),
            Ok(stamping::Outcome::Away(problem)) => Worked::Away(Away::Authority { problem }),
            Err(error) => self.failed(id, StageName::Stamping, DocumentState::Stamping, error.into()),
        }
    }

    pub(super) fn file(&self, id: DocumentId) -> Worked {
        let stage = Filing {
            database: &self.database,
            journal: &self.journal,
            objects: &self.objects,
            custody: &self.custody,
            clock: &self.clock,
            original: &|delivery, content| self.original(delivery, content),
            calendar: &|digest| (*digest == self.calendar.calendar.digest()).then(|| self.calendar.bytes.clone()),
            profile: &|digest| self.profiles().bytes_of(digest),
        };
        match stage.file(id) {
            Ok(filed) => {
                tracing::info!(document.id = %id, record.id = %filed.record, "Filed document {id} as record {}", filed.record);
                self.clear_custody(id);
                Worked::Done(&[])
            }
            Err(error) => self.failed(id, StageName::Filing, DocumentState::Filing, error.into()),
        }
    }

    /// The store holds it now: its copies in custody may go, and what the station was told about it.
    fn clear_custody(&self, id: DocumentId) {
        let Some(intake) = self.intake.get() else { return };
        let found = self.database.read::<_, DatabaseError, _>(async |tx| {
            let document = documents::get(tx, id).await?;
            Ok((document, documents::parts(tx, id).await?, attempts::of_document(tx, id).await?))
        });
        let Ok((document, parts, attempts)) = found else { return };
        for delivery in parts.iter().map(|part| part.delivery).collect::<BTreeSet<_>>() {
            if let Err(error) = intake.cleanup(delivery) {
                tracing::warn!(delivery.id = %delivery, %error, "Custody of delivery {delivery} is cleared at the next start");
            }
        }
        // An attempt that missed its window stays: its signature is in no record.
        for attempt in attempts.iter().filter(|attempt| attempt.state == AttemptState::Filed) {
            let removed = self
                .custody
                .open_folder(signing::ATTEMPTS)
                .and_then(|folder| folder.remove_folder(&attempt.id.to_string()));
            if let Err(error) = removed {
                tracing::warn!(attempt.id = %attempt.id, %error, "The files of attempt {} stay in custody until the next start", attempt.id);
            }
        }
        if let Some(document) = document {
            intake.clear_note(&document.station, id);
        }
    }

    /// Runs a step on a document that is still in `state`, and answers for what goes wrong.
    fn attempted(
        &self,
        id: DocumentId,
        stage: StageName,
        state: DocumentState,
        step: impl FnOnce(&Document) -> Result<&'static [StageName], StageError>,
    ) -> Worked {
        let found = self.database.read(async |tx| documents::get(tx, id).await);
        let document = match found {
            Ok(Some(document)) if document.state == state && document.held.is_none() => document,
            // Somebody decided otherwise in the meantime.
            Ok(_) => return Worked::Done(&[]),
            Err(error) => return Worked::Away(error.into()),
        };
        step(&document).map_or_else(|error| self.failed(id, stage, state, error), Worked::Done)
    }

    /// Three failures of one document in one stage hold it; a disk or clock that is at fault pauses the stage.
    fn failed(&self, id: DocumentId, stage: StageName, state: DocumentState, error: StageError) -> Worked {
        if let StageError::Away(why) = error {
            return Worked::Away(why);
        }
        tracing::error!(document.id = %id, stage = stage.as_str(), %error, "Document {id} failed in {}", stage.as_str());
        let now = self.clock.now();
        let detail = HeldDetail::StageFailed { stage: stage.as_str(), error: error.to_string() };
        let detail = serde_json_canonicalizer::to_string(&detail).unwrap_or_default();
        let counted = self.database.write::<_, DatabaseError, _>(async move |tx| {
            if documents::count_failure(tx, id, now.plus(RETRY)).await? < MOST_FAILURES {
                return Ok(None);
            }
            documents::hold(tx, id, state, HoldReason::StageFailed, Some(&detail), now).await?;
            documents::get(tx, id).await
        });
        match counted {
            Ok(held) => {
                if let Some(document) = held {
                    self.note_hold(&document, HoldReason::StageFailed);
                }
                Worked::Done(&[])
            }
            Err(error) => Worked::Away(error.into()),
        }
    }

    /// Tells the station that a document is held: which, why, and what to do. What the sources said stays in the ledger,
    /// for it may name a patient.
    fn note_hold(&self, document: &Document, reason: HoldReason) {
        let Some(intake) = self.intake.get() else { return };
        let taken_in = document.taken_in_at.in_zone(self.calendar.calendar.zone()).strftime("%Y-%m-%d %H:%M:%S");
        let blanks = [("taken_in", taken_in.to_string().into()), ("document", document.id.to_string().into())];
        let text = Lang::ALL.map(|lang| {
            let lines = [
                say(lang, "note-document", &blanks),
                say(lang, &format!("note-hold-{reason}"), &[]),
                say(lang, &format!("todo-{reason}"), &[]),
            ];
            format!("{}\n", lines.join("\n"))
        });
        intake.note(&document.station, document.id, &text.join("\n"));
    }

    fn hold(
        &self,
        document: &Document,
        state: DocumentState,
        reason: HoldReason,
        detail: Option<String>,
        now: Instant,
    ) -> Result<(), StageError> {
        let id = document.id;
        let journal = Arc::clone(&self.journal);
        self.database.write::<_, StageError, _>(async move |tx| {
            documents::hold(tx, id, state, reason, detail.as_deref(), now).await?;
            let entry = Draft::by_system(Kind::DocumentHeld, About::document(id)).fact("reason", reason);
            journal.append(tx, entry, now).await?;
            Ok(())
        })
    }

    fn move_and_hold(
        &self,
        document: &Document,
        to: DocumentState,
        reason: Option<HoldReason>,
        detail: Option<String>,
        now: Instant,
    ) -> Result<(), StageError> {
        let (id, from) = (document.id, document.state);
        let journal = Arc::clone(&self.journal);
        self.database.write::<_, StageError, _>(async move |tx| {
            documents::move_on(tx, id, from, to, now).await?;
            if let Some(reason) = reason {
                documents::hold(tx, id, to, reason, detail.as_deref(), now).await?;
                let entry = Draft::by_system(Kind::DocumentHeld, About::document(id)).fact("reason", reason);
                journal.append(tx, entry, now).await?;
            }
            Ok(())
        })
    }

    fn profile_of(&self, document: &Document) -> Result<Arc<Adopted>, StageError> {
        let reference = document.profile.as_ref().ok_or_else(|| StageError::Document("it has no profile".into()))?;
        self.profiles()
            .exactly(reference)
            .cloned()
            .ok_or_else(|| StageError::Document(format!("profile {} is not known", reference.id)))
    }
}

/// Why a step did not succeed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StageError {
    /// Something outside is away; the document is not at fault.
    #[error("{0:?}")]
    Away(Away),
    #[error("{0}")]
    Document(String),
}

impl From<DatabaseError> for StageError {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Conflict(_) | DatabaseError::Unreadable(_) => Self::Document(error.to_string()),
            _ => Self::Away(error.into()),
        }
    }
}

impl From<SigningError> for StageError {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::Database(error) => error.into(),
            SigningError::Disk(_) => Self::Away(disk(&error)),
            SigningError::Store(_) => Self::Away(store(&error)),
            _ => Self::Document(error.to_string()),
        }
    }
}

impl From<FilingError> for StageError {
    fn from(error: FilingError) -> Self {
        match error {
            FilingError::Database(error) => error.into(),
            FilingError::Attempt(error) => error.into(),
            FilingError::Disk(_) => Self::Away(disk(&error)),
            FilingError::Store(crate::store::StoreError::DiskFull | crate::store::StoreError::Unreachable(_)) => {
                Self::Away(store(&error))
            }
            _ => Self::Document(error.to_string()),
        }
    }
}

/// What is away, where the delivery is not at fault.
fn away(error: &MeasuringError) -> Option<Away> {
    match error {
        MeasuringError::Worker(WorkerError::ContentChanged { .. })
        | MeasuringError::Database(DatabaseError::Conflict(_))
        | MeasuringError::Custody(_)
        | MeasuringError::Encoding(_) => None,
        MeasuringError::Worker(_) => Some(Away::Workers { problem: error.to_string() }),
        MeasuringError::Store(_) => Some(store(error)),
        MeasuringError::Disk(_) => Some(disk(error)),
        MeasuringError::Database(_) => Some(Away::Database { problem: error.to_string() }),
    }
}

fn disk(error: &impl ToString) -> Away {
    Away::Disk { problem: error.to_string() }
}

fn store(error: &impl ToString) -> Away {
    Away::Store { problem: error.to_string() }
}

/// Everything that was said of a document, and the bytes that said it.
struct Gathered {
    statements: Vec<Statement>,
    problems: Vec<IdentityProblem>,
    /// The sidecar, or its own row of a batch list with that list's digest.
    sidecar: Option<(Vec<u8>, Option<Digest>)>,
    /// The delivery that this one may be a longer piece of.
    regrown_from: Option<DeliveryId>,
    /// The order of its files, where the sidecar gives one.
    files: Option<Vec<String>>,
}

/// What became of identification.
enum Settled {
    Identified(Box<identification::Identified>, Arc<Adopted>),
    /// Equal bytes under equal circumstances: a further receipt of that document.
    Receipt(DocumentId),
    Held(HoldReason, String),
}

impl Line {
    fn gather(&self, document: &Document) -> Result<Gathered, StageError> {
        let id = document.id;
        let (parts, delivery, session) = self.database.read::<_, StageError, _>(async |tx| {
            let parts = documents::parts(tx, id).await?;
            let delivery = match parts.first() {
                Some(part) => deliveries::get(tx, part.delivery).await?,
                None => None,
            };
            let session = match delivery.as_ref().and_then(|delivery| delivery.session) {
                Some(session) => {
                    sessions::get(tx, session).await.map_err(|error| StageError::Document(error.to_string()))?
                }
                None => None,
            };
            Ok((parts, delivery, session))
        })?;
        let delivery = delivery.ok_or_else(|| StageError::Document("it has no delivery".into()))?;
        let copy = CustodyCopy::open(&self.custody, delivery.id, delivery.copy)
            .map_err(|error| StageError::Document(error.to_string()))?;
        let names: Vec<String> = parts.iter().map(|part| part.delivered_name.clone()).collect();
        let mut gathered = Gathered {
            statements: Vec::new(),
            problems: Vec::new(),
            sidecar: None,
            regrown_from: delivery.regrown_from,
            files: None,
        };
        self.read_sidecars(&copy, &names, &mut gathered)?;
        let station = self.config.stations.get(&document.station);
        if let Some(template) = station.and_then(|station| station.file_name.as_deref()) {
            match template.parse::<Template>().map(|template| names.first().map(|name| template.read(OsStr::new(name))))
            {
                Ok(Some(Ok(Some(facts)))) => gathered.statements.push(Statement { from: Source::Filename, facts }),
                Ok(Some(Err(problem))) => gathered.problems.push(problem),
                Ok(_) => {}
                Err(error) => return Err(StageError::Document(format!("the station's file-name template: {error}"))),
            }
        }
        if let Some(day) = session.and_then(|session| session.obtained_on) {
            let facts = Facts { obtained_on: Some(day), ..Facts::default() };
            gathered.statements.push(Statement { from: Source::Batch, facts });
        }
        let stated: Vec<Statement> =
            serde_json::from_str(&document.stated).map_err(|error| StageError::Document(error.to_string()))?;
        gathered.statements.extend(stated);
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

    fn read_sidecars(&self, copy: &CustodyCopy, names: &[String], gathered: &mut Gathered) -> Result<(), StageError> {
        let present: Vec<&OsStr> = names.iter().map(OsStr::new).collect();
        let manifest = copy.manifest();
        let read = |member| -> Result<Vec<u8>, StageError> {
            let mut bytes = Vec::new();
            let file = copy.open_member(member).map_err(|error| StageError::Away(disk(&error)))?;
            std::io::Read::read_to_end(&mut std::io::Read::take(file, 8 * 1024 * 1024), &mut bytes)
                .map_err(|error| StageError::Away(disk(&error)))?;
            Ok(bytes)
        };
        let zone = self.calendar.calendar.zone();
        for member in manifest.members.iter().filter(|member| member.part == Side::Sidecar) {
            let bytes = read(member)?;
            let facts = Sidecar::parse(&bytes).and_then(|sidecar| {
                if let Some(files) = &sidecar.files {
                    gathered.files = Some(files.clone());
                    let missing = identification::sidecar::compare_files(files.iter().map(String::as_str), &present);
                    gathered.problems.extend(missing.into_iter().map(|sidecar| IdentityProblem::Sidecar { sidecar }));
                }
                sidecar.facts(Some(zone))
            });
            gathered.add(facts);
            gathered.sidecar = Some((bytes, None));
        }
        for member in manifest.members.iter().filter(|member| member.part == Side::Index) {
            let bytes = read(member)?;
            match Index::parse(&bytes, Encoding::Utf8) {
                Err(sidecar) => gathered.problems.push(IdentityProblem::Sidecar { sidecar }),
                Ok(index) => {
                    for row in names.iter().filter_map(|name| index.row(name)) {
                        gathered.add(row.sidecar.clone().and_then(|sidecar| sidecar.facts(Some(zone))));
                        let own = [index.heading_bytes(), index.row_bytes(row)].concat();
                        gathered.sidecar.get_or_insert((own, Some(index.digest())));
                    }
                }
            }
        }
        Ok(())
    }

    fn settle(&self, document: &Document, gathered: &Gathered) -> Result<Settled, StageError> {
        // Never filed in pieces: a person says what the longer one is.
        if let (Some(earlier), false) = (gathered.regrown_from, gathered_by_person(document)) {
            return Ok(Settled::Held(HoldReason::SourceChanged, to_text(&HeldDetail::Regrown { earlier })?));
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
            // A delivery may not choose for itself that its paper is kept and less is asked.
            let by_person = kind.from == Source::Person;
            (admitted && (by_person || adopted.profile.regime != Regime::PaperKept)).then_some(adopted)
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
        let asked = Asked { station: &document.station, patients: &patients, required: &required, sources: &sources };
        match resolve(&gathered.statements, &asked) {
            Identification::Held(found) => problems.extend(found),
            Identification::Identified(identified) if problems.is_empty() => {
                let Some(adopted) = adopted else {
                    return Err(StageError::Document("identified without a profile".into()));
                };
                return self.compare_with_equals(document, identified, adopted);
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

    /// Equal bytes are a mere further receipt only when station, identity and profile agree and the first was neither
    /// sent back nor discarded nor disposed of; under another patient they wait for a person.
    fn compare_with_equals(
        &self,
        document: &Document,
        identified: Box<identification::Identified>,
        adopted: Arc<Adopted>,
    ) -> Result<Settled, StageError> {
        let id = document.id;
        let others = self.database.read::<_, StageError, _>(async |tx| {
            let parts = documents::parts(tx, id).await?;
            let contents: Vec<_> = parts.iter().map(|part| part.content).collect();
            let mut equal = Vec::new();
            if let Some(first) = contents.first() {
                for other in documents::of_content(tx, first, id).await? {
                    let theirs: Vec<_> =
                        documents::parts(tx, other.id).await?.iter().map(|part| part.content).collect();
                    if theirs == contents {
                        equal.push(other);
                    }
                }
            }
            Ok(equal)
        })?;
        let patient =
            |identity: &crate::identity::Identity| identity.patient.as_ref().map(|patient| patient.value.id.clone());
        let ours = identified.identity();
        let decided_by_person = gathered_by_person(document);
        for other in &others {
            let ended =
                matches!(other.state, DocumentState::SentBack | DocumentState::Discarded | DocumentState::Disposed);
            let theirs = &other.identity;
            if patient(theirs).is_some() && patient(theirs) != patient(ours) && !decided_by_person {
                return Ok(Settled::Held(
                    HoldReason::EqualBytes,
                    to_text(&HeldDetail::EqualBytes { earlier: other.id })?,
                ));
            }
            let same = other.station == document.station
                && patient(theirs) == patient(ours)
                && value(theirs.document_type.as_ref()) == value(ours.document_type.as_ref())
                && value(theirs.obtained_on.as_ref()) == value(ours.obtained_on.as_ref())
                && other.profile.as_ref() == Some(adopted.profile.reference());
            if same && !ended {
                return Ok(Settled::Receipt(other.id));
            }
        }
        Ok(Settled::Identified(identified, adopted))
    }

    fn commit_identity(
        &self,
        document: &Document,
        gathered: Gathered,
        settled: Settled,
    ) -> Result<&'static [StageName], StageError> {
        let sidecar = match gathered.sidecar {
            None => None,
            Some((bytes, list)) => {
                let object = self.objects.put(&bytes).map_err(|error| StageError::Away(store(&error)))?;
                Some((object, list))
            }
        };
        let (id, now, journal) = (document.id, self.clock.now(), Arc::clone(&self.journal));
        let files = gathered.files;
        let held = match &settled {
            Settled::Held(reason, _) => Some(*reason),
            Settled::Identified(..) | Settled::Receipt(_) => None,
        };
        self.database.write::<_, StageError, _>(async move |tx| {
            if let Some((object, list)) = &sidecar {
                documents::set_sidecar(tx, id, object, list.as_ref()).await?;
            }
            match settled {
                Settled::Identified(identified, adopted) => {
                    if let Some(files) = &files {
                        reorder(tx, id, files).await?;
                    }
                    let reference = adopted.profile.reference();
                    documents::set_identity(tx, id, identified.identity(), identified.claims(), Some(reference))
                        .await?;
                    documents::move_on(tx, id, DocumentState::Identifying, DocumentState::Inspecting, now).await?;
                }
                Settled::Receipt(first) => {
                    documents::move_on(tx, id, DocumentState::Identifying, DocumentState::Discarded, now).await?;
                    let parts = documents::parts(tx, id).await?;
                    let first_parts = documents::parts(tx, first).await?;
                    if let (Some(part), Some(first_part)) = (parts.first(), first_parts.first()) {
                        deliveries::set_receipt_of(tx, part.delivery, first_part.delivery).await?;
                    }
                    let entry = Draft::by_system(Kind::DeliveryReceived, About::document(id)).fact("receipt_of", first);
                    journal.append(tx, entry, now).await?;
                }
                Settled::Held(reason, detail) => {
                    documents::hold(tx, id, DocumentState::Identifying, reason, Some(&detail), now).await?;
                    let entry = Draft::by_system(Kind::DocumentHeld, About::document(id)).fact("reason", reason);
                    journal.append(tx, entry, now).await?;
                }
            }
            Ok(())
        })?;
        match (held, self.intake.get()) {
            (Some(reason), _) => self.note_hold(document, reason),
            (None, Some(intake)) => intake.clear_note(&document.station, id),
            (None, None) => {}
        }
        Ok(&[StageName::Inspection])
    }

    fn judge(&self, document: &Document, adopted: &Adopted) -> Result<Judgement, StageError> {
        let id = document.id;
        let parts = self.database.read::<_, StageError, _>(async |tx| {
            let mut found = Vec::new();
            for part in documents::parts(tx, id).await? {
                let object = contents::measurements(tx, &part.content)
                    .await?
                    .ok_or_else(|| StageError::Document("a content has no measurements".into()))?;
                found.push((part, object));
            }
            Ok(found)
        })?;
        let mut measured = Vec::new();
        for (part, object) in parts {
            let bytes = self.objects.get(&object).map_err(|error| StageError::Away(store(&error)))?;
            let measurements: Measurements =
                serde_json::from_slice(&bytes).map_err(|error| StageError::Document(error.to_string()))?;
            measured.push((part, measurements));
        }
        let subject = Subject {
            parts: measured
                .iter()
                .map(|(part, measurements)| SubjectPart {
                    measurements,
                    first_page: part.first_page,
                    page_count: part.page_count,
                })
                .collect(),
            claims: &document.claims,
            identity: &document.identity,
            taken_in_at: document.taken_in_at,
            station: &document.station,
            calendar: &self.calendar.calendar,
        };
        Ok(inspect(&subject, &adopted.profile))
    }

    fn commit_judgement(
        &self,
        document: &Document,
        adopted: &Arc<Adopted>,
        judgement: Judgement,
    ) -> Result<&'static [StageName], StageError> {
        let due_at = self
            .calendar
            .calendar
            .deadline(document.taken_in_at, adopted.profile.window.sign_within, &document.station)
            .ok();
        let (id, station, note) = (document.id, document.station.clone(), note_text(&judgement));
        let (document, adopted, journal) = (document.clone(), Arc::clone(adopted), Arc::clone(&self.journal));
        let now = self.clock.now();
        let held = self.database.write::<_, StageError, _>(async move |tx| {
            let decided = decisions::of_document(tx, document.id).await?;
            let needs = review::needs(&document.identity, &judgement, &adopted.profile, &decided);
            let (state, held) = review::route(&needs);
            documents::set_judgement(tx, document.id, &judgement, due_at).await?;
            documents::move_on(tx, document.id, DocumentState::Inspecting, state, now).await?;
            if let Some(reason) = held {
                let detail =
                    serde_json_canonicalizer::to_string(&serde_json::json!({ "code": "needs", "needs": needs }))
                        .map_err(|error| StageError::Document(error.to_string()))?;
                documents::hold(tx, document.id, state, reason, Some(&detail), now).await?;
            }
            let found: Vec<&str> = judgement
                .findings
                .iter()
                .filter(|finding| finding.severity > Severity::Pass)
                .map(|finding| finding.check.as_str())
                .collect();
            let entry = Draft::by_system(Kind::DocumentInspected, About::document(document.id))
                .fact("profile", &judgement.profile)
                .fact("severity", judgement.severity)
                .fact("found", found)
                .fact("goes_to", state)
                .fact("held", held);
            journal.append(tx, entry, now).await?;
            Ok(held)
        })?;
        match (self.intake.get(), held) {
            (Some(intake), Some(_)) => intake.note(&station, id, &note),
            (Some(intake), None) => intake.clear_note(&station, id),
            (None, _) => {}
        }
        Ok(&[StageName::Signing])
    }
}

/// What the station is told about a document that a check held or rejected: page, reason, what to do. No patient data.
fn note_text(judgement: &Judgement) -> String {
    let mut text = String::new();
    for lang in Lang::ALL {
        for finding in judgement.findings.iter().filter(|finding| finding.severity >= Severity::Hold) {
            if let Outcome::Failed(reason) | Outcome::Indeterminate(reason) = &finding.outcome {
                if let Some(page) = finding.page {
                    text.push_str(&say(lang, "note-page", &[("page", page.into())]));
                }
                text.push_str(&say_code(lang, "reason", reason));
                text.push('\n');
            }
        }
        text.push('\n');
    }
    text
}

impl Gathered {
    fn add(&mut self, facts: Result<Facts, SidecarProblem>) {
        match facts {
            Ok(facts) => self.statements.push(Statement { from: Source::Sidecar, facts }),
            Err(sidecar) => self.problems.push(IdentityProblem::Sidecar { sidecar }),
        }
    }
}

/// Puts the parts of a document into the order in which its sidecar lists them.
async fn reorder(tx: &mut Tx, id: DocumentId, files: &[String]) -> Result<(), DatabaseError> {
    let parts = documents::parts(tx, id).await?;
    let order: Vec<usize> =
        files.iter().filter_map(|file| parts.iter().position(|part| part.delivered_name == *file)).collect();
    if order.len() == parts.len() && order.len() > 1 { documents::reorder_parts(tx, id, &order).await } else { Ok(()) }
}

fn gathered_by_person(document: &Document) -> bool {
    serde_json::from_str::<Vec<Statement>>(&document.stated).is_ok_and(|stated| !stated.is_empty())
}

fn value<T: PartialEq>(sourced: Option<&crate::identity::Sourced<T>>) -> Option<&T> {
    sourced.map(|sourced| &sourced.value)
}

fn to_text(detail: &HeldDetail<'_>) -> Result<String, StageError> {
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

/// The bare names that a sidecar lists; intake groups files by them.
#[must_use]
pub fn listed_files(sidecar: &[u8]) -> Option<Vec<OsString>> {
    Some(Sidecar::parse(sidecar).ok()?.files?.into_iter().map(OsString::from).collect())
}
