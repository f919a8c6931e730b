//! The rows of documents: their parts, what is known of them, and what they wait for.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::deliveries::one_row;
use super::{document_may_move, waiting};
use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::document::{DocumentState, HoldReason, Part};
use crate::identity::{Claims, Identity};
use crate::ids::{DeliveryId, Digest, DocumentId, Name, PersonId, Salt};
use crate::instant::Instant;
use crate::judgement::{Judgement, ProfileRef};

/// A document as the ledger knows it.
#[derive(Clone, Debug)]
pub struct Document {
    pub id: DocumentId,
    /// Digested along with whatever the journal commits to and is personal.
    pub salt: Salt,
    pub station: Name,
    pub state: DocumentState,
    pub held: Option<HoldReason>,
    /// JSON: what exactly it waits for.
    pub held_detail: Option<String>,
    pub profile: Option<ProfileRef>,
    pub identity: Identity,
    /// The ledger was made anew, and what this document was known to be could not be.
    pub identity_lost: bool,
    pub claims: Claims,
    /// JSON: what a person should know of the identity, as codes.
    pub flags: String,
    /// JSON: what people stated about it, in order.
    pub stated: String,
    pub judgement: Option<Judgement>,
    /// The calendar by which it was judged.
    pub calendar: Option<Digest>,
    pub taken_in_at: Instant,
    pub due_at: Option<Instant>,
    pub supersedes: Option<DocumentId>,
    pub assigned_to: Option<PersonId>,
    pub failures: i64,
    pub created_at: Instant,
    pub updated_at: Instant,
    /// Counts how often it was moved, held, or let go on: what was worked out of an earlier one is stale.
    pub revision: i64,
}

/// Which documents to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    pub station: Option<Name>,
    pub state: Option<DocumentState>,
    /// Only those that wait for a person.
    pub held: bool,
    /// Filed, sent back, discarded and disposed ones too.
    pub ended: bool,
}

/// What an `UPDATE` sets of a document that waits for nobody any more, whatever it waited for.
pub(super) const WAITS_NO_MORE: &str =
    "held = NULL, held_detail = NULL, waits_for = NULL, failures = 0, retry_at = NULL, revision = revision + 1";

pub(super) const COLUMNS: &str = "id, salt, station, state, held, held_detail, profile_id, profile_version, profile_digest, identity,
    identity_lost, claims, flags, stated, judgement, calendar, taken_in_at, due_at, supersedes, assigned_to, failures, created_at, updated_at, revision";

pub(super) fn read_row(row: &AnyRow) -> Result<Document, DatabaseError> {
    let text = |column: &'static str| row.try_get::<String, _>(column);
    let optional = |column: &'static str| row.try_get::<Option<String>, _>(column);
    let profile_id = optional("profile_id")?;
    let profile = match profile_id {
        None => None,
        Some(id) => Some(ProfileRef {
            id: id.parse().map_err(unreadable("document.profile_id"))?,
            version: row
                .try_get::<i64, _>("profile_version")?
                .try_into()
                .map_err(unreadable("document.profile_version"))?,
            digest: text("profile_digest")?.parse().map_err(unreadable("document.profile_digest"))?,
        }),
    };
    Ok(Document {
        id: text("id")?.parse().map_err(unreadable("document.id"))?,
        salt: text("salt")?.parse().map_err(unreadable("document.salt"))?,
        station: text("station")?.parse().map_err(unreadable("document.station"))?,
        state: text("state")?.parse().map_err(unreadable("document.state"))?,
        held: optional("held")?.map(|held| held.parse()).transpose().map_err(unreadable("document.held"))?,
        held_detail: optional("held_detail")?,
        profile,
        identity: from_json("document.identity", &text("identity")?)?,
        identity_lost: row.try_get::<i64, _>("identity_lost")? == 1,
        claims: from_json("document.claims", &text("claims")?)?,
        flags: text("flags")?,
        stated: text("stated")?,
        judgement: optional("judgement")?.map(|json| from_json("document.judgement", &json)).transpose()?,
        calendar: optional("calendar")?
            .map(|digest| digest.parse())
            .transpose()
            .map_err(unreadable("document.calendar"))?,
        taken_in_at: instant("document.taken_in_at", row.try_get("taken_in_at")?)?,
        due_at: row.try_get::<Option<i64>, _>("due_at")?.map(|at| instant("document.due_at", at)).transpose()?,
        supersedes: optional("supersedes")?
            .map(|id| id.parse())
            .transpose()
            .map_err(unreadable("document.supersedes"))?,
        assigned_to: optional("assigned_to")?
            .map(|id| id.parse())
            .transpose()
            .map_err(unreadable("document.assigned_to"))?,
        failures: row.try_get("failures")?,
        created_at: instant("document.created_at", row.try_get("created_at")?)?,
        updated_at: instant("document.updated_at", row.try_get("updated_at")?)?,
        revision: row.try_get("revision")?,
    })
}

