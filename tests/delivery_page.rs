//! The examples of `docs/delivery.md` are accepted as they stand.

#![expect(clippy::unwrap_used, reason = "a test that unwraps fails where it should")]

use jiff::civil::date;
use torikomi::identification::index::Index;
use torikomi::identification::{Sidecar, Template};
use torikomi::identity::dates;
use torikomi::identity::table::Encoding;

const PAGE: &str = include_str!("../docs/delivery.md");

/// The first block of the page in this language.
fn block(language: &str) -> &'static str {
    let (_, rest) = PAGE.split_once(&format!("```{language}\n")).unwrap();
    rest.split_once("```").unwrap().0
}

/// Everything between backquotes in the section's lines that begin so.
fn quoted(section: &str, beginning: &str) -> Vec<&'static str> {
    let (_, rest) = PAGE.split_once(&format!("## {section}\n")).unwrap();
    let paragraph = rest.split("\n\n").map(str::trim).find(|paragraph| paragraph.starts_with(beginning)).unwrap();
    paragraph.split('`').skip(1).step_by(2).collect()
}

#[test]
fn the_sidecar_is_accepted() {
    let facts = Sidecar::parse(block("json").as_bytes()).unwrap().facts(None).unwrap();
    assert_eq!(facts.obtained_on, Some(date(2026, 11, 20)));
}

#[test]
fn the_batch_list_is_accepted() {
    let index = Index::parse(block("csv").as_bytes(), Encoding::Utf8).unwrap();
    assert_eq!(index.rows().len(), 2);
    for row in index.rows() {
        assert_eq!(row.sidecar.as_ref().unwrap().facts(None).unwrap().obtained_on, Some(date(2026, 11, 20)));
    }
    let every_column = quoted("Batch list", "Columns:")
        .into_iter()
        .filter(|text| !["true", "false", "yes", "no", "1", "0"].contains(text));
    let heading = every_column.collect::<Vec<_>>().join(",");
    assert!(Index::parse(heading.as_bytes(), Encoding::Utf8).unwrap().rows().is_empty());
}

#[test]
fn dates_are_accepted_and_held_as_the_page_says() {
    let accepted = quoted("Dates", "Accepted:");
    assert!(accepted.len() >= 10);
    for text in accepted {
        assert!(dates::parse(text).is_ok(), "{text}");
    }
    for text in quoted("Dates", "Held:") {
        assert!(dates::parse(text).is_err(), "{text}");
    }
}

#[test]
fn templates_are_accepted_and_refused_as_the_page_says() {
    assert!(quoted("File names", "A template such as")[0].parse::<Template>().is_ok());
    for text in quoted("File names", "A template in which").into_iter().filter(|text| text.contains('{')) {
        assert!(text.parse::<Template>().is_err(), "{text}");
    }
}
