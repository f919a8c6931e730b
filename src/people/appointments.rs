//! Who is appointed to what, and who therefore answers for the scans at a given instant.
//!
//! Rank 1 is the holder, 2 and on are the substitutes in order. Appointments are never changed, only ended, or taken back
//! before they begin; who held a role on a day long past can always be told.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::away::{self, Away, Why};
use super::{PeopleError, Refused, Role};
use crate::database::{DatabaseError, Tx, instant, unreadable};
use crate::ids::PersonId;
use crate::instant::Instant;
use crate::ledger::attempts;

/// A person in a role for a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Appointment {
    pub person: PersonId,
    pub role: Role,
    /// 1 is the holder, 2 and on the substitutes in order.
    pub rank: u32,
    pub from: Instant,
    /// The first instant at which it does not hold any more; none while no end is set.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
}

impl Appointment {
    #[must_use]
    pub fn holds_at(&self, at: Instant) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.until.is_none_or(|until| other.from < until) && other.until.is_none_or(|until| self.from < until)
    }
}

/// Who is appointed to what, and who does not act: what anybody may do at an instant follows from both.
#[derive(Clone, Debug, Default)]
pub struct Offices {
    pub appointments: Vec<Appointment>,
    pub away: Vec<Away>,
}

impl Offices {
    /// Which appointment of `role` counts at an instant: the lowest rank of those that hold, of people who act.
    #[must_use]
    pub fn in_force(&self, role: Role, at: Instant) -> Option<&Appointment> {
        self.acting(role, at).min_by_key(|held| (held.rank, held.from, held.person))
    }

    /// Whether a person acts in a role at an instant. Of the information managers one alone does; in the other roles ranks say
    /// nothing.
    #[must_use]
    pub fn holds(&self, person: PersonId, role: Role, at: Instant) -> bool {
        match role {
            Role::InformationManager => self.in_force(role, at).is_some_and(|held| held.person == person),
            _ => self.acting(role, at).any(|held| held.person == person),
        }
    }

    /// From when on a person was suspended, where they were at an instant.
    #[must_use]
    pub fn suspended_since(&self, person: PersonId, at: Instant) -> Option<Instant> {
        self.away_at(person, at).filter(|away| away.why == Why::Suspended).map(|away| away.from).min()
    }

    /// The first time from `now` on, beginning before `horizon`, in which nobody acts in `role`.
    ///
    /// A gap that nobody noticed would stop every signature on the day it begins.
    #[must_use]
    pub fn next_gap(&self, role: Role, now: Instant, horizon: Instant) -> Option<Gap> {
        let appointed = self.appointments.iter().filter(|held| held.role == role).map(|held| (held.from, held.until));
        let away = self.away.iter().map(|away| (away.from, away.until));
        // Whoever acts is another only where something begins or ends.
        let mut changes: Vec<Instant> =
            appointed.chain(away).flat_map(|(from, until)| [Some(from), until]).flatten().collect();
        changes.retain(|at| *at > now);
        changes.push(now);
        changes.sort_unstable();
        let is_gap = |at: &&Instant| self.in_force(role, **at).is_none();
        let from = *changes.iter().find(is_gap)?;
        let until = changes.iter().find(|at| **at > from && !is_gap(at)).copied();
        (from < horizon).then_some(Gap { from, until })
    }

    fn acting(&self, role: Role, at: Instant) -> impl Iterator<Item = &Appointment> {
        let acts = move |away: &Away| away.why == Why::Absent && role != Role::InformationManager;
        let held = self.appointments.iter().filter(move |held| held.role == role && held.holds_at(at));
        held.filter(move |held| self.away_at(held.person, at).all(acts))
    }

    fn away_at(&self, person: PersonId, at: Instant) -> impl Iterator<Item = &Away> {
        self.away.iter().filter(move |away| away.person == person && away.holds_at(at))
    }
}

/// A time in which nobody holds a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Gap {
    pub from: Instant,
    /// None where it has no end in sight.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Instant>,
}

/// How long an appointment waits for its entry to be in the journal, before it begins or ends.
const LEAST_NOTICE: SignedDuration = SignedDuration::from_millis(500);

/// The first instant at which an appointment may begin or end that is asked for now.
///
/// A signature says in which second it was made, and whoever verifies it asks who was in office when that second began. So
/// offices change hands between two seconds, and not before the entry that says so is there for whoever signs.
#[must_use]
pub fn earliest(now: Instant) -> Instant {
    now.plus(LEAST_NOTICE).cut_to_second().plus(SignedDuration::from_secs(1))
}

