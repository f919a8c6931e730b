//! Lets sources go, and keeps account of those that cannot.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

use super::super::custody::{CustodyCopy, Member};
use super::super::drop::{DropFolder, Sweep, Unreachable, is_folder_trouble};
use super::super::names::Part;
use super::super::release::{self, ReleaseOutcome};
use super::known::{KnownDelivery, member_of};
use super::station::{AtStation, is_writable};
use super::{LineError, StationProblem, clearing};
use crate::config::station::SourceRelease;
use crate::database::DatabaseError;
use crate::document::{DeliveryState, HoldReason};
use crate::ids::DeliveryId;
use crate::journal::{Draft, Kind, Subject};
use crate::ledger::deliveries::{self, Delivery, Released};
use crate::ledger::{documents, waiting};

/// What became of a delivery's source as a whole.
struct Left {
    released: Released,
    /// Something is stranded on the way.
    stranded: bool,
    /// A scan of it has other bytes now than were taken.
    grown: bool,
    /// The folder as a whole, and not the right to write, kept it from being removed.
    trouble: Option<StationProblem>,
}

fn unusable(error: &std::io::Error) -> StationProblem {
    StationProblem::Unusable { error: error.to_string() }
}

/// A source that could not be removed is tried again after this time.
pub(super) const TRY_AGAIN: Duration = Duration::from_secs(60);

/// Who is asked whether what custody does not hold is filed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Asked {
    /// For whoever removes nothing on its word.
    Ledger,
    Store,
}

/// Deliveries for which the store could not be asked since it last answered for them.
#[derive(Default)]
pub(super) struct Unanswered {
    ids: BTreeSet<DeliveryId>,
    /// The one at which the last round stopped asking.
    last: Option<DeliveryId>,
}

impl Unanswered {
    /// The next round begins behind that one: what the store never answers for keeps nobody else waiting for ever.
    fn in_turn(&self, due: Vec<DeliveryId>) -> Vec<DeliveryId> {
        let (mut first, rest): (Vec<_>, Vec<_>) = due.into_iter().partition(|id| Some(*id) > self.last);
        first.extend(rest);
        first
    }

    /// Whether it was so before.
    fn note(&mut self, id: DeliveryId) -> bool {
        self.last = Some(id);
        !self.ids.insert(id)
    }
}

impl AtStation {
    /// Releases every source whose time has come. Answers when to try again what failed.
    pub(super) fn release_due(
        &mut self,
        drop: &DropFolder,
        sweep: &Sweep,
        now: Moment,
    ) -> Result<Option<Moment>, LineError> {
        let known = &self.known;
        self.unreleased.retain(|id, _| known.get(*id).is_some_and(|known| known.row.state == DeliveryState::Taken));
        let due = self.due(now)?;
        let is_writable = is_writable(drop);
        self.unanswered.ids.retain(|id| self.known.get(*id).is_some());
        let mut outcomes = BTreeMap::new();
        let mut is_silent = false;
        for id in self.unanswered.in_turn(due) {
            if self.shared.stopping() {
                break;
            }
            let Some(known) = self.known.get(id) else { continue };
            // It was tried once, and nobody need be asked for what cannot be done.
            if !is_writable && known.row.released == Released::Cannot {
                self.unreleased.insert(id, (now + TRY_AGAIN, Some(StationProblem::ReadOnly)));
                continue;
            }
            if !self.is_in_custody(&known.row) {
                // For each of the others it might be waited as long.
                if is_silent {
                    self.unreleased.insert(id, (now + TRY_AGAIN, None));
                    continue;
                }
                match clearing::is_in_store(&self.shared.instruments, id) {
                    Ok(true) => {
                        self.unanswered.ids.remove(&id);
                    }
                    Ok(false) => {
                        tracing::error!(station = %drop.station(), delivery = %id, "The source of delivery {id} stays: its copy is not whole, in custody or in the store");
                        self.unanswered.ids.remove(&id);
                        self.unreleased.insert(id, (now + TRY_AGAIN, Some(StationProblem::CopyMissing)));
                        continue;
                    }
                    Err(LineError::Store(error)) => {
                        tracing::warn!(station = %drop.station(), delivery = %id, %error, "The source of delivery {id} stays until the store can be asked for it");
                        is_silent = true;
                        let problem =
                            self.unanswered.note(id).then(|| StationProblem::StoreSilent { error: error.to_string() });
                        self.unreleased.insert(id, (now + TRY_AGAIN, problem));
                        continue;
                    }
                    Err(error) => return Err(error),
                }
            }
            match self.release(drop, known) {
                Ok(released) => outcomes.insert(id, released),
                // The next turn finds out for itself that the folder is gone.
                Err(_) => break,
            };
        }
        for (id, left) in &outcomes {
            self.unsettled |= left.stranded;
            if left.released == Released::Cannot {
                let problem = left.trouble.clone().unwrap_or(StationProblem::ReadOnly);
                self.unreleased.insert(*id, (now + TRY_AGAIN, Some(problem)));
            } else {
                self.unreleased.remove(id);
                self.removed.retain(|(delivery, _)| delivery != id);
            }
        }
        let changed: Vec<(DeliveryId, Left)> = outcomes
            .into_iter()
            .filter(|(id, left)| self.known.get(*id).is_none_or(|known| known.row.released != left.released))
            .collect();
        self.record_left(changed)?;
        self.release_lists(drop, sweep, now)?;
        if let Some(problem) = self.unreleased.values().find_map(|(_, problem)| problem.as_ref()) {
            self.shared.report(&self.station.name, |report| report.problem = Some(problem.clone()));
        }
        Ok(self.unreleased.values().map(|(again, _)| *again).min())
    }

