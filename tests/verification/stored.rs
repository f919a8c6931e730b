//! Records in a store: objects, index and journal beside them.

use torikomi::ids::{Digest, RecordId};
use torikomi::store::relative_path;
use torikomi::verification::{Fault, Report, Said, Step, Verdict};

use crate::hospital::{Filed, Hospital, Recipe};

fn verify(hospital: &Hospital, filed: &Filed) -> Report {
    hospital.at_home().verify(filed.id, &hospital.trust, true).unwrap().unwrap()
}

fn failed(report: &Report) -> (Step, Fault) {
    let step = report.first_objection().unwrap_or_else(|| panic!("nothing was wrong: {report:#?}"));
    match &step.said {
        Said::Fault(fault) => (step.step, fault.clone()),
        other => panic!("{other:?} in {report:#?}"),
    }
}

#[test]
fn a_good_record_passes_with_its_index() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let report = verify(&hospital, &filed);
    assert!(report.steps.iter().all(|step| step.verdict == Verdict::Passed), "{report:#?}");
    assert_eq!(report.steps.last().unwrap().step, Step::Index);
    assert!(hospital.at_home().verify(RecordId::new(), &hospital.trust, true).unwrap().is_none());
}

#[test]
fn objects_that_are_damaged_or_gone_are_named() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let page = &filed.entries[0];
    let path = hospital.objects_folder().join(relative_path(&Digest::of(&page.1)));
    let mut bytes = page.1.clone();
    bytes[3] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let name = page.0.clone();
    assert_eq!(failed(&verify(&hospital, &filed)), (Step::Content, Fault::ContentDiffers { name, others: 0 }));
    std::fs::remove_file(&path).unwrap();
    let name = page.0.clone();
    assert_eq!(failed(&verify(&hospital, &filed)), (Step::Content, Fault::EntryMissing { name }));
}

#[test]
fn every_field_of_the_index_is_compared() {
    let fields = [
        ("patient_id", "'9990002'"),
        ("patient_name", "'見本 太郎'"),
        ("obtained_on", "'2026-11-19'"),
        ("page_count", "3"),
        ("station", "'kyukyu'"),
        ("document_type", "'consent'"),
        ("profile_id", "'consent'"),
        ("profile_version", "2"),
        ("operator", "'someone'"),
        ("taken_in_at", "0"),
        ("signed_at", "0"),
        ("timestamped_at", "0"),
        ("filed_at", "0"),
        ("version", "2"),
        ("signer", "'0190a000-0000-7000-8000-000000000000'"),
    ];
    for (field, value) in fields {
        let hospital = Hospital::new();
        let filed = hospital.file(Recipe::default());
        hospital.sql(&format!("UPDATE record SET {field} = {value}"));
        let found = failed(&verify(&hospital, &filed));
        assert_eq!(found, (Step::Index, Fault::IndexDiffers { field: field.to_owned() }));
    }
}

#[test]
fn the_rows_of_the_files_are_compared() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    hospital.sql("UPDATE record_member SET media_type = 'image/png' WHERE name = 'original-001.tif'");
    let field = "original-001.tif".to_owned();
    assert_eq!(failed(&verify(&hospital, &filed)), (Step::Index, Fault::IndexDiffers { field }));
    hospital.sql("DELETE FROM record_member WHERE name = 'sidecar-001.json'");
    let name = "sidecar-001.json".to_owned();
    assert_eq!(failed(&verify(&hospital, &filed)), (Step::Container, Fault::EntryMissing { name }));
    hospital.sql("UPDATE record_member SET name = '../x' WHERE name = 'original-001.tif'");
    let name = "../x".to_owned();
    assert_eq!(failed(&verify(&hospital, &filed)), (Step::Container, Fault::EntryForeign { name }));
}

#[test]
fn an_entry_that_was_changed_is_not_in_the_journal() {
    let hospital = Hospital::new();
    let filed = hospital.file(Recipe::default());
    let index = filed.row.journal_index;
    hospital.sql(&format!(
        "UPDATE journal_entry SET bytes = CAST(REPLACE(CAST(bytes AS TEXT), '05:10:01', '05:10:02') AS BLOB)
         WHERE idx = {index}"
    ));
    assert_eq!(failed(&verify(&hospital, &filed)), (Step::Journal, Fault::NotInJournal { index }));
    hospital.sql(&format!("DELETE FROM journal_private WHERE idx = {index}"));
    hospital.sql(&format!("DELETE FROM journal_entry WHERE idx = {index}"));
    let found = failed(&verify(&hospital, &filed));
    assert!(matches!(found, (Step::Journal, Fault::ProofUnreadable { .. })), "{found:?}");
}

#[test]
fn an_entry_that_is_not_what_it_was_found_as_proves_nothing() {
    for (column, which) in [
        ("kind", "document IS NOT NULL"),
        ("record", "record IS NOT NULL"),
        ("person", "kind = 'session-opened'"),
        ("session", "kind = 'delivery-taken'"),
    ] {
        let hospital = Hospital::new();
        let filed = hospital.file(Recipe::default());
        let another = if column == "kind" { "'document-held'" } else { "'0190a000-0000-7000-8000-000000000000'" };
        hospital.sql(&format!("UPDATE journal_entry SET {column} = {another} WHERE {which}"));
        let found = failed(&verify(&hospital, &filed));
        assert!(
            matches!(&found, (Step::Journal, Fault::ProofUnreadable { detail }) if detail.contains(column)),
            "{found:?}"
        );
    }
}
