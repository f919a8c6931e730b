//! Whether bytes of a document came before: all of them, as a further receipt of another, or some of them under another
//! patient.

use std::collections::{BTreeMap, BTreeSet};

use super::{composed, to_text, value};
use crate::database::{DatabaseError, Tx};
use crate::document::{DocumentState, HoldReason, Part};
use crate::identification::Beside;
use crate::identity::Identity;
use crate::ids::{Digest, DocumentId};
use crate::journal::{Kind, read};
use crate::judgement::ProfileRef;
use crate::ledger::documents::{self, Document};
use crate::ledger::waiting;
use crate::measurements::{Decoded, Measurements, PageMeasurements};
use crate::pipeline::failures::StageError;
use crate::pipeline::line::Line;

/// A document as it is compared with those that hold bytes of it.
pub(super) struct Compared {
    pub(super) document: Document,
    /// The order of its files, where the sidecar gives one.
    pub(super) files: Option<Vec<String>>,
    pub(super) seen_beside: Vec<Beside>,
    pub(super) identity: Identity,
    pub(super) profile: ProfileRef,
    /// Those of its contents that show nothing at all, and may be anybody's.
    pub(super) blank: BTreeSet<Digest>,
}

/// What the others say of it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// A document of its own.
    ItsOwn,
    /// Equal bytes under equal circumstances: a further receipt of that document.
    Receipt(DocumentId),
    /// The same, while nobody knows yet what becomes of that document.
    WaitsFor(DocumentId),
    /// Beside another patient's a person says whose it is.
    Contradicts(Beside),
}

impl Line {
    /// Which of a document's contents, of those that others hold too, show nothing at all: blank backs are the same bytes.
    pub(super) fn blank_contents(&self, id: DocumentId) -> Result<BTreeSet<Digest>, StageError> {
        let shared = self.database.read::<_, DatabaseError, _>(async |tx| documents::contents_shared(tx, id).await)?;
        let mut blank = BTreeSet::new();
        for (content, object) in shared {
            let measured = Measurements::read(&self.objects.get(&object)?)
                .map_err(|error| StageError::Document(error.to_string()))?;
            if !measured.pages.is_empty() && measured.pages.iter().all(shows_nothing) {
                blank.insert(content);
            }
        }
        Ok(blank)
    }
}

impl Compared {
    /// Equal bytes are a mere further receipt only when station, identity, profile and the order of the pages agree and the
    /// first was neither sent back nor discarded nor disposed of; under another patient they wait for a person, be they all of
    /// it or one page, and so they do where nobody can tell any more under whom.
    pub(super) async fn with_others(&self, tx: &mut Tx) -> Result<Standing, StageError> {
        let document = &self.document;
        let ours = contents(&in_order(documents::parts(tx, document.id).await?, self.files.as_deref()));
        for other in self.others(tx, &ours).await? {
            let theirs = contents(&documents::parts(tx, other.id).await?);
            let is_equal = sorted(&theirs) == sorted(&ours);
            let contradicts = match patient(&other.identity) {
                Some(theirs) => Some(theirs) != patient(&self.identity),
                // It may have been another's, and a person may have said so.
                None => other.identity_lost,
            };
            let earlier = other.id;
            let is_shared = |content: &Digest| !self.blank.contains(content) && theirs.contains(content);
            let besides: Vec<Beside> = match is_equal {
                true if patient(&other.identity).is_none() => vec![Beside::EqualBytesUntold { earlier }],
                true => vec![Beside::EqualBytes { earlier }],
                // Each page is somebody's to look at.
                false => (1..)
                    .zip(&ours)
                    .filter(|(_, content)| is_shared(content))
                    .map(|(number, _)| Beside::EqualPage { earlier, number })
                    .collect(),
            };
            if let Some(beside) = besides.into_iter().find(|beside| contradicts && !self.seen_beside.contains(beside)) {
                return Ok(Standing::Contradicts(beside));
            }
            // Whoever saw both and says what this one is, is believed: it is none of the other's receipts.
            if theirs != ours || self.seen_beside.iter().any(|seen| seen.is_equal_to(earlier)) {
                continue;
            }
            let waits = waiting::waits_for(tx, earlier, document.id).await?;
            match (self.is_same_as(&other), other.state) {
                // Of one whose measurements were lost with the ledger, what is known of its parts may be less than what it came of.
                (true, DocumentState::Filed) if came_of(tx, earlier).await? == Some(sorted(&ours)) => {
                    return Ok(Standing::Receipt(earlier));
                }
                // What becomes of the first decides about this one: nothing is a receipt of what may be sent back yet.
                // One that waits for this one itself is looked at once this one has ended.
                (true, state) if state.is_open() && !waits => return Ok(Standing::WaitsFor(earlier)),
                _ => {}
            }
        }
        Ok(Standing::ItsOwn)
    }

