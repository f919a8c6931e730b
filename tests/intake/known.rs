//! What is recognised, what is copied again, and what is a delivery of its own.

use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tiff::encoder::colortype::Gray8;
use torikomi::config::station::SourceRelease;
use torikomi::document::{DeliveryProblem, DeliveryState, HoldReason};
use torikomi::ids::Digest;
use torikomi::intake::line::{Station, StationProblem};
use torikomi::journal::Kind;
use torikomi::ledger::spoken::{self, Sidecar};
use torikomi::measurements::Fault;

use crate::mounts::Mount;
use crate::world::World;

fn append(path: &Path, bytes: &[u8]) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(bytes).unwrap();
}

#[test]
fn an_incomplete_file_that_grows_is_copied_again_under_its_delivery() {
    let world = World::new();
    let line = world.open();
    world.put("scan.tif", b"half");
    world.take(&line);
    let row = world.only();
    append(&world.path("scan.tif"), b" more");
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 1 no"], "what the change means is not known before measuring");
    world.measured_incomplete(row.id);
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 2 no"]);
    assert_eq!(world.custody(), ["002 half more"]);
    let again = world.only();
    assert_eq!(again.taken_in_at, Some(world.now()));
    assert!(again.taken_in_at > row.taken_in_at);
    assert_eq!((again.problem, again.measured_copy), (None, 1));
    world.measured_complete(row.id);
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["scan.tif: taken 2 yes"]);
    assert!(world.standing().is_empty());
}

#[test]
fn patience_ends_and_begins_again_when_the_source_changes() {
    let world = World::new();
    let line = world.open();
    world.put("scan.tif", b"half");
    world.take(&line);
    let id = world.only().id;
    world.measured_incomplete(id);
    world.turn(&line, 590);
    assert_eq!(world.only().state, DeliveryState::InCustody);
    world.turn(&line, 20);
    assert_eq!(world.ledger(), ["scan.tif: incomplete 1 no"]);
    let told = [Kind::DeliveryInCustody, Kind::DeliveryIncomplete];
    assert_eq!(world.journal(), told);
    assert_eq!(world.standing(), ["scan.tif"]);
    world.turn(&line, 1000);
    assert_eq!(world.journal(), told, "it is told once");

    append(&world.path("scan.tif"), b" whole");
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 2 no"]);
    assert_eq!(world.custody(), ["002 half whole"]);
}

#[test]
fn what_cannot_be_told_complete_stays_apart() {
    let world = World::new();
    let line = world.open();
    world.put("scan.xyz", b"what");
    world.take(&line);
    let id = world.only().id;
    world.found_wanting(id, &DeliveryProblem::CompletenessUnknown { file: 1, fault: Fault::UnknownFormat });
    world.turn(&line, 610);
    assert_eq!(world.ledger(), ["scan.xyz: completeness-unknown 1 no"]);
    fs::remove_file(world.path("scan.xyz")).unwrap();
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["scan.xyz: completeness-unknown 1 gone"], "noted, and nothing changes");
    assert_eq!(world.custody(), ["001 what"]);
}

#[test]
fn a_slow_writer_does_not_lose_patience_with_us() {
    let world = World::new();
    let line = world.open();
    world.put("scan.tif", b"half");
    world.take(&line);
    world.measured_incomplete(world.only().id);
    let mut writer = OpenOptions::new().append(true).open(world.path("scan.tif")).unwrap();
    writer.write_all(b" more").unwrap();
    world.turn(&line, 610);
    assert_eq!(world.only().state, DeliveryState::InCustody, "it is being written");
    world.turn(&line, 610);
    assert_eq!(world.only().state, DeliveryState::Incomplete, "but not for ever");
    drop(writer);
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 2 no"]);
}

