//! `docs/conformance.md` names every requirement once, under its number of today, and no file that does not exist.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails so")]

use std::path::Path;

use torikomi::requirement::{self, Edition};

const STATES: &[&str] = &["carried", "in progress", "hospital's own duty", "not yet"];

/// Id, number in edition 6.0, carried by, shown by, state.
struct Row<'a> {
    id: &'a str,
    clause_6_0: Option<&'a str>,
    shown_by: &'a str,
    state: &'a str,
}

fn rows(table: &str) -> impl Iterator<Item = Row<'_>> {
    table.lines().filter(|line| line.starts_with("| `")).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [id, _carried_by, shown_by, state] = cells[..] else { panic!("not four cells: {line}") };
        let (id, clause) = id.trim_start_matches('`').split_once('`').unwrap();
        Row { id, clause_6_0: Some(clause.trim()).filter(|clause| !clause.is_empty()), shown_by, state }
    })
}

#[test]
fn every_requirement_has_one_row() {
    let table = include_str!("../docs/conformance.md");
    let written: Vec<_> = rows(table).map(|row| (row.id, row.clause_6_0)).collect();
    let mut known: Vec<_> = requirement::all()
        .filter(|known| matches!(known.edition, Edition::Mhlw5_2 | Edition::MhlwEarly))
        .map(|known| (known.id, known.clause_6_0))
        .collect();
    let mut sorted = written.clone();
    sorted.sort_unstable();
    known.sort_unstable();
    assert_eq!(sorted, known);
}

#[test]
fn claims_are_shown_by_files_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for Row { id, shown_by, state, .. } in rows(include_str!("../docs/conformance.md")) {
        assert!(STATES.contains(&state), "{id}: {state:?} is no state");
        assert!(state != "carried" || shown_by != "–", "{id} is carried, but nothing shows it");
        for path in shown_by.split('`').filter(|part| part.contains('/')) {
            assert!(root.join(path).is_file(), "{id}: there is no {path}");
        }
    }
}
