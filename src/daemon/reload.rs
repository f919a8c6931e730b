//! Reads the patient list and the calendar anew when their files change, and lets go on what waited for that. A faulty file
//! is refused and the old one stays.

use std::collections::BTreeSet;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use serde::Serialize;
use serde_json::Value;

use crate::calendar::Calendar;
use crate::database::DatabaseError;
use crate::document::{DocumentState, HoldReason};
use crate::ids::{Digest, DocumentId};
use crate::journal::{Draft, Kind, Subject};
use crate::judgement::{Outcome, Reason};
use crate::ledger::documents::{self, Document};
use crate::ledger::waiting;
use crate::ledger::watched_files::{self, KnownFile};
use crate::patients::{Patients, PatientsProblem};
use crate::pipeline::driver::StageName;
use crate::pipeline::line::{CalendarFile, Fault, Line, WatchedFile};
use crate::store::StoreError;

/// How often documents that another calendar judged are looked for although the calendar did not change: one may have been
/// judged by the old one while the new one came.
const LOOK_ANEW_EVERY: Duration = Duration::from_secs(60);

#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What tells that a file is another one, or was written to.
type Stamp = (u64, u64, u64, i64, i64, i64);

/// The two files, as they were at the last look.
pub(super) struct Watcher {
    patients: Seen,
    calendar: Seen,
    /// While no list could be read since the start: how many patients the last one had.
    stands_in_for: Option<u64>,
    /// When documents that another calendar judged were last looked for.
    looked_anew: Option<Moment>,
}

struct Seen {
    path: PathBuf,
    stamp: Option<Stamp>,
}

impl Seen {
    /// Whether it changed since the last look that was told.
    fn changed(&mut self) -> bool {
        let now = stamp(&self.path);
        let changed = now.is_none() || now != self.stamp;
        self.stamp = now;
        changed
    }

    /// What was read may have been half of it: it is read again at the next look.
    fn look_again(&mut self) {
        self.stamp = None;
    }
}

impl Watcher {
    /// Records which files the line starts with. `stands_in_for` where it starts without a patient list.
    pub(super) fn start(line: &Line, stands_in_for: Option<u64>) -> Result<Self, ReloadError> {
        let root = line.home.layout().root();
        let watcher = Self {
            patients: Seen { path: root.join(&line.config.patients.path), stamp: None },
            calendar: Seen { path: line.home.layout().calendar(), stamp: None },
            stands_in_for,
            looked_anew: None,
        };
        if stands_in_for.is_none() {
            adopt(line, WatchedFile::Patients, known_patients(&line.patients()))?;
        }
        adopt_calendar(line, &line.calendar())?;
        Ok(watcher)
    }

    /// Looks at both files, and whether the profiles in force are those that the line has.
    pub(super) fn look(&mut self, line: &Line) -> Result<(), ReloadError> {
        if line.profiles_are_behind() {
            line.reload_profiles()?;
            line.shared.wake(&[StageName::Identification]);
        }
        if self.patients.changed() {
            // What could not be entered is as unknown as what could not be read.
            self.read_patients(line).inspect_err(|_| self.patients.look_again())?;
        }
        if self.calendar.changed() {
            self.looked_anew = None;
            self.read_calendar(line).inspect_err(|_| self.calendar.look_again())?;
        }
        try_again(line)?;
        if self.looked_anew.is_none_or(|looked| looked.elapsed() >= LOOK_ANEW_EVERY) {
            judge_anew(line)?;
            self.looked_anew = Some(Moment::now());
        }
        Ok(())
    }

    fn read_patients(&mut self, line: &Line) -> Result<(), ReloadError> {
        let (path, settings) = (&self.patients.path, (&line.config.patients).into());
        let read = match self.stands_in_for {
            None => line.patients().reload(path, &settings),
            before => Patients::load(path, &settings, before),
        };
        match read {
            Ok(newer) => {
                self.stands_in_for = None;
                let known = known_patients(&newer);
                line.set_patients(newer);
                line.clear_fault(WatchedFile::Patients);
                adopt(line, WatchedFile::Patients, known)
            }
            Err(problem) => {
                if matches!(problem, PatientsProblem::ChangedWhileRead | PatientsProblem::Unreachable { .. }) {
                    self.patients.look_again();
                }
                let fault = match self.stands_in_for {
                    Some(_) => Fault::NoPatients { patients: problem.clone() },
                    None => Fault::Patients { patients: problem.clone() },
                };
                refuse(line, WatchedFile::Patients, &problem, fault)
            }
        }
    }

    fn read_calendar(&mut self, line: &Line) -> Result<(), ReloadError> {
        let path = &self.calendar.path;
        let read = std::fs::read(path).map_err(|error| {
            tracing::error!(%error, "calendar.toml cannot be read");
            self.calendar.stamp = None;
            Fault::CalendarUnreadable { path: path.display().to_string() }
        });
        let parsed = read.and_then(|bytes| {
            let (calendar, _) =
                Calendar::parse(&bytes, "calendar.toml").map_err(|problems| Fault::Calendar { problems })?;
            Ok(CalendarFile { calendar, bytes })
        });
        match parsed {
            Ok(newer) => {
                // Its bytes are durable before anything is judged by it.
                adopt_calendar(line, &newer)?;
                line.set_calendar(newer);
                line.clear_fault(WatchedFile::Calendar);
                Ok(())
            }
            Err(fault) => refuse(line, WatchedFile::Calendar, &serde_json::json!({ "code": "faulty" }), fault),
        }
    }
}

fn stamp(path: &Path) -> Option<Stamp> {
    let found = std::fs::metadata(path).ok()?;
    Some((found.dev(), found.ino(), found.len(), found.mtime(), found.mtime_nsec(), found.ctime_nsec()))
}

