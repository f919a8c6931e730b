//! Accepting what a check held or rejected, and confirming before the signature.

use super::hand::{Signers, Why};
use super::queue::{Done, Weighed, go_on, source_changed, supersede, weigh, wrong_state};
use super::{Peer, Requests, shown};
use crate::control::facts::Decided;
use crate::control::{Credentials, LookedAt, ReasonGiven, Refusal};
use crate::document::{DocumentState, HoldReason};
use crate::ids::DocumentId;
use crate::judgement::{LATENESS, Severity};
use crate::ledger::decisions::{self, DecisionKind};
use crate::ledger::documents::{self, Document};
use crate::people::acts::{Deed, PagesSeen};
use crate::people::{appointments, entitlement};
use crate::pipeline::driver::StageName;
use crate::profile::Exceptions;
use crate::review::{self, Need};

impl Requests {
    pub(super) fn accept(
        &self,
        by: &Credentials,
        second: Option<&Credentials>,
        looked: LookedAt,
        reason: &ReasonGiven,
        pages_shown: bool,
        peer: Peer,
    ) -> Result<Decided, Refusal> {
        let (why, code) = Why::read(reason)?;
        let hand = self.hand(peer);
        let signers = Signers { first: self.prove(by, hand.now)?, second: self.prove_second(second, hand.now)? };
        let id = looked.document;
        let (profiles, calendars) = (self.line.profiles(), self.calendars_of(&[id])?);
        let done = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let document = shown::find(tx, looked).await?;
            if document.state != DocumentState::Review || source_changed(&document) {
                return Err(wrong_state(&document));
            }
            // Judged anew since the calendar was read, it is another document than was weighed.
            let Some(calendar) = calendars.get(&document.calendar) else { return Err(wrong_state(&document)) };
            let weighed = weigh(tx, &document, &profiles).await?;
            let kind = releasing(&document, &weighed)?;
            let (state_digest, pages) = (document.state_digest(), seen(pages_shown));
            let deed = match kind {
                DecisionKind::Exception => Deed::Exception { document: id, state_digest, reason: code, pages },
                _ => Deed::Accept { document: id, state_digest, reason: code, pages },
            };
            let appended = hand.decide(tx, id, kind, deed, &signers, &why).await?;
            // Whoever accepts it after its time to sign gives that time once more.
            let decided = decisions::of_document(tx, id).await?;
            let sign_by = review::sign_by(&document, &weighed.adopted.profile, &calendar.calendar, &decided);
            documents::set_due(tx, id, sign_by.ok()).await?;
            go_on(tx, &document, &profiles, &hand).await?;
            Ok(Done::one(&document, appended))
        })?;
        self.decided(done, &[StageName::Signing])
    }

    pub(super) fn confirm(
        &self,
        by: &Credentials,
        looked: LookedAt,
        pages_shown: bool,
        supersedes: Option<DocumentId>,
        peer: Peer,
    ) -> Result<Decided, Refusal> {
        let hand = self.hand(peer);
        let signers = Signers::from(self.prove(by, hand.now)?);
        let (profiles, patients) = (self.line.profiles(), self.line.patients());
        let replaced = supersedes.map(|earlier| self.replaced(earlier)).transpose()?;
        let done = self.line.database.write::<_, Refusal, _>(async move |tx| {
            let document = shown::find(tx, looked).await?;
            let id = document.id;
            let waits = match (document.state, document.held) {
                (DocumentState::AwaitingConfirmation, _) => !source_changed(&document),
                // Whoever confirmed it may never come to sign it: another can in their place.
                (DocumentState::Signing, Some(HoldReason::NoSession)) => true,
                _ => false,
            };
            if !waits {
                return Err(wrong_state(&document));
            }
            let roles = appointments::roles(tx, signers.first.person(), hand.now).await?;
            let rules = &weigh(tx, &document, &profiles).await?.adopted.profile.signing;
            let operator = document.identity.operator.as_ref().map(|operator| &operator.value);
            entitlement::may_confirm(signers.first.login(), &roles, operator, rules)?;
            let state_digest = document.state_digest();
            if let Some(earlier) = &replaced {
                let patient = document.identity.patient.as_ref().map(|patient| patient.value.id.as_str());
                supersede(tx, &document, patient, earlier, &patients).await?;
            }
            let deed = Deed::Confirm { document: id, state_digest, pages: seen(pages_shown), supersedes };
            let appended = hand.decide(tx, id, DecisionKind::Confirm, deed, &signers, &Why::default()).await?;
            if document.state == DocumentState::Signing {
                documents::resume(tx, id, HoldReason::NoSession, hand.now).await?;
            }
            go_on(tx, &document, &profiles, &hand).await?;
            Ok(Done::one(&document, appended))
        })?;
        self.decided(done, &[StageName::Signing])
    }
}

fn seen(pages_shown: bool) -> PagesSeen {
    if pages_shown { PagesSeen::Shown } else { PagesSeen::Attested }
}

/// Which decision releases what was found; none releases an identity, a lateness, or what this build does not carry.
fn releasing(document: &Document, weighed: &Weighed) -> Result<DecisionKind, Refusal> {
    let Weighed { adopted, judgement, needs } = weighed;
    if needs.contains(&Need::Identity) || needs.contains(&Need::Carried) {
        return Err(Refusal::NotReleasable);
    }
    if needs.contains(&Need::Exception) {
        if adopted.profile.review.exceptions == Exceptions::Allowed {
            return Ok(DecisionKind::Exception);
        }
        let rejected = |severity, check: &str| severity == Severity::Reject && check != LATENESS;
        let finding = judgement.findings.iter().find(|finding| rejected(finding.severity, &finding.check));
        let check = finding.map(|finding| finding.check.clone()).unwrap_or_default();
        return Err(Refusal::NoException { check });
    }
    if needs.contains(&Need::Accept) {
        Ok(DecisionKind::Accept)
    } else if needs.contains(&Need::LateRelease) {
        Err(Refusal::NotReleasable)
    } else {
        Err(wrong_state(document))
    }
}
