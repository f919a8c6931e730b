//! `torikomi profile approve`: brings a profile file's present version into force.

use super::facts;
use super::show;
use crate::cli::operator::change;
use crate::cli::page::Page;
use crate::cli::person::{Person, SecondPerson};
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::control::facts::ProfileShown;
use crate::daemon::requests::profiles;
use crate::ids::{Digest, Name};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "PROFILE")]
    profile: Name,
    #[arg(long, value_name = "DIGEST")]
    shown: Option<Digest>,
    #[command(flatten)]
    by: Person,
    #[command(flatten)]
    second: SecondPerson,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let shown = match args.shown {
        Some(shown) => shown,
        None => look(desk, &args.profile)?,
    };
    let request = Request::ApproveProfile {
        by: args.by.prove(desk)?,
        second: args.second.prove(desk)?,
        profile: args.profile.clone(),
        shown,
    };
    change(desk, &request, "profile-approved", args.profile.as_str())
}

/// Shows the file as it is now, before the passphrases are asked for. Not on the output, which is for what was done.
fn look(desk: &Desk, id: &Name) -> Result<Digest, Failure> {
    let found = profiles::file(&desk.home()?.layout().profiles(), id).map_err(Failure::Refused)?;
    let facts = facts::of_file(&found.profile, &found.path);
    let text = String::from_utf8_lossy(&found.bytes).into_owned();
    let mut page = Page::new(false);
    show::page(desk, &mut page, &ProfileShown { facts, text });
    eprint!("{}", page.into_text());
    Ok(found.profile.reference().digest)
}
