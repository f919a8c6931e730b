//! A crash between any two steps, and what the next start makes of it.

use std::fs;
use std::sync::atomic::Ordering;

use torikomi::config::station::SourceRelease;
use torikomi::document::DeliveryState;
use torikomi::durable::Folder;
use torikomi::ids::{DeliveryId, Digest, HomeId};
use torikomi::intake::companions::{bundle_of, companions};
use torikomi::intake::custody::{self, Order};
use torikomi::intake::drop::{DropFolder, Limits};
use torikomi::intake::line::{CustodyFinding, StationProblem};
use torikomi::ledger::deliveries;
use torikomi::ledger::spoken::{self, Sidecar};

use crate::mounts::Mount;
use crate::world::{World, name};

impl World {
    /// The step that a crash came after: the row was entered.
    fn entered(&self, id: DeliveryId, source: &'static str) {
        let now = self.now();
        self.write(async move |tx| deliveries::enter(tx, id, &name("er-1"), source.as_bytes(), now).await);
    }

    /// The step that a crash came after: the copy is durable, and no row says so.
    fn copied(&self, delivery: DeliveryId, copy: u32, home: HomeId) {
        let drop = DropFolder::open(&self.stations[0].folder, self.home, &name("er-1")).unwrap();
        let sweep = drop.sweep(&Limits::default()).unwrap();
        let folders = sweep.folders.iter().map(bundle_of);
        let bundle = companions(&sweep.files, |_| None).bundles.into_iter().chain(folders).next().unwrap();
        let arrival = self.read(async |tx| deliveries::get(tx, delivery).await).map_or(1, |row| row.arrival);
        let order =
            Order { delivery, arrival, copy, home, bundle: &bundle, weaker_completeness: false, largest: self.largest };
        custody::take(&Folder::open(&self.custody).unwrap(), &drop, &order, &|| self.now()).unwrap();
    }

    /// A station that has been used before.
    fn used() -> Self {
        let world = Self::new();
        let line = world.open();
        world.turn(&line, 1);
        world
    }
}

#[test]
fn entered_and_not_copied() {
    let world = World::used();
    let id = DeliveryId::new();
    world.put("scan.tif", b"a page");
    world.entered(id, "scan.tif");
    let line = world.open();
    assert!(line.custody_findings().is_empty());
    world.take(&line);
    assert_eq!(world.only().id, id);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 1 no"]);
}

