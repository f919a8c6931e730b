//! Into custody: the copy first, then the row that says so.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::Read as _;
use std::sync::Arc;
use std::time::Instant as Moment;

use jiff::SignedDuration;

use super::super::companions::Bundle;
use super::super::custody::{self, CustodyCopy, CustodyError, Member, Order};
use super::super::drop::DropFolder;
use super::super::names::{self, Part};
use super::super::source::{SourceName, SourceStat};
use super::gate::{Blocked, Paused};
use super::station::{AtStation, Ready};
use super::{CustodyFinding, Instruments, LineError, Shared, locked};
use crate::database::DatabaseError;
use crate::document::DeliveryState;
use crate::durable::{self, Class};
use crate::ids::{DeliveryId, Digest, SessionId};
use crate::image;
use crate::journal::custody::{self as in_custody, InCustody};
use crate::ledger::deliveries::{self, Delivery, DeliveryFile, Released, Role};
use crate::ledger::spoken::{self, UnderStem};

impl AtStation {
    /// Copies one delivery and records the copy. False: its source is not what it was, or cannot be read; it is looked at
    /// again. Where our own disk takes nothing, the gate shuts.
    pub(super) fn copy(
        &mut self,
        drop: &DropFolder,
        id: DeliveryId,
        ready: Ready,
        now: Moment,
    ) -> Result<bool, LineError> {
        let Ready { mut bundle, weaker, delivery: again } = ready;
        if !bundle.is_folder {
            self.drop_used_indexes(&mut bundle, id)?;
        }
        let shared = Arc::clone(&self.shared);
        let arrival = self.arrival(id)?;
        let before = again.and_then(|id| self.known.get(id)).map_or(0, |known| known.row.copy);
        let order = Order {
            delivery: id,
            arrival,
            copy: before
                .max(shared.copies.get(&id).copied().unwrap_or(0))
                .max(self.taken_numbers(id))
                .saturating_add(1),
            home: shared.instruments.home,
            bundle: &bundle,
            weaker_completeness: weaker,
            largest: shared.instruments.largest,
        };
        let station = &self.station.name;
        match custody::take(&shared.instruments.custody, drop, &order, &|| shared.now()) {
            Ok(copy) => {
                shared.report(station, |report| report.weaker_completeness = weaker);
                // Asked at once: the session that is open at the instant at which the copy was durable.
                let session = (shared.instruments.session_at)(station);
                self.record(copy, session, Some(drop))?;
                Ok(true)
            }
            // The number is taken by a copy that no row names; this one gets the next. No other delivery is concerned.
            Err(CustodyError::Write(failure)) if failure.class() == Class::Exists => {
                tracing::error!(%station, delivery = %id, %failure, "Custody holds a copy of delivery {id} that the ledger does not know");
                self.numbers.insert(id, order.copy);
                Ok(false)
            }
            Err(error @ CustodyError::Write(_)) => {
                let needed = bundle.members().fold(0_u64, |sum, found| sum.saturating_add(found.stat.size));
                let (disk_full, error) = (error.is_disk_full(), error.to_string());
                let paused = Paused { since: shared.now(), at: Blocked::Disk, disk_full, error };
                shared.gate.shut(paused, needed, now);
                Ok(false)
            }
            Err(error) => {
                tracing::info!(%station, delivery = %id, %error, "Delivery {id} is not copied yet: {error}");
                Ok(false)
            }
        }
    }

    /// Which of all deliveries it is.
    fn arrival(&self, id: DeliveryId) -> Result<u64, LineError> {
        let row =
            self.shared.instruments.database.read::<_, DatabaseError, _>(async |tx| deliveries::get(tx, id).await)?;
        Ok(row.ok_or_else(|| DatabaseError::Conflict(format!("delivery {id} has no row")))?.arrival)
    }

    /// The highest number under which something stands in custody although nobody knows it.
    fn taken_numbers(&self, id: DeliveryId) -> u32 {
        self.numbers.get(&id).copied().unwrap_or(0)
    }

