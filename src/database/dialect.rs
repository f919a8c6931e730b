//! What differs between SQLite and PostgreSQL. Only SQLite is carried so far.

use std::fmt::Write as _;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;
use std::sync::Once;

use sqlx::Row as _;
use sqlx::any::AnyConnectOptions;

use super::{DatabaseError, Tx};
use crate::system;

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
