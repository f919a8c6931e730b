//! The time-stamp over an attempt's signature.

use std::sync::Arc;

use super::unused::window_over;
use super::{ATTEMPTS, LONGEST_FILE, MANIFEST_FILE, RECORD_FILE, SIGNATURE_FILE, STAMPED_FILE, SigningError};
use crate::authority::{Authorities, NoStamp};
use crate::clock::Clock;
use crate::crypto::check;
use crate::crypto::make;
use crate::database::Database;
use crate::document::DocumentState;
use crate::durable::{Class, Folder};
use crate::ids::{Digest, DocumentId, Name};
use crate::instant::Instant;
use crate::journal::append::Journal;
use crate::ledger::attempts::{self, Attempt, AttemptState};
use crate::ledger::documents;

/// What came of trying to stamp.
#[derive(Debug)]
pub enum Outcome {
    Stamped {
        at: Instant,
        /// What the settings call it.
        authority: Name,
    },
    /// The window passed; the document is signed anew.
    Missed,
    /// The clock was set back to before it was signed; it is tried again then.
    TooEarly { until: Instant },
    /// No authority gave a stamp just now; it is tried again inside the window. Whether that alone can help.
    Away { problem: String, passing: bool },
}

/// The stage: how it reaches its instruments.
pub struct Stamping<'a> {
    pub database: &'a Database,
    pub journal: &'a Arc<Journal>,
    pub custody: &'a Folder,
    pub clock: &'a Clock,
    pub authorities: &'a Authorities,
}

