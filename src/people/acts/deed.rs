//! What an act can be about, who may do it, and what it makes of the journal.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::clock::ClockProblem;
use crate::config::Mode;
use crate::identity::Field;
use crate::ids::{DeliveryId, Digest, DocumentId, IncidentId, Name, PersonId, SessionId};
use crate::instant::Instant;
use crate::journal::disposal::Erased;
use crate::journal::{Kind, Subject};
use crate::judgement::ProfileRef;
use crate::people::appointments::Appointment;
use crate::people::sessions::Attested;
use crate::people::{Refused, Role};

/// The acts, in the order in which a home meets them.
///
/// `state_digest` is the digest of what the person saw when deciding (identity, findings, parts): it proves that the
/// decision was about that state and no later one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Deed {
    /// The first two people appoint each other, and vouch for the home's mode, for the root of its certificates, for the
    /// certificate of its evaluation time-stamping authority, and for the profiles and the calendar that are in force from the
    /// start.
    Genesis {
        mode: Mode,
        root: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timestamping: Option<Digest>,
        people: Vec<PersonId>,
        appointments: Vec<Appointment>,
        certificates: Vec<Issued>,
        profiles: Vec<ProfileRef>,
        calendar: Digest,
    },
    /// A person gets an account; name, occupation and department are the private part.
    AddPerson {
        person: PersonId,
    },
    /// A person bears another name, or works in another place; what they are called now is the private part.
    ChangePerson {
        person: PersonId,
    },
    /// A certificate is issued for a person's own key, by the home's authority or one outside; the person signs with that key,
    /// which proves that they have it. Where the home's authority was opened for it, a witness signs too.
    Enrol(Issued),
    /// A certificate counts no more: one person says so from now on, or two others than its owner from earlier.
    Revoke {
        person: PersonId,
        certificate: Digest,
        /// What it signed from then on counts for nothing: records, and decisions about documents.
        since: Instant,
        why: RevocationReason,
    },
    Appoint(Appointment),
    EndAppointment {
        person: PersonId,
        role: Role,
        ends: Instant,
    },
    /// A person proves nobody and signs nothing any more, and their offices rest from then on; why is the private part.
    Suspend {
        person: PersonId,
        from: Instant,
    },
    /// A suspended person is let in again, and acts in their offices from then on.
    Resume {
        person: PersonId,
        from: Instant,
    },
    /// The next in rank acts as information manager for this one.
    Absent {
        person: PersonId,
        from: Instant,
        /// None while no end is set.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        until: Option<Instant>,
    },
    /// An information manager is there again, or is not going to be absent.
    Back {
        person: PersonId,
        from: Instant,
    },
    ApproveProfile {
        profile: ProfileRef,
    },
    OpenSession {
        session: SessionId,
        station: Name,
        expires: Instant,
        most: u32,
        /// The session that this one goes on with.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        continues: Option<SessionId>,
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        attested: Vec<Attested>,
        /// The day on which the hospital received what follows.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        obtained_on: Option<jiff::civil::Date>,
    },
    /// The batch of an open session, where it was not attested at opening (9.1-C1).
    AttestBatch {
        session: SessionId,
        attested: Vec<Attested>,
    },
    /// A person takes an incomplete delivery as it is.
    TakeAsIs {
        delivery: DeliveryId,
        reason: ReasonCode,
    },
    RefuseDelivery {
        delivery: DeliveryId,
        reason: ReasonCode,
    },
    /// A delivery whose copy could not be measured is measured once more.
    RetryDelivery {
        delivery: DeliveryId,
    },
    /// A person says whose and what a document is; the statement is the private part.
    Identify {
        document: DocumentId,
        state_digest: Digest,
        reason: ReasonCode,
        /// It moves to a profile that asks for less, which only the manager may do.
        weaker_profile: bool,
        /// The faults of the other sources that the person was shown and set aside; what they were is in the private part.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        set_aside: Vec<SetAside>,
        /// The document whose place this one takes, once it is filed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supersedes: Option<DocumentId>,
    },
    /// Findings that the profile lets a person accept.
    Accept {
        document: DocumentId,
        state_digest: Digest,
        reason: ReasonCode,
        pages: PagesSeen,
    },
    /// A finding that rejects, released where the profile allows exceptions.
    Exception {
        document: DocumentId,
        state_digest: Digest,
        reason: ReasonCode,
        pages: PagesSeen,
    },
    Confirm {
        document: DocumentId,
        state_digest: Digest,
        pages: PagesSeen,
        /// The document whose place this one takes, once it is filed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        supersedes: Option<DocumentId>,
    },
    /// Filed although a window has passed. Only what was unavoidable may be filed under 9.2.
    LateRelease {
        documents: Vec<DocumentId>,
        state_digest: Digest,
        reason: ReasonCode,
        /// When the work was possible again; from there a second clock runs.
        possible_again_at: Instant,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        incident: Option<IncidentId>,
    },
    SendBack {
        documents: Vec<DocumentId>,
        state_digest: Digest,
        reason: ReasonCode,
    },
    Discard {
        document: DocumentId,
        state_digest: Digest,
        reason: ReasonCode,
    },
    Assign {
        documents: Vec<DocumentId>,
        to: PersonId,
    },
    Retry {
        documents: Vec<DocumentId>,
    },
    /// Somebody looked at the clock and believes it as it stands now.
    AcknowledgeClock {
        /// What had put it in doubt.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        problem: Option<ClockProblem>,
        reason: ReasonCode,
    },
    /// Private parts of entries are erased. What the entries commit to stays, and so does every proof.
    DisposePrivateParts {
        /// In the order of the journal.
        entries: Vec<Erased>,
        reason: DisposalReason,
    },
}

