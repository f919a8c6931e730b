//! What a passphrase must be, after 6.5-C14(4)a and (5) of the guideline.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::config::people::{People, SHORTEST_PASSPHRASE};

/// The hospital's rule. It may ask for more than the guideline, never for less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PassphraseRule {
    /// In characters.
    pub shortest: u32,
}

/// What a passphrase lacks. Message ids are `weaknesses-<code>`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema, thiserror::Error)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Weakness {
    #[error("it has {length} characters and needs {shortest}")]
    TooShort { length: u32, shortest: u32 },
    #[error("it has no letter")]
    NoLetter,
    #[error("it has no digit")]
    NoDigit,
    #[error("it has no symbol")]
    NoSymbol,
    #[error("it contains the login or the name")]
    LikeThePerson,
    #[error("it repeats a few characters")]
    Repetitive,
}

/// Fewer different characters than this are a pattern, not a phrase.
const FEWEST_DIFFERENT: usize = 6;

impl PassphraseRule {
    /// All that is weak about a passphrase. `names` are the person's login, name and kana.
    #[must_use]
    pub fn weaknesses(self, passphrase: &str, names: &[&str]) -> Vec<Weakness> {
        let mut found = Vec::new();
        let length = u32::try_from(passphrase.chars().count()).unwrap_or(u32::MAX);
        if length < self.shortest {
            found.push(Weakness::TooShort { length, shortest: self.shortest });
        }
        if !passphrase.chars().any(char::is_alphabetic) {
            found.push(Weakness::NoLetter);
        }
        if !passphrase.chars().any(char::is_numeric) {
            found.push(Weakness::NoDigit);
        }
        if !passphrase.chars().any(|c| !c.is_alphanumeric() && !c.is_control()) {
            found.push(Weakness::NoSymbol);
        }
        let plain = plain(passphrase);
        let backwards: String = plain.chars().rev().collect();
        let like = |name: &str| name.chars().count() >= 2 && (plain.contains(name) || backwards.contains(name));
        if names.iter().flat_map(|name| parts(name)).any(|name| like(&name)) {
            found.push(Weakness::LikeThePerson);
        }
        let mut different: Vec<char> = passphrase.chars().collect();
        different.sort_unstable();
        different.dedup();
        if different.len() < FEWEST_DIFFERENT {
            found.push(Weakness::Repetitive);
        }
        found
    }
}

impl Default for PassphraseRule {
    fn default() -> Self {
        Self { shortest: SHORTEST_PASSPHRASE }
    }
}

impl From<&People> for PassphraseRule {
    fn from(settings: &People) -> Self {
        Self { shortest: settings.shortest_passphrase.max(SHORTEST_PASSPHRASE) }
    }
}

pub(super) fn list(weaknesses: &[Weakness]) -> String {
    weaknesses.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// Letters and digits alone, in lower case: separators do not make a name a secret.
fn plain(text: &str) -> String {
    text.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// A name as a whole, and its parts as they are written apart.
fn parts(name: &str) -> impl Iterator<Item = String> {
    let whole = plain(name);
    name.split(|c: char| !c.is_alphanumeric()).map(plain).filter(|part| part.chars().count() >= 3).chain([whole])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weaknesses(passphrase: &str) -> Vec<Weakness> {
        PassphraseRule::default().weaknesses(passphrase, &["mihon-kanri", "見本 管理者"])
    }

    #[test]
    fn a_long_mixed_phrase_is_enough() {
        for good in ["correct-horse-7-battery", "桜の木の下で-2026-春を待つ", "x7!kQ p2#vLm9z"] {
            assert_eq!(weaknesses(good), [], "{good}");
        }
    }

    #[test]
    fn each_weakness_is_told() {
        for (wrong, expected) in [
            ("short-7-words", vec![]),
            ("hort-7-words", vec![Weakness::TooShort { length: 12, shortest: 13 }]),
            ("1234-5678-9012-3456", vec![Weakness::NoLetter]),
            ("correct-horse-battery", vec![Weakness::NoDigit]),
            ("correcthorse7battery", vec![Weakness::NoSymbol]),
            ("7-!Mihon.Kanri!-22", vec![Weakness::LikeThePerson]),
            ("7-!irnak_xyz-22abc", vec![Weakness::LikeThePerson]),
            ("2026-見本管理者-abcdefg", vec![Weakness::LikeThePerson]),
            ("a1-a1-a1-a1-a1-a1", vec![Weakness::Repetitive]),
        ] {
            assert_eq!(weaknesses(wrong), expected, "{wrong}");
        }
        assert_eq!(weaknesses("").len(), 5);
    }

    #[test]
    fn a_hospital_may_ask_for_more() {
        let rule = PassphraseRule { shortest: 20 };
        assert_eq!(rule.weaknesses("short-7-words", &[]), [Weakness::TooShort { length: 13, shortest: 20 }]);
    }
}
