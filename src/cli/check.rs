//! `torikomi check`: what is looked for in a scan.

mod explain;
mod list;

use clap::Subcommand;

use super::{Answer, Desk, Failure, Words};
use crate::control::facts::CheckFacts;
use crate::inspection::Check;
use crate::messages::Lang;

#[derive(Debug, Subcommand)]
pub enum Command {
    List(list::Args),
    Explain(explain::Args),
}

pub(super) fn run(command: &Command, desk: &Desk) -> Result<Answer, Failure> {
    match command {
        Command::List(args) => list::run(args, desk),
        Command::Explain(args) => explain::run(args, desk),
    }
}

fn facts(check: &Check) -> CheckFacts {
    CheckFacts {
        check: check.name.to_owned(),
        requirements: check.requirements.iter().map(ToString::to_string).collect(),
        explanation_ja: plain(check.explanation_ja),
        explanation_en: plain(check.explanation),
    }
}

/// The text without the blank that every line of a documentation comment begins with.
fn plain(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("\n")
}

/// The four parts of an explanation, each with its heading.
pub(super) fn parts(words: &Words, check: &Check) -> Vec<(String, String)> {
    let text = match words.lang() {
        Lang::Ja => check.explanation_ja,
        Lang::En => check.explanation,
    };
    // English lines are broken at blanks, Japanese ones anywhere.
    let joint = if words.lang() == Lang::Ja { "" } else { " " };
    let mut parts: Vec<(String, String)> = Vec::new();
    for line in text.lines().map(str::trim) {
        match (line.strip_prefix("## "), parts.last_mut()) {
            (Some(heading), _) => parts.push((heading.to_owned(), String::new())),
            (None, Some((_, said))) if !line.is_empty() => {
                if !said.is_empty() {
                    said.push_str(joint);
                }
                said.push_str(line);
            }
            _ => {}
        }
    }
    parts
}
