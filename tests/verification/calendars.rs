//! The calendar that lies in a record: the hospital must have had it in use.

use torikomi::calendar::DEFAULT_CALENDAR;
use torikomi::ids::Digest;
use torikomi::journal::files::Files;
use torikomi::verification::journal::{JournalFault, JudgedBy, Sources, verify};
use torikomi::verification::{Fact, Fault, Report, Said, Step, StepResult, Verdict, verify_pack};

use crate::hospital::{FOUNDED_AT, Filed, Hospital, Recipe, TAKEN_IN_AT, at};

/// One with a note in it: other bytes, and no other days.
fn another(note: &str) -> String {
    format!("{DEFAULT_CALENDAR}\n# {note}\n")
}

fn with(calendar: &str) -> Recipe {
    Recipe { calendar: calendar.to_owned(), ..Recipe::default() }
}

fn journal_step(report: &Report) -> StepResult {
    report.steps.iter().find(|step| step.step == Step::Journal).unwrap().clone()
}

/// What the home says of a record, which is what its pack says.
fn judged(hospital: &Hospital, filed: &Filed) -> StepResult {
    let at_home = hospital.at_home().verify(filed.id, &hospital.trust, true).unwrap().unwrap();
    let pack = hospital.pack(&filed.entries, Some(&hospital.proof(filed)));
    let pack = verify_pack(&pack, &hospital.trust, true).unwrap();
    assert_eq!(journal_step(&at_home), journal_step(&pack));
    journal_step(&at_home)
}

fn by(step: StepResult) -> u64 {
    match step.said {
        Said::Fact(Fact::EntryProven { calendar, .. }) => calendar,
        other => panic!("{other:?}"),
    }
}

fn journal(hospital: &Hospital) -> Vec<JournalFault> {
    let (database, trust) = (&hospital.database, &hospital.trust);
    let files = &hospital.folder.path().join("store/journal");
    Files::open(files, database).unwrap().catch_up(database).unwrap();
    verify(&Sources { database, files, trust, against: None }, |_, _| ()).unwrap().faults
}

#[test]
fn a_calendar_that_nobody_used_proves_no_deadline() {
    let hospital = Hospital::new();
    assert_eq!(by(judged(&hospital, &hospital.file(Recipe::default()))), 0, "the founders vouch for the first one");

    let calendar = Digest::of(another("nobody's").as_bytes());
    let filed = hospital.file(with(&another("nobody's")));
    let step = judged(&hospital, &filed);
    assert_eq!((step.verdict, step.said), (Verdict::Failed, Said::Fault(Fault::CalendarNotAdopted { calendar })));
    let (index, judged_by) = (filed.row.journal_index, JudgedBy::Calendar);
    assert_eq!(journal(&hospital), [JournalFault::JudgedByNoneInForce { index, judged_by, digest: calendar }]);

    // That it came into use after the signature says nothing of the time before.
    hospital.use_calendar(&another("nobody's"), at(TAKEN_IN_AT));
    assert_eq!(judged(&hospital, &filed).said, Said::Fault(Fault::CalendarNotAdopted { calendar }));
}

#[test]
fn a_document_keeps_to_a_calendar_that_was_in_use_while_it_was_there() {
    let hospital = Hospital::new();
    let index = hospital.use_calendar(&another("one"), at(FOUNDED_AT));
    assert_eq!(by(judged(&hospital, &hospital.file(with(&another("one"))))), index);

    // Judged by it, and signed when the next one was in use already; by whatever clock.
    let meanwhile = |hospital: &Hospital| {
        hospital.use_calendar(&another("two"), at("2027-01-01T00:00:00.000000Z"));
    };
    let waited = hospital.file(Recipe { meanwhile, ..with(&another("one")) });
    assert_eq!(by(judged(&hospital, &waited)), index);
    // Or held until the next one told a deadline.
    let meanwhile = |hospital: &Hospital| {
        hospital.use_calendar(&another("three"), at(TAKEN_IN_AT));
    };
    let three = hospital.file(Recipe { meanwhile, ..with(&another("three")) });
    assert!(by(judged(&hospital, &three)) > by(judged(&hospital, &waited)));
    assert_eq!(journal(&hospital), []);

    // What came in after that is not judged by it any more.
    let filed = hospital.file(with(&another("one")));
    let calendar = Digest::of(another("one").as_bytes());
    let Said::Fault(Fault::CalendarReplaced { calendar: found, index: by_index, .. }) = judged(&hospital, &filed).said
    else {
        panic!("{:?}", judged(&hospital, &filed))
    };
    assert_eq!(found, calendar);
    assert!(by_index > index && by_index < waited.row.journal_index);
    let (index, judged_by) = (filed.row.journal_index, JudgedBy::Calendar);
    assert_eq!(journal(&hospital), [JournalFault::JudgedByNoneInForce { index, judged_by, digest: calendar }]);

    // Until it comes into use again.
    let again = hospital.use_calendar(&another("one"), at(TAKEN_IN_AT));
    assert_eq!(by(judged(&hospital, &hospital.file(with(&another("one"))))), again);
    assert_eq!(judged(&hospital, &filed).verdict, Verdict::Failed);
}

#[test]
fn a_pack_without_the_entry_does_not_show_that_its_calendar_was_in_use() {
    let hospital = Hospital::new();
    hospital.use_calendar(&another("one"), at(FOUNDED_AT));
    let filed = hospital.file(with(&another("one")));
    let mut proof = hospital.proof(&filed);
    assert_eq!(proof.calendars.len(), 1);
    proof.calendars.clear();
    let pack = hospital.pack(&filed.entries, Some(&proof));
    let step = journal_step(&verify_pack(&pack, &hospital.trust, true).unwrap());
    assert!(matches!(step.said, Said::Fault(Fault::CalendarNotAdopted { .. })), "{step:?}");
}

#[test]
fn a_calendar_that_would_come_into_use_without_an_entry_is_named() {
    let hospital = Hospital::new();
    hospital.file(Recipe::default());
    let [in_database, in_journal] =
        [another("nobody's"), DEFAULT_CALENDAR.to_owned()].map(|it| Digest::of(it.as_bytes()));
    let set = |digest: Digest| {
        hospital.sql(&format!("INSERT OR REPLACE INTO watched_file VALUES ('calendar', '{digest}', 0)"));
    };
    set(in_journal);
    assert_eq!(journal(&hospital), []);
    set(in_database);
    let in_journal = Some(in_journal);
    assert_eq!(journal(&hospital), [JournalFault::CalendarInUseDiffers { in_database, in_journal }]);
}
