//! Attempts that a crash cut off from their row: entered after all, or set aside.
//!
//! A crash between the files and the row leaves a signature that nobody counts on. Where it is in order and over exactly
//! what would be signed today, its row is entered as if the crash had not been: the person's signature is not thrown away.
//! Anything else is moved to `custody/quarantine/`, whole, with an entry in the journal. So is whatever a restore
//! finds without a row.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::sync::Arc;

use serde::Serialize;

use super::{ATTEMPTS, Entering, LONGEST_FILE, MANIFEST_FILE, RECORD_FILE, SIGNATURE_FILE, Signing, SigningError};
use crate::crypto::check;
use crate::database::{Database, DatabaseError, Tx};
use crate::document::{DocumentState, HoldReason};
use crate::durable::{Class, Failure, Folder};
use crate::evidence::record::{RECORD_VERSION, RecordJson};
use crate::ids::{AttemptId, Digest, DocumentId};
use crate::instant::Instant;
use crate::journal::{Draft, Entry, Kind, Subject, read};
use crate::judgement::ProfileRef;
use crate::ledger::attempts::{self, AttemptState};
use crate::ledger::{decisions, documents};
use crate::people::entitlement::Capacity;
use crate::people::{PeopleError, Role, certificates, sessions};
use crate::profile::TimestampPolicy;

pub use crate::config::home::QUARANTINE;

/// How the names of what is set aside there begin; an id of its own follows.
const SET_ASIDE: &str = "attempt-";

/// Each is one that a crash left, so there are few.
const MOST_SET_ASIDE: usize = 1_000_000;

/// More than a home's custody ever holds: each open document has one, and each missed stamp leaves one.
pub(crate) const MOST_ATTEMPTS: usize = 1_000_000;

/// Why an attempt's files were not entered. The codes stand in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NotAdopted {
    /// It bears no attempt's name.
    NoAttempt,
    /// A file is missing or not of the form that attempts have.
    NotReadable,
    /// It says that it is another attempt, or another home's.
    AnotherOne,
    /// The signature is not one over this manifest, or the manifest not one of this `record.json`.
    NotProven,
    /// The key's owner or session is not known here, or the certificate did not hold when it signed.
    SignerUnknown,
    /// The information manager whom it names, or the signer, was not in office any more when it was signed.
    OfficeEnded,
    /// The session had ended by the time at which it says that it was signed.
    SessionEnded,
    /// Its document does not wait for a signature any more, or is not what was signed.
    DocumentWentOn,
    /// The journal was not what it says when it was signed: a backup may hold what was signed after its database was copied.
    AnotherPast,
    /// It had been set aside already when a crash came before the entry that says why.
    EntryLost,
    /// A restore found it, and no row of the database that it brought back names it.
    NoRow,
}

/// An attempt's files, as far as they can be believed without the ledger.
struct CutOff {
    record: RecordJson,
    record_bytes: Vec<u8>,
    manifest: Vec<u8>,
    signed_at: Instant,
}

