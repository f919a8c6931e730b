//! Reading: entries, the head, nodes of the tree, proofs.

use std::collections::{BTreeSet, HashMap};

use sqlx::Row as _;

use super::custody::{self, InCustody};
use super::{Entry, Kind, commitment, doubts};
use crate::database::{DatabaseError, Tx, unreadable};
use crate::evidence::record::ClockKnown;
use crate::evidence::tree::{self, Frontier, ProofError};
use crate::ids::{DeliveryId, Digest, DocumentId, SessionId};

/// The newest state of the journal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    pub size: u64,
    pub root: Digest,
    /// The signed checkpoint, as C2SP writes it.
    pub checkpoint: String,
}

/// An entry with its exact bytes and, where it was not erased, its private text.
#[derive(Clone, Debug)]
pub struct Stored {
    pub index: u64,
    pub bytes: Vec<u8>,
    pub lookup: Lookup,
    pub private: Option<Private>,
}

/// What stands beside an entry's bytes so that it is found: nothing signs it, so it counts only where the bytes say the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lookup {
    pub(super) kind: String,
    pub(super) document: Option<String>,
    pub(super) delivery: Option<String>,
    pub(super) record: Option<String>,
    pub(super) person: Option<String>,
    pub(super) session: Option<String>,
}

impl Lookup {
    /// How this entry is to be found.
    pub(super) fn of(entry: &Entry) -> Self {
        let subject = &entry.subject;
        Self {
            kind: entry.kind.to_string(),
            document: subject.document.map(|id| id.to_string()),
            delivery: subject.delivery.map(|id| id.to_string()),
            record: subject.record.map(|id| id.to_string()),
            person: subject.person.map(|id| id.to_string()),
            session: subject.session.map(|id| id.to_string()),
        }
    }

    /// The first column that says something else than the entry.
    #[must_use]
    pub fn difference(&self, entry: &Entry) -> Option<&'static str> {
        let said = Self::of(entry);
        [
            (self.kind == said.kind, "kind"),
            (self.document == said.document, "document"),
            (self.delivery == said.delivery, "delivery"),
            (self.record == said.record, "record"),
            (self.person == said.person, "person"),
            (self.session == said.session, "session"),
        ]
        .into_iter()
        .find_map(|(agrees, column)| (!agrees).then_some(column))
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Private {
    pub salt: Vec<u8>,
    pub text: String,
}

impl Private {
    /// Whether it is the one that the entry commits to.
    #[must_use]
    pub fn is_of(&self, entry: &Entry) -> bool {
        let salt: Option<&[u8; 32]> = self.salt.as_slice().try_into().ok();
        salt.is_some_and(|salt| entry.private == Some(commitment(salt, &self.text)))
    }
}

impl Stored {
    /// Whether it was found as one that says that private parts were erased.
    pub(super) fn is_disposal(&self) -> bool {
        self.lookup.kind == Kind::PrivatePartsDisposed.to_string()
    }

    /// The entry in its bytes.
    ///
    /// # Errors
    /// When they are none that this build can read.
    pub fn entry(&self) -> Result<Entry, DatabaseError> {
        serde_json::from_slice(&self.bytes).map_err(unreadable("journal_entry.bytes"))
    }

    /// Itself, where it is what it was found as.
    ///
    /// # Errors
    /// When its bytes say something else than the columns beside them.
    pub fn as_found(self) -> Result<Self, DatabaseError> {
        match self.lookup.difference(&self.entry()?) {
            None => Ok(self),
            Some(column) => Err(DatabaseError::Unreadable(format!(
                "journal_entry.{column} says something else than entry {}: run `torikomi journal verify`",
                self.index
            ))),
        }
    }
}

/// Where the journal stands; none before its first entry.
pub async fn head(tx: &mut Tx) -> Result<Option<Head>, DatabaseError> {
    let row = sqlx::query("SELECT size, root, checkpoint FROM journal_head WHERE one = 1").fetch_optional(tx).await?;
    row.map(|row| {
        Ok(Head {
            size: row.try_get::<i64, _>("size")?.try_into().map_err(unreadable("journal_head.size"))?,
            root: row.try_get::<String, _>("root")?.parse().map_err(unreadable("journal_head.root"))?,
            checkpoint: row.try_get("checkpoint")?,
        })
    })
    .transpose()
}

/// Entries from `from` on, in order, at most `most`.
pub async fn entries(tx: &mut Tx, from: u64, most: u32) -> Result<Vec<Stored>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT e.idx, e.bytes, e.kind, e.document, e.delivery, e.record, e.person, e.session, p.salt, p.text
         FROM journal_entry e LEFT JOIN journal_private p ON p.idx = e.idx
         WHERE e.idx >= $1 ORDER BY e.idx LIMIT $2",
    )
    .bind(i64::try_from(from).map_err(unreadable("journal_entry.idx"))?)
    .bind(i64::from(most))
    .fetch_all(tx)
    .await?;
    rows.iter().map(read_row).collect()
}

