//! Stamped checkpoints: what an authority vouches for counts, and whatever is wrong with a stamp is named.

use std::fs;
use std::path::PathBuf;

use torikomi::clock::ClockProblem;
use torikomi::crypto::make::{EvaluationAuthority, EvaluationCa, KeyPair, Subject as Name, Suite, Validity};
use torikomi::document::DocumentState;
use torikomi::evidence::record::ClockKnown;
use torikomi::ids::{Digest, DocumentId};
use torikomi::instant::Instant;
use torikomi::journal::stamped::names;
use torikomi::journal::{Draft, Kind, Subject, read};
use torikomi::ledger::documents;
use torikomi::verification::Trust;
use torikomi::verification::journal::{Against, JournalFault, JournalReport, JournalVerdict, Sources, verify};

use crate::hospital::{FILED_AT, FOUNDED_AT, Hospital, Recipe, at};

const MONDAY: &str = "2026-11-23T15:00:10.000000Z";
const TUESDAY: &str = "2026-11-24T15:00:10.000000Z";

struct Bench {
    hospital: Hospital,
    files: PathBuf,
}

impl Bench {
    /// One filed record.
    fn new() -> Self {
        let hospital = Hospital::new();
        let files = hospital.folder.path().join("store/journal");
        fs::create_dir_all(files.join("stamped")).unwrap();
        hospital.file(Recipe::default());
        Self { hospital, files }
    }

    fn head(&self) -> read::Head {
        self.hospital.database.read(async |tx| read::head(tx).await).unwrap().unwrap()
    }

    fn path(&self, size: u64, which: usize) -> PathBuf {
        self.files.join("stamped").join(&names(size)[which])
    }

    /// The newest checkpoint, stamped and entered at this time; how many entries it speaks of.
    fn stamp(&self, time: &str) -> u64 {
        let note = self.head().checkpoint;
        let token = self.hospital.token(&self.hospital.authority, note.as_bytes(), at(time));
        self.enter(&note, &token, at(time), at(time))
    }

    /// Keeps both, and has the journal say so.
    fn enter(&self, note: &str, token: &[u8], stamped_at: Instant, now: Instant) -> u64 {
        let size = self.head().size;
        fs::write(self.path(size, 0), note).unwrap();
        fs::write(self.path(size, 1), token).unwrap();
        let draft = Draft::by_system(Kind::CheckpointStamped, Subject::default())
            .fact("size", size)
            .fact("checkpoint", Digest::of(note.as_bytes()))
            .fact("token", Digest::of(token))
            .fact("stamped_at", stamped_at)
            .fact("authority", "built-in");
        self.hospital.append(draft, now);
        size
    }

    /// A document that is taken in at this time, and nothing more.
    fn take(&self, time: &str) {
        self.take_by(time, None);
    }

    /// The same by a clock with which something was wrong.
    fn take_by(&self, time: &str, problem: Option<&str>) {
        let (document, now) = (DocumentId::new(), at(time));
        let clock = ClockKnown { problem: problem.map(ToOwned::to_owned), ..ClockKnown::default() };
        self.hospital.take_by(document, now, clock);
        let station = "uketsuke".parse().unwrap();
        let create =
            async move |tx: &mut torikomi::database::Tx| documents::create(tx, document, &station, &[], now, now).await;
        self.hospital.database.write(create).unwrap();
        let open = self.hospital.database.read(async |tx| documents::get(tx, document).await).unwrap().unwrap();
        assert_eq!(open.state, DocumentState::Identifying);
    }

    fn report(&self) -> JournalReport {
        self.against(None)
    }

    fn against(&self, against: Option<Against<'_>>) -> JournalReport {
        let (database, trust) = (&self.hospital.database, &self.hospital.trust);
        verify(&Sources { database, files: &self.files, trust, against }, |_, _| ()).unwrap()
    }

    #[track_caller]
    fn finds(&self, expected: &[JournalFault]) {
        let report = self.report();
        assert_eq!((report.verdict, report.faults.as_slice()), (JournalVerdict::Failed, expected), "{report:#?}");
    }
}

/// Somebody's own authority, which nobody believes in.
fn own_authority() -> EvaluationAuthority {
    let name = |name: &str| Name { common_name: name.into(), organization: "見本".into(), organizational_unit: None };
    let validity = Validity { not_before: at(FOUNDED_AT), not_after: at("2036-01-01T00:00:00.000000Z") };
    let ca = EvaluationCa::create(&name("偽の認証局"), validity).unwrap();
    let key = KeyPair::generate(Suite::EcdsaP256).unwrap();
    let certificate = ca.issue_timestamping(&key.public_key().unwrap(), &name("偽の局"), validity).unwrap();
    EvaluationAuthority::new(key, certificate, vec![]).unwrap()
}