impl Signing<'_> {
    /// Enters an attempt that no row names, where everything about it is in order. `policy` is how a profile has its
    /// records stamped.
    ///
    /// # Errors
    /// When disk or database fail.
    pub fn adopt(
        &self,
        attempt: AttemptId,
        policy: impl FnOnce(&ProfileRef) -> Option<TimestampPolicy>,
    ) -> Result<Result<DocumentId, NotAdopted>, SigningError> {
        let cut_off = match self.read_cut_off(attempt)? {
            Ok(cut_off) => cut_off,
            Err(why) => return Ok(Err(why)),
        };
        let CutOff { record, record_bytes, manifest, signed_at } = cut_off;
        if let Err(why) = self.compare_with_ledger(&record, signed_at)? {
            return Ok(Err(why));
        }
        let (Some(policy), Some(capacity)) = (policy(&record.profile), capacity_of(&record)) else {
            return Ok(Err(NotAdopted::NotReadable));
        };
        let mut entering = Entering::new(&record, &record_bytes, &manifest, policy, signed_at, &capacity);
        // The entry's own time is that of the adoption.
        entering.entry = entering.entry.fact("adopted_after_crash", true).fact("signed_at", signed_at);
        match self.commit(entering) {
            Ok(()) => Ok(Ok(record.document)),
            Err(SigningError::OfficeEnded) => Ok(Err(NotAdopted::OfficeEnded)),
            // The document went on, or a doubt about the clock has yet to reach it, after which this signature comes to nothing.
            Err(SigningError::Database(DatabaseError::Conflict(_))) => Ok(Err(NotAdopted::DocumentWentOn)),
            Err(SigningError::SessionEnded) => Ok(Err(NotAdopted::SessionEnded)),
            Err(error) => Err(error),
        }
    }

    /// Moves what stands under `name` among the attempts into the quarantine, and enters it in the journal.
    ///
    /// # Errors
    /// When disk or database fail.
    pub fn quarantine(&self, name: &OsStr, why: NotAdopted) -> Result<(), SigningError> {
        let new = move_aside(self.custody, name)?;
        self.enter_set_aside(&new, attempt_named(name), why)
    }

    /// Enters what was set aside just before a crash: it lies in the quarantine under a name of ours, and no entry names it.
    ///
    /// # Errors
    /// When disk or database fail.
    pub fn enter_what_was_set_aside(&self) -> Result<(), SigningError> {
        let quarantine = match self.custody.open_folder(QUARANTINE) {
            Ok(quarantine) => quarantine,
            Err(failure) if failure.class() == Class::Gone => return Ok(()),
            Err(failure) => return Err(failure.into()),
        };
        let is_ours = |name: &String| name.strip_prefix(SET_ASIDE).is_some_and(|id| id.parse::<AttemptId>().is_ok());
        let names = quarantine.names(MOST_SET_ASIDE)?.into_iter().filter_map(|name| name.into_string().ok());
        let mut names: Vec<String> = names.filter(is_ours).collect();
        if names.is_empty() {
            return Ok(());
        }
        let entered = self.database.read::<_, DatabaseError, _>(async |tx| set_aside(tx).await)?;
        names.retain(|name| !entered.contains(name));
        for name in names {
            let record = quarantine.open_folder(&name).and_then(|folder| folder.read(RECORD_FILE, LONGEST_FILE));
            // What it says of itself; it may be nothing of ours.
            let said = record.ok().and_then(|record| serde_json::from_slice::<serde_json::Value>(&record).ok());
            let attempt = said.and_then(|said| said.get("attempt")?.as_str()?.parse().ok());
            self.enter_set_aside(&name, attempt, NotAdopted::EntryLost)?;
        }
        Ok(())
    }

    fn enter_set_aside(&self, name: &str, attempt: Option<AttemptId>, why: NotAdopted) -> Result<(), SigningError> {
        let entry = entry(name, attempt, why);
        let (journal, now) = (Arc::clone(self.journal), self.clock.now());
        self.database.write::<_, SigningError, _>(async move |tx| {
            journal.append(tx, entry, now).await?;
            Ok(())
        })?;
        tracing::error!(
            quarantined_as = name,
            "What a crash left of a signing attempt cannot be vouched for ({why:?}); it lies in custody/{QUARANTINE}/{name}"
        );
        Ok(())
    }

    fn read_cut_off(&self, attempt: AttemptId) -> Result<Result<CutOff, NotAdopted>, SigningError> {
        let folder = match self.custody.open_folder(ATTEMPTS)?.open_folder(&attempt.to_string()) {
            Ok(folder) => folder,
            Err(failure) if is_not_there(&failure) => return Ok(Err(NotAdopted::NotReadable)),
            Err(failure) => return Err(failure.into()),
        };
        let mut files = Vec::new();
        for name in [RECORD_FILE, MANIFEST_FILE, SIGNATURE_FILE] {
            match folder.read(name, LONGEST_FILE) {
                Ok(bytes) => files.push(bytes),
                Err(failure) if is_not_there(&failure) => return Ok(Err(NotAdopted::NotReadable)),
                Err(failure) => return Err(failure.into()),
            }
        }
        let Ok([record_bytes, manifest, signature]) = <[Vec<u8>; 3]>::try_from(files) else {
            return Ok(Err(NotAdopted::NotReadable));
        };
        Ok(self.believe(attempt, record_bytes, manifest, &signature))
    }

    fn believe(
        &self,
        attempt: AttemptId,
        record_bytes: Vec<u8>,
        manifest: Vec<u8>,
        signature: &[u8],
    ) -> Result<CutOff, NotAdopted> {
        let record: RecordJson = serde_json::from_slice(&record_bytes).map_err(|_| NotAdopted::NotReadable)?;
        if record.v != RECORD_VERSION {
            return Err(NotAdopted::NotReadable);
        }
        if record.attempt != attempt || record.home != self.home {
            return Err(NotAdopted::AnotherOne);
        }
        let signed = check::cades(signature, &manifest).map_err(|_| NotAdopted::NotProven)?;
        let members = check::manifest(&manifest).map_err(|_| NotAdopted::NotProven)?;
        let named = members
            .iter()
            .any(|member| member.name.as_str() == RECORD_FILE && member.digest == Digest::of(&record_bytes));
        if !named || Digest::of(&signed.signer.der) != record.signer.certificate {
            return Err(NotAdopted::NotProven);
        }
        Ok(CutOff { record, record_bytes, manifest, signed_at: signed.signing_time })
    }

    /// Whether the signer is one of ours, and the document is still exactly what was signed.
    fn compare_with_ledger(
        &self,
        record: &RecordJson,
        signed_at: Instant,
    ) -> Result<Result<(), NotAdopted>, SigningError> {
        let (id, certificate, session) = (record.document, record.signer.certificate, record.signer.session);
        let (follows, document, parts, decided, earlier, certificate, session) =
            self.database.read::<_, PeopleError, _>(async |tx| {
                Ok((
                    follows(tx, &record.journal_checkpoint).await?,
                    documents::get(tx, id).await?,
                    documents::parts(tx, id).await?,
                    decisions::of_document(tx, id).await?,
                    attempts::of_document(tx, id).await?,
                    certificates::get(tx, certificate).await?,
                    sessions::get(tx, session).await?,
                ))
            })?;
        if !follows {
            return Ok(Err(NotAdopted::AnotherPast));
        }
        let signer_known = certificate.is_some_and(|certificate| {
            certificate.person == record.signer.person.id && certificate.is_valid_at(signed_at)
        }) && session.is_some_and(|session| session.person == record.signer.person.id);
        if !signer_known {
            return Ok(Err(NotAdopted::SignerUnknown));
        }
        let missed: Vec<_> = earlier.iter().map(|attempt| (attempt.state, attempt.manifest)).collect();
        let expected: Vec<_> = record.missed_attempts.iter().map(|missed| (AttemptState::Missed, *missed)).collect();
        let standing = decided.iter().filter(|decision| decision.undone_by.is_none()).map(|decision| decision.entry);
        let unchanged = document.is_some_and(|document| {
            document.state == DocumentState::Signing
                && document.held != Some(HoldReason::SourceChanged)
                && document.identity == record.identity
                && document.claims == record.claims
                && document.supersedes == record.supersedes
                && document.profile.as_ref() == Some(&record.profile)
                && document.judgement.as_ref() == Some(&record.judgement)
        }) && RecordJson::page_ranges(&parts, &record.files) == record.pages
            && parts.len() == record.pages.len()
            && standing.eq(record.decisions.iter().map(|decision| decision.entry))
            && missed == expected;
        Ok(if unchanged { Ok(()) } else { Err(NotAdopted::DocumentWentOn) })
    }
}

