//! `torikomi operator import`: takes over what an outside authority issued for a key that was made here.

use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use super::change;
use crate::cli::person::{Person, passphrase};
use crate::cli::{Answer, Desk, Failure};
use crate::control::{Credentials, Request};

/// A certificate with those above it has a few thousand bytes.
const LARGEST_FILE: u64 = 256 * 1024;

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "LOGIN")]
    login: String,
    #[arg(value_name = "FILE")]
    file: PathBuf,
    #[arg(long, value_name = "NAME")]
    named: Option<String>,
    #[arg(long)]
    renew: bool,
    #[arg(long, value_name = "FILE", requires = "renew")]
    present_passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE")]
    new_passphrase_file: Option<PathBuf>,
    #[command(flatten)]
    by: Person,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let certificates = read(&args.file)?;
    let by = args.by.prove(desk)?;
    let present =
        args.renew.then(|| passphrase(desk, &args.login, args.present_passphrase_file.as_deref())).transpose()?;
    let whose = desk.words.with("operator-requested-key", &[("whom", args.login.clone().into())]);
    let own = passphrase(desk, &whose, args.new_passphrase_file.as_deref())?;
    let person = Credentials { login: args.login.clone(), passphrase: own };
    let request = Request::Import { by, person, present, certificates, named: args.named.clone() };
    change(desk, &request, "operator-imported", &args.login)
}

fn read(path: &Path) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(LARGEST_FILE).read_to_end(&mut bytes));
    read.map_err(|error| Failure::file(path, &error))?;
    // What is no text holds no PEM, which is for the daemon to say.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
