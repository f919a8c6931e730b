//! A scan said to be made after it was taken in.

use crate::inspection::{Run, Subject};
use crate::judgement::{Outcome, Reason};
use crate::profile::Profile;
use crate::requirement::{HOUSE_RULE, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A scanner's time that lies after the instant at which the file was complete here.
    /// ## Why it matters
    /// One of the two clocks is wrong, and the scanner's time then proves nothing.
    /// ## What to do
    /// Set the scanner's clock, best from the network.
    /// ## What it cannot see
    /// A scanner's clock that is slow.
    pub(super) static SCANNED_IN_FUTURE = {
        name: "scanned_in_future",
        requirements: &[mhlw_5_2("6.5-C9"), mhlw_5_2("7.1-C1(2)"), HOUSE_RULE],
        run: Run::Document(scanned_in_future),
        in_japanese: "\
## 何を見るか\n\
スキャナーの時刻が、取込みの時刻より後になっていないかを見ます。\n\
## なぜ大切か\n\
どちらかの時計が狂っており、スキャナーの時刻は当てになりません。\n\
## どうするか\n\
スキャナーの時計を合わせてください。ネットワークでの自動調整が確実です。\n\
## 何は見られないか\n\
遅れている時計は分かりません。\n",
    }
}

fn scanned_in_future(subject: &Subject<'_>, _: &Profile) -> Outcome {
    let Some(scanned_at) = subject.identity.scanned_at.as_ref().map(|scanned| scanned.value) else {
        return Outcome::NotApplicable;
    };
    if scanned_at > subject.taken_in_at {
        Outcome::Failed(Reason::ScannedInFuture { scanned_at, taken_in_at: subject.taken_in_at })
    } else {
        Outcome::Passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{case, profile, tokyo};

    #[test]
    fn before_it_was_taken_in() {
        let mut case = case();
        assert_eq!(scanned_in_future(&case.subject(), &profile(&[])), Outcome::Passed);
        case.taken_in_at = tokyo("2026-11-20T13:59");
        let reason = Reason::ScannedInFuture { scanned_at: tokyo("2026-11-20T14:00"), taken_in_at: case.taken_in_at };
        assert_eq!(scanned_in_future(&case.subject(), &profile(&[])), Outcome::Failed(reason));
        case.identity.scanned_at = None;
        assert_eq!(scanned_in_future(&case.subject(), &profile(&[])), Outcome::NotApplicable);
    }
}
