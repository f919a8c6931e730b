//! Durable files, named by what they promise: what is there afterwards survives a power cut, whole or not at all.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use uuid::Uuid;

/// For keys and whatever else is nobody's business.
pub const PRIVATE: u32 = 0o600;

/// Makes a file that must not exist yet; [`io::ErrorKind::AlreadyExists`] where it does.
pub fn create_new(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let temporary = write_beside(path, bytes, mode)?;
    let linked = fs::hard_link(&temporary, path);
    // The temporary name has served, whether the link was made or not.
    let removed = fs::remove_file(&temporary);
    linked.and(removed)?;
    sync_folder_of(path)
}

/// Makes a file, or leaves one of the same bytes; [`io::ErrorKind::AlreadyExists`] where its bytes are others.
pub fn create_or_same(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    match create_new(path, bytes, mode) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let length = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
            let mut found = Vec::new();
            File::open(path)?.take(length.saturating_add(1)).read_to_end(&mut found)?;
            if found == bytes { Ok(()) } else { Err(error) }
        }
        done => done,
    }
}

/// Puts a file in the place of another, or where there was none.
pub fn replace(path: &Path, bytes: &[u8], mode: u32) -> io::Result<()> {
    let temporary = write_beside(path, bytes, mode)?;
    if let Err(error) = fs::rename(&temporary, path) {
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    sync_folder_of(path)
}

/// Makes a private folder (0700) with those above it, or leaves one that is there; each new one is durable.
pub fn create_folder(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(above) = path.parent().filter(|above| !above.as_os_str().is_empty()) {
        create_folder(above)?;
    }
    match DirBuilder::new().mode(0o700).create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => {}
        done => done?,
    }
    sync_folder_of(path)
}

/// Makes the names in the folder around `path` durable.
pub fn sync_folder_of(path: &Path) -> io::Result<()> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    File::open(folder)?.sync_all()
}

/// A durable file under a temporary name in the same folder. The name says nothing of what is in it.
fn write_beside(path: &Path, bytes: &[u8], mode: u32) -> io::Result<PathBuf> {
    if path.file_name().is_none_or(OsStr::is_empty) {
        return Err(io::ErrorKind::InvalidFilename.into());
    }
    let temporary = path.with_file_name(format!(".{}.tmp", Uuid::now_v7()));
    let write = || {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().inspect_err(|_| {
        let _ = fs::remove_file(&temporary);
    })?;
    Ok(temporary)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn each_write_keeps_its_promise() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a");
        create_new(&path, b"1", PRIVATE).unwrap();
        assert_eq!(create_new(&path, b"2", PRIVATE).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        create_or_same(&path, b"1", PRIVATE).unwrap();
        for other in [&b"2"[..], b"12", b""] {
            assert_eq!(create_or_same(&path, other, PRIVATE).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        }
        assert_eq!(fs::read(&path).unwrap(), b"1");
        replace(&path, b"2", PRIVATE).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"2");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        // No temporary name is left behind.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn folders_are_private_and_may_exist() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        create_folder(&path).unwrap();
        create_folder(&path).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o700);
        fs::write(path.join("file"), "").unwrap();
        assert!(create_folder(&path.join("file")).is_err());
    }
}
