//! The journal's second copy: a full disk or a power cut leaves nothing behind that later entries suffer from.

use std::io::Write as _;
use std::path::PathBuf;

use torikomi::journal::anchor::{Anchor, AnchorError};
use torikomi::journal::files::Files;
use torikomi::journal::{Draft, Kind, Subject};
use torikomi::verification::journal::{JournalFault, JournalReport, JournalVerdict, Sources, verify};

use crate::hospital::{FILED_AT, Hospital, Recipe, at};

struct Bench {
    hospital: Hospital,
    folder: PathBuf,
    files: Files,
}

impl Bench {
    /// A filed record, copied.
    fn new() -> Self {
        let hospital = Hospital::new();
        let folder = hospital.folder.path().join("store/journal");
        hospital.file(Recipe::default());
        let mut files = Files::open(&folder, &hospital.database).unwrap();
        files.catch_up(&hospital.database).unwrap();
        Self { hospital, folder, files }
    }

    fn grow(&self) {
        self.hospital.append(Draft::by_system(Kind::DaemonStarted, Subject::default()), at(FILED_AT));
    }

    fn catch_up(&mut self) {
        self.files.catch_up(&self.hospital.database).unwrap();
    }

    fn restart(&mut self) {
        self.files = Files::open(&self.folder, &self.hospital.database).unwrap();
    }

    /// What an append that failed half-way, or a power cut, leaves at the end of a file.
    fn fragment(&self, name: &str, text: &str) {
        let mut file = std::fs::OpenOptions::new().append(true).open(self.folder.join(name)).unwrap();
        file.write_all(text.as_bytes()).unwrap();
    }

    fn report(&self) -> JournalReport {
        self.report_against(None)
    }

    fn report_against(&self, against: Option<&str>) -> JournalReport {
        let (database, trust) = (&self.hospital.database, &self.hospital.trust);
        let against = against.map(Into::into);
        verify(&Sources { database, files: &self.folder, trust, against }, |_, _| ()).unwrap()
    }

    fn sound(&self, entries: u64, checkpoints: u64) {
        let report = self.report();
        assert_eq!(report.verdict, JournalVerdict::Consistent, "{report:#?}");
        assert_eq!((report.entries_in_files, report.checkpoints_in_files), (entries, checkpoints), "{report:#?}");
    }
}

const SEGMENT: &str = "entries-000000000000.jsonl";
/// A head without the end of its signature.
const TORN: &str = "torikomi.example/journal/a\n7\nAAAA\n\n— torikomi.exa";

#[test]
fn a_partial_append_is_cut_off_before_the_next() {
    let mut bench = Bench::new();
    bench.fragment(SEGMENT, "{\"v\":1,\"index\":7");
    bench.fragment("checkpoints.txt", TORN);
    // Until then it is no fault: an append may be under way.
    bench.sound(7, 1);
    bench.grow();
    bench.catch_up();
    bench.sound(8, 2);
    // Whole lines of a batch that failed further on are no better.
    bench.fragment(SEGMENT, "{}\n{}\n{\"v\"");
    bench.grow();
    bench.catch_up();
    bench.sound(9, 3);
}

#[test]
fn what_a_power_cut_tore_is_mended_at_the_start() {
    let mut bench = Bench::new();
    for cut in [1, 2, 20, 60] {
        let path = bench.folder.join("checkpoints.txt");
        let text = std::fs::read(&path).unwrap();
        std::fs::write(&path, &text[..text.len() - cut]).unwrap();
        bench.restart();
        // The checkpoint that was torn is noted again, though no entry came since.
        bench.catch_up();
        assert_eq!(std::fs::read(&path).unwrap(), text, "cut by {cut}");
    }
    bench.fragment(SEGMENT, "{\"v\":1,\"index\":7");
    bench.fragment("checkpoints.txt", TORN);
    bench.restart();
    bench.grow();
    bench.catch_up();
    bench.sound(8, 2);
}

