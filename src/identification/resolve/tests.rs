//! Agreement, contradiction, a person's word, and the patient master; and a message for every code.

use jiff::civil::date;
use proptest::prelude::*;

use super::*;
use crate::patients::{IdRules, Settings};

const LIST: &str = "id,name,merged_into,temporary\n\
    00000001,架空 花子,,\n00000002,見本 太郎,,\n00000003,見本 太朗,00000002,\n00000004,氏名不詳,,1\n00000005,\u{e000}田 花子,,\n";

fn patients() -> Patients {
    let settings = Settings { ids: IdRules { width: Some(8), check_digit: None }, ..Settings::default() };
    Patients::read(LIST.as_bytes(), &settings).unwrap()
}

/// Required: patient and date; admitted: sidecar, barcode and batch, as a profile has it.
fn resolved(statements: &[Statement]) -> Identification {
    let station = "reception".parse().unwrap();
    let asked = Asked {
        station: &station,
        patients: &patients(),
        people: &["clerk".to_owned()].into(),
        required: &[Field::PatientId, Field::ObtainedOn],
        sources: &[Source::Sidecar, Source::Barcode, Source::Batch],
    };
    resolve(statements, &asked)
}

fn identified(statements: &[Statement]) -> Identified {
    match resolved(statements) {
        Identification::Identified(identified) => *identified,
        Identification::Held(problems) => panic!("{problems:?}"),
    }
}

fn held(statements: &[Statement]) -> Vec<IdentityProblem> {
    match resolved(statements) {
        Identification::Held(problems) => problems,
        Identification::Identified(identified) => panic!("{identified:?}"),
    }
}

/// A patient id, written in full.
fn says(from: Source, patient_id: &str) -> Statement {
    writes(from, &format!("{patient_id:0>8}"))
}

fn writes(from: Source, patient_id: &str) -> Statement {
    let facts = Facts { patient_id: Some(patient_id.into()), ..Facts::default() };
    Statement { from, facts }
}

#[test]
fn an_id_that_was_filled_with_zeros_is_marked() {
    let flags = |statements: &[Statement]| identified(&[statements, &[received()]].concat()).flags().to_vec();
    let filled = |text: &str| vec![Flag::FilledPatientId { text: text.into(), id: "00000001".into() }];
    assert_eq!(flags(&[writes(Source::Sidecar, "1")]), filled("1"));
    assert_eq!(flags(&[writes(Source::Sidecar, "001"), writes(Source::Barcode, "1")]), filled("001"));
    assert_eq!(flags(&[writes(Source::Sidecar, "1"), writes(Source::Barcode, "00000001")]), []);
    assert_eq!(flags(&[writes(Source::Sidecar, "00000001"), writes(Source::Person, "1")]), filled("1"));
    assert_eq!(flags(&[writes(Source::Sidecar, "1"), writes(Source::Person, "00000001")]), []);
}

/// The batch's date, so that only the patient is in question.
fn received() -> Statement {
    let facts = Facts { obtained_on: Some(date(2026, 11, 20)), ..Facts::default() };
    Statement { from: Source::Batch, facts }
}

fn sourced(from: Source, value: &str) -> Sourced<String> {
    Sourced { value: value.into(), from }
}

#[test]
fn sources_that_agree_confirm_one_another() {
    let found = identified(&[
        says(Source::Filename, "１"),
        says(Source::Sidecar, "00000001"),
        says(Source::Barcode, "1"),
        received(),
    ]);
    let patient = found.identity().patient.clone().unwrap();
    assert_eq!((patient.value.id.as_str(), patient.value.name.as_str()), ("00000001", "架空 花子"));
    assert_eq!(patient.from, Source::Barcode, "the strongest is named");
    assert_eq!(found.identity().obtained_on, Some(Sourced { value: date(2026, 11, 20), from: Source::Batch }));
    assert!(found.flags().is_empty());
    let stored = serde_json::to_string(&found).unwrap();
    assert_eq!(serde_json::from_str::<Identified>(&stored).unwrap(), found);
}

