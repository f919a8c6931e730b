//! What answers from where a time-stamping authority should be.
#![no_main]

use libfuzzer_sys::fuzz_target;
use torikomi::crypto::check::{self, StampRules};

fuzz_target!(|data: &[u8]| {
    let anchors = check::Anchors::new(&[]).unwrap();
    let rules = StampRules { anchors: &anchors, policies: &[] };
    assert!(check::timestamp_response(data, b"stamped", &[1; 16], &rules).is_err());
    let _ = check::timestamp_claim(data, b"stamped");
});
