//! Signed acts: what a person decided, in a form that anybody can check later.
//!
//! An act is canonical JSON (RFC 8785) with the person's signature over `torikomi-act-v1\n` and that JSON. That object
//! goes into the journal entry. It holds ids, codes and digests: personal text (a remark, a patient's name in a correction)
//! goes into a private part, to which the act commits with a salted digest.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::appointments::{self, Appointment};
use super::certificates::{self, Certificate, Signer};
use super::sessions::Attested;
use super::{PeopleError, Refused, Role, register};
use crate::clock::ClockProblem;
use crate::config::Config;
use crate::crypto::make::MakeError;
use crate::database::Tx;
use crate::ids::{DeliveryId, Digest, DocumentId, HomeId, IncidentId, Name, PersonId, SessionId};
use crate::instant::Instant;
use crate::journal::{self, ActSignature, Draft, Kind, Subject};
use crate::judgement::ProfileRef;

/// The format of acts that this build writes and reads.
pub const ACT_VERSION: u32 = 1;

/// What somebody decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Act {
    pub v: u32,
    #[serde(flatten)]
    pub deed: Deed,
    pub by: PersonId,
    /// The second person, where the deed needs one: both sign the same bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub second: Option<PersonId>,
    /// By the clock of the one who signs.
    pub at: Instant,
    pub home: HomeId,
    /// The commitment to the private part, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<Digest>,
}

