//! A PDF page that a program drew, or that has nothing on it.

use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::PageKind;
use crate::profile::Profile;
use crate::requirement::{HOUSE_RULE, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A PDF page made of text and lines, with images on less than half of it, and a page without any content.
    /// ## Why it matters
    /// Chapter 9 speaks of scanned paper. A drawn page is an electronic document of another kind, and none of
    /// the image checks can judge it.
    /// ## What to do
    /// Scan the paper. If there never was any, keep the file as the electronic document it is.
    /// ## What it cannot see
    /// A screenshot or a rendered page saved as one large image: it looks like a scan.
    pub(super) static PAGE_NOT_SCANNED = {
        name: "page_not_scanned",
        requirements: &[mhlw_5_2("9-scope"), HOUSE_RULE],
        run: Run::EachPage(page_not_scanned),
        in_japanese: "\
## 何を見るか\n\
PDFのページが、画像ではなくソフトで描かれたもの、または空ではないかを見ます。\n\
## なぜ大切か\n\
第9章は紙のスキャンについての定めです。描かれたページは別種の電子文書で、画像の検査ができません。\n\
## どうするか\n\
紙を読み取ってください。もともと紙がなければ、電子文書として保存してください。\n\
## 何は見られないか\n\
画面の写しや、描画結果を一枚の画像にしたものは、スキャンと区別できません。\n",
    }
}

fn page_not_scanned(page: &Page<'_>, _: &Profile) -> Outcome {
    match page.measured.kind {
        PageKind::Scan => Outcome::Passed,
        PageKind::Drawn => Outcome::Failed(Reason::PageDrawn),
        PageKind::Empty => Outcome::Failed(Reason::PageEmpty),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, of_pdf_page};
    use crate::measurements::PageMeasurements;

    #[test]
    fn a_picture_of_paper_or_not() {
        for (kind, expected) in [
            (PageKind::Scan, Outcome::Passed),
            (PageKind::Drawn, Outcome::Failed(Reason::PageDrawn)),
            (PageKind::Empty, Outcome::Failed(Reason::PageEmpty)),
        ] {
            assert_eq!(of_pdf_page(page_not_scanned, &PageMeasurements { kind, ..a4_page() }, &[]), expected);
        }
    }
}
