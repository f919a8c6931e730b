//! JSON read strictly: no key twice, no deeper than allowed.
//!
//! A usual reader keeps the last of two equal keys, so two readers of one sidecar could see two patients.

use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

/// A JSON value with its keys in the order of the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Json {
    Null,
    Bool(bool),
    /// A whole number, not negative.
    Whole(u64),
    /// Any other number; nothing here wants one.
    Number,
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

/// What is wrong, and where the reader stood when it saw it, counted from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub(super) kind: FaultKind,
    pub(super) line: u64,
    pub(super) column: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FaultKind {
    Syntax,
    TooDeep,
    DuplicateKey(String),
}

/// Reads one value and nothing after it. `depth` counts nested lists and objects, the outermost included.
pub(super) fn read(text: &str, depth: usize) -> Result<Json, Fault> {
    let kind = RefCell::new(None);
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = Seed { depth, kind: &kind }.deserialize(&mut deserializer);
    value.and_then(|value| deserializer.end().map(|()| value)).map_err(|error| Fault {
        kind: kind.take().unwrap_or(FaultKind::Syntax),
        line: u64::try_from(error.line()).unwrap_or(u64::MAX),
        column: u64::try_from(error.column()).unwrap_or(u64::MAX),
    })
}

/// Serde's errors are sentences; what exactly went wrong is set down in `kind` beside them.
#[derive(Clone, Copy)]
struct Seed<'a> {
    depth: usize,
    kind: &'a RefCell<Option<FaultKind>>,
}

impl Seed<'_> {
    fn fault<E: serde::de::Error>(self, kind: FaultKind) -> E {
        self.kind.replace(Some(kind));
        E::custom("refused")
    }

    fn inner<E: serde::de::Error>(self) -> Result<Self, E> {
        match self.depth.checked_sub(1) {
            Some(depth) => Ok(Self { depth, ..self }),
            None => Err(self.fault(FaultKind::TooDeep)),
        }
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Json;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Json, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Json;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json, E> {
        Ok(Json::Whole(value))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Json, E> {
        Ok(Json::Number)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Json, E> {
        Ok(Json::Number)
    }

    fn visit_str<E>(self, text: &str) -> Result<Json, E> {
        Ok(Json::Text(text.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Json, A::Error> {
        let seed = self.inner::<A::Error>()?;
        let mut values = Vec::new();
        while let Some(value) = list.next_element_seed(seed)? {
            values.push(value);
        }
        Ok(Json::List(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Json, A::Error> {
        let seed = self.inner::<A::Error>()?;
        let mut entries: Vec<(String, Json)> = Vec::new();
        let mut seen = std::collections::HashSet::new();
        while let Some(key) = map.next_key::<String>()? {
            if !seen.insert(key.clone()) {
                return Err(self.fault(FaultKind::DuplicateKey(key)));
            }
            entries.push((key, map.next_value_seed(seed)?));
        }
        Ok(Json::Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_stands_once_at_every_depth() {
        assert!(read(r#"{"a":{"b":1},"b":[{"b":null},2.5,-1,"x",true]}"#, 3).is_ok());
        for (text, line) in [("{\"a\":1,\n\"a\":1}", 2), ("{\"a\":[{\"a\":1,\"\\u0061\":2}]}", 1)] {
            let fault = read(text, 8).unwrap_err();
            assert_eq!((fault.kind, fault.line), (FaultKind::DuplicateKey("a".into()), line), "{text}");
        }
    }

    #[test]
    fn depth_is_bounded() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(read(&nested(8), 8).is_ok());
        for depth in [9, 1_000, 100_000] {
            assert_eq!(read(&nested(depth), 8).unwrap_err().kind, FaultKind::TooDeep, "{depth}");
        }
    }

    #[test]
    fn nothing_follows_the_value() {
        for text in ["", "{", "{}{}", "{} x", "{'a':1}", "{\"a\":01}", "{\"a\":1,}", "[\"\\ud800\"]", "NaN", "// a\n{}"]
        {
            assert_eq!(read(text, 8).unwrap_err().kind, FaultKind::Syntax, "{text}");
        }
    }
}
