//! A running line has its checkpoint time-stamped once a day; openssl alone verifies it, and `journal verify` names what is
//! wrong with one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;
use torikomi::control::Request;
use torikomi::instant::Instant;
use torikomi::keyring;

use crate::home::{TestHome, because, by, clock_shown};
use crate::wait_for;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// The home's own authority behind a port, with a clock that a test moves.
struct Authority {
    address: std::net::SocketAddr,
    moved: Arc<AtomicI64>,
}

impl Authority {
    /// At a port where nobody listens yet.
    fn named_in(home: &TestHome) -> Self {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        home.set("[authority.evaluation]", "url", &format!("\"http://{address}/\""));
        home.set("[authority.evaluation]", "retry", "\"1s\"");
        home.set("[authority.evaluation]", "retry_most", "\"1s\"");
        Self { address, moved: Arc::new(AtomicI64::new(0)) }
    }

    fn serve(&self, home: &TestHome) {
        let opened = torikomi::config::home::Home::open(&home.root()).unwrap();
        let authority = keyring::timestamping(opened.layout()).unwrap();
        let (address, moved) = (self.address, Arc::clone(&self.moved));
        let clock = move || Instant::from(Timestamp::now() + SignedDuration::from_micros(moved.load(Ordering::SeqCst)));
        home.block_on(async move {
            let listener = tokio::net::TcpListener::bind(address).await.unwrap();
            tokio::spawn(torikomi::authority::serve::serve(listener, authority, clock, std::future::pending()));
        });
    }
}

/// The checkpoints in a folder that have their token.
fn stamped(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let names: BTreeSet<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    let whole =
        |path: &&PathBuf| path.extension().is_some_and(|one| one == "txt") && path.with_extension("tst").exists();
    names.iter().filter(whole).cloned().collect()
}

fn problem(ask: &impl Fn(Request) -> Value) -> Option<Value> {
    let warnings = ask(Request::Status)["warnings"].clone();
    let found = warnings.as_array().unwrap().iter().find(|warning| warning["code"] == "checkpoint-stamp");
    found.map(|warning| warning["checkpoint_stamp"].clone())
}

