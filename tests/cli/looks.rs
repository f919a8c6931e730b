//! Nothing that says whose a document is, is shown by any command before the journal says who looks.

use std::collections::BTreeSet;

use clap::Command;
use serde_json::{Value, json};
use torikomi::cli::{Words, command};
use torikomi::messages::Lang;

use crate::home::TestHome;
use crate::program::torikomi;
use crate::rows::{CUT, FILED, HELD, LINK, RECORD, home};
use crate::schema::demand;

/// Each of these says whose something in the home is: its patient, or a name under which it was delivered.
const CANARY: [&str; 6] = ["架空", "カクウ", "9990001", "紹介状", "2J.tif", "link.tif"];
const TO: &str = "/nonexistent";

/// What is typed, and what has to be entered before the answer, because it says whose these are.
type Typed = (&'static [&'static str], &'static [&'static str]);

/// Every command there is, a new one too, with the ways to ask it that may bring a patient to light. `AS` stands for the
/// options by which a person proves who they are.
const COMMANDS: &[(&str, &[Typed])] = &[
    ("init", &[]),
    // Runs until it is stopped; what it writes is looked through elsewhere.
    ("serve", &[]),
    ("demo", &[]),
    ("status", &[(&[], &[])]),
    (
        "queue list",
        &[
            (&[], &[]),
            (&["--ended"], &[]),
            (&["--held"], &[]),
            (&["--patients"], &[HELD, CUT, LINK]),
            (&["--patients", "--ended", "AS"], &[HELD, FILED, CUT, LINK]),
        ],
    ),
    ("queue show", &[(&[HELD], &[HELD]), (&[FILED, "AS"], &[FILED]), (&[CUT], &[CUT]), (&[LINK], &[LINK])]),
    ("queue identify", &[(&[HELD, "--operator", "mihon", "--reason", "other", "AS"], &[HELD])]),
    ("queue accept", &[(&[HELD, "--reason", "readable", "AS"], &[HELD])]),
    (
        "queue reject",
        &[(&[HELD, "--reason", "rescan", "AS"], &[HELD]), (&[HELD, FILED, "--reason", "rescan", "AS"], &[HELD, FILED])],
    ),
    ("queue confirm", &[(&[HELD, "AS"], &[HELD])]),
    (
        "queue release-late",
        &[(&[HELD, FILED, "--reason", "disaster", "--possible-again-at", "2026-11-20T09:30", "AS"], &[HELD, FILED])],
    ),
    ("queue assign", &[(&[HELD, "--to", "mihon", "AS"], &[])]),
    ("queue retry", &[(&[HELD, FILED, "AS"], &[HELD, FILED]), (&["--delivery", CUT, "AS"], &[])]),
    ("queue discard", &[(&[HELD, "--reason", "duplicate", "AS"], &[HELD])]),
    ("queue take", &[(&[CUT, "--reason", "readable", "AS"], &[CUT])]),
    ("queue refuse", &[(&[CUT, "--reason", "other", "AS"], &[CUT])]),
    (
        "record list",
        &[
            (&[], &[]),
            (&["--patient-id", "0009990001"], &["0009990001", RECORD]),
            // That somebody has no record is an answer about them too.
            (&["--patient-id", "0009990001", "--station", "front-desk", "AS"], &["0009990001"]),
        ],
    ),
    ("record show", &[(&[RECORD], &[RECORD])]),
    ("record history", &[(&[RECORD], &[RECORD])]),
    // The daemon enters an export itself, before anything is written.
    ("record export", &[(&[RECORD, "--to", TO, "--reason", "audit", "AS"], &[])]),
    ("verify", &[(&[RECORD], &[]), (&["--all"], &[])]),
    ("session open", &[(&["--station", "er", "AS"], &[])]),
    ("session attest", &[(&[HELD, "AS"], &[])]),
    ("session close", &[(&[HELD], &[])]),
    ("session list", &[(&[], &[])]),
    ("operator add", &[]),
    ("operator enrol", &[]),
    ("operator list", &[(&[], &[])]),
    ("operator appoint", &[]),
    ("operator revoke", &[]),
    ("operator suspend", &[]),
    ("operator resume", &[]),
    ("operator absent", &[]),
    ("operator change", &[]),
    ("operator import", &[]),
    ("operator retire", &[]),
    ("clock acknowledge", &[]),
    ("incident list", &[(&[], &[])]),
    (
        "journal show",
        &[(&[], &[]), (&["--document", FILED], &[]), (&["--private"], &["2"]), (&["--private", "--from", "3"], &[])],
    ),
    ("journal verify", &[(&[], &[])]),
    ("journal dispose", &[(&["--document", FILED, "--reason", "on-request", "AS"], &[])]),
    ("store check", &[(&[], &[])]),
    ("store backup", &[]),
    ("store restore", &[]),
    ("inspect", &[]),
    ("check list", &[]),
    ("check explain", &[]),
    ("profile list", &[(&[], &[])]),
    ("profile show", &[(&["referral-letter"], &[])]),
    ("profile lint", &[]),
    ("profile approve", &[]),
    ("timestamp serve", &[]),
    ("completions", &[]),
    ("man", &[]),
];