fn known_patients(patients: &Patients) -> KnownFile {
    KnownFile { digest: patients.summary().digest, entries: patients.summary().patients }
}

/// Keeps the calendar's bytes as an object, for the records that will have been judged by it.
fn adopt_calendar(line: &Line, file: &CalendarFile) -> Result<(), ReloadError> {
    let digest: Digest = line.objects.put(&file.bytes)?;
    adopt(line, WatchedFile::Calendar, KnownFile { digest, entries: 0 })
}

/// Records that a file is in use, where it was another one before.
fn adopt(line: &Line, file: WatchedFile, known: KnownFile) -> Result<(), ReloadError> {
    let (journal, now) = (Arc::clone(&line.journal), line.clock.now());
    line.database.write::<_, DatabaseError, _>(async move |tx| {
        if watched_files::get(tx, file.as_str()).await?.is_some_and(|before| before.digest == known.digest) {
            return Ok(());
        }
        watched_files::set(tx, file.as_str(), known).await?;
        let kind = match file {
            WatchedFile::Calendar => Kind::CalendarAdopted,
            WatchedFile::Patients => Kind::FileAdopted,
        };
        let entry = Draft::by_system(kind, Subject::default())
            .fact("file", file)
            .fact("digest", known.digest)
            .fact("entries", known.entries);
        journal.append(tx, entry, now).await?;
        Ok(())
    })?;
    Ok(())
}

/// Tells of a refusal once: in the journal by its code, in `status` until a good file is read.
fn refuse(line: &Line, file: WatchedFile, problem: &impl Serialize, fault: Fault) -> Result<(), ReloadError> {
    if !line.set_fault(file, fault.clone()) {
        return Ok(());
    }
    tracing::error!(file = file.as_str(), ?fault, "A changed file is refused");
    let problem = serde_json::to_value(problem).ok();
    let code = problem.as_ref().and_then(|problem| problem.get("code")).cloned().unwrap_or(Value::Null);
    let entry = Draft::by_system(Kind::FileRefused, Subject::default()).fact("file", file).fact("code", code);
    let (journal, now) = (Arc::clone(&line.journal), line.clock.now());
    line.database.write::<_, DatabaseError, _>(async move |tx| journal.append(tx, entry, now).await.map(|_| ()))?;
    Ok(())
}

/// Documents that wait for a patient whom the list knows by now go on by themselves.
fn try_again(line: &Line) -> Result<(), ReloadError> {
    let patients = line.patients();
    let held = line.database.read(async |tx| waiting::held_for(tx, HoldReason::UnknownPatient).await)?;
    let known: Vec<DocumentId> = held
        .into_iter()
        .filter(|(_, detail)| {
            let asked = ids_asked_for(detail.as_deref());
            !asked.is_empty() && asked.iter().all(|id| patients.find(id).is_some())
        })
        .map(|(id, _)| id)
        .collect();
    if known.is_empty() {
        return Ok(());
    }
    let now = line.clock.now();
    line.database.write::<_, DatabaseError, _>(async move |tx| {
        for id in known {
            match documents::resume(tx, id, HoldReason::UnknownPatient, now).await {
                // A person decided otherwise in the meantime.
                Ok(()) | Err(DatabaseError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    })?;
    line.shared.wake(&[StageName::Identification]);
    Ok(())
}

/// Documents of which a calendar could tell no deadline are judged by the one of now, where it is another.
fn judge_anew(line: &Line) -> Result<(), ReloadError> {
    let calendar = line.calendar().calendar.digest();
    let mut untold = Vec::new();
    for id in line.database.read(async |tx| waiting::judged_by_another(tx, calendar).await)? {
        let document = match line.database.read(async |tx| documents::get(tx, id).await) {
            Ok(Some(document)) => document,
            // `status` tells of a row that cannot be read.
            Ok(None) | Err(DatabaseError::Unreadable(_)) => continue,
            Err(error) => return Err(error.into()),
        };
        let untold_here = match document.state {
            DocumentState::Signing => document.held == Some(HoldReason::NoDeadline),
            DocumentState::Review => document.held != Some(HoldReason::SourceChanged) && asks_for_a_deadline(&document),
            _ => false,
        };
        if untold_here {
            untold.push((id, document.state));
        }
    }
    if untold.is_empty() {
        return Ok(());
    }
    let now = line.clock.now();
    line.database.write::<_, DatabaseError, _>(async move |tx| {
        for (id, state) in untold {
            match documents::carry_on(tx, id, state, DocumentState::Inspecting, now).await {
                // A person decided otherwise in the meantime, or its source changed.
                Ok(()) | Err(DatabaseError::Conflict(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(())
    })?;
    line.shared.wake(&[StageName::Inspection]);
    Ok(())
}

/// Whether the calendar that judged a document could tell no deadline for its scan.
pub(super) fn asks_for_a_deadline(document: &Document) -> bool {
    let findings = document.judgement.iter().flat_map(|judgement| &judgement.findings);
    findings.into_iter().any(|found| matches!(found.outcome, Outcome::Indeterminate(Reason::DeadlineNotTold { .. })))
}

fn ids_asked_for(detail: Option<&str>) -> BTreeSet<String> {
    let detail: Option<Value> = detail.and_then(|detail| serde_json::from_str(detail).ok());
    let problems = detail.as_ref().and_then(|detail| detail.get("problems")?.as_array()).cloned().unwrap_or_default();
    let unknown = problems.iter().filter(|problem| problem.get("code").is_some_and(|code| code == "unknown-patient"));
    unknown.filter_map(|problem| Some(problem.get("id")?.as_str()?.to_owned())).collect()
}
