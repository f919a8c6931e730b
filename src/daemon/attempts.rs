//! Clears what a crash left of signing attempts in custody, before any stage works there.

use crate::database::DatabaseError;
use crate::durable::Failure;
use crate::ids::AttemptId;
use crate::ledger::attempts::{self, AttemptState};
use crate::pipeline::line::Line;
use crate::signing::ATTEMPTS;

/// More than a home's custody ever holds: each open document has one, and each missed stamp leaves one.
const MOST_ATTEMPTS: usize = 1_000_000;

#[derive(Debug, thiserror::Error)]
pub enum LeftError {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Disk(#[from] Failure),
}

/// Removes drafts that were never placed, removals that were not finished, and the files of attempts that are filed.
/// What no row names is kept: a signature was made there and is in no record, for the crash came before its row.
///
/// # Errors
/// When the ledger or the disk fails.
pub fn clear_left_over(line: &Line) -> Result<(), LeftError> {
    let folder = line.custody.make_folder(ATTEMPTS)?;
    folder.clear_leftovers()?;
    for name in folder.names(MOST_ATTEMPTS)? {
        let Some(id) = name.to_str().and_then(|name| name.parse::<AttemptId>().ok()) else {
            tracing::warn!("Something that is no attempt lies among the attempts in custody; it is kept");
            continue;
        };
        match line.database.read(async |tx| attempts::get(tx, id).await)? {
            // Filing ended, and the crash came before its files were removed.
            Some(attempt) if attempt.state == AttemptState::Filed => folder.remove_folder(&id.to_string())?,
            Some(_) => {}
            None => tracing::warn!(
                attempt.id = %id,
                "Attempt {id} was signed and never entered in the ledger; its files are kept in custody and its document is signed anew"
            ),
        }
    }
    Ok(())
}
