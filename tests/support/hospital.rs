//! A throw-away hospital with a store, a journal and filed records, made without the stages that make real ones, so
//! that any single thing of them can be made wrong.

#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;
use torikomi::calendar::DEFAULT_CALENDAR;
use torikomi::config::Mode;
use torikomi::crypto::check::Anchors;
use torikomi::crypto::make::{
    EvaluationAuthority, EvaluationCa, KeyPair, Subject as Name, Suite, Validity, embed_timestamp, sign_cades,
    signature_value, timestamp_request,
};
use torikomi::crypto::{check, oid};
use torikomi::database::{Database, DatabaseError};
use torikomi::evidence::container::{Entry, write};
use torikomi::evidence::manifest::{MANIFEST_PATH, Member as Named, SIGNATURE_MEDIA_TYPE, SIGNATURE_PATH, encode};
use torikomi::evidence::proof::Proof;
use torikomi::evidence::record::{
    Attestation, Clocks, DecisionRef, MeasurementsRef, PersonRef, RECORD_VERSION, RecordFile, RecordJson,
    RecordSidecar, Signer as SignerRef, Software,
};
use torikomi::identity::{Claims, Identity, Patient, Source, Sourced};
use torikomi::ids::{AttemptId, DeliveryId, Digest, DocumentId, HomeId, PersonId, RecordId, SessionId};
use torikomi::instant::Instant;
use torikomi::journal::append::{Appended, Journal};
use torikomi::journal::custody::InCustody;
use torikomi::journal::{Draft, Kind, Subject};
use torikomi::judgement::{Judgement, Severity};
use torikomi::ledger::documents;
use torikomi::measurements::Format;
use torikomi::people::Role;
use torikomi::people::acts::{Act, Deed, Signed};
use torikomi::people::certificates::{Certificate, Signer};
use torikomi::people::enrolment::{self, Foundation, Founder};
use torikomi::people::register::{NewPerson, Person};
use torikomi::people::sessions::Attested;
use torikomi::store::Objects;
use torikomi::store::records::{self, Member, Record};
use torikomi::verification::{AtHome, AuthorityTrust, ProofSource, Trust};

mod recipe;

use recipe::state_of;
#[allow(unused_imports, reason = "each test binary uses a part of it")]
pub use recipe::{Recipe, Stamp, clock_known, confirm, found, nothing_found, the_state};

pub const FOUNDED_AT: &str = "2026-11-01T00:00:00.000000Z";
/// Friday 20 November 2026, 14:05 in Japan; Monday is a holiday.
pub const TAKEN_IN_AT: &str = "2026-11-20T05:05:00.000000Z";
pub const SIGNED_AT: &str = "2026-11-20T05:10:00.300000Z";
pub const STAMPED_AT: &str = "2026-11-20T05:10:00.600000Z";
pub const FILED_AT: &str = "2026-11-20T05:10:01.000000Z";
/// The end of Tuesday, and 13:20 on Tuesday.
pub const SCAN_BY: &str = "2026-11-24T15:00:00.000000Z";
pub const SIGN_BY: &str = "2026-11-24T04:20:00.000000Z";
pub const ORIGIN: &str = "torikomi.example/journal/a";

pub fn at(text: &str) -> Instant {
    text.parse().unwrap()
}

pub fn validity() -> Validity {
    Validity { not_before: at("2026-01-01T00:00:00.000000Z"), not_after: at("2028-12-31T23:59:59.000000Z") }
}

pub struct Hospital {
    pub folder: TempDir,
    pub database: Database,
    pub objects: Objects,
    pub journal: Arc<Journal>,
    pub home: HomeId,
    pub ca: EvaluationCa,
    pub authority: EvaluationAuthority,
    pub admin: Signer,
    pub manager: Signer,
    pub manager_person: Person,
    pub trust: Trust,
    // Dropped last: the others live on it.
    _runtime: tokio::runtime::Runtime,
}

/// What a hospital is founded on.
struct Ground {
    home: HomeId,
    journal: Arc<Journal>,
    authority: EvaluationAuthority,
    ca: EvaluationCa,
    trust: Trust,
}

/// A record in the store.
pub struct Filed {
    pub id: RecordId,
    pub document: DocumentId,
    pub session: SessionId,
    pub row: Record,
    /// The container's entries in order.
    pub entries: Vec<(String, Vec<u8>)>,
}

