//! The few system calls that need a word of explanation, or that no safe crate offers.
//!
//! Invariant: this is the only module with `unsafe`, but for the sandbox's tests. It holds four kinds of unsafe call.
//! `fcntl` with integer arguments, because no safe crate offers file leases (`F_SETLEASE`), and a lease is the only way to
//! ask the kernel whether somebody still has a file open for writing. `mlock` and `munlock`, over pages that are ours alone,
//! because no safe crate keeps a key out of the swap without bringing an allocator of its own. `adjtimex`, reading only,
//! because no safe crate asks the kernel whether something keeps its clock right. `malloc_trim`, which takes no pointer.
#![expect(
    unsafe_code,
    reason = "fcntl(F_SETLEASE), fcntl(F_SETSIG), mlock, munlock, adjtimex and malloc_trim have no safe wrapper"
)]

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

/// For tests: waits until a file that this test has closed is closed. A program that another test starts holds every
/// file of this process open between fork and exec, and until then the kernel truly says that somebody may write.
#[cfg(test)]
pub(crate) fn wait_until_closed(path: &Path) {
    let begun = std::time::Instant::now();
    while let Ok(file) = std::fs::File::open(path)
        && lease(&file) == Lease::Held
    {
        assert!(begun.elapsed().as_secs() < 30, "{} is still open for writing", path.display());
        std::thread::yield_now();
    }
}

/// For tests: writes a file and waits until it is closed.
#[cfg(test)]
pub(crate) fn write_and_close(path: impl AsRef<Path>, bytes: impl AsRef<[u8]>) -> io::Result<()> {
    std::fs::write(&path, bytes)?;
    wait_until_closed(path.as_ref());
    Ok(())
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

/// What the kernel knows of its clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KernelClock {
    /// A time service (NTP, PTP, a radio clock) keeps it right.
    pub synchronised: bool,
    pub estimated_error_us: u64,
}

/// Gives back to the kernel what was freed. The C library keeps it, in an arena of each thread's, and a burst would be paid for until
/// the next start.
#[cfg(target_env = "gnu")]
pub fn give_back_memory() {
    // SAFETY: it takes the allocator's own locks, and nothing that is in use is moved or changed.
    unsafe { libc::malloc_trim(0) };
}

/// Other C libraries give it back by themselves.
#[cfg(not(target_env = "gnu"))]
pub fn give_back_memory() {}

/// What the kernel says of its clock; nothing where it does not let us ask.
#[must_use]
pub fn kernel_clock() -> Option<KernelClock> {
    // SAFETY: every field of `timex` is an integer, for which zero is a value.
    let mut timex: libc::timex = unsafe { std::mem::zeroed() };
    // SAFETY: the pointer is to our own `timex`; `modes` is zero, so nothing is set and only its fields are filled in.
    let state = unsafe { libc::adjtimex(&raw mut timex) };
    (state >= 0).then(|| KernelClock {
        synchronised: state != libc::TIME_ERROR && timex.status & libc::STA_UNSYNC == 0,
        estimated_error_us: u64::try_from(timex.esterror).unwrap_or(0),
    })
}

/// A secret in pages of its own, which the kernel keeps out of the swap. Dropped, it is wiped by its own type where it
/// stands, and only then are the pages unlocked.
pub struct Locked<T> {
    pages: Box<OwnPages<T>>,
    locked: bool,
}

/// Aligned to pages and so filling whole ones: a lock here is no other secret's lock, nor its unlocking theirs.
#[repr(align(4096))]
struct OwnPages<T>(Option<T>);

impl<T> Locked<T> {
    /// Takes the secret in. Where the system allows no lock (`RLIMIT_MEMLOCK`), it is held all the same:
    /// [`Self::is_locked`] says so.
    #[must_use]
    pub fn new(secret: T) -> Self {
        let mut pages = Box::new(OwnPages(None));
        let address: *const OwnPages<T> = &raw const *pages;
        // SAFETY: the range is exactly the box's own allocation; locking changes no byte of it.
        let answer = unsafe { libc::mlock(address.cast(), size_of::<OwnPages<T>>()) };
        pages.0 = Some(secret);
        Self { pages, locked: answer == 0 }
    }

    #[must_use]
    pub fn is_locked(&self) -> bool {
        self.locked
    }
}

impl<T> std::ops::Deref for Locked<T> {
    type Target = T;

    fn deref(&self) -> &T {
        match &self.pages.0 {
            Some(secret) => secret,
            None => unreachable!("only drop takes the secret out"),
        }
    }
}

