//! The version of a profile that judged a record: it must have been in force when the document came in, or since.

use torikomi::ids::Digest;
use torikomi::journal::files::Files;
use torikomi::ledger::profiles::ProfileState;
use torikomi::verification::journal::{JournalFault, JudgedBy, Sources, verify};
use torikomi::verification::{Fault, Said, Step, Verdict, verify_pack};

use crate::hospital::{Filed, Hospital, Recipe, TAKEN_IN_AT, at};

/// The next version, which asks for more.
fn second() -> String {
    let first = Recipe::default().profile;
    let second = first.replace("version = 1\n", "version = 2\n").replace("minimum_dpi = 300", "minimum_dpi = 400");
    assert!(second.contains("version = 2\n") && second.contains("minimum_dpi = 400"), "{first}");
    second
}

fn digest(profile: &str) -> Digest {
    Digest::of(profile.as_bytes())
}

/// Why a record is denied, at home and as a pack; nothing where it is not.
fn denied(hospital: &Hospital, filed: &Filed) -> Option<Said> {
    let at_home = hospital.at_home().verify(filed.id, &hospital.trust, true).unwrap().unwrap();
    let pack = hospital.pack(&filed.entries, Some(&hospital.proof(filed)));
    let pack = verify_pack(&pack, &hospital.trust, true).unwrap();
    let said = [at_home, pack].map(|report| {
        let journal = report.steps.iter().find(|step| step.step == Step::Journal).unwrap();
        assert_eq!(report.verdict, journal.verdict, "{report:#?}");
        (journal.verdict == Verdict::Failed).then(|| journal.said.clone())
    });
    assert_eq!(said[0], said[1]);
    said[0].clone()
}

fn journal(hospital: &Hospital) -> Vec<JournalFault> {
    let (database, trust) = (&hospital.database, &hospital.trust);
    let files = &hospital.folder.path().join("store/journal");
    Files::open(files, database).unwrap().catch_up(database).unwrap();
    verify(&Sources { database, files, trust, against: None }, |_, _| ()).unwrap().faults
}

#[test]
fn a_version_that_was_replaced_judges_nothing_that_comes_in_later() {
    let hospital = Hospital::new();
    // What was there when the next one came is judged by the one of before, whenever it is signed.
    let meanwhile = |hospital: &Hospital| {
        hospital.adopt(&second(), at(TAKEN_IN_AT));
    };
    let waited = hospital.file(Recipe { meanwhile, ..Recipe::default() });
    assert_eq!(denied(&hospital, &waited), None);
    assert_eq!(journal(&hospital), []);

    let filed = hospital.file(Recipe::default());
    let Some(Said::Fault(Fault::ProfileReplaced { profile, index, .. })) = denied(&hospital, &filed) else {
        panic!("{:?}", denied(&hospital, &filed))
    };
    assert_eq!(profile, digest(&Recipe::default().profile));
    assert!(index < waited.row.journal_index);
    let (index, judged_by) = (filed.row.journal_index, JudgedBy::Profile);
    let judged = JournalFault::JudgedByNoneInForce { index, judged_by, digest: profile };
    assert_eq!(journal(&hospital), std::slice::from_ref(&judged));

    // Approved again it judges again; and what came in between stays as it was.
    hospital.adopt(&Recipe::default().profile, at(TAKEN_IN_AT));
    assert_eq!(denied(&hospital, &hospital.file(Recipe::default())), None);
    assert!(denied(&hospital, &filed).is_some());
    assert_eq!(denied(&hospital, &waited), None);
    assert_eq!(journal(&hospital), [judged]);
}

#[test]
fn a_row_that_brings_a_version_back_is_named() {
    let hospital = Hospital::new();
    hospital.adopt(&second(), at(TAKEN_IN_AT));
    let row = |version: u32, profile: &str, state: &str| {
        let (digest, bytes) = (digest(profile), data_encoding::HEXLOWER.encode(profile.as_bytes()));
        hospital.sql(&format!(
            "INSERT OR REPLACE INTO profile_version (id, version, digest, bytes, state, journal_index)
             VALUES ('referral-letter-demo', {version}, '{digest}', X'{bytes}', '{state}', 0)"
        ));
    };
    let (first, second) = (Recipe::default().profile, second());
    row(1, &first, "retired");
    row(2, &second, "in-force");
    row(3, &format!("{second}\n"), "draft");
    assert_eq!(journal(&hospital), []);

    let differs = |version: i64, in_database: &str, in_journal: ProfileState| JournalFault::ProfileStateDiffers {
        profile: "referral-letter-demo".to_owned(),
        version,
        in_database: in_database.to_owned(),
        in_journal,
    };
    row(1, &first, "in-force");
    row(2, &second, "retired");
    let swapped = [differs(1, "in-force", ProfileState::Retired), differs(2, "retired", ProfileState::InForce)];
    assert_eq!(journal(&hospital), swapped);
    // With other bytes it is none that anybody approved.
    row(1, &first, "retired");
    row(2, &first.replace("300", "50"), "in-force");
    assert_eq!(journal(&hospital), [differs(2, "in-force", ProfileState::Draft)]);
}
