//! Real files, copied into real folders.

use std::cell::Cell;
use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::*;
use crate::durable::testing::Mount;
use crate::intake::companions::{bundle_of, companions};
use crate::intake::drop::Limits;
use crate::system::{wait_until_closed, write_and_close};

struct Place {
    source: tempfile::TempDir,
    drop: DropFolder,
    _private: tempfile::TempDir,
    custody: Folder,
    delivery: DeliveryId,
    home: HomeId,
}

impl Place {
    fn new() -> Self {
        let (source, private) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let home = HomeId::new();
        let drop = DropFolder::establish(source.path(), home, &"er-1".parse().unwrap()).unwrap();
        let custody = Folder::open(private.path()).unwrap();
        Self { source, drop, custody, _private: private, delivery: DeliveryId::new(), home }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.source.path().join(name)
    }

    fn bundle(&self) -> Bundle {
        let sweep = self.drop.sweep(&Limits::default()).unwrap();
        let mut bundles = companions(&sweep.files, |_| None).bundles;
        bundles.extend(sweep.folders.iter().map(bundle_of));
        assert_eq!(bundles.len(), 1);
        bundles.remove(0)
    }

    fn take(&self, bundle: &Bundle) -> Result<CustodyCopy, CustodyError> {
        self.take_copy(bundle, 1, &|| Instant::from_microseconds(7).unwrap())
    }

    fn take_copy(&self, bundle: &Bundle, copy: u32, now: &dyn Fn() -> Instant) -> Result<CustodyCopy, CustodyError> {
        let order = Order {
            arrival: 1,
            delivery: self.delivery,
            copy,
            home: self.home,
            bundle,
            weaker_completeness: false,
            largest: 1_000_000,
        };
        take(&self.custody, &self.drop, &order, now)
    }

    fn in_custody(&self) -> usize {
        self.custody.names(100).unwrap().len()
    }
}

fn append(path: PathBuf) {
    OpenOptions::new().append(true).open(path).unwrap().write_all(b" and more").unwrap();
}

#[test]
fn a_copy_is_private_and_describes_itself() {
    let place = Place::new();
    write_and_close(place.path("架空 花子.tif"), "page").unwrap();
    write_and_close(place.path("架空 花子.json"), "{}").unwrap();
    let bundle = place.bundle();
    let taken = place.take(&bundle).unwrap();
    let manifest = taken.manifest();
    assert_eq!(manifest.members.len(), 2);
    assert_eq!(manifest.members[0].digest, Digest::of(b"page"));
    assert_eq!(manifest.members[0].name, bundle.name);
    assert_eq!((manifest.members[0].part, manifest.members[1].part), (Part::Document, Part::Sidecar));

    let found = CustodyCopy::open(&place.custody, place.delivery, 1).unwrap();
    assert_eq!(found.manifest(), manifest);
    found.verify().unwrap();
    let mut bytes = String::new();
    found.open_member(&manifest.members[0]).unwrap().read_to_string(&mut bytes).unwrap();
    assert_eq!(bytes, "page");

    let folder = place.custody.path().join(folder_name(place.delivery, 1));
    assert_eq!(fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).unwrap().map(Result::unwrap) {
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        names.push(entry.file_name().into_string().unwrap());
    }
    names.sort();
    assert_eq!(names, ["content-001", "content-002", MANIFEST]);
    // The sources stay as they were.
    assert_eq!(place.bundle(), bundle);
}

#[test]
fn the_description_is_canonical_json_and_strict() {
    let place = Place::new();
    write_and_close(place.path("scan.tif"), "page").unwrap();
    let taken = place.take(&place.bundle()).unwrap();
    let path = place.custody.path().join(folder_name(place.delivery, 1)).join(MANIFEST);
    let text = fs::read_to_string(&path).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), text);
    assert_eq!(value["name"]["bytes"], "c2Nhbi50aWY=");
    assert_eq!(value["copied_at"], "1970-01-01T00:00:00.000007Z");
    for (from, to) in [("\"format\":1", "\"format\":2"), ("content-001", "../content"), ("\"copy\":1", "\"copy\":2")] {
        write_and_close(&path, text.replace(from, to)).unwrap();
        CustodyCopy::open(&place.custody, place.delivery, 1).unwrap_err();
    }
    write_and_close(&path, &text).unwrap();
    assert_eq!(CustodyCopy::open(&place.custody, place.delivery, 1).unwrap().manifest(), taken.manifest());
}

