//! Sessions: a person's key is unlocked for one station, capped in time, idle time and number.
//!
//! The row says that a session is open; the key itself is only in the memory of the process that opened it, and is
//! wiped when the session ends in whatever way. After a restart no key is there, so what was open is closed.
//!
//! A session that is opened again by the same person with the same key at the same station within its caps goes on: the later row names
//! the earlier, and the caps count over both.
//!
//! How long it lasts and goes unused is counted by the clock since boot: a wall clock that is set for a moment ends nobody's
//! session. By the wall clock, while that is believed, it ends when its act said, and with the certificate of its key.

mod rows;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::SignedDuration;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::acts::{self, Act, ActRules, Deed, Signed};
use super::certificates::{Certificate, Signer};
use super::change::{Change, Row};
use super::{PeopleError, Refused, register};
use crate::clock::Reading;
use crate::config::signing::Signing;
use crate::database::{DatabaseError, Tx};
use crate::ids::{Digest, HomeId, Name, PersonId, SessionId};
use crate::instant::Instant;
use crate::journal::{Draft, Kind, Subject};
use crate::ledger::attempts;

pub use rows::{SessionRow, chain, count_signed, get, list, open_at};
pub(super) use rows::{insert, set_attestation, set_closed};

/// How long a session may last, how long it may go unused, how many documents it may sign.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    pub longest: SignedDuration,
    pub idle: SignedDuration,
    pub most: u32,
}

impl From<&Signing> for Caps {
    fn from(settings: &Signing) -> Self {
        Self { longest: settings.longest.as_signed(), idle: settings.idle.as_signed(), most: settings.most }
    }
}

/// How far the clock may lie behind the beginning of a session that waits for it; one further ahead is ended.
const LONGEST_WAIT: SignedDuration = SignedDuration::from_secs(5);

/// What an operator vouches for before the first signature of a batch (9.1-C1). Nothing less is an attestation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Attested {
    /// Nothing is pasted over anything else on the paper.
    NothingPastedOver,
    /// Nothing on the paper lies outside the area that was scanned.
    NothingOutsideScanArea,
}

impl Attested {
    pub const ALL: [Self; 2] = [Self::NothingPastedOver, Self::NothingOutsideScanArea];
}

/// Who vouched for a batch, and when. It enters every record of the batch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Attestation {
    pub by: PersonId,
    pub at: Instant,
    pub attested: Vec<Attested>,
}

/// Why a session ended. The message `session-reason` has the words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CloseReason {
    LogOff,
    /// It has lasted as long as it may.
    Expired,
    /// It went unused as long as it may.
    Idle,
    /// It has signed as many as it may.
    Spent,
    /// The person was suspended.
    Suspended,
    /// The person's key was revoked.
    Revoked,
    /// The process ended, and the key with it.
    Restart,
    /// Its key is open nowhere: it was wiped when the session ended, and that could not be entered then.
    KeyGone,
    /// The clock was set back to before it was opened or attested: no signature could be shown to follow that.
    SetBack,
}

impl CloseReason {
    pub const ALL: [Self; 9] = [
        Self::LogOff,
        Self::Expired,
        Self::Idle,
        Self::Spent,
        Self::Suspended,
        Self::Revoked,
        Self::Restart,
        Self::KeyGone,
        Self::SetBack,
    ];

    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::LogOff => "log-off",
            Self::Expired => "expired",
            Self::Idle => "idle",
            Self::Spent => "spent",
            Self::Suspended => "suspended",
            Self::Revoked => "revoked",
            Self::Restart => "restart",
            Self::KeyGone => "key-gone",
            Self::SetBack => "set-back",
        }
    }

    /// Whether the same person may go on with the session, as far as its caps allow.
    const fn may_go_on(self) -> bool {
        matches!(self, Self::LogOff | Self::Restart)
    }
}

impl fmt::Display for CloseReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a session would be if it were opened now: a new one, or the continuation of one that ended within its caps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    pub session: SessionId,
    pub person: PersonId,
    /// Of the key that is to open it.
    pub certificate: Digest,
    pub station: Name,
    pub expires_at: Instant,
    pub most: u32,
    pub continues: Option<SessionId>,
    /// The batch's attestation and day of receipt go on with the session.
    pub attestation: Option<Attestation>,
    pub obtained_on: Option<Date>,
}