#[test]
fn entered_and_taken_away() {
    let world = World::used();
    world.entered(DeliveryId::new(), "scan.tif");
    let line = world.open();
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["scan.tif: refused 0 gone"]);
    assert_eq!(world.only().problem.as_deref(), Some(r#"{"code":"source-gone"}"#));
    world.turn(&line, 1);
    assert_eq!(world.journal().len(), 1);
}

/// A sidecar or a folder whose name it goes by may outlast its scans: the next ones are another patient's.
#[test]
fn entered_by_its_sidecar_and_its_scans_taken_away() {
    for left in [&[][..], &["p1.tif"]] {
        let world = World::used();
        let id = DeliveryId::new();
        world.put("visit.json", br#"{"format":"torikomi-sidecar-v1","files":["p1.tif","p2.tif"]}"#);
        let line = world.open();
        world.entered(id, "visit.json");
        ["p1.tif", "p2.tif"].into_iter().for_each(|page| world.put(page, b"one's"));
        world.turn(&line, 1);
        assert_eq!(world.ledger(), ["visit.json: arriving 0 no"]);
        for page in ["p1.tif", "p2.tif"].into_iter().filter(|page| !left.contains(page)) {
            fs::remove_file(world.path(page)).unwrap();
        }
        world.turn(&line, 1);
        assert_eq!(world.ledger(), ["visit.json: refused 0 gone"], "{left:?}");
        ["p1.tif", "p2.tif"].into_iter().for_each(|page| world.put(page, b"another's"));
        world.take(&line);
        assert_eq!(world.ledger(), ["visit.json: refused 0 gone", "visit.json: in-custody 1 no"]);
        assert_eq!(world.deliveries()[1].sidecar_doubt, Some(id), "{left:?}");
    }
    let world = World::used();
    fs::create_dir(world.path("batch")).unwrap();
    world.put("batch/scan.json", b"{}");
    world.entered(DeliveryId::new(), "batch");
    let line = world.open();
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["batch: refused 0 gone"]);
}

/// What was entered under a scan's name is the same delivery when it goes by its sidecar's.
#[test]
fn entered_alone_and_joined_by_a_sidecar() {
    let world = World::used();
    let line = world.open();
    world.put("p1.tif", b"a page");
    world.entered(DeliveryId::new(), "p1.tif");
    world.put("p2.tif", b"a leaf");
    world.put("visit.json", br#"{"format":"torikomi-sidecar-v1","files":["p1.tif","p2.tif"]}"#);
    world.take(&line);
    assert_eq!(world.ledger(), ["p1.tif: in-custody 1 no"]);
}

/// What speaks for the next scan may have been meant for one that vanished before it was copied, until one after it is spoken for.
#[test]
fn a_sidecar_that_outlasts_its_scan_is_in_doubt_for_the_next_one_alone() {
    let world = World::used();
    let line = world.open();
    let first = DeliveryId::new();
    world.put("scan.json", b"{}");
    world.entered(first, "scan.tif");
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["scan.tif: refused 0 gone"]);
    world.put("scan.tif", b"another's");
    world.take(&line);
    let second = world.deliveries().remove(1);
    assert_eq!(second.sidecar_doubt, Some(first));
    // A person said that it is this one's.
    let document = world.measured_complete(second.id);
    let object = Digest::of(b"{}");
    let agreed = Sidecar { object, delivered_name: "scan.json".to_owned(), list: None, whole: true };
    world.write(async move |tx| spoken::set_sidecars(tx, document, &[agreed]).await);
    world.turn(&line, 1);
    assert!(world.standing().is_empty());
    world.put("scan.json", b"{ }");
    world.put("scan.tif", b"a third's");
    world.take(&line);
    let third = world.deliveries().remove(2);
    assert_eq!((third.state, third.sidecar_doubt), (DeliveryState::InCustody, None));
}

#[test]
fn copied_and_not_recorded() {
    let world = World::used();
    let id = DeliveryId::new();
    world.put("scan.tif", b"a page");
    world.entered(id, "scan.tif");
    world.copied(id, 1, world.home);
    world.pass(3600);
    // Nothing vouches for what a copy says of its own time: somebody may have dated it back.
    let description = world.custody.join(format!("{id}.001/delivery.json"));
    let told = fs::read_to_string(&description).unwrap();
    let earlier = told.replace(r#""copied_at":"20"#, r#""copied_at":"19"#);
    assert_ne!(earlier, told);
    fs::write(&description, earlier).unwrap();
    let line = world.open();
    let row = world.only();
    assert_eq!((row.id, row.state, row.copy), (id, DeliveryState::InCustody, 1));
    assert_eq!(world.taken_in(id), [(1, world.now())]);
    assert_eq!(row.taken_in_at, Some(world.now()), "it was taken in when the journal says, and no earlier");
    assert_eq!(row.session, None, "nobody knows any more which session was open");
    world.take(&line);
    assert_eq!(world.deliveries().len(), 1);
    world.measured_complete(id);
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["scan.tif: taken 1 yes"]);
}

/// The entry is there still, as where a lost database was made anew from the journal's files.
#[test]
fn recorded_and_its_row_lost() {
    let world = World::used();
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.take(&line);
    let row = world.only();
    let taken_in = world.taken_in(row.id);
    drop(line);
    world.write(async move |tx| {
        sqlx::raw_sql("DELETE FROM delivery_file; DELETE FROM delivery").execute(tx).await?;
        Ok(())
    });
    world.pass(3600);
    let line = world.open();
    let again = world.only();
    assert_eq!((again.id, again.state, again.copy), (row.id, DeliveryState::InCustody, 1));
    assert_eq!((again.taken_in_at, again.session), (row.taken_in_at, row.session));
    assert_eq!(world.taken_in(row.id), taken_in, "it was taken in once");
    // Another copy is another intake.
    drop(line);
    world.copied(row.id, 2, world.home);
    world.pass(60);
    world.open();
    assert_eq!(world.taken_in(row.id), [taken_in, vec![(2, world.now())]].concat());
    assert_eq!(world.only().taken_in_at, Some(world.now()));
}

#[test]
fn copied_and_unknown_to_the_ledger() {
    let world = World::used();
    let id = DeliveryId::new();
    world.put("scan.tif", b"a page");
    world.copied(id, 1, world.home);
    fs::remove_file(world.path("scan.tif")).unwrap();
    let line = world.open();
    let row = world.only();
    assert_eq!((row.id, row.state, row.copy), (id, DeliveryState::InCustody, 1));
    assert_eq!(world.files(id), ["Scan scan.tif"]);
    world.measured_complete(id);
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["scan.tif: taken 1 gone"]);
    assert_eq!(world.custody(), ["001 a page"]);
}