/// Sets aside each attempt in a restored custody that no row names, and answers the entries that say so. A backup copies custody after
/// its database, so it may have been signed after that, with a key that was stopped by then; the first start could not know.
///
/// # Errors
/// When disk or database fail.
pub fn set_aside_unnamed<E: From<Failure> + From<DatabaseError>>(
    custody: &Folder,
    database: &Database,
) -> Result<Vec<Draft>, E> {
    let attempts = match custody.open_folder(ATTEMPTS) {
        Ok(attempts) => attempts,
        Err(failure) if failure.class() == Class::Gone => return Ok(Vec::new()),
        Err(failure) => return Err(failure.into()),
    };
    let mut entries = Vec::new();
    for name in attempts.names(MOST_ATTEMPTS)? {
        let attempt = attempt_named(&name);
        let row = match attempt {
            Some(id) => database.read::<_, DatabaseError, _>(async |tx| attempts::get(tx, id).await)?,
            None => None,
        };
        if row.is_none() {
            entries.push(entry(&move_aside(custody, &name)?, attempt, NotAdopted::NoRow));
        }
    }
    Ok(entries)
}

/// Moves what stands under `name` among the attempts into the quarantine, and answers its name there.
fn move_aside(custody: &Folder, name: &OsStr) -> Result<String, Failure> {
    let (attempts, quarantine) = (custody.make_folder(ATTEMPTS)?, custody.make_folder(QUARANTINE)?);
    // A name of our own: the one that it bears may be anything, and may have been here before.
    let new = format!("{SET_ASIDE}{}", AttemptId::new());
    attempts.move_into(name, &quarantine, &new)?;
    Ok(new)
}

