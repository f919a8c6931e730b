//! What is written, step by step: everything that it takes was read from the disk before.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::NotRebuilt;
use crate::clock::ClockProblem;
use crate::database::{Database, DatabaseError, Tx};
use crate::document::{DeliveryState, DocumentState, HoldReason, Part};
use crate::evidence::record::RecordJson;
use crate::ids::{DeliveryId, Digest, DocumentId, Name, PersonId, SessionId};
use crate::instant::Instant;
use crate::intake::line::stem_of;
use crate::intake::source::SourceName;
use crate::journal::Entry;
use crate::journal::append::Journal;
use crate::journal::read::Private;
use crate::judgement::ProfileRef;
use crate::ledger::attempts::{self, Attempt};
use crate::ledger::clock_state::{self, ClockState, Doubting};
use crate::ledger::deliveries::{DeliveryFile, Released};
use crate::ledger::profiles::{self, ProfileState};
use crate::ledger::restoring::{self, Delivered};
use crate::ledger::spoken::{self, Sidecar};
use crate::ledger::watched_files::{self, KnownFile};
use crate::ledger::{contents, deliveries, documents};
use crate::measurements::Measurements;
use crate::people::restoring::{Found, Lost, restore};
use crate::store::records::{self, Member, Record};

pub(super) enum Step {
    Entry {
        entry: Box<Entry>,
        bytes: Vec<u8>,
        private: Option<Private>,
    },
    People {
        entry: Box<Entry>,
        private: Option<String>,
        certificates: Vec<Found>,
    },
    /// A version that came into force is lost: the one before it judges nothing any more.
    Retire(Name),
    Profile {
        reference: ProfileRef,
        bytes: Vec<u8>,
        state: ProfileState,
        journal_index: u64,
    },
    Watched {
        name: String,
        known: KnownFile,
    },
    Clock(Option<ClockProblem>, Option<Doubting>),
    Delivery(Box<Delivered>),
    NeverCopied(Box<Refused>),
    Content {
        measurements: Box<Measurements>,
        object: Digest,
    },
    Document {
        id: DocumentId,
        station: Name,
        parts: Vec<Part>,
        taken_in_at: Instant,
        at: Instant,
    },
    End {
        document: DocumentId,
        state: DocumentState,
        at: Instant,
    },
    /// What it was known to be is nowhere.
    Forget(DocumentId),
    /// The scans of a delivery that is neither in custody nor in a record.
    Gone {
        delivery: DeliveryId,
        files: Vec<DeliveryFile>,
        released: Released,
        at: Instant,
    },
    Hold {
        document: DocumentId,
        held: Option<HoldReason>,
    },
    Filed(Box<Filed>),
    Attempt(Box<Attempt>),
    Signed(SessionId),
    ReceiptOf {
        delivery: DeliveryId,
        first: DocumentId,
    },
    Assigned {
        document: DocumentId,
        person: Option<PersonId>,
        at: Instant,
    },
    Row {
        station: Name,
        row: Digest,
        document: DocumentId,
    },
}

/// A delivery that the line refused before it was copied.
pub(super) struct Refused {
    pub delivery: DeliveryId,
    pub arrival: u64,
    pub station: Name,
    pub name: SourceName,
    pub problem: Option<String>,
    pub at: Instant,
}

/// A record, and the rows that stand for it.
pub(super) struct Filed {
    pub json: RecordJson,
    pub row: Record,
    pub members: Vec<Member>,
    pub parts: Vec<Part>,
    pub sidecars: Vec<Sidecar>,
    /// The files of each of its deliveries.
    pub delivered: BTreeMap<DeliveryId, Vec<DeliveryFile>>,
    pub released: Released,
    pub attempt: Attempt,
}

