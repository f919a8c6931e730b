//! `torikomi operator list`: people, what they are appointed to, and until when their certificates hold.

use crate::cli::page::{Page, Table, Tone};
use crate::cli::{Answer, Desk, Failure};
use crate::control::facts::{AbsenceFacts, AppointmentFacts, PeopleList, PersonFacts};
use crate::people::appointments::{self, Offices};
use crate::people::away::Why;
use crate::people::register::PersonState;
use crate::people::{certificates, register};

#[derive(Debug, clap::Args)]
pub struct Args {}

pub(super) fn run(Args {}: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let now = desk.now();
    let list = desk.database()?.read(async |tx| {
        let Offices { appointments: appointed, away } = appointments::offices(tx, now).await?;
        let mut people = Vec::new();
        for person in register::list(tx).await? {
            let held = certificates::of_person(tx, person.id).await?;
            let current = held.iter().filter(|certificate| certificate.is_valid_at(now));
            let absences = away.iter().filter(|away| away.person == person.id && away.why == Why::Absent);
            let appointments = appointed.iter().filter(|appointment| appointment.person == person.id);
            people.push(PersonFacts {
                person: person.id,
                login: person.login.to_string(),
                name: person.name,
                occupation: person.occupation,
                department: person.department,
                state: state(person.state).to_owned(),
                has_key: !held.is_empty(),
                certificate_until: current.map(|certificate| certificate.not_after).max(),
                appointments: appointments
                    .map(|appointment| AppointmentFacts {
                        role: appointment.role.to_string(),
                        rank: appointment.rank,
                        from: appointment.from,
                        until: appointment.until,
                    })
                    .collect(),
                absences: absences.map(|away| AbsenceFacts { from: away.from, until: away.until }).collect(),
            });
        }
        Ok(PeopleList { people })
    })?;
    desk.show(&list, |page| show(desk, page, &list))?;
    Ok(Answer::Yes)
}

const fn state(state: PersonState) -> &'static str {
    match state {
        PersonState::Active => "active",
        PersonState::Suspended => "suspended",
    }
}

fn show(desk: &Desk, page: &mut Page, list: &PeopleList) {
    let words = &desk.words;
    if list.people.is_empty() {
        page.line(&words.say("operator-none"));
        return;
    }
    let columns = ["login", "person", "occupation", "department", "roles", "certificate"];
    let mut table = Table::new(columns.map(|column| words.say(&format!("column-{column}"))).to_vec());
    for person in &list.people {
        let (tone, certificate) = match (person.state.as_str(), person.certificate_until, person.has_key) {
            ("suspended", _, _) => (Tone::Bad, words.say("operator-suspended")),
            (_, Some(until), _) => (Tone::Good, words.time(until)),
            (_, None, true) => (Tone::Bad, words.say("operator-certificate-over")),
            (_, None, false) => (Tone::Warning, words.say("operator-no-key")),
        };
        let mut roles: Vec<_> = person.appointments.iter().map(|appointment| role(desk, appointment)).collect();
        roles.extend(person.absences.iter().map(|away| absence(desk, away)));
        table.row(
            Some(tone),
            vec![
                person.login.clone(),
                person.name.clone(),
                person.occupation.clone(),
                person.department.clone(),
                roles.join(&words.say("list-separator")),
                certificate,
            ],
        );
    }
    page.table(&table);
}

/// A time in which the next in rank acts.
fn absence(desk: &Desk, away: &AbsenceFacts) -> String {
    let words = &desk.words;
    let until = away.until.map_or_else(|| "none".to_owned(), |until| words.time(until));
    words.with("operator-away", &[("from", words.time(away.from).into()), ("until", until.into())])
}

/// A role, with the substitute's rank and the end where there is one.
fn role(desk: &Desk, appointment: &AppointmentFacts) -> String {
    let words = &desk.words;
    let mut said = words.word("role", &appointment.role);
    if appointment.rank > 1 {
        said = words.with("operator-substitute", &[("role", said.into()), ("rank", (appointment.rank - 1).into())]);
    }
    if let Some(until) = appointment.until {
        said = words.with("operator-until", &[("role", said.into()), ("until", words.time(until).into())]);
    }
    said
}
