//! Who accepts a document: a person, or the profile's own policy.
//!
//! [`needs`] says what a judged document still asks of people, and everything else follows from it: where it goes after
//! inspection, where it goes after a decision, and whether it may be signed. Only [`recall`] makes the [`Accepted`] that
//! signing asks for, and it asks anew.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::{Calendar, CannotTell};
use crate::database::{DatabaseError, Tx};
use crate::document::{DocumentState, HoldReason};
use crate::identity::Identity;
use crate::ids::PersonId;
use crate::instant::Instant;
use crate::judgement::{Finding, IMPOSSIBLE_DATE, Judgement, LATENESS, Outcome, Severity};
use crate::ledger::decisions::{self, Decision, DecisionKind};
use crate::ledger::documents::Document;
use crate::profile::{Confirm, Exceptions, Fact, Profile};

/// What a judged document still asks of a person, gravest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Need {
    /// A fact that the profile requires is missing or cannot be, or rests on a statement that was undone. No exception
    /// releases it.
    Identity,
    /// This build cannot do what the profile asks. No exception releases it.
    Carried,
    /// The manager releases a lateness that was unavoidable.
    LateRelease,
    /// The manager releases a rejection, where the profile allows exceptions.
    Exception,
    /// A person looks at what a check held.
    Accept,
    /// A person confirms the document, as the profile asks.
    Confirm,
}

/// What a document asks of people, given what they decided since its identity was last stated.
#[must_use]
pub fn needs(identity: &Identity, judgement: &Judgement, profile: &Profile, decisions: &[Decision]) -> Vec<Need> {
    let decided = |kind: DecisionKind| current(decisions).any(|decision| decision.kind == kind);
    let impossible = |finding: &Finding| {
        let failed = matches!(finding.outcome, Outcome::Failed(_));
        finding.check == IMPOSSIBLE_DATE && failed && finding.severity >= Severity::Hold
    };
    let graver = |severity: Severity, late: bool| {
        judgement
            .findings
            .iter()
            .any(|finding| finding.severity == severity && (finding.check == LATENESS) == late && !impossible(finding))
    };
    let mut needs = Vec::new();
    if profile.identity.required.iter().any(|fact| !is_known(identity, *fact))
        || judgement.findings.iter().any(impossible)
        || is_unsaid(decisions)
    {
        needs.push(Need::Identity);
    }
    if profile.carried().is_err() {
        needs.push(Need::Carried);
    }
    if (graver(Severity::Hold, true) || graver(Severity::Reject, true)) && !decided(DecisionKind::LateRelease) {
        needs.push(Need::LateRelease);
    }
    if graver(Severity::Reject, false)
        && !(decided(DecisionKind::Exception) && profile.review.exceptions == Exceptions::Allowed)
    {
        needs.push(Need::Exception);
    }
    if graver(Severity::Hold, false) && !decided(DecisionKind::Accept) && !decided(DecisionKind::Exception) {
        needs.push(Need::Accept);
    }
    if profile.signing.confirm == Confirm::Each && !decided(DecisionKind::Confirm) {
        needs.push(Need::Confirm);
    }
    needs
}

/// Where a document with these needs goes, and what it waits for there.
#[must_use]
pub fn route(needs: &[Need]) -> (DocumentState, Option<HoldReason>) {
    match needs.first() {
        None => (DocumentState::Signing, None),
        Some(Need::Confirm) => (DocumentState::AwaitingConfirmation, None),
        Some(Need::Identity) => (DocumentState::Review, Some(HoldReason::Identity)),
        Some(Need::Carried) => (DocumentState::Review, Some(HoldReason::NotCarried)),
        Some(Need::LateRelease) => (DocumentState::Review, Some(HoldReason::Late)),
        Some(Need::Exception) => (DocumentState::Review, Some(HoldReason::Rejected)),
        Some(Need::Accept) => (DocumentState::Review, Some(HoldReason::Findings)),
    }
}