/// Makes a document of `parts`, in order. It starts without an identity.
pub async fn create(
    tx: &mut Tx,
    id: DocumentId,
    station: &Name,
    parts: &[Part],
    taken_in_at: Instant,
    now: Instant,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO document (id, salt, station, state, identity, claims, taken_in_at, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8)",
    )
    .bind(id.to_string())
    .bind(Salt::random().map_err(unreadable("document.salt"))?.to_string())
    .bind(station.to_string())
    .bind(DocumentState::Identifying.to_string())
    .bind(to_json("document.identity", &Identity::default())?)
    .bind(to_json("document.claims", &Claims::default())?)
    .bind(taken_in_at.as_microseconds())
    .bind(now.as_microseconds())
    .execute(&mut *tx)
    .await?;
    insert_parts(tx, id, parts).await
}

pub(super) async fn insert_parts(tx: &mut Tx, id: DocumentId, parts: &[Part]) -> Result<(), DatabaseError> {
    for (ordinal, part) in (0_i64..).zip(parts) {
        sqlx::query(
            "INSERT INTO document_part (document, ordinal, delivery, content, first_page, page_count, delivered_name)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
        )
        .bind(id.to_string())
        .bind(ordinal)
        .bind(part.delivery.to_string())
        .bind(part.content.to_string())
        .bind(i64::from(part.first_page))
        .bind(i64::from(part.page_count))
        .bind(part.delivered_name.clone())
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

pub async fn parts(tx: &mut Tx, id: DocumentId) -> Result<Vec<Part>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT delivery, content, first_page, page_count, delivered_name FROM document_part
         WHERE document = $1 ORDER BY ordinal",
    )
    .bind(id.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Part {
                delivery: row
                    .try_get::<String, _>("delivery")?
                    .parse()
                    .map_err(unreadable("document_part.delivery"))?,
                content: row.try_get::<String, _>("content")?.parse().map_err(unreadable("document_part.content"))?,
                first_page: row
                    .try_get::<i64, _>("first_page")?
                    .try_into()
                    .map_err(unreadable("document_part.first_page"))?,
                page_count: row
                    .try_get::<i64, _>("page_count")?
                    .try_into()
                    .map_err(unreadable("document_part.page_count"))?,
                delivered_name: row.try_get("delivered_name")?,
            })
        })
        .collect()
}

/// Moves a document on, where the table of moves and its present state allow it. What it waited for is over.
pub async fn move_on(
    tx: &mut Tx,
    id: DocumentId,
    from: DocumentState,
    to: DocumentState,
    now: Instant,
) -> Result<(), DatabaseError> {
    if !document_may_move(from, to) {
        return Err(DatabaseError::Conflict(format!("a document does not go from {from} to {to}")));
    }
    let done = sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE document SET state = $1, {WAITS_NO_MORE}, updated_at = $2 WHERE id = $3 AND state = $4"
    )))
    .bind(to.to_string())
    .bind(now.as_microseconds())
    .bind(id.to_string())
    .bind(from.to_string())
    .execute(&mut *tx)
    .await?;
    one_row(done.rows_affected(), || format!("document {id} is not {from}"))?;
    if to.is_open() { Ok(()) } else { waiting::resume_those_waiting_for(tx, id, now).await }
}

/// Refuses what was worked out of a row that was moved or held since, even where it has come back to the same state: a person
/// may have said something new meanwhile.
pub async fn still(tx: &mut Tx, seen: &Document) -> Result<(), DatabaseError> {
    let row = sqlx::query("SELECT COUNT(*) FROM document WHERE id = $1 AND revision = $2")
        .bind(seen.id.to_string())
        .bind(seen.revision)
        .fetch_one(tx)
        .await?;
    let same = u64::try_from(row.try_get::<i64, _>(0)?).unwrap_or(0);
    one_row(same, || format!("document {} was decided about meanwhile", seen.id))
}

