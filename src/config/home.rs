//! The home folder: where everything lies, whose it is, who may read it, and that only one process works in it.
//!
//! Invariant: a marker that is missing or foreign means *unreachable* (a mount that vanished, another home's folder),
//! never *empty*. Nothing is made, taken or removed there until the marker is back.

mod lock;

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::Mode;
use rustix::io::Errno;
use rustix::process::{DumpableBehavior, Resource, Rlimit};
use schemars::JsonSchema;
use serde::Serialize;

use super::Config;
use crate::durable::{self, Class, Folder};
use crate::ids::HomeId;
use crate::instant::Instant;
use crate::messages::{Lang, say_code};

pub use lock::Lock;

/// The file that says which home a folder belongs to.
pub const MARKER: &str = ".torikomi-home";

/// Signing keeps its attempts in custody beside the copies, in a folder of this name.
pub const ATTEMPTS: &str = "attempts";

/// Where in custody files of ours are set aside that no row names and nobody can vouch for.
pub const QUARANTINE: &str = "quarantine";

const MARKER_FORMAT: &str = "torikomi-home-v1";

/// A home that carries its marker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    root: PathBuf,
    id: HomeId,
}

#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    #[error("{} is not a Torikomi home: give one with --home or TORIKOMI_HOME, or make one with `torikomi init`", .0.display())]
    NotAHome(PathBuf),
    #[error(
        "{} cannot be reached: it does not carry the marker {MARKER} of this home. If it is a mount, mount it again; nothing in it was touched",
        .0.display()
    )]
    Unreachable(PathBuf),
    #[error("{} belongs to another home ({found}, not {expected}): correct its path in torikomi.toml", .path.display())]
    Foreign { path: PathBuf, found: HomeId, expected: HomeId },
    #[error("the marker {} cannot be read as one: restore it from a backup", .0.display())]
    BadMarker(PathBuf),
    #[error("another torikomi works in this home (process {process}, {}): stop it first", .lock.display())]
    Locked { lock: PathBuf, process: String },
    #[error(
        "another torikomi works with {} just now: a copy of this home, perhaps. Stop it first, or correct the path in torikomi.toml",
        .0.display()
    )]
    InUse(PathBuf),
    #[error(
        "{} says that another copy of this home has worked there since this one did. Keep the wrong one stopped; if this is the \
         right one, remove the file and start again",
        .0.display()
    )]
    TakenOver(PathBuf),
    #[error("{}", TooOpen::list(.0))]
    TooOpen(Vec<TooOpen>),
    #[error(
        "{} cannot be opened for writing ({error}): mount it so that it can be written, or give it to the account that runs torikomi",
        .path.display()
    )]
    NotWritable { path: PathBuf, error: io::Error },
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error(transparent)]
    Write(#[from] durable::Failure),
}

/// One thing that is wrong with a home, in a code. The catalogue has a sentence for each: `home-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum HomeTrouble {
    NotAHome {
        path: String,
    },
    Unreachable {
        path: String,
    },
    Foreign {
        path: String,
        found: String,
    },
    BadMarker {
        path: String,
    },
    Locked {
        process: String,
    },
    /// A store or custody that another process works with: a copy of the home, which has a lock of its own.
    InUse {
        path: String,
    },
    /// A copy of the home has worked with the store or custody since.
    TakenOver {
        path: String,
    },
    /// Modes as `chmod` takes them.
    TooOpen {
        path: String,
        found: String,
        allowed: String,
    },
    ForeignOwner {
        path: String,
    },
    /// A marker or a lock that must be written, on a disk or in a folder that takes nothing.
    NotWritable {
        path: String,
        problem: String,
    },
    Failed {
        problem: String,
    },
}

