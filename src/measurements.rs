//! What was seen in a file and on each of its pages. Facts with units in their names; no opinion and no threshold.
//!
//! A worker decodes a content once and writes these down; every check, now or under a profile of next year, reads only
//! them. They are kept as an object of their own (RFC 8785 JSON, digest in `record.json`). A fact that an older version
//! did not measure is absent, and a check that needs it cannot tell.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ids::Digest;

/// The version this build writes. Readers accept every version up to it and refuse a newer one.
pub const MEASUREMENTS_VERSION: u32 = 1;

/// Everything measured in one content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Measurements {
    pub version: u32,
    /// The content that was measured.
    pub content: Digest,
    pub byte_length: u64,
    /// By magic bytes and structure, never by the file's name.
    pub format: Format,
    pub completeness: Completeness,
    /// In file order. Empty only where no page could be told apart.
    pub pages: Vec<PageMeasurements>,
    /// Present for PDF.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pdf: Option<PdfFacts>,
    /// Bytes after the end of the image that belong to nothing.
    #[serde(default)]
    pub trailing_bytes: u64,
}

/// Why stored measurements cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum MeasurementsError {
    #[error("measurements of version {found}, and this build knows {MEASUREMENTS_VERSION}: use a newer torikomi")]
    Newer { found: u64 },
    #[error("measurements that cannot be read: {0}")]
    Unreadable(#[from] serde_json::Error),
}

