//! Signed acts: what a person decided, in a form that anybody can check later.
//!
//! An act is canonical JSON (RFC 8785) with the person's signature over `torikomi-act-v1\n` and that JSON. That object
//! goes into the journal entry. It holds ids, codes and digests: personal text (a remark, a patient's name in a correction)
//! goes into a private part, to which the act commits with a salted digest.

mod deed;

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::appointments;
use super::certificates::{self, Certificate, Signer};
use super::{PeopleError, Refused, Role, register};
use crate::config::{Config, Mode};
use crate::crypto::make::MakeError;
use crate::database::Tx;
use crate::ids::{Digest, HomeId, PersonId};
use crate::instant::Instant;
use crate::journal::{self, ActSignature, Draft};

pub use deed::{Deed, DisposalReason, Issued, PagesSeen, ReasonCode, RevocationReason, Second, SetAside};

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
    /// Who stood by when the home's own authority was opened, and signs the same bytes too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub witness: Option<PersonId>,
    /// By the clock of the one who signs.
    pub at: Instant,
    pub home: HomeId,
    /// The commitment to the private part, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub private: Option<Digest>,
}

impl Act {
    /// An act of one person.
    #[must_use]
    pub const fn new(deed: Deed, by: PersonId, at: Instant, home: HomeId) -> Self {
        Self { v: ACT_VERSION, deed, by, second: None, witness: None, at, home, private: None }
    }

    /// The same act, to be signed by a second person too.
    #[must_use]
    pub const fn with_second(mut self, second: PersonId) -> Self {
        self.second = Some(second);
        self
    }

    /// The same act, to be signed by a witness too.
    #[must_use]
    pub const fn with_witness(mut self, witness: PersonId) -> Self {
        self.witness = Some(witness);
        self
    }

    /// The same act, committed to a private part.
    #[must_use]
    pub fn with_private(mut self, private: &Private) -> Self {
        self.private = Some(private.commitment());
        self
    }

    /// Those who sign it, in order: who asks, the witness, and the second person, whose key may be new.
    pub fn signers(&self) -> impl Iterator<Item = PersonId> {
        std::iter::once(self.by).chain(self.witness).chain(self.second)
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
    pub mode: Mode,
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
            mode: config.mode,
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
    let needed = act.deed.required_roles();
    if !needed.is_empty() {
        check_role(tx, act.by, &act.deed, needed, now).await?;
    }
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
    // Who may be one, `ceremony` says.
    if act.witness.is_some() && !matches!(act.deed, Deed::Enrol(_)) {
        return Err(Refused::MalformedAct.into());
    }
    check_signatures(tx, signed, new, rules.mode, now).await
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
pub(super) async fn check_independent(
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
    mode: Mode,
    now: Instant,
) -> Result<(), PeopleError> {
    if !signed.signatures().iter().map(|signature| signature.by).eq(signed.act.signers()) {
        return Err(Refused::BadSignature.into());
    }
    for signature in signed.signatures() {
        if register::is_suspended(tx, signature.by).await? {
            let login = register::get(tx, signature.by).await?.map(|person| person.login.to_string());
            return Err(Refused::Suspended { login: login.unwrap_or_default() }.into());
        }
        let known = certificates::get(tx, signature.certificate).await?;
        let new = new.filter(|new| new.fingerprint == signature.certificate);
        let certificate = known.as_ref().or(new).ok_or(Refused::BadSignature)?;
        if !certificate.is_in_force(now) {
            return Err(Refused::BadSignature.into());
        }
        signed.check_signature(signature, certificate)?;
        let admits_evaluation = mode == Mode::Evaluation || signed.act.deed.leads_out_of_evaluation();
        if !admits_evaluation && certificate.is_for_evaluation()? {
            let person = register::get(tx, certificate.person).await?;
            let login = person.map(|person| person.login.to_string()).unwrap_or_default();
            return Err(Refused::CertificateForEvaluation { login }.into());
        }
    }
    Ok(())
}
