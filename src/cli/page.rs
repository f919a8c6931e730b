//! What a command prints for people: lines, pairs and aligned tables.
//!
//! Columns are aligned by display width, because a Japanese letter takes two cells. Colour is used only on a terminal
//! and never says anything alone: a mark and a word stand beside it.

use std::fmt::Write as _;

use unicode_width::UnicodeWidthStr as _;

/// How grave a thing is: its mark, and its colour where there is any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Good,
    /// Somebody should look at it.
    Warning,
    /// Somebody must act on it.
    Bad,
    /// Under way.
    Waiting,
}

impl Tone {
    #[must_use]
    pub const fn mark(self) -> &'static str {
        match self {
            Self::Good => "✓",
            Self::Warning => "!",
            Self::Bad => "✕",
            Self::Waiting => "…",
        }
    }

    const fn colour(self) -> &'static str {
        match self {
            Self::Good => "\x1b[32m",
            Self::Warning => "\x1b[33m",
            Self::Bad => "\x1b[31m",
            Self::Waiting => "",
        }
    }
}

const BOLD: &str = "\x1b[1m";
const FAINT: &str = "\x1b[2m";
const PLAIN: &str = "\x1b[0m";

/// A page that is written line by line and printed at once.
#[derive(Debug)]
pub struct Page {
    text: String,
    colour: bool,
}

impl Page {
    #[must_use]
    pub fn new(colour: bool) -> Self {
        Self { text: String::new(), colour }
    }

    #[must_use]
    pub fn into_text(self) -> String {
        self.text
    }

    pub fn line(&mut self, text: &str) {
        self.text.push_str(&clean(text));
        self.text.push('\n');
    }

    /// A line with its mark before it.
    pub fn marked(&mut self, tone: Tone, text: &str) {
        let mark = self.styled(tone.colour(), tone.mark());
        let _ = writeln!(self.text, "{mark} {}", clean(text));
    }

    /// A line below another, indented.
    pub fn below(&mut self, text: &str) {
        for line in text.lines() {
            let _ = writeln!(self.text, "    {}", clean(line));
        }
    }

    /// A line of lesser weight, as ids and codes are.
    pub fn small(&mut self, text: &str) {
        let small = self.styled(FAINT, &clean(text));
        let _ = writeln!(self.text, "    {small}");
    }

    /// Begins a part of the page.
    pub fn heading(&mut self, text: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        let heading = self.styled(BOLD, &clean(text));
        let _ = writeln!(self.text, "{heading}");
    }

    /// Labels and what they stand for, aligned. Those without a value are left out.
    pub fn pairs(&mut self, pairs: &[(String, Option<String>)]) {
        let given = || pairs.iter().filter_map(|(label, value)| Some((label, value.as_ref()?)));
        let widest = given().map(|(label, _)| label.width()).max().unwrap_or(0);
        for (label, value) in given() {
            let _ = writeln!(self.text, "  {}  {}", padded(label, widest), clean(value));
        }
    }

    pub fn table(&mut self, table: &Table) {
        let columns = table.header.len();
        let mut widths = vec![0; columns];
        for row in std::iter::once(&table.header).chain(table.rows.iter().map(|(_, cells)| cells)) {
            for (width, cell) in widths.iter_mut().zip(row) {
                *width = (*width).max(clean(cell).width());
            }
        }
        let line = |cells: &[String]| {
            let padded: Vec<_> = cells.iter().zip(&widths).map(|(cell, width)| padded(&clean(cell), *width)).collect();
            padded.join("  ").trim_end().to_owned()
        };
        let header = self.styled(FAINT, &line(&table.header));
        let indent = if table.rows.iter().any(|(tone, _)| tone.is_some()) { "  " } else { "" };
        let _ = writeln!(self.text, "{indent}{header}");
        for (tone, cells) in &table.rows {
            let mark = match tone {
                Some(tone) => format!("{} ", self.styled(tone.colour(), tone.mark())),
                None => indent.to_owned(),
            };
            let _ = writeln!(self.text, "{mark}{}", line(cells));
        }
    }

    fn styled(&self, style: &str, text: &str) -> String {
        if self.colour && !style.is_empty() { format!("{style}{text}{PLAIN}") } else { text.to_owned() }
    }
}

/// Rows under a header, each perhaps with a mark.
#[derive(Clone, Debug)]
pub struct Table {
    header: Vec<String>,
    rows: Vec<(Option<Tone>, Vec<String>)>,
}

impl Table {
    #[must_use]
    pub fn new(header: Vec<String>) -> Self {
        Self { header, rows: Vec::new() }
    }

    pub fn row(&mut self, tone: Option<Tone>, cells: Vec<String>) {
        self.rows.push((tone, cells));
    }
}

fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// A text of several lines, each of them clean.
#[must_use]
pub fn clean_lines(text: &str) -> String {
    text.lines().map(clean).collect::<Vec<_>>().join("\n")
}

/// File names and names of people come from outside: no control character of theirs may reach a terminal.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_by_width_on_screen() {
        let mut page = Page::new(false);
        let mut table = Table::new(vec!["名前".into(), "n".into()]);
        table.row(Some(Tone::Good), vec!["架空 花子".into(), "1".into()]);
        table.row(None, vec!["ab".into(), "22".into()]);
        page.table(&table);
        assert_eq!(page.into_text(), "  名前       n\n✓ 架空 花子  1\n  ab         22\n");
    }

    #[test]
    fn nothing_from_outside_moves_the_cursor() {
        let mut page = Page::new(true);
        page.line("a\x1b[2Jb\nc");
        assert_eq!(page.into_text(), "a\u{fffd}[2Jb\u{fffd}c\n");
    }
}
