//! The journal's entries about a record: in the tree, under a checkpoint signed by a journal that the caller knows.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::Path;

use serde_json::Value;

use super::adopted::InForce;
use super::attempts::Attempts;
use super::content::Manifest;
use super::finding::{ActFault, Doubt, Fact, Fault, Objection, Outcome};
use super::names::{NAMING, named_otherwise};
use super::people::People;
use super::record::{Read, Versioned};
use super::releases;
use super::session::Sessions;
use super::trust::Trust;
use super::{CLOCK_SKEW, ProofSource, Unverifiable};
use crate::crypto::check;
use crate::evidence::checkpoint::{Checkpoint, VerifierKey};
use crate::evidence::proof::{PROOF_VERSION, Proof, ProvenEntry};
use crate::evidence::record::RecordJson;
use crate::evidence::tree::{leaf_hash, verify_consistency, verify_inclusion};
use crate::ids::Digest;
use crate::instant::Instant;
use crate::journal::custody::{self, InCustody};
use crate::journal::read::Private;
use crate::journal::{ENTRY_VERSION, Entry, Kind, doubts};
use crate::people::Role;
use crate::people::acts::Act;
use crate::system::open_regular;

/// A proof of thousands of entries.
const LONGEST_PROOF: u64 = 64 << 20;

/// What of the journal is at hand.
pub(super) enum AtHand {
    Objected(Objection),
    Proven(Box<Proven>),
}

/// Entries that are in a journal whose key the caller knows.
pub(super) struct Proven {
    key: VerifierKey,
    checkpoint: Checkpoint,
    filed: Entry,
    in_custody: Entry,
    taken: Entry,
    /// By which the clock of the intake was doubted later.
    intake_doubts: Vec<Entry>,
    decisions: Vec<Decided>,
    pub(super) sessions: Sessions,
    people: People,
    /// The entries that say what people are called.
    naming: Vec<Entry>,
    /// The first entry about people that does not count.
    people_fault: Option<(u64, ActFault)>,
    consistency: Vec<Digest>,
}

/// A decision's entry.
pub(super) struct Decided {
    index: u64,
    pub digest: Digest,
    pub act: Result<Act, ActFault>,
    /// The certificates whose keys signed it.
    certificates: Vec<Digest>,
}

/// What an entry of a proof is there for.
#[derive(Clone, Copy)]
enum About {
    People,
    Decisions,
    Sessions,
    Calendars,
}

/// What was found of a record, to be compared with what the journal says was filed.
pub(super) struct Filed<'a> {
    pub record: &'a Read,
    pub manifest: &'a Manifest,
    /// The digest of the signature's file.
    pub signature: Digest,
    pub signed_at: Instant,
    pub timestamped_at: Option<Instant>,
}

