//! A page on a paper that the profile does not take.

use crate::inspection::effective::{paper_of, papers};
use crate::inspection::{Page, Run};
use crate::judgement::{Outcome, Reason};
use crate::measurements::{Format, SizeUm};
use crate::profile::Profile;
use crate::requirement::HOUSE_RULE;

declare_check! {
    /// ## What it looks for
    /// A paper named in the delivery, or the size of a PDF page, that is none of the papers in the profile.
    /// ## Why it matters
    /// Resolution is pixels over paper. A paper said to be smaller than it is makes a coarse scan look fine.
    /// ## What to do
    /// Correct the paper named in the delivery, or set the scanner to the size of the sheet. If this kind of document
    /// does come on such paper, the profile needs it.
    /// ## What it cannot see
    /// Whether the sheet really had the size that was named. Of files other than PDF the shape shows it, and
    /// `resolution_below_minimum` looks at that.
    pub(super) static PAPER_NOT_ACCEPTED = {
        name: "paper_not_accepted",
        requirements: &[HOUSE_RULE],
        run: Run::EachPage(paper_not_accepted),
        in_japanese: "\
## 何を見るか\n\
サイドカーで示された用紙や、PDFのページの寸法が、プロファイルの用紙に含まれるかを見ます。\n\
## なぜ大切か\n\
解像度は紙の寸法に対する画素数です。実際より小さい用紙とされると、粗いスキャンが細かく見えます。\n\
## どうするか\n\
サイドカーの用紙を直すか、スキャナーの用紙設定を合わせてください。その用紙が本当に使われるなら、プロファイルに加えてください。\n\
## 何は見られないか\n\
示された用紙が実際の紙と同じかは分かりません。PDF以外では画素の形から「解像度の不足」の検査が見ます。\n",
    }
}

fn paper_not_accepted(page: &Page<'_>, profile: &Profile) -> Outcome {
    if !page.is_scan() || profile.page.paper.is_empty() {
        return Outcome::NotApplicable;
    }
    let candidates = match papers(page, profile) {
        Ok(candidates) => candidates,
        Err(reason) => return Outcome::Failed(reason),
    };
    let claimed = page.claims.paper.is_some();
    if page.format != Format::Pdf || profile.page.padded_to_bed || (profile.page.free_length && !claimed) {
        // Its own size says nothing, or may be any.
        return if claimed { Outcome::Passed } else { Outcome::NotApplicable };
    }
    match page.measured.page_size {
        None => Outcome::Indeterminate(Reason::PlacementNotTold),
        Some(size) if paper_of(size, &candidates, profile.page.tolerance_um).is_some() => Outcome::Passed,
        Some(SizeUm { width_um, height_um }) => {
            Outcome::Failed(Reason::PageSizeDoesNotFit { width_um, height_um, candidates })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Claims;
    use crate::inspection::fixtures::{a4_page, pdf, plain_pdf, profile};
    use crate::measurements::PageMeasurements;
    use crate::paper::Paper;

    fn check(format: Format, measured: &PageMeasurements, paper: Option<Paper>, settings: &[(&str, &str)]) -> Outcome {
        let claims = Claims { paper, ..Claims::default() };
        paper_not_accepted(&Page { number: 1, format, measured, claims: &claims }, &profile(settings))
    }

    #[test]
    fn what_is_named_must_be_in_the_profile() {
        let accepted = vec![Paper::A4, Paper::B5];
        let outside = Outcome::Failed(Reason::PaperNotAccepted { claimed: Paper::Card, accepted });
        for format in [Format::Tiff, Format::Pdf] {
            assert_eq!(check(format, &a4_page(), Some(Paper::Card), &[]), outside);
        }
        assert_eq!(check(Format::Tiff, &a4_page(), Some(Paper::A4), &[]), Outcome::Passed);
        assert_eq!(check(Format::Tiff, &a4_page(), None, &[]), Outcome::NotApplicable);
    }

    #[test]
    fn a_pdf_page_has_a_size_of_its_own() {
        let mut page = pdf(plain_pdf()).pages.remove(0);
        let check = |page: &PageMeasurements, paper| check(Format::Pdf, page, paper, &[]);
        assert_eq!(check(&page, None), Outcome::Passed);
        let does_not_fit = |width_um, height_um, candidates| {
            Outcome::Failed(Reason::PageSizeDoesNotFit { width_um, height_um, candidates })
        };
        assert_eq!(check(&page, Some(Paper::B5)), does_not_fit(210_000, 297_000, vec![Paper::B5]));
        page.page_size = Some(SizeUm { width_um: 105_000, height_um: 148_500 });
        assert_eq!(check(&page, None), does_not_fit(105_000, 148_500, vec![Paper::A4, Paper::B5]));
        page.page_size = None;
        assert_eq!(check(&page, None), Outcome::Indeterminate(Reason::PlacementNotTold));
    }
}
