//! What the line filed, before the verifier and the instructions that go with an export.

use std::process::Command;

use torikomi::export::Export;
use torikomi::ids::RecordId;
use torikomi::pipeline::line::Line;
use torikomi::verification::journal::{JournalVerdict, Sources, verify};
use torikomi::verification::{AtHome, Parts, ProofSource, Trust, Verdict, verify_pack};

use crate::home::TestHome;

/// Demands that a filed record proves itself at home, as a pack, and by `openssl`; and that the journal holds together.
pub fn proven(home: &TestHome, line: &Line, record: RecordId) {
    let trust = Trust::of_home(line.home.layout(), &line.config).unwrap();
    let at_home = AtHome::new(&line.database, &line.objects);
    let report = at_home.verify(record, &trust, true).unwrap().unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{report:#?}");
    let strict = at_home.verify(record, &trust, false).unwrap().unwrap();
    assert_eq!((strict.verdict, strict.evaluation), (Verdict::Indeterminate, true));

    let (row, members) = at_home.rows(record).unwrap().unwrap();
    let ProofSource::Read(proof) = at_home.proof(&row).unwrap() else { panic!("no proof") };
    let parts = Parts::stored(&line.objects, members).unwrap();
    let mut export = Export { record, parts, proof: *proof, claimed: &trust };
    let pack = export.container(&home.root()).unwrap();
    assert_eq!(verify_pack(&pack, &trust, true).unwrap().verdict, Verdict::Passed);
    let folder = home.root().join("unpacked");
    export.unpacked(&folder).unwrap();
    assert_eq!(verify_pack(&folder, &trust, true).unwrap().verdict, Verdict::Passed);
    let script = Command::new("sh").args(["verify.sh", "claimed-anchors"]).current_dir(&folder).output().unwrap();
    assert!(script.status.success(), "{script:?}");

    let files = line.home.layout().store(&line.config).join("journal");
    let sources = Sources { database: &line.database, files: &files, trust: &trust, against: None };
    let report = verify(&sources, |_, _| ()).unwrap();
    assert_eq!(report.verdict, JournalVerdict::Consistent, "{report:#?}");
    tells_of_no_patient(line, record);
}

/// Demands that the journal's entries name neither a patient nor the digest of something so short that one could be guessed.
fn tells_of_no_patient(line: &Line, record: RecordId) {
    let (row, members) = AtHome::new(&line.database, &line.objects).rows(record).unwrap().unwrap();
    let short = members.iter().filter(|member| member.name == "sidecar.json").map(|member| member.object.hex());
    let never: Vec<String> = short.chain([row.patient_id, row.patient_name]).collect();
    assert_eq!(never.len(), 3, "the scan came with a sidecar");
    let entries = line.database.read(async |tx| torikomi::journal::read::entries(tx, 0, 1000).await).unwrap();
    for entry in entries {
        let text = String::from_utf8(entry.bytes).unwrap();
        assert!(never.iter().all(|word| !text.contains(word)), "{text}");
    }
}
