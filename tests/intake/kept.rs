//! A copy in custody that may be the last of its bytes is kept, whatever the ledger thinks of it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use torikomi::document::DeliveryState;
use torikomi::intake::line::CustodyFinding;
use torikomi::ledger::deliveries;

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
