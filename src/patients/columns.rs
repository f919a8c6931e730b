//! Which column of the list holds what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::PatientsProblem;
use crate::identity::Sex;

/// The headings to look for. One that is not set is our own word for it; one that is set must be there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Columns {
    /// Default: `id`. Required.
    pub id: Option<String>,
    /// Default: `name`. Required.
    pub name: Option<String>,
    /// Default: `kana`.
    pub kana: Option<String>,
    /// Default: `sex`.
    pub sex: Option<String>,
    /// Default: `birth_date`.
    pub birth_date: Option<String>,
    /// Default: `merged_into`.
    pub merged_into: Option<String>,
    /// Default: `temporary`.
    pub temporary: Option<String>,
}

/// What is read of a patient.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    Id,
    Name,
    Kana,
    Sex,
    BirthDate,
    MergedInto,
    Temporary,
}

impl Column {
    const ALL: [Self; 7] =
        [Self::Id, Self::Name, Self::Kana, Self::Sex, Self::BirthDate, Self::MergedInto, Self::Temporary];

    const fn heading(self) -> &'static str {
        match self {
            Self::Id => "id",
            Self::Name => "name",
            Self::Kana => "kana",
            Self::Sex => "sex",
            Self::BirthDate => "birth_date",
            Self::MergedInto => "merged_into",
            Self::Temporary => "temporary",
        }
    }

    const fn is_required(self) -> bool {
        matches!(self, Self::Id | Self::Name)
    }
}

impl Columns {
    fn setting(&self, column: Column) -> Option<&str> {
        match column {
            Column::Id => &self.id,
            Column::Name => &self.name,
            Column::Kana => &self.kana,
            Column::Sex => &self.sex,
            Column::BirthDate => &self.birth_date,
            Column::MergedInto => &self.merged_into,
            Column::Temporary => &self.temporary,
        }
        .as_deref()
    }
}

/// The columns of one file.
pub(super) struct Layout {
    /// In the order of [`Column::ALL`].
    places: [Option<usize>; 7],
    pub(super) width: usize,
    pub(super) ignored: Vec<String>,
}

impl Layout {
    pub(super) fn new(headings: &[String], columns: &Columns) -> Result<Self, PatientsProblem> {
        for (at, heading) in headings.iter().enumerate() {
            if !heading.is_empty() && headings.iter().skip(at.saturating_add(1)).any(|other| other == heading) {
                return Err(PatientsProblem::RepeatedColumn { heading: heading.clone() });
            }
        }
        let mut places = [None; 7];
        for (place, column) in places.iter_mut().zip(Column::ALL) {
            let setting = columns.setting(column);
            let heading = setting.unwrap_or(column.heading());
            *place = headings.iter().position(|found| found == heading);
            if place.is_none() && (column.is_required() || setting.is_some()) {
                return Err(PatientsProblem::MissingColumn { heading: heading.to_owned() });
            }
        }
        let ignored = (0..).zip(headings).filter(|(at, _)| !places.contains(&Some(*at)));
        Ok(Self { places, width: headings.len(), ignored: ignored.map(|(_, heading)| heading.clone()).collect() })
    }

    /// The cell's text; empty where the file has no such column.
    pub(super) fn cell<'a>(&self, cells: &'a [String], column: Column) -> &'a str {
        self.place(column).and_then(|at| cells.get(at)).map_or("", |cell| cell.trim())
    }

    /// Counted from 1, as a spreadsheet does.
    pub(super) fn column(&self, column: Column) -> u64 {
        self.place(column).and_then(|at| u64::try_from(at).ok()).map_or(0, |at| at.saturating_add(1))
    }

    fn place(&self, column: Column) -> Option<usize> {
        Column::ALL.iter().position(|other| *other == column).and_then(|at| self.places.get(at).copied().flatten())
    }
}

/// Empty means no.
pub(super) fn yes_or_no(text: &str) -> Option<bool> {
    match text {
        "" | "0" | "no" | "false" | "N" | "いいえ" => Some(false),
        "1" | "yes" | "true" | "Y" | "はい" | "仮" => Some(true),
        _ => None,
    }
}

/// As words, as HL7 writes it (M, F, O, U) and as ISO/IEC 5218 counts it (0 unknown, 1 male, 2 female, 9 neither).
pub(super) fn sex(text: &str) -> Option<Sex> {
    match text {
        "M" | "m" | "1" | "male" | "男" | "男性" => Some(Sex::Male),
        "F" | "f" | "2" | "female" | "女" | "女性" => Some(Sex::Female),
        "O" | "o" | "9" | "other" | "その他" => Some(Sex::Other),
        "U" | "u" | "0" | "unknown" | "不明" => Some(Sex::Unknown),
        _ => None,
    }
}