/// The acts, in the order in which a home meets them.
///
/// `state_digest` is the digest of what the person saw when deciding (identity, findings, parts): it proves that the
/// decision was about that state and no later one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "act", rename_all = "kebab-case")]
pub enum Deed {
    /// The first two people appoint each other, and vouch for the root of the home's certificates, for the certificate
    /// of its evaluation time-stamping authority, and for the profiles that are in force from the start.
    Genesis {
        root: Digest,
        #[serde(default, skip_serializing_if = "Option::is_none")]
        timestamping: Option<Digest>,
        people: Vec<PersonId>,
        appointments: Vec<Appointment>,
        certificates: Vec<Issued>,
        profiles: Vec<ProfileRef>,
    },
    /// A person gets an account; name, occupation and department are the private part.
    AddPerson {
        person: PersonId,
    },
    /// A certificate is issued for a person's own key; the person signs with that key, which proves that they have it.
    Enrol(Issued),
    /// A certificate counts no more: its own key says so, or two others do.
    Revoke {
        person: PersonId,
        certificate: Digest,
        /// What it signed from then on counts for nothing.
        since: Instant,
        why: RevocationReason,
    },
    Appoint(Appointment),
    EndAppointment {
        person: PersonId,
        role: Role,
        ends: Instant,
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
        /// It moves to a profile that asks for less, which only the manager may do.
        weaker_profile: bool,
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
    },
    /// Filed although a window has passed. Only what was unavoidable may be filed under 9.2.
    LateRelease {
        documents: Vec<DocumentId>,
        state_digest: Digest,
        reason: ReasonCode,
        /// When scanning became possible again; from there a second clock runs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        possible_again_at: Option<Instant>,
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
}

/// A certificate as the journal knows it: enough to find it, and to tell an issued one from one slipped in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Issued {
    pub person: PersonId,
    /// SHA-256 of the certificate's DER.
    pub certificate: Digest,
    pub not_before: Instant,
    pub not_after: Instant,
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
    pub const ALL: [Self; 13] = [
        Self::Readable,
        Self::PaperCondition,
        Self::AsOnPaper,
        Self::Rescan,
        Self::WrongPatient,
        Self::WrongKind,
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
            Self::Enrol(_) => "enrol",
            Self::Revoke { .. } => "revoke",
            Self::Appoint(_) => "appoint",
            Self::EndAppointment { .. } => "end-appointment",
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
        }
    }

    /// The roles of which the person needs one.
    #[must_use]
    pub const fn required_roles(&self) -> &'static [Role] {
        use Role::{Admin, InformationManager, Operator};
        match self {
            // The one act that nobody can be appointed for yet; the roles come from the act itself.
            Self::Genesis { .. } => &[],
            Self::AddPerson { .. } | Self::Appoint(_) | Self::EndAppointment { .. } => &[Admin],
            Self::Enrol(_) | Self::ApproveProfile { .. } | Self::AcknowledgeClock { .. } => {
                &[Admin, InformationManager]
            }
            // Of the own key by anybody; of another's, `enrolment::revoke` asks for more.
            Self::Revoke { .. } => &Role::ALL,
            Self::OpenSession { .. } | Self::AttestBatch { .. } => &[Operator, InformationManager],
            Self::Identify { weaker_profile: true, .. }
            | Self::Accept { .. }
            | Self::Exception { .. }
            | Self::LateRelease { .. }
            | Self::Discard { .. }
            | Self::Assign { .. }
            | Self::TakeAsIs { .. } => &[InformationManager],
            Self::Identify { weaker_profile: false, .. }
            | Self::Confirm { .. }
            | Self::SendBack { .. }
            | Self::RefuseDelivery { .. } => &[Operator, InformationManager],
            Self::Retry { .. } | Self::RetryDelivery { .. } => &[Operator, InformationManager, Admin],
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
            Self::ApproveProfile { .. } => Second::Needed(&[InformationManager]),
            // Where the profile asks for two, its reviewer insists.
            Self::Accept { .. } | Self::Exception { .. } => Second::Allowed(&[InformationManager]),
            // Nobody alone ends what another signs with.
            Self::Revoke { .. } => Second::Allowed(&[Admin, InformationManager]),
            _ => Second::None,
        }
    }

    /// What kind of entry it makes in the journal.
    #[must_use]
    pub const fn kind(&self) -> Kind {
        match self {
            Self::Genesis { .. } => Kind::HomeFounded,
            Self::AddPerson { .. } => Kind::PersonEnrolled,
            Self::Enrol(_) => Kind::CertificateIssued,
            Self::Revoke { .. } => Kind::CertificateRevoked,
            Self::Appoint(_) | Self::EndAppointment { .. } => Kind::Appointed,
            Self::ApproveProfile { .. } => Kind::ProfileAdopted,
            Self::OpenSession { .. } => Kind::SessionOpened,
            Self::AttestBatch { .. } => Kind::BatchAttested,
            Self::TakeAsIs { .. } | Self::RefuseDelivery { .. } | Self::RetryDelivery { .. } => Kind::DeliveryDecided,
            Self::Identify { .. } => Kind::DocumentIdentified,
            Self::Accept { .. } | Self::Exception { .. } => Kind::DocumentAccepted,
            Self::Confirm { .. } => Kind::DocumentConfirmed,
            Self::LateRelease { .. } => Kind::LateReleased,
            Self::SendBack { .. } => Kind::DocumentSentBack,
            Self::Discard { .. } => Kind::DocumentDiscarded,
            Self::Assign { .. } => Kind::DocumentAssigned,
            Self::Retry { .. } => Kind::DocumentRetried,
            Self::AcknowledgeClock { .. } => Kind::ClockAcknowledged,
        }
    }

    /// What it is about. An act on several documents names none here; each document has an entry of its own.
    #[must_use]
    pub fn subject(&self) -> Subject {
        let person = |person: &PersonId| Subject { person: Some(*person), ..Subject::default() };
        match self {
            Self::AddPerson { person: id }
            | Self::EndAppointment { person: id, .. }
            | Self::Revoke { person: id, .. } => person(id),
            Self::Enrol(issued) => person(&issued.person),
            Self::Appoint(appointment) => person(&appointment.person),
            Self::OpenSession { session, .. } | Self::AttestBatch { session, .. } => {
                Subject { session: Some(*session), ..Subject::default() }
            }
            Self::TakeAsIs { delivery, .. }
            | Self::RefuseDelivery { delivery, .. }
            | Self::RetryDelivery { delivery } => Subject::delivery(*delivery),
            Self::Identify { document, .. }
            | Self::Accept { document, .. }
            | Self::Exception { document, .. }
            | Self::Confirm { document, .. }
            | Self::Discard { document, .. } => Subject::document(*document),
            Self::LateRelease { documents, .. }
            | Self::SendBack { documents, .. }
            | Self::Assign { documents, .. }
            | Self::Retry { documents } => match documents.as_slice() {
                [document] => Subject::document(*document),
                _ => Subject::default(),
            },
            Self::Genesis { .. } | Self::ApproveProfile { .. } | Self::AcknowledgeClock { .. } => Subject::default(),
        }
    }
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

impl Act {
    /// An act of one person.
    #[must_use]
    pub const fn new(deed: Deed, by: PersonId, at: Instant, home: HomeId) -> Self {
        Self { v: ACT_VERSION, deed, by, second: None, at, home, private: None }
    }

    /// The same act, to be signed by a second person too.
    #[must_use]
    pub const fn with_second(mut self, second: PersonId) -> Self {
        self.second = Some(second);
        self
    }

    /// The same act, committed to a private part.
    #[must_use]
    pub fn with_private(mut self, private: &Private) -> Self {
        self.private = Some(private.commitment());
        self
    }

