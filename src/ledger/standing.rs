//! How the documents stand, for whoever compares the ledger with the journal. Only states are read, so that a row that holds
//! something unreadable is compared like any other.

use std::collections::BTreeSet;

use sqlx::Row as _;

use crate::database::{DatabaseError, Tx, unreadable};
use crate::document::DocumentState;
use crate::ids::DocumentId;

/// How many documents there are, open and ended.
pub async fn total(tx: &mut Tx) -> Result<u64, DatabaseError> {
    let count: i64 = sqlx::query("SELECT COUNT(*) FROM document").fetch_one(tx).await?.try_get(0)?;
    u64::try_from(count).map_err(unreadable("document"))
}

/// The documents that have not ended.
pub async fn open_ids(tx: &mut Tx) -> Result<BTreeSet<DocumentId>, DatabaseError> {
    let mut open = BTreeSet::new();
    for state in DocumentState::ALL.into_iter().filter(|state| state.is_open()) {
        let rows =
            sqlx::query("SELECT id FROM document WHERE state = $1").bind(state.to_string()).fetch_all(&mut *tx).await?;
        for row in rows {
            open.insert(row.try_get::<String, _>("id")?.parse().map_err(unreadable("document.id"))?);
        }
    }
    Ok(open)
}

/// The state of one document, where the ledger has it.
pub async fn state(tx: &mut Tx, id: DocumentId) -> Result<Option<DocumentState>, DatabaseError> {
    let row =
        sqlx::query("SELECT state FROM document WHERE id = $1").bind(id.to_string()).fetch_optional(&mut *tx).await?;
    let state = row.map(|row| row.try_get::<String, _>("state")).transpose()?;
    state.map(|state| state.parse().map_err(unreadable("document.state"))).transpose()
}
