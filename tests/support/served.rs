//! A home whose daemon is a process of its own, which can be killed; and the people, who come back after each kill.

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant as Moment};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use tokio::runtime::Runtime;
use torikomi::cli::init::make::{NewFounder, Plan, make};
use torikomi::config::home::Home;
use torikomi::config::{Config, DatabaseTemplate, Mode, ObjectsTemplate};
use torikomi::control::ceremony::{self, Planned};
use torikomi::control::client::{ClientError, ask};
use torikomi::control::{Credentials, LookedAt, ReasonGiven, Request, Secret};
use torikomi::daemon::requests::shown;
use torikomi::database::{Address, Database};
use torikomi::document::DocumentState;
use torikomi::ids::{DeliveryId, Digest, DocumentId};
use torikomi::instant::Instant;
use torikomi::keyring;
use torikomi::ledger::{deliveries, documents};
use torikomi::people::register::NewPerson;
use torikomi::profile::DEMONSTRATION;
use zeroize::Zeroizing;

const PASSPHRASE: &str = "Nagai-Aikotoba-2026!";
const STATION: &str = "front-desk";

/// How long a daemon may take to come up on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

pub struct Hospital {
    pub database: Database,
    pub runtime: Runtime,
    pub config: Config,
    pub home: Home,
    /// How far the built-in authority's clock lies from the machine's, in microseconds.
    moved: Arc<AtomicI64>,
    starts_at: Option<Instant>,
    built_in: BuiltIn,
    template: String,
    folder: tempfile::TempDir,
}

/// The built-in authority, at an address that stays the same while it is down.
struct BuiltIn {
    address: SocketAddr,
    /// A runtime of its own, so that what is still connected goes with it.
    serving: Mutex<Option<Runtime>>,
}

/// What a test wants different from the usual.
#[derive(Default)]
pub struct Foundation {
    /// Another time than now, for the hospital and everybody in it.
    pub starts_at: Option<Instant>,
    /// In each profile.
    pub profile: &'static [(&'static str, &'static str)],
    /// In the calendar.
    pub calendar: &'static [(&'static str, &'static str)],
    /// In the settings.
    pub settings: &'static [(&'static str, &'static str)],
    /// The URL of an empty database on a server.
    pub database: Option<String>,
    /// An S3 server.
    pub objects: Option<ObjectsTemplate>,
}

/// Lines of the settings, each below the head of its section.
#[derive(Clone, Default)]
pub struct Settings {
    /// In place of the built-in authority.
    pub authority: Option<String>,
    pub station: &'static str,
    pub image: &'static str,
    pub watch: &'static str,
    pub store: String,
    /// Where the clock starts at each start of the daemon.
    pub starts_at: Option<Instant>,
}

impl Hospital {
    pub fn found() -> Self {
        Self::founded(&Foundation::default())
    }

    pub fn founded(foundation: &Foundation) -> Self {
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
        let profiles = DEMONSTRATION.iter();
        let profiles = profiles
            .map(|preset| (preset.file_name.to_owned(), replaced(preset.text, foundation.profile).into_bytes()));
        let plan = Plan {
            root: root.clone(),
            mode: Mode::Evaluation,
            organization: "見本病院".into(),
            stations: vec![STATION.parse().unwrap()],
            founders: [person("admin", "見本 管理"), person("manager", "見本 責任")],
            authority_passphrase: Zeroizing::new(PASSPHRASE.into()),
            database: foundation.database.clone().map(|url| DatabaseTemplate { url, password_file: None }),
            objects: foundation.objects.clone(),
            profiles: profiles.collect(),
        };
        let now = Instant::from(Timestamp::now());
        make(plan, runtime.handle(), foundation.starts_at.unwrap_or(now)).unwrap();
        std::fs::copy("fixtures/samples/patients.csv", root.join("patients.csv")).unwrap();
        let home = Home::open(&root).unwrap();
        let calendar = home.layout().calendar();
        let text = replaced(&std::fs::read_to_string(&calendar).unwrap(), foundation.calendar);
        std::fs::write(calendar, text).unwrap();
        let template = replaced(&std::fs::read_to_string(home.layout().settings()).unwrap(), foundation.settings);
        let moved = Arc::new(AtomicI64::new(0));
        let built_in = BuiltIn { address: free_address(), serving: Mutex::new(None) };
        let config = Config::load(&home.layout().settings()).unwrap();
        let database =
            Database::open_read_only(Address::at_home(home.layout(), &config).unwrap(), runtime.handle()).unwrap();
        let mut hospital = Self { database, runtime, config, home, moved, starts_at: None, built_in, template, folder };
        hospital.authority_comes_up();
        hospital.configure(&Settings { starts_at: foundation.starts_at, ..Settings::default() });
        let daemon = hospital.start();
        hospital.employ("clerk", "見本 受付");
        daemon.stop();
        hospital
    }

