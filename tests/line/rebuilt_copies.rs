//! Several copies of one delivery with the same scans, of which a crash left the newer one without its row: a database that is made
//! anew goes by the copy that counted, and where that is gone nobody believes what lies beside the other.

use std::fs;
use std::process::Command;

use serde_json::{Value, json};
use torikomi::document::{DocumentState, HoldReason};
use torikomi::ids::Digest;
use torikomi::intake::custody::folder_name;
use torikomi::ledger::deliveries;

use crate::account::{document_of, filed, wait_for};
use crate::burst::deliver_consent;
use crate::hospital::Hospital;
use crate::rebuilt_beside::{delivery_of, identify, lose, whole};
use crate::restored::journal;

#[test]
fn the_copy_that_counted_speaks_and_no_other_with_the_same_scans() {
    let mut hospital = Hospital::found();
    let daemon = hospital.start();
    let [kept, gone] = ["kept", "gone"].map(|prefix| {
        deliver_consent(&hospital, prefix);
        wait_for(&hospital, "what waits for a session", || {
            let found = document_of(&hospital, &format!("{prefix}-consent.jpg"))?;
            (found.held == Some(HoldReason::NoSession)).then_some(found.id)
        })
    });
    daemon.kill();
    // Its sidecar had become another patient's, and the copy with that one was durable before anybody took the first.
    for (document, first_stays) in [(kept, true), (gone, false)] {
        let delivery = delivery_of(&hospital, document);
        let [first, second] = [1, 2].map(|copy| hospital.custody().join(folder_name(delivery, copy)));
        assert!(Command::new("cp").arg("-a").arg(&first).arg(&second).status().unwrap().success());
        let described = second.join("delivery.json");
        let mut said: Value = serde_json::from_slice(&fs::read(&described).unwrap()).unwrap();
        said["copy"] = 2.into();
        let member = said["members"].as_array_mut().unwrap().iter_mut().find(|it| it["part"] == "sidecar").unwrap();
        let sidecar = second.join(member["file"].as_str().unwrap());
        let text = fs::read_to_string(&sidecar).unwrap().replace("9990001", "9990002");
        assert!(text.contains("9990002"), "{text}");
        (member["size"], member["digest"]) = (text.len().into(), json!(Digest::of(text.as_bytes())));
        fs::write(&sidecar, text).unwrap();
        fs::write(&described, serde_json_canonicalizer::to_vec(&said).unwrap()).unwrap();
        if !first_stays {
            fs::remove_dir_all(first).unwrap();
        }
    }

    assert_eq!(lose(&mut hospital), json!([{ "code": "very-copy", "document": gone }]));
    let copies = [kept, gone].map(|document| {
        let delivery = delivery_of(&hospital, document);
        hospital.database.read(async |tx| deliveries::get(tx, delivery).await).unwrap().unwrap().copy
    });
    assert_eq!(copies, [1, 2]);
    let daemon = hospital.start();
    hospital.open_session().unwrap();
    wait_for(&hospital, "the one whose copy is there", || {
        hospital.confirm_what_waits();
        (document_of(&hospital, "kept-consent.jpg")?.state == DocumentState::Filed).then_some(())
    });
    assert_eq!(filed(&hospital, "kept-consent.jpg").patient_id, "9990001");
    let waits = document_of(&hospital, "gone-consent.jpg").unwrap();
    assert_eq!((waits.state, waits.held), (DocumentState::Identifying, Some(HoldReason::AskedAnew)));
    identify(&hospital, gone, whole(&hospital, "9990001"));
    wait_for(&hospital, "the one of which somebody has said whose it is", || {
        hospital.confirm_what_waits();
        (document_of(&hospital, "gone-consent.jpg")?.state == DocumentState::Filed).then_some(())
    });
    assert_eq!(filed(&hospital, "gone-consent.jpg").patient_id, "9990001");
    daemon.stop();
    // No checkpoint is kept elsewhere, so it says no more than this.
    let (status, judged) = journal(&hospital.root(), &[]);
    assert_eq!((status, &judged["verdict"], &judged["faults"]), (0, &json!("consistent"), &json!([])), "{judged:#}");
}
