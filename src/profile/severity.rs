//! Which outcomes there are, and what becomes of each where a profile does not say.

use std::collections::BTreeMap;

use crate::judgement::Severity;

/// One check's outcome, as `[severity]` names it.
#[derive(Debug)]
pub struct KnownOutcome {
    /// The check's name.
    pub name: &'static str,
    /// What a failure means where the profile does not say. What cannot be told is held unless the profile rejects it.
    pub default: Severity,
    /// The mildest that a profile may set. Some failures may never go on unseen.
    pub mildest: Severity,
    /// Whether this build has the check.
    pub built: bool,
}

const fn built(name: &'static str, default: Severity, mildest: Severity) -> KnownOutcome {
    KnownOutcome { name, default, mildest, built: true }
}

const fn planned(name: &'static str) -> KnownOutcome {
    KnownOutcome { name, default: Severity::Hold, mildest: Severity::Pass, built: false }
}

/// Every outcome a profile may name. Those of this build stand in the order of the report; a test compares them with the
/// list of checks.
pub static KNOWN_OUTCOMES: &[KnownOutcome] = &[
    built("format_not_accepted", Severity::Reject, Severity::Hold),
    built("file_incomplete", Severity::Reject, Severity::Hold),
    built("trailing_bytes", Severity::Warn, Severity::Pass),
    built("pdf_encrypted", Severity::Reject, Severity::Hold),
    built("pdf_active_content", Severity::Reject, Severity::Hold),
    built("pdf_attachments", Severity::Hold, Severity::Warn),
    built("pdf_signed_before", Severity::Hold, Severity::Warn),
    built("pdf_repaired", Severity::Warn, Severity::Pass),
    built("page_not_measured", Severity::Hold, Severity::Hold),
    built("page_limit_exceeded", Severity::Hold, Severity::Hold),
    built("page_count_differs", Severity::Hold, Severity::Hold),
    built("double_feed_reported", Severity::Hold, Severity::Hold),
    built("page_damaged", Severity::Reject, Severity::Hold),
    built("page_not_decodable", Severity::Hold, Severity::Hold),
    built("page_not_scanned", Severity::Hold, Severity::Warn),
    built("page_drawn_over", Severity::Hold, Severity::Warn),
    built("page_partly_bare", Severity::Hold, Severity::Pass),
    built("paper_not_accepted", Severity::Hold, Severity::Warn),
    built("resolution_below_minimum", Severity::Reject, Severity::Warn),
    built("resolution_declared_disagrees", Severity::Hold, Severity::Pass),
    built("resolution_absurd", Severity::Hold, Severity::Pass),
    built("colour_below_minimum", Severity::Reject, Severity::Warn),
    built("lossy_compression_forbidden", Severity::Reject, Severity::Warn),
    built("jpeg_quality_below_minimum", Severity::Reject, Severity::Warn),
    built("symbol_coding", Severity::Reject, Severity::Warn),
    built("page_in_layers", Severity::Reject, Severity::Warn),
    built("blank_page", Severity::Warn, Severity::Pass),
    built("skewed", Severity::Hold, Severity::Pass),
    built("prescription_not_dispensed", Severity::Reject, Severity::Hold),
    built("obtained_in_future", Severity::Hold, Severity::Hold),
    built("scanned_in_future", Severity::Hold, Severity::Hold),
    built("scanned_before_obtained", Severity::Hold, Severity::Hold),
    built("scan_window_exceeded", Severity::Hold, Severity::Hold),
    planned("content_touches_edge"),
    planned("enlarged"),
];

impl KnownOutcome {
    #[must_use]
    pub fn find(name: &str) -> Option<&'static Self> {
        KNOWN_OUTCOMES.iter().find(|known| known.name == name)
    }
}

/// What a profile says of outcomes, beside the defaults.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Severities {
    pub(super) failed: BTreeMap<&'static str, Severity>,
    pub(super) cannot_tell: BTreeMap<&'static str, Severity>,
}

impl Severities {
    pub(super) fn failed(&self, check: &str) -> Severity {
        let default = || KnownOutcome::find(check).map_or(Severity::Hold, |known| known.default);
        self.failed.get(check).copied().unwrap_or_else(default)
    }

    pub(super) fn cannot_tell(&self, check: &str) -> Severity {
        self.cannot_tell.get(check).copied().unwrap_or(Severity::Hold)
    }

    /// Every outcome the profile names.
    pub(super) fn named(&self) -> impl Iterator<Item = &'static str> {
        let only_here = self.cannot_tell.keys().filter(|name| !self.failed.contains_key(*name));
        self.failed.keys().chain(only_here).copied()
    }
}
