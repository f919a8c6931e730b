//! Two copies of one home: whichever comes second is told by what both share, and does nothing.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use torikomi::ledger::claims::{Known, known};

use crate::account::names;
use crate::backup::{Medium, back_up};
use crate::burst::{consent, put};
use crate::hospital::{Hospital, PATIENCE, Settings};
use crate::mounts::Mount;
use crate::program::torikomi;

/// A line that came up, or what it said instead.
enum Started {
    Up(std::process::Child),
    Refused(String),
}

fn start(root: &Path) -> Started {
    let mut daemon = Command::new(env!("CARGO_BIN_EXE_torikomi"))
        .args(["serve", "--lang", "en", "--home"])
        .arg(root)
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        if daemon.try_wait().unwrap().is_some() {
            let said = daemon.wait_with_output().unwrap();
            assert_eq!(said.status.code(), Some(3), "{said:?}");
            return Started::Refused(String::from_utf8_lossy(&said.stderr).into_owned());
        }
        if torikomi(Some(root), &["status"]).status == 0 {
            return Started::Up(daemon);
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    daemon.kill().unwrap();
    daemon.wait().unwrap();
    panic!("it neither came up nor ended");
}

pub fn up(root: &Path) -> std::process::Child {
    match start(root) {
        Started::Up(daemon) => daemon,
        Started::Refused(said) => panic!("{said}"),
    }
}

pub fn refused(root: &Path, why: &str) {
    let said = refused_with(root, why);
    assert!(said.contains("Nothing was done"), "{said}");
}

pub fn refused_with(root: &Path, why: &str) -> String {
    match start(root) {
        Started::Up(mut daemon) => {
            daemon.kill().unwrap();
            panic!("it came up");
        }
        Started::Refused(said) => {
            assert!(said.contains(why), "{said}");
            said
        }
    }
}

pub fn stop(mut daemon: std::process::Child) {
    let pid = rustix::process::Pid::from_child(&daemon);
    rustix::process::kill_process(pid, rustix::process::Signal::TERM).unwrap();
    assert!(daemon.wait().unwrap().success());
}

fn run(command: &mut Command) {
    assert!(command.status().unwrap().success(), "{command:?}");
}

/// A hospital whose scanners write to a share.
fn with_a_share(place: &Path) -> (Hospital, PathBuf) {
    let mut hospital = Hospital::found();
    let share = place.join("share");
    run(Command::new("mv").arg(hospital.drop()).arg(&share));
    let station = format!("path = \"{}\"\n", share.display()).leak();
    hospital.configure(&Settings { station, ..Settings::default() });
    (hospital, share)
}

/// The hospital's home as a backup of it brings it back elsewhere.
fn restored(hospital: &Hospital, place: &Path) -> PathBuf {
    let medium = Medium::of(hospital);
    back_up(hospital, &medium, &["--new"]);
    let restored = place.join("restored");
    let (from, key) = (medium.shown(), medium.key());
    let ran = torikomi(Some(&restored), &["store", "restore", "--from", &from, "--identity", &key]);
    assert_eq!(ran.status, 0, "{}{}", ran.out, ran.err);
    restored
}

#[test]
fn a_copy_of_a_home_and_one_that_was_restored_elsewhere_are_told_apart() {
    let place = tempfile::tempdir().unwrap();
    let (hospital, share) = with_a_share(place.path());
    let home = hospital.root();

    let first = up(&home);
    let copy = place.path().join("copy");
    run(Command::new("cp").arg("-a").arg(&home).arg(&copy));
    refused(&copy, "A copy of this home works with");
    stop(first);
    // Now nobody could say that it is not the same.
    std::fs::remove_dir_all(&copy).unwrap();
    run(Command::new("cp").arg("-a").arg(&home).arg(&copy));
    stop(up(&copy));
    refused(&home, "Another copy of this home has worked with");
    stop(up(&copy));
    // By a person's word this is the right one.
    std::fs::remove_file(share.join(".torikomi-claim")).unwrap();
    stop(up(&home));
    refused(&copy, "Another copy of this home has worked with");
    // Nor by another way to the same folder.
    let alias = place.path().join("alias");
    std::os::unix::fs::symlink(&share, &alias).unwrap();
    let settings = copy.join("torikomi.toml");
    let text = std::fs::read_to_string(&settings).unwrap();
    std::fs::write(&settings, text.replace(&share.display().to_string(), &alias.display().to_string())).unwrap();
    refused(&copy, "Another copy of this home has worked with");

    // What somebody put there in its place is not written through.
    let (claim, prey) = (share.join(".torikomi-claim"), place.path().join("prey"));
    let kept = std::fs::read(&claim).unwrap();
    std::fs::write(&prey, "nobody's").unwrap();
    let plants: [fn(&Path, &Path) -> std::io::Result<()>; 2] =
        [|prey, claim| std::os::unix::fs::symlink(prey, claim), |prey, claim| std::fs::hard_link(prey, claim)];
    for plant in plants {
        std::fs::remove_file(&claim).unwrap();
        plant(&prey, &claim).unwrap();
        stop(up(&home));
        assert_eq!(std::fs::read_to_string(&prey).unwrap(), "nobody's");
    }
    std::fs::remove_file(&claim).unwrap();
    std::fs::write(&claim, kept).unwrap();

    let restored = restored(&hospital, place.path());
    let later = up(&restored);
    refused(&home, "A copy of this home works with");
    stop(later);
    refused(&home, "goes on elsewhere, in epoch 2; this one is of epoch 1");
    stop(up(&restored));

    // The share is mounted only after the line of before has come up.
    let away = place.path().join("away");
    std::fs::rename(&share, &away).unwrap();
    let before = up(&home);
    std::fs::rename(&away, &share).unwrap();
    let noticed = || torikomi(Some(&home), &["status", "--json"]).out.contains("epoch 2").then_some(());
    crate::wait_for(noticed).expect("what was away is not looked at");
    stop(before);
    stop(up(&restored));
}

/// Nothing can be written there, and what was written before tells all the same.
#[test]
fn a_share_that_is_mounted_read_only_tells_a_superseded_home_too() {
    let place = tempfile::tempdir().unwrap();
    let (mut hospital, share) = with_a_share(place.path());
    stop(up(&restored(&hospital, place.path())));
    let mount = Mount::read_only(&share);
    let station = format!("path = \"{}\"\n", mount.path.display()).leak();
    hospital.configure(&Settings { station, ..Settings::default() });
    refused(&hospital.root(), "goes on elsewhere, in epoch 2; this one is of epoch 1");
}

/// Whoever looks after the claims from time to time may be late, and the share is back before that.
#[test]
fn a_station_asks_whose_a_share_is_before_it_takes_what_lies_there() {
    let place = tempfile::tempdir().unwrap();
    let (hospital, share) = with_a_share(place.path());
    let home = hospital.root();
    let restored = restored(&hospital, place.path());
    stop(up(&restored));

    let away = place.path().join("away");
    std::fs::rename(&share, &away).unwrap();
    let before = up(&home);
    // The thread that asks from time to time reads the calendar first, and waits there.
    let (calendar, kept, pipe) = (home.join("calendar.toml"), place.path().join("kept"), place.path().join("pipe"));
    run(Command::new("mkfifo").arg(&pipe));
    std::fs::rename(&calendar, &kept).unwrap();
    std::os::unix::fs::symlink(&pipe, &calendar).unwrap();
    std::thread::sleep(Duration::from_secs(5));
    let scan = consent(&hospital, "one");
    for (name, bytes) in &scan {
        put(&away, name, bytes);
    }
    let is_there = || scan.iter().filter(|(name, _)| share.join(name).exists()).count();
    std::fs::rename(&away, &share).unwrap();
    let noticed = || torikomi(Some(&home), &["status", "--json"]).out.contains("epoch 2").then_some(());
    let noticed = crate::wait_for(noticed);
    let stays = is_there();
    let taken: Vec<_> = names(&hospital.custody()).into_iter().filter(|name| name.contains(".001")).collect();
    std::fs::rename(&kept, &calendar).unwrap();
    drop(std::fs::File::options().write(true).open(&pipe).unwrap());
    noticed.expect("the station does not ask whose its folder is");
    assert!(stays == 2 && taken.is_empty(), "{stays} {taken:?}");
    stop(before);

    let later = up(&restored);
    crate::wait_for(|| (is_there() == 0).then_some(())).expect("whose it is takes it in");
    stop(later);
}

/// A share that takes a file and no bytes: each try is written to the database first, and wakes everybody.
#[test]
fn a_claim_that_cannot_be_written_is_not_tried_without_end() {
    let disk = Mount::of_size(1 << 20);
    let (hospital, share) = with_a_share(&disk.path);
    let _ = std::fs::write(disk.path.join("ballast"), vec![0; 2 << 20]);
    let claim = share.join(".torikomi-claim");
    let tried = || hospital.database.read(async |tx| known(tx, &claim).await).unwrap();
    let line = up(&hospital.root());
    let first = crate::wait_for(|| tried().filter(|known| known.next.is_some())).expect("it is not tried");
    assert_eq!(std::fs::read(&claim).unwrap(), b"");
    std::thread::sleep(Duration::from_secs(12));
    assert_eq!(tried(), Some(first));
    std::fs::remove_file(disk.path.join("ballast")).unwrap();
    stop(line);
    // The next process does not wait.
    stop(up(&hospital.root()));
    assert!(matches!(tried(), Some(Known { now: Some(_), next: None })), "{:?}", tried());
}
