//! The clauses Torikomi answers to, by edition.
//!
//! They are data: a check names the clauses it serves, a report cites them, and the table of conformance is drawn from
//! this list. The ids are those of edition 5.2, whose "chapter 9" users still speak of; edition 6.0 moved its items to
//! chapter 16 of two volumes (企画管理編 "企", システム運用編 "シ"). Paraphrases are ours, never the guideline's words.
//!
//! What a hospital asks of itself beyond these (how soon to sign, how soon to stamp) is [`HOUSE_RULE`], so that no
//! house rule is ever ascribed to the guideline.

mod chapter_9;
mod chapters_6_to_8;
mod elsewhere;

pub use elsewhere::{HOUSE_RULE, TAX};

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use chapter_9::CHAPTER_9;
use chapters_6_to_8::{CHAPTER_7, CHAPTERS_6_AND_8};

/// One duty.
#[derive(Debug)]
pub struct Requirement {
    /// As our tables name it; its own within its edition.
    pub id: &'static str,
    pub edition: Edition,
    /// Where edition 6.0 has it; `None` where that was not found, or where it is not of the guideline.
    pub clause_6_0: Option<&'static str>,
    pub ja: &'static str,
    pub en: &'static str,
    /// The regimes under which a document must meet it.
    pub regimes: &'static [Regime],
    /// `None` where it stood before any scan this software can see.
    pub in_force_from: Option<Date>,
    /// The last day, where another duty took its place.
    pub in_force_until: Option<Date>,
}

impl Requirement {
    /// Whether a document taken in under `regime` on `day` must meet it.
    #[must_use]
    pub fn applies(&self, regime: Regime, day: Date) -> bool {
        self.regimes.contains(&regime)
            && self.in_force_from.is_none_or(|from| from <= day)
            && self.in_force_until.is_none_or(|until| day <= until)
    }
}

impl fmt::Display for Requirement {
    /// "MHLW 5.2, 9.2-C1(1) (6.0: 企16⑤)".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.edition, self.clause_6_0) {
            (Edition::House | Edition::TaxBooks, _) => self.edition.fmt(f),
            (edition, None) => write!(f, "{edition}, {}", self.id),
            (edition, Some(later)) => write!(f, "{edition}, {} (6.0: {later})", self.id),
        }
    }
}

/// The text a requirement stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Edition {
    /// 医療情報システムの安全管理に関するガイドライン 第5.2版; carried on in 第6.0版 (May 2023).
    #[serde(rename = "mhlw-5.2")]
    Mhlw5_2,
    /// An early edition of the same, whose words later editions dropped.
    MhlwEarly,
    /// 電子帳簿保存法 and its ordinance, for the office's bills and receipts.
    TaxBooks,
    /// What the hospital asks of itself.
    House,
}

impl fmt::Display for Edition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Mhlw5_2 => "MHLW 5.2",
            Self::MhlwEarly => "MHLW early edition",
            Self::TaxBooks => "電子帳簿保存法施行規則 第2条",
            Self::House => "house rule",
        })
    }
}

/// Under which rule a document is taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Regime {
    /// Scanned at each visit, within the window (診療等の都度スキャナー等で電子化).
    #[serde(rename = "9.2")]
    EachVisit,
    /// Old paper scanned in bulk (過去に蓄積された紙媒体等).
    #[serde(rename = "9.3")]
    BackFile,
    /// Prescriptions already dispensed (調剤済み処方箋).
    #[serde(rename = "9.4")]
    DispensedPrescription,
    /// For convenience; the paper is kept and stays the original (紙の保存を継続).
    #[serde(rename = "9.5")]
    PaperKept,
    /// No statutory paper was replaced: drawings and photographs for the record (chapter 7 alone).
    #[serde(rename = "ch7")]
    ChapterSeven,
    /// The office's bills and receipts; never claims chapter 9.
    #[serde(rename = "tax")]
    Tax,
}

impl Regime {
    pub const ALL: [Self; 6] =
        [Self::EachVisit, Self::BackFile, Self::DispensedPrescription, Self::PaperKept, Self::ChapterSeven, Self::Tax];

    /// As profiles write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EachVisit => "9.2",
            Self::BackFile => "9.3",
            Self::DispensedPrescription => "9.4",
            Self::PaperKept => "9.5",
            Self::ChapterSeven => "ch7",
            Self::Tax => "tax",
        }
    }
}

