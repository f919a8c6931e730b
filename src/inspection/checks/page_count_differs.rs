//! A document with fewer or more pages than the delivery said.

use crate::inspection::{Run, Subject};
use crate::judgement::{Outcome, Reason};
use crate::profile::Profile;
use crate::requirement::{HOUSE_RULE, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A page count that is not the one stated beside the scan.
    /// ## Why it matters
    /// A sheet may have been pulled through with another, or left on the tray.
    /// ## What to do
    /// Count the sheets and scan again, or correct the statement.
    /// ## What it cannot see
    /// Two mistakes that cancel each other, or a count taken from the file itself.
    pub(super) static PAGE_COUNT_DIFFERS = {
        name: "page_count_differs",
        requirements: &[mhlw_5_2("9.1-C2(2)"), mhlw_5_2("9.1-C3"), HOUSE_RULE],
        run: Run::Document(page_count_differs),
        in_japanese: "\
## 何を見るか\n\
サイドカーに書かれたページ数と、実際のページ数が一致するかを見ます。\n\
## なぜ大切か\n\
紙が重なって送られたか、トレイに残ったおそれがあります。\n\
## どうするか\n\
枚数を数え、読み取り直すか、記載を直してください。\n\
## 何は見られないか\n\
過不足が打ち消し合った場合と、ファイルそのものから数えたページ数が書かれている場合は分かりません。\n",
    }
}

fn page_count_differs(subject: &Subject<'_>, _: &Profile) -> Outcome {
    let Some(expected) = subject.claims.expected_pages else {
        return Outcome::NotApplicable;
    };
    if subject.read_of_too_many().is_some() {
        // How many there are is not known; page_limit_exceeded says so.
        return Outcome::NotApplicable;
    }
    match subject.page_count() {
        // Nothing could be counted; that is not yet a difference.
        0 => Outcome::Indeterminate(Reason::NoPages),
        found if found == expected => Outcome::Passed,
        found => Outcome::Failed(Reason::PageCountDiffers { found, expected }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, case, profile, tiff};

    fn check(pages: usize, expected_pages: Option<u32>) -> Outcome {
        let mut case = case();
        case.measurements = if pages == 0 { Vec::new() } else { vec![tiff(vec![a4_page(); pages])] };
        case.claims.expected_pages = expected_pages;
        page_count_differs(&case.subject(), &profile(&[]))
    }

    #[test]
    fn against_what_was_stated() {
        assert_eq!(check(2, Some(2)), Outcome::Passed);
        assert_eq!(check(2, Some(3)), Outcome::Failed(Reason::PageCountDiffers { found: 2, expected: 3 }));
        assert_eq!(check(2, None), Outcome::NotApplicable);
        assert_eq!(check(0, Some(2)), Outcome::Indeterminate(Reason::NoPages));
    }
}
