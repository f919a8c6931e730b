//! A scanned PDF page on which a program drew, too.

use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::{Drawing, Format};
use crate::profile::Profile;
use crate::requirement::HOUSE_RULE;

declare_check! {
    /// ## What it looks for
    /// Text, lines or annotations that show on a scanned PDF page beside its images. An invisible layer of text, as
    /// programs that read letters add it, is no such thing.
    /// ## Why it matters
    /// What was drawn was not on the paper: a stamp, a note, a white patch over a line. The record would show what
    /// nobody scanned.
    /// ## What to do
    /// Scan the paper again without stamps or notes of the program. If something must be added to a document, add it
    /// as a document of its own.
    /// ## What it cannot see
    /// What was drawn into the image itself before it came here.
    pub(super) static PAGE_DRAWN_OVER = {
        name: "page_drawn_over",
        requirements: &[HOUSE_RULE],
        run: Run::EachPage(page_drawn_over),
        in_japanese: "\
## 何を見るか\n\
スキャンしたPDFのページに、画像のほかに見える文字・線・注釈がないかを見ます。文字認識で付けられた見えない文字は含みません。\n\
## なぜ大切か\n\
描き加えたものは紙にありません。スタンプや注記、白い塗りつぶしがあると、読み取っていないものが記録に残ります。\n\
## どうするか\n\
ソフトのスタンプや注記を切って読み取り直してください。書き加える必要があれば、別の書類にしてください。\n\
## 何は見られないか\n\
取込みの前に画像そのものへ描き込まれたものは分かりません。\n",
    }
}

fn page_drawn_over(page: &Page<'_>, _: &Profile) -> Outcome {
    if page.format != Format::Pdf || !page.is_scan() {
        return Outcome::NotApplicable;
    }
    match page.measured.drawing {
        None => Outcome::Indeterminate(Reason::PlacementNotTold),
        Some(Drawing { text: false, lines: false, annotations: false }) => Outcome::Passed,
        Some(Drawing { text, lines, annotations }) => {
            Outcome::Failed(Reason::PageDrawnOver { text, lines, annotations })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, of_page, of_pdf_page, pdf, plain_pdf};

    #[test]
    fn whatever_shows_beside_the_scan() {
        let mut page = pdf(plain_pdf()).pages.remove(0);
        let mut check = |drawing| {
            page.drawing = drawing;
            of_pdf_page(page_drawn_over, &page, &[])
        };
        assert_eq!(check(Some(Drawing::default())), Outcome::Passed);
        for (text, lines, annotations) in [(true, false, false), (false, true, false), (false, false, true)] {
            let expected = Outcome::Failed(Reason::PageDrawnOver { text, lines, annotations });
            assert_eq!(check(Some(Drawing { text, lines, annotations })), expected);
        }
        assert_eq!(check(None), Outcome::Indeterminate(Reason::PlacementNotTold));
        assert_eq!(of_page(page_drawn_over, &a4_page(), &[]), Outcome::NotApplicable);
    }
}