    /// Deliveries that no longer need their source.
    fn due(&self, now: Moment) -> Result<Vec<DeliveryId>, LineError> {
        let waiting = |known: &&KnownDelivery| match (known.row.state, known.row.released) {
            (DeliveryState::Taken, Released::No | Released::Cannot) => {
                self.unreleased.get(&known.row.id).is_none_or(|(again, _)| *again <= now)
            }
            _ => false,
        };
        let waiting: Vec<DeliveryId> = self.known.deliveries().filter(waiting).map(|known| known.row.id).collect();
        if waiting.is_empty() || self.station.source_release == SourceRelease::Custody {
            return Ok(waiting);
        }
        let station = &self.station.name;
        let filed = self
            .shared
            .instruments
            .database
            .read::<_, DatabaseError, _>(async |tx| deliveries::filed_with_source_left(tx, station).await)?;
        Ok(waiting.into_iter().filter(|id| filed.contains(id)).collect())
    }

    /// Whether its bytes are in custody, or every document of it is filed: only then is the source not the last of it. A bucket may
    /// have been set back since it was filed.
    pub(super) fn is_held_elsewhere(&self, row: &Delivery, asked: Asked) -> Result<bool, LineError> {
        let instruments = &self.shared.instruments;
        if self.is_in_custody(row) {
            return Ok(true);
        }
        match asked {
            Asked::Store => clearing::is_in_store(instruments, row.id),
            Asked::Ledger => Ok(instruments
                .database
                .read::<_, DatabaseError, _>(async |tx| deliveries::all_filed(tx, row.id).await)?),
        }
    }

    /// Whether custody has it. The copy is read back: a share may have been away for days since it was made, and the disk have lost
    /// some of it.
    fn is_in_custody(&self, row: &Delivery) -> bool {
        let copy = CustodyCopy::open(&self.shared.instruments.custody, row.id, row.copy);
        copy.and_then(|copy| copy.verify()).is_ok()
    }

