//! How scans arrive, and what is entered of them.

use std::ffi::OsStr;
use std::fs::{self, File, OpenOptions};
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::sync::atomic::Ordering;
use std::time::Duration;

use torikomi::config::station::SourceRelease;
use torikomi::document::DeliveryState;

use crate::world::{World, name};

#[test]
fn a_file_that_rests_is_entered_copied_and_released() {
    let world = World::new();
    let line = world.open();
    world.put("scan.tif", b"a page");
    assert_eq!(world.turn(&line, 1), Some(4), "it looks again when the quiet time ends");
    assert!(world.deliveries().is_empty());
    let woken = world.woken.load(Ordering::SeqCst);
    world.turn(&line, 3);
    let row = world.only();
    assert_eq!(row.state, DeliveryState::InCustody);
    assert_eq!(row.taken_in_at, Some(world.now()));
    assert_eq!(row.session, Some(world.session));
    assert_eq!(row.regrown_from, None);
    assert_eq!(world.files(row.id), ["Scan scan.tif"]);
    assert_eq!(world.custody(), ["001 a page"]);
    assert_eq!(world.standing(), ["scan.tif"], "it is not known to be complete yet");
    assert_eq!(world.woken.load(Ordering::SeqCst), woken + 1);

    world.turn(&line, 100);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 1 no"]);
    world.measured_complete(row.id);
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["scan.tif: taken 1 yes"]);
    assert!(world.standing().is_empty());
    assert_eq!(world.custody(), ["001 a page"]);
}

#[test]
fn a_slow_writer_is_waited_for() {
    let world = World::new();
    let line = world.open();
    let mut writer = File::create(world.path("scan.tif")).unwrap();
    writer.write_all(b"half").unwrap();
    for seconds in [1, 3, 60, 500] {
        world.turn(&line, seconds);
    }
    writer.write_all(b" and half").unwrap();
    drop(writer);
    assert!(world.deliveries().is_empty());
    world.take(&line);
    assert_eq!(world.custody(), ["001 half and half"]);
}

#[test]
fn a_rename_and_a_folder_are_taken_whole() {
    let world = World::new();
    let line = world.open();
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir_all(outside.path().join("batch/inner")).unwrap();
    for page in ["batch/p1.tif", "batch/inner/p2.tif", "batch/batch.json", "one.tif"] {
        fs::write(outside.path().join(page), page).unwrap();
    }
    fs::rename(outside.path().join("one.tif"), world.path("one.tif")).unwrap();
    fs::rename(outside.path().join("batch"), world.path("batch")).unwrap();
    world.take(&line);
    assert_eq!(
        world.ledger(),
        ["batch: in-custody 1 no", "one.tif: in-custody 1 no"].map(str::to_owned).map(reorder(&world))
    );
    let folder = world.deliveries().into_iter().find(|row| row.source_display == "batch").unwrap();
    assert_eq!(world.files(folder.id), ["Scan batch/inner/p2.tif", "Scan batch/p1.tif", "Sidecar batch/batch.json"]);
    for row in world.deliveries() {
        world.measured_complete(row.id);
    }
    world.turn(&line, 1);
    assert!(world.ledger().iter().all(|row| row.ends_with("taken 1 yes")), "{:?}", world.ledger());
    assert!(world.standing().is_empty(), "{:?}", world.standing());
}

/// Two deliveries of one turn are entered in either order.
fn reorder(world: &World) -> impl Fn(String) -> String {
    let rows = world.ledger();
    move |row| if rows.contains(&row) { rows[usize::from(row.starts_with("one"))].clone() } else { row }
}

