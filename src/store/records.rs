//! The index of filed records: which there are, and which objects each consists of.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::ids::{Digest, DocumentId, Name, PersonId, RecordId};
use crate::instant::Instant;

/// A filed record's row in the index. Everything in it can be had from the record itself, which is what counts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Record {
    pub id: RecordId,
    /// SHA-256 of the manifest.
    pub digest: Digest,
    pub document: DocumentId,
    pub version: u32,
    pub previous: Option<Digest>,
    pub station: Name,
    pub document_type: Name,
    pub profile_id: Name,
    pub profile_version: u32,
    pub patient_id: String,
    pub patient_name: String,
    pub obtained_on: Option<String>,
    pub page_count: u32,
    pub operator: Option<String>,
    pub signer: PersonId,
    pub taken_in_at: Instant,
    pub signed_at: Instant,
    pub timestamped_at: Option<Instant>,
    pub filed_at: Instant,
    pub journal_index: u64,
}

/// A file of a record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Member {
    /// Its path in the container.
    pub name: String,
    /// 1 for what never changes; evidence that is renewed has more.
    pub generation: u32,
    pub object: Digest,
    pub byte_length: u64,
    pub media_type: String,
}

/// Which records to list.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Any of these; any patient where there are none.
    pub patient_ids: Vec<String>,
    pub document_type: Option<Name>,
    pub station: Option<Name>,
    /// Filed at or after, and before.
    pub from: Option<Instant>,
    pub until: Option<Instant>,
}

const COLUMNS: &str = "id, digest, document, version, previous, station, document_type, profile_id, profile_version,
    patient_id, patient_name, obtained_on, page_count, operator, signer, taken_in_at, signed_at, timestamped_at,
    filed_at, journal_index";

/// Enters a record and its files. The objects must be durable already.
///
/// # Errors
/// When the document has this version already, or a record with this digest is filed.
pub async fn insert(tx: &mut Tx, record: &Record, members: &[Member]) -> Result<(), DatabaseError> {
    for member in members {
        sqlx::query(
            "INSERT INTO object (digest, byte_length, encoding, stored_at) VALUES ($1, $2, 'plain', $3)
             ON CONFLICT (digest) DO NOTHING",
        )
        .bind(member.object.to_string())
        .bind(i64::try_from(member.byte_length).map_err(unreadable("object.byte_length"))?)
        .bind(record.filed_at.as_microseconds())
        .execute(&mut *tx)
        .await?;
    }
    sqlx::query(
        "INSERT INTO record (id, digest, document, version, previous, station, document_type, profile_id,
           profile_version, patient_id, patient_name, obtained_on, page_count, operator, signer, taken_in_at,
           signed_at, timestamped_at, filed_at, journal_index)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)",
    )
    .bind(record.id.to_string())
    .bind(record.digest.to_string())
    .bind(record.document.to_string())
    .bind(i64::from(record.version))
    .bind(record.previous.map(|digest| digest.to_string()))
    .bind(record.station.to_string())
    .bind(record.document_type.to_string())
    .bind(record.profile_id.to_string())
    .bind(i64::from(record.profile_version))
    .bind(record.patient_id.clone())
    .bind(record.patient_name.clone())
    .bind(record.obtained_on.clone())
    .bind(i64::from(record.page_count))
    .bind(record.operator.clone())
    .bind(record.signer.to_string())
    .bind(record.taken_in_at.as_microseconds())
    .bind(record.signed_at.as_microseconds())
    .bind(record.timestamped_at.map(Instant::as_microseconds))
    .bind(record.filed_at.as_microseconds())
    .bind(i64::try_from(record.journal_index).map_err(unreadable("record.journal_index"))?)
    .execute(&mut *tx)
    .await?;
    for member in members {
        sqlx::query(
            "INSERT INTO record_member (record, name, generation, object, media_type) VALUES ($1, $2, $3, $4, $5)",
        )
        .bind(record.id.to_string())
        .bind(member.name.clone())
        .bind(i64::from(member.generation))
        .bind(member.object.to_string())
        .bind(member.media_type.clone())
        .execute(&mut *tx)
        .await?;
    }
    Ok(())
}

