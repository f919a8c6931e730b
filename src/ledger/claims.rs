//! Under which names this home has claimed what it shares with others: see the daemon's claims.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use uuid::Uuid;

use crate::database::{DatabaseError, Tx, unreadable};

/// The name that was written to a file last, and one that may have been.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    pub now: Option<Uuid>,
    pub next: Option<Uuid>,
}

/// What is known of a file; none where it was never claimed.
pub async fn known(tx: &mut Tx, path: &Path) -> Result<Option<Known>, DatabaseError> {
    let row = sqlx::query("SELECT value FROM meta WHERE key = $1").bind(key(path)).fetch_optional(tx).await?;
    let Some(row) = row else { return Ok(None) };
    serde_json::from_str(&row.try_get::<String, _>("value")?).map(Some).map_err(unreadable("meta.claim"))
}

/// Whether names are known, and this is none of them.
///
/// # Errors
/// When the database fails.
pub async fn is_anothers(tx: &mut Tx, holder: Uuid) -> Result<bool, DatabaseError> {
    let rows = sqlx::query("SELECT value FROM meta WHERE key LIKE 'claim.%'").fetch_all(tx).await?;
    let mut all = Vec::new();
    for row in rows {
        let value = row.try_get::<String, _>("value")?;
        all.push(serde_json::from_str::<Known>(&value).map_err(unreadable("meta.claim"))?);
    }
    let ours = |known: &Known| [known.now, known.next].contains(&Some(holder));
    Ok(!all.is_empty() && !all.iter().any(ours))
}

/// Notes folders of which nothing is known yet, where nothing is known of any.
///
/// # Errors
/// When the database fails.
pub async fn begin(tx: &mut Tx, folders: &[PathBuf]) -> Result<(), DatabaseError> {
    let row = sqlx::query("SELECT COUNT(*) AS known FROM meta WHERE key LIKE 'claim.%'").fetch_one(&mut *tx).await?;
    if row.try_get::<i64, _>("known")? == 0 {
        for folder in folders {
            remember(tx, folder, Known::default()).await?;
        }
    }
    Ok(())
}

pub async fn remember(tx: &mut Tx, path: &Path, known: Known) -> Result<(), DatabaseError> {
    let value = serde_json_canonicalizer::to_string(&known).map_err(unreadable("meta.claim"))?;
    let sql = "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
    sqlx::query(sql).bind(key(path)).bind(value).execute(tx).await?;
    Ok(())
}

fn key(path: &Path) -> String {
    format!("claim.{}", path.display())
}