#[test]
fn names_may_be_any_bytes() {
    let world = World::new();
    let line = world.open();
    let names: [&[u8]; 3] = [b"two\nlines.tif", b"\x83X\x83L\x83\x83\x83\x93.tif", "架空 花子.tif".as_bytes()];
    for bytes in names {
        fs::write(world.path("").join(OsStr::from_bytes(bytes)), bytes).unwrap();
    }
    world.take(&line);
    let mut found: Vec<Vec<u8>> = world.deliveries().into_iter().map(|row| row.source_name).collect();
    found.sort();
    let mut expected: Vec<Vec<u8>> = names.iter().map(|bytes| bytes.to_vec()).collect();
    expected.sort();
    assert_eq!(found, expected);
    for row in world.deliveries() {
        world.measured_complete(row.id);
    }
    world.turn(&line, 1);
    assert!(world.standing().is_empty());
    assert!(world.ledger().iter().all(|row| row.ends_with("taken 1 yes")));
}

#[test]
fn a_lone_document_waits_for_its_sidecar() {
    let mut world = World::new();
    world.er_1().sidecar_wait = Duration::from_secs(10);
    let line = world.open();
    world.put("late.tif", b"late");
    world.put("alone.tif", b"alone");
    world.turn(&line, 1);
    assert_eq!(world.turn(&line, 4), Some(11), "it looks again when the wait ends");
    assert!(world.deliveries().is_empty());
    world.put("late.json", br#"{"format":"torikomi-sidecar-v1"}"#);
    world.turn(&line, 2);
    world.turn(&line, 3);
    let row = world.only();
    assert_eq!(world.files(row.id), ["Scan late.tif", "Sidecar late.json"], "with its sidecar it need not wait longer");
    world.turn(&line, 1);
    assert_eq!(world.deliveries().len(), 2);
    world.measured_complete(row.id);
    world.turn(&line, 1);
    assert_eq!(world.standing(), ["alone.tif"]);
}

#[test]
fn files_that_a_sidecar_lists_are_one_delivery() {
    let world = World::new();
    let line = world.open();
    world.put("visit.json", br#"{"format":"torikomi-sidecar-v1","files":["p1.tif","p2.tif"]}"#);
    world.put("p1.tif", b"1");
    world.take(&line);
    assert!(world.deliveries().is_empty(), "a listed file is missing");
    world.put("p2.tif", b"2");
    world.take(&line);
    assert_eq!(world.files(world.only().id), ["Scan p1.tif", "Scan p2.tif", "Sidecar visit.json"]);
}

#[test]
fn the_pages_of_a_folder_come_in_the_order_of_their_numbers() {
    let world = World::new();
    let line = world.open();
    fs::create_dir(world.path("batch")).unwrap();
    for page in ["p10.tif", "p2.tif", "p1.tif"] {
        world.put(&format!("batch/{page}"), page.as_bytes());
    }
    world.take(&line);
    assert_eq!(world.files(world.only().id), ["Scan batch/p1.tif", "Scan batch/p2.tif", "Scan batch/p10.tif"]);
}

#[test]
fn an_index_speaks_once_for_each_name_and_goes_last() {
    let world = World::new();
    let line = world.open();
    let list = b"file,patient_id\na.tif,9990001\nb.tif,9990002\n";
    world.put("index.csv", list);
    world.put("a.tif", b"a");
    world.take(&line);
    let first = world.only();
    assert_eq!(world.files(first.id), ["Scan a.tif", "Index index.csv"]);
    let document = world.measured_complete(first.id);
    world.row_speaks(document, list, "a.tif");
    world.turn(&line, 1);
    world.turn(&line, 1);
    assert_eq!(world.standing(), ["index.csv"], "others that it lists may still come");
    assert!(world.notes().is_empty());
    // However late: nobody else knows whose the other scan is.
    world.turn(&line, 700);
    assert_eq!(world.standing(), ["index.csv"], "the other row would be lost");
    assert_eq!(line.stations()[0].waiting_lists, 1);
    assert!(world.notes().concat().contains("Batch lists"), "{:?}", world.notes());

    // The scanner uses the name again: that is another scan, of which the old list says nothing.
    world.put("a.tif", b"another a");
    world.put("b.tif", b"b");
    world.take(&line);
    let rows = world.deliveries();
    let again = rows.iter().rfind(|row| row.source_display == "a.tif").unwrap();
    assert_ne!(again.id, first.id);
    assert_eq!(world.files(again.id), ["Scan a.tif"]);
    let other = rows.iter().find(|row| row.source_display == "b.tif").unwrap();
    assert_eq!(world.files(other.id), ["Scan b.tif", "Index index.csv"]);
    world.measured_complete(again.id);
    let document = world.measured_complete(other.id);
    world.row_speaks(document, list, "b.tif");
    world.turn(&line, 1);
    world.turn(&line, 590);
    assert_eq!(world.standing(), ["index.csv"]);
    assert_eq!(line.stations()[0].waiting_lists, 0);
    // And not while a copy that should have one of its rows is gone.
    let (copy, aside) = (world.custody.join(format!("{}.001", other.id)), world.folder.path().join("aside"));
    fs::rename(&copy, &aside).unwrap();
    world.turn(&line, 20);
    assert_eq!(world.standing(), ["index.csv"], "the last of a row would be lost");
    fs::rename(&aside, &copy).unwrap();
    world.turn(&line, 1);
    assert_eq!(world.standing(), ["index.csv"], "each try may ask the store for every row");
    world.turn(&line, 60);
    assert!(world.standing().is_empty());
}

#[test]
fn two_stations_do_not_mix() {
    let mut world = World::new();
    world.add_station("ward-2");
    let line = world.open();
    world.put("scan.tif", b"one");
    fs::write(world.stations[1].folder.join("scan.tif"), b"two").unwrap();
    for station in ["er-1", "ward-2"] {
        world.turn_at(&line, station, 1);
        world.turn_at(&line, station, 3);
    }
    let mut stations: Vec<String> = world.deliveries().iter().map(|row| row.station.to_string()).collect();
    stations.sort();
    assert_eq!(stations, ["er-1", "ward-2"]);
    assert_eq!(world.custody(), ["001 one", "001 two"]);
    for row in world.deliveries().into_iter().filter(|row| row.station == name("er-1")) {
        world.measured_complete(row.id);
    }
    world.turn_at(&line, "ward-2", 1);
    assert_eq!(world.standing(), ["scan.tif"]);
    world.turn_at(&line, "er-1", 1);
    assert!(world.standing().is_empty());
    assert!(world.stations[1].folder.join("scan.tif").exists());
}

#[test]
fn a_source_may_wait_until_its_documents_are_filed() {
    let mut world = World::new();
    world.er_1().source_release = SourceRelease::Filed;
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.take(&line);
    let row = world.only();
    let document = world.measured_complete(row.id);
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["scan.tif: taken 1 no"]);
    assert!(!line.cleanup(row.id).unwrap());
    // The record of one that is filed may have been lost with the index.
    for state in ["sent-back", "discarded", "filed"] {
        world.set_document(document, state);
        assert!(!line.cleanup(row.id).unwrap(), "what was {state} keeps its bytes");
        world.turn(&line, 1);
    }
    assert_eq!(world.custody(), ["001 a page"]);
    assert_eq!(world.standing(), ["scan.tif"]);

    world.file(document);
    assert!(line.cleanup(row.id).unwrap());
    assert!(line.cleanup(row.id).unwrap(), "it can be run twice");
    assert!(world.custody().is_empty());
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["scan.tif: taken 1 yes"]);
    assert!(world.standing().is_empty());
}

#[test]
fn a_file_that_changes_while_it_is_copied_is_entered_once() {
    let world = World::new();
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.turn(&line, 1);
    world.turn(&line, 2);
    // It grows in the instant before the turn that would copy it.
    OpenOptions::new().append(true).open(world.path("scan.tif")).unwrap().write_all(b" more").unwrap();
    world.turn(&line, 1);
    assert!(world.deliveries().is_empty());
    world.turn(&line, 3);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 1 no"]);
    assert_eq!(world.custody(), ["001 a page more"]);
}