/// Plans a session at `station` of the person whose certificate this is. None outlasts the certificate: what were signed
/// after its end would be denied.
///
/// # Errors
/// When somebody has a session open there.
pub async fn plan(
    tx: &mut Tx,
    certificate: &Certificate,
    station: &Name,
    caps: &Caps,
    now: Instant,
) -> Result<Plan, PeopleError> {
    let person = certificate.person;
    let longest = now.plus(caps.longest).min(certificate.not_after);
    if let Some(open) = open_at(tx, station).await? {
        let login = register::get(tx, open.person).await?.map(|person| person.login.to_string()).unwrap_or_default();
        return Err(Refused::StationBusy { station: station.to_string(), login }.into());
    }
    let session = SessionId::new();
    let fingerprint = certificate.fingerprint;
    // Whoever had the earlier one's key may be whom the later one's replaced; what they vouched for goes on with nobody.
    let last = rows::last_of(tx, person, station).await?.filter(|earlier| earlier.certificate == fingerprint);
    let earlier = match last.filter(|earlier| goes_on(earlier, caps, now)) {
        // One that was cut off again and again begins anew, so that the chain stays short.
        Some(earlier) if chain(tx, &earlier).await?.len() + 1 >= rows::LONGEST_CHAIN => None,
        earlier => earlier,
    };
    Ok(match earlier {
        Some(earlier) => Plan {
            session,
            person,
            certificate: fingerprint,
            station: station.clone(),
            expires_at: earlier.expires_at.min(longest),
            most: earlier.most.saturating_sub(earlier.signed).min(caps.most),
            continues: Some(earlier.id),
            attestation: earlier.attestation,
            obtained_on: earlier.obtained_on,
        },
        None => Plan {
            session,
            person,
            certificate: fingerprint,
            station: station.clone(),
            expires_at: longest,
            most: caps.most,
            continues: None,
            attestation: None,
            obtained_on: None,
        },
    })
}

fn goes_on(earlier: &SessionRow, caps: &Caps, now: Instant) -> bool {
    let Some((closed_at, reason)) = earlier.closed else { return false };
    // What is still to come by a clock that was set back has nothing to go on with.
    reason.may_go_on()
        && closed_at <= now
        && now < earlier.expires_at
        && now.since(closed_at) <= caps.idle
        && earlier.signed < earlier.most
}

impl Plan {
    /// The act that opens it. `attested` is what the operator vouches for now; `obtained_on` the day on which the
    /// hospital received what follows, where it is another than the day that goes on.
    #[must_use]
    pub fn act(&self, attested: &[Attested], obtained_on: Option<Date>, now: Instant, home: HomeId) -> Act {
        let deed = Deed::OpenSession {
            session: self.session,
            station: self.station.clone(),
            expires: self.expires_at,
            most: self.most,
            continues: self.continues,
            attested: attested.to_vec(),
            obtained_on: obtained_on.or(self.obtained_on),
        };
        Act::new(deed, self.person, now, home)
    }
}

/// Opens the session that was planned. Its key is taken in with [`Sessions::admit`] once the change is durable.
///
/// # Errors
/// When the act is not admitted, differs from the plan, or somebody was quicker.
pub async fn open(
    tx: &mut Tx,
    signed: Signed,
    plan: Plan,
    rules: &ActRules,
    now: Instant,
) -> Result<(Change, SessionRow), PeopleError> {
    acts::admit(tx, &signed, rules, now).await?;
    if open_at(tx, &plan.station).await?.is_some() {
        return Err(Refused::StationBusy { station: plan.station.to_string(), login: String::new() }.into());
    }
    let Deed::OpenSession { attested, obtained_on, .. } = &signed.act().deed else {
        return Err(Refused::MalformedAct.into());
    };
    if signed.act().deed != plan.act(attested, *obtained_on, signed.act().at, rules.home).deed
        || signed.act().by != plan.person
        || signed.signatures().first().map(|signature| signature.certificate) != Some(plan.certificate)
    {
        return Err(Refused::MalformedAct.into());
    }
    let attestation = match attested.as_slice() {
        [] => plan.attestation,
        attested => Some(attestation(signed.act().by, signed.act().at, attested)?),
    };
    let row = SessionRow {
        id: plan.session,
        person: plan.person,
        certificate: plan.certificate,
        station: plan.station,
        opened_at: now,
        expires_at: plan.expires_at,
        most: plan.most,
        signed: 0,
        attestation,
        obtained_on: *obtained_on,
        continues: plan.continues,
        closed: None,
    };
    Ok((Change::new(signed.into_draft(None), vec![Row::SessionOpens(row.clone())]), row))
}

/// Attests the batch of a session that is open.
///
/// # Errors
/// When the act is not admitted, or the session is not open or somebody else's.
pub async fn attest(tx: &mut Tx, signed: Signed, rules: &ActRules, now: Instant) -> Result<Change, PeopleError> {
    acts::admit(tx, &signed, rules, now).await?;
    let Deed::AttestBatch { session, attested } = &signed.act().deed else { return Err(Refused::MalformedAct.into()) };
    let session = *session;
    match get(tx, session).await? {
        Some(row) if row.closed.is_none() && row.person == signed.act().by => {}
        _ => return Err(Refused::NoSuchSession.into()),
    }
    let attestation = attestation(signed.act().by, signed.act().at, attested)?;
    Ok(Change::new(signed.into_draft(None), vec![Row::SessionAttested { session, attestation }]))
}

