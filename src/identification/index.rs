//! The list of a batch, `index.csv`: one row for each file of its folder, with the fields of a sidecar.
//!
//! A row's own bytes can be had as they were delivered, because only the document's own row is signed with it: another
//! patient's row has no place in a record. The list as a whole is named by its digest.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::ops::Range;

use unicode_normalization::UnicodeNormalization as _;

use super::json::Json;
use super::sidecar::{Sidecar, SidecarProblem, bare_name, compare_files};
use crate::identity::table::{self, Encoding};
use crate::ids::Digest;

/// The name that such a list must have.
pub const FILE_NAME: &str = "index.csv";

/// The largest list that is read.
pub const MAXIMUM_BYTES: u64 = 4 * 1024 * 1024;

/// More files than any feeder holds.
pub const MAXIMUM_ROWS: u64 = 10_000;

/// A batch list that is whole in form. A row may still be wrong in itself; the others do not suffer for it.
#[derive(Clone, Debug)]
pub struct Index {
    bytes: Vec<u8>,
    heading: Range<usize>,
    rows: Vec<Row>,
}

/// What the list says of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// A bare name in the list's own folder.
    pub file: String,
    /// Counted from 1, the heading row included.
    pub line: u64,
    /// What it says, or why that cannot be used.
    pub sidecar: Result<Sidecar, SidecarProblem>,
    span: Range<usize>,
}

impl Index {
    /// Reads a list in the encoding that the station's settings declare.
    pub fn parse(bytes: &[u8], encoding: Encoding) -> Result<Self, SidecarProblem> {
        if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > MAXIMUM_BYTES {
            return Err(SidecarProblem::TooLarge { maximum_bytes: MAXIMUM_BYTES });
        }
        let mut lines = spans(bytes, encoding);
        let mut cells = Vec::new();
        let (_, heading) = lines.next().filter(|(_, span)| !span.is_empty()).ok_or(SidecarProblem::NoHeading)?;
        table::split_row(slice(bytes, &heading), encoding, 1, &mut cells)?;
        let headings = headings(&cells)?;
        let mut rows: Vec<Row> = Vec::new();
        let mut seen = HashSet::new();
        for (line, span) in lines.filter(|(_, span)| !span.is_empty()) {
            if rows.len() >= usize::try_from(MAXIMUM_ROWS).unwrap_or(usize::MAX) {
                return Err(SidecarProblem::TooManyRows { maximum: MAXIMUM_ROWS });
            }
            table::split_row(slice(bytes, &span), encoding, line, &mut cells)?;
            let [found, expected] =
                [cells.len(), headings.len()].map(|length| u64::try_from(length).unwrap_or(u64::MAX));
            if found != expected {
                return Err(SidecarProblem::WrongNumberOfCells { line, found, expected });
            }
            let row = |sidecar| SidecarProblem::Row { line, sidecar: Box::new(sidecar) };
            let (file, sidecar) = read_row(&headings, &cells);
            // Without its file a row speaks of nothing, so the list as a whole cannot be trusted to be complete.
            bare_name(&file).map_err(row)?;
            if !seen.insert(file.nfc().collect::<String>()) {
                return Err(row(SidecarProblem::RepeatedFile { file }));
            }
            rows.push(Row { file, line, sidecar: sidecar.map_err(row), span });
        }
        Ok(Self { bytes: bytes.to_vec(), heading, rows })
    }

    #[must_use]
    pub fn rows(&self) -> &[Row] {
        &self.rows
    }

    /// The row of a file, whether its name is written composed or decomposed.
    #[must_use]
    pub fn row(&self, file: &str) -> Option<&Row> {
        self.rows.iter().find(|row| row.file == file || row.file.nfc().eq(file.nfc()))
    }

    /// A row as it was delivered, without its line end.
    #[must_use]
    pub fn row_bytes(&self, row: &Row) -> &[u8] {
        slice(&self.bytes, &row.span)
    }

    /// The heading row as it was delivered, without its line end and byte order mark.
    #[must_use]
    pub fn heading_bytes(&self) -> &[u8] {
        slice(&self.bytes, &self.heading)
    }

    /// Of the list as it was delivered.
    #[must_use]
    pub fn digest(&self) -> Digest {
        Digest::of(&self.bytes)
    }

    /// Files that are listed and absent, and files that are present and not listed. `present` leaves the list itself
    /// out.
    #[must_use]
    pub fn compare(&self, present: &[&OsStr]) -> Vec<SidecarProblem> {
        compare_files(self.rows.iter().map(|row| row.file.as_str()), present)
    }
}

/// What a column holds.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    File,
    Text,
    WholeNumber,
    Flag,
    /// A part of the scanner, by its key there.
    Scanner(&'static str),
}

