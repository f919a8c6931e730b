//! Whatever the verifier says has a sentence in both languages, with every blank filled.

use schemars::{JsonSchema, schema_for};
use serde_json::Value;
use torikomi::messages::{Lang, find_code};
use torikomi::verification::journal::JournalFault;
use torikomi::verification::{ActFault, Doubt, Fact, Fault};

/// A value of each variant, with something in every field.
fn samples<T: JsonSchema>() -> Vec<Value> {
    let schema = serde_json::to_value(schema_for!(T)).unwrap();
    let definitions = &schema["$defs"];
    let variants = schema["oneOf"].as_array().unwrap();
    variants.iter().map(|variant| sample(variant, definitions)).collect()
}

fn sample(schema: &Value, definitions: &Value) -> Value {
    if let Some(name) = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()) {
        return sample(&definitions[name], definitions);
    }
    for choice in ["oneOf", "anyOf"] {
        if let Some(first) = schema[choice].as_array().and_then(|choices| choices.first()) {
            return sample(first, definitions);
        }
    }
    if let Some(only) = schema.get("const").or_else(|| schema["enum"].get(0)) {
        return only.clone();
    }
    match schema["type"].as_str().or_else(|| schema["type"][0].as_str()).unwrap() {
        "object" => {
            let fields = schema["properties"].as_object().unwrap();
            fields.iter().map(|(name, schema)| (name.clone(), sample(schema, definitions))).collect()
        }
        "integer" => 7.into(),
        "boolean" => true.into(),
        "string" if schema["format"] == "date" => "2026-11-20".into(),
        "string" if schema["pattern"].as_str().is_some_and(|pattern| pattern.contains("T[0-9]")) => {
            "2026-11-24T15:00:00.000000Z".into()
        }
        _ => "…".into(),
    }
}

#[test]
fn every_code_has_its_sentence_in_both_languages() {
    let areas = [
        ("verify", [samples::<Fact>(), samples::<Doubt>(), samples::<Fault>()].concat()),
        ("act-fault", samples::<ActFault>()),
        ("journal-fault", samples::<JournalFault>()),
    ];
    let mut codes = std::collections::BTreeSet::new();
    for (area, samples) in areas {
        for value in samples {
            let code = format!("{area}-{}", value["code"].as_str().unwrap());
            assert!(codes.insert(code.clone()), "{code} means two things");
            for lang in Lang::ALL {
                let said = find_code(lang, area, &value).unwrap_or_else(|| panic!("{lang:?} has no {code}"));
                assert!(!said.contains('{') && !said.contains('$') && !said.is_empty(), "{code}: {said}");
            }
        }
    }
    assert!(codes.len() > 120, "{}", codes.len());
}