    /// Those who sign it, in order.
    fn signers(&self) -> impl Iterator<Item = PersonId> {
        std::iter::once(self.by).chain(self.second)
    }

    /// The bytes that are signed, but for the domain prefix, and that the journal keeps.
    ///
    /// # Errors
    /// Never for acts as they are declared: they hold nothing that JSON cannot.
    pub fn canonical(&self) -> Result<String, Refused> {
        serde_json_canonicalizer::to_string(self).map_err(|_| Refused::MalformedAct)
    }

    /// Reads an act. What is not written exactly as this build would write it is refused: a field that nobody reads, or
    /// a second spelling, would be signed without being understood.
    ///
    /// # Errors
    /// When it is no such act.
    pub fn parse(json: &str) -> Result<Self, Refused> {
        let act: Self = serde_json::from_str(json).map_err(|_| Refused::MalformedAct)?;
        if act.v == ACT_VERSION && act.canonical()? == json { Ok(act) } else { Err(Refused::MalformedAct) }
    }
}

/// Personal text that an act commits to. Lawful disposal erases it, and every proof still stands.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Private {
    /// Without it, a short text could be guessed from its digest.
    #[serde(with = "hex_salt")]
    pub salt: [u8; 32],
    pub text: String,
}

const PRIVATE_DOMAIN: &[u8] = b"torikomi-private-v1\n";

impl Private {
    /// A private part with a fresh salt.
    ///
    /// # Errors
    /// When the operating system gives no random numbers.
    pub fn new(text: String) -> Result<Self, MakeError> {
        let mut salt = [0; 32];
        getrandom::fill(&mut salt)?;
        Ok(Self { salt, text })
    }

    /// SHA-256 of a domain prefix, the salt and the text.
    #[must_use]
    pub fn commitment(&self) -> Digest {
        Digest::of(&[PRIVATE_DOMAIN, &self.salt, self.text.as_bytes()].concat())
    }
}

impl fmt::Debug for Private {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Private(…)")
    }
}

mod hex_salt {
    use serde::{Deserialize as _, Deserializer, Serializer};

    pub(super) fn serialize<S: Serializer>(salt: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&data_encoding::HEXLOWER.encode(salt))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
        let text = String::deserialize(deserializer)?;
        let bytes = data_encoding::HEXLOWER.decode(text.as_bytes()).map_err(serde::de::Error::custom)?;
        bytes.try_into().map_err(|_| serde::de::Error::custom("a salt has 32 bytes"))
    }
}

/// An act with its signatures, as the journal entry of a decision holds them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signed {
    // Private: the text is always the act's own canonical JSON.
    act: Act,
    signed: journal::SignedAct,
}

impl Signed {
    /// Signs an act with the keys of those whom it names, in that order.
    ///
    /// # Errors
    /// When a signer is another, or one is missing.
    pub fn sign(act: Act, signers: &[&Signer]) -> Result<Self, Refused> {
        if !signers.iter().map(|signer| signer.person()).eq(act.signers()) {
            return Err(Refused::BadSignature);
        }
        let text = act.canonical()?;
        let signatures = signers.iter().map(|signer| signer.sign(&text)).collect();
        Ok(Self { act, signed: journal::SignedAct { text, signatures } })
    }

    /// Reads a signed act out of a journal entry. Whether its signatures count is [`Self::check_signature`]'s question.
    ///
    /// # Errors
    /// When the text is no act.
    pub fn read(signed: journal::SignedAct) -> Result<Self, Refused> {
        Ok(Self { act: Act::parse(&signed.text)?, signed })
    }

    #[must_use]
    pub const fn act(&self) -> &Act {
        &self.act
    }

    #[must_use]
    pub fn signatures(&self) -> &[ActSignature] {
        &self.signed.signatures
    }

    /// Whether one of its signatures is by this certificate's key, over this act.
    ///
    /// # Errors
    /// When it is not.
    pub fn check_signature(&self, signature: &ActSignature, certificate: &Certificate) -> Result<(), Refused> {
        certificate.check_act(&self.signed.text, signature)
    }

    /// The entry for the journal.
    #[must_use]
    pub fn into_draft(self, private: Option<Private>) -> Draft {
        let draft = Draft::by_person(self.act.deed.kind(), self.act.by, self.act.deed.subject()).act(self.signed);
        match private.as_ref().map(serde_json::to_value) {
            Some(Ok(private)) => draft.private(private),
            // A salt and a text are always JSON.
            Some(Err(_)) | None => draft,
        }
    }
}

