//! What commands print with `--json`: the shapes, whose schemas lie in `docs/json/`.

mod people;
mod rows;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::pages::PagesWritten;
use super::production::{Missing, Unbuilt};
use crate::calendar::Expiry;
use crate::clock::ClockProblem;
use crate::document::{DocumentState, HoldReason, Part};
use crate::evidence::record::ClockKnown;
use crate::identification::Flag;
use crate::identity::{Claims, Identity};
use crate::ids::{Digest, DocumentId, HomeId, Name, PersonId, RecordId, SessionId};
use crate::instant::Instant;
use crate::intake::line::{CustodyFinding, StationProblem};
use crate::journal::Entry;
use crate::journal::anchor::AnchorProblem;
use crate::journal::files::FilesProblem;
use crate::journal::incidents::Incident;
use crate::journal::stamping::StampProblem;
use crate::judgement::{Judgement, ProfileRef};
use crate::ledger::documents::{Count, UnreadableDocument};
use crate::ledger::profiles::ProfileState;
use crate::ledger::superseding::Likeness;
use crate::measurements::Measurements;
use crate::people::Role;
use crate::pipeline::driver::Away;
use crate::pipeline::line::Fault;
use crate::profile::{NotCarried, Title};
use crate::requirement::Regime;
use crate::store::records::{Member, Record};
use crate::toml_text;
use crate::verification::{Report, Verdict};

pub use people::{AbsenceFacts, AppointmentFacts, PeopleList, PersonFacts};
pub use rows::{DeliveryRow, DeliveryShown, DocumentRow, RecordRow, RefusedDeliveries, Whose};

/// `torikomi status`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Status {
    pub home: HomeId,
    pub mode: String,
    pub version: String,
    pub running_since: Instant,
    pub now: Instant,
    /// `required` or `best-effort`.
    pub sandbox: String,
    /// Absent while the clock is believed.
    /// What the kernel says of the clock.
    pub clock: ClockKnown,
    pub clock_problem: Option<ClockProblem>,
    /// Of both, and of how often the clock was set since the daemon began: whoever acknowledges it says what they looked at.
    pub clock_shown: Digest,
    pub information_manager: Option<String>,
    pub stations: Vec<StationStatus>,
    pub documents: Vec<Count>,
    pub deliveries_waiting: Vec<DeliveryRow>,
    pub refused: RefusedDeliveries,
    pub records: i64,
    pub journal_size: u64,
    /// The newest generation of a backup that was made of this home and lacks nothing.
    pub backup: Option<BackupStatus>,
    /// The newest of all, where it lacks something.
    pub incomplete_backup: Option<IncompleteBackup>,
    /// Stages that wait for a disk, an authority or a store, and why.
    pub paused: Vec<Paused>,
    /// What has been failing for a while and still does.
    pub incidents: Vec<Incident>,
    /// Documents whose time ends soon, by what they wait for.
    pub raised: Vec<Raised>,
    /// The next deadlines, nearest first.
    pub deadlines: Vec<Deadline>,
    /// What an administrator should know: a calendar that ends, a gap in appointments, weaker completeness.
    pub warnings: Vec<Warning>,
    /// What the home still lacks for statutory filing; empty only where nothing does.
    pub missing: Vec<Missing>,
    /// What this version does not do for it yet.
    pub not_built: Vec<Unbuilt>,
}

/// A generation of a backup.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BackupStatus {
    pub generation: u32,
    pub made_at: Instant,
    /// None where the clock was set back to before then.
    pub seconds_ago: Option<i64>,
    /// How many entries of the journal are in it.
    pub journal_size: u64,
}

/// A generation that brings no whole home back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IncompleteBackup {
    pub generation: u32,
    pub made_at: Instant,
    /// How much is not in it.
    pub missing: u64,
}

