//! What `--json` prints, against the schemas in `docs/json/`.

use std::path::PathBuf;

use serde_json::Value;

pub fn file(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("docs/json/{name}.schema.json"))
}

/// Demands that `document` is what `docs/json/<name>.schema.json` describes.
pub fn demand(name: &str, document: &Value) {
    let schema: Value = serde_json::from_slice(&std::fs::read(file(name)).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator.iter_errors(document).map(|error| error.to_string()).collect();
    assert!(errors.is_empty(), "{name}: {errors:#?}\n{document:#}");
}
