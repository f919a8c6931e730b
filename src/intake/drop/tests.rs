//! Real files in real folders.

use std::fs;
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::*;
use crate::durable::testing::Mount;
use crate::system::write_and_close;

struct Place {
    folder: tempfile::TempDir,
    drop: DropFolder,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let drop = DropFolder::establish(folder.path(), HomeId::new(), &"er-1".parse().unwrap()).unwrap();
        Self { folder, drop }
    }

    fn path(&self, name: impl AsRef<OsStr>) -> PathBuf {
        self.folder.path().join(Path::new(name.as_ref()))
    }

    fn write(&self, name: impl AsRef<OsStr>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_and_close(path, "x").unwrap();
    }

    fn sweep(&self) -> Sweep {
        self.drop.sweep(&Limits::default()).unwrap()
    }
}

fn names(found: &[Found]) -> Vec<String> {
    found.iter().map(|found| found.name.to_string()).collect()
}

fn refusals(refused: &[Refusal]) -> Vec<(String, RefusalKind)> {
    refused.iter().map(|refusal| (refusal.name.to_string(), refusal.kind)).collect()
}

fn name(bytes: &[u8]) -> SourceName {
    SourceName::new(OsStr::from_bytes(bytes).to_owned()).unwrap()
}

#[test]
fn a_folder_is_ours_by_its_marker_alone() {
    let place = tempfile::tempdir().unwrap();
    let path = place.path();
    let (home, station): (_, Name) = (HomeId::new(), "er-1".parse().unwrap());
    assert!(matches!(DropFolder::open(path, home, &station), Err(Unreachable::NoMarker { .. })));
    DropFolder::establish(path, home, &station).unwrap();
    DropFolder::establish(path, home, &station).unwrap();
    let drop = DropFolder::open(path, home, &station).unwrap();
    drop.check().unwrap();

    let foreign = |opened: Result<DropFolder, Unreachable>| matches!(opened, Err(Unreachable::Foreign { .. }));
    assert!(foreign(DropFolder::open(path, HomeId::new(), &station)));
    assert!(foreign(DropFolder::open(path, home, &"er-2".parse().unwrap())));
    assert!(foreign(DropFolder::establish(path, HomeId::new(), &station)));

    write_and_close(path.join(MARKER), "{}").unwrap();
    assert!(matches!(drop.check(), Err(Unreachable::MarkerUnreadable { .. })));
    fs::remove_file(path.join(MARKER)).unwrap();
    assert!(matches!(drop.sweep(&Limits::default()), Err(Unreachable::NoMarker { .. })));
}

#[test]
fn a_vanished_or_exchanged_folder_is_unreachable_and_not_empty() {
    let above = tempfile::tempdir().unwrap();
    let path = above.path().join("drop");
    fs::create_dir(&path).unwrap();
    let (home, station): (_, Name) = (HomeId::new(), "er-1".parse().unwrap());
    let drop = DropFolder::establish(&path, home, &station).unwrap();
    fs::rename(&path, above.path().join("elsewhere")).unwrap();
    assert!(matches!(drop.sweep(&Limits::default()), Err(Unreachable::Gone { .. })));
    fs::create_dir(&path).unwrap();
    assert!(matches!(drop.sweep(&Limits::default()), Err(Unreachable::Replaced { .. })));
    assert!(matches!(DropFolder::open(&path, home, &station), Err(Unreachable::NoMarker { .. })));
    fs::remove_dir(&path).unwrap();
    fs::rename(above.path().join("elsewhere"), &path).unwrap();
    drop.sweep(&Limits::default()).unwrap();
}

#[test]
fn a_mount_that_goes_away_is_unreachable() {
    let mount = Mount::of_size(64 * 1024);
    let (home, station): (_, Name) = (HomeId::new(), "er-1".parse().unwrap());
    let drop = DropFolder::establish(&mount.path, home, &station).unwrap();
    drop.sweep(&Limits::default()).unwrap();
    let path = mount.path.clone();
    let place = mount.unmount();
    assert!(path.is_dir(), "the mount point stays, and is empty");
    assert!(matches!(drop.sweep(&Limits::default()), Err(Unreachable::Replaced { .. })));
    assert!(matches!(DropFolder::open(&path, home, &station), Err(Unreachable::NoMarker { .. })));
    drop_place(place);
}

fn drop_place(place: tempfile::TempDir) {
    place.close().unwrap();
}

