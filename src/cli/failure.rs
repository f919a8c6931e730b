//! Why a command could not do what was asked, and the exit status it ends with.

use std::io;
use std::path::Path;

use schemars::JsonSchema;
use serde::Serialize;

use super::words::Words;
use crate::config::home::{HomeError, HomeTrouble};
use crate::config::{ConfigError, Mode};
use crate::control::Refusal;
use crate::control::client::ClientError;
use crate::daemon::DaemonError;
use crate::daemon::claims::{ClaimError, ClaimProblem};
use crate::daemon::open::OpenError;
use crate::database::DatabaseError;
use crate::database::owner::OwnerError;
use crate::ids::{DocumentId, HomeId, Name};
use crate::image::WorkerError;
use crate::journal::files::{FilesError, FilesProblem};
use crate::keyring::KeyringError;
use crate::patients::PatientsProblem;
use crate::store::{ObjectsProblem, StoreError};
use crate::toml_text::Problem;
use crate::upkeep::backup::Trouble;

/// Exit status 2: something in the command line or the settings has to be changed.
pub const USAGE: u8 = 2;
/// Exit status 3: disk, network, daemon or authority failed; the same command may succeed later.
pub const ENVIRONMENT: u8 = 3;

/// The catalogue has a sentence for each code: `cli-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[error("{self:?}")]
pub enum Failure {
    /// Neither `--home` nor `TORIKOMI_HOME`.
    HomeNotGiven,
    NotAHome {
        path: String,
    },
    /// The home is there and cannot be used as it is: unreachable, another's, open to others.
    Home {
        troubles: Vec<HomeTrouble>,
    },
    /// Settings, a profile or the calendar have to be put right first: everything that is wrong, with its place.
    Settings {
        problems: Vec<Problem>,
    },
    /// The list of patients has to be put right, or its place to be reached, first.
    Patients {
        path: String,
        problem: PatientsProblem,
    },
    /// Something that a running line needs failed: the store, a worker, the system.
    Start {
        problem: String,
    },
    /// The settings ask for workers that can do nothing but decode, and the system gives none.
    CannotSandbox,
    /// A home in production names the policy of an evaluation time-stamping authority.
    EvaluationAuthority {
        authority: Name,
    },
    /// A file of keys or certificates is not there, or cannot be read.
    KeyFile {
        path: String,
        problem: String,
    },
    /// A key of the line's own does not open with its secret.
    KeyLocked {
        path: String,
        problem: String,
    },
    NotCertificates {
        path: String,
    },
    /// The settings name another mode than the one the home was made in.
    ModeChanged {
        made: String,
        found: Mode,
    },
    /// The database is another home's.
    DatabaseForeign {
        found: String,
        expected: HomeId,
    },
    /// `init` broke off before the database was whole.
    DatabaseUnfinished,
    /// `store check --rebuild` broke off.
    DatabaseHalfRebuilt,
    /// The journal's second copy and the database do not belong together.
    JournalFiles {
        journal_files: FilesProblem,
    },
    /// Where the home keeps its objects cannot be used.
    Objects {
        objects: ObjectsProblem,
    },
    /// The home has no key for a time-stamping authority of its own.
    NoTimestamping,
    /// Its database cannot be opened or read.
    Database {
        problem: String,
    },
    /// A line of the journal's files is not the entry that belongs there.
    JournalDamaged {
        index: u64,
    },
    /// The same, where the old database can be read and has it.
    JournalFilesDamaged {
        index: u64,
    },
    /// The copy of the checkpoints outside the home speaks of other entries than the journal's files have.
    AgainstAnchor {
        path: String,
        size: u64,
    },
    /// Stamped checkpoints speak of other entries than the journal's files have, and no restore tells why.
    AgainstStamped {
        paths: Vec<String>,
        /// Of how many entries the newest speaks.
        size: u64,
    },
    /// A newer build measured scans of this home, and what that means this one does not know.
    NewerMeasurements {
        object: String,
        found: u64,
    },
    /// The journal's files, by which a database is made anew, are not there.
    NoJournal {
        folder: String,
    },
    /// A database on a server is never replaced.
    DatabaseNotEmpty,
    /// The old database has more than the journal's files, and it cannot be copied to them.
    DatabaseNotCopied {
        path: String,
        problem: String,
    },
    /// The old database and the journal's files do not have the same past.
    DatabaseForked {
        path: String,
        size: u64,
    },
    /// A backup could not be made, read or brought back.
    Backup {
        backup: Trouble,
    },
    /// Another copy of the home works with what is this one's, or this one was restored elsewhere.
    Claimed {
        claim: ClaimProblem,
    },
    NoDaemon {
        socket: String,
    },
    /// Nobody enters in the journal who looks, so nothing is shown.
    NotShown {
        socket: String,
    },
    /// Its pages are in a record, or disposed of.
    NotInCustody {
        document: DocumentId,
    },
    BrokenOff {
        problem: String,
    },
    PassphraseFile {
        path: String,
        problem: String,
    },
    /// A passphrase is needed, and there is nobody to type it.
    NoTerminal,
    /// The new passphrase was not typed the same way twice.
    PassphrasesDiffer,
    /// What was looked at earlier was not named for each of what is decided about.
    ShownForEach {
        named: u64,
        shown: u64,
    },
    /// There is none under this id or name.
    NotFound {
        what: String,
    },
    /// No profile of this name is in force or shipped.
    UnknownProfile {
        name: String,
        known: String,
    },
    /// There is no file of this name.
    FileMissing {
        path: String,
    },
    /// It is a folder, a FIFO, a device.
    NotAFile {
        path: String,
    },
    /// There is a file of this name already, and it stays.
    FileExists {
        path: String,
    },
    /// A file cannot be read or written.
    File {
        path: String,
        problem: String,
    },
    /// An argument that cannot be understood.
    BadValue {
        value: String,
        problem: String,
    },
    /// The daemon answered with something that this build does not know.
    StrangeAnswer {
        problem: String,
    },
    /// A network address cannot be listened at.
    Listen {
        address: String,
        problem: String,
    },
    Output {
        problem: String,
    },
    /// A home could not be made; the sentence is `init`'s own.
    Init {
        problem: String,
        #[serde(skip)]
        exit_status: u8,
    },
    /// The daemon said no.
    #[serde(untagged)]
    Refused(Refusal),
}

