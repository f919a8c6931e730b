//! A document taken in after its window closed.

use crate::calendar::Span;
use crate::inspection::{Run, Subject};
use crate::judgement::{Outcome, Reason};
use crate::profile::Profile;
use crate::requirement::{HOUSE_RULE, TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// The time from the day the paper was made or received to the instant at which the scan was complete here,
    /// against the profile's window and the station's calendar.
    /// ## Why it matters
    /// The longer paper lies about, the more reason and chance there is to alter it.
    /// ## What to do
    /// Have the manager decide: an unavoidable reason is recorded with the time from which scanning was
    /// possible again; anything else keeps the paper or goes back. If the date is missing, enter it. Where our clock was in
    /// doubt when the scan came in, it cannot be told whether it was in time, and the manager decides as well.
    /// ## What it cannot see
    /// Whether the date is true. A date that nobody stated is never assumed to be today.
    pub(super) static SCAN_WINDOW_EXCEEDED = {
        name: "scan_window_exceeded",
        requirements: &[mhlw_5_2("9.2-C1(1)"), TAX, HOUSE_RULE],
        run: Run::Document(scan_window_exceeded),
        in_japanese: "\
## 何を見るか\n\
入手日・作成日から取込み完了までの時間が、プロファイルの期限と暦に収まるかを見ます。\n\
## なぜ大切か\n\
紙のまま置かれる時間が長いほど、改ざんの動機と機会が増えます。\n\
## どうするか\n\
管理者が判断してください。やむを得ない理由は、再び可能になった時刻とともに記録し、それ以外は紙を保存するか差し戻します。日付がなければ入力してください。取込みのときサーバーの時計に疑いがあれば、期限内かどうかは分からないため、やはり管理者が判断します。\n\
## 何は見られないか\n\
日付が正しいかどうかは分かりません。示されない日付を今日とみなすことはありません。\n",
    }
}

fn scan_window_exceeded(subject: &Subject<'_>, profile: &Profile) -> Outcome {
    let Some(days) = profile.window.scan_within_business_days else {
        return Outcome::NotApplicable;
    };
    let Some(obtained_on) = subject.identity.obtained_on.as_ref().map(|obtained| obtained.value) else {
        return Outcome::Indeterminate(Reason::ObtainedOnNotTold);
    };
    match subject.calendar.deadline(obtained_on, Span::BusinessDays { days }, subject.station) {
        Err(calendar) => Outcome::Indeterminate(Reason::DeadlineNotTold { calendar }),
        // A clock that lay behind would make every lateness a punctual scan, and nobody would be asked.
        Ok(_) if let Some(problem) = subject.clock_problem => {
            let problem = problem.to_owned();
            Outcome::Indeterminate(Reason::ClockInDoubt { taken_in_at: subject.taken_in_at, problem })
        }
        Ok(deadline) if subject.taken_in_at > deadline => Outcome::Failed(Reason::ScanWindowExceeded {
            obtained_on,
            allowed_business_days: days,
            deadline,
            taken_in_at: subject.taken_in_at,
        }),
        Ok(_) => Outcome::Passed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    use crate::calendar::CannotTell;
    use crate::identity::{Source, Sourced};
    use crate::inspection::fixtures::{case, profile, tokyo};

    fn check(obtained_on: Option<jiff::civil::Date>, taken_in_at: &str) -> Outcome {
        let mut case = case();
        case.identity.obtained_on = obtained_on.map(|value| Sourced { value, from: Source::Sidecar });
        case.taken_in_at = tokyo(taken_in_at);
        scan_window_exceeded(&case.subject(), &profile(&[]))
    }

    #[test]
    fn over_a_long_weekend() {
        // Friday; Saturday, Sunday and Monday's holiday are closed, so Tuesday 24:00.
        let friday = date(2026, 11, 20);
        assert_eq!(check(Some(friday), "2026-11-20T23:10"), Outcome::Passed);
        assert_eq!(check(Some(friday), "2026-11-25T00:00"), Outcome::Passed);
        let taken_in_at = tokyo("2026-11-25T00:01");
        let reason = Reason::ScanWindowExceeded {
            obtained_on: friday,
            allowed_business_days: 1,
            deadline: tokyo("2026-11-25T00:00"),
            taken_in_at,
        };
        assert_eq!(check(Some(friday), "2026-11-25T00:01"), Outcome::Failed(reason));
    }

    #[test]
    fn by_a_clock_in_doubt_it_cannot_be_told() {
        let mut case = case();
        case.clock_problem = Some("behind");
        let (taken_in_at, problem) = (case.taken_in_at, "behind".to_owned());
        let told = scan_window_exceeded(&case.subject(), &profile(&[]));
        assert_eq!(told, Outcome::Indeterminate(Reason::ClockInDoubt { taken_in_at, problem }));
    }

    #[test]
    fn without_a_date_or_a_calendar_it_cannot_be_told() {
        assert_eq!(check(None, "2026-11-20T14:05"), Outcome::Indeterminate(Reason::ObtainedOnNotTold));
        let calendar = CannotTell::BeyondCalendar { valid_until: date(2027, 12, 31) };
        let late = check(Some(date(2027, 12, 29)), "2028-01-04T09:00");
        assert_eq!(late, Outcome::Indeterminate(Reason::DeadlineNotTold { calendar }));
    }
}
