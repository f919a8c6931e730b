//! What the inspection found, in words: page, what was measured beside what is required, the hospital's own clause and
//! the exact profile version, and what to do.

use super::check::parts;
use super::page::{Page, Tone};
use super::words::Words;
use crate::inspection::Check;
use crate::judgement::{Finding, Judgement, Outcome, Severity};

/// Every finding of a judgement, the gravest first; `clause` is the hospital's rule behind its profile.
pub(super) fn lines(words: &Words, page: &mut Page, judgement: &Judgement, clause: Option<&str>) {
    let mut found: Vec<_> = judgement
        .findings
        .iter()
        .filter_map(|finding| match &finding.outcome {
            Outcome::Failed(reason) | Outcome::Indeterminate(reason) => Some((finding, reason)),
            Outcome::Passed | Outcome::NotApplicable => None,
        })
        .collect();
    // Stable: findings of one severity stay in the order of the checks.
    found.sort_by_key(|(finding, _)| std::cmp::Reverse(finding.severity));
    for (finding, reason) in &found {
        let said = words.coded("reason", *reason);
        let line = match finding.page {
            Some(number) => words.with("finding-on-page", &[("page", number.into()), ("said", said.into())]),
            None => said,
        };
        page.marked(tone(finding.severity), &line);
        if let Some(remedy) = remedy(words, &finding.check).filter(|_| finding.severity > Severity::Warn) {
            page.below(&remedy);
        }
        page.small(&citation(words, finding, judgement, clause));
    }
    let passed = judgement.findings.iter().filter(|finding| finding.outcome == Outcome::Passed).count();
    if found.is_empty() {
        page.marked(Tone::Good, &words.with("finding-none", &[("count", passed.into())]));
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

/// `hold · resolution_below_minimum · <clause> · mhlw-general version 2`
fn citation(words: &Words, finding: &Finding, judgement: &Judgement, clause: Option<&str>) -> String {
    let profile = words.profile(&judgement.profile.id, judgement.profile.version);
    let mut cited = vec![severity(words, finding.severity), finding.check.clone()];
    cited.extend(clause.map(ToOwned::to_owned));
    cited.push(profile);
    cited.join(" · ")
}

/// The third part of a check's explanation.
fn remedy(words: &Words, check: &str) -> Option<String> {
    parts(words, Check::find(check)?).into_iter().nth(2).map(|(_, said)| said)
}
