//! The schema, step by step. Steps only ever go forward; one that was released is never edited again.

use sqlx::{Connection as _, Row as _};

use super::dialect::Dialect;
use super::{DatabaseError, Tx};

/// In order; a database's version is the number of steps it has taken. The version is `i64` because tables keep it so.
const STEPS: &[&str] = &[include_str!("migrations/0001-first.sql")];

pub const SCHEMA_VERSION: i64 = 1;

/// Brings the schema up to date. Each step and its number are one transaction, so a crash between two resumes there.
pub(super) async fn migrate(dialect: Dialect, writer: &mut Tx) -> Result<(), DatabaseError> {
    let found = version(dialect, writer).await?;
    if found > SCHEMA_VERSION {
        return Err(DatabaseError::NewerSchema { found });
    }
    for (number, step) in (1_i64..).zip(STEPS).filter(|(number, _)| *number > found) {
        let mut tx = writer.begin().await?;
        sqlx::raw_sql(sqlx::AssertSqlSafe(dialect.schema(step))).execute(&mut *tx).await?;
        sqlx::query(
            "INSERT INTO meta (key, value) VALUES ('schema_version', $1)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        )
        .bind(number.to_string())
        .execute(&mut *tx)
        .await?;
        tx.commit().await?;
    }
    Ok(())
}

/// 0 for a database that has no tables yet.
pub(super) async fn version(dialect: Dialect, connection: &mut Tx) -> Result<i64, DatabaseError> {
    let tables: i64 = sqlx::query(dialect.meta_tables()).fetch_one(&mut *connection).await?.try_get(0)?;
    if tables == 0 {
        return Ok(0);
    }
    let row = sqlx::query("SELECT value FROM meta WHERE key = 'schema_version'").fetch_optional(connection).await?;
    match row {
        None => Ok(0),
        Some(row) => row.try_get::<String, _>(0)?.parse().map_err(super::unreadable("meta.schema_version")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_counts_the_steps() {
        assert_eq!(usize::try_from(SCHEMA_VERSION).unwrap(), STEPS.len());
    }
}
