//! Reading a profile's file, section by section.

use jiff::civil::Date;

use super::severity::Severities;
use super::{
    Coding, Colour, ColourRules, CompressionRules, Confirm, Exceptions, Fact, FormatRules, IdentityRules, KnownOutcome,
    Lossy, PageRules, PlausibleDpi, Profile, ResolutionRules, RetentionRules, RetentionStart, ReviewRules, Signer,
    SigningRules, TimestampPolicy, TimestampRules, Title, WindowRules, WindowStart, consistency,
};
use crate::calendar::Span;
use crate::identity::Source;
use crate::ids::{Digest, Name};
use crate::judgement::{ProfileRef, Severity};
use crate::measurements::Format;
use crate::paper::Paper;
use crate::requirement::Regime;
use crate::toml_text::{Complaint, Problem, Reading, Spot, Table, Warning};

/// The newest `profile_format` that this build reads. A file without one is of format 1.
pub const NEWEST_FORMAT: u32 = 1;

/// Reads a profile; `file` is the name its problems are told under.
///
/// # Errors
/// All that is wrong with it: unknown keys, contradictions, windows that the guideline does not allow, missing clauses.
pub fn lint(bytes: &[u8], file: &str) -> Result<(Profile, Vec<Warning>), Vec<Problem>> {
    Reading::of(bytes, file, |reading, root| read(reading, root, Digest::of(bytes)))
}

