//! The ceremony of two: who is there when the home's own authority is opened.
//!
//! Its key has a passphrase of its own, and whoever knows that could certify a key of their own making in anybody's name. So
//! what it issues counts only where two people of the home signed for it with keys of theirs: who asked, and a witness. Where
//! nobody else is there who could be one, the owner of the new key is the second, if in office; or else the two founders could
//! not renew each other's keys. Writer and verifier ask the same function for that.

use jiff::SignedDuration;

use super::acts::{self, ActRules, Issued};
use super::appointments::{self, Appointment};
use super::certificates;
use super::importing::{self, Unfit};
use super::register::{self, Person, PersonState};
use super::{PeopleError, Refused, Role};
use crate::crypto::check::{self, Anchors, Purpose};
use crate::crypto::make::{Subject, Validity};
use crate::database::Tx;
use crate::ids::PersonId;
use crate::instant::Instant;

/// In which offices one stands by: in those in which one could have asked.
pub const OFFICES: [Role; 2] = [Role::Admin, Role::InformationManager];

/// For how long somebody still counts as there whose office or key has ended. Whoever could take them away in the morning would
/// be one of the last two at noon.
const STILL_THERE: SignedDuration = SignedDuration::from_hours(24);

/// How long it may take from what was shown until all have typed.
const LONGEST_CEREMONY: SignedDuration = SignedDuration::from_hours(1);

/// Somebody's key, and when it counts.
#[derive(Clone, Copy, Debug)]
pub struct HeldKey {
    person: PersonId,
    from: Instant,
    until: Instant,
}

impl HeldKey {
    #[must_use]
    pub fn new(issued: &Issued, revoked_at: Option<Instant>) -> Self {
        let until = revoked_at.map_or(issued.not_after, |revoked| revoked.min(issued.not_after));
        Self { person: issued.person, from: issued.not_before, until }
    }
}

/// Whether the owner of the new key is the second person beside `by`: one of the last two of the home.
///
/// Everybody else in office with a key is another, be they suspended, absent or a substitute, today or until yesterday: that
/// they cannot stand by just now may be the doing of the one who asks.
#[must_use]
pub fn owner_is_the_second(
    by: PersonId,
    owner: PersonId,
    appointments: &[Appointment],
    keys: impl IntoIterator<Item = HeldKey>,
    at: Instant,
) -> bool {
    let lately = at.plus(-STILL_THERE);
    let in_office = |person: PersonId, since: Instant| {
        let mut theirs = appointments.iter().filter(|held| held.person == person && OFFICES.contains(&held.role));
        // One that was taken back held at no time.
        theirs.any(|held| {
            held.from <= at && held.until != Some(held.from) && held.until.is_none_or(|until| since < until)
        })
    };
    let others = || keys.into_iter().filter(|key| key.person != by && key.person != owner);
    in_office(owner, at) && !others().any(|key| key.from <= at && lately <= key.until && in_office(key.person, lately))
}

/// Refuses an opening of the authority that is not by two.
///
/// # Errors
/// With those who could stand by.
pub async fn check(tx: &mut Tx, opening: Opening, rules: &ActRules, now: Instant) -> Result<(), PeopleError> {
    let Opening { by, witness, owner } = opening;
    let alone = are_the_last_two(tx, by, owner, now).await?;
    match witness {
        None if alone => Ok(()),
        Some(_) if alone => {
            let login = register::get(tx, owner).await?.map(|owner| owner.login.to_string());
            Err(Refused::OwnerIsTheSecond { login: login.unwrap_or_default() }.into())
        }
        Some(witness) if witness != by && witness != owner && in_office(tx, witness, now).await? => {
            acts::check_independent(tx, by, witness, rules.second_person_after, now).await
        }
        _ => {
            let mut who = Vec::new();
            for person in register::list(tx).await?.into_iter().filter(|person| person.id != by && person.id != owner) {
                if could(tx, by, &person, rules, now).await? {
                    who.push(person.login.to_string());
                }
            }
            Err(if who.is_empty() { Refused::NobodyToWitness } else { Refused::WitnessNeeded { who } }.into())
        }
    }
}

/// Who opens the authority, and for whose key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opening {
    pub by: PersonId,
    pub witness: Option<PersonId>,
    pub owner: PersonId,
}

/// Refuses somebody who asks and holds no office in which one does.
///
/// # Errors
/// With the offices.
pub async fn check_asking(tx: &mut Tx, by: PersonId, now: Instant) -> Result<(), PeopleError> {
    if in_office(tx, by, now).await? {
        return Ok(());
    }
    Err(Refused::NotEntitled { act: "enrol".into(), roles: OFFICES.to_vec() }.into())
}

