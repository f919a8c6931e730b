//! `docs/json/` holds the schema of everything that `--json` prints.

use serde_json::Value;
use torikomi::cli::schemas;

use crate::schema::file;

#[test]
fn the_schemas_are_those_of_the_code() {
    for (name, schema) in schemas::all() {
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("TORIKOMI_BLESS").is_some() {
            std::fs::write(file(name), &text).unwrap();
        }
        let found = std::fs::read_to_string(file(name)).unwrap_or_default();
        assert!(found == text, "docs/json/{name}.schema.json is not what the code prints: run with TORIKOMI_BLESS=1");
    }
}

#[test]
fn a_schema_refuses_what_it_does_not_describe() {
    let schema: Value = serde_json::from_slice(&std::fs::read(file("queue-list")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(!validator.is_valid(&serde_json::json!({ "documents": [{}], "deliveries": [], "more": false })));
    assert!(!validator.is_valid(&serde_json::json!({ "documents": [] })));
}
