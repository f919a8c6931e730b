//! A random walk: deliveries of every kind, kills, a full disk, an authority that goes and comes, clock steps, two
//! operators, a manager. Afterwards every delivered byte is accounted for.
//!
//! Three minutes by default. `TORIKOMI_WALK_SECONDS=3600` walks for an hour, and `TORIKOMI_SEED`, which each walk prints,
//! takes the same steps again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant as Moment};

use jiff::{SignedDuration, Timestamp};
use torikomi::control::{ReasonGiven, Request};
use torikomi::document::{DeliveryState, DocumentState, HoldReason};
use torikomi::durable::{self, Folder};
use torikomi::identification::Facts;
use torikomi::ids::{Digest, DocumentId};
use torikomi::intake::custody::CustodyCopy;
use torikomi::ledger::deliveries::Delivery;
use torikomi::people::sessions;
use torikomi::store::Objects;
use torikomi::store::records::{self, Record};
use torikomi::verification::{AtHome, Trust, Verdict};

use crate::account::{all_deliveries, documents_of, open_documents_of, standing, the_journal_is_whole};
use crate::burst::{put, sample, variant_of_jpeg};
use crate::hospital::{Daemon, Hospital, PATIENCE, Settings, by, log_on, looked_at_delivery};
use crate::mounts::{Mount, fill};
use crate::program::torikomi;

const USUAL: Duration = Duration::from_secs(180);

/// The longest that what is left at the end may take.
const LONGEST: Duration = Duration::from_secs(180);

const CLERKS: [&str; 2] = ["clerk", "clerk-two"];
const PATIENTS: [&str; 4] = ["9990001", "9990002", "9990003", "9990004"];

/// What can be wrong with the world for a while; one thing at a time, so that each is seen to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Trouble {
    DiskFull,
    AuthorityDown,
    FolderAway,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    /// With a sidecar, renamed into its place.
    Whole,
    /// The same from the other operator.
    OtherOperator,
    /// Written in place, the rest of it some steps later.
    Slow,
    /// Two files in a folder that is moved in, with one sidecar.
    Folder,
    /// A row of the station's list speaks for it; the list grows with each.
    Listed,
    /// The bytes of one that was sent before.
    Again,
    /// Nothing says whose it is.
    Nobodys,
    /// The profile wants more of it.
    Poor,
    /// Cut off, and never continued.
    Cut,
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Deliver(Kind),
    FinishUploads,
    Wait(Duration),
    Kill,
    Stop,
    KillWorker,
    LogOn(&'static str),
    Act,
    Begin(Trouble),
    EndTrouble,
    /// The machine's clock and the authority's stand elsewhere after the next start.
    MoveClock(SignedDuration),
}

/// With whom alone a scan may be filed, and who scanned it.
#[derive(Clone, Copy)]
struct Whose {
    patient: &'static str,
    operator: &'static str,
}

/// A file that has not come whole yet.
struct Upload {
    file: File,
    rest: Vec<u8>,
}

struct Walk {
    random: fastrand::Rng,
    hospital: Hospital,
    disk: Mount,
    daemon: Option<Daemon>,
    /// The names of what was delivered, each with its scans.
    sent: BTreeMap<String, Vec<Digest>>,
    whose: BTreeMap<Digest, Whose>,
    /// What `Again` sends again.
    whole: Vec<(Vec<u8>, Whose)>,
    list: String,
    uploads: Vec<Upload>,
    trouble: Option<Trouble>,
    /// How far the hospital's clocks lie from the test's.
    moved: SignedDuration,
}

#[test]
fn after_a_random_walk_every_delivered_byte_is_accounted_for() {
    let given = |name: &str| std::env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let seed = given("TORIKOMI_SEED").unwrap_or_else(|| fastrand::u64(..));
    let length = given("TORIKOMI_WALK_SECONDS").map_or(USUAL, Duration::from_secs);
    println!("TORIKOMI_SEED={seed}");
    let mut walk = Walk::begin(fastrand::Rng::with_seed(seed), length);
    let begun = Moment::now();
    for number in 1.. {
        if begun.elapsed() > length {
            break;
        }
        let step = walk.next();
        println!("{:>7.1} s {number}: {step:?}", begun.elapsed().as_secs_f64());
        walk.take(number, step);
    }
    walk.come_to_rest();
    walk.every_byte_is_accounted_for();
}

