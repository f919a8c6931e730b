//! Entries of the journal as facts, and as lines in words.

use std::collections::HashMap;

use serde_json::Value;

use crate::cli::page::Page;
use crate::cli::{Desk, Words};
use crate::control::facts::EntryFacts;
use crate::database::{DatabaseError, Tx};
use crate::ids::Digest;
use crate::journal::read::Stored;
use crate::journal::{Actor, Kind};
use crate::people::register;

/// Reads stored entries, with the logins of those who acted.
pub(in crate::cli) async fn of(tx: &mut Tx, stored: Vec<Stored>) -> Result<Vec<EntryFacts>, DatabaseError> {
    let people = register::list(tx).await?;
    let logins: HashMap<_, _> = people.into_iter().map(|person| (person.id, person.login.to_string())).collect();
    stored
        .into_iter()
        .map(|stored| {
            let entry = stored.entry()?;
            let login = match entry.actor {
                Actor::System => None,
                Actor::Person(person) => logins.get(&person).cloned(),
            };
            let private = stored
                .private
                .map(|private| serde_json::from_str(&private.text).unwrap_or(Value::String(private.text)));
            Ok(EntryFacts { entry, digest: Digest::of(&stored.bytes), login, private })
        })
        .collect()
}

/// A line for each entry: when, what, who; below it what else the entry says.
pub(in crate::cli) fn lines(desk: &Desk, page: &mut Page, entries: &[EntryFacts]) {
    let words = &desk.words;
    for facts in entries {
        let entry = &facts.entry;
        let who = match (&entry.actor, &facts.login) {
            (Actor::System, _) => words.say("actor-system"),
            (Actor::Person(_), Some(login)) => login.clone(),
            (Actor::Person(person), None) => person.to_string(),
        };
        let line = words.with(
            "journal-line",
            &[
                ("index", entry.index.to_string().into()),
                ("time", words.exact_time(entry.at).into()),
                ("what", words.kind(entry.kind).into()),
                ("who", who.into()),
            ],
        );
        page.line(&format!("  {line}"));
        let said: Vec<_> = entry.facts.iter().map(|(name, value)| said(words, entry.kind, name, value)).collect();
        if !said.is_empty() {
            page.small(&format!("  {}", said.join("  ")));
        }
    }
}

/// One fact of an entry, its codes in words where the catalogue has them.
fn said(words: &Words, kind: Kind, name: &str, value: &Value) -> String {
    let Some(text) = value.as_str() else { return format!("{name}={value}") };
    let area = match (kind, name) {
        (Kind::DocumentHeld, "reason") => "hold",
        (_, "state" | "from" | "to") => "state",
        (_, "role") => "role",
        (_, "severity") => "severity",
        _ => return format!("{name}={text}"),
    };
    words.word(area, text)
}