impl Hospital {
    pub fn new() -> Self {
        Self::with(Suite::Ed25519)
    }

    pub fn with(suite: Suite) -> Self {
        Self::with_certificates(suite, |_| true)
    }

    /// With founders whose certificates, in PEM, are such as is asked for.
    pub fn with_certificates(suite: Suite, wanted: impl Fn(&str) -> bool) -> Self {
        let home = HomeId::new();
        let key = KeyPair::generate(Suite::Ed25519).unwrap();
        let verifier = key.verifier_key(ORIGIN.parse().unwrap()).unwrap();
        let ca = EvaluationCa::create(&name("評価用認証局"), validity()).unwrap();
        let anchors = Anchors::new(&[ca.certificate().to_vec()]).unwrap();
        let trusted = AuthorityTrust {
            anchors: anchors.clone(),
            policies: vec![oid::EVALUATION_TIMESTAMP],
            accredited: Some(false),
        };
        let trust = Trust { signers: anchors, authorities: vec![trusted], journals: vec![verifier], outside: None };
        let journal = Arc::new(Journal::new(home, ORIGIN.parse().unwrap(), key));
        let ground = Ground { home, journal, authority: authority(&ca), ca, trust };
        Self::found(ground, [PersonId::new(), PersonId::new()], suite, wanted)
    }

    /// The same home founded once more, by whoever has all of its keys and nobody's passphrase: home, people, authorities and
    /// the journal's key are as they were, and the founders have keys of another's making.
    pub fn founded_anew(self) -> Self {
        let people = [self.admin.person(), self.manager.person()];
        let Self { home, journal, authority, ca, trust, .. } = self;
        Self::found(Ground { home, journal, authority, ca, trust }, people, Suite::Ed25519, |_| true)
    }

    fn found(ground: Ground, people: [PersonId; 2], suite: Suite, wanted: impl Fn(&str) -> bool) -> Self {
        let Ground { home, journal, authority, ca, trust } = ground;
        let folder = TempDir::new().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let store = folder.path().join("store");
        std::fs::create_dir_all(store.join("objects")).unwrap();
        let database = Database::open(&store.join("torikomi.db"), true, runtime.handle(), || ()).unwrap();
        let objects = Objects::open(&store.join("objects"), runtime.handle()).unwrap();
        let now = at(FOUNDED_AT);
        let founder = |id: PersonId, login: &str, person: &str, role| {
            let person = Person { id, ..new_person(login, person).into_person(None, now).unwrap() };
            let (key, certificate) = std::iter::repeat_with(|| {
                let key = KeyPair::generate(suite).unwrap();
                let certificate = enrolment::issue(&ca, &person, &key, "見本病院", validity(), now).unwrap();
                (key, certificate)
            })
            .find(|(_, certificate)| wanted(&torikomi::crypto::pem::write(&certificate.der)))
            .unwrap();
            let signer = Signer::new(&person, certificate.clone(), key).unwrap();
            (signer, Founder { person, role, certificate })
        };
        let [first, second] = people;
        let (admin, first) = founder(first, "mihon-kanri", "見本 太郎", Role::Admin);
        let (manager, second) = founder(second, "kaku-joho", "架空 次郎", Role::InformationManager);
        let manager_person = second.person.clone();
        let founders = [first, second];
        let adopted = torikomi::profile::lint(Recipe::default().profile.as_bytes(), "profile.toml").unwrap().0;
        let profiles = vec![adopted.reference().clone()];
        let (root, calendar) = (Digest::of(ca.certificate()), Digest::of(DEFAULT_CALENDAR.as_bytes()));
        let foundation = Foundation { mode: Mode::Evaluation, root, timestamping: None, profiles, calendar };
        let (act, private) = enrolment::genesis_act(&founders, foundation, now, home).unwrap();
        let signed = Signed::sign(act, &[&admin, &manager]).unwrap();
        let writer = Arc::clone(&journal);
        database
            .write::<_, torikomi::people::PeopleError, _>(async move |tx| {
                let change = enrolment::genesis(tx, signed, founders, private).await?;
                let appended = writer.append(tx, change.entry.clone(), now).await?;
                Ok(change.apply(tx, appended.index).await?)
            })
            .unwrap();
        Self {
            folder,
            database,
            objects,
            journal,
            home,
            ca,
            authority,
            admin,
            manager,
            manager_person,
            trust,
            _runtime: runtime,
        }
    }

