//! `record.json`: everything about a document that is known before it is signed.
//!
//! It is written once as RFC 8785 JSON, covered by the manifest, and never touched again. What comes later has places of
//! its own: the signing time stands in the signature, the stamp's time in its token, the filing in the journal.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::document::Part;
use crate::identity::{Claims, Identity, Scanner};
use crate::ids::{AttemptId, DeliveryId, Digest, DocumentId, HomeId, Name, PersonId, Salt, SessionId};
use crate::instant::Instant;
use crate::judgement::{Judgement, ProfileRef};
use crate::measurements::Format;

/// The version this build writes. Readers accept every version up to it and refuse a newer one.
pub const RECORD_VERSION: u32 = 1;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordJson {
    pub v: u32,
    pub home: HomeId,
    /// `evaluation` or `production`.
    pub mode: String,
    pub document: DocumentId,
    /// Random. The journal names a digest that covers this file: without the salt, whoever guesses a patient could try
    /// whether it is right, even after the record was disposed of.
    pub salt: Salt,
    /// From 1; a corrected record is a higher version that names the one before.
    pub version: u32,
    /// The record digest of the version before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Digest>,
    /// The rejected document that this rescan replaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub supersedes: Option<DocumentId>,
    pub attempt: AttemptId,
    /// Signed before, but not stamped in time: those manifests' digests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missed_attempts: Vec<Digest>,
    pub identity: Identity,
    pub claims: Claims,
    /// What was to be known of the identity, as codes: `merged-patient`, `temporary-patient`, `private-use-characters` …
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity_flags: Vec<String>,
    /// The files of the container that are the document, in order.
    pub files: Vec<RecordFile>,
    /// The pages of the document in order: which pages of which file.
    pub pages: Vec<PageRange>,
    pub page_count: u32,
    /// What was delivered beside the files and says what they are, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sidecars: Vec<RecordSidecar>,
    pub profile: ProfileRef,
    /// SHA-256 of `calendar.toml`.
    pub calendar: Digest,
    pub judgement: Judgement,
    pub clocks: Clocks,
    /// Signed acts of people that led here, in order.
    pub decisions: Vec<DecisionRef>,
    /// What was measured in each content.
    pub measurements: Vec<MeasurementsRef>,
    pub station: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scanner: Option<Scanner>,
    /// What the operator attested for the batch (9.1-C1).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attestation: Option<Attestation>,
    /// The appointed 情報作成管理者 in force on that day (9.1-C2(2)).
    pub information_manager: PersonRef,
    /// Who scanned (実施者), where that is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operator: Option<PersonRef>,
    pub signer: Signer,
    pub software: Software,
    /// Whether the decoder ran sealed: `required` or `best-effort`.
    pub sandbox: String,
    /// The newest checkpoint of the journal: the record cannot be older than that.
    pub journal_checkpoint: String,
}

/// A file of the container, as it was delivered, bit for bit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordFile {
    /// Ours: `original-001.tif`.
    pub name: String,
    pub digest: Digest,
    pub byte_length: u64,
    pub format: Format,
    /// The scanner's name for it. Data, never a path.
    pub delivered_name: String,
    pub delivery: DeliveryId,
}

/// A sidecar as it was delivered, bit for bit; or, of a batch list, the heading and the document's own rows alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RecordSidecar {
    /// Ours: `sidecar-001.json`, or `index-row-001.csv` for rows of a list; the number is its place among them all.
    pub name: String,
    /// The sender's name for the sidecar or the list. Data, never a path.
    pub delivered_name: String,
    /// The digest of the batch list that the rows are from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub list: Option<Digest>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PageRange {
    pub file: String,
    /// From 1.
    pub first_page: u32,
    pub page_count: u32,
}

/// The clocks that had run before signing, and when each duty was due.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Clocks {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obtained_on: Option<Date>,
    pub taken_in_at: Instant,
    /// What was known of our clock when the document was taken in, and when it was to be signed.
    pub at_intake: ClockKnown,
    pub at_signing: ClockKnown,
    /// End of the window for the scan; absent where the profile has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan_by: Option<Instant>,
    /// By when it was to be signed: the time that the profile gives, from the intake or from the release that gave it once
    /// more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sign_by: Option<Instant>,
    /// From the signature to the stamp, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stamp_within_seconds: Option<u64>,
    /// A lateness that a person accepted, and why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub late: Option<String>,
}

