//! How a table of settings is declared, read and documented from one definition.
//!
//! `settings!` makes of each declaration a struct, its defaults, its reader, and the explanation that `init` writes
//! into the settings file. A setting therefore cannot exist without its explanation and its default.

use std::fmt::Display;
use std::ops::Range;
use std::path::PathBuf;

use super::authority::PolicyOid;
use super::backup::Recipient;
use super::interval::{Interval, Size};
use super::objects::BucketUrl;
use crate::calendar::Span;
use crate::ids::Name;
use crate::instant::Instant;
use crate::paper::Paper;
use crate::toml_text::{Complaint, Reading, Spot, Table};

/// A table of settings.
pub trait Section: Sized {
    /// What the table is for: first English, then Japanese.
    const ABOUT: &'static [&'static str];

    /// Its settings in the order of the file.
    fn fields() -> Vec<Field>;

    /// Reads the table. What cannot be read is complained of and takes its default, so that the rest is read too.
    fn read(sheet: Sheet<'_, '_>) -> Self;
}

/// What no single type shows: bounds, and settings that depend on each other.
pub trait Check {
    fn check(&self, sheet: &mut Sheet<'_, '_>);
}

/// One setting as the file documents it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    pub name: &'static str,
    /// First English, then Japanese.
    pub about: &'static [&'static str],
    /// The default as TOML; none where the setting is off, or must be given.
    pub default: Option<String>,
    /// What it may look like where it has no default.
    pub example: Option<&'static str>,
}

/// Declares a section. A field is written `name: Type = default;` or `name: Type = default, like "example";`.
macro_rules! settings {
    ($(#[doc = $about:literal])+ pub struct $name:ident {
        $($(#[doc = $doc:literal])+ $field:ident: $type:ty = $default:expr $(, like $example:literal)?;)+
    }) => {
        $(#[doc = $about])+
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: $type,)+
        }

        impl Default for $name {
            fn default() -> Self {
                Self { $($field: $default,)+ }
            }
        }

        impl $crate::config::section::Section for $name {
            const ABOUT: &'static [&'static str] = &[$($about),+];

            fn fields() -> Vec<$crate::config::section::Field> {
                let default = Self::default();
                vec![$($crate::config::section::Field {
                    name: stringify!($field),
                    about: &[$($doc),+],
                    default: $crate::config::section::Setting::written(&default.$field),
                    example: settings!(@example $($example)?),
                },)+]
            }

            fn read(mut sheet: $crate::config::section::Sheet<'_, '_>) -> Self {
                let default = Self::default();
                let read = Self { $($field: sheet.take(stringify!($field)).unwrap_or(default.$field),)+ };
                $crate::config::section::Check::check(&read, &mut sheet);
                sheet.finish();
                read
            }
        }
    };
    (@example) => { None };
    (@example $example:literal) => { Some($example) };
}

/// Makes an enum a setting that is one of some words.
macro_rules! choice {
    ($type:ty { $($word:literal => $value:expr),+ $(,)? }) => {
        impl $crate::config::section::Setting for $type {
            fn read(
                table: &mut $crate::toml_text::Table<'_, '_>,
                key: &str,
            ) -> Option<$crate::toml_text::Spot<Self>> {
                table.optional_choice(key, &[$(($word, $value)),+])
            }

            fn written(&self) -> Option<String> {
                [$(($word, $value)),+].into_iter().find(|(_, value)| value == self).map(|(word, _)| format!("{word:?}"))
            }
        }
    };
}

pub(super) use {choice, settings};

/// A type that a setting can have.
pub trait Setting: Sized {
    /// The value of `key`; none where the file does not say, or has been complained of.
    fn read(table: &mut Table<'_, '_>, key: &str) -> Option<Spot<Self>>;

    /// The value as TOML; none for what is off or must be given.
    fn written(&self) -> Option<String>;
}

/// A table of the file while a section is read from it.
pub struct Sheet<'r, 't> {
    reading: &'r Reading<'t>,
    table: Table<'r, 't>,
    /// Which settings the file has, and where their values stand.
    places: Vec<(&'static str, Range<usize>)>,
}

impl<'r, 't> Sheet<'r, 't> {
    pub(super) const fn new(reading: &'r Reading<'t>, table: Table<'r, 't>) -> Self {
        Self { reading, table, places: Vec::new() }
    }

    /// The value of `key`; none where the file does not say, or has been complained of.
    pub(super) fn take<T: Setting>(&mut self, key: &'static str) -> Option<T> {
        if self.table.has(key) {
            // Where its value cannot be read, its place is not asked for either.
            self.places.push((key, self.table.at().clone()));
        }
        let read = T::read(&mut self.table, key)?;
        if let Some((_, place)) = self.places.iter_mut().find(|(name, _)| *name == key) {
            *place = read.at;
        }
        Some(read.value)
    }