#[test]
fn a_sidecar_that_comes_late_joins_an_incomplete_delivery() {
    let world = World::new();
    let line = world.open();
    world.put("scan.tif", b"half");
    world.take(&line);
    let id = world.only().id;
    world.measured_incomplete(id);
    append(&world.path("scan.tif"), b" whole");
    world.put("scan.json", br#"{"format":"torikomi-sidecar-v1"}"#);
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 2 no"]);
    assert_eq!(world.files(id), ["Scan scan.tif", "Sidecar scan.json"]);
}

#[test]
fn another_file_under_an_incomplete_name_is_a_delivery_of_its_own() {
    let world = World::new();
    let line = world.open();
    world.put("scan.tif", b"half");
    world.put("scan.json", br#"{"format":"torikomi-sidecar-v1","patient_id":"9990001"}"#);
    world.take(&line);
    let first = world.only();
    world.measured_incomplete(first.id);
    world.put("new.part", b"of somebody else");
    fs::rename(world.path("new.part"), world.path("scan.tif")).unwrap();
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 1 no", "scan.tif: in-custody 1 no"]);
    assert_eq!(world.custody(), ["001 half", "001 of somebody else"]);
    // The sidecar that came with the first says nothing of it.
    assert_eq!(world.files(world.deliveries()[1].id), ["Scan scan.tif"]);
}

/// A plain copy makes the name anew and fills it bit by bit; some programs make it as long as it will be first.
#[test]
fn a_cut_scan_that_is_sent_again_by_a_plain_copy_joins_its_delivery_whenever_it_is_looked_at() {
    for pieces in
        [&[b"" as &[u8], b"ha", b"half whole"], &[b"\0\0\0\0\0\0\0\0\0\0", b"half\0\0\0\0\0\0", b"half whole"]]
    {
        let world = World::new();
        let line = world.open();
        world.put("scan.tif", b"half");
        world.put("scan.json", br#"{"format":"torikomi-sidecar-v1","patient_id":"9990001"}"#);
        world.take(&line);
        let id = world.only().id;
        world.measured_incomplete(id);
        // As long as the name is kept by the old file, no new one gets its inode.
        fs::rename(world.path("scan.tif"), world.folder.path().join("half.tif")).unwrap();
        for piece in pieces {
            let file =
                OpenOptions::new().write(true).create(true).truncate(false).open(world.path("scan.tif")).unwrap();
            (&file).write_all(piece).unwrap();
            drop(file);
            // A sweep, and not yet the quiet time.
            world.turn(&line, 1);
        }
        world.take(&line);
        assert_eq!(world.ledger(), ["scan.tif: in-custody 2 no"], "{pieces:?}");
        assert_eq!(world.custody(), ["002 half whole"]);
        assert_eq!(world.files(id), ["Scan scan.tif", "Sidecar scan.json"]);
        assert_eq!(world.only().sidecar_doubt, None);
    }
}

#[test]
fn a_name_may_be_used_again_once_its_source_is_released() {
    let world = World::new();
    let line = world.open();
    for bytes in [b"first ", b"second"] {
        world.put("scan.tif", bytes);
        world.take(&line);
        let row = world.deliveries().pop().unwrap();
        assert_eq!(row.regrown_from, None, "a scanner that uses one name for all is no reason to hold");
        world.measured_complete(row.id);
        world.turn(&line, 1);
    }
    assert_eq!(world.ledger(), ["scan.tif: taken 1 yes", "scan.tif: taken 1 yes"]);
    assert_eq!(world.custody(), ["001 first ", "001 second"]);
}

#[test]
fn a_file_that_grows_after_it_was_taken_is_marked() {
    let world = World::new();
    let line = world.open();
    world.put("scan.tif", b"page 1");
    world.take(&line);
    let first = world.only().id;
    world.measured_complete(first);
    append(&world.path("scan.tif"), b" page 2");
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: taken 1 changed", "scan.tif: in-custody 1 no"]);
    assert_eq!(world.deliveries()[1].regrown_from, Some(first));
    assert_eq!(world.custody(), ["001 page 1", "001 page 1 page 2"]);
}

#[test]
fn a_longer_version_that_is_sent_again_is_marked_within_the_patience() {
    for (wait, marked) in [(100, true), (700, false)] {
        let world = World::new();
        let line = world.open();
        world.put("scan.tif", b"page 1");
        world.take(&line);
        let first = world.only().id;
        let document = world.measured_complete(first);
        world.file(document);
        world.turn(&line, 1);
        assert!(world.standing().is_empty());
        world.pass(wait);
        world.put("scan.tif", b"page 1 page 2");
        world.take(&line);
        assert_eq!(world.deliveries()[1].regrown_from, marked.then_some(first), "after {wait} s");
    }
}

/// Whoever takes away what is too long leaves the folder, and a sidecar in it.
#[test]
fn a_folder_that_was_refused_may_hold_what_was_meant_for_scans_that_are_gone() {
    let mut world = World::new();
    world.largest = 20;
    let line = world.open();
    fs::create_dir(world.path("visit")).unwrap();
    world.put("visit/scan.json", b"{}");
    world.put("visit/scan.tif", b"longer than twenty bytes");
    world.take(&line);
    world.take(&line);
    let refused = world.only().id;
    assert_eq!(world.ledger(), ["visit: refused 0 no"]);
    fs::remove_file(world.path("visit/scan.tif")).unwrap();
    world.take(&line);
    world.put("visit/scan.tif", b"another's");
    world.take(&line);
    let rows = world.deliveries();
    assert_eq!((rows.len(), rows[1].state, rows[1].sidecar_doubt), (2, DeliveryState::InCustody, Some(refused)));
    // A folder that is moved in for the first time holds its own.
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir(outside.path().join("batch")).unwrap();
    for (name, bytes) in [("scan.json", "{}"), ("scan.tif", "a page")] {
        fs::write(outside.path().join("batch").join(name), bytes).unwrap();
    }
    fs::rename(outside.path().join("batch"), world.path("batch")).unwrap();
    world.take(&line);
    let rows = world.deliveries();
    assert_eq!((rows.len(), rows[2].state, rows[2].sidecar_doubt), (3, DeliveryState::InCustody, None));
}

/// Whoever appends a page to a TIFF changes a pointer near its beginning as well.
#[test]
fn a_tiff_that_got_pages_and_is_sent_again_is_marked() {
    let tiff = |big: bool, pages: std::ops::Range<u8>| {
        let mut bytes = std::io::Cursor::new(Vec::new());
        let page = |page: u8| [page; 64];
        if big {
            let mut file = tiff::encoder::TiffEncoder::new_big(&mut bytes).unwrap();
            pages.for_each(|n| file.write_image::<Gray8>(8, 8, &page(n)).unwrap());
        } else {
            let mut file = tiff::encoder::TiffEncoder::new(&mut bytes).unwrap();
            pages.for_each(|n| file.write_image::<Gray8>(8, 8, &page(n)).unwrap());
        }
        bytes.into_inner()
    };
    for big in [false, true] {
        for (again, marked) in [(0..4, true), (1..4, false), (0..2, false)] {
            let world = World::new();
            let line = world.open();
            let first_sent = tiff(big, 0..2);
            world.put("scan.tif", &first_sent);
            world.take(&line);
            let first = world.only().id;
            let document = world.measured_complete(first);
            world.file(document);
            world.turn(&line, 1);
            let again_sent = tiff(big, again.clone());
            assert!(!again_sent.starts_with(&first_sent) || again == (0..2), "its beginning is changed");
            world.put("scan.tif", &again_sent);
            world.take(&line);
            assert_eq!(world.deliveries()[1].regrown_from, marked.then_some(first), "{big} {again:?}");
        }
    }
}

#[test]
fn what_replaces_a_source_under_us_is_marked_while_the_document_is_open() {
    for (state, marked) in [("review", true), ("filed", false)] {
        let mut world = World::new();
        world.er_1().source_release = SourceRelease::Filed;
        let line = world.open();
        world.put("scan.tif", b"page 1");
        world.take(&line);
        let first = world.only().id;
        let document = world.measured_complete(first);
        world.set_document(document, state);
        world.put("new.part", b"other");
        fs::rename(world.path("new.part"), world.path("scan.tif")).unwrap();
        world.take(&line);
        assert_eq!(world.deliveries()[1].regrown_from, marked.then_some(first), "{state}");
    }
}

#[test]
fn nothing_is_taken_twice_after_a_restart() {
    let world = World::new();
    world.put("a.tif", b"a");
    world.put("b.tif", b"b");
    let line = world.open();
    world.take(&line);
    let [a, b] = [0, 1].map(|at| world.deliveries()[at].id);
    world.measured_incomplete(a);
    let before = world.ledger();
    drop(line);
    let line = world.open();
    world.take(&line);
    world.take(&line);
    assert_eq!(world.ledger(), before);
    world.measured_complete(b);
    drop(line);
    let line = world.open();
    world.take(&line);
    assert_eq!(world.deliveries().len(), 2);
    assert_eq!(world.standing(), [world.deliveries()[0].source_display.clone()]);
    drop(line);
}

#[test]
fn a_source_that_cannot_be_removed_is_not_taken_again() {
    let mut world = World::alone();
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.take(&line);
    drop(line);
    let drop_folder = world.stations[0].folder.clone();
    let mount = Mount::read_only(&drop_folder);
    world.er_1().folder = mount.path.clone();
    let line = world.open();
    world.measured_complete(world.only().id);
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["scan.tif: taken 1 cannot"]);
    assert_eq!(line.stations()[0].problem, Some(StationProblem::ReadOnly));
    world.take(&line);
    drop(line);
    let line = world.open();
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: taken 1 cannot"]);
    drop(line);
    // Another number of the device, were it not the same disk; the right to write is back.
    drop(mount);
    *world.er_1() = Station { folder: drop_folder, ..world.stations[0].clone() };
    let line = world.open();
    world.turn(&line, 61);
    assert_eq!(world.ledger(), ["scan.tif: taken 1 yes"]);
    assert_eq!(line.stations()[0].problem, None);
}

#[test]
fn changed_rights_are_no_new_scan_and_changed_bytes_are() {
    let mut world = World::new();
    world.er_1().source_release = SourceRelease::Filed;
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.take(&line);
    world.measured_complete(world.only().id);
    fs::set_permissions(world.path("scan.tif"), fs::Permissions::from_mode(0o640)).unwrap();
    world.take(&line);
    world.take(&line);
    assert_eq!(world.deliveries().len(), 1);

    // Rewritten in place with the old size and the old time: only the bytes tell.
    let modified = fs::metadata(world.path("scan.tif")).unwrap().modified().unwrap();
    let mut file = OpenOptions::new().write(true).open(world.path("scan.tif")).unwrap();
    file.write_all(b"b page").unwrap();
    file.set_modified(modified).unwrap();
    drop(file);
    world.take(&line);
    assert_eq!(world.custody(), ["001 a page", "001 b page"]);
}

/// What a system leaves in a folder is not ours to remove, and keeps it.
#[test]
fn a_folder_that_was_let_go_and_holds_litter_alone_is_nothing_any_more() {
    let world = World::new();
    let mut line = world.open();
    fs::create_dir(world.path("batch")).unwrap();
    world.put("batch/p1.tif", b"1");
    world.put("batch/Thumbs.db", b"small pictures");
    world.take(&line);
    world.measured_complete(world.only().id);
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["batch: taken 1 yes"]);
    for _ in 0..2 {
        world.turn(&line, 1);
        world.turn(&line, 620);
        assert_eq!((line.stations()[0].restless, world.notes().len()), (0, 0));
        drop(line);
        line = world.open();
    }
    assert!(world.path("batch/Thumbs.db").exists());
    // What comes into it is a delivery as any other.
    world.put("batch/p2.tif", b"2");
    world.take(&line);
    world.measured_complete(world.deliveries()[1].id);
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["batch: taken 1 yes", "batch: taken 1 yes"]);
    world.turn(&line, 1);
    world.turn(&line, 620);
    assert_eq!(line.stations()[0].restless, 0);

    // From this one nothing was ever taken, and somebody may wait for it.
    fs::create_dir(world.path("waited-for")).unwrap();
    world.put("waited-for/Thumbs.db", b"small pictures");
    world.turn(&line, 1);
    world.turn(&line, 620);
    assert_eq!(line.stations()[0].restless, 1);
}