    /// Writes the settings that the next daemon finds.
    pub fn configure(&mut self, settings: &Settings) {
        let built_in = format!("url = \"http://{}/\"\n", self.built_in.address);
        let authority = settings.authority.as_ref().unwrap_or(&built_in);
        // A clock that a test sets runs from the start of each daemon, a little after the authority's.
        let clock =
            settings.starts_at.map(|at| format!("starts_at = \"{at}\"\nmax_offset = \"1min\"\n")).unwrap_or_default();
        let sidecar_wait = if settings.station.contains("sidecar_wait = ") { "" } else { "sidecar_wait = \"0s\"\n" };
        let sweep = if settings.station.contains("sweep = ") { "" } else { "sweep = \"1s\"\n" };
        let station =
            format!("quiet_time = \"1s\"\nlease_unknown_wait = \"1s\"\n{sidecar_wait}{sweep}{}", settings.station);
        let mut text = String::new();
        for line in self.template.lines() {
            let below = match line {
                "[station.front-desk]" => &station,
                "[image]" => settings.image,
                "[watch]" => settings.watch,
                "[store]" => &settings.store,
                "[clock]" => &clock,
                _ if line.starts_with("url = \"http://127.0.0.1:3161/") => {
                    text.push_str(authority);
                    continue;
                }
                _ => "",
            };
            text.push_str(&format!("{line}\n{below}"));
        }
        std::fs::write(self.home.layout().settings(), text).unwrap();
        self.config = Config::load(&self.home.layout().settings()).unwrap();
        let database = Address::at_home(self.home.layout(), &self.config).unwrap();
        self.database = Database::open_read_only(&database, self.runtime.handle()).unwrap();
        self.starts_at = settings.starts_at;
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

    /// The date and the time of day, as a sidecar states them.
    pub fn today(&self) -> (String, String) {
        let now = self.now().to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap());
        (now.date().to_string(), now.strftime("%Y-%m-%dT%H:%M:%S%:z").to_string())
    }

    /// By the clock that the daemon has been given.
    pub fn now(&self) -> Timestamp {
        Timestamp::now() + SignedDuration::from_micros(self.moved.load(Ordering::SeqCst))
    }

    /// Starts the daemon, and does not wait until it answers.
    pub fn start(&self) -> Daemon {
        self.start_under(&[])
    }