fn verify(root: &Path, against: Option<&Path>) -> (Option<i32>, Value) {
    let mut torikomi = Command::new(env!("CARGO_BIN_EXE_torikomi"));
    torikomi.args(["journal", "verify", "--json", "--home"]).arg(root);
    if let Some(against) = against {
        torikomi.arg("--against").arg(against);
    }
    let ran = torikomi.output().unwrap();
    let said = serde_json::from_slice(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {ran:?}"));
    (ran.status.code(), said)
}

fn copy(from: &Path, to: &Path) {
    assert!(Command::new("cp").arg("-a").arg(from).arg(to).status().unwrap().success());
}

/// The commands of `docs/evidence.md`, as they stand there.
fn by_openssl(folder: &Path) -> Output {
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/evidence.md")).unwrap();
    let script = page.split("```sh stamped\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    Command::new("sh").args(["-eu", "-c", script]).current_dir(folder).output().unwrap()
}

#[test]
fn a_checkpoint_is_stamped_each_day() {
    let home = TestHome::make();
    let outside = tempfile::tempdir().unwrap();
    home.set("[journal]", "anchor", &format!("\"{}\"", outside.path().display()));
    let authority = Authority::named_in(&home);
    let daemon = home.start();
    let ask = home.requests(&daemon.line);
    let inside = home.root().join("store/journal/stamped");
    let anchored = outside.path().join(format!("stamped-{}", daemon.line.home.id()));

    // Away, told, and back.
    let told = wait_for(|| problem(&ask)).expect("a stamp that is overdue is told");
    assert_eq!(told["code"], "authority", "{told}");
    assert_eq!(stamped(&inside).len(), 0);
    authority.serve(&home);
    assert!(wait_for(|| (stamped(&anchored).len() == 1).then_some(())).is_some(), "{:?}", problem(&ask));
    assert!(wait_for(|| problem(&ask).is_none().then_some(())).is_some(), "and no longer told");
    ask(Request::AcknowledgeClock { by: by("kanri"), shown: clock_shown(&ask), reason: because("other") });
    drop(ask);
    drop(daemon);
    drop(home.start());
    assert_eq!(stamped(&inside).len(), 1, "the day has its stamp");
    let first_day = outside.path().join("first-day");
    copy(&home.root(), &first_day);

    // The next day it was missed until the line starts.
    let tomorrow = Timestamp::now() + DAY;
    authority.moved.store(i64::try_from(DAY.as_micros()).unwrap(), Ordering::SeqCst);
    home.set("[clock]", "max_offset", "\"1min\"");
    home.set("[clock]", "starts_at", &format!("\"{}\"", Instant::from(tomorrow)));
    let daemon = home.start();
    assert!(wait_for(|| (stamped(&anchored).len() == 2).then_some(())).is_some(), "{:?}", stamped(&inside));
    drop(daemon);
    let (earlier, newest) = (stamped(&anchored).remove(0), stamped(&anchored).remove(1));
    assert_eq!(fs::read(&newest).unwrap(), fs::read(inside.join(newest.file_name().unwrap())).unwrap());

    let (status, report) = verify(&home.root(), None);
    assert_eq!(
        (status, &report["verdict"], &report["stamps"]["counting"]),
        (Some(0), &"consistent".into(), &2.into()),
        "{report}"
    );
    // Either file may be named.
    for against in [newest.clone(), newest.with_extension("tst")] {
        let (status, report) = verify(&home.root(), Some(&against));
        assert_eq!((status, &report["verdict"]), (Some(0), &"verified".into()), "{report}");
        let newest = &report["stamps"]["newest"];
        assert_eq!((&report["anchor_stamped"], &newest["evaluation"]), (newest, &true.into()), "{report}");
        let after = report["entries"].as_u64().unwrap() - report["anchored_at"].as_u64().unwrap();
        assert!(after > 0 && report["not_anchored"] == after, "{report}");
    }
    // What was put back does not pass against what was stamped afterwards.
    let (status, report) = verify(&first_day, Some(&newest));
    assert_eq!((status, &report["faults"][0]["code"]), (Some(1), &"truncated".into()), "{report}");

    let named = |name: &str, change: &dyn Fn(&Path)| {
        let root = outside.path().join(name);
        copy(&home.root(), &root);
        change(&root.join("store/journal/stamped").join(newest.file_name().unwrap()));
        let (status, report) = verify(&root, None);
        assert_eq!(status, Some(1), "{report}");
        report["faults"][0]["code"].as_str().unwrap().to_owned()
    };
    assert_eq!(named("gone", &|newest| fs::remove_file(newest.with_extension("tst")).unwrap()), "stamp-missing");
    let other = earlier.with_extension("tst");
    let swapped = |newest: &Path| assert!(fs::copy(&other, newest.with_extension("tst")).unwrap() > 0);
    assert_eq!(named("swapped", &swapped), "stamp-wrong");
    let (status, report) = {
        let folder = tempfile::tempdir().unwrap();
        let kept = folder.path().join("kept.txt");
        fs::copy(&newest, &kept).unwrap();
        fs::copy(&other, kept.with_extension("tst")).unwrap();
        verify(&home.root(), Some(&kept))
    };
    assert_eq!((status, &report["faults"][0]["code"]), (Some(1), &"against-stamp-wrong".into()), "{report}");

    // openssl alone, with a root from elsewhere.
    fs::copy(home.root().join("keys/roots.pem"), anchored.join("timestamp-roots.pem")).unwrap();
    let judged = by_openssl(&anchored);
    assert!(judged.status.success(), "{judged:?}");
    assert_eq!(String::from_utf8_lossy(&judged.stdout).matches("Verification: OK").count(), 2, "{judged:?}");
    let note = fs::read_to_string(&newest).unwrap();
    fs::write(&newest, note.replacen('\n', "\n1", 1)).unwrap();
    let judged = by_openssl(&anchored);
    assert!(!judged.status.success(), "{judged:?}");
}
