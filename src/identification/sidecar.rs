//! The JSON file beside a scan, `torikomi-sidecar-v1`: what a scanner or a department system says of it.
//!
//! It is read strictly, since whoever misspells `patient_id` must hear of it before the scan is filed. Everything but
//! `format` may be left out; `null` says as little as leaving out. The schema is `docs/json/sidecar.schema.json`.

use std::ffi::OsStr;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;
use jiff::{Timestamp, tz};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::Facts;
use super::json::{self, FaultKind, Json};
use crate::identity::dates::{self, DateProblem};
use crate::identity::table::{RowProblem, is_unfit};
use crate::identity::{Claims, Scanner};
use crate::ids::Name;
use crate::instant::Instant;
use crate::paper::Paper;

/// The largest sidecar that is read.
pub const MAXIMUM_BYTES: u64 = 256 * 1024;

/// How deep lists and objects may nest. The format itself needs two levels.
pub const MAXIMUM_DEPTH: u64 = 8;

/// What one sidecar says, as written: checked in form, not yet in meaning. [`Sidecar::facts`] reads the dates.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(
    deny_unknown_fields,
    title = "torikomi-sidecar-v1",
    description = "What a scanner or a department system says of a scan beside it. Everything but the format is optional."
)]
pub struct Sidecar {
    pub format: Format,
    /// Text, never a number: leading zeros count.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub patient_id: Option<String>,
    /// The kind of document, which selects the profile (書類種別).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub document_type: Option<Name>,
    /// The date the hospital made or received the paper (入手日・作成日): 2026-11-20, 20261120, R8.11.20, 令和8年11月20日.
    /// Not the date printed on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub obtained_on: Option<String>,
    /// The date printed on the paper, in the same spellings.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub document_date: Option<String>,
    /// The scanner's clock, as 2026-11-20T09:30:00+09:00. Without an offset only where the station's settings name a
    /// time zone.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub scanned_at: Option<String>,
    /// Who scanned, as a login name (実施者).
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub operator: Option<String>,
    /// The station; must be the one whose folder it lies in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub station: Option<Name>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub paper: Option<Paper>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 10_000))]
    pub expected_pages: Option<u32>,
    /// What the scanner's double-feed sensor said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub double_feed: Option<bool>,
    /// The prescription has been dispensed (調剤済み).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dispensed: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scanner: Option<Scanner>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 2_000))]
    pub remarks: Option<String>,
    /// The files that make one document, in the order of their pages: bare names in the sidecar's own folder. Without
    /// it the sidecar speaks of the file that has its name but for the ending.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 10_000))]
    pub files: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub enum Format {
    #[serde(rename = "torikomi-sidecar-v1")]
    V1,
}

/// Why a sidecar or batch list cannot be used. Lines and columns count from 1; those of a batch list as a spreadsheet
/// counts them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum SidecarProblem {
    #[error("larger than {maximum_bytes} bytes")]
    TooLarge { maximum_bytes: u64 },
    #[error("line {line}, column {column}: nested deeper than {maximum}")]
    TooDeep { maximum: u64, line: u64, column: u64 },
    #[error("line {line}, column {column}: not UTF-8")]
    NotUtf8 { line: u64, column: u64 },
    #[error("line {line}, column {column}: not JSON")]
    NotJson { line: u64, column: u64 },
    #[error("line {line}, column {column}: the key {key:?} stands twice")]
    DuplicateKey { key: String, line: u64, column: u64 },
    #[error("not a JSON object")]
    NotAnObject,
    #[error("no format is named")]
    MissingFormat,
    #[error("{format:?} is no format of a sidecar")]
    UnknownFormat { format: String },
    /// For the administrator: update Torikomi before the scanner's software.
    #[error("the format {format:?} is newer than this program")]
    NewerFormat { format: String },
    #[error("the key {key:?} is not known")]
    UnknownKey { key: String },
    #[error("{key} must be {expected}")]
    WrongType { key: String, expected: Expected },
    #[error("{key} is empty")]
    EmptyValue { key: String },
    #[error("{key} is longer than {maximum} characters")]
    TooLong { key: String, maximum: u64 },
    #[error("{key} has a control or text-direction character")]
    UnfitCharacter { key: String },
    #[error("{key} must be lower-case letters, digits and inner hyphens, at most 63")]
    BadName { key: String },
    #[error("{key} is no paper size that is known here")]
    UnknownPaper { key: String },
    #[error("{key} must be from {minimum} to {maximum}")]
    OutOfRange { key: String, minimum: u64, maximum: u64 },
    #[error("{key}: {date}")]
    BadDate { key: String, text: String, date: DateProblem },
    #[error("{key} must be an instant like 2026-11-20T09:30:00+09:00")]
    BadInstant { key: String, text: String },
    #[error("{key} has no offset, and the station names no time zone")]
    NoOffset { key: String, text: String },
    #[error("a file must be named without a folder")]
    NotABareName { file: String },
    #[error("a file is named twice")]
    RepeatedFile { file: String },
    #[error("a file that is named is not there")]
    ListedButAbsent { file: String },
    #[error("a file is there that is not named")]
    PresentButUnlisted { file: String },
    #[error("the batch list has no heading row")]
    NoHeading,
    #[error("the batch list has no column {heading:?}")]
    MissingColumn { heading: String },
    #[error("the heading {heading:?} stands twice")]
    RepeatedColumn { heading: String },
    #[error("the batch list has more than {maximum} rows")]
    TooManyRows { maximum: u64 },
    #[error("line {line} has {found} cells, the heading row {expected}")]
    WrongNumberOfCells { line: u64, found: u64, expected: u64 },
    #[error("line {line}, column {column}: bytes that the declared encoding does not have")]
    Undecodable { line: u64, column: u64 },
    #[error("line {line}, column {column}: a quote out of place")]
    StrayQuote { line: u64, column: u64 },
    #[error("line {line}, column {column}: the quote is not closed on this line")]
    OpenQuote { line: u64, column: u64 },
    #[error("line {line}, column {column}: a control or text-direction character")]
    ControlCharacter { line: u64, column: u64 },
    /// The rest of the batch list is good; this row is not.
    #[error("line {line}: {sidecar}")]
    Row { line: u64, sidecar: Box<SidecarProblem> },
}

