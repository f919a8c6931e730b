//! What a person saw when deciding, as the digest in the signed act: a decision is about that state and no later one.

use serde::Serialize;

use crate::database::{DatabaseError, unreadable};
use crate::document::Part;
use crate::identity::{Claims, Identity};
use crate::ids::{Digest, DocumentId, Salt};
use crate::judgement::Judgement;
use crate::ledger::documents::Document;

/// The version of what is digested.
const VERSION: u32 = 1;

#[derive(Serialize)]
struct Seen<'a> {
    v: u32,
    document: DocumentId,
    /// So that the digest in the journal tells nobody whose document it was, once the document is gone.
    salt: Salt,
    identity: &'a Identity,
    claims: &'a Claims,
    parts: &'a [Part],
    judgement: Option<&'a Judgement>,
}

/// SHA-256 over the RFC 8785 JSON of a document's salt, identity, claims, parts and judgement.
///
/// # Errors
/// Never for what the ledger holds: all of it can be written as JSON.
pub fn digest(document: &Document, parts: &[Part]) -> Result<Digest, DatabaseError> {
    let seen = Seen {
        v: VERSION,
        document: document.id,
        salt: document.salt,
        identity: &document.identity,
        claims: &document.claims,
        parts,
        judgement: document.judgement.as_ref(),
    };
    serde_json_canonicalizer::to_vec(&seen).map(|bytes| Digest::of(&bytes)).map_err(unreadable("state_digest"))
}