/// A stage's own move: refused where intake held the document while the stage worked on it, because its source changed.
pub async fn carry_on(
    tx: &mut Tx,
    id: DocumentId,
    from: DocumentState,
    to: DocumentState,
    now: Instant,
) -> Result<(), DatabaseError> {
    let row = sqlx::query("SELECT COUNT(*) FROM document WHERE id = $1 AND held = $2")
        .bind(id.to_string())
        .bind(HoldReason::SourceChanged.to_string())
        .fetch_one(&mut *tx)
        .await?;
    if row.try_get::<i64, _>(0)? > 0 {
        return Err(DatabaseError::Conflict(format!("the source of document {id} changed meanwhile")));
    }
    move_on(tx, id, from, to, now).await
}

/// Lets a document wait in its state, for a reason. That its source changed stays the reason, whatever a stage that had the
/// document in hand finds meanwhile.
pub async fn hold(
    tx: &mut Tx,
    id: DocumentId,
    state: DocumentState,
    reason: HoldReason,
    detail: Option<&str>,
    now: Instant,
) -> Result<(), DatabaseError> {
    let done = sqlx::query(
        "UPDATE document SET held = $1, held_detail = $2, revision = revision + 1, updated_at = $3
             WHERE id = $4 AND state = $5 AND (held IS NULL OR held <> $6 OR $1 = $6)",
    )
    .bind(reason.to_string())
    .bind(detail.map(ToOwned::to_owned))
    .bind(now.as_microseconds())
    .bind(id.to_string())
    .bind(state.to_string())
    .bind(HoldReason::SourceChanged.to_string())
    .execute(tx)
    .await?;
    one_row(done.rows_affected(), || format!("document {id} is not {state}, or its source changed meanwhile"))
}

/// Ends the waiting of a document for `reason`; its stage takes it up again.
pub async fn resume(tx: &mut Tx, id: DocumentId, reason: HoldReason, now: Instant) -> Result<(), DatabaseError> {
    let done = sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE document SET {WAITS_NO_MORE}, updated_at = $1 WHERE id = $2 AND held = $3"
    )))
    .bind(now.as_microseconds())
    .bind(id.to_string())
    .bind(reason.to_string())
    .execute(tx)
    .await?;
    one_row(done.rows_affected(), || format!("document {id} is not held for {reason}"))
}

/// Every document of a station that waits for `reason` goes on. Answers how many.
pub async fn resume_all(
    tx: &mut Tx,
    station: Option<&Name>,
    reason: HoldReason,
    now: Instant,
) -> Result<u64, DatabaseError> {
    let done = sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE document SET {WAITS_NO_MORE}, updated_at = $1 WHERE held = $2 AND (CAST($3 AS TEXT) IS NULL OR station = $3)"
    )))
    .bind(now.as_microseconds())
    .bind(reason.to_string())
    .bind(station.map(ToString::to_string))
    .execute(tx)
    .await?;
    Ok(done.rows_affected())
}

/// Records who and what a document is, as far as it is known.
pub async fn set_identity(
    tx: &mut Tx,
    id: DocumentId,
    identity: &Identity,
    claims: &Claims,
    profile: Option<&ProfileRef>,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE document SET identity = $1, claims = $2, document_type = $3, patient_id = $4, obtained_on = $5,
         profile_id = $6, profile_version = $7, profile_digest = $8, identity_lost = 0 WHERE id = $9",
    )
    .bind(to_json("document.identity", identity)?)
    .bind(to_json("document.claims", claims)?)
    .bind(identity.document_type.as_ref().map(|kind| kind.value.to_string()))
    .bind(identity.patient.as_ref().map(|patient| patient.value.id.clone()))
    .bind(identity.obtained_on.as_ref().map(|date| date.value.to_string()))
    .bind(profile.map(|profile| profile.id.to_string()))
    .bind(profile.map(|profile| i64::from(profile.version)))
    .bind(profile.map(|profile| profile.digest.to_string()))
    .bind(id.to_string())
    .execute(tx)
    .await?;
    Ok(())
}

/// Records what a person should know of a document's identity: a JSON list of codes.
pub async fn set_flags(tx: &mut Tx, id: DocumentId, flags: &str) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE document SET flags = $1 WHERE id = $2")
        .bind(flags.to_owned())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Replaces what people stated about a document.