impl Failure {
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::HomeNotGiven
            | Self::NotAHome { .. }
            | Self::Settings { .. }
            | Self::NoTimestamping
            | Self::UnknownProfile { .. }
            | Self::FileMissing { .. }
            | Self::NotAFile { .. }
            | Self::FileExists { .. }
            | Self::PassphraseFile { .. }
            | Self::NoTerminal
            | Self::PassphrasesDiffer
            | Self::ShownForEach { .. }
            | Self::DatabaseNotEmpty
            | Self::BadValue { .. } => USAGE,
            Self::Objects { objects } if !objects.may_pass() => USAGE,
            Self::NotFound { .. } | Self::NotInCustody { .. } => 1,
            Self::Patients { problem: PatientsProblem::Unreachable { .. }, .. } => ENVIRONMENT,
            Self::Patients { .. } => USAGE,
            Self::Home { .. }
            | Self::Start { .. }
            | Self::CannotSandbox
            | Self::EvaluationAuthority { .. }
            | Self::KeyFile { .. }
            | Self::KeyLocked { .. }
            | Self::NotCertificates { .. }
            | Self::ModeChanged { .. }
            | Self::DatabaseForeign { .. }
            | Self::DatabaseUnfinished
            | Self::DatabaseHalfRebuilt
            | Self::JournalFiles { .. }
            | Self::Objects { .. }
            | Self::Database { .. }
            | Self::JournalDamaged { .. }
            | Self::JournalFilesDamaged { .. }
            | Self::AgainstAnchor { .. }
            | Self::AgainstStamped { .. }
            | Self::NewerMeasurements { .. }
            | Self::NoJournal { .. }
            | Self::DatabaseNotCopied { .. }
            | Self::DatabaseForked { .. }
            | Self::Claimed { .. }
            | Self::NoDaemon { .. }
            | Self::NotShown { .. }
            | Self::BrokenOff { .. }
            | Self::File { .. }
            | Self::StrangeAnswer { .. }
            | Self::Listen { .. }
            | Self::Output { .. } => ENVIRONMENT,
            Self::Backup { backup } => backup.exit_status(),
            Self::Init { exit_status, .. } => *exit_status,
            Self::Refused(refusal) => refusal.exit_status(),
        }
    }

    /// What happened, why, and what to do.
    #[must_use]
    pub fn sentence(&self, words: &Words) -> String {
        match self {
            Self::Refused(refusal) => words.refusal(refusal),
            Self::Backup { backup } => words.coded("backup", backup),
            Self::Claimed { claim } => words.coded("claim", claim),
            Self::Home { troubles } => {
                troubles.iter().map(|trouble| words.coded("home", trouble)).collect::<Vec<_>>().join("\n")
            }
            Self::Settings { problems } => {
                let said = problems.iter().map(|problem| words.located("setting", problem));
                std::iter::once(words.say("cli-settings")).chain(said).collect::<Vec<_>>().join("\n")
            }
            Self::Patients { path, problem } => {
                let problem = words.coded("patients", problem);
                words.with("cli-patients", &[("path", path.as_str().into()), ("problem", problem.into())])
            }
            other => words.coded("cli", other),
        }
    }

    /// A file that the system did not give: not there is the mistake of whoever named it, the rest is the machine's.
    #[must_use]
    pub fn file(path: &Path, error: &io::Error) -> Self {
        let path = path.display().to_string();
        match error.kind() {
            io::ErrorKind::NotFound => Self::FileMissing { path },
            io::ErrorKind::InvalidInput => Self::NotAFile { path },
            _ => Self::File { path, problem: error.to_string() },
        }
    }

    /// What the system refused while a line was to start.
    #[must_use]
    pub fn start(error: &impl ToString) -> Self {
        Self::Start { problem: error.to_string() }
    }
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        match error {
            HomeError::NotAHome(path) => Self::NotAHome { path: path.display().to_string() },
            other => Self::Home { troubles: other.troubles() },
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        match error {
            ConfigError::Unreadable { file, error } => Self::file(&file, &error),
            ConfigError::Faulty(problems) => Self::Settings { problems },
        }
    }
}

