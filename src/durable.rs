//! The crash protocol: writes named by what they promise.
//!
//! Every write here takes the same road: a temporary name in the same folder → the bytes → fsync → the final name, without
//! replacing → fsync of the folder. When a function returns `Ok`, its promise holds after a power cut. When it returns
//! `Err`, nothing stands under the final name that did not stand there before.
//!
//! Invariant: a failed fsync is never tried again on the same descriptor. The kernel may have dropped the pages and
//! marked them clean, so the second call would succeed over bytes that never reached the disk. The copy is made anew.
//!
//! Names given here are ours and may appear in messages; temporary names contain no foreign text.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, Dir, Mode, OFlags};
use rustix::io::Errno;
use uuid::Uuid;

use crate::ids::{Digest, Digester};
use crate::system::{self, Moved};

/// How names begin that stand only while something is being written. What bears one after a crash was never promised.
pub const TEMPORARY: &str = ".torikomi-tmp-";

const PRIVATE_FILE: Mode = Mode::from_raw_mode(0o600);
const PRIVATE_FOLDER: Mode = Mode::from_raw_mode(0o700);

/// An open folder. Everything is done through its descriptor, so it stays the same folder when its path changes.
#[derive(Debug)]
pub struct Folder {
    descriptor: OwnedFd,
    path: PathBuf,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Of the bytes as they were handed to the kernel.
    pub digest: Digest,
    pub size: u64,
}

