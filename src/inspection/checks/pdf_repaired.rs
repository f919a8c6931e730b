//! A PDF that could be read only after mending its table of contents.

use crate::inspection::Run;
use crate::judgement::{Outcome, Reason};
use crate::measurements::Format;
use crate::measurements::Measurements;
use crate::profile::Profile;
use crate::requirement::{TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A PDF whose cross-reference table is wrong, so that it had to be rebuilt to read the file.
    /// ## Why it matters
    /// Readers mend such files each in its own way; the bytes are kept as they are, so each will go on
    /// guessing.
    /// ## What to do
    /// If one scanner always writes such files, look for newer firmware; some are known to, and their pages are
    /// whole.
    /// ## What it cannot see
    /// Whether another reader mends the file in the same way.
    pub(super) static PDF_REPAIRED = {
        name: "pdf_repaired",
        requirements: &[mhlw_5_2("9.1-C1(4a)"), mhlw_5_2("7.3-C4"), TAX],
        run: Run::EachFile(pdf_repaired),
        in_japanese: "\
## 何を見るか\n\
PDFの目次（相互参照表）が壊れていて、作り直さないと読めない状態かを見ます。\n\
## なぜ大切か\n\
壊れた目次の補い方はソフトごとに異なり、原本のバイト列は直しません。\n\
## どうするか\n\
同じスキャナーで続く場合は、新しいファームウェアを探してください。ページ自体は無事なことが多いです。\n\
## 何は見られないか\n\
ほかのソフトが同じように補うかどうかは分かりません。\n",
    }
}

fn pdf_repaired(file: &Measurements, _: &Profile) -> Outcome {
    match &file.pdf {
        None if file.format != Format::Pdf => Outcome::NotApplicable,
        None => Outcome::Indeterminate(Reason::PdfNotRead),
        Some(facts) => match facts.repaired {
            None => Outcome::Indeterminate(Reason::PdfNotRead),
            Some(true) => Outcome::Failed(Reason::PdfRepaired),
            Some(false) => Outcome::Passed,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, pdf, plain_pdf as plain, profile, tiff};
    use crate::measurements::PdfFacts;

    #[test]
    fn in_pdf_only() {
        let check = |file: &Measurements| pdf_repaired(file, &profile(&[]));
        assert_eq!(check(&pdf(plain())), Outcome::Passed);
        assert_eq!(check(&pdf(PdfFacts { repaired: Some(true), ..plain() })), Outcome::Failed(Reason::PdfRepaired));
        assert_eq!(check(&tiff(vec![a4_page()])), Outcome::NotApplicable);
        for facts in [None, Some(PdfFacts { repaired: None, ..plain() })] {
            let unread = Measurements { pdf: facts, ..pdf(plain()) };
            assert_eq!(check(&unread), Outcome::Indeterminate(Reason::PdfNotRead));
        }
    }
}
