//! A home with stations, and the means to drive it.

use std::cell::Cell;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use std::time::{Duration, Instant as Moment};

use jiff::tz::TimeZone;
use sqlx::Row as _;
use torikomi::clock::Clock;
use torikomi::config::station::{SourceRelease, Watch};
use torikomi::crypto::make::{KeyPair, Suite};
use torikomi::database::{Database, DatabaseError, Tx};
use torikomi::document::{DeliveryProblem, DeliveryState, Part};
use torikomi::durable::Folder;
use torikomi::identification::Sidecar;
use torikomi::identity::table::Encoding;
use torikomi::ids::{DeliveryId, Digest, DocumentId, HomeId, Name, SessionId};
use torikomi::image::unmeasured;
use torikomi::instant::Instant;
use torikomi::intake::line::{Instruments, Line, SessionAt, Station};
use torikomi::intake::rest::Patience;
use torikomi::intake::watch::Rhythm;
use torikomi::journal::Kind;
use torikomi::journal::append::Journal;
use torikomi::journal::custody::InCustody;
use torikomi::journal::read::entries;
use torikomi::ledger::deliveries::{self, Delivery};
use torikomi::ledger::documents::Document;
use torikomi::ledger::spoken;
use torikomi::ledger::{contents, documents};
use torikomi::measurements::{Fault, MissingPart};
use torikomi::pipeline::{every_row_of, rows_of};
use torikomi::store::StoreError;

/// 2026-11-20T00:00:00Z.
const BEGINNING: i64 = 1_795_132_800_000_000;

pub(crate) struct World {
    pub(crate) folder: tempfile::TempDir,
    _runtime: tokio::runtime::Runtime,
    pub(crate) database: Arc<Database>,
    pub(crate) journal: Arc<Journal>,
    pub(crate) clock: Arc<Clock>,
    pub(crate) home: HomeId,
    pub(crate) session: SessionId,
    pub(crate) stations: Vec<Station>,
    pub(crate) custody: PathBuf,
    pub(crate) largest: u64,
    /// What the store has lost.
    pub(crate) lacking: Arc<Mutex<Option<Digest>>>,
    /// The store cannot be asked.
    pub(crate) store_away: Arc<AtomicBool>,
    /// The store cannot be asked for this one.
    pub(crate) silent: Arc<Mutex<Option<Digest>>>,
    /// What the store was asked for.
    pub(crate) asked: Arc<Mutex<Vec<Digest>>>,
    /// Who has the stations' folders, where that is a copy of the home.
    pub(crate) anothers: Arc<Mutex<Option<String>>>,
    /// How often measuring was woken.
    pub(crate) woken: Arc<AtomicUsize>,
    start: Moment,
    seconds: Cell<u64>,
    _company: Company,
}