/// Half an attestation is none.
fn attestation(by: PersonId, at: Instant, attested: &[Attested]) -> Result<Attestation, Refused> {
    if attested == Attested::ALL {
        Ok(Attestation { by, at, attested: attested.to_vec() })
    } else {
        Err(Refused::MalformedAct)
    }
}

/// Closes a session in the register. Its key must be gone already ([`Sessions::close`]).
///
/// # Errors
/// When it is not open.
pub async fn close(tx: &mut Tx, id: SessionId, reason: CloseReason, now: Instant) -> Result<Change, PeopleError> {
    match get(tx, id).await? {
        Some(row) if row.closed.is_none() => Ok(closing(tx, &row, reason, now).await?),
        _ => Err(Refused::NoSuchSession.into()),
    }
}

/// Closes what a process that is no more left open. Called once at start, before any session is opened.
///
/// # Errors
/// When the database fails.
pub async fn close_left_open(tx: &mut Tx, now: Instant) -> Result<Vec<Change>, PeopleError> {
    let mut changes = Vec::new();
    for row in list(tx, true).await? {
        changes.push(closing(tx, &row, CloseReason::Restart, now).await?);
    }
    Ok(changes)
}

/// A session has its key within a moment of its row.
const KEY_WITHIN: SignedDuration = SignedDuration::from_mins(1);

/// Whether a session may be just about to get its key. Whoever asks may have read the clock before it was opened; one that
/// begins much later was opened before the clock was set back.
#[must_use]
pub fn may_get_its_key(row: &SessionRow, now: Instant) -> bool {
    row.opened_at.since(now).abs() < KEY_WITHIN
}

/// Closes what is open in the register alone, so that its station is nobody's for nothing.
///
/// # Errors
/// When the database fails.
pub async fn close_keyless(tx: &mut Tx, with_key: &[SessionId], now: Instant) -> Result<Vec<Change>, PeopleError> {
    let open = list(tx, true).await?;
    let mut changes = Vec::new();
    for row in open.iter().filter(|row| !may_get_its_key(row, now) && !with_key.contains(&row.id)) {
        changes.push(closing(tx, row, CloseReason::KeyGone, now).await?);
    }
    Ok(changes)
}

/// A session ends after all that was done in it, by whatever clock: one that was set back meanwhile takes nothing away.
async fn closing(tx: &mut Tx, row: &SessionRow, reason: CloseReason, now: Instant) -> Result<Change, DatabaseError> {
    let session = row.id;
    let signed = attempts::newest_signature(tx, session).await?;
    let at = row.since().max(now).max(signed.unwrap_or(now));
    let subject = Subject { session: Some(session), person: Some(row.person), ..Subject::default() };
    let entry = Draft::by_system(Kind::SessionClosed, subject)
        .fact("reason", reason)
        .fact("signed", row.signed)
        .fact("closed_at", at);
    Ok(Change::new(entry, vec![Row::SessionCloses { session, at, reason }]))
}

/// The open sessions of this process, with their keys.
#[derive(Debug, Default)]
pub struct Sessions {
    open: Mutex<BTreeMap<SessionId, OpenSession>>,
}

#[derive(Debug)]
struct OpenSession {
    facts: SessionFacts,
    expires_at: Instant,
    /// The same by the clock since boot.
    ends: Duration,
    idle: Duration,
    most: u32,
    signed: u32,
    /// By the clock since boot.
    last_used: Duration,
    key_locked: bool,
    // Shared with whoever is signing just now, one at a time; the last to let go wipes the key.
    signer: Arc<Mutex<Signer>>,
}

/// What an open session is, for deciding what it may sign.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionFacts {
    pub id: SessionId,
    pub person: PersonId,
    pub login: Name,
    /// Of the key that is unlocked.
    pub certificate: Digest,
    pub station: Name,
    pub opened_at: Instant,
    /// This session, and those that it goes on with.
    pub chain: Vec<SessionId>,
    pub attestation: Option<Attestation>,
    pub obtained_on: Option<Date>,
}

impl SessionFacts {
    /// What is signed in it was signed after it was opened and its batch attested.
    #[must_use]
    pub fn since(&self) -> Instant {
        self.attestation.as_ref().map_or(self.opened_at, |attestation| attestation.at.max(self.opened_at))
    }
}

