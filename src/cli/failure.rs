//! Why a command could not do what was asked, and the exit status it ends with.

use serde::Serialize;

use super::words::Words;
use crate::config::ConfigError;
use crate::config::home::HomeError;
use crate::control::Refusal;
use crate::control::client::ClientError;
use crate::database::DatabaseError;

/// Exit status 2: something in the command line or the settings has to be changed.
pub const USAGE: u8 = 2;
/// Exit status 3: disk, network, daemon or authority failed; the same command may succeed later.
pub const ENVIRONMENT: u8 = 3;

/// The catalogue has a sentence for each code: `cli-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[error("{self:?}")]
pub enum Failure {
    /// Neither `--home` nor `TORIKOMI_HOME`.
    HomeNotGiven,
    NotAHome {
        path: String,
    },
    /// The home is there and cannot be used as it is: unreachable, another's.
    Home {
        problem: String,
    },
    /// Settings or a profile have to be put right first.
    Settings {
        problem: String,
    },
    /// Its database cannot be opened or read.
    Database {
        problem: String,
    },
    NoDaemon {
        socket: String,
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
    /// There is none under this id or name.
    NotFound {
        what: String,
    },
    /// A file named on the command line cannot be read or written.
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
            | Self::PassphraseFile { .. }
            | Self::NoTerminal
            | Self::PassphrasesDiffer
            | Self::BadValue { .. } => USAGE,
            Self::NotFound { .. } => 1,
            Self::Home { .. }
            | Self::Database { .. }
            | Self::NoDaemon { .. }
            | Self::BrokenOff { .. }
            | Self::File { .. }
            | Self::StrangeAnswer { .. }
            | Self::Listen { .. }
            | Self::Output { .. } => ENVIRONMENT,
            Self::Init { exit_status, .. } => *exit_status,
            Self::Refused(refusal) => refusal.exit_status(),
        }
    }

    /// What happened, why, and what to do.
    #[must_use]
    pub fn sentence(&self, words: &Words) -> String {
        match self {
            Self::Refused(refusal) => words.refusal(refusal),
            other => words.coded("cli", other),
        }
    }
}

impl From<HomeError> for Failure {
    fn from(error: HomeError) -> Self {
        match error {
            HomeError::NotAHome(path) => Self::NotAHome { path: path.display().to_string() },
            other => Self::Home { problem: other.to_string() },
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Settings { problem: error.to_string() }
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
