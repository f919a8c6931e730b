//! The ceremony of two: who is there when the home's own authority is opened.
//!
//! Its key has a passphrase of its own, and whoever knows that could certify a key of their own making in anybody's name. So
//! what it issues counts only where two people of the home signed for it with keys of theirs: who asked, and a witness. Where
//! nobody else is there who could be one, the owner of the new key is the second, if in office; or else the two founders could
//! not renew each other's keys. Writer and verifier ask the same function for that.

use jiff::SignedDuration;

use super::acts::{self, Act, ActRules, Issued};
use super::appointments::{self, Appointment};
use super::certificates;
use super::register::{self, Person, PersonState};
use super::{PeopleError, Refused, Role};
use crate::database::Tx;
use crate::ids::PersonId;
use crate::instant::Instant;

/// In which offices one stands by: in those in which one could have asked.
pub const OFFICES: [Role; 2] = [Role::Admin, Role::InformationManager];

/// For how long somebody still counts as there whose office or key has ended. Whoever could take them away in the morning would
/// be one of the last two at noon.
const STILL_THERE: SignedDuration = SignedDuration::from_hours(24);

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

impl Opening {
    /// As an act has it.
    pub(super) fn of(act: &Act, owner: PersonId) -> Self {
        Self { by: act.by, witness: act.witness, owner }
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