impl fmt::Display for Regime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Every regime of chapter 9.
const CHAPTER_9_REGIMES: &[Regime] =
    &[Regime::EachVisit, Regime::BackFile, Regime::DispensedPrescription, Regime::PaperKept];

/// Every regime whose documents are records of care.
const RECORDS_OF_CARE: &[Regime] =
    &[Regime::EachVisit, Regime::BackFile, Regime::DispensedPrescription, Regime::PaperKept, Regime::ChapterSeven];

/// The requirement of edition 5.2 with this id.
///
/// Called in a constant, an id that is not in the list does not compile.
///
/// # Panics
/// When called at run time with an id that is not in the list; [`find`] is the question that may be answered no.
#[must_use]
#[expect(clippy::panic, reason = "in a constant it is an error of the compiler's")]
#[expect(clippy::indexing_slicing, reason = "the index is below the length, and constants know no iterators")]
pub const fn mhlw_5_2(id: &str) -> &'static Requirement {
    let lists: [&'static [Requirement]; 3] = [CHAPTER_9, CHAPTER_7, CHAPTERS_6_AND_8];
    let mut list = 0;
    while list < lists.len() {
        let mut at = 0;
        while at < lists[list].len() {
            if same(lists[list][at].id, id) {
                return &lists[list][at];
            }
            at += 1;
        }
        list += 1;
    }
    panic!("no such requirement")
}

#[expect(clippy::indexing_slicing, reason = "the index is below both lengths, and constants know no iterators")]
const fn same(a: &str, b: &str) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len() != b.len() {
        return false;
    }
    let mut at = 0;
    while at < a.len() {
        if a[at] != b[at] {
            return false;
        }
        at += 1;
    }
    true
}

/// Every requirement, in the order of its table.
pub fn all() -> impl Iterator<Item = &'static Requirement> {
    CHAPTER_9.iter().chain(CHAPTER_7).chain(CHAPTERS_6_AND_8).chain(std::iter::once(TAX)).chain([HOUSE_RULE])
}

/// The requirement with this id, whatever its edition.
#[must_use]
pub fn find(id: &str) -> Option<&'static Requirement> {
    all().find(|requirement| requirement.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const WINDOW: &Requirement = mhlw_5_2("9.2-C1(1)");

    #[test]
    fn a_clause_is_found_by_its_id() {
        assert_eq!(WINDOW.clause_6_0, Some("企16⑤"));
        assert_eq!(WINDOW.to_string(), "MHLW 5.2, 9.2-C1(1) (6.0: 企16⑤)");
        assert!(find("9.9-C9").is_none());
    }

    #[test]
    #[should_panic(expected = "no such requirement")]
    fn an_unknown_clause_is_an_error() {
        let _ = mhlw_5_2("9.9-C9");
    }

    #[test]
    fn ids_are_unique_and_every_requirement_says_something_in_both_languages() {
        let mut seen = std::collections::BTreeSet::new();
        for requirement in all() {
            assert!(seen.insert(requirement.id), "{} twice", requirement.id);
            assert!(!requirement.ja.is_empty() && !requirement.en.is_empty(), "{}", requirement.id);
            assert!(!requirement.ja.contains('\n') && !requirement.en.contains('\n'), "{}", requirement.id);
            assert!(!requirement.regimes.is_empty(), "{}", requirement.id);
        }
    }

    #[test]
    fn a_requirement_applies_to_its_regimes_on_its_days() {
        let day = date(2026, 11, 20);
        assert!(WINDOW.applies(Regime::EachVisit, day));
        assert!(!WINDOW.applies(Regime::PaperKept, day));
        assert!(!WINDOW.applies(Regime::Tax, day));
        let two_factors = mhlw_5_2("6.5-C13");
        assert!(!two_factors.applies(Regime::EachVisit, date(2027, 3, 31)));
        assert!(two_factors.applies(Regime::EachVisit, date(2027, 4, 1)));
        let dropped = find("7.1-D2 (early)").unwrap();
        assert!(!dropped.applies(Regime::EachVisit, day));
    }

    #[test]
    fn tax_never_claims_the_guideline() {
        for requirement in all().filter(|r| r.edition == Edition::Mhlw5_2) {
            assert!(!requirement.regimes.contains(&Regime::Tax), "{}", requirement.id);
        }
    }

    #[test]
    fn regimes_have_one_spelling() {
        for regime in Regime::ALL {
            assert_eq!(serde_json::to_value(regime).unwrap(), regime.name());
        }
    }
}
