//! Effective resolution: the pixels that really fall on an inch of paper, whatever the file declares.

use super::Page;
use crate::judgement::{Reason, ResolutionBasis};
use crate::measurements::{DeclaredDpi, Format, PlacedImage, SizeUm};
use crate::paper::Paper;
use crate::profile::Profile;

/// In thousandths of dots per inch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Effective {
    pub x_milli: u64,
    pub y_milli: u64,
    /// What the coarser axis would be on the smallest paper that still passes for this size. Paper is cut and scans are
    /// cropped by a few millimetres: 2480 pixels across an A4 sheet are 299.96 to the inch, and were scanned at 300.
    pub at_most_milli: u64,
    pub basis: ResolutionBasis,
}

impl Effective {
    /// Of the coarser axis.
    pub(super) fn milli(self) -> u64 {
        self.x_milli.min(self.y_milli)
    }
}

/// Works a page's resolution out, or says why it cannot be told.
///
/// The paper must be known: the delivery names one of the profile's, or it is any of them. Where several sizes are
/// possible, what the file says of itself (its declared value, a PDF's page) may choose among them, and never does more.
pub(super) fn effective(page: &Page<'_>, profile: &Profile) -> Result<Effective, Reason> {
    let candidates = papers(page, profile)?;
    if page.format == Format::Pdf {
        return placed(page, profile, candidates);
    }
    let (width_px, height_px) = (page.measured.width_px, page.measured.height_px);
    let tolerance_um = profile.page.tolerance_um;
    let declared = page.measured.declared_dpi;
    let believed = || match declared {
        None => Err(Reason::NoResolution),
        Some(_) if !profile.resolution.trust_declared => Err(Reason::PaperSizeNotTold),
        Some(dpi) => Ok(Effective {
            x_milli: dpi.x_milli,
            y_milli: dpi.y_milli,
            at_most_milli: dpi.x_milli.min(dpi.y_milli),
            basis: ResolutionBasis::Declared,
        }),
    };
    if profile.page.padded_to_bed || candidates.is_empty() {
        return believed();
    }
    let on = |size| over(width_px, height_px, size, tolerance_um, ResolutionBasis::Paper);
    if let Some(dpi) = declared {
        // Of two sizes that both fit, such as A6 and postcard, the larger: it never flatters the scan.
        let fitting = candidates.iter().filter_map(|paper| as_declared(page, dpi, *paper, tolerance_um));
        if let Some(size) = fitting.max_by_key(|size| size.width_um.saturating_mul(size.height_um)) {
            return on(size).ok_or(Reason::NoResolution);
        }
        if profile.page.free_length && page.claims.paper.is_none() {
            return believed();
        }
    }
    let by_shape: Vec<(Paper, SizeUm)> =
        candidates.iter().filter_map(|paper| by_shape(page, *paper, tolerance_um).map(|size| (*paper, size))).collect();
    match by_shape.as_slice() {
        [(_, size)] => on(*size).ok_or(Reason::NoResolution),
        [] if profile.page.free_length && page.claims.paper.is_none() => believed(),
        [] => Err(Reason::PaperDoesNotFit { width_px, height_px, candidates }),
        several => Err(Reason::SeveralPapers { candidates: several.iter().map(|(paper, _)| *paper).collect() }),
    }
}

/// The sizes a page may have; none where the profile names none.
pub(super) fn papers(page: &Page<'_>, profile: &Profile) -> Result<Vec<Paper>, Reason> {
    let accepted = &profile.page.paper;
    match page.claims.paper {
        Some(claimed) if accepted.contains(&claimed) => Ok(vec![claimed]),
        Some(claimed) if !accepted.is_empty() => Err(Reason::PaperNotAccepted { claimed, accepted: accepted.clone() }),
        _ => Ok(accepted.clone()),
    }
}

/// The paper that a PDF page is, upright or on its side; the larger of two that both fit.
pub(super) fn paper_of(page: SizeUm, candidates: &[Paper], tolerance_um: u64) -> Option<SizeUm> {
    let near = |size: &SizeUm| {
        size.width_um.abs_diff(page.width_um) <= tolerance_um && size.height_um.abs_diff(page.height_um) <= tolerance_um
    };
    let fitting = candidates.iter().flat_map(|paper| both_ways(*paper)).filter(near);
    fitting.max_by_key(|size| size.width_um.saturating_mul(size.height_um))
}

