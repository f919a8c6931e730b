//! Into the store, under one transaction.
//!
//! First every object is durable and read back; then index, state and journal change together, or not at all. Filing an
//! attempt whose objects are there already stores nothing new, so it can be run again after any crash.

use std::fs::File;
use std::sync::Arc;

use crate::clock::Clock;
use crate::crypto::check::{self, SignatureError};
use crate::database::{Database, DatabaseError, Tx};
use crate::document::DocumentState;
use crate::durable::{Failure, Folder};
use crate::evidence::manifest::{MANIFEST_PATH, SIGNATURE_MEDIA_TYPE, SIGNATURE_PATH};
use crate::evidence::record::RecordJson;
use crate::ids::{DeliveryId, Digest, DocumentId, RecordId};
use crate::instant::Instant;
use crate::journal::append::Journal;
use crate::journal::doubts;
use crate::journal::{Draft, Kind, Subject};
use crate::ledger::attempts::{self, Attempt, AttemptState};
use crate::ledger::{decisions, documents, superseding};
use crate::patients::Patients;
use crate::people::certificates;
use crate::profile::{self, Profile, TimestampPolicy};
use crate::signing::stamping::AttemptFiles;
use crate::signing::unused::{Void, voided};
use crate::signing::{ATTEMPTS, DOUBT_WAIT, SigningError, media_of, media_of_sidecar};
use crate::store::records::{self, Member, Record};
use crate::store::{Objects, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum FilingError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Disk(#[from] Failure),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Attempt(#[from] SigningError),
    #[error("what is to be filed does not verify: {0}")]
    Signature(#[from] SignatureError),
    #[error("record.json cannot be read back: {0}")]
    Record(#[from] serde_json::Error),
    #[error("the ledger does not say what it must: {0}")]
    Incoherent(&'static str),
}

/// The stage: how it reaches its instruments.
pub struct Filing<'a> {
    pub database: &'a Database,
    pub journal: &'a Arc<Journal>,
    pub objects: &'a Objects,
    pub custody: &'a Folder,
    pub clock: &'a Clock,
    /// Those of now: a patient may have been merged into another since the document was signed.
    pub patients: Arc<Patients>,
    /// A delivered file in custody, open for reading, by its delivery and digest.
    pub original: &'a dyn Fn(DeliveryId, &Digest) -> Result<File, FilingError>,
    /// The calendars that were in force, by digest.
    pub calendar: &'a dyn Fn(&Digest) -> Result<Vec<u8>, StoreError>,
    /// The profiles that were in force, by digest.
    pub profile: &'a dyn Fn(&Digest) -> Option<Vec<u8>>,
}

const UNKNOWN_PROFILE: FilingError = FilingError::Incoherent("the profile that judged is not known any more");

/// What came of filing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    Filed(Filed),
    /// The signer's certificate had ended before the signature was proven, or it or that behind a decision was revoked from
    /// before; the document is signed anew, or waits for whoever has to decide anew.
    GivenUp,
    /// The clock was set back to before what is to be filed was taken, signed or stamped, or a doubt about it has yet to reach the
    /// document's intake; it is tried again then.
    TooEarly {
        until: Instant,
    },
}

/// A filed record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filed {
    pub record: RecordId,
    /// SHA-256 of the manifest.
    pub digest: Digest,
    pub at: Instant,
}

impl Filing<'_> {
    /// Files the newest attempt of a document.
    ///
    /// # Errors
    /// When disk, store or database fail, or something is not what was signed; nothing is filed then.
    pub fn file(&self, document: DocumentId) -> Result<Outcome, FilingError> {
        let attempts =
            self.database.read::<_, DatabaseError, _>(async |tx| attempts::of_document(tx, document).await)?;
        let attempt = attempts.last().ok_or(FilingError::Incoherent("a document to be filed has no attempt"))?;
        let folder = self.custody.open_folder(ATTEMPTS)?.open_folder(&attempt.id.to_string())?;
        let files = AttemptFiles::read(&folder, attempt)?;
        let record: RecordJson = serde_json::from_slice(&files.record)?;
        let signature = match (attempt.state, &files.stamped) {
            (AttemptState::Stamped, Some(stamped)) => stamped,
            (AttemptState::Signed, None) => &files.signature,
            _ => return Err(FilingError::Incoherent("an attempt's stamp is not where its row says")),
        };
        check::cades(signature, &files.manifest)?;
        let profile = (self.profile)(&record.profile.digest).ok_or(UNKNOWN_PROFILE)?;
        let (profile, _) = profile::lint(&profile, "profile.toml")
            .map_err(|_| FilingError::Incoherent("the profile that judged cannot be read any more"))?;
        if profile.timestamp.policy != TimestampPolicy::None && attempt.state != AttemptState::Stamped {
            return Err(FilingError::Incoherent("the profile asks for a time-stamp, and there is none"));
        }
        let members = self.store(&record, &files, signature)?;
        self.commit(attempt, &record, profile, members)
    }

    /// Makes every object durable and reads it back.
    fn store(&self, record: &RecordJson, files: &AttemptFiles, signature: &[u8]) -> Result<Vec<Member>, FilingError> {
        let signed = check::manifest(&files.manifest)
            .map_err(|_| FilingError::Incoherent("the manifest that was signed cannot be read"))?;
        let mut members = Vec::new();
        for file in &record.files {
            let original = (self.original)(file.delivery, &file.digest)?;
            self.objects.put_stream(file.digest, file.byte_length, original)?;
            members.push(member(&file.name, file.digest, file.byte_length, media_of(file.format).1));
        }
        let profile = (self.profile)(&record.profile.digest).ok_or(UNKNOWN_PROFILE)?;
        let calendar = (self.calendar)(&record.calendar)?;
        let mut small: Vec<(&str, Vec<u8>, &str)> = vec![
            ("record.json", files.record.clone(), "application/json"),
            ("profile.toml", profile, "application/toml"),
            ("calendar.toml", calendar, "application/toml"),
        ];
        for sidecar in &record.sidecars {
            let named = signed.iter().find(|named| named.name.as_str() == sidecar.name);
            let named = named.ok_or(FilingError::Incoherent("the manifest does not name a sidecar of the record"))?;
            small.push((&sidecar.name, self.objects.get(&named.digest)?, media_of_sidecar(sidecar)));
        }
        small.push((MANIFEST_PATH, files.manifest.clone(), "text/xml"));
        small.push((SIGNATURE_PATH, signature.to_vec(), SIGNATURE_MEDIA_TYPE));
        for (name, bytes, media_type) in small {
            let digest = self.objects.put(&bytes)?;
            members.push(member(name, digest, bytes.len() as u64, media_type));
        }
        // The manifest was signed over digests; what the store holds must be those very bytes.
        for named in &signed {
            if !members.iter().any(|stored| stored.name == named.name.as_str() && stored.object == named.digest) {
                return Err(FilingError::Incoherent("the manifest names a member that was not stored"));
            }
        }
        for member in &members {
            self.objects.check(&member.object)?;
        }
        Ok(members)
    }

    fn commit(
        &self,
        attempt: &Attempt,
        record: &RecordJson,
        profile: Profile,
        members: Vec<Member>,
    ) -> Result<Outcome, FilingError> {
        let done = [record.clocks.taken_in_at, attempt.signed_at].into_iter().chain(attempt.timestamped_at).max();
        if let Some(until) = done.and_then(|last| self.clock.waits_for(last)) {
            return Ok(Outcome::TooEarly { until });
        }
        let now = self.clock.now();
        let filed = Filed { record: RecordId::new(), digest: attempt.manifest, at: now };
        let (attempt, record, journal) = (attempt.clone(), record.clone(), Arc::clone(self.journal));
        let patients = Arc::clone(&self.patients);
        self.database.write::<_, FilingError, _>(async move |tx| {
            // What nobody stamped is proven by the journal's entry alone, and that is made now.
            let proven_at = attempt.timestamped_at.unwrap_or(now);
            if let Some(what) = what_is_void(tx, &record, proven_at).await? {
                voided(tx, &journal, &attempt, &profile, what, now).await?;
                return Ok(Outcome::GivenUp);
            }
            if doubts::is_pending(tx, attempt.document, &record.clocks.at_intake).await? {
                return Ok(Outcome::TooEarly { until: now.plus(DOUBT_WAIT) });
            }
            let signature = members
                .iter()
                .find(|member| member.name == SIGNATURE_PATH)
                .ok_or(FilingError::Incoherent("a record without a signature"))?
                .object;
            let subject = Subject { record: Some(filed.record), ..Subject::document(attempt.document) };
            let entry = Draft::by_system(Kind::DocumentFiled, subject)
                .fact("record_digest", filed.digest)
                // The manifest's digest stands for all other members. One by one they would tell too much: a sidecar is
                // so short that a patient could be guessed from its digest.
                .fact("signature_digest", signature)
                .fact("version", record.version)
                .fact("generation", 1)
                .fact("attempt", attempt.id)
                .fact("certificate", record.signer.certificate)
                .fact("profile", record.profile.digest)
                .fact("calendar", record.calendar)
                .fact("signed_at", attempt.signed_at)
                .fact("timestamped_at", attempt.timestamped_at)
                .fact("clock_at_intake", &record.clocks.at_intake.problem);
            let entry = match record.supersedes {
                Some(earlier) => entry.fact("supersedes", earlier),
                None => entry,
            };
            let appended = journal.append(tx, entry, now).await?;
            let row = index_row(&filed, &attempt, &record, appended.index)?;
            records::insert(tx, &row, &members).await?;
            attempts::set_state(tx, attempt.id, attempt.state, AttemptState::Filed, None).await?;
            documents::carry_on(tx, attempt.document, DocumentState::Filing, DocumentState::Filed, now).await?;
            if let Some(earlier) = record.supersedes {
                end_superseded(tx, &journal, earlier, &filed, &record, &patients).await?;
            }
            Ok(Outcome::Filed(filed))
        })
    }
}

