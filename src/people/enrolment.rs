//! Accounts, appointments, keys and certificates: how a person comes to be able to sign.
//!
//! Each function takes the signed act that asks for the change, admits it, and returns the change. The act and what it
//! is about must agree; what was signed is what happens.

use std::path::Path;

use jiff::SignedDuration;
use zeroize::Zeroizing;

use super::acts::{self, Act, ActRules, Deed, Issued, Private, Signed};
use super::appointments::{self, Appointment, Changing};
use super::ceremony::{self, Opening};
use super::certificates::{self, Certificate, Signer};
use super::change::{Change, Row};
use super::register::{self, NewPerson, Person, PersonState};
use super::succession;
use super::{PassphraseRule, PeopleError, Refused, Role, unlock_refused};
use crate::config::Mode;
use crate::crypto::check;
use crate::crypto::make::{EvaluationCa, KeyPair, MakeError, Passphrase, Subject, Suite, Validity, unlock};
use crate::database::{DatabaseError, Tx};
use crate::durable::Folder;
use crate::ids::{Digest, HomeId, PersonId};
use crate::instant::Instant;
use crate::judgement::ProfileRef;
use crate::ledger::decisions;
use crate::store::records;

/// A key that a person has just made: open in memory, and encrypted under the passphrase that only they know.
pub struct OwnKey {
    pub key: KeyPair,
    pub file: KeyFile,
}

/// A key as its file holds it: encrypted.
pub struct KeyFile {
    pem: Zeroizing<String>,
}

impl OwnKey {
    /// Makes a key for a person under a passphrase that they chose.
    ///
    /// # Errors
    /// When the passphrase is too weak, or the operating system gives no random numbers.
    pub fn make(
        person: &Person,
        passphrase: Zeroizing<String>,
        rule: PassphraseRule,
        suite: Suite,
    ) -> Result<Self, PeopleError> {
        refuse_weak(person, &passphrase, rule)?;
        let key = KeyPair::generate(suite)?;
        let pem = key.to_encrypted_pem(&Passphrase::new(passphrase.to_string()))?;
        Ok(Self { key, file: KeyFile { pem } })
    }

    /// Writes the key file, as [`KeyFile::save`].
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn save(&self, keys: &Path, file_name: &str) -> Result<(), PeopleError> {
        self.file.save(keys, file_name)
    }
}

/// Refuses a passphrase that is too weak for this person.
///
/// # Errors
/// With everything that is weak about it.
pub fn refuse_weak(person: &Person, passphrase: &str, rule: PassphraseRule) -> Result<(), Refused> {
    let weaknesses = rule.weaknesses(passphrase, &person.names());
    if weaknesses.is_empty() { Ok(()) } else { Err(Refused::WeakPassphrase { weaknesses }) }
}

impl KeyFile {
    /// A key that its owner has just made, in encrypted PEM.
    #[must_use]
    pub fn made(pem: &str) -> Self {
        Self { pem: Zeroizing::new(pem.to_owned()) }
    }

    /// The key, opened with its owner's passphrase.
    ///
    /// # Errors
    /// When the passphrase is another, or it is no key as ours are.
    pub fn open(&self, person: &Person, passphrase: &Passphrase) -> Result<KeyPair, Refused> {
        unlock(&self.pem, passphrase).map_err(|error| unlock_refused(person.login.as_str(), &error))
    }

    /// A key that waits for its certificate.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn read(keys: &Path, file_name: &str) -> Result<Self, PeopleError> {
        let path = keys.join(file_name);
        let pem = certificates::read_key(&path).map_err(|error| PeopleError::Io { path, error })?;
        Ok(Self { pem })
    }

    /// Writes the key file, under the name that its certificate gives it. An import that was cut off finds it there.
    ///
    /// # Errors
    /// When the disk does not take it, or another is there.
    pub fn save(&self, keys: &Path, file_name: &str) -> Result<(), PeopleError> {
        Folder::open(keys)?.create_or_same(file_name, self.pem.as_bytes())?;
        Ok(())
    }
}

/// Has the home's own authority issue a certificate for a person's key. Its ceremony needs the authority's passphrase.
///
/// # Errors
/// When the certificate cannot be made.
pub fn issue(
    authority: &EvaluationCa,
    person: &Person,
    key: &KeyPair,
    organization: &str,
    validity: Validity,
    now: Instant,
) -> Result<Certificate, PeopleError> {
    let der = authority.issue_operator(&key.public_key()?, &subject(person, organization), validity)?;
    certified(person, der, key.suite(), now)
}