impl HomeError {
    /// Everything that is wrong, in codes.
    #[must_use]
    pub fn troubles(&self) -> Vec<HomeTrouble> {
        let text = |path: &Path| path.display().to_string();
        vec![match self {
            Self::NotAHome(root) => HomeTrouble::NotAHome { path: text(root) },
            Self::Unreachable(folder) => HomeTrouble::Unreachable { path: text(folder) },
            Self::Foreign { path, found, .. } => HomeTrouble::Foreign { path: text(path), found: found.to_string() },
            Self::BadMarker(marker) => HomeTrouble::BadMarker { path: text(marker) },
            Self::Locked { process, .. } => HomeTrouble::Locked { process: process.clone() },
            Self::InUse(folder) => HomeTrouble::InUse { path: text(folder) },
            Self::TakenOver(file) => HomeTrouble::TakenOver { path: text(file) },
            Self::TooOpen(all) => return all.iter().map(TooOpen::trouble).collect(),
            Self::NotWritable { path, error } => {
                HomeTrouble::NotWritable { path: text(path), problem: error.to_string() }
            }
            Self::Write(failure) if failure.class() == Class::ReadOnly => {
                HomeTrouble::NotWritable { path: text(failure.path()), problem: failure.to_string() }
            }
            Self::Io { .. } | Self::Write(_) => HomeTrouble::Failed { problem: self.to_string() },
        }]
    }

    /// What happened and what to do, for people: a line for each thing.
    #[must_use]
    pub fn say(&self, lang: Lang) -> String {
        let said: Vec<_> = self.troubles().iter().map(|trouble| say_code(lang, "home", trouble)).collect();
        said.join("\n")
    }
}

/// A file or folder that others than its owner may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TooOpen {
    pub path: PathBuf,
    /// What it has, and what it may have.
    pub found: u32,
    pub allowed: u32,
    /// Another account owns it.
    pub foreign_owner: bool,
}

impl fmt::Display for TooOpen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.path.display();
        if self.foreign_owner {
            write!(f, "{path} belongs to another account: run `chown -R $(id -u) '{path}'` as root")
        } else {
            let (found, allowed) = (self.found, self.allowed);
            write!(f, "{path} can be read by others (mode {found:04o}): run `chmod {allowed:04o} '{path}'`")
        }
    }
}

impl TooOpen {
    fn trouble(&self) -> HomeTrouble {
        let path = self.path.display().to_string();
        if self.foreign_owner {
            return HomeTrouble::ForeignOwner { path };
        }
        let mode = |mode: u32| format!("{mode:04o}");
        HomeTrouble::TooOpen { path, found: mode(self.found), allowed: mode(self.allowed) }
    }

    fn list(all: &[Self]) -> String {
        all.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
    }
}

impl Home {
    /// Opens the home at `root` by its marker.
    pub fn open(root: &Path) -> Result<Self, HomeError> {
        // An absolute path stays right when the process changes folders.
        let root = fs::canonicalize(root).map_err(|_| HomeError::NotAHome(root.to_owned()))?;
        match read_marker(&root)? {
            Some(id) => Ok(Self { root, id }),
            None => Err(HomeError::NotAHome(root)),
        }
    }

    /// A home that is being made at `root`, and bears no marker yet.
    pub fn in_the_making(root: &Path, id: HomeId) -> Self {
        Self { root: root.to_owned(), id }
    }

    #[must_use]
    pub const fn id(&self) -> HomeId {
        self.id
    }

