//! Words for every code, in both languages; and everything that can be refused, to be read at once.

use schemars::{JsonSchema, schema_for};
use serde_json::{Value, json};
use torikomi::cli::{Failure, Words};
use torikomi::clock::ClockProblem;
use torikomi::config::home::HomeTrouble;
use torikomi::config::{Config, Mode};
use torikomi::control::Refusal;
use torikomi::daemon::claims::ClaimProblem;
use torikomi::document::{DeliveryProblem, DeliveryState, DocumentState, HoldReason};
use torikomi::identity::Source;
use torikomi::intake::line::StationProblem;
use torikomi::journal::Kind;
use torikomi::journal::anchor::AnchorProblem;
use torikomi::journal::files::FilesProblem;
use torikomi::journal::incidents::Cause;
use torikomi::judgement::Severity;
use torikomi::ledger::superseding::Likeness;
use torikomi::messages::{Lang, find};
use torikomi::patients::PatientsProblem;
use torikomi::people::Role;
use torikomi::people::sessions::CloseReason;
use torikomi::pipeline::driver::Away;
use torikomi::pipeline::line::Fault;
use torikomi::store::ObjectsProblem;
use torikomi::upkeep::backup::Trouble;

/// The spellings of an enum without fields, or the codes of one with a `code`, as its schema lists them.
fn codes<T: JsonSchema>() -> Vec<String> {
    let schema = serde_json::to_value(schema_for!(T)).unwrap();
    let text = |value: &Value| value.as_str().map(ToOwned::to_owned);
    let listed = |value: &Value| -> Vec<String> { value.as_array().into_iter().flatten().filter_map(text).collect() };
    let mut codes = listed(&schema["enum"]);
    for variant in ["oneOf", "anyOf"].iter().filter_map(|kind| schema[*kind].as_array()).flatten() {
        codes.extend(text(&variant["const"]));
        codes.extend(listed(&variant["enum"]));
        codes.extend(text(&variant["properties"]["code"]["const"]));
    }
    assert!(!codes.is_empty(), "{}", schema["title"]);
    codes
}

#[test]
fn every_code_has_words() {
    let areas: [(&str, Vec<String>); 26] = [
        ("state", codes::<DocumentState>()),
        ("delivery-state", codes::<DeliveryState>()),
        ("hold", codes::<HoldReason>()),
        ("todo", codes::<HoldReason>()),
        ("held", codes::<HoldReason>()),
        ("delivery-problem", codes::<DeliveryProblem>()),
        ("journal", codes::<Kind>()),
        ("source", codes::<Source>()),
        ("severity", codes::<Severity>()),
        ("role", codes::<Role>()),
        ("session-closed", codes::<CloseReason>()),
        ("control", codes::<Refusal>()),
        ("fault", codes::<Fault>()),
        ("journal-files", codes::<FilesProblem>()),
        ("objects", codes::<ObjectsProblem>()),
        ("anchor", codes::<AnchorProblem>()),
        ("likeness", codes::<Likeness>()),
        ("home", codes::<HomeTrouble>()),
        ("patients", codes::<PatientsProblem>()),
        ("away", codes::<Away>()),
        ("station", codes::<StationProblem>()),
        ("clock", codes::<ClockProblem>()),
        ("incident", codes::<Cause>()),
        ("claim", codes::<ClaimProblem>()),
        (
            "backup",
            codes::<Trouble>().into_iter().filter(|code| !["home", "settings"].contains(&code.as_str())).collect(),
        ),
        ("cli", codes::<Failure>().into_iter().filter(|code| !said_otherwise(code)).collect()),
    ];
    assert_eq!(codes::<HoldReason>().len(), 19);
    for lang in Lang::ALL {
        for (area, codes) in &areas {
            for code in codes {
                assert!(find(lang, &format!("{area}-{code}"), &[]).is_some(), "{lang:?} has no {area}-{code}");
            }
        }
    }
}

/// Codes of failures whose sentences are made of others'.
fn said_otherwise(code: &str) -> bool {
    ["home", "init", "backup", "claimed"].contains(&code)
}

fn code(failure: &Failure) -> Option<String> {
    serde_json::to_value(failure).unwrap()["code"].as_str().map(ToOwned::to_owned)
}

