//! A copy in custody that can no longer be measured: a person is told, and the bytes stay.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use torikomi::control::Request;
use torikomi::control::client;
use torikomi::document::{DeliveryState, HoldReason};
use torikomi::ledger::deliveries::{self, Delivery};
use torikomi::ledger::documents::{self, Filter};
use torikomi::pipeline::line::Line;

use crate::home::{TestHome, because, by};
use crate::hospital::looked_at_delivery;
use crate::wait_for;

#[test]
fn a_copy_that_rotted_rests_before_a_person_and_is_measured_again_once_mended() {
    let home = TestHome::make();
    let mut daemon = home.start();
    daemon.serve_requests(|| ()).unwrap();
    let line = std::sync::Arc::clone(&daemon.line);
    let (id, content) = incomplete(&home, &line);
    let whole = fs::read(&content).unwrap();
    let mut rotten = whole.clone();
    rotten[100] ^= 1;
    fs::write(&content, &rotten).unwrap();
    measure_again(&line, id);

    let rests = wait_for(|| Some(get(&line, id)).filter(|row| row.state == DeliveryState::CompletenessUnknown));
    let rests = rests.unwrap_or_else(|| panic!("it is tried for ever: {:?}", get(&line, id)));
    let problem: serde_json::Value = serde_json::from_str(rests.problem.as_deref().unwrap()).unwrap();
    assert_eq!(problem["code"], "not-measured", "{problem}");
    let status = client::ask(&home.root().join("run/control.sock"), &Request::Status).unwrap();
    assert_eq!(status["deliveries_waiting"][0]["problem"]["code"], "not-measured", "{status}");
    let told = wait_for(|| notes(&home).into_iter().find(|note| note.contains(&id.to_string())));
    let told = told.expect("the station is told");
    assert!(told.contains("測定") && told.contains("cannot be measured"), "{told}");
    assert_eq!(fs::read(&content).unwrap(), rotten, "the bytes stay");

    // Somebody mends the disk, and has it tried again.
    fs::write(&content, &whole).unwrap();
    home.requests(&line)(Request::RetryDelivery { by: by("sekinin"), delivery: id });
    let again = wait_for(|| Some(get(&line, id)).filter(|row| row.measured_copy == row.copy && row.copy > 0));
    let again = again.unwrap_or_else(|| panic!("{:?}", get(&line, id)));
    assert!(again.problem.unwrap().contains(r#""code":"incomplete""#));
    assert!(wait_for(|| notes(&home).iter().all(|note| !note.contains("cannot be measured")).then_some(())).is_some());
}

#[test]
fn a_copy_that_can_no_longer_describe_itself_can_be_refused() {
    let home = TestHome::make();
    let daemon = home.start();
    let line = &daemon.line;
    let (id, content) = incomplete(&home, line);
    fs::write(content.with_file_name("delivery.json"), b"{").unwrap();
    measure_again(line, id);
    let rests = wait_for(|| Some(get(line, id)).filter(|row| row.state == DeliveryState::CompletenessUnknown));
    assert!(rests.is_some(), "{:?}", get(line, id));
    home.requests(line)(Request::DecideDelivery {
        by: by("sekinin"),
        delivery: id,
        shown: looked_at_delivery(&line.database, id),
        take: false,
        reason: because("not-a-record"),
    });
    assert_eq!(get(line, id).state, DeliveryState::Refused);
    assert!(content.exists());
}

#[test]
fn a_copy_that_was_taken_away_shows_in_the_status() {
    let home = TestHome::make();
    let daemon = home.start();
    home.deliver_consent("scan");
    let waits = || {
        let found = daemon.line.database.read(async |tx| documents::list(tx, &Filter::default(), 2).await).unwrap();
        found.documents.into_iter().find(|document| document.held == Some(HoldReason::NoSession))
    };
    let document = wait_for(waits).expect("it waits for a session");
    let parts = daemon.line.database.read(async |tx| documents::parts(tx, document.id).await).unwrap();
    let delivery = parts[0].delivery;
    drop(daemon);
    fs::remove_dir_all(home.root().join(format!("custody/{delivery}.001"))).unwrap();
    let mut daemon = home.start();
    daemon.serve_requests(|| ()).unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_torikomi"))
        .args(["status", "--json", "--home"])
        .arg(home.root())
        .output()
        .unwrap();
    let status: serde_json::Value = serde_json::from_slice(&status.stdout).unwrap();
    let missing = serde_json::json!({
        "code": "custody", "custody": { "code": "missing", "delivery": delivery, "copy": 1 }
    });
    assert!(status["warnings"].as_array().unwrap().contains(&missing), "{status:#}");
    let said = Command::new(env!("CARGO_BIN_EXE_torikomi"))
        .args(["status", "--lang", "ja", "--home"])
        .arg(home.root())
        .output()
        .unwrap();
    let said = String::from_utf8(said.stdout).unwrap();
    assert!(said.contains("保管場所に見つかりません") && said.contains(&delivery.to_string()), "{said}");
}

/// A scan that breaks off, in custody and measured: the delivery, and its file there.
fn incomplete(home: &TestHome, line: &Line) -> (torikomi::ids::DeliveryId, PathBuf) {
    let bytes = fs::read("fixtures/samples/good/consent.jpg").unwrap();
    fs::write(home.drop().join("half.jpg"), &bytes[..bytes.len() / 2]).unwrap();
    let station = "front-desk".parse().unwrap();
    let measured = wait_for(|| {
        let rows = line.database.read(async |tx| deliveries::not_taken(tx, &station).await).unwrap();
        rows.into_iter().find(|row| row.copy > 0 && row.measured_copy == row.copy)
    });
    let row = measured.expect("it is measured");
    let folder = home.root().join("custody").join(format!("{}.{:03}", row.id, row.copy));
    (row.id, folder.join("content-001"))
}

/// As when the daemon was killed before it could measure.
fn measure_again(line: &Line, id: torikomi::ids::DeliveryId) {
    line.database
        .write::<_, torikomi::database::DatabaseError, _>(async move |tx| {
            sqlx::query("UPDATE delivery SET measured_copy = 0, problem = NULL WHERE id = $1")
                .bind(id.to_string())
                .execute(tx)
                .await?;
            Ok(())
        })
        .unwrap();
}

fn get(line: &Line, id: torikomi::ids::DeliveryId) -> Delivery {
    line.database.read(async |tx| deliveries::get(tx, id).await).unwrap().unwrap()
}

fn notes(home: &TestHome) -> Vec<String> {
    let Ok(entries) = fs::read_dir(home.drop().join("_status")) else { return Vec::new() };
    entries.filter_map(|entry| fs::read_to_string(entry.unwrap().path()).ok()).collect()
}
