//! The register's rows against what the entries say of people: who has an account and what they are called, who is appointed,
//! who does not act. What the line writes into records comes from these rows.

use jiff::Timestamp;

use super::super::names::{Named, Names};
use super::super::people::People;
use super::{Faults, JournalFault};
use crate::database::{DatabaseError, Tx};
use crate::ids::PersonId;
use crate::instant::Instant;
use crate::people::Role;
use crate::people::appointments::{self, Appointment};
use crate::people::away::{Away, Why};
use crate::people::register::{NewPerson, Person, PersonState};

/// The rows, of one moment.
pub(super) struct Rows {
    people: Vec<Person>,
    appointments: Vec<Appointment>,
    away: Vec<Away>,
}

impl Rows {
    pub(super) async fn read(tx: &mut Tx, people: Vec<Person>) -> Result<Self, DatabaseError> {
        // Whatever held at any time.
        let offices = appointments::offices(tx, Timestamp::MIN.into()).await?;
        Ok(Self { people, appointments: offices.appointments, away: offices.away })
    }

    /// Names each person of whom a row says something else. Of somebody whose name was erased nothing can be compared but the
    /// offices; and where the database was made anew since then, there is no row at all.
    pub(super) fn compare(&self, names: &Names, people: &People, faults: &mut Faults) {
        let mut differs = |person, field: &str| {
            faults.say(JournalFault::RegisterDiffers { person, field: field.to_owned() });
        };
        for row in &self.people {
            if let Some(field) = self.difference(row, names, people) {
                differs(row.id, field);
            }
        }
        for person in names.told().filter(|person| self.people.iter().all(|row| row.id != *person)) {
            differs(person, "id");
        }
        // Rows of nobody hang on no row of a person.
        let strangers =
            self.appointments.iter().map(|held| held.person).chain(self.away.iter().map(|away| away.person));
        for person in strangers.filter(|person| self.people.iter().all(|row| row.id != *person)) {
            differs(person, "id");
        }
    }

    fn difference(&self, row: &Person, names: &Names, people: &People) -> Option<&'static str> {
        let said = match names.of(row.id) {
            Named::Never => return Some("id"),
            Named::Untold => None,
            Named::As(said) => Some(said),
        };
        let is_suspended = row.state == PersonState::Suspended;
        let is = |agrees: fn(&NewPerson, &Person) -> bool| said.is_none_or(|said| agrees(said, row));
        let (id, offices) = (row.id, people.offices());
        [
            (is(|said, row| said.login == row.login.as_str()), "login"),
            (is(|said, row| said.name == row.name), "name"),
            (is(|said, row| said.kana == row.kana), "kana"),
            (is(|said, row| said.occupation == row.occupation), "occupation"),
            (is(|said, row| said.department == row.department), "department"),
            (is_suspended == people.is_suspended(id), "state"),
            (held_by(id, &self.appointments) == held_by(id, &offices.appointments), "appointments"),
            (away_of(id, &self.away) == away_of(id, &offices.away), "absences"),
        ]
        .into_iter()
        .find_map(|(agrees, field)| (!agrees).then_some(field))
    }
}

/// What somebody holds, whatever was taken back before it began left out.
fn held_by(person: PersonId, all: &[Appointment]) -> Vec<(Role, u32, Instant, Option<Instant>)> {
    let theirs = all.iter().filter(|held| held.person == person && held.until != Some(held.from));
    let mut held: Vec<_> = theirs.map(|held| (held.role, held.rank, held.from, held.until)).collect();
    held.sort_unstable();
    held
}

/// When somebody does not act, and whether because of a suspension.
fn away_of(person: PersonId, all: &[Away]) -> Vec<(bool, Instant, Option<Instant>)> {
    let theirs = all.iter().filter(|away| away.person == person && away.until != Some(away.from));
    let mut away: Vec<_> = theirs.map(|away| (away.why == Why::Suspended, away.from, away.until)).collect();
    away.sort_unstable();
    away
}