pub async fn get(tx: &mut Tx, id: RecordId) -> Result<Option<Record>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM record WHERE id = $1");
    let row = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(id.to_string()).fetch_optional(tx).await?;
    row.as_ref().map(read_row).transpose()
}

/// How many records were filed.
pub async fn count(tx: &mut Tx) -> Result<i64, DatabaseError> {
    Ok(sqlx::query("SELECT COUNT(*) FROM record").fetch_one(tx).await?.try_get(0)?)
}

/// The latest time to which what a person signed is proven: by its stamp, or where there is none, by its filing.
pub async fn newest_proof_by(tx: &mut Tx, signer: PersonId) -> Result<Option<Instant>, DatabaseError> {
    // Each half ends at one end of an index; over both at once, all that the person ever signed would be read.
    let row = sqlx::query(
        "SELECT MAX(at) AS at FROM (SELECT MAX(timestamped_at) AS at FROM record WHERE signer = $1 AND timestamped_at IS NOT NULL
           UNION ALL SELECT MAX(filed_at) AS at FROM record WHERE signer = $1 AND timestamped_at IS NULL) AS newest",
    )
    .bind(signer.to_string())
    .fetch_one(tx)
    .await?;
    row.try_get::<Option<i64>, _>("at")?.map(|at| instant("record.timestamped_at", at)).transpose()
}

/// The versions of a document that were filed, oldest first.
pub async fn of_document(tx: &mut Tx, document: DocumentId) -> Result<Vec<Record>, DatabaseError> {
    let sql = format!("SELECT {COLUMNS} FROM record WHERE document = $1 ORDER BY version");
    let rows = sqlx::query(sqlx::AssertSqlSafe(sql)).bind(document.to_string()).fetch_all(tx).await?;
    rows.iter().map(read_row).collect()
}

/// A page of the records that match, in the order of filing, after the record `after` where one is given.
pub async fn list(
    tx: &mut Tx,
    filter: &Filter,
    after: Option<&Record>,
    most: u32,
) -> Result<Vec<Record>, DatabaseError> {
    // The ids come behind the other parameters, one for each.
    let of_patient = if filter.patient_ids.is_empty() {
        String::new()
    } else {
        let places: Vec<String> = (8..8 + filter.patient_ids.len()).map(|place| format!("${place}")).collect();
        format!("AND patient_id IN ({})", places.join(", "))
    };
    // One lower bound: of two, SQLite may begin at the earlier and read what lies between.
    let from = filter.from.into_iter().chain(after.map(|record| record.filed_at)).max();
    let sql = format!(
        "SELECT {COLUMNS} FROM record
         WHERE (CAST($1 AS TEXT) IS NULL OR document_type = $1)
           AND (CAST($2 AS TEXT) IS NULL OR station = $2)
           AND filed_at >= $3 AND filed_at < $4 AND (filed_at <> $5 OR id > $6)
           {of_patient}
         ORDER BY filed_at, id LIMIT $7"
    );
    let query = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(filter.document_type.as_ref().map(ToString::to_string))
        .bind(filter.station.as_ref().map(ToString::to_string))
        .bind(from.map_or(i64::MIN, Instant::as_microseconds))
        .bind(filter.until.map_or(i64::MAX, Instant::as_microseconds))
        .bind(after.map_or(i64::MIN, |record| record.filed_at.as_microseconds()))
        .bind(after.map_or_else(String::new, |record| record.id.to_string()))
        .bind(i64::from(most));
    let query = filter.patient_ids.iter().fold(query, |query, id| query.bind(id.clone()));
    let rows = query.fetch_all(tx).await?;
    rows.iter().map(read_row).collect()
}