    /// Appends an entry to the journal.
    pub fn append(&self, draft: Draft, now: Instant) -> Appended {
        let journal = Arc::clone(&self.journal);
        self.database.write::<_, DatabaseError, _>(async move |tx| journal.append(tx, draft, now).await).unwrap()
    }

    /// Enters a certificate in the register, whatever the journal says of it.
    pub fn register(&self, certificate: &Certificate) {
        let der = data_encoding::HEXLOWER.encode(&certificate.der);
        self.sql(&format!(
            "INSERT INTO certificate SELECT '{}', '{}', X'{der}', issuers, suite, 'another.pem', not_before, not_after, revoked_at, stopped_by,
               issued_by, issued_at, journal_index FROM certificate ORDER BY fingerprint LIMIT 1",
            certificate.fingerprint, certificate.person
        ));
    }

    /// Signs and appends an act of the manager.
    pub fn act(&self, deed: Deed, now: Instant) -> Appended {
        let act = Act::new(deed, self.manager.person(), now, self.home);
        self.append(Signed::sign(act, &[&self.manager]).unwrap().into_draft(None), now)
    }

    /// A token of the built-in authority.
    pub fn token(&self, authority: &EvaluationAuthority, stamped: &[u8], now: Instant) -> Vec<u8> {
        let nonce = [7; 16];
        let request = timestamp_request(stamped, &nonce, None).unwrap();
        let reply = authority.answer(&request, now, &[1; 16]).unwrap();
        // Two sequences in one: the token is what stands behind the status.
        let status = usize::from(reply[5]) + 2;
        reply[4 + status..].to_vec()
    }

    /// Has another calendar in use from now on, as the line does.
    pub fn use_calendar(&self, calendar: &str, now: Instant) -> u64 {
        let digest = Digest::of(calendar.as_bytes());
        let entry = Draft::by_system(Kind::CalendarAdopted, Subject::default()).fact("file", "calendar");
        self.append(entry.fact("digest", digest).fact("entries", 0), now).index
    }

    /// Brings a profile into force: the administrator's act, which the manager signs too.
    pub fn adopt(&self, profile: &str, now: Instant) -> u64 {
        let profile = torikomi::profile::lint(profile.as_bytes(), "profile.toml").unwrap().0.reference().clone();
        let act = Act::new(Deed::ApproveProfile { profile }, self.admin.person(), now, self.home);
        let act = act.with_second(self.manager.person());
        self.append(Signed::sign(act, &[&self.admin, &self.manager]).unwrap().into_draft(None), now).index
    }

