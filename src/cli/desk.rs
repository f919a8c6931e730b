//! What a command works with: the home, the words, and the two ways to answer.

use std::io::{IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::failure::Failure;
use super::page::{Page, clean_lines};
use super::schemas::Shape;
use super::words::Words;
use crate::config::Config;
use crate::config::home::Home;
use crate::control::Request;
use crate::control::client::ask;
use crate::control::facts::Problem;
use crate::database::{Address, Database, DatabaseError, Tx};
use crate::instant::Instant;
use crate::store::Objects;

/// Where a command reads and answers.
#[derive(Debug)]
pub struct Desk {
    pub words: Words,
    home: Option<PathBuf>,
    json: bool,
}

impl Desk {
    #[must_use]
    pub fn new(words: Words, home: Option<PathBuf>, json: bool) -> Self {
        Self { words, home, json }
    }

    /// The home folder that `--home` or `TORIKOMI_HOME` names.
    pub fn home(&self) -> Result<Home, Failure> {
        Ok(Home::open(self.home.as_deref().ok_or(Failure::HomeNotGiven)?)?)
    }

    /// The path that `--home` or `TORIKOMI_HOME` names, be it a home or not.
    #[must_use]
    pub fn home_path(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// Whether a home is named, for commands that can do without one.
    #[must_use]
    pub fn has_home(&self) -> bool {
        self.home.is_some()
    }

    /// The home and its settings.
    pub fn settings(&self) -> Result<(Home, Config), Failure> {
        let home = self.home()?;
        let config = Config::load(&home.layout().settings())?;
        Ok((home, config))
    }

    /// The home's database, for reading only.
    pub fn database(&self) -> Result<ReadOnly, Failure> {
        let (home, config) = self.settings()?;
        let password = config.store.database_password_file.clone().unwrap_or_default();
        let address = Address::at_home(home.layout(), &config).map_err(|error| Failure::file(&password, &error))?;
        ReadOnly::open(&address)
    }

    /// Asks the daemon.
    pub fn ask<T: DeserializeOwned>(&self, request: &Request) -> Result<T, Failure> {
        let socket = self.home()?.layout().control_socket();
        serde_json::from_value(ask(&socket, request)?)
            .map_err(|error| Failure::StrangeAnswer { problem: error.to_string() })
    }

    /// A bar on the terminal, or none where nobody watches.
    #[must_use]
    pub fn progress(&self) -> ProgressBar {
        if self.json || !std::io::stderr().is_terminal() {
            return ProgressBar::hidden();
        }
        let bar = ProgressBar::new(0);
        if let Ok(style) = ProgressStyle::with_template("{bar:40} {pos}/{len} {elapsed}") {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        bar
    }

    /// Answers with facts: as one JSON document, or as the page that `people` writes.
    pub fn show(&self, facts: &impl Shape, people: impl FnOnce(&mut Page)) -> Result<(), Failure> {
        if self.json {
            return self.print(&json(facts)?);
        }
        let mut page = Page::new(colour(std::io::stdout().is_terminal()));
        people(&mut page);
        self.print(&page.into_text())
    }

    /// Says why nothing was done: the sentence on the error stream, and with `--json` the code on the output too.
    pub fn show_failure(&self, failure: &Failure) {
        let sentence = failure.sentence(&self.words);
        let _ = writeln!(std::io::stderr(), "{}", clean_lines(&sentence));
        if self.json
            && let Ok(problem) = serde_json::to_value(failure)
            && let Ok(text) = json(&Problem { exit_status: failure.exit_status(), problem, sentence })
        {
            let _ = self.print(&text);
        }
    }

    /// Writes text to the output. A reader that has seen enough (`| head`) is no failure.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        let mut out = std::io::stdout().lock();
        match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                Err(Failure::Output { problem: error.to_string() })
            }
            _ => Ok(()),
        }
    }

    /// The time now, for what is left of a deadline.
    #[must_use]
    pub fn now(&self) -> Instant {
        Timestamp::now().into()
    }
}

/// A database that is open for reading.
pub struct ReadOnly {
    database: Database,
    // Dropped after the database, whose readers live on it.
    runtime: tokio::runtime::Runtime,
}

impl ReadOnly {
    fn open(address: &Address) -> Result<Self, Failure> {
        let problem = |problem: String| Failure::Database { problem };
        if let Address::File(path) = address
            && !path.is_file()
        {
            return Err(problem(format!("{} is not there", path.display())));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .map_err(|error| problem(error.to_string()))?;
        let database = Database::open_read_only(address, runtime.handle())?;
        Ok(Self { database, runtime })
    }

    /// The database itself, for what reads more than one query.
    #[must_use]
    pub fn inner(&self) -> &Database {
        &self.database
    }

    /// What drives its readers, for whoever opens another.
    #[must_use]
    pub fn runtime(&self) -> &tokio::runtime::Handle {
        self.runtime.handle()
    }

    /// The home's objects.
    pub fn objects(&self, home: &Home, config: &Config) -> Result<Objects, Failure> {
        Ok(Objects::at_home(home, config, self.runtime.handle())?)
    }

    pub fn read<T, F>(&self, query: F) -> Result<T, Failure>
    where
        F: for<'t> AsyncFnOnce(&'t mut Tx) -> Result<T, DatabaseError>,
    {
        Ok(self.database.read(query)?)
    }
}

fn json(facts: &impl Shape) -> Result<String, Failure> {
    let mut text =
        serde_json::to_string_pretty(facts).map_err(|error| Failure::Output { problem: error.to_string() })?;
    text.push('\n');
    Ok(text)
}

/// Colour on a terminal, unless the person asked for none (<https://no-color.org>).
fn colour(terminal: bool) -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    terminal && !set("NO_COLOR") && std::env::var_os("TERM").is_none_or(|term| term != "dumb")
}
