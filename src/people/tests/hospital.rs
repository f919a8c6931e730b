//! The small hospital that the tests of people run: two founders, and what they do with their keys.

use std::sync::Arc;

use jiff::SignedDuration;
use tempfile::TempDir;

use super::super::acts::{Act, ActRules, Deed, Private, RevocationReason, Signed};
use super::super::appointments::Appointment;
use super::super::certificates::{Certificate, Signer};
use super::super::enrolment::{self, Foundation, Founder};
use super::super::register::{NewPerson, Person};
use super::super::sessions::{self, Attested, CloseReason, Plan, SessionRow};
use super::super::*;
use crate::config::Mode;
use crate::crypto::make::{EvaluationCa, KeyPair, Subject, Validity};
use crate::database::Database;
use crate::database::engines::{self, Engine};
use crate::ids::{Digest, HomeId, Name, PersonId};
use crate::journal::Kind;
use crate::journal::append::Journal;
use crate::journal::read::entries;

pub(super) const PASSPHRASE: &str = "架空の合言葉-2026-春";

pub(super) struct Hospital {
    pub(super) folder: TempDir,
    _runtime: tokio::runtime::Runtime,
    pub(super) database: Database,
    pub(super) journal: Arc<Journal>,
    pub(super) authority: EvaluationCa,
    pub(super) rules: ActRules,
    pub(super) now: Instant,
}

pub(super) fn later(hours: i64) -> Instant {
    Instant::from_microseconds(1_795_000_000_000_000).unwrap().plus(SignedDuration::from_hours(hours))
}

pub(super) fn validity(now: Instant) -> Validity {
    Validity {
        not_before: now.plus(SignedDuration::from_hours(-1)),
        not_after: now.plus(SignedDuration::from_hours(9000)),
    }
}

pub(super) fn new_person(login: &str, name: &str) -> NewPerson {
    NewPerson {
        login: login.into(),
        name: name.into(),
        kana: None,
        occupation: "診療情報管理士".into(),
        department: "診療録管理室".into(),
    }
}

impl Hospital {
    pub(super) fn on_each_engine() -> impl Iterator<Item = Self> {
        engines::each().map(Self::in_database)
    }

    pub(super) fn in_database(Engine { database, runtime, folder }: Engine) -> Self {
        let home = HomeId::new();
        let key = KeyPair::generate(Suite::Ed25519).unwrap();
        let journal = Arc::new(Journal::new(home, "torikomi.test/journal".parse().unwrap(), key));
        let subject =
            Subject { common_name: "評価用".into(), organization: "見本病院".into(), organizational_unit: None };
        let authority = EvaluationCa::create(&subject, validity(later(0))).unwrap();
        let rules = ActRules {
            home,
            mode: Mode::Evaluation,
            clock_skew: SignedDuration::from_mins(5),
            second_person_after: SignedDuration::from_hours(48),
        };
        Self { folder, _runtime: runtime, database, journal, authority, rules, now: later(0) }
    }

    /// A hospital with its first two people, and their signers, on each engine.
    pub(super) fn founded() -> impl Iterator<Item = (Self, Signer, Signer)> {
        Self::on_each_engine().map(Self::found)
    }

    pub(super) fn found(self) -> (Self, Signer, Signer) {
        let mut hospital = self;
        hospital.now = later(0).plus(SignedDuration::from_mins(-2));
        let (founders, signers) = hospital.founders();
        let (signed, private) = hospital.genesis(&founders, &signers);
        let journal = Arc::clone(&hospital.journal);
        let now = hospital.now;
        hospital
            .database
            .write(async move |tx| {
                let change = enrolment::genesis(tx, signed, founders, private).await?;
                commit(tx, &journal, change, now).await
            })
            .unwrap();
        hospital.now = later(0);
        let [admin, manager] = signers;
        (hospital, admin, manager)
    }

