//! What becomes of a step that did not succeed: it is tried again, its document is held, or the stage pauses.

use std::sync::Arc;

use super::driver::{Away, StageName, Worked};
use super::line::Line;
use crate::database::DatabaseError;
use crate::document::{DocumentState, HoldReason};
use crate::durable::{Class, Failure};
use crate::filing::FilingError;
use crate::identification::IdentityProblem;
use crate::ids::{DeliveryId, DocumentId, Name};
use crate::image::WorkerError;
use crate::instant::Instant;
use crate::intake::custody::CustodyError;
use crate::journal::{Draft, Kind, Subject};
use crate::ledger::attempts::{self, Attempt};
use crate::ledger::documents::{self, Document};
use crate::ledger::waiting;
use crate::measuring::{Failed, MeasuringError};
use crate::people::PeopleError;
use crate::signing::SigningError;
use crate::signing::unused::Spoiled;
use crate::store::StoreError;

/// A document that fails so often in one stage is held.
const MOST_FAILURES: i64 = 3;

/// How long after a failure the next try comes.
const RETRY: jiff::SignedDuration = jiff::SignedDuration::from_secs(2);

/// What a document is held with when its identity is not settled: every problem, not only the first.
#[derive(serde::Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub(super) enum HeldDetail<'a> {
    Identity { problems: &'a [IdentityProblem] },
    NoProfile { document_type: &'a Name },
    StageFailed { stage: &'static str, error: String },
    ClockAhead { until: Instant },
}

impl Line {
    /// Runs a step on a document that is still in `state`, and answers for what goes wrong.
    pub(super) fn attempted(
        &self,
        id: DocumentId,
        stage: StageName,
        state: DocumentState,
        step: impl FnOnce(&Document) -> Result<&'static [StageName], StageError>,
    ) -> Worked {
        let found = self.database.read::<_, StageError, _>(async |tx| Ok(documents::get(tx, id).await?));
        let document = match found {
            Ok(Some(document)) if document.state == state && document.held.is_none() => document,
            // Somebody decided otherwise in the meantime.
            Ok(_) => return Worked::Done(&[]),
            Err(error) => return self.failed(id, stage, state, error),
        };
        step(&document).map_or_else(|error| self.failed(id, stage, state, error), Worked::Done)
    }

    /// Three failures of one document in one stage hold it; what is away for all of them pauses the stage.
    pub(super) fn failed(&self, id: DocumentId, stage: StageName, state: DocumentState, error: StageError) -> Worked {
        let error = match self.blame(error) {
            Blame::Surroundings(why) => return Worked::Away(why),
            Blame::Own(error) => error,
        };
        tracing::error!(document.id = %id, stage = stage.as_str(), error, "Document {id} failed in {}", stage.as_str());
        let now = self.clock.now();
        let detail = HeldDetail::StageFailed { stage: stage.as_str(), error };
        let detail = serde_json_canonicalizer::to_string(&detail).unwrap_or_default();
        let journal = Arc::clone(&self.journal);
        let held = self.database.write::<_, DatabaseError, _>(async move |tx| {
            // What somebody held or moved meanwhile did not fail.
            if !waiting::is_in_hand(tx, id, state).await?
                || documents::count_failure(tx, id, now.plus(RETRY)).await? < MOST_FAILURES
            {
                return Ok(false);
            }
            documents::hold(tx, id, state, HoldReason::StageFailed, Some(&detail), now).await?;
            let entry = Draft::by_system(Kind::DocumentHeld, Subject::document(id))
                .fact("reason", HoldReason::StageFailed)
                .fact("stage", stage.as_str());
            journal.append(tx, entry, now).await?;
            Ok(true)
        });
        match held {
            Ok(true) => {
                // A row that cannot be read has no station to tell.
                if let Ok(Some(document)) = self.database.read(async |tx| documents::get(tx, id).await) {
                    self.note_hold(&document, HoldReason::StageFailed);
                }
                Worked::Done(&[])
            }
            Ok(false) => Worked::Done(&[]),
            Err(error) => Worked::Away(error.into()),
        }
    }

    /// The signature of a document that waits before its stamp or its filing, where the signature is why: its own files are
    /// damaged, or it bears a time that is still to come. However often it is tried, it has to be signed anew.
    ///
    /// # Errors
    /// With what was found, when the disk or the database may be why.
    pub fn spoiled_attempt(&self, id: DocumentId) -> Result<Option<(Attempt, Spoiled)>, String> {
        let found = self.database.read::<_, DatabaseError, _>(async |tx| {
            Ok((documents::get(tx, id).await?, attempts::of_document(tx, id).await?.pop()))
        });
        let (Some(document), Some(attempt)) = found.map_err(|error| error.to_string())? else { return Ok(None) };
        if !matches!(document.state, DocumentState::Stamping | DocumentState::Filing) {
            return Ok(None);
        }
        match document.held {
            Some(HoldReason::ClockAhead) => {
                let newest = attempt.timestamped_at.map_or(attempt.signed_at, |at| at.max(attempt.signed_at));
                Ok(self.clock.waits_for(newest).map(|_| (attempt, Spoiled::Ahead)))
            }
            Some(HoldReason::StageFailed) => {
                let Err(error) = self.stamping().examine(&attempt) else { return Ok(None) };
                let told = error.to_string();
                match self.blame(error.into()) {
                    Blame::Surroundings(_) => Err(told),
                    Blame::Own(_) => Ok(Some((attempt, Spoiled::Damaged))),
                }
            }
            _ => Ok(None),
        }
    }

    /// The same for a delivery, which has no document yet: after three failures it waits like one that cannot be told
    /// complete. Where its source changes it is copied anew.
    pub(super) fn delivery_failed(&self, id: DeliveryId, error: StageError) -> Worked {
        let error = match self.blame(error) {
            Blame::Surroundings(why) => return Worked::Away(why),
            Blame::Own(error) => error,
        };
        tracing::error!(delivery.id = %id, error, "Measuring delivery {id} failed");
        match self.measuring().failed(id, &error, RETRY, MOST_FAILURES) {
            Ok(failed) => {
                if failed == Failed::Rests {
                    self.wake_station_of(id);
                }
                Worked::Done(&[])
            }
            Err(error) => Worked::Away(error.into()),
        }
    }

    /// Whose doing a failure is. One file that cannot be had may be missing alone, or its whole folder is away: then the
    /// folder lacks its marker, or takes nothing.
    fn blame(&self, error: StageError) -> Blame {
        match error {
            StageError::Away(why) => Blame::Surroundings(why),
            StageError::Document(error) => Blame::Own(error),
            StageError::Either(error) => match self.trouble_around() {
                Some(why) => Blame::Surroundings(why),
                None => Blame::Own(error),
            },
        }
    }

    fn trouble_around(&self) -> Option<Away> {
        if let Err(error) = self.home.check_markers(&self.config) {
            return Some(disk(&error));
        }
        if let Err(failure) = self.custody.try_out() {
            return Some(disk(&failure));
        }
        // The present calendar is stored already, so nothing is left behind.
        match self.objects.check_ours(self.home.id()).and_then(|()| self.objects.put(&self.calendar().bytes)) {
            Err(StoreError::Unusable(objects)) => Some(Away::Objects { objects }),
            Err(error @ (StoreError::DiskFull | StoreError::Unreachable(_) | StoreError::Io(_))) => Some(store(&error)),
            // A calendar that is damaged says nothing of the others.
            Ok(_) | Err(_) => None,
        }
    }

    /// Tells the station that a document is held.
    pub(super) fn note_hold(&self, document: &Document, reason: HoldReason) {
        if let Some(intake) = self.intake.get() {
            intake.note_hold(document, reason);
        }
    }
}

/// Why a step did not succeed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StageError {
    /// Something outside is away; no document is at fault.
    #[error("{0:?}")]
    Away(Away),
    /// This document's own.
    #[error("{0}")]
    Document(String),
    /// A file or an object of this document cannot be had: it alone, or all of them.
    #[error("{0}")]
    Either(String),
}

impl StageError {
    /// What the stage's own code did on a document; the log has the place.
    pub(super) fn crashed() -> Self {
        Self::Document("the step crashed".to_owned())
    }
}

/// Whose doing a failure is, in the system's own words.
enum Blame {
    Surroundings(Away),
    Own(String),
}

impl From<DatabaseError> for StageError {
    fn from(error: DatabaseError) -> Self {
        match error {
            // The row is not as it should be, or what was made of it crashed: others fare better.
            DatabaseError::Conflict(_) | DatabaseError::Unreadable(_) | DatabaseError::JobCrashed => {
                Self::Document(error.to_string())
            }
            _ => Self::Away(error.into()),
        }
    }
}

impl From<Failure> for StageError {
    fn from(failure: Failure) -> Self {
        match failure.class() {
            Class::DiskFull | Class::Shortage => Self::Away(disk(&failure)),
            _ => Self::Either(failure.to_string()),
        }
    }
}

impl From<StoreError> for StageError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::DiskFull => Self::Away(store(&error)),
            StoreError::Unusable(objects) => Self::Away(Away::Objects { objects }),
            StoreError::Missing(_) | StoreError::Unreachable(_) | StoreError::Io(_) => Self::Either(error.to_string()),
            StoreError::Damaged { .. } | StoreError::NotWhatWasSaid { .. } => Self::Document(error.to_string()),
        }
    }
}