/// What a key's value must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Expected {
    Text,
    WholeNumber,
    TrueOrFalse,
    Object,
    List,
}

impl std::fmt::Display for Expected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text => "text in quotes",
            Self::WholeNumber => "a whole number",
            Self::TrueOrFalse => "true or false",
            Self::Object => "an object",
            Self::List => "a list of texts",
        })
    }
}

impl From<RowProblem> for SidecarProblem {
    fn from(problem: RowProblem) -> Self {
        match problem {
            RowProblem::Undecodable { line, column } => Self::Undecodable { line, column },
            RowProblem::StrayQuote { line, column } => Self::StrayQuote { line, column },
            RowProblem::OpenQuote { line, column } => Self::OpenQuote { line, column },
            RowProblem::ControlCharacter { line, column } => Self::ControlCharacter { line, column },
        }
    }
}

impl Sidecar {
    /// Reads the bytes of one sidecar. A byte order mark is tolerated.
    pub fn parse(bytes: &[u8]) -> Result<Self, SidecarProblem> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAXIMUM_BYTES {
            return Err(SidecarProblem::TooLarge { maximum_bytes: MAXIMUM_BYTES });
        }
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        let text = str::from_utf8(bytes).map_err(|error| not_utf8(bytes, error.valid_up_to()))?;
        let depth = usize::try_from(MAXIMUM_DEPTH).unwrap_or(usize::MAX);
        match json::read(text, depth) {
            Ok(Json::Object(entries)) => Self::from_entries(entries),
            Ok(_) => Err(SidecarProblem::NotAnObject),
            Err(json::Fault { kind, line, column }) => Err(match kind {
                FaultKind::Syntax => SidecarProblem::NotJson { line, column },
                FaultKind::TooDeep => SidecarProblem::TooDeep { maximum: MAXIMUM_DEPTH, line, column },
                FaultKind::DuplicateKey(key) => SidecarProblem::DuplicateKey { key, line, column },
            }),
        }
    }

    /// What the sidecar means. `zone` is how the station reads a scanner's time without offset, where its settings say;
    /// what was read so is marked.
    pub fn facts(&self, zone: Option<&TimeZone>) -> Result<Facts, SidecarProblem> {
        let scanned = self.scanned_at.as_deref().map(|text| instant("scanned_at", text, zone)).transpose()?;
        Ok(Facts {
            patient_id: self.patient_id.clone(),
            document_type: self.document_type.clone(),
            obtained_on: date("obtained_on", self.obtained_on.as_deref())?,
            document_date: date("document_date", self.document_date.as_deref())?,
            scanned_at: scanned.map(|(instant, _)| instant),
            zone_assumed: scanned.is_some_and(|(_, assumed)| assumed),
            operator: self.operator.clone(),
            station: self.station.clone(),
            claims: Claims {
                paper: self.paper,
                expected_pages: self.expected_pages,
                double_feed: self.double_feed,
                dispensed: self.dispensed,
                scanner: self.scanner.clone(),
                remarks: self.remarks.clone(),
            },
        })
    }

    pub(super) fn from_entries(entries: Vec<(String, Json)>) -> Result<Self, SidecarProblem> {
        let mut fields = Fields { of: "", entries };
        let format = fields.format()?;
        let sidecar = Self {
            format,
            patient_id: fields.text("patient_id", 64)?,
            document_type: fields.name("document_type")?,
            obtained_on: fields.text("obtained_on", 64)?,
            document_date: fields.text("document_date", 64)?,
            scanned_at: fields.text("scanned_at", 64)?,
            operator: fields.text("operator", 64)?,
            station: fields.name("station")?,
            paper: fields.paper()?,
            expected_pages: fields.page_count("expected_pages")?,
            double_feed: fields.flag("double_feed")?,
            dispensed: fields.flag("dispensed")?,
            scanner: fields.scanner()?,
            remarks: fields.lines("remarks", 2_000)?,
            files: fields.files()?,
        };
        fields.finish()?;
        Ok(sidecar)
    }
}

