//! A scan during which the scanner noticed two sheets at once.

use crate::inspection::{Run, Subject};
use crate::judgement::{Outcome, Reason};
use crate::profile::Profile;
use crate::requirement::{HOUSE_RULE, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// The scanner's own report, delivered beside the scan, that two sheets went through together.
    /// ## Why it matters
    /// The sheet beneath was not seen.
    /// ## What to do
    /// Separate the sheets and scan again.
    /// ## What it cannot see
    /// Double feeds that the scanner did not notice or does not report. A delivery that says nothing is not
    /// taken for a good one or a bad one: the check does not apply.
    pub(super) static DOUBLE_FEED_REPORTED = {
        name: "double_feed_reported",
        requirements: &[mhlw_5_2("9.1-C2(2)"), mhlw_5_2("9.1-C3"), HOUSE_RULE],
        run: Run::Document(double_feed_reported),
        in_japanese: "\
## 何を見るか\n\
スキャナーが、二枚重ねの送りを検知したと報告していないかを見ます。\n\
## なぜ大切か\n\
下になった紙は読み取られていません。\n\
## どうするか\n\
紙をさばいて、読み取り直してください。\n\
## 何は見られないか\n\
スキャナーが検知・報告しなかった重送は分かりません。\n",
    }
}

fn double_feed_reported(subject: &Subject<'_>, _: &Profile) -> Outcome {
    match subject.claims.double_feed {
        None => Outcome::NotApplicable,
        Some(false) => Outcome::Passed,
        Some(true) => Outcome::Failed(Reason::DoubleFeedReported),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{case, profile};

    #[test]
    fn the_scanners_word() {
        for (double_feed, expected) in [
            (Some(false), Outcome::Passed),
            (Some(true), Outcome::Failed(Reason::DoubleFeedReported)),
            (None, Outcome::NotApplicable),
        ] {
            let mut case = case();
            case.claims.double_feed = double_feed;
            assert_eq!(double_feed_reported(&case.subject(), &profile(&[])), expected);
        }
    }
}
