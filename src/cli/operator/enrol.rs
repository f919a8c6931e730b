//! `torikomi operator enrol`: a person makes the own key, and two others have the hospital's authority certify it; or an
//! outside authority, for which a request is written.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};

use super::change;
use crate::cli::page::{Page, Tone};
use crate::cli::person::{Person, Witness, new_passphrase, passphrase};
use crate::cli::{Answer, Desk, Failure};
use crate::control::ceremony::{self, Planned};
use crate::control::production::Requested;
use crate::control::{Credentials, Refusal, Request};
use crate::crypto::make::UnlockError;
use crate::keyring::KeyringError;

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
    let home = desk.home()?;
    let planned: Planned = desk.ask(&Request::PlanCertificate {
        by: args.by.login().to_owned(),
        witness: args.witness.login().map(str::to_owned),
        login: args.login.clone(),
        renew: args.renew,
    })?;
    show(desk, args, &planned);
    let by = args.by.prove(desk)?;
    let witness = args.witness.prove(desk)?;
    let present =
        args.renew.then(|| passphrase(desk, &args.login, args.present_passphrase_file.as_deref())).transpose()?;
    let own = new_passphrase(desk, &args.login, args.new_passphrase_file.as_deref())?;
    let authority = passphrase(desk, &desk.words.say("operator-ca"), args.ca_passphrase_file.as_deref())?;
    let certified =
        ceremony::hold(home.layout(), &planned, &own, &authority).map_err(|error| not_opened(desk, &error))?;
    // Wiped before anything else is done.
    drop(authority);
    let person = Credentials { login: args.login.clone(), passphrase: own };
    change(desk, &Request::Enrol { by, witness, person, present, certified }, "operator-enrolled", &args.login)
}

/// Shows what is about to be issued to all who will type a passphrase. Not on the output, which is for what was done.
fn show(desk: &Desk, args: &Args, planned: &Planned) {
    let mut page = Page::new(false);
    let words = &desk.words;
    page.line(&words.say("ceremony-planned"));
    let whom = [
        ("name", planned.name.as_str().into()),
        ("login", planned.login.to_string().into()),
        ("department", planned.department.as_str().into()),
        ("organization", planned.organization.as_str().into()),
    ];
    page.line(&words.with("ceremony-whom", &whom));
    let time = [("from", words.time(planned.not_before).into()), ("until", words.time(planned.not_after).into())];
    page.line(&words.with("ceremony-time", &time));
    page.line(&words.with("ceremony-root", &[("fingerprint", planned.root.hex().into())]));
    let second = args.witness.login().map_or_else(
        || words.with("ceremony-owner", &[("login", planned.login.to_string().into())]),
        |witness| words.with("ceremony-witness", &[("login", witness.into())]),
    );
    page.line(&words.with("ceremony-two", &[("by", args.by.login().into()), ("second", second.into())]));
    eprint!("{}", page.into_text());
}

/// The authority stays shut.
fn not_opened(desk: &Desk, error: &KeyringError) -> Failure {
    match error {
        KeyringError::Locked { error: UnlockError::WrongPassphrase, .. } => {
            Failure::Refused(Refusal::NotProven { login: desk.words.say("operator-ca") })
        }
        error => Failure::Refused(Refusal::Environment { problem: error.to_string() }),
    }
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