/// Settings with the places they stand at, for the rules that look at several of them together.
pub(super) struct Places {
    pub regime: Option<Spot<Regime>>,
    pub clause: Option<Spot<String>>,
    pub accept: Option<Spot<Vec<Spot<Format>>>>,
    pub minimum_dpi: Option<Spot<u32>>,
    pub minimum_dpi_colour: Option<Spot<u32>>,
    pub plausible: Option<Spot<PlausibleDpi>>,
    pub trust_declared: Option<Spot<bool>>,
    pub colour: Option<Spot<Colour>>,
    pub lossy: Option<Spot<Lossy>>,
    pub quality: Option<Spot<u32>>,
    pub paper: Option<Spot<Vec<Spot<PaperName>>>>,
    pub padded_to_bed: Option<Spot<bool>>,
    pub required: Option<Spot<Vec<Spot<Fact>>>>,
    pub window_from: Option<Spot<WindowStart>>,
    pub scan_within: Option<Spot<Span>>,
    pub sign_within: Option<Spot<Span>>,
    pub timestamp_within: Option<Spot<Span>>,
    pub confirm_session: Option<Spot<bool>>,
    pub automatic_clause: Option<Spot<String>>,
    pub policy: Option<Spot<TimestampPolicy>>,
    /// Where each section begins, for what is missing in it.
    pub window_at: std::ops::Range<usize>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum PaperName {
    Named(Paper),
    FreeLength,
}

const FORMATS: [(&str, Format); 6] = [
    ("tiff", Format::Tiff),
    ("jpeg", Format::Jpeg),
    ("png", Format::Png),
    ("pdf", Format::Pdf),
    ("jpeg-2000", Format::Jpeg2000),
    ("dicom", Format::Dicom),
];

const PAPERS: [(&str, PaperName); 10] = [
    ("A3", PaperName::Named(Paper::A3)),
    ("A4", PaperName::Named(Paper::A4)),
    ("A5", PaperName::Named(Paper::A5)),
    ("A6", PaperName::Named(Paper::A6)),
    ("B4", PaperName::Named(Paper::B4)),
    ("B5", PaperName::Named(Paper::B5)),
    ("B6", PaperName::Named(Paper::B6)),
    ("postcard", PaperName::Named(Paper::Postcard)),
    ("card", PaperName::Named(Paper::Card)),
    ("free-length", PaperName::FreeLength),
];

const COLOURS: [(&str, Colour); 5] = [
    (Colour::Bitonal.name(), Colour::Bitonal),
    (Colour::Grey8.name(), Colour::Grey8),
    (Colour::Colour8.name(), Colour::Colour8),
    (Colour::Grey10.name(), Colour::Grey10),
    (Colour::Grey16.name(), Colour::Grey16),
];

const FACTS: [(&str, Fact); 6] = [
    (Fact::PatientId.name(), Fact::PatientId),
    (Fact::DocumentType.name(), Fact::DocumentType),
    (Fact::ObtainedOn.name(), Fact::ObtainedOn),
    (Fact::DocumentDate.name(), Fact::DocumentDate),
    (Fact::ScannedAt.name(), Fact::ScannedAt),
    (Fact::Operator.name(), Fact::Operator),
];

const SOURCES: [(&str, Source); 5] = [
    ("sidecar", Source::Sidecar),
    ("filename", Source::Filename),
    ("station", Source::Station),
    ("batch", Source::Batch),
    ("barcode", Source::Barcode),
];

const SEVERITIES: [(&str, Severity); 4] =
    [("pass", Severity::Pass), ("warn", Severity::Warn), ("hold", Severity::Hold), ("reject", Severity::Reject)];

fn read(reading: &Reading<'_>, mut root: Table<'_, '_>, digest: Digest) -> Option<Profile> {
    if let Some(format) = root.optional_integer("profile_format", 1, u32::MAX)
        && format.value > NEWEST_FORMAT
    {
        reading.complain(&format.at, Complaint::NewerFormat { found: format.value, newest: NEWEST_FORMAT });
        return None;
    }
    let id = root.parsed::<Name>("id", "name");
    let version = root.integer("version", 1, 1_000_000);
    let mut titles = root.table("title");
    let title = (titles.text("ja"), titles.text("en"));
    titles.finish();
    let regime = root.choice("regime", &Regime::ALL.map(|regime| (regime.name(), regime)));
    let clause = root.text("clause");
    let basis = root.text("basis");
    let effective_from = root.parsed::<Date>("effective_from", "date");

    let mut format = root.table("format");
    let accept = format.choices("accept", &FORMATS);
    let maximum_pages = format.optional_integer("maximum_pages", 1, 100_000);
    format.finish();

    let mut resolution = root.table("resolution");
    let minimum_dpi = resolution.optional_integer("minimum_dpi", 50, 4_800);
    let minimum_dpi_colour = resolution.optional_integer("minimum_dpi_colour", 50, 4_800);
    let plausible = plausible(reading, resolution.table("plausible_dpi"));
    let declared_tolerance_percent = resolution.optional_integer("declared_tolerance_percent", 0, 50);
    let trust_declared = resolution.optional_bool("trust_declared");
    resolution.finish();

    let mut colour_table = root.table("colour");
    let colour = colour_table.optional_choice("minimum", &COLOURS);
    colour_table.finish();

    let mut compression = root.table("compression");
    let lossy = compression.choice("lossy", &[("never", Lossy::Never), ("allowed", Lossy::Allowed)]);
    let forbid = compression.optional_choices("forbid", &[("jbig2-symbol", Coding::Jbig2Symbol), ("mrc", Coding::Mrc)]);
    let quality = compression.optional_integer("minimum_jpeg_quality", 1, 100);
    compression.finish();

    let mut page = root.table("page");
    let paper = page.optional_choices("paper", &PAPERS);
    let padded_to_bed = page.optional_bool("padded_to_bed");
    let tolerance = page.optional_milli("paper_tolerance_mm", 0, 20_000);
    let maximum_skew = page.optional_milli("maximum_skew_degrees", 0, 45_000);
    let blank_below = page.optional_integer("blank_below_dark_ppm", 1, 1_000_000);
    let both_sides = page.optional_bool("both_sides");
    let dispensed = page.optional_bool("dispensed");
    page.finish();

    let severities = severities(reading, root.table("severity"));

    let mut review = root.table("review");
    let exceptions =
        review.optional_choice("exceptions", &[("never", Exceptions::Never), ("allowed", Exceptions::Allowed)]);
    review.finish();

    let mut identity = root.table("identity");
    let required = identity.choices("required", &FACTS);
    let sources = identity.choices("sources", &SOURCES);
    identity.finish();

    let mut window = root.table("window");
    let window_at = window.at().clone();
    let window_from =
        window.optional_choice("from", &[("made", WindowStart::Made), ("received", WindowStart::Received)]);
    let scan_within = window.optional_parsed::<Span>("scan_within", "span");
    let sign_within = window.parsed::<Span>("sign_within", "span");
    let timestamp_within = window.optional_parsed::<Span>("timestamp_within", "span");
    window.finish();

    let mut signing = root.table("signing");
    let by =
        signing.choices("by", &[("operator", Signer::Operator), ("information_manager", Signer::InformationManager)]);
    let confirm_session = signing.choice("confirm", &[("each", false), ("session", true)]);
    let automatic_clause = signing.optional_text("auto_confirm_clause");
    signing.finish();

    let mut timestamp = root.table("timestamp");
    let policy = timestamp.choice("policy", &TimestampPolicy::ALL.map(|policy| (policy.as_str(), policy)));
    timestamp.finish();

    let mut retention = root.table("retention");
    let years = retention.integer("years", 1, 100);
    let retained_from = retention.choice(
        "from",
        &[
            ("completion", RetentionStart::Completion),
            ("last-entry", RetentionStart::LastEntry),
            ("filing", RetentionStart::Filing),
        ],
    );
    retention.finish();
    root.finish();

    let places = Places {
        regime,
        clause,
        accept,
        minimum_dpi,
        minimum_dpi_colour,
        plausible,
        trust_declared,
        colour,
        lossy,
        quality,
        paper,
        padded_to_bed,
        required,
        window_from,
        scan_within,
        sign_within,
        timestamp_within,
        confirm_session,
        automatic_clause,
        policy,
        window_at,
    };
    let scan_within_business_days = consistency::look(reading, &places);

    let paper = places.paper.map(values).unwrap_or_default();
    let confirm = match (places.confirm_session?.value, places.automatic_clause) {
        (false, _) => Confirm::Each,
        (true, clause) => Confirm::Session { clause: clause?.value },
    };
    Some(Profile {
        reference: ProfileRef { id: id?.value, version: version?.value, digest },
        title: Title { ja: title.0?.value, en: title.1?.value },
        regime: places.regime?.value,
        clause: places.clause?.value,
        basis: basis?.value,
        effective_from: effective_from?.value,
        format: FormatRules { accept: values(places.accept?), maximum_pages: maximum_pages.map(|n| n.value) },
        resolution: ResolutionRules {
            minimum_dpi: places.minimum_dpi.map(|dpi| dpi.value),
            minimum_dpi_colour: places.minimum_dpi_colour.map(|dpi| dpi.value),
            plausible_dpi: places.plausible.map(|range| range.value),
            declared_tolerance_percent: declared_tolerance_percent.map(|percent| percent.value),
            trust_declared: places.trust_declared.is_some_and(|trust| trust.value),
        },
        colour: ColourRules { minimum: places.colour.map(|colour| colour.value) },
        compression: CompressionRules {
            lossy: places.lossy?.value,
            forbid: forbid.map(values).unwrap_or_default(),
            minimum_jpeg_quality: places.quality.and_then(|quality| u8::try_from(quality.value).ok()),
        },
        page: PageRules {
            free_length: paper.contains(&PaperName::FreeLength),
            paper: paper
                .into_iter()
                .filter_map(|name| match name {
                    PaperName::Named(paper) => Some(paper),
                    PaperName::FreeLength => None,
                })
                .collect(),
            padded_to_bed: places.padded_to_bed.is_some_and(|padded| padded.value),
            // Thousandths of a millimetre are micrometres.
            tolerance_um: tolerance.map_or(DEFAULT_TOLERANCE_UM, |tolerance| u64::from(tolerance.value)),
            maximum_skew_milli_degrees: maximum_skew.map(|skew| skew.value),
            blank_below_dark_ppm: blank_below.map(|ppm| ppm.value),
            both_sides: both_sides.is_some_and(|both| both.value),
            dispensed: dispensed.is_some_and(|dispensed| dispensed.value),
        },
        review: ReviewRules { exceptions: exceptions.map_or(Exceptions::Never, |spot| spot.value) },
        identity: IdentityRules { required: values(places.required?), sources: values(sources?) },
        window: WindowRules {
            from: places.window_from.map(|from| from.value),
            scan_within_business_days,
            sign_within: places.sign_within?.value,
            timestamp_within: places.timestamp_within.map(|span| span.value),
        },
        signing: SigningRules { by: values(by?), confirm },
        timestamp: TimestampRules { policy: places.policy?.value },
        retention: RetentionRules { years: years?.value, from: retained_from?.value },
        severities,
    })
}

/// Paper is cut to about ±1.5 mm (JIS P 0138), and scanners crop to about as much.
const DEFAULT_TOLERANCE_UM: u64 = 2_000;

fn values<T>(list: Spot<Vec<Spot<T>>>) -> Vec<T> {
    list.value.into_iter().map(|spot| spot.value).collect()
}

fn plausible(reading: &Reading<'_>, mut table: Table<'_, '_>) -> Option<Spot<PlausibleDpi>> {
    if !table.is_present() {
        return None;
    }
    let (least, most) = (table.integer("least", 1, 10_000), table.integer("most", 1, 10_000));
    let at = table.at().clone();
    let key = table.name_of("most");
    let other = table.name_of("least");
    table.finish();
    let (least, most) = (least?, most?);
    if most.value < least.value {
        reading.complain(&most.at, Complaint::BeforeOther { key, value: most.value.to_string(), other });
        return None;
    }
    Some(Spot { value: PlausibleDpi { least: least.value, most: most.value }, at })
}

/// `blank_page = "warn"`, or `blank_page = { failed = "warn", cannot_tell = "hold" }`.
fn severities(reading: &Reading<'_>, mut table: Table<'_, '_>) -> Severities {
    let mut severities = Severities::default();
    for known in super::KNOWN_OUTCOMES {
        if !table.has(known.name) {
            // Asked for nonetheless, so that a misspelt name is told what was meant.
            let _ = table.optional_choice(known.name, &SEVERITIES);
            continue;
        }
        let key = table.name_of(known.name);
        let (failed, cannot_tell) = if table.is_table(known.name) {
            let mut inner = table.table(known.name);
            let both =
                (inner.optional_choice("failed", &SEVERITIES), inner.optional_choice("cannot_tell", &SEVERITIES));
            inner.finish();
            both
        } else {
            (table.optional_choice(known.name, &SEVERITIES), None)
        };
        if let Some(failed) = failed {
            too_mild(reading, &failed, &key, known);
            severities.failed.insert(known.name, failed.value);
        }
        if let Some(cannot_tell) = cannot_tell {
            if cannot_tell.value < Severity::Hold {
                let found = name_of(cannot_tell.value);
                reading.complain(&cannot_tell.at, Complaint::CannotTellTooMild { key, found });
            }
            severities.cannot_tell.insert(known.name, cannot_tell.value);
        }
    }
    table.finish();
    severities
}

fn too_mild(reading: &Reading<'_>, failed: &Spot<Severity>, key: &str, known: &KnownOutcome) {
    if failed.value < known.mildest {
        let (found, mildest) = (name_of(failed.value), name_of(known.mildest));
        reading.complain(&failed.at, Complaint::SeverityTooMild { key: key.to_owned(), found, mildest });
    }
}

fn name_of(severity: Severity) -> String {
    let name = SEVERITIES.iter().find(|(_, known)| *known == severity).map(|(name, _)| *name);
    name.unwrap_or_default().to_owned()
}
