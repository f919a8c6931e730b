//! The clock, and how far it may be off.

use super::interval::Interval;
use super::section::{Check, Sheet, settings};
use crate::instant::Instant;

settings! {
    /// The clock.
    /// 時計。
    pub struct Clock {
        /// How far the clock may be off before signing is held.
        /// 時計のずれの許容範囲。超えると署名を止める。
        max_offset: Interval = Interval::from_seconds(2);
        /// Evaluation only: the instant at which the clock starts.
        /// 評価用のみ: 時計の開始時刻。
        starts_at: Option<Instant> = None, like "\"2026-11-20T14:10:00.000000Z\"";
    }
}

impl Check for Clock {
    fn check(&self, sheet: &mut Sheet<'_, '_>) {
        sheet.within("max_offset", &self.max_offset, &Interval::from_seconds(1), &Interval::from_minutes(5));
    }
}
