//! A patient who is named wherever a delivery can name anybody, and who must be found nowhere but where patients belong: in
//! custody, objects, database and the private parts of the journal. Not in the log, a note, a name, an entry, or a status.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use torikomi::control::{ReasonGiven, Request};
use torikomi::identification::Facts;
use torikomi::journal::read;

use crate::account::{all_deliveries, document_of, filed, wait_for};
use crate::burst::{put, sample, variant_of_jpeg};
use crate::files::{tagged_tiff, titled_pdf};
use crate::home::because;
use crate::hospital::{Daemon, Hospital, PATIENCE, Settings, by};

/// Each of these gives the patient away. The last is a nickname that stands nowhere but in what is delivered.
const CANARY: [&str; 4] = ["9997531", "無音子", "ムオンコ", "kanaria"];
const NAME: &str = "架空 無音子";

#[test]
fn a_patient_is_named_nowhere_but_where_patients_belong() {
    let mut hospital = Hospital::found();
    let list = hospital.root().join("patients.csv");
    let patients = fs::read_to_string(&list).unwrap();
    let hers = format!("9997531,{NAME},カクウ ムオンコ,female,1952-04-03,,\n");
    fs::write(&list, format!("{patients}{hers}")).unwrap();
    hospital.configure(&Settings {
        station: "patience = \"5s\"\nfile_name = \"{patient_id}_{*}\"\n",
        ..Settings::default()
    });
    let scratch = tempfile::tempdir().unwrap();
    let variable = format!("TMPDIR={}", scratch.path().display());
    let daemon = hospital.start_under(&["env", "RUST_LOG=debug", &variable]);
    hospital.open_session().unwrap();
    let done = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let watch = scope.spawn(|| names_seen(&hospital, &daemon, scratch.path(), &done));
        // A test that fails must not leave the watch running.
        let lived = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| live(&hospital, &list, &hers)));
        done.store(true, Ordering::SeqCst);
        let seen = watch.join().unwrap();
        lived.unwrap();
        seen
    });

    let status = said(&hospital, "status");
    let queue = said(&hospital, "queue list");
    daemon.stop();
    // The search finds what is there.
    let private = fs::read_to_string(journal_file(&hospital, "private-")).unwrap();
    assert!(named_in(&private).is_some(), "she was delivered, and the journal's private parts say so");
    let log = fs::read_to_string(hospital.log()).unwrap();
    assert!(log.contains("DEBUG") && log.contains("Filed document"), "{log}");

    let notes = notes(&hospital);
    assert!(notes.len() >= 4, "{notes:?}");
    assert!(seen.len() > 20, "{seen:?}");
    let entries = hospital.database.read(async |tx| read::entries(tx, 0, 1000).await).unwrap();
    let entries = entries.into_iter().map(|entry| String::from_utf8(entry.bytes).unwrap());
    let files = ["entries-", "checkpoints"].map(|name| fs::read_to_string(journal_file(&hospital, name)).unwrap());
    for (what, texts) in [
        ("the log", log.lines().map(str::to_owned).collect()),
        ("a note", notes),
        ("a name", seen.into_iter().collect()),
        ("an entry", entries.collect()),
        ("the journal's files", files.to_vec()),
        ("the status", vec![status]),
        ("the list of what waits", vec![queue]),
    ] {
        let named: Vec<_> = texts.iter().filter(|text| named_in(text).is_some()).collect();
        assert!(named.is_empty(), "{what} names her: {named:#?}");
    }
}

