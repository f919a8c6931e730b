//! `torikomi check explain`: what a check looks for, why, what to do, and what it cannot see.

use super::{facts, parts};
use crate::cli::{Answer, Desk, Failure};
use crate::inspection::Check;
use crate::messages::Lang;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(id = "check", value_name = "CHECK")]
    name: String,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let check = Check::find(&args.name).ok_or_else(|| Failure::NotFound { what: args.name.clone() })?;
    desk.show(&facts(check), |page| {
        page.heading(check.name);
        for (heading, said) in parts(&desk.words, check) {
            page.heading(&heading);
            page.line(&said);
        }
        page.heading(&desk.words.say("check-requirements"));
        for requirement in check.requirements {
            page.line(&requirement.to_string());
            page.below(match desk.words.lang() {
                Lang::Ja => requirement.ja,
                Lang::En => requirement.en,
            });
        }
    })?;
    Ok(Answer::Yes)
}
