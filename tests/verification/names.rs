//! What people are called: the register's rows and the names in records are copies of what the entries' private parts say.

use torikomi::journal::files::Files;
use torikomi::people::acts::Signed;
use torikomi::people::enrolment;
use torikomi::people::register::Called;
use torikomi::verification::journal::{JournalFault, Sources, verify};
use torikomi::verification::{Fact, Fault, Said, Step};

use crate::hospital::{Filed, Hospital, Recipe, SIGNED_AT, TAKEN_IN_AT, at};

fn journal(hospital: &Hospital) -> Vec<JournalFault> {
    let (database, trust) = (&hospital.database, &hospital.trust);
    let files = &hospital.folder.path().join("store/journal");
    Files::open(files, database).unwrap().catch_up(database).unwrap();
    verify(&Sources { database, files, trust, against: None }, |_, _| ()).unwrap().faults
}

/// What is said of the names in a record.
fn said(hospital: &Hospital, filed: &Filed) -> Said {
    let report = hospital.at_home().verify(filed.id, &hospital.trust, true).unwrap().unwrap();
    report.steps.iter().find(|step| step.step == Step::Index).unwrap().said.clone()
}

fn otherwise(who: &str, field: &str) -> Said {
    Said::Fault(Fault::NamedOtherwise { who: who.to_owned(), field: field.to_owned() })
}

/// As the line does it: the entry, and the row.
fn rename(hospital: &Hospital, name: &str, at_time: &str) {
    let called = Called { name: Some(name.to_owned()), kana: None, occupation: None, department: None };
    let (person, now) = (hospital.manager_person.clone().renamed(called).unwrap(), at(at_time));
    let (act, private) = enrolment::rename_act(&person, &hospital.admin, now, hospital.home).unwrap();
    hospital.append(Signed::sign(act, &[&hospital.admin]).unwrap().into_draft(Some(private)), now);
    hospital.sql(&format!("UPDATE person SET name = '{name}' WHERE id = '{}'", person.id));
}

#[test]
fn a_row_of_the_register_that_says_something_else_is_named() {
    let hospital = Hospital::new();
    assert_eq!(journal(&hospital), []);
    let (manager, admin) = (hospital.manager.person(), hospital.admin.person());
    for (change, back, person, field) in [
        (
            format!("UPDATE person SET name = '見本 花子' WHERE id = '{manager}'"),
            "UPDATE person SET name = '架空 次郎'",
            manager,
            "name",
        ),
        (
            format!("UPDATE person SET login = 'jiro' WHERE id = '{manager}'"),
            "UPDATE person SET login = 'kaku-joho'",
            manager,
            "login",
        ),
        (
            format!("UPDATE person SET department = '外来' WHERE id = '{manager}'"),
            "UPDATE person SET department = '診療情報管理室'",
            manager,
            "department",
        ),
        (
            format!("UPDATE person SET state = 'suspended' WHERE id = '{manager}'"),
            "UPDATE person SET state = 'active'",
            manager,
            "state",
        ),
        (
            format!("UPDATE appointment SET role = 'operator' WHERE person = '{admin}'"),
            "UPDATE appointment SET role = 'admin'",
            admin,
            "appointments",
        ),
        (
            format!("INSERT INTO away SELECT person, 'absent', 5, NULL, 0 FROM appointment WHERE person = '{manager}'"),
            "DELETE FROM away",
            manager,
            "absences",
        ),
    ] {
        hospital.sql(&change);
        let differs = JournalFault::RegisterDiffers { person, field: field.to_owned() };
        assert_eq!(journal(&hospital), [differs], "{change}");
        let whose = if back.starts_with("DELETE") {
            String::new()
        } else {
            let column = if back.contains("appointment") { "person" } else { "id" };
            format!(" WHERE {column} = '{person}'")
        };
        hospital.sql(&format!("{back}{whose}"));
    }
    assert_eq!(journal(&hospital), []);
}

#[test]
fn whom_a_record_names_is_called_as_they_were_when_it_was_signed() {
    let hospital = Hospital::new();
    let early = hospital.file(Recipe::default());
    assert_eq!(said(&hospital, &early), Said::Fact(Fact::IndexAgrees));
    // By one who wrote in the table of people, and took it back.
    let forged = hospital
        .file(Recipe { record: |record| record.signer.person.name = "見本 花子".to_owned(), ..Recipe::default() });
    assert_eq!(said(&hospital, &forged), otherwise("signer", "name"));
    let record = |record: &mut torikomi::evidence::record::RecordJson| {
        let person = &record.signer.person;
        record.operator =
            Some(torikomi::evidence::record::PersonRef { login: "mihon-kanri".to_owned(), ..person.clone() });
    };
    let row = |row: &mut torikomi::store::records::Record, _: &mut Vec<_>| {
        row.operator = Some("mihon-kanri".parse().unwrap());
    };
    let forged = hospital.file(Recipe { record, row, ..Recipe::default() });
    assert_eq!(said(&hospital, &forged), otherwise("operator", "login"));

    // Renamed before the signature, it bears the new name, and renamed after it the old one.
    let renamed = |record: &mut torikomi::evidence::record::RecordJson| {
        record.signer.person.name = "架空 新".to_owned();
        record.information_manager.name = "架空 新".to_owned();
    };
    let meanwhile = |hospital: &Hospital| rename(hospital, "架空 新", TAKEN_IN_AT);
    let late = hospital.file(Recipe { meanwhile, record: renamed, ..Recipe::default() });
    assert_eq!(said(&hospital, &late), Said::Fact(Fact::IndexAgrees));
    rename(&hospital, "架空 三郎", SIGNED_AT);
    assert_eq!(said(&hospital, &late), Said::Fact(Fact::IndexAgrees));
    assert_eq!(said(&hospital, &early), Said::Fact(Fact::IndexAgrees));
    assert_eq!(said(&hospital, &hospital.file(Recipe::default())), otherwise("signer", "name"));
    assert_eq!(journal(&hospital), []);
}

#[test]
fn where_a_name_was_erased_nothing_is_told_of_it() {
    let hospital = Hospital::new();
    let filed = hospital
        .file(Recipe { record: |record| record.signer.person.name = "見本 花子".to_owned(), ..Recipe::default() });
    hospital.sql("DELETE FROM journal_private WHERE idx = 0; UPDATE person SET name = '見本 花子'");
    assert_eq!(said(&hospital, &filed), Said::Fact(Fact::IndexAgrees));
    assert_eq!(journal(&hospital), [JournalFault::PrivateMissing { index: 0 }]);
}
