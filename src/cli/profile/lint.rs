//! `torikomi profile lint`: everything that is wrong with profile files, each with its line.

use std::path::PathBuf;

use super::facts;
use crate::cli::page::{Page, Tone};
use crate::cli::{Answer, Desk, Failure};
use crate::control::facts::{Linted, LintedFile};
use crate::profile::lint;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(id = "profile-file", value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    // Without a name, those of the home.
    let files =
        if args.files.is_empty() { facts::files(&desk.home()?.layout().profiles())? } else { args.files.clone() };
    let mut linted = Linted { files: Vec::new() };
    for file in &files {
        let name = file.display().to_string();
        linted.files.push(match lint(&facts::read(file)?, &name) {
            Ok((profile, warnings)) => LintedFile {
                file: name,
                profile: Some(profile.reference().clone()),
                problems: Vec::new(),
                warnings,
                not_carried: profile.carried().err().unwrap_or_default(),
            },
            Err(problems) => {
                LintedFile { file: name, profile: None, problems, warnings: Vec::new(), not_carried: Vec::new() }
            }
        });
    }
    desk.show(&linted, |page| linted.files.iter().for_each(|file| show(desk, page, file)))?;
    let good = linted.files.iter().all(|file| file.problems.is_empty());
    Ok(if good { Answer::Yes } else { Answer::No })
}

fn show(desk: &Desk, page: &mut Page, file: &LintedFile) {
    let words = &desk.words;
    match &file.profile {
        Some(profile) => {
            let profile = words.profile(&profile.id, profile.version);
            let blanks = [("file", file.file.clone().into()), ("profile", profile.into())];
            page.marked(Tone::Good, &words.with("profile-good", &blanks));
        }
        None => {
            let blanks = [("file", file.file.clone().into()), ("count", file.problems.len().into())];
            page.marked(Tone::Bad, &words.with("profile-faulty", &blanks));
        }
    }
    for problem in &file.problems {
        page.below(&words.located("setting", problem));
    }
    for warning in &file.warnings {
        page.marked(Tone::Warning, &words.located("caution", warning));
    }
    for missing in &file.not_carried {
        page.marked(Tone::Warning, &words.coded("not-carried", missing));
    }
}
