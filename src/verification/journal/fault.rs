//! What can be wrong with a journal.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::super::finding::ActFault;
use crate::document::DocumentState;
use crate::ids::{Digest, DocumentId, PersonId, RecordId};
use crate::instant::Instant;
use crate::ledger::profiles::ProfileState;

/// What a record is judged by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum JudgedBy {
    Profile,
    Calendar,
}

/// What is wrong with a journal. Message ids are `journal-fault-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum JournalFault {
    // -- entries --
    /// The rows `from` to `until` are not there.
    EntriesMissing {
        from: u64,
        until: u64,
    },
    /// From `at` on, entries bear numbers `count` higher than their places: that many were taken out before them.
    EntriesRemoved {
        at: u64,
        count: u64,
    },
    /// From `at` on, entries bear numbers `count` lower than their places: that many were put in before them.
    EntriesInserted {
        at: u64,
        count: u64,
    },
    /// The entries from `first` to `last` stand in another order than they were written in.
    EntriesReordered {
        first: u64,
        last: u64,
    },
    EntryMisplaced {
        place: u64,
        says: u64,
    },
    EntryUnreadable {
        index: u64,
    },
    NewerEntry {
        index: u64,
        found: u32,
    },
    EntryOfAnotherHome {
        index: u64,
    },
    /// The database's entry is not the one that tree and files know.
    EntryChanged {
        index: u64,
    },
    /// The file's entry is not the one that database and tree know.
    FileEntryChanged {
        index: u64,
    },
    /// Entry, tree and file each say something else.
    EntryDisputed {
        index: u64,
    },
    /// A column by which the entry is found says something else than its bytes: it is hidden, or found where it is not meant.
    LookupDiffers {
        index: u64,
        column: String,
    },
    // -- tree, head and copies --
    NodeChanged {
        level: u8,
        index: u64,
    },
    NodeMissing {
        level: u8,
        index: u64,
    },
    NodesExtra {
        count: u64,
    },
    HeadMissing,
    HeadDiffers {
        head: u64,
        entries: u64,
    },
    HeadRootDiffers,
    CheckpointWrong {
        detail: String,
    },
    /// The files hold more than the database: it was shortened, or an older one was put back.
    DatabaseShortened {
        in_files: u64,
        in_database: u64,
    },
    /// The files hold fewer entries than when their newest checkpoint was noted.
    FilesShortened {
        promised: u64,
        found: u64,
    },
    FileUnreadable {
        name: String,
    },
    /// There is no root at hand, so nobody can tell by whose certificates the acts were signed.
    RootsNotAtHand,
    /// A checkpoint of the files is not one of this journal.
    FileCheckpointDiffers {
        size: u64,
    },
    FileCheckpointWrong {
        number: u64,
    },
    // -- the checkpoint from outside --
    AgainstUnreadable {
        detail: String,
    },
    AgainstOtherJournal {
        origin: String,
    },
    /// The journal is shorter than it was.
    Truncated {
        promised: u64,
        found: u64,
    },
    /// The journal is not the one that had this checkpoint.
    AnotherPast {
        size: u64,
    },
    /// The time-stamp beside the checkpoint from outside does not count.
    AgainstStampWrong {
        detail: String,
    },
    /// The entry opens an epoch, and does not speak of the journal that stands before it.
    EpochWrong {
        index: u64,
    },
    // -- stamped checkpoints --
    /// The entry says that a checkpoint was stamped, and one of its two files is gone.
    StampMissing {
        index: u64,
        size: u64,
    },
    /// Checkpoint or token are not those that the entry names.
    StampDiffers {
        index: u64,
        size: u64,
    },
    /// The token is over something else, by nobody known, or was changed.
    StampWrong {
        size: u64,
        detail: String,
    },
    /// What was stamped is no checkpoint of this journal.
    StampedCheckpointDiffers {
        size: u64,
    },
    /// The stamp is earlier than an entry that it covers: one of the two is dated wrongly.
    StampBeforeEntry {
        size: u64,
        stamped_at: Instant,
        index: u64,
        at: Instant,
    },
    /// The stamp is earlier than that of a smaller checkpoint.
    StampsOutOfOrder {
        size: u64,
        stamped_at: Instant,
        earlier: u64,
        earlier_at: Instant,
    },
    /// The entry came after a stamped checkpoint, and says that it was made before it.
    EntryBackDated {
        index: u64,
        at: Instant,
        size: u64,
        stamped_at: Instant,
    },
    // -- what entries say --
    PrivateDiffers {
        index: u64,
    },
    PrivateUnexpected {
        index: u64,
    },
    /// The entry commits to a private part that is not there.
    PrivateMissing {
        index: u64,
    },
    /// An act says that it was erased, and it is there.
    PrivateNotErased {
        index: u64,
        by: u64,
    },
    ActWrong {
        index: u64,
        act_fault: ActFault,
    },
    // -- both ways --
    RecordMissing {
        index: u64,
    },
    RecordDiffers {
        index: u64,
        record: RecordId,
    },
    RecordWithoutEntry {
        record: RecordId,
    },
    SignerNotIssued {
        index: u64,
        certificate: Digest,
    },
    /// The filed record was judged by what no entry had brought into force, or by what had been replaced before its document
    /// came in.
    JudgedByNoneInForce {
        index: u64,
        judged_by: JudgedBy,
        digest: Digest,
    },
    /// The database has a version of a profile otherwise than the journal: documents would be judged by one that was replaced, or
    /// that nobody approved.
    ProfileStateDiffers {
        profile: String,
        version: i64,
        in_database: String,
        in_journal: ProfileState,
    },
    /// The database has another calendar in use than the journal: the next one would come into use without an entry.
    CalendarInUseDiffers {
        in_database: Digest,
        in_journal: Option<Digest>,
    },
    /// The filing is of a signature that was never entered, or was given up before.
    FiledWithoutSignature {
        index: u64,
        document: DocumentId,
    },
    /// A signature by somebody who had opened no such session.
    SignedWithoutSession {
        index: u64,
    },
    /// A signature by somebody who was suspended by then.
    SignedSuspended {
        index: u64,
    },
    /// The session signed more than it was opened for.
    SessionOverspent {
        index: u64,
        most: u32,
    },
    /// A row of the register says something else of a person than the entries and their private parts.
    RegisterDiffers {
        person: PersonId,
        field: String,
    },
    CertificateWithoutEntry {
        certificate: Digest,
    },
    CertificateMissing {
        certificate: Digest,
    },
    /// A document of a copy of which no entry says when it came, or another one than the entry that it names.
    TakenWithoutCopy {
        index: u64,
    },
    /// The clock of its intake was doubted before it was filed, and its record says nothing of that.
    IntakeDoubtOmitted {
        index: u64,
        document: DocumentId,
    },
    /// It ended because another took its place, and no record of such a one was filed.
    SupersededByNone {
        index: u64,
        document: DocumentId,
    },
    /// A document that was ended before, or never taken.
    EndedTwice {
        index: u64,
        document: DocumentId,
    },
    /// An act about a document that had ended by then, or was never taken.
    ActOnEnded {
        index: u64,
        document: DocumentId,
    },
    /// A further receipt that does not say of which document.
    ReceiptOfNothing {
        index: u64,
    },
    /// A further receipt of a document that was not filed before.
    ReceiptOfUnfiled {
        index: u64,
        document: DocumentId,
    },
    /// A further receipt of a document that is of other bytes, or came at another station.
    ReceiptOfAnother {
        index: u64,
        document: DocumentId,
    },
    /// Open by the ledger, and not by the journal: the line would work on what has ended.
    LedgerOpen {
        document: DocumentId,
    },
    /// Ended by both, and not in the same way.
    LedgerEndsOtherwise {
        index: u64,
        document: DocumentId,
        in_ledger: DocumentState,
        in_journal: DocumentState,
    },
    /// Open by the journal, and not by the ledger.
    LedgerClosed {
        document: DocumentId,
    },
    LedgerLacks {
        document: DocumentId,
    },
    LedgerCounts {
        in_ledger: u64,
        in_journal: u64,
    },
}
