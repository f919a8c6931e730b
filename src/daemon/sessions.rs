//! Ends sessions: those that reached a cap, and those whose key died with an earlier process.

use std::sync::Arc;

use crate::database::DatabaseError;
use crate::people::{PeopleError, Refused, sessions};
use crate::pipeline::line::Line;

/// Wipes the keys of sessions that reached a cap and closes their rows.
///
/// # Errors
/// When the database fails; the keys are gone all the same, and the rows are closed at the next start.
pub fn close_ended(line: &Line) -> Result<(), DatabaseError> {
    let now = line.clock.now();
    let ended = line.sessions.expire(now);
    if ended.is_empty() {
        return Ok(());
    }
    let journal = Arc::clone(&line.journal);
    line.database
        .write::<_, PeopleError, _>(async move |tx| {
            for (session, reason) in ended {
                match sessions::close(tx, session, reason, now).await {
                    Ok(change) => {
                        let appended = journal.append(tx, change.entry.clone(), now).await?;
                        change.apply(tx, appended.index).await?;
                    }
                    // Its person closed it a moment before.
                    Err(PeopleError::Refused(Refused::NoSuchSession)) => {}
                    Err(error) => return Err(error),
                }
            }
            Ok(())
        })
        .map_err(database_error)
}

/// Closes the rows that an earlier process left open: their keys died with it.
///
/// # Errors
/// When the database fails.
pub fn close_left_open(line: &Line) -> Result<(), DatabaseError> {
    let now = line.clock.now();
    let journal = Arc::clone(&line.journal);
    line.database
        .write::<_, PeopleError, _>(async move |tx| {
            for change in sessions::close_left_open(tx, now).await? {
                let appended = journal.append(tx, change.entry.clone(), now).await?;
                change.apply(tx, appended.index).await?;
            }
            Ok(())
        })
        .map_err(database_error)
}

fn database_error(error: PeopleError) -> DatabaseError {
    match error {
        PeopleError::Database(error) => error,
        other => DatabaseError::Conflict(other.to_string()),
    }
}
