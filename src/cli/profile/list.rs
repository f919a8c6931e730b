//! `torikomi profile list`: which versions are in force, and what lies in the folder beside them.

use super::facts;
use crate::cli::page::{Page, Table, Tone};
use crate::cli::{Answer, Desk, Failure};
use crate::control::facts::{ProfileFacts, ProfileList};
use crate::ledger::profiles::{self, ProfileState};
use crate::profile::lint;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(long)]
    retired: bool,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let mut found: Vec<ProfileFacts> = desk
        .database()?
        .read(async |tx| profiles::all(tx).await)?
        .iter()
        .filter(|version| args.retired || version.state != ProfileState::Retired)
        .map(facts::of_version)
        .collect();
    let mut faulty = Vec::new();
    for file in facts::files(&desk.home()?.layout().profiles())? {
        match lint(&facts::read(&file)?, &file.display().to_string()) {
            Err(_) => faulty.push(file.display().to_string()),
            Ok((profile, _)) => match found.iter_mut().find(|known| known.profile == *profile.reference()) {
                Some(known) => known.file = Some(file.display().to_string()),
                None => found.push(facts::of_file(&profile, &file)),
            },
        }
    }
    found.sort_by(|a, b| (&a.profile.id, a.profile.version).cmp(&(&b.profile.id, b.profile.version)));
    let list = ProfileList { profiles: found, faulty };
    desk.show(&list, |page| show(desk, page, &list))?;
    Ok(Answer::Yes)
}

fn show(desk: &Desk, page: &mut Page, list: &ProfileList) {
    let words = &desk.words;
    let columns = ["profile", "version", "title", "regime", "state"];
    let mut table = Table::new(columns.map(|column| words.say(&format!("column-{column}"))).to_vec());
    for profile in &list.profiles {
        let (tone, state) = match profile.state {
            Some(ProfileState::InForce) => (Tone::Good, "profile-in-force"),
            Some(ProfileState::Draft) => (Tone::Waiting, "profile-draft"),
            Some(ProfileState::Retired) => (Tone::Waiting, "profile-retired"),
            None => (Tone::Waiting, "profile-file-only"),
        };
        table.row(
            Some(tone),
            vec![
                profile.profile.id.to_string(),
                profile.profile.version.to_string(),
                profile.title.as_ref().map(|title| words.title(title)).unwrap_or_default(),
                profile.regime.map(|regime| regime.to_string()).unwrap_or_default(),
                words.say(state),
            ],
        );
    }
    page.table(&table);
    for file in &list.faulty {
        page.marked(Tone::Bad, &words.with("profile-unreadable", &[("file", file.clone().into())]));
    }
}