/// A fault of a source, in a code; and the field that it is about, where it is about one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SetAside {
    pub fault: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<Field>,
}

/// A certificate as the journal knows it: enough to find it, and to tell an issued one from one slipped in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Issued {
    pub person: PersonId,
    /// SHA-256 of the certificate's DER.
    pub certificate: Digest,
    pub not_before: Instant,
    pub not_after: Instant,
    /// Of the certificates between it and the root of an outside authority, its own issuer first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issuers: Vec<Digest>,
}

/// Why a certificate counts no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RevocationReason {
    /// The key or its passphrase is lost.
    KeyLost,
    /// Somebody else may have it.
    KeyCompromised,
    /// Another takes its place.
    Renewal,
    /// The person has left, or signs no more.
    Left,
}

impl RevocationReason {
    pub const ALL: [Self; 4] = [Self::KeyLost, Self::KeyCompromised, Self::Renewal, Self::Left];
}

impl fmt::Display for RevocationReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// Why personal text is erased. The message `act-reason` has the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DisposalReason {
    /// It was kept for as long as it has to be.
    RetentionOver,
    /// The person whom it is about asked for it, and may.
    OnRequest,
    /// A court or an authority wants it.
    Ordered,
    /// It should never have been written there.
    EnteredInError,
}

impl DisposalReason {
    pub const ALL: [Self; 4] = [Self::RetentionOver, Self::OnRequest, Self::Ordered, Self::EnteredInError];
}

impl fmt::Display for DisposalReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

/// How the one who decides looked at the pages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PagesSeen {
    /// Each page was shown by the console.
    Shown,
    /// The person says so; the command line cannot show pages.
    Attested,
}

/// Why, in a code; more is said in the private part. The message `act-reason` has the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ReasonCode {
    /// All that matters can be read.
    Readable,
    /// The paper itself is damaged, pale, small or creased.
    PaperCondition,
    /// The paper is blank or cut where the check suspects a fault.
    AsOnPaper,
    /// Scanned again, or to be scanned again.
    Rescan,
    WrongPatient,
    WrongKind,
    WrongDate,
    Duplicate,
    /// A test page, a cover sheet, or nothing of a record.
    NotARecord,
    /// Fire, flood, earthquake: unavoidable.
    Disaster,
    /// Power, network, scanner or this system failed: unavoidable.
    SystemFailure,
    /// The time-stamping authority failed: unavoidable.
    AuthorityOutage,
    /// Late by our own doing; the paper is kept (9.5).
    OwnDelay,
    Other,
}

impl fmt::Display for ReasonCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.serialize(f)
    }
}

impl std::str::FromStr for ReasonCode {
    type Err = Refused;

    fn from_str(text: &str) -> Result<Self, Refused> {
        use serde::de::IntoDeserializer as _;
        let text: serde::de::value::StrDeserializer<'_, serde::de::value::Error> = text.into_deserializer();
        Self::deserialize(text).map_err(|_| Refused::MalformedAct)
    }
}

impl ReasonCode {
    pub const ALL: [Self; 14] = [
        Self::Readable,
        Self::PaperCondition,
        Self::AsOnPaper,
        Self::Rescan,
        Self::WrongPatient,
        Self::WrongKind,
        Self::WrongDate,
        Self::Duplicate,
        Self::NotARecord,
        Self::Disaster,
        Self::SystemFailure,
        Self::AuthorityOutage,
        Self::OwnDelay,
        Self::Other,
    ];

