//! `torikomi init`: makes a home folder with its first two people.

pub mod make;

use std::io::{self, BufRead as _, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::Serialize;
use zeroize::Zeroizing;

use super::failure::USAGE;
use super::page::Tone;
use super::person::new_passphrase;
use super::status::lacking;
use super::{Answer, Desk, Failure};
use crate::clock::Clock;
use crate::config::home::Layout;
use crate::config::objects::BucketUrl;
use crate::config::{Config, DatabaseTemplate, Mode, ObjectsTemplate};
use crate::control::production::{Lacking, Missing, Unbuilt};
use crate::daemon::production::{self, Kept, Seen};
use crate::database::{Address, Database};
use crate::ids::{Digest, HomeId, Name};
use crate::people::register::NewPerson;
use crate::people::{PassphraseRule, PeopleError, Refused, Role};
use crate::profile::{PRESETS, Preset};
use make::{InitError, Made, NewFounder, Plan, make, resume};

#[derive(Debug, clap::Args)]
pub struct Args {
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,
    #[arg(long, value_enum, default_value_t = ModeArg::Evaluation, value_name = "evaluation|production")]
    mode: ModeArg,
    #[arg(long, value_name = "NAME", default_value = "評価用施設")]
    organization: String,
    #[arg(long = "station", value_name = "NAME", default_value = "front-desk")]
    stations: Vec<Name>,
    #[arg(long, value_name = "LOGIN,NAME,OCCUPATION,DEPARTMENT")]
    administrator: Option<String>,
    #[arg(long, value_name = "LOGIN,NAME,OCCUPATION,DEPARTMENT")]
    manager: Option<String>,
    #[arg(long = "passphrase-file", value_name = "LOGIN=FILE")]
    passphrase_files: Vec<String>,
    #[arg(long, value_name = "FILE")]
    ca_passphrase_file: Option<PathBuf>,
    #[arg(long, value_name = "URL")]
    database: Option<String>,
    #[arg(long, value_name = "FILE", requires = "database")]
    database_password_file: Option<PathBuf>,
    #[arg(long, value_name = "URL", requires = "objects_credentials_file")]
    objects: Option<BucketUrl>,
    #[arg(long, value_name = "FILE", requires = "objects")]
    objects_credentials_file: Option<PathBuf>,
    #[arg(long, value_name = "NAME", requires = "objects")]
    objects_region: Option<String>,
    #[arg(long, value_name = "FILE", requires = "objects")]
    objects_tls_roots: Option<PathBuf>,
    #[arg(long, value_name = "DAYS", requires = "objects")]
    objects_retention_days: Option<u32>,
}

/// The settings are read from anywhere.
fn absolute(file: &Path) -> Result<PathBuf, Failure> {
    file.canonicalize().map_err(|error| Failure::file(file, &error))
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum ModeArg {
    Evaluation,
    Production,
}

/// What `--json` prints.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Initialised {
    pub home: HomeId,
    pub path: String,
    /// SHA-256 of the root certificate, to be compared with an outside publication.
    pub root_certificate: Digest,
    /// An earlier run was cut off, and only its last step was made up now.
    pub resumed: bool,
    /// What the home still lacks for statutory filing.
    pub missing: Vec<Missing>,
    /// What this version does not do for it yet.
    pub not_built: Vec<Unbuilt>,
}

pub(super) fn run(args: &Args, desk: &Desk) -> Result<Answer, Failure> {
    let root = args.folder.as_deref().or(desk.home_path()).unwrap_or(Path::new("."));
    let failed = |error: InitError| refused(desk, &error);
    // Before anybody types a passphrase: whether this folder can become a home, and whether only a move was left.
    let made = match resume(root).map_err(failed)? {
        Some(made) => made,
        None => make(plan(args, root, desk)?, runtime(root)?.handle(), desk.now()).map_err(failed)?,
    };
    let missing = missing(root, runtime(root)?.handle(), desk).map_err(failed)?;
    report(&made, missing, root, desk)?;
    Ok(Answer::Yes)
}

/// What the home that was just made still lacks.
fn missing(root: &Path, runtime: &tokio::runtime::Handle, desk: &Desk) -> Result<Vec<Missing>, InitError> {
    let layout = Layout::new(root);
    let config = Config::load(&layout.settings())?;
    let address = Address::at_home(layout, &config);
    let address = address.map_err(|error| InitError::Io { path: layout.settings(), error })?;
    let database = Database::open_read_only(address, runtime)?;
    let now = desk.now();
    let kept = database.read::<_, PeopleError, _>(async |tx| Kept::read(tx, now).await)?;
    let synchronised = Clock::system(config.clock.max_offset.as_signed()).known().synchronised;
    // The list has headings alone yet, and where objects lie was tried when they were founded.
    let seen = Seen { layout, config: &config, kept, synchronised, patients: 0, not_locked: None };
    Ok(production::missing(&seen))
}

fn runtime(root: &Path) -> Result<tokio::runtime::Runtime, Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
    runtime.map_err(|error| Failure::file(root, &error))
}

fn refused(desk: &Desk, error: &InitError) -> Failure {
    Failure::Init { problem: error.say(desk.words.lang()), exit_status: error.exit_status() }
}

