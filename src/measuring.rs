//! Sends custody's bytes to a worker and keeps what it measured.
//!
//! A delivery whose every file is complete becomes *taken*, with one document for all of it; its source may go. One that
//! is not complete stays in custody, for its source may still grow. A worker that dies is tried once more with nothing
//! else running, then the fault is what is known of that file.

use std::sync::{PoisonError, RwLock};

use crate::clock::Clock;
use crate::database::{Database, DatabaseError, Tx, unreadable};
use crate::document::{DeliveryProblem, DeliveryState, Part};
use crate::durable::Failure;
use crate::ids::{DeliveryId, Digest, DocumentId};
use crate::image::{WorkerError, Workers, unmeasured};
use crate::instant::Instant;
use crate::intake::custody::{CustodyCopy, CustodyError, Member};
use crate::intake::names::Part as Side;
use crate::journal::append::Journal;
use crate::journal::custody::{self as in_custody, TakenIn};
use crate::journal::{Draft, Kind, Subject};
use crate::ledger::deliveries::{self, Delivery};
use crate::ledger::{contents, documents};
use crate::measurements::{Completeness, Measurements};
use crate::store::{Objects, StoreError};

#[derive(Debug, thiserror::Error)]
pub enum MeasuringError {
    /// The line waits until somebody mended it: the workers, the disk, the store.
    #[error(transparent)]
    Worker(WorkerError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Custody(#[from] CustodyError),
    #[error(transparent)]
    Disk(#[from] Failure),
    #[error("measurements cannot be written: {0}")]
    Encoding(#[from] serde_json::Error),
    /// The clock was set back to before the copy was made; it is tried again then.
    #[error("the clock was set back to before {until}, when the delivery was copied: set it right, or wait until then")]
    ClockBehind { until: Instant },
}

/// What was found of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measured {
    /// Complete: this document came of it.
    Taken(DocumentId),
    /// Not complete, or nobody can tell; it stays in custody for now.
    Waits,
    /// The line is stopping; the next one measures it.
    NotNow,
}

/// What comes of a delivery that could not be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failed {
    TriedAgain,
    /// It failed too often and waits for a person; its bytes stay in custody.
    Rests,
}

/// How often a file is sent to a worker.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Tries {
    One,
    /// Once more with nothing else running, where the first worker died.
    Two,
}

/// The stage: how it reaches its instruments.
pub struct Measuring<'a> {
    pub workers: &'a Workers,
    pub objects: &'a Objects,
    pub database: &'a Database,
    pub journal: &'a std::sync::Arc<Journal>,
    pub clock: &'a Clock,
    /// Held by everyone who measures; alone by who tries a second time.
    pub quiet: &'a RwLock<()>,
}

