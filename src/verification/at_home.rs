//! A record in the store of a home, with the journal beside it.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::attempts::Attempts;
use super::names::NAMING;
use super::people::KINDS;
use super::{Evidence, Growth, IndexRow, Parts, ProofSource, Report, Trust, Unverifiable, verify, without_parts};
use crate::database::{Database, DatabaseError, Tx};
use crate::evidence::proof::{PROOF_VERSION, Proof, ProvenEntry};
use crate::evidence::record::RecordJson;
use crate::evidence::tree::{self, ProofError};
use crate::ids::{Digest, Name, PersonId, RecordId, SessionId};
use crate::journal::Kind;
use crate::journal::custody::{self, InCustody};
use crate::journal::read::{self, Private, Stored};
use crate::people::Role;
use crate::people::acts::{Act, Deed};
use crate::people::{ceremony, certificates};
use crate::store::records::{self, Member, Record};
use crate::store::{Objects, StoreError};

/// Nodes that are kept between two proofs: complete subtrees never change.
const MOST_NODES: usize = 100_000;

/// A home's database and store, open for reading.
pub struct AtHome<'a> {
    database: &'a Database,
    objects: &'a Objects,
    nodes: RefCell<HashMap<(u8, u64), Digest>>,
}

impl From<DatabaseError> for Unverifiable {
    fn from(error: DatabaseError) -> Self {
        Self(error.to_string())
    }
}

impl<'a> AtHome<'a> {
    #[must_use]
    pub fn new(database: &'a Database, objects: &'a Objects) -> Self {
        Self { database, objects, nodes: RefCell::new(HashMap::new()) }
    }

    /// Verifies a record of the store; nothing where the index has none.
    ///
    /// # Errors
    /// When disk, store or database fail.
    pub fn verify(&self, id: RecordId, trust: &Trust, accept_evaluation: bool) -> Result<Option<Report>, Unverifiable> {
        let Some((record, members)) = self.rows(id)? else { return Ok(None) };
        let proof = Some(self.proof(&record)?);
        let parts = match Parts::stored(self.objects, members.clone()) {
            Ok(parts) => parts,
            Err(error) => return without_parts(error, trust, true).map(Some),
        };
        let growth = self.growth(proof.as_ref(), trust)?;
        let (attempts, naming) = (self.attempts(&record)?, self.naming()?);
        let row = Some(IndexRow { record, members });
        let evidence = Evidence { parts, proof, row, attempts, growth, naming };
        verify(evidence, trust, accept_evaluation).map(Some)
    }

    /// The record's rows in the index.
    ///
    /// # Errors
    /// When the database fails.
    pub fn rows(&self, id: RecordId) -> Result<Option<(Record, Vec<Member>)>, Unverifiable> {
        Ok(self.database.read::<_, DatabaseError, _>(async |tx| match records::get(tx, id).await? {
            Some(record) => Ok(Some((record, records::members(tx, id, false).await?))),
            None => Ok(None),
        })?)
    }

    /// The entries about a record, proven under the journal's newest checkpoint.
    ///
    /// # Errors
    /// When the database fails. A journal that cannot prove what it should is an unreadable proof.
    pub fn proof(&self, record: &Record) -> Result<ProofSource, Unverifiable> {
        let json = self.record_json(record)?;
        let gathered = self.database.read::<_, DatabaseError, _>(async |tx| {
            let Some(head) = read::head(tx).await? else { return Ok(None) };
            self.gather(tx, record, json.as_ref(), &head).await.map(Some)
        });
        match gathered {
            Ok(Some(proof)) => Ok(ProofSource::Read(Box::new(proof))),
            Ok(None) => Ok(ProofSource::Unreadable("the journal is empty".to_owned())),
            // The journal's tables do not hold together: that is a finding, and `journal verify` says where.
            Err(
                DatabaseError::Corrupt(detail) | DatabaseError::Unreadable(detail) | DatabaseError::Conflict(detail),
            ) => Ok(ProofSource::Unreadable(detail)),
            Err(other) => Err(other.into()),
        }
    }

    /// What the journal says of the attempts at a record's signature before it was filed. Where its tables do not hold together,
    /// that is found elsewhere.
    fn attempts(&self, record: &Record) -> Result<Option<Attempts>, Unverifiable> {
        let attempts = self.database.read::<_, DatabaseError, _>(async |tx| {
            let mut attempts = Attempts::default();
            for stored in read::of_document(tx, record.document).await? {
                if stored.index < record.journal_index {
                    attempts.learn(&stored.entry()?);
                }
            }
            Ok(attempts)
        });
        match attempts {
            Err(DatabaseError::Corrupt(_) | DatabaseError::Unreadable(_) | DatabaseError::Conflict(_)) => Ok(None),
            attempts => Ok(Some(attempts?)),
        }
    }

