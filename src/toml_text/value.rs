//! One table of a file, asked for key by key.

use std::collections::BTreeMap;
use std::ops::Range;
use std::str::FromStr;

use toml::de::{DeTable, DeValue};

use super::{Complaint, Kind, Reading};

/// A value and its place in the file, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot<T> {
    pub value: T,
    pub at: Range<usize>,
}

impl<T> Spot<T> {
    pub fn map<U>(self, make: impl FnOnce(T) -> U) -> Spot<U> {
        Spot { value: make(self.value), at: self.at }
    }
}

/// What is left of a table: each question takes its key out, and [`Table::finish`] complains of the rest.
///
/// A method named after a type asks for a key that must be there; one that begins with `optional` for one that may.
/// Both give `None` where they have complained.
pub struct Table<'r, 't> {
    reading: &'r Reading<'t>,
    /// Dotted, empty for the outermost.
    path: String,
    at: Range<usize>,
    left: BTreeMap<String, Entry<'t>>,
    asked: Vec<String>,
    /// Whether the file has this table at all.
    present: bool,
}

struct Entry<'t> {
    key_at: Range<usize>,
    at: Range<usize>,
    value: DeValue<'t>,
}

impl<'r, 't> Table<'r, 't> {
    pub(super) fn new(reading: &'r Reading<'t>, path: String, at: Range<usize>, table: DeTable<'t>) -> Self {
        let left = table
            .into_iter()
            .map(|(key, value)| {
                let entry = Entry { key_at: key.span(), at: value.span(), value: value.into_inner() };
                (key.into_inner().into_owned(), entry)
            })
            .collect();
        Self { reading, path, at, left, asked: Vec::new(), present: true }
    }

    /// Where the table begins; the file's start where it is absent.
    #[must_use]
    pub fn at(&self) -> &Range<usize> {
        &self.at
    }

    #[must_use]
    pub fn is_present(&self) -> bool {
        self.present
    }

    /// Whether the key is there and was not asked for yet.
    #[must_use]
    pub fn has(&self, key: &str) -> bool {
        self.left.contains_key(key)
    }

    /// Whether the key is there, not asked for yet, and a table.
    #[must_use]
    pub fn is_table(&self, key: &str) -> bool {
        self.left.get(key).is_some_and(|entry| matches!(entry.value, DeValue::Table(_)))
    }

    /// The keys not asked for yet, for tables whose keys are data.
    #[must_use]
    pub fn keys(&self) -> Vec<Spot<String>> {
        self.left.iter().map(|(key, entry)| Spot { value: key.clone(), at: entry.key_at.clone() }).collect()
    }

    /// The key with the path of its table, as problems name it.
    #[must_use]
    pub fn name_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// A table inside; one that is absent is read as an empty one.
    pub fn table(&mut self, key: &str) -> Table<'r, 't> {
        let path = self.name_of(key);
        let absent = |at| Table {
            reading: self.reading,
            path: path.clone(),
            at,
            left: BTreeMap::new(),
            asked: Vec::new(),
            present: false,
        };
        let beginning = self.at.clone();
        match self.take(key) {
            None => absent(beginning),
            Some(Entry { value: DeValue::Table(table), key_at, .. }) => Table::new(self.reading, path, key_at, table),
            Some(entry) => {
                self.wrong_type(key, Kind::Table, &entry);
                absent(entry.at)
            }
        }
    }

    pub fn text(&mut self, key: &str) -> Option<Spot<String>> {
        self.required(key, Self::optional_text)
    }

    /// A string that is not blank.
    pub fn optional_text(&mut self, key: &str) -> Option<Spot<String>> {
        let entry = self.take(key)?;
        let text = self.string(key, entry)?;
        if text.value.trim().is_empty() {
            self.reading.complain(&text.at, Complaint::Empty { key: self.name_of(key) });
            return None;
        }
        Some(text)
    }

    pub fn integer(&mut self, key: &str, least: u32, most: u32) -> Option<Spot<u32>> {
        self.required(key, |table, key| table.optional_integer(key, least, most))
    }