    /// Whether lateness for this reason may be filed under 9.2 (9.2-C1(1), our reading).
    #[must_use]
    pub const fn is_unavoidable(self) -> bool {
        matches!(self, Self::Disaster | Self::SystemFailure | Self::AuthorityOutage)
    }
}

impl Deed {
    /// The act's name, as its JSON and the catalogue have it (`act-<name>`).
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Genesis { .. } => "genesis",
            Self::AddPerson { .. } => "add-person",
            Self::ChangePerson { .. } => "change-person",
            Self::Enrol(_) => "enrol",
            Self::Revoke { .. } => "revoke",
            Self::Appoint(_) => "appoint",
            Self::EndAppointment { .. } => "end-appointment",
            Self::Suspend { .. } => "suspend",
            Self::Resume { .. } => "resume",
            Self::Absent { .. } => "absent",
            Self::Back { .. } => "back",
            Self::ApproveProfile { .. } => "approve-profile",
            Self::OpenSession { .. } => "open-session",
            Self::AttestBatch { .. } => "attest-batch",
            Self::TakeAsIs { .. } => "take-as-is",
            Self::RefuseDelivery { .. } => "refuse-delivery",
            Self::RetryDelivery { .. } => "retry-delivery",
            Self::Identify { .. } => "identify",
            Self::Accept { .. } => "accept",
            Self::Exception { .. } => "exception",
            Self::Confirm { .. } => "confirm",
            Self::LateRelease { .. } => "late-release",
            Self::SendBack { .. } => "send-back",
            Self::Discard { .. } => "discard",
            Self::Assign { .. } => "assign",
            Self::Retry { .. } => "retry",
            Self::AcknowledgeClock { .. } => "acknowledge-clock",
            Self::DisposePrivateParts { .. } => "dispose-private-parts",
        }
    }

    /// The roles of which the person needs one; where there are none, no office is needed.
    #[must_use]
    pub const fn required_roles(&self) -> &'static [Role] {
        use Role::{Admin, InformationManager, Operator};
        match self {
            // The one act that nobody can be appointed for yet; the roles come from the act itself.
            Self::Genesis { .. } => &[],
            Self::AddPerson { .. }
            | Self::ChangePerson { .. }
            | Self::Appoint(_)
            | Self::EndAppointment { .. }
            | Self::Suspend { .. }
            | Self::Resume { .. } => &[Admin],
            Self::Enrol(_) | Self::ApproveProfile { .. } | Self::AcknowledgeClock { .. } => {
                &[Admin, InformationManager]
            }
            // Of oneself it is said by whoever one is, in office or not; of somebody else `enrolment::revoke` and `absences` ask
            // for more.
            Self::Revoke { .. } | Self::Absent { .. } | Self::Back { .. } => &[],
            Self::OpenSession { .. } | Self::AttestBatch { .. } => &[Operator, InformationManager],
            Self::Identify { weaker_profile: true, .. }
            | Self::Accept { .. }
            | Self::Exception { .. }
            | Self::LateRelease { .. }
            | Self::Discard { .. }
            | Self::Assign { .. }
            | Self::TakeAsIs { .. }
            | Self::DisposePrivateParts { .. } => &[InformationManager],
            Self::Identify { weaker_profile: false, .. }
            | Self::Confirm { .. }
            | Self::SendBack { .. }
            | Self::RefuseDelivery { .. } => &[Operator, InformationManager],
            Self::Retry { .. } | Self::RetryDelivery { .. } => &[Operator, InformationManager, Admin],
        }
    }

    /// Whether it counts in production although an evaluation certificate signed it. The founders of a home have no other, and
    /// with these acts they come to those of an outside authority; there is nothing else that such a key may say.
    #[must_use]
    pub const fn leads_out_of_evaluation(&self) -> bool {
        matches!(self, Self::Genesis { .. } | Self::Enrol(_) | Self::Revoke { .. } | Self::AcknowledgeClock { .. })
    }

    /// The document that this one replaces after the act, where it replaced `before`. Whoever says anew what a document is
    /// says anew what it replaces; a confirmation may add it.
    #[must_use]
    pub fn supersedes(&self, before: Option<DocumentId>) -> Option<DocumentId> {
        match self {
            Self::Identify { supersedes, .. } => *supersedes,
            Self::Confirm { supersedes, .. } => supersedes.or(before),
            _ => before,
        }
    }

    /// Whether a second person signs too.
    #[must_use]
    pub const fn second(&self) -> Second {
        use Role::{Admin, InformationManager};
        match self {
            Self::Genesis { .. } | Self::Enrol(_) => Second::Named,
            // Whoever could appoint alone could make a manager of an account of their own making.
            Self::Appoint(_) => Second::Needed(&[Admin, InformationManager]),
            // Nor does anybody alone take away what cannot be brought back.
            Self::DisposePrivateParts { .. } => Second::Needed(&[Admin, InformationManager]),
            Self::ApproveProfile { .. } => Second::Needed(&[InformationManager]),
            // One information manager acts at a time, so whoever wants a second asks an administrator.
            Self::Accept { .. } | Self::Exception { .. } => Second::Allowed(&[Admin, InformationManager]),
            // Nobody alone undoes what was signed.
            Self::Revoke { .. } => Second::Allowed(&[Admin, InformationManager]),
            _ => Second::None,
        }
    }

    /// What it is about. An act on several documents names none here; each document has an entry of its own.
    #[must_use]
    pub fn subject(&self) -> Subject {
        let person = |person: &PersonId| Subject { person: Some(*person), ..Subject::default() };
        match self {
            Self::AddPerson { person: id }
            | Self::ChangePerson { person: id }
            | Self::EndAppointment { person: id, .. }
            | Self::Revoke { person: id, .. }
            | Self::Suspend { person: id, .. }
            | Self::Resume { person: id, .. }
            | Self::Absent { person: id, .. }
            | Self::Back { person: id, .. } => person(id),
            Self::Enrol(issued) => person(&issued.person),
            Self::Appoint(appointment) => person(&appointment.person),
            Self::OpenSession { session, .. } | Self::AttestBatch { session, .. } => {
                Subject { session: Some(*session), ..Subject::default() }
            }
            Self::TakeAsIs { delivery, .. }
            | Self::RefuseDelivery { delivery, .. }
            | Self::RetryDelivery { delivery } => Subject::delivery(*delivery),
            Self::Identify { .. }
            | Self::Accept { .. }
            | Self::Exception { .. }
            | Self::Confirm { .. }
            | Self::Discard { .. }
            | Self::LateRelease { .. }
            | Self::SendBack { .. }
            | Self::Assign { .. }
            | Self::Retry { .. } => match self.documents() {
                [document] => Subject::document(*document),
                _ => Subject::default(),
            },
            Self::Genesis { .. }
            | Self::ApproveProfile { .. }
            | Self::AcknowledgeClock { .. }
            | Self::DisposePrivateParts { .. } => Subject::default(),
        }
    }

    /// The documents that it is about.
    #[must_use]
    pub fn documents(&self) -> &[DocumentId] {
        match self {
            Self::Identify { document, .. }
            | Self::Accept { document, .. }
            | Self::Exception { document, .. }
            | Self::Confirm { document, .. }
            | Self::Discard { document, .. } => std::slice::from_ref(document),
            Self::LateRelease { documents, .. }
            | Self::SendBack { documents, .. }
            | Self::Assign { documents, .. }
            | Self::Retry { documents } => documents,
            _ => &[],
        }
    }
}