/// A certificate of the home's own authority, as the register will hold it.
///
/// # Errors
/// When its bytes cannot be read.
pub fn certified(person: &Person, der: Vec<u8>, suite: Suite, now: Instant) -> Result<Certificate, PeopleError> {
    // Certificates count whole seconds: what the register and the act say is what the certificate itself says.
    let issued = check::Certificate::read(&der).map_err(|error| MakeError::Certificate(error.to_string()))?;
    let fingerprint = Digest::of(&der);
    let key_file = certificates::key_file(&person.login, &fingerprint);
    Ok(Certificate {
        fingerprint,
        person: person.id,
        der,
        issuers: Vec::new(),
        suite,
        key_file,
        not_before: issued.not_before,
        not_after: issued.not_after,
        revoked_at: None,
        stopped_by: None,
        issued_by: None,
        issued_at: now,
    })
}

/// A person as certificates name them.
#[must_use]
pub fn subject(person: &Person, organization: &str) -> Subject {
    Subject {
        common_name: person.name.clone(),
        organization: organization.to_owned(),
        organizational_unit: Some(person.department.clone()),
    }
}

impl Certificate {
    /// The certificate as acts name it.
    #[must_use]
    pub fn issued(&self) -> Issued {
        Issued {
            person: self.person,
            certificate: self.fingerprint,
            not_before: self.not_before,
            not_after: self.not_after,
            issuers: self.issuers.iter().map(|issuer| Digest::of(issuer)).collect(),
        }
    }
}

/// The act that gives somebody an account, and its private part: the name and what else is personal.
///
/// # Errors
/// When the operating system gives no random numbers.
pub fn add_person_act(person: &Person, by: &Signer, now: Instant, home: HomeId) -> Result<(Act, Private), PeopleError> {
    let private = private_part(std::slice::from_ref(person))?;
    let act = Act::new(Deed::AddPerson { person: person.id }, by.person(), now, home).with_private(&private);
    Ok((act, private))
}

/// Gives somebody an account.
///
/// # Errors
/// When the act is not admitted, says something else, or the login is taken.
pub async fn add_person(
    tx: &mut Tx,
    signed: Signed,
    person: Person,
    private: Private,
    rules: &ActRules,
    now: Instant,
) -> Result<Change, PeopleError> {
    acts::admit(tx, &signed, rules, now).await?;
    let agrees = matches!(signed.act().deed, Deed::AddPerson { person: id } if id == person.id)
        && signed.act().private == Some(private.commitment())
        && person.created_by == Some(signed.act().by);
    if !agrees {
        return Err(Refused::MalformedAct.into());
    }
    register::refuse_taken(tx, &person.login).await?;
    Ok(Change::new(signed.into_draft(Some(private)), vec![Row::Person(person)]))
}

/// The act by which a person is called otherwise from now on, and its private part: what they are called.
///
/// # Errors
/// When the operating system gives no random numbers.
pub fn rename_act(person: &Person, by: &Signer, now: Instant, home: HomeId) -> Result<(Act, Private), PeopleError> {
    let private = private_part(std::slice::from_ref(person))?;
    let act = Act::new(Deed::ChangePerson { person: person.id }, by.person(), now, home).with_private(&private);
    Ok((act, private))
}

/// Enters what a person is called from now on. Records keep what they were filed with.
///
/// # Errors
/// When the act is not admitted or says something else, or there is no such person.
pub async fn rename(
    tx: &mut Tx,
    signed: Signed,
    person: Person,
    private: Private,
    rules: &ActRules,
    now: Instant,
) -> Result<Change, PeopleError> {
    acts::admit(tx, &signed, rules, now).await?;
    let known = register::get(tx, person.id).await?;
    let agrees = signed.act().deed == Deed::ChangePerson { person: person.id }
        && signed.act().private == Some(private.commitment())
        && known.is_some_and(|known| known.login == person.login);
    if !agrees {
        return Err(Refused::MalformedAct.into());
    }
    Ok(Change::new(signed.into_draft(Some(private)), vec![Row::Renamed(person)]))
}

