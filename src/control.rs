//! The daemon's control socket: what the commands that change something say to it, and what it answers.
//!
//! `run/control.sock` (mode 0600). A client sends one request, a line of JSON, and reads the answer, a line of JSON. The
//! peer's process credentials are recorded with what it does. Passphrases travel here and nowhere else: the socket
//! belongs to the user who runs the daemon.

pub mod ceremony;
pub mod client;
pub mod deadlines;
pub mod facts;
pub mod pages;
pub mod production;

use std::fmt;

use ceremony::Certified;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use crate::calendar::CannotTell;
use crate::clock::ClockProblem;
use crate::identification::Facts;
use crate::ids::{DeliveryId, Digest, DocumentId, IncidentId, Name, RecordId, SessionId};
use crate::instant::Instant;
use crate::journal::backups::BackedUp;
use crate::patients::PatientIdProblem;
use crate::people::acts::{DisposalReason, RevocationReason};
use crate::people::register::Called;
use crate::people::{Refused, entitlement};
use crate::toml_text::Problem;

/// Why a record may leave the house. The message `export-reason` has the words.
pub const EXPORT_REASONS: [&str; 5] = ["disclosure", "audit", "referral", "legal", "other"];

/// A line longer than this is not read.
pub const LONGEST_LINE: u64 = 1024 * 1024;

/// A passphrase on its way: shown nowhere, wiped when dropped.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(text)
    }

    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl Drop for Secret {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Who asks: a person proves who they are by unlocking the own key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Credentials {
    pub login: String,
    pub passphrase: Secret,
}

/// A reason in a code, with words where the code is not enough.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonGiven {
    pub code: Name,
    pub text: Option<String>,
}

/// A document as the person who decides was shown it. What became of it since is decided about by nobody who has not seen it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LookedAt {
    pub document: DocumentId,
    /// The digest that came with what was shown (`facts::DocumentFacts`).
    pub shown: Digest,
}

/// More than this is looked at in several requests: the one writer serves others in between.
pub const MOST_VIEWED: usize = 1000;

/// What somebody looks at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Viewed {
    Document(DocumentId),
    Record(RecordId),
    /// The name under which it was delivered may be a patient's.
    Delivery(DeliveryId),
    /// Which records a patient has. Whose they are stays private in the journal.
    PatientsRecords(String),
    /// The private parts of the journal's entries with these numbers.
    PrivateParts(Vec<u64>),
}

/// Which entries' private parts are to be erased.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PartsOf {
    Entries(Vec<u64>),
    /// All that there are about a document.
    Document(DocumentId),
}