    pub(super) fn founders(&self) -> ([Founder; 2], [Signer; 2]) {
        let admin = self.signer(self.person("mihon-kanri", "見本 管理者"));
        let manager = self.signer(self.person("mihon-joho", "見本 情報"));
        let founder = |(signer, person): &(Signer, Person), role| Founder {
            person: person.clone(),
            role,
            certificate: signer.certificate().clone(),
        };
        let founders = [founder(&admin, Role::Admin), founder(&manager, Role::InformationManager)];
        (founders, [admin.0, manager.0])
    }

    pub(super) fn genesis(&self, founders: &[Founder; 2], signers: &[Signer; 2]) -> (Signed, Private) {
        let root = Digest::of(self.authority.certificate());
        let (profiles, calendar) = (Vec::new(), Digest::of(b"calendar"));
        let foundation = Foundation { mode: Mode::Evaluation, root, timestamping: None, profiles, calendar };
        let (act, private) = enrolment::genesis_act(founders, foundation, self.now, self.rules.home).unwrap();
        let [first, second] = signers;
        (Signed::sign(act, &[first, second]).unwrap(), private)
    }

    pub(super) fn person(&self, login: &str, name: &str) -> Person {
        new_person(login, name).into_person(None, self.now).unwrap()
    }

    /// Keys are made without a file here: encrypting them costs a tenth of a second each.
    pub(super) fn signer(&self, person: Person) -> (Signer, Person) {
        let key = KeyPair::generate(Suite::Ed25519).unwrap();
        let certificate = self.certificate(&person, &key);
        (Signer::new(&person, certificate, key).unwrap(), person)
    }

    pub(super) fn certificate(&self, person: &Person, key: &KeyPair) -> Certificate {
        enrolment::issue(&self.authority, person, key, "見本病院", validity(self.now), self.now).unwrap()
    }