impl Measuring<'_> {
    /// Measures every file of a delivery's copy and moves the delivery on, unless the line is `stopping` meanwhile.
    ///
    /// # Errors
    /// When the line itself is at fault, not the delivery; it is as it was, and is tried again.
    pub fn measure(
        &self,
        delivery: &Delivery,
        copy: &CustodyCopy,
        stopping: impl Fn() -> bool,
    ) -> Result<Measured, MeasuringError> {
        // It is tried every minute until then, and need not be decoded each time.
        self.not_before_the_copy(delivery)?;
        let mut measured = Vec::new();
        let mut problem = None;
        for (number, member) in (1_u32..).zip(scans(copy)) {
            if stopping() {
                return Ok(Measured::NotNow);
            }
            let measurements = self.measure_member(copy, member, Tries::Two)?;
            problem = problem_of(number, &measurements.completeness);
            measured.push((member, measurements));
            // Each further file may take a worker's whole time twice, and the second time nobody else is measured.
            if problem.is_some() {
                break;
            }
        }
        if measured.is_empty() {
            problem = Some(DeliveryProblem::NoDocument);
        }
        match problem {
            None => {
                let kept = measured.into_iter().map(|(member, measurements)| self.keep(member, measurements));
                self.take(delivery, kept.collect::<Result<_, _>>()?).map(Measured::Taken)
            }
            // Nothing would ever name the measurements of a copy that is not taken, so they are not kept.
            Some(problem) => {
                let (id, copy) = (delivery.id, delivery.copy);
                let problem = serde_json_canonicalizer::to_string(&problem)?;
                self.database.write::<_, DatabaseError, _>(async move |tx| {
                    deliveries::set_incomplete(tx, id, copy, &problem).await
                })?;
                Ok(Measured::Waits)
            }
        }
    }

    /// Takes a delivery as it is, by a person's decision: pages are what could be measured of it. `decided` enters the
    /// decision, in the same transaction.
    ///
    /// # Errors
    /// As for [`Self::measure`], and when `decided` fails.
    pub fn take_anyway<T, E, F>(
        &self,
        delivery: &Delivery,
        copy: &CustodyCopy,
        decided: F,
    ) -> Result<(DocumentId, T), E>
    where
        T: Send + 'static,
        E: From<MeasuringError> + From<DatabaseError> + Send + 'static,
        F: for<'t> AsyncFnOnce(&'t mut Tx) -> Result<T, E> + Send + 'static,
    {
        // Whether it is whole is decided, so what a worker dies of once is not tried alone, while everybody else waits.
        let measured = scans(copy).map(|member| self.keep(member, self.measure_member(copy, member, Tries::One)?));
        let measured = measured.collect::<Result<Vec<_>, _>>()?;
        self.not_before_the_copy(delivery)?;
        let (delivery, journal, now) = (delivery.clone(), self.journal.clone(), self.clock.now());
        self.database.write::<_, E, _>(async move |tx| {
            let answer = decided(tx).await?;
            let document = enter_taken(tx, &delivery, &measured, &journal, now).await?;
            Ok((document, answer))
        })
    }

    /// Counts a failure that is the delivery's own. After `most` of them it rests in a state that a person sees, because
    /// nobody can tell whether it is whole.
    ///
    /// # Errors
    /// When the database fails.
    pub fn failed(
        &self,
        id: DeliveryId,
        error: &str,
        pause: jiff::SignedDuration,
        most: i64,
    ) -> Result<Failed, DatabaseError> {
        let problem = DeliveryProblem::NotMeasured { error: error.to_owned() };
        let problem = serde_json_canonicalizer::to_string(&problem).map_err(unreadable("delivery.problem"))?;
        let (journal, now) = (self.journal.clone(), self.clock.now());
        self.database.write::<_, DatabaseError, _>(async move |tx| {
            let failures = deliveries::count_failure(tx, id, now.plus(pause)).await?;
            let Some(row) = deliveries::get(tx, id).await? else { return Ok(Failed::Rests) };
            if row.state != DeliveryState::InCustody || failures < most {
                return Ok(Failed::TriedAgain);
            }
            let to = DeliveryState::CompletenessUnknown;
            deliveries::move_on(tx, id, row.state, to, Some(&problem), now).await?;
            let entry = Draft::by_system(Kind::DeliveryIncomplete, Subject::delivery(id))
                .fact("station", &row.station)
                .fact("state", to)
                .fact("problem", serde_json::json!({ "code": "not-measured" }))
                .private(serde_json::json!({ "delivered_as": row.source_display, "problem": problem }));
            journal.append(tx, entry, now).await?;
            Ok(Failed::Rests)
        })
    }

    /// Makes the measurements an object.
    fn keep(
        &self,
        member: &Member,
        measurements: Measurements,
    ) -> Result<(Member, Measurements, Digest), MeasuringError> {
        let bytes = serde_json_canonicalizer::to_vec(&measurements).map_err(MeasuringError::Encoding)?;
        let object = self.objects.put(&bytes)?;
        Ok((member.clone(), measurements, object))
    }

    fn measure_member(
        &self,
        copy: &CustodyCopy,
        member: &Member,
        tries: Tries,
    ) -> Result<Measurements, MeasuringError> {
        let file = copy.open_member(member)?;
        let first = {
            let _with_others = self.quiet.read().unwrap_or_else(PoisonError::into_inner);
            self.workers.measure(&file, &member.digest)
        };
        let second = match first {
            Err(WorkerError::Fault { .. }) if tries == Tries::Two => {
                let _alone = self.quiet.write().unwrap_or_else(PoisonError::into_inner);
                self.workers.measure(&file, &member.digest)
            }
            answered => answered,
        };
        match second {
            Ok(measurements) => Ok(measurements),
            Err(WorkerError::Fault { fault }) => Ok(unmeasured(member.digest, member.size, fault)),
            Err(error) => Err(MeasuringError::Worker(error)),
        }
    }

    fn take(
        &self,
        delivery: &Delivery,
        measured: Vec<(Member, Measurements, Digest)>,
    ) -> Result<DocumentId, MeasuringError> {
        self.not_before_the_copy(delivery)?;
        let (delivery, journal, now) = (delivery.clone(), self.journal.clone(), self.clock.now());
        self.database.write::<_, MeasuringError, _>(async move |tx| {
            Ok(enter_taken(tx, &delivery, &measured, &journal, now).await?)
        })
    }

    /// What was taken is entered after its copy was made, or whoever verifies would find the two in the wrong order.
    fn not_before_the_copy(&self, delivery: &Delivery) -> Result<(), MeasuringError> {
        let until = delivery.taken_in_at.and_then(|copied| self.clock.waits_for(copied));
        until.map_or(Ok(()), |until| Err(MeasuringError::ClockBehind { until }))
    }
}