    #[must_use]
    pub fn layout(&self) -> Layout<'_> {
        Layout { root: self.root.as_path() }
    }

    /// Since when somebody has worked in this home, where anybody does. The lock itself is not tried: whoever looks must not
    /// keep a line from starting.
    pub fn worked_in_since(&self) -> Result<Option<Instant>, HomeError> {
        let path = self.layout().lock();
        let (text, written) = match File::open(&path) {
            Ok(file) => {
                let written = file.metadata().and_then(|found| found.modified()).map_err(at(&path))?;
                let mut text = String::new();
                file.take(32).read_to_string(&mut text).map_err(at(&path))?;
                (text, written)
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(at(&path)(error)),
        };
        let process = text.trim().parse().ok().and_then(rustix::process::Pid::from_raw);
        let lives = process.is_some_and(|process| {
            // One that may not be asked is there too.
            !matches!(rustix::process::test_kill_process(process), Err(Errno::SRCH))
        });
        Ok(jiff::Timestamp::try_from(written).ok().map(Instant::from).filter(|_| lives))
    }

    /// Whether the folders of the settings are there and ours. The store and custody must be; a drop folder that is not
    /// is its station's trouble alone, see [`Self::check_drop_folder`].
    pub fn check_markers(&self, config: &Config) -> Result<(), HomeError> {
        self.check_marker(&self.root.join(&config.store.path))?;
        self.check_marker(&self.root.join(&config.store.custody))
    }

    /// The folders that must stay ours while the line runs.
    #[must_use]
    pub fn watched(&self, config: &Config) -> Watched {
        let folders = [self.root.join(&config.store.path), self.root.join(&config.store.custody)];
        Watched { home: self.clone(), folders }
    }

    /// Whether a drop folder is there and ours.
    pub fn check_drop_folder(&self, folder: &Path) -> Result<(), HomeError> {
        self.check_marker(folder)
    }

    /// Marks a folder as belonging to this home. A folder that carries a marker already must carry this one.
    pub fn mark(&self, folder: &Path) -> Result<(), HomeError> {
        mark(folder, self.id)
    }

    /// Refuses what others than the owner may read: keys, secrets, custody and store.
    pub fn check_permissions(&self, config: &Config) -> Result<(), HomeError> {
        let mut found = Vec::new();
        let keys = self.layout().keys();
        check_mode(&keys, &mut found)?;
        check_below(&keys, &mut found)?;
        let of_objects = config.objects.url.as_ref().map(|_| &config.objects.credentials_file);
        for secret in [config.store.database_password_file.as_ref(), of_objects].into_iter().flatten() {
            let secret = self.root.join(secret);
            // That one is not there is told by whoever needs it.
            if !secret.starts_with(&keys) && secret.exists() {
                check_mode(&secret, &mut found)?;
            }
        }
        // What lies inside these cannot be reached past a closed folder, and is too much to walk at each start.
        for folder in [self.root.join(&config.store.path), self.root.join(&config.store.custody)] {
            check_mode(&folder, &mut found)?;
        }
        if found.is_empty() { Ok(()) } else { Err(HomeError::TooOpen(found)) }
    }

    fn check_marker(&self, folder: &Path) -> Result<(), HomeError> {
        match read_marker(folder)? {
            Some(id) if id == self.id => Ok(()),
            Some(found) => Err(HomeError::Foreign { path: folder.to_owned(), found, expected: self.id }),
            None => Err(HomeError::Unreachable(folder.to_owned())),
        }
    }
}

/// Store and custody, to be asked again and again whether they are there: a mount that vanishes leaves an empty folder under
/// its path, and what is written into that is lost to sight when it comes back.
#[derive(Clone, Debug)]
pub struct Watched {
    home: Home,
    folders: [PathBuf; 2],
}

impl Watched {
    /// What is wrong with one of them, for people.
    #[must_use]
    pub fn away(&self) -> Option<String> {
        self.folders.iter().find_map(|folder| self.home.check_marker(folder).err()).map(|error| error.to_string())
    }
}

/// Where things lie in a home, whether it is made yet or not. Store, custody and drop folders follow the settings.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'h> {
    root: &'h Path,
}

impl<'h> Layout<'h> {
    #[must_use]
    pub const fn new(root: &'h Path) -> Self {
        Self { root }
    }

