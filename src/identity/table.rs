//! One line of comma-separated text in a declared encoding, split strictly (RFC 4180 but for line breaks in cells).
//!
//! A row is a line, so a forgotten quote spoils one row and is named, where a lenient reader would swallow the rest of
//! the file into one cell. The split is made on bytes before decoding: in CP932 no trail byte is a comma, a quote or a
//! line end, so a row's own bytes can be kept and signed as they came.

use encoding_rs::{SHIFT_JIS, UTF_8};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How a file's bytes are to be read. Always declared, never guessed: a wrong guess yields wrong names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    #[default]
    #[serde(rename = "utf-8")]
    Utf8,
    /// Windows-31J (「Shift_JIS」 of Windows), user-defined characters (外字) included.
    Cp932,
}

/// Why a line is no row. `column` counts cells from 1, as a spreadsheet does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum RowProblem {
    #[error("line {line}, column {column}: bytes that the declared encoding does not have")]
    Undecodable { line: u64, column: u64 },
    #[error("line {line}, column {column}: a quote inside a cell that is not quoted, or text after the closing quote")]
    StrayQuote { line: u64, column: u64 },
    #[error("line {line}, column {column}: the quote is not closed on this line")]
    OpenQuote { line: u64, column: u64 },
    #[error("line {line}, column {column}: a control or text-direction character")]
    ControlCharacter { line: u64, column: u64 },
}

/// Takes the byte order mark off a file's first line, where the encoding has one.
#[must_use]
pub fn without_mark(bytes: &[u8], encoding: Encoding) -> &[u8] {
    match encoding {
        Encoding::Utf8 => bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes),
        Encoding::Cp932 => bytes,
    }
}

/// A line without its end, LF or CR LF.
#[must_use]
pub fn without_line_end(line: &[u8]) -> &[u8] {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    line.strip_suffix(b"\r").unwrap_or(line)
}

/// Splits one line, without its end, into cells; what `cells` held before is overwritten.
///
/// Surrounding spaces are taken off cells that are not quoted. What looks like a spreadsheet formula is plain text.
pub fn split_row(row: &[u8], encoding: Encoding, line: u64, cells: &mut Vec<String>) -> Result<(), RowProblem> {
    let mut count = 0;
    let mut rest = Some(row);
    while let Some(bytes) = rest {
        let column = u64::try_from(count).unwrap_or(u64::MAX).saturating_add(1);
        let (raw, after) = cell(bytes).map_err(|fault| match fault {
            QuoteFault::Stray => RowProblem::StrayQuote { line, column },
            QuoteFault::Open => RowProblem::OpenQuote { line, column },
        })?;
        if count == cells.len() {
            cells.push(String::new());
        }
        if let Some(target) = cells.get_mut(count) {
            target.clear();
            decode(raw, encoding, target).ok_or(RowProblem::Undecodable { line, column })?;
            if target.chars().any(is_unfit) {
                return Err(RowProblem::ControlCharacter { line, column });
            }
        }
        count = count.saturating_add(1);
        rest = after;
    }
    cells.truncate(count);
    Ok(())
}

/// Control characters and those that turn the direction of text, which can make a name read as another.
#[must_use]
pub fn is_unfit(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Characters from Unicode's private areas: 外字 whose shape only the hospital's own font knows.
#[must_use]
pub fn is_private_use(c: char) -> bool {
    matches!(c, '\u{e000}'..='\u{f8ff}' | '\u{f0000}'..='\u{ffffd}' | '\u{100000}'..='\u{10fffd}')
}

enum QuoteFault {
    Stray,
    Open,
}

#[derive(Clone, Copy)]
struct RawCell<'a> {
    bytes: &'a [u8],
    quoted: bool,
}

/// The first cell, and what follows its comma.
fn cell(bytes: &[u8]) -> Result<(RawCell<'_>, Option<&[u8]>), QuoteFault> {
    let Some(inner) = bytes.strip_prefix(b"\"") else {
        let end = bytes.iter().position(|byte| *byte == b',');
        let (cell, after) = match end.and_then(|end| bytes.split_at_checked(end)) {
            Some((cell, after)) => (cell, after.get(1..)),
            None => (bytes, None),
        };
        return if cell.contains(&b'"') {
            Err(QuoteFault::Stray)
        } else {
            Ok((RawCell { bytes: cell, quoted: false }, after))
        };
    };
    let mut at = 0_usize;
    loop {
        let tail = inner.get(at..).ok_or(QuoteFault::Open)?;
        let quote = tail.iter().position(|byte| *byte == b'"').ok_or(QuoteFault::Open)?.saturating_add(at);
        match inner.get(quote.saturating_add(1)) {
            Some(b'"') => at = quote.saturating_add(2),
            next => {
                let bytes = inner.get(..quote).unwrap_or_default();
                let after = match next {
                    None => None,
                    Some(b',') => inner.get(quote.saturating_add(2)..),
                    Some(_) => return Err(QuoteFault::Stray),
                };
                return Ok((RawCell { bytes, quoted: true }, after));
            }
        }
    }
}

