//! Folders that vanish, disks that are full, and what cannot be taken.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use seccompiler::{BpfProgram, SeccompAction, SeccompFilter};
use torikomi::document::DeliveryProblem;
use torikomi::ids::DeliveryId;
use torikomi::intake::line::{StationProblem, Watching};
use torikomi::journal::Kind;
use torikomi::ledger::deliveries;

use crate::mounts::Mount;
use crate::world::{World, name};

#[test]
fn a_vanished_folder_is_unreachable_and_comes_back() {
    let world = World::new();
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.take(&line);
    world.measured_complete(world.only().id);
    let (folder, away) = (world.stations[0].folder.clone(), world.folder.path().join("away"));
    fs::rename(&folder, &away).unwrap();
    world.turn(&line, 1);
    let report = &line.stations()[0];
    assert_eq!((&report.watching, &report.problem), (&Watching::Unreachable, &Some(StationProblem::Gone)));

    // A mount that vanished leaves an empty folder: never an empty station, and nothing is concluded from it.
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("stray.tif"), b"stray").unwrap();
    world.turn(&line, 5);
    world.turn(&line, 5);
    assert_eq!(line.stations()[0].problem, Some(StationProblem::NoMarker));
    assert_eq!(world.ledger(), ["scan.tif: taken 1 no"]);
    assert!(!folder.join(".torikomi-drop").exists());
    drop(line);
    let line = world.open();
    world.turn(&line, 5);
    assert_eq!(line.stations()[0].problem, Some(StationProblem::NoMarker), "a restart makes it no new station");

    fs::remove_dir_all(&folder).unwrap();
    fs::rename(&away, &folder).unwrap();
    world.turn(&line, 5);
    assert_eq!(line.stations()[0].problem, None);
    assert_ne!(line.stations()[0].watching, Watching::Unreachable);
    assert_eq!(world.ledger(), ["scan.tif: taken 1 yes"]);
}

/// A copy of the home, or one that was restored elsewhere, worked with the share while it was away from here.
#[test]
fn what_lies_in_a_folder_that_came_to_be_anothers_is_left_to_that_one() {
    let world = World::new();
    let line = world.open();
    world.put("taken.tif", b"a page");
    world.take(&line);
    world.measured_complete(world.only().id);
    world.put("new.tif", b"a leaf");
    *world.anothers.lock().unwrap() = Some("epoch 2".to_owned());
    let anothers = Some(StationProblem::Anothers { error: "epoch 2".to_owned() });
    for line in [line, world.open()] {
        world.take(&line);
        world.take(&line);
        let report = &line.stations()[0];
        assert_eq!((&report.watching, &report.problem), (&Watching::Unreachable, &anothers));
        assert_eq!(world.ledger(), ["taken.tif: taken 1 no"]);
        assert_eq!(world.standing(), ["new.tif", "taken.tif"]);
    }
    // By a person's word it is this one's.
    *world.anothers.lock().unwrap() = None;
    let line = world.open();
    world.take(&line);
    assert_eq!(world.ledger(), ["taken.tif: taken 1 yes", "new.tif: in-custody 1 no"]);
}

#[test]
fn a_folder_that_is_not_known_to_be_ours_is_given_nothing() {
    let world = World::new();
    *world.anothers.lock().unwrap() = Some("it cannot be asked whose it is".to_owned());
    let line = world.open();
    world.turn(&line, 1);
    assert!(!world.path(".torikomi-release").exists());
}

/// Copying takes its time, and whose the folder is may change meanwhile.
#[test]
fn sources_are_let_go_only_where_the_folder_is_still_ours() {
    let world = World::new();
    let anothers = Arc::clone(&world.anothers);
    let copied = AtomicBool::new(false);
    let line = world.open_with(Box::new(move |_| {
        // Asked in the instant in which a copy is durable.
        if copied.swap(true, Ordering::SeqCst) {
            *anothers.lock().unwrap() = Some("epoch 2".to_owned());
        }
        None
    }));
    world.put("taken.tif", b"a page");
    world.take(&line);
    world.put("new.tif", b"a leaf");
    world.turn(&line, 1);
    world.measured_complete(world.only().id);
    world.turn(&line, 3);
    assert_eq!(world.ledger(), ["taken.tif: taken 1 no", "new.tif: in-custody 1 no"]);
    assert_eq!(world.standing(), ["new.tif", "taken.tif"]);
}

#[test]
fn an_unmounted_share_comes_back() {
    let world = World::alone();
    let folder = world.stations[0].folder.clone();
    let disk = tempfile::tempdir().unwrap();
    let mount = Mount::over(disk.path(), &folder);
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.turn(&line, 1);
    drop(mount);
    world.turn(&line, 3);
    assert_eq!(line.stations()[0].watching, Watching::Unreachable);
    assert!(world.deliveries().is_empty());
    let _mount = Mount::over(disk.path(), &folder);
    world.turn(&line, 5);
    assert!(world.deliveries().is_empty(), "it rests anew");
    world.turn(&line, 3);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 1 no"]);
}

