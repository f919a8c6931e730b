//! Real folders; full, read-only and vanished ones among them.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::testing::Mount;
use super::*;

fn folder() -> (tempfile::TempDir, Folder) {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::open(place.path()).unwrap();
    (place, folder)
}

/// A folder whose names can be changed, but whose fsync fails: the descriptor is one of `O_PATH`.
fn folder_that_cannot_sync(path: &Path) -> Folder {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Folder::from_descriptor(rustix::fs::open(path, flags, Mode::empty()).unwrap(), path.to_owned())
}

fn names(folder: &Folder) -> Vec<String> {
    folder.names(100).unwrap().into_iter().map(|name| name.into_string().unwrap()).collect()
}

#[test]
fn create_new_writes_once_and_keeps_what_stands() {
    let (place, folder) = folder();
    let written = folder.create_new("a", b"one").unwrap();
    assert_eq!(written, Written { digest: Digest::of(b"one"), size: 3 });
    assert_eq!(folder.create_new("a", b"two").unwrap_err().class(), Class::Exists);
    assert_eq!(fs::read(place.path().join("a")).unwrap(), b"one");
    assert_eq!(fs::metadata(place.path().join("a")).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(fs::metadata(place.path().join("a")).unwrap().nlink(), 1);
    assert_eq!(names(&folder), ["a"]);
}

#[test]
fn create_or_same_can_be_run_twice() {
    let (_place, folder) = folder();
    let first = folder.create_or_same("a", b"one").unwrap();
    assert_eq!(folder.create_or_same("a", b"one").unwrap(), first);
    assert_eq!(folder.create_or_same("a", b"two").unwrap_err().class(), Class::Exists);
    assert_eq!(folder.read("a", 10).unwrap(), b"one");
    assert_eq!(names(&folder), ["a"]);
}

#[test]
fn replace_and_remove() {
    let (_place, folder) = folder();
    folder.create_new("a", b"one").unwrap();
    folder.replace("a", b"two").unwrap();
    assert_eq!(folder.read("a", 10).unwrap(), b"two");
    folder.remove("a").unwrap();
    folder.remove("a").unwrap();
    assert!(names(&folder).is_empty());
}

#[test]
fn what_is_not_durable_does_not_bear_the_name() {
    let (place, folder) = folder();
    let broken = folder_that_cannot_sync(place.path());
    assert_eq!(broken.create_new("a", b"one").unwrap_err().class(), Class::Other);
    let draft = broken.draft().unwrap();
    draft.write("x", |sink| sink.write(b"x")).unwrap();
    draft.place("d").unwrap_err();
    assert!(names(&folder).is_empty(), "{:?}", names(&folder));
}

#[test]
fn a_write_given_up_leaves_nothing() {
    let (_place, folder) = folder();
    let given_up = folder.create_new_from("a", |sink| {
        sink.write(b"half")?;
        Err(Failure::new("read", Path::new("source"), Errno::IO))
    });
    given_up.unwrap_err();
    assert!(names(&folder).is_empty());
}

#[test]
fn a_draft_appears_whole_or_not_at_all() {
    let (_place, folder) = folder();
    let draft = folder.draft().unwrap();
    draft.write("one", |sink| sink.write(b"1")).unwrap();
    drop(draft);
    assert!(names(&folder).is_empty());

    let draft = folder.draft().unwrap();
    draft.write("one", |sink| sink.write(b"1")).unwrap();
    let placed = draft.place("d").unwrap();
    assert_eq!(names(&placed), ["one"]);
    assert_eq!(placed.path(), folder.path().join("d"));

    let second = folder.draft().unwrap();
    second.write("two", |sink| sink.write(b"2")).unwrap();
    assert_eq!(second.place("d").unwrap_err().class(), Class::Exists);
    assert_eq!(names(&placed), ["one"]);
    assert_eq!(names(&folder), ["d"]);

    folder.remove_folder("d").unwrap();
    folder.remove_folder("d").unwrap();
    assert!(names(&folder).is_empty());
}

#[test]
fn leftovers_of_a_crash_are_cleared_and_nothing_else() {
    let (place, folder) = folder();
    fs::write(place.path().join(temporary_name()), "half").unwrap();
    let half = place.path().join(temporary_name());
    fs::create_dir(&half).unwrap();
    fs::write(half.join("content-001"), "half").unwrap();
    folder.create_new("kept", b"x").unwrap();
    assert_eq!(folder.clear_leftovers().unwrap(), 2);
    assert_eq!(names(&folder), ["kept"]);
}

#[test]
fn a_full_disk_says_so_and_leaves_nothing() {
    let mount = Mount::of_size(64 * 1024);
    let folder = Folder::open(&mount.path).unwrap();
    let failure = folder.create_new("a", &[1; 100 * 1024]).unwrap_err();
    assert_eq!(failure.class(), Class::DiskFull);
    assert!(failure.to_string().contains("make room"), "{failure}");
    assert!(names(&folder).is_empty());
    // Once there is room, the same call succeeds.
    folder.create_new("a", &[1; 10 * 1024]).unwrap();
}

#[test]
fn a_read_only_file_system_says_so() {
    let (place, _folder) = folder();
    let mount = Mount::read_only(place.path());
    let folder = Folder::open(&mount.path).unwrap();
    assert_eq!(folder.create_new("a", b"x").unwrap_err().class(), Class::ReadOnly);
}

#[test]
fn a_vanished_folder_says_so() {
    let (place, folder) = folder();
    drop(place);
    assert_eq!(folder.create_new("a", b"x").unwrap_err().class(), Class::Gone);
    assert_eq!(Folder::open(folder.path()).unwrap_err().class(), Class::Gone);
}

#[test]
fn names_do_not_lead_elsewhere() {
    let (place, folder) = folder();
    for wrong in ["", ".", "..", "a/b", "/tmp/x", "a\0b"] {
        assert!(folder.create_new(wrong, b"x").is_err(), "{wrong:?}");
    }
    std::os::unix::fs::symlink("/etc", place.path().join("link")).unwrap();
    assert!(folder.open_folder("link").is_err());
    assert!(folder.open_file("link").is_err());
    assert!(folder.make_folder("link").is_err());
}

#[test]
fn reading_is_bounded() {
    let (_place, folder) = folder();
    folder.create_new("a", b"four").unwrap();
    assert!(folder.read("a", 4).is_ok());
    assert!(folder.read("a", 3).is_err());
    assert!(folder.names(0).is_err());
}

#[test]
fn what_is_moved_and_not_durable_goes_back() {
    let (place, folder) = folder();
    let into = folder.make_folder("into").unwrap();
    folder.create_new("a", b"one").unwrap();
    let stands = || (place.path().join("a").exists(), into.path().join("b").exists());
    assert!(folder.move_into(OsStr::new("a"), &folder_that_cannot_sync(into.path()), "b").is_err());
    assert_eq!(stands(), (true, false));
    assert!(folder_that_cannot_sync(place.path()).move_into(OsStr::new("a"), &into, "b").is_err());
    assert_eq!(stands(), (true, false));
    folder.move_into(OsStr::new("a"), &into, "b").unwrap();
    assert_eq!(stands(), (false, true));
}

#[test]
fn a_quota_that_is_used_up_is_a_full_disk() {
    for number in [libc::ENOSPC, libc::EDQUOT] {
        assert_eq!(Class::of(&io::Error::from_raw_os_error(number)), Class::DiskFull);
    }
    assert_eq!(Class::of(&io::Error::from_raw_os_error(libc::EIO)), Class::Other);
}