#[test]
fn candidates_are_files_with_whatever_name() {
    let place = Place::new();
    let odd: [&[u8]; 6] = [
        b"plain.tif",
        b"two\nlines.tif",
        b"\x83X\x83L\x83\x83\x83\x93.tif",
        "架空 花子.tif".as_bytes(),
        b"with space.tif",
        b"-rf",
    ];
    for bytes in odd {
        place.write(OsStr::from_bytes(bytes));
    }
    for other in [".hidden", "a.part", "Thumbs.db", "_status/note.txt", ".torikomi-tmp-1"] {
        place.write(other);
    }
    let sweep = place.sweep();
    let mut expected: Vec<Vec<u8>> = odd.iter().map(|bytes| bytes.to_vec()).collect();
    expected.sort();
    assert_eq!(sweep.files.iter().map(|found| found.name.as_bytes().to_vec()).collect::<Vec<_>>(), expected);
    assert_eq!(names(&sweep.temporary), [".hidden", "a.part"]);
    assert!(sweep.folders.is_empty() && sweep.refused.is_empty() && !sweep.cut_short);
    for found in &sweep.files {
        let source = place.drop.open_file(&found.name).unwrap();
        assert_eq!((source.stat, source.lease()), (found.stat, Lease::Free));
    }
}

#[test]
fn what_is_no_file_is_refused_by_kind_and_never_opened() {
    let place = Place::new();
    place.write("scan.tif");
    std::os::unix::fs::symlink("scan.tif", place.path("link.tif")).unwrap();
    std::os::unix::fs::symlink("/", place.path("linked-folder")).unwrap();
    std::os::unix::fs::symlink("nowhere", place.path("broken.tif")).unwrap();
    let _listener = UnixListener::bind(place.path("socket")).unwrap();
    for (program, arguments) in [("mkfifo", vec!["pipe"]), ("mknod", vec!["null", "c", "1", "3"])] {
        let done = Command::new(program).args(arguments).current_dir(place.folder.path()).status().unwrap();
        assert!(done.success(), "{program} must work: this test runs as root");
    }
    let sweep = place.sweep();
    assert_eq!(names(&sweep.files), ["scan.tif"]);
    assert!(sweep.folders.is_empty());
    assert_eq!(
        refusals(&sweep.refused),
        [
            ("broken.tif".into(), RefusalKind::SymbolicLink),
            ("link.tif".into(), RefusalKind::SymbolicLink),
            ("linked-folder".into(), RefusalKind::SymbolicLink),
            ("null".into(), RefusalKind::Device),
            ("pipe".into(), RefusalKind::Fifo),
            ("socket".into(), RefusalKind::Socket),
        ]
    );
    for refusal in &sweep.refused {
        assert!(matches!(place.drop.open_file(&refusal.name), Err(SourceTrouble::NotAFile)), "{refusal:?}");
    }
    assert!(matches!(place.drop.open_file(&name(b"linked-folder/etc/passwd")), Err(SourceTrouble::NotAFile)));
}

#[test]
fn a_folder_moved_in_is_one_delivery_with_all_below_it() {
    let outside = tempfile::tempdir_in(std::env::temp_dir()).unwrap();
    let batch = outside.path().join("batch");
    fs::create_dir_all(batch.join("inner/deep")).unwrap();
    for file in ["p1.tif", "p1.json", "inner/p2.tif", "inner/deep/p3.tif", "Thumbs.db"] {
        write_and_close(batch.join(file), "x").unwrap();
    }
    let place = Place::new();
    fs::rename(&batch, place.path("batch")).unwrap();
    let sweep = place.sweep();
    assert!(sweep.files.is_empty());
    let [folder] = sweep.folders.as_slice() else { panic!("{sweep:?}") };
    assert_eq!(folder.name, name(b"batch"));
    assert_eq!(
        names(&folder.members),
        ["batch/inner/deep/p3.tif", "batch/inner/p2.tif", "batch/p1.json", "batch/p1.tif"]
    );
    assert_eq!(names(&folder.folders), ["batch/inner", "batch/inner/deep"]);
    assert!(folder.temporary.is_empty() && folder.refused.is_empty());
}

#[test]
fn what_prevents_a_folder_is_told_with_it() {
    let place = Place::new();
    place.write("batch/p1.tif");
    place.write("batch/p2.tif.part");
    std::os::unix::fs::symlink("p1.tif", place.path("batch/p3.tif")).unwrap();
    let folder = &place.sweep().folders[0];
    assert_eq!(names(&folder.members), ["batch/p1.tif"]);
    assert_eq!(names(&folder.temporary), ["batch/p2.tif.part"]);
    assert_eq!(refusals(&folder.refused), [("batch/p3.tif".into(), RefusalKind::SymbolicLink)]);
}

