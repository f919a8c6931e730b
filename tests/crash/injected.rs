//! Disks that fail: the kernel is made to answer so, at the calls on which everything rests. First each of these is counted
//! while a burst is filed; then one after another fails, spread over all of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::thread::JoinHandle;
use std::time::{Duration, Instant as Moment};

use torikomi::store::records;

use crate::account::{settle, standing, wait_for};
use crate::burst::{Sent, deliver};
use crate::hospital::{Hospital, PATIENCE};

/// Everything that was delivered is accounted for so often.
const ACCOUNT_EVERY: usize = 20;

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

/// So many of the calls fail in each run of the suite, each of them once, others in each. `TORIKOMI_FAULTS=500` lets more of them fail, `all` every
/// one, and `TORIKOMI_SEED` draws the same again.
const USUAL: usize = CALLS.len();

/// How long a call that is to fail is waited for: where threads share the work in another way, it may never come.
const LONGEST: Duration = Duration::from_secs(8);

/// What the daemon makes of it: it goes on, or waits and says so.
const AFTERWARDS: Duration = Duration::from_millis(700);

/// The `number`th that a thread makes of a call.
#[derive(Clone, Copy, Debug)]
struct Place {
    call: &'static str,
    number: usize,
}

#[test]
fn whichever_call_fails_nothing_is_lost() {
    let given = |name: &str| std::env::var(name).ok();
    let seed = given("TORIKOMI_SEED").map_or_else(|| fastrand::u64(..), |text| text.parse().unwrap());
    println!("TORIKOMI_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let hospital = Hospital::found();
    let folder = tempfile::tempdir().unwrap();
    let (mut sent, places) = counted(&hospital, folder.path());
    let all: Vec<Place> =
        places.iter().flat_map(|(call, most)| (1..=*most).map(|number| Place { call, number })).collect();
    let chosen: Vec<Place> = match given("TORIKOMI_FAULTS").as_deref() {
        Some("all") => all.clone(),
        // Each call in its turn, so that the few are not lost among the many.
        number => (0..number.map_or(USUAL, |number| number.parse().unwrap()))
            .map(|turn| places[turn % places.len()])
            .map(|(call, most)| Place { call, number: random.usize(1..=most) })
            .collect(),
    };
    let (faults, turned) = (chosen.len(), random.usize(..ERRORS.len()));
    println!("{faults} of {} places fail", all.len());
    let mut failed = 0;
    let mut settled = 0;
    for (turn, place) in chosen.into_iter().enumerate() {
        let error = ERRORS[(turn + turned) % ERRORS.len()];
        println!("{turn}: {place:?} fails with {error}");
        let mut daemon = hospital.start();
        // Where a worker was being started when the daemon was killed, its socket outlives it for a moment.
        hospital.try_to_open_session(PATIENCE);
        let log = folder.path().join(format!("{turn}-{}", place.call));
        let inject = format!("inject={}:error={error}:when={}", place.call, place.number);
        let watcher = watch(&hospital, daemon.id(), &[place.call], Some(&inject), &log);
        sent.extend(deliver(&hospital, &format!("d{turn}")));
        let begun = Moment::now();
        let injected = || std::fs::read_to_string(&log).unwrap().matches("(INJECTED)").count();
        while injected() == 0 && begun.elapsed() < LONGEST && records(&hospital) < sent.len() {
            std::thread::sleep(Duration::from_millis(50));
        }
        std::thread::sleep(AFTERWARDS);
        match daemon.has_ended() {
            None => daemon.kill(),
            // What wakes a thread is a `write` too, and no disk makes that one fail.
            Some(status) => assert_eq!(place.call, "write", "{status}: {}", standing(&hospital)),
        }
        // It ends with the last process: a worker that was just being started holds the home's lock until it is one.
        watcher.join().unwrap();
        failed += usize::from(injected() > 0);
        if (turn + 1) % ACCOUNT_EVERY == 0 {
            settle(&hospital, &sent);
            settled = sent.len();
        }
    }
    println!("at {failed} of {faults} places a call failed");
    assert!(failed * 2 > faults, "at most places no call failed");
    if settled < sent.len() {
        settle(&hospital, &sent);
    }
}

/// Delivers once, and counts how often a thread makes each call until all of it is filed: at each of these it can fail.
fn counted(hospital: &Hospital, folder: &Path) -> (Vec<Sent>, Vec<(&'static str, usize)>) {
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let log = folder.join("counted");
    let watcher = watch(hospital, daemon.id(), &CALLS, None, &log);
    let sent = deliver(hospital, "counted");
    let names: Vec<&String> = sent.iter().flat_map(BTreeMap::keys).collect();
    wait_for(hospital, "the burst", || {
        let left = names.iter().any(|name| hospital.drop().join(name).exists());
        (!left && records(hospital) == sent.len()).then_some(())
    });
    daemon.kill();
    watcher.join().unwrap();
    let said = std::fs::read_to_string(&log).unwrap();
    let mut of_thread: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    // What was begun and not ended at once stands on two lines, and only the first has the call before a bracket.
    for (thread, call) in said.lines().filter_map(|line| line.split_once(' ')) {
        let Some((call, _)) = call.trim_start().split_once('(') else { continue };
        *of_thread.entry((call, thread)).or_default() += 1;
    }
    let most = |call: &str| of_thread.iter().filter(|((of, _), _)| *of == call).map(|(_, times)| *times).max();
    let places = CALLS.into_iter().filter_map(|call| Some((call, most(call)?))).collect();
    (sent, places)
}

fn records(hospital: &Hospital) -> usize {
    let filed = hospital.database.read(async |tx| records::count(tx).await).unwrap();
    usize::try_from(filed).unwrap()
}

/// From now on what its threads call is written into `log`, and each thread's own calls are counted. Ends with the process.
fn watch(hospital: &Hospital, process: u32, calls: &[&str], inject: Option<&str>, log: &Path) -> JoinHandle<()> {
    // What it says goes into a file, because a pipe that nobody reads any more would end it.
    let said = log.with_extension("said");
    let mut strace = Command::new("strace")
        .args(["-f", "-p", &process.to_string(), "-e", &format!("trace={}", calls.join(","))])
        .args(inject.into_iter().flat_map(|inject| ["-e", inject]))
        .arg("-o")
        .arg(log)
        .stderr(std::fs::File::create(&said).unwrap())
        .spawn()
        .unwrap();
    let attached = || std::fs::read_to_string(&said).unwrap().contains("attached with").then_some(());
    wait_for(hospital, "strace", attached);
    std::thread::spawn(move || drop(strace.wait()))
}
