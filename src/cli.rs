//! The commands, one file each.
//!
//! Every command is an `Args` (what can be typed) and a `run` (what it does with a [`Desk`]). Commands that read open
//! the database for reading only, beside a daemon that may be running; those that change something ask the daemon over
//! its control socket. Facts go out as one JSON document (`--json`, schemas in `docs/json/`) or as a page for people.
//!
//! Help texts, messages and words come from the catalogue by the command's path, so that the definitions below are the
//! only ones: completions, man pages and both languages of `--help` are made of them.

mod check;
mod choice;
mod clock;
mod completions;
mod demo;
mod desk;
mod failure;
mod findings;
mod help;
mod incident;
pub mod init;
mod inspect;
mod journal;
mod man;
mod operator;
mod page;
mod person;
mod profile;
mod queue;
mod record;
pub mod schemas;
mod serve;
mod session;
mod status;
mod store;
mod timestamp;
mod trusted;
mod verify;
mod words;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use desk::Desk;
pub use failure::Failure;
pub use help::command;
pub use words::Words;

use crate::config::Config;
use crate::config::home::{self, Layout};
use crate::messages::Lang;

/// The command line.
#[derive(Debug, Parser)]
#[command(name = "torikomi", version)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// Options that every command takes.
#[derive(Debug, clap::Args)]
struct Global {
    #[arg(long, global = true, value_name = "DIR", env = "TORIKOMI_HOME")]
    home: Option<PathBuf>,
    #[arg(long, global = true)]
    json: bool,
    #[arg(long, global = true, value_name = "ja|en", value_parser = choice::language)]
    lang: Option<Lang>,
}

/// The commands, in the order in which help lists them.
#[derive(Debug, Subcommand)]
enum Command {
    Init(init::Args),
    Serve(serve::Args),
    Demo(demo::Args),
    Status(status::Args),
    #[command(subcommand)]
    Queue(queue::Queue),
    #[command(subcommand)]
    Record(record::Record),
    Verify(verify::Args),
    #[command(subcommand)]
    Session(session::Session),
    #[command(subcommand)]
    Operator(operator::Operator),
    #[command(subcommand)]
    Clock(clock::Clock),
    #[command(subcommand)]
    Incident(incident::Incident),
    #[command(subcommand)]
    Journal(journal::Journal),
    #[command(subcommand)]
    Store(store::Store),
    Inspect(inspect::Args),
    #[command(subcommand)]
    Check(check::Command),
    #[command(subcommand)]
    Profile(profile::Profile),
    #[command(subcommand)]
    Timestamp(timestamp::Timestamp),
    Completions(completions::Args),
    Man(man::Args),
}

/// What a command that did its work answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Exit status 0.
    Yes,
    /// Exit status 1: findings, rejected, not verified.
    No,
    /// Some of what was asked for could not be looked at; the facts say what, and why.
    InPart { exit_status: u8 },
}

/// Runs the command line and returns the status to exit with: 0 good, 1 the answer is no, 2 the command line or the
/// settings must be changed, 3 the environment failed.
pub fn main(args: impl IntoIterator<Item = OsString>) -> ExitCode {
    let args: Vec<OsString> = args.into_iter().collect();
    let asked = help::language_of(&args);
    let cli = match help::parse(&Words::new(asked.unwrap_or(Lang::En)), &args) {
        Ok(cli) => cli,
        Err(status) => return ExitCode::from(status),
    };
    let lang = asked.or_else(|| home_language(cli.global.home.as_deref())).unwrap_or(Lang::En);
    let desk = Desk::new(Words::new(lang), cli.global.home, cli.global.json);
    match run(&cli.command, &desk) {
        Ok(Answer::Yes) => ExitCode::SUCCESS,
        Ok(Answer::No) => ExitCode::FAILURE,
        Ok(Answer::InPart { exit_status }) => exit_status.into(),
        Err(failure) => {
            desk.show_failure(&failure);
            ExitCode::from(failure.exit_status())
        }
    }
}

/// The language that the home's settings name, for a terminal that names none.
fn home_language(home: Option<&Path>) -> Option<Lang> {
    let config = Config::load(&Layout::new(home?).settings()).ok()?;
    Some(config.language)
}

fn run(command: &Command, desk: &Desk) -> Result<Answer, Failure> {
    match command {
        Command::Init(args) => {
            // What it makes is for its owner alone, the database's own files among it.
            home::harden_process().map_err(|error| Failure::start(&error))?;
            init::run(args, desk)
        }
        Command::Serve(args) => serve::run(args, desk),
        Command::Demo(args) => demo::run(args, desk),
        Command::Status(args) => status::run(args, desk),
        Command::Queue(command) => queue::run(command, desk),
        Command::Record(command) => record::run(command, desk),
        Command::Verify(args) => verify::run(args, desk),
        Command::Session(command) => session::run(command, desk),
        Command::Operator(command) => operator::run(command, desk),
        Command::Clock(command) => clock::run(command, desk),
        Command::Incident(command) => incident::run(command, desk),
        Command::Journal(command) => journal::run(command, desk),
        Command::Store(command) => store::run(command, desk),
        Command::Inspect(args) => inspect::run(args, desk),
        Command::Check(command) => check::run(command, desk),
        Command::Profile(command) => profile::run(command, desk),
        Command::Timestamp(command) => timestamp::run(command, desk),
        Command::Completions(args) => completions::run(args, desk),
        Command::Man(args) => man::run(args, desk),
    }
}
