//! Who did what and when: append-only, in a Merkle tree, with a signed checkpoint at every commit.
//!
//! The transaction that changes something also appends the entry that says so. Entries hold ids, codes and digests, no
//! patient data, file names or free text: each may commit to one private part (32 random bytes and a text) kept in a
//! side table, so that lawful disposal erases the text and every proof still stands (`journal/disposal.rs`).
//!
//! This file and `journal/read.rs` read; only `journal/append.rs` writes entries, and erases their private parts.

pub mod anchor;
pub mod append;
pub mod backups;
pub mod custody;
pub mod disposal;
pub mod doubts;
pub mod epochs;
pub mod files;
mod grown;
pub mod incidents;
pub mod kept;
pub mod read;
pub mod stamped;
pub mod stamping;

use std::fmt;

use data_encoding::BASE64;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::ids::{DeliveryId, Digest, DocumentId, HomeId, PersonId, RecordId, SessionId};
use crate::instant::Instant;

/// The version this build writes. Readers accept every version up to it and refuse a newer one.
pub const ENTRY_VERSION: u32 = 1;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// The first entry: the home, its mode, its first two people; both sign.
    HomeFounded,
    PersonEnrolled,
    /// A person bears another name, or works in another place.
    PersonChanged,
    CertificateIssued,
    CertificateRevoked,
    Appointed,
    /// A person proves nobody and signs nothing any more.
    PersonSuspended,
    PersonResumed,
    /// The next in rank acts as information manager.
    ManagerAbsent,
    ManagerBack,
    /// Another patient list is in use from here on.
    FileAdopted,
    /// Another calendar is in use from here on. A kind of its own, because each record is held against these, and lists change often.
    CalendarAdopted,
    /// A changed patient list or calendar was refused; the one of before stays.
    FileRefused,
    /// A version of a profile came into force.
    ProfileAdopted,
    DaemonStarted,
    DaemonStopped,
    SessionOpened,
    SessionClosed,
    /// The operator vouched for a batch after opening the session (9.1-C1).
    BatchAttested,
    /// A copy of a delivery is in custody and counts: this is when it was taken in.
    DeliveryInCustody,
    /// A delivery is complete; its document is named, and the entry by which its copy counts.
    DeliveryTaken,
    /// Equal bytes under equal circumstances: a further receipt.
    DeliveryReceived,
    DeliveryRefused,
    DeliveryIncomplete,
    /// A person took or refused a delivery that the line could not judge.
    DeliveryDecided,
    DocumentHeld,
    /// Judged under one exact profile version.
    DocumentInspected,
    /// A person stated whose a document is, or of which kind.
    DocumentIdentified,
    DocumentAccepted,
    DocumentConfirmed,
    DocumentSentBack,
    /// A rescan that takes its place was filed.
    DocumentSuperseded,
    DocumentDiscarded,
    DocumentAssigned,
    /// Whom it was assigned to has left.
    DocumentReassigned,
    DocumentRetried,
    LateReleased,
    DocumentSigned,
    /// The window for the stamp passed; that signature is kept and another attempt begins.
    StampMissed,
    /// The signature's files in custody are not what was signed any more; they are kept and another attempt begins.
    AttemptDamaged,
    /// The signature bears a time that is still to come; it is kept and another attempt begins.
    AttemptAhead,
    /// The signer's certificate was revoked from before the signature was proven; it is kept and another attempt begins.
    SignerRevoked,
    /// The signer's certificate had ended, or not begun, when the signature was proven; it is kept and another attempt begins.
    SignerNotValid,
    /// A decision that the signed record names was made with a key that was revoked from before.
    DecisionRevoked,
    /// Whoever confirmed a document can sign no more, and somebody else has to confirm it.
    ConfirmationLapsed,
    /// Files of a signing attempt that a crash cut off from the ledger and that nobody can vouch for were set aside.
    AttemptQuarantined,
    DocumentFiled,
    /// Somebody looked at a document that is not filed yet, or at how it came to be.
    DocumentViewed,
    /// Somebody looked at a filed record.
    RecordViewed,
    /// Somebody was shown the name under which a delivery came.
    DeliveryViewed,
    /// Somebody asked which records a patient has; whose, is the private part.
    RecordsSearched,
    /// Somebody was shown the private parts of entries.
    PrivatePartsViewed,
    /// Two people had the private parts of entries erased; the act names them. Every proof stands all the same.
    PrivatePartsDisposed,
    /// A record was handed out.
    RecordExported,
    /// The newest checkpoint was time-stamped.
    CheckpointStamped,
    /// A generation of a backup was made.
    HomeBackedUp,
    /// The home was restored from a backup: what had been entered after that is lost, and another epoch begins.
    EpochOpened,
    /// The clock is in doubt: it moved, is behind what was written before, or nothing keeps it right.
    ClockDoubted,
    /// The clock was in doubt, and a person believes it as it stands now.
    ClockAcknowledged,
    /// A document or a delivery was taken in by the clock that was found to be in doubt later.
    IntakeDoubted,
    /// Something that the line needs has been failing for a while.
    IncidentOpened,
    /// It works again.
    IncidentClosed,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Who did it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Actor {
    /// The line itself.
    System,
    Person(PersonId),
}

