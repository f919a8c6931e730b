//! What people are called, as the private parts of entries say: the register's rows, and the names in records, are copies of it.

use std::collections::BTreeMap;

use super::finding::Fault;
use crate::evidence::record::{PersonRef, RecordJson};
use crate::ids::PersonId;
use crate::journal::read::Private;
use crate::journal::{Entry, Kind};
use crate::people::acts::{self, Act, Deed};
use crate::people::register::NewPerson;

/// The kinds of entries that say what somebody is called.
pub(super) const NAMING: [Kind; 3] = [Kind::HomeFounded, Kind::PersonEnrolled, Kind::PersonChanged];

/// Everybody whom an entry has named so far.
#[derive(Default)]
pub(super) struct Names(BTreeMap<PersonId, Option<NewPerson>>);

/// What is known of how somebody is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Named<'a> {
    As(&'a NewPerson),
    /// The newest private part that says it was erased, or is not at hand.
    Untold,
    /// No entry speaks of this person.
    Never,
}

impl Names {
    /// Learns an entry, with its private part where that is at hand. What is not the part that the entry and its act commit to
    /// says nothing.
    pub(super) fn learn(&mut self, entry: &Entry, private: Option<&Private>) {
        let Some(act) = entry.act.as_ref().and_then(|act| Act::parse(&act.text).ok()) else { return };
        let people = match &act.deed {
            Deed::Genesis { people, .. } => people.clone(),
            Deed::AddPerson { person } | Deed::ChangePerson { person } => vec![*person],
            _ => return,
        };
        let part = private.filter(|private| private.is_of(entry));
        let part = part.and_then(|private| serde_json::from_str::<acts::Private>(&private.text).ok());
        let part = part.filter(|part| act.private == Some(part.commitment()));
        let said = part.and_then(|part| serde_json::from_str::<Vec<NewPerson>>(&part.text).ok());
        let mut said = said.filter(|said| said.len() == people.len()).unwrap_or_default().into_iter();
        for person in people {
            self.0.insert(person, said.next());
        }
    }

    pub(super) fn of(&self, person: PersonId) -> Named<'_> {
        match self.0.get(&person) {
            None => Named::Never,
            Some(None) => Named::Untold,
            Some(Some(said)) => Named::As(said),
        }
    }

    /// Those of whom it is known what they are called.
    pub(super) fn told(&self) -> impl Iterator<Item = PersonId> {
        self.0.iter().filter(|(_, said)| said.is_some()).map(|(person, _)| *person)
    }
}

/// The first of those whom a record names whom the entries before its signature named otherwise. Where their private parts are
/// not at hand nothing is told.
pub(super) fn named_otherwise(
    json: &RecordJson,
    naming: &[Entry],
    until: u64,
    private: &BTreeMap<u64, Private>,
) -> Option<Fault> {
    let mut names = Names::default();
    for entry in naming.iter().filter(|entry| entry.index < until) {
        names.learn(entry, private.get(&entry.index));
    }
    let people = [
        ("signer", Some(&json.signer.person)),
        ("information-manager", Some(&json.information_manager)),
        ("operator", json.operator.as_ref()),
    ];
    people.into_iter().find_map(|(who, said)| {
        let said = said?;
        let field = match names.of(said.id) {
            Named::Never => Some("id"),
            Named::Untold => None,
            Named::As(known) => difference(said, known),
        };
        field.map(|field| Fault::NamedOtherwise { who: who.to_owned(), field: field.to_owned() })
    })
}

fn difference(said: &PersonRef, known: &NewPerson) -> Option<&'static str> {
    [
        (said.login == known.login, "login"),
        (said.name == known.name, "name"),
        (said.occupation == known.occupation, "occupation"),
        (said.department == known.department, "department"),
    ]
    .into_iter()
    .find_map(|(agrees, field)| (!agrees).then_some(field))
}
