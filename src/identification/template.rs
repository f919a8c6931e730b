//! What a station's file names say: `{patient_id}_{document_type}_{obtained_on}_{*}`.
//!
//! A template is a row of literals and fields, matched in one pass without trying again, so no name can be read in two
//! ways and none can cost time. A name that does not fit says nothing.

use std::ffi::OsStr;
use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

use super::{Facts, IdentityProblem};
use crate::identity::dates::{self, DateProblem};
use crate::identity::{Field, Source};

/// A template that was found to be unambiguous. It is matched against the name without its last ending.
///
/// Fields are `{patient_id}`, `{document_type}`, `{obtained_on}`, `{document_date}` and `{operator}`, each with a fixed
/// width where one is written (`{patient_id:8}`); `{*}` stands once for anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Template {
    text: String,
    /// Read from the left.
    before: Vec<Piece>,
    /// Behind `{*}`, read from the right; absent where there is none.
    after: Option<Vec<Piece>>,
}

/// Why a template is refused when the settings are loaded.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum TemplateProblem {
    #[error("the template names no field")]
    NoField,
    #[error("the template is longer than {maximum} bytes")]
    TooLong { maximum: u64 },
    #[error("a brace stands alone")]
    StrayBrace,
    #[error("{{{field}}} is not a field; there are patient_id, document_type, obtained_on, document_date, operator, *")]
    UnknownField { field: String },
    #[error("{{{field}}} stands twice")]
    RepeatedField { field: String },
    #[error("the width of {{{field}}} must be from 1 to 64")]
    BadWidth { field: String },
    /// Nothing tells where the field ends.
    #[error(
        "nothing shows where {{{field}}} ends: put a character that it cannot contain between it and {neighbour:?}, or \
         give it a width as in {{{field}:8}}"
    )]
    Ambiguous { field: String, neighbour: String },
}

impl Template {
    /// What a name says; nothing where it does not fit. A date in the right place that could mean two days, or none, is
    /// a problem and not a misfit.
    pub fn read(&self, name: &OsStr) -> Result<Option<Facts>, IdentityProblem> {
        let Some(fields) = name.to_str().and_then(|name| self.fields(name)) else {
            return Ok(None);
        };
        let mut facts = Facts::default();
        for (field, text) in fields {
            match field {
                Field::DocumentType => match text.parse() {
                    Ok(name) => facts.document_type = Some(name),
                    Err(_) => return Ok(None),
                },
                Field::ObtainedOn | Field::DocumentDate => {
                    let Some(date) = date(field, &text)? else {
                        return Ok(None);
                    };
                    let place = match field {
                        Field::ObtainedOn => &mut facts.obtained_on,
                        _ => &mut facts.document_date,
                    };
                    *place = Some(date);
                }
                Field::Operator => facts.operator = Some(text),
                // `FIELDS` offers no other.
                _ => facts.patient_id = Some(text),
            }
        }
        Ok(Some(facts))
    }

    fn fields(&self, name: &str) -> Option<Vec<(Field, String)>> {
        // Longer than any file system's names.
        if name.len() > 1_024 {
            return None;
        }
        let folded: String = name.nfkc().collect();
        let stem = folded.rsplit_once('.').map_or(folded.as_str(), |(stem, _)| stem);
        let mut fields = Vec::new();
        let mut rest = stem;
        for piece in &self.before {
            rest = piece.take(rest, Side::Left, &mut fields)?;
        }
        match &self.after {
            None if !rest.is_empty() => return None,
            None => {}
            Some(pieces) => {
                for piece in pieces {
                    rest = piece.take(rest, Side::Right, &mut fields)?;
                }
            }
        }
        Some(fields)
    }
}

/// The fields that a name may hold.
const FIELDS: [(&str, Field); 5] = [
    ("patient_id", Field::PatientId),
    ("document_type", Field::DocumentType),
    ("obtained_on", Field::ObtainedOn),
    ("document_date", Field::DocumentDate),
    ("operator", Field::Operator),
];

const MAXIMUM_BYTES: usize = 256;

impl FromStr for Template {
    type Err = TemplateProblem;

