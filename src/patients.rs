//! The patient master (患者マスター): who exists, under which id, and who was merged into whom.
//!
//! The hospital's system exports it as CSV; we only read it. A list that cannot be read whole, or from which more
//! patients vanished than the settings allow, is refused, and whoever holds the old one keeps it: half a list would
//! hold every second document. Sorted rows over one text buffer keep a million patients well under 100 MB.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::Path;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::patients as config;
use crate::identity::table::{self, Encoding, RowProblem};
use crate::identity::{Patient, Sex, dates};
use crate::ids::{Digest, Digester};

mod columns;
mod id;

pub use columns::{Column, Columns};
use columns::{Layout, sex, yes_or_no};
pub use id::{CheckDigit, IdRules, PatientIdProblem};

/// How the list is written, and what is asked of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    /// How the file is encoded. Default: `utf-8`.
    pub encoding: Encoding,
    /// How a patient id is written.
    pub ids: IdRules,
    /// The headings of the columns, where the exporting system uses others than ours.
    pub columns: Columns,
    /// How many patients in a thousand may be missing from a newer list. Default: 10, one in a hundred.
    pub shrink_limit_permille: u16,
    /// The largest file that is read. Default: 512 MiB.
    pub maximum_bytes: u64,
    /// The largest number of patients that is read. Default: 5,000,000.
    pub maximum_rows: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            encoding: Encoding::default(),
            ids: IdRules::default(),
            columns: Columns::default(),
            shrink_limit_permille: 10,
            maximum_bytes: 512 * 1024 * 1024,
            maximum_rows: 5_000_000,
        }
    }
}

impl From<&config::Patients> for Settings {
    fn from(set: &config::Patients) -> Self {
        Self {
            encoding: set.encoding,
            ids: IdRules {
                width: set.id_width.and_then(|width| u8::try_from(width).ok()),
                check_digit: set.check_digit.map(|rule| match rule {
                    config::CheckDigit::Modulus10Weight21Split => CheckDigit::Modulus10Weight21Split,
                    config::CheckDigit::Modulus10Weight21 => CheckDigit::Modulus10Weight21,
                    config::CheckDigit::Modulus10Weight31 => CheckDigit::Modulus10Weight31,
                    config::CheckDigit::Modulus11Weight27 => CheckDigit::Modulus11Weight27,
                }),
            },
            columns: Columns {
                id: set.column_id.clone(),
                name: set.column_name.clone(),
                kana: set.column_kana.clone(),
                sex: set.column_sex.clone(),
                birth_date: set.column_birth_date.clone(),
                merged_into: set.column_merged_into.clone(),
                temporary: set.column_temporary.clone(),
            },
            shrink_limit_permille: u16::try_from(set.shrink_permille).unwrap_or(1000),
            maximum_bytes: set.most_bytes.as_bytes(),
            maximum_rows: set.most_rows,
        }
    }
}

/// One consistent list. It never changes; a newer one takes its place.
#[derive(Debug)]
pub struct Patients {
    ids: IdRules,
    /// Every id, name and kana, one after the other.
    text: String,
    /// By id.
    rows: Vec<Row>,
    /// Merged rows as (the row that counts now, the merged row), sorted.
    merged: Vec<(u32, u32)>,
    summary: Summary,
}

/// One patient as the list has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    pub id: &'a str,
    pub name: &'a str,
    pub kana: Option<&'a str>,
    pub sex: Option<Sex>,
    pub birth_date: Option<Date>,
    /// The id under which this patient goes on (名寄せ). It need not be in the list.
    pub merged_into: Option<&'a str>,
    /// A provisional id (仮番号), as for an unconscious emergency patient.
    pub temporary: bool,
    /// The name holds characters whose shape only the hospital's own font knows (外字).
    pub private_use: bool,
}

impl Entry<'_> {
    /// What a record keeps of the patient.
    #[must_use]
    pub fn to_patient(self) -> Patient {
        Patient {
            id: self.id.to_owned(),
            name: self.name.to_owned(),
            kana: self.kana.map(str::to_owned),
            birth_date: self.birth_date,
            sex: self.sex,
        }
    }
}

/// What was read, in numbers; fit for `status` and the journal, as it names nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Summary {
    /// Of the file as it was read.
    pub digest: Digest,
    pub patients: u64,
    pub temporary: u64,
    pub merged: u64,
    /// Merged into an id that the list does not have.
    pub merged_elsewhere: u64,
    /// With characters of the private areas (外字).
    pub private_use: u64,
    /// Birth dates or sexes that could not be read; those patients are listed without.
    pub unread: u64,
    /// The line of the first of these.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_unread_line: Option<u64>,
    /// Headings of the file that nothing was read from.
    pub ignored_columns: Vec<String>,
}