#[test]
fn a_file_added_to_a_taken_folder_is_a_delivery_of_its_own() {
    let mut world = World::new();
    world.er_1().source_release = SourceRelease::Filed;
    let line = world.open();
    fs::create_dir(world.path("batch")).unwrap();
    world.put("batch/p1.tif", b"1");
    world.take(&line);
    world.measured_complete(world.only().id);
    world.put("batch/p2.tif", b"2");
    world.take(&line);
    let rows = world.deliveries();
    assert_eq!(rows.len(), 2);
    assert_eq!(world.files(rows[1].id), ["Scan batch/p2.tif"]);
    let _ = File::open(world.path("batch")).unwrap();
}

#[test]
fn what_grows_between_custody_and_release_holds_its_open_document() {
    for (state, held) in [("identifying", true), ("signing", true), ("filing", true), ("filed", false)] {
        let world = World::new();
        let line = world.open();
        world.put("scan.tif", b"page 1");
        world.take(&line);
        let first = world.only().id;
        let document = world.measured_complete(first);
        world.set_document(document, state);
        append(&world.path("scan.tif"), b" page 2");
        world.turn(&line, 1);
        let found = world.document(document);
        assert_eq!(found.held, held.then_some(HoldReason::SourceChanged), "{state}");
        assert_eq!(found.state.to_string(), state);
        assert_eq!(world.notes().len(), usize::from(held), "{:?}", world.notes());
        // However long the rest of it takes.
        world.pass(700);
        world.take(&line);
        assert_eq!(world.deliveries()[1].regrown_from, Some(first), "{state}: both wait for one decision");
        assert_eq!(world.custody(), ["001 page 1", "001 page 1 page 2"]);
    }
}

