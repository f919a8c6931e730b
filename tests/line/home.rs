//! A throw-away home with the built-in authority beside it.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use jiff::Timestamp;
use sqlx::{AnyConnection, Connection as _};
use torikomi::cli::init::make::{NewFounder, Plan, make};
use torikomi::config::Mode;
use torikomi::control::{Credentials, ReasonGiven, Request, Secret};
use torikomi::crypto::make::Passphrase;
use torikomi::daemon::requests::{Hooks, Peer, Requests};
use torikomi::daemon::{self, Daemon, DaemonError};
use torikomi::ids::Digest;
use torikomi::instant::Instant;
use torikomi::keyring;
use torikomi::people::PeopleError;
use torikomi::people::acts::ActRules;
use torikomi::people::acts::Signed;
use torikomi::people::certificates::{self, Signer};
use torikomi::people::register::{self, NewPerson};
use torikomi::people::sessions::{self, Attested};
use torikomi::pipeline::line::Line;
use torikomi::profile::DEMONSTRATION;
use zeroize::Zeroizing;

pub const PASSPHRASE: &str = "Nagai-Aikotoba-2026!";

pub struct TestHome {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
}

impl TestHome {
    pub fn make() -> Self {
        Self::with_profiles(&[])
    }

    /// With these beside the demonstration's, by file name and text.
    pub fn with_profiles(more: &[(&str, String)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
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
            root: folder.path().join("home"),
            mode: Mode::Evaluation,
            organization: "見本病院".into(),
            stations: vec!["front-desk".parse().unwrap()],
            founders: [person("kanri", "見本 管理"), person("sekinin", "見本 責任")],
            authority_passphrase: Zeroizing::new(PASSPHRASE.into()),
            database: None,
            objects: None,
            profiles: DEMONSTRATION
                .iter()
                .map(|preset| (preset.file_name.to_owned(), preset.text.as_bytes().to_vec()))
                .chain(more.iter().map(|(name, text)| ((*name).to_owned(), text.as_bytes().to_vec())))
                .collect(),
        };
        make(plan, runtime.handle(), Timestamp::now().into()).unwrap();
        let home = Self { folder, runtime };
        std::fs::copy("fixtures/samples/patients.csv", home.root().join("patients.csv")).unwrap();
        home.serve_authority();
        home
    }

