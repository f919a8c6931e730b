//! The first session that both READMEs show, run as it stands there.

#![expect(clippy::unwrap_used, reason = "a test that unwraps fails where it should")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

/// What is typed at a terminal, given in files; ids from the lists; and a port that is free.
const WRAPPER: &str = r#"#!/bin/bash
set -euo pipefail
case "$*" in
    init*) exec "$REAL" "$@" --administrator "admin,見本 管理,事務員,医事課" --manager "manager,見本 責任,診療情報管理士,医事課" \
        --passphrase-file "admin=$SECRET" --passphrase-file "manager=$SECRET" --ca-passphrase-file "$SECRET" ;;
    "timestamp serve") exec "$REAL" "$@" --listen "127.0.0.1:$PORT" ;;
    serve) exec "$REAL" serve 2> serve.log ;;
esac
patiently() { for ((i = 0; i < 600; i++)); do found=$("$@") && [[ -n $found ]] && return; sleep 0.1; done; exit 9; }
running() { "$REAL" status 2> status.log; }
confirmable() { "$REAL" queue list --state awaiting-confirmation --json | jq -r '.documents[0].document // empty'; }
filed() { "$REAL" record list --json | jq -r '.records[0].id // empty'; }
patiently running
args=()
for arg in "$@"; do
    case $arg in
        DOCUMENT) patiently confirmable; arg=$found ;;
        RECORD) patiently filed; arg=$found ;;
        --as) args+=(--passphrase-file "$SECRET") ;;
        --second) args+=(--second-passphrase-file "$SECRET") ;;
        --witness) args+=(--witness-passphrase-file "$SECRET") ;;
        enrol) args+=(enrol); arg=--new-passphrase-file=$SECRET; args+=("$arg"); arg=--ca-passphrase-file=$SECRET ;;
    esac
    args+=("$arg")
done
[[ $* != "record list" ]] || patiently filed
exec "$REAL" "${args[@]}"
"#;

/// Settings as they are but for the port; one patient.
const EDITOR: &str = r#"#!/bin/bash
set -eu
sed -i "s/127\.0\.0\.1:3161/127.0.0.1:$PORT/" "$1"
printf 'id,name\n9990001,架空 花子\n' > "$2"
"#;

/// The first block of shell below a heading.
fn block(file: &str, heading: &str) -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
    let (_, text) = text.split_once(heading).unwrap();
    let (_, text) = text.split_once("```sh\n").unwrap();
    text.split_once("```").unwrap().0.to_owned()
}

/// Its commands without what is said of them.
fn commands(block: &str) -> Vec<String> {
    block.lines().map(|line| line.split(" #").next().unwrap_or_default().trim_end().to_owned()).collect()
}

fn program(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
}

#[test]
fn the_first_session_works_as_it_is_written() {
    let english = block("README.md", "## A first session");
    assert_eq!(commands(&english), commands(&block("README.ja.md", "## はじめての操作")));

    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::create_dir(at("bin")).unwrap();
    program(&at("bin/torikomi"), WRAPPER);
    program(&at("editor"), EDITOR);
    std::fs::write(at("secret"), "Nagai-Aikotoba-2026!\n").unwrap();
    std::fs::copy("fixtures/samples/good/consent.jpg", at("scan.jpg")).unwrap();
    let zone = jiff::tz::TimeZone::get("Asia/Tokyo").unwrap();
    let today = jiff::Timestamp::now().to_zoned(zone).date();
    let sidecar = serde_json::json!({
        "format": "torikomi-sidecar-v1", "patient_id": "9990001", "document_type": "consent",
        "obtained_on": today.to_string(), "paper": "A4", "expected_pages": 1,
    });
    std::fs::write(at("scan.json"), sidecar.to_string()).unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();

    // Only what this script started is ended, by its number.
    let script = format!("set -e\ntrap 'kill $(jobs -p); wait' EXIT\n{english}");
    let path = format!("{}:{}", at("bin").display(), std::env::var("PATH").unwrap());
    let ran = Command::new("bash")
        .args(["-c", &script])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("REAL", env!("CARGO_BIN_EXE_torikomi"))
        .env("SECRET", at("secret"))
        .env("EDITOR", at("editor"))
        .env("PORT", port.to_string())
        .env("LC_ALL", "en_US.UTF-8")
        .env_remove("TORIKOMI_HOME")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&ran.stdout), String::from_utf8_lossy(&ran.stderr));
    let log = std::fs::read_to_string(at("hospital/serve.log")).unwrap_or_default();
    assert!(ran.status.success(), "{out}\n{err}\n{log}");
    assert!(out.contains("Verified: nothing is wrong."), "{out}\n{err}");
    assert!(at("hospital/proof/VERIFY.md").is_file());
}