    pub fn optional_integer(&mut self, key: &str, least: u32, most: u32) -> Option<Spot<u32>> {
        let entry = self.take(key)?;
        let DeValue::Integer(number) = &entry.value else {
            self.wrong_type(key, Kind::Integer, &entry);
            return None;
        };
        match i64::from_str_radix(number.as_str(), number.radix()).ok().and_then(|n| u32::try_from(n).ok()) {
            Some(value) if (least..=most).contains(&value) => Some(Spot { value, at: entry.at }),
            _ => {
                let value = number.to_string();
                let (least, most) = (least.to_string(), most.to_string());
                self.reading.complain(&entry.at, Complaint::OutOfRange { key: self.name_of(key), value, least, most });
                None
            }
        }
    }

    /// A number with up to three decimals, in thousandths.
    pub fn optional_milli(&mut self, key: &str, least_milli: u32, most_milli: u32) -> Option<Spot<u32>> {
        let entry = self.take(key)?;
        let written = match &entry.value {
            DeValue::Integer(number) if number.radix() == 10 => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            _ => {
                self.wrong_type(key, Kind::Number, &entry);
                return None;
            }
        };
        match milli(&written) {
            Some(value) if (least_milli..=most_milli).contains(&value) => Some(Spot { value, at: entry.at }),
            _ => {
                let (least, most) = (in_units(least_milli), in_units(most_milli));
                let complaint = Complaint::OutOfRange { key: self.name_of(key), value: written, least, most };
                self.reading.complain(&entry.at, complaint);
                None
            }
        }
    }

    pub fn optional_bool(&mut self, key: &str) -> Option<Spot<bool>> {
        let entry = self.take(key)?;
        match entry.value {
            DeValue::Boolean(value) => Some(Spot { value, at: entry.at }),
            _ => {
                self.wrong_type(key, Kind::Boolean, &entry);
                None
            }
        }
    }

    /// A string in a form of its own, such as a date or a duration.
    pub fn parsed<T: FromStr>(&mut self, key: &str, expected: &'static str) -> Option<Spot<T>> {
        self.required(key, |table, key| table.optional_parsed(key, expected))
    }

    /// `expected` is a code that the message catalogue knows the words for.
    pub fn optional_parsed<T: FromStr>(&mut self, key: &str, expected: &'static str) -> Option<Spot<T>> {
        let entry = self.take(key)?;
        let text = self.string(key, entry)?;
        self.parse(key, text, expected)
    }

    /// A string out of a fixed set.
    pub fn choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<Spot<T>> {
        self.required(key, |table, key| table.optional_choice(key, choices))
    }

    pub fn optional_choice<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<Spot<T>> {
        let entry = self.take(key)?;
        let text = self.string(key, entry)?;
        self.choose(key, text, choices)
    }

    /// A list of strings out of a fixed set, none twice; `None` where the key is absent.
    pub fn optional_choices<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<Spot<Vec<Spot<T>>>> {
        let list = self.optional_list(key)?;
        let at = list.at;
        let value = list.value.into_iter().filter_map(|text| self.choose(key, text, choices)).collect();
        Some(Spot { value, at })
    }

    pub fn choices<T: Copy>(&mut self, key: &str, choices: &[(&str, T)]) -> Option<Spot<Vec<Spot<T>>>> {
        let list = self.required(key, |table, key| table.optional_choices(key, choices))?;
        if list.value.is_empty() {
            self.reading.complain(&list.at, Complaint::Empty { key: self.name_of(key) });
            return None;
        }
        Some(list)
    }

    /// A list of strings in a form of its own, none twice.
    pub fn optional_parsed_list<T: FromStr>(
        &mut self,
        key: &str,
        expected: &'static str,
    ) -> Option<Spot<Vec<Spot<T>>>> {
        let list = self.optional_list(key)?;
        let at = list.at;
        let value = list.value.into_iter().filter_map(|text| self.parse(key, text, expected)).collect();
        Some(Spot { value, at })
    }

    /// Complains of every key nobody asked for.
    pub fn finish(self) {
        for (key, entry) in &self.left {
            let suggestion = nearest(key, &self.asked);
            self.reading.complain(&entry.key_at, Complaint::UnknownKey { key: self.name_of(key), suggestion });
        }
    }

    fn required<T>(&mut self, key: &str, ask: impl FnOnce(&mut Self, &str) -> Option<T>) -> Option<T> {
        if !self.has(key) {
            self.asked.push(key.to_owned());
            self.reading.complain(&self.at, Complaint::MissingKey { key: self.name_of(key) });
            return None;
        }
        ask(self, key)
    }

