//! After a restart: custody and ledger are brought to agree, before any station takes a turn.

use std::collections::{BTreeMap, BTreeSet};

use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

use super::super::custody::{self, CustodyCopy, CustodyError};
use super::copying::{self, Recorded};
use super::{Instruments, LineError, Station};
use crate::database::DatabaseError;
use crate::document::DeliveryState;
use crate::ids::{DeliveryId, Digest};
use crate::ledger::deliveries::{self, Delivery};

/// What a restart found.
#[derive(Default)]
pub(super) struct Recovered {
    /// The highest copy number of each delivery that stands in custody: a number never comes to mean other bytes.
    pub(super) highest: BTreeMap<DeliveryId, u32>,
    /// Deliveries whose copy should stand in custody and does not.
    pub(super) lost: BTreeSet<DeliveryId>,
    /// Deliveries that are taken, and may be filed: their copies go once it is known that nobody needs them.
    pub(super) filed: BTreeSet<DeliveryId>,
    pub(super) findings: Vec<CustodyFinding>,
}

/// What a person has to look at. One message each: `custody-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum CustodyFinding {
    /// It stands in custody and is no copy of ours, or can no longer describe itself. It is kept.
    Stranger { name: String },
    /// A copy that another home made. It is kept.
    ForeignHome { delivery: DeliveryId, copy: u32 },
    /// A copy whose bytes are not what its description says, and that the ledger does not count on. It is kept.
    Damaged { delivery: DeliveryId, copy: u32 },
    /// A copy that the ledger has no use for, though nothing newer replaced it. It is kept.
    Unexplained { delivery: DeliveryId, copy: u32 },
    /// The store lacks an object of what is filed, which this copy has. It is kept.
    NotStored { delivery: DeliveryId, copy: u32, object: Digest },
    /// The ledger counts on a copy that is not there. Where the source still stands it is copied again.
    Missing { delivery: DeliveryId, copy: u32 },
}

pub(super) fn recover(instruments: &Instruments, stations: &[Station]) -> Result<Recovered, LineError> {
    let survey = custody::survey(&instruments.custody)?;
    let mut recovered = Recovered::default();
    let strangers = survey.strangers.iter().map(|name| name.to_string_lossy().into_owned());
    recovered.findings.extend(strangers.map(|name| CustodyFinding::Stranger { name }));

    let mut present = BTreeSet::new();
    for (delivery, numbers) in survey.copies {
        recovered.highest.extend(numbers.last().map(|highest| (delivery, *highest)));
        let mut copies = BTreeMap::new();
        for number in numbers {
            match CustodyCopy::open(&instruments.custody, delivery, number).map_err(CustodyError::of_the_copy) {
                Ok(copy) => drop(copies.insert(number, copy)),
                Err(ours) => {
                    let error = ours?;
                    tracing::error!(%delivery, %error, "Copy {number} of delivery {delivery} can no longer describe itself");
                    let name = custody::folder_name(delivery, number);
                    recovered.findings.push(CustodyFinding::Stranger { name });
                }
            }
        }
        present.extend(copies.keys().map(|number| (delivery, *number)));
        settle(instruments, stations, delivery, &copies, &mut recovered)?;
    }
    for row in awaited(instruments)? {
        if !present.contains(&(row.id, row.copy)) {
            recovered.lost.insert(row.id);
            recovered.findings.push(CustodyFinding::Missing { delivery: row.id, copy: row.copy });
        }
    }
    for finding in &recovered.findings {
        tracing::error!(?finding, "Custody and ledger do not agree: {finding:?}");
    }
    Ok(recovered)
}

/// Adopts, discards or keeps the copies of one delivery.
fn settle(
    instruments: &Instruments,
    stations: &[Station],
    delivery: DeliveryId,
    copies: &BTreeMap<u32, CustodyCopy>,
    recovered: &mut Recovered,
) -> Result<(), LineError> {
    let mut row = row(instruments, delivery)?;
    // The newest first: it is the one to count, and makes the older ones needless.
    for (&number, copy) in copies.iter().rev() {
        if copy.manifest().home != instruments.home {
            recovered.findings.push(CustodyFinding::ForeignHome { delivery, copy: number });
            continue;
        }
        let counts = row.as_ref().map_or(0, |row| row.copy);
        if number == counts {
            continue;
        }
        if number < counts {
            // Only where the newer copy is really there, and what it says.
            let newer = copies.get(&counts).map(CustodyCopy::verify);
            let is_whole = match newer {
                None => false,
                Some(Ok(())) => true,
                Some(Err(error)) => {
                    let error = error.of_the_copy()?;
                    tracing::error!(%delivery, %error, "Copy {counts} of delivery {delivery} replaces no older one");
                    false
                }
            };
            if is_whole {
                custody::discard(&instruments.custody, delivery, number)?;
            } else {
                recovered.findings.push(CustodyFinding::Unexplained { delivery, copy: number });
            }
            continue;
        }
        if let Err(error) = copy.verify() {
            let error = error.of_the_copy()?;
            tracing::error!(%delivery, %error, "Copy {number} of delivery {delivery} cannot be adopted");
            recovered.findings.push(CustodyFinding::Damaged { delivery, copy: number });
            continue;
        }
        if row.is_none() {
            enter_again(instruments, copy)?;
        }
        let station = stations.iter().find(|station| station.name == copy.manifest().station);
        let limit = station.map_or(SignedDuration::ZERO, Station::limit);
        match copying::record(instruments, copy, None, limit)? {
            Recorded::InCustody { .. } => tracing::info!(%delivery, "Delivery {delivery} was adopted from custody"),
            Recorded::NotWanted => recovered.findings.push(CustodyFinding::Unexplained { delivery, copy: number }),
        }
        row = self::row(instruments, delivery)?;
    }
    if row.is_some_and(|row| row.state == DeliveryState::Taken) {
        // Filing ended, and the crash came before its custody was cleared.
        recovered.filed.insert(delivery);
    }
    Ok(())
}

/// A ledger that was restored from an older backup does not know this delivery; its own description does.
fn enter_again(instruments: &Instruments, copy: &CustodyCopy) -> Result<(), LineError> {
    let manifest = copy.manifest();
    let (id, station, name, at) =
        (manifest.delivery, manifest.station.clone(), manifest.name.as_bytes().to_vec(), manifest.begun_at);
    Ok(instruments
        .database
        .write::<_, DatabaseError, _>(async move |tx| deliveries::enter(tx, id, &station, &name, at).await)?)
}

fn row(instruments: &Instruments, delivery: DeliveryId) -> Result<Option<Delivery>, LineError> {
    Ok(instruments.database.read::<_, DatabaseError, _>(async |tx| deliveries::get(tx, delivery).await)?)
}

/// Deliveries whose copy has to stand in custody.
fn awaited(instruments: &Instruments) -> Result<Vec<Delivery>, LineError> {
    Ok(instruments.database.read::<_, DatabaseError, _>(async |tx| deliveries::counting_on_custody(tx).await)?)
}