/// Why a list was refused. Lines and columns count from 1, columns as a spreadsheet does.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum PatientsProblem {
    /// For the administrator: path, permissions, mount.
    #[error("the patient list cannot be read: {reason}")]
    Unreachable { reason: String },
    #[error("the patient list is larger than {maximum_bytes} bytes")]
    TooLarge { maximum_bytes: u64 },
    #[error("the patient list has more than {maximum_rows} rows")]
    TooManyRows { maximum_rows: u32 },
    #[error("line {line} is longer than {maximum_bytes} bytes")]
    LongLine { line: u64, maximum_bytes: u64 },
    /// Whoever writes it had not finished; the next look finds it whole.
    #[error("the patient list changed while it was read")]
    ChangedWhileRead,
    #[error("the patient list has no heading row")]
    NoHeading,
    #[error("the patient list has no column {heading:?}")]
    MissingColumn { heading: String },
    #[error("the heading {heading:?} stands twice")]
    RepeatedColumn { heading: String },
    #[error("line {line}, column {column}: bytes that the declared encoding does not have")]
    Undecodable { line: u64, column: u64 },
    #[error("line {line}, column {column}: a quote out of place")]
    StrayQuote { line: u64, column: u64 },
    #[error("line {line}, column {column}: the quote is not closed on this line")]
    OpenQuote { line: u64, column: u64 },
    #[error("line {line}, column {column}: a control or text-direction character")]
    ControlCharacter { line: u64, column: u64 },
    #[error("line {line} has {found} cells, the heading row {expected}")]
    WrongNumberOfCells { line: u64, found: u64, expected: u64 },
    #[error("line {line}, column {column}: {patient_id}")]
    BadId { line: u64, column: u64, patient_id: PatientIdProblem },
    #[error("line {line}: no name, and the id is not temporary")]
    NoName { line: u64 },
    #[error("line {line}, column {column}: neither yes nor no")]
    BadFlag { line: u64, column: u64 },
    #[error("lines {first_line} and {line} have the same id")]
    DuplicateId { line: u64, first_line: u64 },
    /// A is merged into B and B into A.
    #[error("line {line}: the merges lead in a circle")]
    MergeCircle { line: u64 },
    /// The list is another hospital's, or was cut off.
    #[error("{missing} of {before} patients are missing, more than {limit_permille} in a thousand")]
    Shrank { before: u64, missing: u64, limit_permille: u16 },
}

impl From<RowProblem> for PatientsProblem {
    fn from(problem: RowProblem) -> Self {
        match problem {
            RowProblem::Undecodable { line, column } => Self::Undecodable { line, column },
            RowProblem::StrayQuote { line, column } => Self::StrayQuote { line, column },
            RowProblem::OpenQuote { line, column } => Self::OpenQuote { line, column },
            RowProblem::ControlCharacter { line, column } => Self::ControlCharacter { line, column },
        }
    }
}

impl From<io::Error> for PatientsProblem {
    fn from(error: io::Error) -> Self {
        Self::Unreachable { reason: error.to_string() }
    }
}

impl Patients {
    /// Reads the list at the start, when there is no older one in memory. `last_known` is how many patients the list had
    /// when the daemon last ran: without it a list cut off overnight would pass.
    pub fn load(path: &Path, settings: &Settings, last_known: Option<u64>) -> Result<Self, PatientsProblem> {
        let patients = Self::open(path, settings)?;
        let before = last_known.unwrap_or(0);
        refuse_shrunk(before, before.saturating_sub(patients.summary.patients), settings)?;
        Ok(patients)
    }

    /// What stands in where a list must not be used: it knows nobody, so that every patient id is held.
    #[must_use]
    pub fn nobody(settings: &Settings) -> Self {
        let summary = Summary {
            digest: Digest::of(b""),
            patients: 0,
            temporary: 0,
            merged: 0,
            merged_elsewhere: 0,
            private_use: 0,
            unread: 0,
            first_unread_line: None,
            ignored_columns: Vec::new(),
        };
        let ids = settings.ids.clone();
        Self { ids, text: String::new(), rows: Vec::new(), merged: Vec::new(), summary }
    }

