//! What each step of a verification says: facts, doubts and faults, as codes with numbers. The message catalogue has a
//! sentence for each code (`verify-<code>`); the fields fill its blanks.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use super::act_fault::ActFault;
pub use super::windows::Deadline;
use crate::calendar::CannotTell;
use crate::ids::{Digest, DocumentId, SessionId};
use crate::instant::Instant;
use crate::profile::NotCarried;

/// The result of verifying (ETSI EN 319 102-1 speaks of indications).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    Passed,
    /// It could not be told. Never the same as passed.
    Indeterminate,
    Failed,
}

/// The steps, in the order in which they are taken and shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// The container is written as containers are, and holds what belongs there.
    Container,
    /// The manifest is written as manifests are.
    Manifest,
    /// Each member is what the manifest says.
    Content,
    /// `record.json` agrees with the members, the profile and the calendar.
    Record,
    /// The signature fits the manifest.
    Signature,
    /// The time-stamp covers the signature, and counts.
    Timestamp,
    /// The signer is known.
    Signer,
    /// The windows were kept, or their lateness released.
    Windows,
    /// Whatever a person had to release was released.
    Releases,
    /// The signer's session was open, and its batch attested.
    Session,
    /// The journal says that this record was filed.
    Journal,
    /// It said so already when a checkpoint was taken that was kept outside.
    Anchor,
    /// The index of the store says the same as the record, and the people in it are called as they were then.
    Index,
}

/// One step's result.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StepResult {
    pub step: Step,
    pub verdict: Verdict,
    pub said: Said,
}

impl StepResult {
    pub(super) fn new(step: Step, outcome: Outcome) -> Self {
        match outcome {
            Ok(fact) => Self { step, verdict: Verdict::Passed, said: Said::Fact(fact) },
            Err(Objection::Doubt(doubt)) => Self { step, verdict: Verdict::Indeterminate, said: Said::Doubt(doubt) },
            Err(Objection::Fault(fault)) => Self { step, verdict: Verdict::Failed, said: Said::Fault(fault) },
        }
    }
}

/// What a step says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Said {
    Fact(Fact),
    Doubt(Doubt),
    Fault(Fault),
}

pub(super) type Outcome = Result<Fact, Objection>;

/// Why a step was not passed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Objection {
    Doubt(Doubt),
    Fault(Fault),
}

impl From<Doubt> for Objection {
    fn from(doubt: Doubt) -> Self {
        Self::Doubt(doubt)
    }
}

impl From<Fault> for Objection {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// What was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Fact {
    /// Rebuilt byte for byte from its entries.
    ContainerCanonical {
        entries: u64,
    },
    /// A folder or the store holds the parts and nothing else.
    PartsComplete {
        entries: u64,
    },
    ManifestCanonical {
        members: u64,
        digest: Digest,
    },
    ContentIntact {
        members: u64,
        bytes: u64,
    },
    RecordConsistent {
        document: DocumentId,
        version: u32,
        files: u64,
        pages: u32,
    },
    SignatureFits {
        signed_at: Instant,
        algorithm: String,
    },
    TimestampCounts {
        timestamped_at: Instant,
        authority: String,
        policy: String,
        accredited: Option<bool>,
    },
    /// The profile asks for none (9.5 and what is not statutory).
    TimestampNotAsked,
    SignerKnown {
        signer: String,
        certificate: Digest,
        root: String,
    },
    /// Known, by an authority for which nobody outside vouches; the caller accepts that.
    SignerOfEvaluation {
        signer: String,
        certificate: Digest,
        root: String,
    },
    WindowsKept {
        scan_by: Option<Instant>,
        sign_by: Option<Instant>,
        timestamped_at: Option<Instant>,
    },
    /// A window passed, and the person whom the journal names released it.
    LatenessReleased {
        reason: String,
    },
    NothingToRelease,
    ReleasesProven {
        decisions: u64,
    },
    SessionProven {
        index: u64,
        opened_at: Instant,
    },
    EntryProven {
        index: u64,
        size: u64,
        filed_at: Instant,
        /// The entry by which the calendar that judged it had come into use, and its time.
        calendar: u64,
        calendar_at: Instant,
    },
    /// The journal grew from the checkpoint of `size` entries that was kept outside, and entry `index` is one of them.
    Anchored {
        index: u64,
        size: u64,
        /// When an authority saw that checkpoint.
        stamped_at: Option<Instant>,
    },
    IndexAgrees,
}

