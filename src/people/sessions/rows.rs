//! The rows of sessions.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::{Attestation, CloseReason};
use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::ids::{Digest, Name, PersonId, SessionId};
use crate::instant::Instant;
use crate::ledger::documents::{from_json, to_json};

/// A session as the register knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionRow {
    pub id: SessionId,
    pub person: PersonId,
    /// Of the key with which it was opened.
    pub certificate: Digest,
    pub station: Name,
    pub opened_at: Instant,
    pub expires_at: Instant,
    /// How many documents it may sign, and how many it has signed.
    pub most: u32,
    pub signed: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation: Option<Attestation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obtained_on: Option<Date>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub continues: Option<SessionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub closed: Option<(Instant, CloseReason)>,
}

impl SessionRow {
    /// When it was opened, or its batch attested since.
    pub(super) fn since(&self) -> Instant {
        self.attestation.as_ref().map_or(self.opened_at, |attestation| attestation.at.max(self.opened_at))
    }
}

/// No session goes on with as many as these: a longer chain is a fault in the register.
pub(super) const LONGEST_CHAIN: usize = 100;

const COLUMNS: &str =
    "id, person, certificate, station, opened_at, expires_at, most, signed, attestation, obtained_on, continues,
    closed_at, close_reason";

pub async fn get(tx: &mut Tx, id: SessionId) -> Result<Option<SessionRow>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM session WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx).await?;
    row.as_ref().map(read_row).transpose()
}

/// The session that is open at a station.
pub async fn open_at(tx: &mut Tx, station: &Name) -> Result<Option<SessionRow>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM session WHERE station = $1 AND closed_at IS NULL");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(station.to_string()).fetch_optional(tx).await?;
    row.as_ref().map(read_row).transpose()
}

/// Sessions, the newest first: the open ones, or the last thousand.
pub async fn list(tx: &mut Tx, open_only: bool) -> Result<Vec<SessionRow>, DatabaseError> {
    let which = if open_only { "WHERE closed_at IS NULL" } else { "" };
    let sql = format!("SELECT {COLUMNS} FROM session {which} ORDER BY opened_at DESC, id LIMIT 1000");
    sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(tx).await?.iter().map(read_row).collect()
}

/// The last session of a person at a station.
pub(super) async fn last_of(
    tx: &mut Tx,
    person: PersonId,
    station: &Name,
) -> Result<Option<SessionRow>, DatabaseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM session WHERE person = $1 AND station = $2 ORDER BY opened_at DESC, id DESC LIMIT 1"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(person.to_string()).bind(station.to_string());
    query.fetch_optional(tx).await?.as_ref().map(read_row).transpose()
}

/// The sessions that a session goes on with, the nearest first.
pub async fn chain(tx: &mut Tx, row: &SessionRow) -> Result<Vec<SessionId>, DatabaseError> {
    let mut chain = Vec::new();
    let mut next = row.continues;
    while let Some(id) = next {
        if chain.len() >= LONGEST_CHAIN || chain.contains(&id) {
            return Err(DatabaseError::Unreadable(format!("session.continues: {id} goes on without end")));
        }
        chain.push(id);
        next = get(tx, id).await?.and_then(|row| row.continues);
    }
    Ok(chain)
}

/// Counts a document that a session has signed.
pub async fn count_signed(tx: &mut Tx, id: SessionId) -> Result<(), DatabaseError> {
    let done = sqlx::query("UPDATE session SET signed = signed + 1 WHERE id = $1").bind(id.to_string());
    one(done.execute(tx).await?.rows_affected(), id)
}

pub(in crate::people) async fn insert(tx: &mut Tx, row: &SessionRow) -> Result<(), DatabaseError> {
    let attestation = row.attestation.as_ref().map(|said| to_json("session.attestation", said)).transpose()?;
    sqlx::query(
        "INSERT INTO session (id, person, certificate, station, opened_at, expires_at, most, signed, attestation, obtained_on,
             continues)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
    )
    .bind(row.id.to_string())
    .bind(row.person.to_string())
    .bind(row.certificate.to_string())
    .bind(row.station.to_string())
    .bind(row.opened_at.as_microseconds())
    .bind(row.expires_at.as_microseconds())
    .bind(i64::from(row.most))
    .bind(i64::from(row.signed))
    .bind(attestation)
    .bind(row.obtained_on.map(|date| date.to_string()))
    .bind(row.continues.map(|id| id.to_string()))
    .execute(tx)
    .await?;
    Ok(())
}

pub(in crate::people) async fn set_attestation(
    tx: &mut Tx,
    id: SessionId,
    attestation: &Attestation,
) -> Result<(), DatabaseError> {
    let done = sqlx::query("UPDATE session SET attestation = $1 WHERE id = $2 AND closed_at IS NULL")
        .bind(to_json("session.attestation", attestation)?)
        .bind(id.to_string())
        .execute(tx)
        .await?;
    one(done.rows_affected(), id)
}

pub(in crate::people) async fn set_closed(
    tx: &mut Tx,
    id: SessionId,
    at: Instant,
    reason: CloseReason,
) -> Result<(), DatabaseError> {
    let done = sqlx::query("UPDATE session SET closed_at = $1, close_reason = $2 WHERE id = $3 AND closed_at IS NULL")
        .bind(at.as_microseconds())
        .bind(reason.as_str())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    one(done.rows_affected(), id)
}

fn one(affected: u64, id: SessionId) -> Result<(), DatabaseError> {
    if affected == 1 { Ok(()) } else { Err(DatabaseError::Conflict(format!("session {id} is not open"))) }
}

fn read_row(row: &AnyRow) -> Result<SessionRow, DatabaseError> {
    let text = |column: &'static str| row.try_get::<String, _>(column);
    let optional = |column: &'static str| row.try_get::<Option<String>, _>(column);
    let closed = match row.try_get::<Option<i64>, _>("closed_at")? {
        None => None,
        Some(at) => {
            let word = optional("close_reason")?.unwrap_or_default();
            let reason = CloseReason::ALL.into_iter().find(|reason| reason.as_str() == word);
            let reason = reason.ok_or_else(|| unreadable("session.close_reason")(word))?;
            Some((instant("session.closed_at", at)?, reason))
        }
    };
    Ok(SessionRow {
        id: text("id")?.parse().map_err(unreadable("session.id"))?,
        person: text("person")?.parse().map_err(unreadable("session.person"))?,
        certificate: text("certificate")?.parse().map_err(unreadable("session.certificate"))?,
        station: text("station")?.parse().map_err(unreadable("session.station"))?,
        opened_at: instant("session.opened_at", row.try_get("opened_at")?)?,
        expires_at: instant("session.expires_at", row.try_get("expires_at")?)?,
        most: row.try_get::<i64, _>("most")?.try_into().map_err(unreadable("session.most"))?,
        signed: row.try_get::<i64, _>("signed")?.try_into().map_err(unreadable("session.signed"))?,
        attestation: optional("attestation")?.map(|json| from_json("session.attestation", &json)).transpose()?,
        obtained_on: optional("obtained_on")?
            .map(|date| date.parse())
            .transpose()
            .map_err(unreadable("session.obtained_on"))?,
        continues: optional("continues")?.map(|id| id.parse()).transpose().map_err(unreadable("session.continues"))?,
        closed,
    })
}
