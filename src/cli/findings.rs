//! What the inspection found, in words: page, what was measured beside what is required, the hospital's own clause and
//! the exact profile version, and what to do.

use super::page::{Page, Tone};
use super::words::Words;
use crate::judgement::{Judgement, Outcome, Severity};
use crate::messages::{Said, say_findings};

/// Every finding of a judgement, the gravest first; `clause` is the hospital's rule behind its profile.
pub(super) fn lines(words: &Words, page: &mut Page, judgement: &Judgement, clause: Option<&str>) {
    let found = say_findings(words.lang(), judgement);
    for said in &found {
        page.marked(tone(said.severity), &said.text);
        page.small(&citation(words, said, judgement, clause));
    }
    let passed = judgement.findings.iter().filter(|finding| finding.outcome == Outcome::Passed).count();
    if found.is_empty() {
        page.marked(Tone::Good, &words.with("finding-none", &[("count", passed.into())]));
    }
}

/// The checks that found nothing, by name: those that passed, and those that had nothing to look at.
pub(super) fn silent(words: &Words, page: &mut Page, judgement: &Judgement) {
    for (id, outcome) in [("finding-passed", Outcome::Passed), ("finding-not-applicable", Outcome::NotApplicable)] {
        let checks = judgement.findings.iter().filter(|finding| finding.outcome == outcome);
        let checks: Vec<&str> = checks.map(|finding| finding.check.as_str()).collect();
        if !checks.is_empty() {
            page.small(&words.with(id, &[("checks", checks.join(" · ").into())]));
        }
    }
}

/// How grave a severity looks.
pub(super) const fn tone(severity: Severity) -> Tone {
    match severity {
        Severity::Pass => Tone::Good,
        Severity::Warn | Severity::Hold => Tone::Warning,
        Severity::Reject => Tone::Bad,
    }
}

pub(super) fn severity(words: &Words, severity: Severity) -> String {
    let code = match severity {
        Severity::Pass => "severity-pass",
        Severity::Warn => "severity-warn",
        Severity::Hold => "severity-hold",
        Severity::Reject => "severity-reject",
    };
    words.say(code)
}

/// How grave, which checks, under whose rule.
fn citation(words: &Words, said: &Said, judgement: &Judgement, clause: Option<&str>) -> String {
    let profile = &judgement.profile;
    let rule = match clause {
        Some(clause) => words.with(
            "finding-rule",
            &[
                ("profile", profile.id.to_string().into()),
                ("version", profile.version.into()),
                ("clause", clause.to_owned().into()),
            ],
        ),
        None => words.profile(&profile.id, profile.version),
    };
    format!("{} · {} · {rule}", severity(words, said.severity), said.checks.join(" · "))
}
