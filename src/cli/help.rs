//! The command line's help and its complaints, in the reader's language.
//!
//! The definitions carry no texts. [`command`] walks them and takes each text from the catalogue: `help-<path>` for a
//! command, and `arg-<path>-<name>` or else `arg-<name>` for what it takes.

use std::ffi::OsString;
use std::io::Write as _;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Arg, ArgAction, CommandFactory as _, FromArgMatches as _};

use super::Cli;
use super::choice::{OneOf, language};
use super::failure::USAGE;
use super::page::clean_lines;
use super::words::{NoTime, Words};
use crate::config::objects::InvalidBucketUrl;
use crate::control::EXPORT_REASONS;
use crate::identity::dates::DateProblem;
use crate::ids::InvalidId;
use crate::messages::Lang;
use crate::people::acts::DisposalReason;

/// The whole command line with its help in one language.
#[must_use]
pub fn command(words: &Words) -> clap::Command {
    let version = Arg::new("version").short('V').long("version").action(ArgAction::Version);
    let help = Arg::new("help").short('h').long("help").action(ArgAction::Help).global(true);
    let command = Cli::command().disable_version_flag(true).arg(help).arg(version);
    spoken(command, words, "").max_term_width(100)
}

/// Reads the arguments. Where there is nothing to run, help or a complaint has been printed and the status is returned.
pub(super) fn parse(words: &Words, args: &[OsString]) -> Result<Cli, u8> {
    let read = command(words).try_get_matches_from(args).and_then(|matches| Cli::from_arg_matches(&matches));
    read.map_err(|error| match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => {
            let _ = error.print();
            0
        }
        ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let _ = error.print();
            USAGE
        }
        _ => {
            let _ = writeln!(std::io::stderr(), "{}", clean_lines(&complaint(words, &error)));
            USAGE
        }
    })
}

/// What is wrong with the command line: `usage-<kind>`, how it is used, and where help is.
fn complaint(words: &Words, error: &clap::Error) -> String {
    let text = |kind: ContextKind| match error.get(kind) {
        Some(ContextValue::String(text)) => text.clone(),
        Some(ContextValue::Strings(texts)) => texts.join(", "),
        Some(ContextValue::Number(number)) => number.to_string(),
        Some(ContextValue::StyledStr(text)) => text.to_string(),
        _ => String::new(),
    };
    let id = match error.kind() {
        ErrorKind::InvalidValue if text(ContextKind::InvalidValue).is_empty() => "usage-value-missing",
        ErrorKind::InvalidValue | ErrorKind::ValueValidation | ErrorKind::InvalidUtf8 => "usage-value",
        ErrorKind::UnknownArgument => "usage-unknown-argument",
        ErrorKind::InvalidSubcommand => "usage-unknown-command",
        ErrorKind::MissingRequiredArgument => "usage-missing",
        ErrorKind::MissingSubcommand => "usage-no-command",
        ErrorKind::ArgumentConflict => "usage-conflict",
        _ => "usage-other",
    };
    let command = text(ContextKind::InvalidSubcommand);
    let suggestion = Some(text(ContextKind::SuggestedSubcommand) + &text(ContextKind::SuggestedArg));
    let mut lines = vec![words.with(
        id,
        &[
            ("arg", text(ContextKind::InvalidArg).into()),
            ("value", text(ContextKind::InvalidValue).into()),
            ("prior", text(ContextKind::PriorArg).into()),
            ("command", command.into()),
        ],
    )];
    // What is wrong with a value is in the words of its own kind.
    let cause = std::error::Error::source(error);
    if let Some(problem) = cause.and_then(|cause| cause.downcast_ref::<DateProblem>()) {
        lines.push(words.coded("date", problem));
    }
    let choices = cause.and_then(|cause| cause.downcast_ref::<OneOf>()).map(|OneOf(choices)| choices.clone());
    let valid = choices.unwrap_or_else(|| text(ContextKind::ValidValue));
    if !valid.is_empty() {
        lines.push(words.with("usage-valid", &[("valid", valid.into())]));
    }
    if let Some(form) = cause.and_then(form) {
        lines.push(words.with("usage-form", &[("form", words.say(form).into())]));
    }
    if let Some(suggestion) = suggestion.filter(|text| !text.is_empty()) {
        lines.push(words.with("usage-suggestion", &[("suggestion", suggestion.into())]));
    }
    let usage = text(ContextKind::Usage);
    let usage = usage.trim().trim_start_matches("Usage:").trim();
    if !usage.is_empty() {
        lines.push(format!("{}: {usage}", words.say("help-heading-usage")));
    }
    lines.push(words.say("usage-help"));
    lines.join("\n")
}

