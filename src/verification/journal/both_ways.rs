//! What the journal says happened, against what is there: records, documents, certificates; and the other way round.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Unverifiable;
use super::super::adopted::{Adopted, InForce};
use super::super::attempts::Attempts;
use super::super::people::People;
use super::register::Rows;
use super::{Faults, JournalFault, JudgedBy, readable};
use crate::database::{Database, DatabaseError, Tx};
use crate::document::DocumentState;
use crate::ids::{DeliveryId, Digest, DocumentId, PersonId, SessionId};
use crate::journal::custody::{self, InCustody};
use crate::journal::disposal::Disposed;
use crate::journal::read::{self, Head};
use crate::journal::{Entry, Kind, doubts};
use crate::ledger::profiles::{self, ProfileState, Standing};
use crate::ledger::standing;
use crate::ledger::watched_files::{self, CALENDAR};
use crate::people::acts::{Act, Deed};
use crate::people::{certificates, register};
use crate::store::records::{self, Filter, Record};

/// Records are read a page at a time.
const PAGE: u32 = 1000;

/// What the database says at one moment, so that a writer that goes on changes nothing of it.
pub(super) struct Moment {
    pub(super) head: Option<Head>,
    /// Private parts that were lawfully erased, as the journal says; whether those acts count is told of each.
    pub(super) disposed: Disposed,
    documents: u64,
    open: BTreeSet<DocumentId>,
    certificates: Vec<RegisteredCertificate>,
    pub(super) register: Rows,
    profiles: Vec<Standing>,
    calendar: Option<Digest>,
}

struct RegisteredCertificate {
    fingerprint: Digest,
    person: PersonId,
    issuers: Vec<Digest>,
    /// Its bytes are those that the fingerprint is of.
    whole: bool,
}

impl Moment {
    pub(super) async fn read(tx: &mut Tx) -> Result<Self, DatabaseError> {
        let head = read::head(tx).await?;
        let (documents, open) = (standing::total(tx).await?, standing::open_ids(tx).await?);
        let mut certificates = Vec::new();
        let people = register::list(tx).await?;
        for person in &people {
            for found in certificates::of_person(tx, person.id).await? {
                let (fingerprint, whole) = (found.fingerprint, Digest::of(&found.der) == found.fingerprint);
                let issuers = found.issuers.iter().map(|issuer| Digest::of(issuer)).collect();
                certificates.push(RegisteredCertificate { fingerprint, person: person.id, issuers, whole });
            }
        }
        let calendar = watched_files::get(tx, CALENDAR).await?.map(|known| known.digest);
        let (profiles, register) = (profiles::standings(tx).await?, Rows::read(tx, people).await?);
        let disposed = Disposed::read(tx).await?;
        Ok(Self { head, disposed, documents, open, certificates, register, profiles, calendar })
    }
}

/// What is open on the way through the journal. Only what is open is kept, so that a journal of any length fits.
#[derive(Default)]
pub(super) struct BothWays {
    /// Each with the entry that took it in.
    open: BTreeMap<DocumentId, u64>,
    /// The copies of deliveries that are not taken yet, by the entry by which each counts.
    in_custody: BTreeMap<DeliveryId, (u64, InCustody)>,
    /// Of what is open, the problem of the clock by which it was taken in, where that was found later.
    doubted: BTreeMap<DocumentId, String>,
    doubted_deliveries: BTreeMap<DeliveryId, String>,
    /// Of what is open, the copy that it came of, where its entry says that all was well with the clock.
    well: BTreeMap<DocumentId, u64>,
    /// From which entry on a doubt about the clock concerns copies, and its own entry.
    doubts: Vec<(u64, u64)>,
    /// Of what is open, the signatures.
    attempts: BTreeMap<DocumentId, Attempts>,
    /// Whose place a filed record takes: what somebody released in the meantime ends otherwise, and no entry comes.
    superseded: BTreeSet<DocumentId>,
    taken: u64,
    /// Every session, for a signature may be entered after the session was closed: a few a day at each station.
    sessions: BTreeMap<SessionId, Session>,
}

/// What a session was allowed, and what it did.
struct Session {
    by: PersonId,
    most: u32,
    signed: u32,
}

