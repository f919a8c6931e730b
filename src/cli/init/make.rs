//! Makes a home, whole or not at all.
//!
//! Everything is made in a private folder inside the home-to-be, `.torikomi-init`, then its parts are moved into place
//! one by one, the home's marker last. A home without its marker is none, so nothing works in it before it is whole.
//! What a crash leaves is plain: without the file `complete`, the private folder is thrown away and made anew; with it,
//! the move is finished.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustix::fs::FlockOperation;
use rustix::io::Errno;
use zeroize::Zeroizing;

use crate::calendar::DEFAULT_CALENDAR;
use crate::config::home::{self, HomeError, Layout};
use crate::config::{
    AuthorityTemplate, Config, ConfigError, DatabaseTemplate, Mode, ObjectsTemplate, StationTemplate, template,
};
use crate::crypto::make::{Passphrase, Suite, Validity};
use crate::daemon::production::UNSET_AUTHORITY;
use crate::database::owner::{self, OwnerError};
use crate::database::{Address, Database, DatabaseError};
use crate::durable::{self, Folder};
use crate::ids::{Digest, HomeId, Name};
use crate::instant::Instant;
use crate::journal::append::Journal;
use crate::journal::files::{Files, FilesError};
use crate::keyring::{self, KeyringError};
use crate::ledger::profiles::{self, ProfileState};
use crate::ledger::watched_files::{self, CALENDAR, KnownFile};
use crate::messages::{Lang, say, say_code, say_located};
use crate::people::acts::Signed;
use crate::people::certificates::Signer;
use crate::people::enrolment::{self, Foundation, Founder, OwnKey};
use crate::people::register::{NewPerson, Person};
use crate::people::{PassphraseRule, PeopleError, Refused, Role, Weakness};
use crate::profile::{self, Profile};
use crate::store::{Objects, StoreError};
use crate::system::{self, Moved};
use crate::toml_text::Problem;

/// Where a home is made before its parts are moved into place.
const STAGE: &str = ".torikomi-init";

/// In the stage: everything is made, and only the move is left.
const COMPLETE: &str = "complete";

/// Where the evaluation authority answers; `torikomi timestamp serve` takes the same address.
const EVALUATION_AUTHORITY: &str = "http://127.0.0.1:3161/";

/// What a home is made of.
pub struct Plan {
    pub root: PathBuf,
    pub mode: Mode,
    /// As certificates name the hospital.
    pub organization: String,
    pub stations: Vec<Name>,
    /// An administrator and an information manager.
    pub founders: [NewFounder; 2],
    pub authority_passphrase: Zeroizing<String>,
    /// Where the database is, if not in the store's folder: empty, and made by whoever keeps the server.
    pub database: Option<DatabaseTemplate>,
    /// Where the objects are, if not in the store's folder: a prefix under which nothing is.
    pub objects: Option<ObjectsTemplate>,
    /// Scan profiles, as file name and bytes. Each station may use those that this build can carry out.
    pub profiles: Vec<(String, Vec<u8>)>,
}

/// One of the first two people, with the passphrase that only they know.
pub struct NewFounder {
    pub person: NewPerson,
    pub passphrase: Zeroizing<String>,
}

