//! File systems that fail in a chosen way.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Writes into a file until nothing goes in any more.
pub(crate) fn fill(ballast: &Path) {
    let mut file = std::fs::File::create(ballast).unwrap();
    for block in [1 << 20, 4096] {
        while file.write_all(&vec![0; block]).is_ok() {}
    }
}

/// A mount that ends with the test. Mounting needs root, and a test that cannot mount fails rather than be skipped.
pub(crate) struct Mount {
    pub(crate) path: PathBuf,
    /// The mount point, where it is ours.
    place: Option<tempfile::TempDir>,
    mounted: bool,
}

impl Mount {
    /// An empty file system of so many bytes.
    pub(crate) fn of_size(bytes: u32) -> Self {
        let mut mount = Self::somewhere();
        mount.run(&["-t", "tmpfs", "-o", &format!("size={bytes}"), "none"]);
        mount
    }

    /// An empty file system for so many files and folders, with more space than they need.
    pub(crate) fn of_inodes(number: u32) -> Self {
        let mut mount = Self::somewhere();
        mount.run(&["-t", "tmpfs", "-o", &format!("nr_inodes={number},size={}", 64 << 20), "none"]);
        mount
    }

    /// `folder` seen read-only from another place; even root cannot write there.
    pub(crate) fn read_only(folder: &Path) -> Self {
        let mut mount = Self::somewhere();
        mount.run(&["--bind", folder.to_str().unwrap()]);
        mount.run(&["-o", "remount,bind,ro"]);
        mount
    }

    /// `folder` seen from `path` as well.
    pub(crate) fn over(folder: &Path, path: &Path) -> Self {
        let mut mount = Self { path: path.to_owned(), place: None, mounted: false };
        mount.run(&["--bind", folder.to_str().unwrap()]);
        mount
    }

    /// Takes the mount away and leaves the empty mount point.
    pub(crate) fn unmount(mut self) -> tempfile::TempDir {
        self.end();
        self.place.take().unwrap()
    }

    fn somewhere() -> Self {
        let place = tempfile::tempdir().unwrap();
        Self { path: place.path().to_owned(), place: Some(place), mounted: false }
    }

    fn run(&mut self, arguments: &[&str]) {
        let status = Command::new("mount").args(arguments).arg(&self.path).status().expect("this test needs mount(8)");
        assert!(status.success(), "this test must run as root with the right to mount: mount {arguments:?}");
        self.mounted = true;
    }

    fn end(&mut self) {
        if std::mem::take(&mut self.mounted) {
            let status = Command::new("umount").arg("-l").arg(&self.path).status();
            assert!(status.is_ok_and(|status| status.success()), "{} stays mounted", self.path.display());
        }
    }
}

impl Drop for Mount {
    fn drop(&mut self) {
        self.end();
    }
}