#[test]
fn a_file_that_cannot_be_opened_is_not_taken_for_an_empty_one() {
    let bench = Bench::new();
    let segment = bench.folder.join(SEGMENT);
    let aside = bench.folder.join("aside");
    std::fs::rename(&segment, &aside).unwrap();
    // As when rights or file handles are lacking: there is something, and it does not open.
    std::os::unix::fs::symlink(SEGMENT, &segment).unwrap();
    assert!(Files::open(&bench.folder, &bench.hospital.database).is_err());
    std::fs::remove_file(&segment).unwrap();
    std::fs::rename(&aside, &segment).unwrap();
    bench.sound(7, 1);
}

#[test]
fn checkpoints_are_copied_outside_the_home_and_verified_against() {
    let bench = Bench::new();
    let outside = tempfile::tempdir().unwrap();
    let folder = outside.path().join("anchor");
    let anchor = || Anchor::new(&folder, bench.hospital.folder.path(), bench.hospital.home, 1);
    let mut running = anchor();
    // Not mounted: it is an error, the folder is not made, and the next time it is there.
    assert!(matches!(running.catch_up(&bench.hospital.database), Err(AnchorError::Io { .. })));
    assert!(!folder.exists());
    std::fs::create_dir(&folder).unwrap();
    running.catch_up(&bench.hospital.database).unwrap();
    let path = running.path().to_owned();
    let kept = std::fs::read_to_string(&path).unwrap();
    assert_eq!(bench.report_against(Some(&kept)).anchored_at, Some(7));

    bench.grow();
    running.catch_up(&bench.hospital.database).unwrap();
    // Nothing new, and a new start: nothing is noted twice.
    running.catch_up(&bench.hospital.database).unwrap();
    anchor().catch_up(&bench.hospital.database).unwrap();
    let kept = std::fs::read_to_string(&path).unwrap();
    assert_eq!(kept.matches("torikomi.example/journal/a\n").count(), 2, "{kept}");
    let report = bench.report_against(Some(&kept));
    assert_eq!((report.verdict, report.anchored_at), (JournalVerdict::Verified, Some(8)), "{report:#?}");

    // An older database is put back: the copy knows more, and says so while the line runs.
    bench.hospital.sql("UPDATE journal_head SET size = 7");
    for mut looking in [running, anchor()] {
        let told = looking.catch_up(&bench.hospital.database);
        assert!(matches!(told, Err(AnchorError::Truncated { promised: 8, found: 7, .. })), "{told:?}");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), kept);
}

#[test]
fn a_copy_in_the_home_is_none() {
    let bench = Bench::new();
    let mut anchor = Anchor::new(&bench.folder, bench.hospital.folder.path(), bench.hospital.home, 1);
    let told = anchor.catch_up(&bench.hospital.database);
    assert!(matches!(told, Err(AnchorError::Inside { .. })), "{told:?}");
    assert!(!anchor.path().exists());
}

#[test]
fn a_second_copy_that_was_cut_is_no_copy() {
    let mut bench = Bench::new();
    bench.grow();
    bench.catch_up();
    let (segment, whole) = (bench.folder.join(SEGMENT), std::fs::read_to_string(bench.folder.join(SEGMENT)).unwrap());
    for found in [0, 2, 7] {
        let kept: String = whole.split_inclusive('\n').take(found).collect();
        std::fs::write(&segment, kept).unwrap();
        let found = found as u64;
        assert_eq!(bench.report().faults, [JournalFault::FilesShortened { promised: 8, found }], "{found} of 8");
    }
    std::fs::remove_file(&segment).unwrap();
    assert_eq!(bench.report().faults, [JournalFault::FilesShortened { promised: 8, found: 0 }]);
    // Without its checkpoints it may as well never have been there; how far it reaches is said all the same.
    std::fs::remove_file(bench.folder.join("checkpoints.txt")).unwrap();
    bench.sound(0, 0);
    bench.restart();
    bench.catch_up();
    bench.sound(8, 1);
    // Behind for a moment.
    bench.grow();
    bench.sound(8, 1);
}
