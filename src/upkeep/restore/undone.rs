//! What had been done after a backup and is undone by its restore; and which documents must not go on as if it had not been done.
//!
//! A yes that is lost lets nothing through: the document stands where it was asked for, and it is asked for again. A no that is
//! lost would let through what somebody had stopped, so whoever looks says anew what the document is, or ends it again.

use std::collections::BTreeSet;

use super::lost::LostAct;
use crate::clock::ClockProblem;
use crate::database::{DatabaseError, Tx};
use crate::document::{DocumentState, HoldReason};
use crate::ids::DocumentId;
use crate::instant::Instant;
use crate::journal::append::Journal;
use crate::journal::{Draft, Entry, Kind, Subject, doubts};
use crate::ledger::attempts::{self, AttemptState};
use crate::ledger::clock_state::{self, ClockState, Doubting};
use crate::ledger::{restoring, standing};
use crate::people::acts::Act;

/// Acts about people, keys, profiles and personal text.
const ABOUT_PEOPLE: [Kind; 11] = [
    Kind::PersonEnrolled,
    Kind::PersonChanged,
    Kind::PersonSuspended,
    Kind::PersonResumed,
    Kind::CertificateIssued,
    Kind::CertificateRevoked,
    Kind::Appointed,
    Kind::ManagerAbsent,
    Kind::ManagerBack,
    Kind::ProfileAdopted,
    Kind::PrivatePartsDisposed,
];

/// What is decided about a document.
const ABOUT_DOCUMENTS: [Kind; 9] = [
    Kind::DocumentIdentified,
    Kind::DocumentAccepted,
    Kind::DocumentConfirmed,
    Kind::DocumentSentBack,
    Kind::DocumentSuperseded,
    Kind::DocumentDiscarded,
    Kind::DocumentAssigned,
    Kind::DocumentRetried,
    Kind::LateReleased,
];

/// What an entry says that was done. Of documents that are lost themselves nothing is said beside that.
pub(super) fn acts(entry: &Entry, lost: &BTreeSet<DocumentId>) -> Vec<LostAct> {
    let act = LostAct {
        kind: entry.kind,
        person: entry.subject.person,
        document: None,
        delivery: entry.subject.delivery,
        at: entry.at,
        journal_index: entry.index,
        asked_anew: false,
    };
    if ABOUT_PEOPLE.contains(&entry.kind) || entry.kind == Kind::DeliveryDecided {
        return vec![act];
    }
    if !ABOUT_DOCUMENTS.contains(&entry.kind) && stopped(entry).is_empty() {
        return Vec::new();
    }
    let there = documents(entry).into_iter().filter(|document| !lost.contains(document));
    there.map(|document| LostAct { document: Some(document), ..act.clone() }).collect()
}

/// The documents that a person stopped or corrected with an entry, or that were held by it until one has looked.
pub(super) fn stopped(entry: &Entry) -> Vec<DocumentId> {
    let stops = match entry.kind {
        Kind::DocumentIdentified | Kind::DocumentSentBack | Kind::DocumentSuperseded | Kind::DocumentDiscarded => true,
        Kind::DocumentHeld => {
            let reason = entry.facts.get("reason").and_then(|reason| serde_json::from_value(reason.clone()).ok());
            reason.is_some_and(HoldReason::asks_for_all)
        }
        _ => false,
    };
    if stops { documents(entry) } else { Vec::new() }
}

