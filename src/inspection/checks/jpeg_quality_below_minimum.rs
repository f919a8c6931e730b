//! A JPEG page compressed harder than the profile allows.

use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::{Compression, JpegFacts};
use crate::profile::Profile;
use crate::requirement::{TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// The quality, 1 to 100, whose quantisation tables lie nearest to the page's own, below the profile's
    /// minimum.
    /// ## Why it matters
    /// Hard compression smears thin strokes and small figures.
    /// ## What to do
    /// Raise the scanner's JPEG quality and scan again. Saving anew at a higher quality brings nothing back.
    /// ## What it cannot see
    /// Earlier, harder compression of the same picture.
    pub(super) static JPEG_QUALITY_BELOW_MINIMUM = {
        name: "jpeg_quality_below_minimum",
        requirements: &[mhlw_5_2("9.1-C1(4b)"), mhlw_5_2("7.2-C1–4"), TAX],
        run: Run::EachPage(jpeg_quality_below_minimum),
        in_japanese: "\
## 何を見るか\n\
JPEGの量子化表に最も近い品質値が、プロファイルの下限を満たすかを見ます。\n\
## なぜ大切か\n\
強い圧縮は細い線や小さな数字をつぶします。\n\
## どうするか\n\
スキャナーのJPEG品質を上げて読み取り直してください。高い品質で保存し直しても元には戻りません。\n\
## 何は見られないか\n\
以前に強く圧縮されたことは分かりません。\n",
    }
}

fn jpeg_quality_below_minimum(page: &Page<'_>, profile: &Profile) -> Outcome {
    let jpegs: Vec<Option<JpegFacts>> = jpegs(page).collect();
    let Some(minimum_quality) = profile.compression.minimum_jpeg_quality.filter(|_| !jpegs.is_empty()) else {
        return Outcome::NotApplicable;
    };
    match jpegs.iter().flatten().min_by_key(|jpeg| jpeg.nearest_quality) {
        Some(jpeg) if jpeg.nearest_quality < minimum_quality => Outcome::Failed(Reason::JpegQualityBelow {
            found_quality: jpeg.nearest_quality,
            exact: jpeg.exact,
            minimum_quality,
        }),
        Some(_) if jpegs.iter().all(Option::is_some) => Outcome::Passed,
        _ => Outcome::Indeterminate(Reason::JpegQualityNotTold),
    }
}

/// Of the main image and of every other on the page that is a JPEG.
fn jpegs<'a>(page: &Page<'a>) -> impl Iterator<Item = Option<JpegFacts>> + use<'a> {
    let is_jpeg = |steps: &[Compression]| {
        steps.iter().any(|step| matches!(step, Compression::Jpeg | Compression::OldJpeg))
    };
    let main = std::iter::once((page.measured.compression.as_slice(), page.measured.jpeg));
    let others = page.measured.images.iter().map(|image| (image.compression.as_slice(), image.jpeg));
    main.chain(others).filter(move |(steps, _)| is_jpeg(steps)).map(|(_, jpeg)| jpeg)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, of_page, of_pdf_page, pdf, plain_pdf};
    use crate::measurements::PageMeasurements;

    fn check(quality: Option<u8>, exact: bool, compression: Compression) -> Outcome {
        let jpeg = quality.map(|nearest_quality| JpegFacts { nearest_quality, exact, progressive: false });
        let page = PageMeasurements { jpeg, compression: vec![compression], ..a4_page() };
        of_page(jpeg_quality_below_minimum, &page, &[])
    }

    #[test]
    fn by_the_quantisation_tables() {
        assert_eq!(check(Some(80), true, Compression::Jpeg), Outcome::Passed);
        for exact in [true, false] {
            let reason = Reason::JpegQualityBelow { found_quality: 79, exact, minimum_quality: 80 };
            assert_eq!(check(Some(79), exact, Compression::Jpeg), Outcome::Failed(reason));
        }
        assert_eq!(check(None, false, Compression::OldJpeg), Outcome::Indeterminate(Reason::JpegQualityNotTold));
        assert_eq!(check(None, false, Compression::Deflate), Outcome::NotApplicable);
    }

    #[test]
    fn any_image_of_a_page_may_be_too_poor() {
        let mut page = pdf(plain_pdf()).pages.remove(0);
        let mut second = page.images[0].clone();
        second.compression = vec![Compression::Jpeg];
        page.images.push(second);
        let check = |page: &PageMeasurements| of_pdf_page(jpeg_quality_below_minimum, page, &[]);
        assert_eq!(check(&page), Outcome::Indeterminate(Reason::JpegQualityNotTold));
        let mut of = |nearest_quality| {
            page.images[1].jpeg = Some(JpegFacts { nearest_quality, exact: true, progressive: false });
            check(&page)
        };
        assert_eq!(of(80), Outcome::Passed);
        let reason = Reason::JpegQualityBelow { found_quality: 79, exact: true, minimum_quality: 80 };
        assert_eq!(of(79), Outcome::Failed(reason));
    }
}