    pub fn file(&self, recipe: Recipe) -> Filed {
        let document = DocumentId::new();
        let delivery = DeliveryId::new();
        let station: torikomi::ids::Name = "uketsuke".parse().unwrap();
        let taken_in_at = recipe.taken_in_at;
        let subject = Subject { document: Some(document), ..Subject::delivery(delivery) };
        let contents: Vec<_> = recipe.contents.iter().map(|content| Digest::of(content)).collect();
        let session = self.open_session(&recipe);
        let said = InCustody {
            station: station.clone(),
            copy: 1,
            contents: contents.clone(),
            clock: clock_known(),
            session: Some(session.session),
        };
        let mut in_custody = said.entry(delivery);
        (recipe.in_custody)(&mut in_custody);
        let in_custody_at = recipe.in_custody_at.unwrap_or(taken_in_at);
        let taken = Draft::by_system(Kind::DeliveryTaken, subject)
            .fact("station", "uketsuke")
            .fact("copy", 1)
            .fact("contents", contents)
            .private(serde_json::json!({ "delivered_as": "scan 1.tif" }));
        let (journal, signed_at, change) = (Arc::clone(&self.journal), recipe.signed_at, recipe.taken);
        self.database
            .write::<_, DatabaseError, _>(async move |tx| {
                let index = journal.append(tx, in_custody, in_custody_at).await?.index;
                let mut taken = taken.fact("in_custody", index);
                change(&mut taken.facts);
                journal.append(tx, taken, taken_in_at).await?;
                documents::create(tx, document, &station, &[], taken_in_at, signed_at).await
            })
            .unwrap();
        if recipe.adopted && recipe.profile != Recipe::default().profile {
            self.adopt(&recipe.profile, taken_in_at);
        }
        (recipe.meanwhile)(self);
        let mut record = self.record(&recipe, document, delivery, session);
        self.decide(&recipe, &mut record);
        (recipe.record)(&mut record);
        if let Some(closed_at) = recipe.closed_at {
            let subject = Subject { session: Some(record.signer.session), ..Subject::default() };
            self.append(Draft::by_system(Kind::SessionClosed, subject).fact("reason", "log-off"), closed_at);
        }
        let text = (recipe.text)(serde_json_canonicalizer::to_string(&record).unwrap());
        let mut contents: Vec<(String, &str, Vec<u8>)> = Vec::new();
        for (file, content) in record.files.iter().zip(&recipe.contents) {
            contents.push((file.name.clone(), "image/tiff", content.clone()));
        }
        contents.push(("record.json".into(), "application/json", text.into_bytes()));
        contents.push(("profile.toml".into(), "application/toml", recipe.profile.clone().into_bytes()));
        contents.push(("calendar.toml".into(), "application/toml", recipe.calendar.clone().into_bytes()));
        if let Some(sidecar) = &recipe.sidecar {
            contents.push(("sidecar-001.json".into(), "application/json", sidecar.clone()));
        }
        let mut named: Vec<Named> = contents
            .iter()
            .map(|(name, media_type, bytes)| Named {
                name: name.parse().unwrap(),
                media_type: media_type.parse().unwrap(),
                digest: Digest::of(bytes),
            })
            .collect();
        (recipe.members)(&mut named);
        let manifest = encode(&named).unwrap();
        let chain = if recipe.alone { Vec::new() } else { vec![self.ca.certificate().to_vec()] };
        let certificate = &self.manager.certificate().der;
        let signature = sign_cades(self.manager.key(), certificate, &chain, &manifest, signed_at).unwrap();
        let signature = match recipe.stamped_at {
            None => signature,
            Some(time) => {
                let value = signature_value(&signature).unwrap();
                let token = match recipe.stamp {
                    Stamp::Good => self.token(&self.authority, &value, time),
                    Stamp::OfAnother => self.token(&self.authority, b"another", time),
                    Stamp::Stranger => {
                        let ca = EvaluationCa::create(&name("別の認証局"), validity()).unwrap();
                        self.token(&authority(&ca), &value, time)
                    }
                };
                embed_timestamp(&signature, &token).unwrap()
            }
        };
        let digest = Digest::of(&manifest);
        let mut entries: Vec<(String, Vec<u8>)> =
            contents.iter().map(|(name, _, bytes)| (name.clone(), bytes.clone())).collect();
        entries.push((MANIFEST_PATH.to_owned(), manifest));
        entries.push((SIGNATURE_PATH.to_owned(), signature));

        let media: BTreeMap<&str, &str> =
            contents.iter().map(|(name, media_type, _)| (name.as_str(), *media_type)).collect();
        let mut members = Vec::new();
        for (name, bytes) in &entries {
            let media_type = match name.as_str() {
                MANIFEST_PATH => "text/xml",
                SIGNATURE_PATH => SIGNATURE_MEDIA_TYPE,
                member => media[member],
            };
            members.push(Member {
                name: name.clone(),
                generation: 1,
                object: self.objects.put(bytes).unwrap(),
                byte_length: bytes.len() as u64,
                media_type: media_type.to_owned(),
            });
        }
        let signed = signed_entry(&record, digest);
        let mut entered = signed.clone();
        (recipe.signed)(&mut entered.facts);
        self.append(entered, signed_at);
        (recipe.before_filing)(self, &signed);
        let row = self.enter(&recipe, &record, digest, members);
        Filed { id: row.id, document, session: record.signer.session, row, entries }
    }

    /// Opens the session in which the document is delivered and signed, and attests its batch.
    fn open_session(&self, recipe: &Recipe) -> Attestation {
        let opened_at = recipe.taken_in_at.plus(-jiff::SignedDuration::from_mins(1));
        let mut deed = Deed::OpenSession {
            session: SessionId::new(),
            station: "uketsuke".parse().unwrap(),
            expires: recipe.signed_at.plus(jiff::SignedDuration::from_hours(1)),
            most: 200,
            continues: None,
            attested: Attested::ALL.to_vec(),
            obtained_on: None,
        };
        let Deed::OpenSession { session, .. } = deed else { unreachable!() };
        (recipe.opened)(&mut deed);
        let by = (recipe.opened_by)(self);
        let act = Act::new(deed, by.person(), opened_at, self.home);
        self.append(Signed::sign(act, &[by]).unwrap().into_draft(None), opened_at);
        let attested = vec!["nothing-pasted-over".into(), "nothing-outside-scan-area".into()];
        Attestation { by: by.person(), session, at: opened_at, attested }
    }

