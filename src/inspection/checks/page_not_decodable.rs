//! A page that could not be decoded here, which is not the same as damaged.

use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::Decoded;
use crate::profile::Profile;
use crate::requirement::{TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A page whose data no decoder here reads, that a limit kept from being decoded, or on which the worker
    /// crashed.
    /// ## Why it matters
    /// A page that was not seen cannot be judged; it may be perfectly good.
    /// ## What to do
    /// Open it in another viewer. If it is good, set the scanner to a plainer form and scan again.
    /// ## What it cannot see
    /// Whether the page is good.
    pub(super) static PAGE_NOT_DECODABLE = {
        name: "page_not_decodable",
        requirements: &[mhlw_5_2("9.1-C1(4a)"), mhlw_5_2("7.2-C1–4"), TAX],
        run: Run::EachPage(page_not_decodable),
        in_japanese: "\
## 何を見るか\n\
ページの画像を、ここでデコードできたかを見ます。壊れていることとは別です。\n\
## なぜ大切か\n\
見られなかったページは判断できません。問題のないページかもしれません。\n\
## どうするか\n\
別のソフトで開いてみてください。見えるなら、スキャナーの設定を一般的な形式に変えて読み取り直してください。\n\
## 何は見られないか\n\
そのページが良いか悪いかは分かりません。\n",
    }
}

fn page_not_decodable(page: &Page<'_>, _: &Profile) -> Outcome {
    let reason = match &page.measured.decoded {
        Decoded::Whole | Decoded::Damaged { .. } => return Outcome::Passed,
        Decoded::NoImage => return Outcome::NotApplicable,
        Decoded::Unsupported { feature } => Reason::DecoderLacking { feature: feature.clone() },
        Decoded::Refused { limit } => Reason::DecodingRefused { limit: *limit },
        Decoded::Failed { fault } => Reason::DecodingFailed { fault: fault.clone() },
    };
    Outcome::Indeterminate(reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, of_page};
    use crate::measurements::{Fault, Limit, PageMeasurements};

    #[test]
    fn never_passed_unseen() {
        let (limit, fault) = (Limit::PixelsPerPage, Fault::Killed { signal: 11 });
        for (decoded, expected) in [
            (Decoded::Whole, Outcome::Passed),
            (Decoded::Damaged { rows: None }, Outcome::Passed),
            (Decoded::NoImage, Outcome::NotApplicable),
            (
                Decoded::Unsupported { feature: "jbig2".into() },
                Outcome::Indeterminate(Reason::DecoderLacking { feature: "jbig2".into() }),
            ),
            (Decoded::Refused { limit }, Outcome::Indeterminate(Reason::DecodingRefused { limit })),
            (Decoded::Failed { fault: fault.clone() }, Outcome::Indeterminate(Reason::DecodingFailed { fault })),
        ] {
            assert_eq!(of_page(page_not_decodable, &PageMeasurements { decoded, ..a4_page() }, &[]), expected);
        }
    }
}
