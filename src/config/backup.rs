//! Backups, and for whom they are sealed.

use std::fmt;
use std::str::FromStr;

use super::interval::Interval;
use super::section::{Check, Sheet, settings};

settings! {
    /// Backups (`torikomi store backup`).
    /// バックアップ。
    pub struct Backup {
        /// The public keys for which backups are sealed, as `age-keygen` prints them. Who has the secret key of one can open
        /// them; keep those outside the home.
        /// バックアップを封じる公開鍵（`age-keygen` の表示するもの）。どれか一つの秘密鍵で開ける。秘密鍵はホームの外に保管すること。
        recipients: Vec<Recipient> = Vec::new();
        /// How old the newest may be, before `status` lists it among what is missing for statutory filing.
        /// 最も新しいものがこれより古くなると、`status` が法定保存に足りないものとして挙げる。
        oldest: Interval = Interval::from_days(7);
    }
}

impl Check for Backup {
    fn check(&self, sheet: &mut Sheet<'_, '_>) {
        sheet.within("oldest", &self.oldest, &Interval::from_hours(1), &Interval::from_days(90));
    }
}

/// A public key of age: `age1…`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recipient(age::x25519::Recipient);

impl Recipient {
    #[must_use]
    pub fn key(&self) -> &age::x25519::Recipient {
        &self.0
    }
}

impl fmt::Display for Recipient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

#[derive(Debug, thiserror::Error)]
#[error("{0:?} is no public key of age (age1…)")]
pub struct InvalidRecipient(String);

impl FromStr for Recipient {
    type Err = InvalidRecipient;

    fn from_str(text: &str) -> Result<Self, InvalidRecipient> {
        text.parse().map(Self).map_err(|_| InvalidRecipient(text.to_owned()))
    }
}
