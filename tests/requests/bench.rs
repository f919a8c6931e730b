//! A home with its first two people, its line opened, and documents put where a test wants them.

use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use torikomi::cli::init::make::{NewFounder, Plan, make};
use torikomi::config::Mode;
use torikomi::control::ceremony::{self, Certified, Planned};
use torikomi::control::{Credentials, LookedAt, ReasonGiven, Refusal, Request, Secret};
use torikomi::crypto::make::Suite;
use torikomi::daemon::open::{OpenError, Opened, open};
use torikomi::daemon::requests::{Hooks, Peer, Requests, shown};
use torikomi::database::DatabaseError;
use torikomi::document::{DocumentState, HoldReason, Part};
use torikomi::durable::Failure;
use torikomi::identity::{Claims, Identity, Patient, Source, Sourced};
use torikomi::ids::{DeliveryId, Digest, DocumentId, Name};
use torikomi::instant::Instant;
use torikomi::intake::custody::{Manifest, folder_name};
use torikomi::intake::source::SourceName;
use torikomi::journal::custody::InCustody;
use torikomi::journal::files::Files;
use torikomi::journal::{Draft, Entry, Kind, Subject, read};
use torikomi::judgement::{Finding, Judgement, Outcome, Reason, Severity};
use torikomi::keyring;
use torikomi::ledger::decisions::{self, Decision};
use torikomi::ledger::documents::{self, Document};
use torikomi::ledger::{contents, deliveries};
use torikomi::people::acts::Signed;
use torikomi::people::register::{self, NewPerson};
use torikomi::people::{PeopleError, certificates};
use torikomi::profile::Profile;
use torikomi::system::KernelClock;
use torikomi::verification::Trust;
use torikomi::verification::journal::{JournalReport, JournalVerdict, Sources, verify};

pub const ADMIN: &str = "mihon-kanri";
pub const MANAGER: &str = "mihon-joho";
pub const AUTHORITY: &str = "封をした言葉-2026-冬";
pub const STATION: &str = "front-desk";
pub const KIND: &str = "referral-letter-demo";

/// The peer that every request here comes from.
pub const PEER: Peer = Peer { uid: 4711, pid: 815 };

pub struct Bench {
    pub requests: Requests,
    pub opened: Opened,
    pub folder: TempDir,
    runtime: tokio::runtime::Runtime,
}

/// A state that a refused request must leave as it is.
#[derive(Debug, PartialEq, Eq)]
pub struct Snapshot {
    journal: Option<read::Head>,
    documents: Vec<String>,
    keys: Vec<String>,
}

impl Bench {
    pub fn new() -> Self {
        Self::in_mode(Mode::Evaluation)
    }

    /// As a machine whose time a server keeps right; who tests does not depend on the one at hand.
    pub fn the_clock_is_kept_right(&self) {
        self.opened.line.clock.pretend(KernelClock { synchronised: true, estimated_error_us: 900 });
    }

    /// A verifier finds nothing wrong in the journal of the home.
    pub fn the_journal_counts(&self) {
        let report = self.journal_report();
        assert_eq!(report.verdict, JournalVerdict::Consistent, "{report:#?}");
    }

    pub fn journal_report(&self) -> JournalReport {
        let line = &self.opened.line;
        let files = line.home.layout().store(&line.config).join("journal");
        Files::open(&files, &line.database).unwrap().catch_up(&line.database).unwrap();
        let trust = Trust::of_home(line.home.layout(), &line.config).unwrap();
        let sources = Sources { database: &line.database, files: &files, trust: &trust, against: None };
        verify(&sources, |_, _| ()).unwrap()
    }

    pub fn in_mode(mode: Mode) -> Self {
        Self::with_settings(mode, |_| ()).unwrap()
    }

