//! A home for production, from its first day to a record that serves outside: people certified by one foreign authority, stamps
//! of another (OpenSSL both times), and nothing of evaluation in what is filed.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use serde_json::Value;
use torikomi::cli::init::make::{NewFounder, Plan, make};
use torikomi::config::Mode;
use torikomi::crypto::check::Anchors;
use torikomi::daemon::{self, Daemon};
use torikomi::people::register::NewPerson;
use torikomi::store::records;
use torikomi::system::KernelClock;
use torikomi::verification::{AtHome, Doubt, Said, Step, Trust, Verdict};
use zeroize::Zeroizing;

use crate::foreign::{ForeignCa, WELL, believe};
use crate::program::{Ran, torikomi};
use crate::schema::demand;
use crate::tsa::Tsa;
use crate::wait_for;

const FIRST: &str = "Hajime-no-Kotoba-2026!";
const NEW: &str = "Atarashii-Kotoba-2026!";

/// The founders: an administrator and the information manager.
const PEOPLE: [(&str, &str); 2] = [("kanri", "見本 管理"), ("sekinin", "見本 責任")];

struct Home {
    folder: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
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
            passphrase: Zeroizing::new(FIRST.into()),
        };
        // The hospital has entered its own clauses.
        let profile = fs::read_to_string("profiles/demo/consent-demo.toml").unwrap();
        let profile =
            profile.replace("\"評価用: 施設の運用管理規程の条項に書き換えること\"", "\"架空病院 運用管理規程 第12条\"");
        let profile = profile
            .replace("\"評価用: 自動確定の規則を定めた条項に書き換えること\"", "\"架空病院 運用管理規程 第13条\"");
        let plan = Plan {
            root: folder.path().join("home"),
            mode: Mode::Production,
            organization: "見本病院".into(),
            stations: vec!["front-desk".parse().unwrap()],
            founders: PEOPLE.map(founder),
            authority_passphrase: Zeroizing::new(FIRST.into()),
            database: None,
            objects: None,
            profiles: vec![("consent-demo.toml".into(), profile.into_bytes())],
        };
        make(plan, runtime.handle(), Timestamp::now().into()).unwrap();
        let home = Self { folder, runtime };
        for (name, words) in [("first", FIRST), ("new", NEW)] {
            fs::write(home.file(name), words).unwrap();
        }
        home
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("home")
    }

    fn file(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// A daemon on a machine whose time a server keeps right, which the one at hand need not be.
    fn start(&self) -> Daemon {
        let mut daemon =
            daemon::start(&self.root(), self.runtime.handle(), Path::new(env!("CARGO_BIN_EXE_torikomi"))).unwrap();
        daemon.line.clock.pretend(KernelClock { synchronised: true, estimated_error_us: 900 });
        daemon.serve_requests(|| ()).unwrap();
        daemon
    }

    /// What is typed, in English.
    fn run(&self, words: &[&str]) -> Ran {
        torikomi(Some(&self.root()), words)
    }

    fn done(&self, words: &[&str]) -> Ran {
        let ran = self.run(words);
        assert_eq!(ran.status, 0, "{words:?}: {}{}", ran.out, ran.err);
        ran
    }

    /// Sets a key below a heading of the settings.
    fn set(&self, heading: &str, lines: &str) {
        let settings = self.root().join("torikomi.toml");
        let text = fs::read_to_string(&settings).unwrap();
        assert!(text.contains(&format!("{heading}\n")), "{text}");
        fs::write(&settings, text.replace(&format!("{heading}\n"), &format!("{heading}\n{lines}\n"))).unwrap();
    }

    /// What the home still lacks, by its codes.
    fn missing(&self) -> Vec<String> {
        let status = self.done(&["status", "--json"]).json();
        demand("status", &status);
        assert_eq!(status["not_built"].as_array().unwrap().len(), 2);
        let missing = status["missing"].as_array().unwrap().iter();
        missing.map(|missing| missing["code"].as_str().unwrap().to_owned()).collect()
    }

    /// Somebody's certificate, from the request to its import, with another who answers for it.
    fn certify(&self, outside: &ForeignCa, login: &str, by: &str, with: &str) {
        let (request, answer) = (self.file(&format!("{login}.csr")), self.file(&format!("{login}.pem")));
        let (first, new, with) = (self.file("first"), self.file("new"), self.file(with));
        let by = ["--as", by, "--passphrase-file", &with, "--new-passphrase-file", &new];
        self.done(&[&["operator", "enrol", login, "--request", &request][..], &by].concat());
        let read =
            Command::new("openssl").args(["req", "-verify", "-noout", "-text", "-in", &request]).output().unwrap();
        let said = String::from_utf8_lossy(&read.stdout);
        assert!(read.status.success() && said.contains("Digital Signature, Non Repudiation"), "{said}");
        fs::write(&answer, outside.issue(&fs::read_to_string(&request).unwrap(), WELL)).unwrap();
        let renewed = ["--renew", "--present-passphrase-file", &first];
        self.done(&[&["operator", "import", login, &answer][..], &renewed, &by].concat());
    }

    fn records(&self, daemon: &Daemon) -> Vec<records::Record> {
        let filter = records::Filter::default();
        daemon.line.database.read(async |tx| records::list(tx, &filter, None, 10).await).unwrap()
    }
}

