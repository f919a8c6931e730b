//! What keeps the database from taking changes.

use std::sync::{Arc, Mutex, PoisonError};

use super::DatabaseError;

tokio::task_local! {
    /// Where whoever reads or writes here tells of damage.
    static AT_WORK: Trouble;
}

/// Why the database takes no change just now. The writer alone sets and clears it; that it is damaged a reader may find too,
/// and nothing clears it: a later write that succeeds does not say that what was damaged is whole.
#[derive(Clone, Default)]
pub(super) struct Trouble(Arc<Mutex<Option<DatabaseError>>>);

impl Trouble {
    pub(super) fn get(&self) -> Option<DatabaseError> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn set(&self, trouble: Option<DatabaseError>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !matches!(*known, Some(DatabaseError::Corrupt(_))) {
            *known = trouble;
        }
    }

    pub(super) fn damage(&self) -> Option<DatabaseError> {
        self.get().filter(|trouble| matches!(trouble, DatabaseError::Corrupt(_)))
    }

    pub(super) fn note_damage(&self, what: &str) {
        if self.damage().is_none() {
            tracing::error!(
                "The database is damaged ({what}): nothing is taken in, signed or filed any more. End the line, look at the \
                 disk, and make index and ledger anew (`torikomi store check --rebuild`)"
            );
            self.set(Some(DatabaseError::Corrupt(what.to_owned())));
        }
    }

    /// Does `work`; what becomes known of damage meanwhile stays known, whatever the work makes of it.
    pub(super) async fn watching<T>(&self, work: impl Future<Output = T>) -> T {
        AT_WORK.scope(self.clone(), work).await
    }

    /// Tells of damage that was just found. Outside of a database at work there is nobody to tell.
    pub(super) fn found(what: &str) {
        let _ = AT_WORK.try_with(|trouble| trouble.note_damage(what));
    }
}
