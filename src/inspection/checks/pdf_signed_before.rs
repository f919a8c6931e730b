//! A PDF that somebody signed before it came here.

use crate::inspection::Run;
use crate::judgement::{Outcome, Reason};
use crate::measurements::Format;
use crate::measurements::Measurements;
use crate::profile::Profile;
use crate::requirement::HOUSE_RULE;

declare_check! {
    /// ## What it looks for
    /// Signatures already inside a PDF.
    /// ## Why it matters
    /// A signed PDF is an electronic original, not a scan of paper: other duties apply to it, and its signature
    /// must be verified while that is possible.
    /// ## What to do
    /// Look at who signed it. If it is no scan, keep it as the electronic document it is.
    /// ## What it cannot see
    /// Whether the signature is valid; and signatures kept in a file beside it.
    pub(super) static PDF_SIGNED_BEFORE = {
        name: "pdf_signed_before",
        requirements: &[HOUSE_RULE],
        run: Run::EachFile(pdf_signed_before),
        in_japanese: "\
## 何を見るか\n\
PDFに、取込み前からの電子署名が入っていないかを見ます。\n\
## なぜ大切か\n\
署名済みのPDFは紙のスキャンではなく電子の原本で、別の扱いが必要です。\n\
## どうするか\n\
署名者を確かめ、スキャンでなければ電子文書として保存してください。\n\
## 何は見られないか\n\
署名が有効かどうかや、別ファイルの署名は分かりません。\n",
    }
}

fn pdf_signed_before(file: &Measurements, _: &Profile) -> Outcome {
    match &file.pdf {
        None if file.format != Format::Pdf => Outcome::NotApplicable,
        None => Outcome::Indeterminate(Reason::PdfNotRead),
        Some(facts) => match facts.signatures {
            None => Outcome::Indeterminate(Reason::PdfNotRead),
            Some(0) => Outcome::Passed,
            Some(signatures) => Outcome::Failed(Reason::PdfSignedBefore { signatures, revisions: facts.revisions }),
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
        let check = |file: &Measurements| pdf_signed_before(file, &profile(&[]));
        assert_eq!(check(&pdf(plain())), Outcome::Passed);
        let facts = PdfFacts { signatures: Some(1), revisions: 2, ..plain() };
        assert_eq!(check(&pdf(facts)), Outcome::Failed(Reason::PdfSignedBefore { signatures: 1, revisions: 2 }));
        assert_eq!(check(&tiff(vec![a4_page()])), Outcome::NotApplicable);
        for facts in [None, Some(PdfFacts { signatures: None, ..plain() })] {
            let unread = Measurements { pdf: facts, ..pdf(plain()) };
            assert_eq!(check(&unread), Outcome::Indeterminate(Reason::PdfNotRead));
        }
    }
}
