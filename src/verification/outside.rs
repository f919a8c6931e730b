//! A record against checkpoints that were kept outside its home.
//!
//! Whoever has every key of a home can write its journal anew, and nothing in the home tells. A checkpoint that was kept
//! elsewhere does: the journal grew from it or is another one, and what was entered after it stands on the home's word alone.

use super::anchored::{self, AtHand};
use super::finding::{Doubt, Fact, Fault, Objection, Outcome, Step};
use super::journal::Against;
use super::journal::stamps::{Judged, judge};
use super::trust::Trust;
use crate::evidence::checkpoint::Checkpoint;
use crate::evidence::tree::verify_consistency;
use crate::ids::Digest;
use crate::instant::Instant;

/// What whoever verifies kept outside: checkpoints, and the time-stamp over them where there is one.
#[derive(Clone, Debug)]
pub struct Outside(Result<Kept, Objection>);

#[derive(Clone, Debug)]
struct Kept {
    /// The newest last.
    checkpoints: Vec<Checkpoint>,
    stamped_at: Option<Instant>,
}

/// How the journal of a record's proof goes on from the newest checkpoint that was kept outside.
pub enum Growth {
    /// A pack holds no proof of that: it can be held against a checkpoint of its own size alone.
    NotAtHand,
    /// By these nodes.
    Shown(Vec<Digest>),
    /// It does not: it is shorter.
    Shorter,
    /// The tree does not hold together.
    Unreadable(String),
}

impl Outside {
    /// Reads the notes, which journals must have signed that the caller knows. Any that does not count spoils them all:
    /// whoever names a file relies on it.
    pub(super) fn read(against: &Against<'_>, trust: &Trust) -> Self {
        Self(Kept::read(against, trust))
    }

    /// The newest checkpoint of a journal.
    pub(super) fn newest(&self, origin: &str) -> Option<&Checkpoint> {
        let kept = self.0.as_ref().ok()?;
        kept.checkpoints.iter().rev().find(|checkpoint| checkpoint.origin.as_str() == origin)
    }
}

impl Kept {
    fn read(against: &Against<'_>, trust: &Trust) -> Result<Self, Objection> {
        let mut checkpoints = Vec::new();
        for note in against.notes() {
            checkpoints.push(anchored::signed_by(&note, &trust.journals)?.1);
        }
        // One of nothing promises nothing.
        checkpoints.retain(|checkpoint| checkpoint.size > 0);
        checkpoints.sort_by(|one: &Checkpoint, other| {
            (one.size, one.origin.as_str()).cmp(&(other.size, other.origin.as_str()))
        });
        // A journal has one past. Of two, nobody can tell from here which the record's should be held against.
        for (one, other) in checkpoints.iter().zip(checkpoints.iter().skip(1)) {
            if (one.size, &one.origin) == (other.size, &other.origin) && one.root != other.root {
                return Err(Fault::AnotherPast { size: one.size }.into());
            }
        }
        let stamped_at = match against.token.map(|token| judge(token, against.notes.as_bytes(), trust)) {
            Some(Judged::Counts(info)) => Some(info.gen_time),
            Some(Judged::Unbelieved(detail) | Judged::Wrong(detail)) => {
                return Err(Fault::AgainstStampWrong { detail }.into());
            }
            Some(Judged::NobodyToJudge) | None => None,
        };
        Ok(Self { checkpoints, stamped_at })
    }
}

/// Whether the entry of a record's filing was in the journal when the newest checkpoint was kept.
pub(super) fn outcome(outside: &Outside, journal: &AtHand, growth: &Growth, named: &str) -> Outcome {
    let kept = outside.0.as_ref().map_err(Clone::clone)?;
    let AtHand::Proven(proven) = journal else { return Err(Doubt::NotReached { because: Step::Journal }.into()) };
    let (head, index) = (proven.checkpoint(), proven.filed().index);
    let origin = head.origin.as_str();
    let newest = outside.newest(origin).ok_or_else(|| Doubt::OtherJournal { origin: origin.to_owned() })?;
    let size = match growth {
        Growth::Unreadable(detail) => return Err(Fault::ProofUnreadable { detail: detail.clone() }.into()),
        Growth::Shorter => return Err(Fault::Truncated { promised: newest.size, found: head.size }.into()),
        Growth::Shown(proof) => {
            if !verify_consistency(newest.size, head.size, &newest.root, &head.root, proof) {
                return Err(Fault::AnotherPast { size: newest.size }.into());
            }
            newest.size
        }
        Growth::NotAtHand => {
            let same = |checkpoint: &Checkpoint| compare(&kept.checkpoints, checkpoint);
            match (same(head)?, proven.earlier(named).map(|named| same(&named)).transpose()?.flatten()) {
                (Some(size), _) | (None, Some(size)) => size,
                (None, None) => return Err(Doubt::NotComparable { size: head.size }.into()),
            }
        }
    };
    if index < size {
        Ok(Fact::Anchored { index, size, stamped_at: kept.stamped_at })
    } else {
        Err(Doubt::NotAnchored { index, size }.into())
    }
}

/// The size of a checkpoint of a pack, where one of that size was kept too and says the same.
fn compare(kept: &[Checkpoint], shown: &Checkpoint) -> Result<Option<u64>, Objection> {
    let mut of_this_size = kept.iter().filter(|kept| kept.origin == shown.origin && kept.size == shown.size).peekable();
    if of_this_size.peek().is_none() {
        return Ok(None);
    }
    if of_this_size.all(|kept| kept.root == shown.root) {
        Ok(Some(shown.size))
    } else {
        Err(Fault::AnotherPast { size: shown.size }.into())
    }
}
