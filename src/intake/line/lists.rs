//! The batch lists that lie directly in a drop folder. Such a list is no delivery's own: each scan takes its own row of it,
//! and the rows whose scans are still to come are nowhere else.

use std::io::Read as _;
use std::time::Instant as Moment;

use super::super::custody::Member;
use super::super::drop::{DropFolder, Found, Sweep};
use super::super::names::{self, Part};
use super::super::release;
use super::super::source::SourceStat;
use super::LineError;
use super::known::member_of;
use super::releasing::{Asked, TRY_AGAIN};
use super::station::AtStation;
use crate::config::station::SourceRelease;
use crate::database::DatabaseError;
use crate::ids::{DeliveryId, Digest};
use crate::ledger::deliveries::{self, Released};
use crate::ledger::{documents, spoken};

/// More is no list that identification reads.
const LONGEST: u64 = 8 * 1024 * 1024;

/// A list as it was read last.
pub(super) struct List {
    stat: SourceStat,
    since: Moment,
    /// None where it cannot be read as a list.
    rows: Option<Vec<Digest>>,
    /// So many of them have been seen to lie elsewhere.
    elsewhere: usize,
    /// When it was last tried to let the list go.
    tried: Option<Moment>,
}

impl AtStation {
    /// A list outlives every delivery that took it. It goes when each of its rows has spoken for a scan whose copy or record
    /// has it, nothing else stands there, and the patience limit has passed since it was taken last. One whose rows wait for
    /// longer than that is told of.
    pub(super) fn release_lists(&mut self, drop: &DropFolder, sweep: &Sweep, now: Moment) -> Result<(), LineError> {
        let is_list = |found: &&Found| names::part_of(found.name.bare()) == Part::Index;
        let (lists, others): (Vec<_>, Vec<_>) = sweep.files.iter().partition(is_list);
        self.lists.retain(|name, _| lists.iter().any(|list| list.name == *name));
        let alone = others.is_empty() && sweep.temporary.is_empty();
        let mut waiting = 0_u64;
        for list in lists {
            let since = self.read_list(drop, list, now);
            if !self.has_spoken(list, Asked::Ledger)? {
                waiting += u64::from(now > since + self.station.patience.limit);
            } else if alone {
                self.release_list(drop, list, now)?;
            }
        }
        self.shared.report(&self.station.name, |report| report.waiting_lists = waiting);
        Ok(())
    }

    /// Reads a list where it is another one than before. Answers since when it has been as it is.
    fn read_list(&mut self, drop: &DropFolder, list: &Found, now: Moment) -> Moment {
        if let Some(known) = self.lists.get(&list.name).filter(|known| known.stat == list.stat) {
            return known.since;
        }
        let mut bytes = Vec::new();
        let read = drop.open_file(&list.name).map(|source| source.file.take(LONGEST).read_to_end(&mut bytes));
        if !matches!(read, Ok(Ok(_))) {
            // It is looked at anew by the next turn, and stays until then.
            self.lists.remove(&list.name);
            return now;
        }
        let rows = (self.shared.instruments.rows)(&self.station.name, &bytes);
        self.lists.insert(list.name.clone(), List { stat: list.stat, since: now, rows, elsewhere: 0, tried: None });
        now
    }

    /// Whether each row of a list is somewhere else. What was found to be so is not asked again by every turn.
    fn has_spoken(&mut self, list: &Found, asked: Asked) -> Result<bool, LineError> {
        let Some(mut known) = self.lists.remove(&list.name) else { return Ok(false) };
        let outcome = self.look_for_rows(&mut known, asked);
        self.lists.insert(list.name.clone(), known);
        outcome
    }

    fn look_for_rows(&self, list: &mut List, asked: Asked) -> Result<bool, LineError> {
        let Some(rows) = &list.rows else { return Ok(false) };
        while let Some(row) = rows.get(list.elsewhere) {
            if !self.is_elsewhere(row, asked)? {
                return Ok(false);
            }
            list.elsewhere = list.elsewhere.saturating_add(1);
        }
        Ok(true)
    }

    /// Whether a row has spoken for a scan, and lies in custody or in a record with it.
    fn is_elsewhere(&self, row: &Digest, asked: Asked) -> Result<bool, LineError> {
        let station = &self.station.name;
        let of_it = self.shared.instruments.database.read::<_, DatabaseError, _>(async |tx| {
            let Some(document) = spoken::row_used_for(tx, station, row).await? else { return Ok(Vec::new()) };
            let mut ids: Vec<_> = documents::parts(tx, document).await?.iter().map(|part| part.delivery).collect();
            ids.dedup();
            let mut of_it = Vec::new();
            for id in ids {
                of_it.extend(deliveries::get(tx, id).await?);
            }
            Ok(of_it)
        })?;
        for delivery in &of_it {
            if !self.is_held_elsewhere(delivery, asked)? {
                return Ok(false);
            }
        }
        Ok(!of_it.is_empty())
    }

    /// The delivery that took this very list last, and its entry for it, once the patience limit has passed.
    fn taken_long_ago(&self, list: &Found) -> Result<Option<(DeliveryId, Member)>, LineError> {
        let (station, now) = (&self.station.name, self.shared.now());
        let last = self.shared.instruments.database.read::<_, DatabaseError, _>(async |tx| {
            deliveries::last_with_index(tx, station, list.name.as_bytes()).await
        })?;
        let Some((delivery, file)) = last else { return Ok(None) };
        let member = member_of(&file)?;
        let old = delivery.taken_in_at.is_some_and(|at| now.since(at) > self.station.limit());
        let needed = self.station.source_release == SourceRelease::Filed && delivery.released == Released::No;
        let is_it = old && !needed && member.source.same_bytes(&list.stat);
        Ok(is_it.then_some((delivery.id, member)))
    }

    fn release_list(&mut self, drop: &DropFolder, list: &Found, now: Moment) -> Result<(), LineError> {
        let Some((delivery, member)) = self.taken_long_ago(list)? else { return Ok(()) };
        let Some(known) = self.lists.get_mut(&list.name) else { return Ok(()) };
        if known.tried.is_some_and(|tried| now < tried + TRY_AGAIN) {
            return Ok(());
        }
        known.tried = Some(now);
        // A copy that was there may be gone by now.
        known.elsewhere = 0;
        match self.has_spoken(list, Asked::Store) {
            Ok(true) => {
                // A failure is as good as a later try.
                let _ = release::release(drop, delivery, &[member]);
            }
            Ok(false) | Err(LineError::Store(_)) => {}
            Err(error) => return Err(error),
        }
        Ok(())
    }
}
