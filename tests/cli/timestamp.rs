//! The evaluation authority as a process: a stamp from it is judged like any other authority's.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use torikomi::authority::{Authority, Settings};
use torikomi::config::home::Layout;
use torikomi::crypto::check::Anchors;
use torikomi::crypto::make::{Passphrase, Validity};
use torikomi::crypto::oid;
use torikomi::instant::Instant;
use torikomi::keyring;

use crate::home::TestHome;
use crate::schema::demand;
use crate::torikomi;

/// A home with its keys; the certificate of its root.
fn home_with_keys() -> (TestHome, Vec<u8>) {
    let home = TestHome::new();
    let layout = Layout::new(home.path());
    std::fs::create_dir(layout.keys()).unwrap();
    let at = |text: &str| -> Instant { text.parse().unwrap() };
    let validity =
        Validity { not_before: at("2020-01-01T00:00:00.000000Z"), not_after: at("2049-01-01T00:00:00.000000Z") };
    let passphrase = Passphrase::new("Kagi-wo-Tsukuru-9".to_owned());
    keyring::create(layout, home.id, "架空病院", &passphrase, true, validity).unwrap();
    let root = keyring::certificate_of_authority(layout).unwrap();
    (home, root)
}

/// Killed by its id when the test is over, however it ends.
struct Server(Child);

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn it_stamps_until_it_is_told_to_stop() {
    let (home, root) = home_with_keys();
    // It needs nothing of what signs the journal, and therefore cannot have it.
    let keys = Layout::new(home.path()).keys();
    for name in ["journal.pem", "service.secret", "authority.pem"] {
        let _ = std::fs::remove_file(keys.join(name));
    }
    assert!(!Layout::new(home.path()).journal_key().exists());
    let mut server = Server(
        Command::new(env!("CARGO_BIN_EXE_torikomi"))
            .env_clear()
            .args(["timestamp", "serve", "--listen", "127.0.0.1:0", "--json", "--home"])
            .arg(home.path())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap(),
    );
    let mut said = String::new();
    let mut out = BufReader::new(server.0.stdout.take().unwrap());
    while !said.ends_with("}\n") {
        assert_ne!(out.read_line(&mut said).unwrap(), 0, "{said}");
    }
    let serving: serde_json::Value = serde_json::from_str(&said).unwrap();
    demand("timestamp-serve", &serving);
    let url = serving["url"].as_str().unwrap().to_owned();

    let authority = Authority::new(Settings {
        url: url.clone(),
        tls_roots: Vec::new(),
        anchors: Anchors::new(&[root]).unwrap(),
        policies: vec![oid::EVALUATION_TIMESTAMP],
        request_policy: None,
        accredited: Vec::new(),
        timeout: Duration::from_secs(20),
    });
    let stamp = authority.stamp(b"the octets of a signature").unwrap();
    assert!(authority.judge(&stamp.token, b"the octets of a signature").is_ok());
    assert!(authority.judge(&stamp.token, b"other octets").is_err());

    // The address is taken.
    let address = url.trim_start_matches("http://").trim_end_matches('/');
    let second = torikomi(Some(home.path()), &["timestamp", "serve", "--listen", address]);
    assert_eq!((second.status, second.err.contains(address)), (3, true), "{}", second.err);

    let process = rustix::process::Pid::from_child(&server.0);
    rustix::process::kill_process(process, rustix::process::Signal::TERM).unwrap();
    assert_eq!(server.0.wait().unwrap().code(), Some(0));
}

#[test]
fn a_home_without_its_keys_stamps_nothing() {
    let home = TestHome::new();
    let ran = torikomi(Some(home.path()), &["timestamp", "serve", "--listen", "127.0.0.1:0"]);
    assert_eq!((ran.status, ran.out.as_str()), (3, ""));
}