#[test]
fn an_index_of_the_drop_folder_is_copied_and_outlives_the_delivery() {
    let place = Place::new();
    write_and_close(place.path("scan.tif"), "page").unwrap();
    write_and_close(place.path("index.csv"), "file,patient_id\n").unwrap();
    let taken = place.take(&place.bundle()).unwrap();
    let files = |members: Vec<&Member>| members.iter().map(|member| member.name.to_string()).collect::<Vec<_>>();
    assert_eq!(files(taken.manifest().members.iter().collect()), ["scan.tif", "index.csv"]);
    assert_eq!(files(taken.manifest().own_members().collect()), ["scan.tif"]);
    let in_a_folder = Manifest { is_folder: true, ..taken.manifest().clone() };
    assert_eq!(in_a_folder.own_members().count(), 2);
}

#[test]
fn a_source_that_changed_since_it_was_seen_is_not_taken() {
    let place = Place::new();
    write_and_close(place.path("scan.tif"), "page").unwrap();
    let bundle = place.bundle();
    append(place.path("scan.tif"));
    assert!(matches!(place.take(&bundle), Err(CustodyError::SourceChanged)));
    let found = bundle.members().next().unwrap();
    assert!(unchanged(&place.drop, found).is_err(), "it is seen before anything is copied");
    let bundle = place.bundle();
    fs::remove_file(place.path("scan.tif")).unwrap();
    assert!(matches!(place.take(&bundle), Err(CustodyError::SourceGone)));
    assert_eq!(place.in_custody(), 0);
}

#[test]
fn a_source_that_somebody_has_opened_for_writing_is_not_taken() {
    let place = Place::new();
    write_and_close(place.path("scan.tif"), "page").unwrap();
    let bundle = place.bundle();
    let found = bundle.members().next().unwrap();
    let source = unchanged(&place.drop, found).unwrap();
    let writer = OpenOptions::new().append(true).open(place.path("scan.tif")).unwrap();
    assert!(matches!(place.take(&bundle), Err(CustodyError::SourceChanged)));
    // Opened before the copy, or during it.
    assert!(unchanged(&place.drop, found).is_err());
    assert!(still_unchanged(&place.drop, found, &source).is_err());
    drop(writer);
    wait_until_closed(&place.path("scan.tif"));
    place.take(&bundle).unwrap();
}

/// A reader that does something to the file once it has been read to its end.
struct Meddler<F: FnMut()>(File, F);

impl<F: FnMut()> Read for Meddler<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.0.read(buffer)?;
        (self.1)();
        Ok(count)
    }
}

#[test]
fn a_source_that_grows_or_shrinks_during_the_copy_is_noticed_by_its_length() {
    let place = Place::new();
    for longer in [true, false] {
        write_and_close(place.path("scan.tif"), vec![1; durable::BUFFER * 2]).unwrap();
        let size = place.drop.look(&place.bundle().name).unwrap().size;
        let path = place.path("scan.tif");
        let meddle = || {
            let file = OpenOptions::new().write(true).open(&path).unwrap();
            file.set_len(if longer { size + 1 } else { 1 }).unwrap();
        };
        let mut source = Meddler(File::open(&path).unwrap(), meddle);
        let draft = place.custody.draft().unwrap();
        let copied = draft.write("content-001", |sink| copy(&mut source, size, sink));
        assert!(matches!(copied, Err(CustodyError::SourceChanged)), "{copied:?}");
    }
}

#[test]
fn a_source_that_changed_after_it_was_read_is_noticed_by_stat() {
    let place = Place::new();
    write_and_close(place.path("scan.tif"), "page").unwrap();
    let bundle = place.bundle();
    let found = bundle.members().next().unwrap();
    let source = unchanged(&place.drop, found).unwrap();
    still_unchanged(&place.drop, found, &source).unwrap();

    // Same length, other bytes.
    OpenOptions::new().write(true).open(place.path("scan.tif")).unwrap().write_all(b"PAGE").unwrap();
    assert!(matches!(still_unchanged(&place.drop, found, &source), Err(CustodyError::SourceChanged)));

    // Another file under the name, while ours is untouched.
    let bundle = place.bundle();
    let found = bundle.members().next().unwrap();
    let source = unchanged(&place.drop, found).unwrap();
    fs::hard_link(place.path("scan.tif"), place.source.path().join(".kept")).unwrap();
    write_and_close(place.path("new.part"), "page").unwrap();
    fs::rename(place.path("new.part"), place.path("scan.tif")).unwrap();
    assert!(matches!(still_unchanged(&place.drop, found, &source), Err(CustodyError::SourceChanged)));
}