fn attempt_named(name: &OsStr) -> Option<AttemptId> {
    name.to_str().and_then(|name| name.parse().ok())
}

fn entry(name: &str, attempt: Option<AttemptId>, why: NotAdopted) -> Draft {
    Draft::by_system(Kind::AttemptQuarantined, Subject::default())
        .fact("attempt", attempt)
        .fact("quarantined_as", name)
        .fact("reason", why)
}

/// Whether the journal leads on from a checkpoint, as its text has it: the record that names it is denied for ever where not.
async fn follows(tx: &mut Tx, note: &str) -> Result<bool, DatabaseError> {
    let mut lines = note.lines().skip(1);
    let size = lines.next().and_then(|size| size.parse::<u64>().ok());
    let Some((size, root)) = size.zip(lines.next()) else { return Ok(false) };
    let now = read::head(tx).await?.map_or(0, |head| head.size);
    if size > now {
        return Ok(false);
    }
    let found = read::edge_at(tx, size).await?.root();
    Ok(data_encoding::BASE64.encode(found.as_bytes()) == root)
}

/// The names in the quarantine that entries of the journal name.
///
/// # Errors
/// When the database fails.
pub async fn set_aside(tx: &mut Tx) -> Result<BTreeSet<String>, DatabaseError> {
    let entries = read::of_kind(tx, Kind::AttemptQuarantined).await?;
    let name = |entry: Entry| Some(entry.facts.get("quarantined_as")?.as_str()?.to_owned());
    Ok(entries.iter().filter_map(|stored| stored.entry().ok().and_then(name)).collect())
}

fn is_not_there(failure: &Failure) -> bool {
    matches!(failure.class(), Class::Gone | Class::Other)
}

/// The capacity in which the record says that it was signed.
fn capacity_of(record: &RecordJson) -> Option<Capacity> {
    match record.signer.capacity.parse::<Role>().ok()? {
        Role::Operator => Some(Capacity::Operator),
        Role::InformationManager => {
            let operator = record.operator.as_ref().filter(|operator| operator.id != record.signer.person.id);
            Some(Capacity::InformationManager { operator: operator.map(|operator| operator.login.clone()) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::make::{KeyPair, Suite};
    use crate::database::engines;
    use crate::ids::HomeId;
    use crate::journal::append::Journal;

    #[test]
    fn what_was_signed_after_the_backup_is_of_another_past() {
        for engine in engines::each() {
            let key = KeyPair::generate(Suite::Ed25519).unwrap();
            let journal = Arc::new(Journal::new(HomeId::new(), "torikomi.test/journal".parse().unwrap(), key));
            let append = |at: i64| {
                let (journal, at) = (Arc::clone(&journal), Instant::from_microseconds(at).unwrap());
                let draft = Draft::by_system(Kind::DaemonStarted, Subject::default());
                engine.database.write(async move |tx| journal.append(tx, draft, at).await).unwrap();
                engine.database.read(async |tx| read::head(tx).await).unwrap().unwrap().checkpoint
            };
            let notes: Vec<String> = (1..=3).map(append).collect();
            let follows = |note: &str| engine.database.read(async |tx| follows(tx, note).await).unwrap();
            assert!(notes.iter().all(|note| follows(note)));
            let line = |note: &str, number: usize| note.lines().nth(number).unwrap().to_owned();
            // Of the same length with another root, of more entries than there are, and no checkpoint at all.
            let forked = notes[1].replace(&line(&notes[1], 2), &line(&notes[0], 2));
            let ahead = notes[2].replacen("\n3\n", "\n4\n", 1);
            for other in [forked.as_str(), ahead.as_str(), "", "torikomi.test/journal\n"] {
                assert!(!follows(other), "{other}");
            }
        }
    }
}
