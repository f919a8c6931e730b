//! A page whose image data is wrong or stops.

use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::Decoded;
use crate::profile::Profile;
use crate::requirement::{TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A page that was decoded to its last pixel and turned out wrong or cut short.
    /// ## Why it matters
    /// Part of the page is missing or is not what the scanner saw.
    /// ## What to do
    /// Scan the page again.
    /// ## What it cannot see
    /// Damage that still decodes: a flipped bit in an uncompressed image is a different grey.
    pub(super) static PAGE_DAMAGED = {
        name: "page_damaged",
        requirements: &[mhlw_5_2("9.1-C1(4a)"), mhlw_5_2("7.2-C1–4"), TAX],
        run: Run::EachPage(page_damaged),
        in_japanese: "\
## 何を見るか\n\
ページの画像を最後までデコードし、壊れたり途切れたりしていないかを見ます。\n\
## なぜ大切か\n\
ページの一部が失われているか、スキャナーが見たものと違っています。\n\
## どうするか\n\
そのページを読み取り直してください。\n\
## 何は見られないか\n\
デコードできてしまう破損（無圧縮画像の一画素の変化など）は分かりません。\n",
    }
}

fn page_damaged(page: &Page<'_>, _: &Profile) -> Outcome {
    match &page.measured.decoded {
        Decoded::Whole => Outcome::Passed,
        Decoded::Damaged { rows } => {
            Outcome::Failed(Reason::PageDamaged { rows: *rows, height_px: page.measured.height_px })
        }
        // Not decoded, so not judged here: page_not_decodable holds it.
        Decoded::Unsupported { .. } | Decoded::Refused { .. } | Decoded::Failed { .. } | Decoded::NoImage => {
            Outcome::NotApplicable
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, of_page};
    use crate::measurements::PageMeasurements;

    #[test]
    fn to_the_last_pixel() {
        for (decoded, expected) in [
            (Decoded::Whole, Outcome::Passed),
            (
                Decoded::Damaged { rows: Some(1200) },
                Outcome::Failed(Reason::PageDamaged { rows: Some(1200), height_px: 3508 }),
            ),
            (Decoded::Damaged { rows: None }, Outcome::Failed(Reason::PageDamaged { rows: None, height_px: 3508 })),
            (Decoded::NoImage, Outcome::NotApplicable),
            (Decoded::Unsupported { feature: "tiles".into() }, Outcome::NotApplicable),
        ] {
            assert_eq!(of_page(page_damaged, &PageMeasurements { decoded, ..a4_page() }, &[]), expected);
        }
    }
}