/// Every column that a list may have. Only `file` must be there.
const COLUMNS: [(&str, Kind); 17] = [
    ("file", Kind::File),
    ("format", Kind::Text),
    ("patient_id", Kind::Text),
    ("document_type", Kind::Text),
    ("obtained_on", Kind::Text),
    ("document_date", Kind::Text),
    ("scanned_at", Kind::Text),
    ("operator", Kind::Text),
    ("station", Kind::Text),
    ("paper", Kind::Text),
    ("expected_pages", Kind::WholeNumber),
    ("double_feed", Kind::Flag),
    ("dispensed", Kind::Flag),
    ("scanner_make", Kind::Scanner("make")),
    ("scanner_model", Kind::Scanner("model")),
    ("scanner_serial", Kind::Scanner("serial")),
    ("remarks", Kind::Text),
];

fn headings(cells: &[String]) -> Result<Vec<(&'static str, Kind)>, SidecarProblem> {
    let mut headings: Vec<(&'static str, Kind)> = Vec::new();
    for cell in cells {
        let Some(column) = COLUMNS.into_iter().find(|(name, _)| name == cell) else {
            return Err(SidecarProblem::UnknownKey { key: cell.clone() });
        };
        if headings.contains(&column) {
            return Err(SidecarProblem::RepeatedColumn { heading: cell.clone() });
        }
        headings.push(column);
    }
    if headings.iter().all(|(_, kind)| *kind != Kind::File) {
        return Err(SidecarProblem::MissingColumn { heading: "file".to_owned() });
    }
    Ok(headings)
}

/// The file that a row speaks of, and the rest as the sidecar that it stands for. An empty cell says nothing.
fn read_row(headings: &[(&'static str, Kind)], cells: &[String]) -> (String, Result<Sidecar, SidecarProblem>) {
    let mut file = String::new();
    let mut entries = Vec::new();
    let mut scanner = Vec::new();
    for ((name, kind), cell) in headings.iter().zip(cells).filter(|(_, cell)| !cell.is_empty()) {
        let text = Json::Text(cell.clone());
        match kind {
            Kind::File => file.clone_from(cell),
            Kind::Text => entries.push(((*name).to_owned(), text)),
            // What is no number or flag stays text, and is refused as such by its name.
            Kind::WholeNumber => {
                let digits = cell.bytes().all(|byte| byte.is_ascii_digit());
                let number = cell.parse().ok().filter(|_| digits).map_or(text, Json::Whole);
                entries.push(((*name).to_owned(), number));
            }
            Kind::Flag => {
                let flag = match cell.to_ascii_lowercase().as_str() {
                    "1" | "true" | "yes" => Json::Bool(true),
                    "0" | "false" | "no" => Json::Bool(false),
                    _ => text,
                };
                entries.push(((*name).to_owned(), flag));
            }
            Kind::Scanner(key) => scanner.push(((*key).to_owned(), text)),
        }
    }
    if !scanner.is_empty() {
        entries.push(("scanner".to_owned(), Json::Object(scanner)));
    }
    if entries.iter().all(|(key, _)| key != "format") {
        entries.push(("format".to_owned(), Json::Text("torikomi-sidecar-v1".to_owned())));
    }
    (file, Sidecar::from_entries(entries))
}

/// Every line's number and place, without line end and byte order mark.
fn spans(bytes: &[u8], encoding: Encoding) -> impl Iterator<Item = (u64, Range<usize>)> {
    let mark = bytes.len().saturating_sub(table::without_mark(bytes, encoding).len());
    let mut at = mark;
    let lines = slice(bytes, &(mark..bytes.len())).split_inclusive(|byte| *byte == b'\n').map(move |line| {
        let start = at;
        at = at.saturating_add(line.len());
        start..start.saturating_add(table::without_line_end(line).len())
    });
    (1_u64..).zip(lines)
}

fn slice<'a>(bytes: &'a [u8], span: &Range<usize>) -> &'a [u8] {
    bytes.get(span.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const LIST: &str = "\u{feff}file,patient_id,obtained_on,expected_pages,double_feed,scanner_make,scanner_model,remarks\r\n\
        a.tif,9990001,R8.11.20,2,no,架空,S1,\"=HYPERLINK(\"\"x\"\"), first\"\r\n\
        \r\n\
        b.tif,0990002,2026-11-20,,,,,\r\n";

    fn parse(list: &str) -> Result<Index, SidecarProblem> {
        Index::parse(list.as_bytes(), Encoding::Utf8)
    }

    #[test]
    fn each_row_is_a_sidecar_and_keeps_its_bytes() {
        let index = parse(LIST).unwrap();
        let [a, b] = index.rows() else { panic!("two rows") };
        let sidecar = a.sidecar.clone().unwrap();
        assert_eq!(sidecar.patient_id.as_deref(), Some("9990001"));
        assert_eq!((sidecar.expected_pages, sidecar.double_feed), (Some(2), Some(false)));
        assert_eq!(sidecar.scanner.unwrap().make, "架空");
        assert_eq!(sidecar.remarks.as_deref(), Some("=HYPERLINK(\"x\"), first"), "a formula is plain text");
        assert_eq!(b.sidecar.clone().unwrap().patient_id.as_deref(), Some("0990002"));
        assert_eq!((b.line, b.sidecar.clone().unwrap().scanner), (4, None));
        assert_eq!(index.row_bytes(b), b"b.tif,0990002,2026-11-20,,,,,");
        assert!(index.heading_bytes().starts_with(b"file,") && index.heading_bytes().ends_with(b",remarks"));
        assert_eq!(index.digest(), Digest::of(LIST.as_bytes()));
        assert_eq!(index.row("b.tif").unwrap().line, 4);
        assert!(index.row("c.tif").is_none());
    }

    #[test]
    fn cp932_is_read_where_declared() {
        // 表.tif: the second byte of 表 is a backslash in ASCII.
        let list = b"file,remarks\n\x95\x5c.tif,\x83\x7c\n";
        let index = Index::parse(list, Encoding::Cp932).unwrap();
        let row = index.row("表.tif").unwrap();
        assert_eq!(row.sidecar.clone().unwrap().remarks.as_deref(), Some("ポ"));
        assert_eq!(index.row_bytes(row), b"\x95\x5c.tif,\x83\x7c");
        let undecodable = SidecarProblem::Undecodable { line: 2, column: 1 };
        assert_eq!(Index::parse(list, Encoding::Utf8).unwrap_err(), undecodable);
    }

    #[test]
    fn a_bad_value_spoils_its_own_row_only() {
        let index = parse("file,expected_pages\na.tif,many\nb.tif,2\nc.tif,+2\n").unwrap();
        let wrong = |line| SidecarProblem::Row {
            line,
            sidecar: Box::new(SidecarProblem::WrongType {
                key: "expected_pages".into(),
                expected: super::super::sidecar::Expected::WholeNumber,
            }),
        };
        let [a, b, c] = index.rows() else { panic!("three rows") };
        assert_eq!((a.sidecar.clone().unwrap_err(), c.sidecar.clone().unwrap_err()), (wrong(2), wrong(4)));
        assert_eq!(b.sidecar.clone().unwrap().expected_pages, Some(2));
    }

    #[test]
    fn a_list_wrong_in_form_is_refused_whole() {
        use SidecarProblem as P;
        let row = |line, sidecar| P::Row { line, sidecar: Box::new(sidecar) };
        for (list, expected) in [
            ("", P::NoHeading),
            ("\nfile\n", P::NoHeading),
            ("patient_id\n1\n", P::MissingColumn { heading: "file".into() }),
            ("file,patientid\n", P::UnknownKey { key: "patientid".into() }),
            ("file,file\n", P::RepeatedColumn { heading: "file".into() }),
            ("file,operator\na.tif\n", P::WrongNumberOfCells { line: 2, found: 1, expected: 2 }),
            ("file\na.tif\na.tif\n", row(3, P::RepeatedFile { file: "a.tif".into() })),
            ("file\n../a.tif\n", row(2, P::NotABareName { file: "../a.tif".into() })),
            ("file\nx\\a.tif\n", row(2, P::NotABareName { file: "x\\a.tif".into() })),
            ("file\n..\n", row(2, P::NotABareName { file: "..".into() })),
            ("file,operator\n,clerk\n", row(2, P::NotABareName { file: String::new() })),
            ("file,remarks\na.tif,\"x\nb.tif,y\n", P::OpenQuote { line: 2, column: 2 }),
        ] {
            assert_eq!(parse(list).unwrap_err(), expected, "{list}");
        }
        let many = "file\n".to_owned() + &(0..10_001).map(|n| format!("{n}\n")).collect::<String>();
        assert_eq!(parse(&many).unwrap_err(), P::TooManyRows { maximum: MAXIMUM_ROWS });
    }

    #[test]
    fn the_folder_and_the_list_must_agree() {
        let index = parse("file\na.tif\nガ.tif\n").unwrap();
        // The second is written decomposed, as macOS does.
        assert!(index.compare(&["a.tif".as_ref(), "カ\u{3099}.tif".as_ref()]).is_empty());
        let problems = index.compare(&["b.tif".as_ref(), "ガ.tif".as_ref(), "カ\u{3099}.tif".as_ref()]);
        let unlisted = |file: &str| SidecarProblem::PresentButUnlisted { file: file.into() };
        let absent = SidecarProblem::ListedButAbsent { file: "a.tif".into() };
        assert_eq!(problems, [unlisted("b.tif"), unlisted("カ\u{3099}.tif"), absent]);
    }

    proptest! {
        #[test]
        fn no_bytes_end_the_process(list in proptest::collection::vec(any::<u8>(), 0..200)) {
            let headed = [&b"file,patient_id,expected_pages,double_feed\n"[..], &list[..]].concat();
            for encoding in [Encoding::Utf8, Encoding::Cp932] {
                let _ = Index::parse(&list, encoding);
                if let Ok(index) = Index::parse(&headed, encoding) {
                    for row in index.rows() {
                        let bytes = index.row_bytes(row);
                        prop_assert!(list.windows(bytes.len()).any(|window| window == bytes));
                    }
                }
            }
        }
    }
}