/// Takes steps in one transaction.
pub(super) fn take(
    database: &Database,
    journal: &Arc<Journal>,
    steps: Vec<Step>,
) -> Result<Vec<NotRebuilt>, DatabaseError> {
    let journal = Arc::clone(journal);
    database.write(async move |tx| {
        let mut lost = Vec::new();
        for step in steps {
            lost.extend(step.take(tx, &journal).await?);
        }
        Ok(lost)
    })
}

impl Step {
    async fn take(self, tx: &mut Tx, journal: &Journal) -> Result<Vec<NotRebuilt>, DatabaseError> {
        match self {
            Self::Entry { entry, bytes, private } => journal.restore(tx, &entry, &bytes, private.as_ref()).await?,
            Self::People { entry, private, certificates } => {
                let lost = restore(tx, &entry, private.as_deref(), &certificates).await?;
                return Ok(lost.into_iter().map(NotRebuilt::from).collect());
            }
            Self::Profile { reference, bytes, state, journal_index } => {
                profiles::adopt(tx, &reference, &bytes, state, journal_index).await?;
            }
            Self::Retire(id) => profiles::retire(tx, &id).await?,
            Self::Watched { name, known } => watched_files::set(tx, &name, known).await?,
            // Of which boot the clocks agreed is told anew at the start; a doubt has to outlast the database.
            Self::Clock(problem, doubting) => {
                clock_state::set(tx, &ClockState { boot: None, agreement: 0, problem, right: None, doubting }).await?;
            }
            Self::Delivery(made) => restoring::delivery(tx, &made).await?,
            Self::NeverCopied(it) => {
                let name = it.name.as_bytes();
                deliveries::enter_again(tx, it.delivery, it.arrival, &it.station, name, it.at).await?;
                let (from, to) = (DeliveryState::Arriving, DeliveryState::Refused);
                deliveries::move_on(tx, it.delivery, from, to, it.problem.as_deref(), it.at).await?;
                spoken::refused_under(tx, it.delivery, &stem_of(&it.name)).await?;
                // What stands under its name now is looked at anew, and refused again where it has to be.
                deliveries::set_released(tx, it.delivery, Released::Gone, it.at).await?;
            }
            Self::Content { measurements, object } => contents::enter(tx, &measurements, &object).await?,
            Self::Document { id, station, parts, taken_in_at, at } => {
                documents::create(tx, id, &station, &parts, taken_in_at, at).await?;
            }
            Self::End { document, state, at } => restoring::end(tx, document, state, at).await?,
            Self::Forget(document) => restoring::forget_identity(tx, document).await?,
            Self::Gone { delivery, files, released, at } => {
                restoring::files(tx, delivery, &files, released, at).await?;
            }
            Self::Hold { document, held } => restoring::hold(tx, document, held).await?,
            Self::Filed(filed) => {
                restoring::filed(tx, &filed.json, &filed.parts, filed.row.filed_at).await?;
                for (delivery, files) in &filed.delivered {
                    restoring::files(tx, *delivery, files, filed.released, filed.row.filed_at).await?;
                }
                spoken::set_sidecars(tx, filed.json.document, &filed.sidecars).await?;
                records::insert(tx, &filed.row, &filed.members).await?;
                attempts::enter(tx, &filed.attempt).await?;
            }
            Self::Attempt(attempt) => attempts::enter(tx, &attempt).await?,
            Self::Signed(session) => restoring::count_signed(tx, session).await?,
            Self::ReceiptOf { delivery, first } => {
                if let Some(part) = documents::parts(tx, first).await?.first() {
                    deliveries::set_receipt_of(tx, delivery, part.delivery).await?;
                }
            }
            Self::Assigned { document, person, at } => documents::assign(tx, document, person, at).await?,
            Self::Row { station, row, document } => spoken::use_row(tx, &station, &row, document).await?,
        }
        Ok(Vec::new())
    }
}

impl From<Lost> for NotRebuilt {
    fn from(lost: Lost) -> Self {
        match lost {
            Lost::Person(person) => Self::Person { person },
            Lost::Certificate { person, certificate } => Self::Certificate { person, certificate },
        }
    }
}
