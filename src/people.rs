//! People: who they are, what they may do, and the keys with which they sign.
//!
//! Nothing here writes to the journal. A function that changes something returns a [`Change`]: the entry that the
//! journal is to keep and the rows that follow from it, which the caller commits in one transaction:
//!
//! ```text
//! let appended = journal.append(tx, change.entry.clone(), now).await?;
//! change.apply(tx, appended.index).await?;
//! ```
//!
//! Invariant: nobody signs with another's key. A key is opened with its owner's passphrase alone, which nobody else
//! sets or resets; a lost one is revoked and replaced.

pub mod absences;
pub mod acts;
pub mod appointments;
pub mod away;
pub mod certificates;
pub mod ceremony;
mod change;
pub mod enrolment;
pub mod entitlement;
pub mod importing;
pub mod passphrase;
pub mod register;
pub mod restoring;
pub mod sessions;
mod succession;
pub mod suspensions;
pub mod undoing;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::signing;
use crate::crypto::make::{MakeError, Suite, UnlockError};
use crate::database::DatabaseError;
use crate::durable;
use crate::instant::Instant;

pub use change::Change;
pub use passphrase::{PassphraseRule, Weakness};
pub use sessions::Caps;

/// What a person may be appointed to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Scans, and signs what was scanned (実施者).
    Operator,
    /// Answers for the scans, decides what is doubtful (情報作成管理者).
    InformationManager,
    /// Keeps profiles, stations and accounts.
    Admin,
    /// Reads the journal.
    Auditor,
    /// Reads records.
    Viewer,
}

impl Role {
    pub const ALL: [Self; 5] = [Self::Operator, Self::InformationManager, Self::Admin, Self::Auditor, Self::Viewer];

    /// The spelling that tables, JSON, settings and the command line share.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Operator => "operator",
            Self::InformationManager => "information_manager",
            Self::Admin => "admin",
            Self::Auditor => "auditor",
            Self::Viewer => "viewer",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no role: operator, information_manager, admin, auditor or viewer")]
pub struct InvalidRole(String);

impl std::str::FromStr for Role {
    type Err = InvalidRole;

    fn from_str(text: &str) -> Result<Self, InvalidRole> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| InvalidRole(text.to_owned()))
    }
}