    /// Appends the decisions and names them in the record. What each was about is what the record, changed as it will be,
    /// says of it.
    fn decide(&self, recipe: &Recipe, record: &mut RecordJson) {
        let deeds = (recipe.decisions)(record.document);
        let by = |number: u64| recipe.decided_by.get(usize::try_from(number).unwrap()).map_or(&self.manager, |by| by);
        record.decisions = (0..)
            .zip(&deeds)
            .map(|(number, deed)| {
                let (kind, person) = (deed.name().to_owned(), by(number).person());
                DecisionRef { kind, person, journal_index: number, entry: Digest::of(b""), seen: None }
            })
            .collect();
        let mut changed = record.clone();
        (recipe.record)(&mut changed);
        for (number, deed) in (0..).zip(deeds) {
            let seen = changed.decisions.iter().find(|decision| decision.journal_index == number);
            let state = state_of(&changed, seen.and_then(|decision| decision.seen.as_deref()));
            let text = serde_json::to_string(&deed).unwrap().replace(&the_state().to_string(), &state.to_string());
            let deed: Deed = serde_json::from_str(&text).unwrap();
            // Whoever is not the manager decides a second before.
            let (by, at) = (by(number), recipe.decided_at.unwrap_or(recipe.taken_in_at));
            let at =
                if by.person() == self.manager.person() { at } else { at.plus(-jiff::SignedDuration::from_secs(1)) };
            let act = Signed::sign(Act::new(deed, by.person(), at, self.home), &[by]).unwrap();
            let Appended { index, entry } = self.append(act.into_draft(None), at);
            let decision = record.decisions.iter_mut().find(|decision| decision.entry == Digest::of(b"")).unwrap();
            (decision.journal_index, decision.entry) = (index, entry);
        }
        record.journal_checkpoint =
            self.database.read(async |tx| torikomi::journal::read::head(tx).await).unwrap().unwrap().checkpoint;
    }

    /// The transaction of the filing.
    fn enter(&self, recipe: &Recipe, record: &RecordJson, digest: Digest, mut members: Vec<Member>) -> Record {
        let id = RecordId::new();
        let signature = members.iter().find(|member| member.name == SIGNATURE_PATH).unwrap().object;
        let subject = Subject { record: Some(id), ..Subject::document(record.document) };
        let mut entry = Draft::by_system(Kind::DocumentFiled, subject)
            .fact("record_digest", digest)
            .fact("signature_digest", signature)
            .fact("version", record.version)
            .fact("generation", 1)
            .fact("attempt", record.attempt)
            .fact("certificate", record.signer.certificate)
            .fact("profile", record.profile.digest)
            .fact("calendar", record.calendar)
            .fact("signed_at", recipe.signed_at)
            .fact("timestamped_at", recipe.stamped_at)
            .fact("clock_at_intake", &record.clocks.at_intake.problem);
        if let Some(earlier) = record.supersedes {
            entry = entry.fact("supersedes", earlier);
        }
        (recipe.facts)(&mut entry.facts);
        let patient = &record.identity.patient.as_ref().unwrap().value;
        let mut row = Record {
            id,
            digest,
            document: record.document,
            version: record.version,
            previous: record.previous,
            station: record.station.clone(),
            document_type: record.identity.document_type.as_ref().unwrap().value.clone(),
            profile_id: record.profile.id.clone(),
            profile_version: record.profile.version,
            patient_id: patient.id.clone(),
            patient_name: patient.name.clone(),
            obtained_on: record.clocks.obtained_on.map(|day| day.to_string()),
            page_count: record.page_count,
            operator: record.operator.as_ref().map(|operator| operator.login.clone()),
            signer: record.signer.person.id,
            taken_in_at: record.clocks.taken_in_at,
            signed_at: recipe.signed_at,
            timestamped_at: recipe.stamped_at,
            filed_at: recipe.filed_at,
            journal_index: 0,
        };
        let (journal, now, change) = (Arc::clone(&self.journal), recipe.filed_at, recipe.row);
        self.database
            .write::<_, DatabaseError, _>(async move |tx| {
                row.journal_index = journal.append(tx, entry, now).await?.index;
                change(&mut row, &mut members);
                records::insert(tx, &row, &members).await?;
                sqlx::query("UPDATE document SET state = 'filed' WHERE id = $1")
                    .bind(row.document.to_string())
                    .execute(tx)
                    .await?;
                Ok(row)
            })
            .unwrap()
    }