/// A TIFF that gets another page is changed at its beginning too, where the chain of its pages is.
#[test]
fn what_changes_in_place_is_no_new_scan_even_when_it_begins_otherwise() {
    let mut world = World::new();
    world.er_1().source_release = SourceRelease::Filed;
    let line = world.open();
    world.put("scan.tif", b"last page 1");
    world.take(&line);
    let first = world.only().id;
    let document = world.measured_complete(first);
    world.set_document(document, "signing");
    let mut file = OpenOptions::new().write(true).open(world.path("scan.tif")).unwrap();
    file.write_all(b"more page 1 page 2").unwrap();
    drop(file);
    world.turn(&line, 1);
    assert_eq!(world.document(document).held, Some(HoldReason::SourceChanged));
    world.file(document);
    world.turn(&line, 3);
    assert_eq!(world.deliveries()[1].regrown_from, Some(first), "although the first one was filed meanwhile");
}

#[test]
fn another_number_of_the_device_makes_no_new_scan() {
    let mut world = World::new();
    world.er_1().source_release = SourceRelease::Filed;
    world.put("whole.tif", b"whole");
    world.put("half.tif", b"half");
    let line = world.open();
    world.take(&line);
    let whole = world.deliveries().into_iter().find(|row| row.source_display == "whole.tif").unwrap().id;
    let half = world.deliveries().into_iter().find(|row| row.source_display == "half.tif").unwrap().id;
    let document = world.measured_complete(whole);
    world.measured_incomplete(half);
    drop(line);
    // What a restart of the machine or another mount does to the numbers.
    world.write(async |tx| {
        sqlx::query("UPDATE delivery_file SET source_stat = REPLACE(source_stat, '\"device\":\"', '\"device\":\"9')")
            .execute(tx)
            .await?;
        Ok(())
    });
    let before = world.ledger();
    let line = world.open();
    world.take(&line);
    world.take(&line);
    assert_eq!(world.ledger(), before);
    world.file(document);
    world.take(&line);
    assert_eq!(world.standing(), ["half.tif"], "and it is released as the same one");
}

