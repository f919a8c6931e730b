//! Lists good and bad, and what a newer one may do to an older.

use proptest::prelude::*;

use super::*;

const LIST: &str = "\
id,name,kana,sex,birth_date,merged_into,temporary
9990001,架空 花子,カクウ ハナコ,F,S60.4.1,,
9990002,見本 太郎,ミホン タロウ,男,1990-12-31,,0
9990003,見本 太朗,,1,,9990002,
9990004,,,,,,1
";

fn read(list: &str) -> Result<Patients, PatientsProblem> {
    Patients::read(list.as_bytes(), &Settings::default())
}

fn list_of(ids: impl Iterator<Item = u32>) -> String {
    ids.fold("id,name\n".to_owned(), |list, id| format!("{list}{id},架空 花子\n"))
}

#[test]
fn a_list_is_read_whole() {
    let patients = read(LIST).unwrap();
    let hanako = patients.find("9990001").unwrap();
    assert_eq!((hanako.name, hanako.kana, hanako.sex), ("架空 花子", Some("カクウ ハナコ"), Some(Sex::Female)));
    assert_eq!(hanako.birth_date, Some(jiff::civil::date(1985, 4, 1)));
    assert_eq!(hanako.to_patient().id, "9990001");
    assert!(!hanako.temporary && patients.find("9990004").unwrap().temporary);
    assert_eq!(patients.find("9990009"), None);
    let summary = patients.summary();
    assert_eq!((summary.patients, summary.temporary, summary.merged, summary.unread), (4, 1, 1, 0));
    assert_eq!(summary.digest, Digest::of(LIST.as_bytes()));
}

#[test]
fn merges_are_followed_in_both_directions() {
    let patients = read("id,name,merged_into\n1,架空 花子,\n2,架空 花子,1\n3,架空 花子,2\n4,見本 太郎,99\n").unwrap();
    assert_eq!(patients.find("3").unwrap().merged_into, Some("2"), "the entry itself is as delivered");
    assert_eq!(patients.current("3").unwrap().id, "1");
    assert_eq!(patients.ids_of("2"), ["1", "2", "3"]);
    assert_eq!(patients.ids_of("4"), ["4"]);
    assert!(patients.ids_of("5").is_empty());
    assert_eq!(patients.summary().merged_elsewhere, 1);
    for circle in ["1,架空 花子,1\n", "1,架空 花子,2\n2,架空 花子,1\n"] {
        let problem = read(&format!("id,name,merged_into\n{circle}")).unwrap_err();
        assert_eq!(problem, PatientsProblem::MergeCircle { line: 2 });
    }
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    use PatientsProblem as P;
    for (list, expected) in [
        ("", P::NoHeading),
        ("id,kana\n", P::MissingColumn { heading: "name".into() }),
        ("id,name,id\n", P::RepeatedColumn { heading: "id".into() }),
        ("id,name\n1,a\n2\n", P::WrongNumberOfCells { line: 3, found: 1, expected: 2 }),
        ("id,name\n1,a\n\n01,b\n1,c\n", P::DuplicateId { line: 5, first_line: 2 }),
        ("id,name\n1,\n", P::NoName { line: 2 }),
        ("name,id\na,1 2\n", P::BadId { line: 2, column: 2, patient_id: PatientIdProblem::Character }),
        ("id,name,temporary\n1,a,maybe\n", P::BadFlag { line: 2, column: 3 }),
        ("id,name\n1,\"a\n2,b\n", P::OpenQuote { line: 2, column: 2 }),
        ("id,name\n1,a\"\n", P::StrayQuote { line: 2, column: 2 }),
        ("id,name\n1,a\u{7}\n", P::ControlCharacter { line: 2, column: 2 }),
    ] {
        assert_eq!(read(list).unwrap_err(), expected, "{list}");
    }
}

#[test]
fn an_unread_birth_date_does_not_keep_the_list_out() {
    let patients = read("id,name,birth_date,sex\n1,a,R8.1.1,M\n2,b,00000000,M\n3,c,26.1.1,X\n").unwrap();
    assert_eq!(patients.find("2").unwrap().birth_date, None);
    assert_eq!((patients.summary().unread, patients.summary().first_unread_line), (3, Some(3)));
}

