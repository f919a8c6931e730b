//! The demonstration, and what anybody can ask of the home that it leaves behind.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that unwraps fails where it should"
)]

#[path = "support/program.rs"]
mod program;
#[path = "support/schema.rs"]
mod schema;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use program::{Ran, command, torikomi};
use schema::demand;
use serde_json::Value;
use torikomi::ids::Digest;

/// What the demonstration prints for everybody to read.
const PASSPHRASE: &str = "Demo-no-Aikotoba-1!";

#[test]
fn the_demonstration_comes_out_as_expected_and_its_home_can_be_asked() {
    let folder = tempfile::tempdir().unwrap();
    let (home, temporary) = (folder.path().join("home"), folder.path().join("temporary"));
    std::fs::create_dir(&temporary).unwrap();
    // Most of the time it waits for files that stay incomplete, so all three go at once.
    let told = command(None, &["demo", "--once", "--lang", "en"])
        .env("TMPDIR", &temporary)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let watching = Watching::start(&folder.path().join("kept"));
    let ran = torikomi(None, &["demo", "--once", "--json", "--dir", home.to_str().unwrap()]);

    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    demand("demo", &ran.json());
    assert_eq!((&ran.json()["as_expected"], ran.json()["home"].as_str()), (&Value::Bool(true), home.to_str()));
    every_sample_is_where_it_should_be(&home, &ran.json());
    the_table_is_for_people(&told.wait_with_output().unwrap().into());
    assert_eq!(std::fs::read_dir(temporary).unwrap().count(), 0, "a home nobody asked for is removed");
    watching.says_what_to_try_next();

    let records = the_records_verify(&home);
    let mut daemon = serving(&home);
    the_records_are_told(&home, &records);
    let packs = a_record_is_exported(&home, &records[0], folder.path());
    assert!(end(&mut daemon));
    the_packs_verify(&home, &packs);
    what_is_not_there_is_told(&home, folder.path());
}

/// By the list of the samples, not by what the program says of itself.
fn every_sample_is_where_it_should_be(home: &Path, summary: &Value) {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/samples");
    let list: toml::Table = std::fs::read_to_string(samples.join("expected.toml")).unwrap().parse().unwrap();
    let kept = digests(&[home.join("drop"), home.join("custody")]);
    let stored = digests(&[home.join("store/objects")]);
    let (mut shown, mut kept_back) = (0, 0);
    for sample in list["sample"].as_array().unwrap() {
        let name = sample["name"].as_str().unwrap();
        let found = summary["samples"].as_array().unwrap().iter().find(|found| found["sample"] == name);
        let Some(found) = found else {
            // It asks for a file-name template, which the demonstration's station has not.
            assert_eq!(name, "contradicts-its-name");
            continue;
        };
        shown += 1;
        let word = |key: &str| sample.get(key).and_then(|word| word.as_str());
        assert_eq!(found["delivery"].as_str(), word("delivery"), "{name}");
        assert_eq!(found["document"].as_str(), word("document"), "{name}");
        assert_eq!(found["hold"].as_str(), word("hold"), "{name}");
        for file in sample["files"].as_array().unwrap() {
            let digest = Digest::of(&std::fs::read(samples.join(file.as_str().unwrap())).unwrap());
            if word("document") == Some("filed") {
                assert!(stored.contains(&digest), "{file} is not in the store");
            } else {
                kept_back += 1;
                assert!(kept.contains(&digest), "{file} is neither in the drop folder nor in custody");
            }
        }
    }
    assert_eq!(summary["samples"].as_array().unwrap().len(), shown);
    assert!(kept_back > 15, "{kept_back}");
}

fn the_table_is_for_people(ran: &Ran) {
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    assert!(!ran.out.contains('\u{fffd}'), "{}", ran.out);
    let rows = ran.out.lines().filter(|line| line.starts_with("✓ ")).count();
    let summary = format!("✓ {0} of {0} samples came out as expected.", rows - 1);
    assert_eq!(ran.out.lines().last(), Some(summary.as_str()));
}