    /// An index speaks once for each name. The next scan under that name is another one, and an old list that still lies
    /// there would give it the earlier patient. A delivery that is copied again is still the one that it spoke for.
    fn drop_used_indexes(&self, bundle: &mut Bundle, id: DeliveryId) -> Result<(), LineError> {
        let (database, station) = (&self.shared.instruments.database, &self.station.name);
        let mut kept = Vec::new();
        for index in std::mem::take(&mut bundle.indexes) {
            let mut used = false;
            for document in &bundle.documents {
                let stats = database.read::<_, DatabaseError, _>(async |tx| {
                    deliveries::indexes_used_for(tx, station, index.name.as_bytes(), document.name.as_bytes(), id).await
                })?;
                let before = stats.iter().filter_map(|stat| serde_json::from_str::<SourceStat>(stat).ok());
                used |= before.into_iter().any(|stat| stat.same_bytes(&index.stat));
            }
            if !used {
                kept.push(index);
            }
        }
        bundle.indexes = kept;
        Ok(())
    }

    /// Records copies whose row could not be written when they were made.
    pub(super) fn record_left_over(&mut self) -> Result<(), LineError> {
        while let Some(copy) = self.unrecorded.pop() {
            // Which session was open then is not known any more.
            self.record(copy, None, None)?;
        }
        Ok(())
    }

    /// After a panic a copy may be durable that no row names. It is recorded, as after a restart.
    pub(super) fn find_left_over(&mut self) -> Result<(), LineError> {
        let (instruments, station) = (&self.shared.instruments, &self.station.name);
        let rows =
            instruments.database.read::<_, DatabaseError, _>(async |tx| deliveries::not_taken(tx, station).await)?;
        let newest = |row: &Delivery| {
            // What stood there at the start was explained, or told of, by then. Above it each number was given in turn.
            let known = row.copy.max(self.shared.copies.get(&row.id).copied().unwrap_or(0));
            let stands = |number: &u32| instruments.custody.open_folder(&custody::folder_name(row.id, *number)).is_ok();
            let numbers: Vec<u32> = (known.saturating_add(1)..).take_while(stands).collect();
            let copies = numbers.into_iter().rev();
            let mut copies = copies.filter_map(|number| CustodyCopy::open(&instruments.custody, row.id, number).ok());
            copies.find(|copy| copy.manifest().home == instruments.home && copy.verify().is_ok())
        };
        self.unrecorded.extend(rows.iter().filter_map(newest));
        Ok(())
    }

    /// A copy whose row cannot be written is kept and recorded by a later turn, or adopted after a restart. `drop` is the
    /// folder that it was copied from just now.
    fn record(
        &mut self,
        copy: CustodyCopy,
        session: Option<SessionId>,
        drop: Option<&DropFolder>,
    ) -> Result<(), LineError> {
        let limit = self.station.limit();
        match record(&self.shared.instruments, &copy, session, limit) {
            Ok(Recorded::InCustody { replaced }) => {
                let delivery = copy.manifest().delivery;
                locked(&self.shared.lost).remove(&delivery);
                discard_older(&self.shared, delivery, replaced);
                (self.shared.instruments.wake_measuring)();
                Ok(())
            }
            Ok(Recorded::NotWanted) => {
                // Somebody took or refused the delivery meanwhile. A source that still stands is judged by that.
                let manifest = copy.manifest();
                let (delivery, number) = (manifest.delivery, manifest.copy);
                if drop.is_some_and(|drop| stands(drop, manifest)) {
                    return Ok(custody::discard(&self.shared.instruments.custody, delivery, number)?);
                }
                // Taken away by now, or not to be seen: these bytes may be nowhere else.
                self.numbers.insert(delivery, number);
                self.shared.found(CustodyFinding::Unexplained { delivery, copy: number });
                Ok(())
            }
            Err(error) => {
                self.unrecorded.push(copy);
                Err(error)
            }
        }
    }
}

/// Whether every source of a copy is still what was copied.
fn stands(drop: &DropFolder, manifest: &custody::Manifest) -> bool {
    manifest.members.iter().all(|member| drop.look(&member.name).is_ok_and(|standing| standing == member.source))
}

/// What became of a copy in the ledger.
pub(super) enum Recorded {
    /// It counts now; this older one does not any more.
    InCustody { replaced: u32 },
    /// The delivery's state allows no copy of it.
    NotWanted,
}

