//! What is not known stays open, and what nobody outside vouches for is said.

use torikomi::verification::{
    Doubt, EvidenceState, Fault, Said, Step, StepResult, Trust, TrustError, Verdict, verify_pack,
};

use crate::hospital::{Hospital, Recipe, write_anchors};

fn said(steps: &[StepResult], step: Step) -> &Said {
    &steps.iter().find(|found| found.step == step).unwrap().said
}

#[test]
fn without_anchors_it_is_intact_and_the_signer_unknown() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let proof = hospital.proof(&filed);
    let path = hospital.pack(&filed.entries, Some(&proof));
    let report = verify_pack(&path, &Trust::default(), true).unwrap();
    assert_eq!((report.verdict, report.state), (Verdict::Indeterminate, Some(EvidenceState::Stamped)));
    for step in [Step::Container, Step::Manifest, Step::Content, Step::Record, Step::Signature, Step::Windows] {
        assert!(matches!(said(&report.steps, step), Said::Fact(_)), "{step:?}: {report:#?}");
    }
    assert!(matches!(said(&report.steps, Step::Timestamp), Said::Doubt(Doubt::AuthorityUnknown { .. })));
    assert!(matches!(said(&report.steps, Step::Signer), Said::Doubt(Doubt::SignerUnknown { .. })));
    assert!(matches!(said(&report.steps, Step::Journal), Said::Doubt(Doubt::JournalUnknown { .. })));
}

#[test]
fn evaluation_certificates_have_to_be_accepted() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let proof = hospital.proof(&filed);
    let path = hospital.pack(&filed.entries, Some(&proof));
    let strict = verify_pack(&path, &hospital.trust, false).unwrap();
    assert_eq!((strict.verdict, strict.evaluation), (Verdict::Indeterminate, true));
    assert!(matches!(said(&strict.steps, Step::Signer), Said::Doubt(Doubt::EvaluationOnly { .. })));
    let accepted = verify_pack(&path, &hospital.trust, true).unwrap();
    assert_eq!((accepted.verdict, accepted.evaluation), (Verdict::Passed, true));
}

#[test]
fn another_hospitals_anchors_do_not_help() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let proof = hospital.proof(&filed);
    let path = hospital.pack(&filed.entries, Some(&proof));
    let other = Hospital::new();
    let mut trust = hospital.trust.clone();
    trust.signers = other.trust.signers.clone();
    let report = verify_pack(&path, &trust, true).unwrap();
    assert!(matches!(said(&report.steps, Step::Signer), Said::Fault(Fault::SignerUntrusted { .. })), "{report:#?}");
    let mut trust = hospital.trust.clone();
    trust.journals = other.trust.journals.clone();
    let report = verify_pack(&path, &trust, true).unwrap();
    assert!(matches!(said(&report.steps, Step::Journal), Said::Fault(Fault::CheckpointWrong { .. })), "{report:#?}");
}

#[test]
fn a_folder_of_anchors_is_enough() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let proof = hospital.proof(&filed);
    let path = hospital.pack(&filed.entries, Some(&proof));
    let folder = hospital.folder.path().join("anchors");
    write_anchors(&folder, &hospital);
    let report = verify_pack(&path, &Trust::read(&folder).unwrap(), true).unwrap();
    assert_eq!(report.verdict, Verdict::Passed, "{report:#?}");
    // The pack's own certificates and keys are no anchors.
    std::fs::write(folder.join("roots.pem"), crate::hospital::pem(Hospital::new().ca.certificate())).unwrap();
    let report = verify_pack(&path, &Trust::read(&folder).unwrap(), true).unwrap();
    assert_eq!(report.verdict, Verdict::Failed);

    // A list that came empty is none that lets everything count.
    std::fs::write(folder.join("timestamp-policies.txt"), "\n").unwrap();
    assert!(matches!(Trust::read(&folder), Err(TrustError::NoPolicy(_))));

    // One file may hold all of it.
    let one = hospital.folder.path().join("anchors.txt");
    let text = format!("{}{}\n", crate::hospital::pem(hospital.ca.certificate()), hospital.trust.journals[0]);
    std::fs::write(&one, text).unwrap();
    assert_eq!(verify_pack(&path, &Trust::read(&one).unwrap(), true).unwrap().verdict, Verdict::Passed);
}

/// What comes of it, where it comes at all.
fn in_time<T: Send + 'static>(what: impl FnOnce() -> T + Send + 'static) -> T {
    let (answer, answered) = std::sync::mpsc::channel();
    std::thread::spawn(move || answer.send(what()));
    answered.recv_timeout(std::time::Duration::from_secs(60)).expect("it waits for ever")
}

#[test]
fn what_is_no_regular_file_is_waited_for_by_nobody() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let pack = hospital.pack(&filed.entries, Some(&hospital.proof(&filed)));
    let fifo =
        |path: &std::path::Path| assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    let refused = |path: &std::path::Path| {
        let (path, trust) = (path.to_owned(), hospital.trust.clone());
        let told = in_time(move || verify_pack(&path, &trust, true)).unwrap_err().to_string();
        assert!(told.contains("not a regular file"), "{told}");
    };
    let container = hospital.folder.path().join("fifo.asice");
    fifo(&container);
    refused(&container);
    // The proof beside a good container.
    let proof = pack.with_extension("proof.json");
    std::fs::remove_file(&proof).unwrap();
    fifo(&proof);
    refused(&pack);

    let anchors = hospital.folder.path().join("anchors.fifo");
    fifo(&anchors);
    let told = in_time(move || Trust::read(&anchors)).unwrap_err().to_string();
    assert!(told.contains("not a regular file"), "{told}");
}

#[test]
fn anchors_are_read_whole_or_not_at_all() {
    let hospital = Hospital::new();
    let path = hospital.folder.path().join("anchors.txt");
    let (certificate, key) = (crate::hospital::pem(hospital.ca.certificate()), &hospital.trust.journals[0]);
    let filled = |length: usize| {
        let text = format!("{certificate}{key}\n");
        let rest = length - text.len() - 1;
        std::fs::write(&path, format!("{text}{}\n", "#".repeat(rest))).unwrap();
        Trust::read(&path)
    };
    assert_eq!(filled(1 << 20).unwrap().journals.len(), 1);
    assert!(matches!(filled((1 << 20) + 1), Err(TrustError::TooLong(_))));
}
