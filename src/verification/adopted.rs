//! What was in force when, as the journal tells it. What a record was judged by counts only where an entry had brought it into
//! force, and nothing had taken its place before the document came in: the line judges by what is in force when it looks, and
//! a document keeps to that, however long it waits.

use crate::ids::Digest;
use crate::instant::Instant;

/// What came into force, in the journal's order.
#[derive(Clone, Default)]
pub(super) struct Adopted(Vec<Adoption>);

/// What an entry brought into force, in place of what bore the same name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Adoption {
    pub index: u64,
    pub at: Instant,
    pub name: String,
    pub digest: Digest,
}

/// Whether something was in force at some time of a stretch of the journal.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum InForce<'a> {
    /// By this entry.
    By(&'a Adoption),
    /// This entry had brought another in its place by then.
    Replaced(&'a Adoption),
    Never,
}

impl Adopted {
    pub(super) fn enter(&mut self, adoption: Adoption) {
        self.0.push(adoption);
    }

    /// What bears this name now.
    pub(super) fn last(&self, name: &str) -> Option<&Adoption> {
        self.0.iter().rev().find(|adoption| adoption.name == name)
    }

    /// Whether these bytes have ever borne this name.
    pub(super) fn ever(&self, name: &str, digest: &Digest) -> bool {
        self.0.iter().any(|adoption| adoption.name == name && adoption.digest == *digest)
    }

    /// Whether the bytes of this digest were in force at some time from the entry `from` on, and before the entry `until`.
    pub(super) fn in_force(&self, digest: &Digest, from: u64, until: u64) -> InForce<'_> {
        let mut answer = InForce::Never;
        for (place, adoption) in self.0.iter().enumerate().filter(|(_, it)| it.digest == *digest && it.index < until) {
            let mut later = self.0.iter().skip(place.saturating_add(1));
            match later.find(|later| later.name == adoption.name) {
                Some(next) if next.index < from => answer = InForce::Replaced(next),
                _ => return InForce::By(adoption),
            }
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_replaced_before_is_not_in_force_until_it_comes_again() {
        let digest = |of: u8| Digest::of(&[of]);
        let mut adopted = Adopted::default();
        for (index, name, of) in [(0, "a", 1), (10, "b", 3), (20, "a", 2), (40, "a", 1)] {
            let at = Instant::from_microseconds(1).unwrap();
            adopted.enter(Adoption { index, at, name: name.to_owned(), digest: digest(of) });
        }
        let by = |of, from, until| match adopted.in_force(&digest(of), from, until) {
            InForce::By(adoption) => Ok(adoption.index),
            InForce::Replaced(adoption) => Err(Some(adoption.index)),
            InForce::Never => Err(None),
        };
        // Taken in before it was replaced, and signed whenever.
        assert_eq!((by(1, 5, 15), by(1, 19, 30), by(1, 19, 50)), (Ok(0), Ok(0), Ok(0)));
        assert_eq!((by(1, 21, 30), by(1, 21, 41), by(1, 45, 50)), (Err(Some(20)), Ok(40), Ok(40)));
        // What comes after the signature counts for nothing, and what bears another name replaces nothing.
        assert_eq!((by(2, 5, 20), by(2, 5, 21), by(2, 41, 50)), (Err(None), Ok(20), Err(Some(40))));
        assert_eq!((by(3, 45, 50), by(4, 0, 50)), (Ok(10), Err(None)));
        assert_eq!((adopted.last("a").unwrap().index, adopted.last("c")), (40, None));
    }
}
