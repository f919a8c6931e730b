//! What goes with a record for somebody who does not have the journal: the entries that speak of it, each with its
//! inclusion proof under one signed checkpoint.
//!
//! Nothing in it has to be believed: entries are leaves of the tree, proofs lead to the checkpoint's root, and the
//! checkpoint is signed by a key that the reader knows from elsewhere.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::Digest;

/// The version this build writes. Readers accept every version up to it and refuse a newer one.
pub const PROOF_VERSION: u32 = 1;

/// `<record>.proof.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Proof {
    pub v: u32,
    /// The journal's signed head (a C2SP signed note), verbatim.
    pub checkpoint: String,
    /// The entry that says that the record was filed.
    pub filed: ProvenEntry,
    /// The entry by which its copy in custody came to count: its own time is when the document was taken in.
    pub in_custody: ProvenEntry,
    /// The entry that says which contents made the document, and names that of their copy.
    pub taken: ProvenEntry,
    /// The entries by which the clock of the intake was doubted later, in the journal's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub intake_doubts: Vec<ProvenEntry>,
    /// The entries of the decisions that `record.json` names, in its order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub decisions: Vec<ProvenEntry>,
    /// The entries by which people were entered and called otherwise, certificates issued, people appointed, and the versions
    /// of the record's profile came into force, in the journal's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub people: Vec<ProvenEntry>,
    /// The entries of the session in which it was signed, of that in which it was delivered, and of those that they go
    /// on with: how each was opened, attested and closed, in the journal's order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sessions: Vec<ProvenEntry>,
    /// The entries by which the calendar that the record names, and others after it, came into use before the filing, in the
    /// journal's order, at the least from the last one before the intake. The first calendar's is the home's first entry.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calendars: Vec<ProvenEntry>,
    /// The certificates that those entries name, those above them included, as base64 of their DER.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certificates: Vec<String>,
    /// That the checkpoint in `record.json` is a beginning of this one (RFC 9162, 2.1.4).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consistency: Vec<Digest>,
}

/// An entry and its place in the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProvenEntry {
    pub index: u64,
    /// Base64 of the entry's exact bytes.
    pub entry: String,
    /// The sibling hashes from the leaf up (RFC 9162, 2.1.3).
    pub proof: Vec<Digest>,
}

impl ProvenEntry {
    #[must_use]
    pub fn new(index: u64, bytes: &[u8], proof: Vec<Digest>) -> Self {
        Self { index, entry: data_encoding::BASE64.encode(bytes), proof }
    }

    /// The entry's bytes, where they are base64.
    #[must_use]
    pub fn bytes(&self) -> Option<Vec<u8>> {
        data_encoding::BASE64.decode(self.entry.as_bytes()).ok()
    }
}
