//! One turn of one station: look at everything, decide, do what is due.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use rustix::fs::{Access, AtFlags};

use super::super::companions::Bundle;
use super::super::custody::CustodyCopy;
use super::super::drop::{DropFolder, Limits, Sweep, Unreachable};
use super::super::release;
use super::super::rest::{Rest, Sighting, Watchlist};
use super::super::source::{SourceName, SourceStat};
use super::super::watch::Rhythm;
use super::copying::stem_of;
use super::gate::{Blocked, Paused};
use super::known::Known;
use super::lists::List;
use super::looking;
use super::notes::Board;
use super::releasing::Unanswered;
use super::{LineError, Reached, Shared, Station, StationProblem, TRY_AGAIN, Turn, Watching, locked};
use crate::config;
use crate::database::{DatabaseError, Tx};
use crate::document::{DeliveryProblem, DeliveryState};
use crate::ids::{DeliveryId, Name};
use crate::instant::Instant;
use crate::journal::append::Journal;
use crate::journal::{Draft, Kind, Subject};
use crate::ledger::deliveries::{self, Delivery, Released};
use crate::ledger::{spoken, stations};

/// After so many copies a turn ends, so that sources are released and others are heard in between.
const COPIES_IN_A_TURN: usize = 256;

/// A copy that failed for a reason of its own source is tried again after this time.
const RETRY_COPY: Duration = Duration::from_secs(1);

/// Intake at one station.
pub(super) struct AtStation {
    pub(super) station: Station,
    pub(super) shared: Arc<Shared>,
    pub(super) drop: Option<Arc<DropFolder>>,
    pub(super) known: Known,
    watchlist: Watchlist,
    /// Since when something has stood there under a temporary name, without its scan, or as nothing to take.
    pub(super) lingering: BTreeMap<(Lingering, SourceName), Moment>,
    pub(super) board: Option<Board>,
    /// A release was begun and its end is not known: the private folder is looked at before anything else is released.
    pub(super) unsettled: bool,
    /// Files that such a release removed after all.
    pub(super) removed: BTreeSet<(DeliveryId, String)>,
    /// Durable copies whose row could not be written.
    pub(super) unrecorded: Vec<CustodyCopy>,
    /// Sources that could not be removed: when that is tried again, and why it could not. None where the store cannot be asked,
    /// which is told elsewhere.
    pub(super) unreleased: BTreeMap<DeliveryId, (Moment, Option<StationProblem>)>,
    pub(super) unanswered: Unanswered,
    /// The batch lists that lie directly in the drop folder.
    pub(super) lists: BTreeMap<SourceName, List>,
    /// When a bundle whose copy failed is tried again.
    copy_again: BTreeMap<SourceName, Moment>,
    /// Copy numbers that are taken in custody by what no row names.
    pub(super) numbers: BTreeMap<DeliveryId, u32>,
    /// Folders that were let go and stay for the litter in them.
    pub(super) emptied: BTreeSet<SourceName>,
    /// A turn panicked, and may have left a copy that no row names.
    after_panic: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Lingering {
    Temporary,
    Orphan,
    Refused,
}

/// A bundle and the delivery that it is copied for.
pub(super) struct Ready {
    pub(super) bundle: Bundle,
    pub(super) weaker: bool,
    /// `None`: it is entered first.
    pub(super) delivery: Option<DeliveryId>,
}

/// What a look at the sweep gave.
#[derive(Default)]
pub(super) struct Seen {
    ready: Vec<Ready>,
    /// Deliveries whose source is changing just now.
    changing: BTreeSet<DeliveryId>,
    /// Bundles that move for longer than the patience limit.
    pub(super) overdue: usize,
    orphans: BTreeSet<SourceName>,
    next: Option<Moment>,
}

impl Seen {
    fn look_at(&mut self, moment: Moment) {
        self.next = Some(self.next.map_or(moment, |next| next.min(moment)));
    }
}

impl AtStation {
    pub(super) fn new(station: Station, shared: Arc<Shared>) -> Self {
        Self {
            watchlist: Watchlist::new(station.patience),
            station,
            shared,
            drop: None,
            known: Known::default(),
            lingering: BTreeMap::new(),
            board: None,
            unsettled: true,
            removed: BTreeSet::new(),
            unrecorded: Vec::new(),
            unreleased: BTreeMap::new(),
            unanswered: Unanswered::default(),
            lists: BTreeMap::new(),
            copy_again: BTreeMap::new(),
            numbers: BTreeMap::new(),
            emptied: BTreeSet::new(),
            after_panic: false,
        }
    }

