//! The state of the document that a decision was about, worked out from the record alone.

use serde_json::{Value, json};

use crate::evidence::record::{DecisionRef, RecordJson};
use crate::ids::Digest;

/// The version of what is digested.
const VERSION: u32 = 1;

/// The `state_digest` that the act of a decision must bear: over the state that the decision itself says it was about,
/// or else over the one that was signed. Nothing where the record's pages name no file of it.
pub(super) fn digest(record: &RecordJson, decision: &DecisionRef) -> Option<Digest> {
    let (document, salt) = (record.document, record.salt);
    let state = match &decision.seen {
        Some(seen) => json!({
            "v": VERSION, "document": document, "salt": salt, "identity": seen.identity, "claims": seen.claims,
            "parts": seen.parts, "judgement": seen.judgement,
        }),
        None => json!({
            "v": VERSION, "document": document, "salt": salt, "identity": record.identity, "claims": record.claims,
            "parts": parts(record)?, "judgement": record.judgement,
        }),
    };
    serde_json_canonicalizer::to_vec(&state).ok().map(|bytes| Digest::of(&bytes))
}

/// The pages as the ledger had them: each run of pages with the content, the name and the delivery it came with.
fn parts(record: &RecordJson) -> Option<Vec<Value>> {
    let part = |range: &crate::evidence::record::PageRange| {
        let file = record.files.iter().find(|file| file.name == range.file)?;
        Some(json!({
            "delivery": file.delivery, "content": file.digest, "first_page": range.first_page,
            "page_count": range.page_count, "delivered_name": file.delivered_name,
        }))
    };
    record.pages.iter().map(part).collect()
}
