//! `torikomi operator enrol`: a person makes the own key, and the hospital's authority certifies it.

use std::path::PathBuf;

use super::change;
use crate::cli::person::{new_passphrase, passphrase};
use crate::cli::{Answer, Desk, Failure};
use crate::control::{Credentials, Request};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "LOGIN")]
    login: String,
    #[arg(long, value_name = "FILE")]
    passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    ca_passphrase_file: Option<PathBuf>,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let own = new_passphrase(desk, &args.login, args.passphrase_file.as_deref())?;
    let authority = desk.words.say("operator-ca");
    let request = Request::Enrol {
        person: Credentials { login: args.login.clone(), passphrase: own },
        ca_passphrase: passphrase(desk, &authority, args.ca_passphrase_file.as_deref())?,
    };
    change(desk, &request, "operator-enrolled", &args.login)
}