    /// The station anew after a panic: nothing that was kept in memory is believed, the ledger and the folders hold all
    /// that counts.
    pub(super) fn begin_anew(&mut self) {
        *self = Self::new(self.station.clone(), Arc::clone(&self.shared));
        self.after_panic = true;
    }

    pub(super) fn rhythm(&self) -> Rhythm {
        self.station.rhythm
    }

    pub(super) fn name_and_watch(&self) -> (Name, config::station::Watch) {
        (self.station.name.clone(), self.station.watch)
    }

    pub(super) fn turn(&mut self, now: Moment) -> Result<Turn, LineError> {
        let mut turn = Turn::default();
        // Into a mount point whose mount has gone, nothing is written, and nothing is concluded from what it holds.
        if let Some(error) = (self.shared.instruments.away)() {
            self.shared.gate.shut(
                Paused { since: self.shared.now(), at: Blocked::Disk, disk_full: false, error },
                0,
                now,
            );
            turn.next = Some(now + TRY_AGAIN);
            return Ok(turn);
        }
        if std::mem::take(&mut self.after_panic) {
            self.find_left_over()?;
        }
        // What is durable in custody is recorded, whether or not its source can still be reached.
        self.record_left_over()?;
        let (drop, sweep) = match self.reach(&mut turn)? {
            Ok(drop) => match drop.sweep(&Limits::default()) {
                Ok(sweep) => (drop, sweep),
                Err(unreachable) => return Ok(self.lose(&unreachable, now)),
            },
            Err(unreachable) => return Ok(self.lose(&unreachable, now)),
        };
        self.refresh()?;
        if self.unsettled {
            self.settle(&drop)?;
        }
        self.report(&drop, &sweep);

        let present = looking::present(&sweep);
        let mut seen = Seen::default();
        self.note_emptied(&sweep)?;
        let (bundles, orphans) = self.bundles(&drop, &sweep, &present);
        seen.orphans = orphans;
        self.record_changed()?;
        let problems = self.problems(&sweep, &bundles);
        self.refuse(problems.clone(), &mut seen, now)?;
        let with_documents = looking::with_documents(&bundles);
        self.watch_bundles(&drop, bundles, &problems, &mut seen, now);
        self.linger(&sweep, &seen, now);

        let ready = std::mem::take(&mut seen.ready);
        if let Some(again) = self.copy_all(&drop, ready, now)? {
            seen.look_at(again);
        }
        if !sweep.cut_short {
            self.note_vanished(&present, &with_documents)?;
        }
        self.lose_patience(&seen.changing)?;
        // Copying may have taken long, or waited for the share.
        if let Err(unreachable) = self.ask_whose(&drop) {
            return Ok(self.lose(&unreachable, now));
        }
        if let Some(again) = self.release_due(&drop, &sweep, now)? {
            seen.look_at(again);
        }
        self.write_notes(&drop, &seen, now)?;
        turn.next = seen.next;
        Ok(turn)
    }