    pub(super) fn commit<F>(&self, change: F) -> Result<(), PeopleError>
    where
        F: for<'t> AsyncFnOnce(&'t mut crate::database::Tx) -> Result<Change, PeopleError> + Send + 'static,
    {
        let (journal, now) = (Arc::clone(&self.journal), self.now);
        self.database.write(async move |tx| {
            let change = change(tx).await?;
            commit(tx, &journal, change, now).await
        })
    }

    pub(super) fn add(&self, by: &Signer, person: Person) -> Result<(), PeopleError> {
        let person = Person { created_by: Some(by.person()), ..person };
        let (act, private) = enrolment::add_person_act(&person, by, self.now, self.rules.home)?;
        let signed = Signed::sign(act, &[by])?;
        let (rules, now) = (self.rules, self.now);
        self.commit(async move |tx| enrolment::add_person(tx, signed, person, private, &rules, now).await)
    }

    /// Two have it certified: who asks, and a witness.
    pub(super) fn enrol(&self, [by, witness]: [&Signer; 2], signer: &Signer) -> Result<(), PeopleError> {
        let certificate = signer.certificate().clone();
        let deed = Deed::Enrol(certificate.issued());
        let act = Act::new(deed, by.person(), self.now, self.rules.home).with_witness(witness.person());
        let signed = Signed::sign(act.with_second(signer.person()), &[by, witness, signer])?;
        let (rules, now) = (self.rules, self.now);
        self.commit(async move |tx| enrolment::enrol(tx, signed, certificate, None, &rules, now).await)
    }

    /// A person ends the own key.
    pub(super) fn revoke(&self, own: &Signer) -> Result<(), PeopleError> {
        let (person, certificate) = (own.person(), own.certificate().fingerprint);
        let deed = Deed::Revoke { person, certificate, since: self.now, why: RevocationReason::Renewal };
        let signed = Signed::sign(Act::new(deed, person, self.now, self.rules.home), &[own])?;
        let (rules, now) = (self.rules, self.now);
        self.commit(async move |tx| enrolment::revoke(tx, signed, enrolment::Next::Open, &rules, now).await)
    }

    /// The founders approve each other's appointments.
    pub(super) fn appoint(&self, by: [&Signer; 2], person: PersonId, role: Role, rank: u32) -> Result<(), PeopleError> {
        // A minute ago, from now on.
        let now = self.now.plus(SignedDuration::from_mins(-1));
        self.act_at(now, &by, Deed::Appoint(Appointment { person, role, rank, from: self.now, until: None }))
    }

    pub(super) fn act(&self, by: &[&Signer], deed: Deed) -> Result<(), PeopleError> {
        self.act_at(self.now, by, deed)
    }

    pub(super) fn act_at(&self, now: Instant, by: &[&Signer], deed: Deed) -> Result<(), PeopleError> {
        let act = Act::new(deed, by[0].person(), now, self.rules.home);
        let act = by.get(1).map_or(act.clone(), |second| act.with_second(second.person()));
        let signed = Signed::sign(act, by)?;
        let rules = self.rules;
        self.commit(async move |tx| match signed.act().deed {
            Deed::Suspend { .. } | Deed::Resume { .. } => suspensions::change(tx, signed, None, &rules, now).await,
            Deed::Absent { .. } | Deed::Back { .. } => absences::change(tx, signed, &rules, now).await,
            _ => enrolment::appoint(tx, signed, &rules, now).await,
        })
    }

    /// Adds, enrols and appoints an operator.
    pub(super) fn operator(&self, founders: [&Signer; 2], login: &str) -> Signer {
        let [admin, _] = founders;
        let (signer, person) = self.signer(self.person(login, "見本 太郎"));
        self.add(admin, person).unwrap();
        self.enrol(founders, &signer).unwrap();
        self.appoint(founders, signer.person(), Role::Operator, 1).unwrap();
        signer
    }

    pub(super) fn admit(&self, signed: &Signed) -> Result<(), PeopleError> {
        let (rules, now) = (self.rules, self.now);
        self.database.read(async move |tx| acts::admit(tx, signed, &rules, now).await)
    }

    pub(super) fn plan(&self, signer: &Signer, station: &str) -> Result<Plan, PeopleError> {
        let (station, now): (Name, _) = (station.parse().unwrap(), self.now);
        self.database.read(async move |tx| sessions::plan(tx, signer.certificate(), &station, &caps(), now).await)
    }

    pub(super) fn open(
        &self,
        signer: &Signer,
        station: &str,
        attested: &[Attested],
    ) -> Result<SessionRow, PeopleError> {
        let plan = self.plan(signer, station)?;
        let signed = Signed::sign(plan.act(attested, None, self.now, self.rules.home), &[signer])?;
        let (journal, rules, now) = (Arc::clone(&self.journal), self.rules, self.now);
        self.database.write(async move |tx| {
            let (change, row) = sessions::open(tx, signed, plan, &rules, now).await?;
            commit(tx, &journal, change, now).await?;
            Ok(row)
        })
    }

    pub(super) fn close(&self, row: &SessionRow, reason: CloseReason) -> Result<(), PeopleError> {
        let (id, now) = (row.id, self.now);
        self.commit(async move |tx| sessions::close(tx, id, reason, now).await)
    }

    pub(super) fn kinds(&self) -> Vec<Kind> {
        let entries = self.database.read(async |tx| entries(tx, 0, 100).await).unwrap();
        entries.iter().map(|entry| entry.entry().unwrap().kind).collect()
    }
}

pub(super) async fn commit(
    tx: &mut crate::database::Tx,
    journal: &Journal,
    change: Change,
    now: Instant,
) -> Result<(), PeopleError> {
    let appended = journal.append(tx, change.entry.clone(), now).await?;
    Ok(change.apply(tx, appended.index).await?)
}

pub(super) fn caps() -> Caps {
    Caps { longest: SignedDuration::from_hours(8), idle: SignedDuration::from_mins(30), most: 3 }
}

/// The refusal, or what went wrong instead.
pub(super) fn refusal<T: fmt::Debug>(result: Result<T, PeopleError>) -> Refused {
    match result {
        Err(PeopleError::Refused(refused)) => refused,
        other => panic!("{other:?}"),
    }
}
