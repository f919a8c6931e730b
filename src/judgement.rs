//! What a check says of a page or document, and what the profile makes of it.
//!
//! An outcome is a fact in codes and numbers. Severity belongs to the profile, words to the message catalogue.

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::CannotTell;
use crate::ids::{Digest, Name};
use crate::instant::Instant;
use crate::measurements::{ColourModel, Compression, Fault, Format, Limit, MissingPart, PdfEncryption, SkewUnknown};
use crate::paper::Paper;

/// The check whose finding is a lateness, which only a late release answers.
pub const LATENESS: &str = "scan_window_exceeded";

/// The check whose finding is a date that cannot be, which only another date answers.
pub const IMPOSSIBLE_DATE: &str = "obtained_in_future";

/// What one check found on one page, or on the whole document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "outcome", content = "reason", rename_all = "kebab-case")]
pub enum Outcome {
    Passed,
    NotApplicable,
    /// It could not be told. Never the same as passed.
    Indeterminate(Reason),
    Failed(Reason),
}

/// What becomes of a document because of an outcome, from harmless to grave.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Goes on as if nothing had been found.
    Pass,
    /// Goes on; the finding stays on the record.
    Warn,
    /// Waits for a person, who may accept it.
    Hold,
    /// Goes back to the scanner; a person may accept it only where the profile allows exceptions.
    Reject,
}

/// One check's worst outcome, with the page it was seen on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Finding {
    /// The check's name, as `check explain` takes it.
    pub check: String,
    #[serde(flatten)]
    pub outcome: Outcome,
    pub severity: Severity,
    /// The page within the document, from 1. Absent where the whole document is meant.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// Every check's findings on one document under one exact profile version. Signed with the document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Judgement {
    pub profile: ProfileRef,
    /// In the order of the list of checks; a check appears once for each page it failed or could not judge, else once.
    pub findings: Vec<Finding>,
    /// The gravest severity among the findings.
    pub severity: Severity,
}

/// One exact version of a profile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub struct ProfileRef {
    pub id: Name,
    pub version: u32,
    /// Of the profile's file, byte for byte.
    pub digest: Digest,
}

/// Why a check failed or could not tell. The catalogue has a sentence for each code (`reason-<code>`); the fields fill
/// its blanks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Reason {
    /// The check itself crashed.
    CheckCrashed,

    // -- the file --
    FormatNotAccepted {
        found: Format,
        accepted: Vec<Format>,
    },
    /// The worker did not live to tell the format.
    FormatNotTold {
        fault: Fault,
    },
    FileIncomplete {
        missing: MissingPart,
        at_byte: u64,
    },
    CompletenessNotTold {
        fault: Fault,
    },
    TrailingBytes {
        bytes: u64,
    },
    PdfEncrypted {
        encryption: PdfEncryption,
    },
    PdfActiveContent {
        scripts: bool,
        launch_actions: bool,
    },
    PdfAttachments {
        files: u32,
    },
    PdfSignedBefore {
        signatures: u32,
        revisions: u32,
    },
    PdfRepaired,
    /// The PDF's structure was not read, so nothing can be said of it.
    PdfNotRead,

    // -- the pages as a whole --
    NoPages,
    PagesNotMeasured {
        asked: u32,
        measured: u32,
    },
    TooManyPages {
        found: u32,
        most: u32,
    },
    /// The file has more pages than are read here; those beyond were not looked at.
    PagesBeyondLimit {
        read: u32,
    },
    PageCountDiffers {
        found: u32,
        expected: u32,
    },
    DoubleFeedReported,

    // -- one page --
    PageDamaged {
        /// How far the decoder came, where it says.
        #[serde(default)]
        rows: Option<u32>,
        height_px: u32,
    },
    DecoderLacking {
        feature: String,
    },
    DecodingRefused {
        limit: Limit,
    },
    DecodingFailed {
        fault: Fault,
    },
    PageDrawn,
    PageEmpty,
    PageDrawnOver {
        text: bool,
        lines: bool,
        annotations: bool,
    },
    PagePartlyBare {
        covered_ppm: u32,
        least_ppm: u32,
    },

    // -- resolution --
    ResolutionBelow {
        found_milli_dpi: u64,
        minimum_dpi: u32,
        basis: ResolutionBasis,
    },
    /// Nothing declared, and no paper size to work it out from.
    NoResolution,
    /// Free length, or padded to the scanner's bed.
    PaperSizeNotTold,
    SeveralPapers {
        candidates: Vec<Paper>,
    },
    PaperDoesNotFit {
        width_px: u32,
        height_px: u32,
        candidates: Vec<Paper>,
    },
    /// The delivery names a paper that the profile does not take.
    PaperNotAccepted {
        claimed: Paper,
        accepted: Vec<Paper>,
    },
    /// A PDF page of a size that is none of the papers.
    PageSizeDoesNotFit {
        width_um: u64,
        height_um: u64,
        candidates: Vec<Paper>,
    },
    /// Where the image stands on its PDF page was not found.
    PlacementNotTold,
    DeclaredResolutionDisagrees {
        declared_milli_dpi: u64,
        effective_milli_dpi: u64,
        tolerance_percent: u32,
    },
    ResolutionAbsurd {
        found_milli_dpi: u64,
        least_dpi: u32,
        most_dpi: u32,
        basis: ResolutionBasis,
    },

    // -- colour and compression --
    ColourBelow {
        found: ColourModel,
        found_bits: u8,
        /// As profiles write it.
        minimum: String,
    },
    ColourNotTold {
        found: ColourModel,
    },
    LossyForbidden {
        compression: Compression,
    },
    /// Whether it lost anything cannot be seen, or its name is not known.
    CompressionNotTold {
        compression: Compression,
    },
    JpegQualityBelow {
        found_quality: u8,
        /// Whether the tables are exactly of that quality, or merely nearest to it.
        exact: bool,
        minimum_quality: u8,
    },
    JpegQualityNotTold,
    SymbolCoding,
    PageInLayers {
        images: u32,
    },
    SeveralImages {
        images: u32,
    },

    // -- content --
    BlankPage {
        dark_ppm: u32,
        limit_ppm: u32,
    },
    /// In black and white, faint writing may have vanished.
    BlankOrFaint {
        dark_ppm: u32,
        limit_ppm: u32,
    },
    ToneNotTold,
    Skewed {
        found_milli_degrees: u64,
        limit_milli_degrees: u32,
    },
    /// None where the page was not looked at.
    SkewNotTold {
        because: Option<SkewUnknown>,
    },
    NotDispensed,
    DispensedNotTold,

    // -- dates and clocks --
    ObtainedInFuture {
        obtained_on: Date,
        taken_in_at: Instant,
    },
    ScannedInFuture {
        scanned_at: Instant,
        taken_in_at: Instant,
    },
    ScannedBeforeObtained {
        scanned_at: Instant,
        obtained_on: Date,
    },
    ScanWindowExceeded {
        obtained_on: Date,
        allowed_business_days: u32,
        deadline: Instant,
        taken_in_at: Instant,
    },
    ObtainedOnNotTold,
    /// The clock that says when it was taken in was in doubt then: `jumped`, `behind`, `unsynchronised`.
    ClockInDoubt {
        taken_in_at: Instant,
        problem: String,
    },
    DeadlineNotTold {
        calendar: CannotTell,
    },
}

/// What a resolution was worked out from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ResolutionBasis {
    /// Pixels over the paper's size.
    Paper,
    /// Pixels over the size at which a PDF draws them.
    Placement,
    /// What the file says of itself.
    Declared,
}
