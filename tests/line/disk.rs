//! Disks that are full, folders that cannot be written or are gone: the line waits, says why, and goes on by itself.

use std::fs;
use std::process::Command;

use serde_json::Value;
use torikomi::control::Request;
use torikomi::ids::Digest;

use crate::account::{every_file_has_one_delivery, filed, settle, the_journal_is_whole, wait_for};
use crate::burst::{Sent, deliver, deliver_consent};
use crate::hospital::{Hospital, PATIENCE, Settings};
use crate::mounts::{Mount, fill};
use crate::proven::proven;

#[test]
fn a_full_disk_under_the_database_stops_the_line_and_loses_nothing() {
    let mut hospital = Hospital::found();
    let disk = Mount::of_size(24 << 20);
    let store = disk.path.join("store");
    run(Command::new("cp").arg("-a").arg(hospital.home.layout().store(&hospital.config)).arg(&store));
    hospital.configure(&Settings { store: format!("path = \"{}\"\n", store.display()), ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let mut sent = deliver(&hospital, "before");
    all_filed(&hospital, &sent);

    let ballast = disk.path.join(".ballast");
    fill(&ballast);
    let caught: Vec<Sent> = deliver(&hospital, "during");
    let why = wait_for(&hospital, "the trouble in the status", || trouble(&status(&hospital)));
    assert!(why.contains("full") || why.contains("space"), "{why}");
    for (name, digest) in caught.iter().flatten() {
        assert_eq!(Digest::of(&fs::read(hospital.drop().join(name)).unwrap()), *digest, "{name}");
    }
    sent.extend(caught);
    fs::remove_file(&ballast).unwrap();
    all_filed(&hospital, &sent);
    wait_for(&hospital, "the end of the trouble", || trouble(&status(&hospital)).is_none().then_some(()));

    // One that is killed while the disk is full does not come up, and says why; then nothing was taken in.
    fill(&ballast);
    sent.extend(deliver(&hospital, "killed"));
    daemon.kill();
    assert_eq!(hospital.start().ended(), Some(3));
    let log = fs::read_to_string(hospital.log()).unwrap();
    assert!(log.lines().last().unwrap().contains("full"), "{log}");
    fs::remove_file(ballast).unwrap();
    settle(&hospital, &sent);
}

#[test]
fn a_full_disk_under_custody_stops_intake_and_the_status_says_so() {
    let mut hospital = Hospital::found();
    let disk = Mount::of_size(8 << 20);
    let custody = disk.path.join("custody");
    run(Command::new("cp").arg("-a").arg(hospital.custody()).arg(&custody));
    hospital.configure(&Settings { store: format!("custody = \"{}\"\n", custody.display()), ..Settings::default() });
    let ballast = disk.path.join(".ballast");
    fill(&ballast);
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let sent = deliver(&hospital, "full");
    let paused = wait_for(&hospital, "the pause of intake", || {
        let status = status(&hospital);
        status["paused"].as_array().unwrap().iter().find(|paused| paused["stage"] == "intake").cloned()
    });
    assert!(paused["why"]["problem"].as_str().unwrap().contains("space"), "{paused}");
    fs::remove_file(ballast).unwrap();
    all_filed(&hospital, &sent);
    daemon.stop();
    settle(&hospital, &sent);
}

#[test]
fn a_disk_with_room_for_no_further_file_stops_the_line_and_loses_nothing() {
    let mut hospital = Hospital::found();
    let disk = Mount::of_inodes(600);
    let (store, custody) = (disk.path.join("store"), disk.path.join("custody"));
    run(Command::new("cp").arg("-a").arg(hospital.home.layout().store(&hospital.config)).arg(&store));
    run(Command::new("cp").arg("-a").arg(hospital.custody()).arg(&custody));
    let paths = format!("path = \"{}\"\ncustody = \"{}\"\n", store.display(), custody.display());
    hospital.configure(&Settings { store: paths, ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let mut sent = deliver(&hospital, "before");
    all_filed(&hospital, &sent);

    let ballast = disk.path.join(".ballast");
    // Nothing can be taken into custody; then that, but nothing stored.
    for (turn, spare) in [("none", 0), ("few", 14)] {
        fs::create_dir(&ballast).unwrap();
        let files = (0..).map(|number| ballast.join(number.to_string()));
        let files: Vec<_> = files.take_while(|path| fs::File::create(path).is_ok()).collect();
        files.iter().take(spare).for_each(|path| fs::remove_file(path).unwrap());
        let caught = deliver(&hospital, turn);
        let why = wait_for(&hospital, "the trouble in the status", || trouble(&status(&hospital)));
        assert!(why.contains("space"), "{why}");
        sent.extend(caught);
        fs::remove_dir_all(&ballast).unwrap();
        all_filed(&hospital, &sent);
        wait_for(&hospital, "the end of the trouble", || trouble(&status(&hospital)).is_none().then_some(()));
    }
    daemon.stop();
    settle(&hospital, &sent);
}

#[test]
fn a_drop_folder_that_vanishes_and_comes_back_loses_nothing() {
    let hospital = Hospital::found();
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let mut sent = vec![deliver_consent(&hospital, "before")];
    all_filed(&hospital, &sent);
    let away = hospital.root().join("drop/away");
    fs::rename(hospital.drop(), &away).unwrap();
    let station = wait_for(&hospital, "the station's trouble", || {
        let station = status(&hospital)["stations"][0].clone();
        (station["watching"] == "unreachable").then_some(station)
    });
    assert!(station["problem"]["code"].is_string(), "{station}");
    fs::rename(&away, hospital.drop()).unwrap();
    sent.push(deliver_consent(&hospital, "after"));
    all_filed(&hospital, &sent);
    let station = status(&hospital)["stations"][0].clone();
    assert_eq!((&station["watching"], &station["problem"]), (&"events".into(), &Value::Null));
    daemon.stop();
    settle(&hospital, &sent);
}

#[test]
fn what_cannot_be_removed_from_its_drop_folder_is_filed_once() {
    let mut hospital = Hospital::found();
    // The folder was set up while it could be written to.
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    daemon.stop();
    let seen = Mount::read_only(&hospital.drop());
    let station = format!("path = \"{}\"\n", seen.path.display());
    hospital.configure(&Settings { station: station.leak(), ..Settings::default() });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let sent = vec![deliver_consent(&hospital, "kept")];
    all_filed(&hospital, &sent);
    wait_for(&hospital, "the station's trouble", || {
        status(&hospital)["stations"][0]["problem"].as_object().map(|_| ())
    });
    daemon.stop();
    // Neither a sweep nor a restart takes it again.
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    std::thread::sleep(std::time::Duration::from_secs(4));
    daemon.stop();
    every_file_has_one_delivery(&hospital, &sent);
    the_journal_is_whole(&hospital);
    for (name, digest) in sent.iter().flatten() {
        assert_eq!(Digest::of(&fs::read(hospital.drop().join(name)).unwrap()), *digest, "{name}");
    }
}

fn all_filed(hospital: &Hospital, sent: &[Sent]) {
    for names in sent {
        proven(hospital, &filed(hospital, names.keys().next().unwrap()));
    }
}

fn status(hospital: &Hospital) -> Value {
    hospital.ask(&Request::Status, PATIENCE).unwrap()
}

/// What the status says that the line waits for.
fn trouble(status: &Value) -> Option<String> {
    let paused = status["paused"].as_array().unwrap().iter().map(|paused| &paused["why"]);
    let stations = status["stations"].as_array().unwrap().iter().map(|station| &station["problem"]);
    paused.chain(stations).find(|trouble| !trouble.is_null()).map(ToString::to_string)
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}
