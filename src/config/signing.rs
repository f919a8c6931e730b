//! Signatures and the sessions in which keys are unlocked.

use super::interval::Interval;
use super::section::{Check, Sheet, choice, settings};

settings! {
    /// Signatures, and the sessions in which a person's key is unlocked.
    /// 署名と、鍵を開けておくセッション。
    pub struct Signing {
        /// The kind of new keys: "ed25519", or "ecdsa-p256" for partners whose OpenSSL is older than 3.5.
        /// 新しい鍵の種類。相手の OpenSSL が 3.5 より古いときは "ecdsa-p256"。
        suite: Suite = Suite::Ed25519;
        /// How long a session may last.
        /// 一つのセッションの最長時間。
        longest: Interval = Interval::from_hours(8);
        /// How long it may go unused.
        /// 使わずにいられる時間。
        idle: Interval = Interval::from_minutes(30);
        /// How many documents it may sign.
        /// 一つのセッションで署名できる件数。
        most: u32 = 500;
        /// How far the time that a signed act states may lie from our clock.
        /// 決裁の時刻と時計のずれの許容範囲。
        act_clock_skew: Interval = Interval::from_minutes(5);
    }
}

impl Check for Signing {
    fn check(&self, sheet: &mut Sheet<'_, '_>) {
        // A key left unlocked overnight belongs to whoever sits down first.
        sheet.within("longest", &self.longest, &Interval::from_minutes(1), &Interval::from_hours(24));
        sheet.within("idle", &self.idle, &Interval::from_minutes(1), &self.longest.max(Interval::from_minutes(1)));
        sheet.within("most", &self.most, &1, &10_000);
        sheet.within("act_clock_skew", &self.act_clock_skew, &Interval::from_seconds(1), &Interval::from_hours(1));
    }
}

/// A kind of key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    Ed25519,
    EcdsaP256,
}

choice!(Suite { "ed25519" => Suite::Ed25519, "ecdsa-p256" => Suite::EcdsaP256 });