/// The entry with this number.
pub async fn at(tx: &mut Tx, index: u64) -> Result<Option<Stored>, DatabaseError> {
    let found = entries(tx, index, 1).await?.into_iter().next();
    found.filter(|stored| stored.index == index).map(Stored::as_found).transpose()
}

/// The private parts of the entries from `from` on and before `end`, in order, at most `most`.
pub(super) async fn private_parts(
    tx: &mut Tx,
    from: u64,
    end: u64,
    most: u32,
) -> Result<Vec<(u64, Private)>, DatabaseError> {
    let number = |index: u64| i64::try_from(index).map_err(unreadable("journal_private.idx"));
    let sql = "SELECT idx, salt, text FROM journal_private WHERE idx >= $1 AND idx < $2 ORDER BY idx LIMIT $3";
    let rows = sqlx::query(sql).bind(number(from)?).bind(number(end)?).bind(i64::from(most)).fetch_all(tx).await?;
    let part = |row: &sqlx::any::AnyRow| {
        let index = row.try_get::<i64, _>("idx")?.try_into().map_err(unreadable("journal_private.idx"))?;
        Ok((index, Private { salt: row.try_get("salt")?, text: row.try_get("text")? }))
    };
    rows.iter().map(part).collect()
}

/// The entries about a document, in order.
pub async fn of_document(tx: &mut Tx, document: DocumentId) -> Result<Vec<Stored>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT e.idx, e.bytes, e.kind, e.document, e.delivery, e.record, e.person, e.session, p.salt, p.text
         FROM journal_entry e LEFT JOIN journal_private p ON p.idx = e.idx
         WHERE e.document = $1 ORDER BY e.idx",
    )
    .bind(document.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter().map(found).collect()
}

/// The entries about a delivery that name no document, in order.
pub async fn of_delivery_alone(tx: &mut Tx, delivery: DeliveryId) -> Result<Vec<Stored>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT e.idx, e.bytes, e.kind, e.document, e.delivery, e.record, e.person, e.session, p.salt, p.text
         FROM journal_entry e LEFT JOIN journal_private p ON p.idx = e.idx
         WHERE e.delivery = $1 AND e.document IS NULL ORDER BY e.idx",
    )
    .bind(delivery.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter().map(found).collect()
}

/// The entries about a document, and those about its delivery from before it was one, in order.
pub async fn story_of_document(tx: &mut Tx, document: DocumentId) -> Result<Vec<Stored>, DatabaseError> {
    let mut story = of_document(tx, document).await?;
    let deliveries: BTreeSet<_> = story.iter().filter_map(|stored| stored.entry().ok()?.subject.delivery).collect();
    for delivery in deliveries {
        story.extend(of_delivery_alone(tx, delivery).await?);
    }
    story.sort_by_key(|stored| stored.index);
    Ok(story)
}

/// How the clock stood when a document was taken in, by the newest word of it.
pub async fn clock_at_intake(tx: &mut Tx, document: DocumentId) -> Result<Option<ClockKnown>, DatabaseError> {
    let story = story_of_document(tx, document).await?;
    let entries: Vec<Entry> = story.iter().filter_map(|stored| stored.entry().ok()).collect();
    let taken = entries.iter().find(|entry| entry.kind == Kind::DeliveryTaken).and_then(custody::named);
    let in_custody = entries.iter().find(|entry| taken == Some(entry.index));
    let Some((in_custody, said)) = in_custody.and_then(|entry| Some((entry, InCustody::of(entry)?))) else {
        return Ok(None);
    };
    let since = entries.iter().filter(|entry| entry.index > in_custody.index);
    Ok(Some(doubts::newest_word(said.clock, since)))
}

/// The entries of a kind about a session, in order.
pub async fn of_session(tx: &mut Tx, session: SessionId, kind: Kind) -> Result<Vec<Stored>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT e.idx, e.bytes, e.kind, e.document, e.delivery, e.record, e.person, e.session, p.salt, p.text
         FROM journal_entry e LEFT JOIN journal_private p ON p.idx = e.idx
         WHERE e.session = $1 AND e.kind = $2 ORDER BY e.idx",
    )
    .bind(session.to_string())
    .bind(kind.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter().map(found).collect()
}