    /// The private parts of the entries that say what people are called. Where the journal's tables do not hold together, that is
    /// found elsewhere.
    fn naming(&self) -> Result<BTreeMap<u64, Private>, Unverifiable> {
        let parts = self.database.read::<_, DatabaseError, _>(async |tx| {
            let mut parts = BTreeMap::new();
            for kind in NAMING {
                let stored = read::of_kind(tx, kind).await?;
                parts.extend(stored.into_iter().filter_map(|stored| Some((stored.index, stored.private?))));
            }
            Ok(parts)
        });
        match parts {
            Err(DatabaseError::Corrupt(_) | DatabaseError::Unreadable(_) | DatabaseError::Conflict(_)) => {
                Ok(BTreeMap::new())
            }
            parts => Ok(parts?),
        }
    }

    /// How the journal goes on from the newest checkpoint that the caller kept outside.
    fn growth(&self, proof: Option<&ProofSource>, trust: &Trust) -> Result<Growth, Unverifiable> {
        let Some(ProofSource::Read(proof)) = proof else { return Ok(Growth::NotAtHand) };
        let newest = trust.outside.as_ref().and_then(|outside| outside.newest(proof.checkpoint.lines().next()?));
        let (Some(older), Some(size)) = (newest.map(|newest| newest.size), claimed_size(&proof.checkpoint)) else {
            return Ok(Growth::NotAtHand);
        };
        if older > size {
            return Ok(Growth::Shorter);
        }
        let nodes = self.database.read::<_, DatabaseError, _>(async |tx| {
            self.with_nodes(tx, |nodes| tree::consistency_proof(older, size, nodes)).await
        });
        match nodes {
            Ok(nodes) => Ok(Growth::Shown(nodes)),
            Err(
                DatabaseError::Corrupt(detail) | DatabaseError::Unreadable(detail) | DatabaseError::Conflict(detail),
            ) => Ok(Growth::Unreadable(detail)),
            Err(other) => Err(other.into()),
        }
    }

    /// What the record says of decisions and checkpoint, where it can be read: only to know what to gather.
    fn record_json(&self, record: &Record) -> Result<Option<RecordJson>, Unverifiable> {
        let Some((_, members)) = self.rows(record.id)? else { return Ok(None) };
        let object = members.iter().find(|member| member.name == super::record::RECORD).map(|member| member.object);
        let bytes = match object.map(|object| self.objects.get(&object)) {
            Some(Err(error @ StoreError::Unusable(_))) => return Err(Unverifiable(error.to_string())),
            read => read.and_then(Result::ok),
        };
        Ok(bytes.and_then(|bytes| serde_json::from_slice(&bytes).ok()))
    }

    async fn gather(
        &self,
        tx: &mut Tx,
        record: &Record,
        json: Option<&RecordJson>,
        head: &read::Head,
    ) -> Result<Proof, DatabaseError> {
        let size = head.size;
        let filed = one(tx, record.journal_index).await?;
        let filed = self.proven(tx, &filed, size).await?;
        let of_document = read::story_of_document(tx, record.document).await?;
        let taken = of_document
            .iter()
            .find(|stored| stored.entry().is_ok_and(|entry| entry.kind == Kind::DeliveryTaken))
            .ok_or_else(|| DatabaseError::Corrupt("the journal does not say when the document came in".into()))?;
        let in_custody = match custody::named(&taken.entry()?) {
            Some(index) => one(tx, index).await?,
            None => return Err(DatabaseError::Corrupt("the journal does not say when the document came in".into())),
        };
        let (sessions, in_session) = sessions(tx, json, &in_custody).await?;
        let index_of_intake = taken.index;
        let mut intake_doubts = Vec::new();
        for stored in
            of_document.iter().filter(|stored| (in_custody.index..record.journal_index).contains(&stored.index))
        {
            if stored.entry()?.kind == Kind::IntakeDoubted {
                intake_doubts.push(self.proven(tx, stored, size).await?);
            }
        }
        let in_custody = self.proven(tx, &in_custody, size).await?;
        let taken = self.proven(tx, taken, size).await?;
        let mut decisions = Vec::new();
        let mut concerned: BTreeSet<PersonId> = [record.signer].into();
        concerned.extend(in_session);
        if let Some(json) = json {
            concerned.extend([json.information_manager.id, json.signer.person.id]);
            concerned.extend(json.operator.as_ref().map(|operator| operator.id));
            for decision in &json.decisions {
                concerned.insert(decision.person);
                let stored = one(tx, decision.journal_index).await?;
                if let Some(second) = act_of(&stored).and_then(|act| act.second) {
                    concerned.insert(second);
                }
                decisions.push(self.proven(tx, &stored, size).await?);
            }
        }
        let calendars = match json {
            Some(json) => calendars(tx, json, index_of_intake, record.journal_index).await?,
            None => Vec::new(),
        };
        let mut in_use = Vec::new();
        for entry in &calendars {
            in_use.push(self.proven(tx, entry, size).await?);
        }
        let (stored, wanted) = people(tx, concerned, json.map(|json| &json.profile.id)).await?;
        let mut people = Vec::new();
        for entry in &stored {
            people.push(self.proven(tx, entry, size).await?);
        }
        let mut proven = Vec::new();
        for entry in &sessions {
            proven.push(self.proven(tx, entry, size).await?);
        }
        let mut bytes = Vec::new();
        for fingerprint in wanted {
            if let Some(certificate) = certificates::get(tx, fingerprint).await? {
                let ders = std::iter::once(&certificate.der).chain(&certificate.issuers);
                bytes.extend(ders.map(|der| data_encoding::BASE64.encode(der)));
            }
        }
        let older = json.and_then(|json| claimed_size(&json.journal_checkpoint)).filter(|older| *older <= size);
        let consistency = match older {
            Some(older) => self.with_nodes(tx, |nodes| tree::consistency_proof(older, size, nodes)).await?,
            None => Vec::new(),
        };
        Ok(Proof {
            v: PROOF_VERSION,
            checkpoint: head.checkpoint.clone(),
            filed,
            in_custody,
            taken,
            intake_doubts,
            decisions,
            people,
            sessions: proven,
            calendars: in_use,
            certificates: bytes,
            consistency,
        })
    }