    /// The drop folder, opened anew where it has to be.
    fn reach(&mut self, turn: &mut Turn) -> Result<Result<Arc<DropFolder>, Unreachable>, LineError> {
        if let Some(drop) = self.drop.clone().filter(|drop| drop.check().is_ok()) {
            return Ok(self.ask_whose(&drop).map(|()| drop));
        }
        self.drop = None;
        let (name, database) = (&self.station.name, &self.shared.instruments.database);
        let established = database.read::<_, DatabaseError, _>(async |tx| stations::is_established(tx, name).await)?;
        let home = self.shared.instruments.home;
        let opened = if established {
            DropFolder::open(&self.station.folder, home, name)
        } else {
            DropFolder::establish(&self.station.folder, home, name)
        };
        let drop = match opened {
            Ok(drop) => Arc::new(drop),
            Err(unreachable) => return Ok(Err(unreachable)),
        };
        if let Err(unreachable) = self.ask_whose(&drop) {
            return Ok(Err(unreachable));
        }
        if !established {
            let (name, now) = (name.clone(), self.shared.now());
            database.write::<_, DatabaseError, _>(async move |tx| stations::set_established(tx, &name, now).await)?;
        }
        locked(&self.shared.places).insert(self.station.name.clone(), Arc::clone(&drop));
        release::prepare(&drop);
        turn.reached = Some(Reached { path: self.station.folder.clone(), on_network: drop.is_on_network() });
        self.unsettled = true;
        self.drop = Some(Arc::clone(&drop));
        Ok(Ok(drop))
    }

    /// What lies in a folder with which a copy of this home works is that one's. A share that comes back may be so by now.
    fn ask_whose(&self, drop: &DropFolder) -> Result<(), Unreachable> {
        let ours = (self.shared.instruments.ours)(&self.station.name);
        ours.map_err(|problem| Unreachable::Anothers { path: drop.folder().path().to_owned(), problem })
    }

    /// Nothing is concluded from a folder that cannot be reached, and what stood there rests anew when it is back.
    fn lose(&mut self, unreachable: &Unreachable, now: Moment) -> Turn {
        let problem = StationProblem::from(unreachable);
        let station = &self.station.name;
        self.shared.report(station, |report| {
            if report.problem.as_ref() != Some(&problem) {
                tracing::warn!(%station, "Station {station}: {unreachable}");
            }
            report.watching = Watching::Unreachable;
            report.problem = Some(problem);
        });
        locked(&self.shared.places).remove(station);
        self.drop = None;
        self.watchlist = Watchlist::new(self.station.patience);
        self.lingering.clear();
        self.copy_again.clear();
        Turn { next: Some(now + TRY_AGAIN), reached: None, lost: true }
    }

    fn report(&self, drop: &DropFolder, sweep: &Sweep) {
        let problem = match (is_writable(drop), sweep.cut_short) {
            (false, _) => Some(StationProblem::ReadOnly),
            (true, true) => Some(StationProblem::TooManyNames),
            (true, false) => None,
        };
        self.shared.report(&self.station.name, |report| {
            if report.watching == Watching::Unreachable {
                report.watching = Watching::NotYet;
            }
            report.problem = problem;
        });
    }

    /// Takes over what the ledger says of this station's deliveries now.
    pub(super) fn refresh(&mut self) -> Result<(), LineError> {
        let (database, name) = (&self.shared.instruments.database, &self.station.name);
        let rows = database.read::<_, DatabaseError, _>(async |tx| {
            let mut rows = deliveries::with_source_left(tx, name).await?;
            let listed: BTreeSet<DeliveryId> = rows.iter().map(|row| row.id).collect();
            rows.extend(deliveries::not_taken(tx, name).await?.into_iter().filter(|row| !listed.contains(&row.id)));
            Ok(rows)
        })?;
        let lost = locked(&self.shared.lost).clone();
        let files = |id| database.read::<_, DatabaseError, _>(async |tx| deliveries::files(tx, id).await);
        Ok(self.known.refresh(rows, &lost, files)?)
    }