    fn from_str(text: &str) -> Result<Self, TemplateProblem> {
        if text.len() > MAXIMUM_BYTES {
            return Err(TemplateProblem::TooLong { maximum: u64::try_from(MAXIMUM_BYTES).unwrap_or(u64::MAX) });
        }
        let (mut before, mut after) = (Vec::new(), None);
        let mut seen: Vec<Field> = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let pieces: &mut Vec<Piece> = after.as_mut().unwrap_or(&mut before);
            if let Some(inner) = rest.strip_prefix('{') {
                let (field, behind) = inner.split_once('}').ok_or(TemplateProblem::StrayBrace)?;
                rest = behind;
                if field == "*" {
                    if after.is_some() {
                        return Err(TemplateProblem::RepeatedField { field: field.to_owned() });
                    }
                    after = Some(Vec::new());
                    continue;
                }
                let piece = Piece::field(field)?;
                if let Piece::Field { field, .. } = piece {
                    if seen.contains(&field) {
                        return Err(TemplateProblem::RepeatedField { field: name_of(field).to_owned() });
                    }
                    seen.push(field);
                }
                pieces.push(piece);
            } else {
                let end = rest.find(['{', '}']).unwrap_or(rest.len());
                let (literal, behind) = rest.split_at_checked(end).unwrap_or((rest, ""));
                if behind.starts_with('}') {
                    return Err(TemplateProblem::StrayBrace);
                }
                pieces.push(Piece::Literal(literal.nfkc().collect()));
                rest = behind;
            }
        }
        if seen.is_empty() {
            return Err(TemplateProblem::NoField);
        }
        if let Some(after) = &mut after {
            after.reverse();
            ends_are_plain(after, Side::Right, true)?;
        }
        ends_are_plain(&before, Side::Left, after.is_some())?;
        Ok(Self { text: text.to_owned(), before, after })
    }
}

/// Whether each field without a width is followed, in the direction of reading, by a literal that it cannot run into.
fn ends_are_plain(pieces: &[Piece], side: Side, wildcard_follows: bool) -> Result<(), TemplateProblem> {
    let following = pieces.iter().skip(1).map(Some).chain([None]);
    for (piece, next) in pieces.iter().zip(following) {
        let Piece::Field { field, width: None } = piece else {
            continue;
        };
        let neighbour = match next {
            None if wildcard_follows => "{*}".to_owned(),
            None => continue,
            Some(Piece::Field { field, .. }) => format!("{{{}}}", name_of(*field)),
            Some(Piece::Literal(literal)) => {
                let touching = match side {
                    Side::Left => literal.chars().next(),
                    Side::Right => literal.chars().next_back(),
                };
                if touching.is_some_and(|c| !may_contain(*field, c)) {
                    continue;
                }
                literal.clone()
            }
        };
        return Err(TemplateProblem::Ambiguous { field: name_of(*field).to_owned(), neighbour });
    }
    Ok(())
}

/// The end from which a piece is taken.
#[derive(Clone, Copy)]
enum Side {
    Left,
    Right,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Field {
        field: Field,
        /// In characters.
        width: Option<usize>,
    },
}

impl Piece {
    fn field(text: &str) -> Result<Self, TemplateProblem> {
        let (name, width) = match text.split_once(':') {
            None => (text, None),
            Some((name, width)) => {
                let width = width.parse().ok().filter(|width| (1..=64).contains(width));
                (name, Some(width.ok_or_else(|| TemplateProblem::BadWidth { field: name.to_owned() })?))
            }
        };
        let known = FIELDS.into_iter().find(|(known, _)| *known == name);
        let (_, field) = known.ok_or_else(|| TemplateProblem::UnknownField { field: name.to_owned() })?;
        Ok(Self::Field { field, width })
    }

    /// Takes this piece off one end of `text` and gives back what is left; nothing where it does not fit.
    fn take<'a>(&self, text: &'a str, side: Side, fields: &mut Vec<(Field, String)>) -> Option<&'a str> {
        let (field, width) = match self {
            Self::Literal(literal) => {
                return match side {
                    Side::Left => text.strip_prefix(literal.as_str()),
                    Side::Right => text.strip_suffix(literal.as_str()),
                };
            }
            Self::Field { field, width } => (*field, width.unwrap_or(usize::MAX)),
        };
        let fits = |c: &char| may_contain(field, *c);
        let length: usize = match side {
            Side::Left => text.chars().take(width).take_while(fits).map(char::len_utf8).sum(),
            Side::Right => text.chars().rev().take(width).take_while(fits).map(char::len_utf8).sum(),
        };
        let (value, rest) = match side {
            Side::Left => text.split_at_checked(length)?,
            Side::Right => {
                let (rest, value) = text.split_at_checked(text.len().checked_sub(length)?)?;
                (value, rest)
            }
        };
        let whole = width == usize::MAX || value.chars().count() == width;
        if value.is_empty() || !whole {
            return None;
        }
        fields.push((field, value.to_owned()));
        Some(rest)
    }
}