    fn record(
        &self,
        recipe: &Recipe,
        document: DocumentId,
        delivery: DeliveryId,
        attestation: Attestation,
    ) -> RecordJson {
        let profile = torikomi::profile::lint(recipe.profile.as_bytes(), "profile.toml").unwrap().0;
        let files: Vec<RecordFile> = (1..)
            .zip(&recipe.contents)
            .map(|(number, content)| RecordFile {
                name: format!("original-{number:03}.tif"),
                digest: Digest::of(content),
                byte_length: content.len() as u64,
                format: Format::Tiff,
                delivered_name: format!("スキャン {number}.tif"),
                delivery,
            })
            .collect();
        let from = Source::Sidecar;
        let person = &self.manager_person;
        let manager = PersonRef {
            id: person.id,
            login: person.login.to_string(),
            name: person.name.clone(),
            occupation: person.occupation.clone(),
            department: person.department.clone(),
        };
        RecordJson {
            v: RECORD_VERSION,
            home: self.home,
            mode: "evaluation".into(),
            document,
            salt: torikomi::ids::Salt::random().unwrap(),
            version: 1,
            previous: None,
            supersedes: None,
            attempt: AttemptId::new(),
            missed_attempts: Vec::new(),
            identity: Identity {
                patient: Some(Sourced {
                    value: Patient {
                        id: "9990001".into(),
                        name: "架空 花子".into(),
                        kana: None,
                        birth_date: None,
                        sex: None,
                    },
                    from,
                }),
                document_type: Some(Sourced { value: "referral-letter-demo".parse().unwrap(), from }),
                obtained_on: Some(Sourced { value: "2026-11-20".parse().unwrap(), from }),
                ..Identity::default()
            },
            claims: Claims::default(),
            identity_flags: Vec::new(),
            pages: files
                .iter()
                .map(|file| torikomi::evidence::record::PageRange {
                    file: file.name.clone(),
                    first_page: 1,
                    page_count: 1,
                })
                .collect(),
            page_count: u32::try_from(files.len()).unwrap(),
            measurements: files
                .iter()
                .map(|file| MeasurementsRef { content: file.digest, measurements: Digest::of(b"measured") })
                .collect(),
            files,
            sidecars: recipe
                .sidecar
                .iter()
                .map(|_| RecordSidecar {
                    name: "sidecar-001.json".to_owned(),
                    delivered_name: "visit.json".to_owned(),
                    list: None,
                })
                .collect(),
            profile: profile.reference().clone(),
            calendar: Digest::of(recipe.calendar.as_bytes()),
            judgement: Judgement {
                profile: profile.reference().clone(),
                findings: nothing_found(),
                severity: Severity::Pass,
            },
            clocks: Clocks {
                obtained_on: Some("2026-11-20".parse().unwrap()),
                taken_in_at: recipe.taken_in_at,
                at_intake: clock_known(),
                at_signing: clock_known(),
                scan_by: Some(at(SCAN_BY)),
                sign_by: Some(at(SIGN_BY)),
                stamp_within_seconds: Some(3600),
                late: None,
            },
            decisions: Vec::new(),
            station: "uketsuke".parse().unwrap(),
            scanner: None,
            attestation: Some(attestation.clone()),
            information_manager: manager.clone(),
            operator: None,
            signer: SignerRef {
                person: manager,
                capacity: "information_manager".into(),
                certificate: self.manager.certificate().fingerprint,
                key_custody: "software".into(),
                session: attestation.session,
            },
            software: Software { name: "torikomi".into(), version: "0".into(), build: Digest::of(b"build") },
            sandbox: "required".into(),
            journal_checkpoint: String::new(),
        }
    }

