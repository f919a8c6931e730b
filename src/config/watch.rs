//! What is told of before it is too late.

use super::interval::Interval;
use super::section::{Check, Sheet, settings};
use crate::calendar::Span;

settings! {
    /// What is told of before it is too late.
    /// 手遅れになる前に知らせること。
    pub struct Watch {
        /// How long before its time to sign is over a document is raised: elapsed ("2h"), or as the station works ("2 staffed hours").
        /// 署名の期限のどれだけ前から知らせるか。経過時間（"2h"）か、ステーションの稼働時間（"2 staffed hours"）。
        signing_ends: Span = Span::StaffedMinutes { minutes: 120 };
        /// The same for its time-stamp, which nobody has to be at work for.
        /// タイムスタンプの期限のどれだけ前から知らせるか。
        stamping_ends: Span = Span::Elapsed { minutes: 30 };
        /// How long something (an authority, the clock, the store, the anchor) has to have been failing before an incident is opened.
        /// 認証局・時計・保存先などの不調がどれだけ続いたら、障害として記録するか。
        incident_after: Interval = Interval::from_minutes(1);
    }
}

impl Check for Watch {
    fn check(&self, sheet: &mut Sheet<'_, '_>) {
        // What began and ended within a second is no outage, and one that nobody is told of for a day helps nobody.
        sheet.within("incident_after", &self.incident_after, &Interval::from_seconds(1), &Interval::from_hours(24));
    }
}