/// The decisions that still count: those about the state in which the document is, made since the identity was last
/// stated by a person, with keys that were in force then.
pub fn current(decisions: &[Decision]) -> impl Iterator<Item = &Decision> {
    let from = decisions.iter().rposition(|decision| decision.kind == DecisionKind::Identify).unwrap_or(0);
    decisions.iter().skip(from).filter(|decision| decision.seen.is_none() && decision.undone_by.is_none())
}

/// Whether somebody said whose it is with a key that was not theirs any more, and nobody has said it anew since that was
/// found out. What others said before was said beside it, so it does not do.
#[must_use]
pub fn is_unsaid(decisions: &[Decision]) -> bool {
    let identified = || decisions.iter().filter(|decision| decision.kind == DecisionKind::Identify);
    let found_out = identified().filter_map(|decision| decision.undone_by).max();
    let anew = |found_out: u64| {
        identified().any(|decision| decision.undone_by.is_none() && decision.journal_index > found_out)
    };
    found_out.is_some_and(|found_out| !anew(found_out))
}

/// By when a document is to be signed. The time that the profile gives runs from the intake; a release gives it once more:
/// from when the work was possible again, and where that is over too when the release is made, from the release itself.
/// Whoever accepted a finding in time accepted no delay.
///
/// # Errors
/// Where the calendar does not reach.
pub fn sign_by(
    document: &Document,
    profile: &Profile,
    calendar: &Calendar,
    decisions: &[Decision],
) -> Result<Instant, CannotTell> {
    use DecisionKind::{Accept, Exception, LateRelease};
    let from = |start: Instant| calendar.deadline(start, profile.window.sign_within, &document.station);
    let mut sign_by = from(document.taken_in_at)?;
    for decision in current(decisions) {
        if let Some(possible_again_at) = decision.possible_again_at {
            sign_by = sign_by.max(from(possible_again_at)?);
        }
        if matches!(decision.kind, Accept | Exception | LateRelease) && decision.at > sign_by {
            sign_by = from(decision.at)?;
        }
    }
    Ok(sign_by)
}

/// A document that may be signed: identified, judged under one exact profile, and released by whoever had to.
#[derive(Clone, Debug)]
pub struct Accepted {
    document: Document,
    judgement: Judgement,
    decisions: Vec<Decision>,
}

impl Accepted {
    #[must_use]
    pub fn document(&self) -> &Document {
        &self.document
    }

    #[must_use]
    pub fn judgement(&self) -> &Judgement {
        &self.judgement
    }

    /// Every decision that led here and stands, in order.
    #[must_use]
    pub fn decisions(&self) -> &[Decision] {
        &self.decisions
    }

    /// Whether a person released something of it.
    #[must_use]
    pub fn was_released(&self) -> bool {
        use DecisionKind::{Accept, Exception, LateRelease};
        current(&self.decisions).any(|decision| matches!(decision.kind, Accept | Exception | LateRelease))
    }

    /// Who confirmed it, in the state in which it is.
    #[must_use]
    pub fn confirmed_by(&self) -> Option<PersonId> {
        confirmed_by(&self.decisions)
    }
}

/// Who last confirmed a document, in the state in which it is.
#[must_use]
pub fn confirmed_by(decisions: &[Decision]) -> Option<PersonId> {
    let confirmed = current(decisions).filter(|decision| decision.kind == DecisionKind::Confirm);
    confirmed.last().map(|decision| decision.person)
}

#[derive(Debug, thiserror::Error)]
pub enum NotAccepted {
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// It asks something of a person after all, and has to go back to review.
    #[error("it still asks something of a person: {0:?}")]
    Needs(Vec<Need>),
    #[error("it is not in the state to be signed, or was judged under another profile")]
    NotJudged,
}