impl<T> Drop for Locked<T> {
    fn drop(&mut self) {
        self.pages.0 = None;
        if self.locked {
            let address: *const OwnPages<T> = &raw const *self.pages;
            // SAFETY: as for the lock; the box is still ours, and nobody else has locked its pages.
            unsafe { libc::munlock(address.cast(), size_of::<OwnPages<T>>()) };
        }
    }
}

/// Opens a file that somebody named, for reading; links are followed. What is no regular file is refused: a FIFO would make
/// us wait for ever, and a device has no end.
pub fn open_regular(path: &Path) -> io::Result<std::fs::File> {
    let flags = OFlags::RDONLY | OFlags::CLOEXEC | OFlags::NOCTTY | OFlags::NONBLOCK;
    let open = || rustix::fs::open(path, flags, Mode::empty());
    let file = std::fs::File::from(rustix::io::retry_on_intr(open)?);
    if file.metadata()?.is_file() {
        Ok(file)
    } else {
        Err(io::Error::new(io::ErrorKind::InvalidInput, "it is not a regular file"))
    }
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
    Ok(network_file_system(file)?.is_some())
}

/// What such a file system is called.
pub fn network_file_system(file: impl AsFd) -> io::Result<Option<&'static str>> {
    let kind = rustix::fs::fstatfs(file)?.f_type;
    // The field is signed or unsigned, 32 or 64 bits wide, as the machine has it; the magic numbers are 32 bits.
    let magic = u32::try_from(i128::from(kind) & 0xffff_ffff).ok();
    Ok(NETWORK_FILE_SYSTEMS.iter().find(|(known, _)| Some(*known) == magic).map(|(_, name)| *name))
}

/// Magic numbers of `statfs(2)`. FUSE stands here because sshfs, rclone, GlusterFS and the like are FUSE, and so, by its number, is
/// virtiofs; a local one loses nothing but a little time by being swept instead of watched.
const NETWORK_FILE_SYSTEMS: [(u32, &str); 20] = [
    (0x0000_6969, "NFS"),
    (0x0000_517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x6573_5546, "FUSE"),
    (0x0102_1997, "9P"),
    (0x00c3_6400, "Ceph"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "kAFS"),
    (0x7375_7245, "Coda"),
    (0x0000_564c, "NCP"),
    (0x7461_636f, "OCFS2"),
    (0x0116_1970, "GFS2"),
    (0x0bd0_0bd0, "Lustre"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
    (0x2003_0528, "OrangeFS"),
    (0xaad7_aaea, "PanFS"),
    (0x786f_4256, "VirtualBox shared folder"),
    (0xbacb_acbc, "VMware shared folder"),
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
        wait_until_closed(&path);
        assert_eq!(lease(&reader), Lease::Free);
        // Another reader does no harm.
        let _second = File::open(&path).unwrap();
        assert_eq!(lease(&reader), Lease::Free);
    }

    /// Whether the kernel says that the page at this address is locked.
    fn is_locked_by_the_kernel(address: usize) -> bool {
        let smaps = fs::read_to_string("/proc/self/smaps").unwrap();
        let mut inside = false;
        for line in smaps.lines() {
            let range = line.split(' ').next().unwrap().split_once('-');
            let ends =
                range.and_then(|(a, b)| Some((usize::from_str_radix(a, 16).ok()?, usize::from_str_radix(b, 16).ok()?)));
            if let Some((start, end)) = ends {
                inside = (start..end).contains(&address);
            } else if inside && line.starts_with("VmFlags:") {
                return line.split(' ').any(|flag| flag == "lo");
            }
        }
        panic!("no mapping holds {address:x}");
    }

    #[test]
    fn a_secret_lies_in_locked_pages_of_its_own_until_it_is_dropped() {
        let secret = Locked::new([7_u8; 32]);
        let other = Locked::new([8_u8; 32]);
        assert!(secret.is_locked() && other.is_locked());
        let [here, there] = [&*secret, &*other].map(|bytes| bytes.as_ptr().addr());
        assert_ne!(here / 4096, there / 4096);
        assert!(is_locked_by_the_kernel(here) && is_locked_by_the_kernel(there));
        drop(secret);
        assert!(is_locked_by_the_kernel(there), "one is unlocked without the other");
        assert_eq!(*other, [8; 32]);
    }

    #[test]
    fn a_secret_is_dropped_with_its_pages() {
        let counted = std::sync::Arc::new(());
        let held = Locked::new(std::sync::Arc::clone(&counted));
        assert_eq!(std::sync::Arc::strong_count(&counted), 2);
        drop(held);
        assert_eq!(std::sync::Arc::strong_count(&counted), 1);
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
        wait_until_closed(&path);
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
