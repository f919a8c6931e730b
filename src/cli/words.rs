//! Codes, states and times in the words of one language.

use jiff::civil::{Date, DateTime};
use jiff::tz::{Offset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use serde_json::Value;

use crate::control::facts::Warning;
use crate::control::{ProfileRefusal, Refusal};
use crate::document::{DocumentState, HoldReason};
use crate::identity::dates;
use crate::ids::Name;
use crate::instant::Instant;
use crate::journal::Kind;
use crate::messages::{self, FluentValue, Lang};
use crate::people::acts::ReasonCode;
use crate::pipeline::line::Fault;
use crate::profile::Title;
use crate::toml_text::Located;

/// The catalogue in one language and one time zone.
#[derive(Clone, Debug)]
pub struct Words {
    lang: Lang,
    zone: TimeZone,
}

impl Words {
    #[must_use]
    pub fn new(lang: Lang) -> Self {
        Self { lang, zone: hospital_zone() }
    }

    #[must_use]
    pub fn lang(&self) -> Lang {
        self.lang
    }

    #[must_use]
    pub fn say(&self, id: &str) -> String {
        messages::say(self.lang, id, &[])
    }

    #[must_use]
    pub fn with(&self, id: &str, blanks: &[(&str, FluentValue<'_>)]) -> String {
        messages::say(self.lang, id, blanks)
    }

    /// The sentence, where the catalogue has it.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<String> {
        messages::find(self.lang, id, &[])
    }

    /// The sentence of something that serialises with a `code`: `<area>-<code>`, its fields in the blanks.
    #[must_use]
    pub fn coded(&self, area: &str, coded: &impl Serialize) -> String {
        messages::say_code(self.lang, area, coded)
    }

    /// Why the daemon refused, with states, roles and the like in words.
    #[must_use]
    pub fn refusal(&self, refusal: &Refusal) -> String {
        let mut spoken = refusal.clone();
        match &mut spoken {
            Refusal::DeliveryChangedSinceShown { state, .. } => *state = self.word("delivery-state", state),
            Refusal::WrongState { state, held } | Refusal::ChangedSinceShown { state, held, .. } => {
                *state = self.word("state", state);
                *held = if held.is_empty() { "none".to_owned() } else { self.word("hold", held) };
            }
            Refusal::RoleNeeded { role } => {
                *role = role.split(", ").map(|role| self.word("role", role)).collect::<Vec<_>>().join(" / ");
            }
            Refusal::NotAppointed { role, .. } => *role = self.word("role", role),
            Refusal::People { refused } => {
                let problem = self.coded("people", refused);
                return self.with("control-people", &[("problem", problem.into())]);
            }
            Refusal::ProfileRefused { profile_refusal: ProfileRefusal::Faulty { problems } } => {
                let said = problems.iter().map(|problem| self.located("setting", problem));
                let said = std::iter::once(self.say("control-profile-faulty")).chain(said);
                return said.collect::<Vec<_>>().join("\n");
            }
            Refusal::UnknownReason { reason } => {
                let reasons = self.reasons();
                let blanks = [("reason", reason.as_str().into()), ("valid", reasons.into())];
                return self.with("control-unknown-reason", &blanks);
            }
            Refusal::SecondClockOver { deadline } => {
                if let Ok(at) = deadline.parse() {
                    *deadline = self.time(at);
                }
            }
            _ => {}
        }
        self.coded("control", &spoken)
    }

    /// What an administrator should know, with every fault of a file that has several.
    #[must_use]
    pub fn warning(&self, warning: &Warning) -> String {
        let said = self.coded("warning", warning);
        let Warning::Fault { fault: Fault::Calendar { problems } } = warning else { return said };
        let problems = problems.iter().map(|problem| self.located("setting", problem));
        std::iter::once(said).chain(problems).collect::<Vec<_>>().join("\n")
    }

    /// The word for a code of an area, or the code where there is none.
    #[must_use]
    pub fn word(&self, area: &str, code: &str) -> String {
        self.find(&format!("{area}-{code}")).unwrap_or_else(|| code.to_owned())
    }

    #[must_use]
    pub fn state(&self, state: DocumentState) -> String {
        self.word("state", &state.to_string())
    }

    /// A state, or what holds it, as short as a list has room for.
    #[must_use]
    pub fn standing(&self, state: DocumentState, held: Option<HoldReason>) -> String {
        match held {
            Some(reason) => {
                let reason = self.word("held", &reason.to_string());
                self.with("held-for", &[("reason", reason.into())])
            }
            None => self.state(state),
        }
    }

    #[must_use]
    pub fn hold(&self, reason: HoldReason) -> String {
        self.word("hold", &reason.to_string())
    }

    #[must_use]
    pub fn kind(&self, kind: Kind) -> String {
        self.word("journal", &kind.to_string())
    }

    /// To the minute, in the hospital's zone.
    #[must_use]
    pub fn time(&self, at: Instant) -> String {
        at.in_zone(&self.zone).strftime("%Y-%m-%d %H:%M").to_string()
    }

    /// To the second, where order matters.
    #[must_use]
    pub fn exact_time(&self, at: Instant) -> String {
        at.in_zone(&self.zone).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// A document's date; in Japanese with its era.
    #[must_use]
    pub fn date(&self, date: Date) -> String {
        match self.lang {
            Lang::Ja => dates::wareki(date),
            Lang::En => date.to_string(),
        }
    }

    /// A date as a record keeps it.
    #[must_use]
    pub fn written_date(&self, date: Option<&str>) -> String {
        match date {
            None => self.say("unknown"),
            Some(text) => text.parse().map_or_else(|_| text.to_owned(), |date| self.date(date)),
        }
    }

    /// The instant at which a day begins in the hospital's zone.
    #[must_use]
    pub fn day_begins(&self, day: Date) -> Option<Instant> {
        day.to_zoned(self.zone.clone()).ok().map(|begin| begin.timestamp().into())
    }

    /// A profile by its name and exact version.
    #[must_use]
    pub fn profile(&self, id: &Name, version: u32) -> String {
        self.with("cli-profile", &[("id", id.to_string().into()), ("version", version.into())])
    }

    /// What is said of a place in a file, with its line and column.
    #[must_use]
    pub fn located<T: Serialize>(&self, area: &str, located: &Located<T>) -> String {
        messages::say_located(self.lang, area, located)
    }

    #[must_use]
    pub fn title(&self, title: &Title) -> String {
        match self.lang {
            Lang::Ja => title.ja.clone(),
            Lang::En => title.en.clone(),
        }
    }

    /// What exactly a document waits for, or what is wrong with a delivery: a sentence for each thing, where there are
    /// words for it.
    #[must_use]
    pub fn details(&self, detail: &Value) -> Vec<String> {
        let mut detail = detail.clone();
        if let Some(stage) = detail.get_mut("stage") {
            *stage = self.word("stage", stage.as_str().unwrap_or_default()).into();
        }
        let coded = |value: &Value| DETAIL_AREAS.iter().find_map(|area| messages::find_code(self.lang, area, value));
        let listed = |name: &str| detail.get(name).and_then(Value::as_array).into_iter().flatten();
        let needs = listed("needs").filter_map(Value::as_str).filter_map(|need| self.find(&format!("need-{need}")));
        let needs = needs.collect::<Vec<_>>().join(&self.say("list-separator"));
        let needs = (!needs.is_empty()).then(|| self.with("held-needs", &[("needs", needs.into())]));
        coded(&detail).into_iter().chain(listed("problems").filter_map(coded)).chain(needs).collect()
    }

    /// Every reason that a decision may have, with its words: "readable (all that matters can be read), …".
    #[must_use]
    pub fn reasons(&self) -> String {
        self.choices("act-reason", &ReasonCode::ALL.map(|reason| reason.to_string()))
    }

    /// Codes with their words, all of them from the message `id`.
    #[must_use]
    pub fn choices(&self, id: &str, codes: &[String]) -> String {
        let told = codes.iter().map(|code| {
            let said = self.with(id, &[("code", code.as_str().into())]);
            self.with("cli-value-from", &[("value", code.as_str().into()), ("source", said.into())])
        });
        told.collect::<Vec<_>>().join(&self.say("list-separator"))
    }

    /// What the system itself said of a step that failed: for whoever looks for the cause.
    #[must_use]
    pub fn raw_error(detail: &Value) -> Option<&str> {
        detail.get("code").and_then(Value::as_str).filter(|code| *code == "stage-failed")?;
        detail.get("error").and_then(Value::as_str)
    }

    /// "38 min left", "2 d 3 h over".
    #[must_use]
    pub fn time_left(&self, left: SignedDuration) -> String {
        let over = if left.is_negative() { "over" } else { "left" };
        let minutes = left.abs().as_mins();
        let (days, hours) = (minutes / (24 * 60), minutes / 60 % 24);
        let (unit, first, second) = match minutes {
            0..60 => ("minutes", minutes, 0),
            60..1440 => ("hours", minutes / 60, minutes % 60),
            _ => ("days", days, hours),
        };
        self.with(&format!("time-{over}-{unit}"), &[("first", first.into()), ("second", second.into())])
    }
}

/// Whose codes may stand in the detail of a hold or a delivery's problem.
const DETAIL_AREAS: &[&str] =
    &["identity", "intake", "delivery-problem", "held-detail", "unsigned", "people", "calendar", "clock"];

/// What was typed is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a time")]
pub(super) struct NoTime;

/// Reads a time that a person types: `2026-11-20T09:30` in the hospital's zone, or RFC 3339 with any offset.
pub(super) fn clock_time(text: &str) -> Result<Instant, NoTime> {
    if let Ok(timestamp) = text.parse::<Timestamp>() {
        return Ok(timestamp.into());
    }
    let local = text.replacen(' ', "T", 1).parse::<DateTime>().map_err(|_| NoTime)?;
    let zoned = local.to_zoned(hospital_zone()).map_err(|_| NoTime)?;
    Ok(zoned.timestamp().into())
}

/// Japan has had one offset and no summer time since 1951, so the number serves where the zone's data is missing.
fn hospital_zone() -> TimeZone {
    TimeZone::get("Asia/Tokyo").unwrap_or_else(|_| TimeZone::fixed(Offset::constant(9)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_left_is_told_in_its_two_greatest_units() {
        let minutes = |n: i64| SignedDuration::from_mins(n);
        let (ja, en) = (Words::new(Lang::Ja), Words::new(Lang::En));
        assert_eq!(ja.time_left(minutes(38)), "あと 38 分");
        assert_eq!(en.time_left(minutes(38)), "38 min left");
        assert_eq!(ja.time_left(minutes(125)), "あと 2 時間 5 分");
        assert_eq!(en.time_left(minutes(-2 * 1440 - 3 * 60 - 59)), "2 d 3 h over");
        assert_eq!(ja.time_left(minutes(-5)), "5 分超過");
    }

    #[test]
    fn a_typed_time_is_the_hospitals_unless_it_says_otherwise() {
        for text in ["2026-11-20T09:30", "2026-11-20 09:30", "2026-11-20T00:30:00Z", "2026-11-20T09:30:00+09:00"] {
            assert_eq!(clock_time(text).unwrap().to_string(), "2026-11-20T00:30:00.000000Z", "{text}");
        }
        for wrong in ["", "9:30", "2026-02-30T09:30", "2026-11-20T25:00"] {
            assert!(clock_time(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_problem_within_a_problem_is_said_too() {
        let detail = serde_json::json!({
            "code": "unreadable-date", "field": "obtained_on", "from": "sidecar", "text": "26.11.20",
            "date": { "code": "two-digit-year" },
        });
        let words = Words::new(Lang::Ja);
        let [said] = &words.details(&detail)[..] else { panic!("one sentence") };
        assert!(said.contains("年が2桁") && !said.contains('{'), "{said}");
        let several = serde_json::json!({ "code": "identity", "problems": [detail, detail] });
        assert_eq!(words.details(&several), [said.clone(), said.clone()]);
        let needs = serde_json::json!({ "code": "needs", "needs": ["accept", "late-release"] });
        assert_eq!(words.details(&needs).len(), 1);
        let failed = serde_json::json!({ "code": "stage-failed", "stage": "signing", "error": "x" });
        assert_eq!(words.details(&failed).len(), 1);
        assert!(words.details(&serde_json::json!({ "code": "no-such-code" })).is_empty());
    }

    #[test]
    fn times_are_the_hospitals() {
        let words = Words::new(Lang::Ja);
        assert_eq!(words.time("2026-11-20T15:30:00.000000Z".parse().unwrap()), "2026-11-21 00:30");
        assert_eq!(words.date("2026-11-20".parse().unwrap()), "2026-11-20（令和8年）");
        assert_eq!(Words::new(Lang::En).date("2026-11-20".parse().unwrap()), "2026-11-20");
    }
}
