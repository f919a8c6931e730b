//! Clears what a crash left of signing attempts in custody, before any stage works there; and what a person's act left beside it.

use crate::database::DatabaseError;
use crate::durable::Failure;
use crate::ids::AttemptId;
use crate::ledger::attempts::{self, AttemptState};
use crate::ledger::documents;
use crate::pipeline::line::Line;
use crate::signing::adoption::{MOST_ATTEMPTS, NotAdopted};
use crate::signing::{ATTEMPTS, SigningError};

#[derive(Debug, thiserror::Error)]
pub enum LeftError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Disk(#[from] Failure),
    #[error(transparent)]
    Signing(#[from] SigningError),
}

/// Removes drafts that were never placed and removals that were not finished, and has the files of attempts that are filed
/// removed as soon as no backup looks at them.
/// What no row names was signed just before a crash: it is entered where it can be vouched for, and set aside where not.
///
/// # Errors
/// When the ledger or the disk fails.
pub fn clear_left_over(line: &Line) -> Result<(), LeftError> {
    let folder = line.custody.make_folder(ATTEMPTS)?;
    folder.clear_leftovers()?;
    line.signing(&line.calendar().calendar).enter_what_was_set_aside()?;
    for name in folder.names(MOST_ATTEMPTS)? {
        let Some(id) = name.to_str().and_then(|name| name.parse::<AttemptId>().ok()) else {
            line.signing(&line.calendar().calendar).quarantine(&name, NotAdopted::NoAttempt)?;
            continue;
        };
        match line.database.read(async |tx| attempts::get(tx, id).await)? {
            // Filing ended, and the crash came before its files were removed.
            Some(attempt) if attempt.state == AttemptState::Filed => line.clear_later(attempt.document),
            Some(_) => {}
            None => drop(line.adopt_or_set_aside(id)?),
        }
    }
    Ok(())
}

/// Looks after signatures whose rows could not be written and whose documents somebody has ended since: no stage takes these up
/// again, and the next start may be months away.
///
/// # Errors
/// When the ledger or the disk fails; the next look tries again.
pub fn look_after_unentered(line: &Line) -> Result<(), LeftError> {
    for (document, attempt) in line.all_unentered() {
        let found = line.database.read::<_, DatabaseError, _>(async |tx| documents::get(tx, document).await)?;
        if found.is_some_and(|document| document.state.is_open()) {
            continue;
        }
        // A stage that had it in hand may have set it aside a moment ago.
        if line.custody.make_folder(ATTEMPTS)?.names(MOST_ATTEMPTS)?.iter().any(|name| *name == *attempt.to_string()) {
            line.adopt_or_set_aside(attempt)?;
        }
        line.forget_unentered(document);
    }
    Ok(())
}
