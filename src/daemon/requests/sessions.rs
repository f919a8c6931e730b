//! Unlocking a person's key for a station, and locking it again.

use jiff::civil::Date;

use super::hand::Signers;
use super::{Peer, Requests};
use crate::clock::since_boot;
use crate::control::facts::{BatchAttested, Closed, Opened};
use crate::control::{Credentials, Refusal};
use crate::database::{DatabaseError, Tx};
use crate::document::{DocumentState, HoldReason};
use crate::ids::{Name, SessionId};
use crate::instant::Instant;
use crate::journal::append::Journal;
use crate::ledger::{attempts, documents};
use crate::people::acts::{Deed, Signed};
use crate::people::sessions::{self, Attested, Caps, CloseReason, SessionRow};
use crate::people::{Change, PeopleError, Refused};
use crate::pipeline::driver::StageName;
use crate::pipeline::line::Line;

/// What a session lets go on.
const WAITING_FOR_SESSION: [HoldReason; 2] = [HoldReason::NoSession, HoldReason::NoAttestation];

/// Where documents of a station wait for a person with a session.
const BEFORE_SIGNING: [DocumentState; 2] = [DocumentState::AwaitingConfirmation, DocumentState::Signing];

impl Requests {
    pub(super) fn open_session(
        &self,
        by: &Credentials,
        station: &Name,
        attested: bool,
        obtained_on: Option<Date>,
        peer: Peer,
    ) -> Result<Opened, Refusal> {
        if !self.line.config.stations.contains_key(station) {
            return Err(Refusal::Unknown { what: station.to_string() });
        }
        let hand = self.hand(peer);
        if let Some(day) = obtained_on.filter(|day| *day > self.line.calendar().calendar.day_of(hand.now)) {
            return Err(Refusal::DayToCome { day });
        }
        close_ended(&self.line)?;
        let signer = self.prove(by, hand.now)?;
        let caps = Caps::from(&self.line.config.signing);
        let attested: &'static [Attested] = if attested { &Attested::ALL } else { &[] };
        let (now, place) = (hand.now, station.clone());
        let (row, earlier, signer) = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let plan = sessions::plan(tx, signer.certificate(), &place, &caps, hand.now).await?;
            let act = plan.act(attested, obtained_on, hand.now, hand.rules.home);
            let signed = Signed::sign(act, &[&signer])?;
            let (change, row) = sessions::open(tx, signed, plan, &hand.rules, hand.now).await?;
            hand.apply(tx, &change).await?;
            let earlier = sessions::chain(tx, &row).await?;
            Ok((row, earlier, signer))
        })?;
        self.line.sessions.admit(&row, earlier, signer, &caps, since_boot());
        // Its key may have been revoked, and the session closed, before the key was there to be wiped.
        let id = row.id;
        let opened = self.line.database.read::<_, DatabaseError, _>(async move |tx| sessions::get(tx, id).await);
        // Whoever is told that it failed does not know that a key is open.
        let opened = opened.inspect_err(|_| {
            self.line.sessions.close(id);
        })?;
        if opened.is_none_or(|opened| opened.closed.is_some()) {
            self.line.sessions.close(id);
            return Err(Refused::NoSuchSession.into());
        }
        // Only now: what goes on must find the key.
        let place = station.clone();
        let resumed = self.line.database.write::<_, DatabaseError, _>(async move |tx| {
            let mut resumed = 0;
            for reason in WAITING_FOR_SESSION {
                resumed += documents::resume_all(tx, Some(&place), reason, now).await?;
            }
            Ok(resumed)
        });
        let resumed = resumed.map_err(|error| {
            self.line.sessions.close(id);
            Refusal::after_the_first(error)
        })?;
        self.line.shared.wake(&[StageName::Signing]);
        Ok(Opened { session: row.id, expires_at: row.expires_at, most: row.most, resumed })
    }

    /// Vouches for the batch of an open session; what waited for that goes on.
    pub(super) fn attest_batch(&self, by: &Credentials, id: SessionId, peer: Peer) -> Result<BatchAttested, Refusal> {
        let hand = self.hand(peer);
        let signers = Signers::from(self.prove(by, hand.now)?);
        let deed = Deed::AttestBatch { session: id, attested: Attested::ALL.to_vec() };
        let signed = hand.sign(deed, &signers, None)?;
        let now = hand.now;
        let row = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let change = sessions::attest(tx, signed, &hand.rules, hand.now).await?;
            hand.apply(tx, &change).await?;
            sessions::get(tx, id).await?.ok_or_else(|| Refusal::Unknown { what: id.to_string() })
        })?;
        if let Some(attestation) = row.attestation {
            self.line.sessions.set_attestation(id, attestation);
        }
        // Only now: what goes on must find it.
        let resumed = self.line.database.write::<_, DatabaseError, _>(async move |tx| {
            documents::resume_all(tx, Some(&row.station), HoldReason::NoAttestation, now).await
        });
        let resumed = resumed.map_err(Refusal::after_the_first)?;
        self.line.shared.wake(&[StageName::Signing]);
        Ok(BatchAttested { session: id, resumed })
    }

    pub(super) fn close_session(&self, id: SessionId, peer: Peer) -> Result<Closed, Refusal> {
        let hand = self.hand(peer);
        // The key goes first: whatever else fails, nothing more is signed with it.
        self.line.sessions.close(id);
        self.line.database.write::<_, Refusal, _>(async move |tx| {
            let Some(row) = sessions::get(tx, id).await? else { return Err(Refusal::Unknown { what: id.to_string() }) };
            let change = sessions::close(tx, id, CloseReason::LogOff, hand.now).await?;
            hand.apply(tx, &change).await?;
            let signed = attempts::documents_signed_in(tx, id).await?;
            let mut waiting = 0;
            for state in BEFORE_SIGNING {
                waiting += documents::count_at(tx, &row.station, state).await?;
            }
            Ok(Closed { session: id, signed, waiting })
        })
    }
}