/// One of each. A variant that is added and missing here makes `every_refusal_is_shown` fail.
fn refusals() -> Vec<Refusal> {
    let made = [
        json!({ "code": "unknown", "what": "01939d6e-0000-7000-8000-000000000001" }),
        json!({ "code": "not-proven", "login": "mihon" }),
        json!({ "code": "suspended", "login": "mihon" }),
        json!({ "code": "role-needed", "role": "information_manager" }),
        json!({ "code": "second-person-needed" }),
        json!({ "code": "wrong-state", "state": "filed", "held": "" }),
        json!({ "code": "wrong-state", "state": "review", "held": "late" }),
        json!({ "code": "changed-since-shown", "document": "01939d6e-0000-7000-8000-000000000001",
                "state": "awaiting-confirmation", "held": "" }),
        json!({ "code": "changed-since-shown", "document": "01939d6e-0000-7000-8000-000000000001",
                "state": "review", "held": "late" }),
        json!({ "code": "delivery-changed-since-shown", "delivery": "01939d6e-0000-7000-8000-000000000001",
                "state": "incomplete" }),
        json!({ "code": "profile-changed-since-shown", "profile": "consent",
                "found": "sha256:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" }),
        json!({ "code": "clock-changed-since-shown" }),
        json!({ "code": "clock-behind-stamp", "stamped_at": "2026-11-20T00:30:00.000000Z" }),
        json!({ "code": "clock-in-doubt", "clock": { "code": "jumped", "by_milliseconds": -3600000 } }),
        json!({ "code": "no-exception", "check": "resolution_below_minimum" }),
        json!({ "code": "reason-not-allowed", "reason": "forgotten" }),
        json!({ "code": "not-releasable" }),
        json!({ "code": "no-reason" }),
        json!({ "code": "unknown-reason", "reason": "forgotten" }),
        json!({ "code": "day-to-come", "day": "2027-01-04" }),
        json!({ "code": "malformed-patient-id", "text": "架空", "patient_id": { "code": "character" } }),
        json!({ "code": "nothing-stated" }),
        json!({ "code": "other-station", "station": "front-desk" }),
        json!({ "code": "not-supersedable", "document": "01939d6e-0000-7000-8000-000000000001" }),
        json!({ "code": "not-appointed", "login": "mihon", "role": "information_manager" }),
        json!({ "code": "begun-in-past", "from": "2026-11-20T00:30:00.000000Z" }),
        json!({ "code": "supersedes-anothers", "document": "01939d6e-0000-7000-8000-000000000001" }),
        json!({ "code": "supersedes-unidentified" }),
        json!({ "code": "superseded-by-anothers", "document": "01939d6e-0000-7000-8000-000000000001" }),
        json!({ "code": "stated-in-part", "document": "01939d6e-0000-7000-8000-000000000001" }),
        json!({ "code": "looked-at-singly", "document": "01939d6e-0000-7000-8000-000000000001" }),
        json!({ "code": "not-possible-yet", "possible_again_at": "2026-11-20T00:30:00.000000Z" }),
        json!({ "code": "taken-in-before", "taken_in_at": "2026-11-20T00:30:00.000000Z" }),
        json!({ "code": "incident-lasts", "incident": "01939d6e-0000-7000-8000-000000000001" }),
        json!({ "code": "incident-at-other-time", "incident": "01939d6e-0000-7000-8000-000000000001",
                "document": "01939d6e-0000-7000-8000-000000000002" }),
        json!({ "code": "documents-named", "most": 1000 }),
        json!({ "code": "not-disposable", "index": 17, "disposal": "nothing-private" }),
        json!({ "code": "not-disposable", "index": 17, "disposal": "erased" }),
        json!({ "code": "not-disposable", "index": 17, "disposal": "open" }),
        json!({ "code": "not-disposable", "index": 0, "disposal": "people" }),
        json!({ "code": "nothing-to-erase", "document": "01939d6e-0000-7000-8000-000000000001" }),
        json!({ "code": "profile-refused", "profile_refusal": { "code": "placeholder-clause" } }),
        json!({ "code": "profile-refused", "profile_refusal": { "code": "takes-effect-later", "day": "2027-04-01" } }),
        json!({ "code": "profile-refused", "profile_refusal": { "code": "in-force-already" } }),
        json!({ "code": "profile-refused", "profile_refusal": { "code": "faulty", "problems": [
            { "file": "profiles/consent.toml", "line": 3, "column": 1,
              "code": "missing-key", "key": "clause" },
        ] } }),
        json!({ "code": "profile-changed", "profile": "consent", "version": 2 }),
        json!({ "code": "not-theirs",
                "unsigned": { "code": "other-operator", "operator": "mihon", "signed_by": "either" } }),
        json!({ "code": "not-theirs",
                "unsigned": { "code": "other-operator", "operator": "mihon", "signed_by": "operator" } }),
        json!({ "code": "not-theirs", "unsigned": { "code": "not-entitled", "signed_by": "information-manager" } }),
        json!({ "code": "people", "refused": { "code": "login-taken", "login": "mihon" } }),
        json!({ "code": "locked-out", "login": "mihon", "seconds": 900 }),
        json!({ "code": "second-clock-over", "deadline": "2026-11-20T00:30:00.000000Z" }),
        json!({ "code": "deadline-not-told",
                "calendar": { "code": "beyond-calendar", "valid_until": "2027-12-31" } }),
        json!({ "code": "bad-request", "problem": "unknown variant `fly`" }),
        json!({ "code": "may-be-done", "problem": "the database server stopped answering" }),
        json!({ "code": "environment", "problem": "the disk is full" }),
        json!({ "code": "database-damaged", "problem": "database disk image is malformed" }),
    ];
    made.into_iter().map(|refusal| serde_json::from_value(refusal).unwrap()).collect()
}