    /// A home whose `torikomi.toml` was changed before it is opened.
    pub fn with_settings(mode: Mode, change: impl FnOnce(&mut String)) -> Result<Self, OpenError> {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().join("home");
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let founder = |login: &str, name: &str| NewFounder {
            person: new_person(login, name),
            passphrase: passphrase(login).into(),
        };
        let demo = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("profiles/demo/referral-letter-demo.toml"));
        let demo = String::from_utf8(demo.unwrap()).unwrap();
        // Exceptions are allowed in one profile and not in the other.
        let strict = demo.replace(KIND, "strict-letter").replace("minimum_dpi = 300", "minimum_dpi = 400");
        let lenient = demo.replace("[severity]", "[review]\nexceptions = \"allowed\"\n\n[severity]");
        let plan = Plan {
            root: root.clone(),
            mode,
            organization: "見本病院".into(),
            stations: vec![STATION.parse().unwrap()],
            founders: [founder(ADMIN, "見本 管理者"), founder(MANAGER, "見本 情報")],
            authority_passphrase: AUTHORITY.to_owned().into(),
            database: None,
            objects: None,
            profiles: vec![
                ("referral-letter-demo.toml".into(), lenient.into_bytes()),
                ("strict-letter.toml".into(), strict.into_bytes()),
            ],
        };
        make(plan, runtime.handle(), jiff::Timestamp::now().into()).unwrap();
        let settings = root.join("torikomi.toml");
        let mut text = std::fs::read_to_string(&settings).unwrap();
        change(&mut text);
        std::fs::write(&settings, text).unwrap();
        let binary = Path::new(env!("CARGO_BIN_EXE_torikomi"));
        let opened = open(&root, runtime.handle(), binary, || ())?;
        let hooks = Hooks { stations: Box::new(Vec::new), wake_intake: Box::new(|_| ()), stop: Box::new(|| ()) };
        let requests = Requests::new(Arc::clone(&opened.line), Arc::new(hooks));
        Ok(Self { requests, opened, folder, runtime })
    }

    /// The same home, opened by another process.
    pub fn reopened(self) -> Self {
        let Self { requests, opened, folder, runtime } = self;
        drop((requests, opened));
        let binary = Path::new(env!("CARGO_BIN_EXE_torikomi"));
        let opened = open(&folder.path().join("home"), runtime.handle(), binary, || ()).unwrap();
        let hooks = Hooks { stations: Box::new(Vec::new), wake_intake: Box::new(|_| ()), stop: Box::new(|| ()) };
        let requests = Requests::new(Arc::clone(&opened.line), Arc::new(hooks));
        Self { requests, opened, folder, runtime }
    }

    /// What a ceremony brings forth for somebody who chooses this passphrase, whether it is let in or not.
    pub fn certified(&self, login: &str, own: &Secret) -> Certified {
        ceremony::hold(self.opened.line.home.layout(), &self.planned(login), own, &Secret::new(AUTHORITY.into()))
            .unwrap()
    }

    pub fn planned(&self, login: &str) -> Planned {
        let person = self.opened.line.database.read::<_, PeopleError, _>(async |tx| register::named(tx, login).await);
        let person = person.unwrap();
        let root = keyring::certificate_of_authority(self.opened.line.home.layout()).unwrap();
        let not_before = self.now().cut_to_second();
        Planned {
            login: person.login,
            name: person.name,
            department: person.department,
            organization: "見本病院".into(),
            suite: Suite::Ed25519,
            not_before,
            not_after: not_before.plus(jiff::SignedDuration::from_hours(24 * 730)),
            root: Digest::of(&root),
        }
    }

    /// What was asked and done.
    pub fn done(&self, request: Request) -> Value {
        self.requests.answer(request, PEER).unwrap()
    }

    /// The refusal of what was asked; nothing may have changed.
    pub fn refused(&self, request: Request) -> Refusal {
        let before = self.snapshot();
        let refusal = self.requests.answer(request, PEER).expect_err("it was done");
        assert_eq!(self.snapshot(), before, "a refused request changed something: {refusal:?}");
        refusal
    }

    pub fn snapshot(&self) -> Snapshot {
        let everything = documents::Filter { ended: true, ..documents::Filter::default() };
        let (journal, documents) = self
            .opened
            .line
            .database
            .read::<_, DatabaseError, _>(async |tx| {
                let mut seen = Vec::new();
                for document in documents::list(tx, &everything, 1000).await?.documents {
                    let decided = decisions::of_document(tx, document.id).await?;
                    seen.push(format!("{document:?} {decided:?}"));
                }
                Ok((read::head(tx).await?, seen))
            })
            .unwrap();
        let keys = std::fs::read_dir(&self.opened.line.keys).unwrap();
        let mut keys: Vec<_> = keys.map(|key| key.unwrap().file_name().to_string_lossy().into_owned()).collect();
        keys.sort();
        Snapshot { journal, documents, keys }
    }

    /// The newest entry that holds an act, whose every signature is checked with the certificate it names, and which names the
    /// process that asked for it.
    pub fn last_act(&self) -> (Entry, Signed) {
        let entries = self.opened.line.database.read(async |tx| read::entries(tx, 0, 1000).await).unwrap();
        let mut entries = entries.iter().map(|stored| stored.entry().unwrap());
        let entry = entries.rfind(|entry| entry.act.is_some()).unwrap();
        let signed = Signed::read(entry.act.clone().unwrap()).unwrap();
        assert!(!signed.signatures().is_empty());
        for signature in signed.signatures() {
            let found = self.opened.line.database.read(async |tx| certificates::get(tx, signature.certificate).await);
            signed.check_signature(signature, &found.unwrap().unwrap()).unwrap();
        }
        assert_eq!(entry.facts["peer_uid"], PEER.uid);
        assert_eq!(entry.facts["peer_pid"], PEER.pid);
        (entry, signed)
    }

    pub fn profile(&self, id: &str) -> Profile {
        self.opened.line.profiles().in_force(&id.parse().unwrap()).unwrap().profile.clone()
    }

    /// A document that was judged under `profile` with these findings, and waits where they bring it.
    pub fn judged(&self, profile: &str, found: &[(&str, Severity)]) -> DocumentId {
        let id = self.fresh();
        let profile = self.profile(profile);
        let findings: Vec<_> = found
            .iter()
            .map(|(check, severity)| Finding {
                check: (*check).to_owned(),
                outcome: Outcome::Failed(Reason::CheckCrashed),
                severity: *severity,
                page: None,
            })
            .collect();
        let severity = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Pass);
        let judgement = Judgement { profile: profile.reference().clone(), findings, severity };
        let now = self.now();
        let (state, held) = torikomi::review::route(&torikomi::review::needs(&identity(), &judgement, &profile, &[]));
        self.write(async move |tx| {
            documents::set_identity(tx, id, &identity(), &Claims::default(), Some(profile.reference())).await?;
            documents::move_on(tx, id, DocumentState::Identifying, DocumentState::Inspecting, now).await?;
            documents::set_judgement(tx, id, &judgement, Some(now)).await?;
            documents::move_on(tx, id, DocumentState::Inspecting, state, now).await?;
            if let Some(reason) = held {
                documents::hold(tx, id, state, reason, None, now).await?;
            }
            Ok(())
        });
        id
    }

    /// A document that was just taken in.
    pub fn fresh(&self) -> DocumentId {
        let (id, delivery, now) = (DocumentId::new(), DeliveryId::new(), self.now());
        let station: Name = STATION.parse().unwrap();
        let digest = Digest::of(id.to_string().as_bytes());
        let measured = torikomi::image::unmeasured(digest, 4, torikomi::measurements::Fault::UnknownFormat);
        let subject = Subject { document: Some(id), ..Subject::delivery(delivery) };
        let clock = self.opened.line.clock.known();
        let said = InCustody { station: station.clone(), copy: 1, contents: vec![digest], clock, session: None };
        let taken = Draft::by_system(Kind::DeliveryTaken, subject).fact("copy", 1).fact("contents", [digest]);
        let journal = Arc::clone(&self.opened.line.journal);
        self.write(async move |tx| {
            deliveries::enter(tx, delivery, &station, b"scan.tif", now).await?;
            contents::enter(tx, &measured, &digest).await?;
            let name = "scan.tif".to_owned();
            let part = Part { delivery, content: digest, first_page: 1, page_count: 1, delivered_name: name };
            deliveries::set_custody(tx, delivery, 1, &[], now, None).await?;
            documents::create(tx, id, &station, &[part], now, now).await?;
            let index = journal.append(tx, said.entry(delivery), now).await?.index;
            journal.append(tx, taken.fact("in_custody", index), now).await.map(drop)
        });
        self.keep(delivery, now);
        id
    }

    /// Its copy in custody, beside which nothing was delivered that says anything.
    pub fn keep(&self, delivery: DeliveryId, now: Instant) {
        let manifest = Manifest {
            format: 1,
            delivery,
            arrival: 1,
            copy: 1,
            home: self.opened.line.home.id(),
            station: STATION.parse().unwrap(),
            name: SourceName::new("scan.tif".into()).unwrap(),
            is_folder: false,
            contested: false,
            weaker_completeness: false,
            begun_at: now,
            copied_at: now,
            members: Vec::new(),
        };
        let bytes = serde_json_canonicalizer::to_vec(&manifest).unwrap();
        let draft = self.opened.line.custody.draft().unwrap();
        draft.write::<Failure>("delivery.json", |sink| sink.write(&bytes)).unwrap();
        draft.place(&folder_name(delivery, 1)).unwrap();
    }

    /// Puts it where its stages would have brought it.
    pub fn put(&self, id: DocumentId, state: DocumentState) {
        self.write(async move |tx| {
            sqlx::query("UPDATE document SET state = $1 WHERE id = $2")
                .bind(state.to_string())
                .bind(id.to_string())
                .execute(tx)
                .await?;
            Ok(())
        });
    }

    pub fn hold(&self, id: DocumentId, reason: HoldReason) {
        let (state, now) = (self.document(id).state, self.now());
        self.write(async move |tx| documents::hold(tx, id, state, reason, None, now).await);
    }

    pub fn write<F>(&self, job: F)
    where
        F: for<'t> AsyncFnOnce(&'t mut torikomi::database::Tx) -> Result<(), DatabaseError> + Send + 'static,
    {
        self.opened.line.database.write(job).unwrap();
    }

    pub fn document(&self, id: DocumentId) -> Document {
        self.opened.line.database.read(async |tx| documents::get(tx, id).await).unwrap().unwrap()
    }

    /// A document as a person sees it now, who is about to decide.
    pub fn looked(&self, document: DocumentId) -> LookedAt {
        let parts = self.opened.line.database.read(async |tx| documents::parts(tx, document).await).unwrap();
        LookedAt { document, shown: shown::of_document(&self.document(document), &parts).unwrap() }
    }

    /// The clock as a person sees it now.
    pub fn clock_shown(&self) -> Digest {
        shown::of_clock(&self.opened.line.clock).unwrap()
    }

    pub fn decisions(&self, id: DocumentId) -> Vec<Decision> {
        self.opened.line.database.read(async |tx| decisions::of_document(tx, id).await).unwrap()
    }

    pub fn now(&self) -> Instant {
        self.opened.line.clock.now()
    }
}