#[test]
fn a_copy_that_is_not_what_it_says_is_kept_and_not_adopted() {
    let world = World::used();
    let id = DeliveryId::new();
    world.put("scan.tif", b"a page");
    world.entered(id, "scan.tif");
    world.copied(id, 1, world.home);
    let damaged = world.custody.join(format!("{id}.001/content-001"));
    fs::write(&damaged, b"b page").unwrap();
    let line = world.open();
    assert_eq!(line.custody_findings(), [CustodyFinding::Damaged { delivery: id, copy: 1 }]);
    assert_eq!(world.ledger(), ["scan.tif: arriving 0 no"]);
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 2 no"], "a number never comes to mean other bytes");
    assert_eq!(world.custody(), ["001 b page", "002 a page"]);
}

#[test]
fn copied_again_and_not_recorded() {
    let world = World::used();
    let line = world.open();
    world.put("scan.tif", b"half");
    world.take(&line);
    let id = world.only().id;
    world.measured_incomplete(id);
    drop(line);
    fs::OpenOptions::new().append(true).open(world.path("scan.tif")).unwrap();
    std::io::Write::write_all(&mut fs::OpenOptions::new().append(true).open(world.path("scan.tif")).unwrap(), b" more")
        .unwrap();
    world.copied(id, 2, world.home);
    let line = world.open();
    assert_eq!(world.ledger(), ["scan.tif: in-custody 2 no"]);
    assert_eq!(world.custody(), ["002 half more"]);
    drop(line);
}

#[test]
fn recorded_and_the_older_copy_not_discarded() {
    let world = World::used();
    let line = world.open();
    world.put("scan.tif", b"half");
    world.take(&line);
    let id = world.only().id;
    drop(line);
    world.copied(id, 2, world.home);
    world.write(async move |tx| {
        sqlx::query("UPDATE delivery SET copy = 2 WHERE id = $1").bind(id.to_string()).execute(tx).await?;
        Ok(())
    });
    let line = world.open();
    assert_eq!(world.custody(), ["002 half"]);
    assert!(line.custody_findings().is_empty());
}

#[test]
fn an_older_copy_stays_where_the_newer_one_is_not_what_it_says() {
    let world = World::used();
    let line = world.open();
    world.put("scan.tif", b"half");
    world.take(&line);
    let id = world.only().id;
    drop(line);
    world.copied(id, 2, world.home);
    world.write(async move |tx| {
        sqlx::query("UPDATE delivery SET copy = 2 WHERE id = $1").bind(id.to_string()).execute(tx).await?;
        Ok(())
    });
    fs::write(world.custody.join(format!("{id}.002/content-001")), b"flah").unwrap();
    let line = world.open();
    assert_eq!(world.custody(), ["001 half", "002 flah"], "the older one is the last that is whole");
    assert_eq!(line.custody_findings(), [CustodyFinding::Unexplained { delivery: id, copy: 1 }]);
}

#[test]
fn an_older_copy_stays_where_the_newer_one_is_missing() {
    let world = World::used();
    let line = world.open();
    world.put("scan.tif", b"half");
    world.take(&line);
    let id = world.only().id;
    drop(line);
    world.write(async move |tx| {
        sqlx::query("UPDATE delivery SET copy = 2 WHERE id = $1").bind(id.to_string()).execute(tx).await?;
        Ok(())
    });
    let line = world.open();
    assert_eq!(world.custody(), ["001 half"]);
    assert_eq!(
        line.custody_findings(),
        [CustodyFinding::Unexplained { delivery: id, copy: 1 }, CustodyFinding::Missing { delivery: id, copy: 2 }]
    );
}

#[test]
fn a_copy_that_vanished_is_made_anew_from_its_source() {
    let world = World::used();
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.take(&line);
    let id = world.only().id;
    drop(line);
    fs::remove_dir_all(world.custody.join(format!("{id}.001"))).unwrap();
    let line = world.open();
    assert_eq!(line.custody_findings(), [CustodyFinding::Missing { delivery: id, copy: 1 }]);
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 2 no"]);
    assert_eq!(world.custody(), ["002 a page"]);
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 2 no"]);
}