/// A change of offices that is asked for.
#[derive(Clone, Copy, Debug)]
pub enum Changing {
    Begins {
        person: PersonId,
        role: Role,
        rank: u32,
        until: Option<Instant>,
    },
    Ends {
        person: PersonId,
        role: Role,
    },
    /// All that a person holds rests.
    Suspended {
        person: PersonId,
    },
    /// Another acts as information manager.
    Absent {
        person: PersonId,
    },
    /// They are not away any more for this reason.
    Returns {
        person: PersonId,
        why: Why,
    },
}

/// The first instant at which a change of offices may take effect that is asked for now. By a clock that ran ahead somebody may
/// have signed at a time that is still to come: what was signed in office stays so, and what does not rest on this office is in
/// nobody's way.
pub async fn soonest(tx: &mut Tx, changing: Changing, now: Instant) -> Result<Instant, DatabaseError> {
    let mut soonest = earliest(now);
    let ahead = attempts::signed_from(tx, soonest).await?;
    if ahead.is_empty() {
        return Ok(soonest);
    }
    let mut after = offices(tx, now).await?;
    match changing {
        Changing::Begins { person, role, rank, until } => {
            after.appointments.push(Appointment { person, role, rank, from: soonest, until });
        }
        Changing::Returns { person, why } => away::end_at(&mut after.away, person, why, soonest),
        Changing::Ends { .. } | Changing::Suspended { .. } | Changing::Absent { .. } => {}
    }
    for attempt in ahead {
        let rests_on_it = match changing {
            // Nobody's signature is the worse for somebody's office, unless it puts another in charge.
            Changing::Begins { .. } | Changing::Returns { .. } => {
                let in_force = after.in_force(Role::InformationManager, attempt.signed_at).map(|held| held.person);
                in_force != Some(attempt.manager)
            }
            Changing::Suspended { person } => attempt.signer == person || attempt.manager == person,
            Changing::Absent { person } => attempt.manager == person,
            Changing::Ends { person, role } => {
                attempt.signer == person || (role == Role::InformationManager && attempt.manager == person)
            }
        };
        if rests_on_it {
            soonest = earliest(attempt.signed_at);
        }
    }
    Ok(soonest)
}

/// The first whole second from `at` on.
#[must_use]
pub fn whole_second_from(at: Instant) -> Instant {
    let second = at.cut_to_second();
    if second == at { at } else { second.plus(SignedDuration::from_secs(1)) }
}

/// Ends what a person holds of a role at `at`, and takes back what lies ahead of that, which then holds at no time: who is out
/// of an office does not come back to it unasked. Whether there was anything to end.
pub fn end_at(appointments: &mut [Appointment], person: PersonId, role: Role, at: Instant) -> bool {
    let mut ended = false;
    let theirs = |held: &&mut Appointment| held.person == person && held.role == role && held.until != Some(held.from);
    for held in appointments.iter_mut().filter(theirs) {
        let end = held.from.max(at);
        if held.until.is_none_or(|until| end < until) {
            held.until = Some(end);
            ended = true;
        }
    }
    ended
}

/// What of the offices has not ended by `since`.
pub async fn offices(tx: &mut Tx, since: Instant) -> Result<Offices, DatabaseError> {
    Ok(Offices { appointments: list(tx, since).await?, away: away::list(tx, since).await? })
}

/// Every appointment that has not ended by `since` and was not taken back, in order of role and rank.
pub async fn list(tx: &mut Tx, since: Instant) -> Result<Vec<Appointment>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT person, role, rank, valid_from, valid_until FROM appointment
         WHERE valid_until IS NULL OR (valid_until > $1 AND valid_until > valid_from)
         ORDER BY role, rank, valid_from",
    )
    .bind(since.as_microseconds())
    .fetch_all(tx)
    .await?;
    rows.iter().map(read_row).collect()
}

/// The information manager in force (情報作成管理者): the holder, or the first substitute. Nobody signs without one.
pub async fn information_manager(tx: &mut Tx, at: Instant) -> Result<Option<Appointment>, DatabaseError> {
    Ok(offices(tx, at).await?.in_force(Role::InformationManager, at).cloned())
}

/// In what a person acts at an instant.
pub async fn roles(tx: &mut Tx, person: PersonId, at: Instant) -> Result<BTreeSet<Role>, DatabaseError> {
    let offices = offices(tx, at).await?;
    Ok(Role::ALL.into_iter().filter(|role| offices.holds(person, *role, at)).collect())
}

/// Whether a signature's offices were held when it was made: this information manager was the one in force, and the signer
/// had this role.
pub async fn held(
    tx: &mut Tx,
    manager: PersonId,
    signer: PersonId,
    role: Role,
    at: Instant,
) -> Result<bool, DatabaseError> {
    let in_force = information_manager(tx, at).await?;
    Ok(in_force.is_some_and(|appointment| appointment.person == manager)
        && roles(tx, signer, at).await?.contains(&role))
}

