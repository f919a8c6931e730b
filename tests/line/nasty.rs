//! Files made to hurt, all in one burst among good scans: each ends in a finding that says what and where, every good scan is
//! filed, and nobody needs more memory than they may.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use torikomi::document::DocumentState;
use torikomi::ids::Digest;
use torikomi::judgement::{Judgement, Outcome};

use crate::account::{all_deliveries, document_of, filed, the_journal_is_whole, wait_for};
use crate::burst::{deliver, put, sample};
use crate::files::{broken, dicom, memory_bombs, odd, refused};
use crate::hospital::{Daemon, Hospital, Settings};
use crate::proven::proven;

/// What a worker may ask for, as the settings below say, and what of it these files bring it to touch.
const MOST_OF_A_WORKER: u64 = 512 << 20;
const MOST_IN_MEMORY: u64 = 400 << 20;
/// What the daemon may take: none of the bytes of a scan are its own.
const MOST_OF_THE_DAEMON: u64 = 256 << 20;

#[test]
fn whatever_is_made_to_hurt_ends_in_a_finding_and_every_good_scan_is_filed() {
    let mut hospital = Hospital::found();
    hospital.configure(&Settings {
        image: "timeout = \"60s\"\nmost_memory = \"512MiB\"\n",
        station: "patience = \"10s\"\n",
        ..Settings::default()
    });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let memory = Memory::default();
    let done = AtomicBool::new(false);
    let all = nasty();
    let (good, found) = std::thread::scope(|scope| {
        scope.spawn(|| memory.watch(&daemon, &done));
        // A test that fails must not leave the watch running.
        let ended = Ended(&done);
        let mut good = Vec::new();
        for (number, (_, bytes)) in all.iter().enumerate() {
            if number % 8 == 0 {
                good.extend(deliver(&hospital, &format!("good-{number}")));
            }
            send(&hospital, number, bytes);
        }
        let found: BTreeMap<&str, String> =
            (0..).zip(&all).map(|(number, (what, _))| (what.as_str(), finding(&hospital, &name(number)))).collect();
        for names in &good {
            filed(&hospital, names.keys().next().unwrap());
        }
        drop(ended);
        (good, found)
    });

    let told: Vec<String> = found.iter().map(|(what, found)| format!("{what}: {found}")).collect();
    insta::assert_snapshot!("findings", told.join("\n"));
    for names in good.iter().step_by(4) {
        proven(&hospital, &filed(&hospital, names.keys().next().unwrap()));
    }
    memory.judge();
    // What never became a document stands where it was delivered, to the byte.
    for (number, (what, bytes)) in all.iter().enumerate() {
        let name = name(number);
        if document_of(&hospital, &name).is_none() {
            let kept = std::fs::read(hospital.drop().join(&name)).unwrap_or_else(|error| panic!("{what}: {error}"));
            assert_eq!(Digest::of(&kept), Digest::of(bytes), "{what}");
        }
    }
    daemon.stop();
    the_journal_is_whole(&hospital);
}

/// All of them, named.
fn nasty() -> Vec<(String, Vec<u8>)> {
    let named = |(what, bytes): (&str, Vec<u8>)| (what.to_owned(), bytes);
    let jpeg = sample("consent.jpg");
    let half = jpeg.len() / 2;
    let cut = [
        ("JPEG that breaks off", jpeg[..half].to_vec()),
        ("JPEG with a tail of zeros", [&jpeg[..half], &vec![0; jpeg.len() - half]].concat()),
        ("JPEG without its end", jpeg[..jpeg.len() - 2].to_vec()),
    ];
    let refused = refused().into_iter().map(|(what, bytes, _)| (what, bytes));
    refused.chain(broken()).chain(odd()).chain(memory_bombs()).chain(dicom()).chain(cut).map(named).collect()
}

fn name(number: usize) -> String {
    format!("nasty-{number:02}.bin")
}

