//! What was delivered and never taken, because it was not whole or a person refused it, is not forgotten either.

use std::fs;

use serde_json::{Value, json};
use torikomi::control::Request;
use torikomi::document::DeliveryState;
use torikomi::ids::DeliveryId;
use torikomi::intake::custody::folder_name;
use torikomi::ledger::deliveries;

use crate::account::wait_for;
use crate::burst::{put, sample};
use crate::home::because;
use crate::hospital::{Hospital, PATIENCE, Settings, by, looked_at_delivery};
use crate::rebuilt_beside::lose;

/// Two scans that break off, one of which a person refuses.
fn cut(hospital: &Hospital) -> [DeliveryId; 2] {
    let scan = sample("consent.jpg");
    let [waits, refused] = ["waits.jpg", "refused.jpg"].map(|name| {
        put(&hospital.drop(), name, &scan[..scan.len() / 2]);
        wait_for(hospital, "the end of patience", || {
            let held = hospital.database.read(async |tx| deliveries::in_state(tx, DeliveryState::Incomplete).await);
            held.unwrap().into_iter().find(|row| row.source_display == name).map(|row| row.id)
        })
    });
    let shown = looked_at_delivery(&hospital.database, refused);
    let by = by("manager");
    let request = Request::DecideDelivery { by, delivery: refused, shown, take: false, reason: because("other") };
    hospital.ask(&request, PATIENCE).unwrap();
    [waits, refused]
}

#[test]
fn a_rebuilt_ledger_says_which_deliveries_it_has_lost() {
    let mut hospital = Hospital::found();
    hospital.configure(&Settings { station: "patience = \"1s\"\n", ..Settings::default() });
    let daemon = hospital.start();
    let [waits, refused] = cut(&hospital);
    daemon.stop();

    let (custody, place) = (hospital.custody(), tempfile::tempdir().unwrap());
    let [waits_in, refused_in] = [waits, refused].map(|id| custody.join(folder_name(id, 1)));
    fs::rename(&refused_in, place.path().join("refused")).unwrap();

    // Where both are gone, and the ledger too, the journal alone knows of them.
    fs::rename(&waits_in, place.path().join("waits")).unwrap();
    let mut expected = [refused, waits].map(|delivery| json!({ "code": "delivery", "delivery": delivery })).to_vec();
    assert_eq!(lose(&mut hospital), Value::Array(expected.clone()));
    // One whose copy is there is taken up by the start.
    fs::rename(place.path().join("waits"), &waits_in).unwrap();
    expected.pop();
    assert_eq!(lose(&mut hospital), Value::Array(expected));
    fs::rename(place.path().join("refused"), &refused_in).unwrap();
    assert_eq!(lose(&mut hospital), json!([]));
}
