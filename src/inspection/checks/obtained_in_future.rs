//! Paper said to be obtained after it was taken in.

use crate::inspection::{Run, Subject};
use crate::judgement::{Outcome, Reason};
use crate::profile::Profile;
use crate::requirement::HOUSE_RULE;

declare_check! {
    /// ## What it looks for
    /// A date of receipt or making that lies after the day on which the scan was taken in.
    /// ## Why it matters
    /// A later date would give the scan a longer window than it has.
    /// ## What to do
    /// Correct the date.
    /// ## What it cannot see
    /// A wrong date in the past.
    pub(super) static OBTAINED_IN_FUTURE = {
        name: "obtained_in_future",
        requirements: &[HOUSE_RULE],
        run: Run::Document(obtained_in_future),
        in_japanese: "\
## 何を見るか\n\
入手日・作成日が、取込みの日より後になっていないかを見ます。\n\
## なぜ大切か\n\
後の日付では、読取りの期限が実際より延びてしまいます。\n\
## どうするか\n\
日付を正してください。\n\
## 何は見られないか\n\
過去の誤った日付は分かりません。\n",
    }
}

fn obtained_in_future(subject: &Subject<'_>, _: &Profile) -> Outcome {
    let Some(obtained_on) = subject.identity.obtained_on.as_ref().map(|obtained| obtained.value) else {
        // scan_window_exceeded holds what has a window and no date.
        return Outcome::NotApplicable;
    };
    if obtained_on > subject.calendar.day_of(subject.taken_in_at) {
        Outcome::Failed(Reason::ObtainedInFuture { obtained_on, taken_in_at: subject.taken_in_at })
    } else {
        Outcome::Passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{case, profile, tokyo};

    #[test]
    fn on_the_hospitals_wall_clock() {
        let check = |taken_in_at: &str| {
            let mut case = case();
            case.taken_in_at = tokyo(taken_in_at);
            obtained_in_future(&case.subject(), &profile(&[]))
        };
        // Nine in the evening of the 18th in London is the 19th in Tokyo.
        assert_eq!(check("2026-11-19T00:00"), Outcome::Passed);
        assert!(matches!(check("2026-11-18T23:59"), Outcome::Failed(Reason::ObtainedInFuture { .. })));
        let mut unknown = case();
        unknown.identity.obtained_on = None;
        assert_eq!(obtained_in_future(&unknown.subject(), &profile(&[])), Outcome::NotApplicable);
    }
}
