//! A document that names pages nobody measured, or has none.

use crate::inspection::{Run, Subject};
use crate::judgement::{Outcome, Reason};
use crate::profile::Profile;
use crate::requirement::{TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A page range that reaches beyond the pages found in its file, and a document without any page.
    /// ## Why it matters
    /// What was not seen cannot have passed.
    /// ## What to do
    /// Look at the file: it may be empty, locked, or in a form that cannot be read here.
    /// ## What it cannot see
    /// Pages that were on the scanner's tray and never came into the file; page_count_differs compares with
    /// what was expected.
    pub(super) static PAGE_NOT_MEASURED = {
        name: "page_not_measured",
        requirements: &[mhlw_5_2("9.1-C2(2)"), mhlw_5_2("7.2-C1–4"), TAX],
        run: Run::Document(page_not_measured),
        in_japanese: "\
## 何を見るか\n\
書類に含まれるはずのページが、すべて測定できたかを見ます。\n\
## なぜ大切か\n\
見ていないものを合格とすることはできません。\n\
## どうするか\n\
ファイルを確かめてください。空か、鍵がかかっているか、ここでは読めない形式かもしれません。\n\
## 何は見られないか\n\
スキャナーに置かれたままファイルに入らなかったページは分かりません（page_count_differs が枚数と比べます）。\n",
    }
}

fn page_not_measured(subject: &Subject<'_>, _: &Profile) -> Outcome {
    if subject.read_of_too_many().is_some() {
        // page_limit_exceeded says so.
        return Outcome::NotApplicable;
    }
    let asked = subject.page_count();
    let measured = u32::try_from(subject.pages().len()).unwrap_or(u32::MAX);
    if asked == 0 {
        Outcome::Indeterminate(Reason::NoPages)
    } else if measured < asked {
        Outcome::Indeterminate(Reason::PagesNotMeasured { asked, measured })
    } else {
        Outcome::Passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::SubjectPart;
    use crate::inspection::fixtures::{a4_page, case, profile, tiff};

    #[test]
    fn every_page_must_have_been_seen() {
        let mut case = case();
        assert_eq!(page_not_measured(&case.subject(), &profile(&[])), Outcome::Passed);
        let file = tiff(vec![a4_page(), a4_page()]);
        for (first_page, page_count, measured) in [(1, 3, 2), (2, 2, 1), (3, 1, 0), (0, 3, 2)] {
            let part = SubjectPart { measurements: &file, first_page, page_count };
            let subject = Subject { parts: vec![part], ..case.subject() };
            assert_eq!(
                page_not_measured(&subject, &profile(&[])),
                Outcome::Indeterminate(Reason::PagesNotMeasured { asked: page_count, measured })
            );
        }
        case.measurements = Vec::new();
        assert_eq!(page_not_measured(&case.subject(), &profile(&[])), Outcome::Indeterminate(Reason::NoPages));
    }
}
