//! Which private parts of entries were erased, and by whose act: what lawful disposal leaves behind.
//!
//! The entry of a disposal holds the act of two people, which names each part by its entry's number and by what that entry
//! commits to. Whether the act counts is for who verifies.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;

use super::kept::Kept;
use super::{Entry, Kind};
use crate::database::{DatabaseError, Tx};
use crate::ids::Digest;

/// A private part that is erased: of which entry it was, and what that entry commits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Erased {
    pub index: u64,
    pub private: Digest,
}

/// What of the act is read here.
#[derive(Deserialize)]
struct Named {
    entries: Vec<Erased>,
}

/// The private parts that an entry says were erased.
#[must_use]
pub fn erased_by(entry: &Entry) -> Vec<Erased> {
    let act = entry.act.as_ref().filter(|_| entry.kind == Kind::PrivatePartsDisposed);
    let named = act.and_then(|act| serde_json::from_str::<Named>(&act.text).ok());
    named.map(|named| named.entries).unwrap_or_default()
}

/// In the database's own notes: what was erased may still lie in its files.
const DUE: &str = "private.unscrubbed";

/// # Errors
/// When the database fails.
pub async fn is_due(tx: &mut Tx) -> Result<bool, DatabaseError> {
    let row = sqlx::query("SELECT 1 FROM meta WHERE key = $1").bind(DUE).fetch_optional(tx).await?;
    Ok(row.is_some())
}

/// # Errors
/// When the database fails.
pub async fn set_due(tx: &mut Tx, is_due: bool) -> Result<(), DatabaseError> {
    let sql = if is_due {
        "INSERT INTO meta (key, value) VALUES ($1, 'due') ON CONFLICT (key) DO NOTHING"
    } else {
        "DELETE FROM meta WHERE key = $1"
    };
    sqlx::query(sql).bind(DUE).execute(tx).await?;
    Ok(())
}

/// Private parts that were erased, each with the entry that says so.
#[derive(Clone, Debug, Default)]
pub struct Disposed(BTreeMap<u64, (u64, Digest)>);

impl Disposed {
    /// As the database has the journal.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn read(tx: &mut Tx) -> Result<Self, DatabaseError> {
        let rows = sqlx::query("SELECT bytes FROM journal_entry WHERE kind = $1 ORDER BY idx")
            .bind(Kind::PrivatePartsDisposed.to_string())
            .fetch_all(tx)
            .await?;
        let mut disposed = Self::default();
        for row in rows {
            disposed.learn(&row.try_get::<Vec<u8>, _>("bytes")?);
        }
        Ok(disposed)
    }

    /// As the journal's files have it.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn in_files(folder: &Path) -> io::Result<Self> {
        let (mut kept, mut disposed) = (Kept::open(folder)?, Self::default());
        let kind = format!("\"{}\"", Kind::PrivatePartsDisposed);
        while let Some(entry) = kept.next_entry()? {
            // Few are, and each would have to be parsed.
            if entry.bytes.windows(kind.len()).any(|bytes| bytes == kind.as_bytes()) {
                disposed.learn(&entry.bytes);
            }
        }
        Ok(disposed)
    }

    /// What cannot be read says nothing, and that it cannot is told elsewhere.
    fn learn(&mut self, bytes: &[u8]) {
        let Ok(entry) = serde_json::from_slice::<Entry>(bytes) else { return };
        for erased in erased_by(&entry).into_iter().filter(|erased| erased.index < entry.index) {
            self.0.entry(erased.index).or_insert((entry.index, erased.private));
        }
    }

    /// The entry by which the private part of this one was erased.
    #[must_use]
    pub fn by(&self, entry: &Entry) -> Option<u64> {
        let (by, private) = self.0.get(&entry.index)?;
        (entry.private == Some(*private)).then_some(*by)
    }

    /// The entries whose private parts were erased by one before `end`, in order.
    pub fn before(&self, end: u64) -> impl Iterator<Item = u64> {
        self.0.iter().filter(move |(_, (by, _))| *by < end).map(|(index, _)| *index)
    }
}
