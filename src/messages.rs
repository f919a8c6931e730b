//! Codes into sentences, in Japanese and English, from one catalogue.
//!
//! The texts are Fluent files beside this one, one for each area and language. Codes and numbers travel through the
//! program and into records; they become sentences here and nowhere else.

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use jiff::tz::Offset;
use serde::Serialize;
use serde_json::{Map, Value};
use unic_langid::LanguageIdentifier;

use crate::instant::Instant;
use crate::toml_text::Located;

mod findings;

pub use findings::{Said, say_findings};
pub use fluent_bundle::FluentValue;

/// One area of the catalogue: its text in each language.
struct Area {
    /// For the tests, which name the file at fault.
    #[cfg(test)]
    name: &'static str,
    ja: &'static str,
    en: &'static str,
}

macro_rules! areas {
    ($($name:literal),+ $(,)?) => {
        &[$(Area {
            #[cfg(test)]
            name: $name,
            ja: include_str!(concat!("messages/ja/", $name, ".ftl")),
            en: include_str!(concat!("messages/en/", $name, ".ftl")),
        }),+]
    };
}

/// Every file of the catalogue.
const AREAS: &[Area] = areas![
    "backup",
    "checks",
    "cli",
    "control",
    "help",
    "identity",
    "incidents",
    "init",
    "intake",
    "people",
    "profile",
    "settings",
    "store",
    "verify",
];

/// A language that the catalogue has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Lang {
    #[default]
    Ja,
    En,
}

impl Lang {
    pub const ALL: [Self; 2] = [Self::Ja, Self::En];

    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ja => "ja",
            Self::En => "en",
        }
    }
}