#[test]
fn another_mount_inside_is_not_entered() {
    let place = Place::new();
    let other = tempfile::tempdir().unwrap();
    write_and_close(other.path().join("foreign.tif"), "x").unwrap();
    fs::create_dir(place.path("mounted")).unwrap();
    let mount = Mount::over(other.path(), &place.path("mounted"));
    let sweep = place.sweep();
    assert_eq!(refusals(&sweep.refused), [("mounted".into(), RefusalKind::OtherFileSystem)]);
    assert!(sweep.folders.is_empty());
    drop(mount);
}

#[test]
fn folders_beyond_a_limit_are_refused_whole() {
    let place = Place::new();
    for page in 0..5 {
        place.write(format!("batch/{page}.tif"));
    }
    place.write("deep/a/b/c/p.tif");
    let limits = Limits { names: 100, members: 4, depth: 3 };
    let sweep = place.drop.sweep(&limits).unwrap();
    assert_eq!(refusals(&sweep.folders[0].refused), [("batch".into(), RefusalKind::TooMany { limit: 4 })]);
    assert_eq!(refusals(&sweep.folders[1].refused), [("deep/a/b/c".into(), RefusalKind::TooDeep { limit: 3 })]);
    let roomy = Limits { names: 100, members: 5, depth: 4 };
    assert!(place.drop.sweep(&roomy).unwrap().folders.iter().all(|folder| folder.refused.is_empty()));

    for file in 0..10 {
        place.write(format!("{file}.tif"));
    }
    let sweep = place.drop.sweep(&Limits { names: 3, ..limits }).unwrap();
    assert!(sweep.cut_short);
}

#[test]
fn one_file_under_two_names_has_one_identity() {
    let place = Place::new();
    place.write("a.tif");
    fs::hard_link(place.path("a.tif"), place.path("b.tif")).unwrap();
    let files = place.sweep().files;
    assert_eq!(files[0].stat.identity(), files[1].stat.identity());
    assert_eq!(files[0].stat.links, 2);
}

#[test]
fn every_refusal_has_its_message_in_both_languages() {
    let kinds = [
        RefusalKind::SymbolicLink,
        RefusalKind::Fifo,
        RefusalKind::Socket,
        RefusalKind::Device,
        RefusalKind::OtherFileSystem,
        RefusalKind::TooDeep { limit: 1 },
        RefusalKind::TooMany { limit: 1 },
        RefusalKind::Unreadable,
    ];
    for messages in [include_str!("../../messages/ja/intake.ftl"), include_str!("../../messages/en/intake.ftl")] {
        for kind in kinds {
            let json = serde_json::to_value(kind).unwrap();
            let id = format!("intake-{} = ", json["code"].as_str().unwrap());
            let message = messages.lines().find(|line| line.starts_with(&id)).unwrap_or_else(|| panic!("{id}"));
            assert_eq!(message.contains("{ $limit }"), json.get("limit").is_some(), "{message}");
        }
    }
}

/// From now on `openat2` fails in this thread, and in no other: as on a share whose server was restarted.
fn refuse_to_open_beneath(errno: i32) {
    let architecture = std::env::consts::ARCH.try_into().unwrap();
    let filter = seccompiler::SeccompFilter::new(
        [(libc::SYS_openat2, Vec::new())].into_iter().collect(),
        seccompiler::SeccompAction::Allow,
        seccompiler::SeccompAction::Errno(u32::try_from(errno).unwrap()),
        architecture,
    );
    let program: seccompiler::BpfProgram = filter.unwrap().try_into().unwrap();
    seccompiler::apply_filter(&program).unwrap();
}

#[test]
fn an_error_of_the_share_is_no_word_about_a_file() {
    for errno in [libc::EIO, libc::ESTALE, libc::ENOTCONN] {
        let place = Place::new();
        place.write("scan.tif");
        let (drop, name) = (&place.drop, name(b"scan.tif"));
        let stat = drop.look(&name).unwrap();
        std::thread::scope(|scope| {
            let troubled = scope.spawn(|| {
                refuse_to_open_beneath(errno);
                assert!(drop.inspect(&name).is_err(), "{errno}");
                assert!(drop.walk(name.clone(), stat, &Limits::default()).is_err(), "{errno}");
                assert!(matches!(drop.look(&name), Err(SourceTrouble::Unreadable(_))), "{errno}");
                assert!(matches!(drop.open_file(&name), Err(SourceTrouble::Unreadable(_))), "{errno}");
                let swept = drop.sweep(&Limits::default());
                assert!(matches!(swept, Err(Unreachable::Unusable { .. })), "{errno}: {swept:?}");
            });
            troubled.join().unwrap();
        });
    }
}