#[test]
fn a_sidecar_that_is_in_no_record_stays_in_custody() {
    let world = World::new();
    let line = world.open();
    world.put("scan.tif", b"first");
    world.take(&line);
    let first = world.only().id;
    let document = world.measured_complete(first);
    world.turn(&line, 1);
    world.file(document);
    assert!(line.cleanup(first).unwrap());
    // Whose it is, nobody can tell: the first scan was taken without one.
    world.put("scan.json", b"{}");
    world.put("scan.tif", b"second");
    world.take(&line);
    let second = world.deliveries().pop().unwrap();
    assert_eq!(second.sidecar_doubt, Some(first));
    let document = world.measured_complete(second.id);
    world.turn(&line, 1);
    world.file(document);
    assert!(!line.cleanup(second.id).unwrap());
    assert_eq!(world.custody(), ["001 second"]);
    drop(line);
    let line = world.open();
    line.clear_left_over();
    assert_eq!(world.custody(), ["001 second"], "after a restart, too");
    assert_eq!(line.custody_findings(), []);
    // The next pair is in doubt as well, and a person who agrees with its sidecar ends that.
    world.put("scan.json", b"{ }");
    world.put("scan.tif", b"third");
    world.take(&line);
    let third = world.deliveries().pop().unwrap();
    assert_eq!(third.sidecar_doubt, Some(second.id));
    let document = world.measured_complete(third.id);
    let own = Sidecar { object: Digest::of(b"{ }"), delivered_name: "scan.json".to_owned(), list: None, whole: true };
    world.write(async move |tx| spoken::set_sidecars(tx, document, &[own]).await);
    world.turn(&line, 1);
    world.file(document);
    assert!(line.cleanup(third.id).unwrap());
    world.put("scan.json", b"{  }");
    world.put("scan.tif", b"fourth");
    world.take(&line);
    assert_eq!(world.deliveries().pop().unwrap().sidecar_doubt, None);
}