pub async fn set_stated(tx: &mut Tx, id: DocumentId, stated: &str) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE document SET stated = $1 WHERE id = $2")
        .bind(stated.to_owned())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Puts the parts of a document into another order.
pub async fn set_parts(tx: &mut Tx, id: DocumentId, ordered: &[Part]) -> Result<(), DatabaseError> {
    let sorted = |parts: &[Part]| {
        let mut names: Vec<_> = parts.iter().map(|part| (part.delivered_name.clone(), part.content)).collect();
        names.sort_unstable();
        names
    };
    if sorted(ordered) != sorted(&parts(tx, id).await?) {
        return Err(DatabaseError::Conflict(format!("document {id} has other parts")));
    }
    sqlx::query("DELETE FROM document_part WHERE document = $1").bind(id.to_string()).execute(&mut *tx).await?;
    insert_parts(tx, id, ordered).await
}

pub async fn set_judgement(
    tx: &mut Tx,
    id: DocumentId,
    judgement: &Judgement,
    due_at: Option<Instant>,
) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE document SET judgement = $1, due_at = $2 WHERE id = $3")
        .bind(to_json("document.judgement", judgement)?)
        .bind(due_at.map(Instant::as_microseconds))
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// Records by which calendar a document was judged.
pub async fn set_calendar(tx: &mut Tx, id: DocumentId, calendar: &Digest) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE document SET calendar = $1 WHERE id = $2")
        .bind(calendar.to_string())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

pub async fn set_due(tx: &mut Tx, id: DocumentId, due_at: Option<Instant>) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE document SET due_at = $1 WHERE id = $2")
        .bind(due_at.map(Instant::as_microseconds))
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

/// The open documents that are somebody's to work on.
pub async fn assigned_to(tx: &mut Tx, person: PersonId) -> Result<Vec<DocumentId>, DatabaseError> {
    let rows = sqlx::query("SELECT id, state FROM document WHERE assigned_to = $1 ORDER BY created_at, id");
    let mut open = Vec::new();
    for row in rows.bind(person.to_string()).fetch_all(tx).await? {
        let state: DocumentState = row.try_get::<String, _>("state")?.parse().map_err(unreadable("document.state"))?;
        if state.is_open() {
            open.push(row.try_get::<String, _>("id")?.parse().map_err(unreadable("document.id"))?);
        }
    }
    Ok(open)
}

/// Whose it is to work on a document; where it is nobody's, anybody's.
pub async fn assign(tx: &mut Tx, id: DocumentId, person: Option<PersonId>, now: Instant) -> Result<(), DatabaseError> {
    let done = sqlx::query("UPDATE document SET assigned_to = $1, updated_at = $2 WHERE id = $3")
        .bind(person.map(|person| person.to_string()))
        .bind(now.as_microseconds())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    one_row(done.rows_affected(), || format!("there is no document {id}"))
}

/// Counts a failed try of the present stage and sets when to try again. Answers the count.
pub async fn count_failure(tx: &mut Tx, id: DocumentId, retry_at: Instant) -> Result<i64, DatabaseError> {
    let row =
        sqlx::query("UPDATE document SET failures = failures + 1, retry_at = $1 WHERE id = $2 RETURNING failures")
            .bind(retry_at.as_microseconds())
            .bind(id.to_string())
            .fetch_one(tx)
            .await?;
    Ok(row.try_get(0)?)
}

/// Puts off the next try without counting a failure: an authority or a disk is away, not the document at fault.
pub async fn postpone(tx: &mut Tx, id: DocumentId, retry_at: Instant) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE document SET retry_at = $1 WHERE id = $2")
        .bind(retry_at.as_microseconds())
        .bind(id.to_string())
        .execute(tx)
        .await?;
    Ok(())
}

pub async fn get(tx: &mut Tx, id: DocumentId) -> Result<Option<Document>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM document WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx).await?;
    row.as_ref().map(read_row).transpose()
}

/// Nothing that waits for nobody is put off for longer. What was, was put off by a clock that ran ahead, and is ready.
pub const LONGEST_PUT_OFF: jiff::SignedDuration = jiff::SignedDuration::from_mins(1);