/// What could not be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Doubt {
    /// A step before it gave nothing to judge.
    NotReached {
        because: Step,
    },
    /// Intact, signer unknown: no root certificate was given.
    SignerUnknown {
        signer: String,
        certificate: Digest,
    },
    /// Intact, authority unknown: no root certificate was given.
    AuthorityUnknown {
        claimed_at: Instant,
        authority: String,
    },
    /// The evaluation authority's certificates prove nothing to anybody outside.
    EvaluationOnly {
        signer: String,
    },
    /// `record.json` or a proof is of a newer format.
    NewerFormat {
        name: String,
        found: u32,
        known: u32,
    },
    /// The calendar in the record does not reach so far.
    DeadlineNotTold {
        calendar: CannotTell,
    },
    /// Released by decisions whose entries are not at hand.
    ReleasesNotAtHand {
        decisions: u64,
    },
    /// The profile asks for what this build does not carry: no such build files under it, and only one that does can judge it.
    ProfileNotCarried {
        not_carried: Vec<NotCarried>,
    },
    JournalNotAtHand,
    /// The home was founded under a root of its own, which is not among those that were given: who made its first people is not
    /// known.
    FoundersUnknown {
        root: Digest,
    },
    /// No journal's key was given.
    JournalUnknown {
        index: u64,
    },
    /// The journal in whose name the checkpoint speaks is none whose key was given.
    OtherJournal {
        origin: String,
    },
    /// It was entered after the checkpoint of `size` entries that was kept outside: nothing outside vouches for it.
    NotAnchored {
        index: u64,
        size: u64,
    },
    /// The pack's checkpoint, of `size` entries, is none of those that were kept outside, and a pack does not show what lies
    /// between two.
    NotComparable {
        size: u64,
    },
}