fn plan(args: &Args, root: &Path, desk: &Desk) -> Result<Plan, Failure> {
    let files = passphrase_files(&args.passphrase_files, desk)?;
    let founder = |given: &Option<String>, role, option| -> Result<NewFounder, Failure> {
        let text = match given {
            Some(text) => text.clone(),
            None => ask_person(desk, role, option)?,
        };
        let person = new_person(&text).ok_or_else(|| bad_value(desk, &text, "init-person-syntax"))?;
        let names = [person.login.as_str(), person.name.as_str()];
        let file = files.iter().find(|(login, _)| *login == person.login).map(|(_, file)| file.as_path());
        let passphrase = strong_passphrase(desk, &person.login, file, &names)?;
        Ok(NewFounder { person, passphrase })
    };
    let founders = [
        founder(&args.administrator, Role::Admin, "--administrator")?,
        founder(&args.manager, Role::InformationManager, "--manager")?,
    ];
    let authority = desk.words.say("init-authority");
    let file = args.ca_passphrase_file.as_deref();
    Ok(Plan {
        root: root.to_owned(),
        mode: match args.mode {
            ModeArg::Evaluation => Mode::Evaluation,
            ModeArg::Production => Mode::Production,
        },
        organization: args.organization.clone(),
        stations: args.stations.clone(),
        founders,
        authority_passphrase: strong_passphrase(desk, &authority, file, &[&args.organization])?,
        database: match &args.database {
            None => None,
            Some(url) => Some(DatabaseTemplate {
                url: url.clone(),
                password_file: args.database_password_file.as_deref().map(absolute).transpose()?,
            }),
        },
        objects: match (&args.objects, &args.objects_credentials_file) {
            (Some(url), Some(file)) => Some(ObjectsTemplate {
                url: url.clone(),
                region: args.objects_region.clone(),
                credentials_file: absolute(file)?,
                tls_roots: args.objects_tls_roots.as_deref().map(absolute).transpose()?,
                retention_days: args.objects_retention_days,
            }),
            _ => None,
        },
        profiles: preset_files(PRESETS),
    })
}

/// Presets as [`Plan`] takes them.
#[must_use]
pub fn preset_files(presets: &[Preset]) -> Vec<(String, Vec<u8>)> {
    presets.iter().map(|preset| (preset.file_name.to_owned(), preset.text.as_bytes().to_vec())).collect()
}

fn report(made: &Made, missing: Vec<Missing>, root: &Path, desk: &Desk) -> Result<(), Failure> {
    let evaluation = missing.iter().any(|missing| missing.lacking == Lacking::EvaluationMode);
    let facts = Initialised {
        home: made.id,
        path: root.display().to_string(),
        root_certificate: made.root_certificate,
        resumed: made.resumed,
        missing,
        not_built: production::not_built(),
    };
    desk.show(&facts, |page| {
        let words = &desk.words;
        let path = || ("path", facts.path.as_str().into());
        page.marked(Tone::Good, &words.with(if made.resumed { "init-resumed" } else { "init-made" }, &[path()]));
        page.line(&words.with("init-fingerprint", &[("fingerprint", made.root_certificate.hex().into())]));
        page.line(&words.say(if evaluation { "init-evaluation" } else { "init-production" }));
        page.line(&words.with(if evaluation { "init-next" } else { "init-next-production" }, &[path()]));
        if !evaluation {
            lacking(desk, page, &facts.missing, &facts.not_built);
        }
    })
}

/// Login, name, occupation, department; a comma of either width between.
fn new_person(text: &str) -> Option<NewPerson> {
    let parts: Vec<&str> = text.split([',', '，', '、']).map(str::trim).collect();
    let [login, name, occupation, department] = parts.as_slice() else { return None };
    Some(NewPerson {
        login: (*login).to_owned(),
        name: (*name).to_owned(),
        kana: None,
        occupation: (*occupation).to_owned(),
        department: (*department).to_owned(),
    })
}

fn passphrase_files(given: &[String], desk: &Desk) -> Result<Vec<(String, PathBuf)>, Failure> {
    given
        .iter()
        .map(|text| match text.split_once('=') {
            Some((login, file)) if !login.is_empty() && !file.is_empty() => Ok((login.to_owned(), file.into())),
            _ => Err(bad_value(desk, text, "init-passphrase-file-syntax")),
        })
        .collect()
}

fn bad_value(desk: &Desk, text: &str, id: &str) -> Failure {
    Failure::Init { problem: desk.words.with(id, &[("text", text.into())]), exit_status: USAGE }
}

fn ask_person(desk: &Desk, role: Role, option: &'static str) -> Result<String, Failure> {
    let role = ("role", role.as_str().into());
    if !io::stdin().is_terminal() {
        let problem = desk.words.with("init-no-person", &[role, ("option", option.into())]);
        return Err(Failure::Init { problem, exit_status: USAGE });
    }
    eprint!("{}", desk.words.with("init-ask-person", &[role]));
    let mut line = String::new();
    let read = io::stderr().flush().and_then(|()| io::stdin().lock().read_line(&mut line));
    read.map_err(|_| Failure::NoTerminal)?;
    Ok(line.trim().to_owned())
}

/// A new passphrase. One that is typed and too weak is asked for again; one from a file is refused.
fn strong_passphrase(
    desk: &Desk,
    whose: &str,
    file: Option<&Path>,
    names: &[&str],
) -> Result<Zeroizing<String>, Failure> {
    loop {
        let secret = new_passphrase(desk, whose, file)?;
        let weaknesses = PassphraseRule::default().weaknesses(secret.expose(), names);
        if weaknesses.is_empty() {
            return Ok(Zeroizing::new(secret.expose().to_owned()));
        }
        let weak = refused(desk, &PeopleError::from(Refused::WeakPassphrase { weaknesses }).into());
        if file.is_some() {
            return Err(weak);
        }
        eprintln!("{}", weak.sentence(&desk.words));
    }
}

#[cfg(test)]
mod tests;
