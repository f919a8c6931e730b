//! Help in both languages, from one definition.

use clap::Command;
use torikomi::cli::{Words, command};
use torikomi::messages::Lang;

use crate::torikomi;

/// The paths of every command that people see, the outermost first.
fn paths(command: &Command, above: &[String], found: &mut Vec<Vec<String>>) {
    found.push(above.to_vec());
    for inner in command.get_subcommands().filter(|inner| !inner.is_hide_set()) {
        let path: Vec<String> = above.iter().cloned().chain([inner.get_name().to_owned()]).collect();
        paths(inner, &path, found);
    }
}

fn whole_help(lang: Lang, code: &str) -> String {
    let mut all = Vec::new();
    paths(&command(&Words::new(lang)), &[], &mut all);
    let mut text = String::new();
    for path in all {
        let mut args: Vec<&str> = path.iter().map(String::as_str).collect();
        args.extend(["--lang", code, "--help"]);
        let ran = torikomi(None, &args);
        assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{path:?}");
        text.push_str(&format!("$ torikomi {}\n{}\n", args.join(" "), ran.out));
    }
    text
}

#[test]
fn help_in_japanese() {
    insta::assert_snapshot!(whole_help(Lang::Ja, "ja"));
}

#[test]
fn help_in_english() {
    insta::assert_snapshot!(whole_help(Lang::En, "en"));
}

/// A command or argument without words in the catalogue would show its message's id.
#[test]
fn every_command_and_argument_has_words() {
    fn check(command: &Command) {
        let about = command.get_about().unwrap().to_string();
        assert!(!about.starts_with("help-"), "{about} is not in the catalogue");
        for arg in command.get_arguments() {
            let help = arg.get_help().unwrap().to_string();
            assert!(!help.starts_with("arg-"), "{help} is not in the catalogue ({})", command.get_name());
        }
        command.get_subcommands().for_each(check);
    }
    for lang in Lang::ALL {
        let command = command(&Words::new(lang));
        command.clone().debug_assert();
        check(&command);
    }
}

#[test]
fn mistakes_are_told_in_the_readers_language() {
    let mut told = String::new();
    let mistakes: [&[&str]; 15] = [
        &["quue"],
        &["queue", "list", "--hled"],
        &["queue", "show", "17"],
        &["queue", "accept", "--as", "kanri"],
        &["queue", "list", "--state"],
        &["journal", "show", "--from", "1", "--document", "01939d6e-0000-7000-8000-000000000001"],
        &["queue", "list", "--state", "lost"],
        &["record", "list", "--from", "26.11.20"],
        &["record", "list", "--from", "H31.5.1"],
        &["operator", "appoint", "kaku", "--role", "king", "--as", "kanri"],
        &["session", "open", "--station", "救急", "--as", "kanri"],
        &["queue", "release-late", "01939d6e-0000-7000-8000-000000000001", "--possible-again-at", "9:30"],
        &["queue", "discard", "01939d6e-0000-7000-8000-000000000001", "--reason", "whim", "--as", "kanri"],
        &["timestamp", "serve", "--listen", "here"],
        &["queue", "list", "--most", "many"],
    ];
    for mistake in mistakes {
        for lang in ["ja", "en"] {
            let args = [mistake, &["--lang", lang]].concat();
            let ran = torikomi(None, &args);
            assert_eq!((ran.status, ran.out.as_str()), (2, ""), "{args:?}");
            told.push_str(&format!("$ torikomi {}\n{}\n", args.join(" "), ran.err));
        }
    }
    insta::assert_snapshot!(told);
}

#[test]
fn completions_and_manual_pages_come_from_the_same_definitions() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = torikomi(None, &["completions", shell]);
        assert_eq!(ran.status, 0);
        assert!(ran.out.contains("release-late"), "{shell}");
    }
    let folder = tempfile::tempdir().unwrap();
    let ran = torikomi(None, &["man", folder.path().to_str().unwrap(), "--lang", "ja"]);
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    let page = std::fs::read_to_string(folder.path().join("torikomi-queue-accept.1")).unwrap();
    assert!(page.contains("検査の結果を認めて"), "{page}");
    assert_eq!(torikomi(None, &["man", "/nonexistent/folder"]).status, 2);
}

#[test]
fn the_language_is_that_of_the_option_before_that_of_the_locale() {
    let ran = |locale: &[(&str, &str)], args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_torikomi"));
        command.env_clear().envs(locale.iter().copied()).args(args).arg("--help");
        let out = String::from_utf8(command.output().unwrap().stdout).unwrap();
        if out.contains("使い方") { "ja" } else { "en" }
    };
    assert_eq!(ran(&[("LANG", "ja_JP.UTF-8")], &[]), "ja");
    assert_eq!(ran(&[("LANG", "de_DE.UTF-8")], &[]), "en");
    assert_eq!(ran(&[("LANG", "ja_JP.UTF-8"), ("LC_ALL", "en_GB.UTF-8")], &[]), "en");
    assert_eq!(ran(&[("LANG", "en_GB.UTF-8")], &["--lang=ja"]), "ja");
    assert_eq!(ran(&[("LANG", "ja_JP.UTF-8")], &["--lang", "en"]), "en");
    assert_eq!(ran(&[], &[]), "en");
}