    /// Reads a newer list. Refused where more of this one's patients are missing from it than the settings allow, even
    /// if as many others came: that is another list.
    pub fn reload(&self, path: &Path, settings: &Settings) -> Result<Self, PatientsProblem> {
        let newer = Self::open(path, settings)?;
        let missing = self.rows.iter().filter(|row| newer.position(row.id(&self.text)).is_none()).count();
        refuse_shrunk(self.summary.patients, count(missing), settings)?;
        Ok(newer)
    }

    /// Reads a list from a stream.
    pub fn read(reader: impl BufRead, settings: &Settings) -> Result<Self, PatientsProblem> {
        let mut lines = Lines { reader, digester: Digester::default(), line: 0, bytes: 0, buffer: Vec::new() };
        let mut cells = Vec::new();
        if !lines.advance(settings)? {
            return Err(PatientsProblem::NoHeading);
        }
        table::split_row(table::without_mark(lines.row(), settings.encoding), settings.encoding, 1, &mut cells)?;
        let layout = Layout::new(&cells, &settings.columns)?;
        let mut building = Building { text: String::new(), rows: Vec::new(), unread: 0, first_unread_line: None };
        while lines.advance(settings)? {
            if lines.row().is_empty() {
                continue;
            }
            table::split_row(lines.row(), settings.encoding, lines.line, &mut cells)?;
            building.add(lines.line, &cells, &layout, settings)?;
        }
        building.finish(settings, &layout, lines.digester.finish())
    }

    /// Writes an id as the master does: folded, filled with zeros, its check digit confirmed.
    pub fn normalise(&self, id: &str) -> Result<String, PatientIdProblem> {
        self.ids.normalise(id)
    }

    /// Whether zeros were put before an id so written.
    #[must_use]
    pub fn fills(&self, id: &str) -> bool {
        self.ids.fills(id)
    }

    /// The patient with exactly this normalised id.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<Entry<'_>> {
        self.entry(self.position(id)?)
    }

    /// The patient under whom this id goes on, at the end of all merges; itself where it was never merged.
    #[must_use]
    pub fn current(&self, id: &str) -> Option<Entry<'_>> {
        self.entry(self.end_of_merges(self.position(id)?))
    }

    /// Whether both ids mean one patient, now that some may have been merged.
    #[must_use]
    pub fn same(&self, one: &str, other: &str) -> bool {
        one == other || self.ids_of(one).contains(&other)
    }

    /// Every id that means the same patient as this one, itself included: what a search has to look for.
    #[must_use]
    pub fn ids_of(&self, id: &str) -> Vec<&str> {
        let Some(end) = self.position(id).map(|at| self.end_of_merges(at)) else {
            return Vec::new();
        };
        let first = self.merged.partition_point(|(into, _)| *into < end);
        let merged = self.merged.iter().skip(first).take_while(|(into, _)| *into == end).map(|(_, from)| *from);
        std::iter::once(end).chain(merged).filter_map(|at| self.entry(at)).map(|entry| entry.id).collect()
    }

    #[must_use]
    pub fn summary(&self) -> &Summary {
        &self.summary
    }

    fn open(path: &Path, settings: &Settings) -> Result<Self, PatientsProblem> {
        // Asked before opening: opening a pipe would wait for somebody to write into it.
        if !std::fs::metadata(path)?.is_file() {
            return Err(PatientsProblem::Unreachable { reason: "not a regular file".to_owned() });
        }
        let file = File::open(path)?;
        let before = file.metadata()?;
        if before.len() > settings.maximum_bytes {
            return Err(PatientsProblem::TooLarge { maximum_bytes: settings.maximum_bytes });
        }
        let patients = Self::read(BufReader::with_capacity(256 * 1024, &file), settings);
        let after = file.metadata()?;
        if before.len() != after.len() || before.modified()? != after.modified()? {
            return Err(PatientsProblem::ChangedWhileRead);
        }
        patients
    }

    fn position(&self, id: &str) -> Option<u32> {
        let at = self.rows.binary_search_by(|row| row.id(&self.text).cmp(id)).ok()?;
        u32::try_from(at).ok()
    }

    fn entry(&self, at: u32) -> Option<Entry<'_>> {
        self.rows.get(usize::try_from(at).ok()?).map(|row| row.entry(&self.text))
    }

    /// Ends, because a list whose merges lead in a circle is refused.
    fn end_of_merges(&self, mut at: u32) -> u32 {
        while let Some(next) = self.entry(at).and_then(|entry| self.position(entry.merged_into?)) {
            at = next;
        }
        at
    }

    /// Finds the end of each merge once, and refuses circles.
    fn resolve_merges(&mut self) -> Result<(), PatientsProblem> {
        let merged_rows: Vec<u32> =
            (0_u32..).zip(&self.rows).filter(|(_, row)| row.merged_length > 0).map(|(at, _)| at).collect();
        self.summary.merged = count(merged_rows.len());
        for from in &merged_rows {
            let mut at = *from;
            let mut steps = 0_usize;
            while let Some(target) = self.entry(at).and_then(|entry| entry.merged_into) {
                let Some(next) = self.position(target) else {
                    self.summary.merged_elsewhere = self.summary.merged_elsewhere.saturating_add(1);
                    break;
                };
                at = next;
                steps = steps.saturating_add(1);
                if steps > merged_rows.len() || steps > LONGEST_MERGE {
                    let line = self.rows.get(usize::try_from(*from).unwrap_or(usize::MAX)).map_or(0, |row| row.line);
                    return Err(PatientsProblem::MergeCircle { line: line.into() });
                }
            }
            if at != *from {
                self.merged.push((at, *from));
            }
        }
        self.merged.sort_unstable();
        Ok(())
    }
}

