//! The rows of deliveries: what arrived, from where, and how far it came.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;

use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::delivery_may_move;
use super::documents::LONGEST_PUT_OFF;
use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::document::DeliveryState;
use crate::ids::{DeliveryId, Digest, Name, SessionId};
use crate::instant::Instant;

/// What became of the file in the drop folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Released {
    /// Still there, and meant to be.
    No,
    Yes,
    /// Cannot be removed (a read-only folder): remembered, and not taken again.
    Cannot,
    /// It was changed after it was taken, and stays: what stands there now is a new arrival.
    Changed,
    /// Somebody else removed it.
    Gone,
}

impl Released {
    /// Whether what was taken may still lie in the drop folder.
    #[must_use]
    pub fn is_left(self) -> bool {
        matches!(self, Self::No | Self::Cannot)
    }
}

/// What a file of a delivery is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Scan,
    /// A JSON file that names one document's facts.
    Sidecar,
    /// A CSV of a whole folder.
    Index,
}

/// A delivery as the ledger knows it.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub id: DeliveryId,
    /// Which of all deliveries it is, in the order in which they came.
    pub arrival: u64,
    pub station: Name,
    pub state: DeliveryState,
    /// Relative to the drop folder; bytes, for names need not be text.
    pub source_name: Vec<u8>,
    pub source_display: String,
    /// JSON with a code, where there is something to say.
    pub problem: Option<String>,
    pub released: Released,
    /// The custody copy that counts; 0 before the first.
    pub copy: u32,
    /// The copy that was measured last; 0 before the first.
    pub measured_copy: u32,
    pub first_seen_at: Instant,
    pub taken_in_at: Option<Instant>,
    pub session: Option<SessionId>,
    pub receipt_of: Option<DeliveryId>,
    /// The earlier delivery that this one seems to continue or to replace.
    pub regrown_from: Option<DeliveryId>,
    /// The earlier delivery of its name for which what speaks of it, a sidecar or a row of a list, may have been meant.
    pub sidecar_doubt: Option<DeliveryId>,
    pub failures: i64,
}

/// One file of a delivery, as custody holds it.
#[derive(Clone, Debug)]
pub struct DeliveryFile {
    pub ordinal: u32,
    pub role: Role,
    pub source_name: Vec<u8>,
    /// The name without its ending: what a sidecar shares with its scan.
    pub stem: Vec<u8>,
    /// JSON: device, inode, size and times of the source when it was copied.
    pub source_stat: String,
    pub custody_name: String,
    pub content: Digest,
    pub byte_length: u64,
}

impl DeliveryFile {
    #[must_use]
    pub fn source_os_name(&self) -> &OsStr {
        OsStr::from_bytes(&self.source_name)
    }
}

const COLUMNS: &str =
    "id, arrival, station, state, source_name, source_display, problem, source_released, copy, measured_copy,
    first_seen_at, taken_in_at, session, receipt_of, regrown_from, sidecar_doubt, failures";

fn read_row(row: &AnyRow) -> Result<Delivery, DatabaseError> {
    let text = |column: &'static str| row.try_get::<String, _>(column);
    let optional = |column: &'static str| row.try_get::<Option<String>, _>(column);
    Ok(Delivery {
        id: text("id")?.parse().map_err(unreadable("delivery.id"))?,
        arrival: row.try_get::<i64, _>("arrival")?.try_into().map_err(unreadable("delivery.arrival"))?,
        station: text("station")?.parse().map_err(unreadable("delivery.station"))?,
        state: text("state")?.parse().map_err(unreadable("delivery.state"))?,
        source_name: row.try_get("source_name")?,
        source_display: text("source_display")?,
        problem: optional("problem")?,
        released: super::documents::from_text("delivery.source_released", &text("source_released")?)?,
        copy: row.try_get::<i64, _>("copy")?.try_into().map_err(unreadable("delivery.copy"))?,
        measured_copy: row
            .try_get::<i64, _>("measured_copy")?
            .try_into()
            .map_err(unreadable("delivery.measured_copy"))?,
        first_seen_at: instant("delivery.first_seen_at", row.try_get("first_seen_at")?)?,
        taken_in_at: row
            .try_get::<Option<i64>, _>("taken_in_at")?
            .map(|at| instant("delivery.taken_in_at", at))
            .transpose()?,
        session: optional("session")?.map(|id| id.parse()).transpose().map_err(unreadable("delivery.session"))?,
        receipt_of: optional("receipt_of")?
            .map(|id| id.parse())
            .transpose()
            .map_err(unreadable("delivery.receipt_of"))?,
        regrown_from: optional("regrown_from")?
            .map(|id| id.parse())
            .transpose()
            .map_err(unreadable("delivery.regrown_from"))?,
        sidecar_doubt: optional("sidecar_doubt")?
            .map(|id| id.parse())
            .transpose()
            .map_err(unreadable("delivery.sidecar_doubt"))?,
        failures: row.try_get("failures")?,
    })
}

