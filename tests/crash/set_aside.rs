//! What was set aside just before a crash, whose entry had not been written yet.

use std::fs;

use serde_json::json;
use torikomi::ids::AttemptId;
use torikomi::journal::{Kind, read};
use torikomi::signing::adoption::QUARANTINE;

use crate::account::{quarantine, the_journal_is_whole};
use crate::hospital::{Hospital, PATIENCE};

#[test]
fn what_lies_in_the_quarantine_and_no_entry_names_is_entered_at_the_next_start() {
    let hospital = Hospital::found();
    let (attempt, name) = (AttemptId::new(), format!("attempt-{}", AttemptId::new()));
    // As it is between the two steps.
    let folder = hospital.custody().join(QUARANTINE).join(&name);
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("record.json"), json!({ "attempt": attempt }).to_string()).unwrap();
    let bare = format!("attempt-{}", AttemptId::new());
    fs::create_dir_all(hospital.custody().join(QUARANTINE).join(&bare)).unwrap();
    // What somebody else put there is for a person.
    fs::write(hospital.custody().join(QUARANTINE).join("note.txt"), b"?").unwrap();
    for _ in 0..2 {
        let daemon = hospital.start();
        hospital.ask(&torikomi::control::Request::Status, PATIENCE).unwrap();
        daemon.stop();
    }
    let stored = hospital.database.read(async |tx| read::of_kind(tx, Kind::AttemptQuarantined).await).unwrap();
    let entries = stored.iter().map(|stored| stored.entry().unwrap());
    let mut told: Vec<_> = entries.map(|entry| serde_json::Value::Object(entry.facts)).collect();
    told.sort_by_key(|facts| facts["attempt"].is_null());
    let expected = [
        json!({ "attempt": attempt, "quarantined_as": name, "reason": "entry-lost" }),
        json!({ "attempt": null, "quarantined_as": bare, "reason": "entry-lost" }),
    ];
    assert_eq!(told, expected);
    assert_eq!(quarantine(&hospital).len(), 3);
    the_journal_is_whole(&hospital);
}
