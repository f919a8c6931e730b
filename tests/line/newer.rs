//! What a newer build has written is not read as if it were this one's.

use serde_json::Value;
use torikomi::cli::Failure;
use torikomi::control::Request;
use torikomi::database::DatabaseError;
use torikomi::document::{DocumentState, HoldReason};
use torikomi::identification::Facts;
use torikomi::ledger::contents;
use torikomi::ledger::documents::{self, Document, Filter};
use torikomi::measurements::{MEASUREMENTS_VERSION, Measurements};
use torikomi::pipeline::line::Line;

use crate::burst::{sample, variant_of_jpeg};
use crate::home::{TestHome, because, by};
use crate::hospital::looked;
use crate::wait_for;

#[test]
fn measurements_of_a_newer_version_judge_nothing_and_are_not_signed() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    home.deliver_consent("named");
    std::fs::write(home.drop().join("nameless.jpg"), variant_of_jpeg(&sample("consent.jpg"), "nameless")).unwrap();
    let [named, nameless] = [HoldReason::NoSession, HoldReason::Identity].map(|reason| held(line, reason));
    for document in [&named, &nameless] {
        measured_by_a_newer_build(line, document);
    }
    let ask = home.requests(line);
    ask(Request::Identify {
        by: by("sekinin"),
        document: looked(&line.database, nameless.id),
        facts: Box::new(Facts {
            patient_id: Some("9990001".into()),
            document_type: Some("consent-demo".parse().unwrap()),
            obtained_on: Some(home.today().parse().unwrap()),
            ..Facts::default()
        }),
        supersedes: None,
        reason: because("wrong-patient"),
    });
    ask(Request::OpenSession {
        by: by("sekinin"),
        station: "front-desk".parse().unwrap(),
        attested: true,
        obtained_on: None,
    });
    let waits = wait_for(|| Some(get(line, &named)).filter(|named| named.state == DocumentState::AwaitingConfirmation));
    assert!(waits.is_some(), "{:?}", get(line, &named));
    ask(Request::Confirm {
        by: by("sekinin"),
        document: looked(&line.database, named.id),
        pages_shown: true,
        supersedes: None,
    });
    for (document, state) in [(&named, DocumentState::Signing), (&nameless, DocumentState::Inspecting)] {
        let failed = wait_for(|| Some(get(line, document)).filter(|it| it.held == Some(HoldReason::StageFailed)));
        let failed = failed.unwrap_or_else(|| panic!("{:?}", get(line, document)));
        let why = failed.held_detail.unwrap();
        assert!(failed.state == state && why.contains("use a newer torikomi"), "{:?}: {why}", failed.state);
    }
}

/// Puts what a later version might have measured in the place of what this one did. It can still be read, and may mean
/// something else.
fn measured_by_a_newer_build(line: &Line, document: &Document) {
    let found = line.database.read::<_, DatabaseError, _>(async |tx| {
        let content = documents::parts(tx, document.id).await?.remove(0).content;
        contents::measurements(tx, &content).await
    });
    let bytes = line.objects.get(&found.unwrap().unwrap()).unwrap();
    let mut json: Value = serde_json::from_slice(&bytes).unwrap();
    json["version"] = (MEASUREMENTS_VERSION + 1).into();
    let newer: Measurements = serde_json::from_value(json.clone()).unwrap();
    let object = line.objects.put(&serde_json_canonicalizer::to_vec(&json).unwrap()).unwrap();
    line.database.write(async move |tx| contents::enter(tx, &newer, &object).await).unwrap();
}

fn held(line: &Line, reason: HoldReason) -> Document {
    let found = wait_for(|| {
        let all = line.database.read(async |tx| documents::list(tx, &Filter::default(), 10).await).unwrap();
        all.documents.into_iter().find(|document| document.held == Some(reason))
    });
    found.unwrap_or_else(|| panic!("nothing waits for {reason}"))
}

fn get(line: &Line, document: &Document) -> Document {
    line.database.read(async |tx| documents::get(tx, document.id).await).unwrap().unwrap()
}

#[test]
fn a_database_of_a_newer_schema_is_left_alone() {
    let home = TestHome::make();
    let newer = "UPDATE meta SET value = CAST(CAST(value AS INTEGER) + 1 AS TEXT) WHERE key = 'schema_version'";
    home.sql(newer);
    let Err(refused) = home.try_to_start() else { panic!("it runs on what it does not know") };
    let refused = Failure::from(refused);
    assert_eq!(refused.exit_status(), 3);
    assert!(refused.to_string().contains("use a newer torikomi"), "{refused}");
    // Nor is it read.
    let ran = crate::program::torikomi(Some(&home.root()), &["queue", "list"]);
    assert!(ran.status == 3 && ran.err.contains("use a newer torikomi"), "{}{}", ran.out, ran.err);
    home.sql(&newer.replace("+ 1", "- 1"));
    drop(home.start());
}
