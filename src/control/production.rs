//! What is said of a home for production: what it still lacks, and the requests for outside certificates.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{Digest, Name};

/// A request for a certificate of an outside authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Requested {
    /// PKCS#10, in PEM.
    pub request: String,
    /// SHA-256 of the public key (its SubjectPublicKeyInfo), for whoever compares it with what the authority received.
    pub public_key: Digest,
}

/// What a home still lacks before its records serve for statutory retention, and what mends it. Message ids are
/// `lacking-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Lacking {
    /// Nothing of a home for evaluation counts outside.
    EvaluationMode,
    /// Nobody is in office who answers for the scans.
    InformationManager,
    /// Somebody in an office that signs has no certificate of an outside authority.
    OutsideCertificate { login: String },
    /// The address is still the one that `init` wrote.
    AuthorityUnset { authority: Name },
    /// There is no root by which its stamps could be judged.
    AuthorityRoots { authority: Name },
    /// None of the authorities is said to be accredited.
    AccreditedAuthority,
    /// Nothing can be filed at a station, for none of its profiles is in force.
    ProfileInForce { station: Name },
    /// Every name in a scan would be unknown.
    PatientList,
    /// Nothing keeps the clock right.
    ClockSource,
    /// The journal's checkpoints are kept nowhere else.
    JournalAnchor,
    /// No backup was made that lacks nothing.
    Backup,
    /// The newest that lacks nothing is older than the settings allow.
    BackupOld { days: i64 },
    /// It is dated later than now, and how old it is nobody can tell.
    BackupAhead,
    /// The newest of all lacks something.
    BackupIncomplete { generation: u32, count: u64 },
    /// The store does not keep objects from being deleted.
    ObjectLock { place: String },
}

/// Something that is lacking, and the requirement that asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Missing {
    #[serde(flatten)]
    pub lacking: Lacking,
    /// As `check explain` and docs/conformance.md name it.
    pub requirement: String,
}

/// What statutory filing asks for and this version does not do yet, whatever the home has. Message ids are `not-built-<code>`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum NotBuilt {
    /// Whether an outside authority has revoked a certificate is neither asked nor kept with the record.
    RevocationOfOthers,
    /// Stamping the whole again before the stamp's certificate ends.
    Renewal,
}

/// One of those, and the requirement that asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unbuilt {
    #[serde(flatten)]
    pub not_built: NotBuilt,
    pub requirement: String,
}