/// Enters what was just seen. Nothing is done with a delivery before this row is durable.
pub async fn enter(
    tx: &mut Tx,
    id: DeliveryId,
    station: &Name,
    source_name: &[u8],
    now: Instant,
) -> Result<(), DatabaseError> {
    let row = sqlx::query("SELECT COALESCE(MAX(arrival), 0) + 1 FROM delivery").fetch_one(&mut *tx).await?;
    let arrival = row.try_get::<i64, _>(0)?.try_into().map_err(unreadable("delivery.arrival"))?;
    enter_again(tx, id, arrival, station, source_name, now).await
}

/// Enters a delivery that came as this one in the row, by what was written of it beside the ledger.
pub async fn enter_again(
    tx: &mut Tx,
    id: DeliveryId,
    arrival: u64,
    station: &Name,
    source_name: &[u8],
    now: Instant,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO delivery (id, arrival, station, state, source_name, source_display, source_released, first_seen_at,
           updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
    )
    .bind(id.to_string())
    .bind(i64::try_from(arrival).map_err(unreadable("delivery.arrival"))?)
    .bind(station.to_string())
    .bind(DeliveryState::Arriving.to_string())
    .bind(source_name.to_vec())
    .bind(String::from_utf8_lossy(source_name).into_owned())
    .bind(super::documents::to_text(&Released::No))
    .bind(now.as_microseconds())
    .execute(tx)
    .await?;
    Ok(())
}

/// Moves a delivery on, where the table of moves and its present state allow it.
pub async fn move_on(
    tx: &mut Tx,
    id: DeliveryId,
    from: DeliveryState,
    to: DeliveryState,
    problem: Option<&str>,
    now: Instant,
) -> Result<(), DatabaseError> {
    if !delivery_may_move(from, to) {
        return Err(DatabaseError::Conflict(format!("a delivery does not go from {from} to {to}")));
    }
    let done = sqlx::query(
        "UPDATE delivery SET state = $1, problem = $2, failures = 0, retry_at = NULL, updated_at = $3
         WHERE id = $4 AND state = $5",
    )
    .bind(to.to_string())
    .bind(problem.map(ToOwned::to_owned))
    .bind(now.as_microseconds())
    .bind(id.to_string())
    .bind(from.to_string())
    .execute(tx)
    .await?;
    one_row(done.rows_affected(), || format!("delivery {id} is not {from}"))
}

