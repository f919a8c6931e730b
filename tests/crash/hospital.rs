//! A home whose daemon is a process of its own, which can be killed; and the people, who come back after each kill.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant as Moment};

use jiff::Timestamp;
use serde_json::Value;
use torikomi::cli::init::make::{NewFounder, Plan, make};
use torikomi::config::home::Home;
use torikomi::config::{Config, Mode};
use torikomi::control::client::{ClientError, ask};
use torikomi::control::{Credentials, Request, Secret};
use torikomi::database::Database;
use torikomi::document::DocumentState;
use torikomi::instant::Instant;
use torikomi::keyring::Keyring;
use torikomi::ledger::documents;
use torikomi::people::register::NewPerson;
use torikomi::profile::DEMONSTRATION;
use zeroize::Zeroizing;

const PASSPHRASE: &str = "Nagai-Aikotoba-2026!";
const STATION: &str = "front-desk";

/// How long a daemon may take to come up on a busy machine.
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Hospital {
    pub database: Database,
    pub runtime: tokio::runtime::Runtime,
    pub config: Config,
    pub home: Home,
    folder: tempfile::TempDir,
}

impl Hospital {
    pub fn found() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("home");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let person = |login: &str, name: &str| NewFounder {
            person: NewPerson {
                login: login.into(),
                name: name.into(),
                kana: None,
                occupation: "診療情報管理士".into(),
                department: "診療情報管理室".into(),
            },
            passphrase: Zeroizing::new(PASSPHRASE.into()),
        };
        let plan = Plan {
            root: root.clone(),
            mode: Mode::Evaluation,
            organization: "見本病院".into(),
            stations: vec![STATION.parse().unwrap()],
            founders: [person("admin", "見本 管理"), person("manager", "見本 責任")],
            authority_passphrase: Zeroizing::new(PASSPHRASE.into()),
            profiles: DEMONSTRATION
                .iter()
                .map(|preset| (preset.file_name.to_owned(), preset.text.as_bytes().to_vec()))
                .collect(),
        };
        make(plan, runtime.handle(), Timestamp::now().into()).unwrap();
        std::fs::copy("fixtures/samples/patients.csv", root.join("patients.csv")).unwrap();
        serve_authority(&root, &runtime);
        let home = Home::open(&root).unwrap();
        let config = Config::load(&home.layout().settings()).unwrap();
        let database = Database::open_read_only(&home.layout().database(&config), runtime.handle()).unwrap();
        let hospital = Self { database, runtime, config, home, folder };
        let daemon = hospital.start();
        hospital.employ_a_clerk();
        daemon.stop();
        hospital
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn drop(&self) -> PathBuf {
        self.root().join("drop").join(STATION)
    }

    pub fn custody(&self) -> PathBuf {
        self.home.layout().custody(&self.config)
    }

    pub fn today(&self) -> (String, String) {
        let now = Timestamp::now().to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
        (now.date().to_string(), now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
    }

    /// Starts the daemon, and does not wait until it answers.
    pub fn start(&self) -> Daemon {
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let child = Command::new(env!("CARGO_BIN_EXE_torikomi"))
            .args(["serve", "--home"])
            .arg(self.root())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        Daemon { child }
    }

    /// What every daemon so far has logged.
    pub fn log(&self) -> PathBuf {
        self.folder.path().join("log")
    }

    /// Asks as soon as somebody answers.
    fn ask(&self, request: &Request, patience: Duration) -> Result<Value, ClientError> {
        let begun = Moment::now();
        loop {
            match ask(&self.home.layout().control_socket(), request, |_, _| ()) {
                Err(ClientError::NoDaemon { .. }) if begun.elapsed() < patience => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                answer => return answer,
            }
        }
    }

    /// The clerk logs on and attests.
    pub fn open_session(&self) -> Result<Value, ClientError> {
        self.ask(&log_on(), PATIENCE)
    }

    /// The same with a daemon that may die before it answers.
    pub fn try_to_open_session(&self, patience: Duration) {
        let _ = self.ask(&log_on(), patience);
    }

    /// The clerk confirms what was delivered while no session was open. What a stage took up meanwhile is asked again.
    pub fn confirm_what_waits(&self) {
        let filter =
            documents::Filter { state: Some(DocumentState::AwaitingConfirmation), ..documents::Filter::default() };
        let waiting = self.database.read(async |tx| documents::list(tx, &filter, 1000).await).unwrap();
        for document in waiting {
            let request = Request::Confirm { by: by("clerk"), document: document.id, pages_shown: true };
            if let Err(error) = self.ask(&request, PATIENCE) {
                eprintln!("confirming {}: {error}", document.id);
            }
        }
    }

    fn employ_a_clerk(&self) {
        let requests = [
            Request::AddPerson {
                by: by("admin"),
                login: "clerk".into(),
                name: "見本 受付".into(),
                kana: None,
                occupation: "医療事務".into(),
                department: "医事課".into(),
            },
            Request::Enrol { by: by("admin"), person: by("clerk"), ca_passphrase: Secret::new(PASSPHRASE.into()) },
            Request::Appoint {
                by: by("admin"),
                second: Some(by("manager")),
                login: "clerk".into(),
                role: "operator".parse().unwrap(),
                rank: 1,
                from: None,
                until: None,
            },
        ];
        for request in requests {
            self.ask(&request, PATIENCE).unwrap();
        }
    }
}

fn log_on() -> Request {
    Request::OpenSession { by: by("clerk"), station: STATION.parse().unwrap(), attested: true, obtained_on: None }
}

fn by(login: &str) -> Credentials {
    Credentials { login: login.into(), passphrase: Secret::new(PASSPHRASE.into()) }
}

/// The built-in authority on a free port, written into the settings with short waits. It outlives every daemon.
fn serve_authority(root: &Path, runtime: &tokio::runtime::Runtime) {
    let home = Home::open(root).unwrap();
    let path = home.layout().settings();
    let config = Config::load(&path).unwrap();
    let authority = Keyring::open(home.layout(), &config, home.id()).unwrap().timestamping.unwrap();
    let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let clock = || Instant::from(Timestamp::now());
    runtime.spawn(torikomi::authority::serve::serve(listener, authority, clock, std::future::pending()));
    let mut settings = String::new();
    for line in std::fs::read_to_string(&path).unwrap().lines() {
        if line.starts_with("url = ") {
            settings.push_str(&format!("url = \"http://{address}/\"\n"));
        } else {
            settings.push_str(&format!("{line}\n"));
        }
        if line == format!("[station.{STATION}]") {
            settings
                .push_str("quiet_time = \"1s\"\nlease_unknown_wait = \"1s\"\nsidecar_wait = \"0s\"\nsweep = \"1s\"\n");
        }
    }
    std::fs::write(path, settings).unwrap();
}

/// A running daemon; killed when dropped, so that a test that fails leaves none behind.
pub struct Daemon {
    child: Child,
}

impl Daemon {
    /// SIGKILL: no handler runs, nothing is flushed.
    pub fn kill(mut self) {
        assert!(self.child.try_wait().unwrap().is_none(), "it had ended by itself");
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        assert!(self.child.wait().unwrap().success());
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Both fail where it has ended, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
