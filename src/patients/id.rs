//! How a patient id is written: folded to half width, filled with zeros, its check digit confirmed.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use unicode_normalization::UnicodeNormalization as _;

/// A hospital's way of writing patient ids. An id is text: leading zeros count.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct IdRules {
    /// Fills ids of digits with zeros on the left up to this many characters, and refuses longer ones. Default: as
    /// written.
    pub width: Option<u8>,
    /// The last digit confirms the others. Default: no check digit.
    pub check_digit: Option<CheckDigit>,
}

/// The usual check digits of Japanese patient ids, counted from the right (チェックデジット).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum CheckDigit {
    /// モジュラス10 ウェイト2・1 分割 (Luhn): the digits of two-digit products are added apart.
    #[serde(rename = "modulus-10-weight-2-1-split")]
    Modulus10Weight21Split,
    /// モジュラス10 ウェイト2・1 一括: products are added whole.
    #[serde(rename = "modulus-10-weight-2-1")]
    Modulus10Weight21,
    /// モジュラス10 ウェイト3・1, as in JAN.
    #[serde(rename = "modulus-10-weight-3-1")]
    Modulus10Weight31,
    /// モジュラス11 ウェイト2 to 7, repeated; where 10 or 11 comes out the digit is 0.
    #[serde(rename = "modulus-11-weight-2-7")]
    Modulus11Weight27,
}

/// Why a text is no patient id. The text itself is the patient's and stays out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum PatientIdProblem {
    #[error("the patient id is empty")]
    Empty,
    #[error("a patient id has only letters, digits and inner hyphens")]
    Character,
    #[error("the patient id is longer than {maximum} characters")]
    TooLong { maximum: u8 },
    #[error("the check digit of the patient id does not agree")]
    CheckDigit,
}

/// Longest id where no width is set.
const LONGEST: u8 = 32;

impl IdRules {
    /// The one spelling that ids are compared, filed and searched under.
    pub fn normalise(&self, text: &str) -> Result<String, PatientIdProblem> {
        let maximum = self.width.map_or(LONGEST, |width| width.min(LONGEST));
        if text.len() > 400 {
            return Err(PatientIdProblem::TooLong { maximum });
        }
        let folded = folded(text);
        if folded.is_empty() {
            return Err(PatientIdProblem::Empty);
        }
        let inner = |b: u8| b.is_ascii_alphanumeric() || b == b'-';
        if !folded.bytes().all(inner) || folded.starts_with('-') || folded.ends_with('-') {
            return Err(PatientIdProblem::Character);
        }
        if folded.len() > usize::from(maximum) {
            return Err(PatientIdProblem::TooLong { maximum });
        }
        let digits_only = folded.bytes().all(|byte| byte.is_ascii_digit());
        let id = match self.width {
            Some(_) if digits_only => format!("{folded:0>width$}", width = usize::from(maximum)),
            _ => folded,
        };
        match self.check_digit {
            Some(rule) if !rule.confirms(&id) => Err(PatientIdProblem::CheckDigit),
            _ => Ok(id),
        }
    }
}

impl IdRules {
    /// Whether zeros are put before an id so written, because it is shorter than ids are here.
    #[must_use]
    pub fn fills(&self, text: &str) -> bool {
        self.normalise(text).is_ok_and(|id| id.len() > folded(text).len())
    }
}

fn folded(text: &str) -> String {
    if text.is_ascii() { text.trim().to_owned() } else { text.nfkc().collect::<String>().trim().to_owned() }
}

impl CheckDigit {
    /// Whether the last digit is the one that the others ask for. An id with other characters has none.
    fn confirms(self, id: &str) -> bool {
        let digits: Option<Vec<u32>> = id.chars().rev().map(|c| c.to_digit(10)).collect();
        let Some((check, payload)) = digits.as_deref().and_then(<[u32]>::split_first) else {
            return false;
        };
        // At most 32 digits, each product at most 63: the sum stays far below the type's limit.
        let products = payload.iter().zip(self.weights().iter().cycle()).map(|(digit, weight)| digit * weight);
        let sum: u32 = match self {
            Self::Modulus10Weight21Split => products.map(|product| product / 10 + product % 10).sum(),
            _ => products.sum(),
        };
        let expected = match self {
            Self::Modulus11Weight27 => match 11 - sum % 11 {
                10 | 11 => 0,
                digit => digit,
            },
            _ => (10 - sum % 10) % 10,
        };
        !payload.is_empty() && *check == expected
    }