/// Records the custody copy (or the newer one that replaces it) and the instant at which it was durable.
pub async fn set_custody(
    tx: &mut Tx,
    id: DeliveryId,
    copy: u32,
    files: &[DeliveryFile],
    taken_in_at: Instant,
    session: Option<SessionId>,
) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM delivery_file WHERE delivery = $1").bind(id.to_string()).execute(&mut *tx).await?;
    insert_files(tx, id, files).await?;
    // What was wrong with an earlier copy says nothing of this one.
    sqlx::query(
        "UPDATE delivery SET copy = $1, taken_in_at = $2, session = $3, problem = NULL, updated_at = $2 WHERE id = $4",
    )
    .bind(i64::from(copy))
    .bind(taken_in_at.as_microseconds())
    .bind(session.map(|session| session.to_string()))
    .bind(id.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

pub(super) async fn insert_files(tx: &mut Tx, id: DeliveryId, files: &[DeliveryFile]) -> Result<(), DatabaseError> {
    for file in files {
        sqlx::query(
            "INSERT INTO delivery_file (delivery, arrival, ordinal, role, source_name, stem, source_stat, custody_name, content,
               byte_length)
             VALUES ($1, (SELECT arrival FROM delivery WHERE id = $1), $2, $3, $4, $5, $6, $7, $8, $9)",
        )
        .bind(id.to_string())
        .bind(i64::from(file.ordinal))
        .bind(super::documents::to_text(&file.role))
        .bind(file.source_name.clone())
        .bind(file.stem.clone())
        .bind(file.source_stat.clone())
        .bind(file.custody_name.clone())
        .bind(file.content.to_string())
        .bind(i64::try_from(file.byte_length).map_err(unreadable("delivery_file.byte_length"))?)
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

pub async fn set_released(tx: &mut Tx, id: DeliveryId, released: Released, now: Instant) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE delivery SET source_released = $1, updated_at = $2 WHERE id = $3")
        .bind(super::documents::to_text(&released))
        .bind(now.as_microseconds())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Makes `id` a mere further receipt of `first`: equal bytes under equal circumstances.
pub async fn set_receipt_of(tx: &mut Tx, id: DeliveryId, first: DeliveryId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE delivery SET receipt_of = $1 WHERE id = $2")
        .bind(first.to_string())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Records that `id` seems to continue or to replace what `earlier` delivered. Identification holds its document until a
/// person has said whether the two are one.
pub async fn set_regrown_from(tx: &mut Tx, id: DeliveryId, earlier: DeliveryId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE delivery SET regrown_from = $1 WHERE id = $2")
        .bind(earlier.to_string())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Records that a delivery's sidecar, or its row of a list, may have been meant for an `earlier` one. It speaks only if a
/// person agrees with it.
pub async fn set_sidecar_doubt(tx: &mut Tx, id: DeliveryId, earlier: DeliveryId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE delivery SET sidecar_doubt = $1 WHERE id = $2")
        .bind(earlier.to_string())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Records that a filed delivery's copy stays in custody: something that came beside its scans is in no record.
pub async fn keep(tx: &mut Tx, id: DeliveryId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE delivery SET sidecar_kept = 1 WHERE id = $1 AND sidecar_kept = 0")
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// How many deliveries of a station are kept so.
pub async fn count_kept(tx: &mut Tx, station: &Name) -> Result<u64, DatabaseError> {
    let row = sqlx::query("SELECT COUNT(*) FROM delivery WHERE station = $1 AND sidecar_kept = 1")
        .bind(station.to_string())
        .fetch_one(tx)
        .await?;
    row.try_get::<i64, _>(0)?.try_into().map_err(unreadable("delivery count"))
}

/// Records that the present copy was measured and is not complete, and why. The delivery stays in custody: the source
/// may still grow.
pub async fn set_incomplete(tx: &mut Tx, id: DeliveryId, copy: u32, problem: &str) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE delivery SET measured_copy = $1, problem = $2 WHERE id = $3 AND copy = $1")
        .bind(i64::from(copy))
        .bind(problem.to_owned())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Counts a failed try and sets when to try again. Answers the count.
pub async fn count_failure(tx: &mut Tx, id: DeliveryId, retry_at: Instant) -> Result<i64, DatabaseError> {
    let row =
        sqlx::query("UPDATE delivery SET failures = failures + 1, retry_at = $1 WHERE id = $2 RETURNING failures")
            .bind(retry_at.as_microseconds())
            .bind(id.to_string())
            .fetch_one(tx)
            .await?;
    Ok(row.try_get(0)?)
}

/// Puts off the next try without counting a failure.
pub async fn postpone(tx: &mut Tx, id: DeliveryId, retry_at: Instant) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE delivery SET retry_at = $1 WHERE id = $2")
        .bind(retry_at.as_microseconds())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Has the present copy measured once more.
pub async fn measure_again(tx: &mut Tx, id: DeliveryId) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE delivery SET measured_copy = 0, problem = NULL, failures = 0, retry_at = NULL WHERE id = $1")
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

pub async fn get(tx: &mut Tx, id: DeliveryId) -> Result<Option<Delivery>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM delivery WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx).await?;
    row.as_ref().map(read_row).transpose()
}

/// The oldest deliveries in custody whose present copy was not measured yet and whose time to be tried has come.
pub async fn to_measure(tx: &mut Tx, now: Instant, most: u32) -> Result<Vec<Delivery>, DatabaseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM delivery
         WHERE state = $1 AND measured_copy < copy AND (retry_at IS NULL OR retry_at <= $2 OR retry_at > $3)
         ORDER BY arrival LIMIT $4"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(DeliveryState::InCustody.to_string())
        .bind(now.as_microseconds())
        .bind(now.plus(LONGEST_PUT_OFF).as_microseconds())
        .bind(i64::from(most))
        .fetch_all(tx)
        .await?;
    rows.iter().map(read_row).collect()
}

/// The deliveries in a state, oldest first.
pub async fn in_state(tx: &mut Tx, state: DeliveryState) -> Result<Vec<Delivery>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM delivery WHERE state = $1 ORDER BY arrival");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(state.to_string()).fetch_all(tx).await?;
    rows.iter().map(read_row).collect()
}

/// What the line itself refused, at one station or at all: how many still stand in a drop folder, or went within the last
/// day before they could be copied; and the newest of them.
pub async fn refused(
    tx: &mut Tx,
    station: Option<&Name>,
    now: Instant,
    most: u32,
) -> Result<(u64, Vec<Delivery>), DatabaseError> {
    const WHICH: &str = "state = 'refused' AND copy = 0 AND (CAST($1 AS TEXT) IS NULL OR station = $1)
        AND (source_released = 'no' OR (problem LIKE '%\"source-gone\"%' AND first_seen_at >= $2))";
    let (station, since) = (station.map(ToString::to_string), now.plus(-jiff::SignedDuration::from_hours(24)));
    let sql = format!("SELECT COUNT(*) FROM delivery WHERE {WHICH}");
    let count: i64 = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(station.clone())
        .bind(since.as_microseconds())
        .fetch_one(&mut *tx)
        .await?
        .try_get(0)?;
    let sql = format!("SELECT {COLUMNS} FROM delivery WHERE {WHICH} ORDER BY arrival DESC LIMIT $3");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(station)
        .bind(since.as_microseconds())
        .bind(i64::from(most))
        .fetch_all(tx)
        .await?;
    let rows = rows.iter().map(read_row).collect::<Result<_, _>>()?;
    Ok((u64::try_from(count).map_err(unreadable("delivery count"))?, rows))
}

/// Deliveries of a station whose source may still lie in its drop folder, newest first.
pub async fn with_source_left(tx: &mut Tx, station: &Name) -> Result<Vec<Delivery>, DatabaseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM delivery WHERE station = $1 AND source_released IN ('no', 'cannot') ORDER BY arrival DESC"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(station.to_string()).fetch_all(tx).await?;
    rows.iter().map(read_row).collect()
}

/// The delivery that came last under a name.
pub async fn newest_under(tx: &mut Tx, station: &Name, source_name: &[u8]) -> Result<Option<Delivery>, DatabaseError> {
    let sql =
        format!("SELECT {COLUMNS} FROM delivery WHERE station = $1 AND source_name = $2 ORDER BY arrival DESC LIMIT 1");
    let query = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(station.to_string()).bind(source_name.to_vec());
    query.fetch_optional(tx).await?.as_ref().map(read_row).transpose()
}

/// Deliveries of a station that are not complete: their patience runs, or a person must act.
pub async fn not_taken(tx: &mut Tx, station: &Name) -> Result<Vec<Delivery>, DatabaseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM delivery
         WHERE state IN ('arriving', 'in-custody', 'incomplete', 'completeness-unknown') AND station = $1 ORDER BY arrival DESC"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(station.to_string()).fetch_all(tx).await?;
    rows.iter().map(read_row).collect()
}