    pub fn at_home(&self) -> AtHome<'_> {
        AtHome::new(&self.database, &self.objects)
    }

    pub fn proof(&self, filed: &Filed) -> Proof {
        match self.at_home().proof(&filed.row).unwrap() {
            ProofSource::Read(proof) => *proof,
            ProofSource::Unreadable(detail) => panic!("{detail}"),
            ProofSource::Newer(version) => panic!("{version}"),
        }
    }

    /// Writes a container and its proof, and answers where the container lies.
    pub fn pack(&self, entries: &[(String, Vec<u8>)], proof: Option<&Proof>) -> PathBuf {
        let folder = self.folder.path().join(format!("pack-{}", RecordId::new()));
        std::fs::create_dir(&folder).unwrap();
        let path = folder.join("record.asice");
        std::fs::write(&path, container(entries)).unwrap();
        if let Some(proof) = proof {
            std::fs::write(folder.join("record.proof.json"), serde_json::to_vec(proof).unwrap()).unwrap();
        }
        path
    }

    /// Changes the database behind everybody's back.
    pub fn sql(&self, statement: &str) {
        // Rows may point nowhere while they are moved about.
        let statement = format!("PRAGMA defer_foreign_keys = ON; {statement}");
        self.database
            .write::<_, DatabaseError, _>(async move |tx| {
                sqlx::raw_sql(sqlx::AssertSqlSafe(statement)).execute(tx).await?;
                Ok(())
            })
            .unwrap();
    }

    pub fn objects_folder(&self) -> PathBuf {
        self.folder.path().join("store/objects")
    }
}

/// The bytes of a container.
pub fn container(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut contents: Vec<(&String, &[u8])> = entries.iter().map(|(name, bytes)| (name, bytes.as_slice())).collect();
    let entries = contents.iter_mut().map(|(name, bytes)| Entry::of(name.parse().unwrap(), bytes)).collect();
    let mut out = Vec::new();
    write(entries, &mut out).unwrap();
    out
}

/// The entries with one of them changed.
pub fn changed(entries: &[(String, Vec<u8>)], name: &str, change: impl FnOnce(&mut Vec<u8>)) -> Vec<(String, Vec<u8>)> {
    let mut entries = entries.to_vec();
    change(&mut entries.iter_mut().find(|(entry, _)| entry == name).unwrap().1);
    entries
}

pub fn content<'a>(entries: &'a [(String, Vec<u8>)], name: &str) -> &'a [u8] {
    &entries.iter().find(|(entry, _)| entry == name).unwrap().1
}

/// Writes a hospital's anchors as a folder of their own.
pub fn write_anchors(folder: &Path, hospital: &Hospital) {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("roots.pem"), pem(hospital.ca.certificate())).unwrap();
    std::fs::write(folder.join("journal.vkey"), format!("{}\n", hospital.trust.journals[0])).unwrap();
}

pub fn pem(der: &[u8]) -> String {
    let base64 = data_encoding::BASE64.encode(der);
    let lines: Vec<&str> = base64.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", lines.join("\n"))
}

/// The entry of the signature over a record.
fn signed_entry(record: &RecordJson, manifest: Digest) -> Draft {
    let (signer, session) = (record.signer.person.id, record.signer.session);
    let subject = Subject { session: Some(session), person: Some(signer), ..Subject::document(record.document) };
    Draft::by_person(Kind::DocumentSigned, signer, subject)
        .fact("attempt", record.attempt)
        .fact("manifest", manifest)
        .fact("certificate", record.signer.certificate)
}

fn authority(ca: &EvaluationCa) -> EvaluationAuthority {
    let key = KeyPair::generate(Suite::EcdsaP256).unwrap();
    let certificate = ca.issue_timestamping(&key.public_key().unwrap(), &name("評価用時刻認証局"), validity()).unwrap();
    EvaluationAuthority::new(key, certificate, vec![]).unwrap()
}

fn name(common_name: &str) -> Name {
    Name { common_name: common_name.into(), organization: "見本病院".into(), organizational_unit: None }
}

fn new_person(login: &str, name: &str) -> NewPerson {
    NewPerson {
        login: login.into(),
        name: name.into(),
        kana: None,
        occupation: "診療情報管理士".into(),
        department: "診療情報管理室".into(),
    }
}

/// The token in a reply, by the strict reader.
pub fn granted(reply: &[u8], stamped: &[u8], anchors: &Anchors) -> Vec<u8> {
    let rules = check::StampRules { anchors, policies: std::slice::from_ref(const { &oid::EVALUATION_TIMESTAMP }) };
    check::timestamp_response(reply, stamped, &[7; 16], &rules).unwrap().0
}