    /// Notes a problem of `key`: at its value where it was written, else at its table.
    pub(super) fn complain(&self, key: &str, complaint: impl FnOnce(String) -> Complaint) {
        let place = self.places.iter().find(|(name, _)| *name == key).map_or(self.table.at(), |(_, place)| place);
        self.reading.complain(place, complaint(self.table.name_of(key)));
    }

    /// Demands that a setting lie within bounds, both included.
    pub(super) fn within<T: PartialOrd + Display>(&self, key: &str, found: &T, least: &T, most: &T) {
        if found < least || found > most {
            let (value, least, most) = (found.to_string(), least.to_string(), most.to_string());
            self.complain(key, |key| Complaint::OutOfRange { key, value, least, most });
        }
    }

    /// Demands a setting that has no default. One that is there but cannot be read was complained of already.
    pub(super) fn demand(&self, key: &str) {
        if !self.places.iter().any(|(name, _)| *name == key) {
            self.complain(key, |key| Complaint::MissingKey { key });
        }
    }

    pub(super) fn finish(self) {
        self.table.finish();
    }
}

/// A section as `init` writes it: each setting with its explanation, commented out while it is the default.
pub(super) fn documented<S: Section>(header: &str, set: &[(&str, String)]) -> String {
    let mut lines: Vec<String> = S::ABOUT.iter().map(|line| format!("#{line}")).collect();
    lines.push(format!("[{header}]"));
    for field in S::fields() {
        lines.extend(field.about.iter().map(|line| format!("#{line}")));
        let name = field.name;
        lines.push(match (set.iter().find(|(key, _)| *key == name), field.example, field.default) {
            (Some((_, value)), ..) => format!("{name} = {value}"),
            (None, Some(example), _) => format!("# {name} = {example}"),
            (None, None, default) => format!("# {name} = {}", default.unwrap_or_default()),
        });
    }
    lines.push(String::new());
    lines.join("\n")
}

/// A TOML string.
pub(super) fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

/// A TOML list of strings.
pub(super) fn listed<T: Display>(items: &[T]) -> String {
    let items: Vec<_> = items.iter().map(|item| quoted(&item.to_string())).collect();
    format!("[{}]", items.join(", "))
}

impl Setting for bool {
    fn read(table: &mut Table<'_, '_>, key: &str) -> Option<Spot<Self>> {
        table.optional_bool(key)
    }

    fn written(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for u32 {
    fn read(table: &mut Table<'_, '_>, key: &str) -> Option<Spot<Self>> {
        table.optional_integer(key, Self::MIN, Self::MAX)
    }

    fn written(&self) -> Option<String> {
        Some(self.to_string())
    }
}

impl Setting for String {
    fn read(table: &mut Table<'_, '_>, key: &str) -> Option<Spot<Self>> {
        table.optional_text(key)
    }

    fn written(&self) -> Option<String> {
        Some(quoted(self))
    }
}

impl Setting for PathBuf {
    fn read(table: &mut Table<'_, '_>, key: &str) -> Option<Spot<Self>> {
        Some(table.optional_text(key)?.map(Self::from))
    }

    fn written(&self) -> Option<String> {
        self.to_str().map(quoted)
    }
}

impl<T: Setting> Setting for Option<T> {
    fn read(table: &mut Table<'_, '_>, key: &str) -> Option<Spot<Self>> {
        Some(T::read(table, key)?.map(Some))
    }

    fn written(&self) -> Option<String> {
        self.as_ref().and_then(T::written)
    }
}

/// Types with a spelling of their own; `expected` is the code of what the message calls it.
macro_rules! spelled {
    ($($type:ty => $expected:literal),+ $(,)?) => {
        $(
            impl Setting for $type {
                fn read(table: &mut Table<'_, '_>, key: &str) -> Option<Spot<Self>> {
                    table.optional_parsed(key, $expected)
                }

                fn written(&self) -> Option<String> {
                    Some(quoted(&self.to_string()))
                }
            }

            impl Setting for Vec<$type> {
                fn read(table: &mut Table<'_, '_>, key: &str) -> Option<Spot<Self>> {
                    let list = table.optional_parsed_list(key, $expected)?;
                    Some(list.map(|items| items.into_iter().map(|item: Spot<$type>| item.value).collect()))
                }

                fn written(&self) -> Option<String> {
                    Some(listed(self))
                }
            }
        )+
    };
}

spelled!(
    Interval => "interval", Size => "size", Name => "name", Instant => "instant", PolicyOid => "oid", Span => "span",
    BucketUrl => "bucket-url", Recipient => "age-recipient",
);

choice!(Paper {
    "A3" => Paper::A3,
    "A4" => Paper::A4,
    "A5" => Paper::A5,
    "A6" => Paper::A6,
    "B4" => Paper::B4,
    "B5" => Paper::B5,
    "B6" => Paper::B6,
    "postcard" => Paper::Postcard,
    "card" => Paper::Card,
});