#[test]
fn sources_that_differ_are_never_settled() {
    // Whichever is the stronger, and although the profile does not admit the file name.
    for (a, b) in
        [(Source::Sidecar, Source::Filename), (Source::Station, Source::Barcode), (Source::Batch, Source::Sidecar)]
    {
        let problems = held(&[says(a, "1"), says(b, "2"), received()]);
        let statements = vec![sourced(a, "00000001"), sourced(b, "00000002")];
        assert_eq!(problems, [IdentityProblem::Conflict { field: Field::PatientId, statements }]);
    }
    // A merged id and the one it was merged into are two statements all the same.
    assert_eq!(held(&[says(Source::Sidecar, "3"), says(Source::Barcode, "2"), received()]).len(), 1);
    let pages = |from, expected_pages| {
        let claims = Claims { expected_pages: Some(expected_pages), ..Claims::default() };
        Statement { from, facts: Facts { claims, ..Facts::default() } }
    };
    let problems =
        held(&[says(Source::Sidecar, "1"), received(), pages(Source::Sidecar, 2), pages(Source::Filename, 3)]);
    let statements = vec![sourced(Source::Sidecar, "2"), sourced(Source::Filename, "3")];
    assert_eq!(problems, [IdentityProblem::Conflict { field: Field::ExpectedPages, statements }]);
}

#[test]
fn a_person_settles_and_what_was_set_aside_stays() {
    let found = identified(&[
        says(Source::Sidecar, "1"),
        says(Source::Filename, "not an id"),
        says(Source::Barcode, "2"),
        says(Source::Person, "1"),
        says(Source::Person, "2"),
        received(),
    ]);
    let patient = found.identity().patient.clone().unwrap();
    assert_eq!((patient.value.id.as_str(), patient.from), ("00000002", Source::Person), "the last act counts");
    let statements = vec![sourced(Source::Sidecar, "00000001"), sourced(Source::Person, "00000001")];
    assert_eq!(found.flags(), [Flag::Overridden { field: Field::PatientId, statements }]);
    // But nobody can be filed whom the master does not know.
    let problems = held(&[says(Source::Person, "99"), received()]);
    assert_eq!(problems, [IdentityProblem::UnknownPatient { id: "00000099".into(), from: Source::Person }]);
}

#[test]
fn what_is_missing_is_asked_for_once() {
    let missing = |field| IdentityProblem::Missing { field };
    assert_eq!(held(&[]), [missing(Field::PatientId), missing(Field::ObtainedOn)]);
    assert_eq!(held(&[says(Source::Sidecar, "1")]), [missing(Field::ObtainedOn)]);
    // A contradiction is not also a lack.
    assert_eq!(held(&[says(Source::Sidecar, "1"), says(Source::Barcode, "2"), received()]).len(), 1);
}

#[test]
fn a_source_that_is_not_admitted_identifies_nothing() {
    let problems = held(&[says(Source::Filename, "1"), received()]);
    assert_eq!(problems, [IdentityProblem::NotAdmitted { field: Field::PatientId, from: Source::Filename }]);
    // The station's own settings and a person always may.
    for from in [Source::Station, Source::Person] {
        assert_eq!(identified(&[says(from, "1"), received()]).identity().patient.clone().unwrap().from, from);
    }
}

#[test]
fn the_master_decides_who_exists() {
    let problems = held(&[says(Source::Sidecar, "99"), received()]);
    assert_eq!(problems, [IdentityProblem::UnknownPatient { id: "00000099".into(), from: Source::Sidecar }]);
    let problems = held(&[says(Source::Sidecar, "123456789"), received()]);
    let patient_id = PatientIdProblem::TooLong { maximum: 8 };
    let text = "123456789".to_owned();
    assert_eq!(problems, [IdentityProblem::MalformedPatientId { from: Source::Sidecar, text, patient_id }]);
    for (id, flag) in [
        ("3", Flag::MergedPatient { id: "00000003".into(), merged_into: "00000002".into() }),
        ("4", Flag::TemporaryPatient { id: "00000004".into() }),
        ("5", Flag::PrivateUseCharacters),
    ] {
        let found = identified(&[says(Source::Sidecar, id), received()]);
        assert_eq!(found.flags(), [flag]);
        let filed = found.identity().patient.clone().unwrap().value.id;
        assert_eq!(filed, format!("0000000{id}"), "the id as delivered");
    }
}

