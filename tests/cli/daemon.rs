//! What commands say to the daemon, and what they make of its answers. A stand-in answers at the socket.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread::JoinHandle;

use serde_json::{Value, json};

use crate::home::TestHome;
use crate::schema::demand;
use crate::torikomi;

const DOCUMENT: &str = "01939d6e-0000-7000-8000-000000000001";
const OTHER: &str = "01939d6e-0000-7000-8000-000000000002";
/// What was looked at before, so that these homes without documents need not be asked for them.
const SHOWN: &str = "sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
const PASSPHRASE: &str = "correct horse battery 9";

/// Takes one request, answers with `answers`, and gives the request back.
fn stand_in(home: &TestHome, answers: Vec<Value>) -> JoinHandle<Value> {
    let listener = UnixListener::bind(home.socket()).unwrap();
    std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut line = String::new();
        BufReader::new(stream.try_clone().unwrap()).read_line(&mut line).unwrap();
        for answer in answers {
            writeln!(stream, "{answer}").unwrap();
        }
        serde_json::from_str(&line).unwrap()
    })
}

fn done(facts: Value) -> Value {
    json!({ "answer": "done", "facts": facts })
}

fn decided(documents: &[&str]) -> Value {
    done(json!({ "documents": documents, "journal_index": 17, "entry": format!("sha256:{}", "ab".repeat(32)) }))
}

