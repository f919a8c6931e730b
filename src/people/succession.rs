//! Whether people are left who can appoint others, and have keys made.
//!
//! An appointment takes an administrator and a second person, and nobody appoints themselves. Where the last two go, one after
//! the other or on one day, no act brings anybody back: the home would sign nothing more for ever. Nor does one where the last
//! of them has no key any more: each new key is made with the signature of another.

use std::collections::BTreeSet;

use super::appointments::{self, Appointment};
use super::certificates::{self, Certificate};
use super::register::{self, PersonState};
use super::{PeopleError, Refused, Role};
use crate::database::Tx;
use crate::ids::{Digest, PersonId};
use crate::instant::Instant;

/// Refuses the end of an office after which nobody could be appointed any more.
///
/// An office whose end is set does not count, however far off that is: somebody would have to think of it in time. Nor does one
/// that begins after this end: in the meantime nobody could appoint. A key has to be in force, but for one of the two only, who
/// has the other's made.
pub(super) async fn check_end(
    tx: &mut Tx,
    person: PersonId,
    role: Role,
    ends: Instant,
    now: Instant,
) -> Result<(), PeopleError> {
    if !APPOINTING.contains(&role) {
        return Ok(());
    }
    let mut left = of_active(tx, now).await?;
    appointments::end_at(&mut left, person, role, ends);
    if can_appoint(tx, &left, ends, None, now).await? { Ok(()) } else { Err(Refused::NobodyLeft.into()) }
}

/// Refuses to revoke the key without which nobody could be appointed, and no key be made, any more. A lost one of two is
/// revoked, and made anew with the other.
pub(super) async fn check_revocation(tx: &mut Tx, revoked: &Certificate, now: Instant) -> Result<(), PeopleError> {
    let left = of_active(tx, now).await?;
    // Of somebody else nothing depends on it.
    let appoints = lasting(&left, &APPOINTING, now).contains(&revoked.person);
    if !appoints || can_appoint(tx, &left, now, Some(revoked.fingerprint), now).await? {
        return Ok(());
    }
    Err(Refused::LastKey.into())
}

/// Refuses to suspend somebody where nobody would be left who could have them resume, and goes on doing so: an administrator
/// with a key.
pub(super) async fn check_suspension(tx: &mut Tx, suspended: PersonId, now: Instant) -> Result<(), PeopleError> {
    let left = of_active(tx, now).await?;
    for admin in lasting(&left, &[Role::Admin], now).into_iter().filter(|admin| *admin != suspended) {
        if has_key(tx, admin, None, now).await? {
            return Ok(());
        }
    }
    Err(Refused::LastAdministrator.into())
}

/// What people are appointed to who are not suspended.
async fn of_active(tx: &mut Tx, now: Instant) -> Result<Vec<Appointment>, PeopleError> {
    let mut left = appointments::list(tx, now).await?;
    for person in register::list(tx).await?.into_iter().filter(|person| person.state == PersonState::Suspended) {
        left.retain(|held| held.person != person.id);
    }
    Ok(left)
}

/// Whether two are left at `at` who can appoint others, one of them with another key than `without`.
async fn can_appoint(
    tx: &mut Tx,
    left: &[Appointment],
    at: Instant,
    without: Option<Digest>,
    now: Instant,
) -> Result<bool, PeopleError> {
    let (first, second) = (lasting(left, &[Role::Admin], at), lasting(left, &APPOINTING, at));
    for first in &first {
        for second in second.iter().filter(|second| *second != first) {
            if has_key(tx, *first, without, now).await? || has_key(tx, *second, without, now).await? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Who holds one of these roles at an instant, with no end in sight.
fn lasting(left: &[Appointment], roles: &[Role], at: Instant) -> BTreeSet<PersonId> {
    let lasting = left.iter().filter(|held| held.until.is_none() && held.from <= at && roles.contains(&held.role));
    lasting.map(|held| held.person).collect()
}

/// Those who sign an appointment: the first is an administrator, the second is in either office.
const APPOINTING: [Role; 2] = [Role::Admin, Role::InformationManager];

async fn has_key(tx: &mut Tx, person: PersonId, without: Option<Digest>, now: Instant) -> Result<bool, PeopleError> {
    let held = certificates::of_person(tx, person).await?;
    Ok(held.iter().any(|held| held.is_in_force(now) && Some(held.fingerprint) != without))
}