impl From<DaemonError> for Failure {
    fn from(error: DaemonError) -> Self {
        match error {
            DaemonError::Open(error) => error.into(),
            DaemonError::Home(error) => error.into(),
            DaemonError::Database(error) | DaemonError::Journal(FilesError::Database(error)) => error.into(),
            DaemonError::Journal(error @ (FilesError::DatabaseIsOlder { .. } | FilesError::Forked { .. })) => {
                Self::JournalFiles { journal_files: (&error).into() }
            }
            DaemonError::Claim(ClaimError::Refused(claim)) => Self::Claimed { claim },
            other => Self::start(&other),
        }
    }
}

impl From<Trouble> for Failure {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Home { troubles } => Self::Home { troubles },
            Trouble::Settings { problems } => Self::Settings { problems },
            backup => Self::Backup { backup },
        }
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Home(error) => error.into(),
            OpenError::Config(error) => error.into(),
            OpenError::Calendar(problems) => Self::Settings { problems },
            OpenError::File { path, error } => Self::file(&path, &error),
            OpenError::Patients { path, problem } => Self::Patients { path: path.display().to_string(), problem },
            OpenError::Database(error) => error.into(),
            OpenError::Store(error) => error.into(),
            OpenError::Journal(error) => DaemonError::Journal(error).into(),
            OpenError::Claim(error) => DaemonError::Claim(error).into(),
            OpenError::Keys(error) => error.into(),
            OpenError::Owner(error) => error.into(),
            OpenError::Anchors { path, .. } => Self::NotCertificates { path: path.display().to_string() },
            OpenError::Worker(WorkerError::CannotSandbox) => Self::CannotSandbox,
            OpenError::EvaluationAuthority(authority) => Self::EvaluationAuthority { authority },
            other @ (OpenError::Worker(_) | OpenError::Durable(_) | OpenError::Policy(_)) => Self::start(&other),
        }
    }
}

impl From<KeyringError> for Failure {
    fn from(error: KeyringError) -> Self {
        match error {
            KeyringError::Missing { path, error } => {
                Self::KeyFile { path: path.display().to_string(), problem: error.to_string() }
            }
            KeyringError::Locked { path, error } => {
                Self::KeyLocked { path: path.display().to_string(), problem: error.to_string() }
            }
            KeyringError::NotACertificate(path) => Self::NotCertificates { path: path.display().to_string() },
            other => Self::start(&other),
        }
    }
}

impl From<OwnerError> for Failure {
    fn from(error: OwnerError) -> Self {
        match error {
            OwnerError::ModeChanged { made, found } => Self::ModeChanged { made, found },
            OwnerError::Foreign { found, expected } => Self::DatabaseForeign { found, expected },
            OwnerError::Unfinished => Self::DatabaseUnfinished,
            OwnerError::HalfRebuilt => Self::DatabaseHalfRebuilt,
            OwnerError::Database(error) => error.into(),
        }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unusable(objects) => Self::Objects { objects },
            other => Self::start(&other),
        }
    }
}

impl From<DatabaseError> for Failure {
    fn from(error: DatabaseError) -> Self {
        Self::Database { problem: error.to_string() }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::NoDaemon { socket } => Self::NoDaemon { socket },
            ClientError::BrokenOff(problem) => Self::BrokenOff { problem },
            ClientError::Refused(refusal) => Self::Refused(refusal),
        }
    }
}