/// What will be in the way some day, or weakens what is done. The catalogue has a sentence for each: `warning-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Warning {
    Calendar {
        calendar_expiry: Expiry,
    },
    /// Nobody acts as information manager, or as administrator, from then on.
    Gap {
        role: Role,
        from: Date,
        until: Option<Date>,
    },
    /// The certificate of somebody who is appointed ends soon, or has ended, and no other is there.
    Certificate {
        login: String,
        until: Date,
    },
    /// A list or calendar that was changed and is not taken over: what is wrong with it.
    Fault {
        fault: Fault,
    },
    /// The journal's files, its second copy, fall behind.
    JournalFiles {
        journal_files: FilesProblem,
    },
    /// Checkpoints are not copied out of the home.
    Anchor {
        anchor: AnchorProblem,
    },
    /// The day's checkpoint of the journal bears no time-stamp.
    CheckpointStamp {
        checkpoint_stamp: StampProblem,
    },
    /// Something that custody holds, or lacks, and that the ledger does not explain.
    Custody {
        custody: CustodyFinding,
    },
    /// So much more of that; the daemon's log names it.
    CustodyMore {
        count: u64,
    },
    /// Deliveries that were copied by a clock that ran ahead. They are looked at only when it is that time.
    CopiedAhead {
        count: u64,
        /// When all of them are.
        until: Instant,
    },
    /// Sidecars at a station that came after their scan was taken in without them.
    LateSidecars {
        station: Name,
        count: u64,
    },
    /// Sidecars at a station that have stood without a scan for too long.
    LoneSidecars {
        station: Name,
        count: u64,
    },
    /// Batch lists at a station of which a row has waited for its scan for too long, or that cannot be read. They stay there.
    WaitingLists {
        station: Name,
        count: u64,
    },
    /// Filed deliveries of a station that came with a sidecar, or a row of a list, that is in no record. Custody keeps them.
    KeptSidecars {
        station: Name,
        count: u64,
    },
    /// What has not come to rest at a station for too long. No delivery tells of it.
    Restless {
        station: Name,
        count: u64,
    },
    /// Files at a station that have borne a temporary name for too long.
    UnfinishedFiles {
        station: Name,
        count: u64,
    },
    /// A document that no stage can work on.
    Unreadable {
        document: String,
        problem: String,
    },
    /// The key of an open session is not locked in memory.
    KeysMayBeSwapped,
    /// Decoders run in a weaker sandbox than they should.
    BestEffortSandbox,
    /// The server with the objects does not keep what is locked, and the settings do not ask it to.
    ObjectsNotLocked {
        place: String,
    },
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct StationStatus {
    pub station: Name,
    pub folder: String,
    /// `starting`, `events`, `polling` or `unreachable`.
    pub watching: String,
    pub problem: Option<StationProblem>,
    /// For what was taken in last nobody could be asked whether it was still being written.
    pub weaker_completeness: bool,
    /// Files that have borne a temporary name for too long.
    pub unfinished_files: u64,
    /// Sidecars that came after their scan was taken in without them. They speak for no other.
    pub late_sidecars: u64,
    /// Other sidecars that have stood without a scan for too long.
    pub lone_sidecars: u64,
    /// Filed deliveries whose copy stays in custody: a sidecar that came with them, or a row of a list, is in no record.
    pub kept_sidecars: u64,
    /// Batch lists of which a row has waited for its scan for too long, or that cannot be read.
    pub waiting_lists: u64,
    /// What has not come to rest for too long, and so is not taken in: a file that is still being written or cannot be read, a
    /// page that a sidecar lists and that has not come, an empty folder.
    pub restless: u64,
    pub session: Option<SessionStatus>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionStatus {
    pub session: SessionId,
    pub station: Name,
    pub person: PersonId,
    pub login: String,
    pub opened_at: Instant,
    pub expires_at: Instant,
    pub signed: u32,
    pub most: u32,
    pub attested: bool,
    pub closed_at: Option<Instant>,
    pub close_reason: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Paused {
    pub stage: String,
    pub since: Instant,
    pub why: Away,
}

/// Documents in one state whose time to be signed or stamped ends soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Raised {
    pub state: DocumentState,
    pub held: Option<HoldReason>,
    pub documents: u64,
    /// Of the first of them.
    pub due_at: Instant,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Deadline {
    pub document: DocumentId,
    pub station: Name,
    pub state: DocumentState,
    pub due_at: Instant,
    /// Negative once it has passed.
    pub seconds_left: i64,
}

/// All that a decision about a document rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentFacts {
    pub document: DocumentId,
    pub station: Name,
    pub state: DocumentState,
    pub held: Option<HoldReason>,
    /// JSON with a code.
    pub held_detail: Option<serde_json::Value>,
    pub identity: Identity,
    pub claims: Claims,
    /// What a person should know of the identity: a merged patient, a provisional id, 外字.
    pub flags: Vec<Flag>,
    pub profile: Option<ProfileRef>,
    pub judgement: Option<Judgement>,
    pub parts: Vec<Part>,
    pub taken_in_at: Instant,
    pub due_at: Option<Instant>,
    pub assigned_to: Option<String>,
    /// The digest of what is shown here: a decision names it, and counts for just that.
    pub shown: Digest,
}

/// What a decision answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Decided {
    pub documents: Vec<DocumentId>,
    pub journal_index: u64,
    /// SHA-256 of the journal entry.
    pub entry: Digest,
}