/// Of a PDF page: pixels over the size at which they are drawn, the page taken for the paper that it fits. A page made
/// of several images is as fine as the coarsest.
fn placed(page: &Page<'_>, profile: &Profile, candidates: Vec<Paper>) -> Result<Effective, Reason> {
    let size = page.measured.page_size.ok_or(Reason::PlacementNotTold)?;
    let tolerance_um = profile.page.tolerance_um;
    let known = if profile.page.padded_to_bed { None } else { paper_of(size, &candidates, tolerance_um) };
    let may_be_any = profile.page.free_length && page.claims.paper.is_none();
    let paper = match known {
        Some(paper) => paper,
        None if candidates.is_empty() || profile.page.padded_to_bed || may_be_any => {
            if !profile.resolution.trust_declared {
                return Err(Reason::PaperSizeNotTold);
            }
            size
        }
        None => {
            let SizeUm { width_um, height_um } = size;
            return Err(Reason::PageSizeDoesNotFit { width_um, height_um, candidates });
        }
    };
    let smallest = SizeUm {
        width_um: paper.width_um.saturating_sub(tolerance_um),
        height_um: paper.height_um.saturating_sub(tolerance_um),
    };
    let pictures = page.measured.images.iter().filter(|image| !image.mask);
    let found: Option<Vec<Effective>> = pictures
        .map(|image| {
            let (x_milli, y_milli) = drawn(image, size, paper)?;
            let (x, y) = drawn(image, size, smallest)?;
            Some(Effective { x_milli, y_milli, at_most_milli: x.min(y), basis: ResolutionBasis::Placement })
        })
        .collect();
    found.into_iter().flatten().min_by_key(|found| found.milli()).ok_or(Reason::PlacementNotTold)
}

/// The resolution of an image on each of its axes, if its page were as large as this paper. An image may lie turned on
/// its page, so the axis that the page stretches more counts for both.
fn drawn(image: &PlacedImage, page: SizeUm, paper: SizeUm) -> Option<(u64, u64)> {
    let wider = paper.width_um.saturating_mul(page.height_um) >= paper.height_um.saturating_mul(page.width_um);
    let (of, over) = if wider { (paper.width_um, page.width_um) } else { (paper.height_um, page.height_um) };
    let real = |um: u64| um.saturating_mul(of).checked_div(over);
    Some((
        dpi_milli(image.width_px, real(image.placed.width_um)?)?,
        dpi_milli(image.height_px, real(image.placed.height_um)?)?,
    ))
}

fn over(width_px: u32, height_px: u32, size: SizeUm, tolerance_um: u64, basis: ResolutionBasis) -> Option<Effective> {
    let (x_milli, y_milli) = (dpi_milli(width_px, size.width_um)?, dpi_milli(height_px, size.height_um)?);
    let smallest = |um: u64| um.saturating_sub(tolerance_um);
    let at_most_milli =
        dpi_milli(width_px, smallest(size.width_um))?.min(dpi_milli(height_px, smallest(size.height_um))?);
    Some(Effective { x_milli, y_milli, at_most_milli, basis })
}

/// The paper's size, upright or on its side, if that is what the declared resolution makes of the pixels.
fn as_declared(page: &Page<'_>, dpi: DeclaredDpi, paper: Paper, tolerance_um: u64) -> Option<SizeUm> {
    // Pixels over dots per inch are inches, and so micrometres: the same sum as dpi from micrometres.
    let (width_um, height_um) =
        (dpi_milli(page.measured.width_px, dpi.x_milli)?, dpi_milli(page.measured.height_px, dpi.y_milli)?);
    both_ways(paper).into_iter().find(|size| {
        size.width_um.abs_diff(width_um) <= tolerance_um && size.height_um.abs_diff(height_um) <= tolerance_um
    })
}

/// The paper's size, upright or on its side, if one and the same resolution fits both axes within the tolerance.
fn by_shape(page: &Page<'_>, paper: Paper, tolerance_um: u64) -> Option<SizeUm> {
    let range = |px: u32, um: u64| {
        Some((dpi_milli(px, um.saturating_add(tolerance_um))?, dpi_milli(px, um.saturating_sub(tolerance_um))?))
    };
    both_ways(paper).into_iter().find(|size| {
        let x = range(page.measured.width_px, size.width_um);
        let y = range(page.measured.height_px, size.height_um);
        matches!((x, y), (Some(x), Some(y)) if x.0 <= y.1 && y.0 <= x.1)
    })
}

