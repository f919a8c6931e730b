//! Offices that had been ended after the backup: by the restored register they are held again, and whoever holds one acts in it
//! until somebody ends it anew.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::database::{DatabaseError, Tx};
use crate::ids::{Name, PersonId};
use crate::instant::Instant;
use crate::journal::{Entry, Kind};
use crate::people::acts::{Act, Deed};
use crate::people::{Role, appointments, register};

/// An office in which somebody acts again, because what had kept them from it is lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ResumedOffice {
    pub person: PersonId,
    pub login: Name,
    pub role: Role,
    /// From when on it had ended; for an absence, from when on that had been said.
    pub since: Instant,
    /// It had not ended: the information manager was said to be absent.
    pub is_absence: bool,
}

/// What was ended, as the entries that are lost tell in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ended {
    offices: BTreeMap<(PersonId, Role), Instant>,
    absent: BTreeMap<PersonId, Instant>,
}

impl Ended {
    pub(super) fn entry(&mut self, entry: &Entry) {
        if !matches!(entry.kind, Kind::Appointed | Kind::ManagerAbsent | Kind::ManagerBack) {
            return;
        }
        let Some(act) = entry.act.as_ref().and_then(|act| Act::parse(&act.text).ok()) else { return };
        match act.deed {
            Deed::EndAppointment { person, role, ends } => drop(self.offices.insert((person, role), ends)),
            Deed::Appoint(held) => drop(self.offices.remove(&(held.person, held.role))),
            Deed::Absent { person, from, .. } => drop(self.absent.insert(person, from)),
            Deed::Back { person, .. } => drop(self.absent.remove(&person)),
            _ => {}
        }
    }

    /// What another past tells.
    pub(super) fn add(&mut self, told: Self) {
        self.offices.extend(told.offices);
        self.absent.extend(told.absent);
    }

    /// Those that are held by the restored register for longer than they should be.
    pub(super) async fn in_force(&self, tx: &mut Tx, now: Instant) -> Result<Vec<ResumedOffice>, DatabaseError> {
        let held = appointments::list(tx, now).await?;
        let outlasts = |person, role, since: Instant| {
            held.iter().any(|it| (it.person, it.role) == (person, role) && it.until.is_none_or(|until| since < until))
        };
        let ended = self.offices.iter().map(|((person, role), since)| (*person, *role, *since, false));
        let absent = self.absent.iter().map(|(person, since)| (*person, Role::InformationManager, *since, true));
        let mut found = Vec::new();
        for (person, role, since, is_absence) in ended.chain(absent) {
            if outlasts(person, role, since)
                && let Some(known) = register::get(tx, person).await?
            {
                found.push(ResumedOffice { person, login: known.login, role, since, is_absence });
            }
        }
        Ok(found)
    }
}
