//! What differs between SQLite and PostgreSQL.

use std::fmt::Write as _;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Once;

use sqlx::Row as _;
use sqlx::any::AnyConnectOptions;

use super::{Address, DatabaseError, Tx};
use crate::system;

/// Changes nothing and writes a page.
pub(super) const TRIAL: &str = "UPDATE journal_head SET size = size";

/// Writes the whole database into another file: SQLite alone has databases that are files.
pub(super) const COPY: &str = "VACUUM INTO $1";

/// How a connection is to be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Read,
    Write,
    /// And make the file where there is none. On a server the database is made by whoever keeps the server.
    Create,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Dialect {
    Sqlite,
    Postgres,
}

impl Dialect {
    pub(super) const fn of(address: &Address) -> Self {
        match address {
            Address::File(_) => Self::Sqlite,
            Address::Server(_) => Self::Postgres,
        }
    }

    /// A writer that takes its lock at once cannot fail half-way because another was quicker.
    pub(super) const fn begin(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN IMMEDIATE",
            // Nobody else writes: see `prepare`.
            Self::Postgres => "BEGIN",
        }
    }

    /// Begins a transaction in which all that is read is of one moment.
    pub(super) const fn snapshot(self) -> &'static str {
        match self {
            Self::Sqlite => "BEGIN",
            Self::Postgres => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY",
        }
    }

    /// Counts tables of the name `meta`.
    pub(super) const fn meta_tables(self) -> &'static str {
        match self {
            Self::Sqlite => "SELECT COUNT(*) FROM sqlite_master WHERE type = 'table' AND name = 'meta'",
            Self::Postgres => {
                "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = 'meta'"
            }
        }
    }

    /// A step of the schema in this dialect's words.
    pub(super) fn schema(self, step: &str) -> String {
        match self {
            Self::Sqlite => step.to_owned(),
            Self::Postgres => {
                let mut step = step.replace(" BLOB ", " BYTEA ").replace(" BLOB,", " BYTEA,");
                // The planner's notes on a column are values of it, and would hold text that was disposed of.
                if step.contains("CREATE TABLE journal_private ") {
                    step.push_str(UNSAMPLED);
                }
                step
            }
        }
    }

    /// Makes each commit of this connection survive a power cut.
    pub(super) async fn prepare(self, writer: &mut Tx) -> Result<(), DatabaseError> {
        let settings: &[&str] = match self {
            // WAL lets readers work beside the writer.
            Self::Sqlite => &[
                "PRAGMA journal_mode = WAL",
                "PRAGMA synchronous = FULL",
                "PRAGMA foreign_keys = ON",
                "PRAGMA busy_timeout = 10000",
                "PRAGMA temp_store = MEMORY",
                // What is disposed of is gone from its page, and not only from what is found.
                "PRAGMA secure_delete = ON",
            ],
            // Whoever vanished while it held the writers' lock must not hold it for hours.
            Self::Postgres => &[
                "SET synchronous_commit = on",
                "SET client_min_messages = warning",
                "SET lock_timeout = '10s'",
                "SET idle_in_transaction_session_timeout = '60s'",
                "SET tcp_keepalives_idle = 30",
                "SET tcp_keepalives_interval = 10",
                "SET tcp_keepalives_count = 3",
                // One writer, as long as it is connected: a clone of the home on another machine has the same marks, and not this.
                "SELECT pg_advisory_lock(8390880602277310828)",
            ],
        };
        for setting in settings {
            sqlx::raw_sql(*setting).execute(&mut *writer).await?;
        }
        // Nor while the server computes something for it. PostgreSQL knows this since version 14, and not on every system.
        if self == Self::Postgres
            && let Err(error) = sqlx::raw_sql("SET client_connection_check_interval = '5s'").execute(&mut *writer).await
        {
            tracing::debug!(%error, "The server does not notice by itself that a writer vanished");
        }
        Ok(())
    }

    /// Has what was erased of private parts be gone from the files too. False where somebody reads on and on, so that it has to
    /// be tried again.
    pub(super) async fn scrub(self, connection: &mut Tx) -> Result<bool, DatabaseError> {
        match self {
            // Pages as they were before lie in the log, until all of it is in the database and it is cut.
            Self::Sqlite => {
                sqlx::raw_sql("PRAGMA busy_timeout = 10000").execute(&mut *connection).await?;
                let row = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(connection).await?;
                let busy: i64 = row.try_get(0)?;
                Ok(busy == 0)
            }
            // A server leaves a deleted row where it is; what its own log and copies hold is for whoever keeps it.
            Self::Postgres => {
                // Nobody else reads or writes the table meanwhile, so the server itself gives up before we stop waiting for it.
                sqlx::raw_sql("SET lock_timeout = '10s'; SET statement_timeout = '100s'")
                    .execute(&mut *connection)
                    .await?;
                for _ in 0..REWRITES {
                    let row = sqlx::query("SELECT COUNT(*) FROM journal_private").fetch_one(&mut *connection).await?;
                    let there: i64 = row.try_get(0)?;
                    sqlx::raw_sql("VACUUM FULL journal_private").execute(&mut *connection).await?;
                    // What an older transaction may still see is written anew with the rest, and counted with it. What was
                    // entered meanwhile is counted too, so it is looked at again.
                    let row = sqlx::query(WRITTEN_ANEW).fetch_one(&mut *connection).await?;
                    let written: i64 = row.try_get(0)?;
                    if written <= there && there < EXACT {
                        return Ok(true);
                    }
                }
                Ok(false)
            }
        }
    }

    /// Whether the database is whole and keeps what it confirms.
    pub(super) async fn check(self, writer: &mut Tx) -> Result<(), DatabaseError> {
        match self {
            Self::Sqlite => {
                let row = sqlx::query("PRAGMA quick_check(1)").fetch_one(writer).await?;
                let answer: String = row.try_get(0)?;
                if answer == "ok" { Ok(()) } else { Err(DatabaseError::Corrupt(answer)) }
            }
            Self::Postgres => {
                for (asked, wanted) in SERVER_MUST {
                    let row = sqlx::query(asked).fetch_one(&mut *writer).await?;
                    let found: String = row.try_get(0)?;
                    if !wanted.contains(&found.as_str()) {
                        let wanted = wanted.first().copied().unwrap_or_default();
                        return Err(DatabaseError::Unfit(format!("{asked}: {found}, and it must be {wanted}")));
                    }
                }
                Ok(())
            }
        }
    }
}

