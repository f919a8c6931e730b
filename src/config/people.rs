//! People: passphrases, certificates, and who may approve whose work.

use super::interval::Interval;
use super::section::{Check, Sheet, settings};

/// What the guideline asks of a passphrase without a second factor (6.5-C14(4)a), in characters.
pub const SHORTEST_PASSPHRASE: u32 = 13;

settings! {
    /// People.
    /// 利用者。
    pub struct People {
        /// How many characters a passphrase has at least: letters, digits and symbols together (6.5-C14(4)a: 13).
        /// パスフレーズの最短の長さ。英字・数字・記号を混ぜる。
        shortest_passphrase: u32 = SHORTEST_PASSPHRASE;
        /// How long a new certificate is valid.
        /// 新しい証明書の有効期間。
        certificate_valid: Interval = Interval::from_days(730);
        /// For how long a person cannot approve the work of the one who made or renewed their account.
        /// 自分を登録した人の申請を承認できない期間。
        second_person_after: Interval = Interval::from_days(30);
        /// How long before a gap without an information manager to warn.
        /// 情報作成管理者が不在になる前に警告する期間。
        warn_of_gap: Interval = Interval::from_days(30);
    }
}

impl Check for People {
    fn check(&self, sheet: &mut Sheet<'_, '_>) {
        sheet.within("shortest_passphrase", &self.shortest_passphrase, &SHORTEST_PASSPHRASE, &128);
        sheet.within("certificate_valid", &self.certificate_valid, &Interval::from_days(1), &Interval::from_days(1826));
        sheet.within(
            "second_person_after",
            &self.second_person_after,
            &Interval::from_days(1),
            &Interval::from_days(365),
        );
        sheet.within("warn_of_gap", &self.warn_of_gap, &Interval::from_days(1), &Interval::from_days(365));
    }
}
