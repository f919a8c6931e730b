//! Sources that stay the same, change, vanish or come back while they wait to be released.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use super::*;
use crate::durable::testing::Mount;
use crate::ids::{Digest, HomeId};
use crate::system::write_and_close;

struct Place {
    folder: tempfile::TempDir,
    home: HomeId,
    drop: DropFolder,
    delivery: DeliveryId,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let home = HomeId::new();
        let drop = DropFolder::establish(folder.path(), home, &"er-1".parse().unwrap()).unwrap();
        Self { folder, home, drop, delivery: DeliveryId::new() }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a source and returns it as a member whose copy is in custody.
    fn member(&self, name: &str, number: u32) -> Member {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        write_and_close(&path, "page").unwrap();
        let name = SourceName::new(name.into()).unwrap();
        Member {
            file: format!("content-{number:03}"),
            part: names::part_of(name.bare()),
            source: self.drop.look(&name).unwrap(),
            digest: Digest::of(b"page"),
            size: 4,
            name,
        }
    }

    fn release(&self, members: &[Member]) -> Vec<String> {
        told(&release(&self.drop, self.delivery, members).unwrap())
    }

    /// As if the first look had found no difference: straight into the private folder.
    fn release_unseen(&self, member: &Member) -> ReleaseOutcome {
        let private = private_folder(&self.drop).unwrap();
        let leftover = Leftover::of(self.delivery, &member.file);
        assert!(claim(&self.drop, &private, &leftover, &member.name).unwrap());
        settle_in(&self.drop, &private, &leftover, Some(member))
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.path(name)).unwrap()
    }

    /// Names in the drop folder, ours aside.
    fn names(&self) -> Vec<String> {
        let names = self.drop.folder().names(100).unwrap().into_iter().map(|name| name.into_string().unwrap());
        names.filter(|name| !name.starts_with(names::OURS)).collect()
    }

    fn private_names(&self) -> Vec<OsString> {
        self.drop.folder().open_folder(RELEASE).unwrap().names(100).unwrap()
    }
}

fn told(outcomes: &[ReleaseOutcome]) -> Vec<String> {
    let tell = |outcome: &ReleaseOutcome| match outcome {
        ReleaseOutcome::Removed => "removed".to_owned(),
        ReleaseOutcome::AlreadyGone => "gone".to_owned(),
        ReleaseOutcome::Different { now_at, .. } => format!("different: {now_at}"),
        ReleaseOutcome::CannotRemove(error) => format!("cannot remove: {:?}", error.kind()),
        ReleaseOutcome::Stranded(error) => format!("stranded: {error}"),
    };
    outcomes.iter().map(tell).collect()
}

fn one(outcome: ReleaseOutcome) -> String {
    told(&[outcome]).remove(0)
}

#[test]
fn an_unchanged_source_goes_with_its_sidecar() {
    let place = Place::new();
    let members = [place.member("架空\n花子.tif", 1), place.member("架空\n花子.json", 2)];
    assert_eq!(place.release(&members), ["removed", "removed"]);
    assert!(place.names().is_empty());
    assert!(place.private_names().is_empty());
    assert_eq!(fs::metadata(place.path(RELEASE)).unwrap().permissions().mode() & 0o777, 0o700);
    // Again: nothing to do.
    assert_eq!(place.release(&members), ["gone", "gone"]);
}

#[test]
fn a_source_that_grew_stays_and_its_sidecar_goes() {
    let place = Place::new();
    let members = [place.member("scan.tif", 1), place.member("scan.json", 2)];
    OpenOptions::new().append(true).open(place.path("scan.tif")).unwrap().write_all(b" 2").unwrap();
    assert_eq!(place.release(&members), ["different: scan.tif", "removed"]);
    assert_eq!(place.read("scan.tif"), "page 2");
}

#[test]
fn a_name_used_again_is_not_touched() {
    let place = Place::new();
    let member = place.member("scan.tif", 1);
    write_and_close(place.path("new.part"), "new!").unwrap();
    fs::rename(place.path("new.part"), place.path("scan.tif")).unwrap();
    let before = place.drop.look(&member.name).unwrap();
    assert_eq!(place.release(std::slice::from_ref(&member)), ["different: scan.tif"]);
    assert_eq!(place.drop.look(&member.name).unwrap(), before, "it was not even moved");
    // The same where the exchange happens between the look and the move.
    assert_eq!(one(place.release_unseen(&member)), "different: scan.tif");
    assert_eq!(place.read("scan.tif"), "new!");
    // Even the same bytes: they were delivered again.
    write_and_close(place.path("new.part"), "page").unwrap();
    fs::rename(place.path("new.part"), place.path("scan.tif")).unwrap();
    assert_eq!(one(place.release_unseen(&member)), "different: scan.tif");
    assert_eq!(place.read("scan.tif"), "page");
    assert!(place.private_names().is_empty());
}

