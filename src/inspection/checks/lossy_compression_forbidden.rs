//! A page compressed with loss where the profile allows none.

use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::Compression;
use crate::profile::Lossy;
use crate::profile::Profile;
use crate::requirement::{TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// JPEG, irreversible JPEG 2000 or another lossy step in any image on the page.
    /// ## Why it matters
    /// Pixels may differ from what the scanner saw, and stains or tears may no longer be judged.
    /// ## What to do
    /// Set the scanner to compress without loss and scan again. Saving anew without loss brings nothing back.
    /// ## What it cannot see
    /// Loss that happened before: a JPEG decoded and saved as PNG looks lossless.
    pub(super) static LOSSY_COMPRESSION_FORBIDDEN = {
        name: "lossy_compression_forbidden",
        requirements: &[mhlw_5_2("9.1-C1(4b)"), mhlw_5_2("7.2-C1–4"), TAX],
        run: Run::EachPage(lossy_compression_forbidden),
        in_japanese: "\
## 何を見るか\n\
可逆圧縮だけを認めるプロファイルで、ページ内の画像に非可逆圧縮が使われていないかを見ます。\n\
## なぜ大切か\n\
画素がスキャナーの見たものと異なり、汚れや破れを判定できないおそれがあります。\n\
## どうするか\n\
スキャナーを可逆圧縮に設定して読み取り直してください。可逆形式で保存し直しても元には戻りません。\n\
## 何は見られないか\n\
以前に非可逆圧縮され、可逆形式で保存し直されたものは分かりません。\n",
    }
}

fn lossy_compression_forbidden(page: &Page<'_>, profile: &Profile) -> Outcome {
    if profile.compression.lossy == Lossy::Allowed || !page.is_scan() {
        return Outcome::NotApplicable;
    }
    if let Some(compression) = compressions(page).find(|compression| compression.is_lossy()) {
        return Outcome::Failed(Reason::LossyForbidden { compression });
    }
    // A reversible JPEG 2000 may have had layers cut off, which no header tells.
    let unclear = |compression: &Compression| matches!(compression, Compression::Jpeg2000Reversible | Compression::Other);
    match compressions(page).find(unclear) {
        Some(compression) => Outcome::Indeterminate(Reason::CompressionNotTold { compression }),
        None if page.measured.compression.is_empty() => {
            Outcome::Indeterminate(Reason::CompressionNotTold { compression: Compression::Other })
        }
        None => Outcome::Passed,
    }
}

/// Of the main image and of every other on the page.
fn compressions<'a>(page: &Page<'a>) -> impl Iterator<Item = Compression> + use<'a> {
    let others = page.measured.images.iter().flat_map(|image| &image.compression);
    page.measured.compression.iter().chain(others).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, of_page};
    use crate::measurements::PageMeasurements;

    const NEVER: &[(&str, &str)] = &[("lossy = \"allowed\"", "lossy = \"never\""), ("minimum_jpeg_quality = 80", "")];

    #[test]
    fn any_lossy_step() {
        use Compression::{CcittG4, Deflate, Jpeg, Jpeg2000Irreversible, Jpeg2000Reversible, None, Other};
        for (compression, expected) in [
            (vec![None], Outcome::Passed),
            (vec![CcittG4], Outcome::Passed),
            (vec![Deflate, Jpeg], Outcome::Failed(Reason::LossyForbidden { compression: Jpeg })),
            (
                vec![Jpeg2000Irreversible],
                Outcome::Failed(Reason::LossyForbidden { compression: Jpeg2000Irreversible }),
            ),
            (
                vec![Jpeg2000Reversible],
                Outcome::Indeterminate(Reason::CompressionNotTold { compression: Jpeg2000Reversible }),
            ),
            (vec![], Outcome::Indeterminate(Reason::CompressionNotTold { compression: Other })),
        ] {
            let page = PageMeasurements { compression, ..a4_page() };
            assert_eq!(of_page(lossy_compression_forbidden, &page, NEVER), expected);
            assert_eq!(of_page(lossy_compression_forbidden, &page, &[]), Outcome::NotApplicable);
        }
    }
}
