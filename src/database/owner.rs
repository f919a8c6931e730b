//! Whose database this is: the home that made it, and the mode that was fixed then.

use sqlx::Row as _;

use super::{DatabaseError, Tx};
use crate::config::Mode;
use crate::ids::HomeId;

/// The database is not the one that belongs here, or the home is not what it was made as.
#[derive(Debug, thiserror::Error)]
pub enum OwnerError {
    #[error(
        "this home was made with mode = \"{made}\", and torikomi.toml says \"{found}\": put the mode back, or make another home"
    )]
    ModeChanged { made: String, found: Mode },
    #[error("the database belongs to another home ({found}, not {expected}): put back the one that belongs here")]
    Foreign { found: String, expected: HomeId },
    #[error("the database was never finished: run `torikomi init` again")]
    Unfinished,
    #[error(
        "this database was being made anew, and that was broken off: run `torikomi store check --rebuild` again; on a \
         server, with an empty database in its place"
    )]
    HalfRebuilt,
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

const REBUILDING: &str = "rebuilding";

/// Writes into the database whose it is and how it was made; `init` does so once.
///
/// # Errors
/// When the database says otherwise already, or fails.
pub async fn record(tx: &mut Tx, home: HomeId, mode: Mode) -> Result<(), OwnerError> {
    for (key, value) in [("home", home.to_string()), ("mode", mode.to_string())] {
        sqlx::query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING")
            .bind(key)
            .bind(value)
            .execute(&mut *tx)
            .await
            .map_err(DatabaseError::from)?;
    }
    sqlx::query("DELETE FROM meta WHERE key = $1")
        .bind(REBUILDING)
        .execute(&mut *tx)
        .await
        .map_err(DatabaseError::from)?;
    check(tx, home, mode).await
}

/// Notes that the database is being made anew, until somebody is [recorded](record) as its owner.
///
/// # Errors
/// When the database fails.
pub async fn rebuilding(tx: &mut Tx, home: HomeId) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO NOTHING")
        .bind(REBUILDING)
        .bind(home.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Whether the database belongs to this home, and the home is still in the mode in which it was made.
///
/// # Errors
/// When not, or when the database fails.
pub async fn check(tx: &mut Tx, home: HomeId, mode: Mode) -> Result<(), OwnerError> {
    let Some(found) = meta(tx, "home").await? else {
        let half = meta(tx, REBUILDING).await?.is_some();
        return Err(if half { OwnerError::HalfRebuilt } else { OwnerError::Unfinished });
    };
    if found != home.to_string() {
        return Err(OwnerError::Foreign { found, expected: home });
    }
    match meta(tx, "mode").await? {
        Some(made) if made == mode.to_string() => Ok(()),
        Some(made) => Err(OwnerError::ModeChanged { made, found: mode }),
        None => Err(OwnerError::Unfinished),
    }
}

async fn meta(tx: &mut Tx, key: &str) -> Result<Option<String>, DatabaseError> {
    let row = sqlx::query("SELECT value FROM meta WHERE key = $1").bind(key.to_owned()).fetch_optional(tx).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::engines;

    #[test]
    fn home_and_mode_are_fixed() {
        for engine in engines::each() {
            let database = &engine.database;
            let home = HomeId::new();
            let check = |home, mode| database.read(async move |tx| check(tx, home, mode).await);
            assert!(matches!(check(home, Mode::Evaluation), Err(OwnerError::Unfinished)));
            database.write(async move |tx| rebuilding(tx, home).await).unwrap();
            assert!(matches!(check(home, Mode::Evaluation), Err(OwnerError::HalfRebuilt)));
            // Twice is the same as once.
            for _ in 0..2 {
                database.write(async move |tx| record(tx, home, Mode::Evaluation).await).unwrap();
            }
            assert!(check(home, Mode::Evaluation).is_ok());
            assert!(matches!(check(home, Mode::Production), Err(OwnerError::ModeChanged { .. })));
            assert!(matches!(check(HomeId::new(), Mode::Evaluation), Err(OwnerError::Foreign { .. })));
            let other = database.write(async move |tx| record(tx, home, Mode::Production).await);
            assert!(matches!(other, Err(OwnerError::ModeChanged { .. })));
        }
    }
}
