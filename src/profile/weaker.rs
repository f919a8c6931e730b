//! Whether one profile asks for less than another.
//!
//! Every setting is taken apart by name, so that one that is added does not compile until somebody says what less of it
//! means, or that it asks nothing.

use super::{
    ColourRules, CompressionRules, Confirm, Exceptions, FormatRules, IdentityRules, KNOWN_OUTCOMES, Lossy, PageRules,
    PlausibleDpi, Profile, ResolutionRules, RetentionRules, ReviewRules, SigningRules, TimestampPolicy, TimestampRules,
    WindowRules,
};
use crate::calendar::Span;
use crate::judgement::{Outcome, Reason};

/// In anything at all: of two that each ask for something else, each is the weaker one.
pub(super) fn asks_less(new: &Profile, old: &Profile) -> bool {
    let Profile {
        // What it is called, where the hospital lays it down and since when: none of these asks anything of a scan.
        reference: _,
        title: _,
        clause: _,
        basis: _,
        effective_from: _,
        regime,
        format,
        resolution,
        colour,
        compression,
        page,
        review,
        identity,
        window,
        signing,
        timestamp,
        retention,
        // By way of `severity`, which knows the defaults, too.
        severities: _,
    } = new;
    *regime != old.regime
        || less_format(format, &old.format)
        || less_resolution(resolution, &old.resolution)
        || less_colour(colour, &old.colour)
        || less_compression(compression, &old.compression)
        || less_page(page, &old.page)
        || less_review(review, &old.review)
        || less_identity(identity, &old.identity)
        || less_window(window, &old.window)
        || less_signing(signing, &old.signing)
        || less_timestamp(timestamp, &old.timestamp)
        || less_retention(retention, &old.retention)
        || less_severe(new, old)
}

fn less_format(new: &FormatRules, old: &FormatRules) -> bool {
    let FormatRules { accept, maximum_pages } = new;
    takes_more(accept, &old.accept) || is_laxer(*maximum_pages, old.maximum_pages)
}

/// `None`, nothing asked, is the least of all.
fn less_resolution(new: &ResolutionRules, old: &ResolutionRules) -> bool {
    let ResolutionRules { minimum_dpi, minimum_dpi_colour, plausible_dpi, declared_tolerance_percent, trust_declared } =
        new;
    let wider = match (plausible_dpi, old.plausible_dpi) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(PlausibleDpi { least, most }), Some(old)) => *least < old.least || *most > old.most,
    };
    *minimum_dpi < old.minimum_dpi
        || minimum_dpi_colour.or(*minimum_dpi) < old.minimum_dpi_colour.or(old.minimum_dpi)
        || wider
        || is_laxer(*declared_tolerance_percent, old.declared_tolerance_percent)
        || (*trust_declared && !old.trust_declared)
}

fn less_colour(new: &ColourRules, old: &ColourRules) -> bool {
    let ColourRules { minimum } = new;
    // Grey of any depth is less than colour, and fewer bits are less than more.
    minimum.map(super::Colour::bits) < old.minimum.map(super::Colour::bits)
        || (*minimum != old.minimum && old.minimum == Some(super::Colour::Colour8))
}

fn less_compression(new: &CompressionRules, old: &CompressionRules) -> bool {
    let CompressionRules { lossy, forbid, minimum_jpeg_quality } = new;
    (*lossy == Lossy::Allowed && old.lossy == Lossy::Never)
        || takes_more(&old.forbid, forbid)
        || *minimum_jpeg_quality < old.minimum_jpeg_quality
}

fn less_page(new: &PageRules, old: &PageRules) -> bool {
    let PageRules {
        paper,
        free_length,
        padded_to_bed,
        tolerance_um,
        maximum_skew_milli_degrees,
        blank_below_dark_ppm,
        both_sides,
        dispensed,
    } = new;
    // No paper named is any paper.
    let any = paper.is_empty() && !old.paper.is_empty();
    any || (!old.paper.is_empty() && takes_more(paper, &old.paper))
        || (*free_length && !old.free_length)
        || (*padded_to_bed && !old.padded_to_bed)
        || *tolerance_um > old.tolerance_um
        || is_laxer(*maximum_skew_milli_degrees, old.maximum_skew_milli_degrees)
        || *blank_below_dark_ppm < old.blank_below_dark_ppm
        || (old.both_sides && !both_sides)
        || (old.dispensed && !dispensed)
}

