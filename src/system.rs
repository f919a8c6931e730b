//! The few system calls that need a word of explanation, or that no safe crate offers.
//!
//! Invariant: this is the only module with `unsafe`. It holds exactly one unsafe call, `fcntl` with integer arguments,
//! because no safe crate offers file leases (`F_SETLEASE`), and a lease is the only way to ask the kernel whether
//! somebody still has a file open for writing.
#![expect(unsafe_code, reason = "fcntl(F_SETLEASE) and fcntl(F_SETSIG) have no safe wrapper")]

use std::io;
use std::os::fd::{AsFd, AsRawFd as _, BorrowedFd, OwnedFd};
use std::path::Path;

use rustix::fs::{AtFlags, Mode, OFlags, RenameFlags, ResolveFlags};
use rustix::io::Errno;

/// The kernel's answer to "does anybody have this file open for writing?".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lease {
    /// Nobody has it open for writing, by descriptor or by memory map, just now.
    Free,
    /// Somebody has.
    Held,
    /// The file system or our rights do not allow the question (network shares; files of another owner without
    /// `CAP_LEASE`).
    CannotAsk,
}

/// Asks whether anybody has the file open for writing. `file` must be open for reading only.
///
/// The answer is about this moment: between two rounds of open, append and close it is [`Lease::Free`].
#[must_use]
pub fn lease(file: impl AsFd) -> Lease {
    match ReadLease::take(file.as_fd()) {
        Ok(_given_back_at_once) => Lease::Free,
        Err(error) if error.raw_os_error() == Some(libc::EAGAIN) => Lease::Held,
        Err(_) => Lease::CannotAsk,
    }
}

/// A read lease that is given back when it goes out of scope. While it stands, whoever opens the file for writing waits.
struct ReadLease<'a>(BorrowedFd<'a>);

impl<'a> ReadLease<'a> {
    fn take(file: BorrowedFd<'a>) -> io::Result<Self> {
        // A writer that comes in the short time in which the lease stands makes the kernel send SIGIO, which ends the
        // process that nobody prepared for it. SIGURG is ignored by default.
        fcntl(file, F_SETSIG, libc::SIGURG)?;
        fcntl(file, libc::F_SETLEASE, libc::F_RDLCK)?;
        Ok(Self(file))
    }
}

impl Drop for ReadLease<'_> {
    fn drop(&mut self) {
        // It can only fail where the kernel has taken the lease back already.
        let _ = fcntl(self.0, libc::F_SETLEASE, libc::F_UNLCK);
    }
}

/// From `asm-generic/fcntl.h`; the `libc` crate does not name it.
const F_SETSIG: libc::c_int = 10;

fn fcntl(file: BorrowedFd<'_>, command: libc::c_int, argument: libc::c_int) -> io::Result<()> {
    // SAFETY: the descriptor is borrowed, so it stays open for the call; both commands used here take an integer and
    // touch no memory of ours.
    let answer = unsafe { libc::fcntl(file.as_raw_fd(), command, argument) };
    if answer == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Opens what lies below a held folder: never above it, never through a symbolic link, never on another mount.
///
/// `O_NOFOLLOW`, `O_CLOEXEC`, `O_NOCTTY` and `O_NONBLOCK` are always set: a FIFO or a file under somebody's lease does
/// not make us wait. With `O_PATH` a symbolic link as the last name is opened itself.
pub fn open_beneath(folder: impl AsFd, path: &Path, flags: OFlags) -> io::Result<OwnedFd> {
    let mut flags = flags | OFlags::NOFOLLOW | OFlags::CLOEXEC;
    if !flags.contains(OFlags::PATH) {
        flags |= OFlags::NOCTTY | OFlags::NONBLOCK;
    }
    let resolve =
        ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS | ResolveFlags::NO_XDEV;
    let open = || rustix::fs::openat2(&folder, path, flags, Mode::empty(), resolve);
    rustix::io::retry_on_intr(open).map_err(io::Error::from)
}

/// How a move that must not replace anything ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moved {
    Moved,
    /// Something stands under the new name; nothing was changed.
    NameTaken,
    /// This file system cannot move without replacing (NFS, some FUSE); nothing was changed.
    NotOffered,
}

/// Moves a name to another place on the same file system without ever replacing what stands there.
pub fn move_without_replacing(
    from_folder: impl AsFd,
    from: &Path,
    to_folder: impl AsFd,
    to: &Path,
) -> io::Result<Moved> {
    match rustix::fs::renameat_with(from_folder, from, to_folder, to, RenameFlags::NOREPLACE) {
        Ok(()) => Ok(Moved::Moved),
        Err(Errno::EXIST) => Ok(Moved::NameTaken),
        Err(Errno::INVAL | Errno::NOSYS | Errno::OPNOTSUPP) => Ok(Moved::NotOffered),
        Err(error) => Err(error.into()),
    }
}

/// [`move_without_replacing`] for files, where the file system does not offer that: a hard link does not replace, either. A
/// crash in between leaves both names.
pub fn link_then_unlink(from_folder: impl AsFd, from: &Path, to_folder: impl AsFd, to: &Path) -> io::Result<Moved> {
    match rustix::fs::linkat(&from_folder, from, to_folder, to, AtFlags::empty()) {
        Ok(()) => {
            rustix::fs::unlinkat(from_folder, from, AtFlags::empty())?;
            Ok(Moved::Moved)
        }
        Err(Errno::EXIST) => Ok(Moved::NameTaken),
        Err(error) => Err(error.into()),
    }
}

