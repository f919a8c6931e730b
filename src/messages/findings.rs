//! What an inspection found, in sentences. What is said alike is said once: a file that cannot be read makes many checks
//! say so, and a file that is no scan makes one check say so of each page.

use super::{Lang, say, say_code};
use crate::judgement::{Judgement, Outcome, Severity};

/// One sentence, and all that it holds for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Said {
    pub severity: Severity,
    /// With the pages before it, where it is about pages.
    pub text: String,
    /// The checks that say so, by name.
    pub checks: Vec<String>,
}

/// What failed or could not be told, the gravest first; those of one severity stay in the order of the checks.
#[must_use]
pub fn say_findings(lang: Lang, judgement: &Judgement) -> Vec<Said> {
    let mut groups: Vec<(Said, Vec<u32>)> = Vec::new();
    for finding in &judgement.findings {
        let (Outcome::Failed(reason) | Outcome::Indeterminate(reason)) = &finding.outcome else { continue };
        let text = say_code(lang, "reason", reason);
        let alike = groups.iter_mut().find(|(said, pages)| {
            said.severity == finding.severity && said.text == text && pages.is_empty() == finding.page.is_none()
        });
        let (said, pages) = match alike {
            Some((said, pages)) => (said, pages),
            None => {
                groups.push((Said { severity: finding.severity, text, checks: Vec::new() }, Vec::new()));
                let Some((said, pages)) = groups.last_mut() else { continue };
                (said, pages)
            }
        };
        if !said.checks.contains(&finding.check) {
            said.checks.push(finding.check.clone());
        }
        pages.extend(finding.page);
    }
    groups.sort_by_key(|(said, _)| std::cmp::Reverse(said.severity));
    let with_pages = |(said, mut pages): (Said, Vec<u32>)| {
        pages.sort_unstable();
        pages.dedup();
        if pages.is_empty() {
            return said;
        }
        let blanks = [
            ("count", pages.len().into()),
            ("pages", ranges(lang, &pages).into()),
            ("said", said.text.as_str().into()),
        ];
        Said { text: say(lang, "finding-on-pages", &blanks), ..said }
    };
    groups.into_iter().map(with_pages).collect()
}

/// "1–3, 7": ascending numbers, those in a row as first and last.
fn ranges(lang: Lang, pages: &[u32]) -> String {
    let told = pages.chunk_by(|a, b| a.checked_add(1) == Some(*b)).map(|run| match run {
        [first, .., last] => format!("{first}–{last}"),
        [one] => one.to_string(),
        [] => String::new(),
    });
    told.collect::<Vec<_>>().join(&say(lang, "list-separator", &[]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judgement::{Finding, ProfileRef, Reason};

    fn finding(check: &str, severity: Severity, page: Option<u32>, outcome: Outcome) -> Finding {
        Finding { check: check.to_owned(), outcome, severity, page }
    }

    fn judged(findings: Vec<Finding>) -> Judgement {
        let profile = ProfileRef { id: "consent".parse().unwrap(), version: 1, digest: crate::ids::Digest::of(b"") };
        Judgement { profile, findings, severity: Severity::Hold }
    }

    #[test]
    fn pages_of_which_the_same_is_said_share_a_sentence() {
        let drawn = || Outcome::Failed(Reason::PageDrawn);
        let mut findings: Vec<_> =
            [1, 2, 3, 7].map(|page| finding("page_not_scanned", Severity::Hold, Some(page), drawn())).into();
        findings.push(finding("file_incomplete", Severity::Reject, None, Outcome::Failed(Reason::NoPages)));
        findings.push(finding("blank_page", Severity::Warn, Some(9), drawn()));
        findings.push(finding("page_count", Severity::Pass, None, Outcome::Passed));
        let said = say_findings(Lang::En, &judged(findings));
        let heads: Vec<_> = said.iter().map(|said| said.text.split(':').next().unwrap_or_default()).collect();
        assert_eq!(heads[1..], ["Pages 1–3, 7", "Page 9"], "{said:?}");
        assert_eq!(said[0].severity, Severity::Reject);
        assert!(!said[0].text.starts_with("Page "), "{said:?}");
    }

    #[test]
    fn checks_that_say_the_same_of_a_page_share_a_sentence() {
        let outcome = || Outcome::Indeterminate(Reason::PaperSizeNotTold);
        let said = say_findings(
            Lang::Ja,
            &judged(vec![
                finding("resolution_below_minimum", Severity::Hold, Some(1), outcome()),
                finding("resolution_declared_disagrees", Severity::Hold, Some(1), outcome()),
                finding("resolution_absurd", Severity::Warn, Some(1), outcome()),
            ]),
        );
        assert_eq!(said.len(), 2, "what is less grave stays apart: {said:?}");
        assert_eq!(said[0].checks, ["resolution_below_minimum", "resolution_declared_disagrees"]);
        assert!(said[0].text.starts_with("1 ページ目："), "{said:?}");
    }
}