    const fn weights(self) -> &'static [u32] {
        match self {
            Self::Modulus10Weight21Split | Self::Modulus10Weight21 => &[2, 1],
            Self::Modulus10Weight31 => &[3, 1],
            Self::Modulus11Weight27 => &[2, 3, 4, 5, 6, 7],
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn one_spelling_for_every_way_of_writing() {
        let rules = IdRules { width: Some(8), check_digit: None };
        for text in ["00001234", "1234", " 1234 ", "１２３４", "０００１２３４"] {
            assert_eq!(rules.normalise(text).unwrap(), "00001234", "{text}");
        }
        // Without a width nothing is filled: "1234" and "01234" are two patients.
        assert_eq!(IdRules::default().normalise("01234").unwrap(), "01234");
        assert_eq!(IdRules::default().normalise("ｅｒ－12").unwrap(), "er-12");
        assert_eq!(rules.normalise("E12").unwrap(), "E12", "only ids of digits are filled");
        for (text, fills) in
            [("1234", true), ("１２３４", true), ("00001234", false), (" ００００1234 ", false), ("E12", false)]
        {
            assert_eq!(rules.fills(text), fills, "{text}");
        }
        assert!(!IdRules::default().fills("1234"));
    }

    #[test]
    fn what_is_no_id_is_refused() {
        let rules = IdRules { width: Some(8), check_digit: None };
        for (text, expected) in [
            ("", PatientIdProblem::Empty),
            ("　", PatientIdProblem::Empty),
            ("12 34", PatientIdProblem::Character),
            ("=1234", PatientIdProblem::Character),
            ("-1234", PatientIdProblem::Character),
            ("患者1", PatientIdProblem::Character),
            ("123456789", PatientIdProblem::TooLong { maximum: 8 }),
        ] {
            assert_eq!(rules.normalise(text), Err(expected), "{text}");
        }
    }

    #[test]
    fn check_digits_confirm_the_published_examples() {
        // 7992739871-3 is the usual example of Luhn's formula; 4901234567894 of JAN.
        for (rule, good) in [
            (CheckDigit::Modulus10Weight21Split, "79927398713"),
            (CheckDigit::Modulus10Weight31, "4901234567894"),
            // 2·7+1·6+2·5+1·4 = 34 → 6.
            (CheckDigit::Modulus10Weight21, "45676"),
            // 2·5+3·4+4·3+5·2+6·1 = 50, 50 mod 11 = 6 → 5.
            (CheckDigit::Modulus11Weight27, "123455"),
            // 2·6 = 12, 12 mod 11 = 1 → 10 → 0.
            (CheckDigit::Modulus11Weight27, "060"),
        ] {
            let rules = IdRules { width: None, check_digit: Some(rule) };
            assert_eq!(rules.normalise(good).as_deref(), Ok(good), "{rule:?}");
            let last = good.chars().last().unwrap();
            for wrong in ('0'..='9').filter(|digit| *digit != last) {
                let text = format!("{}{wrong}", &good[..good.len() - 1]);
                assert_eq!(rules.normalise(&text), Err(PatientIdProblem::CheckDigit), "{rule:?} {text}");
            }
            assert_eq!(rules.normalise("A1"), Err(PatientIdProblem::CheckDigit));
        }
    }

    proptest! {
        #[test]
        fn no_text_ends_the_process_and_one_spelling_stays(text in "\\PC{0,40}", width in proptest::option::of(0..40_u8)) {
            let rules = IdRules { width, check_digit: Some(CheckDigit::Modulus11Weight27) };
            let _ = rules.normalise(&text);
            let rules = IdRules { width, check_digit: None };
            if let Ok(id) = rules.normalise(&text) {
                prop_assert_eq!(rules.normalise(&id), Ok(id.clone()));
            }
        }
    }
}