    async fn proven(&self, tx: &mut Tx, stored: &Stored, size: u64) -> Result<ProvenEntry, DatabaseError> {
        let index = stored.index;
        let proof = self.with_nodes(tx, |nodes| tree::inclusion_proof(index, size, nodes)).await?;
        Ok(ProvenEntry::new(index, &stored.bytes, proof))
    }

    /// Makes a proof, fetching the nodes it asks for that are not known yet.
    async fn with_nodes<T>(
        &self,
        tx: &mut Tx,
        prove: impl Fn(&dyn Fn(u8, u64) -> Option<Digest>) -> Result<T, ProofError>,
    ) -> Result<T, DatabaseError> {
        if self.nodes.borrow().len() > MOST_NODES {
            self.nodes.borrow_mut().clear();
        }
        loop {
            let made = prove(&|level, index| self.nodes.borrow().get(&(level, index)).copied());
            match made {
                Ok(proof) => return Ok(proof),
                Err(ProofError::Missing(missing)) => match read::node(tx, missing.level, missing.index).await? {
                    Some(hash) => drop(self.nodes.borrow_mut().insert((missing.level, missing.index), hash)),
                    None => return Err(DatabaseError::Corrupt(format!("journal: {missing}"))),
                },
                Err(error) => return Err(DatabaseError::Conflict(format!("journal: {error}"))),
            }
        }
    }
}