/// Enters a certificate that was issued for a person. `ending` is one that its owner is about to revoke.
///
/// # Errors
/// When the act is not admitted, or says something else.
pub async fn enrol(
    tx: &mut Tx,
    signed: Signed,
    certificate: Certificate,
    ending: Option<Digest>,
    rules: &ActRules,
    now: Instant,
) -> Result<Change, PeopleError> {
    if rules.mode == Mode::Production && certificate.is_for_evaluation()? {
        return Err(Refused::EvaluationAuthorityShut.into());
    }
    acts::admit_with(tx, &signed, Some(&certificate), rules, now).await?;
    // The last signature is the new key's own.
    let own = signed.signatures().last().is_some_and(|signature| signature.certificate == certificate.fingerprint);
    if signed.act().deed != Deed::Enrol(certificate.issued()) || signed.act().second != Some(certificate.person) || !own
    {
        return Err(Refused::MalformedAct.into());
    }
    // An outside authority looks itself for whose key it certifies: whoever brings its answer could not have had another made,
    // and nothing was opened for it here that would need a witness.
    let by_own_authority = certificate.is_for_evaluation()?;
    let opening = Opening { by: signed.act().by, witness: signed.act().witness, owner: certificate.person };
    if by_own_authority {
        check_opening(tx, opening, ending, rules, now).await?;
    } else if opening.witness.is_some() {
        return Err(Refused::MalformedAct.into());
    } else {
        check_new_key(tx, opening, ending, now).await?;
    }
    let issued_by = by_own_authority.then_some(signed.act().by);
    let certificate = Certificate { issued_by, ..certificate };
    Ok(Change::new(signed.into_draft(None), vec![Row::Certificate(certificate)]))
}

/// Whether these may have the home's own authority certify a key. `ending` is one that its owner is about to revoke.
///
/// # Errors
/// With what stands in the way.
pub async fn check_opening(
    tx: &mut Tx,
    opening: Opening,
    ending: Option<Digest>,
    rules: &ActRules,
    now: Instant,
) -> Result<(), PeopleError> {
    check_new_key(tx, opening, ending, now).await?;
    ceremony::check(tx, opening, rules, now).await
}

/// Whether somebody may get a key, whoever certifies it.
async fn check_new_key(
    tx: &mut Tx,
    Opening { by, owner, .. }: Opening,
    ending: Option<Digest>,
    now: Instant,
) -> Result<(), PeopleError> {
    if by == owner {
        return Err(Refused::SamePerson.into());
    }
    // Whoever holds the authority's passphrase could otherwise make a second key for somebody, and sign as them.
    let stays = |held: &Certificate| held.is_unspent(now) && Some(held.fingerprint) != ending;
    if certificates::of_person(tx, owner).await?.iter().any(stays) {
        let person = register::get(tx, owner).await?;
        let login = person.map(|person| person.login.to_string()).unwrap_or_default();
        return Err(Refused::KeyInForce { login }.into());
    }
    replaced_by_another(tx, owner, by, now).await
}

/// Whoever stopped somebody's key alone does not have the next one made too, or one person could take another's place. Nor does
/// anybody alone who waited until it ended by itself: its owner may be away and know of nothing. Where nobody else could, it has
/// to be: the two of a home would else be stuck for ever once one of them lost a key.
async fn replaced_by_another(tx: &mut Tx, owner: PersonId, by: PersonId, now: Instant) -> Result<(), PeopleError> {
    let Some(last) = certificates::of_person(tx, owner).await?.into_iter().next() else { return Ok(()) };
    let ended_by_itself = last.revoked_at.is_none() && last.not_after < now;
    if !ended_by_itself && last.stopped_by != Some(by) {
        return Ok(());
    }
    let others = register::list(tx).await?.into_iter().filter(|other| other.id != owner && other.id != by);
    for other in others.filter(|other| other.state == PersonState::Active) {
        let roles = appointments::roles(tx, other.id, now).await?;
        let keys = certificates::of_person(tx, other.id).await?;
        if ENDS_ANOTHERS.iter().any(|role| roles.contains(role)) && keys.iter().any(|key| key.is_in_force(now)) {
            let login = register::get(tx, owner).await?.map(|owner| owner.login.to_string()).unwrap_or_default();
            let refused =
                if ended_by_itself { Refused::EndedByItself { login } } else { Refused::StoppedByYou { login } };
            return Err(refused.into());
        }
    }
    Ok(())
}

/// The roles in which one ends somebody else's key.
const ENDS_ANOTHERS: [Role; 2] = [Role::Admin, Role::InformationManager];

/// The certificate that a revocation is about: the one in force, or else the last one that nobody has revoked; or the one that
/// was in force at `since`.
///
/// # Errors
/// When there is none, or `since` is still to come.
pub async fn to_revoke(
    tx: &mut Tx,
    person: &Person,
    since: Option<Instant>,
    now: Instant,
) -> Result<Certificate, PeopleError> {
    let login = || person.login.to_string();
    if let Some(since) = since.filter(|since| *since > now) {
        return Err(Refused::RevocationToCome { since }.into());
    }
    let held = certificates::of_person(tx, person.id).await?;
    let newest = held.first().cloned().ok_or_else(|| Refused::NoCertificate { login: login() })?;
    let found = match since {
        None => {
            let in_force = held.iter().find(|held| held.is_in_force(now)).cloned();
            in_force.or_else(|| held.into_iter().find(|held| held.revoked_at.is_none()))
        }
        Some(since) => held.into_iter().find(|held| held.is_valid_at(since)),
    };
    let at = since.unwrap_or(now);
    Ok(found.ok_or(match newest.revoked_at {
        _ if at < newest.not_before => Refused::RevocationTooEarly { since: newest.not_before },
        Some(since) => Refused::RevokedBefore { since },
        None => Refused::CertificateNotValid { login: login(), not_after: newest.not_after },
    })?)
}

