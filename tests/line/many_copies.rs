//! More copies in custody than the system gives descriptors: each is looked at, and none is misjudged.

use std::fs;

use torikomi::control::Request;
use torikomi::document::DocumentState;
use torikomi::ids::{DeliveryId, HomeId};
use torikomi::instant::Instant;
use torikomi::intake::custody::{Manifest, folder_name};
use torikomi::intake::source::SourceName;
use torikomi::ledger::deliveries;

use crate::account::{document_of, filed, wait_for};
use crate::burst::deliver_consent;
use crate::hospital::{Hospital, PATIENCE};

#[test]
fn a_start_needs_no_descriptor_for_each_copy() {
    const COPIES: usize = 1100;
    let hospital = Hospital::found();
    let (now, other) = (Instant::from(hospital.now()), HomeId::new());
    for _ in 0..COPIES {
        let delivery = DeliveryId::new();
        let manifest = Manifest {
            format: 1,
            delivery,
            arrival: 1,
            copy: 1,
            home: other,
            station: "front-desk".parse().unwrap(),
            name: SourceName::new("scan.tif".into()).unwrap(),
            is_folder: false,
            contested: false,
            weaker_completeness: false,
            begun_at: now,
            copied_at: now,
            members: Vec::new(),
        };
        let folder = hospital.custody().join(folder_name(delivery, 1));
        fs::create_dir(&folder).unwrap();
        fs::write(folder.join("delivery.json"), serde_json_canonicalizer::to_vec(&manifest).unwrap()).unwrap();
    }
    // One of ours comes behind them all.
    let daemon = hospital.start();
    let name = deliver_consent(&hospital, "ours").into_keys().next().unwrap();
    wait_for(&hospital, "its document", || {
        document_of(&hospital, &name).filter(|document| document.state == DocumentState::Signing)
    });
    let few = ["sh", "-c", "ulimit -n 256; exec \"$@\"", "sh"];
    daemon.stop();

    let daemon = hospital.start_under(&few);
    let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
    let warnings = status["warnings"].as_array().unwrap();
    let of_custody: Vec<_> = warnings.iter().filter(|warning| warning["code"] == "custody").collect();
    assert!(of_custody.iter().all(|warning| warning["custody"]["code"] == "foreign-home"), "{of_custody:#?}");
    let more = warnings.iter().find(|warning| warning["code"] == "custody-more").unwrap();
    assert_eq!(of_custody.len() as u64 + more["count"].as_u64().unwrap(), COPIES as u64, "{more}");
    hospital.open_session().unwrap();
    wait_for(&hospital, "the confirmation", || {
        hospital.confirm_what_waits();
        document_of(&hospital, &name).filter(|document| document.state == DocumentState::Filed)
    });
    filed(&hospital, &name);
    daemon.stop();
    let lost = hospital.database.read(async |tx| deliveries::counting_on_custody(tx).await).unwrap();
    assert!(lost.is_empty(), "{lost:?}");
}