/// A home that was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Made {
    pub id: HomeId,
    /// What to compare with an outside publication: SHA-256 of the root certificate.
    pub root_certificate: Digest,
    /// An earlier run was cut off, and only its move was finished now.
    pub resumed: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("{} is a home already ({id}); nothing was changed", .root.display())]
    AlreadyAHome { root: PathBuf, id: HomeId },
    #[error(
        "{} is not empty ({found:?} is there) and no half-made home: choose an empty folder; nothing was changed",
        .root.display()
    )]
    NotEmpty { root: PathBuf, found: String },
    #[error("another torikomi is making a home in {}: wait for it", .0.display())]
    Busy(PathBuf),
    #[error("{} is in the way of a half-made home: move it away and run init again", .0.display())]
    InTheWay(PathBuf),
    #[error("a home needs at least one station: name one with --station")]
    NoStation,
    #[error("station {0} is named twice")]
    StationTwice(Name),
    #[error("the administrator and the manager must be two people with two logins")]
    OnePerson,
    #[error("the passphrase of {login} is too weak: {}", list(.weaknesses))]
    FounderPassphrase { login: String, weaknesses: Vec<Weakness> },
    #[error("the passphrase of the certificate authority is too weak: {}", list(.0))]
    AuthorityPassphrase(Vec<Weakness>),
    #[error("profile {file}:\n{}", list(.problems))]
    Profile { file: String, problems: Vec<Problem> },
    #[error(transparent)]
    People(#[from] PeopleError),
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Home(#[from] HomeError),
    #[error(transparent)]
    Owner(#[from] OwnerError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Journal(#[from] FilesError),
    #[error(transparent)]
    Write(#[from] durable::Failure),
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
}

impl From<Refused> for InitError {
    fn from(refused: Refused) -> Self {
        Self::People(refused.into())
    }
}

impl InitError {
    /// What happened and what to do, for people.
    #[must_use]
    pub fn say(&self, lang: Lang) -> String {
        let path = |path: &Path| ("path", path.display().to_string().into());
        match self {
            Self::AlreadyAHome { root, id } => {
                say(lang, "init-already-a-home", &[path(root), ("id", id.to_string().into())])
            }
            Self::NotEmpty { root, found } => {
                say(lang, "init-not-empty", &[path(root), ("found", found.as_str().into())])
            }
            Self::Busy(root) => say(lang, "init-busy", &[path(root)]),
            Self::InTheWay(found) => say(lang, "init-in-the-way", &[path(found)]),
            Self::NoStation => say(lang, "init-no-station", &[]),
            Self::StationTwice(station) => say(lang, "init-station-twice", &[("station", station.to_string().into())]),
            Self::OnePerson => say(lang, "init-one-person", &[]),
            Self::FounderPassphrase { login, weaknesses } => say_code(
                lang,
                "init",
                &serde_json::json!({ "code": "founder-passphrase", "login": login, "weaknesses": weaknesses }),
            ),
            Self::AuthorityPassphrase(weaknesses) => {
                say_code(lang, "init", &serde_json::json!({ "code": "authority-passphrase", "weaknesses": weaknesses }))
            }
            Self::Profile { file, problems } => {
                let head = say(lang, "init-profile", &[("file", file.as_str().into())]);
                let lines = problems.iter().map(|problem| say_located(lang, "setting", problem));
                std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
            }
            Self::Config(ConfigError::Faulty(problems)) => {
                problems.iter().map(|problem| say_located(lang, "setting", problem)).collect::<Vec<_>>().join("\n")
            }
            Self::People(PeopleError::Refused(refused)) => say_code(lang, "people", refused),
            Self::Home(error) => error.say(lang),
            Self::Store(StoreError::Unusable(problem)) => say_code(lang, "objects", problem),
            other => say(lang, "init-failed", &[("problem", other.to_string().into())]),
        }
    }

    /// 2 where the caller must ask otherwise, 3 where the environment failed.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::AlreadyAHome { .. }
            | Self::NotEmpty { .. }
            | Self::InTheWay(_)
            | Self::NoStation
            | Self::StationTwice(_)
            | Self::OnePerson
            | Self::FounderPassphrase { .. }
            | Self::AuthorityPassphrase(_)
            | Self::Profile { .. }
            | Self::Config(ConfigError::Faulty(_))
            | Self::People(PeopleError::Refused(_)) => 2,
            Self::Store(StoreError::Unusable(problem)) if !problem.may_pass() => 2,
            _ => 3,
        }
    }
}

/// How a folder looks to `init`.
enum Found {
    Empty,
    /// A run was cut off before everything was made.
    Unfinished,
    /// A run was cut off while it moved the parts into place.
    Complete,
}

/// Finishes a home of which only the move was left; nothing where none was. Asked before anybody types a passphrase.
///
/// # Errors
/// When the folder cannot become a home.
pub fn resume(root: &Path) -> Result<Option<Made>, InitError> {
    if !root.exists() {
        return Ok(None);
    }
    match look(root)? {
        Found::Empty | Found::Unfinished => Ok(None),
        Found::Complete => {
            let folder = Folder::open(root)?;
            let _busy = keep_others_out(&folder, root)?;
            let (id, root_certificate) = move_into_place(&folder, root)?;
            Ok(Some(Made { id, root_certificate, resumed: true }))
        }
    }
}

/// Makes a home.
///
/// # Errors
/// When the plan is wrong, or something could not be made. What is there then is no home, and init can be run again.
pub fn make(plan: Plan, runtime: &tokio::runtime::Handle, now: Instant) -> Result<Made, InitError> {
    check(&plan, now)?;
    let profiles = lint_all(&plan.profiles)?;
    if let Some(made) = resume(&plan.root)? {
        return Ok(made);
    }
    let root = create_root(&plan.root)?;
    let folder = Folder::open(&root)?;
    let _busy = keep_others_out(&folder, &root)?;
    let stage = root.join(STAGE);
    if stage.exists() {
        // Never used: a home works only once its marker stands beside this folder.
        fs::remove_dir_all(&stage).map_err(at(&stage))?;
    }
    folder.make_folder(STAGE)?;
    let id = HomeId::new();
    fill(&stage, id, plan, &profiles, runtime, now)?;
    Folder::open(&stage)?.create_new(COMPLETE, id.to_string().as_bytes())?;
    let (id, root_certificate) = move_into_place(&folder, &root)?;
    Ok(Made { id, root_certificate, resumed: false })
}

fn check(plan: &Plan, now: Instant) -> Result<(), InitError> {
    if plan.stations.is_empty() {
        return Err(InitError::NoStation);
    }
    let mut stations = plan.stations.clone();
    stations.sort();
    if let Some(twice) = stations.windows(2).find(|pair| pair.first() == pair.last()).and_then(|pair| pair.first()) {
        return Err(InitError::StationTwice(twice.clone()));
    }
    let [first, second] = &plan.founders;
    if first.person.login == second.person.login {
        return Err(InitError::OnePerson);
    }
    for founder in &plan.founders {
        let person = founder.person.clone().into_person(None, now)?;
        let weaknesses = PassphraseRule::default().weaknesses(&founder.passphrase, &person.names());
        if !weaknesses.is_empty() {
            return Err(InitError::FounderPassphrase { login: person.login.to_string(), weaknesses });
        }
    }
    let weaknesses = PassphraseRule::default().weaknesses(&plan.authority_passphrase, &[&plan.organization]);
    if weaknesses.is_empty() { Ok(()) } else { Err(InitError::AuthorityPassphrase(weaknesses)) }
}

fn lint_all(files: &[(String, Vec<u8>)]) -> Result<Vec<Profile>, InitError> {
    files
        .iter()
        .map(|(file, bytes)| {
            let linted = profile::lint(bytes, file);
            linted.map(|(profile, _)| profile).map_err(|problems| InitError::Profile { file: file.clone(), problems })
        })
        .collect()
}

fn look(root: &Path) -> Result<Found, InitError> {
    // Asked first: the marker is there a moment before the stage is gone.
    if root.join(STAGE).join(COMPLETE).exists() {
        return Ok(Found::Complete);
    }
    if let Some(id) = home::read_marker(root)? {
        return Err(InitError::AlreadyAHome { root: root.to_owned(), id });
    }
    let mut names = Vec::new();
    for entry in fs::read_dir(root).map_err(at(root))? {
        names.push(entry.map_err(at(root))?.file_name());
    }
    names.sort();
    match names.as_slice() {
        [] => Ok(Found::Empty),
        [stage] if stage == STAGE => Ok(Found::Unfinished),
        [first, second, ..] => {
            let found = if first == STAGE { second } else { first };
            Err(InitError::NotEmpty { root: root.to_owned(), found: found.to_string_lossy().into_owned() })
        }
        [found] => Err(InitError::NotEmpty { root: root.to_owned(), found: found.to_string_lossy().into_owned() }),
    }
}

fn create_root(root: &Path) -> Result<PathBuf, InitError> {
    if !root.exists() {
        let above = match root.parent() {
            Some(above) if !above.as_os_str().is_empty() => above,
            _ => Path::new("."),
        };
        let name = root.file_name().unwrap_or_default().to_string_lossy();
        Folder::open(above)?.make_folder(&name)?;
    }
    fs::canonicalize(root).map_err(at(root))
}

/// Held while a home is made. The kernel gives it up with the process.
fn keep_others_out(folder: &Folder, root: &Path) -> Result<File, InitError> {
    let file = File::open(folder.path()).map_err(at(root))?;
    match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(file),
        Err(Errno::WOULDBLOCK) => Err(InitError::Busy(root.to_owned())),
        Err(error) => Err(at(root)(error.into())),
    }
}