/// Reads back from the ledger that a document may be signed under `profile`.
///
/// # Errors
/// When it may not.
pub async fn recall(tx: &mut Tx, document: &Document, profile: &Profile) -> Result<Accepted, NotAccepted> {
    let judgement = match (&document.judgement, document.state) {
        (Some(judgement), DocumentState::Signing | DocumentState::Stamping | DocumentState::Filing)
            if judgement.profile == *profile.reference() =>
        {
            judgement.clone()
        }
        _ => return Err(NotAccepted::NotJudged),
    };
    let mut decisions = decisions::of_document(tx, document.id).await?;
    let needs = needs(&document.identity, &judgement, profile, &decisions);
    if !needs.is_empty() {
        return Err(NotAccepted::Needs(needs));
    }
    // What is signed names nothing that was known to be undone.
    decisions.retain(|decision| decision.undone_by.is_none());
    Ok(Accepted { document: document.clone(), judgement, decisions })
}

fn is_known(identity: &Identity, fact: Fact) -> bool {
    match fact {
        Fact::PatientId => identity.patient.is_some(),
        Fact::DocumentType => identity.document_type.is_some(),
        Fact::ObtainedOn => identity.obtained_on.is_some(),
        Fact::DocumentDate => identity.document_date.is_some(),
        Fact::ScannedAt => identity.scanned_at.is_some(),
        Fact::Operator => identity.operator.is_some(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity::{Patient, Source, Sourced};
    use crate::ids::Digest;
    use crate::instant::Instant;
    use crate::judgement::Reason;

    fn profile(confirm: &str, exceptions: &str) -> Profile {
        let text = include_str!("../profiles/demo/referral-letter-demo.toml")
            .replace("confirm = \"session\"", confirm)
            .replace("[severity]", &format!("[review]\nexceptions = \"{exceptions}\"\n\n[severity]"));
        let text = if confirm.contains("each") {
            text.lines().filter(|line| !line.starts_with("auto_confirm_clause")).collect::<Vec<_>>().join("\n")
        } else {
            text
        };
        crate::profile::lint(text.as_bytes(), "test.toml").unwrap().0
    }

    fn identity() -> Identity {
        let from = Source::Sidecar;
        let patient =
            Patient { id: "9990001".into(), name: "架空 花子".into(), kana: None, birth_date: None, sex: None };
        Identity {
            patient: Some(Sourced { value: patient, from }),
            document_type: Some(Sourced { value: "referral-letter-demo".parse().unwrap(), from }),
            obtained_on: Some(Sourced { value: "2026-11-20".parse().unwrap(), from }),
            ..Identity::default()
        }
    }

    fn judgement(profile: &Profile, found: &[(&str, Severity)]) -> Judgement {
        let findings: Vec<_> = found
            .iter()
            .map(|(check, severity)| Finding {
                check: (*check).into(),
                outcome: Outcome::Failed(Reason::CheckCrashed),
                severity: *severity,
                page: None,
            })
            .collect();
        let severity = findings.iter().map(|finding| finding.severity).max().unwrap_or(Severity::Pass);
        Judgement { profile: profile.reference().clone(), findings, severity }
    }

    fn decisions(kinds: &[DecisionKind]) -> Vec<Decision> {
        (0..)
            .zip(kinds)
            .map(|(index, kind)| Decision {
                kind: *kind,
                person: PersonId::new(),
                reason: None,
                journal_index: index,
                entry: Digest::of(b""),
                at: Instant::from_microseconds(0).unwrap(),
                possible_again_at: None,
                certificate: Digest::of(b""),
                second_certificate: None,
                seen: None,
                undone_by: None,
            })
            .collect()
    }

    #[test]
    fn what_is_asked_follows_from_findings_profile_and_decisions() {
        use DecisionKind as D;
        use Severity::{Hold, Reject, Warn};
        let session = profile("confirm = \"session\"", "allowed");
        let each = profile("confirm = \"each\"", "allowed");
        let strict = profile("confirm = \"session\"", "never");
        /// Profile, findings, decisions; what is asked.
        type Case<'a> = (&'a Profile, &'a [(&'a str, Severity)], &'a [D], &'a [Need]);
        let cases: &[Case<'_>] = &[
            (&session, &[], &[], &[]),
            (&session, &[("blank_page", Warn)], &[], &[]),
            (&session, &[("blank_page", Hold)], &[], &[Need::Accept]),
            (&session, &[("blank_page", Hold)], &[D::Accept], &[]),
            // What was accepted before somebody said whose it is was another document.
            (&session, &[("blank_page", Hold)], &[D::Accept, D::Identify], &[Need::Accept]),
            (&session, &[("page_damaged", Reject)], &[D::Accept], &[Need::Exception]),
            (&session, &[("page_damaged", Reject)], &[D::Exception], &[]),
            (&strict, &[("page_damaged", Reject)], &[D::Exception], &[Need::Exception]),
            // Accepting findings does not release a lateness, nor the other way round.
            (&session, &[(LATENESS, Hold)], &[D::Accept, D::Exception], &[Need::LateRelease]),
            (&session, &[(LATENESS, Hold), ("blank_page", Hold)], &[D::LateRelease], &[Need::Accept]),
            // A date that lies ahead is answered by another date alone, however grave the profile makes it.
            (&session, &[(IMPOSSIBLE_DATE, Hold)], &[D::Accept, D::Exception, D::LateRelease], &[Need::Identity]),
            (&session, &[(IMPOSSIBLE_DATE, Reject)], &[D::Exception], &[Need::Identity]),
            (&session, &[(IMPOSSIBLE_DATE, Hold), ("blank_page", Hold)], &[], &[Need::Identity, Need::Accept]),
            (&each, &[], &[], &[Need::Confirm]),
            (&each, &[], &[D::Confirm], &[]),
            (&each, &[], &[D::Confirm, D::Identify], &[Need::Confirm]),
        ];
        for (profile, found, decided, expected) in cases {
            let judgement = judgement(profile, found);
            assert_eq!(
                needs(&identity(), &judgement, profile, &decisions(decided)),
                *expected,
                "{found:?} {decided:?}"
            );
        }
    }

    #[test]
    fn what_was_undone_releases_nothing() {
        use DecisionKind as D;
        let each = profile("confirm = \"each\"", "allowed");
        let judgement = judgement(&each, &[("blank_page", Severity::Hold), (LATENESS, Severity::Hold)]);
        let asked = |decided: &[D], undone: &[(usize, u64)]| {
            let mut decisions = decisions(decided);
            for (index, by) in undone {
                decisions[*index].undone_by = Some(*by);
            }
            needs(&identity(), &judgement, &each, &decisions)
        };
        let released = [D::LateRelease, D::Accept, D::Confirm];
        assert_eq!(asked(&released, &[]), []);
        assert_eq!(asked(&released, &[(0, 9)]), [Need::LateRelease]);
        assert_eq!(asked(&released, &[(1, 9)]), [Need::Accept]);
        assert_eq!(asked(&released, &[(2, 9)]), [Need::Confirm]);
        // Whose it is is said anew, and only what is said after it was found out does.
        let identified = [D::Identify, D::Identify, D::LateRelease, D::Accept, D::Confirm];
        assert_eq!(asked(&identified, &[]), []);
        assert_eq!(asked(&identified, &[(0, 9)]), [Need::Identity]);
        assert_eq!(asked(&identified, &[(1, 9)]), [Need::Identity]);
        assert_eq!(asked(&identified, &[(0, 0)]), []);
    }

    #[test]
    fn no_decision_releases_an_identity() {
        let profile = profile("confirm = \"session\"", "allowed");
        let judgement = judgement(&profile, &[]);
        let everything = decisions(&[DecisionKind::Accept, DecisionKind::Exception, DecisionKind::LateRelease]);
        let nameless = Identity { patient: None, ..identity() };
        assert_eq!(needs(&nameless, &judgement, &profile, &everything), [Need::Identity]);
        assert_eq!(route(&[Need::Identity]), (DocumentState::Review, Some(HoldReason::Identity)));
    }
}