/// Which of the named files are missing, and which of those present are not named. Composed and decomposed spellings
/// of a name (NFC, NFD) are the same file: some systems deliver the one and write the other.
#[must_use]
pub fn compare_files<'a>(listed: impl IntoIterator<Item = &'a str>, present: &[&OsStr]) -> Vec<SidecarProblem> {
    use std::collections::BTreeMap;
    let composed = |name: &str| name.nfc().collect::<String>();
    let mut listed: BTreeMap<String, &str> = listed.into_iter().map(|file| (composed(file), file)).collect();
    let mut problems = Vec::new();
    for file in present {
        // A second file of the same composed name finds no listing left.
        if file.to_str().and_then(|file| listed.remove(&composed(file))).is_none() {
            problems.push(SidecarProblem::PresentButUnlisted { file: file.to_string_lossy().into_owned() });
        }
    }
    problems.extend(listed.into_values().map(|file| SidecarProblem::ListedButAbsent { file: file.to_owned() }));
    problems
}

/// Refuses what could lead out of the folder, on any system that may have written it.
pub(super) fn bare_name(file: &str) -> Result<(), SidecarProblem> {
    let leads_away = file.is_empty() || file == "." || file == ".." || file.contains(['/', '\\']);
    if leads_away || file.len() > 255 || file.chars().any(char::is_control) {
        return Err(SidecarProblem::NotABareName { file: file.to_owned() });
    }
    Ok(())
}

/// The schema as it is published.
#[must_use]
pub fn schema() -> schemars::Schema {
    schemars::schema_for!(Sidecar)
}

fn date(key: &str, text: Option<&str>) -> Result<Option<Date>, SidecarProblem> {
    let read = |text| {
        dates::parse(text).map_err(|date| SidecarProblem::BadDate { key: key.to_owned(), text: text.to_owned(), date })
    };
    text.map(read).transpose()
}