/// Wipes the keys of sessions that reached a cap, and closes their rows. To be called every few seconds.
///
/// # Errors
/// When the database fails; the keys are gone all the same, and the rows are closed a minute later.
pub fn close_ended(line: &Line) -> Result<(), DatabaseError> {
    let now = line.clock.now();
    let ended = line.sessions.expire(line.clock.read());
    let with_key: Vec<SessionId> = line.sessions.all().iter().map(|open| open.id).collect();
    let keyless = |open: &SessionRow| !sessions::may_get_its_key(open, now) && !with_key.contains(&open.id);
    if ended.is_empty() && !line.database.read(async |tx| sessions::list(tx, true).await)?.iter().any(keyless) {
        return Ok(());
    }
    let journal = std::sync::Arc::clone(&line.journal);
    let closed = line
        .database
        .write::<_, PeopleError, _>(async move |tx| {
            let mut changes = Vec::new();
            for (session, reason) in ended {
                match sessions::close(tx, session, reason, now).await {
                    Ok(change) => changes.push(change),
                    // Its person closed it a moment before.
                    Err(PeopleError::Refused(Refused::NoSuchSession)) => {}
                    Err(error) => return Err(error),
                }
            }
            apply(tx, &journal, changes, now).await?;
            let keyless = sessions::close_keyless(tx, &with_key, now).await?;
            let closed: Vec<SessionId> = keyless.iter().filter_map(|change| change.entry.subject.session).collect();
            apply(tx, &journal, keyless, now).await?;
            Ok(closed)
        })
        .map_err(database_error)?;
    // By a clock that was set meanwhile one that was just being opened looks like one whose key is long gone.
    for session in closed {
        line.sessions.close(session);
    }
    Ok(())
}

async fn apply(tx: &mut Tx, journal: &Journal, changes: Vec<Change>, now: Instant) -> Result<(), PeopleError> {
    for change in changes {
        let appended = journal.append(tx, change.entry.clone(), now).await?;
        change.apply(tx, appended.index).await?;
    }
    Ok(())
}

/// Closes what an earlier run of the daemon left open. To be called once at start, before anything is signed.
///
/// # Errors
/// When the database fails.
pub fn close_left_open(line: &Line) -> Result<usize, DatabaseError> {
    let now = line.clock.now();
    let journal = std::sync::Arc::clone(&line.journal);
    line.database
        .write::<_, PeopleError, _>(async move |tx: &mut Tx| {
            let changes = sessions::close_left_open(tx, now).await?;
            let count = changes.len();
            apply(tx, &journal, changes, now).await?;
            Ok(count)
        })
        .map_err(database_error)
}

fn database_error(error: PeopleError) -> DatabaseError {
    match error {
        PeopleError::Database(error) => error,
        other => DatabaseError::Conflict(other.to_string()),
    }
}