fn fill(
    stage: &Path,
    id: HomeId,
    plan: Plan,
    profiles: &[Profile],
    runtime: &tokio::runtime::Handle,
    now: Instant,
) -> Result<(), InitError> {
    let layout = Layout::new(stage);
    let config = write_settings(stage, &plan, profiles)?;
    make_folders(stage, id, &config)?;
    let validity = authority_validity(now);
    let evaluation = plan.mode == Mode::Evaluation;
    let passphrase = Passphrase::new(plan.authority_passphrase.to_string());
    let keys = keyring::create(layout, id, &plan.organization, &passphrase, evaluation, validity)?;

    let suite = config.signing.suite.into();
    let not_after = now.plus(config.people.certificate_valid.as_signed()).min(validity.not_after);
    // Not both keys end on one day: whoever still has one has the other's renewed.
    let ends = [not_after, now.plus(not_after.since(now) / 10 * 9)];
    let mut founders = Vec::new();
    let mut signers = Vec::new();
    for ((founder, role), not_after) in plan.founders.into_iter().zip([Role::Admin, Role::InformationManager]).zip(ends)
    {
        let certificate_validity = Validity { not_before: validity.not_before, not_after };
        let person = founder.person.into_person(None, now)?;
        let own = make_key(&person, founder.passphrase, &config, suite)?;
        let authority = &keys.authority;
        let certificate =
            enrolment::issue(authority, &person, &own.key, &plan.organization, certificate_validity, now)?;
        own.save(&layout.people_keys(), &certificate.key_file)?;
        signers.push(Signer::new(&person, certificate.clone(), own.key)?);
        founders.push(Founder { person, role, certificate });
    }
    let founders: [Founder; 2] = founders.try_into().map_err(|_| InitError::OnePerson)?;

    // In production a preset is a draft until the hospital's clause is entered and a second person has approved it.
    let state = if evaluation { ProfileState::InForce } else { ProfileState::Draft };
    let foundation = Foundation {
        mode: plan.mode,
        root: Digest::of(keys.authority.certificate()),
        timestamping: keys.timestamping.as_deref().map(Digest::of),
        profiles: if evaluation {
            profiles.iter().map(|profile| profile.reference().clone()).collect()
        } else {
            vec![]
        },
        calendar: Digest::of(DEFAULT_CALENDAR.as_bytes()),
    };
    let (act, private) = enrolment::genesis_act(&founders, foundation, now, id)?;
    let signed = Signed::sign(act, &signers.iter().collect::<Vec<_>>())?;

    let journal = Arc::new(Journal::new(id, keyring::origin(id).map_err(KeyringError::from)?, keys.journal));
    let address = Address::at_home(layout, &config).map_err(at(stage))?;
    let database = Database::open(&address, true, runtime, || ())?;
    // What the first entry names by digest alone has to outlast the database.
    let objects = Objects::found(layout, id, &config, runtime)?;
    let certificates = founders.iter().map(|founder| founder.certificate.der.as_slice());
    let profiles_and_calendar =
        plan.profiles.iter().map(|(_, bytes)| bytes.as_slice()).chain([DEFAULT_CALENDAR.as_bytes()]);
    for bytes in certificates.chain(profiles_and_calendar) {
        objects.put(bytes)?;
    }
    let mode = plan.mode;
    let rows: Vec<_> = profiles
        .iter()
        .map(Profile::reference)
        .cloned()
        .zip(plan.profiles.into_iter().map(|(_, bytes)| bytes))
        .collect();
    database.write(async move |tx| -> Result<(), InitError> {
        owner::record(tx, id, mode).await?;
        let change = enrolment::genesis(tx, signed, founders, private).await?;
        let appended = journal.append(tx, change.entry.clone(), now).await?;
        change.apply(tx, appended.index).await?;
        for (reference, bytes) in &rows {
            profiles::adopt(tx, reference, bytes, state, appended.index).await?;
        }
        watched_files::set(tx, CALENDAR, KnownFile { digest: Digest::of(DEFAULT_CALENDAR.as_bytes()), entries: 0 })
            .await?;
        Ok(())
    })?;
    Files::open(&layout.store(&config).join("journal"), &database)?.catch_up(&database)?;
    Ok(())
}

