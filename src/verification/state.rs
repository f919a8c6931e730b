//! The state of the document that a decision was about, worked out from the record alone.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::document::Part;
use crate::evidence::record::{DecisionRef, PageRange, RecordFile, RecordJson};
use crate::identity::{Claims, Identity};
use crate::ids::{Digest, DocumentId, Salt};
use crate::judgement::Judgement;

/// The version of what is digested.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct State<'r> {
    v: u32,
    document: DocumentId,
    salt: Salt,
    identity: &'r Identity,
    claims: &'r Claims,
    parts: &'r [Part],
    judgement: Option<&'r Judgement>,
}

/// The `state_digest` that the act of a decision must bear: over the state that the decision itself says it was about,
/// or else over the one that was signed. Nothing where the record's pages name no file of it.
pub(super) fn digest(record: &RecordJson, decision: &DecisionRef) -> Option<Digest> {
    let signed;
    let (identity, claims, parts, judgement) = match &decision.seen {
        Some(seen) => (&seen.identity, &seen.claims, seen.parts.as_slice(), seen.judgement.as_ref()),
        None => {
            signed = parts(record)?;
            (&record.identity, &record.claims, signed.as_slice(), Some(&record.judgement))
        }
    };
    let (document, salt) = (record.document, record.salt);
    let state = State { v: VERSION, document, salt, identity, claims, parts, judgement };
    serde_json_canonicalizer::to_vec(&state).ok().map(|bytes| Digest::of(&bytes))
}

/// The pages as the ledger had them: each run of pages with the content, the name and the delivery it came with.
fn parts(record: &RecordJson) -> Option<Vec<Part>> {
    let files: BTreeMap<&str, &RecordFile> = record.files.iter().map(|file| (file.name.as_str(), file)).collect();
    let part = |range: &PageRange| {
        let file = files.get(range.file.as_str())?;
        Some(Part {
            delivery: file.delivery,
            content: file.digest,
            first_page: range.first_page,
            page_count: range.page_count,
            delivered_name: file.delivered_name.clone(),
        })
    };
    record.pages.iter().map(part).collect()
}