/// Refuses an appointment that contradicts one there is: the same person twice in a role, or two holders of one rank
/// among the information managers.
pub(super) async fn check(tx: &mut Tx, new: &Appointment, login: &str) -> Result<(), PeopleError> {
    if new.rank == 0 {
        return Err(Refused::InvalidRank.into());
    }
    if new.until.is_some_and(|until| until <= new.from) {
        return Err(Refused::BackwardsAppointment.into());
    }
    for other in list(tx, new.from).await?.iter().filter(|other| other.role == new.role && other.overlaps(new)) {
        if other.person == new.person {
            return Err(Refused::OverlappingAppointment { login: login.to_owned(), role: new.role }.into());
        }
        if new.role == Role::InformationManager && other.rank == new.rank {
            let holder = super::register::get(tx, other.person).await?;
            let login = holder.map(|person| person.login.to_string()).unwrap_or_default();
            return Err(Refused::RankTaken { role: new.role, rank: new.rank, login }.into());
        }
    }
    Ok(())
}

pub(super) async fn insert(tx: &mut Tx, new: &Appointment, journal_index: i64) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO appointment (person, role, rank, valid_from, valid_until, journal_index)
         VALUES ($1, $2, $3, $4, $5, $6)",
    )
    .bind(new.person.to_string())
    .bind(new.role.as_str())
    .bind(i64::from(new.rank))
    .bind(new.from.as_microseconds())
    .bind(new.until.map(Instant::as_microseconds))
    .bind(journal_index)
    .execute(tx)
    .await?;
    Ok(())
}

/// Ends what a person holds of a role, as [`end_at`]. Whether there was anything to end.
pub(super) async fn end(tx: &mut Tx, person: PersonId, role: Role, at: Instant) -> Result<bool, DatabaseError> {
    let rows = sqlx::query(
        "SELECT person, role, rank, valid_from, valid_until, journal_index FROM appointment
         WHERE person = $1 AND role = $2 ORDER BY journal_index, valid_from",
    )
    .bind(person.to_string())
    .bind(role.as_str())
    .fetch_all(&mut *tx)
    .await?;
    let mut held = rows.iter().map(read_row).collect::<Result<Vec<_>, _>>()?;
    if !end_at(&mut held, person, role, at) {
        return Ok(false);
    }
    for (row, after) in rows.iter().zip(&held).filter(|(_, after)| after.until.is_some()) {
        sqlx::query(
            "UPDATE appointment SET valid_until = $1
             WHERE person = $2 AND role = $3 AND valid_from = $4 AND journal_index = $5",
        )
        .bind(after.until.map(Instant::as_microseconds))
        .bind(person.to_string())
        .bind(role.as_str())
        .bind(after.from.as_microseconds())
        .bind(row.try_get::<i64, _>("journal_index")?)
        .execute(&mut *tx)
        .await?;
    }
    Ok(true)
}