    pub fn root(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    pub fn drop(&self) -> PathBuf {
        self.root().join("drop/front-desk")
    }

    pub fn today(&self) -> String {
        let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
        Timestamp::now().to_zoned(zone).date().to_string()
    }

    pub fn listing(&self) -> Vec<String> {
        names(&self.drop())
    }

    pub fn start(&self) -> Daemon {
        self.try_to_start().unwrap()
    }

    pub fn try_to_start(&self) -> Result<Daemon, DaemonError> {
        daemon::start(&self.root(), self.runtime.handle(), Path::new(env!("CARGO_BIN_EXE_torikomi")))
    }

    /// Changes the database behind everybody's back, while no daemon runs.
    pub fn sql(&self, statement: &str) {
        let url = format!("sqlite://{}?mode=rw", self.root().join("store/torikomi.db").display());
        self.runtime.block_on(async {
            let mut connection = AnyConnection::connect(&url).await.unwrap();
            sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(&mut connection).await.unwrap();
            connection.close().await.unwrap();
        });
    }

    /// The consent with its sidecar, under this name.
    pub fn deliver_consent(&self, stem: &str) {
        self.deliver_consent_of("9990001", stem);
    }

    pub fn deliver_consent_of(&self, patient: &str, stem: &str) {
        self.deliver_consent_on(patient, stem, &self.today());
    }

    pub fn deliver_consent_on(&self, patient: &str, stem: &str, obtained_on: &str) {
        std::fs::copy("fixtures/samples/good/consent.jpg", self.drop().join(format!("{stem}.jpg"))).unwrap();
        let sidecar = format!(
            r#"{{"format":"torikomi-sidecar-v1","patient_id":"{patient}","document_type":"consent-demo",
               "obtained_on":"{obtained_on}","paper":"A4","expected_pages":1}}"#
        );
        std::fs::write(self.drop().join(format!("{stem}.json")), sidecar).unwrap();
    }

    /// The attempts whose files lie in custody.
    pub fn attempts(&self) -> Vec<String> {
        let mut found = names(&self.root().join("custody/attempts"));
        found.retain(|name| !name.starts_with('.'));
        found
    }

    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Sets one key below a heading of the settings, whatever it is now.
    pub fn set(&self, heading: &str, key: &str, value: &str) {
        let settings = self.root().join("torikomi.toml");
        let text = std::fs::read_to_string(&settings).unwrap();
        let (before, section) = text.split_once(&format!("{heading}\n")).unwrap();
        let end = section.find("\n[").unwrap_or(section.len());
        let kept: Vec<&str> =
            section[..end].lines().filter(|line| line.split('=').next().unwrap().trim() != key).collect();
        let text = format!("{before}{heading}\n{key} = {value}\n{}\n{}", kept.join("\n"), &section[end..]);
        std::fs::write(&settings, text).unwrap();
    }

    /// Asks what the control socket would ask, and demands that it is done.
    pub fn requests(&self, line: &Arc<Line>) -> impl Fn(Request) -> serde_json::Value {
        let hooks = Hooks { stations: Box::new(Vec::new), wake_intake: Box::new(|_| ()), stop: Box::new(|| ()) };
        let requests = Requests::new(Arc::clone(line), Arc::new(hooks));
        move |request| requests.answer(request, Peer { uid: 4711, pid: 815 }).unwrap()
    }

    /// The built-in authority on a free port, written into the settings.
    fn serve_authority(&self) {
        let settings = self.root().join("torikomi.toml");
        let home = torikomi::config::home::Home::open(&self.root()).unwrap();
        let listener = self.runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let port = listener.local_addr().unwrap().port();
        let authority = keyring::timestamping(home.layout()).unwrap();
        self.runtime.spawn(torikomi::authority::serve::serve(
            listener,
            authority,
            || Instant::from(Timestamp::now()),
            std::future::pending(),
        ));
        let text = std::fs::read_to_string(&settings).unwrap();
        let lines: Vec<String> = text
            .lines()
            .map(|line| {
                if line.starts_with("url = ") { format!("url = \"http://127.0.0.1:{port}/\"") } else { line.to_owned() }
            })
            .collect();
        std::fs::write(&settings, lines.join("\n")).unwrap();
    }

    /// What `journal verify` finds, while the daemon runs or after.
    pub fn the_journal_is_whole(&self) {
        let verify = ["journal", "verify", "--json", "--home"];
        let output = Command::new(env!("CARGO_BIN_EXE_torikomi")).args(verify).arg(self.root()).output().unwrap();
        let said: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert!(output.status.success(), "{said:#}");
    }

    /// Opens a session of the information manager, as the control socket would.
    pub fn open_session(&self, line: &Arc<Line>) {
        let now = line.clock.now();
        let station: torikomi::ids::Name = "front-desk".parse().unwrap();
        let caps = torikomi::people::Caps::from(&line.config.signing);
        let rules = ActRules {
            home: line.home.id(),
            mode: line.config.mode,
            clock_skew: jiff::SignedDuration::from_secs(60),
            second_person_after: jiff::SignedDuration::ZERO,
        };
        let (person, certificate, plan) = line
            .database
            .read::<_, PeopleError, _>(async |tx| {
                let person = register::active(tx, "sekinin").await?;
                let certificate = certificates::current(tx, &person, now).await?;
                let plan = sessions::plan(tx, &certificate, &station, &caps, now).await?;
                Ok((person, certificate, plan))
            })
            .unwrap();
        let signer = Signer::unlock(&person, certificate, &line.keys, &Passphrase::new(PASSPHRASE.into())).unwrap();
        let act = plan.act(&Attested::ALL, None, now, line.home.id());
        let signed = Signed::sign(act, &[&signer]).unwrap();
        let journal = Arc::clone(&line.journal);
        let row = line
            .database
            .write::<_, PeopleError, _>(async move |tx| {
                let (change, row) = sessions::open(tx, signed, plan, &rules, now).await?;
                let appended = journal.append(tx, change.entry.clone(), now).await?;
                change.apply(tx, appended.index).await?;
                Ok(row)
            })
            .unwrap();
        line.sessions.admit(&row, Vec::new(), signer, &caps, torikomi::clock::since_boot());
    }
}

pub fn by(login: &str) -> Credentials {
    Credentials { login: login.into(), passphrase: Secret::new(PASSPHRASE.into()) }
}

/// The clock as a person sees it now.
pub fn clock_shown(ask: &dyn Fn(Request) -> serde_json::Value) -> Digest {
    serde_json::from_value(ask(Request::Status)["clock_shown"].clone()).unwrap()
}

pub fn because(code: &str) -> ReasonGiven {
    ReasonGiven { code: code.parse().unwrap(), text: Some("架空の理由".into()) }
}

fn names(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder)
        .map(|entries| entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect())
        .unwrap_or_default()
}