/// Everything that can be delivered of her, good and bad.
fn live(hospital: &Hospital, list: &Path, hers: &str) {
    let drop = hospital.drop();
    let today = hospital.today().0;
    let sidecar = |patient: &str, more: &str| {
        format!(
            r#"{{"format":"torikomi-sidecar-v1","patient_id":"{patient}","document_type":"consent-demo","obtained_on":"{today}",
               "paper":"A4","remarks":"{NAME} kanaria"{more}}}"#
        )
    };
    let scan = |text: &str| variant_of_jpeg(&sample("consent.jpg"), text);
    let with = |stem: &str, ending: &str, sidecar: &str, bytes: &[u8]| {
        put(&drop, &format!("{stem}.json"), sidecar.as_bytes());
        put(&drop, &format!("{stem}.{ending}"), bytes);
        format!("{stem}.{ending}")
    };
    let good = with(&format!("9997531_{NAME} kanaria"), "jpg", &sidecar("9997531", ""), &scan("good kanaria"));
    let titled = with("9997531_kanaria title", "pdf", &sidecar("9997531", ""), &titled_pdf("kanaria 9997531"));
    let tagged = with("9997531_kanaria tags", "tif", &sidecar("9997531", ""), &tagged_tiff("kanaria 9997531"));
    let conflict = with("9997531_kanaria conflict", "jpg", &sidecar("9990001", ""), &scan("conflict"));
    let malformed = with("kanaria malformed", "jpg", &sidecar("kanaria-9997531", ""), &scan("malformed"));
    let unknown = with("kanaria unknown", "jpg", &sidecar("9997531", ",\"patient_nmae\":\"無音子\""), &scan("unknown"));
    let no_json = with("kanaria no json", "jpg", &format!("{{\"{NAME}\": 9997531 kanaria"), &scan("no json"));
    let cut = with("9997531_kanaria cut", "jpg", &sidecar("9997531", ""), &scan("cut")[..20_000]);
    let empty = with("9997531_kanaria empty", "tif", &sidecar("9997531", ""), b"");
    let no_image = with("9997531_kanaria none", "tif", &sidecar("9997531", ""), format!("{NAME} kanaria").as_bytes());
    // A list, one row of which is hers and one of which cannot be read.
    let rows = format!(
        "file,patient_id,document_type,obtained_on,paper,remarks\r\n\
         9997531_kanaria list.jpg,9997531,consent-demo,{today},A4,{NAME}\r\n\
         9997531_kanaria row.jpg,9997531,consent-demo,kanaria,A4,{NAME}\r\n"
    );
    put(&drop, "index.csv", rows.as_bytes());
    let listed = ["9997531_kanaria list.jpg", "9997531_kanaria row.jpg"];
    listed.iter().for_each(|name| put(&drop, name, &scan(name)));
    // What is no scan at all, and what is never finished.
    std::os::unix::fs::symlink("/kanaria/9997531", drop.join("9997531_kanaria link.jpg")).unwrap();
    assert!(Command::new("mkfifo").arg(drop.join("9997531_kanaria pipe")).status().unwrap().success());
    fs::write(drop.join("9997531_kanaria.part"), "kanaria").unwrap();
    // A folder that is moved in.
    let aside = hospital.root().join("aside");
    fs::create_dir(&aside).unwrap();
    fs::write(aside.join("9997531_kanaria 1.jpg"), scan("folder 1")).unwrap();
    fs::write(aside.join("9997531_kanaria 1.json"), sidecar("9997531", "")).unwrap();
    fs::rename(&aside, drop.join(format!("9997531_{NAME}"))).unwrap();

    filed(hospital, &good);
    let held = [titled, tagged, conflict, malformed, unknown, no_json].into_iter().chain(listed.map(str::to_owned));
    for name in held {
        wait_for(hospital, &name, || {
            document_of(hospital, &name).filter(|document| document.held.is_some() || !document.state.is_open())
        });
    }
    for name in [cut, empty, no_image] {
        wait_for(hospital, &name, || {
            let all = all_deliveries(hospital);
            all.into_iter().find(|delivery| delivery.source_display == name && delivery.problem.is_some())
        });
    }
    // A person who mistypes, and a list of patients that cannot be read any more.
    let unsure = document_of(hospital, "kanaria malformed.jpg").unwrap();
    let facts = Facts { patient_id: Some("kanaria 9997531 無音子".into()), ..Facts::default() };
    let reason: ReasonGiven = because("other");
    let request = Request::Identify {
        by: by("clerk"),
        document: hospital.looked(unsure.id),
        facts: Box::new(facts),
        supersedes: None,
        reason,
    };
    hospital.ask(&request, PATIENCE).unwrap_err();
    fs::write(list, format!("id,name\n{hers}9997531,{NAME} kanaria,\"unclosed")).unwrap();
    wait_for(hospital, "the refusal of the list", || said(hospital, "status").contains("\"patients\"").then_some(()));
    // Patience with what is not finished.
    wait_for(hospital, "the notes of what is not finished", || (notes(hospital).len() >= 4).then_some(()));
}

fn said(hospital: &Hospital, asked: &str) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_torikomi"));
    let ran = command.args(asked.split(' ')).args(["--json", "--home"]).arg(hospital.root()).output().unwrap();
    assert!(!ran.stdout.is_empty(), "{ran:?}");
    String::from_utf8([ran.stdout, ran.stderr].concat()).unwrap()
}

/// By what she is named in a text.
fn named_in(text: &str) -> Option<&'static str> {
    let escaped = |word: &str| serde_json::to_string(word).unwrap().contains('\\');
    debug_assert!(!CANARY.into_iter().any(escaped), "no word is written in another way in JSON");
    CANARY.into_iter().find(|word| text.contains(word))
}

fn notes(hospital: &Hospital) -> Vec<String> {
    let Ok(entries) = fs::read_dir(hospital.drop().join("_status")) else { return Vec::new() };
    entries.filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok()).collect()
}

fn journal_file(hospital: &Hospital, begins: &str) -> std::path::PathBuf {
    let folder = hospital.home.layout().store(&hospital.config).join("journal");
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let is_it = |path: &std::path::PathBuf| path.file_name().unwrap().to_string_lossy().starts_with(begins);
    entries.into_iter().find(is_it).unwrap()
}

/// Every name that the daemon gave a file or a process, temporary ones too, as often as one can look.
fn names_seen(hospital: &Hospital, daemon: &Daemon, scratch: &Path, done: &AtomicBool) -> BTreeSet<String> {
    let (root, drop) = (hospital.root(), hospital.drop());
    let mut seen = BTreeSet::new();
    while !done.load(Ordering::SeqCst) {
        for folder in [&root, &drop.join(".torikomi-release"), &drop.join("_status"), scratch] {
            gather(folder, &[&drop, &root.join("aside")], &mut seen);
        }
        for worker in daemon.workers() {
            seen.extend(
                fs::read(format!("/proc/{worker}/cmdline")).map(|line| String::from_utf8_lossy(&line).into_owned()),
            );
        }
        std::thread::sleep(Duration::from_millis(3));
    }
    seen
}

/// The names below a folder, but for what people put there themselves.
fn gather(folder: &Path, but: &[&Path], seen: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if but.contains(&path.as_path()) {
            continue;
        }
        seen.insert(entry.file_name().to_string_lossy().into_owned());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            gather(&path, but, seen);
        }
    }
}