/// Why something about people was not done.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// Somebody has to do something first; the catalogue has the words.
    #[error(transparent)]
    Refused(#[from] Refused),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error("a key or certificate could not be made: {0}")]
    Make(#[from] MakeError),
    #[error("{}: {error}", .path.display())]
    Io { path: std::path::PathBuf, error: std::io::Error },
    #[error(transparent)]
    Write(#[from] durable::Failure),
}

impl From<sqlx::Error> for PeopleError {
    fn from(error: sqlx::Error) -> Self {
        Self::Database(error.into())
    }
}

/// What stands in the way, and whose it is to remove. Message ids are `people-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Refused {
    #[error("there is a person with the login {login} already: choose another")]
    LoginTaken { login: String },
    #[error("{login:?} is no login: lower-case letters, digits and inner hyphens, at most 63")]
    InvalidLogin { login: String },
    #[error("nobody has the login {login}: `torikomi operator list` shows who has")]
    UnknownPerson { login: String },
    #[error("the account of {login} is suspended: an administrator can say why")]
    Suspended { login: String },
    #[error("a name, an occupation and a department are needed: they stand in every record")]
    IncompletePerson,
    #[error("{act} is for {}: ask such a person", words(.roles))]
    NotEntitled { act: String, roles: Vec<Role> },
    #[error("{act} needs a second person ({}) who signs too", words(.roles))]
    SecondPersonNeeded { act: String, roles: Vec<Role> },
    #[error("the second person must be somebody else than the first")]
    SamePerson,
    #[error("until {until}, {login} cannot approve what the one who made or renewed that account began: ask another")]
    SecondPersonTooNew { login: String, until: Instant },
    #[error("{login} has no certificate: enrol first (`torikomi operator enrol {login}`)")]
    NoCertificate { login: String },
    #[error(
        "the certificate of {login} is not valid at this time (until {not_after}): renew it with `torikomi operator enrol {login}`"
    )]
    CertificateNotValid { login: String, not_after: Instant },
    #[error(
        "the certificate of {login} is for evaluation, and this home is in production: it only brings in another (`torikomi operator import`)"
    )]
    CertificateForEvaluation { login: String },
    #[error(
        "in production the evaluation authority certifies nobody: make a request (`torikomi operator enrol --request`), and import what an outside authority issues"
    )]
    EvaluationAuthorityShut,
    #[error("the certificate for {login} is not taken: {unfit}")]
    UnfitCertificate { login: String, unfit: importing::Unfit },
    #[error("the passphrase does not open the key of {login}: type it again, or revoke the key if it is lost")]
    WrongPassphrase { login: String },
    #[error("the key file of {login} cannot be used ({detail}): restore it from a backup or enrol again")]
    KeyUnusable { login: String, detail: String },
    #[error(
        "the key of {login} was revoked, or {login} suspended, in what a restore lost ({file}): have that done again"
    )]
    KeySetAside { login: String, file: String },
    #[error("the passphrase is too weak: {}", passphrase::list(.weaknesses))]
    WeakPassphrase { weaknesses: Vec<Weakness> },
    #[error(
        "{login} has a key in force: renew it with its passphrase (`torikomi operator enrol {login} --renew`), or revoke it where that is lost"
    )]
    KeyInForce { login: String },
    #[error("a key is revoked from now on or from an earlier time ({since} is still to come)")]
    RevocationToCome { since: Instant },
    #[error("nobody alone revokes a key from {since}, which has passed: two others than its owner do")]
    RevocationOfPast { since: Instant },
    #[error("the certificate is revoked from {since} already: only an earlier time changes anything")]
    RevokedBefore { since: Instant },
    #[error("you revoked the key of {login} alone: somebody else has the next one made")]
    StoppedByYou { login: String },
    #[error("the key of {login} ended by itself: somebody else revokes it first, and then another is made")]
    EndedByItself { login: String },
    #[error(
        "this is the last key with which others are made and people appointed: first have another's made, or renew it (`--renew`)"
    )]
    LastKey,
    #[error("the certificate begins at {since}, and cannot be revoked from before")]
    RevocationTooEarly { since: Instant },
    #[error("the authority is opened by two: name a witness (`--witness`), who can be {}", .who.join(", "))]
    WitnessNeeded { who: Vec<String> },
    #[error("the authority is opened by two, and nobody in office with a key can be the witness now")]
    NobodyToWitness,
    #[error("nobody else is in office with a key: {login} is the second person, so leave `--witness` out")]
    OwnerIsTheSecond { login: String },
    #[error("nobody suspends themselves: ask another administrator")]
    OwnSuspension,
    #[error("{login} is not suspended: there is nothing to end")]
    NotSuspended { login: String },
    #[error("no administrator with a key would be left whose office has no end: first appoint one")]
    LastAdministrator,
    #[error("this person is no information manager: nobody has to stand in for them")]
    NoManager,
    #[error("{login} holds no office and no key any more: there is nothing to end")]
    LeftAlready { login: String },
    #[error("nobody appoints themselves: ask another administrator")]
    OwnAppointment,
    #[error("an appointment must end after it begins")]
    BackwardsAppointment,
    #[error(
        "nobody could be appointed after that: first appoint an administrator or information manager without an end"
    )]
    NobodyLeft,
    #[error("the rank of an appointment is 1 for the holder, 2 and on for substitutes")]
    InvalidRank,
    #[error("{login} is appointed {role} for part of that time already")]
    OverlappingAppointment { login: String, role: Role },
    #[error("rank {rank} of {role} is held by {login} for part of that time")]
    RankTaken { role: Role, rank: u32, login: String },
    #[error("{login} has a session open at {station}: close it first")]
    StationBusy { station: String, login: String },
    #[error("the session is not open (any more): open one with `torikomi session open`")]
    NoSuchSession,
    #[error("the session has ended ({reason}): open it again")]
    SessionEnded { reason: sessions::CloseReason },
    #[error("the act states a time ({stated}) too far from our clock ({now}): set the clock right and sign again")]
    ActOutOfTime { stated: Instant, now: Instant },
    #[error("the act was signed for another home")]
    ActOfAnotherHome,
    #[error("the act does not carry the signatures it needs, or one is not valid: sign again")]
    BadSignature,
    #[error("the act is not written as acts are")]
    MalformedAct,
}

fn words(roles: &[Role]) -> String {
    roles.iter().map(|role| role.as_str()).collect::<Vec<_>>().join(", ")
}

impl From<signing::Suite> for Suite {
    fn from(setting: signing::Suite) -> Self {
        match setting {
            signing::Suite::Ed25519 => Self::Ed25519,
            signing::Suite::EcdsaP256 => Self::EcdsaP256,
        }
    }
}

/// A wrong passphrase and a broken key file are different people's business.
pub(crate) fn unlock_refused(login: &str, error: &UnlockError) -> Refused {
    let login = login.to_owned();
    match error {
        UnlockError::WrongPassphrase => Refused::WrongPassphrase { login },
        other => Refused::KeyUnusable { login, detail: other.to_string() },
    }
}

#[cfg(test)]
mod tests;
