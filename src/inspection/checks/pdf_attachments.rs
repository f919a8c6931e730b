//! A PDF with other files inside.

use crate::inspection::Run;
use crate::judgement::{Outcome, Reason};
use crate::measurements::Format;
use crate::measurements::Measurements;
use crate::profile::Profile;
use crate::requirement::{HOUSE_RULE, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// Files embedded in a PDF.
    /// ## Why it matters
    /// They would be signed and kept unseen: nobody measures or looks at them, and they may be another
    /// patient's.
    /// ## What to do
    /// Scan the paper itself, or deliver the attachments as documents of their own.
    /// ## What it cannot see
    /// Data hidden in streams that nothing refers to.
    pub(super) static PDF_ATTACHMENTS = {
        name: "pdf_attachments",
        requirements: &[mhlw_5_2("6.5-C10–12"), mhlw_5_2("7.3-C1"), HOUSE_RULE],
        run: Run::EachFile(pdf_attachments),
        in_japanese: "\
## 何を見るか\n\
PDFの中に別のファイルが添付されていないかを見ます。\n\
## なぜ大切か\n\
添付は誰にも見られないまま署名・保存され、別の患者のものかもしれません。\n\
## どうするか\n\
紙そのものを読み取るか、添付を別の書類として取り込んでください。\n\
## 何は見られないか\n\
どこからも参照されない隠しデータは分かりません。\n",
    }
}

fn pdf_attachments(file: &Measurements, _: &Profile) -> Outcome {
    match &file.pdf {
        None if file.format != Format::Pdf => Outcome::NotApplicable,
        None => Outcome::Indeterminate(Reason::PdfNotRead),
        Some(facts) => match facts.embedded_files {
            None => Outcome::Indeterminate(Reason::PdfNotRead),
            Some(0) => Outcome::Passed,
            Some(files) => Outcome::Failed(Reason::PdfAttachments { files }),
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
        let check = |file: &Measurements| pdf_attachments(file, &profile(&[]));
        assert_eq!(check(&pdf(plain())), Outcome::Passed);
        let facts = PdfFacts { embedded_files: Some(2), ..plain() };
        assert_eq!(check(&pdf(facts)), Outcome::Failed(Reason::PdfAttachments { files: 2 }));
        assert_eq!(check(&tiff(vec![a4_page()])), Outcome::NotApplicable);
        for facts in [None, Some(PdfFacts { embedded_files: None, ..plain() })] {
            let unread = Measurements { pdf: facts, ..pdf(plain()) };
            assert_eq!(check(&unread), Outcome::Indeterminate(Reason::PdfNotRead));
        }
    }
}
