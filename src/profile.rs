//! What a hospital asks of one kind of document; the numbers live here.
//!
//! The guideline leaves resolution, colour and times to the hospital's own rules (運用管理規程), so they stand in
//! profiles, one file a kind, owned by the hospital and cited by its clause in every finding. No check holds a threshold.
//! [`lint`] reads a file and says all that is wrong with it; [`Profile::carried`] says what of it this build cannot do
//! yet: such a profile inspects, and files nothing.

mod carried;
mod consistency;
mod file;
mod presets;
mod severity;
mod weaker;

pub use carried::NotCarried;
pub use file::{NEWEST_FORMAT, lint};
pub use presets::{DEMONSTRATION, PRESETS, Preset};
pub use severity::{KNOWN_OUTCOMES, KnownOutcome};

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::calendar::Span;
use crate::judgement::{Outcome, ProfileRef, Severity};
use crate::measurements::Format;
use crate::paper::Paper;
use crate::requirement::Regime;
use severity::Severities;

/// A clause that begins so stands in until the hospital enters its own. In production such a profile is a draft.
pub const PLACEHOLDER_PREFIX: &str = "評価用";

/// One version of a profile, as [`lint`] read it from its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// Private, so that a profile comes from the bytes its digest names and from nothing else.
    reference: ProfileRef,
    pub title: Title,
    pub regime: Regime,
    /// The hospital's own rule, cited in every finding.
    pub clause: String,
    /// How and by whom it was confirmed that this precision is enough for care.
    pub basis: String,
    pub effective_from: Date,
    pub format: FormatRules,
    pub resolution: ResolutionRules,
    pub colour: ColourRules,
    pub compression: CompressionRules,
    pub page: PageRules,
    pub review: ReviewRules,
    pub identity: IdentityRules,
    pub window: WindowRules,
    pub signing: SigningRules,
    pub timestamp: TimestampRules,
    pub retention: RetentionRules,
    severities: Severities,
}

impl Profile {
    /// Its id, version and the digest of its file.
    #[must_use]
    pub fn reference(&self) -> &ProfileRef {
        &self.reference
    }

    /// What becomes of a document because of `outcome` of the check named `check`.
    ///
    /// A check that the profile does not name has the default of [`KNOWN_OUTCOMES`]; one that nobody knows is held.
    #[must_use]
    pub fn severity(&self, check: &str, outcome: &Outcome) -> Severity {
        match outcome {
            Outcome::Passed | Outcome::NotApplicable => Severity::Pass,
            Outcome::Failed(_) => self.severities.failed(check),
            Outcome::Indeterminate(_) => self.severities.cannot_tell(check),
        }
    }

    /// Whether a clause of the hospital's is still a stand-in for evaluation.
    #[must_use]
    pub fn clause_is_placeholder(&self) -> bool {
        let automatic = match &self.signing.confirm {
            Confirm::Each => None,
            Confirm::Session { clause } => Some(clause),
        };
        std::iter::once(&self.clause).chain(automatic).any(|clause| clause.trim_start().starts_with(PLACEHOLDER_PREFIX))
    }

    /// Whether it asks for less than `other` in anything: only the manager moves a document to such a profile.
    #[must_use]
    pub fn asks_less_than(&self, other: &Self) -> bool {
        weaker::asks_less(self, other)
    }

    /// Whether only a person moves a document to it: the paper is kept, or nothing is stamped. What comes with a delivery
    /// may not choose for itself that less is asked.
    #[must_use]
    pub fn is_chosen_by_people_only(&self) -> bool {
        self.regime == Regime::PaperKept || self.timestamp.policy == TimestampPolicy::None
    }

    /// Whether this build can do all that the profile asks.
    ///
    /// # Errors
    /// What it cannot. Documents may be inspected under such a profile, and none is filed.
    pub fn carried(&self) -> Result<(), Vec<NotCarried>> {
        carried::carried(self)
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Title {
    pub ja: String,
    pub en: String,
}

/// `[format]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FormatRules {
    /// By content, never by the file's name.
    pub accept: Vec<Format>,
    /// The most pages one document may have. Default: no limit of the profile's.
    pub maximum_pages: Option<u32>,
}

/// `[resolution]`, in dots per inch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResolutionRules {
    /// Effective: pixels over paper size. Default: nothing asked.
    pub minimum_dpi: Option<u32>,
    /// For pages in colour, where a coarser one is allowed for them. Default: `minimum_dpi`.
    pub minimum_dpi_colour: Option<u32>,
    /// Declared or effective values outside are absurd. Default: not looked at.
    pub plausible_dpi: Option<PlausibleDpi>,
    /// How far the declared value may lie from the effective one, in percent. Default: not compared.
    pub declared_tolerance_percent: Option<u32>,
    /// Where the paper's size cannot be told, believe what the file declares. Default: false, and it cannot be told.
    pub trust_declared: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlausibleDpi {
    pub least: u32,
    pub most: u32,
}

/// `[colour]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ColourRules {
    /// Default: nothing asked.
    pub minimum: Option<Colour>,
}