#[test]
fn a_member_that_changes_while_a_later_one_is_copied_is_noticed() {
    let place = Place::new();
    fs::create_dir(place.path("batch")).unwrap();
    for page in ["batch/p1.tif", "batch/p2.tif"] {
        write_and_close(place.path(page), "page").unwrap();
    }
    let bundle = place.bundle();
    // The clock is read for the second time when every member has been copied.
    let readings = Cell::new(0);
    let meddling = || {
        readings.set(readings.get() + 1);
        if readings.get() == 2 {
            append(place.path("batch/p1.tif"));
        }
        Instant::from_microseconds(7).unwrap()
    };
    assert!(matches!(place.take_copy(&bundle, 1, &meddling), Err(CustodyError::SourceChanged)));
    assert_eq!(readings.get(), 2);
    assert_eq!(place.in_custody(), 0);
    let bundle = place.bundle();
    assert_eq!(place.take(&bundle).unwrap().manifest().members.len(), 2);
}

#[test]
fn a_longer_delivery_than_allowed_is_refused_before_it_is_read() {
    let place = Place::new();
    // Sparse: a terabyte that takes no room.
    File::create(place.path("scan.tif")).unwrap().set_len(1 << 40).unwrap();
    assert!(matches!(place.take(&place.bundle()), Err(CustodyError::TooLarge { limit: 1_000_000 })));
    assert_eq!(place.in_custody(), 0);
}

#[test]
fn a_full_disk_says_so_keeps_the_source_and_works_again() {
    let place = Place::new();
    let mount = Mount::of_size(64 * 1024);
    let place = Place { custody: Folder::open(&mount.path).unwrap(), ..place };
    write_and_close(place.path("scan.tif"), vec![1; 40 * 1024]).unwrap();
    let bundle = place.bundle();
    write_and_close(mount.path.join("other"), vec![1; 40 * 1024]).unwrap();
    let error = place.take(&bundle).unwrap_err();
    assert!(error.is_disk_full(), "{error}");
    assert_eq!(place.in_custody(), 1);
    assert_eq!(place.bundle(), bundle);
    fs::remove_file(mount.path.join("other")).unwrap();
    place.take(&bundle).unwrap().verify().unwrap();
}

#[test]
fn a_delivery_copied_again_gets_another_name() {
    let place = Place::new();
    write_and_close(place.path("scan.tif"), "half").unwrap();
    place.take(&place.bundle()).unwrap();
    assert!(matches!(
        place.take(&place.bundle()),
        Err(CustodyError::Write(failure)) if failure.class() == Class::Exists
    ));
    append(place.path("scan.tif"));
    let clock = Cell::new(10);
    let now = || {
        clock.set(clock.get() + 1);
        Instant::from_microseconds(clock.get()).unwrap()
    };
    let second = place.take_copy(&place.bundle(), 2, &now).unwrap();
    assert!(second.manifest().begun_at < second.manifest().copied_at);
    assert_eq!(place.in_custody(), 2);
    discard(&place.custody, place.delivery, 1).unwrap();
    discard(&place.custody, place.delivery, 1).unwrap();
    assert_eq!(place.in_custody(), 1);
    CustodyCopy::open(&place.custody, place.delivery, 2).unwrap().verify().unwrap();
}

#[test]
fn a_survey_finds_copies_clears_leftovers_and_keeps_strangers() {
    let place = Place::new();
    write_and_close(place.path("scan.tif"), "page").unwrap();
    place.take(&place.bundle()).unwrap();
    let custody = place.custody.path();
    fs::create_dir(custody.join(format!("{}x", durable::TEMPORARY))).unwrap();
    fs::create_dir(custody.join(folder_name(DeliveryId::new(), 1))).unwrap();
    write_and_close(custody.join("stranger"), "?").unwrap();
    write_and_close(custody.join(".torikomi-custody"), "marker").unwrap();
    let survey = survey(&place.custody).unwrap();
    assert_eq!((survey.cleared, survey.copies.len(), survey.strangers.len()), (1, 2, 1));
    assert_eq!(survey.copies[&place.delivery], BTreeSet::from([1]));
    let open = |delivery: &DeliveryId| CustodyCopy::open(&place.custody, *delivery, 1);
    let (nameless, _) = survey.copies.iter().find(|(delivery, _)| **delivery != place.delivery).unwrap();
    open(nameless).unwrap_err().of_the_copy().unwrap();
    let copy = open(&place.delivery).unwrap();
    assert_eq!(copy.manifest().delivery, place.delivery);

    let content = custody.join(folder_name(place.delivery, 1)).join("content-001");
    write_and_close(content, "PAGE").unwrap();
    assert!(matches!(copy.verify(), Err(CustodyError::Damaged)));
}
