//! A file whose declared resolution is not the one its pixels have.

use crate::inspection::effective::effective;
use crate::inspection::{Page, Run};
use crate::judgement::ResolutionBasis;
use crate::judgement::{Outcome, Reason};
use crate::measurements::Format;
use crate::profile::Profile;
use crate::requirement::HOUSE_RULE;

declare_check! {
    /// ## What it looks for
    /// A declared resolution that differs from pixels over paper size by more than the profile tolerates.
    /// ## Why it matters
    /// Either the paper is not the size it is taken for, or the scanner's settings are not what they say;
    /// printed at its declared size, the record would come out wrong.
    /// ## What to do
    /// Check the scanner's paper setting. A photograph from a telephone has a meaningless tag.
    /// ## What it cannot see
    /// A wrong tag that happens to fit another accepted paper size. Of a PDF only the drawn size counts.
    pub(super) static RESOLUTION_DECLARED_DISAGREES = {
        name: "resolution_declared_disagrees",
        requirements: &[HOUSE_RULE],
        run: Run::EachPage(resolution_declared_disagrees),
        in_japanese: "\
## 何を見るか\n\
ファイルの申告する解像度と、紙の寸法から求めた解像度が食い違っていないかを見ます。\n\
## なぜ大切か\n\
紙の寸法の取り違えか、スキャナーの設定の誤りで、印刷すると寸法が狂います。\n\
## どうするか\n\
スキャナーの用紙設定を確かめてください。スマートフォンの写真の値には意味がありません。\n\
## 何は見られないか\n\
別の用紙寸法にたまたま合う誤りは分かりません。PDFでは描画寸法だけを見ます。\n",
    }
}

fn resolution_declared_disagrees(page: &Page<'_>, profile: &Profile) -> Outcome {
    let (Some(declared), Some(tolerance_percent)) =
        (page.measured.declared_dpi, profile.resolution.declared_tolerance_percent)
    else {
        return Outcome::NotApplicable;
    };
    if page.format == Format::Pdf || !page.is_scan() {
        return Outcome::NotApplicable;
    }
    let found = match effective(page, profile) {
        // Nothing but the declared value: no second one to compare it with.
        Ok(found) if found.basis == ResolutionBasis::Declared => return Outcome::NotApplicable,
        Err(Reason::PaperSizeNotTold) => return Outcome::NotApplicable,
        Err(reason) => return Outcome::Indeterminate(reason),
        Ok(found) => found,
    };
    let differ = |declared: u64, effective: u64| {
        declared.abs_diff(effective).saturating_mul(100) > effective.saturating_mul(u64::from(tolerance_percent))
    };
    for (declared_milli_dpi, effective_milli_dpi) in
        [(declared.x_milli, found.x_milli), (declared.y_milli, found.y_milli)]
    {
        if differ(declared_milli_dpi, effective_milli_dpi) {
            return Outcome::Failed(Reason::DeclaredResolutionDisagrees {
                declared_milli_dpi,
                effective_milli_dpi,
                tolerance_percent,
            });
        }
    }
    Outcome::Passed
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, dpi, of_page};
    use crate::measurements::{DeclaredDpi, PageMeasurements};

    fn check(width_px: u32, height_px: u32, declared: Option<u32>, settings: &[(&str, &str)]) -> Outcome {
        let page = PageMeasurements { width_px, height_px, declared_dpi: declared.map(dpi), ..a4_page() };
        of_page(resolution_declared_disagrees, &page, settings)
    }

    #[test]
    fn declared_against_effective() {
        let only_a4 = [("paper = [\"A4\", \"B5\"]", "paper = [\"A4\"]")];
        assert_eq!(check(2480, 3508, Some(300), &only_a4), Outcome::Passed);
        assert_eq!(check(2480, 3508, Some(295), &only_a4), Outcome::Passed);
        let disagrees = |declared: u64, effective_milli_dpi| {
            let declared_milli_dpi = declared * 1000;
            Outcome::Failed(Reason::DeclaredResolutionDisagrees {
                declared_milli_dpi,
                effective_milli_dpi,
                tolerance_percent: 3,
            })
        };
        assert_eq!(check(1240, 1754, Some(300), &only_a4), disagrees(300, 149_980));
        assert_eq!(check(2480, 3508, Some(72), &only_a4), disagrees(72, 299_961));
        assert_eq!(check(2480, 3508, None, &only_a4), Outcome::NotApplicable);
        // Either axis alone.
        for (x_milli, y_milli, declared) in [(300_000, 280_000, 280), (280_000, 300_000, 280)] {
            let declared_dpi = Some(DeclaredDpi { x_milli, y_milli, ..dpi(300) });
            let page = PageMeasurements { declared_dpi, ..a4_page() };
            let effective = if x_milli == 300_000 { 300_010 } else { 299_961 };
            assert_eq!(of_page(resolution_declared_disagrees, &page, &only_a4), disagrees(declared, effective));
        }
        // Neither A4 nor B5 at this value, and both by their shape.
        assert!(matches!(check(2480, 3508, Some(72), &[]), Outcome::Indeterminate(Reason::SeveralPapers { .. })));
    }
}
