//! The open instruments of one home: what every stage, and every request from outside, works with.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::driver::Shared;
use super::failures::StageError;
use crate::authority::Authorities;
use crate::calendar::Calendar;
use crate::clock::Clock;
use crate::config::Config;
use crate::config::home::Home;
use crate::database::{Database, DatabaseError, Tx};
use crate::durable::Folder;
use crate::filing::FilingError;
use crate::ids::{AttemptId, DeliveryId, Digest, DocumentId, Name};
use crate::image::Workers;
use crate::intake::custody::folder_name;
use crate::intake::line::Waiting;
use crate::journal::anchor::AnchorProblem;
use crate::journal::append::Journal;
use crate::journal::files::FilesProblem;
use crate::journal::incidents::Incident;
use crate::journal::stamping::StampProblem;
use crate::journal::{Draft, Kind, Subject};
use crate::judgement::ProfileRef;
use crate::ledger::deliveries;
use crate::ledger::profiles::{self, ProfileState};
use crate::ledger::watched_files;
use crate::patients::{Patients, PatientsProblem};
use crate::people::sessions::Sessions;
use crate::profile::{self, Profile};
use crate::store::{Objects, StoreError};
use crate::toml_text::Problem;

/// A profile that was adopted, with the bytes its digest is of.
#[derive(Debug)]
pub struct Adopted {
    pub profile: Profile,
    pub bytes: Vec<u8>,
}

/// The profiles that were ever adopted, and which of them are in force.
#[derive(Debug, Default)]
pub struct Profiles {
    known: BTreeMap<ProfileRef, Arc<Adopted>>,
    in_force: BTreeMap<Name, Arc<Adopted>>,
}

impl Profiles {
    /// Reads every version that the ledger has.
    ///
    /// # Errors
    /// When the database fails, or holds a profile that this build cannot read.
    pub async fn load(tx: &mut Tx) -> Result<Self, DatabaseError> {
        let mut loaded = Self::default();
        for version in profiles::all(tx).await? {
            let name = format!("{} {}", version.reference.id, version.reference.version);
            let (profile, _) = profile::lint(&version.bytes, &name)
                .map_err(|_| DatabaseError::Unreadable(format!("profile {name}: this build cannot read it")))?;
            let adopted = Arc::new(Adopted { profile, bytes: version.bytes });
            if version.state == ProfileState::InForce {
                loaded.in_force.insert(version.reference.id.clone(), Arc::clone(&adopted));
            }
            loaded.known.insert(version.reference, adopted);
        }
        Ok(loaded)
    }

    /// The version of a profile in force.
    #[must_use]
    pub fn in_force(&self, id: &Name) -> Option<&Arc<Adopted>> {
        self.in_force.get(id)
    }

    /// One exact version.
    #[must_use]
    pub fn exactly(&self, reference: &ProfileRef) -> Option<&Arc<Adopted>> {
        self.known.get(reference)
    }

    /// The bytes of the version with this digest.
    #[must_use]
    pub fn bytes_of(&self, digest: &Digest) -> Option<Vec<u8>> {
        self.known.iter().find(|(reference, _)| reference.digest == *digest).map(|(_, adopted)| adopted.bytes.clone())
    }
}

/// `calendar.toml`, read, with its bytes.
#[derive(Debug)]
pub struct CalendarFile {
    pub calendar: Calendar,
    pub bytes: Vec<u8>,
}

/// The files that are read again when they change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WatchedFile {
    Patients,
    Calendar,
}

impl WatchedFile {
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Patients => "patients",
            Self::Calendar => watched_files::CALENDAR,
        }
    }
}

/// What is wrong with a file that was changed. The catalogue has a sentence for each: `fault-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Fault {
    /// The patient list is refused, and the one of before stays.
    Patients {
        patients: PatientsProblem,
    },
    /// There is none of before: every document that names a patient is held.
    NoPatients {
        patients: PatientsProblem,
    },
    /// `calendar.toml` is refused, and the one of before stays.
    Calendar {
        problems: Vec<Problem>,
    },
    CalendarUnreadable {
        path: String,
    },
}

