//! A name that is not text means the same after the ledger was made anew, which knows only what is shown of it.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;

use serde_json::json;

use crate::account::filed;
use crate::burst::{sample, variant_of_jpeg};
use crate::hospital::Hospital;
use crate::rebuilt_beside::{confirmable, delivery_of, detail, identify, last_of, lose, settled, whole};

/// As it is shown.
const SCAN: &str = "scan\u{fffd}.jpg";

#[test]
fn a_late_sidecar_is_in_doubt_for_a_name_that_is_not_text_after_the_ledger_was_made_anew() {
    let mut hospital = Hospital::found();
    let daemon = hospital.start();
    put(&hospital, b"scan\xff.jpg", &variant_of_jpeg(&sample("consent.jpg"), "the first one's"));
    let first = settled(&hospital, SCAN).id;
    hospital.open_session().unwrap();
    identify(&hospital, first, whole(&hospital, "9990001"));
    confirmable(&hospital, first, "9990001");
    hospital.confirm_what_waits();
    filed(&hospital, SCAN);
    let delivery = delivery_of(&hospital, first);
    daemon.stop();
    assert_eq!(lose(&mut hospital), json!([]));

    let daemon = hospital.start();
    // Its own sidecar, late, and the next patient's scan under the name.
    let text = String::from_utf8(sample("consent.json")).unwrap().replace("@TODAY@", &hospital.today().0);
    put(&hospital, b"scan\xff.json", text.replace("@NOW@", &hospital.today().1).as_bytes());
    put(&hospital, b"scan\xff.jpg", &variant_of_jpeg(&sample("consent.jpg"), "the next one's"));
    let next = last_of(&hospital, SCAN, 2);
    let late = json!({ "code": "late-sidecar", "file": "scan\u{fffd}.json", "earlier": delivery });
    let problems = detail(&next)["problems"].as_array().cloned().unwrap_or_default();
    assert!(problems.contains(&late), "the next patient would get the first one's identity: {next:?}");
    daemon.stop();
}

fn put(hospital: &Hospital, name: &[u8], bytes: &[u8]) {
    let part = hospital.drop().join("incoming.part");
    fs::write(&part, bytes).unwrap();
    fs::rename(part, hospital.drop().join(OsStr::from_bytes(name))).unwrap();
}