/// Colour and depth, from least to most only within one line: grey of 10 bits is not less than colour of 8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Colour {
    Bitonal,
    #[serde(rename = "grey-8")]
    Grey8,
    #[serde(rename = "colour-8")]
    Colour8,
    #[serde(rename = "grey-10")]
    Grey10,
    #[serde(rename = "grey-16")]
    Grey16,
}

impl Colour {
    /// As profiles write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Bitonal => "bitonal",
            Self::Grey8 => "grey-8",
            Self::Colour8 => "colour-8",
            Self::Grey10 => "grey-10",
            Self::Grey16 => "grey-16",
        }
    }

    /// Bits that each sample must have.
    #[must_use]
    pub const fn bits(self) -> u8 {
        match self {
            Self::Bitonal => 1,
            Self::Grey8 | Self::Colour8 => 8,
            Self::Grey10 => 10,
            Self::Grey16 => 16,
        }
    }
}

impl fmt::Display for Colour {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// `[compression]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompressionRules {
    pub lossy: Lossy,
    /// Codings refused although the format would allow them.
    pub forbid: Vec<Coding>,
    /// The nearest IJG quality, 1 to 100, of a JPEG's tables. Default: nothing asked.
    pub minimum_jpeg_quality: Option<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lossy {
    Never,
    Allowed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// Letters replaced by look-alikes (JBIG2 symbol dictionaries).
    Jbig2Symbol,
    /// A page split into layers, each compressed in its own way (mixed raster content).
    Mrc,
}

/// `[page]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRules {
    /// The sizes this kind of document comes in; the delivery may name one. Empty: sizes are not known.
    pub paper: Vec<Paper>,
    /// Strips of any length are among them (`"free-length"`).
    pub free_length: bool,
    /// The scanner gives its whole bed, however small the paper: its size cannot be told from pixels. Default: false.
    pub padded_to_bed: bool,
    /// How far paper and scan may differ from the named size on each axis, in µm. Default: 2 mm.
    pub tolerance_um: u64,
    /// In thousandths of a degree. Default: not looked at.
    pub maximum_skew_milli_degrees: Option<u32>,
    /// A page with less dark than this, in millionths of its pixels, is blank. Default: not looked at.
    pub blank_below_dark_ppm: Option<u32>,
    /// Both sides must be there. Default: false.
    pub both_sides: bool,
    /// The prescription must be marked dispensed (調剤済み, 9.4-C1). Default: false.
    pub dispensed: bool,
}

/// `[review]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReviewRules {
    /// Whether the manager may accept what a check rejected. Default: never.
    pub exceptions: Exceptions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exceptions {
    Never,
    Allowed,
}

/// `[identity]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdentityRules {
    pub required: Vec<Fact>,
    /// Where facts may come from, besides a person, who always may.
    pub sources: Vec<crate::identity::Source>,
}

/// A fact of [`crate::identity::Identity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Fact {
    PatientId,
    DocumentType,
    ObtainedOn,
    DocumentDate,
    ScannedAt,
    Operator,
}

impl Fact {
    /// As profiles write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::PatientId => "patient_id",
            Self::DocumentType => "document_type",
            Self::ObtainedOn => "obtained_on",
            Self::DocumentDate => "document_date",
            Self::ScannedAt => "scanned_at",
            Self::Operator => "operator",
        }
    }
}

/// `[window]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WindowRules {
    /// What `obtained_on` means for this kind.
    pub from: Option<WindowStart>,
    /// From `obtained_on` to `taken_in_at`, in business days. `None`: no window (9.5 and others may).
    pub scan_within_business_days: Option<u32>,
    /// From `taken_in_at` to the signature. A house rule: the guideline says "without delay".
    pub sign_within: Span,
    /// From the signature to the stamp. A house rule.
    pub timestamp_within: Option<Span>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum WindowStart {
    Made,
    Received,
}

/// `[signing]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SigningRules {
    /// Exactly one person signs, in any of these roles.
    pub by: Vec<Signer>,
    pub confirm: Confirm,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Signer {
    /// 実施者
    Operator,
    /// 情報作成管理者
    InformationManager,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confirm {
    /// Each document is looked at and confirmed.
    Each,
    /// An open session confirms what passed every check, under this rule of the hospital's (7.1-C2(1)e).
    Session { clause: String },
}

/// `[timestamp]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimestampRules {
    pub policy: TimestampPolicy,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum TimestampPolicy {
    #[serde(rename = "each")]
    Each,
    #[serde(rename = "batch")]
    Batch,
    #[serde(rename = "each+batch")]
    EachAndBatch,
    /// Only where the paper is kept, or nothing statutory was on paper.
    #[serde(rename = "none")]
    None,
}

impl TimestampPolicy {
    pub const ALL: [Self; 4] = [Self::Each, Self::Batch, Self::EachAndBatch, Self::None];

    /// As profiles spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Each => "each",
            Self::Batch => "batch",
            Self::EachAndBatch => "each+batch",
            Self::None => "none",
        }
    }
}

/// `[retention]`
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RetentionRules {
    pub years: u32,
    pub from: RetentionStart,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RetentionStart {
    /// The end of the course of treatment (完結の日).
    Completion,
    LastEntry,
    Filing,
}

#[cfg(test)]
mod tests;