/// The documents in `state` that wait for nobody and whose time to be tried has come: those that were not put off, oldest
/// first, then the others. Only their ids, so that one row that cannot be read keeps no other from its turn.
pub async fn ready(
    tx: &mut Tx,
    state: DocumentState,
    now: Instant,
    most: u32,
) -> Result<Vec<DocumentId>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id FROM document
         WHERE state = $1 AND held IS NULL AND (retry_at IS NULL OR retry_at <= $2 OR retry_at > $3)
         ORDER BY retry_at NULLS FIRST, created_at, id LIMIT $4",
    )
    .bind(state.to_string())
    .bind(now.as_microseconds())
    .bind(now.plus(LONGEST_PUT_OFF).as_microseconds())
    .bind(i64::from(most))
    .fetch_all(tx)
    .await?;
    rows.iter().map(|row| row.try_get::<String, _>("id")?.parse().map_err(unreadable("document.id"))).collect()
}

/// The documents that match, and beside them the rows that cannot be read: one of these hides none of the others.
#[derive(Debug, Default)]
pub struct Listed {
    /// Those with the least time left first.
    pub documents: Vec<Document>,
    pub unreadable: Vec<UnreadableDocument>,
}

/// A document whose row holds something that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct UnreadableDocument {
    /// As the row has it; this too may be damaged.
    pub document: String,
    /// The column, and what is wrong with it.
    pub problem: String,
}

/// Documents that match, of `most` rows.
pub async fn list(tx: &mut Tx, filter: &Filter, most: u32) -> Result<Listed, DatabaseError> {
    // In words and not as values: so an index over these few is found, and what ended is not read.
    let ended = if filter.ended { "" } else { "AND state NOT IN ('filed', 'sent-back', 'discarded', 'disposed')" };
    let held = if filter.held { "AND held IS NOT NULL" } else { "" };
    let sql = format!(
        "SELECT {COLUMNS} FROM document
         WHERE (CAST($1 AS TEXT) IS NULL OR station = $1) AND (CAST($2 AS TEXT) IS NULL OR state = $2) {held} {ended}
         ORDER BY CASE WHEN due_at IS NULL THEN 1 ELSE 0 END, due_at, created_at, id LIMIT $3"
    );
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(filter.station.as_ref().map(ToString::to_string))
        .bind(filter.state.map(|state| state.to_string()))
        .bind(i64::from(most))
        .fetch_all(tx)
        .await?;
    let mut listed = Listed::default();
    for row in &rows {
        match read_row(row) {
            Ok(document) => listed.documents.push(document),
            Err(error) => {
                let document = row.try_get("id").unwrap_or_default();
                listed.unreadable.push(UnreadableDocument { document, problem: error.to_string() });
            }
        }
    }
    Ok(listed)
}

/// Documents, other than `except`, that hold a part of this content.
pub async fn of_content(tx: &mut Tx, content: &Digest, except: DocumentId) -> Result<Vec<Document>, DatabaseError> {
    let sql = format!(
        "SELECT {COLUMNS} FROM document WHERE id <> $1
         AND id IN (SELECT document FROM document_part WHERE content = $2) ORDER BY created_at, id"
    );
    let rows =
        sqlx::query(sqlx::AssertSqlSafe(sql)).bind(except.to_string()).bind(content.to_string()).fetch_all(tx).await?;
    rows.iter().map(read_row).collect()
}

/// Whether a document of a delivery is open.
pub async fn is_one_open(tx: &mut Tx, delivery: DeliveryId) -> Result<bool, DatabaseError> {
    Ok(!open_of(tx, delivery).await?.is_empty())
}

/// The open documents of a delivery, and where each stands. Nothing else of their rows, which need not be readable.
pub async fn open_of(tx: &mut Tx, delivery: DeliveryId) -> Result<Vec<(DocumentId, DocumentState)>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT id, state FROM document WHERE id IN (SELECT document FROM document_part WHERE delivery = $1) ORDER BY id",
    )
    .bind(delivery.to_string())
    .fetch_all(tx)
    .await?;
    let mut open = Vec::new();
    for row in &rows {
        let state: DocumentState = row.try_get::<String, _>("state")?.parse().map_err(unreadable("document.state"))?;
        if state.is_open() {
            open.push((row.try_get::<String, _>("id")?.parse().map_err(unreadable("document.id"))?, state));
        }
    }
    Ok(open)
}