/// A file that came earlier under the same name.
#[derive(Clone, Debug)]
pub struct Earlier {
    pub delivery: DeliveryId,
    pub released: Released,
    pub content: Digest,
    pub byte_length: u64,
    /// A document made of it has not ended yet.
    pub open: bool,
}

/// Scans under this name that were taken at this station since then, newest first; and, however long ago, the last one
/// before this where its source was changed after it was taken.
pub async fn earlier_under(
    tx: &mut Tx,
    station: &Name,
    source_name: &[u8],
    since: Instant,
    except: DeliveryId,
) -> Result<Vec<Earlier>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT d.id, d.source_released, f.content, f.byte_length,
           (SELECT COUNT(*) FROM document WHERE state NOT IN ('filed', 'sent-back', 'discarded', 'disposed')
              AND id IN (SELECT document FROM document_part WHERE delivery = d.id)) AS open
         FROM delivery_file f JOIN delivery d ON d.id = f.delivery
         WHERE f.source_name = $1 AND f.role = 'scan' AND d.station = $2 AND d.state = 'taken'
           AND d.id <> $4 AND (d.taken_in_at >= $3 OR d.source_released = 'changed' AND d.arrival =
             (SELECT MAX(g.arrival) FROM delivery_file g JOIN delivery e ON e.id = g.delivery
              WHERE g.source_name = $1 AND g.role = 'scan' AND e.station = $2 AND g.delivery <> $4
                AND g.arrival <= (SELECT arrival FROM delivery WHERE id = $4)))
         ORDER BY d.arrival DESC",
    )
    .bind(source_name.to_vec())
    .bind(station.to_string())
    .bind(since.as_microseconds())
    .bind(except.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Earlier {
                delivery: row.try_get::<String, _>("id")?.parse().map_err(unreadable("delivery.id"))?,
                released: super::documents::from_text(
                    "delivery.source_released",
                    &row.try_get::<String, _>("source_released")?,
                )?,
                content: row.try_get::<String, _>("content")?.parse().map_err(unreadable("delivery_file.content"))?,
                byte_length: row
                    .try_get::<i64, _>("byte_length")?
                    .try_into()
                    .map_err(unreadable("delivery_file.byte_length"))?,
                open: row.try_get::<i64, _>("open")? > 0,
            })
        })
        .collect()
}

