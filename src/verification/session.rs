//! The session in which a record was signed: opened by the signer, at the station, with the key that signed, open at the
//! time of the signature; and the attestation of its batch, which the record repeats.

use super::CLOCK_SKEW;
use super::anchored::{AtHand, Proven};
use super::finding::{ActFault, Doubt, Fact, Fault, Objection, Outcome, Step};
use super::record::Read;
use crate::identity::Source;
use crate::ids::{Digest, Name, PersonId, SessionId};
use crate::instant::Instant;
use crate::journal::custody::InCustody;
use crate::journal::{Entry, Kind};
use crate::people::Role;
use crate::people::acts::{Act, Deed};
use crate::people::sessions::Attested;
use crate::profile::Confirm;

/// What the journal said of sessions.
#[derive(Default)]
pub(super) struct Sessions {
    opened: Vec<Opened>,
    attested: Vec<Attestation>,
    closed: Vec<(SessionId, Instant)>,
    /// The first entry whose act does not count.
    fault: Option<(u64, ActFault)>,
}

/// A session, as the act that opened it says.
struct Opened {
    session: SessionId,
    index: u64,
    at: Instant,
    by: PersonId,
    /// The certificate of the key that was unlocked.
    certificate: Option<Digest>,
    station: Name,
    expires: Instant,
    continues: Option<SessionId>,
    obtained_on: Option<jiff::civil::Date>,
}

struct Attestation {
    session: SessionId,
    by: PersonId,
    at: Instant,
    attested: Vec<Attested>,
}

impl Sessions {
    /// Learns an entry about a session; `act` is what became of the act in it.
    pub(super) fn learn(&mut self, entry: &Entry, act: Result<Option<Act>, ActFault>) {
        let act = match act {
            Ok(act) => act,
            Err(fault) => {
                self.fault.get_or_insert((entry.index, fault));
                return;
            }
        };
        match (act, entry.kind, entry.subject.session) {
            (Some(act), ..) => self.learn_act(entry, act),
            (None, Kind::SessionClosed, Some(session)) => {
                // By a clock that was set back its entry may bear an earlier time than what was signed before it.
                let said = entry.facts.get("closed_at").and_then(|at| at.as_str()?.parse().ok());
                self.closed.push((session, said.unwrap_or(entry.at)));
            }
            _ => {}
        }
    }

    fn learn_act(&mut self, entry: &Entry, Act { deed, by, at, .. }: Act) {
        match deed {
            Deed::OpenSession { session, station, expires, continues, attested, obtained_on, .. } => {
                let signature = entry.act.as_ref().and_then(|act| act.signatures.first());
                let certificate = signature.map(|signature| signature.certificate);
                if !attested.is_empty() {
                    self.attested.push(Attestation { session, by, at, attested });
                }
                let index = entry.index;
                self.opened.push(Opened {
                    session,
                    index,
                    at,
                    by,
                    certificate,
                    station,
                    expires,
                    continues,
                    obtained_on,
                });
            }
            Deed::AttestBatch { session, attested } => self.attested.push(Attestation { session, by, at, attested }),
            _ => {}
        }
    }

    fn opening(&self, session: SessionId) -> Result<&Opened, Fault> {
        self.opened.iter().find(|opened| opened.session == session).ok_or(Fault::SessionNotOpened { session })
    }

    /// A session and those that it goes on with, the nearest first. All are the same person's at the same station, opened with
    /// the same key: what somebody vouched for with a key that was revoked goes on with no other.
    fn chain(&self, session: SessionId) -> Result<Vec<&Opened>, Fault> {
        let mut chain = vec![self.opening(session)?];
        while let Some(last) = chain.last()
            && let Some(earlier) = last.continues
        {
            let earlier = self.opening(earlier)?;
            let opened_by = |opened: &'_ Opened| (opened.by, opened.certificate);
            let goes_on =
                opened_by(earlier) == opened_by(last) && earlier.station == last.station && earlier.index < last.index;
            if !goes_on {
                return Err(Fault::SessionDiffers { index: last.index, field: "continues".to_owned() });
            }
            chain.push(earlier);
        }
        Ok(chain)
    }
}