impl BothWays {
    pub(super) fn entry(
        &mut self,
        database: &Database,
        entry: &Entry,
        people: &mut People,
        faults: &mut Faults,
    ) -> Result<(), Unverifiable> {
        self.open_still(entry, faults);
        self.attempted(entry);
        match entry.kind {
            Kind::DeliveryInCustody => {
                if let Some((delivery, said)) = entry.subject.delivery.zip(InCustody::of(entry)) {
                    self.in_custody.insert(delivery, (entry.index, said));
                    self.doubted_deliveries.remove(&delivery);
                }
            }
            Kind::DeliveryDecided => {
                let act = entry.act.as_ref().and_then(|act| Act::parse(&act.text).ok());
                if let Some(Deed::RefuseDelivery { delivery, .. }) = act.map(|act| act.deed) {
                    self.in_custody.remove(&delivery);
                }
            }
            Kind::ClockDoubted => self.doubts.extend(doubts::since(entry).map(|since| (since, entry.index))),
            Kind::DeliveryTaken => {
                self.taken_of(entry, faults);
                if let Some(document) = entry.subject.document
                    && self.open.insert(document, entry.index).is_none()
                {
                    self.taken += 1;
                    let doubt = entry.subject.delivery.and_then(|delivery| self.doubted_deliveries.remove(&delivery));
                    self.doubted.extend(doubt.map(|problem| (document, problem)));
                }
            }
            Kind::IntakeDoubted => self.doubted(entry),
            Kind::DocumentFiled => {
                filed(database, entry, people, faults)?;
                self.of_what_counts(entry, faults);
                self.judged_by(entry, JudgedBy::Profile, people.profiles(), faults);
                self.judged_by(entry, JudgedBy::Calendar, people.calendars(), faults);
                self.says_the_doubt(entry, faults);
                let supersedes = entry.facts.get("supersedes").and_then(serde_json::Value::as_str);
                self.superseded.extend(supersedes.and_then(|id| id.parse::<DocumentId>().ok()));
                let version = entry.facts.get("version").and_then(serde_json::Value::as_u64);
                // A later version is of a document that was filed before.
                if version.is_none_or(|version| version <= 1) {
                    self.end(database, entry, DocumentState::Filed, people, faults)?;
                }
            }
            Kind::DocumentSentBack => self.end(database, entry, DocumentState::SentBack, people, faults)?,
            Kind::DocumentDiscarded => self.end(database, entry, DocumentState::Discarded, people, faults)?,
            // Only what is of a document ends one.
            Kind::DeliveryReceived if entry.subject.document.is_some() => {
                received(database, entry, faults)?;
                self.end(database, entry, DocumentState::Discarded, people, faults)?;
            }
            Kind::SessionOpened => self.opened(entry),
            Kind::DocumentSigned => {
                if entry.subject.person.is_some_and(|person| people.is_suspended(person)) {
                    faults.say(JournalFault::SignedSuspended { index: entry.index });
                }
                self.signed(entry, faults);
            }
            Kind::DocumentSuperseded => {
                for document in about(entry).into_iter().filter(|document| !self.superseded.contains(document)) {
                    faults.say(JournalFault::SupersededByNone { index: entry.index, document });
                }
                self.end(database, entry, DocumentState::SentBack, people, faults)?;
            }
            _ => {}
        }
        Ok(())
    }

    fn attempted(&mut self, entry: &Entry) {
        let Some(document) = entry.subject.document else { return };
        if entry.kind == Kind::DocumentSigned {
            self.attempts.entry(document).or_default().learn(entry);
        } else if let Some(attempts) = self.attempts.get_mut(&document) {
            attempts.learn(entry);
        }
    }

    /// What is filed is what was signed last, and was not given up since. A later version is signed anew.
    fn of_what_counts(&mut self, entry: &Entry, faults: &mut Faults) {
        let Some(document) = entry.subject.document else { return };
        if !self.attempts.remove(&document).is_some_and(|attempts| attempts.are_filed_by(entry)) {
            faults.say(JournalFault::FiledWithoutSignature { index: entry.index, document });
        }
    }

    fn doubted(&mut self, entry: &Entry) {
        let Some(problem) = doubts::problem(entry).map(str::to_owned) else { return };
        match (entry.subject.document, entry.subject.delivery) {
            (Some(document), _) if self.open.contains_key(&document) => drop(self.doubted.insert(document, problem)),
            (None, Some(delivery)) => drop(self.doubted_deliveries.insert(delivery, problem)),
            _ => {}
        }
    }