fn failures() -> Vec<Failure> {
    let problem = || "permission denied".to_owned();
    let path = || "/srv/torikomi".to_owned();
    let bucket = || "https://s3.example.jp/torikomi/hospital-a".to_owned();
    vec![
        Failure::HomeNotGiven,
        Failure::NotAHome { path: path() },
        Failure::Home {
            troubles: vec![
                HomeTrouble::TooOpen { path: path(), found: "0644".into(), allowed: "0600".into() },
                HomeTrouble::ForeignOwner { path: path() },
            ],
        },
        Failure::Settings { problems: Config::parse(b"mode = 1\nlanguag = \"ja\"\n", "torikomi.toml").unwrap_err() },
        Failure::Patients {
            path: "patients.csv".into(),
            problem: PatientsProblem::MissingColumn { heading: "patient_id".into() },
        },
        Failure::Patients { path: "patients.csv".into(), problem: PatientsProblem::Unreachable { reason: problem() } },
        Failure::Start { problem: problem() },
        Failure::CannotSandbox,
        Failure::EvaluationAuthority { authority: "evaluation".parse().unwrap() },
        Failure::KeyFile { path: "/srv/torikomi/keys/journal.key".into(), problem: problem() },
        Failure::KeyLocked { path: "/srv/torikomi/keys/journal.key".into(), problem: "wrong passphrase".into() },
        Failure::NotCertificates { path: "/srv/torikomi/keys/roots.pem".into() },
        Failure::ModeChanged { made: "evaluation".into(), found: Mode::Production },
        Failure::DatabaseForeign {
            found: "01939d6e-0000-7000-8000-000000000001".into(),
            expected: "01939d6e-0000-7000-8000-000000000002".parse().unwrap(),
        },
        Failure::DatabaseUnfinished,
        Failure::DatabaseHalfRebuilt,
        Failure::NotAFile { path: "scan.tif".into() },
        Failure::JournalFiles { journal_files: FilesProblem::DatabaseIsOlder { in_files: 1024, in_database: 1000 } },
        Failure::JournalFiles { journal_files: FilesProblem::Forked { size: 1024 } },
        Failure::Objects { objects: ObjectsProblem::Away { place: bucket(), problem: "timeout".into() } },
        Failure::Objects { objects: ObjectsProblem::Refused { place: bucket(), problem: "403 AccessDenied".into() } },
        Failure::Objects { objects: ObjectsProblem::Untrusted { place: bucket(), problem: "UnknownIssuer".into() } },
        Failure::Objects { objects: ObjectsProblem::NoKey { path: path(), problem: "two lines are expected".into() } },
        Failure::Objects { objects: ObjectsProblem::NoFolder { path: "/srv/torikomi/store/objects".into() } },
        Failure::Objects { objects: ObjectsProblem::Unmarked { place: bucket() } },
        Failure::Objects {
            objects: ObjectsProblem::Foreign { place: bucket(), found: "01939d6e-0000-7000-8000-000000000001".into() },
        },
        Failure::Objects { objects: ObjectsProblem::NotEmpty { place: bucket() } },
        Failure::Objects { objects: ObjectsProblem::Overwrites { place: bucket() } },
        Failure::Objects { objects: ObjectsProblem::NotLocked { place: bucket() } },
        Failure::Init { problem: problem(), exit_status: 3 },
        Failure::NoTimestamping,
        Failure::UnknownProfile { name: "referal".into(), known: "consent, referral-letter".into() },
        Failure::FileMissing { path: "scan.tif".into() },
        Failure::FileExists { path: "proof".into() },
        Failure::Database { problem: problem() },
        Failure::JournalDamaged { index: 41 },
        Failure::JournalFilesDamaged { index: 41 },
        Failure::AgainstAnchor { path: "/mnt/outside/checkpoints.txt".into(), size: 41 },
        Failure::AgainstStamped {
            paths: [7, 41]
                .map(|size| format!("/srv/torikomi/store/journal/stamped/checkpoint-{size:012}.txt"))
                .to_vec(),
            size: 41,
        },
        Failure::NewerMeasurements { object: "sha256:5feceb66ffc8".into(), found: 2 },
        Failure::NoJournal { folder: "/srv/torikomi/store/journal".into() },
        Failure::DatabaseNotEmpty,
        Failure::DatabaseNotCopied { path: "/srv/torikomi/store/torikomi.db".into(), problem: problem() },
        Failure::DatabaseForked { path: "/srv/torikomi/store/torikomi.db".into(), size: 41 },
        Failure::Backup { backup: Trouble::NotABackup { path: "/mnt/backup".into() } },
        Failure::Claimed {
            claim: ClaimProblem::Superseded { path: "/mnt/scan/.torikomi-claim".into(), epoch: 2, ours: 1 },
        },
        Failure::NoDaemon { socket: "/srv/torikomi/run/control.sock".into() },
        Failure::NotShown { socket: "/srv/torikomi/run/control.sock".into() },
        Failure::NotInCustody { document: "01939d6e-0000-7000-8000-000000000001".parse().unwrap() },
        Failure::BrokenOff { problem: problem() },
        Failure::PassphraseFile { path: "secret.txt".into(), problem: "the first line is empty".into() },
        Failure::NoTerminal,
        Failure::PassphrasesDiffer,
        Failure::ShownForEach { named: 2, shown: 1 },
        Failure::NotFound { what: "01939d6e-0000-7000-8000-000000000001".into() },
        Failure::File { path: "scan.tif".into(), problem: problem() },
        Failure::BadValue { value: "x.toml".into(), problem: problem() },
        Failure::StrangeAnswer { problem: "missing field `session`".into() },
        Failure::Listen { address: "127.0.0.1:3161".into(), problem: "address in use".into() },
        Failure::Output { problem: problem() },
    ]
}

#[test]
fn every_refusal_is_shown() {
    let shown: std::collections::BTreeSet<_> =
        refusals().iter().map(|refusal| serde_json::to_value(refusal).unwrap()["code"].to_string()).collect();
    assert_eq!(shown.len(), codes::<Refusal>().len(), "a refusal is missing in this test");
    let shown: std::collections::BTreeSet<_> = failures().iter().filter_map(code).collect();
    assert_eq!(shown, codes::<Failure>().into_iter().collect(), "a failure is missing in this test");

    let (ja, en) = (Words::new(Lang::Ja), Words::new(Lang::En));
    let mut all = String::new();
    for failure in failures().into_iter().chain(refusals().into_iter().map(Failure::Refused)) {
        let code = serde_json::to_string(&failure).unwrap();
        let status = failure.exit_status();
        all.push_str(&format!("{code} → {status}\n  {}\n  {}\n\n", failure.sentence(&ja), failure.sentence(&en)));
    }
    // What was not filled would show its name.
    assert!(!all.contains("{$") && !all.contains("{ $"), "{all}");
    insta::assert_snapshot!(all);
}