impl Folder {
    pub fn open(path: &Path) -> Result<Self, Failure> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let descriptor = rustix::fs::open(path, flags, Mode::empty()).map_err(|e| Failure::new("open", path, e))?;
        Ok(Self { descriptor, path: path.to_owned() })
    }

    /// The folder behind a descriptor; `path` serves messages alone.
    #[must_use]
    pub fn from_descriptor(descriptor: OwnedFd, path: PathBuf) -> Self {
        Self { descriptor, path }
    }

    /// A folder inside this one; never through a symbolic link.
    pub fn open_folder(&self, name: &str) -> Result<Self, Failure> {
        let path = self.inside(name)?;
        let descriptor = system::open_beneath(self, Path::new(name), OFlags::RDONLY | OFlags::DIRECTORY)
            .map_err(|e| Failure::new("open", &path, e))?;
        Ok(Self { descriptor, path })
    }

    /// A regular file inside this folder, for reading; never through a symbolic link.
    pub fn open_file(&self, name: &str) -> Result<File, Failure> {
        let path = self.inside(name)?;
        let file = system::open_beneath(self, Path::new(name), OFlags::RDONLY)
            .map(File::from)
            .map_err(|e| Failure::new("open", &path, e))?;
        let metadata = file.metadata().map_err(|e| Failure::new("look at", &path, e))?;
        if !metadata.is_file() {
            return Err(Failure::new("open", &path, io::Error::from(io::ErrorKind::InvalidInput)));
        }
        Ok(file)
    }

    /// The path it was opened under. For messages: the folder itself is the descriptor.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Promises: the name did not exist and now holds exactly these bytes, durably. An existing name is
    /// [`Class::Exists`] and stays as it is.
    pub fn create_new(&self, name: &str, bytes: &[u8]) -> Result<Written, Failure> {
        self.create_new_from(name, |sink| sink.write(bytes))
    }

    /// [`Folder::create_new`] for bytes that stream: `fill` writes them.
    pub fn create_new_from<E: From<Failure>>(
        &self,
        name: &str,
        fill: impl FnOnce(&mut Sink) -> Result<(), E>,
    ) -> Result<Written, E> {
        let path = self.inside(name)?;
        let draft = self.write_temporary(&path, fill)?;
        match self.put_in_place(&draft.name, name).map_err(|e| Failure::new("name", &path, e))? {
            Moved::Moved => {}
            _ => return Err(Failure::new("create", &path, Errno::EXIST).into()),
        }
        self.sync_new_name(name)?;
        Ok(draft.forget())
    }

    /// Promises: the name holds exactly these bytes, durably, whether it did before or not. Other bytes under the name
    /// are [`Class::Exists`] and stay. It can be run twice.
    pub fn create_or_same(&self, name: &str, bytes: &[u8]) -> Result<Written, Failure> {
        self.create_or_same_from(name, |sink| sink.write(bytes))
    }

    /// [`Folder::create_or_same`] for bytes that stream.
    pub fn create_or_same_from<E: From<Failure>>(
        &self,
        name: &str,
        fill: impl FnOnce(&mut Sink) -> Result<(), E>,
    ) -> Result<Written, E> {
        let path = self.inside(name)?;
        let draft = self.write_temporary(&path, fill)?;
        match self.put_in_place(&draft.name, name).map_err(|e| Failure::new("name", &path, e))? {
            Moved::Moved => {
                self.sync_new_name(name)?;
                Ok(draft.forget())
            }
            _ => {
                let mut standing = self.open_file(name)?;
                let found = digest_of(&mut standing).map_err(|e| Failure::new("read", &path, e))?;
                if found != draft.written {
                    return Err(Failure::new("create", &path, Errno::EXIST).into());
                }
                // Whoever wrote it may have stopped before the bytes were durable.
                standing.sync_all().map_err(|e| Failure::new("make durable", &path, e))?;
                self.sync()?;
                Ok(found)
            }
        }
    }

    /// Promises: a file that is named for what was written stands here and its bytes are durable; its name is so with the
    /// next [`Folder::sync`]. What stood under that name bore the same bytes, and gives way.
    pub fn create_named<E: From<Failure>>(
        &self,
        fill: impl FnOnce(&mut Sink) -> Result<(), E>,
        name: impl FnOnce(&Written) -> String,
    ) -> Result<String, E> {
        let draft = self.write_temporary(&self.path, fill)?;
        let name = name(&draft.written);
        let path = self.inside(&name)?;
        rustix::fs::renameat(self, draft.name.as_str(), self, name.as_str())
            .map_err(|e| Failure::new("name", &path, e))?;
        draft.forget();
        Ok(name)
    }

    /// Promises: the name holds the old bytes or the new ones at every instant, and the new ones durably on return.
    /// Where only the last fsync failed, either may stand after a power cut.
    pub fn replace(&self, name: &str, bytes: &[u8]) -> Result<Written, Failure> {
        let path = self.inside(name)?;
        let draft = self.write_temporary(&path, |sink| sink.write(bytes))?;
        rustix::fs::renameat(self, draft.name.as_str(), self, name).map_err(|e| Failure::new("replace", &path, e))?;
        let written = draft.forget();
        self.sync()?;
        Ok(written)
    }

    /// Promises: no file bears the name, durably. A name that was not there is as good.
    pub fn remove(&self, name: &str) -> Result<(), Failure> {
        let path = self.inside(name)?;
        match rustix::fs::unlinkat(self, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => self.sync(),
            Err(error) => Err(Failure::new("remove", &path, error)),
        }
    }

    /// Promises: just now the folder took a file, durably. Nothing of it stays.
    pub fn try_out(&self) -> Result<(), Failure> {
        self.write_temporary::<Failure>(&self.path, |sink| sink.write(b"tried out")).map(|_| ())
    }

    /// Promises: a folder of this name exists, durably; a new one is private (0700).
    pub fn make_folder(&self, name: &str) -> Result<Self, Failure> {
        let path = self.inside(name)?;
        match rustix::fs::mkdirat(self, name, PRIVATE_FOLDER) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(Failure::new("make", &path, error)),
        }
        let folder = self.open_folder(name)?;
        self.sync()?;
        Ok(folder)
    }

    /// Promises: no folder bears the name, durably. It vanishes whole or not at all: it is first given a temporary
    /// name, and what a crash leaves of that goes with [`Folder::clear_leftovers`]. Its files go; a folder inside it
    /// makes this fail.
    pub fn remove_folder(&self, name: &str) -> Result<(), Failure> {
        let path = self.inside(name)?;
        let doomed = temporary_name();
        match rustix::fs::renameat(self, name, self, doomed.as_str()) {
            Ok(()) => {}
            Err(Errno::NOENT) => return self.sync(),
            Err(error) => return Err(Failure::new("remove", &path, error)),
        }
        self.sync()?;
        // From here on the name is gone for good; what is left of the files needs no second fsync.
        self.remove_flat(&doomed)
    }

    /// Promises: what stood here under `name` stands in `into` under `new`, which did not exist there, durably. Never
    /// replaces; a file system that cannot promise that makes it fail. Where only the last fsync failed it stands here again,
    /// and after a power cut under either name.
    pub fn move_into(&self, name: &OsStr, into: &Self, new: &str) -> Result<(), Failure> {
        let path = into.inside(new)?;
        let failed = |error: io::Error| Failure::new("move", &path, error);
        match system::move_without_replacing(self, Path::new(name), into, Path::new(new)).map_err(failed)? {
            Moved::Moved => {}
            Moved::NameTaken => return Err(failed(Errno::EXIST.into())),
            Moved::NotOffered => return Err(failed(Errno::OPNOTSUPP.into())),
        }
        // The new name first: a crash in between leaves both, never none.
        into.sync().and_then(|()| self.sync()).inspect_err(|_| {
            // As with new names: nobody knows whether it is on the disk, so it goes back to where it was looked for.
            let _ = system::move_without_replacing(into, Path::new(new), self, Path::new(name));
        })
    }

    /// Begins a folder that will appear whole: see [`Draft`].
    pub fn draft(&self) -> Result<Draft<'_>, Failure> {
        let name = temporary_name();
        rustix::fs::mkdirat(self, name.as_str(), PRIVATE_FOLDER)
            .map_err(|e| Failure::new("make a folder in", &self.path, e))?;
        let unfinished = TemporaryFolder { parent: self, name };
        let folder = self.open_folder(&unfinished.name)?;
        Ok(Draft { folder, unfinished })
    }

    /// The bytes of a small file of ours; longer than `limit` is [`Class::Other`].
    pub fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>, Failure> {
        let path = self.inside(name)?;
        let mut bytes = Vec::new();
        self.open_file(name)?
            .take(limit.saturating_add(1))
            .read_to_end(&mut bytes)
            .map_err(|e| Failure::new("read", &path, e))?;
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > limit {
            return Err(Failure::new("read", &path, Errno::FBIG));
        }
        Ok(bytes)
    }

    /// What stands in the folder, by name, sorted; `limit` bounds the memory it takes and gives [`Class::Other`].
    pub fn names(&self, limit: usize) -> Result<Vec<OsString>, Failure> {
        let failed = |error: Errno| Failure::new("list", &self.path, error);
        let mut names = Vec::new();
        for entry in Dir::read_from(self).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name().to_bytes().to_vec();
            if name != b"." && name != b".." {
                if names.len() >= limit {
                    return Err(failed(Errno::OVERFLOW));
                }
                names.push(OsString::from_vec(name));
            }
        }
        names.sort();
        Ok(names)
    }

    /// Clears what a crash left under temporary names, and says how many there were. Only for who alone writes here:
    /// it would take away another writer's work.
    pub fn clear_leftovers(&self) -> Result<usize, Failure> {
        let mut cleared = 0;
        for name in self.names(MOST_NAMES)? {
            let Some(name) = name.to_str().filter(|name| name.starts_with(TEMPORARY)) else { continue };
            match rustix::fs::unlinkat(self, name, AtFlags::empty()) {
                Ok(()) => {}
                Err(Errno::ISDIR | Errno::PERM) => self.remove_flat(name)?,
                Err(error) => return Err(Failure::new("remove", &self.path.join(name), error)),
            }
            cleared += 1;
        }
        self.sync()?;
        Ok(cleared)
    }

    /// Makes the names in this folder durable.
    pub fn sync(&self) -> Result<(), Failure> {
        rustix::fs::fsync(self).map_err(|e| Failure::new("make durable", &self.path, e))
    }

    /// After a failed fsync nobody knows whether the name is on the disk, and asking again could lie; so the name goes.
    fn sync_new_name(&self, name: &str) -> Result<(), Failure> {
        self.sync().inspect_err(|_| {
            let _ = rustix::fs::unlinkat(self, name, AtFlags::empty());
        })
    }

    fn write_temporary<E: From<Failure>>(
        &self,
        final_path: &Path,
        fill: impl FnOnce(&mut Sink) -> Result<(), E>,
    ) -> Result<TemporaryFile<'_>, E> {
        let name = temporary_name();
        let mut sink = Sink::create(self, &name, final_path)?;
        // From here on the temporary name goes, whatever happens.
        let mut temporary =
            TemporaryFile { folder: self, name, written: Written { digest: Digest::from_bytes([0; 32]), size: 0 } };
        fill(&mut sink)?;
        temporary.written = sink.finish()?;
        Ok(temporary)
    }

    fn put_in_place(&self, temporary: &str, name: &str) -> io::Result<Moved> {
        let moved = system::move_without_replacing(self, Path::new(temporary), self, Path::new(name))?;
        if moved != Moved::NotOffered {
            return Ok(moved);
        }
        system::link_then_unlink(self, Path::new(temporary), self, Path::new(name))
    }

    fn remove_flat(&self, name: &str) -> Result<(), Failure> {
        let path = self.path.join(name);
        let failed = |error: Errno| Failure::new("remove", &path, error);
        let folder = self.open_folder(name)?;
        for entry in folder.names(MOST_NAMES)? {
            rustix::fs::unlinkat(&folder, &entry, AtFlags::empty()).map_err(failed)?;
        }
        rustix::fs::unlinkat(self, name, AtFlags::REMOVEDIR).map_err(failed)
    }

    fn inside(&self, name: &str) -> Result<PathBuf, Failure> {
        let plain = !matches!(name, "" | "." | "..") && !name.contains(['/', '\0']);
        if plain { Ok(self.path.join(name)) } else { Err(Failure::new("use a name in", &self.path, Errno::INVAL)) }
    }
}