impl Stamping<'_> {
    /// Stamps the newest attempt of a document.
    ///
    /// # Errors
    /// When disk or database fail, or the attempt's files are not what was signed.
    pub fn stamp(&self, document: DocumentId) -> Result<Outcome, SigningError> {
        let all = self.database.read(async |tx| attempts::of_document(tx, document).await)?;
        let attempt = all
            .last()
            .filter(|attempt| attempt.state == AttemptState::Signed)
            .ok_or(SigningError::Incoherent("a document waits for a stamp and has no signature"))?;
        if let Some(until) = self.clock.waits_for(attempt.signed_at) {
            return Ok(Outcome::TooEarly { until });
        }
        let folder = self.custody.open_folder(ATTEMPTS)?.open_folder(&attempt.id.to_string())?;
        // By a clock in doubt nothing is given up: the authority's own time says whether a stamp came inside the window.
        let believed = || self.clock.believed().ok();
        let overdue = || attempt.stamp_due_at.zip(believed()).is_some_and(|(due, now)| now > due);
        // Nothing else of its files matters any more, and they may be damaged; a stamp that is kept came inside the window.
        if overdue() && !holds(&folder, STAMPED_FILE)? {
            self.miss(attempt)?;
            return Ok(Outcome::Missed);
        }
        let files = AttemptFiles::read(&folder, attempt)?;
        let signed = check::cades(&files.signature, &files.manifest)?;
        if let Some(stamped) = files.stamped {
            // A crash came between the file and the row.
            let (authority, at) = self.judge_kept(&stamped, &files.manifest, &signed.signature)?;
            self.commit(attempt, at)?;
            return Ok(Outcome::Stamped { at, authority });
        }
        match self.authorities.stamp(self.clock, &signed.signature, attempt.signed_at, overdue) {
            // What came too late is none of this signature's.
            Ok((_, stamp)) if attempt.stamp_due_at.is_some_and(|due| stamp.info.gen_time > due) => {
                self.miss(attempt)?;
                Ok(Outcome::Missed)
            }
            Ok((authority, stamp)) => {
                let stamped = make::embed_timestamp(&files.signature, &stamp.token)?;
                check::cades(&stamped, &files.manifest)?;
                folder.create_new(STAMPED_FILE, &stamped)?;
                self.commit(attempt, stamp.info.gen_time)?;
                Ok(Outcome::Stamped { at: stamp.info.gen_time, authority })
            }
            Err(_) if overdue() => {
                self.miss(attempt)?;
                Ok(Outcome::Missed)
            }
            Err(NoStamp { problem, passing }) => Ok(Outcome::Away { problem, passing }),
        }
    }

    /// Looks at the files of an attempt that waits for its stamp or its filing.
    ///
    /// # Errors
    /// When they cannot be read or are not what was signed and stamped: then nothing comes of this attempt.
    pub fn examine(&self, attempt: &Attempt) -> Result<(), SigningError> {
        let folder = self.custody.open_folder(ATTEMPTS)?.open_folder(&attempt.id.to_string())?;
        let files = AttemptFiles::read(&folder, attempt)?;
        let signed = check::cades(&files.signature, &files.manifest)?;
        match (attempt.state, &files.stamped) {
            // Whose stamp it is was judged when it came.
            (AttemptState::Stamped, Some(stamped)) => drop(check::cades(stamped, &files.manifest)?),
            (AttemptState::Stamped, None) => return Err(SigningError::Incoherent("the stamp of an attempt is gone")),
            (_, Some(stamped)) => drop(self.judge_kept(stamped, &files.manifest, &signed.signature)?),
            (_, None) => {}
        }
        Ok(())
    }

    /// Whose stamp it is that an earlier run embedded and could not record, and its time.
    fn judge_kept(&self, stamped: &[u8], manifest: &[u8], signature: &[u8]) -> Result<(Name, Instant), SigningError> {
        let again = check::cades(stamped, manifest)?;
        let token = again.timestamp.ok_or(SigningError::Incoherent("a stamped signature holds no stamp"))?;
        self.authorities
            .judge(&token, signature)
            .ok_or(SigningError::Incoherent("a kept stamp is by none of the authorities"))
    }

    fn commit(&self, attempt: &Attempt, at: Instant) -> Result<(), SigningError> {
        let (id, document, now) = (attempt.id, attempt.document, self.clock.now());
        self.database.write::<_, SigningError, _>(async move |tx| {
            attempts::set_state(tx, id, AttemptState::Signed, AttemptState::Stamped, Some(at)).await?;
            documents::carry_on(tx, document, DocumentState::Stamping, DocumentState::Filing, now).await?;
            documents::set_due(tx, document, None).await?;
            Ok(())
        })
    }

    fn miss(&self, attempt: &Attempt) -> Result<(), SigningError> {
        let (attempt, now, journal) = (attempt.clone(), self.clock.now(), Arc::clone(self.journal));
        self.database.write::<_, SigningError, _>(async move |tx| Ok(window_over(tx, &journal, &attempt, now).await?))
    }
}

fn holds(folder: &Folder, name: &str) -> Result<bool, SigningError> {
    match folder.open_file(name) {
        Ok(_) => Ok(true),
        Err(failure) if failure.class() == Class::Gone => Ok(false),
        Err(failure) => Err(failure.into()),
    }
}

/// What lies in an attempt's folder, compared with its row.
pub(crate) struct AttemptFiles {
    pub(crate) record: Vec<u8>,
    pub(crate) manifest: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) stamped: Option<Vec<u8>>,
}

impl AttemptFiles {
    pub(crate) fn read(folder: &Folder, attempt: &Attempt) -> Result<Self, SigningError> {
        let record = folder.read(RECORD_FILE, LONGEST_FILE)?;
        let manifest = folder.read(MANIFEST_FILE, LONGEST_FILE)?;
        if Digest::of(&record) != attempt.record || Digest::of(&manifest) != attempt.manifest {
            return Err(SigningError::Incoherent("an attempt's files are not those that its row names"));
        }
        let signature = folder.read(SIGNATURE_FILE, LONGEST_FILE)?;
        let stamped = match folder.read(STAMPED_FILE, LONGEST_FILE) {
            Ok(bytes) => Some(bytes),
            Err(failure) if failure.class() == Class::Gone => None,
            Err(failure) => return Err(failure.into()),
        };
        Ok(Self { record, manifest, signature, stamped })
    }
}