/// Personal text is in no statistics.
const UNSAMPLED: &str = "
    ALTER TABLE journal_private ALTER COLUMN text SET STATISTICS 0;
    ALTER TABLE journal_private ALTER COLUMN salt SET STATISTICS 0;";

/// How many rows the table had when it was last written anew, dead ones included: its primary key was made anew with it and has
/// all of them, while the server's number for the table itself is that of the living.
const WRITTEN_ANEW: &str = "
    SELECT CAST(c.reltuples AS BIGINT) FROM pg_class c JOIN pg_index i ON i.indexrelid = c.oid
    WHERE i.indrelid = CAST('journal_private' AS regclass) AND i.indisprimary";

/// The server keeps that number as a float of four bytes: beyond this one row too many would not be seen.
const EXACT: i64 = 1 << 24;

/// So often a table is written anew for one disposal.
const REWRITES: u32 = 5;

/// What a server must answer: that it flushes, and that it sorts ids and digests by their bytes, as SQLite does.
const SERVER_MUST: [(&str, &[&str]); 3] = [
    ("SHOW fsync", &["on"]),
    ("SHOW server_encoding", &["UTF8"]),
    (
        "SELECT CAST(datcollate AS TEXT) FROM pg_database WHERE datname = current_database()",
        &["C", "POSIX", "C.UTF-8", "C.utf8"],
    ),
];

pub(super) fn options(address: &Address, used: Use) -> Result<AnyConnectOptions, DatabaseError> {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
    let path = match address {
        Address::Server(url) => return url.as_str().parse().map_err(DatabaseError::from),
        Address::File(path) => path,
    };
    let mut url = String::from("sqlite://");
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
    let mode = match used {
        Use::Read => "ro",
        Use::Write => "rw",
        Use::Create => "rwc",
    };
    let _ = write!(url, "?mode={mode}");
    url.parse().map_err(DatabaseError::from)
}

/// SQLite's locks and flushes do not hold on network file systems: https://www.sqlite.org/faq.html#q5
///
/// Refused is what [`system::network_file_system`] knows. Cluster file systems are among it, since another machine may open
/// what only this one may write; and all of FUSE but `fuseblk`, a local disk, since nobody can tell what is behind it.
pub(super) fn refuse_network_file_system(path: &Path) -> Result<(), DatabaseError> {
    let folder = path.parent().unwrap_or(path);
    // What cannot be asked fails at opening, with its own error.
    let Ok(folder) = File::open(folder) else { return Ok(()) };
    match system::network_file_system(&folder) {
        Ok(Some("FUSE")) if is_local_disk(&folder) => Ok(()),
        Ok(Some(name)) => Err(DatabaseError::NetworkFileSystem(name)),
        Ok(None) | Err(_) => Ok(()),
    }
}

/// Whether the mount is `fuseblk`: a block device of this machine behind FUSE, as NTFS is.
fn is_local_disk(folder: &File) -> bool {
    let (Ok(metadata), Ok(mounts)) = (folder.metadata(), std::fs::read_to_string("/proc/self/mountinfo")) else {
        return false;
    };
    let device = metadata.dev();
    is_fuseblk(&mounts, rustix::fs::major(device), rustix::fs::minor(device))
}

/// `36 35 98:0 / /mnt rw - fuseblk /dev/sdb1 rw`: the third field is the device, the one after the dash the kind.
fn is_fuseblk(mounts: &str, major: u32, minor: u32) -> bool {
    let device = format!("{major}:{minor}");
    mounts.lines().filter(|line| line.split(' ').nth(2) == Some(&device)).any(|line| {
        let kind = line.split_once(" - ").and_then(|(_, rest)| rest.split(' ').next());
        kind == Some("fuseblk")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_local_disk_behind_fuse_is_known_by_its_mount() {
        let mounts = "36 35 8:17 / /mnt/disk rw shared:1 - fuseblk /dev/sdb1 rw\n37 35 0:45 / /mnt/far rw - fuse.sshfs far:/ rw\n";
        assert!(is_fuseblk(mounts, 8, 17));
        assert!(!is_fuseblk(mounts, 0, 45));
        assert!(!is_fuseblk(mounts, 8, 1));
    }
}