/// The characters of a field, after folding to half width.
fn may_contain(field: Field, c: char) -> bool {
    match field {
        Field::ObtainedOn | Field::DocumentDate => {
            c.is_ascii_digit() || matches!(c, '-' | '.') || "MTSHRmtshr明治大正昭和平成令元年月日".contains(c)
        }
        Field::DocumentType => c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-',
        Field::Operator => c.is_ascii_alphanumeric() || matches!(c, '-' | '.'),
        _ => c.is_ascii_alphanumeric(),
    }
}

fn name_of(field: Field) -> &'static str {
    FIELDS.into_iter().find(|(_, known)| *known == field).map_or("", |(name, _)| name)
}

fn date(field: Field, text: &str) -> Result<Option<Date>, IdentityProblem> {
    match dates::parse(text) {
        Ok(date) => Ok(Some(date)),
        Err(DateProblem::Unreadable) => Ok(None),
        Err(date) => {
            Err(IdentityProblem::UnreadableDate { field, from: Source::Filename, text: text.to_owned(), date })
        }
    }
}

impl fmt::Display for Template {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Template> for String {
    fn from(template: Template) -> Self {
        template.text
    }
}

impl TryFrom<String> for Template {
    type Error = TemplateProblem;

    fn try_from(text: String) -> Result<Self, TemplateProblem> {
        text.parse()
    }
}

impl JsonSchema for Template {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Template".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "File-name template: {patient_id}_{obtained_on}_{*}" })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn read(template: &str, name: &str) -> Result<Option<Facts>, IdentityProblem> {
        template.parse::<Template>().unwrap().read(OsStr::new(name))
    }

    fn patient(template: &str, name: &str) -> Option<String> {
        read(template, name).unwrap().and_then(|facts| facts.patient_id)
    }

    #[test]
    fn a_name_that_fits_says_what_it_says() {
        let template = "{patient_id}_{document_type}_{obtained_on}_{*}";
        for name in [
            "0990001_referral-letter_20261120_001.tif",
            "0990001_referral-letter_R8.11.20_x.y.pdf",
            "０９９０００１＿referral-letter＿２０２６１１２０＿.TIF",
            "0990001_referral-letter_令和8年11月20日_1.jpg",
        ] {
            let facts = read(template, name).unwrap().expect(name);
            assert_eq!(facts.patient_id.as_deref(), Some("0990001"), "{name}");
            assert_eq!(facts.document_type.unwrap().as_str(), "referral-letter");
            assert_eq!(facts.obtained_on, Some(date(2026, 11, 20)));
        }
    }

    #[test]
    fn a_name_that_does_not_fit_says_nothing() {
        let template = "{patient_id}_{document_type}_{obtained_on}_{*}";
        for name in [
            "",
            ".tif",
            "scan0001.tif",
            "0990001_referral-letter_20261120.tif",
            "0990001_Referral_20261120_1.tif",
            "_referral-letter_20261120_1.tif",
            "099 0001_referral-letter_20261120_1.tif",
            "0990001_referral-letter_today_1.tif",
            "0990001_-_20261120_1.tif",
            "a/0990001_referral-letter_20261120_1.tif",
        ] {
            assert_eq!(read(template, name), Ok(None), "{name}");
        }
    }

    #[test]
    fn a_date_of_two_digits_is_a_problem_and_no_misfit() {
        for (name, date) in [("1_261120.tif", DateProblem::TwoDigitYear), ("1_20261320.tif", DateProblem::NoSuchDay)] {
            let problem = read("{patient_id}_{obtained_on}", name).unwrap_err();
            let text = name[2..name.len() - 4].to_owned();
            let expected =
                IdentityProblem::UnreadableDate { field: Field::ObtainedOn, from: Source::Filename, text, date };
            assert_eq!(problem, expected);
        }
    }