    /// A record says what was found of the clock by which it was taken in. What its entry says of that, the record has to say too.
    fn says_the_doubt(&self, entry: &Entry, faults: &mut Faults) {
        let said = entry.facts.get("clock_at_intake").and_then(serde_json::Value::as_str);
        if let Some(document) = entry.subject.document
            && (self.doubted.get(&document).is_some_and(|problem| said != Some(problem))
                || said.is_none() && self.well.get(&document).is_some_and(|copy| self.is_in_doubt(*copy)))
        {
            faults.say(JournalFault::IntakeDoubtOmitted { index: entry.index, document });
        }
    }

    /// Whether a doubt that was entered by now concerns a copy.
    fn is_in_doubt(&self, copy: u64) -> bool {
        self.doubts.iter().any(|(since, by)| (*since..*by).contains(&copy))
    }

    /// A document is of the newest copy of its delivery, whose entry says when it was taken in.
    fn taken_of(&mut self, entry: &Entry, faults: &mut Faults) {
        let copy = entry.subject.delivery.and_then(|delivery| self.in_custody.remove(&delivery));
        let fact = |name: &str| entry.facts.get(name).cloned().unwrap_or_default();
        if let Some((index, said)) = &copy
            && let Some(document) = entry.subject.document.filter(|_| said.clock.problem.is_none())
        {
            self.well.insert(document, *index);
        }
        let is_of_it = copy.is_some_and(|(index, said)| {
            custody::named(entry) == Some(index)
                && fact("copy").as_u64() == Some(said.copy.into())
                && serde_json::to_value(&said.contents).is_ok_and(|contents| contents == fact("contents"))
        });
        if !is_of_it {
            faults.say(JournalFault::TakenWithoutCopy { index: entry.index });
        }
    }

    /// Nobody decides anything about what has ended, or never came. An act that ends it is told of where it does.
    fn open_still(&self, entry: &Entry, faults: &mut Faults) {
        let ends = matches!(entry.kind, Kind::DocumentSentBack | Kind::DocumentDiscarded);
        if entry.act.is_none() || ends {
            return;
        }
        for document in about(entry).into_iter().filter(|document| !self.open.contains_key(document)) {
            faults.say(JournalFault::ActOnEnded { index: entry.index, document });
        }
    }

    /// What a record was judged by was in force at some time since its document came in. A document that is not open is told
    /// of where it ends once more.
    fn judged_by(&self, entry: &Entry, judged_by: JudgedBy, adopted: &Adopted, faults: &mut Faults) {
        let index = entry.index;
        let Some(taken) = entry.subject.document.and_then(|document| self.open.get(&document)) else { return };
        let word = match judged_by {
            JudgedBy::Profile => "profile",
            JudgedBy::Calendar => CALENDAR,
        };
        let digest = entry.facts.get(word).and_then(|value| value.as_str()?.parse::<Digest>().ok());
        let Some(digest) = digest else { return faults.say(JournalFault::EntryUnreadable { index }) };
        if !matches!(adopted.in_force(&digest, *taken, index), InForce::By(_)) {
            faults.say(JournalFault::JudgedByNoneInForce { index, judged_by, digest });
        }
    }

    fn opened(&mut self, entry: &Entry) {
        // An act that cannot be read was named already.
        let act = entry.act.as_ref().and_then(|act| Act::parse(&act.text).ok());
        if let Some(Act { deed: Deed::OpenSession { session, most, .. }, by, .. }) = act {
            self.sessions.insert(session, Session { by, most, signed: 0 });
        }
    }

    /// Who signs has opened a session before, and signs in it no more than it allows.
    fn signed(&mut self, entry: &Entry, faults: &mut Faults) {
        let index = entry.index;
        let session = entry.subject.session.and_then(|session| self.sessions.get_mut(&session));
        let Some(session) = session.filter(|session| entry.subject.person == Some(session.by)) else {
            return faults.say(JournalFault::SignedWithoutSession { index });
        };
        session.signed = session.signed.saturating_add(1);
        if session.signed > session.most {
            faults.say(JournalFault::SessionOverspent { index, most: session.most });
        }
    }