impl Clocks {
    /// Whether a person had to release the lateness of the scan: it came late, or by a clock in doubt nobody can tell whether it
    /// did.
    #[must_use]
    pub fn scan_is_to_be_released(&self) -> bool {
        self.scan_by.is_some_and(|scan_by| self.taken_in_at > scan_by || self.at_intake.problem.is_some())
    }
}

/// What was known of our clock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClockKnown {
    /// Whether the kernel said that something keeps its clock right; absent where it did not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub synchronised: Option<bool>,
    /// By the kernel's own estimate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimated_error_us: Option<u64>,
    /// What was in doubt: `jumped`, `behind`, `unsynchronised`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// A signed act, by its place in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DecisionRef {
    pub kind: String,
    pub person: PersonId,
    pub journal_index: u64,
    /// SHA-256 of the journal entry's bytes.
    pub entry: Digest,
    /// The state that it was about, where that is another than the one that is signed: it releases nothing then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<Box<Seen>>,
}

/// A state of the document. With the record's `document` and `salt` it makes the `state_digest` of an act about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seen {
    pub identity: Identity,
    pub claims: Claims,
    pub parts: Vec<Part>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judgement: Option<Judgement>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MeasurementsRef {
    pub content: Digest,
    pub measurements: Digest,
}

/// What the operator vouched for: nothing pasted over, nothing outside the scan area.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Attestation {
    pub by: PersonId,
    pub session: SessionId,
    pub at: Instant,
    /// `nothing-pasted-over`, `nothing-outside-scan-area`.
    pub attested: Vec<String>,
}

/// A person as of that day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PersonRef {
    pub id: PersonId,
    pub login: String,
    pub name: String,
    pub occupation: String,
    pub department: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signer {
    pub person: PersonRef,
    /// `operator` or `information-manager`: the capacity in which this person signs.
    pub capacity: String,
    /// SHA-256 of the certificate's DER.
    pub certificate: Digest,
    /// `software` or `pkcs11`: where the key lives.
    pub key_custody: String,
    /// The session whose unlocked key signs.
    pub session: SessionId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Software {
    pub name: String,
    pub version: String,
    /// SHA-256 of the program file.
    pub build: Digest,
}

impl RecordFile {
    /// Whether it is the file of a part. Equal bytes that were delivered twice are two files.
    #[must_use]
    pub fn carries(&self, part: &Part) -> bool {
        self.digest == part.content && self.delivery == part.delivery && self.delivered_name == part.delivered_name
    }
}

impl RecordJson {
    /// The page ranges of `parts` over the files that carry their contents.
    #[must_use]
    pub fn page_ranges(parts: &[Part], files: &[RecordFile]) -> Vec<PageRange> {
        parts
            .iter()
            .filter_map(|part| {
                let file = files.iter().find(|file| file.carries(part))?;
                Some(PageRange { file: file.name.clone(), first_page: part.first_page, page_count: part.page_count })
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scan_is_to_be_released_that_is_late_or_of_which_nobody_can_tell() {
        let at = |seconds: i64| Instant::from_microseconds(1_795_000_000_000_000 + seconds * 1_000_000).unwrap();
        let asked = |scan_by, problem: Option<&str>| {
            let at_intake = ClockKnown { problem: problem.map(str::to_owned), ..ClockKnown::default() };
            let clocks = Clocks {
                obtained_on: None,
                taken_in_at: at(5),
                at_intake,
                at_signing: ClockKnown::default(),
                scan_by,
                sign_by: None,
                stamp_within_seconds: None,
                late: None,
            };
            clocks.scan_is_to_be_released()
        };
        assert!(asked(Some(at(4)), None));
        assert!(!asked(Some(at(5)), None));
        assert!(asked(Some(at(5)), Some("jumped")));
        // Without a window there is nothing to be late for.
        assert!(!asked(None, Some("jumped")));
    }
}