/// From when on a key counts no more that is revoked from now on: after everything that was proven to be signed with it, by
/// whatever clock; and where it has yet to begin, from its beginning on.
///
/// # Errors
/// When the database fails.
pub async fn from_now_on(tx: &mut Tx, certificate: &Certificate, now: Instant) -> Result<Instant, DatabaseError> {
    let proven = records::newest_proof_by(tx, certificate.person).await?;
    let decided = decisions::newest_with(tx, certificate.fingerprint).await?;
    let after = proven.max(decided).map(|newest| newest.plus(SignedDuration::from_micros(1)));
    Ok(after.map_or(now, |after| after.max(now)).max(certificate.not_before))
}

/// What comes after a key that is revoked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The same transaction enters the key that takes its place.
    AtOnce,
    /// Nobody knows yet.
    Open,
}

/// Revokes a certificate: one person, its owner or somebody else, from now on; or two others, of whom neither is the owner,
/// from when they say, and from earlier than it was revoked before. The last key by which another could be made stays.
///
/// # Errors
/// When the act is not admitted, or names a certificate that the person does not hold.
pub async fn revoke(
    tx: &mut Tx,
    signed: Signed,
    next: Next,
    rules: &ActRules,
    now: Instant,
) -> Result<Change, PeopleError> {
    acts::admit(tx, &signed, rules, now).await?;
    let act = signed.act();
    let Deed::Revoke { person, certificate, since, .. } = act.deed else { return Err(Refused::MalformedAct.into()) };
    let held = certificates::get(tx, certificate).await?.filter(|held| held.person == person);
    let held = held.ok_or(Refused::MalformedAct)?;
    if since < held.not_before {
        return Err(Refused::RevocationTooEarly { since: held.not_before }.into());
    }
    if let Some(before) = held.revoked_at.filter(|before| *before <= since) {
        return Err(Refused::RevokedBefore { since: before }.into());
    }
    let from_now_on = from_now_on(tx, &held, now).await?;
    // What is still to come cannot be undone today.
    if since > from_now_on {
        return Err(Refused::RevocationToCome { since }.into());
    }
    match act.second {
        // Alone, nobody undoes what was signed before, be it their own or another's.
        None if since < from_now_on => return Err(Refused::RevocationOfPast { since }.into()),
        None if act.by == person => {}
        Some(second) if act.by == person || second == person => return Err(Refused::SamePerson.into()),
        None | Some(_) => acts::check_role(tx, act.by, &act.deed, &ENDS_ANOTHERS, now).await?,
    }
    if next == Next::Open && held.is_in_force(now) {
        succession::check_revocation(tx, &held, now).await?;
    }
    let stopped_by = Some(act.by).filter(|by| *by != person && act.second.is_none());
    Ok(Change::new(signed.into_draft(None), vec![Row::CertificateRevoked { certificate, since, stopped_by }]))
}

/// Appoints somebody, or ends an appointment.
///
/// # Errors
/// When the act is not admitted or appoints nobody, or contradicts an appointment that holds.
pub async fn appoint(tx: &mut Tx, signed: Signed, rules: &ActRules, now: Instant) -> Result<Change, PeopleError> {
    acts::admit(tx, &signed, rules, now).await?;
    let row = match &signed.act().deed {
        Deed::Appoint(appointment) => {
            let Some(person) = register::get(tx, appointment.person).await? else {
                return Err(Refused::UnknownPerson { login: appointment.person.to_string() }.into());
            };
            if appointment.person == signed.act().by || signed.act().second == Some(appointment.person) {
                return Err(Refused::OwnAppointment.into());
            }
            appointments::check(tx, appointment, person.login.as_str()).await?;
            Row::Appointment(appointment.clone())
        }
        Deed::EndAppointment { person, role, ends } => {
            // What was done in a role stays done in it: an appointment does not end before its entry is there.
            let changing = Changing::Ends { person: *person, role: *role };
            if *ends < appointments::soonest(tx, changing, now).await? {
                return Err(Refused::BackwardsAppointment.into());
            }
            succession::check_end(tx, *person, *role, *ends, now).await?;
            Row::AppointmentEnds { person: *person, role: *role, at: *ends }
        }
        _ => return Err(Refused::MalformedAct.into()),
    };
    Ok(Change::new(signed.into_draft(None), vec![row]))
}

