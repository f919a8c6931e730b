//! What can be wrong with what a home holds.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::{AttemptId, DeliveryId, Digest, DocumentId, RecordId};

/// One thing that is wrong, with its place. The catalogue has a sentence for each, with what to do: `store-finding-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum StoreFinding {
    // -- objects --
    /// Its bytes are not those of its digest.
    ObjectDamaged {
        object: Digest,
        path: String,
        named: Named,
        /// Some of the records that it is a file of.
        records: Vec<RecordId>,
    },
    /// Something names it, and it is not there.
    ObjectMissing { object: Digest, path: String, named: Named, records: Vec<RecordId> },
    /// The system does not give its bytes.
    ObjectUnreadable { object: Digest, path: String, problem: String },
    /// Nobody names it.
    ObjectOrphan { object: Digest, path: String },
    /// Among the objects lies what is none.
    StrangerInStore { path: String },
    /// What was being written when a process was stopped.
    TemporaryLeft { path: String },
    // -- the index --
    /// The journal says that a record was filed, and the index has none.
    RowLost { journal_index: u64, record: Option<RecordId> },
    /// The index has a record of which no entry of the journal says that it was filed.
    RowUnvouched { record: RecordId },
    /// The index says something else than the record, or than the entry of its filing.
    RowDiffers { record: RecordId, field: String },
    // -- the ledger --
    /// The journal says that it was taken in, and the ledger does not have it.
    DocumentLost { document: DocumentId },
    /// The ledger counts on a copy that is not in custody.
    CopyMissing { delivery: DeliveryId, copy: u32 },
    /// A copy whose bytes are not what it says of itself, or what the ledger says.
    CopyDamaged { delivery: DeliveryId, copy: u32, file: String },
    /// A copy that no row counts on.
    CopyOrphan { delivery: DeliveryId, copy: u32 },
    /// A copy that another home made.
    CopyForeign { delivery: DeliveryId, copy: u32 },
    /// An attempt to sign whose files are gone.
    AttemptMissing { attempt: AttemptId, document: DocumentId },
    /// An attempt's file is not the one that its row names.
    AttemptDamaged { attempt: AttemptId, document: DocumentId, file: String },
    /// Files of an attempt that no row counts on.
    AttemptOrphan { attempt: AttemptId },
    /// In custody lies what is none of ours, or can no longer describe itself.
    StrangerInCustody { path: String },
    // -- the journal --
    /// The journal does not hold, or something else that it is compared with.
    JournalFaulty { faults: u64 },
    /// The journal's files lack private parts that the database has, or have them otherwise.
    PartsNotKept { count: u64, first: u64 },
    /// The journal's files still hold private parts that were erased by an act.
    PartsNotErased { count: u64, first: u64 },
}

/// What an object is to whoever names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Named {
    /// A file of a filed record.
    Record,
    /// Measurements, or a sidecar, of a document.
    Document,
    /// A calendar by which documents are judged.
    Calendar,
    /// A version of a profile.
    Profile,
    /// Somebody's certificate.
    Certificate,
    Nobody,
}
