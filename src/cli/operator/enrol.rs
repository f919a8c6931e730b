//! `torikomi operator enrol`: a person makes the own key, and somebody else has the hospital's authority certify it.

use std::path::PathBuf;

use super::change;
use crate::cli::person::{Person, new_passphrase, passphrase};
use crate::cli::{Answer, Desk, Failure};
use crate::control::{Credentials, Request};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "LOGIN")]
    login: String,
    #[arg(long)]
    renew: bool,
    #[arg(long, value_name = "FILE", requires = "renew")]
    present_passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    ca_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let by = args.by.prove(desk)?;
    let present =
        args.renew.then(|| passphrase(desk, &args.login, args.present_passphrase_file.as_deref())).transpose()?;
    let own = new_passphrase(desk, &args.login, args.new_passphrase_file.as_deref())?;
    let authority = desk.words.say("operator-ca");
    let request = Request::Enrol {
        by,
        person: Credentials { login: args.login.clone(), passphrase: own },
        present,
        ca_passphrase: passphrase(desk, &authority, args.ca_passphrase_file.as_deref())?,
    };
    change(desk, &request, "operator-enrolled", &args.login)
}