/// Everything that can be asked of the daemon.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "kebab-case")]
pub enum Request {
    /// How the line stands.
    Status,
    /// A person states whose a document is, of which kind, from which date, and whatever else its sources contradict
    /// each other about. What is absent stays as it is.
    Identify {
        by: Credentials,
        document: LookedAt,
        facts: Box<Facts>,
        /// The document whose place it takes.
        supersedes: Option<DocumentId>,
        reason: ReasonGiven,
    },
    /// Releases findings, where the profile allows it. A second person where it says so.
    Accept {
        by: Credentials,
        second: Option<Credentials>,
        document: LookedAt,
        reason: ReasonGiven,
        pages_shown: bool,
    },
    /// Sends documents back to the scanner.
    SendBack {
        by: Credentials,
        documents: Vec<LookedAt>,
        reason: ReasonGiven,
    },
    /// The responsible person confirms and signs.
    Confirm {
        by: Credentials,
        document: LookedAt,
        /// Each page was shown to the person; else they say that they saw the pages.
        pages_shown: bool,
        /// The document whose place it takes.
        supersedes: Option<DocumentId>,
    },
    /// Files a late document as 9.2 for an unavoidable reason.
    ReleaseLate {
        by: Credentials,
        documents: Vec<LookedAt>,
        reason: ReasonGiven,
        /// From when the work was possible again; a second clock runs from there.
        possible_again_at: Instant,
    },
    /// The same after an incident, which says why the work was not possible, and from when it was again.
    ReleaseAfterIncident {
        by: Credentials,
        documents: Vec<LookedAt>,
        incident: IncidentId,
    },
    /// Whoever is to work on a document will look at it anew, so it does not matter in which state this was asked.
    Assign {
        by: Credentials,
        documents: Vec<DocumentId>,
        to: String,
    },
    /// Lets documents that failed be tried again.
    Retry {
        by: Credentials,
        documents: Vec<LookedAt>,
    },
    /// Has a delivery measured once more whose copy could not be.
    RetryDelivery {
        by: Credentials,
        delivery: DeliveryId,
    },
    /// Ends a document that is none. Its bytes stay in custody until disposal.
    Discard {
        by: Credentials,
        document: LookedAt,
        reason: ReasonGiven,
    },
    /// Takes a delivery as it is although its completeness is in doubt, or refuses it.
    DecideDelivery {
        by: Credentials,
        delivery: DeliveryId,
        /// The digest that came with what was shown of it (`facts::DeliveryStatus`).
        shown: Digest,
        take: bool,
        reason: ReasonGiven,
    },
    /// Brings a profile file's present version into force, after a second person's approval.
    ApproveProfile {
        by: Credentials,
        second: Option<Credentials>,
        profile: Name,
        /// Of the file that was shown.
        shown: Digest,
    },
    /// An administrator adds a person, who sets the own passphrase.
    AddPerson {
        by: Credentials,
        login: String,
        name: String,
        kana: Option<String>,
        occupation: String,
        department: String,
    },
    /// A person bears another name, or works in another place.
    ChangePerson {
        by: Credentials,
        login: String,
        called: Called,
    },
    /// What two people would have the home's own authority issue. Nobody is proven by it.
    PlanCertificate {
        by: String,
        witness: Option<String>,
        login: String,
        renew: bool,
    },
    /// A person made the own key; two others had the certificate issued.
    Enrol {
        by: Credentials,
        /// Who stands by while the authority is open.
        witness: Option<Credentials>,
        /// The passphrase is the new key's.
        person: Credentials,
        /// The passphrase of the key that is in force, which the person ends with it.
        present: Option<Secret>,
        certified: Certified,
    },
    /// A person makes the own key, for which an outside authority will be asked for a certificate.
    RequestCertificate {
        by: Credentials,
        /// The passphrase is the new key's.
        person: Credentials,
    },
    /// Enters the certificate that an outside authority issued for such a key.
    Import {
        by: Credentials,
        /// The passphrase is that of the key for which the request was made.
        person: Credentials,
        /// The passphrase of the key that is in force, which the person ends with it.
        present: Option<Secret>,
        /// The certificate, and those between it and the root, in PEM.
        certificates: String,
        /// The person's name as the certificate writes it, where it is not as the account does.
        named: Option<String>,
    },
    /// A person's key counts no more.
    Revoke {
        by: Credentials,
        second: Option<Credentials>,
        login: String,
        why: RevocationReason,
        since: Option<Instant>,
    },
    Appoint {
        by: Credentials,
        second: Option<Credentials>,
        login: String,
        role: Name,
        rank: u32,
        from: Option<Instant>,
        until: Option<Instant>,
    },
    /// Ends an appointment: now, or at a time to come.
    EndAppointment {
        by: Credentials,
        login: String,
        role: Name,
        ends: Option<Instant>,
    },
    /// A person is let in no more, and their keys are wiped at once.
    Suspend {
        by: Credentials,
        login: String,
        reason: String,
    },
    Resume {
        by: Credentials,
        login: String,
    },
    /// Somebody leaves: offices, key and sessions end.
    Retire {
        by: Credentials,
        login: String,
    },
    /// An information manager is absent, so that the next in rank acts; or is back, which ends that.
    Absent {
        by: Credentials,
        login: String,
        from: Option<Instant>,
        until: Option<Instant>,
        ends: bool,
    },
    /// Unlocks a person's key for a station.
    OpenSession {
        by: Credentials,
        station: Name,
        /// 9.1-C1: nothing was pasted over, nothing lies outside the scan area.
        attested: bool,
        /// The day of receipt for what follows, where the operator states one.
        obtained_on: Option<Date>,
    },
    /// The operator vouches for the batch of the own open session, where that was left open: 9.1-C1.
    AttestBatch {
        by: Credentials,
        session: SessionId,
    },
    /// Proves nobody: whoever finds a session forgotten may end what it could sign.
    CloseSession {
        session: SessionId,
    },
    /// Records that somebody looks at patients' documents: the person who says and proves who they are, or else the user
    /// of the machine whose process asks. Each thing that is looked at has an entry of its own.
    View {
        by: Option<Credentials>,
        what: Vec<Viewed>,
    },
    /// Records that a record leaves the house, and answers with what the export needs.
    Export {
        by: Credentials,
        record: RecordId,
        reason: ReasonGiven,
    },
    /// Erases private parts of the journal's entries, by the act of two people.
    DisposePrivateParts {
        by: Credentials,
        second: Option<Credentials>,
        parts: PartsOf,
        reason: DisposalReason,
    },
    /// Enters that a generation of a backup was made.
    NoteBackup {
        backed_up: BackedUp,
    },
    /// Believes the clock as it stands now.
    AcknowledgeClock {
        by: Credentials,
        /// The digest that came with what was shown of it (`facts::Status`).
        shown: Digest,
        reason: ReasonGiven,
    },
    /// Ends the daemon as a signal would.
    Stop,
}

