//! Disks that fail now and then: the kernel is made to answer so, at the calls on which everything rests.

use std::path::Path;
use std::process::Command;
use std::time::Duration;

use crate::account::{settle, wait_for};
use crate::burst::deliver;
use crate::hospital::Hospital;

#[test]
fn a_disk_that_fails_now_and_then_loses_nothing() {
    let hospital = Hospital::found();
    let folder = tempfile::tempdir().unwrap();
    let mut sent = Vec::new();
    let faults = [
        ("fsync", "EIO", "2+3"),
        ("fdatasync", "ENOSPC", "1+2"),
        ("pwrite64", "EIO", "9+23"),
        ("pwrite64", "ENOSPC", "30+40"),
        ("renameat2", "EDQUOT", "1+2"),
        ("linkat", "EIO", "2+2"),
        ("unlinkat", "EIO", "1+2"),
        ("unlink", "ENOSPC", "1+2"),
        ("mkdir", "EDQUOT", "1+2"),
        ("openat", "EMFILE", "20+15"),
    ];
    for (turn, (call, error, when)) in faults.into_iter().enumerate() {
        let daemon = hospital.start();
        hospital.open_session().unwrap();
        let log = folder.path().join(format!("{turn}-{call}"));
        inject(&hospital, daemon.id(), call, error, when, &log);
        sent.extend(deliver(&hospital, &format!("d{turn}")));
        let failed = || std::fs::read_to_string(&log).unwrap_or_default().contains("(INJECTED)").then_some(());
        wait_for(&hospital, &format!("a {call} that fails"), failed);
        // And some more, and what the daemon makes of them.
        std::thread::sleep(Duration::from_secs(2));
        daemon.kill();
    }
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
