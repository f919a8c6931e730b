//! A person's signature, then a time-stamp, over one record.
//!
//! Signing and stamping cannot be repeated with the same result, so each try is an *attempt* with a folder of its own in
//! custody: `attempts/<id>/` appears whole, with `record.json`, the manifest and the signature; the stamped signature
//! comes beside it. A row names an attempt only once its files are durable. When the window for the stamp passes, the
//! attempt is kept as it is, and another begins.

mod draft;
pub mod adoption;
pub mod stamping;
pub(crate) mod unused;

use std::sync::Arc;

use crate::calendar::{Calendar, CannotTell};
use crate::clock::{Clock, Reading};
use crate::crypto::check::{self, SignatureError};
use crate::crypto::make::{self, MakeError};
use crate::database::{Database, DatabaseError};
use crate::document::{DocumentState, HoldReason};
use crate::durable::{Failure, Folder};
use crate::evidence::manifest::ManifestRefused;
use crate::evidence::record::{ClockKnown, RecordJson, RecordSidecar};
use crate::ids::{AttemptId, Digest, HomeId, PersonId};
use crate::instant::Instant;
use crate::journal::append::Journal;
use crate::journal::doubts;
use crate::journal::read::clock_at_intake;
use crate::journal::{Draft, Kind, Subject};
use crate::ledger::attempts::{self, Attempt, AttemptState};
use crate::ledger::{deliveries, documents};
use crate::measurements::MeasurementsError;
use crate::people::entitlement::{self, Capacity};
use crate::people::sessions::{self, SessionFacts, Sessions};
use crate::people::{PeopleError, Refused, Role, appointments, register};
use crate::profile::{Profile, TimestampPolicy};
use crate::review::{self, Accepted};
use crate::store::StoreError;

pub use crate::config::home::ATTEMPTS;

/// Names within an attempt's folder.
pub(crate) const RECORD_FILE: &str = "record.json";
pub(crate) const MANIFEST_FILE: &str = "manifest.xml";
pub(crate) const SIGNATURE_FILE: &str = "signature.p7s";
pub(crate) const STAMPED_FILE: &str = "stamped.p7s";

/// Signatures and manifests are small; what is longer is none of ours.
pub(crate) const LONGEST_FILE: u64 = 16 * 1024 * 1024;

/// How soon it is looked again whether a session has begun by a clock that was set back.
const SESSION_WAIT: jiff::SignedDuration = jiff::SignedDuration::from_millis(500);

/// How soon it is looked again whether a doubt about the clock has been gone through: thousands may wait for that.
pub(crate) const DOUBT_WAIT: jiff::SignedDuration = jiff::SignedDuration::from_secs(2);

/// The files that an attempt has, and the digests that its row names; of the signatures it names none.
pub(crate) fn files_of(attempt: &Attempt) -> Vec<(&'static str, Option<Digest>)> {
    let mut files =
        vec![(RECORD_FILE, Some(attempt.record)), (MANIFEST_FILE, Some(attempt.manifest)), (SIGNATURE_FILE, None)];
    if attempt.timestamped_at.is_some() {
        files.push((STAMPED_FILE, None));
    }
    files
}