/// What the daemon answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "answer", rename_all = "kebab-case")]
pub enum Answer {
    /// It was done. `facts` depends on the request.
    Done { facts: serde_json::Value },
    /// It was not done, and nothing changed.
    Refused(Refusal),
}

/// Why a request was refused. The catalogue has a sentence for each code: `control-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
#[error("refused: {self:?}")]
pub enum Refusal {
    /// No such document, delivery, record, profile, person, session or station.
    Unknown { what: String },
    /// Login and passphrase do not fit, or the person has no key yet.
    NotProven { login: String },
    /// The person is suspended.
    Suspended { login: String },
    /// The act needs a role that the person does not hold today.
    RoleNeeded { role: String },
    /// A second person must take part, and it must be another whose account the first did not make.
    SecondPersonNeeded,
    /// The document is not in a state in which this can be done.
    WrongState { state: String, held: String },
    /// The document is not what the person who decided was shown: it waits for them as it is now.
    ChangedSinceShown { document: DocumentId, state: String, held: String },
    /// Nor is the delivery.
    DeliveryChangedSinceShown { delivery: DeliveryId, state: String },
    /// Nor is the clock: it was set since, or another doubt has come up.
    ClockChangedSinceShown,
    /// Nor is the profile's file.
    ProfileChangedSinceShown { profile: Name, found: Digest },
    /// The clock lies behind a time-stamp that the home has: what came by it would be dated before that stamp for ever.
    ClockBehindStamp { stamped_at: Instant },
    /// The profile allows no exception for what was found.
    NoException { check: String },
    /// Only an unavoidable reason may file late, and this is none.
    ReasonNotAllowed { reason: String },
    /// An exception may never release an identity, a signature or a required stamp.
    NotReleasable,
    /// Why has to be said.
    NoReason,
    /// There is no such reason.
    UnknownReason { reason: String },
    /// Paper cannot have been received on a day to come.
    DayToCome { day: Date },
    /// A patient id that cannot be one.
    MalformedPatientId { text: String, patient_id: PatientIdProblem },
    /// Nothing is stated about the document.
    NothingStated,
    /// A document belongs to the station in whose folder it lay; nobody can state another.
    OtherStation { station: Name },
    /// Only an earlier document that waits for a person or was sent back can be superseded.
    NotSupersedable { document: DocumentId },
    /// One patient's page takes no other's place.
    SupersedesAnothers { document: DocumentId },
    /// Whose page it is has to be known before it takes another's place.
    SupersedesUnidentified,
    /// It is said to be superseded by another patient's: that has to be taken back first.
    SupersededByAnothers { document: DocumentId },
    /// Of a file that was changed after it was taken, or of which a statement was lost, patient, kind and date are stated
    /// together.
    StatedInPart { document: DocumentId },
    /// A file that was changed after it was taken is released one by one, by whoever looked at it.
    LookedAtSingly { document: DocumentId },
    /// Accounts, keys and offices begin by the clock, and stay so when it is set right: nobody gets one while it is in doubt.
    ClockInDoubt { clock: ClockProblem },
    /// An appointment does not begin in the past.
    BegunInPast { from: Instant },
    /// There is no appointment to end.
    NotAppointed { login: String, role: String },
    /// What is not possible again yet cannot be released.
    NotPossibleYet { possible_again_at: Instant },
    /// It was taken in before the work was possible again, so that was not what made it late.
    TakenInBefore { taken_in_at: Instant },
    /// The incident lasts, so nobody can say yet from when the work is possible again.
    IncidentLasts { incident: IncidentId },
    /// The incident was over before the document was there, or began when its time had passed: it did not make it late.
    IncidentAtOtherTime { incident: IncidentId, document: DocumentId },
    /// Fewer than one document, or more than this.
    DocumentsNamed { most: u64 },
    /// The private part of an entry cannot be erased.
    NotDisposable { index: u64, disposal: Undisposable },
    /// No entry about the document has a private part.
    NothingToErase { document: DocumentId },
    /// The profile cannot come into force.
    ProfileRefused { profile_refusal: ProfileRefusal },
    /// The same id and version was in force with other bytes.
    ProfileChanged { profile: String, version: u32 },
    /// What the person confirms could bear no signature of theirs.
    NotTheirs { unsigned: entitlement::Refusal },
    /// A rule of sessions, people or appointments stands in the way.
    People { refused: Refused },
    /// Login and passphrase did not fit several times in a row.
    LockedOut { login: String, seconds: u64 },
    /// The clock that runs from when the work was possible again has run out too (an RFC 3339 instant).
    SecondClockOver { deadline: String },
    /// A deadline cannot be told, so nothing can be released from it.
    DeadlineNotTold { calendar: CannotTell },
    /// The request could not be read.
    BadRequest { problem: String },
    /// Disk, database or authority failed. Try again.
    Environment { problem: String },
    /// The same, when some of it was done already, or nobody can tell whether it was.
    MayBeDone { problem: String },
    /// The database is damaged, and takes no change any more.
    DatabaseDamaged { problem: String },
}