/// Has a document judged anew that had been judged, or was about to be: what was known of it has changed. That its source
/// changed, or that its inspection failed again and again, stays the reason for which it waits.
pub async fn inspect_again(
    tx: &mut Tx,
    id: DocumentId,
    from: DocumentState,
    now: Instant,
) -> Result<(), DatabaseError> {
    let to = match from {
        // Nothing was judged yet, and what it waits for is another matter.
        DocumentState::Identifying => return Ok(()),
        // What a stage has worked out meanwhile is refused by the row's revision.
        DocumentState::Inspecting => from,
        _ if document_may_move(from, DocumentState::Inspecting) => DocumentState::Inspecting,
        _ => return Err(DatabaseError::Conflict(format!("a document does not go from {from} to inspecting"))),
    };
    let stays = if to == from { "held IS NOT NULL" } else { "held = 'source-changed'" };
    let done = sqlx::query(sqlx::AssertSqlSafe(format!(
        "UPDATE document SET state = $1, held = CASE WHEN {stays} THEN held END,
           held_detail = CASE WHEN {stays} THEN held_detail END, waits_for = NULL, failures = 0, retry_at = NULL,
           revision = revision + 1, updated_at = $2
         WHERE id = $3 AND state = $4"
    )))
    .bind(to.to_string())
    .bind(now.as_microseconds())
    .bind(id.to_string())
    .bind(from.to_string())
    .execute(tx)
    .await?;
    one_row(done.rows_affected(), || format!("document {id} is not {from}"))
}

/// The contents of a document that others hold too, each with the object of its measurements.
pub async fn contents_shared(tx: &mut Tx, id: DocumentId) -> Result<Vec<(Digest, Digest)>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT digest, measurements FROM content WHERE digest IN (SELECT content FROM document_part WHERE document = $1)
           AND EXISTS (SELECT 1 FROM document_part p WHERE p.content = content.digest AND p.document <> $1)",
    )
    .bind(id.to_string())
    .fetch_all(tx)
    .await?;
    let digest = |row: &AnyRow, column: &str| -> Result<Digest, DatabaseError> {
        row.try_get::<String, _>(column)?.parse().map_err(unreadable("content"))
    };
    rows.iter().map(|row| Ok((digest(row, "digest")?, digest(row, "measurements")?))).collect()
}

/// How many documents are in each state, and how many of these are held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
pub struct Count {
    pub state: DocumentState,
    pub held: Option<HoldReason>,
    pub documents: i64,
}

pub async fn counts(tx: &mut Tx) -> Result<Vec<Count>, DatabaseError> {
    let rows = sqlx::query("SELECT state, held, COUNT(*) AS documents FROM document GROUP BY state, held")
        .fetch_all(tx)
        .await?;
    rows.iter()
        .map(|row| {
            Ok(Count {
                state: row.try_get::<String, _>("state")?.parse().map_err(unreadable("document.state"))?,
                held: row
                    .try_get::<Option<String>, _>("held")?
                    .map(|held| held.parse())
                    .transpose()
                    .map_err(unreadable("document.held"))?,
                documents: row.try_get("documents")?,
            })
        })
        .collect()
}

/// How many documents of a station are in a state.
pub async fn count_at(tx: &mut Tx, station: &Name, state: DocumentState) -> Result<u64, DatabaseError> {
    let row = sqlx::query("SELECT COUNT(*) FROM document WHERE station = $1 AND state = $2")
        .bind(station.to_string())
        .bind(state.to_string())
        .fetch_one(tx)
        .await?;
    row.try_get::<i64, _>(0)?.try_into().map_err(unreadable("document count"))
}

/// RFC 8785 text of a value for a JSON column.
pub fn to_json<T: Serialize>(column: &'static str, value: &T) -> Result<String, DatabaseError> {
    serde_json_canonicalizer::to_string(value).map_err(unreadable(column))
}

/// The value of a JSON column.
pub fn from_json<T: DeserializeOwned>(column: &'static str, json: &str) -> Result<T, DatabaseError> {
    serde_json::from_str(json).map_err(unreadable(column))
}

/// The kebab-case word of an enum without fields, as tables keep it.
pub(super) fn to_text<T: Serialize>(word: &T) -> String {
    match serde_json::to_value(word) {
        Ok(serde_json::Value::String(text)) => text,
        // Only enums without fields are passed here, and these are written as strings.
        _ => String::new(),
    }
}

pub(super) fn from_text<T: DeserializeOwned>(column: &'static str, word: &str) -> Result<T, DatabaseError> {
    serde_json::from_value(serde_json::Value::String(word.to_owned())).map_err(unreadable(column))
}
