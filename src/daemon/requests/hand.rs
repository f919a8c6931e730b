//! The hand that writes: signs acts, admits them, and enters what follows in the caller's transaction.

use std::sync::Arc;

use serde_json::json;

use super::{Peer, Requests};
use crate::control::{ReasonGiven, Refusal};
use crate::database::Tx;
use crate::ids::DocumentId;
use crate::instant::Instant;
use crate::journal::Draft;
use crate::journal::append::{Appended, Journal};
use crate::ledger::decisions::{self, Decision, DecisionKind};
use crate::people::Change;
use crate::people::acts::{self, Act, ActRules, Deed, Private, ReasonCode, Signed};
use crate::people::certificates::Signer;

/// One request's way to the journal.
#[derive(Clone)]
pub(super) struct Hand {
    journal: Arc<Journal>,
    pub(super) rules: ActRules,
    pub(super) now: Instant,
    peer: Peer,
}

/// Those who sign an act: one person, or two.
pub(super) struct Signers {
    pub(super) first: Signer,
    pub(super) second: Option<Signer>,
}

impl Signers {
    fn all(&self) -> Vec<&Signer> {
        std::iter::once(&self.first).chain(&self.second).collect()
    }
}

impl From<Signer> for Signers {
    fn from(first: Signer) -> Self {
        Self { first, second: None }
    }
}

impl Requests {
    pub(super) fn hand(&self, peer: Peer) -> Hand {
        Hand {
            journal: Arc::clone(&self.line.journal),
            rules: ActRules::of(self.line.home.id(), &self.line.config),
            now: self.line.clock.now(),
            peer,
        }
    }

    /// The same for what begins by the clock and stays so when it is set right.
    pub(super) fn hand_by_believed_clock(&self, peer: Peer) -> Result<Hand, Refusal> {
        match self.line.clock.believed() {
            Ok(_) => Ok(self.hand(peer)),
            Err(clock) => Err(Refusal::ClockInDoubt { clock }),
        }
    }
}

impl Hand {
    /// The same hand, at another time.
    pub(super) fn at(self, now: Instant) -> Self {
        Self { now, ..self }
    }

    /// Signs what is done, with its private part.
    pub(super) fn sign(&self, deed: Deed, by: &Signers, private: Option<&Private>) -> Result<Signed, Refusal> {
        let mut act = Act::new(deed, by.first.person(), self.now, self.rules.home);
        if let Some(second) = &by.second {
            act = act.with_second(second.person());
        }
        if let Some(private) = private {
            act = act.with_private(private);
        }
        Ok(Signed::sign(act, &by.all())?)
    }

    /// Signs an act, admits it and appends its entry.
    pub(super) async fn act(
        &self,
        tx: &mut Tx,
        deed: Deed,
        by: &Signers,
        private: Option<Private>,
    ) -> Result<Appended, Refusal> {
        let signed = self.sign(deed, by, private.as_ref())?;
        acts::admit(tx, &signed, &self.rules, self.now).await?;
        self.append(tx, signed.into_draft(private)).await
    }

    /// [`Self::act`] on one document, entered among its decisions too.
    pub(super) async fn decide(
        &self,
        tx: &mut Tx,
        document: DocumentId,
        kind: DecisionKind,
        deed: Deed,
        by: &Signers,
        reason: &Why,
    ) -> Result<Appended, Refusal> {
        let possible_again_at = match &deed {
            Deed::LateRelease { possible_again_at, .. } => Some(*possible_again_at),
            _ => None,
        };
        let appended = self.act(tx, deed, by, reason.private()?).await?;
        let decision = Decision {
            kind,
            person: by.first.person(),
            reason: reason.word(),
            journal_index: appended.index,
            entry: appended.entry,
            at: self.now,
            possible_again_at,
            certificate: by.first.certificate().fingerprint,
            second_certificate: by.second.as_ref().map(|second| second.certificate().fingerprint),
            seen: None,
            undone_by: None,
        };
        decisions::enter(tx, document, &decision).await?;
        Ok(appended)
    }

    /// Appends the entry of a change about people and writes its rows.
    pub(super) async fn apply(&self, tx: &mut Tx, change: &Change) -> Result<Appended, Refusal> {
        let appended = self.append(tx, change.entry.clone()).await?;
        change.apply(tx, appended.index).await?;
        Ok(appended)
    }

    /// Appends an entry about what came over the socket, and from which process.
    pub(super) async fn append(&self, tx: &mut Tx, entry: Draft) -> Result<Appended, Refusal> {
        let entry = entry.fact("peer_uid", self.peer.uid).fact("peer_pid", self.peer.pid);
        Ok(self.journal.append(tx, entry, self.now).await?)
    }

    /// Appends an entry about what follows by itself.
    pub(super) async fn note(&self, tx: &mut Tx, entry: Draft) -> Result<Appended, Refusal> {
        Ok(self.journal.append(tx, entry, self.now).await?)
    }
}

/// Why somebody decides so: a code for the journal, and words that stay private.
#[derive(Clone, Debug, Default)]
pub(super) struct Why {
    pub(super) code: Option<ReasonCode>,
    text: Option<String>,
    /// What else of the decision is personal, such as whose somebody said the document is.
    pub(super) stated: Option<serde_json::Value>,
}

impl Why {
    /// A code, and no more to say.
    pub(super) fn of(code: ReasonCode) -> Self {
        Self { code: Some(code), ..Self::default() }
    }

    /// Reads the reason that came with a request. Answers its code too.
    pub(super) fn read(given: &ReasonGiven) -> Result<(Self, ReasonCode), Refusal> {
        let code: ReasonCode =
            given.code.as_str().parse().map_err(|_| Refusal::UnknownReason { reason: given.code.to_string() })?;
        Ok((Self { code: Some(code), text: text(given), stated: None }, code))
    }

    fn word(&self) -> Option<String> {
        match self.code.map(serde_json::to_value) {
            Some(Ok(serde_json::Value::String(word))) => Some(word),
            _ => None,
        }
    }

    pub(super) fn private(&self) -> Result<Option<Private>, Refusal> {
        private(self.text.as_deref(), self.stated.as_ref())
    }
}

/// What was typed beside the code, where anything was.
pub(super) fn text(given: &ReasonGiven) -> Option<String> {
    given.text.as_ref().map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

pub(super) fn private(text: Option<&str>, stated: Option<&serde_json::Value>) -> Result<Option<Private>, Refusal> {
    if text.is_none() && stated.is_none() {
        return Ok(None);
    }
    let mut said = serde_json::Map::new();
    if let Some(text) = text {
        said.insert("remark".into(), json!(text));
    }
    if let Some(stated) = stated {
        said.insert("stated".into(), stated.clone());
    }
    let said = serde_json_canonicalizer::to_string(&said)
        .map_err(|error| Refusal::Environment { problem: error.to_string() })?;
    Ok(Some(Private::new(said)?))
}