    /// A document ends once, and the ledger has it ended in the same way.
    fn end(
        &mut self,
        database: &Database,
        entry: &Entry,
        ended: DocumentState,
        people: &mut People,
        faults: &mut Faults,
    ) -> Result<(), Unverifiable> {
        let index = entry.index;
        for document in about(entry) {
            if self.open.remove(&document).is_none() {
                faults.say(JournalFault::EndedTwice { index, document });
                continue;
            }
            people.ended(document);
            self.attempts.remove(&document);
            self.doubted.remove(&document);
            self.well.remove(&document);
            // The transaction that wrote the entry ended it, and no move leads on from there.
            let found = database.read(async |tx| standing::state(tx, document).await);
            match readable(found)?.flatten() {
                None => faults.say(JournalFault::LedgerLacks { document }),
                // Told once, of all that are open.
                Some(state) if state.is_open() || state == ended => {}
                Some(in_ledger) => {
                    faults.say(JournalFault::LedgerEndsOtherwise { index, document, in_ledger, in_journal: ended });
                }
            }
        }
        Ok(())
    }

    /// Compares with the ledger and the register at the moment of the head that was read.
    pub(super) fn finish(
        self,
        database: &Database,
        moment: &Moment,
        people: &People,
        faults: &mut Faults,
    ) -> Result<(), Unverifiable> {
        for document in self.open.keys().filter(|document| !moment.open.contains(document)) {
            let found = database.read(async |tx| standing::state(tx, *document).await);
            match readable(found)?.flatten() {
                None => faults.say(JournalFault::LedgerLacks { document: *document }),
                Some(_) => faults.say(JournalFault::LedgerClosed { document: *document }),
            }
        }
        for document in moment.open.iter().filter(|document| !self.open.contains_key(document)) {
            faults.say(JournalFault::LedgerOpen { document: *document });
        }
        let in_ledger = moment.documents;
        if in_ledger != self.taken {
            faults.say(JournalFault::LedgerCounts { in_ledger, in_journal: self.taken });
        }
        every_profile(moment, people.profiles(), faults);
        let in_journal = people.calendars().last(CALENDAR).map(|adoption| adoption.digest);
        if let Some(in_database) = moment.calendar.filter(|in_database| Some(*in_database) != in_journal) {
            faults.say(JournalFault::CalendarInUseDiffers { in_database, in_journal });
        }
        every_record(database, faults)?;
        every_certificate(database, moment, people, faults)
    }
}

/// The documents that an entry is about: its own, or those of its act.
fn about(entry: &Entry) -> Vec<DocumentId> {
    if let Some(document) = entry.subject.document {
        return vec![document];
    }
    match entry.act.as_ref().and_then(|act| Act::parse(&act.text).ok()).map(|act| act.deed) {
        Some(deed) => deed.documents().to_vec(),
        None => Vec::new(),
    }
}

/// A further receipt is one of the same bytes at the same station as what was filed before it.
fn received(database: &Database, entry: &Entry, faults: &mut Faults) -> Result<(), Unverifiable> {
    let (index, of) = (entry.index, entry.facts.get("receipt_of").and_then(serde_json::Value::as_str));
    let Some(document) = of.and_then(|of| of.parse::<DocumentId>().ok()) else {
        faults.say(JournalFault::ReceiptOfNothing { index });
        return Ok(());
    };
    let before = |document: DocumentId| -> Result<Option<Vec<Entry>>, Unverifiable> {
        let stored = readable(database.read(async |tx| read::of_document(tx, document).await))?;
        Ok(stored.map(|stored| {
            let entries = stored.iter().filter_map(|stored| stored.entry().ok());
            entries.filter(|entry| entry.index < index && entry.subject.document == Some(document)).collect()
        }))
    };
    // Where one of them is not what it was found as, that entry itself is named.
    let Some(first) = before(document)? else { return Ok(()) };
    if !first.iter().any(|entry| entry.kind == Kind::DocumentFiled) {
        faults.say(JournalFault::ReceiptOfUnfiled { index, document });
        return Ok(());
    }
    let Some(again) = entry.subject.document.map(before).transpose()?.flatten() else { return Ok(()) };
    if delivered(&again).is_none_or(|again| Some(again) != delivered(&first)) {
        faults.say(JournalFault::ReceiptOfAnother { index, document });
    }
    Ok(())
}

