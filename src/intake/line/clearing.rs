//! What is filed leaves custody, once the store is seen to have it.

use std::collections::BTreeSet;
use std::sync::Mutex;

use super::super::custody;
use super::{CustodyFinding, Instruments, Line, LineError, locked};
use crate::database::DatabaseError;
use crate::durable::Class;
use crate::ids::{DeliveryId, Digest, Name};
use crate::ledger::deliveries::{self, Delivery, Role};
use crate::ledger::spoken;

impl Line {
    /// Removes a delivery's copy from custody once every document of it is filed, and says whether it is gone. What was
    /// sent back or discarded keeps its bytes, and so does what came with a sidecar that is in none of its records, or is
    /// not in the store. It can be run twice.
    ///
    /// # Errors
    /// When the ledger, the store or the disk fails; the copy is then kept, and it is tried again.
    pub fn cleanup(&self, delivery: DeliveryId) -> Result<bool, LineError> {
        let cleaned = self.clear(delivery).inspect_err(|_| locked(&self.shared.filed).insert(delivery))?;
        if let Cleaned::NotStored { .. } = cleaned {
            locked(&self.shared.filed).lacking.insert(delivery);
        }
        Ok(matches!(cleaned, Cleaned::Gone(_)))
    }

    /// The same, and nothing is remembered for later but what a person has to look at. What the store lacks is no matter any
    /// more once it has it.
    fn clear(&self, delivery: DeliveryId) -> Result<Cleaned, LineError> {
        let cleaned = cleanup(&self.shared.instruments, delivery)?;
        let lacks = match &cleaned {
            Cleaned::NotStored { copy, object, .. } => {
                Some(CustodyFinding::NotStored { delivery, copy: *copy, object: *object })
            }
            _ => None,
        };
        self.shared.lift(|found| {
            matches!(found, CustodyFinding::NotStored { delivery: of, .. } if *of == delivery)
                && lacks.as_ref() != Some(found)
        });
        if let Some(finding) = lacks {
            self.shared.found(finding);
        }
        if let Cleaned::Gone(station) | Cleaned::Kept(station) | Cleaned::NotStored { station, .. } = &cleaned {
            // Where sources wait for filing, this one need not wait any longer; what is kept is to be told of.
            self.shared.wake(station);
        }
        Ok(cleaned)
    }

    /// Whether copies of what was filed are still to be cleared: from before the start, or because that failed.
    #[must_use]
    pub fn has_left_over(&self) -> bool {
        !locked(&self.shared.filed).is_empty()
    }

    /// Clears them. Like every clearing it is for whoever knows that no backup looks at custody.
    pub fn clear_left_over(&self) {
        Waiting::in_turn(&self.shared.filed, |delivery, _| match self.clear(delivery) {
            Ok(Cleaned::NotStored { .. }) => Cleared::Lacking,
            Ok(_) => Cleared::Done,
            Err(error) => {
                tracing::debug!(delivery.id = %delivery, %error, "Custody of delivery {delivery} is not cleared yet");
                if matches!(error, LineError::Store(_)) { Cleared::Untold } else { Cleared::Again }
            }
        });
    }

    /// Has the next clearing ask the store again for what it lacked: somebody may have put it back.
    pub fn look_again(&self) {
        locked(&self.shared.filed).look_again();
    }
}

/// What is filed and not cleared yet.
#[derive(Debug)]
pub struct Waiting<K> {
    ids: BTreeSet<K>,
    /// Of these the store lacked something when it was asked.
    lacking: BTreeSet<K>,
    again: bool,
    /// Where the last round ended early: the next one begins behind it.
    ended_at: Option<K>,
}

/// What came of clearing one of them.
pub enum Cleared {
    Done,
    /// It failed by itself.
    Again,
    /// The store lacks something of it.
    Lacking,
    /// The store cannot be asked.
    Untold,
}

impl<K> Default for Waiting<K> {
    fn default() -> Self {
        Self { ids: BTreeSet::new(), lacking: BTreeSet::new(), again: false, ended_at: None }
    }
}

impl<K: Ord + Copy> Waiting<K> {
    pub fn insert(&mut self, id: K) {
        self.ids.insert(id);
    }

