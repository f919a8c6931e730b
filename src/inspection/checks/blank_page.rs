//! A page with nothing on it, as far as can be seen.

use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::ColourModel;
use crate::profile::Profile;
use crate::requirement::HOUSE_RULE;

declare_check! {
    /// ## What it looks for
    /// A page with a smaller share of dark and of coloured pixels than the profile calls blank.
    /// ## Why it matters
    /// A sheet may have lain upside down, or the lamp may have failed.
    /// ## What to do
    /// Look at the paper. If it is blank, let it be: pages are never dropped. If not, turn it over and scan
    /// again.
    /// ## What it cannot see
    /// Writing paler than three quarters of the paper's own brightness. In black and white faint writing has
    /// vanished at the scanner, so an empty page there may not be a blank one: it cannot be told.
    pub(super) static BLANK_PAGE = {
        name: "blank_page",
        requirements: &[HOUSE_RULE],
        run: Run::EachPage(blank_page),
        in_japanese: "\
## 何を見るか\n\
暗い画素と色のある画素が、プロファイルで白紙とみなす割合より少ないページかを見ます。\n\
## なぜ大切か\n\
裏返しに置いたか、光源の故障かもしれません。\n\
## どうするか\n\
紙を確かめ、本当に白紙ならそのままに（ページは捨てません）、そうでなければ表裏を直して読み取り直してください。\n\
## 何は見られないか\n\
紙の明るさの4分の3より明るい薄い字は見えません。白黒では薄い字が消えるため、白紙かどうかを判断できません。\n",
    }
}

fn blank_page(page: &Page<'_>, profile: &Profile) -> Outcome {
    let Some(limit_ppm) = profile.page.blank_below_dark_ppm.filter(|_| page.is_scan()) else {
        return Outcome::NotApplicable;
    };
    let Some(tone) = page.measured.tone else {
        return Outcome::Indeterminate(Reason::ToneNotTold);
    };
    let dark_ppm = tone.dark_ppm;
    if dark_ppm >= limit_ppm || tone.coloured_ppm >= limit_ppm {
        Outcome::Passed
    } else if page.measured.colour == ColourModel::Bitonal {
        Outcome::Indeterminate(Reason::BlankOrFaint { dark_ppm, limit_ppm })
    } else {
        Outcome::Failed(Reason::BlankPage { dark_ppm, limit_ppm })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, of_page};
    use crate::measurements::{PageMeasurements, Tone};

    fn check(colour: ColourModel, dark_ppm: u32, coloured_ppm: u32) -> Outcome {
        let tone = Some(Tone { paper_level: 250, dark_ppm, black_ppm: 0, white_ppm: 0, coloured_ppm });
        of_page(blank_page, &PageMeasurements { colour, tone, ..a4_page() }, &[])
    }

    #[test]
    fn by_what_is_dark_or_coloured() {
        assert_eq!(check(ColourModel::Colour, 200, 0), Outcome::Passed);
        assert_eq!(check(ColourModel::Colour, 0, 200), Outcome::Passed);
        let blank = Reason::BlankPage { dark_ppm: 199, limit_ppm: 200 };
        assert_eq!(check(ColourModel::Grey, 199, 0), Outcome::Failed(blank));
        let faint = Reason::BlankOrFaint { dark_ppm: 0, limit_ppm: 200 };
        assert_eq!(check(ColourModel::Bitonal, 0, 0), Outcome::Indeterminate(faint));
        let unseen = PageMeasurements { tone: None, ..a4_page() };
        assert_eq!(of_page(blank_page, &unseen, &[]), Outcome::Indeterminate(Reason::ToneNotTold));
        let unasked = [("blank_below_dark_ppm = 200", "")];
        assert_eq!(of_page(blank_page, &unseen, &unasked), Outcome::NotApplicable);
    }
}
