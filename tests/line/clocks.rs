//! Days and years at the daemon's door: its clock starts where a test says.

use torikomi::control::{ReasonGiven, Request};
use torikomi::database::{Address, Database, DatabaseError, Tx};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::ids::{Digest, DocumentId};
use torikomi::instant::Instant;
use torikomi::store::records::Record;
use torikomi::store::relative_path;

use crate::account::{document_of, filed, the_journal_is_whole, wait_for};
use crate::burst::{put, sample, variant_of_jpeg};
use crate::hospital::{Foundation, Hospital, PATIENCE, Settings, by};
use crate::proven::proven;

/// Wall-clock time in Tokyo.
fn tokyo(text: &str) -> Instant {
    let civil: jiff::civil::DateTime = text.parse().unwrap();
    civil.to_zoned(jiff::tz::TimeZone::get("Asia/Tokyo").unwrap()).unwrap().timestamp().into()
}

/// What was scanned in a night: the day of receipt, and the file.
fn deliver(hospital: &Hospital, name: &str, obtained_on: &str) {
    put(&hospital.drop(), &format!("{name}.json"), sidecar(obtained_on).as_bytes());
    put(&hospital.drop(), &format!("{name}.jpg"), &variant_of_jpeg(&sample("consent.jpg"), name));
}

fn sidecar(obtained_on: &str) -> String {
    format!(
        r#"{{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"consent-demo",
            "obtained_on":"{obtained_on}","paper":"A4","expected_pages":1}}"#
    )
}