    #[test]
    fn the_wildcard_may_stand_anywhere() {
        assert_eq!(patient("{*}_{patient_id}", "a_b_0990001.tif").as_deref(), Some("0990001"));
        assert_eq!(patient("scan{*}_{patient_id}_{obtained_on}", "scan_9_8_7_20261120.tif").as_deref(), Some("7"));
        assert_eq!(patient("{patient_id:3}{*}", ""), None);
        assert_eq!(patient("{patient_id:3}{obtained_on:8}{*}", "00120261120x.tif").as_deref(), Some("001"));
        assert_eq!(patient("{*}{patient_id:3}", "x-00120.tif").as_deref(), Some("120"));
        assert_eq!(patient("{patient_id:8}", "1234567.tif"), None, "a width is exact");
        assert_eq!(patient("{patient_id:8}", "123456789.tif"), None);
        // What the left side took the right side cannot take again.
        assert_eq!(patient("{patient_id}_{*}_{obtained_on}", "1_20261120.tif"), None);
    }

    #[test]
    fn a_template_that_could_be_read_in_two_ways_is_refused() {
        use TemplateProblem as P;
        let ambiguous =
            |field: &str, neighbour: &str| P::Ambiguous { field: field.into(), neighbour: neighbour.into() };
        for (template, expected) in [
            ("", P::NoField),
            ("scan_{*}", P::NoField),
            ("{patient_id}_{", P::StrayBrace),
            ("{patient_id}}_", P::StrayBrace),
            ("{patient}", P::UnknownField { field: "patient".into() }),
            ("{patient_id}_{patient_id}", P::RepeatedField { field: "patient_id".into() }),
            ("{*}_{patient_id}_{*}", P::RepeatedField { field: "*".into() }),
            ("{patient_id:0}", P::BadWidth { field: "patient_id".into() }),
            ("{patient_id:x}", P::BadWidth { field: "patient_id".into() }),
            ("{patient_id}{obtained_on}", ambiguous("patient_id", "{obtained_on}")),
            ("{patient_id}{*}", ambiguous("patient_id", "{*}")),
            ("{*}{patient_id}", ambiguous("patient_id", "{*}")),
            ("{patient_id}x{obtained_on}", ambiguous("patient_id", "x")),
            ("{document_type}-{patient_id}", ambiguous("document_type", "-")),
            ("{*}-{document_type}", ambiguous("document_type", "-")),
            ("{obtained_on}{patient_id:4}", ambiguous("obtained_on", "{patient_id}")),
        ] {
            assert_eq!(template.parse::<Template>(), Err(expected), "{template}");
        }
        // Read from the right the id ends first, and the date runs up to the underscore.
        assert!("{*}_{obtained_on}{patient_id:4}".parse::<Template>().is_ok());
        let long = format!("{{patient_id}}{}", "_".repeat(MAXIMUM_BYTES));
        assert!(matches!(long.parse::<Template>(), Err(P::TooLong { .. })));
    }

    #[test]
    fn settings_hold_it_as_text() {
        let template: Template = serde_json::from_str("\"{patient_id}_{*}\"").unwrap();
        assert_eq!(serde_json::to_string(&template).unwrap(), "\"{patient_id}_{*}\"");
        let problem = serde_json::from_str::<Template>("\"{patient_id}{*}\"").unwrap_err().to_string();
        assert!(problem.contains("nothing shows where {patient_id} ends"), "{problem}");
    }

    proptest! {
        #[test]
        fn no_template_and_no_name_end_the_process(
            template in "(\\{(patient_id|obtained_on|document_type|operator|\\*)(:[0-9])?\\}|[_a-zＡ.-]){0,6}",
            name in "[0-9a-zＡ_.年R-]{0,30}",
            any_template in "\\PC{0,20}",
            any_name in "\\PC{0,40}",
        ) {
            for template in [&template, &any_template] {
                if let Ok(template) = template.parse::<Template>() {
                    let _ = template.read(OsStr::new(&name));
                    let _ = template.read(OsStr::new(&any_name));
                }
            }
        }

        #[test]
        fn what_is_put_together_is_taken_apart(id in "[0-9A-Za-z]{1,12}", kind in "[a-z][a-z0-9]{0,8}", tail in "[a-z_]{0,9}") {
            let name = format!("{id}_{kind}_20261120_{tail}.tif");
            let facts = read("{patient_id}_{document_type}_{obtained_on}_{*}", &name).unwrap().unwrap();
            prop_assert_eq!(facts.patient_id, Some(id.clone()));
            prop_assert_eq!(facts.document_type, kind.parse().ok());
            let name = format!("{tail}_{id}.tif");
            prop_assert_eq!(patient("{*}_{patient_id}", &name), Some(id));
        }
    }
}
