//! `torikomi init`: makes a home folder with its first two people.

pub mod make;

use std::io::{self, BufRead as _, IsTerminal as _, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::ValueEnum;
use serde_json::json;
use zeroize::Zeroizing;

use crate::config::Mode;
use crate::ids::Name;
use crate::instant::Instant;
use crate::messages::{Lang, say, say_code};
use crate::people::register::{NewPerson, Person};
use crate::people::{PassphraseRule, PeopleError, Refused, Role};
use crate::profile::{PRESETS, Preset};
use make::{InitError, Made, NewFounder, Plan, make, resume};

/// Makes a home: settings, profiles, drop folders, keys, store, and its first two people
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Where to make it: a folder that is empty or does not exist yet
    pub folder: PathBuf,
    /// For trying out, or for real paper; fixed from then on
    #[arg(long, value_enum, default_value_t = ModeArg::Evaluation)]
    pub mode: ModeArg,
    /// The hospital's name, as certificates show it
    #[arg(long, default_value = "病院")]
    pub organization: String,
    /// A drop folder; may be given several times
    #[arg(long = "station", value_name = "NAME", default_value = "front-desk")]
    pub stations: Vec<Name>,
    /// The first administrator
    #[arg(long, value_name = "LOGIN,NAME,OCCUPATION,DEPARTMENT")]
    pub administrator: Option<String>,
    /// The first information manager (情報作成管理者)
    #[arg(long, value_name = "LOGIN,NAME,OCCUPATION,DEPARTMENT")]
    pub manager: Option<String>,
    /// A file whose first line is the passphrase of a person; may be given several times
    #[arg(long = "passphrase-file", value_name = "LOGIN=FILE")]
    pub passphrase_files: Vec<String>,
    /// A file whose first line is the passphrase of the certificate authority
    #[arg(long, value_name = "FILE")]
    pub authority_passphrase_file: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ModeArg {
    Evaluation,
    Production,
}

/// Makes the home that was asked for. Exit status: 0 made, 2 asked wrongly, 3 the environment failed.
#[must_use]
pub fn run(args: &Args, lang: Lang, as_json: bool, now: Instant) -> ExitCode {
    match made(args, lang, now) {
        Ok((made, root)) => {
            report(&made, &root, args.mode, lang, as_json);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            eprintln!("{}", failure.say(lang));
            ExitCode::from(failure.exit_status())
        }
    }
}

/// Why no home was made.
#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error(transparent)]
    Init(#[from] InitError),
    #[error("{text:?} is not login,name,occupation,department")]
    PersonSyntax { text: String },
    #[error("{text:?} is not login=file")]
    PassphraseFileSyntax { text: String },
    #[error("no passphrase of {login}, and no terminal to ask on")]
    NoPassphrase { login: String },
    #[error("no {role}, and no terminal to ask on")]
    NoPerson { role: Role, option: &'static str },
    #[error("{}: {error}", .path.display())]
    Io { path: PathBuf, error: io::Error },
}

impl From<Refused> for Failure {
    fn from(refused: Refused) -> Self {
        Self::Init(PeopleError::Refused(refused).into())
    }
}

impl Failure {
    fn say(&self, lang: Lang) -> String {
        match self {
            Self::Init(error) => error.say(lang),
            Self::PersonSyntax { text } => say(lang, "init-person-syntax", &[("text", text.as_str().into())]),
            Self::PassphraseFileSyntax { text } => {
                say(lang, "init-passphrase-file-syntax", &[("text", text.as_str().into())])
            }
            Self::NoPassphrase { login } => say(lang, "init-no-passphrase", &[("login", login.as_str().into())]),
            Self::NoPerson { role, option } => {
                say(lang, "init-no-person", &[("role", role.as_str().into()), ("option", (*option).into())])
            }
            Self::Io { .. } => say(lang, "init-failed", &[("problem", self.to_string().into())]),
        }
    }

    fn exit_status(&self) -> u8 {
        match self {
            Self::Init(error) => error.exit_status(),
            Self::Io { .. } => 3,
            _ => 2,
        }
    }
}

fn made(args: &Args, lang: Lang, now: Instant) -> Result<(Made, PathBuf), Failure> {
    // Before anybody types a passphrase: whether this folder can become a home, and whether only a move was left.
    if let Some(made) = resume(&args.folder)? {
        return Ok((made, args.folder.clone()));
    }
    let files = passphrase_files(&args.passphrase_files)?;
    let founder = |given: &Option<String>, role, option| -> Result<NewFounder, Failure> {
        let person = match given {
            Some(text) => new_person(text)?,
            None => new_person(&ask_person(lang, role, option)?)?,
        };
        let known = person.clone().into_person(None, now)?;
        let passphrase = passphrase(lang, &known, &files)?;
        Ok(NewFounder { person, passphrase })
    };
    let founders = [
        founder(&args.administrator, Role::Admin, "--administrator")?,
        founder(&args.manager, Role::InformationManager, "--manager")?,
    ];
    let authority_passphrase = match &args.authority_passphrase_file {
        Some(path) => first_line(path)?,
        None => ask_passphrase(lang, "init-ask-authority", "authority", &[&args.organization])?,
    };
    let plan = Plan {
        root: args.folder.clone(),
        mode: match args.mode {
            ModeArg::Evaluation => Mode::Evaluation,
            ModeArg::Production => Mode::Production,
        },
        organization: args.organization.clone(),
        stations: args.stations.clone(),
        founders,
        authority_passphrase,
        profiles: preset_files(PRESETS),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    let runtime = runtime.map_err(|error| Failure::Io { path: args.folder.clone(), error })?;
    let made = make(plan, runtime.handle(), now)?;
    Ok((made, args.folder.clone()))
}

/// Presets as [`Plan`] takes them.
#[must_use]
pub fn preset_files(presets: &[Preset]) -> Vec<(String, Vec<u8>)> {
    presets.iter().map(|preset| (preset.file_name.to_owned(), preset.text.as_bytes().to_vec())).collect()
}

fn report(made: &Made, root: &Path, mode: ModeArg, lang: Lang, as_json: bool) {
    if as_json {
        let facts = json!({
            "home": made.id,
            "path": root.to_string_lossy(),
            "root_certificate": made.root_certificate,
            "resumed": made.resumed,
        });
        println!("{facts}");
        return;
    }
    let path = || ("path", root.display().to_string().into());
    println!("{}", say(lang, if made.resumed { "init-resumed" } else { "init-made" }, &[path()]));
    println!("{}", say(lang, "init-fingerprint", &[("fingerprint", made.root_certificate.hex().into())]));
    if !made.resumed {
        let kind = if mode == ModeArg::Evaluation { "init-evaluation" } else { "init-production" };
        println!("{}", say(lang, kind, &[]));
    }
    println!("{}", say(lang, "init-next", &[path()]));
}

fn new_person(text: &str) -> Result<NewPerson, Failure> {
    let parts: Vec<&str> = text.split([',', '、']).map(str::trim).collect();
    let [login, name, occupation, department] = parts.as_slice() else {
        return Err(Failure::PersonSyntax { text: text.to_owned() });
    };
    Ok(NewPerson {
        login: (*login).to_owned(),
        name: (*name).to_owned(),
        kana: None,
        occupation: (*occupation).to_owned(),
        department: (*department).to_owned(),
    })
}

fn passphrase_files(given: &[String]) -> Result<Vec<(String, PathBuf)>, Failure> {
    given
        .iter()
        .map(|text| match text.split_once('=') {
            Some((login, file)) if !login.is_empty() && !file.is_empty() => Ok((login.to_owned(), file.into())),
            _ => Err(Failure::PassphraseFileSyntax { text: text.clone() }),
        })
        .collect()
}

fn passphrase(lang: Lang, person: &Person, files: &[(String, PathBuf)]) -> Result<Zeroizing<String>, Failure> {
    match files.iter().find(|(login, _)| *login == person.login.as_str()) {
        Some((_, path)) => first_line(path),
        None => ask_passphrase(lang, "init-ask-passphrase", person.login.as_str(), &person.names()),
    }
}

/// A longer line is no passphrase that anybody types.
const LONGEST_PASSPHRASE: u64 = 4096;

fn first_line(path: &Path) -> Result<Zeroizing<String>, Failure> {
    let failed = |error| Failure::Io { path: path.to_owned(), error };
    let mut text = Zeroizing::new(String::new());
    let file = std::fs::File::open(path).map_err(failed)?;
    file.take(LONGEST_PASSPHRASE).read_to_string(&mut text).map_err(failed)?;
    Ok(Zeroizing::new(text.lines().next().unwrap_or_default().to_owned()))
}

fn ask_person(lang: Lang, role: Role, option: &'static str) -> Result<String, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::NoPerson { role, option });
    }
    let terminal = |error| Failure::Io { path: "terminal".into(), error };
    eprint!("{} ", say(lang, "init-ask-person", &[("role", role.as_str().into())]));
    io::stderr().flush().map_err(terminal)?;
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(terminal)?;
    Ok(line.trim().to_owned())
}

/// Asks until a passphrase is strong enough and typed the same twice.
fn ask_passphrase(lang: Lang, question: &str, login: &str, names: &[&str]) -> Result<Zeroizing<String>, Failure> {
    if !io::stdin().is_terminal() {
        return Err(Failure::NoPassphrase { login: login.to_owned() });
    }
    let ask = |id: &str| {
        let prompt = format!("{} ", say(lang, id, &[("login", login.into())]));
        rpassword::prompt_password(prompt)
            .map(Zeroizing::new)
            .map_err(|error| Failure::Io { path: "terminal".into(), error })
    };
    loop {
        let first = ask(question)?;
        let weaknesses = PassphraseRule::default().weaknesses(&first, names);
        if !weaknesses.is_empty() {
            eprintln!("{}", say_code(lang, "people", &Refused::WeakPassphrase { weaknesses }));
        } else if *ask("init-ask-again")? == *first {
            return Ok(first);
        } else {
            eprintln!("{}", say(lang, "init-passphrases-differ", &[]));
        }
    }
}

#[cfg(test)]
mod tests;
