//! A page whose lines run at an angle.

use crate::inspection::effective::effective;
use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::{LineDirection, Skew};
use crate::profile::Profile;
use crate::requirement::{HOUSE_RULE, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A page whose lines of writing or print run further askew than the profile allows.
    /// ## Why it matters
    /// What is measured on the record, as on an electrocardiogram, comes out wrong; and a sheet that was drawn in askew may
    /// have lost a corner.
    /// ## What to do
    /// Straighten the sheet and the paper guides, and scan again. Never straighten the image afterwards.
    /// ## What it cannot see
    /// On photographs, loose handwriting and nearly blank pages no direction can be told. It does not see whether a page lies on its
    /// side or upside down, nor an angle of more than nine and a half degrees.
    pub(super) static SKEWED = {
        name: "skewed",
        requirements: &[mhlw_5_2("9.1-C1(3)"), HOUSE_RULE],
        run: Run::EachPage(skewed),
        in_japanese: "\
## 何を見るか\n\
文字や罫線の向きが、プロファイルで許す角度より傾いていないかを見ます。\n\
## なぜ大切か\n\
心電図のように記録の上で測るものは値が狂います。斜めに引き込まれた紙は、隅が欠けていることもあります。\n\
## どうするか\n\
紙とガイドをまっすぐに直し、読み取り直してください。読み取ったあとの画像を回して直してはいけません。\n\
## 何は見られないか\n\
写真、行のそろわない手書き、ほぼ白紙のページでは、向きを判断できません。横向きや上下逆さま、9.5度を超える傾きも分かりません。\n",
    }
}

fn skewed(page: &Page<'_>, profile: &Profile) -> Outcome {
    let Some(limit_milli_degrees) = profile.page.maximum_skew_milli_degrees.filter(|_| page.is_scan()) else {
        return Outcome::NotApplicable;
    };
    let (milli_degrees, lines) = match page.measured.appearance.map(|appearance| appearance.skew) {
        None => return Outcome::Indeterminate(Reason::SkewNotTold { because: None }),
        Some(Skew::CannotTell { reason }) => {
            return Outcome::Indeterminate(Reason::SkewNotTold { because: Some(reason) });
        }
        Some(Skew::Seen { milli_degrees, lines, .. }) => (milli_degrees, lines),
    };
    // It was measured as if pixels were square, and of a fax they are not. That a sheet is cut or cropped by some millimetres makes none
    // of a scan's pixels longer. Angles are small: their tangents are as good as they.
    let (x, y) = effective(page, profile).map_or((1, 1), |found| (found.x_milli.max(1), found.y_milli.max(1)));
    let are_square = x.abs_diff(y).saturating_mul(10) <= x.min(y);
    let (times, over) = match lines {
        _ if are_square => (1, 1),
        LineDirection::Across => (x, y),
        LineDirection::Down => (y, x),
    };
    let found_milli_degrees = u64::from(milli_degrees.unsigned_abs()).saturating_mul(times) / over;
    if found_milli_degrees > u64::from(limit_milli_degrees) {
        Outcome::Failed(Reason::Skewed { found_milli_degrees, limit_milli_degrees })
    } else {
        Outcome::Passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, dpi, of_page};
    use crate::measurements::{Appearance, DeclaredDpi, PageMeasurements, SkewUnknown};

    const ASKED: (&str, &str) = ("[page]\n", "[page]\nmaximum_skew_degrees = 0.5\n");

    fn page(skew: Option<Skew>) -> PageMeasurements {
        PageMeasurements { appearance: skew.map(|skew| Appearance { cell_px: 2, skew }), ..a4_page() }
    }

    fn seen(milli_degrees: i32, lines: LineDirection) -> Option<Skew> {
        Some(Skew::Seen { milli_degrees, lines, peak_permille: 30_000, lead_permille: 20_000 })
    }

    #[test]
    fn by_the_angle_either_way() {
        let check = |milli_degrees| of_page(skewed, &page(seen(milli_degrees, LineDirection::Across)), &[ASKED]);
        assert_eq!(check(500), Outcome::Passed);
        assert_eq!(check(-500), Outcome::Passed);
        let failed = |found_milli_degrees| {
            Outcome::Failed(Reason::Skewed { found_milli_degrees, limit_milli_degrees: 500 })
        };
        assert_eq!((check(501), check(-1200)), (failed(501), failed(1200)));
        let unasked = of_page(skewed, &page(seen(9000, LineDirection::Down)), &[]);
        assert_eq!(unasked, Outcome::NotApplicable);
    }

    #[test]
    fn what_was_not_seen_is_not_told() {
        let untold = |because| Outcome::Indeterminate(Reason::SkewNotTold { because });
        assert_eq!(of_page(skewed, &page(None), &[ASKED]), untold(None));
        let reason = SkewUnknown::NoDirection;
        assert_eq!(of_page(skewed, &page(Some(Skew::CannotTell { reason })), &[ASKED]), untold(Some(reason)));
    }

    #[test]
    fn pixels_that_are_not_square() {
        // A fax of 204 by 98 dpi: lines that fall by one pixel in a hundred fall by two.
        let declared_dpi = Some(DeclaredDpi { x_milli: 204_000, y_milli: 98_000, ..dpi(204) });
        let settings = [ASKED, ("paper = [\"A4\", \"B5\"]", "paper = [\"A4\"]")];
        for (lines, found) in [(LineDirection::Across, 624), (LineDirection::Down, 144)] {
            let page = PageMeasurements { width_px: 1687, height_px: 1146, declared_dpi, ..page(seen(300, lines)) };
            let told = match of_page(skewed, &page, &settings) {
                Outcome::Failed(Reason::Skewed { found_milli_degrees, .. }) => found_milli_degrees,
                Outcome::Passed => 144,
                other => panic!("{other:?}"),
            };
            assert!(told.abs_diff(found) <= 2, "{lines:?}: {told}");
        }
    }
}