    fn take(&mut self, key: &str) -> Option<Entry<'t>> {
        self.asked.push(key.to_owned());
        self.left.remove(key)
    }

    fn string(&self, key: &str, entry: Entry<'t>) -> Option<Spot<String>> {
        match entry.value {
            DeValue::String(text) => Some(Spot { value: text.into_owned(), at: entry.at }),
            _ => {
                self.wrong_type(key, Kind::String, &entry);
                None
            }
        }
    }

    fn optional_list(&mut self, key: &str) -> Option<Spot<Vec<Spot<String>>>> {
        let entry = self.take(key)?;
        let DeValue::Array(items) = entry.value else {
            self.wrong_type(key, Kind::List, &entry);
            return None;
        };
        let mut value: Vec<Spot<String>> = Vec::new();
        for item in items {
            let at = item.span();
            let item = Entry { key_at: at.clone(), at, value: item.into_inner() };
            let Some(text) = self.string(key, item) else { continue };
            if value.iter().any(|seen| seen.value == text.value) {
                self.reading.complain(&text.at, Complaint::Repeated { key: self.name_of(key), value: text.value });
            } else {
                value.push(text);
            }
        }
        Some(Spot { value, at: entry.at })
    }

    fn parse<T: FromStr>(&self, key: &str, text: Spot<String>, expected: &'static str) -> Option<Spot<T>> {
        match text.value.parse() {
            Ok(value) => Some(Spot { value, at: text.at }),
            Err(_) => {
                let complaint =
                    Complaint::BadValue { key: self.name_of(key), value: text.value, expected: expected.to_owned() };
                self.reading.complain(&text.at, complaint);
                None
            }
        }
    }

    fn choose<T: Copy>(&self, key: &str, text: Spot<String>, choices: &[(&str, T)]) -> Option<Spot<T>> {
        if let Some((_, value)) = choices.iter().find(|(name, _)| *name == text.value) {
            return Some(Spot { value: *value, at: text.at });
        }
        let allowed = choices.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
        self.reading.complain(&text.at, Complaint::NotOneOf { key: self.name_of(key), value: text.value, allowed });
        None
    }

    fn wrong_type(&self, key: &str, expected: Kind, entry: &Entry<'_>) {
        let found = match entry.value {
            DeValue::String(_) => Kind::String,
            DeValue::Integer(_) => Kind::Integer,
            DeValue::Float(_) => Kind::Number,
            DeValue::Boolean(_) => Kind::Boolean,
            DeValue::Datetime(_) => Kind::Date,
            DeValue::Array(_) => Kind::List,
            DeValue::Table(_) => Kind::Table,
        };
        self.reading.complain(&entry.at, Complaint::WrongType { key: self.name_of(key), expected, found });
    }
}

/// "0.5" is 500. Nothing for signs, exponents, or more than three decimals: no number is rounded unseen.
fn milli(written: &str) -> Option<u32> {
    let (whole, decimals) = written.split_once('.').unwrap_or((written, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) || decimals.len() > 3 {
        return None;
    }
    let fraction: u32 = format!("{decimals:0<3}").parse().ok()?;
    whole.parse::<u32>().ok()?.checked_mul(1000)?.checked_add(fraction)
}

fn in_units(milli: u32) -> String {
    let text = format!("{}.{:03}", milli / 1000, milli % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// The known key that was probably meant: at most two letters away.
fn nearest(key: &str, known: &[String]) -> Option<String> {
    known
        .iter()
        .map(|candidate| (distance(key, candidate), candidate))
        .filter(|(distance, candidate)| *distance <= 2 && *distance < candidate.chars().count())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate.clone())
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut diagonal = i;
        let mut left = i + 1;
        for (cell, y) in row.iter_mut().skip(1).zip(&b) {
            let cost = diagonal + usize::from(x != *y);
            diagonal = *cell;
            left = cost.min(left + 1).min(diagonal + 1);
            *cell = left;
        }
        if let Some(first) = row.first_mut() {
            *first = i + 1;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousandths_are_never_rounded() {
        for (written, expected) in [
            ("3", Some(3000)),
            ("0.5", Some(500)),
            ("0.125", Some(125)),
            ("0.1255", None),
            ("-1.0", None),
            ("1e3", None),
        ] {
            assert_eq!(milli(written), expected, "{written}");
        }
        assert_eq!((in_units(500).as_str(), in_units(3000).as_str()), ("0.5", "3"));
    }

    #[test]
    fn distances() {
        assert_eq!((distance("kitten", "sitting"), distance("a", "a"), distance("", "ab")), (3, 0, 2));
    }
}