/// The sentence `id` with its blanks filled. An id that the catalogue lacks is answered with itself: better a code than
/// nothing.
#[must_use]
pub fn say(lang: Lang, id: &str, blanks: &[(&str, FluentValue<'_>)]) -> String {
    find(lang, id, blanks).unwrap_or_else(|| id.to_owned())
}

/// The sentence `id`, where the catalogue has it.
#[must_use]
pub fn find(lang: Lang, id: &str, blanks: &[(&str, FluentValue<'_>)]) -> Option<String> {
    let bundle = bundle(lang);
    let pattern = bundle.get_message(id)?.value()?;
    let args: FluentArgs<'_> = blanks.iter().map(|(name, value)| (*name, value.clone())).collect();
    // A blank that stays empty shows its name; the tests see to it that none does.
    Some(bundle.format_pattern(pattern, Some(&args), &mut Vec::new()).into_owned())
}

/// The sentence of something that serialises with a `code`: its id is `<area>-<code>`, its fields fill the blanks.
///
/// A field that has a code of its own becomes a sentence first (`fault` with code `killed` that of `fault-killed`), a
/// list one text. Of numbers in small units there is a readable one beside: `found_milli_dpi` also fills `$found_dpi`,
/// `dark_ppm` also `$dark_percent`, `length_um` also `$length_mm`. Instants are told on Japan's clock.
#[must_use]
pub fn say_code(lang: Lang, area: &str, coded: &impl Serialize) -> String {
    let value = serde_json::to_value(coded).unwrap_or(Value::Null);
    find_code(lang, area, &value).unwrap_or_else(|| value.to_string())
}

/// The sentence of a JSON object with a `code`, where the area has one.
#[must_use]
pub fn find_code(lang: Lang, area: &str, coded: &Value) -> Option<String> {
    let fields = coded.as_object()?;
    let code = fields.get("code")?.as_str()?;
    let blanks = blanks(lang, fields);
    let blanks: Vec<(&str, FluentValue<'_>)> =
        blanks.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
    find(lang, &format!("{area}-{code}"), &blanks)
}

/// What is said of a place in a file, with the place: "profiles/consent.toml, line 12, column 3: …".
#[must_use]
pub fn say_located<T: Serialize>(lang: Lang, area: &str, located: &Located<T>) -> String {
    let blanks = [
        ("file", located.file.as_str().into()),
        ("line", located.line.into()),
        ("column", located.column.into()),
        ("what", say_code(lang, area, &located.what).into()),
    ];
    say(lang, "setting-at", &blanks)
}

fn blanks(lang: Lang, fields: &Map<String, Value>) -> Vec<(String, FluentValue<'static>)> {
    let mut blanks = Vec::new();
    for (name, value) in fields.iter().filter(|(name, _)| *name != "code") {
        if let Some((readable, text)) = value.as_u64().and_then(|number| readable(name, number)) {
            blanks.push((readable, text.into()));
        }
        blanks.push((name.clone(), blank(lang, name, value)));
    }
    blanks
}

/// What a field becomes in a sentence. Numbers stay numbers, so that the catalogue may choose a plural; what is absent
/// is `none`, so that it may choose other words.
fn blank(lang: Lang, name: &str, value: &Value) -> FluentValue<'static> {
    match value {
        Value::Null => "none".into(),
        Value::Bool(truth) => truth.to_string().into(),
        Value::Number(number) => match number.as_i64() {
            Some(number) => number.into(),
            None => number.to_string().into(),
        },
        Value::String(text) => on_the_clock(text).unwrap_or_else(|| text.clone()).into(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| item_text(lang, name, item)).collect();
            let separator = [format!("{name}-separator"), "list-separator".to_owned()];
            let separator = separator.iter().find_map(|id| find(lang, id, &[])).unwrap_or_else(|| ", ".to_owned());
            items.join(&separator).into()
        }
        Value::Object(_) => {
            let area = name.replace('_', "-");
            find_code(lang, &area, value).unwrap_or_else(|| value.to_string()).into()
        }
    }
}

fn item_text(lang: Lang, name: &str, item: &Value) -> String {
    match item {
        // A code word of ours, as a role is.
        Value::String(text) => {
            find(lang, &format!("{name}-{}", text.replace('_', "-")), &[]).unwrap_or_else(|| text.clone())
        }
        Value::Object(fields) => {
            if let Some(sentence) = find_code(lang, &name.replace('_', "-"), item) {
                return sentence;
            }
            let blanks = blanks(lang, fields);
            let blanks: Vec<_> = blanks.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
            find(lang, &format!("{name}-item"), &blanks).unwrap_or_else(|| item.to_string())
        }
        other => other.to_string(),
    }
}

/// An instant as a clock in Japan shows it, to the minute. The zone is said, so it is true wherever it is read.
fn on_the_clock(text: &str) -> Option<String> {
    let instant: Instant = text.parse().ok()?;
    let zone = Offset::constant(9).to_time_zone();
    Some(format!("{} JST", instant.in_zone(&zone).strftime("%Y-%m-%d %H:%M")))
}

/// A number in a unit for people, under its own name. Cut, never rounded: 299.96 is not 300.
fn readable(name: &str, number: u64) -> Option<(String, String)> {
    if name.contains("milli_") {
        let shown = if name.ends_with("_degrees") { 2 } else { 1 };
        Some((name.replace("milli_", ""), decimals(number, 3, shown)))
    } else if let Some(stem) = name.strip_suffix("_ppm") {
        Some((format!("{stem}_percent"), decimals(number, 4, 4)))
    } else {
        name.strip_suffix("_um").map(|stem| (format!("{stem}_mm"), decimals(number, 3, 1)))
    }
}

/// `number` with its last `places` digits behind the point, of which at most `shown` are shown.
fn decimals(number: u64, places: usize, shown: usize) -> String {
    let digits = format!("{number:0>width$}", width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let fraction: String = fraction.chars().take(shown).collect();
    match fraction.trim_end_matches('0') {
        "" => whole.to_owned(),
        fraction => format!("{whole}.{fraction}"),
    }
}

fn bundle(lang: Lang) -> &'static FluentBundle<FluentResource> {
    static JA: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| read(Lang::Ja));
    static EN: LazyLock<FluentBundle<FluentResource>> = LazyLock::new(|| read(Lang::En));
    match lang {
        Lang::Ja => &JA,
        Lang::En => &EN,
    }
}

fn read(lang: Lang) -> FluentBundle<FluentResource> {
    let locale: LanguageIdentifier = lang.code().parse().unwrap_or_default();
    let mut bundle = FluentBundle::new_concurrent(vec![locale]);
    // Marks that isolate the direction of text would stand in terminals and be copied with ids.
    bundle.set_use_isolating(false);
    for area in AREAS {
        // What could be read of a faulty file is used; a test demands that none is faulty.
        let resource = FluentResource::try_new(area.text(lang).to_owned()).unwrap_or_else(|(resource, _)| resource);
        bundle.add_resource_overriding(resource);
    }
    bundle
}

impl Area {
    fn text(&self, lang: Lang) -> &'static str {
        match lang {
            Lang::Ja => self.ja,
            Lang::En => self.en,
        }
    }
}

#[cfg(test)]
mod tests;
