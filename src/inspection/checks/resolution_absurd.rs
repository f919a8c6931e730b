//! A resolution that no scanner would use for such paper.

use crate::inspection::effective::effective;
use crate::inspection::{Page, Run};
use crate::judgement::ResolutionBasis;
use crate::judgement::{Outcome, Reason};
use crate::profile::Profile;
use crate::requirement::HOUSE_RULE;

declare_check! {
    /// ## What it looks for
    /// A declared or effective resolution outside the range that the profile calls plausible.
    /// ## Why it matters
    /// The value is a default, a mistake or made up; whatever was worked out with it is worth nothing.
    /// ## What to do
    /// Look at the scanner's settings; if the paper is of an odd size, name it in the delivery.
    /// ## What it cannot see
    /// A false value within the range.
    pub(super) static RESOLUTION_ABSURD = {
        name: "resolution_absurd",
        requirements: &[HOUSE_RULE],
        run: Run::EachPage(resolution_absurd),
        in_japanese: "\
## 何を見るか\n\
申告値または実際の解像度が、プロファイルでありうるとした範囲を外れていないかを見ます。\n\
## なぜ大切か\n\
初期値や誤り、作られた値で、それを使った計算は当てになりません。\n\
## どうするか\n\
スキャナーの設定を確かめてください。特殊な寸法の紙は、サイドカーで示してください。\n\
## 何は見られないか\n\
範囲内の偽の値は分かりません。\n",
    }
}

fn resolution_absurd(page: &Page<'_>, profile: &Profile) -> Outcome {
    let Some(plausible) = profile.resolution.plausible_dpi.filter(|_| page.is_scan()) else {
        return Outcome::NotApplicable;
    };
    let (least_dpi, most_dpi) = (plausible.least, plausible.most);
    let range = u64::from(least_dpi) * 1000..=u64::from(most_dpi) * 1000;
    let absurd = |found_milli_dpi: u64, basis| {
        Outcome::Failed(Reason::ResolutionAbsurd { found_milli_dpi, least_dpi, most_dpi, basis })
    };
    if let Some(declared) = page.measured.declared_dpi {
        for milli in [declared.x_milli, declared.y_milli] {
            if !range.contains(&milli) {
                return absurd(milli, ResolutionBasis::Declared);
            }
        }
    }
    match effective(page, profile) {
        Ok(found) => match [found.x_milli, found.y_milli].into_iter().find(|milli| !range.contains(milli)) {
            Some(milli) => absurd(milli, found.basis),
            None => Outcome::Passed,
        },
        // The declared value is plausible, and it is all there is to judge.
        Err(_) if page.measured.declared_dpi.is_some() => Outcome::Passed,
        Err(reason) => Outcome::Indeterminate(reason),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, dpi, of_page};
    use crate::measurements::PageMeasurements;

    fn check(width_px: u32, height_px: u32, declared: Option<u32>, settings: &[(&str, &str)]) -> Outcome {
        let page = PageMeasurements { width_px, height_px, declared_dpi: declared.map(dpi), ..a4_page() };
        of_page(resolution_absurd, &page, settings)
    }

    #[test]
    fn within_what_scanners_do() {
        let only_a4 = [("paper = [\"A4\", \"B5\"]", "paper = [\"A4\"]")];
        let absurd = |found_milli_dpi, basis| {
            Outcome::Failed(Reason::ResolutionAbsurd { found_milli_dpi, least_dpi: 72, most_dpi: 1200, basis })
        };
        assert_eq!(check(2480, 3508, Some(300), &only_a4), Outcome::Passed);
        assert_eq!(check(2480, 3508, Some(1), &only_a4), absurd(1000, ResolutionBasis::Declared));
        assert_eq!(check(2480, 3508, Some(65535), &only_a4), absurd(65_535_000, ResolutionBasis::Declared));
        assert_eq!(check(496, 702, None, &only_a4), absurd(59_992, ResolutionBasis::Paper));
        assert!(matches!(check(2480, 3508, None, &[]), Outcome::Indeterminate(Reason::SeveralPapers { .. })));
        let unasked = [("plausible_dpi = { least = 72, most = 1200 }\n", "")];
        assert_eq!(check(2480, 3508, Some(1), &unasked), Outcome::NotApplicable);
    }
}