impl Walk {
    fn begin(random: fastrand::Rng, length: Duration) -> Self {
        let hospital = Hospital::found();
        let daemon = hospital.start();
        hospital.employ(CLERKS[1], "見本 窓口");
        daemon.stop();
        // Room for what comes in a walk of this length, and not so much that filling it takes long.
        let size = (128 << 20) + u32::try_from(length.as_secs()).unwrap().min(3600) * (1 << 19);
        let disk = Mount::of_size(size);
        for (from, to) in [(hospital.home.layout().store(&hospital.config), "store"), (hospital.custody(), "custody")] {
            let copied = std::process::Command::new("cp").arg("-a").arg(from).arg(disk.path.join(to)).status().unwrap();
            assert!(copied.success());
        }
        let mut walk = Self {
            random,
            hospital,
            disk,
            daemon: None,
            sent: BTreeMap::new(),
            whose: BTreeMap::new(),
            whole: Vec::new(),
            list: "file,patient_id,document_type,obtained_on,operator,paper,expected_pages\n".into(),
            uploads: Vec::new(),
            trouble: None,
            moved: SignedDuration::ZERO,
        };
        walk.start();
        walk
    }

    /// The next step, by the seed alone and what was stepped before.
    fn next(&mut self) -> Step {
        if self.trouble.is_some() && self.random.u8(..4) == 0 {
            return Step::EndTrouble;
        }
        match self.random.u8(..100) {
            0..36 => Step::Deliver(self.kind()),
            36..58 => Step::Wait(Duration::from_millis(self.random.u64(20..1500))),
            58..66 => Step::Kill,
            66..69 => Step::Stop,
            69..71 => Step::KillWorker,
            71..80 => Step::LogOn(CLERKS[self.random.usize(..CLERKS.len())]),
            80..89 => Step::Act,
            89..92 => Step::FinishUploads,
            92..97 if self.trouble.is_none() => {
                Step::Begin([Trouble::DiskFull, Trouble::AuthorityDown, Trouble::FolderAway][self.random.usize(..3)])
            }
            97.. => Step::MoveClock(SignedDuration::from_millis(self.random.i64(-15_000..15_000))),
            _ => Step::Wait(Duration::from_millis(200)),
        }
    }

    fn kind(&mut self) -> Kind {
        match self.random.u8(..20) {
            0..6 => Kind::Whole,
            6..9 => Kind::OtherOperator,
            9..11 => Kind::Slow,
            11..13 => Kind::Folder,
            13..15 => Kind::Listed,
            15 => Kind::Again,
            16 => Kind::Nobodys,
            17 => Kind::Poor,
            _ => Kind::Cut,
        }
    }

    fn take(&mut self, number: usize, step: Step) {
        match step {
            // Nobody can deliver where no folder is.
            Step::Deliver(_) if self.trouble == Some(Trouble::FolderAway) => {}
            Step::Deliver(kind) => self.deliver(number, kind),
            Step::FinishUploads => self.finish_uploads(),
            Step::Wait(time) => std::thread::sleep(time),
            Step::Kill => {
                self.end_daemon(Daemon::kill);
                self.start();
            }
            Step::Stop => {
                // Before it listens to signals, they end it as they end any program.
                let is_up = self.hospital.ask(&Request::Status, self.patience()).is_ok();
                self.end_daemon(if is_up { Daemon::stop } else { Daemon::kill });
                self.start();
            }
            Step::KillWorker => {
                if let Some((daemon, worker)) = self.daemon.as_ref().and_then(|daemon| Some((daemon, daemon.worker()?)))
                {
                    daemon.kill_worker(worker);
                }
            }
            Step::LogOn(clerk) => self.log_on(clerk),
            Step::Act => self.act(),
            Step::Begin(trouble) => self.begin_trouble(trouble),
            Step::EndTrouble => self.end_trouble(),
            Step::MoveClock(by) => {
                self.end_daemon(Daemon::kill);
                self.moved += by;
                self.start();
            }
        }
    }

    /// A daemon that ended by itself may do so only where the disk is full, and with the status that says so.
    fn end_daemon(&mut self, end: fn(Daemon)) {
        let Some(mut daemon) = self.daemon.take() else { return };
        match daemon.has_ended() {
            None => end(daemon),
            Some(status) => {
                let full = self.trouble == Some(Trouble::DiskFull);
                assert!(full && status.code() == Some(3), "{status:?}: {}", standing(&self.hospital));
            }
        }
    }