/// Judges the session that the record names.
pub(super) fn session(record: &Read, signed_at: Instant, journal: &AtHand) -> Outcome {
    let proven = match journal {
        AtHand::Proven(proven) => proven,
        // What is wrong with the proof is said where the journal is judged.
        AtHand::Objected(_) => return Err(Doubt::NotReached { because: Step::Journal }.into()),
    };
    let sessions = &proven.sessions;
    if let Some((index, act_fault)) = &sessions.fault {
        return Err(Fault::ActWrong { index: *index, act_fault: act_fault.clone() }.into());
    }
    let json = &record.json;
    let chain = sessions.chain(json.signer.session)?;
    let opened = sessions.opening(json.signer.session)?;
    if let Some(field) = otherwise_opened(opened, record) {
        return Err(Fault::SessionDiffers { index: opened.index, field: field.to_owned() }.into());
    }
    open_then(sessions, opened, signed_at)?;
    attested(sessions, &chain, record, signed_at)?;
    delivered(proven, &chain, record)?;
    operator(record)?;
    Ok(Fact::SessionProven { index: opened.index, opened_at: opened.at })
}

/// In what the session is another than the one that the record speaks of.
fn otherwise_opened(opened: &Opened, record: &Read) -> Option<&'static str> {
    let json = &record.json;
    [
        (opened.by == json.signer.person.id, "person"),
        (opened.station == json.station, "station"),
        (opened.certificate == Some(json.signer.certificate), "certificate"),
    ]
    .into_iter()
    .find_map(|(agrees, field)| (!agrees).then_some(field))
}

/// The session was open when it signed. The signature states its time in whole seconds.
fn open_then(sessions: &Sessions, opened: &Opened, signed_at: Instant) -> Result<(), Objection> {
    let closed = sessions.closed.iter().find(|(session, _)| *session == opened.session).map(|(_, at)| *at);
    let until = closed.map_or(opened.expires, |closed| closed.min(opened.expires));
    let at = signed_at.as_seconds();
    if opened.at.as_seconds() <= at && at <= until.as_seconds() {
        return Ok(());
    }
    Err(Fault::SignedOutsideSession { signed_at, opened_at: opened.at, until }.into())
}

/// Somebody attested exactly that, then, in this session or in one that it goes on with.
fn attested(sessions: &Sessions, chain: &[&Opened], record: &Read, signed_at: Instant) -> Result<(), Objection> {
    let json = &record.json;
    // That there is one was asked for among the releases.
    let Some(said) = &json.attestation else { return Ok(()) };
    let in_chain = |session: SessionId| chain.iter().any(|opened| opened.session == session);
    let word = |attested: &Attested| serde_json::to_value(attested).ok();
    let same = |found: &&Attestation| {
        let words = found.attested.iter().map(word);
        in_chain(found.session)
            && (found.by, found.at) == (said.by, said.at)
            && words.eq(said.attested.iter().map(|said| Some(said.as_str().into())))
    };
    let found = sessions.attested.iter().find(same);
    let before = said.at.as_seconds() <= signed_at.as_seconds();
    if said.session == json.signer.session && found.is_some() && before {
        return Ok(());
    }
    Err(Fault::AttestationNotProven.into())
}

/// What the batch's session says of a document holds only where it was delivered in that session.
fn delivered(proven: &Proven, chain: &[&Opened], record: &Read) -> Result<(), Objection> {
    let (in_custody, json) = (proven.in_custody(), &record.json);
    let index = in_custody.index;
    let delivered_in = InCustody::of(in_custody).and_then(|said| said.session);
    let opening = delivered_in.map(|session| proven.sessions.opening(session)).transpose()?;
    if let Some(opening) = opening
        && (opening.station != json.station || opening.at > json.clocks.taken_in_at.plus(CLOCK_SKEW))
    {
        return Err(Fault::SessionDiffers { index: opening.index, field: "station".to_owned() }.into());
    }
    if let Some(obtained) = json.identity.obtained_on.as_ref().filter(|obtained| obtained.from == Source::Batch)
        && opening.and_then(|opening| opening.obtained_on) != Some(obtained.value)
    {
        return Err(Fault::EntryDiffers { index, field: "obtained_on".to_owned() }.into());
    }
    // By itself a session signs only what was delivered while it was open.
    let by_session = record.profile.signing.confirm != Confirm::Each && !super::releases::confirmed(record);
    let own = opening.is_some_and(|opening| chain.iter().any(|opened| opened.session == opening.session));
    if by_session && !own {
        return Err(Fault::NotConfirmed.into());
    }
    Ok(())
}

/// Who scanned is the one whom the delivery names, or else the one in session. Nobody but the information manager signs for
/// what another scanned.
fn operator(record: &Read) -> Result<(), Objection> {
    let json = &record.json;
    let Some(operator) = &json.operator else { return Ok(()) };
    let agrees = match &json.identity.operator {
        Some(named) => named.value == operator.login,
        None => operator.id == json.signer.person.id,
    };
    let own = operator.id == json.signer.person.id;
    let stands_in = json.signer.capacity == Role::InformationManager.as_str();
    if agrees && (own || stands_in) { Ok(()) } else { Err(Fault::OperatorDiffers.into()) }
}