/// More merges in a row than any patient has seen; bounds the search for circles.
const LONGEST_MERGE: usize = 1_000;

/// No line of an honest list is longer.
const MAXIMUM_LINE_BYTES: u64 = 64 * 1024;

fn refuse_shrunk(before: u64, missing: u64, settings: &Settings) -> Result<(), PatientsProblem> {
    let limit_permille = settings.shrink_limit_permille;
    if u128::from(missing) * 1000 > u128::from(before) * u128::from(limit_permille) {
        return Err(PatientsProblem::Shrank { before, missing, limit_permille });
    }
    Ok(())
}

/// The stream's lines, bounded, counted and digested.
struct Lines<R> {
    reader: R,
    digester: Digester,
    line: u64,
    bytes: u64,
    buffer: Vec<u8>,
}

impl<R: BufRead> Lines<R> {
    /// Goes to the next line; false at the end.
    fn advance(&mut self, settings: &Settings) -> Result<bool, PatientsProblem> {
        self.buffer.clear();
        let allowed = MAXIMUM_LINE_BYTES.saturating_add(1);
        let read = count((&mut self.reader).take(allowed).read_until(b'\n', &mut self.buffer)?);
        self.line = self.line.saturating_add(1);
        self.bytes = self.bytes.saturating_add(read);
        self.digester.update(&self.buffer);
        if read > MAXIMUM_LINE_BYTES {
            return Err(PatientsProblem::LongLine { line: self.line, maximum_bytes: MAXIMUM_LINE_BYTES });
        }
        if self.bytes > settings.maximum_bytes {
            return Err(PatientsProblem::TooLarge { maximum_bytes: settings.maximum_bytes });
        }
        Ok(read > 0)
    }

    fn row(&self) -> &[u8] {
        table::without_line_end(&self.buffer)
    }
}

/// A row's place in the text and the rest of its facts: 32 bytes a patient.
#[derive(Clone, Debug)]
struct Row {
    start: u32,
    line: u32,
    id_length: u8,
    merged_length: u8,
    name_length: u16,
    kana_length: u16,
    birth_date: Option<Date>,
    sex: Option<Sex>,
    temporary: bool,
    private_use: bool,
}

impl Row {
    fn id<'a>(&self, text: &'a str) -> &'a str {
        self.piece(text, 0, self.id_length.into())
    }

    fn entry<'a>(&self, text: &'a str) -> Entry<'a> {
        let [id, merged, name, kana] =
            [self.id_length.into(), self.merged_length.into(), self.name_length, self.kana_length].map(usize::from);
        let filled = |start, length| Some(self.piece(text, start, length)).filter(|piece| !piece.is_empty());
        Entry {
            id: self.piece(text, 0, id),
            merged_into: filled(id, merged),
            name: self.piece(text, id.saturating_add(merged), name),
            kana: filled(id.saturating_add(merged).saturating_add(name), kana),
            sex: self.sex,
            birth_date: self.birth_date,
            temporary: self.temporary,
            private_use: self.private_use,
        }
    }

    /// `length` bytes from `offset` within this row's text. The lengths were taken from the pieces themselves.
    fn piece<'a>(&self, text: &'a str, offset: usize, length: usize) -> &'a str {
        let start = usize::try_from(self.start).unwrap_or(usize::MAX).saturating_add(offset);
        text.get(start..start.saturating_add(length)).unwrap_or_default()
    }
}

