//! How a drop folder is watched: by events, or by looking into it again and again; and what becomes of events that are lost.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use torikomi::control::Request;
use torikomi::ids::Digest;
use torikomi::intake::drop;
use torikomi::intake::release::RELEASE;

use crate::account::{every_file_has_one_delivery, filed, the_journal_is_whole, wait_for};
use crate::burst::{Sent, consent, deliver_consent, put};
use crate::hospital::{Daemon, Hospital, PATIENCE, Settings};

/// With it, whatever is filed within the patience of a test was seen by an event.
const NO_SWEEP: &str = "sweep = \"10min\"\n";

#[test]
fn a_folder_is_polled_where_the_settings_say_so_or_the_system_gives_no_events() {
    let mut hospital = Hospital::found();
    hospital.configure(&Settings { station: "watch = \"poll\"\n", ..Settings::default() });
    let daemon = started(&hospital, &[], "polling");
    assert_eq!(watches(&daemon), 0);
    let asked_for = put_consent(&hospital, "asked-for", &hospital.drop());
    daemon.stop();

    // Its limits are used up: by other programs, or by too many stations. Here it is that of a namespace of its own.
    hospital.configure(&Settings::default());
    let without = "echo 0 > /proc/sys/user/max_inotify_instances && exec \"$0\" \"$@\"";
    let daemon = started(&hospital, &["unshare", "--user", "--map-root-user", "sh", "-c", without], "polling");
    assert_eq!(watches(&daemon), 0);
    let refused = put_consent(&hospital, "refused", &hospital.drop());
    daemon.stop();
    every_file_has_one_delivery(&hospital, &[asked_for, refused]);
    the_journal_is_whole(&hospital);
}

/// What other machines write there gives no event, and a hospital need not know that.
#[test]
fn a_file_system_that_others_write_to_is_polled_by_itself_and_watched_where_the_settings_say_so() {
    let mut hospital = Hospital::found();
    let (drop, beneath) = (hospital.drop(), hospital.root().join("beneath"));
    fs::rename(&drop, &beneath).unwrap();
    fs::create_dir(&drop).unwrap();
    let _mounted = Fuse::over(&beneath, &drop);

    let daemon = started(&hospital, &[], "polling");
    assert_eq!(watches(&daemon), 0);
    let from_elsewhere = put_consent(&hospital, "elsewhere", &beneath);
    daemon.stop();

    hospital.configure(&Settings {
        station: concat!("watch = \"events\"\n", "sweep = \"10min\"\n"),
        ..Settings::default()
    });
    let daemon = started(&hospital, &[], "events");
    assert_eq!(watches(&daemon), 1);
    let from_here = put_consent(&hospital, "here", &drop);
    daemon.stop();
    every_file_has_one_delivery(&hospital, &[from_elsewhere, from_here]);
    the_journal_is_whole(&hospital);
}

/// The kernel keeps so many events and throws away the rest. That it did is the one event that cannot be lost.
#[test]
fn what_came_while_events_overflowed_is_found() {
    let mut hospital = Hospital::found();
    hospital.configure(&Settings { station: NO_SWEEP, ..Settings::default() });
    let daemon = started(&hospital, &[], "events");
    // The first sweep, and whatever follows a start, is over: what would find the scan later is an event alone.
    std::thread::sleep(Duration::from_secs(2));
    let process = Pid::from_raw(i32::try_from(daemon.id()).unwrap()).unwrap();
    kill_process(process, Signal::STOP).unwrap();
    // Events that ask for no sweep: somebody opens our own files. Two in turn, for equal ones that follow each other are one.
    let kept: u32 = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap().trim().parse().unwrap();
    let own = [drop::MARKER, RELEASE].map(|name| hospital.drop().join(name));
    for file in own.iter().cycle().take(usize::try_from(kept).unwrap() + 2) {
        fs::File::open(file).unwrap();
    }
    let sent = deliver_consent(&hospital, "overflowed");
    kill_process(process, Signal::CONT).unwrap();
    filed(&hospital, sent.first_key_value().unwrap().0);
    daemon.stop();
    every_file_has_one_delivery(&hospital, &[sent]);
    the_journal_is_whole(&hospital);
}

/// Starts the daemon, with a session, and waits until it says that it watches so.
fn started(hospital: &Hospital, watcher: &[&str], how: &str) -> Daemon {
    let daemon = hospital.start_under(watcher);
    hospital.open_session().unwrap();
    wait_for(hospital, how, || (watching(hospital) == how).then_some(()));
    daemon
}

fn watching(hospital: &Hospital) -> String {
    let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
    status["stations"][0]["watching"].as_str().unwrap().to_owned()
}

/// How many folders or files the kernel tells a process of.
fn watches(daemon: &Daemon) -> usize {
    let open = fs::read_dir(format!("/proc/{}/fdinfo", daemon.id())).unwrap();
    // One that was closed meanwhile says nothing.
    let said = open.map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap_or_default());
    said.map(|text| text.lines().filter(|line| line.starts_with("inotify wd:")).count()).sum()
}

/// Puts a scan and its sidecar into `folder`, and waits until it is filed.
fn put_consent(hospital: &Hospital, prefix: &str, folder: &Path) -> Sent {
    let [(sidecar, text), (scan, bytes)] = consent(hospital, prefix);
    put(folder, &sidecar, &text);
    put(folder, &scan, &bytes);
    filed(hospital, &scan);
    [(scan, Digest::of(&bytes))].into()
}

/// One folder seen through another by a program: what is written beneath gives no event above. Ends with the test.
struct Fuse {
    path: PathBuf,
}

impl Fuse {
    fn over(beneath: &Path, path: &Path) -> Self {
        let status = Command::new("bindfs").args([beneath, path]).status();
        let status = status.expect("this test needs bindfs; scripts/test --prepare installs it");
        assert!(status.success(), "this test must run as root with the right to mount");
        Self { path: path.to_owned() }
    }
}

impl Drop for Fuse {
    fn drop(&mut self) {
        let status = Command::new("umount").arg("-l").arg(&self.path).status();
        assert!(status.is_ok_and(|status| status.success()), "{} stays mounted", self.path.display());
    }
}