/// The entries of a kind, in order.
pub async fn of_kind(tx: &mut Tx, kind: Kind) -> Result<Vec<Stored>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT e.idx, e.bytes, e.kind, e.document, e.delivery, e.record, e.person, e.session, p.salt, p.text
         FROM journal_entry e LEFT JOIN journal_private p ON p.idx = e.idx
         WHERE e.kind = $1 ORDER BY e.idx",
    )
    .bind(kind.to_string())
    .fetch_all(tx)
    .await?;
    rows.iter().map(found).collect()
}

/// The entries of a kind from `from` on and before `end`, in order, at most `most`.
pub async fn of_kind_between(
    tx: &mut Tx,
    kind: Kind,
    (from, end): (u64, u64),
    most: u32,
) -> Result<Vec<Stored>, DatabaseError> {
    let number = |index: u64| i64::try_from(index).map_err(unreadable("journal_entry.idx"));
    let rows = sqlx::query(
        "SELECT e.idx, e.bytes, e.kind, e.document, e.delivery, e.record, e.person, e.session, p.salt, p.text
         FROM journal_entry e LEFT JOIN journal_private p ON p.idx = e.idx
         WHERE e.kind = $1 AND e.idx >= $2 AND e.idx < $3 ORDER BY e.idx LIMIT $4",
    )
    .bind(kind.to_string())
    .bind(number(from)?)
    .bind(number(end)?)
    .bind(i64::from(most))
    .fetch_all(tx)
    .await?;
    rows.iter().map(found).collect()
}

/// The entries about incidents, in order.
pub async fn of_incidents(tx: &mut Tx) -> Result<Vec<Stored>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT e.idx, e.bytes, e.kind, e.document, e.delivery, e.record, e.person, e.session, p.salt, p.text
         FROM journal_entry e LEFT JOIN journal_private p ON p.idx = e.idx
         WHERE e.kind IN ('incident-opened', 'incident-closed') ORDER BY e.idx",
    )
    .fetch_all(tx)
    .await?;
    rows.iter().map(found).collect()
}

/// The newest entry of a kind.
pub async fn newest_of_kind(tx: &mut Tx, kind: Kind) -> Result<Option<Stored>, DatabaseError> {
    newest_of_kind_before(tx, kind, u64::MAX).await
}

/// The newest entry of a kind among those before `end`.
pub async fn newest_of_kind_before(tx: &mut Tx, kind: Kind, end: u64) -> Result<Option<Stored>, DatabaseError> {
    let row = sqlx::query(
        "SELECT e.idx, e.bytes, e.kind, e.document, e.delivery, e.record, e.person, e.session, p.salt, p.text
         FROM journal_entry e LEFT JOIN journal_private p ON p.idx = e.idx
         WHERE e.kind = $1 AND e.idx < $2 ORDER BY e.idx DESC LIMIT 1",
    )
    .bind(kind.to_string())
    .bind(i64::try_from(end).unwrap_or(i64::MAX))
    .fetch_optional(tx)
    .await?;
    row.as_ref().map(found).transpose()
}

/// A row that was found by what stands beside its bytes.
fn found(row: &sqlx::any::AnyRow) -> Result<Stored, DatabaseError> {
    read_row(row)?.as_found()
}

fn read_row(row: &sqlx::any::AnyRow) -> Result<Stored, DatabaseError> {
    let salt: Option<Vec<u8>> = row.try_get("salt")?;
    let text: Option<String> = row.try_get("text")?;
    Ok(Stored {
        index: row.try_get::<i64, _>("idx")?.try_into().map_err(unreadable("journal_entry.idx"))?,
        bytes: row.try_get("bytes")?,
        lookup: Lookup {
            kind: row.try_get("kind")?,
            document: row.try_get("document")?,
            delivery: row.try_get("delivery")?,
            record: row.try_get("record")?,
            person: row.try_get("person")?,
            session: row.try_get("session")?,
        },
        private: salt.zip(text).map(|(salt, text)| Private { salt, text }),
    })
}

/// A complete subtree's hash.
pub async fn node(tx: &mut Tx, level: u8, index: u64) -> Result<Option<Digest>, DatabaseError> {
    let Ok(index) = i64::try_from(index) else { return Ok(None) };
    let row = sqlx::query("SELECT hash FROM journal_node WHERE level = $1 AND idx = $2")
        .bind(i64::from(level))
        .bind(index)
        .fetch_optional(tx)
        .await?;
    row.map(|row| {
        let bytes: [u8; 32] = row
            .try_get::<Vec<u8>, _>("hash")?
            .try_into()
            .map_err(|_| DatabaseError::Unreadable("journal_node.hash: not 32 bytes".into()))?;
        Ok(Digest::from_bytes(bytes))
    })
    .transpose()
}

