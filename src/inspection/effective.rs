//! Effective resolution: the pixels that really fall on an inch of paper, whatever the file declares.

use super::Page;
use crate::judgement::{Reason, ResolutionBasis};
use crate::measurements::{DeclaredDpi, Format, SizeUm};
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
/// A PDF says at which size it draws its image. Of any other file the paper must be known: the delivery names it, or the
/// profile does. Where several sizes are possible the declared value may choose among them, and never does more.
pub(super) fn effective(page: &Page<'_>, profile: &Profile) -> Result<Effective, Reason> {
    let (width_px, height_px) = (page.measured.width_px, page.measured.height_px);
    let tolerance_um = profile.page.tolerance_um;
    if page.format == Format::Pdf {
        return page
            .measured
            .placed_size
            .and_then(|size| over(width_px, height_px, size, tolerance_um, ResolutionBasis::Placement))
            .ok_or(Reason::PlacementNotTold);
    }
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
    let candidates: Vec<Paper> = match page.claims.paper {
        Some(paper) => vec![paper],
        None => profile.page.paper.clone(),
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
    use crate::inspection::fixtures::{a4_page, dpi, profile};
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
        assert!(matches!(
            tell(&page(2480, 3508, None), ONLY_A4, Some(Paper::Card)),
            Err(Reason::PaperDoesNotFit { .. })
        ));
        assert!(matches!(tell(&page(0, 0, None), ONLY_A4, None), Err(Reason::PaperDoesNotFit { .. })));
    }

    #[test]
    fn a_padded_scan_or_a_strip_is_believed_where_the_profile_says_so() {
        assert_eq!(tell(&page(2550, 3508, Some(300)), PADDED, None), Ok(300_000));
        assert_eq!(tell(&page(2550, 3508, None), PADDED, None), Err(Reason::NoResolution));
        assert_eq!(tell(&page(2480, 12_000, Some(300)), STRIP, None), Ok(300_000));
        assert_eq!(tell(&page(2480, 3508, Some(300)), STRIP, None), Ok(299_961));
    }

    #[test]
    fn a_pdf_is_judged_by_the_size_it_draws_at() {
        let placed = |size| PageMeasurements { placed_size: size, ..page(1240, 1754, Some(300)) };
        let claims = Claims::default();
        let tell = |measured: &PageMeasurements| {
            let page = Page { number: 1, format: Format::Pdf, measured, claims: &claims };
            effective(&page, &profile(&[])).map(Effective::milli)
        };
        assert_eq!(tell(&placed(Some(Paper::A4.size()))), Ok(149_980));
        assert_eq!(tell(&placed(None)), Err(Reason::PlacementNotTold));
        assert_eq!(tell(&placed(Some(SizeUm { width_um: 0, height_um: 5 }))), Err(Reason::PlacementNotTold));
    }
}