#[test]
fn a_missing_folder_is_tried_again_for_ever() {
    let world = World::new();
    let folder = world.stations[0].folder.clone();
    fs::remove_dir(&folder).unwrap();
    let line = world.open();
    for _ in 0..3 {
        assert!(world.turn(&line, 100).is_some());
        assert_eq!(line.stations()[0].watching, Watching::Unreachable);
    }
    fs::create_dir(&folder).unwrap();
    world.turn(&line, 100);
    assert!(folder.join(".torikomi-drop").exists(), "it was never used, so it is set up now");
}

#[test]
fn a_full_disk_pauses_intake_everywhere_and_it_resumes_by_itself() {
    let mut world = World::alone();
    world.add_station("ward-2");
    let disk = Mount::of_size(1024 * 1024);
    world.custody = disk.path.clone();
    let ballast = disk.path.join(".ballast");
    fs::write(&ballast, vec![0; 900 * 1024]).unwrap();
    let line = world.open();
    world.put("large.tif", &[7; 600 * 1024]);
    world.take(&line);
    assert_eq!(world.ledger(), ["large.tif: arriving 0 no"]);
    assert!(world.custody().is_empty(), "nothing half-taken stays: {:?}", world.custody());
    assert!(line.paused().unwrap().disk_full);

    fs::write(world.stations[1].folder.join("small.tif"), b"small").unwrap();
    world.turn_at(&line, "ward-2", 1);
    world.turn_at(&line, "ward-2", 3);
    world.turn(&line, 60);
    assert_eq!(world.ledger(), ["large.tif: arriving 0 no"], "nobody takes anything");
    assert!(line.paused().is_some());

    fs::remove_file(&ballast).unwrap();
    world.turn(&line, 60);
    assert!(line.paused().is_none());
    assert_eq!(world.ledger(), ["large.tif: in-custody 1 no"]);
    world.turn_at(&line, "ward-2", 3);
    assert_eq!(world.ledger()[1], "small.tif: in-custody 1 no");
    assert_eq!(fs::read(world.path("large.tif")).unwrap().len(), 600 * 1024);
}

#[test]
fn what_is_no_file_is_refused_once() {
    let world = World::alone();
    let line = world.open();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("secret"), b"x").unwrap();
    symlink(outside.path().join("secret"), world.path("link.tif")).unwrap();
    assert!(Command::new("mkfifo").arg(world.path("pipe.tif")).status().unwrap().success());
    fs::create_dir(world.path("batch")).unwrap();
    world.put("batch/p1.tif", b"1");
    for link in ["l1.tif", "l2.tif"] {
        symlink("/etc/passwd", world.path("batch").join(link)).unwrap();
    }
    for _ in 0..3 {
        world.take(&line);
    }
    drop(line);
    let line = world.open();
    world.take(&line);
    let mut ledger = world.ledger();
    ledger.sort();
    assert_eq!(ledger, ["batch: refused 0 no", "link.tif: refused 0 no", "pipe.tif: refused 0 no"]);
    assert_eq!(world.journal(), [Kind::DeliveryRefused; 3]);
    let problems: Vec<String> = world.deliveries().into_iter().filter_map(|row| row.problem).collect();
    assert_eq!(problems.iter().filter(|problem| problem.contains("symbolic-link")).count(), 2);

    // Once the links are out of it, the folder is taken; a link that comes again is refused again.
    for link in ["batch/l1.tif", "batch/l2.tif", "link.tif"] {
        fs::remove_file(world.path(link)).unwrap();
    }
    world.take(&line);
    symlink("/etc/passwd", world.path("link.tif")).unwrap();
    world.take(&line);
    let mut ledger = world.ledger();
    ledger.sort();
    assert_eq!(
        ledger,
        [
            "batch: in-custody 1 no",
            "batch: refused 0 gone",
            "link.tif: refused 0 gone",
            "link.tif: refused 0 no",
            "pipe.tif: refused 0 no"
        ]
    );
    assert!(fs::read(outside.path().join("secret")).is_ok());
}

#[test]
fn a_moment_of_being_no_file_is_no_refusal() {
    let world = World::new();
    let line = world.open();
    symlink("/etc/passwd", world.path("scan.tif")).unwrap();
    world.turn(&line, 1);
    fs::remove_file(world.path("scan.tif")).unwrap();
    world.put("scan.tif", b"a page");
    world.take(&line);
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 1 no"]);
}