    /// The documents that hold bytes of it, in the order of their making.
    async fn others(&self, tx: &mut Tx, ours: &[Digest]) -> Result<Vec<Document>, DatabaseError> {
        // Half of all documents may have the same blank back. One that shows nothing else is compared with its equals all the same.
        let telling: BTreeSet<_> = ours.iter().filter(|content| !self.blank.contains(content)).collect();
        let looked_for = if telling.is_empty() { ours.first().into_iter().collect() } else { telling };
        let mut others = BTreeMap::new();
        for content in looked_for {
            for other in documents::of_content(tx, content, self.document.id).await? {
                others.insert((other.created_at, other.id), other);
            }
        }
        Ok(others.into_values().collect())
    }

    fn is_same_as(&self, other: &Document) -> bool {
        let (ours, theirs) = (&self.identity, &other.identity);
        other.station == self.document.station
            && patient(theirs) == patient(ours)
            && value(theirs.document_type.as_ref()) == value(ours.document_type.as_ref())
            && value(theirs.obtained_on.as_ref()) == value(ours.obtained_on.as_ref())
            && other.profile.as_ref() == Some(&self.profile)
    }
}

impl Standing {
    /// What it is held with, where it is held.
    pub(super) fn hold(&self) -> Result<Option<(HoldReason, String)>, StageError> {
        let beside = match self {
            Self::ItsOwn | Self::Receipt(_) => return Ok(None),
            Self::WaitsFor(earlier) => &Beside::EqualBytesOpen { earlier: *earlier },
            Self::Contradicts(beside) => beside,
        };
        Ok(Some((HoldReason::EqualBytes, to_text(beside)?)))
    }
}

/// The parts in the order in which the sidecar lists their files, where it lists them all.
pub(super) fn in_order(parts: Vec<Part>, files: Option<&[String]>) -> Vec<Part> {
    let place = |file: &String| parts.iter().find(|part| composed(&part.delivered_name) == composed(file));
    let listed: Vec<Part> = files.unwrap_or_default().iter().filter_map(place).cloned().collect();
    let distinct: BTreeSet<_> = listed.iter().map(|part| &part.delivered_name).collect();
    if distinct.len() == parts.len() && listed.len() == parts.len() { listed } else { parts }
}

fn contents(parts: &[Part]) -> Vec<Digest> {
    parts.iter().map(|part| part.content).collect()
}

/// The contents of the delivery that a document was made of, in order of their digests.
async fn came_of(tx: &mut Tx, id: DocumentId) -> Result<Option<Vec<Digest>>, DatabaseError> {
    let entries = read::of_document(tx, id).await?;
    let taken = entries.iter().filter_map(|stored| stored.entry().ok()).find(|entry| entry.kind == Kind::DeliveryTaken);
    let contents = taken.and_then(|taken| serde_json::from_value(taken.facts.get("contents")?.clone()).ok());
    Ok(contents.map(|contents: Vec<Digest>| sorted(&contents)))
}

fn sorted(contents: &[Digest]) -> Vec<Digest> {
    let mut sorted = contents.to_vec();
    sorted.sort_unstable();
    sorted
}

fn patient(identity: &Identity) -> Option<&str> {
    identity.patient.as_ref().map(|patient| patient.value.id.as_str())
}

/// Every pixel is white: what a profile merely calls blank may be a patient's. A PDF page may show more than its image.
fn shows_nothing(page: &PageMeasurements) -> bool {
    const ALL: u32 = 1_000_000;
    let is_image_file = page.page_size.is_none() && page.images.is_empty();
    is_image_file && page.decoded == Decoded::Whole && page.tone.is_some_and(|tone| tone.white_ppm == ALL)
}
