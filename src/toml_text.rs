//! Reading a TOML file that a person wrote: every problem at once, each with its line and column.
//!
//! Profiles, calendars and the home's settings are read key by key through [`Table`], which notes what is wrong and
//! goes on, so that one run shows everything there is to mend. Whatever was not asked for is an unknown key.

mod complaint;
mod value;

pub use complaint::{Caution, Complaint, Kind, Located, Problem, Warning};
pub use value::{Spot, Table};

use std::cell::RefCell;
use std::ops::Range;

use toml::de::DeTable;

/// The longest file read, in bytes: settings are pages of text, not megabytes.
pub const LONGEST_FILE: usize = 1_048_576;

/// So many problems, and so many warnings, are noted of one file. Each is looked up in the text, and a stranger's file may be
/// wrong everywhere.
const MOST_NOTED: usize = 500;

/// One file being read, and what was found wrong with it so far.
pub struct Reading<'t> {
    file: &'t str,
    text: &'t str,
    problems: RefCell<Vec<Problem>>,
    warnings: RefCell<Vec<Warning>>,
}

impl<'t> Reading<'t> {
    /// Parses `bytes` and hands `read` the outermost table. What `read` makes of it is returned only if nothing was
    /// wrong; `file` is the name that problems are told under.
    ///
    /// # Errors
    /// All that is wrong with the file, in the order of its lines.
    pub fn of<T>(
        bytes: &'t [u8],
        file: &'t str,
        read: impl FnOnce(&Self, Table<'_, 't>) -> Option<T>,
    ) -> Result<(T, Vec<Warning>), Vec<Problem>> {
        let at_start = |complaint| vec![Located { file: file.to_owned(), line: 1, column: 1, what: complaint }];
        if bytes.len() > LONGEST_FILE {
            return Err(at_start(Complaint::TooLong { bytes: bytes.len() as u64, most: LONGEST_FILE as u64 }));
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let (line, column) = position(bytes, error.valid_up_to());
            vec![Located { file: file.to_owned(), line, column, what: Complaint::NotUtf8 }]
        })?;
        let reading = Self { file, text, problems: RefCell::default(), warnings: RefCell::default() };
        let made = match DeTable::parse(text) {
            Ok(root) => {
                let span = root.span();
                read(&reading, Table::new(&reading, String::new(), 0..span.start.min(1), root.into_inner()))
            }
            Err(error) => {
                let at = error.span().unwrap_or(0..0);
                reading.complain(&at, Complaint::Syntax { message: error.message().to_owned() });
                None
            }
        };
        let by_place = |a: u32, b: u32, c: u32, d: u32| (a, b).cmp(&(c, d));
        let mut problems = reading.problems.into_inner();
        problems.sort_by(|a, b| by_place(a.line, a.column, b.line, b.column));
        let mut warnings = reading.warnings.into_inner();
        warnings.sort_by(|a, b| by_place(a.line, a.column, b.line, b.column));
        match made {
            Some(made) if problems.is_empty() => Ok((made, warnings)),
            // A reader that gives nothing has said why; this is its reminder should it ever forget.
            _ if problems.is_empty() => Err(at_start(Complaint::Syntax { message: "nothing was read".to_owned() })),
            _ => Err(problems),
        }
    }

    /// The lines, as a program sees them that knows nothing of TOML.
    pub fn lines(&self) -> impl Iterator<Item = &'t str> {
        self.text.split('\n')
    }

    /// Notes a problem at a place in the file, given in bytes.
    pub fn complain(&self, at: &Range<usize>, what: Complaint) {
        let mut problems = self.problems.borrow_mut();
        if problems.len() < MOST_NOTED {
            problems.push(self.locate(at, what));
        }
    }

    /// Notes something that is allowed, but that the reader should know.
    pub fn warn(&self, at: &Range<usize>, what: Caution) {
        let mut warnings = self.warnings.borrow_mut();
        if warnings.len() < MOST_NOTED {
            warnings.push(self.locate(at, what));
        }
    }

    fn locate<T>(&self, at: &Range<usize>, what: T) -> Located<T> {
        let (line, column) = position(self.text.as_bytes(), at.start);
        Located { file: self.file.to_owned(), line, column, what }
    }
}

/// Line and column, both from 1; the column counts characters.
fn position(bytes: &[u8], at: usize) -> (u32, u32) {
    let before = bytes.get(..at.min(bytes.len())).unwrap_or_default();
    let line_start = before.iter().rposition(|&b| b == b'\n').map_or(0, |newline| newline + 1);
    let lines = before.iter().filter(|&&b| b == b'\n').count();
    let column = String::from_utf8_lossy(before.get(line_start..).unwrap_or_default()).chars().count();
    (u32::try_from(lines + 1).unwrap_or(u32::MAX), u32::try_from(column + 1).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<(u32, Vec<Warning>), Vec<Problem>> {
        Reading::of(text.as_bytes(), "test.toml", |_, mut root| {
            let number = root.integer("number", 1, 9);
            let mut inner = root.table("inner");
            let _ = inner.text("word");
            inner.finish();
            root.finish();
            Some(number?.value)
        })
    }

    #[test]
    fn every_problem_is_told_at_once_with_its_place() {
        let problems = read("number = 12\nnumbr = 1\n[inner]\n'言葉' = 1\nword = 3\n").unwrap_err();
        let told: Vec<String> = problems.iter().map(|p| format!("{p}")).collect();
        assert_eq!(
            told,
            [
                "test.toml:1:10: number: 12 is not between 1 and 9",
                "test.toml:2:1: numbr is not known here (number?)",
                "test.toml:4:1: inner.言葉 is not known here",
                "test.toml:5:8: inner.word must be a string, not an integer",
            ]
        );
    }

    #[test]
    fn a_file_that_is_wrong_everywhere_is_not_looked_up_everywhere() {
        let wrong: String = (0..100_000).map(|number| format!("x{number}=1\n")).collect();
        let problems = read(&wrong).unwrap_err();
        assert_eq!(problems.len(), MOST_NOTED);
        assert_eq!(problems[0].line, 1);
    }

    #[test]
    fn a_good_file_is_read() {
        assert_eq!(read("number = 3\n[inner]\nword = 'a'\n").unwrap().0, 3);
    }

    #[test]
    fn what_is_missing_is_told_where_its_table_begins() {
        let problems = read("[inner]\n").unwrap_err();
        assert_eq!(problems.len(), 2, "{problems:?}");
        assert!(matches!(&problems[0].what, Complaint::MissingKey { key } if key == "number"));
        assert!(matches!(&problems[1].what, Complaint::MissingKey { key } if key == "inner.word"));
    }

    #[test]
    fn text_that_is_no_toml_or_no_utf_8_is_told() {
        assert!(matches!(read("number = ").unwrap_err()[0].what, Complaint::Syntax { .. }));
        assert!(matches!(read("number = 1\nnumber = 2").unwrap_err()[0].what, Complaint::Syntax { .. }));
        let error = Reading::of::<()>(b"a = 1\nb = '\xff'", "test.toml", |_, _| Some(())).unwrap_err();
        assert_eq!((error[0].line, error[0].column, &error[0].what), (2, 6, &Complaint::NotUtf8));
    }
}