impl Sessions {
    /// Takes in the key of a session whose row is durable. `earlier` are the sessions it goes on with; its time runs from now
    /// on, which is so long `since_boot`.
    pub fn admit(&self, row: &SessionRow, earlier: Vec<SessionId>, signer: Signer, caps: &Caps, since_boot: Duration) {
        let mut chain = vec![row.id];
        chain.extend(earlier);
        let facts = SessionFacts {
            id: row.id,
            person: row.person,
            login: signer.login().clone(),
            certificate: signer.certificate().fingerprint,
            station: row.station.clone(),
            opened_at: row.opened_at,
            chain,
            attestation: row.attestation.clone(),
            obtained_on: row.obtained_on,
        };
        let session = OpenSession {
            facts,
            expires_at: row.expires_at,
            ends: since_boot.saturating_add(span(row.expires_at.since(row.opened_at))),
            idle: span(caps.idle),
            most: row.most,
            signed: row.signed,
            last_used: since_boot,
            key_locked: signer.key().is_locked(),
            signer: Arc::new(Mutex::new(signer)),
        };
        self.lock().insert(row.id, session);
    }

    /// Whether the key of an open session might reach the swap, because the system allows no more locked memory.
    #[must_use]
    pub fn keys_may_be_swapped(&self) -> bool {
        self.lock().values().any(|session| !session.key_locked)
    }

    /// Signs one document with the session's key: `sign` is handed the signer, one caller at a time.
    ///
    /// # Errors
    /// When the session is not open, or has reached one of its caps; it is then to be closed with that reason.
    pub fn sign<T>(&self, id: SessionId, now: Reading, sign: impl FnOnce(&Signer) -> T) -> Result<T, Refused> {
        let signer = {
            let mut open = self.lock();
            let session = open.get_mut(&id).ok_or(Refused::NoSuchSession)?;
            if let Some(reason) = session.ended(now) {
                return Err(Refused::SessionEnded { reason });
            }
            // Counted before the signature is made: a try that fails must not open the way to one too many.
            session.signed = session.signed.saturating_add(1);
            session.last_used = now.since_boot;
            Arc::clone(&session.signer)
        };
        let signer = signer.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(sign(&signer))
    }

    /// The open session at a station.
    #[must_use]
    pub fn at_station(&self, station: &Name) -> Option<SessionFacts> {
        self.lock().values().find(|session| session.facts.station == *station).map(|session| session.facts.clone())
    }

    #[must_use]
    pub fn facts(&self, id: SessionId) -> Option<SessionFacts> {
        self.lock().get(&id).map(|session| session.facts.clone())
    }

    /// The open sessions in the order of their opening.
    #[must_use]
    pub fn all(&self) -> Vec<SessionFacts> {
        self.lock().values().map(|session| session.facts.clone()).collect()
    }

    /// Notes that the batch of a session was attested.
    pub fn set_attestation(&self, id: SessionId, attestation: Attestation) {
        if let Some(session) = self.lock().get_mut(&id) {
            session.facts.attestation = Some(attestation);
        }
    }

    /// Wipes the key of a session. What is being signed at this moment is finished first. Whether it was open.
    pub fn close(&self, id: SessionId) -> bool {
        self.lock().remove(&id).is_some()
    }

    /// Wipes the keys of all sessions of a person (suspended, revoked), and says which these were.
    pub fn close_all_of(&self, person: PersonId) -> Vec<SessionId> {
        let mut open = self.lock();
        let theirs: Vec<_> =
            open.iter().filter(|(_, session)| session.facts.person == person).map(|(id, _)| *id).collect();
        for id in &theirs {
            open.remove(id);
        }
        theirs
    }

    /// Wipes the keys of all sessions that have reached a cap, and says which and why. Their rows are then closed.
    pub fn expire(&self, now: Reading) -> Vec<(SessionId, CloseReason)> {
        let mut open = self.lock();
        let ended: Vec<_> = open.iter().filter_map(|(id, session)| Some((*id, session.ended(now)?))).collect();
        for (id, _) in &ended {
            open.remove(id);
        }
        ended
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<SessionId, OpenSession>> {
        // Each change of the table is one step; a caller that crashed cannot have left half of one.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl OpenSession {
    fn ended(&self, now: Reading) -> Option<CloseReason> {
        if now.wall.is_some_and(|wall| wall.plus(LONGEST_WAIT) < self.facts.since()) {
            Some(CloseReason::SetBack)
        } else if now.since_boot >= self.ends || now.wall.is_some_and(|wall| wall >= self.expires_at) {
            Some(CloseReason::Expired)
        } else if now.since_boot.saturating_sub(self.last_used) > self.idle {
            Some(CloseReason::Idle)
        } else if self.signed >= self.most {
            Some(CloseReason::Spent)
        } else {
            None
        }
    }
}

/// What lies before its own beginning lasts no time.
fn span(length: SignedDuration) -> Duration {
    Duration::try_from(length).unwrap_or_default()
}