/// Reads a proof's file; none where there is none.
pub(super) fn read_file(path: &Path) -> Result<Option<ProofSource>, Unverifiable> {
    let failed = |error: std::io::Error| Unverifiable(format!("{}: {error}", path.display()));
    let file = match open_regular(path) {
        Ok(file) => file,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut bytes = Vec::new();
    file.take(LONGEST_PROOF + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LONGEST_PROOF {
        return Ok(Some(ProofSource::Unreadable(format!("> {LONGEST_PROOF} bytes"))));
    }
    Ok(Some(match serde_json::from_slice::<Proof>(&bytes) {
        Ok(proof) => ProofSource::Read(Box::new(proof)),
        Err(error) => match serde_json::from_slice::<Versioned>(&bytes).ok().and_then(|versioned| versioned.v) {
            // A newer format may well have what this one does not know.
            Some(v) if v > u64::from(PROOF_VERSION) => ProofSource::Newer(u32::try_from(v).unwrap_or(u32::MAX)),
            _ => ProofSource::Unreadable(error.to_string()),
        },
    }))
}

/// Judges a proof for itself: the checkpoint's signature, each entry's place, each act.
pub(super) fn journal(proof: Option<ProofSource>, trust: &Trust) -> AtHand {
    let read = match proof {
        None => Err(Doubt::JournalNotAtHand.into()),
        Some(ProofSource::Unreadable(detail)) => Err(Fault::ProofUnreadable { detail }.into()),
        Some(ProofSource::Newer(found)) => {
            Err(Doubt::NewerFormat { name: "proof.json".to_owned(), found, known: PROOF_VERSION }.into())
        }
        Some(ProofSource::Read(proof)) => prove(&proof, trust),
    };
    match read {
        Ok(proven) => AtHand::Proven(Box::new(proven)),
        Err(objection) => AtHand::Objected(objection),
    }
}

fn prove(proof: &Proof, trust: &Trust) -> Result<Proven, Objection> {
    if proof.v > PROOF_VERSION {
        let name = "proof.json".to_owned();
        return Err(Doubt::NewerFormat { name, found: proof.v, known: PROOF_VERSION }.into());
    }
    if trust.journals.is_empty() {
        return Err(Doubt::JournalUnknown { index: proof.filed.index }.into());
    }
    let (key, checkpoint) = signed_by(&proof.checkpoint, &trust.journals)?;
    let root = |entry: &ProvenEntry| open(entry, &checkpoint);
    let (filed, _) = root(&proof.filed)?;
    let (in_custody, _) = root(&proof.in_custody)?;
    let (taken, _) = root(&proof.taken)?;
    let intake_doubts = proof.intake_doubts.iter().map(|entry| Ok(root(entry)?.0));
    let intake_doubts = intake_doubts.collect::<Result<Vec<_>, Objection>>()?;

    let anchors = Some(&trust.signers).filter(|anchors| !anchors.certificates().is_empty());
    let mut people = People::default();
    for certificate in &proof.certificates {
        let der = data_encoding::BASE64.decode(certificate.as_bytes());
        people.bring(&der.map_err(|error| Fault::ProofUnreadable { detail: error.to_string() })?);
    }
    let mut told: Vec<(Entry, Digest, About)> = Vec::new();
    let told_of = [
        (&proof.people, About::People),
        (&proof.decisions, About::Decisions),
        (&proof.sessions, About::Sessions),
        (&proof.calendars, About::Calendars),
    ];
    for (entries, about) in told_of {
        for entry in entries {
            let (entry, digest) = root(entry)?;
            told.push((entry, digest, about));
        }
    }
    // In the journal's order: who may do something at a time is what was said before it.
    told.sort_by_key(|(entry, ..)| entry.index);
    // Said twice it says no more, and what it says of people would be gone through as often as a stranger likes.
    if let Some(((again, ..), _)) =
        told.iter().skip(1).zip(&told).find(|((entry, ..), (before, ..))| entry.index == before.index)
    {
        return Err(Fault::ProofUnreadable { detail: format!("entry {} twice", again.index) }.into());
    }
    let (mut decisions, mut sessions, mut people_fault) = (Vec::new(), Sessions::default(), None);
    let mut naming = Vec::new();
    for (entry, digest, about) in told {
        let act = people.read(&entry, anchors);
        match about {
            About::Sessions => sessions.learn(&entry, act),
            // What such an entry says was learned as it was read.
            About::Calendars => {}
            About::Decisions => {
                let act = act.and_then(|act| act.ok_or(ActFault::ActMissing));
                let signatures = entry.act.iter().flat_map(|act| &act.signatures);
                let certificates = signatures.map(|signature| signature.certificate).collect();
                decisions.push(Decided { index: entry.index, digest, act, certificates });
            }
            About::People => {
                if let Err(fault) = act.and_then(|act| act.ok_or(ActFault::ActMissing))
                    && people_fault.is_none()
                {
                    people_fault = Some((entry.index, fault));
                }
                if NAMING.contains(&entry.kind) {
                    naming.push(entry);
                }
            }
        }
    }
    let consistency = proof.consistency.clone();
    let key = key.clone();
    Ok(Proven {
        key,
        checkpoint,
        filed,
        in_custody,
        taken,
        intake_doubts,
        decisions,
        sessions,
        people,
        naming,
        people_fault,
        consistency,
    })
}

/// The checkpoint of a note that one of the known journals signed.
pub(super) fn signed_by<'k>(
    note: &str,
    journals: &'k [VerifierKey],
) -> Result<(&'k VerifierKey, Checkpoint), Objection> {
    let origin = note.lines().next().unwrap_or_default();
    let mut wrong = None;
    for key in journals.iter().filter(|key| key.name.as_str() == origin) {
        match check::checkpoint(note, key) {
            Ok(checkpoint) => return Ok((key, checkpoint)),
            Err(error) => wrong = Some(error),
        }
    }
    Err(match wrong {
        Some(error) => Fault::CheckpointWrong { detail: error.to_string() }.into(),
        None => Doubt::OtherJournal { origin: origin.chars().take(200).collect() }.into(),
    })
}

/// An entry that is where it says, and written as entries are.
fn open(proven: &ProvenEntry, checkpoint: &Checkpoint) -> Result<(Entry, Digest), Objection> {
    let index = proven.index;
    let bytes = proven.bytes().ok_or(Fault::EntryUnreadable { index })?;
    if !verify_inclusion(&leaf_hash(&bytes), index, checkpoint.size, &proven.proof, &checkpoint.root) {
        return Err(Fault::NotInJournal { index }.into());
    }
    let entry = parse(&bytes).ok_or(Fault::EntryUnreadable { index })?;
    if entry.v > ENTRY_VERSION {
        let name = "journal".to_owned();
        return Err(Doubt::NewerFormat { name, found: entry.v, known: ENTRY_VERSION }.into());
    }
    if entry.index != index {
        return Err(Fault::EntryUnreadable { index }.into());
    }
    Ok((entry, Digest::of(&bytes)))
}

/// Reads an entry, and demands that it is written as entries are, to the byte.
pub(super) fn parse(bytes: &[u8]) -> Option<Entry> {
    let entry: Entry = serde_json::from_slice(bytes).ok()?;
    (serde_json_canonicalizer::to_vec(&entry).ok()? == bytes).then_some(entry)
}

/// Whether the journal says that exactly this record was filed, signed by one who could; at home, whether it was the signature
/// that counted by then.
pub(super) fn outcome(journal: &AtHand, filed: &Filed<'_>, attempts: Option<&Attempts>) -> Outcome {
    let proven = match journal {
        AtHand::Objected(objection) => return Err(objection.clone()),
        AtHand::Proven(proven) => proven,
    };
    let (entry, json) = (&proven.filed, &filed.record.json);
    let index = entry.index;
    if let Some(field) = difference(entry, filed) {
        return Err(Fault::EntryDiffers { index, field: field.to_owned() }.into());
    }
    for (entry, field) in
        [(&proven.taken, otherwise_taken(proven, filed)), (&proven.in_custody, otherwise_in_custody(proven, filed))]
    {
        if let Some(field) = field {
            return Err(Fault::EntryDiffers { index: entry.index, field: field.to_owned() }.into());
        }
    }
    if let Some((index, field)) = otherwise_doubted(proven, filed) {
        return Err(Fault::EntryDiffers { index, field: field.to_owned() }.into());
    }
    // What the record was signed after: clocks may be set back, and the order of entries may not.
    let until = history(proven, &json.journal_checkpoint)?.size;
    if let Some(fault) = attempts.and_then(|attempts| attempts.against(entry, until)) {
        return Err(fault.into());
    }
    if let Some((index, fault)) = &proven.people_fault {
        return Err(Fault::ActWrong { index: *index, act_fault: fault.clone() }.into());
    }
    let profile = json.profile.digest;
    match proven.people.profiles().in_force(&profile, proven.taken.index, until) {
        InForce::By(_) => {}
        InForce::Never => return Err(Fault::ProfileNotAdopted { profile }.into()),
        InForce::Replaced(by) => return Err(Fault::ProfileReplaced { profile, index: by.index, at: by.at }.into()),
    }
    let calendar = match proven.people.calendars().in_force(&json.calendar, proven.taken.index, until) {
        InForce::By(adoption) => adoption,
        InForce::Never => return Err(Fault::CalendarNotAdopted { calendar: json.calendar }.into()),
        InForce::Replaced(by) => {
            return Err(Fault::CalendarReplaced { calendar: json.calendar, index: by.index, at: by.at }.into());
        }
    };
    let (person, certificate) = (json.signer.person.id, json.signer.certificate);
    if proven.people.issued(&certificate).is_none_or(|issued| issued.person != person) {
        return Err(Fault::CertificateNotIssued { certificate }.into());
    }
    // What nobody stamped was signed when the journal says that it was filed; the signature's own time is a mere claim.
    let proven_at = filed.timestamped_at.unwrap_or(entry.at);
    if let Some(since) = proven.people.revoked(&certificate).filter(|since| *since <= proven_at) {
        return Err(Fault::SignerRevoked { since }.into());
    }
    if let Some(since) = proven.people.suspended_since(person, filed.signed_at) {
        return Err(Fault::SignerSuspended { since }.into());
    }
    let role = json.signer.capacity.parse::<Role>().ok();
    if !role.is_some_and(|role| proven.people.holds(person, role, filed.signed_at)) {
        return Err(Fault::SignerNotAppointed { capacity: json.signer.capacity.clone() }.into());
    }
    if proven.people.manager(filed.signed_at) != Some(json.information_manager.id) {
        return Err(Fault::ManagerNotInForce.into());
    }
    if let Some(unrooted) = proven.people.unrooted() {
        return Err(Doubt::FoundersUnknown { root: unrooted.root }.into());
    }
    let (calendar, calendar_at) = (calendar.index, calendar.at);
    Ok(Fact::EntryProven { index, size: proven.checkpoint.size, filed_at: entry.at, calendar, calendar_at })
}

/// In what an entry says something else than the record.
fn difference(entry: &Entry, filed: &Filed<'_>) -> Option<&'static str> {
    let json = &filed.record.json;
    let fact = |name: &str| entry.facts.get(name).unwrap_or(&Value::Null);
    let is = |name: &str, expected: &str| fact(name).as_str() == Some(expected);
    let instant = |name: &str| fact(name).as_str().and_then(|text| text.parse::<Instant>().ok());

    // The signature states its time in whole seconds.
    let signed_at = instant("signed_at").is_some_and(|said| said.as_seconds() == filed.signed_at.as_seconds());
    let not_before = filed.timestamped_at.unwrap_or(filed.signed_at);
    [
        (entry.kind == Kind::DocumentFiled, "kind"),
        (entry.home == json.home, "home"),
        (entry.subject.document == Some(json.document), "document"),
        (entry.subject.record.is_some(), "record"),
        (is("record_digest", &filed.manifest.digest.to_string()), "record_digest"),
        (is("signature_digest", &filed.signature.to_string()), "signature_digest"),
        (fact("version").as_u64() == Some(json.version.into()), "version"),
        (fact("generation").as_u64() == Some(1), "generation"),
        (is("attempt", &json.attempt.to_string()), "attempt"),
        // That entry alone ends the document whose place this one takes.
        (fact("supersedes").as_str() == json.supersedes.map(|id| id.to_string()).as_deref(), "supersedes"),
        (is("certificate", &json.signer.certificate.to_string()), "certificate"),
        (is("profile", &json.profile.digest.to_string()), "profile"),
        (is("calendar", &json.calendar.to_string()), "calendar"),
        (signed_at, "signed_at"),
        (instant("timestamped_at") == filed.timestamped_at, "timestamped_at"),
        (fact("clock_at_intake").as_str() == json.clocks.at_intake.problem.as_deref(), "clock_at_intake"),
        (entry.at.plus(CLOCK_SKEW) >= not_before, "at"),
    ]
    .into_iter()
    .find_map(|(agrees, field)| (!agrees).then_some(field))
}

/// In what the entry of the taking says something else than the record.
fn otherwise_taken(proven: &Proven, filed: &Filed<'_>) -> Option<&'static str> {
    let (entry, json) = (&proven.taken, &filed.record.json);
    let fact = |name: &str| entry.facts.get(name).unwrap_or(&Value::Null);
    let contents = fact("contents").as_array().map(Vec::as_slice).unwrap_or_default();
    let contents: BTreeSet<Option<&str>> = contents.iter().map(Value::as_str).collect();
    let all_came_then = json.files.iter().all(|file| contents.contains(&Some(file.digest.to_string().as_str())));
    let in_custody = &proven.in_custody;
    [
        (entry.kind == Kind::DeliveryTaken, "kind"),
        (entry.home == json.home, "home"),
        (entry.subject.document == Some(json.document), "document"),
        (fact("station").as_str() == Some(json.station.as_str()), "station"),
        (all_came_then, "contents"),
        (custody::named(entry) == Some(in_custody.index), "in_custody"),
        // It was taken once a worker had looked at the copy, never before there was one.
        (in_custody.index < entry.index && entry.at.plus(CLOCK_SKEW) >= in_custody.at, "at"),
    ]
    .into_iter()
    .find_map(|(agrees, field)| (!agrees).then_some(field))
}

/// In what the entry of the copy says something else than the record and the entry of the taking: the window of 9.2 ends with
/// its time.
fn otherwise_in_custody(proven: &Proven, filed: &Filed<'_>) -> Option<&'static str> {
    let (entry, taken, json) = (&proven.in_custody, &proven.taken, &filed.record.json);
    let Some(said) = InCustody::of(entry) else { return Some("kind") };
    let same = |name: &str| entry.facts.get(name).is_some_and(|fact| taken.facts.get(name) == Some(fact));
    [
        (entry.home == json.home, "home"),
        (entry.subject.delivery.is_some() && entry.subject.delivery == taken.subject.delivery, "delivery"),
        (said.station == json.station, "station"),
        (same("copy"), "copy"),
        (same("contents"), "contents"),
        (entry.at == json.clocks.taken_in_at, "taken_in_at"),
        (doubts::newest_word(said.clock, &proven.intake_doubts) == json.clocks.at_intake, "clock"),
    ]
    .into_iter()
    .find_map(|(agrees, field)| (!agrees).then_some(field))
}

/// The first doubt about the intake that is none, or another's.
fn otherwise_doubted(proven: &Proven, filed: &Filed<'_>) -> Option<(u64, &'static str)> {
    let json = &filed.record.json;
    let mut before = proven.in_custody.index;
    for entry in &proven.intake_doubts {
        let subject = &entry.subject;
        let is_of_it = match subject.document {
            Some(document) => document == json.document,
            None => subject.delivery.is_some() && subject.delivery == proven.in_custody.subject.delivery,
        };
        let in_order = before < entry.index && entry.index < proven.filed.index;
        before = entry.index;
        let wrong = [
            (doubts::problem(entry).is_some(), "problem"),
            (entry.home == json.home, "home"),
            (is_of_it, "document"),
            (in_order, "index"),
        ];
        if let Some(field) = wrong.into_iter().find_map(|(agrees, field)| (!agrees).then_some(field)) {
            return Some((entry.index, field));
        }
    }
    None
}

/// The checkpoint that the record names was a beginning of this journal: the record cannot be older than that.
fn history(proven: &Proven, note: &str) -> Result<Checkpoint, Objection> {
    let older =
        check::checkpoint(note, &proven.key).map_err(|error| Fault::CheckpointWrong { detail: error.to_string() })?;
    let (size, newer) = (older.size, &proven.checkpoint);
    let grew = verify_consistency(size, newer.size, &older.root, &newer.root, &proven.consistency);
    if grew && size <= proven.filed.index { Ok(older) } else { Err(Fault::OtherHistory { size }.into()) }
}

impl AtHand {
    /// The acts by which something of the document as it was signed was released, in order. One that does not count, or
    /// is about another document, is left out: what it should have released is not released.
    pub(super) fn releasing(&self, record: &Read) -> Result<Vec<&Act>, Doubt> {
        let decisions: Vec<_> = releases::releasing(record).collect();
        let not_at_hand = Doubt::ReleasesNotAtHand { decisions: decisions.len() as u64 };
        // A decision that is named again and again would have its deadlines counted again and again.
        if !decisions.is_sorted_by(|earlier, later| earlier.journal_index < later.journal_index) {
            return Err(not_at_hand);
        }
        let Self::Proven(proven) = self else {
            return if decisions.is_empty() { Ok(Vec::new()) } else { Err(not_at_hand) };
        };
        let mut acts = Vec::new();
        for decision in decisions {
            let Some(decided) = proven.decision(decision.journal_index) else { return Err(not_at_hand) };
            acts.extend(decided.act.as_ref().ok().filter(|act| releases::concerns(act, record)));
        }
        Ok(acts)
    }

    /// Who is called otherwise in the record than they were when it was signed.
    pub(super) fn named_otherwise(&self, json: &RecordJson, private: &BTreeMap<u64, Private>) -> Option<Fault> {
        let Self::Proven(proven) = self else { return None };
        let until = proven.earlier(&json.journal_checkpoint)?.size;
        named_otherwise(json, &proven.naming, until, private)
    }

    /// The entry of the filing, where it is proven.
    pub(super) fn filed(&self) -> Option<&Entry> {
        match self {
            Self::Proven(proven) => Some(&proven.filed),
            Self::Objected(_) => None,
        }
    }
}

impl Proven {
    /// The head of the journal by which all of it is proven.
    pub(super) const fn checkpoint(&self) -> &Checkpoint {
        &self.checkpoint
    }

    /// The entry of the filing.
    pub(super) const fn filed(&self) -> &Entry {
        &self.filed
    }

    /// The checkpoint that the record names, where the journal did grow from it.
    pub(super) fn earlier(&self, note: &str) -> Option<Checkpoint> {
        history(self, note).ok()
    }

    /// The entry by which the copy came to count.
    pub(super) const fn in_custody(&self) -> &Entry {
        &self.in_custody
    }

    /// From when on a key counts no more that signed a decision after that, however much later this was said.
    pub(super) fn undone(&self, decided: &Decided) -> Option<Instant> {
        let at = decided.act.as_ref().ok()?.at;
        let revoked = decided.certificates.iter().filter_map(|certificate| self.people.revoked(certificate));
        revoked.filter(|since| *since <= at).min()
    }

    pub(super) fn decision(&self, index: u64) -> Option<&Decided> {
        self.decisions.iter().find(|decided| decided.index == index)
    }
}
