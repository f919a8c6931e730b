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

/// In the database's own notes: what the act of this entry erased, and perhaps those before it, may still lie in its files.
const DUE: &str = "private.unscrubbed";

/// The newest act whose parts may still lie in the database's files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Due(String);

impl Due {
    /// # Errors
    /// When the database fails.
    pub async fn read(tx: &mut Tx) -> Result<Option<Self>, DatabaseError> {
        let row = sqlx::query("SELECT value FROM meta WHERE key = $1").bind(DUE).fetch_optional(tx).await?;
        Ok(row.map(|row| row.try_get("value")).transpose()?.map(Self))
    }

    /// Notes it in the transaction that erases.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn note(tx: &mut Tx, act: u64) -> Result<(), DatabaseError> {
        let sql =
            "INSERT INTO meta (key, value) VALUES ($1, $2) ON CONFLICT (key) DO UPDATE SET value = excluded.value";
        sqlx::query(sql).bind(DUE).bind(act.to_string()).execute(tx).await?;
        Ok(())
    }

    /// It is done. What another act erased since this was read stays due.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn clear(self, tx: &mut Tx) -> Result<(), DatabaseError> {
        sqlx::query("DELETE FROM meta WHERE key = $1 AND value = $2").bind(DUE).bind(self.0).execute(tx).await?;
        Ok(())
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::database::{Database, engines};

    fn due(database: &Database) -> Option<Due> {
        database.read::<_, DatabaseError, _>(async |tx| Due::read(tx).await).unwrap()
    }

    #[test]
    fn what_was_erased_while_others_were_cleared_away_stays_due() {
        for engine in engines::each() {
            let database = &engine.database;
            let note = |act| database.write::<_, DatabaseError, _>(async move |tx| Due::note(tx, act).await).unwrap();
            let clear = |due: Due| database.write::<_, DatabaseError, _>(async move |tx| due.clear(tx).await).unwrap();
            assert_eq!(due(database), None);
            note(7);
            let first = due(database).unwrap();
            // The second act comes while the files are cleared of the first one's.
            note(9);
            clear(first);
            let second = due(database).expect("the second act's is still to be done");
            clear(second);
            assert_eq!(due(database), None);
        }
    }
}
