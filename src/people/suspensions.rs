//! Suspended people: their accounts and offices rest until an administrator has them resume.
//!
//! From its entry on a suspended person proves nobody and signs nothing. Their offices rest from the second on that the act
//! states, because a signature says in which second it was made; what was signed before stays good.

use super::acts::{self, ActRules, Deed, Private, Signed};
use super::appointments::{self, Changing};
use super::away::{Away, Why};
use super::change::{Change, Row};
use super::register::{self, Person, PersonState};
use super::succession;
use super::{PeopleError, Refused};
use crate::database::Tx;
use crate::instant::Instant;

/// Suspends somebody, or has them resume.
///
/// # Errors
/// When the act is not admitted, is about the one who acts, or changes nothing; or when nobody would be left who could have
/// anybody resume.
pub async fn change(
    tx: &mut Tx,
    signed: Signed,
    private: Option<Private>,
    rules: &ActRules,
    now: Instant,
) -> Result<Change, PeopleError> {
    acts::admit(tx, &signed, rules, now).await?;
    let (Deed::Suspend { person, from } | Deed::Resume { person, from }) = signed.act().deed else {
        return Err(Refused::MalformedAct.into());
    };
    let Some(Person { login, state, .. }) = register::get(tx, person).await? else {
        return Err(Refused::UnknownPerson { login: person.to_string() }.into());
    };
    if person == signed.act().by {
        return Err(Refused::OwnSuspension.into());
    }
    let login = login.to_string();
    let (changing, row) = match (&signed.act().deed, state) {
        (Deed::Suspend { .. }, PersonState::Active) => {
            succession::check_suspension(tx, person, now).await?;
            let away = Away { person, why: Why::Suspended, from, until: None };
            (Changing::Suspended { person }, Row::Away(away))
        }
        (Deed::Suspend { .. }, PersonState::Suspended) => return Err(Refused::Suspended { login }.into()),
        (_, PersonState::Suspended) => {
            let why = Why::Suspended;
            (Changing::Returns { person, why }, Row::Back { person, why, at: from })
        }
        (_, PersonState::Active) => return Err(Refused::NotSuspended { login }.into()),
    };
    // What was signed in office stays so: offices do not rest before the entry is there that says so.
    if from < appointments::soonest(tx, changing, now).await? {
        return Err(Refused::BackwardsAppointment.into());
    }
    Ok(Change::new(signed.into_draft(private), vec![row]))
}