#[derive(Debug, thiserror::Error)]
pub enum SigningError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Disk(#[from] Failure),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the signature could not be made: {0}")]
    Making(#[from] MakeError),
    #[error("the manifest could not be made: {0}")]
    Manifest(#[from] ManifestRefused),
    #[error(transparent)]
    Measurements(#[from] MeasurementsError),
    #[error("record.json could not be written: {0}")]
    Encoding(#[from] serde_json::Error),
    #[error("the attempt's own signature does not verify: {0}")]
    Signature(#[from] SignatureError),
    #[error("people: {0}")]
    People(#[from] PeopleError),
    #[error("the ledger does not say what it must: {0}")]
    Incoherent(&'static str),
    #[error("whom the record names in an office was not in it any more when it was signed")]
    OfficeEnded,
    #[error("the session in which it was signed had ended by then")]
    SessionEnded,
    /// The attempt's files are durable and its row is not.
    #[error("attempt {attempt} is signed and could not be entered: {error}")]
    NotEntered { attempt: AttemptId, error: Box<Self> },
}

/// What came of trying to sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Signed; it goes on to the stamp, or where the profile asks for none, to filing.
    Signed(AttemptId),
    /// It waits for a person: in its state, or in the one named.
    Waits { reason: HoldReason, detail: Option<String> },
    /// The open session may not sign it unasked; a person confirms it.
    Confirm,
    /// The delivery names another operator than the session's: that person or the information manager confirms it.
    ConfirmByOther { detail: Option<String> },
    /// Whoever confirmed it can sign no more, and nobody signs what another confirmed; somebody confirms it anew.
    ConfirmAnew { confirmed_by: PersonId },
    /// Its window passed while it waited.
    Late,
    /// The clock was set back to before what a signature follows, or a doubt about it has yet to reach the document; it is tried
    /// again then.
    TooEarly { until: Instant },
}

impl Outcome {
    /// Waits for a person, who is told the detail: something with a code.
    fn waits(reason: HoldReason, detail: &impl serde::Serialize) -> Self {
        Self::Waits { reason, detail: self::detail(detail) }
    }
}

fn detail(coded: &impl serde::Serialize) -> Option<String> {
    serde_json_canonicalizer::to_string(coded).ok()
}

/// The stage: how it reaches its instruments, and what enters every record of this home.
pub struct Signing<'a> {
    pub database: &'a Database,
    pub journal: &'a Arc<Journal>,
    pub objects: &'a crate::store::Objects,
    pub sessions: &'a Sessions,
    pub custody: &'a Folder,
    pub clock: &'a Clock,
    pub calendar: &'a Calendar,
    pub home: HomeId,
    pub mode: &'a str,
    pub sandbox: &'a str,
    /// SHA-256 of this program's file.
    pub build: Digest,
    /// The certificate of the home's own authority, as DER.
    pub own_authority: &'a [Vec<u8>],
}

impl Signing<'_> {
    /// Signs an accepted document with the key of the session that is open at its station.
    ///
    /// # Errors
    /// When disk, database or key fail; the document is as it was.
    pub fn sign(
        &self,
        accepted: &Accepted,
        profile: &Profile,
        anonymous_writing: bool,
    ) -> Result<Outcome, SigningError> {
        let document = accepted.document();
        let now = match self.clock.believed() {
            Ok(now) => now,
            Err(jumped) => return Ok(Outcome::waits(HoldReason::Clock, &jumped)),
        };
        let times = match self.times(accepted, profile, now) {
            Ok(times) => times,
            Err(cannot_tell) => return Ok(Outcome::waits(HoldReason::NoDeadline, &cannot_tell)),
        };
        if now > times.sign_by {
            return Ok(Outcome::Late);
        }
        if let Some(confirmed_by) = accepted.confirmed_by()
            && !self.database.read(async |tx| entitlement::can_sign(tx, confirmed_by, &profile.signing, now).await)?
        {
            return Ok(Outcome::ConfirmAnew { confirmed_by });
        }
        let Some(session) = self.sessions.at_station(&document.station) else {
            return Ok(Outcome::Waits { reason: HoldReason::NoSession, detail: None });
        };
        // A signature says in which second it was made: not before that in which the document was taken, or the session began.
        let early = |after: Instant| now.as_seconds() < after.as_seconds();
        if early(document.taken_in_at) {
            return Ok(Outcome::TooEarly { until: document.taken_in_at });
        }
        if early(session.since()) {
            // Another may be open there by then.
            return Ok(Outcome::TooEarly { until: now.plus(SESSION_WAIT) });
        }
        let capacity = match self.capacity(accepted, profile, &session, anonymous_writing, now)? {
            Ok(capacity) => capacity,
            Err(refusal) => return Ok(waits_for(&refusal)),
        };
        let attempt = AttemptId::new();
        let Some(draft) = self.draft(accepted, profile, &session, &capacity, attempt, times)? else {
            return Ok(Outcome::TooEarly { until: now.plus(DOUBT_WAIT) });
        };
        let made = self.sessions.sign(session.id, Reading::at(now), |signer| {
            let above = signer.above(self.own_authority);
            make::sign_cades(signer.key(), &signer.certificate().der, above, &draft.manifest, now)
        });
        let signature = match made {
            Ok(made) => made?,
            Err(Refused::SessionEnded { .. } | Refused::NoSuchSession) => {
                return Ok(Outcome::Waits { reason: HoldReason::NoSession, detail: None });
            }
            Err(refused) => return Err(PeopleError::from(refused).into()),
        };
        // What goes on from here is what anybody will verify later, so it is verified before it is kept.
        check::cades(&signature, &draft.manifest)?;
        self.keep(attempt, &draft, &signature)?;
        let (policy, record) = (profile.timestamp.policy, &draft.record);
        let entering = Entering::new(record, &draft.record_bytes, &draft.manifest, policy, now, &capacity);
        // The signature is made and durable: whoever comes back adopts it or sets it aside, before another is made.
        self.commit(entering).map_err(|error| SigningError::NotEntered { attempt, error: Box::new(error) })?;
        Ok(Outcome::Signed(attempt))
    }

    /// The windows of a signature that is made now, as the calendar has them.
    fn times(&self, accepted: &Accepted, profile: &Profile, now: Instant) -> Result<draft::Times, CannotTell> {
        let document = accepted.document();
        let sign_by = review::sign_by(document, profile, self.calendar, accepted.decisions())?;
        let stamp_within = profile.window.timestamp_within;
        let stamp_by = stamp_within.map(|span| self.calendar.deadline(now, span, &document.station)).transpose()?;
        Ok(draft::Times { signed_at: now, sign_by, stamp_by })
    }

    fn capacity(
        &self,
        accepted: &Accepted,
        profile: &Profile,
        session: &SessionFacts,
        anonymous_writing: bool,
        now: Instant,
    ) -> Result<Result<Capacity, entitlement::Refusal>, SigningError> {
        let document = accepted.document();
        let id = document.id;
        let person = session.person;
        let (delivered_in, manager, roles) = self.database.read::<_, DatabaseError, _>(async |tx| {
            let parts = documents::parts(tx, id).await?;
            let mut sessions = Vec::new();
            for part in &parts {
                sessions.push(deliveries::get(tx, part.delivery).await?.and_then(|delivery| delivery.session));
            }
            sessions.dedup();
            // Parts that arrived in different sessions belong to none.
            let delivered_in = if let [one] = sessions.as_slice() { *one } else { None };
            let manager = appointments::information_manager(tx, now).await?;
            Ok((delivered_in, manager, appointments::roles(tx, person, now).await?))
        })?;
        let facts = entitlement::DocumentFacts {
            station: document.station.clone(),
            delivered_in,
            anonymous_writing,
            operator: document.identity.operator.as_ref().map(|operator| operator.value.clone()),
            severity: accepted.judgement().severity,
            released: accepted.was_released(),
            confirmed_by: accepted.confirmed_by(),
            information_manager: manager.is_some(),
        };
        Ok(entitlement::may_sign(session, &roles, &facts, &profile.signing))
    }

    /// Makes the attempt's files durable, whole or not at all.
    fn keep(&self, attempt: AttemptId, draft: &draft::RecordDraft, signature: &[u8]) -> Result<(), SigningError> {
        let attempts = self.custody.make_folder(ATTEMPTS)?;
        let folder = attempts.draft()?;
        folder.write::<Failure>(RECORD_FILE, |sink| sink.write(&draft.record_bytes))?;
        folder.write::<Failure>(MANIFEST_FILE, |sink| sink.write(&draft.manifest))?;
        folder.write::<Failure>(SIGNATURE_FILE, |sink| sink.write(signature))?;
        folder.place(&attempt.to_string())?;
        Ok(())
    }

    /// One transaction: the document goes on, the attempt has its row, the session counts, the journal knows.
    fn commit(&self, entering: Entering) -> Result<(), SigningError> {
        let Entering { row, role, to, at_intake, entry } = entering;
        let (journal, now) = (Arc::clone(self.journal), self.clock.now());
        self.database.write::<_, SigningError, _>(async move |tx| {
            // An office may have ended between the look and this: by an act whose own commit took its time.
            if !appointments::held(tx, row.manager, row.signer, role, row.signed_at).await? {
                return Err(SigningError::OfficeEnded);
            }
            // What was being signed just then is not filed.
            if register::is_suspended(tx, row.signer).await? {
                return Err(SigningError::SessionEnded);
            }
            let session = sessions::get(tx, row.session).await?;
            let closed = session.and_then(|session| session.closed).map(|(at, _)| at);
            if closed.is_some_and(|closed| closed.as_seconds() < row.signed_at.as_seconds()) {
                return Err(SigningError::SessionEnded);
            }
            // A doubt about the clock that was entered meanwhile is not in what was signed.
            if clock_at_intake(tx, row.document).await?.as_ref() != Some(&at_intake) {
                return Err(DatabaseError::Conflict(format!(
                    "more is known of the clock by which document {} was taken in",
                    row.document
                ))
                .into());
            }
            doubts::none_is_pending(tx, row.document, &at_intake).await?;
            documents::carry_on(tx, row.document, DocumentState::Signing, to, now).await?;
            documents::set_due(tx, row.document, row.stamp_due_at).await?;
            attempts::enter(tx, &row).await?;
            sessions::count_signed(tx, row.session).await?;
            journal.append(tx, entry, now).await?;
            Ok(())
        })
    }
}

/// What the ledger and the journal are told of an attempt whose files are durable.
struct Entering {
    row: Attempt,
    /// The signer's own.
    role: Role,
    to: DocumentState,
    /// What it says that was known of the clock.
    at_intake: ClockKnown,
    entry: Draft,
}

impl Entering {
    fn new(
        record: &RecordJson,
        record_bytes: &[u8],
        manifest: &[u8],
        policy: TimestampPolicy,
        signed_at: Instant,
        capacity: &Capacity,
    ) -> Self {
        let to = match policy {
            TimestampPolicy::None => DocumentState::Filing,
            _ => DocumentState::Stamping,
        };
        let stamp_due_at = record
            .clocks
            .stamp_within_seconds
            .map(|seconds| signed_at.plus(jiff::SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))));
        let (signer, session) = (record.signer.person.id, record.signer.session);
        let row = Attempt {
            id: record.attempt,
            document: record.document,
            state: AttemptState::Signed,
            record: Digest::of(record_bytes),
            manifest: Digest::of(manifest),
            signer,
            manager: record.information_manager.id,
            session,
            signed_at,
            timestamped_at: None,
            stamp_due_at,
        };
        let subject = Subject { session: Some(session), person: Some(signer), ..Subject::document(record.document) };
        let entry = Draft::by_person(Kind::DocumentSigned, signer, subject)
            .fact("attempt", row.id)
            .fact("manifest", row.manifest)
            .fact("certificate", record.signer.certificate)
            .fact("session", session)
            .fact("capacity", capacity);
        Self { row, role: role_of(capacity), to, at_intake: record.clocks.at_intake.clone(), entry }
    }
}

/// What a refusal to let a session sign means for the document.
fn waits_for(refusal: &entitlement::Refusal) -> Outcome {
    use entitlement::Refusal as R;
    let reason = match refusal {
        R::NotConfirmed { .. } => return Outcome::Confirm,
        R::OtherOperator { .. } => return Outcome::ConfirmByOther { detail: detail(refusal) },
        R::NoInformationManager => HoldReason::NoInformationManager,
        R::NotAttested => HoldReason::NoAttestation,
        R::OtherStation { .. } | R::ConfirmedByAnother | R::NotEntitled { .. } => HoldReason::NoSession,
    };
    Outcome::waits(reason, refusal)
}

/// The person who scanned, by the login that the delivery names or the session in which it came.
async fn operator_of(
    tx: &mut crate::database::Tx,
    named: Option<&str>,
    session: &SessionFacts,
) -> Result<register::Person, SigningError> {
    let person = match named {
        Some(login) => register::list(tx).await?.into_iter().find(|person| person.login.as_str() == login),
        None => register::get(tx, session.person).await?,
    };
    person.ok_or(SigningError::Incoherent("the operator is not in the register"))
}

fn role_of(capacity: &Capacity) -> Role {
    match capacity {
        Capacity::Operator => Role::Operator,
        Capacity::InformationManager { .. } => Role::InformationManager,
    }
}

/// The media type that a sidecar has in a container.
pub(crate) fn media_of_sidecar(sidecar: &RecordSidecar) -> &'static str {
    if sidecar.list.is_some() { "text/csv" } else { "application/json" }
}

/// The ending and the media type that a container's file has.
pub(crate) fn media_of(format: crate::measurements::Format) -> (&'static str, &'static str) {
    use crate::measurements::Format;
    match format {
        Format::Tiff => ("tif", "image/tiff"),
        Format::Jpeg => ("jpg", "image/jpeg"),
        Format::Png => ("png", "image/png"),
        Format::Pdf => ("pdf", "application/pdf"),
        Format::Jpeg2000 => ("jp2", "image/jp2"),
        Format::Dicom => ("dcm", "application/dicom"),
        Format::Unknown => ("bin", "application/octet-stream"),
    }
}