struct Building {
    text: String,
    rows: Vec<Row>,
    unread: u64,
    first_unread_line: Option<u64>,
}

impl Building {
    fn add(
        &mut self,
        line: u64,
        cells: &[String],
        layout: &Layout,
        settings: &Settings,
    ) -> Result<(), PatientsProblem> {
        if cells.len() != layout.width {
            let (found, expected) = (count(cells.len()), count(layout.width));
            return Err(PatientsProblem::WrongNumberOfCells { line, found, expected });
        }
        if self.rows.len() >= usize::try_from(settings.maximum_rows).unwrap_or(usize::MAX) {
            return Err(PatientsProblem::TooManyRows { maximum_rows: settings.maximum_rows });
        }
        let normalise = |column| {
            settings.ids.normalise(layout.cell(cells, column)).map_err(|patient_id| {
                let column = layout.column(column);
                PatientsProblem::BadId { line, column, patient_id }
            })
        };
        let id = normalise(Column::Id)?;
        let merged_into = if layout.cell(cells, Column::MergedInto).is_empty() {
            String::new()
        } else {
            normalise(Column::MergedInto)?
        };
        let temporary = yes_or_no(layout.cell(cells, Column::Temporary))
            .ok_or_else(|| PatientsProblem::BadFlag { line, column: layout.column(Column::Temporary) })?;
        let name = layout.cell(cells, Column::Name);
        if name.is_empty() && !temporary {
            return Err(PatientsProblem::NoName { line });
        }
        let kana = layout.cell(cells, Column::Kana);
        let birth_date =
            self.unless_unread(line, layout.cell(cells, Column::BirthDate), |text| dates::parse(text).ok());
        let sex = self.unless_unread(line, layout.cell(cells, Column::Sex), sex);

        let too_large = || PatientsProblem::TooLarge { maximum_bytes: settings.maximum_bytes };
        let long = |_| PatientsProblem::LongLine { line, maximum_bytes: MAXIMUM_LINE_BYTES };
        let start = u32::try_from(self.text.len()).map_err(|_| too_large())?;
        for piece in [&id, &merged_into, name, kana] {
            self.text.push_str(piece);
        }
        self.rows.push(Row {
            start,
            line: u32::try_from(line).map_err(|_| too_large())?,
            id_length: u8::try_from(id.len()).map_err(long)?,
            merged_length: u8::try_from(merged_into.len()).map_err(long)?,
            name_length: u16::try_from(name.len()).map_err(long)?,
            kana_length: u16::try_from(kana.len()).map_err(long)?,
            birth_date,
            sex,
            temporary,
            private_use: name.chars().chain(kana.chars()).any(table::is_private_use),
        });
        Ok(())
    }

    /// A birth date or sex of old data that cannot be read must not keep every newer list out: it is left empty and
    /// counted.
    fn unless_unread<T>(&mut self, line: u64, text: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        if text.is_empty() {
            return None;
        }
        let value = read(text);
        if value.is_none() {
            self.unread = self.unread.saturating_add(1);
            self.first_unread_line.get_or_insert(line);
        }
        value
    }

    fn finish(self, settings: &Settings, layout: &Layout, digest: Digest) -> Result<Patients, PatientsProblem> {
        let Self { mut text, mut rows, unread, first_unread_line } = self;
        text.shrink_to_fit();
        rows.shrink_to_fit();
        rows.sort_by(|a, b| a.id(&text).cmp(b.id(&text)));
        for pair in rows.windows(2) {
            if let [first, second] = pair
                && first.id(&text) == second.id(&text)
            {
                return Err(PatientsProblem::DuplicateId { line: second.line.into(), first_line: first.line.into() });
            }
        }
        let summary = Summary {
            digest,
            patients: count(rows.len()),
            temporary: count(rows.iter().filter(|row| row.temporary).count()),
            merged: 0,
            merged_elsewhere: 0,
            private_use: count(rows.iter().filter(|row| row.private_use).count()),
            unread,
            first_unread_line,
            ignored_columns: layout.ignored.clone(),
        };
        let mut patients = Patients { ids: settings.ids.clone(), text, rows, merged: Vec::new(), summary };
        patients.resolve_merges()?;
        Ok(patients)
    }
}

fn count(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