impl From<CustodyError> for StageError {
    fn from(error: CustodyError) -> Self {
        match error {
            CustodyError::Write(failure) => failure.into(),
            CustodyError::Unreadable(_) => Self::Either(error.to_string()),
            _ => Self::Document(error.to_string()),
        }
    }
}

impl From<PeopleError> for StageError {
    fn from(error: PeopleError) -> Self {
        match error {
            PeopleError::Database(error) => error.into(),
            _ => Self::Document(error.to_string()),
        }
    }
}

impl From<SigningError> for StageError {
    fn from(error: SigningError) -> Self {
        match error {
            SigningError::Database(error) => error.into(),
            SigningError::NotEntered { error, .. } => (*error).into(),
            SigningError::Disk(failure) => failure.into(),
            SigningError::Store(error) => error.into(),
            SigningError::People(error) => error.into(),
            _ => Self::Document(error.to_string()),
        }
    }
}

impl From<FilingError> for StageError {
    fn from(error: FilingError) -> Self {
        match error {
            FilingError::Database(error) => error.into(),
            FilingError::Attempt(error) => error.into(),
            FilingError::Disk(failure) => failure.into(),
            FilingError::Store(error) => error.into(),
            _ => Self::Document(error.to_string()),
        }
    }
}

impl From<MeasuringError> for StageError {
    fn from(error: MeasuringError) -> Self {
        match error {
            MeasuringError::Database(error) => error.into(),
            MeasuringError::Store(error) => error.into(),
            MeasuringError::Disk(failure) => failure.into(),
            MeasuringError::Custody(error) => error.into(),
            MeasuringError::Encoding(_)
            | MeasuringError::ClockBehind { .. }
            | MeasuringError::Worker(WorkerError::ContentChanged { .. }) => Self::Document(error.to_string()),
            // A bad block of the disk lies under one content; a bad disk shows elsewhere too.
            MeasuringError::Worker(WorkerError::CannotRead) => Self::Either(error.to_string()),
            MeasuringError::Worker(_) => Self::Away(Away::Workers { problem: error.to_string() }),
        }
    }
}

fn disk(error: &impl ToString) -> Away {
    Away::Disk { problem: error.to_string() }
}

fn store(error: &impl ToString) -> Away {
    Away::Store { problem: error.to_string() }
}