/// A record's files, the newest generation of each, or every generation.
pub async fn members(tx: &mut Tx, id: RecordId, every_generation: bool) -> Result<Vec<Member>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT m.name, m.generation, m.object, m.media_type, o.byte_length
         FROM record_member m JOIN object o ON o.digest = m.object
         WHERE m.record = $1 AND ($2 = 1 OR m.generation =
           (SELECT MAX(n.generation) FROM record_member n WHERE n.record = m.record AND n.name = m.name))
         ORDER BY m.name, m.generation",
    )
    .bind(id.to_string())
    .bind(i64::from(every_generation))
    .fetch_all(tx)
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Member {
                name: row.try_get("name")?,
                generation: row
                    .try_get::<i64, _>("generation")?
                    .try_into()
                    .map_err(unreadable("record_member.generation"))?,
                object: row.try_get::<String, _>("object")?.parse().map_err(unreadable("record_member.object"))?,
                byte_length: row
                    .try_get::<i64, _>("byte_length")?
                    .try_into()
                    .map_err(unreadable("object.byte_length"))?,
                media_type: row.try_get("media_type")?,
            })
        })
        .collect()
}

/// The objects of records whose digests begin with a byte.
pub async fn objects_on_shelf(tx: &mut Tx, shelf: u8) -> Result<Vec<Digest>, DatabaseError> {
    let (from, until) = Digest::texts_from(shelf);
    let rows = sqlx::query("SELECT digest FROM object WHERE digest >= $1 AND digest < $2")
        .bind(from)
        .bind(until)
        .fetch_all(tx)
        .await?;
    rows.iter().map(|row| row.try_get::<String, _>("digest")?.parse().map_err(unreadable("object.digest"))).collect()
}

/// How many objects records have.
pub async fn count_objects(tx: &mut Tx) -> Result<i64, DatabaseError> {
    Ok(sqlx::query("SELECT COUNT(*) FROM object").fetch_one(tx).await?.try_get(0)?)
}

/// Records that an object is a file of, at most `most`. Every row is looked at, so it is for what is seldom asked.
pub async fn with_object(tx: &mut Tx, object: &Digest, most: u32) -> Result<Vec<RecordId>, DatabaseError> {
    let rows = sqlx::query("SELECT DISTINCT record FROM record_member WHERE object = $1 ORDER BY record LIMIT $2")
        .bind(object.to_string())
        .bind(i64::from(most))
        .fetch_all(tx)
        .await?;
    rows.iter()
        .map(|row| row.try_get::<String, _>("record")?.parse().map_err(unreadable("record_member.record")))
        .collect()
}

fn read_row(row: &AnyRow) -> Result<Record, DatabaseError> {
    let text = |column: &'static str| row.try_get::<String, _>(column);
    let optional = |column: &'static str| row.try_get::<Option<String>, _>(column);
    let number = |column: &'static str| row.try_get::<i64, _>(column);
    let at = |column: &'static str| instant(column, number(column)?);
    Ok(Record {
        id: text("id")?.parse().map_err(unreadable("record.id"))?,
        digest: text("digest")?.parse().map_err(unreadable("record.digest"))?,
        document: text("document")?.parse().map_err(unreadable("record.document"))?,
        version: number("version")?.try_into().map_err(unreadable("record.version"))?,
        previous: optional("previous")?
            .map(|digest| digest.parse())
            .transpose()
            .map_err(unreadable("record.previous"))?,
        station: text("station")?.parse().map_err(unreadable("record.station"))?,
        document_type: text("document_type")?.parse().map_err(unreadable("record.document_type"))?,
        profile_id: text("profile_id")?.parse().map_err(unreadable("record.profile_id"))?,
        profile_version: number("profile_version")?.try_into().map_err(unreadable("record.profile_version"))?,
        patient_id: text("patient_id")?,
        patient_name: text("patient_name")?,
        obtained_on: optional("obtained_on")?,
        page_count: number("page_count")?.try_into().map_err(unreadable("record.page_count"))?,
        operator: optional("operator")?,
        signer: text("signer")?.parse().map_err(unreadable("record.signer"))?,
        taken_in_at: at("taken_in_at")?,
        signed_at: at("signed_at")?,
        timestamped_at: row
            .try_get::<Option<i64>, _>("timestamped_at")?
            .map(|at| instant("record.timestamped_at", at))
            .transpose()?,
        filed_at: at("filed_at")?,
        journal_index: number("journal_index")?.try_into().map_err(unreadable("record.journal_index"))?,
    })
}