    /// Whether a round would do nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && (!self.again || self.lacking.is_empty())
    }

    /// Has the next round take up what the store lacked, too.
    pub fn look_again(&mut self) {
        self.again = true;
    }

    /// One round. `clear` is told whether the store lacked something of this one before. Answers whether the store could be asked:
    /// where it cannot, each would wait for as long as a request may take, so the first one ends the round.
    pub fn in_turn(waiting: &Mutex<Self>, mut clear: impl FnMut(K, bool) -> Cleared) -> bool {
        let (ids, lacking) = locked(waiting).take();
        let mut ids = ids.into_iter();
        while let Some(id) = ids.next() {
            let cleared = clear(id, lacking.contains(&id));
            let mut waiting = locked(waiting);
            match cleared {
                Cleared::Done => drop(waiting.lacking.remove(&id)),
                Cleared::Again => drop(waiting.ids.insert(id)),
                Cleared::Lacking => drop(waiting.lacking.insert(id)),
                Cleared::Untold => {
                    waiting.ids.insert(id);
                    waiting.ids.extend(ids);
                    waiting.ended_at = Some(id);
                    return false;
                }
            }
        }
        true
    }

    fn take(&mut self) -> (Vec<K>, BTreeSet<K>) {
        let mut ids = std::mem::take(&mut self.ids);
        if std::mem::take(&mut self.again) {
            ids.extend(&self.lacking);
        }
        let ended_at = self.ended_at.take();
        let (mut first, rest): (Vec<_>, Vec<_>) =
            ids.into_iter().partition(|id| ended_at.is_none_or(|ended_at| *id > ended_at));
        first.extend(rest);
        (first, self.lacking.clone())
    }
}

impl<K: Ord> From<BTreeSet<K>> for Waiting<K> {
    fn from(ids: BTreeSet<K>) -> Self {
        Self { ids, ..Self::default() }
    }
}

/// What became of a delivery's copy.
enum Cleaned {
    /// It is still needed.
    NotYet,
    /// It is the last of something that came beside the scans.
    Kept(Name),
    /// It is filed, and the store lacks something of it.
    NotStored {
        station: Name,
        copy: u32,
        object: Digest,
    },
    Gone(Name),
}

fn cleanup(instruments: &Instruments, delivery: DeliveryId) -> Result<Cleaned, LineError> {
    let Some((row, is_left_out)) = filed(instruments, delivery)? else { return Ok(Cleaned::NotYet) };
    if is_left_out {
        instruments.database.write::<_, DatabaseError, _>(async move |tx| deliveries::keep(tx, delivery).await)?;
        return Ok(Cleaned::Kept(row.station));
    }
    match instruments.custody.open_folder(&custody::folder_name(row.id, row.copy)) {
        // There is nothing to keep.
        Err(failure) if failure.class() == Class::Gone => return Ok(Cleaned::Gone(row.station)),
        Err(failure) => return Err(failure.into()),
        Ok(_) => {}
    }
    if let Some(object) = not_stored(instruments, delivery)? {
        return Ok(Cleaned::NotStored { station: row.station, copy: row.copy, object });
    }
    custody::discard(&instruments.custody, delivery, row.copy)?;
    Ok(Cleaned::Gone(row.station))
}

/// Whether the store has all that came with a delivery, so that neither its copy nor its source is the last of it.
pub(super) fn is_in_store(instruments: &Instruments, delivery: DeliveryId) -> Result<bool, LineError> {
    match filed(instruments, delivery)? {
        Some((_, false)) => Ok(not_stored(instruments, delivery)?.is_none()),
        Some((_, true)) | None => Ok(false),
    }
}

/// A delivery of which every document is filed, and whether something that came beside the scans is in no record.
fn filed(instruments: &Instruments, delivery: DeliveryId) -> Result<Option<(Delivery, bool)>, LineError> {
    Ok(instruments.database.read::<_, DatabaseError, _>(async |tx| {
        if !deliveries::all_filed(tx, delivery).await? {
            return Ok(None);
        }
        let row = deliveries::get(tx, delivery).await?;
        Ok(row.zip(Some(spoken::is_left_out(tx, delivery).await?)))
    })?)
}

/// An object of what is filed that the store does not have: a bucket may have been set back since.
fn not_stored(instruments: &Instruments, delivery: DeliveryId) -> Result<Option<Digest>, LineError> {
    let (scans, beside) = instruments.database.read::<_, DatabaseError, _>(async |tx| {
        let files = deliveries::files(tx, delivery).await?;
        let scans: Vec<_> = files.iter().filter(|file| file.role == Role::Scan).cloned().collect();
        Ok((scans, spoken::signed_beside(tx, delivery).await?))
    })?;
    for scan in scans {
        if (instruments.stored)(&scan.content)? != Some(scan.byte_length) {
            return Ok(Some(scan.content));
        }
    }
    for object in beside.into_iter().collect::<BTreeSet<_>>() {
        if (instruments.stored)(&object)?.is_none() {
            return Ok(Some(object));
        }
    }
    Ok(None)
}