/// Whether an open file or folder lies on a file system that other machines write to without our kernel's knowing:
/// there are no change events, leases cannot be asked for, and SQLite must not be put there.
pub fn is_on_network(file: impl AsFd) -> io::Result<bool> {
    let kind = rustix::fs::fstatfs(file)?.f_type;
    // The field is signed or unsigned, 32 or 64 bits wide, as the machine has it; the magic numbers are 32 bits.
    Ok(u32::try_from(i128::from(kind) & 0xffff_ffff).is_ok_and(|magic| NETWORK_FILE_SYSTEMS.contains(&magic)))
}

/// Magic numbers of `statfs(2)`. FUSE stands here because sshfs, rclone and the like are FUSE, and a local one loses
/// nothing but a little time by being swept instead of watched.
const NETWORK_FILE_SYSTEMS: [u32; 17] = [
    0x0000_6969, // NFS
    0x0000_517b, // SMB, the old client
    0xff53_4d42, // CIFS
    0xfe53_4d42, // SMB2 and later
    0x6573_5546, // FUSE
    0x0102_1997, // 9P
    0x00c3_6400, // Ceph
    0x5346_414f, // AFS
    0x6b41_4653, // kAFS
    0x7375_7245, // Coda
    0x0000_564c, // NCP
    0x7461_636f, // OCFS2
    0x0116_1970, // GFS2
    0x0bd0_0bd0, // Lustre
    0x4750_4653, // GPFS
    0x786f_4256, // VirtualBox shared folders
    0xbacb_acbc, // VMware shared folders
];

#[cfg(test)]
mod tests {
    use std::fs::{self, File, OpenOptions};
    use std::os::unix::fs::OpenOptionsExt as _;

    use super::*;

    #[test]
    fn a_lease_is_held_while_anybody_may_write() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scan.tif");
        let writer = File::create(&path).unwrap();
        let reader = File::open(&path).unwrap();
        assert_eq!(lease(&reader), Lease::Held);
        drop(writer);
        assert_eq!(lease(&reader), Lease::Free);
        // Another reader does no harm.
        let _second = File::open(&path).unwrap();
        assert_eq!(lease(&reader), Lease::Free);
    }

    #[test]
    fn a_lease_that_cannot_be_asked_for_is_neither_free_nor_held() {
        let (pipe, _other_end) = io::pipe().unwrap();
        assert_eq!(lease(&pipe), Lease::CannotAsk);
    }

    #[test]
    fn a_writer_that_comes_while_the_lease_stands_does_not_end_the_process() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("scan.tif");
        fs::write(&path, "x").unwrap();
        let reader = File::open(&path).unwrap();
        let standing = ReadLease::take(reader.as_fd()).unwrap();
        // Not blocking: the open fails at once, after the kernel has sent its signal to this process.
        let writer = OpenOptions::new().write(true).custom_flags(libc::O_NONBLOCK).open(&path);
        assert_eq!(writer.unwrap_err().raw_os_error(), Some(libc::EWOULDBLOCK));
        drop(standing);
        OpenOptions::new().write(true).open(&path).unwrap();
    }

    #[test]
    fn nothing_above_or_behind_a_link_is_opened() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "x").unwrap();
        let inside = outside.path().join("drop");
        fs::create_dir(&inside).unwrap();
        fs::write(inside.join("scan"), "x").unwrap();
        std::os::unix::fs::symlink(outside.path(), inside.join("link")).unwrap();
        // Even one that stays inside: it could be turned elsewhere at any time.
        std::os::unix::fs::symlink(".", inside.join("inner")).unwrap();
        let folder = File::open(&inside).unwrap();
        let open = |path: &str| open_beneath(&folder, Path::new(path), OFlags::RDONLY);
        assert!(open("scan").is_ok());
        for wrong in ["../secret", "link/secret", "link", "inner/scan", "/etc/passwd"] {
            assert!(open(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_move_never_replaces() {
        let ways: [fn(&File, &str, &str) -> Moved; 2] = [
            |folder, from, to| move_without_replacing(folder, Path::new(from), folder, Path::new(to)).unwrap(),
            |folder, from, to| link_then_unlink(folder, Path::new(from), folder, Path::new(to)).unwrap(),
        ];
        for moved in ways {
            let folder = tempfile::tempdir().unwrap();
            for name in ["a", "b"] {
                fs::write(folder.path().join(name), name).unwrap();
            }
            let held = File::open(folder.path()).unwrap();
            assert_eq!(moved(&held, "a", "b"), Moved::NameTaken);
            assert_eq!(fs::read(folder.path().join("a")).unwrap(), b"a");
            assert_eq!(fs::read(folder.path().join("b")).unwrap(), b"b");
            assert_eq!(moved(&held, "a", "c"), Moved::Moved);
            assert_eq!(fs::read(folder.path().join("c")).unwrap(), b"a");
            assert!(!folder.path().join("a").exists());
        }
    }

    #[test]
    fn a_local_folder_is_local() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!is_on_network(File::open(folder.path()).unwrap()).unwrap());
    }
}