impl Measurements {
    /// Reads measurements that were stored, by whichever build. What a newer one measured may mean something else, even where
    /// it can be read.
    ///
    /// # Errors
    /// When they are of a newer version, or not readable.
    pub fn read(bytes: &[u8]) -> Result<Self, MeasurementsError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u64,
        }
        match serde_json::from_slice(bytes)? {
            Versioned { version: found } if found > u64::from(MEASUREMENTS_VERSION) => {
                Err(MeasurementsError::Newer { found })
            }
            Versioned { .. } => Ok(serde_json::from_slice(bytes)?),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Format {
    Tiff,
    Jpeg,
    Png,
    Pdf,
    #[serde(rename = "jpeg-2000")]
    Jpeg2000,
    Dicom,
    /// None that this build knows.
    Unknown,
}

/// Whether the file's own structure says that all of it is here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "state", rename_all = "kebab-case")]
pub enum Completeness {
    Complete,
    /// The file breaks off, or points beyond its end.
    Incomplete {
        missing: MissingPart,
        /// Where the file ends or the broken pointer stands, in bytes from the start.
        at_byte: u64,
    },
    /// No structure that could say so, or the worker did not live to tell.
    Unknown {
        fault: Fault,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum MissingPart {
    /// Zero bytes, or fewer than any header.
    Header,
    /// A TIFF directory lies beyond the end.
    Directory,
    /// A strip, tile, chunk or stream lies partly or wholly beyond the end.
    ImageData,
    /// JPEG without EOI, JPEG 2000 without EOC, PNG without IEND, PDF without `%%EOF`.
    EndMarker,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PageMeasurements {
    /// Within its file, from 1.
    pub number: u32,
    pub kind: PageKind,
    /// Of the page's main image, before any orientation tag is applied.
    pub width_px: u32,
    pub height_px: u32,
    /// EXIF and TIFF orientation, 1 to 8; 1 where none is written. PDF `/Rotate` is expressed in it too.
    pub orientation: u8,
    /// What the file says of its resolution, and where. Absent where it says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub declared_dpi: Option<DeclaredDpi>,
    /// PDF: the size at which the main image is drawn, so that pixels ÷ size is its effective resolution.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub placed_size: Option<SizeUm>,
    /// PDF: the visible page (crop box × UserUnit), turned by `/Rotate`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<SizeUm>,
    pub colour: ColourModel,
    /// Bits of one sample, 1 to 32.
    pub bits_per_sample: u8,
    /// Samples of one pixel that carry the picture (1 grey, 3 colour, 4 CMYK); alpha is not counted.
    pub samples_per_pixel: u8,
    /// Outermost first: a PDF's Flate around a JPEG is `[flate, jpeg]`.
    pub compression: Vec<Compression>,
    /// From the quantisation tables of the last JPEG step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jpeg: Option<JpegFacts>,
    pub decoded: Decoded,
    /// Absent where no pixel could be looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tone: Option<Tone>,
    /// Of the page's main image. Absent where not every pixel was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub appearance: Option<Appearance>,
    /// PDF: every image drawn on the page, the main one among them, in drawing order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub images: Vec<PlacedImage>,
    /// PDF: share of the visible page that the images cover together, in millionths. Absent where drawing broke off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub covered_ppm: Option<u32>,
    /// PDF: what shows on the page beside its images. Absent where drawing broke off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drawing: Option<Drawing>,
}

/// What a program drew on a PDF page that no image hides, inside or outside the images. A layer of invisible text, as
/// programs that read letters add it, is no part of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Drawing {
    pub text: bool,
    /// Lines, areas and shadings, white ones too.
    pub lines: bool,
    /// Stamps, notes and form fields that a viewer shows on top.
    pub annotations: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PageKind {
    /// An image file's page, or a PDF page that images cover for the most part.
    Scan,
    /// A PDF page drawn by a program: text and lines, images covering less than half of it.
    Drawn,
    /// A PDF page with nothing on it.
    Empty,
}

/// In thousandths of dots per inch, so that 11811 pixels a metre stays 299.999.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DeclaredDpi {
    pub x_milli: u64,
    pub y_milli: u64,
    pub found_in: DpiSource,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum DpiSource {
    TiffTags,
    JfifDensity,
    Exif,
    PngPhys,
    Jp2Resolution,
}

/// In thousandths of a millimetre.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct SizeUm {
    pub width_um: u64,
    pub height_um: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ColourModel {
    /// Black and white, one bit.
    Bitonal,
    Grey,
    /// RGB, YCbCr and the like.
    Colour,
    Cmyk,
    /// A table of colours; judged as colour.
    Palette,
    /// Lab, device spaces, spot colours.
    Other,
    /// Not found out, because nothing could be read so far.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Compression {
    None,
    /// TIFF compression 2.
    CcittRle,
    CcittG3,
    CcittG4,
    Lzw,
    /// Deflate, Flate, PNG.
    Deflate,
    /// PackBits, PDF RunLength.
    Packbits,
    /// Baseline or progressive JPEG: lossy.
    Jpeg,
    /// JPEG process 14 and its like.
    JpegLossless,
    /// TIFF compression 6.
    OldJpeg,
    /// 5/3 transform; lossless only if no layer was cut, which no header tells.
    #[serde(rename = "jpeg-2000-reversible")]
    Jpeg2000Reversible,
    /// 9/7 transform: lossy.
    #[serde(rename = "jpeg-2000-irreversible")]
    Jpeg2000Irreversible,
    /// Generic regions only.
    Jbig2,
    /// Symbol dictionaries or text regions: letters may have been swapped for look-alikes.
    Jbig2Symbol,
    /// PDF ASCII85 and ASCIIHex.
    Ascii,
    /// One that this build has no name for.
    Other,
}

impl Compression {
    /// Whether pixels may differ from what the scanner saw. A reversible JPEG 2000 may have been cut: not known to be lossy.
    #[must_use]
    pub fn is_lossy(self) -> bool {
        matches!(self, Self::Jpeg | Self::OldJpeg | Self::Jpeg2000Irreversible | Self::Jbig2Symbol)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct JpegFacts {
    /// The IJG quality, 1 to 100, whose tables lie nearest.
    pub nearest_quality: u8,
    /// Whether the tables are exactly those. Otherwise the number is a comparison, not what the scanner was set to.
    pub exact: bool,
    pub progressive: bool,
}

/// What came of decoding every pixel of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Decoded {
    Whole,
    /// The data is wrong or stops. Where a decoder says how far it came, `rows` does.
    Damaged {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rows: Option<u32>,
    },
    /// Valid as far as can be told, but no decoder here reads it: not the same as damaged.
    Unsupported {
        feature: String,
    },
    /// Not decoded, because a limit stood in the way.
    Refused {
        limit: Limit,
    },
    /// The worker crashed, hung or was killed on this page or file.
    Failed {
        fault: Fault,
    },
    /// A page without an image, so nothing to decode.
    NoImage,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Limit {
    FileBytes,
    Pages,
    PixelsPerPage,
    Nesting,
    DecodedBytes,
    /// Drawing steps of a page, images of a file, scans of a JPEG: small data that asks for endless work.
    Operations,
}

/// Why a worker gave no answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Fault {
    TimedOut {
        after_seconds: u64,
    },
    OutOfMemory,
    /// Ended by a signal, the seccomp filter's SIGSYS among them.
    Killed {
        signal: i32,
    },
    Exited {
        status: i32,
    },
    /// Its answer was too long, or not what the protocol allows.
    BadAnswer,
    /// No format that this build knows.
    UnknownFormat,
    /// Known by its first bytes, and not read by this build.
    UnsupportedFormat,
    /// A decoder gave up on itself: a fault of ours, caught before it ended the worker.
    Panicked,
    /// The structure was not walked to its end, because a limit stood in the way.
    LimitReached {
        limit: Limit,
    },
    /// The file is locked with a password.
    Encrypted,
}

/// Grey levels of a page from 0 (black) to 255 (white), judged on every pixel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tone {
    /// The commonest level of the brighter half: the paper, on most pages.
    pub paper_level: u8,
    /// Share of pixels clearly darker than the paper (below 75 % of its level), in millionths.
    pub dark_ppm: u32,
    /// Share of pixels at level 0, and at 255, in millionths.
    pub black_ppm: u32,
    pub white_ppm: u32,
    /// Share of pixels whose channels differ by more than 40 levels of 255, in millionths; 0 for grey.
    pub coloured_ppm: u32,
}

/// What a page looks like as a whole, before any orientation tag is applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Appearance {
    /// So many pixels make one side of the cells in which it was looked at.
    pub cell_px: u32,
    pub skew: Skew,
}

/// How far the lines of a page are turned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub enum Skew {
    Seen {
        /// Thousandths of a degree, to the hundredth, as if pixels were square; positive where lines that run across fall to the right.
        milli_degrees: i32,
        lines: LineDirection,
        /// How sharp the lines are at this angle: as a share of the middle one of all angles, and of the best that does not lie
        /// beside it; in thousandths.
        peak_permille: u32,
        lead_permille: u32,
    },
    CannotTell {
        reason: SkewUnknown,
    },
}

/// Vertical writing cannot be told from horizontal writing that lies on its side.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum LineDirection {
    Across,
    Down,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum SkewUnknown {
    /// The page is blank, or nearly.
    TooLittleInk,
    /// No angle stands out: loose handwriting, a photograph.
    NoDirection,
    /// By more than nine and a half degrees, as far as can be told.
    TurnedTooFar,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlacedImage {
    pub width_px: u32,
    pub height_px: u32,
    pub placed: SizeUm,
    /// A one-bit stencil that paint shows through.
    pub stencil: bool,
    /// Shapes the image before it, and is no picture of its own.
    pub mask: bool,
    pub colour: ColourModel,
    pub bits_per_sample: u8,
    pub compression: Vec<Compression>,
    /// From the quantisation tables of the last JPEG step.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub jpeg: Option<JpegFacts>,
    /// Share of the visible page it covers, in thousandths.
    pub coverage_permille: u32,
}

/// What a PDF carries beside its pages. A fact is there only where it was told: what lies in objects that could not be
/// read, because they are locked, broken or nested too deep, is absent, and never "no" or nought.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PdfFacts {
    /// Revisions: 1 for a file written once.
    pub revisions: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<PdfEncryption>,
    /// JavaScript anywhere, OpenAction scripts among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scripts: Option<bool>,
    /// Launch, GoToR, URI-on-open, SubmitForm and ImportData actions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub launch_actions: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub embedded_files: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signatures: Option<u32>,
    /// The cross-reference table had to be rebuilt to read the file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repaired: Option<bool>,
    /// Pages that carry text nobody sees (an OCR layer).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hidden_text_pages: Option<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PdfEncryption {
    None,
    /// Opens without a password, yet is encrypted.
    EmptyPassword,
    /// Cannot be opened.
    Password,
}