    /// Enters a refusal for each thing that cannot be taken, once, and ends those whose thing is gone or can be taken now.
    /// A refusal waits for the quiet time: a file that becomes readable a moment later was never refused.
    fn refuse(
        &mut self,
        problems: BTreeMap<SourceName, String>,
        seen: &mut Seen,
        now: Moment,
    ) -> Result<(), LineError> {
        let standing: BTreeMap<SourceName, (DeliveryId, String)> = self
            .known
            .deliveries()
            .filter(|known| known.is_refusal())
            .filter_map(|known| Some((known.name()?, (known.row.id, known.row.problem.clone()?))))
            .collect();
        let ended: Vec<DeliveryId> = standing
            .iter()
            .filter(|(name, (_, problem))| problems.get(name) != Some(problem))
            .map(|(_, (id, _))| *id)
            .collect();
        let mut fresh = Vec::new();
        self.lingering.retain(|(kind, name), _| *kind != Lingering::Refused || problems.contains_key(name));
        for (name, problem) in problems {
            if standing.get(&name).is_some_and(|(_, known)| *known == problem) {
                continue;
            }
            let since = *self.lingering.entry((Lingering::Refused, name.clone())).or_insert(now);
            if now >= since + self.station.patience.quiet {
                fresh.push((self.known.arriving([&name].into_iter()), name, problem));
            } else {
                seen.look_at(since + self.station.patience.quiet);
            }
        }
        if ended.is_empty() && fresh.is_empty() {
            return Ok(());
        }
        let (station, journal, at) =
            (self.station.name.clone(), Arc::clone(&self.shared.instruments.journal), self.shared.now());
        self.shared.instruments.database.write::<_, DatabaseError, _>(async move |tx| {
            for id in ended {
                deliveries::set_released(tx, id, Released::Gone, at).await?;
            }
            for (entered, name, problem) in fresh {
                let id = entered.unwrap_or_else(DeliveryId::new);
                if entered.is_none() {
                    deliveries::enter(tx, id, &station, name.as_bytes(), at).await?;
                }
                refuse_arriving(tx, &journal, id, &stem_of(&name), &problem, at).await?;
            }
            Ok(())
        })?;
        self.refresh()
    }

    /// Tells what has come to rest, and when to look at the rest again.
    fn watch_bundles(
        &mut self,
        drop: &DropFolder,
        bundles: Vec<(Bundle, Option<DeliveryId>)>,
        problems: &BTreeMap<SourceName, String>,
        seen: &mut Seen,
        now: Moment,
    ) {
        let watched = bundles.iter().map(|(bundle, _)| bundle.name.clone()).collect();
        self.watchlist.keep_only(&watched);
        self.copy_again.retain(|name, _| watched.contains(name));
        for (bundle, delivery) in bundles {
            let unchanged = delivery.and_then(|id| self.known.get(id)).is_some_and(|known| known.is_copy_of(&bundle));
            if unchanged || problems.contains_key(&bundle.name) {
                self.watchlist.forget(&bundle.name);
                continue;
            }
            seen.changing.extend(delivery);
            match self.watchlist.observe(&bundle.name, Sighting::of(&bundle, drop), now) {
                Rest::Moving { look_again, overdue } => {
                    seen.look_at(look_again.max(now + Duration::from_millis(20)));
                    seen.overdue += usize::from(overdue);
                    if overdue && let Some(id) = delivery {
                        seen.changing.remove(&id);
                    }
                }
                Rest::AtRest { weaker } => {
                    let alone = !bundle.is_folder && bundle.sidecars.is_empty() && delivery.is_none();
                    let wait = if alone { self.station.sidecar_wait } else { Duration::ZERO };
                    let first_seen = self.watchlist.first_seen(&bundle.name);
                    let due = first_seen.map_or(now, |first| first + wait);
                    let due = due.max(self.copy_again.get(&bundle.name).copied().unwrap_or(due));
                    let lasting = first_seen.is_some_and(|first| now > first + self.station.patience.limit);
                    seen.overdue += usize::from(lasting && self.copy_again.contains_key(&bundle.name));
                    if now >= due {
                        seen.ready.push(Ready { bundle, weaker, delivery });
                    } else {
                        seen.look_at(due);
                    }
                }
            }
        }
    }

    fn pass(&self, now: Moment) -> Result<(), Moment> {
        self.shared.gate.pass(&self.shared.instruments.custody, &self.shared.instruments.database, now)
    }