/// What the record rests on that counts no more: a record that would be denied is not filed.
async fn what_is_void(tx: &mut Tx, record: &RecordJson, proven_at: Instant) -> Result<Option<Void>, FilingError> {
    let held = certificates::get(tx, record.signer.certificate).await?;
    // Of one that the register does not know nobody can tell whether it was revoked.
    let held = held.ok_or(FilingError::Incoherent("the signer's certificate is not in the register"))?;
    if let Some(since) = held.revoked_at.filter(|since| *since <= proven_at) {
        return Ok(Some(Void::SignerRevoked { since }));
    }
    // Whoever verifies asks for the signer at the time that is proven, not at the one that the signature states.
    if proven_at < held.not_before || held.not_after < proven_at {
        let (not_before, not_after) = (held.not_before, held.not_after);
        return Ok(Some(Void::SignerNotValid { not_before, not_after, proven_at }));
    }
    let named = |index: u64| record.decisions.iter().any(|decision| decision.journal_index == index);
    let decided = decisions::of_document(tx, record.document).await?;
    Ok(decided.iter().filter(|decision| named(decision.journal_index)).find_map(|decision| {
        decision.undone_by.map(|undone_by| Void::DecisionRevoked { index: decision.journal_index, undone_by })
    }))
}

/// The document whose place this one takes is done with, where it still waited for a person. What somebody released in the
/// meantime goes its own way, and the record says all the same what it was meant to replace.
async fn end_superseded(
    tx: &mut Tx,
    journal: &Journal,
    earlier: DocumentId,
    filed: &Filed,
    by: &RecordJson,
    patients: &Patients,
) -> Result<(), DatabaseError> {
    let Some(document) = documents::get(tx, earlier).await? else { return Ok(()) };
    if document.state == DocumentState::SentBack || !superseding::may_be_superseded(&document) {
        return Ok(());
    }
    let (theirs, ours) = (&document.identity.patient, &by.identity.patient);
    if theirs.as_ref().zip(ours.as_ref()).is_some_and(|(theirs, ours)| !patients.same(&theirs.value.id, &ours.value.id))
    {
        tracing::warn!(document.id = %earlier, "Document {earlier} turned out to be another patient's than {} that was to supersede it; it stays", by.document);
        return Ok(());
    }
    documents::move_on(tx, earlier, document.state, DocumentState::SentBack, filed.at).await?;
    let subject = Subject { record: Some(filed.record), ..Subject::document(earlier) };
    let entry = Draft::by_system(Kind::DocumentSuperseded, subject).fact("superseded_by", by.document);
    journal.append(tx, entry, filed.at).await?;
    Ok(())
}