pub fn identity() -> Identity {
    let from = Source::Sidecar;
    let patient =
        Patient { id: "9990001".into(), name: "架空 花子".into(), kana: None, birth_date: None, sex: None };
    Identity {
        patient: Some(Sourced { value: patient, from }),
        document_type: Some(Sourced { value: KIND.parse().unwrap(), from }),
        obtained_on: Some(Sourced { value: "2026-11-02".parse().unwrap(), from }),
        ..Identity::default()
    }
}

pub fn new_person(login: &str, name: &str) -> NewPerson {
    NewPerson {
        login: login.into(),
        name: name.into(),
        kana: None,
        occupation: "事務員".into(),
        department: "医事課".into(),
    }
}

/// Every person here has a passphrase of their own.
pub fn passphrase(login: &str) -> String {
    let season = match login {
        ADMIN => "春",
        MANAGER => "夏",
        _ => "秋",
    };
    format!("架空の合言葉-2026-{season}")
}

pub fn person(login: &str) -> Credentials {
    Credentials { login: login.into(), passphrase: Secret::new(passphrase(login)) }
}

/// The other of the two founders, where that is not whose key it is.
pub fn witness(by: &str, owner: &str) -> Option<Credentials> {
    let other = if by == ADMIN { MANAGER } else { ADMIN };
    (other != owner).then(|| person(other))
}

pub fn because(code: &str) -> ReasonGiven {
    ReasonGiven { code: code.parse().unwrap(), text: Some("架空の理由".into()) }
}