    /// Copies what is ready. Answers when to take the next turn, where that is known.
    fn copy_all(&mut self, drop: &DropFolder, ready: Vec<Ready>, now: Moment) -> Result<Option<Moment>, LineError> {
        if let Err(later) = self.pass(now) {
            return Ok(Some(later));
        }
        if ready.is_empty() {
            return Ok(None);
        }
        let more = ready.len() > COPIES_IN_A_TURN;
        let ready: Vec<Ready> = ready.into_iter().take(COPIES_IN_A_TURN).collect();
        let mut again = more.then_some(now);
        for (id, ready) in self.enter(ready)? {
            if self.shared.stopping() {
                return Ok(Some(now));
            }
            if let Err(later) = self.pass(now) {
                return Ok(Some(later));
            }
            let name = ready.bundle.name.clone();
            if self.copy(drop, id, ready, now)? {
                self.watchlist.forget(&name);
                self.copy_again.remove(&name);
            } else {
                self.copy_again.insert(name, now + RETRY_COPY);
                again = Some(again.map_or(now + RETRY_COPY, |again| again.min(now + RETRY_COPY)));
            }
        }
        self.refresh()?;
        Ok(again)
    }

    /// One ledger entry for each delivery, before anything else is done with it.
    fn enter(&mut self, ready: Vec<Ready>) -> Result<Vec<(DeliveryId, Ready)>, LineError> {
        let mut fresh = Vec::new();
        let mut entered = Vec::new();
        for one in ready {
            let names = [&one.bundle.name].into_iter().chain(one.bundle.members().map(|found| &found.name));
            let id = one.delivery.or_else(|| self.known.arriving(names)).unwrap_or_else(|| {
                let id = DeliveryId::new();
                fresh.push((id, one.bundle.name.as_bytes().to_vec()));
                id
            });
            entered.push((id, one));
        }
        if !fresh.is_empty() {
            let (station, at) = (self.station.name.clone(), self.shared.now());
            self.shared.instruments.database.write::<_, DatabaseError, _>(async move |tx| {
                for (id, name) in fresh {
                    deliveries::enter(tx, id, &station, &name, at).await?;
                }
                Ok(())
            })?;
        }
        Ok(entered)
    }

    /// Sources that somebody took away: of entered deliveries, these are refused; of others it is noted and changes nothing.
    fn note_vanished(
        &mut self,
        present: &BTreeMap<&SourceName, SourceStat>,
        with_documents: &BTreeSet<SourceName>,
    ) -> Result<(), LineError> {
        let mut vanished: Vec<(Delivery, Option<Vec<u8>>)> = Vec::new();
        for known in self.known.deliveries().filter(|known| known.row.released != Released::Gone) {
            let gone = match known.row.state {
                // A sidecar or a folder whose name it goes by may outlast its scans, and the next ones are another patient's.
                DeliveryState::Arriving => known.name().is_some_and(|name| !with_documents.contains(&name)),
                DeliveryState::Incomplete | DeliveryState::CompletenessUnknown => !known.is_left(present),
                DeliveryState::Refused => !known.is_refusal() && !known.is_left(present),
                // Measuring decides first; release then finds the source gone by itself.
                DeliveryState::InCustody | DeliveryState::Taken => false,
            };
            // A copy that waits to be recorded needs its row as it is.
            let recorded = !self.unrecorded.iter().any(|copy| copy.manifest().delivery == known.row.id);
            if gone && recorded {
                vanished.push((known.row.clone(), known.name().as_ref().map(stem_of)));
            }
        }
        if vanished.is_empty() {
            return Ok(());
        }
        let problem = serde_json_canonicalizer::to_string(&DeliveryProblem::SourceGone)?;
        let (journal, at) = (Arc::clone(&self.shared.instruments.journal), self.shared.now());
        self.shared.instruments.database.write::<_, DatabaseError, _>(async move |tx| {
            for (row, stem) in vanished {
                if row.state == DeliveryState::Arriving {
                    refuse_arriving(tx, &journal, row.id, &stem.unwrap_or_default(), &problem, at).await?;
                }
                deliveries::set_released(tx, row.id, Released::Gone, at).await?;
            }
            Ok(())
        })?;
        self.refresh()
    }