/// Refuses a certificate that is not what those who held the ceremony were shown: of the home's own authority, for evaluation as
/// all of its are, for this person, and for no longer.
///
/// # Errors
/// With what makes it another.
pub fn as_planned(
    certificate: &check::Certificate,
    subject: &Subject,
    validity: Validity,
    root: &check::Certificate,
    now: Instant,
) -> Result<(), Unfit> {
    let anchors = Anchors::new(std::slice::from_ref(&root.der))
        .map_err(|error| Unfit::Otherwise { detail: error.to_string() })?;
    check::chain(certificate, &[], &anchors, Purpose::Signing, now).map_err(importing::unfit)?;
    let found = &certificate.subject;
    let is_theirs = found.common_name.as_ref() == Some(&subject.common_name)
        && found.organization.as_ref() == Some(&subject.organization)
        && found.organizational_unit == subject.organizational_unit;
    let in_time = validity.not_before.plus(-LONGEST_CEREMONY) <= certificate.not_before
        && certificate.not_after <= validity.not_after;
    if certificate.may_sign() && certificate.is_evaluation() && is_theirs && in_time {
        Ok(())
    } else {
        Err(Unfit::NotAsPlanned)
    }
}

async fn are_the_last_two(tx: &mut Tx, by: PersonId, owner: PersonId, now: Instant) -> Result<bool, PeopleError> {
    let lately = now.plus(-STILL_THERE);
    let appointments = appointments::list(tx, lately).await?;
    let mut keys = Vec::new();
    for person in register::list(tx).await? {
        let held = certificates::of_person(tx, person.id).await?;
        keys.extend(held.iter().map(|held| HeldKey::new(&held.issued(), held.revoked_at)));
    }
    Ok(owner_is_the_second(by, owner, &appointments, keys, now))
}

/// Whether somebody could stand by now.
async fn could(
    tx: &mut Tx,
    by: PersonId,
    person: &Person,
    rules: &ActRules,
    now: Instant,
) -> Result<bool, PeopleError> {
    let keys = certificates::of_person(tx, person.id).await?;
    let there = person.state == PersonState::Active && keys.iter().any(|key| key.is_in_force(now));
    if !there || !in_office(tx, person.id, now).await? {
        return Ok(false);
    }
    match acts::check_independent(tx, by, person.id, rules.second_person_after, now).await {
        Err(PeopleError::Refused(_)) => Ok(false),
        checked => checked.map(|()| true),
    }
}

async fn in_office(tx: &mut Tx, person: PersonId, now: Instant) -> Result<bool, PeopleError> {
    let held = appointments::roles(tx, person, now).await?;
    Ok(OFFICES.iter().any(|role| held.contains(role)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::make::{EvaluationCa, KeyPair, Suite};

    fn hours(hours: i64) -> Instant {
        Instant::from_microseconds(1_795_000_000_000_000).unwrap().plus(SignedDuration::from_hours(hours))
    }

    fn authority() -> EvaluationCa {
        let name =
            Subject { common_name: "評価用".into(), organization: "見本病院".into(), organizational_unit: None };
        EvaluationCa::create(&name, Validity { not_before: hours(-100), not_after: hours(9000) }).unwrap()
    }

    #[test]
    fn what_is_issued_is_what_was_shown() {
        let ca = authority();
        let root = check::Certificate::read(ca.certificate()).unwrap();
        let shown = Subject {
            common_name: "見本 太郎".into(),
            organization: "見本病院".into(),
            organizational_unit: Some("医事課".into()),
        };
        let validity = Validity { not_before: hours(0), not_after: hours(1000) };
        let key = KeyPair::generate(Suite::Ed25519).unwrap().public_key().unwrap();
        let judge = |ca: &EvaluationCa, subject: &Subject, from: Instant, until: Instant| {
            let der = ca.issue_operator(&key, subject, Validity { not_before: from, not_after: until }).unwrap();
            as_planned(&check::Certificate::read(&der).unwrap(), &shown, validity, &root, hours(0))
        };
        assert_eq!(judge(&ca, &shown, hours(0), hours(1000)), Ok(()));
        // It may take an hour to type.
        assert_eq!(judge(&ca, &shown, hours(-1), hours(999)), Ok(()));
        let not_as_planned = Err(Unfit::NotAsPlanned);
        assert_eq!(judge(&ca, &shown, hours(-2), hours(1000)), not_as_planned);
        assert_eq!(judge(&ca, &shown, hours(0), hours(1001)), not_as_planned);
        let otherwise: [fn(&mut Subject); 4] = [
            |subject| subject.common_name = "見本 次郎".into(),
            |subject| subject.organization = "架空病院".into(),
            |subject| subject.organizational_unit = Some("薬剤部".into()),
            |subject| subject.organizational_unit = None,
        ];
        for change in otherwise {
            let mut another = shown.clone();
            change(&mut another);
            assert_eq!(judge(&ca, &another, hours(0), hours(1000)), not_as_planned);
        }
        // Of the same name, with another key.
        assert_eq!(judge(&authority(), &shown, hours(0), hours(1000)), Err(Unfit::Signature));
        let of_an_authority = as_planned(&root, &shown, validity, &root, hours(0));
        assert!(of_an_authority.is_err(), "{of_an_authority:?}");
    }
}