#[test]
fn an_authority_vouches_for_what_it_stamped() {
    let bench = Bench::new();
    let first = bench.stamp(MONDAY);
    bench.take(MONDAY);
    let second = bench.stamp(TUESDAY);
    assert!(first < second);
    let report = bench.report();
    assert_eq!((report.verdict, report.faults.as_slice()), (JournalVerdict::Consistent, &[][..]), "{report:#?}");
    assert_eq!((report.stamps.counting, report.stamps.unjudged, report.not_anchored), (2, 0, report.entries));
    let stamped = report.stamps.newest.unwrap();
    assert_eq!((stamped.size, stamped.at, stamped.evaluation), (second, at(TUESDAY), true));

    // Who believes in nobody is told that nothing was judged.
    let trust = Trust { authorities: Vec::new(), ..bench.hospital.trust.clone() };
    let sources = Sources { database: &bench.hospital.database, files: &bench.files, trust: &trust, against: None };
    let report = verify(&sources, |_, _| ()).unwrap();
    assert_eq!((report.stamps.newest, report.stamps.counting, report.stamps.unjudged), (None, 0, 2));
    assert_eq!(report.verdict, JournalVerdict::Consistent);
}

#[test]
fn a_stamped_checkpoint_from_outside_is_one_to_verify_against() {
    let bench = Bench::new();
    let size = bench.stamp(MONDAY);
    let (note, token) = (fs::read_to_string(bench.path(size, 0)).unwrap(), fs::read(bench.path(size, 1)).unwrap());
    bench.take(TUESDAY);
    let report = bench.against(Some(Against { notes: &note, token: Some(&token) }));
    assert_eq!((report.verdict, report.anchored_at), (JournalVerdict::Verified, Some(size)), "{report:#?}");
    assert_eq!(report.not_anchored, 3, "the stamp's own entry, the copy and the document: never verified by it");
    let anchor = report.anchor_stamped.unwrap();
    assert_eq!((anchor.size, anchor.at), (size, at(MONDAY)));

    for token in [bench.hospital.token(&bench.hospital.authority, b"another", at(MONDAY)), b"none".to_vec()] {
        let report = bench.against(Some(Against { notes: &note, token: Some(&token) }));
        assert_eq!((report.verdict, report.anchor_stamped), (JournalVerdict::Failed, None));
        assert!(matches!(report.faults[..], [JournalFault::AgainstStampWrong { .. }]), "{:?}", report.faults);
    }
}

#[test]
fn a_stamp_that_is_gone_or_another_is_named() {
    let bench = Bench::new();
    let size = bench.stamp(MONDAY);
    let index = size;
    let (note, token) = (fs::read(bench.path(size, 0)).unwrap(), fs::read(bench.path(size, 1)).unwrap());
    for which in [0, 1] {
        fs::remove_file(bench.path(size, which)).unwrap();
        bench.finds(&[JournalFault::StampMissing { index, size }]);
        fs::write(bench.path(size, which), if which == 0 { &note } else { &token }).unwrap();
    }
    assert_eq!(bench.report().stamps.counting, 1);
    // A good one of another time is not the one that was entered.
    let later = bench.hospital.token(&bench.hospital.authority, &note, at(TUESDAY));
    fs::write(bench.path(size, 1), later).unwrap();
    bench.finds(&[JournalFault::StampDiffers { index, size }]);
    let of_another = bench.hospital.token(&bench.hospital.authority, b"another", at(MONDAY));
    fs::write(bench.path(size, 1), of_another).unwrap();
    let faults = bench.report().faults;
    let [JournalFault::StampWrong { size: wrong, .. }, JournalFault::StampDiffers { .. }] = faults[..] else {
        panic!("{faults:?}")
    };
    assert_eq!(wrong, size);
}

/// Whoever has every key of the home enters what they like, and still has no authority's.
#[test]
fn a_false_stamp_that_the_journal_itself_vouches_for_is_named() {
    let bench = Bench::new();
    let note = bench.head().checkpoint;
    let token = bench.hospital.token(&own_authority(), note.as_bytes(), at(MONDAY));
    let size = bench.enter(&note, &token, at(MONDAY), at(MONDAY));
    let report = bench.report();
    assert_eq!((report.stamps.newest, report.stamps.counting), (None, 0));
    assert_eq!(report.stamps.unbelieved.iter().map(|stamp| stamp.size).collect::<Vec<_>>(), [size]);
    // Whoever names it as the stamp of what was kept outside is told that it does not count.
    let report = bench.against(Some(Against { notes: &note, token: Some(&token) }));
    assert!(matches!(report.faults[..], [JournalFault::AgainstStampWrong { .. }]), "{:?}", report.faults);

    // A stamp over the checkpoint of an earlier size, under the name of this one.
    let bench = Bench::new();
    let earlier = bench.head().checkpoint;
    bench.take(FILED_AT);
    let token = bench.hospital.token(&bench.hospital.authority, earlier.as_bytes(), at(MONDAY));
    let size = bench.enter(&earlier, &token, at(MONDAY), at(MONDAY));
    bench.finds(&[JournalFault::StampedCheckpointDiffers { size }]);
}