fn both_ways(paper: Paper) -> [SizeUm; 2] {
    let upright = paper.size();
    [upright, SizeUm { width_um: upright.height_um, height_um: upright.width_um }]
}

/// Pixels over micrometres, in thousandths of dots per inch (25 400 µm); nothing for nothing.
fn dpi_milli(px: u32, um: u64) -> Option<u64> {
    let milli = (u64::from(px) * 25_400_000).checked_div(um)?;
    (milli > 0).then_some(milli)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::Claims;
    use crate::inspection::fixtures::{a4_page, dpi, pdf, plain_pdf, profile};
    use crate::measurements::PageMeasurements;

    const SEVERAL: &[(&str, &str)] = &[("paper = [\"A4\", \"B5\"]", "paper = [\"A4\", \"A3\", \"A6\", \"B5\"]")];
    const ONLY_A4: &[(&str, &str)] = &[("paper = [\"A4\", \"B5\"]", "paper = [\"A4\"]")];
    const PADDED: &[(&str, &str)] = &[
        ("paper = [\"A4\", \"B5\"]", "padded_to_bed = true"),
        ("minimum_dpi = 300", "minimum_dpi = 300\ntrust_declared = true"),
    ];
    const STRIP: &[(&str, &str)] = &[
        ("paper = [\"A4\", \"B5\"]", "paper = [\"A4\", \"free-length\"]"),
        ("minimum_dpi = 300", "minimum_dpi = 300\ntrust_declared = true"),
    ];

    fn tell(page: &PageMeasurements, settings: &[(&str, &str)], paper: Option<Paper>) -> Result<u64, Reason> {
        let claims = Claims { paper, ..Claims::default() };
        let page = Page { number: 1, format: Format::Tiff, measured: page, claims: &claims };
        effective(&page, &profile(settings)).map(Effective::milli)
    }

    fn page(width_px: u32, height_px: u32, declared: Option<u32>) -> PageMeasurements {
        PageMeasurements { width_px, height_px, declared_dpi: declared.map(dpi), ..a4_page() }
    }

    #[test]
    fn the_paper_decides_not_what_the_file_declares() {
        for (page, settings, expected) in [
            (page(2480, 3508, Some(300)), ONLY_A4, 299_961),
            (page(2480, 3508, None), ONLY_A4, 299_961),
            (page(3508, 2480, Some(300)), ONLY_A4, 299_961),
            // The tag lies: half the pixels of a 300 dpi scan.
            (page(1240, 1754, Some(300)), ONLY_A4, 149_980),
            (page(2480, 3508, Some(72)), ONLY_A4, 299_961),
            // Among several sizes the declared value chooses.
            (page(2480, 3508, Some(300)), SEVERAL, 299_961),
            (page(2480, 3508, Some(212)), SEVERAL, 212_094),
            (page(2150, 3035, Some(300)), SEVERAL, 299_957),
        ] {
            assert_eq!(tell(&page, settings, None), Ok(expected), "{page:?}");
        }
    }

    #[test]
    fn the_delivery_may_name_the_paper() {
        assert_eq!(tell(&page(2480, 3508, None), SEVERAL, Some(Paper::A4)), Ok(299_961));
        assert_eq!(tell(&page(2480, 3508, None), SEVERAL, Some(Paper::A3)), Ok(212_094));
    }

    #[test]
    fn what_cannot_be_told_is_not_guessed() {
        assert!(matches!(tell(&page(2480, 3508, None), SEVERAL, None), Err(Reason::SeveralPapers { .. })));
        assert!(matches!(tell(&page(2480, 3508, Some(100)), SEVERAL, None), Err(Reason::SeveralPapers { .. })));
        assert!(matches!(tell(&page(2480, 2480, Some(300)), SEVERAL, None), Err(Reason::PaperDoesNotFit { .. })));
        assert!(matches!(tell(&page(2480, 2000, None), SEVERAL, Some(Paper::A4)), Err(Reason::PaperDoesNotFit { .. })));
        // A card would make a coarse scan of an A4 sheet a fine one.
        assert_eq!(
            tell(&page(1240, 1754, None), ONLY_A4, Some(Paper::Card)),
            Err(Reason::PaperNotAccepted { claimed: Paper::Card, accepted: vec![Paper::A4] })
        );
        assert!(matches!(tell(&page(0, 0, None), ONLY_A4, None), Err(Reason::PaperDoesNotFit { .. })));
    }

    #[test]
    fn a_padded_scan_or_a_strip_is_believed_where_the_profile_says_so() {
        assert_eq!(tell(&page(2550, 3508, Some(300)), PADDED, None), Ok(300_000));
        assert_eq!(tell(&page(2550, 3508, None), PADDED, None), Err(Reason::NoResolution));
        assert_eq!(tell(&page(2480, 12_000, Some(300)), STRIP, None), Ok(300_000));
        assert_eq!(tell(&page(2480, 3508, Some(300)), STRIP, None), Ok(299_961));
    }

    fn tell_pdf(page: &PageMeasurements, settings: &[(&str, &str)], paper: Option<Paper>) -> Result<u64, Reason> {
        let claims = Claims { paper, ..Claims::default() };
        let page = Page { number: 1, format: Format::Pdf, measured: page, claims: &claims };
        effective(&page, &profile(settings)).map(Effective::milli)
    }

    /// An image of so many pixels that fills a PDF page of this size.
    fn filled(width_px: u32, height_px: u32, width_um: u64, height_um: u64) -> PageMeasurements {
        let mut page = pdf(plain_pdf()).pages.remove(0);
        let size = SizeUm { width_um, height_um };
        page.page_size = Some(size);
        page.images[0] = PlacedImage { width_px, height_px, placed: size, ..page.images[0].clone() };
        page
    }

    #[test]
    fn a_pdf_page_must_be_one_of_the_papers() {
        assert_eq!(tell_pdf(&filled(1240, 1754, 210_000, 297_000), ONLY_A4, None), Ok(149_980));
        assert_eq!(tell_pdf(&filled(3508, 2480, 297_000, 210_000), ONLY_A4, None), Ok(299_961));
        // A page said to be half as large would make a coarse scan a fine one.
        let half = filled(1240, 1754, 105_000, 148_500);
        let (width_um, height_um, candidates) = (105_000, 148_500, vec![Paper::A4]);
        let does_not_fit = Reason::PageSizeDoesNotFit { width_um, height_um, candidates };
        assert_eq!(tell_pdf(&half, ONLY_A4, None), Err(does_not_fit));
        let outside = Reason::PaperNotAccepted { claimed: Paper::A6, accepted: vec![Paper::A4] };
        assert_eq!(tell_pdf(&half, ONLY_A4, Some(Paper::A6)), Err(outside));
        // Within the tolerance it is the paper that counts, not the page's own size.
        assert_eq!(tell_pdf(&filled(2458, 3476, 208_100, 294_300), ONLY_A4, None), Ok(297_274));
        // Free length and a padded bed are believed where the profile says so.
        assert_eq!(tell_pdf(&filled(2480, 12_000, 210_000, 1_016_000), STRIP, None), Ok(299_961));
        assert_eq!(tell_pdf(&filled(2550, 3508, 215_900, 297_000), PADDED, None), Ok(300_000));
    }

    #[test]
    fn a_pdf_page_is_as_fine_as_its_coarsest_image() {
        let mut page = filled(2480, 1754, 210_000, 148_500);
        page.page_size = Some(Paper::A4.size());
        page.images.push(PlacedImage { width_px: 1240, height_px: 877, ..page.images[0].clone() });
        assert_eq!(tell_pdf(&page, ONLY_A4, None), Ok(149_980));
        page.images[1].mask = true;
        assert_eq!(tell_pdf(&page, ONLY_A4, None), Ok(299_961));
        page.images[1] =
            PlacedImage { mask: false, placed: SizeUm { width_um: 0, height_um: 5 }, ..page.images[1].clone() };
        assert_eq!(tell_pdf(&page, ONLY_A4, None), Err(Reason::PlacementNotTold));
        page.images.clear();
        assert_eq!(tell_pdf(&page, ONLY_A4, None), Err(Reason::PlacementNotTold));
    }
}