/// What opening a session answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Opened {
    pub session: SessionId,
    pub expires_at: Instant,
    pub most: u32,
    /// Documents that waited for it and go on.
    pub resumed: u64,
}

/// What attesting the batch of an open session answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct BatchAttested {
    pub session: SessionId,
    /// Documents that waited for it and go on.
    pub resumed: u64,
}

/// What an export is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Exported {
    pub record: RecordId,
    pub journal_index: u64,
}

/// What every command prints with `--json` when it could not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Problem {
    /// What the command ends with: 1 the answer is no, 2 usage or configuration, 3 the environment failed.
    pub exit_status: u8,
    /// A code and its fields.
    pub problem: serde_json::Value,
    /// The same in words.
    pub sentence: String,
}

/// `torikomi queue list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Queue {
    /// Those with the least time left first.
    pub documents: Vec<DocumentRow>,
    /// Of these, those whose time to be signed or stamped ends soon.
    pub raised: Vec<DocumentId>,
    /// Those whose rows cannot be read.
    pub unreadable: Vec<UnreadableDocument>,
    /// What arrived and waits for a person: incomplete, of unknown completeness.
    pub deliveries: Vec<DeliveryRow>,
    pub refused: RefusedDeliveries,
    /// There are more documents than asked for.
    pub more: bool,
}

/// `torikomi queue show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum QueueShown {
    Document(Box<DocumentShown>),
    Delivery(DeliveryShown),
}

/// A document, and how it came to be as it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DocumentShown {
    #[serde(flatten)]
    pub document: DocumentFacts,
    /// The hospital's own rule behind the profile.
    pub clause: Option<String>,
    /// The document whose place it takes, as a person said.
    pub supersedes: Option<DocumentId>,
    /// Earlier documents that it may be a rescan of. `--supersedes` of `queue identify` and `queue confirm` says so.
    pub proposals: Vec<Proposal>,
    pub history: Vec<EntryFacts>,
    /// Where its pages were written to, with `--to`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pages: Option<PagesWritten>,
}

/// A document that another may be a rescan of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Proposal {
    pub document: DocumentId,
    pub state: DocumentState,
    pub held: Option<HoldReason>,
    pub taken_in_at: Instant,
    pub likeness: Likeness,
}

/// An entry of the journal as it stands there, with what can be read beside it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EntryFacts {
    pub entry: Entry,
    /// SHA-256 of the entry's exact bytes.
    pub digest: Digest,
    /// The login of the person who did it.
    pub login: Option<String>,
    /// The private part, where it was asked for, and there is one that was not erased.
    pub private: Option<serde_json::Value>,
}

/// `torikomi journal show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JournalPage {
    /// Entries in the whole journal.
    pub size: u64,
    /// Of its tree; absent while it is empty.
    pub root: Option<Digest>,
    /// The newest signed checkpoint, as C2SP writes it.
    pub checkpoint: Option<String>,
    pub entries: Vec<EntryFacts>,
}

/// `torikomi record list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordList {
    /// In the order of filing.
    pub records: Vec<RecordRow>,
    /// There are more; ask again with `--after` and the last one's id.
    pub more: bool,
}

/// `torikomi record show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordShown {
    #[serde(flatten)]
    pub record: Record,
    /// What a person should know of the identity: a merged patient, a provisional id, 外字.
    pub flags: Vec<Flag>,
    /// The document whose place its own takes, as a person said.
    pub supersedes: Option<DocumentId>,
    /// Its files, every generation of each.
    pub members: Vec<Member>,
}

/// `torikomi record history`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordHistory {
    pub document: DocumentId,
    /// The document whose place it takes, as a person said; and what the journal says of that one is in its own history.
    pub supersedes: Option<DocumentId>,
    /// Oldest first.
    pub versions: Vec<Record>,
    pub entries: Vec<EntryFacts>,
}

/// `torikomi incident list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct IncidentList {
    /// The newest first.
    pub incidents: Vec<Incident>,
    /// There are more than asked for.
    pub more: bool,
}