/// What is wrong: the first thing, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Fault {
    // -- container and manifest --
    NotAContainer,
    /// Between the contents, the container is not as it must be written.
    ContainerChanged {
        at_byte: u64,
    },
    EntryForeign {
        name: String,
    },
    EntryTwice {
        name: String,
    },
    EntryMissing {
        name: String,
    },
    EntryTooLong {
        name: String,
        limit: u64,
    },
    TooManyEntries {
        entries: u64,
    },
    /// The entries stand in another order than the manifest names them.
    EntryOutOfOrder {
        name: String,
    },
    ManifestWrong {
        detail: String,
    },

    // -- members --
    /// `others` more members differ too.
    ContentDiffers {
        name: String,
        others: u64,
    },
    /// There, and not in the manifest.
    NotInManifest {
        name: String,
    },

    // -- record.json --
    RecordUnreadable {
        detail: String,
    },
    RecordNotCanonical,
    ProfileWrong {
        detail: String,
    },
    /// `record.json` names another profile than the one that lies beside it.
    OtherProfile {
        found: Digest,
        named: Digest,
    },
    CalendarWrong {
        detail: String,
    },
    OtherCalendar {
        found: Digest,
        named: Digest,
    },
    /// A member that `record.json` does not account for, or the other way round.
    FilesDiffer {
        name: String,
    },
    FileDiffers {
        name: String,
    },
    /// A page range that lies outside, overlaps or names no file.
    PagesWrong {
        name: String,
        first_page: u32,
    },
    FileUnused {
        name: String,
    },
    PageCountWrong {
        counted: u32,
        said: u32,
    },
    MeasurementsWrong {
        content: Digest,
    },
    DatesDiffer,
    PreviousVersionWrong,

    // -- signature and signer --
    /// The signature was made over another manifest.
    OtherManifest,
    SignatureWrong {
        detail: String,
    },
    /// `record.json` names another certificate than the one that signed.
    OtherSigner {
        found: Digest,
        named: Digest,
    },
    SignerUntrusted {
        detail: String,
    },
    SignerNotValid {
        at: Instant,
    },
    CapacityNotAllowed {
        capacity: String,
    },

    // -- time-stamp --
    TimestampMissing,
    /// The token is for something else than this signature.
    TimestampOfAnother,
    TimestampPolicy {
        policy: String,
    },
    TimestampUntrusted {
        detail: String,
    },
    TimestampWrong {
        detail: String,
    },
    TimestampBeforeSignature {
        signed_at: Instant,
        timestamped_at: Instant,
    },

    // -- windows --
    DeadlineDiffers {
        deadline: Deadline,
        computed: Option<Instant>,
        said: Option<Instant>,
    },
    StampWindowDiffers {
        computed: Option<u64>,
        said: Option<u64>,
    },
    ScannedLate {
        taken_in_at: Instant,
        scan_by: Instant,
    },
    /// The clock was in doubt when it was taken in, and nobody released what may have been late.
    ScanTimeInDoubt {
        taken_in_at: Instant,
        problem: String,
    },
    SignedLate {
        signed_at: Instant,
        sign_by: Instant,
    },
    StampedLate {
        timestamped_at: Instant,
        stamp_by: Instant,
    },
    SignedBeforeTakenIn {
        signed_at: Instant,
        taken_in_at: Instant,
    },
    /// Said to be late for a reason, without the decision that releases it.
    LatenessNotReleased,
    /// Only what was unavoidable may be filed under 9.2.
    LatenessAvoidable {
        reason: String,
    },
    /// Counted from when the work was possible again, it was late as well.
    SecondClockOver {
        at: Instant,
        deadline: Instant,
    },
    /// The work was possible again only after it had been done or released.
    SecondClockAhead {
        possible_again_at: Instant,
        at: Instant,
    },

    // -- releases --
    /// A check held or rejected it, and nobody released that.
    NotReleased {
        check: String,
    },
    /// The paper is said to have been received on a day that lay ahead. Only another date answers that.
    DateImpossible,
    ExceptionNotAllowed {
        check: String,
    },
    /// No decision that the record names lets it replace that document; or one does, and the record says otherwise.
    SupersedesUnsigned {
        document: DocumentId,
    },
    NotConfirmed,
    /// A fact that the profile requires is not there.
    IdentityIncomplete {
        field: String,
    },
    SeverityDiffers {
        check: String,
    },
    /// The judgement says nothing of a check.
    CheckMissing {
        check: String,
    },
    /// A finding is of a page that the document does not have.
    FindingMisplaced {
        check: String,
        page: u32,
    },
    /// The decision at this place of the journal is not the one that `record.json` names.
    OtherDecision {
        index: u64,
    },
    /// The decision at this place of the journal was about another state of the document than the record says.
    OtherState {
        index: u64,
    },
    ActWrong {
        index: u64,
        act_fault: ActFault,
    },
    /// It rests on the decision at this place of the journal, which was made with a key that was revoked from before.
    DecisionRevoked {
        index: u64,
        since: Instant,
    },

    // -- session --
    /// The journal's entries at hand do not say that this session was opened.
    SessionNotOpened {
        session: SessionId,
    },
    /// The session is another person's, at another station, or of another key than the record says.
    SessionDiffers {
        index: u64,
        field: String,
    },
    SignedOutsideSession {
        signed_at: Instant,
        opened_at: Instant,
        until: Instant,
    },
    /// Nobody attested this batch so.
    AttestationNotProven,
    /// Who scanned is neither the one whom the delivery names nor the one in session, or is another than the signer, who is no
    /// information manager.
    OperatorDiffers,

    // -- journal --
    ProofUnreadable {
        detail: String,
    },
    CheckpointWrong {
        detail: String,
    },
    NotInJournal {
        index: u64,
    },
    EntryUnreadable {
        index: u64,
    },
    /// The entry says something else of the record.
    EntryDiffers {
        index: u64,
        field: String,
    },
    /// The filing is of a signature that was never entered, or was given up before.
    FiledWithoutSignature {
        index: u64,
    },
    /// It was signed before a person said whose the document is, or what.
    IdentifiedSince {
        index: u64,
    },
    /// `record.json` names a checkpoint that this journal never had.
    OtherHistory {
        size: u64,
    },
    /// The journal has no issuance of the certificate that signed.
    CertificateNotIssued {
        certificate: Digest,
    },
    /// The certificate that signed had been revoked.
    SignerRevoked {
        since: Instant,
    },
    /// The signer's offices rested when it was signed.
    SignerSuspended {
        since: Instant,
    },
    SignerNotAppointed {
        capacity: String,
    },
    /// The information manager whom the record names was not the one in force.
    ManagerNotInForce,
    /// No entry before the signature says that the profile came into force.
    ProfileNotAdopted {
        profile: Digest,
    },
    /// Another version had taken its place before the document came in.
    ProfileReplaced {
        profile: Digest,
        index: u64,
        at: Instant,
    },
    /// No entry before the signature says that the hospital used the calendar that lies in the record.
    CalendarNotAdopted {
        calendar: Digest,
    },
    /// Another calendar had taken its place before the document came in.
    CalendarReplaced {
        calendar: Digest,
        index: u64,
        at: Instant,
    },
    /// The batch was not attested (9.1-C1).
    NotAttested,

    // -- the checkpoint from outside --
    /// The journal is shorter than it was.
    Truncated {
        promised: u64,
        found: u64,
    },
    /// The journal is not the one that had this checkpoint.
    AnotherPast {
        size: u64,
    },
    /// The time-stamp beside the checkpoint does not count.
    AgainstStampWrong {
        detail: String,
    },

    // -- index --
    /// Somebody is called otherwise in the record than the journal said when it was signed.
    NamedOtherwise {
        who: String,
        field: String,
    },
    IndexDiffers {
        field: String,
    },
}
