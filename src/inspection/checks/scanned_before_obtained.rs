//! A scan said to be made before the paper was there.

use crate::inspection::{Run, Subject};
use crate::judgement::{Outcome, Reason};
use crate::profile::Profile;
use crate::requirement::{HOUSE_RULE, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A scanner's time on a day before the one on which the paper is said to be obtained.
    /// ## Why it matters
    /// Either the date or the clock is wrong, and the window is counted from that date.
    /// ## What to do
    /// Correct the date, or set the scanner's clock.
    /// ## What it cannot see
    /// An error of less than a day.
    pub(super) static SCANNED_BEFORE_OBTAINED = {
        name: "scanned_before_obtained",
        requirements: &[mhlw_5_2("6.5-C9"), mhlw_5_2("7.1-C1(2)"), HOUSE_RULE],
        run: Run::Document(scanned_before_obtained),
        in_japanese: "\
## 何を見るか\n\
スキャナーの時刻が、入手日・作成日より前の日になっていないかを見ます。\n\
## なぜ大切か\n\
日付か時計のどちらかが誤っており、期限はその日付から数えます。\n\
## どうするか\n\
日付を正すか、スキャナーの時計を合わせてください。\n\
## 何は見られないか\n\
一日に満たない誤りは分かりません。\n",
    }
}

fn scanned_before_obtained(subject: &Subject<'_>, _: &Profile) -> Outcome {
    let (Some(scanned), Some(obtained)) = (&subject.identity.scanned_at, &subject.identity.obtained_on) else {
        return Outcome::NotApplicable;
    };
    let (scanned_at, obtained_on) = (scanned.value, obtained.value);
    if subject.calendar.day_of(scanned_at) < obtained_on {
        Outcome::Failed(Reason::ScannedBeforeObtained { scanned_at, obtained_on })
    } else {
        Outcome::Passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    use crate::identity::{Source, Sourced};
    use crate::inspection::fixtures::{case, profile, tokyo};

    #[test]
    fn not_before_its_day() {
        let check = |scanned_at: &str| {
            let mut case = case();
            case.identity.scanned_at = Some(Sourced { value: tokyo(scanned_at), from: Source::Sidecar });
            scanned_before_obtained(&case.subject(), &profile(&[]))
        };
        assert_eq!(check("2026-11-19T00:00"), Outcome::Passed);
        let scanned_at = tokyo("2026-11-18T23:59");
        let reason = Reason::ScannedBeforeObtained { scanned_at, obtained_on: date(2026, 11, 19) };
        assert_eq!(check("2026-11-18T23:59"), Outcome::Failed(reason));
        let mut unknown = case();
        unknown.identity.scanned_at = None;
        assert_eq!(scanned_before_obtained(&unknown.subject(), &profile(&[])), Outcome::NotApplicable);
    }
}
