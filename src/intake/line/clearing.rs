//! What is filed leaves custody, once the store is seen to have it.

use std::collections::BTreeSet;

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
        let cleaned = cleanup(&self.shared.instruments, delivery).inspect_err(|_| {
            locked(&self.shared.filed).insert(delivery);
        })?;
        if let Cleaned::NotStored { copy, object, .. } = &cleaned {
            let (copy, object) = (*copy, *object);
            self.shared.found(CustodyFinding::NotStored { delivery, copy, object });
        }
        if let Cleaned::Gone(station) | Cleaned::Kept(station) | Cleaned::NotStored { station, .. } = &cleaned {
            // Where sources wait for filing, this one need not wait any longer; what is kept is to be told of.
            self.shared.wake(station);
        }
        Ok(matches!(cleaned, Cleaned::Gone(_)))
    }

    /// Whether copies of what was filed are still to be cleared: from before the start, or because that failed.
    #[must_use]
    pub fn has_left_over(&self) -> bool {
        !locked(&self.shared.filed).is_empty()
    }

    /// Clears them. Like every clearing it is for whoever knows that no backup looks at custody.
    pub fn clear_left_over(&self) {
        let filed = std::mem::take(&mut *locked(&self.shared.filed));
        for delivery in filed {
            if let Err(error) = self.cleanup(delivery) {
                tracing::debug!(delivery.id = %delivery, %error, "Custody of delivery {delivery} is not cleared yet");
            }
        }
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
    let found = instruments.database.read::<_, DatabaseError, _>(async |tx| {
        if !deliveries::all_filed(tx, delivery).await? {
            return Ok(None);
        }
        let row = deliveries::get(tx, delivery).await?;
        Ok(row.zip(Some(spoken::is_left_out(tx, delivery).await?)))
    })?;
    let Some((row, is_left_out)) = found else { return Ok(Cleaned::NotYet) };
    if is_left_out {
        instruments.database.write::<_, DatabaseError, _>(async move |tx| deliveries::keep(tx, delivery).await)?;
        return Ok(Cleaned::Kept(row.station));
    }
    if let Some(object) = not_stored(instruments, &row)? {
        return Ok(Cleaned::NotStored { station: row.station, copy: row.copy, object });
    }
    custody::discard(&instruments.custody, delivery, row.copy)?;
    Ok(Cleaned::Gone(row.station))
}

/// An object that a copy would give back and that the store does not have: a bucket may have been set back since it was
/// filed. Where the copy is gone already, there is nothing to keep.
fn not_stored(instruments: &Instruments, row: &Delivery) -> Result<Option<Digest>, LineError> {
    match instruments.custody.open_folder(&custody::folder_name(row.id, row.copy)) {
        Err(failure) if failure.class() == Class::Gone => return Ok(None),
        Err(failure) => return Err(failure.into()),
        Ok(_) => {}
    }
    let (scans, beside) = instruments.database.read::<_, DatabaseError, _>(async |tx| {
        let files = deliveries::files(tx, row.id).await?;
        let scans: Vec<_> = files.iter().filter(|file| file.role == Role::Scan).cloned().collect();
        Ok((scans, spoken::signed_beside(tx, row.id).await?))
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
