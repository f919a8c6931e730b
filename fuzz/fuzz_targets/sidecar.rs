//! Statements beside a scan.
#![no_main]

use libfuzzer_sys::fuzz_target;
use torikomi::identification::Sidecar;

fuzz_target!(|data: &[u8]| {
    if let Ok(sidecar) = Sidecar::parse(data) {
        let _ = sidecar.facts(None);
    }
});