#[test]
fn what_is_dated_back_is_named() {
    // A stamp from before what it covers.
    let bench = Bench::new();
    bench.take(TUESDAY);
    let note = bench.head().checkpoint;
    let token = bench.hospital.token(&bench.hospital.authority, note.as_bytes(), at(MONDAY));
    let size = bench.enter(&note, &token, at(MONDAY), at(TUESDAY));
    let (index, stamped_at, covered) = (size - 1, at(MONDAY), at(TUESDAY));
    bench.finds(&[JournalFault::StampBeforeEntry { size, stamped_at, index, at: covered }]);

    // A stamp from before the one before it.
    let bench = Bench::new();
    let earlier = bench.stamp(TUESDAY);
    let note = bench.head().checkpoint;
    // What the entry says of its own time is only what the clock of the home said.
    let size = bench.head().size;
    bench.hospital.append(Draft::by_system(Kind::DaemonStarted, Subject::default()), at(MONDAY));
    let newer = bench.head().checkpoint;
    assert_ne!(note, newer);
    let token = bench.hospital.token(&bench.hospital.authority, newer.as_bytes(), at(MONDAY));
    assert_eq!(bench.enter(&newer, &token, at(MONDAY), at(TUESDAY)), size + 1);
    let (size, stamped_at, earlier_at) = (size + 1, at(MONDAY), at(TUESDAY));
    bench.finds(&[JournalFault::StampsOutOfOrder { size, stamped_at, earlier, earlier_at }]);

    // A document that the clock has taken in before a stamp that was there already.
    let bench = Bench::new();
    let size = bench.stamp(TUESDAY);
    bench.take(MONDAY);
    let (taken, stamped_at) = (bench.head().size - 1, at(TUESDAY));
    let dated_back = |index| JournalFault::EntryBackDated { index, at: at(MONDAY), size, stamped_at };
    // Of its copy, and of itself.
    bench.finds(&[dated_back(taken - 1), dated_back(taken)]);

    // Where the journal itself says that its clock is in doubt, and the copy too, they promise nothing of the time.
    let doubted = || {
        let bench = Bench::new();
        let size = bench.stamp(TUESDAY);
        let problem = ClockProblem::Behind { by_milliseconds: 86_400_000 };
        let doubted = Draft::by_system(Kind::ClockDoubted, Subject::default()).fact("problem", problem);
        bench.hospital.append(doubted, at(MONDAY));
        (bench, size)
    };
    let (bench, _) = doubted();
    bench.take_by(MONDAY, Some("behind"));
    assert_eq!(bench.report().faults, []);
    // A doubt that somebody enters excuses no scan that is said to have come by a clock with which all was well.
    let (bench, size) = doubted();
    bench.take(MONDAY);
    let (index, stamped_at) = (bench.head().size - 2, at(TUESDAY));
    bench.finds(&[JournalFault::EntryBackDated { index, at: at(MONDAY), size, stamped_at }]);

    // A clock that ran ahead and was set right while nothing happened: the doubt itself is dated by it, and the stamp is not.
    let bench = Bench::new();
    let problem = ClockProblem::Jumped { by_milliseconds: 86_400_000 };
    let doubted = Draft::by_system(Kind::ClockDoubted, Subject::default()).fact("problem", problem);
    bench.hospital.append(doubted, at(TUESDAY));
    bench.stamp(MONDAY);
    assert_eq!(bench.report().faults, []);
}

#[test]
fn what_is_filed_although_its_intake_was_in_doubt_is_named() {
    let omitted = |reaches: bool| {
        let bench = Bench::new();
        let document = DocumentId::new();
        let copy = bench.hospital.take(document, at(MONDAY));
        let problem = ClockProblem::Jumped { by_milliseconds: 86_400_000 };
        let doubted = Draft::by_system(Kind::ClockDoubted, Subject::default()).fact("problem", problem);
        let since = if reaches { copy } else { copy + 1 };
        bench.hospital.append(doubted.fact("doubts_since", since), at(MONDAY));
        let index = bench.head().size;
        bench.hospital.append(Draft::by_system(Kind::DocumentFiled, Subject::document(document)), at(MONDAY));
        bench.report().faults.contains(&JournalFault::IntakeDoubtOmitted { index, document })
    };
    assert!(omitted(true) && !omitted(false));
}
