//! `torikomi operator change`: a person bears another name, or works in another place, from now on.

use super::change;
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;
use crate::people::register::Called;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "LOGIN")]
    login: String,
    #[command(flatten)]
    called: New,
    #[command(flatten)]
    by: Person,
}

/// At least one of them.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = true)]
struct New {
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[arg(long, value_name = "KANA")]
    kana: Option<String>,
    #[arg(long, value_name = "TEXT")]
    occupation: Option<String>,
    #[arg(long, value_name = "TEXT")]
    department: Option<String>,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let New { name, kana, occupation, department } = &args.called;
    let called = Called {
        name: name.clone(),
        kana: kana.clone(),
        occupation: occupation.clone(),
        department: department.clone(),
    };
    let request = Request::ChangePerson { by: args.by.prove(desk)?, login: args.login.clone(), called };
    change(desk, &request, "operator-changed", &args.login)
}