/// In one transaction: contents, the document with its parts, the delivery's move, the journal's entry. When it was taken in is
/// what the entry of its copy says, whatever stands in the row by now.
async fn enter_taken(
    tx: &mut Tx,
    delivery: &Delivery,
    measured: &[(Member, Measurements, Digest)],
    journal: &Journal,
    now: Instant,
) -> Result<DocumentId, DatabaseError> {
    let document = DocumentId::new();
    let parts = enter_contents(tx, delivery.id, measured).await?;
    let taken_in = taken_in(tx, delivery, measured).await?;
    documents::create(tx, document, &delivery.station, &parts, taken_in.at, now).await?;
    deliveries::move_on(tx, delivery.id, delivery.state, DeliveryState::Taken, None, now).await?;
    let draft = taken_entry(delivery, document, &taken_in, measured);
    journal.append(tx, draft, now).await?;
    Ok(document)
}

/// The entry of the copy that was measured. A newer copy may have come to count meanwhile: then that one is measured.
async fn taken_in(
    tx: &mut Tx,
    delivery: &Delivery,
    measured: &[(Member, Measurements, Digest)],
) -> Result<TakenIn, DatabaseError> {
    let id = delivery.id;
    let newest = in_custody::newest(tx, id).await?;
    let Some(taken_in) = newest.filter(|it| {
        it.said.copy == delivery.copy && it.said.contents.iter().eq(measured.iter().map(|(member, ..)| &member.digest))
    }) else {
        return Err(DatabaseError::Conflict(format!(
            "the journal says nothing of copy {} of delivery {id} as it was measured: run `torikomi journal verify`",
            delivery.copy
        )));
    };
    if delivery.taken_in_at != Some(taken_in.at) {
        tracing::error!(delivery = %id, index = taken_in.index, "The row of delivery {id} says another time than its entry, which counts");
    }
    Ok(taken_in)
}

async fn enter_contents(
    tx: &mut Tx,
    delivery: DeliveryId,
    measured: &[(Member, Measurements, Digest)],
) -> Result<Vec<Part>, DatabaseError> {
    let mut parts = Vec::new();
    for (member, measurements, object) in measured {
        contents::enter(tx, measurements, object).await?;
        parts.push(Part {
            delivery,
            content: member.digest,
            first_page: 1,
            // A file whose pages cannot be told apart is one thing to look at.
            page_count: u32::try_from(measurements.pages.len()).unwrap_or(u32::MAX),
            delivered_name: member.name.bare().to_string_lossy().into_owned(),
        });
    }
    Ok(parts)
}

fn taken_entry(
    delivery: &Delivery,
    document: DocumentId,
    taken_in: &TakenIn,
    measured: &[(Member, Measurements, Digest)],
) -> Draft {
    let contents: Vec<_> = measured.iter().map(|(member, _, _)| member.digest).collect();
    let measurements: Vec<_> = measured.iter().map(|(_, _, object)| *object).collect();
    let is_folder = measured.iter().any(|(member, _, _)| member.name.folder().is_some());
    // By these it is known again, should the ledger be lost; a folder and a sidecar of several files lend theirs to the whole.
    let files: Vec<_> =
        measured.iter().map(|(member, _, _)| member.name.bare().to_string_lossy().into_owned()).collect();
    let said = if files == [delivery.source_display.as_str()] {
        serde_json::json!({ "delivered_as": delivery.source_display })
    } else {
        serde_json::json!({ "delivered_as": delivery.source_display, "files": files })
    };
    let pages: usize = measured.iter().map(|(_, measurements, _)| measurements.pages.len()).sum();
    let subject = Subject { document: Some(document), ..Subject::delivery(delivery.id) };
    let mut entry = Draft::by_system(Kind::DeliveryTaken, subject)
        .fact("station", &delivery.station)
        .fact("arrival", delivery.arrival)
        .fact("in_custody", taken_in.index)
        .fact("copy", taken_in.said.copy)
        .fact("contents", contents)
        .fact("measurements", measurements)
        .fact("pages", pages)
        .fact("is_folder", is_folder)
        .private(said);
    // Custody does not say these of itself, and a document that loses them could be filed in pieces, or under another's name.
    if let Some(earlier) = delivery.regrown_from {
        entry = entry.fact("continues", earlier);
    }
    if let Some(earlier) = delivery.sidecar_doubt {
        entry = entry.fact("doubted_beside", earlier);
    }
    entry
}

/// The files of a copy that are documents, in order.
fn scans(copy: &CustodyCopy) -> impl Iterator<Item = &Member> {
    copy.manifest().members.iter().filter(|member| member.part == Side::Document)
}

fn problem_of(file: u32, completeness: &Completeness) -> Option<DeliveryProblem> {
    match completeness {
        Completeness::Complete => None,
        Completeness::Incomplete { missing, at_byte } => {
            Some(DeliveryProblem::Incomplete { file, missing: *missing, at_byte: *at_byte })
        }
        Completeness::Unknown { fault } => Some(DeliveryProblem::CompletenessUnknown { file, fault: fault.clone() }),
    }
}
