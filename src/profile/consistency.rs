//! What no single setting says: contradictions, and what the regime asks of the whole.

use super::file::{PaperName, Places};
use super::{Colour, Fact, Lossy, PLACEHOLDER_PREFIX, TimestampPolicy};
use crate::calendar::Span;
use crate::measurements::Format;
use crate::requirement::Regime;
use crate::toml_text::{Caution, Complaint, Reading, Spot};

/// 9.2-C1(1): one to two days at most; business days where the next day is closed (Q&A).
const LONGEST_SCAN_WINDOW: u32 = 2;

/// 9.2-C1(1) with its Q&A: one day in principle.
const PRINCIPAL_SCAN_WINDOW: u32 = 1;

/// Complains of whatever does not go together, and gives the scan window in business days.
pub(super) fn look(reading: &Reading<'_>, places: &Places) -> Option<u32> {
    clauses(reading, places);
    resolution(reading, places);
    compression(reading, places);
    identity(reading, places);
    timestamp(reading, places);
    scan_window(reading, places)
}

fn clauses(reading: &Reading<'_>, places: &Places) {
    let clause = places.clause.as_ref().map(|clause| ("clause", clause));
    let automatic = places.automatic_clause.as_ref().map(|clause| ("signing.auto_confirm_clause", clause));
    for (key, clause) in clause.into_iter().chain(automatic) {
        if clause.value.trim_start().starts_with(PLACEHOLDER_PREFIX) {
            reading.warn(&clause.at, Caution::PlaceholderClause { key: key.to_owned() });
        }
    }
    let (confirm, clause) = ("signing.confirm".to_owned(), "signing.auto_confirm_clause".to_owned());
    match (&places.confirm_session, &places.automatic_clause) {
        (Some(Spot { value: true, at }), None) => {
            reading.complain(at, Complaint::Needs { key: format!("{confirm} = \"session\""), other: clause });
        }
        (Some(Spot { value: false, .. }), Some(automatic)) => {
            reading.warn(&automatic.at, Caution::NoEffect { key: clause, other: format!("{confirm} = \"each\"") });
        }
        _ => {}
    }
}

fn resolution(reading: &Reading<'_>, places: &Places) {
    let contradiction = |at, key: &str, other: &str| {
        reading.complain(at, Complaint::Contradiction { key: key.to_owned(), other: other.to_owned() });
    };
    if let (Some(plausible), Some(minimum)) = (&places.plausible, &places.minimum_dpi)
        && minimum.value > plausible.value.most
    {
        contradiction(&minimum.at, "resolution.minimum_dpi", "resolution.plausible_dpi");
    }
    if let Some(colour) = &places.minimum_dpi_colour {
        match &places.minimum_dpi {
            Some(minimum) if colour.value <= minimum.value => {}
            // It is there to let colour be coarser; the stricter of two minimums is the one that is meant for all.
            Some(_) => contradiction(&colour.at, "resolution.minimum_dpi_colour", "resolution.minimum_dpi"),
            None => {
                let key = "resolution.minimum_dpi_colour".to_owned();
                reading.complain(&colour.at, Complaint::Pointless { key, other: "resolution.minimum_dpi".to_owned() });
            }
        }
    }
    let trusts = places.trust_declared.as_ref().is_some_and(|trust| trust.value);
    let padded = places.padded_to_bed.as_ref().filter(|padded| padded.value);
    if let Some(minimum) = &places.minimum_dpi
        && !trusts
    {
        // Without a paper size there are only declared values, and those were not to be trusted.
        match (&places.paper, padded) {
            (Some(paper), None) if !paper.value.is_empty() => {
                if paper.value.iter().all(|name| name.value == PaperName::FreeLength) {
                    contradiction(&paper.at, "page.paper", "resolution.trust_declared");
                }
            }
            (_, Some(padded)) => contradiction(&padded.at, "page.padded_to_bed", "resolution.trust_declared"),
            _ => {
                let key = "resolution.minimum_dpi".to_owned();
                reading.complain(&minimum.at, Complaint::Needs { key, other: "page.paper".to_owned() });
            }
        }
    }
    if let Some(regime) = &places.regime
        && places.minimum_dpi.is_none()
        && regime.value != Regime::ChapterSeven
    {
        reading.warn(&regime.at, Caution::NothingAsked { key: "resolution.minimum_dpi".to_owned() });
    }
}

fn compression(reading: &Reading<'_>, places: &Places) {
    let (Some(lossy), Some(accept)) = (&places.lossy, &places.accept) else { return };
    let only_jpeg = accept.value.iter().all(|format| format.value == Format::Jpeg);
    if lossy.value == Lossy::Never && only_jpeg {
        let (key, other) = ("compression.lossy".to_owned(), "format.accept".to_owned());
        reading.complain(&lossy.at, Complaint::Contradiction { key, other });
    }
    let quality_key = || "compression.minimum_jpeg_quality".to_owned();
    match (lossy.value, &places.quality) {
        (Lossy::Never, Some(quality)) => {
            let other = "compression.lossy = \"never\"".to_owned();
            reading.complain(&quality.at, Complaint::Contradiction { key: quality_key(), other });
        }
        (Lossy::Allowed, None) => reading.warn(&lossy.at, Caution::NothingAsked { key: quality_key() }),
        _ => {}
    }
    if let Some(colour) = &places.colour
        && matches!(colour.value, Colour::Grey10 | Colour::Grey16)
        && only_jpeg
    {
        let (key, other) = ("colour.minimum".to_owned(), "format.accept".to_owned());
        reading.complain(&colour.at, Complaint::Contradiction { key, other });
    }
}