impl AsFd for Folder {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.descriptor.as_fd()
    }
}

/// Our own folders hold far fewer names; beyond this something is wrong.
const MOST_NAMES: usize = 1_000_000;

/// A folder in the making. Its files are written and synced one by one; [`Draft::place`] makes it appear whole.
/// A draft that is dropped leaves nothing behind.
#[derive(Debug)]
pub struct Draft<'a> {
    folder: Folder,
    unfinished: TemporaryFolder<'a>,
}

impl<'a> Draft<'a> {
    /// Promises: the file's bytes are durable; its name will be, once the draft is placed.
    pub fn write<E: From<Failure>>(
        &self,
        name: &str,
        fill: impl FnOnce(&mut Sink) -> Result<(), E>,
    ) -> Result<Written, E> {
        let path = self.folder.inside(name)?;
        let mut sink = Sink::create(&self.folder, name, &path)?;
        fill(&mut sink)?;
        Ok(sink.finish()?)
    }

    /// Promises: the name did not exist and is now this folder with all its files, durably.
    pub fn place(self, name: &str) -> Result<Folder, Failure> {
        let Self { folder, unfinished } = self;
        let parent: &'a Folder = unfinished.parent;
        let path = parent.inside(name)?;
        folder.sync()?;
        let failed = |error: io::Error| Failure::new("name", &path, error);
        match system::move_without_replacing(parent, Path::new(&unfinished.name), parent, Path::new(name))
            .map_err(failed)?
        {
            Moved::Moved => {}
            Moved::NameTaken => return Err(failed(Errno::EXIST.into())),
            // A plain rename replaces at most an empty folder, and no file.
            Moved::NotOffered => {
                rustix::fs::renameat(parent, unfinished.name.as_str(), parent, name).map_err(|e| failed(e.into()))?;
            }
        }
        if let Err(failure) = parent.sync() {
            // As with files: the name goes back to a temporary one, which `unfinished` then clears.
            let _ = rustix::fs::renameat(parent, name, parent, unfinished.name.as_str());
            return Err(failure);
        }
        std::mem::forget(unfinished);
        Ok(Folder { path, ..folder })
    }
}