fn read_row(row: &AnyRow) -> Result<Appointment, DatabaseError> {
    Ok(Appointment {
        person: row.try_get::<String, _>("person")?.parse().map_err(unreadable("appointment.person"))?,
        role: row.try_get::<String, _>("role")?.parse().map_err(unreadable("appointment.role"))?,
        rank: row.try_get::<i64, _>("rank")?.try_into().map_err(unreadable("appointment.rank"))?,
        from: instant("appointment.valid_from", row.try_get("valid_from")?)?,
        until: row
            .try_get::<Option<i64>, _>("valid_until")?
            .map(|until| instant("appointment.valid_until", until))
            .transpose()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(number: i64) -> Instant {
        Instant::from_microseconds(1_795_000_000_000_000 + number * 86_400_000_000).unwrap()
    }

    fn manager(rank: u32, from: i64, until: Option<i64>) -> Appointment {
        Appointment {
            person: PersonId::new(),
            role: Role::InformationManager,
            rank,
            from: day(from),
            until: until.map(day),
        }
    }

    #[test]
    fn the_lowest_rank_that_holds_is_in_force() {
        let all = [manager(2, 0, None), manager(1, 0, Some(10)), manager(1, 12, None), manager(3, 0, None)];
        let offices = Offices { appointments: all.to_vec(), away: Vec::new() };
        let at = |number| offices.in_force(Role::InformationManager, day(number)).map(|found| found.person);
        assert_eq!(at(-1), None);
        assert_eq!(at(0), Some(all[1].person));
        assert_eq!(at(9), Some(all[1].person));
        // The end itself belongs to the substitute.
        assert_eq!(at(10), Some(all[0].person));
        assert_eq!(at(12), Some(all[2].person));
        assert_eq!(offices.in_force(Role::Admin, day(5)), None);
    }

    #[test]
    fn of_the_information_managers_one_acts_and_in_other_roles_whoever_is_there() {
        let managers = [manager(1, 0, None), manager(2, 0, None)];
        let [holder, substitute] = [managers[0].person, managers[1].person];
        let admins = managers.clone().map(|held| Appointment { role: Role::Admin, ..held });
        let offices = |away: &[Away]| Offices { appointments: [&managers[..], &admins].concat(), away: away.to_vec() };
        let acting = |away: &[Away], role| [holder, substitute].map(|person| offices(away).holds(person, role, day(5)));
        let away = |why, until: Option<i64>| Away { person: holder, why, from: day(3), until: until.map(day) };
        assert_eq!(acting(&[], Role::InformationManager), [true, false]);
        for there in [Some(5), Some(4)] {
            assert_eq!(acting(&[away(Why::Absent, there)], Role::InformationManager), [true, false]);
        }
        for why in [Why::Absent, Why::Suspended] {
            assert_eq!(acting(&[away(why, None)], Role::InformationManager), [false, true], "{why:?}");
            assert_eq!(acting(&[away(why, Some(6))], Role::InformationManager), [false, true], "{why:?}");
        }
        assert_eq!(acting(&[away(Why::Absent, None)], Role::Admin), [true, true]);
        assert_eq!(acting(&[away(Why::Suspended, None)], Role::Admin), [false, true]);
        // Two times of absence are one, until both are over.
        let mut both = [away(Why::Absent, Some(9)), away(Why::Absent, None), away(Why::Suspended, Some(9))];
        away::end_at(&mut both, holder, Why::Absent, day(4));
        assert_eq!(both.map(|away| away.until), [Some(day(4)), Some(day(4)), Some(day(9))]);
    }

    #[test]
    fn an_office_changes_hands_between_two_seconds_that_lie_ahead() {
        let at = |microseconds: i64| Instant::from_microseconds(1_795_000_000_000_000 + microseconds).unwrap();
        for (now, begins) in [(0, 1), (1, 1), (499_999, 1), (500_000, 2), (999_999, 2), (1_000_000, 2)] {
            assert_eq!(earliest(at(now)), at(begins * 1_000_000), "{now}");
        }
        for (asked, begins) in [(0, 0), (1, 1), (999_999, 1), (1_000_000, 1)] {
            assert_eq!(whole_second_from(at(asked)), at(begins * 1_000_000), "{asked}");
        }
    }

    #[test]
    fn a_gap_is_seen_before_it_comes() {
        let resting = |all: &[Appointment], away: &[Away]| {
            let offices = Offices { appointments: all.to_vec(), away: away.to_vec() };
            offices.next_gap(Role::InformationManager, day(0), day(30))
        };
        let gap = |all: &[Appointment]| resting(all, &[]);
        assert_eq!(gap(&[]), Some(Gap { from: day(0), until: None }));
        assert_eq!(gap(&[manager(1, 0, None)]), None);
        // The end lies beyond the horizon.
        assert_eq!(gap(&[manager(1, 0, Some(30))]), None);
        assert_eq!(gap(&[manager(1, 0, Some(29))]), Some(Gap { from: day(29), until: None }));
        // A substitute covers the time between.
        assert_eq!(gap(&[manager(1, 0, Some(5)), manager(2, 0, Some(20)), manager(1, 20, None)]), None);
        let late = [manager(1, 0, Some(5)), manager(2, 0, Some(20)), manager(1, 21, None)];
        assert_eq!(gap(&late), Some(Gap { from: day(20), until: Some(day(21)) }));
        // Whoever is suspended fills none until they resume.
        let [holder, substitute] = [manager(1, 0, None), manager(2, 0, Some(20))];
        let suspended = |until: Option<i64>| Away {
            person: holder.person,
            why: Why::Suspended,
            from: day(3),
            until: until.map(day),
        };
        let alone = std::slice::from_ref(&holder);
        assert_eq!(resting(alone, &[suspended(None)]), Some(Gap { from: day(3), until: None }));
        assert_eq!(resting(alone, &[suspended(Some(9))]), Some(Gap { from: day(3), until: Some(day(9)) }));
        let both = [holder.clone(), substitute];
        assert_eq!(resting(&both, &[suspended(Some(9))]), None);
        assert_eq!(resting(&both, &[suspended(None)]), Some(Gap { from: day(20), until: None }));
        // Others' roles fill no gap.
        let admin = Appointment { role: Role::Admin, ..manager(1, 0, None) };
        assert!(gap(&[admin]).is_some());
    }

    #[test]
    fn appointments_overlap_only_where_they_share_a_moment() {
        assert!(!manager(1, 0, Some(5)).overlaps(&manager(1, 5, None)));
        assert!(manager(1, 0, Some(6)).overlaps(&manager(1, 5, None)));
        assert!(manager(1, 0, None).overlaps(&manager(1, 5, Some(6))));
    }
}