/// Which kind of entry each act makes in the journal.
macro_rules! kinds {
    ($($deed:ident => $kind:ident,)*) => {
        impl Deed {
            /// What kind of entry it makes in the journal.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self {
                    $(Self::$deed { .. } => Kind::$kind,)*
                }
            }

            /// The kinds of entries that acts make: one of them without an act is nothing.
            pub const KINDS: &[Kind] = &[$(Kind::$kind,)*];
        }
    };
}

kinds! {
    Genesis => HomeFounded,
    AddPerson => PersonEnrolled,
    ChangePerson => PersonChanged,
    Enrol => CertificateIssued,
    Revoke => CertificateRevoked,
    Appoint => Appointed,
    EndAppointment => Appointed,
    Suspend => PersonSuspended,
    Resume => PersonResumed,
    Absent => ManagerAbsent,
    Back => ManagerBack,
    ApproveProfile => ProfileAdopted,
    OpenSession => SessionOpened,
    AttestBatch => BatchAttested,
    TakeAsIs => DeliveryDecided,
    RefuseDelivery => DeliveryDecided,
    RetryDelivery => DeliveryDecided,
    Identify => DocumentIdentified,
    Accept => DocumentAccepted,
    Exception => DocumentAccepted,
    Confirm => DocumentConfirmed,
    LateRelease => LateReleased,
    SendBack => DocumentSentBack,
    Discard => DocumentDiscarded,
    Assign => DocumentAssigned,
    Retry => DocumentRetried,
    AcknowledgeClock => ClockAcknowledged,
    DisposePrivateParts => PrivatePartsDisposed,
}

/// Who else signs an act.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Second {
    None,
    /// The person whom the act itself names.
    Named,
    /// Somebody independent of the first, in one of these roles.
    Needed(&'static [Role]),
    /// The same, where the first asks for it.
    Allowed(&'static [Role]),
}
