//! `docs/json/` holds the schema of everything that `--json` prints.

use std::collections::BTreeSet;
use std::path::PathBuf;

use serde_json::Value;
use torikomi::cli::schemas;

use crate::schema::{demand, file};
use crate::torikomi;

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
fn no_schema_is_left_of_what_nothing_prints() {
    let known: BTreeSet<PathBuf> = schemas::all().iter().map(|(name, _)| file(name)).collect();
    let folder = file("problem").parent().unwrap().read_dir().unwrap();
    let strangers: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).filter(|it| !known.contains(it)).collect();
    // That one is read, not printed.
    assert_eq!(strangers, [file("sidecar")]);
    assert_eq!(known.len(), schemas::all().len(), "two shapes of one name");
}

#[test]
fn a_home_that_was_made_is_described() {
    let folder = tempfile::tempdir().unwrap();
    let (root, secret) = (folder.path().join("home"), folder.path().join("secret"));
    std::fs::write(&secret, "Nagai-Aikotoba-2026!\n").unwrap();
    let (root, secret) = (root.to_str().unwrap(), secret.to_str().unwrap());
    let of = |login: &str| format!("{login}={secret}");
    let (admin, manager) = (of("kanri"), of("sekinin"));
    let args = [
        &[
            "init",
            root,
            "--administrator",
            "kanri,見本 管理,事務員,医事課",
            "--manager",
            "sekinin,見本 責任,医師,診療部",
        ][..],
        &["--passphrase-file", &admin, "--passphrase-file", &manager, "--ca-passphrase-file", secret, "--json"],
    ];
    let ran = torikomi(None, &args.concat());
    assert_eq!((ran.status, ran.err.as_str()), (0, ""));
    demand("init", &ran.json());
    assert_eq!(ran.json()["path"], root);
}

#[test]
fn a_schema_refuses_what_it_does_not_describe() {
    let schema: Value = serde_json::from_slice(&std::fs::read(file("queue-list")).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    assert!(!validator.is_valid(&serde_json::json!({ "documents": [{}], "deliveries": [], "more": false })));
    assert!(!validator.is_valid(&serde_json::json!({ "documents": [] })));
}
