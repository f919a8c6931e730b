//! What was delivered and never taken, because it was not whole or a person refused it, is not forgotten either.

use std::fs;

use serde_json::{Value, json};
use torikomi::control::Request;
use torikomi::document::DeliveryState;
use torikomi::ids::DeliveryId;
use torikomi::intake::custody::folder_name;
use torikomi::ledger::deliveries;

use crate::account::wait_for;
use crate::backup::{self, Medium};
use crate::burst::{put, sample};
use crate::home::because;
use crate::hospital::{Hospital, PATIENCE, Settings, by, looked_at_delivery};
use crate::rebuilt_beside::lose;
use crate::store_check::check;

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
fn a_copy_that_was_refused_is_missed_and_a_rebuilt_ledger_says_which_it_has_lost() {
    let mut hospital = Hospital::found();
    let medium = Medium::of(&hospital);
    let recipients = fs::read_to_string(hospital.root().join("torikomi.toml")).unwrap();
    let recipients = recipients.lines().find(|line| line.starts_with("recipients = ")).unwrap();
    hospital.configure(&Settings { station: "patience = \"1s\"\n", ..Settings::default() });
    let settings = hospital.root().join("torikomi.toml");
    let text = fs::read_to_string(&settings).unwrap().replace("# recipients = []", recipients);
    fs::write(&settings, text).unwrap();
    let daemon = hospital.start();
    let [waits, refused] = cut(&hospital);
    daemon.stop();
    assert_eq!(check(&hospital), Vec::<Value>::new());

    let (custody, place) = (hospital.custody(), tempfile::tempdir().unwrap());
    let [waits_in, refused_in] = [waits, refused].map(|id| custody.join(folder_name(id, 1)));
    fs::rename(&refused_in, place.path().join("refused")).unwrap();
    let found = check(&hospital);
    assert_eq!(found, [json!({ "code": "copy-missing", "delivery": refused, "copy": 1 })]);
    let made = backup::run(&hospital, &medium, &["--new"]);
    let missing = json!([format!("custody/{}", folder_name(refused, 1))]);
    assert_eq!((made.status, &made.json()["missing"]), (1, &missing), "{}", made.out);
    let daemon = hospital.start();
    let status = hospital.ask(&Request::Status, PATIENCE).unwrap();
    let told = status["warnings"].as_array().unwrap().iter().filter(|told| told["code"] == "custody");
    let told: Vec<_> =
        told.map(|told| (told["custody"]["code"].clone(), told["custody"]["delivery"].clone())).collect();
    assert_eq!(told, [("missing".into(), json!(refused))], "{status:#}");
    daemon.stop();

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