    fn start(&mut self) {
        let starts_at = Some(Timestamp::now().checked_add(self.moved).unwrap().into());
        let (store, custody) = (self.disk.path.join("store"), self.disk.path.join("custody"));
        let store = format!("path = \"{}\"\ncustody = \"{}\"\n", store.display(), custody.display());
        self.hospital.configure(&Settings { starts_at, store, station: "patience = \"3s\"\n", ..Settings::default() });
        self.daemon = Some(self.hospital.start());
    }

    /// Whoever works at the station leaves it, and the clerk logs on and attests.
    fn log_on(&self, clerk: &str) {
        let open = self.hospital.database.read(async |tx| sessions::list(tx, true).await).unwrap();
        for session in open {
            self.tell(&Request::CloseSession { session: session.id });
        }
        self.tell(&log_on(clerk));
    }

    /// With a full disk it may not come up at all.
    fn patience(&self) -> Duration {
        if self.trouble == Some(Trouble::DiskFull) { Duration::from_secs(1) } else { PATIENCE }
    }

    /// Asks, and takes a refusal, or no answer at all, as it comes.
    fn tell(&self, request: &Request) {
        if let Err(error) = self.hospital.ask(request, self.patience()) {
            println!("          {error}");
        }
    }

    fn deliver(&mut self, number: usize, kind: Kind) {
        let operator = CLERKS[usize::from(matches!(kind, Kind::OtherOperator))];
        let mut whose = Whose { patient: PATIENTS[self.random.usize(..PATIENTS.len())], operator };
        let page = |of| variant_of_jpeg(&sample("consent.jpg"), &format!("walk {number} {of}"));
        let mut bytes = page(1);
        match kind {
            Kind::Again if !self.whole.is_empty() => {
                (bytes, whose) = self.whole[self.random.usize(..self.whole.len())].clone();
            }
            Kind::Poor => {
                let poor = fs::read("fixtures/samples/bad/resolution-150-dpi.jpg").unwrap();
                bytes = variant_of_jpeg(&poor, &format!("walk {number}"));
            }
            Kind::Cut => bytes.truncate(bytes.len() / 2),
            Kind::Whole => self.whole.push((bytes.clone(), whose)),
            _ => {}
        }
        let drop = self.hospital.drop();
        let name = format!("見本 {number}.jpg");
        let sidecar = format!("見本 {number}.json");
        let mut scans = vec![Digest::of(&bytes)];
        let mut delivered = name.clone();
        match kind {
            Kind::Folder => {
                let (folder, second) = (self.hospital.root().join("staging"), page(2));
                scans.push(Digest::of(&second));
                fs::create_dir(&folder).unwrap();
                put(&folder, &sidecar, self.sidecar(whose, &[&name, "二枚目.jpg"]).as_bytes());
                put(&folder, &name, &bytes);
                put(&folder, "二枚目.jpg", &second);
                delivered = format!("束 {number}");
                fs::rename(folder, drop.join(&delivered)).unwrap();
            }
            Kind::Listed => {
                let (today, Whose { patient, operator }) = (self.hospital.today().0, whose);
                self.list.push_str(&format!("{name},{patient},consent-demo,{today},{operator},A4,1\n"));
                put(&drop, "index.csv", self.list.as_bytes());
                put(&drop, &name, &bytes);
            }
            Kind::Slow => {
                put(&drop, &sidecar, self.sidecar(whose, &[&name]).as_bytes());
                let (begun, rest) = bytes.split_at(bytes.len() / 3);
                let mut file = File::create(drop.join(&name)).unwrap();
                file.write_all(begun).unwrap();
                self.uploads.push(Upload { file, rest: rest.to_vec() });
            }
            Kind::Nobodys => put(&drop, &name, &bytes),
            _ => {
                put(&drop, &sidecar, self.sidecar(whose, &[&name]).as_bytes());
                put(&drop, &name, &bytes);
            }
        }
        self.whose.extend(scans.iter().map(|scan| (*scan, whose)));
        self.sent.insert(delivered, scans);
    }