fn passphrase_file(folder: &Path) -> String {
    let path = folder.join("passphrase");
    std::fs::write(&path, format!("{PASSPHRASE}\nsecond line\n")).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn every_decision_is_asked_as_it_was_typed() {
    let by = json!({ "login": "mihon", "passphrase": PASSPHRASE });
    let reason = json!({ "code": "readable", "text": null });
    let looked = |document: &str| json!({ "document": document, "shown": SHOWN });
    let cases: Vec<(&[&str], Value)> = vec![
        (
            &["queue", "accept", DOCUMENT, "--reason", "readable"],
            json!({ "request": "accept", "by": by, "second": null, "document": looked(DOCUMENT), "reason": reason,
                    "pages_shown": false }),
        ),
        (
            &["queue", "reject", DOCUMENT, OTHER, "--reason", "readable", "--text", "右端が切れています"],
            json!({ "request": "send-back", "by": by, "documents": [looked(DOCUMENT), looked(OTHER)],
                    "reason": { "code": "readable", "text": "右端が切れています" } }),
        ),
        (
            &[
                "queue",
                "identify",
                DOCUMENT,
                "--patient-id",
                "0009990001",
                "--obtained-on",
                "R8.11.20",
                "--reason",
                "readable",
            ],
            json!({ "request": "identify", "by": by, "document": looked(DOCUMENT), "supersedes": null, "reason": reason,
                    "facts": { "patient_id": "0009990001", "obtained_on": "2026-11-20", "claims": {} } }),
        ),
        (
            &[
                "queue",
                "identify",
                DOCUMENT,
                "--station",
                "er",
                "--operator",
                "mihon",
                "--paper",
                "B5",
                "--expected-pages",
                "3",
                "--double-feed",
                "false",
                "--dispensed",
                "true",
                "--remarks",
                "裏",
                "--scanner",
                r#"{"make":"見本精機","model":"300"}"#,
                "--document-date",
                "20261119",
                "--scanned-at",
                "2026-11-20T09:30",
                "--supersedes",
                OTHER,
                "--reason",
                "readable",
            ],
            json!({ "request": "identify", "by": by, "document": looked(DOCUMENT), "supersedes": OTHER, "reason": reason,
                    "facts": {
                        "document_date": "2026-11-19", "scanned_at": "2026-11-20T00:30:00.000000Z",
                        "operator": "mihon", "station": "er",
                        "claims": { "paper": "B5", "expected_pages": 3, "double_feed": false, "dispensed": true,
                                    "scanner": { "make": "見本精機", "model": "300" }, "remarks": "裏" },
                    } }),
        ),
        (
            &["queue", "confirm", DOCUMENT],
            json!({ "request": "confirm", "by": by, "document": looked(DOCUMENT), "pages_shown": false, "supersedes": null }),
        ),
        (
            &["queue", "release-late", DOCUMENT, "--reason", "readable", "--possible-again-at", "2026-11-20T09:30"],
            json!({ "request": "release-late", "by": by, "documents": [looked(DOCUMENT)], "reason": reason,
                    "possible_again_at": "2026-11-20T00:30:00.000000Z" }),
        ),
        (
            &["queue", "release-late", DOCUMENT, "--incident", OTHER],
            json!({ "request": "release-after-incident", "by": by, "documents": [looked(DOCUMENT)], "incident": OTHER }),
        ),
        (
            &["queue", "assign", DOCUMENT, "--to", "kaku"],
            json!({ "request": "assign", "by": by, "documents": [DOCUMENT], "to": "kaku" }),
        ),
        (&["queue", "retry", DOCUMENT], json!({ "request": "retry", "by": by, "documents": [looked(DOCUMENT)] })),
        (
            &["queue", "discard", DOCUMENT, "--reason", "readable"],
            json!({ "request": "discard", "by": by, "document": looked(DOCUMENT), "reason": reason }),
        ),
        (
            &["queue", "take", DOCUMENT, "--reason", "readable"],
            json!({ "request": "decide-delivery", "by": by, "delivery": DOCUMENT, "shown": SHOWN, "take": true, "reason": reason }),
        ),
        (
            &["queue", "refuse", DOCUMENT, "--reason", "readable"],
            json!({ "request": "decide-delivery", "by": by, "delivery": DOCUMENT, "shown": SHOWN, "take": false, "reason": reason }),
        ),
    ];
    for (typed, request) in cases {
        let home = TestHome::new();
        let file = passphrase_file(home.path());
        let daemon = stand_in(&home, vec![decided(&[DOCUMENT])]);
        let mut args = [typed, &["--as", "mihon", "--passphrase-file", &file, "--json"]].concat();
        let assigns = typed.contains(&"assign");
        let named = typed.iter().skip(2).take_while(|word| !word.starts_with("--")).filter(|_| !assigns);
        named.for_each(|_| args.extend(["--shown", SHOWN]));
        let ran = torikomi(Some(home.path()), &args);
        assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{typed:?}");
        demand("queue-decided", &ran.json());
        assert_eq!(daemon.join().unwrap(), request, "{typed:?}");
    }
}

#[test]
fn sessions_people_and_profiles_are_asked_for() {
    let noted = done(json!({ "journal_index": 18, "entry": format!("sha256:{}", "cd".repeat(32)) }));
    let opened =
        done(json!({ "session": OTHER, "expires_at": "2026-11-20T08:00:00.000000Z", "most": 200, "resumed": 2 }));
    let attested = done(json!({ "session": OTHER, "resumed": 2 }));
    let closed = done(json!({ "session": OTHER, "signed": [DOCUMENT], "waiting": 1 }));
    let cases: Vec<(&[&str], Value, &str, &str)> = vec![
        (&["session", "open", "--station", "er", "--attest"], opened, "session-open", "open-session"),
        (
            &["operator", "add", "kaku", "--name", "架空 花子", "--occupation", "事務", "--department", "医事課"],
            noted.clone(),
            "operator-changed",
            "add-person",
        ),
        (
            &["operator", "appoint", "kaku", "--role", "information-manager"],
            noted.clone(),
            "operator-changed",
            "appoint",
        ),
        (
            &["operator", "appoint", "kaku", "--role", "information-manager", "--end"],
            noted.clone(),
            "operator-changed",
            "end-appointment",
        ),
        (&["operator", "suspend", "kaku", "--reason", "架空の理由"], noted.clone(), "operator-changed", "suspend"),
        (&["operator", "absent", "kaku", "--until", "2026-12-01T09:00"], noted.clone(), "operator-changed", "absent"),
        (&["operator", "absent", "kaku", "--end"], noted.clone(), "operator-changed", "absent"),
        (&["operator", "retire", "kaku"], noted.clone(), "operator-changed", "retire"),
        (&["operator", "change", "kaku", "--department", "病歴室"], noted.clone(), "operator-changed", "change-person"),
        (&["operator", "resume", "kaku"], noted.clone(), "operator-changed", "resume"),
        (&["session", "attest", OTHER], attested, "session-attest", "attest-batch"),
        (&["profile", "approve", "consent", "--shown", SHOWN], noted.clone(), "operator-changed", "approve-profile"),
        (
            &["clock", "acknowledge", "--shown", SHOWN, "--reason", "system-failure"],
            noted,
            "operator-changed",
            "acknowledge-clock",
        ),
    ];
    for (typed, answer, schema, request) in cases {
        let home = TestHome::new();
        let file = passphrase_file(home.path());
        let daemon = stand_in(&home, vec![answer]);
        let args = [typed, &["--as", "mihon", "--passphrase-file", &file, "--json"]].concat();
        let ran = torikomi(Some(home.path()), &args);
        assert_eq!((ran.status, ran.err.as_str()), (0, ""), "{typed:?}");
        demand(schema, &ran.json());
        assert_eq!(daemon.join().unwrap()["request"], request);
    }
    let home = TestHome::new();
    let daemon = stand_in(&home, vec![closed.clone()]);
    let json = torikomi(Some(home.path()), &["session", "close", OTHER, "--json"]);
    demand("session-close", &json.json());
    assert_eq!(daemon.join().unwrap(), json!({ "request": "close-session", "session": OTHER }));
    std::fs::remove_file(home.socket()).unwrap();
    let daemon = stand_in(&home, vec![closed]);
    let ran = torikomi(Some(home.path()), &["session", "close", OTHER, "--lang", "ja"]);
    assert_eq!(ran.status, 0);
    assert!(ran.out.contains("署名した文書：1 件") && ran.out.contains(DOCUMENT), "{}", ran.out);
    assert_eq!(daemon.join().unwrap(), json!({ "request": "close-session", "session": OTHER }));
}

#[test]
fn who_looks_says_who_they_are_or_is_the_user_of_the_machine() {
    let by = json!({ "login": "mihon", "passphrase": PASSPHRASE });
    let refused = json!({ "answer": "refused", "code": "not-proven", "login": "mihon" });
    for (named, by) in [(true, by), (false, Value::Null)] {
        let home = crate::rows::home();
        let file = passphrase_file(home.path());
        let daemon = stand_in(&home, vec![refused.clone()]);
        let who = if named { &["--as", "mihon", "--passphrase-file", &file][..] } else { &[] };
        let ran = torikomi(Some(home.path()), &[&["record", "show", crate::rows::RECORD], who].concat());
        assert_eq!((ran.status, ran.out.as_str()), (1, ""), "what is refused shows nothing");
        let asked = json!({ "request": "view", "by": by, "what": [{ "record": crate::rows::RECORD }] });
        assert_eq!(daemon.join().unwrap(), asked);
    }
}

#[test]
fn a_refusal_is_a_sentence_and_exit_status_1() {
    let home = TestHome::new();
    let file = passphrase_file(home.path());
    let refused = json!({ "answer": "refused", "code": "no-exception", "check": "page_damaged" });
    let daemon = stand_in(&home, vec![refused]);
    let args = ["queue", "accept", DOCUMENT, "--shown", SHOWN, "--reason", "readable", "--as", "mihon"];
    let args = [&args[..], &["--passphrase-file", &file, "--json"]].concat();
    let ran = torikomi(Some(home.path()), &args);
    daemon.join().unwrap();
    assert_eq!(ran.status, 1);
    assert!(ran.err.contains("allows no exception"), "{}", ran.err);
    demand("problem", &ran.json());
    assert_eq!(ran.json()["problem"], json!({ "code": "no-exception", "check": "page_damaged" }));
    assert!(!format!("{}{}", ran.out, ran.err).contains(PASSPHRASE));
}

#[test]
fn what_the_environment_does_is_exit_status_3() {
    let home = TestHome::new();
    let file = passphrase_file(home.path());
    let args = ["queue", "retry", DOCUMENT, "--shown", SHOWN, "--as", "mihon", "--passphrase-file", &file];
    // Nobody listens.
    let ran = torikomi(Some(home.path()), &args);
    assert_eq!(ran.status, 3);
    assert!(ran.err.contains("torikomi serve"), "{}", ran.err);
    // It breaks off.
    let daemon = stand_in(&home, vec![]);
    let ran = torikomi(Some(home.path()), &args);
    daemon.join().unwrap();
    assert_eq!(ran.status, 3);
    std::fs::remove_file(home.socket()).unwrap();
    // It says so.
    let daemon = stand_in(&home, vec![json!({ "answer": "refused", "code": "environment", "problem": "disk full" })]);
    let ran = torikomi(Some(home.path()), &args);
    daemon.join().unwrap();
    assert_eq!((ran.status, ran.err.contains("disk full")), (3, true));
    std::fs::remove_file(home.socket()).unwrap();
    // It answers in another version's words.
    let daemon = stand_in(&home, vec![done(json!({ "something": "else" }))]);
    assert_eq!(torikomi(Some(home.path()), &args).status, 3);
    daemon.join().unwrap();
}

#[test]
fn without_a_passphrase_nothing_is_asked() {
    let home = TestHome::new();
    let ran = torikomi(Some(home.path()), &["queue", "retry", DOCUMENT, "--shown", SHOWN, "--as", "mihon"]);
    assert_eq!((ran.status, ran.err.contains("--passphrase-file")), (2, true));
    let ran = torikomi(
        Some(home.path()),
        &["queue", "retry", DOCUMENT, "--shown", SHOWN, "--as", "mihon", "--passphrase-file", "/nonexistent"],
    );
    assert_eq!((ran.status, ran.err.contains("/nonexistent")), (2, true));
}

#[test]
fn what_was_shown_is_named_for_each_document() {
    let home = TestHome::new();
    let reject = ["queue", "reject", DOCUMENT, OTHER, "--reason", "rescan", "--as", "mihon", "--shown"];
    let ran = torikomi(Some(home.path()), &[&reject[..], &[SHOWN]].concat());
    assert_eq!((ran.status, ran.err.contains("Give it once for each")), (2, true), "{}", ran.err);
    let ran = torikomi(Some(home.path()), &[&reject[..], &["0001"]].concat());
    assert_eq!((ran.status, ran.err.contains("64 hexadecimal digits")), (2, true), "{}", ran.err);
    // Without it the documents are looked at first, and these are not there.
    home.write(async |_| Ok(()));
    let ran = torikomi(Some(home.path()), &reject[..reject.len() - 1]);
    assert_eq!((ran.status, ran.err.contains("was not found")), (1, true), "{}", ran.err);
}

#[test]
fn the_status_is_told_to_people_and_to_programs() {
    let status = json!({
        "home": DOCUMENT, "mode": "evaluation", "version": "0.1.0",
        "running_since": "2026-11-19T23:00:00.000000Z", "now": "2026-11-20T05:10:00.000000Z",
        "sandbox": "required", "clock": { "synchronised": true, "estimated_error_us": 1500 },
        "clock_problem": { "code": "jumped", "by_milliseconds": -3600000 }, "clock_shown": SHOWN, "information_manager": null,
        "stations": [
            { "station": "er", "folder": "/srv/drop/er", "watching": "events", "problem": null, "weaker_completeness": true,
              "unfinished_files": 0, "late_sidecars": 1, "lone_sidecars": 0, "kept_sidecars": 0, "waiting_lists": 0, "restless": 1,
              "session": { "session": OTHER, "station": "er", "person": OTHER, "login": "mihon",
                           "opened_at": "2026-11-20T00:00:00.000000Z", "expires_at": "2026-11-20T08:00:00.000000Z",
                           "signed": 3, "most": 200, "attested": true, "closed_at": null, "close_reason": null } },
            { "station": "front-desk", "folder": "/mnt/scan", "watching": "starting", "problem": { "code": "no-marker" }, "weaker_completeness": false,
              "unfinished_files": 0, "late_sidecars": 0, "lone_sidecars": 0, "kept_sidecars": 0, "waiting_lists": 0, "restless": 0,
              "session": null }
        ],
        "documents": [{ "state": "review", "held": "findings", "documents": 2 },
                      { "state": "filed", "held": null, "documents": 40 }],
        "deliveries_waiting": [
            { "delivery": OTHER, "station": "er", "state": "incomplete",
              "first_seen_at": "2026-11-20T05:00:00.000000Z", "problem": null }
        ],
        "refused": { "count": 7, "last": [
            { "delivery": OTHER, "station": "er", "state": "refused",
              "first_seen_at": "2026-11-20T05:01:00.000000Z", "problem": { "code": "symbolic-link" } }
        ] },
        "records": 40, "journal_size": 321, "backup": null,
        "incomplete_backup": { "generation": 7, "made_at": "2026-11-20T05:00:00.000000Z", "missing": 2 },
        "paused": [{ "stage": "stamping", "since": "2026-11-20T05:00:00.000000Z", "why": { "code": "authority", "problem": "built-in: timed out", "passing": true } }],
        "incidents": [{ "incident": OTHER, "cause": { "code": "authority", "name": "built-in" },
                        "since": "2026-11-20T05:00:00.000000Z", "until": null }],
        "raised": [{ "state": "review", "held": "findings", "documents": 2, "due_at": "2026-11-20T05:48:00.000000Z" },
                   { "state": "stamping", "held": null, "documents": 1, "due_at": "2026-11-20T06:00:00.000000Z" }],
        "deadlines": [{ "document": DOCUMENT, "station": "er", "state": "review",
                        "due_at": "2026-11-20T05:48:00.000000Z", "seconds_left": 2280 }],
        "warnings": [
            { "code": "journal-files", "journal_files": { "code": "unreachable", "folder": "/srv/store/journal" } },
            { "code": "calendar", "calendar_expiry": { "code": "near", "valid_until": "2027-12-31", "days_left": 41 } },
            { "code": "gap", "role": "information_manager", "from": "2027-04-01", "until": null },
            { "code": "gap", "role": "admin", "from": "2027-04-01", "until": "2027-04-05" },
            { "code": "best-effort-sandbox" },
            { "code": "custody", "custody": { "code": "missing", "delivery": DOCUMENT, "copy": 1 } },
            { "code": "custody-more", "count": 3 },
            { "code": "late-sidecars", "station": "er", "count": 1 }
        ],
        "missing": [{ "code": "evaluation-mode", "requirement": "6.12-C1(1)" }],
        "not_built": [{ "code": "renewal", "requirement": "6.12-C2(2)(3)" }]
    });
    let home = TestHome::new();
    let mut told = String::new();
    for lang in ["ja", "en"] {
        let daemon = stand_in(&home, vec![done(status.clone())]);
        let ran = torikomi(Some(home.path()), &["status", "--lang", lang]);
        daemon.join().unwrap();
        std::fs::remove_file(home.socket()).unwrap();
        assert_eq!((ran.status, ran.err.as_str()), (0, ""));
        told.push_str(&ran.out);
        told.push('\n');
    }
    insta::assert_snapshot!(told);
    let daemon = stand_in(&home, vec![done(status.clone())]);
    let ran = torikomi(Some(home.path()), &["status", "--json"]);
    daemon.join().unwrap();
    demand("status", &ran.json());
    assert_eq!(ran.json(), status);
}
