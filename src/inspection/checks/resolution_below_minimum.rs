//! A page scanned more coarsely than the profile allows.

use crate::inspection::effective::effective;
use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::ColourModel;
use crate::profile::Profile;
use crate::requirement::{TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A page with fewer pixels to the inch of paper than the profile's minimum: pixels over the paper's size. In a
    /// PDF whose page is one of the profile's papers, over the size at which they are drawn on it; of several
    /// images the coarsest counts.
    /// ## Why it matters
    /// Detail lost at the scanner cannot be recovered once the paper is gone.
    /// ## What to do
    /// Scan the page again at the resolution the profile asks. Resampling adds no detail.
    /// ## What it cannot see
    /// Blur, and pixels the scanner made up: a coarse scan enlarged by software counts as fine. A sheet of
    /// another size than assumed, where several sizes are possible and the declared value is false.
    pub(super) static RESOLUTION_BELOW_MINIMUM = {
        name: "resolution_below_minimum",
        requirements: &[mhlw_5_2("9.1-C1"), mhlw_5_2("9.1-C1(1)"), mhlw_5_2("9.1-C1(2)"), mhlw_5_2("9.1-C1(3)"), mhlw_5_2("9.5-C1"), mhlw_5_2("7.2-C1–4"), TAX],
        run: Run::EachPage(resolution_below_minimum),
        in_japanese: "\
## 何を見るか\n\
紙の寸法に対する画素数から求めた実際の解像度が、プロファイルの下限を満たすかを見ます。PDFでは、ページがプロファイルの用紙に合うときに、描かれた寸法から求め、画像が複数あれば最も粗いものを見ます。\n\
## なぜ大切か\n\
スキャン時に失われた細部は、紙がなくなれば取り戻せません。\n\
## どうするか\n\
プロファイルの解像度で読み取り直してください。画像の拡大では細部は戻りません。\n\
## 何は見られないか\n\
ぼけや、ソフトで水増しした画素は分かりません。紙の寸法の候補が複数ある場合、偽の申告値は見抜けないことがあります。\n",
    }
}

fn resolution_below_minimum(page: &Page<'_>, profile: &Profile) -> Outcome {
    let is_colour = |model| matches!(model, ColourModel::Colour | ColourModel::Cmyk | ColourModel::Palette);
    let mut others = page.measured.images.iter().filter(|image| !image.mask && !image.stencil);
    let in_colour = is_colour(page.measured.colour) && others.all(|image| is_colour(image.colour));
    let for_colour = profile.resolution.minimum_dpi_colour.filter(|_| in_colour);
    let Some(minimum_dpi) = for_colour.or(profile.resolution.minimum_dpi).filter(|_| page.is_scan()) else {
        return Outcome::NotApplicable;
    };
    match effective(page, profile) {
        Err(reason) => Outcome::Indeterminate(reason),
        Ok(found) if found.at_most_milli < u64::from(minimum_dpi) * 1000 => {
            Outcome::Failed(Reason::ResolutionBelow { found_milli_dpi: found.milli(), minimum_dpi, basis: found.basis })
        }
        Ok(_) => Outcome::Passed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, dpi, of_page, of_pdf_page, pdf, plain_pdf};
    use crate::judgement::ResolutionBasis;
    use crate::measurements::{PageKind, PageMeasurements};
    use crate::paper::Paper;

    fn check(width_px: u32, height_px: u32, declared: Option<u32>) -> Outcome {
        let page = PageMeasurements { width_px, height_px, declared_dpi: declared.map(dpi), ..a4_page() };
        of_page(resolution_below_minimum, &page, &[])
    }

    fn below(found_milli_dpi: u64, basis: ResolutionBasis) -> Outcome {
        Outcome::Failed(Reason::ResolutionBelow { found_milli_dpi, minimum_dpi: 300, basis })
    }

    #[test]
    fn pixels_over_paper() {
        assert_eq!(check(2480, 3508, Some(300)), Outcome::Passed);
        assert_eq!(check(2470, 3500, Some(300)), Outcome::Passed);
        assert_eq!(check(1240, 1754, Some(150)), below(149_980, ResolutionBasis::Paper));
        // 290 dpi is no rounding.
        assert_eq!(check(2398, 3391, Some(290)), below(290_004, ResolutionBasis::Paper));
        // A4 and B5 have one shape, so without a declared value nothing is known.
        let candidates = vec![Paper::A4, Paper::B5];
        assert_eq!(check(2480, 3508, None), Outcome::Indeterminate(Reason::SeveralPapers { candidates }));
    }

    #[test]
    fn pixels_over_placed_size() {
        let page = pdf(plain_pdf()).pages.remove(0);
        assert_eq!(of_pdf_page(resolution_below_minimum, &page, &[]), Outcome::Passed);
        let mut half = page.clone();
        (half.images[0].width_px, half.images[0].height_px) = (1240, 1754);
        assert_eq!(of_pdf_page(resolution_below_minimum, &half, &[]), below(149_980, ResolutionBasis::Placement));
        let drawn = PageMeasurements { kind: PageKind::Drawn, ..half };
        assert_eq!(of_pdf_page(resolution_below_minimum, &drawn, &[]), Outcome::NotApplicable);
        let unplaced = PageMeasurements { images: Vec::new(), ..page };
        let outcome = of_pdf_page(resolution_below_minimum, &unplaced, &[]);
        assert_eq!(outcome, Outcome::Indeterminate(Reason::PlacementNotTold));
    }

    #[test]
    fn colour_may_be_coarser_where_the_profile_says_so() {
        let settings = [("minimum_dpi = 300", "minimum_dpi = 200\nminimum_dpi_colour = 150")];
        let colour = PageMeasurements { width_px: 1240, height_px: 1754, declared_dpi: Some(dpi(150)), ..a4_page() };
        assert_eq!(of_page(resolution_below_minimum, &colour, &settings), Outcome::Passed);
        let grey = PageMeasurements { colour: ColourModel::Grey, samples_per_pixel: 1, ..colour };
        assert!(matches!(of_page(resolution_below_minimum, &grey, &settings), Outcome::Failed(_)));
    }
}