#[derive(Debug)]
struct TemporaryFolder<'a> {
    parent: &'a Folder,
    name: String,
}

impl Drop for TemporaryFolder<'_> {
    fn drop(&mut self) {
        // What cannot be cleared now is cleared at the next start.
        let _ = self.parent.remove_flat(&self.name);
    }
}

struct TemporaryFile<'a> {
    folder: &'a Folder,
    name: String,
    written: Written,
}

impl TemporaryFile<'_> {
    /// The file has its final name; nothing is left to clear.
    fn forget(self) -> Written {
        let written = self.written;
        std::mem::forget(self);
        written
    }
}

impl Drop for TemporaryFile<'_> {
    fn drop(&mut self) {
        let _ = rustix::fs::unlinkat(self.folder, self.name.as_str(), AtFlags::empty());
    }
}

/// Where the bytes of one file go; it digests and counts them on the way.
pub struct Sink {
    file: File,
    path: PathBuf,
    digester: Digester,
    size: u64,
}

impl Sink {
    fn create(folder: &Folder, name: &str, final_path: &Path) -> Result<Self, Failure> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file =
            rustix::fs::openat(folder, name, flags, PRIVATE_FILE).map_err(|e| Failure::new("write", final_path, e))?;
        Ok(Self { file: file.into(), path: final_path.to_owned(), digester: Digester::default(), size: 0 })
    }

    pub fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(|e| Failure::new("write", &self.path, e))?;
        self.digester.update(bytes);
        self.size = self.size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        Ok(())
    }

    /// That what was to be written here could not be read.
    pub fn failed_to_read(&self, error: io::Error) -> Failure {
        Failure::new("copy into", &self.path, error)
    }

    fn finish(self) -> Result<Written, Failure> {
        self.file.sync_all().map_err(|e| Failure::new("make durable", &self.path, e))?;
        Ok(Written { digest: self.digester.finish(), size: self.size })
    }
}