#[test]
fn the_folder_says_which_station_it_is() {
    let named = |from, station: &str| {
        let facts = Facts { station: Some(station.parse().unwrap()), ..Facts::default() };
        Statement { from, facts }
    };
    let good = [says(Source::Sidecar, "1"), received(), named(Source::Sidecar, "reception")];
    assert_eq!(identified(&good).flags(), []);
    let problems = held(&[says(Source::Sidecar, "1"), received(), named(Source::Sidecar, "ward")]);
    let (station, stated) = ("reception".parse().unwrap(), "ward".parse().unwrap());
    assert_eq!(problems, [IdentityProblem::WrongStation { station, stated, from: Source::Sidecar }]);
    let confirmed =
        [says(Source::Sidecar, "1"), received(), named(Source::Sidecar, "ward"), named(Source::Person, "reception")];
    let statements = vec![sourced(Source::Sidecar, "ward")];
    assert_eq!(identified(&confirmed).flags(), [Flag::Overridden { field: Field::Station, statements }]);
    assert_eq!(held(&[says(Source::Sidecar, "1"), received(), named(Source::Person, "ward")]).len(), 1);
}

#[test]
fn a_time_zone_that_was_assumed_is_marked() {
    let facts = Facts {
        scanned_at: Some("2026-11-20T00:30:00.000000Z".parse().unwrap()),
        zone_assumed: true,
        ..Facts::default()
    };
    let scanned = Statement { from: Source::Sidecar, facts };
    assert_eq!(identified(&[says(Source::Sidecar, "1"), received(), scanned]).flags(), [Flag::ZoneAssumed]);
    assert_eq!(identified(&[says(Source::Sidecar, "1"), received()]).flags(), []);
}

#[test]
fn the_kind_is_known_before_the_profile() {
    let kind = |from, kind: &str| {
        let facts = Facts { document_type: Some(kind.parse().unwrap()), ..Facts::default() };
        Statement { from, facts }
    };
    assert_eq!(document_type(&[]), Ok(None));
    let agreed = [kind(Source::Station, "referral-letter"), kind(Source::Sidecar, "referral-letter")];
    assert_eq!(document_type(&agreed).unwrap().unwrap().from, Source::Sidecar);
    let differing = [kind(Source::Station, "referral-letter"), kind(Source::Sidecar, "consent")];
    assert!(matches!(document_type(&differing), Err(IdentityProblem::Conflict { field: Field::DocumentType, .. })));
    let decided = [differing.as_slice(), &[kind(Source::Person, "consent")]].concat();
    assert_eq!(document_type(&decided).unwrap().unwrap().value.as_str(), "consent");
}

proptest! {
    /// Whatever is stated: an identity only where all who speak of the patient mean the same, or a person decided.
    #[test]
    fn no_two_patients_become_one(ids in proptest::collection::vec((0..6_u8, "[0-9]{1,9}|0*[1-5]"), 0..5)) {
        let sources = [
            Source::Sidecar, Source::Filename, Source::Station, Source::Batch, Source::Barcode, Source::Person,
        ];
        let mut statements: Vec<_> = ids.iter().map(|(at, id)| says(sources[usize::from(*at)], id)).collect();
        statements.push(received());
        if let Identification::Identified(found) = resolved(&statements) {
            let patient = found.identity().patient.clone().unwrap();
            let meant = |statement: &&Statement| statement.facts.patient_id.is_some();
            if patient.from == Source::Person {
                let last = statements.iter().rfind(|said| said.from == Source::Person).unwrap();
                let id = patients().normalise(last.facts.patient_id.as_deref().unwrap()).unwrap();
                prop_assert_eq!(id, patient.value.id);
            } else {
                for statement in statements.iter().filter(meant) {
                    let id = patients().normalise(statement.facts.patient_id.as_deref().unwrap()).unwrap();
                    prop_assert_eq!(&id, &patient.value.id);
                }
            }
        }
    }
}
