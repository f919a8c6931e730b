//! A batch list in the drop folder lies there for the scans that are still to come.

use std::fs;

use torikomi::control::{Request, client};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::ledger::documents::{self, Document, Filter};
use torikomi::pipeline::line::Line;

use crate::burst::{put, sample, variant_of_jpeg};
use crate::home::TestHome;
use crate::wait_for;

#[test]
fn a_list_stays_until_each_of_its_rows_has_spoken_and_is_told_of() {
    let home = TestHome::make();
    home.set("[station.front-desk]", "index_encoding", "\"cp932\"");
    home.set("[station.front-desk]", "patience", "\"4s\"");
    let mut daemon = home.start();
    daemon.serve_requests(|| ()).unwrap();
    let status = || client::ask(&home.root().join("run/control.sock"), &Request::Status).unwrap();
    let mut list = b"file,patient_id,document_type,obtained_on,paper\r\n".to_vec();
    for (name, patient) in [(&b"\x95\x5c.jpg"[..], "9990001"), (&b"\x97\xa0.jpg"[..], "9990002")] {
        list.extend(name);
        list.extend(format!(",{patient},consent-demo,{},A4\r\n", home.today()).bytes());
    }
    let path = home.drop().join("index.csv");
    fs::write(&path, &list).unwrap();
    put(&home.drop(), "表.jpg", &sample("consent.jpg"));
    let first = wait_for(|| waiting(&daemon.line).pop()).unwrap();
    assert_eq!(first.identity.patient.as_ref().unwrap().value.id, "9990001", "{first:?}");
    // Its row is known elsewhere, and the folder is empty but for the list.
    let told = wait_for(|| {
        let told = status()["warnings"].as_array().unwrap().clone();
        told.iter().any(|warning| warning["code"] == "waiting-lists").then_some(())
    });
    assert!(path.exists(), "the row of the scan that is still to come is lost");
    assert!(told.is_some(), "{}", status());

    put(&home.drop(), "裏.jpg", &variant_of_jpeg(&sample("consent.jpg"), "the other"));
    let second = wait_for(|| waiting(&daemon.line).into_iter().find(|document| document.id != first.id)).unwrap();
    assert_eq!(second.identity.patient.as_ref().unwrap().value.id, "9990002", "{second:?}");
    assert!(wait_for(|| (!path.exists()).then_some(())).is_some(), "{}", status());
    home.the_journal_is_whole();
}

/// What is identified and waits for a session.
fn waiting(line: &Line) -> Vec<Document> {
    let filter = Filter { ended: true, ..Filter::default() };
    let mut found = line.database.read(async |tx| documents::list(tx, &filter, 10).await).unwrap().documents;
    found.retain(|document| document.state == DocumentState::Signing && document.held == Some(HoldReason::NoSession));
    found
}
