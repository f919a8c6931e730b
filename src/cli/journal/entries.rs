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

/// Reads stored entries, with the logins of those who acted; their private parts only for somebody who is entered as having
/// been shown them.
pub(in crate::cli) async fn of(
    tx: &mut Tx,
    stored: Vec<Stored>,
    private_parts: bool,
) -> Result<Vec<EntryFacts>, DatabaseError> {
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
                .filter(|_| private_parts)
                .map(|private| serde_json::from_str(&private.text).unwrap_or(Value::String(private.text)));
            Ok(EntryFacts { entry, digest: Digest::of(&stored.bytes), login, private })
        })
        .collect()
}

/// How much of what an entry says stands below its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cli) enum Detail {
    /// What there are words for: for those who follow one document.
    Worded,
    /// All of it, digests and numbers too: for those who examine the journal.
    All,
}

/// A line for each entry: when, what, who; below it what else the entry says.
pub(in crate::cli) fn lines(desk: &Desk, page: &mut Page, entries: &[EntryFacts], detail: Detail) {
    let words = &desk.words;
    for facts in entries {
        let entry = &facts.entry;
        let who = match (&entry.actor, &facts.login) {
            (Actor::System, _) => match entry.facts.get("peer_uid").and_then(Value::as_u64) {
                // Nobody proved who they are; the system says whose process it was.
                Some(uid) => words.with("actor-socket", &[("uid", uid.to_string().into())]),
                None => words.say("actor-system"),
            },
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
        let raw = |name: &String, value: &Value| (detail == Detail::All).then(|| plain(name, value));
        let said: Vec<_> = entry
            .facts
            .iter()
            .filter_map(|(name, value)| worded(words, entry.kind, name, value).or_else(|| raw(name, value)))
            .chain(why(words, facts))
            .chain(facts.private.iter().filter(|_| detail == Detail::All).map(|private| plain("private", private)))
            .collect();
        if !said.is_empty() {
            page.small(&format!("  {}", said.join("  ")));
        }
    }
}

/// One fact of an entry in words, where the catalogue has any for it.
fn worded(words: &Words, kind: Kind, name: &str, value: &Value) -> Option<String> {
    let area = match (kind, name) {
        (Kind::DocumentHeld, "reason") => "hold",
        (_, "state" | "from" | "to") => "state",
        (_, "role") => "role",
        (_, "severity") => "severity",
        _ => return None,
    };
    Some(words.word(area, value.as_str()?))
}

/// The reason and the remark that a person gave with a signed act.
fn why(words: &Words, facts: &EntryFacts) -> Vec<String> {
    let act: Option<Value> = facts.entry.act.as_ref().and_then(|act| serde_json::from_str(&act.text).ok());
    let code = act.as_ref().and_then(|act| act.get("reason")?.as_str());
    let reason = code.map(|code| words.with("act-reason", &[("code", code.into())]));
    // The private part is kept as the text that was digested.
    let private = facts.private.as_ref().and_then(|private| private.get("text")?.as_str());
    let private: Option<Value> = private.and_then(|text| serde_json::from_str(text).ok());
    let remark = private.as_ref().and_then(|private| private.get("remark")?.as_str());
    let remark = remark.map(|remark| words.with("journal-remark", &[("remark", remark.into())]));
    reason.into_iter().chain(remark).collect()
}

fn plain(name: &str, value: &Value) -> String {
    match value.as_str() {
        Some(text) => format!("{name}={text}"),
        None => format!("{name}={value}"),
    }
}
