//! What a station's people and `status` are told of what lies in its folder.

use std::time::Instant as Moment;

use super::super::drop::DropFolder;
use super::super::source::SourceName;
use super::LineError;
use super::copying::stem_of;
use super::known::KnownDelivery;
use super::notes::{self, Board};
use super::station::{AtStation, Lingering, Seen};
use crate::database::DatabaseError;
use crate::document::DeliveryState;
use crate::ledger::{deliveries, spoken};

/// So many sidecars that stand alone are asked about in a turn; nobody reads a larger number as another one.
const MOST_ASKED: usize = 200;

impl AtStation {
    /// How many sidecars stand alone because their scan, as it seems, was taken in without them; and how many wait for a
    /// scan that does not come.
    fn orphans(&self, now: Moment) -> Result<(usize, usize), LineError> {
        let (mut late, mut alone) = (0, 0);
        let orphans = self.lingering.iter().filter(|((kind, _), _)| *kind == Lingering::Orphan);
        for ((_, name), since) in
            orphans.filter(|(_, since)| now >= **since + self.station.patience.quiet).take(MOST_ASKED)
        {
            let (station, stem) = (&self.station.name, stem_of(name));
            let before =
                self.shared.instruments.database.read::<_, DatabaseError, _>(async |tx| {
                    spoken::newest_under_stem(tx, station, &stem, None).await
                })?;
            if before.is_some_and(|before| !before.is_refused && !before.is_spoken_for()) {
                late += 1;
            } else if now > *since + self.station.patience.limit {
                alone += 1;
            }
        }
        Ok((late, alone))
    }

    pub(super) fn write_notes(&mut self, drop: &DropFolder, seen: &Seen, now: Moment) -> Result<(), LineError> {
        let mut board = match self.board.take() {
            Some(board) => board,
            None => Board::load(&self.shared, &self.station.name)?,
        };
        let needs_a_person = |known: &&KnownDelivery| {
            let incomplete = matches!(known.row.state, DeliveryState::Incomplete | DeliveryState::CompletenessUnknown);
            incomplete || known.is_refusal()
        };
        let rows = self.known.deliveries().filter(needs_a_person).map(|known| &known.row);
        let mut ours = notes::deliveries(rows, &self.shared.instruments.zone, board.matters());
        let limit = self.station.patience.limit;
        let lasts = |((kind, _), since): &(&(Lingering, SourceName), &Moment)| {
            *kind == Lingering::Temporary && now > **since + limit
        };
        let unfinished = self.lingering.iter().filter(lasts).count();
        let (late, alone) = self.orphans(now)?;
        let (station, database) = (&self.station.name, &self.shared.instruments.database);
        let kept = database.read::<_, DatabaseError, _>(async |tx| deliveries::count_kept(tx, station).await)?;
        let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
        let mut waiting = 0;
        self.shared.report(&self.station.name, |report| {
            report.unfinished_files = count(unfinished);
            report.late_sidecars = count(late);
            report.lone_sidecars = count(alone);
            report.kept_sidecars = kept;
            report.restless = count(seen.overdue);
            waiting = report.waiting_lists;
        });
        let waiting = usize::try_from(waiting).unwrap_or(usize::MAX);
        let counts = [
            (notes::UNFINISHED, unfinished),
            (notes::ORPHANS, alone),
            (notes::LATE_SIDECARS, late),
            (notes::RESTLESS, seen.overdue),
            (notes::LISTS, waiting),
        ];
        for (matter, count) in counts.into_iter().filter(|(_, count)| *count > 0) {
            ours.insert(matter.to_owned(), notes::about_folder(matter, count));
        }
        let settled = board.settle(&self.shared, drop, &ours);
        self.board = Some(board);
        settled
    }
}