    fn sidecar(&self, whose: Whose, files: &[&str]) -> String {
        let (today, now) = self.hospital.today();
        serde_json::json!({
            "format": "torikomi-sidecar-v1",
            "patient_id": whose.patient,
            "document_type": "consent-demo",
            "obtained_on": today,
            "scanned_at": now,
            "operator": whose.operator,
            "paper": "A4",
            "expected_pages": files.len(),
            "files": files,
        })
        .to_string()
    }

    fn finish_uploads(&mut self) {
        for mut upload in self.uploads.drain(..) {
            upload.file.write_all(&upload.rest).unwrap();
        }
    }

    fn begin_trouble(&mut self, trouble: Trouble) {
        match trouble {
            Trouble::DiskFull => fill(&self.ballast()),
            Trouble::AuthorityDown => self.hospital.authority_goes_down(),
            Trouble::FolderAway => fs::rename(self.hospital.drop(), self.away()).unwrap(),
        }
        self.trouble = Some(trouble);
    }

    fn end_trouble(&mut self) {
        match self.trouble.take() {
            Some(Trouble::DiskFull) => fs::remove_file(self.ballast()).unwrap(),
            Some(Trouble::AuthorityDown) => self.hospital.authority_comes_up(),
            Some(Trouble::FolderAway) => fs::rename(self.away(), self.hospital.drop()).unwrap(),
            None => {}
        }
        // What could not start may now.
        if self.daemon.as_mut().is_some_and(|daemon| daemon.has_ended().is_some()) {
            self.daemon = None;
            self.start();
        }
    }

    fn ballast(&self) -> PathBuf {
        self.disk.path.join("ballast")
    }

    fn away(&self) -> PathBuf {
        self.hospital.root().join("away")
    }

    /// The people see what waits for them, and do what they should.
    fn act(&self) {
        let reason = |code: &str| ReasonGiven { code: code.parse().unwrap(), text: None };
        let manager = || by("manager");
        if let Ok(status) = self.hospital.ask(&Request::Status, self.patience()) {
            let shown = serde_json::from_value(status["clock_shown"].clone()).unwrap();
            self.tell(&Request::AcknowledgeClock { by: manager(), shown, reason: reason("system-failure") });
        }
        for (document, parts) in open_documents_of(&self.hospital) {
            let looked = || self.hospital.looked(document.id);
            let whose = self.whose[parts.values().next().unwrap()];
            let request = match (document.state, document.held) {
                (DocumentState::AwaitingConfirmation, _) => {
                    let by = by(whose.operator);
                    Request::Confirm { by, document: looked(), pages_shown: true, supersedes: None }
                }
                (_, Some(HoldReason::Findings | HoldReason::Rejected)) => {
                    Request::SendBack { by: manager(), documents: vec![looked()], reason: reason("rescan") }
                }
                (_, Some(HoldReason::Late)) => Request::ReleaseLate {
                    by: manager(),
                    documents: vec![looked()],
                    reason: reason("system-failure"),
                    possible_again_at: self.hospital.now().into(),
                },
                (_, Some(HoldReason::EqualBytes)) => {
                    Request::Discard { by: manager(), document: looked(), reason: reason("duplicate") }
                }
                (_, Some(HoldReason::StageFailed)) => Request::Retry { by: manager(), documents: vec![looked()] },
                (DocumentState::Identifying, Some(_)) => {
                    let facts = Facts {
                        patient_id: Some(whose.patient.into()),
                        document_type: Some("consent-demo".parse().unwrap()),
                        obtained_on: Some(self.hospital.today().0.parse().unwrap()),
                        ..Facts::default()
                    };
                    let (facts, reason) = (Box::new(facts), reason("wrong-patient"));
                    Request::Identify { by: manager(), document: looked(), facts, supersedes: None, reason }
                }
                _ => continue,
            };
            self.tell(&request);
        }
        for delivery in all_deliveries(&self.hospital) {
            if matches!(delivery.state, DeliveryState::Incomplete | DeliveryState::CompletenessUnknown) {
                let shown = looked_at_delivery(&self.hospital.database, delivery.id);
                let (by, reason) = (manager(), reason("rescan"));
                self.tell(&Request::DecideDelivery { by, delivery: delivery.id, shown, take: false, reason });
            }
        }
    }

