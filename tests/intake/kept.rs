//! A copy in custody that may be the last of its bytes is kept, whatever the ledger thinks of it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use torikomi::document::DeliveryState;
use torikomi::ids::Digest;
use torikomi::intake::line::CustodyFinding;
use torikomi::ledger::deliveries;
use torikomi::ledger::spoken::{self, Sidecar};

use crate::world::World;

/// A person refuses the first copy in the very instant in which the second one is durable.
#[test]
fn a_copy_that_nobody_wants_any_more_goes_only_where_its_source_still_stands() {
    for removed in [false, true] {
        let world = World::new();
        let (database, source) = (Arc::clone(&world.database), world.path("scan.tif"));
        let asked = AtomicUsize::new(0);
        let line = world.open_with(Box::new(move |_| {
            if asked.fetch_add(1, Ordering::SeqCst) == 1 {
                let refuse = async move |tx: &mut torikomi::database::Tx| {
                    let row = deliveries::in_state(tx, DeliveryState::Incomplete).await?.remove(0);
                    let at = row.first_seen_at;
                    deliveries::move_on(tx, row.id, row.state, DeliveryState::Refused, None, at).await
                };
                database.write(refuse).unwrap();
                if removed {
                    fs::remove_file(&source).unwrap();
                }
            }
            None
        }));
        world.put("scan.tif", b"half");
        world.take(&line);
        let id = world.only().id;
        world.measured_incomplete(id);
        world.turn(&line, 610);
        assert_eq!(world.ledger(), ["scan.tif: incomplete 1 no"]);
        OpenOptions::new().append(true).open(world.path("scan.tif")).unwrap().write_all(b" more").unwrap();
        world.take(&line);
        let unwanted = CustodyFinding::Unexplained { delivery: id, copy: 2 };
        if removed {
            assert_eq!(world.custody(), ["001 half", "002 half more"], "the rest of it is nowhere else");
            assert_eq!(line.custody_findings(), [unwanted]);
            drop(line);
            assert_eq!(world.open().custody_findings(), [CustodyFinding::Unexplained { delivery: id, copy: 2 }]);
            assert_eq!(world.custody(), ["001 half", "002 half more"]);
        } else {
            assert_eq!(world.custody(), ["001 half"]);
            assert_eq!(line.custody_findings(), []);
        }
    }
}

/// A bucket was set back, or somebody removed an object: of what is filed the copy may be the last.
#[test]
fn a_filed_copy_goes_only_where_the_store_has_it() {
    for name in ["scan.tif", "scan.json"] {
        let world = World::new();
        let line = world.open();
        world.put("scan.json", b"{}");
        world.put("scan.tif", b"a page");
        world.take(&line);
        let id = world.only().id;
        let document = world.measured_complete(id);
        let (page, said) = (Digest::of(b"a page"), Digest::of(b"{}"));
        let own = Sidecar { object: said, delivered_name: "scan.json".to_owned(), list: None, whole: true };
        world.write(async move |tx| spoken::set_sidecars(tx, document, &[own]).await);
        world.file(document);
        drop(line);
        let object = if name == "scan.tif" { page } else { said };
        *world.lacking.lock().unwrap() = Some(object);
        let line = world.open();
        line.clear_left_over();
        assert_eq!(world.custody(), ["001 a page"], "{name} is nowhere else");
        let told = CustodyFinding::NotStored { delivery: id, copy: 1, object };
        assert_eq!(line.custody_findings(), [told]);
        assert!(!line.cleanup(id).unwrap());
        assert_eq!(line.custody_findings().len(), 1, "it is told once");

        // Somebody puts it back: the next look lets the copy go, and nobody is told of it any more.
        *world.lacking.lock().unwrap() = None;
        assert!(!line.has_left_over(), "it is not asked for all the time");
        line.look_again();
        assert!(line.has_left_over());
        line.clear_left_over();
        assert!(world.custody().is_empty());
        assert_eq!(line.custody_findings(), []);
        line.look_again();
        assert!(!line.has_left_over());
    }
}

/// Each request to a store that is away takes as long as a request may.
#[test]
fn a_store_that_is_away_is_asked_once_in_a_round() {
    let world = World::new();
    let line = world.open();
    for (name, bytes) in [("one.tif", b"a page"), ("two.tif", b"a leaf"), ("three.tif", b"a side")] {
        world.put(name, bytes);
        world.take(&line);
    }
    for row in world.deliveries() {
        world.file(world.measured_complete(row.id));
    }
    drop(line);
    let line = world.open();
    world.store_away.store(true, Ordering::SeqCst);
    for round in 1..=4 {
        line.clear_left_over();
        assert_eq!(world.asked.lock().unwrap().len(), round);
    }
    let asked = world.asked.lock().unwrap().clone();
    assert_ne!(asked[0], asked[1], "one that fails keeps no other waiting");
    assert_eq!(asked[0], asked[3], "and its turn comes again");
    assert_eq!(world.custody().len(), 3);
    world.store_away.store(false, Ordering::SeqCst);
    line.clear_left_over();
    assert!(world.custody().is_empty() && !line.has_left_over());
}