/// RFC 3339 with seconds. The second value says that the offset was not written.
fn instant(key: &str, text: &str, zone: Option<&TimeZone>) -> Result<(Instant, bool), SidecarProblem> {
    let bad = || SidecarProblem::BadInstant { key: key.to_owned(), text: text.to_owned() };
    let (local, offset) = text.split_at_checked("2026-11-20T09:30:00".len()).ok_or_else(bad)?;
    let shape = local.bytes().zip("0000-00-00T00:00:00".bytes()).all(|(byte, pattern)| match pattern {
        b'0' => byte.is_ascii_digit(),
        _ => byte == pattern,
    });
    let (fraction, offset) = match offset.strip_prefix('.') {
        Some(rest) => {
            let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
            rest.split_at_checked(end).ok_or_else(bad)?
        }
        None => ("0", offset),
    };
    // The calendar library would take a 60th second for the 59th.
    if !shape || fraction.is_empty() || fraction.len() > 9 || local.ends_with("60") {
        return Err(bad());
    }
    if offset.is_empty() {
        let no_offset = || SidecarProblem::NoOffset { key: key.to_owned(), text: text.to_owned() };
        let local: DateTime = text.parse().map_err(|_| bad())?;
        let zone = zone.ok_or_else(no_offset)?;
        // An hour that a change of clocks skipped or doubled is no instant.
        return match zone.to_ambiguous_timestamp(local).offset() {
            tz::AmbiguousOffset::Unambiguous { offset } => {
                let timestamp = offset.to_timestamp(local).map_err(|_| bad())?;
                Ok((timestamp.into(), true))
            }
            _ => Err(bad()),
        };
    }
    let numeric = |offset: &str| {
        offset.len() == 6
            && offset.bytes().zip("+00:00".bytes()).all(|(byte, pattern)| match pattern {
                b'0' => byte.is_ascii_digit(),
                b'+' => matches!(byte, b'+' | b'-'),
                _ => byte == pattern,
            })
    };
    if offset != "Z" && !numeric(offset) {
        return Err(bad());
    }
    text.parse::<Timestamp>().map(|timestamp| (timestamp.into(), false)).map_err(|_| bad())
}

fn not_utf8(bytes: &[u8], valid_up_to: usize) -> SidecarProblem {
    let before = bytes.get(..valid_up_to).unwrap_or_default();
    let count = |length: usize| u64::try_from(length).unwrap_or(u64::MAX).saturating_add(1);
    let line = before.iter().filter(|byte| **byte == b'\n').count();
    let column = before.iter().rev().take_while(|byte| **byte != b'\n').count();
    SidecarProblem::NotUtf8 { line: count(line), column: count(column) }
}

/// The keys of an object that nobody has asked for yet.
struct Fields {
    /// The object's own key and a dot; empty for the outermost.
    of: &'static str,
    entries: Vec<(String, Json)>,
}

impl Fields {
    fn format(&mut self) -> Result<Format, SidecarProblem> {
        let format = self.text("format", 64)?.ok_or(SidecarProblem::MissingFormat)?;
        let version = format.strip_prefix("torikomi-sidecar-v").filter(|version| !version.starts_with('0'));
        match version.and_then(|version| version.parse::<u32>().ok()) {
            Some(1) if format == "torikomi-sidecar-v1" => Ok(Format::V1),
            Some(2..) => Err(SidecarProblem::NewerFormat { format }),
            _ => Err(SidecarProblem::UnknownFormat { format }),
        }
    }

    fn text(&mut self, key: &str, maximum: usize) -> Result<Option<String>, SidecarProblem> {
        let Some(text) = self.lines(key, maximum)? else {
            return Ok(None);
        };
        if text.contains(['\n', '\r', '\t']) {
            return Err(SidecarProblem::UnfitCharacter { key: self.full(key) });
        }
        Ok(Some(text.trim().to_owned()))
    }

    /// Text of several lines.
    fn lines(&mut self, key: &str, maximum: usize) -> Result<Option<String>, SidecarProblem> {
        let text = match self.take(key) {
            None => return Ok(None),
            Some(Json::Text(text)) => text,
            Some(_) => return Err(self.wrong_type(key, Expected::Text)),
        };
        if text.trim().is_empty() {
            return Err(SidecarProblem::EmptyValue { key: self.full(key) });
        }
        if text.chars().count() > maximum {
            let maximum = u64::try_from(maximum).unwrap_or(u64::MAX);
            return Err(SidecarProblem::TooLong { key: self.full(key), maximum });
        }
        if text.chars().any(|c| is_unfit(c) && !matches!(c, '\n' | '\r' | '\t')) {
            return Err(SidecarProblem::UnfitCharacter { key: self.full(key) });
        }
        Ok(Some(text))
    }