/// Why the private part of an entry cannot be erased. The message `control-not-disposable` has the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Undisposable {
    /// It has none.
    NothingPrivate,
    Erased,
    /// Work on the document or delivery that it is about goes on, and may need it.
    Open,
    /// The names of those who sign are in it.
    People,
}

/// Why a profile cannot come into force. The catalogue has a sentence for each: `profile-refusal-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum ProfileRefusal {
    /// Its clause is still the placeholder of an evaluation.
    PlaceholderClause,
    /// It takes effect on a later day, and is approved on that day.
    TakesEffectLater {
        day: Date,
    },
    InForceAlready,
    /// Its file cannot be used: everything that is wrong with it.
    Faulty {
        problems: Vec<Problem>,
    },
}

impl Refusal {
    /// The exit status that a command ends with: 1 the answer is no, 2 usage, 3 the environment failed.
    #[must_use]
    pub fn exit_status(&self) -> u8 {
        match self {
            Self::Environment { .. } | Self::MayBeDone { .. } | Self::DatabaseDamaged { .. } => 3,
            Self::BadRequest { .. }
            | Self::NoReason
            | Self::UnknownReason { .. }
            | Self::DayToCome { .. }
            | Self::MalformedPatientId { .. }
            | Self::NothingStated
            | Self::OtherStation { .. }
            | Self::BegunInPast { .. }
            | Self::NotPossibleYet { .. }
            | Self::DocumentsNamed { .. } => 2,
            _ => 1,
        }
    }
}
