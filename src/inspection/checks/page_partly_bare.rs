//! A PDF page that its images do not fill.

use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::Format;
use crate::profile::Profile;
use crate::requirement::HOUSE_RULE;

declare_check! {
    /// ## What it looks for
    /// A PDF page of which less lies under images than paper and scan may differ by the profile's tolerance.
    /// ## Why it matters
    /// The bare part shows nothing of the paper: an image may be missing, or the page is said to be larger than what was
    /// scanned.
    /// ## What to do
    /// See whether all of the paper is on the page. Set the scanner to the size of the sheet and scan again.
    /// ## What it cannot see
    /// Parts of the paper that lay outside the scanned area; and what the image itself leaves white.
    pub(super) static PAGE_PARTLY_BARE = {
        name: "page_partly_bare",
        requirements: &[HOUSE_RULE],
        run: Run::EachPage(page_partly_bare),
        in_japanese: "\
## 何を見るか\n\
PDFのページのうち、画像のない部分が、プロファイルで許す紙の寸法の差を超えていないかを見ます。\n\
## なぜ大切か\n\
画像のない部分には紙が写っていません。画像が欠けているか、ページが実際より大きいことになっています。\n\
## どうするか\n\
紙の全体がページにあるかを確かめてください。スキャナーの用紙設定を合わせて読み取り直してください。\n\
## 何は見られないか\n\
読取り範囲の外にあった部分や、画像の中の白い部分は分かりません。\n",
    }
}

fn page_partly_bare(page: &Page<'_>, profile: &Profile) -> Outcome {
    if page.format != Format::Pdf || !page.is_scan() {
        return Outcome::NotApplicable;
    }
    let (Some(covered_ppm), Some(size)) = (page.measured.covered_ppm, page.measured.page_size) else {
        return Outcome::Indeterminate(Reason::PlacementNotTold);
    };
    let smallest = |um: u64| u128::from(um.saturating_sub(profile.page.tolerance_um));
    let (whole, least) = (
        u128::from(size.width_um) * u128::from(size.height_um),
        smallest(size.width_um) * smallest(size.height_um) * 1_000_000,
    );
    let least_ppm = least.checked_div(whole).and_then(|ppm| u32::try_from(ppm).ok()).unwrap_or(0);
    if covered_ppm < least_ppm {
        Outcome::Failed(Reason::PagePartlyBare { covered_ppm, least_ppm })
    } else {
        Outcome::Passed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, of_page, of_pdf_page, pdf, plain_pdf};

    #[test]
    fn up_to_the_tolerance() {
        let mut page = pdf(plain_pdf()).pages.remove(0);
        let mut check = |covered_ppm| {
            page.covered_ppm = covered_ppm;
            of_pdf_page(page_partly_bare, &page, &[])
        };
        assert_eq!(check(Some(1_000_000)), Outcome::Passed);
        // 207 × 294 mm of 210 × 297 mm.
        assert_eq!(check(Some(975_757)), Outcome::Passed);
        let bare = Reason::PagePartlyBare { covered_ppm: 975_756, least_ppm: 975_757 };
        assert_eq!(check(Some(975_756)), Outcome::Failed(bare));
        assert_eq!(check(None), Outcome::Indeterminate(Reason::PlacementNotTold));
        assert_eq!(of_page(page_partly_bare, &a4_page(), &[]), Outcome::NotApplicable);
    }
}
