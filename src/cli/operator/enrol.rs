//! `torikomi operator enrol`: a person makes the own key, and two others have the hospital's authority certify it; or an
//! outside authority, for which a request is written.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::change;
use crate::cli::page::Tone;
use crate::cli::person::{Person, Witness, new_passphrase, passphrase};
use crate::cli::{Answer, Desk, Failure};
use crate::control::production::Requested;
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
    #[arg(long, value_name = "FILE", conflicts_with = "request")]
    ca_passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "FILE", conflicts_with_all = ["renew", "witness"])]
    request: Option<PathBuf>,
    #[command(flatten)]
    by: Person,
    #[command(flatten)]
    witness: Witness,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    if let Some(file) = &args.request {
        return request(args, file, desk);
    }
    let by = args.by.prove(desk)?;
    let witness = args.witness.prove(desk)?;
    let present =
        args.renew.then(|| passphrase(desk, &args.login, args.present_passphrase_file.as_deref())).transpose()?;
    let own = new_passphrase(desk, &args.login, args.new_passphrase_file.as_deref())?;
    let authority = desk.words.say("operator-ca");
    let request = Request::Enrol {
        by,
        witness,
        person: Credentials { login: args.login.clone(), passphrase: own },
        present,
        ca_passphrase: passphrase(desk, &authority, args.ca_passphrase_file.as_deref())?,
    };
    change(desk, &request, "operator-enrolled", &args.login)
}

/// Makes the key, and writes the request for it into a file that is not there yet.
fn request(args: &Args, file: &Path, desk: &Desk) -> Result<Answer, Failure> {
    let failed = |error: std::io::Error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::FileExists { path: file.display().to_string() },
        _ => Failure::file(file, &error),
    };
    // Before anybody types a passphrase, and before there is a key.
    let mut written = OpenOptions::new().write(true).create_new(true).open(file).map_err(failed)?;
    let asked = || {
        let by = args.by.prove(desk)?;
        let passphrase = new_passphrase(desk, &args.login, args.new_passphrase_file.as_deref())?;
        let person = Credentials { login: args.login.clone(), passphrase };
        desk.ask::<Requested>(&Request::RequestCertificate { by, person })
    };
    let requested = asked().inspect_err(|_| drop(std::fs::remove_file(file)))?;
    written.write_all(requested.request.as_bytes()).and_then(|()| written.sync_all()).map_err(failed)?;
    desk.show(&requested, |page| {
        let blanks = [("whom", args.login.as_str().into()), ("path", file.display().to_string().into())];
        page.marked(Tone::Good, &desk.words.with("operator-requested", &blanks));
        let blanks = [("whom", args.login.as_str().into()), ("fingerprint", requested.public_key.hex().into())];
        page.line(&desk.words.with("operator-requested-next", &blanks));
    })?;
    Ok(Answer::Yes)
}