/// The stats under which an index of this name was taken together with a scan of that name, at this station, for another
/// delivery than `except`. What an index said of a name it has said: the next file under the name is another scan.
pub async fn indexes_used_for(
    tx: &mut Tx,
    station: &Name,
    index: &[u8],
    scan: &[u8],
    except: DeliveryId,
) -> Result<Vec<String>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT i.source_stat FROM delivery_file f
           JOIN delivery d ON d.id = f.delivery
           JOIN delivery_file i ON i.delivery = f.delivery AND i.role = 'index' AND i.source_name = $1
         WHERE f.source_name = $2 AND f.role = 'scan' AND d.station = $3 AND d.id <> $4",
    )
    .bind(index.to_vec())
    .bind(scan.to_vec())
    .bind(station.to_string())
    .bind(except.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter().map(|row| Ok(row.try_get("source_stat")?)).collect()
}

/// The newest delivery of a station that took an index of this name, with that index.
pub async fn last_with_index(
    tx: &mut Tx,
    station: &Name,
    index: &[u8],
) -> Result<Option<(Delivery, DeliveryFile)>, DatabaseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM delivery WHERE station = $1 AND id IN
           (SELECT delivery FROM delivery_file WHERE source_name = $2 AND role = 'index')
         ORDER BY taken_in_at DESC, arrival DESC LIMIT 1"
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(station.to_string())
        .bind(index.to_vec())
        .fetch_optional(&mut *tx)
        .await?;
    let Some(delivery) = row.as_ref().map(read_row).transpose()? else { return Ok(None) };
    let file = files(tx, delivery.id).await?.into_iter().find(|file| file.source_name == index);
    Ok(file.map(|file| (delivery, file)))
}