fn leaves(command: &Command, above: &str, found: &mut BTreeSet<String>) {
    let inner: Vec<_> = command.get_subcommands().filter(|inner| !inner.is_hide_set()).collect();
    if inner.is_empty() {
        found.insert(above.to_owned());
    }
    for inner in inner {
        leaves(inner, format!("{above} {}", inner.get_name()).trim(), found);
    }
}

#[test]
fn whoever_adds_a_command_says_what_it_shows() {
    let mut found = BTreeSet::new();
    leaves(&command(&Words::new(Lang::En)), "", &mut found);
    let listed: BTreeSet<_> = COMMANDS.iter().map(|(command, _)| (*command).to_owned()).collect();
    assert_eq!(found, listed);
}

/// Every way in which the list says to ask, with and without `--json`.
fn asked(home: &TestHome) -> Vec<(Vec<String>, &'static [&'static str])> {
    let passphrase = home.path().join("passphrase");
    std::fs::write(&passphrase, "架空の合言葉\n").unwrap();
    std::fs::write(home.path().join("patients.csv"), "id,name\n0009990001,架空 花子\n").unwrap();
    let by = ["--as", "mihon", "--passphrase-file", passphrase.to_str().unwrap()];
    let mut all = Vec::new();
    for (command, ways) in COMMANDS {
        for (typed, looks) in *ways {
            let words = typed.iter().flat_map(|word| if *word == "AS" { &by[..] } else { std::slice::from_ref(word) });
            let args: Vec<_> = command.split(' ').chain(words.copied()).map(str::to_owned).collect();
            all.push((args.clone(), *looks));
            all.push((args.into_iter().chain(["--json".to_owned()]).collect(), *looks));
        }
    }
    all
}

fn is_json(args: &[String]) -> bool {
    args.iter().any(|arg| arg == "--json")
}

fn names_somebody(text: &str) -> Option<&'static str> {
    CANARY.into_iter().find(|canary| text.contains(canary))
}

#[test]
fn nothing_is_shown_that_nobody_enters_in_the_journal() {
    let home = home();
    // What shows nobody to begin with shows the same whether anybody enters it or not: see below.
    for (args, _) in asked(&home).into_iter().filter(|(args, looks)| !looks.is_empty() && is_json(args)) {
        let ran = torikomi(Some(home.path()), &args.iter().map(String::as_str).collect::<Vec<_>>());
        let all = format!("{}{}", ran.out, ran.err);
        assert_eq!((ran.status, names_somebody(&all)), (3, None), "{args:?}: {all}");
        assert!(ran.err.contains("Nothing is shown") && ran.err.contains("torikomi serve"), "{args:?}: {all}");
        demand("problem", &ran.json());
        assert_eq!(ran.json()["problem"]["code"], "not-shown");
    }
}

#[test]
fn each_thing_that_is_shown_is_entered_by_itself() {
    let home = home();
    let heard = home.enters_everything();
    for (args, looks) in asked(&home) {
        heard.lock().unwrap().clear();
        let ran = torikomi(Some(home.path()), &args.iter().map(String::as_str).collect::<Vec<_>>());
        let all = format!("{}{}", ran.out, ran.err);
        let entered: BTreeSet<String> = heard
            .lock()
            .unwrap()
            .iter()
            .filter(|request| request["request"] == "view")
            .flat_map(|request| request["what"].as_array().unwrap().clone())
            .flat_map(|looked| match looked.as_object().unwrap().values().next().unwrap() {
                Value::Array(entries) => entries.iter().map(ToString::to_string).collect(),
                Value::String(id) => vec![id.clone()],
                other => panic!("{other}"),
            })
            .collect();
        assert_eq!(entered, looks.iter().map(|id| (*id).to_owned()).collect(), "{args:?}: {all}");
        // Nothing is entered that was not shown either; in words there is less of it.
        let shows = looks.iter().any(|looked| *looked != "0009990001");
        if shows && is_json(&args) {
            assert!(names_somebody(&all).is_some(), "{args:?}: {all}");
        } else if !shows {
            assert_eq!(names_somebody(&all), None, "{args:?}: {all}");
        }
    }
}

#[test]
fn who_looks_through_a_list_says_so_only_where_it_shows_somebody() {
    let home = home();
    for list in [&["queue", "list"][..], &["record", "list"], &["journal", "show"]] {
        let ran = torikomi(Some(home.path()), &[list, &["--as", "mihon"]].concat());
        assert_eq!((ran.status, ran.out.as_str()), (2, ""), "{list:?}: {}", ran.err);
    }
    let heard = home.enters_everything();
    let ran = torikomi(Some(home.path()), &["record", "list", "--patient-id", "0009990009", "--json"]);
    assert_eq!(ran.status, 3, "the list of patients is not there: {}", ran.err);
    std::fs::write(home.path().join("patients.csv"), "id,name\n0009990009,見本 太郎\n").unwrap();
    let ran = torikomi(Some(home.path()), &["record", "list", "--patient-id", "0009990009", "--json"]);
    assert_eq!((ran.status, &ran.json()["records"]), (0, &json!([])));
    let asked = heard.lock().unwrap().clone();
    assert_eq!(asked, [json!({ "request": "view", "by": null, "what": [{ "patients-records": "0009990009" }] })]);
}
