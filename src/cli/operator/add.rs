//! `torikomi operator add`: an administrator adds a person, who makes the own key afterwards.

use super::change;
use crate::cli::person::Person;
use crate::cli::{Answer, Desk, Failure};
use crate::control::Request;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "LOGIN")]
    login: String,
    #[arg(long, value_name = "NAME")]
    name: String,
    #[arg(long, value_name = "KANA")]
    kana: Option<String>,
    #[arg(long, value_name = "OCCUPATION")]
    occupation: String,
    #[arg(long, value_name = "DEPARTMENT")]
    department: String,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let request = Request::AddPerson {
        by: args.by.prove(desk)?,
        login: args.login.clone(),
        name: args.name.clone(),
        kana: args.kana.clone(),
        occupation: args.occupation.clone(),
        department: args.department.clone(),
    };
    change(desk, &request, "operator-added", &args.login)
}