fn decode(cell: RawCell<'_>, encoding: Encoding, target: &mut String) -> Option<()> {
    let encoding = match encoding {
        Encoding::Utf8 => UTF_8,
        Encoding::Cp932 => SHIFT_JIS,
    };
    let text = encoding.decode_without_bom_handling_and_without_replacement(cell.bytes)?;
    if cell.quoted {
        target.push_str(&text.replace("\"\"", "\""));
    } else {
        target.push_str(text.trim());
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn split(row: &[u8], encoding: Encoding) -> Result<Vec<String>, RowProblem> {
        let mut cells = vec!["left over".to_owned(); 9];
        split_row(row, encoding, 7, &mut cells).map(|()| cells)
    }

    #[test]
    fn cells_are_told_apart() {
        for (row, expected) in [
            ("", vec![""]),
            ("a,b", vec!["a", "b"]),
            ("a,", vec!["a", ""]),
            (" a , b ", vec!["a", "b"]),
            ("\"a,b\",\" c \"", vec!["a,b", " c "]),
            ("\"a\"\"b\",\"\"", vec!["a\"b", ""]),
            ("=1+1,@cmd,+8,-8", vec!["=1+1", "@cmd", "+8", "-8"]),
        ] {
            assert_eq!(split(row.as_bytes(), Encoding::Utf8).unwrap(), expected, "{row}");
        }
    }

    #[test]
    fn quotes_out_of_place_are_named() {
        for (row, expected) in [
            ("a,b\"c", RowProblem::StrayQuote { line: 7, column: 2 }),
            ("\"a\"b,c", RowProblem::StrayQuote { line: 7, column: 1 }),
            ("a,\"b", RowProblem::OpenQuote { line: 7, column: 2 }),
            ("a,\"b\"\"", RowProblem::OpenQuote { line: 7, column: 2 }),
            ("a,b\u{202e}c", RowProblem::ControlCharacter { line: 7, column: 2 }),
            ("\"a\rb\"", RowProblem::ControlCharacter { line: 7, column: 1 }),
        ] {
            assert_eq!(split(row.as_bytes(), Encoding::Utf8), Err(expected), "{row}");
        }
    }

    #[test]
    fn cp932_has_no_comma_or_quote_inside_a_character() {
        // 表 ends in 0x5C and ポ in 0x7C; a user-defined character becomes one of the private area.
        assert_eq!(split(b"\x95\x5c,\x83\x7c", Encoding::Cp932).unwrap(), ["表", "ポ"]);
        let private = split(b"\xf0\x40", Encoding::Cp932).unwrap();
        assert!(private[0].chars().all(is_private_use), "{private:?}");
        for wrong in [&b"a,\x95"[..], b"a,\xff", b"a,\xa0"] {
            assert_eq!(split(wrong, Encoding::Cp932), Err(RowProblem::Undecodable { line: 7, column: 2 }));
        }
        assert_eq!(split(b"a,\x95\x5c", Encoding::Utf8), Err(RowProblem::Undecodable { line: 7, column: 2 }));
    }

    proptest! {
        #[test]
        fn no_bytes_end_the_process(row in proptest::collection::vec(any::<u8>(), 0..60)) {
            let _ = split(&row, Encoding::Utf8);
            let _ = split(&row, Encoding::Cp932);
        }

        #[test]
        fn what_is_quoted_reads_back(cells in proptest::collection::vec("[a-c\" ,あ=]{0,6}", 1..5)) {
            let row: Vec<_> = cells.iter().map(|cell| format!("\"{}\"", cell.replace('"', "\"\""))).collect();
            prop_assert_eq!(split(row.join(",").as_bytes(), Encoding::Utf8).unwrap(), cells);
        }
    }
}