/// A demonstration without `--once`, which goes on until it is told to end.
struct Watching {
    child: Child,
    home: PathBuf,
}

impl Watching {
    fn start(home: &Path) -> Self {
        let args = ["demo", "--lang", "ja", "--dir", home.to_str().unwrap()];
        let child = command(None, &args).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        Self { child, home: home.to_owned() }
    }

    fn says_what_to_try_next(mut self) {
        let mut lines = BufReader::new(self.child.stdout.take().unwrap()).lines().map(Result::unwrap);
        let mut told = Vec::new();
        for line in lines.by_ref() {
            let last = line.contains("Ctrl-C");
            told.push(line);
            if last {
                break;
            }
        }
        assert!(!told.iter().any(|line| line.contains('\u{fffd}')), "{told:#?}");
        let home = self.home.to_str().unwrap();
        let expected = [
            format!("続けて試せます。ファイルを {home}/drop/front-desk に置くと取り込まれます。"),
            format!("別の端末で: torikomi --home {home} status"),
            format!("　　　　　　torikomi --home {home} queue list"),
            format!(
                "利用者は admin、manager、clerk、パスフレーズはどれも {PASSPHRASE} です。終わるには Ctrl-C を押してください。"
            ),
        ];
        assert_eq!(told[told.len() - 4..], expected);
        // What it proposes works as it stands there.
        for asked in [&["status"][..], &["queue", "list"]] {
            let ran = torikomi(None, &[&["--home", home], asked].concat());
            assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{}", ran.out);
        }
        assert!(end(&mut self.child));
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Every record passes for whoever accepts the evaluation mode, and for nobody else.
fn the_records_verify(home: &Path) -> Vec<String> {
    let list = asked(home, "record-list", &["record", "list"]);
    let ids = list["records"].as_array().unwrap().iter().map(|record| record["id"].as_str().unwrap().to_owned());
    let ids: Vec<String> = ids.collect();
    let all = asked(home, "verify", &["verify", "--all", "--accept-evaluation"]);
    assert_eq!((all["passed"].as_u64(), &all["verdict"]), (Some(ids.len() as u64), &"passed".into()));
    let strict = torikomi(Some(home), &["verify", "--all", "--json"]);
    demand("verify", &strict.json());
    assert_eq!((strict.status, &strict.json()["verdict"]), (1, &"indeterminate".into()));
    assert_eq!(strict.json()["indeterminate"].as_u64(), Some(ids.len() as u64));
    assert_eq!(asked(home, "journal-verify", &["journal", "verify"])["verdict"], "consistent");
    asked(home, "journal-show", &["journal", "show"]);
    ids
}

fn the_records_are_told(home: &Path, records: &[String]) {
    for record in records {
        let shown = asked(home, "record-show", &["record", "show", record]);
        assert_eq!(shown["id"], record.as_str());
        asked(home, "record-history", &["record", "history", record]);
        let one = asked(home, "verify", &["verify", record, "--accept-evaluation"]);
        assert_eq!(one["items"][0]["report"]["verdict"], "passed");
        let told = torikomi(Some(home), &["verify", record, "--accept-evaluation"]);
        assert!(told.status == 0 && !told.out.contains("As far as this pack tells"), "{}", told.out);
    }
}

/// The home as it starts again.
fn serving(home: &Path) -> Child {
    let daemon = command(Some(home), &["serve"]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let patience = std::time::Instant::now();
    while torikomi(Some(home), &["status"]).status != 0 {
        assert!(patience.elapsed().as_secs() < 60, "the daemon does not come up again");
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    daemon
}

/// Both ways out of the house: the container, and the folder.
fn a_record_is_exported(home: &Path, record: &str, folder: &Path) -> [String; 2] {
    let passphrase = folder.join("passphrase");
    std::fs::write(&passphrase, PASSPHRASE).unwrap();
    let by = ["--as", "manager", "--passphrase-file", passphrase.to_str().unwrap(), "--reason", "audit"];
    let (packs, unpacked) = (folder.join("packs"), folder.join("unpacked"));
    std::fs::create_dir(&packs).unwrap();
    let export = |to: &[&str]| {
        let args = [&["record", "export", record], &by[..], to].concat();
        let exported = asked(home, "record-export", &args);
        assert_eq!(exported["verdict"], "passed");
        exported["path"].as_str().unwrap().to_owned()
    };
    [export(&["--to", packs.to_str().unwrap()]), export(&["--unpacked", unpacked.to_str().unwrap()])]
}

fn the_packs_verify(home: &Path, packs: &[String; 2]) {
    let [pack, loose] = packs;
    // The hospital's own anchors, and those that somebody outside was handed.
    let anchors = Path::new(loose).join("claimed-anchors");
    for what in packs {
        asked(home, "verify", &["verify", what, "--accept-evaluation"]);
        let ran =
            torikomi(None, &["verify", what, "--anchors", anchors.to_str().unwrap(), "--accept-evaluation", "--json"]);
        demand("verify", &ran.json());
        assert_eq!(ran.status, 0, "{}", ran.out);
        assert_eq!(torikomi(Some(home), &["verify", what, "--json"]).status, 1);
    }
    let mut bytes = std::fs::read(pack).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(pack, bytes).unwrap();
    let tampered = torikomi(Some(home), &["verify", pack, "--accept-evaluation", "--json"]);
    demand("verify", &tampered.json());
    assert_eq!((tampered.status, &tampered.json()["verdict"]), (1, &"failed".into()));
}

fn what_is_not_there_is_told(home: &Path, folder: &Path) {
    let nobody = "01939d6e-0000-7000-8000-000000000001";
    for args in [&["record", "show", nobody][..], &["verify", nobody], &["record", "history", nobody]] {
        let ran = torikomi(Some(home), &[args, &["--json"]].concat());
        demand("problem", &ran.json());
        assert_eq!(ran.status, 1, "{args:?} {}", ran.out);
    }
    let nowhere = folder.join("nowhere");
    for args in [&["record", "list"][..], &["verify", "--all"], &["journal", "verify"], &["status"]] {
        let ran = torikomi(Some(&nowhere), &[args, &["--json"]].concat());
        demand("problem", &ran.json());
        assert_eq!(ran.status, 2, "{args:?} {}", ran.out);
    }
    // Nobody serves it any more.
    let ran = torikomi(Some(home), &["status", "--json"]);
    demand("problem", &ran.json());
    assert_eq!(ran.status, 3, "{}", ran.out);
    // A second demonstration does not write over the first.
    let again = torikomi(None, &["demo", "--once", "--json", "--dir", home.to_str().unwrap()]);
    demand("problem", &again.json());
    assert_ne!(again.status, 0);
}

/// The facts that a command prints, of the shape that its schema gives, with exit status 0.
fn asked(home: &Path, schema: &str, args: &[&str]) -> Value {
    let ran = torikomi(Some(home), &[args, &["--json"]].concat());
    assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{args:?}: {}", ran.out);
    demand(schema, &ran.json());
    ran.json()
}

/// Tells a program to end as Ctrl-C does; whether it ended well.
fn end(child: &mut Child) -> bool {
    rustix::process::kill_process(rustix::process::Pid::from_child(child), rustix::process::Signal::INT).unwrap();
    child.wait().unwrap().success()
}

/// Of every file below.
fn digests(folders: &[PathBuf]) -> BTreeSet<Digest> {
    let mut waiting = folders.to_vec();
    let mut found = BTreeSet::new();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.insert(Digest::of(&std::fs::read(path).unwrap()));
            }
        }
    }
    found
}