#[test]
fn the_declared_encoding_decides() {
    let cp932 = Settings { encoding: Encoding::Cp932, ..Settings::default() };
    // 髙 and 﨑 are extensions of CP932; F040 is the first user-defined character.
    let list = b"id,name\n1,\xfb\xfc\x8b\xb4\n2,\x8e\x52\xfa\xb1\n3,\xf0\x40\x8e\x71\n";
    let patients = Patients::read(&list[..], &cp932).unwrap();
    assert_eq!(patients.find("1").unwrap().name, "髙橋");
    assert_eq!(patients.find("2").unwrap().name, "山﨑");
    assert!(patients.find("3").unwrap().private_use && !patients.find("1").unwrap().private_use);
    assert_eq!(patients.find("3").unwrap().name, "\u{e000}子", "kept as it is");
    assert_eq!(patients.summary().private_use, 1);
    let undecodable = PatientsProblem::Undecodable { line: 2, column: 2 };
    assert_eq!(Patients::read(&list[..], &Settings::default()).unwrap_err(), undecodable);
    assert!(Patients::read(&b"\xef\xbb\xbfid,name\r\n1,a\r\n"[..], &Settings::default()).unwrap().find("1").is_some());
}

#[test]
fn a_hospital_has_its_own_headings() {
    let settings: Settings =
        toml::from_str("columns = { id = '患者番号', name = '氏名' }\nids = { width = 8 }\n").unwrap();
    let patients = Patients::read("病棟,患者番号,氏名\n3A,1234,架空 花子\n".as_bytes(), &settings).unwrap();
    assert_eq!(patients.find("00001234").unwrap().name, "架空 花子");
    assert_eq!(patients.normalise("１２３４").unwrap(), "00001234");
    assert_eq!(patients.summary().ignored_columns, ["病棟"]);
    assert!(toml::from_str::<Settings>("colums = {}").is_err());
}

#[test]
fn limits_hold() {
    let small = Settings { maximum_rows: 2, maximum_bytes: 1_000_000, ..Settings::default() };
    let read = |list: &str| Patients::read(list.as_bytes(), &small);
    assert!(read(&list_of(1..3)).is_ok());
    assert_eq!(read(&list_of(1..4)).unwrap_err(), PatientsProblem::TooManyRows { maximum_rows: 2 });
    let long = format!("id,name\n1,{}\n", "あ".repeat(30_000));
    assert!(matches!(read(&long).unwrap_err(), PatientsProblem::LongLine { line: 2, .. }));
    let large = format!("id,name\n{}", "\n".repeat(1_000_001));
    assert_eq!(read(&large).unwrap_err(), PatientsProblem::TooLarge { maximum_bytes: 1_000_000 });
}

#[test]
fn a_list_that_lost_its_patients_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("patients.csv");
    let settings = Settings::default();
    let write = |list: String| std::fs::write(&path, list).unwrap();

    write(list_of(1..1001));
    let old = Patients::load(&path, &settings, None).unwrap();
    write(list_of(11..1001));
    assert_eq!(old.reload(&path, &settings).unwrap().summary().patients, 990);
    let shrank = |missing| PatientsProblem::Shrank { before: 1000, missing, limit_permille: 10 };
    write(list_of(12..1001));
    assert_eq!(old.reload(&path, &settings).unwrap_err(), shrank(11));
    // As many patients, but others: another hospital's list.
    write(list_of(2001..3001));
    assert_eq!(old.reload(&path, &settings).unwrap_err(), shrank(1000));
    assert_eq!(Patients::load(&path, &settings, Some(1000)).unwrap().summary().patients, 1000);
    write(list_of(1..500));
    assert_eq!(Patients::load(&path, &settings, Some(1000)).unwrap_err(), shrank(501));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(old.reload(&path, &settings).unwrap_err(), PatientsProblem::Unreachable { .. }));
    assert!(old.find("1").is_some(), "the old list stays");
}

proptest! {
    #[test]
    fn no_bytes_end_the_process(list in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut headed = b"id,name,kana,sex,birth_date,merged_into,temporary\n".to_vec();
        headed.extend(&list);
        for encoding in [Encoding::Utf8, Encoding::Cp932] {
            let settings = Settings { encoding, ..Settings::default() };
            let _ = Patients::read(&list[..], &settings);
            let _ = Patients::read(&headed[..], &settings);
        }
    }

    #[test]
    fn merges_always_end(merges in proptest::collection::vec((0..20_u32, 0..20_u32), 0..20)) {
        let mut list = "id,name,merged_into\n".to_owned();
        for (id, into) in &merges {
            list.push_str(&format!("{id},a,{into}\n"));
        }
        if let Ok(patients) = read(&list) {
            for (id, _) in &merges {
                let id = id.to_string();
                prop_assert!(patients.ids_of(&id).contains(&id.as_str()));
            }
        }
    }
}