/// One of the first two people of a home.
pub struct Founder {
    pub person: Person,
    pub role: Role,
    pub certificate: Certificate,
}

/// What the first two people vouch for besides each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foundation {
    pub mode: Mode,
    /// SHA-256 of the root certificate's DER.
    pub root: Digest,
    pub timestamping: Option<Digest>,
    /// The profiles that are in force from the start.
    pub profiles: Vec<ProfileRef>,
    /// The calendar that is in use from the start.
    pub calendar: Digest,
}

/// The act by which the first two people, an administrator and a manager, appoint each other, and its private part.
///
/// # Errors
/// When the operating system gives no random numbers.
pub fn genesis_act(
    founders: &[Founder; 2],
    foundation: Foundation,
    now: Instant,
    home: HomeId,
) -> Result<(Act, Private), PeopleError> {
    let [first, second] = founders;
    let private = private_part(&[first.person.clone(), second.person.clone()])?;
    let deed = Deed::Genesis {
        mode: foundation.mode,
        root: foundation.root,
        timestamping: foundation.timestamping,
        profiles: foundation.profiles,
        calendar: foundation.calendar,
        people: founders.iter().map(|founder| founder.person.id).collect(),
        appointments: first_appointments(founders, now),
        certificates: founders.iter().map(|founder| founder.certificate.issued()).collect(),
    };
    let act = Act::new(deed, first.person.id, now, home).with_second(second.person.id).with_private(&private);
    Ok((act, private))
}

/// Enters the first two people of a home. Nobody could have been appointed before, so their own two signatures, by the
/// certificates that the act names, are what there is to check.
///
/// # Errors
/// When somebody is registered already, the two are one, or a signature is not valid.
pub async fn genesis(
    tx: &mut Tx,
    signed: Signed,
    founders: [Founder; 2],
    private: Private,
) -> Result<Change, PeopleError> {
    let [first, second] = &founders;
    if !register::list(tx).await?.is_empty() {
        return Err(Refused::LoginTaken { login: first.person.login.to_string() }.into());
    }
    if first.person.login == second.person.login || first.person.id == second.person.id {
        return Err(Refused::SamePerson.into());
    }
    let Deed::Genesis { people, appointments, certificates, .. } = &signed.act().deed else {
        return Err(Refused::MalformedAct.into());
    };
    let agrees = people.iter().eq(founders.iter().map(|founder| &founder.person.id))
        && *certificates == [first.certificate.issued(), second.certificate.issued()]
        && *appointments == first_appointments(&founders, signed.act().at)
        && (first.role, second.role) == (Role::Admin, Role::InformationManager)
        && signed.act().private == Some(private.commitment());
    if !agrees {
        return Err(Refused::MalformedAct.into());
    }
    let [by_first, by_second] = signed.signatures() else { return Err(Refused::BadSignature.into()) };
    signed.check_signature(by_first, &first.certificate)?;
    signed.check_signature(by_second, &second.certificate)?;
    let mut rows: Vec<Row> = appointments.iter().cloned().map(Row::Appointment).collect();
    for founder in founders {
        // A person stands before whatever names them.
        rows.insert(0, Row::Person(founder.person));
        rows.push(Row::Certificate(founder.certificate));
    }
    Ok(Change::new(signed.into_draft(Some(private)), rows))
}

/// From the second on in which a home is founded: nothing was signed in it before, and its founders sign at once.
fn first_appointments(founders: &[Founder; 2], founded_at: Instant) -> Vec<Appointment> {
    let from = founded_at.cut_to_second();
    founders
        .iter()
        .map(|founder| Appointment { person: founder.person.id, role: founder.role, rank: 1, from, until: None })
        .collect()
}

/// What an entry must not say in the open: who the people behind the ids are.
fn private_part(people: &[Person]) -> Result<Private, PeopleError> {
    let said: Vec<_> = people
        .iter()
        .map(|person| NewPerson {
            login: person.login.to_string(),
            name: person.name.clone(),
            kana: person.kana.clone(),
            occupation: person.occupation.clone(),
            department: person.department.clone(),
        })
        .collect();
    let text = serde_json_canonicalizer::to_string(&said).map_err(|_| Refused::MalformedAct)?;
    Ok(Private::new(text)?)
}
