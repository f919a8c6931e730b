//! The rows of profiles: every version that was ever adopted, byte for byte.

use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use crate::database::{DatabaseError, Tx, unreadable};
use crate::ids::{Digest, Name};
use crate::judgement::ProfileRef;

/// Where a version of a profile stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ProfileState {
    /// Known, and nothing is filed under it.
    Draft,
    InForce,
    /// A newer version took its place.
    Retired,
}

/// A version of a profile.
#[derive(Clone, Debug)]
pub struct Version {
    pub reference: ProfileRef,
    pub bytes: Vec<u8>,
    pub state: ProfileState,
    pub journal_index: u64,
}

/// What the row of a version says, as it is written there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub id: String,
    pub version: i64,
    pub digest: String,
    pub state: String,
}

/// Enters a version. The version in force before it, if this one is to be in force, is retired.
///
/// # Errors
/// [`DatabaseError::Conflict`] when the same id and version is known with other bytes.
pub async fn adopt(
    tx: &mut Tx,
    reference: &ProfileRef,
    bytes: &[u8],
    state: ProfileState,
    journal_index: u64,
) -> Result<(), DatabaseError> {
    if state == ProfileState::InForce {
        sqlx::query("UPDATE profile_version SET state = $1 WHERE id = $2 AND state = $3 AND version <> $4")
            .bind(super::documents::to_text(&ProfileState::Retired))
            .bind(reference.id.to_string())
            .bind(super::documents::to_text(&ProfileState::InForce))
            .bind(i64::from(reference.version))
            .execute(&mut *tx)
            .await?;
    }
    let done = sqlx::query(
        "INSERT INTO profile_version (id, version, digest, bytes, state, journal_index) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (id, version) DO UPDATE SET state = excluded.state, journal_index = excluded.journal_index
           WHERE profile_version.digest = excluded.digest",
    )
    .bind(reference.id.to_string())
    .bind(i64::from(reference.version))
    .bind(reference.digest.to_string())
    .bind(bytes.to_vec())
    .bind(super::documents::to_text(&state))
    .bind(i64::try_from(journal_index).map_err(unreadable("profile_version.journal_index"))?)
    .execute(tx)
    .await?;
    super::deliveries::one_row(done.rows_affected(), || {
        format!("profile {} version {} was adopted with other bytes", reference.id, reference.version)
    })
}

/// Puts out of force whatever version of a profile is in force.
pub async fn retire(tx: &mut Tx, id: &Name) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE profile_version SET state = $1 WHERE id = $2 AND state = $3")
        .bind(super::documents::to_text(&ProfileState::Retired))
        .bind(id.to_string())
        .bind(super::documents::to_text(&ProfileState::InForce))
        .execute(tx)
        .await?;
    Ok(())
}

/// The versions in force, by id.
pub async fn in_force(tx: &mut Tx) -> Result<Vec<Version>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, version, digest, bytes, state, journal_index FROM profile_version
         WHERE state = 'in-force' ORDER BY id",
    )
    .fetch_all(tx)
    .await?;
    rows.iter().map(read_row).collect()
}

/// Every version, newest first for each id.
pub async fn all(tx: &mut Tx) -> Result<Vec<Version>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, version, digest, bytes, state, journal_index FROM profile_version
         ORDER BY id, version DESC",
    )
    .fetch_all(tx)
    .await?;
    rows.iter().map(read_row).collect()
}

/// Where each version stands by its row, whatever that says.
pub async fn standings(tx: &mut Tx) -> Result<Vec<Standing>, DatabaseError> {
    let sql = "SELECT id, version, digest, state FROM profile_version ORDER BY id, version";
    let rows = sqlx::query(sql).fetch_all(tx).await?;
    let standing = |row: &sqlx::any::AnyRow| {
        let version = row.try_get::<i64, _>("version")?;
        Ok(Standing { id: row.try_get("id")?, version, digest: row.try_get("digest")?, state: row.try_get("state")? })
    };
    rows.iter().map(standing).collect()
}

/// One exact version.
pub async fn get(tx: &mut Tx, id: &Name, version: u32) -> Result<Option<Version>, DatabaseError> {
    let row = sqlx::query(
        "SELECT id, version, digest, bytes, state, journal_index FROM profile_version
         WHERE id = $1 AND version = $2",
    )
    .bind(id.to_string())
    .bind(i64::from(version))
    .fetch_optional(tx)
    .await?;
    row.as_ref().map(read_row).transpose()
}

fn read_row(row: &sqlx::any::AnyRow) -> Result<Version, DatabaseError> {
    let text = |column: &'static str| row.try_get::<String, _>(column);
    let bytes: Vec<u8> = row.try_get("bytes")?;
    let reference = ProfileRef {
        id: text("id")?.parse().map_err(unreadable("profile_version.id"))?,
        version: row.try_get::<i64, _>("version")?.try_into().map_err(unreadable("profile_version.version"))?,
        digest: text("digest")?.parse().map_err(unreadable("profile_version.digest"))?,
    };
    if Digest::of(&bytes) != reference.digest {
        return Err(DatabaseError::damaged(format!("the bytes of profile {} are not its own", reference.id)));
    }
    Ok(Version {
        reference,
        bytes,
        state: super::documents::from_text("profile_version.state", &text("state")?)?,
        journal_index: row
            .try_get::<i64, _>("journal_index")?
            .try_into()
            .map_err(unreadable("profile_version.journal_index"))?,
    })
}