/// Has a person asked anew about each of these documents that is there and open. Answers which these are.
///
/// They begin with identification, where alone everything can be said of one again. A signature that it has is given up: it
/// was made over what somebody had stopped.
pub(super) async fn ask_anew(
    tx: &mut Tx,
    journal: &Journal,
    stopped: &BTreeSet<DocumentId>,
    now: Instant,
) -> Result<BTreeSet<DocumentId>, DatabaseError> {
    let mut asked = BTreeSet::new();
    for id in stopped {
        if !standing::state(tx, *id).await?.is_some_and(DocumentState::is_open) {
            continue;
        }
        let mut entry =
            Draft::by_system(Kind::DocumentHeld, Subject::document(*id)).fact("reason", HoldReason::AskedAnew);
        let mut signed = attempts::of_document(tx, *id).await?;
        signed.retain(|attempt| matches!(attempt.state, AttemptState::Signed | AttemptState::Stamped));
        for attempt in signed {
            attempts::set_state(tx, attempt.id, attempt.state, AttemptState::Missed, None).await?;
            entry = entry.fact("attempt", attempt.id).fact("manifest", attempt.manifest);
        }
        restoring::ask_anew(tx, *id, now).await?;
        journal.append(tx, entry, now).await?;
        asked.insert(*id);
    }
    Ok(asked)
}

/// A doubt about the clock that was entered after the backup, and concerns copies from this entry on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Doubted {
    problem: ClockProblem,
    since: u64,
}

impl Doubted {
    pub(super) fn of(entry: &Entry) -> Option<Self> {
        let problem = serde_json::from_value(entry.facts.get("problem")?.clone()).ok()?;
        Some(Self { problem, since: doubts::since(entry)? })
    }

    /// Whether it concerns anything of a journal that ends before this entry.
    pub(super) fn concerns_before(self, size: u64) -> bool {
        self.since < size
    }

    /// Itself, from where the earlier one began.
    pub(super) fn with(self, earlier: Option<Self>) -> Self {
        Self { since: earlier.map_or(self.since, |earlier| earlier.since.min(self.since)), ..self }
    }
}

/// Doubts the clock once more, where it was doubted after the backup for what had been taken in before it: by the restored database
/// all was well with it, and nothing else would find that again. The first start goes through what it concerns, and a person says
/// what became of the clock.
pub(super) async fn doubt_anew(
    tx: &mut Tx,
    journal: &Journal,
    Doubted { problem, since }: Doubted,
    now: Instant,
) -> Result<(), DatabaseError> {
    let state = clock_state::get(tx).await?;
    let fresh = ClockState { boot: None, agreement: 0, problem: None, right: None, doubting: None };
    let mut state = state.unwrap_or(fresh);
    let end = journal.append(tx, doubts::clock_doubted(problem, Some(since)), now).await?.index;
    // One doubt is told at a time. What stamps that agree would end hides none that a person has to look at.
    state.problem = state.problem.filter(|before| before.waits_for_a_person()).or(Some(problem));
    state.doubting = Some(Doubting { next: since, end }.with(state.doubting));
    clock_state::set(tx, &state).await
}

