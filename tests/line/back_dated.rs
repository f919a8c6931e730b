//! Somebody with a hand on the database dates back when a late scan came, before it is measured or after: it is filed as one that
//! came in time by nobody.

use torikomi::document::{DocumentState, HoldReason};
use torikomi::instant::Instant;
use torikomi::journal::{Kind, read};
use torikomi::store::Objects;
use torikomi::store::records::Record;
use torikomi::verification::{AtHome, Fault, Said, Step, Trust, Verdict};

use crate::account::{document_of, filed, the_journal_is_whole, wait_for};
use crate::burst::{put, sample, variant_of_jpeg};
use crate::hospital::{Foundation, Hospital, Settings};
use crate::store_check::sql;

/// Wall-clock time in Tokyo.
fn tokyo(text: &str) -> Instant {
    let civil: jiff::civil::DateTime = text.parse().unwrap();
    civil.to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap()).unwrap().timestamp().into()
}

/// Received on a Friday: it has to be scanned by the end of Tuesday, for Monday is a holiday.
fn deliver(hospital: &Hospital, name: &str) {
    let sidecar = r#"{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"consent-demo",
        "obtained_on":"2026-11-20","paper":"A4","expected_pages":1}"#;
    put(&hospital.drop(), &format!("{name}.json"), sidecar.as_bytes());
    put(&hospital.drop(), &format!("{name}.jpg"), &variant_of_jpeg(&sample("consent.jpg"), name));
}

/// From here on the database itself dates back each row of this table as it is written.
fn date_back(hospital: &Hospital, table: &str, when: &str) {
    let tuesday = tokyo("2026-11-24T20:00").as_microseconds();
    sql(
        hospital,
        format!(
            "CREATE TRIGGER back_dated_{table} AFTER {when} ON {table}
             BEGIN UPDATE {table} SET taken_in_at = {tuesday} WHERE id = NEW.id; END"
        ),
    );
}

/// What the verifier makes of the journal's entries about a record that it denies.
fn said_of_the_journal(hospital: &Hospital, record: &Record) -> Said {
    let trust = Trust::of_home(hospital.home.layout(), &hospital.config).unwrap();
    let objects = hospital.home.layout().store(&hospital.config).join("objects");
    let objects = Objects::open(&objects, hospital.runtime.handle()).unwrap();
    let report = AtHome::new(&hospital.database, &objects).verify(record.id, &trust, true).unwrap().unwrap();
    assert_eq!(report.verdict, Verdict::Failed, "{report:#?}");
    report.steps.iter().find(|step| step.step == Step::Journal).unwrap().said.clone()
}

#[test]
fn a_late_scan_whose_row_is_dated_back_stays_late() {
    let starts_at = Some(tokyo("2026-11-24T17:00"));
    let mut hospital = Hospital::founded(&Foundation { starts_at, ..Foundation::default() });
    date_back(&hospital, "delivery", "UPDATE OF copy");
    hospital.configure(&Settings { starts_at: Some(tokyo("2026-11-25T00:01")), ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    // The row says that it came in time, and the entry of its copy does not.
    deliver(&hospital, "measured");
    let held = wait_for(&hospital, "the hold", || {
        document_of(&hospital, "measured.jpg").filter(|document| document.held.is_some())
    });
    assert_eq!((held.state, held.held), (DocumentState::Review, Some(HoldReason::Late)));
    assert!(held.taken_in_at > tokyo("2026-11-25T00:00"), "{}", held.taken_in_at);

    // Done once it is measured, the line believes it; whoever verifies the record does not.
    date_back(&hospital, "document", "INSERT");
    deliver(&hospital, "filed");
    let record = filed(&hospital, "filed.jpg");
    let entries = hospital.database.read(async |tx| read::of_kind(tx, Kind::DeliveryInCustody).await).unwrap();
    let index = entries.last().unwrap().index;
    let differs = Fault::EntryDiffers { index, field: "taken_in_at".into() };
    assert_eq!(said_of_the_journal(&hospital, &record), Said::Fault(differs));
    daemon.stop();
    // Nothing is wrong with the journal itself.
    the_journal_is_whole(&hospital);
}