/// What an act is checked against besides its own words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ActRules {
    pub home: HomeId,
    /// How far the time that it states may lie from our clock.
    pub clock_skew: jiff::SignedDuration,
    /// For how long a person cannot approve the work of the one who made or renewed their account.
    pub second_person_after: jiff::SignedDuration,
}

impl ActRules {
    /// The rules of a home.
    #[must_use]
    pub fn of(home: HomeId, config: &Config) -> Self {
        Self {
            home,
            clock_skew: config.signing.act_clock_skew.as_signed(),
            second_person_after: config.people.second_person_after.as_signed(),
        }
    }
}

/// Admits a signed act: it is of this home and time, those whom it names hold the roles it needs, a second person is
/// independent of the first, and every signature is by a certificate that is theirs and valid now.
///
/// # Errors
/// With what is missing.
pub async fn admit(tx: &mut Tx, signed: &Signed, rules: &ActRules, now: Instant) -> Result<(), PeopleError> {
    admit_with(tx, signed, None, rules, now).await
}

/// [`admit`], where `new` is a certificate that the register does not know yet: an enrolment is signed with it.
pub(super) async fn admit_with(
    tx: &mut Tx,
    signed: &Signed,
    new: Option<&Certificate>,
    rules: &ActRules,
    now: Instant,
) -> Result<(), PeopleError> {
    let act = &signed.act;
    if act.home != rules.home {
        return Err(Refused::ActOfAnotherHome.into());
    }
    if act.at.since(now).abs() > rules.clock_skew {
        return Err(Refused::ActOutOfTime { stated: act.at, now }.into());
    }
    check_role(tx, act.by, &act.deed, act.deed.required_roles(), now).await?;
    match (act.second, act.deed.second()) {
        (None, Second::None | Second::Allowed(_)) | (Some(_), Second::Named) => {}
        (None, Second::Needed(roles)) => {
            let (act, roles) = (act.deed.name().to_owned(), roles.to_vec());
            return Err(Refused::SecondPersonNeeded { act, roles }.into());
        }
        // Nobody's signature is asked for nothing.
        (None, Second::Named) | (Some(_), Second::None) => return Err(Refused::MalformedAct.into()),
        (Some(second), Second::Needed(roles) | Second::Allowed(roles)) => {
            check_role(tx, second, &act.deed, roles, now).await?;
            check_independent(tx, act.by, second, rules.second_person_after, now).await?;
        }
    }
    check_signatures(tx, signed, new, now).await
}

pub(super) async fn check_role(
    tx: &mut Tx,
    person: PersonId,
    deed: &Deed,
    roles: &[Role],
    now: Instant,
) -> Result<(), PeopleError> {
    let held = appointments::roles(tx, person, now).await?;
    if roles.iter().any(|role| held.contains(role)) {
        return Ok(());
    }
    Err(Refused::NotEntitled { act: deed.name().to_owned(), roles: roles.to_vec() }.into())
}

/// Whoever made or lately renewed somebody's account could act in that person's name.
async fn check_independent(
    tx: &mut Tx,
    first: PersonId,
    second: PersonId,
    after: jiff::SignedDuration,
    now: Instant,
) -> Result<(), PeopleError> {
    if first == second {
        return Err(Refused::SamePerson.into());
    }
    let Some(person) = register::get(tx, second).await? else {
        return Err(Refused::UnknownPerson { login: second.to_string() }.into());
    };
    let made = person.created_by.filter(|by| *by == first).map(|_| person.created_at);
    let renewed = certificates::last_issued_by(tx, second, first).await?;
    if let Some(until) = made.into_iter().chain(renewed).max().map(|since| since.plus(after))
        && now < until
    {
        return Err(Refused::SecondPersonTooNew { login: person.login.to_string(), until }.into());
    }
    Ok(())
}

async fn check_signatures(
    tx: &mut Tx,
    signed: &Signed,
    new: Option<&Certificate>,
    now: Instant,
) -> Result<(), PeopleError> {
    if !signed.signatures().iter().map(|signature| signature.by).eq(signed.act.signers()) {
        return Err(Refused::BadSignature.into());
    }
    for signature in signed.signatures() {
        let known = certificates::get(tx, signature.certificate).await?;
        let new = new.filter(|new| new.fingerprint == signature.certificate);
        let certificate = known.as_ref().or(new).ok_or(Refused::BadSignature)?;
        if !certificate.is_valid_at(now) {
            return Err(Refused::BadSignature.into());
        }
        signed.check_signature(signature, certificate)?;
    }
    Ok(())
}