fn identity(reading: &Reading<'_>, places: &Places) {
    let (Some(regime), Some(required)) = (&places.regime, &places.required) else { return };
    let needed: &[Fact] = match regime.value {
        Regime::EachVisit => &[Fact::PatientId, Fact::DocumentType, Fact::ObtainedOn],
        Regime::BackFile | Regime::DispensedPrescription | Regime::PaperKept | Regime::ChapterSeven => {
            &[Fact::PatientId, Fact::DocumentType]
        }
        Regime::Tax => &[Fact::DocumentType],
    };
    let has = |fact: Fact| required.value.iter().any(|spot| spot.value == fact);
    for fact in needed.iter().filter(|fact| !has(**fact)) {
        let key = format!("identity.required: {}", fact.name());
        reading.complain(&required.at, Complaint::RegimeNeeds { key, regime: regime.value.to_string() });
    }
    if let Some(scan_within) = &places.scan_within
        && !has(Fact::ObtainedOn)
        && regime.value != Regime::EachVisit
    {
        let other = "identity.required: obtained_on".to_owned();
        reading.complain(&scan_within.at, Complaint::Needs { key: "window.scan_within".to_owned(), other });
    }
}

fn timestamp(reading: &Reading<'_>, places: &Places) {
    let Some(policy) = &places.policy else { return };
    let within_key = || "window.timestamp_within".to_owned();
    match (policy.value, &places.timestamp_within) {
        (TimestampPolicy::None, Some(within)) => {
            let other = "timestamp.policy = \"none\"".to_owned();
            reading.complain(&within.at, Complaint::Contradiction { key: within_key(), other });
        }
        (TimestampPolicy::None, None) => {}
        (_, None) => reading.complain(&places.window_at, Complaint::MissingKey { key: within_key() }),
        (_, Some(_)) => {}
    }
    plain(reading, policy);
    if policy.value == TimestampPolicy::None
        && let Some(regime) = &places.regime
        && !matches!(regime.value, Regime::PaperKept | Regime::ChapterSeven)
    {
        let (key, value) = ("timestamp.policy".to_owned(), "none".to_owned());
        reading.complain(&policy.at, Complaint::NotForRegime { key, value, regime: regime.value.to_string() });
    }
}

/// Whoever verifies with nothing but a shell reads the policy line by line, and must read what is meant: whether a record needs
/// a time-stamp hangs on it. As `export/verify.sh` does.
fn plain(reading: &Reading<'_>, policy: &Spot<TimestampPolicy>) {
    let (mut inside, mut seen) = (false, Vec::new());
    for line in reading.lines() {
        if line.starts_with('[') {
            inside = line.starts_with("[timestamp]");
        }
        let value = line.strip_prefix("policy").map(|rest| rest.trim_start_matches(' '));
        if inside && value.is_some_and(|value| value.starts_with('=')) {
            seen.push(line.split('"').nth(1).unwrap_or_default());
        }
    }
    if seen != [policy.value.as_str()] {
        let (key, heading) = ("timestamp.policy".to_owned(), "[timestamp]".to_owned());
        let written = format!("policy = \"{}\"", policy.value.as_str());
        reading.complain(&policy.at, Complaint::NotInPlainSight { key, heading, written });
    }
}

fn scan_window(reading: &Reading<'_>, places: &Places) -> Option<u32> {
    let regime = places.regime.as_ref()?.value;
    let key = || "window.scan_within".to_owned();
    let bound = matches!(regime, Regime::EachVisit | Regime::DispensedPrescription);
    let needs = |key: String| {
        reading.complain(&places.window_at, Complaint::RegimeNeeds { key, regime: regime.to_string() });
    };
    if regime == Regime::EachVisit && places.scan_within.is_none() {
        needs(key());
    }
    let needs_start = regime == Regime::EachVisit || places.scan_within.is_some();
    if needs_start && places.window_from.is_none() {
        needs("window.from".to_owned());
    }
    let Spot { value: span, at } = places.scan_within.as_ref()?;
    let Span::BusinessDays { days } = *span else {
        // It counts from a date, and a date has no hour.
        reading.complain(at, Complaint::WindowNotInBusinessDays { key: key(), found: span.to_string() });
        return None;
    };
    if bound && days > LONGEST_SCAN_WINDOW {
        let longest = Span::BusinessDays { days: LONGEST_SCAN_WINDOW }.to_string();
        reading.complain(at, Complaint::WindowTooLong { key: key(), found: span.to_string(), longest });
    } else if bound && days > PRINCIPAL_SCAN_WINDOW {
        reading.warn(at, Caution::WindowBeyondPrinciple { key: key(), found: span.to_string() });
    }
    Some(days)
}
