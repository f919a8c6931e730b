//! A PDF page split into layers that are compressed apart.

use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::Format;
use crate::profile::Coding;
use crate::profile::Profile;
use crate::requirement::{TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// Several images drawn on one PDF page, a stencil among them: text cut out of the background (mixed raster
    /// content).
    /// ## Why it matters
    /// What the program took for background is kept coarsely, and a faint seal or note may be lost in it.
    /// ## What to do
    /// Switch compact or high-compression PDF off at the scanner and scan again.
    /// ## What it cannot see
    /// Layers joined by a soft mask inside one image, or inside JPEG 2000 files. Several images without a
    /// stencil may be strips of one scan: this cannot be told.
    pub(super) static PAGE_IN_LAYERS = {
        name: "page_in_layers",
        requirements: &[mhlw_5_2("9.1-C1(4b)"), mhlw_5_2("7.2-C1–4"), TAX],
        run: Run::EachPage(page_in_layers),
        in_japanese: "\
## 何を見るか\n\
PDFの一ページが、文字と背景などの層に分けて圧縮されていないかを見ます。\n\
## なぜ大切か\n\
背景とみなされた部分は粗く保存され、薄い印影や書込みが失われるおそれがあります。\n\
## どうするか\n\
スキャナーの高圧縮PDFを切って、読み取り直してください。\n\
## 何は見られないか\n\
一つの画像の内部の層は分かりません。型抜きのない複数の画像は、帯状に分けた一枚のスキャンかもしれず、判断できません。\n",
    }
}

fn page_in_layers(page: &Page<'_>, profile: &Profile) -> Outcome {
    if !profile.compression.forbid.contains(&Coding::Mrc) || page.format != Format::Pdf || !page.is_scan() {
        return Outcome::NotApplicable;
    }
    let images = u32::try_from(page.measured.images.len()).unwrap_or(u32::MAX);
    match page.measured.images.as_slice() {
        [] => Outcome::Indeterminate(Reason::PlacementNotTold),
        [_] => Outcome::Passed,
        several if several.iter().any(|image| image.stencil) => Outcome::Failed(Reason::PageInLayers { images }),
        _ => Outcome::Indeterminate(Reason::SeveralImages { images }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, of_page, of_pdf_page, pdf, plain_pdf};

    const FORBIDDEN: &[(&str, &str)] = &[("forbid = [\"jbig2-symbol\"]", "forbid = [\"mrc\"]")];

    #[test]
    fn layers_or_strips() {
        let mut page = pdf(plain_pdf()).pages.remove(0);
        assert_eq!(of_pdf_page(page_in_layers, &page, FORBIDDEN), Outcome::Passed);
        assert_eq!(of_pdf_page(page_in_layers, &page, &[]), Outcome::NotApplicable);
        page.images.push(page.images[0].clone());
        let strips = Outcome::Indeterminate(Reason::SeveralImages { images: 2 });
        assert_eq!(of_pdf_page(page_in_layers, &page, FORBIDDEN), strips);
        page.images[1].stencil = true;
        assert_eq!(of_pdf_page(page_in_layers, &page, FORBIDDEN), Outcome::Failed(Reason::PageInLayers { images: 2 }));
        assert_eq!(of_page(page_in_layers, &a4_page(), FORBIDDEN), Outcome::NotApplicable);
    }
}