/// At which station a document came, and of which scans, in whatever order: its sidecar may put them in another.
fn delivered(entries: &[Entry]) -> Option<(&str, Vec<&str>)> {
    let taken = entries.iter().find(|entry| entry.kind == Kind::DeliveryTaken)?;
    let contents = taken.facts.get("contents")?.as_array()?;
    let mut contents = contents.iter().map(serde_json::Value::as_str).collect::<Option<Vec<_>>>()?;
    contents.sort_unstable();
    Some((taken.facts.get("station")?.as_str()?, contents))
}

/// An entry of a filing has its record, and was signed by one whose certificate was issued.
fn filed(database: &Database, entry: &Entry, people: &People, faults: &mut Faults) -> Result<(), Unverifiable> {
    let index = entry.index;
    let digest = |name: &str| entry.facts.get(name).and_then(|value| value.as_str()?.parse::<Digest>().ok());
    let certificate = digest("certificate");
    if let Some(certificate) = certificate.filter(|certificate| people.issued(certificate).is_none()) {
        faults.say(JournalFault::SignerNotIssued { index, certificate });
    }
    let Some(id) = entry.subject.record else {
        faults.say(JournalFault::RecordMissing { index });
        return Ok(());
    };
    let found = database.read(async |tx| records::get(tx, id).await);
    match readable(found)?.flatten() {
        None => faults.say(JournalFault::RecordMissing { index }),
        Some(record) => {
            if Some(record.digest) != digest("record_digest") || record.journal_index != index {
                faults.say(JournalFault::RecordDiffers { index, record: id });
            }
        }
    }
    Ok(())
}

/// Each record of the index has its entry.
fn every_record(database: &Database, faults: &mut Faults) -> Result<(), Unverifiable> {
    let mut after: Option<Record> = None;
    loop {
        let filter = Filter::default();
        let page = database.read(async |tx| records::list(tx, &filter, after.as_ref(), PAGE).await)?;
        let Some(last) = page.last().cloned() else { return Ok(()) };
        for record in &page {
            let index = record.journal_index;
            let stored = database.read(async |tx| read::entries(tx, index, 1).await)?;
            let entry = stored.first().filter(|stored| stored.index == index).and_then(|stored| stored.entry().ok());
            let is_its = |entry: &Entry| entry.kind == Kind::DocumentFiled && entry.subject.record == Some(record.id);
            if !entry.as_ref().is_some_and(is_its) {
                faults.say(JournalFault::RecordWithoutEntry { record: record.id });
            }
        }
        after = Some(last);
    }
}

/// Each version of a profile stands where the journal has it. One that is not there judges nothing.
fn every_profile(moment: &Moment, adopted: &Adopted, faults: &mut Faults) {
    for row in &moment.profiles {
        let digest = row.digest.parse::<Digest>().ok();
        let is_last = adopted.last(&row.id).is_some_and(|last| Some(last.digest) == digest);
        let in_journal = match digest {
            _ if is_last => ProfileState::InForce,
            Some(digest) if adopted.ever(&row.id, &digest) => ProfileState::Retired,
            _ => ProfileState::Draft,
        };
        if serde_json::to_value(in_journal).is_ok_and(|word| word != row.state) {
            let (profile, version, in_database) = (row.id.clone(), row.version, row.state.clone());
            faults.say(JournalFault::ProfileStateDiffers { profile, version, in_database, in_journal });
        }
    }
}

/// Each certificate of the register was issued by an entry, and each that was issued is there.
fn every_certificate(
    database: &Database,
    moment: &Moment,
    people: &People,
    faults: &mut Faults,
) -> Result<(), Unverifiable> {
    for found in &moment.certificates {
        let issued = people
            .issued(&found.fingerprint)
            .is_some_and(|issued| issued.person == found.person && issued.issuers == found.issuers);
        if !issued || !found.whole {
            faults.say(JournalFault::CertificateWithoutEntry { certificate: found.fingerprint });
        }
    }
    for issued in people.all_issued() {
        let certificate = issued.certificate;
        if database.read(async |tx| certificates::get(tx, certificate).await)?.is_none() {
            faults.say(JournalFault::CertificateMissing { certificate });
        }
    }
    Ok(())
}