/// Everything that is open.
pub struct Line {
    pub home: Home,
    pub config: Config,
    pub database: Arc<Database>,
    pub journal: Arc<Journal>,
    pub objects: Arc<Objects>,
    pub workers: Workers,
    pub sessions: Arc<Sessions>,
    pub authorities: Authorities,
    pub patients: RwLock<Arc<Patients>>,
    pub profiles: RwLock<Arc<Profiles>>,
    /// Whether the ledger has others in force than those, which could not be read yet. Held by whoever reads them.
    pub profiles_behind: Mutex<bool>,
    pub calendar: RwLock<Arc<CalendarFile>>,
    /// What is wrong with a file that changed, until a good one is read.
    pub faults: Mutex<BTreeMap<WatchedFile, Fault>>,
    pub clock: Arc<Clock>,
    pub custody: Folder,
    /// The certificate of the home's own authority, as DER, which goes with what its people sign.
    pub own_authority: Vec<Vec<u8>>,
    /// SHA-256 of this program's file.
    pub build: Digest,
    /// `required` or `best-effort`.
    pub sandbox: &'static str,
    /// Held by all who measure; alone by who tries a second time.
    pub quiet: RwLock<()>,
    pub shared: Arc<Shared>,
    /// Attempts whose files are durable and whose row could not be written.
    pub unentered: Mutex<BTreeMap<DocumentId, AttemptId>>,
    /// What is filed and still lies in custody, because a backup looks at it, or the store cannot be asked or lacks something.
    pub uncleared: Mutex<Waiting<DocumentId>>,
    /// Where people's keys lie.
    pub keys: PathBuf,
    /// Why the journal's files are behind the database, while they are.
    pub files_problem: Mutex<Option<FilesProblem>>,
    /// Why the newest checkpoint is not in the copy outside the home, while it is not.
    pub anchor_problem: Mutex<Option<AnchorProblem>>,
    /// Whether the last try to copy the newest checkpoint succeeded, once there was one.
    pub anchor_copied: Mutex<Option<bool>>,
    /// What has been failing for a while and still does.
    pub incidents: Mutex<Vec<Incident>>,
    /// Why the day's checkpoint bears no stamp, while it should.
    pub stamp_problem: Mutex<Option<StampProblem>>,
    /// Intake, once it is open: it is woken when a source may go or a note is to be written.
    pub intake: OnceLock<Arc<crate::intake::line::Line>>,
}

impl Line {
    #[must_use]
    pub fn profiles(&self) -> Arc<Profiles> {
        Arc::clone(&self.profiles.read().unwrap_or_else(PoisonError::into_inner))
    }