/// Digest and size of what is left to read.
pub fn digest_of(reader: &mut impl io::Read) -> io::Result<Written> {
    let mut digester = Digester::default();
    let mut size = 0_u64;
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => return Ok(Written { digest: digester.finish(), size }),
            Ok(count) => count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        digester.update(buffer.get(..count).unwrap_or_default());
        size = size.saturating_add(u64::try_from(count).unwrap_or(u64::MAX));
    }
}

/// How much is read and written at once.
pub const BUFFER: usize = 256 * 1024;

fn temporary_name() -> String {
    format!("{TEMPORARY}{}", Uuid::now_v7().simple())
}

/// Who must act on a failed write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// No space, or a quota is used up: whoever runs the machine makes room; work goes on by itself.
    DiskFull,
    /// The file system or the rights do not allow it: the administrator gives the right.
    ReadOnly,
    /// The file, the folder or its mount is not there (any more): bring it back.
    Gone,
    /// Something stands under the name already, and is kept.
    Exists,
    /// This process has no descriptor or memory left for it: the administrator raises the limit. It tells nothing of what
    /// was to be opened.
    Shortage,
    /// Anything else; a disk that fails among it.
    Other,
}

impl Class {
    #[must_use]
    pub fn of(error: &io::Error) -> Self {
        match error.raw_os_error().map(Errno::from_raw_os_error) {
            Some(Errno::NOSPC | Errno::DQUOT) => Self::DiskFull,
            Some(Errno::ROFS | Errno::ACCESS | Errno::PERM) => Self::ReadOnly,
            Some(
                Errno::NOENT
                | Errno::NOTDIR
                | Errno::STALE
                | Errno::NODEV
                | Errno::NXIO
                | Errno::NOTCONN
                | Errno::HOSTDOWN
                | Errno::HOSTUNREACH
                | Errno::TIMEDOUT,
            ) => Self::Gone,
            Some(Errno::EXIST | Errno::NOTEMPTY) => Self::Exists,
            Some(Errno::MFILE | Errno::NFILE | Errno::NOMEM) => Self::Shortage,
            _ => Self::Other,
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::DiskFull => "make room; work goes on by itself",
            Self::ReadOnly => "give the service the right to write there",
            Self::Gone => "bring the folder or its mount back",
            Self::Exists => "what stands there is kept",
            Self::Shortage => "raise the service's limit of open files or memory",
            Self::Other => "look at the disk and the system log",
        }
    }
}

/// A write that did not keep its promise, so that nothing was changed.
#[derive(Debug, thiserror::Error)]
#[error("cannot {doing} {}: {source} ({})", path.display(), class.advice())]
pub struct Failure {
    class: Class,
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl Failure {
    fn new(doing: &'static str, path: &Path, error: impl Into<io::Error>) -> Self {
        let source = error.into();
        Self { class: Class::of(&source), doing, path: path.to_owned(), source }
    }

    #[must_use]
    pub fn class(&self) -> Class {
        self.class
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The system's own word for it.
    #[must_use]
    pub fn into_io(self) -> io::Error {
        self.source
    }
}

#[cfg(test)]
#[allow(dead_code, reason = "the tests of the whole line use it too")]
pub(crate) mod testing;

#[cfg(test)]
mod tests;
