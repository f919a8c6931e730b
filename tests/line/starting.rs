//! What a start needs of the machine: workers that can be confined, a disk that keeps its word, and secrets, wherever they
//! come from.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use torikomi::config::ObjectsTemplate;
use torikomi::control::Request;

use crate::account::{filed, see_filed, the_journal_is_whole, wait_for};
use crate::burst::{deliver, deliver_consent};
use crate::hospital::{Foundation, Hospital, PATIENCE, Settings};
use crate::program::torikomi;
use crate::proven::proven;
use crate::s3::S3;

/// `serve` under another program ends at once, with status 3, and says why.
pub fn not_started(hospital: &Hospital, under: &[&str], why: &str) {
    let said = || fs::read_to_string(hospital.log()).unwrap();
    let before = said().len();
    let mut daemon = hospital.start_under(under);
    let ended = wait_for(hospital, "the end of a daemon that must not start", || daemon.has_ended());
    let log = said();
    assert_eq!(ended.code(), Some(3), "{ended}: {}", &log[before..]);
    assert!(log[before..].contains(why), "{why}: {}", &log[before..]);
}

#[test]
fn without_a_sandbox_nothing_is_decoded_unless_the_home_says_so() {
    let mut hospital = Hospital::found();
    let unconfined = ["/usr/bin/python3", "tests/tools/without-seccomp.py"];
    not_started(&hospital, &unconfined, "隔離できません");

    hospital.configure(&Settings { image: "sandbox = \"best-effort\"\n", ..Settings::default() });
    let daemon = hospital.start_under(&unconfined);
    hospital.open_session().unwrap();
    let sent = deliver(&hospital, "unconfined");
    let records: Vec<_> = sent.iter().map(|names| filed(&hospital, names.keys().next().unwrap())).collect();
    let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
    assert_eq!(status["sandbox"], "best-effort");
    assert!(status["warnings"].to_string().contains("best-effort-sandbox"), "{status:#}");
    let said = torikomi(Some(&hospital.root()), &["status", "--lang", "ja"]);
    assert!(said.out.contains("best-effort"), "{}", said.out);
    daemon.stop();
    for record in &records {
        assert_eq!(proven(&hospital, record)["sandbox"], "best-effort");
    }
    the_journal_is_whole(&hospital);
}

#[test]
fn a_database_on_a_network_file_system_is_not_opened() {
    let hospital = Hospital::found();
    // The kernel is made to answer that what it is asked about lies on NFS.
    let answer = "inject=fstatfs:poke_exit=@arg2=6969000000000000";
    let strace = ["strace", "-D", "-f", "-e", "trace=fstatfs", "-e", answer, "-o", "/dev/null"];
    not_started(&hospital, &strace, "network file system (NFS)");
}

#[test]
fn secrets_may_be_handed_over_by_systemd() {
    let (s3, place, credentials) = (S3::start(), tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let key = S3::key_file(place.path());
    let objects = ObjectsTemplate {
        url: s3.url("hospital-a").parse().unwrap(),
        region: None,
        credentials_file: key.clone(),
        tls_roots: None,
        retention_days: None,
    };
    let hospital = Hospital::founded(&Foundation { objects: Some(objects), ..Foundation::default() });
    let own = hospital.root().join(&hospital.config.journal.secret_file);
    let given = format!("CREDENTIALS_DIRECTORY={}", credentials.path().display());
    let with = ["env", given.as_str()];
    for (file, credential) in [(own, "torikomi-service-secret"), (key, "torikomi-objects-credentials")] {
        // Nonsense here and nothing handed over: it is the file that is read.
        let secret = fs::read(&file).unwrap();
        fs::write(&file, "nonsense\n").unwrap();
        assert_ne!(status_of_start(&hospital, &with), Some(0));
        // What is handed over goes before it.
        fs::write(credentials.path().join(credential), &secret).unwrap();
    }
    let daemon = hospital.start_under(&with);
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    see_filed(&hospital, deliver_consent(&hospital, "one").keys().next().unwrap());
    daemon.stop();
    the_journal_is_whole(&hospital);
}

fn status_of_start(hospital: &Hospital, under: &[&str]) -> Option<i32> {
    let mut daemon = hospital.start_under(under);
    wait_for(hospital, "the end of a daemon that must not start", || daemon.has_ended()).code()
}

/// No core dump and no debugger gets at the keys of a line, and its files are its own.
pub fn nothing_is_read_out_of(daemon: u32) {
    let of = |name: &str| Path::new("/proc").join(daemon.to_string()).join(name);
    let limits = fs::read_to_string(of("limits")).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"], "{core}");
    // What may be neither dumped nor traced belongs to root, whoever runs it.
    assert_eq!(fs::metadata(of("mem")).unwrap().uid(), 0);
    let status = fs::read_to_string(of("status")).unwrap();
    let mask = status.lines().find_map(|line| line.strip_prefix("Umask:")).unwrap().trim();
    assert_eq!(mask, "0077");
}