fn write_settings(stage: &Path, plan: &Plan, profiles: &[Profile]) -> Result<Config, InitError> {
    let carried = profiles.iter().filter(|profile| profile.carried().is_ok());
    let ids: Vec<Name> = carried.map(|profile| profile.reference().id.clone()).collect();
    let stations: Vec<_> = plan.stations.iter().map(|name| StationTemplate { name, profiles: &ids }).collect();
    let (authority, url) = match plan.mode {
        Mode::Evaluation => ("evaluation", EVALUATION_AUTHORITY),
        Mode::Production => ("outside", UNSET_AUTHORITY),
    };
    let authority: Name = authority.parse().map_err(|_| InitError::NoStation)?;
    let authorities = [AuthorityTemplate { name: &authority, url }];
    let text = template(plan.mode, &stations, &authorities, plan.database.as_ref(), plan.objects.as_ref());
    let folder = Folder::open(stage)?;
    folder.create_new("torikomi.toml", text.as_bytes())?;
    folder.create_new("calendar.toml", DEFAULT_CALENDAR.as_bytes())?;
    folder.create_new("patients.csv", PATIENTS_HEADER.as_bytes())?;
    let folder = folder.make_folder("profiles")?;
    for (name, bytes) in &plan.profiles {
        folder.create_new(name, bytes)?;
    }
    Ok(Config::load(&stage.join("torikomi.toml"))?)
}