    #[must_use]
    pub const fn root(self) -> &'h Path {
        self.root
    }

    #[must_use]
    pub fn settings(self) -> PathBuf {
        self.root.join("torikomi.toml")
    }

    #[must_use]
    pub fn profiles(self) -> PathBuf {
        self.root.join("profiles")
    }

    #[must_use]
    pub fn calendar(self) -> PathBuf {
        self.root.join("calendar.toml")
    }

    #[must_use]
    pub fn keys(self) -> PathBuf {
        self.root.join("keys")
    }

    /// Operators' keys, each encrypted under its owner's passphrase.
    #[must_use]
    pub fn people_keys(self) -> PathBuf {
        self.keys().join("people")
    }

    /// The evaluation certificate authority's key, under a passphrase that no running program holds.
    #[must_use]
    pub fn authority_key(self) -> PathBuf {
        self.keys().join("authority.pem")
    }

    #[must_use]
    pub fn journal_key(self) -> PathBuf {
        self.keys().join("journal.pem")
    }

    /// The key by which others check the journal's checkpoints, in the form of C2SP `signed-note`.
    #[must_use]
    pub fn journal_verifier(self) -> PathBuf {
        self.keys().join("journal.vkey")
    }

    #[must_use]
    pub fn timestamping_key(self) -> PathBuf {
        self.keys().join("timestamping.pem")
    }

    #[must_use]
    pub fn timestamping_secret(self) -> PathBuf {
        self.keys().join("timestamping.secret")
    }

    #[must_use]
    pub fn timestamping_certificate(self) -> PathBuf {
        self.keys().join("timestamping-certificate.pem")
    }

    /// The certificates that the verifier trusts.
    #[must_use]
    pub fn roots(self) -> PathBuf {
        self.keys().join("roots.pem")
    }

    #[must_use]
    pub fn run(self) -> PathBuf {
        self.root.join("run")
    }

    #[must_use]
    pub fn lock(self) -> PathBuf {
        self.run().join("lock")
    }

    #[must_use]
    pub fn control_socket(self) -> PathBuf {
        self.run().join("control.sock")
    }

    #[must_use]
    pub fn store(self, config: &Config) -> PathBuf {
        self.root.join(&config.store.path)
    }

    #[must_use]
    pub fn custody(self, config: &Config) -> PathBuf {
        self.root.join(&config.store.custody)
    }

    #[must_use]
    pub fn database(self, config: &Config) -> PathBuf {
        self.store(config).join("torikomi.db")
    }
}

/// Takes from this process what could lay keys open: files that others can read, core dumps, being read by a debugger.
pub fn harden_process() -> io::Result<()> {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
    rustix::process::setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    Ok(())
}

/// Marks a folder as belonging to home `id`. A folder that carries a marker already must carry this one.
pub fn mark(folder: &Path, id: HomeId) -> Result<(), HomeError> {
    match read_marker(folder)? {
        Some(found) if found == id => Ok(()),
        Some(found) => Err(HomeError::Foreign { path: folder.to_owned(), found, expected: id }),
        None => {
            Folder::open(folder)?.create_new(MARKER, marker_text(id).as_bytes())?;
            Ok(())
        }
    }
}

/// The home that a folder says it belongs to; none where it says nothing or is not there.
pub fn read_marker(folder: &Path) -> Result<Option<HomeId>, HomeError> {
    let path = folder.join(MARKER);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(error) => return Err(at(&path)(error)),
    };
    let mut text = String::new();
    file.take(256).read_to_string(&mut text).map_err(at(&path))?;
    parse_marker(&text).map(Some).ok_or(HomeError::BadMarker(path))
}

/// What a marker says.
#[must_use]
pub fn marker_text(id: HomeId) -> String {
    format!("{MARKER_FORMAT}\n{id}\n")
}

/// The home that a marker names.
#[must_use]
pub fn parse_marker(text: &str) -> Option<HomeId> {
    let mut lines = text.lines();
    match (lines.next(), lines.next().map(str::parse), lines.next()) {
        (Some(MARKER_FORMAT), Some(Ok(id)), None) => Some(id),
        _ => None,
    }
}

fn check_below(folder: &Path, found: &mut Vec<TooOpen>) -> Result<(), HomeError> {
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let entry = entry.map_err(at(folder))?;
        let path = entry.path();
        check_mode(&path, found)?;
        if entry.file_type().map_err(at(&path))?.is_dir() {
            check_below(&path, found)?;
        }
    }
    Ok(())
}

fn check_mode(path: &Path, found: &mut Vec<TooOpen>) -> Result<(), HomeError> {
    let metadata = fs::metadata(path).map_err(at(path))?;
    let mode = metadata.mode() & 0o7777;
    let allowed = if metadata.is_dir() { 0o700 } else { 0o600 };
    let foreign_owner = metadata.uid() != rustix::process::geteuid().as_raw();
    if mode & 0o077 != 0 || foreign_owner {
        found.push(TooOpen { path: path.to_owned(), found: mode, allowed, foreign_owner });
    }
    Ok(())
}