#[test]
fn what_is_not_ours_is_kept_and_told() {
    let world = World::used();
    let (id, other) = (DeliveryId::new(), HomeId::new());
    world.put("scan.tif", b"a page");
    world.copied(id, 1, other);
    fs::create_dir(world.custody.join("a person's folder")).unwrap();
    // What signing keeps there is explained.
    fs::create_dir(world.custody.join(torikomi::signing::ATTEMPTS)).unwrap();
    let line = world.open();
    assert_eq!(
        line.custody_findings(),
        [
            CustodyFinding::Stranger { name: "a person's folder".into() },
            CustodyFinding::ForeignHome { delivery: id, copy: 1 }
        ]
    );
    assert!(world.deliveries().is_empty());
    assert!(world.custody.join(format!("{id}.001")).exists());
    // The source is taken as if nothing were there.
    world.take(&line);
    assert_eq!(world.ledger(), ["scan.tif: in-custody 1 no"]);
}

#[test]
fn a_release_that_was_begun_is_ended() {
    let world = World::used();
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.take(&line);
    let id = world.only().id;
    world.measured_complete(id);
    drop(line);
    let private = world.path(".torikomi-release");
    fs::create_dir_all(&private).unwrap();
    fs::rename(world.path("scan.tif"), private.join(format!("{id}.content-001"))).unwrap();
    let line = world.open();
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["scan.tif: taken 1 yes"]);
    assert_eq!(fs::read_dir(&private).unwrap().count(), 0);
}

#[test]
fn a_release_that_was_begun_on_another_file_is_undone() {
    let world = World::used();
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.take(&line);
    let id = world.only().id;
    world.measured_complete(id);
    drop(line);
    let private = world.path(".torikomi-release");
    fs::create_dir_all(&private).unwrap();
    fs::remove_file(world.path("scan.tif")).unwrap();
    fs::write(private.join(format!("{id}.content-001")), b"another").unwrap();
    fs::write(private.join("no name of ours"), b"a third").unwrap();
    let line = world.open();
    world.take(&line);
    world.take(&line);
    assert_eq!(world.custody(), ["001 a page", "001 a third", "001 another"]);
    drop(line);
}

#[test]
fn filed_and_custody_not_cleared() {
    let world = World::used();
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.take(&line);
    let document = world.measured_complete(world.only().id);
    world.turn(&line, 1);
    drop(line);
    world.open().clear_left_over();
    assert_eq!(world.custody(), ["001 a page"]);
    world.file(document);
    let line = world.open();
    assert_eq!(world.custody(), ["001 a page"], "a backup may be looking at it");
    line.clear_left_over();
    assert!(world.custody().is_empty());
    assert!(line.custody_findings().is_empty());
}

#[test]
fn a_restart_in_every_state_takes_nothing_twice() {
    let world = World::used();
    let line = world.open();
    for file in ["incomplete.tif", "measuring.tif", "taken.tif"] {
        world.put(file, file.as_bytes());
    }
    world.take(&line);
    let id = |name: &str| world.deliveries().into_iter().find(|row| row.source_display == name).unwrap().id;
    world.measured_incomplete(id("incomplete.tif"));
    world.turn(&line, 610);
    world.measured_complete(id("taken.tif"));
    drop(line);
    let line = world.open();
    world.take(&line);
    world.take(&line);
    let mut ledger = world.ledger();
    ledger.sort();
    assert_eq!(ledger, ["incomplete.tif: incomplete 1 no", "measuring.tif: in-custody 1 no", "taken.tif: taken 1 yes"]);
}

#[test]
fn a_source_that_is_the_last_of_its_delivery_stays() {
    let world = World::used();
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.take(&line);
    let id = world.only().id;
    let document = world.measured_complete(id);
    let (copy, away) = (world.custody.join(format!("{id}.001")), world.folder.path().join("away"));
    fs::rename(&copy, &away).unwrap();
    world.turn(&line, 1);
    world.turn(&line, 61);
    world.turn(&line, 1);
    assert_eq!(world.standing(), ["scan.tif"]);
    assert_eq!(line.stations()[0].problem, Some(StationProblem::CopyMissing));
    // Put back, with a byte that the disk has lost.
    fs::rename(&away, &copy).unwrap();
    let member = copy.join("content-001");
    fs::write(&member, b"a pagE").unwrap();
    world.turn(&line, 61);
    assert_eq!(world.standing(), ["scan.tif"]);
    assert_eq!(line.stations()[0].problem, Some(StationProblem::CopyMissing));
    world.file(document);
    world.turn(&line, 61);
    assert_eq!(world.ledger(), ["scan.tif: taken 1 yes"], "the store has it");
}