    /// The same under another program, which gets the daemon's command behind these words.
    pub fn start_under(&self, watcher: &[&str]) -> Daemon {
        let moved = self.starts_at.map_or(0, |at| at.as_microseconds() - Timestamp::now().as_microsecond());
        self.moved.store(moved, Ordering::SeqCst);
        let log = std::fs::OpenOptions::new().create(true).append(true).open(self.log()).unwrap();
        let mut words = watcher.iter().copied().chain([env!("CARGO_BIN_EXE_torikomi"), "serve", "--home"]);
        let child = Command::new(words.next().unwrap())
            .args(words)
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
    pub fn ask(&self, request: &Request, patience: Duration) -> Result<Value, ClientError> {
        let begun = Moment::now();
        loop {
            match ask(&self.home.layout().control_socket(), request) {
                Err(ClientError::NoDaemon { .. }) if begun.elapsed() < patience => {
                    std::thread::sleep(Duration::from_millis(10));
                }
                answer => return answer,
            }
        }
    }

    /// The built-in authority answers; it outlives every daemon.
    pub fn authority_comes_up(&self) {
        let authority = keyring::timestamping(self.home.layout()).unwrap();
        let moved = Arc::clone(&self.moved);
        let clock =
            move || Instant::from(Timestamp::now()).plus(SignedDuration::from_micros(moved.load(Ordering::SeqCst)));
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(tokio::net::TcpListener::bind(self.built_in.address)).unwrap();
        let serving = torikomi::authority::serve::serve(listener, authority, clock, std::future::pending());
        runtime.spawn(serving);
        *self.built_in.serving.lock().unwrap() = Some(runtime);
    }

    /// Nobody listens at its address any more.
    pub fn authority_goes_down(&self) {
        if let Some(serving) = self.built_in.serving.lock().unwrap().take() {
            serving.shutdown_background();
        }
        while TcpStream::connect(self.built_in.address).is_ok() {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// The clerk logs on and attests.
    pub fn open_session(&self) -> Result<Value, ClientError> {
        self.ask(&log_on("clerk"), PATIENCE)
    }

    /// The same with a daemon that may die before it answers.
    pub fn try_to_open_session(&self, patience: Duration) {
        let _ = self.ask(&log_on("clerk"), patience);
    }

    /// A document as a person sees it now, who is about to decide.
    pub fn looked(&self, document: DocumentId) -> LookedAt {
        looked(&self.database, document)
    }

    /// The clock as a person sees it now.
    pub fn clock_shown(&self) -> Digest {
        let status = self.ask(&Request::Status, PATIENCE).unwrap();
        serde_json::from_value(status["clock_shown"].clone()).unwrap()
    }

    /// The manager says that a scan, of which nobody can tell whether it came in time, may go on.
    pub fn release_late(&self, document: DocumentId) {
        let request = Request::ReleaseLate {
            by: by("manager"),
            documents: vec![self.looked(document)],
            reason: ReasonGiven { code: "system-failure".parse().unwrap(), text: None },
            possible_again_at: self.now().into(),
        };
        self.ask(&request, PATIENCE).unwrap();
    }

    /// The clerk confirms what was delivered while no session was open. What a stage took up meanwhile is asked again.
    pub fn confirm_what_waits(&self) {
        let filter =
            documents::Filter { state: Some(DocumentState::AwaitingConfirmation), ..documents::Filter::default() };
        let waiting = self.database.read(async |tx| documents::list(tx, &filter, 1000).await).unwrap();
        for document in waiting.documents {
            let request = Request::Confirm {
                by: by("clerk"),
                document: self.looked(document.id),
                pages_shown: true,
                supersedes: None,
            };
            if let Err(error) = self.ask(&request, PATIENCE) {
                eprintln!("confirming {}: {error}", document.id);
            }
        }
    }

    /// The clerk gets another key.
    pub fn enrol_the_clerk(&self) {
        self.enrol("clerk");
    }

    /// Makes somebody an operator.
    pub fn employ(&self, login: &str, name: &str) {
        let add = Request::AddPerson {
            by: by("admin"),
            login: login.into(),
            name: name.into(),
            kana: None,
            occupation: "医療事務".into(),
            department: "医事課".into(),
        };
        self.ask(&add, PATIENCE).unwrap();
        self.enrol(login);
        let appoint = Request::Appoint {
            by: by("admin"),
            second: Some(by("manager")),
            login: login.into(),
            role: "operator".parse().unwrap(),
            rank: 1,
            from: None,
            until: None,
        };
        self.ask(&appoint, PATIENCE).unwrap();
    }

    /// The two founders have somebody's key certified.
    fn enrol(&self, login: &str) {
        let (asking, witness) = ("admin".to_owned(), Some("manager".to_owned()));
        let plan = Request::PlanCertificate { by: asking, witness, login: login.into(), renew: false };
        let planned: Planned = serde_json::from_value(self.ask(&plan, PATIENCE).unwrap()).unwrap();
        let secret = Secret::new(PASSPHRASE.into());
        let certified = ceremony::hold(self.home.layout(), &planned, &secret, &secret).unwrap();
        let (person, witness) = (by(login), Some(by("manager")));
        let enrol = Request::Enrol { by: by("admin"), witness, person, present: None, certified };
        self.ask(&enrol, PATIENCE).unwrap();
    }
}

pub fn log_on(login: &str) -> Request {
    Request::OpenSession { by: by(login), station: STATION.parse().unwrap(), attested: true, obtained_on: None }
}

/// A document as a person sees it now, who is about to decide.
pub fn looked(database: &Database, document: DocumentId) -> LookedAt {
    let shown = database.read(async |tx| {
        let parts = documents::parts(tx, document).await?;
        shown::of_document(&documents::get(tx, document).await?.unwrap(), &parts)
    });
    LookedAt { document, shown: shown.unwrap() }
}

/// The same of a delivery.
pub fn looked_at_delivery(database: &Database, id: DeliveryId) -> Digest {
    database.read(async |tx| shown::of_delivery(&deliveries::get(tx, id).await?.unwrap())).unwrap()
}

pub fn by(login: &str) -> Credentials {
    Credentials { login: login.into(), passphrase: Secret::new(PASSPHRASE.into()) }
}

/// On this machine, where nobody listens now.
fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

fn replaced(text: &str, changes: &[(&str, &str)]) -> String {
    changes.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
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

    /// Waits until it has ended by itself, and answers its exit status.
    pub fn ended(mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, where it has ended by itself.
    pub fn has_ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// A worker that it has started and that has begun to work.
    pub fn worker(&self) -> Option<i32> {
        self.workers().into_iter().next()
    }

    /// All of them.
    pub fn workers(&self) -> Vec<i32> {
        let children = format!("/proc/{0}/task", self.child.id());
        let Ok(tasks) = std::fs::read_dir(children) else { return Vec::new() };
        let children = tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("children")).ok());
        let mut workers: Vec<i32> =
            children.flat_map(|pids| pids.split_whitespace().flat_map(str::parse).collect::<Vec<_>>()).collect();
        workers.retain(|pid| {
            let line = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).nth(1) == Some(b"worker")
        });
        workers
    }

    /// As the kernel ends a program that has gone astray. (Rust catches a first SEGV, in case the stack overflowed.)
    pub fn kill_worker(&self, worker: i32) {
        let pid = rustix::process::Pid::from_raw(worker).unwrap();
        rustix::process::kill_process(pid, rustix::process::Signal::ILL).unwrap();
    }

    /// Asks it to end, and waits until it has.
    pub fn stop(mut self) {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Drop for Daemon {
    fn drop(&mut self) {
        // Both fail where it has ended, as it should have.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
