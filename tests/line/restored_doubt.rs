//! The clock was found to be wrong after a backup, for what had been taken in before it: whoever restores the backup is asked
//! about that, also where the database is made anew before the first start.

use serde_json::json;
use torikomi::control::Request;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::instant::Instant;
use torikomi::journal::{Entry, Kind, read};

use crate::account::{document_of, wait_for};
use crate::backup::{Medium, back_up};
use crate::burst::deliver_consent;
use crate::hospital::{Foundation, Hospital, PATIENCE, Settings};
use crate::rebuilt_beside::lose;
use crate::restored::{bring_back, journal};
use crate::stepped::WallClock;
use crate::store_check::sql;

fn entries(hospital: &Hospital, kind: Kind) -> Vec<Entry> {
    let found = hospital.database.read(async |tx| read::of_kind(tx, kind).await).unwrap();
    found.iter().map(|stored| stored.entry().unwrap()).collect()
}

#[test]
fn what_was_doubted_after_the_backup_is_doubted_in_what_comes_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let clock = WallClock::right(folder.path());
    let yesterday = Instant::from(jiff::Timestamp::now()).plus(jiff::SignedDuration::from_hours(-24));
    let mut hospital = Hospital::founded(&Foundation { starts_at: Some(yesterday), ..Foundation::default() });
    let medium = Medium::of(&hospital);
    // The machine starts anew: nothing is known of its two clocks but what they say.
    sql(&hospital, "UPDATE meta SET value = json_set(value, '$.boot', 'another') WHERE key = 'clock'".into());
    clock.set("-20m");
    let under = clock.variables();
    let daemon = hospital.start_under(&under.iter().map(String::as_str).collect::<Vec<_>>());
    deliver_consent(&hospital, "slow");
    let waits = wait_for(&hospital, "what waits for a session", || {
        document_of(&hospital, "slow-consent.jpg").filter(|found| found.held == Some(HoldReason::NoSession))
    });
    back_up(&hospital, &medium, &["--new"]);
    clock.set("+0");
    wait_for(&hospital, "the doubt", || {
        let found = hospital.ask(&Request::Status, PATIENCE).unwrap()["clock_problem"]["code"] == "jumped";
        (found && entries(&hospital, Kind::IntakeDoubted).len() == 1).then_some(())
    });
    back_up(&hospital, &medium, &[]);
    daemon.stop();

    let _lost = bring_back(&hospital, &medium);
    hospital.configure(&Settings::default());
    let opened = entries(&hospital, Kind::EpochOpened)[0].index;
    let doubts = entries(&hospital, Kind::ClockDoubted);
    assert_eq!(doubts.iter().map(|doubt| doubt.index).collect::<Vec<_>>(), [opened + 1]);
    assert_eq!(entries(&hospital, Kind::IntakeDoubted), [], "the first start goes through it");

    assert_eq!(lose(&mut hospital), json!([]));
    let daemon = hospital.start();
    wait_for(&hospital, "a person's look", || {
        let found = document_of(&hospital, "slow-consent.jpg")?;
        ((found.state, found.held) == (DocumentState::Review, Some(HoldReason::Late))).then_some(())
    });
    let doubted = entries(&hospital, Kind::IntakeDoubted);
    let about: Vec<_> = doubted.iter().map(|doubt| (doubt.subject.document, doubt.facts["by"].clone())).collect();
    assert_eq!(about, [(Some(waits.id), json!(opened + 1))]);
    // Of a clock that nobody acknowledged a person is asked too.
    let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
    assert_eq!(status["clock_problem"]["code"], "jumped", "{status:#}");
    daemon.stop();
    let (status, judged) = journal(&hospital.root(), &[]);
    assert_eq!((status, &judged["verdict"], &judged["faults"]), (0, &json!("restored"), &json!([])), "{judged:#}");
}
