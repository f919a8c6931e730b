//! A page with less colour or depth than the profile asks.

use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::ColourModel;
use crate::profile::Colour;
use crate::profile::Profile;
use crate::requirement::{TAX, mhlw_5_2};

declare_check! {
    /// ## What it looks for
    /// A page in black and white where grey is asked, in grey where colour is, or with too few bits to a
    /// sample.
    /// ## Why it matters
    /// Seals, pen colours and faint marks vanish; nothing brings them back.
    /// ## What to do
    /// Set the scanner to the mode the profile asks and scan again.
    /// ## What it cannot see
    /// A page scanned in grey and saved as colour; and what a table of few colours has lost.
    pub(super) static COLOUR_BELOW_MINIMUM = {
        name: "colour_below_minimum",
        requirements: &[mhlw_5_2("9.1-C1"), mhlw_5_2("9.1-C1(1)"), mhlw_5_2("9.1-C1(2)"), mhlw_5_2("9.1-C1(3)"), mhlw_5_2("9.5-C1"), mhlw_5_2("7.2-C1–4"), TAX],
        run: Run::EachPage(colour_below_minimum),
        in_japanese: "\
## 何を見るか\n\
ページの色と階調が、プロファイルの下限を満たすかを見ます。\n\
## なぜ大切か\n\
印影やペンの色、薄い書込みが失われ、元に戻せません。\n\
## どうするか\n\
スキャナーをプロファイルの色の設定にして、読み取り直してください。\n\
## 何は見られないか\n\
グレーで読み取ってからカラーとして保存したものと、色数の少ない色見本方式で失われた色は分かりません。\n",
    }
}

fn colour_below_minimum(page: &Page<'_>, profile: &Profile) -> Outcome {
    let Some(minimum) = profile.colour.minimum.filter(|_| page.is_scan()) else {
        return Outcome::NotApplicable;
    };
    if minimum == Colour::Bitonal {
        return Outcome::Passed;
    }
    let outcomes: Vec<Outcome> = pictures(page).map(|(found, found_bits)| of(minimum, found, found_bits)).collect();
    // One image that is certainly too poor decides; else one that cannot be told does.
    let worst = |wanted: fn(&Outcome) -> bool| outcomes.iter().find(|outcome| wanted(outcome)).cloned();
    worst(|outcome| matches!(outcome, Outcome::Failed(_)))
        .or_else(|| worst(|outcome| matches!(outcome, Outcome::Indeterminate(_))))
        .unwrap_or(Outcome::Passed)
}

/// Colour and depth of the page's images: of the main one and, in a PDF, of all that are drawn beside it. Stencils are
/// layers over a picture, and count only where there is none.
fn pictures<'a>(page: &Page<'a>) -> impl Iterator<Item = (ColourModel, u8)> + use<'a> {
    let main = (page.measured.colour, page.measured.bits_per_sample);
    let others = page.measured.images.iter().filter(|image| !image.mask && !image.stencil);
    std::iter::once(main).chain(others.map(|image| (image.colour, image.bits_per_sample)))
}

fn of(minimum: Colour, found: ColourModel, found_bits: u8) -> Outcome {
    let in_colour = matches!(found, ColourModel::Colour | ColourModel::Cmyk | ColourModel::Palette);
    let enough = match (minimum, found) {
        (_, ColourModel::Unknown | ColourModel::Other) => {
            return Outcome::Indeterminate(Reason::ColourNotTold { found });
        }
        (Colour::Colour8, _) => in_colour && found_bits >= minimum.bits(),
        (Colour::Bitonal | Colour::Grey8 | Colour::Grey10 | Colour::Grey16, _) => {
            (in_colour || found == ColourModel::Grey) && found_bits >= minimum.bits()
        }
    };
    if enough {
        Outcome::Passed
    } else {
        Outcome::Failed(Reason::ColourBelow { found, found_bits, minimum: minimum.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspection::fixtures::{a4_page, of_page, of_pdf_page, pdf, plain_pdf};
    use crate::measurements::PageMeasurements;

    fn check(minimum: &str, colour: ColourModel, bits_per_sample: u8) -> Outcome {
        let page = PageMeasurements { colour, bits_per_sample, ..a4_page() };
        of_page(colour_below_minimum, &page, &[("minimum = \"colour-8\"", &format!("minimum = \"{minimum}\""))])
    }

    #[test]
    fn model_and_depth() {
        use ColourModel::{Bitonal, Cmyk, Colour, Grey, Other, Palette, Unknown};
        for (minimum, colour, bits, passes) in [
            ("colour-8", Colour, 8, true),
            ("colour-8", Colour, 16, true),
            ("colour-8", Palette, 8, true),
            ("colour-8", Cmyk, 8, true),
            ("colour-8", Colour, 4, false),
            ("colour-8", Grey, 16, false),
            ("colour-8", Bitonal, 1, false),
            ("grey-8", Grey, 8, true),
            ("grey-8", Colour, 8, true),
            ("grey-8", Grey, 4, false),
            ("grey-10", Grey, 8, false),
            ("grey-10", Grey, 12, true),
            ("grey-16", Grey, 12, false),
            ("bitonal", Bitonal, 1, true),
            ("bitonal", Unknown, 1, true),
        ] {
            let expected = if passes {
                Outcome::Passed
            } else {
                Outcome::Failed(Reason::ColourBelow { found: colour, found_bits: bits, minimum: minimum.to_owned() })
            };
            assert_eq!(check(minimum, colour, bits), expected, "{minimum} {colour:?} {bits}");
        }
        for found in [Other, Unknown] {
            assert_eq!(check("grey-8", found, 8), Outcome::Indeterminate(Reason::ColourNotTold { found }));
        }
    }

    #[test]
    fn every_image_of_a_page_counts() {
        let mut page = pdf(plain_pdf()).pages.remove(0);
        page.images.push(page.images[0].clone());
        assert_eq!(of_pdf_page(colour_below_minimum, &page, &[]), Outcome::Passed);
        (page.images[1].colour, page.images[1].bits_per_sample) = (ColourModel::Grey, 8);
        let (found, found_bits, minimum) = (ColourModel::Grey, 8, "colour-8".to_owned());
        let below = Outcome::Failed(Reason::ColourBelow { found, found_bits, minimum });
        assert_eq!(of_pdf_page(colour_below_minimum, &page, &[]), below);
        // A mask shapes a picture, and a stencil is a layer over one.
        for (mask, stencil) in [(true, false), (false, true)] {
            (page.images[1].mask, page.images[1].stencil) = (mask, stencil);
            assert_eq!(of_pdf_page(colour_below_minimum, &page, &[]), Outcome::Passed);
        }
    }
}