#[test]
fn other_bytes_under_the_same_inode_size_and_time_are_noticed_by_digest() {
    let place = Place::new();
    let member = place.member("scan.tif", 1);
    let mut file = OpenOptions::new().write(true).open(place.path("scan.tif")).unwrap();
    let time = file.metadata().unwrap().modified().unwrap();
    file.write_all(b"PAGE").unwrap();
    file.set_modified(time).unwrap();
    drop(file);
    assert!(place.drop.look(&member.name).unwrap().same_bytes(&member.source), "only the digest tells");
    assert_eq!(place.release(&[member]), ["different: scan.tif"]);
    assert_eq!(place.read("scan.tif"), "PAGE");
}

#[test]
fn a_source_that_somebody_has_opened_for_writing_goes_back() {
    let place = Place::new();
    let member = place.member("scan.tif", 1);
    let mut writer = OpenOptions::new().append(true).open(place.path("scan.tif")).unwrap();
    assert_eq!(place.release(std::slice::from_ref(&member)), ["different: scan.tif"]);
    writer.write_all(b" 2").unwrap();
    assert_eq!(place.read("scan.tif"), "page 2");
}

#[test]
fn what_goes_back_replaces_nothing() {
    let place = Place::new();
    let member = place.member("scan.tif", 1);
    write_and_close(place.path("scan.tif"), "grown").unwrap();
    let private = private_folder(&place.drop).unwrap();
    let leftover = Leftover::of(place.delivery, &member.file);
    assert!(claim(&place.drop, &private, &leftover, &member.name).unwrap());
    write_and_close(place.path("scan.tif"), "newest").unwrap();
    let outcome = settle_in(&place.drop, &private, &leftover, Some(&member));
    let ReleaseOutcome::Different { now_at, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(place.read("scan.tif"), "newest");
    assert_eq!(place.read(&now_at.to_string()), "grown");
    assert!(now_at.to_string().starts_with("scan.returned-") && now_at.to_string().ends_with(".tif"), "{now_at}");
    assert_eq!(names::kind_of(now_at.bare()), names::NameKind::Candidate);
    assert_eq!(place.names().len(), 2);
}

#[test]
fn fresh_names_fit() {
    let long = SourceName::new(OsString::from(format!("{}.tif", "あ".repeat(83)))).unwrap();
    assert_eq!(long.as_bytes().len(), 253);
    let fresh = fresh_name(&long).unwrap();
    assert!(fresh.as_bytes().len() <= 255);
    assert!(fresh.as_bytes().ends_with(b".tif"));
    let inside = fresh_name(&SourceName::new("batch/p.tif".into()).unwrap()).unwrap();
    assert_eq!(inside.folder(), SourceName::new("batch".into()));
}

#[test]
fn a_release_cut_short_is_ended_at_the_next_start() {
    let place = Place::new();
    let members = [place.member("same.tif", 1), place.member("changed.tif", 2), place.member("unknown.tif", 3)];
    assert!(leftovers(&place.drop).unwrap().is_empty());
    let private = private_folder(&place.drop).unwrap();
    for member in &members {
        let leftover = Leftover::of(place.delivery, &member.file);
        assert!(claim(&place.drop, &private, &leftover, &member.name).unwrap());
    }
    write_and_close(private.path().join(format!("{}.content-002", place.delivery)), "changed").unwrap();
    write_and_close(private.path().join("stranger"), "?").unwrap();
    // Killed here. Until it is settled, releasing again does nothing.
    write_and_close(place.path("same.tif"), "page").unwrap();
    let again = Member { source: place.drop.look(&members[0].name).unwrap(), ..members[0].clone() };
    assert_eq!(place.release(&[again]), ["cannot remove: AlreadyExists"]);
    fs::remove_file(place.path("same.tif")).unwrap();

    let found = leftovers(&place.drop).unwrap();
    assert_eq!(found.len(), 4);
    let known = |leftover: &Leftover| {
        let (delivery, file) = leftover.of.as_ref()?;
        assert_eq!(*delivery, place.delivery);
        members.iter().take(2).find(|member| member.file == *file)
    };
    let settled: Vec<_> = found.iter().map(|left| settle(&place.drop, left, known(left)).unwrap()).collect();
    let settled = told(&settled);
    assert_eq!(settled[..2], ["removed", "different: changed.tif"]);
    assert!(settled[2..].iter().all(|told| told.starts_with("different: returned")), "{settled:?}");
    assert_eq!(place.read("changed.tif"), "changed");
    assert_eq!(place.names().len(), 3);
    assert!(place.private_names().is_empty());
    assert!(leftovers(&place.drop).unwrap().is_empty());
}

#[test]
fn where_nothing_can_be_removed_the_source_stays() {
    let place = Place::new();
    let member = place.member("scan.tif", 1);
    // With and without the private folder being there already.
    for made in [false, true] {
        if made {
            private_folder(&place.drop).unwrap();
        }
        let mount = Mount::read_only(place.folder.path());
        let drop = DropFolder::open(&mount.path, place.home, &"er-1".parse().unwrap()).unwrap();
        let outcomes = release(&drop, place.delivery, std::slice::from_ref(&member)).unwrap();
        assert_eq!(told(&outcomes), ["cannot remove: ReadOnlyFilesystem"]);
        assert_eq!(place.read("scan.tif"), "page");
    }
    assert_eq!(place.release(&[member]), ["removed"]);
}

#[test]
fn an_immovable_source_stays() {
    let place = Place::new();
    let member = place.member("scan.tif", 1);
    // A mount point cannot be renamed, whatever the rights.
    let other = tempfile::NamedTempFile::new().unwrap();
    let mount = Mount::over(other.path(), &place.path("scan.tif"));
    assert_eq!(place.release(std::slice::from_ref(&member)), ["different: scan.tif"]);
    let private = private_folder(&place.drop).unwrap();
    let claimed = claim(&place.drop, &private, &Leftover::of(place.delivery, "content-001"), &member.name);
    assert_eq!(claimed.unwrap_err().kind(), io::ErrorKind::ResourceBusy);
    drop(mount);
    assert_eq!(place.release(&[member]), ["removed"]);
}

#[test]
fn a_private_folder_that_is_not_ours_is_not_used() {
    let place = Place::new();
    let member = place.member("scan.tif", 1);
    let outside = tempfile::tempdir().unwrap();
    std::os::unix::fs::symlink(outside.path(), place.path(RELEASE)).unwrap();
    assert!(place.release(std::slice::from_ref(&member))[0].starts_with("cannot remove"));
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    fs::remove_file(place.path(RELEASE)).unwrap();

    fs::create_dir(place.path(RELEASE)).unwrap();
    std::os::unix::fs::chown(place.path(RELEASE), Some(12345), None).unwrap();
    assert_eq!(place.release(std::slice::from_ref(&member)), ["cannot remove: PermissionDenied"]);
    std::os::unix::fs::chown(place.path(RELEASE), Some(0), None).unwrap();
    fs::set_permissions(place.path(RELEASE), fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(place.release(&[member]), ["removed"]);
    assert_eq!(fs::metadata(place.path(RELEASE)).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn another_name_of_the_same_file_keeps_it() {
    let place = Place::new();
    let member = place.member("scan.tif", 1);
    fs::hard_link(place.path("scan.tif"), place.path("other.tif")).unwrap();
    assert_eq!(place.release(&[member]), ["removed"]);
    assert_eq!(place.read("other.tif"), "page");
}

#[test]
fn a_path_through_a_link_is_not_followed() {
    let place = Place::new();
    let member = place.member("batch/p1.tif", 1);
    let outside = tempfile::tempdir().unwrap();
    fs::rename(place.path("batch"), outside.path().join("batch")).unwrap();
    std::os::unix::fs::symlink(outside.path().join("batch"), place.path("batch")).unwrap();
    let private = private_folder(&place.drop).unwrap();
    claim(&place.drop, &private, &Leftover::of(place.delivery, "content-001"), &member.name).unwrap_err();
    assert_eq!(place.release(&[member]), ["different: batch/p1.tif"]);
    assert!(outside.path().join("batch/p1.tif").exists());
}

#[test]
fn a_released_folder_goes_when_it_is_empty() {
    let place = Place::new();
    let members = [place.member("batch/p1.tif", 1), place.member("batch/inner/p2.tif", 2)];
    fs::create_dir(place.path("batch/z-empty")).unwrap();
    let batch = SourceName::new("batch".into()).unwrap();
    assert!(!remove_emptied_folders(&place.drop, &batch).unwrap());
    assert_eq!(place.release(&members), ["removed", "removed"]);
    write_and_close(place.path("batch/inner/new.tif"), "new").unwrap();
    assert!(!remove_emptied_folders(&place.drop, &batch).unwrap());
    assert_eq!(place.read("batch/inner/new.tif"), "new");
    assert!(place.path("batch/z-empty").is_dir(), "a folder in use stays as it is");
    fs::rename(place.path("batch/inner/new.tif"), place.path("batch/Thumbs.db")).unwrap();
    assert!(!remove_emptied_folders(&place.drop, &batch).unwrap());
    fs::remove_file(place.path("batch/Thumbs.db")).unwrap();
    assert!(remove_emptied_folders(&place.drop, &batch).unwrap());
    assert!(place.names().is_empty());
    assert!(remove_emptied_folders(&place.drop, &batch).unwrap());
}