    /// Deliveries that were found wanting for longer than the patience limit, and whose source is not changing now.
    fn lose_patience(&mut self, changing: &BTreeSet<DeliveryId>) -> Result<(), LineError> {
        let now = self.shared.now();
        let limit = self.station.limit();
        let mut moves = Vec::new();
        for known in self.known.deliveries() {
            let row = &known.row;
            let waits = row.state == DeliveryState::InCustody && row.measured_copy == row.copy && !known.lost;
            let Some(problem) = row.problem.clone().filter(|_| waits && !changing.contains(&row.id)) else { continue };
            if now.since(row.first_seen_at) > limit {
                moves.push((row.clone(), state_for(&problem), problem));
            }
        }
        if moves.is_empty() {
            return Ok(());
        }
        let journal = Arc::clone(&self.shared.instruments.journal);
        self.shared.instruments.database.write::<_, DatabaseError, _>(async move |tx| {
            for (row, state, problem) in moves {
                deliveries::move_on(tx, row.id, row.state, state, Some(&problem), now).await?;
                let entry = Draft::by_system(Kind::DeliveryIncomplete, Subject::delivery(row.id))
                    .fact("station", &row.station)
                    .fact("state", state)
                    .fact("problem", serde_json::from_str::<serde_json::Value>(&problem).unwrap_or_default())
                    .private(serde_json::json!({ "delivered_as": row.source_display }));
                journal.append(tx, entry, now).await?;
            }
            Ok(())
        })?;
        self.refresh()
    }

    /// Takes note of since when things have stood there that may never be taken.
    fn linger(&mut self, sweep: &Sweep, seen: &Seen, now: Moment) {
        let temporary = sweep.temporary.iter().map(|found| (Lingering::Temporary, found.name.clone()));
        let orphans = seen.orphans.iter().map(|name| (Lingering::Orphan, name.clone()));
        let standing: BTreeSet<_> = temporary.chain(orphans).collect();
        self.lingering.retain(|key, _| key.0 == Lingering::Refused || standing.contains(key));
        for key in standing {
            self.lingering.entry(key).or_insert(now);
        }
    }
}

/// Whether what lies in a drop folder can be removed.
pub(super) fn is_writable(drop: &DropFolder) -> bool {
    rustix::fs::accessat(drop, ".", Access::WRITE_OK, AtFlags::EACCESS).is_ok()
}

/// Refuses a delivery before it was copied. The entry has what a ledger that is made anew needs, so that it is one before the next
/// scan of its name.
async fn refuse_arriving(
    tx: &mut Tx,
    journal: &Journal,
    id: DeliveryId,
    stem: &[u8],
    problem: &str,
    at: Instant,
) -> Result<(), DatabaseError> {
    let (from, to) = (DeliveryState::Arriving, DeliveryState::Refused);
    deliveries::move_on(tx, id, from, to, Some(problem), at).await?;
    spoken::refused_under(tx, id, stem).await?;
    let Some(row) = deliveries::get(tx, id).await? else { return Ok(()) };
    let entry = Draft::by_system(Kind::DeliveryRefused, Subject::delivery(id))
        .fact("station", &row.station)
        .fact("arrival", row.arrival)
        .fact("problem", serde_json::from_str::<serde_json::Value>(problem).unwrap_or_default())
        .private(serde_json::json!({ "delivered_as": row.source_display }));
    journal.append(tx, entry, at).await?;
    Ok(())
}

/// Where a delivery goes when patience has run out. What cannot be read any more cannot be told complete.
fn state_for(problem: &str) -> DeliveryState {
    match serde_json::from_str(problem) {
        Ok(DeliveryProblem::Incomplete { .. } | DeliveryProblem::NoDocument) => DeliveryState::Incomplete,
        _ => DeliveryState::CompletenessUnknown,
    }
}