#[test]
fn one_file_in_two_stations_is_held_in_both() {
    let mut world = World::new();
    world.add_station("ward-2");
    let line = world.open();
    for station in ["er-1", "ward-2"] {
        world.turn_at(&line, station, 1);
    }
    let elsewhere = world.stations[1].folder.join("same.tif");
    world.put("scan.tif", b"a page");
    fs::hard_link(world.path("scan.tif"), &elsewhere).unwrap();
    for _ in 0..2 {
        for station in ["er-1", "ward-2"] {
            world.turn_at(&line, station, 3);
        }
    }
    let mut ledger = world.ledger();
    ledger.sort();
    assert_eq!(ledger, ["same.tif: refused 0 no", "scan.tif: refused 0 no"]);
    assert!(world.deliveries().iter().all(|row| row.problem.as_deref() == Some(r#"{"code":"several-stations"}"#)));
    // Somebody decides where it belongs.
    fs::remove_file(elsewhere).unwrap();
    for _ in 0..2 {
        for station in ["er-1", "ward-2"] {
            world.turn_at(&line, station, 3);
        }
    }
    let mut ledger = world.ledger();
    ledger.sort();
    assert_eq!(ledger, ["same.tif: refused 0 gone", "scan.tif: in-custody 1 no", "scan.tif: refused 0 gone"]);
}

#[test]
fn two_names_outside_any_other_station_are_no_matter() {
    let world = World::new();
    let line = world.open();
    let outside = world.folder.path().join("outside.tif");
    fs::write(&outside, b"a page").unwrap();
    fs::hard_link(&outside, world.path("scan.tif")).unwrap();
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 1 no"]);
}

#[test]
fn what_is_too_large_is_refused_until_the_limit_is_raised() {
    let mut world = World::new();
    world.largest = 10;
    let line = world.open();
    world.put("scan.tif", b"longer than ten bytes");
    world.take(&line);
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: refused 0 no"]);
    assert_eq!(world.only().problem.as_deref(), Some(r#"{"code":"too-large","limit":10}"#));
    drop(line);
    world.largest = 100;
    let line = world.open();
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: refused 0 gone", "scan.tif: in-custody 1 no"]);
}

#[test]
fn a_sparse_giant_does_not_fill_the_disk() {
    let world = World::new();
    let line = world.open();
    OpenOptions::new().create(true).append(true).open(world.path("scan.tif")).unwrap().write_all(b"x").unwrap();
    OpenOptions::new().write(true).open(world.path("scan.tif")).unwrap().set_len(1 << 40).unwrap();
    world.take(&line);
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: refused 0 no"]);
    assert!(line.paused().is_none());
}

/// What the kernel answers when a share's server is restarted or a disk dies: an error about every name, and no word
/// of whether it is there. A filter of this thread's system calls gives that answer here.
#[test]
fn a_folder_that_answers_with_errors_is_in_trouble_and_its_files_are_not() {
    for errno in [libc::EIO, libc::ESTALE] {
        let world = World::new();
        let line = world.open();
        world.put("half.tif", b"half");
        world.put("taken.tif", b"taken");
        world.take(&line);
        let find = |name: &str| world.deliveries().into_iter().find(|row| row.source_display == name).unwrap().id;
        world.found_wanting(find("half.tif"), &DeliveryProblem::NoDocument);
        world.turn(&line, 610);
        world.measured_complete(find("taken.tif"));
        let before = world.ledger();
        let journal = world.journal();
        let notes = world.notes();
        world.pass(5);
        let moment = world.moment();
        std::thread::scope(|scope| {
            let troubled = scope.spawn(|| {
                refuse_to_open_beneath(errno);
                line.turn(&name("er-1"), moment).unwrap();
            });
            troubled.join().unwrap();
        });
        assert_eq!(world.ledger(), before, "{errno}");
        assert_eq!(world.journal(), journal, "{errno}");
        assert_eq!(world.notes(), notes, "{errno}");
        assert_eq!(line.stations()[0].watching, Watching::Unreachable);
        assert!(
            matches!(line.stations()[0].problem, Some(StationProblem::Unusable { .. })),
            "{:?}",
            line.stations()[0]
        );
        world.turn(&line, 5);
        assert_eq!(line.stations()[0].problem, None, "it comes back by itself");
        assert_eq!(world.standing(), ["half.tif"]);
    }
}

/// From now on `openat2` fails in this thread, and in no other.
fn refuse_to_open_beneath(errno: i32) {
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    let filter = SeccompFilter::new(
        [(libc::SYS_openat2, Vec::new())].into_iter().collect(),
        SeccompAction::Allow,
        SeccompAction::Errno(u32::try_from(errno).unwrap()),
        architecture,
    );
    let program: BpfProgram = filter.unwrap().try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
}

#[test]
fn a_number_that_is_taken_in_custody_concerns_its_delivery_alone() {
    let world = World::new();
    let line = world.open();
    let (id, now) = (DeliveryId::new(), world.now());
    world.write(async move |tx| deliveries::enter(tx, id, &name("er-1"), b"scan.tif", now).await);
    let stranger = world.custody.join(format!("{id}.001"));
    fs::create_dir(&stranger).unwrap();
    fs::write(stranger.join("what"), b"nobody knows").unwrap();
    world.put("scan.tif", b"a page");
    world.put("other.tif", b"another");
    world.take(&line);
    world.turn(&line, 2);
    assert!(line.paused().is_none(), "{:?}", line.paused());
    let mut ledger = world.ledger();
    ledger.sort();
    assert_eq!(ledger, ["other.tif: in-custody 1 no", "scan.tif: in-custody 2 no"]);
    assert!(stranger.join("what").exists(), "it is kept");
}