/// What was to be opened for writing: a disk or folder that takes nothing has a cure that the system's words do not name.
fn writing(path: &Path) -> impl Fn(io::Error) -> HomeError {
    move |error| {
        let path = path.to_owned();
        match Class::of(&error) {
            Class::ReadOnly => HomeError::NotWritable { path, error },
            _ => HomeError::Io { path, error },
        }
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> HomeError {
    move |error| HomeError::Io { path: path.to_owned(), error }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};

    use super::*;

    fn make(folder: &Path) {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).unwrap();
    }

    /// A home as `init` leaves it, as far as this module looks.
    pub(super) fn home(root: &Path) -> (Home, Config) {
        let text = "mode = \"evaluation\"\n[station.front-desk]\nprofiles = [\"consent\"]\n\
                    [authority.own]\nurl = \"http://127.0.0.1:3161/\"\n";
        let config = Config::parse(text.as_bytes(), "torikomi.toml").unwrap();
        let id = HomeId::new();
        mark(root, id).unwrap();
        let home = Home::open(root).unwrap();
        let layout = home.layout();
        for folder in [layout.people_keys(), layout.custody(&config), layout.store(&config)] {
            make(&folder);
        }
        home.mark(&layout.custody(&config)).unwrap();
        home.mark(&layout.store(&config)).unwrap();
        (home, config)
    }

    #[test]
    fn a_home_is_known_by_its_marker() {
        let folder = tempfile::tempdir().unwrap();
        assert!(matches!(Home::open(folder.path()), Err(HomeError::NotAHome(_))));
        assert!(matches!(Home::open(&folder.path().join("missing")), Err(HomeError::NotAHome(_))));
        let (home, config) = home(folder.path());
        home.check_markers(&config).unwrap();
        assert_eq!(Home::open(folder.path()).unwrap().id(), home.id());
        fs::write(folder.path().join(MARKER), "something else").unwrap();
        assert!(matches!(Home::open(folder.path()), Err(HomeError::BadMarker(_))));
    }

    #[test]
    fn a_vanished_folder_is_unreachable_and_a_foreign_one_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let (home, config) = home(folder.path());
        let drop_folder = folder.path().join("drop");
        assert!(matches!(home.check_drop_folder(&drop_folder), Err(HomeError::Unreachable(_))));
        // An empty folder under the same name is what a mount leaves behind when it goes.
        make(&drop_folder);
        assert!(matches!(home.check_drop_folder(&drop_folder), Err(HomeError::Unreachable(_))));
        home.mark(&drop_folder).unwrap();
        home.mark(&drop_folder).unwrap();
        home.check_drop_folder(&drop_folder).unwrap();

        let custody = home.layout().custody(&config);
        fs::remove_file(custody.join(MARKER)).unwrap();
        assert!(matches!(home.check_markers(&config), Err(HomeError::Unreachable(path)) if path == custody));
        mark(&custody, HomeId::new()).unwrap();
        assert!(matches!(home.check_markers(&config), Err(HomeError::Foreign { .. })));
        assert!(matches!(home.mark(&custody), Err(HomeError::Foreign { .. })));
    }

    #[test]
    fn what_others_could_read_refuses_the_start() {
        let folder = tempfile::tempdir().unwrap();
        let (home, config) = home(folder.path());
        let keys = home.layout().people_keys();
        let key = keys.join("mihon.pem");
        Folder::open(&keys).unwrap().create_new("mihon.pem", b"x").unwrap();
        home.check_permissions(&config).unwrap();
        let chmod = |path: &Path, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
        for (path, wide, narrow) in
            [(&key, 0o640, 0o600), (&keys, 0o750, 0o700), (&home.layout().store(&config), 0o701, 0o700)]
        {
            chmod(path, wide);
            let refused = home.check_permissions(&config).unwrap_err();
            let expected = TooOpen { path: path.clone(), found: wide, allowed: narrow, foreign_owner: false };
            assert!(refused.to_string().contains(&format!("chmod {narrow:04o} '{}'", path.display())), "{refused}");
            assert!(matches!(refused, HomeError::TooOpen(all) if all == [expected]));
            chmod(path, narrow);
        }
        home.check_permissions(&config).unwrap();
    }
}