/// One transaction: the delivery's move, its files, the session, whether it regrew, and the journal's entry, whose time is when
/// it was taken in. What the copy says of that itself anybody could have changed who has a hand on the disk, so a copy that a
/// crash left unrecorded was taken in when it is recorded. `limit` is how far back an earlier delivery of the same name may lie
/// to be continued by this one.
pub(super) fn record(
    instruments: &Instruments,
    copy: &CustodyCopy,
    session: Option<SessionId>,
    limit: SignedDuration,
) -> Result<Recorded, LineError> {
    let manifest = copy.manifest();
    let files = files_of(manifest)?;
    let regrown_from = regrown_from(instruments, copy, limit)?;
    let sidecar_doubt = match exchanged_under_what_speaks(instruments, copy)? {
        Some(itself) => Some(itself),
        None => sidecar_doubt(instruments, copy)?,
    };
    let (id, number, journal) = (manifest.delivery, manifest.copy, Arc::clone(&instruments.journal));
    let (station, clock) = (manifest.station.clone(), Arc::clone(&instruments.clock));
    let contents: Vec<Digest> = scans(manifest).map(|member| member.digest).collect();
    Ok(instruments.database.write::<_, DatabaseError, _>(async move |tx| {
        // Read here, where nothing else is entered in between: a doubt that is found meanwhile stands before this entry or reaches it.
        let (now, known) = (clock.now(), clock.known());
        let said = InCustody { station, copy: number, contents, clock: known, session };
        let Some(row) = deliveries::get(tx, id).await? else { return Ok(Recorded::NotWanted) };
        // An earlier try was durable and its answer was lost: this very copy counts already, and must not be discarded.
        if row.copy == number {
            return Ok(Recorded::InCustody { replaced: 0 });
        }
        if row.copy > number {
            return Ok(Recorded::NotWanted);
        }
        if !row.state.takes_newer_copy() {
            return Ok(Recorded::NotWanted);
        }
        if row.state != DeliveryState::InCustody {
            deliveries::move_on(tx, id, row.state, DeliveryState::InCustody, None, now).await?;
        }
        // A ledger that was made anew from the journal's files has lost the row and nothing else.
        let entered = in_custody::newest(tx, id).await?;
        let entered = entered.filter(|it| (it.said.copy, &it.said.contents) == (said.copy, &said.contents));
        let (taken_in_at, session) = match entered {
            Some(entered) => (entered.at, entered.said.session),
            None => {
                journal.append(tx, said.entry(id), now).await?;
                (now, said.session)
            }
        };
        deliveries::set_custody(tx, id, number, &files, taken_in_at, session).await?;
        if let Some(earlier) = regrown_from {
            deliveries::set_regrown_from(tx, id, earlier).await?;
        }
        if let Some(earlier) = sidecar_doubt {
            deliveries::set_sidecar_doubt(tx, id, earlier).await?;
        }
        Ok(Recorded::InCustody { replaced: row.copy })
    })?)
}

/// The files of a copy that are documents, in order.
fn scans(manifest: &custody::Manifest) -> impl Iterator<Item = &Member> {
    manifest.members.iter().filter(|member| member.part == Part::Document)
}

/// The older copy goes once the newer one counts. What cannot be removed now is removed at the next start.
fn discard_older(shared: &Shared, delivery: DeliveryId, replaced: u32) {
    if replaced > 0
        && let Err(error) = custody::discard(&shared.instruments.custody, delivery, replaced)
    {
        tracing::warn!(%delivery, %error, "An older copy of delivery {delivery} stays in custody for now");
    }
}

/// The files of a copy, as the ledger has them.
pub fn files_of(manifest: &custody::Manifest) -> Result<Vec<DeliveryFile>, serde_json::Error> {
    (1..).zip(&manifest.members).map(file_of).collect()
}