/// What it was done to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Subject {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<DeliveryId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub record: Option<RecordId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<PersonId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionId>,
}

impl Subject {
    #[must_use]
    pub fn document(document: DocumentId) -> Self {
        Self { document: Some(document), ..Self::default() }
    }

    #[must_use]
    pub fn delivery(delivery: DeliveryId) -> Self {
        Self { delivery: Some(delivery), ..Self::default() }
    }
}

/// An act that a person signed: the exact text and the signatures over it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SignedAct {
    /// RFC 8785 JSON, verbatim.
    pub text: String,
    pub signatures: Vec<ActSignature>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ActSignature {
    pub by: PersonId,
    /// SHA-256 of the certificate's DER.
    pub certificate: Digest,
    /// Over `torikomi-act-v1`, a newline and the text; base64.
    pub signature: String,
}

impl ActSignature {
    #[must_use]
    pub fn new(by: PersonId, certificate: Digest, signature: &[u8]) -> Self {
        Self { by, certificate, signature: BASE64.encode(signature) }
    }

    /// The signature's bytes, where the text is base64.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        BASE64.decode(self.signature.as_bytes()).ok()
    }
}

/// An entry as it is written: RFC 8785 JSON of this is a leaf of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub v: u32,
    pub home: HomeId,
    /// Its place, from 0.
    pub index: u64,
    pub at: Instant,
    pub kind: Kind,
    pub actor: Actor,
    pub subject: Subject,
    /// Codes, counts and digests.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub facts: Map<String, Value>,
    /// SHA-256 over 32 random bytes and the private text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<Digest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub act: Option<SignedAct>,
}

/// An entry to be: what the caller knows before the journal gives it a place.
#[derive(Clone, Debug)]
pub struct Draft {
    pub kind: Kind,
    pub actor: Actor,
    pub subject: Subject,
    pub facts: Map<String, Value>,
    /// Personal text, kept apart.
    pub private: Option<Value>,
    pub act: Option<SignedAct>,
}

impl Draft {
    /// An entry about what the line itself did.
    #[must_use]
    pub fn by_system(kind: Kind, subject: Subject) -> Self {
        Self { kind, actor: Actor::System, subject, facts: Map::new(), private: None, act: None }
    }

    #[must_use]
    pub fn by_person(kind: Kind, person: PersonId, subject: Subject) -> Self {
        Self { kind, actor: Actor::Person(person), subject, facts: Map::new(), private: None, act: None }
    }

    /// Adds a code, count or digest. A value that JSON cannot hold becomes null.
    #[must_use]
    pub fn fact(mut self, name: &str, value: impl Serialize) -> Self {
        self.facts.insert(name.to_owned(), serde_json::to_value(value).unwrap_or(Value::Null));
        self
    }

    #[must_use]
    pub fn private(mut self, text: Value) -> Self {
        self.private = Some(text);
        self
    }

    #[must_use]
    pub fn act(mut self, act: SignedAct) -> Self {
        self.act = Some(act);
        self
    }
}

/// The commitment to a private text.
#[must_use]
pub fn commitment(salt: &[u8; 32], text: &str) -> Digest {
    let mut bytes = salt.to_vec();
    bytes.extend_from_slice(text.as_bytes());
    Digest::of(&bytes)
}