/// The documents that an entry is about: its own, or those of its act.
pub(super) fn documents(entry: &Entry) -> Vec<DocumentId> {
    match (entry.subject.document, &entry.act) {
        (Some(document), _) => vec![document],
        (None, Some(signed)) => Act::parse(&signed.text).map(|act| act.deed.documents().to_vec()).unwrap_or_default(),
        (None, None) => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::crypto::make::{KeyPair, Suite};
    use crate::database::engines;
    use crate::ids::HomeId;
    use crate::journal::{Actor, ENTRY_VERSION};

    fn held(document: DocumentId, reason: HoldReason) -> Entry {
        entry(Draft::by_system(Kind::DocumentHeld, Subject::document(document)).fact("reason", reason))
    }

    fn entry(draft: Draft) -> Entry {
        Entry {
            v: ENTRY_VERSION,
            home: HomeId::new(),
            index: 7,
            at: Instant::from_microseconds(0).unwrap(),
            kind: draft.kind,
            actor: Actor::System,
            subject: draft.subject,
            facts: draft.facts,
            private: None,
            act: None,
        }
    }

    #[test]
    fn what_waited_for_a_look_is_told_of_and_waits_again() {
        let (document, none) = (DocumentId::new(), BTreeSet::new());
        for reason in [HoldReason::SourceChanged, HoldReason::AskedAnew] {
            let entry = held(document, reason);
            assert_eq!(stopped(&entry), [document]);
            let told: Vec<_> = acts(&entry, &none).into_iter().map(|act| (act.document, act.journal_index)).collect();
            assert_eq!(told, [(Some(document), 7)]);
            assert_eq!(acts(&entry, &BTreeSet::from([document])), [], "it is lost itself");
        }
        // What a stage finds it finds again.
        let entry = held(document, HoldReason::Identity);
        assert_eq!((stopped(&entry), acts(&entry, &none)), (Vec::new(), Vec::new()));
    }

    #[test]
    fn a_doubt_of_the_clock_that_is_lost_is_gone_through_once_more() {
        let problem = ClockProblem::Jumped { by_milliseconds: 86_400_000 };
        let draft = |kind| Draft::by_system(kind, Subject::default()).fact("problem", problem);
        let found = |since: u64| Doubted::of(&entry(draft(Kind::ClockDoubted).fact("doubts_since", since)));
        assert_eq!(found(5), Some(Doubted { problem, since: 5 }));
        assert_eq!(Doubted::of(&entry(draft(Kind::ClockDoubted).fact("doubts_since", None::<u64>))), None);
        assert_eq!(Doubted::of(&entry(draft(Kind::ClockAcknowledged).fact("doubts_since", 5))), None);
        assert_eq!(found(5).unwrap().with(found(3)), found(3).unwrap());
        assert_eq!([5, 6].map(|size| found(5).unwrap().concerns_before(size)), [false, true]);
        for engine in engines::each() {
            let key = KeyPair::generate(Suite::Ed25519).unwrap();
            let journal = Arc::new(Journal::new(HomeId::new(), "torikomi.test/journal".parse().unwrap(), key));
            let anew = |since| {
                let (doubted, journal) = (found(since).unwrap(), Arc::clone(&journal));
                let now = Instant::from_microseconds(0).unwrap();
                engine.database.write(async move |tx| doubt_anew(tx, &journal, doubted, now).await).unwrap();
                let state = engine.database.read::<_, DatabaseError, _>(async |tx| clock_state::get(tx).await).unwrap();
                let state = state.unwrap();
                assert_eq!(state.problem, Some(problem), "a person looks at it");
                state.doubting.unwrap()
            };
            assert_eq!(anew(5), Doubting { next: 5, end: 0 });
            // What had not been gone through before the backup is.
            assert_eq!(anew(7), Doubting { next: 5, end: 1 });
        }
    }

    #[test]
    fn a_doubt_that_waits_for_a_person_is_hidden_by_no_other() {
        let [jumped, behind] =
            [ClockProblem::Jumped { by_milliseconds: 3_600_000 }, ClockProblem::Behind { by_milliseconds: 60_000 }];
        let at_odds = ClockProblem::AtOdds { by_milliseconds: 7_200_000 };
        for (before, found, told) in
            [(jumped, at_odds, jumped), (behind, at_odds, behind), (behind, jumped, behind), (at_odds, jumped, jumped)]
        {
            for engine in engines::each() {
                let key = KeyPair::generate(Suite::Ed25519).unwrap();
                let journal = Arc::new(Journal::new(HomeId::new(), "torikomi.test/journal".parse().unwrap(), key));
                let now = Instant::from_microseconds(0).unwrap();
                let state = engine.database.write::<_, DatabaseError, _>(async move |tx| {
                    doubt_anew(tx, &journal, Doubted { problem: before, since: 5 }, now).await?;
                    doubt_anew(tx, &journal, Doubted { problem: found, since: 5 }, now).await?;
                    clock_state::get(tx).await
                });
                assert_eq!(state.unwrap().unwrap().problem, Some(told), "{before} {found}");
            }
        }
    }
}