/// With a sidecar that leaves nothing about it open.
fn send(hospital: &Hospital, number: usize, bytes: &[u8]) {
    let sidecar = format!(
        r#"{{"format":"torikomi-sidecar-v1","patient_id":"9990001","document_type":"consent-demo",
           "obtained_on":"{}","paper":"A4","expected_pages":1}}"#,
        hospital.today().0
    );
    put(&hospital.drop(), &format!("nasty-{number:02}.json"), sidecar.as_bytes());
    put(&hospital.drop(), &name(number), bytes);
}

/// What was found of a file, and where; waits until something was.
fn finding(hospital: &Hospital, name: &str) -> String {
    wait_for(hospital, &format!("the finding of {name}"), || {
        let delivery = all_deliveries(hospital).into_iter().find(|delivery| delivery.source_display == name)?;
        if let Some(problem) = &delivery.problem {
            let mut problem: serde_json::Value = serde_json::from_str(problem).unwrap();
            // Where in a file that was made by a packer is the packer's business.
            problem.as_object_mut().unwrap().remove("at_byte");
            return Some(problem.to_string());
        }
        let document = document_of(hospital, name)?;
        assert_ne!(document.state, DocumentState::Filed, "{name} was filed");
        document.held.is_some().then_some(())?;
        Some(document.judgement.as_ref().map_or_else(|| format!("held: {:?}", document.held), findings))
    })
}

/// Each check that objected, with the first page it objected to, and to how many.
fn findings(judgement: &Judgement) -> String {
    let mut told: Vec<(&str, Option<u32>, usize)> = Vec::new();
    for finding in &judgement.findings {
        if matches!(finding.outcome, Outcome::Passed | Outcome::NotApplicable) {
            continue;
        }
        match told.iter_mut().find(|(check, ..)| *check == finding.check) {
            Some((.., pages)) => *pages += 1,
            None => told.push((&finding.check, finding.page, 1)),
        }
    }
    let told = told.into_iter().map(|(check, page, pages)| match (page, pages) {
        (None, _) => check.to_owned(),
        (Some(page), 1) => format!("{check} on page {page}"),
        (Some(page), pages) => format!("{check} on {pages} pages from {page} on"),
    });
    told.collect::<Vec<_>>().join(", ")
}

/// Sets the flag however its owner ends.
struct Ended<'a>(&'a AtomicBool);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The most that was seen.
#[derive(Default)]
struct Memory {
    daemon: AtomicU64,
    worker: AtomicU64,
    /// How often one was seen that may ask for no more than the settings say.
    capped: AtomicU64,
    looks: AtomicU64,
}

impl Memory {
    fn watch(&self, daemon: &Daemon, done: &AtomicBool) {
        while !done.load(Ordering::SeqCst) {
            self.daemon.fetch_max(resident(daemon.id()), Ordering::SeqCst);
            for worker in daemon.workers() {
                self.worker.fetch_max(resident(worker.unsigned_abs()), Ordering::SeqCst);
                self.looks.fetch_add(1, Ordering::SeqCst);
                self.capped.fetch_add(u64::from(address_space(worker) == Some(MOST_OF_A_WORKER)), Ordering::SeqCst);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    fn judge(&self) {
        let [daemon, worker, looks, capped] =
            [&self.daemon, &self.worker, &self.looks, &self.capped].map(|seen| seen.load(Ordering::SeqCst));
        eprintln!("daemon {} MiB, a worker {} MiB, {looks} looks, {capped} capped", daemon >> 20, worker >> 20);
        assert!(looks > 50, "workers were looked at {looks} times");
        // Its first moments are its own.
        assert!(capped > looks / 2, "of {looks} looks {capped} met a worker that is held to its limit");
        assert!(daemon > 0 && daemon < MOST_OF_THE_DAEMON, "the daemon took {daemon} bytes");
        assert!(worker > 0 && worker < MOST_IN_MEMORY, "a worker took {worker} bytes");
    }
}

/// The most that a process may ask for; of one that has just begun there is no limit yet.
fn address_space(pid: i32) -> Option<u64> {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max address space"))?;
    line.split_whitespace().next()?.parse().ok()
}

/// What lies in memory, shared or not; nothing of a process that has ended. Its proportional share is never more, and only its
/// owner may ask for that.
fn resident(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").parse::<u64>().unwrap_or_default() << 10
}
