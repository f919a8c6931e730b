//! `operator enrol` as it is typed: what is shown before anybody types a passphrase, and what the daemon is never told.

use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use torikomi::cli::init::make::{NewFounder, Plan, make};
use torikomi::config::Mode;
use torikomi::config::home::Layout;
use torikomi::daemon::{self, Daemon};
use torikomi::people::register::NewPerson;
use zeroize::Zeroizing;

use crate::program::{Ran, torikomi};

const PASSPHRASE: &str = "Hajime-no-Kotoba-2026!";
const AUTHORITY: &str = "Fuu-wo-shita-Kotoba-2026!";

/// A home with its daemon, and somebody between it and whoever asks, who hears everything.
struct Home {
    heard: Arc<Mutex<Vec<String>>>,
    _daemon: Daemon,
    folder: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
}

impl Home {
    fn make() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let founder = |(login, name): (&str, &str)| NewFounder {
            person: NewPerson {
                login: login.into(),
                name: name.into(),
                kana: None,
                occupation: "診療情報管理士".into(),
                department: "診療情報管理室".into(),
            },
            passphrase: Zeroizing::new(PASSPHRASE.into()),
        };
        let root = folder.path().join("home");
        let plan = Plan {
            root: root.clone(),
            mode: Mode::Evaluation,
            organization: "見本病院".into(),
            stations: vec!["front-desk".parse().unwrap()],
            founders: [("admin", "見本 管理"), ("manager", "見本 責任")].map(founder),
            authority_passphrase: Zeroizing::new(AUTHORITY.into()),
            database: None,
            objects: None,
            profiles: Vec::new(),
        };
        make(plan, runtime.handle(), Timestamp::now().into()).unwrap();
        for (name, words) in [("own", PASSPHRASE), ("authority", AUTHORITY), ("wrong", "Chigau-Kotoba-2026!!")] {
            fs::write(folder.path().join(name), words).unwrap();
        }
        let mut daemon = daemon::start(&root, runtime.handle(), Path::new(env!("CARGO_BIN_EXE_torikomi"))).unwrap();
        daemon.serve_requests(|| ()).unwrap();
        let heard = between(&root);
        Self { heard, _daemon: daemon, folder, _runtime: runtime }
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    fn enrol(&self, witness: Option<&str>, own: &str, authority: &str, lang: &str) -> Ran {
        let (own, authority) = (self.file(own), self.file(authority));
        let mut args = vec!["operator", "enrol", "clerk", "--as", "admin", "--passphrase-file", &own];
        args.extend(["--new-passphrase-file", &own, "--ca-passphrase-file", &authority, "--lang", lang]);
        if let Some(witness) = witness {
            args.extend(["--witness", witness, "--witness-passphrase-file", &own]);
        }
        torikomi(Some(&self.root()), &args)
    }

    /// What was asked of the daemon since the last time.
    fn asked(&self) -> Vec<String> {
        let heard = std::mem::take(&mut *self.heard.lock().unwrap());
        heard.iter().for_each(|line| assert!(!line.contains(AUTHORITY), "{line}"));
        let request = |line: &String| serde_json::from_str::<serde_json::Value>(line).unwrap()["request"].clone();
        heard.iter().map(|line| request(line).as_str().unwrap().to_owned()).collect()
    }
}

/// Takes the socket's place, and passes on what is said.
fn between(root: &Path) -> Arc<Mutex<Vec<String>>> {
    let socket = Layout::new(root).control_socket();
    let real = socket.with_extension("real");
    fs::rename(&socket, &real).unwrap();
    let listener = UnixListener::bind(&socket).unwrap();
    let heard = Arc::new(Mutex::new(Vec::new()));
    let hears = Arc::clone(&heard);
    std::thread::spawn(move || {
        for asks in listener.incoming() {
            let (mut asks, mut answers) = (asks.unwrap(), UnixStream::connect(&real).unwrap());
            let mut line = String::new();
            BufReader::new(&asks).read_line(&mut line).unwrap();
            answers.write_all(line.as_bytes()).unwrap();
            hears.lock().unwrap().push(line);
            let mut answer = String::new();
            BufReader::new(&answers).read_line(&mut answer).unwrap();
            asks.write_all(answer.as_bytes()).unwrap();
        }
    });
    heard
}

#[test]
fn two_see_what_is_issued_before_they_type_and_the_daemon_is_told_no_passphrase_of_the_authority() {
    let home = Home::make();
    let own = home.file("own");
    let called = ["--name", "架空 受付", "--occupation", "医療事務", "--department", "医事課"];
    let by = ["--as", "admin", "--passphrase-file", &own];
    let added = torikomi(Some(&home.root()), &[&["operator", "add", "clerk"][..], &called, &by].concat());
    assert_eq!(added.status, 0, "{}", added.err);
    assert_eq!(home.asked(), ["add-person"]);

    // A file that is not there would be missed only after that.
    for (lang, said) in [("ja", "立会人を指定してください"), ("en", "give a witness too")] {
        let alone = home.enrol(None, "nowhere", "nowhere", lang);
        assert_eq!(alone.status, 1, "{}", alone.err);
        assert!(alone.err.contains(said) && alone.err.contains("manager"), "{}", alone.err);
        assert_eq!(home.asked(), ["plan-certificate"]);
    }
    let shown = home.enrol(Some("manager"), "nowhere", "nowhere", "ja");
    assert_eq!(shown.status, 2, "{}", shown.err);
    let root = fs::read_to_string(Layout::new(&home.root()).roots()).unwrap();
    let root = torikomi::crypto::pem::certificates(&root).unwrap().remove(0);
    let fingerprint = torikomi::ids::Digest::of(&root).hex();
    for part in ["架空 受付", "clerk", "医事課", "見本病院", "依頼は admin さん", "立会人は manager さん", &fingerprint]
    {
        assert!(shown.err.contains(part), "{part}: {}", shown.err);
    }
    assert_eq!(home.asked(), ["plan-certificate"]);

    // The authority is opened here: with another passphrase the daemon is not even asked.
    let shut = home.enrol(Some("manager"), "own", "wrong", "en");
    assert_eq!((shut.status, shut.err.contains("the certificate authority")), (1, true), "{}", shut.err);
    assert_eq!(home.asked(), ["plan-certificate"]);

    let done = home.enrol(Some("manager"), "own", "authority", "en");
    assert_eq!(done.status, 0, "{}", done.err);
    assert!(!done.out.contains(&fingerprint) && done.err.contains(&fingerprint), "{}{}", done.out, done.err);
    assert_eq!(home.asked(), ["plan-certificate", "enrol"]);
    let entries = torikomi(Some(&home.root()), &["journal", "show", "--json"]).json();
    let issued =
        entries["entries"].as_array().unwrap().iter().find(|entry| entry["entry"]["kind"] == "certificate-issued");
    let signatures = issued.unwrap()["entry"]["act"]["signatures"].as_array().unwrap();
    assert_eq!(signatures.len(), 3);
    assert_eq!(torikomi(Some(&home.root()), &["journal", "verify"]).status, 0);
}
