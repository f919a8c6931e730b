//! What is filed leaves custody, once the store is seen to have it.

use std::collections::BTreeSet;
use std::sync::PoisonError;

use super::failures::StageError;
use super::line::Line;
use crate::database::DatabaseError;
use crate::ids::DocumentId;
use crate::intake::line::{Cleared, LineError, Waiting};
use crate::ledger::attempts::{self, AttemptState};
use crate::ledger::documents;
use crate::signing;
use crate::store::records;

impl Line {
    /// The store holds it now: its copies in custody may go, and what the station was told about it.
    pub(super) fn clear_custody(&self, id: DocumentId) {
        self.uncleared.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
        self.clear_what_is_filed();
    }

    /// What was filed before the start, and stands in custody yet.
    pub fn clear_later(&self, id: DocumentId) {
        self.uncleared.lock().unwrap_or_else(PoisonError::into_inner).insert(id);
    }

    /// Clears custody of what is filed, unless a backup looks at it just now: then it is tried again.
    pub fn clear_what_is_filed(&self) {
        let left_over = self.intake.get().filter(|intake| intake.has_left_over());
        if left_over.is_none() && self.uncleared.lock().unwrap_or_else(PoisonError::into_inner).is_empty() {
            return;
        }
        let _no_backup = match self.home.release_custody() {
            Ok(Some(lock)) => lock,
            Ok(None) => return,
            Err(error) => {
                tracing::warn!(%error, "Nothing leaves custody until it can be told that no backup looks at it");
                return;
            }
        };
        let answers = Waiting::in_turn(&self.uncleared, |id, lacked| self.clear_custody_of(id, lacked));
        // One request that failed says enough for this round.
        if let Some(intake) = left_over.filter(|_| answers) {
            intake.clear_left_over();
        }
    }

    /// Has the store asked again for what it lacked.
    pub fn look_again_for_what_is_filed(&self) {
        self.uncleared.lock().unwrap_or_else(PoisonError::into_inner).look_again();
        if let Some(intake) = self.intake.get() {
            intake.look_again();
        }
    }

    /// Whether the store has every object of a document's records: a bucket may have been set back since they were filed.
    fn is_stored(&self, id: DocumentId) -> Result<bool, StageError> {
        let members = self.database.read::<_, DatabaseError, _>(async |tx| {
            let mut members = Vec::new();
            for record in records::of_document(tx, id).await? {
                members.extend(records::members(tx, record.id, false).await?);
            }
            Ok(members)
        })?;
        for member in &members {
            if self.objects.length(&member.object)?.is_none() {
                return Ok(false);
            }
        }
        Ok(!members.is_empty())
    }

    fn clear_custody_of(&self, id: DocumentId, lacked: bool) -> Cleared {
        let Some(intake) = self.intake.get() else { return Cleared::Again };
        let found = self.database.read::<_, DatabaseError, _>(async |tx| {
            let document = documents::get(tx, id).await?;
            Ok((document, documents::parts(tx, id).await?, attempts::of_document(tx, id).await?))
        });
        let Ok((document, parts, attempts)) = found else { return Cleared::Again };
        if let Some(document) = document {
            intake.clear_note(&document.station, id);
            if let Some(earlier) = document.supersedes
                && let Ok(Some(ended)) = self.database.read(async |tx| documents::get(tx, earlier).await)
                && !ended.state.is_open()
            {
                intake.clear_note(&ended.station, earlier);
            }
        }
        let mut cleared = Cleared::Done;
        for delivery in parts.iter().map(|part| part.delivery).collect::<BTreeSet<_>>() {
            if let Err(error) = intake.cleanup(delivery) {
                tracing::warn!(delivery.id = %delivery, %error, "Custody of delivery {delivery} is not cleared yet; it is tried again");
                if matches!(error, LineError::Store(_)) {
                    return Cleared::Untold;
                }
            }
        }
        // An attempt that missed its window stays: its signature is in no record.
        for attempt in attempts.iter().filter(|attempt| attempt.state == AttemptState::Filed) {
            match self.is_stored(id) {
                Ok(true) => {}
                Ok(false) => {
                    cleared = Cleared::Lacking;
                    if lacked {
                        continue;
                    }
                    tracing::warn!(attempt.id = %attempt.id, "The store lacks something of what attempt {} was filed as: its files stay in custody", attempt.id);
                    continue;
                }
                // Who keeps the store says so elsewhere.
                Err(error) => {
                    tracing::debug!(attempt.id = %attempt.id, %error, "The files of attempt {} stay in custody until it can be told that the store has them", attempt.id);
                    return Cleared::Untold;
                }
            }
            let removed = self
                .custody
                .open_folder(signing::ATTEMPTS)
                .and_then(|folder| folder.remove_folder(&attempt.id.to_string()));
            if let Err(error) = removed {
                tracing::warn!(attempt.id = %attempt.id, %error, "The files of attempt {} stay in custody until the next start", attempt.id);
            }
        }
        cleared
    }
}