fn file_of((ordinal, member): (u32, &Member)) -> Result<DeliveryFile, serde_json::Error> {
    Ok(DeliveryFile {
        ordinal,
        role: match member.part {
            Part::Document => Role::Scan,
            Part::Sidecar => Role::Sidecar,
            Part::Index => Role::Index,
        },
        source_name: member.name.as_bytes().to_vec(),
        stem: stem_of(&member.name),
        source_stat: serde_json_canonicalizer::to_string(&member.source)?,
        custody_name: member.file.clone(),
        content: member.digest,
        byte_length: member.size,
    })
}

/// The earlier delivery that this one continues or replaces, where its document would be filed in pieces.
fn regrown_from(
    instruments: &Instruments,
    copy: &CustodyCopy,
    limit: SignedDuration,
) -> Result<Option<DeliveryId>, LineError> {
    let manifest = copy.manifest();
    let since = manifest.copied_at.plus(-limit);
    for member in scans(manifest) {
        let name: &SourceName = &member.name;
        let earlier = instruments.database.read::<_, DatabaseError, _>(async |tx| {
            deliveries::earlier_under(tx, &manifest.station, name.as_bytes(), since, manifest.delivery).await
        })?;
        for earlier in earlier {
            // What we removed ourselves was, at that instant, what we had taken, and nobody was writing to it.
            let left = earlier.open && earlier.released != Released::Yes;
            let changed_under_us = left || earlier.released == Released::Changed;
            if changed_under_us || begins_with(copy, member, &earlier.content, earlier.byte_length) {
                return Ok(Some(earlier.delivery));
            }
        }
    }
    Ok(None)
}

/// The earlier delivery for which what speaks of this one may have been meant: the one before it under the same stem, where
/// that went without a sidecar or a row, was refused before it was copied, or whose own may still stand there. A folder that was
/// moved in holds its own, unless it was refused as it stood before: what was meant for scans that are gone may lie in it still.
fn sidecar_doubt(instruments: &Instruments, copy: &CustodyCopy) -> Result<Option<DeliveryId>, LineError> {
    let manifest = copy.manifest();
    let has = |part: Part| manifest.members.iter().any(|member| member.part == part);
    let (has_sidecar, has_index) = (has(Part::Sidecar), has(Part::Index));
    if !(has_sidecar || has_index) {
        return Ok(None);
    }
    // Where several scans share a sidecar, the delivery goes by that, and so did one that was refused.
    let mut stems = BTreeSet::from([stem_of(&manifest.name)]);
    if !manifest.is_folder {
        stems.extend(scans(manifest).map(|member| stem_of(&member.name)));
    }
    for stem in stems {
        let before = instruments.database.read::<_, DatabaseError, _>(async |tx| {
            spoken::newest_under_stem(tx, &manifest.station, &stem, Some(manifest.delivery)).await
        })?;
        let is_in_doubt = |before: &UnderStem| match manifest.is_folder {
            true => before.is_refused,
            false => has_sidecar && !before.is_spoken_for() || has_index && !before.needs_no_row(),
        };
        if let Some(before) = before.filter(is_in_doubt) {
            return Ok(Some(before.delivery));
        }
    }
    Ok(None)
}

/// The delivery itself, where a scan of it that was found wanting is now another one, and what speaks of it may have been
/// meant for that: what is sent again after a cut begins with what came before it; what does not may be the next
/// patient's. Only a sidecar that was exchanged with it came for the new one. A list goes on to be written for others.
fn exchanged_under_what_speaks(instruments: &Instruments, copy: &CustodyCopy) -> Result<Option<DeliveryId>, LineError> {
    let manifest = copy.manifest();
    let before =
        instruments.database.read::<_, DatabaseError, _>(async |tx| deliveries::files(tx, manifest.delivery).await)?;
    let was = |member: &Member| before.iter().find(|file| file.source_name == member.name.as_bytes());
    let is_as_it_was = |member: &Member| was(member).is_some_and(|file| file.content == member.digest);
    let went_on =
        |member: &Member| was(member).is_none_or(|file| begins_with(copy, member, &file.content, file.byte_length));
    let of = |part: Part| manifest.members.iter().filter(move |member| member.part == part);
    let exchanged = of(Part::Document).any(|member| !is_as_it_was(member) && !went_on(member));
    let may_be_the_others = of(Part::Sidecar).any(|member| is_as_it_was(member) || was(member).is_none());
    Ok((exchanged && (may_be_the_others || of(Part::Index).next().is_some())).then_some(manifest.delivery))
}