/// A folder that could not be written to becomes writable when the copies are long gone, and the bucket was set back.
#[test]
fn a_source_that_is_the_last_of_what_is_filed_stays() {
    let mut world = World::new();
    world.er_1().source_release = SourceRelease::Filed;
    let line = world.open();
    world.put("one.tif", b"a page");
    world.put("two.tif", b"a leaf");
    world.take(&line);
    for row in world.deliveries() {
        world.file(world.measured_complete(row.id));
        assert!(line.cleanup(row.id).unwrap());
    }
    assert!(world.custody().is_empty());
    *world.lacking.lock().unwrap() = Some(Digest::of(b"a page"));
    world.turn(&line, 1);
    assert_eq!(world.standing(), ["one.tif"]);
    assert_eq!(line.stations()[0].problem, Some(StationProblem::CopyMissing));

    // While the store is away nobody can tell, and one question is enough.
    world.put("three.tif", b"a side");
    world.put("four.tif", b"a back");
    world.take(&line);
    let later = world.deliveries().split_off(2);
    assert_eq!(later.len(), 2);
    for row in later {
        world.file(world.measured_complete(row.id));
        assert!(line.cleanup(row.id).unwrap());
    }
    world.store_away.store(true, Ordering::SeqCst);
    *world.lacking.lock().unwrap() = None;
    world.asked.lock().unwrap().clear();
    for _ in 0..2 {
        world.turn(&line, 61);
        world.turn(&line, 1);
    }
    assert_eq!(world.standing(), ["four.tif", "one.tif", "three.tif"]);
    assert_eq!(line.stations()[0].problem, None, "the store tells of itself");
    assert_eq!(world.asked.lock().unwrap().len(), 2);
    world.store_away.store(false, Ordering::SeqCst);
    world.turn(&line, 61);
    assert!(world.standing().is_empty());
}

/// An object for which the store never answers keeps no other source waiting for ever, and is told of.
#[test]
fn a_source_for_which_the_store_is_silent_stays_alone() {
    let mut world = World::new();
    world.er_1().source_release = SourceRelease::Filed;
    let line = world.open();
    let files: [(&str, &[u8]); 3] = [("a.tif", b"a page"), ("b.tif", b"a leaf"), ("c.tif", b"a side")];
    files.iter().for_each(|(name, bytes)| world.put(name, bytes));
    world.take(&line);
    *world.silent.lock().unwrap() = Some(Digest::of(b"a page"));
    for row in world.deliveries() {
        world.file(world.measured_complete(row.id));
        // Custody has the last one still.
        if row.source_display != "c.tif" {
            fs::remove_dir_all(world.custody.join(format!("{}.001", row.id))).unwrap();
        }
    }
    world.turn(&line, 1);
    assert_eq!(world.standing(), ["a.tif", "b.tif"]);
    assert_eq!(line.stations()[0].problem, None, "the store tells of itself");
    world.turn(&line, 61);
    assert_eq!(world.standing(), ["a.tif"]);
    let problem = line.stations()[0].problem.clone();
    assert!(matches!(problem, Some(StationProblem::StoreSilent { .. })), "{problem:?}");
    *world.silent.lock().unwrap() = None;
    world.turn(&line, 61);
    assert!(world.standing().is_empty());
    world.turn(&line, 1);
    assert_eq!(line.stations()[0].problem, None);
}

/// A bucket asked for each source in each minute costs money, and tells nothing where none can be removed.
#[test]
fn the_store_is_not_asked_again_for_what_cannot_be_removed() {
    let mut world = World::alone();
    world.er_1().source_release = SourceRelease::Filed;
    let line = world.open();
    world.put("scan.tif", b"a page");
    world.take(&line);
    world.file(world.measured_complete(world.only().id));
    assert!(line.cleanup(world.only().id).unwrap());
    drop(line);
    let folder = world.stations[0].folder.clone();
    let mount = Mount::read_only(&folder);
    world.er_1().folder = mount.path.clone();
    let line = world.open();
    world.turn(&line, 1);
    assert_eq!(world.ledger(), ["scan.tif: taken 1 cannot"]);
    world.asked.lock().unwrap().clear();
    for _ in 0..3 {
        world.turn(&line, 61);
        assert_eq!(line.stations()[0].problem, Some(StationProblem::ReadOnly));
    }
    assert!(world.asked.lock().unwrap().is_empty());
    drop(line);
    world.er_1().folder = folder;
    drop(mount);
    let line = world.open();
    world.turn(&line, 61);
    assert!(world.standing().is_empty());
}
