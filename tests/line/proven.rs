//! What the line filed, before the verifier and the instructions that go with an export.

use std::path::Path;
use std::process::Command;

use torikomi::config::Config;
use torikomi::config::home::Home;
use torikomi::database::Database;
use torikomi::export::Export;
use torikomi::store::Objects;
use torikomi::store::records::Record;
use torikomi::verification::{AtHome, Parts, ProofSource, Trust, Verdict, verify_pack};

use crate::hospital::Hospital;

/// Demands that a filed record proves itself at home, as a pack, and by `openssl`. Answers its `record.json`.
pub fn proven(hospital: &Hospital, record: &Record) -> serde_json::Value {
    let objects = hospital.home.layout().store(&hospital.config).join("objects");
    let objects = Objects::open(&objects, hospital.runtime.handle()).unwrap();
    proven_by(&hospital.home, &hospital.config, &hospital.database, &objects, record)
}

/// The same for a line that runs within the test.
pub fn proven_by(
    home: &Home,
    config: &Config,
    database: &Database,
    objects: &Objects,
    record: &Record,
) -> serde_json::Value {
    let trust = Trust::of_home(home.layout(), config).unwrap();
    let at_home = AtHome::new(database, objects);
    let report = at_home.verify(record.id, &trust, true).unwrap().unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{report:#?}");
    let strict = at_home.verify(record.id, &trust, false).unwrap().unwrap();
    assert_eq!((strict.verdict, strict.evaluation), (Verdict::Indeterminate, true));

    let (row, members) = at_home.rows(record.id).unwrap().unwrap();
    let ProofSource::Read(proof) = at_home.proof(&row).unwrap() else { panic!("no proof") };
    let parts = Parts::stored(objects, members).unwrap();
    let mut export = Export { record: record.id, parts, proof: *proof, claimed: &trust };
    let folder = tempfile::tempdir().unwrap();
    let pack = export.container(folder.path()).unwrap();
    assert_eq!(verify_pack(&pack, &trust, true).unwrap().verdict, Verdict::Passed);
    let unpacked = folder.path().join("unpacked");
    export.unpacked(&unpacked).unwrap();
    assert_eq!(verify_pack(&unpacked, &trust, true).unwrap().verdict, Verdict::Passed);
    openssl_agrees(&unpacked);
    tells_of_no_patient(database, record, &at_home);
    serde_json::from_slice(&std::fs::read(unpacked.join("record/record.json")).unwrap()).unwrap()
}

/// As `VERIFY.md` has it.
fn openssl_agrees(unpacked: &Path) {
    let script = Command::new("sh").args(["verify.sh", "claimed-anchors"]).current_dir(unpacked).output().unwrap();
    assert!(script.status.success(), "{script:?}");
}

/// Demands that the journal's entries name neither a patient nor the digest of something so short that one could be guessed.
fn tells_of_no_patient(database: &Database, record: &Record, at_home: &AtHome<'_>) {
    let (_, members) = at_home.rows(record.id).unwrap().unwrap();
    let is_short = |name: &str| name.starts_with("sidecar-") || name.starts_with("index-row-");
    let short = members.iter().filter(|member| is_short(&member.name)).map(|member| member.object.hex());
    let never: Vec<String> = short.chain([record.patient_id.clone(), record.patient_name.clone()]).collect();
    assert!(never.len() > 2, "the scan came with a sidecar");
    let entries = database.read(async |tx| torikomi::journal::read::entries(tx, 0, 1000).await).unwrap();
    for entry in entries {
        let text = String::from_utf8(entry.bytes).unwrap();
        assert!(never.iter().all(|word| !text.contains(word)), "{text}");
    }
}