/// The nodes that the entries from `from` to `last` complete: all those whose last leaf is one of them.
pub async fn nodes_completed(tx: &mut Tx, from: u64, last: u64) -> Result<HashMap<(u8, u64), Digest>, DatabaseError> {
    let mut nodes = HashMap::new();
    for level in 0..63_u8 {
        // Node `n` ends with the leaf `(n + 1) * 2^level - 1`.
        let (first, end) = (from >> level, last.saturating_add(1) >> level);
        if end == 0 {
            break;
        }
        let rows = sqlx::query("SELECT idx, hash FROM journal_node WHERE level = $1 AND idx >= $2 AND idx < $3")
            .bind(i64::from(level))
            .bind(i64::try_from(first).map_err(unreadable("journal_node.idx"))?)
            .bind(i64::try_from(end).map_err(unreadable("journal_node.idx"))?)
            .fetch_all(&mut *tx)
            .await?;
        for row in rows {
            let index: u64 = row.try_get::<i64, _>("idx")?.try_into().map_err(unreadable("journal_node.idx"))?;
            let bytes: Result<[u8; 32], _> = row.try_get::<Vec<u8>, _>("hash")?.try_into();
            // What is not 32 bytes long is no node.
            if let Ok(bytes) = bytes {
                nodes.insert((level, index), Digest::from_bytes(bytes));
            }
        }
    }
    Ok(nodes)
}

/// How many rows have no place among the first `size`.
pub async fn entries_beyond(tx: &mut Tx, size: u64) -> Result<u64, DatabaseError> {
    let row = sqlx::query("SELECT COUNT(*) FROM journal_entry WHERE idx >= $1 OR idx < 0")
        .bind(i64::try_from(size).map_err(unreadable("journal_entry.idx"))?)
        .fetch_one(tx)
        .await?;
    row.try_get::<i64, _>(0)?.try_into().map_err(unreadable("journal_entry"))
}

/// How many stored nodes a tree of `size` entries does not have.
pub async fn nodes_beyond(tx: &mut Tx, size: u64) -> Result<u64, DatabaseError> {
    let mut count = 0_u64;
    for level in 0..63_u8 {
        let sql = "SELECT COUNT(*) FROM journal_node WHERE level = $1 AND idx >= $2";
        let beyond: i64 = sqlx::query(sql)
            .bind(i64::from(level))
            .bind(i64::try_from(size >> level).map_err(unreadable("journal_node.idx"))?)
            .fetch_one(&mut *tx)
            .await?
            .try_get(0)?;
        count = count.saturating_add(u64::try_from(beyond).unwrap_or(0));
    }
    Ok(count)
}

/// The right edge of the tree when it had `size` entries, from as many nodes as `size` has one bits.
pub async fn edge_at(tx: &mut Tx, size: u64) -> Result<Frontier, DatabaseError> {
    let mut nodes = HashMap::new();
    for level in (0..64_u8).filter(|level| size >> level & 1 == 1) {
        // The subtree of this level begins where the wider ones end.
        let index = (size >> level) - 1;
        if let Some(hash) = node(tx, level, index).await? {
            nodes.insert((level, index), hash);
        }
    }
    Frontier::restore(size, |level, index| nodes.get(&(level, index)).copied())
        .map_err(|error| DatabaseError::damaged(format!("journal: {error}")))
}

/// The proof that entry `index` is in the tree of `size` entries.
pub async fn inclusion_proof(tx: &mut Tx, index: u64, size: u64) -> Result<Vec<Digest>, DatabaseError> {
    with_nodes(tx, |nodes| tree::inclusion_proof(index, size, |level, at| nodes.get(&(level, at)).copied())).await
}

/// The proof that the tree of `old` entries is the beginning of that of `new`.
pub async fn consistency_proof(tx: &mut Tx, old: u64, new: u64) -> Result<Vec<Digest>, DatabaseError> {
    with_nodes(tx, |nodes| tree::consistency_proof(old, new, |level, at| nodes.get(&(level, at)).copied())).await
}

/// Fetches node after node until the proof has all it asks for: some tens in a tree of any size.
async fn with_nodes<T>(
    tx: &mut Tx,
    prove: impl Fn(&HashMap<(u8, u64), Digest>) -> Result<T, ProofError>,
) -> Result<T, DatabaseError> {
    let mut nodes = HashMap::new();
    loop {
        match prove(&nodes) {
            Ok(proof) => return Ok(proof),
            Err(ProofError::Missing(missing)) => match node(tx, missing.level, missing.index).await? {
                Some(hash) => {
                    nodes.insert((missing.level, missing.index), hash);
                }
                None => return Err(DatabaseError::damaged(format!("journal: {missing}"))),
            },
            Err(error) => return Err(DatabaseError::Conflict(error.to_string())),
        }
    }
}