/// One evening at the hospital: what comes in then is filed, or held because it is late.
fn evening(hospital: &mut Hospital, at: &str, scans: &[(&str, &str, bool)]) -> Vec<(Record, serde_json::Value)> {
    hospital.configure(&Settings { starts_at: Some(tokyo(at)), ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let mut records = Vec::new();
    for (name, obtained_on, in_time) in scans {
        deliver(hospital, name, obtained_on);
        let file = format!("{name}.jpg");
        if *in_time {
            let record = filed(hospital, &file);
            let signed = proven(hospital, &record);
            records.push((record, signed));
        } else {
            let held = wait_for(hospital, "the hold", || {
                document_of(hospital, &file).filter(|document| document.held.is_some())
            });
            assert_eq!((held.state, held.held), (DocumentState::Review, Some(HoldReason::Late)), "{name}");
        }
    }
    daemon.stop();
    records
}

/// The deadlines that a record names.
fn due(signed: &serde_json::Value) -> (Instant, Instant) {
    let read = |key: &str| serde_json::from_value(signed["clocks"][key].clone()).unwrap();
    (read("scan_by"), read("sign_by"))
}

#[test]
fn a_friday_night_before_a_long_weekend() {
    // Monday the 23rd is a holiday (勤労感謝の日).
    let starts_at = Some(tokyo("2026-11-20T22:00"));
    let mut hospital = Hospital::founded(&Foundation { starts_at, ..Foundation::default() });
    let friday = evening(&mut hospital, "2026-11-20T23:10", &[("friday", "2026-11-20", true)]);
    // The next open day is Tuesday: all of it for the scan, eight of its staffed hours for the signature.
    assert_eq!(due(&friday[0].1), (tokyo("2026-11-25T00:00"), tokyo("2026-11-24T16:30")));
    let tuesday = [("tuesday", "2026-11-20", true)];
    let tuesday = evening(&mut hospital, "2026-11-24T23:55", &tuesday);
    assert_eq!(due(&tuesday[0].1).0, tokyo("2026-11-25T00:00"));
    evening(&mut hospital, "2026-11-25T00:01", &[("wednesday", "2026-11-20", false), ("new", "2026-11-24", true)]);
    the_journal_is_whole(&hospital);
}

#[test]
fn the_turn_of_the_year_is_closed_from_29_december_to_3_january() {
    let starts_at = Some(tokyo("2026-12-28T08:00"));
    let mut hospital = Hospital::founded(&Foundation { starts_at, ..Foundation::default() });
    let last = evening(&mut hospital, "2026-12-28T16:00", &[("last day", "2026-12-28", true)]);
    assert_eq!(due(&last[0].1).0, tokyo("2027-01-05T00:00"));
    // Nobody works, and an emergency came in.
    let closed = evening(&mut hospital, "2026-12-31T23:58", &[("new year's eve", "2026-12-31", true)]);
    assert_eq!(due(&closed[0].1).0, tokyo("2027-01-05T00:00"));
    let back = [("first day", "2026-12-28", true), ("first day too", "2026-12-25", false)];
    evening(&mut hospital, "2027-01-04T23:55", &back);
    evening(&mut hospital, "2027-01-05T00:01", &[("second day", "2026-12-28", false)]);
    the_journal_is_whole(&hospital);
}

#[test]
fn what_a_calendar_could_not_tell_goes_on_when_it_is_mended() {
    let starts_at = Some(tokyo("2026-11-20T09:00"));
    let calendar = &[(r#"valid_until = "2027-12-31""#, r#"valid_until = "2026-11-21""#)];
    let mut hospital = Hospital::founded(&Foundation { starts_at, calendar, ..Foundation::default() });
    hospital.configure(&Settings { starts_at: Some(tokyo("2026-11-20T16:00")), ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    // The scan was in time, and by when it is to be signed lies beyond; of the other both do.
    deliver(&hospital, "signing", "2026-11-19");
    deliver(&hospital, "scanning", "2026-11-20");
    let standing = |name: &str, state, reason| {
        wait_for(&hospital, "the hold", || {
            let found = document_of(&hospital, name).filter(|document| document.held.is_some())?;
            assert_eq!((found.state, found.held), (state, Some(reason)), "{name}");
            Some(found)
        })
    };
    let held = standing("signing.jpg", DocumentState::Signing, HoldReason::NoDeadline);
    standing("scanning.jpg", DocumentState::Review, HoldReason::Late);

    // Trying again by the same calendar tells no more.
    hospital.ask(&Request::Retry { by: by("manager"), documents: vec![hospital.looked(held.id)] }, PATIENCE).unwrap();
    let again = wait_for(&hospital, "the second hold", || {
        document_of(&hospital, "signing.jpg").filter(|document| document.held.is_some())
    });
    assert_eq!((again.state, again.held), (DocumentState::Signing, Some(HoldReason::NoDeadline)));
    assert!(again.updated_at > held.updated_at);

    let file = hospital.home.layout().calendar();
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("2026-11-21", "2027-12-31")).unwrap();
    for name in ["signing.jpg", "scanning.jpg"] {
        let record = filed(&hospital, name);
        // Of its eight staffed hours most lie beyond the weekend.
        assert!(due(&proven(&hospital, &record)).1 > tokyo("2026-11-24T00:00"), "{name}");
    }
    daemon.stop();
    the_journal_is_whole(&hospital);
}

#[test]
fn an_information_manager_takes_office_while_documents_wait() {
    let mut hospital =
        Hospital::founded(&Foundation { starts_at: Some(tokyo("2026-11-20T09:00")), ..Foundation::default() });
    hospital.configure(&Settings { starts_at: Some(tokyo("2026-11-20T15:00")), ..Settings::default() });
    let daemon = hospital.start();
    let role = || "information-manager".parse().unwrap();
    let appoint = |role, rank, from| Request::Appoint {
        by: by("admin"),
        second: Some(by("manager")),
        login: "clerk".into(),
        role,
        rank,
        from,
        until: None,
    };
    // Two who can appoint others stay. Nobody holds the office from now until the clerk does.
    let another = appoint("admin".parse().unwrap(), 1, None);
    let appoint = appoint(role(), 2, Some(tokyo("2026-11-20T16:00:05")));
    let end = Request::EndAppointment { by: by("admin"), login: "manager".into(), role: role(), ends: None };
    for request in [another, appoint, end] {
        hospital.ask(&request, PATIENCE).unwrap();
    }
    hospital.open_session().unwrap();
    deliver(&hospital, "waiting", "2026-11-20");
    wait_for(&hospital, "the hold", || {
        document_of(&hospital, "waiting.jpg").filter(|held| held.held == Some(HoldReason::NoInformationManager))
    });
    daemon.stop();
    // A moment before, and nobody does anything but wait.
    hospital.configure(&Settings { starts_at: Some(tokyo("2026-11-20T16:00")), ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let record = proven(&hospital, &filed(&hospital, "waiting.jpg"));
    assert_eq!(record["information_manager"]["login"], "clerk");
    daemon.stop();
    the_journal_is_whole(&hospital);
}

/// A signature says in which second it was made: what is signed while an office changes hands is denied to nobody.
#[test]
fn an_information_manager_takes_office_from_now_on() {
    let mut hospital =
        Hospital::founded(&Foundation { starts_at: Some(tokyo("2026-11-20T09:00")), ..Foundation::default() });
    hospital.configure(&Settings { starts_at: Some(tokyo("2026-11-20T10:00")), ..Settings::default() });
    let daemon = hospital.start();
    let appoint = |by_whom: &str, login: &str, role: &str| Request::Appoint {
        by: by("admin"),
        second: Some(by(by_whom)),
        login: login.into(),
        role: role.parse().unwrap(),
        rank: 1,
        from: None,
        until: None,
    };
    // Somebody who can appoint the manager again.
    hospital.ask(&appoint("manager", "clerk", "admin"), PATIENCE).unwrap();
    daemon.stop();
    hospital.configure(&Settings { starts_at: Some(tokyo("2027-01-20T15:00")), ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    for round in ["first", "second", "third"] {
        let (role, login) = ("information-manager".parse().unwrap(), "manager".into());
        let end = Request::EndAppointment { by: by("admin"), login, role, ends: None };
        hospital.ask(&end, PATIENCE).unwrap();
        deliver(&hospital, round, "2027-01-20");
        let file = format!("{round}.jpg");
        wait_for(&hospital, "the hold", || {
            document_of(&hospital, &file).filter(|held| held.held == Some(HoldReason::NoInformationManager))
        });
        // What waits is signed at once.
        hospital.ask(&appoint("clerk", "manager", "information-manager"), PATIENCE).unwrap();
        let record = proven(&hospital, &filed(&hospital, &file));
        assert_eq!(record["information_manager"]["login"], "manager");
    }
    daemon.stop();
    the_journal_is_whole(&hospital);
}

/// Lets a document whose step failed be tried again by any clock.
fn try_at_once(hospital: &Hospital, document: DocumentId) {
    let address = Address::at_home(hospital.home.layout(), &hospital.config).unwrap();
    let database = Database::open(address, false, hospital.runtime.handle(), || ()).unwrap();
    let resume = async move |tx: &mut Tx| {
        let query = sqlx::query("UPDATE document SET retry_at = NULL WHERE id = $1").bind(document.to_string());
        query.execute(tx).await.map(drop).map_err(DatabaseError::from)
    };
    database.write(resume).unwrap();
}

/// After a power cut the machine comes up with its clock behind. What was signed before is entered and filed when the clock is
/// right again, and neither its session nor its entry says that it was earlier.
#[test]
fn what_was_stamped_before_the_clock_was_set_back_is_filed_when_it_is_right_again() {
    let starts_at = Some(tokyo("2026-11-20T09:00"));
    let mut hospital = Hospital::founded(&Foundation { starts_at, ..Foundation::default() });
    hospital.configure(&Settings { starts_at: Some(tokyo("2026-11-20T15:00")), ..Settings::default() });
    let daemon = hospital.start();
    deliver(&hospital, "cut off", "2026-11-20");
    let stands = |state, held| {
        wait_for(&hospital, "the next step", || {
            document_of(&hospital, "cut off.jpg").filter(|found| (found.state, found.held) == (state, held))
        })
    };
    stands(DocumentState::Signing, Some(HoldReason::NoSession));
    // The object of its sidecar is away for a while, so that it is stamped and cannot be filed.
    let digest = Digest::of(sidecar("2026-11-20").as_bytes());
    let object = hospital.home.layout().store(&hospital.config).join("objects").join(relative_path(&digest));
    let away = hospital.root().join("away");
    std::fs::rename(&object, &away).unwrap();
    hospital.open_session().unwrap();
    stands(DocumentState::AwaitingConfirmation, None);
    hospital.confirm_what_waits();
    let stamped = stands(DocumentState::Filing, None);
    daemon.kill();
    std::fs::rename(&away, &object).unwrap();

    hospital.configure(&Settings { starts_at: Some(tokyo("2026-11-20T13:00")), ..Settings::default() });
    try_at_once(&hospital, stamped.id);
    let daemon = hospital.start();
    let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
    assert_eq!(status["clock_problem"]["code"], "behind", "{status}");
    wait_for(&hospital, "the wait for the clock", || {
        let log = std::fs::read_to_string(hospital.log()).unwrap();
        log.contains("waits for the clock").then_some(())
    });
    assert_eq!(document_of(&hospital, "cut off.jpg").unwrap().state, DocumentState::Filing);
    daemon.kill();

    hospital.configure(&Settings { starts_at: Some(tokyo("2026-11-20T15:10")), ..Settings::default() });
    let daemon = hospital.start();
    // It was signed in a session that was closed by the clock that lay behind.
    proven(&hospital, &filed(&hospital, "cut off.jpg"));
    daemon.stop();
    the_journal_is_whole(&hospital);
}

#[test]
fn a_business_day_ends_when_the_hospital_says() {
    let starts_at = Some(tokyo("2026-11-19T17:00"));
    let calendar = &[(r#"day_ends = "24:00""#, r#"day_ends = "17:30""#)];
    let mut hospital = Hospital::founded(&Foundation { starts_at, calendar, ..Foundation::default() });
    let before = evening(&mut hospital, "2026-11-20T17:29", &[("before", "2026-11-19", true)]);
    assert_eq!(due(&before[0].1).0, tokyo("2026-11-20T17:30"));
    evening(&mut hospital, "2026-11-20T17:31", &[("after", "2026-11-19", false)]);
    the_journal_is_whole(&hospital);
}

/// A late release is about one lateness: it gives the time to sign once more, and not for ever.
#[test]
fn what_was_released_as_late_is_signed_in_time_or_is_late_again() {
    let starts_at = Some(tokyo("2026-11-24T17:00"));
    let mut hospital = Hospital::founded(&Foundation { starts_at, ..Foundation::default() });
    let begin = |hospital: &mut Hospital, at: &str| {
        hospital.configure(&Settings { starts_at: Some(tokyo(at)), ..Settings::default() });
        hospital.start()
    };
    let at = |hospital: &Hospital, state, held| {
        wait_for(hospital, &format!("{state} {held:?}"), || {
            document_of(hospital, "failure.jpg").filter(|document| (document.state, document.held) == (state, held))
        })
    };
    let release = |hospital: &Hospital, reason: &str, possible_again_at| {
        let documents = vec![hospital.looked(document_of(hospital, "failure.jpg").unwrap().id)];
        let reason = ReasonGiven { code: reason.parse().unwrap(), text: None };
        let request = Request::ReleaseLate { by: by("manager"), documents, reason, possible_again_at };
        hospital.ask(&request, PATIENCE)
    };
    // Received on Friday, and scanned on Wednesday: nothing worked until Tuesday evening.
    let daemon = begin(&mut hospital, "2026-11-25T09:00");
    deliver(&hospital, "failure", "2026-11-20");
    at(&hospital, DocumentState::Review, Some(HoldReason::Late));
    release(&hospital, "system-failure", tokyo("2026-11-24T16:00")).unwrap();
    at(&hospital, DocumentState::Signing, Some(HoldReason::NoSession));
    daemon.stop();

    // For three months nobody logs on. Then it is late anew, and the failure of then is no reason.
    let daemon = begin(&mut hospital, "2027-02-24T09:00");
    hospital.open_session().unwrap();
    at(&hospital, DocumentState::Review, Some(HoldReason::Late));
    let refused = release(&hospital, "system-failure", tokyo("2026-11-24T16:00")).unwrap_err().to_string();
    assert!(refused.contains("SecondClockOver"), "{refused}");
    release(&hospital, "authority-outage", tokyo("2027-02-24T08:40")).unwrap();
    at(&hospital, DocumentState::AwaitingConfirmation, None);
    hospital.confirm_what_waits();
    let signed = proven(&hospital, &filed(&hospital, "failure.jpg"));
    assert_eq!(due(&signed), (tokyo("2026-11-25T00:00"), tokyo("2027-02-24T16:40")));
    assert_eq!(signed["clocks"]["late"], "system-failure");
    daemon.stop();
    the_journal_is_whole(&hospital);
}

/// An emergency desk never closes: its windows run through the weekend and the holiday on which the hospital's stand still.
#[test]
fn a_station_keeps_its_own_calendar() {
    let starts_at = Some(tokyo("2026-11-21T09:00"));
    let calendar = &[("\n[stations]\n", "\n[stations.front-desk]\nalways_open = true\n")];
    let mut hospital = Hospital::founded(&Foundation { starts_at, calendar, ..Foundation::default() });
    let records = evening(&mut hospital, "2026-11-21T10:00", &[("emergency", "2026-11-20", true)]);
    assert_eq!(due(&records[0].1).0, tokyo("2026-11-22T00:00"));

    let mut hospital = Hospital::founded(&Foundation { starts_at, ..Foundation::default() });
    let records = evening(&mut hospital, "2026-11-21T10:00", &[("desk", "2026-11-20", true)]);
    assert_eq!(due(&records[0].1).0, tokyo("2026-11-25T00:00"));
}

/// The calendar ends long before; a hospital of that day has another. Its weekends and the turn of the year are right.
const FOR_LONG: &[(&str, &str)] = &[(r#"valid_until = "2027-12-31""#, r#"valid_until = "2060-12-31""#)];

#[test]
fn seconds_that_no_longer_fit_into_31_bits() {
    // The 2^31st second since 1970 begins at 12:14:08 in Tokyo, before any scan can have come to rest.
    let at = "2038-01-19T12:14:07";
    let starts_at = Some(tokyo("2038-01-19T12:00"));
    let mut hospital = Hospital::founded(&Foundation { starts_at, calendar: FOR_LONG, ..Foundation::default() });
    let records = evening(&mut hospital, at, &[("2038", "2038-01-19", true)]);
    let (record, signed) = &records[0];
    let border = Instant::from_microseconds((1 << 31) * 1_000_000).unwrap();
    assert!(record.filed_at > border);
    assert_eq!(due(signed).0, tokyo("2038-01-21T00:00"));
    the_journal_is_whole(&hospital);
}

#[test]
fn times_on_both_sides_of_2050_are_written_and_read() {
    // CMS and X.509 write two-digit years through 2049 and four digits from 2050 on (RFC 5280, 4.1.2.5; RFC 5652, 11.3).
    let starts_at = Some(tokyo("2050-01-01T08:50"));
    let mut hospital = Hospital::founded(&Foundation { starts_at, calendar: FOR_LONG, ..Foundation::default() });
    let before = evening(&mut hospital, "2050-01-01T08:55", &[("2049", "2050-01-01", true)]);
    let after = evening(&mut hospital, "2050-01-01T09:00:05", &[("2050", "2050-01-01", true)]);
    assert!(before[0].0.signed_at < "2050-01-01T00:00:00.000000Z".parse().unwrap());
    assert!(after[0].0.signed_at > "2050-01-01T00:00:00.000000Z".parse().unwrap());
    the_journal_is_whole(&hospital);
}
