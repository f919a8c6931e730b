//! Every problem of identification, sidecar, patient master and template has a sentence in both languages, which uses
//! only what the problem carries.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that unwraps fails where it should")]

use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use schemars::{JsonSchema, schema_for};
use torikomi::identification::{Flag, IdentityProblem, SidecarProblem, TemplateProblem};
use torikomi::identity::dates::DateProblem;
use torikomi::patients::{PatientIdProblem, PatientsProblem};

const LANGUAGES: [(&str, &str); 2] =
    [("ja", include_str!("../src/messages/ja/identity.ftl")), ("en", include_str!("../src/messages/en/identity.ftl"))];

/// Each code of an enum with the names of its fields, as its schema tells them.
fn codes<T: JsonSchema>() -> Vec<(String, Vec<String>)> {
    let schema = schema_for!(T);
    let variants = schema.as_value()["oneOf"].as_array().unwrap();
    let one = |variant: &serde_json::Value| {
        let properties = variant["properties"].as_object().unwrap();
        let code = properties["code"]["const"].as_str().unwrap().to_owned();
        (code, properties.keys().filter(|name| *name != "code").cloned().collect())
    };
    variants.iter().map(one).collect()
}

#[test]
fn every_code_has_its_sentence() {
    let areas = [
        ("identity", codes::<IdentityProblem>()),
        ("flag", codes::<Flag>()),
        ("date", codes::<DateProblem>()),
        ("patient-id", codes::<PatientIdProblem>()),
        ("sidecar", codes::<SidecarProblem>()),
        ("patients", codes::<PatientsProblem>()),
        ("template", codes::<TemplateProblem>()),
    ];
    for (language, text) in LANGUAGES {
        let resource = FluentResource::try_new(text.to_owned()).unwrap_or_else(|(_, errors)| panic!("{errors:?}"));
        let mut bundle = FluentBundle::new(vec![language.parse().unwrap()]);
        bundle.add_resource(resource).unwrap_or_else(|errors| panic!("{errors:?}"));
        for (area, codes) in &areas {
            assert!(!codes.is_empty(), "{area}");
            for (code, fields) in codes {
                let id = format!("{area}-{code}");
                let message = bundle.get_message(&id).unwrap_or_else(|| panic!("{language}: no {id}"));
                let mut arguments = FluentArgs::new();
                for field in fields {
                    arguments.set(field.as_str(), "x");
                }
                let mut errors = Vec::new();
                let sentence = bundle.format_pattern(message.value().unwrap(), Some(&arguments), &mut errors);
                assert!(errors.is_empty() && !sentence.is_empty(), "{language}: {id}: {errors:?}");
            }
        }
    }
}

#[test]
fn both_languages_have_the_same_messages() {
    let ids = |text: &str| -> Vec<String> {
        let id = |line: &str| line.split_once(" = ").map(|(id, _)| id.to_owned());
        text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase())).filter_map(id).collect()
    };
    let [(_, japanese), (_, english)] = LANGUAGES;
    assert!(ids(japanese).len() > 80, "{}", ids(japanese).len());
    assert_eq!(ids(japanese), ids(english));
}