/// Who else runs at the same time.
enum Company {
    Others(#[allow(dead_code, reason = "held, not read")] RwLockReadGuard<'static, ()>),
    Nobody(#[allow(dead_code, reason = "held, not read")] RwLockWriteGuard<'static, ()>),
}

static COMPANY: RwLock<()> = RwLock::new(());

pub(crate) fn name(text: &str) -> Name {
    text.parse().unwrap()
}

impl World {
    /// A home with the station `er-1`: quiet time 3 s, sidecar wait none, patience 600 s.
    pub(crate) fn new() -> Self {
        Self::with(Company::Others(COMPANY.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// The same for a test that starts other programs. Between fork and exec such a program holds every file open that
    /// this process has open for writing, in whichever test, so that it would seem to be still written.
    pub(crate) fn alone() -> Self {
        Self::with(Company::Nobody(COMPANY.write().unwrap_or_else(PoisonError::into_inner)))
    }

    fn with(company: Company) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for inside in ["custody", "drop", "drop/er-1"] {
            fs::create_dir(folder.path().join(inside)).unwrap();
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let database = Database::open(&folder.path().join("torikomi.db"), true, runtime.handle(), || ()).unwrap();
        let home = HomeId::new();
        let key = KeyPair::generate(Suite::Ed25519).unwrap();
        let journal = Journal::new(home, "torikomi.test/journal".parse().unwrap(), key);
        let clock = Clock::manual(Instant::from_microseconds(BEGINNING).unwrap());
        let custody = folder.path().join("custody");
        let mut world = Self {
            _runtime: runtime,
            database: Arc::new(database),
            journal: Arc::new(journal),
            clock: Arc::new(clock),
            home,
            session: SessionId::new(),
            stations: Vec::new(),
            custody,
            largest: 64 * 1024 * 1024,
            lacking: Arc::default(),
            store_away: Arc::default(),
            silent: Arc::default(),
            asked: Arc::default(),
            anothers: Arc::default(),
            woken: Arc::default(),
            start: Moment::now(),
            seconds: Cell::new(0),
            folder,
            _company: company,
        };
        world.add_station("er-1");
        world
    }

    pub(crate) fn add_station(&mut self, station: &str) {
        let folder = self.folder.path().join("drop").join(station);
        fs::create_dir_all(&folder).unwrap();
        self.stations.push(Station {
            name: name(station),
            folder,
            patience: Patience::default(),
            sidecar_wait: Duration::ZERO,
            rhythm: Rhythm::default(),
            watch: Watch::Auto,
            source_release: SourceRelease::Custody,
        });
    }

    pub(crate) fn er_1(&mut self) -> &mut Station {
        &mut self.stations[0]
    }

    /// Opens a line over what is there: at first, and after every crash.
    pub(crate) fn open(&self) -> Line {
        let session = self.session;
        self.open_with(Box::new(move |_| Some(session)))
    }

    /// The same with another answer to which session is open.
    pub(crate) fn open_with(&self, session_at: SessionAt) -> Line {
        let woken = Arc::clone(&self.woken);
        let (database, lacking) = (Arc::clone(&self.database), Arc::clone(&self.lacking));
        let (away, asked) = (Arc::clone(&self.store_away), Arc::clone(&self.asked));
        let silent = Arc::clone(&self.silent);
        let anothers = Arc::clone(&self.anothers);
        // What custody has the store has as well, but for what a test takes from it.
        let stored = move |object: &Digest| {
            let lengths = database.read::<_, DatabaseError, _>(async |tx| {
                let sql = "SELECT byte_length FROM delivery_file WHERE content = $1";
                Ok(sqlx::query(sql).bind(object.to_string()).fetch_all(tx).await?)
            });
            let length = lengths.unwrap().first().map(|row| u64::try_from(row.get::<i64, _>(0)).unwrap());
            length.filter(|_| lacking.lock().unwrap().as_ref() != Some(object))
        };
        let instruments = Instruments {
            home: self.home,
            custody: Folder::open(&self.custody).unwrap(),
            database: Arc::clone(&self.database),
            journal: Arc::clone(&self.journal),
            clock: Arc::clone(&self.clock),
            zone: TimeZone::get("Asia/Tokyo").unwrap(),
            largest: self.largest,
            session_at,
            rows: Box::new(|_, list| every_row_of(list, Encoding::Utf8)),
            stored: Box::new(move |object| {
                asked.lock().unwrap().push(*object);
                let is_silent = away.load(Ordering::SeqCst) || *silent.lock().unwrap() == Some(*object);
                if is_silent { Err(StoreError::DiskFull) } else { Ok(stored(object)) }
            }),
            away: Box::new(|| None),
            ours: Box::new(move |_| anothers.lock().unwrap().clone().map_or(Ok(()), Err)),
            listed: Box::new(|bytes| {
                Some(Sidecar::parse(bytes).ok()?.files?.into_iter().map(OsString::from).collect())
            }),
            wake_measuring: Box::new(move || {
                woken.fetch_add(1, Ordering::SeqCst);
            }),
        };
        Line::open(instruments, self.stations.clone()).unwrap()
    }

    /// One turn of a station, `seconds` after the last one of whichever.
    pub(crate) fn turn_at(&self, line: &Line, station: &str, seconds: u64) -> Option<u64> {
        self.pass(seconds);
        let turn = line.turn(&name(station), self.moment()).unwrap();
        turn.next.map(|next| next.saturating_duration_since(self.start).as_secs())
    }

    pub(crate) fn turn(&self, line: &Line, seconds: u64) -> Option<u64> {
        self.turn_at(line, "er-1", seconds)
    }

    /// Time passes and nobody looks.
    pub(crate) fn pass(&self, seconds: u64) {
        self.seconds.set(self.seconds.get() + seconds);
        self.clock.set(self.now());
    }

    pub(crate) fn now(&self) -> Instant {
        Instant::from_microseconds(BEGINNING + i64::try_from(self.seconds.get()).unwrap() * 1_000_000).unwrap()
    }

    pub(crate) fn moment(&self) -> Moment {
        self.start + Duration::from_secs(self.seconds.get())
    }

    pub(crate) fn path(&self, inside: &str) -> PathBuf {
        self.stations[0].folder.join(inside)
    }

    pub(crate) fn put(&self, inside: &str, bytes: &[u8]) {
        fs::write(self.path(inside), bytes).unwrap();
    }

    /// A file comes to rest and is copied: two turns.
    pub(crate) fn take(&self, line: &Line) {
        self.turn(line, 1);
        self.turn(line, 3);
    }

    pub(crate) fn read<T>(&self, query: impl AsyncFnOnce(&mut Tx) -> Result<T, DatabaseError>) -> T {
        self.database.read(query).unwrap()
    }

    /// Every delivery, oldest first.
    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        let ids: Vec<DeliveryId> = self.read(async |tx| {
            let rows = sqlx::query("SELECT id FROM delivery ORDER BY arrival").fetch_all(tx).await?;
            Ok(rows.iter().map(|row| row.get::<String, _>(0).parse().unwrap()).collect())
        });
        ids.into_iter().map(|id| self.delivery(id)).collect()
    }

    pub(crate) fn delivery(&self, id: DeliveryId) -> Delivery {
        self.read(async |tx| deliveries::get(tx, id).await).unwrap()
    }

    /// `name: state copy released`, a line a delivery, oldest first.
    pub(crate) fn ledger(&self) -> Vec<String> {
        let tell = |row: Delivery| {
            let released = serde_json::to_value(row.released).unwrap();
            format!("{}: {} {} {}", row.source_display, row.state, row.copy, released.as_str().unwrap())
        };
        self.deliveries().into_iter().map(tell).collect()
    }

    pub(crate) fn only(&self) -> Delivery {
        let mut rows = self.deliveries();
        assert_eq!(rows.len(), 1, "{:?}", self.ledger());
        rows.remove(0)
    }

    /// The names of a delivery's files, with what each is for.
    pub(crate) fn files(&self, id: DeliveryId) -> Vec<String> {
        let files = self.read(async |tx| deliveries::files(tx, id).await);
        files.iter().map(|f| format!("{:?} {}", f.role, f.source_os_name().to_string_lossy())).collect()
    }

    pub(crate) fn write(
        &self,
        job: impl for<'t> AsyncFnOnce(&'t mut Tx) -> Result<(), DatabaseError> + Send + 'static,
    ) {
        self.database.write(job).unwrap();
    }

    /// The measuring stage finds the copy complete: the delivery is taken, with one document.
    pub(crate) fn measured_complete(&self, id: DeliveryId) -> DocumentId {
        let (row, now, document) = (self.delivery(id), self.now(), DocumentId::new());
        let files = self.read(async |tx| deliveries::files(tx, id).await);
        self.write(async move |tx| {
            let mut parts = Vec::new();
            for file in files.iter().filter(|file| file.role == deliveries::Role::Scan) {
                let measurements = unmeasured(file.content, file.byte_length, Fault::UnknownFormat);
                contents::enter(tx, &measurements, &Digest::of(b"measurements")).await?;
                let delivered_name = String::from_utf8_lossy(&file.source_name).into_owned();
                parts.push(Part { delivery: id, content: file.content, first_page: 1, page_count: 1, delivered_name });
            }
            documents::create(tx, document, &row.station, &parts, row.taken_in_at.unwrap(), now).await?;
            deliveries::move_on(tx, id, row.state, DeliveryState::Taken, None, now).await
        });
        document
    }

    /// The measuring stage finds that the present copy breaks off.
    pub(crate) fn measured_incomplete(&self, id: DeliveryId) {
        let problem = DeliveryProblem::Incomplete { file: 1, missing: MissingPart::EndMarker, at_byte: 4 };
        self.found_wanting(id, &problem);
    }

    pub(crate) fn found_wanting(&self, id: DeliveryId, problem: &DeliveryProblem) {
        let copy = self.delivery(id).copy;
        let problem = serde_json_canonicalizer::to_string(problem).unwrap();
        self.write(async move |tx| deliveries::set_incomplete(tx, id, copy, &problem).await);
    }

    pub(crate) fn document(&self, id: DocumentId) -> Document {
        self.read(async |tx| documents::get(tx, id).await).unwrap()
    }

    /// The identification stage finds that the row of this name in a list speaks for the document.
    pub(crate) fn row_speaks(&self, document: DocumentId, list: &[u8], of: &str) {
        let rows = rows_of(list, Encoding::Utf8, &[of.to_owned()]);
        assert_eq!(rows.len(), 1, "{of}");
        self.write(async move |tx| {
            for row in &rows {
                spoken::use_row(tx, &name("er-1"), row, document).await?;
            }
            Ok(())
        });
    }

    /// Whatever lies between: the document is now in this state.
    pub(crate) fn set_document(&self, document: DocumentId, state: &'static str) {
        self.write(async move |tx| {
            sqlx::query("UPDATE document SET state = $1 WHERE id = $2")
                .bind(state)
                .bind(document.to_string())
                .execute(tx)
                .await?;
            Ok(())
        });
    }

    /// The same, and it has its record.
    pub(crate) fn file(&self, document: DocumentId) {
        self.set_document(document, "filed");
        self.write(async move |tx| {
            sqlx::query(
                "INSERT INTO record (id, digest, document, version, station, document_type, profile_id,
                   profile_version, patient_id, patient_name, page_count, signer, taken_in_at, signed_at, filed_at,
                   journal_index)
                 VALUES ($1, $1, $1, 1, 'er-1', 'consent-demo', 'consent-demo', 1, '9990001', '架空 花子', 1, $1, 0, 0, 0, 0)",
            )
            .bind(document.to_string())
            .execute(tx)
            .await?;
            Ok(())
        });
    }

    /// The kinds of the journal's entries, in order.
    pub(crate) fn journal(&self) -> Vec<Kind> {
        let found = self.read(async |tx| entries(tx, 0, 1000).await);
        found.iter().map(|stored| stored.entry().unwrap().kind).collect()
    }

    /// By the journal, each copy of a delivery that came to count, and when.
    pub(crate) fn taken_in(&self, id: DeliveryId) -> Vec<(u32, Instant)> {
        let found = self.read(async |tx| entries(tx, 0, 1000).await);
        let entries = found.iter().map(|stored| stored.entry().unwrap());
        let of_it = entries.filter(|entry| entry.subject.delivery == Some(id));
        of_it.filter_map(|entry| Some((InCustody::of(&entry)?.copy, entry.at))).collect()
    }

    /// What stands in custody: each folder's copy number with the bytes of its first file.
    pub(crate) fn custody(&self) -> Vec<String> {
        let mut told: Vec<String> = visible(&self.custody)
            .into_iter()
            .map(|folder| {
                let bytes = fs::read(self.custody.join(&folder).join("content-001")).unwrap_or_default();
                let number = folder.rsplit('.').next().unwrap_or_default().to_owned();
                format!("{number} {}", String::from_utf8_lossy(&bytes))
            })
            .collect();
        told.sort();
        told
    }

    /// What stands in the drop folder, ours apart.
    pub(crate) fn standing(&self) -> Vec<String> {
        visible(&self.stations[0].folder).into_iter().filter(|name| name != "_status").collect()
    }

    /// The texts of the notes, oldest first.
    pub(crate) fn notes(&self) -> Vec<String> {
        let folder = self.path("_status");
        if !folder.exists() {
            return Vec::new();
        }
        visible(&folder).iter().map(|name| fs::read_to_string(folder.join(name)).unwrap()).collect()
    }
}

fn visible(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned());
    let mut names: Vec<String> = names.filter(|name| !name.starts_with('.')).collect();
    names.sort();
    names
}