/// The entries that say how the concerned came to their certificates and roles, whoever appointed them included; those by which
/// the versions of the profile came into force; and the certificates that these entries name.
async fn people(
    tx: &mut Tx,
    mut concerned: BTreeSet<PersonId>,
    judged_by: Option<&Name>,
) -> Result<(Vec<Stored>, BTreeSet<Digest>), DatabaseError> {
    let mut all: Vec<(Stored, Option<Act>)> = Vec::new();
    for kind in KINDS {
        for stored in read::of_kind(tx, kind).await? {
            let act = act_of(&stored);
            all.push((stored, act));
        }
    }
    all.sort_by_key(|(stored, ..)| stored.index);
    let mut taken = BTreeSet::new();
    // Whether nobody but the owner of a new key was the second can be told only from all who could have stood by.
    let mut witnesses = false;
    loop {
        let before = (taken.len(), concerned.len());
        for (stored, act) in &all {
            let about = |person: &PersonId| concerned.contains(person);
            let could_witness = |role: &Role| witnesses && ceremony::OFFICES.contains(role);
            // Which information manager was in force can be told only from all who were appointed.
            let wanted = match act.as_ref().map(|act| &act.deed) {
                Some(Deed::Genesis { .. }) => true,
                Some(Deed::AddPerson { person } | Deed::ChangePerson { person }) => about(person),
                Some(Deed::Enrol(issued)) => about(&issued.person),
                Some(Deed::Appoint(appointment)) => {
                    about(&appointment.person)
                        || appointment.role == Role::InformationManager
                        || could_witness(&appointment.role)
                }
                Some(Deed::EndAppointment { person, role, .. }) => {
                    about(person) || *role == Role::InformationManager || could_witness(role)
                }
                // Who was in force can be told only where those who could not act are known too.
                Some(Deed::Suspend { .. } | Deed::Resume { .. } | Deed::Absent { .. } | Deed::Back { .. }) => true,
                // Whether a version was still in force can be told only from all of them.
                Some(Deed::ApproveProfile { profile }) => Some(&profile.id) == judged_by,
                Some(Deed::Revoke { person, .. }) => about(person),
                _ => false,
            };
            if wanted && taken.insert(stored.index) {
                concerned.extend(act.iter().flat_map(Act::signers));
                witnesses |=
                    act.as_ref().is_some_and(|act| matches!(act.deed, Deed::Enrol(_)) && act.witness.is_none());
            }
            if let Some(Deed::Appoint(appointment)) = act.as_ref().map(|act| &act.deed)
                && witnesses
                && ceremony::OFFICES.contains(&appointment.role)
            {
                concerned.insert(appointment.person);
            }
        }
        if (taken.len(), concerned.len()) == before {
            break;
        }
    }
    all.retain(|(stored, ..)| taken.contains(&stored.index));
    let mut certificates = BTreeSet::new();
    for (_, act) in &all {
        match act.as_ref().map(|act| &act.deed) {
            Some(Deed::Genesis { certificates: issued, .. }) => {
                certificates.extend(issued.iter().map(|issued| issued.certificate));
            }
            Some(Deed::Enrol(issued)) => {
                certificates.insert(issued.certificate);
            }
            _ => {}
        }
    }
    Ok((all.into_iter().map(|(stored, ..)| stored).collect(), certificates))
}

/// The entries by which the calendar of a record, and others after it, came into use before it was filed: at the least from the
/// last one before the document came in.
async fn calendars(tx: &mut Tx, json: &RecordJson, taken: u64, filed: u64) -> Result<Vec<Stored>, DatabaseError> {
    let mut adopted = Vec::new();
    for stored in read::of_kind(tx, Kind::CalendarAdopted).await? {
        let digest = stored.entry()?.facts.get("digest").cloned();
        if stored.index < filed {
            adopted.push((digest.is_some_and(|digest| digest == json.calendar.to_string()), stored));
        }
    }
    let last_before = adopted.iter().rposition(|(_, stored)| stored.index < taken).unwrap_or(0);
    let its_first = adopted.iter().position(|(is_its, _)| *is_its).unwrap_or(last_before);
    adopted.drain(..its_first.min(last_before));
    Ok(adopted.into_iter().map(|(_, stored)| stored).collect())
}

/// The entries of the sessions in which a document was signed and delivered, and of those that they go on with; and whose
/// these sessions were.
async fn sessions(
    tx: &mut Tx,
    json: Option<&RecordJson>,
    in_custody: &Stored,
) -> Result<(Vec<Stored>, BTreeSet<PersonId>), DatabaseError> {
    let delivered_in = in_custody.entry().ok().and_then(|entry| InCustody::of(&entry)?.session);
    let mut wanted: Vec<SessionId> = json.map(|json| json.signer.session).into_iter().chain(delivered_in).collect();
    let (mut seen, mut entries, mut people) = (BTreeSet::new(), Vec::new(), BTreeSet::new());
    while let Some(session) = wanted.pop() {
        if !seen.insert(session) {
            continue;
        }
        for kind in [Kind::SessionOpened, Kind::BatchAttested, Kind::SessionClosed] {
            for stored in read::of_session(tx, session, kind).await? {
                let act = act_of(&stored);
                people.extend(act.iter().map(|act| act.by));
                if let Some(Deed::OpenSession { continues, .. }) = act.map(|act| act.deed) {
                    wanted.extend(continues);
                }
                entries.push(stored);
            }
        }
    }
    entries.sort_by_key(|stored| stored.index);
    Ok((entries, people))
}

fn act_of(stored: &Stored) -> Option<Act> {
    let entry = stored.entry().ok()?;
    Act::parse(&entry.act?.text).ok()
}

async fn one(tx: &mut Tx, index: u64) -> Result<Stored, DatabaseError> {
    read::at(tx, index).await?.ok_or_else(|| DatabaseError::Corrupt(format!("the journal has no entry {index}")))
}

/// The size that a note speaks of. What it is worth is for the verifier to say.
fn claimed_size(note: &str) -> Option<u64> {
    note.lines().nth(1)?.parse().ok()
}
