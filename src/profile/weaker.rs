//! Whether one profile asks for less than another.

use super::{Confirm, Exceptions, KNOWN_OUTCOMES, Lossy, Profile, ResolutionRules, TimestampPolicy, WindowRules};
use crate::calendar::Span;
use crate::judgement::{Outcome, Reason};
use crate::requirement::Regime;

/// In anything at all: of two that each ask for something else, each is the weaker one.
pub(super) fn asks_less(new: &Profile, old: &Profile) -> bool {
    (new.regime == Regime::PaperKept && old.regime != Regime::PaperKept)
        || new.format.accept.iter().any(|format| !old.format.accept.contains(format))
        || resolution(&new.resolution, &old.resolution)
        || new.colour.minimum.map(super::Colour::bits) < old.colour.minimum.map(super::Colour::bits)
        || (new.colour.minimum != old.colour.minimum && old.colour.minimum == Some(super::Colour::Colour8))
        || (new.compression.lossy == Lossy::Allowed && old.compression.lossy == Lossy::Never)
        || old.compression.forbid.iter().any(|coding| !new.compression.forbid.contains(coding))
        || new.compression.minimum_jpeg_quality < old.compression.minimum_jpeg_quality
        || new.page.blank_below_dark_ppm < old.page.blank_below_dark_ppm
        || (old.page.both_sides && !new.page.both_sides)
        || (old.page.dispensed && !new.page.dispensed)
        || (new.review.exceptions == Exceptions::Allowed && old.review.exceptions == Exceptions::Never)
        || old.identity.required.iter().any(|fact| !new.identity.required.contains(fact))
        || new.identity.sources.iter().any(|source| !old.identity.sources.contains(source))
        || window(&new.window, &old.window)
        || new.signing.by.iter().any(|signer| !old.signing.by.contains(signer))
        || (new.signing.confirm != Confirm::Each && old.signing.confirm == Confirm::Each)
        || (new.timestamp.policy == TimestampPolicy::None && old.timestamp.policy != TimestampPolicy::None)
        || new.retention.years < old.retention.years
        || severities(new, old)
}

/// `None`, nothing asked, is the least of all.
fn resolution(new: &ResolutionRules, old: &ResolutionRules) -> bool {
    let colour = |rules: &ResolutionRules| rules.minimum_dpi_colour.or(rules.minimum_dpi);
    new.minimum_dpi < old.minimum_dpi
        || colour(new) < colour(old)
        || (new.plausible_dpi.is_none() && old.plausible_dpi.is_some())
        || (new.declared_tolerance_percent.is_none() && old.declared_tolerance_percent.is_some())
        || (new.trust_declared && !old.trust_declared)
}

fn window(new: &WindowRules, old: &WindowRules) -> bool {
    let longer = |new: Option<u32>, old: Option<u32>| match (new, old) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(new), Some(old)) => new > old,
    };
    longer(new.scan_within_business_days, old.scan_within_business_days)
        || is_longer(Some(new.sign_within), Some(old.sign_within))
        || is_longer(new.timestamp_within, old.timestamp_within)
}

/// Spans of two kinds cannot be compared without a calendar, so the new one may be the longer.
fn is_longer(new: Option<Span>, old: Option<Span>) -> bool {
    match (new, old) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(Span::Elapsed { minutes: new }), Some(Span::Elapsed { minutes: old }))
        | (Some(Span::StaffedMinutes { minutes: new }), Some(Span::StaffedMinutes { minutes: old }))
        | (Some(Span::BusinessDays { days: new }), Some(Span::BusinessDays { days: old })) => new > old,
        _ => true,
    }
}

fn severities(new: &Profile, old: &Profile) -> bool {
    let outcomes = [Outcome::Failed(Reason::CheckCrashed), Outcome::Indeterminate(Reason::CheckCrashed)];
    KNOWN_OUTCOMES.iter().any(|known| {
        outcomes.iter().any(|outcome| new.severity(known.name, outcome) < old.severity(known.name, outcome))
    })
}

#[cfg(test)]
mod tests {
    use crate::profile::{Profile, lint};

    const TEXT: &str = include_str!("../../profiles/demo/referral-letter-demo.toml");

    fn profile(from: &str, to: &str) -> Profile {
        assert!(TEXT.contains(from), "{from}");
        lint(TEXT.replace(from, to).as_bytes(), "test.toml").unwrap().0
    }

    #[test]
    fn less_in_anything_is_less() {
        let present = profile("", "");
        assert!(!present.asks_less_than(&present));
        let dpi = TEXT.lines().find(|line| line.starts_with("minimum_dpi = ")).unwrap();
        let coarser = profile(dpi, "minimum_dpi = 150");
        assert!(coarser.asks_less_than(&present));
        assert!(!present.asks_less_than(&coarser));
        let released = profile("[severity]", "[review]\nexceptions = \"allowed\"\n\n[severity]");
        assert!(released.asks_less_than(&present));
        assert!(!present.asks_less_than(&released));
    }
}