/// Whether every document that came of a delivery is filed, and has its record. A further receipt of equal bytes follows the
/// first one. Where the index was made anew and a record could not be read, what is left of the document may be the last of it.
pub async fn all_filed(tx: &mut Tx, id: DeliveryId) -> Result<bool, DatabaseError> {
    let row = sqlx::query(
        "SELECT COUNT(*) AS documents, COALESCE(SUM(CASE WHEN state = 'filed'
           AND EXISTS (SELECT 1 FROM record WHERE record.document = document.id) THEN 0 ELSE 1 END), 0) AS others
         FROM document WHERE id IN (SELECT document FROM document_part
           WHERE delivery = (SELECT COALESCE(receipt_of, id) FROM delivery WHERE id = $1))",
    )
    .bind(id.to_string())
    .fetch_one(tx)
    .await?;
    Ok(row.try_get::<i64, _>("documents")? > 0 && row.try_get::<i64, _>("others")? == 0)
}

/// Deliveries of a station whose source still stands and whose every document is filed and has its record.
pub async fn filed_with_source_left(tx: &mut Tx, station: &Name) -> Result<BTreeSet<DeliveryId>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT d.id FROM delivery d WHERE d.station = $1 AND d.source_released IN ('no', 'cannot') AND d.state = 'taken'
           AND EXISTS (SELECT 1 FROM document_part p WHERE p.delivery = COALESCE(d.receipt_of, d.id))
           AND NOT EXISTS (SELECT 1 FROM document_part p JOIN document o ON o.id = p.document
             WHERE p.delivery = COALESCE(d.receipt_of, d.id)
               AND (o.state <> 'filed' OR NOT EXISTS (SELECT 1 FROM record r WHERE r.document = o.id)))",
    )
    .bind(station.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter().map(|row| row.try_get::<String, _>("id")?.parse().map_err(unreadable("delivery.id"))).collect()
}

/// Deliveries whose copy has to stand in custody: not taken yet, or refused by a person, or with a document that has not been
/// filed, or with something that is in no record. A further receipt of equal bytes follows the first one.
pub async fn counting_on_custody(tx: &mut Tx) -> Result<Vec<Delivery>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM delivery WHERE {COUNTS_ON_CUSTODY} ORDER BY arrival");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).fetch_all(tx).await?;
    rows.iter().map(read_row).collect()
}

/// Whether this delivery's copy has to stand in custody.
pub async fn counts_on_custody(tx: &mut Tx, id: DeliveryId) -> Result<bool, DatabaseError> {
    let sql = format!("SELECT 1 FROM delivery WHERE id = $1 AND ({COUNTS_ON_CUSTODY})");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx).await?;
    Ok(row.is_some())
}

const COUNTS_ON_CUSTODY: &str = "state IN ('in-custody', 'incomplete', 'completeness-unknown')
    OR (state = 'refused' AND copy > 0)
    OR (state = 'taken' AND COALESCE(receipt_of, id) IN (SELECT p.delivery FROM document_part p
      JOIN document o ON o.id = p.document
      WHERE p.delivery = COALESCE(delivery.receipt_of, delivery.id) AND o.state NOT IN ('filed', 'disposed')))
    OR sidecar_kept = 1";

pub async fn files(tx: &mut Tx, id: DeliveryId) -> Result<Vec<DeliveryFile>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT ordinal, role, source_name, stem, source_stat, custody_name, content, byte_length
         FROM delivery_file WHERE delivery = $1 ORDER BY ordinal",
    )
    .bind(id.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(DeliveryFile {
                ordinal: row.try_get::<i64, _>("ordinal")?.try_into().map_err(unreadable("delivery_file.ordinal"))?,
                role: super::documents::from_text("delivery_file.role", &row.try_get::<String, _>("role")?)?,
                source_name: row.try_get("source_name")?,
                stem: row.try_get("stem")?,
                source_stat: row.try_get("source_stat")?,
                custody_name: row.try_get("custody_name")?,
                content: row.try_get::<String, _>("content")?.parse().map_err(unreadable("delivery_file.content"))?,
                byte_length: row
                    .try_get::<i64, _>("byte_length")?
                    .try_into()
                    .map_err(unreadable("delivery_file.byte_length"))?,
            })
        })
        .collect()
}

pub(super) fn one_row(affected: u64, what: impl FnOnce() -> String) -> Result<(), DatabaseError> {
    if affected == 1 { Ok(()) } else { Err(DatabaseError::Conflict(what())) }
}
