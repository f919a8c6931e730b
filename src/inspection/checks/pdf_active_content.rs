//! A PDF that runs scripts or starts something when opened.

use crate::inspection::Run;
use crate::judgement::{Outcome, Reason};
use crate::measurements::Format;
use crate::measurements::Measurements;
use crate::profile::Profile;
use crate::requirement::{HOUSE_RULE, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// JavaScript, and actions that launch programs, open other files or send forms.
    /// ## Why it matters
    /// A record that does something when opened endangers every workstation that shows it, for as long as it is
    /// kept.
    /// ## What to do
    /// Scan the paper itself. If the file came from outside, print and scan it, or ask for a plain one.
    /// ## What it cannot see
    /// Faults in viewers that need no script; a virus scanner is still needed.
    pub(super) static PDF_ACTIVE_CONTENT = {
        name: "pdf_active_content",
        requirements: &[mhlw_5_2("6.5-C10–12"), mhlw_5_2("7.3-C1"), HOUSE_RULE],
        run: Run::EachFile(pdf_active_content),
        in_japanese: "\
## 何を見るか\n\
PDFに、スクリプトや、開くと何かを起動・送信する仕掛けがないかを見ます。\n\
## なぜ大切か\n\
開くだけで動く記録は、保存している間ずっと、表示する端末を危険にさらします。\n\
## どうするか\n\
紙そのものを読み取ってください。外部から届いたファイルなら、印刷して読み取るか、仕掛けのないものを依頼してください。\n\
## 何は見られないか\n\
スクリプトを使わない攻撃は分かりません。ウイルス対策は別に必要です。\n",
    }
}

fn pdf_active_content(file: &Measurements, _: &Profile) -> Outcome {
    match &file.pdf {
        None if file.format != Format::Pdf => Outcome::NotApplicable,
        None => Outcome::Indeterminate(Reason::PdfNotRead),
        Some(facts) => match (facts.scripts, facts.launch_actions) {
            (Some(false), Some(false)) => Outcome::Passed,
            // Found is found, whatever else was not read.
            (scripts, launch_actions) if scripts == Some(true) || launch_actions == Some(true) => {
                let (scripts, launch_actions) = (scripts == Some(true), launch_actions == Some(true));
                Outcome::Failed(Reason::PdfActiveContent { scripts, launch_actions })
            }
            _ => Outcome::Indeterminate(Reason::PdfNotRead),
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
        let check = |file: &Measurements| pdf_active_content(file, &profile(&[]));
        assert_eq!(check(&pdf(plain())), Outcome::Passed);
        for (scripts, launch_actions) in [(true, false), (false, true), (true, true)] {
            let facts = PdfFacts { scripts: Some(scripts), launch_actions: Some(launch_actions), ..plain() };
            assert_eq!(check(&pdf(facts)), Outcome::Failed(Reason::PdfActiveContent { scripts, launch_actions }));
        }
        assert_eq!(check(&tiff(vec![a4_page()])), Outcome::NotApplicable);
        for facts in [None, Some(PdfFacts { scripts: None, ..plain() })] {
            let unread = Measurements { pdf: facts, ..pdf(plain()) };
            assert_eq!(check(&unread), Outcome::Indeterminate(Reason::PdfNotRead));
        }
    }
}
