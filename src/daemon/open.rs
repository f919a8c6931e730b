//! Opens a home: lock, settings, keys, database, instruments. What is wrong is said before anything is taken in.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, RwLock};

use crate::authority::{Authorities, Authority, Rests, Settings};
use crate::calendar::Calendar;
use crate::clock::Clock;
use crate::config::home::{Home, HomeError, Layout, Lock};
use crate::config::image::Sandbox as SandboxSetting;
use crate::config::{self, Config, ConfigError, Mode};
use crate::crypto::check::{Anchors, Certificate, Malformed};
use crate::crypto::oid;
use crate::database::{Address, Database, DatabaseError, owner};
use crate::durable::{self, Folder};
use crate::ids::{Digest, Name};
use crate::image::{Limits, Sandbox, WorkerError, Workers};
use crate::journal::append::Journal;
use crate::journal::epochs;
use crate::journal::files::{Compared, FilesError};
use crate::keyring::{self, Keyring, KeyringError};
use crate::ledger::watched_files::{self, KnownFile};
use crate::patients::{Patients, PatientsProblem};
use crate::people::sessions::Sessions;
use crate::pipeline::driver::{Away, Shared};
use crate::pipeline::line::{CalendarFile, Fault, Line, Profiles, WatchedFile};
use crate::store::{Objects, StoreError};
use crate::toml_text::Problem;

use super::claims::{ClaimError, Claims, Displaced};