/// `torikomi session list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SessionList {
    pub sessions: Vec<SessionStatus>,
}

/// What closing a session answers: what it shows to the person who leaves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Closed {
    pub session: SessionId,
    /// What was signed in it.
    pub signed: Vec<DocumentId>,
    /// What of its station waits for the next session.
    pub waiting: u64,
}

/// What a change to people, appointments or profiles answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Noted {
    pub journal_index: u64,
    /// SHA-256 of the journal entry.
    pub entry: Digest,
}

/// What disposing of private parts answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PartsDisposed {
    pub journal_index: u64,
    /// SHA-256 of the journal entry.
    pub entry: Digest,
    /// The entries whose private parts were erased.
    pub entries: Vec<u64>,
    /// Nothing of them is left in the database's files and in the journal's. Otherwise that is made up for when the daemon
    /// starts the next time.
    pub gone: bool,
}

/// A check, as `torikomi check explain` prints it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckFacts {
    pub check: String,
    /// The clauses it answers to.
    pub requirements: Vec<String>,
    /// Markdown, four parts: what it looks for, why it matters, what to do, what it cannot see.
    pub explanation_ja: String,
    pub explanation_en: String,
}

/// `torikomi check list`, in the order of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CheckList {
    pub checks: Vec<CheckFacts>,
}

/// A version of a profile.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileFacts {
    pub profile: ProfileRef,
    /// Absent where a file holds it and nobody has adopted it.
    pub state: Option<ProfileState>,
    /// The file in the home's folder with just these bytes.
    pub file: Option<String>,
    pub title: Option<Title>,
    pub regime: Option<Regime>,
    /// The hospital's own rule behind it.
    pub clause: Option<String>,
    pub effective_from: Option<Date>,
    /// Why this build files nothing under it.
    pub not_carried: Vec<NotCarried>,
}

/// `torikomi profile list`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileList {
    pub profiles: Vec<ProfileFacts>,
    /// Files of the home's folder that cannot be used; `torikomi profile lint` says why.
    pub faulty: Vec<String>,
}

/// `torikomi profile show`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ProfileShown {
    #[serde(flatten)]
    pub facts: ProfileFacts,
    /// Its file, verbatim.
    pub text: String,
}

/// `torikomi profile lint`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Linted {
    pub files: Vec<LintedFile>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct LintedFile {
    pub file: String,
    /// Absent where the file cannot be used.
    pub profile: Option<ProfileRef>,
    pub problems: Vec<toml_text::Problem>,
    pub warnings: Vec<toml_text::Warning>,
    pub not_carried: Vec<NotCarried>,
}

/// `torikomi timestamp serve`, once it listens.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Serving {
    pub url: String,
}

/// `torikomi inspect`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inspected {
    pub profile: ProfileRef,
    /// The hospital's own rule behind the profile.
    pub clause: String,
    /// What the profile asks and this build cannot look for: no file was judged by it.
    pub not_carried: Vec<NotCarried>,
    pub files: Vec<InspectedFile>,
    /// What could not be looked at.
    pub unread: Vec<Unread>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct InspectedFile {
    pub file: String,
    pub measurements: Measurements,
    pub judgement: Judgement,
    /// Checks that had no date to judge by.
    pub not_judged: Vec<String>,
}

/// `torikomi verify`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Verified {
    pub verdict: Verdict,
    /// Whether certificates of an evaluation authority were to be accepted.
    pub evaluation_accepted: bool,
    pub passed: u64,
    pub indeterminate: u64,
    pub failed: u64,
    /// What was named on the command line; of `--all`, only what did not pass.
    pub items: Vec<VerifiedItem>,
    /// What could not be looked at.
    pub unread: Vec<Unread>,
}

/// A record, pack or file that could not be looked at, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Unread {
    /// The record's id, or the path of the pack or file.
    pub what: String,
    /// In the language of the command.
    pub sentence: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct VerifiedItem {
    /// The record's id, or the path of the pack.
    pub what: String,
    pub report: Report,
}

/// `torikomi record export`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RecordExported {
    pub record: RecordId,
    /// The journal's entry of this export.
    pub journal_index: u64,
    /// The container, or the folder of the unpacked record.
    pub path: String,
    /// The proof beside a container.
    pub proof: Option<String>,
    /// What verifying the export itself gave.
    pub verdict: Verdict,
}
