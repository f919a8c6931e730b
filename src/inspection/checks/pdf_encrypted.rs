//! A PDF that is encrypted, with a password or without.

use crate::inspection::Run;
use crate::judgement::{Outcome, Reason};
use crate::measurements::Format;
use crate::measurements::Measurements;
use crate::measurements::PdfEncryption;
use crate::profile::Profile;
use crate::requirement::{TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A PDF with any encryption, also one that opens without a password.
    /// ## Why it matters
    /// Who cannot open a record cannot read it; and a password may be lost decades before the record is needed.
    /// ## What to do
    /// Switch encryption off at the scanner and scan again.
    /// ## What it cannot see
    /// Encryption of the whole file by another program: such a file is no PDF to begin with.
    pub(super) static PDF_ENCRYPTED = {
        name: "pdf_encrypted",
        requirements: &[mhlw_5_2("9.1-C1(4a)"), mhlw_5_2("7.2-C1–4"), TAX],
        run: Run::EachFile(pdf_encrypted),
        in_japanese: "\
## 何を見るか\n\
パスワードの有無にかかわらず、PDFが暗号化されていないかを見ます。\n\
## なぜ大切か\n\
開けない記録は読めません。パスワードは記録より先に失われます。\n\
## どうするか\n\
スキャナーの暗号化を切って、読み取り直してください。\n\
## 何は見られないか\n\
ファイル全体を別のソフトで暗号化した場合は、PDFとして認識されません。\n",
    }
}

fn pdf_encrypted(file: &Measurements, _: &Profile) -> Outcome {
    match &file.pdf {
        None if file.format != Format::Pdf => Outcome::NotApplicable,
        None => Outcome::Indeterminate(Reason::PdfNotRead),
        Some(facts) => match facts.encryption {
            None => Outcome::Indeterminate(Reason::PdfNotRead),
            Some(PdfEncryption::None) => Outcome::Passed,
            Some(encryption) => Outcome::Failed(Reason::PdfEncrypted { encryption }),
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
        let check = |file: &Measurements| pdf_encrypted(file, &profile(&[]));
        assert_eq!(check(&pdf(plain())), Outcome::Passed);
        for encryption in [PdfEncryption::EmptyPassword, PdfEncryption::Password] {
            let facts = PdfFacts { encryption: Some(encryption), ..plain() };
            assert_eq!(check(&pdf(facts)), Outcome::Failed(Reason::PdfEncrypted { encryption }));
        }
        assert_eq!(check(&tiff(vec![a4_page()])), Outcome::NotApplicable);
        for facts in [None, Some(PdfFacts { encryption: None, ..plain() })] {
            let unread = Measurements { pdf: facts, ..pdf(plain()) };
            assert_eq!(check(&unread), Outcome::Indeterminate(Reason::PdfNotRead));
        }
    }
}