/// The name, with its folder, without its ending, composed; as it is shown, because a ledger that is made anew knows no other.
/// Two names that differ only in what nobody can read are one then: what speaks of the one is in doubt for the other.
#[must_use]
pub fn stem_of(name: &SourceName) -> Vec<u8> {
    let stem = names::stem(name.bare());
    let whole = match name.folder() {
        Some(folder) => [folder.as_bytes(), b"/", stem].concat(),
        None => stem.to_vec(),
    };
    names::composed(OsStr::new(&*String::from_utf8_lossy(&whole)))
}

/// Whether the new content begins with the whole of the earlier one and goes on, or is the earlier one with pages appended.
fn begins_with(copy: &CustodyCopy, member: &Member, earlier: &Digest, length: u64) -> bool {
    if length == 0 || length >= member.size {
        return false;
    }
    let open = || copy.open_member(member).ok();
    let begins = open().and_then(|file| durable::digest_of(&mut file.take(length)).ok());
    begins.is_some_and(|read| read.digest == *earlier)
        || open().and_then(|file| image::tiff_as_it_was(file, length).ok()?).as_ref() == Some(earlier)
}

#[cfg(test)]
mod tests {
    use super::super::super::custody::Manifest;
    use super::*;
    use crate::clock::Clock;
    use crate::crypto::make::{KeyPair, Suite};
    use crate::database::Database;
    use crate::durable::{Failure, Folder};
    use crate::ids::HomeId;
    use crate::instant::Instant;
    use crate::journal::append::Journal;

    #[test]
    fn a_copy_whose_row_was_durable_before_its_answer_came_is_recorded_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let database = Database::open(&folder.path().join("torikomi.db"), true, runtime.handle(), || ()).unwrap();
        let (home, now) = (HomeId::new(), Instant::from_microseconds(1_795_132_800_000_000).unwrap());
        let key = KeyPair::generate(Suite::Ed25519).unwrap();
        std::fs::create_dir(folder.path().join("custody")).unwrap();
        let instruments = Instruments {
            home,
            custody: Folder::open(&folder.path().join("custody")).unwrap(),
            database: Arc::new(database),
            journal: Arc::new(Journal::new(home, "torikomi.test/journal".parse().unwrap(), key)),
            clock: Arc::new(Clock::manual(now)),
            zone: jiff::tz::TimeZone::UTC,
            largest: 1 << 20,
            session_at: Box::new(|_| None),
            listed: Box::new(|_| None),
            rows: Box::new(|_, _| None),
            stored: Box::new(|_| Ok(None)),
            wake_measuring: Box::new(|| ()),
            away: Box::new(|| None),
            ours: Box::new(|_| Ok(())),
        };
        let (id, station): (_, crate::ids::Name) = (DeliveryId::new(), "front-desk".parse().unwrap());
        let named = station.clone();
        let enter = async move |tx: &mut crate::database::Tx| deliveries::enter(tx, id, &named, b"scan.tif", now).await;
        instruments.database.write::<_, DatabaseError, _>(enter).unwrap();
        let manifest = Manifest {
            format: 1,
            delivery: id,
            arrival: 1,
            copy: 1,
            home,
            station,
            name: SourceName::new("scan.tif".into()).unwrap(),
            is_folder: false,
            contested: false,
            weaker_completeness: false,
            begun_at: now,
            copied_at: now,
            members: Vec::new(),
        };
        let bytes = serde_json_canonicalizer::to_vec(&manifest).unwrap();
        let draft = instruments.custody.draft().unwrap();
        draft.write::<Failure>("delivery.json", |sink| sink.write(&bytes)).unwrap();
        draft.place(&custody::folder_name(id, 1)).unwrap();
        let copy = CustodyCopy::open(&instruments.custody, id, 1).unwrap();
        for _ in 0..2 {
            let recorded = record(&instruments, &copy, None, SignedDuration::ZERO).unwrap();
            assert!(matches!(recorded, Recorded::InCustody { replaced: 0 }), "the copy that counts would be discarded");
        }
    }
}
