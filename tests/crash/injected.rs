//! Disks that fail now and then: the kernel is made to answer so, at the calls on which everything rests.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::account::{settle, standing, wait_for};
use crate::burst::deliver;
use crate::hospital::{Hospital, PATIENCE};

/// Everything that was delivered is accounted for so often.
const ACCOUNT_EVERY: u64 = 20;

/// The calls of the line that write, make durable or name something.
const CALLS: [&str; 13] = [
    "write",
    "writev",
    "pwrite64",
    "copy_file_range",
    "fsync",
    "fdatasync",
    "renameat2",
    "rename",
    "linkat",
    "unlinkat",
    "unlink",
    "mkdir",
    "openat",
];

const ERRORS: [&str; 3] = ["EIO", "ENOSPC", "EDQUOT"];

/// How many calls of one thread lie between two that fail, at most: a document takes some dozens of each.
const STEPS: std::ops::Range<u32> = 2..40;

/// `TORIKOMI_FAULTS=1000` goes on for longer, and `TORIKOMI_SEED` draws the same faults again.
const USUAL: u64 = 10;

#[test]
fn a_disk_that_fails_now_and_then_loses_nothing() {
    let given = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = given("TORIKOMI_SEED").unwrap_or_else(|| fastrand::u64(..));
    println!("TORIKOMI_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let hospital = Hospital::found();
    let folder = tempfile::tempdir().unwrap();
    let mut sent = Vec::new();
    let mut failed = 0;
    for turn in 1..=given("TORIKOMI_FAULTS").unwrap_or(USUAL) {
        let (call, error) = (CALLS[random.usize(..CALLS.len())], ERRORS[random.usize(..ERRORS.len())]);
        let step = random.u32(STEPS);
        let when = format!("{}+{step}", random.u32(1..=step));
        println!("{turn}: {call} fails with {error}, {when}");
        let mut daemon = hospital.start();
        // Where a worker was being started when the daemon was killed, its socket outlives it for a moment.
        hospital.try_to_open_session(PATIENCE);
        let log = folder.path().join(format!("{turn}-{call}"));
        inject(&hospital, daemon.id(), call, error, &when, &log);
        sent.extend(deliver(&hospital, &format!("d{turn}")));
        // What the daemon makes of it: it goes on, or waits and says so.
        std::thread::sleep(Duration::from_secs(3));
        match daemon.has_ended() {
            None => daemon.kill(),
            // What wakes a thread is a `write` too, and no disk makes that one fail.
            Some(status) => assert_eq!(call, "write", "{status}: {}", standing(&hospital)),
        }
        failed += std::fs::read_to_string(&log).unwrap().matches("(INJECTED)").count();
        if turn % ACCOUNT_EVERY == 0 {
            settle(&hospital, &sent);
        }
    }
    println!("{failed} calls failed");
    assert!(failed > 0, "no call failed");
    settle(&hospital, &sent);
}

/// From now on each thread's calls fail: `first+step` counts them. Ends with the process.
fn inject(hospital: &Hospital, process: u32, call: &str, error: &str, when: &str, log: &Path) {
    // What it says goes into a file, because a pipe that nobody reads any more would end it.
    let said = log.with_extension("said");
    let mut strace = Command::new("strace")
        .args(["-f", "-p", &process.to_string(), "-e", &format!("trace={call}")])
        .args(["-e", &format!("inject={call}:error={error}:when={when}"), "-o"])
        .arg(log)
        .stderr(std::fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let attached = || std::fs::read_to_string(&said).unwrap().contains("attached with").then_some(());
    wait_for(hospital, "strace", attached);
    std::thread::spawn(move || strace.wait());
}