    fn name(&mut self, key: &str) -> Result<Option<Name>, SidecarProblem> {
        let text = self.text(key, 64)?;
        text.map(|text| text.parse().map_err(|_| SidecarProblem::BadName { key: self.full(key) })).transpose()
    }

    fn paper(&mut self) -> Result<Option<Paper>, SidecarProblem> {
        let Some(text) = self.text("paper", 64)? else {
            return Ok(None);
        };
        match Paper::ALL.into_iter().find(|paper| paper.to_string() == text) {
            None => Err(SidecarProblem::UnknownPaper { key: self.full("paper") }),
            known => Ok(known),
        }
    }

    fn page_count(&mut self, key: &str) -> Result<Option<u32>, SidecarProblem> {
        match self.take(key) {
            None => Ok(None),
            Some(Json::Whole(count @ 1..=10_000)) => Ok(u32::try_from(count).ok()),
            Some(Json::Whole(_)) => {
                Err(SidecarProblem::OutOfRange { key: self.full(key), minimum: 1, maximum: 10_000 })
            }
            Some(_) => Err(self.wrong_type(key, Expected::WholeNumber)),
        }
    }

    fn flag(&mut self, key: &str) -> Result<Option<bool>, SidecarProblem> {
        match self.take(key) {
            None => Ok(None),
            Some(Json::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(self.wrong_type(key, Expected::TrueOrFalse)),
        }
    }

    fn scanner(&mut self) -> Result<Option<Scanner>, SidecarProblem> {
        let entries = match self.take("scanner") {
            None => return Ok(None),
            Some(Json::Object(entries)) => entries,
            Some(_) => return Err(self.wrong_type("scanner", Expected::Object)),
        };
        let mut fields = Self { of: "scanner.", entries };
        let missing = |key: &str| SidecarProblem::EmptyValue { key: format!("scanner.{key}") };
        let scanner = Scanner {
            make: fields.text("make", 100)?.ok_or_else(|| missing("make"))?,
            model: fields.text("model", 100)?.ok_or_else(|| missing("model"))?,
            serial: fields.text("serial", 100)?,
        };
        fields.finish()?;
        Ok(Some(scanner))
    }

    fn files(&mut self) -> Result<Option<Vec<String>>, SidecarProblem> {
        let list = match self.take("files") {
            None => return Ok(None),
            Some(Json::List(list)) => list,
            Some(_) => return Err(self.wrong_type("files", Expected::List)),
        };
        if list.is_empty() {
            return Err(SidecarProblem::EmptyValue { key: self.full("files") });
        }
        let mut files = Vec::new();
        let mut seen = std::collections::HashSet::new();
        for file in list {
            let Json::Text(file) = file else {
                return Err(self.wrong_type("files", Expected::List));
            };
            bare_name(&file)?;
            if !seen.insert(file.nfc().collect::<String>()) {
                return Err(SidecarProblem::RepeatedFile { file });
            }
            files.push(file);
        }
        if files.len() > 10_000 {
            return Err(SidecarProblem::OutOfRange { key: self.full("files"), minimum: 1, maximum: 10_000 });
        }
        Ok(Some(files))
    }

    /// The value of a key, once. `null` says nothing.
    fn take(&mut self, key: &str) -> Option<Json> {
        let at = self.entries.iter().position(|(name, _)| name == key)?;
        Some(self.entries.swap_remove(at).1).filter(|value| *value != Json::Null)
    }

    fn finish(mut self) -> Result<(), SidecarProblem> {
        self.entries.sort_by(|(a, _), (b, _)| a.cmp(b));
        match self.entries.first() {
            None => Ok(()),
            Some((key, _)) => Err(SidecarProblem::UnknownKey { key: self.full(key) }),
        }
    }

    fn wrong_type(&self, key: &str, expected: Expected) -> SidecarProblem {
        SidecarProblem::WrongType { key: self.full(key), expected }
    }

    fn full(&self, key: &str) -> String {
        format!("{}{key}", self.of)
    }
}

#[cfg(test)]
mod tests;
