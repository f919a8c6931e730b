//! Whether people are left who can appoint others.
//!
//! An appointment takes an administrator and a second person, and nobody appoints themselves. Where the last two go, one after
//! the other or on one day, no act brings anybody back: the home would sign nothing more for ever.

use std::collections::BTreeSet;

use super::appointments;
use super::{PeopleError, Refused, Role, certificates};
use crate::database::Tx;
use crate::ids::PersonId;
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
    let mut left = appointments::list(tx, now).await?;
    appointments::end_at(&mut left, person, role, ends);
    let holders = |roles: &[Role]| -> BTreeSet<PersonId> {
        let lasting =
            left.iter().filter(|held| held.until.is_none() && held.from <= ends && roles.contains(&held.role));
        lasting.map(|held| held.person).collect()
    };
    let (first, second) = (holders(&[Role::Admin]), holders(&APPOINTING));
    for first in &first {
        for second in second.iter().filter(|second| *second != first) {
            if has_key(tx, *first, now).await? || has_key(tx, *second, now).await? {
                return Ok(());
            }
        }
    }
    Err(Refused::NobodyLeft.into())
}

/// Those who sign an appointment: the first is an administrator, the second is in either office.
const APPOINTING: [Role; 2] = [Role::Admin, Role::InformationManager];

async fn has_key(tx: &mut Tx, person: PersonId, now: Instant) -> Result<bool, PeopleError> {
    Ok(certificates::of_person(tx, person).await?.iter().any(|held| held.is_in_force(now)))
}