    fn release(&self, drop: &DropFolder, known: &KnownDelivery) -> Result<Left, Unreachable> {
        let id = known.row.id;
        let members: Vec<Member> = known.members.iter().filter(|member| !is_shared_index(member)).cloned().collect();
        let outcomes = release::release(drop, id, &members)?;
        let (mut stranded, mut trouble) = (false, None);
        let (mut cannot, mut gone, mut changed, mut grown) = (false, false, false, false);
        for (member, outcome) in members.iter().zip(&outcomes) {
            match outcome {
                ReleaseOutcome::Removed => {}
                ReleaseOutcome::AlreadyGone => gone |= !self.removed.contains(&(id, member.file.clone())),
                // Its own sidecar, whatever became of it, must not speak for the next scan.
                ReleaseOutcome::Different { same_file, .. } if *same_file || member.part == Part::Sidecar => {
                    changed = true;
                    grown |= member.part == Part::Document;
                }
                ReleaseOutcome::Different { .. } => gone = true,
                ReleaseOutcome::CannotRemove(error) => {
                    cannot = true;
                    trouble = Some(error).filter(|error| is_folder_trouble(error)).map(unusable).or(trouble);
                    tracing::warn!(station = %drop.station(), delivery = %id, %error, "The source of delivery {id} stays: {error}");
                }
                ReleaseOutcome::Stranded(error) => {
                    (cannot, stranded) = (true, true);
                    tracing::error!(station = %drop.station(), delivery = %id, %error, "The source of delivery {id} is stranded in {}: {error}", release::RELEASE);
                }
            }
        }
        if known.is_folder()
            && let Some(name) = known.name()
        {
            release::remove_emptied_folders(drop, &name)?;
        }
        let released = match (changed, cannot, gone) {
            (true, _, _) => Released::Changed,
            (false, true, _) => Released::Cannot,
            (false, false, true) => Released::Gone,
            (false, false, false) => Released::Yes,
        };
        Ok(Left { released, stranded, grown, trouble })
    }

    /// Sources that were seen to have changed although they were taken already and wait to be released.
    pub(super) fn record_changed(&mut self) -> Result<(), LineError> {
        let left = |id| (id, Left { released: Released::Changed, stranded: false, grown: true, trouble: None });
        let changed = self.known.take_changed().into_iter().map(left).collect();
        self.record_left(changed)
    }

    /// In one transaction: what became of the sources, and that documents wait whose source is not what was taken. What
    /// was taken may be the first piece of something longer, and nothing is filed in pieces.
    fn record_left(&mut self, changed: Vec<(DeliveryId, Left)>) -> Result<(), LineError> {
        if changed.is_empty() {
            return Ok(());
        }
        let (journal, at) = (Arc::clone(&self.shared.instruments.journal), self.shared.now());
        let held = self.shared.instruments.database.write::<_, LineError, _>(async move |tx| {
            let mut held = Vec::new();
            for (id, left) in changed {
                deliveries::set_released(tx, id, left.released, at).await?;
                if !left.grown {
                    continue;
                }
                let detail = serde_json::json!({ "code": "source-grew", "delivery": id }).to_string();
                for document in waiting::open_of_delivery(tx, id).await? {
                    let reason = HoldReason::SourceChanged;
                    documents::hold(tx, document.id, document.state, reason, Some(&detail), at).await?;
                    let entry = Draft::by_system(Kind::DocumentHeld, Subject::document(document.id))
                        .fact("reason", reason)
                        .fact("delivery", id);
                    journal.append(tx, entry, at).await?;
                    held.push(document);
                }
            }
            Ok(held)
        })?;
        for document in held {
            self.shared.ask_for_hold_note(&document, HoldReason::SourceChanged);
        }
        self.refresh()
    }

    /// Ends releases that a crash cut short.
    pub(super) fn settle(&mut self, drop: &DropFolder) -> Result<(), LineError> {
        let Ok(leftovers) = release::leftovers(drop) else { return Ok(()) };
        self.unsettled = false;
        for leftover in leftovers {
            let member = match &leftover.of {
                None => None,
                Some((delivery, file)) => self.member(*delivery, file)?,
            };
            match (release::settle(drop, &leftover, member.as_ref()), &leftover.of) {
                (Ok(ReleaseOutcome::Removed), Some(of)) => {
                    self.removed.insert(of.clone());
                }
                (Ok(ReleaseOutcome::Stranded(error)), _) => {
                    self.unsettled = true;
                    tracing::error!(station = %drop.station(), %error, "A source stays stranded in {}: {error}", release::RELEASE);
                }
                (Ok(_), _) => {}
                (Err(_), _) => self.unsettled = true,
            }
        }
        Ok(())
    }

    fn member(&self, delivery: DeliveryId, file: &str) -> Result<Option<Member>, LineError> {
        let files = self
            .shared
            .instruments
            .database
            .read::<_, DatabaseError, _>(async |tx| deliveries::files(tx, delivery).await)?;
        Ok(files.iter().find(|known| known.custody_name == file).map(member_of).transpose()?)
    }
}

fn is_shared_index(member: &Member) -> bool {
    member.part == Part::Index && member.name.folder().is_none()
}