/// The right form of a value that could not be read, by what complains of it.
fn form(cause: &(dyn std::error::Error + 'static)) -> Option<&'static str> {
    if let Some(invalid) = cause.downcast_ref::<InvalidId>() {
        Some(if invalid.is_of_a_name() {
            "usage-form-name"
        } else if invalid.is_of_a_digest() {
            "usage-form-digest"
        } else {
            "usage-form-id"
        })
    } else if cause.is::<NoTime>() {
        Some("usage-form-time")
    } else if cause.is::<std::net::AddrParseError>() {
        Some("usage-form-address")
    } else if cause.is::<InvalidBucketUrl>() {
        Some("usage-form-bucket")
    } else if cause.is::<std::num::ParseIntError>() {
        Some("usage-form-number")
    } else {
        None
    }
}

fn spoken(command: clap::Command, words: &Words, path: &str) -> clap::Command {
    let name = if path.is_empty() { "torikomi" } else { path };
    let about = words.say(&format!("help-{name}"));
    let usage = words.say("help-heading-usage");
    let command = command
        .about(about)
        .disable_help_flag(true)
        .disable_help_subcommand(true)
        .help_template(format!("{{about}}\n\n{usage}: {{usage}}\n\n{{all-args}}{{after-help}}"))
        .subcommand_help_heading(words.say("help-heading-commands"))
        .mut_args(|arg| {
            let heading = match (arg.is_positional(), arg.is_global_set()) {
                (true, _) => "help-heading-arguments",
                (_, true) => "help-heading-common",
                _ => "help-heading-options",
            };
            let name = arg.get_id().as_str().replace('_', "-");
            let own = format!("arg-{path}-{name}");
            let text = words.find(&own).unwrap_or_else(|| words.say(&format!("arg-{name}")));
            let choices = match (name.as_str(), path) {
                ("reason", "record-export") => Some(words.choices("export-reason", &EXPORT_REASONS.map(str::to_owned))),
                ("reason", "journal-dispose") => {
                    Some(words.choices("act-reason", &DisposalReason::ALL.map(|why| why.to_string())))
                }
                ("reason", _) => Some(words.reasons()),
                _ => None,
            };
            let text = choices.map_or_else(
                || text.clone(),
                |valid| words.with("arg-with-choices", &[("text", text.clone().into()), ("valid", valid.into())]),
            );
            let arg = arg.help(text).help_heading(words.say(heading));
            // What the library would add speaks English only; the texts of the catalogue say it.
            let valued = arg.get_action().takes_values();
            if valued { arg.hide_env(true).hide_possible_values(true).hide_default_value(true) } else { arg }
        });
    let inner: Vec<String> = command.get_subcommands().map(|inner| inner.get_name().to_owned()).collect();
    inner.into_iter().fold(command, |command, name| {
        let path = if path.is_empty() { name.clone() } else { format!("{path}-{name}") };
        command.mut_subcommand(name, |inner| spoken(inner, words, &path))
    })
}

/// The language that is asked for before the arguments are understood: `--lang` where it stands among them, else the
/// locale (`LC_ALL`, `LC_MESSAGES`, `LANG`, the first that is set): Japanese for a Japanese one, English for another.
/// None where the locale names no language (`C`, `POSIX`).
pub(super) fn language_of(args: &[OsString]) -> Option<Lang> {
    let mut args = args.iter().map(|arg| arg.to_string_lossy());
    while let Some(arg) = args.next() {
        let value = if arg == "--lang" {
            args.next()
        } else {
            arg.strip_prefix("--lang=").map(|value| value.to_owned().into())
        };
        if let Some(lang) = value.and_then(|value| language(&value).ok()) {
            return Some(lang);
        }
        if arg == "--" {
            break;
        }
    }
    let set = |name: &&str| std::env::var(name).ok().filter(|locale| !locale.is_empty());
    let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(set)?;
    match locale.split(['_', '.', '@']).next() {
        Some("C" | "POSIX") | None => None,
        Some("ja") => Some(Lang::Ja),
        Some(_) => Some(Lang::En),
    }
}
