//! `torikomi profile show`: a version of a profile, as it was adopted.

use super::facts;
use crate::cli::page::{Page, Tone};
use crate::cli::{Answer, Desk, Failure};
use crate::control::facts::ProfileShown;
use crate::ids::Name;
use crate::ledger::profiles;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "PROFILE")]
    profile: Name,
    #[arg(id = "profile-version", long = "version", value_name = "N")]
    version: Option<u32>,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let version = desk.database()?.read(async |tx| match args.version {
        Some(version) => profiles::get(tx, &args.profile, version).await,
        None => {
            let mut in_force = profiles::in_force(tx).await?;
            in_force.retain(|version| version.reference.id == args.profile);
            Ok(in_force.pop())
        }
    })?;
    let version = version.ok_or_else(|| Failure::NotFound { what: args.profile.to_string() })?;
    let text = String::from_utf8_lossy(&version.bytes).into_owned();
    let shown = ProfileShown { facts: facts::of_version(&version), text };
    desk.show(&shown, |shown_page| page(desk, shown_page, &shown))?;
    Ok(Answer::Yes)
}

/// A version, whole.
pub(super) fn page(desk: &Desk, page: &mut Page, shown: &ProfileShown) {
    let words = &desk.words;
    let profile = &shown.facts.profile;
    page.heading(&words.profile(&profile.id, profile.version));
    page.small(&profile.digest.to_string());
    for missing in &shown.facts.not_carried {
        page.marked(Tone::Warning, &words.coded("not-carried", missing));
    }
    page.heading(&words.say("profile-text"));
    shown.text.lines().for_each(|line| page.line(line));
}
