//! Information managers who are said to be absent for a time, so that the next in rank acts.

use super::acts::{self, ActRules, Deed, Signed};
use super::appointments::{self, Changing};
use super::away::{Away, Why};
use super::change::{Change, Row};
use super::{PeopleError, Refused, Role};
use crate::database::{DatabaseError, Tx};
use crate::ids::PersonId;
use crate::instant::Instant;

/// Enters that an information manager is absent, or is back: by their own word, or an administrator's.
///
/// # Errors
/// When the act is not admitted, begins or ends in the past, or is about somebody who is no information manager.
pub async fn change(tx: &mut Tx, signed: Signed, rules: &ActRules, now: Instant) -> Result<Change, PeopleError> {
    acts::admit(tx, &signed, rules, now).await?;
    let act = signed.act();
    let (person, changing, from, row) = match act.deed {
        Deed::Absent { person, from, until } => {
            if until.is_some_and(|until| until <= from) {
                return Err(Refused::BackwardsAppointment.into());
            }
            let away = Away { person, why: Why::Absent, from, until };
            (person, Changing::Absent { person }, from, Row::Away(away))
        }
        Deed::Back { person, from } => {
            let row = Row::Back { person, why: Why::Absent, at: from };
            (person, Changing::Returns { person, why: Why::Absent }, from, row)
        }
        _ => return Err(Refused::MalformedAct.into()),
    };
    if act.by != person {
        acts::check_role(tx, act.by, &act.deed, &[Role::Admin], now).await?;
    }
    if !is_manager(tx, person, now).await? {
        return Err(Refused::NoManager.into());
    }
    // Whoever answered for a signature was there.
    if from < appointments::soonest(tx, changing, now).await? {
        return Err(Refused::BackwardsAppointment.into());
    }
    Ok(Change::new(signed.into_draft(None), vec![row]))
}

/// Whether somebody is appointed as information manager, in whatever rank, now or to come.
async fn is_manager(tx: &mut Tx, person: PersonId, now: Instant) -> Result<bool, DatabaseError> {
    let held = appointments::list(tx, now).await?;
    Ok(held.iter().any(|held| held.person == person && held.role == Role::InformationManager))
}
