//! What becomes of a step that did not succeed: it is tried again, its document is held, or the stage pauses.

use super::driver::{Away, StageName, Worked};
use super::line::Line;
use crate::database::DatabaseError;
use crate::document::{DocumentState, HoldReason};
use crate::filing::FilingError;
use crate::identification::IdentityProblem;
use crate::ids::{DeliveryId, DocumentId, Name};
use crate::image::WorkerError;
use crate::ledger::documents::{self, Document};
use crate::measuring::MeasuringError;
use crate::messages::{Lang, say};
use crate::signing::SigningError;

/// A document that fails so often in one stage is held.
const MOST_FAILURES: i64 = 3;

/// How long after a failure the next try comes.
pub(super) const RETRY: jiff::SignedDuration = jiff::SignedDuration::from_secs(2);

/// What a document is held with when its identity is not settled: every problem, not only the first.
#[derive(serde::Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub(super) enum HeldDetail<'a> {
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
    /// Runs a step on a document that is still in `state`, and answers for what goes wrong.
    pub(super) fn attempted(
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
    pub(super) fn failed(&self, id: DocumentId, stage: StageName, state: DocumentState, error: StageError) -> Worked {
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
    pub(super) fn note_hold(&self, document: &Document, reason: HoldReason) {
        let Some(intake) = self.intake.get() else { return };
        let taken_in = document.taken_in_at.in_zone(self.calendar().calendar.zone()).strftime("%Y-%m-%d %H:%M:%S");
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
            SigningError::NotEntered { error, .. } => (*error).into(),
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
pub(super) fn away(error: &MeasuringError) -> Option<Away> {
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

pub(super) fn disk(error: &impl ToString) -> Away {
    Away::Disk { problem: error.to_string() }
}

pub(super) fn store(error: &impl ToString) -> Away {
    Away::Store { problem: error.to_string() }
}