    /// All troubles end, everybody does their work, and nothing is left open.
    fn come_to_rest(&mut self) {
        self.end_trouble();
        self.finish_uploads();
        self.end_daemon(Daemon::kill);
        self.start();
        let begun = Moment::now();
        for turn in 0.. {
            let open = self.open();
            if open.is_empty() {
                break;
            }
            assert!(begun.elapsed() < LONGEST, "{open:#?}\n{}", standing(&self.hospital));
            self.log_on(CLERKS[turn % CLERKS.len()]);
            self.act();
            std::thread::sleep(Duration::from_secs(2));
        }
        self.hospital.ask(&Request::Status, PATIENCE).unwrap();
        self.end_daemon(Daemon::stop);
    }

    /// What has not come to its end: names in the drop folder that nobody took, deliveries, documents.
    fn open(&self) -> Vec<String> {
        let deliveries = all_deliveries(&self.hospital);
        let known: BTreeSet<&str> = deliveries.iter().map(|found| found.source_display.as_str()).collect();
        let untaken = self.sent.keys().filter(|name| !known.contains(name.as_str())).cloned();
        let moving = deliveries
            .iter()
            .filter(|found| !matches!(found.state, DeliveryState::Taken | DeliveryState::Refused))
            .map(|found| format!("{} {} {:?}", found.source_display, found.state, found.problem));
        let documents = open_documents_of(&self.hospital);
        let documents =
            documents.iter().map(|(document, names)| format!("{names:?} {} {:?}", document.state, document.held));
        untaken.chain(moving).chain(documents).collect()
    }

    fn every_byte_is_accounted_for(&self) {
        let hospital = &self.hospital;
        let deliveries = all_deliveries(&self.hospital);
        let mut names: Vec<&str> = deliveries.iter().map(|found| found.source_display.as_str()).collect();
        names.sort_unstable();
        let expected: Vec<&str> = self.sent.keys().map(String::as_str).collect();
        assert_eq!(names, expected, "what was delivered is one delivery each");

        let in_custody = contents_of(&hospital.custody(), &deliveries);
        let filed = self.filed();
        for (name, scans) in &self.sent {
            let is_kept = |scan| filed.contains_key(scan) || in_custody.contains(scan);
            assert!(scans.iter().all(is_kept), "{name} is gone: {}", standing(hospital));
        }
        println!("{} scans sent, {} filed", self.whose.len(), filed.len());
        the_journal_is_whole(hospital);
        let checked = torikomi(Some(&hospital.root()), &["store", "check"]);
        assert_eq!(checked.status, 0, "{checked:?}");
    }

    /// The contents of filed documents, each of which has one record, which verifies and names the right patient.
    fn filed(&self) -> BTreeMap<Digest, DocumentId> {
        let hospital = &self.hospital;
        let objects = hospital.home.layout().store(&hospital.config).join("objects");
        let objects = Objects::open(&objects, hospital.runtime.handle()).unwrap();
        let trust = Trust::of_home(hospital.home.layout(), &hospital.config).unwrap();
        let at_home = AtHome::new(&hospital.database, &objects);
        let mut contents = BTreeMap::new();
        for (document, parts) in documents_of(hospital) {
            let found: Vec<Record> =
                hospital.database.read(async |tx| records::of_document(tx, document.id).await).unwrap();
            if document.state != DocumentState::Filed {
                assert!(found.is_empty(), "{parts:?} is {}, and has a record", document.state);
                continue;
            }
            let [record] = &found[..] else { panic!("{parts:?} has {} records", found.len()) };
            let report = at_home.verify(record.id, &trust, true).unwrap().unwrap();
            assert_eq!(report.verdict, Verdict::Passed, "{parts:?}: {report:#?}");
            for (name, digest) in parts {
                assert_eq!(record.patient_id, self.whose[&digest].patient, "{name}");
                objects.check(&digest).unwrap();
                let twice = contents.insert(digest, document.id);
                assert_eq!(twice, None, "{name} is filed twice");
            }
        }
        contents
    }
}

/// The digests of what custody holds, by its bytes and not by what it says of them.
fn contents_of(custody: &Path, deliveries: &[Delivery]) -> BTreeSet<Digest> {
    let custody = Folder::open(custody).unwrap();
    let mut found = BTreeSet::new();
    for delivery in deliveries {
        let Ok(copy) = CustodyCopy::open(&custody, delivery.id, delivery.copy) else { continue };
        for member in &copy.manifest().members {
            found.insert(durable::digest_of(&mut copy.open_member(member).unwrap()).unwrap().digest);
        }
    }
    found
}
