//! Rows against the numbers that their entries bear: from where they part, what was done can be told.

use super::JournalFault;

/// Misplaced entries are kept up to here; a shift of all that follow is told from the first of them.
const MOST: usize = 10_000;

#[derive(Default)]
pub(super) struct Places {
    expected: u64,
    /// Where an entry stands, and which number it bears.
    misplaced: Vec<(u64, u64)>,
}

impl Places {
    /// Takes note of a row, and says which rows are missing before it.
    pub(super) fn row(&mut self, index: u64) -> Option<JournalFault> {
        let expected = self.expected;
        self.expected = index.saturating_add(1);
        (index > expected).then(|| JournalFault::EntriesMissing { from: expected, until: index - 1 })
    }

    /// Takes note of the number that the entry at a place bears.
    pub(super) fn says(&mut self, place: u64, says: u64) {
        if place != says && self.misplaced.len() < MOST {
            self.misplaced.push((place, says));
        }
    }

    /// What the misplaced entries tell together.
    pub(super) fn judge(&self) -> Vec<JournalFault> {
        let mut faults = Vec::new();
        let mut rest = self.misplaced.as_slice();
        while let Some((&(first, _), _)) = rest.split_first() {
            // A run in which numbers and places are the same set was only put in another order.
            let permuted = (2..=rest.len()).find(|length| is_permutation(rest.get(..*length).unwrap_or_default()));
            if let Some(length) = permuted {
                let last = rest.get(length - 1).map_or(first, |(place, _)| *place);
                faults.push(JournalFault::EntriesReordered { first, last });
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
            let run = rest.iter().take_while(|(place, says)| shift(*place, *says) == shift_of(rest)).count();
            faults.push(match shift_of(rest) {
                Some((count, true)) if run > 1 || rest.len() == 1 => JournalFault::EntriesRemoved { at: first, count },
                Some((count, false)) if run > 1 || rest.len() == 1 => {
                    JournalFault::EntriesInserted { at: first, count }
                }
                _ => {
                    let says = rest.first().map_or(first, |(_, says)| *says);
                    JournalFault::EntryMisplaced { place: first, says }
                }
            });
            rest = rest.get(run.max(1)..).unwrap_or_default();
        }
        faults
    }
}

/// By how much a number lies from its place, and whether above it.
fn shift(place: u64, says: u64) -> Option<(u64, bool)> {
    Some((place.abs_diff(says), says > place))
}

fn shift_of(rest: &[(u64, u64)]) -> Option<(u64, bool)> {
    rest.first().and_then(|(place, says)| shift(*place, *says))
}

fn is_permutation(run: &[(u64, u64)]) -> bool {
    // Longer permutations are told entry by entry: nobody needs more than the first.
    if run.len() > 100 {
        return false;
    }
    let mut places: Vec<u64> = run.iter().map(|(place, _)| *place).collect();
    let mut says: Vec<u64> = run.iter().map(|(_, says)| *says).collect();
    places.sort_unstable();
    says.sort_unstable();
    places == says
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Entries that bear these numbers, at the places from 0 on.
    fn judged(numbers: &[u64]) -> Vec<JournalFault> {
        let mut places = Places::default();
        for (place, says) in (0..).zip(numbers) {
            assert_eq!(places.row(place), None);
            places.says(place, *says);
        }
        places.judge()
    }

    #[test]
    fn what_was_done_is_told_from_numbers_and_places() {
        assert_eq!(judged(&[0, 1, 2, 3]), []);
        assert_eq!(judged(&[0, 2, 3, 4]), [JournalFault::EntriesRemoved { at: 1, count: 1 }]);
        assert_eq!(judged(&[0, 1, 2, 5]), [JournalFault::EntriesRemoved { at: 3, count: 2 }]);
        assert_eq!(judged(&[0, 1, 1, 2, 3]), [JournalFault::EntriesInserted { at: 2, count: 1 }]);
        assert_eq!(judged(&[0, 2, 1, 3]), [JournalFault::EntriesReordered { first: 1, last: 2 }]);
        assert_eq!(judged(&[0, 3, 1, 2, 4]), [JournalFault::EntriesReordered { first: 1, last: 3 }]);
        assert_eq!(
            judged(&[1, 0, 2, 4, 3]),
            [
                JournalFault::EntriesReordered { first: 0, last: 1 },
                JournalFault::EntriesReordered { first: 3, last: 4 },
            ]
        );
    }

    #[test]
    fn missing_rows_are_told() {
        let mut places = Places::default();
        assert_eq!(places.row(0), None);
        assert_eq!(places.row(3), Some(JournalFault::EntriesMissing { from: 1, until: 2 }));
        assert_eq!(places.row(4), None);
    }
}