#[test]
fn a_home_for_production_files_once_nothing_is_missing() {
    let home = Home::make();
    let outside = ForeignCa::new();
    let daemon = home.start();
    let people = ["outside-certificate"; 2];
    let authority = ["authority-unset", "authority-roots", "accredited-authority"];
    let rest = ["profile-in-force", "patient-list", "journal-anchor", "backup"];
    assert_eq!(home.missing(), [&people[..], &authority, &rest].concat());
    for lang in ["ja", "en"] {
        let told = home.done(&["status", "--lang", lang]).out;
        for id in [
            "6.12-C1(1)",
            "6.12-C2(1)",
            "9.1-C2(1)",
            "6.5-C8",
            "6.10-C4(5)",
            "6.12-C2(4)",
            "operator enrol kanri --request",
        ] {
            assert!(told.contains(id), "{id} {told}");
        }
    }

    // The hospital believes in the authority that certifies its people, who then come to each other's certificates.
    believe(&home.root(), &outside.root());
    home.certify(&outside, "sekinin", "kanri", "first");
    home.certify(&outside, "kanri", "sekinin", "new");
    // Where nothing else is said, stamps are judged by the same roots.
    assert_eq!(home.missing(), [&["authority-unset", "accredited-authority"][..], &rest].concat());
    let new = home.file("new");
    let signed = ["--as", "kanri", "--passphrase-file", &new, "--second", "sekinin", "--second-passphrase-file", &new];
    home.done(&[&["profile", "approve", "consent-demo"][..], &signed].concat());
    drop(daemon);

    // Its authority of stamps, its list of patients, a place outside for checkpoints, and for whom backups are sealed.
    let stamps = Tsa::start(&home.folder.path().join("stamps"));
    let settings = home.root().join("torikomi.toml");
    let text = fs::read_to_string(&settings).unwrap();
    let url = text.lines().find(|line| line.starts_with("url = ")).unwrap().to_owned();
    fs::write(&settings, text.replace(&url, &format!("{}accredited = true\n", stamps.settings()))).unwrap();
    fs::copy("fixtures/samples/patients.csv", home.root().join("patients.csv")).unwrap();
    let (anchor, medium) = (home.folder.path().join("anchor"), home.folder.path().join("medium"));
    for folder in [&anchor, &medium] {
        fs::create_dir(folder).unwrap();
    }
    home.set("[journal]", &format!("anchor = \"{}\"", anchor.display()));
    let identity = age::x25519::Identity::generate();
    home.set("[backup]", &format!("recipients = [\"{}\"]", identity.to_public()));
    home.set(
        "[station.front-desk]",
        "quiet_time = \"1s\"\nlease_unknown_wait = \"1s\"\nsidecar_wait = \"0s\"\nsweep = \"1s\"",
    );
    let daemon = home.start();
    assert_eq!(home.missing(), ["backup"]);
    home.done(&["store", "backup", "--to", medium.to_str().unwrap(), "--new", "--json"]);
    assert_eq!(home.missing(), [] as [&str; 0]);
    let told = home.done(&["status", "--lang", "en"]).out;
    assert!(told.contains("This home itself lacks nothing.") && told.contains("6.12-C2(4)"), "{told}");

    // A scan comes, and is filed.
    let who = ["--as", "sekinin", "--passphrase-file", &new];
    home.done(&[&["session", "open", "--station", "front-desk", "--attest"][..], &who].concat());
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap()).date();
    let drop_folder = home.root().join("drop/front-desk");
    let sidecar = format!(
        r#"{{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"consent-demo",
           "obtained_on":"{today}","paper":"A4","expected_pages":1}}"#
    );
    fs::write(drop_folder.join("scan.json"), sidecar).unwrap();
    fs::copy("fixtures/samples/good/consent.jpg", drop_folder.join("scan.jpg")).unwrap();
    let record = wait_for(|| home.records(&daemon).pop()).expect("nothing was filed");

    // At home, as a pack held against what the hospital publishes, and by the script: nobody speaks of evaluation.
    let trust = Trust::of_home(daemon.line.home.layout(), &daemon.line.config).unwrap();
    let report =
        AtHome::new(&daemon.line.database, &daemon.line.objects).verify(record.id, &trust, false).unwrap().unwrap();
    assert_eq!((report.verdict, report.evaluation), (Verdict::Passed, false), "{report:#?}");
    only_the_founders_are_unknown(&daemon, &record, &outside, &trust);
    let unpacked = home.file("unpacked");
    let id = record.id.to_string();
    let export = ["record", "export", &id, "--unpacked", &unpacked, "--reason", "audit"];
    home.done(&[&export[..], &who].concat());
    let anchors = home.folder.path().join("anchors");
    fs::create_dir(&anchors).unwrap();
    for (name, from) in [
        ("roots.pem", home.root().join("keys/roots.pem")),
        ("timestamp-roots.pem", home.folder.path().join("stamps/roots.pem")),
        ("journal.vkey", home.root().join("keys/journal.vkey")),
    ] {
        fs::copy(from, anchors.join(name)).unwrap();
    }
    let anchors = anchors.display().to_string();
    let verified = torikomi(None, &["verify", &unpacked, "--anchors", &anchors, "--json"]);
    assert_eq!(verified.status, 0, "{}{}", verified.out, verified.err);
    let script = Command::new("sh").args(["verify.sh", &anchors]).current_dir(&unpacked).output().unwrap();
    let said = String::from_utf8_lossy(&script.stdout).into_owned() + &String::from_utf8_lossy(&script.stderr);
    assert!(script.status.success() && said.contains("Everything holds.") && !said.contains("EVALUATION"), "{said}");
    drop(daemon);

    // The certificates outlast the database, with those between them and the root.
    let checked = home.done(&["store", "check", "--json"]).json();
    assert_eq!(checked["findings"], serde_json::json!([]), "{checked:#}");
    for file in ["torikomi.db", "torikomi.db-wal", "torikomi.db-shm"] {
        let _ = fs::remove_file(home.root().join("store").join(file));
    }
    home.done(&["store", "check", "--rebuild"]);
    let all: Value = home.done(&["verify", "--all", "--json"]).json();
    assert!(!all.is_null());
    home.done(&["journal", "verify"]);
}

/// Whoever believes in the outside authority alone is told which root to ask for, and nothing worse.
fn only_the_founders_are_unknown(daemon: &Daemon, record: &records::Record, outside: &ForeignCa, trust: &Trust) {
    let signers = Anchors::new(&torikomi::crypto::pem::certificates(&outside.root()).unwrap()).unwrap();
    let own = trust.signers.certificates().iter().find(|root| root.is_evaluation()).unwrap().fingerprint();
    let alone = Trust { signers, ..trust.clone() };
    let line = &daemon.line;
    let report = AtHome::new(&line.database, &line.objects).verify(record.id, &alone, false).unwrap().unwrap();
    let objected: Vec<_> = report.steps.iter().filter(|step| step.verdict != Verdict::Passed).collect();
    let [journal] = objected[..] else { panic!("{report:#?}") };
    assert_eq!((journal.step, &journal.said), (Step::Journal, &Said::Doubt(Doubt::FoundersUnknown { root: own })));
    assert_eq!((report.verdict, report.evaluation), (Verdict::Indeterminate, false));
}