fn less_review(new: &ReviewRules, old: &ReviewRules) -> bool {
    let ReviewRules { exceptions } = new;
    *exceptions == Exceptions::Allowed && old.exceptions == Exceptions::Never
}

fn less_identity(new: &IdentityRules, old: &IdentityRules) -> bool {
    let IdentityRules { required, sources } = new;
    takes_more(&old.required, required) || takes_more(sources, &old.sources)
}

fn less_window(new: &WindowRules, old: &WindowRules) -> bool {
    let WindowRules { from, scan_within_business_days, sign_within, timestamp_within } = new;
    // Counted from another day, the same window ends on another day.
    (old.from.is_some() && *from != old.from)
        || is_laxer(*scan_within_business_days, old.scan_within_business_days)
        || is_longer(Some(*sign_within), Some(old.sign_within))
        || is_longer(*timestamp_within, old.timestamp_within)
}

fn less_signing(new: &SigningRules, old: &SigningRules) -> bool {
    let SigningRules { by, confirm } = new;
    // Under which clause a session confirms is the hospital's to say, like every other clause.
    takes_more(by, &old.by) || (*confirm != Confirm::Each && old.confirm == Confirm::Each)
}

fn less_timestamp(new: &TimestampRules, old: &TimestampRules) -> bool {
    let TimestampRules { policy } = new;
    match (policy, old.policy) {
        (TimestampPolicy::EachAndBatch, _) | (_, TimestampPolicy::None) => false,
        (new, old) => *new != old,
    }
}

fn less_retention(new: &RetentionRules, old: &RetentionRules) -> bool {
    let RetentionRules { years, from } = new;
    *years < old.years || *from != old.from
}

fn less_severe(new: &Profile, old: &Profile) -> bool {
    let outcomes = [Outcome::Failed(Reason::CheckCrashed), Outcome::Indeterminate(Reason::CheckCrashed)];
    KNOWN_OUTCOMES.iter().any(|known| {
        outcomes.iter().any(|outcome| new.severity(known.name, outcome) < old.severity(known.name, outcome))
    })
}

fn takes_more<T: PartialEq>(new: &[T], old: &[T]) -> bool {
    new.iter().any(|one| !old.contains(one))
}

