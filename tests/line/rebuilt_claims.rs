//! A database that was made anew knows of no claim: what it finds in the drop folders at first is its own, whenever that is.

use std::fs;
use std::process::Command;

use serde_json::json;
use torikomi::control::Request;
use torikomi::database::{Address, Database};
use torikomi::ids::Name;
use torikomi::ledger::stations;

use crate::account::wait_for;
use crate::hospital::{Hospital, PATIENCE, Settings};
use crate::store_check::rebuild;

#[test]
fn a_share_that_was_away_when_a_rebuilt_home_started_is_its_own_when_it_comes_back() {
    let mut hospital = Hospital::found();
    let place = tempfile::tempdir().unwrap();
    let (near, far) = (place.path().join("near"), place.path().join("far"));
    assert!(Command::new("mv").arg(hospital.drop()).arg(&near).status().unwrap().success());
    fs::create_dir(&far).unwrap();
    let station = format!("path = \"{}\"\n", near.display());
    hospital.configure(&Settings { station: station.leak(), ..Settings::default() });
    let settings = hospital.home.layout().settings();
    let second = format!("\n[station.er]\nprofiles = [\"consent-demo\"]\npath = \"{}\"\n", far.display());
    fs::write(&settings, fs::read_to_string(&settings).unwrap() + &second).unwrap();

    let claim = far.join(".torikomi-claim");
    let daemon = hospital.start();
    wait_for(&hospital, "the claim", || fs::read(&claim).ok().filter(|bytes| !bytes.is_empty()));
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    daemon.stop();
    let before = fs::read(&claim).unwrap();
    assert_eq!(rebuild(&hospital)["not_rebuilt"], json!([]));
    // Nor is either of them one that was never used: an empty mount point would be marked as its folder.
    let made = Address::at_home(hospital.home.layout(), &hospital.config).unwrap();
    let made = Database::open_read_only(&made, hospital.runtime.handle()).unwrap();
    for station in ["front-desk", "er"] {
        let station: Name = station.parse().unwrap();
        assert!(made.read(async |tx| stations::is_established(tx, &station).await).unwrap(), "{station}");
    }
    made.close();

    let away = place.path().join("away");
    fs::rename(&far, &away).unwrap();
    let daemon = hospital.start();
    hospital.ask(&Request::Status, PATIENCE).unwrap();
    assert_eq!(fs::read(away.join(".torikomi-claim")).unwrap(), before);
    fs::rename(&away, &far).unwrap();
    wait_for(&hospital, "the share to be claimed again", || {
        fs::read(&claim).ok().filter(|bytes| !bytes.is_empty() && *bytes != before)
    });
    assert_eq!(hospital.ask(&Request::Status, PATIENCE).unwrap()["paused"], json!([]));
    daemon.stop();
}