#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error("{}", problems(.0))]
    Calendar(Vec<Problem>),
    #[error("{}: {error}", .path.display())]
    File { path: PathBuf, error: std::io::Error },
    #[error(transparent)]
    Keys(#[from] KeyringError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the patient master {}: {problem}", .path.display())]
    Patients { path: PathBuf, problem: PatientsProblem },
    #[error(transparent)]
    Worker(#[from] WorkerError),
    #[error(transparent)]
    Durable(#[from] durable::Failure),
    #[error("{}: {error}", .path.display())]
    Anchors { path: PathBuf, error: Malformed },
    #[error(transparent)]
    Journal(#[from] FilesError),
    #[error(transparent)]
    Claim(#[from] ClaimError),
    #[error(transparent)]
    Owner(#[from] owner::OwnerError),
    #[error(transparent)]
    Policy(#[from] oid::InvalidOid),
    #[error("production mode takes no stamps of an evaluation authority: name others in authority.{0}.policies")]
    EvaluationAuthority(Name),
}

/// A home that is open, and the lock that keeps others out.
pub struct Opened {
    pub line: Arc<Line>,
    pub keys: Keyring,
    pub lock: Lock,
    /// How many patients the last good list had, where the line starts without one.
    pub stands_in_for: Option<u64>,
    /// The journal's files, and the epoch that the database is of.
    pub files: Compared,
    pub epoch: u32,
    pub displaced: Arc<Displaced>,
}

/// Opens the home at `root`. `wake` is called after each commit.
///
/// # Errors
/// With the first thing that keeps the line from starting.
pub fn open(
    root: &Path,
    runtime: &tokio::runtime::Handle,
    binary: &Path,
    on_commit: impl Fn() + Send + 'static,
) -> Result<Opened, OpenError> {
    let home = Home::open(root)?;
    let layout = home.layout();
    let config = Config::load(&layout.settings())?;
    let lock = home.lock(&config)?;
    home.check_permissions(&config)?;
    home.check_markers(&config)?;
    let calendar = calendar(&layout.calendar())?;
    let clock = Arc::new(clock(&config));
    let keys = Keyring::open(layout, &config, home.id())?;
    let address = address(layout, &config)?;
    let (files, epoch) = admit(&home, &config, &address, runtime)?;
    let database = Database::open(&address, false, runtime, on_commit)?;
    let journal =
        Arc::new(Journal::new(home.id(), keys.origin.clone(), Keyring::open(layout, &config, home.id())?.journal));
    let objects = Arc::new(Objects::proven(&home, &config, runtime)?);
    let known = database.read(async |tx| watched_files::get(tx, WatchedFile::Patients.as_str()).await)?;
    let (patients, fault) = patients(&home, &config, known)?;
    let profiles = database.read(async |tx| Profiles::load(tx).await)?;
    let own_authority = vec![keyring::certificate_of_authority(layout)?];
    let (workers, sandbox) = workers(&config, binary)?;
    let database = Arc::new(database);
    let asked = Arc::clone(&database);
    let watched = home.watched(&config);
    let displaced = Arc::new(Displaced::default());
    let moved = Arc::clone(&displaced);
    let outside = move || watched.away().or_else(|| moved.why()).map(|problem| Away::Database { problem });
    let blocked = move || asked.trouble().map(Away::from).or_else(&outside);
    let line = Line {
        authorities: authorities(&home, &config)?,
        custody: Folder::open(&layout.custody(&config))?,
        keys: layout.people_keys(),
        build: build_digest(binary)?,
        database,
        journal,
        objects,
        workers,
        sessions: Arc::new(Sessions::default()),
        patients: RwLock::new(Arc::new(patients)),
        profiles: RwLock::new(Arc::new(profiles)),
        profiles_behind: Mutex::default(),
        calendar: RwLock::new(Arc::new(calendar)),
        faults: Mutex::new(fault.iter().map(|(_, fault)| (WatchedFile::Patients, fault.clone())).collect()),
        own_authority,
        sandbox,
        quiet: RwLock::new(()),
        files_problem: Mutex::default(),
        anchor_problem: Mutex::default(),
        anchor_copied: Mutex::default(),
        incidents: Mutex::default(),
        stamp_problem: Mutex::default(),
        intake: OnceLock::new(),
        unentered: Mutex::default(),
        uncleared: Mutex::default(),
        shared: Arc::new(Shared::new(Arc::clone(&clock), blocked)),
        clock,
        config,
        home,
    };
    let stands_in_for = fault.map(|(entries, _)| entries);
    Ok(Opened { line: Arc::new(line), keys, lock, stands_in_for, files, epoch, displaced })
}

/// Whether the database is this home's, and of the past of the journal's files, and nobody else works with what is the home's.
/// It is only read until that is known: what is refused is as it was, in its schema too.
fn admit(
    home: &Home,
    config: &Config,
    address: &Address,
    runtime: &tokio::runtime::Handle,
) -> Result<(Compared, u32), OpenError> {
    let database = Database::open_read_only(address, runtime)?;
    if database.is_blank()? {
        return Err(owner::OwnerError::Unfinished.into());
    }
    let (id, mode) = (home.id(), config.mode);
    database.read(async |tx| owner::check(tx, id, mode).await)?;
    let files = Compared::with(&home.layout().store(config).join("journal"), &database)?;
    let epoch = database.read(async |tx| epochs::current(tx).await)?;
    Claims::look_first(home, config, epoch, &database)?;
    database.close();
    Ok((files, epoch))
}

fn calendar(path: &Path) -> Result<CalendarFile, OpenError> {
    let bytes = std::fs::read(path).map_err(|error| OpenError::File { path: path.to_owned(), error })?;
    let (calendar, _) = Calendar::parse(&bytes, &path.display().to_string()).map_err(OpenError::Calendar)?;
    Ok(CalendarFile { calendar, bytes })
}

/// The settings of production admit no clock but the system's.
fn clock(config: &Config) -> Clock {
    let most = config.clock.max_offset.as_signed();
    match (config.clock.starts_at, config.mode) {
        (Some(start), Mode::Evaluation) => {
            let now = crate::instant::Instant::from(jiff::Timestamp::now());
            Clock::moved(start.since(now), most)
        }
        (None, Mode::Evaluation) => Clock::system(most),
        // Nobody outside would believe a time that nothing keeps right.
        (_, Mode::Production) => Clock::system(most).synchronised_only(),
    }
}

/// The list, or where it cannot be used although an earlier one could: one that knows nobody, and why. The line starts
/// all the same, because scans go on arriving; whoever is named in them waits until the list is right.
fn patients(
    home: &Home,
    config: &Config,
    known: Option<KnownFile>,
) -> Result<(Patients, Option<(u64, Fault)>), OpenError> {
    let path = home.layout().root().join(&config.patients.path);
    let settings = (&config.patients).into();
    match (Patients::load(&path, &settings, known.map(|known| known.entries)), known) {
        (Ok(patients), _) => Ok((patients, None)),
        (Err(problem), None) => Err(OpenError::Patients { path, problem }),
        (Err(problem), Some(known)) => {
            tracing::error!(
                "the patient list is refused ({problem}); who is named in a scan waits until there is a list"
            );
            Ok((Patients::nobody(&settings), Some((known.entries, Fault::NoPatients { patients: problem }))))
        }
    }
}

fn address(layout: Layout<'_>, config: &Config) -> Result<Address, OpenError> {
    Address::at_home(layout, config).map_err(|error| OpenError::File {
        path: config.store.database_password_file.clone().unwrap_or_default(),
        error,
    })
}

fn workers(config: &Config, binary: &Path) -> Result<(Workers, &'static str), OpenError> {
    let workers = workers_of(&config.image, binary);
    let name = match config.image.sandbox {
        SandboxSetting::Required => {
            workers.probe()?;
            "required"
        }
        SandboxSetting::BestEffort => "best-effort",
    };
    Ok((workers, name))
}

/// Workers as the settings limit them.
#[must_use]
pub fn workers_of(image: &config::image::Image, binary: &Path) -> Workers {
    let sandbox = match image.sandbox {
        SandboxSetting::Required => Sandbox::Required,
        SandboxSetting::BestEffort => Sandbox::BestEffort,
    };
    let limits = Limits {
        file_bytes: image.most_bytes.as_bytes(),
        pages: image.most_pages,
        pixels_per_page: u64::from(image.most_pixels),
        ..Limits::default()
    };
    Workers::new(binary.to_owned(), limits, sandbox)
        .with_memory(image.most_memory.as_bytes())
        .with_patience(image.timeout.as_std())
}

fn authorities(home: &Home, config: &Config) -> Result<Authorities, OpenError> {
    let mut found = Vec::new();
    for (name, settings) in config.authorities_in_order() {
        let path = home.layout().root().join(&settings.roots);
        let mut roots = keyring::certificates(&path)?;
        if config.mode == Mode::Production {
            // Whoever has the evaluation authority's passphrase could have it certify an authority of any policy.
            roots.retain(|root| !Certificate::read(root).is_ok_and(|root| root.is_evaluation()));
        }
        let anchors = Anchors::new(&roots).map_err(|error| OpenError::Anchors { path, error })?;
        let named = settings.policies.iter().map(|policy| policy.as_str().parse()).collect::<Result<Vec<_>, _>>()?;
        let asked_for = settings.request_policy.as_ref().map(|policy| policy.as_str().parse());
        let policies = match config.mode {
            Mode::Evaluation if named.is_empty() => vec![oid::EVALUATION_TIMESTAMP],
            Mode::Production if named.contains(&oid::EVALUATION_TIMESTAMP) => {
                return Err(OpenError::EvaluationAuthority(name.clone()));
            }
            Mode::Evaluation | Mode::Production => named,
        };
        let accredited =
            if settings.accredited { roots.iter().map(|der| Digest::of(der)).collect() } else { Vec::new() };
        let authority = Authority::new(Settings {
            url: settings.url.clone(),
            tls_roots: tls_roots(home, settings)?,
            anchors,
            policies,
            request_policy: asked_for.transpose()?,
            accredited,
            timeout: settings.timeout.as_std(),
        });
        let rests = Rests { first: settings.retry.as_std(), longest: settings.retry_most.as_std() };
        found.push((name.clone(), authority, rests));
    }
    Ok(Authorities::new(found, config.clock.max_offset.as_signed()))
}

/// The roots for an authority's TLS, where it has any: those of the settings alone, or else the system's.
fn tls_roots(home: &Home, settings: &config::authority::Authority) -> Result<Vec<Vec<u8>>, OpenError> {
    if !settings.url.starts_with("https://") {
        return Ok(Vec::new());
    }
    Ok(keyring::server_roots(home.layout(), settings.tls_roots.as_deref())?)
}

fn build_digest(binary: &Path) -> Result<Digest, OpenError> {
    let failed = |error| OpenError::File { path: binary.to_owned(), error };
    let mut file = std::fs::File::open(binary).map_err(failed)?;
    Ok(durable::digest_of(&mut file).map_err(failed)?.digest)
}

fn problems(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