/// Of a most that is allowed: none is the laxest, and the larger is laxer.
fn is_laxer(new: Option<u32>, old: Option<u32>) -> bool {
    match (new, old) {
        (_, None) => false,
        (None, Some(_)) => true,
        (Some(new), Some(old)) => new > old,
    }
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::profile::{Profile, lint};

    /// Every setting that there is, none at its mildest.
    const TEXT: &str = r#"
profile_format = 1
id = "every-setting"
version = 1
title = { ja = "すべて", en = "Everything" }
regime = "9.2"
clause = "評価用 第1条"
basis = "none"
effective_from = "2026-11-01"
[format]
accept = ["tiff", "pdf"]
maximum_pages = 20
[resolution]
minimum_dpi = 300
minimum_dpi_colour = 200
plausible_dpi = { least = 72, most = 1200 }
declared_tolerance_percent = 3
trust_declared = false
[colour]
minimum = "colour-8"
[compression]
lossy = "allowed"
forbid = ["jbig2-symbol"]
minimum_jpeg_quality = 80
[page]
paper = ["A4", "B5"]
padded_to_bed = false
paper_tolerance_mm = 3
maximum_skew_degrees = 3.0
blank_below_dark_ppm = 500
both_sides = true
dispensed = true
[severity]
blank_page = { failed = "hold", cannot_tell = "reject" }
[review]
exceptions = "never"
[identity]
required = ["patient_id", "document_type", "obtained_on", "operator"]
sources = ["sidecar"]
[window]
from = "made"
scan_within = "1 business day"
sign_within = "8h"
timestamp_within = "1h"
[signing]
by = ["operator"]
confirm = "session"
auto_confirm_clause = "評価用 第2条"
[timestamp]
policy = "each+batch"
[retention]
years = 5
from = "completion"
"#;

    #[derive(Clone, Copy, PartialEq, Debug)]
    enum Asks {
        /// The change asks for less, and taken back for more.
        Less,
        /// Each is the other's lesser.
        Other,
        /// It asks nothing of a scan.
        Nothing,
    }

    /// The setting, what stands there, what may stand there instead, and what that makes of it.
    const CHANGES: &[(&str, &str, &str, Asks)] = &[
        ("profile_format", "profile_format = 1\n", "", Asks::Nothing),
        ("id", "id = \"every-setting\"", "id = \"another\"", Asks::Nothing),
        ("version", "version = 1", "version = 2", Asks::Nothing),
        ("title.ja", "すべて", "一切", Asks::Nothing),
        ("title.en", "Everything", "All", Asks::Nothing),
        ("regime", "regime = \"9.2\"", "regime = \"ch7\"", Asks::Other),
        ("regime", "regime = \"9.2\"", "regime = \"9.5\"", Asks::Other),
        ("clause", "評価用 第1条", "評価用 第9条", Asks::Nothing),
        ("basis", "basis = \"none\"", "basis = \"some\"", Asks::Nothing),
        ("effective_from", "2026-11-01", "2026-12-01", Asks::Nothing),
        ("format.accept", "\"pdf\"]", "\"pdf\", \"jpeg\"]", Asks::Less),
        ("format.maximum_pages", "maximum_pages = 20", "maximum_pages = 21", Asks::Less),
        ("format.maximum_pages", "maximum_pages = 20\n", "", Asks::Less),
        ("resolution.minimum_dpi", "minimum_dpi = 300", "minimum_dpi = 299", Asks::Less),
        ("resolution.minimum_dpi_colour", "minimum_dpi_colour = 200", "minimum_dpi_colour = 150", Asks::Less),
        ("resolution.plausible_dpi.least", "least = 72", "least = 71", Asks::Less),
        ("resolution.plausible_dpi.most", "most = 1200", "most = 1201", Asks::Less),
        ("resolution.declared_tolerance_percent", "percent = 3", "percent = 4", Asks::Less),
        ("resolution.declared_tolerance_percent", "declared_tolerance_percent = 3\n", "", Asks::Less),
        ("resolution.trust_declared", "trust_declared = false", "trust_declared = true", Asks::Less),
        ("colour.minimum", "\"colour-8\"", "\"grey-8\"", Asks::Less),
        ("colour.minimum", "\"colour-8\"", "\"grey-16\"", Asks::Other),
        ("compression.forbid", "forbid = [\"jbig2-symbol\"]", "forbid = []", Asks::Less),
        ("compression.minimum_jpeg_quality", "quality = 80", "quality = 79", Asks::Less),
        ("page.paper", "\"B5\"]", "\"B5\", \"A5\"]", Asks::Less),
        ("page.paper", "\"B5\"]", "\"B5\", \"free-length\"]", Asks::Less),
        ("page.paper_tolerance_mm", "paper_tolerance_mm = 3", "paper_tolerance_mm = 3.1", Asks::Less),
        ("page.maximum_skew_degrees", "degrees = 3.0", "degrees = 3.1", Asks::Less),
        ("page.maximum_skew_degrees", "maximum_skew_degrees = 3.0\n", "", Asks::Less),
        ("page.blank_below_dark_ppm", "ppm = 500", "ppm = 499", Asks::Less),
        ("page.both_sides", "both_sides = true", "both_sides = false", Asks::Less),
        ("page.dispensed", "dispensed = true", "dispensed = false", Asks::Less),
        ("severity.blank_page.failed", "failed = \"hold\"", "failed = \"warn\"", Asks::Less),
        ("severity.blank_page.cannot_tell", "cannot_tell = \"reject\"", "cannot_tell = \"hold\"", Asks::Less),
        ("review.exceptions", "\"never\"", "\"allowed\"", Asks::Less),
        ("identity.required", ", \"operator\"]", "]", Asks::Less),
        ("identity.sources", "[\"sidecar\"]", "[\"sidecar\", \"filename\"]", Asks::Less),
        ("window.from", "from = \"made\"", "from = \"received\"", Asks::Other),
        ("window.scan_within", "\"1 business day\"", "\"2 business days\"", Asks::Less),
        ("window.sign_within", "sign_within = \"8h\"", "sign_within = \"9h\"", Asks::Less),
        ("window.sign_within", "sign_within = \"8h\"", "sign_within = \"8 staffed hours\"", Asks::Other),
        ("window.timestamp_within", "timestamp_within = \"1h\"", "timestamp_within = \"2h\"", Asks::Less),
        ("signing.by", "[\"operator\"]\nconfirm", "[\"operator\", \"information_manager\"]\nconfirm", Asks::Less),
        ("signing.auto_confirm_clause", "評価用 第2条", "評価用 第8条", Asks::Nothing),
        ("timestamp.policy", "\"each+batch\"", "\"each\"", Asks::Less),
        ("retention.years", "years = 5", "years = 4", Asks::Less),
        ("retention.from", "from = \"completion\"", "from = \"filing\"", Asks::Other),
    ];

    fn read(text: &str) -> Profile {
        lint(text.as_bytes(), "test.toml").unwrap_or_else(|problems| panic!("{problems:?}")).0
    }

    fn changed(from: &str, to: &str) -> Profile {
        assert_eq!(TEXT.matches(from).count(), 1, "{from}");
        read(&TEXT.replace(from, to))
    }

    #[test]
    fn less_of_any_setting_is_less() {
        let all = read(TEXT);
        assert!(!all.asks_less_than(&all));
        for (setting, from, to, asks) in CHANGES {
            let new = changed(from, to);
            let found = match (new.asks_less_than(&all), all.asks_less_than(&new)) {
                (true, false) => Asks::Less,
                (true, true) => Asks::Other,
                (false, false) => Asks::Nothing,
                (false, true) => panic!("{setting}: {to} asks for more"),
            };
            assert_eq!(found, *asks, "{setting}: {to}");
        }
    }
    /// The setting, what the profile has in both cases, once more and once less.
    type Together<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str, &'a str);

    /// Settings that change together with others.
    const TOGETHER: &[Together<'_>] = &[
        (
            "page.padded_to_bed",
            &[("trust_declared = false", "trust_declared = true")],
            "padded_to_bed = false",
            "padded_to_bed = true",
        ),
        ("compression.lossy", &[("minimum_jpeg_quality = 80\n", "")], "lossy = \"never\"", "lossy = \"allowed\""),
        (
            "signing.confirm",
            &[("auto_confirm_clause = \"評価用 第2条\"\n", "")],
            "confirm = \"each\"",
            "confirm = \"session\"\nauto_confirm_clause = \"評価用 第2条\"",
        ),
        ("timestamp.policy", &[("regime = \"9.2\"", "regime = \"ch7\"")], "policy = \"each\"", "policy = \"none\""),
    ];

    #[test]
    fn less_of_settings_that_change_together_is_less() {
        for (setting, both, more, less) in TOGETHER {
            let with = |now: &str| {
                let base = both.iter().fold(TEXT.to_owned(), |text, (from, to)| text.replace(from, to));
                let key = format!("{} = ", now.split(" = ").next().unwrap());
                let lines = base.lines().map(|line| if line.starts_with(&key) { now } else { line });
                let text = lines.collect::<Vec<_>>().join("\n");
                let stamped = !now.contains("none");
                read(&if stamped { text } else { text.replace("timestamp_within = \"1h\"", "") })
            };
            assert!(with(less).asks_less_than(&with(more)), "{setting}");
            assert!(!with(more).asks_less_than(&with(less)), "{setting}");
        }
    }

    /// Every key that a profile's file may have is among the changes above.
    #[test]
    fn no_setting_is_forgotten() {
        let sections = [
            ("root", ""),
            ("titles", "title."),
            ("colour_table", "colour."),
            ("table", "resolution.plausible_dpi."),
            ("inner", "severity.blank_page."),
        ];
        let mut known = BTreeSet::new();
        let source: String = include_str!("file.rs").split_whitespace().collect();
        let calls: Vec<&str> = source.split("(\"").collect();
        for (before, after) in calls.iter().zip(calls.iter().skip(1)) {
            let key = after.split('"').next().unwrap();
            let before = before.trim_end_matches("::<Name>").trim_end_matches("::<Date>").trim_end_matches("::<Span>");
            let Some((receiver, method)) = before.rsplit_once('.') else { continue };
            let kinds = ["integer", "bool", "choice", "choices", "text", "parsed", "milli"];
            if !kinds.contains(&method.trim_start_matches("optional_")) {
                continue;
            }
            let receiver =
                receiver.rsplit(|c: char| !c.is_ascii_alphanumeric() && c != '_').find(|word| !word.is_empty());
            let receiver = receiver.unwrap();
            let section = sections.iter().find(|(name, _)| *name == receiver);
            known.insert(section.map_or(format!("{receiver}.{key}"), |(_, prefix)| format!("{prefix}{key}")));
        }
        let changed = CHANGES.iter().map(|(setting, ..)| (*setting).to_owned());
        let changed: BTreeSet<String> =
            changed.chain(TOGETHER.iter().map(|(setting, ..)| (*setting).to_owned())).collect();
        assert_eq!(known, changed);
    }
}