/// The headings that [`crate::patients`] reads by default.
const PATIENTS_HEADER: &str = "id,name,kana,sex,birth_date,merged_into,temporary\n";

fn make_folders(stage: &Path, id: HomeId, config: &Config) -> Result<(), InitError> {
    let folder = Folder::open(stage)?;
    for name in ["run", "custody", "store"] {
        folder.make_folder(name)?;
    }
    folder.make_folder("keys")?.make_folder("people")?;
    let drops = folder.make_folder("drop")?;
    for (name, station) in &config.stations {
        drops.make_folder(name.as_str())?;
        home::mark(&station.folder(stage, name), id)?;
    }
    for marked in [&config.store.path, &config.store.custody] {
        home::mark(&stage.join(marked), id)?;
    }
    Ok(())
}

fn make_key(
    person: &Person,
    passphrase: Zeroizing<String>,
    config: &Config,
    suite: Suite,
) -> Result<OwnKey, PeopleError> {
    OwnKey::make(person, passphrase, PassphraseRule::from(&config.people), suite)
}

/// The evaluation authority outlives the certificates that it issues for some years.
fn authority_validity(now: Instant) -> Validity {
    let days = |count: i64| jiff::SignedDuration::from_hours(24 * count);
    // A little in the past: the clocks of those who verify may be behind ours.
    Validity { not_before: now.plus(jiff::SignedDuration::from_mins(-5)), not_after: now.plus(days(3652)) }
}

/// Moves what was made out of the stage; the marker last. Each move can be cut off, and is then made up.
fn move_into_place(folder: &Folder, root: &Path) -> Result<(HomeId, Digest), InitError> {
    let stage_path = root.join(STAGE);
    let stage = Folder::open(&stage_path)?;
    let id: HomeId = String::from_utf8_lossy(&stage.read(COMPLETE, 64)?)
        .parse()
        .map_err(|_| InitError::InTheWay(stage_path.join(COMPLETE)))?;
    let mut parts = Vec::new();
    for name in stage.names(1000)? {
        if name != COMPLETE {
            parts.push(name);
        }
    }
    for name in parts {
        let name = Path::new(&name);
        match system::move_without_replacing(&stage, name, folder, name).map_err(at(&root.join(name)))? {
            Moved::Moved => {}
            Moved::NameTaken => return Err(InitError::InTheWay(root.join(name))),
            // Nothing else works here: the lock is ours, and the name was free a moment ago.
            Moved::NotOffered => {
                if root.join(name).exists() {
                    return Err(InitError::InTheWay(root.join(name)));
                }
                rustix::fs::renameat(&stage, name, folder, name).map_err(|error| at(&root.join(name))(error.into()))?;
            }
        }
    }
    folder.sync()?;
    stage.sync()?;
    let layout = Layout::new(root);
    let root_certificate = Digest::of(&keyring::certificate_of_authority(layout)?);
    home::mark(root, id)?;
    // The home is whole; what is left of the stage only says that it was.
    stage.remove(COMPLETE)?;
    fs::remove_dir(&stage_path).map_err(at(&stage_path))?;
    folder.sync()?;
    Ok((id, root_certificate))
}

fn list<T: ToString>(items: &[T]) -> String {
    items.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn at(path: &Path) -> impl Fn(io::Error) -> InitError {
    move |error| InitError::Io { path: path.to_owned(), error }
}
