//! The list of checks, one file each; its order is the order of the report.
//!
//! To add one: write `checks/<name>.rs`, list it here and in `profile::KNOWN_OUTCOMES`, give its reasons sentences in the
//! catalogue, and run the tests with `BLESS=1` so that `docs/checks.md` shows it.

use jiff::civil::Date;

use super::{Page, Subject};
use crate::judgement::Outcome;
use crate::measurements::Measurements;
use crate::profile::Profile;
use crate::requirement::{Regime, Requirement};

/// One thing that is looked for.
#[derive(Debug)]
pub struct Check {
    /// The condition found, not the cure.
    pub name: &'static str,
    /// What it serves. A check runs while any of these applies to the document.
    pub requirements: &'static [&'static Requirement],
    pub run: Run,
    /// Under four headings: what it looks for, why it matters, what to do, what it cannot see.
    pub explanation: &'static str,
    /// The same in Japanese.
    pub explanation_ja: &'static str,
}

/// What a check looks at.
#[derive(Clone, Copy, Debug)]
pub enum Run {
    EachFile(fn(&Measurements, &Profile) -> Outcome),
    EachPage(fn(&Page<'_>, &Profile) -> Outcome),
    Document(fn(&Subject<'_>, &Profile) -> Outcome),
}

impl Check {
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        CHECKS.iter().copied().find(|check| check.name == name)
    }

    #[must_use]
    pub fn applies(&self, regime: Regime, day: Date) -> bool {
        self.cited(regime, day).next().is_some()
    }

    /// The requirements that a finding on a document of this regime and day answers to.
    pub fn cited(&self, regime: Regime, day: Date) -> impl Iterator<Item = &'static Requirement> {
        self.requirements.iter().copied().filter(move |requirement| requirement.applies(regime, day))
    }
}

/// Declares a check; its documentation comment is kept as data, so that `check explain` and the console show it.
macro_rules! declare_check {
    (
        $(#[doc = $line:literal])+
        pub(super) static $check:ident = {
            name: $name:literal,
            requirements: $requirements:expr,
            run: $run:expr,
            in_japanese: $japanese:literal,
        }
    ) => {
        $(#[doc = $line])+
        pub(super) static $check: $crate::inspection::Check = $crate::inspection::Check {
            name: $name,
            requirements: $requirements,
            run: $run,
            explanation: concat!($($line, "\n"),+),
            explanation_ja: $japanese,
        };
    };
}

/// Declares the modules and the list in one go, so that neither lacks what the other has.
macro_rules! checks {
    ($($module:ident: $check:ident),+ $(,)?) => {
        $(mod $module;)+

        /// Every check, in the order of the report.
        pub static CHECKS: &[&Check] = &[$(&$module::$check),+];

        #[cfg(test)]
        pub(super) const MODULES: &[&str] = &[$(stringify!($module)),+];
    };
}

checks! {
    // the file
    format_not_accepted: FORMAT_NOT_ACCEPTED,
    file_incomplete: FILE_INCOMPLETE,
    trailing_bytes: TRAILING_BYTES,
    pdf_encrypted: PDF_ENCRYPTED,
    pdf_active_content: PDF_ACTIVE_CONTENT,
    pdf_attachments: PDF_ATTACHMENTS,
    pdf_signed_before: PDF_SIGNED_BEFORE,
    pdf_repaired: PDF_REPAIRED,
    // the pages as a whole
    page_not_measured: PAGE_NOT_MEASURED,
    page_limit_exceeded: PAGE_LIMIT_EXCEEDED,
    page_count_differs: PAGE_COUNT_DIFFERS,
    double_feed_reported: DOUBLE_FEED_REPORTED,
    // each page
    page_damaged: PAGE_DAMAGED,
    page_not_decodable: PAGE_NOT_DECODABLE,
    page_not_scanned: PAGE_NOT_SCANNED,
    page_drawn_over: PAGE_DRAWN_OVER,
    page_partly_bare: PAGE_PARTLY_BARE,
    paper_not_accepted: PAPER_NOT_ACCEPTED,
    resolution_below_minimum: RESOLUTION_BELOW_MINIMUM,
    resolution_declared_disagrees: RESOLUTION_DECLARED_DISAGREES,
    resolution_absurd: RESOLUTION_ABSURD,
    colour_below_minimum: COLOUR_BELOW_MINIMUM,
    lossy_compression_forbidden: LOSSY_COMPRESSION_FORBIDDEN,
    jpeg_quality_below_minimum: JPEG_QUALITY_BELOW_MINIMUM,
    symbol_coding: SYMBOL_CODING,
    page_in_layers: PAGE_IN_LAYERS,
    blank_page: BLANK_PAGE,
    skewed: SKEWED,
    // what it is, and when
    prescription_not_dispensed: PRESCRIPTION_NOT_DISPENSED,
    obtained_in_future: OBTAINED_IN_FUTURE,
    scanned_in_future: SCANNED_IN_FUTURE,
    scanned_before_obtained: SCANNED_BEFORE_OBTAINED,
    scan_window_exceeded: SCAN_WINDOW_EXCEEDED,
}
