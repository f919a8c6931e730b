//! `docs/conformance.md` names every requirement once, under its number of today, and nothing that does not exist: no
//! module, check, command, setting, file or test.

#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test fails so")]

use std::fs;
use std::path::Path;
use std::process::Command;

use torikomi::inspection::Check;
use torikomi::profile::PRESETS;
use torikomi::requirement::{self, Edition, Regime};

const STATES: &[&str] = &["carried", "in progress", "hospital's own duty", "not yet"];

/// Id, number in edition 6.0, carried by, shown by, state.
struct Row<'a> {
    id: &'a str,
    clause_6_0: Option<&'a str>,
    carried_by: &'a str,
    shown_by: &'a str,
    state: &'a str,
}

fn rows(table: &str) -> impl Iterator<Item = Row<'_>> {
    table.lines().filter(|line| line.starts_with("| `")).map(|line| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [id, carried_by, shown_by, state] = cells[..] else { panic!("not four cells: {line}") };
        let (id, clause) = id.trim_start_matches('`').split_once('`').unwrap();
        Row { id, clause_6_0: Some(clause.trim()).filter(|clause| !clause.is_empty()), carried_by, shown_by, state }
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
fn claims_are_shown_by_tests_that_exist() {
    for Row { id, shown_by, state, .. } in rows(include_str!("../docs/conformance.md")) {
        assert!(STATES.contains(&state), "{id}: {state:?} is no state");
        let shown: Vec<&str> = quoted(shown_by).collect();
        // What is said to be carried is shown by tests that are named.
        assert!(state != "carried" || shown.iter().any(|test| test.contains(".rs::")), "{id}: which test shows it?");
        assert!(state != "in progress" || !shown.is_empty(), "{id} is in progress, but nothing shows it");
        for place in shown {
            let (path, test) = place.split_once("::").map_or((place, None), |(path, test)| (path, Some(test)));
            let text = source(path).unwrap_or_else(|| panic!("{id}: there is no {path}"));
            match test {
                Some(test) => {
                    let lines: Vec<&str> = text.lines().map(str::trim).collect();
                    let named = format!("fn {test}() {{");
                    let found = lines.windows(2).any(|two| two[0] == "#[test]" && two[1] == named);
                    assert!(found, "{id}: no test {test} in {path}");
                }
                None => assert!(has_tests(path, &text), "{id}: no test in {path}"),
            }
        }
    }
}

/// A file with tests of its own, or the root of a folder of them.
fn has_tests(path: &str, text: &str) -> bool {
    let modules = text.lines().filter_map(|line| line.strip_prefix("mod ")?.strip_suffix(';'));
    let folder = path.trim_end_matches("main.rs").trim_end_matches(".rs").trim_end_matches('/');
    text.contains("#[test]")
        || modules
            .map(|module| format!("{folder}/{module}.rs"))
            .any(|path| source(&path).is_some_and(|text| text.contains("#[test]")))
}

#[test]
fn what_carries_a_requirement_exists() {
    let mut wrong = Vec::new();
    for Row { id, carried_by, state, .. } in rows(include_str!("../docs/conformance.md")) {
        assert!(state != "carried" || quoted(carried_by).next().is_some(), "{id}: what carries it?");
        for sentence in carried_by.split(". ") {
            let mut group = String::new();
            for name in quoted(sentence) {
                let (found, of) = what_is(name, &group);
                group = of;
                // A sentence may also say what there is not; then there must be none.
                let denied = sentence.contains("not built");
                if !found && !denied {
                    wrong.push(format!("{id}: {name:?} is neither module, check, preset, command, setting nor file"));
                }
                if denied && name.strip_prefix("torikomi ").is_some_and(is_command) {
                    wrong.push(format!("{id}: {name:?} is built after all"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Whether there is such a thing, and the group of commands that following words may belong to.
fn what_is(name: &str, group: &str) -> (bool, String) {
    let known = Check::find(name).is_some()
        || PRESETS.iter().any(|preset| preset.file_name.strip_suffix(".toml") == Some(name))
        || Regime::ALL.iter().any(|regime| regime.name() == name)
        || is_module(name)
        || is_setting(name)
        || is_fact_of_a_sidecar(name)
        || Path::new(env!("CARGO_MANIFEST_DIR")).join(name).is_file()
        || name == "torikomi.toml";
    if !group.is_empty() && is_command(&format!("{group} {name}")) {
        return (true, group.to_owned());
    }
    if is_command(name) {
        let of = name.split_once(' ').map_or("", |(of, _)| of);
        return (true, of.to_owned());
    }
    (known, group.to_owned())
}

/// A module, or something in one that is declared or passed on there.
fn is_module(name: &str) -> bool {
    let is_word = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if !name.split("::").all(is_word) {
        return false;
    }
    let path = format!("src/{}.rs", name.replace("::", "/"));
    source(&path).is_some()
        || name.rsplit_once("::").is_some_and(|(module, item)| {
            let text = source(&format!("src/{}.rs", module.replace("::", "/"))).unwrap_or_default();
            let words = ["fn", "struct", "enum", "const", "mod", "type"];
            words.iter().any(|word| text.contains(&format!("{word} {item}")))
        })
}

/// A key of a profile: `format.accept`, or `sign_within` alone.
fn is_setting(name: &str) -> bool {
    let (section, key) = name.split_once('.').map_or(("", name), |(section, key)| (section, key));
    PRESETS.iter().any(|preset| {
        let from = preset.text.find(&format!("[{section}]")).unwrap_or(if section.is_empty() { 0 } else { usize::MAX });
        preset.text.get(from..).is_some_and(|text| text.lines().any(|line| line.starts_with(&format!("{key} = "))))
    })
}

fn is_fact_of_a_sidecar(name: &str) -> bool {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../docs/json/sidecar.schema.json")).unwrap();
    schema["properties"].get(name).is_some()
}

fn is_command(name: &str) -> bool {
    let words: Vec<&str> = name.split(' ').collect();
    if !words.iter().all(|word| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c == '-')) {
        return false;
    }
    let ran = Command::new(env!("CARGO_BIN_EXE_torikomi")).args(words).arg("--help").output().unwrap();
    ran.status.success()
}

fn quoted(cell: &str) -> impl Iterator<Item = &str> {
    cell.split('`').skip(1).step_by(2)
}

fn source(path: &str) -> Option<String> {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).ok()
}