    #[must_use]
    pub fn patients(&self) -> Arc<Patients> {
        Arc::clone(&self.patients.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn unentered(&self, document: DocumentId) -> Option<AttemptId> {
        self.unentered.lock().unwrap_or_else(PoisonError::into_inner).get(&document).copied()
    }

    pub(super) fn remember_unentered(&self, document: DocumentId, attempt: AttemptId) {
        self.unentered.lock().unwrap_or_else(PoisonError::into_inner).insert(document, attempt);
    }

    /// Those of every document.
    pub fn all_unentered(&self) -> Vec<(DocumentId, AttemptId)> {
        let unentered = self.unentered.lock().unwrap_or_else(PoisonError::into_inner);
        unentered.iter().map(|(document, attempt)| (*document, *attempt)).collect()
    }

    pub fn forget_unentered(&self, document: DocumentId) {
        self.unentered.lock().unwrap_or_else(PoisonError::into_inner).remove(&document);
    }

    pub fn set_patients(&self, newer: Patients) {
        *self.patients.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(newer);
    }

    /// The calendar of now; a document keeps to the one by which it was judged.
    #[must_use]
    pub fn calendar(&self) -> Arc<CalendarFile> {
        Arc::clone(&self.calendar.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn set_calendar(&self, newer: CalendarFile) {
        *self.calendar.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(newer);
    }

    /// The calendar with this digest: that of now, or an earlier one, whose bytes are an object.
    pub(super) fn calendar_of(&self, digest: &Digest) -> Result<Arc<CalendarFile>, StageError> {
        let now = self.calendar();
        if now.calendar.digest() == *digest {
            return Ok(now);
        }
        let bytes = self.objects.get(digest)?;
        let (calendar, _) = Calendar::parse(&bytes, "calendar.toml").map_err(|_| {
            StageError::Document(format!("this build cannot read the calendar {digest} that judged it"))
        })?;
        Ok(Arc::new(CalendarFile { calendar, bytes }))
    }

    /// The calendar by which a document was judged, for whoever decides about it; that of now where none has judged it.
    pub(crate) fn calendar_that_judged(&self, digest: Option<&Digest>) -> Result<Arc<CalendarFile>, String> {
        match digest {
            None => Ok(self.calendar()),
            Some(digest) => self.calendar_of(digest).map_err(|error| error.to_string()),
        }
    }

    /// Its bytes alone.
    pub(super) fn calendar_bytes(&self, digest: &Digest) -> Result<Vec<u8>, StoreError> {
        let now = self.calendar();
        if now.calendar.digest() == *digest { Ok(now.bytes.clone()) } else { self.objects.get(digest) }
    }

    /// Notes what is wrong with a file; false where that was known.
    pub fn set_fault(&self, file: WatchedFile, fault: Fault) -> bool {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.insert(file, fault.clone()) != Some(fault)
    }

    pub fn clear_fault(&self, file: WatchedFile) {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).remove(&file);
    }

    #[must_use]
    pub fn faults(&self) -> Vec<Fault> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner).values().cloned().collect()
    }

    /// Reads the adopted profiles anew.
    ///
    /// # Errors
    /// As [`Profiles::load`].
    pub fn reload_profiles(&self) -> Result<(), DatabaseError> {
        let mut behind = self.profiles_behind.lock().unwrap_or_else(PoisonError::into_inner);
        *behind = true;
        let loaded = self.database.read(async |tx| Profiles::load(tx).await)?;
        *self.profiles.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(loaded);
        *behind = false;
        Ok(())
    }

    pub fn profiles_are_behind(&self) -> bool {
        *self.profiles_behind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A delivered file in custody, open for reading.
    ///
    /// # Errors
    /// When the ledger or custody does not have it.
    pub fn original(&self, delivery: DeliveryId, content: &Digest) -> Result<File, FilingError> {
        let (row, files) = self.database.read::<_, DatabaseError, _>(async |tx| {
            Ok((deliveries::get(tx, delivery).await?, deliveries::files(tx, delivery).await?))
        })?;
        let row = row.ok_or(FilingError::Incoherent("a delivery is gone"))?;
        let file = files
            .iter()
            .find(|file| file.content == *content)
            .ok_or(FilingError::Incoherent("a delivery has other files than were signed"))?;
        Ok(self.custody.open_folder(&folder_name(delivery, row.copy))?.open_file(&file.custody_name)?)
    }

    /// Has a station's folder looked at soon.
    pub fn wake_intake(&self, station: &Name) {
        if let Some(intake) = self.intake.get() {
            intake.wake(station);
        }
    }

    /// Appends an entry about the line itself.
    ///
    /// # Errors
    /// When the database fails.
    pub fn note(&self, kind: Kind, facts: impl FnOnce(Draft) -> Draft) -> Result<(), DatabaseError> {
        let (journal, now) = (Arc::clone(&self.journal), self.clock.now());
        let draft = facts(Draft::by_system(kind, Subject::default()));
        self.database.write::<_, DatabaseError, _>(async move |tx| journal.append(tx, draft, now).await.map(|_| ()))
    }
}
