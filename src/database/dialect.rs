//! What differs between SQLite and PostgreSQL. Only SQLite is carried so far.

use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::sync::Once;

use sqlx::Row as _;
use sqlx::any::AnyConnectOptions;

use super::{DatabaseError, Tx};

/// A writer that takes its lock at once cannot fail half-way because another was quicker.
pub(super) const BEGIN: &str = "BEGIN IMMEDIATE";

/// Changes nothing and writes a page.
pub(super) const TRIAL: &str = "UPDATE journal_head SET size = size";

pub(super) fn options(path: &Path, mode: &str) -> Result<AnyConnectOptions, DatabaseError> {
    static DRIVERS: Once = Once::new();
    DRIVERS.call_once(sqlx::any::install_default_drivers);
    let mut url = String::from("sqlite://");
    for &byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-".contains(&byte) {
            url.push(char::from(byte));
        } else {
            let _ = write!(url, "%{byte:02X}");
        }
    }
    let _ = write!(url, "?mode={mode}");
    url.parse().map_err(DatabaseError::from)
}

/// WAL lets readers work beside the writer; FULL makes each commit survive a power cut.
pub(super) async fn prepare(writer: &mut Tx) -> Result<(), DatabaseError> {
    for pragma in [
        "PRAGMA journal_mode = WAL",
        "PRAGMA synchronous = FULL",
        "PRAGMA foreign_keys = ON",
        "PRAGMA busy_timeout = 10000",
        "PRAGMA temp_store = MEMORY",
    ] {
        sqlx::raw_sql(pragma).execute(&mut *writer).await?;
    }
    Ok(())
}

pub(super) async fn quick_check(writer: &mut Tx) -> Result<(), DatabaseError> {
    let row = sqlx::query("PRAGMA quick_check(1)").fetch_one(writer).await?;
    let answer: String = row.try_get(0)?;
    if answer == "ok" { Ok(()) } else { Err(DatabaseError::Corrupt(answer)) }
}

/// SQLite's locks and flushes do not hold on network file systems: https://www.sqlite.org/faq.html#q5
pub(super) fn refuse_network_file_system(path: &Path) -> Result<(), DatabaseError> {
    let folder = path.parent().unwrap_or(path);
    let magic = match rustix::fs::statfs(folder) {
        Ok(found) => found.f_type,
        // What cannot be asked fails at opening, with its own error.
        Err(_) => return Ok(()),
    };
    let name = match magic {
        0x6969 => "NFS",
        0xff53_4d42 | 0xfe53_4d42 | 0x517b => "SMB",
        0x0102_1997 => "9p",
        0x00c3_6400 => "Ceph",
        _ => return Ok(()),
    };
    Err(DatabaseError::NetworkFileSystem(name))
}