pub(crate) fn index_row(
    filed: &Filed,
    attempt: &Attempt,
    record: &RecordJson,
    journal_index: u64,
) -> Result<Record, FilingError> {
    let patient = &record.identity.patient.as_ref().ok_or(FilingError::Incoherent("a record has no patient"))?.value;
    let document_type =
        &record.identity.document_type.as_ref().ok_or(FilingError::Incoherent("a record has no kind"))?.value;
    Ok(Record {
        id: filed.record,
        digest: filed.digest,
        document: record.document,
        version: record.version,
        previous: record.previous,
        station: record.station.clone(),
        document_type: document_type.clone(),
        profile_id: record.profile.id.clone(),
        profile_version: record.profile.version,
        patient_id: patient.id.clone(),
        patient_name: patient.name.clone(),
        obtained_on: record.clocks.obtained_on.map(|day| day.to_string()),
        page_count: record.page_count,
        operator: record.operator.as_ref().map(|person| person.login.clone()),
        signer: attempt.signer,
        taken_in_at: record.clocks.taken_in_at,
        signed_at: attempt.signed_at,
        timestamped_at: attempt.timestamped_at,
        filed_at: filed.at,
        journal_index,
    })
}

pub(crate) fn member(name: &str, object: Digest, byte_length: u64, media_type: &str) -> Member {
    Member { name: name.to_owned(), generation: 1, object, byte_length, media_type: media_type.to_owned() }
}
