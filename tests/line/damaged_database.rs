//! A database that is damaged stops the line, which says so and does not go on by itself; it is made anew.

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};
use torikomi::control::Request;

use crate::account::{all_deliveries, see_filed, the_journal_is_whole, wait_for};
use crate::burst::deliver_consent;
use crate::home::because;
use crate::hospital::{Hospital, PATIENCE, Settings, by};
use crate::program::torikomi;
use crate::rebuilt_past::damage;
use crate::starting::not_started;
use crate::store_check::rebuild;

const EVERYTHING: [&str; 7] = ["filing", "identification", "inspection", "intake", "measuring", "signing", "stamping"];

#[test]
fn damage_stops_everything_until_the_database_is_made_anew() {
    let mut hospital = Hospital::found();
    let mut daemon = hospital.start();
    let before = deliver_consent(&hospital, "before");
    see_filed(&hospital, before.keys().next().unwrap());

    // What reads this does not take anything in, and only when the list changes.
    damage(&hospital, "watched_file");
    let mut list = std::fs::OpenOptions::new().append(true).open(hospital.root().join("patients.csv")).unwrap();
    writeln!(list).unwrap();
    let stopped = || {
        let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
        let paused = status["paused"].as_array().unwrap();
        let mut stages: Vec<_> = paused.iter().filter(|paused| is_damage(&paused["why"])).collect();
        stages.sort_by_key(|paused| paused["stage"].as_str());
        stages.iter().map(|paused| paused["stage"].as_str().unwrap().to_owned()).collect::<Vec<_>>() == EVERYTHING
    };
    wait_for(&hospital, "the end of everything", || stopped().then_some(()));
    let after = deliver_consent(&hospital, "after");
    let name = after.keys().next().unwrap();
    // Longer than a full disk or a server that is away would be tried again in, and than a scan takes to come to rest.
    std::thread::sleep(Duration::from_secs(5));
    assert!(stopped(), "it went on by itself");
    assert!(hospital.drop().join(name).exists());
    assert_eq!(all_deliveries(&hospital).len(), 1);
    let shown = hospital.clock_shown();
    let change = Request::AcknowledgeClock { by: by("manager"), shown, reason: because("other") };
    let refused = hospital.ask(&change, PATIENCE).unwrap_err().to_string();
    assert!(refused.contains("DatabaseDamaged"), "{refused}");
    for (lang, said) in [("ja", "データベースが壊れています"), ("en", "the database is damaged")] {
        let status = torikomi(Some(&hospital.root()), &["status", "--lang", lang]);
        assert_eq!(status.out.matches(said).count(), EVERYTHING.len(), "{}", status.out);
        assert!(status.out.contains("torikomi store check --rebuild"), "{}", status.out);
    }
    assert!(daemon.has_ended().is_none(), "whoever asks is still told why");
    daemon.stop();

    not_started(&hospital, &[], "the database is damaged");
    assert_eq!(rebuild(&hospital)["not_rebuilt"], json!([]));
    hospital.configure(&Settings::default());
    let daemon = hospital.start();
    see_filed(&hospital, name);
    daemon.stop();
    the_journal_is_whole(&hospital);
}

#[test]
fn damage_that_nobody_met_with_is_found_at_the_start() {
    let hospital = Hospital::found();
    // A start needs nothing of this.
    damage(&hospital, "record_by_signer");
    not_started(&hospital, &[], "the database is damaged");
    assert_eq!(rebuild(&hospital)["not_rebuilt"], json!([]));
    let daemon = hospital.start();
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    daemon.stop();
}

fn is_damage(why: &Value) -> bool {
    why["code"] == "database-damaged"
}
