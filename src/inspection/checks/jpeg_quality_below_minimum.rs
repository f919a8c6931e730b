//! A JPEG page compressed harder than the profile allows.

use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::Compression;
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
    /// Earlier, harder compression of the same picture; and further images on a PDF page beside its main one.
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
以前に強く圧縮されたことや、PDFページの主画像以外の画像は分かりません。\n",
    }
}

fn jpeg_quality_below_minimum(page: &Page<'_>, profile: &Profile) -> Outcome {
    let is_jpeg = |step: &Compression| matches!(step, Compression::Jpeg | Compression::OldJpeg);
    let Some(minimum_quality) =
        profile.compression.minimum_jpeg_quality.filter(|_| page.measured.compression.iter().any(is_jpeg))
    else {
        return Outcome::NotApplicable;
    };
    match page.measured.jpeg {
        None => Outcome::Indeterminate(Reason::JpegQualityNotTold),
        Some(jpeg) if jpeg.nearest_quality < minimum_quality => Outcome::Failed(Reason::JpegQualityBelow {
            found_quality: jpeg.nearest_quality,
            exact: jpeg.exact,
            minimum_quality,
        }),
        Some(_) => Outcome::Passed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, of_page};
    use crate::measurements::{JpegFacts, PageMeasurements};

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
}
