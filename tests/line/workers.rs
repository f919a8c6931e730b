//! A worker that dies, hangs or eats memory costs its own document, and nobody else anything.

use torikomi::document::{DeliveryProblem, DeliveryState};
use torikomi::ids::Digest;
use torikomi::ledger::deliveries::{self, Delivery};
use torikomi::measurements::Fault;

use crate::account::{every_file_has_one_delivery_beside, filed, names, the_journal_is_whole, wait_for};
use crate::burst::{deliver, put};
use crate::files::{endless, memory_bombs};
use crate::hospital::{Hospital, Settings};
use crate::proven::proven;

#[test]
fn a_worker_that_dies_costs_one_document_its_finding_and_nobody_else_anything() {
    let mut hospital = Hospital::found();
    hospital.configure(&Settings {
        image: "timeout = \"6s\"\nmost_memory = \"1024MiB\"\n",
        station: "patience = \"20s\"\n",
        ..Settings::default()
    });
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    let (_, eater) = memory_bombs().remove(0);
    let (_, sleeper) = endless().remove(0);
    // The same work for a worker, under bytes of its own.
    let victim = [sleeper.as_slice(), b"\n"].concat();
    let before = deliver(&hospital, "before");
    put(&hospital.drop(), "eats memory.pdf", &eater);
    // One delivery of twelve files that never end: tried out, they would take the line two minutes and a half.
    let (many, put_together) = (hospital.drop().join("never ends"), hospital.root().join("never ends"));
    std::fs::create_dir(&put_together).unwrap();
    for number in 1..=12 {
        let bytes = [sleeper.as_slice(), &vec![b' '; number]].concat();
        std::fs::write(put_together.join(format!("{number:02}.pdf")), bytes).unwrap();
    }
    std::fs::rename(put_together, &many).unwrap();
    let after = deliver(&hospital, "after");
    let neighbours = [before, after].concat();
    for names in &neighbours {
        proven(&hospital, &filed(&hospital, names.keys().next().unwrap()));
    }
    let known = |name: &str, fault: Fault| {
        let problem = DeliveryProblem::CompletenessUnknown { file: 1, fault };
        assert_eq!(problem_of(&hospital, name), problem, "{name}");
    };
    known("eats memory.pdf", Fault::OutOfMemory);
    known("never ends", Fault::TimedOut { after_seconds: 6 });

    // Killed from outside, at the first try and at the second, as a decoder that goes astray would be.
    put(&hospital.drop(), "crashes.pdf", &victim);
    let mut killed = Vec::new();
    while killed.len() < 2 {
        let worker = || daemon.worker().filter(|worker| !killed.contains(worker));
        let worker = wait_for(&hospital, "a worker", worker);
        daemon.kill_worker(worker);
        killed.push(worker);
    }
    known("crashes.pdf", Fault::Killed { signal: 4 });

    // When patience is over it is held where a person finds it, with its source where it was.
    let held = wait_for(&hospital, "the end of patience", || {
        let held = in_state(&hospital, DeliveryState::CompletenessUnknown);
        (held.len() == 3).then_some(held)
    });
    for delivery in held {
        let sent = [("crashes.pdf", &victim), ("eats memory.pdf", &eater)];
        match sent.into_iter().find(|(name, _)| *name == delivery.source_display) {
            Some((name, bytes)) => {
                let kept = std::fs::read(hospital.drop().join(name)).unwrap();
                assert_eq!(Digest::of(&kept), Digest::of(bytes));
            }
            None => assert_eq!((delivery.source_display.as_str(), names(&many).len()), ("never ends", 12)),
        }
    }
    daemon.stop();
    every_file_has_one_delivery_beside(&hospital, &neighbours, &[DeliveryState::CompletenessUnknown]);
    the_journal_is_whole(&hospital);
}

/// What measuring found of a delivery; waits until it has found something.
fn problem_of(hospital: &Hospital, name: &str) -> DeliveryProblem {
    let problem = wait_for(hospital, &format!("the finding of {name}"), || {
        let found =
            [DeliveryState::InCustody, DeliveryState::CompletenessUnknown].map(|state| in_state(hospital, state));
        found.concat().into_iter().find(|delivery| delivery.source_display == name)?.problem
    });
    serde_json::from_str(&problem).unwrap()
}

fn in_state(hospital: &Hospital, state: DeliveryState) -> Vec<Delivery> {
    hospital.database.read(async |tx| deliveries::in_state(tx, state).await).unwrap()
}
