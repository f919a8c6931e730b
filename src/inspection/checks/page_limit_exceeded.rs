//! A document with more pages than its kind ever has.

use crate::inspection::{Run, Subject};
use crate::judgement::{Outcome, Reason};
use crate::profile::Profile;
use crate::requirement::HOUSE_RULE;

declare_check! {
    /// ## What it looks for
    /// A document with more pages than the profile expects of its kind, and a file with more than are read at all.
    /// ## Why it matters
    /// Several documents, perhaps of several patients, may have been scanned in one go.
    /// ## What to do
    /// See whether it is one document. If so, have a person accept it; if not, scan the parts apart.
    /// ## What it cannot see
    /// Two short documents in one file.
    pub(super) static PAGE_LIMIT_EXCEEDED = {
        name: "page_limit_exceeded",
        requirements: &[HOUSE_RULE],
        run: Run::Document(page_limit_exceeded),
        in_japanese: "\
## 何を見るか\n\
書類のページ数が、プロファイルで定めた上限や、読み取れるページ数の上限を超えていないかを見ます。\n\
## なぜ大切か\n\
複数の書類や複数の患者の書類を、続けて読み取ってしまったおそれがあります。\n\
## どうするか\n\
一つの書類かどうかを確かめ、そうなら確認者が受け入れ、そうでなければ分けて読み取り直してください。\n\
## 何は見られないか\n\
短い書類が二つ入っている場合は分かりません。\n",
    }
}

fn page_limit_exceeded(subject: &Subject<'_>, profile: &Profile) -> Outcome {
    if let Some(read) = subject.read_of_too_many() {
        return Outcome::Failed(Reason::PagesBeyondLimit { read });
    }
    let Some(most) = profile.format.maximum_pages else {
        return Outcome::NotApplicable;
    };
    match subject.page_count() {
        0 => Outcome::Indeterminate(Reason::NoPages),
        found if found > most => Outcome::Failed(Reason::TooManyPages { found, most }),
        _ => Outcome::Passed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, case, profile, tiff};
    use crate::inspection::inspect;
    use crate::judgement::Severity;
    use crate::measurements::{Decoded, Limit, PageMeasurements};

    #[test]
    fn up_to_the_limit() {
        let check = |pages: usize| {
            let mut case = case();
            case.measurements = vec![tiff(vec![a4_page(); pages])];
            page_limit_exceeded(&case.subject(), &profile(&[("maximum_pages = 50", "maximum_pages = 2")]))
        };
        assert_eq!(check(2), Outcome::Passed);
        assert_eq!(check(3), Outcome::Failed(Reason::TooManyPages { found: 3, most: 2 }));
        assert_eq!(check(0), Outcome::Indeterminate(Reason::NoPages));
        let unlimited = profile(&[("maximum_pages = 50\n", "")]);
        assert_eq!(page_limit_exceeded(&case().subject(), &unlimited), Outcome::NotApplicable);
    }

    #[test]
    fn pages_that_were_not_read_are_one_finding() {
        let mut case = case();
        let beyond = PageMeasurements { decoded: Decoded::Refused { limit: Limit::Pages }, ..a4_page() };
        case.measurements = vec![tiff(vec![a4_page(), a4_page(), beyond])];
        case.claims.expected_pages = Some(3);
        let judgement = inspect(&case.subject(), &profile(&[("maximum_pages = 50\n", "")]));
        let found = judgement.findings.iter().filter(|found| found.severity != Severity::Pass);
        let found: Vec<_> = found.map(|found| (found.check.as_str(), found.outcome.clone(), found.page)).collect();
        assert_eq!(found, [("page_limit_exceeded", Outcome::Failed(Reason::PagesBeyondLimit { read: 2 }), None)]);
    }
}
